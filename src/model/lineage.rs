//! What each column of a model is computed from, one step and all the way.
//!
//! Guarantees: read off the plan before it is optimised, so that it is what the SQL says; no data is looked at.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::Arc;

/// A column of a table.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct ColumnRef {
    /// The table as SQL names it: `movements`, `feeds.returns`.
    pub table: Arc<str>,
    /// The column.
    pub column: Arc<str>,
}

impl ColumnRef {
    /// A column by its names.
    pub fn new(table: impl Into<Arc<str>>, column: impl Into<Arc<str>>) -> Self {
        Self { table: table.into(), column: column.into() }
    }

    /// True for a column of a model, which is computed in turn: names of all other tables have a schema.
    pub fn is_of_model(&self) -> bool {
        !self.table.contains('.')
    }
}

impl fmt::Display for ColumnRef {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}.{}", self.table, self.column)
    }
}

/// What one column is computed from, in the tables that the model itself reads.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ColumnLineage {
    /// The column's name.
    pub name: String,
    /// Columns whose values go into its own; empty for what SQL itself writes, and for counts of rows.
    pub direct: BTreeSet<ColumnRef>,
    /// Columns that decide which rows count, or which value is taken: of filters, joins, groups, windows and cases.
    pub indirect: BTreeSet<ColumnRef>,
}

/// What the columns of a model are computed from, in their order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ModelLineage {
    /// The columns.
    pub columns: Vec<ColumnLineage>,
}

impl ModelLineage {
    /// The lineage of a column.
    pub fn column(&self, name: &str) -> Option<&ColumnLineage> {
        self.columns.iter().find(|column| column.name == name)
    }
}

/// How one column goes into another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Way {
    /// Its values do.
    Direct,
    /// It decides which rows count, or which value is taken.
    Indirect,
}

impl Way {
    /// Its name for programs.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Direct => "direct",
            Self::Indirect => "indirect",
        }
    }
}

/// One step: a column goes into another.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Step {
    /// The column that goes in.
    pub from: ColumnRef,
    /// The column of a model that is computed.
    pub to: ColumnRef,
    /// How it goes in; as a value where it does both.
    pub way: Way,
}

/// The steps between all columns of a project.
#[derive(Debug, Default)]
pub struct Graph {
    into: BTreeMap<ColumnRef, Vec<Step>>,
    out_of: BTreeMap<ColumnRef, Vec<Step>>,
}

impl Graph {
    /// The graph of models, by name.
    pub fn new<'m>(models: impl IntoIterator<Item = (&'m str, &'m ModelLineage)>) -> Self {
        let mut graph = Self::default();
        for (model, lineage) in models {
            let table: Arc<str> = Arc::from(model);
            for column in &lineage.columns {
                let to = ColumnRef::new(table.clone(), column.name.as_str());
                graph.into.entry(to.clone()).or_default();
                let direct = column.direct.iter().map(|from| (from, Way::Direct));
                let indirect = column.indirect.difference(&column.direct).map(|from| (from, Way::Indirect));
                for (from, way) in direct.chain(indirect) {
                    let step = Step { from: from.clone(), to: to.clone(), way };
                    graph.into.entry(to.clone()).or_default().push(step.clone());
                    graph.out_of.entry(from.clone()).or_default().push(step);
                }
            }
        }
        graph
    }

    /// The steps that lead into a column; values first.
    pub fn steps_into(&self, column: &ColumnRef) -> &[Step] {
        self.into.get(column).map_or(&[], Vec::as_slice)
    }

    /// The steps that lead out of a column.
    pub fn steps_out_of(&self, column: &ColumnRef) -> &[Step] {
        self.out_of.get(column).map_or(&[], Vec::as_slice)
    }

    /// Every step on the way into the columns given, back to what no model computes; along values alone where asked.
    pub fn upstream(&self, of: &[ColumnRef], values_only: bool) -> BTreeSet<Step> {
        walk(of, values_only, |column| self.steps_into(column), |step| &step.from)
    }

    /// Every step on the way out of the columns given, on to what nothing is computed from; along values alone where asked.
    pub fn downstream(&self, of: &[ColumnRef], values_only: bool) -> BTreeSet<Step> {
        walk(of, values_only, |column| self.steps_out_of(column), |step| &step.to)
    }
}

fn walk<'g>(of: &[ColumnRef], values_only: bool, steps: impl Fn(&ColumnRef) -> &'g [Step], next: impl Fn(&Step) -> &ColumnRef) -> BTreeSet<Step> {
    let mut found = BTreeSet::new();
    let mut met: BTreeSet<ColumnRef> = of.iter().cloned().collect();
    let mut open: Vec<ColumnRef> = of.to_vec();
    while let Some(column) = open.pop() {
        for step in steps(&column).iter().filter(|step| !values_only || step.way == Way::Direct) {
            if met.insert(next(step).clone()) {
                open.push(next(step).clone());
            }
            found.insert(step.clone());
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn column(name: &str, direct: &[(&str, &str)], indirect: &[(&str, &str)]) -> ColumnLineage {
        let refs = |list: &[(&str, &str)]| list.iter().map(|(table, column)| ColumnRef::new(*table, *column)).collect();
        ColumnLineage { name: name.to_owned(), direct: refs(direct), indirect: refs(indirect) }
    }

    #[test]
    fn steps_are_followed_both_ways_to_their_ends() {
        let staged = ModelLineage { columns: vec![column("a", &[("feeds.f", "x")], &[("feeds.f", "x"), ("feeds.f", "y")])] };
        let mart = ModelLineage { columns: vec![column("b", &[("staged", "a")], &[])] };
        let graph = Graph::new([("staged", &staged), ("mart", &mart)]);
        let told = |steps: BTreeSet<Step>| steps.iter().map(|step| format!("{} {} {}", step.from, step.way.as_str(), step.to)).collect::<Vec<_>>();
        let up = told(graph.upstream(&[ColumnRef::new("mart", "b")], false));
        assert_eq!(up, ["feeds.f.x direct staged.a", "feeds.f.y indirect staged.a", "staged.a direct mart.b"]);
        let values = told(graph.upstream(&[ColumnRef::new("mart", "b")], true));
        assert_eq!(values, ["feeds.f.x direct staged.a", "staged.a direct mart.b"]);
        let down = told(graph.downstream(&[ColumnRef::new("feeds.f", "y")], false));
        assert_eq!(down, ["feeds.f.y indirect staged.a", "staged.a direct mart.b"]);
    }
}
