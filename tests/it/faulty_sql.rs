//! Faults of SQL that nobody has to run to find: each at its line and column, in words of the trade, all at once.

use crate::faulty_projects::faulty;
use crate::support::Folder;

const MODEL: &str = "sql/marts/by_country.sql";
const STAGED: &str = "sql/staging/registered.sql";
const SELECT: &str = "SELECT nationality, count(DISTINCT person_id) AS persons\nFROM registered\nGROUP BY nationality\n";

/// Puts other SQL under the header of the released model.
fn sql(folder: &Folder, sql: &str) {
    folder.replace(MODEL, SELECT, &format!("{sql}\n"));
}

macro_rules! faulty_sql {
    ($($name:ident, $story:literal, $sql:literal;)*) => {
        $(#[test] fn $name() { faulty("faulty_sql", stringify!($name), $story, |folder| sql(folder, $sql)); })*
    };
}

faulty_sql! {
    every_unknown_name_at_once, "four columns and a function in one SELECT", "SELECT r.nationalty, count(DISTINCT persn) AS persons\nFROM registered AS r\nWHERE registred_on > DATE '2023-01-01'\nGROUP BY nationalty\nHAVING cuont(*) > 1";
    a_name_that_two_tables_have, "`nationality` of either", "SELECT nationality, count(DISTINCT a.person_id) AS persons\nFROM registered AS a\nJOIN feeds.registrations AS b ON a.person_id = b.person_id\nGROUP BY nationality";
    a_column_outside_of_its_group, "`person_id` beside a count", "SELECT nationality, person_id, count(*) AS persons\nFROM registered\nGROUP BY nationality";
    an_aggregate_in_where, "count(*) decides on rows", "SELECT nationality, count(*) AS persons\nFROM registered\nWHERE count(*) > 1\nGROUP BY nationality";
    an_aggregate_of_an_aggregate, "sum(count(*))", "SELECT nationality, sum(count(*)) AS persons\nFROM registered\nGROUP BY nationality";
    a_group_by_a_column_that_is_none, "GROUP BY 3 of two", "SELECT nationality, count(*) AS persons\nFROM registered\nGROUP BY 3";
    too_many_arguments, "upper of two, date_trunc of one", "SELECT upper(nationality, 'x') AS nationality,\n    date_trunc('month') AS persons\nFROM registered";
    an_argument_of_another_type, "the sum of texts", "SELECT nationality, sum(person_id) AS persons\nFROM registered\nGROUP BY nationality";
    a_column_twice, "`persons` and `persons`", "SELECT nationality,\n    count(*) AS persons,\n    min(person_id) AS persons\nFROM registered\nGROUP BY nationality";
    a_table_twice, "both called r", "SELECT r.nationality, 1 AS persons\nFROM registered AS r\nJOIN registered AS r ON true";
    a_sum_of_a_date_and_a_text, "registered_on + 'x'", "SELECT nationality, registered_on + 'x' AS persons\nFROM registered";
    a_text_that_is_no_date, "the 45th of a 13th month, which only computing it shows", "SELECT nationality, count(*) AS persons\nFROM registered\nWHERE registered_on >= '2023-13-45'\nGROUP BY nationality";
    a_date_held_against_a_number, "what the engine would quietly turn into days since 1970", "SELECT nationality, count(*) AS persons\nFROM registered\nWHERE registered_on > 2023\nGROUP BY nationality";
    a_union_of_numbers_and_dates, "what the engine would quietly turn into text", "SELECT nationality, count(*) AS persons\nFROM registered\nGROUP BY nationality\nUNION ALL\nSELECT nationality, registered_on\nFROM registered";
    a_union_of_two_widths, "two columns and one", "SELECT nationality, 1 AS persons\nFROM registered\nUNION ALL\nSELECT nationality\nFROM registered";
    a_case_of_numbers_and_texts, "1 or 'none'", "SELECT nationality, CASE WHEN registered_on IS NULL THEN 'none' ELSE 1 END AS persons\nFROM registered";
    a_condition_that_is_none, "WHERE nationality", "SELECT nationality, 1 AS persons\nFROM registered\nWHERE nationality";
    a_subquery_of_two_columns, "for one value", "SELECT nationality, (SELECT person_id, nationality FROM registered) AS persons\nFROM registered";
    a_subquery_that_cannot_run, "what the engine plans and then refuses", "SELECT nationality, (SELECT o.person_id FROM registered AS o WHERE o.nationality = r.nationality LIMIT 1) AS persons\nFROM registered AS r";
    a_window_function_without_window, "row_number()", "SELECT nationality, row_number() AS persons\nFROM registered";
    a_type_that_is_none, "INTT", "SELECT nationality, CAST(person_id AS INTT) AS persons\nFROM registered";
    codes_of_no_list, "a country by name, by a code with letters turned, in lists and cases", "SELECT nationality, count(*) AS persons\nFROM registered AS r\nWHERE r.nationality <> 'Morocco' AND nationality NOT IN ('GIN', 'MRA')\nGROUP BY nationality\nHAVING max(CASE nationality WHEN 'XXX' THEN 1 END) = 1";
    an_office_that_does_not_exist, "and a group, an outcome, a kind of period, a feed", "SELECT r.nationality, count(*) AS persons\nFROM feeds.registrations AS r\nJOIN system.submissions AS s ON s.office = r.office AND s.outcome = 'loadd' AND s.feed = 'registration'\nJOIN system.periods AS p ON p.period = s.period AND p.kind = 'months'\nWHERE r.office = 'RAT' OR r.sadd_group = 'mne'\nGROUP BY r.nationality";
    codes_carried_far, "through a CTE, a UNION, COALESCE and a subquery", "WITH known AS (\n    SELECT coalesce(nationality, 'unknown') AS place FROM registered\n    UNION ALL\n    SELECT code FROM codes.country\n)\nSELECT place AS nationality, count(*) AS persons\nFROM (SELECT place FROM known) AS k\nWHERE place NOT IN ('unknwon', 'GIN', 'unknown')\nGROUP BY place";
    lists_that_share_no_code, "countries joined with sexes", "SELECT r.nationality, count(*) AS persons\nFROM registered AS r\nJOIN codes.sex AS s ON s.code = r.nationality\nGROUP BY r.nationality";
}

#[test]
fn codes_in_headers() {
    faulty("faulty_sql", "codes_in_headers", "in a test's condition, in reports, among accepted values", |folder| {
        folder.replace(
            MODEL,
            "[columns]",
            "[[reports]]\nfeed = \"registrations\"\noffices = \"office <> 'RBA'\"\n\n[[tests]]\nnot_null = [\"persons\"]\nwhere = \"nationality = 'GUI'\"\n\n\
             [[tests]]\naccepted = { column = \"nationality\", values = [\"GIN\", \"COOG\"] }\n\n[columns]",
        );
    });
}

#[test]
fn what_may_be_is_no_fault() {
    let folder = Folder::small();
    // Codes outside their validity, values put in by SQL, comparisons of what is not known, texts for dates.
    folder.replace("schemas/codes/country.csv", "MAR,Morocco,Maroc,المغرب,,,", "MAR,Morocco,Maroc,المغرب,,,2001-12-31");
    sql(
        &folder,
        "WITH named AS (\n    SELECT coalesce(nationality, 'unknown') AS nationality, person_id, registered_on FROM registered\n)\n\
         SELECT nationality, count(*) AS persons\nFROM named\nWHERE nationality IN ('MAR', 'unknown') OR lower(nationality) = 'gin' OR person_id = 'x' OR registered_on = '2023-01-01'\n\
         OR left(nationality, 1) = 'G'\nGROUP BY nationality",
    );
    folder.replace(MODEL, "[[tests]]\naccepted_codes = { column = \"nationality\", codes = \"country\" }\n", "");
    let ran = folder.rihla(&["check"]).ok();
    assert!(ran.stderr.is_empty() && !ran.stdout.contains("warning"), "{}", ran.text());
}

#[test]
fn tables_that_nobody_reads_are_told() {
    let folder = Folder::small();
    let lonely = std::fs::read_to_string(folder.path(STAGED)).expect("the model");
    folder.write("sql/staging/lonely.sql", &lonely);
    folder.write("sql/staging/kept.sql", lonely.replace("grain =", "kept_for = \"The auditors of 2023\"\ngrain ="));
    folder.replace(STAGED, "grain =", "kept_for = \"Nobody knows\"\ngrain =");
    folder.replace(MODEL, "grain =", "kept_for = \"The public\"\ngrain =");
    let ran = folder.rihla(&["check"]).ok();
    crate::support::snapshot("faulty_sql", "tables_that_nobody_reads", "a staging model alone, one kept, one kept in vain, a released one kept", &ran.text());
}

#[test]
fn a_condition_of_thousands_of_parts_is_looked_through() {
    let folder = Folder::small();
    let parts: Vec<String> = (0..3000).map(|number| format!("nationality = 'GIN' AND person_id <> '{number}'")).collect();
    sql(
        &folder,
        &format!("SELECT nationality, count(*) AS persons\nFROM registered\nWHERE {}\nOR nationality = 'GIM'\nGROUP BY nationality", parts.join("\nOR ")),
    );
    let ran = folder.rihla(&["check"]);
    assert_eq!(ran.code, 1, "{}", ran.text());
    assert!(ran.stderr.contains("`GIM` is no code of `country`") && ran.stderr.contains("by_country.sql:3022:18"), "{}", ran.text());
}
