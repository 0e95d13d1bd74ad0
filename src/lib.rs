//! rihla: office extracts in, audited and released tables out. The modules stand in the order data passes them.

// Floor 0: what everything rests on.
pub mod clock;
pub mod diagnostic;
pub mod error;
pub mod graph;
pub mod names;
pub mod period;

// Floor 1: what rows must be, where objects are, what runs SQL.
pub mod contract;
pub mod engine;
pub mod store;

// Floor 2: the project folder.
pub mod project;

// Floor 3: the stages of a record.
pub mod model;
pub mod normalise;
pub mod read;
pub mod validate;
pub mod warehouse;

// Floor 4: the stages composed; what a project begins with.
pub mod draft;
pub mod run;

// Floor 5: what people ask of releases.
pub mod report;

// Floor 6: the command line.
pub mod cli;
