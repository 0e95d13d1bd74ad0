//! Three years of ten pipelines in a world where all that can happen does, ten thousand times.
//! `cargo bench --bench years -- 10000`

#![allow(dead_code, reason = "the tests use the rest of what is shared")]

#[path = "../tests/it/schedule/dice.rs"]
mod dice;
#[path = "../tests/it/schedule/flaky.rs"]
mod flaky;
#[path = "../tests/it/schedule/judged.rs"]
mod judged;
#[path = "../tests/it/schedule/memory.rs"]
mod memory;
#[path = "../tests/it/schedule/oracle.rs"]
mod oracle;
#[path = "../tests/it/schedule/plans.rs"]
mod plans;
#[path = "../tests/it/schedule/world.rs"]
mod world;
#[path = "../tests/it/schedule/years.rs"]
mod years;

use std::time::Instant;

/// So many seeds at a time, so that one sees how far it is.
const PIECE: usize = 500;

fn main() {
    let count = std::env::args().filter_map(|arg| arg.parse().ok()).next().unwrap_or(10_000);
    let first = std::env::var("RIHLA_SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or(1);
    let seeds: Vec<u64> = (first..first + count).collect();
    let (began, mut total, mut done) = (Instant::now(), judged::Judged::default(), 0);
    for piece in seeds.chunks(PIECE) {
        total = total.plus(years::simulate_all(piece));
        done += piece.len();
        println!("{done} worlds of three years in {:.0} s: {total:?}", began.elapsed().as_secs_f64());
    }
}
