//! Workbooks for people: formats, notes, and a file that is whole or not there.
//!
//! Guarantees: the same release and question give the same bytes; a file that is there is left alone unless asked.

use std::io::Write;
use std::path::{Path, PathBuf};

use rust_xlsxwriter::{DocProperties, ExcelDateTime, Format, FormatAlign, FormatBorder, Workbook, Worksheet, XlsxError};
use serde_json::json;

use super::words::{Word, say};
use super::{Terminal, closed, print_json};
use crate::clock::random_bytes;
use crate::error::{self, Error, Kind, Result};
use crate::project::Lang;
use crate::report::Number;
use crate::warehouse::Manifest;

/// A workbook in the making, or the library's refusal.
pub type Made = Result<Workbook, XlsxError>;

/// How cells look.
pub struct Look {
    /// The title.
    pub title: Format,
    /// What stands under it.
    pub subtitle: Format,
    /// The head of a column.
    pub head: Format,
    /// A row that names what follows.
    pub band: Format,
    /// Text.
    pub text: Format,
    /// Text of several lines.
    pub wrapped: Format,
    /// Marks beside figures.
    pub mark: Format,
    lang: Lang,
}

impl Look {
    /// The look of a language's workbooks.
    pub fn new(lang: Lang) -> Self {
        let thin = |format: Format| format.set_border_bottom(FormatBorder::Hair).set_border_color("#BFBFBF");
        Self {
            title: Format::new().set_bold().set_font_size(14),
            subtitle: Format::new().set_font_color("#404040"),
            head: Format::new()
                .set_bold()
                .set_text_wrap()
                .set_align(FormatAlign::Center)
                .set_align(FormatAlign::VerticalCenter)
                .set_background_color("#1F4E79")
                .set_font_color("#FFFFFF")
                .set_border(FormatBorder::Thin)
                .set_border_color("#FFFFFF"),
            band: Format::new().set_bold().set_background_color("#DDEBF7"),
            text: thin(Format::new()),
            wrapped: Format::new().set_text_wrap().set_align(FormatAlign::Top),
            mark: thin(Format::new().set_align(FormatAlign::Center).set_font_color("#7F7F7F").set_italic()),
            lang,
        }
    }

    /// The look of a number with so many decimals, with its sign where it is a difference.
    pub fn number(&self, decimals: usize, is_difference: bool) -> Format {
        let digits = format!("#,##0{}", if decimals > 0 { format!(".{}", "0".repeat(decimals)) } else { String::new() });
        let code = if is_difference { format!("+{digits};-{digits};{digits}") } else { digits };
        Format::new().set_num_format(code).set_border_bottom(FormatBorder::Hair).set_border_color("#BFBFBF")
    }

    /// The look of a change in percent, whose cell holds a share of one.
    pub fn percent(&self) -> Format {
        let sign = match self.lang {
            Lang::En => "%",
            // A space before the sign; quoted, so that no reader takes it for a scale.
            Lang::Fr => "\"\u{202f}\"%",
        };
        Format::new().set_num_format(format!("+0.0{sign};-0.0{sign};0.0{sign}")).set_border_bottom(FormatBorder::Hair).set_border_color("#BFBFBF")
    }

    /// Writes a figure, as text where a spreadsheet would round its digits, or an empty cell.
    ///
    /// # Errors
    /// As the library says.
    pub fn figure(&self, sheet: &mut Worksheet, (row, column): (u32, u16), value: Option<Number>, is_difference: bool) -> Result<(), XlsxError> {
        match value {
            None => sheet.write_string_with_format(row, column, super::numbers::NO_FIGURE, &self.mark)?,
            Some(value) if is_long(value) => {
                let format = self.number(0, is_difference).set_align(FormatAlign::Right);
                sheet.write_string_with_format(row, column, super::numbers::number(self.lang, value), &format)?
            }
            Some(value) => sheet.write_number_with_format(row, column, value.as_f64(), &self.number(decimals(value), is_difference))?,
        };
        Ok(())
    }
}

/// Exact figures keep their decimals; others have two where they are not whole.
fn decimals(value: Number) -> usize {
    match value {
        Number::Exact { scale, .. } => scale as usize,
        Number::Float(value) => usize::from(value.fract() != 0.0) * 2,
    }
}

/// True for figures of more digits than spreadsheets hold.
fn is_long(value: Number) -> bool {
    matches!(value, Number::Exact { units, .. } if units.unsigned_abs() >= 1_000_000_000_000_000)
}

/// An empty workbook that says what it is of, made when its release was.
///
/// # Errors
/// As the library says.
pub fn begin(title: &str, project: &str, release: &Manifest) -> Made {
    let mut workbook = Workbook::new();
    // The moment of the release, so that the same release gives the same bytes.
    let made = ExcelDateTime::parse_from_str(&release.created)?;
    let properties = DocProperties::new().set_title(title).set_subject(project).set_author("rihla").set_creation_datetime(&made);
    workbook.set_properties(&properties);
    Ok(workbook)
}

/// Prepares a sheet for paper: landscape, as wide as a page, page numbers.
///
/// # Errors
/// As the library says.
pub fn print_setup(sheet: &mut Worksheet, title: &str, lang: Lang, head: Option<u32>) -> Result<(), XlsxError> {
    // An ampersand begins a command in footers.
    let title = title.replace('&', "&&");
    sheet.set_landscape().set_paper_size(9).set_print_fit_to_pages(1, 0).set_margins(0.4, 0.4, 0.6, 0.6, 0.3, 0.3);
    sheet.set_footer(format!("&L{title}&R{} &P / &N", Word::Page.text(lang)));
    if let Some(head) = head {
        sheet.set_repeat_rows(head, head)?;
    }
    Ok(())
}

/// Writes a workbook's file in one step.
///
/// # Errors
/// `Input` where a file is there and is not to be replaced; `Unavailable` where it cannot be written.
pub fn save(made: Made, path: &Path, force: bool) -> Result<()> {
    let defect = |cause: XlsxError| Error::new(Kind::Internal, "the workbook cannot be made").because(cause);
    let bytes = made.and_then(|mut workbook| workbook.save_to_buffer()).map_err(defect)?;
    let what = || format!("cannot write `{}`", path.display());
    let draft = draft_of(path);
    let written = write_whole(&draft, &bytes).and_then(|()| name(&draft, path, force));
    if written.is_err() {
        // Whatever failed, what was begun must not lie about; its own failure would say less than the first.
        let _ = std::fs::remove_file(&draft);
    }
    written.map_err(|cause| match cause.kind() {
        std::io::ErrorKind::AlreadyExists => {
            Error::new(Kind::Input, format!("`{}` is there already", path.display())).hint("name another file with --output FILE, or replace it with --force")
        }
        _ => error::io(what(), cause),
    })
}

/// A name beside the file that nobody looks for.
fn draft_of(path: &Path) -> PathBuf {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    path.with_file_name(format!(".{name}.{}", hex::encode(random_bytes::<6>())))
}

fn write_whole(draft: &Path, bytes: &[u8]) -> std::io::Result<()> {
    let mut file = std::fs::OpenOptions::new().write(true).create_new(true).open(draft)?;
    file.write_all(bytes)?;
    file.sync_all()
}

/// Gives the draft its name; where nothing is to be replaced a link does it, which fails where the name is taken.
fn name(draft: &Path, path: &Path, force: bool) -> std::io::Result<()> {
    if force {
        return std::fs::rename(draft, path);
    }
    match std::fs::hard_link(draft, path) {
        Ok(()) => std::fs::remove_file(draft),
        Err(cause) if cause.kind() == std::io::ErrorKind::AlreadyExists => Err(cause),
        // The disk knows no links.
        Err(_) if path.exists() => Err(std::io::ErrorKind::AlreadyExists.into()),
        Err(_) => std::fs::rename(draft, path),
    }
}

/// Tells where the workbook is.
///
/// # Errors
/// Where that cannot be printed.
pub fn tell(terminal: &mut Terminal<'_>, path: &Path) -> Result<()> {
    if terminal.json {
        return print_json(terminal, &json!({"file": path.display().to_string()}));
    }
    writeln!(terminal.out, "{}", say(terminal.lang, Word::Wrote, &[&path.display().to_string()])).map_err(closed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_is_there_is_left_alone_unless_asked() {
        let folder = tempfile::TempDir::new().unwrap();
        let path = folder.path().join("a.xlsx");
        let workbook = || {
            let mut workbook = Workbook::new();
            workbook.add_worksheet();
            Ok(workbook)
        };
        std::fs::write(&path, "mine").unwrap();
        assert_eq!(save(workbook(), &path, false).unwrap_err().kind(), Kind::Input);
        assert_eq!(std::fs::read(&path).unwrap(), b"mine");
        save(workbook(), &path, true).unwrap();
        assert!(std::fs::read(&path).unwrap().starts_with(b"PK"));
        let names: Vec<_> = std::fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        assert_eq!(names, ["a.xlsx"], "no draft is left");
        assert_eq!(save(workbook(), &folder.path().join("no/such/a.xlsx"), false).unwrap_err().kind(), Kind::Unavailable);
    }

    #[test]
    fn digits_that_a_spreadsheet_would_round_are_text() {
        assert!(is_long(Number::Exact { units: 12_345_678_901_234_567, scale: 2 }));
        assert!(!is_long(Number::Exact { units: 123_456_789_012_345, scale: 2 }));
    }
}
