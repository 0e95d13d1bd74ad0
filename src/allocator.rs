//! How memory that was freed is given back to the system.
//!
//! What a run holds comes and goes in large pieces: extracts, columns, groups. Left to itself the C library keeps for the next
//! request what was freed, in as many heaps as there are threads, so that a process is soon twice as large as what it holds.

/// How much of what was freed stays with the process.
#[cfg(all(target_os = "linux", target_env = "gnu"))]
struct Kept {
    /// Pieces of so many bytes and more come from the system and go back to it when they are freed.
    large: libc::c_int,
    /// What is kept at the end of a heap for what comes next.
    end: libc::c_int,
}

/// What pays where deliveries are small: asking the system takes an eighth of the time of a large job.
#[cfg(all(target_os = "linux", target_env = "gnu"))]
const MUCH: Kept = Kept { large: 4 << 20, end: 32 << 20 };

/// What keeps large deliveries within half a gibibyte.
#[cfg(all(target_os = "linux", target_env = "gnu"))]
const LITTLE: Kept = Kept { large: 1 << 20, end: 2 << 20 };

/// What a heap grows by: it asks the system rarely.
#[cfg(all(target_os = "linux", target_env = "gnu"))]
const STEP: libc::c_int = 1 << 20;

/// Has most of what was freed given back. Called once, before there is another thread; nothing where the C library is another.
pub fn give_back() {
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    {
        let cores = std::thread::available_parallelism().map_or(2, std::num::NonZero::get);
        // With one for each core threads wait for each other: small commands take a tenth longer.
        let heaps = libc::c_int::try_from(2 * cores).unwrap_or(libc::c_int::MAX);
        set(&[(libc::M_ARENA_MAX, heaps), (libc::M_TOP_PAD, STEP), (libc::M_MMAP_THRESHOLD, MUCH.large), (libc::M_TRIM_THRESHOLD, MUCH.end)]);
    }
}

/// Has nearly all of it given back from here on: for what holds large deliveries.
pub fn give_back_nearly_all() {
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    set(&[(libc::M_MMAP_THRESHOLD, LITTLE.large), (libc::M_TRIM_THRESHOLD, LITTLE.end)]);
}

#[cfg(all(target_os = "linux", target_env = "gnu"))]
fn set(numbers: &[(libc::c_int, libc::c_int)]) {
    for (which, value) in numbers {
        // SAFETY: it sets a number of the C library's under the library's own lock; other threads read it whenever they ask for
        // memory, and every value of it that they may meet is a sound one.
        #[expect(unsafe_code, reason = "there is no safe call for it")]
        unsafe {
            libc::mallopt(*which, *value);
        }
    }
}
