//! The memory that the steps of queries share.
//!
//! Who can write what it holds to disk may take a good part of what no other needs, and finds a little in any case, however
//! much the others hold. The engine's own pools give all such steps an even share, most of which a plan of a dozen steps leaves
//! unused while the one step that holds groups or sorts spills; or everything to whoever comes first, so that the next cannot
//! even begin.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError};

use datafusion::error::{DataFusionError, Result};
use datafusion::execution::memory_pool::{MemoryConsumer, MemoryLimit, MemoryPool, MemoryReservation, human_readable_size};

/// What a step finds in any case, unless an even share is less: some large batches of rows.
const LEAST: usize = 12 << 20;

/// The part of the pool, one in so many, that one step which can spill may hold, unless an even share is more: steps stand on
/// one another, and a sort that waits for its last row keeps what the one below it needs to go on.
const MOST_PART: usize = 6;

/// The part, one in so many, that one step may hold which cannot spill: merging what was spilled takes whatever it is given.
const FIXED_MOST_PART: usize = 2;

/// The part, one in so many, that is kept for steps that cannot spill.
const FIXED_PART: usize = 3;

/// The part, one in so many, that rows may hold in all that wait for a step to take them: written to disk they cost little.
const WAITING_PART: usize = 6;

/// How the steps are called of which rows wait, one for each part that they go to.
const WAITING: &str = "RepartitionExec[";

/// A pool of so many bytes.
#[derive(Debug)]
pub(super) struct SharedPool {
    bytes: usize,
    /// The steps by their numbers.
    steps: Mutex<HashMap<usize, Step>>,
}

#[derive(Debug)]
struct Step {
    needs: Needs,
    held: usize,
}

/// What becomes of a step that finds no memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Needs {
    /// It writes to disk what it holds, and goes on slower the less it has.
    Some,
    /// It writes rows to disk that only wait for others.
    Nothing,
    /// It fails.
    All,
}

impl Needs {
    fn of(consumer: &MemoryConsumer) -> Self {
        match consumer.can_spill() {
            true if consumer.name().starts_with(WAITING) => Self::Nothing,
            true => Self::Some,
            false => Self::All,
        }
    }
}

impl SharedPool {
    pub(super) fn new(bytes: usize) -> Self {
        Self { bytes, steps: Mutex::default() }
    }

    fn steps(&self) -> MutexGuard<'_, HashMap<usize, Step>> {
        // Numbers are whole at every moment, whoever panicked.
        self.steps.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What a step may hold in all.
    fn share(&self, steps: &HashMap<usize, Step>, consumer: &MemoryConsumer) -> usize {
        let many = |needs: Needs| steps.values().filter(|step| step.needs == needs).count();
        // Steps where rows only wait may be as many as there are parts: as many of them count as there are others.
        let spilling = many(Needs::Some);
        let even = self.bytes / (spilling + many(Needs::Nothing).min(spilling)).max(1);
        let least = LEAST.min(even);
        let others = steps.iter().filter(|(number, _)| **number != consumer.id()).map(|(_, step)| step);
        let (mut spillable, mut kept, mut fixed, mut waiting) = (0, 0, 0, 0);
        for step in others {
            match step.needs {
                Needs::Some => (spillable, kept) = (spillable + step.held, kept + step.held.max(least / 2)),
                Needs::Nothing => waiting += step.held,
                Needs::All => fixed += step.held,
            }
        }
        // Half of what every other may need is left for it. A step that begins late may find that taken too: nobody would give
        // it back, and with less it could not go on.
        match Needs::of(consumer) {
            Needs::Some => {
                let left = self.bytes.saturating_sub(kept + waiting + fixed.max(self.bytes / FIXED_PART));
                left.min(even.max(self.bytes / MOST_PART)).max(least)
            }
            Needs::Nothing => (self.bytes / WAITING_PART).saturating_sub(waiting),
            Needs::All => self.bytes.saturating_sub(spillable + waiting + fixed).min(self.bytes / FIXED_MOST_PART).max(least),
        }
    }
}

impl fmt::Display for SharedPool {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} of {}", human_readable_size(self.reserved()), human_readable_size(self.bytes))
    }
}

impl MemoryPool for SharedPool {
    fn name(&self) -> &'static str {
        "shared"
    }

    fn register(&self, consumer: &MemoryConsumer) {
        self.steps().insert(consumer.id(), Step { needs: Needs::of(consumer), held: 0 });
    }

    fn unregister(&self, consumer: &MemoryConsumer) {
        self.steps().remove(&consumer.id());
    }

    fn grow(&self, reservation: &MemoryReservation, additional: usize) {
        if let Some(step) = self.steps().get_mut(&reservation.consumer().id()) {
            step.held += additional;
        }
    }

    fn shrink(&self, reservation: &MemoryReservation, shrink: usize) {
        if let Some(step) = self.steps().get_mut(&reservation.consumer().id()) {
            step.held = step.held.saturating_sub(shrink);
        }
    }

    fn try_grow(&self, reservation: &MemoryReservation, additional: usize) -> Result<()> {
        let consumer = reservation.consumer();
        let mut steps = self.steps();
        let share = self.share(&steps, consumer);
        let Some(step) = steps.get_mut(&consumer.id()) else { return Ok(()) };
        if step.held + additional > share {
            let (held, share) = (human_readable_size(step.held), human_readable_size(share));
            let (name, additional) = (consumer.name(), human_readable_size(additional));
            return Err(DataFusionError::ResourcesExhausted(format!("{name} holds {held} and needs {additional} more, where it may hold {share}")));
        }
        step.held += additional;
        Ok(())
    }

    fn reserved(&self) -> usize {
        self.steps().values().map(|step| step.held).sum()
    }

    fn memory_limit(&self) -> MemoryLimit {
        MemoryLimit::Finite(self.bytes)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    const MIB: usize = 1 << 20;

    fn pool(mib: usize) -> Arc<dyn MemoryPool> {
        Arc::new(SharedPool::new(mib * MIB))
    }

    fn spillable(pool: &Arc<dyn MemoryPool>, name: &str) -> MemoryReservation {
        MemoryConsumer::new(name).with_can_spill(true).register(pool)
    }

    #[test]
    fn one_step_may_take_what_the_others_leave() {
        let pool = pool(512);
        let others: Vec<_> = (0..11).map(|_| spillable(&pool, "idle")).collect();
        let hungry = spillable(&pool, "hungry");
        assert!(hungry.try_grow(85 * MIB).is_ok(), "a twelfth each would be 42 MiB");
        assert!(hungry.try_grow(MIB).is_err());
        let late = spillable(&pool, "late");
        for other in others.iter().chain([&late]) {
            assert!(other.try_grow(LEAST).is_ok(), "every step can begin");
        }
        assert_eq!(pool.reserved(), 85 * MIB + 12 * LEAST);
    }

    #[test]
    fn a_step_that_cannot_spill_finds_room() {
        let pool = pool(64);
        let hungry = spillable(&pool, "hungry");
        let fixed = MemoryConsumer::new("join").register(&pool);
        assert!(hungry.try_grow(42 * MIB).is_ok() && hungry.try_grow(MIB).is_err());
        assert!(fixed.try_grow(22 * MIB).is_ok() && fixed.try_grow(MIB).is_err());
        hungry.free();
        assert!(fixed.try_grow(10 * MIB).is_ok() && fixed.try_grow(MIB).is_err(), "half of all is the most");
        let other = MemoryConsumer::new("merge").register(&pool);
        assert!(other.try_grow(32 * MIB).is_ok());
        let late = MemoryConsumer::new("merge above").register(&pool);
        assert!(late.try_grow(LEAST).is_ok() && late.try_grow(MIB).is_err());
        assert!(hungry.try_grow(LEAST).is_ok() && hungry.try_grow(MIB).is_err());
        drop((fixed, other, late));
        assert!(hungry.try_grow(MIB).is_ok());
        drop(hungry);
        assert_eq!(pool.reserved(), 0);
    }

    #[test]
    fn rows_that_wait_leave_room_for_the_steps_that_take_them() {
        let pool = pool(96);
        let waiting: Vec<_> = (0..64).map(|part| spillable(&pool, &format!("RepartitionExec[{part}]"))).collect();
        let taken = waiting.iter().filter(|rows| rows.try_grow(MIB).is_ok()).count();
        assert_eq!(taken, 16, "a sixth of all, whoever comes first");
        let grouping = spillable(&pool, "grouping");
        assert!(grouping.try_grow(48 * MIB).is_ok() && grouping.try_grow(MIB).is_err(), "all but that and what is kept for others");
        waiting[0].free();
        assert!(waiting[63].try_grow(MIB).is_ok() && waiting[62].try_grow(MIB).is_err());
    }

    #[test]
    fn a_failure_says_who_wanted_what() {
        let pool = pool(16);
        let error = spillable(&pool, "sort").try_grow(20 * MIB).unwrap_err().to_string();
        assert!(error.contains("sort holds 0.0 B and needs 20.0 MB more, where it may hold 12.0 MB"), "{error}");
    }
}
