//! `rihla tables`

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::args::Args;
use super::audit::outcome;
use super::render::{count, plural, table};
use super::{Terminal, closed, print_json};
use crate::clock;
use crate::contract::{Additivity, AdditivityWord};
use crate::error::Result;
use crate::report::{self, ColumnDocument, Origins, Released, TableDocument, TableLine, TestDocument, Values};
use crate::run::check_project;
use crate::warehouse::Manifest;

/// Shows the tables, or everything about one.
pub async fn tables(args: &Args, name: Option<&str>, terminal: &mut Terminal<'_>) -> Result<u8> {
    let prepared = check_project(&args.project).await?;
    let newest = report::newest(&prepared.project, clock::from_environment()?).await?;
    let release = newest.as_ref().map(|(_, release)| release);
    let Some(name) = name else {
        let lines = report::tables(&prepared, release);
        match release {
            Some(release) if terminal.json => print_json(terminal, &release.resources)?,
            None if terminal.json => print_json(terminal, &lines.iter().map(line_json).collect::<Vec<_>>())?,
            _ => writeln!(terminal.out, "{}", list(&lines, release)).map_err(closed)?,
        }
        return Ok(0);
    };
    let document = report::document(&prepared, newest.as_ref(), name)?;
    if terminal.json {
        print_json(terminal, &as_json(&document))?;
    } else {
        writeln!(terminal.out, "{}", text(&document)).map_err(closed)?;
    }
    Ok(0)
}

fn line_json(line: &TableLine) -> Value {
    json!({"name": line.name, "description": line.description})
}

fn list(lines: &[TableLine], release: Option<&Manifest>) -> String {
    let Some(release) = release else {
        let rows = lines.iter().map(|line| vec![line.name.clone(), line.description.clone()]);
        return format!("no release yet: `rihla run` makes one of these tables\n\n{}", table(&["table", "description"], rows.collect()));
    };
    let rows = lines.iter().map(|line| vec![line.name.clone(), line.rows.map_or_else(String::new, count), line.description.clone()]);
    format!("release {}, known until {}\n\n{}", release.rihla.release, release.rihla.known_until, table(&["table", "rows", "description"], rows.collect()))
}

fn text(document: &TableDocument) -> String {
    let mut parts = vec![format!("{}\n{}\none row is one {}", document.name, document.description, document.grain.join(", "))];
    if !document.tags.is_empty() {
        parts[0].push_str(&format!("\ntags: {}", document.tags.join(", ")));
    }
    if document.is_staging {
        parts[0].push_str("\nperson-level: models share it, no release holds it");
    }
    parts.push(columns(&document.columns));
    parts.extend(values(&document.columns));
    if !document.tests.is_empty() {
        parts.push(tests(document));
    }
    parts.push(origins(document));
    parts.push(document.released.as_ref().map_or_else(|| "not released yet".to_owned(), |place| released(place, document)));
    parts.join("\n\n")
}

fn columns(columns: &[ColumnDocument]) -> String {
    let rows = columns.iter().map(|column| {
        let measure = column.measure.as_ref();
        let unit = measure.map(|measure| measure.unit.clone()).unwrap_or_default();
        let sums = measure.map(|measure| additivity(&measure.additivity)).unwrap_or_default();
        let basis = measure.map(|measure| measure.date_basis.clone()).unwrap_or_default();
        vec![column.name.clone(), column.kind.clone(), unit, sums, basis, column.description.clone()]
    });
    table(&["column", "type", "unit", "may be summed along", "date basis", "description"], rows.collect())
}

fn additivity(additivity: &Additivity) -> String {
    match additivity {
        Additivity::Word(AdditivityWord::Full) => "every column".to_owned(),
        Additivity::Word(AdditivityWord::None) => "none".to_owned(),
        Additivity::Along(columns) => columns.join(", "),
    }
}

fn values(columns: &[ColumnDocument]) -> Option<String> {
    let rows: Vec<Vec<String>> = columns
        .iter()
        .filter_map(|column| {
            let (list, shown) = match column.values.as_ref()? {
                Values::Codes { list, count, codes } if codes.is_empty() => (list.clone(), plural(*count as u64, "code", "codes")),
                Values::Codes { list, codes, .. } => {
                    (list.clone(), codes.iter().map(|(code, label)| format!("{code} ({label})")).collect::<Vec<_>>().join(", "))
                }
                Values::Accepted(values) => (String::new(), values.join(", ")),
            };
            Some(vec![column.name.clone(), list, shown])
        })
        .collect();
    (!rows.is_empty()).then(|| table(&["values of", "code list", "values"], rows))
}

fn tests(document: &TableDocument) -> String {
    let is_described = document.tests.iter().any(|test| test.description.is_some());
    let rows = document.tests.iter().map(|test| {
        let result = test.result.as_ref().map_or_else(|| "not run yet".to_owned(), outcome);
        let severity = test.threshold.as_ref().map_or_else(|| test.severity.clone(), |threshold| format!("{}, {threshold} may fail", test.severity));
        let mut row = vec![test.name.clone(), severity, result];
        row.extend(is_described.then(|| test.description.clone().unwrap_or_default()));
        row
    });
    let header = ["test", "severity", "result", "description"];
    table(&header[..if is_described { 4 } else { 3 }], rows.collect())
}

fn origins(document: &TableDocument) -> String {
    let Some(model) = &document.model else { return "the project has no model of it any more".to_owned() };
    let Origins { direct, models, feeds, code_lists, references, system } = &document.origins;
    let mut rows = vec![vec!["model".to_owned(), model.clone()]];
    let further: BTreeSet<String> = models.difference(direct).cloned().collect();
    for (what, names) in
        [("reads", direct), ("through", &further), ("feeds", feeds), ("code lists", code_lists), ("references", references), ("system", system)]
    {
        if !names.is_empty() {
            rows.push(vec![what.to_owned(), names.iter().cloned().collect::<Vec<_>>().join(", ")]);
        }
    }
    table(&["made from", ""], rows)
}

fn released(place: &Released, document: &TableDocument) -> String {
    let mut text = format!("release {}, known until {}: {}", place.number, place.known_until, plural(place.rows, "row", "rows"));
    if let Some(file) = &place.file {
        text.push_str(&format!(" in {}", file.display()));
    }
    // Several groups of rows may rest on the same reports: people are told once.
    let mut lines: Vec<String> = Vec::new();
    for reports in &place.reports {
        let line = format!("\nrests on reports of {} by {}", reports.feed, reports.offices.join(" "));
        if !lines.contains(&line) {
            lines.push(line);
        }
    }
    text.push_str(&lines.concat());
    if place.is_outdated && document.model.is_some() {
        text.push_str("\nthe model is not as it was then: `rihla run` makes the table anew");
    }
    text
}

fn as_json(document: &TableDocument) -> Value {
    let columns: Vec<Value> = document.columns.iter().map(column_json).collect();
    let tests: Vec<Value> = document.tests.iter().map(test_json).collect();
    let Origins { direct, models, feeds, code_lists, references, system } = &document.origins;
    json!({
        "name": document.name,
        "description": document.description,
        "is_staging": document.is_staging,
        "tags": document.tags,
        "grain": document.grain,
        "columns": columns,
        "tests": tests,
        "model": document.model,
        "made_from": {"reads": direct, "models": models, "feeds": feeds, "code_lists": code_lists, "references": references, "system": system},
        "released": document.released.as_ref().map(|place| json!({
            "release": place.number,
            "known_until": place.known_until,
            "rows": place.rows,
            "file": place.file,
            "reports": place.reports,
            "is_outdated": place.is_outdated,
        })),
    })
}

fn test_json(test: &TestDocument) -> Value {
    let result = test.result.as_ref();
    json!({
        "name": test.name,
        "severity": test.severity,
        "description": test.description,
        "failures": result.map(|result| result.failures),
        "threshold": test.threshold,
        "passes": result.map(|result| !result.fails()),
        "note": result.and_then(|result| result.note.clone()),
    })
}

fn column_json(column: &ColumnDocument) -> Value {
    let values = column.values.as_ref().map(|values| match values {
        Values::Codes { list, count, codes } => {
            let codes: Vec<Value> = codes.iter().map(|(code, label)| json!({"code": code, "label": label})).collect();
            json!({"code_list": list, "count": count, "codes": codes})
        }
        Values::Accepted(values) => json!({ "accepted": values }),
    });
    json!({"name": column.name, "type": column.kind, "description": column.description, "hxl": column.hxl, "measure": column.measure, "values": values})
}
