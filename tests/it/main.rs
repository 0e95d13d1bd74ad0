//! The program as people meet it. One binary for all: every further one would link the engine again.

mod support;
mod workbook;

mod architecture;
mod clients;
mod commands;
mod compare_rules;
mod damage;
mod deliveries;
mod erasure;
mod faulty_extracts;
mod faulty_projects;
mod found_by_trial;
mod leak;
mod places;
mod properties;
mod prune;
mod reconcile_moved;
mod regenerate;
mod rotation;
mod second_run;
mod sql_logic;
mod truth;
mod warehouse;
