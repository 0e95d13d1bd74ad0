//! The program as people meet it. One binary for all: every further one would link the engine again.

mod support;
mod workbook;

mod faulty_projects;
mod leak;
mod regenerate;
mod second_run;
mod truth;
