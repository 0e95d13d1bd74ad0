//! `rihla lineage`

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::path::PathBuf;

use super::args::Args;
use super::{Terminal, closed, print_json};
use crate::error::{self, Result};
use crate::model::ColumnRef;
use crate::report::{ColumnOrigins, Direction, column_origins, drawing};
use crate::run::check_project;

/// Show what columns are made from, back to what offices send, or what is made from them
///
/// Reads the models' SQL, never data. Of a column two things are told apart: the columns whose values go into it, and those
/// that only decide which rows count or which value is taken (filters, joins, groups, windows, cases).
#[derive(Debug, clap::Args)]
pub struct Options {
    /// A table or one of its columns: returns_outbound_by_country.persons, feeds.returns.person_id
    #[arg(value_name = "TABLE[.COLUMN]")]
    target: String,
    /// Back to where it comes from; the default for tables that models make
    #[arg(long, conflicts_with = "downstream")]
    upstream: bool,
    /// On to all that is made from it; the default for feeds, code lists and other tables that models find
    #[arg(long)]
    downstream: bool,
    /// Draw it into a file instead
    #[arg(long, value_name = "FILE", conflicts_with = "json")]
    svg: Option<PathBuf>,
}

/// Shows or draws the lineage.
pub async fn lineage(args: &Args, options: &Options, terminal: &mut Terminal<'_>) -> Result<u8> {
    let prepared = check_project(&args.project).await?;
    let direction = match (options.upstream, options.downstream) {
        (true, _) => Some(Direction::Upstream),
        (_, true) => Some(Direction::Downstream),
        _ => None,
    };
    let found = column_origins(&prepared, &options.target, direction)?;
    if let Some(path) = &options.svg {
        std::fs::write(path, drawing(&found)).map_err(|cause| error::io(format!("cannot write `{}`", path.display()), cause))?;
        writeln!(terminal.out, "drew {} of {} into {}", super::render::plural(found.kinds.len() as u64, "table", "tables"), options.target, path.display())
            .map_err(closed)?;
    } else if terminal.json {
        print_json(terminal, &found.to_json())?;
    } else {
        write!(terminal.out, "{}", text(&found)).map_err(closed)?;
    }
    Ok(0)
}

fn text(found: &ColumnOrigins) -> String {
    let mut text = String::new();
    match (&found.table, found.of.first()) {
        (Some(table), _) => text.push_str(table),
        (None, Some(column)) => {
            text.push_str(&column.to_string());
            if let Some(description) = found.descriptions.get(column) {
                let _ = write!(text, "\n{description}");
            }
        }
        (None, None) => {}
    }
    text.push('\n');
    match found.direction {
        Direction::Upstream => upstream(&mut text, found),
        Direction::Downstream => downstream(&mut text, found),
    }
    text
}

fn upstream(text: &mut String, found: &ColumnOrigins) {
    if !found.of.first().is_some_and(ColumnRef::is_of_model) {
        text.push_str("\nno model makes it\n");
        return;
    }
    text.push_str("\nmade from\n");
    if found.table.is_some() {
        let width = found.of.iter().map(|column| column.column.chars().count()).max().unwrap_or(0);
        for column in &found.of {
            let from = found.values_of(column).into_iter().map(ToString::to_string).collect::<Vec<_>>();
            let from = if from.is_empty() { NOTHING.to_owned() } else { from.join(", ") };
            let _ = writeln!(text, "  {:width$}  {from}", column.column);
        }
    } else if let Some(column) = found.of.first() {
        if found.values_of(column).is_empty() {
            let _ = writeln!(text, "  {NOTHING}");
        }
        tree(text, found, column, 1, &mut BTreeSet::new());
    }
    list(text, "rows and cases decided by", &found.deciding());
}

/// What a column is made from where no column goes into it.
const NOTHING: &str = "no column: SQL writes it, or counts rows";

fn tree(text: &mut String, found: &ColumnOrigins, column: &ColumnRef, depth: usize, shown: &mut BTreeSet<ColumnRef>) {
    for from in found.values_of(column) {
        let is_again = !shown.insert(from.clone()) && !found.values_of(from).is_empty();
        let _ = writeln!(text, "{}{from}{}", "  ".repeat(depth), if is_again { " (above)" } else { "" });
        if !is_again {
            tree(text, found, from, depth + 1, shown);
        }
    }
}

fn downstream(text: &mut String, found: &ColumnOrigins) {
    let (receiving, decided) = (found.receiving(), found.decided());
    if receiving.is_empty() && decided.is_empty() {
        text.push_str("\nnothing is made from it\n");
    }
    list(text, "values go into", &receiving);
    list(text, "decides rows or cases of", &decided);
}

fn list(text: &mut String, title: &str, tables: &BTreeMap<&str, BTreeSet<&str>>) {
    if tables.is_empty() {
        return;
    }
    let _ = write!(text, "\n{title}\n");
    let width = tables.keys().map(|table| table.chars().count()).max().unwrap_or(0);
    for (table, columns) in tables {
        let _ = writeln!(text, "  {table:width$}  {}", columns.iter().copied().collect::<Vec<_>>().join(", "));
    }
}
