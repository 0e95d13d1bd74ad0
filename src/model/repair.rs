//! A SELECT whose unknown names are taken out one after another, so that every one of them is told at once.
//!
//! Guarantees: what is told after the first fault stands at a place of its own and is no consequence of an earlier one;
//! where that is not sure it is left untold, and shows once the others are mended.

use std::collections::BTreeSet;
use std::ops::ControlFlow;

use datafusion::error::DataFusionError;
use datafusion::sql::parser::Statement;
use datafusion::sql::sqlparser::ast::{Expr, Ident, ObjectNamePart, Select, SelectItem, Value, VisitMut, VisitorMut};

use super::diagnose;
use super::parse::Model;
use crate::diagnostic::Fault;

/// So many times a model is planned again at most.
const MOST_ROUNDS: usize = 24;

/// A statement on its way to one that can be planned.
pub struct Repair<'m> {
    model: &'m Model,
    statement: Statement,
    rounds: usize,
    faults: Vec<Fault>,
    /// Names that were offered for those taken out: elsewhere these are missing for the same fault.
    offered: BTreeSet<String>,
}

impl<'m> Repair<'m> {
    /// The statement of a model as it stands.
    pub fn new(model: &'m Model) -> Self {
        Self { model, statement: model.statement.clone(), rounds: 0, faults: Vec::new(), offered: BTreeSet::new() }
    }

    /// The statement to plan next.
    pub fn statement(&self) -> Statement {
        self.statement.clone()
    }

    /// True where nothing was wrong with it.
    pub fn is_untouched(&self) -> bool {
        self.rounds == 0
    }

    /// What was wrong with it.
    pub fn into_faults(self) -> Vec<Fault> {
        self.faults
    }

    /// Notes what is wrong and takes it out; false where that cannot be done.
    pub fn mend(&mut self, error: &DataFusionError) -> bool {
        self.rounds += 1;
        let mut is_mended = false;
        for error in error.iter() {
            let told = diagnose::told(&self.model.file, error);
            let place = told.fault.span.start;
            // After the first round only what stands at its own place is sure to be no consequence.
            if self.rounds == 1 || told.is_placed {
                self.note(told.fault, error);
            }
            is_mended |= told.is_placed && self.take_out(place);
        }
        is_mended && self.rounds < MOST_ROUNDS
    }

    fn note(&mut self, fault: Fault, error: &DataFusionError) {
        let unknown = diagnose::unknown_column(error);
        let is_consequence = unknown.as_ref().is_some_and(|name| self.offered.contains(name));
        let is_told = self.faults.iter().any(|told| told.span == fault.span);
        let offer = fault.hint.as_deref().and_then(|hint| hint.strip_prefix("did you mean `")?.split('`').next());
        if unknown.is_some() {
            self.offered.extend(offer.map(str::to_owned));
        }
        if !is_consequence && !is_told {
            self.faults.push(fault);
        }
    }

    /// Puts null in the place of the name, or the call, that stands at a byte of the file.
    fn take_out(&mut self, start: usize) -> bool {
        let Statement::Statement(statement) = &mut self.statement else { return false };
        let mut taking = TakeOut { text: &self.model.file.text, start, is_done: false };
        let _ = statement.visit(&mut taking);
        taking.is_done
    }
}

/// Puts null in the place of an expression that begins at a byte of a text.
struct TakeOut<'t> {
    text: &'t str,
    start: usize,
    is_done: bool,
}

impl TakeOut<'_> {
    /// The name by which an expression at the place is known, where it is a column or a call.
    fn found(&self, expression: &Expr) -> Option<Ident> {
        let (first, last) = match expression {
            Expr::Identifier(name) => (name, name),
            Expr::CompoundIdentifier(names) => (names.first()?, names.last()?),
            Expr::Function(call) => match call.name.0.first()? {
                ObjectNamePart::Identifier(name) => (name, name),
                ObjectNamePart::Function(_) => return None,
            },
            _ => return None,
        };
        let start = first.span.start;
        (start.line > 0 && diagnose::offset(self.text, start.line, start.column) == self.start).then(|| last.clone())
    }
}

impl VisitorMut for TakeOut<'_> {
    type Break = ();

    /// What others know by the name keeps it.
    fn pre_visit_select(&mut self, select: &mut Select) -> ControlFlow<()> {
        for item in &mut select.projection {
            if let SelectItem::UnnamedExpr(expression) = item
                && let Some(alias) = self.found(expression)
            {
                *item = SelectItem::ExprWithAlias { expr: null(), alias };
                self.is_done = true;
            }
        }
        ControlFlow::Continue(())
    }

    fn pre_visit_expr(&mut self, expression: &mut Expr) -> ControlFlow<()> {
        if self.found(expression).is_some() {
            *expression = null();
            self.is_done = true;
        }
        ControlFlow::Continue(())
    }
}

fn null() -> Expr {
    Expr::Value(Value::Null.with_empty_span())
}
