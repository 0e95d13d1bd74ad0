//! Differences as a terminal shows them.

use std::collections::BTreeSet;

use super::super::numbers::{grouped, number, signed};
use super::super::render::{table, width, wrapped};
use super::super::words::{Word, day, say};
use super::words::{causes, cell, either, record, shares};
use crate::project::Lang;
use crate::report::{Cause, CellChange, Diff, RowState, SchemaChange, TableDiff, TableState, Tags};
use crate::run::ChangedRecords;
use crate::warehouse::{Manifest, ReceiptKind};

/// Differences, and how they are to be shown.
pub struct View<'v> {
    /// They.
    pub diff: &'v Diff,
    /// The releases.
    pub releases: (&'v Manifest, &'v Manifest),
    /// The names of releases.
    pub tags: &'v Tags,
    /// The language.
    pub lang: Lang,
    /// How many lines of a list are shown.
    pub limit: usize,
}

/// A release as people read it: number, tags, when it was made, what it knows.
fn release(lang: Lang, release: &Manifest, tags: &Tags) -> String {
    let date = |text: &str| text.get(..10).and_then(|text| text.parse().ok()).map_or_else(|| text.to_owned(), |date| day(lang, date));
    let tags = tags.get(&release.rihla.release).map(|tags| format!(" ({})", tags.join(", "))).unwrap_or_default();
    let number = format!("{}{tags}", release.rihla.release);
    say(lang, Word::ReleaseOf, &[&number, &date(&release.created), &date(&release.rihla.known_until)])
}

impl View<'_> {
    /// Everything, or one table.
    pub fn text(&self, asked: Option<&str>) -> String {
        let (a, b) = (release(self.lang, self.releases.0, self.tags), release(self.lang, self.releases.1, self.tags));
        let mut text = format!("{} {a}\n{} {b}\n\n", either(self.lang, "from", "de "), either(self.lang, "to  ", "à  "));
        match asked.and_then(|_| self.diff.tables.first()) {
            Some(one) => text.push_str(&self.one(one)),
            None => text.push_str(&self.all()),
        }
        text.push_str(&self.between(asked));
        text
    }

    fn word(&self, english: &'static str, french: &'static str) -> &'static str {
        either(self.lang, english, french)
    }

    fn count(&self, count: usize) -> String {
        grouped(self.lang, &count.to_string())
    }

    fn all(&self) -> String {
        let changed: Vec<&TableDiff> = self.diff.tables.iter().filter(|table| table.state != TableState::Equal).collect();
        let equal = self.diff.tables.len() - changed.len();
        let described: Vec<&str> =
            self.diff.tables.iter().filter(|table| table.state == TableState::Equal && !table.schema.is_empty()).map(|table| table.name.as_str()).collect();
        let mut text = String::new();
        if !changed.is_empty() {
            let header = [
                self.word("table", "table"),
                self.word("state", "état"),
                self.word("rows", "lignes"),
                self.word("added", "ajoutées"),
                self.word("removed", "retirées"),
                self.word("changed", "modifiées"),
                self.word("causes, by cells", "causes, en cellules"),
            ];
            text.push_str(&format!("{}\n", table(&header, changed.iter().map(|one| self.line(one)).collect())));
        }
        text.push_str(&format!("{} {}\n", self.count(equal), self.word("tables say the same", "tables disent la même chose")));
        if !described.is_empty() {
            let list = described.join(", ");
            text.push_str(&format!("{}\n", wrapped(&format!("{}: {list}", self.word("described in other words", "décrites autrement")), width(), "")));
        }
        text
    }

    fn line(&self, one: &TableDiff) -> Vec<String> {
        let rows = |state| self.count(one.count(state));
        let counts = if one.is_matched { [rows(RowState::Added), rows(RowState::Removed), rows(RowState::Changed)] } else { [const { String::new() }; 3] };
        let why = match (&one.lost_model, one.state) {
            (_, TableState::Added | TableState::Removed) => causes(self.lang, &BTreeSet::from([Cause::Model])),
            (Some(model), _) => self.lost(model),
            _ => one
                .causes()
                .iter()
                .map(|(of, cells)| format!("{} {}", causes(self.lang, of), grouped(self.lang, &cells.to_string())))
                .collect::<Vec<_>>()
                .join(", "),
        };
        let sizes = format!("{} → {}", grouped(self.lang, &one.rows.0.to_string()), grouped(self.lang, &one.rows.1.to_string()));
        let [added, removed, changed] = counts;
        vec![one.name.clone(), self.state(one.state).to_owned(), sizes, added, removed, changed, why]
    }

    fn lost(&self, model: &str) -> String {
        format!("{} ({model})", self.word("not computed: a model is not kept", "non calculé : un modèle n’est pas conservé"))
    }

    fn state(&self, state: TableState) -> &'static str {
        match state {
            TableState::Added => self.word("new", "nouvelle"),
            TableState::Removed => self.word("gone", "supprimée"),
            TableState::Changed => self.word("changed", "modifiée"),
            TableState::Equal => self.word("equal", "égale"),
        }
    }

    fn one(&self, one: &TableDiff) -> String {
        let mut text = format!("{}: {}\n", one.name, self.state(one.state));
        for change in &one.schema {
            text.push_str(&format!("{}\n", self.schema(change)));
        }
        if !one.is_matched {
            return text
                + self.word(
                    "rows are told apart by other columns now: they are not compared\n",
                    "les lignes se distinguent par d’autres colonnes : elles ne sont pas comparées\n",
                );
        }
        let counts = [(RowState::Added, "added", "ajoutées"), (RowState::Removed, "removed", "retirées"), (RowState::Changed, "changed", "modifiées")];
        let counts: Vec<String> = counts.into_iter().map(|(state, en, fr)| format!("{} {}", self.count(one.count(state)), self.word(en, fr))).collect();
        text.push_str(&format!("{}{} {}\n", self.word("rows", "lignes"), self.word(":", " :"), counts.join(", ")));
        if let Some(model) = &one.lost_model {
            text.push_str(&format!("{}\n", self.lost(model)));
        }
        text.push_str(&self.rows(one));
        text + &self.totals(one)
    }

    fn rows(&self, one: &TableDiff) -> String {
        let cells: Vec<(&crate::report::RowChange, &CellChange)> = one.changes.iter().flat_map(|row| row.cells.iter().map(move |cell| (row, cell))).collect();
        if cells.is_empty() {
            return String::new();
        }
        let body = cells.iter().take(self.limit).map(|(row, change)| {
            let key = (0..one.grain.len()).map(|place| row.key[place].clone().unwrap_or_default());
            let figures = [cell(self.lang, &change.before), cell(self.lang, &change.after)];
            let change_text = change.change().map(|change| signed(self.lang, Some(change))).unwrap_or_default();
            key.chain([change.column.clone()]).chain(figures).chain([change_text, shares(self.lang, change)]).collect()
        });
        let words = [self.word("column", "colonne"), self.word("before", "avant"), self.word("after", "après"), self.word("change", "variation"), "causes"];
        let header: Vec<&str> = one.grain.iter().map(String::as_str).chain(words).collect();
        format!("\n{}\n{}", table(&header, body.collect()), self.more(cells.len()))
    }

    fn more(&self, lines: usize) -> String {
        if lines > self.limit { format!("{}\n", say(self.lang, Word::More, &[&self.count(lines - self.limit)])) } else { String::new() }
    }

    fn totals(&self, one: &TableDiff) -> String {
        if one.totals.is_empty() {
            return String::new();
        }
        let body = one.totals.iter().map(|total| {
            let of: Vec<&str> = total.of.iter().map(|(_, value)| value.as_str()).collect();
            let name = format!("{} ({})", total.measure, total.unit);
            let cells = grouped(self.lang, &total.changed_cells.to_string());
            let (before, after, change) = match total.sums {
                Some((before, after)) => (number(self.lang, before), number(self.lang, after), signed(self.lang, after.minus(before))),
                None => Default::default(),
            };
            vec![name, of.join(" "), before, after, change, cells]
        });
        let of = self.word("in", "en");
        let header = [
            self.word("total", "total"),
            of,
            self.word("before", "avant"),
            self.word("after", "après"),
            self.word("change", "variation"),
            self.word("cells changed", "cellules"),
        ];
        format!("\n{}\n", table(&header, body.collect()))
    }

    fn schema(&self, change: &SchemaChange) -> String {
        match change {
            SchemaChange::Grain { before, after } => {
                format!(
                    "{} {}, {} {}",
                    self.word("rows were told apart by", "lignes distinguées avant par"),
                    before.join(", "),
                    self.word("now by", "maintenant par"),
                    after.join(", ")
                )
            }
            SchemaChange::Added { column, kind } => format!("{} {column} ({kind})", self.word("new column", "nouvelle colonne")),
            SchemaChange::Removed { column, kind } => format!("{} {column} ({kind})", self.word("column gone", "colonne supprimée")),
            SchemaChange::Retyped { column, before, after } => format!("{} {column}: {before} → {after}", self.word("type of column", "type de la colonne")),
            SchemaChange::Measure { column } => {
                format!("{} {column}", self.word("other unit, additivity or date basis of", "autre unité, additivité ou date de référence de"))
            }
            SchemaChange::Described { column } => {
                format!("{} {}", self.word("described in other words:", "décrit autrement :"), column.as_deref().unwrap_or(self.word("the table", "la table")))
            }
        }
    }

    /// What came and what was done between the releases; of one table what it is made of alone.
    fn between(&self, asked: Option<&str>) -> String {
        let between = &self.diff.between;
        let beneath = asked.and_then(|table| between.beneath(table));
        let concerns = |name: &str| beneath.as_ref().is_none_or(|beneath| beneath.contains(name));
        let records: Vec<&ChangedRecords> = between.records.iter().filter(|one| concerns(&format!("feeds.{}", one.feed))).collect();
        let mut text = String::new();
        if !records.is_empty() {
            text.push_str(&self.records(&records));
        }
        for receipt in &between.receipts {
            let feeds: Vec<String> =
                receipt.feeds.iter().filter(|one| concerns(&format!("feeds.{}", one.feed))).map(|one| format!("{} {}", one.feed, one.rows)).collect();
            let cause = if receipt.kind == ReceiptKind::Erasure { Cause::Erasure } else { Cause::Pruning };
            if !feeds.is_empty() {
                text.push_str(&format!("{} {} ({}): {}\n", causes(self.lang, &BTreeSet::from([cause])), receipt.id, receipt.at, feeds.join(", ")));
            }
        }
        let list = |names: &BTreeSet<String>| names.iter().filter(|name| concerns(name)).cloned().collect::<Vec<_>>().join(", ");
        let (models, inputs) = (list(&between.models), list(&between.inputs));
        let changed = [
            (models, "models that changed", "modèles modifiés"),
            (inputs, "code lists, references and offices that changed", "listes de codes, références et bureaux modifiés"),
        ];
        for (names, en, fr) in changed.into_iter().filter(|(names, ..)| !names.is_empty()) {
            text.push_str(&format!("{}\n", wrapped(&format!("{}{} {names}", self.word(en, fr), self.word(":", " :")), width(), "")));
        }
        if text.is_empty() { text } else { format!("\n{}\n{text}", self.word("between the releases:", "entre les versions :")) }
    }

    fn records(&self, records: &[&ChangedRecords]) -> String {
        let body = records.iter().take(self.limit).map(|one| {
            let fields: Vec<String> = one.fields.iter().map(|(field, records)| format!("{field} {records}")).collect();
            let received = one.received_at.get(..10).unwrap_or_default().to_owned();
            let count = grouped(self.lang, &one.records.to_string());
            vec![
                record(self.lang, one.change).to_owned(),
                one.feed.clone(),
                one.office.clone(),
                one.period.clone(),
                received,
                count,
                one.path.clone(),
                fields.join(", "),
            ]
        });
        let header = [
            self.word("records", "enregistrements"),
            self.word("feed", "flux"),
            self.word("office", "bureau"),
            self.word("month", "mois"),
            self.word("received", "reçu"),
            self.word("count", "nombre"),
            self.word("extract", "extrait"),
            self.word("fields", "champs"),
        ];
        format!("{}\n{}", table(&header, body.collect()), self.more(records.len()))
    }
}
