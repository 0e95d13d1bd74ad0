//! `rihla erase`

use std::io::Read;

use super::args::{Args, Command};
use super::progress::Bar;
use super::render::{plural, table};
use super::{Terminal, closed, print_json};
use crate::clock;
use crate::error::{self, Result};
use crate::project;
use crate::run::{self, Erasure, Named};

/// How many lines of a list people are shown; the receipt holds all.
const MOST_LINES: usize = 20;

/// Erases people, or says what that would do.
pub async fn erase(args: &Args, terminal: &mut Terminal<'_>) -> Result<u8> {
    let Command::Erase { person, case, case_file, dry_run } = &args.command else { return Ok(0) };
    let mut named: Vec<Named> = case.iter().cloned().map(Named::Case).collect();
    named.extend(person.iter().filter(|person| *person != "-").cloned().map(Named::Person));
    if person.iter().any(|person| person == "-") {
        let mut text = String::new();
        std::io::stdin().read_to_string(&mut text).map_err(|cause| error::io("cannot read standard input", cause))?;
        named.extend(run::names_of(&text));
    }
    if let Some(path) = case_file {
        let text = std::fs::read_to_string(path).map_err(|cause| error::io(format!("cannot read `{}`", path.display()), cause))?;
        named.extend(run::names_of(&text));
    }
    let project = std::sync::Arc::new(project::load(&args.project)?);
    let bar = Bar::new();
    let erasure = run::erase(&project, &named, *dry_run, clock::from_environment()?, &bar).await;
    bar.finish();
    let erasure = erasure?;
    if terminal.json {
        print_json(terminal, &erasure)?;
    } else {
        write!(terminal.out, "{}", text(&erasure)).map_err(closed)?;
    }
    Ok(0)
}

fn text(erasure: &Erasure) -> String {
    let receipt = &erasure.receipt;
    let mut text = String::new();
    for earlier in &erasure.earlier {
        text.push_str(&format!("some of those named were erased before: receipt {earlier}\n"));
    }
    if receipt.removed.is_empty() && receipt.releases.is_empty() {
        text.push_str("the warehouse holds no row of theirs\n");
    }
    if !receipt.feeds.is_empty() {
        let lines = receipt.feeds.iter().map(|feed| vec![feed.feed.clone(), feed.rows.to_string(), feed.submissions.to_string(), feed.slots.to_string()]);
        text.push_str(&format!("{}\n", table(&["feed", "rows", "deliveries", "reports"], lines.collect())));
    }
    if receipt.set_aside_lines > 0 {
        text.push_str(&format!("\n{} of rows set aside\n", plural(receipt.set_aside_lines, "line", "lines")));
    }
    for removal in &receipt.releases {
        text.push_str(&format!("\nrelease {}: {} of `{}`\n", removal.release, plural(removal.rows, "row", "rows"), removal.table));
    }
    if erasure.is_needed {
        text.push_str(&format!("\n{} of models to be made anew\n", plural(receipt.staging_files, "person-level file", "person-level files")));
    }
    text.push_str(&extracts(erasure));
    text.push_str(&match erasure.is_dry_run {
        _ if !erasure.is_needed => "\nnothing is left to erase\n".to_owned(),
        true => "\nnothing was touched: this is what an erasure would do\n".to_owned(),
        false => format!("\nerased    receipt {}\nrun `rihla run` to release figures without them\n", receipt.id),
    });
    text
}

/// What rihla does not own and cannot erase.
fn extracts(erasure: &Erasure) -> String {
    let receipt = &erasure.receipt;
    let mut text = String::new();
    if !receipt.extracts.is_empty() {
        text.push_str(&format!(
            "\n{} them, which only their owner can delete:\n",
            plural(receipt.extracts.len() as u64, "extract still holds", "extracts still hold")
        ));
    }
    for extract in receipt.extracts.iter().take(MOST_LINES) {
        let rows = extract.rows.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
        let sheet = extract.sheet.as_ref().map(|sheet| format!(", sheet {sheet}")).unwrap_or_default();
        text.push_str(&format!("  {}{sheet}: row {rows}\n", extract.path));
    }
    if !receipt.not_searched.is_empty() {
        text.push_str(&format!("\n{} could not be searched, or not whole:\n", plural(receipt.not_searched.len() as u64, "file", "files")));
    }
    for missed in receipt.not_searched.iter().take(MOST_LINES) {
        text.push_str(&format!("  {}: {}\n", missed.path, missed.why));
    }
    let more = receipt.extracts.len().saturating_sub(MOST_LINES) + receipt.not_searched.len().saturating_sub(MOST_LINES);
    if more > 0 {
        text.push_str(&format!("  … and {more} more, in the receipt\n"));
    }
    text
}
