//! What a release that was not made would have changed.

use super::render::{count, plural, table};
use crate::run::{ClosedChange, ClosedTable, RowChange, RunReport};
use crate::warehouse::{TableChange, TableFate};

/// So many rows of a table are shown; `--json` has more.
const SHOWN: usize = 5;

/// Tables that would be otherwise, then the figures of closed periods.
pub fn would_change(report: &RunReport) -> String {
    let mut text = String::new();
    if let (Some(release), false) = (report.release, report.changes.is_empty()) {
        let rows = report.changes.iter().map(line).collect();
        text.push_str(&format!("\nwould have changed, against release {release}\n"));
        text.push_str(&format!("{}\n", table(&["table", "", "rows before", "rows after", "new", "gone", "changed"], rows)));
    }
    report.closed_changes.iter().for_each(|change| text.push_str(&closed(change)));
    text
}

fn line(change: &TableChange) -> Vec<String> {
    let fate = match change.fate {
        TableFate::Added => "new",
        TableFate::Removed => "gone",
        TableFate::Changed => "changed",
        TableFate::Described => "described otherwise",
    };
    let rows = |rows: Option<u64>| rows.map(count).unwrap_or_default();
    let mut cells = vec![change.table.clone(), fate.to_owned(), rows(change.rows_before), rows(change.rows_after)];
    cells.extend([change.rows.map(|rows| rows.added), change.rows.map(|rows| rows.removed), change.rows.map(|rows| rows.changed)].map(rows));
    cells
}

fn closed(change: &ClosedChange) -> String {
    let tables: String = change.tables.iter().map(closed_table).collect();
    format!("\n{} is closed since {}; change {}\n{tables}", change.period, change.closed_on, change.change)
}

fn closed_table(table: &ClosedTable) -> String {
    let rows = table.rows.added + table.rows.removed + table.rows.changed;
    let of = if table.is_redefined { ": its key or a measure is defined otherwise" } else { "" };
    let mut text = format!("  {}, {}{of}\n", table.table, plural(rows, "row", "rows"));
    if !table.is_redefined {
        table.lines.iter().take(SHOWN).for_each(|row| text.push_str(&format!("    {}\n", closed_row(row))));
        let more = rows.saturating_sub(SHOWN as u64);
        text.push_str(&if more > 0 { format!("    … {} more\n", count(more)) } else { String::new() });
    }
    text
}

/// `period 2022, nationality CIV: persons 657 → 656`
fn closed_row(row: &RowChange) -> String {
    let key: Vec<String> = row.key.iter().map(|(column, value)| format!("{column} {value}")).collect();
    let names = row.before.iter().chain(&row.after).next().into_iter().flat_map(|measures| measures.keys());
    let said = |side: &Option<std::collections::BTreeMap<String, String>>, name: &str| {
        side.as_ref().and_then(|measures| measures.get(name).cloned()).unwrap_or_else(|| "none".to_owned())
    };
    let figures = names.map(|name| (name, said(&row.before, name), said(&row.after, name))).filter(|(_, before, after)| before != after);
    let figures: Vec<String> = figures.map(|(name, before, after)| format!("{name} {before} → {after}")).collect();
    format!("{}: {}", key.join(", "), figures.join(", "))
}
