//! `rihla rotate-key`

use std::path::Path;

use super::args::Args;
use super::progress::Bar;
use super::render::plural;
use super::{Terminal, closed, print_json};
use crate::clock;
use crate::error::{self, Result};
use crate::{project, run};

/// Rotates the key.
pub async fn rotate(args: &Args, new_key: Option<&Path>, terminal: &mut Terminal<'_>) -> Result<u8> {
    let link = new_key.map(|path| std::fs::read_to_string(path).map_err(|cause| error::io(format!("cannot read `{}`", path.display()), cause))).transpose()?;
    let project = std::sync::Arc::new(project::load(&args.project)?);
    let bar = Bar::new();
    let rotation = run::rotate(&project, link.as_deref(), clock::from_environment()?, &bar).await;
    bar.finish();
    let rotation = rotation?;
    if terminal.json {
        print_json(terminal, &rotation)?;
        return Ok(0);
    }
    let text = format!(
        "rotated   {} in {}, and {}\nthe key {} has {} now: keep a copy of it apart from the warehouse\nrun `rihla run` to make person-level results anew; no figure changes\n",
        plural(rotation.pseudonyms, "pseudonym", "pseudonyms"),
        plural(rotation.rows, "row", "rows"),
        plural(rotation.released_tables, "released table", "released tables"),
        rotation.key_file,
        plural(rotation.links as u64, "link", "links"),
    );
    write!(terminal.out, "{text}").map_err(closed)?;
    Ok(0)
}
