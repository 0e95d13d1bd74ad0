//! Work shared out among cores.
//!
//! Guarantees: results stand in the order of what they were made of, whoever was ready first.

use std::sync::{LazyLock, Mutex, PoisonError};
use std::{iter, thread};

/// The stack of every thread that plans SQL: the engine goes through conditions by recursion, and thousands of parts are
/// nothing unheard of. Only what is used of it takes memory.
pub const STACK_BYTES: usize = 256 * 1024 * 1024;

/// How many cores there are for this process; two where the system does not say.
///
/// Asked once: on Linux every answer takes four files of the system to be read, which was as much as reading a small extract.
pub fn cores() -> usize {
    static CORES: LazyLock<usize> = LazyLock::new(|| thread::available_parallelism().map_or(2, std::num::NonZero::get));
    *CORES
}

/// What `work` makes of every item, on as many threads as there are cores; on this one where there is little to share.
pub fn each<T: Sync, R: Send>(items: &[T], work: impl Fn(&T) -> R + Sync) -> Vec<R> {
    each_of(items.iter().collect(), work)
}

/// The same of items that are given away: no more of them are worked on at a time than there are cores, so that where each is
/// dropped by `work` that many are held beside what was made of them.
pub fn each_of<T: Send, R: Send>(items: Vec<T>, work: impl Fn(T) -> R + Sync) -> Vec<R> {
    let threads = cores().min(items.len());
    if threads < 2 {
        return items.into_iter().map(work).collect();
    }
    let items = Mutex::new(items.into_iter().enumerate());
    let next = || items.lock().unwrap_or_else(PoisonError::into_inner).next();
    let share = || -> Vec<(usize, R)> { iter::from_fn(next).map(|(place, item)| (place, work(item))).collect() };
    let mut made = thread::scope(|scope| {
        // Where no thread can be had the others do its share.
        let others: Vec<_> = (1..threads).filter_map(|_| thread::Builder::new().stack_size(STACK_BYTES).spawn_scoped(scope, share).ok()).collect();
        let mut made = share();
        for other in others {
            made.extend(other.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)));
        }
        made
    });
    made.sort_by_key(|(place, _)| *place);
    made.into_iter().map(|(_, result)| result).collect()
}

#[cfg(test)]
mod tests {
    use super::{each, each_of};

    #[test]
    fn results_stand_in_the_order_of_their_items() {
        let items: Vec<u64> = (0..1000).collect();
        let squares = |item: &u64| {
            std::thread::sleep(std::time::Duration::from_micros(item % 7));
            item * item
        };
        assert_eq!(each(&items, squares), items.iter().map(|item| item * item).collect::<Vec<_>>());
        assert_eq!(each(&items[..1], squares), [0]);
        assert_eq!(each(&items[..0], squares), [0; 0]);
        assert_eq!(each_of(items.clone(), |item| squares(&item)), each(&items, squares));
        assert_eq!(each_of(Vec::new(), |item| squares(&item)), [0; 0]);
    }
}
