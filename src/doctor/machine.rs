//! Versions, the time zones that this program knows, and the clock.

use std::path::Path;

use super::Finding;
use crate::clock::{self, SharedClock};

/// Where systems keep their zone database, with its version in the first line.
const SYSTEM_ZONES: &str = "/usr/share/zoneinfo/tzdata.zi";

pub fn look(now: &SharedClock) -> Vec<Finding> {
    vec![versions(), zones(Path::new(SYSTEM_ZONES)), clock(now)]
}

fn versions() -> Finding {
    let datafusion = datafusion::DATAFUSION_VERSION;
    Finding::well("versions", format!("rihla {}, DataFusion {datafusion}, SQLite {}", env!("CARGO_PKG_VERSION"), rusqlite::version()))
}

/// This program brings its zone database along; a newer one of the system tells that rules have changed since.
fn zones(system: &Path) -> Finding {
    let ours = chrono_tz::IANA_TZDB_VERSION;
    let text = std::fs::read_to_string(system).unwrap_or_default();
    match text.lines().next().and_then(|line| line.strip_prefix("# version ")) {
        // Versions are a year and a letter.
        Some(theirs) if theirs > ours => {
            let found = format!("this program knows time zones as of {ours}, this machine as of {theirs}");
            Finding::warning("time zones", found, "install a newer rihla before clocks change where schedules are meant")
        }
        _ => Finding::well("time zones", format!("as of {ours}")),
    }
}

fn clock(now: &SharedClock) -> Finding {
    let text = now.now().format("%Y-%m-%d %H:%M:%S UTC").to_string();
    if clock::is_fixed() {
        return Finding::warning("clock", format!("stands still at {text}, since RIHLA_NOW is set"), "unset RIHLA_NOW where the program works for people");
    }
    Finding::well("clock", text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::Health;

    #[test]
    fn a_newer_zone_database_of_the_system_is_told() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("tzdata.zi");
        let health = |text: &str| {
            std::fs::write(&file, text).expect("a file");
            zones(&file).health
        };
        assert_eq!(health("# version 1999a\n"), Health::Well);
        assert_eq!(health("# version 2999z\n# redistributed\n"), Health::Warning);
        assert_eq!(health("something else"), Health::Well);
        assert_eq!(zones(&folder.path().join("none")).health, Health::Well);
    }
}
