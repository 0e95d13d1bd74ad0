//! Exports of form systems read: labels in groups, choices, reviews, repeat groups, archives, JSON documents, HXL tags.

use serde_json::{Value, json};

use crate::forms::{
    aside, judge, judge_as, judge_pages, kobo_csv, kobo_json, kobo_record, odk_main, odk_persons, page, parents, persons, project, texts, topics, xlsx, zip,
};
use crate::support::assert_nobody;

const CHOICES: [&str; 3] = ["entretien/topics/documents", "entretien/topics/health", "entretien/topics/schooling"];

#[track_caller]
fn refused(office: &str, bytes: impl Into<Vec<u8>>, words: &str) {
    let refusal = judge(office, bytes).err().expect("a refusal");
    assert!(format!("{}: {refusal}", refusal.error).contains(words), "{}: {refusal}", refusal.error);
    assert_nobody(&refusal.message);
}

fn list(items: &[&str]) -> Option<Vec<String>> {
    Some(items.iter().map(|item| (*item).to_owned()).collect())
}

#[test]
fn labels_are_known_whole_or_by_their_ending() {
    let (read, validated) = judge("AGA", kobo_csv(&[], &[(kobo_record("1", "health", "Approved"), vec![])])).unwrap();
    assert_eq!((read, validated.good.len()), (1, 1), "{:?}", validated.aside);
    assert_eq!(texts(&validated, 0), ["1"]);
}

#[test]
fn two_labels_of_one_ending_are_refused() {
    let text = kobo_csv(&["conjoint/sex"], &[(kobo_record("1", "health", ""), vec!["M"])]);
    refused("AGA", text, "duplicate-label: the labels `entretien/sex` and `conjoint/sex` both mean `sex`");
}

#[test]
fn an_unknown_label_is_refused_whatever_is_ignored() {
    refused("AGA", kobo_csv(&["entretien/telephone"], &[(kobo_record("1", "", ""), vec!["+212"])]), "extra-label: the label of column 10 is not known");
    let (_, validated) = judge("AGA", kobo_csv(&["meta/instanceID"], &[(kobo_record("1", "", ""), vec!["uuid:1"])])).unwrap();
    assert_eq!(validated.good.len(), 1);
    let (_, validated) = judge("AGA", kobo_csv(&["meta/sex"], &[(kobo_record("1", "", ""), vec!["M"])])).unwrap();
    assert_eq!((validated.good.len(), texts(&validated, 4)), (1, vec!["F".to_owned()]), "what is ignored is no other column's rival");
}

#[test]
fn choices_stand_in_a_list_or_in_columns_or_in_both() {
    let alone = judge("AGA", kobo_csv(&[], &[(kobo_record("1", "health documents", ""), vec![])])).unwrap().1;
    assert_eq!(topics(&alone), [list(&["health", "documents"])]);
    let both = judge("AGA", kobo_csv(&CHOICES, &[(kobo_record("1", "health documents", ""), vec!["1", "1", "0"])])).unwrap().1;
    assert_eq!(topics(&both), [list(&["health", "documents"])]);
    let marks = |marks: [&'static str; 3]| (kobo_record("1", "", ""), marks.to_vec());
    for (row, expected) in [
        (marks(["1", "0", "1"]), list(&["documents", "schooling"])),
        (marks(["True", "non", ""]), list(&["documents"])),
        (marks(["0", "0", "0"]), list(&[])),
        (marks(["", "", ""]), None),
        (marks(["-", "oui", "-"]), list(&["health"])),
    ] {
        let text = kobo_csv(&CHOICES, &[row]);
        // The columns of the choices stand in place of the list.
        let alone = text.replace("\"entretien/topics\";", "").replace("\"1987-06-01\";\"\";", "\"1987-06-01\";");
        for text in [&text, &alone, &text.replace("entretien/topics/", "Sujets abordés.")] {
            let (_, validated) = judge("AGA", text.as_str()).unwrap();
            assert_eq!(topics(&validated), std::slice::from_ref(&expected), "{text}: {:?}", validated.aside);
        }
    }
}

#[test]
fn choices_that_contradict_their_list_are_quarantined() {
    let rows = [
        (kobo_record("1", "health", ""), vec!["0", "1", "0"]),
        (kobo_record("2", "health schooling", ""), vec!["1", "1", "0"]),
        (kobo_record("3", "health", ""), vec!["", "", ""]),
        (kobo_record("4", "", ""), vec!["maybe", "1", "0"]),
        (kobo_record("5", "", ""), vec!["1", "0", "0"]),
    ];
    let (read, validated) = judge("AGA", kobo_csv(&CHOICES, &rows)).unwrap();
    assert_eq!((read, texts(&validated, 0)), (5, vec!["1".to_owned(), "5".to_owned()]));
    assert_eq!(aside(&validated), [(3, "quarantined", "choices"), (4, "quarantined", "choices"), (5, "quarantined", "choice")]);
    let reason = &validated.aside[0].reasons[0];
    assert_eq!(reason.field.as_deref(), Some("topics"));
    assert!(reason.message.ends_with("only in the list `schooling`, only in the columns `documents`"), "{}", reason.message);
    assert!(rihla::validate::RULES.contains(&("constraint-error", "choices")) && rihla::validate::RULES.contains(&("type-error", "choice")));
}

#[test]
fn a_list_with_what_is_no_code_is_told_as_such() {
    let (_, validated) = judge("AGA", kobo_csv(&CHOICES, &[(kobo_record("1", "helth", ""), vec!["0", "1", "0"])])).unwrap();
    assert_eq!(aside(&validated), [(2, "quarantined", "codes")]);
}

#[test]
fn a_choice_that_is_no_code_is_an_unknown_label() {
    refused("AGA", kobo_csv(&["entretien/topics/other"], &[(kobo_record("1", "", ""), vec!["1"])]), "extra-label");
    refused("AGA", kobo_csv(&["a/topics/health", "b/topics/documents"], &[(kobo_record("1", "", ""), vec!["1", "1"])]), "under two names");
}

#[test]
fn the_offices_review_excludes() {
    let statuses = ["Approved", "Not Approved", "", "on hold", "NOT APPROVED"];
    let rows: Vec<_> = statuses.into_iter().zip(["1", "2", "3", "4", "5"]).map(|(status, id)| (kobo_record(id, "", status), vec![])).collect();
    let (read, validated) = judge("AGA", kobo_csv(&[], &rows)).unwrap();
    assert_eq!((read, texts(&validated, 0).join(" ")), (5, "1 3 4".to_owned()));
    assert_eq!(aside(&validated), [(3, "excluded", "rejected-row"), (6, "excluded", "rejected-row")]);
}

#[test]
fn an_unknown_review_status_refuses_the_delivery() {
    let with = |status| kobo_csv(&[], &[(kobo_record("1", "", ""), vec![]), (kobo_record("2", "", status), vec![])]);
    refused("AGA", with("Aproved"), "review-error: 1 rows, the first of them row 3, have a review status");
    refused("AGA", with("Aproved"), "nearly `approved`");
    let refusal = judge("AGA", with("Zineb Marqueuse")).err().expect("a refusal");
    assert_nobody(&refusal.message);
    refused("AGA", with("").replace("_validation_status", "_notes"), "missing-label: there is no column `_validation_status`");
}

#[test]
fn persons_of_a_repeat_sheet_have_their_parents_columns() {
    let book = xlsx(&[
        ("Entretiens", &parents(&[("1", "Approved"), ("2", ""), ("3", "Not Approved")])),
        ("personnes", &persons(&[("a", "1", "1"), ("b", "2", "1"), ("c", "1", "2"), ("d", "1", "3")])),
    ]);
    let (read, validated) = judge("TNG", book).unwrap();
    assert_eq!((read, texts(&validated, 0).join(" "), validated.good.rows.clone()), (4, "a b c".to_owned(), vec![2, 3, 4]), "{:?}", validated.aside);
    assert_eq!(topics(&validated), [list(&["health"]), list(&["health"]), list(&["health"])]);
    assert!(validated.good.sheets.iter().all(|sheet| sheet.as_deref() == Some("personnes")));
    assert_eq!(aside(&validated), [(5, "excluded", "rejected-row")]);
}

#[test]
fn nobody_of_a_repeat_group_is_lost() {
    let book = xlsx(&[
        ("Entretiens", &parents(&[("1", ""), ("2", ""), ("3", "Not Approved"), ("", "")])),
        ("personnes", &persons(&[("a", "1", "1"), ("b", "2", "9"), ("c", "1", "")])),
    ]);
    let (read, validated) = judge("TNG", book).unwrap();
    assert_eq!((read, validated.good.len()), (6, 1));
    let places: Vec<_> = validated.aside.iter().map(|row| (row.sheet.as_deref().unwrap_or(""), row.row, row.outcome.as_str(), &*row.reasons[0].rule)).collect();
    let mut sorted = places.clone();
    sorted.sort_unstable();
    let expected = [
        ("Entretiens", 3, "quarantined", "no-repetition"),
        ("Entretiens", 4, "excluded", "rejected-row"),
        ("Entretiens", 5, "quarantined", "no-repetition"),
        ("personnes", 3, "quarantined", "no-parent"),
        ("personnes", 4, "quarantined", "no-parent"),
    ];
    assert_eq!(sorted, expected);
}

#[test]
fn a_link_that_cannot_be_told_refuses_the_delivery() {
    let book = |rows: &[(&'static str, &'static str)], people: &[Vec<&'static str>]| xlsx(&[("Entretiens", &parents(rows)), ("personnes", people)]);
    refused("TNG", book(&[("1", ""), ("1", "")], &persons(&[("a", "1", "1")])), "primary-key: rows 2 and 3 of Entretiens have one key");
    let mut people = persons(&[("a", "1", "1")]);
    people[0][8] = "_parent";
    refused("TNG", book(&[("1", "")], &people), "missing-label: personnes has no column `_parent_index`");
    refused(
        "TNG",
        xlsx(&[("Entretiens", &parents(&[("1", "")])), ("enfants", &persons(&[]))]),
        "source-error: of the 2 sheets of the workbook 0 are `personnes`",
    );
}

#[test]
fn tags_beside_a_repeat_group_are_no_person() {
    let mut people = persons(&[("a", "1", "1")]);
    people.insert(1, vec!["#meta+id", "", "", "#contact+name", "#meta+sex"]);
    refused("TNG", xlsx(&[("Entretiens", &parents(&[("1", "")])), ("personnes", &people)]), "format-error: this extract has an HXL row");
}

const ROWS: [(&str, &str, [&str; 2], &str); 2] = [("uuid:1", "health", ["1", "0"], "approved"), ("uuid:2", "", ["0", "0"], "")];

#[test]
fn an_archive_of_csv_is_read_with_its_repeat_group() {
    let persons = odk_persons(&[("1", "uuid:1"), ("2", "uuid:1"), ("1", "uuid:2"), ("3", "uuid:8")]);
    let archive = zip(&[("sessions.csv", &odk_main(&ROWS)), ("sessions-personnes.csv", &persons), ("media/1.jpg", "x")]);
    let (read, validated) = judge("LAA", archive).unwrap();
    assert_eq!(read, 4);
    assert_eq!(texts(&validated, 0), ["uuid:1/personnes[1]", "uuid:1/personnes[2]", "uuid:2/personnes[3]"], "{:?}", validated.aside);
    assert_eq!(topics(&validated), [list(&["health"]), list(&["health"]), list(&[])]);
    assert_eq!(aside(&validated), [(5, "quarantined", "no-parent")]);
    assert_eq!(validated.aside[0].sheet.as_deref(), Some("sessions-personnes.csv"));
}

#[test]
fn a_contradiction_of_a_parent_quarantines_each_of_its_persons() {
    let archive = zip(&[
        ("sessions.csv", &odk_main(&[("uuid:1", "health", ["0", "1"], "")])),
        ("sessions-personnes.csv", &odk_persons(&[("1", "uuid:1"), ("2", "uuid:1")])),
    ]);
    let (read, validated) = judge("LAA", archive).unwrap();
    assert_eq!((read, aside(&validated)), (2, vec![(2, "quarantined", "choices"), (3, "quarantined", "choices")]));
}

#[test]
fn a_shifted_parent_takes_its_persons_with_it() {
    let main = odk_main(&ROWS).replace("2023-01-03,health", "2023-01-03,Marqueuse,health");
    let archive = zip(&[("sessions.csv", &main), ("sessions-personnes.csv", &odk_persons(&[("1", "uuid:2"), ("2", "uuid:1")]))]);
    let (read, validated) = judge("LAA", archive).unwrap();
    // The key of the shifted parent stands elsewhere, so that its person has none and it has no person.
    assert_eq!(read, 3);
    let rules: Vec<_> = validated.aside.iter().map(|row| &*row.reasons[0].rule).collect();
    assert_eq!((validated.good.len(), rules.contains(&"no-parent"), rules.contains(&"no-repetition")), (1, true, true));
    validated.aside.iter().for_each(|row| assert_nobody(&row.reasons[0].message));
}

#[test]
fn archives_that_are_none_or_lack_a_file_are_refused() {
    refused("LAA", "case_number,sex\n", "format-error: this is no ZIP archive");
    refused("LAA", zip(&[("sessions.csv", &odk_main(&ROWS))]), "source-error: of the 1 files of the archive 0 are `sessions-personnes.csv`");
    refused("LAA", zip(&[("sessions.csv", ""), ("sessions-personnes.csv", "")]), "source-error: `sessions.csv` is empty");
    let whole = zip(&[("sessions.csv", &odk_main(&ROWS)), ("sessions-personnes.csv", &odk_persons(&[]))]);
    refused("LAA", &whole[..whole.len() / 2], "source-error: the ZIP archive is cut off or damaged");
}

#[test]
fn json_pages_are_followed_by_their_names() {
    let one = page(
        3,
        Some("page-2.json"),
        &[kobo_json("1", "health schooling", json!({})), kobo_json("2", "", json!({"uid": "validation_status_not_approved", "label": "Not approved"}))],
    );
    let two = page(3, None, &[kobo_json("3", "health", json!({"label": "validation_status_approved"}))]);
    let (read, validated) = judge_pages("RAB", &[("page-1.json", one), ("page-2.json", two)]).unwrap();
    assert_eq!((read, texts(&validated, 0).join(" "), validated.good.rows.clone()), (3, "1 3".to_owned(), vec![1, 3]));
    assert_eq!(topics(&validated), [list(&["health", "schooling"]), list(&["health"])]);
    assert_eq!(aside(&validated), [(2, "excluded", "rejected-row")]);
    let pages: Vec<_> = validated.good.sheets.iter().map(|sheet| sheet.as_deref().unwrap_or("")).collect();
    assert_eq!(pages, ["page-1.json", "page-2.json"]);
}

#[test]
fn pages_that_lack_repeat_or_lead_away_refuse_the_delivery() {
    let record = |id| vec![kobo_json(id, "", json!({}))];
    let page_of = |count, next: Option<&str>, id| page(count, next, &record(id));
    let refuse = |pages: &[(&str, Vec<u8>)], words: &str| {
        let refusal = judge_pages("RAB", pages).err().expect("a refusal");
        assert!(refusal.error == "page-error" && refusal.message.contains(words), "{}: {refusal}", refusal.error);
    };
    refuse(&[("page-1.json", page_of(2, Some("page-2.json"), "1"))], "that is not there");
    refuse(&[("page-1.json", page_of(1, None, "1")), ("page-2.json", page_of(1, None, "2"))], "no page names page-2.json");
    refuse(&[("page-1.json", page_of(2, Some("page-2.json"), "1")), ("page-2.json", page_of(2, Some("page-1.json"), "2"))], "read already");
    refuse(&[("page-1.json", page_of(2, Some("page-1.json"), "1"))], "read already");
    refuse(&[("page-1.json", page_of(2, None, "1"))], "there are 1 records, but 2 are announced");
    refuse(&[("page-1.json", page_of(2, Some("page-2.json"), "1")), ("page-2.json", page_of(3, None, "2"))], "a page before it 2");
    for next in ["https://kobo.example/page-2.json", "../2023-02-05/page-2.json", "/page-2.json", "page-2.json?start=1", "..\\page-2.json"] {
        refuse(&[("page-1.json", page_of(2, Some(next), "1")), ("page-2.json", page_of(2, None, "2"))], "outside its folder");
    }
    refuse(&[("page-1.json", json!({"results": record("1")}).to_string().into_bytes())], "has no `next`");
    refuse(&[("page-1.json", json!({"count": "1", "next": null, "results": record("1")}).to_string().into_bytes())], "does not say how many records");
    let (read, _) = judge_pages("RAB", &[("page-1.json", page(0, None, &[]))]).unwrap();
    assert_eq!(read, 0, "a report of nobody is a report");
}

#[test]
fn documents_of_another_shape_are_refused() {
    let records = [kobo_json("1", "", json!({}))];
    refused("RAB", json!(records).to_string(), "format-error: page-1.json is a list");
    refused("OUJ", page(1, None, &[]), "format-error: the file is an object, not a list of records: say `json = { records");
    refused("RAB", r#"{"next": null, "results": [], "results": []}"#, "format-error: page-1.json holds `results` 2 times");
    refused("RAB", "{\"next\": null,\n\"results\": [{]}", "source-error: page-1.json is not JSON from line 2");
    refused("RAB", r#"{"next": null, "results": ["Zineb Marqueuse"]}"#, "source-error: page-1.json, record 1 is no JSON object");
    let twice = json!(records).to_string().replacen("\"entretien/sex\":\"F\"", "\"entretien/sex\":\"F\",\"conjoint/sex\":\"M\"", 1);
    refused("RAB", format!(r#"{{"next": null, "results": {twice}}}"#), "duplicate-label: page-1.json, record 1: the keys `entretien/sex` and `conjoint/sex`");
    let object = json!({"next": null, "results": [kobo_json("1", "", json!({"label": 1}))]});
    refused("RAB", object.to_string(), "review-error");
}

#[test]
fn persons_within_their_record_are_rows() {
    let nested = |id: &str, people: Value, status: Value| {
        let Value::Object(mut record) = kobo_json(id, "health", status) else { unreachable!("an object") };
        let own: Vec<String> = record
            .keys()
            .filter(|key| ["record_id", "case_number", "person_number", "full_name", "sex", "birth_date"].iter().any(|own| key.ends_with(own)))
            .cloned()
            .collect();
        own.iter().chain(["_id", "_attachments", "_geolocation"].map(str::to_owned).iter()).for_each(|key| {
            record.shift_remove(key);
        });
        record.insert("entretien/personnes".to_owned(), people);
        Value::Object(record)
    };
    let person = |id: &str| json!({"personnes/record_id": id, "personnes/case_number": "CN-77701", "personnes/person_number": 1, "personnes/full_name": "Awa Marqueuse", "personnes/sex": "F", "personnes/birth_date": "1987-06-03"});
    let accepted = json!({"uid": "validation_status_approved"});
    let rejected = json!({"uid": "validation_status_not_approved"});
    let records = json!([
        nested("1", json!([person("a"), person("b")]), accepted.clone()),
        nested("2", json!([]), accepted.clone()),
        nested("3", json!([person("c")]), rejected.clone()),
        nested("4", Value::Null, rejected),
        nested("5", json!([person("d")]), json!({})),
    ]);
    let (read, validated) = judge("OUJ", records.to_string()).unwrap();
    assert_eq!((read, texts(&validated, 0).join(" "), validated.good.rows.clone()), (6, "a b d".to_owned(), vec![1, 2, 6]), "{:?}", validated.aside);
    assert_eq!(aside(&validated), [(3, "quarantined", "no-repetition"), (4, "excluded", "rejected-row"), (5, "excluded", "rejected-row")]);
    refused("OUJ", json!([nested("1", json!("Zineb Marqueuse"), accepted.clone())]).to_string(), "`personnes` is no list of repetitions");
    let both = json!([nested("1", json!([{"held_on": "2023-01-01"}]), accepted)]);
    refused("OUJ", both.to_string(), "duplicate-label");
}

const HXL: &str = "Identifiant,N° de dossier,N° personne,Nom complet,Sexe,Date de naissance,Thèmes,Quand,Modifié le\n";
const TAGS: &str = "#meta+id,,,#contact +name,#meta+sex,,#subject+list,#date+session+START,#date+changed\n";
const ROW: &str = "r-1,CN-77701,1,Zineb Marqueuse,F,1987-06-01,health|documents,2023-01-03,2023-01-03T09:00:00Z\n";

#[test]
fn columns_are_told_by_their_hxl_tag() {
    let (read, validated) = judge("CAS", format!("{HXL}{TAGS}{ROW}")).unwrap();
    assert_eq!((read, validated.good.rows.clone(), topics(&validated)), (1, vec![3], vec![list(&["health", "documents"])]), "{:?}", validated.aside);
    let (read, _) = judge("CAS", format!("{HXL}{TAGS}")).unwrap();
    assert_eq!(read, 0, "the row of tags is no record");
}

#[test]
fn columns_of_a_workbook_are_told_by_their_hxl_tag() {
    let line = |text: &'static str| text.trim_end().split(',').collect::<Vec<_>>();
    let (read, validated) = judge("MRK", xlsx(&[("Feuil1", &[line(HXL), line(TAGS), line(ROW)])])).unwrap();
    assert_eq!((read, validated.good.rows.clone(), texts(&validated, 4)), (1, vec![3], vec!["F".to_owned()]), "{:?}", validated.aside);
    refused("MRK", xlsx(&[("Feuil1", &[line(HXL), line(ROW)])]), "format-error: the source says `hxl = true`");
}

#[test]
fn a_document_may_hold_its_records_and_an_archive_one_file() {
    let sources: Vec<_> = project().pipelines[0].sources.iter().filter(|source| source.offices.contains("BER")).collect();
    let Value::Object(mut record) = kobo_json("1", "health", json!({})) else { unreachable!("an object") };
    record.retain(|key, _| !key.starts_with('_'));
    let document = |next: Value| vec![("sessions.json", json!({"next": next, "value": [record]}).to_string().into_bytes())];
    assert_eq!(judge_as(sources[0], "BER", &document(Value::Null)).unwrap().1.good.len(), 1);
    let refusal = judge_as(sources[0], "BER", &document(json!("page-2.json"))).err().expect("further pages");
    assert!(refusal.error == "page-error" && refusal.message.contains("say `next = \"next\"`"), "{refusal}");

    let csv = format!("{}{ROW}", HXL.replace("Nom complet", "full_name").replace("Thèmes", "topics").replace("Quand", "held_on"));
    let archive = |files: &[(&str, &str)]| vec![("sessions.zip", zip(files))];
    let (read, validated) = judge_as(sources[1], "BER", &archive(&[("export/janvier.csv", &csv), ("media/1.jpg", "x")])).unwrap();
    assert_eq!((read, validated.good.sheets[0].as_deref()), (1, Some("export/janvier.csv")));
    let refusal = judge_as(sources[1], "BER", &archive(&[("a.csv", &csv), ("b.csv", &csv)])).err().expect("two files");
    assert!(refusal.message.contains("2 are `*.csv`, not one"), "{refusal}");
}

#[test]
fn tags_that_are_missing_or_contradict_refuse_the_delivery() {
    refused("CAS", format!("{HXL}{ROW}"), "format-error: the source says `hxl = true`, but the row under the header holds no tags");
    refused("CAS", HXL, "nothing stands under the header");
    refused("CAS", format!("{HXL}{}{ROW}", TAGS.replace("#meta+sex", "#date+changed")), "its tag means `changed_at`, its label `sex`");
    refused("CAS", format!("{HXL}{}{ROW}", TAGS.replace("#subject+list", "#subject+other")), "extra-label: the label of column 7 is not known");
    refused("CAS", format!("{HXL}{}{ROW}", TAGS.replace("#subject+list", "#date+session+start")), "duplicate-label");
}

#[test]
fn tags_that_were_not_announced_are_no_record() {
    let tags = crate::forms::kobo_line(&["", "", "#meta+id", "#meta+case", "", "#contact+name", "#meta+sex", "", "", "#date", "", "", ""]);
    let text = kobo_csv(&[], &[(kobo_record("1", "", ""), vec![])]);
    let (header, rest) = text.split_once('\n').expect("a header");
    refused("AGA", format!("{header}\n{tags}{rest}"), "format-error: this extract has an HXL row: say `hxl = true`");
}
