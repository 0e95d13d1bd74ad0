//! `rihla quarantine export`

use std::path::PathBuf;
use std::sync::Arc;

use serde_json::json;

use super::super::args::Args;
use super::super::spreadsheet::save;
use super::super::words::{Word, say};
use super::super::{Terminal, closed, print_json};
use super::workbook::workbook;
use super::{check_names, check_period};
use crate::clock;
use crate::error::{self, Error, Kind, Result};
use crate::project;
use crate::report::{Labeller, MendFilter, ToMend, to_mend};
use crate::warehouse::Warehouse;

/// Write a workbook for an office to correct its faulty rows in
///
/// One for each report of the office that has faulty rows: in the layout of its own file and in its language
/// (`language` in rihla.toml), with what is wrong and what to do. No protected value stands in it. The office corrects
/// its file and sends it again, or returns the workbook to the place that `[corrections]` names; the next run applies it
/// to exactly the report that it is of.
#[derive(Debug, clap::Args)]
pub struct Options {
    /// The office
    #[arg(long)]
    office: String,
    /// Only this feed
    #[arg(long)]
    feed: Option<String>,
    /// Only this reporting month, such as 2023-01
    #[arg(long)]
    period: Option<String>,
    /// The folder to write into
    #[arg(long, value_name = "DIR", default_value = ".")]
    out: PathBuf,
    /// Replace files that are there already
    #[arg(long)]
    force: bool,
}

/// Writes the workbooks of an office.
pub async fn export(args: &Args, options: &Options, terminal: &mut Terminal<'_>) -> Result<u8> {
    let project = Arc::new(project::load(&args.project)?);
    check_names(&project, options.feed.as_deref(), Some(&options.office))?;
    check_period(options.period.as_deref())?;
    let warehouse = Warehouse::open(&project, clock::from_environment()?).await?;
    let filter = MendFilter { office: &options.office, feed: options.feed.as_deref(), period: options.period.as_deref() };
    let found = to_mend(&project, &warehouse, &filter).await?;
    std::fs::create_dir_all(&options.out).map_err(|cause| error::io(format!("cannot make `{}`", options.out.display()), cause))?;
    let mut files = Vec::new();
    for delivery in &found.deliveries {
        let path = options.out.join(name(delivery));
        let lang = project.office(&options.office).map_or(terminal.lang, |office| office.language);
        let made = workbook(&project, delivery, &Labeller::new(&project, lang))?;
        save(Ok(made), &path, options.force)?;
        files.push((path, delivery));
    }
    if terminal.json {
        let files: Vec<_> = files.iter().map(|(path, delivery)| as_json(&path.display().to_string(), delivery)).collect();
        let unmendable: Vec<_> = found.unmendable.iter().map(|(path, reason)| json!({"path": path, "reason": reason})).collect();
        print_json(terminal, &json!({"files": files, "not_exported": unmendable}))?;
    } else {
        for (path, _) in &files {
            writeln!(terminal.out, "{}", say(terminal.lang, Word::Wrote, &[&path.display().to_string()])).map_err(closed)?;
        }
        if files.is_empty() && found.unmendable.is_empty() {
            writeln!(terminal.out, "{}", Word::NothingSetAside.text(terminal.lang)).map_err(closed)?;
        }
    }
    match found.unmendable.as_slice() {
        [] => Ok(0),
        [(path, reason), rest @ ..] => {
            let more = if rest.is_empty() { String::new() } else { format!("; and {} more", rest.len()) };
            Err(Error::new(Kind::Input, format!("no workbook can be made of {path}: {reason}{more}"))
                .hint("a workbook mends the extract as it lies at its source; where that is gone, ask the office to send it again"))
        }
    }
}

fn name(delivery: &ToMend) -> String {
    let one = &delivery.submission;
    format!("{}-{}-{}-{}.xlsx", one.office, one.feed, one.period, &one.submission_id[..one.submission_id.len().min(8)])
}

fn as_json(file: &str, delivery: &ToMend) -> serde_json::Value {
    let one = &delivery.submission;
    json!({
        "file": file,
        "submission": one.submission_id,
        "office": one.office,
        "feed": one.feed,
        "period": one.period,
        "path": one.path,
        "rows": delivery.rows.len(),
    })
}
