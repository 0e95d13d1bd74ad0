//! Rules over a row that a schema states as SQL expressions, and who judges rows by them.

use std::ops::Range;
use std::sync::Arc;

use arrow::array::ArrayRef;
use chrono::NaiveDate;

use crate::diagnostic::SourceFile;
use crate::error::Result;

/// A rule over a row: an expression that is true or null for every row that is in order, as in a CHECK of SQL.
#[derive(Debug, Clone)]
pub struct RowRule {
    /// Its name, by which rows set aside for it are found.
    pub name: Arc<str>,
    /// The expression.
    pub expression: String,
    /// The index of the field that is told to be at fault; the row as a whole where absent.
    pub field: Option<usize>,
    /// What is said of a row that breaks it, in English; holds no cell.
    pub message_en: String,
    /// The same in French.
    pub message_fr: String,
    /// Where it stands.
    pub place: RulePlace,
}

/// Where a rule stands in its schema.
#[derive(Debug, Clone)]
pub struct RulePlace {
    /// The schema's file.
    pub file: Arc<SourceFile>,
    /// The bytes of the name, a JSON text with its quotation marks.
    pub name: Range<usize>,
    /// The bytes of the expression, likewise.
    pub expression: Range<usize>,
}

impl RulePlace {
    /// The bytes of the file that hold a part of the expression, which counts in bytes of the expression as it is meant;
    /// a sign that the file escapes is one of several bytes there.
    pub fn within(&self, part: Range<usize>) -> Range<usize> {
        let start = self.expression.start + 1;
        let raw = self.file.text.get(start..self.expression.end.saturating_sub(1)).unwrap_or_default();
        start + raw_offset(raw, part.start)..start + raw_offset(raw, part.end)
    }
}

/// The byte of a JSON text at which the byte `meant` of what it means stands.
fn raw_offset(raw: &str, meant: usize) -> usize {
    let (mut at, mut passed) = (0, 0);
    while passed < meant && at < raw.len() {
        let (written, held) = sign(&raw[at..]);
        at += written;
        passed += held;
    }
    at.min(raw.len())
}

/// How many bytes the first sign of a JSON text takes, and how many what it means has.
fn sign(raw: &str) -> (usize, usize) {
    let mut letters = raw.chars();
    match (letters.next(), letters.next()) {
        (Some('\\'), Some('u')) => {
            let code = raw.get(2..6).and_then(|digits| u32::from_str_radix(digits, 16).ok());
            match code {
                // The two halves of one sign beyond the first plane.
                Some(0xD800..=0xDBFF) => (12, 4),
                Some(code) => (6, char::from_u32(code).map_or(3, char::len_utf8)),
                None => (1, 1),
            }
        }
        (Some('\\'), Some(_)) => (2, 1),
        (Some(letter), _) => (letter.len_utf8(), letter.len_utf8()),
        (None, _) => (1, 1),
    }
}

/// What a rule may know beside the row's own fields; a field of the same name hides it.
#[derive(Debug, Clone, Copy)]
pub struct RowFacts<'a> {
    /// The code of the office that sent the row: `office_code`.
    pub office: &'a str,
    /// The day its delivery was received: `received_on`.
    pub received: NaiveDate,
}

/// A row that a rule does not let pass.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BrokenRule {
    /// The row, from 0.
    pub row: usize,
    /// The index of the rule in the contract.
    pub rule: usize,
    /// Why the rule says nothing of the row; absent where it says that the row is not in order.
    pub unclear: Option<Unclear>,
}

/// Why an expression has no value for a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unclear {
    /// It divides by zero.
    DividesByZero,
    /// A number or date is too large for its type.
    Overflows,
    /// A text is not what it is cast to.
    DoesNotCast,
    /// Anything else; the engine's own words may quote a cell, so that they are not passed on.
    Fails,
}

impl Unclear {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::DividesByZero, Self::Overflows, Self::DoesNotCast, Self::Fails];

    /// What is said of the row, in English and in French.
    pub fn messages(self, rule: &str) -> [String; 2] {
        let (en, fr) = match self {
            Self::DividesByZero => ("it divides by zero", "elle divise par zéro"),
            Self::Overflows => ("a value is too large for its type", "une valeur est trop grande pour son type"),
            Self::DoesNotCast => ("a text is not what it is cast to", "un texte n’est pas du type demandé"),
            Self::Fails => ("its expression fails", "son expression échoue"),
        };
        [format!("the rule `{rule}` says nothing of this row: {en}"), format!("la règle « {rule} » ne dit rien de cette ligne : {fr}")]
    }
}

impl RowRule {
    /// What is said of a row that the rule does not let pass, in English and in French.
    pub fn messages(&self, unclear: Option<Unclear>) -> [String; 2] {
        unclear.map_or_else(|| [self.message_en.clone(), self.message_fr.clone()], |why| why.messages(&self.name))
    }

    /// The French for a message that was kept in English; nothing where the rule says something else by now.
    pub fn french_of(&self, english: &str) -> Option<String> {
        let mut known = std::iter::once(None).chain(Unclear::ALL.map(Some)).map(|unclear| self.messages(unclear));
        known.find(|[en, _]| en == english).map(|[_, fr]| fr)
    }
}

/// Judges rows by the rules of a contract. What evaluates SQL is built above, so that contracts need no engine.
pub trait RowRules: Send + Sync {
    /// The indexes of the fields that a rule names, by the rule's index.
    fn fields(&self, rule: usize) -> &[usize];

    /// The rows that a rule does not let pass. `columns` are the typed columns by field index; those of direct identifiers
    /// are not looked at.
    ///
    /// # Errors
    /// `Internal` where the columns are not those of the contract.
    fn judge(&self, columns: &[ArrayRef], rows: usize, facts: &RowFacts<'_>) -> Result<Vec<BrokenRule>>;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_of_an_expression_are_found_through_what_json_escapes() {
        let text = r#"{"expression": "a = 'é\n\u00e9\ud83d\ude00' AND b"}"#;
        let at = text.find("\"a =").unwrap();
        let expression = at..text.rfind('"').unwrap() + 1;
        let place = RulePlace { file: Arc::new(SourceFile { path: "x".into(), text: text.into() }), name: 0..0, expression };
        let meant = "a = 'é\né😀' AND b";
        let b = meant.len() - 1;
        assert_eq!(&text[place.within(b..b + 1)], "b");
        assert_eq!(&text[place.within(0..1)], "a");
        assert_eq!(&text[place.within(4..meant.len() - 6)], r"'é\n\u00e9\ud83d\ude00'");
        assert_eq!(&text[place.within(b..b + 90)], "b", "what lies beyond ends with the text");
    }

    #[test]
    fn a_message_is_told_in_french_while_the_rule_says_it() {
        let file = Arc::new(SourceFile { path: "x".into(), text: String::new() });
        let place = RulePlace { file, name: 0..0, expression: 0..0 };
        let rule = RowRule { name: "r".into(), expression: String::new(), field: None, message_en: "no".into(), message_fr: "non".into(), place };
        assert_eq!(rule.french_of("no").as_deref(), Some("non"));
        let unclear = rule.french_of("the rule `r` says nothing of this row: it divides by zero");
        assert_eq!(unclear.as_deref(), Some("la règle « r » ne dit rien de cette ligne : elle divise par zéro"));
        assert_eq!(rule.french_of("something older"), None);
    }
}
