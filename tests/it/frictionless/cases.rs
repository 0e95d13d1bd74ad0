//! Schemas and files made of a seed.

use serde_json::{Value, json};

use super::templates::{Cell, templates};

/// A schema, a file, and what is known of each of its cells.
pub struct Case {
    /// The Table Schema.
    pub schema: Value,
    /// The labels.
    pub labels: Vec<String>,
    /// The cells of each row under them, with the name of the difference where there is one.
    pub rows: Vec<Vec<(String, &'static str)>>,
}

/// Numbers that look random and are the same each time (SplitMix64).
struct Dice(u64);

impl Dice {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn below(&mut self, count: usize) -> usize {
        (self.next() % count as u64) as usize
    }

    fn one_in(&mut self, count: usize) -> bool {
        self.below(count) == 0
    }
}

impl Case {
    /// The case of a seed.
    pub fn new(seed: u64) -> Self {
        let mut dice = Dice(seed);
        let all = templates();
        let width = 2 + dice.below(4);
        // Every template has its turn, whatever the dice say.
        let mut picked: Vec<usize> = (0..width).map(|at| if at == 0 { seed as usize % all.len() } else { dice.below(all.len()) }).collect();
        if dice.one_in(4) {
            let keys: Vec<usize> = (0..all.len()).filter(|at| all[*at].is_key).collect();
            let kind = keys[dice.below(keys.len())];
            (picked[0], picked[1]) = (kind, if dice.one_in(2) { kind } else { keys[dice.below(keys.len())] });
        }
        let names: Vec<String> = (0..width).map(|at| format!("f{at}")).collect();
        let mut fields: Vec<Value> = picked.iter().map(|at| all[*at].field.clone()).collect();
        fields.iter_mut().zip(&names).for_each(|(field, name)| field["name"] = json!(name));
        let mut schema = json!({"$schema": "https://datapackage.org/profiles/2.0/tableschema.json"});
        let keys: Vec<usize> = (0..width).filter(|at| all[picked[*at]].is_key).collect();
        with_keys(&mut schema, &mut fields, &keys, &mut dice);
        let missing: &[&str] = [&[""][..], &["", "NA"], &["NA"], &[""]][dice.below(4)];
        if missing != [""] {
            schema["missingValues"] = json!(missing);
        }
        if dice.one_in(8) {
            fields[0]["missingValues"] = json!(["", "?"]);
        }
        schema["fields"] = json!(fields);
        let missing_of = |at: usize| if at == 0 && fields[0].get("missingValues").is_some() { vec!["", "?"] } else { missing.to_vec() };
        let mut rows: Vec<Vec<(String, &'static str)>> = Vec::new();
        for _ in 0..4 + dice.below(10) {
            let row = (0..width).map(|at| cell(&all[picked[at]].cells, &missing_of(at), &mut dice)).collect();
            rows.push(row);
        }
        let mut case = Self { schema, labels: names, rows };
        case.spoil(&mut dice);
        case
    }

    /// Labels and rows that are not as they should be.
    fn spoil(&mut self, dice: &mut Dice) {
        for row in &mut self.rows {
            match dice.below(30) {
                0 => row.truncate(1),
                1 => row.push(("extra".to_owned(), "")),
                2 => row.clear(),
                3 => row.iter_mut().for_each(|cell| *cell = (String::new(), "")),
                _ => {}
            }
        }
        match dice.below(12) {
            0 => self.labels[0] = "other".to_owned(),
            1 => self.labels.swap(0, 1),
            2 => self.each(|row| drop(row.pop())),
            3 => {
                self.each(|row| row.push(("x".to_owned(), "")));
                self.labels.push("further".to_owned());
                self.rows.iter_mut().filter(|row| row.len() == 1).for_each(Vec::clear);
            }
            4 => {
                self.each(|row| row.reverse());
                self.labels.reverse();
            }
            5 => self.labels[1] = String::new(),
            _ => {}
        }
        if self.labels.len() > self.schema["fields"].as_array().map_or(0, Vec::len) || dice.one_in(3) {
            let modes = ["exact", "equal", "subset", "superset", "partial"];
            // Blank and doubled labels leave nothing to match by name.
            let is_plain = self.labels.iter().all(|label| !label.is_empty());
            self.schema["fieldsMatch"] = json!(if is_plain { modes[dice.below(modes.len())] } else { "exact" });
        }
    }

    /// Changes every row, and the labels where a column goes.
    fn each(&mut self, change: impl Fn(&mut Vec<(String, &'static str)>)) {
        let width = self.labels.len();
        for row in self.rows.iter_mut().filter(|row| row.len() == width) {
            change(row);
        }
        let kept = self.rows.iter().map(Vec::len).filter(|length| *length == width - 1).count();
        if kept > 0 && !self.rows.iter().any(|row| row.len() == width) {
            self.labels.truncate(width - 1);
        }
    }

    /// The file.
    pub fn csv(&self) -> String {
        let mut text = line(self.labels.iter());
        for row in &self.rows {
            text.push_str(&line(row.iter().map(|(cell, _)| cell)));
        }
        text
    }

    /// The cells of a record, the header being 1.
    pub fn record(&self, row: i64) -> Option<&[(String, &'static str)]> {
        self.rows.get(usize::try_from(row - 2).ok()?).map(Vec::as_slice)
    }
}

fn with_keys(schema: &mut Value, fields: &mut [Value], keys: &[usize], dice: &mut Dice) {
    let [first, ..] = keys else { return };
    match dice.below(6) {
        0 => fields[*first]["constraints"]["unique"] = json!(true),
        1 => schema["primaryKey"] = json!(format!("f{first}")),
        2 => schema["primaryKey"] = json!(keys.iter().map(|at| format!("f{at}")).collect::<Vec<_>>()),
        3 => schema["uniqueKeys"] = json!([[format!("f{first}")]]),
        4 if keys.len() > 1 && fields[keys[0]]["type"] == fields[keys[1]]["type"] => {
            schema["foreignKeys"] = json!([{"fields": [format!("f{}", keys[1])], "reference": {"resource": "", "fields": [format!("f{first}")]}}]);
        }
        _ => {}
    }
}

/// A cell of a template, or one of the spellings of "no value".
fn cell(cells: &[Cell], missing: &[&str], dice: &mut Dice) -> (String, &'static str) {
    if dice.one_in(12) {
        return (missing[dice.below(missing.len())].to_owned(), "");
    }
    let (text, tag) = cells[dice.below(cells.len())];
    if text.is_empty() && !missing.contains(&"") { (String::new(), "empty-is-missing") } else { (text.to_owned(), tag) }
}

/// A line of CSV; the one cell of a row is quoted, since nothing would be a blank line.
fn line<'c>(cells: impl Iterator<Item = &'c String>) -> String {
    let cells: Vec<String> =
        cells.map(|cell| if cell.contains([',', '"', '\n']) { format!("\"{}\"", cell.replace('"', "\"\"")) } else { cell.clone() }).collect();
    format!("{}\n", cells.join(","))
}
