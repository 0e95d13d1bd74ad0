//! Tables made in parts: those parts made anew whose input changed, the others taken from the last build.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::Arc;

use arrow::datatypes::{DataType, SchemaRef};
use datafusion::logical_expr::LogicalPlan;
use datafusion::prelude::DataFrame;
use sha2::{Digest, Sha256};

use super::build::{Builder, One, facts, order};
use super::describe;
use super::parse::Model;
use super::partition::{Ground, Kept, KeptPart, Limit, Limits, Partition, Stale, Value, Work, done, feed_parts, limited, only_in, prove, without};
use crate::error::{self, Error, Kind, Result};
use crate::warehouse::{FileFacts, InputPart, InputParts, Part, PartitionedBuild, Reports, Resource, TableFacts};

/// What is known of the models that a model reads, by their names.
#[derive(Default)]
pub(super) struct Upstream {
    /// What tells the content of their tables.
    pub(super) hashes: BTreeMap<String, String>,
    /// The parts of those that are made in parts.
    pub(super) parts: BTreeMap<String, Arc<PartitionedBuild>>,
}

impl Upstream {
    /// Notes a model that was built.
    pub(super) fn note(&mut self, name: &str, one: &One) {
        self.hashes.insert(name.to_owned(), one.resource.hash.clone());
        self.parts.extend(one.parts.clone().map(|parts| (name.to_owned(), parts)));
    }
}

/// What tells the months of feeds, by feed and date: found out once for all models.
pub type Months = futures::lock::Mutex<BTreeMap<(String, String), Vec<InputPart>>>;

/// A table made in parts.
pub(super) struct MadeInParts {
    pub(super) resource: Resource,
    pub(super) build: PartitionedBuild,
    /// The parts made anew; absent where all were.
    pub(super) anew: Option<BTreeSet<Value>>,
}

impl Builder<'_> {
    /// Makes the parts of a table anew whose input changed; all of them where that cannot be told from the last build.
    pub(super) async fn write_parts(&self, index: usize, fingerprint: String, reports: Vec<Reports>, upstream: &Upstream) -> Result<MadeInParts> {
        let (model, schema) = (&self.checked.models[index], &self.checked.schemas[index]);
        let failed = |cause| error::engine(format!("cannot run the model `{}`", model.name), cause);
        let plan = self.engine.context().state().create_logical_plan(&model.file.text).await.map_err(failed)?;
        let partition = self.partition(model, schema, plan.clone())?;
        let inputs = self.inputs_now(&partition, upstream).await?;
        let base = self.base(index, &partition, |read| upstream.hashes.get(read).cloned())?;
        let before = self.last.partitioned.get(model.name.as_str()).filter(|before| before.base == base && before.column == partition.column);
        let before = before.zip(self.last_table(model)).filter(|(_, table)| model.is_staging || self.is_whole(model, table));
        let kinds = self.kinds();
        let Some((before, table)) = before else {
            let plans = self.whole(plan, &partition, &inputs, upstream, &kinds).await.map_err(failed)?;
            tracing::debug!(model = model.name.as_str(), waves = plans.len(), "made whole");
            let kept = self.work(model, schema, &partition, plans, None).await?;
            let resource = self.keep(model, schema, &kept, facts(model, fingerprint, reports), Vec::new())?;
            return Ok(self.made(resource, kept, PartitionedBuild { column: partition.column, base, inputs, parts: Vec::new() }, None));
        };
        let ground = Ground { before: &before.inputs, now: &inputs, kinds: &kinds };
        let images = ground.images(self.engine, &partition).await.map_err(failed)?;
        let stale = ground.stale(&images, self.damaged(before));
        let said = facts(model, fingerprint, reports);
        let build = PartitionedBuild { column: partition.column.clone(), base, inputs, parts: staying(before, &stale.parts) };
        if stale.parts.is_empty() {
            return Ok(MadeInParts { resource: self.same(model, schema, table, said), build, anew: Some(BTreeSet::new()) });
        }
        let some = self.some(plan, &partition, &stale, upstream).await.map_err(failed)?;
        let beside = if model.is_staging { None } else { Some(self.beside(table, schema, &partition, &stale.parts).map_err(failed)?) };
        let kept = self.work(model, schema, &partition, vec![some], beside).await?;
        let resource = self.keep(model, schema, &kept, said, if model.is_staging { build.parts.clone() } else { Vec::new() })?;
        Ok(self.made(resource, kept, if model.is_staging { build } else { PartitionedBuild { parts: Vec::new(), ..build } }, Some(stale.parts)))
    }

    /// What was proven when the model was checked, over the tables that the engine has now.
    fn partition(&self, model: &Model, schema: &SchemaRef, plan: LogicalPlan) -> Result<Partition> {
        let unproven = || Error::new(Kind::Internal, format!("the model `{}` cannot be made in parts as it was checked", model.name));
        let column = model.header.partition.as_ref().map(|column| column.get_ref().as_str()).ok_or_else(unproven)?;
        let kind = schema.field_with_name(column).map_err(|cause| unproven().because(cause))?.data_type();
        let proven = prove(&self.engine.context().state(), plan, column, kind, &self.checked.partitioned());
        proven.map_err(|cause| unproven().because(cause))?.map_err(|_| unproven())
    }

    async fn inputs_now(&self, partition: &Partition, upstream: &Upstream) -> Result<Vec<InputParts>> {
        let mut inputs: Vec<InputParts> = Vec::new();
        for source in &partition.sources {
            if inputs.iter().any(|known| known.table == source.table && known.column == source.column) {
                continue;
            }
            let parts = match source.feed() {
                Some(feed) => self.months(feed, &source.column).await?,
                None => upstream
                    .parts
                    .get(source.table.as_str())
                    .map(|build| build.parts.iter().map(of_part).collect())
                    .ok_or_else(|| Error::new(Kind::Internal, format!("nothing is known of the parts of `{}`", source.table)))?,
            };
            inputs.push(InputParts { table: source.table.clone(), column: source.column.clone(), parts });
        }
        Ok(inputs)
    }

    async fn months(&self, feed: &str, date: &str) -> Result<Vec<InputPart>> {
        let mut known = self.months.lock().await;
        let key = (feed.to_owned(), date.to_owned());
        if let Some(parts) = known.get(&key) {
            return Ok(parts.clone());
        }
        let pipeline = self.project.pipelines.iter().find(|pipeline| pipeline.contract.feed.as_str() == feed);
        let pipeline = pipeline.ok_or_else(|| Error::new(Kind::Internal, format!("there is no feed `{feed}`")))?;
        let parts = match self.inputs.months(feed, date) {
            Some(months) => months.clone(),
            None => feed_parts(self.engine, &pipeline.contract, date).await?,
        };
        let parts: Vec<InputPart> = parts.into_iter().map(|(value, content)| InputPart { value, content }).collect();
        known.insert(key, parts.clone());
        Ok(parts)
    }

    /// The types of the columns by which models are made in parts.
    fn kinds(&self) -> BTreeMap<String, DataType> {
        let kind = |(name, column): (String, String)| {
            let field = self.checked.schema(&name).field_with_name(&column).ok()?.data_type().clone();
            Some((name, field))
        };
        self.checked.partitioned().into_iter().filter_map(kind).collect()
    }

    /// Parts whose file is not as it was written.
    fn damaged(&self, before: &PartitionedBuild) -> BTreeSet<Value> {
        let is_damaged = |part: &&Part| part.file.as_ref().is_some_and(|file| !self.warehouse.is_as_written(file));
        before.parts.iter().filter(is_damaged).map(|part| part.value.clone()).collect()
    }

    /// The plans that make a whole table, so many parts at a time as few enough rows lead to.
    async fn whole(
        &self,
        plan: LogicalPlan,
        partition: &Partition,
        inputs: &[InputParts],
        upstream: &Upstream,
        kinds: &BTreeMap<String, DataType>,
    ) -> datafusion::error::Result<Vec<LogicalPlan>> {
        let built = |(name, build): (&String, &Arc<PartitionedBuild>)| (name.clone(), build.parts.iter().map(|part| part.rows).sum());
        let rows: BTreeMap<String, u64> = self.inputs.rows().chain(upstream.parts.iter().map(built)).collect();
        let images = Ground { before: &[], now: inputs, kinds }.images(self.engine, partition).await?;
        let waves = images.waves(&rows, self.project.memory_mib);
        if waves.is_empty() {
            return Ok(vec![plan]);
        }
        let mut plans = Vec::new();
        for wave in &waves {
            plans.push(self.some(plan.clone(), partition, wave, upstream).await?);
        }
        // Parts to which nothing that is read leads, such as months of a calendar in which nothing happened.
        let (parts, none) = (images.parts(), images.making(BTreeSet::new()));
        let rest = limited(plan, &self.limits(partition, &none, upstream)?)?;
        plans.push(without(rest, &partition.column, &partition.kind, &parts)?);
        Ok(plans)
    }

    /// The plan that makes some parts of a table.
    async fn some(&self, plan: LogicalPlan, partition: &Partition, stale: &Stale, upstream: &Upstream) -> datafusion::error::Result<LogicalPlan> {
        let limits = self.limits(partition, stale, upstream)?;
        let plan = limited(plan, &limits)?;
        // Where nearly all rows that are made are meant, the optimiser need not know which these are: of one part alone it
        // would take rows for sorted by it, and group them in the slower way that is meant for those.
        let plan =
            if stale.is_exact { self.engine.apart(vec![DataFrame::new(self.engine.context().state(), plan)]).await?.into_unoptimized_plan() } else { plan };
        only_in(plan, &partition.column, &partition.kind, &stale.parts)
    }

    fn limits(&self, partition: &Partition, stale: &Stale, upstream: &Upstream) -> datafusion::error::Result<Limits> {
        let mut limits = Limits::new();
        for ((table, column), needed) in &stale.needed {
            if table.starts_with("feeds.") {
                match limits.entry(table.clone()).or_insert_with(|| Limit::Months(Vec::new())) {
                    Limit::Months(dates) => dates.push((column.clone(), needed.clone())),
                    Limit::Values(..) | Limit::Instead(_) | Limit::Rows(_) => {}
                }
                continue;
            }
            let Some(build) = upstream.parts.get(table.as_str()) else { continue };
            let schema = self.checked.schema(table);
            let is_apart = self.checked.model(table).is_some_and(|model| model.is_staging);
            let limit = match is_apart {
                true => Limit::Instead(self.engine.files(&self.files_of(build, |value| needed.contains(value)), schema)?),
                false => Limit::Values(column.clone(), schema.field_with_name(column)?.data_type().clone(), needed.clone()),
            };
            limits.insert(table.clone(), limit);
        }
        debug_assert!(partition.sources.iter().all(|source| limits.contains_key(&source.table)));
        Ok(limits)
    }

    /// The files of some parts of a person-level table.
    pub(super) fn files_of(&self, build: &PartitionedBuild, is_wanted: impl Fn(&Value) -> bool) -> Vec<PathBuf> {
        let wanted = build.parts.iter().filter(|part| is_wanted(&part.value)).filter_map(|part| part.file.as_ref());
        wanted.map(|file| self.warehouse.store().root().join(&file.path)).collect()
    }

    /// The rows of a released table that stay as they are.
    fn beside(&self, table: &Resource, schema: &SchemaRef, partition: &Partition, stale: &BTreeSet<Value>) -> datafusion::error::Result<LogicalPlan> {
        let rows = self.engine.files(&[self.warehouse.resource_file(table)], schema.clone())?;
        without(self.engine.context().read_table(rows)?.into_unoptimized_plan(), &partition.column, &partition.kind, stale)
    }

    async fn work(&self, model: &Model, schema: &SchemaRef, partition: &Partition, plans: Vec<LogicalPlan>, beside: Option<LogicalPlan>) -> Result<Kept> {
        let what = || format!("cannot run the model `{}`", model.name);
        let column = schema.index_of(&partition.column).map_err(|cause| Error::new(Kind::Internal, what()).because(cause))?;
        let by_part = model.is_staging.then(|| partition.column.clone());
        let work = Work {
            engine: self.engine.clone(),
            plans,
            beside,
            schema: schema.clone(),
            order: by_part.into_iter().chain(order(model)).collect(),
            root: self.warehouse.store().root().to_owned(),
            shape: describe::shape(model, schema, self.project),
            column,
            apart: model.is_staging,
        };
        let ran = tokio::spawn(done(work)).await.map_err(|cause| Error::new(Kind::Internal, what()).because(cause))?;
        ran.map_err(|failed| failed.told(what()))
    }

    /// Gives what was written its names; `others` are parts that stay.
    fn keep(&self, model: &Model, schema: &SchemaRef, kept: &Kept, facts: TableFacts, others: Vec<Part>) -> Result<Resource> {
        if let Some(whole) = &kept.whole {
            return self.keep_whole(model, schema, whole, facts);
        }
        let mut parts = others;
        for part in &kept.parts {
            parts.extend(self.keep_part(model, part)?);
        }
        parts.sort_by(|one, other| one.value.cmp(&other.value));
        Ok(self.of_parts(model, schema, &parts, facts))
    }

    fn keep_part(&self, model: &Model, part: &KeptPart) -> Result<Option<Part>> {
        let Some(written) = &part.written else { return Ok(None) };
        let (path, place) = self.warehouse.place_of_table(true, model.name.as_str(), &written.parquet.hash, "parquet");
        written.parquet.keep(&place)?;
        let file = FileFacts { path, bytes: written.parquet.bytes, hash: format!("sha256:{}", written.parquet.hash) };
        Ok(Some(Part { value: part.value.clone(), rows: part.rows, content: part.content.clone(), file: Some(file) }))
    }

    /// The resource of a table that has a file for each part.
    fn of_parts(&self, model: &Model, schema: &SchemaRef, parts: &[Part], facts: TableFacts) -> Resource {
        let files: Vec<FileFacts> = parts.iter().filter_map(|part| part.file.clone()).collect();
        let mut hash = Sha256::new();
        files.iter().for_each(|file| hash.update(format!("{}\n", file.hash)));
        let facts = TableFacts { rows: parts.iter().map(|part| part.rows).sum(), files: Some(files.clone()), ..facts };
        let bytes = files.iter().map(|file| file.bytes).sum();
        let folder = FileFacts { path: format!("staging/{}", model.name), bytes, hash: format!("sha256:{}", hex::encode(hash.finalize())) };
        self.resource(model, schema, folder, facts)
    }

    /// The table of the last build, under what it was found to be made of now.
    fn same(&self, model: &Model, schema: &SchemaRef, table: &Resource, facts: TableFacts) -> Resource {
        let own = &table.rihla;
        let facts = TableFacts { rows: own.rows, csv: own.csv.clone(), files: own.files.clone(), ..facts };
        self.resource(model, schema, FileFacts { path: table.path.clone(), bytes: table.bytes, hash: table.hash.clone() }, facts)
    }

    fn made(&self, resource: Resource, kept: Kept, mut build: PartitionedBuild, anew: Option<BTreeSet<Value>>) -> MadeInParts {
        let files = resource.rihla.files.as_deref().unwrap_or_default();
        let file = |part: &KeptPart| files.iter().find(|file| file.hash == format!("sha256:{}", part.content)).cloned();
        let parts = kept.parts.iter().map(|part| Part { value: part.value.clone(), rows: part.rows, content: part.content.clone(), file: file(part) });
        build.parts.extend(parts.collect::<Vec<_>>());
        build.parts.sort_by(|one, other| one.value.cmp(&other.value));
        MadeInParts { resource, build, anew }
    }
}

fn of_part(part: &Part) -> InputPart {
    InputPart { value: part.value.clone(), content: part.content.clone() }
}

fn staying(before: &PartitionedBuild, stale: &BTreeSet<Value>) -> Vec<Part> {
    before.parts.iter().filter(|part| !stale.contains(&part.value)).cloned().collect()
}
