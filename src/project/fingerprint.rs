//! What decides what becomes of the rows of an extract, as a hash: where it is the same, judging again changes nothing.
//!
//! It is of the extract's own source, so that neither a comment nor a source of another office makes what was judged
//! doubtful.

use std::collections::BTreeMap;

use serde_json::Value;
use sha2::{Digest, Sha256};

use super::{Project, Source};
use crate::diagnostic::SourceFile;

/// What a pipeline says beside how rows are judged; whatever else it says counts. What a delivery held when it came it
/// holds for good.
const PIPELINE_ASIDE: [&str; 7] = ["delivery", "description", "feed", "required", "schedule", "schema", "sources"];

/// What a source says of whose extracts lie where, not of how they are read.
const SOURCE_ASIDE: [&str; 5] = ["most_mib", "offices", "periods", "url", "web"];

impl Project {
    /// Hash of everything that decides what becomes of the rows that an office sends by a source.
    pub fn judged_by(&self, source: &Source, office: &str) -> String {
        let office = self.office(office).map(|office| (office.timezone.name(), office.name.as_str()));
        let (zone, name) = office.unwrap_or_default();
        hashed(&[&source.fingerprint, zone, name, &self.since.to_string()])
    }
}

/// What a pipeline says, source by source. A file that cannot be read again as it was read counts by its text.
pub struct Told<'f> {
    file: &'f SourceFile,
    table: Option<toml::Table>,
}

impl<'f> Told<'f> {
    /// What a pipeline's file says.
    pub fn by(file: &'f SourceFile) -> Self {
        Self { file, table: file.text.parse().ok() }
    }

    /// Hash of a contract and of what the pipeline and one source of it, by its index, say of how rows are judged.
    pub fn of_source(&self, contract: &str, index: usize) -> String {
        let Some(pipeline) = &self.table else { return hashed(&[contract, &self.file.text]) };
        let source = pipeline.get("sources").and_then(|sources| sources.get(index)).and_then(toml::Value::as_table);
        let source = source.map_or_else(String::new, |source| said(source, &SOURCE_ASIDE));
        hashed(&[contract, &said(pipeline, &PIPELINE_ASIDE), &source])
    }
}

/// What a table says, in one order whichever way it is written.
fn said(table: &toml::Table, aside: &[&str]) -> String {
    let counts = table.iter().filter(|(key, _)| !aside.contains(&key.as_str()));
    let sorted: BTreeMap<&str, Value> = counts.map(|(key, value)| (key.as_str(), in_order(value))).collect();
    sorted.into_iter().map(|(key, value)| format!("{key}={value}\u{1}")).collect()
}

fn in_order(value: &toml::Value) -> Value {
    match value {
        toml::Value::Table(table) => {
            let sorted: BTreeMap<&String, Value> = table.iter().map(|(key, value)| (key, in_order(value))).collect();
            Value::Object(sorted.into_iter().map(|(key, value)| (key.clone(), value)).collect())
        }
        toml::Value::Array(items) => Value::Array(items.iter().map(in_order).collect()),
        other => Value::String(other.to_string()),
    }
}

fn hashed(parts: &[&str]) -> String {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update(part.as_bytes());
        hash.update([0]);
    }
    hex::encode(&hash.finalize()[..8])
}

#[cfg(test)]
mod tests {
    use super::*;

    const PIPELINE: &str = "feed = \"plans\"\ntolerance = 0.1\nschedule = { cron = \"0 6 * * *\" }\n\n[[sources]]\noffices = [\"RAB\"]\nurl = \"a\"\ncsv = { delimiter = \",\", encoding = \"utf-8\" }\ndates = [\"%d/%m/%Y\"]\n\n[[sources]]\noffices = [\"CAS\"]\nurl = \"b\"\ncsv = {}\n";

    fn print(text: &str) -> String {
        Told::by(&SourceFile { path: "pipelines/plans.toml".to_owned(), text: text.to_owned() }).of_source("c", 0)
    }

    #[test]
    fn only_what_decides_counts() {
        let now = print(PIPELINE);
        for (from, to) in [
            ("feed = ", "# a note\nfeed = "),
            ("offices = [\"RAB\"]", "offices = [\"RAB\", \"TNG\"]"),
            ("url = \"a\"", "url = \"elsewhere\""),
            ("csv = {}", "csv = { delimiter = \";\" }"),
            ("0 6 * * *", "0 7 * * *"),
            ("tolerance = 0.1", "tolerance = 0.1\ndelivery = \"full\""),
            ("{ delimiter = \",\", encoding = \"utf-8\" }", "{ encoding = \"utf-8\", delimiter = \",\" }"),
        ] {
            assert_eq!(print(&PIPELINE.replace(from, to)), now, "{to}");
        }
        for (from, to) in [
            ("tolerance = 0.1", "tolerance = 0.2"),
            ("tolerance = 0.1", "tolerance = 0.1\ntolerated_rows = 1"),
            ("%d/%m/%Y", "%m/%d/%Y"),
            ("delimiter = \",\"", "delimiter = \";\""),
            ("dates = ", "absent = [\"sex\"]\ndates = "),
        ] {
            assert_ne!(print(&PIPELINE.replacen(from, to, 1)), now, "{to}");
        }
        assert_ne!(Told::by(&SourceFile { path: String::new(), text: PIPELINE.to_owned() }).of_source("d", 0), now);
    }
}
