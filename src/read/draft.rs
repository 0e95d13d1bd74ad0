//! One row before it is handed on: choices made one list, the office's review heard.

use std::borrow::Cow;

use super::Why;
use super::cells::Target;
use super::select;
use crate::contract::{Contract, Protection};
use crate::project::{Source, Verdict};

/// The cells of a row by where they go.
///
/// Has no `Debug`: its cells may be protected.
#[derive(Default)]
pub struct Draft<'t> {
    fields: Vec<(usize, Option<Cow<'t, str>>)>,
    choices: Vec<select::Mark<'t>>,
    review: Option<Cow<'t, str>>,
    /// New columns in which a cell is filled.
    new: Vec<usize>,
}

/// What a row was found to be.
pub enum Judged<'t> {
    /// Its cells, by the index of the field.
    Row(Vec<(usize, Option<Cow<'t, str>>)>),
    /// It is set aside.
    Aside(Why),
    /// Its review status is none that the source names.
    UnknownStatus(Cow<'t, str>),
}

impl<'t> Draft<'t> {
    /// Adds a cell.
    pub fn put(&mut self, target: Target, text: Option<Cow<'t, str>>) {
        match target {
            Target::Field(field) => self.fields.push((field, text)),
            Target::Choice { field, code } => self.choices.push(select::Mark { field, code, text: text.unwrap_or_default() }),
            Target::Review => self.review = text,
            Target::Dropped | Target::Unlabelled | Target::New(_) => {}
        }
    }

    /// Notes that a cell is filled in a new column, whatever it holds.
    pub fn put_new(&mut self, drift: usize) {
        self.new.push(drift);
    }

    /// The new columns in which a cell is filled.
    pub fn take_new(&mut self) -> Vec<usize> {
        std::mem::take(&mut self.new)
    }

    /// Why the row is set aside by the office's review, where it is.
    pub fn rejected(&self, source: &Source) -> Option<Why> {
        let verdict = source.export.review.as_ref()?.verdict(self.review.as_deref()?);
        (verdict == Verdict::Excluded).then_some(Why::Rejected)
    }

    /// What the row is.
    pub fn judge(mut self, source: &Source, contract: &Contract) -> Judged<'t> {
        if let (Some(review), Some(status)) = (&source.export.review, self.review.take()) {
            match review.verdict(&status) {
                Verdict::Accepted => {}
                Verdict::Excluded => return Judged::Aside(Why::Rejected),
                Verdict::Unknown => return Judged::UnknownStatus(status),
            }
        }
        self.choices.sort_by_key(|mark| mark.field);
        for marks in self.choices.chunk_by(|a, b| a.field == b.field) {
            let field = marks[0].field;
            if contract.fields[field].protection == Protection::Direct {
                continue;
            }
            let listed = self.fields.iter().position(|(index, _)| *index == field);
            let text = listed.and_then(|at| self.fields[at].1.as_deref());
            let combined = match select::combine(text, marks, source, contract) {
                Ok(combined) => combined.map(Cow::Owned),
                Err(why) => return Judged::Aside(why),
            };
            match listed {
                Some(at) => self.fields[at].1 = combined,
                None => self.fields.push((field, combined)),
            }
        }
        Judged::Row(self.fields)
    }
}
