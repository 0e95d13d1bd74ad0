//! Messages on their way to receivers: each receiver's in the order in which they were made, tried again where that may help.
//!
//! Guarantees: a receiver that is slow or dead keeps no other waiting; what was taken is noted before the next message goes.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use bytes::Bytes;
use chrono::{DateTime, TimeDelta, Utc};
use tokio::sync::{Notify, watch};
use tokio::task::{self, JoinSet};

use super::book::{self, Book, Message};
use super::letter::Letter;
use super::{mail, shape};
use crate::clock::{SharedClock, Stopwatch};
use crate::error::Error;
use crate::project::{Project, Receiver, Shape, Way, WebhookUrl, is_this_machine};
use crate::store::web::{Address, Failure, Limits, Web};

/// How often and how long it is tried.
#[derive(Debug, Clone, Copy)]
pub struct Patience {
    /// The pause after the first attempt; each further one is twice as long.
    pub first: Duration,
    /// The longest pause.
    pub most: Duration,
    /// A message that was not taken so long after it was made is given up.
    pub within: Duration,
    /// How long a webhook, or a command of a mail server, may take.
    pub timeout: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        let seconds = Duration::from_secs;
        Self { first: seconds(30), most: seconds(3_600), within: seconds(24 * 3_600), timeout: seconds(10) }
    }
}

impl Patience {
    /// The pause after `attempts` that failed.
    pub fn pause(&self, attempts: u32) -> Duration {
        let doubled = 2_u32.checked_pow(attempts.saturating_sub(1)).and_then(|times| self.first.checked_mul(times));
        doubled.unwrap_or(self.most).min(self.most)
    }

    /// So many attempts fill the time within which a message is tried, whatever clocks say.
    pub fn most_attempts(&self) -> u32 {
        let mut passed = Duration::ZERO;
        (1..)
            .find(|attempts| {
                passed += self.pause(*attempts);
                passed >= self.within || passed.is_zero()
            })
            .unwrap_or(1)
    }
}

/// Why a receiver did not take a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NotTaken {
    /// In words without secrets, and without what the server said.
    pub why: String,
    /// True where another attempt would fail as well.
    pub is_final: bool,
    /// How long the receiver asks to wait.
    pub wait: Option<Duration>,
}

impl NotTaken {
    /// A later attempt may succeed.
    pub fn later(why: impl Into<String>) -> Self {
        Self { why: why.into(), is_final: false, wait: None }
    }

    /// No attempt can succeed.
    pub fn never(why: impl Into<String>) -> Self {
        Self { why: why.into(), is_final: true, wait: None }
    }
}

impl From<Failure> for NotTaken {
    fn from(failure: Failure) -> Self {
        let is_final = !failure.is_passing() && !matches!(failure, Failure::Slow(_) | Failure::Later(_));
        Self { why: failure.to_string(), is_final, wait: failure.wait() }
    }
}

/// Sends one letter to one receiver, once.
///
/// # Errors
/// Why it was not taken.
pub async fn send(receiver: &Receiver, letter: &Letter, id: &str, at: DateTime<Utc>, timeout: Duration) -> Result<(), NotTaken> {
    match &receiver.way {
        Way::Webhook(url, shape) => post(url, *shape, letter, id, timeout).await,
        Way::Mail(mailbox) => {
            // Each command of a conversation may take its time; all of it may not take for ever.
            let sending = mail::send(mailbox, letter, id, at, timeout);
            tokio::time::timeout(timeout * 6, sending).await.unwrap_or_else(|_| Err(NotTaken::later("the mail server does not come to an end")))
        }
    }
}

async fn post(url: &WebhookUrl, shape: Shape, letter: &Letter, id: &str, timeout: Duration) -> Result<(), NotTaken> {
    let address = match url {
        WebhookUrl::Secret(variable) => Address::of_variable(variable),
        WebhookUrl::Written(text) => Address::of(text),
    };
    let address = address.map_err(|error| NotTaken::later(error.to_string()))?;
    if address.is_open() && !is_this_machine(address.host().trim_matches(['[', ']'])) {
        return Err(NotTaken::never(format!("the address in {address} is no https, and anybody on the way could read what is told")));
    }
    let web = Web::to_post(Limits { connect: timeout, whole: timeout, ..Limits::default() }).map_err(|error| NotTaken::later(error.to_string()))?;
    let body = Bytes::from(shape::shaped(letter, shape, id).to_string());
    Ok(web.post_json(&address, body).await?)
}

/// Sends what waits, until it is told to come to an end.
pub struct Postman {
    /// Where messages are kept.
    pub book: Arc<Book>,
    /// The project as it is now.
    pub project: watch::Receiver<Arc<Project>>,
    /// The time.
    pub clock: SharedClock,
    /// How often and how long it is tried.
    pub patience: Patience,
    /// Told where there is something new to send.
    pub wake: Arc<Notify>,
    /// True once it is to end when nothing can be sent any more right now.
    pub is_closing: Arc<AtomicBool>,
}

/// What became of an attempt.
type Done = (Message, Result<(), NotTaken>);

/// How long it is waited where the book cannot be read or written, or an attempt met a defect.
const TROUBLE: Duration = Duration::from_secs(60);

/// What is on its way, and what waits.
#[derive(Default)]
struct Bag {
    attempts: JoinSet<Done>,
    /// The receivers that are being sent to, each with the task and the message.
    busy: Vec<(task::Id, String, i64)>,
    /// What waits, since when and how long.
    pauses: BTreeMap<i64, (Stopwatch, Duration)>,
    /// What was taken, but could not be noted yet: it is noted before anything else, and not sent again.
    taken: BTreeSet<i64>,
}

impl Bag {
    fn put_off(&mut self, message: i64, pause: Duration) {
        self.pauses.insert(message, (Stopwatch::start(), pause));
    }

    /// Forgets an attempt that ended; gives its message.
    fn ended(&mut self, id: task::Id) -> Option<i64> {
        let at = self.busy.iter().position(|(task, ..)| *task == id)?;
        Some(self.busy.swap_remove(at).2)
    }
}

impl Postman {
    /// Sends until the end.
    pub async fn work(self) {
        let mut bag = Bag::default();
        loop {
            let wait = match self.book.first_waiting() {
                Ok(waiting) => self.begin(waiting, &mut bag),
                Err(error) => {
                    tell(&error);
                    Some(TROUBLE)
                }
            };
            if bag.attempts.is_empty() && self.is_closing.load(Ordering::Relaxed) {
                return;
            }
            tokio::select! {
                Some(done) = bag.attempts.join_next_with_id() => self.take(done, &mut bag),
                () = self.wake.notified() => {}
                () = tokio::time::sleep(wait.unwrap_or(self.patience.most)) => {}
            }
        }
    }

    /// Sets out with what may go now; gives how long until more may.
    fn begin(&self, waiting: Vec<Message>, bag: &mut Bag) -> Option<Duration> {
        let project = self.project.borrow().clone();
        let now = self.clock.now();
        bag.pauses.retain(|id, _| waiting.iter().any(|message| message.id == *id));
        let mut soonest: Option<Duration> = None;
        for message in waiting {
            if bag.busy.iter().any(|(_, receiver, _)| *receiver == message.receiver) {
                continue;
            }
            // What was tried in this life waits by a clock that nobody sets; what was tried before, as the book says.
            let (since, pause) = *bag.pauses.entry(message.id).or_insert_with(|| (Stopwatch::start(), book::wait(&message, now, self.patience.within)));
            let left = pause.saturating_sub(since.elapsed());
            if !left.is_zero() {
                soonest = Some(soonest.map_or(left, |soonest| soonest.min(left)));
                continue;
            }
            let (id, receiver) = (message.id, message.receiver.clone());
            let is_taken = bag.taken.contains(&id);
            let attempt = bag.attempts.spawn(attempt(project.clone(), message, is_taken, self.patience.timeout));
            bag.busy.push((attempt.id(), receiver, id));
        }
        soonest
    }

    /// Takes in what became of an attempt.
    fn take(&self, done: Result<(task::Id, Done), task::JoinError>, bag: &mut Bag) {
        let (id, done) = match done {
            Ok((id, done)) => (id, Some(done)),
            Err(error) => (error.id(), None),
        };
        let Some(number) = bag.ended(id) else { return };
        let Some((message, done)) = done else {
            tracing::error!("sending an alert met a defect");
            bag.put_off(number, TROUBLE);
            return;
        };
        let is_taken = done.is_ok();
        match self.note(&message, done) {
            Ok(pause) => bag.put_off(number, pause),
            Err(error) => {
                tell(&error);
                if is_taken {
                    bag.taken.insert(number);
                }
                bag.put_off(number, TROUBLE);
            }
        }
    }

    /// Notes what became of an attempt; gives the pause before the next one.
    fn note(&self, message: &Message, done: Result<(), NotTaken>) -> Result<Duration, Error> {
        let (receiver, kind, title, now) = (message.receiver.as_str(), message.letter.kind.name(), message.letter.title.as_str(), self.clock.now());
        let Err(NotTaken { why, is_final, wait }) = done else {
            self.book.sent(message.id, now)?;
            tracing::info!(receiver, kind, title, "alert sent");
            return Ok(Duration::ZERO);
        };
        let attempts = message.attempts + 1;
        let is_old = TimeDelta::from_std(self.patience.within).is_ok_and(|within| now - message.made >= within);
        if is_final || attempts >= self.patience.most_attempts() || (is_old && attempts > 1) {
            self.book.give_up(message.id, now, &why)?;
            tracing::warn!(receiver, kind, title, why, attempts, "an alert is given up: its receiver does not take it");
            return Ok(Duration::ZERO);
        }
        let pause = self.patience.pause(attempts).max(wait.unwrap_or_default()).min(self.patience.within);
        self.book.put_off(message.id, now, pause, &why)?;
        tracing::warn!(receiver, kind, title, why, attempts, again_in_s = pause.as_secs(), "an alert was not taken");
        Ok(pause)
    }
}

async fn attempt(project: Arc<Project>, message: Message, is_taken: bool, timeout: Duration) -> Done {
    let receiver = project.receivers.iter().find(|receiver| receiver.name == message.receiver);
    let done = match receiver {
        _ if is_taken => Ok(()),
        Some(receiver) => send(receiver, &message.letter, &id_of(&project, &message), message.made, timeout).await,
        None => Err(NotTaken::never("rihla.toml names no such receiver any more")),
    };
    (message, done)
}

/// What tells a message from every other, of this project and of others.
fn id_of(project: &Project, message: &Message) -> String {
    format!("{}.{}.{}", project.name, message.made.timestamp_micros(), message.id)
}

/// Tells the log of trouble with the book.
pub fn tell(error: &Error) {
    tracing::warn!(because = error.causes().join(": "), hints = error.hints().join("; "), "{error}");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_up_to_an_hour_and_fill_a_day() {
        let patience = Patience::default();
        let seconds: Vec<u64> = [1, 2, 3, 7, 8, 9, 40, u32::MAX].map(|attempts| patience.pause(attempts).as_secs()).to_vec();
        assert_eq!(seconds, [30, 60, 120, 1_920, 3_600, 3_600, 3_600, 3_600]);
        let passed: u64 = (1..patience.most_attempts()).map(|attempts| patience.pause(attempts).as_secs()).sum();
        assert!((23 * 3_600..=24 * 3_600).contains(&passed), "{passed}");
    }

    #[test]
    fn what_is_wrong_with_a_request_is_not_tried_again() {
        let is_final = |failure: Failure| NotTaken::from(failure).is_final;
        for failure in [Failure::NotThere(410), Failure::Denied(403), Failure::Refused(400), Failure::Redirect("to nowhere")] {
            assert!(is_final(failure.clone()), "{failure}");
        }
        let wait = Some(Duration::from_secs(7));
        for failure in [Failure::TooOften(wait), Failure::Server(503, None), Failure::Connect, Failure::Slow(Duration::from_secs(10)), Failure::Cut(0)] {
            assert!(!is_final(failure.clone()), "{failure}");
        }
        assert_eq!(NotTaken::from(Failure::TooOften(wait)).wait, wait);
    }
}
