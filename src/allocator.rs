//! How memory that was freed is given back to the system.
//!
//! What a run holds comes and goes in large pieces: extracts, columns, groups. Left to itself the C library keeps for the next
//! request what was freed, in as many heaps as there are threads, so that a process is soon twice as large as what it holds.

/// Pieces of so many bytes and more come from the system and go back to it when they are freed.
#[cfg(all(target_os = "linux", target_env = "gnu"))]
const LARGE: libc::c_int = 1 << 20;

/// What a heap grows by: it asks the system rarely.
#[cfg(all(target_os = "linux", target_env = "gnu"))]
const STEP: libc::c_int = 1 << 20;

/// What is kept at the end of a heap for what comes next.
#[cfg(all(target_os = "linux", target_env = "gnu"))]
const KEPT: libc::c_int = 2 << 20;

/// Has what was freed given back. Called once, before there is another thread; nothing where the C library is another.
pub fn give_back() {
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    {
        let cores = std::thread::available_parallelism().map_or(2, std::num::NonZero::get);
        // With one for each core threads wait for each other: small commands take a tenth longer.
        let heaps = libc::c_int::try_from(2 * cores).unwrap_or(libc::c_int::MAX);
        // SAFETY: each sets a number of the C library's, which knows them and takes any value.
        #[expect(unsafe_code, reason = "there is no safe call for it")]
        unsafe {
            libc::mallopt(libc::M_MMAP_THRESHOLD, LARGE);
            libc::mallopt(libc::M_ARENA_MAX, heaps);
            libc::mallopt(libc::M_TOP_PAD, STEP);
            libc::mallopt(libc::M_TRIM_THRESHOLD, KEPT);
        }
    }
}
