//! APIs of form systems, resolved.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::access::{Access, Api, ApiStyle, at_least_one, check_secure, token_of};
use super::access_forms::ApiForm;
use super::forms::{SourceForm, Text};
use super::{JsonShape, Template};
use crate::diagnostic::{Fault, SourceFile, did_you_mean};
use crate::names::OfficeCode;

/// Records a page where the source names no number: KoboToolbox gives no more at once.
const PAGE_SIZE: u32 = 1000;

/// The most requests a second where the source names no number.
const REQUESTS_PER_SECOND: f64 = 2.0;

/// Months that are asked for again where the source names no number.
const LOOKBACK: u32 = 3;

impl ApiStyle {
    /// All of them.
    pub const ALL: [Self; 2] = [Self::Kobo, Self::Odk];

    /// Its name in pipelines.
    pub fn name(self) -> &'static str {
        match self {
            Self::Kobo => "kobo",
            Self::Odk => "odk",
        }
    }

    /// The shape of its pages, which are read in the order in which they came.
    pub fn shape(self) -> JsonShape {
        let (records, count) = match self {
            Self::Kobo => ("results", "count"),
            Self::Odk => ("value", "@odata.count"),
        };
        JsonShape { records: Some(records.to_owned()), next: None, count: Some(count.to_owned()), is_fetched: true }
    }
}

/// The place and the ways of an API, as far as its faults allow; `text` is its address.
pub fn resolve(file: &Arc<SourceFile>, form: &SourceForm, api: &ApiForm, text: &str, faults: &mut Vec<Fault>) -> Option<(Template, Access)> {
    let before = faults.iter().filter(|fault| fault.severity == crate::diagnostic::Severity::Error).count();
    check_secure(file, &form.url, text, api.token.is_some(), faults);
    check_parts(file, form, text, faults);
    let style = style(file, &api.style, faults);
    let token = token_of(file, api.token.as_ref(), faults);
    let forms = forms(file, form, api, text, faults);
    let page_size = at_least_one(file, api.page_size.as_ref().map(|size| (*size.get_ref(), size.span())), faults);
    let lookback = at_least_one(file, api.lookback.as_ref().map(|count| (*count.get_ref(), count.span())), faults);
    let rate = rate(file, api, faults);
    let after = faults.iter().filter(|fault| fault.severity == crate::diagnostic::Severity::Error).count();
    (before == after).then_some(())?;
    let shown = if text.contains("{form}") { format!("{}#{{period}}", text.replace("{form}", "{office}")) } else { format!("{text}#{{office}}/{{period}}") };
    let template = Template::new(&shown).map_err(|message| faults.push(Fault::error(file, form.url.span(), message))).ok()?;
    let api = Api {
        style: style?,
        url: text.to_owned(),
        token: token?,
        forms,
        page_size: page_size?.unwrap_or(PAGE_SIZE),
        requests_per_second: rate?,
        lookback: lookback?.unwrap_or(LOOKBACK),
    };
    Some((template, Access::Paged(api)))
}

/// Only `{form}` may stand in the url: offices and months are asked for in the API's own way.
fn check_parts(file: &Arc<SourceFile>, form: &SourceForm, text: &str, faults: &mut Vec<Fault>) {
    let named = |part: &str| text.contains(part);
    if let Some(part) = ["{office}", "{period}", "{received}", "{page}"].into_iter().find(|part| named(part)) {
        let hint = "only `{form}` stands in the url of an API: offices have forms, and months are asked for in the query";
        faults.push(Fault::error(file, form.url.span(), format!("`{part}` is not for APIs")).hint(hint));
    } else if text.replace("{form}", "").contains(['{', '}', '?']) {
        let hint = "such as `https://kobo.example.org/api/v2/assets/{form}/data/`";
        faults.push(Fault::error(file, form.url.span(), "the url of an API has `{form}`, no other part and no query").hint(hint));
    }
    for (is_named, key) in
        [(form.csv.is_some(), "csv"), (form.workbook.is_some(), "workbook"), (form.json_lines.is_some(), "json_lines"), (form.json.is_some(), "json")]
    {
        if is_named {
            let message = format!("an API says itself how it answers: `{key}` is not for it");
            faults.push(Fault::error(file, form.url.span(), message).hint(format!("take `{key}` away")));
        }
    }
}

fn style(file: &Arc<SourceFile>, text: &Text, faults: &mut Vec<Fault>) -> Option<ApiStyle> {
    let found = ApiStyle::ALL.into_iter().find(|style| style.name() == text.get_ref());
    if found.is_none() {
        let names = ApiStyle::ALL.map(ApiStyle::name);
        let hint = did_you_mean(text.get_ref(), names).unwrap_or_else(|| format!("there are {}", names.join(" and ")));
        faults.push(Fault::error(file, text.span(), format!("the API `{}` is not known", text.get_ref())).hint(hint));
    }
    found
}

/// The form of each office; without `{form}` the only office needs none.
fn forms(file: &Arc<SourceFile>, form: &SourceForm, api: &ApiForm, text: &str, faults: &mut Vec<Fault>) -> BTreeMap<OfficeCode, String> {
    let has_forms = text.contains("{form}");
    for (office, name) in &api.forms {
        if !form.offices.iter().any(|known| known.get_ref() == office.get_ref()) {
            faults.push(Fault::error(file, office.span(), format!("`{}` is no office of this source", office.get_ref())));
        }
        if name.get_ref().is_empty() || !name.get_ref().bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.~%".contains(&byte)) {
            faults.push(
                Fault::error(file, name.span(), "the name of a form is one part of an address").hint("letters, digits, `-`, `_`, `.` and `~`; others as `%20`"),
            );
        }
    }
    if has_forms {
        for office in form.offices.iter().filter(|office| !api.forms.keys().any(|known| known.get_ref() == office.get_ref())) {
            let message = format!("`{}` has no form", office.get_ref());
            faults.push(Fault::error(file, office.span(), message).hint(format!("name it: `forms = {{ {} = \"…\" }}`", office.get_ref())));
        }
    } else if form.offices.len() > 1 || !api.forms.is_empty() {
        let message = "the url has no `{form}`, so that the records of offices cannot be told apart";
        faults.push(Fault::error(file, form.url.span(), message).hint("put `{form}` where the form's name stands, or leave one office"));
    }
    api.forms.iter().map(|(office, name)| (OfficeCode::new(office.get_ref()), name.get_ref().clone())).collect()
}

fn rate(file: &Arc<SourceFile>, api: &ApiForm, faults: &mut Vec<Fault>) -> Option<f64> {
    let Some(rate) = &api.requests_per_second else { return Some(REQUESTS_PER_SECOND) };
    let is_sound = rate.get_ref().is_finite() && (0.01..=1000.0).contains(rate.get_ref());
    if !is_sound {
        faults.push(Fault::error(file, rate.span(), "so many requests a second cannot be made").hint("from 0.01 to 1000; 0.5 asks every two seconds"));
    }
    is_sound.then(|| *rate.get_ref())
}
