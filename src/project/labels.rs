//! What people call the project's tables, columns, units and values: `labels.csv`.
//!
//! Guarantees: a name has one label per language or none; what has none is shown by its name. A project without the
//! file has chosen names for labels.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

use super::files::Files;
use crate::diagnostic::{Fault, SourceFile, did_you_mean};

/// The file's path in the project folder.
pub const LABELS_FILE: &str = "labels.csv";

const HEADER: [&str; 4] = ["kind", "name", "label_en", "label_fr"];

/// A language that people read.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Lang {
    /// English.
    #[default]
    En,
    /// French.
    Fr,
}

/// What a label is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum LabelKind {
    /// A table, by its name.
    Table,
    /// A column, by its name or, where tables differ, by `table.column`.
    Column,
    /// A sentence about a table or, as `table.column` or `column`, about a column.
    Description,
    /// A unit of measures.
    Unit,
    /// A date that decides a period.
    DateBasis,
    /// A feed.
    Feed,
    /// A value of a column that has no code list, as `column=value`.
    Value,
}

impl LabelKind {
    /// Every kind.
    pub const ALL: [Self; 7] = [Self::Table, Self::Column, Self::Description, Self::Unit, Self::DateBasis, Self::Feed, Self::Value];

    /// As the file writes it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Table => "table",
            Self::Column => "column",
            Self::Description => "description",
            Self::Unit => "unit",
            Self::DateBasis => "date_basis",
            Self::Feed => "feed",
            Self::Value => "value",
        }
    }
}

/// A label in both languages, with its place in the file.
#[derive(Debug, Clone)]
pub struct Label {
    /// In English; may be empty.
    pub en: String,
    /// In French; may be empty.
    pub fr: String,
    /// The line's bytes in the file.
    pub place: Range<usize>,
}

/// Every label of a project.
#[derive(Debug, Default)]
pub struct Labels {
    /// The file; nothing where the project has none.
    pub file: Option<Arc<SourceFile>>,
    entries: BTreeMap<(LabelKind, String), Label>,
}

impl Labels {
    /// A label; nothing where there is none in that language.
    pub fn get(&self, kind: LabelKind, name: &str, lang: Lang) -> Option<&str> {
        let label = self.entries.get(&(kind, name.to_owned()))?;
        Some(match lang {
            Lang::En => label.en.as_str(),
            Lang::Fr => label.fr.as_str(),
        })
        .filter(|text| !text.is_empty())
    }

    /// True where a name has a line.
    pub fn has(&self, kind: LabelKind, name: &str) -> bool {
        self.entries.contains_key(&(kind, name.to_owned()))
    }

    /// Every label with what it is of.
    pub fn iter(&self) -> impl Iterator<Item = (LabelKind, &str, &Label)> {
        self.entries.iter().map(|((kind, name), label)| (*kind, name.as_str(), label))
    }
}

/// Reads the labels; none where there is no file.
pub fn load(files: &Files, faults: &mut Vec<Fault>) -> Labels {
    if !files.root().join(LABELS_FILE).exists() {
        return Labels::default();
    }
    let Some(file) = files.read(LABELS_FILE, faults) else { return Labels::default() };
    let mut labels = Labels { file: Some(file.clone()), entries: BTreeMap::new() };
    let text = file.text.trim_start_matches('\u{feff}');
    let lead = file.text.len() - text.len();
    let mut reader = csv::ReaderBuilder::new().flexible(true).from_reader(text.as_bytes());
    let header: Vec<String> = reader.headers().map(|header| header.iter().map(str::to_owned).collect()).unwrap_or_default();
    if header != HEADER {
        faults.push(
            Fault::error(&file, 0..line_end(&file, 0), "this is not the header of labels").hint(format!("the first line must be `{}`", HEADER.join(","))),
        );
        return labels;
    }
    for record in reader.records().flatten() {
        let start = lead + record.position().map_or(0, |at| usize::try_from(at.byte()).unwrap_or(0));
        labels.add(&file, &record, start..line_end(&file, start), faults);
    }
    labels
}

impl Labels {
    fn add(&mut self, file: &Arc<SourceFile>, record: &csv::StringRecord, place: Range<usize>, faults: &mut Vec<Fault>) {
        if record.len() != HEADER.len() {
            let message = format!("this line has {} cells; a label has {}", record.len(), HEADER.len());
            return faults.push(Fault::error(file, place, message).hint("put a label that holds a comma in quotation marks"));
        }
        let cell = |index: usize| record[index].trim().to_owned();
        let Some(kind) = LabelKind::ALL.into_iter().find(|kind| kind.as_str() == &record[0]) else {
            let kinds = LabelKind::ALL.map(LabelKind::as_str);
            let hint = did_you_mean(&record[0], kinds).unwrap_or_else(|| format!("there are {}", kinds.join(", ")));
            return faults.push(Fault::error(file, place, format!("`{}` is no kind of label", &record[0])).hint(hint));
        };
        let label = Label { en: cell(2), fr: cell(3), place: place.clone() };
        if label.en.is_empty() || label.fr.is_empty() {
            let lacks = if label.en.is_empty() { "label_en" } else { "label_fr" };
            faults.push(Fault::warning(file, place.clone(), format!("{} `{}` has no {lacks}: its name is shown", kind.as_str(), &record[1])));
        }
        if self.entries.insert((kind, cell(1)), label).is_some() {
            faults.push(Fault::error(file, place, format!("{} `{}` has two labels", kind.as_str(), &record[1])).hint("leave one of the lines"));
        }
    }
}

fn line_end(file: &SourceFile, start: usize) -> usize {
    file.text.get(start..).and_then(|rest| rest.find('\n')).map_or(file.text.len(), |end| start + end)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> (Labels, Vec<Fault>) {
        let folder = tempfile::TempDir::new().unwrap();
        std::fs::write(folder.path().join(LABELS_FILE), text).unwrap();
        let mut faults = Vec::new();
        let labels = load(&Files::new(folder.path()), &mut faults);
        (labels, faults)
    }

    #[test]
    fn a_label_in_each_language() {
        let (labels, faults) = read("kind,name,label_en,label_fr\ntable,returns,Returns,Retours\ncolumn,sex,\"Sex, at birth\",\n");
        assert_eq!(labels.get(LabelKind::Table, "returns", Lang::Fr), Some("Retours"));
        assert_eq!(labels.get(LabelKind::Column, "sex", Lang::En), Some("Sex, at birth"));
        assert_eq!(labels.get(LabelKind::Column, "sex", Lang::Fr), None, "shown by its name");
        assert_eq!(labels.get(LabelKind::Table, "sex", Lang::En), None);
        let told: Vec<_> = faults.iter().map(|fault| (fault.message.as_str(), fault.file.position(fault.span.start).0)).collect();
        assert_eq!(told, [("column `sex` has no label_fr: its name is shown", 3)]);
    }

    #[test]
    fn every_faulty_line_is_told_at_once() {
        let (_, faults) = read("kind,name,label_en,label_fr\ntabel,a,A,A\nunit,b,B\nunit,c,C,C\nunit,c,D,D\n");
        let lines: Vec<usize> = faults.iter().map(|fault| fault.file.position(fault.span.start).0).collect();
        assert_eq!(lines, [2, 3, 5]);
        assert_eq!(faults[0].hint.as_deref(), Some("did you mean `table`?"));
    }

    #[test]
    fn a_project_may_have_none() {
        let folder = tempfile::TempDir::new().unwrap();
        let mut faults = Vec::new();
        assert!(load(&Files::new(folder.path()), &mut faults).file.is_none() && faults.is_empty());
    }
}
