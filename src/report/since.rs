//! What changed of a published edition since the release that it was made from: figure by figure, with its cause.

use super::controls::{self, ControlTotal};
use crate::diagnostic::{Fault, did_you_mean};
use crate::error::{Error, Result};
use crate::project::{self, Edition};

/// What later releases say otherwise than the one that an edition was made from.
#[derive(Debug, Clone)]
pub struct Since {
    /// The release that the edition was made from.
    pub from: u64,
    /// The release that is held against it: the latest.
    pub release: u64,
    /// How many figures were looked at.
    pub figures: usize,
    /// The figures that changed as they were published: of a rounded one the rounded, of a bound whether it holds.
    pub changed: Vec<Changed>,
}

/// A published figure that changed.
#[derive(Debug, Clone)]
pub struct Changed {
    /// The control total.
    pub control: ControlTotal,
    /// In the release that the edition was made from; nothing where it had none.
    pub then: Option<f64>,
    /// In the latest; nothing where it has none.
    pub now: Option<f64>,
    /// The recorded causes that lead from one to the other, each with who approved it; empty where there is none.
    pub causes: Vec<(String, String)>,
}

/// The control totals and editions in a folder, found in order with each other.
///
/// # Errors
/// `Config` with every fault; `Unavailable` where a file cannot be read.
pub fn published(folder: &std::path::Path) -> Result<(Vec<ControlTotal>, Vec<Edition>)> {
    let mut faults = Vec::new();
    let editions = project::editions(folder, &mut faults)?;
    let totals = match controls::load(folder) {
        Ok(totals) => totals,
        Err(error) if error.project_faults().is_empty() => return Err(error),
        Err(error) => {
            faults.extend(error.project_faults().iter().cloned());
            Vec::new()
        }
    };
    if faults.is_empty() {
        editions.iter().for_each(|edition| check(edition, &totals, &mut faults));
    }
    if faults.is_empty() { Ok((totals, editions)) } else { Err(Error::faults(faults)) }
}

/// A restatement is of a figure that was published.
fn check(edition: &Edition, totals: &[ControlTotal], faults: &mut Vec<Fault>) {
    let name = |indicator: &str, dimension: &str, period: &str| format!("{indicator}, {dimension}, {period}");
    let of_edition = totals.iter().filter(|total| total.edition == edition.name);
    let known: Vec<String> = of_edition.map(|total| name(&total.indicator, &total.dimension, &total.period.to_string())).collect();
    if known.is_empty() {
        let editions = totals.iter().map(|total| total.edition.as_str());
        faults.push(
            Fault::error(&edition.file, 0..0, format!("no control total is of the edition `{}`", edition.name))
                .maybe_hint(did_you_mean(&edition.name, editions)),
        );
        return;
    }
    for restated in &edition.restatements {
        let wanted = name(&restated.indicator, &restated.dimension, &restated.period.to_string());
        if !known.contains(&wanted) {
            let hint = did_you_mean(&wanted, known.iter().map(String::as_str));
            faults.push(Fault::error(&edition.file, restated.place.clone(), format!("the edition published no figure {wanted}")).maybe_hint(hint));
        }
    }
}

/// What changed of figures between two releases, `then` and `now` saying what each release has.
pub fn changed(
    controls: &[ControlTotal],
    edition: Option<&Edition>,
    then: impl Fn(&ControlTotal) -> Option<f64>,
    now: impl Fn(&ControlTotal) -> Option<f64>,
) -> Vec<Changed> {
    let judge = |control: &ControlTotal| {
        let (then, now) = (then(control), now(control));
        let is_same = match (then, now) {
            (Some(then), Some(now)) => control.says_the_same(then, now),
            _ => then == now,
        };
        (!is_same).then(|| Changed { control: control.clone(), then, now, causes: causes(control, edition, then, now) })
    };
    controls.iter().filter_map(judge).collect()
}

/// The causes that lead from one figure to the other, one after the other; none where they lead elsewhere.
fn causes(control: &ControlTotal, edition: Option<&Edition>, then: Option<f64>, now: Option<f64>) -> Vec<(String, String)> {
    let is_said = |value: Option<f64>, said: Option<f64>| match (value, said) {
        (Some(value), Some(said)) => control.is_written_so(value, said),
        _ => value == said,
    };
    let mut causes = Vec::new();
    let mut reached = then;
    for restated in edition.iter().flat_map(|edition| &edition.restatements) {
        let is_of = restated.indicator == control.indicator && restated.dimension == control.dimension && restated.period == control.period;
        if is_of && is_said(reached, restated.from) {
            causes.push((restated.cause.clone(), restated.approver.clone()));
            reached = restated.to;
        }
    }
    if is_said(now, reached) { causes } else { Vec::new() }
}
