//! The committed fixtures are what the generator writes: nobody mended one by hand.

use std::fs;

use crate::support::repository;

#[test]
fn the_generator_writes_the_committed_fixtures_again() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    rihla_fixtures::generate(folder.path()).expect("the fixtures are generated");
    for part in ["extracts", "history"] {
        let (committed, written) = (files(&repository("fixtures").join(part)), files(&folder.path().join(part)));
        assert_eq!(committed.keys().collect::<Vec<_>>(), written.keys().collect::<Vec<_>>(), "other files in {part}");
        let changed: Vec<_> = committed.iter().filter(|(path, bytes)| written[*path] != **bytes).map(|(path, _)| path).collect();
        assert!(changed.is_empty(), "other bytes in {part}: {changed:?}");
    }
    let truth = |root: &std::path::Path| fs::read_to_string(root.join("TRUTH.json")).expect("TRUTH.json");
    assert!(truth(&repository("fixtures")) == truth(folder.path()), "TRUTH.json says something else");
}

fn files(root: &std::path::Path) -> std::collections::BTreeMap<std::path::PathBuf, Vec<u8>> {
    let mut found = std::collections::BTreeMap::new();
    let mut folders = vec![root.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                folders.push(path);
            } else {
                found.insert(path.strip_prefix(root).expect("below the root").to_owned(), fs::read(&path).expect("a file"));
            }
        }
    }
    found
}
