//! What must hold of tables: each check where it passes, where it fails and at its bound; thresholds; what depends on the
//! moment or on the last release; and the rows that fail, as `rihla audit` shows them.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde_json::Value;

use crate::support::{Folder, Ran, assert_nobody, loaded, loaded_small, snapshot};

/// Where the tested model stands.
pub const FIGURES: &str = "sql/marts/figures.sql";
const MODEL: &str = "sql/marts/by_country.sql";

/// A model of rows that stand in it: columns `k`, `g`, `n`, `amount`, `d` (a date) and `at` (a moment).
pub fn figures(rows: &str, tests: &str) -> String {
    let columns = "k = \"a\"\ng = \"a\"\nn = \"a\"\namount = \"a\"\nd = \"a\"\nat = \"a\"\n";
    format!(
        "/*\ndescription = \"Rows\"\ngrain = [\"k\"]\n\n[columns]\n{columns}\n{tests}*/\nSELECT k, g, CAST(n AS BIGINT) AS n, CAST(amount AS DECIMAL(12, 2)) AS amount, \
         CAST(d AS DATE) AS d, arrow_cast(at, 'Timestamp(Microsecond, Some(\"UTC\"))') AS at\nFROM (VALUES {rows}) AS t (k, g, n, amount, d, at)\n"
    )
}

/// Four rows.
pub const ROWS: &str = "('a', 'x', 1, 0.10, '2023-07-01', '2023-07-11T06:00:00Z'), ('b', 'x', 2, 0.20, '2023-07-11', NULL), \
                    ('c', 'y', -3, 0.30, NULL, NULL), ('d', NULL, NULL, NULL, '2023-06-30', NULL)";

/// Another table: what figures add up to by `g` (`same`), and what they do not (`off`).
pub const TOTALS: &str = "/*
description = \"Totals\"
grain = [\"g\"]
[columns]
g = \"a\"
same = \"a\"
off = \"a\"
exact = \"a\"
*/
SELECT g, CAST(same AS BIGINT) AS same, CAST(off AS BIGINT) AS off, CAST(exact AS DECIMAL(20, 4)) AS exact
FROM (VALUES ('x', 3, 4, 0.3), ('y', -3, -3, 0.3), (NULL, NULL, 7, NULL)) AS t (g, same, off, exact)
";

/// Each test as its header writes it, how many rows or groups fail, and how many may.
const CASES: &[(&str, u64, u64)] = &[
    // A row fails where the expression is false; null passes, as CHECK has it.
    ("expression = \"n > -4\"", 0, 0),
    ("expression = \"n > 0\"", 1, 0),
    ("expression = \"n > 2\"", 3, 0),
    ("expression = \"n IS NOT NULL\"", 1, 0),
    ("expression = \"n > 0\"\nwhere = \"g = 'x'\"", 0, 0),
    ("expression = \"n > 1 OR n < 0\"\nwhere = \"g = 'x'\"", 1, 0),
    ("expression = \"false\"\nwhere = \"n > 1000000\"", 0, 0),
    // Counts of rows, at the bound and past it; an empty set of rows is counted too.
    ("row_count = { min = 4 }", 0, 0),
    ("row_count = { max = 4 }", 0, 0),
    ("row_count = { min = 4, max = 4 }", 0, 0),
    ("row_count = { min = 5 }", 1, 0),
    ("row_count = { max = 3 }", 1, 0),
    ("row_count = { min = 2, max = 2 }\nwhere = \"g = 'x'\"", 0, 0),
    ("row_count = { max = 0 }\nwhere = \"n > 1000000\"", 0, 0),
    ("row_count = { min = 1 }\nwhere = \"n > 1000000\"", 1, 0),
    // The run is on 21 July 2023 at six; the newest date is the 11th, the newest moment the 11th at six.
    ("freshness = { column = \"d\", within_days = 10 }", 0, 0),
    ("freshness = { column = \"d\", within_days = 9 }", 1, 0),
    ("freshness = { column = \"d\", within_days = 20 }\nwhere = \"k = 'a'\"", 0, 0),
    ("freshness = { column = \"d\", within_days = 19 }\nwhere = \"k = 'a'\"", 1, 0),
    ("freshness = { column = \"at\", within_days = 10 }", 0, 0),
    ("freshness = { column = \"at\", within_days = 9 }", 1, 0),
    ("freshness = { column = \"d\", within_days = 1000 }\nwhere = \"d IS NULL\"", 1, 0),
    ("freshness = { column = \"at\", within_days = 1000 }\nwhere = \"n > 1000000\"", 1, 0),
    // Sums by group; null is a group like others; a group that one side has not fails.
    ("sum_equals = { column = \"n\", table = \"totals\", to = \"same\", by = [\"g\"] }", 0, 0),
    ("sum_equals = { column = \"n\", table = \"totals\", to = \"off\", by = [\"g\"] }", 2, 0),
    ("sum_equals = { column = \"n\", table = \"totals\", to = \"off\", by = [\"g\"], tolerance = 1 }", 1, 0),
    ("sum_equals = { column = \"n\", table = \"totals\", to = \"off\", by = [\"g\"], tolerance = 0.999999 }", 2, 0),
    ("sum_equals = { column = \"n\", table = \"totals\", to = \"same\" }", 0, 0),
    ("sum_equals = { column = \"n\", table = \"totals\", to = \"off\" }", 1, 0),
    ("sum_equals = { column = \"n\", table = \"totals\", to = \"same\", by = [\"g\"], table_where = \"g = 'x'\" }", 2, 0),
    ("sum_equals = { column = \"n\", table = \"totals\", to = \"same\", by = [\"g\"], table_where = \"g = 'x'\" }\nwhere = \"g = 'x'\"", 0, 0),
    ("sum_equals = { column = \"n\", table = \"totals\", to = \"same\", by = [\"g\"] }\nwhere = \"g = 'x'\"", 2, 0),
    ("sum_equals = { column = \"n\", table = \"totals\", to = \"same\", table_where = \"false\" }\nwhere = \"false\"", 0, 0),
    ("sum_equals = { column = \"n\", table = \"totals\", to = \"same\", table_where = \"false\" }", 1, 0),
    ("sum_equals = { column = \"n\", table = \"totals\", to = \"same\" }\nwhere = \"false\"", 1, 0),
    // A tenth and two are three tenths, as they are not in floating point.
    ("sum_equals = { column = \"amount\", table = \"totals\", to = \"exact\", by = [\"g\"] }", 0, 0),
    // As many as a threshold may fail; of a share as many as whole rows are in it.
    ("expression = \"n > 1\"\nthreshold = 2", 2, 2),
    ("not_null = [\"n\"]\nthreshold = 2", 1, 2),
    ("expression = \"1 < n\"\nthreshold = 1", 2, 1),
    ("expression = \"n >= 2\"\nthreshold = \"75 %\"", 2, 3),
    ("expression = \"2 <= n\"\nthreshold = \"49.9 %\"", 2, 1),
    ("expression = \"n > 1\"\nthreshold = \"50 %\"\nwhere = \"g = 'x'\"", 1, 1),
    ("sum_equals = { column = \"n\", table = \"totals\", to = \"off\", by = [\"g\"] }\nwhere = \"true\"\nthreshold = 2", 2, 2),
    ("unique = [\"g\"]", 1, 0),
    // Before there is a release nothing is known to have changed.
    ("change = { column = \"n\", max_percent = 0 }", 0, 0),
];

/// Tests as a header writes them, all of the severity given.
fn header<'a>(tests: impl Iterator<Item = &'a str>, severity: &str) -> String {
    tests.fold(String::new(), |mut text, test| {
        let _ = writeln!(text, "[[tests]]\n{test}\nseverity = \"{severity}\"\n");
        text
    })
}

/// The results of a table's tests in the order of its header: name, failures, how many may fail, whether it passes.
fn results(folder: &Folder, table: &str) -> Vec<(String, u64, u64, bool)> {
    let told = folder.rihla(&["audit", table, "--json"]).ok().json();
    let result = |test: &Value| {
        let number = |name: &str| test[name].as_u64().expect("a number");
        (test["test"].as_str().expect("a name").to_owned(), number("failures"), number("threshold"), test["passes"].as_bool().expect("yes or no"))
    };
    told["tests"].as_array().expect("tests").iter().map(result).collect()
}

#[test]
fn each_check_fails_for_the_rows_that_it_should() {
    let folder = Folder::small();
    folder.write("sql/marts/totals.sql", TOTALS);
    folder.write(FIGURES, figures(ROWS, &header(CASES.iter().map(|(test, ..)| *test), "warn")));
    let ran = folder.rihla(&["run"]).ok();
    assert!(ran.stdout.contains("released  release 1"), "a warning stops nothing: {}", ran.text());
    let results = results(&folder, "figures");
    assert_eq!(results.len(), CASES.len());
    for ((test, failures, threshold), (name, failed, may, passes)) in CASES.iter().zip(results) {
        assert_eq!((failed, may, passes), (*failures, *threshold, failures <= threshold), "{test}\n{name}");
    }
}

#[test]
fn a_table_without_rows_passes_what_is_said_of_rows() {
    let folder = Folder::small();
    let cases = [
        ("expression = \"n > 0\"", 0),
        ("not_null = [\"n\"]\nthreshold = \"1 %\"", 0),
        ("row_count = { min = 1 }", 1),
        ("row_count = { max = 1 }", 0),
        ("freshness = { column = \"d\", within_days = 9 }", 1),
        ("sum_equals = { column = \"n\", table = \"deliveries\", to = \"rows\" }", 1),
    ];
    folder.write(FIGURES, figures(ROWS, &header(cases.iter().map(|(test, _)| *test), "warn")) + "WHERE false\n");
    folder.rihla(&["run"]).ok();
    let found: Vec<u64> = results(&folder, "figures").into_iter().map(|(_, failures, ..)| failures).collect();
    assert_eq!(found, cases.map(|(_, failures)| failures));
}

/// Rows of `k`, `n` and an amount.
fn changing(rows: &[(&str, &str, &str)]) -> String {
    rows.iter().map(|(k, n, amount)| format!("('{k}', NULL, {n}, {amount}, NULL, NULL)")).collect::<Vec<_>>().join(", ")
}

const BEFORE: [(&str, &str, &str); 8] = [
    ("a", "100", "10.10"),
    ("b", "100", "10.10"),
    ("c", "0", "0"),
    ("d", "NULL", "NULL"),
    ("e", "5", "5"),
    ("g", "7", "7"),
    ("h", "-100", "-10"),
    ("i", "0", "0"),
];
const AFTER: [(&str, &str, &str); 8] = [
    ("a", "110", "11.11"),
    ("b", "111", "11.12"),
    ("c", "1", "0.01"),
    ("d", "5", "5"),
    ("e", "NULL", "NULL"),
    ("f", "70", "70"),
    ("h", "-111", "-8.99"),
    ("i", "0", "0"),
];

/// Tests of changes from [`BEFORE`] to [`AFTER`], and the rows that fail them: a row that one of the two lacks, or of
/// which one of them knows no figure, did not change; from zero everything is more than any percentage.
const CHANGES: &[(&str, u64)] = &[
    ("change = { column = \"n\", max_percent = 10 }", 3),
    ("change = { column = \"n\", max_percent = 11 }", 1),
    ("change = { column = \"n\", max_percent = 10.999999 }", 3),
    ("change = { column = \"n\", max_absolute = 10 }", 2),
    ("change = { column = \"n\", max_absolute = 11 }", 0),
    ("change = { column = \"n\", max_percent = 1000, max_absolute = 10 }", 3),
    ("change = { column = \"n\", max_percent = 10 }\nwhere = \"k <> 'c'\"", 2),
    ("change = { column = \"amount\", max_percent = 10 }", 3),
    ("change = { column = \"amount\", max_absolute = 1.01 }", 1),
    ("change = { column = \"amount\", max_absolute = 1.02 }", 0),
];

#[test]
fn figures_are_held_against_those_of_the_last_release() {
    let folder = Folder::small();
    let tests = header(CHANGES.iter().map(|(test, _)| *test), "warn");
    folder.write(FIGURES, figures(&changing(&BEFORE), &tests));
    folder.rihla(&["run"]).ok();
    assert!(results(&folder, "figures").iter().all(|(_, failures, ..)| *failures == 0), "there was no release before");

    folder.write(FIGURES, figures(&changing(&AFTER), &tests));
    assert!(folder.rihla(&["run"]).ok().stdout.contains("released  release 2"));
    let check = |folder: &Folder| {
        for ((test, failures), (name, failed, ..)) in CHANGES.iter().zip(results(folder, "figures")) {
            assert_eq!(failed, *failures, "{test}\n{name}");
        }
    };
    check(&folder);

    // Nothing new: the same release, held against the same one before, and nothing is written.
    let built = |folder: &Folder| {
        let files = folder.files("warehouse/staging");
        files.into_iter().filter(|(path, _)| path != "files-seen.json").collect::<BTreeMap<_, _>>()
    };
    let before = built(&folder);
    assert!(folder.rihla(&["run"]).ok().stdout.contains("nothing changed: release 2 stays"));
    check(&folder);
    assert!(built(&folder) == before, "what was built last was written anew");
    let shown = folder.rihla(&["audit", "figures", "--failing", "--rows", "2"]).ok();
    snapshot("audits", "changes_since_the_last_release", "rihla audit figures --failing --rows 2, after figures changed", &shown.text());
}

#[test]
fn a_change_past_its_bound_holds_a_release_and_is_shown() {
    let folder = Folder::small();
    let with = |rows: &[(&str, &str, &str)]| figures(&changing(rows), "[[tests]]\nchange = { column = \"n\", max_percent = 10 }\n\n");
    folder.write(FIGURES, with(&BEFORE));
    folder.rihla(&["run"]).ok();
    folder.write(FIGURES, with(&AFTER));
    for _ in 0..2 {
        let held = folder.rihla(&["run"]);
        assert_eq!(held.code, 1, "{}", held.text());
        assert!(held.stdout.contains("not released: release 1 stays"), "{}", held.text());
    }
    let told = folder.rihla(&["audit", "figures", "--json"]).ok().json();
    assert_eq!((&told["release"], &told["is_released"], &told["against"]), (&Value::from(1), &Value::from(false), &Value::from(1)));
    let rows = &told["tests"][0]["rows"];
    assert_eq!(rows[0], serde_json::json!({"k": "b", "n before": 100, "n": 111}), "{told}");
    assert_eq!(rows.as_array().map(Vec::len), Some(3));
    // What was released before can be released again: it does not differ from itself.
    folder.write(FIGURES, with(&BEFORE));
    assert!(folder.rihla(&["run"]).ok().stdout.contains("nothing changed: release 1 stays"));
}

#[test]
fn a_table_that_was_another_is_not_compared() {
    let folder = Folder::small();
    let test = "[[tests]]\nchange = { column = \"n\", max_absolute = 0 }\n\n";
    let model = figures(&changing(&BEFORE), test);
    let cases = [
        (model.replace("grain = [\"k\"]", "grain = [\"k\", \"g\"]"), "not compared: the table had another grain in release 1"),
        (
            model.replace("\nn = \"a\"", "\nm = \"a\"").replace("AS n, CAST", "AS m, CAST").replace("\"n\"", "\"m\""),
            "not compared: the table had no column `m` in release 1",
        ),
        (
            figures(&changing(&BEFORE), test).replace("CAST(d AS DATE) AS d", "n + 1 AS d").replace("\"n\"", "\"d\""),
            "not compared: `d` was no number in release 1",
        ),
    ];
    folder.write(FIGURES, figures(&changing(&AFTER), test));
    folder.rihla(&["run"]).ok();
    for (model, note) in cases {
        let folder = folder.again();
        folder.write(FIGURES, model);
        folder.rihla(&["run"]).ok();
        let told = folder.rihla(&["audit", "figures", "--json"]).ok().json();
        assert_eq!((told["tests"][0]["note"].as_str(), &told["tests"][0]["passes"]), (Some(note), &Value::from(true)), "{told}");
    }
}

#[test]
fn what_is_not_fresh_any_more_is_told_and_makes_no_release() {
    let folder = Folder::small();
    folder.write(FIGURES, figures(ROWS, &header(["freshness = { column = \"d\", within_days = 30 }"].into_iter(), "error")));
    folder.rihla(&["run"]).ok();
    let later = |folder: &Folder, at: &str| folder.rihla_with(&["run"], &[("RIHLA_NOW", at)]);
    // Midnight in the project's time zone, an hour ahead of UTC, is when a day more has passed.
    let fresh = later(&folder, "2023-08-10T22:59:59Z").ok();
    assert!(fresh.stdout.contains("nothing changed: release 1 stays"), "{}", fresh.text());
    let stale = later(&folder, "2023-08-10T23:00:00Z");
    snapshot("audits", "a_table_that_is_not_fresh_any_more", "a run when the newest date is 31 days old, nothing else new", &stale.text());
    assert_eq!(stale.code, 1, "somebody has to look");
    // Something else is new: no release is made of it, until the table is fresh again.
    folder.write(MODEL, std::fs::read_to_string(folder.path(MODEL)).expect("the model").replace("Distinct persons", "Persons, each once"));
    let held = later(&folder, "2023-08-10T23:30:00Z");
    assert!(held.code == 1 && held.stdout.contains("not released: release 1 stays"), "{}", held.text());
    let released = later(&folder, "2023-08-10T12:00:00Z").ok();
    assert!(released.stdout.contains("released  release 2"), "{}", released.text());
}

#[test]
fn a_code_that_its_list_lost_is_found_although_the_table_is_the_same() {
    let folder = loaded_small();
    folder.replace("schemas/codes/country.csv", "CIV,", "CIX,");
    let held = folder.rihla(&["run"]);
    assert!(held.code == 1 && held.stdout.contains("test failed (error): by_country accepted_codes(nationality, country): 1 failure"), "{}", held.text());
}

/// A release held back by tests of each kind, and what explains it.
#[test]
fn a_held_release_can_be_explained() {
    let folder = loaded_small();
    let staged = "sql/staging/registered.sql";
    let add = |path: &str, tests: &str| {
        let text = std::fs::read_to_string(folder.path(path)).expect("the model");
        folder.write(path, text.replacen("*/", &format!("\n{tests}*/"), 1));
    };
    add(staged, "[[tests]]\nexpression = \"registered_on >= DATE '2023-01-05'\"\ndescription = \"Nobody registers before the fifth\"\n");
    add(
        MODEL,
        "[[tests]]\nexpression = \"persons > 1\"\nthreshold = \"90 %\"\ndescription = \"A country of one person is a person\"\n\n[[tests]]\nrow_count = { min = 5 }\nseverity = \"warn\"\n",
    );
    let told = |name: &str, args: &[&str], code: i32| -> Ran {
        let ran = folder.rihla(args);
        snapshot("audits", name, &format!("rihla {}", args.join(" ")), &ran.text());
        assert_eq!(ran.code, code);
        assert_nobody(&ran.said());
        ran
    };
    told("a_held_run", &["run"], 1);
    // Pseudonyms follow the key, which is the same in every folder of tests.
    told("the_tests_of_a_held_run", &["audit"], 0);
    told("the_failing_tests_of_a_table", &["audit", "by_country", "--failing", "--rows", "1"], 0);
    told("a_table_and_its_tests", &["tables", "by_country"], 0);
    told("the_failing_tests_for_programs", &["audit", "by_country", "--failing", "--json"], 0);
    told("a_table_that_was_not_built", &["audit", "by_contry"], 1);
    // The model changed since: its rows are not shown by a test that is another one.
    folder.replace(MODEL, "persons > 1", "persons > 2");
    let changed = folder.rihla(&["audit", "by_country", "--failing"]).ok();
    assert!(changed.stdout.contains("the model is not as it was when this was built"), "{}", changed.text());
    folder.rihla(&["run"]);
    assert!(folder.rihla(&["audit", "by_country"]).ok().stdout.contains("expression(persons > 2)"));
}

#[test]
fn nothing_is_audited_before_a_run() {
    let folder = Folder::small();
    let ran = folder.rihla(&["audit"]);
    assert_eq!(ran.code, 1);
    snapshot("audits", "nothing_was_built", "rihla audit, before a first run", &ran.text());
}

#[test]
fn tests_of_the_real_project_all_pass() {
    let told = loaded().rihla(&["audit", "--json"]).ok().json();
    assert_eq!((&told["release"], &told["is_released"]), (&Value::from(1), &Value::from(true)));
    let tests = told["tests"].as_array().expect("tests");
    assert!(tests.len() > 400, "{} tests", tests.len());
    for kind in ["expression(", "row_count(", "sum_equals(", "change("] {
        assert!(tests.iter().any(|test| test["test"].as_str().expect("a name").starts_with(kind)), "no test of {kind}…)");
    }
    let failing: Vec<_> = tests.iter().filter(|test| test["failures"] != 0).collect();
    assert!(failing.is_empty(), "{failing:#?}");
}
