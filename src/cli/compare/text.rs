//! A comparison as a terminal shows it.

use super::super::numbers::{percent, shown, signed};
use super::super::render::table;
use super::super::words::{Word, say};
use super::notes::notes;
use super::view::{View, of_coverage};
use crate::project::Lang;
use crate::report::{Block, Figure, Line, Mark, Number};

/// The whole comparison.
pub fn comparison(view: &View<'_>) -> String {
    let mut text = format!("{}\n{}\n{}\n", view.title(), view.periods(), view.release());
    text.extend(view.chosen().map(|chosen| format!("{chosen}\n")));
    for block in &view.blocks {
        text.push_str(&format!("\n{}\n{}\n", view.block_title(block), block_table(view, block)));
    }
    text.push('\n');
    for note in notes(view) {
        text.push_str(&note);
        text.push('\n');
    }
    text
}

fn block_table(view: &View<'_>, block: &Block) -> String {
    let question = &view.comparison.question;
    let (now, before) = (question.current.to_string(), question.prior.to_string());
    let is_share = View::is_share(block);
    let word = |word: Word| word.text(view.lang).to_owned();
    let mut header = view.dimensions();
    header.extend([now.clone(), before.clone(), word(if is_share { Word::Points } else { Word::Change })]);
    header.extend((!is_share).then(|| word(Word::Percent)));
    let is_like = view.has_like_for_like(block);
    if is_like {
        header.extend([now, before].map(|period| say(view.lang, Word::LikePeriod, &[&period])));
        header.push(word(if is_share { Word::LikePoints } else { Word::LikeChange }));
        header.extend((!is_share).then(|| [word(Word::LikePercent), word(Word::OfCoverage)]).into_iter().flatten());
    }
    let lines = block.lines.iter().map(|line| {
        let line = &view.comparison.lines[*line];
        let mut cells = view.values(line);
        cells.extend(figures(view.lang, line, block.measure, is_share, is_like));
        cells
    });
    let header: Vec<&str> = header.iter().map(String::as_str).collect();
    table(&header, lines.collect())
}

fn figures(lang: Lang, line: &Line, measure: usize, is_share: bool, is_like: bool) -> Vec<String> {
    let figure = &line.figures[measure];
    let (now, before) = line.marks[measure];
    let mut cells = vec![marked(lang, figure.current, now), marked(lang, figure.prior, before), signed(lang, figure.change)];
    cells.extend((!is_share).then(|| flagged(lang, figure)));
    if is_like {
        let like = line.like_for_like[measure].as_ref();
        cells.extend([shown(lang, like.and_then(|like| like.current)), shown(lang, like.and_then(|like| like.prior))]);
        cells.push(signed(lang, like.and_then(|like| like.change)));
        if !is_share {
            cells.push(like.map_or_else(|| percent(lang, None), |like| flagged(lang, like)));
            cells.push(signed(lang, like.and_then(|like| of_coverage(figure, like))));
        }
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
