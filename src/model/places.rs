//! Where in a statement stands what an error is about.

use std::ops::{ControlFlow, Range};

use datafusion::sql::parser::{DFParser, Statement};
use datafusion::sql::sqlparser::ast::{
    Expr, Function, FunctionArg, FunctionArgExpr, FunctionArguments, Query, Select, SelectItem, SetExpr, Spanned, Statement as SqlStatement, TableFactor,
    Value, Visit, Visitor,
};
use datafusion::sql::sqlparser::tokenizer::Span;

use super::diagnose::offset;
use super::plain::About;

/// The place of what an error is about; nothing where it stands nowhere, or in several places that cannot be told apart.
pub fn place_of(text: &str, about: &About) -> Option<Range<usize>> {
    let statements = DFParser::parse_sql(text).ok()?;
    let mut search = Search { about, found: Vec::new() };
    for statement in &statements {
        if let Statement::Statement(statement) = statement {
            let statement: &SqlStatement = statement;
            let _ = statement.visit(&mut search);
        }
    }
    let found = match (about, search.found.as_slice()) {
        (About::Word(word), []) => return only_word(text, word),
        // Of several calls of one function the first is as good as any to look at.
        (About::Call(..), [first, ..]) | (_, [first]) => first,
        _ => return None,
    };
    let at = |location: datafusion::sql::sqlparser::tokenizer::Location| offset(text, location.line, location.column);
    (found.start.line > 0).then(|| at(found.start)..at(found.end))
}

/// A word that stands once after the header.
fn only_word(text: &str, word: &str) -> Option<Range<usize>> {
    let start = text.find("*/").map_or(0, |end| end + 2);
    let body = &text[start..];
    let is_letter = |letter: char| letter.is_alphanumeric() || letter == '_';
    let mut whole = body
        .match_indices(word)
        .map(|(at, _)| at)
        .filter(|at| !body[..*at].chars().next_back().is_some_and(is_letter) && !body[at + word.len()..].chars().next().is_some_and(is_letter));
    let at = whole.next()?;
    whole.next().is_none().then(|| start + at..start + at + word.len())
}

struct Search<'a> {
    about: &'a About,
    found: Vec<Span>,
}

impl Visitor for Search<'_> {
    type Break = ();

    fn pre_visit_query(&mut self, query: &Query) -> ControlFlow<()> {
        let branches = selects(&query.body);
        match (self.about, branches.as_slice()) {
            (About::UnionWidth, [first, rest @ ..]) => {
                let other = rest.iter().find(|select| select.projection.len() != first.projection.len());
                self.found.extend(other.map(|select| Span::union_iter(select.projection.iter().map(Spanned::span))));
            }
            (About::UnionColumn(name), [first, second]) => {
                let index = first.projection.iter().position(|item| called(item) == Some(name));
                self.found.extend(index.and_then(|index| second.projection.get(index)).map(Spanned::span));
            }
            _ => {}
        }
        ControlFlow::Continue(())
    }

    fn pre_visit_select(&mut self, select: &Select) -> ControlFlow<()> {
        match self.about {
            About::Condition => self.found.extend(select.selection.iter().map(Spanned::span)),
            About::SecondColumn(name) => {
                let mut items = select.projection.iter().filter(|item| called(item).is_some_and(|called| called == name));
                self.found.extend(items.nth(1).map(Spanned::span));
            }
            _ => {}
        }
        ControlFlow::Continue(())
    }

    fn pre_visit_table_factor(&mut self, table: &TableFactor) -> ControlFlow<()> {
        let TableFactor::Table { name, alias, .. } = table else { return ControlFlow::Continue(()) };
        let known = alias.as_ref().map(|alias| &alias.name).or_else(|| name.0.last().and_then(|part| part.as_ident()));
        if let (About::SecondTable(sought), Some(known)) = (self.about, known)
            && known.value == *sought
        {
            // The later one is the second.
            self.found = vec![known.span];
        }
        ControlFlow::Continue(())
    }

    fn pre_visit_expr(&mut self, expression: &Expr) -> ControlFlow<()> {
        let is_it = match (self.about, expression) {
            (About::Call(sought, arguments), Expr::Function(call)) => {
                let name = call.name.0.last().and_then(|part| part.as_ident());
                name.is_some_and(|name| name.value.eq_ignore_ascii_case(sought)) && arguments.is_none_or(|count| Some(count) == given(&call.args))
            }
            (About::Text(sought), Expr::Value(value)) => matches!(&value.value, Value::SingleQuotedString(text) if text == sought),
            (About::Number(sought), Expr::Value(value)) => matches!(&value.value, Value::Number(number, _) if number == sought),
            (About::InnerAggregate, Expr::Function(call)) => {
                is_aggregate(call) && arguments(call).any(|inner| matches!(inner, Expr::Function(inner) if is_aggregate(inner)))
            }
            (About::WideSubquery, Expr::Subquery(query)) => selects(&query.body).first().is_some_and(|select| select.projection.len() > 1),
            (About::Subquery, Expr::Subquery(_) | Expr::Exists { .. } | Expr::InSubquery { .. }) | (About::Case, Expr::Case { .. }) => true,
            (About::Operator(sought), Expr::BinaryOp { op, .. }) => op.to_string() == *sought || (op.to_string() == "<>" && sought == "!="),
            _ => false,
        };
        if is_it {
            self.found.push(expression.span());
        }
        ControlFlow::Continue(())
    }
}

/// Aggregates that people use.
const AGGREGATES: [&str; 14] =
    ["count", "sum", "avg", "mean", "min", "max", "median", "array_agg", "string_agg", "first_value", "last_value", "bool_and", "bool_or", "stddev"];

fn is_aggregate(call: &Function) -> bool {
    call.over.is_none() && call.name.0.last().and_then(|part| part.as_ident()).is_some_and(|name| AGGREGATES.contains(&name.value.to_lowercase().as_str()))
}

fn arguments(call: &Function) -> impl Iterator<Item = &Expr> {
    let list = match &call.args {
        FunctionArguments::List(list) => list.args.as_slice(),
        _ => &[],
    };
    list.iter().filter_map(|argument| match argument {
        FunctionArg::Unnamed(FunctionArgExpr::Expr(expression)) => Some(expression),
        _ => None,
    })
}

/// The SELECTs of a query, those of a UNION one after another.
fn selects(body: &SetExpr) -> Vec<&Select> {
    match body {
        SetExpr::Select(select) => vec![select],
        SetExpr::Query(query) => selects(&query.body),
        SetExpr::SetOperation { left, right, .. } => [selects(left), selects(right)].concat(),
        _ => Vec::new(),
    }
}

fn given(arguments: &FunctionArguments) -> Option<usize> {
    match arguments {
        FunctionArguments::None => Some(0),
        FunctionArguments::Subquery(_) => None,
        FunctionArguments::List(list) => Some(list.args.len()),
    }
}

/// What a column of a SELECT is called.
fn called(item: &SelectItem) -> Option<&str> {
    match item {
        SelectItem::ExprWithAlias { alias, .. } => Some(&alias.value),
        SelectItem::UnnamedExpr(Expr::Identifier(name)) => Some(&name.value),
        SelectItem::UnnamedExpr(Expr::CompoundIdentifier(names)) => names.last().map(|name| name.value.as_str()),
        _ => None,
    }
}
