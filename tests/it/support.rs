//! Projects in temporary folders, the program run on them, and what it said as one text.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, OnceLock};

use rihla::clock::FixedClock;
use rihla::warehouse::Warehouse;
use serde_json::{Map, Value};
use tempfile::TempDir;

pub use crate::decoded::{parquet_rows, rows};
use crate::workbook;

/// The moment of a folder's first run: after the last delivery of the fixtures.
pub const NOW: &str = "2023-07-21T06:00:00Z";

/// A row of a table, decoded.
pub type Row = Map<String, Value>;

/// A project in a temporary folder, with a key beside it.
///
/// Its clock goes on by a minute with every run.
pub struct Folder {
    temp: TempDir,
    runs: AtomicU32,
}

/// How the program ended.
pub struct Ran {
    /// The exit code.
    pub code: i32,
    /// Standard output.
    pub stdout: String,
    /// Standard error.
    pub stderr: String,
}

impl Ran {
    /// Everything that was said.
    pub fn said(&self) -> String {
        format!("{}{}", self.stdout, self.stderr)
    }

    /// The same, where it must have ended well.
    #[track_caller]
    pub fn ok(self) -> Self {
        assert_eq!(self.code, 0, "{}", self.text());
        self
    }

    /// Exit code, output and errors, as snapshots show them.
    pub fn text(&self) -> String {
        format!("exit code {}\n----- stdout -----\n{}\n----- stderr -----\n{}", self.code, self.stdout.trim_end(), self.stderr.trim_end())
    }

    /// What it printed as JSON.
    #[track_caller]
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|error| panic!("no JSON ({error}): {}", self.text()))
    }
}

/// A place in this repository.
pub fn repository(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

/// The real project with a loaded warehouse, for tests that only read.
pub fn loaded() -> &'static Folder {
    &loaded_and_said().0
}

/// The same, with what was said while it was loaded.
pub fn loaded_and_said() -> &'static (Folder, Ran) {
    static LOADED: OnceLock<(Folder, Ran)> = OnceLock::new();
    LOADED.get_or_init(|| {
        let folder = Folder::real();
        let ran = folder.rihla(&["run"]).ok();
        (folder, ran)
    })
}

/// The small project with its January loaded, in a folder of its own.
pub fn loaded_small() -> Folder {
    static LOADED: OnceLock<Folder> = OnceLock::new();
    let loaded = LOADED.get_or_init(|| {
        let folder = Folder::small();
        folder.rihla(&["run"]).ok();
        folder
    });
    loaded.again()
}

impl Folder {
    fn empty() -> Self {
        let temp = TempDir::with_prefix("rihla-it-").expect("a temporary folder");
        fs::create_dir(temp.path().join("project")).expect("a project folder");
        fs::write(temp.path().join("key"), "01".repeat(32)).expect("a key");
        Self { temp, runs: AtomicU32::new(0) }
    }

    /// The real project: its files copied, its fixtures linked.
    pub fn real() -> Self {
        let folder = Self::empty();
        for file in ["rihla.toml", "labels.csv"] {
            fs::copy(repository(file), folder.path(file)).expect("a file of the project");
        }
        for part in ["pipelines", "schemas", "sql"] {
            copy(&repository(part), &folder.path(part), false);
        }
        for part in ["fixtures/extracts", "fixtures/history", "fixtures/published"] {
            copy(&repository(part), &folder.path(part), true);
        }
        folder
    }

    /// The small project of `tests/data/small`, without extracts.
    pub fn bare() -> Self {
        Self::of("tests/data/small")
    }

    /// A project of this repository, without extracts.
    pub fn of(project: &str) -> Self {
        let folder = Self::empty();
        copy(&repository(project), &folder.path("."), false);
        fs::create_dir(folder.path("in")).expect("a folder of extracts");
        folder
    }

    /// The small project with a delivery of January 2023 from each office.
    pub fn small() -> Self {
        let folder = Self::bare();
        folder.write("in/RAB/2023-02-04/registrations-2023-01.csv", comma_csv(&ROWS));
        folder.write("in/CAS/2023-02-05/registrations-2023-01.csv", windows_1252(&semicolon_csv(&ROWS)));
        folder.write("in/TNG/2023-02-06/registrations-2023-01.xlsx", workbook("Données", &ROWS));
        folder.write("in/AGA/2023-02-07/registrations-2023-01.jsonl", json_lines(&ROWS));
        folder
    }

    /// The same project, warehouse and key in another folder; extracts keep the time they were changed.
    pub fn again(&self) -> Self {
        let folder = Self::empty();
        copy(&self.path("."), &folder.path("."), false);
        fs::copy(self.temp.path().join("key"), folder.temp.path().join("key")).expect("the key");
        folder.runs.store(self.runs.load(Ordering::Relaxed), Ordering::Relaxed);
        folder
    }

    /// A place in the project.
    pub fn path(&self, path: &str) -> PathBuf {
        self.temp.path().join("project").join(path)
    }

    /// The file of the key.
    pub fn key(&self) -> PathBuf {
        self.temp.path().join("key")
    }

    /// Writes a file. What stood there is taken away first, since it may be a link to a fixture.
    pub fn write(&self, path: &str, bytes: impl AsRef<[u8]>) {
        let path = self.path(path);
        fs::create_dir_all(path.parent().expect("a file stands in a folder")).expect("a folder");
        let _ = fs::remove_file(&path);
        fs::write(path, bytes).expect("a file");
    }

    /// Replaces a text that stands exactly once in a file.
    #[track_caller]
    pub fn replace(&self, path: &str, from: &str, to: &str) -> &Self {
        let text = fs::read_to_string(self.path(path)).expect("a text file");
        assert_eq!(text.matches(from).count(), 1, "`{from}` in {path}");
        self.write(path, text.replacen(from, to, 1));
        self
    }

    /// Runs the program on the project.
    pub fn rihla(&self, args: &[&str]) -> Ran {
        self.rihla_with(args, &[])
    }

    /// Runs the program on the project with further variables.
    pub fn rihla_with(&self, args: &[&str], variables: &[(&str, &str)]) -> Ran {
        let output = self.command(args).envs(variables.iter().copied()).output().expect("the program runs");
        Ran {
            code: output.status.code().expect("it ends by itself"),
            stdout: String::from_utf8(output.stdout).expect("text"),
            stderr: String::from_utf8(output.stderr).expect("text"),
        }
    }

    /// The program on the project, not yet started. Nothing of the user's own surroundings reaches it.
    pub fn command(&self, args: &[&str]) -> Command {
        let minute = self.runs.fetch_add(1, Ordering::Relaxed);
        let mut command = Command::new(env!("CARGO_BIN_EXE_rihla"));
        command
            .env_clear()
            .env("HOME", self.temp.path())
            .env("RIHLA_KEY_FILE", self.key())
            .env("RIHLA_NOW", NOW.replace("06:00:00", &format!("{:02}:{:02}:00", 6 + minute / 60, minute % 60)))
            .env("NO_COLOR", "1")
            .current_dir(self.temp.path())
            .arg("--project")
            .arg(self.temp.path().join("project"))
            .args(args)
            .stdin(Stdio::null());
        command
    }

    /// Every file below a folder of the project with its bytes, by its path in it; links as where they point.
    pub fn files(&self, below: &str) -> BTreeMap<String, Vec<u8>> {
        let mut found = BTreeMap::new();
        gather(&self.path(below), &self.path(below), &mut found);
        found
    }

    /// The tables of submissions and of rows set aside, as the library reads them.
    pub fn tables(&self) -> (Vec<Row>, Vec<Row>) {
        let project = rihla::project::load(&self.path("")).expect("the project");
        let clock = Arc::new(FixedClock(NOW.parse().expect("an instant")));
        let runtime = tokio::runtime::Runtime::new().expect("a runtime");
        runtime.block_on(async {
            let warehouse = Warehouse::open(&project, clock).await.expect("the warehouse");
            let submissions = warehouse.submissions.read_all().await.expect("submissions");
            let set_aside = warehouse.set_aside.read_all().await.expect("rows set aside");
            (rows(&submissions), rows(&set_aside))
        })
    }

    /// The rows of a feed, of every revision.
    pub fn loaded(&self, feed: &str) -> Vec<Row> {
        let project = rihla::project::load(&self.path("")).expect("the project");
        let clock = Arc::new(FixedClock(NOW.parse().expect("an instant")));
        let runtime = tokio::runtime::Runtime::new().expect("a runtime");
        runtime.block_on(async {
            let warehouse = Warehouse::open(&project, clock).await.expect("the warehouse");
            rows(&warehouse.feeds[feed].read_all().await.expect("rows"))
        })
    }

    /// The rows of a table of the latest release.
    pub fn released(&self, table: &str) -> Vec<Row> {
        parquet_rows(&self.path(&format!("warehouse/released/latest/{table}.parquet")))
    }
}

fn gather(root: &Path, folder: &Path, found: &mut BTreeMap<String, Vec<u8>>) {
    for entry in fs::read_dir(folder).into_iter().flatten() {
        let path = entry.expect("an entry").path();
        let name = path.strip_prefix(root).expect("below the root").to_string_lossy().into_owned();
        if path.is_symlink() {
            let target = fs::read_link(&path).expect("a link");
            found.insert(name, target.to_string_lossy().into_owned().into_bytes());
        } else if path.is_dir() {
            gather(root, &path, found);
        } else {
            found.insert(name, fs::read(&path).expect("a file"));
        }
    }
}

/// Copies a folder, by hard links where that is asked and can be done; files keep the time they were changed.
fn copy(from: &Path, to: &Path, by_link: bool) {
    fs::create_dir_all(to).expect("a folder");
    for entry in fs::read_dir(from).unwrap_or_else(|error| panic!("{}: {error}", from.display())) {
        let (from, to) = {
            let entry = entry.expect("an entry");
            (entry.path(), to.join(entry.file_name()))
        };
        if from.is_symlink() {
            std::os::unix::fs::symlink(fs::read_link(&from).expect("a link"), &to).expect("a link");
        } else if from.is_dir() {
            copy(&from, &to, by_link);
        } else if !by_link || fs::hard_link(&from, &to).is_err() {
            fs::copy(&from, &to).expect("a copy");
            let modified = fs::metadata(&from).and_then(|facts| facts.modified()).expect("a time");
            fs::File::options().write(true).open(&to).and_then(|file| file.set_modified(modified)).expect("a time set");
        }
    }
}

/// A snapshot named by its file: the folder is the test's, the description says what was done.
#[track_caller]
pub fn snapshot(folder: &str, name: &str, story: &str, text: &str) {
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path(format!("snapshots/{folder}"));
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.set_description(story);
    settings.add_filter(r"\d{8}T\d{9}Z-[0-9a-f]{6}", "[run]");
    settings.add_filter(r"\d{8}T\d{6}Z-[0-9a-f]{6}", "[receipt]");
    settings.add_filter(r#"("submission(?:_id)?": ?)"[0-9a-f]{16}""#, r#"$1"[submission]""#);
    settings.add_filter(r"(/[^\s`]*)?/rihla-it-\w+/project", "[project]");
    settings.add_filter(r"(/[^\s`]*)?/rihla-it-\w+", "[temp]");
    settings.bind(|| insta::assert_snapshot!(name, text));
}

/// Words that stand for people in the small project; nothing that the program says or writes may hold one.
pub const MARKERS: [&str; 3] = ["Marqueuse", "CN-777", "1987-06"];

/// A command line as snapshots tell it: files by their names alone.
pub fn story(args: &[&str]) -> String {
    let words = args.iter().map(|word| Path::new(word).file_name().map_or_else(|| (*word).to_owned(), |name| name.to_string_lossy().into_owned()));
    format!("rihla {}", words.collect::<Vec<_>>().join(" "))
}

/// Fails where a text holds a cell of a person.
#[track_caller]
pub fn assert_nobody(text: &str) {
    for marker in MARKERS.iter().chain(&["06/1987"]) {
        assert!(!text.contains(marker), "a cell of a person (`{marker}`) stands in:\n{text}");
    }
}

/// The labels of the small project's extracts.
pub const LABELS: [&str; 9] =
    ["Identifiant", "N° de dossier", "N° personne", "Prénom et nom", "Sexe", "Date de naissance", "Nationalité", "Enregistré le", "Modifié le"];

/// A row of an extract in ISO dates, in the order of [`LABELS`].
pub type Cells = [&'static str; 9];

/// Four people.
pub const ROWS: [Cells; 4] = [
    ["r-1", "CN-77701", "1", "Zineb Marqueuse", "F", "1987-06-01", "Guinée", "2023-01-03", "2023-01-03T09:00:00Z"],
    ["r-2", "CN-77701", "2", "Ali Marqueuse", "M", "1987-06-02", "Guinée", "2023-01-03", "2023-01-03T09:00:00Z"],
    ["r-3", "CN-77703", "1", "Awa Marqueuse", "F", "1987-06-03", "Côte d'Ivoire", "2023-01-10", "2023-01-10T09:00:00Z"],
    ["r-4", "CN-77704", "1", "Jean Marqueuse", "M", "1987-06-04", "Congo", "2023-01-20", "2023-01-20T09:00:00Z"],
];

/// A row with a cell changed.
pub fn with(row: Cells, label: &str, cell: &'static str) -> Cells {
    let mut row = row;
    row[LABELS.iter().position(|known| *known == label).expect("a label")] = cell;
    row
}

/// UTF-8, commas, ISO dates: Rabat's habit.
pub fn comma_csv(rows: &[Cells]) -> String {
    std::iter::once(&LABELS).chain(rows).fold(String::new(), |mut text, cells| {
        let _ = writeln!(text, "{}", cells.join(","));
        text
    })
}

/// Semicolons, dd/mm/yyyy, local times: Casablanca's habit before it is encoded.
pub fn semicolon_csv(rows: &[Cells]) -> String {
    let mut text = format!("{}\n", LABELS.join(";"));
    for row in rows {
        let mut cells = row.map(str::to_owned);
        for day in [5, 7] {
            cells[day] = french(&cells[day]);
        }
        cells[8] = format!("{} {}", french(&cells[8][..10]), &row[8][11..16]);
        let _ = writeln!(text, "{}", cells.join(";"));
    }
    text
}

fn french(day: &str) -> String {
    day.split('-').rev().collect::<Vec<_>>().join("/")
}

/// Text of Latin letters in Windows-1252.
pub fn windows_1252(text: &str) -> Vec<u8> {
    text.chars().map(|letter| u8::try_from(u32::from(letter)).expect("a Latin letter")).collect()
}

/// A banner, the labels and the rows, and a total: Tangier's habit.
pub fn workbook(sheet: &str, rows: &[Cells]) -> Vec<u8> {
    let line = |cells: &[&str]| cells.iter().map(|cell| (*cell).to_owned()).collect::<Vec<_>>();
    let mut lines = vec![line(&["Registre"]), line(&LABELS)];
    lines.extend(rows.iter().map(|row| line(row)));
    lines.push(line(&["TOTAL", &rows.len().to_string()]));
    workbook::of_rows(sheet, &lines)
}

/// An object a line with the fields' own names: Agadir's habit.
pub fn json_lines(rows: &[Cells]) -> String {
    rows.iter().fold(String::new(), |mut text, row| {
        let object: Row = LABELS.iter().zip(row).map(|(label, cell)| ((*label).to_owned(), Value::from(*cell))).collect();
        let _ = writeln!(text, "{}", Value::Object(object));
        text
    })
}
