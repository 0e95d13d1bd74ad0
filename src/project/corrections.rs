//! Where offices return workbooks of faulty rows: a path with `{office}`, `{received}` and `*`. What slot a workbook is for
//! stands in the workbook.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use regex::Regex;

use super::Lang;
use super::forms::{CorrectionsForm, Text};
use super::template::received;
use crate::diagnostic::{Fault, SourceFile, did_you_mean};
use crate::names::OfficeCode;

/// The languages that workbooks are written in.
const LANGUAGES: [(&str, Lang); 2] = [("en", Lang::En), ("fr", Lang::Fr)];

/// A compiled place of returned workbooks.
#[derive(Debug, Clone)]
pub struct Corrections {
    /// The folder to list, below the project's folder or absolute.
    pub folder: String,
    /// The whole path as written.
    pub text: String,
    matcher: Regex,
}

impl Corrections {
    /// Compiles a place.
    ///
    /// # Errors
    /// What is wrong with it, as a message.
    pub fn new(text: &str) -> Result<Self, String> {
        let mut pattern = regex::escape(text);
        for (part, matched) in [("office", "(?P<office>[A-Za-z0-9_]+)"), ("received", "(?P<received>[0-9TZ:-]+)")] {
            let hole = regex::escape(&format!("{{{part}}}"));
            match pattern.matches(&hole).count() {
                1 => pattern = pattern.replace(&hole, matched),
                count => return Err(format!("`{{{part}}}` stands {count} times, not once")),
            }
        }
        let (folders, name) = text.rsplit_once('/').unwrap_or(("", text));
        if text.matches('*').count() != 1 || !name.contains('*') || !folders.contains("{office}") {
            return Err("the path ends in a folder of the office and one `*` for the name of the file".to_owned());
        }
        let matcher = Regex::new(&format!("^{}$", pattern.replace(r"\*", "[^/]*"))).map_err(|error| error.to_string())?;
        let before = &text[..text.find('{').unwrap_or(0)];
        Ok(Self { folder: before.rfind('/').map_or("", |at| &before[..at]).to_owned(), text: text.to_owned(), matcher })
    }

    /// The office that returns a workbook, and when it was received, by its path; nothing where it is none of this place.
    pub fn place(&self, path: &str) -> Option<(OfficeCode, DateTime<Utc>)> {
        let found = self.matcher.captures(path)?;
        Some((OfficeCode::new(&found["office"]), received(&found["received"])?))
    }
}

/// Resolves `[corrections]`.
pub fn resolve(file: &Arc<SourceFile>, form: &CorrectionsForm, faults: &mut Vec<Fault>) -> Option<Corrections> {
    let url = &form.url;
    let refused = |message: String| Fault::error(file, url.span(), message).hint("such as `corrections/{office}/{received}/*`");
    if let Some((scheme, _)) = url.get_ref().split_once("://") {
        faults.push(refused(format!("`{scheme}://` cannot hold returned workbooks in this version: give a path")));
        return None;
    }
    Corrections::new(url.get_ref()).map_err(|message| faults.push(refused(message))).ok()
}

/// The language that a text names; nothing where it is absent.
pub fn language(file: &Arc<SourceFile>, text: Option<&Text>, faults: &mut Vec<Fault>) -> Option<Lang> {
    language_of(file, text, "workbooks", faults)
}

/// The language of `what` is written.
pub fn language_of(file: &Arc<SourceFile>, text: Option<&Text>, what: &str, faults: &mut Vec<Fault>) -> Option<Lang> {
    let text = text?;
    let found = LANGUAGES.iter().find(|(name, _)| name == text.get_ref()).map(|(_, lang)| *lang);
    if found.is_none() {
        let hint = did_you_mean(text.get_ref(), LANGUAGES.map(|(name, _)| name)).unwrap_or_else(|| "`en` or `fr`".to_owned());
        faults.push(Fault::error(file, text.span(), format!("{what} are not written in `{}`", text.get_ref())).hint(hint));
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_tells_the_office_and_the_day() {
        let place = Corrections::new("back/{office}/{received}/*.xlsx").unwrap();
        assert_eq!(place.folder, "back");
        let (office, received) = place.place("back/OUJ/2023-07-20/returns (2).xlsx").unwrap();
        assert_eq!((office.as_str(), received.to_rfc3339().as_str()), ("OUJ", "2023-07-20T00:00:00+00:00"));
        for other in ["back/OUJ/2023-07-20/a.ods", "back/OUJ/2023-07-32/a.xlsx", "back/OUJ/2023-07-20/more/a.xlsx"] {
            assert!(place.place(other).is_none(), "{other}");
        }
    }

    #[test]
    fn a_place_without_an_office_is_none() {
        for text in ["back/{received}/*", "back/{office}/*", "back/{office}/{received}/a.xlsx", "back/{office}-{received}*"] {
            assert!(Corrections::new(text).is_err(), "{text}");
        }
    }
}
