//! Errors and tables as people see them.

use comfy_table::{Cell, CellAlignment, ColumnConstraint, ContentArrangement, Table, presets};
use serde_json::json;

use crate::error::{Error, Kind};

/// An error with its causes, faults and hints.
pub fn error(error: &Error, colour: bool) -> String {
    let (red, cyan, plain) = if colour { ("\u{1b}[1;31m", "\u{1b}[1;36m", "\u{1b}[0m") } else { ("", "", "") };
    let mut text = String::new();
    for fault in error.project_faults() {
        text.push_str(&fault.render(colour));
        text.push_str("\n\n");
    }
    text.push_str(&format!("{red}error{plain}: {error}"));
    for cause in error.causes() {
        text.push_str(&format!("\n  because: {cause}"));
    }
    if error.kind() == Kind::Internal {
        text.push_str(&format!("\n{cyan}help{plain}: this is a defect of rihla; please report it with the command and the lines above"));
    }
    for hint in error.hints() {
        text.push_str(&format!("\n{cyan}help{plain}: {hint}"));
    }
    text
}

/// An error for programs.
pub fn error_json(error: &Error) -> String {
    let faults: Vec<_> = error.project_faults().iter().map(crate::diagnostic::Fault::to_json).collect();
    let value = json!({"error": error.to_string(), "kind": format!("{:?}", error.kind()).to_lowercase(), "causes": error.causes(), "hints": error.hints(), "faults": faults});
    value.to_string()
}

/// A table for people: numbers to the right.
pub fn table<H: AsRef<str>>(header: &[H], rows: Vec<Vec<String>>) -> String {
    drawn(header, rows, None)
}

/// The same in lines of so many letters at most: longer cells go on in lines of their own, where there is room for any.
pub fn table_within<H: AsRef<str>>(header: &[H], rows: Vec<Vec<String>>, width: usize) -> String {
    drawn(header, rows, Some(width))
}

fn drawn<H: AsRef<str>>(header: &[H], rows: Vec<Vec<String>>, width: Option<usize>) -> String {
    let mut table = Table::new();
    if let Some(width) = width {
        table.set_width(u16::try_from(width).unwrap_or(u16::MAX));
    }
    table.load_preset(presets::NOTHING).set_content_arrangement(ContentArrangement::Dynamic);
    table.set_header(header.iter().map(|title| Cell::new(title.as_ref().to_uppercase())));
    let numeric: Vec<bool> =
        (0..header.len()).map(|column| rows.iter().all(|row| row.get(column).is_none_or(|cell| is_number(cell))) && !rows.is_empty()).collect();
    for row in rows {
        table.add_row(row.into_iter().enumerate().map(|(column, text)| {
            let alignment = if numeric.get(column).copied().unwrap_or(false) { CellAlignment::Right } else { CellAlignment::Left };
            Cell::new(text).set_alignment(alignment)
        }));
    }
    for (index, column) in table.column_iter_mut().enumerate() {
        column.set_padding((u16::from(index > 0) * 2, 0));
        if numeric[index] {
            column.set_cell_alignment(CellAlignment::Right);
            // A figure is never broken: only words make room.
            if width.is_some() {
                column.set_constraint(ColumnConstraint::ContentWidth);
            }
        }
    }
    table.lines().map(|line| line.trim_end().to_owned()).collect::<Vec<_>>().join("\n")
}

fn is_number(text: &str) -> bool {
    let text = text.trim_start_matches(['=', '>']).trim();
    let digits = text.trim_start_matches(['+', '-', '−']).trim_end_matches([' ', '\u{202f}', '%', 'p', '*', 'r', '(', ')']).trim();
    text.is_empty() || text == "–" || (!digits.is_empty() && digits.chars().all(|c| c.is_ascii_digit() || matches!(c, '.' | ',' | '\u{202f}')))
}

/// A count with thousands apart.
pub fn count(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// `1 file`, `2 files`.
pub fn plural(number: u64, one: &str, many: &str) -> String {
    format!("{} {}", count(number), if number == 1 { one } else { many })
}

/// How many letters fit on a line: those of the terminal, else of `COLUMNS`, else 100.
pub fn width() -> usize {
    let asked = std::env::var("COLUMNS").ok().and_then(|text| text.parse::<usize>().ok());
    asked.or_else(|| Table::new().width().map(usize::from)).unwrap_or(100).max(30)
}

/// A text in lines of so many letters at most, each after an indent; a longer word keeps its length.
pub fn wrapped(text: &str, width: usize, indent: &str) -> String {
    let room = width.saturating_sub(indent.chars().count()).max(1);
    let mut lines: Vec<String> = Vec::new();
    for word in text.split(' ').filter(|word| !word.is_empty()) {
        match lines.last_mut() {
            Some(line) if line.chars().count() + 1 + word.chars().count() <= room => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines.iter().map(|line| format!("{indent}{line}")).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_no_longer_than_asked() {
        let text = wrapped("Voluntary return from Morocco, age taken on the day of departure", 24, "  ");
        assert_eq!(text, "  Voluntary return from\n  Morocco, age taken on\n  the day of departure");
        assert_eq!(wrapped("anticonstitutionnellement", 5, ""), "anticonstitutionnellement");
    }

    #[test]
    fn a_table_too_wide_breaks_words_and_no_figure() {
        let row = || vec![vec!["Agence nationale de promotion de l'emploi".to_owned(), "1,732 p".to_owned()]];
        let drawn = table_within(&["partner", "2023-H1"], row(), 30);
        assert!(drawn.lines().all(|line| line.chars().count() <= 30) && drawn.contains("1,732 p"), "{drawn}");
        assert_eq!(drawn.lines().count(), 3, "{drawn}");
        assert_eq!(table_within(&["partner", "2023-H1"], row(), 100), table(&["partner", "2023-H1"], row()));
    }

    #[test]
    fn french_numbers_stand_to_the_right() {
        assert!(is_number("1\u{202f}732,50") && is_number("+28,9\u{202f}% *") && is_number(">= 20,000"));
        assert!(!is_number("2023-H1") && !is_number("men"));
    }
}
