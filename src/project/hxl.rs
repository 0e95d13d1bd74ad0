//! HXL tags: a hashtag and its attributes, `#date+start`.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::forms::Text;
use crate::diagnostic::{Fault, SourceFile};

/// What is wrong with a tag; nothing where it is one.
pub fn check_tag(tag: &str) -> Option<&'static str> {
    let is_word =
        |word: &str| word.starts_with(|c: char| c.is_ascii_lowercase()) && word.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_');
    let is_tag = tag.strip_prefix('#').is_some_and(|words| words.split('+').all(is_word));
    (!is_tag).then_some("a tag is `#` and a word, then attributes with `+`: `#date+start`; lower-case letters, digits and `_`")
}

/// The tags of columns.
pub fn tags(file: &Arc<SourceFile>, forms: &BTreeMap<Text, Text>, faults: &mut Vec<Fault>) -> BTreeMap<String, String> {
    for tag in forms.values() {
        if let Some(hint) = check_tag(tag.get_ref()) {
            faults.push(Fault::error(file, tag.span(), format!("`{}` is no HXL tag", tag.get_ref())).hint(hint));
        }
    }
    forms.iter().map(|(column, tag)| (column.get_ref().clone(), tag.get_ref().clone())).collect()
}

#[cfg(test)]
mod tests {
    use super::check_tag;

    #[test]
    fn a_tag_is_a_word_with_attributes() {
        for tag in ["#date", "#date+start", "#country+origin+code+v_iso3"] {
            assert_eq!(check_tag(tag), None, "{tag}");
        }
        for other in ["", "#", "date", "#Date", "#date+", "#date start", "#1"] {
            assert!(check_tag(other).is_some(), "{other}");
        }
    }
}
