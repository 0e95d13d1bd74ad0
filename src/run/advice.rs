//! What an office can do about a fault, in a sentence.

use crate::contract::{DateFormat, Field};
use crate::project::Source;

/// The advice for a rule that was broken, in a field where one is at fault.
pub fn advice(rule: &str, field: Option<&Field>, source: &Source) -> String {
    let written = |formats: &[DateFormat]| {
        let texts: Vec<&str> = formats.iter().map(DateFormat::as_str).collect();
        if texts.is_empty() { "real dates of the workbook".to_owned() } else { texts.join(" or ") }
    };
    match rule {
        "codes" => match field.and_then(|field| field.codes.as_ref()) {
            Some(list) => {
                format!("write a code or spelling of the list `{0}`; a spelling that is new but right is an alias in schemas/codes/{0}.csv", list.name)
            }
            None => "write a code of the list".to_owned(),
        },
        "required" => "fill it in; the row is of no use without".to_owned(),
        "required-when" => "fill it in for these rows, or mend the field on which that depends".to_owned(),
        "excluded-when" => "one of the two fields is wrong: mend it".to_owned(),
        "minimum" | "maximum" => "check the number: it lies outside of what the schema allows".to_owned(),
        "exclusive-minimum" | "exclusive-maximum" => "check the value: it lies outside of what the schema allows".to_owned(),
        "enum" | "categories" => "write one of the values that the schema allows".to_owned(),
        "min-length" | "max-length" => "check the value: it is longer or shorter than the schema allows".to_owned(),
        "unique" | "unique-key" => "several rows have what only one may have: keep or mend the one that is wrong".to_owned(),
        "foreign-key" => "the row refers to another that is not there, or has faults itself: add or mend that one".to_owned(),
        "time" | "year" | "yearmonth" | "duration" | "email" | "uri" | "uuid" | "geopoint" => "write it as the message says".to_owned(),
        "number" => "write a number as the source says, with no unit or currency beside it".to_owned(),
        "spreadsheet-number" => "the spreadsheet holds a number where text or a date is meant: give the column its format, and export again".to_owned(),
        "inexact-number" => "the number has more digits than a spreadsheet keeps: type it as text".to_owned(),
        "not-calculated" => "the workbook does not hold the formula's result: open it, let it calculate, and save".to_owned(),
        "lone-cell" => "the row has a single cell: a note belongs beside the table, not in it".to_owned(),
        "merged-cell" => "cells are merged: unmerge them, and fill each".to_owned(),
        "choice" => "the list of answers and the columns of its choices say different things: mend one of them".to_owned(),
        "no-parent" | "shifted-parent" | "no-repetition" => "a form and its repetitions do not belong together: export both again".to_owned(),
        "together" => "fill these fields together, or leave them all empty".to_owned(),
        "in-order" => "the dates do not follow each other: mend the one that is wrong".to_owned(),
        "required-any" => "fill at least one of the dates".to_owned(),
        "pattern" => "write it as the office's pattern or the schema says".to_owned(),
        "date" => format!("write dates as {}", written(formats(&source.dates, field))),
        "datetime" => format!("write moments as {}", written(formats(&source.datetimes, field))),
        "integer" => "write a whole number in digits, without spaces or a unit".to_owned(),
        "boolean" => "write one of the spellings of yes and no that the schema knows".to_owned(),
        "error-cell" => "the formula in the sheet failed: mend it, or put the value in its place".to_owned(),
        "extra-cell" | "missing-cell" => "the row has not as many cells as the header: look for a separator within a value, and export again".to_owned(),
        "primary-key" => "the same record stands twice with the same time of change: keep the row that is right".to_owned(),
        "code-not-valid" => "the code is not valid on the day of the event: check both".to_owned(),
        "office-mismatch" => "the row is another office's: send it with that office's report".to_owned(),
        "new-column" => "take the column out, or have it named in the schema, or in `ignore`".to_owned(),
        "missing-column" | "renamed-column" => "give the column the label that it had, or have the new one named among the field's labels".to_owned(),
        "retyped-column" => "write the column as the source says; most of its cells are written in another way".to_owned(),
        "birth-after-event" | "age-over-maximum" => "check the birth date and the day of the event".to_owned(),
        "event-after-received" | "changed-after-received" => "the day is yet to come: check the year".to_owned(),
        "event-before-calendar" => "the day lies before the programme began: check the year".to_owned(),
        _ => "look at the rows and mend them".to_owned(),
    }
}

/// The source's formats; the field's own where the source says nothing.
fn formats<'f>(said: &'f [DateFormat], field: Option<&'f Field>) -> &'f [DateFormat] {
    if said.is_empty() { field.map_or(said, |field| &field.syntax.dates) } else { said }
}
