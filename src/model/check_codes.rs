//! Comparisons in SQL that can never be true: codes of no list, offices that do not exist, columns that share no value,
//! dates held against numbers.

use std::collections::BTreeSet;
use std::ops::{ControlFlow, Range};

use datafusion::sql::parser::Statement;
use datafusion::sql::sqlparser::ast::{BinaryOperator, Expr, FunctionArg, FunctionArgExpr, FunctionArguments, Ident, Value, visit_expressions};
use datafusion::sql::sqlparser::tokenizer::Span;

use super::diagnose::{body, offset};
use super::header::Text;
use super::known::texts;
use super::parse::Model;
use super::places::place_of as place_of_about;
use super::plain::About;
use super::test::Check;
use super::trace::{Comparison, Tables, With};
use crate::diagnostic::Fault;

/// A fault for every comparison of a model's SELECT that can never be true.
pub fn faults_of_select(model: &Model, comparisons: &[Comparison]) -> Vec<Fault> {
    let mut written = Vec::new();
    if !comparisons.is_empty() {
        written = written_texts(&model.statement);
    }
    let mut told = BTreeSet::new();
    let mut faults = Vec::new();
    for comparison in comparisons {
        let place = match &comparison.with {
            With::Text(text) => place_of(model, comparison, text, &written),
            With::Branch(..) => place_of_about(&model.file.text, &comparison.column.clone().map_or(About::Case, About::UnionColumn)),
            With::Column(..) | With::Family(..) => comparison.span.map(|span| {
                let at = |location: datafusion::common::Location| offset(&model.file.text, location.line, location.column);
                at(span.start)..at(span.end)
            }),
        };
        let place = place.unwrap_or_else(|| body(&model.file));
        let (message, hint) = words(comparison);
        // A common table expression is planned for every mention of it.
        if told.insert((place.start, message.clone())) {
            faults.push(Fault::error(&model.file, place, message).hint(hint));
        }
    }
    faults
}

/// The same for a condition of the header, at its place there.
pub fn faults_of_condition(model: &Model, condition: &Text, what: &str, comparisons: &[Comparison]) -> Vec<Fault> {
    let fault = |comparison: &Comparison| {
        let (message, hint) = words(comparison);
        let span = condition.span();
        let whole = model.header_start + span.start..model.header_start + span.end;
        let place = match &comparison.with {
            With::Text(text) => only_mention(model, &whole, &format!("'{}'", text.replace('\'', "''"))),
            _ => None,
        };
        Fault::error(&model.file, place.unwrap_or(whole), format!("the condition {what} is wrong: {message}")).hint(hint)
    };
    comparisons.iter().map(fault).collect()
}

/// A fault for every value that a test accepts and that its column can never hold.
pub fn faults_of_tests(model: &Model, tables: &Tables) -> Vec<Fault> {
    let Some(known) = tables.get(model.name.as_str()) else { return Vec::new() };
    let mut faults = Vec::new();
    for (form, test) in model.header.tests.iter().zip(&model.tests) {
        let (Check::Accepted(column, values), Some(accepted)) = (&test.check, &form.get_ref().accepted) else { continue };
        let Some(possible) = known.get(column) else { continue };
        for text in texts(values).unwrap_or_default().iter().filter(|text| !possible.may_be(text)) {
            let (start, end) = (model.header_start + accepted.column.span().end, model.header_start + form.span().end);
            // The form's own place may end with its first line.
            let end = model.file.text[start..].find('}').map_or(end, |close| start + close);
            let place = only_mention(model, &(start..end), &format!("\"{text}\"")).unwrap_or(start..end);
            let message = format!("the test accepts `{text}`, which `{column}` never is");
            faults.push(Fault::error(&model.file, place, message).hint(possible.hint(text)));
        }
    }
    faults
}

/// What is wrong, and what to do about it.
fn words(comparison: &Comparison) -> (String, String) {
    let column = comparison.column.as_deref();
    match (&comparison.with, comparison.values.vocabulary()) {
        (With::Text(text), Some(vocabulary)) => (format!("`{text}` is no {}", vocabulary.one), comparison.values.hint(text)),
        (With::Text(text), None) => {
            let subject = column.map_or_else(|| "the value compared".to_owned(), |column| format!("`{column}`"));
            (format!("{subject} is never `{text}`"), comparison.values.hint(text))
        }
        (With::Family(mine, theirs), _) => {
            let subject = column.map_or_else(|| mine.words().to_owned(), |column| format!("`{column}` is {} and", mine.words()));
            (format!("{subject} is compared with {}", theirs.words()), "CAST one of them to what is meant".to_owned())
        }
        (With::Branch(mine, theirs), _) => {
            let subject = column.map_or_else(|| "a CASE".to_owned(), |column| format!("the column `{column}` of a UNION"));
            (format!("{subject} is {} in one place and {} in another", mine.words(), theirs.words()), "CAST one of them to what is meant".to_owned())
        }
        (With::Column(other, theirs), _) => {
            let message = format!("`{}` and `{other}` have no value in common", column.unwrap_or_default());
            (message, format!("the first holds {}, the second {}", comparison.values.words(), theirs.words()))
        }
    }
}

/// Where a text stands once within a part of the file.
fn only_mention(model: &Model, within: &Range<usize>, text: &str) -> Option<Range<usize>> {
    let part = model.file.text.get(within.clone())?;
    let at = part.find(text).filter(|at| part.rfind(text) == Some(*at))?;
    Some(within.start + at..within.start + at + text.len())
}

/// A text in SQL, with the names that it is compared with.
struct WrittenText {
    text: String,
    span: Span,
    names: Vec<(Span, String)>,
}

/// The text of a comparison: the one beside the column at its place, else the only one beside a column of that name, else
/// the only one at all.
fn place_of(model: &Model, comparison: &Comparison, text: &str, written: &[WrittenText]) -> Option<Range<usize>> {
    let same: Vec<&WrittenText> = written.iter().filter(|known| known.text == text).collect();
    let at_span = |known: &&&WrittenText| {
        let span = comparison.span.map(|span| (span.start.line, span.start.column));
        known.names.iter().any(|(name, _)| Some((name.start.line, name.start.column)) == span)
    };
    let of_name = || same.iter().filter(|known| known.names.iter().any(|(_, name)| Some(name) == comparison.column.as_ref()));
    let exact = same.iter().find(at_span);
    let found = exact.or_else(|| of_name().next()).or_else(|| same.first().filter(|_| same.len() == 1))?;
    let at = |line, column| offset(&model.file.text, line, column);
    Some(at(found.span.start.line, found.span.start.column)..at(found.span.end.line, found.span.end.column))
}

/// Every text that a statement compares with something.
fn written_texts(statement: &Statement) -> Vec<WrittenText> {
    let Statement::Statement(statement) = statement else { return Vec::new() };
    let mut found = Vec::new();
    let _ = visit_expressions(&**statement, |expression: &Expr| {
        let parts = compared(expression);
        let names: Vec<(Span, String)> = parts.iter().filter_map(|part| name(part)).collect();
        for (text, span) in parts.iter().filter_map(|part| text(part)) {
            found.push(WrittenText { text, span, names: names.clone() });
        }
        ControlFlow::<()>::Continue(())
    });
    found
}

/// The expressions that an expression holds against each other.
fn compared(expression: &Expr) -> Vec<&Expr> {
    match expression {
        Expr::BinaryOp { left, op: BinaryOperator::Eq | BinaryOperator::NotEq, right } => vec![left, right],
        Expr::IsDistinctFrom(left, right) | Expr::IsNotDistinctFrom(left, right) => vec![left, right],
        Expr::AnyOp { left, right, .. } | Expr::AllOp { left, right, .. } => vec![left, right],
        Expr::InList { expr, list, .. } => std::iter::once(expr.as_ref()).chain(list).collect(),
        Expr::Case { operand: Some(operand), conditions, .. } => {
            std::iter::once(operand.as_ref()).chain(conditions.iter().map(|when| &when.condition)).collect()
        }
        Expr::Function(call) => match &call.args {
            FunctionArguments::List(list) => list.args.iter().filter_map(argument).collect(),
            _ => Vec::new(),
        },
        _ => Vec::new(),
    }
}

fn argument(argument: &FunctionArg) -> Option<&Expr> {
    match argument {
        FunctionArg::Unnamed(FunctionArgExpr::Expr(expression)) => Some(expression),
        _ => None,
    }
}

fn name(expression: &Expr) -> Option<(Span, String)> {
    let names: &[Ident] = match bare(expression) {
        Expr::Identifier(name) => std::slice::from_ref(name),
        Expr::CompoundIdentifier(names) => names,
        _ => return None,
    };
    Some((names.first()?.span, names.last()?.value.clone()))
}

fn text(expression: &Expr) -> Option<(String, Span)> {
    match bare(expression) {
        Expr::Value(value) => match &value.value {
            Value::SingleQuotedString(text) => Some((text.clone(), value.span)),
            _ => None,
        },
        _ => None,
    }
}

/// An expression without brackets and casts.
fn bare(expression: &Expr) -> &Expr {
    match expression {
        Expr::Nested(inner) | Expr::Cast { expr: inner, .. } => bare(inner),
        other => other,
    }
}
