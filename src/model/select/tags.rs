//! Tags of models: words that a selection can name.

use crate::diagnostic::Fault;
use crate::model::Model;

/// Checks that each tag can be named in a selection, and is given once.
pub fn check_tags(model: &Model, faults: &mut Vec<Fault>) {
    for (index, tag) in model.header.tags.iter().enumerate() {
        let text = tag.get_ref();
        if text.is_empty() || !text.chars().all(|letter| letter.is_alphanumeric() || matches!(letter, '_' | '-' | '.')) {
            let fault = model.header_fault(tag.span(), format!("`{text}` cannot be a tag"));
            faults.push(fault.hint("a tag is one word of letters, digits, `_`, `-` and `.`, so that `--select tag:…` can name it"));
        } else if model.header.tags[..index].iter().any(|earlier| earlier.get_ref() == text) {
            faults.push(model.header_fault(tag.span(), format!("the tag `{text}` is given twice")).hint("leave one out"));
        }
    }
}
