//! Spellings of case numbers: case, spaces, dashes and lost zeros make no other case.

use super::western_digit;

/// How an office writes its case numbers: `@` stands for a letter, a run of `#` for a number of that many
/// digits (fewer mean lost zeros), anything else for itself; spaces and punctuation do not count.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CaseNumberPattern {
    pattern: String,
    parts: Vec<Part>,
    /// What is asked for at each place, `@` and `#` as in the pattern; nothing where a letter is not ASCII's.
    signs: Vec<u8>,
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
        (runs == 1).then(|| Self { pattern: pattern.to_owned(), signs: signs(&parts), parts })
    }

    /// The pattern as written.
    pub fn as_str(&self) -> &str {
        &self.pattern
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

/// Upper case, letters and digits, each run of anything else a dash: `1-234` and `12-34` stay two.
pub(super) fn separated(text: &str) -> String {
    let text: String = text.chars().map(western_digit).collect();
    let runs = text.split(|c: char| !c.is_alphanumeric()).filter(|run| !run.is_empty());
    runs.map(str::to_uppercase).collect::<Vec<_>>().join("-")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::CaseNumberPattern;

    proptest! {
        /// The short way for what lost no zeros finds what the long way finds, or nothing.
        #[test]
        fn whole_spellings_are_those_of_the_long_way(text in "[mM][aA][-/ ]?([a-zA-Z]{3}[- ]?[0-9]{5,7}|[a-z0-9É٤ -]{0,12})") {
            let pattern = CaseNumberPattern::new("MA-@@@-######").unwrap();
            let plain = text.chars().filter(|c| c.is_alphanumeric()).map(super::western_digit).flat_map(char::to_uppercase);
            let long = pattern.fit(plain, text.len());
            prop_assert!(pattern.whole(&text).is_none_or(|whole| Some(&whole) == long.as_ref()));
            prop_assert_eq!(pattern.canonical(&text), long);
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
    fn a_pattern_has_one_run_of_digits() {
        assert!(CaseNumberPattern::new("MA-@@@").is_none());
        assert!(CaseNumberPattern::new("CN-##-####").is_none());
        assert_ne!(super::separated("1-234"), super::separated("12-34"));
    }
}
