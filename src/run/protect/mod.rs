//! Protection of people: erasure, rotation of the key, retention. Each prepares a change of the whole warehouse aside
//! and then makes it at once.

mod bars;
mod erase;
mod expiry;
mod extracts;
mod proof;
mod prune;
mod reissue;
mod released;
mod rotate;
mod stray;
mod traces;
mod wanted;

pub use bars::Bars;
pub use erase::{Erasure, erase};
pub use expiry::{Cutoffs, kept};
pub use prune::{Pruning, prune};
pub use reissue::read_table;
pub use rotate::{Rotation, rotate};
pub use wanted::{Named, lines};

use stray::Stray;
use wanted::Wanted;

use crate::clock::{SharedClock, random_bytes};
use crate::error::{self, Result};
use crate::warehouse::{Change, Warehouse};

/// The folder of person-level results that models share.
const STAGING: &str = "staging";

/// A name for a receipt: its moment and something unique.
fn receipt_id(clock: &SharedClock) -> String {
    format!("{}-{}", clock.now().format("%Y%m%dT%H%M%SZ"), hex::encode(random_bytes::<3>()))
}

/// Removes every person-level result of models with a change; the next run makes them anew. Tells how many files.
fn remove_staging(warehouse: &Warehouse, change: Option<&mut Change>) -> Result<u64> {
    let count = count_files(&warehouse.store().root().join(STAGING), "parquet")?;
    if let Some(change) = change {
        change.remove(STAGING);
    }
    Ok(count)
}

/// Removes what no release shows with a change: tables that were built and never released, and what interrupted runs
/// left, may tell of people as well.
///
/// # Errors
/// `Unavailable` where a folder cannot be listed.
async fn remove_unreleased(warehouse: &Warehouse, change: &mut Change) -> Result<()> {
    let stray = Stray::find(warehouse, None, true).await?;
    stray.paths.iter().for_each(|path| change.remove(path));
    Ok(())
}

fn count_files(folder: &std::path::Path, extension: &str) -> Result<u64> {
    let what = || format!("cannot list `{}`", folder.display());
    let entries = match std::fs::read_dir(folder) {
        Err(cause) if cause.kind() == std::io::ErrorKind::NotFound => return Ok(0),
        entries => entries.map_err(|cause| error::io(what(), cause))?,
    };
    let mut count = 0;
    for entry in entries {
        let path = entry.map_err(|cause| error::io(what(), cause))?.path();
        count += if path.is_dir() { count_files(&path, extension)? } else { u64::from(path.extension().is_some_and(|end| end == extension)) };
    }
    Ok(count)
}
