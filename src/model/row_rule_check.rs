//! A rule of a schema planned without data; every fault points into the text of its expression.

use std::collections::BTreeSet;
use std::ops::{ControlFlow, Range};
use std::sync::Arc;

use arrow::array::{RecordBatch, new_null_array};
use arrow::datatypes::DataType;
use datafusion::common::DFSchema;
use datafusion::common::tree_node::{Transformed, TreeNode, TreeNodeRecursion};
use datafusion::error::DataFusionError;
use datafusion::execution::SessionState;
use datafusion::logical_expr::simplify::SimplifyContext;
use datafusion::logical_expr::{Expr, ExprSchemable, Volatility};
use datafusion::optimizer::simplify_expressions::ExprSimplifier;
use datafusion::physical_expr::PhysicalExpr;
use datafusion::physical_expr::expressions::BinaryExpr;
use datafusion::sql::parser::{DFParser, Statement};
use datafusion::sql::sqlparser::ast::{Expr as SqlExpr, ExprWithAlias, Ident, Query, SelectItem, SetExpr, Statement as SqlStatement, Visit, Visitor};

use super::diagnose::{offset, told};
use super::places::place_of;
use super::plain::About;
use super::row_rules::FACTS;
use crate::contract::{Contract, Protection, RowRule};
use crate::diagnostic::{Fault, SourceFile, did_you_mean};

/// What stands before the expression where the engine's own places are counted.
const BEFORE: &str = "SELECT (";

/// A rule that can be evaluated.
pub struct Planned {
    /// The expression; a yes or no.
    pub expression: Arc<dyn PhysicalExpr>,
    /// The indexes of the fields that it names.
    pub fields: Vec<usize>,
}

/// Plans a rule over the columns that it may name; nothing where it has faults.
pub fn planned(contract: &Contract, rule: &RowRule, columns: &DFSchema, state: &SessionState, faults: &mut Vec<Fault>) -> Option<Planned> {
    let text = format!("{BEFORE}{}\n)", rule.expression);
    let checking = Checking { contract, rule, columns, state, text: Arc::new(SourceFile { path: rule.place.file.path.clone(), text }) };
    match checking.plan() {
        Ok(planned) => Some(planned),
        Err(found) => {
            faults.extend(found);
            None
        }
    }
}

struct Checking<'c> {
    contract: &'c Contract,
    rule: &'c RowRule,
    columns: &'c DFSchema,
    state: &'c SessionState,
    /// The expression as a statement, whose places the engine tells.
    text: Arc<SourceFile>,
}

type Found<T> = Result<T, Vec<Fault>>;

impl Checking<'_> {
    fn plan(&self) -> Found<Planned> {
        let parsed = self.parse()?;
        self.check_names(&parsed)?;
        let failed = |error: DataFusionError| vec![self.of_engine(&error)];
        let written = ExprWithAlias { expr: parsed, alias: None };
        let expression = self.state.create_logical_expr_from_sql_expr(written, self.columns).map_err(failed)?;
        self.check_calls(&expression)?;
        let context = SimplifyContext::builder().with_schema(Arc::new(self.columns.clone())).with_config_options(self.state.config_options().clone()).build();
        let simplifier = ExprSimplifier::new(context);
        let coerced = simplifier.coerce(expression.clone(), self.columns).map_err(failed)?;
        self.check_kind(&coerced)?;
        let simple = simplifier.simplify(coerced).map_err(failed)?;
        let fields = self.check_fields(&expression, &simple)?;
        // Some functions are only there to be rewritten into others, so that it is the simplified expression that runs.
        let expression = self.state.create_physical_expr(simple, self.columns).and_then(exact).map_err(failed)?;
        self.check_runs(expression.as_ref()).map_err(failed)?;
        Ok(Planned { expression, fields })
    }

    /// The expression, which is all that its text may hold.
    fn parse(&self) -> Found<SqlExpr> {
        if self.rule.expression.trim().is_empty() {
            return Err(vec![self.fault(None, "the rule has no expression").hint("such as `closed_on >= referred_on`")]);
        }
        // Alone first: a bracket that closes too soon must not end the statement around it.
        let dialect = self.state.config_options().sql_parser.dialect;
        if let Err(error) = self.state.sql_to_expr(&self.rule.expression, &dialect) {
            let alone = Arc::new(SourceFile { path: String::new(), text: self.rule.expression.clone() });
            let told = told(&alone, &error);
            let place = told.is_placed.then_some(told.fault.span);
            return Err(vec![self.fault(place, told.fault.message).maybe_hint(told.fault.hint)]);
        }
        let statements = DFParser::parse_sql(&self.text.text).map_err(|error| vec![self.of_engine(&error)])?;
        statements.front().and_then(only_expression).ok_or_else(|| vec![self.fault(None, "this is not one expression")])
    }

    /// Every name that no column has, and every subquery.
    fn check_names(&self, parsed: &SqlExpr) -> Found<()> {
        let mut names = Names::default();
        let _ = parsed.visit(&mut names);
        let mut faults: Vec<Fault> = names.idents.iter().filter_map(|name| self.unknown(name)).collect();
        if names.has_query {
            faults.push(self.fault(self.place_of(&About::Subquery), "a rule is about one row, so that it has no subquery").hint(OTHER_ROWS));
        }
        if faults.is_empty() { Ok(()) } else { Err(faults) }
    }

    fn unknown(&self, name: &Ident) -> Option<Fault> {
        // Names without quotation marks are meant in lower case, as everywhere in SQL.
        let meant = if name.quote_style.is_some() { name.value.clone() } else { name.value.to_lowercase() };
        if self.columns.fields().iter().any(|column| *column.name() == meant) {
            return None;
        }
        let at = |at: datafusion::sql::sqlparser::tokenizer::Location| offset(&self.text.text, at.line, at.column).saturating_sub(BEFORE.len());
        let place = (name.span.start.line > 0).then(|| at(name.span.start)..at(name.span.end));
        if self.contract.field(&meant).is_some_and(|field| field.protection == Protection::Direct) {
            return Some(self.fault(place, format!("`{meant}` stops at the reader, so that no rule sees it")));
        }
        let columns = || self.columns.fields().iter().map(|column| column.name().as_str());
        let text = (name.quote_style == Some('"')).then(|| format!("a text stands in single quotes: `'{meant}'`"));
        let hint = did_you_mean(&meant, columns()).or(text).unwrap_or_else(|| format!("there are {}", columns().collect::<Vec<_>>().join(", ")));
        Some(self.fault(place, format!("the row has no field `{meant}`")).hint(hint))
    }

    /// What a row alone does not say: aggregates, windows, and functions whose value is another tomorrow.
    fn check_calls(&self, expression: &Expr) -> Found<()> {
        let mut faults = Vec::new();
        let walked = expression.apply(|part| {
            let call = |name: &str| self.place_of(&About::Call(name.to_owned(), None));
            match part {
                Expr::AggregateFunction(of) => {
                    let name = of.func.name();
                    faults.push(self.fault(call(name), format!("a rule is about one row, so that `{name}` has nothing to aggregate")).hint(OTHER_ROWS));
                }
                Expr::WindowFunction(of) => {
                    let name = of.fun.name().to_owned();
                    faults.push(self.fault(call(&name), format!("a rule is about one row, so that `{name}` has no window")).hint(OTHER_ROWS));
                }
                Expr::ScalarFunction(of) if of.func.signature().volatility != Volatility::Immutable => {
                    let name = of.func.name();
                    let message = format!("`{name}` has another value tomorrow, and a row must be judged then as today");
                    faults.push(self.fault(call(name), message).hint("the day the delivery was received is `received_on`"));
                }
                Expr::Placeholder(of) => faults.push(self.fault(None, format!("nothing is put in the place of `{}`", of.id))),
                _ => {}
            }
            Ok(TreeNodeRecursion::Continue)
        });
        faults.extend(walked.err().map(|error| self.of_engine(&error)));
        if faults.is_empty() { Ok(()) } else { Err(faults) }
    }

    fn check_kind(&self, expression: &Expr) -> Found<()> {
        match expression.get_type(self.columns) {
            Ok(DataType::Boolean) => Ok(()),
            Ok(_) => Err(vec![self.fault(None, "the expression is no yes or no").hint("compare it with something: `quantity > 0`")]),
            Err(error) => Err(vec![self.of_engine(&error)]),
        }
    }

    /// The fields that the rule names; it must say something of them.
    fn check_fields(&self, expression: &Expr, simple: &Expr) -> Found<Vec<usize>> {
        let named: BTreeSet<&str> = expression.column_refs().into_iter().map(|column| column.name.as_str()).collect();
        let fields: Vec<usize> = (0..self.contract.fields.len()).filter(|index| named.contains(self.contract.fields[*index].name.as_str())).collect();
        if fields.is_empty() {
            let facts = FACTS.map(|(name, _)| format!("`{name}`")).join(" and ");
            return Err(vec![self.fault(None, "the rule names no field of the row").hint(format!("{facts} are the same for all rows of a delivery"))]);
        }
        if let Expr::Literal(value, _) = simple {
            return Err(vec![self.fault(None, format!("the rule is the same for every row: {}", value.to_string().to_lowercase()))]);
        }
        Ok(fields)
    }

    /// What can be planned and not be evaluated shows on a row of which every field is empty.
    fn check_runs(&self, expression: &dyn PhysicalExpr) -> Result<(), DataFusionError> {
        let schema = self.columns.as_arrow();
        let columns = schema.fields().iter().map(|field| new_null_array(field.data_type(), 1)).collect();
        let row = RecordBatch::try_new(Arc::new(schema.clone()), columns)?;
        expression.evaluate(&row).map(|_| ())
    }

    fn place_of(&self, about: &About) -> Option<Range<usize>> {
        self.own(place_of(&self.text.text, about)?)
    }

    /// A place of the statement as one of the expression; nothing where it is no part of it.
    fn own(&self, place: Range<usize>) -> Option<Range<usize>> {
        let start = place.start.checked_sub(BEFORE.len())?;
        let end = place.end.saturating_sub(BEFORE.len()).min(self.rule.expression.len());
        (start < end).then_some(start..end)
    }

    fn of_engine(&self, error: &DataFusionError) -> Fault {
        let told = told(&self.text, error);
        let place = told.is_placed.then(|| self.own(told.fault.span)).flatten();
        self.fault(place, told.fault.message).maybe_hint(told.fault.hint)
    }

    /// A fault at a part of the expression; at the whole where that is not known.
    fn fault(&self, part: Option<Range<usize>>, message: impl Into<String>) -> Fault {
        let place = &self.rule.place;
        let span = part.map_or_else(|| place.expression.clone(), |part| place.within(part));
        Fault::error(&place.file, span, message)
    }
}

/// The expression with sums and products that fail where they are too large: the engine's own wrap around.
fn exact(expression: Arc<dyn PhysicalExpr>) -> Result<Arc<dyn PhysicalExpr>, DataFusionError> {
    let exact = expression.transform_up(|part| {
        let Some(binary) = part.downcast_ref::<BinaryExpr>() else { return Ok(Transformed::no(part)) };
        Ok(Transformed::yes(Arc::new(binary.clone().with_fail_on_overflow(true))))
    })?;
    Ok(exact.data)
}

/// What to do about rules that need other rows.
const OTHER_ROWS: &str = "what holds across rows is a test of a model, or an audit";

/// The expression that stands alone in brackets after SELECT.
fn only_expression(statement: &Statement) -> Option<SqlExpr> {
    let Statement::Statement(statement) = statement else { return None };
    let SqlStatement::Query(query) = statement.as_ref() else { return None };
    let SetExpr::Select(select) = query.body.as_ref() else { return None };
    match select.projection.as_slice() {
        [SelectItem::UnnamedExpr(SqlExpr::Nested(expression))] if select.from.is_empty() => Some(expression.as_ref().clone()),
        _ => None,
    }
}

/// The plain names that stand in an expression.
#[derive(Default)]
struct Names {
    idents: Vec<Ident>,
    has_query: bool,
}

impl Visitor for Names {
    type Break = ();

    fn pre_visit_query(&mut self, _: &Query) -> ControlFlow<()> {
        self.has_query = true;
        ControlFlow::Continue(())
    }

    fn pre_visit_expr(&mut self, expression: &SqlExpr) -> ControlFlow<()> {
        if let SqlExpr::Identifier(name) = expression
            && !self.has_query
        {
            self.idents.push(name.clone());
        }
        ControlFlow::Continue(())
    }
}
