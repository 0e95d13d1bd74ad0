//! Names of releases: a tag is a plain file that says which release people mean by a name, and what it meant before.
//!
//! `released/tags/<name>.json` is the tag, created in one atomic step; beside it a link of the same name shows the
//! release's folder. A name is never given twice by accident: moving it is asked for and leaves its history.

use serde::{Deserialize, Serialize};

use super::release::point;
use super::{LATEST, Manifest, Warehouse, change, lock, marker};
use crate::clock::SharedClock;
use crate::diagnostic::did_you_mean;
use crate::error::{self, Error, Kind, Result};
use crate::project::Project;
use crate::store::Store;

const TAGS: &str = "released/tags";

/// A tag with everything that it ever meant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tag {
    /// The name.
    pub name: String,
    /// What it meant from when on, oldest first; never empty.
    pub history: Vec<Tagged>,
}

/// What a tag meant from a moment on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tagged {
    /// The release; nothing where the name was taken away.
    pub release: Option<u64>,
    /// When it was said.
    pub at: String,
    /// Why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

impl Tag {
    /// The release that it names now; nothing where the name was taken away.
    pub fn release(&self) -> Option<u64> {
        self.history.last().and_then(|last| last.release)
    }
}

/// What becomes of a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Naming {
    /// It is new, or was given so before.
    New,
    /// It names another release from now on.
    Moved,
    /// It names none any more.
    TakenAway,
}

/// A warehouse that nobody else writes, opened without the key: for what touches no person's row.
pub struct Locked {
    /// The warehouse.
    pub warehouse: Warehouse,
    _lock: lock::Lock,
}

impl Warehouse {
    /// Opens the project's warehouse alone and without the key, to name and to roll back releases.
    ///
    /// # Errors
    /// As [`Warehouse::open`]; `Conflict` where another process is loading.
    pub async fn open_locked(project: &Project, clock: SharedClock) -> Result<Locked> {
        let store = Store::local(&project.warehouse).map_err(|_| marker::nothing_loaded())?;
        marker::check(&store, project).await?.ok_or_else(marker::nothing_loaded)?;
        let lock = lock::Lock::take(store.root())?;
        super::tell(change::recover(store.root())?);
        let warehouse = Self::open_tables(store, project, clock).await?;
        Ok(Locked { warehouse, _lock: lock })
    }

    /// Every tag, those taken away too, by name.
    ///
    /// # Errors
    /// `Unavailable` where they cannot be listed; `Conflict` where one cannot be read.
    pub async fn tags(&self) -> Result<Vec<Tag>> {
        let folder = self.store().root().join(TAGS);
        let entries = match std::fs::read_dir(&folder) {
            Ok(entries) => entries,
            Err(cause) if cause.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(cause) => return Err(error::io(format!("cannot list `{}`", folder.display()), cause)),
        };
        let mut names: Vec<String> =
            entries.flatten().filter_map(|entry| Some(entry.file_name().to_string_lossy().strip_suffix(".json")?.to_owned())).collect();
        names.sort_unstable();
        let mut tags = Vec::new();
        for name in names.iter().filter(|name| check_name(name).is_ok()) {
            tags.extend(self.tag(name).await?);
        }
        Ok(tags)
    }

    /// A tag, taken away or not; nothing where there never was one of that name.
    ///
    /// # Errors
    /// `Input` where it can be no tag's name; `Conflict` where the tag cannot be read.
    pub async fn tag(&self, name: &str) -> Result<Option<Tag>> {
        check_name(name)?;
        let path = path(name);
        let Some(bytes) = self.store().read_if_any(&path).await? else { return Ok(None) };
        let tag = serde_json::from_slice::<Tag>(&bytes)
            .map_err(|cause| Error::new(Kind::Conflict, format!("`{path}` is no tag that this program knows")).because(cause));
        tag.map(Some)
    }

    /// The release that a tag names.
    pub(super) async fn tagged_release(&self, name: &str) -> Result<Manifest> {
        let tags = self.tags().await?;
        let names: Vec<&str> = tags.iter().filter(|tag| tag.release().is_some()).map(|tag| tag.name.as_str()).collect();
        match tags.iter().find(|tag| tag.name == name).map(Tag::release) {
            Some(Some(number)) => self.release(number).await,
            found => {
                let was = if found.is_some() { format!("the tag `{name}` was taken away") } else { format!("there is no release `{name}`") };
                let hint = did_you_mean(name, names.iter().copied().chain([LATEST]));
                let known = || format!("name it by its number, `{LATEST}`, or a tag: see `rihla releases`");
                Err(Error::new(Kind::Input, was).hint(hint.unwrap_or_else(known)))
            }
        }
    }

    /// Makes the links that show tagged releases, where they are missing or point elsewhere.
    ///
    /// # Errors
    /// `Unavailable` where a link cannot be made.
    pub async fn show_tags(&self) -> Result<()> {
        self.tags().await?.iter().try_for_each(|tag| self.show_tag(tag))
    }

    fn show_tag(&self, tag: &Tag) -> Result<()> {
        let link = self.store().root().join(TAGS).join(&tag.name);
        if let Some(number) = tag.release() {
            return point(&link, &format!("../{number:06}"));
        }
        match std::fs::remove_file(&link) {
            Err(cause) if cause.kind() != std::io::ErrorKind::NotFound => Err(error::io(format!("cannot remove `{}`", link.display()), cause)),
            _ => Ok(()),
        }
    }
}

impl Locked {
    /// Gives a release a name, or a name to another release, or takes it away (`release` is nothing).
    ///
    /// # Errors
    /// `Input` where the name cannot be one, names a release already and no move was asked for, or is to be moved
    /// without a reason.
    pub async fn name_release(&self, name: &str, release: Option<u64>, may_move: bool, note: Option<String>) -> Result<(Tag, Naming)> {
        let now = self.warehouse.clock().now().to_rfc3339_opts(chrono::SecondsFormat::Secs, true);
        let said = Tagged { release, at: now, note };
        let (tag, naming) = match self.warehouse.tag(name).await? {
            None if release.is_none() => return Err(Error::new(Kind::Input, format!("there is no tag `{name}`")).hint("see `rihla releases`")),
            None => {
                let tag = Tag { name: name.to_owned(), history: vec![said] };
                if !self.warehouse.store().create(&path(name), bytes(&tag)?).await? {
                    return Err(Error::new(Kind::Conflict, format!("another process made the tag `{name}`")).hint("see `rihla releases`"));
                }
                (tag, Naming::New)
            }
            // Asked for again, as after an interruption: nothing is to be said twice.
            Some(tag) if tag.release() == release && release.is_some() => (tag, Naming::New),
            Some(tag) => {
                check_move(&tag, &said, may_move)?;
                let mut tag = tag;
                tag.history.push(said);
                self.warehouse.store().write(&path(name), bytes(&tag)?).await?;
                (tag, if release.is_some() { Naming::Moved } else { Naming::TakenAway })
            }
        };
        self.warehouse.show_tag(&tag)?;
        Ok((tag, naming))
    }
}

fn check_move(tag: &Tag, said: &Tagged, may_move: bool) -> Result<()> {
    let name = &tag.name;
    if tag.release() == said.release {
        return Err(Error::new(Kind::Input, format!("the tag `{name}` was taken away before")));
    }
    if said.release.is_some() && !may_move {
        let message = tag.release().map_or_else(|| format!("the tag `{name}` was taken away"), |number| format!("`{name}` names release {number} already"));
        return Err(Error::new(Kind::Input, message).hint("use another name, or --move with a --note that says why; what it named before is kept"));
    }
    if said.note.is_none() {
        return Err(Error::new(Kind::Input, format!("why does `{name}` no longer name what it named?")).hint("say it with --note"));
    }
    Ok(())
}

/// The name of a tag: letters, digits, `.`, `_` and `-`, the first a letter or digit; no number and not `latest`.
fn check_name(name: &str) -> Result<()> {
    let is_plain = |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '.' | '_' | '-');
    let is_word = name.len() <= 80 && name.chars().all(is_plain) && name.starts_with(|first: char| first.is_ascii_alphanumeric()) && !name.ends_with('.');
    if !is_word {
        return Err(Error::new(Kind::Input, format!("`{name}` can be no tag"))
            .hint("use at most 80 letters, digits, `.`, `_` and `-`, the first a letter or a digit, such as 2023-H1-published"));
    }
    if name.chars().all(|letter| letter.is_ascii_digit()) {
        return Err(Error::new(Kind::Input, format!("`{name}` can be no tag: it looks like the number of a release")).hint(format!("such as {name}-published")));
    }
    if name.eq_ignore_ascii_case(LATEST) {
        return Err(Error::new(Kind::Input, format!("`{name}` can be no tag: it is what the newest release is called")));
    }
    Ok(())
}

fn path(name: &str) -> String {
    format!("{TAGS}/{name}.json")
}

fn bytes(tag: &Tag) -> Result<Vec<u8>> {
    serde_json::to_vec_pretty(tag).map_err(|cause| Error::new(Kind::Internal, "cannot write the tag").because(cause))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_words_and_no_numbers() {
        for name in ["2023-H1-published", "v1.2", "annual_2022", "a"] {
            assert!(check_name(name).is_ok(), "{name}");
        }
        for name in ["", "2022", "000001", "latest", "Latest", "../x", "a/b", ".hidden", "-x", "été", "a b", "x.", &"a".repeat(81)] {
            assert!(check_name(name).is_err(), "{name}");
        }
    }
}
