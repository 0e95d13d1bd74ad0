//! What must hold of every reader for any bytes: it never panics, and no row is lost.

use std::fmt::Write as _;
use std::sync::{Arc, OnceLock};

use bytes::Bytes;
use chrono::{DateTime, Utc};
use proptest::prelude::*;
use rihla::project::{Project, Source, load};
use rihla::read::{Piece, Refusal, read};
use rihla::validate::{Context, Delivery, Formats, Validated};

use crate::support::{LABELS, repository};

fn project() -> &'static Project {
    static PROJECT: OnceLock<Project> = OnceLock::new();
    PROJECT.get_or_init(|| load(&repository("tests/data/small")).expect("the small project"))
}

/// The source and office of one habit: 0 comma CSV, 1 Windows-1252 CSV, 2 workbook, 3 JSON lines.
fn habit(index: usize) -> (&'static Source, &'static str) {
    let source = &project().pipelines[0].sources[index];
    (source, source.offices.first().expect("an office").as_str())
}

fn judge(index: usize, bytes: &[u8]) -> Result<(u64, Validated), Refusal> {
    let (source, office) = habit(index);
    let contract = &*project().pipelines[0].contract;
    let office = project().office(office).expect("the office");
    let received: DateTime<Utc> = "2023-07-01T00:00:00Z".parse().expect("an instant");
    let context = Context { contract, source, office, received, since: project().since, barred: &|_| Ok(Vec::new()), lookups: &Default::default() };
    let formats = Formats::of(source);
    let mut delivery = Delivery::new(&context, &formats);
    let rows = read(&Bytes::copy_from_slice(bytes), source, contract, &mut |piece| delivery.push(piece))?;
    Ok((rows, delivery.finish().expect("every row is accounted for")))
}

/// Rows read are rows to load and rows set aside, each once, each with a reason.
fn conserved(read: u64, validated: &Validated) {
    assert_eq!(read, (validated.good.len() + validated.aside.len()) as u64);
    assert!(validated.aside.iter().all(|row| !row.reasons.is_empty()));
    let mut places: Vec<i64> = validated.good.rows.iter().copied().chain(validated.aside.iter().map(|row| row.row)).collect();
    places.sort_unstable();
    let count = places.len();
    places.dedup();
    assert_eq!(places.len(), count, "two outcomes for one row");
}

/// A cell as offices write it, or worse.
fn cell() -> impl Strategy<Value = String> {
    prop_oneof![
        Just(String::new()),
        Just("MAR".to_owned()),
        Just("2023-01-20".to_owned()),
        Just("31/02/2023".to_owned()),
        Just("2023-02-01T10:00:00Z".to_owned()),
        Just("MA-RAB-000001".to_owned()),
        Just("1".to_owned()),
        "[ -~]{0,12}",
        "\\PC{0,6}",
        Just("a\nb".to_owned()),
        Just("\"".to_owned()),
    ]
}

/// A cell of numbers, dates and ids, nearly as French and Arabic spreadsheets write them.
fn figure() -> impl Strategy<Value = String> {
    let sign = prop::sample::select(vec!["", "-", "+", "−", "\u{200f}"]);
    let part = prop::sample::select(vec![
        "1", "12", "732", "000", "٧٣٢", "۷", " ", "\u{a0}", "\u{202f}", ".", ",", "٬", "٫", "/", "févr.", "mars", "غشت", "er", "E+", ":", "2023", "-", "’",
        "e\u{301}", "\u{feff}",
    ]);
    prop_oneof![(sign, prop::collection::vec(part, 0..8)).prop_map(|(sign, parts)| format!("{sign}{}", parts.concat())), cell(), "[0-9]{1,30}", "\\PC{0,20}"]
}

/// The feed of exact numbers in the habit of a French spreadsheet, in UTF-8 and in UTF-16.
fn steps(is_wide: bool) -> &'static Project {
    static PROJECTS: OnceLock<[Project; 2]> = OnceLock::new();
    let projects = PROJECTS.get_or_init(|| {
        let narrow = crate::messy_text::french();
        let wide = crate::messy_text::french();
        wide.replace(crate::steps::PIPELINE, "csv = { delimiter = \";\" }", "csv = { delimiter = \";\", encoding = \"utf-16\" }");
        [&narrow, &wide].map(|folder| load(&folder.path("")).expect("a project in order"))
    });
    &projects[usize::from(is_wide)]
}

/// A row of about as many cells as there are labels.
fn row() -> impl Strategy<Value = Vec<String>> {
    let labels = LABELS.len();
    prop::collection::vec(cell(), labels.saturating_sub(1)..=labels + 1)
}

/// A row as it is written, of about as many cells as there are labels: quoted and plain ones, long ones among them.
fn written_row() -> impl Strategy<Value = String> {
    let written = prop_oneof![
        6 => "[!#-+.-~é]{0,8}",
        1 => "[ é\u{a0}]{0,2}",
        2 => cell().prop_map(|cell| quoted(&[cell])),
        1 => (32_760_usize..32_780).prop_map(|length| "é".repeat(length)),
    ];
    prop::collection::vec(written, LABELS.len() - 1..=LABELS.len() + 1).prop_map(|cells| cells.join(","))
}

/// Cells of the small project's feed as machines write them, in the order of its labels; now and then another's, or none.
fn machine_row() -> impl Strategy<Value = Vec<String>> {
    let words = |words: &'static [&str]| prop::sample::select(words).prop_map(str::to_owned).boxed();
    let cells: [BoxedStrategy<String>; LABELS.len()] = [
        "[0-9]{1,18}".boxed(),
        "MA-RAB-[0-9]{6}".boxed(),
        "[1-9][0-9]{0,3}".boxed(),
        "[A-Z]{2}".boxed(),
        words(&["M", "F"]),
        "(19|20)[0-9]{2}-0[1-9]-[0-2][0-9]".boxed(),
        words(&["MAR", "SEN"]),
        "2023-0[1-4]-[0-3][0-9]".boxed(),
        "2023-0[1-6]-[0-2]1T10:00:00Z".boxed(),
    ];
    let nearly = prop_oneof![
        "-?[0-9]{0,3}[.E]?[0-9]{0,2}",
        "[Mm]A[- ]?[A-Z]{2}[A-Za]-?[0-9:]{5,7}",
        "[0-9]{4}[-/.][0-9]{2}[-/:][0-9]{1,2}",
        words(&["-", "#N/A", "", "2023-02-01T10:00:60Z"]),
    ];
    let nearly = nearly.boxed();
    cells.map(|cell| prop_oneof![20 => cell, 1 => nearly.clone()]).to_vec()
}

/// The values of a text's rows, and what is held against the others. Behind its rows stands text, so that none is the last.
fn values(rows: &[Vec<String>], around: &str) -> (Vec<String>, Vec<String>) {
    let line = |cells: &Vec<String>| cells.iter().map(|cell| format!("{around}{cell}{around}")).collect::<Vec<_>>().join(",");
    let lines: Vec<String> = std::iter::once(LABELS.join(",")).chain(rows.iter().map(line)).collect();
    let (_, validated) = judge(0, format!("{}\n{}", lines.join("\n"), "\n".repeat(40)).as_bytes()).expect("a readable extract");
    let good = validated.good.columns.iter().map(|column| format!("{column:?}")).chain([format!("{:?}", validated.good.rows)]);
    let aside = validated.aside.iter().map(|row| format!("{} {:?} {:?}", row.row, row.outcome, row.reasons));
    (good.collect(), aside.collect())
}

/// The small project, in which a row of each source may be a total.
fn looked_at() -> &'static Project {
    static PROJECT: OnceLock<Project> = OnceLock::new();
    PROJECT.get_or_init(|| {
        let mut project = load(&repository("tests/data/small")).expect("the small project");
        for source in project.pipelines.iter_mut().flat_map(|pipeline| &mut pipeline.sources) {
            Arc::get_mut(source).expect("nobody else's").total_rows.insert("no cell is this".to_owned());
        }
        project
    })
}

/// What the reader hands on of a text: each row's number with its cells, or with why it is set aside; in the end how many, or
/// why none.
fn pieces(source: &Source, text: &str) -> (Vec<(i64, String)>, Result<u64, Refusal>) {
    let mut rows = Vec::new();
    let read = read(&Bytes::copy_from_slice(text.as_bytes()), source, &project().pipelines[0].contract, &mut |piece| match piece {
        Piece::Rows(batch) => {
            let cells = |row: usize| batch.columns.iter().map(|cells| cells.map(|cells| cells.get(row))).collect::<Vec<_>>();
            rows.extend(batch.rows.iter().enumerate().map(|(row, number)| (*number, format!("{:?}", cells(row)))));
        }
        Piece::Aside(row) => rows.push((row.row, format!("{:?}", row.why))),
        Piece::Drift(drift) => rows.push((0, format!("{drift:?}"))),
    });
    // Rows that are set aside come before those that wait for others.
    rows.sort();
    (rows, read)
}

fn quoted(cells: &[String]) -> String {
    quoted_by(cells, ",")
}

fn quoted_by(cells: &[String], separator: &str) -> String {
    let cells: Vec<String> = cells.iter().map(|cell| format!("\"{}\"", cell.replace('"', "\"\""))).collect();
    cells.join(separator)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    /// A CSV that is well quoted: as many rows are read as were written, blank ones left out.
    #[test]
    fn every_row_of_a_csv_has_one_outcome(rows in prop::collection::vec(row(), 0..20)) {
        let mut text = LABELS.join(",");
        for cells in &rows {
            let _ = write!(text, "\n{}", quoted(cells));
        }
        let (read, validated) = judge(0, text.as_bytes()).expect("a readable extract");
        let written = rows.iter().filter(|cells| cells.iter().any(|cell| !cell.trim().is_empty())).count();
        prop_assert_eq!(read, written as u64);
        conserved(read, &validated);
    }

    /// Rows of which only the places of cells are noted, and the same where every row is looked at, since it may be a total.
    #[test]
    fn rows_are_the_same_whether_they_are_looked_at_or_not(rows in prop::collection::vec(written_row(), 0..20), end in prop::sample::select(vec!["\n", "\r\n", "\r", "\n\n"])) {
        let text = std::iter::once(LABELS.join(",")).chain(rows).collect::<Vec<_>>().join(end);
        prop_assert_eq!(pieces(&project().pipelines[0].sources[0], &text), pieces(&looked_at().pipelines[0].sources[0], &text));
    }

    /// Cells that are taken as they stand, and the same cells with white space around them, which are looked at closely.
    #[test]
    fn values_are_the_same_whether_cells_are_taken_as_they_stand_or_not(rows in prop::collection::vec(machine_row(), 1..12)) {
        prop_assert_eq!(values(&rows, ""), values(&rows, " "));
    }

    /// JSON lines of any values under known keys.
    #[test]
    fn every_json_line_has_one_outcome(rows in prop::collection::vec(prop::collection::vec(cell(), LABELS.len()), 1..20)) {
        let lines: Vec<String> = rows.iter().map(|cells| {
            let object: serde_json::Map<String, serde_json::Value> = LABELS.iter().map(|label| (*label).to_owned()).zip(cells.iter().map(|cell| cell.as_str().into())).collect();
            serde_json::Value::Object(object).to_string()
        }).collect();
        let text = format!("{}\n", lines.join("\n"));
        match judge(3, text.as_bytes()) {
            Ok((read, validated)) => {
                prop_assert_eq!(read, rows.len() as u64);
                conserved(read, &validated);
            }
            Err(refusal) => prop_assert!(refusal.error == "encoding-error", "{}", refusal),
        }
    }

    /// Any bytes at all, to every reader: a refusal or rows that add up, never a panic.
    #[test]
    fn any_bytes_are_refused_or_add_up(bytes in prop::collection::vec(any::<u8>(), 0..400), index in 0_usize..4) {
        if let Ok((read, validated)) = judge(index, &bytes) {
            conserved(read, &validated);
        }
    }

    /// A sound extract with some bytes changed, to both CSV readers.
    #[test]
    fn damaged_csv_is_refused_or_adds_up(rows in prop::collection::vec(row(), 1..8), damage in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6), index in 0_usize..2) {
        let separator = if index == 0 { "," } else { ";" };
        let mut text = LABELS.join(separator);
        for cells in &rows {
            let _ = write!(text, "\n{}", quoted(cells).replace("\",\"", &format!("\"{separator}\"")));
        }
        let mut bytes = text.into_bytes();
        for (place, byte) in damage {
            let at = place.index(bytes.len());
            bytes[at] = byte;
        }
        if let Ok((read, validated)) = judge(index, &bytes) {
            conserved(read, &validated);
        }
    }

    /// Numbers, dates and ids of any make: a row is loaded or told of, whatever stands in its cells.
    #[test]
    fn every_row_of_figures_has_one_outcome(rows in prop::collection::vec(prop::collection::vec(figure(), 11), 1..12), is_wide in any::<bool>()) {
        let mut text = format!("sep=;\r\n{}", crate::steps::LABELS);
        for cells in &rows {
            let _ = write!(text, "\r\n{}", quoted_by(cells, ";"));
        }
        let wide = || std::iter::once(0xFEFF).chain(text.encode_utf16()).flat_map(u16::to_be_bytes).collect::<Vec<u8>>();
        let bytes = if is_wide { wide() } else { text.clone().into_bytes() };
        match crate::steps::judge_in(steps(is_wide), &bytes) {
            Ok((read, validated)) => {
                let written = rows.iter().filter(|cells| cells.iter().any(|cell| !cell.trim().is_empty())).count();
                prop_assert_eq!(read, written as u64);
                conserved(read, &validated);
                let rules = validated.aside.iter().flat_map(|row| &row.reasons).map(|reason| (reason.error, &*reason.rule));
                prop_assert!(rules.into_iter().all(|rule| rihla::validate::RULES.contains(&rule)));
            }
            Err(refusal) => prop_assert!(refusal.error == "encoding-error", "{}", refusal),
        }
    }

    /// Any bytes to a reader of UTF-16, and to one of UTF-8 in another habit.
    #[test]
    fn any_bytes_of_two_bytes_a_letter_are_refused_or_add_up(bytes in prop::collection::vec(any::<u8>(), 0..200), mark in prop::sample::select(vec![&b""[..], b"\xFF\xFE", b"\xFE\xFF", b"sep=;\n"]), is_wide in any::<bool>()) {
        if let Ok((read, validated)) = crate::steps::judge_in(steps(is_wide), &[mark, &bytes].concat()) {
            conserved(read, &validated);
        }
    }
}
