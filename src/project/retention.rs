//! `[retention]`: how long rows and releases are kept.

use std::sync::Arc;

use super::forms::RetentionForm;
use super::{Pipeline, Retention};
use crate::diagnostic::{Fault, SourceFile, did_you_mean};

/// Reads the retention of feeds and releases.
pub fn resolve(file: &Arc<SourceFile>, form: &RetentionForm, pipelines: &[Pipeline], faults: &mut Vec<Fault>) -> Retention {
    let mut retention = Retention { releases: form.releases.as_ref().map(|count| *count.get_ref()), ..Retention::default() };
    if let Some(count) = form.releases.as_ref().filter(|count| *count.get_ref() == 0) {
        faults.push(Fault::error(file, count.span(), "no release would be kept").hint("keep 1 or more"));
    }
    let feeds: Vec<&str> = pipelines.iter().map(|pipeline| pipeline.contract.feed.as_str()).collect();
    for (feed, text) in &form.feeds {
        if !feeds.contains(&feed.get_ref().as_str()) {
            let hint = did_you_mean(feed.get_ref(), feeds.iter().copied()).unwrap_or_else(|| format!("there are {}", feeds.join(", ")));
            faults.push(Fault::error(file, feed.span(), format!("there is no feed `{}`", feed.get_ref())).hint(hint));
        }
        match months(text.get_ref()) {
            Some(months) => drop(retention.months.insert(feed.get_ref().clone(), months)),
            None => {
                let fault = Fault::error(file, text.span(), format!("`{}` is no time that rows can be kept", text.get_ref()));
                faults.push(fault.hint("write a number of months or years, such as \"60 months\" or \"5 years\""));
            }
        }
    }
    retention
}

/// `60 months`, `1 year`: months, at least one.
fn months(text: &str) -> Option<u32> {
    let (number, unit) = text.split_once(' ')?;
    let number: u32 = number.parse().ok().filter(|number| *number > 0)?;
    match unit {
        "month" | "months" => Some(number),
        "year" | "years" => number.checked_mul(12),
        _ => None,
    }
    .filter(|months| *months <= 12 * 200)
}

#[cfg(test)]
mod tests {
    use super::months;

    #[test]
    fn times_are_months_or_years() {
        assert_eq!((months("60 months"), months("5 years"), months("1 year")), (Some(60), Some(60), Some(12)));
        for other in ["", "5", "5 days", "0 months", "-1 years", "five years", "5years", "4294967295 years", "1.5 years"] {
            assert_eq!(months(other), None, "{other}");
        }
    }
}
