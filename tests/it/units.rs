//! Unit tests of models: what they take, what they refuse, how they show what differs; and those of the real project.

use regex::Regex;
use rihla::run::unit::Bench;

use crate::support::{Folder, Ran, repository, snapshot};

const SCENARIO: &str = "tests/models/corrected.toml";

/// A record that a correction changes, one that it withdraws, and one of another office.
const CORRECTED: &str = r#"description = "A correction replaces the report of its month"
today = 2023-03-31

[defaults."feeds.registrations"]
nationality = "GIN"
registered_on = "2023-01-10"

[[deliveries]]
feed = "registrations"
office = "RAB"
period = "2023-01"
received = 2023-02-04
rows = '''
record_id | person_id
r-1       | ada
r-2       | bela
'''

[[deliveries]]
feed = "registrations"
office = "RAB"
period = "2023-01"
received = 2023-02-20
rows = '''
record_id | person_id | nationality
r-1       | ada       | COG
'''

[[deliveries]]
feed = "registrations"
office = "CAS"
period = "2023-01"
received = 2023-02-05
rows = '''
record_id | person_id
r-1       | chidi
'''

[[expect]]
table = "by_country"
rows = '''
nationality | persons
COG         | 1
GIN         | 1
'''

[[expect]]
table = "deliveries"
where = "office = 'RAB'"
rows = '''
period  | revisions | rows
2023-01 | 2         | 1
'''
"#;

/// An extract around the 18th birthday, one row of it faulty, and a delivery that comes too late.
const EXTRACT: &str = r#"description = "Extracts are validated and normalised"
today = 2023-03-31

[[deliveries]]
feed = "registrations"
office = "RAB"
period = "2023-01"
received = 2023-02-04T09:15:00Z
set_aside = 1
extract = '''
record_id | case_number | person_number | full_name    | sex   | birth_date | nationality   | registered_on | changed_at
r-1       | CN 1        | 1             | "Ada | Ama"  | femme | 2005-01-16 | Guinée        | 2023-01-15    | 2023-01-15T09:00:00Z
r-2       | CN-1        | 2             |              | M     | 2005-01-15 | Ivory Coast   | 2023-01-15    | 2023-01-15T09:00:00Z
r-3       | CN-2        | 1             |              | F     | 2004-02-29 | Guinea        | 2023-02-30    | 2023-01-15T09:00:00Z
r-4       | CN-2        | 2             |              |       | 2004-02-29 | Guinea        | 2023-01-30    | 2023-01-15T09:00:00Z
'''

[[deliveries]]
feed = "registrations"
office = "RAB"
period = "2023-01"
received = 2023-02-04T09:15:00Z
outcome = "unchanged"
extract = '''
record_id | case_number | person_number | full_name    | sex   | birth_date | nationality   | registered_on | changed_at
r-1       | CN 1        | 1             | "Ada | Ama"  | femme | 2005-01-16 | Guinée        | 2023-01-15    | 2023-01-15T09:00:00Z
r-2       | CN-1        | 2             |              | M     | 2005-01-15 | Ivory Coast   | 2023-01-15    | 2023-01-15T09:00:00Z
r-3       | CN-2        | 1             |              | F     | 2004-02-29 | Guinea        | 2023-02-30    | 2023-01-15T09:00:00Z
r-4       | CN-2        | 2             |              |       | 2004-02-29 | Guinea        | 2023-01-30    | 2023-01-15T09:00:00Z
'''

[[expect]]
table = "feeds.registrations"
rows = '''
person_id | case_id | age | sadd_group | nationality | source_row | submission_id
CN-1-1    | CN-1    | 17  | girls      | GIN         | 2          | registrations/RAB/2023-01/2023-02-04T09:15:00Z
CN-1-2    | CN-1    | 18  | men        | CIV         | 3          | registrations/RAB/2023-01/2023-02-04T09:15:00Z
CN-2-2    | CN-2    | 18  | unknown    | GIN         | 5          | registrations/RAB/2023-01/2023-02-04T09:15:00Z
'''

[[expect]]
table = "system.submissions"
rows = '''
outcome   | revision | rows_read | rows_loaded | rows_quarantined | is_current
loaded    | 1        | 4         | 3           | 1                | true
unchanged | 1        | 0         | 0           | 0                | false
'''
"#;

/// A model that is given is not built, nor what it reads.
const MOCKED: &str = r#"description = "A model given in place of the project's own"
today = 2023-03-31

[[given]]
table = "registered"
rows = '''
person_id | nationality
ada       | GIN
bela      | GIN
chidi     |
'''

[[expect]]
table = "by_country"
rows = '''
nationality | persons
GIN         | 2
            | 1
'''
"#;

/// Nothing was delivered, on the day that other scenarios end on.
const NOTHING: &str = r#"description = "Where nothing was delivered nobody is counted"
today = 2023-03-31

[[expect]]
table = "by_country"
rows = "nationality | persons"
"#;

fn with(scenarios: &[(&str, &str)]) -> Folder {
    let folder = Folder::bare();
    for (name, text) in scenarios {
        folder.write(&format!("tests/models/{name}.toml"), text);
    }
    folder
}

/// Pins what was said, how long it took aside.
#[track_caller]
fn pin(name: &str, story: &str, ran: &Ran) {
    let times = Regex::new(r"\d+ ms").expect("a pattern");
    snapshot("units", name, story, &times.replace_all(&ran.text(), "[time]"));
}

#[test]
fn what_is_as_expected_is_told_in_a_line() {
    let folder = with(&[("a_first", NOTHING), ("corrected", CORRECTED), ("extracts/age", EXTRACT), ("mocked", MOCKED), ("nothing", NOTHING)]);
    let before = folder.files("");
    let ran = folder.rihla(&["test"]);
    assert_eq!(ran.code, 0, "{}", ran.text());
    pin("all_hold", "unit tests that hold: nothing that one is given reaches another", &ran);
    let one = folder.rihla(&["--json", "test", "extracts/age"]).ok().json();
    assert_eq!((one["failed"].as_u64(), one["tests"].as_array().map(Vec::len)), (Some(0), Some(1)), "{one}");
    assert_eq!(
        folder.rihla(&["--json", "test", "by_country"]).ok().json()["tests"].as_array().map(Vec::len),
        Some(4),
        "by the table that they expect something of"
    );
    pin("unknown", "a name mistyped", &folder.rihla(&["test", "extracts/aeg"]));
    pin("coverage", "models without a unit test", &folder.rihla(&["test", "--coverage"]));
    assert!(folder.files("") == before, "something was touched");
}

#[test]
fn what_differs_is_shown_cell_by_cell() {
    let folder = with(&[("corrected", CORRECTED), ("mocked", MOCKED)]);
    folder.replace(SCENARIO, "COG         | 1\nGIN         | 1\n", "COG         | 2\nMAR         | 1\n");
    folder.replace("tests/models/mocked.toml", "            | 1\n", "");
    let ran = folder.rihla(&["test"]);
    assert_eq!(ran.code, 1, "{}", ran.text());
    pin("differences", "a cell changed, a row of another country, a row left out", &ran);
    let told = folder.rihla(&["--json", "test", "corrected"]).json();
    let rows = &told["tests"][0]["expectations"][0]["difference"]["rows"];
    assert_eq!(
        (rows[0]["is"].as_str(), rows[0]["line"].as_u64(), rows[1]["is"].as_str(), rows[2]["is"].as_str()),
        (Some("changed"), Some(43), Some("missing"), Some("unexpected")),
        "{told}"
    );
}

/// A model that is wrong is what unit tests are for.
#[test]
fn a_model_that_counts_rows_for_persons_fails() {
    let folder = with(&[("mocked", MOCKED)]);
    folder.replace("tests/models/mocked.toml", "bela      | GIN", "ada       | GIN\nbela      | GIN");
    folder.rihla(&["test"]).ok();
    folder.replace("sql/marts/by_country.sql", "count(DISTINCT person_id)", "count(person_id)");
    let ran = folder.rihla(&["test"]);
    assert_eq!(ran.code, 1);
    pin("a_wrong_model", "count(person_id) for count(DISTINCT person_id)", &ran);
}

#[test]
fn deliveries_that_become_something_else_are_told() {
    let folder = with(&[("age", EXTRACT)]);
    folder.replace("tests/models/age.toml", "set_aside = 1\n", "").replace("tests/models/age.toml", "outcome = \"unchanged\"\n", "");
    let ran = folder.rihla(&["test"]);
    assert_eq!(ran.code, 1);
    assert!(!ran.said().contains("2004"), "a birth date: {}", ran.said());
    pin("deliveries", "a faulty row and a repeated delivery that the scenario does not speak of", &ran);
}

#[test]
fn every_fault_is_told_at_its_place_by_check_and_test() {
    let folder = with(&[("corrected", CORRECTED), ("age", EXTRACT), ("mocked", MOCKED)]);
    for (file, from, to) in [
        ("corrected", "[defaults.\"feeds.registrations\"]\n", "[defaults.\"feeds.registrations\"]\nnationalty = \"GIN\"\n"),
        ("corrected", "received = 2023-02-20", "received = 2023-05-20"),
        ("corrected", "r-2       | bela", "r-1       | bela"),
        ("corrected", "r-1       | ada       | COG", "r-1       | ada       | Congo"),
        ("corrected", "office = \"CAS\"", "office = \"CAZ\""),
        ("corrected", "2023-01 | 2         | 1", "2023-01 | two       | 1"),
        ("corrected", "office = 'RAB'", "offce = 'RAB'"),
        (
            "age",
            "outcome = \"unchanged\"\nextract = \'\'\'\nrecord_id | case_number | person_number | full_name ",
            "outcome = \"unchanged\"\nextract = \'\'\'\nrecord_id | case_number | person_number | fullname ",
        ),
        ("mocked", "chidi     |\n", "chidi     | | |\n"),
        ("mocked", "table = \"by_country\"", "table = \"by_contry\""),
    ] {
        folder.replace(&format!("tests/models/{file}.toml"), from, to);
    }
    folder.write("tests/models/broken.toml", "description = \"A key mistyped\"\ntoday = 2023-01-01\n[[given]]\ntabel = \"registered\"\nrows = \"\"\n[[expect]]\ntable = \"by_country\"\nrows = \"\"\n");
    let checked = folder.rihla(&["check"]);
    assert_eq!(checked.code, 1);
    snapshot("units", "faults", "faults of every kind in four unit tests", &checked.text());
    assert_eq!(folder.rihla(&["test"]).stderr, checked.stderr);
}

fn bench() -> (tokio::runtime::Runtime, Bench) {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let bench = runtime.block_on(Bench::open(&repository(""))).unwrap_or_else(|error| panic!("{error}: {:?}", error.project_faults()));
    (runtime, bench)
}

#[test]
fn every_unit_test_of_the_project_holds() {
    let (runtime, bench) = bench();
    let performed = runtime.block_on(bench.perform(&[])).expect("unit tests");
    let failed: Vec<_> = performed.iter().filter(|one| !one.is_ok()).map(|one| format!("{one:#?}")).collect();
    assert!(failed.is_empty(), "see `rihla test`:\n{}", failed.join("\n"));
    assert!(performed.len() >= 3, "{} unit tests", performed.len());
}

/// Released tables that have no unit test yet; to be emptied.
const UNTESTED: [&str; 82] = [
    "assistance_amounts",
    "assistance_amounts_by_project",
    "assistance_by_funding",
    "assistance_by_level",
    "assistance_by_project",
    "assistance_inbound",
    "assistance_inbound_by_kind",
    "assistance_inbound_by_sadd",
    "assistance_inbound_total",
    "audit_findings",
    "audit_totals",
    "completeness",
    "counselling_by_outcome",
    "counselling_by_topic",
    "counselling_inbound",
    "counselling_inbound_by_sadd",
    "covered_periods",
    "dim_assistance_kind",
    "dim_assistance_level",
    "dim_audit",
    "dim_channel",
    "dim_counselling_outcome",
    "dim_counselling_place",
    "dim_counselling_topic",
    "dim_country",
    "dim_currency",
    "dim_direction",
    "dim_donor",
    "dim_funding",
    "dim_indicator",
    "dim_office",
    "dim_partner",
    "dim_period",
    "dim_plan_state",
    "dim_project",
    "dim_referral_need",
    "dim_referral_status",
    "dim_reintegration_dimension",
    "dim_resettlement_step",
    "dim_sadd_group",
    "dim_voucher_kind",
    "dim_vulnerability",
    "indicators",
    "plans",
    "plans_by_state",
    "referrals",
    "referrals_by_need",
    "referrals_by_partner",
    "referrals_by_partner_sadd",
    "referrals_by_sadd",
    "referrals_by_status",
    "referrals_total",
    "registrations_by_channel",
    "registrations_by_sadd",
    "registrations_total",
    "reintegration_outbound",
    "reintegration_outbound_by_country",
    "reintegration_outbound_by_dimension",
    "reintegration_outbound_by_kind",
    "reintegration_outbound_by_sadd",
    "reintegration_outbound_cash_instead",
    "reintegration_outbound_total",
    "reporting_rates",
    "resettlement",
    "resettlement_by_destination",
    "resettlement_by_step",
    "resettlement_cumulative",
    "returns_inbound",
    "returns_inbound_by_country",
    "returns_inbound_by_sadd",
    "returns_inbound_total",
    "returns_outbound_by_country",
    "returns_outbound_by_vulnerability",
    "returns_outbound_cumulative",
    "returns_outbound_top",
    "voucher_amounts",
    "voucher_amounts_by_project",
    "vouchers",
    "vouchers_by_kind",
    "vouchers_by_project",
    "vouchers_by_sadd",
    "vouchers_total",
];

#[test]
fn every_released_table_has_a_unit_test() {
    let (_runtime, bench) = bench();
    assert_eq!(bench.untested().tables, UNTESTED, "write a unit test in tests/models, or take the table from the list");
}
