//! The options by which every command lets models be selected.

use crate::model::Wish;

/// What is selected.
#[derive(Debug, Clone, Default, clap::Args)]
pub struct Selectors {
    /// Select models as dbt does: `returns_*`, `+model`, `model+`, `2+model+1`, `@model`, `tag:…`, `path:…`, `feed:…`,
    /// `state:modified`, `result:failed`; a space adds, a comma narrows
    #[arg(long, short, value_name = "SELECTOR", num_args = 1.., allow_hyphen_values = false)]
    pub select: Vec<String>,
    /// Leave these out of what is selected
    #[arg(long, value_name = "SELECTOR", num_args = 1..)]
    pub exclude: Vec<String>,
}

impl Selectors {
    /// What was typed.
    pub fn wish(&self) -> Wish {
        Wish { select: self.select.clone(), exclude: self.exclude.clone() }
    }
}
