//! Why tables of two releases differ: what the earlier one was made of is changed, cause by cause, into what the later
//! one was made of, and the tables are computed again after each.
//!
//! The order is fixed: rows removed since; the deliveries as such; new reports; late rows; corrections; withdrawals; reports
//! judged anew; code lists and references; offices and calendar; models. What one cause adds depends on those before it, as shares of a
//! product do; together they make the whole change, always. What is kept nowhere (models of releases made before they
//! were kept, rows that were erased) is not guessed: its share is the rest, and is called what it may be.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use crate::error::{Kind, Result};
use crate::run::{ChangedRecords, FeedChanges, Prepared, Progress, RecordChange, Results, Rows, Tables, World, changes_of, upstream_of};
use crate::warehouse::{Manifest, Receipt, ReceiptKind, Warehouse};

/// Why a cell says something else; in the order in which causes are made to work.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Cause {
    /// People were erased.
    Erasure,
    /// Rows past their retention went.
    Pruning,
    /// An earlier state was made current again.
    Rollback,
    /// Reports came, were repeated or were awaited: what is counted are deliveries, not records.
    Deliveries,
    /// Records of first reports.
    NewReport,
    /// Records that came after the report in which they belonged.
    LateRow,
    /// Records that say something else.
    Correction,
    /// Records that reports hold no more.
    Withdrawal,
    /// Records of reports that were judged anew, since rules or codes had changed.
    Rules,
    /// A code list or reference table of the project.
    CodeList,
    /// The project's offices and what they owe.
    Office,
    /// A model's SQL.
    Model,
    /// Nothing that is known.
    Unexplained,
}

/// What lies between two releases.
pub struct Between {
    /// Records that changed, by delivery.
    pub records: Vec<ChangedRecords>,
    /// Receipts of rows that were removed after the earlier release; some may be later than the other one too.
    pub receipts: Vec<Receipt>,
    /// Models that are others, new or gone.
    pub models: BTreeSet<String>,
    /// Code lists, references and facts of the project that are others.
    pub inputs: BTreeSet<String>,
    /// True where the later release rests on less than the earlier one.
    pub is_rollback: bool,
    a: World,
    b: World,
    steps: Vec<(Cause, Tables)>,
    made: (String, String),
}

/// Is handed what a table says after each step, with what the step is; nothing for the last one, to what the later
/// release says.
pub type Sink<'s> = dyn FnMut(&str, &BTreeSet<Cause>, Option<&Rows>) -> Result<()> + Send + 's;

impl Between {
    /// Finds what lies between two releases, the earlier one first.
    ///
    /// # Errors
    /// As the warehouse and the engine say.
    pub async fn of(prepared: &Prepared, warehouse: &Warehouse, a: &Manifest, b: &Manifest) -> Result<Self> {
        let (world_a, world_b) = (World::of(prepared, warehouse, a).await?, World::of(prepared, warehouse, b).await?);
        let mut feeds: BTreeMap<String, FeedChanges> = BTreeMap::new();
        for pipeline in &prepared.project.pipelines {
            feeds.insert(format!("feeds.{}", pipeline.contract.feed), changes_of(&pipeline.contract, &world_a, &world_b)?);
        }
        let ids: BTreeSet<&str> = world_b.submissions.iter().map(|one| one.submission_id.as_str()).collect();
        let went_back = b.rihla.rolled_back_to.as_ref().is_some_and(|back| back.release < a.rihla.release);
        let is_rollback = went_back || world_a.submissions.iter().any(|one| !ids.contains(one.submission_id.as_str()));
        let mut receipts = warehouse.receipts().await?;
        let made = (computed(warehouse, a).await?, computed(warehouse, b).await?);
        receipts.retain(|receipt| (receipt.at >= made.0 || receipt.at >= made.1) && !receipt.feeds.is_empty());
        let steps = steps(&world_a, &world_b, &feeds)?;
        Ok(Self {
            records: feeds.into_values().flat_map(|feed| feed.records).collect(),
            receipts,
            models: changed(&hashes(a), &hashes(b)),
            inputs: changed_inputs(&world_a, &world_b),
            is_rollback,
            a: world_a,
            b: world_b,
            steps,
            made,
        })
    }

    /// Computes some tables after each cause and hands them on. Those that cannot be computed again are told, each with
    /// the model that is lost; nothing is handed on for them.
    ///
    /// # Errors
    /// As the engine says.
    pub async fn trace(&self, memory_mib: usize, tables: &BTreeSet<String>, progress: &dyn Progress, sink: &mut Sink<'_>) -> Result<BTreeMap<String, String>> {
        let mut lost: BTreeMap<String, String> = BTreeMap::new();
        let (mut kept, mut renewed) = (BTreeSet::new(), BTreeSet::new());
        for table in tables {
            if let Some(model) = lacking(&self.b, table) {
                lost.insert(table.clone(), model);
            } else if lacking(&self.a, table).is_some() {
                renewed.insert(table.clone());
            } else {
                kept.insert(table.clone());
            }
        }
        progress.begin("computing", 2 + self.steps.len() as u64);
        let mut results = Results::default();
        let needed = upstream_of(&self.a.models, &kept);
        // A model of that time may read what the feeds of today do not have any more: then it is as good as lost.
        match results.renew(memory_mib, &self.a.models, &self.a.inputs, &needed, &BTreeSet::new()).await {
            Err(error) if matches!(error.kind(), Kind::Internal | Kind::Data) => renewed.append(&mut kept),
            done => done?,
        }
        self.walk(memory_mib, (&kept, false), results, progress, sink).await?;
        if !renewed.is_empty() {
            let mut results = Results::default();
            results.renew(memory_mib, &self.b.models, &self.a.inputs, &upstream_of(&self.b.models, &renewed), &BTreeSet::new()).await?;
            self.walk(memory_mib, (&renewed, true), results, progress, sink).await?;
        }
        Ok(lost)
    }

    /// Everything that a table is made of in either release: models by their names, what they read as `schema.name`.
    /// Nothing where that is not known, since a model is lost.
    pub fn beneath(&self, table: &str) -> Option<BTreeSet<String>> {
        let is_lost = |world: &World| world.models.iter().any(|model| model.name.as_str() == table) && lacking(world, table).is_some();
        if is_lost(&self.a) || is_lost(&self.b) {
            return None;
        }
        let of = |world: &World| {
            let models = upstream_of(&world.models, &BTreeSet::from([table.to_owned()]));
            reads(&world.models, table).into_iter().chain(models).collect::<BTreeSet<_>>()
        };
        Some(of(&self.a).into_iter().chain(of(&self.b)).chain([table.to_owned()]).collect())
    }

    async fn walk(&self, memory_mib: usize, of: (&BTreeSet<String>, bool), mut results: Results, progress: &dyn Progress, sink: &mut Sink<'_>) -> Result<()> {
        let (tables, has_lost_models) = of;
        let models = if has_lost_models { &self.b.models } else { &self.a.models };
        let needed = upstream_of(models, tables);
        for table in tables {
            sink(table, &self.rest(&self.a, &self.made.0, table, has_lost_models), results.tables.get(table))?;
        }
        let mut inputs = self.a.inputs.clone();
        for (cause, fresh) in &self.steps {
            progress.advance(&format!("{cause:?}"));
            let changed: BTreeSet<String> = fresh.keys().cloned().collect();
            inputs.extend(fresh.iter().map(|(name, rows)| (name.clone(), rows.clone())));
            results.renew(memory_mib, models, &inputs, &needed, &changed).await?;
            for table in tables {
                sink(table, &self.called(*cause), results.tables.get(table))?;
            }
        }
        results.renew(memory_mib, &self.b.models, &self.b.inputs, &upstream_of(&self.b.models, tables), &BTreeSet::new()).await?;
        for table in tables {
            sink(table, &self.called(Cause::Model), results.tables.get(table))?;
            sink(table, &self.rest(&self.b, &self.made.1, table, false), None)?;
        }
        Ok(())
    }

    fn called(&self, cause: Cause) -> BTreeSet<Cause> {
        BTreeSet::from([if self.is_rollback { Cause::Rollback } else { cause }])
    }

    /// What the difference between a release and what is computed again of it may be.
    fn rest(&self, world: &World, made: &str, table: &str, has_lost_models: bool) -> BTreeSet<Cause> {
        let removed = self.receipts.iter().filter(|receipt| receipt.at.as_str() >= made);
        let mut causes: BTreeSet<Cause> = removed.map(|receipt| if receipt.kind == ReceiptKind::Erasure { Cause::Erasure } else { Cause::Pruning }).collect();
        let read = reads(&world.models, table);
        let lost = world.lost_inputs.iter().filter(|name| read.contains(*name));
        causes.extend(lost.map(|name| cause_of(name)));
        if has_lost_models {
            causes.insert(Cause::Model);
        }
        if causes.is_empty() { BTreeSet::from([Cause::Unexplained]) } else { causes }
    }
}

/// When the tables of a release were computed: those of a rollback when the release was made that it says again. Where
/// that is there no more it is not known, and every receipt may be of later.
async fn computed(warehouse: &Warehouse, release: &Manifest) -> Result<String> {
    let mut release = release.clone();
    let numbers = warehouse.release_numbers().await?;
    while let Some(back) = &release.rihla.rolled_back_to {
        if !numbers.contains(&back.release) {
            return Ok(String::new());
        }
        release = warehouse.release(back.release).await?;
    }
    Ok(release.created)
}

/// The first model on the way to a table that is lost.
fn lacking(world: &World, table: &str) -> Option<String> {
    let tables = BTreeSet::from([table.to_owned()]);
    let known: BTreeSet<&str> = world.models.iter().map(|model| model.name.as_str()).collect();
    if !known.contains(table) {
        return Some(table.to_owned());
    }
    let needed = upstream_of(&world.models, &tables);
    let read = world.models.iter().filter(|model| needed.contains(model.name.as_str())).flat_map(|model| model.models_read());
    read.into_iter().find(|name| !known.contains(name)).map(str::to_owned)
}

/// Everything that a table is made of and that is no model.
fn reads(models: &[crate::model::Model], table: &str) -> BTreeSet<String> {
    let needed = upstream_of(models, &BTreeSet::from([table.to_owned()]));
    models.iter().filter(|model| needed.contains(model.name.as_str())).flat_map(|model| model.reads.iter().map(|(name, _)| name.clone())).collect()
}

fn cause_of(input: &str) -> Cause {
    if input.starts_with("system.") { Cause::Office } else { Cause::CodeList }
}

fn hashes(release: &Manifest) -> BTreeMap<&str, &str> {
    release.resources.iter().chain(&release.rihla.staging).map(|table| (table.name.as_str(), table.rihla.model.as_str())).collect()
}

fn changed(a: &BTreeMap<&str, &str>, b: &BTreeMap<&str, &str>) -> BTreeSet<String> {
    a.keys().chain(b.keys()).filter(|name| a.get(*name) != b.get(*name)).map(|name| (*name).to_owned()).collect()
}

/// The tables that follow from deliveries: the day until which everything is known decides where they end.
const OF_DELIVERIES: [&str; 3] = ["system.submissions", "system.periods", "system.calendar"];

/// True where the project's calendar is another one, not only longer.
fn has_new_calendar(a: &World, b: &World) -> bool {
    let differs =
        |world: &World| ["system.calendar", "system.offices"].iter().any(|name| world.changed_inputs.contains(*name) || world.lost_inputs.contains(*name));
    differs(a) != differs(b) || a.prints.get("system.offices") != b.prints.get("system.offices")
}

fn changed_inputs(a: &World, b: &World) -> BTreeSet<String> {
    let names = a.prints.keys().chain(b.prints.keys()).filter(|name| !OF_DELIVERIES.contains(&name.as_str()));
    let mut changed: BTreeSet<String> = names.filter(|name| a.prints.get(*name) != b.prints.get(*name)).cloned().collect();
    if has_new_calendar(a, b) {
        changed.insert("system.calendar".to_owned());
    }
    changed
}

fn steps(a: &World, b: &World, feeds: &BTreeMap<String, FeedChanges>) -> Result<Vec<(Cause, Tables)>> {
    let order = [
        (Cause::Deliveries, RecordChange::Redelivered),
        (Cause::NewReport, RecordChange::New),
        (Cause::LateRow, RecordChange::Late),
        (Cause::Correction, RecordChange::Corrected),
        (Cause::Withdrawal, RecordChange::Withdrawn),
        (Cause::Rules, RecordChange::Rejudged),
    ];
    let (mut steps, mut made) = (Vec::new(), BTreeSet::new());
    let own = |names: &dyn Fn(&str) -> bool| -> Tables {
        let differs = |name: &String| names(name) && (a.prints.get(name) != b.prints.get(name) || name == "system.submissions");
        b.inputs.iter().filter(|(name, _)| differs(name)).map(|(name, rows)| (name.clone(), rows.clone())).collect()
    };
    let moved = has_new_calendar(a, b);
    let follows = |name: &str| OF_DELIVERIES.contains(&name) && !(moved && name == "system.calendar");
    for (cause, change) in order {
        made.insert(change);
        let mut fresh = if cause == Cause::Deliveries && a.submissions != b.submissions { own(&follows) } else { Tables::new() };
        for (name, feed) in feeds.iter().filter(|(_, feed)| feed.has(change)) {
            fresh.insert(name.clone(), feed.with(&made)?);
        }
        steps.push((cause, fresh));
    }
    steps.push((Cause::CodeList, own(&|name| name.starts_with("codes.") || name.starts_with("ref."))));
    steps.push((Cause::Office, own(&|name| name.starts_with("system.") && !follows(name))));
    steps.retain(|(_, fresh)| !fresh.is_empty());
    Ok(steps)
}
