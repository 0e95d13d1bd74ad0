//! What a source holds, and its reading.

use std::sync::Arc;

use bytes::Bytes;
use chrono::{DateTime, Utc};
use object_store::path::Path as ObjectPath;

use super::paged::Pull;
use super::{Found, FoundFile};
use crate::error::Result;
use crate::read::Page;
use crate::store::objects::Objects;
use crate::store::web::{Address, Facts, Web};

/// Where the content of a file of a delivery is.
#[derive(Clone)]
pub enum Item {
    /// An object of a folder or store.
    Object(Objects, ObjectPath),
    /// A file of the web, with what was said of it.
    Resource(Web, Arc<Address>, Facts),
    /// Pages of a form system, of which none was asked for yet.
    Pages(Arc<Pull>),
    /// It was read when it was found.
    Held(Bytes),
}

// What was read may be about people.
impl std::fmt::Debug for Item {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Object(_, location) => write!(formatter, "Object({location})"),
            Self::Resource(_, address, _) => write!(formatter, "Resource({address})"),
            Self::Pages(pull) => pull.fmt(formatter),
            Self::Held(bytes) => write!(formatter, "Held({} bytes)", bytes.len()),
        }
    }
}

/// A file, or several pages, as they were read; and where the store says so when they were last changed.
struct Content {
    pages: Vec<Page>,
    modified: Option<DateTime<Utc>>,
}

impl FoundFile {
    async fn read(&self, most: u64) -> Result<Content> {
        let (bytes, modified) = match &self.item {
            Item::Object(objects, location) => {
                let steady = objects.read(location, most).await?;
                (steady.bytes, Some(steady.meta.last_modified))
            }
            Item::Resource(web, address, facts) => {
                let read = web.read_steady(address, Some(facts)).await.map_err(|failure| failure.error(format!("cannot read `{address}`")))?;
                (read.bytes, read.facts.modified)
            }
            Item::Pages(pull) => return Ok(Content { pages: pull.pages().await?.pages, modified: None }),
            Item::Held(bytes) => (bytes.clone(), None),
        };
        Ok(Content { pages: vec![Page { name: self.name.clone(), bytes }], modified })
    }
}

/// Reads every file of a delivery; where one changed since it was found, what is known of the delivery is as it was read.
///
/// # Errors
/// `Conflict` where a file changes every time that it is read; `Unavailable` where one cannot be read.
pub async fn read_files(found: &mut Found) -> Result<Vec<Page>> {
    let mut pages = Vec::with_capacity(found.files.len());
    let mut size = 0;
    let mut modified: Option<DateTime<Utc>> = None;
    for file in &found.files {
        let content = file.read(found.source.most_bytes).await?;
        size += content.pages.iter().map(|page| page.bytes.len() as u64).sum::<u64>();
        modified = modified.max(content.modified);
        pages.extend(content.pages);
    }
    // Listings tell fractions of a second that answers do not.
    let is_as_listed = |modified: DateTime<Utc>| size == found.size && (modified - found.modified).abs() < chrono::Duration::seconds(1);
    if let Some(modified) = modified.filter(|modified| !is_as_listed(*modified)) {
        if found.received == found.modified && !found.source.template.names_received() {
            found.received = modified;
        }
        found.modified = modified;
    }
    found.size = size;
    Ok(pages)
}
