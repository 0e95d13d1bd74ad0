//! The tables that a unit test may name, with their columns and without rows.

use std::sync::Arc;

use arrow::datatypes::SchemaRef;
use datafusion::datasource::empty::EmptyTable;

use crate::diagnostic::did_you_mean;
use crate::engine::Engine;
use crate::error::Result;
use crate::model::{Checked, empty_inputs};
use crate::project::Project;

/// Every table of a project.
pub struct Tables<'a> {
    /// The project.
    pub project: &'a Project,
    /// Its models.
    pub checked: &'a Checked,
    /// An engine that has all tables without rows: enough to plan.
    pub engine: Engine,
    names: Vec<String>,
}

impl<'a> Tables<'a> {
    /// The tables of a project.
    ///
    /// # Errors
    /// `Internal` where the engine refuses one.
    pub fn of(project: &'a Project, checked: &'a Checked) -> Result<Self> {
        let engine = Engine::small(project.memory_mib)?;
        let mut names = empty_inputs(&engine, project)?;
        for (model, schema) in checked.models.iter().zip(&checked.schemas) {
            engine.add(None, model.name.as_str(), Arc::new(EmptyTable::new(schema.clone())))?;
            names.push(model.name.as_str().to_owned());
        }
        Ok(Self { project, checked, engine, names })
    }

    /// The columns of a table; else a hint of what may be meant.
    ///
    /// # Errors
    /// The hint.
    pub async fn columns(&self, name: &str) -> std::result::Result<SchemaRef, String> {
        let found = if self.names.iter().any(|known| known == name) { self.engine.columns(name).await } else { None };
        found.ok_or_else(|| {
            let other_schema = self.names.iter().find(|known| known.rsplit('.').next() == Some(name)).map(|known| format!("did you mean `{known}`?"));
            did_you_mean(name, self.names.iter().map(String::as_str))
                .or(other_schema)
                .unwrap_or_else(|| "name a model, or a table that models read: `feeds.…`, `codes.…`, `ref.…`, `system.…`".to_owned())
        })
    }

    /// The columns that make a row of a table unique, where that is known.
    pub fn grain(&self, name: &str) -> Vec<String> {
        if let Some(model) = self.checked.model(name) {
            return model.header.grain.iter().map(|column| column.get_ref().clone()).collect();
        }
        let feed = name.strip_prefix("feeds.").and_then(|feed| self.project.pipeline(feed));
        feed.map_or_else(Vec::new, |pipeline| {
            let key = pipeline.contract.key.iter().map(|index| pipeline.contract.fields[*index].name.clone());
            std::iter::once("office".to_owned()).chain(key).collect()
        })
    }
}
