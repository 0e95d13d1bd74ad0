//! An earlier release made current again.
//!
//! Guarantees: nothing is taken away; the earlier tables are released under a new number in one atomic step, and stay
//! until somebody lets runs release again.

use serde::Serialize;

use super::closing;
use crate::clock::{SharedClock, random_bytes};
use crate::error::{Error, Kind, Result};
use crate::project::Project;
use crate::warehouse::{Manifest, RolledBack, Warehouse, says_the_same};

/// What a rollback did.
#[derive(Debug, Clone, Serialize)]
pub struct Rollback {
    /// The new release.
    pub release: u64,
    /// The one whose tables it has.
    pub rolled_back_to: u64,
    /// The one that was current before.
    pub before: u64,
}

/// Makes an earlier release current again, by its number or tag.
///
/// # Errors
/// `Input` where there is none of that name or it is what is current; `Unavailable` where a file of it is missing or
/// damaged; `Data` where it says something else of a closed period and nobody approved that.
pub async fn rollback(project: &Project, name: &str, note: Option<String>, clock: SharedClock) -> Result<Rollback> {
    let locked = Warehouse::open_locked(project, clock).await?;
    let warehouse = &locked.warehouse;
    let current = warehouse.release_named("latest").await?;
    let target = warehouse.release_named(name).await?;
    let (before, number) = (current.rihla.release, target.rihla.release);
    if before == number {
        return Err(Error::new(Kind::Input, format!("release {number} is the current one")).hint("name an earlier one: see `rihla releases`"));
    }
    let is_same =
        current.resources.len() == target.resources.len() && current.resources.iter().zip(&target.resources).all(|(one, other)| says_the_same(one, other));
    if is_same {
        return Err(Error::new(Kind::Input, format!("release {before}, the current one, says what release {number} says")));
    }
    check_files(warehouse, &target)?;
    let judgement = closing::judge(project, warehouse, &current, &target.resources)?;
    if !judgement.changes.is_empty() || !judgement.forgotten.is_empty() {
        let error = Error::new(Kind::Data, format!("release {number} says something else of what is closed in release {before}"));
        return Err(judgement.problems(before).into_iter().fold(error, Error::hint));
    }
    let manifest = again(warehouse, target, before + 1, note, &judgement);
    warehouse.publish(&manifest).await?;
    Ok(Rollback { release: before + 1, rolled_back_to: number, before })
}

/// Lets runs release again after a rollback; the number of the rollback.
///
/// # Errors
/// `Input` where the current release is no rollback, or runs may release already.
pub async fn clear_rollback(project: &Project, note: Option<String>, clock: SharedClock) -> Result<u64> {
    let locked = Warehouse::open_locked(project, clock).await?;
    let current = locked.warehouse.release_named("latest").await?;
    let number = current.rihla.release;
    if current.rihla.rolled_back_to.is_none() {
        return Err(Error::new(Kind::Input, format!("release {number}, the current one, is no rollback: nothing holds the next run")));
    }
    if !locked.warehouse.clear_rollback(&current, note).await? {
        return Err(Error::new(Kind::Input, format!("the rollback of release {number} was cleared before: the next run releases")));
    }
    Ok(number)
}

/// What is made current again must be whole.
fn check_files(warehouse: &Warehouse, target: &Manifest) -> Result<()> {
    for table in &target.resources {
        let csv = table.rihla.csv.as_ref();
        let is_whole = table.is_content_of(&warehouse.resource_file(table)) && csv.is_none_or(|csv| csv.is_content_of(&warehouse.released_file(&csv.path)));
        if !is_whole {
            return Err(Error::new(Kind::Unavailable, format!("a file of `{}` of release {} is missing or damaged", table.name, target.rihla.release))
                .hint("nothing was changed; restore the file from a backup, or roll back to another release"));
        }
    }
    Ok(())
}

fn again(warehouse: &Warehouse, target: Manifest, number: u64, note: Option<String>, judgement: &closing::Judgement) -> Manifest {
    let now = warehouse.clock().now();
    let mut manifest = target;
    let earlier = manifest.rihla.release;
    let project = manifest.name.rsplit_once('-').map_or(manifest.name.as_str(), |(project, _)| project).to_owned();
    manifest.name = format!("{project}-{number:06}");
    manifest.version = number.to_string();
    manifest.created = now.to_rfc3339_opts(chrono::SecondsFormat::Secs, true);
    manifest.rihla.release = number;
    manifest.rihla.run_id = format!("{}-{}", now.format("%Y%m%dT%H%M%S%3fZ"), hex::encode(random_bytes::<3>()));
    manifest.rihla.closed.clone_from(&judgement.closed);
    manifest.rihla.restated.clone_from(&judgement.approved);
    manifest.rihla.rolled_back_to = Some(RolledBack { release: earlier, note });
    manifest
}
