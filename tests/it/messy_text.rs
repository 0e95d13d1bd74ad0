//! Text as offices send it: encodings, separators, numbers, dates and ids that a spreadsheet has been at.

use crate::steps::{LABELS, PIPELINE, SCHEMA, extract, folder, folder_with, judge, one, with};
use crate::support::{assert_nobody, snapshot};

fn utf_16(text: &str, unit: fn(u16) -> [u8; 2]) -> Vec<u8> {
    text.encode_utf16().flat_map(unit).collect()
}

#[test]
fn utf_16_is_read_in_the_order_of_its_mark() {
    let text = extract(&[with(&[("Monnaie", "€ é ع")]), with(&[])]);
    let marked = format!("\u{feff}{text}");
    for (name, bytes) in [
        ("utf-16", utf_16(&marked, u16::to_le_bytes)),
        ("utf-16", utf_16(&marked, u16::to_be_bytes)),
        ("utf-16le", utf_16(&text, u16::to_le_bytes)),
        ("utf-16be", utf_16(&text, u16::to_be_bytes)),
    ] {
        let folder = folder_with(&[("csv = { delimiter = \";\" }", &format!("csv = {{ delimiter = \";\", encoding = \"{name}\" }}"))]);
        assert_eq!(judge(&folder, &bytes).unwrap().values("currency"), ["€ é ع", "MAD"], "{name}");
    }
    let folder = folder_with(&[("csv = { delimiter = \";\" }", "csv = { delimiter = \";\", encoding = \"utf-16\" }")]);
    let refusal = judge(&folder, utf_16(&text, u16::to_le_bytes)).err().expect("no mark");
    assert_eq!((refusal.error, refusal.message.ends_with("which byte comes first: is it `utf-16le`?")), ("encoding-error", true), "{refusal}");
}

#[test]
fn tabs_of_excels_unicode_text_are_read() {
    let folder = folder_with(&[("csv = { delimiter = \";\" }", "csv = { delimiter = \"\\t\", encoding = \"utf-16\" }")]);
    let bytes = utf_16(&format!("\u{feff}{}\r\n", extract(&[with(&[])]).replace(';', "\t").replace('\n', "\r\n")), u16::to_le_bytes);
    assert_eq!(judge(&folder, bytes).unwrap().values("amount"), ["150.50"]);
}

#[test]
fn a_first_line_names_the_separator() {
    let folder = folder();
    let rows = extract(&[with(&[]), with(&[("Montant", "x")])]);
    for line in ["sep=;\r\n", "SEP=;\n", "\"sep=;\"\r\n", "sep=;;;;;;;;;;;\n", "\u{feff}sep=;\n"] {
        let judged = judge(&folder, format!("{line}{rows}")).unwrap();
        assert_eq!((judged.read, judged.values("amount")), (2, vec!["150.50".to_owned()]), "{line:?}");
        assert_eq!(judged.reasons(), ["4 amount number: amount `x` is not a number"], "lines are counted as editors do");
    }
    let told = |text: String| judge(&folder, text).err().expect("a refusal");
    assert_eq!(told(format!("sep=,\n{rows}")).message, "the first line says that the separator is `,`; the source says `;`");
    assert_eq!(told(format!("sep=\t\n{rows}")).message, "the first line says that the separator is `\\t`; the source says `;`");
    assert_eq!(told(format!("sep=Rabat\n{rows}")).message, "the first line begins with `sep=` and names no separator");
    assert_eq!(told("sep=;".to_owned()).error, "blank-header");
    assert!(told(format!("sep=;\n{}", rows.replacen("MAD", "\"MAD", 1))).message.starts_with("line 3 opens a quotation mark"));
}

#[test]
fn quoted_line_breaks_keep_the_number_of_lines() {
    let folder = folder();
    for end in ["\n", "\r\n", "\r"] {
        let broken = with(&[("Monnaie", "\"M\nA\r\nD\"")]);
        let text = extract(&[broken, String::new(), with(&[("Montant", "x")])]).replace("\nr-", &format!("{end}r-")).replace("\n\n", "\n");
        let lines = text[..text.find("r-2").expect("the last row")].replace("\r\n", "\n").matches(['\n', '\r']).count();
        let judged = judge(&folder, format!("sep=;\r\n{text}")).unwrap();
        assert_eq!(judged.reasons(), [format!("{} amount number: amount `x` is not a number", lines + 2)], "{end:?}");
    }
}

#[test]
fn a_separator_at_the_end_of_every_line_is_nothing() {
    let folder = folder();
    let trailing = |rows: &str| rows.lines().map(|line| format!("{line};\r\n")).collect::<String>();
    let text = trailing(&extract(&[with(&[]), with(&[])]));
    let judged = judge(&folder, format!("{text};;;;;;;;;;;\r\n")).unwrap();
    assert_eq!((judged.read, judged.values("amount").len()), (2, 2), "a line of separators alone is blank");
    // What stands under no label may be a shifted cell.
    let judged = judge(&folder, text.replacen("09:00:00Z;", "09:00:00Z;Marqueuse", 1)).unwrap();
    let reasons = judged.reasons();
    assert_eq!((reasons.len(), judged.values("amount").len()), (1, 1));
    assert!(reasons[0].contains("extra-cell"), "{reasons:?}");
    assert_nobody(&reasons.join("\n"));
}

/// The feed of an office whose spreadsheet is French.
pub fn french() -> crate::support::Folder {
    folder_with(&[
        ("csv = { delimiter = \";\" }", "csv = { delimiter = \";\" }\nnumbers = { decimal = \",\", group = \".\" }"),
        ("dates = [\"%Y-%m-%d\"]", "dates = [\"%d/%m/%Y\", \"%d %B %Y\", \"%d/%m/%y\", \"excel-1900\"]"),
        ("datetimes = [\"%Y-%m-%dT%H:%M:%SZ\"]", "datetimes = [\"%d %B %Y %H:%M\", \"excel-1900\"]"),
    ])
}

/// A row in the habit of that office, with cells changed.
fn french_row(changes: &[(&str, &str)]) -> String {
    let own = [("Né le", "01/03/2005"), ("Examen", "10/01/2023"), ("Montant", "150,50"), ("Modifié", "12 janv. 2023 10:00")];
    with(&[&own, changes].concat())
}

#[track_caller]
fn french_cell(field: &str, changes: &[(&str, &str)]) -> Result<String, String> {
    let judged = judge(&french(), extract(&[french_row(changes)])).expect("a readable extract");
    judged.values(field).into_iter().next().ok_or_else(|| judged.reasons().join("; "))
}

#[test]
fn numbers_are_read_as_the_office_writes_them() {
    for (text, value) in [
        ("1\u{a0}732,50", "1732.50"),
        ("1\u{202f}732,5", "1732.50"),
        ("1\u{2009}732", "1732.00"),
        ("1.732,50", "1732.50"),
        ("1.732", "1732.00"),
        ("١٧٣٢٫٥", "1732.50"),
        ("١٬٧٣٢", "1732.00"),
        ("۱۷۳۲", "1732.00"),
        ("\u{200f}+12,5", "12.50"),
    ] {
        assert_eq!(french_cell("amount", &[("Montant", text)]).as_deref(), Ok(value), "{text}");
    }
    assert_eq!(french_cell("quantity", &[("Quantité", "١\u{a0}٧٣٢")]).as_deref(), Ok("1732"));
    for (label, text, reason) in [
        ("Montant", "1 73", "2 amount number: amount `1 73` is not a number: its digits do not stand in groups of three"),
        ("Montant", "150.50", "2 amount number: amount `150.50` is not a number: its digits do not stand in groups of three"),
        ("Montant", "1,732", "2 amount number: amount `1,732` has 3 decimals; the field takes 2, and nothing is rounded"),
        ("Montant", "−5", "2 amount minimum: amount `−5` is less than 0"),
        ("Quantité", "2,0", "2 quantity integer: quantity `2,0` is not a whole number"),
        ("Quantité", "2 00", "2 quantity integer: quantity `2 00` is not a whole number: its digits do not stand in groups of three"),
    ] {
        assert_eq!(french_cell("amount", &[(label, text)]), Err(reason.to_owned()));
    }
    let told = one(&folder(), "quantity", &[("Quantité", "1,732")]).unwrap_err();
    assert!(told.contains("`,` could part decimals or thousands, and the source says that decimals follow `.`"), "{told}");
}

#[test]
fn dates_are_read_as_the_office_writes_them() {
    for (text, value) in [
        ("10/01/2023", "2023-01-10"),
        ("3 févr. 2023", "2023-02-03"),
        ("1ER FE\u{301}VRIER 2023", "2023-02-01"),
        ("05/01/23", "2023-01-05"),
        ("44936", "2023-01-10"),
    ] {
        assert_eq!(french_cell("examined_on", &[("Examen", text)]).as_deref(), Ok(value), "{text}");
    }
    assert_eq!(french_cell("changed_at", &[("Modifié", "44938,5")]).as_deref(), Ok("2023-01-12T11:00:00Z"));
    for (text, reason) in [
        ("60", "is not a date written %d/%m/%Y or %d %B %Y or %d/%m/%y or excel-1900: 60 is Excel's 29 February 1900, a day that never was"),
        ("2023", "is not a date written %d/%m/%Y or %d %B %Y or %d/%m/%y or excel-1900: it looks like a year, not like a serial number"),
        ("3 fevier 2023", "is not a date written %d/%m/%Y or %d %B %Y or %d/%m/%y or excel-1900"),
    ] {
        assert_eq!(french_cell("examined_on", &[("Examen", text)]), Err(format!("2 examined_on date: examined_on `{text}` {reason}")));
    }
    // A year of two digits that would lie ahead is a hundred years back, which the calendar of the project refuses.
    assert!(french_cell("examined_on", &[("Examen", "05/02/23")]).unwrap_err().contains("event-before-calendar"), "received on the 4th");
    let birth = french_cell("birth_date", &[("Né le", "31/06/1987")]).unwrap_err();
    assert!(birth.starts_with("2 birth_date date: birth_date is not a date"), "a protected value is not shown: {birth}");
}

#[test]
fn a_birth_date_of_two_digits_is_the_latest_that_can_be() {
    assert_eq!(french_cell("birth_date", &[("Né le", "05/01/23")]).as_deref(), Ok("2023-01-05"));
    assert_eq!(french_cell("birth_date", &[("Né le", "05/06/23")]).as_deref(), Ok("1923-06-05"));
}

#[test]
fn formats_that_are_none() {
    let folder = folder_with(&[
        ("dates = [\"%Y-%m-%d\"]", "dates = [\"%d/%m\", \"excel-1905\", \"jj/mm/aaaa\", \"%d/%m/%Q\"]"),
        ("datetimes = [\"%Y-%m-%dT%H:%M:%SZ\"]", "datetimes = [\"%d/%m/%Y\", \"%d/%m/%Y %H:%M %Z\"]"),
    ]);
    let checked = folder.rihla(&["check"]);
    snapshot("messy_text", "formats_that_are_none", "no year, no epoch, Excel's words, an unknown letter; no time, a zone by name", &checked.text());
}

#[test]
fn spellings_are_compared_whatever_their_accents_are_made_of() {
    let folder = folder();
    folder.replace(PIPELINE, "csv = {", "total_rows = [\"Total général\"]\ncsv = {");
    folder.replace(SCHEMA, "{\"labels\": [\"Monnaie\"]}", "{\"codes\": \"country\", \"labels\": [\"Monnaie\"]}");
    let row = with(&[("Monnaie", "Guinée"), ("Quantité", "néant")]);
    let text = format!("{}\nTotal général;1;;;;;;;;;", extract(&[row]));
    let decomposed: String = unicode(&text);
    assert_ne!(decomposed, text);
    let judged = judge(&folder, &decomposed).unwrap();
    assert_eq!((judged.values("currency"), judged.values("quantity")), (vec!["GIN".to_owned()], vec![String::new()]));
    assert_eq!(judged.reasons(), ["3 * total-row: the row holds a total, not a record"]);
}

/// Text with every accent of these tests a character of its own.
fn unicode(text: &str) -> String {
    text.replace('é', "e\u{301}")
}

#[test]
fn what_cannot_be_seen_makes_no_other_record() {
    let folder = folder();
    let id = |id: &str| with(&[]).replacen("r-1", id, 1);
    let ids = ["R’é-4", "\u{feff}R'é-4", "R'e\u{301}\u{2011}4", "R'\u{ad}é-\u{200b}4\u{a0}", "R'é-٤"];
    let judged = judge(&folder, extract(&ids.map(id))).unwrap();
    assert_eq!(judged.values("record_id"), ["R'é-4"]);
    assert_eq!(judged.reasons().iter().filter(|reason| reason.contains("same-row")).count(), 4, "{:?}", judged.reasons());
    assert_eq!(one(&folder, "currency", &[("Monnaie", "M\u{200d}AD\u{feff}")]).as_deref(), Ok("MAD"));
    assert_eq!(one(&folder, "quantity", &[("Quantité", "\u{200b}")]).as_deref(), Ok(""), "nothing is seen, nothing is there");
}

#[test]
fn ids_that_lost_their_zeros_get_them_back() {
    let folder = folder();
    folder.replace(SCHEMA, "\"labels\": [\"Identifiant\"]", "\"pad\": 6, \"labels\": [\"Identifiant\"]");
    let id = |id: &str| one(&folder, "record_id", &[("Identifiant", id)]);
    for (text, value) in [("4512", "004512"), ("004512", "004512"), ("٤٥١٢", "004512"), ("K-12", "K-12")] {
        assert_eq!(id(text).as_deref(), Ok(value));
    }
    assert_eq!(id("1234567"), Err("2 record_id pattern: record_id `1234567` has more than 6 digits".to_owned()));
}

#[test]
fn ids_that_a_spreadsheet_made_numbers_are_refused_with_their_evidence() {
    let lost = "was made a number by a spreadsheet, so that digits or zeros may be lost: export the column as text";
    let folder = folder();
    for text in ["4512.0", "4512,00", "4,512E+03", "4.512e3"] {
        assert_eq!(one(&folder, "record_id", &[("Identifiant", text)]), Err(format!("2 record_id spreadsheet-number: record_id `{text}` {lost}")));
        let case = one(&folder, "record_id", &[("Dossier", text)]).unwrap_err();
        assert_eq!(case, format!("2 case_number spreadsheet-number: case_number {lost}"), "a protected value is not shown");
    }
    folder.replace(SCHEMA, "\"record_id\", \"constraints\": {", "\"record_id\", \"constraints\": {\"pattern\": \"[0-9]+[.]0\", ");
    assert_eq!(one(&folder, "record_id", &[("Identifiant", "4512.0")]).as_deref(), Ok("4512.0"), "an id that is written so on purpose");
}

#[test]
fn zeros_are_put_back_in_ids_only() {
    let folder = folder();
    folder.replace(SCHEMA, "\"labels\": [\"Dossier\"]", "\"pad\": 6, \"labels\": [\"Dossier\"]");
    folder.replace(SCHEMA, "\"labels\": [\"Quantité\"]", "\"pad\": 6, \"labels\": [\"Quantité\"]");
    folder.replace(SCHEMA, "\"labels\": [\"Identifiant\"]", "\"pad\": 1, \"labels\": [\"Identifiant\"]");
    let checked = folder.rihla(&["check"]);
    snapshot("messy_text", "zeros_are_put_back_in_ids_only", "a case number, a number, and a width of one", &checked.text());
}

#[test]
fn a_column_may_have_another_name_in_another_version_of_the_form() {
    // The schema knows `Monnaie`; this office's second form says `Devise`.
    let folder = folder_with(&[("csv = {", "labels = { \"Devise\" = \"currency\" }\ncsv = {")]);
    let (old, rows) = (LABELS, extract(&[with(&[])]));
    for labels in [old.to_owned(), old.replace("Monnaie", "Devise"), old.replace("Monnaie", "currency")] {
        assert_eq!(judge(&folder, rows.replace(old, &labels)).unwrap().values("currency"), ["MAD"], "{labels}");
    }
    let both = rows.replace("Monnaie", "Monnaie;Devise").replace("MAD", "MAD;EUR");
    let refusal = judge(&folder, both).err().expect("two columns of one field");
    assert_eq!((refusal.error, refusal.message.as_str()), ("duplicate-label", "the labels `Monnaie` and `Devise` both mean `currency`"));
    assert_eq!(judge(&crate::steps::folder(), rows.replace("Monnaie", "Devise")).err().expect("another office").error, "extra-label");
}

/// Two versions of a form in which one label means two things.
const VERSIONS: &str = r#"
[[sources]]
offices = ["RAB"]
url = "in/{office}/{received}/steps-{period}.csv"
csv = { delimiter = ";" }
dates = ["%Y-%m-%d"]
datetimes = ["%Y-%m-%dT%H:%M:%SZ"]
periods = { first = "2023-02" }
labels = { "Somme" = "quantity", "Nombre" = "amount" }
"#;

#[test]
fn each_version_of_a_form_has_its_labels_and_its_periods() {
    let folder = folder_with(&[("csv = {", "periods = { last = \"2023-01\" }\nlabels = { \"Somme\" = \"amount\", \"Nombre\" = \"quantity\" }\ncsv = {")]);
    let pipeline = std::fs::read_to_string(folder.path(PIPELINE)).expect("the pipeline");
    folder.write(PIPELINE, format!("{pipeline}{VERSIONS}"));
    let labels = |text: String| text.replace("Quantité", "Nombre").replace("Montant", "Somme");
    let first = labels(extract(&[with(&[("Quantité", "2"), ("Montant", "7.50")])]));
    folder.write("in/RAB/2023-02-04/steps-2023-01.csv", first);
    let second = [("Quantité", "9.50"), ("Montant", "3"), ("Examen", "2023-02-10"), ("Modifié", "2023-02-12T09:00:00Z")];
    folder.write("in/RAB/2023-03-04/steps-2023-02.csv", labels(extract(&[with(&second)])).replace("r-0", "r-9"));
    folder.rihla(&["run"]).ok();
    let paid = folder.released("paid");
    assert_eq!((paid[0]["least"].as_f64(), paid[0]["paid"].as_f64()), (Some(7.5), Some(17.0)));
}

#[test]
fn two_sources_of_one_place_are_told_apart_by_their_periods() {
    let folder = folder();
    let pipeline = std::fs::read_to_string(folder.path(PIPELINE)).expect("the pipeline");
    let third = VERSIONS.replace("first = \"2023-02\"", "first = \"2023-06\", last = \"2023-05\"").replace("steps-{period}", "more-{period}");
    let fourth = third.replace("2023-06", "2023-Q1").replace("more-{period}", "most-{period}");
    folder.write(PIPELINE, format!("{pipeline}{VERSIONS}{third}{fourth}"));
    let checked = folder.rihla(&["check"]);
    snapshot(
        "messy_text",
        "two_sources_of_one_place_are_told_apart_by_their_periods",
        "the first source is for all periods; ends that are no months or cross",
        &checked.text(),
    );
}

#[test]
fn a_french_spreadsheet_goes_through_whole() {
    let folder = french();
    folder.replace(PIPELINE, "csv = { delimiter = \";\" }", "csv = { delimiter = \";\", encoding = \"windows-1252\" }");
    let rows = [
        french_row(&[("Montant", "1\u{a0}732,50"), ("Monnaie", "\"MAD\"")]),
        french_row(&[("Montant", "1.267,50"), ("Examen", "3 févr. 2023"), ("Quantité", "néant")]),
        french_row(&[("Montant", "1 73"), ("Né le", "31/06/1987")]),
    ];
    let trailing: String = extract(&rows).lines().map(|line| format!("{line};\r\n")).collect();
    folder.write("in/RAB/2023-02-04/steps-2023-01.csv", crate::support::windows_1252(&format!("sep=;\r\n{trailing}")));
    let ran = folder.rihla(&["run"]).ok();
    let paid = folder.released("paid");
    assert_eq!((paid.len(), paid[0]["paid"].as_f64()), (1, Some(3000.0)));
    let told = folder.rihla(&["quarantine"]).ok();
    // Two cells of the row do not fit: it may be shifted, so that none of them is shown.
    assert!(told.stdout.contains("amount is not a number: its digits do not stand in groups of three (no value shown"), "{}", told.text());
    assert_nobody(&format!("{}{}", ran.said(), told.said()));
}

#[test]
fn numbers_of_json_are_exact_whatever_the_style_of_texts() {
    let folder = folder_with(&[("csv = { delimiter = \";\" }", "json_lines = {}\nnumbers = { decimal = \",\", group = \".\" }")]);
    let amount = |number: &str| {
        let row = with(&[]);
        let cells: Vec<String> = LABELS.split(';').zip(row.split(';')).map(|(label, cell)| format!("\"{label}\": \"{cell}\"")).collect();
        let line = format!("{{{}}}", cells.join(", ")).replace("\"150.50\"", number);
        let judged = judge(&folder, line).expect("a readable line");
        judged.values("amount").into_iter().next().ok_or_else(|| judged.reasons().join("; "))
    };
    for (number, value) in
        [("150.5", "150.50"), ("1.73", "1.73"), ("\"1.732\"", "1732.00"), ("\"1.732,5\"", "1732.50"), ("1732", "1732.00"), ("1.5e3", "1500.00")]
    {
        assert_eq!(amount(number).as_deref(), Ok(value), "{number}");
    }
    assert!(amount("1.732").unwrap_err().contains("has 3 decimals"), "a number of JSON has no groups");
    assert!(amount("\"1.73\"").unwrap_err().contains("groups of three"));
    for number in ["12345678.12345678", "0.30000000000000004"] {
        assert!(amount(number).unwrap_err().contains("inexact-number"), "{number}");
    }
}
