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
            let fault = diagnose::fault(&self.model.file, error);
            let place = diagnose::location(error);
            // After the first round only a name at its own place is sure to be no consequence.
            if self.rounds == 1 || place.is_some() {
                self.note(fault, error);
            }
            is_mended |= place.is_some_and(|place| self.take_out(place));
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

    /// Puts null in the place of the name, or the call, that stands at a line and column.
    fn take_out(&mut self, (line, column): (u64, u64)) -> bool {
        let Statement::Statement(statement) = &mut self.statement else { return false };
        let mut taking = TakeOut { line, column, is_done: false };
        let _ = statement.visit(&mut taking);
        taking.is_done
    }
}

/// Puts null in the place of an expression that begins at a line and column.
struct TakeOut {
    line: u64,
    column: u64,
    is_done: bool,
}

impl TakeOut {
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
        (first.span.start.line == self.line && first.span.start.column == self.column).then(|| last.clone())
    }
}

impl VisitorMut for TakeOut {
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
