//! `warehouse.json`: which make a warehouse is of, whose it is, and by which key it was filled.

use serde::{Deserialize, Serialize};

use super::Change;
use crate::clock::SharedClock;
use crate::error::{Error, Kind, Result};
use crate::normalise::Key;
use crate::project::Project;
use crate::store::Store;

/// The file's place in the warehouse.
pub const FILE: &str = "warehouse.json";

/// The make of warehouses that this program writes; a higher number is a newer program's.
///
/// 2 knows people who were erased, rows past their retention and chains of keys: a program that knows 1 alone would load
/// them again.
const FORMAT: u32 = 2;

/// The file's content.
#[derive(Debug, Serialize, Deserialize)]
pub struct Marker {
    format: u32,
    project: String,
    /// Knows the key again without telling it.
    pub key_fingerprint: String,
    created_at: String,
    made_by: String,
}

/// Only the part that every make has.
#[derive(Deserialize)]
struct AnyMarker {
    format: u32,
    made_by: Option<String>,
}

/// The marker of a warehouse; nothing where there is no warehouse yet.
pub async fn check(store: &Store, project: &Project) -> Result<Option<Marker>> {
    let Some(bytes) = store.read_if_any(FILE).await? else {
        return Ok(None);
    };
    let broken = |cause| {
        Error::new(Kind::Conflict, format!("`{FILE}` of the warehouse cannot be read"))
            .hint("restore the file, or start a new warehouse in another folder")
            .because(cause)
    };
    let any: AnyMarker = serde_json::from_slice(&bytes).map_err(broken)?;
    if any.format > FORMAT {
        let maker = any.made_by.unwrap_or_else(|| "a newer rihla".to_owned());
        return Err(Error::new(
            Kind::Conflict,
            format!("the warehouse is of format {}, made by {maker}; this program knows formats up to {FORMAT}", any.format),
        )
        .hint("use the newer program; nothing was touched"));
    }
    let marker: Marker = serde_json::from_slice(&bytes).map_err(broken)?;
    if marker.project != project.name {
        return Err(Error::new(Kind::Conflict, format!("the warehouse belongs to the project `{}`, not `{}`", marker.project, project.name))
            .hint("name another folder as `warehouse` in rihla.toml"));
    }
    Ok(Some(marker))
}

/// Marks a new warehouse.
pub async fn write(store: &Store, project: &Project, key: &Key, clock: &SharedClock) -> Result<()> {
    let marker = Marker {
        format: FORMAT,
        project: project.name.clone(),
        key_fingerprint: key.fingerprint(),
        created_at: clock.now().to_rfc3339_opts(chrono::SecondsFormat::Secs, true),
        made_by: concat!("rihla ", env!("CARGO_PKG_VERSION")).to_owned(),
    };
    let bytes = serde_json::to_vec_pretty(&marker).map_err(|cause| Error::new(Kind::Internal, "cannot write the warehouse's marker").because(cause))?;
    store.create(FILE, bytes).await?;
    Ok(())
}

/// The marker of a warehouse that is changed as a whole, by the key that it has from then on.
pub async fn renew(store: &Store, project: &Project, key: &Key, change: &mut Change) -> Result<()> {
    let marker = check(store, project).await?.ok_or_else(nothing_loaded)?;
    change.write_json(FILE, &Marker { format: FORMAT, key_fingerprint: key.fingerprint(), ..marker })
}

/// The error of reading before anything was loaded.
pub fn nothing_loaded() -> Error {
    Error::new(Kind::Input, "there is no warehouse yet").hint("run `rihla run` first")
}
