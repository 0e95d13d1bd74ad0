//! A project folder made one consistent whole.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use chrono::NaiveDate;
use serde_spanned::Spanned;
use toml::value::Datetime;

use super::document::from_toml;
use super::forms::{OfficeForm, ProjectForm, ReferenceForm, Text};
use super::pipeline::{Surroundings, timezone};
use super::schedule::{self, Scheduled};
use super::{Calendar, Closings, Files, Lang, Office, Project, Reference};
use super::{alerts, calendar, closing, codes, corrections, hxl, labels, obligations, pipeline, retention, roles, schema};
use crate::contract::CaseNumberPattern;
use crate::diagnostic::{self, Fault, Severity, SourceFile, did_you_mean};
use crate::error::{Error, Kind, Result};
use crate::names::{OfficeCode, is_identifier};
use crate::parallel;
use crate::period::{Period, PeriodKind};

/// The name of the file that makes a folder a project.
const PROJECT_FILE: &str = "rihla.toml";

/// Memory for the engine where the project names none, in MiB.
const DEFAULT_MEMORY_MIB: u64 = 512;

/// Reads and resolves the project in `root`.
///
/// # Errors
/// `Input` where the folder is no project; `Config` with every fault found.
pub fn load(root: &Path) -> Result<Project> {
    let (project, mut faults) = load_with_faults(root)?;
    diagnostic::sort(&mut faults);
    if faults.iter().all(|fault| fault.severity == Severity::Warning) { Ok(project) } else { Err(Error::faults(faults)) }
}

/// Reads and resolves the project in `root` as far as its faults allow; one with faults is only good for finding more.
///
/// # Errors
/// `Input` where the folder is no project.
pub fn load_with_faults(root: &Path) -> Result<(Project, Vec<Fault>)> {
    if !root.join(PROJECT_FILE).is_file() {
        return Err(Error::new(Kind::Input, format!("`{}` is no project folder: it has no {PROJECT_FILE}", root.display()))
            .hint("run rihla in a project folder, or name one with --project DIR"));
    }
    let mut faults = Vec::new();
    let project = resolve(root, &mut faults);
    Ok((project, faults))
}

fn resolve(root: &Path, faults: &mut Vec<Fault>) -> Project {
    let files = Files::new(root);
    let lists = codes::load(&files, faults);
    let before = faults.len();
    let file = files.read(PROJECT_FILE, faults).unwrap_or_else(|| Arc::new(SourceFile { path: PROJECT_FILE.to_owned(), text: String::new() }));
    let form: Option<ProjectForm> = if faults.len() == before { from_toml(&file, faults) } else { None };
    let offices_are_whole = faults.len() == before;
    let forms = form.as_ref().map_or(&[][..], |form| &form.offices);
    let zone = form.as_ref().and_then(|form| timezone(&file, &form.timezone, faults)).unwrap_or(chrono_tz::UTC);
    let spoken = form.as_ref().and_then(|form| corrections::language(&file, form.language.as_ref(), faults)).unwrap_or_default();
    let offices = offices(&file, forms, spoken, lists.sound.get("country").map(AsRef::as_ref), faults);
    let patterns = patterns(&file, forms, faults);
    let around = Surroundings { files: &files, offices: &offices, offices_are_whole, lists: &lists, patterns: &patterns, timezone: zone };
    let mut scheduled = Vec::new();
    let (pipelines, all_are_known) = pipelines(&files, &around, &mut scheduled, faults);
    let schedule = schedule::resolve(&file, form.as_ref().map(|form| &form.schedule), scheduled, zone, all_are_known, faults);
    check_owed_feeds(&file, forms, &pipelines, faults);
    let mut project = Project {
        root: root.to_owned(),
        print: String::new(),
        name: String::new(),
        title: String::new(),
        timezone: zone,
        warehouse: root.join("warehouse"),
        published: None,
        first_period: Period::containing(PeriodKind::Month, NaiveDate::default()),
        since: NaiveDate::default(),
        calendar: Calendar::default(),
        retention: super::Retention::default(),
        closings: Closings::default(),
        memory_mib: usize::try_from(DEFAULT_MEMORY_MIB).unwrap_or(usize::MAX),
        references: form.as_ref().map_or_else(Vec::new, |form| {
            form.references.iter().filter_map(|reference| resolve_reference(&file, reference.get_ref(), &around, faults)).collect()
        }),
        offices,
        code_lists: lists.sound,
        pipelines: pipelines.into_iter().map(|(_, pipeline)| pipeline).collect(),
        labels: labels::load(&files, faults),
        hxl: form.as_ref().map_or_else(BTreeMap::new, |form| hxl::tags(&file, &form.hxl, faults)),
        sql: files.list("sql", "sql").into_iter().filter_map(|path| files.read(&path, faults)).collect(),
        schedule,
        receivers: form.as_ref().and_then(|form| form.alerts.as_ref()).map_or_else(Vec::new, |form| alerts::resolve(&file, form, spoken, faults)),
        corrections: form.as_ref().and_then(|form| corrections::resolve(&file, form.corrections.as_ref()?, faults)),
    };
    if let Some(form) = form {
        project.first_period = calendar::month(&file, &form.calendar.first_period, faults).unwrap_or(project.first_period);
        project.calendar = reports(&project, &files, &file, &form, faults);
        describe(&mut project, &file, form, root, faults);
    }
    project.print = files.print();
    project
}

/// The calendar of reports, held against the offices and feeds there are.
fn reports(project: &Project, files: &Files, file: &Arc<SourceFile>, form: &ProjectForm, faults: &mut Vec<Fault>) -> Calendar {
    // A pipeline that has faults is not in the list; its feed must not be reported a second time here.
    let are_known = !has_faulty_pipelines(faults);
    let feeds = are_known.then(|| project.pipelines.iter().map(|pipeline| pipeline.contract.feed.as_str()).collect());
    let around = calendar::Around { files, offices: &project.offices, feeds, first_period: project.first_period };
    calendar::resolve(file, &form.calendar, &around, faults)
}

fn has_faulty_pipelines(faults: &[Fault]) -> bool {
    faults.iter().any(|fault| fault.file.path.starts_with("pipelines/") || fault.file.path.starts_with("schemas/"))
}

/// Fills in what rihla.toml says of the project as a whole.
fn describe(project: &mut Project, file: &Arc<SourceFile>, form: ProjectForm, root: &Path, faults: &mut Vec<Fault>) {
    if !is_identifier(form.name.get_ref()) {
        faults.push(
            Fault::error(file, form.name.span(), format!("`{}` cannot be a project's name", form.name.get_ref()))
                .hint("use a lower-case letter, then lower-case letters, digits and `_`"),
        );
    }
    project.since = date(file, &form.calendar.since, faults).unwrap_or(project.since);
    project.warehouse = warehouse(file, form.warehouse.as_ref(), root, faults).unwrap_or_else(|| root.join("warehouse"));
    project.published = form.published.as_ref().and_then(|path| published(file, path, root, faults));
    project.retention = retention::resolve(file, &form.retention, &project.pipelines, faults);
    project.closings = closing::resolve(file, &form.closed, &form.reopened, faults);
    if let Some(memory) = form.engine.memory_mib {
        project.memory_mib = usize::try_from(memory.into_inner()).unwrap_or(usize::MAX);
    }
    project.title = form.title.unwrap_or_else(|| form.name.get_ref().clone());
    project.name = form.name.into_inner();
}

fn offices(
    file: &Arc<SourceFile>,
    forms: &[Spanned<OfficeForm>],
    spoken: Lang,
    countries: Option<&crate::contract::CodeList>,
    faults: &mut Vec<Fault>,
) -> Vec<Office> {
    let mut seen = BTreeSet::new();
    let mut offices = Vec::new();
    for form in forms.iter().map(Spanned::get_ref) {
        let code = OfficeCode::new(form.code.get_ref());
        if !seen.insert(code.clone()) {
            faults.push(Fault::error(file, form.code.span(), format!("the office `{code}` stands twice")));
        }
        if let Some(list) = countries
            && !list.contains(form.country.get_ref())
        {
            faults.push(
                Fault::error(file, form.country.span(), format!("`{}` is no country of schemas/codes/country.csv", form.country.get_ref()))
                    .hint("use the ISO 3166-1 alpha-3 code, such as MAR"),
            );
        }
        let zone = timezone(file, &form.timezone, faults);
        offices.push(Office {
            code,
            name: form.name.clone(),
            country: form.country.get_ref().clone(),
            timezone: zone.unwrap_or(chrono_tz::UTC),
            opened: form.opened.as_ref().and_then(|day| date(file, day, faults)),
            closed: form.closed.as_ref().and_then(|day| date(file, day, faults)),
            owes: obligations::resolve(file, &form.owes, faults),
            language: corrections::language(file, form.language.as_ref(), faults).unwrap_or(spoken),
        });
    }
    offices
}

fn patterns(file: &Arc<SourceFile>, forms: &[Spanned<OfficeForm>], faults: &mut Vec<Fault>) -> Vec<CaseNumberPattern> {
    let mut patterns: Vec<CaseNumberPattern> = Vec::new();
    for text in forms.iter().filter_map(|form| form.get_ref().case_number.as_ref()) {
        match CaseNumberPattern::new(text.get_ref()) {
            Some(pattern) if patterns.contains(&pattern) => {}
            Some(pattern) => patterns.push(pattern),
            None => faults.push(
                Fault::error(file, text.span(), "a pattern of case numbers holds exactly one run of digits")
                    .hint("`@` stands for a letter and `#` for a digit: `MA-@@@-######`"),
            ),
        }
    }
    patterns
}

/// The pipelines, when each is due, and whether every file could be read far enough to name its feed.
fn pipelines(
    files: &Files,
    around: &Surroundings<'_>,
    scheduled: &mut Vec<Scheduled>,
    faults: &mut Vec<Fault>,
) -> (Vec<(Arc<SourceFile>, super::Pipeline)>, bool) {
    let mut pipelines: Vec<(Arc<SourceFile>, super::Pipeline)> = Vec::new();
    let paths = files.list("pipelines", "toml");
    if paths.is_empty() {
        faults.push(Fault::of_path("pipelines", "the project has no pipelines").hint("add a file such as pipelines/returns.toml"));
    }
    let mut unnamed = paths.len();
    let resolved = parallel::each(&paths, |path| {
        let (mut told, mut due) = (Vec::new(), Vec::new());
        let file = files.read(path, &mut told);
        let pipeline = file.as_ref().and_then(|file| pipeline::resolve(file, around, &mut due, &mut told));
        (file.zip(pipeline), due, told)
    });
    for (resolved, due, told) in resolved {
        unnamed -= due.len();
        scheduled.extend(due);
        faults.extend(told);
        let Some((file, pipeline)) = resolved else { continue };
        let feed = &pipeline.contract.feed;
        if let Some((other, _)) = pipelines.iter().find(|(_, known)| known.contract.feed == *feed) {
            faults.push(Fault::error(&file, 0..0, format!("the feed `{feed}` has a pipeline already, in {}", other.path)));
            continue;
        }
        pipelines.push((file, pipeline));
    }
    roles::check_numbering(&pipelines, faults);
    (pipelines, unnamed == 0)
}

fn check_owed_feeds(file: &Arc<SourceFile>, offices: &[Spanned<OfficeForm>], pipelines: &[(Arc<SourceFile>, super::Pipeline)], faults: &mut Vec<Fault>) {
    let feeds: Vec<&str> = pipelines.iter().map(|(_, pipeline)| pipeline.contract.feed.as_str()).collect();
    if has_faulty_pipelines(faults) {
        return;
    }
    for office in offices.iter().map(Spanned::get_ref) {
        for feed in office.owes.keys() {
            if !feeds.contains(&feed.get_ref().as_str()) {
                faults.push(
                    Fault::error(file, feed.span(), format!("`{}` owes a feed that no pipeline loads: `{}`", office.code.get_ref(), feed.get_ref()))
                        .maybe_hint(did_you_mean(feed.get_ref(), feeds.iter().copied())),
                );
                continue;
            }
            let served = pipelines
                .iter()
                .any(|(_, p)| p.contract.feed.as_str() == feed.get_ref() && p.sources.iter().any(|s| s.offices.contains(office.code.get_ref().as_str())));
            if !served {
                faults.push(Fault::error(
                    file,
                    feed.span(),
                    format!("`{}` owes `{}`, but no source of that pipeline is for it", office.code.get_ref(), feed.get_ref()),
                ));
            }
        }
    }
}

fn resolve_reference(file: &Arc<SourceFile>, form: &ReferenceForm, around: &Surroundings<'_>, faults: &mut Vec<Fault>) -> Option<Reference> {
    let path = around.files.root().join(form.path.get_ref());
    if !path.is_file() {
        faults.push(Fault::error(file, form.path.span(), format!("there is no file `{}`", form.path.get_ref())));
    }
    if !around.files.root().join(form.schema.get_ref()).is_file() {
        faults.push(Fault::error(file, form.schema.span(), format!("there is no file `{}`", form.schema.get_ref())));
        return None;
    }
    let text = around.files.read(form.schema.get_ref(), faults)?;
    let contract = schema::contract(&text, form.name.get_ref(), schema::Use::Reference, around.lists, &[], None, faults)?;
    Some(Reference { name: form.name.get_ref().clone(), path, contract: Arc::new(contract) })
}

pub(super) fn date(file: &Arc<SourceFile>, value: &Spanned<Datetime>, faults: &mut Vec<Fault>) -> Option<NaiveDate> {
    let found = match value.get_ref() {
        Datetime { date: Some(day), time: None, offset: None } => NaiveDate::from_ymd_opt(i32::from(day.year), u32::from(day.month), u32::from(day.day)),
        _ => None,
    };
    if found.is_none() {
        faults.push(Fault::error(file, value.span(), "this is no day").hint("write a day without quotes: 2005-01-01"));
    }
    found
}

fn warehouse(file: &Arc<SourceFile>, text: Option<&Text>, root: &Path, faults: &mut Vec<Fault>) -> Option<PathBuf> {
    let Some(text) = text else { return Some(root.join("warehouse")) };
    if let Some((scheme, _)) = text.get_ref().split_once("://") {
        faults.push(Fault::error(file, text.span(), format!("a warehouse in `{scheme}://` is beyond this version")).hint("name a folder of this machine"));
        return None;
    }
    Some(root.join(text.get_ref()))
}

fn published(file: &Arc<SourceFile>, text: &Text, root: &Path, faults: &mut Vec<Fault>) -> Option<PathBuf> {
    let path = root.join(text.get_ref());
    if !path.is_dir() {
        faults.push(Fault::error(file, text.span(), format!("there is no folder `{}`", text.get_ref())));
        return None;
    }
    Some(path)
}
