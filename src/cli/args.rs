//! The command line's arguments and their help.

use std::path::PathBuf;

use clap::{Parser, Subcommand, ValueEnum};

/// Turns field-office extracts into audited, released tables.
///
/// A project folder holds everything: rihla.toml, pipelines/, schemas/, sql/. Deliveries are pulled, validated row by
/// row, normalised and loaded; models make tables of them; what passes its tests is released, numbered and for good.
/// People only ever read releases.
#[derive(Debug, Parser)]
#[command(name = "rihla", version, about, after_help = "Exit codes: 0 done, 1 something for you to mend (wrong usage included), 2 a defect of rihla.\nStart with `rihla run`, then `rihla status` and `rihla tables`.")]
pub struct Args {
    /// The project folder
    #[arg(long, global = true, value_name = "DIR", default_value = ".", env = "RIHLA_PROJECT")]
    pub project: PathBuf,

    /// Print JSON, for programs
    #[arg(long, global = true)]
    pub json: bool,

    /// When to use colour
    #[arg(long, global = true, value_enum, default_value_t = Colour::Auto, value_name = "WHEN")]
    pub color: Colour,

    #[command(subcommand)]
    pub command: Command,
}

/// When to use colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Colour {
    /// On a terminal, unless NO_COLOR is set
    Auto,
    /// Always
    Always,
    /// Never
    Never,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Pull, load, model and release everything that is new
    ///
    /// Prints what was pulled, loaded, quarantined, modelled and released. A second run finds nothing new and says so.
    /// What could be loaded is loaded even where a delivery is refused; then the exit code is 1 and the delivery is
    /// named. The last release stays where a required feed or a test fails.
    Run {
        /// Judge what is new and say what would be loaded; touch nothing
        #[arg(long)]
        dry_run: bool,
    },

    /// Check the whole project and show every fault with its place; touch nothing
    Check,
}
