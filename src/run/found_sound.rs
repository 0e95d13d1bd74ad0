//! What was found out about a project in which nothing was at fault, kept beside it in `target/checked.jsonl`.
//!
//! Guarantees: it is used only for a project whose files are byte for byte those that were checked, by the program that
//! checked them; and it rests on nothing: without it everything is planned again. A project with as much as a warning is
//! checked each time, so that it is told each time.

use std::fs;
use std::os::unix::fs::MetadataExt as _;

use sha2::{Digest, Sha256};

use super::prepare::Prepared;
use super::{artefacts, tell};
use crate::error::Result;
use crate::model::Checked;
use crate::project::Project;

const FILE: &str = "checked.jsonl";

/// The models of a project in which nothing is at fault, if that was found out before.
pub fn remembered(project: &Project) -> Option<Checked> {
    let kept = fs::read(artefacts::place(project, FILE)).ok()?;
    let end = kept.iter().position(|byte| *byte == b'\n')?;
    let (first, found) = (&kept[..end], kept[end + 1..].strip_suffix(b"\n")?);
    (first == title(project, found)?.as_bytes()).then(|| Checked::from_bytes(project, found)).flatten()
}

/// Keeps what was found out about a project in which nothing is at fault; where that cannot be it is logged.
pub fn remember(prepared: &Prepared) {
    if !prepared.is_remembered && prepared.warnings.is_empty() {
        tell(write(&prepared.project, &prepared.checked));
    }
}

fn write(project: &Project, checked: &Checked) -> Result<()> {
    let written = checked.to_bytes().map(|found| {
        let title = title(project, &found)?;
        Some([title.as_bytes(), b"\n", &found].concat())
    });
    match written.transpose() {
        Some(written) => artefacts::write(project, FILE, written),
        None => Ok(()),
    }
}

/// What the first line says: of which files, by which program, and what is found below it. Nothing where this program
/// cannot tell itself from another.
fn title(project: &Project, found: &[u8]) -> Option<String> {
    let program = fs::metadata(std::env::current_exe().ok()?).ok()?;
    // Programs of one version differ while they are worked at.
    let program = [env!("CARGO_PKG_VERSION").to_owned(), program.size().to_string(), program.mtime().to_string(), program.mtime_nsec().to_string()].join("-");
    Some(format!(r#"{{"files": "{}", "program": "{program}", "found": "{}"}}"#, project.print, hex::encode(Sha256::digest(found))))
}
