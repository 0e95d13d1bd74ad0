//! Places of extracts: a path with `{office}`, `{received}` and `{period}` that is listed and matched; with `{page}` all
//! files that differ in it alone are one delivery.

use std::sync::OnceLock;

use chrono::{DateTime, NaiveDate, NaiveDateTime, Utc};
use regex::Regex;

use crate::names::OfficeCode;
use crate::period::Period;

/// A compiled place.
#[derive(Debug, Clone)]
pub struct Template {
    /// The folder to list, below the project's folder or absolute.
    pub folder: String,
    /// The whole template as written, variables replaced.
    pub text: String,
    pattern: String,
    /// What stands before, between and behind the variables.
    literals: Vec<String>,
    /// Compiled for the first path that is held against it: a project has thousands of places, and most commands look at none.
    matcher: OnceLock<Option<Regex>>,
    names_received: bool,
}

/// No path is longer. A pattern of a few such parts always compiles.
const MOST_CHARACTERS: usize = 4_096;

/// What a path says of itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Placed {
    /// The office.
    pub office: OfficeCode,
    /// The reporting period.
    pub period: Period,
    /// When it was received, where the path says so.
    pub received: Option<DateTime<Utc>>,
    /// The page, where the delivery has several files.
    pub page: Option<u64>,
}

const PARTS: [(&str, &str); 4] = [
    ("office", "(?P<office>[A-Za-z0-9_]+)"),
    ("received", "(?P<received>[0-9TZ:-]+)"),
    ("period", "(?P<period>[0-9]{4}-[0-9]{2})"),
    ("page", "(?P<page>[0-9]{1,9})"),
];

impl Template {
    /// Compiles a place.
    ///
    /// # Errors
    /// What is wrong with it, as a message.
    pub fn new(text: &str) -> Result<Self, String> {
        if text.len() > MOST_CHARACTERS {
            return Err(format!("it is longer than {MOST_CHARACTERS} characters"));
        }
        let mut pattern = String::from("^");
        let mut rest = text;
        let (mut seen, mut literals) = (Vec::new(), Vec::new());
        while let Some(open) = opening(rest) {
            pattern.push_str(&regex::escape(&rest[..open]));
            literals.push(rest[..open].to_owned());
            let close = rest[open..].find('}').ok_or("a `{` is never closed")? + open;
            let name = &rest[open + 1..close];
            let (_, part) = PARTS
                .iter()
                .find(|(known, _)| *known == name)
                .ok_or_else(|| format!("`{{{name}}}` is not known; use {{office}}, {{received}}, {{period}} and {{page}}"))?;
            if seen.contains(&name) {
                return Err(format!("`{{{name}}}` stands twice"));
            }
            seen.push(name);
            pattern.push_str(part);
            rest = &rest[close + 1..];
        }
        for needed in ["office", "period"] {
            if !seen.contains(&needed) {
                return Err(format!("`{{{needed}}}` is missing: the path must tell the slot"));
            }
        }
        if seen.contains(&"page") && !seen.contains(&"received") {
            return Err("`{page}` needs `{received}`: the files of a delivery may differ in the time at which they were stored".to_owned());
        }
        if text.find("{page}").is_some_and(|page| text[page..].contains('/')) {
            return Err("`{page}` must stand in the name of the file: pages lie in one folder".to_owned());
        }
        pattern.push_str(&regex::escape(rest));
        pattern.push('$');
        literals.push(rest.to_owned());
        let before = &text[..opening(text).unwrap_or(0)];
        let folder = before.rfind('/').map_or("", |at| &before[..at]).to_owned();
        Ok(Self { folder, text: text.to_owned(), pattern, literals, matcher: OnceLock::new(), names_received: seen.contains(&"received") })
    }

    /// What a path says, or nothing where it is no extract of this place.
    pub fn place(&self, path: &str) -> Option<Placed> {
        if !self.may_be_of(path) {
            return None;
        }
        let found = self.matcher.get_or_init(|| Regex::new(&self.pattern).ok()).as_ref()?.captures(path)?;
        let received = if self.names_received { Some(received(&found["received"])?) } else { None };
        let page = found.name("page").and_then(|page| page.as_str().parse().ok());
        Some(Placed { office: OfficeCode::new(&found["office"]), period: found["period"].parse().ok()?, received, page })
    }

    /// False for most paths that are none of this place, which a project of many places asks for each of them.
    fn may_be_of(&self, path: &str) -> bool {
        let [first, between @ .., last] = self.literals.as_slice() else { return true };
        // What a place ends in tells most of them apart.
        let Some(mut rest) = path.strip_suffix(last.as_str()).and_then(|path| path.strip_prefix(first.as_str())) else { return false };
        for literal in between {
            match rest.find(literal.as_str()) {
                Some(at) => rest = &rest[at + literal.len()..],
                None => return false,
            }
        }
        true
    }

    /// True where paths tell when an extract was received.
    pub fn names_received(&self) -> bool {
        self.names_received
    }

    /// The path of an office's extract for a period, where neither its received time nor a page is part of it.
    pub fn fill(&self, office: &OfficeCode, period: Period) -> String {
        self.text.replace("{office}", office.as_str()).replace("{period}", &period.to_string())
    }
}

/// Where the next part opens; `${NAME}` is none, but a secret that is not shown.
fn opening(text: &str) -> Option<usize> {
    text.match_indices('{').map(|(at, _)| at).find(|at| !text[..*at].ends_with('$'))
}

/// A received time as paths write it: a day (its first moment, UTC) or an instant `20230705T0915Z`, `2023-07-05T09:15:00Z`.
pub fn received(text: &str) -> Option<DateTime<Utc>> {
    if let Ok(day) = NaiveDate::parse_from_str(text, "%Y-%m-%d") {
        return Some(day.and_time(chrono::NaiveTime::MIN).and_utc());
    }
    ["%Y%m%dT%H%M%SZ", "%Y%m%dT%H%MZ", "%Y-%m-%dT%H:%M:%SZ", "%Y-%m-%dT%H%M%SZ"]
        .iter()
        .find_map(|format| NaiveDateTime::parse_from_str(text, format).ok())
        .map(|at| at.and_utc())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_tells_its_slot() {
        let template = Template::new("in/{office}/{received}/returns-{period}.csv").unwrap();
        assert_eq!(template.folder, "in");
        let placed = template.place("in/RAB/2023-02-04/returns-2023-01.csv").unwrap();
        assert_eq!((placed.office.as_str(), placed.period.to_string().as_str()), ("RAB", "2023-01"));
        assert_eq!(placed.received.unwrap().to_rfc3339(), "2023-02-04T00:00:00+00:00");
        for other in ["in/RAB/2023-02-31/returns-2023-01.csv", "in/RAB/2023-02-04/returns-2023-13.csv", "in/RAB/2023-02-04/xreturns-2023-01.csv"] {
            assert_eq!(template.place(other), None, "{other}");
        }
    }

    #[test]
    fn a_path_tells_its_page() {
        let template = Template::new("in/{office}/{received}/plans-{period}/page-{page}.json").unwrap();
        assert_eq!(template.place("in/RAB/2023-02-04/plans-2023-01/page-12.json").unwrap().page, Some(12));
        assert_eq!(template.place("in/RAB/2023-02-04/plans-2023-01/page-x.json"), None);
    }

    #[test]
    fn the_longest_place_there_may_be_is_matched() {
        let rest = "/{office}/{received}/{period}/{page}";
        for filling in ["a", "ß", "(", "日"] {
            let text = format!("{}{rest}", filling.repeat((MOST_CHARACTERS - rest.len()) / filling.len()));
            let path = text.replace("{office}", "RAB").replace("{received}", "2023-02-04").replace("{period}", "2023-01").replace("{page}", "7");
            assert_eq!(Template::new(&text).unwrap().place(&path).unwrap().page, Some(7), "{filling}");
            assert!(Template::new(&format!("{text}{}", "x".repeat(9))).unwrap_err().contains("4096"));
        }
    }

    #[test]
    fn a_place_must_tell_the_slot() {
        assert!(Template::new("in/{office}.csv").unwrap_err().contains("{period}"));
        assert!(Template::new("in/{ofice}-{period}.csv").unwrap_err().contains("{ofice}"));
        assert!(Template::new("in/{office").unwrap_err().contains("closed"));
        assert!(Template::new("in/{office}/{period}/{page}.json").unwrap_err().contains("{received}"));
        assert!(Template::new("in/{office}/{received}/{page}/{period}.json").unwrap_err().contains("one folder"));
    }
}
