//! Whole JSON documents: a list of records, an object that holds it, or pages of such objects that name one another.

use super::encoding::decode;
use super::json::{Members, Node, Records, parse};
use super::{Page, Piece, Refusal};
use crate::contract::Contract;
use crate::project::{JsonShape, Source, TextEncoding};

/// The key that says how many records there are, where the source names none.
const COUNT: &str = "count";

/// The key under which form systems name the next page; without a word of the source it must be empty.
const NEXT: &str = "next";

/// Reads the pages of a delivery, from the first on as each names the next; rows are numbered through all of them.
///
/// # Errors
/// Besides what is no document of this shape: a page that is missing, repeated or never named, and a count that is wrong.
pub fn read(pages: &[Page], shape: &JsonShape, source: &Source, contract: &Contract, sink: &mut dyn FnMut(Piece<'_>)) -> Result<u64, Refusal> {
    let mut records = Records::new(source, contract, sink);
    let mut course = Course { pages, reached: vec![false; pages.len()], count: None };
    let mut row = 1;
    let mut at = if pages.is_empty() { None } else { Some(0) };
    while let Some(index) = at {
        course.reached[index] = true;
        let name = &pages[index].name;
        if shape.next.is_some() || shape.is_fetched {
            records.enter(name);
        }
        let document = parse(&decode(&pages[index].bytes, TextEncoding::Utf8)?, name)?;
        let (list, wrapper) = open(document, shape, name)?;
        for node in list {
            let place = format!("{name}, record {}", records.count() + 1);
            let Node::Object(record) = node else { return Err(Refusal::new("source-error", format!("{place} is no JSON object"))) };
            row = records.record(&record, &place, row)?;
        }
        course.note_count(&wrapper, shape, name)?;
        at = if shape.is_fetched { Some(index + 1).filter(|next| *next < pages.len()) } else { course.next(&wrapper, shape, name)? };
    }
    course.check(records.count())?;
    records.finish()
}

/// The records of a document and what stands beside them.
fn open(document: Node, shape: &JsonShape, name: &str) -> Result<(Vec<Node>, Members), Refusal> {
    let refuse = |what: String| Err(Refusal::new("format-error", format!("{name} {what}")));
    match (document, &shape.records) {
        (Node::List(list), None) => Ok((list, Vec::new())),
        (Node::List(_), Some(key)) => refuse(format!("is a list; the source says that it is an object that holds one as `{key}`")),
        (Node::Object(_), None) => refuse("is an object, not a list of records: say `json = { records = \"…\" }`".to_owned()),
        (Node::Object(mut members), Some(key)) => {
            let found: Vec<usize> = (0..members.len()).filter(|at| members[*at].0 == *key).collect();
            let [at] = found[..] else { return refuse(format!("holds `{key}` {} times", found.len())) };
            let Node::List(list) = members.remove(at).1 else { return refuse(format!("holds no list as `{key}`")) };
            Ok((list, members))
        }
        _ => refuse("is neither a list nor an object".to_owned()),
    }
}

/// The way through the pages.
struct Course<'p> {
    pages: &'p [Page],
    reached: Vec<bool>,
    count: Option<u64>,
}

impl Course<'_> {
    /// The page that this one names, by its place in the listing.
    fn next(&self, wrapper: &Members, shape: &JsonShape, name: &str) -> Result<Option<usize>, Refusal> {
        let refuse = |what: String| Err(Refusal::new("page-error", format!("{name} {what}")));
        let Some(key) = &shape.next else {
            // What stands on further pages would be lost without a word.
            return match member(wrapper, NEXT)[..] {
                [] | [Node::Null] => Ok(None),
                _ => refuse(format!("names a next page as `{NEXT}`: say `next = \"{NEXT}\"` and name `{{page}}` in the url")),
            };
        };
        let next = match member(wrapper, key)[..] {
            [] => return refuse(format!("has no `{key}`: is it a page?")),
            [Node::Null] => return Ok(None),
            [Node::Text(next)] => next,
            _ => return refuse(format!("has a `{key}` that is neither one text nor null")),
        };
        let next = next.strip_prefix("./").unwrap_or(next);
        if next.contains([':', '\\', '?', '#', '/']) || next == ".." {
            return refuse(format!("names a next page outside its folder; `{key}` must be the name of a file beside it"));
        }
        match self.pages.iter().position(|page| page.name == next) {
            Some(index) if self.reached[index] => refuse(format!("names `{}` as the next page, which was read already", self.pages[index].name)),
            Some(index) => Ok(Some(index)),
            None => refuse("names a next page that is not there".to_owned()),
        }
    }

    /// Every page says the same count.
    fn note_count(&mut self, wrapper: &Members, shape: &JsonShape, name: &str) -> Result<(), Refusal> {
        let key = shape.count.as_deref().unwrap_or(COUNT);
        let refuse = |what: String| Err(Refusal::new("page-error", format!("{name} {what}")));
        let count = match member(wrapper, key)[..] {
            [] if shape.count.is_none() => return Ok(()),
            [Node::Number(count)] => count.as_u64(),
            _ => None,
        };
        let Some(count) = count else { return refuse(format!("does not say how many records there are as `{key}`")) };
        match self.count {
            Some(first) if first != count => refuse(format!("says that there are {count} records, a page before it {first}")),
            _ => {
                self.count = Some(count);
                Ok(())
            }
        }
    }

    /// Every page was reached, and the records are as many as was said.
    fn check(&self, read: u64) -> Result<(), Refusal> {
        let left: Vec<&str> = self.pages.iter().zip(&self.reached).filter(|(_, reached)| !**reached).map(|(page, _)| page.name.as_str()).collect();
        if !left.is_empty() {
            return Err(Refusal::new("page-error", format!("no page names {}: does a page lack, or is it of another delivery?", left.join(", "))));
        }
        match self.count {
            Some(count) if count != read => Err(Refusal::new("page-error", format!("there are {read} records, but {count} are announced"))),
            _ => Ok(()),
        }
    }
}

/// The values of a key, which should be one.
fn member<'n>(members: &'n Members, key: &str) -> Vec<&'n Node> {
    members.iter().filter(|(known, _)| known == key).map(|(_, node)| node).collect()
}
