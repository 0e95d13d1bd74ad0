//! The proof that a table can be made in parts: a plan walked from its tables up, and the anchors that it keeps.
//!
//! Guarantees: a plan of a kind that is not known keeps none; of rows that meet none is kept but what they all agree on.

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow::datatypes::DataType;
use datafusion::common::Result;
use datafusion::common::tree_node::TreeNodeRecursion;
use datafusion::logical_expr::{Aggregate, Distinct, Expr, LogicalPlan, Unnest, Window};

use super::super::provenance::{has_subquery, table_of};
use super::anchor::{Anchor, distinct, narrowed};
use super::lost::Lost;
use super::symbol::{atom, function_of, symbol};

/// A mention of a partitioned table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Mention {
    /// The table, `feeds.<feed>` or a model's name.
    pub table: String,
    /// The column whose values are its parts.
    pub column: String,
}

/// What is known of the rows of a plan.
#[derive(Debug, Clone, Default)]
pub(super) struct Relation {
    /// What each column is.
    pub columns: Vec<Expr>,
    /// What rows can be made in parts by.
    pub anchors: Vec<Anchor>,
    /// True where no partitioned table is read.
    pub is_free: bool,
}

/// The walk.
pub(super) struct Walk<'w> {
    /// The models that are made in parts, with the column of each.
    models: &'w BTreeMap<String, String>,
    atoms: usize,
    /// The mentions of partitioned tables met, by number.
    pub mentions: Vec<Vec<Mention>>,
    /// Where the anchors were lost, in the order met.
    pub lost: Vec<Lost>,
}

impl<'w> Walk<'w> {
    pub fn new(models: &'w BTreeMap<String, String>) -> Self {
        Self { models, atoms: 0, mentions: Vec::new(), lost: Vec::new() }
    }

    /// A column of which nothing is known.
    pub fn fresh(&mut self) -> Expr {
        self.atoms += 1;
        atom(self.atoms)
    }

    pub fn fresh_columns(&mut self, count: usize) -> Vec<Expr> {
        (0..count).map(|_| self.fresh()).collect()
    }

    /// What is known of the rows of a plan.
    ///
    /// # Errors
    /// As the engine says of a plan that is not sound.
    pub fn relation(&mut self, plan: &LogicalPlan) -> Result<Relation> {
        if let Some(table) = table_of(plan) {
            return Ok(self.table(plan, &table));
        }
        let reads_in_subquery = has_subquery(plan)? && self.reads_parts_in_subquery(plan)?;
        let relation = match plan {
            LogicalPlan::Projection(projection) => self.computed(&projection.input, &projection.expr)?,
            LogicalPlan::Filter(filter) => self.relation(&filter.input)?,
            LogicalPlan::Aggregate(aggregate) => self.aggregate(aggregate)?,
            LogicalPlan::Window(window) => self.window(window)?,
            LogicalPlan::Join(join) => self.join(join)?,
            LogicalPlan::Union(union) => self.union(&union.inputs, plan.schema().fields().len())?,
            LogicalPlan::Distinct(distinct) => self.distinct(distinct)?,
            LogicalPlan::Sort(sort) if sort.fetch.is_none() => self.relation(&sort.input)?,
            LogicalPlan::SubqueryAlias(alias) => self.relation(&alias.input)?,
            LogicalPlan::Subquery(subquery) => self.relation(&subquery.subquery)?,
            LogicalPlan::Repartition(repartition) => self.relation(&repartition.input)?,
            LogicalPlan::Unnest(unnest) => self.unnest(unnest)?,
            LogicalPlan::Limit(_) | LogicalPlan::Sort(_) => self.anything(plan, Lost::Limit)?,
            _ => self.anything(plan, Lost::Other)?,
        };
        if reads_in_subquery { Ok(self.without(relation, Lost::Subquery)) } else { Ok(relation) }
    }

    fn table(&mut self, plan: &LogicalPlan, table: &str) -> Relation {
        let fields = plan.schema().fields();
        let columns = self.fresh_columns(fields.len());
        let is_part = |(name, kind): (&str, &DataType)| match self.models.get(table) {
            Some(column) => name == column,
            None => table.starts_with("feeds.") && *kind == DataType::Date32,
        };
        let is_free = !table.starts_with("feeds.") && !self.models.contains_key(table);
        let parts = fields.iter().enumerate().filter(|(_, field)| is_part((field.name(), field.data_type())));
        let parts: Vec<(usize, String)> = parts.map(|(place, field)| (place, field.name().clone())).collect();
        if parts.is_empty() && !is_free {
            self.lost.push(Lost::NoDate(table.to_owned()));
        }
        let first = self.mentions.iter().map(Vec::len).sum::<usize>();
        let anchors =
            parts.iter().enumerate().map(|(number, (place, _))| Anchor { at: columns[*place].clone(), of: BTreeMap::from([(first + number, Vec::new())]) });
        let relation = Relation { anchors: anchors.collect(), columns, is_free };
        self.mentions.push(parts.into_iter().map(|(_, column)| Mention { table: table.to_owned(), column }).collect());
        relation
    }

    /// A mention by its number.
    pub fn mention(&self, number: usize) -> Option<&Mention> {
        self.mentions.iter().flatten().nth(number)
    }

    fn reads_parts_in_subquery(&mut self, plan: &LogicalPlan) -> Result<bool> {
        let mut found = false;
        plan.apply_subqueries(|subquery| {
            found |= reads_parts(subquery, self.models)?;
            Ok(TreeNodeRecursion::Continue)
        })?;
        Ok(found)
    }

    fn computed(&mut self, input: &LogicalPlan, expressions: &[Expr]) -> Result<Relation> {
        let below = self.relation(input)?;
        let columns = expressions.iter().map(|expression| self.written(expression, input, &below)).collect();
        Ok(Relation { columns, ..below })
    }

    /// What an expression is, or an atom of its own.
    pub fn written(&mut self, expression: &Expr, input: &LogicalPlan, below: &Relation) -> Expr {
        symbol(expression, input.schema(), &below.columns).unwrap_or_else(|| self.fresh())
    }

    fn aggregate(&mut self, aggregate: &Aggregate) -> Result<Relation> {
        let below = self.relation(&aggregate.input)?;
        if matches!(aggregate.group_expr.first(), Some(Expr::GroupingSet(_))) {
            let columns = self.fresh_columns(aggregate.schema.fields().len());
            return Ok(self.without(Relation { columns, ..below }, Lost::Group));
        }
        let keys: Vec<Expr> = aggregate.group_expr.iter().map(|key| self.written(key, &aggregate.input, &below)).collect();
        let kept = self.narrow(&below, &keys, Lost::Group);
        let rest = self.fresh_columns(aggregate.aggr_expr.len());
        Ok(Relation { columns: [keys, rest].concat(), ..kept })
    }

    fn window(&mut self, window: &Window) -> Result<Relation> {
        let mut known = self.relation(&window.input)?;
        for expression in &window.window_expr {
            let keys = partition_by(expression).iter().map(|key| self.written(key, &window.input, &known)).collect::<Vec<_>>();
            known = self.narrow(&known, &keys, Lost::Window);
        }
        let added = self.fresh_columns(window.window_expr.len());
        known.columns.extend(added);
        Ok(known)
    }

    fn distinct(&mut self, distinct: &Distinct) -> Result<Relation> {
        match distinct {
            Distinct::All(input) => {
                let below = self.relation(input)?;
                let keys = below.columns.clone();
                Ok(self.narrow(&below, &keys, Lost::Distinct))
            }
            Distinct::On(on) => {
                let below = self.relation(&on.input)?;
                let keys: Vec<Expr> = on.on_expr.iter().map(|key| self.written(key, &on.input, &below)).collect();
                let kept = self.narrow(&below, &keys, Lost::Distinct);
                let columns = on.select_expr.iter().map(|expression| self.written(expression, &on.input, &below)).collect();
                Ok(Relation { columns, ..kept })
            }
        }
    }

    fn union(&mut self, inputs: &[Arc<LogicalPlan>], width: usize) -> Result<Relation> {
        let mut branches = Vec::new();
        for input in inputs {
            branches.push(self.relation(input)?);
        }
        let columns = self.fresh_columns(width);
        let bound: Vec<&Relation> = branches.iter().filter(|branch| !branch.is_free).collect();
        let mut anchors = Vec::new();
        for (place, column) in columns.iter().enumerate().filter(|_| !bound.is_empty()) {
            let of = bound.iter().map(|branch| {
                let symbol = branch.columns.get(place)?;
                branch.anchors.iter().find_map(|anchor| function_of(symbol, &anchor.at).map(|function| anchor.then(&function)))
            });
            let of: Option<Vec<_>> = of.collect();
            anchors.extend(of.map(|of| Anchor { at: column.clone(), of: of.into_iter().flatten().collect() }));
        }
        let before = bound.iter().all(|branch| !branch.anchors.is_empty());
        let relation = Relation { columns, anchors, is_free: bound.is_empty() };
        if before && !relation.is_free && relation.anchors.is_empty() {
            self.lost.push(Lost::Union);
        }
        Ok(relation)
    }

    fn unnest(&mut self, unnest: &Unnest) -> Result<Relation> {
        let below = self.relation(&unnest.input)?;
        let is_opened = |place: &usize| unnest.list_type_columns.iter().any(|(list, _)| list == place) || unnest.struct_type_columns.contains(place);
        let columns = unnest.dependency_indices.iter().map(|place| match below.columns.get(*place) {
            Some(column) if !is_opened(place) => column.clone(),
            _ => self.fresh(),
        });
        let columns = columns.collect();
        Ok(Relation { columns, ..below })
    }

    /// A plan that keeps nothing.
    fn anything(&mut self, plan: &LogicalPlan, lost: Lost) -> Result<Relation> {
        let mut known = Relation { is_free: true, ..Relation::default() };
        for input in plan.inputs() {
            let below = self.relation(input)?;
            known.is_free &= below.is_free;
            known.anchors.extend(below.anchors);
        }
        known.columns = self.fresh_columns(plan.schema().fields().len());
        Ok(self.without(known, lost))
    }

    /// The same rows where those meet that agree on some symbols.
    fn narrow(&mut self, below: &Relation, keys: &[Expr], lost: Lost) -> Relation {
        let anchors = narrowed(&below.anchors, keys);
        self.with(Relation { anchors: below.anchors.clone(), ..below.clone() }, anchors, lost)
    }

    /// The same rows with other anchors; where these are the first to be none, it is noted why.
    pub fn with(&mut self, relation: Relation, anchors: Vec<Anchor>, lost: Lost) -> Relation {
        if !relation.is_free && !relation.anchors.is_empty() && anchors.is_empty() {
            self.lost.push(lost);
        }
        Relation { anchors: distinct(anchors), ..relation }
    }

    pub fn without(&mut self, relation: Relation, lost: Lost) -> Relation {
        self.with(relation, Vec::new(), lost)
    }
}

fn partition_by(expression: &Expr) -> &[Expr] {
    match expression {
        Expr::Alias(alias) => partition_by(&alias.expr),
        Expr::WindowFunction(call) => &call.params.partition_by,
        _ => &[],
    }
}

/// True where a plan reads a table that is made in parts, or a feed.
pub(super) fn reads_parts(plan: &LogicalPlan, models: &BTreeMap<String, String>) -> Result<bool> {
    let mut found = false;
    plan.apply_with_subqueries(|node| {
        found |= table_of(node).is_some_and(|table| table.starts_with("feeds.") || models.contains_key(&table));
        Ok(TreeNodeRecursion::Continue)
    })?;
    Ok(found)
}
