//! Reading the project's files: every file once, named by its path inside the folder.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use sha2::{Digest, Sha256};

use crate::diagnostic::{Fault, SourceFile};

/// The files of a project folder.
#[derive(Debug)]
pub struct Files {
    root: PathBuf,
    /// The hashes of those that were read, by path.
    read: Mutex<BTreeMap<String, [u8; 32]>>,
}

impl Files {
    /// The files below `root`.
    pub fn new(root: impl Into<PathBuf>) -> Self {
        Self { root: root.into(), read: Mutex::default() }
    }

    /// The folder.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// A file's text, or the fault that it cannot be read.
    pub fn read(&self, path: &str, faults: &mut Vec<Fault>) -> Option<Arc<SourceFile>> {
        match std::fs::read(self.root.join(path)) {
            Ok(bytes) => {
                self.read.lock().unwrap_or_else(PoisonError::into_inner).insert(path.to_owned(), Sha256::digest(&bytes).into());
                self.decode(path, bytes, faults)
            }
            Err(cause) => {
                faults.push(Fault::of_path(path, format!("cannot read `{path}`: {}", describe(&cause))));
                None
            }
        }
    }

    /// A hash of the files that were read so far, their paths and their bytes.
    pub fn print(&self) -> String {
        let mut hash = Sha256::new();
        for (path, content) in &*self.read.lock().unwrap_or_else(PoisonError::into_inner) {
            hash.update((path.len() as u64).to_le_bytes());
            hash.update(path);
            hash.update(content);
        }
        hex::encode(hash.finalize())
    }

    fn decode(&self, path: &str, bytes: Vec<u8>, faults: &mut Vec<Fault>) -> Option<Arc<SourceFile>> {
        match String::from_utf8(bytes) {
            Ok(text) => Some(Arc::new(SourceFile { path: path.to_owned(), text })),
            Err(error) => {
                let at = error.utf8_error().valid_up_to();
                faults.push(Fault::of_path(path, format!("`{path}` is not UTF-8 text: byte {at} is at fault")).hint("save the file as UTF-8"));
                None
            }
        }
    }

    /// The files of a folder (and below) with an extension, sorted by path; none where the folder is not there.
    pub fn list(&self, folder: &str, extension: &str) -> Vec<String> {
        let mut found = Vec::new();
        self.collect(folder, extension, &mut found);
        found.sort();
        found
    }

    fn collect(&self, folder: &str, extension: &str, found: &mut Vec<String>) {
        let Ok(entries) = std::fs::read_dir(self.root.join(folder)) else { return };
        for entry in entries.flatten() {
            let name = entry.file_name().to_string_lossy().into_owned();
            let path = format!("{folder}/{name}");
            if name.starts_with('.') {
                continue;
            }
            if entry.path().is_dir() {
                self.collect(&path, extension, found);
            } else if Path::new(&name).extension().is_some_and(|e| e == extension) {
                found.push(path);
            }
        }
    }
}

/// A disk's refusal in plain words.
pub fn describe(cause: &std::io::Error) -> String {
    match cause.kind() {
        std::io::ErrorKind::NotFound => "there is no such file".to_owned(),
        std::io::ErrorKind::PermissionDenied => "this user may not read it".to_owned(),
        std::io::ErrorKind::IsADirectory => "it is a folder".to_owned(),
        _ => cause.to_string(),
    }
}
