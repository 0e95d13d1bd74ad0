//! What a check found out about models, as bytes: what it takes to do without planning them again.
//!
//! Says nothing of what it is about. Who keeps it tells by which project and which program it was found out.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use arrow::datatypes::Schema;
use serde::{Deserialize, Serialize};

use super::check::Checked;
use super::lineage::{ColumnLineage, ColumnRef, ModelLineage};
use super::parse::Model;
use crate::parallel;
use crate::project::Project;

#[derive(Serialize, Deserialize)]
struct Found {
    /// Every column that another is computed from, by its table and its name.
    columns: Vec<(String, String)>,
    /// The models in their order.
    models: Vec<FoundModel>,
}

#[derive(Serialize, Deserialize)]
struct FoundModel {
    name: String,
    schema: Schema,
    lineage: Vec<FoundColumn>,
}

/// What a column is computed from, by the place of columns among all.
#[derive(Serialize, Deserialize)]
struct FoundColumn {
    name: String,
    direct: Vec<usize>,
    indirect: Vec<usize>,
}

impl Checked {
    /// What was found out, beside what stands in the models' files.
    ///
    /// # Errors
    /// Where a schema cannot be written.
    pub fn to_bytes(&self) -> serde_json::Result<Vec<u8>> {
        let lineages = || self.lineages.iter().flat_map(|lineage| &lineage.columns);
        let columns: BTreeSet<&ColumnRef> = lineages().flat_map(|column| column.direct.iter().chain(&column.indirect)).collect();
        let places: BTreeMap<&ColumnRef, usize> = columns.iter().copied().zip(0..).collect();
        let placed = |columns: &BTreeSet<ColumnRef>| columns.iter().filter_map(|column| places.get(column).copied()).collect();
        let found = |column: &ColumnLineage| FoundColumn { name: column.name.clone(), direct: placed(&column.direct), indirect: placed(&column.indirect) };
        let models = self.models.iter().zip(&self.schemas).zip(&self.lineages).map(|((model, schema), lineage)| FoundModel {
            name: model.name.to_string(),
            schema: (**schema).clone(),
            lineage: lineage.columns.iter().map(found).collect(),
        });
        let columns = columns.iter().map(|column| (column.table.to_string(), column.column.to_string())).collect();
        serde_json::to_vec(&Found { columns, models: models.collect() })
    }

    /// A project's models with what was found out about them; nothing where it is of other models, or cannot be read.
    pub fn from_bytes(project: &Project, bytes: &[u8]) -> Option<Self> {
        let found: Found = serde_json::from_slice(bytes).ok()?;
        let columns: Vec<ColumnRef> = found.columns.iter().map(|(table, column)| ColumnRef::new(table.as_str(), column.as_str())).collect();
        let mut parsed: BTreeMap<String, Model> = BTreeMap::new();
        for (model, told) in parallel::each(&project.sql, |file| {
            let mut told = Vec::new();
            (Model::parse(file, &mut told), told)
        }) {
            let model = model.filter(|_| told.is_empty())?;
            parsed.insert(model.name.to_string(), model);
        }
        let mut checked = Self { models: Vec::new(), schemas: Vec::new(), lineages: Vec::new() };
        for FoundModel { name, schema, lineage } in found.models {
            checked.models.push(parsed.remove(&name)?);
            checked.schemas.push(Arc::new(schema));
            let columns: Option<Vec<ColumnLineage>> = lineage.into_iter().map(|column| of_places(column, &columns)).collect();
            checked.lineages.push(ModelLineage { columns: columns? });
        }
        parsed.is_empty().then_some(checked)
    }
}

fn of_places(found: FoundColumn, columns: &[ColumnRef]) -> Option<ColumnLineage> {
    let at = |places: Vec<usize>| places.into_iter().map(|place| columns.get(place).cloned()).collect::<Option<BTreeSet<ColumnRef>>>();
    Some(ColumnLineage { name: found.name, direct: at(found.direct)?, indirect: at(found.indirect)? })
}
