//! The targets: each takes any bytes, and panics where a promise is broken.

use arbitrary::{Arbitrary as _, Unstructured};
use bytes::Bytes;
use rihla::contract::{Protection, fold};
use rihla::draft::{Wanted, infer};
use rihla::project::{Format, Repeat};
use rihla::read::{Column, Mended, Mode, PASSPORT, Page, Passport, ReturnedHabit, RowSheet, amendment, sample};

use super::judge::{Way, choose, is_csv, labels, packed_ways, received, said};
use super::pack;

/// A target by its name.
pub type Target = (&'static str, fn(&[u8]));

/// All of them.
pub const ALL: [Target; 10] = [
    ("casts", casts),
    ("csv", csv),
    ("delivery", delivery),
    ("infer", infer_sample),
    ("json", json),
    ("ods", ods),
    ("packed", packed),
    ("returned", returned),
    ("xlsx", xlsx),
    ("zip", zip),
];

/// What parts one part of the fuzzer's bytes from the next.
const BETWEEN: &[u8] = b"\xFF\xFE\xFD";

/// CSV in every encoding and separator; with the labels of the source where the second byte is odd.
pub fn csv(data: &[u8]) {
    let Some((way, rest)) = choose(data, is_csv) else { return };
    let Some((flag, text)) = rest.split_first() else { return };
    let bytes = if flag % 2 == 1 { [header(way).as_bytes(), text].concat() } else { text.to_vec() };
    drop(way.judge_file(bytes));
}

fn header(way: &Way) -> String {
    let labels: Vec<&str> = labels(way).into_iter().map(|(_, label)| label).collect();
    format!("{}\n", labels.join(&separator(way)))
}

fn separator(way: &Way) -> String {
    let separator = if let Format::Csv { delimiter, .. } = way.source.format { char::from(delimiter) } else { ',' };
    separator.to_string()
}

/// JSON lines, whole documents, and pages, which are parted by three bytes that no text holds.
pub fn json(data: &[u8]) {
    let Some((way, rest)) = choose(data, |source| matches!(source.format, Format::JsonLines | Format::Json(_))) else { return };
    let page = |(index, bytes): (usize, &[u8])| Page { name: format!("page-{}.json", index + 1), bytes: Bytes::copy_from_slice(bytes) };
    let pages: Vec<Page> = parts(rest).into_iter().enumerate().map(page).collect();
    drop(way.judge(&pages));
}

/// XLSX workbooks around sheets, shared strings and styles of any make; the whole file where the second byte is zero.
pub fn xlsx(data: &[u8]) {
    let Some((way, rest)) = choose(data, |source| matches!(source.format, Format::Workbook(_))) else { return };
    let Some((flag, rest)) = rest.split_first() else { return };
    let Format::Workbook(format) = &way.source.format else { return };
    let mut sheets: Vec<&str> = if format.sheets.is_empty() { vec!["Feuille 1"] } else { format.sheets.iter().map(String::as_str).collect() };
    if let Some(Repeat::Rows { place, .. }) = &way.source.export.repeat {
        sheets.push(place.as_str());
    }
    let bytes = if *flag == 0 { rest.to_vec() } else { pack::xlsx(&sheets, &parts(rest)) };
    drop(way.judge_file(bytes));
}

/// ODS workbooks around any content.
pub fn ods(data: &[u8]) {
    let Some((way, rest)) = choose(data, |source| matches!(source.format, Format::Workbook(_))) else { return };
    drop(way.judge_file(pack::ods(rest)));
}

/// Files packed as gzip, Zstandard or ZIP: packed here, so that checksums let the bytes pass, where the second byte is odd.
pub fn packed(data: &[u8]) {
    let [first, flag, rest @ ..] = data else { return };
    let way = &packed_ways()[usize::from(*first) % packed_ways().len()];
    let bytes = match way.source.compression {
        Some(compression) if flag % 2 == 1 => pack::packed(rest, compression),
        _ => rest.to_vec(),
    };
    drop(way.judge_file(bytes));
}

/// Workbooks that offices return: the whole file where the second byte is zero, else one around sheets of any make. Where
/// that byte is odd, what the workbook says of itself is sound. What it mends is applied to an extract, of which no row is
/// lost and no protected cell told.
pub fn returned(data: &[u8]) {
    let Some((way, rest)) = choose(data, |source| is_csv(source) && source.export.tags.is_none()) else { return };
    let Some((flag, rest)) = rest.split_first() else { return };
    let bytes = match flag {
        0 => rest.to_vec(),
        flag if flag % 2 == 1 => {
            let own = pack::sheet(&passport(way).lines());
            pack::xlsx(&[PASSPORT, RETURNED], &[&[own.as_bytes()], &parts(rest)[..]].concat())
        }
        _ => pack::xlsx(&[PASSPORT, RETURNED], &parts(rest)),
    };
    let bytes = Bytes::from(bytes);
    let Ok(passport) = Passport::of(&bytes) else { return };
    let habit = ReturnedHabit { source: way.source, contract: &way.pipeline.contract, zone: way.office.timezone, received: received() };
    let Ok(mended) = amendment(&bytes, &passport, &habit) else { return };
    let extract = [header(way), secret_row(way).repeat(RETURNED_ROWS)].concat();
    let pages = [Page { name: "page-1.json".to_owned(), bytes: extract.into() }];
    let outcome = way.judge_amended(&pages, &[mended]);
    assert!(said(&outcome).iter().all(|message| !message.contains(SECRET)), "a protected value is told");
    if let Ok((read, _)) = outcome {
        assert_eq!(read, RETURNED_ROWS as u64, "a workbook adds rows or takes them away");
    }
}

/// The sheet of rows of a returned workbook.
pub const RETURNED: &str = "Lignes";

/// How many rows its extract has.
const RETURNED_ROWS: usize = 3;

/// What a workbook says of itself that was made for three rows of an extract.
pub fn passport(way: &Way) -> Passport {
    let [project, submission, feed, office, period, path, content_hash] = ["p", "s", "f", "O", "2023-01", "in/a.csv", "00"].map(str::to_owned);
    let mended = Mended { project, submission, feed, office, period, path, content_hash };
    let own = [("Ligne", Column::Row), ("Retirer", Column::LeaveOut), ("Pourquoi", Column::Why)].map(|(label, column)| (label.to_owned(), column));
    let fields = way.pipeline.contract.fields.iter().enumerate().filter(|(index, _)| !way.source.absent.contains(index));
    let columns = own.into_iter().chain(fields.map(|(_, field)| (field.name.clone(), Column::Field(field.name.clone())))).collect();
    let rows = [(2, Mode::Cells), (3, Mode::Fill), (4, Mode::Sealed)].into_iter().collect();
    Passport { mended, sheets: vec![RowSheet { name: RETURNED.to_owned(), of: None, columns, rows }] }
}

/// A row with the word that is not to be told in every protected cell.
fn secret_row(way: &Way) -> String {
    let cells: Vec<&str> = labels(way).iter().map(|(field, _)| if field.protection == Protection::Open { "1" } else { SECRET }).collect();
    format!("{}\n", cells.join(&separator(way)))
}

/// ZIP archives of CSV files; the whole archive where the second byte is zero.
pub fn zip(data: &[u8]) {
    let Some((way, rest)) = choose(data, |source| source.export.archive.is_some()) else { return };
    let Some((flag, rest)) = rest.split_first() else { return };
    if *flag == 0 {
        drop(way.judge_file(rest.to_vec()));
        return;
    }
    let parts = parts(rest);
    let mut files = vec![("sessions.csv", parts[0])];
    if let (Some(Repeat::Rows { place, .. }), Some(inner)) = (&way.source.export.repeat, parts.get(1)) {
        files.push((place.as_str(), inner));
    }
    drop(way.judge_file(pack::archive(&files)));
}

/// One column of cells of any text, for every kind of field there is, in every habit; and folding, which must settle.
pub fn casts(data: &[u8]) {
    let Some((way, rest)) = choose(data, is_csv) else { return };
    let Ok(text) = std::str::from_utf8(rest) else { return };
    let folded = fold(text);
    assert_eq!(fold(&folded), folded, "what is folded folds to something else");
    let count = labels(way).len();
    let cell = format!("\"{}\"", text.replace('"', "\"\"").replace('\n', " "));
    let row = vec![cell; count].join(&separator(way));
    drop(way.judge_file(format!("{}{row}\n", header(way))));
}

/// A file of which nothing was said: the sample reader, and the draft that is made of it.
pub fn infer_sample(data: &[u8]) {
    let bytes = Bytes::copy_from_slice(data);
    if let Ok((text, ..)) = sample::text(&bytes) {
        for delimiter in [b',', b';', b'\t', b'|'] {
            drop(sample::records(&text, delimiter));
        }
    }
    drop(sample::sheets(&bytes));
    let path = std::env::temp_dir().join(format!("rihla-fuzz-{}", std::process::id()));
    if std::fs::write(&path, data).is_ok() {
        drop(infer(&Wanted { file: &path, feed: Some("sample"), sheet: None, project: None }));
    }
}

/// A word that stands in protected cells alone.
const SECRET: &str = "Zqxwvut";

/// Rows of a sound header, well quoted: conserved to the row, and no word of a protected cell in what is said. Rows may be
/// too short or too long, and then every cell of theirs is protected.
pub fn delivery(data: &[u8]) {
    let Some((way, rest)) = choose(data, is_csv) else { return };
    let Format::Csv { delimiter, .. } = way.source.format else { return };
    let mut source = Unstructured::new(rest);
    let labels = labels(way);
    let mut text = header(way);
    if way.source.export.tags.is_some() {
        return;
    }
    let mut written = 0;
    while !source.is_empty() && written < 64 {
        let extra = i8::arbitrary(&mut source).unwrap_or_default();
        let width = if (-2..=2).contains(&extra) { labels.len().saturating_add_signed(extra.into()) } else { labels.len() };
        let cells: Vec<String> = (0..width)
            .map(|column| cell(&mut source, labels.get(column).is_none_or(|(field, _)| field.protection != Protection::Open) || width != labels.len()))
            .collect();
        written += u64::from(cells.iter().any(|cell| !cell.trim().is_empty()));
        let quoted: Vec<String> = cells.iter().map(|cell| format!("\"{}\"", cell.replace('"', "\"\""))).collect();
        text += &quoted.join(&char::from(delimiter).to_string());
        text.push('\n');
    }
    let outcome = way.judge_file(text);
    assert!(said(&outcome).iter().all(|message| !message.contains(SECRET)), "a protected value is told");
    if let Ok((read, _)) = outcome {
        assert_eq!(read, written, "as many rows are read as were written");
    }
}

/// A cell as offices write it, or worse.
fn cell(source: &mut Unstructured<'_>, is_protected: bool) -> String {
    const KNOWN: [&str; 16] = [
        "",
        "MAR",
        "F",
        "2023-01-20",
        "31/12/2022",
        "31/02/2023",
        "2023-02-01T10:00:00Z",
        "MA-RAB-000001",
        "1",
        "1 732,50",
        "-0",
        "1e400",
        "null",
        "#N/A",
        "a\nb",
        "\"",
    ];
    let text = match source.int_in_range(0_u8..=23) {
        Ok(index) if usize::from(index) < KNOWN.len() => KNOWN[usize::from(index)].to_owned(),
        _ => <&str>::arbitrary(source).unwrap_or_default().chars().take(60).collect(),
    };
    if is_protected { format!("{SECRET}{text}") } else { text }
}

/// The parts of the fuzzer's bytes; at least one.
fn parts(data: &[u8]) -> Vec<&[u8]> {
    let mut parts = Vec::new();
    let mut rest = data;
    while let Some(at) = rest.windows(BETWEEN.len()).position(|window| window == BETWEEN) {
        parts.push(&rest[..at]);
        rest = &rest[at + BETWEEN.len()..];
    }
    parts.push(rest);
    parts
}
