//! Changes of the whole warehouse: what takes the place of something is prepared aside, then everything is put in
//! place at once.
//!
//! Guarantees: before the journal is written nothing changed and an interrupted change is dropped; once it is written
//! every change is finished by whoever opens the warehouse to write next, and nobody reads it until then.

use std::fs::File;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::error::{self, Error, Kind, Result};
use crate::store::failpoint::stop_at;
use crate::store::files;

/// What stands here is prepared and takes its place once the journal says so.
const ASIDE: &str = ".change";

/// Its existence is the decision: the change is made.
const JOURNAL: &str = "change.json";

/// Something that takes a place. Paths are below the warehouse, or absolute.
#[derive(Debug, Serialize, Deserialize)]
struct Move {
    from: PathBuf,
    to: PathBuf,
}

#[derive(Debug, Serialize, Deserialize)]
struct Journal {
    what: String,
    moves: Vec<Move>,
    removes: Vec<PathBuf>,
}

/// A change that is being prepared.
pub struct Change {
    root: PathBuf,
    journal: Journal,
}

impl Change {
    /// Begins a change; `what` is what people call it, such as `an erasure`.
    ///
    /// # Errors
    /// `Unavailable` where the folder cannot be made.
    pub fn begin(root: &Path, what: &str) -> Result<Self> {
        let change = Self { root: root.to_owned(), journal: Journal { what: what.to_owned(), moves: Vec::new(), removes: Vec::new() } };
        let folder = root.join(ASIDE);
        files::make_folder(&folder).map_err(|cause| error::io(format!("cannot make `{}`", folder.display()), cause))?;
        write_through(&folder.join("what"), what.as_bytes())?;
        Ok(change)
    }

    /// Where what takes the place of `path` is prepared, below the warehouse; it does so when the change is made.
    pub fn aside(&mut self, path: &str) -> String {
        let aside = Self::place_aside(path);
        self.journal.moves.push(Move { from: aside.clone().into(), to: path.into() });
        aside
    }

    /// Where that is, without any promise that something is prepared there.
    pub fn place_aside(path: &str) -> String {
        format!("{ASIDE}/new/{path}")
    }

    /// Prepares a file that takes the place of `path`.
    ///
    /// # Errors
    /// `Unavailable` where it cannot be written.
    pub fn write(&mut self, path: &str, bytes: &[u8]) -> Result<()> {
        let aside = self.aside(path);
        write_through(&self.root.join(aside), bytes)
    }

    /// Prepares a file as JSON that takes the place of `path`.
    ///
    /// # Errors
    /// `Unavailable` where it cannot be written.
    pub fn write_json(&mut self, path: &str, value: &impl Serialize) -> Result<()> {
        let bytes = serde_json::to_vec_pretty(value).map_err(|cause| Error::new(Kind::Internal, format!("cannot write `{path}`")).because(cause))?;
        self.write(path, &bytes)
    }

    /// Moves a file of elsewhere into the place of another when the change is made; absolute paths.
    pub fn promote(&mut self, from: PathBuf, to: PathBuf) {
        self.journal.moves.push(Move { from, to });
    }

    /// Removes a file or folder when the change is made, and no sooner.
    pub fn remove(&mut self, path: &str) {
        self.journal.removes.push(path.into());
    }

    /// Makes the change: from here on it is finished however often it is interrupted.
    ///
    /// # Errors
    /// `Unavailable` as the disk says; once the journal stands, the next command that writes goes on.
    pub fn make(mut self) -> Result<()> {
        // Files are named by what they hold: what is prepared may take the place of one that nobody needed before.
        let Journal { moves, removes, .. } = &mut self.journal;
        removes.retain(|path| moves.iter().all(|step| step.to != *path));
        sync(&self.root.join(ASIDE))?;
        let text = serde_json::to_vec_pretty(&self.journal).map_err(|cause| Error::new(Kind::Internal, "cannot write the journal").because(cause))?;
        let draft = self.root.join(ASIDE).join(JOURNAL);
        write_through(&draft, &text)?;
        stop_at("before-journal");
        let journal = self.root.join(JOURNAL);
        files::rename(&draft, &journal).map_err(|cause| error::io(format!("cannot write `{}`", journal.display()), cause))?;
        sync_folder(&self.root);
        finish(&self.root, &self.journal)
    }
}

/// Finishes or drops what was interrupted; says what it was, and whether it was finished.
///
/// # Errors
/// `Conflict` where the journal cannot be read; `Unavailable` as the disk says.
pub fn recover(root: &Path) -> Result<Option<(String, bool)>> {
    if let Some(journal) = read_journal(root)? {
        finish(root, &journal)?;
        return Ok(Some((journal.what, true)));
    }
    let aside = root.join(ASIDE);
    if !aside.exists() {
        return Ok(None);
    }
    let what = std::fs::read_to_string(aside.join("what")).unwrap_or_else(|_| "a change".to_owned());
    clear(&aside)?;
    Ok(Some((what, false)))
}

/// Refuses to read a warehouse that is half changed.
///
/// # Errors
/// `Conflict` where a change is under way or was interrupted.
pub fn refuse_half_changed(root: &Path) -> Result<()> {
    match read_journal(root)? {
        None => Ok(()),
        Some(journal) => Err(Error::new(Kind::Conflict, format!("{} of the warehouse is under way, or was interrupted", journal.what))
            .hint("wait a moment; where nothing is running any more, `rihla run` finishes it")),
    }
}

fn read_journal(root: &Path) -> Result<Option<Journal>> {
    let path = root.join(JOURNAL);
    let broken = || Error::new(Kind::Conflict, format!("`{}` cannot be read: it says what change of the warehouse is to be finished", path.display()));
    match std::fs::read(&path) {
        Ok(bytes) => serde_json::from_slice(&bytes).map(Some).map_err(|cause| broken().because(cause)),
        Err(cause) if cause.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(cause) => Err(broken().because(cause)),
    }
}

/// Every step may have been done before.
fn finish(root: &Path, journal: &Journal) -> Result<()> {
    for (index, step) in journal.moves.iter().enumerate() {
        stop_at(&format!("move-{index}"));
        put_in_place(root, &root.join(&step.from), &root.join(&step.to), index)?;
    }
    stop_at("before-removes");
    for path in &journal.removes {
        remove(&root.join(path))?;
    }
    stop_at("before-clearing");
    clear(&root.join(ASIDE))?;
    stop_at("before-end");
    remove(&root.join(JOURNAL))?;
    sync_folder(root);
    Ok(())
}

fn put_in_place(root: &Path, from: &Path, to: &Path, index: usize) -> Result<()> {
    if !from.exists() {
        return Ok(());
    }
    let what = || format!("cannot put `{}` in place", to.display());
    if let Some(folder) = to.parent() {
        files::make_folder(folder).map_err(|cause| error::io(what(), cause))?;
    }
    if to.is_dir() {
        // A folder takes no other's place in one step: the old one is moved out of the way, and goes in the end.
        let gone = root.join(ASIDE).join("gone");
        files::make_folder(&gone).map_err(|cause| error::io(what(), cause))?;
        files::rename(to, &gone.join(index.to_string())).map_err(|cause| error::io(what(), cause))?;
    }
    files::rename(from, to).map_err(|cause| error::io(what(), cause))
}

fn remove(path: &Path) -> Result<()> {
    if path.is_dir() && !path.is_symlink() {
        return clear(path);
    }
    files::remove_file(path).map_err(|cause| error::io(format!("cannot remove `{}`", path.display()), cause))
}

fn clear(folder: &Path) -> Result<()> {
    files::remove_folder(folder).map_err(|cause| error::io(format!("cannot clear `{}`", folder.display()), cause))
}

fn write_through(path: &Path, bytes: &[u8]) -> Result<()> {
    let what = || format!("cannot write `{}`", path.display());
    if let Some(folder) = path.parent() {
        files::make_folder(folder).map_err(|cause| error::io(what(), cause))?;
    }
    files::write(path, bytes).map_err(|cause| error::io(what(), cause))
}

/// What was prepared is on the disk before what it replaces goes.
fn sync(folder: &Path) -> Result<()> {
    let what = || format!("cannot write `{}` to the disk", folder.display());
    for entry in std::fs::read_dir(folder).map_err(|cause| error::io(what(), cause))? {
        let path = entry.map_err(|cause| error::io(what(), cause))?.path();
        if path.is_dir() {
            sync(&path)?;
        } else {
            File::open(&path).and_then(|file| file.sync_all()).map_err(|cause| error::io(what(), cause))?;
        }
    }
    sync_folder(folder);
    Ok(())
}

/// Not every system can: then the order of its own journal has to do.
fn sync_folder(folder: &Path) {
    if let Ok(folder) = File::open(folder) {
        let _ = folder.sync_all();
    }
}
