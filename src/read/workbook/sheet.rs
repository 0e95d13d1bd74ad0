//! The rows of one sheet, matched with the fields of their contract.

use std::borrow::Cow;
use std::ops::{ControlFlow, RangeInclusive};

use super::header::{SEARCHED_ROWS, Top};
use super::{Cell, Figures, Merge, Sweep, Workbook};
use crate::contract::{Contract, FieldKind};
use crate::project::{Source, WorkbookFormat};
use crate::read::body::Body;
use crate::read::cells::{Gatherer, Target};
use crate::read::encoding::{decoded_twice, mangled};
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
    /// The rows of the header.
    pub fn header(&self) -> RangeInclusive<u32> {
        let first = self.format.header_row;
        first..=first.saturating_add(self.format.header_rows - 1)
    }
}

/// Reads a sheet and returns how many rows it has.
pub fn read<'a>(book: &mut Workbook, name: &str, habit: &'a Habit<'a>, sink: &'a mut dyn FnMut(Piece<'_>)) -> Result<u64, Refusal> {
    let merges = book.merges(name)?;
    let header = habit.header();
    let mut top = Top::new(merges.clone());
    let mut sweep = Sweep::new(merges);
    let mut sink = Some(sink);
    let mut body: Option<Body<'_>> = None;
    let mut is_header_wrong = false;
    let mut started = |top: &Top| {
        let Some(sink) = sink.take() else { return Err(Refusal::new("source-error", "the header of a sheet was read twice")) };
        begin(top, name, habit, sink).inspect_err(|_| is_header_wrong = true)
    };
    let mut rows = |row: u32, cells: &[Cell]| {
        if row <= *header.end() {
            top.add(row, cells);
            return Ok(ControlFlow::Continue(()));
        }
        if body.is_none() {
            body = Some(started(&top)?);
        }
        if let Some(body) = &mut body {
            gather(body, row, cells, sweep.over(row)?, habit.figures)?;
        }
        Ok(ControlFlow::Continue(()))
    };
    let read = book.rows(name, &mut rows);
    let body = read.and_then(|()| body.map_or_else(|| started(&top), Ok));
    match body {
        Ok(body) => body.finish(),
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

/// The labels of a header.
pub fn labels(top: &Top, name: &str, habit: &Habit<'_>) -> Result<Vec<String>, Refusal> {
    let header = habit.header();
    let labels = top.labels(&header, habit.source)?;
    if labels.iter().all(|label| label.trim().is_empty()) {
        let place = if header.start() == header.end() { format!("row {}", header.start()) } else { format!("rows {} to {}", header.start(), header.end()) };
        return Err(Refusal::new("blank-header", format!("sheet `{name}` has nothing in {place}, where its header should be")));
    }
    Ok(labels)
}

/// Matches the header and begins to gather rows.
fn begin<'a>(top: &Top, name: &str, habit: &'a Habit<'a>, sink: &'a mut dyn FnMut(Piece<'_>)) -> Result<Body<'a>, Refusal> {
    Body::begin(labels(top, name, habit)?, Gatherer::new(habit.source, habit.contract, Some(name), sink))
}

fn gather(body: &mut Body<'_>, row: u32, cells: &[Cell], merges: &[Merge], figures: Figures) -> Result<(), Refusal> {
    check_decoding(cells, row)?;
    let texts = texts(cells, body.width(), |column| body.kind(column), figures);
    let filled = texts.iter().filter(|text| !text.trim().is_empty()).count();
    body.row_unless(i64::from(row), &texts, |targets| is_lone(targets, filled).then_some(Why::LoneCell).or_else(|| merged(targets, merges)))
}

/// The cells of a row as text, as many as there are columns; emptied cells far to the right of the table are left out.
pub fn texts<'c>(cells: &'c [Cell], width: usize, kind: impl Fn(usize) -> &'c FieldKind, figures: Figures) -> Vec<Cow<'c, str>> {
    let blank = std::iter::repeat_n(&Cell::Empty, width.saturating_sub(cells.len()));
    let mut texts: Vec<_> = cells.iter().chain(blank).enumerate().map(|(column, cell)| cell.text(kind(column), figures)).collect();
    while texts.len() > width && texts.last().is_some_and(|text| text.trim().is_empty()) {
        texts.pop();
    }
    texts
}

/// A note under or between the rows fills one cell; what it says is not looked at as if it were the field's, since it may
/// name somebody.
fn is_lone(targets: &[Target], filled: usize) -> bool {
    filled == 1 && targets.iter().filter(|target| **target != Target::Unlabelled).count() > 2
}

/// A record of which a labelled cell is merged with another: what stands in the first may be meant for all or not.
pub fn merged(targets: &[Target], merges: &[Merge]) -> Option<Why> {
    let is_labelled = |column: &usize| targets.get(*column).is_some_and(|target| *target != Target::Unlabelled);
    let columns = merges.iter().filter_map(|merge| (merge.first_column..=merge.last_column.min(targets.len())).find(is_labelled));
    columns.min().map(|column| Why::MergedCell { column: column + 1 })
}

/// Refuses text that was decoded twice.
pub fn check_decoding(cells: &[Cell], row: u32) -> Result<(), Refusal> {
    let twice = cells.iter().find_map(|cell| if let Cell::Text(text) = cell { decoded_twice(text) } else { None });
    twice.map_or(Ok(()), |(_, meant)| {
        Err(Refusal::new("encoding-error", format!("row {row} holds text that was decoded twice (`{}` for `{meant}`): export it again", mangled(meant))))
    })
}
