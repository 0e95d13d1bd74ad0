//! ODS workbooks, read as a stream: a sheet is never held whole, and what is said to repeat is not laid out before it
//! is found sensible.

use std::collections::BTreeSet;
use std::ops::ControlFlow;

use chrono::NaiveDate;
use quick_xml::events::{BytesStart, Event};

use super::archive::{Archive, Xml};
use super::merges::check_merges;
use super::ods_cell::{Placed, attribute, broken, count, read_cell};
use super::rows::{MOST_ROWS, RowBuilder};
use super::{Epoch, Merge, Sheet, Visibility};
use crate::read::Refusal;

/// The most often that a filled row may repeat: a record stands once, and a few lines alike are a slip.
const MOST_REPEATS: u32 = 1000;

/// An open ODS workbook.
pub struct Book {
    archive: Archive,
    tables: Vec<(Sheet, Vec<Merge>)>,
    epoch: Epoch,
}

impl Book {
    /// Looks a workbook through for its sheets and their merged regions.
    pub fn open(mut archive: Archive) -> Result<Self, Refusal> {
        check_password(&mut archive)?;
        let mut found = Contents::default();
        let mut xml = content(&mut archive)?;
        found.read(&mut xml)?;
        drop(xml);
        let first = found.null_date.or_else(|| NaiveDate::from_ymd_opt(1899, 12, 30));
        Ok(Self { archive, tables: found.tables, epoch: first.map_or(Epoch::Excel1900, Epoch::Day) })
    }

    /// The day from which its plain numbers count; real dates are written out.
    pub fn epoch(&self) -> Epoch {
        self.epoch
    }

    /// Its sheets, in order.
    pub fn sheets(&self) -> Vec<Sheet> {
        self.tables.iter().map(|(sheet, _)| sheet.clone()).collect()
    }

    /// The merged regions of a sheet.
    pub fn merges(&self, sheet: &str) -> Vec<Merge> {
        self.tables.iter().find(|(known, _)| known.name == sheet).map(|(_, merges)| merges.clone()).unwrap_or_default()
    }

    /// Hands the cells of a sheet on.
    pub fn cells(&mut self, sheet: &str, rows: &mut RowBuilder<'_>) -> Result<(), Refusal> {
        let mut xml = content(&mut self.archive)?;
        let mut buffer = Vec::new();
        loop {
            buffer.clear();
            match xml.read_event_into(&mut buffer).map_err(|_| broken())? {
                Event::Start(tag) if is_skipped(tag.name().as_ref()) => skip(&mut xml, &tag)?,
                Event::Start(tag) if tag.name().as_ref() == "table:table" => {
                    let is_wanted = attribute(&tag, "table:name")?.as_deref() == Some(sheet);
                    if !is_wanted {
                        skip(&mut xml, &tag)?;
                        continue;
                    }
                    return match read_table(&mut xml, &mut |row| hand_on(&row, rows))? {
                        ControlFlow::Continue(()) => rows.end().map(|_: ControlFlow<()>| ()),
                        ControlFlow::Break(()) => Ok(()),
                    };
                }
                Event::Eof => return Err(broken()),
                _ => {}
            }
        }
    }
}

/// A row as the file has it.
struct Row {
    /// Its number, from 1.
    first: u32,
    repeats: u32,
    cells: Vec<Placed>,
}

fn hand_on(row: &Row, rows: &mut RowBuilder<'_>) -> Result<ControlFlow<()>, Refusal> {
    if row.cells.is_empty() {
        return Ok(ControlFlow::Continue(()));
    }
    if row.repeats > MOST_REPEATS {
        return Err(Refusal::new("source-error", format!("row {} is filled and said to repeat {} times", row.first, row.repeats)));
    }
    for repeat in 0..row.repeats {
        for placed in &row.cells {
            if rows.cell(row.first.saturating_add(repeat), placed.column, placed.cell.clone())?.is_break() {
                return Ok(ControlFlow::Break(()));
            }
        }
    }
    Ok(ControlFlow::Continue(()))
}

/// What a workbook holds beside its cells.
#[derive(Default)]
struct Contents {
    tables: Vec<(Sheet, Vec<Merge>)>,
    null_date: Option<NaiveDate>,
    style: Option<String>,
    hidden_styles: BTreeSet<String>,
}

impl Contents {
    fn read(&mut self, xml: &mut Xml<'_>) -> Result<(), Refusal> {
        let mut buffer = Vec::new();
        let mut is_whole = false;
        loop {
            buffer.clear();
            match xml.read_event_into(&mut buffer).map_err(|_| broken())? {
                Event::Start(tag) if is_skipped(tag.name().as_ref()) => skip(xml, &tag)?,
                Event::Start(tag) => self.start(xml, &tag)?,
                Event::End(tag) => is_whole |= tag.name().as_ref() == "office:document-content",
                Event::Eof if is_whole => return Ok(()),
                Event::Eof => return Err(broken()),
                _ => {}
            }
        }
    }

    fn start(&mut self, xml: &mut Xml<'_>, tag: &BytesStart<'_>) -> Result<(), Refusal> {
        match tag.name().as_ref() {
            "style:style" => self.style = attribute(tag, "style:name")?,
            "style:table-properties" if attribute(tag, "table:display")?.as_deref() == Some("false") => self.hidden_styles.extend(self.style.clone()),
            "table:null-date" => self.null_date = attribute(tag, "table:date-value")?.and_then(|date| date.parse().ok()),
            "table:table" => {
                let name = attribute(tag, "table:name")?.ok_or_else(broken)?;
                let is_hidden = attribute(tag, "table:style-name")?.is_some_and(|style| self.hidden_styles.contains(&style));
                let visibility = if is_hidden { Visibility::Hidden } else { Visibility::Visible };
                let mut merges = Vec::new();
                let _: ControlFlow<()> = read_table(xml, &mut |row| {
                    merges.extend(row.cells.iter().filter_map(|placed| placed.merge(row.first)));
                    check_merges(merges.len())?;
                    Ok(ControlFlow::Continue(()))
                })?;
                self.tables.push((Sheet { name, visibility }, merges));
            }
            _ => {}
        }
        Ok(())
    }
}

/// Reads the rows of a table, the start of which was read.
fn read_table(xml: &mut Xml<'_>, take: &mut dyn FnMut(Row) -> Result<ControlFlow<()>, Refusal>) -> Result<ControlFlow<()>, Refusal> {
    let mut buffer = Vec::new();
    let mut next: u32 = 1;
    loop {
        buffer.clear();
        match xml.read_event_into(&mut buffer).map_err(|_| broken())? {
            Event::Start(tag) if is_skipped(tag.name().as_ref()) => skip(xml, &tag)?,
            Event::Start(tag) if tag.name().as_ref() == "table:table-row" => {
                let repeats = count(&tag, "table:number-rows-repeated", MOST_ROWS)?;
                let row = Row { first: next, repeats, cells: read_row(xml)? };
                next = next.saturating_add(repeats);
                if take(row)?.is_break() {
                    return Ok(ControlFlow::Break(()));
                }
            }
            Event::Start(tag) if tag.name().as_ref() == "table:table" => return Err(broken()),
            Event::End(tag) if tag.name().as_ref() == "table:table" => return Ok(ControlFlow::Continue(())),
            Event::Eof => return Err(broken()),
            _ => {}
        }
    }
}

/// The cells of a row that are filled or merged.
fn read_row(xml: &mut Xml<'_>) -> Result<Vec<Placed>, Refusal> {
    let mut buffer = Vec::new();
    let mut cells = Vec::new();
    let mut column = 0;
    loop {
        buffer.clear();
        match xml.read_event_into(&mut buffer).map_err(|_| broken())? {
            Event::Start(tag) if matches!(tag.name().as_ref(), "table:table-cell" | "table:covered-table-cell") => {
                read_cell(xml, &tag, &mut column, &mut cells)?
            }
            Event::Start(tag) => skip(xml, &tag)?,
            Event::End(tag) if tag.name().as_ref() == "table:table-row" => return Ok(cells),
            Event::Eof => return Err(broken()),
            _ => {}
        }
    }
}

/// Elements in which cells and texts stand that are none of the sheet's: changes that were tracked, drawings, forms.
fn is_skipped(name: &str) -> bool {
    matches!(name, "table:tracked-changes" | "table:shapes" | "office:forms" | "table:dde-links" | "table:content-validations") || name.starts_with("draw:")
}

fn skip(xml: &mut Xml<'_>, tag: &BytesStart<'_>) -> Result<(), Refusal> {
    xml.read_to_end_into(tag.name(), &mut Vec::new()).map(|_| ()).map_err(|_| broken())
}

fn content(archive: &mut Archive) -> Result<Xml<'_>, Refusal> {
    archive.xml("content.xml")?.ok_or_else(|| Refusal::new("source-error", "the workbook lacks a part that every workbook has"))
}

/// Parts under a password are listed as such; later versions hide all parts in one.
fn check_password(archive: &mut Archive) -> Result<(), Refusal> {
    let Some(mut xml) = archive.xml("META-INF/manifest.xml")? else { return Ok(()) };
    let mut buffer = Vec::new();
    loop {
        buffer.clear();
        match xml.read_event_into(&mut buffer).map_err(|_| broken())? {
            Event::Start(tag) if tag.local_name().as_ref() == "encryption-data" => {
                return Err(Refusal::new("source-error", "the workbook is protected by a password"));
            }
            Event::Eof => return Ok(()),
            _ => {}
        }
    }
}
