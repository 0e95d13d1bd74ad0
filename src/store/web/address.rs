//! Addresses of the web: as they are asked, and as people may see them.

use std::fmt;

use url::Url;

use crate::error::{Error, Kind, Result};
use crate::secret::{Secret, Variable, variables};

/// An address, of which a secret in the query is not shown, and with what one shows who asks.
#[derive(Clone)]
pub struct Address {
    pub(super) url: Url,
    shown: String,
    pub(super) authorization: Option<Secret>,
}

impl Address {
    /// The address of a text in which `${NAME}` stands for secrets of the environment; it is shown as the text stands.
    ///
    /// # Errors
    /// `Unavailable` where the environment lacks a variable; `Config` where the text is no address of the web.
    pub fn of(text: &str) -> Result<Self> {
        let mut url = text.to_owned();
        for variable in variables(text) {
            let value: String = url::form_urlencoded::byte_serialize(variable.value()?.reveal().as_bytes()).collect();
            url = url.replace(&format!("${{{}}}", variable.name()), &value);
        }
        // What the parser says may quote what it parsed.
        let url = Url::parse(&url).map_err(|_| Error::new(Kind::Config, format!("`{text}` is no address of the web")))?;
        Ok(Self { url, shown: text.to_owned(), authorization: None })
    }

    /// The address that a variable holds whole; it is shown as the variable's name.
    ///
    /// # Errors
    /// `Unavailable` where the environment lacks it; `Config` where what it holds is no address of the web.
    pub fn of_variable(variable: &Variable) -> Result<Self> {
        let shown = format!("${{{}}}", variable.name());
        let url = Url::parse(variable.value()?.reveal()).ok().filter(|url| ["http", "https"].contains(&url.scheme()) && url.has_host());
        let url = url.ok_or_else(|| Error::new(Kind::Config, format!("what `{}` holds is no address of the web", variable.name())))?;
        Ok(Self { url, shown, authorization: None })
    }

    /// True where anybody on the way can read what is sent: it is not https.
    pub fn is_open(&self) -> bool {
        self.url.scheme() != "https"
    }

    /// The server's name, in brackets where it is an address of IPv6.
    pub fn host(&self) -> &str {
        self.url.host_str().unwrap_or_default()
    }

    /// The address, asked with a token of a kind such as `Token` or `Bearer`.
    ///
    /// # Errors
    /// `Unavailable` where the environment lacks the token.
    pub fn with_token(mut self, kind: &str, token: Option<&Variable>) -> Result<Self> {
        if let Some(token) = token {
            self.authorization = Some(Secret::new(format!("{kind} {}", token.value()?.reveal())));
        }
        Ok(self)
    }

    /// The same with further pairs of the query, of which none is secret.
    #[must_use]
    pub fn asking(mut self, pairs: &[(&str, String)]) -> Self {
        self.url.query_pairs_mut().extend_pairs(pairs);
        self
    }

    /// Another address that an answer names, where it lies on the same server, asked in the same way.
    pub fn following(&self, text: &str) -> Option<Self> {
        let url = self.url.join(text).ok()?;
        let is_same = url.origin() == self.url.origin() && url.username().is_empty() && url.password().is_none();
        is_same.then(|| Self { url, shown: self.shown.clone(), authorization: self.authorization.clone() })
    }

    /// Scheme, host and port, which have no secret.
    pub fn server(&self) -> String {
        self.url.origin().ascii_serialization()
    }
}

impl fmt::Display for Address {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.shown)
    }
}

impl fmt::Debug for Address {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Address({})", self.shown)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_answers_name_is_followed_on_the_same_server_only() {
        let address = Address::of("https://kobo.example.org/api/v2/assets/a/data/").unwrap();
        assert!(address.following("?start=100").is_some());
        assert!(address.following("https://kobo.example.org/api/v2/assets/a/data/?start=100").is_some());
        for other in ["https://evil.example.org/", "http://kobo.example.org/", "https://kobo.example.org:8443/", "https://me@kobo.example.org/"] {
            assert!(address.following(other).is_none(), "{other}");
        }
    }

    #[test]
    fn a_secret_of_the_query_is_not_shown() {
        let address = Address::of("https://host.example.org/a.csv?key=${PATH}").unwrap();
        let path = std::env::var("PATH").unwrap();
        assert!(!format!("{address} {address:?}").contains(&path));
        assert_eq!(address.url.query_pairs().next().unwrap().1, path.trim());
        assert!(Address::of("https://host.example.org/${NO_SUCH_VARIABLE_HERE}").is_err());
    }
}
