//! Where facts come in: causes are noted, and messages about them set on their way, in tasks of their own.
//!
//! Guarantees: whoever tells something waits for nothing and fails for nothing. A project without receivers keeps no book.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use chrono::{DateTime, Utc};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::sync::{Notify, watch};
use tokio::task::JoinHandle;

use super::book::Book;
use super::facts::Fact;
use super::post::{Patience, Postman, tell};
use super::{late, look, reminding};
use crate::clock::{SharedClock, Stopwatch};
use crate::error::Result;
use crate::project::Project;
use crate::warehouse::Submission;

/// How often it is looked for late reports, and for reminders to give, where no run ends.
const LOOK: Duration = Duration::from_secs(1_800);

/// How often what is long over is forgotten.
const TIDYING: Duration = Duration::from_secs(24 * 3_600);

/// How soon what could not be stored is tried again.
const TROUBLE: Duration = Duration::from_secs(60);

/// What is said where messages are left at the end.
const LEFT: &str = "some alerts are not sent yet: the next scheduler sends them";

/// What the desk is told.
enum Said {
    Facts(Vec<Fact>),
    Project(Arc<Project>),
}

/// A desk at work. Dropped, it stops at once; what is stored stays to be sent.
pub struct Desk {
    said: UnboundedSender<Said>,
    clerk: JoinHandle<()>,
}

impl Desk {
    /// Opens a desk for a project.
    pub fn open(project: Arc<Project>, clock: SharedClock, patience: Patience) -> Self {
        let (said, heard) = unbounded_channel();
        let (sender, receiver) = watch::channel(project);
        let clerk = Clerk { heard, project: sender, of_project: receiver, clock, patience, office: None, tidied: None, left: VecDeque::new() };
        Self { said, clerk: tokio::spawn(clerk.work()) }
    }

    /// Tells what was seen.
    pub fn tell(&self, facts: Vec<Fact>) {
        if !facts.is_empty() {
            self.say(Said::Facts(facts));
        }
    }

    /// The project was changed.
    pub fn change(&self, project: Arc<Project>) {
        self.say(Said::Project(project));
    }

    fn say(&self, said: Said) {
        if self.said.send(said).is_err() {
            tracing::error!("the desk of alerts met a defect: nobody is told of anything until the scheduler is started again");
        }
    }

    /// Takes in what it was told, sends what can be sent, and ends; all of it within a time.
    pub async fn close(mut self, within: Duration) {
        // The clerk ends once nobody can tell anything any more.
        let (nobody, _) = unbounded_channel();
        drop(std::mem::replace(&mut self.said, nobody));
        if tokio::time::timeout(within, &mut self.clerk).await.is_err() {
            tracing::warn!("{LEFT}");
        }
    }
}

impl Drop for Desk {
    fn drop(&mut self) {
        self.clerk.abort();
    }
}

/// The book, and who sends what stands there.
struct Office {
    book: Arc<Book>,
    wake: Arc<Notify>,
    is_closing: Arc<AtomicBool>,
    postman: JoinHandle<()>,
}

impl Drop for Office {
    fn drop(&mut self) {
        self.postman.abort();
    }
}

/// Who takes facts in.
struct Clerk {
    heard: UnboundedReceiver<Said>,
    project: watch::Sender<Arc<Project>>,
    of_project: watch::Receiver<Arc<Project>>,
    clock: SharedClock,
    patience: Patience,
    office: Option<Office>,
    tidied: Option<Stopwatch>,
    /// Facts that could not be stored yet, in their order.
    left: VecDeque<Fact>,
}

impl Clerk {
    async fn work(mut self) {
        let mut looked = None::<Stopwatch>;
        loop {
            let is_time = looked.is_none_or(|looked| looked.elapsed() >= LOOK);
            if is_time {
                self.look_for_late().await;
                looked = Some(Stopwatch::start());
            }
            let project = self.of_project.borrow().clone();
            self.store_left(&project);
            let until_look = looked.map_or(LOOK, |looked| LOOK.saturating_sub(looked.elapsed()));
            let wait = if self.left.is_empty() { until_look } else { until_look.min(TROUBLE) };
            tokio::select! {
                said = self.heard.recv() => match said {
                    Some(said) => {
                        if self.take_all(said) {
                            looked = None;
                        }
                    }
                    None => break,
                },
                () = tokio::time::sleep(wait) => {}
            }
        }
        if let Some(mut office) = self.office.take() {
            office.is_closing.store(true, Ordering::Relaxed);
            office.wake.notify_one();
            // Where it met a defect there is nobody to wait for.
            let _ = (&mut office.postman).await;
            match office.book.first_waiting() {
                Ok(waiting) if waiting.is_empty() => {}
                Ok(_) => tracing::warn!("{LEFT}"),
                Err(error) => tell(&error),
            }
        }
    }

    /// Takes in what was said, and what else was by now; true where it is to be looked for late reports.
    fn take_all(&mut self, first: Said) -> bool {
        let mut is_to_look = false;
        let mut next = Some(first);
        while let Some(said) = next {
            match said {
                Said::Facts(facts) => {
                    is_to_look |= facts.iter().any(|fact| matches!(fact, Fact::Run(_)));
                    facts.into_iter().for_each(|fact| self.note(fact));
                }
                Said::Project(project) => {
                    self.project.send_replace(project);
                    is_to_look = true;
                }
            }
            next = self.heard.try_recv().ok();
        }
        is_to_look
    }

    async fn look_for_late(&mut self) {
        let project = self.of_project.borrow().clone();
        if project.receivers.is_empty() {
            return;
        }
        match late::came(&project, &self.clock).await {
            Ok(came) => {
                let now = self.clock.now();
                self.note(Fact::Late(late::late(&project, &came, now)));
                self.remind(&project, &came, now).unwrap_or_else(|error| tell(&error));
            }
            Err(error) => tell(&error),
        }
    }

    /// Gives the reminders that fell since the last look.
    fn remind(&mut self, project: &Project, came: &[Submission], now: DateTime<Utc>) -> Result<()> {
        let office = self.office(project)?;
        if office.book.remind(project, now, |from| reminding::falling(project, came, from, now))? > 0 {
            office.wake.notify_one();
        }
        Ok(())
    }

    /// Notes what a fact changes, after those before it. What cannot be stored now is tried again.
    fn note(&mut self, fact: Fact) {
        let project = self.of_project.borrow().clone();
        if project.receivers.is_empty() {
            self.left.clear();
            return;
        }
        self.left.push_back(fact);
        self.store_left(&project);
    }

    fn store_left(&mut self, project: &Project) {
        while let Some(fact) = self.left.pop_front() {
            if let Err(error) = self.store(project, &fact) {
                tell(&error);
                self.left.push_front(fact);
                return;
            }
        }
    }

    fn store(&mut self, project: &Project, fact: &Fact) -> Result<()> {
        let now = self.clock.now();
        let office = self.office(project)?;
        if office.book.look(project, now, |open| look::changes(open, fact))? > 0 {
            office.wake.notify_one();
        }
        if self.tidied.is_none_or(|tidied| tidied.elapsed() >= TIDYING) {
            self.tidied = Some(Stopwatch::start());
            self.office(project)?.book.prune(now)?;
        }
        Ok(())
    }

    /// The book and its postman, begun with where they are not there yet.
    fn office(&mut self, project: &Project) -> Result<&Office> {
        let office = match self.office.take() {
            Some(office) if !office.postman.is_finished() => office,
            _ => self.begun(project)?,
        };
        Ok(self.office.insert(office))
    }

    fn begun(&self, project: &Project) -> Result<Office> {
        let book = Arc::new(Book::open(project)?);
        let (wake, is_closing) = (Arc::new(Notify::new()), Arc::new(AtomicBool::new(false)));
        let postman = Postman {
            book: book.clone(),
            project: self.of_project.clone(),
            clock: self.clock.clone(),
            patience: self.patience,
            wake: wake.clone(),
            is_closing: is_closing.clone(),
        };
        Ok(Office { book, wake, is_closing, postman: tokio::spawn(postman.work()) })
    }
}
