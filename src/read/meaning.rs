//! What one label means: a field, a choice of a field, the review, or nothing of the schema.

use super::cells::Target;
use crate::contract::{Contract, FieldKind, fold};
use crate::project::Source;

/// What a label means by itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Meaning {
    /// It is blank.
    Unlabelled,
    /// The cells under it go there; of a choice, what stands before the code.
    Known {
        /// Where.
        target: Target,
        /// What stands before the code of a choice.
        prefix: Option<String>,
    },
    /// It is known to belong to no field.
    Ignored,
    /// Nobody knows it.
    Unknown,
    /// It could mean two things; why.
    Doubtful(String),
}

/// What stands between a question and its choice in a label.
const CHOICE_SEPARATORS: [char; 2] = ['/', '.'];

/// What a label means. It is looked up whole first; then the source may ignore it; then it may be a choice of a list
/// (`topics/health`), or known by its ending where the source names groups; neither of labels that are very long or deep.
pub fn meaning(label: &str, source: &Source, contract: &Contract) -> Meaning {
    let label = label.trim();
    if label.is_empty() {
        return Meaning::Unlabelled;
    }
    let is_ignored = source.export.ignores(label);
    if let Some(field) = find(label, source) {
        if is_ignored {
            return Meaning::Doubtful(format!("its label means `{}`, and the source ignores it", contract.fields[field].name));
        }
        return Meaning::Known { target: Target::Field(field), prefix: None };
    }
    if source.export.is_review(label) {
        return Meaning::Known { target: Target::Review, prefix: None };
    }
    if is_ignored || source.export.is_link(label) {
        return Meaning::Ignored;
    }
    if is_deep(label, source) {
        return Meaning::Unknown;
    }
    // A list's own name before a code of that list is no group's; were it one, the field meant would have no column.
    if let Some((target, prefix)) = choice(label, source, contract) {
        return Meaning::Known { target, prefix: Some(prefix) };
    }
    ending(label, source).map_or(Meaning::Unknown, |field| Meaning::Known { target: Target::Field(field), prefix: None })
}

/// True for labels of more groups than a form has, and for whole sentences: what they end in is looked for at every
/// separator, and before every separator again.
fn is_deep(label: &str, source: &Source) -> bool {
    const MOST_GROUPS: usize = 32;
    const MOST_BYTES: usize = 1024;
    let groups = source.export.groups.as_deref().map_or(0, |groups| label.matches(groups).count());
    label.len() > MOST_BYTES || groups.max(label.matches(CHOICE_SEPARATORS).count()) > MOST_GROUPS
}

/// The field that a whole label means.
pub fn find(label: &str, source: &Source) -> Option<usize> {
    source.labels.get(&fold(label)).copied()
}

/// The field that a label means without some of its groups: the longest ending that is known.
fn ending(label: &str, source: &Source) -> Option<usize> {
    let groups = source.export.groups.as_deref()?;
    label.match_indices(groups).find_map(|(at, _)| find(&label[at + groups.len()..], source))
}

/// The choice that a label means: a list, a separator, and one of the spellings of a code of that list.
fn choice(label: &str, source: &Source, contract: &Contract) -> Option<(Target, String)> {
    label.match_indices(CHOICE_SEPARATORS).find_map(|(at, separator)| {
        let (question, answer) = (&label[..at], &label[at + separator.len()..]);
        let field = find(question, source).or_else(|| ending(question, source))?;
        let codes = contract.fields[field].codes.as_ref().filter(|_| contract.fields[field].kind == FieldKind::List)?;
        let found = codes.find(answer)?;
        let code = codes.codes.iter().position(|code| code.code == found.code)?;
        Some((Target::Choice { field, code }, question.to_owned()))
    })
}
