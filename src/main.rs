//! The program; everything it does is in the library.

use std::process::ExitCode;

/// A load makes and drops many columns at once, which the system's allocator gives back to the system each time.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    rihla::cli::main()
}
