//! Keyed pseudonyms: the same person is the same 32 hex digits wherever the same key is used.

use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};

/// A key of 32 bytes. Has no `Debug` or `Display`: it cannot be printed.
#[derive(Clone)]
pub struct Key([u8; 32]);

impl Key {
    /// Takes 32 secret bytes.
    pub fn new(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// Reads a key written as 64 hex digits.
    pub fn from_hex(text: &str) -> Option<Self> {
        let mut bytes = [0; 32];
        hex::decode_to_slice(text.trim(), &mut bytes).ok()?;
        Some(Self(bytes))
    }

    /// What a warehouse keeps to know its key again: one way, and of another domain than pseudonyms.
    pub fn fingerprint(&self) -> String {
        hex::encode(&Sha256::new().chain_update(b"rihla key fingerprint").chain_update(self.0).finalize()[..8])
    }

    /// The pseudonym of a person: a canonical case number and the number within the case.
    pub fn person(&self, case: &str, person: i64) -> String {
        self.pseudonym(&[b"person", case.as_bytes(), person.to_string().as_bytes()])
    }

    /// The pseudonym of a case.
    pub fn case(&self, case: &str) -> String {
        self.pseudonym(&[b"case", case.as_bytes()])
    }

    /// HMAC-SHA-256 over the parts, each with its length before it, cut to 16 bytes.
    fn pseudonym(&self, parts: &[&[u8]]) -> String {
        // An HMAC takes a key of any length.
        let mut mac = <Hmac<Sha256> as KeyInit>::new_from_slice(&self.0).unwrap_or_else(|_| unreachable!("HMAC takes keys of any length"));
        for part in parts {
            mac.update(&(part.len() as u64).to_le_bytes());
            mac.update(part);
        }
        hex::encode(&mac.finalize().into_bytes()[..16])
    }
}

#[cfg(test)]
mod tests {
    use super::Key;

    #[test]
    fn pseudonyms_depend_on_key_case_and_person() {
        let (one, other) = (Key::new([1; 32]), Key::new([2; 32]));
        assert_eq!(one.person("MARAB000001", 1), one.person("MARAB000001", 1));
        assert_ne!(one.person("MARAB000001", 1), one.person("MARAB000001", 2));
        assert_ne!(one.person("MARAB000001", 11), one.person("MARAB0000011", 1));
        assert_ne!(one.person("MARAB000001", 1), other.person("MARAB000001", 1));
        assert_eq!(one.case("MARAB000001").len(), 32);
    }
}
