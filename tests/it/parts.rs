//! Tables made in parts are those that a full build makes, whatever changes, and only the parts that must be are made anew.

use std::collections::{BTreeMap, BTreeSet};

use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use serde_json::Value;

use crate::support::Folder;

const VISIT_LABELS: &str = "record_id,sex,case_number,person_number,kind,visited_on,closed_on,amount,birth_date,changed_at";
const MOVE_LABELS: &str = "record_id,sex,case_number,person_number,moved_on,birth_date,changed_at,deleted";
const OFFICES: [&str; 2] = ["RAB", "CAS"];
const MONTHS: [&str; 5] = ["2022-01", "2022-02", "2022-03", "2022-11", "2023-02"];

/// A visit as an office keeps it.
#[derive(Clone, PartialEq)]
struct Visit {
    person: u32,
    kind: &'static str,
    visited_on: String,
    closed_on: String,
    amount: u32,
    changed: u32,
}

/// What offices have delivered so far.
struct Offices {
    random: StdRng,
    /// The visits of each office and period, by record.
    visits: BTreeMap<(usize, usize), BTreeMap<String, Visit>>,
    /// How often each was delivered.
    revisions: BTreeMap<(usize, usize), u32>,
    moves: Vec<String>,
    clock: u32,
}

impl Offices {
    fn new(seed: u64) -> Self {
        Self { random: StdRng::seed_from_u64(seed), visits: BTreeMap::new(), revisions: BTreeMap::new(), moves: Vec::new(), clock: 0 }
    }

    fn below(&mut self, count: usize) -> usize {
        self.random.random_range(0..count)
    }

    fn day(&mut self, month: usize) -> String {
        format!("{}-{:02}", MONTHS[month], 1 + self.below(28))
    }

    fn tick(&mut self) -> u32 {
        self.clock += 1;
        self.clock
    }

    fn visit(&mut self, month: usize) -> Visit {
        let kind = ["legal", "health", "work"][self.below(3)];
        let (visited_on, closing) = (self.day(month), self.below(MONTHS.len() - month) + month);
        let closed_on = if self.below(3) == 0 { String::new() } else { format!("{}-28", MONTHS[closing]) };
        Visit { person: self.below(9) as u32, kind, visited_on, closed_on, amount: self.below(500) as u32, changed: self.tick() }
    }

    /// Changes the visits of a slot in one of the ways in which offices do.
    fn change(&mut self, slot: (usize, usize)) {
        let mut visits = self.visits.get(&slot).cloned().unwrap_or_default();
        let chosen = visits.keys().nth(self.below(visits.len().max(1))).cloned();
        match (self.below(7), chosen) {
            (0, _) | (_, None) => {
                for _ in 0..=self.below(4) {
                    let id = format!("v-{}-{}-{}", slot.0, slot.1, self.tick());
                    let visit = self.visit(slot.1);
                    visits.insert(id, visit);
                }
            }
            (1, Some(id)) => drop(visits.remove(&id)),
            (2, Some(id)) => {
                // It took place in another month than was said.
                let month = self.below(MONTHS.len());
                let visit = self.visit(month);
                visits.insert(id, visit);
            }
            (3, Some(id)) => {
                let closed_on = if visits[&id].closed_on.is_empty() { format!("{}-28", MONTHS[4]) } else { String::new() };
                let changed = self.tick();
                visits.entry(id).and_modify(|visit| (visit.closed_on, visit.changed) = (closed_on, changed));
            }
            (4, Some(_)) => visits.clear(),
            (5, Some(id)) => {
                // The same record is told of in the delivery of another month, later than here.
                let other = (slot.0, (slot.1 + 1) % MONTHS.len());
                let visit = self.visit(other.1);
                let mut others = self.visits.get(&other).cloned().unwrap_or_default();
                others.insert(id, visit);
                self.visits.insert(other, others);
            }
            (_, Some(_)) => {}
        }
        self.visits.insert(slot, visits);
    }

    /// Delivers the visits of slots as they are by now.
    fn deliver(&mut self, folder: &Folder, day: &str, slots: &BTreeSet<(usize, usize)>) {
        for (office, month) in slots {
            let visits = self.visits.get(&(*office, *month)).cloned().unwrap_or_default();
            let mut text = format!("{VISIT_LABELS}\n");
            for (id, visit) in &visits {
                let Visit { person, kind, visited_on, closed_on, amount, changed } = visit;
                text.push_str(&format!("{id},F,CN-{person:05},1,{kind},{visited_on},{closed_on},{amount}.50,1990-01-01,{}\n", moment(*changed)));
            }
            folder.write(&format!("in/{}/{day}/visits-{}.csv", OFFICES[*office], MONTHS[*month]), text);
            *self.revisions.entry((*office, *month)).or_default() += 1;
        }
    }

    /// Delivers changes of moves: a new one, and one that is changed or deleted.
    fn deliver_moves(&mut self, folder: &Folder, day: &str) {
        let mut text = format!("{MOVE_LABELS}\n");
        let id = format!("m-{}", self.tick());
        self.moves.push(id.clone());
        for (id, action) in [(Some(id), "I"), (self.moves.get(self.moves.len().wrapping_sub(2)).cloned(), ["U", "D"][self.below(2)])] {
            let Some(id) = id else { continue };
            let (person, month) = (self.below(9), self.below(MONTHS.len()));
            let (moved_on, at) = (self.day(month), self.tick());
            match action {
                "D" => text.push_str(&format!("{id},,,,,,{},D\n", moment(at))),
                _ => text.push_str(&format!("{id},M,CN-{person:05},1,{moved_on},1990-01-01,{},{action}\n", moment(at))),
            }
        }
        folder.write(&format!("in/RAB/{day}/moves-2023-02.csv"), text);
    }

    /// The current visits by month: which record stands there by which delivery.
    fn months(&self) -> BTreeMap<String, BTreeSet<(String, usize, u32)>> {
        let mut last: BTreeMap<(usize, &String), (&Visit, usize)> = BTreeMap::new();
        for ((office, month), visits) in &self.visits {
            for (id, visit) in visits.iter().filter(|_| self.revisions.contains_key(&(*office, *month))) {
                let known = last.entry((*office, id)).or_insert((visit, *month));
                if visit.changed > known.0.changed {
                    *known = (visit, *month);
                }
            }
        }
        let mut months: BTreeMap<String, BTreeSet<(String, usize, u32)>> = BTreeMap::new();
        for ((office, id), (visit, month)) in last {
            let line = (id.clone(), month, self.revisions[&(office, month)]);
            months.entry(visit.visited_on[..7].to_owned()).or_default().insert(line);
        }
        months
    }
}

/// The moments at which records are changed follow one another.
fn moment(tick: u32) -> String {
    format!("2023-03-{:02}T{:02}:{:02}:00Z", 1 + tick / 1440, tick / 60 % 24, tick % 60)
}

/// What a build made: the content of every table and of every part, and the results of tests.
fn built(folder: &Folder) -> BTreeMap<String, String> {
    let text = std::fs::read_to_string(folder.path("warehouse/staging/last-build.json")).expect("what was built");
    let build: Value = serde_json::from_str(&text).expect("JSON");
    let mut found = BTreeMap::new();
    for table in build["tables"].as_array().expect("tables").iter().chain(build["staging"].as_array().expect("staging")) {
        let name = table["name"].as_str().expect("a name");
        found.insert(name.to_owned(), format!("{} {} {} {}", table["hash"], table["rihla"]["rows"], table["rihla"]["csv"]["hash"], table["rihla"]["files"]));
    }
    let partitioned = build["partitioned"].as_object().expect("tables made in parts");
    found.extend(partitioned.iter().map(|(name, build)| (format!("parts of {name}"), format!("{} {}", build["inputs"], build["parts"]))));
    found.insert("tests".to_owned(), build["tests"].to_string());
    found
}

/// What the same inputs give where nothing was built before.
fn built_anew(folder: &Folder) -> BTreeMap<String, String> {
    let other = folder.again();
    std::fs::remove_dir_all(other.path("warehouse/staging")).expect("the folder of what was built");
    other.rihla(&["run"]).ok();
    built(&other)
}

/// How many parts of each table a run made anew.
fn rebuilt(report: &Value) -> BTreeMap<&str, u64> {
    let lines = report["in_parts"].as_array().into_iter().flatten();
    lines.map(|line| (line["model"].as_str().expect("a model"), line["rebuilt"].as_u64().expect("a count"))).collect()
}

fn differing(before: &BTreeMap<String, BTreeSet<(String, usize, u32)>>, after: &BTreeMap<String, BTreeSet<(String, usize, u32)>>) -> BTreeSet<String> {
    before.keys().chain(after.keys()).filter(|month| before.get(*month) != after.get(*month)).cloned().collect()
}

fn quarters(months: &BTreeSet<String>) -> BTreeSet<(String, u32)> {
    months.iter().map(|month| (month[..4].to_owned(), (month[5..].parse::<u32>().expect("a month") - 1) / 3)).collect()
}

/// Random changes, each held against a full build.
fn history(seed: u64, steps: u32) {
    let folder = Folder::of("tests/data/periods");
    let mut offices = Offices::new(seed);
    let all: BTreeSet<(usize, usize)> = (0..OFFICES.len()).flat_map(|office| (0..MONTHS.len() - 1).map(move |month| (office, month))).collect();
    all.iter().for_each(|slot| offices.change(*slot));
    offices.deliver(&folder, "2023-04-01", &all);
    offices.deliver_moves(&folder, "2023-04-01");
    folder.rihla(&["run"]).ok();
    for step in 0..steps {
        let before = offices.months();
        let delivered_before = offices.visits.clone();
        for _ in 0..=offices.below(2) {
            let slot = (offices.below(OFFICES.len()), offices.below(MONTHS.len()));
            offices.change(slot);
        }
        let changed = offices.visits.iter().filter(|(slot, visits)| delivered_before.get(*slot) != Some(*visits)).map(|(slot, _)| *slot).collect();
        let day = format!("2023-05-{:02}", step + 1);
        offices.deliver(&folder, &day, &changed);
        if offices.below(2) == 0 {
            offices.deliver_moves(&folder, &day);
        }
        let report = folder.rihla(&["run", "--json"]).ok().json();
        let (months, counts) = (differing(&before, &offices.months()), rebuilt(&report));
        let count = |model: &str| counts.get(model).copied().unwrap_or_default();
        assert_eq!(count("visits_made"), months.len() as u64, "seed {seed}, step {step}: {months:?} of {report}");
        assert_eq!(count("visits_by_month"), months.len() as u64, "seed {seed}, step {step}: {months:?} of {report}");
        assert!(count("visits_by_quarter") <= quarters(&months).len() as u64, "seed {seed}, step {step}: {months:?} of {report}");
        assert_eq!(built(&folder), built_anew(&folder), "seed {seed}, step {step}");
    }
    let fresh = Folder::of("tests/data/periods");
    for (path, bytes) in folder.files("in") {
        fresh.write(&format!("in/{path}"), bytes);
    }
    fresh.rihla(&["run"]).ok();
    let tables =
        |folder: &Folder| folder.files("warehouse/released/latest/.").into_iter().filter(|(path, _)| !path.ends_with(".json")).collect::<BTreeMap<_, _>>();
    assert!(!tables(&fresh).is_empty() && tables(&folder) == tables(&fresh), "seed {seed}: another release than one made at once");
}

#[test]
fn parts_made_anew_make_the_table_of_a_full_build() {
    // A seed of one's own: `RIHLA_TEST_SEED=7 cargo test parts_made_anew`.
    let own = std::env::var("RIHLA_TEST_SEED").ok().and_then(|seed| seed.parse().ok());
    for seed in own.map_or(vec![1, 2], |seed| vec![seed]) {
        history(seed, if own.is_some() { 12 } else { 3 });
    }
}

/// The project with three months of two offices loaded, and January of Rabat corrected.
fn corrected() -> Folder {
    let folder = Folder::of("tests/data/periods");
    let visit = |office: usize, month: usize, kind: &str, closed_on: &str| {
        let id = format!("{office}-{month},F,CN-00001,1,{kind},{}-05,{closed_on},10.00,1990-01-01,2023-03-01T09:00:00Z", MONTHS[month]);
        format!("{VISIT_LABELS}\n{id}\n")
    };
    for (office, code) in OFFICES.iter().enumerate() {
        for (month, name) in MONTHS.iter().enumerate().take(3) {
            folder.write(&format!("in/{code}/2023-04-01/visits-{name}.csv"), visit(office, month, "legal", "2022-03-28"));
        }
    }
    folder.write("in/RAB/2023-04-01/moves-2023-02.csv", format!("{MOVE_LABELS}\nm-1,M,CN-00001,1,2022-01-09,1990-01-01,2023-03-01T09:00:00Z,I\n"));
    folder.rihla(&["run"]).ok();
    folder.write("in/RAB/2023-05-01/visits-2022-01.csv", visit(0, 0, "work", ""));
    folder
}

#[test]
fn a_run_tells_how_many_parts_it_made_anew() {
    let folder = corrected();
    crate::support::snapshot("parts", "run", "January of one office corrected", &folder.rihla(&["run"]).ok().text());
    let report = corrected().rihla(&["run", "--json"]).ok().json();
    let closings = report["in_parts"].as_array().expect("tables").iter().find(|table| table["model"] == "closings").expect("a table").clone();
    // A matter that was closed in March is open again.
    assert_eq!(closings, serde_json::json!({"model": "closings", "partition": "closed_month", "rebuilt": 2, "parts": 2}), "{report}");
    let again = folder.rihla(&["run", "--json"]).ok().json();
    assert!(again.get("in_parts").is_none(), "{again}");
}

#[test]
fn a_part_that_was_damaged_is_made_anew_alone() {
    let folder = corrected();
    folder.rihla(&["run"]).ok();
    let before = built(&folder);
    let files = folder.files("warehouse/staging/visits_made");
    // Files of earlier parts lie there too until they are pruned.
    let is_named = |file: &&String| before["visits_made"].contains(file.as_str());
    let damaged = files.keys().find(is_named).expect("a part");
    folder.write(&format!("warehouse/staging/visits_made/{damaged}"), "no Parquet");
    let report = folder.rihla(&["run", "--json"]).ok().json();
    assert_eq!(rebuilt(&report), BTreeMap::from([("visits_made", 1)]), "{report}");
    assert!(built(&folder) == before && folder.files("warehouse/staging/visits_made") == files, "another table");
}

#[test]
fn what_must_be_unique_is_held_against_parts_that_stay() {
    let folder = corrected();
    let tests =
        "[[tests]]\nunique = [\"record_id\"]\nseverity = \"warn\"\n\n[[tests]]\nunique = [\"record_id\"]\nwhere = \"kind = 'work'\"\nseverity = \"warn\"\n\n";
    folder.replace("sql/staging/visits_made.sql", "[[tests]]\nexpression = \"place >= 1\"", &format!("{tests}[[tests]]\nexpression = \"place >= 1\""));
    folder.rihla(&["run"]).ok();
    let failures = |folder: &Folder| {
        let text = std::fs::read_to_string(folder.path("warehouse/staging/last-build.json")).expect("what was built");
        let build: Value = serde_json::from_str(&text).expect("JSON");
        let of = |name: &str| build["tests"].as_array().and_then(|tests| tests.iter().find(|test| test["test"] == name)?["failures"].as_u64());
        (of("unique(record_id)").expect("a test"), of("unique(record_id) where kind = 'work'").expect("a test"))
    };
    let deliver = |office: &str, day: &str, period: &str, rows: &[(&str, &str)]| {
        let line = |(id, kind): &(&str, &str)| format!("{id},F,CN-00001,1,{kind},{period}-05,,10.00,1990-01-01,{day}T00:00:00Z\n");
        let lines: String = rows.iter().map(line).collect();
        folder.write(&format!("in/{office}/{day}/visits-{period}.csv"), format!("{VISIT_LABELS}\n{lines}"));
        let counts = folder.rihla(&["run", "--json"]).ok().json();
        assert_eq!(rebuilt(&counts).get("visits_made"), Some(&1), "{counts}");
        assert_eq!(built(&folder), built_anew(&folder));
        failures(&folder)
    };
    // The same key in its own part, corrected; then one that another office has in a part that stays, once for the test
    // with a condition and once more for that without.
    assert_eq!(deliver("CAS", "2023-06-01", "2022-02", &[("1-1", "work")]), (0, 0));
    assert_eq!(deliver("CAS", "2023-06-02", "2022-02", &[("1-1", "work"), ("0-2", "work")]), (1, 0), "where the other is no work");
    assert_eq!(deliver("CAS", "2023-06-03", "2022-02", &[("1-1", "work"), ("0-0", "work")]), (1, 1), "what failed before is tested whole");
    assert_eq!(deliver("CAS", "2023-06-04", "2022-02", &[("1-1", "work")]), (0, 0));
    assert_eq!(deliver("CAS", "2023-06-05", "2022-02", &[("1-1", "work"), ("0-0", "legal")]), (1, 0));
    assert_eq!(
        deliver("CAS", "2023-06-06", "2022-02", &[("1-1", "work"), ("0-0", "work")]),
        (1, 1),
        "known to the part, but not to the test with its condition"
    );
}

#[test]
fn files_of_parts_are_kept_by_prune_and_read_by_those_who_ask() {
    let folder = corrected();
    folder.rihla(&["run"]).ok();
    let before = built(&folder);
    folder.rihla(&["prune"]).ok();
    let report = folder.rihla(&["run", "--json"]).ok().json();
    assert_eq!((report["rebuilt"].as_u64(), built(&folder)), (Some(0), before), "{report}");
    let explained = folder.rihla(&["explain", "visits_by_month", "--measure", "visits", "--where", "month = '2022-01-01' AND kind = 'work'", "--json"]).ok();
    assert!(explained.stdout.contains("2022-01"), "{}", explained.text());
    folder.rihla(&["audit"]).ok();
}

#[test]
fn a_code_list_that_changes_makes_every_part_anew() {
    let folder = corrected();
    folder.rihla(&["run"]).ok();
    folder.replace("schemas/codes/kind.csv", "legal,Legal,", "legal,Legal aid,");
    let report = folder.rihla(&["run", "--json"]).ok().json();
    let made = report["in_parts"].as_array().expect("tables").iter().find(|table| table["model"] == "visits_made").expect("a table").clone();
    assert_eq!(made["rebuilt"], made["parts"], "{report}");
    assert_eq!(built(&folder), built_anew(&folder));
}

#[test]
fn a_full_build_of_a_few_parts_at_a_time_makes_the_same_tables() {
    let folder = Folder::of("tests/data/periods");
    let text = std::fs::read_to_string(folder.path("rihla.toml")).expect("the project's file");
    let budget = |folder: &Folder, mib: u32| folder.write("rihla.toml", format!("{text}\n[engine]\nmemory_mib = {mib}\n"));
    for (office, code) in OFFICES.iter().enumerate() {
        for (month, name) in MONTHS.iter().enumerate() {
            let mut rows = format!("{VISIT_LABELS}\n");
            for number in 0..7000 {
                let (kind, day) = (["legal", "health", "work"][number % 3], 1 + number % 28);
                let person = number * (office + 1) % 3001;
                let id = format!("{office}-{month}-{number}");
                rows.push_str(&format!("{id},F,CN-{person:05},1,{kind},{name}-{day:02},,{}.25,1990-01-01,2023-03-01T09:00:00Z\n", number % 700));
            }
            folder.write(&format!("in/{code}/2023-04-01/visits-{name}.csv"), rows);
        }
    }
    folder.write("in/RAB/2023-04-01/moves-2023-02.csv", format!("{MOVE_LABELS}\nm-1,M,CN-00001,1,2022-01-09,1990-01-01,2023-03-01T09:00:00Z,I\n"));
    budget(&folder, 64);
    let said = folder.rihla_with(&["run"], &[("RIHLA_LOG", "rihla=debug")]).ok().said();
    let waves = |model: &str| {
        let line = said.lines().find(|line| line.contains("made whole") && line.contains(&format!("model=\"{model}\""))).unwrap_or_else(|| panic!("{said}"));
        line.rsplit_once("waves=").and_then(|(_, count)| count.trim().parse::<u32>().ok()).unwrap_or_else(|| panic!("{line}"))
    };
    // 70,000 rows, 64,000 at a time; periods of several kinds are made of the same rows, years apart of others.
    // Each has one more for parts to which no row leads: `months_covered` has months without visits.
    let counts = ["visits_made", "visits_by_month", "persons_by_period", "months_covered"].map(waves);
    assert_eq!(counts, [3, 3, 3, 4], "{said}");
    let few = built(&folder);
    budget(&folder, 1024);
    assert_eq!(few, built_anew(&folder));
}
