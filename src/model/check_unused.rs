//! Models that nobody needs.

use std::collections::BTreeSet;

use super::parse::Model;
use crate::diagnostic::Fault;

/// A warning for every staging model that no other model reads: people never see it either. Asked only of models that are
/// in order, since of others it is not known what they read.
pub fn warnings(models: &[Model]) -> Vec<Fault> {
    let read: BTreeSet<&str> = models.iter().flat_map(Model::models_read).collect();
    let unused = models.iter().filter(|model| model.is_staging && !read.contains(model.name.as_str()));
    let warning = |model: &Model| {
        Fault::warning(&model.file, 0..0, format!("no model reads `{}`, and tables of sql/staging are never released", model.name))
            .hint("remove the file, move it to sql/marts, or let a model read it")
    };
    unused.map(warning).collect()
}
