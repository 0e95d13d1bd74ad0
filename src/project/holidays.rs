//! The file of holidays that rihla.toml names: days on which a country or one office does not work.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use chrono::NaiveDate;

use super::Office;
use super::calendar::{Around, codes, day};
use super::forms::Text;
use super::spanned_csv::{self, Line};
use crate::diagnostic::{Fault, SourceFile, did_you_mean};
use crate::names::OfficeCode;

const HEADER: [&str; 4] = ["country", "office", "date", "name"];

/// Days on which a country or an office does not work.
#[derive(Debug, Default)]
pub struct Holidays {
    countries: BTreeMap<String, BTreeSet<NaiveDate>>,
    offices: BTreeMap<OfficeCode, BTreeSet<NaiveDate>>,
}

impl Holidays {
    /// True where a day is a holiday of an office or of its country.
    pub fn has(&self, office: &Office, day: NaiveDate) -> bool {
        let of_country = self.countries.get(&office.country).is_some_and(|days| days.contains(&day));
        of_country || self.offices.get(&office.code).is_some_and(|days| days.contains(&day))
    }
}

/// Reads the file, as far as its faults allow.
pub fn load(path: &str, around: &Around<'_>, faults: &mut Vec<Fault>) -> Holidays {
    let mut holidays = Holidays::default();
    let Some((file, lines)) = spanned_csv::read(around.files, path, &HEADER, faults) else { return holidays };
    for line in &lines {
        add(&mut holidays, &file, line, around, faults);
    }
    holidays
}

fn add(holidays: &mut Holidays, file: &Arc<SourceFile>, line: &Line, around: &Around<'_>, faults: &mut Vec<Fault>) {
    let [country, office, date, name] = line.cells.as_slice() else { return };
    if name.get_ref().is_empty() {
        faults.push(Fault::error(file, line.place.clone(), "the holiday has no name").hint("say which it is, for those who check the list"));
    }
    let date = day(file, date, faults);
    let days = match (country.get_ref().as_str(), office.get_ref().as_str()) {
        ("", "") => {
            faults.push(Fault::error(file, line.place.clone(), "the holiday is of nobody").hint("name a country, or an office"));
            None
        }
        (_, "") => is_country(file, country, around, faults).then(|| holidays.countries.entry(country.get_ref().clone()).or_default()),
        ("", code) => is_office(file, office, around, faults).then(|| holidays.offices.entry(OfficeCode::new(code)).or_default()),
        (_, _) => {
            let message = "the holiday is of a country or of an office, not of both";
            faults.push(Fault::error(file, line.place.clone(), message).hint("leave one of the two cells empty"));
            None
        }
    };
    if let (Some(days), Some(date)) = (days, date)
        && !days.insert(date)
    {
        faults.push(Fault::error(file, line.place.clone(), format!("{date} stands twice for {}{}", country.get_ref(), office.get_ref())));
    }
}

fn is_country(file: &Arc<SourceFile>, text: &Text, around: &Around<'_>, faults: &mut Vec<Fault>) -> bool {
    let known: BTreeSet<&str> = around.offices.iter().map(|office| office.country.as_str()).collect();
    let is_known = known.contains(text.get_ref().as_str());
    if !is_known {
        let hint = did_you_mean(text.get_ref(), known.iter().copied())
            .unwrap_or_else(|| format!("offices are in {}", known.iter().copied().collect::<Vec<_>>().join(", ")));
        faults.push(Fault::error(file, text.span(), format!("no office is in `{}`", text.get_ref())).hint(hint));
    }
    is_known
}

/// Tells an office that rihla.toml does not have.
pub(super) fn is_office(file: &Arc<SourceFile>, text: &Text, around: &Around<'_>, faults: &mut Vec<Fault>) -> bool {
    let known = codes(around);
    let is_known = known.contains_key(text.get_ref().as_str());
    if !is_known {
        let hint = did_you_mean(text.get_ref(), known.keys().copied())
            .unwrap_or_else(|| format!("offices are {}", known.keys().copied().collect::<Vec<_>>().join(", ")));
        faults.push(Fault::error(file, text.span(), format!("rihla.toml has no office `{}`", text.get_ref())).hint(hint));
    }
    is_known
}
