//! Selection: which models a command is for, said as dbt says it.
//!
//! Guarantees: a criterion that can only be a slip (a name, tag, path or feed that nothing has) is a fault that points
//! into what was typed; one that may truly find nothing (`state:`, `result:`, an intersection) finds nothing.

mod graph;
mod methods;
mod parse;
mod pattern;
mod state;
mod tags;

pub use graph::{Node, Resource, nodes, reads};
pub use state::{Released, definitions};
pub use tags::check_tags;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::Checked;
use crate::diagnostic::{self, Fault, SourceFile};
use crate::error::{Error, Result};
use crate::graph::{reach, reversed};
use crate::project::Project;
use parse::{ALL, Criterion, Method};

/// What somebody typed.
#[derive(Debug, Clone, Default)]
pub struct Wish {
    /// What is selected; everything where empty.
    pub select: Vec<String>,
    /// What is left out of it.
    pub exclude: Vec<String>,
}

impl Wish {
    /// True where everything is wished for.
    pub fn is_everything(&self) -> bool {
        self.select.is_empty() && self.exclude.is_empty()
    }
}

/// What selections are held against.
pub struct Known<'k> {
    /// The project.
    pub project: &'k Project,
    /// Its models.
    pub checked: &'k Checked,
    /// What the last release was made of.
    pub released: Released,
    /// How the last run ended for each model, in dbt's words, its tests included; absent where no run is known.
    pub results: Option<BTreeMap<String, BTreeSet<String>>>,
}

/// What was selected.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Selection {
    /// The things selected, by their names in SQL.
    pub nodes: BTreeMap<String, Resource>,
}

impl Selection {
    /// Selects.
    ///
    /// # Errors
    /// `Input` with every fault of what was typed.
    pub fn of(wish: &Wish, known: &Known<'_>) -> Result<Self> {
        let nodes = nodes(known.project, known.checked);
        let reads = reads(&nodes, known.checked);
        let ground = Ground { nodes: &nodes, readers: reversed(&reads), reads, known, definitions: definitions(known.project, known.checked) };
        let mut faults = Vec::new();
        let mut chosen = match wish.select.is_empty() {
            true => nodes.keys().map(String::as_str).collect(),
            false => ground.union("--select", &wish.select, &mut faults),
        };
        for left_out in ground.union("--exclude", &wish.exclude, &mut faults) {
            chosen.remove(left_out);
        }
        if !faults.is_empty() {
            diagnostic::sort(&mut faults);
            return Err(Error::selection(faults));
        }
        Ok(Self { nodes: chosen.into_iter().map(|name| (name.to_owned(), nodes[name].resource)).collect() })
    }

    /// The models among what was selected.
    pub fn models(&self) -> BTreeSet<String> {
        self.nodes.iter().filter(|(_, resource)| **resource == Resource::Model).map(|(name, _)| name.clone()).collect()
    }
}

/// What criteria are held against.
struct Ground<'g> {
    nodes: &'g BTreeMap<String, Node>,
    reads: BTreeMap<&'g str, BTreeSet<&'g str>>,
    readers: BTreeMap<&'g str, BTreeSet<&'g str>>,
    known: &'g Known<'g>,
    definitions: BTreeMap<String, String>,
}

impl<'g> Ground<'g> {
    fn union(&self, option: &str, texts: &[String], faults: &mut Vec<Fault>) -> BTreeSet<&'g str> {
        let file = Arc::new(SourceFile { path: option.to_owned(), text: texts.join(" ") });
        let mut union = BTreeSet::new();
        for intersection in parse::parse(&file, faults) {
            let sets: Vec<BTreeSet<&str>> = intersection.iter().map(|criterion| self.chosen(&file, criterion, faults)).collect();
            union.extend(sets.into_iter().reduce(|all, next| all.intersection(&next).copied().collect()).unwrap_or_default());
        }
        union
    }

    /// What a criterion chooses, its graph operators included.
    fn chosen(&self, file: &Arc<SourceFile>, criterion: &Criterion, faults: &mut Vec<Fault>) -> BTreeSet<&'g str> {
        let matched = match self.matching(criterion) {
            Ok(matched) => matched,
            Err((message, hint)) => {
                faults.push(Fault::error(file, criterion.place.clone(), message).maybe_hint(hint));
                return BTreeSet::new();
            }
        };
        // A feed is chosen for what rests on it.
        let children = if criterion.method == Method::Feed && criterion.children == 0 { ALL } else { criterion.children };
        let mut chosen = matched.clone();
        if criterion.childrens_parents {
            chosen.extend(reach(&self.readers, &matched, ALL));
            chosen.extend(reach(&self.reads, &chosen, ALL));
            return chosen;
        }
        chosen.extend(reach(&self.reads, &matched, criterion.parents));
        chosen.extend(reach(&self.readers, &matched, children));
        chosen
    }
}
