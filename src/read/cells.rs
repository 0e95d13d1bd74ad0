//! Cells gathered into text batches.

use std::sync::Arc;

use super::batch::TextRows;
use super::draft::{Draft, Judged};
use super::drift::Drift;
use super::limits::{MOST_CHARACTERS, MOST_ROWS, check_rows, is_too_long, most_text, past};
use super::quotes::Cell;
use super::written::{Origin, Records, Written};
use super::{Piece, Refusal, SetAside, Why};
use crate::contract::{Contract, Protection};
use crate::diagnostic::nearest;
use crate::project::Source;

/// Where the cells under a label go.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Target {
    /// To the field with this index.
    Field(usize),
    /// To the list of a field: whether this code of its list was chosen.
    Choice {
        /// The field's index.
        field: usize,
        /// The code's index in the field's code list.
        code: usize,
    },
    /// To the verdict on the row: the office's own review of it.
    Review,
    /// Nowhere: a direct identifier, or what the source ignores.
    Dropped,
    /// Nowhere, and they must be empty: the column has no label.
    Unlabelled,
    /// Nowhere; but in which rows there are any is noted with this drift, by its place among those of the gatherer.
    New(usize),
}

/// Where the cells of rows go, column by column.
#[derive(Default)]
pub struct Route {
    targets: Vec<Target>,
    /// The fields whose cells are kept, where every cell goes to a field or nowhere, so that nothing beside the cells decides
    /// about a row.
    straight: Option<Arc<[Option<usize>]>>,
    /// The cells of them that are kept, each with its field.
    kept: Vec<(usize, usize)>,
}

impl Route {
    /// The target of each column.
    pub fn targets(&self) -> &[Target] {
        &self.targets
    }
}

/// Gathers rows and hands them on in batches.
pub struct Gatherer<'a> {
    pub(super) source: &'a Source,
    pub(super) contract: &'a Contract,
    sheet: Option<Arc<str>>,
    rows: TextRows<'a>,
    /// The text that rows stand in, where they stand in one.
    origin: Option<Origin<'a>>,
    /// The same under the header, where cells alone decide about rows: each can be read once more by itself.
    records: Option<Arc<Records>>,
    /// Where the row that comes next begins, and where those of the batch do.
    start: usize,
    starts: Vec<u32>,
    read: u64,
    /// How many bytes of text may still be handed on.
    room: usize,
    /// How many filled cells of columns of no field may still be noted.
    held: usize,
    unknown: UnknownStatuses,
    drift: Vec<Drift>,
    sink: &'a mut dyn FnMut(Piece<'_>),
}

/// Review statuses that the source does not name.
#[derive(Default)]
struct UnknownStatuses {
    count: u64,
    first: i64,
    near: Option<String>,
}

impl<'a> Gatherer<'a> {
    /// A gatherer for the fields that the source has.
    pub fn new(source: &'a Source, contract: &'a Contract, sheet: Option<&str>, sink: &'a mut dyn FnMut(Piece<'_>)) -> Self {
        let keeps = |index: usize| contract.fields[index].protection != Protection::Direct && !source.absent.contains(&index);
        Self {
            source,
            contract,
            sheet: sheet.map(Arc::from),
            rows: TextRows::new((0..contract.fields.len()).map(keeps)),
            origin: None,
            records: None,
            start: 0,
            starts: Vec::new(),
            read: 0,
            room: most_text(source.most_bytes),
            held: MOST_ROWS as usize,
            unknown: UnknownStatuses::default(),
            drift: Vec::new(),
            sink,
        }
    }

    /// Says that rows stand in a text; before anything is known of the header.
    #[must_use]
    pub fn within(mut self, origin: Origin<'a>) -> Self {
        self.rows.stand_in(origin.text);
        // Where they begin is held in 32 bits.
        self.origin = Some(origin).filter(|origin| origin.text.len() < u32::MAX as usize);
        self
    }

    /// Says where the row that comes next begins in the text.
    #[inline]
    pub fn begins(&mut self, start: usize) {
        self.start = start;
    }

    /// Notes how columns differ from the schema; those of tables are of this sheet alone.
    pub fn note(&mut self, drift: Vec<Drift>) {
        let sheet = &self.sheet;
        self.drift = drift.into_iter().map(|drift| Drift { sheet: sheet.clone(), ..drift }).collect();
    }

    /// The drift noted so far.
    pub fn drift(&mut self) -> &mut Vec<Drift> {
        &mut self.drift
    }

    /// Adds a whole row of cells, one per target; labels were found to mean each field once.
    ///
    /// # Errors
    /// As [`Gatherer::draft`] says.
    pub fn row<'t>(&mut self, row: i64, route: &Route, cells: impl Iterator<Item = &'t str>) -> Result<(), Refusal> {
        if let Some(fields) = &route.straight {
            return self.straight(row, fields, cells);
        }
        let mut draft = Draft::default();
        for (cell, target) in cells.zip(&route.targets) {
            match target {
                Target::New(drift) if !self.contract.is_missing(cell) => draft.put_new(*drift),
                _ => draft.put(*target, Some(cell.into())),
            }
        }
        self.draft(row, draft)
    }

    /// Adds a row of cells by their places in the text that rows stand in; false, and nothing done, where they must be looked
    /// at: it may be blank, or longer than one can be.
    ///
    /// # Errors
    /// `source-error` where the delivery has too many rows.
    pub fn row_of_places(&mut self, start: usize, row: i64, route: &Route, cells: &[Cell]) -> Result<bool, Refusal> {
        let (Some(_), Some(_), [first, .., last]) = (&route.straight, &self.records, cells) else { return Ok(false) };
        let bytes = last.end - first.start;
        if bytes > MOST_CHARACTERS.min(self.room) || !self.rows.has_place(first) {
            return Ok(false);
        }
        self.count()?;
        for (cell, field) in &route.kept {
            let cell = &cells[*cell];
            self.room -= cell.end - cell.start;
            self.rows.place(*field, cell);
        }
        self.starts.push(start as u32);
        self.end_row(row);
        Ok(true)
    }

    /// Where the cells of rows go under a header.
    pub fn route(&mut self, targets: Vec<Target>) -> Route {
        let is_straight =
            self.source.export.review.is_none() && targets.iter().all(|target| matches!(target, Target::Field(_) | Target::Dropped | Target::Unlabelled));
        let kept = |target: &Target| match target {
            Target::Field(field) if self.rows.keeps(*field) => Some(*field),
            _ => None,
        };
        let straight: Option<Arc<[Option<usize>]>> = is_straight.then(|| targets.iter().map(kept).collect());
        self.records = self.origin.as_ref().zip(straight.clone()).map(|(origin, fields)| Arc::new(origin.records(targets.len(), fields)));
        let places = straight.iter().flat_map(|fields| fields.iter().enumerate());
        let kept = places.filter_map(|(cell, field)| Some((cell, (*field)?))).collect();
        Route { targets, straight, kept }
    }

    fn straight<'t>(&mut self, row: i64, fields: &[Option<usize>], cells: impl Iterator<Item = &'t str>) -> Result<(), Refusal> {
        self.count()?;
        for (cell, field) in cells.zip(fields) {
            let Some(field) = *field else { continue };
            self.admit(row, cell)?;
            self.rows.cell(field, Some(cell));
        }
        if self.records.is_some() {
            self.starts.push(self.start as u32);
        }
        self.end_row(row);
        Ok(())
    }

    /// Adds a row, or sets it aside where its choices or its review say so.
    ///
    /// # Errors
    /// `source-error` where a cell is too long, or the delivery has too many rows or too much text.
    pub fn draft(&mut self, row: i64, mut draft: Draft<'_>) -> Result<(), Refusal> {
        let new = draft.take_new();
        match draft.judge(self.source, self.contract) {
            Judged::Row(cells) => {
                for drift in new {
                    self.held = self
                        .held
                        .checked_sub(1)
                        .ok_or_else(|| past(format!("columns of no field have more than {MOST_ROWS} filled cells"), "take them out"))?;
                    self.drift[drift].filled.push((self.sheet.clone(), row));
                }
                self.cells(row, cells)?;
            }
            Judged::Aside(why) => self.aside(row, why)?,
            Judged::UnknownStatus(status) => {
                self.count()?;
                self.unknown.count += 1;
                if self.unknown.count == 1 {
                    self.unknown.first = row;
                    // What stands there may be anything, a name too, unless it is nearly what the source names.
                    let known = self.source.export.review.iter().flat_map(|review| review.known());
                    self.unknown.near = nearest(&crate::contract::fold(&status), known).map(str::to_owned);
                }
            }
        }
        Ok(())
    }

    /// Counts a row.
    fn count(&mut self) -> Result<(), Refusal> {
        self.read += 1;
        check_rows(self.read, self.source.most_bytes)
    }

    /// Takes a text that is to be handed on.
    #[inline]
    fn admit(&mut self, row: i64, text: &str) -> Result<(), Refusal> {
        if is_too_long(text) || text.len() > self.room {
            return Err(self.unadmitted(row, text));
        }
        self.room -= text.len();
        Ok(())
    }

    #[cold]
    fn unadmitted(&self, row: i64, text: &str) -> Refusal {
        if is_too_long(text) {
            return past(format!("row {row} has a cell of more than {MOST_CHARACTERS} characters"), "is a quotation mark or a separator missing?");
        }
        past(format!("the rows hold more than {} GiB of text", most_text(self.source.most_bytes) >> 30), "send them in parts")
    }

    fn cells(&mut self, row: i64, cells: Vec<(usize, Option<std::borrow::Cow<'_, str>>)>) -> Result<(), Refusal> {
        self.count()?;
        for (field, text) in cells {
            if self.rows.keeps(field) {
                self.admit(row, text.as_deref().unwrap_or_default())?;
                self.rows.cell(field, text.as_deref());
            }
        }
        self.end_row(row);
        Ok(())
    }

    fn end_row(&mut self, row: i64) {
        self.rows.end(row);
        if self.rows.is_full() {
            self.flush();
        }
    }

    /// Rows stand in another sheet from here on.
    pub fn enter(&mut self, sheet: &str) {
        self.flush();
        self.sheet = Some(Arc::from(sheet));
    }

    /// Sets a row aside.
    ///
    /// # Errors
    /// As [`Gatherer::aside_in`] says.
    pub fn aside(&mut self, row: i64, why: Why) -> Result<(), Refusal> {
        self.aside_in(self.sheet.clone(), row, why)
    }

    /// Sets a row of another sheet aside.
    ///
    /// # Errors
    /// `source-error` where the delivery has too many rows.
    pub fn aside_in(&mut self, sheet: Option<Arc<str>>, row: i64, why: Why) -> Result<(), Refusal> {
        self.count()?;
        (self.sink)(Piece::Aside(SetAside { sheet, row, why }));
        Ok(())
    }

    /// Hands the rest on and returns how many rows there were in all.
    ///
    /// # Errors
    /// `review-error` where a row has a review status that the source does not name.
    pub fn finish(mut self) -> Result<u64, Refusal> {
        self.flush();
        let UnknownStatuses { count, first, near } = &self.unknown;
        if *count == 0 {
            self.drift.into_iter().for_each(|drift| (self.sink)(Piece::Drift(drift)));
            return Ok(self.read);
        }
        let near = near.as_ref().map_or_else(String::new, |near| format!("; the first is nearly `{near}`"));
        Err(Refusal::new(
            "review-error",
            format!("{count} rows, the first of them row {first}, have a review status that the source names neither as excluded nor as accepted{near}"),
        ))
    }

    fn flush(&mut self) {
        if self.rows.is_empty() {
            return;
        }
        let written = self.records.as_ref().map(|records| Written::new(records.clone(), std::mem::take(&mut self.starts)));
        let sink = &mut self.sink;
        self.rows.take(self.sheet.clone(), written, |batch| sink(Piece::Rows(batch)));
    }
}

/// What a row of cells is, judged by its width alone.
pub fn judge_width<'t>(targets: &[Target], cells: impl Iterator<Item = &'t str>) -> Option<Why> {
    let mut count = 0;
    let mut extra = false;
    for (index, cell) in cells.enumerate() {
        let unlabelled = targets.get(index).is_none_or(|target| *target == Target::Unlabelled);
        count = index + 1;
        extra |= unlabelled && !cell.trim().is_empty();
    }
    // Even a blank cell too many may be what a shifted row ends in.
    if extra || count > targets.len() {
        return Some(Why::ExtraCell);
    }
    let labels = targets.iter().rposition(|target| *target != Target::Unlabelled).map_or(0, |last| last + 1);
    (count < labels).then_some(Why::MissingCell { cells: count, labels })
}
