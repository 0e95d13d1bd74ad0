//! How a scheduler fares, told while it runs to whoever asks from outside.
//!
//! Guarantees: telling and asking wait for nothing but each other, for as long as it takes to copy a few words.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::ledger::Token;
use crate::clock::Stopwatch;

/// What part a scheduler has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Part {
    /// It looks at the project for the first time.
    Starting,
    /// Another one schedules.
    Waiting {
        /// Who that is, for people to read.
        holder: String,
    },
    /// It schedules.
    Leading {
        /// Its term.
        term: Token,
    },
    /// It starts nothing more, and what runs may end.
    Draining {
        /// Its term.
        term: Token,
    },
}

impl Part {
    /// The term of one that holds the lease.
    pub fn term(&self) -> Option<Token> {
        match self {
            Self::Leading { term } | Self::Draining { term } => Some(*term),
            Self::Starting | Self::Waiting { .. } => None,
        }
    }
}

/// How a scheduler fares.
#[derive(Debug, Clone)]
pub struct Fares {
    /// What part it has.
    pub part: Part,
    /// Why the project as it is now is refused; nothing where it is in order. What was scheduled stays so.
    pub refused: Option<String>,
    /// Why the last step could not be taken; nothing where it was.
    pub hindered: Option<String>,
    /// How often a changed project was taken over.
    pub editions: u64,
    /// Since its loop last went round, or it started.
    stepped: Stopwatch,
}

impl Fares {
    /// The time since its loop last went round, or it started.
    pub fn since_step(&self) -> Duration {
        self.stepped.elapsed()
    }
}

/// What a scheduler tells of itself.
#[derive(Debug)]
pub struct Vitals(Mutex<Fares>);

impl Default for Vitals {
    fn default() -> Self {
        Self(Mutex::new(Fares { part: Part::Starting, refused: None, hindered: None, editions: 0, stepped: Stopwatch::start() }))
    }
}

impl Vitals {
    /// How it fares now.
    pub fn fares(&self) -> Fares {
        self.told().clone()
    }

    /// Its loop has gone round, in this part.
    pub fn goes_round(&self, part: Part) {
        let mut told = self.told();
        told.part = part;
        told.stepped = Stopwatch::start();
    }

    /// A step was taken, or could not be.
    pub fn stepped(&self, hindered: Option<String>) {
        self.told().hindered = hindered;
    }

    /// The project was looked at: it was taken over, or is refused and why.
    pub fn looked(&self, refused: Option<String>) {
        let mut told = self.told();
        told.editions += u64::from(refused.is_none());
        told.refused = refused;
    }

    fn told(&self) -> MutexGuard<'_, Fares> {
        // Nothing is half told: each telling sets whole words.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
