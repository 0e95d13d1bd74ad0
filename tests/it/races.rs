//! Two processes at once: one loads, the other waits or is refused; nothing is corrupted, and readers are never held up.

use crate::race_course::{Course, races};
use crate::support::repository;

#[test]
fn fifty_races_of_two_runs_while_somebody_reads() {
    let folder = tempfile::TempDir::with_prefix("rihla-it-").expect("a temporary folder");
    let course = Course::lay_out(folder.path(), &repository("tests/data/small"), env!("CARGO_BIN_EXE_rihla"));
    let (ends, reads) = races(&course, 50);
    assert!(ends.both + ends.refused == 50 && ends.refused > 0, "no run ever met another: {ends:?}");
    assert!(reads.folders > 50 && reads.queries > 1, "nobody read: {reads:?}");
}
