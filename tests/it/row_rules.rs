//! The schema's own rules over a row: what `check` refuses, what they say of rows of every type, in both languages.

use serde_json::{Value, json};

use crate::steps::{SCHEMA, extract, folder, with};
use crate::support::{Folder, ROWS, assert_nobody, comma_csv, loaded_small, snapshot};

const REGISTRATIONS: &str = "schemas/registrations.json";

/// A rule with messages that say its name.
fn rule(name: &str, expression: &str) -> Value {
    json!({"name": name, "expression": expression, "message": {"en": format!("breaks {name}"), "fr": format!("enfreint {name}")}})
}

/// Gives a schema without a `rihla` object of its own these rules, a line each.
fn add_rules(folder: &Folder, schema: &str, rules: &[Value]) {
    let lines: Vec<String> = rules.iter().map(|rule| format!("    {rule}")).collect();
    folder.replace(
        schema,
        "\"primaryKey\": [\"record_id\"],",
        &format!("\"primaryKey\": [\"record_id\"],\n  \"rihla\": {{\"rules\": [\n{}\n  ]}},", lines.join(",\n")),
    );
}

fn checked(name: &str, story: &str, rules: &[Value]) {
    let folder = Folder::small();
    add_rules(&folder, REGISTRATIONS, rules);
    let before = folder.files("");
    let checked = folder.rihla(&["check"]);
    snapshot("row_rules", name, story, &checked.text());
    assert_eq!((checked.code, checked.stdout.as_str()), (1, ""), "{}", checked.text());
    let run = folder.rihla(&["run"]);
    assert_eq!((run.code, run.said()), (1, checked.stderr.clone()), "`run` says something else than `check`");
    assert!(folder.files("") == before, "something was touched");
    let count = checked.stderr.lines().filter(|line| line.starts_with("error: ")).count();
    assert!(count >= rules.len(), "{count} faults of {} rules:\n{}", rules.len(), checked.text());
}

#[test]
fn expressions_that_are_none_or_not_of_one_row() {
    let rules = [
        ("unknown", "registred_on > DATE '2020-01-01' AND sexe = 'F'"),
        ("direct", "full_name IS NOT NULL"),
        ("text_in_double_quotes", "sex = \"female\""),
        ("no_yes_or_no", "person_number + 1"),
        ("types", "registered_on > TRUE"),
        ("no_date", "registered_on > '2023-02-31'"),
        ("cut_off", "person_number >"),
        ("two", "person_number > 1, sex = 'F'"),
        ("bracket", "person_number > 1) OR (sex = 'F'"),
        ("empty", "  "),
        ("aggregate", "count(person_number) > 1"),
        ("window", "row_number() OVER (ORDER BY sex) = person_number"),
        ("subquery", "sex IN (SELECT code FROM codes.sex)"),
        ("exists", "EXISTS (SELECT 1) AND sex = 'F'"),
        ("chance", "random() < person_number"),
        ("today", "registered_on <= current_date"),
        ("now", "changed_at < now()"),
        ("function", "lenght(sex) > 1"),
        ("arguments", "abs(person_number, 2) > 1"),
        ("constant", "1 = 1"),
        ("always", "person_number > 0 OR TRUE"),
        ("facts_alone", "received_on > DATE '2020-01-01' AND office_code = 'RAB'"),
        ("placeholder", "person_number > $1"),
        ("escaped", "sex = 'é\t' AND \u{1f600} = 1"),
        ("escaped_name", "nationality = '\t\"é' AND registred_on IS NULL"),
    ];
    checked("expressions", "rules whose expression is none, or says something of more than the row", &rules.map(|(name, expression)| rule(name, expression)));
}

#[test]
fn names_fields_and_messages_that_cannot_be() {
    let rules = [
        json!({"name": "Not A Name", "expression": "person_number > 0", "message": {"en": "a", "fr": "b"}}),
        rule("twice", "person_number > 0"),
        rule("twice", "person_number > 1"),
        rule("codes", "person_number > 0"),
        json!({"name": "quotes", "expression": "person_number > 0", "message": {"en": "{person_number} is small", "fr": "trop petit"}}),
        json!({"name": "silent", "expression": "person_number > 0", "message": {"en": "small", "fr": " "}}),
        json!({"name": "elsewhere", "expression": "person_number > 0", "field": "person_numer", "message": {"en": "a", "fr": "b"}}),
        json!({"name": "at_a_name", "expression": "person_number > 0", "field": "full_name", "message": {"en": "a", "fr": "b"}}),
    ];
    checked("names", "rules with faulty names, fields and messages", &rules);
}

#[test]
fn both_languages_are_asked_for() {
    let rules = [json!({"name": "english", "expression": "person_number > 0", "message": {"en": "small"}})];
    checked("languages", "a rule without its French message", &rules);
}

/// The feed of steps with these rules, and an extract of rows given by their changed cells.
fn tried(rules: &[Value], rows: &[&[(&str, &str)]]) -> (Folder, Vec<String>) {
    let folder = folder();
    folder.replace(SCHEMA, "\"in_order\": [[", &format!("\"rules\": {}, \"in_order\": [[", Value::from(rules.to_vec())));
    let rows: Vec<String> = rows.iter().map(|row| with(row)).collect();
    folder.write("in/RAB/2023-02-04/steps-2023-01.csv", extract(&rows));
    let path = folder.path("in/RAB/2023-02-04/steps-2023-01.csv");
    let ran = folder.rihla(&["validate", path.to_str().expect("a path"), "--feed", "steps", "--json"]);
    let said = ran.json();
    let rows = &said["rows"];
    let sum: u64 = ["loaded", "superseded", "quarantined", "excluded", "refused"].iter().map(|part| rows[part].as_u64().expect("a count")).sum();
    assert_eq!(rows["read"], sum, "{said}");
    let mut told = Vec::new();
    for fault in said["faults"].as_array().expect("faults") {
        for row in fault["rows"].as_array().expect("rows") {
            let field = fault["field"].as_str().unwrap_or("*");
            told.push(format!("{} {field} {}: {}", row["row"], fault["rule"].as_str().expect("a rule"), row["message"].as_str().expect("a message")));
        }
    }
    told.sort();
    (folder, told)
}

#[test]
fn a_rule_holds_of_every_type_and_of_nothing_that_is_empty() {
    let rules = [
        rule("text", "currency <> 'XXX'"),
        rule("first", "coalesce(currency, 'MAD') <> 'XXX'"),
        rule("whole_number", "quantity < 100"),
        rule("decimal", "amount <> 13.37"),
        rule("date", "examined_on >= birth_date + INTERVAL '1 year'"),
        rule("instant", "changed_at < TIMESTAMP '2023-02-01T00:00:00Z'"),
        rule("case_of_the_person", "case_number <> 'CN-77799'"),
        rule("fact", "changed_at < CAST(received_on AS TIMESTAMP) AND office_code = 'RAB'"),
        rule("nothing", "quantity = NULL AND quantity < 100"),
        rule("either", "examined_on IS NOT NULL OR departed_on IS NOT NULL"),
    ];
    let good: &[(&str, &str)] = &[];
    let empty: &[(&str, &str)] = &[("Quantité", ""), ("Montant", ""), ("Monnaie", ""), ("Né le", "")];
    let (_, told) = tried(
        &rules,
        &[
            good,
            empty,
            &[("Monnaie", "XXX")],
            &[("Quantité", "100")],
            &[("Montant", "13.37")],
            &[("Né le", "2022-01-11")],
            &[("Modifié", "2023-02-01T00:00:00Z")],
            &[("Dossier", "CN-77799")],
        ],
    );
    let expected = [
        "4 * first: breaks first",
        "4 * text: breaks text",
        "5 * nothing: breaks nothing",
        "5 * whole_number: breaks whole_number",
        "6 * decimal: breaks decimal",
        "7 * date: breaks date",
        "8 * instant: breaks instant",
        "9 * case_of_the_person: breaks case_of_the_person",
    ];
    assert_eq!(told, expected);
}

#[test]
fn all_faults_of_a_row_are_told_and_none_of_a_field_at_fault() {
    let mut first = rule("few", "quantity < 5");
    first["field"] = "quantity".into();
    let rules = [first, rule("dear", "amount < 100"), rule("dear_each", "amount / quantity < 50")];
    // The quantity is no number: what rests on it is not judged; what does not is.
    let (_, told) = tried(&rules, &[&[("Quantité", "beaucoup")], &[("Quantité", "7"), ("Montant", "700")], &[("Quantité", "9"), ("Né le", "2024-01-01")]]);
    assert_eq!(
        told,
        [
            "2 * dear: breaks dear",
            "2 quantity integer: quantity `beaucoup` is not a whole number",
            "3 * dear: breaks dear",
            "3 * dear_each: breaks dear_each",
            "3 quantity few: breaks few",
            "4 * birth-after-event: the birth date lies after examined_on",
            "4 * dear: breaks dear",
            "4 quantity few: breaks few",
        ]
    );
}

#[test]
fn a_rule_that_fails_on_a_row_sets_that_row_aside_and_no_other() {
    let rules = [
        rule("divides", "amount / (quantity - 3) IS NOT NULL"),
        rule("overflows", "quantity * 4611686018427387903 > 0"),
        rule("casts", "CASE WHEN currency = 'MAD' THEN TRUE ELSE CAST(currency AS BIGINT) > 0 END"),
    ];
    let good: &[(&str, &str)] = &[];
    let (folder, told) = tried(&rules, &[good, good, &[("Quantité", "3")], &[("Quantité", "7")], &[("Monnaie", "EUR")], &[("Quantité", "1")], good, good]);
    let text = told.join("\n");
    snapshot("row_rules", "failing", "rules that divide by zero, overflow and cast", &text);
    assert!(!text.contains("EUR") && !text.contains("MAD"), "a cell is quoted: {text}");
    let ran = folder.rihla(&["run"]);
    assert_eq!(ran.code, 0, "{}", ran.text());
}

#[test]
fn rows_set_aside_by_a_rule_are_found_by_it_in_both_languages() {
    let folder = Folder::bare();
    add_rules(&folder, REGISTRATIONS, &[rule("born_in_june", "birth_date > DATE '1987-06-01'"), rule("unbroken", "person_number < 9")]);
    folder.write("in/RAB/2023-02-04/registrations-2023-01.csv", comma_csv(&ROWS));
    let ran = folder.rihla(&["run"]).ok();
    assert!(ran.stdout.contains("adds up"), "{}", ran.text());
    let english = folder.rihla(&["quarantine", "--rule", "born_in_june"]).ok();
    let french = folder.rihla(&["--lang", "fr", "quarantine", "--rule", "row-constraint/born_in_june"]).ok();
    snapshot("row_rules", "quarantine", "rows that break a rule, in English and in French", &format!("{}\n\n{}", english.text(), french.text()));
    assert!(french.stdout.contains("enfreint born_in_june") && english.stdout.contains("breaks born_in_june"));
    assert_nobody(&french.said());
    let unbroken = folder.rihla(&["quarantine", "--rule", "unbroken"]).ok();
    assert_eq!(unbroken.stdout, "no rows were set aside\n");
    let unknown = folder.rihla(&["quarantine", "--rule", "born_in_jun"]);
    assert!(unknown.code == 1 && unknown.stderr.contains("did you mean `born_in_june`?"), "{}", unknown.text());
    // What the rule says by now is another thing than what the rows were set aside for.
    folder.replace(REGISTRATIONS, "breaks born_in_june", "is of another month");
    let kept = folder.rihla(&["--lang", "fr", "quarantine", "--rule", "born_in_june"]).ok();
    assert!(kept.stdout.contains("breaks born_in_june"), "{}", kept.text());
}

#[test]
fn a_trial_tells_a_rule_in_french() {
    let folder = Folder::small();
    add_rules(&folder, REGISTRATIONS, &[rule("born_in_june", "birth_date > DATE '1987-06-01'")]);
    let path = folder.path("in/RAB/2023-02-04/registrations-2023-01.csv");
    let ran = folder.rihla(&["--lang", "fr", "validate", path.to_str().expect("a path"), "--feed", "registrations"]);
    assert!(ran.code == 1 && ran.stdout.contains("enfreint born_in_june") && !ran.stdout.contains("breaks"), "{}", ran.text());
}

#[test]
fn a_new_rule_makes_refused_deliveries_worth_another_look_and_no_others() {
    let folder = loaded_small();
    let before = folder.tables().0.len();
    add_rules(&folder, REGISTRATIONS, &[rule("unbroken", "person_number < 9")]);
    let ran = folder.rihla(&["run"]).ok();
    assert_eq!(folder.tables().0.len(), before, "{}", ran.text());
}

#[test]
fn a_table_of_the_project_has_no_rules() {
    let folder = Folder::real();
    let schema = std::fs::read_dir(folder.path("schemas/references")).expect("schemas").next().expect("one").expect("an entry").path();
    let path = format!("schemas/references/{}", schema.file_name().expect("a name").to_string_lossy());
    let text = std::fs::read_to_string(&schema).expect("a schema");
    let mut value: Value = serde_json::from_str(&text).expect("JSON");
    value["rihla"]["rules"] = json!([rule("none", "TRUE")]);
    folder.write(&path, value.to_string());
    let checked = folder.rihla(&["check"]);
    assert!(checked.code == 1 && checked.stderr.contains("rules are for what offices send"), "{}", checked.text());
}
