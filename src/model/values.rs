//! The texts that a column may hold, as far as they are known without data.
//!
//! Guarantees: what is said to be known is never too little, so that a text that is not among them is never there.
//! Null is not a value: every column may be null.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::contract::CodeList;
use crate::diagnostic::nearest;

/// Texts made of others are followed up to so many.
const MOST: usize = 200;

/// As many values as these are shown whole.
const SHOWN: usize = 8;

/// Values that belong together, such as the codes of a list.
#[derive(Debug)]
pub struct Vocabulary {
    /// What its members are, in the plural: `codes of country`.
    pub name: String,
    /// One of them: `code of country`.
    pub one: String,
    /// They.
    pub members: BTreeSet<String>,
    /// The list that they are the codes of, by whose labels people may have named them.
    pub list: Option<Arc<CodeList>>,
}

impl Vocabulary {
    /// The codes of a list, those outside of their validity too.
    pub fn of_list(list: &Arc<CodeList>) -> Self {
        Self {
            name: format!("codes of `{}`", list.name),
            one: format!("code of `{}`", list.name),
            members: list.codes.iter().map(|code| code.code.clone()).collect(),
            list: Some(list.clone()),
        }
    }

    /// Members that the program or the project names.
    pub fn of(one: &str, name: &str, members: impl IntoIterator<Item = impl Into<String>>) -> Self {
        Self { name: name.to_owned(), one: one.to_owned(), members: members.into_iter().map(Into::into).collect(), list: None }
    }
}

/// The texts that a column may hold.
#[derive(Debug, Clone)]
pub enum Values {
    /// Nothing is known.
    Any,
    /// These and no others.
    Only {
        /// Whole vocabularies, by name.
        vocabularies: BTreeMap<String, Arc<Vocabulary>>,
        /// Texts that SQL itself writes.
        literals: BTreeSet<String>,
    },
}

impl Values {
    /// No text: null alone.
    pub fn none() -> Self {
        Self::Only { vocabularies: BTreeMap::new(), literals: BTreeSet::new() }
    }

    /// One text.
    pub fn literal(text: &str) -> Self {
        Self::Only { vocabularies: BTreeMap::new(), literals: BTreeSet::from([text.to_owned()]) }
    }

    /// These texts.
    pub fn literals(texts: impl IntoIterator<Item = String>) -> Self {
        Self::Only { vocabularies: BTreeMap::new(), literals: texts.into_iter().collect() }
    }

    /// All members of a vocabulary.
    pub fn members(vocabulary: &Arc<Vocabulary>) -> Self {
        Self::Only { vocabularies: BTreeMap::from([(vocabulary.name.clone(), vocabulary.clone())]), literals: BTreeSet::new() }
    }

    /// The values of either.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        match (self, other) {
            (Self::Only { mut vocabularies, mut literals }, Self::Only { vocabularies: more, literals: further }) => {
                vocabularies.extend(more);
                literals.extend(further);
                Self::Only { vocabularies, literals }
            }
            _ => Self::Any,
        }
    }

    /// The values of both joined to one text each.
    pub fn joined(&self, other: &Self) -> Self {
        let (Some(first), Some(second)) = (self.all(), other.all()) else { return Self::Any };
        if first.len().saturating_mul(second.len()) > MOST {
            return Self::Any;
        }
        Self::literals(first.iter().flat_map(|start| second.iter().map(move |end| format!("{start}{end}"))))
    }

    /// True where a text may be among them.
    pub fn may_be(&self, text: &str) -> bool {
        match self {
            Self::Any => true,
            Self::Only { vocabularies, literals } => literals.contains(text) || vocabularies.values().any(|known| known.members.contains(text)),
        }
    }

    /// True where both are known and share no text, and each has one.
    pub fn are_apart(&self, other: &Self) -> bool {
        let (Some(mine), Some(theirs)) = (self.all(), other.all()) else { return false };
        !mine.is_empty() && !theirs.is_empty() && mine.is_disjoint(&theirs)
    }

    /// The texts that SQL itself writes, where there are no others.
    pub fn written(&self) -> Option<&BTreeSet<String>> {
        match self {
            Self::Only { vocabularies, literals } if vocabularies.is_empty() => Some(literals),
            _ => None,
        }
    }

    /// The only vocabulary, where there is nothing beside it.
    pub fn vocabulary(&self) -> Option<&Arc<Vocabulary>> {
        match self {
            Self::Only { vocabularies, literals } if literals.is_empty() && vocabularies.len() == 1 => vocabularies.values().next(),
            _ => None,
        }
    }

    /// All of them; nothing where they are not known.
    pub fn all(&self) -> Option<BTreeSet<&str>> {
        let Self::Only { vocabularies, literals } = self else { return None };
        let members = vocabularies.values().flat_map(|known| &known.members);
        Some(members.chain(literals).map(String::as_str).collect())
    }

    /// They in words: `codes of country, and unspecified`.
    pub fn words(&self) -> String {
        let Self::Only { vocabularies, literals } = self else { return "any text".to_owned() };
        let quoted = literals.iter().take(SHOWN).map(|text| format!("`{text}`"));
        let more = (literals.len() > SHOWN).then(|| format!("{} more", literals.len() - SHOWN));
        vocabularies.keys().cloned().chain(quoted).chain(more).collect::<Vec<_>>().join(", ")
    }

    /// What to write instead of a text that is not among them.
    pub fn hint(&self, text: &str) -> String {
        let all = self.all().unwrap_or_default();
        let by_label = || match self {
            Self::Only { vocabularies, .. } => vocabularies.values().find_map(|known| Some(known.list.as_ref()?.find(text)?.code.as_str())),
            Self::Any => None,
        };
        let near = || nearest(text, all.iter().copied()).filter(|found| is_worth_offering(text, found));
        let turned = || all.iter().copied().find(|known| letters(known) == letters(text));
        match by_label().or_else(turned).or_else(near) {
            Some(found) => format!("did you mean `{found}`?"),
            None if all.len() <= SHOWN => format!("there are {}", all.into_iter().collect::<Vec<_>>().join(", ")),
            None => format!("there are {}", self.words()),
        }
    }
}

/// Codes are often so short that most of them are near.
fn is_worth_offering(text: &str, found: &str) -> bool {
    text.chars().count().min(found.chars().count()) > 3
}

fn letters(text: &str) -> Vec<char> {
    let mut letters: Vec<char> = text.chars().collect();
    letters.sort_unstable();
    letters
}

#[cfg(test)]
mod tests {
    use super::*;

    fn vocabulary(list: &[&str]) -> Values {
        Values::members(&Arc::new(Vocabulary::of("letter", "letters", list.iter().copied())))
    }

    #[test]
    fn what_is_known_is_never_too_little() {
        let either = vocabulary(&["a", "b"]).or(Values::literal("none"));
        assert!(either.may_be("a") && either.may_be("none") && !either.may_be("c"));
        assert!(either.or(Values::Any).may_be("c"));
        let joined = Values::literal("of_").joined(&vocabulary(&["a", "b"]));
        assert!(joined.may_be("of_a") && !joined.may_be("a"));
        assert!(Values::Any.joined(&Values::literal("x")).may_be("yx"));
    }

    #[test]
    fn only_what_is_known_can_be_apart() {
        assert!(vocabulary(&["a"]).are_apart(&Values::literal("b")));
        assert!(!vocabulary(&["a"]).are_apart(&vocabulary(&["a", "b"])));
        assert!(!vocabulary(&["a"]).are_apart(&Values::Any) && !vocabulary(&["a"]).are_apart(&Values::none()));
    }

    #[test]
    fn the_nearest_is_offered_else_all() {
        assert_eq!(vocabulary(&["outbound", "inbound"]).hint("outbond"), "did you mean `outbound`?");
        assert_eq!(vocabulary(&["BRA", "MAR"]).hint("MRA"), "did you mean `MAR`?");
        assert_eq!(vocabulary(&["outbound", "inbound"]).hint("zebra"), "there are inbound, outbound");
    }
}
