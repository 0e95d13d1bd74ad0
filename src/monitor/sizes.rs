//! How much room there is and how much is taken.

use std::path::Path;

/// The bytes of all files below a folder; what goes while it is looked at counts as gone. Links are not followed.
pub fn folder(root: &Path) -> u64 {
    let (mut bytes, mut left) = (0, vec![root.to_owned()]);
    while let Some(folder) = left.pop() {
        for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
            match entry.metadata() {
                Ok(found) if found.is_dir() => left.push(entry.path()),
                Ok(found) if found.is_file() => bytes += size(&found),
                _ => {}
            }
        }
    }
    bytes
}

/// What a file takes; of one that has several names, as released files have, its share.
#[cfg(unix)]
fn size(found: &std::fs::Metadata) -> u64 {
    found.len() / std::os::unix::fs::MetadataExt::nlink(found).max(1)
}

#[cfg(not(unix))]
fn size(found: &std::fs::Metadata) -> u64 {
    found.len()
}

/// The bytes of a ledger: of a folder, or of a database with what it keeps beside it.
pub fn ledger(path: &Path) -> u64 {
    if path.is_dir() {
        return folder(path);
    }
    let beside = |suffix: &str| path.with_file_name(format!("{}{suffix}", path.file_name().unwrap_or_default().to_string_lossy()));
    ["", "-wal", "-shm"].into_iter().filter_map(|suffix| std::fs::metadata(beside(suffix)).ok()).map(|found| found.len()).sum()
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_file_of_two_names_is_counted_once() {
        let folder = tempfile::tempdir().expect("a folder");
        std::fs::write(folder.path().join("a"), [0; 100]).expect("written");
        std::fs::create_dir(folder.path().join("below")).expect("made");
        std::fs::hard_link(folder.path().join("a"), folder.path().join("below/b")).expect("linked");
        assert_eq!(super::folder(folder.path()), 100);
    }
}
