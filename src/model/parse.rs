//! A model's file: header, one SELECT, and the tables it names.

use std::collections::BTreeSet;
use std::ops::ControlFlow;
use std::ops::Range;
use std::sync::Arc;

use datafusion::sql::parser::{DFParser, Statement};
use datafusion::sql::resolve::resolve_table_references;
use datafusion::sql::sqlparser::ast::{ObjectName, Statement as SqlStatement, visit_relations};

use super::diagnose::{self, offset};
use super::header::Header;
use super::test::Test;
use crate::diagnostic::{Fault, SourceFile};
use crate::names::{ModelName, is_identifier};
use crate::project::from_toml_at;

/// A model that could be parsed.
#[derive(Debug)]
pub struct Model {
    /// Its name: the file's, without `.sql`.
    pub name: ModelName,
    /// Its file.
    pub file: Arc<SourceFile>,
    /// What it says of its table.
    pub header: Header,
    /// Where the header begins in the file; places in it count from there.
    pub header_start: usize,
    /// What must hold of its table.
    pub tests: Vec<Test>,
    /// Its SELECT.
    pub statement: Statement,
    /// The tables it names, `schema.name` or `name`, with the place of the first mention.
    pub reads: Vec<(String, Range<usize>)>,
    /// The tables that its tests hold it against: it is built after them, and anew when they change.
    pub held_against: Vec<(String, Range<usize>)>,
    /// True for models of `sql/staging`: person-level, never released.
    pub is_staging: bool,
}

impl Model {
    /// Parses a file; `None` where its faults leave no model.
    pub fn parse(file: &Arc<SourceFile>, faults: &mut Vec<Fault>) -> Option<Self> {
        let before = faults.len();
        let stem = file.path.rsplit('/').next().unwrap_or_default().trim_end_matches(".sql");
        if !is_identifier(stem) {
            faults.push(Fault::error(file, 0..0, format!("`{stem}` cannot be a table's name")).hint("name the file in lower-case letters, digits and `_`"));
        }
        let part = header_part(file, faults)?;
        let header: Option<Header> = from_toml_at(file, part.clone(), faults);
        let statement = statement(file, faults);
        let (header, statement) = (header?, statement?);
        let tests = tests(file, &header, part.start, faults);
        (faults.len() == before).then(|| Self {
            name: ModelName::new(stem),
            file: file.clone(),
            tests,
            reads: reads(file, &statement),
            held_against: held_against(&header, part.start).collect(),
            is_staging: file.path.starts_with("sql/staging/"),
            statement,
            header_start: part.start,
            header,
        })
    }

    /// A fault at a place of the header.
    pub fn header_fault(&self, place: Range<usize>, message: impl Into<String>) -> Fault {
        Fault::error(&self.file, self.header_start + place.start..self.header_start + place.end, message)
    }

    /// The tables that its SELECT names, without those that only its tests name.
    pub fn selects_from(&self) -> impl Iterator<Item = &str> {
        self.reads.iter().map(|(name, _)| name.as_str())
    }

    /// Every table that must be there before it, with its place: those that it reads and those that its tests hold it
    /// against.
    pub fn needs(&self) -> impl Iterator<Item = &(String, Range<usize>)> {
        let only_held = |(name, _): &&(String, Range<usize>)| !self.reads.iter().any(|(read, _)| read == name);
        self.reads.iter().chain(self.held_against.iter().filter(only_held))
    }

    /// The models among the tables that must be there before it: names without a schema.
    pub fn models_read(&self) -> BTreeSet<&str> {
        self.needs().map(|(name, _)| name.as_str()).filter(|name| !name.contains('.')).collect()
    }
}

fn header_part(file: &Arc<SourceFile>, faults: &mut Vec<Fault>) -> Option<Range<usize>> {
    let lead = file.text.len() - file.text.trim_start().len();
    let found = file.text[lead..].strip_prefix("/*").and_then(|rest| rest.find("*/")).map(|end| lead + 2..lead + 2 + end);
    if found.is_none() {
        faults.push(
            Fault::error(file, 0..1.min(file.text.len()), "the model has no header")
                .hint("open the file with `/*`, TOML that holds at least `description` and `grain`, and `*/`"),
        );
    }
    found
}

fn statement(file: &Arc<SourceFile>, faults: &mut Vec<Fault>) -> Option<Statement> {
    let mut statements = match DFParser::parse_sql(&file.text) {
        Ok(statements) => statements,
        Err(error) => {
            faults.push(diagnose::fault(file, &error));
            return None;
        }
    };
    let first = statements.pop_front();
    let is_query = matches!(&first, Some(Statement::Statement(statement)) if matches!(**statement, SqlStatement::Query(_)));
    if !is_query || !statements.is_empty() {
        let end = file.text.find("*/").map_or(0, |end| end + 2);
        faults.push(Fault::error(file, end..file.text.len(), "a model is one SELECT").hint("leave out other statements; WITH may open it"));
        return None;
    }
    first
}

fn reads(file: &SourceFile, statement: &Statement) -> Vec<(String, Range<usize>)> {
    let Ok((tables, _)) = resolve_table_references(statement, true) else { return Vec::new() };
    tables
        .iter()
        .map(|table| {
            let name = match table.schema() {
                Some(schema) => format!("{schema}.{}", table.table()),
                None => table.table().to_owned(),
            };
            let place = place_of(file, statement, table.table());
            (name, place)
        })
        .collect()
}

fn held_against(header: &Header, start: usize) -> impl Iterator<Item = (String, Range<usize>)> {
    let named = header.tests.iter().flat_map(|form| form.get_ref().tables());
    named.map(move |table| (table.get_ref().clone(), start + table.span().start..start + table.span().end))
}

/// Where a table is first named.
fn place_of(file: &SourceFile, statement: &Statement, table: &str) -> Range<usize> {
    let Statement::Statement(statement) = statement else { return 0..0 };
    let mut found = None;
    let _ = visit_relations(&**statement, |name: &ObjectName| {
        let (Some(first), Some(last)) = (name.0.first().and_then(|part| part.as_ident()), name.0.last().and_then(|part| part.as_ident())) else {
            return ControlFlow::Continue(());
        };
        if last.value.eq_ignore_ascii_case(table) {
            found = Some(offset(&file.text, first.span.start.line, first.span.start.column)..offset(&file.text, last.span.end.line, last.span.end.column));
            return ControlFlow::Break(());
        }
        ControlFlow::Continue(())
    });
    found.unwrap_or(0..0)
}

fn tests(file: &Arc<SourceFile>, header: &Header, start: usize, faults: &mut Vec<Fault>) -> Vec<Test> {
    let mut tests = Vec::new();
    for (place, form) in header.tests.iter().enumerate() {
        let end = header.tests.get(place + 1).map_or(usize::MAX, |next| start + next.span().start);
        let entry = start + form.span().start..end;
        // What could not be read of an entry is told already; it may have been its check.
        let is_told = faults.iter().any(|fault| fault.file.path == file.path && entry.contains(&fault.span.start));
        match Test::from_form(form.get_ref()) {
            Some(test) => tests.push(test),
            None if is_told => {}
            None => {
                let span = form.span();
                faults.push(Fault::error(file, start + span.start..start + span.end, "a test states exactly one check").hint(
                    "`not_null`, `unique`, `accepted`, `accepted_codes`, `relationships`, `expression`, `row_count`, `freshness`, `sum_equals` or `change`",
                ));
            }
        }
    }
    tests
}
