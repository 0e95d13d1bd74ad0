//! Code lists: codes with their labels and spellings.

use std::collections::HashMap;
use std::sync::{PoisonError, RwLock};

use foldhash::fast::FixedState;

use super::fold;

/// One code of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Code {
    /// The canonical code, as tables hold it.
    pub code: String,
    /// English label.
    pub label_en: String,
    /// French label.
    pub label_fr: String,
    /// Arabic label; empty where there is none.
    pub label_ar: String,
    /// Other spellings.
    pub aliases: Vec<String>,
    /// First day of validity; always where absent.
    pub valid_from: Option<chrono::NaiveDate>,
    /// Last day of validity; always where absent.
    pub valid_to: Option<chrono::NaiveDate>,
}

impl Code {
    /// True where the code is valid on a day.
    pub fn is_valid_on(&self, day: chrono::NaiveDate) -> bool {
        self.valid_from.is_none_or(|from| from <= day) && self.valid_to.is_none_or(|to| day <= to)
    }

    /// The label in a language, `en`, `fr` or `ar`; empty where there is none.
    pub fn label(&self, lang: &str) -> &str {
        match lang {
            "fr" => &self.label_fr,
            "ar" => &self.label_ar,
            _ => &self.label_en,
        }
    }

    fn spellings(&self) -> impl Iterator<Item = &str> {
        [&self.code, &self.label_en, &self.label_fr, &self.label_ar].into_iter().chain(&self.aliases).map(String::as_str).filter(|s| !s.is_empty())
    }
}

/// Two codes share a spelling, so that a value could be either.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Clash {
    /// The spelling, as the second code writes it.
    pub spelling: String,
    /// The index of the first code.
    pub first: usize,
    /// The index of the second code.
    pub second: usize,
}

/// A code list that finds a code by any of its spellings.
#[derive(Debug)]
pub struct CodeList {
    /// The list's name: its file's name without `.csv`.
    pub name: String,
    /// The codes in the file's order.
    pub codes: Vec<Code>,
    by_spelling: HashMap<String, usize>,
    /// Folding is dear and extracts repeat themselves, so that what was met is remembered.
    met: RwLock<HashMap<String, Option<usize>, FixedState>>,
}

/// Spellings remembered per list; a hostile file must not grow memory without bound.
const REMEMBERED: usize = 10_000;

impl CodeList {
    /// Builds the list.
    ///
    /// # Errors
    /// Every spelling that two codes share.
    pub fn new(name: impl Into<String>, codes: Vec<Code>) -> Result<Self, Vec<Clash>> {
        let mut by_spelling: HashMap<String, usize> = HashMap::new();
        let mut clashes = Vec::new();
        for (second, code) in codes.iter().enumerate() {
            for spelling in code.spellings() {
                match by_spelling.insert(fold(spelling), second) {
                    Some(first) if first != second => clashes.push(Clash { spelling: spelling.to_owned(), first, second }),
                    _ => {}
                }
            }
        }
        if clashes.is_empty() { Ok(Self { name: name.into(), codes, by_spelling, met: RwLock::default() }) } else { Err(clashes) }
    }

    /// The code with one of its spellings equal to `text` after folding.
    pub fn find(&self, text: &str) -> Option<&Code> {
        if let Some(known) = self.met.read().unwrap_or_else(PoisonError::into_inner).get(text) {
            return known.map(|index| &self.codes[index]);
        }
        let index = self.by_spelling.get(&fold(text)).copied();
        let mut met = self.met.write().unwrap_or_else(PoisonError::into_inner);
        if met.len() < REMEMBERED {
            met.insert(text.to_owned(), index);
        }
        index.map(|index| &self.codes[index])
    }

    /// Up to three codes whose spellings are near `text`, as `spelling (CODE)`: a hint for people, never a match.
    pub fn near(&self, text: &str) -> Vec<String> {
        let folded = fold(text);
        let length = folded.chars().count();
        let limit = length / 3;
        if limit == 0 {
            return Vec::new();
        }
        let mut best: HashMap<usize, usize> = HashMap::new();
        // Spellings of another length are that far away at least; a paragraph in place of a code is not compared.
        let may_be_near = |spelling: &str| length.abs_diff(spelling.chars().count()) <= limit;
        for (spelling, index) in self.by_spelling.iter().filter(|(spelling, _)| may_be_near(spelling)) {
            let distance = strsim::damerau_levenshtein(&folded, spelling);
            if distance <= limit {
                best.entry(*index).and_modify(|known| *known = distance.min(*known)).or_insert(distance);
            }
        }
        let mut found: Vec<(usize, usize)> = best.into_iter().map(|(index, distance)| (distance, index)).collect();
        found.sort_unstable();
        found.iter().take(3).map(|(_, index)| format!("{} ({})", self.codes[*index].label_en, self.codes[*index].code)).collect()
    }

    /// True where some code is not valid for ever.
    pub fn has_validity(&self) -> bool {
        self.codes.iter().any(|code| code.valid_from.is_some() || code.valid_to.is_some())
    }

    /// The code with this canonical spelling.
    pub fn get(&self, code: &str) -> Option<&Code> {
        self.codes.iter().find(|known| known.code == code)
    }

    /// True where `code` is a canonical code of the list.
    pub fn contains(&self, code: &str) -> bool {
        self.get(code).is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(code: &str, label: &str, aliases: &[&str]) -> Code {
        Code {
            code: code.into(),
            label_en: label.into(),
            label_fr: String::new(),
            label_ar: String::new(),
            aliases: aliases.iter().map(|a| (*a).to_owned()).collect(),
            valid_from: None,
            valid_to: None,
        }
    }

    #[test]
    fn finds_by_any_spelling_and_never_by_likeness() {
        let list = CodeList::new("country", vec![code("GIN", "Guinea", &["Guinée"]), code("GNB", "Guinea-Bissau", &[])]).unwrap();
        assert_eq!(list.find("GUINEE").unwrap().code, "GIN");
        assert_eq!(list.find("guinea bissau").unwrap().code, "GNB");
        assert!(list.find("Guinea-Bisau").is_none());
        assert_eq!(list.near("Guinea-Bisau"), ["Guinea-Bissau (GNB)"]);
    }

    #[test]
    fn a_shared_spelling_is_a_clash() {
        let clashes = CodeList::new("country", vec![code("COG", "Congo", &[]), code("COD", "DRC", &["congo"])]).unwrap_err();
        assert_eq!(clashes, [Clash { spelling: "congo".into(), first: 0, second: 1 }]);
    }
}
