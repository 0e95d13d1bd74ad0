//! The program; everything it does is in the library.

use std::process::ExitCode;

use rihla::allocator::BySize;

#[global_allocator]
static MEMORY: BySize = BySize;

fn main() -> ExitCode {
    rihla::cli::main()
}
