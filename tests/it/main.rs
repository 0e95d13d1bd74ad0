//! The program as people meet it. One binary for all: every further one would link the engine again.

mod support;
mod workbook;

mod deliveries;
mod faulty_extracts;
mod faulty_projects;
mod leak;
mod places;
mod regenerate;
mod second_run;
mod truth;
