//! One cell of an ODS workbook.

use quick_xml::XmlVersion;
use quick_xml::escape::resolve_predefined_entity;
use quick_xml::events::{BytesRef, BytesStart, Event};

use super::archive::Xml;
use super::cell::FAILED;
use super::rows::MOST_ROWS;
use super::xlsx::iso;
use super::{Cell, Merge};
use crate::read::Refusal;
use crate::read::limits::MOST_COLUMNS;

/// The most spaces that one element may stand for, and the most bytes that a cell may hold: what spreadsheets allow.
const MOST_SPACES: u32 = 32_767;
const MOST_BYTES: usize = 4 * 32_767;

/// A cell and the column it stands in, from 0.
pub struct Placed {
    /// The column.
    pub column: usize,
    /// What it holds.
    pub cell: Cell,
    /// How many rows and columns it is merged over.
    span: (u32, u32),
}

impl Placed {
    /// The region that is merged from a cell of this row on.
    pub fn merge(&self, row: u32) -> Option<Merge> {
        let (rows, columns) = self.span;
        (rows > 1 || columns > 1).then(|| Merge {
            first_row: row,
            last_row: row.saturating_add(rows - 1),
            first_column: self.column,
            last_column: self.column + columns as usize - 1,
        })
    }
}

/// Reads a cell of which the start was read, and adds it as often as it repeats; empty ones are only counted.
pub fn read_cell(xml: &mut Xml<'_>, tag: &BytesStart<'_>, column: &mut usize, cells: &mut Vec<Placed>) -> Result<(), Refusal> {
    let written = Written::of(tag)?;
    let (repeats, span) = (written.repeats as usize, written.span);
    let content = text_of(xml, tag.name().as_ref())?;
    let cell = written.cell(content)?;
    if cell != Cell::Empty || span != (1, 1) {
        // One past the limit is enough to be refused.
        for at in *column..column.saturating_add(repeats).min(MOST_COLUMNS + 1) {
            cells.push(Placed { column: at, cell: cell.clone(), span });
        }
    }
    *column = column.saturating_add(repeats);
    Ok(())
}

/// The attributes of a cell.
struct Written {
    kind: Option<String>,
    /// The value in the attribute that its kind calls for.
    value: Option<String>,
    is_formula: bool,
    is_error: bool,
    repeats: u32,
    span: (u32, u32),
}

impl Written {
    fn of(tag: &BytesStart<'_>) -> Result<Self, Refusal> {
        let mut found = Self { kind: None, value: None, is_formula: false, is_error: false, repeats: 1, span: (1, 1) };
        let mut values: Vec<(&'static str, String)> = Vec::new();
        for attribute in tag.attributes().with_checks(false) {
            let attribute = attribute.map_err(|_| broken())?;
            let text = || attribute.normalized_value(XmlVersion::Implicit1_0).map(std::borrow::Cow::into_owned).map_err(|_| broken());
            match attribute.key.as_ref() {
                "office:value-type" => found.kind = Some(text()?),
                "office:value" => values.push(("", text()?)),
                "office:date-value" => values.push(("date", text()?)),
                "office:time-value" => values.push(("time", text()?)),
                "office:boolean-value" => values.push(("boolean", text()?)),
                "office:string-value" => values.push(("string", text()?)),
                "table:formula" => found.is_formula = true,
                "calcext:value-type" => found.is_error = attribute.value == "error",
                "table:number-columns-repeated" => found.repeats = counted(&text()?, MOST_ROWS)?,
                "table:number-rows-spanned" => found.span.0 = counted(&text()?, MOST_ROWS)?,
                "table:number-columns-spanned" => found.span.1 = counted(&text()?, MOST_ROWS)?,
                _ => {}
            }
        }
        let wanted = found.kind.as_deref().filter(|kind| matches!(*kind, "date" | "time" | "boolean" | "string")).unwrap_or_default();
        found.value = values.into_iter().find(|(kind, _)| *kind == wanted).map(|(_, value)| value);
        Ok(found)
    }

    fn cell(self, content: String) -> Result<Cell, Refusal> {
        // Without the mark of an error, a formula that failed is one without a value that shows `#REF!` or `Err:502`.
        let shows_error = self.is_formula && self.value.as_deref().unwrap_or_default().is_empty() && (content.starts_with('#') || content.starts_with("Err:"));
        if self.is_error || shows_error {
            return Ok(Cell::Failed(FAILED));
        }
        Ok(match (self.kind.as_deref(), self.value) {
            (None, _) if self.is_formula => Cell::Uncalculated,
            (Some("float" | "percentage" | "currency"), Some(value)) => Cell::Number(value.trim().parse().map_err(|_| broken())?),
            (Some("boolean"), Some(value)) => Cell::Bool(value == "true"),
            (Some("date"), Some(value)) => iso(value),
            (Some("time"), Some(value)) => Cell::Text(value),
            (Some("string"), Some(value)) => text(value),
            (Some("string") | None, None) => text(content),
            _ => return Err(broken()),
        })
    }
}

fn text(text: String) -> Cell {
    if text.is_empty() { Cell::Empty } else { Cell::Text(text) }
}

/// The paragraphs of a cell, a line each. Notes and drawings beside it are none of its text.
fn text_of(xml: &mut Xml<'_>, name: &str) -> Result<String, Refusal> {
    let mut found = String::new();
    let mut paragraphs = 0;
    let mut depth = 0_usize;
    let mut buffer = Vec::new();
    loop {
        buffer.clear();
        // Spaces are counted, not written, so that a small file can hold many.
        if found.len() > MOST_BYTES {
            return Err(Refusal::new("source-error", "a cell of the workbook holds more text than a cell can"));
        }
        match xml.read_event_into(&mut buffer).map_err(|_| broken())? {
            Event::Start(tag) => match tag.name().as_ref() {
                "text:p" | "text:h" => {
                    depth += 1;
                    paragraphs += 1;
                    if paragraphs > 1 {
                        found.push('\n');
                    }
                }
                "text:s" => {
                    depth += 1;
                    let spaces = count(&tag, "text:c", MOST_SPACES)? as usize;
                    found.extend(std::iter::repeat_n(' ', spaces));
                }
                "text:tab" => {
                    depth += 1;
                    found.push('\t');
                }
                "text:line-break" => {
                    depth += 1;
                    found.push('\n');
                }
                inline if inline.starts_with("text:") => depth += 1,
                _ => {
                    xml.read_to_end_into(tag.name(), &mut Vec::new()).map_err(|_| broken())?;
                }
            },
            Event::Text(part) if depth > 0 => found.push_str(&part.xml10_content()),
            Event::CData(part) if depth > 0 => found.push_str(&part.xml10_content()),
            Event::GeneralRef(part) if depth > 0 => push_entity(&part, &mut found)?,
            Event::End(tag) if depth == 0 && tag.name().as_ref() == name => return Ok(found),
            Event::End(_) => depth = depth.saturating_sub(1),
            Event::Eof => return Err(broken()),
            _ => {}
        }
    }
}

fn push_entity(entity: &BytesRef<'_>, text: &mut String) -> Result<(), Refusal> {
    if let Some(letter) = entity.resolve_char_ref().map_err(|_| broken())? {
        text.push(letter);
        return Ok(());
    }
    text.push_str(resolve_predefined_entity(entity).ok_or_else(broken)?);
    Ok(())
}

/// The value of an attribute.
pub fn attribute(tag: &BytesStart<'_>, name: &str) -> Result<Option<String>, Refusal> {
    let found = tag.try_get_attribute(name).map_err(|_| broken())?;
    found.map(|found| found.normalized_value(XmlVersion::Implicit1_0).map(std::borrow::Cow::into_owned).map_err(|_| broken())).transpose()
}

/// A count that an attribute gives: 1 where it is absent, no more than `most`.
pub fn count(tag: &BytesStart<'_>, name: &str, most: u32) -> Result<u32, Refusal> {
    attribute(tag, name)?.map_or(Ok(1), |text| counted(&text, most))
}

fn counted(text: &str, most: u32) -> Result<u32, Refusal> {
    let count: u64 = text.trim().parse().map_err(|_| broken())?;
    Ok(u32::try_from(count).unwrap_or(most).clamp(1, most))
}

/// Messages of the library are not passed on: they may quote a cell.
pub fn broken() -> Refusal {
    Refusal::new("source-error", "the workbook is broken")
}
