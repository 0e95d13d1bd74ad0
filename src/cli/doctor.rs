//! `rihla doctor`

use super::args::Args;
use super::render::{table, width, wrapped};
use super::{Terminal, closed, print_json};
use crate::clock;
use crate::doctor::{self, Finding, Health};
use crate::error::Result;

/// Look whether everything is in order that loads stand on
///
/// The project, versions, the time-zone database, the clock, the key and who can read it, the warehouse and its disk (room,
/// files made in one step), every source with its credentials, the schedule's ledger, who keeps it and what failed. Each thing
/// that is not in order has a remedy. Nothing is loaded and nothing changed.
///
/// Exits with 1 where something is a fault; warnings are none.
#[derive(Debug, clap::Args)]
pub struct Options {
    /// Show faults and warnings only
    #[arg(long, short)]
    quiet: bool,
    /// Read the files of tables and releases through, and hold each against the hash it was written with
    #[arg(long)]
    files: bool,
}

/// Looks, and tells.
pub async fn doctor(args: &Args, options: &Options, terminal: &mut Terminal<'_>) -> Result<u8> {
    let mut findings = doctor::examine(&args.project, &clock::from_environment()?, options.files).await?;
    let has_faults = findings.iter().any(|finding| finding.health == Health::Fault);
    if options.quiet {
        findings.retain(|finding| finding.health != Health::Well);
    }
    if terminal.json {
        print_json(terminal, &findings)?;
    } else {
        write!(terminal.out, "{}", text(&findings)).map_err(closed)?;
    }
    Ok(u8::from(has_faults))
}

fn text(findings: &[Finding]) -> String {
    let word = |health| match health {
        Health::Well => "well",
        Health::Warning => "WARNING",
        Health::Fault => "FAULT",
    };
    let lines = findings.iter().map(|finding| vec![word(finding.health).to_owned(), finding.what.clone(), finding.found.clone()]).collect();
    let mut text = if findings.is_empty() { String::new() } else { format!("{}\n", table(&["", "what", "found"], lines)) };
    for finding in findings {
        if let Some(remedy) = &finding.remedy {
            text.push_str(&format!("\n{}: {}\n{}\n", word(finding.health).to_lowercase(), finding.what, wrapped(remedy, width(), "  ")));
        }
    }
    let count = |health| findings.iter().filter(|finding| finding.health == health).count();
    match (count(Health::Fault), count(Health::Warning)) {
        (0, 0) => text.push_str("\neverything is in order\n"),
        (faults, warnings) => text.push_str(&format!("\nfaults: {faults}, warnings: {warnings}\n")),
    }
    text
}
