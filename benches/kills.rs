//! A scheduler killed with all it runs at two hundred random moments. `cargo bench --bench kills -- 200`; RIHLA_SEED repeats one.

#![allow(dead_code, reason = "the tests use the rest of what is shared")]

#[path = "../tests/it/decoded.rs"]
mod decoded;
#[path = "../tests/it/schedule/dice.rs"]
mod dice;
#[path = "../tests/it/schedule/kills.rs"]
mod kills;
#[path = "../tests/it/schedule/process.rs"]
mod process;
#[path = "../tests/it/support.rs"]
mod support;

#[path = "../tests/it/workbook.rs"]
mod workbook;

use std::time::Instant;

fn main() {
    let count = std::env::args().filter_map(|arg| arg.parse().ok()).next().unwrap_or(200);
    let seed = std::env::var("RIHLA_SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or_else(|| u64::from(std::process::id()));
    println!("seed {seed}");
    let began = Instant::now();
    let survived = kills::survive(seed, count);
    let (kills, at_work) = (survived.kills, survived.at_work);
    println!("{kills} kills in {:.0} s, {at_work} of them of a run at work", began.elapsed().as_secs_f64());
    println!("{} deliveries, {} due times: the tables are those of an undisturbed run", survived.deliveries, survived.ticks);
}
