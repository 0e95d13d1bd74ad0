//! A header and the rows under it, whatever format they stand in.

use super::cells::{Gatherer, Route, Target, judge_width};
use super::labels::match_labels;
use super::quotes::Cell;
use super::{Refusal, Why, hxl};
use crate::contract::{Contract, FieldKind, fold};
use crate::project::Source;

/// Takes rows one after another: totals and shifted rows are set aside, blank ones passed over.
pub struct Body<'a> {
    source: &'a Source,
    contract: &'a Contract,
    labels: Vec<String>,
    route: Route,
    /// True where every column has a label, so that rows of as many cells stand where they should.
    is_labelled: bool,
    is_first: bool,
    rows: Gatherer<'a>,
}

impl<'a> Body<'a> {
    /// The body under a header.
    ///
    /// # Errors
    /// See [`match_labels`].
    pub fn begin(labels: Vec<String>, mut rows: Gatherer<'a>) -> Result<Self, Refusal> {
        // With tags the columns are only known once the row of tags was seen.
        let (source, contract) = (rows.source, rows.contract);
        let mut route = Route::default();
        if source.export.tags.is_none() {
            let matching = match_labels(&labels, &[], &[], source, contract)?;
            rows.note(matching.drift);
            route = rows.route(matching.targets);
        }
        Ok(Self { source, contract, labels, is_labelled: is_labelled(route.targets()), route, is_first: true, rows })
    }

    /// The body under a header whose labels were matched already; `is_first` where its first row is the first of all.
    pub fn resume(labels: Vec<String>, targets: Vec<Target>, is_first: bool, mut rows: Gatherer<'a>) -> Self {
        let (source, contract, is_labelled) = (rows.source, rows.contract, is_labelled(&targets));
        Self { source, contract, labels, is_labelled, route: rows.route(targets), is_first, rows }
    }

    /// How many columns the header has.
    pub fn width(&self) -> usize {
        self.labels.len().max(self.route.targets().len())
    }

    /// What the cells of a column, from 0, become; text where that is not known.
    pub fn kind(&self, column: usize) -> &'a FieldKind {
        kind(self.route.targets(), column, self.contract)
    }

    /// Takes a row that begins at a place of the text.
    ///
    /// # Errors
    /// As [`Body::row`] says.
    pub fn row_at(&mut self, start: usize, row: i64, cells: &[&str]) -> Result<(), Refusal> {
        self.rows.begins(start);
        self.row(row, cells)
    }

    /// Takes a row of cells that stand in the text, where there is no need to look at them: a row as most are, under a header
    /// as most are. False where it is to be taken as any other.
    ///
    /// # Errors
    /// `source-error` where the delivery has too many rows.
    pub fn row_of_places(&mut self, start: usize, row: i64, cells: &[Cell]) -> Result<bool, Refusal> {
        let may_be_total = !self.source.total_rows.is_empty();
        if self.is_first || may_be_total || !self.is_labelled || cells.len() != self.route.targets().len() {
            return Ok(false);
        }
        self.rows.row_of_places(start, row, &self.route, cells)
    }

    /// Takes a row.
    ///
    /// # Errors
    /// Where the first row does or does not hold HXL tags as the source says, and as [`match_labels`] says of tags.
    pub fn row<T: AsRef<str>>(&mut self, row: i64, cells: &[T]) -> Result<(), Refusal> {
        self.row_unless(row, cells, |_| None)
    }

    /// Takes a row, unless it is no total and something beside its cells speaks against it.
    ///
    /// # Errors
    /// As [`Body::row`] says.
    pub fn row_unless<T: AsRef<str>>(&mut self, row: i64, cells: &[T], against: impl FnOnce(&[Target]) -> Option<Why>) -> Result<(), Refusal> {
        let Some(first) = cells.iter().map(AsRef::as_ref).find(|cell| !cell.trim().is_empty()) else { return Ok(()) };
        if std::mem::take(&mut self.is_first) && self.take_tags(cells)? {
            return Ok(());
        }
        if !self.source.total_rows.is_empty() && self.source.total_rows.contains(&fold(first)) {
            self.rows.aside(row, Why::Total)
        } else if let Some(why) = against(self.route.targets()).or_else(|| self.misplaced(cells)) {
            self.rows.aside(row, why)
        } else {
            self.rows.row(row, &self.route, cells.iter().map(AsRef::as_ref))
        }
    }

    /// Why the cells of a row may not stand where they should.
    fn misplaced<T: AsRef<str>>(&self, cells: &[T]) -> Option<Why> {
        let targets = self.route.targets();
        let is_whole = self.is_labelled && cells.len() == targets.len();
        if is_whole { None } else { judge_width(targets, cells.iter().map(AsRef::as_ref)) }
    }

    /// True where the row holds tags, which it does exactly where the source says so.
    fn take_tags<T: AsRef<str>>(&mut self, cells: &[T]) -> Result<bool, Refusal> {
        match (self.source.export.tags.is_some(), hxl::is_tag_row(cells)) {
            (false, false) => Ok(false),
            (false, true) => Err(Refusal::new("format-error", "this extract has an HXL row: say `hxl = true`")),
            (true, false) => Err(Refusal::new("format-error", "the source says `hxl = true`, but the row under the header holds no tags")),
            (true, true) => {
                let tags: Vec<String> = cells.iter().map(|cell| cell.as_ref().to_owned()).collect();
                let matching = match_labels(&self.labels, &tags, &[], self.source, self.contract)?;
                self.rows.note(matching.drift);
                self.is_labelled = is_labelled(&matching.targets);
                self.route = self.rows.route(matching.targets);
                Ok(true)
            }
        }
    }

    /// Hands the rest on and returns how many rows there were in all.
    ///
    /// # Errors
    /// Where the row of tags never came, and as [`Gatherer::finish`] says.
    pub fn finish(self) -> Result<u64, Refusal> {
        if self.is_first && self.source.export.tags.is_some() {
            return Err(Refusal::new("format-error", "the source says `hxl = true`, but nothing stands under the header"));
        }
        self.rows.finish()
    }
}

fn is_labelled(targets: &[Target]) -> bool {
    !targets.contains(&Target::Unlabelled)
}

/// What the cells of a column, from 0, become; text where that is not known.
pub fn kind<'c>(targets: &[Target], column: usize, contract: &'c Contract) -> &'c FieldKind {
    match targets.get(column) {
        Some(Target::Field(field)) => &contract.fields[*field].kind,
        _ => &FieldKind::String,
    }
}
