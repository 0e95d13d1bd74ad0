//! Figures gathered where somebody asks, aside from what runs.
//!
//! Guarantees: whoever asks waits a few seconds at most, and is then told what was last known; one gathering goes at a time, in
//! a thread of its own, and rests afterwards for ten times as long as it took.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use chrono::{DateTime, Utc};
use tokio::runtime::Handle;
use tokio::sync::{Mutex as Turns, OwnedMutexGuard, oneshot};

use super::feeds::{Feed, feeds};
use super::sizes;
use super::ticks::{Gathering, Ticks};
use crate::clock::{SharedClock, Stopwatch};
use crate::error::{self, Result};
use crate::project::{self, Project};
use crate::schedule::place::Place;
use crate::schedule::runner::Program;
use crate::schedule::vitals::{Fares, Vitals};
use crate::store::probe::free_bytes;
use crate::warehouse::Warehouse;

/// Figures are as old as this at least before they are gathered again.
const FRESH: Duration = Duration::from_secs(5);

/// A gathering rests so many times as long as it took.
const REST: u32 = 10;

/// How long whoever asks waits.
const PATIENCE: Duration = Duration::from_secs(4);

/// How old the size of a warehouse may be that nothing was loaded into.
const SIZED: Duration = Duration::from_secs(600);

/// Everything that is known at a time.
#[derive(Debug, Clone, Default)]
pub struct Figures {
    /// Of the schedule's ledger.
    pub ticks: Ticks,
    /// Of what was delivered.
    pub feeds: BTreeMap<String, Feed>,
    /// The last release and when it was made.
    pub release: Option<(u64, DateTime<Utc>)>,
    /// The bytes of the ledger.
    pub ledger_bytes: Option<u64>,
    /// The bytes of the warehouse.
    pub warehouse_bytes: Option<u64>,
    /// The bytes that are free where the warehouse lies.
    pub free_bytes: Option<u64>,
    /// When the ledger and the warehouse were last read.
    pub read_at: BTreeMap<&'static str, DateTime<Utc>>,
    /// Those that could not be read when they were last to be.
    pub unread: BTreeMap<&'static str, String>,
}

/// What is kept from one gathering to the next.
#[derive(Default)]
struct Kept {
    gathered: Option<(Stopwatch, Duration)>,
    gathering: Gathering,
    project: Option<(u64, Arc<Project>)>,
    /// What the warehouse was like when its figures were gathered.
    print: Option<Print>,
    sized: Option<Stopwatch>,
}

/// By what it is known that a warehouse holds nothing new: the newest entry of each log, the hour, the project.
type Print = (Vec<Option<String>>, i64, u64);

/// Gathers figures.
pub struct Gatherer {
    program: Program,
    clock: SharedClock,
    vitals: Arc<Vitals>,
    kept: Arc<Turns<Kept>>,
    known: Mutex<Arc<Figures>>,
}

impl Gatherer {
    /// One that has gathered nothing yet, of the project of a scheduler.
    pub fn new(program: Program, clock: SharedClock, vitals: Arc<Vitals>) -> Self {
        Self { program, clock, vitals, kept: Arc::default(), known: Mutex::default() }
    }

    /// How the scheduler fares.
    pub fn fares(&self) -> Fares {
        self.vitals.fares()
    }

    /// The figures, gathered now where those that are known are old.
    pub async fn figures(self: &Arc<Self>) -> Arc<Figures> {
        let asked = async {
            let kept = self.kept.clone().lock_owned().await;
            if kept.gathered.is_some_and(|(since, took)| since.elapsed() < FRESH.max(took * REST)) {
                return;
            }
            let (done, told) = oneshot::channel();
            let (this, runtime) = (self.clone(), Handle::current());
            // A thread that nothing waits for: a disk that hangs must not keep the scheduler from ending.
            let begun = std::thread::Builder::new().name("figures".to_owned()).spawn(move || {
                runtime.block_on(this.gather(kept));
                // Whoever asked may have gone.
                let _ = done.send(());
            });
            match begun {
                // It says nothing where it was cut off, and there is nothing to say then.
                Ok(_) => told.await.unwrap_or_default(),
                Err(cause) => tracing::warn!(%cause, "figures cannot be gathered"),
            }
        };
        // Where it takes longer it goes on, for whoever asks next.
        let _ = tokio::time::timeout(PATIENCE, asked).await;
        self.known()
    }

    fn known(&self) -> Arc<Figures> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    async fn gather(&self, mut kept: OwnedMutexGuard<Kept>) {
        let watch = Stopwatch::start();
        let mut figures = self.known().as_ref().clone();
        let now = self.clock.now();
        let ledger = self.read_ledger(&mut kept, &mut figures, now).await;
        note(&mut figures, "ledger", ledger, now);
        let warehouse = self.read_warehouse(&mut kept, &mut figures, now).await;
        note(&mut figures, "warehouse", warehouse, now);
        kept.gathered = Some((Stopwatch::start(), watch.elapsed()));
        *self.known.lock().unwrap_or_else(PoisonError::into_inner) = Arc::new(figures);
    }

    /// The project as it is scheduled: read again where a change was taken over.
    fn project(&self, kept: &mut Kept) -> Result<Arc<Project>> {
        let edition = self.vitals.fares().editions;
        if let Some((of, project)) = &kept.project
            && *of == edition
        {
            return Ok(project.clone());
        }
        let project = Arc::new(project::load(&self.program.project)?);
        kept.project = Some((edition, project.clone()));
        Ok(project)
    }

    async fn read_ledger(&self, kept: &mut Kept, figures: &mut Figures, now: DateTime<Utc>) -> Result<()> {
        let project = self.project(kept)?;
        let place = Place::of(&project);
        if !place.is_taken() {
            return Ok(());
        }
        figures.ticks = kept.gathering.gather(place.open().await?.as_ref(), now).await?;
        figures.ledger_bytes = Some(sizes::ledger(&place.path()));
        Ok(())
    }

    async fn read_warehouse(&self, kept: &mut Kept, figures: &mut Figures, now: DateTime<Utc>) -> Result<()> {
        let project = self.project(kept)?;
        let root = &project.warehouse;
        if !root.is_dir() {
            return Ok(());
        }
        let newest = |folder: &str| newest(&root.join(folder));
        let edition = kept.project.as_ref().map_or(0, |(edition, _)| *edition);
        let print = (vec![newest("submissions/_delta_log")?, newest("released")?], now.timestamp() / 3_600, edition);
        let is_new = kept.print.as_ref() != Some(&print);
        if is_new && let Some(warehouse) = Warehouse::open_if_any(&project, self.clock.clone()).await? {
            figures.feeds = feeds(&project, &warehouse.read_submissions().await?, now);
            let release = warehouse.latest_release().await?;
            figures.release = release.and_then(|release| Some((release.rihla.release, DateTime::parse_from_rfc3339(&release.created).ok()?.to_utc())));
        }
        if is_new || kept.sized.is_none_or(|sized| sized.elapsed() >= SIZED) {
            figures.warehouse_bytes = Some(sizes::folder(root));
            figures.free_bytes = Some(free_bytes(root)?);
            kept.sized = Some(Stopwatch::start());
        }
        kept.print = Some(print);
        Ok(())
    }
}

fn note(figures: &mut Figures, of: &'static str, read: Result<()>, now: DateTime<Utc>) {
    match read {
        Ok(()) => {
            figures.read_at.insert(of, now);
            figures.unread.remove(of);
        }
        Err(error) => {
            let why = error.to_string();
            if figures.unread.get(of) != Some(&why) {
                tracing::warn!(of, because = error.causes().join(": "), "figures cannot be gathered: {error}");
            }
            figures.unread.insert(of, why);
        }
    }
}

/// The last name in a folder; nothing where it is empty or not there.
fn newest(folder: &std::path::Path) -> Result<Option<String>> {
    let what = || format!("cannot list `{}`", folder.display());
    let entries = match std::fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(cause) if cause.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(cause) => return Err(error::io(what(), cause)),
    };
    let mut newest = None;
    for entry in entries {
        let name = entry.map_err(|cause| error::io(what(), cause))?.file_name().to_string_lossy().into_owned();
        // Manifests and versions have numbers of one length; links and folders beside them say nothing new.
        if name.ends_with(".json") {
            newest = newest.max(Some(name));
        }
    }
    Ok(newest)
}
