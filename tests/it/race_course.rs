//! Two runs of the program at once over new deliveries, while somebody reads: for the tests, and for the bench.
//!
//! Every delivery is a correction that makes the number of persons follow from the number of revisions, so that a reader sees
//! whether two tables are of one release.

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;

/// What one query asks of two tables.
const QUESTION: &str =
    "SELECT (SELECT CAST(sum(revisions) AS BIGINT) FROM deliveries) AS revisions, (SELECT CAST(sum(persons) AS BIGINT) FROM by_country) AS persons";

/// A project of one office, in a folder that the caller gives.
pub struct Course {
    folder: PathBuf,
    program: PathBuf,
}

/// How many races ended how.
#[derive(Debug, Default, Clone, Copy)]
pub struct Ends {
    /// Both runs ended well: one waited for the other, or began when it had ended.
    pub both: u64,
    /// One run was refused, and said so.
    pub refused: u64,
}

/// What somebody read meanwhile.
#[derive(Debug, Default)]
pub struct Reads {
    /// Queries of two tables.
    pub queries: u64,
    /// Released folders read as files.
    pub folders: u64,
}

impl Course {
    /// Lays the project of `from` out in an empty folder and loads a first delivery.
    pub fn lay_out(folder: &Path, from: &Path, program: &str) -> Self {
        copy(from, &folder.join("project"));
        std::fs::write(folder.join("key"), "01".repeat(32)).expect("a key");
        let course = Self { folder: folder.to_owned(), program: program.into() };
        course.deliver(1);
        let first = course.start(&["run"]).wait_with_output().expect("it ends");
        assert!(first.status.success(), "{first:?}");
        course
    }

    fn project(&self) -> PathBuf {
        self.folder.join("project")
    }

    /// Writes the delivery of a number: the same report, received a minute later.
    fn deliver(&self, number: u64) {
        let received = format!("2023-02-{:02}T{:02}{:02}00Z", 1 + number / 1440, number / 60 % 24, number % 60);
        let place = self.project().join("in/RAB").join(received);
        std::fs::create_dir_all(&place).expect("a folder");
        let mut text = "Identifiant,N° de dossier,N° personne,Prénom et nom,Sexe,Date de naissance,Nationalité,Enregistré le,Modifié le\n".to_owned();
        for person in 0..persons(number) {
            text.push_str(&format!("r-{person},CN-7770{person},1,Somebody,F,1987-06-01,Guinée,2023-01-03,2023-01-03T09:00:00Z\n"));
        }
        std::fs::write(place.join("registrations-2023-01.csv"), text).expect("a delivery");
    }

    fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(&self.program);
        command.env_clear().env("HOME", &self.folder).env("RIHLA_KEY_FILE", self.folder.join("key")).env("RIHLA_NOW", "2023-07-21T06:00:00Z");
        command.env("NO_COLOR", "1").arg("--project").arg(self.project()).args(args);
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    fn start(&self, args: &[&str]) -> std::process::Child {
        self.command(args).spawn().expect("the program runs")
    }

    /// Runs two processes at once over the delivery of a number, the second of which may wait, and looks at what they did.
    pub fn race(&self, number: u64, may_wait: bool, ends: &mut Ends) {
        self.deliver(number);
        let second: &[&str] = if may_wait { &["run", "--wait", "60"] } else { &["run"] };
        let ended: Vec<Output> = [self.start(&["run"]), self.start(second)].into_iter().map(|process| process.wait_with_output().expect("it ends")).collect();
        let refused: Vec<_> = ended.iter().filter(|output| !output.status.success()).collect();
        assert!(refused.len() < 2, "race {number}: nobody loaded: {ended:?}");
        for output in &refused {
            let said = String::from_utf8_lossy(&output.stderr);
            assert!(output.status.code() == Some(1) && said.contains("another run is loading into this warehouse"), "race {number}: {output:?}");
        }
        let loaded = ended.iter().filter(|output| String::from_utf8_lossy(&output.stdout).contains("released  release")).count();
        assert_eq!(loaded, 1, "race {number}: {ended:?}");
        *if refused.is_empty() { &mut ends.both } else { &mut ends.refused } += 1;
        assert_eq!(self.revisions(), number, "race {number}: {ended:?}");
    }

    /// The revisions that the newest release counts; its two tables must be of one release.
    fn revisions(&self) -> u64 {
        let output = self.command(&["sql", QUESTION, "--format", "csv"]).output().expect("the program runs");
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(output.status.success(), "a reader failed: {output:?}");
        let figures: Vec<u64> = text.lines().nth(1).into_iter().flat_map(|line| line.split(',')).map(|cell| cell.parse().expect("a figure")).collect();
        assert!(figures.len() == 2 && figures[1] == persons(figures[0]), "two releases were mixed: {text}");
        figures[0]
    }

    /// The same from the files of the folder that `latest` points to.
    fn revisions_by_files(&self) -> u64 {
        let released = self.project().join("warehouse/released");
        let folder = released.join(std::fs::read_link(released.join("latest")).expect("latest"));
        let sum = |table: &str, column: &str| -> u64 {
            let text = std::fs::read_to_string(folder.join(table)).expect("a table");
            let mut lines = text.lines();
            let index = lines.next().expect("labels").split(',').position(|label| label == column).expect("a column");
            lines.skip(1).map(|line| line.split(',').nth(index).expect("a cell").parse::<u64>().expect("a figure")).sum()
        };
        let (revisions, people) = (sum("deliveries.csv", "revisions"), sum("by_country.csv", "persons"));
        assert_eq!(people, persons(revisions), "two releases were mixed");
        revisions
    }

    /// Reads over and over until `is_over`; what is read never goes back.
    pub fn read<'scope>(&'scope self, scope: &'scope thread::Scope<'scope, '_>, is_over: &'scope AtomicBool) -> thread::ScopedJoinHandle<'scope, Reads> {
        scope.spawn(move || {
            let (mut reads, last) = (Reads::default(), AtomicU64::new(0));
            while !is_over.load(Ordering::Relaxed) {
                let seen = if reads.folders % 50 == 49 { self.revisions() } else { self.revisions_by_files() };
                assert!(last.fetch_max(seen, Ordering::Relaxed) <= seen, "a reader saw an older release than before");
                if reads.folders % 50 == 49 {
                    reads.queries += 1
                }
                reads.folders += 1;
                thread::sleep(std::time::Duration::from_millis(10));
            }
            reads
        })
    }
}

/// How many persons the delivery of a number holds.
fn persons(number: u64) -> u64 {
    1 + number % 5
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).expect("a folder");
    for entry in std::fs::read_dir(from).expect("a folder").map(|entry| entry.expect("an entry")) {
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), target).expect("a copy");
        }
    }
}

/// Races over deliveries after the first, every other one with a run that waits, while somebody reads.
pub fn races(course: &Course, count: u64) -> (Ends, Reads) {
    let is_over = AtomicBool::new(false);
    thread::scope(|scope| {
        let reader = course.read(scope, &is_over);
        let mut ends = Ends::default();
        let raced =
            std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| (2..2 + count).for_each(|number| course.race(number, number % 2 == 0, &mut ends))));
        is_over.store(true, Ordering::Relaxed);
        let reads = reader.join();
        raced.unwrap_or_else(|cause| std::panic::resume_unwind(cause));
        (ends, reads.unwrap_or_else(|cause| std::panic::resume_unwind(cause)))
    })
}
