//! The schemas for editors of every kind of file that a project has.

use std::path::{Path, PathBuf};

use super::place;
use crate::error::{self, Result};
use crate::model::{Header, ScenarioForm};
use crate::project::{EditorSchema, editor_schema, editor_schemas};

/// The folder of a project in which its editor settings look for the schemas.
pub const FOLDER: &str = "editor";

/// Every schema, in the order in which people meet the files.
pub fn all() -> Vec<EditorSchema> {
    let mut schemas = editor_schemas();
    schemas.push(editor_schema::<Header>("model-header", "sql/**/*.sql"));
    schemas.push(editor_schema::<ScenarioForm>("unit-test", "tests/models/**/*.toml"));
    schemas
}

/// The name of a schema's file.
pub fn file_name(schema: &EditorSchema) -> String {
    format!("{}.schema.json", schema.name)
}

/// Writes every schema into a folder, over what stood there; gives the files.
///
/// # Errors
/// `Unavailable` where a file cannot be written.
pub fn write(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut written = Vec::new();
    for schema in all() {
        let path = folder.join(file_name(&schema));
        place::folder_of(&path)?;
        std::fs::write(&path, &schema.text).map_err(|cause| error::io(format!("cannot write `{}`", path.display()), cause))?;
        written.push(path);
    }
    Ok(written)
}
