//! `rihla prune`

use super::args::Args;
use super::progress::Bar;
use super::render::{plural, table};
use super::{Terminal, closed, print_json};
use crate::clock;
use crate::error::Result;
use crate::run::{self, Pruning, check_project};

/// Prunes, or says what that would do.
pub async fn prune(args: &Args, dry_run: bool, terminal: &mut Terminal<'_>) -> Result<u8> {
    let prepared = check_project(&args.project).await?;
    let bar = Bar::new();
    let pruning = run::prune(&prepared, dry_run, clock::from_environment()?, &bar).await;
    bar.finish();
    let pruning = pruning?;
    if terminal.json {
        print_json(terminal, &pruning)?;
    } else {
        write!(terminal.out, "{}", text(&pruning)).map_err(closed)?;
    }
    Ok(0)
}

fn text(pruning: &Pruning) -> String {
    let receipt = &pruning.receipt;
    let mut text = String::new();
    let lines = pruning.kept_from.iter().map(|(feed, day)| {
        let rows = receipt.feeds.iter().find(|removal| removal.feed == *feed).map_or(0, |removal| removal.rows);
        vec![feed.clone(), day.to_string(), rows.to_string()]
    });
    let lines: Vec<_> = lines.collect();
    if !lines.is_empty() {
        text.push_str(&format!("{}\n", table(&["feed", "kept from", "rows that go"], lines)));
    }
    if receipt.set_aside_lines > 0 {
        text.push_str(&format!("\n{} of rows set aside\n", plural(receipt.set_aside_lines, "line", "lines")));
    }
    for removal in &receipt.releases {
        text.push_str(&format!("\nrelease {}: {} of `{}`\n", removal.release, plural(removal.rows, "row", "rows"), removal.table));
    }
    for number in &pruning.release_numbers {
        text.push_str(&format!("\nrelease {number} whole\n"));
    }
    for (number, tags) in &pruning.tagged_releases {
        text.push_str(&format!("\nrelease {number} stays: it is tagged {}\n", tags.join(", ")));
    }
    for path in &pruning.leftovers {
        text.push_str(&format!("\nwhat interrupted runs left in `{path}`\n"));
    }
    if !pruning.paths.is_empty() {
        text.push_str(&format!("\n{} that no release needs:\n", plural(pruning.paths.len() as u64, "file or folder", "files and folders")));
    }
    pruning.paths.iter().for_each(|path| text.push_str(&format!("  {path}\n")));
    text.push_str(match (pruning.is_needed, pruning.is_dry_run) {
        (false, _) => "\nnothing is to go\n",
        (true, true) => "\nnothing was touched: this is what a pruning would remove\n",
        (true, false) => "\npruned\n",
    });
    text
}
