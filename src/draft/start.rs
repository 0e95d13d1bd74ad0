//! A new project folder that runs at once. What it holds is in `templates/project/`, in plain files; what this
//! repository's own project has already (country names, sexes, editor settings) is taken from there.

use std::path::Path;

use super::editor;
use super::place::{self, NewFile};
use crate::error::{self, Error, Kind, Result};
use crate::names::is_identifier;

macro_rules! template {
    ($($path:literal),* $(,)?) => {
        [$(($path, include_str!(concat!("../../templates/project/", $path)))),*]
    };
}

const TEMPLATES: [(&str, &str); 14] = template![
    "rihla.toml",
    "README.md",
    "pipelines/registrations.toml",
    "schemas/registrations.json",
    "sql/staging/registered_persons.sql",
    "sql/marts/registrations.sql",
    "sql/marts/indicators.sql",
    "published/2023-Q1.csv",
    "extracts/NOR/2023-02-03/registrations-2023-01.csv",
    "extracts/NOR/2023-03-04/registrations-2023-02.csv",
    "extracts/NOR/2023-04-05/registrations-2023-03.csv",
    "extracts/SUD/2023-02-06/registrations-2023-01.csv",
    "extracts/SUD/2023-03-07/registrations-2023-02.csv",
    "extracts/SUD/2023-04-11/registrations-2023-03.csv",
];

/// Files under another name here than in a project, or shared with this repository's own project.
const SHARED: [(&str, &str); 5] = [
    (".gitignore", include_str!("../../templates/project/gitignore")),
    ("schemas/codes/country.csv", include_str!("../../schemas/codes/country.csv")),
    ("schemas/codes/sex.csv", include_str!("../../schemas/codes/sex.csv")),
    (".taplo.toml", include_str!("../../.taplo.toml")),
    (".vscode/settings.json", include_str!("../../.vscode/settings.json")),
];

/// The name that the template's rihla.toml gives the project.
const TEMPLATE_NAME: &str = "name = \"my_project\"";

/// How many of the files that are in the way are named.
const MOST_NAMED: usize = 5;

/// A project folder that was made.
#[derive(Debug)]
pub struct Started {
    /// The project's name: the folder's, as far as it can be one.
    pub name: String,
    /// The files, by their paths in the folder.
    pub files: Vec<String>,
}

/// Makes a project in a folder that is empty or not yet there.
///
/// # Errors
/// `Input` where something is in the way; `Unavailable` where the folder cannot be written.
pub fn start(folder: &Path) -> Result<Started> {
    refuse_unless_empty(folder)?;
    let name = name_of(folder)?;
    let mut files: Vec<NewFile> = TEMPLATES.into_iter().chain(SHARED).map(|(path, text)| NewFile::text(path, text)).collect();
    files[0] = NewFile::text("rihla.toml", TEMPLATES[0].1.replacen(TEMPLATE_NAME, &format!("name = \"{name}\""), 1));
    files.extend(editor::all().into_iter().map(|schema| NewFile::text(format!("{}/{}", editor::FOLDER, editor::file_name(&schema)), schema.text)));
    place::write(folder, &files)?;
    let mut files: Vec<String> = files.into_iter().map(|file| file.path).collect();
    files.sort();
    Ok(Started { name, files })
}

fn refuse_unless_empty(folder: &Path) -> Result<()> {
    let entries = match std::fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(cause) if cause.kind() == std::io::ErrorKind::NotFound => return Ok(()),
        Err(cause) => return Err(error::io(format!("cannot look into `{}`", folder.display()), cause)),
    };
    let mut names: Vec<String> = entries.flatten().map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
    if names.is_empty() {
        return Ok(());
    }
    names.sort();
    let more = names.len().saturating_sub(MOST_NAMED);
    names.truncate(MOST_NAMED);
    let named = names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
    let rest = if more > 0 { format!(" and {more} more") } else { String::new() };
    Err(Error::new(Kind::Input, format!("`{}` is not empty: {named}{rest} would be in the way", folder.display()))
        .hint("name a new folder: `rihla init my-project`"))
}

/// A project's name from its folder's; the template's own where nothing of it can be a name.
fn name_of(folder: &Path) -> Result<String> {
    let whole = std::path::absolute(folder).map_err(|cause| error::io(format!("cannot find `{}`", folder.display()), cause))?;
    let written = whole.file_name().map_or_else(String::new, |name| name.to_string_lossy().to_lowercase());
    let mut name: String = written.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '_' }).collect();
    name = name.trim_end_matches('_').trim_start_matches(|c: char| c == '_' || c.is_ascii_digit()).to_owned();
    Ok(if is_identifier(&name) { name } else { "my_project".to_owned() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_gives_its_name() {
        for (folder, name) in [("/tmp/a/Niger-2024", "niger_2024"), ("/tmp/été", "t"), ("p1", "p1"), ("/", "my_project"), ("/x/2024", "my_project")] {
            assert_eq!(name_of(Path::new(folder)).unwrap(), name, "{folder}");
        }
        assert_eq!(TEMPLATES[0].1.matches(TEMPLATE_NAME).count(), 1);
    }
}
