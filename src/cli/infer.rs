//! `rihla infer`

use serde_json::{Value, json};

use super::args::{Args, Command};
use super::render::{plural, table};
use super::{Terminal, closed, print_json};
use crate::contract::Protection;
use crate::draft::{self, Column, Draft, Kind as ColumnKind, Wanted, role_name};
use crate::error::{Error, Kind, Result};
use crate::project;

/// Drafts a feed from a sample.
pub fn infer(args: &Args, terminal: &mut Terminal<'_>) -> Result<u8> {
    let Command::Infer { file, feed, sheet, out, dry_run } = &args.command else { return Ok(0) };
    let is_project = args.project.join("rihla.toml").is_file();
    if !is_project && out.is_none() && !dry_run {
        return Err(Error::new(Kind::Input, format!("`{}` is no project folder to write a draft into", args.project.display()))
            .hint("make one with `rihla init DIR`, or name a folder with --out DIR, or look first with --dry-run"));
    }
    // A project with faults, such as an earlier draft's open questions, still knows its labels and code lists.
    let project = if is_project { Some(project::load_with_faults(&args.project)?.0) } else { None };
    let wanted = Wanted { file, feed: feed.as_deref(), sheet: sheet.as_deref(), project: project.as_ref() };
    let draft = draft::infer(&wanted)?;
    let folder = out.as_ref().unwrap_or(&args.project);
    if !dry_run {
        draft::write(folder, &draft.files)?;
    }
    if terminal.json {
        print_json(terminal, &as_json(&draft, *dry_run))?;
    } else {
        write!(terminal.out, "{}", text(&draft, &file.display().to_string(), *dry_run)).map_err(closed)?;
    }
    Ok(0)
}

fn text(draft: &Draft, file: &str, dry_run: bool) -> String {
    let mut text = format!("{file}: {}, {}\n", plural(draft.rows as u64, "row", "rows"), plural(draft.columns.len() as u64, "column", "columns"));
    draft.evidence.iter().for_each(|line| text.push_str(&format!("  {line}\n")));
    let rows = draft
        .columns
        .iter()
        .map(|column| vec![column.label.clone(), column.name.clone(), kind(column), role(column), protection(column).to_owned(), column.evidence.join("; ")]);
    text.push_str(&format!("\n{}\n", table(&["label", "field", "type", "role", "protection", "because"], rows.collect())));
    let questions = questions(draft);
    if !questions.is_empty() {
        text.push_str("\nto decide\n");
        questions.iter().for_each(|question| text.push_str(&format!("  {question}\n")));
    }
    text.push('\n');
    for file in &draft.files {
        if dry_run {
            text.push_str(&format!("--- {}\n{}\n", file.path, String::from_utf8_lossy(&file.bytes)));
        } else {
            text.push_str(&format!("wrote {}\n", file.path));
        }
    }
    text.push_str(if dry_run { "nothing was written\n" } else { "\nread the draft, decide what it asks, then `rihla check`\n" });
    text
}

fn kind(column: &Column) -> String {
    let kind = match &column.kind {
        ColumnKind::String => "string",
        ColumnKind::Integer => "integer",
        ColumnKind::Number { .. } => "number",
        ColumnKind::Boolean => "boolean",
        ColumnKind::Date(_) => "date",
        ColumnKind::DateTime(_) => "datetime",
    };
    match &column.codes {
        Some(codes) if column.list_separator.is_some() => format!("list of {}", codes.list),
        Some(codes) => format!("{kind}, codes {}", codes.list),
        None => kind.to_owned(),
    }
}

fn role(column: &Column) -> String {
    column.role.map_or_else(String::new, |role| role_name(role).to_owned())
}

fn protection(column: &Column) -> &'static str {
    match (column.protection, column.is_doubtful) {
        (Protection::Direct, true) => "direct (in doubt)",
        (Protection::Direct, false) => "direct",
        (Protection::Normalise, _) => "normalise",
        (Protection::Open, _) => "open",
    }
}

fn questions(draft: &Draft) -> Vec<String> {
    let doubtful: Vec<String> = draft.columns.iter().filter(|column| column.is_doubtful).map(|column| format!("`{}`", column.label)).collect();
    let mut questions = draft.questions.clone();
    if !doubtful.is_empty() {
        questions.push(format!("direct in doubt, so that nothing of them is loaded: {}; which hold nothing of a person?", doubtful.join(", ")));
    }
    questions.extend(draft.columns.iter().flat_map(|column| column.questions.iter().map(move |question| format!("`{}`: {question}", column.label))));
    questions
}

fn as_json(draft: &Draft, dry_run: bool) -> Value {
    let columns: Vec<Value> = draft
        .columns
        .iter()
        .map(|column| {
            json!({
                "label": column.label,
                "field": column.name,
                "type": kind(column),
                "role": column.role.map(role_name),
                "protection": match column.protection { Protection::Open => "open", Protection::Normalise => "normalise", Protection::Direct => "direct" },
                "in_doubt": column.is_doubtful,
                "codes": column.codes.as_ref().map(|codes| codes.list.as_str()),
                "evidence": column.evidence,
                "questions": column.questions,
            })
        })
        .collect();
    let files: Vec<Value> = draft.files.iter().map(|file| json!({"path": file.path, "text": String::from_utf8_lossy(&file.bytes)})).collect();
    json!({"feed": draft.feed, "rows": draft.rows, "evidence": draft.evidence, "columns": columns, "questions": questions(draft), "written": !dry_run, "files": files})
}
