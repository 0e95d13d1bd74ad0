//! HXL hashtags in one spelling: `#Date +End+start` and `#date+start+end` are the same tag.

/// A tag in lower case with its attributes in order, once each; nothing where the text is no tag.
///
/// A tag is `#` and a word, an attribute `+` and a word; a word is a letter, then letters, digits and `_`
/// (HXL 1.1, "Tagging conventions"). Blanks around the parts do not count.
pub fn hashtag(text: &str) -> Option<String> {
    let mut parts = text.trim().strip_prefix('#')?.split('+').map(|part| part.trim().to_ascii_lowercase());
    let tag = parts.next().filter(|word| is_word(word))?;
    let mut attributes: Vec<String> = parts.collect();
    if !attributes.iter().all(|word| is_word(word)) {
        return None;
    }
    attributes.sort_unstable();
    attributes.dedup();
    Some(attributes.iter().fold(format!("#{tag}"), |tag, attribute| tag + "+" + attribute))
}

fn is_word(text: &str) -> bool {
    text.starts_with(|first: char| first.is_ascii_lowercase()) && text.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
}

#[cfg(test)]
mod tests {
    use super::hashtag;

    #[test]
    fn case_and_order_do_not_count() {
        assert_eq!(hashtag(" #Date +Start+end").as_deref(), Some("#date+end+start"));
        assert_eq!(hashtag("#date+end+start"), hashtag("#DATE+START+END+start"));
        assert_ne!(hashtag("#date"), hashtag("#date+start"));
        for text in ["", "#", "date", "#N/A", "#REF!", "#1", "#date+", "#date start", "# 12 rue"] {
            assert_eq!(hashtag(text), None, "{text}");
        }
    }
}
