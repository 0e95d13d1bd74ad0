//! `rihla schema`

use std::path::Path;

use serde_json::json;

use super::render::{plural, table};
use super::{Terminal, closed, print_json};
use crate::diagnostic::did_you_mean;
use crate::draft::editor;
use crate::error::{Error, Kind, Result};
use crate::project::EditorSchema;

/// Lists the schemas for editors, prints one, or writes all.
pub fn schema(name: Option<&str>, folder: Option<&Path>, terminal: &mut Terminal<'_>) -> Result<u8> {
    let schemas = editor::all();
    match (name, folder) {
        (Some(name), _) => {
            let schema = schemas.iter().find(|schema| schema.name == name).ok_or_else(|| unknown(name, &schemas))?;
            write!(terminal.out, "{}", schema.text).map_err(closed)?;
        }
        (None, Some(folder)) => {
            let written = editor::write(folder)?;
            if terminal.json {
                print_json(terminal, &json!({ "files": written }))?;
            } else {
                writeln!(terminal.out, "wrote {} to {}", plural(written.len() as u64, "schema", "schemas"), folder.display()).map_err(closed)?;
            }
        }
        (None, None) if terminal.json => {
            let list: Vec<_> = schemas.iter().map(|schema| json!({"name": schema.name, "files": schema.files, "schema": editor::file_name(schema)})).collect();
            print_json(terminal, &list)?;
        }
        (None, None) => {
            let rows = schemas.iter().map(|schema| vec![schema.name.to_owned(), schema.files.to_owned()]);
            writeln!(terminal.out, "{}\n\n`rihla schema NAME` prints one; `rihla schema --write editor` writes all", table(&["schema", "for"], rows.collect()))
                .map_err(closed)?;
        }
    }
    Ok(0)
}

fn unknown(name: &str, schemas: &[EditorSchema]) -> Error {
    let names = || schemas.iter().map(|schema| schema.name);
    let hint = did_you_mean(name, names()).unwrap_or_else(|| format!("there are {}", names().collect::<Vec<_>>().join(", ")));
    Error::new(Kind::Input, format!("there is no schema `{name}`")).hint(hint)
}
