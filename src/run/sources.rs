//! What a release is made of beside deliveries, kept so that it can be computed again.

use std::collections::BTreeMap;

use crate::error::Result;
use crate::model::{Checked, Inputs, model_hash};
use crate::warehouse::Warehouse;

/// Keeps the models and the project's own tables that a release is made of; tells the fingerprint of every table that
/// models read, by name.
///
/// # Errors
/// `Unavailable` where they cannot be written.
pub async fn keep_sources(warehouse: &Warehouse, checked: &Checked, inputs: &Inputs) -> Result<BTreeMap<String, String>> {
    for model in &checked.models {
        warehouse.keep_model(&model_hash(model), &model.file.text).await?;
    }
    for input in &inputs.tables {
        if let Some(content) = &input.content {
            warehouse.keep_input(&input.fingerprint, content).await?;
        }
    }
    Ok(inputs.tables.iter().map(|input| (input.name.clone(), input.fingerprint.clone())).collect())
}
