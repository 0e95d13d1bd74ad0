//! How much room there is and how much is taken.

use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use tokio::process::Command;

/// A disk that does not answer for so long is not waited for.
const PATIENCE: Duration = Duration::from_secs(5);

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

/// The bytes of a database with what it keeps beside it.
pub fn database(path: &Path) -> u64 {
    let beside = |suffix: &str| path.with_file_name(format!("{}{suffix}", path.file_name().unwrap_or_default().to_string_lossy()));
    ["", "-wal", "-shm"].into_iter().filter_map(|suffix| std::fs::metadata(beside(suffix)).ok()).map(|found| found.len()).sum()
}

/// The bytes that are free where a folder lies, as `df` tells; nothing where it does not.
pub async fn free(folder: &Path) -> Option<u64> {
    let mut df = Command::new("df");
    df.arg("-Pk").arg(folder).env("LC_ALL", "C").stdin(Stdio::null()).stderr(Stdio::null()).kill_on_drop(true);
    let output = tokio::time::timeout(PATIENCE, df.output()).await.ok()?.ok()?;
    free_of(&String::from_utf8_lossy(&output.stdout))
}

/// A name of a file system may hold spaces; what is free stands before the share that is taken.
fn free_of(told: &str) -> Option<u64> {
    let words: Vec<&str> = told.lines().nth(1)?.split_whitespace().collect();
    let share = words.iter().position(|word| word.ends_with('%') && word.trim_end_matches('%').parse::<u64>().is_ok())?;
    words.get(share.checked_sub(1)?)?.parse::<u64>().ok()?.checked_mul(1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_free_is_read_from_what_df_says() {
        let told = "Filesystem 1024-blocks Used Available Capacity Mounted on\n//nas/old share 1000 400 600 40% /srv/a 5% b\n";
        assert_eq!(free_of(told), Some(600 * 1024));
        assert_eq!(free_of("Filesystem\n"), None);
    }

    #[test]
    fn a_file_of_two_names_is_counted_once() {
        let folder = tempfile::tempdir().expect("a folder");
        std::fs::write(folder.path().join("a"), [0; 100]).expect("written");
        std::fs::create_dir(folder.path().join("below")).expect("made");
        std::fs::hard_link(folder.path().join("a"), folder.path().join("below/b")).expect("linked");
        assert_eq!(super::folder(folder.path()), 100);
    }
}
