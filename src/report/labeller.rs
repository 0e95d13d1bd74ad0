//! What people call what a release holds, in their language.
//!
//! Labels of tables, columns, units and feeds come from the project's `labels.csv`; those of values from the table of
//! the release that describes them (its grain is the column alone, and it has `label_en` and `label_fr`), else from
//! the code list that a model's `accepted_codes` test names, else from `labels.csv`. What has no label keeps its name.

use std::collections::BTreeMap;

use chrono::Datelike;

use super::cells::query;
use crate::contract::CodeList;
use crate::engine::Engine;
use crate::error::Result;
use crate::model::{Check, Model};
use crate::period::{Period, PeriodKind};
use crate::project::{LabelKind, Lang, Project};
use crate::warehouse::{Manifest, Resource};

/// A value as people call it, and what it means where a table says so.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Member {
    label: String,
    definition: Option<String>,
}

/// Finds labels in one language.
pub struct Labeller<'p> {
    project: &'p Project,
    lang: Lang,
    /// Code lists by table and column.
    lists: BTreeMap<(String, String), String>,
    /// Code lists by column; nothing where models name several.
    by_column: BTreeMap<String, Option<String>>,
    /// What tables of the release call values, by column; nothing where they call one differently.
    members: BTreeMap<String, BTreeMap<String, Option<Member>>>,
}

impl<'p> Labeller<'p> {
    /// A labeller of what the project itself says.
    pub fn new(project: &'p Project, lang: Lang) -> Self {
        let mut lists = BTreeMap::new();
        let mut by_column: BTreeMap<String, Option<String>> = BTreeMap::new();
        for model in project.sql.iter().filter_map(|file| Model::parse(file, &mut Vec::new())) {
            for test in &model.tests {
                if let Check::AcceptedCodes(column, list) = &test.check {
                    lists.insert((model.name.as_str().to_owned(), column.clone()), list.clone());
                    let known = by_column.entry(column.clone()).or_insert_with(|| Some(list.clone()));
                    if known.as_ref() != Some(list) {
                        *known = None;
                    }
                }
            }
        }
        Self { project, lang, lists, by_column, members: BTreeMap::new() }
    }

    /// A labeller that also knows the tables of a release that describe values.
    ///
    /// # Errors
    /// As the engine says.
    pub async fn of_release(project: &'p Project, lang: Lang, engine: &Engine, release: &Manifest) -> Result<Self> {
        let mut labeller = Self::new(project, lang);
        let suffix = labeller.suffix();
        for (resource, column) in release.resources.iter().filter_map(|resource| describes(resource).map(|column| (resource, column))) {
            let has = |name: &str| resource.schema.fields.iter().any(|field| field.name == name);
            let definition = format!("definition_{suffix}");
            let definition = if has(&definition) { format!("\"{definition}\"") } else { "NULL".to_owned() };
            let cells = query(engine, &format!("SELECT CAST(\"{column}\" AS VARCHAR), label_{suffix}, {definition} FROM \"{}\"", resource.name)).await?;
            let rows = cells.texts(0)?.into_iter().zip(cells.texts(1)?).zip(cells.texts(2)?);
            let members = labeller.members.entry(column.to_owned()).or_default();
            for (value, member) in rows.filter_map(|((value, label), definition)| Some((value?, Member { label: label?, definition }))) {
                let known = members.entry(value).or_insert_with(|| Some(member.clone()));
                if known.as_ref() != Some(&member) {
                    *known = None;
                }
            }
        }
        Ok(labeller)
    }

    /// The language.
    pub fn lang(&self) -> Lang {
        self.lang
    }

    /// The project whose words they are.
    pub fn project(&self) -> &'p Project {
        self.project
    }

    /// What stands between a name and its value; French sets it apart.
    pub fn colon(&self) -> &'static str {
        match self.lang {
            Lang::En => ":",
            Lang::Fr => "\u{a0}:",
        }
    }

    fn suffix(&self) -> &'static str {
        match self.lang {
            Lang::En => "en",
            Lang::Fr => "fr",
        }
    }

    fn label(&self, kind: LabelKind, name: &str) -> Option<String> {
        self.project.labels.get(kind, name, self.lang).map(str::to_owned)
    }

    /// What a table is called.
    pub fn table(&self, table: &str) -> String {
        self.label(LabelKind::Table, table).unwrap_or_else(|| table.to_owned())
    }

    /// What a column of a table is called.
    pub fn column(&self, table: &str, column: &str) -> String {
        let own = self.label(LabelKind::Column, &format!("{table}.{column}"));
        own.or_else(|| self.label(LabelKind::Column, column)).unwrap_or_else(|| column.to_owned())
    }

    /// What a table, or a column of it, holds; `fallback`, its header's words, where no label says it.
    pub fn description(&self, table: &str, column: Option<&str>, fallback: &str) -> String {
        let found = match column {
            None => self.label(LabelKind::Description, table),
            Some(column) => self.label(LabelKind::Description, &format!("{table}.{column}")).or_else(|| self.label(LabelKind::Description, column)),
        };
        found.unwrap_or_else(|| fallback.to_owned())
    }

    /// What a unit is called.
    pub fn unit(&self, unit: &str) -> String {
        self.label(LabelKind::Unit, unit).unwrap_or_else(|| unit.to_owned())
    }

    /// What a date that decides a period is called.
    pub fn date_basis(&self, basis: &str) -> String {
        self.label(LabelKind::DateBasis, basis).unwrap_or_else(|| basis.to_owned())
    }

    /// What a feed is called.
    pub fn feed(&self, feed: &str) -> String {
        self.label(LabelKind::Feed, feed).unwrap_or_else(|| feed.to_owned())
    }

    /// What an office is called: its code and its name.
    pub fn office(&self, office: &str) -> String {
        self.project.office(office).map_or_else(|| office.to_owned(), |known| format!("{office} {}", known.name))
    }

    /// What a value of a column is called; of `sadd_group=men` both, of `partner/sadd_group=anapec/men` all.
    pub fn value(&self, table: &str, column: &str, value: &str) -> String {
        if let Some(label) = self.known_value(table, column, value) {
            return label;
        }
        let Some((columns, values)) = value.split_once('=').filter(|(columns, values)| columns.matches('/').count() == values.matches('/').count()) else {
            return value.to_owned();
        };
        let parts = columns.split('/').zip(values.split('/'));
        parts
            .map(|(column, value)| format!("{}{} {}", self.column(table, column), self.colon(), self.value(table, column, value)))
            .collect::<Vec<_>>()
            .join(", ")
    }

    fn known_value(&self, table: &str, column: &str, value: &str) -> Option<String> {
        let labelled = self.label(LabelKind::Value, &format!("{table}.{column}={value}"));
        if let Some(label) = labelled.or_else(|| self.label(LabelKind::Value, &format!("{column}={value}"))) {
            return Some(label);
        }
        let own = self.lists.get(&(table.to_owned(), column.to_owned()));
        if let Some(label) = own.and_then(|list| self.code(list, value)) {
            return Some(label);
        }
        if let Some(member) = self.members.get(column).and_then(|members| members.get(value)).and_then(Option::as_ref) {
            return Some(member.label.clone());
        }
        // A breakdown may be named like the code list of its members.
        let list = self.by_column.get(column).and_then(Option::as_deref).unwrap_or(column);
        if let Some(label) = self.code(list, value) {
            return Some(label);
        }
        match column {
            "office" => Some(self.office(value)),
            "feed" => Some(self.feed(value)),
            "unit" => Some(self.unit(value)),
            "date_basis" => Some(self.date_basis(value)),
            "period" => value.parse().ok().map(|period| period_name(period, self.lang)),
            _ => None,
        }
    }

    fn code(&self, list: &str, value: &str) -> Option<String> {
        let code = self.project.code_lists.get(list)?.get(value)?;
        Some(code.label(self.suffix())).filter(|label| !label.is_empty()).map(str::to_owned)
    }

    /// What a value of a column means, where a table of the release says so.
    pub fn definition(&self, column: &str, value: &str) -> Option<&str> {
        self.members.get(column)?.get(value)?.as_ref()?.definition.as_deref()
    }

    /// The place of a value among those of its column: of codes that in their list, of offices their precedence.
    pub fn place(&self, table: &str, column: &str, value: &str) -> Option<usize> {
        if column == "office" {
            return self.project.offices.iter().position(|office| office.code.as_str() == value);
        }
        self.list(table, column)?.codes.iter().position(|code| code.code == value)
    }

    fn list(&self, table: &str, column: &str) -> Option<&CodeList> {
        let own = self.lists.get(&(table.to_owned(), column.to_owned()));
        let list = own.or_else(|| self.by_column.get(column).and_then(Option::as_ref))?;
        self.project.code_lists.get(list).map(AsRef::as_ref)
    }
}

/// The column whose values a table describes.
fn describes(resource: &Resource) -> Option<&str> {
    let [column] = resource.schema.primary_key.as_slice() else { return None };
    let has = |name: &str| resource.schema.fields.iter().any(|field| field.name == name);
    (has("label_en") && has("label_fr")).then_some(column)
}

const MONTHS_EN: [&str; 12] = ["January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December"];

const MONTHS_FR: [&str; 12] = ["janvier", "février", "mars", "avril", "mai", "juin", "juillet", "août", "septembre", "octobre", "novembre", "décembre"];

/// A period in words: `January–June 2023`, `janvier–juin 2023`; a year is its number.
pub fn period_name(period: Period, lang: Lang) -> String {
    let months = match lang {
        Lang::En => MONTHS_EN,
        Lang::Fr => MONTHS_FR,
    };
    let name = |day: chrono::NaiveDate| months[day.month0() as usize];
    let year = period.start().year();
    match period.kind() {
        PeriodKind::Year => year.to_string(),
        PeriodKind::Month => format!("{} {year}", name(period.start())),
        _ => format!("{}–{} {year}", name(period.start()), name(period.end())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn periods_in_words() {
        for (period, en, fr) in [
            ("2023-H1", "January–June 2023", "janvier–juin 2023"),
            ("2022-Q4", "October–December 2022", "octobre–décembre 2022"),
            ("2022-08", "August 2022", "août 2022"),
            ("2022", "2022", "2022"),
        ] {
            let period: Period = period.parse().unwrap();
            assert_eq!((period_name(period, Lang::En), period_name(period, Lang::Fr)), (en.to_owned(), fr.to_owned()));
        }
    }
}
