//! A comparison as a terminal shows it.

use super::super::numbers::{percent, shown, signed};
use super::super::render::{table, table_within, width, wrapped};
use super::super::words::{Word, say};
use super::notes::notes;
use super::view::{View, of_coverage};
use crate::project::Lang;
use crate::report::{Block, Figure, Line, Mark, Number};

/// The whole comparison.
pub fn comparison(view: &View<'_>) -> String {
    let width = width();
    let mut text = String::new();
    for line in [view.title(), view.periods(), view.release()].into_iter().chain(view.chosen()) {
        text.push_str(&format!("{}\n", wrapped(&line, width, "")));
    }
    for block in &view.blocks {
        text.push_str(&format!("\n{}\n", drawn(view, block, width)));
    }
    text.push('\n');
    for note in notes(view) {
        text.push_str(&wrapped(&note, width, ""));
        text.push('\n');
    }
    text
}

/// A block as wide as the terminal: figures like for like stand beside the others where there is room, else below them.
fn drawn(view: &View<'_>, block: &Block, width: usize) -> String {
    let title = wrapped(&view.block_title(block), width, "");
    let parts: &[Part] = if view.has_like_for_like(block) { &[Part::Plain, Part::LikeForLike] } else { &[Part::Plain] };
    let beside = table(&headings(view, block, parts), cells(view, block, parts));
    if parts.len() == 1 || beside.lines().all(|line| line.chars().count() <= width) {
        return format!("{title}\n{}", table_within(&headings(view, block, parts), cells(view, block, parts), width));
    }
    let below = |part: Part| table_within(&headings(view, block, &[part]), cells(view, block, &[part]), width);
    let like = wrapped(&format!("{} – {}", view.block_title(block), Word::LikeForLikeShort.text(view.lang)), width, "");
    format!("{title}\n{}\n\n{like}\n{}", below(Part::Plain), below(Part::LikeForLike))
}

/// Figures that stand together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    Plain,
    LikeForLike,
}

/// The columns' heads; what is like for like says so itself only where it stands beside the plain figures.
fn headings(view: &View<'_>, block: &Block, parts: &[Part]) -> Vec<String> {
    let question = &view.comparison.question;
    let (now, before) = (question.current.to_string(), question.prior.to_string());
    let is_share = View::is_share(block);
    let word = |word: Word| word.text(view.lang).to_owned();
    let mut header = view.dimensions();
    for part in parts {
        if *part == Part::LikeForLike && parts.len() > 1 {
            header.extend([&now, &before].map(|period| say(view.lang, Word::LikePeriod, &[period])));
            header.push(word(if is_share { Word::LikePoints } else { Word::LikeChange }));
            header.extend((!is_share).then(|| word(Word::LikePercent)));
        } else {
            header.extend([now.clone(), before.clone(), word(if is_share { Word::Points } else { Word::Change })]);
            header.extend((!is_share).then(|| word(Word::Percent)));
        }
        header.extend((*part == Part::LikeForLike && !is_share).then(|| word(Word::OfCoverage)));
    }
    header
}

fn cells(view: &View<'_>, block: &Block, parts: &[Part]) -> Vec<Vec<String>> {
    let is_share = View::is_share(block);
    let lines = block.lines.iter().map(|line| {
        let line = &view.comparison.lines[*line];
        let mut cells = view.values(line);
        for part in parts {
            cells.extend(match part {
                Part::Plain => figures(view.lang, line, block.measure, is_share),
                Part::LikeForLike => like_for_like(view.lang, line, block.measure, is_share),
            });
        }
        cells
    });
    lines.collect()
}

fn figures(lang: Lang, line: &Line, measure: usize, is_share: bool) -> Vec<String> {
    let figure = &line.figures[measure];
    let (now, before) = line.marks[measure];
    let mut cells = vec![marked(lang, figure.current, now), marked(lang, figure.prior, before), signed(lang, figure.change)];
    cells.extend((!is_share).then(|| flagged(lang, figure)));
    cells
}

fn like_for_like(lang: Lang, line: &Line, measure: usize, is_share: bool) -> Vec<String> {
    let like = line.like_for_like[measure].as_ref();
    let mut cells = vec![shown(lang, like.and_then(|like| like.current)), shown(lang, like.and_then(|like| like.prior))];
    cells.push(signed(lang, like.and_then(|like| like.change)));
    if !is_share {
        cells.push(like.map_or_else(|| percent(lang, None), |like| flagged(lang, like)));
        cells.push(signed(lang, like.and_then(|like| of_coverage(&line.figures[measure], like))));
    }
    cells
}

fn marked(lang: Lang, value: Option<Number>, mark: Mark) -> String {
    // What is not there is neither provisional nor restated.
    let mark = value.map_or_else(Mark::default, |_| mark);
    format!("{}{}{}", shown(lang, value), if mark.provisional { " p" } else { "" }, if mark.restated { " r" } else { "" })
}

fn flagged(lang: Lang, figure: &Figure) -> String {
    format!("{}{}", percent(lang, figure.percent), if figure.small_base && figure.percent.is_some() { " *" } else { "" })
}
