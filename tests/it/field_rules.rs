//! Exact numbers, several dates of one event, fields filled together, dates in order.

use arrow::datatypes::DataType;

use crate::steps::{PIPELINE, SCHEMA, extract, folder, judge, one, with};
use crate::support::{Folder, Row, assert_nobody, snapshot};

#[test]
fn numbers_are_exact_or_refused() {
    let folder = folder();
    let amount = |text: &str| one(&folder, "amount", &[("Montant", text)]);
    for (text, value) in [("0", "0.00"), ("0.1", "0.10"), ("99999.99", "99999.99"), ("1 732.5", "1732.50"), ("+12", "12.00")] {
        assert_eq!(amount(text).as_deref(), Ok(value), "{text}");
    }
    for (text, reason) in [
        ("-0.01", "2 amount minimum: amount `-0.01` is less than 0"),
        ("100000", "2 amount maximum: amount `100000` is more than 99999.99"),
        ("0.005", "2 amount number: amount `0.005` has 3 decimals; the field takes 2, and nothing is rounded"),
        ("1e3", "2 amount number: amount `1e3` is not a number: it is written with an exponent, so that digits may be lost"),
        ("NaN", "2 amount number: amount `NaN` is not a number"),
        ("inf", "2 amount number: amount `inf` is not a number"),
        ("12345678901234567.00", "2 amount number: amount `12345678901234567.00` has more than 18 digits"),
        ("1 73", "2 amount number: amount `1 73` is not a number: its digits do not stand in groups of three"),
    ] {
        assert_eq!(amount(text), Err(reason.to_owned()), "{text}");
    }
    assert!(amount("1,732").unwrap_err().contains("`,` could part decimals or thousands, and the source says that decimals follow `.`"));
}

#[test]
fn a_field_says_how_many_decimals_it_takes() {
    for (scale, text, value) in [(0, "12", "12"), (3, "0.125", "0.125"), (9, "0.000000001", "0.000000001")] {
        let folder = folder();
        folder.replace(SCHEMA, "\"labels\": [\"Montant\"]", &format!("\"scale\": {scale}, \"labels\": [\"Montant\"]"));
        folder.replace(SCHEMA, ", \"maximum\": 99999.99", "");
        assert_eq!(one(&folder, "amount", &[("Montant", text)]).as_deref(), Ok(value));
        let judged = judge(&folder, extract(&[with(&[("Montant", text)])])).unwrap();
        assert_eq!(judged.validated.good.columns[8].data_type(), &DataType::Decimal128(18, scale));
    }
}

#[test]
fn money_and_its_currency_are_filled_together() {
    let folder = folder();
    let told = |changes: &[(&str, &str)]| one(&folder, "amount", changes);
    assert_eq!(told(&[("Montant", ""), ("Monnaie", "-")]).as_deref(), Ok(""));
    assert_eq!(told(&[("Montant", "")]), Err("2 amount together: amount is missing, though currency is filled: both are filled or neither is".to_owned()));
    assert_eq!(told(&[("Monnaie", "")]), Err("2 currency together: currency is missing, though amount is filled: both are filled or neither is".to_owned()));
    assert_eq!(told(&[("Montant", "x")]), Err("2 amount number: amount `x` is not a number".to_owned()), "not missing too");
}

#[test]
fn dates_stand_in_their_order() {
    let folder = folder();
    assert_eq!(one(&folder, "departed_on", &[("Départ", "2023-01-10")]).as_deref(), Ok("2023-01-10"));
    let early = one(&folder, "departed_on", &[("Départ", "2023-01-09")]);
    assert_eq!(early, Err("2 departed_on in-order: departed_on lies before examined_on".to_owned()));
}

#[test]
fn the_earliest_filled_date_is_the_event() {
    let folder = folder();
    let judged = judge(
        &folder,
        extract(&[
            with(&[("Examen", "2023-01-10"), ("Départ", "2023-01-20")]),
            with(&[("Examen", ""), ("Départ", "2023-01-20")]),
            with(&[("Examen", "")]),
            with(&[("Examen", "2023-02-30")]),
            with(&[("Né le", "2023-01-15"), ("Départ", "2023-01-20")]),
            with(&[("Départ", "2023-02-05")]),
            with(&[("Né le", ""), ("Examen", "1999-01-01"), ("Départ", "2023-01-05")]),
        ]),
    )
    .unwrap();
    assert_eq!(judged.read, 7);
    assert_eq!(judged.values("departed_on"), ["2023-01-20", "2023-01-20"]);
    let reasons = judged.reasons();
    assert_eq!(
        reasons,
        [
            "4 * required-any: none of examined_on, departed_on is filled",
            "5 examined_on date: examined_on `2023-02-30` is not a date written %Y-%m-%d",
            "6 * birth-after-event: the birth date lies after examined_on",
            "7 * event-after-received: departed_on lies after 2023-02-04, the day the extract was received",
            "8 * event-before-calendar: examined_on lies before 2023-01-01, when the project's calendar begins",
        ],
        "{reasons:#?}"
    );
}

/// Loads an extract of the feed and its tables.
fn loaded(rows: &[String]) -> Folder {
    let folder = folder();
    folder.write("in/RAB/2023-02-04/steps-2023-01.csv", extract(rows));
    let ran = folder.rihla(&["run"]).ok();
    assert_nobody(&ran.said());
    folder
}

#[test]
fn numbers_go_through_every_table() {
    let rows = [
        with(&[("Montant", "0.10")]),
        with(&[("Montant", "0.20")]),
        with(&[("Montant", "99999.99")]),
        with(&[("Montant", "7"), ("Monnaie", "EUR")]),
        with(&[("Montant", "0.105")]),
    ];
    let folder = loaded(&rows);
    let paid = folder.released("paid");
    let cell = |row: &Row, column: &str| row[column].to_string();
    let found: Vec<_> = paid.iter().map(|row| (cell(row, "currency"), cell(row, "paid"), cell(row, "least"))).collect();
    let expected = [("\"EUR\"", "7.0", "7.0"), ("\"MAD\"", "100000.29", "0.1")].map(|(a, b, c)| (a.to_owned(), b.to_owned(), c.to_owned()));
    assert_eq!(found, expected);
    let told = folder.rihla(&["quarantine", "--rule", "number"]).ok();
    assert!(told.stdout.contains("amount `0.105` has 3 decimals"), "{}", told.text());
    let shown = folder.rihla(&["tables", "paid"]).ok();
    assert!(shown.stdout.contains("number"), "{}", shown.text());
    let asked = folder.rihla(&["sql", "SELECT currency, paid FROM paid", "--format", "csv"]).ok();
    assert_eq!(asked.stdout, "currency,paid\nEUR,7.00\nMAD,100000.29\n");
}

#[test]
fn the_age_is_that_on_the_earliest_date() {
    // Eighteen on 1 March 2023, between the two dates.
    let folder = folder();
    let row = [("Né le", "2005-03-01"), ("Examen", "2023-02-28"), ("Départ", "2023-03-02"), ("Modifié", "2023-03-03T09:00:00Z")];
    folder.write("in/RAB/2023-04-04/steps-2023-03.csv", extract(&[with(&row)]));
    folder.write(
        "sql/marts/groups.sql",
        "/*\ndescription = \"Groups\"\ngrain = [\"sadd_group\", \"age\"]\n\n[columns]\nsadd_group = \"Group\"\nage = \"Years\"\n*/\nSELECT DISTINCT sadd_group, age FROM feeds.steps\n",
    );
    folder.rihla(&["run"]).ok();
    let groups = folder.released("groups");
    assert_eq!((groups.len(), &groups[0]["sadd_group"], &groups[0]["age"]), (1, &"girls".into(), &17.into()));
}

/// What `check` says of a spoilt feed.
fn faulty(name: &str, story: &str, spoil: impl FnOnce(&Folder)) {
    let folder = folder();
    spoil(&folder);
    let checked = folder.rihla(&["check"]);
    snapshot("field_rules", name, story, &checked.text());
    assert_eq!(checked.code, 1, "{}", checked.text());
}

#[test]
fn rules_over_unknown_fields() {
    faulty("rules_over_unknown_fields", "mistyped, twice, alone, of another type, direct", |p| {
        p.replace(SCHEMA, "[[\"amount\", \"currency\"]]", "[[\"amount\", \"curency\"], [\"amount\", \"amount\"], [\"quantity\"]]");
        p.replace(SCHEMA, "[[\"examined_on\", \"departed_on\"]]", "[[\"examined_on\", \"quantity\"], [\"departd_on\", \"examined_on\"]]");
    });
}

#[test]
fn rules_of_another_shape() {
    faulty("rules_of_another_shape", "a list where lists of lists are wanted, a key mistyped", |p| {
        p.replace(SCHEMA, "[[\"amount\", \"currency\"]]", "[\"amount\", \"currency\"]").replace(SCHEMA, "\"in_order\"", "\"in_oder\"");
    });
}

#[test]
fn numbers_and_limits_that_are_none() {
    faulty("numbers_and_limits_that_are_none", "a scale of text and of twelve decimals, limits in words, of text, with too many decimals", |p| {
        p.replace(SCHEMA, "\"labels\": [\"Monnaie\"]", "\"scale\": 2, \"labels\": [\"Monnaie\"]");
        p.replace(SCHEMA, "\"maximum\": 99999.99", "\"maximum\": 99999.999");
        p.replace(
            SCHEMA,
            "{\"minimum\": 1}, \"rihla\": {\"labels\": [\"Quantité\"]}",
            "{\"minimum\": 1.5}, \"rihla\": {\"scale\": 12, \"labels\": [\"Quantité\"]}",
        );
    });
}

#[test]
fn one_date_of_the_event_alone_is_required() {
    faulty("one_date_of_the_event_alone_is_required", "the other date has no role, or is no date", |p| {
        p.replace(SCHEMA, "{\"role\": \"event_date\", \"labels\": [\"Départ\"]}", "{\"labels\": [\"Départ\"]}");
    });
}

#[test]
fn sources_that_lack_what_belongs_together() {
    faulty("sources_that_lack_what_belongs_together", "both dates of the event, and a currency without its amount", |p| {
        p.replace(PIPELINE, "csv = {", "absent = [\"examined_on\", \"departed_on\", \"currency\"]\ncsv = {");
    });
}

#[test]
fn a_style_of_numbers_that_is_none() {
    faulty("a_style_of_numbers_that_is_none", "the group is the decimal", |p| {
        p.replace(PIPELINE, "csv = {", "numbers = { decimal = \",\", group = \",\" }\ncsv = {");
    });
}

#[test]
fn roles_of_another_type() {
    faulty("roles_of_another_type", "an age of decimals would be no age, and nobody's sex would be read", |p| {
        p.replace(
            SCHEMA,
            "\"name\": \"amount\", \"type\": \"number\", \"constraints\": {\"minimum\": 0, \"maximum\": 99999.99}, \"rihla\": {",
            "\"name\": \"amount\", \"type\": \"number\", \"rihla\": {\"role\": \"age\", ",
        );
        p.replace(SCHEMA, "\"codes\": \"sex\"", "\"codes\": \"sex\", \"protection\": \"direct\"");
        p.replace(SCHEMA, "{\"labels\": [\"Monnaie\"]}", "{\"role\": \"office\", \"labels\": [\"Monnaie\"]}");
        p.replace(SCHEMA, "{\"labels\": [\"Quantité\"]}", "{\"role\": \"office\", \"labels\": [\"Quantité\"]}");
    });
}
