//! The program as people meet it. One binary for all: every further one would link the engine again.

mod steps;
mod support;
mod workbook;

mod architecture;
mod by_files_alone;
mod clients;
mod commands;
mod compare_rules;
mod deliveries;
mod drafts;
mod editor;
mod faulty_extracts;
mod faulty_projects;
mod field_rules;
mod found_by_trial;
mod leak;
mod places;
mod properties;
mod reconcile_moved;
mod regenerate;
mod second_run;
mod sql_logic;
mod start;
mod trial;
mod truth;
mod truth_figures;
mod warehouse;
