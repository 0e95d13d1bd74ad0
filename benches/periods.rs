//! Only what changed: a project of twenty offices over ten years, then over twenty, a correction of one office-month, and
//! what each model takes of its full build. `cargo bench --bench periods -- 10000000`, rows of the ten years; with years
//! after it, such as `10000000 10`, for one of the two alone. A quarter of the matters of the last two years is still open;
//! a third number, such as `10000000 20 20`, says of how many years it is: what is open is one part, which grows with them.

use std::collections::BTreeMap;
use std::fmt::{self, Write as _};
use std::fs;
use std::io::{BufWriter, Write as _};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

use serde_json::Value;

const OFFICES: usize = 20;
const LABELS: &str = "record_id,sex,case_number,person_number,kind,visited_on,closed_on,amount,birth_date,changed_at";

fn main() {
    let numbers: Vec<usize> = std::env::args().filter_map(|arg| arg.parse().ok()).collect();
    let rows = numbers.first().copied().unwrap_or(240_000);
    let per_slot = (rows / (OFFICES * 120)).max(1);
    for years in numbers.get(1).map_or(vec![10, 20], |years| vec![*years]) {
        let folder = tempfile::TempDir::with_prefix("rihla-periods-").expect("a temporary folder");
        let open_years = numbers.get(2).copied().unwrap_or(2);
        course(&Project { root: folder.path().to_owned(), years, per_slot, open_years });
    }
}

/// What a run took.
#[derive(Clone, Copy)]
struct Took {
    seconds: f64,
    /// Of all processors together, where the system tells.
    of_processors: f64,
}

impl fmt::Display for Took {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{:8.2} s, {:8.2} s of processors", self.seconds, self.of_processors)
    }
}

/// Seconds of processors that programs started here took so far, in hundredths as Linux counts them.
fn of_processors() -> f64 {
    let stat = fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let after_name = stat.rsplit(") ").next().unwrap_or_default();
    let ticks = after_name.split(' ').skip(13).take(2).filter_map(|ticks| ticks.parse::<f64>().ok()).sum::<f64>();
    ticks / 100.0
}

/// A project on disk.
struct Project {
    root: PathBuf,
    years: usize,
    per_slot: usize,
    /// A quarter of the matters of so many years, the last ones, is open.
    open_years: usize,
}

fn course(project: &Project) {
    println!("{} years, {} offices, {} rows in all", project.years, OFFICES, project.years * 12 * OFFICES * project.per_slot);
    project.lay_out();
    println!("  load and build   {}", project.run().0);
    fs::remove_dir_all(project.root.join("warehouse/staging")).expect("the folder of what was built");
    let (full, built) = project.run();
    println!("  full build       {full}");
    let (idle, _) = project.run();
    println!("  nothing new      {idle}");
    // Of a year in which some matters are open: they are part of what is made anew.
    project.deliver(7, project.years - 2, 3, "2024-02-02", 1);
    project.tell("one office-month", (full, &built));
    // The calendar ends with the year of what was received last: tables of its periods are made anew once a year.
    project.deliver(7, project.years - 2, 3, "2025-01-02", 2);
    project.tell("a year begins", (full, &built));
}

impl Project {
    fn lay_out(&self) {
        let from = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/periods");
        copy(&from, &self.root);
        fs::remove_file(self.root.join("sql/marts/totals.sql")).expect("a model that is made whole");
        fs::write(self.root.join("key"), "01".repeat(32)).expect("a key");
        let mut text = format!(
            "name = \"periods\"\ntitle = \"Periods\"\ntimezone = \"Africa/Casablanca\"\n\n[calendar]\nfirst_period = \"{0}-01\"\nsince = {0}-01-01\n",
            2024 - self.years
        );
        let mut names = Vec::new();
        for office in 0..OFFICES {
            names.push(format!("\"{}\"", name(office)));
            let owes = "owes = { visits = 10, moves = 10 }";
            write!(text, "\n[[offices]]\ncode = \"{0}\"\nname = \"{0}\"\ncountry = \"MAR\"\ntimezone = \"Africa/Casablanca\"\n{owes}\n", name(office))
                .expect("text");
        }
        fs::write(self.root.join("rihla.toml"), text).expect("the project's file");
        for pipeline in ["pipelines/visits.toml", "pipelines/moves.toml"] {
            let text = fs::read_to_string(self.root.join(pipeline)).expect("a pipeline");
            fs::write(self.root.join(pipeline), text.replace("[\"RAB\", \"CAS\"]", &format!("[{}]", names.join(", ")))).expect("a pipeline");
        }
        for office in 0..OFFICES {
            for year in 0..self.years {
                (1..=12).for_each(|month| self.deliver(office, year, month, "2024-02-01", 0));
            }
        }
        let moves = "record_id,sex,case_number,person_number,moved_on,birth_date,changed_at,deleted\n";
        let move_line = format!("m-1,F,CN-00001,1,{}-03-04,1990-01-01,{0}-03-05T10:00:00Z,I\n", 2024 - self.years);
        let path = self.root.join(format!("in/{}/2024-02-01/moves-{}-03.csv", name(0), 2024 - self.years));
        fs::write(path, format!("{moves}{move_line}")).expect("an extract");
    }

    /// Writes the extract of an office for a month.
    fn deliver(&self, office: usize, year: usize, month: usize, received: &str, edition: usize) {
        let folder = self.root.join(format!("in/{}/{received}", name(office)));
        fs::create_dir_all(&folder).expect("a folder");
        let may_be_open = year + self.open_years >= self.years;
        let year = 2024 - self.years + year;
        let file = fs::File::create(folder.join(format!("visits-{year}-{month:02}.csv"))).expect("an extract");
        let mut file = BufWriter::new(file);
        writeln!(file, "{LABELS}").expect("a line");
        for row in 0..self.per_slot {
            let mix = (row * 7919 + office * 104_729 + year * 31 + month * 17 + edition * 13) % 1_000_003;
            let (day, kind) = (1 + mix % 28, ["legal", "health", "work"][mix % 3]);
            let closed = if may_be_open && mix.is_multiple_of(4) { String::new() } else { format!("{year}-{month:02}-28") };
            let (person, amount) = (mix % 500_000, mix % 400);
            writeln!(
                file,
                "{}-{year}{month:02}-{row},F,CN-{person:06},1,{kind},{year}-{month:02}-{day:02},{closed},{amount}.50,1990-01-01,{year}-{month:02}-28T10:00:00Z",
                name(office)
            )
            .expect("a line");
        }
        file.flush().expect("an extract");
    }

    /// Runs the program, and tells what it took of a full build, model by model.
    fn tell(&self, what: &str, (full, built): (Took, &BTreeMap<String, f64>)) {
        let (took, some) = self.run();
        let share = |some: f64, all: f64| 100.0 * some / all.max(0.000_001);
        let of_processors = share(took.of_processors, full.of_processors);
        println!("  {what:16} {took}: {:.1} % of the full build, {of_processors:.1} % of its work", share(took.seconds, full.seconds));
        let (mut all, mut anew) = (0.0, 0.0);
        for (model, seconds) in built {
            let now = some.get(model).copied().unwrap_or_default();
            (all, anew) = (all + seconds, anew + now);
            println!("    {model:20} {seconds:8.2} s full {now:8.2} s anew {:6.1} %", share(now, *seconds));
        }
        println!("    {:20} {all:8.2} s full {anew:8.2} s anew {:6.1} %", "models in all", share(anew, all));
    }

    /// Runs the program; tells how long it took, and each model that was built.
    fn run(&self) -> (Took, BTreeMap<String, f64>) {
        let (began, before) = (Instant::now(), of_processors());
        let mut command = Command::new(env!("CARGO_BIN_EXE_rihla"));
        command.args(["run", "--project"]).arg(&self.root).env("RIHLA_KEY_FILE", self.root.join("key"));
        let output = command.output().expect("the program runs");
        let took = Took { seconds: began.elapsed().as_secs_f64(), of_processors: of_processors() - before };
        assert!(output.status.success(), "{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        (took, self.times())
    }

    fn times(&self) -> BTreeMap<String, f64> {
        let bytes = fs::read(self.root.join("target/run_results.json")).expect("the results of a run");
        let results: Value = serde_json::from_slice(&bytes).expect("JSON");
        let mut times = BTreeMap::new();
        for result in results["results"].as_array().expect("results") {
            let id = result["unique_id"].as_str().unwrap_or_default();
            if let (Some(model), Some(seconds)) = (id.strip_prefix("model.periods."), result["execution_time"].as_f64()) {
                times.insert(model.to_owned(), seconds);
            }
        }
        times
    }
}

fn name(office: usize) -> String {
    format!("O{office:02}")
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("a folder");
    for entry in fs::read_dir(from).expect("a folder") {
        let entry = entry.expect("an entry");
        let to = to.join(entry.file_name());
        if entry.path().is_dir() { copy(&entry.path(), &to) } else { fs::copy(entry.path(), to).map(drop).expect("a copy") }
    }
}
