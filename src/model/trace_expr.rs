//! Expressions of a plan: what they are computed from, what they may be, and what they are compared with.

use std::collections::BTreeSet;

use datafusion::common::tree_node::{TreeNode, TreeNodeRecursion};
use datafusion::common::{Column, ScalarValue};
use datafusion::logical_expr::expr::{AggregateFunctionParams, InList, InSubquery, ScalarFunction, WindowFunctionParams};
use datafusion::logical_expr::{BinaryExpr, Case, Expr, Operator, Subquery};

use super::family::Family;
use super::trace::{Comparison, Facts, Relation, Scope, Trace, With};
use super::values::Values;

/// Functions that give one of their arguments.
const CHOOSING: [&str; 5] = ["coalesce", "nvl", "ifnull", "greatest", "least"];

/// Functions that give their first argument, a value of it, or nothing.
const KEEPING: [&str; 9] = ["nullif", "min", "max", "first_value", "last_value", "nth_value", "any_value", "array_distinct", "array_sort"];

/// Functions whose first argument is a list in which the second is looked for.
const SEEKING: [&str; 4] = ["array_has", "array_contains", "list_has", "list_contains"];

impl Trace<'_> {
    /// What an expression is at a place.
    pub fn facts(&mut self, expression: &Expr, scope: &Scope<'_>) -> Facts {
        match expression {
            Expr::Column(column) => scope.find(column),
            Expr::OuterReferenceColumn(_, column) => scope.find_outside(column).unwrap_or_else(Facts::unknown),
            Expr::Alias(alias) => self.facts(&alias.expr, scope),
            Expr::Literal(value, _) => {
                let family = Family::of(&value.data_type()).filter(|_| !value.is_null());
                Facts { elements: emptied(&literal(value)), family, ..Facts::of_values(literal(value)) }
            }
            Expr::Cast(cast) => self.cast(&cast.expr, cast.field.data_type(), scope),
            Expr::TryCast(cast) => self.cast(&cast.expr, cast.field.data_type(), scope),
            Expr::BinaryExpr(binary) => self.binary(binary, scope),
            Expr::Case(case) => self.case(case, scope),
            Expr::InList(list) => self.in_list(list, scope),
            Expr::InSubquery(subquery) => self.in_subquery(subquery, scope),
            Expr::ScalarSubquery(subquery) => self.scalar_subquery(subquery, scope),
            Expr::Exists(exists) => Facts { indirect: all_of(&self.subquery(&exists.subquery, scope)), ..Facts::unknown() },
            Expr::SetComparison(set) => {
                let mut facts = self.facts(&set.expr, scope);
                facts.indirect.extend(all_of(&self.subquery(&set.subquery, scope)));
                truth(facts)
            }
            Expr::ScalarFunction(call) => self.function(call, scope),
            Expr::AggregateFunction(call) => self.aggregated(call.func.name(), &call.params, scope),
            Expr::WindowFunction(call) => self.windowed(call.fun.name(), &call.params, scope),
            Expr::Unnest(unnest) => made_of("unnest", &[self.facts(&unnest.expr, scope)]),
            other => self.parts(other, scope),
        }
    }

    /// An expression that rests on all its parts, and of whose values nothing is known.
    fn parts(&mut self, expression: &Expr, scope: &Scope<'_>) -> Facts {
        let mut facts = Facts::unknown();
        let _ = expression.apply_children(|part| {
            facts.rest_on(&self.facts(part, scope));
            Ok(TreeNodeRecursion::Continue)
        });
        facts
    }

    /// Text stays what it is; another type may write it otherwise.
    fn cast(&mut self, inner: &Expr, to: &arrow::datatypes::DataType, scope: &Scope<'_>) -> Facts {
        let facts = self.facts(inner, scope);
        let values = if to.is_string() { facts.values } else { emptied(&facts.values) };
        let elements = if to.is_nested() { facts.elements } else { Values::Any };
        Facts { values, elements, family: Family::of(to), ..facts }
    }

    /// Operators of one rank lean to the left, so that a condition of a thousand ORs is a thousand deep: the left side is
    /// gone down in a loop.
    fn binary(&mut self, binary: &BinaryExpr, scope: &Scope<'_>) -> Facts {
        if is_equality(binary.op) {
            return self.equal(&binary.left, &binary.right, scope);
        }
        let mut spine = vec![binary];
        let mut first = binary.left.as_ref();
        while let Expr::BinaryExpr(inner) = first
            && !is_equality(inner.op)
        {
            spine.push(inner);
            first = &inner.left;
        }
        let mut left = self.facts(first, scope);
        for binary in spine.into_iter().rev() {
            let right = self.facts(&binary.right, scope);
            if matches!(binary.op, Operator::Lt | Operator::LtEq | Operator::Gt | Operator::GtEq) {
                self.compare_families((&binary.left, &left), (&binary.right, &right));
            }
            let values = if binary.op == Operator::StringConcat { left.values.joined(&right.values) } else { Values::Any };
            left = Facts { values, elements: Values::Any, family: None, ..left.or(&right) };
        }
        left
    }

    /// Two expressions held against each other.
    pub fn equal(&mut self, left: &Expr, right: &Expr, scope: &Scope<'_>) -> Facts {
        let (first, second) = (self.facts(left, scope), self.facts(right, scope));
        self.compare((left, &first), (right, &second));
        truth(first.or(&second))
    }

    /// Notes a comparison that can never be true.
    fn compare(&mut self, (left, first): (&Expr, &Facts), (right, second): (&Expr, &Facts)) {
        self.compare_families((left, first), (right, second));
        match (text_of(first), text_of(second)) {
            (None, Some(text)) => self.compare_text(left, first, &text),
            (Some(text), None) => self.compare_text(right, second, &text),
            (None, None) if first.values.are_apart(&second.values) => {
                let (Some(column), Some(other)) = (column_of(left), column_of(right)) else { return };
                self.comparisons.push(Comparison {
                    column: Some(column.flat_name()),
                    span: column.spans().first(),
                    values: first.values.clone(),
                    with: With::Column(other.flat_name(), second.values.clone()),
                });
            }
            _ => {}
        }
    }

    /// Notes that values of two families are compared. Text that SQL itself writes is read as what it is compared with.
    fn compare_families(&mut self, (left, first): (&Expr, &Facts), (right, second): (&Expr, &Facts)) {
        let (Some(mine), Some(theirs)) = (first.family, second.family) else { return };
        if mine == theirs || text_of(first).is_some() || text_of(second).is_some() {
            return;
        }
        let (column, mine, theirs) = match (column_of(left), column_of(right)) {
            (Some(column), _) => (Some(column), mine, theirs),
            (None, column) => (column, theirs, mine),
        };
        self.comparisons.push(Comparison {
            column: column.map(Column::flat_name),
            span: column.and_then(|column| column.spans().first()),
            values: Values::Any,
            with: With::Family(mine, theirs),
        });
    }

    /// Notes that values of two families go into one column, which the engine would make text of.
    pub fn put_together(&mut self, column: Option<&String>, first: &Facts, second: &Facts) {
        let (Some(mine), Some(theirs)) = (first.family, second.family) else { return };
        let is_read = |text: &Facts, other: Family| text_of(text).is_some() && other != Family::Number;
        if mine == theirs || is_read(first, theirs) || is_read(second, mine) {
            return;
        }
        self.comparisons.push(Comparison { column: column.cloned(), span: None, values: Values::Any, with: With::Branch(mine, theirs) });
    }

    fn compare_text(&mut self, expression: &Expr, facts: &Facts, text: &str) {
        // What holds null alone is a place left open on purpose.
        if facts.values.may_be(text) || facts.values.all().is_some_and(|all| all.is_empty()) {
            return;
        }
        let column = column_of(expression);
        self.comparisons.push(Comparison {
            column: column.map(|column| column.name.clone()),
            span: column.and_then(|column| column.spans().first()),
            values: facts.values.clone(),
            with: With::Text(text.to_owned()),
        });
    }

    fn case(&mut self, case: &Case, scope: &Scope<'_>) -> Facts {
        let mut facts = Facts { elements: Values::none(), ..Facts::of_values(Values::none()) };
        let subject = case.expr.as_ref().map(|subject| (subject.as_ref(), self.facts(subject, scope)));
        if let Some((_, subject)) = &subject {
            facts.decided_by(subject);
        }
        let mut first: Option<Facts> = None;
        for (when, then) in &case.when_then_expr {
            let condition = self.facts(when, scope);
            if let Some((expression, subject)) = &subject {
                self.compare((expression, subject), (when, &condition));
            }
            facts.decided_by(&condition);
            let branch = self.facts(then, scope);
            facts = self.with_branch(facts, &mut first, &branch);
        }
        if let Some(otherwise) = &case.else_expr {
            let branch = self.facts(otherwise, scope);
            facts = self.with_branch(facts, &mut first, &branch);
        }
        facts
    }

    /// A case with one branch more, held against the first that is not null.
    fn with_branch(&mut self, case: Facts, first: &mut Option<Facts>, branch: &Facts) -> Facts {
        match first {
            Some(first) => self.put_together(None, first, branch),
            None if branch.family.is_some() => *first = Some(branch.clone()),
            None => {}
        }
        Facts { family: first.as_ref().and_then(|first| first.family), ..case.or(branch) }
    }

    fn in_list(&mut self, list: &InList, scope: &Scope<'_>) -> Facts {
        let mut facts = self.facts(&list.expr, scope);
        let subject = facts.clone();
        for member in &list.list {
            let known = self.facts(member, scope);
            self.compare((&list.expr, &subject), (member, &known));
            facts.rest_on(&known);
        }
        truth(facts)
    }

    fn in_subquery(&mut self, within: &InSubquery, scope: &Scope<'_>) -> Facts {
        let mut facts = self.facts(&within.expr, scope);
        let relation = self.subquery(&within.subquery, scope);
        if let ([column], Some(field)) = (relation.columns.as_slice(), within.subquery.subquery.schema().fields().first()) {
            let name = Expr::Column(Column::new_unqualified(field.name()));
            let subject = facts.clone();
            self.compare((&within.expr, &subject), (&name, column));
        }
        facts.indirect.extend(all_of(&relation));
        truth(facts)
    }

    fn scalar_subquery(&mut self, subquery: &Subquery, scope: &Scope<'_>) -> Facts {
        let relation = self.subquery(subquery, scope);
        let mut facts = relation.columns.first().cloned().unwrap_or_else(Facts::unknown);
        facts.indirect.extend(relation.rows);
        facts
    }

    fn subquery(&mut self, subquery: &Subquery, scope: &Scope<'_>) -> Relation {
        self.relation(&subquery.subquery, Some(scope))
    }

    fn function(&mut self, call: &ScalarFunction, scope: &Scope<'_>) -> Facts {
        let known: Vec<Facts> = call.args.iter().map(|argument| self.facts(argument, scope)).collect();
        let name = call.func.name();
        if SEEKING.contains(&name)
            && let ([list, sought], [first, second]) = (call.args.as_slice(), known.as_slice())
        {
            let held = Facts { values: first.elements.clone(), ..first.clone() };
            self.compare((list, &held), (sought, second));
        }
        made_of(name, &known)
    }

    fn aggregated(&mut self, name: &str, params: &AggregateFunctionParams, scope: &Scope<'_>) -> Facts {
        let known: Vec<Facts> = params.args.iter().map(|argument| self.facts(argument, scope)).collect();
        let mut facts = made_of(name, &known);
        let deciding = params.filter.as_deref().into_iter().chain(params.order_by.iter().map(|sort| &sort.expr));
        deciding.for_each(|expression| facts.decided_by(&self.facts(expression, scope)));
        facts
    }

    fn windowed(&mut self, name: &str, params: &WindowFunctionParams, scope: &Scope<'_>) -> Facts {
        let known: Vec<Facts> = params.args.iter().map(|argument| self.facts(argument, scope)).collect();
        let mut facts = made_of(name, &known);
        let sorted = params.order_by.iter().map(|sort| &sort.expr);
        let deciding = params.partition_by.iter().chain(sorted).chain(params.filter.as_deref());
        deciding.for_each(|expression| facts.decided_by(&self.facts(expression, scope)));
        facts
    }
}

/// What a function makes of its arguments.
fn made_of(name: &str, arguments: &[Facts]) -> Facts {
    let values = || arguments.iter().map(|facts| facts.values.clone());
    let elements = || arguments.iter().map(|facts| facts.elements.clone());
    let (values, elements) = match name {
        // The third argument stands where there is no row to take from.
        "lead" | "lag" => (values().take(1).chain(values().skip(2)).reduce(Values::or), elements().take(1).chain(elements().skip(2)).reduce(Values::or)),
        "unnest" | "array_element" => (elements().next(), None),
        "array_agg" => (None, values().next()),
        "make_array" => (None, values().reduce(Values::or)),
        _ if CHOOSING.contains(&name) => (values().reduce(Values::or), elements().reduce(Values::or)),
        _ if KEEPING.contains(&name) => (values().next(), elements().next()),
        _ => (None, None),
    };
    let family = match name {
        "count" => Some(Family::Number),
        _ if CHOOSING.contains(&name) || KEEPING.contains(&name) || ["lead", "lag"].contains(&name) => arguments.first().and_then(|facts| facts.family),
        _ => None,
    };
    let mut facts = Facts { elements: elements.unwrap_or(Values::Any), family, ..Facts::of_values(values.unwrap_or(Values::Any)) };
    arguments.iter().for_each(|argument| facts.rest_on(argument));
    facts
}

fn is_equality(operator: Operator) -> bool {
    matches!(operator, Operator::Eq | Operator::NotEq | Operator::IsDistinctFrom | Operator::IsNotDistinctFrom)
}

/// A yes or no made of what is given.
fn truth(facts: Facts) -> Facts {
    Facts { values: Values::Any, elements: Values::Any, family: Some(Family::Truth), ..facts }
}

fn literal(value: &ScalarValue) -> Values {
    match value {
        value if value.is_null() => Values::none(),
        ScalarValue::Utf8(Some(text)) | ScalarValue::LargeUtf8(Some(text)) | ScalarValue::Utf8View(Some(text)) => Values::literal(text),
        _ => Values::Any,
    }
}

/// Null is null in any type; of all else nothing is known.
fn emptied(values: &Values) -> Values {
    if values.all().is_some_and(|all| all.is_empty()) { Values::none() } else { Values::Any }
}

/// The text that SQL writes there, where it is no column.
fn text_of(facts: &Facts) -> Option<String> {
    let written = facts.values.written()?;
    (facts.direct.is_empty() && facts.indirect.is_empty() && written.len() == 1).then(|| written.iter().next().cloned())?
}

/// The column that an expression is, but for its type or name.
fn column_of(expression: &Expr) -> Option<&Column> {
    match expression {
        Expr::Column(column) | Expr::OuterReferenceColumn(_, column) => Some(column),
        Expr::Alias(alias) => column_of(&alias.expr),
        Expr::Cast(cast) => column_of(&cast.expr),
        Expr::TryCast(cast) => column_of(&cast.expr),
        _ => None,
    }
}

fn all_of(relation: &Relation) -> BTreeSet<super::lineage::ColumnRef> {
    relation.columns.iter().flat_map(Facts::sources).chain(relation.rows.iter().cloned()).collect()
}
