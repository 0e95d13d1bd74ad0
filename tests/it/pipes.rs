//! Readers that go before the end, as `head` does.

use std::io::{BufRead, BufReader, Read};

use crate::commands::program;

/// More than a pipe holds, so that the program is still printing when its reader goes.
const MUCH: &str = "SELECT * FROM indicators";

/// Reads a line of what the program prints and goes.
#[track_caller]
fn read_a_line_and_go(args: &[&str]) {
    let mut program = program(args).spawn().expect("the program runs");
    let mut line = Vec::new();
    let mut stdout = BufReader::with_capacity(16, program.stdout.take().expect("a pipe"));
    stdout.read_until(b'\n', &mut line).expect("a line");
    drop(stdout);
    let mut said = String::new();
    program.stderr.take().expect("a pipe").read_to_string(&mut said).expect("text");
    let code = program.wait().expect("it ends").code();
    assert_eq!((code, said.as_str()), (Some(0), ""), "rihla {} | head -1", args.join(" "));
}

#[test]
fn a_reader_that_has_seen_enough_is_no_failure() {
    for args in [
        &["sql", MUCH, "--format", "json"][..],
        &["sql", MUCH],
        &["sql", MUCH, "--format", "parquet"],
        &["tables", "--json"],
        &["quarantine", "--limit", "0"],
        &["reconcile", "2023-H1"],
        &["compare", "returns_outbound", "2023-H1", "2022-H1"],
        &["--help"],
    ] {
        read_a_line_and_go(args);
    }
}

#[test]
fn a_reader_that_has_seen_enough_of_a_csv_is_no_failure() {
    read_a_line_and_go(&["sql", MUCH, "--format", "csv"]);
}
