//! A thousand races of two runs over one warehouse, while somebody reads. `cargo bench --bench races -- 1000`

#[path = "../tests/it/race_course.rs"]
mod race_course;

use std::path::Path;
use std::time::Instant;

use race_course::{Course, races};

fn main() {
    let count = std::env::args().filter_map(|arg| arg.parse().ok()).next().unwrap_or(1000);
    let folder = tempfile::TempDir::with_prefix("rihla-races-").expect("a temporary folder");
    let project = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/small");
    let course = Course::lay_out(folder.path(), &project, env!("CARGO_BIN_EXE_rihla"));
    let began = Instant::now();
    let (ends, reads) = races(&course, count);
    let seconds = began.elapsed().as_secs_f64();
    println!("{count} races in {seconds:.0} s, {:.0} ms each", seconds * 1000.0 / count.max(1) as f64);
    println!("{} ended well in both processes, in {} one was refused and said so; each delivery was loaded once", ends.both, ends.refused);
    println!("{} reads of files and {} queries meanwhile: none failed, none mixed two releases", reads.folders - reads.queries, reads.queries);
}
