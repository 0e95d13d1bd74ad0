//! Names with `*` for any run of characters.

/// A pattern of names, in which case does not count.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wildcard(String);

impl Wildcard {
    /// A pattern; `*` stands for any run of characters, also for none.
    pub fn new(text: &str) -> Self {
        Self(text.trim().to_lowercase())
    }

    /// The pattern, in lower case.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// True where the whole text fits, blanks around it aside.
    pub fn matches(&self, text: &str) -> bool {
        let text = text.trim().to_lowercase();
        let Some((head, rest)) = self.0.split_once('*') else { return text == self.0 };
        let Some(mut left) = text.strip_prefix(head) else { return false };
        let mut parts = rest.split('*').peekable();
        while let Some(part) = parts.next() {
            if parts.peek().is_none() {
                return left.ends_with(part);
            }
            let Some(at) = left.find(part) else { return false };
            left = &left[at + part.len()..];
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::Wildcard;

    #[test]
    fn a_star_is_any_run() {
        for (pattern, text) in
            [("_uuid", "_UUID "), ("meta/*", "meta/instanceID"), ("*", ""), ("a*b*c", "aXbYc"), ("_submission_*", "_submission__id"), ("a*a", "aa")]
        {
            assert!(Wildcard::new(pattern).matches(text), "{pattern} {text}");
        }
        for (pattern, text) in [("_uuid", "_uuid2"), ("meta/*", "metal"), ("a*a", "a"), ("a*b*c", "aXcYb"), ("start", "group/start")] {
            assert!(!Wildcard::new(pattern).matches(text), "{pattern} {text}");
        }
    }
}
