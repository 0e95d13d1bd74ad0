//! Editions: beside the control totals of a published edition, the release it was made from, and what was restated since.

use std::ops::Range;
use std::path::Path;
use std::sync::Arc;

use schemars::JsonSchema;
use serde::Deserialize;
use serde_spanned::Spanned;

use super::document::from_toml;
use super::forms::Text;
use crate::diagnostic::{Fault, SourceFile};
use crate::error::{self, Result};
use crate::period::Period;

/// `{edition}.toml` in the folder of control totals
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct EditionForm {
    /// The tag of the release that the edition was made from; `{edition}-published` where absent.
    pub tag: Option<String>,
    /// What later releases say otherwise, oldest first.
    #[serde(default)]
    #[schemars(with = "Vec<RestatementForm>")]
    pub restatements: Vec<Spanned<RestatementForm>>,
}

/// `[[restatements]]`
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RestatementForm {
    /// The indicator's code, as the control totals have it.
    pub indicator: String,
    /// `total`, or `column=value`, as the control totals have it.
    pub dimension: String,
    /// The period.
    #[schemars(with = "String")]
    pub period: Text,
    /// The figure before; leave it out where there was none.
    #[schemars(with = "Option<f64>")]
    pub from: Option<Spanned<f64>>,
    /// The figure after; leave it out where there is none any more.
    #[schemars(with = "Option<f64>")]
    pub to: Option<Spanned<f64>>,
    /// Why it changed.
    #[schemars(with = "String")]
    pub cause: Text,
    /// Who approved it.
    #[schemars(with = "String")]
    pub approver: Text,
}

/// A published edition.
#[derive(Debug, Clone)]
pub struct Edition {
    /// Its name: that of the file.
    pub name: String,
    /// The tag of the release that it was made from.
    pub tag: String,
    /// What later releases say otherwise, oldest first.
    pub restatements: Vec<Restatement>,
    /// The file.
    pub file: Arc<SourceFile>,
}

/// A published figure that changed since.
#[derive(Debug, Clone)]
pub struct Restatement {
    /// The indicator's code.
    pub indicator: String,
    /// `total`, or `column=value`.
    pub dimension: String,
    /// The period.
    pub period: Period,
    /// The figure before; nothing where there was none.
    pub from: Option<f64>,
    /// The figure after; nothing where there is none any more.
    pub to: Option<f64>,
    /// Why it changed.
    pub cause: String,
    /// Who approved it.
    pub approver: String,
    /// Where it stands in the file.
    pub place: Range<usize>,
}

/// The tag of the release that an edition was made from, where its file names none or there is no file.
pub fn usual_tag(edition: &str) -> String {
    format!("{edition}-published")
}

/// Reads what is recorded of editions in the folder of control totals, in the order of their names.
///
/// # Errors
/// `Unavailable` where a file cannot be read; faults of the files are pushed.
pub fn editions(folder: &Path, faults: &mut Vec<Fault>) -> Result<Vec<Edition>> {
    let what = || format!("cannot read the editions in `{}`", folder.display());
    let entries = std::fs::read_dir(folder).map_err(|cause| error::io(what(), cause))?;
    let mut paths: Vec<_> = entries.flatten().map(|entry| entry.path()).filter(|path| path.extension().is_some_and(|extension| extension == "toml")).collect();
    paths.sort();
    let mut editions = Vec::new();
    for path in paths {
        let text = std::fs::read_to_string(&path).map_err(|cause| error::io(what(), cause))?;
        let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        let file = Arc::new(SourceFile { path: format!("{}/{name}.toml", folder.display()), text });
        editions.extend(edition(&file, name, faults));
    }
    Ok(editions)
}

fn edition(file: &Arc<SourceFile>, name: String, faults: &mut Vec<Fault>) -> Option<Edition> {
    let form: EditionForm = from_toml(file, faults)?;
    let restatements = form.restatements.iter().filter_map(|form| restatement(file, form, faults)).collect();
    Some(Edition { tag: form.tag.unwrap_or_else(|| usual_tag(&name)), name, restatements, file: file.clone() })
}

fn restatement(file: &Arc<SourceFile>, form: &Spanned<RestatementForm>, faults: &mut Vec<Fault>) -> Option<Restatement> {
    let place = form.span();
    let form = form.get_ref();
    for (text, what) in [(&form.cause, "why it changed"), (&form.approver, "who approved it")] {
        if text.get_ref().trim().is_empty() {
            faults.push(Fault::error(file, text.span(), format!("say {what}")));
        }
    }
    let (from, to) = (form.from.as_ref().map(|number| *number.get_ref()), form.to.as_ref().map(|number| *number.get_ref()));
    if from == to {
        faults.push(Fault::error(file, place.clone(), "nothing changed: `from` and `to` are the same"));
    }
    let period =
        form.period.get_ref().parse().map_err(|error: crate::period::NotAPeriod| faults.push(Fault::error(file, form.period.span(), error.to_string())));
    Some(Restatement {
        indicator: form.indicator.clone(),
        dimension: form.dimension.clone(),
        period: period.ok()?,
        from,
        to,
        cause: form.cause.get_ref().clone(),
        approver: form.approver.get_ref().clone(),
        place,
    })
}
