//! Model by model from the chosen rows of a table down to feeds.

use std::collections::{BTreeMap, BTreeSet};

use arrow::array::{Array, AsArray};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Int64Type};
use arrow::record_batch::RecordBatch;
use datafusion::common::Column;
use datafusion::dataframe::DataFrame;
use datafusion::logical_expr::Expr;
use serde::Serialize;

use super::select::{Tables, chosen, failed, in_memory};
use crate::contract::Role;
use crate::error::{Error, Kind, Result};
use crate::model::{Asked, Depth, Leaf, Lineage, Model};
use crate::project::Project;
use crate::run::Prepared;

/// The column of pseudonyms, which every feed has and models keep under this name.
const PERSON: &str = "person_id";

/// A table on the way.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Step {
    /// The table.
    pub table: String,
    /// The file that makes it; none for feeds and reference tables.
    pub file: Option<String>,
    /// How many of its rows were counted.
    pub rows: u64,
    /// How many persons they are of, where rows name them.
    pub persons: Option<u64>,
}

/// A record that a figure was made from.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Record {
    /// The feed.
    pub feed: String,
    /// The office that sent it.
    pub office: String,
    /// The extract.
    pub path: String,
    /// The sheet of a workbook.
    pub sheet: Option<String>,
    /// The row or line.
    pub row: i64,
    /// The record's id within office and feed.
    pub record_id: String,
    /// The person's pseudonym.
    pub person_id: String,
    /// The month reported on.
    pub period: String,
    /// The revision of the report.
    pub revision: i64,
    /// When it was received, UTC.
    pub received_at: String,
    /// The submission.
    pub submission_id: String,
}

/// Rows of a table that are explained by one question.
struct Demand {
    asked: Asked,
    keys: Vec<RecordBatch>,
}

/// What was found.
#[derive(Default)]
pub struct Trace {
    /// Tables on the way, from the figure down.
    pub steps: Vec<Step>,
    /// Tables that were not followed.
    pub looked_up: BTreeSet<String>,
    /// What cannot be followed.
    pub gaps: BTreeSet<String>,
    /// The rows of feeds, whole, by feed.
    pub rows: BTreeMap<String, Vec<RecordBatch>>,
    /// True where rows of reference tables were counted.
    pub has_references: bool,
}

/// Rows of a table that are to be explained.
pub struct Chosen<'a> {
    /// The model that makes the table.
    pub model: &'a Model,
    /// The keys of the rows.
    pub wanted: &'a [RecordBatch],
    /// The measure; the rows themselves where there is none.
    pub measure: Option<&'a str>,
}

/// Follows chosen rows down to feeds.
///
/// # Errors
/// As the engine says.
pub async fn trace(prepared: &Prepared, tables: &mut Tables<'_>, chosen_rows: &Chosen<'_>, depth: Depth) -> Result<Trace> {
    let Chosen { model, wanted, measure } = *chosen_rows;
    let at = prepared.checked.models.iter().position(|other| other.name == model.name).unwrap_or_default();
    let columns = prepared.checked.schemas[at].fields().iter().map(|field| field.name().clone());
    let columns = measure.map_or_else(|| columns.collect(), |measure| BTreeSet::from([measure.to_owned()]));
    let asked = Asked { columns, rows: measure.is_none() || depth == Depth::Everything };
    let mut open: BTreeMap<String, Vec<Demand>> = BTreeMap::from([(model.name.as_str().to_owned(), vec![Demand { asked, keys: wanted.to_vec() }])]);
    let mut trace = Trace::default();
    // Models stand after what they read.
    for model in prepared.checked.models[..=at].iter().rev() {
        let Some(demands) = open.remove(model.name.as_str()) else { continue };
        let all: Vec<RecordBatch> = demands.iter().flat_map(|demand| demand.keys.iter().cloned()).collect();
        trace.steps.push(step(tables, model.name.as_str(), Some(&model.file.path), &all).await?);
        for demand in demands {
            let lineage = Lineage::of(tables.engine, model, &demand.asked, depth, tables.identities).await.map_err(failed)?;
            trace.looked_up.extend(lineage.deciding.iter().cloned());
            trace.gaps.extend(lineage.gaps.iter().map(|gap| format!("{gap} in {}", model.file.path)));
            for leaf in &lineage.leaves {
                let is_listed = !leaf.table.contains('.') || leaf.table.starts_with("feeds.") || leaf.table.starts_with("ref.");
                if !is_listed {
                    trace.looked_up.insert(leaf.table.clone());
                    continue;
                }
                let keys = keys(tables, model, &lineage, leaf, &demand).await?;
                if keys.iter().any(|batch| batch.num_rows() > 0) {
                    note(open.entry(leaf.table.clone()).or_default(), &leaf.asked, keys);
                }
            }
        }
    }
    for (table, demands) in open {
        let keys: Vec<RecordBatch> = demands.into_iter().flat_map(|demand| demand.keys).collect();
        trace.steps.push(step(tables, &table, None, &keys).await?);
        match table.strip_prefix("feeds.") {
            Some(feed) => {
                let key = tables.key_of(&table).await?;
                let rows = chosen(tables.engine, &table, &key, &keys).await?.collect().await.map_err(failed)?;
                trace.rows.insert(feed.to_owned(), rows);
            }
            None => trace.has_references = true,
        }
    }
    let followed: BTreeSet<&str> = trace.steps.iter().map(|step| step.table.as_str()).collect();
    trace.looked_up.retain(|table| !followed.contains(table.as_str()));
    Ok(trace)
}

fn note(demands: &mut Vec<Demand>, asked: &Asked, keys: Vec<RecordBatch>) {
    match demands.iter_mut().find(|demand| demand.asked == *asked) {
        Some(demand) => demand.keys.extend(keys),
        None => demands.push(Demand { asked: asked.clone(), keys }),
    }
}

/// The keys of the rows of a table that the wanted rows of a model were made from.
async fn keys(tables: &mut Tables<'_>, model: &Model, lineage: &Lineage, leaf: &Leaf, demand: &Demand) -> Result<Vec<RecordBatch>> {
    let (identity, by) = (tables.key_of(&leaf.table).await?, tables.key_of(model.name.as_str()).await?);
    let wanted = in_memory(tables.engine, &demand.keys)?;
    let plan = lineage.rows_of(leaf, &identity, &by, &wanted, tables.identities).map_err(failed)?;
    DataFrame::new(tables.engine.context().state(), plan).collect().await.map_err(failed)
}

async fn step(tables: &mut Tables<'_>, table: &str, file: Option<&str>, keys: &[RecordBatch]) -> Result<Step> {
    let key = tables.key_of(table).await?;
    let rows = chosen(tables.engine, table, &key, keys).await?;
    let has_persons = rows.schema().has_column_with_unqualified_name(PERSON);
    let persons = if has_persons {
        let persons = rows.clone().select(vec![Expr::Column(Column::new_unqualified(PERSON))]).and_then(DataFrame::distinct).map_err(failed)?;
        Some(persons.count().await.map_err(failed)? as u64)
    } else {
        None
    };
    Ok(Step { table: table.to_owned(), file: file.map(str::to_owned), rows: rows.count().await.map_err(failed)? as u64, persons })
}

impl Trace {
    /// The records of the rows that were found, by feed, office and place.
    ///
    /// # Errors
    /// `Internal` where a feed lacks a column that every feed has.
    pub fn records(&self, project: &Project) -> Result<Vec<Record>> {
        let mut records = Vec::new();
        for (feed, batches) in &self.rows {
            let contract = project.pipeline(feed).map(|pipeline| &pipeline.contract);
            let id = contract.and_then(|contract| contract.role(Role::RecordId).map(|index| contract.fields[index].name.clone()));
            for batch in batches {
                read(feed, id.as_deref().unwrap_or("record_id"), batch, &mut records)?;
            }
        }
        records.sort();
        Ok(records)
    }
}

fn read(feed: &str, id: &str, batch: &RecordBatch, records: &mut Vec<Record>) -> Result<()> {
    let lacks = |name: &str| Error::new(Kind::Internal, format!("the feed `{feed}` has no column `{name}`"));
    let column = |name: &str, kind: DataType| batch.column_by_name(name).and_then(|column| cast(column, &kind).ok()).ok_or_else(|| lacks(name));
    let names = ["office", "source_path", "source_sheet", id, PERSON, "period", "received_at", "submission_id"];
    let texts = names.iter().map(|name| column(name, DataType::Utf8)).collect::<Result<Vec<_>>>()?;
    let (rows, revisions) = (column("source_row", DataType::Int64)?, column("revision", DataType::Int64)?);
    for row in 0..batch.num_rows() {
        let maybe = |index: usize| {
            let texts = texts[index].as_string::<i32>();
            (!texts.is_null(row)).then(|| texts.value(row).to_owned())
        };
        let text = |index: usize| maybe(index).unwrap_or_default();
        records.push(Record {
            feed: feed.to_owned(),
            office: text(0),
            path: text(1),
            sheet: maybe(2),
            row: rows.as_primitive::<Int64Type>().value(row),
            record_id: text(3),
            person_id: text(4),
            period: text(5),
            revision: revisions.as_primitive::<Int64Type>().value(row),
            received_at: text(6),
            submission_id: text(7),
        });
    }
    Ok(())
}
