//! The whole project looked through, with the files that only reports read.

use std::collections::BTreeSet;
use std::path::Path;

use super::since;
use crate::clock;
use crate::diagnostic::{self, Fault, did_you_mean};
use crate::error::Result;
use crate::model::Model;
use crate::project::{LABELS_FILE, LabelKind, Labels, Project};
use crate::run::{Prepared, check_project_and, unit};

/// Checks a project folder, its models and their unit tests, its control totals and its labels; touches nothing.
///
/// # Errors
/// `Config` with every fault found.
pub async fn check(root: &Path) -> Result<Prepared> {
    let mut prepared = check_project_and(root, async |project, checked, faults| {
        unit::check(project, checked, faults)?;
        if let Some(Err(error)) = project.published.as_deref().map(since::published) {
            faults.extend(error.project_faults().iter().cloned());
        }
        Ok(())
    })
    .await?;
    let warnings = missing_labels(&prepared.project, &prepared.checked.models);
    prepared.warnings.extend(warnings);
    let warnings = stale_labels(&prepared);
    prepared.warnings.extend(warnings);
    prepared.warnings.extend(prepared.project.schedule.warnings(clock::from_environment()?.now()));
    diagnostic::sort(&mut prepared.warnings);
    Ok(prepared)
}

/// A warning for every table, column, unit, date basis and feed that people see without a label, in a project that
/// labels anything.
fn missing_labels(project: &Project, models: &[Model]) -> Vec<Fault> {
    let labels = &project.labels;
    let mut warnings = Vec::new();
    let Some(file) = &labels.file else { return warnings };
    let line = |kind: LabelKind, name: &str| format!("add the line `{},{name},…,…` to {LABELS_FILE}", kind.as_str());
    let mut told = BTreeSet::new();
    for model in models.iter().filter(|model| !model.is_staging) {
        let table = model.name.as_str();
        let mut lacks = |kind: LabelKind, name: &str, place: std::ops::Range<usize>| {
            if told.insert((kind, name.to_owned())) {
                warnings.push(as_warning(model.header_fault(place, format!("{} `{name}` has no label", kind.as_str()))).hint(line(kind, name)));
            }
        };
        if !labels.has(LabelKind::Table, table) {
            lacks(LabelKind::Table, table, 0..0);
        }
        for column in model.header.columns.keys().filter(|column| !has_column(labels, table, column.get_ref())) {
            lacks(LabelKind::Column, column.get_ref(), column.span());
        }
        for (column, measure) in &model.header.measures {
            for (kind, name) in [(LabelKind::Unit, &measure.unit), (LabelKind::DateBasis, &measure.date_basis)] {
                if !labels.has(kind, name) {
                    lacks(kind, name, column.span());
                }
            }
        }
    }
    let feeds = project.pipelines.iter().map(|pipeline| pipeline.contract.feed.as_str());
    warnings.extend(
        feeds
            .filter(|feed| !labels.has(LabelKind::Feed, feed))
            .map(|feed| Fault::warning(file, 0..0, format!("feed `{feed}` has no label")).hint(line(LabelKind::Feed, feed))),
    );
    warnings
}

fn has_column(labels: &Labels, table: &str, column: &str) -> bool {
    labels.has(LabelKind::Column, column) || labels.has(LabelKind::Column, &format!("{table}.{column}"))
}

fn as_warning(fault: Fault) -> Fault {
    Fault { severity: diagnostic::Severity::Warning, ..fault }
}

/// A warning for every label of a table that no model makes: a name mistyped, or a table that is no more.
fn stale_labels(prepared: &Prepared) -> Vec<Fault> {
    let labels = &prepared.project.labels;
    let Some(file) = &labels.file else { return Vec::new() };
    let tables: BTreeSet<&str> = prepared.checked.models.iter().map(|model| model.name.as_str()).collect();
    let unknown = labels.iter().filter_map(|(kind, name, label)| {
        let table = match kind {
            LabelKind::Table => name,
            LabelKind::Column | LabelKind::Description => name.split_once('.')?.0,
            _ => return None,
        };
        (!tables.contains(table))
            .then(|| Fault::warning(file, label.place.clone(), format!("there is no table `{table}`")).maybe_hint(did_you_mean(table, tables.iter().copied())))
    });
    unknown.collect()
}
