//! What a plan proves of tables made in parts, and every way in which it does not.

use crate::support::{Folder, snapshot};

/// A project whose only models are those given: a file's name with its SELECT, which gives `part` and `persons`.
fn project(models: &[(&str, &str)]) -> Folder {
    let folder = Folder::of("tests/data/periods");
    for path in folder.files("sql/marts").into_keys() {
        std::fs::remove_file(folder.path(&format!("sql/marts/{path}"))).expect("a model");
    }
    for (name, sql) in models {
        folder.write(&format!("sql/marts/{name}.sql"), format!("{HEADER}{sql}\n"));
    }
    folder
}

const HEADER: &str = "/*
description = \"Persons by part\"
grain = [\"part\"]
partition = \"part\"

[columns]
part = \"The part\"
persons = \"Persons\"

[measures.persons]
unit = \"person\"
additivity = \"none\"
date_basis = \"visited_on\"
*/
";

const MONTH: &str = "CAST(date_trunc('month', visited_on) AS DATE)";

const REFUSED: [(&str, &str); 23] = [
    ("a_group_by_less", "SELECT max(visited_month) AS part, count(*) AS persons FROM visits_made GROUP BY office"),
    ("a_window_over_all", "SELECT visited_month AS part, row_number() OVER (ORDER BY person_id) AS persons FROM visits_made"),
    ("a_window_over_persons", "SELECT visited_month AS part, count(*) OVER (PARTITION BY person_id) AS persons FROM visits_made"),
    ("a_sum_beside_all", "SELECT v.visited_month AS part, n.persons FROM visits_made AS v CROSS JOIN (SELECT count(*) AS persons FROM visits_made) AS n"),
    (
        "a_join_by_person",
        "SELECT v.visited_month AS part, count(*) AS persons FROM visits_made AS v JOIN feeds.moves AS m ON m.person_id = v.person_id GROUP BY v.visited_month",
    ),
    (
        "a_join_of_another_month",
        "SELECT v.visited_month AS part, count(*) AS persons FROM visits_made AS v JOIN visits_made AS w ON w.visited_month = v.visited_month + INTERVAL '1 month' GROUP BY v.visited_month",
    ),
    (
        "the_null_side_of_a_join",
        "SELECT m.visited_month AS part, count(*) AS persons FROM closings AS c LEFT JOIN visits_made AS m ON m.visited_month = c.closed_month GROUP BY m.visited_month",
    ),
    (
        "a_full_join",
        "SELECT coalesce(c.closed_month, m.visited_month) AS part, count(*) AS persons FROM closings AS c FULL JOIN visits_made AS m ON m.visited_month = c.closed_month GROUP BY 1",
    ),
    (
        "distinct_persons",
        "SELECT CAST('2023-01-01' AS DATE) AS part, count(*) AS persons FROM (SELECT DISTINCT person_id FROM visits_made) AS p GROUP BY p.person_id",
    ),
    ("distinct_on", "SELECT DISTINCT ON (person_id) visited_month AS part, 1 AS persons FROM visits_made ORDER BY person_id, visited_on"),
    ("the_first_rows", "SELECT visited_month AS part, 1 AS persons FROM visits_made ORDER BY visited_on LIMIT 5"),
    (
        "the_first_rows_within",
        "SELECT part, count(*) AS persons FROM (SELECT visited_month AS part FROM visits_made ORDER BY visited_on LIMIT 5) GROUP BY part",
    ),
    (
        "a_union_of_two_columns",
        "SELECT visited_month AS part, 1 AS persons FROM visits_made UNION ALL SELECT CAST('2023-01-01' AS DATE), max(days) FROM closings",
    ),
    (
        "a_union_turned",
        "SELECT part, count(*) AS persons FROM (SELECT visited_month AS part, visited_on AS day FROM visits_made UNION ALL SELECT visited_on, visited_month FROM visits_made) GROUP BY part",
    ),
    ("two_dates_of_a_row", "SELECT coalesce(closed_on, visited_on) AS part, count(*) AS persons FROM feeds.visits GROUP BY 1"),
    ("a_column_that_is_no_date", "SELECT office AS part, count(*) AS persons FROM feeds.visits GROUP BY office"),
    ("a_finer_column_of_a_table", "SELECT visited_on AS part, count(*) AS persons FROM visits_made GROUP BY visited_on"),
    ("grouping_sets", "SELECT visited_month AS part, count(*) AS persons FROM visits_made GROUP BY ROLLUP (visited_month)"),
    ("a_subquery_of_all", "SELECT visited_month AS part, (SELECT count(*) FROM closings) AS persons FROM visits_made GROUP BY visited_month"),
    (
        "not_in",
        "SELECT visited_month AS part, count(*) AS persons FROM visits_made WHERE visited_month NOT IN (SELECT closed_month FROM closings) GROUP BY visited_month",
    ),
    ("no_parts_at_all", "SELECT period AS part, count(*) AS persons FROM system.periods GROUP BY period"),
    ("today", "SELECT visited_month AS part, count(*) AS persons FROM visits_made WHERE visited_on < current_date() GROUP BY visited_month"),
    ("a_moment", "SELECT date_trunc('month', changed_at) AS part, count(*) AS persons FROM feeds.visits GROUP BY 1"),
];

#[test]
fn what_a_plan_does_not_prove_is_refused_with_the_reason() {
    let folder = project(&REFUSED);
    let ran = folder.rihla(&["check"]);
    for (name, _) in REFUSED {
        assert_eq!(ran.stderr.matches(&format!("--> sql/marts/{name}.sql:4:13")).count(), 1, "{name}: {}", ran.text());
    }
    snapshot("parts", "refused", "a table made in parts whose plan joins rows of several parts, in every way", &ran.text());
}

#[test]
fn a_header_names_a_column_of_the_grain() {
    let model = ("of_the_grain", "SELECT visited_month AS part, count(*) AS persons FROM visits_made GROUP BY visited_month");
    let folder = project(&[model, ("misspelt", model.1)]);
    folder.replace("sql/marts/of_the_grain.sql", "partition = \"part\"", "partition = \"persons\"");
    folder.replace("sql/marts/misspelt.sql", "partition = \"part\"", "partition = \"prt\"");
    snapshot("parts", "columns", "a partition that is none of the grain, and one that is no column", &folder.rihla(&["check"]).text());
}

#[test]
fn what_a_plan_proves_is_taken() {
    let by_period =
        "SELECT s.period AS part, count(*) AS persons FROM visits_made AS v JOIN system.periods AS s ON s.start_on = v.visited_month GROUP BY s.period";
    let week = "SELECT CAST(date_trunc('week', visited_on) AS DATE) AS part, count(*) AS persons FROM feeds.visits GROUP BY 1";
    let day = "SELECT visited_on AS part, count(DISTINCT person_id) AS persons FROM feeds.visits GROUP BY visited_on HAVING count(*) > 1";
    let exists = "SELECT visited_month AS part, count(*) AS persons FROM visits_made AS v WHERE EXISTS (SELECT 1 FROM closings AS c WHERE c.closed_month = v.visited_month) GROUP BY visited_month";
    let not_exists = &exists.replace("EXISTS", "NOT EXISTS");
    let of_codes = "SELECT visited_month AS part, count(*) AS persons FROM visits_made WHERE kind IN (SELECT code FROM codes.kind) GROUP BY visited_month";
    let both = &format!(
        "SELECT n.part, n.persons FROM (SELECT {MONTH} AS part, count(*) AS persons FROM feeds.visits GROUP BY 1) AS n \
         LEFT JOIN (SELECT visited_month, count(*) AS visits FROM visits_made GROUP BY 1) AS v ON v.visited_month = n.part"
    );
    let right = "SELECT p.start_on AS part, count(v.person_id) AS persons FROM visits_made AS v RIGHT JOIN system.periods AS p ON p.start_on = v.visited_month GROUP BY p.start_on";
    let unnested = "SELECT part, count(*) AS persons FROM (SELECT visited_month AS part, unnest([office, kind]) AS word FROM visits_made) GROUP BY part";
    let models = [
        ("by_period", by_period),
        ("week", week),
        ("day", day),
        ("exists", exists),
        ("not_exists", not_exists),
        ("of_codes", of_codes),
        ("both", both),
        ("right_side", right),
        ("unnested", unnested),
    ];
    project(&models).rihla(&["check"]).ok();
}
