//! A plan walked from its tables up: what every column is computed from, what it may hold, and what it is compared with.
//!
//! Guarantees: a plan of a kind that is not known makes everything below it go into everything above it, and nothing is
//! claimed of its values. Refuses nothing.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use datafusion::common::{Column, DFSchema, Span, TableReference};
use datafusion::logical_expr::utils::grouping_set_to_exprlist;
use datafusion::logical_expr::{Aggregate, Distinct, Expr, Join, JoinType, LogicalPlan, RecursiveQuery, TableScan, Unnest, Window};

use super::family::Family;
use super::lineage::{ColumnLineage, ColumnRef, ModelLineage};
use super::values::Values;

/// How often the second half of a recursive query is walked before what it adds is taken as it is.
const MOST_ROUNDS: usize = 8;

/// What is known of one column of a relation.
#[derive(Debug, Clone)]
pub struct Facts {
    /// Columns of tables whose values go into it.
    pub direct: BTreeSet<ColumnRef>,
    /// Columns of tables that decide which value is taken.
    pub indirect: BTreeSet<ColumnRef>,
    /// The texts that it may be.
    pub values: Values,
    /// The texts that it may hold, where it is a list.
    pub elements: Values,
    /// The family of its type, where that is known; of what SQL itself writes, that of the literal.
    pub family: Option<Family>,
}

impl Facts {
    /// A value that rests on nothing that is known.
    pub fn unknown() -> Self {
        Self { direct: BTreeSet::new(), indirect: BTreeSet::new(), values: Values::Any, elements: Values::Any, family: None }
    }

    /// A value that rests on no column.
    pub fn of_values(values: Values) -> Self {
        Self { values, ..Self::unknown() }
    }

    /// Takes in another value's sources as its own; what it may hold stays.
    pub fn rest_on(&mut self, other: &Self) {
        self.direct.extend(other.direct.iter().cloned());
        self.indirect.extend(other.indirect.iter().cloned());
    }

    /// Takes in another value as one that decides.
    pub fn decided_by(&mut self, other: &Self) {
        self.indirect.extend(other.sources());
    }

    /// All columns that it rests on, either way.
    pub fn sources(&self) -> impl Iterator<Item = ColumnRef> + '_ {
        self.direct.iter().chain(&self.indirect).cloned()
    }

    /// Either of two values.
    #[must_use]
    pub fn or(mut self, other: &Self) -> Self {
        self.rest_on(other);
        self.values = self.values.or(other.values.clone());
        self.elements = self.elements.or(other.elements.clone());
        self.family = self.family.filter(|family| Some(*family) == other.family);
        self
    }
}

/// What is known of the rows of a plan.
#[derive(Debug, Clone, Default)]
pub struct Relation {
    /// Its columns, in order.
    pub columns: Vec<Facts>,
    /// Columns of tables that decide which rows there are.
    pub rows: BTreeSet<ColumnRef>,
}

/// Two values held against each other, or put into one column, that can never be equal or do not belong together.
#[derive(Debug, Clone)]
pub struct Comparison {
    /// The column's name, where one is compared as it is.
    pub column: Option<String>,
    /// Where the column is named, where that is known.
    pub span: Option<Span>,
    /// What it may hold.
    pub values: Values,
    /// What it is compared with.
    pub with: With,
}

/// What a column is compared with.
#[derive(Debug, Clone)]
pub enum With {
    /// A text.
    Text(String),
    /// Another column, by name, and what that may hold.
    Column(String, Values),
    /// A value of another family.
    Family(Family, Family),
    /// A value of another family that goes into the same column.
    Branch(Family, Family),
}

/// What is known of the columns of tables, by table and column.
pub type Tables = BTreeMap<String, BTreeMap<String, Values>>;

/// The columns that names mean at a place of a plan.
pub struct Scope<'s> {
    /// The relations side by side.
    pub parts: Vec<(&'s DFSchema, &'s [Facts])>,
    /// The scope around a subquery.
    pub outer: Option<&'s Scope<'s>>,
}

impl Scope<'_> {
    /// What a column is here.
    pub fn find(&self, column: &Column) -> Facts {
        let here = self.parts.iter().find_map(|(schema, facts)| facts.get(schema.maybe_index_of_column(column)?));
        here.cloned().or_else(|| self.find_outside(column)).unwrap_or_else(Facts::unknown)
    }

    /// What a column is around the subquery.
    pub fn find_outside(&self, column: &Column) -> Option<Facts> {
        self.outer.map(|outer| outer.find(column))
    }
}

/// The walk.
pub struct Trace<'t> {
    tables: &'t Tables,
    /// Recursive queries that are being walked, by name.
    open: BTreeMap<String, Relation>,
    /// The comparisons that can never be true, in the order met.
    pub comparisons: Vec<Comparison>,
}

impl<'t> Trace<'t> {
    /// A walk over plans that read these tables.
    pub fn new(tables: &'t Tables) -> Self {
        Self { tables, open: BTreeMap::new(), comparisons: Vec::new() }
    }

    /// The lineage of a plan's columns, and the texts that each may hold, in lists too.
    pub fn plan(&mut self, plan: &LogicalPlan) -> (ModelLineage, Vec<Values>) {
        let relation = self.relation(plan, None);
        let column = |(field, facts): (&Arc<arrow::datatypes::Field>, &Facts)| ColumnLineage {
            name: field.name().clone(),
            direct: facts.direct.clone(),
            indirect: facts.indirect.union(&relation.rows).cloned().collect(),
        };
        let columns = plan.schema().fields().iter().zip(&relation.columns).map(column).collect();
        let values = plan.schema().fields().iter().zip(relation.columns).map(|(field, facts)| match field.data_type().is_nested() {
            true => facts.elements,
            false => facts.values,
        });
        (ModelLineage { columns }, values.collect())
    }

    /// What is known of a plan's rows, within a scope where it is a subquery.
    pub fn relation(&mut self, plan: &LogicalPlan, outer: Option<&Scope<'_>>) -> Relation {
        let mut relation = match plan {
            LogicalPlan::TableScan(scan) => self.scan(scan),
            LogicalPlan::Projection(projection) => self.computed(&projection.input, &projection.expr, outer),
            LogicalPlan::Filter(filter) => self.decided(&filter.input, [&filter.predicate], outer),
            LogicalPlan::Aggregate(aggregate) => self.aggregate(aggregate, outer),
            LogicalPlan::Window(window) => self.window(window, outer),
            LogicalPlan::Join(join) => self.join(join, outer),
            LogicalPlan::Union(union) => self.union(&union.inputs, outer),
            LogicalPlan::Distinct(distinct) => self.distinct(distinct, outer),
            LogicalPlan::Limit(limit) => self.limit(&limit.input, outer),
            LogicalPlan::Sort(sort) => self.sort(sort, outer),
            LogicalPlan::Subquery(subquery) => self.relation(&subquery.subquery, outer),
            LogicalPlan::SubqueryAlias(alias) => self.relation(&alias.input, outer),
            LogicalPlan::Repartition(repartition) => self.relation(&repartition.input, outer),
            LogicalPlan::Values(values) => self.values(&values.values, outer),
            LogicalPlan::Unnest(unnest) => self.unnest(unnest, outer),
            LogicalPlan::RecursiveQuery(query) => self.recursive(query, outer),
            _ => self.anything(plan, outer),
        };
        relation.columns.resize_with(plan.schema().fields().len(), Facts::unknown);
        relation
    }

    fn scan(&self, scan: &TableScan) -> Relation {
        let name = table_name(&scan.table_name);
        if let Some(open) = self.open.get(&name) {
            return open.clone();
        }
        let known = self.tables.get(&name);
        let table: Arc<str> = Arc::from(name);
        let column = |field: &Arc<arrow::datatypes::Field>| {
            let known = known.and_then(|columns| columns.get(field.name())).cloned().unwrap_or(Values::Any);
            let (values, elements) = if field.data_type().is_nested() { (Values::Any, known) } else { (known, Values::Any) };
            let itself = ColumnRef::new(table.clone(), field.name().as_str());
            Facts { direct: BTreeSet::from([itself]), values, elements, family: Family::of(field.data_type()), ..Facts::unknown() }
        };
        Relation { columns: scan.projected_schema.fields().iter().map(column).collect(), rows: BTreeSet::new() }
    }

    fn computed(&mut self, input: &LogicalPlan, expressions: &[Expr], outer: Option<&Scope<'_>>) -> Relation {
        let below = self.relation(input, outer);
        let scope = Scope { parts: vec![(input.schema(), &below.columns)], outer };
        let columns = expressions.iter().map(|expression| self.facts(expression, &scope)).collect();
        Relation { columns, rows: below.rows }
    }

    /// The rows of a plan that expressions decide on.
    fn decided<'e>(&mut self, input: &LogicalPlan, by: impl IntoIterator<Item = &'e Expr>, outer: Option<&Scope<'_>>) -> Relation {
        let below = self.relation(input, outer);
        let scope = Scope { parts: vec![(input.schema(), &below.columns)], outer };
        let deciding: Vec<Facts> = by.into_iter().map(|expression| self.facts(expression, &scope)).collect();
        let rows = deciding.iter().flat_map(Facts::sources).collect::<BTreeSet<_>>();
        Relation { rows: below.rows.union(&rows).cloned().collect(), columns: below.columns }
    }

    fn aggregate(&mut self, aggregate: &Aggregate, outer: Option<&Scope<'_>>) -> Relation {
        let below = self.relation(&aggregate.input, outer);
        let scope = Scope { parts: vec![(aggregate.input.schema(), &below.columns)], outer };
        let groups = grouping_set_to_exprlist(&aggregate.group_expr).unwrap_or_default();
        let mut columns: Vec<Facts> = groups.into_iter().map(|expression| self.facts(expression, &scope)).collect();
        let keys: BTreeSet<ColumnRef> = columns.iter().flat_map(Facts::sources).collect();
        if matches!(aggregate.group_expr.first(), Some(Expr::GroupingSet(_))) {
            columns.push(Facts { indirect: keys.clone(), ..Facts::unknown() });
        }
        columns.extend(aggregate.aggr_expr.iter().map(|expression| self.facts(expression, &scope)));
        Relation { columns, rows: below.rows.union(&keys).cloned().collect() }
    }

    fn window(&mut self, window: &Window, outer: Option<&Scope<'_>>) -> Relation {
        let mut below = self.relation(&window.input, outer);
        let scope = Scope { parts: vec![(window.input.schema(), &below.columns)], outer };
        let computed: Vec<Facts> = window.window_expr.iter().map(|expression| self.facts(expression, &scope)).collect();
        below.columns.extend(computed);
        below
    }

    fn join(&mut self, join: &Join, outer: Option<&Scope<'_>>) -> Relation {
        let left = self.relation(&join.left, outer);
        // A lateral subquery sees what stands to its left.
        let beside = Scope { parts: vec![(join.left.schema(), &left.columns)], outer };
        let right = self.relation(&join.right, Some(&beside));
        let scope = Scope { parts: vec![(join.left.schema(), &left.columns), (join.right.schema(), &right.columns)], outer };
        let mut rows: BTreeSet<ColumnRef> = left.rows.union(&right.rows).cloned().collect();
        for (mine, theirs) in &join.on {
            rows.extend(self.equal(mine, theirs, &scope).sources());
        }
        if let Some(filter) = &join.filter {
            rows.extend(self.facts(filter, &scope).sources());
        }
        let columns = match join.join_type {
            JoinType::LeftSemi | JoinType::LeftAnti => left.columns,
            JoinType::RightSemi | JoinType::RightAnti => right.columns,
            JoinType::LeftMark => [left.columns, vec![Facts::unknown()]].concat(),
            JoinType::RightMark => [right.columns, vec![Facts::unknown()]].concat(),
            JoinType::Inner | JoinType::Left | JoinType::Right | JoinType::Full => [left.columns, right.columns].concat(),
        };
        Relation { columns, rows }
    }

    fn union(&mut self, inputs: &[Arc<LogicalPlan>], outer: Option<&Scope<'_>>) -> Relation {
        let branches: Vec<Relation> = inputs.iter().map(|input| self.relation(input, outer)).collect();
        let names = inputs.first().map(|input| input.schema().fields().iter().map(|field| field.name().clone()).collect::<Vec<_>>()).unwrap_or_default();
        let first = branches.first().map(|branch| branch.columns.clone()).unwrap_or_default();
        for branch in branches.iter().skip(1) {
            for ((name, mine), theirs) in names.iter().zip(&first).zip(&branch.columns) {
                self.put_together(Some(name), mine, theirs);
            }
        }
        branches.into_iter().reduce(either).unwrap_or_default()
    }

    fn distinct(&mut self, distinct: &Distinct, outer: Option<&Scope<'_>>) -> Relation {
        match distinct {
            Distinct::All(input) => {
                let mut below = self.relation(input, outer);
                below.rows.extend(below.columns.iter().flat_map(Facts::sources).collect::<Vec<_>>());
                below
            }
            Distinct::On(on) => {
                let sorted = on.sort_expr.iter().flatten().map(|sort| &sort.expr);
                let rows = self.decided(&on.input, on.on_expr.iter().chain(sorted), outer).rows;
                Relation { rows, ..self.computed(&on.input, &on.select_expr, outer) }
            }
        }
    }

    /// Of a plan cut short, the order decides which rows stay.
    fn limit(&mut self, input: &LogicalPlan, outer: Option<&Scope<'_>>) -> Relation {
        match input {
            LogicalPlan::Sort(sort) => self.decided(&sort.input, sort.expr.iter().map(|sort| &sort.expr), outer),
            _ => self.relation(input, outer),
        }
    }

    fn sort(&mut self, sort: &datafusion::logical_expr::Sort, outer: Option<&Scope<'_>>) -> Relation {
        let by = sort.expr.iter().map(|sort| &sort.expr);
        if sort.fetch.is_some() { self.decided(&sort.input, by, outer) } else { self.relation(&sort.input, outer) }
    }

    fn values(&mut self, rows: &[Vec<Expr>], outer: Option<&Scope<'_>>) -> Relation {
        let scope = Scope { parts: Vec::new(), outer };
        let mut lines = Vec::new();
        for row in rows {
            let columns = row.iter().map(|expression| self.facts(expression, &scope)).collect();
            lines.push(Relation { columns, rows: BTreeSet::new() });
        }
        lines.into_iter().reduce(either).unwrap_or_default()
    }

    fn unnest(&mut self, unnest: &Unnest, outer: Option<&Scope<'_>>) -> Relation {
        let below = self.relation(&unnest.input, outer);
        let column = |index: &usize| {
            let facts = below.columns.get(*index).cloned().unwrap_or_else(Facts::unknown);
            // What a list holds is of a type of its own.
            match unnest.list_type_columns.iter().find(|(list, _)| list == index) {
                Some((_, list)) if list.depth == 1 => Facts { values: facts.elements, elements: Values::Any, ..facts },
                Some(_) => Facts { values: Values::Any, elements: Values::Any, ..facts },
                None => facts,
            }
        };
        Relation { columns: unnest.dependency_indices.iter().map(column).collect(), rows: below.rows }
    }

    /// What the second half adds is walked until it adds nothing more.
    fn recursive(&mut self, query: &RecursiveQuery, outer: Option<&Scope<'_>>) -> Relation {
        let mut known = self.relation(&query.static_term, outer);
        for _ in 0..MOST_ROUNDS {
            let covered = self.open.insert(query.name.clone(), known.clone());
            let added = self.relation(&query.recursive_term, outer);
            restore(&mut self.open, &query.name, covered);
            let before = size(&known);
            known = either(known, added);
            if size(&known) == before {
                return known;
            }
        }
        // Texts made of themselves, such as paths, have no end.
        known.columns.iter_mut().for_each(|column| (column.values, column.elements) = (Values::Any, Values::Any));
        known
    }

    /// A plan of a kind that is not known.
    fn anything(&mut self, plan: &LogicalPlan, outer: Option<&Scope<'_>>) -> Relation {
        let inputs: Vec<Relation> = plan.inputs().into_iter().map(|input| self.relation(input, outer)).collect();
        let all: BTreeSet<ColumnRef> =
            inputs.iter().flat_map(|input| input.columns.iter().flat_map(Facts::sources).chain(input.rows.iter().cloned())).collect();
        let column = Facts { direct: all.clone(), ..Facts::unknown() };
        Relation { columns: vec![column; plan.schema().fields().len()], rows: all }
    }
}

fn either(first: Relation, second: Relation) -> Relation {
    let columns = first.columns.into_iter().zip(&second.columns).map(|(one, other)| one.or(other)).collect();
    Relation { columns, rows: first.rows.union(&second.rows).cloned().collect() }
}

fn restore(open: &mut BTreeMap<String, Relation>, name: &str, covered: Option<Relation>) {
    match covered {
        Some(covered) => open.insert(name.to_owned(), covered),
        None => open.remove(name),
    };
}

/// Grows with all that is known of a relation.
fn size(relation: &Relation) -> (usize, usize) {
    let of = |facts: &Facts| facts.direct.len() + facts.indirect.len();
    let count = |values: &Values| values.all().map_or(1_000_000, |all| all.len());
    let values = relation.columns.iter().map(|facts| count(&facts.values) + count(&facts.elements)).sum();
    (relation.rows.len() + relation.columns.iter().map(of).sum::<usize>(), values)
}

/// The table as models name it.
pub fn table_name(table: &TableReference) -> String {
    match table.schema() {
        Some(schema) if crate::engine::SCHEMAS.contains(&schema) => format!("{schema}.{}", table.table()),
        _ => table.table().to_owned(),
    }
}
