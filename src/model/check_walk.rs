//! Models planned and checked from those that read nothing to those that read them: on all cores, since models of one rank
//! read nothing of one another.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use arrow::datatypes::SchemaRef;
use datafusion::datasource::empty::EmptyTable;
use futures::executor::block_on;

use super::check::{check_conditions, check_header, feeds_of};
use super::check_tests::{Tested, check_tests};
use super::lineage::ModelLineage;
use super::parse::Model;
use super::plan::{Planned, Planner};
use super::select::check_tags;
use crate::diagnostic::Fault;
use crate::engine::Engine;
use crate::error::Result;
use crate::parallel;
use crate::project::Project;

/// What is checked.
pub struct Walk<'a> {
    /// The project.
    pub project: &'a Project,
    /// An engine with every input and no rows; the tables of models are added to it.
    pub engine: &'a Engine,
    /// The models, each after what it reads.
    pub models: &'a [Model],
    /// The models that are made in parts, with the column of each.
    pub parts: BTreeMap<String, String>,
}

/// The columns of a model's table, and what they are computed from.
pub type Shape = (SchemaRef, ModelLineage);

impl Walk<'_> {
    /// Checks every model that reads none of `unplanned`, whose faults are told elsewhere; by position what is known of each,
    /// nothing where it has faults or reads one that has.
    ///
    /// # Errors
    /// `Internal` where the engine refuses a table.
    pub fn check(&self, mut planner: Planner<'_>, mut unplanned: BTreeSet<String>, faults: &mut Vec<Fault>) -> Result<Vec<Option<Shape>>> {
        let mut shapes: Vec<Option<Shape>> = self.models.iter().map(|_| None).collect();
        let mut sound = Vec::new();
        for places in ranks(self.models) {
            let planned = parallel::each(&places, |place| self.plan(&planner, &self.models[*place], &unplanned, faults));
            for (place, (planned, told)) in places.into_iter().zip(planned) {
                faults.extend(told);
                let name = self.models[place].name.as_str();
                let Some(Planned { schema, lineage, known }) = planned else {
                    unplanned.insert(name.to_owned());
                    continue;
                };
                known.into_iter().for_each(|known| planner.learn(&self.models[place], known));
                self.engine.add(None, name, Arc::new(EmptyTable::new(schema.clone())))?;
                sound.push((place, schema.clone()));
                shapes[place] = Some((schema, lineage));
            }
        }
        // Once all tables are there the models wait for one another no more.
        let told = parallel::each(&sound, |(place, schema)| self.faults_of(&planner, &self.models[*place], schema));
        faults.extend(told.into_iter().flatten());
        Ok(shapes)
    }

    /// What is wrong with what a model's header says, its table being there.
    fn faults_of(&self, planner: &Planner<'_>, model: &Model, schema: &SchemaRef) -> Vec<Fault> {
        let mut faults = planner.vain_tests(model);
        check_header(model, schema, &mut faults);
        check_tags(model, &mut faults);
        // Nothing is waited for: the tables are in memory, and have no rows.
        block_on(async {
            check_conditions(planner, model, &feeds_of(self.models, model), &mut faults).await;
            check_tests(&Tested { engine: self.engine, planner, model, schema, models: self.models, project: self.project }, &mut faults).await;
        });
        faults
    }

    /// Plans a model; nothing where it has faults, or reads a model that has.
    fn plan(&self, planner: &Planner<'_>, model: &Model, unplanned: &BTreeSet<String>, faults: &[Fault]) -> (Option<Planned>, Vec<Fault>) {
        let mut told = Vec::new();
        let lacks_table = || faults.iter().any(|fault| fault.file.path == model.file.path && fault.message.starts_with("there is no table"));
        if model.needs().any(|(read, _)| unplanned.contains(read)) || lacks_table() {
            return (None, told);
        }
        (block_on(planner.model(model, &self.parts, &mut told)), told)
    }
}

/// The positions of models by rank: those that need no other, those that need these alone, and so on.
fn ranks(models: &[Model]) -> Vec<Vec<usize>> {
    let mut rank_of: BTreeMap<&str, usize> = BTreeMap::new();
    let mut ranks: Vec<Vec<usize>> = Vec::new();
    for (place, model) in models.iter().enumerate() {
        let rank = model.models_read().into_iter().filter_map(|name| rank_of.get(name)).max().map_or(0, |rank| rank + 1);
        rank_of.insert(model.name.as_str(), rank);
        ranks.resize(ranks.len().max(rank + 1), Vec::new());
        ranks[rank].push(place);
    }
    ranks
}
