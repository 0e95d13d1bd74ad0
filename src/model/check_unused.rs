//! Models that nobody needs.

use super::parse::Model;
use crate::diagnostic::{Fault, Severity};

/// A warning for every staging model that no other model reads, since people never see it either, unless its header says
/// what it is kept for; and for a header that says so in vain. Asked only of models that are in order, since of others it
/// is not known what they read.
pub fn warnings(models: &[Model]) -> Vec<Fault> {
    models.iter().filter_map(|model| warning(model, models)).collect()
}

fn warning(model: &Model, models: &[Model]) -> Option<Fault> {
    let name = model.name.as_str();
    let reader = models.iter().find(|other| other.models_read().contains(name));
    match (&model.header.kept_for, reader) {
        (Some(reason), _) if !model.is_staging => {
            let fault = model.header_fault(reason.span(), format!("people read `{name}`, and it need not say what it is kept for"));
            Some(as_warning(fault.hint("take the line out: tables of sql/marts are released")))
        }
        (Some(reason), Some(reader)) => {
            let fault = model.header_fault(reason.span(), format!("`{name}` is kept for the model `{}`, which reads it", reader.name));
            Some(as_warning(fault.hint("take the line out: it is for tables that no model reads")))
        }
        (None, None) if model.is_staging => Some(
            Fault::warning(&model.file, 0..0, format!("no model reads `{name}`, and tables of sql/staging are never released"))
                .hint("let a model read it, move it to sql/marts, remove it, or say in its header what it is `kept_for`"),
        ),
        _ => None,
    }
}

fn as_warning(fault: Fault) -> Fault {
    Fault { severity: Severity::Warning, ..fault }
}
