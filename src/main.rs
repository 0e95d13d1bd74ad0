//! The program; everything it does is in the library.

use std::process::ExitCode;

/// Plans and projects are many small things, and what a scheduler no longer needs goes back to the system.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    rihla::cli::main()
}
