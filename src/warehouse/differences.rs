//! Which tables a release has otherwise than another one.

use serde::Serialize;

use super::manifest::Resource;

/// What became of a table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum TableFate {
    /// It is new.
    Added,
    /// It is no more.
    Removed,
    /// Its file is another one.
    Changed,
    /// Its rows are the same, and something is said of them otherwise: descriptions, tags, reports.
    Described,
}

/// A table that is otherwise in another release.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TableChange {
    /// The table.
    pub table: String,
    /// What became of it.
    pub fate: TableFate,
    /// Its rows before; nothing where there was no such table.
    pub rows_before: Option<u64>,
    /// Its rows after; nothing where there is none any more.
    pub rows_after: Option<u64>,
    /// How many rows are new, gone or otherwise by their key, where that was looked into.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rows: Option<RowChanges>,
}

/// Rows of a table, by what became of them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct RowChanges {
    /// Of new keys.
    pub added: u64,
    /// Of keys that are no more.
    pub removed: u64,
    /// Of the same key with another measure.
    pub changed: u64,
}

/// The tables that are otherwise after than before, by name; both are in the order of names.
pub fn table_changes(before: &[Resource], after: &[Resource]) -> Vec<TableChange> {
    let find = |tables: &[Resource], name: &str| tables.iter().find(|table| table.name == name).cloned();
    let mut names: Vec<&str> = before.iter().chain(after).map(|table| table.name.as_str()).collect();
    names.sort_unstable();
    names.dedup();
    let change = |name: &str| {
        let (old, new) = (find(before, name), find(after, name));
        let fate = match (&old, &new) {
            (Some(old), Some(new)) if old.hash != new.hash => TableFate::Changed,
            (Some(old), Some(new)) if !says_the_same(old, new) => TableFate::Described,
            (None, Some(_)) => TableFate::Added,
            (Some(_), None) => TableFate::Removed,
            _ => return None,
        };
        let rows = |table: Option<Resource>| table.map(|table| table.rihla.rows);
        Some(TableChange { table: name.to_owned(), fate, rows_before: rows(old), rows_after: rows(new), rows: None })
    };
    names.into_iter().filter_map(change).collect()
}

/// True where two tables say the same to whoever reads them, whatever they were made of.
pub fn says_the_same(one: &Resource, other: &Resource) -> bool {
    let (a, b) = (&one.rihla, &other.rihla);
    let is_described_so = one.name == other.name && one.description == other.description && one.schema == other.schema;
    is_described_so && one.hash == other.hash && a.csv == b.csv && a.measures == b.measures && a.reports == b.reports
}
