//! A comparison in people's words: what text and workbook both show.

use super::super::words::{Word, day, heading, say};
use crate::project::Lang;
use crate::report::{Block, Comparison, Figure, Labeller, Line, Number, is_share, period_name};
use crate::warehouse::Manifest;

/// A comparison with its labels.
pub struct View<'v> {
    /// The comparison.
    pub comparison: &'v Comparison,
    /// The labels.
    pub labeller: &'v Labeller<'v>,
    /// The release.
    pub release: &'v Manifest,
    /// The language.
    pub lang: Lang,
    /// The lines that may stand in one table, in the order in which people read them.
    pub blocks: Vec<Block>,
}

impl<'v> View<'v> {
    /// A view.
    pub fn new(comparison: &'v Comparison, labeller: &'v Labeller<'v>, release: &'v Manifest) -> Self {
        let mut view = Self { comparison, labeller, release, lang: labeller.lang(), blocks: comparison.blocks() };
        let mut blocks = std::mem::take(&mut view.blocks);
        blocks.iter_mut().for_each(|block| block.lines.sort_by_cached_key(|line| view.order(*line)));
        view.blocks = blocks;
        view
    }

    /// Codes stand in the order of their list, numbers by size, other values by their text.
    fn order(&self, line: usize) -> Vec<(usize, i64, String)> {
        let table = &self.comparison.question.table;
        let values = self.comparison.dimensions.iter().zip(&self.comparison.lines[line].key.values);
        let place = |(column, value): (&String, &String)| {
            (self.labeller.place(table, column, value).unwrap_or(usize::MAX), value.parse().unwrap_or(i64::MAX), value.clone())
        };
        values.map(place).collect()
    }

    /// What the table is called, and its name.
    pub fn title(&self) -> String {
        let name = &self.comparison.question.table;
        let label = self.labeller.table(name);
        if label == *name { label } else { format!("{label} ({name})") }
    }

    /// The periods in words.
    pub fn periods(&self) -> String {
        let question = &self.comparison.question;
        let named = |period| match (period_name(period, self.lang), period.to_string()) {
            (words, code) if words == code => code,
            (words, code) => format!("{words} ({code})"),
        };
        say(self.lang, Word::Against, &[&named(question.current), &named(question.prior)])
    }

    /// The release, when it was made and what it knows.
    pub fn release(&self) -> String {
        let number = self.release.rihla.release.to_string();
        let date = |text: &str| text.get(..10).and_then(|text| text.parse().ok()).map_or_else(|| text.to_owned(), |date| day(self.lang, date));
        say(self.lang, Word::ReleaseOf, &[&number, &date(&self.release.created), &date(&self.release.rihla.known_until)])
    }

    /// The rows that were chosen; nothing where all were.
    pub fn chosen(&self) -> Option<String> {
        let question = &self.comparison.question;
        let chosen: Vec<String> = question
            .filters
            .iter()
            .map(|(column, value)| {
                format!("{}{} {}", self.labeller.column(&question.table, column), self.labeller.colon(), self.labeller.value(&question.table, column, value))
            })
            .collect();
        (!chosen.is_empty()).then(|| say(self.lang, Word::Only, &[&chosen.join(", ")]))
    }

    /// What a block is called: measure, unit, date basis.
    pub fn block_title(&self, block: &Block) -> String {
        let (name, _) = &self.comparison.measures[block.measure];
        let label = heading(&self.labeller.column(&self.comparison.question.table, name));
        let unit = match &block.currency {
            Some(currency) => self.labeller.value(&self.comparison.question.table, "currency", currency),
            None => self.labeller.unit(&block.unit),
        };
        format!("{label} ({})", say(self.lang, Word::UnitBy, &[&unit, &self.labeller.date_basis(&block.date_basis)]))
    }

    /// What the dimensions are called.
    pub fn dimensions(&self) -> Vec<String> {
        self.comparison.dimensions.iter().map(|column| self.labeller.column(&self.comparison.question.table, column)).collect()
    }

    /// What the values of a line's dimensions are called.
    pub fn values(&self, line: &Line) -> Vec<String> {
        let values = self.comparison.dimensions.iter().zip(&line.key.values);
        values.map(|(column, value)| self.value(column, value)).collect()
    }

    fn value(&self, column: &str, value: &str) -> String {
        let label = self.labeller.value(&self.comparison.question.table, column, value);
        let word = match label.as_str() {
            "" => Word::NotGiven,
            "true" => Word::Yes,
            "false" => Word::No,
            _ => return label,
        };
        word.text(self.lang).to_owned()
    }

    /// True where a block's lines have figures like for like.
    pub fn has_like_for_like(&self, block: &Block) -> bool {
        block.lines.iter().any(|line| self.comparison.lines[*line].like_for_like[block.measure].is_some())
    }

    /// True for blocks that change in points.
    pub fn is_share(block: &Block) -> bool {
        is_share(&block.unit)
    }
}

/// The part of a change that is not like for like: what offices did that reported one of the periods only.
pub fn of_coverage(figure: &Figure, like: &Figure) -> Option<Number> {
    figure.change.zip(like.change).and_then(|(change, like)| change.minus(like))
}
