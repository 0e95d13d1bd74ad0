//! Feeds in which a case is one person: people are told apart by their cases alone, and go, and stay away, by them.

use rihla::normalise::Key;

use crate::erasure::places;
use crate::support::{Folder, LABELS, ROWS, comma_csv, snapshot};

const SCHEMA: &str = "schemas/registrations.json";
const NUMBER: &str = "    {\"name\": \"person_number\", \"type\": \"integer\", \"constraints\": {\"required\": true, \"minimum\": 1}, \"rihla\": {\"role\": \"person_number\", \"labels\": [\"N° personne\"]}},\n";
const SAYS: (&str, &str) = ("\"fields\": [", "\"rihla\": {\"one_person_per_case\": true},\n  \"fields\": [");
const EXTRACT: &str = "in/RAB/2023-02-04/registrations-2023-01.csv";

fn key() -> Key {
    Key::new([1; 32])
}

/// The small project with a schema that says so.
fn bare() -> Folder {
    let folder = Folder::bare();
    folder.replace(SCHEMA, NUMBER, "").replace(SCHEMA, SAYS.0, SAYS.1);
    folder
}

/// The rows of [`ROWS`] without the number of the person: two of them are of one case.
fn extract() -> String {
    let cells = |row: &[&str; 9]| row.iter().enumerate().filter(|(place, _)| *place != 2).map(|(_, cell)| *cell).collect::<Vec<_>>().join(",");
    std::iter::once(&LABELS).chain(&ROWS).map(|row| cells(row) + "\n").collect()
}

fn loaded() -> Folder {
    let folder = bare();
    folder.write(EXTRACT, extract());
    folder.rihla(&["run"]).ok();
    folder
}

fn persons(folder: &Folder) -> i64 {
    folder.released("by_country").iter().map(|row| row["persons"].as_i64().expect("a count")).sum()
}

#[test]
fn the_case_tells_who_it_is() {
    let folder = loaded();
    let rows = folder.loaded("registrations");
    assert_eq!(rows.len(), 4);
    for (row, cells) in rows.iter().zip(ROWS) {
        assert_eq!((&row["person_id"], &row["case_id"]), (&key().case(cells[1]).into(), &key().case(cells[1]).into()));
    }
    assert_eq!(persons(&folder), 3, "two rows of one case are one person");
}

#[test]
fn a_schema_says_it_or_numbers_persons_and_not_both() {
    let folder = Folder::bare();
    folder.replace(SCHEMA, NUMBER, "");
    let neither = folder.rihla(&["check"]);
    folder.replace(SCHEMA, SAYS.0, SAYS.1);
    folder.rihla(&["check"]).ok();
    let both = Folder::bare();
    both.replace(SCHEMA, SAYS.0, SAYS.1);
    let both = both.rihla(&["check"]);
    assert_eq!((neither.code, both.code), (1, 1));
    snapshot("one_person", "says", "rihla check: neither a number nor the statement; both", &format!("{}\n{}", neither.text(), both.text()));
}

/// False is what absent is.
#[test]
fn a_schema_that_denies_it_needs_numbers() {
    let folder = Folder::bare();
    folder.replace(SCHEMA, SAYS.0, &SAYS.1.replace("true", "false"));
    folder.rihla(&["check"]).ok();
    folder.replace(SCHEMA, NUMBER, "");
    assert!(folder.rihla(&["check"]).stderr.contains("no field has the role `person_number`"));
}

fn erase(folder: &Folder, line: &str) -> crate::support::Ran {
    folder.rihla_fed(&["erase", "--person", "-"], line, &[])
}

#[test]
fn a_case_is_erased_and_stays_away() {
    let folder = loaded();
    let numbered = erase(&folder, "CN-77701,1\n");
    snapshot("one_person", "no_number", "rihla erase: a number where no feed has numbers", &numbered.text());
    assert_eq!(numbered.code, 1);
    erase(&folder, "cn 77701\n").ok();
    assert_eq!(places(&folder, &key().case("CN-77701")), Vec::<String>::new());
    folder.rihla(&["run"]).ok();
    assert_eq!(persons(&folder), 2);
    // The same people again in other bytes, of whom one is held no more.
    folder.write("in/RAB/2023-03-01/registrations-2023-01.csv", extract() + "\n");
    let ran = folder.rihla(&["run", "--json"]).ok().json();
    assert_eq!((&ran["feeds"][0]["rows"]["loaded"], &ran["feeds"][0]["rows"]["excluded"]), (&2.into(), &2.into()), "{ran}");
    assert_eq!(places(&folder, &key().case("CN-77701")), Vec::<String>::new());
}

#[test]
fn a_pseudonym_names_whoever_bears_it() {
    let folder = loaded();
    // Rows set aside are found in the extract, by the same pseudonym.
    folder.write("in/RAB/2023-02-14/registrations-2023-01.csv", extract().replace("Côte d'Ivoire", "Atlantide"));
    folder.rihla(&["run"]).ok();
    folder.rihla(&["erase", "--person", &key().case("CN-77703")]).ok();
    for text in [key().case("CN-77703"), "Atlantide".to_owned()] {
        assert_eq!(places(&folder, &text), Vec::<String>::new(), "`{text}`");
    }
    folder.write("in/RAB/2023-03-01/registrations-2023-01.csv", extract());
    let ran = folder.rihla(&["run", "--json"]).ok().json();
    assert_eq!(ran["feeds"][0]["rows"]["excluded"], 1, "{ran}");
}

#[test]
fn a_rotated_key_renews_both_pseudonyms_alike() {
    let folder = loaded();
    folder.rihla(&["rotate-key"]).ok();
    let rows = folder.loaded("registrations");
    assert!(rows.iter().all(|row| row["person_id"] == row["case_id"] && row["person_id"] != key().case("CN-77703").as_str()));
    folder.write("in/RAB/2023-02-14/registrations-2023-01.csv", extract().replace("Congo", "Guinée"));
    folder.rihla(&["run"]).ok();
    assert_eq!(persons(&folder), 3, "a later delivery tells of the same people");
}

/// A second feed, of visits, in which persons have numbers.
fn mixed() -> Folder {
    let folder = Folder::bare();
    let schema = std::fs::read_to_string(folder.path(SCHEMA)).expect("a schema");
    let key = r#""foreignKeys": [{"fields": "case_number", "reference": {"resource": "registrations", "fields": "case_number"}}]"#;
    folder.write("schemas/visits.json", schema.replace("\"fields\": [\n", &format!("{key},\n  \"fields\": [\n")));
    let pipeline = "feed = \"visits\"\nrequired = true\ntolerance = 0.25\nschedule = { cron = \"0 6 * * *\" }\n\n[[sources]]\noffices = [\"RAB\"]\n\
         url = \"in/{office}/{received}/visits-{period}.csv\"\ncsv = { delimiter = \",\", encoding = \"utf-8\" }\ndates = [\"%Y-%m-%d\"]\n\
         datetimes = [\"%Y-%m-%dT%H:%M:%SZ\"]\n";
    folder.write("pipelines/visits.toml", pipeline);
    folder.replace(SCHEMA, NUMBER, "").replace(SCHEMA, SAYS.0, SAYS.1);
    folder.write(EXTRACT, extract().replace("CN-77704", "CN-77705"));
    folder.write("in/RAB/2023-02-04/visits-2023-01.csv", comma_csv(&ROWS));
    folder
}

#[test]
fn feeds_that_number_and_that_do_not_meet_by_the_case() {
    let folder = mixed();
    let check = folder.rihla(&["check"]).ok();
    let run = folder.rihla(&["run"]);
    let audit = folder.rihla(&["audit", "feeds.visits"]);
    snapshot("one_person", "mixed", "rihla check; rihla audit feeds.visits", &format!("{}\n{}", check.text(), audit.text()));
    assert_eq!(run.code, 0, "{}", run.text());
}

#[test]
fn a_number_does_not_decide_who_the_only_person_of_a_case_is() {
    let folder = mixed();
    folder.rihla(&["run"]).ok();
    let before = folder.files("warehouse");
    let undecided = erase(&folder, "CN-77701,2\n");
    assert_eq!(undecided.code, 1);
    snapshot("one_person", "undecided", "rihla erase: a number, and a feed of the project has none", &undecided.text());
    assert!(folder.files("warehouse") == before, "something was touched");
    // Of a case that only the feed with numbers holds the number decides.
    erase(&folder, "CN-77704,1\n").ok();
    assert_eq!(places(&folder, &key().person("CN-77704", 1)), Vec::<String>::new());
    erase(&folder, "CN-77701\n").ok();
    for text in [key().case("CN-77701"), key().person("CN-77701", 1), key().person("CN-77701", 2)] {
        assert_eq!(places(&folder, &text), Vec::<String>::new(), "`{text}`");
    }
}

/// In a unit test people are called by their case.
#[test]
fn a_unit_test_calls_people_by_their_case() {
    let folder = bare();
    folder.write(
        "tests/models/cases.toml",
        "description = \"A case is one person\"\ntoday = 2023-03-31\n\n[[deliveries]]\nfeed = \"registrations\"\noffice = \"RAB\"\nperiod = \"2023-01\"\nreceived = 2023-02-04\n\
         extract = '''\nrecord_id | case_number | full_name | sex | birth_date | nationality | registered_on | changed_at\n\
         r-1 | CN-77701 | A | F | 1987-06-01 | Guinée | 2023-01-03 | 2023-01-03T09:00:00Z\n\
         r-2 | CN-77701 | A | F | 1987-06-01 | Guinée | 2023-01-03 | 2023-01-03T09:00:00Z\n'''\n\n\
         [[expect]]\ntable = \"feeds.registrations\"\nrows = '''\nrecord_id | person_id | case_id\nr-1 | CN-77701 | CN-77701\nr-2 | CN-77701 | CN-77701\n'''\n\n\
         [[expect]]\ntable = \"by_country\"\nrows = '''\nnationality | persons\nGIN | 1\n'''\n",
    );
    folder.rihla(&["test"]).ok();
}

#[test]
fn a_draft_without_numbers_asks_whether_a_case_is_one_person() {
    let folder = bare();
    folder.write("visites.csv", extract());
    let ran = folder.rihla(&["infer", folder.path("visites.csv").to_str().expect("a path"), "--feed", "visits", "--dry-run"]).ok();
    assert!(ran.stdout.contains("Or is a case always one person (`one_person_per_case`)?"), "{}", ran.text());
}
