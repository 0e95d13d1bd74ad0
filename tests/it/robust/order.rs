//! What is loaded depends on the rows, not on their order, on how they are cut into batches, or on where a file ends.

use std::collections::BTreeSet;

use arrow::util::display::array_value_to_string;
use bytes::Bytes;
use chrono::{DateTime, Utc};
use proptest::prelude::*;
use rihla::project::{Project, load};
use rihla::read::{Piece, TextBatch, read};
use rihla::validate::{Context, Delivery, Formats, Validated};

use crate::support::{LABELS, ROWS, repository};

fn project() -> &'static Project {
    static PROJECT: std::sync::OnceLock<Project> = std::sync::OnceLock::new();
    PROJECT.get_or_init(|| load(&repository("tests/data/small")).expect("the small project"))
}

/// Judges an extract of Rabat; its batches are cut to so many rows, or taken as they come.
fn judge(text: &str, batch_rows: Option<usize>) -> Option<(u64, Validated)> {
    let pipeline = &project().pipelines[0];
    let (contract, source, office) = (&*pipeline.contract, &*pipeline.sources[0], project().office("RAB")?);
    let received: DateTime<Utc> = "2023-07-01T00:00:00Z".parse().ok()?;
    let context =
        Context { contract, source, office, received, since: project().since, barred: &|_| Ok(Vec::new()), lookups: &std::collections::BTreeMap::new() };
    let formats = Formats::of(source);
    let mut delivery = Delivery::new(&context, &formats);
    let mut take = |piece: Piece<'_>| match (piece, batch_rows) {
        (Piece::Rows(batch), Some(rows)) => cut(&batch, rows).into_iter().for_each(|part| delivery.push(Piece::Rows(part))),
        (piece, _) => delivery.push(piece),
    };
    let rows = read(&Bytes::copy_from_slice(text.as_bytes()), source, contract, &mut take).ok()?;
    Some((rows, delivery.finish().expect("every row is accounted for")))
}

/// Parts of a batch, of which nobody knows where their rows stand in the extract.
fn cut<'t>(batch: &TextBatch<'t>, rows: usize) -> Vec<TextBatch<'t>> {
    let slice = |from: usize| {
        let part = from..batch.rows.len().min(from + rows);
        let columns = batch.columns.iter().map(|column| column.as_ref().map(|column| column.slice(part.clone()))).collect();
        TextBatch { sheet: batch.sheet.clone(), rows: &batch.rows[part], columns, written: None }
    };
    (0..batch.rows.len()).step_by(rows).map(slice).collect()
}

/// The rows to load as text, in order.
fn loaded(validated: &Validated) -> Vec<String> {
    let cell = |row: usize| move |column: &arrow::array::ArrayRef| array_value_to_string(column, row).expect("a value");
    (0..validated.good.len()).map(|row| validated.good.columns.iter().map(cell(row)).collect::<Vec<_>>().join("|")).collect()
}

/// Rows of few records, so that some are changed, repeated or contradicted; some are faulty or shifted.
fn row() -> impl Strategy<Value = String> {
    let id = prop::sample::select(vec!["r-1", "r-2", "r-3", "r-4", "r-5"]);
    let sex = prop::sample::select(vec!["F", "M", "?"]);
    let changed = prop::sample::select(vec!["2023-01-03T09:00:00Z", "2023-01-04T09:00:00Z"]);
    let end = prop::sample::select(vec!["", "", "", ",more"]);
    (id, sex, changed, end).prop_map(|(id, sex, changed, end)| {
        let cells: Vec<&str> = LABELS
            .iter()
            .zip(ROWS[0])
            .map(|(label, cell)| match *label {
                "Identifiant" => id,
                "Sexe" => sex,
                _ if cell.ends_with('Z') => changed,
                _ => cell,
            })
            .collect();
        format!("{}{end}", cells.join(","))
    })
}

/// Rows that are written in several ways: cells within quotation marks, marks within them, lines within them.
fn written() -> impl Strategy<Value = String> {
    let sex = prop::sample::select(vec!["F", "?", "\"F\"", "\"M\"", "\"?\"\"é\"\"\"", "\"?\n\"", "\"x\r\n\"\"\""]);
    (row(), sex, prop::sample::select(vec!["", "\n", "\r\n"])).prop_map(|(row, sex, blank)| {
        let place = LABELS.iter().position(|label| *label == "Sexe").expect("a label");
        let mut cells: Vec<&str> = row.split(',').collect();
        cells[place] = sex;
        format!("{blank}{}", cells.join(","))
    })
}

fn text(rows: &[String]) -> String {
    format!("{}\n{}\n", LABELS.join(","), rows.join("\n"))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    /// Shuffled rows: the same rows are loaded, and as many have each outcome.
    #[test]
    fn the_order_of_rows_changes_nothing((rows, shuffled) in prop::collection::vec(row(), 1..12).prop_flat_map(|rows| (Just(rows.clone()), Just(rows).prop_shuffle()))) {
        let judged = |rows: &[String]| judge(&text(rows), None).expect("a readable extract");
        let ((read, one), (read_again, other)) = (judged(&rows), judged(&shuffled));
        prop_assert_eq!(read, read_again);
        let set = |validated: &Validated| loaded(validated).into_iter().collect::<BTreeSet<_>>();
        prop_assert_eq!(set(&one), set(&other));
        let rules = |validated: &Validated| {
            let mut rules: Vec<_> = validated.aside.iter().map(|row| (row.outcome, row.reasons.iter().map(|reason| reason.rule.clone()).collect::<Vec<_>>())).collect();
            rules.sort();
            rules
        };
        prop_assert_eq!(rules(&one), rules(&other));
    }

    /// Batches of any length: the same rows in the same order, with the same reasons; and the cells of faulty rows are the same
    /// whether they are read once more from the extract or were kept.
    #[test]
    fn batches_change_nothing(rows in prop::collection::vec(written(), 1..30), batch_rows in 1_usize..8, end in prop::sample::select(vec!["\n", "\r\n", "\r"])) {
        let text = text(&rows).replace('\n', end);
        let ((read, whole), (read_again, cut)) = (judge(&text, None).expect("readable"), judge(&text, Some(batch_rows)).expect("readable"));
        prop_assert_eq!(read, read_again);
        prop_assert_eq!(loaded(&whole), loaded(&cut));
        prop_assert_eq!((whole.good.rows, whole.aside), (cut.good.rows, cut.aside));
    }

    /// A file cut off anywhere below its header: every row that had begun is read; a row that lost cells is told.
    #[test]
    fn a_file_cut_off_loses_no_row_that_had_begun(rows in prop::collection::vec(row(), 1..8), at in any::<prop::sample::Index>()) {
        let text = text(&rows);
        let header = text.find('\n').expect("a header") + 1;
        let cut = &text[..text.floor_char_boundary(header + at.index(text.len() - header))];
        let lines: Vec<&str> = cut[header..].split('\n').filter(|line| !line.is_empty()).collect();
        let (read, validated) = judge(cut, None).expect("a readable extract");
        prop_assert_eq!(read, lines.len() as u64);
        if let Some(last) = lines.last().filter(|line| line.matches(',').count() + 1 < LABELS.len()) {
            let place = lines.len() as i64 + 1;
            prop_assert!(validated.aside.iter().any(|row| row.row == place), "line {} `{}` is not told", place, last);
        }
    }
}
