//! Names with `*`, `?` and `[abc]`, as shells and dbt have them.

use regex::Regex;

/// A pattern that a whole name must fit.
pub struct Pattern(Option<Regex>, String);

impl Pattern {
    /// The pattern of a text; one without wildcards fits itself alone.
    pub fn new(text: &str) -> Self {
        let regex = text.contains(['*', '?', '[']).then(|| Regex::new(&format!("^(?s:{})$", translated(text))).ok()).flatten();
        Self(regex, text.to_owned())
    }

    /// True where it may fit several names.
    pub fn is_wild(&self) -> bool {
        self.0.is_some()
    }

    /// True where the name fits.
    pub fn fits(&self, name: &str) -> bool {
        self.0.as_ref().map_or_else(|| name == self.1, |regex| regex.is_match(name))
    }
}

fn translated(text: &str) -> String {
    let mut regex = String::new();
    let mut rest = text;
    while let Some(letter) = rest.chars().next() {
        rest = &rest[letter.len_utf8()..];
        match letter {
            '*' => regex.push_str(".*"),
            '?' => regex.push('.'),
            // A bracket that is never closed is a bracket.
            '[' if closing(rest).is_some() => {
                let end = closing(rest).unwrap_or_default();
                let class = rest[..end].replace('\\', "\\\\").replace('[', "\\[").replace('&', "\\&").replace('~', "\\~");
                regex.push_str(&format!("[{}]", class.strip_prefix('!').map_or_else(|| class.clone(), |others| format!("^{others}"))));
                rest = &rest[end + 1..];
            }
            other => regex.push_str(&regex::escape(&other.to_string())),
        }
    }
    regex
}

/// Where the bracket of a class closes that holds one letter at least.
fn closing(rest: &str) -> Option<usize> {
    rest.char_indices().skip(1).find(|(_, letter)| *letter == ']').map(|(at, _)| at)
}

#[cfg(test)]
mod tests {
    use super::Pattern;

    #[test]
    fn wildcards_are_those_of_shells() {
        for (pattern, name) in [
            ("a*", "a"),
            ("*_b", "a_b"),
            ("a?c", "abc"),
            ("[ab]c", "bc"),
            ("[!ab]c", "cc"),
            ("[a-c]x", "bx"),
            ("a.b", "a.b"),
            ("[", "["),
            ("a[", "a["),
            ("[é]", "é"),
            ("[]", "[]"),
            ("[z-a]", "[z-a]"),
        ] {
            assert!(Pattern::new(pattern).fits(name), "{pattern} {name}");
        }
        for (pattern, name) in [("a*", "ba"), ("a?c", "ac"), ("[ab]c", "cc"), ("[!ab]c", "ac"), ("a.*", "ab"), ("a", "ab"), ("é?", "é")] {
            assert!(!Pattern::new(pattern).fits(name), "{pattern} {name}");
        }
    }
}
