//! Repeat groups in a sheet or file of their own: every repetition joined with its parent.

use std::collections::HashMap;
use std::sync::Arc;

use super::body::kind;
use super::cells::{Gatherer, Route, Target, judge_width};
use super::hxl::is_tag_row;
use super::labels::{Matching, match_labels};
use super::limits::{MOST_VALUES, past};
use super::{Piece, Refusal, Why};
use crate::contract::{Contract, FieldKind, fold};
use crate::project::{Source, is_label};

/// One of the two tables: its labels and what it is called.
pub struct Side<'s> {
    /// The labels.
    pub labels: Vec<String>,
    /// The sheet or file.
    pub name: &'s str,
}

/// How the two tables are linked.
#[derive(Clone, Copy)]
pub struct Link<'s> {
    /// The label of the parent's key.
    pub key: &'s str,
    /// The label under which a repetition names it.
    pub parent_key: &'s str,
}

/// A row of the parents' table.
struct Parent {
    row: i64,
    cells: Vec<String>,
    is_doubtful: bool,
    has_repetitions: bool,
}

/// Takes all parents, then all repetitions. Rows are the repetitions, and the parents that nobody repeats in, which are
/// faulty rows of their own, so that whoever they are about is told.
pub struct Joined<'a> {
    source: &'a Source,
    contract: &'a Contract,
    /// Of the repetitions' columns, then of the parents'.
    route: Route,
    /// How many columns repetitions have.
    width: usize,
    parent_sheet: Arc<str>,
    parent_key: usize,
    link: usize,
    parents: Vec<Parent>,
    by_key: HashMap<String, usize>,
    /// How many cells of parents may still be held.
    room: usize,
    rows: Gatherer<'a>,
}

impl<'a> Joined<'a> {
    /// Matches both headers as one.
    ///
    /// # Errors
    /// `missing-label` where a table lacks its linking column, and as [`match_labels`] says.
    pub fn begin(
        parents: Side<'_>,
        repetitions: Side<'_>,
        link: Link<'_>,
        source: &'a Source,
        contract: &'a Contract,
        sink: &'a mut dyn FnMut(Piece<'_>),
    ) -> Result<Self, Refusal> {
        let parent_key = linking(&parents, link.key)?;
        let own_link = linking(&repetitions, link.parent_key)?;
        let width = repetitions.labels.len();
        let labels: Vec<String> = repetitions.labels.into_iter().chain(parents.labels).collect();
        let Matching { targets, drift } = match_labels(&labels, &[], &[own_link, width + parent_key], source, contract)?;
        let mut rows = Gatherer::new(source, contract, Some(repetitions.name), sink);
        rows.note(drift);
        let route = rows.route(targets);
        let (by_key, all) = (HashMap::new(), Vec::new());
        Ok(Self {
            source,
            contract,
            route,
            width,
            parent_sheet: Arc::from(parents.name),
            parent_key,
            link: own_link,
            parents: all,
            by_key,
            room: MOST_VALUES,
            rows,
        })
    }

    /// What the cells of a repetition's column, from 0, become.
    pub fn kind(&self, column: usize) -> &'a FieldKind {
        if column < self.width { kind(self.route.targets(), column, self.contract) } else { &FieldKind::String }
    }

    /// What the cells of a parent's column, from 0, become.
    pub fn parent_kind(&self, column: usize) -> &'a FieldKind {
        kind(self.route.targets(), self.width + column, self.contract)
    }

    /// Takes a parent, of which `against` says what beside its cells speaks against it.
    ///
    /// # Errors
    /// `primary-key` where two parents have one key: whose the repetitions are cannot be told; `source-error` where there
    /// are too many parents to hold.
    pub fn parent(&mut self, row: i64, cells: Vec<String>, against: impl FnOnce(&[Target]) -> Option<Why>) -> Result<(), Refusal> {
        let Some(first) = cells.iter().find(|cell| !cell.trim().is_empty()) else { return Ok(()) };
        check_no_tags(&cells)?;
        let too_many = || past(format!("the parents have more than {MOST_VALUES} cells"), "send them in parts");
        self.room = self.room.checked_sub(cells.len()).ok_or_else(too_many)?;
        if self.source.total_rows.contains(&fold(first)) {
            return self.rows.aside_in(Some(self.parent_sheet.clone()), row, Why::Total);
        }
        let targets = &self.route.targets()[self.width..];
        let why = against(targets).or_else(|| judge_width(targets, cells.iter().map(String::as_str)));
        let key = cells.get(self.parent_key).map_or("", |cell| cell.trim()).to_owned();
        if !key.is_empty()
            && let Some(first) = self.by_key.insert(key, self.parents.len())
        {
            let message = format!("rows {} and {row} of {} have one key: whose the repetitions are cannot be told", self.parents[first].row, self.parent_sheet);
            return Err(Refusal::new("primary-key", message));
        }
        self.parents.push(Parent { row, cells, is_doubtful: why.is_some(), has_repetitions: false });
        Ok(())
    }

    /// Takes a repetition, after all parents; `against` says what beside its cells speaks against it.
    ///
    /// # Errors
    /// `format-error` where the row holds HXL tags.
    pub fn repetition<T: AsRef<str>>(&mut self, row: i64, cells: &[T], against: impl FnOnce(&[Target]) -> Option<Why>) -> Result<(), Refusal> {
        let Some(first) = cells.iter().map(AsRef::as_ref).find(|cell| !cell.trim().is_empty()) else { return Ok(()) };
        check_no_tags(cells)?;
        if self.source.total_rows.contains(&fold(first)) {
            return self.rows.aside(row, Why::Total);
        }
        let key = cells.get(self.link).map_or("", |cell| cell.as_ref().trim());
        let parent = self.by_key.get(key).map(|index| &mut self.parents[*index]);
        let targets = &self.route.targets()[..self.width];
        if let Some(why) = against(targets).or_else(|| judge_width(targets, cells.iter().map(AsRef::as_ref))) {
            // Whose it is cannot be told, if its cells are shifted; a parent that has no other is told besides.
            return self.rows.aside(row, why);
        }
        let Some(parent) = parent else {
            return self.rows.aside(row, Why::NoParent);
        };
        parent.has_repetitions = true;
        if parent.is_doubtful {
            return self.rows.aside(row, Why::ShiftedParent);
        }
        let blank = std::iter::repeat_n("", self.width.saturating_sub(cells.len()));
        let whole = cells.iter().map(AsRef::as_ref).chain(blank).chain(parent.cells.iter().map(String::as_str));
        self.rows.row(row, &self.route, whole)
    }

    /// Tells the parents without repetitions, hands the rest on and returns how many rows there were in all.
    ///
    /// # Errors
    /// As [`Gatherer::finish`] says.
    pub fn finish(mut self) -> Result<u64, Refusal> {
        for parent in self.parents.iter().filter(|parent| !parent.has_repetitions) {
            let why = if !parent.is_doubtful && self.is_rejected(parent) { Why::Rejected } else { Why::NoRepetition };
            self.rows.aside_in(Some(self.parent_sheet.clone()), parent.row, why)?;
        }
        self.rows.finish()
    }

    fn is_rejected(&self, parent: &Parent) -> bool {
        let mut draft = super::draft::Draft::default();
        for (cell, target) in parent.cells.iter().zip(&self.route.targets()[self.width..]).filter(|(_, target)| **target == Target::Review) {
            draft.put(*target, Some(cell.as_str().into()));
        }
        draft.rejected(self.source).is_some()
    }
}

/// A row of tags is no record, and tags of two tables are not read.
fn check_no_tags<T: AsRef<str>>(cells: &[T]) -> Result<(), Refusal> {
    if !is_tag_row(cells) {
        return Ok(());
    }
    Err(Refusal::new("format-error", "this extract has an HXL row, which is not read beside a repeat group: export it without"))
}

/// The column, from 0, with a linking label.
fn linking(side: &Side<'_>, label: &str) -> Result<usize, Refusal> {
    let found: Vec<usize> = (0..side.labels.len()).filter(|column| is_label(label, &side.labels[*column])).collect();
    match found[..] {
        [column] => Ok(column),
        [] => Err(Refusal::new("missing-label", format!("{} has no column `{label}`, which links parents and repetitions", side.name))),
        _ => Err(Refusal::new("duplicate-label", format!("{} has {} columns `{label}`, which links parents and repetitions", side.name, found.len()))),
    }
}
