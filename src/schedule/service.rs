//! The scheduler that runs for months: one of them schedules, others wait.
//!
//! Guarantees: it starts with a project that is in order, or not at all; whoever asks it to stop is heard in every state; what
//! runs when it stops is let end for a stated time, and begun again by the next one where it was cut off.

use std::sync::Arc;
use std::time::Duration;

use chrono::TimeDelta;
use tokio::sync::Notify;
use tokio::sync::mpsc::UnboundedReceiver;

use super::alarm::Alarm;
use super::driver::{Driver, Mode};
use super::lease::Waiting;
use super::ledger::{Lease, Ledger, LedgerError, Token};
use super::place::Place;
use super::runner::{Processes, Program};
use super::terms::{Held, Terms};
use super::vitals::{Part, Vitals};
use super::watch::Watch;
use crate::clock::{SharedClock, Stopwatch};
use crate::error::{Error, Kind, Result};
use crate::project::Project;

/// How often the project is looked at, and by a scheduler that waits the lease.
const LOOK: Duration = Duration::from_secs(2);

/// What came to its end longer ago than this is no longer kept.
const KEPT: TimeDelta = TimeDelta::days(400);

/// How often what is no longer kept is removed.
const TIDYING: Duration = Duration::from_secs(24 * 3600);

/// How a scheduler is run.
pub struct Service {
    /// This program, with the project.
    pub program: Program,
    /// The time.
    pub clock: SharedClock,
    /// How long runs may go on after somebody asked for an end.
    pub drain: Duration,
    /// Who this is, for people to read.
    pub holder: String,
    /// Each message asks for an end; the second one for one at once.
    pub stops: UnboundedReceiver<()>,
    /// Where it tells how it fares.
    pub vitals: Arc<Vitals>,
}

/// How the time as the one that schedules ended.
enum Ended {
    /// Somebody asked for it.
    Stopped,
    /// Another scheduler took over.
    Lost,
}

/// Schedules until somebody asks for an end.
///
/// # Errors
/// Where the project is not in order when it starts, or the ledger cannot be opened.
pub async fn serve(mut service: Service) -> Result<()> {
    let (mut watch, project) = Watch::begin(service.program.clone()).await?;
    let mut project = Arc::new(project);
    loop {
        let place = Place::of(&project);
        let ledger = place.open().await?;
        let Some((token, _held)) = service.lease(ledger.as_ref(), place.terms().as_ref()).await? else { return Ok(()) };
        match service.hold(ledger, token, &mut watch, &mut project).await? {
            Ended::Stopped => return Ok(()),
            Ended::Lost => tracing::warn!("another scheduler has taken over: what ran here was stopped; this one waits"),
        }
    }
}

impl Service {
    /// Waits until this scheduler is the one; nothing where somebody asked for an end before.
    async fn lease(&mut self, ledger: &dyn Ledger, terms: Option<&Terms>) -> Result<Option<(Token, Option<Held>)>> {
        let mut waiting = Waiting::default();
        let mut has_told = false;
        let mut watch = Stopwatch::start();
        loop {
            let lease = ledger.lease().await?;
            self.vitals.goes_round(Part::Waiting { holder: lease.holder.clone() });
            let elapsed = watch.elapsed();
            watch = Stopwatch::start();
            let is_over = terms.map_or(Ok(false), |terms| terms.is_over(lease.token))?;
            if (waiting.look(&lease, elapsed) || is_over)
                && let Some(taken) = self.take(ledger, terms, &lease).await?
            {
                return Ok(Some(taken));
            }
            if !has_told {
                tracing::info!(holder = lease.holder, "another scheduler is at work: this one waits to take over");
                has_told = true;
            }
            tokio::select! {
                () = tokio::time::sleep(LOOK) => {}
                _ = self.stops.recv() => return Ok(None),
            }
        }
    }

    /// Takes the lease as it was seen; nothing where somebody else was faster.
    async fn take(&self, ledger: &dyn Ledger, terms: Option<&Terms>, seen: &Lease) -> Result<Option<(Token, Option<Held>)>> {
        let Some(terms) = terms else { return Ok(ledger.take(seen, &self.holder).await?.map(|token| (token, None))) };
        let Some(held) = terms.hold(Token(seen.token.0 + 1))? else { return Ok(None) };
        let Some(token) = ledger.take(seen, &self.holder).await? else { return Ok(None) };
        terms.forget_before(token)?;
        Ok(Some((token, Some(held))))
    }

    /// Schedules as the one that holds the lease.
    async fn hold(&mut self, ledger: Arc<dyn Ledger>, token: Token, watch: &mut Watch, project: &mut Arc<Project>) -> Result<Ended> {
        let definitions = &project.schedule.definitions;
        let wake = Arc::new(Notify::new());
        let mut processes = Processes::new(self.program.clone(), wake.clone());
        processes.redefine(definitions);
        tracing::info!(pipelines = definitions.pipelines.len(), term = token.0, "schedules");
        let mut driver = Driver::new(ledger, processes, token, definitions.clone());
        let mut alarm = Alarm::open(project.clone(), self.clock.clone());
        let (mut mode, mut left) = (Mode::Going, self.drain);
        let (mut since, mut tidied) = (Stopwatch::start(), None::<Stopwatch>);
        loop {
            let elapsed = since.elapsed();
            since = Stopwatch::start();
            let now = self.clock.now();
            self.vitals.goes_round(if mode == Mode::Going { Part::Leading { term: token } } else { Part::Draining { term: token } });
            let stepped = driver.step(now, elapsed, mode).await;
            if let Ok(stepped) = &stepped {
                alarm.look(&mut driver, stepped).await;
            }
            let wait = match stepped {
                Ok(stepped) if mode == Mode::Draining && stepped.running == 0 => return self.give_back(&mut driver, token, alarm).await,
                Ok(stepped) => {
                    self.vitals.stepped(None);
                    stepped.again_in
                }
                Err(LedgerError::Lost) => {
                    driver.runner().gone().await;
                    return Ok(Ended::Lost);
                }
                Err(error) => {
                    let error = error.into();
                    self.vitals.stepped(Some(in_words(&error)));
                    tell(&error);
                    LOOK
                }
            };
            if mode == Mode::Draining {
                left = left.saturating_sub(elapsed);
                if left.is_zero() {
                    tracing::warn!("runs took longer to end than they may: they are cut off, and begun again by the next scheduler");
                    return self.give_back(&mut driver, token, alarm).await;
                }
            }
            if tidied.is_none_or(|tidied| tidied.elapsed() >= TIDYING) {
                tidied = Some(Stopwatch::start());
                driver.ledger().prune(token, now - KEPT).await.map_err(Error::from).map_or_else(|error| tell(&error), |_| ());
            }
            tokio::select! {
                () = tokio::time::sleep(wait.min(LOOK)) => {}
                () = wake.notified() => {}
                _ = self.stops.recv() => {
                    if mode == Mode::Draining {
                        tracing::warn!("asked twice: what runs is cut off, and begun again by the next scheduler");
                        return self.give_back(&mut driver, token, alarm).await;
                    }
                    tracing::info!(within_s = self.drain.as_secs(), "stopping: nothing more is started, and what runs may end");
                    mode = Mode::Draining;
                }
            }
            if mode == Mode::Going {
                take_over(watch, project, &mut driver, (&mut alarm, &self.vitals)).await;
            }
        }
    }

    /// Stops what still runs and gives the lease back, so that nobody need wait.
    async fn give_back(&self, driver: &mut Driver<dyn Ledger, Processes>, token: Token, alarm: Alarm) -> Result<Ended> {
        use super::driver::Runner;
        driver.runner().stop_all();
        driver.runner().gone().await;
        alarm.close().await;
        driver.ledger().release(token).await?;
        tracing::info!("stopped");
        Ok(Ended::Stopped)
    }
}

/// Looks at the project, and takes a change over.
async fn take_over(watch: &mut Watch, project: &mut Arc<Project>, driver: &mut Driver<dyn Ledger, Processes>, (alarm, vitals): (&mut Alarm, &Vitals)) {
    match watch.changed().await {
        Ok(None) => {}
        Ok(Some(changed)) => {
            let definitions = &changed.schedule.definitions;
            tracing::info!(pipelines = definitions.pipelines.len(), "the project was changed: its schedule is taken over");
            vitals.looked(None);
            driver.runner().redefine(definitions);
            driver.redefine(definitions.clone());
            *project = Arc::new(changed);
            alarm.change(project.clone());
        }
        Err(error) => {
            vitals.looked(Some(in_words(&error)));
            tell(&error);
            alarm.refused(&error);
            tracing::warn!("the changed project is refused; what was scheduled stays so");
        }
    }
}

/// An error with what can be done about it, on one line.
fn in_words(error: &Error) -> String {
    std::iter::once(error.to_string()).chain(error.hints().iter().cloned()).collect::<Vec<_>>().join("; ")
}

fn tell(error: &Error) {
    let hints = error.hints().join("; ");
    let kind = match error.kind() {
        Kind::Config => "config",
        _ => "other",
    };
    tracing::warn!(kind, because = error.causes().join(": "), hints, "{error}");
}
