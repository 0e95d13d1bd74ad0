//! Judges one file as an office's first source of a feed would be, and says what it took: `measure office feed file`.

use std::fs;
use std::time::Instant;

use rihla_fuzz::judge::{packed_ways, ways};

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    let [_, office, feed, file] = &arguments[..] else { panic!("usage: measure office feed file") };
    let kind = file.rsplit('.').next().unwrap_or_default();
    // What is packed is judged as the small project's office sends it.
    let ways = if kind == "gz" { packed_ways() } else { ways() };
    let kind = if kind == "gz" { "csv" } else { kind };
    let way = ways
        .iter()
        .find(|way| way.source.offices.contains(office.as_str()) && way.pipeline.contract.feed.as_str() == feed && way.source.template.text.ends_with(kind));
    let way = way.expect("a way in which the office sends such files");
    let bytes = fs::read(file).expect("the file");
    let (size, start) = (bytes.len(), Instant::now());
    let said = match way.judge_file(bytes) {
        Ok((read, judged)) => format!("{read} rows read, {} to load, {} set aside, {} counted only", judged.good.len(), judged.aside.len(), judged.untold),
        Err(refusal) => format!("refused: {}", refusal.message),
    };
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap_or("unknown").trim().to_owned();
    println!("{file}: {} MiB, {:.1} s, peak {peak}: {said}", size >> 20, start.elapsed().as_secs_f64());
}
