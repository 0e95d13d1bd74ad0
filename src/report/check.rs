//! The whole project looked through, with the files that only reports read.

use std::path::Path;

use super::controls;
use crate::error::Result;
use crate::run::{Prepared, check_project_and};

/// Checks a project folder, its models and its control totals; touches nothing.
///
/// # Errors
/// `Config` with every fault found.
pub async fn check(root: &Path) -> Result<Prepared> {
    check_project_and(root, |project, faults| {
        if let Some(Err(error)) = project.published.as_deref().map(controls::load) {
            faults.extend(error.project_faults().iter().cloned());
        }
    })
    .await
}
