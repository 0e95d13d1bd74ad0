//! Answers kept from one run to the next: which rows of an office count, and of what that was asked.
//!
//! They are only kept to save time: where one is missing, damaged or of another question, it is found anew.

use serde::{Deserialize, Serialize};

use super::{Held, Keep};
use crate::error::{Error, Kind, Result};
use crate::store::Store;

/// Where they lie.
const FOLDER: &str = "current";

/// An answer as it is kept.
#[derive(Serialize, Deserialize)]
struct Answer {
    /// What was asked.
    of: String,
    /// What was found.
    held: Held,
}

/// The answers of a feed.
pub struct Keeper<'a> {
    store: &'a Store,
    feed: &'a str,
    keep: Keep,
}

impl<'a> Keeper<'a> {
    /// Those of a feed.
    pub fn new(store: &'a Store, feed: &'a str, keep: Keep) -> Self {
        Self { store, feed, keep }
    }

    /// What was found of an office, where the same was asked.
    ///
    /// # Errors
    /// `Unavailable` where the store cannot be read.
    pub async fn known(&self, office: &str, print: &str) -> Result<Option<Held>> {
        let Some(bytes) = self.store.read_if_any(&self.place(office)).await? else { return Ok(None) };
        let answer: Option<Answer> = serde_json::from_slice(&bytes).ok();
        Ok(answer.filter(|answer| answer.of == print).map(|answer| answer.held))
    }

    /// Keeps what was found.
    ///
    /// # Errors
    /// `Unavailable` where the store cannot be written.
    pub async fn keep(&self, office: &str, print: &str, held: &Held) -> Result<()> {
        if self.keep == Keep::No {
            return Ok(());
        }
        let answer = Answer { of: print.to_owned(), held: held.clone() };
        let bytes = serde_json::to_vec(&answer).map_err(|cause| Error::new(Kind::Internal, "what counts cannot be kept").because(cause))?;
        self.store.write(&self.place(office), bytes).await
    }

    fn place(&self, office: &str) -> String {
        format!("{FOLDER}/{}/{office}.json", self.feed)
    }
}
