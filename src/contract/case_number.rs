//! Spellings of case numbers: case, spaces, dashes and lost zeros make no other case.

use std::ops::Range;

use super::shape::{Ahead, Shape};
use super::western_digit;

/// How an office writes its case numbers: `@` stands for a letter, a run of `#` for a number of that many
/// digits (fewer mean lost zeros), anything else for itself; spaces and punctuation do not count.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CaseNumberPattern {
    pattern: String,
    parts: Vec<Part>,
    /// What is asked for at each place, `@` and `#` as in the pattern; nothing where a letter is not ASCII's.
    signs: Vec<u8>,
    /// How a case number looks that is written as the pattern is; nothing where it is not ASCII, or long.
    as_written: Option<AsWritten>,
}

/// A case number with its punctuation and all its zeros.
#[derive(Debug, Clone, PartialEq, Eq)]
struct AsWritten {
    shape: Shape,
    /// Where the letters and digits stand that are its one spelling.
    runs: Vec<Range<usize>>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Part {
    Literal(char),
    Letter,
    Digits(usize),
}

impl CaseNumberPattern {
    /// Compiles a pattern; nothing where it does not hold exactly one run of digits: without one no two cases would
    /// differ, and with two it could not be told to which of them lost zeros belong.
    pub fn new(pattern: &str) -> Option<Self> {
        let mut parts: Vec<Part> = Vec::new();
        for c in pattern.chars() {
            match c {
                '@' => parts.push(Part::Letter),
                '#' => match parts.last_mut() {
                    Some(Part::Digits(count)) => *count += 1,
                    _ => parts.push(Part::Digits(1)),
                },
                c if c.is_alphanumeric() => parts.extend(c.to_uppercase().map(Part::Literal)),
                _ => {}
            }
        }
        let runs = pattern.split(|c| c != '#').filter(|run| !run.is_empty()).count();
        (runs == 1).then(|| Self { pattern: pattern.to_owned(), signs: signs(&parts), as_written: as_written(pattern), parts })
    }

    /// The pattern as written.
    pub fn as_str(&self) -> &str {
        &self.pattern
    }

    /// Where in the first `len` bytes of a text the letters and digits stand that are its one spelling, where it is written
    /// sign for sign as the pattern is; nothing where it takes [`CaseNumberPattern::canonical`] to tell.
    #[inline]
    pub fn runs(&self, text: &Ahead, len: usize) -> Option<&[Range<usize>]> {
        self.as_written.as_ref().filter(|written| written.shape.fits(text, len)).map(|written| &*written.runs)
    }

    /// True where what both ask for at their beginning differs, so that no case number fits both.
    pub fn is_apart(&self, other: &Self) -> bool {
        let has_place = |part: &Part| !matches!(part, Part::Digits(_));
        let pairs = self.parts.iter().zip(&other.parts).take_while(|(own, other)| has_place(own) && has_place(other));
        pairs.into_iter().any(|pair| matches!(pair, (Part::Literal(own), Part::Literal(other)) if own != other))
    }

    /// The one spelling of a case number, or nothing where it does not fit.
    pub fn canonical(&self, text: &str) -> Option<String> {
        self.whole(text).or_else(|| self.fit(text.chars().filter(|c| c.is_alphanumeric()).map(western_digit).flat_map(char::to_uppercase), text.len()))
    }

    /// The spelling of a case number whose letters and digits are sign for sign what the pattern asks for: most are ASCII and
    /// have lost no zeros.
    fn whole(&self, text: &str) -> Option<String> {
        let mut signs = self.signs.iter();
        let mut canonical = String::with_capacity(self.signs.len());
        for byte in text.bytes() {
            let sign = match byte {
                b'0'..=b'9' | b'A'..=b'Z' => byte,
                b'a'..=b'z' => byte.to_ascii_uppercase(),
                0x80.. => return None,
                _ => continue,
            };
            let is_met = match *signs.next()? {
                b'@' => sign >= b'A',
                b'#' => sign <= b'9',
                literal => sign == literal,
            };
            if !is_met {
                return None;
            }
            canonical.push(char::from(sign));
        }
        if canonical.is_empty() || signs.next().is_some() { None } else { Some(canonical) }
    }

    /// Fits letters and digits, upper case, to the pattern.
    fn fit(&self, plain: impl Iterator<Item = char>, length: usize) -> Option<String> {
        let mut rest = plain.peekable();
        let mut canonical = String::with_capacity(length + 6);
        for part in &self.parts {
            match part {
                Part::Literal(c) => canonical.push(rest.next().filter(|next| next == c)?),
                Part::Letter => canonical.push(rest.next().filter(char::is_ascii_uppercase)?),
                Part::Digits(width) => {
                    let start = canonical.len();
                    while canonical.len() - start < *width
                        && let Some(digit) = rest.next_if(char::is_ascii_digit)
                    {
                        canonical.push(digit);
                    }
                    let digits = canonical.len() - start;
                    match digits {
                        0 => return None,
                        _ => (digits..*width).for_each(|_| canonical.insert(start, '0')),
                    }
                }
            }
        }
        rest.next().is_none().then_some(canonical)
    }
}

/// The parts place for place; none where a letter is not ASCII's.
fn signs(parts: &[Part]) -> Vec<u8> {
    let places = parts.iter().flat_map(|part| match part {
        Part::Literal(c) => vec![u8::try_from(*c).ok().filter(u8::is_ascii)],
        Part::Letter => vec![Some(b'@')],
        Part::Digits(width) => vec![Some(b'#'); *width],
    });
    places.collect::<Option<_>>().unwrap_or_default()
}

/// What a pattern itself looks like, sign for sign.
fn as_written(pattern: &str) -> Option<AsWritten> {
    let place = |sign: u8| match sign {
        b'@' => b'A'..=b'Z',
        b'#' => b'0'..=b'9',
        sign => sign.to_ascii_uppercase()..=sign.to_ascii_uppercase(),
    };
    let is_kept = |sign: &u8| matches!(sign, b'@' | b'#') || sign.is_ascii_alphanumeric();
    let mut runs: Vec<Range<usize>> = Vec::new();
    for at in pattern.bytes().enumerate().filter(|(_, sign)| is_kept(sign)).map(|(at, _)| at) {
        match runs.last_mut() {
            Some(run) if run.end == at => run.end += 1,
            _ => runs.push(at..at + 1),
        }
    }
    let places: Vec<_> = pattern.bytes().map(place).collect();
    let shape = Shape::of(&places).filter(|_| pattern.is_ascii())?;
    Some(AsWritten { shape, runs })
}

/// Upper case, letters and digits, each run of anything else a dash: `1-234` and `12-34` stay two.
pub(super) fn separated(text: &str) -> String {
    let text: String = text.chars().map(western_digit).collect();
    let runs = text.split(|c: char| !c.is_alphanumeric()).filter(|run| !run.is_empty());
    runs.map(str::to_uppercase).collect::<Vec<_>>().join("-")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use std::sync::LazyLock;

    use regex::Regex;

    use super::CaseNumberPattern;
    use crate::contract::shape::alone;

    static WRITTEN: LazyLock<Regex> = LazyLock::new(|| Regex::new("^MA-[A-Z]{3}-[0-9]{6}$").unwrap());

    proptest! {
        /// The short ways for what lost no zeros, and for what is written as the pattern is, find what the long way finds, or
        /// nothing.
        #[test]
        fn short_ways_find_what_the_long_way_finds(text in "[mM][aA][-/ ]?([a-zA-Z]{3}[- ]?[0-9]{5,7}|[a-z0-9É٤ -]{0,12})|MA-[A-Za]{3}-[0-9:]{6}") {
            let pattern = CaseNumberPattern::new("MA-@@@-######").unwrap();
            let plain = text.chars().filter(|c| c.is_alphanumeric()).map(super::western_digit).flat_map(char::to_uppercase);
            let long = pattern.fit(plain, text.len());
            prop_assert!(pattern.whole(&text).is_none_or(|whole| Some(&whole) == long.as_ref()));
            prop_assert_eq!(pattern.canonical(&text), long);
            let ahead = alone(&text).unwrap();
            let runs = pattern.runs(&ahead, text.len()).map(|runs| runs.iter().map(|run| &text[run.clone()]).collect::<String>());
            prop_assert_eq!(runs.is_some(), WRITTEN.is_match(&text), "as the pattern is written");
            prop_assert!(runs.is_none_or(|runs| Some(runs) == pattern.canonical(&text)));
        }
    }

    #[test]
    fn spellings_of_one_case_are_one() {
        let pattern = CaseNumberPattern::new("MA-@@@-######").unwrap();
        for spelling in ["MA-RAB-004512", "ma-rab-004512", "MA RAB 4512", "MARAB004512", " ma/rab/4512 ", "MA-RAB-٤٥١٢", "MA-RAB-۰۰۴۵۱۲"] {
            assert_eq!(pattern.canonical(spelling).as_deref(), Some("MARAB004512"), "{spelling}");
        }
        let accented = CaseNumberPattern::new("É-##").unwrap();
        assert_eq!((accented.canonical("é 7").as_deref(), accented.canonical("E-07"), accented.canonical("")), (Some("É07"), None, None));
        for other in ["XX-12", "MA-RAB-", "MA-RAB-0045123", "MA-R4B-004512", "DE-004512"] {
            assert_eq!(pattern.canonical(other), None, "{other}");
        }
    }

    #[test]
    fn patterns_are_apart_where_no_case_number_fits_both() {
        let pattern = |text| CaseNumberPattern::new(text).unwrap();
        for (one, other, are_apart) in [
            ("MA-@@@-####", "SN-@@@-####", true),
            ("MA-@@@-####", "ma @@@ ####", false),
            ("@@-X-##", "@@-Y-##", true),
            ("@@-##", "MA-##", false),
            // A digit fewer, and what follows stands at another place.
            ("##-X", "##-Y", false),
            ("MA-##", "M-##", false),
        ] {
            assert_eq!(pattern(one).is_apart(&pattern(other)), are_apart, "{one} {other}");
        }
    }

    #[test]
    fn a_pattern_has_one_run_of_digits() {
        assert!(CaseNumberPattern::new("MA-@@@").is_none());
        assert!(CaseNumberPattern::new("CN-##-####").is_none());
        assert_ne!(super::separated("1-234"), super::separated("12-34"));
    }
}
