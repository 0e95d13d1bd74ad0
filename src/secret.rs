//! Secrets, which the environment alone holds: project files name the variable, never the value.
//!
//! Guarantees: a secret has no `Display` and its `Debug` says nothing; what is shown of an address that holds one has the
//! variable's name in its place.

use std::fmt;

use crate::error::{Error, Kind, Result};

/// A text that nobody may see.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// Keeps a text from being seen.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The text, for whoever asks a server with it.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Secret(…)")
    }
}

/// A variable of the environment that holds a secret; looked up when it is used, so that a project can be checked without it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Variable(String);

impl Variable {
    /// The variable that a text such as `${KOBO_TOKEN}` names and nothing else.
    pub fn of(text: &str) -> Option<Self> {
        let name = text.strip_prefix("${")?.strip_suffix('}')?;
        is_name(name).then(|| Self(name.to_owned()))
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.0
    }

    /// True where the environment has it.
    pub fn is_set(&self) -> bool {
        std::env::var_os(&self.0).is_some_and(|value| !value.is_empty())
    }

    /// What it holds.
    ///
    /// # Errors
    /// `Unavailable` where the environment has no such variable, or an empty one.
    pub fn value(&self) -> Result<Secret> {
        let value = std::env::var(&self.0).ok().filter(|value| !value.trim().is_empty());
        value.map(|value| Secret::new(value.trim())).ok_or_else(|| {
            Error::new(Kind::Unavailable, format!("the environment has no variable `{}`", self.0))
                .hint("set it where rihla runs: a secret never stands in a project file")
        })
    }
}

fn is_name(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

/// The variables that a text names as `${NAME}`, in their order.
pub fn variables(text: &str) -> Vec<Variable> {
    let mut found = Vec::new();
    let mut rest = text;
    while let Some(open) = rest.find("${") {
        let Some(close) = rest[open..].find('}') else { break };
        found.extend(Variable::of(&rest[open..=open + close]));
        rest = &rest[open + close + 1..];
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_not_seen() {
        let secret = Secret::new("hunter2");
        assert!(!format!("{secret:?} {:?}", Some(&secret)).contains("hunter2"));
        assert_eq!(secret.reveal(), "hunter2");
    }

    #[test]
    fn a_variable_is_named_and_nothing_else() {
        assert_eq!(Variable::of("${KOBO_TOKEN}").map(|variable| variable.name().to_owned()), Some("KOBO_TOKEN".to_owned()));
        for text in ["KOBO_TOKEN", "a${KOBO_TOKEN}", "${KOBO_TOKEN}b", "${}", "${KOBO TOKEN}", "${A}${B}"] {
            assert_eq!(Variable::of(text), None, "{text}");
        }
        assert_eq!(variables("?a=${A}&b=${B}&c=${").iter().map(Variable::name).collect::<Vec<_>>(), ["A", "B"]);
    }
}
