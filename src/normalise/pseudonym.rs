//! Keyed pseudonyms: the same person is the same 32 hex digits wherever the same key is used.

use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};

use crate::contract::InCase;

/// Hex digits of a pseudonym.
pub(super) const PSEUDONYM_DIGITS: usize = 32;

/// A chain of keys of 32 bytes, oldest first: the first makes pseudonyms, each later one makes new ones of the old.
///
/// Has no `Debug` or `Display`: it cannot be printed.
#[derive(Clone)]
pub struct Key {
    links: Vec<[u8; 32]>,
    /// An HMAC of each link that has taken nothing yet: taking the key in costs as much as a pseudonym.
    begun: Vec<Hmac<Sha256>>,
}

impl Key {
    /// Takes 32 secret bytes: a chain of one link.
    pub fn new(bytes: [u8; 32]) -> Self {
        Self::of(vec![bytes])
    }

    /// Reads a chain written as 64 hex digits a link, oldest first, with white space between links.
    pub fn from_hex(text: &str) -> Option<Self> {
        let links: Option<Vec<[u8; 32]>> = text.split_whitespace().map(link).collect();
        links.filter(|links| !links.is_empty()).map(Self::of)
    }

    fn of(links: Vec<[u8; 32]>) -> Self {
        let begun = links.iter().map(begin).collect();
        Self { links, begun }
    }

    /// The chain as a key file holds it. For key files alone.
    pub fn to_hex(&self) -> String {
        self.links.iter().fold(String::new(), |text, link| text + &hex::encode(link) + "\n")
    }

    /// The chain with a further link.
    #[must_use]
    pub fn then(&self, bytes: [u8; 32]) -> Self {
        Self::of(self.links.iter().copied().chain([bytes]).collect())
    }

    /// True where some bytes are a link already.
    pub fn has_link(&self, bytes: &[u8; 32]) -> bool {
        self.links.contains(bytes)
    }

    /// How often the key was rotated: its generation, 0 for a chain of one link.
    pub fn generation(&self) -> usize {
        self.links.len() - 1
    }

    /// What a warehouse keeps to know its key again: one way, and of another domain than pseudonyms.
    pub fn fingerprint(&self) -> String {
        let hash = self.links.iter().fold(Sha256::new().chain_update(b"rihla key fingerprint"), |hash, link| hash.chain_update(link));
        hex::encode(&hash.finalize()[..8])
    }

    /// The pseudonym of a person: a canonical case number and the number within the case.
    pub fn person(&self, case: &str, person: i64) -> String {
        self.person_in(self.generation(), case, person)
    }

    /// The pseudonym of a case.
    pub fn case(&self, case: &str) -> String {
        self.case_in(self.generation(), case)
    }

    /// The pseudonym that a person had in an earlier generation of the key.
    pub fn person_in(&self, generation: usize, case: &str, person: i64) -> String {
        self.digits_of_person(generation, case, person).as_str().to_owned()
    }

    /// The pseudonym that a case had in an earlier generation of the key.
    pub fn case_in(&self, generation: usize, case: &str) -> String {
        self.digits_of_case(generation, case).as_str().to_owned()
    }

    pub(super) fn digits_of_person(&self, generation: usize, case: &str, person: i64) -> Digits {
        self.chained(&[b"person", case.as_bytes(), person.to_string().as_bytes()], generation)
    }

    pub(super) fn digits_of_case(&self, generation: usize, case: &str) -> Digits {
        self.chained(&[b"case", case.as_bytes()], generation)
    }

    /// The pseudonym of whom a row tells of, in a generation of the key: the case's own where a case is one person; nothing
    /// where the person's number is not known.
    pub fn who_in(&self, generation: usize, case: &str, who: InCase) -> Option<String> {
        match who {
            InCase::Number(person) => Some(self.person_in(generation, case, person)),
            InCase::Only => Some(self.case_in(generation, case)),
            InCase::Unknown => None,
        }
    }

    /// What the newest link makes of a pseudonym of the generation before it.
    pub fn renewed(&self, pseudonym: &str) -> String {
        digest(&self.begun[self.generation()], &[b"renewed", pseudonym.as_bytes()]).as_str().to_owned()
    }

    /// The mark by which a person or case is known again that is held no more: `pseudonym` is of `generation`.
    pub fn mark(&self, generation: usize, pseudonym: &str) -> String {
        let first = digest(&self.begun[generation], &[b"mark", pseudonym.as_bytes()]);
        let renewed = |mark: Digits, link| digest(link, &[b"renewed mark", mark.as_str().as_bytes()]);
        self.begun[generation + 1..].iter().fold(first, renewed).as_str().to_owned()
    }

    /// What the newest link makes of a mark of the generation before it.
    pub fn renewed_mark(&self, mark: &str) -> String {
        digest(&self.begun[self.generation()], &[b"renewed mark", mark.as_bytes()]).as_str().to_owned()
    }

    fn chained(&self, parts: &[&[u8]], generation: usize) -> Digits {
        let first = digest(&self.begun[0], parts);
        self.begun[1..=generation].iter().fold(first, |pseudonym, link| digest(link, &[b"renewed", pseudonym.as_str().as_bytes()]))
    }
}

/// The digits of a pseudonym: millions are made, so that they have no place of their own on the heap.
pub(super) struct Digits([u8; PSEUDONYM_DIGITS]);

impl Digits {
    pub(super) fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or_else(|_| unreachable!("digits are ASCII"))
    }
}

fn link(text: &str) -> Option<[u8; 32]> {
    let mut bytes = [0; 32];
    hex::decode_to_slice(text, &mut bytes).ok()?;
    Some(bytes)
}

fn begin(key: &[u8; 32]) -> Hmac<Sha256> {
    // An HMAC takes a key of any length.
    <Hmac<Sha256> as KeyInit>::new_from_slice(key).unwrap_or_else(|_| unreachable!("HMAC takes keys of any length"))
}

/// HMAC-SHA-256 over the parts, each with its length before it, cut to 16 bytes, as hex digits.
fn digest(begun: &Hmac<Sha256>, parts: &[&[u8]]) -> Digits {
    let mut mac = begun.clone();
    for part in parts {
        mac.update(&(part.len() as u64).to_le_bytes());
        mac.update(part);
    }
    let mut digits = [0; PSEUDONYM_DIGITS];
    match hex::encode_to_slice(&mac.finalize().into_bytes()[..PSEUDONYM_DIGITS / 2], &mut digits) {
        Ok(()) => Digits(digits),
        Err(_) => unreachable!("the digits have room"),
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

    #[test]
    fn a_longer_chain_makes_of_old_pseudonyms_what_it_makes_of_people() {
        let old = Key::new([1; 32]);
        let new = old.then([2; 32]);
        assert_eq!(new.renewed(&old.person("MARAB000001", 1)), new.person("MARAB000001", 1));
        assert_eq!(new.renewed(&old.case("MARAB000001")), new.case("MARAB000001"));
        assert_eq!(new.person_in(0, "MARAB000001", 1), old.person("MARAB000001", 1));
        assert_ne!(new.person("MARAB000001", 1), Key::new([2; 32]).person("MARAB000001", 1));
        assert_ne!(new.fingerprint(), old.fingerprint());
        assert!(Key::from_hex(&new.to_hex()).is_some_and(|read| read.fingerprint() == new.fingerprint()));
    }

    #[test]
    fn a_mark_outlives_rotations() {
        let old = Key::new([1; 32]);
        let pseudonym = old.person("MARAB000001", 1);
        let new = old.then([2; 32]).then([3; 32]);
        let renewed = new.renewed_mark(&old.then([2; 32]).renewed_mark(&old.mark(0, &pseudonym)));
        assert_eq!(renewed, new.mark(0, &new.person_in(0, "MARAB000001", 1)));
        assert_ne!(old.mark(0, &pseudonym), pseudonym);
    }
}
