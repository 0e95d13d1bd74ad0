//! The program as people meet it. One binary for all: every further one would link the engine again.

mod forms;
mod python;
mod steps;
mod support;
mod workbook;

mod architecture;
mod books;
mod by_files_alone;
mod clients;
mod commands;
mod compare_rules;
mod damage;
mod deliveries;
mod erasure;
mod faulty_extracts;
mod faulty_projects;
mod field_rules;
mod forms_exports;
mod forms_properties;
mod forms_runs;
mod found_by_trial;
mod leak;
mod messy_text;
mod places;
mod properties;
mod prune;
mod reconcile_moved;
mod regenerate;
mod rotation;
mod round_trips;
mod second_run;
mod sql_logic;
mod truth;
mod truth_figures;
mod warehouse;
