//! `rihla sql`

use std::fs::File;
use std::io::{IsTerminal, Write};
use std::path::Path;
use std::sync::Arc;

use arrow::csv::WriterBuilder as CsvWriterBuilder;
use arrow::json::ArrayWriter;
use arrow::record_batch::RecordBatch;
use arrow::util::display::{ArrayFormatter, FormatOptions};
use datafusion::common::TableReference;
use datafusion::error::DataFusionError;
use datafusion::execution::context::SQLOptions;
use datafusion::physical_plan::SendableRecordBatchStream;
use datafusion::prelude::ident;
use futures::TryStreamExt;
use parquet::arrow::ArrowWriter;

use super::args::{Args, Format};
use super::records::{day, say_restricted};
use super::render::{plural, table};
use super::{Terminal, closed, open_latest, open_warehouse};
use crate::diagnostic::{SourceFile, did_you_mean};
use crate::engine::Engine;
use crate::error::{self, Error, Kind, Result};
use crate::model::sql_fault;
use crate::project;
use crate::run::{check_project, open_as_of, open_release};

/// What is asked, and how the answer is wanted.
pub struct Question<'a> {
    /// One SELECT.
    pub query: &'a str,
    /// How the answer is written.
    pub format: Format,
    /// Where it goes; standard output where absent.
    pub output: Option<&'a Path>,
    /// The release that is asked; the latest where absent.
    pub release: Option<&'a str>,
    /// The day as of which models are asked instead.
    pub as_of: Option<&'a str>,
}

/// The query as it stands on the command line, or in a file; one of the two is given.
pub fn query(typed: Option<&str>, file: Option<&Path>) -> Result<String> {
    match (typed, file) {
        (_, Some(path)) => std::fs::read_to_string(path)
            .map_err(|cause| Error::new(Kind::Input, format!("cannot read `{}`", path.display())).because(cause).hint("name a file with one SELECT in it")),
        (Some(text), None) => Ok(text.to_owned()),
        (None, None) => Err(Error::new(Kind::Input, "there is no query").hint("type one SELECT, or name a file with --file FILE")),
    }
}

/// Asks a release in SQL, or what was known on a day.
pub async fn sql(args: &Args, question: &Question<'_>, terminal: &mut Terminal<'_>) -> Result<u8> {
    let format = if terminal.json { Format::Json } else { question.format };
    if let Some(text) = question.as_of {
        let day = day(text)?;
        let prepared = check_project(&args.project).await?;
        let engine = open_as_of(&prepared, &open_warehouse(&prepared.project).await?, Some(day), question.query).await?;
        let names: Vec<&str> = prepared.checked.models.iter().map(|model| model.name.as_str()).collect();
        let stream = answer(&engine, question.query, &names).await?;
        say_restricted()?;
        return write_to(stream, format, question.output, terminal).await.map(|()| 0);
    }
    let project = project::load(&args.project)?;
    let (warehouse, latest) = open_latest(&project).await?;
    let release = match question.release {
        Some(name) => warehouse.release_named(name).await.map_err(|error| error.hint(format!("the newest is {}", latest.rihla.release)))?,
        None => latest,
    };
    let engine = open_release(&project, &warehouse, &release).await?;
    let names: Vec<&str> = release.resources.iter().map(|resource| resource.name.as_str()).collect();
    let stream = answer(&engine, question.query, &names).await?;
    write_to(stream, format, question.output, terminal).await.map(|()| 0)
}

/// Writes a result to a file, or to standard output.
pub async fn write_to(stream: SendableRecordBatchStream, format: Format, output: Option<&Path>, terminal: &mut Terminal<'_>) -> Result<()> {
    match output {
        Some(path) => {
            let what = || format!("cannot write `{}`", path.display());
            let mut file = File::create(path).map_err(|cause| error::io(what(), cause))?;
            write(stream, format, &mut file).await?;
            file.flush().map_err(|cause| error::io(what(), cause))
        }
        None if format == Format::Parquet && std::io::stdout().is_terminal() => {
            Err(Error::new(Kind::Input, "Parquet is not for a terminal").hint("name a file with --output FILE"))
        }
        None => write(stream, format, terminal.out).await,
    }
}

/// The records of a feed for which a condition holds, so many at most (0: all), by office and place in their extracts.
pub async fn records_of(engine: &Engine, feed: &str, condition: Option<&str>, limit: usize) -> Result<SendableRecordBatchStream> {
    let failed = |cause| error::engine(format!("cannot read the feed `{feed}`"), cause);
    let mut frame = engine.context().table(TableReference::partial("feeds", feed)).await.map_err(failed)?;
    if let Some(condition) = condition {
        let wrong = |cause: &DataFusionError| {
            let text = Arc::new(SourceFile { path: "--where".to_owned(), text: condition.to_owned() });
            Error::query(sql_fault(&text, cause)).hint(format!("write a condition over the columns of {feed}, such as \"period = '2023-01'\""))
        };
        let chosen = frame.parse_sql_expr(condition).map_err(|cause| wrong(&cause))?;
        frame = frame.filter(chosen).map_err(|cause| wrong(&cause))?;
        // What the planner finds wrong is the condition's; what running finds is not.
        frame.clone().create_physical_plan().await.map_err(|cause| wrong(&cause))?;
    }
    let order = ["office", "period", "source_path", "source_sheet", "source_row"].map(|column| ident(column).sort(true, true));
    let frame = frame.sort(order.to_vec()).and_then(|frame| frame.limit(0, (limit > 0).then_some(limit))).map_err(failed)?;
    frame.execute_stream().await.map_err(failed)
}

async fn answer(engine: &Engine, query: &str, tables: &[&str]) -> Result<SendableRecordBatchStream> {
    let read_only = SQLOptions::new().with_allow_ddl(false).with_allow_dml(false).with_allow_statements(false);
    let frame = engine.context().sql_with_options(query, read_only).await.map_err(|error| refused(query, tables, &error))?;
    frame.execute_stream().await.map_err(|error| refused(query, tables, &error))
}

/// The error of a query that cannot be run, with the place in it and what there is instead.
fn refused(query: &str, tables: &[&str], error: &DataFusionError) -> Error {
    let hint = "`rihla tables` shows the tables, `rihla tables NAME` the columns of one";
    let words = error.strip_backtrace();
    let says = |refusals: &[&str]| refusals.iter().any(|refusal| words.contains(refusal));
    let is_select = without_comments(query).to_lowercase().starts_with("select");
    if says(&["single SQL statement", "no SQL statements"]) || (!is_select && says(&["not supported: ", "SHOW "])) {
        return Error::new(Kind::Input, "a release can only be read, by one SELECT").hint(hint);
    }
    let text = Arc::new(SourceFile { path: "query".to_owned(), text: query.to_owned() });
    let mut fault = sql_fault(&text, error);
    if let Some(unknown) = words.split("table '").nth(1).and_then(|rest| rest.split('\'').next()) {
        let name = unknown.rsplit('.').next().unwrap_or(unknown);
        fault.message = format!("there is no table `{name}` in the release");
        fault = fault.maybe_hint(did_you_mean(name, tables.iter().copied()));
    }
    Error::query(fault).hint(hint)
}

/// The query from its first word on.
fn without_comments(query: &str) -> &str {
    let mut rest = query.trim_start();
    while let Some(comment) = rest.strip_prefix("--") {
        rest = comment.split_once('\n').map_or("", |(_, rest)| rest).trim_start();
    }
    rest
}

async fn write(stream: SendableRecordBatchStream, format: Format, out: &mut (dyn Write + '_)) -> Result<()> {
    match format {
        Format::Table => write_table(stream, out).await,
        Format::Csv => write_csv(stream, out).await,
        Format::Json => write_json(stream, out).await,
        Format::Parquet => write_parquet(stream, out).await,
    }
}

fn failed(cause: DataFusionError) -> Error {
    error::engine("the query failed", cause)
}

fn unprintable(cause: arrow::error::ArrowError) -> Error {
    match cause {
        arrow::error::ArrowError::IoError(_, cause) => closed(cause),
        // Arrow's CSV writer keeps only the words of what went wrong.
        arrow::error::ArrowError::CsvError(words) if words.contains("Broken pipe") => closed(std::io::ErrorKind::BrokenPipe.into()),
        cause => Error::new(Kind::Internal, "the result cannot be written").because(cause),
    }
}

async fn write_csv(mut stream: SendableRecordBatchStream, out: &mut (dyn Write + '_)) -> Result<()> {
    let header = RecordBatch::new_empty(stream.schema());
    let mut writer = CsvWriterBuilder::new().with_header(true).build(out);
    writer.write(&header).map_err(unprintable)?;
    while let Some(batch) = stream.try_next().await.map_err(failed)? {
        writer.write(&batch).map_err(unprintable)?;
    }
    Ok(())
}

async fn write_json(mut stream: SendableRecordBatchStream, out: &mut (dyn Write + '_)) -> Result<()> {
    let mut writer = arrow::json::WriterBuilder::new().with_explicit_nulls(true).build::<_, arrow::json::writer::JsonArray>(out);
    while let Some(batch) = stream.try_next().await.map_err(failed)? {
        writer.write(&batch).map_err(unprintable)?;
    }
    writer.finish().map_err(unprintable)?;
    writeln!(ArrayWriter::into_inner(writer)).map_err(closed)
}

async fn write_parquet(mut stream: SendableRecordBatchStream, out: &mut (dyn Write + '_)) -> Result<()> {
    // Parquet needs to own what it writes to; results are small, and the file is handed on whole.
    let mut bytes = Vec::new();
    let what = "the result cannot be written as Parquet";
    let mut writer = ArrowWriter::try_new(&mut bytes, stream.schema(), None).map_err(|cause| error::store(what, cause))?;
    while let Some(batch) = stream.try_next().await.map_err(failed)? {
        writer.write(&batch).map_err(|cause| error::store(what, cause))?;
    }
    writer.close().map_err(|cause| error::store(what, cause))?;
    out.write_all(&bytes).map_err(closed)
}

async fn write_table(mut stream: SendableRecordBatchStream, out: &mut (dyn Write + '_)) -> Result<()> {
    let schema = stream.schema();
    let header: Vec<&str> = schema.fields().iter().map(|field| field.name().as_str()).collect();
    let mut rows = Vec::new();
    while let Some(batch) = stream.try_next().await.map_err(failed)? {
        rows.extend(texts(&batch).map_err(unprintable)?);
    }
    let count = rows.len() as u64;
    writeln!(out, "{}\n({})", table(&header, rows), plural(count, "row", "rows")).map_err(closed)
}

/// The cells of rows as text.
pub(super) fn texts(batch: &RecordBatch) -> Result<Vec<Vec<String>>, arrow::error::ArrowError> {
    let options = FormatOptions::default();
    let columns: Vec<ArrayFormatter<'_>> = batch.columns().iter().map(|column| ArrayFormatter::try_new(column, &options)).collect::<Result<_, _>>()?;
    Ok((0..batch.num_rows()).map(|row| columns.iter().map(|column| column.value(row).to_string()).collect()).collect())
}
