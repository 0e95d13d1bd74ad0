//! Tests in headers that cannot be: every one is told at its place, with what to do.

use crate::audits::{FIGURES, ROWS, TOTALS, figures};
use crate::support::{Folder, snapshot};

/// What `check` says of tests in the header of [`FIGURES`], beside a table of totals with measures.
fn faults(name: &str, story: &str, tests: &[&str]) {
    let folder = Folder::small();
    let text = tests.iter().fold(String::new(), |text, test| format!("{text}[[tests]]\n{test}\n\n"));
    folder.write("sql/marts/totals.sql", TOTALS);
    folder.write(FIGURES, figures(ROWS, &text));
    let checked = folder.rihla(&["check"]);
    snapshot("audits", name, story, &checked.text());
    assert_eq!(checked.code, 1);
    let count = checked.stderr.lines().filter(|line| line.starts_with("error: ")).count();
    assert!(count > tests.len(), "{count} lines of error for {} faulty tests:\n{}", tests.len(), checked.text());
}

#[test]
fn faults_of_expressions() {
    faults(
        "faults_of_expressions",
        "expressions that are none, and conditions on something else than the table",
        &[
            "expression = \"persons > 0\"",
            "expression = \"n + 1\"",
            "expression = \"n >\"",
            "expression = \"sum(n) > 0\"",
            "expression = \"g = 'x' AND n > 'many'\"",
            "expression = \"g IN (SELECT g FROM totals)\"",
            "expression = \"d < now()\"",
            "not_null = [\"n\"]\nwhere = \"d < current_date\"",
            "not_null = [\"g\"]\nwhere = \"m = 1\"",
        ],
    );
}

#[test]
fn faults_of_counts_and_dates() {
    faults(
        "faults_of_counts_and_dates",
        "bounds that hold for every table or for none, dates that are none, thresholds without meaning",
        &[
            "row_count = {}",
            "row_count = { min = 0 }",
            "row_count = { min = 5, max = 4 }",
            "row_count = { min = 1 }\nthreshold = 1",
            "freshness = { column = \"n\", within_days = 3 }",
            "freshness = { column = \"dd\", within_days = 3 }",
            "freshness = { column = \"d\", within_days = 3 }\nthreshold = \"1 %\"",
            "unique = [\"g\"]\nthreshold = \"5 %\"",
            "unique = [\"n\"]\nthreshold = 0",
            "unique = [\"d\"]\nthreshold = \"few\"",
            "not_null = [\"k\"]\nthreshold = 1.5",
            "not_null = [\"k\"]",
        ],
    );
}

#[test]
fn faults_of_sums_and_changes() {
    faults(
        "faults_of_sums_and_changes",
        "sums of text, of tables and columns that are not there, bounds that are none",
        &[
            "sum_equals = { column = \"g\", table = \"totals\", to = \"same\" }",
            "sum_equals = { column = \"n\", table = \"totals\", to = \"g\" }",
            "sum_equals = { column = \"n\", table = \"totals\", to = \"some\", by = [\"g\", \"k\"] }",
            "sum_equals = { column = \"n\", table = \"totals\", to = \"same\", tolerance = -1 }",
            "sum_equals = { column = \"n\", table = \"totals\", to = \"same\", table_where = \"k = 1\" }",
            "sum_equals = { column = \"n\", table = \"by_country\", to = \"persons\" }",
            "change = { column = \"n\" }",
            "change = { column = \"g\", max_percent = 5 }",
            "change = { column = \"k\", max_absolute = 5 }",
            "change = { column = \"n\", max_percent = 0.0000001 }",
        ],
    );
}

#[test]
fn faults_of_the_forms_of_tests() {
    let tests =
        ["unique = [\"k\"]\nexpression = \"n > 0\"", "row_count = { min = -1 }", "freshness = { column = \"d\", days = 3 }", "change = { max_percent = 5 }"];
    faults("faults_of_the_forms_of_tests", "two checks in one, a number below zero, a mistyped key, a change of nothing", &tests[1..]);
    faults("two_checks_in_one_test", "unique and an expression", &tests[..1]);
}

#[test]
fn a_sum_of_a_table_that_is_not_there() {
    faults("a_sum_of_a_table_that_is_not_there", "`totels`", &["sum_equals = { column = \"n\", table = \"totels\", to = \"same\" }"]);
}

#[test]
fn tables_held_against_each_other_in_a_circle() {
    let folder = Folder::small();
    let held = |table: &str| format!("[[tests]]\nsum_equals = {{ column = \"n\", table = \"{table}\" }}\n\n");
    folder.write(FIGURES, figures(ROWS, &held("others")));
    folder.write("sql/marts/others.sql", figures(ROWS, &held("figures")));
    let checked = folder.rihla(&["check"]);
    assert_eq!(checked.code, 1);
    snapshot("audits", "tables_held_against_each_other_in_a_circle", "figures against others, others against figures", &checked.text());
}

#[test]
fn what_may_not_be_summed_is_held_against_nothing() {
    let folder = Folder::small();
    let measure = |name: &str, unit: &str, additivity: &str, basis: &str| {
        format!("[measures.{name}]\nunit = \"{unit}\"\nadditivity = {additivity}\ndate_basis = \"{basis}\"\n\n")
    };
    let sums =
        |column: &str, to: &str, by: &str| format!("[[tests]]\nsum_equals = {{ column = \"{column}\", table = \"totals\", to = \"{to}\", by = [{by}] }}\n\n");
    let measures = [measure("n", "person", "\"none\"", "d"), measure("amount", "by currency", "\"full\"", "d")].concat();
    // Persons counted distinct by `k` are no sum by `g`; by the whole grain nothing is summed. Money stands beside its currency.
    let tests = [sums("n", "same", "\"g\""), sums("amount", "exact", "\"g\"")].concat();
    folder.write(
        FIGURES,
        figures(ROWS, &(measures + &tests)).replace("k, g, CAST", "k, g, 'MAD' AS currency, CAST").replace("\ng = \"a\"", "\ng = \"a\"\ncurrency = \"a\""),
    );
    let of_totals = [measure("same", "voucher", "[\"g\"]", "given_on"), measure("exact", "piece", "\"full\"", "d")].concat();
    folder.write("sql/marts/totals.sql", TOTALS.replace("*/", &format!("\n{of_totals}*/")));
    let checked = folder.rihla(&["check"]);
    assert_eq!(checked.code, 1);
    snapshot("audits", "what_may_not_be_summed", "persons summed along the grain, money without its currency, other units and date bases", &checked.text());
}
