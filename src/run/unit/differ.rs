//! Rows expected and rows found, told apart: what is missing, what is unexpected, and what differs cell by cell.

use serde::Serialize;

use super::cells::is_same;
use super::scenario::Expected;

/// Cells of a row, null as nothing.
pub type Cells = Vec<Option<String>>;

/// How a table differs from what was expected of it.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub struct Difference {
    /// The columns compared.
    pub columns: Vec<String>,
    /// The rows that differ: first those found in part, then those missing, then those unexpected.
    pub rows: Vec<RowDifference>,
}

/// A row that differs.
#[derive(Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case", tag = "is")]
pub enum RowDifference {
    /// The row of the same grain has other cells.
    Changed {
        /// What was expected.
        expected: Cells,
        /// What was found.
        got: Cells,
        /// By column, whether the cells differ.
        differs: Vec<bool>,
        /// The line of the row in the scenario.
        line: usize,
    },
    /// No such row was found.
    Missing {
        /// What was expected.
        expected: Cells,
        /// The line of the row in the scenario.
        line: usize,
    },
    /// A row that was not expected.
    Unexpected {
        /// What was found.
        got: Cells,
    },
}

/// Compares rows in any order; nothing where they are the same, each as often.
pub fn compare(expected: &Expected, mut found: Vec<Cells>) -> Option<Difference> {
    let is_equal = |want: &Cells, got: &Cells| (0..expected.columns.len()).all(|column| is_same_cell(expected, column, want, got));
    let mut missing: Vec<&(Cells, usize)> = Vec::new();
    for row in &expected.rows {
        match found.iter().position(|got| is_equal(&row.0, got)) {
            Some(at) => {
                found.swap_remove(at);
            }
            None => missing.push(row),
        }
    }
    if missing.is_empty() && found.is_empty() {
        return None;
    }
    found.sort();
    let mut rows = Vec::new();
    missing.retain(|row| match counterpart(expected, row, &found) {
        Some(at) => {
            let (want, got) = (row.0.clone(), found.remove(at));
            let differs = (0..expected.columns.len()).map(|column| !is_same_cell(expected, column, &want, &got)).collect();
            rows.push(RowDifference::Changed { expected: want, got, differs, line: row.1 });
            false
        }
        None => true,
    });
    rows.extend(missing.into_iter().map(|(expected, line)| RowDifference::Missing { expected: expected.clone(), line: *line }));
    rows.extend(found.into_iter().map(|got| RowDifference::Unexpected { got }));
    Some(Difference { columns: expected.columns.iter().map(|(name, _)| name.clone()).collect(), rows })
}

fn is_same_cell(expected: &Expected, column: usize, want: &Cells, got: &Cells) -> bool {
    is_same(expected.columns[column].1, want[column].as_deref(), got[column].as_deref())
}

/// The one row found that agrees with a missing one in the columns of the grain.
fn counterpart(expected: &Expected, row: &(Cells, usize), found: &[Cells]) -> Option<usize> {
    let agrees = |got: &Cells| expected.grain.iter().all(|column| is_same_cell(expected, *column, &row.0, got));
    let mut agreeing = found.iter().enumerate().filter(|(_, got)| agrees(got)).map(|(at, _)| at);
    match (agreeing.next(), agreeing.next()) {
        (Some(only), None) => Some(only),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::run::unit::cells::Holds;

    fn cells(text: &str) -> Cells {
        text.split(' ').map(|cell| (cell != "-").then(|| cell.to_owned())).collect()
    }

    fn expected(rows: &[&str]) -> Expected {
        Expected {
            table: "t".to_owned(),
            condition: None,
            columns: vec![("period".to_owned(), Holds::Text), ("persons".to_owned(), Holds::Whole), ("share".to_owned(), Holds::Inexact)],
            grain: vec![0],
            rows: rows.iter().enumerate().map(|(line, row)| (cells(row), line)).collect(),
            line: 1,
        }
    }

    #[test]
    fn order_is_of_no_meaning_and_number_is() {
        let found = || vec![cells("b 2 33.333333"), cells("a 1 -"), cells("a 1 -")];
        assert_eq!(compare(&expected(&["a 1 -", "a 1 -", "b 2 33.3"]), found()), None);
        let difference = compare(&expected(&["a 1 -", "b 2 33.3"]), found()).unwrap();
        assert_eq!(difference.rows, [RowDifference::Unexpected { got: cells("a 1 -") }]);
    }

    #[test]
    fn rows_of_one_grain_are_told_cell_by_cell() {
        let difference = compare(&expected(&["a 1 -", "b 2 10.0", "c 3 -"]), vec![cells("b 2 -"), cells("a 4 -"), cells("d 3 -")]).unwrap();
        let changed = |want: &str, got: &str, differs: [bool; 3], line| RowDifference::Changed {
            expected: cells(want),
            got: cells(got),
            differs: differs.to_vec(),
            line,
        };
        assert_eq!(
            difference.rows,
            [
                changed("a 1 -", "a 4 -", [false, true, false], 0),
                changed("b 2 10.0", "b 2 -", [false, false, true], 1),
                RowDifference::Missing { expected: cells("c 3 -"), line: 2 },
                RowDifference::Unexpected { got: cells("d 3 -") },
            ]
        );
    }
}
