//! A comparison as a workbook: one sheet to read and print, one that says what everything means.

use rust_xlsxwriter::{Workbook, Worksheet, XlsxError};

use super::super::spreadsheet::{Look, Made, begin, print_setup};
use super::super::words::{Word, heading};
use super::notes::{coverage, left_out, legend};
use super::view::{View, of_coverage};
use crate::contract::{Additivity, AdditivityWord};
use crate::report::{Block, Figure, Line, Mark, Number, period_name};
use crate::warehouse::Column;

/// The workbook of a comparison.
pub fn comparison(view: &View<'_>, project: &str) -> Made {
    let mut workbook = begin(&view.title(), project, view.release)?;
    let look = Look::new(view.lang);
    let main = Main { view, look: &look, columns: Columns::of(view) };
    main.write(workbook.add_worksheet(), project)?;
    notes_sheet(view, &look, &mut workbook)?;
    Ok(workbook)
}

/// A column of figures.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Of {
    Current,
    CurrentMark,
    Prior,
    PriorMark,
    Change,
    Percent,
    SmallBase,
    LikeCurrent,
    LikePrior,
    LikeChange,
    LikePercent,
    LikeSmallBase,
    FromCoverage,
}

impl Of {
    fn is_mark(self) -> bool {
        matches!(self, Self::CurrentMark | Self::PriorMark | Self::SmallBase | Self::LikeSmallBase)
    }
}

/// The columns of the sheet: dimensions, then figures; those that would be empty are not there.
struct Columns {
    dimensions: Vec<String>,
    figures: Vec<Of>,
}

impl Columns {
    fn of(view: &View<'_>) -> Self {
        let is_like = view.blocks.iter().any(|block| view.has_like_for_like(block));
        let is_counted = view.blocks.iter().any(|block| !View::is_share(block));
        let mut figures = vec![Of::Current, Of::CurrentMark, Of::Prior, Of::PriorMark, Of::Change];
        figures.extend(is_counted.then_some([Of::Percent, Of::SmallBase]).into_iter().flatten());
        if is_like {
            figures.extend([Of::LikeCurrent, Of::LikePrior, Of::LikeChange]);
            figures.extend(is_counted.then_some([Of::LikePercent, Of::LikeSmallBase, Of::FromCoverage]).into_iter().flatten());
        }
        Self { dimensions: view.dimensions(), figures }
    }

    /// The column of the first figure; a table without dimensions has one that names its only line.
    fn first(&self) -> u16 {
        u16::try_from(self.dimensions.len().max(1)).unwrap_or(u16::MAX)
    }

    fn figures(&self) -> impl Iterator<Item = (u16, Of)> {
        (self.first()..).zip(self.figures.iter().copied())
    }

    fn last(&self) -> u16 {
        self.figures().last().map_or(0, |(column, _)| column)
    }
}

/// The sheet to read.
struct Main<'m> {
    view: &'m View<'m>,
    look: &'m Look,
    columns: Columns,
}

/// The row of the columns' heads: above it title, periods, release, tier and chosen rows.
const HEAD: u32 = 6;

impl Main<'_> {
    fn write(&self, sheet: &mut Worksheet, project: &str) -> Result<(), XlsxError> {
        let (view, look) = (self.view, self.look);
        sheet.set_name(Word::SheetComparison.text(view.lang))?;
        sheet.write_string_with_format(0, 0, view.title(), &look.title)?;
        let subtitles = [view.periods(), format!("{project} – {}", view.release()), restricted(view), view.chosen().unwrap_or_default()];
        for (row, subtitle) in (1..).zip(subtitles) {
            sheet.write_string_with_format(row, 0, subtitle, &look.subtitle)?;
        }
        self.heads(sheet)?;
        let mut row = HEAD + 1;
        for block in &view.blocks {
            row = self.block(sheet, block, row)?;
        }
        row += 1;
        for note in legend(view) {
            sheet.write_string_with_format(row, 0, note, &look.subtitle)?;
            row += 1;
        }
        self.widths(sheet)?;
        sheet.set_freeze_panes(HEAD + 1, self.columns.first())?;
        print_setup(sheet, &view.title(), view.lang, Some(HEAD))
    }

    fn heads(&self, sheet: &mut Worksheet) -> Result<(), XlsxError> {
        let question = &self.view.comparison.question;
        let dimensions = self.columns.dimensions.iter().map(|dimension| heading(dimension));
        for (column, dimension) in (0..self.columns.first()).zip(dimensions.chain([String::new()])) {
            sheet.write_string_with_format(HEAD, column, dimension, &self.look.head)?;
        }
        let period = |period| heading(&period_name(period, self.view.lang));
        let word = |word: Word| heading(word.text(self.view.lang));
        let like = |text: String| format!("{}, {}", word(Word::LikeForLikeShort), text.to_lowercase());
        for (column, of) in self.columns.figures() {
            let text = match of {
                Of::Current => period(question.current),
                Of::Prior => period(question.prior),
                Of::Change => word(Word::Change),
                Of::Percent => word(Word::ChangePercent),
                Of::LikeCurrent => format!("{}, {}", word(Word::LikeForLikeShort), period_name(question.current, self.view.lang)),
                Of::LikePrior => format!("{}, {}", word(Word::LikeForLikeShort), period_name(question.prior, self.view.lang)),
                Of::LikeChange => like(word(Word::Change)),
                Of::LikePercent => like(word(Word::ChangePercent)),
                Of::FromCoverage => word(Word::OfCoverage),
                Of::CurrentMark | Of::PriorMark | Of::SmallBase | Of::LikeSmallBase => String::new(),
            };
            sheet.write_string_with_format(HEAD, column, text, &self.look.head)?;
        }
        sheet.set_row_height(HEAD, 48)?;
        Ok(())
    }

    fn block(&self, sheet: &mut Worksheet, block: &Block, first: u32) -> Result<u32, XlsxError> {
        let (view, look) = (self.view, self.look);
        let mut title = view.block_title(block);
        if View::is_share(block) {
            title = format!("{title} – {}", Word::ChangePoints.text(view.lang));
        }
        for column in 0..=self.columns.last() {
            sheet.write_blank(first, column, &look.band)?;
        }
        sheet.write_string_with_format(first, 0, title, &look.band)?;
        let mut row = first + 1;
        for line in block.lines.iter().map(|line| &view.comparison.lines[*line]) {
            let mut values = view.values(line);
            values.resize(usize::from(self.columns.first()), String::new());
            for (column, value) in (0..).zip(values) {
                sheet.write_string_with_format(row, column, value, &look.text)?;
            }
            for (column, of) in self.columns.figures() {
                self.cell(sheet, (row, column), of, line, block)?;
            }
            row += 1;
        }
        Ok(row)
    }

    fn cell(&self, sheet: &mut Worksheet, (row, column): (u32, u16), of: Of, line: &Line, block: &Block) -> Result<(), XlsxError> {
        let figure = &line.figures[block.measure];
        let like = line.like_for_like[block.measure].as_ref();
        let (now, before) = line.marks[block.measure];
        let mut number = |value: Option<Number>, is_difference| self.look.figure(sheet, (row, column), value, is_difference);
        match of {
            Of::Current => return number(figure.current, false),
            Of::Prior => return number(figure.prior, false),
            Of::Change => return number(figure.change, true),
            Of::LikeCurrent => return number(like.and_then(|like| like.current), false),
            Of::LikePrior => return number(like.and_then(|like| like.prior), false),
            Of::LikeChange => return number(like.and_then(|like| like.change), true),
            Of::FromCoverage => return number(like.filter(|_| !View::is_share(block)).and_then(|like| of_coverage(figure, like)), true),
            _ => {}
        }
        let mark = match of {
            Of::CurrentMark => mark(figure.current.map_or_else(Mark::default, |_| now)),
            Of::PriorMark => mark(figure.prior.map_or_else(Mark::default, |_| before)),
            Of::SmallBase => small_base(Some(figure)),
            Of::LikeSmallBase => small_base(like),
            _ => return self.percent(sheet, (row, column), if of == Of::Percent { Some(figure) } else { like }),
        };
        sheet.write_string_with_format(row, column, mark, &self.look.mark)?;
        Ok(())
    }

    fn percent(&self, sheet: &mut Worksheet, (row, column): (u32, u16), figure: Option<&Figure>) -> Result<(), XlsxError> {
        match figure.and_then(|figure| figure.percent) {
            Some(percent) => sheet.write_number_with_format(row, column, percent / 100.0, &self.look.percent())?,
            None => sheet.write_string_with_format(row, column, super::super::numbers::NO_FIGURE, &self.look.mark)?,
        };
        Ok(())
    }

    /// Room for the longest label, within reason; marks stand close to their figure.
    fn widths(&self, sheet: &mut Worksheet) -> Result<(), XlsxError> {
        let longest = |index: usize| {
            let values = self.view.comparison.lines.iter().filter_map(|line| self.view.values(line).get(index).map(|value| value.chars().count()));
            values.chain(self.columns.dimensions.get(index).map(|name| name.chars().count())).max().unwrap_or(0)
        };
        for column in 0..self.columns.first() {
            let longest = u32::try_from(longest(usize::from(column))).unwrap_or(u32::MAX);
            sheet.set_column_width(column, (longest + 2).clamp(14, 48))?;
        }
        for (column, of) in self.columns.figures() {
            sheet.set_column_width(column, if of.is_mark() { 4 } else { 14 })?;
        }
        Ok(())
    }
}

/// What the tier of a release means, in the reader's language; what is not known is told in the release's own words.
fn restricted(view: &View<'_>) -> String {
    if view.release.rihla.tier == "restricted" { Word::Restricted.text(view.lang).to_owned() } else { view.release.description.clone() }
}

fn mark(mark: Mark) -> String {
    [(mark.provisional, "p"), (mark.restated, "r")].into_iter().filter(|(is, _)| *is).map(|(_, letter)| letter).collect::<Vec<_>>().join(" ")
}

fn small_base(figure: Option<&Figure>) -> String {
    if figure.is_some_and(|figure| figure.small_base && figure.percent.is_some()) { "*".to_owned() } else { String::new() }
}

/// Coverage, offices like for like, what was left out, and what every measure and column is.
fn notes_sheet(view: &View<'_>, look: &Look, workbook: &mut Workbook) -> Result<(), XlsxError> {
    let sheet = workbook.add_worksheet();
    sheet.set_name(Word::SheetNotes.text(view.lang))?;
    for (column, width) in (0..).zip([28, 32, 24, 24, 30, 70]) {
        sheet.set_column_width(column, width)?;
    }
    sheet.write_string_with_format(0, 0, view.title(), &look.title)?;
    let table = &view.comparison.question.table;
    let resource = view.release.resources.iter().find(|resource| resource.name == *table);
    let description = view.labeller.description(table, None, resource.map_or("", |resource| &resource.description));
    let mut row = paragraph(sheet, look, 1, &description)?;
    row = paragraph(sheet, look, row, &view.release())?;
    row = band(sheet, look, row + 1, Word::ReadingNotes.text(view.lang))?;
    for note in coverage(view).into_iter().chain(left_out(view)).chain(legend(view)) {
        row = paragraph(sheet, look, row, &note)?;
    }
    row = band(sheet, look, row + 1, Word::Definitions.text(view.lang))?;
    let heads = [Word::Name, Word::Label, Word::Unit, Word::DateBasis, Word::MaySum, Word::Definition];
    for (column, head) in (0..).zip(heads) {
        sheet.write_string_with_format(row, column, heading(head.text(view.lang)), &look.head)?;
    }
    for column in resource.map_or(&[][..], |resource| &resource.schema.fields) {
        row += 1;
        for (place, text) in (0..).zip(definition(view, table, column)) {
            sheet.write_string_with_format(row, place, text, &look.wrapped)?;
        }
    }
    print_setup(sheet, &view.title(), view.lang, None)
}

/// Writes a sentence over the width of the sheet, as high as it needs.
fn paragraph(sheet: &mut Worksheet, look: &Look, row: u32, text: &str) -> Result<u32, XlsxError> {
    const LETTERS: usize = 190;
    sheet.merge_range(row, 0, row, 5, text, &look.wrapped)?;
    let lines = u32::try_from(text.chars().count().div_ceil(LETTERS)).unwrap_or(1).max(1);
    sheet.set_row_height(row, 15 * lines)?;
    Ok(row + 1)
}

fn band(sheet: &mut Worksheet, look: &Look, row: u32, text: &str) -> Result<u32, XlsxError> {
    sheet.merge_range(row, 0, row, 5, text, &look.band)?;
    Ok(row + 1)
}

fn definition(view: &View<'_>, table: &str, column: &Column) -> [String; 6] {
    let measures = view.release.resources.iter().find(|resource| resource.name == table).map(|resource| &resource.rihla.measures);
    let measure = measures.and_then(|measures| measures.get(&column.name));
    let sums = measure.map(|measure| match &measure.additivity {
        Additivity::Word(AdditivityWord::Full) => Word::SumAll.text(view.lang).to_owned(),
        Additivity::Word(AdditivityWord::None) => Word::SumNone.text(view.lang).to_owned(),
        Additivity::Along(along) => along.iter().map(|column| view.labeller.column(table, column)).collect::<Vec<_>>().join(", "),
    });
    [
        column.name.clone(),
        view.labeller.column(table, &column.name),
        measure.map(|measure| view.labeller.unit(&measure.unit)).unwrap_or_default(),
        measure.map(|measure| view.labeller.date_basis(&measure.date_basis)).unwrap_or_default(),
        sums.unwrap_or_default(),
        view.labeller.description(table, Some(&column.name), &column.description),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_stand_apart_from_figures() {
        assert_eq!(mark(Mark { provisional: true, restated: true }), "p r");
        assert_eq!(mark(Mark::default()), "");
    }
}
