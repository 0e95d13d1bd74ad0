//! An earlier release made current again, and what runs do then; readers see one whole release at any moment.

use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::{fs, thread};

use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::releases::{starter, two_releases, without};
use crate::support::{Folder, ROWS, comma_csv, snapshot};

fn latest(folder: &Folder) -> String {
    fs::read_link(folder.path("warehouse/released/latest")).expect("a link").to_string_lossy().into_owned()
}

#[test]
fn a_rollback_is_a_release_and_stays_until_it_is_cleared() {
    let folder = two_releases();
    let mut told = String::new();
    let mut tell = |args: &[&str], code: i32| {
        let ran = folder.rihla(args);
        assert_eq!(ran.code, code, "{}", ran.text());
        told.push_str(&format!("$ rihla {}\n{}\n\n", args.join(" "), ran.text()));
    };
    tell(&["rollback", "--clear"], 1);
    tell(&["rollback", "2"], 1);
    tell(&["rollback", "7"], 1);
    tell(&["rollback", "1", "--note", "r-9 is nobody"], 0);
    tell(&["rollback", "1"], 1);
    assert_eq!(latest(&folder), "000003");
    assert_eq!(folder.released("deliveries").len(), 4);
    assert!(folder.files("warehouse/released/000003").get("deliveries.parquet") == folder.files("warehouse/released/000001").get("deliveries.parquet"));
    tell(&["run"], 1);
    folder.write("in/RAB/2023-03-04/registrations-2023-02.csv", comma_csv(&[]));
    tell(&["run"], 1);
    assert_eq!(latest(&folder), "000003", "a run undid the rollback");
    tell(&["releases"], 0);
    tell(&["releases", "show", "3"], 0);
    tell(&["rollback", "--clear", "--note", "Rabat says that r-9 is real"], 0);
    tell(&["rollback", "--clear"], 1);
    tell(&["run"], 0);
    snapshot("rollback", "story", "two releases, back to the first, and on again", &told);
    assert_eq!(latest(&folder), "000004");
    assert!(folder.rihla(&["run"]).ok().stdout.contains("nothing changed: release 4 stays"));
}

#[test]
fn what_is_damaged_is_not_made_current() {
    let folder = two_releases();
    let manifest: Value = serde_json::from_slice(&fs::read(folder.path("warehouse/released/release-000001.json")).expect("a manifest")).expect("JSON");
    let table = manifest["resources"].as_array().expect("tables").iter().find(|table| table["name"] == "deliveries").expect("a table");
    folder.write(&format!("warehouse/released/{}", table["path"].as_str().expect("a path")), "no Parquet");
    let ran = folder.rihla(&["rollback", "1"]);
    assert!(ran.code == 1 && ran.stderr.contains("a file of `deliveries` of release 1 is missing or damaged"), "{}", ran.text());
    assert_eq!(latest(&folder), "000002");
}

#[test]
fn a_rollback_does_not_change_what_is_closed() {
    let folder = starter();
    without(&folder, "sud-9", "2023-04-15");
    folder.rihla(&["run"]).ok();
    crate::releases::add(&folder, "[[closed]]\nperiod = \"2023-Q1\"\non = 2023-05-01\n");
    folder.rihla(&["run"]).ok();
    let ran = folder.rihla(&["rollback", "1"]);
    assert!(ran.code == 1 && ran.stderr.contains("release 1 says something else of what is closed in release 3"), "{}", ran.text());
    assert_eq!(latest(&folder), "000003");
}

#[test]
fn a_run_that_may_not_release_says_what_would_have_changed() {
    let folder = two_releases();
    folder.replace("sql/marts/deliveries.sql", "SELECT s.office", "SELECT 'x' || s.office AS office");
    folder.replace("sql/marts/deliveries.sql", "*/\n", "[[tests]]\naccepted = { column = \"office\", values = [\"RAB\"] }\n*/\n");
    let ran = folder.rihla(&["run"]);
    assert_eq!(ran.code, 1);
    snapshot("rollback", "would_have_changed", "a test fails on a table that would be otherwise", &ran.text());
}

/// Every file of a release's folder is the one that its descriptor says.
fn check_whole(folder: &Path) -> Result<String, String> {
    let read = |name: &str| fs::read(folder.join(name)).map_err(|error| format!("{name}: {error}"));
    let descriptor: Value = serde_json::from_slice(&read("datapackage.json")?).map_err(|error| error.to_string())?;
    for table in descriptor["resources"].as_array().expect("tables") {
        let parquet = &table["rihla"]["parquet"];
        for file in [table, parquet] {
            let name = file["path"].as_str().expect("a path");
            let found = format!("sha256:{}", hex::encode(Sha256::digest(read(name)?)));
            if file["hash"] != found.as_str() {
                return Err(format!("{name} is not of release {}", descriptor["version"]));
            }
        }
    }
    Ok(descriptor["version"].as_str().expect("a version").to_owned())
}

/// Whoever follows `latest` once reads one release, whole, whatever is released meanwhile; and it is never missing.
#[test]
fn latest_is_a_whole_release_at_any_moment() {
    let folder = two_releases();
    let link = folder.path("warehouse/released/latest");
    let (ended, looks) = (AtomicBool::new(false), AtomicUsize::new(0));
    let look = || {
        let mut seen = std::collections::BTreeSet::new();
        while !ended.load(Ordering::Relaxed) {
            let place = fs::canonicalize(&link).expect("latest is never missing");
            seen.insert(check_whole(&place).unwrap_or_else(|error| panic!("{}: {error}", place.display())));
            looks.fetch_add(1, Ordering::Relaxed);
        }
        seen
    };
    let seen = thread::scope(|scope| {
        let readers = [scope.spawn(look), scope.spawn(look)];
        // A reader that fails must not leave this thread making releases, nor be waited for in vain.
        let made = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            for turn in 0..6 {
                let to = if turn % 2 == 0 { "1" } else { "2" };
                folder.rihla(&["rollback", to]).ok();
            }
            folder.rihla(&["rollback", "--clear"]).ok();
            folder.write("in/RAB/2023-03-04/registrations-2023-02.csv", comma_csv(&[ROWS[0]]));
            folder.rihla(&["run"]);
        }));
        ended.store(true, Ordering::Relaxed);
        let seen = readers.map(|reader| reader.join().expect("a reader"));
        made.expect("releases are made");
        seen.into_iter().flatten().collect::<std::collections::BTreeSet<_>>()
    });
    assert!(looks.load(Ordering::Relaxed) > 20 && seen.len() > 3, "{} looks at releases {seen:?}", looks.load(Ordering::Relaxed));
}
