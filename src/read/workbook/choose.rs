//! Which sheets of a workbook are read.

use super::{Sheet, Visibility};
use crate::contract::fold;
use crate::project::{Wildcard, WorkbookFormat};
use crate::read::Refusal;

/// The names of the sheets to read, in the order in which the source names them.
///
/// # Errors
/// `source-error` where a sheet is not there or hidden, or where none is named and not exactly one is visible.
pub fn choose(sheets: &[Sheet], format: &WorkbookFormat) -> Result<Vec<String>, Refusal> {
    if format.sheets.is_empty() {
        return only(sheets, format).map(|name| vec![name]);
    }
    format.sheets.iter().map(|wanted| named(sheets, wanted, format.hidden)).collect()
}

/// The sheet that fits a pattern, beside another.
///
/// # Errors
/// `source-error` where no sheet or several fit, or the one is hidden.
pub fn matching(sheets: &[Sheet], pattern: &Wildcard, beside: &str, format: &WorkbookFormat) -> Result<String, Refusal> {
    let found: Vec<&Sheet> = sheets.iter().filter(|sheet| sheet.name != beside && pattern.matches(&sheet.name)).collect();
    match found[..] {
        [sheet] => named(sheets, &sheet.name, format.hidden),
        _ => refuse(format!("of the {} sheets of the workbook {} are `{}`, not one", sheets.len(), found.len(), pattern.as_str())),
    }
}

fn named(sheets: &[Sheet], wanted: &str, hidden_is_meant: bool) -> Result<String, Refusal> {
    let Some(sheet) = sheets.iter().find(|sheet| sheet.name == wanted) else {
        // Names are only shown where they are the wanted one in another spelling: they may hold anything.
        let alike = sheets.iter().find(|sheet| fold(&sheet.name) == fold(wanted));
        let rest = alike.map_or_else(|| format!("it has {} of other names", sheets.len()), |alike| format!("is it `{}`?", alike.name));
        return refuse(format!("the workbook has no sheet `{wanted}`; {rest}"));
    };
    match sheet.visibility {
        Visibility::Visible => {}
        _ if hidden_is_meant => {}
        Visibility::Hidden => return refuse(format!("the sheet `{wanted}` is hidden; if it is the one to read, say `hidden = true`")),
        Visibility::VeryHidden => {
            return refuse(format!("the sheet `{wanted}` is hidden so that no menu shows it; if it is the one to read, say `hidden = true`"));
        }
    }
    Ok(sheet.name.clone())
}

fn only(sheets: &[Sheet], format: &WorkbookFormat) -> Result<String, Refusal> {
    let candidates: Vec<&Sheet> = sheets.iter().filter(|sheet| format.hidden || sheet.visibility == Visibility::Visible).collect();
    let hidden = sheets.len() - candidates.len();
    match (candidates.as_slice(), hidden) {
        ([sheet], _) => Ok(sheet.name.clone()),
        ([], 0) => refuse("the workbook has no sheet of cells".to_owned()),
        ([], _) => refuse(format!("every sheet of the workbook is hidden ({hidden}) and the source names none")),
        (several, 0) => refuse(format!("the workbook has {} sheets and the source names none", several.len())),
        (several, _) => refuse(format!("the workbook has {} visible sheets and the source names none", several.len())),
    }
}

fn refuse<T>(what: String) -> Result<T, Refusal> {
    Err(Refusal::new("source-error", what))
}
