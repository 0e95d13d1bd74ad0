//! The key, and the disk that the warehouse lies on.

use std::os::unix::fs::MetadataExt as _;
use std::path::Path;
use std::time::Duration;

use super::Finding;
use crate::clock::{self, SharedClock};
use crate::error::{Kind, Result};
use crate::project::Project;
use crate::store::probe;
use crate::warehouse::{KeyPlace, Warehouse, key_place};

/// With less room than this a load may fail in the midst of it.
const LITTLE_ROOM: u64 = 1 << 30;

/// A disk whose time is so far from the machine's makes received times wrong.
const FAR: Duration = Duration::from_secs(60);

pub async fn look(project: &Project, clock: &SharedClock) -> Vec<Finding> {
    let warehouse = match Warehouse::open_if_any(project, clock.clone()).await {
        Ok(warehouse) => warehouse,
        Err(error) => return vec![Finding::of_error("warehouse", &error)],
    };
    let Some(warehouse) = warehouse else { return nothing_yet(project) };
    let mut findings = vec![of_key(project, &warehouse).await];
    findings.extend(key_file(project));
    findings.push(time_of_warehouse(&warehouse, clock).await.unwrap_or_else(|error| Finding::of_error("warehouse", &error)));
    findings.extend(disk(&project.warehouse).await);
    findings
}

fn nothing_yet(project: &Project) -> Vec<Finding> {
    let mut findings = vec![Finding::well("warehouse", format!("none yet: the first run makes `{}`", project.warehouse.display()))];
    match key_place(&project.name) {
        Ok(KeyPlace::File(path)) if !path.exists() => {
            findings.push(Finding::well("key", format!("none yet: the first run makes `{}`; keep a copy of it apart", path.display())));
        }
        Ok(_) => findings.extend(key_file(project)),
        Err(error) => findings.push(Finding::of_error("key", &error)),
    }
    findings
}

async fn of_key(project: &Project, warehouse: &Warehouse) -> Finding {
    match warehouse.key(project).await {
        Ok(_) => Finding::well("key", "is the one that the warehouse was filled with"),
        Err(error) => Finding::of_error("key", &error),
    }
}

/// Where the key file lies, and who can read it.
fn key_file(project: &Project) -> Vec<Finding> {
    let Ok(KeyPlace::File(path)) = key_place(&project.name) else { return Vec::new() };
    let Ok(facts) = std::fs::metadata(&path) else { return Vec::new() };
    let mut findings = Vec::new();
    if facts.mode() & 0o077 != 0 {
        let found = format!("others can read `{}` (mode {:o})", path.display(), facts.mode() & 0o777);
        findings.push(Finding::fault("key file", found, format!("chmod 600 {}", path.display())));
    }
    let is_below = |folder: &Path| path.canonicalize().ok().zip(folder.canonicalize().ok()).is_some_and(|(path, folder)| path.starts_with(folder));
    if is_below(&project.root) || is_below(&project.warehouse) {
        let found = format!("`{}` lies in the project, beside what it protects", path.display());
        findings.push(Finding::fault("key file", found, "move it elsewhere and set RIHLA_KEY_FILE to it"));
    }
    findings
}

/// Nothing in a warehouse is of a time to come.
async fn time_of_warehouse(warehouse: &Warehouse, clock: &SharedClock) -> Result<Finding> {
    let submissions = warehouse.read_submissions().await?;
    let release = warehouse.latest_release().await?.map(|release| release.rihla.release);
    let newest = submissions.iter().map(|submission| submission.loaded_at).max();
    if let Some(newest) = newest.filter(|newest| *newest > clock.now() + chrono::TimeDelta::minutes(1)) {
        let found = format!("this machine's clock shows a time before {}, when something was loaded", newest.format("%Y-%m-%d %H:%M:%S UTC"));
        return Ok(Finding::fault("clock", found, "set the clock, and let it be kept by the network's time"));
    }
    let release = release.map_or_else(|| "no release".to_owned(), |number| format!("release {number}"));
    Ok(Finding::well("warehouse", format!("{} submissions, {release}", submissions.len())))
}

async fn disk(warehouse: &Path) -> Vec<Finding> {
    let mut findings = vec![match probe::folder(warehouse).await {
        Err(error) if error.kind() == Kind::Conflict => Finding::of_error("disk", &error),
        Err(error) => Finding::of_error("disk", &error),
        Ok(probed) => {
            let off = probed.written.duration_since(clock::wall()).unwrap_or_else(|before| before.duration());
            if off > FAR {
                let found = format!("the disk's time and this machine's are {} s apart", off.as_secs());
                Finding::fault("disk", found, "let both be kept by the network's time: received times come from the disk")
            } else if probed.links {
                Finding::well("disk", "makes files in one step, and links them")
            } else {
                Finding::warning("disk", "knows no hard links: each folder of a release holds copies", "a disk that links saves that room")
            }
        }
    }];
    findings.push(match probe::free_bytes(warehouse) {
        Ok(free) if free < LITTLE_ROOM => {
            Finding::fault("room", format!("{} MiB are left", free >> 20), "free some room, or let `rihla prune` remove what is past its retention")
        }
        Ok(free) => Finding::well("room", format!("{} GiB are left", free >> 30)),
        Err(error) => Finding::of_error("room", &error),
    });
    findings
}
