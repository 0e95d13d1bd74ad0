//! Models checked without data: names, types, order, and what their headers say.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use arrow::datatypes::{DataType, Field, Schema, SchemaRef};

use super::check_tests::rows_where;
use super::check_unused;
use super::check_walk::Walk;
use super::header::Text;
use super::inputs::empty_inputs;
use super::lineage::ModelLineage;
use super::parse::Model;
use super::plan::Planner;
use super::reports::owing;
use crate::contract::Measure;
use crate::diagnostic::{Fault, Severity, did_you_mean};
use crate::engine::Engine;
use crate::error::Result;
use crate::graph;
use crate::parallel;
use crate::project::{Project, check_tag};

/// Models in an order in which each follows what it reads, with the columns of their tables.
#[derive(Debug)]
pub struct Checked {
    /// The models.
    pub models: Vec<Model>,
    /// The columns of each model's table, by position.
    pub schemas: Vec<SchemaRef>,
    /// What these columns are computed from, by position.
    pub lineages: Vec<ModelLineage>,
}

impl Checked {
    /// The model of a name.
    pub fn model(&self, name: &str) -> Option<&Model> {
        self.models.iter().find(|model| model.name.as_str() == name)
    }

    /// The columns of a model's table; none where there is no such model.
    pub fn schema(&self, name: &str) -> SchemaRef {
        let known = self.models.iter().position(|model| model.name.as_str() == name).and_then(|place| self.schemas.get(place));
        known.cloned().unwrap_or_else(|| Arc::new(Schema::empty()))
    }

    /// The models that are made in parts, with the column of each.
    pub(super) fn partitioned(&self) -> BTreeMap<String, String> {
        partitioned(&self.models)
    }

    /// The feeds that a model rests on, through other models too.
    pub fn feeds_of(&self, model: &Model) -> BTreeSet<String> {
        feeds_of(&self.models, model)
    }
}

fn partitioned(models: &[Model]) -> BTreeMap<String, String> {
    models.iter().filter_map(|model| Some((model.name.as_str().to_owned(), model.header.partition.as_ref()?.get_ref().clone()))).collect()
}

pub(super) fn feeds_of(models: &[Model], model: &Model) -> BTreeSet<String> {
    let mut feeds = BTreeSet::new();
    for (read, _) in &model.reads {
        if let Some(feed) = read.strip_prefix("feeds.") {
            feeds.insert(feed.to_owned());
        } else if let Some(upstream) = models.iter().find(|model| model.name.as_str() == read) {
            feeds.extend(feeds_of(models, upstream));
        }
    }
    feeds
}

/// Checks every model of a project, whose own faults are given; `None` where there are any.
///
/// # Errors
/// `Internal` where the engine cannot be used at all.
pub async fn check(project: &Project, faults: &mut Vec<Fault>) -> Result<Option<Checked>> {
    // What a project with faults lacks is not also unknown to its models.
    let is_whole = stops_nothing(faults);
    let mut models = parse(project, faults);
    check_names(&mut models, faults);
    let engine = Engine::new(project.memory_mib)?;
    let inputs = empty_inputs(&engine, project)?;
    let broken: BTreeSet<&str> = project.sql.iter().map(|file| stem(&file.path)).filter(|name| !models.iter().any(|m| m.name.as_str() == *name)).collect();
    check_reads(&models, &inputs, &broken, is_whole, faults);
    let Some(order) = order(&models, faults) else { return Ok(None) };
    models.sort_by_key(|model| order.iter().position(|name| name == model.name.as_str()));
    let mut unplanned: BTreeSet<String> = broken.iter().map(|name| (*name).to_owned()).collect();
    unplanned.extend(models.iter().flat_map(Model::needs).map(|(read, _)| read.clone()).filter(|read| read.contains('.') && !inputs.contains(read)));
    let walk = Walk { project, engine: &engine, models: &models, parts: partitioned(&models) };
    let shapes = walk.check(Planner::new(&engine, project, is_whole), unplanned, faults)?;
    let (schemas, lineages) = shapes.into_iter().flatten().unzip();
    if stops_nothing(faults) {
        faults.extend(check_unused::warnings(&models));
    }
    Ok(stops_nothing(faults).then_some(Checked { models, schemas, lineages }))
}

/// The models that can be parsed.
fn parse(project: &Project, faults: &mut Vec<Fault>) -> Vec<Model> {
    let parsed = parallel::each(&project.sql, |file| {
        let mut told = Vec::new();
        (Model::parse(file, &mut told), told)
    });
    let mut models = Vec::new();
    for (model, told) in parsed {
        models.extend(model);
        faults.extend(told);
    }
    models
}

/// True where there are warnings at most.
fn stops_nothing(faults: &[Fault]) -> bool {
    faults.iter().all(|fault| fault.severity == Severity::Warning)
}

fn stem(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path).trim_end_matches(".sql")
}

/// Keeps the first model of each name.
fn check_names(models: &mut Vec<Model>, faults: &mut Vec<Fault>) {
    let mut seen: BTreeMap<String, String> = BTreeMap::new();
    models.retain(|model| {
        let first = seen.entry(model.name.as_str().to_owned()).or_insert_with(|| model.file.path.clone());
        if *first != model.file.path {
            faults.push(Fault::error(&model.file, 0..0, format!("the table `{}` is made by {first} already", model.name)));
        }
        *first == model.file.path
    });
}

fn check_reads(models: &[Model], inputs: &[String], broken: &BTreeSet<&str>, is_whole: bool, faults: &mut Vec<Fault>) {
    let names: Vec<&str> = models.iter().map(|model| model.name.as_str()).chain(inputs.iter().map(String::as_str)).collect();
    for model in models {
        for (read, place) in model.needs() {
            let may_be_hidden = !is_whole && read.contains('.');
            if names.contains(&read.as_str()) || broken.contains(read.as_str()) || may_be_hidden {
                continue;
            }
            let other_schema = names.iter().find(|name| name.rsplit('.').next() == Some(read.as_str())).map(|name| format!("did you mean `{name}`?"));
            let hint = did_you_mean(read, names.iter().copied()).or(other_schema);
            faults.push(Fault::error(&model.file, place.clone(), format!("there is no table `{read}`")).maybe_hint(hint));
        }
    }
}

fn order(models: &[Model], faults: &mut Vec<Fault>) -> Option<Vec<String>> {
    let edges: BTreeMap<&str, BTreeSet<&str>> = models.iter().map(|model| (model.name.as_str(), model.models_read())).collect();
    match graph::order(&edges) {
        Ok(order) => Some(order.into_iter().map(str::to_owned).collect()),
        Err(cycles) => {
            for cycle in cycles {
                let Some(model) = models.iter().find(|model| model.name.as_str() == cycle[0]) else { continue };
                let place = model.needs().find(|(name, _)| *name == cycle[1]).map_or(0..0, |(_, place)| place.clone());
                let is_read = model.reads.iter().any(|(name, _)| *name == cycle[1]);
                let hint = if is_read { "let one of them read what comes before the circle" } else { "write the test in the header of the other table" };
                faults.push(Fault::error(&model.file, place, format!("models read each other in a circle: {}", cycle.join(" → "))).hint(hint));
            }
            None
        }
    }
}

/// The columns as they are written: plain text, everything nullable, no metadata.
pub fn written_schema(planned: &Schema) -> SchemaRef {
    let fields = planned.fields().iter().map(|field| {
        let kind = match field.data_type() {
            DataType::Utf8View | DataType::LargeUtf8 => DataType::Utf8,
            DataType::UInt64 | DataType::UInt32 | DataType::Int32 => DataType::Int64,
            other => other.clone(),
        };
        Field::new(field.name(), kind, true)
    });
    Arc::new(Schema::new(fields.collect::<Vec<_>>()))
}

pub(super) fn check_header(model: &Model, schema: &Schema, faults: &mut Vec<Fault>) {
    let names: Vec<&str> = schema.fields().iter().map(|field| field.name().as_str()).collect();
    let mut known = |text: &Text, what: &str| {
        if !names.contains(&text.get_ref().as_str()) {
            let hint = did_you_mean(text.get_ref(), names.iter().copied()).unwrap_or_else(|| format!("it has {}", names.join(", ")));
            faults.push(model.header_fault(text.span(), format!("{what} `{}`, which the model does not have", text.get_ref())).hint(hint));
        }
    };
    let header = &model.header;
    header.grain.iter().for_each(|column| known(column, "the grain names the column"));
    header.order.iter().flatten().for_each(|column| known(column, "the order names the column"));
    header.columns.keys().for_each(|column| known(column, "the header documents the column"));
    header.measures.keys().for_each(|column| known(column, "the header has the measure"));
    header.hxl.keys().for_each(|column| known(column, "the header has a tag for the column"));
    // Only released tables are read by their measures.
    let needs = |measure: &Measure| match () {
        () if model.is_staging => &[][..],
        () if measure.is_money() => &["currency"],
        () if measure.is_by_row() => &["unit", "date_basis"],
        () => &[],
    };
    let needed = header.measures.iter().flat_map(|(column, measure)| needs(measure).iter().map(|own| (column.span(), *own)));
    let lacking: Vec<_> = needed.filter(|(_, own)| !names.contains(own)).collect();
    for (span, own) in lacking {
        faults.push(
            model
                .header_fault(span, format!("the measure's unit is of each row, and the model has no column `{own}` that says it"))
                .hint("give the measure one unit, or the table that column"),
        );
    }
    for tag in header.hxl.values() {
        if let Some(hint) = check_tag(tag.get_ref()) {
            faults.push(model.header_fault(tag.span(), format!("`{}` is no HXL tag", tag.get_ref())).hint(hint));
        }
    }
    for field in schema.fields().iter().filter(|field| !model.is_staging && field.data_type().is_nested()) {
        faults.push(
            model
                .header_fault(0..0, format!("the column `{}` holds several values in a cell, which not every tool reads", field.name()))
                .hint("a released table has one value in each cell: write a row for each, or one text"),
        );
    }
    for name in names.iter().filter(|name| header.column(name).is_none()) {
        faults.push(model.header_fault(0..0, format!("the column `{name}` is not documented")).hint(format!("add `{name} = \"…\"` under `[columns]`")));
    }
}

/// Conditions of reports are SQL too.
pub(super) async fn check_conditions(planner: &Planner<'_>, model: &Model, feeds: &BTreeSet<String>, faults: &mut Vec<Fault>) {
    for form in model.header.reports.iter().map(serde_spanned::Spanned::get_ref) {
        if !feeds.contains(form.feed.get_ref()) {
            let hint = did_you_mean(form.feed.get_ref(), feeds.iter().map(String::as_str))
                .unwrap_or_else(|| format!("the model reads {}", feeds.iter().cloned().collect::<Vec<_>>().join(", ")));
            faults.push(model.header_fault(form.feed.span(), format!("the model does not rest on a feed `{}`", form.feed.get_ref())).hint(hint));
        }
        if let Some(condition) = &form.offices {
            planner.condition(model, condition, "for offices", &owing(condition.get_ref()), faults).await;
        }
        if let Some(condition) = &form.rows {
            planner.condition(model, condition, "for rows", &rows_where(model, condition), faults).await;
        }
    }
    // Where rows rest on reports of their own, a feed left out would be one whose lack nobody sees.
    let forms = &model.header.reports;
    if let Some(first) = forms.iter().find(|form| form.get_ref().rows.is_some()) {
        for feed in feeds.iter().filter(|feed| !forms.iter().any(|form| form.get_ref().feed.get_ref() == *feed)) {
            faults.push(
                model
                    .header_fault(first.span(), format!("the reports of rows leave out the feed `{feed}`, which the model rests on"))
                    .hint(format!("add [[reports]] with `feed = \"{feed}\"` and the `rows` that rest on it")),
            );
        }
    }
}
