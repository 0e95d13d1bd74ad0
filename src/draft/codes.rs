//! Code lists for columns with few distinct values: the project's own first, a new one only for what a label calls a
//! category.

use super::column::Column;
use super::kinds::Values;
use crate::contract::{CodeList, Role, fold};
use crate::project::Project;

/// The code list of a column.
#[derive(Debug)]
pub struct Codes {
    /// The list's name.
    pub list: String,
    /// The codes, where the list is a new one: code and spelling.
    pub new: Option<Vec<(String, String)>>,
}

/// What became of the search for a list.
pub enum Matched {
    /// There is one.
    List {
        /// It.
        codes: Codes,
        /// What separates several codes in a cell.
        separator: Option<char>,
        /// Why it is that one.
        evidence: String,
        /// What people must say.
        questions: Vec<String>,
    },
    /// There is none, but the label says that the values are nobody's.
    Unlisted(&'static str),
    /// There is none, and the values are not known to be nobody's.
    Nothing(&'static str),
}

/// A new list may have no more codes than these.
const MOST_CODES: usize = 40;

/// A new list needs so many values: in a small sample a family's name repeats as a code does.
const FEWEST_VALUES: usize = 15;

/// Each code of a new list must stand this often, on average: names repeat less.
const REPEATED: usize = 3;

/// The same where the values are written as names are, each word with a capital letter.
const REPEATED_AS_NAMES: usize = 5;

/// What may separate several codes in a cell.
const SEPARATORS: [char; 4] = ['|', ';', ',', ' '];

/// The list that a column's values are of; `named` is that of the same label in another feed.
pub fn matching(column: &Column, values: &Values<'_>, named: Option<&str>, project: Option<&Project>) -> Matched {
    if values.filled.is_empty() {
        return Matched::Nothing("it has no value by which a code list could be told");
    }
    let lists: Vec<&CodeList> = project.map_or_else(Vec::new, |project| project.code_lists.values().map(AsRef::as_ref).collect());
    let by_name = named.and_then(|named| lists.iter().find(|list| list.name == named).copied());
    if let Some(list) = by_name {
        return existing(list, values, None, separator(list, values));
    }
    let whole: Vec<&CodeList> = lists.iter().filter(|list| unknown(list, values, None).is_empty()).copied().collect();
    if let Some((first, others)) = whole.split_first() {
        return existing(first, values, (!others.is_empty()).then(|| others.iter().map(|list| list.name.as_str()).collect()), None);
    }
    let in_parts = lists.iter().find_map(|list| separator(list, values).map(|separator| (list, separator)));
    if let Some((list, separator)) = in_parts {
        return existing(list, values, None, Some(separator));
    }
    // Most of the values are enough to know the list; the others are for people to look at.
    let most = lists.iter().filter(|list| unknown(list, values, None).len() * 5 <= values.filled.len()).min_by_key(|list| unknown(list, values, None).len());
    if let Some(list) = most {
        return existing(list, values, None, None);
    }
    fresh(column, values, project)
}

/// The rows whose value a list does not have.
fn unknown(list: &CodeList, values: &Values<'_>, separator: Option<char>) -> Vec<i64> {
    let is_known = |text: &str| match separator {
        Some(separator) => text.split(separator).map(str::trim).filter(|part| !part.is_empty()).all(|part| list.find(part).is_some()),
        None => list.find(text).is_some(),
    };
    values.filled.iter().filter(|(_, text, _)| !is_known(text)).map(|(row, _, _)| *row).collect()
}

/// What separates the list's codes in the values, where whole values are none of them.
fn separator(list: &CodeList, values: &Values<'_>) -> Option<char> {
    if unknown(list, values, None).is_empty() {
        return None;
    }
    SEPARATORS
        .into_iter()
        .find(|separator| values.filled.iter().any(|(_, text, _)| text.contains(*separator)) && unknown(list, values, Some(*separator)).is_empty())
}

fn existing(list: &CodeList, values: &Values<'_>, others: Option<Vec<&str>>, separator: Option<char>) -> Matched {
    let unknown = unknown(list, values, separator);
    let known = values.filled.len() - unknown.len();
    let mut questions = Vec::new();
    if !unknown.is_empty() {
        questions.push(format!(
            "the list `{}` does not know {} of {} values ({}): are they spellings to add?",
            list.name,
            unknown.len(),
            values.filled.len(),
            super::some_rows(&unknown)
        ));
    }
    if let Some(others) = others {
        questions.push(format!("the values are also in {}: is `{}` the right list?", others.join(", "), list.name));
    }
    let several = separator.map_or_else(String::new, |separator| format!(", several in a cell parted by `{separator}`"));
    let evidence = format!("{known} of {} values are in the project's list `{}`{several}", values.filled.len(), list.name);
    Matched::List { codes: Codes { list: list.name.clone(), new: None }, separator, evidence, questions }
}

/// True for letters alone, each word with a capital letter: a name, or a code as a form shows it.
fn is_like_a_name(text: &str) -> bool {
    text.split([' ', '-', '\'', '’']).all(|word| word.chars().all(char::is_alphabetic) && !word.starts_with(char::is_lowercase))
}

/// A new list of what repeats itself.
fn fresh(column: &Column, values: &Values<'_>, project: Option<&Project>) -> Matched {
    let counts = values.counts();
    if column.role == Some(Role::Sex) {
        return Matched::Unlisted("no code list of the project has its values: which is the list of sexes?");
    }
    let like_names = counts.keys().all(|text| is_like_a_name(text));
    let repeated = if like_names { REPEATED_AS_NAMES } else { REPEATED };
    if values.filled.len() < FEWEST_VALUES {
        return Matched::Nothing("it has too few values to tell codes from people's words");
    }
    if counts.len() > MOST_CODES || counts.len() * repeated > values.filled.len() || (like_names && counts.values().any(|count| *count == 1)) {
        return Matched::Nothing("its values do not repeat themselves as codes do");
    }
    let mut codes: Vec<(String, String)> = Vec::new();
    for text in counts.keys() {
        let folded = fold(text);
        let plain = folded.split(' ').filter(|word| word.is_ascii()).collect::<Vec<_>>().join("_");
        let code = if plain.is_empty() { format!("code_{}", codes.len() + 1) } else { plain };
        // Spellings that differ in case or accents alone are one code.
        if !codes.iter().any(|(_, known)| fold(known) == folded) {
            let is_taken = codes.iter().any(|(known, _)| *known == code);
            codes.push((if is_taken { format!("{code}_{}", codes.len() + 1) } else { code }, (*text).to_owned()));
        }
    }
    let is_taken = project.is_some_and(|project| project.code_lists.contains_key(&column.name));
    let list = if is_taken { format!("{}_new", column.name) } else { column.name.clone() };
    let evidence = format!("{} distinct values among {}: a new list `{list}`", counts.len(), values.filled.len());
    let questions = vec![format!("the list `{list}` was drafted from the values: are these codes, and no person's words?")];
    Matched::List { codes: Codes { list, new: Some(codes) }, separator: None, evidence, questions }
}
