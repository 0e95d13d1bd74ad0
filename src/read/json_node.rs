//! JSON values with every key as often as it stands.

use std::cell::Cell;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::Number;
use serde_json::error::Category;

use super::Refusal;
use super::limits::{MOST_VALUES, past};

/// A JSON value; of an object every member in the order written: none silently replaces another.
pub enum Node {
    Null,
    Bool(bool),
    Number(Number),
    Text(String),
    List(Vec<Node>),
    Object(Members),
}

/// The members of an object.
pub type Members = Vec<(String, Node)>;

/// Parses a text. Messages of the parser are not passed on: they may quote a value.
///
/// # Errors
/// `source-error` with the place, where the text is no JSON or holds more than [`MOST_VALUES`] values.
pub fn parse(text: &str, place: &str) -> Result<Node, Refusal> {
    let room = Cell::new(MOST_VALUES);
    let mut reader = serde_json::Deserializer::from_str(text);
    let node = Collect(&room).deserialize(&mut reader).and_then(|node| reader.end().map(|()| node));
    node.map_err(|error| match error.classify() {
        _ if room.get() == 0 => past(format!("{place} holds more than {MOST_VALUES} values"), "send it in pages or in parts"),
        Category::Eof => Refusal::new("source-error", format!("{place} ends in the middle of a JSON object: was the file cut off?")),
        _ if text.contains('\n') => Refusal::new("source-error", format!("{place} is not JSON from line {}, column {} on", error.line(), error.column())),
        _ => Refusal::new("source-error", format!("{place} is not JSON from column {} on", error.column())),
    })
}

/// Collects a value, and counts it: a list of nothings takes many times the memory of its text.
#[derive(Clone, Copy)]
struct Collect<'r>(&'r Cell<usize>);

impl<'de> DeserializeSeed<'de> for Collect<'_> {
    type Value = Node;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Node, D::Error> {
        let Some(room) = self.0.get().checked_sub(1).filter(|room| *room > 0) else {
            self.0.set(0);
            return Err(serde::de::Error::custom("too many values"));
        };
        self.0.set(room);
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Collect<'_> {
    type Value = Node;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_unit<E>(self) -> Result<Node, E> {
        Ok(Node::Null)
    }

    fn visit_bool<E>(self, yes: bool) -> Result<Node, E> {
        Ok(Node::Bool(yes))
    }

    fn visit_i64<E>(self, number: i64) -> Result<Node, E> {
        Ok(Node::Number(number.into()))
    }

    fn visit_u64<E>(self, number: u64) -> Result<Node, E> {
        Ok(Node::Number(number.into()))
    }

    fn visit_f64<E>(self, number: f64) -> Result<Node, E> {
        Ok(Number::from_f64(number).map_or(Node::Null, Node::Number))
    }

    fn visit_str<E>(self, text: &str) -> Result<Node, E> {
        Ok(Node::Text(text.to_owned()))
    }

    fn visit_string<E>(self, text: String) -> Result<Node, E> {
        Ok(Node::Text(text))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Node, A::Error> {
        let mut nodes = Vec::new();
        while let Some(node) = list.next_element_seed(self)? {
            nodes.push(node);
        }
        Ok(Node::List(nodes))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Node, A::Error> {
        let mut members = Vec::new();
        while let Some(key) = map.next_key()? {
            members.push((key, map.next_value_seed(self)?));
        }
        Ok(Node::Object(members))
    }
}
