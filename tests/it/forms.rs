//! Exports of form systems for the project `tests/data/forms`, written as the systems write them, and its judge.

use std::io::Write as _;
use std::sync::OnceLock;

use bytes::Bytes;
use chrono::{DateTime, Utc};
use rihla::project::{Project, Source, load};
use rihla::read::{Page, Refusal, read_pages};
use rihla::validate::{Context, Delivery, Formats, Validated};
use rust_xlsxwriter::Workbook;
use serde_json::Value;

use crate::support::repository;

/// The project.
pub fn project() -> &'static Project {
    static PROJECT: OnceLock<Project> = OnceLock::new();
    PROJECT.get_or_init(|| load(&repository("tests/data/forms")).expect("the project of form systems"))
}

/// How an office's extracts are read.
pub fn source(office: &str) -> &'static Source {
    project().pipelines[0].sources.iter().find(|source| source.offices.contains(office)).expect("a source of the office")
}

/// Judges a delivery of an office in its first way: how many rows were read, and what became of them.
pub fn judge_pages(office: &str, pages: &[(&str, Vec<u8>)]) -> Result<(u64, Validated), Refusal> {
    judge_as(source(office), office, pages)
}

/// Judges a delivery that is read in this way.
pub fn judge_as(source: &Source, office: &str, pages: &[(&str, Vec<u8>)]) -> Result<(u64, Validated), Refusal> {
    let contract = &*project().pipelines[0].contract;
    let received: DateTime<Utc> = "2023-07-01T00:00:00Z".parse().expect("an instant");
    let context = Context {
        contract,
        source,
        office: project().office(office).expect("the office"),
        received,
        since: project().since,
        barred: &|_| Ok(Vec::new()),
        lookups: &Default::default(),
    };
    let formats = Formats::of(source);
    let mut delivery = Delivery::new(&context, &formats);
    let pages: Vec<Page> = pages.iter().map(|(name, bytes)| Page { name: (*name).to_owned(), bytes: Bytes::copy_from_slice(bytes) }).collect();
    let rows = read_pages(&pages, source, contract, &mut |piece| delivery.push(piece))?;
    Ok((rows, delivery.finish().expect("every row is accounted for")))
}

/// The same of one file.
pub fn judge(office: &str, bytes: impl Into<Vec<u8>>) -> Result<(u64, Validated), Refusal> {
    judge_pages(office, &[("page-1.json", bytes.into())])
}

/// Rows that were set aside: row, outcome and rule of each.
pub fn aside(validated: &Validated) -> Vec<(i64, &'static str, &str)> {
    validated.aside.iter().map(|row| (row.row, row.outcome.as_str(), &*row.reasons[0].rule)).collect()
}

/// The list field of the rows to load, an item a topic: null, empty or filled.
pub fn topics(validated: &Validated) -> Vec<Option<Vec<String>>> {
    use arrow::array::{Array, AsArray};
    let lists = validated.good.columns[6].as_list::<i32>();
    let items = |row: usize| lists.value(row).as_string::<i32>().iter().map(|item| item.expect("an item").to_owned()).collect();
    (0..lists.len()).map(|row| (!lists.is_null(row)).then(|| items(row))).collect()
}

/// The text column of the rows to load with this index.
pub fn texts(validated: &Validated, field: usize) -> Vec<String> {
    use arrow::array::AsArray;
    validated.good.columns[field].as_string::<i32>().iter().map(|text| text.unwrap_or_default().to_owned()).collect()
}

/// Labels of Kobo's CSV; names of persons stand under `full_name`.
pub const KOBO: [&str; 13] = [
    "start",
    "end",
    "entretien/record_id",
    "entretien/dossier/case_number",
    "entretien/dossier/person_number",
    "entretien/full_name",
    "entretien/sex",
    "entretien/birth_date",
    "entretien/topics",
    "entretien/held_on",
    "Modifié le",
    "_validation_status",
    "_uuid",
];

/// A line of Kobo's CSV: all cells quoted, `;` between them.
pub fn kobo_line(cells: &[&str]) -> String {
    let cells: Vec<String> = cells.iter().map(|cell| format!("\"{}\"", cell.replace('"', "\"\""))).collect();
    cells.join(";") + "\n"
}

/// A record of Kobo's CSV.
pub fn kobo_record(id: &str, topics: &'static str, status: &'static str) -> Vec<String> {
    let cells = [
        "2023-01-03T09:00:00.000+01:00",
        "2023-01-03T09:30:00.000+01:00",
        id,
        &format!("CN-7770{id}"),
        "1",
        "Zineb Marqueuse",
        "F",
        "1987-06-01",
        topics,
        "2023-01-03",
        "2023-01-03T09:00:00",
        status,
        "6f1f9a1e",
    ];
    cells.map(str::to_owned).to_vec()
}

/// Kobo's CSV with further columns behind the list of topics.
pub fn kobo_csv(further: &[&str], records: &[(Vec<String>, Vec<&str>)]) -> String {
    let line = |cells: &[&str], more: &[&str]| kobo_line(&[&cells[..9], more, &cells[9..]].concat());
    let header = line(&KOBO, further);
    records.iter().fold(header, |text, (cells, more)| {
        let cells: Vec<&str> = cells.iter().map(String::as_str).collect();
        text + &line(&cells, more)
    })
}

/// A workbook of sheets; whole numbers are written as numbers, as Kobo does for `_index`.
pub fn xlsx(sheets: &[(&str, &[Vec<&str>])]) -> Vec<u8> {
    let mut book = Workbook::new();
    for (name, rows) in sheets {
        let sheet = book.add_worksheet().set_name(*name).expect("a name");
        for (row, cells) in (0_u32..).zip(rows.iter()) {
            for (column, cell) in (0_u16..).zip(cells.iter()).filter(|(_, cell)| !cell.is_empty()) {
                match cell.parse::<u32>() {
                    Ok(number) => sheet.write_number(row, column, number).expect("a number"),
                    Err(_) => sheet.write_string(row, column, *cell).expect("a text"),
                };
            }
        }
    }
    book.save_to_buffer().expect("a workbook")
}

/// The sheet of sessions as Kobo writes it, with keys and review statuses.
pub fn parents(rows: &[(&'static str, &'static str)]) -> Vec<Vec<&'static str>> {
    let header = vec!["start", "entretien/held_on", "entretien/topics", "Modifié le", "_validation_status", "_uuid", "_index"];
    let row =
        |(key, status): &(&'static str, &'static str)| vec!["2023-01-03T09:00:00", "2023-01-03", "health", "2023-01-03T09:00:00", *status, "6f1f9a1e", *key];
    std::iter::once(header).chain(rows.iter().map(row)).collect()
}

/// The sheet of persons as Kobo writes it: record, person and parent of each.
pub fn persons(rows: &[(&'static str, &'static str, &'static str)]) -> Vec<Vec<&'static str>> {
    let header = vec![
        "personnes/record_id",
        "personnes/case_number",
        "personnes/person_number",
        "personnes/full_name",
        "personnes/sex",
        "personnes/birth_date",
        "_index",
        "_parent_table_name",
        "_parent_index",
        "_submission__uuid",
    ];
    let row = |(id, number, parent): &(&'static str, &'static str, &'static str)| {
        vec![*id, "CN-77701", *number, "Zineb Marqueuse", "F", "1987-06-01", "7", "Entretiens", *parent, "6f1f9a1e"]
    };
    std::iter::once(header).chain(rows.iter().map(row)).collect()
}

/// A ZIP archive of texts.
pub fn zip(files: &[(&str, &str)]) -> Vec<u8> {
    let mut archive = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for (name, text) in files {
        archive.start_file(*name, zip::write::SimpleFileOptions::default()).expect("a file");
        archive.write_all(text.as_bytes()).expect("bytes");
    }
    archive.finish().expect("an archive").into_inner()
}

/// ODK Central's file of submissions: key, topics as a list and as columns, review.
pub fn odk_main(rows: &[(&str, &str, [&str; 2], &str)]) -> String {
    let header = "SubmissionDate,seance-held_on,seance-topics,seance-topics/health,seance-topics/documents,changed_at,KEY,SubmitterName,ReviewState\n";
    rows.iter().fold(header.to_owned(), |text, (key, topics, [health, documents], review)| {
        text + &format!("2023-01-03T10:00:00.000Z,2023-01-03,{topics},{health},{documents},2023-01-03T09:00:00.000Z,{key},Marqueuse,{review}\n")
    })
}

/// ODK Central's file of persons: number, parent and position of each.
pub fn odk_persons(rows: &[(&str, &str)]) -> String {
    let header = "case_number,person_number,full_name,sex,birth_date,PARENT_KEY,KEY\n";
    (1..).zip(rows).fold(header.to_owned(), |text, (position, (number, parent))| {
        text + &format!("CN-77702,{number},Ali Marqueuse,M,1987-06-02,{parent},{parent}/personnes[{position}]\n")
    })
}

/// A record of Kobo's API.
pub fn kobo_json(id: &str, topics: &str, status: Value) -> Value {
    serde_json::json!({
        "_id": 1,
        "_uuid": "6f1f9a1e",
        "_attachments": [],
        "_geolocation": [null, null],
        "_validation_status": status,
        "entretien/record_id": id,
        "entretien/case_number": format!("CN-7771{id}"),
        "entretien/person_number": "1",
        "entretien/full_name": "Awa Marqueuse",
        "entretien/sex": "F",
        "entretien/birth_date": "1987-06-03",
        "entretien/topics": topics,
        "entretien/held_on": "2023-01-10",
        "Modifié le": "2023-01-10T09:00:00Z",
    })
}

/// A page of Kobo's API.
pub fn page(count: u64, next: Option<&str>, records: &[Value]) -> Vec<u8> {
    serde_json::json!({"count": count, "next": next, "previous": null, "results": records}).to_string().into_bytes()
}
