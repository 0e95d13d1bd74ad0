//! Where memory comes from, and how what was freed is given back to the system.
//!
//! A run holds two kinds of things. There are millions of small ones: names, parts of plans, builders of columns of a hundred rows.
//! And what comes and goes in large pieces: extracts, columns, groups. An allocator that is quick with the small ones keeps a
//! gibibyte of the large ones, so each kind has its own.
//!
//! Large pieces are the C library's. Left to itself it keeps for the next request what was freed, in as many heaps as there are
//! threads, so that a process is soon twice as large as what it holds.

use std::alloc::{GlobalAlloc, Layout, System};

use mimalloc::MiMalloc;

/// The allocator of the program: small pieces from mimalloc, others from the C library.
pub struct BySize;

/// The size of the largest small piece, in bytes. With 1 to 16 KiB small commands take as long; above, large jobs hold more.
const SMALL: usize = 4096;

fn is_small(bytes: usize) -> bool {
    bytes <= SMALL
}

// SAFETY: which allocator a piece is of follows from its size alone, which whoever gives it back or has it resized must know; so
// each gets back what it gave. What is asked of the two is what was asked of this one.
#[expect(unsafe_code, reason = "an allocator is unsafe by its nature")]
unsafe impl GlobalAlloc for BySize {
    unsafe fn alloc(&self, piece: Layout) -> *mut u8 {
        unsafe { if is_small(piece.size()) { MiMalloc.alloc(piece) } else { System.alloc(piece) } }
    }

    unsafe fn alloc_zeroed(&self, piece: Layout) -> *mut u8 {
        unsafe { if is_small(piece.size()) { MiMalloc.alloc_zeroed(piece) } else { System.alloc_zeroed(piece) } }
    }

    unsafe fn dealloc(&self, at: *mut u8, piece: Layout) {
        unsafe { if is_small(piece.size()) { MiMalloc.dealloc(at, piece) } else { System.dealloc(at, piece) } }
    }

    unsafe fn realloc(&self, at: *mut u8, piece: Layout, bytes: usize) -> *mut u8 {
        unsafe {
            match (is_small(piece.size()), is_small(bytes)) {
                (true, true) => MiMalloc.realloc(at, piece, bytes),
                (false, false) => System.realloc(at, piece, bytes),
                _ => self.moved(at, piece, bytes),
            }
        }
    }
}

impl BySize {
    /// A piece of another size from the other allocator, with what the old one held; null, and the old one as it was, where there is none.
    ///
    /// # Safety
    /// As of `realloc`.
    #[expect(unsafe_code, reason = "an allocator is unsafe by its nature")]
    unsafe fn moved(&self, at: *mut u8, piece: Layout, bytes: usize) -> *mut u8 {
        // SAFETY: the caller vouches that `bytes` with this alignment make a layout; the two pieces are of different allocators
        // and do not overlap, and both are as long as what is copied.
        unsafe {
            let new = self.alloc(Layout::from_size_align_unchecked(bytes, piece.align()));
            if !new.is_null() {
                new.copy_from_nonoverlapping(at, piece.size().min(bytes));
                self.dealloc(at, piece);
            }
            new
        }
    }
}

/// Pieces of so many bytes and more come from the system and go back to it when they are freed. With 1 MiB large deliveries take a
/// tenth less memory, and a twentieth longer.
#[cfg(all(target_os = "linux", target_env = "gnu"))]
const LARGE: libc::c_int = 4 << 20;

/// What is kept at the end of a heap for what comes next, where deliveries are small: asking the system takes an eighth of the time
/// of a large job.
#[cfg(all(target_os = "linux", target_env = "gnu"))]
const KEPT: libc::c_int = 32 << 20;

/// The same where deliveries are large, which keeps them within half a gibibyte.
#[cfg(all(target_os = "linux", target_env = "gnu"))]
const KEPT_OF_LARGE: libc::c_int = 2 << 20;

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
        set(&[(libc::M_ARENA_MAX, heaps), (libc::M_TOP_PAD, STEP), (libc::M_MMAP_THRESHOLD, LARGE), (libc::M_TRIM_THRESHOLD, KEPT)]);
    }
}

/// Has nearly all of it given back from here on: for what holds large deliveries.
pub fn give_back_nearly_all() {
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    set(&[(libc::M_TRIM_THRESHOLD, KEPT_OF_LARGE)]);
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

#[cfg(test)]
mod tests {
    use super::*;

    /// Sizes on both sides of the border, and on it.
    const SIZES: [usize; 7] = [1, 24, SMALL - 1, SMALL, SMALL + 1, 3 * SMALL, 1 << 20];

    #[test]
    fn what_a_piece_holds_moves_with_it() {
        for align in [1, 16, 64, 8192] {
            for (old, new) in SIZES.iter().flat_map(|old| SIZES.map(|new| (*old, new))) {
                let layout = Layout::from_size_align(old, align).unwrap();
                #[expect(unsafe_code, reason = "the allocator is tried by itself")]
                // SAFETY: each piece is written and read within its size, and given back once with the size it has.
                let held: Vec<u8> = unsafe {
                    let at = BySize.alloc(layout);
                    (0..old).for_each(|place| at.add(place).write(place as u8));
                    let at = BySize.realloc(at, layout, new);
                    assert_eq!(at as usize % align, 0, "{old} bytes made {new}");
                    let held = (0..old.min(new)).map(|place| at.add(place).read()).collect();
                    BySize.dealloc(at, Layout::from_size_align(new, align).unwrap());
                    held
                };
                assert!(held.iter().enumerate().all(|(place, byte)| *byte == place as u8), "{old} bytes made {new}, aligned to {align}");
            }
        }
    }

    #[test]
    fn a_piece_that_is_to_be_empty_is() {
        for size in SIZES {
            let layout = Layout::from_size_align(size, 8).unwrap();
            #[expect(unsafe_code, reason = "the allocator is tried by itself")]
            // SAFETY: the pieces are written and read within their size, and given back once.
            let is_empty = unsafe {
                let used = BySize.alloc(layout);
                used.write_bytes(0xa5, size);
                BySize.dealloc(used, layout);
                let at = BySize.alloc_zeroed(layout);
                let is_empty = (0..size).all(|place| at.add(place).read() == 0);
                BySize.dealloc(at, layout);
                is_empty
            };
            assert!(is_empty, "{size} bytes");
        }
    }
}
