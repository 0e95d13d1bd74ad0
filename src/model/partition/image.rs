//! Where the parts of a table lead: to which parts of a table that is made of it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use arrow::array::{ArrayRef, AsArray, Date32Array, StringArray, UInt64Array};
use arrow::compute::{cast, concat_batches, take};
use arrow::datatypes::{DataType, UInt64Type};
use arrow::record_batch::RecordBatch;
use datafusion::common::Result;
use datafusion::logical_expr::{Expr, LogicalPlanBuilder};
use datafusion::prelude::{DataFrame, ident};

use super::anchor::{Bridge, Step};
use super::feed::days_of;
use super::symbol::HOLE;
use super::values::{Value, values_of};
use super::{Partition, Source};
use crate::engine::Engine;

/// The parts that each part of a table leads to.
pub(super) type Image = BTreeMap<Value, BTreeSet<Value>>;

/// Where parts of a source lead. `kind` is the type of a model's column; of a feed the parts are months.
///
/// # Errors
/// As the engine says.
pub(super) async fn image(engine: &Engine, partition: &Partition, source: &Source, kind: &DataType, parts: &BTreeSet<Value>) -> Result<Image> {
    let parts: Vec<&Value> = parts.iter().collect();
    let (mut origins, mut values) = match source.feed() {
        Some(_) => days(&parts),
        None => ((0..parts.len()).collect(), typed(&parts, kind)?),
    };
    for step in &source.way {
        match step {
            Step::Compute(function) => (origins, values) = computed(engine, function, &origins, &values).await?,
            Step::Look(bridge) => (origins, values) = looked_up(engine, bridge, &origins, &values).await?,
        }
    }
    let mut image: Image = parts.iter().map(|part| ((*part).clone(), BTreeSet::new())).collect();
    for (origin, value) in origins.into_iter().zip(values_of(&cast(&values, &partition.kind)?)?) {
        image.entry(parts[origin].clone()).or_default().insert(value);
    }
    Ok(image)
}

/// Every day of months, with the place of its month.
fn days(parts: &[&Value]) -> (Vec<usize>, ArrayRef) {
    let all = parts.iter().enumerate().flat_map(|(place, part)| days_of(part).into_iter().map(move |day| (place, day)));
    let (origins, days): (Vec<usize>, Vec<Option<i32>>) = all.unzip();
    (origins, Arc::new(Date32Array::from(days)))
}

fn typed(parts: &[&Value], kind: &DataType) -> Result<ArrayRef> {
    let texts: StringArray = parts.iter().map(|part| part.as_deref()).collect();
    Ok(cast(&texts, kind)?)
}

/// What a function makes of values, with the origin of each; as a query, since some functions are run as no others than the
/// optimiser makes of them.
async fn computed(engine: &Engine, function: &Expr, origins: &[usize], values: &ArrayRef) -> Result<(Vec<usize>, ArrayRef)> {
    let origins: UInt64Array = origins.iter().map(|origin| *origin as u64).collect();
    let batch = RecordBatch::try_from_iter([("origin", Arc::new(origins) as ArrayRef), (HOLE, values.clone())])?;
    let frame = engine.context().read_batch(batch)?.select(vec![ident("origin"), function.clone().alias("value")])?;
    let made = collected(frame).await?;
    let origins = made.column(0).as_primitive::<UInt64Type>().values().iter().filter_map(|origin| usize::try_from(*origin).ok());
    Ok((origins.collect(), made.column(1).clone()))
}

/// All values that stand beside those given.
async fn looked_up(engine: &Engine, bridge: &Bridge, origins: &[usize], values: &ArrayRef) -> Result<(Vec<usize>, ArrayRef)> {
    let pairs = pairs(engine, bridge).await?;
    let mut beside: BTreeMap<Value, Vec<u64>> = BTreeMap::new();
    for (row, value) in (0_u64..).zip(values_of(pairs.column(0))?) {
        beside.entry(value).or_default().push(row);
    }
    let (mut reached, mut rows) = (Vec::new(), Vec::new());
    for (origin, value) in origins.iter().zip(values_of(values)?) {
        for row in beside.get(&value).into_iter().flatten() {
            reached.push(*origin);
            rows.push(*row);
        }
    }
    Ok((reached, take(pairs.column(1), &UInt64Array::from(rows), None)?))
}

/// What stands beside what in a table.
async fn pairs(engine: &Engine, bridge: &Bridge) -> Result<RecordBatch> {
    let to = Expr::Column(bridge.plan.schema().columns()[bridge.to].clone());
    let plan = LogicalPlanBuilder::from(bridge.plan.clone()).project(vec![bridge.from.clone().alias("from"), to.alias("to")])?.distinct()?.build()?;
    collected(DataFrame::new(engine.context().state(), plan)).await
}

async fn collected(frame: DataFrame) -> Result<RecordBatch> {
    let schema = Arc::new(frame.schema().as_arrow().clone());
    let batches = frame.collect().await?;
    let schema = batches.first().map_or(schema, RecordBatch::schema);
    Ok(concat_batches(&schema, &batches)?)
}
