//! Releases named by people.

use crate::clock::SharedClock;
use crate::error::Result;
use crate::project::Project;
use crate::warehouse::{Naming, Tag, Warehouse};

/// What is asked of a name.
#[derive(Debug)]
pub struct TagRequest<'a> {
    /// The name.
    pub tag: &'a str,
    /// The release that it is to name, by number, `latest` or another tag; nothing takes the name away.
    pub release: Option<&'a str>,
    /// Whether a name that is given already moves.
    pub may_move: bool,
    /// Why.
    pub note: Option<String>,
}

/// Gives a release a name, or a name to another release, or takes it away.
///
/// # Errors
/// `Input` where there is no such release, or the name is given already and no move was asked for.
pub async fn tag(project: &Project, named: TagRequest<'_>, clock: SharedClock) -> Result<(Tag, Naming)> {
    let locked = Warehouse::open_locked(project, clock).await?;
    let release = match named.release {
        Some(release) => Some(locked.warehouse.release_named(release).await?.rihla.release),
        None => None,
    };
    locked.name_release(named.tag, release, named.may_move, named.note).await
}
