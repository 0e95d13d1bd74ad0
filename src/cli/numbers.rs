//! Numbers as people of a language write them.

use crate::project::Lang;
use crate::report::Number;

/// The narrow no-break space of French numbers.
const NARROW: char = '\u{202f}';

/// What stands where there is no figure.
pub const NO_FIGURE: &str = "–";

/// Digits with a decimal point as a language writes them: `1,732.5`, `1 732,5`.
pub fn grouped(lang: Lang, digits: &str) -> String {
    let (sign, digits) = digits.strip_prefix('-').map_or(("", digits), |rest| ("-", rest));
    let (whole, decimals) = digits.split_once('.').map_or((digits, None), |(whole, decimals)| (whole, Some(decimals)));
    let (apart, point) = match lang {
        Lang::En => (',', '.'),
        Lang::Fr => (NARROW, ','),
    };
    let mut text = sign.to_owned();
    for (index, digit) in whole.chars().enumerate() {
        if index > 0 && (whole.len() - index).is_multiple_of(3) {
            text.push(apart);
        }
        text.push(digit);
    }
    if let Some(decimals) = decimals {
        text.push(point);
        text.push_str(decimals);
    }
    text
}

/// A figure: exact ones with all their digits; others whole where they are whole, else to two decimals.
pub fn number(lang: Lang, value: Number) -> String {
    match value {
        Number::Exact { .. } => grouped(lang, &value.to_string()),
        Number::Float(value) if value.fract() == 0.0 => grouped(lang, &format!("{value:.0}")),
        Number::Float(value) => grouped(lang, &format!("{value:.2}")),
    }
}

/// A figure, or the dash.
pub fn shown(lang: Lang, value: Option<Number>) -> String {
    value.map_or_else(|| NO_FIGURE.to_owned(), |value| number(lang, value))
}

/// A difference with its sign, or the dash.
pub fn signed(lang: Lang, value: Option<Number>) -> String {
    value.map_or_else(|| NO_FIGURE.to_owned(), |value| format!("{}{}", plus(value.as_f64()), number(lang, value)))
}

/// A change in percent with its sign, or the dash.
pub fn percent(lang: Lang, value: Option<f64>) -> String {
    let space = match lang {
        Lang::En => ' ',
        Lang::Fr => NARROW,
    };
    value.map_or_else(|| NO_FIGURE.to_owned(), |value| format!("{}{}{space}%", plus(value), grouped(lang, &format!("{value:.1}"))))
}

fn plus(value: f64) -> &'static str {
    if value > 0.0 { "+" } else { "" }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn as_each_language_writes_them() {
        let cents = Number::Exact { units: -173_250, scale: 2 };
        assert_eq!((number(Lang::En, cents), number(Lang::Fr, cents)), ("-1,732.50".to_owned(), "-1\u{202f}732,50".to_owned()));
        assert_eq!(number(Lang::Fr, Number::Float(1_234_567.5)), "1\u{202f}234\u{202f}567,50");
        assert_eq!(number(Lang::En, Number::Float(308.0)), "308");
        assert_eq!((percent(Lang::En, Some(28.87)), percent(Lang::Fr, Some(28.87))), ("+28.9 %".to_owned(), "+28,9\u{202f}%".to_owned()));
        assert_eq!(signed(Lang::En, Some(Number::Exact { units: 0, scale: 0 })), "0");
        assert_eq!(shown(Lang::Fr, None), NO_FIGURE);
    }
}
