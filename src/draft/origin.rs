//! Where extracts like the sample come from, as far as its path tells.

use std::path::Path;

use regex::Regex;

use crate::project::Project;
use crate::read::unpack::ENDINGS;

/// What stands for an office that nobody has named: `rihla check` points at it.
pub const UNKNOWN_OFFICE: &str = "TODO";

/// Where extracts come from.
#[derive(Debug)]
pub struct Origin {
    /// The offices that send them.
    pub offices: Vec<String>,
    /// The place, with `{office}`, `{received}` and `{period}`.
    pub url: String,
    /// True where the place was not told by the path.
    pub is_guess: bool,
    /// What was decided, and why.
    pub evidence: Vec<String>,
    /// What people must decide.
    pub questions: Vec<String>,
}

/// What a sample's path tells.
pub fn of(file: &Path, feed: &str, project: Option<&Project>) -> Origin {
    let mut origin = Origin { offices: Vec::new(), url: String::new(), is_guess: false, evidence: Vec::new(), questions: Vec::new() };
    let path = project.and_then(|project| below(&project.root, file));
    let parts: Vec<&str> = path.as_deref().unwrap_or_default().split('/').collect();
    let known = |code: &str| project.is_some_and(|project| project.office(code).is_some());
    let office = parts.iter().find(|part| known(part)).map(|part| (*part).to_owned());
    let place = path.as_deref().zip(office.as_deref()).and_then(|(path, office)| template(path, office));
    match (office, project.map(|project| project.offices.as_slice())) {
        (Some(code), _) => {
            origin.evidence.push(format!("office {code}: the path says so"));
            origin.offices.push(code);
        }
        (None, Some([only])) => {
            origin.evidence.push(format!("office {}: the only one of the project", only.code));
            origin.offices.push(only.code.to_string());
        }
        _ => {
            origin.offices.push(UNKNOWN_OFFICE.to_owned());
            origin.questions.push(format!("which offices send like this? the pipeline says `{UNKNOWN_OFFICE}`"));
        }
    }
    match place {
        Some(place) => {
            origin.evidence.push(format!("place {place}: as the sample's path"));
            origin.url = place;
        }
        None => {
            let name = file.file_name().map_or_else(String::new, |name| name.to_string_lossy().to_lowercase());
            let bare = ENDINGS.iter().find_map(|ending| name.strip_suffix(ending)).unwrap_or(&name);
            let ending = bare.rsplit_once('.').map_or("csv", |(stem, _)| &name[stem.len() + 1..]);
            origin.url = format!("extracts/{{office}}/{{received}}/{feed}-{{period}}.{ending}");
            origin.is_guess = true;
            origin.questions.push("where do such extracts lie? the pipeline names a place with {office}, {received} and {period}".to_owned());
        }
    }
    origin
}

fn below(root: &Path, file: &Path) -> Option<String> {
    let (root, file) = (root.canonicalize().ok()?, file.canonicalize().ok()?);
    Some(file.strip_prefix(&root).ok()?.to_string_lossy().replace('\\', "/"))
}

/// The place that a path is of, where it tells office and month.
fn template(path: &str, office: &str) -> Option<String> {
    let day = Regex::new(r"/\d{4}-\d{2}-\d{2}/").ok()?;
    let month = Regex::new(r"\d{4}-\d{2}").ok()?;
    let parts: Vec<&str> = path.split('/').map(|part| if part == office { "{office}" } else { part }).collect();
    let place = parts.join("/");
    let place = day.replace(&place, "/{received}/").into_owned();
    let (folder, name) = place.rsplit_once('/')?;
    month.is_match(name).then(|| format!("{folder}/{}", month.replace(name, "{period}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_tells_its_place() {
        let place = |path| template(path, "RAB");
        assert_eq!(place("in/RAB/2023-02-04/returns-2023-01.csv").as_deref(), Some("in/{office}/{received}/returns-{period}.csv"));
        assert_eq!(place("in/RAB/returns.csv"), None);
    }
}
