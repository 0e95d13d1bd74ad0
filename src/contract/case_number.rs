//! Spellings of case numbers: case, spaces, dashes and lost zeros make no other case.

use super::western_digit;

/// How an office writes its case numbers: `@` stands for a letter, a run of `#` for a number of that many
/// digits (fewer mean lost zeros), anything else for itself; spaces and punctuation do not count.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CaseNumberPattern {
    pattern: String,
    parts: Vec<Part>,
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
        (runs == 1).then(|| Self { pattern: pattern.to_owned(), parts })
    }

    /// The pattern as written.
    pub fn as_str(&self) -> &str {
        &self.pattern
    }

    /// The one spelling of a case number, or nothing where it does not fit.
    pub fn canonical(&self, text: &str) -> Option<String> {
        let plain = plain(text);
        let mut rest = plain.chars().peekable();
        let mut canonical = String::with_capacity(plain.len() + 6);
        for part in &self.parts {
            match part {
                Part::Literal(c) => canonical.push(rest.next().filter(|next| next == c)?),
                Part::Letter => canonical.push(rest.next().filter(char::is_ascii_uppercase)?),
                Part::Digits(width) => {
                    let mut digits = String::new();
                    while digits.len() < *width
                        && let Some(digit) = rest.next_if(char::is_ascii_digit)
                    {
                        digits.push(digit);
                    }
                    if digits.is_empty() {
                        return None;
                    }
                    canonical.push_str(&format!("{digits:0>width$}"));
                }
            }
        }
        rest.next().is_none().then_some(canonical)
    }
}

/// Upper case, letters and digits, each run of anything else a dash: `1-234` and `12-34` stay two.
pub(super) fn separated(text: &str) -> String {
    let text: String = text.chars().map(western_digit).collect();
    let runs = text.split(|c: char| !c.is_alphanumeric()).filter(|run| !run.is_empty());
    runs.map(str::to_uppercase).collect::<Vec<_>>().join("-")
}

/// Upper case, letters and digits only.
fn plain(text: &str) -> String {
    text.chars().filter(|c| c.is_alphanumeric()).map(western_digit).flat_map(char::to_uppercase).collect()
}

#[cfg(test)]
mod tests {
    use super::CaseNumberPattern;

    #[test]
    fn spellings_of_one_case_are_one() {
        let pattern = CaseNumberPattern::new("MA-@@@-######").unwrap();
        for spelling in ["MA-RAB-004512", "ma-rab-004512", "MA RAB 4512", "MARAB004512", " ma/rab/4512 ", "MA-RAB-٤٥١٢", "MA-RAB-۰۰۴۵۱۲"] {
            assert_eq!(pattern.canonical(spelling).as_deref(), Some("MARAB004512"), "{spelling}");
        }
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
