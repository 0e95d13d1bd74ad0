//! Where a source's extracts are, and how they are asked for.
//!
//! Guarantees: a source that is resolved can be asked without a look at its form again; secrets are variables of the
//! environment, looked up when they are used, so that a project is checked without them. Refuses: secrets that stand in the
//! file, addresses with a user or a password, tokens over a connection that anybody can read.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

use super::access_forms::WebForm;
use super::forms::{SourceForm, Text};
use super::{Template, api, veil};
use crate::diagnostic::{Fault, SourceFile, did_you_mean};
use crate::names::OfficeCode;
use crate::secret::{Variable, variables};

/// The schemes of urls of stores that can be listed.
pub const STORE_SCHEMES: [&str; 8] = ["s3", "s3a", "az", "azure", "adl", "abfs", "abfss", "gs"];

/// The greatest extract that is read where its source says nothing else, in bytes: a sheet of a million rows is below, and
/// what is kept of its rows fits a small machine.
pub const MOST_BYTES: u64 = 256 << 20;

/// How a source's extracts are found.
#[derive(Debug)]
pub enum Access {
    /// They lie in a folder or store that can be listed.
    Listed,
    /// They lie on the web, under names that are known.
    Named(Named),
    /// A form system hands them out in pages.
    Paged(Api),
}

/// How files of the web are asked for.
#[derive(Debug)]
pub struct Named {
    /// With what one shows who asks.
    pub token: Option<Variable>,
    /// Of how many months it is asked whether they changed; of all where absent.
    pub lookback: Option<u32>,
}

/// How records are asked for that a form system hands out.
#[derive(Debug)]
pub struct Api {
    /// Whose shape questions and answers have.
    pub style: ApiStyle,
    /// The address, with `{form}` where forms have names.
    pub url: String,
    /// With what one shows who asks.
    pub token: Option<Variable>,
    /// The form of each office.
    pub forms: BTreeMap<OfficeCode, String>,
    /// Records a page, at least 1.
    pub page_size: u32,
    /// The most requests a second, above 0.
    pub requests_per_second: f64,
    /// How many months that are over are asked for again, at least 1.
    pub lookback: u32,
}

/// Whose API it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ApiStyle {
    /// KoboToolbox, v2.
    Kobo,
    /// The OData of ODK Central.
    Odk,
}

impl Api {
    /// The address of an office's records, without any question.
    pub fn address(&self, office: &OfficeCode) -> String {
        self.forms.get(office).map_or_else(|| self.url.clone(), |form| self.url.replace("{form}", form))
    }
}

/// The place of a source's extracts and how they are found, as far as its faults allow.
pub fn resolve(file: &Arc<SourceFile>, form: &SourceForm, faults: &mut Vec<Fault>) -> Option<(Template, Access)> {
    let url = &form.url;
    let mut fault = |message: String, hint: &str| {
        faults.push(Fault::error(file, url.span(), message).hint(hint));
        None
    };
    let scheme = url.get_ref().split_once("://").map_or("", |(scheme, _)| scheme).to_owned();
    let is_web = ["http", "https"].contains(&scheme.as_str());
    if form.api.is_some() && !is_web {
        return fault("an API has an `https://` url".to_owned(), "such as `https://kobo.example.org/api/v2/assets/{form}/data/`");
    }
    if let Some(web) = form.web.as_ref().filter(|_| !is_web || form.api.is_some()) {
        faults.push(Fault::error(file, web.span(), "`web` is for files under an `https://` url").hint("take `web` away"));
        return None;
    }
    match scheme.as_str() {
        "http" | "https" => {
            let text = web_text(file, url, faults)?;
            match &form.api {
                Some(api) => api::resolve(file, form, api, &text, faults),
                None => named(file, url, &text, form.web.as_ref().map(|web| web.get_ref()), faults),
            }
        }
        _ => listed(file, url, &scheme, faults).map(|template| (template, Access::Listed)),
    }
}

/// A folder of this machine, or a store.
fn listed(file: &Arc<SourceFile>, url: &Text, scheme: &str, faults: &mut Vec<Fault>) -> Option<Template> {
    let mut fault = |message: String, hint: String| {
        faults.push(Fault::error(file, url.span(), message).hint(hint));
        None
    };
    let is_store = STORE_SCHEMES.contains(&scheme);
    if !scheme.is_empty() && !is_store && scheme != "file" {
        let known = || STORE_SCHEMES.into_iter().chain(["file", "http", "https"]);
        let hint = did_you_mean(scheme, known())
            .unwrap_or_else(|| "give a path, or a url of `s3://`, `az://`, `abfss://`, `gs://`, `https://` or `file:///`".to_owned());
        return fault(format!("`{scheme}://` is no place that can be read"), hint);
    }
    let text = match expand(url.get_ref(), |name| std::env::var(name).ok()) {
        Ok(text) => text,
        Err(message) => {
            faults.push(Fault::error(file, url.span(), message));
            return None;
        }
    };
    let text = match text.strip_prefix("file://") {
        Some(path) if path.starts_with('/') => path.to_owned(),
        Some(_) => return fault("a file of this machine has no server".to_owned(), "write three slashes: `file:///srv/extracts/…`".to_owned()),
        None => text,
    };
    if is_store {
        let (_, rest) = text.split_once("://").unwrap_or_default();
        let bucket = rest.split('/').next().unwrap_or_default();
        if bucket.is_empty() || bucket.contains('{') {
            return fault(
                "the url does not name the bucket or container".to_owned(),
                format!("such as `{scheme}://extracts/{{office}}/{{received}}/returns-{{period}}.csv`"),
            );
        }
        let is_account = scheme.starts_with("abfs") && bucket.split('@').count() == 2 && !bucket.contains(':');
        if (bucket.contains('@') && !is_account) || rest.contains('?') {
            let hint = "credentials come from the environment, under the names that the store's own tools know".to_owned();
            return fault("credentials do not stand in a url".to_owned(), hint);
        }
    }
    Template::new(&text).map_err(|message| faults.push(Fault::error(file, url.span(), message))).ok()
}

/// A file of the web for every office and month.
fn named(file: &Arc<SourceFile>, url: &Text, text: &str, form: Option<&WebForm>, faults: &mut Vec<Fault>) -> Option<(Template, Access)> {
    for part in ["{received}", "{page}"] {
        if text.contains(part) {
            let message = format!("`{part}` cannot be known of a file of the web, which has no lists");
            faults.push(Fault::error(file, url.span(), message).hint("a file was received when the server says that it was last changed"));
            return None;
        }
    }
    let template = Template::new(text).map_err(|message| faults.push(Fault::error(file, url.span(), message))).ok()?;
    let token = form.and_then(|form| form.token.as_ref());
    let lookback = form.and_then(|form| form.lookback.as_ref());
    let is_secure = check_secure(file, url, text, token.is_some(), faults);
    let token = token_of(file, token, faults);
    let lookback = at_least_one(file, lookback.map(|count| (*count.get_ref(), count.span())), faults);
    is_secure?;
    Some((template, Access::Named(Named { token: token?, lookback: lookback? })))
}

/// An address with its variables replaced, save those of its query, which may be secrets.
fn web_text(file: &Arc<SourceFile>, url: &Text, faults: &mut Vec<Fault>) -> Option<String> {
    let (before, query) = url.get_ref().split_once('?').map_or((url.get_ref().as_str(), None), |(before, query)| (before, Some(query)));
    let before = match expand(before, |name| std::env::var(name).ok()) {
        Ok(before) => before,
        Err(message) => {
            faults.push(Fault::error(file, url.span(), message));
            return None;
        }
    };
    let mut fault = |message: String, hint: &str| {
        faults.push(Fault::error(file, url.span(), message).hint(hint));
        None
    };
    let server = before.split("://").nth(1).unwrap_or_default().split('/').next().unwrap_or_default();
    if server.contains('@') {
        return fault("a user or a password does not stand in a url".to_owned(), "name a variable that holds a token: `web = { token = \"${NAME}\" }`");
    }
    if server.is_empty() || server.contains('{') {
        return fault("the url does not name its server".to_owned(), "such as `https://reports.example.org/{office}/returns-{period}.csv`");
    }
    if before.contains('#') {
        return fault("a `#` is never sent to a server".to_owned(), "take it and what follows away");
    }
    let Some(query) = query else { return Some(before) };
    if let Some(name) = veil::secret_pairs(query).next().map(|(name, _)| name) {
        return fault(format!("`{name}` looks like a secret, and stands in the file"), "name a variable of the environment in its place: `${NAME}`");
    }
    for variable in variables(query) {
        warn_unset(file, url.span(), &variable, faults);
    }
    Some(format!("{before}?{query}"))
}

/// What anybody on the way can read is no way for a token, and a poor one for people's data.
pub fn check_secure(file: &Arc<SourceFile>, url: &Text, text: &str, has_token: bool, faults: &mut Vec<Fault>) -> Option<()> {
    let server = text.strip_prefix("http://").map(|rest| rest.split(['/', ':']).next().unwrap_or_default());
    let Some(server) = server.filter(|server| !["127.0.0.1", "localhost"].contains(server)) else { return Some(()) };
    let hint = "use https";
    if has_token || !variables(text).is_empty() {
        faults.push(Fault::error(file, url.span(), format!("a token would go to `{server}` over a connection that anybody on the way can read")).hint(hint));
        return None;
    }
    faults.push(Fault::warning(file, url.span(), format!("anybody on the way to `{server}` can read the extracts")).hint(hint));
    Some(())
}

/// The variable of a token; the inner nothing where there is no token, the outer where it is at fault.
#[expect(clippy::option_option, reason = "no token is well, a wrong one is not")]
pub fn token_of(file: &Arc<SourceFile>, text: Option<&Text>, faults: &mut Vec<Fault>) -> Option<Option<Variable>> {
    let Some(text) = text else { return Some(None) };
    let Some(variable) = Variable::of(text.get_ref()) else {
        // What stands there may be the secret itself.
        faults.push(
            Fault::error(file, text.span(), "a token stands in the environment, not in a file")
                .hint("name its variable: `token = \"${KOBO_TOKEN}\"`; if a real token stood here, replace it where it was made"),
        );
        return None;
    };
    warn_unset(file, text.span(), &variable, faults);
    Some(Some(variable))
}

fn warn_unset(file: &Arc<SourceFile>, place: Range<usize>, variable: &Variable, faults: &mut Vec<Fault>) {
    if !variable.is_set() {
        let message = format!("the environment has no variable `{}`: without it a run does not get at this source", variable.name());
        faults.push(Fault::warning(file, place, message).hint("set it where `rihla run` runs"));
    }
}

/// A count that is at least one; the inner nothing where there is none, the outer where it is at fault.
#[expect(clippy::option_option, reason = "no count is well, a wrong one is not")]
pub fn at_least_one(file: &Arc<SourceFile>, count: Option<(u32, Range<usize>)>, faults: &mut Vec<Fault>) -> Option<Option<u32>> {
    match count {
        Some((0, place)) => {
            faults.push(Fault::error(file, place, "the least is 1"));
            None
        }
        count => Some(count.map(|(count, _)| count)),
    }
}

/// Replaces `${NAME}` by the environment's value.
pub fn expand(text: &str, variable: impl Fn(&str) -> Option<String>) -> Result<String, String> {
    let mut expanded = String::new();
    let mut rest = text;
    while let Some(open) = rest.find("${") {
        expanded.push_str(&rest[..open]);
        let close = rest[open..].find('}').ok_or("a `${` is never closed")? + open;
        let name = &rest[open + 2..close];
        expanded.push_str(&variable(name).ok_or_else(|| format!("the environment has no variable `{name}`"))?);
        rest = &rest[close + 1..];
    }
    expanded.push_str(rest);
    Ok(expanded)
}
