//! Selections held against the last release and the last run.

use super::artefacts;
use super::prepare::Prepared;
use crate::clock::SharedClock;
use crate::error::Result;
use crate::model::{Known, Released, Selection, Wish};
use crate::warehouse::Warehouse;

/// What a wish selects in a project; nothing where everything is wished for.
///
/// # Errors
/// `Input` with every fault of the wish; as opening the warehouse says.
pub async fn select(prepared: &Prepared, clock: SharedClock, wish: &Wish) -> Result<Option<Selection>> {
    if wish.is_everything() {
        return Ok(None);
    }
    let release = match Warehouse::open_if_any(&prepared.project, clock).await? {
        Some(warehouse) => warehouse.latest_release().await?,
        None => None,
    };
    let known = Known {
        project: &prepared.project,
        checked: &prepared.checked,
        released: Released::of(release.as_ref()),
        results: artefacts::last_results(&prepared.project, &prepared.checked)?,
    };
    Selection::of(wish, &known).map(Some)
}
