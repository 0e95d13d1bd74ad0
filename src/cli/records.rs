//! `rihla records`

use std::io::Write;
use std::path::PathBuf;

use chrono::NaiveDate;

use super::args::{Args, Format};
use super::sql::{records_of, write_to};
use super::{Terminal, open_warehouse};
use crate::diagnostic::did_you_mean;
use crate::error::{Error, Kind, Result};
use crate::run::{check_project, open_as_of};

/// Show the current records of a feed, or those that were current on a day
///
/// Person-level and pseudonymous, for the owner of the data: not to be passed on. Of every record the row that stood at
/// the end of the day in the project's zone, by when deliveries were received: a correction that came later is not seen
/// yet, a record withdrawn later still is. People erased since are on no day.
///
///   rihla records returns --as-of 2023-03-31 --where "office = 'RAB'" --format csv
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub struct Options {
    /// The feed
    feed: String,
    /// As known at the end of this day, such as 2023-03-31; as known now where absent
    #[arg(long, value_name = "DATE")]
    as_of: Option<String>,
    /// Only records for which this holds: SQL over the feed's columns
    #[arg(long = "where", value_name = "CONDITION")]
    condition: Option<String>,
    /// How many to show; 0 for all
    #[arg(long, default_value_t = 100, value_name = "COUNT")]
    limit: usize,
    /// How the result is written (with --json: json)
    #[arg(long, value_enum, default_value_t = Format::Table)]
    format: Format,
    /// Write the result to a file
    #[arg(long, short, value_name = "FILE")]
    output: Option<PathBuf>,
}

/// Shows records.
pub async fn records(args: &Args, options: &Options, terminal: &mut Terminal<'_>) -> Result<u8> {
    let prepared = check_project(&args.project).await?;
    let feeds: Vec<&str> = prepared.project.pipelines.iter().map(|pipeline| pipeline.contract.feed.as_str()).collect();
    if !feeds.contains(&options.feed.as_str()) {
        let hint = did_you_mean(&options.feed, feeds.iter().copied()).unwrap_or_else(|| format!("there are {}", feeds.join(", ")));
        return Err(Error::new(Kind::Input, format!("there is no feed `{}`", options.feed)).hint(hint));
    }
    let warehouse = open_warehouse(&prepared.project).await?;
    let engine = open_as_of(&prepared, &warehouse, options.as_of.as_deref().map(day).transpose()?, "").await?;
    // The condition is not put between words of ours, so that it cannot be anything else, and its faults have their place in it.
    let stream = records_of(&engine, &options.feed, options.condition.as_deref(), options.limit).await?;
    say_restricted()?;
    write_to(stream, if terminal.json { Format::Json } else { options.format }, options.output.as_deref(), terminal).await?;
    Ok(0)
}

/// A day as it is typed.
pub fn day(text: &str) -> Result<NaiveDate> {
    text.parse().map_err(|cause: chrono::ParseError| Error::new(Kind::Input, format!("`{text}` is no day")).hint("such as 2023-03-31").because(cause))
}

/// Says whom such rows are for, where results do not go.
pub fn say_restricted() -> Result<()> {
    writeln!(std::io::stderr(), "restricted: rows about single people, for the owner of the data; not to be passed on").map_err(super::closed)
}
