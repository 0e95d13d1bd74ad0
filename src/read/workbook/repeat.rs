//! A repeat group in a sheet of its own, joined with the sheet of its parents.

use std::borrow::Cow;
use std::ops::ControlFlow;

use super::header::Top;
use super::sheet::{Habit, check_decoding, labels, merged, texts};
use super::{Cell, Merge, Sweep, Workbook};
use crate::read::repeat::{Joined, Link, Side};
use crate::read::{Piece, Refusal};

/// Reads both sheets and returns how many rows they have together: the repetitions, and the parents without any.
pub fn read(book: &mut Workbook, parents: &str, repetitions: &str, link: Link<'_>, habit: &Habit<'_>, sink: &mut dyn FnMut(Piece<'_>)) -> Result<u64, Refusal> {
    let above = Side { labels: header(book, parents, habit)?, name: parents };
    let below = Side { labels: header(book, repetitions, habit)?, name: repetitions };
    let (above_width, below_width) = (above.labels.len(), below.labels.len());
    let mut joined = Joined::begin(above, below, link, habit.source, habit.contract, sink)?;
    each(book, parents, habit, |row, cells, merges| {
        let cells = texts(cells, above_width, |column| joined.parent_kind(column), habit.figures).into_iter().map(Cow::into_owned).collect();
        joined.parent(row, cells, |targets| merged(targets, merges))
    })?;
    each(book, repetitions, habit, |row, cells, merges| {
        let cells = texts(cells, below_width, |column| joined.kind(column), habit.figures);
        joined.repetition(row, &cells, |targets| merged(targets, merges))
    })?;
    joined.finish()
}

/// The labels of a sheet.
pub fn header(book: &mut Workbook, name: &str, habit: &Habit<'_>) -> Result<Vec<String>, Refusal> {
    let mut top = Top::new(book.merges(name)?);
    book.rows(name, &mut |row, cells| {
        if row > *habit.header().end() {
            return Ok(ControlFlow::Break(()));
        }
        top.add(row, cells);
        Ok(ControlFlow::Continue(()))
    })?;
    labels(&top, name, habit)
}

/// Hands on every filled row below the header.
fn each(book: &mut Workbook, name: &str, habit: &Habit<'_>, mut take: impl FnMut(i64, &[Cell], &[Merge]) -> Result<(), Refusal>) -> Result<(), Refusal> {
    let mut sweep = Sweep::new(book.merges(name)?);
    book.rows(name, &mut |row, cells| {
        if row > *habit.header().end() {
            check_decoding(cells, row)?;
            take(i64::from(row), cells, sweep.over(row)?)?;
        }
        Ok(ControlFlow::Continue(()))
    })
}
