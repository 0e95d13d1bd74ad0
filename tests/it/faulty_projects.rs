//! Faulty projects: every fault at once, at its place, with what to do; nothing is touched.

use crate::support::{Folder, snapshot};

const PROJECT: &str = "rihla.toml";
const PIPELINE: &str = "pipelines/registrations.toml";
const SCHEMA: &str = "schemas/registrations.json";
const COUNTRIES: &str = "schemas/codes/country.csv";
const LIST: &str = "schemas/codes/group.csv";
const HEADER: &str = "code,label_en,label_fr,label_ar,aliases,valid_from,valid_to\n";
const STAGED: &str = "sql/staging/registered.sql";
const MODEL: &str = "sql/marts/by_country.sql";

/// What `check` says of a project is what `run` says, and neither touches anything.
pub fn faulty(group: &str, name: &str, story: &str, spoil: impl FnOnce(&Folder)) {
    let folder = Folder::small();
    spoil(&folder);
    let before = folder.files("");
    let checked = folder.rihla(&["check"]);
    snapshot(group, name, story, &checked.text());
    assert_eq!((checked.code, checked.stdout.as_str()), (1, ""), "{}", checked.text());
    let run = folder.rihla(&["run"]);
    assert_eq!((run.code, run.said()), (1, checked.stderr), "`run` says something else than `check`");
    assert!(folder.files("") == before, "something was touched");
}

macro_rules! faulty {
    ($($name:ident, $story:literal, |$folder:ident| $spoil:expr;)*) => {
        $(#[test] fn $name() { faulty("faulty_projects", stringify!($name), $story, |$folder| { $spoil; }); })*
    };
}

faulty! {
    a_key_of_the_project_mistyped, "`titel` in rihla.toml", |p| p.replace(PROJECT, "title", "titel");
    a_key_of_an_office_mistyped, "`closes` for `closed` in the last office", |p| p.replace(PROJECT, "name = \"Agadir\"", "name = \"Agadir\"\ncloses = 2030-01-01");
    a_key_of_a_pipeline_mistyped, "`requird` in a pipeline", |p| p.replace(PIPELINE, "required", "requird");
    a_key_of_a_source_mistyped, "`date` for `dates` in the workbook's source", |p| p.replace(PIPELINE, "header_row = 2 }\ndates", "header_row = 2 }\ndate");
    a_key_of_a_schema_mistyped, "`code` for `codes` in a field of a schema", |p| p.replace(SCHEMA, "\"codes\": \"country\"", "\"code\": \"country\"");
    a_tag_that_is_none, "`#Date` in rihla.toml and `country` in a model", |p| {
        p.replace(PROJECT, "[calendar]", "[hxl]\nperiod = \"#Date\"\n\n[calendar]");
        p.replace(MODEL, "[columns]", "[hxl]\nnationality = \"country\"\ncuontry = \"#country\"\n\n[columns]");
    };
    a_table_with_lists, "a released column that holds several values", |p| p.replace(MODEL, "FROM registered", ", array_agg(registered.registered_on) AS days\nFROM registered");
    a_relationship_to_nothing, "a test against a table, and one against a column, that do not exist", |p| {
        p.replace(MODEL, "[columns]", "[[tests]]\nrelationships = { column = \"nationality\", table = \"codes.contry\", to = \"code\" }\n\n[columns]");
        p.write("sql/marts/other.sql", std::fs::read_to_string(p.path(MODEL)).expect("the model").replace("codes.contry", "codes.country").replace("to = \"code\"", "to = \"cod\""));
    };
    a_number_for_text, "the first period as a number", |p| p.replace(PROJECT, "\"2023-01\"", "202301");
    text_for_a_number, "the tolerance in words", |p| p.replace(PIPELINE, "tolerance = 0.25", "tolerance = \"a quarter\"");
    text_for_a_limit, "a field's minimum in words", |p| p.replace(SCHEMA, "\"minimum\": 1", "\"minimum\": \"one\"");
    an_unknown_office, "a source names AGX, which rihla.toml does not have", |p| p.replace(PIPELINE, "[\"AGA\"]", "[\"AGX\"]");
    an_unknown_time_zone, "Casablanka", |p| p.replace(PROJECT, "\"Agadir\"\ncountry = \"MAR\"\ntimezone = \"Africa/Casablanca\"", "\"Agadir\"\ncountry = \"MAR\"\ntimezone = \"Africa/Casablanka\"");
    an_unknown_country, "an office in a country that the list does not have", |p| p.replace(PROJECT, "\"Agadir\"\ncountry = \"MAR\"", "\"Agadir\"\ncountry = \"MRC\"");
    a_feed_owed_that_nobody_loads, "an office owes `registratons`", |p| p.replace(PROJECT, "name = \"Agadir\"\ncountry = \"MAR\"\ntimezone = \"Africa/Casablanca\"\nowes = { registrations", "name = \"Agadir\"\ncountry = \"MAR\"\ntimezone = \"Africa/Casablanca\"\nowes = { registratons");
    a_cron_expression_cut_short, "four fields", |p| p.replace(PIPELINE, "0 6 * * *", "0 6 * *");
    an_unknown_encoding, "windows-1225", |p| p.replace(PIPELINE, "windows-1252", "windows-1225");
    a_source_without_a_format, "no csv, workbook or json_lines", |p| p.replace(PIPELINE, "json_lines = {}\n", "");
    a_source_of_two_formats, "csv and json_lines", |p| p.replace(PIPELINE, "json_lines = {}\n", "json_lines = {}\ncsv = {}\n");
    a_source_without_date_formats, "JSON lines that say nothing of their dates", |p| p.replace(PIPELINE, "json_lines = {}\ndates = [\"%Y-%m-%d\"]\n", "json_lines = {}\n");
    a_date_format_that_is_none, "%Q", |p| p.replace(PIPELINE, "[\"%d/%m/%Y\"]", "[\"%d/%m/%Q\"]");
    a_place_with_an_unknown_part, "{recieved} in a source's url", |p| p.replace(PIPELINE, "{received}/registrations-{period}.jsonl", "{recieved}/registrations-{period}.jsonl");
    a_place_that_cannot_be_read, "ftp:// in a source's url", |p| p.replace(PIPELINE, "in/{office}/{received}/registrations-{period}.jsonl", "ftp://server/{office}/{period}.jsonl");
    a_field_absent_that_does_not_exist, "`absent` names `age`", |p| p.replace(PIPELINE, "json_lines = {}", "json_lines = {}\nabsent = [\"age\"]");
    two_pipelines_of_a_feed, "a copy of the pipeline under another name", |p| p.write("pipelines/registrations_2.toml", std::fs::read(p.path(PIPELINE)).expect("the pipeline"));
    a_pipeline_without_its_schema, "the schema is gone", |p| std::fs::remove_file(p.path(SCHEMA)).expect("the schema");
    an_unknown_code_list, "`contry`", |p| p.replace(SCHEMA, "\"codes\": \"country\"", "\"codes\": \"contry\"");
    a_spelling_of_two_codes, "`RDC` for both Congos, in capitals and not", |p| p.write(LIST, format!("{HEADER}COD,DR Congo,,,RDC,,\nCOG,Congo,,,rdc,,\n"));
    a_code_list_of_another_make, "a code list without labels", |p| p.write(LIST, "code,name\nMAR,Morocco\n");
    a_schema_without_a_role, "no field says when the record was changed", |p| p.replace(SCHEMA, "\"role\": \"changed_at\", ", "");
    a_protected_field_left_open, "birth dates would enter the warehouse", |p| p.replace(SCHEMA, "\"role\": \"birth_date\", \"protection\": \"normalise\"", "\"role\": \"birth_date\"");
    a_label_of_two_fields, "`Sexe` for the nationality as well", |p| p.replace(SCHEMA, "\"Nationalité\"", "\"Nationalité\", \"SEXE\"");
    a_type_that_this_version_does_not_know, "`dat`", |p| p.replace(SCHEMA, "\"registered_on\", \"type\": \"date\"", "\"registered_on\", \"type\": \"dat\"");
    json_without_a_comma, "two fields run together", |p| p.replace(SCHEMA, "\"labels\": [\"Identifiant\"]}},", "\"labels\": [\"Identifiant\"]}}");
    toml_without_a_quotation_mark, "the project's title is never closed", |p| p.replace(PROJECT, "\"A small project\"", "\"A small project");
    no_project_file, "the folder has no rihla.toml", |p| std::fs::remove_file(p.path(PROJECT)).expect("the project's file");
    a_day_of_validity_that_is_none, "a code valid from the 31st of February", |p| p.write(LIST, format!("{HEADER}GIN,Guinea,,,,2023-02-31,\n"));
    a_file_that_is_not_utf8, "a code list saved by Excel", |p| p.write(LIST, [HEADER.as_bytes(), b"GIN,Guinea,Guin\xE9e,,,,\n"].concat());
    several_faults_in_several_files, "one or two in each kind of file, all shown", |p| {
        p.replace(PROJECT, "[calendar]", "zone = 1\n[calendar]").replace(PROJECT, "code = \"AGA\"", "code = \"TNG\"");
        p.replace(PIPELINE, "0 6 * * *", "now and then").replace(PIPELINE, "required", "requird");
        p.replace(SCHEMA, "\"codes\": \"sex\"", "\"codes\": \"sexe\"").replace(SCHEMA, "\"type\": \"datetime\"", "\"type\": \"moment\"");
        p.write(LIST, format!("{HEADER}COD,DR Congo,,,RDC,,\nCOG,Congo,,,rdc,,\n"));
    };
}

faulty! {
    a_model_with_an_unknown_column, "`nationalty`", |p| p.replace(MODEL, "SELECT nationality", "SELECT nationalty");
    a_model_with_an_unknown_table, "`registred`", |p| p.replace(MODEL, "FROM registered", "FROM registred");
    a_model_of_a_feed_without_its_prefix, "`registrations` for `feeds.registrations`", |p| p.replace(STAGED, "feeds.registrations", "registrations");
    a_model_with_a_syntax_error, "`GROUP nationality`", |p| p.replace(MODEL, "GROUP BY nationality", "GROUP nationality");
    models_in_a_circle, "the staging model reads the mart that reads it", |p| p.replace(STAGED, "FROM feeds.registrations", "FROM feeds.registrations JOIN by_country USING (nationality)");
    a_model_without_a_header, "nothing but SQL", |p| p.write(MODEL, "SELECT 1 AS one\n");
    a_header_with_a_mistyped_key, "`ordr`", |p| p.replace(MODEL, "grain =", "ordr = []\ngrain =");
    a_grain_of_an_unknown_column, "the grain names `country`", |p| p.replace(MODEL, "grain = [\"nationality\"]", "grain = [\"country\"]");
    a_column_that_is_not_documented, "`persons` is not described", |p| p.replace(MODEL, "persons = \"Distinct persons\"\n", "");
    a_test_of_an_unknown_column, "not_null names `person`", |p| p.replace(MODEL, "not_null = [\"nationality\", \"persons\"]", "not_null = [\"nationality\", \"person\"]");
    a_test_of_an_unknown_code_list, "accepted_codes names `contry`", |p| p.replace(MODEL, "codes = \"country\"", "codes = \"contry\"");
    a_test_that_states_nothing, "`[[tests]]` alone", |p| p.replace(MODEL, "not_null = [\"nationality\", \"persons\"]\n", "");
    a_model_with_an_unknown_function, "`cuont`", |p| p.replace(MODEL, "count(DISTINCT", "cuont(DISTINCT");
    a_model_whose_types_do_not_fit, "a moment looked for among truths, which no parser can see", |p| p.replace(STAGED, "FROM feeds.registrations", "FROM feeds.registrations\nWHERE changed_at IN (sadd_group = 'men')");
    several_faults_in_several_models, "a header, a column and a test, in two files", |p| {
        p.replace(STAGED, "unique = [\"person_id\"]", "unique = [\"person\"]").replace(STAGED, "nationality = \"Country", "nation = \"Country");
        p.replace("sql/marts/deliveries.sql", "s.outcome =", "s.result =");
    };
    a_model_of_two_statements, "two SELECTs", |p| p.replace(MODEL, "GROUP BY nationality\n", "GROUP BY nationality;\nSELECT 1\n");
}

#[test]
fn a_folder_that_is_not_there() {
    let folder = Folder::bare();
    let ran = folder.rihla(&["check", "--project", "nowhere"]);
    snapshot("faulty_projects", "a_folder_that_is_not_there", "--project names a folder that does not exist", &ran.text());
    assert_eq!(ran.code, 1);
}

#[test]
fn wrong_usage() {
    let folder = Folder::bare();
    for (name, args) in [("an_unknown_command", &["rnu"][..]), ("an_unknown_option", &["run", "--dry"]), ("no_command", &[])] {
        let ran = folder.rihla(args);
        snapshot("faulty_projects", name, &format!("rihla {}", args.join(" ")), &ran.text());
        assert_eq!(ran.code, 1, "wrong usage is the user's to mend");
    }
}

#[test]
fn faults_for_programs_have_file_line_and_column() {
    let folder = Folder::small();
    folder.replace(PIPELINE, "windows-1252", "windows-1225");
    let ran = folder.rihla(&["check", "--json"]);
    assert_eq!(ran.code, 1);
    let error: serde_json::Value = serde_json::from_str(&ran.stderr).expect("one JSON object");
    let told: Vec<_> = error["faults"]
        .as_array()
        .expect("faults")
        .iter()
        .map(|fault| (fault["file"].as_str().unwrap(), fault["line"].as_u64().unwrap(), fault["column"].as_u64().unwrap()))
        .collect();
    assert!(told.contains(&(PIPELINE, 16, 37)), "{error}");
}

/// What `check` says of a spoilt project: all of `told` and none of `untold`.
fn says(told: &[&str], untold: &[&str], spoil: impl FnOnce(&Folder)) {
    let folder = Folder::small();
    spoil(&folder);
    let text = folder.rihla(&["check"]).text();
    let (missing, more): (Vec<_>, Vec<_>) =
        (told.iter().filter(|part| !text.contains(**part)).collect(), untold.iter().filter(|part| text.contains(**part)).collect());
    assert!(missing.is_empty() && more.is_empty(), "not said: {missing:?}\nsaid in vain: {more:?}\n{text}");
}

#[test]
fn faults_do_not_hide_one_another() {
    let told = ["`RAT` is not known", "`contry` is not known", "there is no column `nationalty`", "unknown field `descripton`"];
    says(&told, &[], |p| {
        p.replace(PIPELINE, "[\"RAB\"]", "[\"RAT\"]");
        p.replace(SCHEMA, "\"codes\": \"country\"", "\"codes\": \"contry\"");
        p.replace(MODEL, "SELECT nationality", "SELECT nationalty");
        p.replace("sql/marts/deliveries.sql", "description", "descripton");
    });
}

#[test]
fn a_fault_of_the_project_file_does_not_hide_the_others() {
    says(&["invalid type: integer `202301`", "invalid type: string \"a quarter\"", "`one` is no number"], &[], |p| {
        p.replace(PROJECT, "\"2023-01\"", "202301");
        p.replace(PIPELINE, "tolerance = 0.25", "tolerance = \"a quarter\"");
        p.replace(SCHEMA, "\"minimum\": 1", "\"minimum\": \"one\"");
    });
}

#[test]
fn two_models_of_a_name_are_named_with_their_files() {
    let told = ["the table `registered` is made by sql/marts/registered.sql already", "sql/staging/registered.sql:1:1"];
    says(&told, &["already exists"], |p| p.write("sql/marts/registered.sql", std::fs::read(p.path(STAGED)).expect("the model")));
}

#[test]
fn a_faulty_code_list_is_not_said_to_be_missing() {
    says(&["`rdc` means both `COD` and `COG`"], &["is not known", "there is no file"], |p| {
        p.replace(COUNTRIES, "Congo-Brazzaville", "Congo-Brazzaville|rdc");
    });
}

#[test]
fn a_faulty_office_is_not_said_to_be_unknown() {
    says(&["unknown field `timezon`"], &["the office `AGA` is not known"], |p| {
        p.replace(PROJECT, "\"Agadir\"\ncountry = \"MAR\"\ntimezone", "\"Agadir\"\ncountry = \"MAR\"\ntimezon");
    });
}

#[test]
fn a_mistyped_key_is_one_fault() {
    for (path, key, mistyped) in [(PROJECT, "first_period", "first_perod"), (PIPELINE, "tolerance", "tolerence"), (MODEL, "grain =", "grains =")] {
        says(&["did you mean", "the project has 1 fault"], &["missing field"], |p| {
            p.replace(path, key, mistyped);
        });
    }
}
