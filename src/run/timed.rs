//! When a run came to its steps, for whoever asks afterwards where the time went.

use std::sync::{Mutex, PoisonError};

use super::Progress;
use crate::clock::SharedClock;
use crate::warehouse::StepTime;

/// Hands progress on, and notes when each step began.
pub struct Timed<'a> {
    inner: &'a dyn Progress,
    clock: SharedClock,
    steps: Mutex<Vec<StepTime>>,
}

impl<'a> Timed<'a> {
    /// Nothing has begun yet.
    pub fn new(inner: &'a dyn Progress, clock: SharedClock) -> Self {
        Self { inner, clock, steps: Mutex::default() }
    }

    /// The steps so far.
    pub fn steps(&self) -> Vec<StepTime> {
        self.steps.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Progress for Timed<'_> {
    fn begin(&self, step: &str, total: u64) {
        let began = StepTime { step: step.to_owned(), began_at: super::seconds(self.clock.now()), things: total };
        self.steps.lock().unwrap_or_else(PoisonError::into_inner).push(began);
        self.inner.begin(step, total);
    }

    fn advance(&self, thing: &str) {
        self.inner.advance(thing);
    }
}
