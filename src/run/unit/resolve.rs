//! Scenarios read from `tests/models/*.toml` and made whole, every fault at its place.

use std::sync::Arc;

use arrow::datatypes::SchemaRef;
use chrono::{DateTime, NaiveDate, NaiveTime, Utc};
use serde_spanned::Spanned;
use toml::value::{Datetime, Offset};

use super::cells::{Holds, canonical};
use super::deliveries;
use super::feed_rows::{Origin, feed_rows};
use super::scenario::{Expected, Scenario};
use super::sheet::{Defaults, Sheet, unknown_columns};
use super::tables::Tables;
use super::text_table::TextTable;
use crate::diagnostic::{Fault, SourceFile, did_you_mean};
use crate::error::Result;
use crate::model::{ExpectForm, GivenForm, ScenarioForm, Text, sql_fault};
use crate::parallel;
use crate::period::{Period, PeriodKind};
use crate::project::{Files, Project, from_toml_at};

/// The folder of a project in which its unit tests lie.
pub const FOLDER: &str = "tests/models";

/// A scenario as it is written.
pub struct Written {
    /// Its file.
    pub file: Arc<SourceFile>,
    /// What stands in it.
    pub form: ScenarioForm,
}

/// Reads every scenario of a project, in order of their names.
pub fn read(project: &Project, faults: &mut Vec<Fault>) -> Vec<Written> {
    let files = Files::new(&project.root);
    let read = parallel::each(&files.list(FOLDER, "toml"), |path| {
        let mut told = Vec::new();
        let file = files.read(path, &mut told);
        let form = file.as_ref().and_then(|file| from_toml_at(file, 0..file.text.len(), &mut told));
        (file.zip(form), told)
    });
    let mut written = Vec::new();
    for (one, told) in read {
        faults.extend(told);
        written.extend(one.map(|(file, form)| Written { file, form }));
    }
    written
}

/// Columns with what they hold, and the cells of each.
type Typed = (Vec<(String, Holds)>, Vec<Vec<Option<String>>>);

/// A scenario being resolved.
pub struct Resolving<'a> {
    /// The tables that it may name.
    pub tables: &'a Tables<'a>,
    /// Its file.
    pub file: Arc<SourceFile>,
    /// What stands in it.
    pub form: &'a ScenarioForm,
    /// Its last day.
    pub today: DateTime<Utc>,
}

/// Resolves a scenario; nothing where it has faults.
///
/// # Errors
/// `Internal` where the program's own formats are none.
pub async fn resolve(tables: &Tables<'_>, written: &Written, faults: &mut Vec<Fault>) -> Result<Option<Scenario>> {
    let before = faults.len();
    let (file, form) = (&written.file, &written.form);
    let today = moment(file, &form.today, faults).unwrap_or_default();
    let resolving = Resolving { tables, file: file.clone(), form, today };
    resolving.check_defaults(faults).await;
    let deliveries = deliveries::resolve(&resolving, faults)?;
    let mut given = Vec::new();
    for (index, table) in form.given.iter().enumerate() {
        let is_second = form.given[..index].iter().any(|other| other.table.get_ref() == table.table.get_ref());
        let is_delivered = form.deliveries.iter().any(|other| table.table.get_ref().strip_prefix("feeds.") == Some(other.get_ref().feed.get_ref()));
        if is_second || is_delivered {
            let how = if is_delivered { "delivered and given" } else { "given twice" };
            faults.push(Fault::error(file, table.table.span(), format!("the table `{}` is {how}", table.table.get_ref())));
        }
        given.extend(resolving.given(table, faults).await);
    }
    let mut expected = Vec::new();
    for form in &form.expect {
        expected.extend(resolving.expected(form, faults).await);
    }
    if form.expect.is_empty() {
        faults.push(Fault::error(file, 0..0, "the scenario expects nothing").hint("add `[[expect]]` with `table` and `rows`"));
    }
    let name = file.path.trim_start_matches(FOLDER).trim_start_matches('/').trim_end_matches(".toml").to_owned();
    let scenario = Scenario { name, description: form.description.clone(), file: file.clone(), today, deliveries, given, expected };
    Ok((faults.len() == before).then_some(scenario))
}

impl Resolving<'_> {
    /// The cells for columns that rows of a table leave out.
    pub fn defaults(&self, table: &str) -> Option<&Defaults> {
        self.form.defaults.iter().find(|(name, _)| name.get_ref() == table).map(|(_, defaults)| defaults)
    }

    /// A fault at a text of the scenario.
    pub fn fault(&self, place: std::ops::Range<usize>, message: impl Into<String>) -> Fault {
        Fault::error(&self.file, place, message)
    }

    async fn check_defaults(&self, faults: &mut Vec<Fault>) {
        for (table, defaults) in &self.form.defaults {
            let Some(schema) = self.columns(table, faults).await else { continue };
            let mut names: Vec<&str> = schema.fields().iter().map(|field| field.name().as_str()).collect();
            let feed = table.get_ref().strip_prefix("feeds.").and_then(|feed| self.tables.project.pipeline(feed));
            names.extend(feed.iter().flat_map(|pipeline| &pipeline.contract.fields).map(|field| field.name.as_str()));
            for column in defaults.keys().filter(|column| !names.contains(&column.get_ref().as_str())) {
                let hint = did_you_mean(column.get_ref(), names.iter().copied());
                faults.push(self.fault(column.span(), format!("`{}` has no column `{}`", table.get_ref(), column.get_ref())).maybe_hint(hint));
            }
        }
    }

    async fn columns(&self, table: &Text, faults: &mut Vec<Fault>) -> Option<SchemaRef> {
        let found = self.tables.columns(table.get_ref()).await;
        found.map_err(|hint| faults.push(self.fault(table.span(), format!("there is no table `{}`", table.get_ref())).hint(hint))).ok()
    }

    async fn given(&self, form: &GivenForm, faults: &mut Vec<Fault>) -> Option<(String, arrow::record_batch::RecordBatch)> {
        let schema = self.columns(&form.table, faults).await?;
        let table = TextTable::read(&self.file, &form.rows, faults)?;
        let name = form.table.get_ref();
        let defaults = self.defaults(name);
        let feed = name.strip_prefix("feeds.").and_then(|feed| self.tables.project.pipeline(feed));
        let batch = match feed {
            Some(pipeline) => {
                let period = Period::containing(PeriodKind::Month, self.today.date_naive()).to_string();
                let origin = Origin { office: None, period, received: self.today, path: "given".to_owned() };
                feed_rows(&pipeline.contract, &table, defaults, &origin, faults)
            }
            None => {
                let mut sheet = Sheet::of(&schema, &table, defaults, faults);
                // Labels of codes are text of no letters where there are none.
                for field in schema.fields().iter().filter(|field| !field.is_nullable() && field.name().starts_with("label_")) {
                    sheet.fill(field.name(), |_| Some(String::new()));
                }
                (0..schema.fields().len())
                    .filter(|column| !schema.field(*column).is_nullable())
                    .for_each(|column| sheet.needed(column, &format!("a row of `{name}`"), faults));
                sheet.cast(faults)
            }
        };
        batch.map(|batch| (name.clone(), batch))
    }

    async fn expected(&self, form: &ExpectForm, faults: &mut Vec<Fault>) -> Option<Expected> {
        let schema = self.columns(&form.table, faults).await?;
        if let Some(condition) = &form.r#where {
            self.check_condition(form.table.get_ref(), condition, faults).await;
        }
        let table = TextTable::read(&self.file, &form.rows, faults)?;
        if table.header.is_empty() {
            faults.push(self.fault(form.rows.span(), "no columns are named").hint("write a header; without rows under it none are expected"));
            return None;
        }
        let names: Vec<&str> = schema.fields().iter().map(|field| field.name().as_str()).collect();
        let before = faults.len();
        unknown_columns(&table, &names, faults);
        if faults.len() > before {
            return None;
        }
        let (columns, cells) = self.typed(&schema, &table, faults)?;
        let grain = self.tables.grain(form.table.get_ref());
        let rows = table.rows.iter().enumerate().map(|(row, written)| (cells.iter().map(|column| column[row].clone()).collect(), written.line));
        Some(Expected {
            table: form.table.get_ref().clone(),
            condition: form.r#where.as_ref().map(|condition| condition.get_ref().clone()),
            grain: (0..columns.len()).filter(|index| grain.contains(&columns[*index].0)).collect(),
            columns,
            rows: rows.collect(),
            line: self.file.position(form.table.span().start).0,
        })
    }

    /// The columns of a header, and their cells as values of theirs are written.
    fn typed(&self, schema: &SchemaRef, table: &TextTable, faults: &mut Vec<Fault>) -> Option<Typed> {
        let before = faults.len();
        let (mut columns, mut cells) = (Vec::new(), Vec::new());
        for (index, cell) in table.header.iter().enumerate() {
            let field = schema.field_with_name(cell.text.as_deref()?).ok()?;
            let Some(holds) = Holds::of(field.data_type()) else {
                faults.push(self.fault(cell.place.clone(), format!("a column of the type {} cannot be written as text", field.data_type())));
                continue;
            };
            columns.push((field.name().clone(), holds));
            let texts: Vec<Option<&str>> = table.rows.iter().map(|row| row.cells[index].text.as_deref()).collect();
            match canonical(field.data_type(), &texts) {
                Ok(texts) => cells.push(texts),
                Err(misfits) => {
                    let fault = |(row, why): (usize, String)| self.fault(table.rows[row].cells[index].place.clone(), format!("{} {why}", field.name()));
                    faults.extend(misfits.into_iter().map(fault));
                }
            }
        }
        (faults.len() == before).then_some((columns, cells))
    }

    async fn check_condition(&self, table: &str, condition: &Text, faults: &mut Vec<Fault>) {
        let sql = format!("SELECT 1 FROM {} WHERE {}", quoted(table), condition.get_ref());
        if let Err(error) = self.tables.engine.context().state().create_logical_plan(&sql).await {
            let told = sql_fault(&self.file, &error);
            faults.push(self.fault(condition.span(), format!("the condition is wrong: {}", told.message)).maybe_hint(told.hint));
        }
    }
}

/// A table's name as SQL takes it.
pub fn quoted(table: &str) -> String {
    table.split('.').map(|part| format!("\"{part}\"")).collect::<Vec<_>>().join(".")
}

/// A day for its first moment in UTC, as paths of extracts say it, or a moment.
pub fn moment(file: &Arc<SourceFile>, value: &Spanned<Datetime>, faults: &mut Vec<Fault>) -> Option<DateTime<Utc>> {
    let Datetime { date, time, offset } = value.get_ref();
    let day = date.and_then(|day| NaiveDate::from_ymd_opt(i32::from(day.year), u32::from(day.month), u32::from(day.day)));
    let time = match (time, offset) {
        (None, None) => Some(NaiveTime::MIN),
        (Some(time), Some(Offset::Z)) => NaiveTime::from_hms_opt(time.hour.into(), time.minute.into(), time.second.unwrap_or(0).into()),
        _ => None,
    };
    let found = day.zip(time).map(|(day, time)| day.and_time(time).and_utc());
    if found.is_none() {
        faults.push(
            Fault::error(file, value.span(), "this is neither a day nor a moment in UTC").hint("write without quotes 2023-02-05 or 2023-02-05T09:15:00Z"),
        );
    }
    found
}
