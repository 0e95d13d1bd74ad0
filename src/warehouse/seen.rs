//! Files whose content was held against its hash, and what the file system said of them then: they are not read through
//! again while it says the same.
//!
//! A file that somebody changes, replaces or copies has another time of change or another place on the disk, and is read
//! through again. A disk that gives other bytes than were written without a word is found by nobody who does not read
//! them: `rihla doctor --files` and a rollback do.
//!
//! What is remembered is of one machine and rests on nothing: without it every file is read through.

use std::collections::BTreeMap;
use std::fs::{self, Metadata};
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use serde::{Deserialize, Serialize};

use super::Warehouse;
use crate::error::{Error, Kind, Result};
use crate::store::hash_of_file;

const FILE: &str = "staging/files-seen.json";

/// What is known of the files of a warehouse.
#[derive(Debug)]
pub(super) struct Seen {
    root: PathBuf,
    known: Mutex<Known>,
}

#[derive(Debug, Default)]
struct Known {
    /// By path within the warehouse; absent until it is asked for.
    files: Option<BTreeMap<String, File>>,
    /// The file system's time before any file was looked at; absent where nothing is to be remembered.
    since: Option<Time>,
    is_new: bool,
}

/// A file as it was when its content was held against its hash.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct File {
    hash: String,
    bytes: u64,
    /// Its number on the disk.
    number: u64,
    modified: Time,
    /// When anything of it was changed last, its names and rights too; nobody can set it.
    changed: Time,
}

/// Seconds and nanoseconds of the file system's clock.
type Time = (i64, i64);

impl Seen {
    /// What was remembered of a warehouse; it is read when it is first asked for.
    pub fn of(root: &Path) -> Self {
        Self { root: root.to_owned(), known: Mutex::default() }
    }

    /// From now on files that are looked at can be remembered; the time is that of the file system, now. Where it is not told
    /// nothing is remembered, and all is read through as ever.
    pub fn begin(&mut self, now: Option<Time>) {
        self.known.get_mut().unwrap_or_else(std::sync::PoisonError::into_inner).since = now;
    }

    /// True where a file has the content that its length and its hash, `sha256:` and hex digits, say.
    pub fn is_content(&self, path: &Path, bytes: u64, hash: &str) -> bool {
        let Ok(facts) = fs::metadata(path) else { return false };
        if facts.len() != bytes {
            return false;
        }
        let name = path.strip_prefix(&self.root).ok().and_then(Path::to_str);
        let file = name.map(|name| (name, file(&facts, hash)));
        if file.as_ref().is_some_and(|(name, file)| self.with(|known| known.files.as_ref().and_then(|files| files.get(*name)) == Some(file))) {
            return true;
        }
        let is_content = hash_of_file(path).is_ok_and(|found| hash.strip_prefix("sha256:") == Some(found.as_str()));
        if let Some((name, file)) = file.filter(|_| is_content) {
            self.with(|known| known.note(name, file));
        }
        is_content
    }

    fn with<T>(&self, act: impl FnOnce(&mut Known) -> T) -> T {
        let mut known = self.known.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        known.files.get_or_insert_with(|| fs::read(self.root.join(FILE)).ok().and_then(|bytes| serde_json::from_slice(&bytes).ok()).unwrap_or_default());
        act(&mut known)
    }
}

impl Known {
    /// Notes a file that was changed last before the clock was looked at: whoever changes it now gives it a later time.
    fn note(&mut self, name: &str, file: File) {
        if self.since.is_some_and(|since| file.changed < since) {
            self.files.get_or_insert_default().insert(name.to_owned(), file);
            self.is_new = true;
        }
    }
}

impl Warehouse {
    /// Remembers which files were as they were written, where that was not known.
    ///
    /// # Errors
    /// `Unavailable` where it cannot be written.
    pub async fn remember_files(&self) -> Result<()> {
        let root = self.store().root();
        let files = self.seen.with(|known| {
            let files = known.files.as_mut().filter(|_| known.is_new)?;
            files.retain(|name, _| root.join(name).exists());
            Some(serde_json::to_vec(files))
        });
        let Some(bytes) = files.transpose().map_err(|cause| Error::new(Kind::Internal, "cannot write which files were seen").because(cause))? else {
            return Ok(());
        };
        self.store().write(FILE, bytes).await
    }
}

fn file(facts: &Metadata, hash: &str) -> File {
    let modified = (facts.mtime(), facts.mtime_nsec());
    File { hash: hash.to_owned(), bytes: facts.len(), number: facts.ino(), modified, changed: changed(facts) }
}

fn changed(facts: &Metadata) -> Time {
    (facts.ctime(), facts.ctime_nsec())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::files;

    fn hash(text: &str) -> String {
        use sha2::{Digest, Sha256};
        format!("sha256:{}", hex::encode(Sha256::digest(text)))
    }

    fn is_known(seen: &Seen, name: &str) -> bool {
        seen.with(|known| known.files.as_ref().is_some_and(|files| files.contains_key(name)))
    }

    /// A run that begins after a file was changed.
    fn begun(folder: &Path, after: &Path) -> Seen {
        let mut seen = Seen::of(folder);
        let (seconds, nanoseconds) = fs::metadata(after).map(|facts| changed(&facts)).expect("a file");
        seen.begin(Some((seconds, nanoseconds + 1)));
        seen
    }

    #[test]
    fn a_file_that_was_seen_is_read_again_once_it_is_changed() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("one");
        files::write(&path, b"right").expect("a file");
        let seen = begun(folder.path(), &path);
        assert!(seen.is_content(&path, 5, &hash("right")) && is_known(&seen, "one"));
        assert!(!seen.is_content(&path, 5, &hash("wrong")), "another hash is another content");
        // Its length stays, and so does the time that anybody can set.
        let modified = fs::metadata(&path).and_then(|facts| facts.modified()).expect("a time");
        files::write(&path, b"wrong").expect("a file");
        fs::File::options().write(true).open(&path).and_then(|file| file.set_modified(modified)).expect("a time");
        assert!(!seen.is_content(&path, 5, &hash("right")));
        files::remove_file(&path).expect("no file");
        assert!(!seen.is_content(&path, 5, &hash("right")));
    }

    #[test]
    fn what_was_changed_since_the_run_began_is_not_remembered() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("one");
        files::write(&path, b"right").expect("a file");
        let mut seen = Seen::of(folder.path());
        seen.begin(fs::metadata(&path).map(|facts| changed(&facts)).ok());
        assert!(seen.is_content(&path, 5, &hash("right")) && !is_known(&seen, "one"));
        // Who only reads remembers nothing.
        assert!(Seen::of(folder.path()).is_content(&path, 5, &hash("right")) && !is_known(&Seen::of(folder.path()), "one"));
    }
}
