//! What stands in the ledger's objects.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::error::{Error, Kind, Result};
use crate::schedule::state::Known;
use crate::schedule::timetable::Timetable;

/// `lease/<token>`
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct HeldForm {
    pub holder: String,
    pub beat: u64,
    pub is_free: bool,
}

/// `known/<pipeline>/<token>`
#[derive(Debug, Serialize, Deserialize)]
pub struct KnownForm {
    expression: String,
    zone: String,
    /// Nothing where the pipeline is no longer scheduled.
    decided_until: Option<DateTime<Utc>>,
}

impl KnownForm {
    /// The form of what is known.
    pub fn of(known: &Known) -> Self {
        let timetable = &known.timetable;
        Self { expression: timetable.expression().to_owned(), zone: timetable.zone().name().to_owned(), decided_until: Some(known.decided_until) }
    }

    /// The form of a pipeline that is no longer scheduled.
    pub fn forgotten() -> Self {
        Self { expression: String::new(), zone: String::new(), decided_until: None }
    }

    /// What is known; nothing of a pipeline that is no longer scheduled.
    ///
    /// # Errors
    /// `Conflict` where this version does not understand the expression or the zone.
    pub fn known(self) -> Result<Option<Known>> {
        let Some(decided_until) = self.decided_until else { return Ok(None) };
        let strange = |what: &str| Error::new(Kind::Conflict, format!("the schedule's ledger names {what}, which this version does not know"));
        let zone = self.zone.parse().map_err(|_| strange(&format!("the zone `{}`", self.zone)))?;
        let timetable = Timetable::new(&self.expression, zone).map_err(|cause| strange(&format!("`{}`", self.expression)).because(cause))?;
        Ok(Some(Known { timetable, decided_until }))
    }
}
