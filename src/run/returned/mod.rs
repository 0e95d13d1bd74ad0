//! Workbooks of faulty rows that offices returned: each mends the delivery that it names, row by row.
//!
//! Guarantees: the whole delivery is judged anew, with the extract as it lies at its source; whoever reads extracts again
//! reads them through [`Places`], with everything that was mended. Refuses: a workbook of a delivery that is no longer the
//! newest of its slot, of which the extract is gone or changed, or of which the structure was changed.

mod gather;
mod judge;

pub use gather::{Gathered, Stray, gather};
pub use judge::newest;

use std::collections::BTreeMap;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use futures::FutureExt;
use futures::future::BoxFuture;
use object_store::path::Path as ObjectPath;

use super::judge::hash;
use super::pull::{self, Found, FoundFile, Item, Listing, read_files};
use crate::contract::Contract;
use crate::error::{Error, Kind, Result};
use crate::names::OfficeCode;
use crate::project::{MOST_BYTES, Project, Source};
use crate::read::{Amendment, Heading, Mended, Page, Passport, Refusal, ReturnedHabit, amendment, layout};
use crate::run::Feeds;
use crate::store::objects::Objects;
use crate::warehouse::Submission;

/// The error of a workbook of which the extract is not at its source; tried again, since it may come back.
const GONE: &str = "original-gone";

/// The error of a workbook of which the extract is another by now.
const CHANGED: &str = "original-changed";

/// The error of a workbook of a delivery that a later one replaced.
pub const STALE: &str = "no-longer-newest";

/// A returned workbook as the store shows it.
#[derive(Debug, Clone)]
struct ReturnedFile {
    office: OfficeCode,
    received: DateTime<Utc>,
    path: String,
    size: u64,
    modified: DateTime<Utc>,
    objects: Objects,
    location: ObjectPath,
}

/// Everything that can be read again, by its path: extracts, and the workbooks that mend them.
#[derive(Debug)]
pub struct Places {
    project: Arc<Project>,
    extracts: BTreeMap<String, Found>,
    returned: BTreeMap<String, ReturnedFile>,
}

/// What a delivery holds. Its cells may be protected, so there is no `Debug`.
pub struct Content {
    /// The files of the extract.
    pub pages: Vec<Page>,
    /// The hash by which the delivery is known: of a returned workbook the workbook's.
    pub hash: String,
    /// What workbooks mend in it, one after another.
    pub amendments: Vec<Amendment>,
    /// Of a returned workbook: what it is of.
    pub returned: Option<Returned>,
}

/// What a returned workbook is of.
pub struct Returned {
    /// The delivery that it mends.
    pub mended: Mended,
    /// The path of the extract that all rows come from.
    pub origin: String,
    /// Why it cannot be applied, where it cannot.
    pub refusal: Option<Refusal>,
}

/// How the extract of a submission is laid out.
pub struct Laid {
    /// Its fields in the order of its columns.
    pub headings: Vec<Heading>,
    /// How it is written.
    pub source: Arc<Source>,
    /// Its path.
    pub path: String,
}

/// An extract with what was mended in it so far.
struct Original {
    pages: Vec<Page>,
    hash: String,
    amendments: Vec<Amendment>,
    found: Found,
}

impl Places {
    /// What the sources hold and what offices returned.
    ///
    /// # Errors
    /// `Unavailable` where the folder of returned workbooks cannot be listed.
    pub async fn of(project: &Arc<Project>, listing: &Listing) -> Result<Self> {
        let extracts = listing.found.iter().map(|found| (found.path.clone(), found.clone())).collect();
        Ok(Self { project: project.clone(), extracts, returned: list(project).await? })
    }

    /// The same by what lies there now.
    ///
    /// # Errors
    /// As [`Places::of`] says.
    pub async fn open(project: &Arc<Project>, now: DateTime<Utc>) -> Result<Self> {
        Self::of(project, &pull::list(project, &Feeds::default(), &[], now).await?).await
    }

    /// How the extract of a submission is laid out; the inner error says why that cannot be told any more.
    ///
    /// # Errors
    /// `Unavailable` where a file cannot be read.
    pub async fn laid(&self, project: &Project, submission: &Submission, contract: &Contract) -> Result<std::result::Result<Laid, Refusal>> {
        let mended = mended(project, submission);
        Ok(self.original(&mended).await?.and_then(|Original { pages, found, .. }| {
            let headings = layout(&pages, &found.source, contract)?;
            Ok(Laid { headings, source: found.source, path: found.path })
        }))
    }

    /// Reads a delivery.
    ///
    /// # Errors
    /// `Unavailable` where a file cannot be read. What speaks against a returned workbook stands in the result.
    pub async fn read(&self, found: &mut Found) -> Result<Content> {
        let Some(file) = self.returned.get(&found.path) else {
            let pages = read_files(found).await?;
            return Ok(Content { hash: hash(&pages), pages, amendments: Vec::new(), returned: None });
        };
        let page = self.page(file).await?;
        let content_hash = hash(std::slice::from_ref(&page));
        let passport = match Passport::of(&page.bytes) {
            Ok(passport) => passport,
            // It had one when it was listed.
            Err(refusal) => return Err(Error::new(Kind::Unavailable, refusal.message)),
        };
        let returned = |origin: String, refusal| Some(Returned { mended: passport.mended.clone(), origin, refusal });
        let failed = |refusal: Refusal| Content {
            pages: Vec::new(),
            hash: content_hash.clone(),
            amendments: Vec::new(),
            returned: returned(passport.mended.path.clone(), Some(refusal)),
        };
        match self.original(&passport.mended).await? {
            Err(refusal) => Ok(failed(refusal)),
            Ok(mut original) => match self.amendment(&page, &passport, &original.found, file.received) {
                Err(refusal) => Ok(failed(refusal)),
                Ok(amendment) => {
                    original.amendments.push(amendment);
                    let returned = returned(original.found.path.clone(), None);
                    Ok(Content { pages: original.pages, hash: content_hash, amendments: original.amendments, returned })
                }
            },
        }
    }

    /// The extract that a workbook mends, with what other workbooks mended in it before.
    fn original<'a>(&'a self, mended: &'a Mended) -> BoxFuture<'a, Result<std::result::Result<Original, Refusal>>> {
        async move {
            let original = if let Some(found) = self.extracts.get(&mended.path) {
                let pages = read_files(&mut found.clone()).await?;
                Original { hash: hash(&pages), pages, amendments: Vec::new(), found: found.clone() }
            } else if let Some(file) = self.returned.get(&mended.path) {
                let page = self.page(file).await?;
                let read = match Passport::of(&page.bytes) {
                    Ok(passport) => self.original(&passport.mended).await?.and_then(|mut original| {
                        original.amendments.push(self.amendment(&page, &passport, &original.found, file.received)?);
                        Ok(original)
                    }),
                    Err(refusal) => Err(refusal),
                };
                match read {
                    Ok(original) => Original { hash: hash(&[page]), ..original },
                    Err(refusal) => return Ok(Err(refusal)),
                }
            } else {
                let message = format!("{} is no longer at its source: put it back, or send the extract anew", mended.path);
                return Ok(Err(Refusal { error: GONE, message }));
            };
            let message = || format!("{} changed since the workbook was made: export it again", mended.path);
            Ok(if original.hash == mended.content_hash { Ok(original) } else { Err(Refusal { error: CHANGED, message: message() }) })
        }
        .boxed()
    }

    fn amendment(&self, page: &Page, passport: &Passport, found: &Found, received: DateTime<Utc>) -> std::result::Result<Amendment, Refusal> {
        let unknown = || Refusal { error: CHANGED, message: "the project knows the feed or the office of the workbook no more".to_owned() };
        let pipeline = self.project.pipeline(found.feed.as_str()).ok_or_else(unknown)?;
        let office = self.project.office(found.office.as_str()).ok_or_else(unknown)?;
        let habit = ReturnedHabit { source: &found.source, contract: &pipeline.contract, zone: office.timezone, received };
        amendment(&page.bytes, passport, &habit)
    }

    /// The source of the extract that a delivery of this path comes from; nothing where that is gone.
    fn source<'a>(&'a self, path: &'a str) -> BoxFuture<'a, Result<Option<Arc<Source>>>> {
        async move {
            if let Some(found) = self.extracts.get(path) {
                return Ok(Some(found.source.clone()));
            }
            let Some(file) = self.returned.get(path) else { return Ok(None) };
            match Passport::of(&self.page(file).await?.bytes) {
                Ok(passport) if passport.mended.path != path => self.source(&passport.mended.path).await,
                _ => Ok(None),
            }
        }
        .boxed()
    }

    async fn page(&self, file: &ReturnedFile) -> Result<Page> {
        let name = file.location.filename().unwrap_or_default().to_owned();
        Ok(Page { name, bytes: file.objects.read(&file.location, MOST_BYTES).await?.bytes })
    }
}

/// What a workbook says of the submission that it is made of.
pub fn mended(project: &Project, submission: &Submission) -> Mended {
    Mended {
        project: project.name.clone(),
        submission: submission.submission_id.clone(),
        feed: submission.feed.clone(),
        office: submission.office.clone(),
        period: submission.period.clone(),
        path: submission.path.clone(),
        content_hash: submission.content_hash.clone(),
    }
}

/// Every file at the place of returned workbooks, by its path; none where there is no such folder yet.
async fn list(project: &Project) -> Result<BTreeMap<String, ReturnedFile>> {
    let Some(place) = project.corrections.as_ref().filter(|place| project.root.join(&place.folder).is_dir()) else { return Ok(BTreeMap::new()) };
    let objects = Objects::open(&project.root, &place.folder)?;
    let mut found = BTreeMap::new();
    for object in objects.list().await? {
        let path = if place.folder.is_empty() { object.location.to_string() } else { format!("{}/{}", place.folder, object.location) };
        let name = path.rsplit('/').next().unwrap_or_default();
        if name.starts_with('.') || name.starts_with("~$") {
            continue;
        }
        if let Some((office, received)) = place.place(&path) {
            // A workbook mends what came before it, also on the same day.
            let received = received + chrono::Duration::microseconds(1);
            let (size, modified, objects, location) = (object.size, object.last_modified, objects.clone(), object.location);
            found.insert(path.clone(), ReturnedFile { office, received, path, size, modified, objects, location });
        }
    }
    Ok(found)
}

impl ReturnedFile {
    /// It as a delivery for the slot that it mends.
    fn found(&self, mended: &Mended, source: Arc<Source>) -> Option<Found> {
        Some(Found {
            feed: crate::names::FeedName::new(&mended.feed),
            office: self.office.clone(),
            period: mended.period.parse().ok()?,
            received: self.received,
            path: self.path.clone(),
            size: self.size,
            modified: self.modified,
            source,
            files: vec![FoundFile {
                page: None,
                name: self.location.filename().unwrap_or_default().to_owned(),
                item: Item::Object(self.objects.clone(), self.location.clone()),
            }],
        })
    }
}
