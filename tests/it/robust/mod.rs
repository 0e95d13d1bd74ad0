//! Never a panic, a hang or a row lost, whatever the bytes are.

mod fuzzed;
mod memory;
mod order;
mod traps;
