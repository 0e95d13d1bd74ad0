//! What two releases say differently, and why: each cause alone and several together; shares add up to the change.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::support::{Cells, Folder, ROWS, assert_nobody, comma_csv, loaded, parquet_rows, snapshot, with};

const FIFTH: Cells = ["r-5", "CN-77705", "1", "Ola Marqueuse", "F", "1987-06-05", "Guinée", "2023-01-25", "2023-01-25T09:00:00Z"];

/// Persons by what their country is called and by office, so that code lists and offices are seen in a table.
const LABELLED: &str = r#"/*
description = "Persons by the name of their country"
grain = ["office", "country"]

[columns]
office = "The office"
country = "What the country is called"
persons = "Distinct persons"
share = "Their share of all of the office"

[measures.persons]
unit = "person"
additivity = "none"
date_basis = "registered_on"

[measures.share]
unit = "percent"
additivity = "none"
date_basis = "registered_on"
*/
WITH counted AS (
    SELECT o.name AS office, c.label_en AS country, count(DISTINCT r.person_id) AS persons
    FROM feeds.registrations AS r
    JOIN codes.country AS c ON c.code = r.nationality
    JOIN system.offices AS o ON o.office = r.office
    GROUP BY o.name, c.label_en
)
SELECT office, country, persons, CAST(100.0 * persons / sum(persons) OVER (PARTITION BY office) AS DOUBLE) AS share FROM counted
"#;

/// January of Rabat alone, with a table of labels, released.
pub fn begun() -> Folder {
    let folder = Folder::bare();
    folder.write("sql/marts/labelled.sql", LABELLED);
    january(&folder, "2023-02-04", &ROWS);
    folder
}

/// January of Rabat as it was received on a day, and the release that is made of it.
pub fn january(folder: &Folder, received: &str, rows: &[Cells]) {
    folder.write(&format!("in/RAB/{received}/registrations-2023-01.csv"), comma_csv(rows));
    folder.rihla(&["run"]).ok();
}

/// Differences of the newest release as programs read them. Whatever they are, steps lead from what the first release
/// says to what the second says, shares add up, and applied to the first release they give the second.
#[track_caller]
fn diff(folder: &Folder, args: &[&str]) -> Value {
    let said = folder.rihla(&[&["diff", "--json"], args].concat()).ok().json();
    assert_nobody(&said.to_string());
    for table in said["tables"].as_array().expect("tables") {
        for cell in table["changes"].as_array().expect("rows").iter().flat_map(|row| row["cells"].as_array().expect("cells")) {
            if table["state"] == "changed" && table["lost_model"].is_null() {
                explained(cell);
            }
        }
        if args.len() < 3 {
            leads_to_the_second(folder, &said, table);
        }
    }
    said
}

#[track_caller]
fn explained(cell: &Value) {
    let steps = cell["steps"].as_array().expect("steps");
    assert_eq!((&steps[0]["before"], &steps[steps.len() - 1]["after"]), (&cell["before"], &cell["after"]), "{cell}");
    assert!(steps.windows(2).all(|pair| pair[0]["after"] == pair[1]["before"]), "{cell}");
    assert!(!cell.to_string().contains("unexplained"), "{cell}");
    if let Some(change) = cell["change"].as_f64() {
        let shares = cell["shares"].as_array().expect("shares").iter().map(|share| share["share"].as_f64().unwrap_or_else(|| panic!("no share: {cell}")));
        assert!((shares.sum::<f64>() - change).abs() < 1e-9, "{cell}");
    }
}

/// The rows of a released table as maps of texts.
fn rows(folder: &Folder, release: &Value, table: &Value) -> Vec<BTreeMap<String, String>> {
    let file =
        folder.path(&format!("warehouse/released/{:06}/{}.parquet", release["release"].as_u64().expect("a number"), table["name"].as_str().expect("a name")));
    if !file.is_file() {
        return Vec::new();
    }
    let of = |row: crate::support::Row| row.into_iter().filter(|(_, value)| !value.is_null()).map(|(column, value)| (column, plain(&value))).collect();
    parquet_rows(&file).into_iter().map(of).collect()
}

fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Number(number) => format!("{:.6}", number.as_f64().expect("a number")),
        other => other.to_string(),
    }
}

#[track_caller]
fn leads_to_the_second(folder: &Folder, said: &Value, table: &Value) {
    let (mut first, mut second) = (rows(folder, &said["from"], table), rows(folder, &said["to"], table));
    for change in table["changes"].as_array().expect("changes") {
        let key: BTreeMap<String, String> = change["key"].as_object().expect("a key").iter().map(|(column, value)| (column.clone(), plain(value))).collect();
        let is_it = |row: &BTreeMap<String, String>| key.iter().all(|(column, value)| row.get(column) == Some(value));
        let place = first.iter().position(is_it);
        assert_eq!(place.is_none(), change["state"] == "added", "{change}");
        let mut row = place.map_or(key, |place| first.remove(place));
        if change["state"] == "removed" {
            continue;
        }
        for cell in change["cells"].as_array().expect("cells") {
            let column = cell["column"].as_str().expect("a name").to_owned();
            assert_eq!(row.get(&column).cloned(), (!cell["before"].is_null()).then(|| plain(&cell["before"])), "{cell}");
            if cell["after"].is_null() {
                row.remove(&column)
            } else {
                row.insert(column, plain(&cell["after"]))
            };
        }
        first.push(row);
    }
    first.sort();
    second.sort();
    assert_eq!(first, second, "{}", table["name"]);
}

/// The causes of a table's change, with how many cells each has a share in.
#[track_caller]
fn causes(said: &Value, table: &str) -> Vec<String> {
    let table = said["tables"].as_array().expect("tables").iter().find(|one| one["name"] == table).expect("the table");
    let causes = table["causes"].as_array().expect("causes").iter().map(|one| one["causes"].as_array().expect("names"));
    causes.map(|names| names.iter().map(|name| name.as_str().expect("a name")).collect::<Vec<_>>().join(" or ")).collect()
}

#[test]
fn several_causes_at_once_each_have_their_share() {
    let folder = begun();
    let sixth = with(with(with(FIFTH, "Identifiant", "r-6"), "N° de dossier", "CN-77706"), "Enregistré le", "2023-02-03");
    let seventh = with(with(FIFTH, "Identifiant", "r-7"), "N° de dossier", "CN-77707");
    folder.write("in/RAB/2023-03-04/registrations-2023-02.csv", comma_csv(&[sixth, seventh]));
    let corrected = with(with(ROWS[3], "Nationalité", "Guinée"), "Modifié le", "2023-02-20T09:00:00Z");
    folder.write("in/RAB/2023-03-05/registrations-2023-01.csv", comma_csv(&[ROWS[0], ROWS[2], corrected, FIFTH]));
    folder.replace("schemas/codes/country.csv", "GIN,Guinea,", "GIN,Guinea (Conakry),");
    folder.replace("sql/marts/by_country.sql", "count(DISTINCT person_id) AS persons", "count(DISTINCT person_id) + 100 AS persons");
    folder.rihla(&["run"]).ok();
    let said = diff(&folder, &["1", "2"]);
    assert_eq!(causes(&said, "by_country"), ["new_report", "late_row", "correction", "withdrawal", "model"]);
    snapshot("release_diff", "several_causes", "two deliveries, a code list and a model between the releases", &folder.rihla(&["diff"]).text());
    let guinea = ["diff", "1", "2", "by_country", "--where", "nationality = 'GIN'"];
    snapshot("release_diff", "several_causes_of_a_row", "the same, one row", &folder.rihla(&guinea).text());
    snapshot("release_diff", "several_causes_fr", "the same in French, one table", &folder.rihla(&["--lang", "fr", "diff", "labelled"]).text());
}

#[test]
fn a_release_says_the_same_as_itself() {
    let folder = begun();
    let said = diff(&folder, &["1", "latest"]);
    assert!(said["tables"].as_array().expect("tables").iter().all(|table| table["state"] == "equal" && table["changes"] == Value::Array(Vec::new())), "{said}");
    assert_eq!((&said["between"]["records"], &said["between"]["models"]), (&Value::Array(Vec::new()), &Value::Array(Vec::new())));
}

#[test]
fn one_cause_alone_has_the_whole_change() {
    let folder = begun();
    let alone = |cause: &[&str]| {
        let said = diff(&folder, &[]);
        let known = causes(&said, "by_country");
        assert_eq!(known, cause, "{said}");
    };
    january(&folder, "2023-03-01", &[ROWS[0], ROWS[1], ROWS[2], ROWS[3], FIFTH]);
    alone(&["late_row"]);
    january(&folder, "2023-03-02", &[ROWS[0], ROWS[1], ROWS[2], with(ROWS[3], "Nationalité", "Guinée"), FIFTH]);
    alone(&["correction"]);
    january(&folder, "2023-03-03", &[ROWS[0], ROWS[1], ROWS[2], FIFTH]);
    alone(&["withdrawal"]);
    folder.replace("sql/staging/registered.sql", "FROM feeds.registrations", "FROM feeds.registrations WHERE nationality <> 'CIV'");
    folder.rihla(&["run"]).ok();
    alone(&["model"]);
    let ran = folder.rihla_fed(&["erase", "--person", "-"], "cn 77705, 1\n", &[]).ok();
    assert_nobody(&ran.said());
    folder.rihla(&["run"]).ok();
    alone(&["erasure"]);
    snapshot("release_diff", "an_erasure", "a person was erased between the releases", &folder.rihla(&["diff"]).text());
    // Seen from before the person came, what the erased rows did is not known and not guessed.
    let said = diff(&folder, &["1", "6"]);
    assert_eq!(causes(&said, "by_country"), ["withdrawal", "model"], "{said}");
    let said = diff(&folder, &["1", "5"]);
    assert_eq!(causes(&said, "by_country"), ["erasure", "withdrawal", "model"], "{said}");
}

#[test]
fn a_rollback_is_a_cause_of_its_own() {
    let folder = begun();
    folder.rihla(&["tag", "first", "1"]).ok();
    january(&folder, "2023-03-01", &[ROWS[0], ROWS[1], ROWS[2], with(ROWS[3], "Nationalité", "Guinée"), FIFTH]);
    folder.rihla(&["rollback", "first"]).ok();
    assert_eq!(causes(&diff(&folder, &[]), "by_country"), ["rollback"]);
    snapshot("release_diff", "a_rollback", "the newest release says again what the first said", &folder.rihla(&["diff", "2", "3", "by_country"]).text());
    let said = diff(&folder, &["first", "latest"]);
    assert!(said["tables"].as_array().expect("tables").iter().all(|table| table["state"] == "equal"), "{said}");
    // A rollback's figures are as old as what it says again: who was erased since is still counted.
    folder.rihla_fed(&["erase", "--person", "-"], "cn 77703, 1\n", &[]).ok();
    assert_eq!(causes(&diff(&folder, &["2", "3"]), "by_country"), ["rollback"]);
}

#[test]
fn code_lists_and_offices_are_causes_of_their_own() {
    let folder = begun();
    folder.replace("schemas/codes/country.csv", "GIN,Guinea,", "GIN,Guinea (Conakry),");
    folder.rihla(&["run"]).ok();
    assert_eq!(causes(&diff(&folder, &[]), "labelled"), ["code_list"]);
    folder.replace("rihla.toml", "name = \"Rabat\"", "name = \"Rabat-Salé\"");
    folder.rihla(&["run"]).ok();
    assert_eq!(causes(&diff(&folder, &[]), "labelled"), ["office"]);
    // What the project says now does not hide what it said then.
    assert_eq!(causes(&diff(&folder, &["1", "2"]), "labelled"), ["code_list"]);
    assert_eq!(causes(&diff(&folder, &["1", "3"]), "labelled"), ["code_list", "office"]);
    let office = "[[offices]]\ncode = \"OUJ\"\nname = \"Oujda\"\ncountry = \"MAR\"\ntimezone = \"Africa/Casablanca\"\nowes = { registrations = 10 }\n\n[[offices]]\ncode = \"CAS\"";
    folder.replace("rihla.toml", "[[offices]]\ncode = \"CAS\"", office);
    folder.replace("pipelines/registrations.toml", "offices = [\"RAB\"]", "offices = [\"RAB\", \"OUJ\"]");
    folder.write("in/OUJ/2023-02-09/registrations-2023-01.csv", comma_csv(&[FIFTH]));
    folder.rihla(&["run"]).ok();
    assert_eq!(causes(&diff(&folder, &[]), "labelled"), ["office"], "the rows of an office that nobody knew were not counted");
    assert_eq!(causes(&diff(&folder, &[]), "by_country"), ["new_report"]);
}

#[test]
fn what_is_not_kept_is_said_to_be_unknown() {
    let folder = begun();
    folder.replace("sql/staging/registered.sql", "FROM feeds.registrations", "FROM feeds.registrations WHERE nationality <> 'CIV'");
    january(&folder, "2023-03-01", &[ROWS[0], ROWS[1], ROWS[2], ROWS[3], FIFTH]);
    std::fs::remove_dir_all(folder.path("warehouse/sources")).expect("what is kept");
    let said = diff(&folder, &["1", "2"]);
    assert_eq!(causes(&said, "by_country"), ["late_row", "model"], "{said}");
    folder.replace("sql/staging/registered.sql", "<> 'CIV'", "<> 'COG'");
    let ran = folder.rihla(&["diff", "1", "2", "by_country"]);
    snapshot("release_diff", "a_model_is_lost", "the text of a model of both releases is nowhere", &ran.text());
}

#[test]
fn a_table_may_come_and_go_and_change_its_form() {
    let folder = begun();
    folder.write("sql/marts/by_country.sql", std::fs::read_to_string(folder.path("sql/marts/by_country.sql")).expect("a model").replace("persons", "people"));
    std::fs::rename(folder.path("sql/marts/deliveries.sql"), folder.path("sql/marts/reports.sql")).expect("a model");
    folder.replace("sql/marts/labelled.sql", "grain = [\"office\", \"country\"]", "grain = [\"country\"]");
    folder.rihla(&["run"]).ok();
    diff(&folder, &["1", "2"]);
    snapshot("release_diff", "forms", "a column renamed, a table renamed, another grain", &folder.rihla(&["diff"]).text());
    snapshot("release_diff", "forms_of_a_table", "the same, the table with the column", &folder.rihla(&["diff", "by_country"]).text());
    snapshot("release_diff", "forms_of_a_grain", "the same, the table with another grain", &folder.rihla(&["diff", "labelled"]).text());
}

#[test]
fn what_cannot_be_compared_is_refused() {
    let folder = begun();
    let refused = |args: &[&str]| {
        let ran = folder.rihla(args);
        assert_eq!(ran.code, 1, "{}", ran.text());
        ran.text()
    };
    let mut said = refused(&["diff"]);
    january(&folder, "2023-03-01", &[ROWS[0], ROWS[1], ROWS[2]]);
    let asked: [&[&str]; 6] = [
        &["diff", "2", "1"],
        &["diff", "7"],
        &["diff", "by_contry"],
        &["diff", "--where", "nationality = 'GIN'"],
        &["diff", "by_country", "--where", "nationalty = 'GIN'"],
        &["history", "by_country", "--measure", "person"],
    ];
    for args in asked {
        said.push_str(&format!("\n\n$ rihla {}\n{}", args.join(" "), refused(args)));
    }
    snapshot("release_diff", "refused", "wrong releases, tables and conditions", &said);
}

#[test]
fn what_was_released_is_computed_again_the_same() {
    use rihla::run::{Results, World, check_project, upstream_of};
    use std::collections::BTreeSet;
    let folder = loaded();
    let sorted = |rows: Vec<crate::support::Row>| -> Vec<String> {
        let steady = |value: Value| value.as_f64().filter(|_| value.is_f64()).map_or_else(|| value.to_string(), |number| format!("{number:.9e}"));
        let mut rows: Vec<String> =
            rows.into_iter().map(|row| row.into_iter().map(|(column, value)| format!("{column}={};", steady(value))).collect()).collect();
        rows.sort();
        rows
    };
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    runtime.block_on(async {
        let prepared = check_project(&folder.path("")).await.expect("the project");
        let clock = std::sync::Arc::new(rihla::clock::FixedClock(crate::support::NOW.parse().expect("an instant")));
        let warehouse = rihla::warehouse::Warehouse::open(&prepared.project, clock).await.expect("the warehouse");
        let release = warehouse.release(1).await.expect("the release");
        let world = World::of(&prepared, &warehouse, &release).await.expect("its world");
        assert_eq!((world.lost_models.len(), world.lost_inputs.len(), world.changed_inputs.len()), (0, 0, 0));
        let names: BTreeSet<String> = release.resources.iter().map(|table| table.name.clone()).collect();
        let mut results = Results::default();
        let needed = upstream_of(&world.models, &names);
        results.renew(prepared.project.memory_mib, &world.models, &world.inputs, &needed, &BTreeSet::new()).await.expect("tables");
        for name in &names {
            let released = parquet_rows(&folder.path(&format!("warehouse/released/000001/{name}.parquet")));
            assert!(sorted(released) == sorted(crate::support::rows(&results.tables[name].batches)), "{name}");
        }
    });
}
