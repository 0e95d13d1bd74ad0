//! Pipelines from `pipelines/*.toml`, resolved with their schemas and offices.

use std::collections::{BTreeSet, HashMap};
use std::str::FromStr;
use std::sync::Arc;

use chrono_tz::Tz;

use super::codes::Lists;
use super::document::from_toml;
use super::drift::DriftPolicies;
use super::files::Files;
use super::forms::{NumbersForm, PipelineForm, SourceForm, Text};
use super::schedule::{self, Scheduled};
use super::{
    ApiStyle, DeliveryMode, Format, JSON_LIST_SEPARATOR, Office, Pipeline, Says, Source, TextEncoding, access, export_source, fingerprint, packing, relations,
    schema, veil, versions, workbook,
};
use crate::contract::{CaseNumberPattern, Contract, DateFormat, Field, FieldKind, NumberStyle, PSEUDO_FORMATS, Role, fold};
use crate::diagnostic::{Fault, Severity, SourceFile, did_you_mean};
use crate::names::{OfficeCode, is_identifier};

/// What pipelines are resolved against.
pub struct Surroundings<'a> {
    pub files: &'a Files,
    pub offices: &'a [Office],
    /// False where rihla.toml has faults: then an office may be missing for that reason alone.
    pub offices_are_whole: bool,
    pub lists: &'a Lists,
    pub patterns: &'a [CaseNumberPattern],
    pub timezone: Tz,
}

/// Resolves one pipeline file as far as its faults allow.
pub fn resolve(file: &Arc<SourceFile>, around: &Surroundings<'_>, scheduled: &mut Vec<Scheduled>, faults: &mut Vec<Fault>) -> Option<Pipeline> {
    let Some(form) = from_toml::<PipelineForm>(file, faults) else {
        check_schema_beside(file, around, faults);
        return None;
    };
    let feed = form.feed.get_ref();
    if !is_identifier(feed) {
        faults.push(
            Fault::error(file, form.feed.span(), format!("`{feed}` cannot be a feed's name"))
                .hint("use a lower-case letter, then lower-case letters, digits and `_`"),
        );
    }
    if !(0.0..=1.0).contains(form.tolerance.get_ref()) {
        faults.push(
            Fault::error(file, form.tolerance.span(), "the tolerance is a share of rows, from 0 to 1")
                .hint("0.1 lets a tenth of a delivery's rows be quarantined"),
        );
    }
    scheduled.push(schedule::declared(file, (feed, form.required), &form.schedule, around.timezone, faults));
    let contract = contract(file, &form, around, faults);
    let told = fingerprint::Told::by(file);
    let sources: Vec<(&SourceForm, Arc<Source>)> = form
        .sources
        .iter()
        .enumerate()
        .filter_map(|(index, source)| {
            let mut resolved = resolve_source(file, source.get_ref(), source.span(), contract.as_ref(), around, faults)?;
            resolved.drift = DriftPolicies::of(source.get_ref().drift, form.drift, contract.as_ref()?.fields_match);
            resolved.fingerprint = told.of_source(&contract.as_ref()?.fingerprint, index);
            Some((source.get_ref(), Arc::new(resolved)))
        })
        .collect();
    versions::check_rivals(file, &sources, faults);
    if form.sources.is_empty() {
        faults.push(Fault::error(file, 0..0, "the pipeline has no sources").hint("add `[[sources]]`"));
    }
    let contract = contract?;
    Some(Pipeline {
        delivery: delivery(file, &form, &contract, faults),
        contract: Arc::new(contract),
        required: form.required,
        tolerance: form.tolerance.into_inner(),
        tolerated_rows: form.tolerated_rows,
        sources: sources.into_iter().map(|(_, source)| source).collect(),
    })
}

/// What a delivery holds. A record that only changes tell of goes by a row that says so, or never.
fn delivery(file: &Arc<SourceFile>, form: &PipelineForm, contract: &Contract, faults: &mut Vec<Fault>) -> DeliveryMode {
    let Some(delivery) = &form.delivery else { return DeliveryMode::default() };
    if *delivery.get_ref() == DeliveryMode::Full && form.sources.iter().any(|source| source.get_ref().api.is_some()) {
        let message = "an API hands out months or changes, of which none is a complete list";
        faults.push(Fault::error(file, delivery.span(), message).hint("`delivery = \"period\"` or `\"changes\"`"));
    }
    if *delivery.get_ref() == DeliveryMode::Changes && contract.role(Role::Deleted).is_none() {
        faults.push(
            Fault::warning(file, delivery.span(), format!("nothing says that a record of `{}` was deleted, so that none ever goes", contract.feed))
                .hint("give a boolean field of the schema the role `deleted`"),
        );
    }
    *delivery.get_ref()
}

fn contract(file: &Arc<SourceFile>, form: &PipelineForm, around: &Surroundings<'_>, faults: &mut Vec<Fault>) -> Option<Contract> {
    let feed = form.feed.get_ref();
    let path = form.schema.as_ref().map_or_else(|| format!("schemas/{feed}.json"), |path| path.get_ref().clone());
    let place = form.schema.as_ref().unwrap_or(&form.feed).span();
    if !around.files.root().join(&path).is_file() {
        faults.push(
            Fault::error(file, place, format!("there is no schema `{path}`")).hint("write the feed's Table Schema there, or name it with `schema = \"…\"`"),
        );
        return None;
    }
    let text = around.files.read(&path, faults)?;
    schema::contract(&text, feed, schema::Use::Feed, around.lists, around.patterns, Some(around.files), faults)
}

/// A pipeline too faulty to name its feed: its schema, by the usual name, is looked through all the same.
fn check_schema_beside(file: &SourceFile, around: &Surroundings<'_>, faults: &mut Vec<Fault>) {
    let feed = file.path.rsplit('/').next().unwrap_or_default().trim_end_matches(".toml");
    let path = format!("schemas/{feed}.json");
    if around.files.root().join(&path).is_file()
        && let Some(text) = around.files.read(&path, faults)
    {
        schema::contract(&text, feed, schema::Use::Feed, around.lists, around.patterns, Some(around.files), faults);
    }
}

/// The time zone that a text names.
pub fn timezone(file: &Arc<SourceFile>, text: &Text, faults: &mut Vec<Fault>) -> Option<Tz> {
    let found = Tz::from_str(text.get_ref()).ok();
    if found.is_none() {
        let hint = did_you_mean(text.get_ref(), chrono_tz::TZ_VARIANTS.iter().map(|zone| zone.name()))
            .unwrap_or_else(|| "use a name of the time-zone database such as Africa/Casablanca".to_owned());
        faults.push(Fault::error(file, text.span(), format!("`{}` is no time zone", text.get_ref())).hint(hint));
    }
    found
}

fn resolve_source(
    file: &Arc<SourceFile>,
    form: &SourceForm,
    whole: std::ops::Range<usize>,
    contract: Option<&Contract>,
    around: &Surroundings<'_>,
    faults: &mut Vec<Fault>,
) -> Option<Source> {
    let file = &veil::veiled(file, form);
    let before = errors(faults);
    let offices = offices(file, &form.offices, around, faults);
    let place = access::resolve(file, form, faults);
    let format = format(file, form, whole, faults);
    export_source::check_pages(file, form, faults);
    let contract = contract?;
    let absent = absent(file, &form.absent, contract, faults);
    let labels = labels(file, form, contract, faults);
    let export = export_source::resolve(file, form, contract, &labels, faults);
    let dates = compile_formats(file, workbook::written(&form.dates), DateFormat::of_days, faults);
    let datetimes = compile_formats(file, workbook::written(&form.datetimes), DateFormat::of_moments, faults);
    check_formats(file, form, contract, &absent, faults);
    workbook::check_serials(file, form, faults);
    let periods = versions::periods(file, &form.periods, faults);
    let numbers = numbers(file, &form.numbers, faults);
    let own_numbers = if numbers.is_none() { own_numbers(file, form, contract, &absent, faults) } else { NumberStyle::default() };
    let limits = packing::limits(file, &form.limits, faults);
    packing::check(file, form, faults);
    let most_bytes = most_bytes(file, form, faults);
    (errors(faults) == before).then_some(())?;
    let (template, access) = place?;
    Some(Source {
        offices,
        template,
        access,
        most_bytes: most_bytes?,
        periods,
        format: format?,
        dates,
        datetimes,
        list_separator: list_separator(form),
        numbers: numbers.unwrap_or(own_numbers),
        says: Says {
            dates: !form.dates.is_empty(),
            datetimes: !form.datetimes.is_empty(),
            numbers: numbers.is_some() || !is_text(form),
            lists: form.list_separator.is_some() || form.json.is_some() || form.json_lines.is_some(),
        },
        absent,
        labels,
        total_rows: form.total_rows.iter().map(|text| fold(text)).collect(),
        export,
        compression: form.compression.as_ref().map(|compression| *compression.get_ref()),
        limits,
        fingerprint: String::new(),
        drift: DriftPolicies::default(),
    })
}

/// How many faults stop everything.
fn errors(faults: &[Fault]) -> usize {
    faults.iter().filter(|fault| fault.severity == Severity::Error).count()
}

fn most_bytes(file: &Arc<SourceFile>, form: &SourceForm, faults: &mut Vec<Fault>) -> Option<u64> {
    let most = access::at_least_one(file, form.most_mib.as_ref().map(|most| (*most.get_ref(), most.span())), faults)?;
    Some(most.map_or(access::MOST_BYTES, |most| u64::from(most) << 20))
}

/// JSON has lists of its own, which the reader joins by a character that no value holds.
fn list_separator(form: &SourceForm) -> String {
    match &form.list_separator {
        _ if form.json_lines.is_some() || form.json.is_some() || form.api.is_some() => JSON_LIST_SEPARATOR.to_owned(),
        Some(text) => text.get_ref().clone(),
        None => "|".to_owned(),
    }
}

/// How numbers are written: a point or a comma before decimals, and what parts thousands beside spaces.
fn numbers(file: &Arc<SourceFile>, form: &NumbersForm, faults: &mut Vec<Fault>) -> Option<NumberStyle> {
    let mut one_of = |text: &Option<Text>, known: &[char], message: &str| {
        let text = text.as_ref()?;
        let found = known.iter().copied().find(|c| text.get_ref().chars().eq([*c]));
        if found.is_none() {
            faults.push(
                Fault::error(file, text.span(), format!("`{}` {message}", text.get_ref())).hint("such as `numbers = { decimal = \",\", group = \".\" }`"),
            );
        }
        found
    };
    let decimal = one_of(&form.decimal, &['.', ','], "does not stand before decimals: a point or a comma does").unwrap_or('.');
    let group = one_of(&form.group, &['.', ',', '\'', '’'], "does not part thousands: a point, a comma or an apostrophe may, and spaces always");
    if let Some(text) = form.group.as_ref().filter(|_| group == Some(decimal)) {
        faults.push(Fault::error(file, text.span(), format!("`{decimal}` cannot stand before decimals and part thousands too")));
    }
    (form.decimal.is_some() || form.group.is_some()).then_some(NumberStyle { decimal, group })
}

/// True where every number of an extract is text: no workbook and no JSON.
fn is_text(form: &SourceForm) -> bool {
    form.csv.is_some()
}

/// How numbers that are text in a workbook or JSON are written where the source does not say: as the schema says, in one
/// way for all fields, since the format's own numbers are written so too on their way.
fn own_numbers(file: &Arc<SourceFile>, form: &SourceForm, contract: &Contract, absent: &BTreeSet<usize>, faults: &mut Vec<Fault>) -> NumberStyle {
    let is_number = |kind: &FieldKind| matches!(kind, FieldKind::Integer | FieldKind::Number { .. });
    let fields = contract.fields.iter().enumerate().filter(|(index, field)| is_number(&field.kind) && !absent.contains(index));
    let mut styles: Vec<NumberStyle> = Vec::new();
    for style in fields.map(|(_, field)| field.syntax.numbers.unwrap_or_default()) {
        if !styles.contains(&style) {
            styles.push(style);
        }
    }
    if styles.len() > 1 && !is_text(form) {
        faults.push(
            Fault::error(file, form.url.span(), "the schema writes the numbers of its fields in several ways, which a workbook or JSON cannot tell apart")
                .hint("say how this source writes them: `numbers = { decimal = \",\" }`"),
        );
    }
    if is_text(form) { NumberStyle::default() } else { styles.first().copied().unwrap_or_default() }
}

fn offices(file: &Arc<SourceFile>, named: &[Text], around: &Surroundings<'_>, faults: &mut Vec<Fault>) -> BTreeSet<OfficeCode> {
    let known = around.offices;
    for text in named.iter().filter(|_| around.offices_are_whole) {
        if !known.iter().any(|office| office.code.as_str() == text.get_ref()) {
            let hint = did_you_mean(text.get_ref(), known.iter().map(|office| office.code.as_str()))
                .unwrap_or_else(|| "offices are declared in rihla.toml".to_owned());
            faults.push(Fault::error(file, text.span(), format!("the office `{}` is not known", text.get_ref())).hint(hint));
        }
    }
    named.iter().map(|text| OfficeCode::new(text.get_ref())).collect()
}

fn format(file: &Arc<SourceFile>, form: &SourceForm, whole: std::ops::Range<usize>, faults: &mut Vec<Fault>) -> Option<Format> {
    if let Some(api) = &form.api {
        return ApiStyle::ALL.into_iter().find(|style| style.name() == api.style.get_ref()).map(|style| Format::Json(style.shape()));
    }
    let count =
        usize::from(form.csv.is_some()) + usize::from(form.workbook.is_some()) + usize::from(form.json_lines.is_some()) + usize::from(form.json.is_some());
    if count != 1 {
        faults.push(
            Fault::error(file, whole, format!("the source names {count} formats"))
                .hint("add one of `csv = {}`, `workbook = { header_row = 1 }`, `json_lines = {}`, `json = {}`"),
        );
        return None;
    }
    if let Some(csv) = &form.csv {
        return Some(Format::Csv { delimiter: delimiter(file, csv.delimiter.as_ref(), faults)?, encoding: encoding(file, csv.encoding.as_ref(), faults)? });
    }
    if let Some(workbook) = &form.workbook {
        return workbook::format(file, workbook, form, faults).map(Format::Workbook);
    }
    Some(form.json.as_ref().map_or(Format::JsonLines, |json| Format::Json(export_source::json(file, form, json, faults))))
}

fn delimiter(file: &Arc<SourceFile>, text: Option<&Text>, faults: &mut Vec<Fault>) -> Option<u8> {
    let Some(text) = text else { return Some(b',') };
    match text.get_ref().as_bytes() {
        [byte] if !byte.is_ascii_alphanumeric() && *byte != b'"' => Some(*byte),
        _ => {
            faults.push(Fault::error(file, text.span(), "the delimiter is one character").hint("`,`, `;`, `|` or `\\t`"));
            None
        }
    }
}

fn encoding(file: &Arc<SourceFile>, text: Option<&Text>, faults: &mut Vec<Fault>) -> Option<TextEncoding> {
    let Some(text) = text else { return Some(TextEncoding::Utf8) };
    let found = TextEncoding::ALL.into_iter().find(|encoding| encoding.name() == text.get_ref());
    if found.is_none() {
        let names = TextEncoding::ALL.map(TextEncoding::name);
        let hint = did_you_mean(text.get_ref(), names).unwrap_or_else(|| format!("this version reads {}", names.join(", ")));
        faults.push(Fault::error(file, text.span(), format!("the encoding `{}` is not known", text.get_ref())).hint(hint));
    }
    found
}

fn find_field(file: &Arc<SourceFile>, text: &Text, contract: &Contract, faults: &mut Vec<Fault>) -> Option<usize> {
    let found = contract.fields.iter().position(|field| field.name == *text.get_ref());
    if found.is_none() {
        let hint = did_you_mean(text.get_ref(), contract.fields.iter().map(|field| field.name.as_str()));
        faults.push(Fault::error(file, text.span(), format!("the feed `{}` has no field `{}`", contract.feed, text.get_ref())).maybe_hint(hint));
    }
    found
}

fn absent(file: &Arc<SourceFile>, named: &[Text], contract: &Contract, faults: &mut Vec<Fault>) -> BTreeSet<usize> {
    let mut absent = BTreeSet::new();
    for text in named {
        let Some(index) = find_field(file, text, contract, faults) else { continue };
        if contract.fields[index].required {
            faults.push(Fault::error(file, text.span(), format!("`{}` is required, so no source can be without it", text.get_ref())));
        }
        absent.insert(index);
    }
    relations::check_absent(file, named, contract, faults);
    absent
}

fn labels(file: &Arc<SourceFile>, form: &SourceForm, contract: &Contract, faults: &mut Vec<Fault>) -> HashMap<String, usize> {
    let mut labels: HashMap<String, usize> = HashMap::new();
    for (index, field) in contract.fields.iter().enumerate() {
        labels.extend(field.labels.iter().map(|label| (label.clone(), index)));
    }
    for (label, field) in &form.labels {
        if let Some(index) = find_field(file, field, contract, faults) {
            labels.insert(fold(label.get_ref()), index);
        }
    }
    labels
}

fn compile_formats<'t>(
    file: &Arc<SourceFile>,
    texts: impl Iterator<Item = &'t Text>,
    compile: impl Fn(&str) -> Result<DateFormat, (String, String)>,
    faults: &mut Vec<Fault>,
) -> Vec<DateFormat> {
    let mut formats = Vec::new();
    for text in texts {
        match compile(text.get_ref()) {
            Ok(format) => formats.push(format),
            Err((message, hint)) => {
                let hint = did_you_mean(text.get_ref(), PSEUDO_FORMATS).unwrap_or(hint);
                faults.push(Fault::error(file, text.span(), message).hint(hint));
            }
        }
    }
    formats
}

/// Dates and instants need their formats: nothing is guessed from the data.
fn check_formats(file: &Arc<SourceFile>, form: &SourceForm, contract: &Contract, absent: &BTreeSet<usize>, faults: &mut Vec<Fault>) {
    let is_open = |field: &Field, kind: &FieldKind| field.kind == *kind && field.syntax.dates.is_empty();
    let has = |kind: &FieldKind| contract.fields.iter().enumerate().any(|(index, field)| is_open(field, kind) && !absent.contains(&index));
    for (kind, formats, key) in [(FieldKind::Date, &form.dates, "dates"), (FieldKind::DateTime, &form.datetimes, "datetimes")] {
        if formats.is_empty() && has(&kind) && form.workbook.is_none() {
            faults.push(
                Fault::error(file, form.url.span(), format!("this source has no `{key}`"))
                    .hint(format!("say how they are written: `{key} = [\"%d/%m/%Y\"]`; nothing is guessed")),
            );
        }
    }
}
