//! Rollbacks: an earlier release said again under a new number, which stays until somebody lets runs release again.
//!
//! Nothing is taken away: the release that was rolled back keeps its number. That runs may release again is a file of its
//! own, `released/cleared/<number>.json`, made in one atomic step, so that there is nothing that could be half undone.

use serde::Serialize;

use super::{Manifest, Warehouse};
use crate::error::{Error, Kind, Result};

/// Says that runs may release again after a rollback.
#[derive(Serialize)]
struct Cleared {
    release: u64,
    at: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    note: Option<String>,
}

impl Warehouse {
    /// True where a release is a rollback that nobody has cleared, so that no run may release anything else.
    ///
    /// # Errors
    /// `Unavailable` where that cannot be read.
    pub async fn is_held_by_rollback(&self, release: &Manifest) -> Result<bool> {
        if release.rihla.rolled_back_to.is_none() {
            return Ok(false);
        }
        Ok(self.store().read_if_any(&cleared(release.rihla.release)).await?.is_none())
    }

    /// Lets runs release again after a rollback; false where they may already.
    ///
    /// # Errors
    /// `Unavailable` where that cannot be written.
    pub async fn clear_rollback(&self, release: &Manifest, note: Option<String>) -> Result<bool> {
        let number = release.rihla.release;
        let said = Cleared { release: number, at: self.clock().now().to_rfc3339_opts(chrono::SecondsFormat::Secs, true), note };
        let bytes = serde_json::to_vec_pretty(&said).map_err(|cause| Error::new(Kind::Internal, "cannot write that a rollback is cleared").because(cause))?;
        self.store().create(&cleared(number), bytes).await
    }
}

fn cleared(number: u64) -> String {
    format!("released/cleared/{number:06}.json")
}
