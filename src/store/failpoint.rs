//! Points before, amid and after every write, at which tests end the process or let the write fail.
//!
//! Guarantees: every write of the store goes through one, so that a list of the points passed is the list of the writes;
//! builds that are not for tests pass them all by. What a test wants stands in three variables: `RIHLA_TEST_POINTS` names
//! a file to which every point passed is added, `RIHLA_TEST_POINT` the point at which something happens, and
//! `RIHLA_TEST_FAULT` what: `kill` (where it is not set), `error`, `full` (the disk), or `stall` for a second.

use std::collections::HashMap;
use std::io;
use std::path::Path;
use std::sync::{LazyLock, Mutex, PoisonError};

/// A write that is about to happen, or happens.
pub struct Point(String);

impl Point {
    /// Before a write: `verb` says of what kind, `path` where.
    ///
    /// # Errors
    /// The one that a test asked for.
    pub fn before(verb: &str, path: &Path) -> io::Result<Self> {
        if !cfg!(debug_assertions) {
            return Ok(Self(String::new()));
        }
        let name = counted(format!("{verb} {}", class_of(path)));
        pass("before", &name, || Ok(()))?;
        Ok(Self(name))
    }

    /// Amid a write that is made of several steps: `half` does what is there when it ends in the middle.
    ///
    /// # Errors
    /// The one that a test asked for.
    pub fn amid(&self, half: impl FnOnce() -> io::Result<()>) -> io::Result<()> {
        if cfg!(debug_assertions) { pass("amid", &self.0, half) } else { Ok(()) }
    }

    /// After the write, whether it succeeded or not.
    ///
    /// # Errors
    /// The one that a test asked for, as of a write that landed and of which nobody was told.
    pub fn after(self) -> io::Result<()> {
        if cfg!(debug_assertions) { pass("after", &self.0, || Ok(())) } else { Ok(()) }
    }
}

/// Where a test ends the process by the name of a step.
pub fn stop_at(step: &str) {
    if cfg!(debug_assertions) && std::env::var("RIHLA_TEST_STOP").is_ok_and(|stop| stop == step) {
        std::process::abort();
    }
}

fn pass(moment: &str, name: &str, half: impl FnOnce() -> io::Result<()>) -> io::Result<()> {
    if let Some(list) = std::env::var_os("RIHLA_TEST_POINTS") {
        let mut list = std::fs::OpenOptions::new().create(true).append(true).open(list)?;
        io::Write::write_all(&mut list, format!("{moment} {name}\n").as_bytes())?;
    }
    let wanted = std::env::var("RIHLA_TEST_POINT").unwrap_or_default();
    if wanted.split_once(' ') != Some((moment, name)) {
        return Ok(());
    }
    match std::env::var("RIHLA_TEST_FAULT").as_deref() {
        Ok("error") => half().and(Err(io::Error::other("a fault that a test asked for"))),
        Ok("full") => half().and(Err(io::Error::from_raw_os_error(28))),
        Ok("stall") => {
            std::thread::sleep(std::time::Duration::from_secs(1));
            Ok(())
        }
        _ => {
            // What half of it leaves is what is looked at; whether it could be left is not.
            let _ = half();
            std::process::abort()
        }
    }
}

/// The name with how often it was passed, where that is more than once.
fn counted(name: String) -> String {
    static PASSED: LazyLock<Mutex<HashMap<String, u32>>> = LazyLock::new(Mutex::default);
    let mut passed = PASSED.lock().unwrap_or_else(PoisonError::into_inner);
    let times = passed.entry(name.clone()).or_default();
    *times += 1;
    if *times == 1 { name } else { format!("{name} ({times})") }
}

/// A path below the folder that `RIHLA_TEST_ROOT` names, or the last part of another; what differs from run to run is a star.
pub(super) fn class_of(path: &Path) -> String {
    let root = std::env::var_os("RIHLA_TEST_ROOT").map(std::path::PathBuf::from).unwrap_or_default();
    let below = path.strip_prefix(&root).ok().or_else(|| path.strip_prefix(root.canonicalize().ok()?).ok());
    let Some(below) = below else {
        return format!("…/{}", class_of_part(&path.file_name().unwrap_or_default().to_string_lossy()));
    };
    let parts: Vec<String> = below.components().map(|part| class_of_part(&part.as_os_str().to_string_lossy())).collect();
    if parts.is_empty() { ".".to_owned() } else { parts.join("/") }
}

fn class_of_part(part: &str) -> String {
    if part.starts_with("part-") {
        return "part-*.parquet".to_owned();
    }
    let words: Vec<&str> = part.split('.').map(|word| if word.split('-').any(differs) { star(word) } else { word }).collect();
    words.join(".")
}

/// A word with its random part as a star: `building-0a1b2c3d4e5f` as `building-*`.
fn star(word: &str) -> &str {
    if word.starts_with("building-") { "building-*" } else { "*" }
}

/// True for hex digits of hashes and random names, and for moments; not for numbers of releases and versions, which have
/// as many digits as no random name has.
fn differs(word: &str) -> bool {
    let is_moment = word.len() > 8 && word.ends_with('Z') && word.contains('T');
    let is_number = [6, 20].contains(&word.len()) && word.bytes().all(|byte| byte.is_ascii_digit());
    is_moment || (word.len() >= 6 && !is_number && word.bytes().all(|byte| byte.is_ascii_hexdigit()))
}

#[cfg(test)]
mod tests {
    use super::class_of_part;

    #[test]
    fn what_differs_from_run_to_run_is_a_star() {
        for (part, class) in [
            ("part-00000-215ad32d-9674-41dc-a68e-c690ee70f499-c000.snappy.parquet", "part-*.parquet"),
            ("20230721T060000000Z-71d936.json", "*.json"),
            (".building-0a1b2c3d4e5f", ".building-*"),
            (".building-00001c3d4e5f", ".building-*"),
            ("latest.0a1b2c3d4e5f", "latest.*"),
            ("065daf1a8b1e1c6e.csv", "*.csv"),
            ("release-000001.json", "release-000001.json"),
            ("00000000000000000012.json", "00000000000000000012.json"),
            ("datapackage.json", "datapackage.json"),
        ] {
            assert_eq!(class_of_part(part), class);
        }
    }
}
