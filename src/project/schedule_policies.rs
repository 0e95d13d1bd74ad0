//! Policies of a schedule, as text that means something.

use std::collections::BTreeSet;
use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;

use super::forms::Text;
use super::schedule_forms::{RetryForm, ScheduleForm};
use crate::cadence::policy::{Failure, Misfire, Overlap, Policies, Retry};
use crate::diagnostic::{Fault, SourceFile, did_you_mean};

/// The units of spans of time, in seconds.
const UNITS: [(char, u64); 4] = [('s', 1), ('m', 60), ('h', 3_600), ('d', 86_400)];

const MISFIRES: [(&str, Misfire); 3] = [("skip", Misfire::Skip), ("latest", Misfire::Latest), ("all", Misfire::All)];

const OVERLAPS: [(&str, Overlap); 3] = [("skip", Overlap::Skip), ("latest", Overlap::Latest), ("queue", Overlap::Queue)];

/// The policies that a schedule declares, as far as its faults allow.
pub fn resolve(file: &Arc<SourceFile>, form: &ScheduleForm, faults: &mut Vec<Fault>) -> Policies {
    let usual = Policies::default();
    let mut span_of = |text: &Option<Text>| text.as_ref().and_then(|text| span(file, text, faults));
    let (jitter, maximum_age, timeout) = (span_of(&form.jitter), span_of(&form.maximum_age), span_of(&form.timeout));
    let misfire = form.misfire.as_ref().and_then(|text| one_of(file, text, &MISFIRES, "what becomes of missed times", faults));
    let overlap = overlap(file, form, misfire, faults);
    contradictions(file, form, misfire, faults);
    Policies {
        jitter: jitter.unwrap_or(usual.jitter),
        misfire: misfire.unwrap_or_default(),
        maximum_age,
        maximum_number: form.maximum_number.as_ref().and_then(|number| usize::try_from(*number.get_ref()).ok()),
        overlap: overlap.unwrap_or_default(),
        timeout,
        retry: retry(file, &form.retry, faults),
    }
}

/// All missed times are made up for one after the other, so that they queue.
fn overlap(file: &Arc<SourceFile>, form: &ScheduleForm, misfire: Option<Misfire>, faults: &mut Vec<Fault>) -> Option<Overlap> {
    let Some(text) = &form.overlap else { return (misfire == Some(Misfire::All)).then_some(Overlap::Queue) };
    if text.get_ref() == "parallel" {
        let message = "two runs of a pipeline cannot go side by side: they would load the same reports";
        faults.push(Fault::error(file, text.span(), message).hint("`overlap = \"latest\"`, `\"queue\"` or `\"skip\"`"));
        return None;
    }
    let overlap = one_of(file, text, &OVERLAPS, "what becomes of a time at which the last run is not done", faults)?;
    if misfire == Some(Misfire::All) && overlap != Overlap::Queue {
        let message = format!("`misfire = \"all\"` makes up for every missed time, and `overlap = \"{}\"` skips all but one of them", text.get_ref());
        faults.push(Fault::error(file, text.span(), message).hint("`overlap = \"queue\"`, or `misfire = \"latest\"`"));
    }
    Some(overlap)
}

fn contradictions(file: &Arc<SourceFile>, form: &ScheduleForm, misfire: Option<Misfire>, faults: &mut Vec<Fault>) {
    if let Some(number) = &form.maximum_number {
        if misfire != Some(Misfire::All) {
            let message = "a maximum number of missed times means something with `misfire = \"all\"` only: else there is one at most";
            faults.push(Fault::error(file, number.span(), message).hint("add `misfire = \"all\"`, or take `maximum_number` away"));
        } else if *number.get_ref() == 0 {
            faults.push(Fault::error(file, number.span(), "no missed time would be made up for").hint("`misfire = \"skip\"` says so"));
        }
    }
    if let (Some(age), Some(Misfire::Skip)) = (&form.maximum_age, misfire) {
        let message = "`misfire = \"skip\"` makes up for no missed time, whatever its age";
        faults.push(Fault::error(file, age.span(), message).hint("take `maximum_age` away, or say `misfire = \"latest\"`"));
    }
}

fn retry(file: &Arc<SourceFile>, form: &RetryForm, faults: &mut Vec<Fault>) -> Retry {
    let usual = Retry::default();
    if let Some(attempts) = form.attempts.as_ref().filter(|attempts| *attempts.get_ref() == 0) {
        faults.push(Fault::error(file, attempts.span(), "there is one attempt at least").hint("`attempts = 1` tries nothing again"));
    }
    let first = form.first.as_ref().and_then(|text| span(file, text, faults)).unwrap_or(usual.first);
    let most = form.most.as_ref().and_then(|text| span(file, text, faults)).unwrap_or_else(|| usual.most.max(first));
    if let Some(text) = form.most.as_ref().or(form.first.as_ref()).filter(|_| first > most) {
        faults.push(
            Fault::error(file, text.span(), "the longest pause is shorter than the first")
                .hint("`first` is the pause after the first attempt; each further one is twice as long, up to `most`"),
        );
    }
    let on = form.on.as_ref().map(|on| on.iter().filter_map(|text| failure(file, text, faults)).collect::<BTreeSet<Failure>>());
    Retry { attempts: form.attempts.as_ref().map_or(usual.attempts, |attempts| *attempts.get_ref()), first, most, on: on.unwrap_or(usual.on) }
}

fn failure(file: &Arc<SourceFile>, text: &Text, faults: &mut Vec<Fault>) -> Option<Failure> {
    let known = Failure::NAMES.map(|(failure, name)| (name, failure));
    let failure = one_of(file, text, &known, "a kind of failure", faults)?;
    if failure == Failure::Interrupted {
        faults.push(Fault::warning(file, text.span(), "a run that was cut off is always begun again").hint("take `interrupted` away"));
    }
    Some(failure)
}

/// The value that a word stands for; a fault with the words that are known where it stands for none.
pub fn one_of<T: Copy>(file: &Arc<SourceFile>, text: &Text, known: &[(&str, T)], what: &str, faults: &mut Vec<Fault>) -> Option<T> {
    let found = known.iter().find(|(name, _)| name == text.get_ref()).map(|(_, value)| *value);
    if found.is_none() {
        let names = || known.iter().map(|(name, _)| format!("`{name}`")).collect::<Vec<_>>().join(", ");
        let hint = did_you_mean(text.get_ref(), known.iter().map(|(name, _)| *name)).unwrap_or_else(|| format!("one of {}", names()));
        faults.push(Fault::error(file, text.span(), format!("`{}` is not {what}", text.get_ref())).hint(hint));
    }
    found
}

/// A span of time such as `90s`, `5m`, `2h` or `3d`: a whole number, at least 1, and a unit.
fn span(file: &Arc<SourceFile>, text: &Text, faults: &mut Vec<Fault>) -> Option<Duration> {
    let found = read_span(text.get_ref());
    if found.is_none() {
        faults.push(span_fault(file, text.span(), text.get_ref()));
    }
    found
}

fn read_span(text: &str) -> Option<Duration> {
    let (unit, seconds) = UNITS.into_iter().find(|(unit, _)| text.ends_with(*unit))?;
    let number = text.strip_suffix(unit)?;
    let number: u64 = number.bytes().all(|byte| byte.is_ascii_digit()).then(|| number.parse().ok())??;
    // Past a hundred years it is a slip of the hand, and would overflow what is added to it.
    (1..=36_500 * 86_400).contains(&number.checked_mul(seconds)?).then(|| Duration::from_secs(number * seconds))
}

fn span_fault(file: &Arc<SourceFile>, place: Range<usize>, text: &str) -> Fault {
    Fault::error(file, place, format!("`{text}` is no span of time")).hint("a number and one of `s`, `m`, `h`, `d`, such as `90s`, `5m`, `2h` or `3d`")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_have_a_number_and_a_unit() {
        let seconds = |text| read_span(text).map(|span| span.as_secs());
        assert_eq!(["90s", "5m", "2h", "3d"].map(seconds), [Some(90), Some(300), Some(7_200), Some(259_200)]);
        for wrong in ["", "5", "m", "0m", "-5m", "+5m", "5 m", "1.5h", "5w", "99999999999999999999d", "9999999d"] {
            assert_eq!(seconds(wrong), None, "{wrong}");
        }
    }
}
