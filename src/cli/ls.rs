//! `rihla ls`

use std::io::Write as _;

use clap::ValueEnum;
use serde_json::{Value, json};

use super::args::Args;
use super::selectors::Selectors;
use super::{Terminal, closed, print_json};
use crate::clock;
use crate::error::Result;
use crate::model::{self, Resource, Test};
use crate::run::{self, check_project};

/// List what a selection holds, one name a line
///
/// Models by their names; feeds, code lists and references as SQL names them (`feeds.returns`,
/// `codes.country`). What is printed can be selected by that name. Without --select lists all.
///
///   rihla ls --select tag:monthly
///   rihla ls --select feed:vouchers,path:sql/marts
///   rihla ls --select state:modified+ --resource-type model
///
/// A selection is one or more criteria: a space between them adds, a comma leaves what both hold.
///
///   returns_*  marts        names with wildcards; a folder of models
///   +m  m+  2+m+1           m with all it reads, all that reads it, or so many steps of either
///   @m                      m, all that reads it, and all that these read
///   tag:t  path:p  file:f   a tag of headers; a file or folder; the name of a file
///   feed:f                  what rests on a feed; feed:f+1 for what reads it itself
///   source:feeds.f          the feed alone, as dbt has it
///   state:modified          changed since the last release: the model's file, or the schema or
///                           code list that it reads; also new, old, unmodified
///   result:failed           failed in the last run, itself or a test of it; also success, error,
///                           skipped, pass, warn, fail
///   resource_type:model     model, source or seed
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub struct Options {
    #[command(flatten)]
    pub selectors: Selectors,
    /// Only these kinds; a selected model brings its tests
    #[arg(long, value_enum, value_delimiter = ',', value_name = "TYPE")]
    pub resource_type: Vec<Kind>,
}

/// What is listed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Kind {
    /// Models
    Model,
    /// Feeds, and tables that the system knows
    Source,
    /// Code lists and references
    Seed,
    /// Tests of the selected models
    Test,
    /// All of these
    All,
}

impl Kind {
    fn is_of(self, resource: Resource) -> bool {
        match self {
            Self::Model => resource == Resource::Model,
            Self::Source => resource == Resource::Source,
            Self::Seed => resource == Resource::Seed,
            Self::Test => false,
            Self::All => true,
        }
    }
}

/// Lists.
pub async fn ls(args: &Args, options: &Options, terminal: &mut Terminal<'_>) -> Result<u8> {
    let prepared = check_project(&args.project).await?;
    let selection = run::select(&prepared, clock::from_environment()?, &options.selectors.wish()).await?;
    let kinds = match options.resource_type.as_slice() {
        [] => &[Kind::Model, Kind::Source, Kind::Seed][..],
        kinds => kinds,
    };
    let nodes = model::nodes(&prepared.project, &prepared.checked);
    let reads = model::reads(&nodes, &prepared.checked);
    let mut chosen: Vec<_> = nodes.values().filter(|node| selection.as_ref().is_none_or(|selection| selection.nodes.contains_key(&node.name))).collect();
    chosen.sort_by_key(|node| (node.resource, &node.name));
    let mut lines: Vec<(String, Value)> = Vec::new();
    for node in &chosen {
        if kinds.iter().any(|kind| kind.is_of(node.resource)) {
            let value =
                json!({"name": node.name, "resource_type": node.resource.as_str(), "path": node.path, "tags": node.tags, "reads": reads[node.name.as_str()]});
            lines.push((node.name.clone(), value));
        }
    }
    if kinds.iter().any(|kind| matches!(kind, Kind::Test | Kind::All)) {
        for model in chosen.iter().filter_map(|node| prepared.checked.model(&node.name)) {
            lines.extend(model.tests.iter().map(|test| test_line(model.name.as_str(), test)));
        }
    }
    if terminal.json {
        let values: Vec<Value> = lines.into_iter().map(|(_, value)| value).collect();
        print_json(terminal, &values)?;
        return Ok(0);
    }
    for (line, _) in &lines {
        writeln!(terminal.out, "{line}").map_err(closed)?;
    }
    if lines.is_empty() {
        let _ = writeln!(std::io::stderr(), "warning: the selection holds nothing");
    }
    Ok(0)
}

fn test_line(model: &str, test: &Test) -> (String, Value) {
    let value = json!({"name": test.name(), "resource_type": "test", "model": model, "severity": test.severity.as_str()});
    (format!("{model}: {}", test.name()), value)
}
