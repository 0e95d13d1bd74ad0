//! `rihla diff`

pub(super) mod json;
mod text;
pub(super) mod words;

use super::args::Args;
use super::progress::Bar;
use super::{Terminal, closed, print_json};
use crate::clock;
use crate::error::{Error, Kind, Result};
use crate::report::{self, Asked};
use crate::run::check_project;
use crate::warehouse::{LATEST, Manifest, Warehouse};

/// Show what two releases say differently, and why
///
/// Tables, columns, rows by their grain, cells with their change, totals of what may be summed; of each change the share
/// of every cause: new reports, late rows, corrections, withdrawals, erasures, code lists, offices, models. What the
/// earlier release was made of is changed into what the later one was made of, cause by cause in that order, and the
/// tables are computed again after each, so that shares always add up to the change.
///
/// Without releases: the newest against the one before it. With one: the newest against that one.
///
///   rihla diff
///   rihla diff 3 latest returns_outbound_by_country --where "period = '2023-H1'"
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub struct Options {
    /// The earlier and the later release, each by number, tag or `latest`, then a table
    #[arg(value_name = "RELEASE RELEASE TABLE", num_args = 0..=3)]
    of: Vec<String>,
    /// Only rows for which this holds in either release: SQL over the table's columns
    #[arg(long = "where", value_name = "CONDITION")]
    condition: Option<String>,
    /// How many lines of a list to show; 0 for all
    #[arg(long, default_value_t = 40, value_name = "COUNT")]
    limit: usize,
}

/// Shows what two releases say differently.
pub async fn diff(args: &Args, options: &Options, terminal: &mut Terminal<'_>) -> Result<u8> {
    let prepared = check_project(&args.project).await?;
    let warehouse = Warehouse::open(&prepared.project, clock::from_environment()?).await?;
    let (a, b, table) = releases(&warehouse, &options.of).await?;
    if table.is_none() && options.condition.is_some() {
        return Err(Error::new(Kind::Input, "--where chooses rows of one table").hint("name the table after the releases"));
    }
    let asked = Asked { table: table.as_deref(), condition: options.condition.as_deref() };
    let bar = Bar::new();
    let diff = report::diff(&prepared, &warehouse, (&a, &b), asked, &bar).await;
    bar.finish();
    let diff = diff?;
    if terminal.json {
        print_json(terminal, &json::diff(&diff, (&a, &b)))?;
    } else {
        let tags = report::tags_of_releases(&warehouse).await?;
        let view = text::View {
            diff: &diff,
            releases: (&a, &b),
            tags: &tags,
            lang: terminal.lang,
            limit: if options.limit == 0 { usize::MAX } else { options.limit },
        };
        write!(terminal.out, "{}", view.text(asked.table)).map_err(closed)?;
    }
    Ok(0)
}

/// The releases and the table that are named; where releases are not, the newest and the one before.
async fn releases(warehouse: &Warehouse, names: &[String]) -> Result<(Manifest, Manifest, Option<String>)> {
    let mut names = names.to_vec();
    let mut table = None;
    if let Some(last) = names.last() {
        let is_release = names.len() < 3 && (last.parse::<u64>().is_ok() || warehouse.release_named(last).await.is_ok());
        if !is_release {
            table = names.pop();
        }
    }
    let later = match names.get(1) {
        Some(name) => warehouse.release_named(name).await?,
        None => warehouse.release_named(LATEST).await?,
    };
    let earlier = match names.first() {
        Some(name) => warehouse.release_named(name).await?,
        None => {
            let numbers = warehouse.release_numbers().await?;
            let before = numbers.into_iter().filter(|number| *number < later.rihla.release).max();
            let none = || Error::new(Kind::Input, format!("there is no release before {}", later.rihla.release)).hint("`rihla diff` needs two releases");
            warehouse.release(before.ok_or_else(none)?).await?
        }
    };
    Ok((earlier, later, table))
}
