//! Workbooks as offices send them: several sheets, merged headers, both epochs, formulas, ODS; and files meant to do harm.

mod cells;
mod harm;
mod headers;
mod make;
mod ods;
mod sheets;

use crate::steps::{Judged, folder_with, judge};
use crate::support::Folder;

/// The feed `steps` with workbooks for extracts; the text is what stands in `workbook = { … }`.
fn folder(workbook: &str) -> Folder {
    folder_with(&[("csv = { delimiter = \";\" }", &format!("workbook = {{ {workbook} }}\ntotal_rows = [\"TOTAL\", \"Source : registre\"]"))])
}

/// The same, with other formats of dates.
fn folder_with_dates(workbook: &str, dates: &str) -> Folder {
    let folder = folder(workbook);
    folder.replace(crate::steps::PIPELINE, "dates = [\"%Y-%m-%d\"]", &format!("dates = {dates}"));
    folder
}

#[track_caller]
fn fine(folder: &Folder, bytes: &[u8]) -> Judged {
    judge(folder, bytes).unwrap_or_else(|refusal| panic!("refused: {} {refusal}", refusal.error))
}

#[track_caller]
fn refused(folder: &Folder, bytes: &[u8]) -> String {
    match judge(folder, bytes) {
        Ok(judged) => panic!("{} rows are read of what should be refused", judged.read),
        Err(refusal) => format!("{}: {refusal}", refusal.error),
    }
}

/// `sheet/row` of every row to load.
fn places(judged: &Judged) -> Vec<String> {
    let good = &judged.validated.good;
    good.sheets.iter().zip(&good.rows).map(|(sheet, row)| format!("{}/{row}", sheet.as_deref().unwrap_or("-"))).collect()
}

/// `sheet/row error` of every row set aside.
fn aside(judged: &Judged) -> Vec<String> {
    let row = |row: &rihla::validate::SetAsideRow| {
        let errors: Vec<&str> = row.reasons.iter().map(|reason| &*reason.rule).collect();
        format!("{}/{} {}", row.sheet.as_deref().unwrap_or("-"), row.row, errors.join("+"))
    };
    judged.validated.aside.iter().map(row).collect()
}
