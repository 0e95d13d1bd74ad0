//! The rows of one sheet, matched with the fields of their contract.

use std::ops::{ControlFlow, RangeInclusive};

use super::header::{SEARCHED_ROWS, Top};
use super::{Cell, Figures, Merge, Sweep, Workbook};
use crate::contract::{Contract, FieldKind, fold};
use crate::project::{Source, WorkbookFormat};
use crate::read::cells::{Gatherer, Target, judge_width};
use crate::read::encoding::{decoded_twice, mangled};
use crate::read::labels::match_labels;
use crate::read::{Piece, Refusal, Why};

/// How the sheets of an extract are written.
pub struct Habit<'a> {
    /// What the source says of its workbooks.
    pub format: &'a WorkbookFormat,
    /// The source.
    pub source: &'a Source,
    /// What rows must be.
    pub contract: &'a Contract,
    /// How numbers are meant and to be written.
    pub figures: Figures,
}

impl Habit<'_> {
    fn header(&self) -> RangeInclusive<u32> {
        let first = self.format.header_row;
        first..=first.saturating_add(self.format.header_rows - 1)
    }
}

/// Reads a sheet and returns how many rows it has.
pub fn read(book: &mut Workbook, name: &str, habit: &Habit<'_>, sink: &mut dyn FnMut(Piece)) -> Result<u64, Refusal> {
    let merges = book.merges(name)?;
    let header = habit.header();
    let mut top = Top::new(merges.clone());
    let mut sweep = Sweep::new(merges);
    let mut sink = Some(sink);
    let mut body: Option<Body<'_, '_>> = None;
    let mut is_header_wrong = false;
    let mut begin = |top: &Top| Body::begin(top, name, habit, &mut sink).inspect_err(|_| is_header_wrong = true);
    let mut rows = |row: u32, cells: &[Cell]| {
        if row <= *header.end() {
            top.add(row, cells);
            return Ok(ControlFlow::Continue(()));
        }
        if body.is_none() {
            body = Some(begin(&top)?);
        }
        if let Some(body) = &mut body {
            body.row(row, cells, sweep.over(row)?)?;
        }
        Ok(ControlFlow::Continue(()))
    };
    let read = book.rows(name, &mut rows);
    let body = read.and_then(|()| body.map_or_else(|| begin(&top), Ok));
    match body {
        Ok(body) => Ok(body.rows.finish()),
        Err(refusal) if is_header_wrong => Err(with_likely(refusal, book, name, habit)),
        Err(refusal) => Err(refusal),
    }
}

/// Says where the header may be, if it is not where the source says. No cell is quoted.
fn with_likely(refusal: Refusal, book: &mut Workbook, name: &str, habit: &Habit<'_>) -> Refusal {
    let Ok(merges) = book.merges(name) else { return refusal };
    let mut top = Top::new(merges);
    let header_rows = habit.format.header_rows;
    let rows = book.rows(name, &mut |row, cells| {
        if row >= SEARCHED_ROWS + header_rows {
            return Ok(ControlFlow::Break(()));
        }
        top.add(row, cells);
        Ok(ControlFlow::Continue(()))
    });
    let here = habit.format.header_row;
    match top.likely(header_rows, habit.source).filter(|likely| rows.is_ok() && likely.row != here) {
        Some(likely) => {
            let more = format!("row {} holds {} of {} labels: is it `header_row = {}`?", likely.row, likely.known, likely.filled, likely.row);
            Refusal::new(refusal.error, format!("{}; {more}", refusal.message))
        }
        None => refusal,
    }
}

/// The rows below the header.
struct Body<'a, 'h> {
    targets: Vec<Target>,
    rows: Gatherer<'a>,
    habit: &'h Habit<'h>,
}

impl<'a, 'h> Body<'a, 'h> {
    /// Matches the header and begins to gather rows.
    fn begin(top: &Top, name: &str, habit: &'h Habit<'h>, sink: &mut Option<&'a mut dyn FnMut(Piece)>) -> Result<Self, Refusal> {
        let (header, contract) = (habit.header(), habit.contract);
        let labels = top.labels(&header, habit.source)?;
        if labels.iter().all(|label| label.trim().is_empty()) {
            let place = if header.start() == header.end() { format!("row {}", header.start()) } else { format!("rows {} to {}", header.start(), header.end()) };
            return Err(Refusal::new("blank-header", format!("sheet `{name}` has nothing in {place}, where its header should be")));
        }
        let targets = match_labels(&labels, habit.source, contract)?;
        let Some(sink) = sink.take() else { return Err(Refusal::new("source-error", "the header of a sheet was read twice")) };
        let rows = Gatherer::new(contract, |index| targets.contains(&Target::Field(index)), Some(name), sink);
        Ok(Self { targets, rows, habit })
    }

    fn row(&mut self, row: u32, cells: &[Cell], merges: &[Merge]) -> Result<(), Refusal> {
        check_decoding(cells, row)?;
        let (targets, contract) = (&self.targets, self.habit.contract);
        let kind = |index: usize| match targets.get(index) {
            Some(Target::Field(field)) => &contract.fields[*field].kind,
            _ => &FieldKind::String,
        };
        let blank = std::iter::repeat_n(&Cell::Empty, targets.len().saturating_sub(cells.len()));
        let mut texts: Vec<_> = cells.iter().chain(blank).enumerate().map(|(index, cell)| cell.text(kind(index), self.habit.figures)).collect();
        // Sheets keep emptied cells far to the right of their table.
        while texts.len() > targets.len() && texts.last().is_some_and(|text| text.trim().is_empty()) {
            texts.pop();
        }
        let Some(first) = texts.iter().find(|text| !text.trim().is_empty()) else { return Ok(()) };
        let row = i64::from(row);
        let why = if self.habit.source.total_rows.contains(&fold(first)) {
            Some(Why::Total)
        } else {
            let lone = is_lone(targets, texts.iter().filter(|text| !text.trim().is_empty()).count()).then_some(Why::LoneCell);
            lone.or_else(|| merged(targets, merges)).or_else(|| judge_width(targets, texts.iter().map(AsRef::as_ref)))
        };
        match why {
            Some(why) => self.rows.aside(row, why),
            None => self.rows.row(row, targets, texts.iter().map(AsRef::as_ref)),
        }
        Ok(())
    }
}

/// A note under or between the rows fills one cell; what it says is not looked at as if it were the field's, since it may
/// name somebody.
fn is_lone(targets: &[Target], filled: usize) -> bool {
    filled == 1 && targets.iter().filter(|target| **target != Target::Unlabelled).count() > 2
}

/// A record of which a labelled cell is merged with another: what stands in the first may be meant for all or not.
fn merged(targets: &[Target], merges: &[Merge]) -> Option<Why> {
    let is_labelled = |column: &usize| targets.get(*column).is_some_and(|target| *target != Target::Unlabelled);
    let columns = merges.iter().filter_map(|merge| (merge.first_column..=merge.last_column.min(targets.len())).find(is_labelled));
    columns.min().map(|column| Why::MergedCell { column: column + 1 })
}

fn check_decoding(cells: &[Cell], row: u32) -> Result<(), Refusal> {
    let twice = cells.iter().find_map(|cell| if let Cell::Text(text) = cell { decoded_twice(text) } else { None });
    twice.map_or(Ok(()), |(_, meant)| {
        Err(Refusal::new("encoding-error", format!("row {row} holds text that was decoded twice (`{}` for `{meant}`): export it again", mangled(meant))))
    })
}
