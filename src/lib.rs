//! rihla: office extracts in, audited and released tables out. The modules stand in the order data passes them.
//!
//! Without the feature `engine` (on by default) only what reads and judges extracts is built: everything up to typed and
//! normalised rows, and drafts of feeds. That builds in a minute, for tests of readers and for fuzzing.

// Floor 0: what everything rests on.
#[cfg(feature = "engine")]
pub mod allocator;
pub mod clock;
pub mod diagnostic;
pub mod error;
pub mod graph;
pub mod names;
pub mod parallel;
pub mod period;
pub mod secret;
#[cfg(feature = "engine")]
pub mod trail;

// Floor 1: when things are due, what rows must be, where objects are, what runs SQL.
pub mod cadence;
pub mod contract;
#[cfg(feature = "engine")]
pub mod engine;
#[cfg(feature = "engine")]
pub mod store;

// Floor 2: the project folder.
pub mod project;

// Floor 3: the stages of a record; which reports are owed.
#[cfg(feature = "engine")]
pub mod calendar;
#[cfg(feature = "engine")]
pub mod model;
pub mod normalise;
pub mod read;
pub mod validate;
#[cfg(feature = "engine")]
pub mod warehouse;

// Floor 4: the stages composed; what a project begins with.
#[cfg(feature = "engine")]
pub mod alert;
pub mod draft;
#[cfg(feature = "engine")]
pub mod run;

// Floor 5: what people ask of releases; when pipelines run.
#[cfg(feature = "engine")]
pub mod report;
#[cfg(feature = "engine")]
pub mod schedule;

// Floor 6: whether everything is in order that the rest stands on; a scheduler seen from outside.
#[cfg(feature = "engine")]
pub mod doctor;
#[cfg(feature = "engine")]
pub mod monitor;

// Floor 7: the command line.
#[cfg(feature = "engine")]
pub mod cli;
