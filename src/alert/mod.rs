//! Somebody is told when something needs them: causes, what is said of them, and how it gets to whoever is to hear.
//!
//! Guarantees: one cause is told of once, until it is over; a message is stored together with its cause before it is sent, and is
//! sent until its receiver took it or a day has passed, never again once it did; nothing here can stop, slow or fail a load, since
//! all of it happens in tasks of its own. Refuses: values of protected columns, secrets and what servers answer, in whatever is
//! said or logged.
//!
//! What it is told are plain facts; it knows neither ledgers nor schedules.

pub mod book;
pub mod desk;
pub mod facts;
pub mod late;
pub mod letter;
pub mod look;
mod mail;
pub mod matter;
pub mod post;
pub mod reminding;
pub mod shape;
mod words;

pub use crate::project::AlertKind;
pub use desk::Desk;
pub use facts::{Fact, RunFacts};
pub use matter::Matter;
