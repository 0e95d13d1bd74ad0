//! The program as people meet it. One binary for all: every further one would link the engine again.
//!
//! Tests marked `ignore = "defect: …"` say what is right and is not yet so; `cargo test -- --ignored` runs them.

mod support;
mod workbook;

mod architecture;
mod deliveries;
mod faulty_extracts;
mod faulty_projects;
mod leak;
mod places;
mod regenerate;
mod second_run;
mod truth;
mod warehouse;
