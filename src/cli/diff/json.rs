//! Differences for programs: codes, not words, and the same in every language.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use crate::report::{Cause, Cell, CellChange, Diff, Number, RowState, TableDiff};
use crate::warehouse::Manifest;

/// Everything.
pub fn diff(diff: &Diff, releases: (&Manifest, &Manifest)) -> Value {
    let between = &diff.between;
    let receipts = between.receipts.iter().map(|receipt| json!({"id": receipt.id, "kind": receipt.kind, "at": receipt.at, "feeds": receipt.feeds}));
    json!({
        "from": release(releases.0),
        "to": release(releases.1),
        "tables": diff.tables.iter().map(table).collect::<Vec<_>>(),
        "between": {
            "records": between.records,
            "receipts": receipts.collect::<Vec<_>>(),
            "models": between.models,
            "inputs": between.inputs,
            "is_rollback": between.is_rollback,
        },
    })
}

/// A release.
pub fn release(release: &Manifest) -> Value {
    json!({"release": release.rihla.release, "created": release.created, "known_until": release.rihla.known_until})
}

fn table(table: &TableDiff) -> Value {
    let rows = table.changes.iter().map(|row| {
        let key: Map<String, Value> = table.grain.iter().cloned().zip(row.key.iter().map(|value| json!(value))).collect();
        let twin = row.key.get(table.grain.len());
        json!({"key": key, "twin": twin, "state": row.state, "cells": row.cells.iter().map(cell_change).collect::<Vec<_>>()})
    });
    let totals = table.totals.iter().map(|total| {
        let of: Map<String, Value> = total.of.iter().map(|(column, value)| (column.clone(), json!(value))).collect();
        let sums = total.sums.map(|(before, after)| json!({"before": number(before), "after": number(after), "change": after.minus(before).map(number)}));
        json!({"measure": total.measure, "unit": total.unit, "of": of, "sums": sums, "changed_cells": total.changed_cells})
    });
    let causes = table.causes().into_iter().map(|(of, cells)| json!({"causes": of, "cells": cells}));
    json!({
        "name": table.name,
        "state": table.state,
        "schema": table.schema,
        "is_matched": table.is_matched,
        "rows": {
            "before": table.rows.0,
            "after": table.rows.1,
            "added": table.count(RowState::Added),
            "removed": table.count(RowState::Removed),
            "changed": table.count(RowState::Changed),
        },
        "totals": totals.collect::<Vec<_>>(),
        "causes": causes.collect::<Vec<_>>(),
        "lost_model": table.lost_model,
        "changes": rows.collect::<Vec<_>>(),
    })
}

fn cell_change(change: &CellChange) -> Value {
    let steps = change.steps.iter().map(|step| json!({"causes": step.causes, "before": cell(&step.before), "after": cell(&step.after)}));
    json!({
        "column": change.column,
        "unit": change.measure.as_ref().map(|measure| &measure.unit),
        "before": cell(&change.before),
        "after": cell(&change.after),
        "change": change.change().map(number),
        "shares": shares(change),
        "steps": steps.collect::<Vec<_>>(),
    })
}

/// The share of each cause.
pub fn shares(change: &CellChange) -> Value {
    let share = |(causes, share): (BTreeSet<Cause>, Option<Number>)| json!({"causes": causes, "share": share.map(number)});
    change.shares().into_iter().map(share).collect()
}

/// A cell; null where nothing stands there.
pub fn cell(cell: &Cell) -> Value {
    match cell {
        Cell::Absent | Cell::Null => Value::Null,
        Cell::Number(value) => number(*value),
        Cell::Text(text) => json!(text),
    }
}

/// A number with all its digits where a program's numbers hold them.
fn number(value: Number) -> Value {
    match value {
        Number::Exact { units, scale: 0 } => i64::try_from(units).map_or_else(|_| json!(value.to_string()), |whole| json!(whole)),
        value => json!(value.as_f64()),
    }
}
