//! The texts that the tables which no model makes may hold: codes of lists, offices, feeds, kinds of period.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::test::{Check, Severity};
use super::trace::Tables;
use super::values::{Values, Vocabulary};
use super::{Model, lineage::ModelLineage};
use crate::contract::{CodeList, Contract, Role, SADD_GROUPS};
use crate::period::PeriodKind;
use crate::project::Project;
use crate::warehouse::SubmissionOutcome;

/// The list that countries of offices are checked with, where a project has it.
const COUNTRIES: &str = "country";

/// What is known of every table that a project's models find before them.
pub fn inputs(project: &Project) -> Tables {
    let mut lists = BTreeMap::new();
    for (name, list) in &project.code_lists {
        lists.insert(name.clone(), Values::members(&Arc::new(Vocabulary::of_list(list))));
    }
    let system = System::of(project);
    let mut tables = Tables::new();
    for (name, codes) in &lists {
        tables.insert(format!("codes.{name}"), columns([("code", codes)]));
    }
    for reference in &project.references {
        tables.insert(format!("ref.{}", reference.name), coded(&reference.contract));
    }
    for pipeline in &project.pipelines {
        let mut known = coded(&pipeline.contract);
        known.insert("office".to_owned(), system.offices.clone());
        known.insert("sadd_group".to_owned(), system.groups.clone());
        tables.insert(format!("feeds.{}", pipeline.contract.feed), known);
    }
    let countries = lists.get(COUNTRIES).unwrap_or(&Values::Any);
    tables.insert("system.offices".to_owned(), columns([("office", &system.offices), ("country", countries)]));
    tables.insert("system.periods".to_owned(), columns([("kind", &system.kinds)]));
    tables.insert("system.calendar".to_owned(), columns([("office", &system.offices), ("feed", &system.feeds)]));
    tables.insert("system.submissions".to_owned(), columns([("office", &system.offices), ("feed", &system.feeds), ("outcome", &system.outcomes)]));
    tables
}

/// What the system's own tables may hold.
struct System {
    offices: Values,
    feeds: Values,
    groups: Values,
    kinds: Values,
    outcomes: Values,
}

impl System {
    fn of(project: &Project) -> Self {
        let offices = project.offices.iter().map(|office| office.code.as_str());
        let feeds = project.pipelines.iter().map(|pipeline| pipeline.contract.feed.as_str());
        let members = |one: &str, name: &str, all: Vec<&str>| Values::members(&Arc::new(Vocabulary::of(one, name, all)));
        Self {
            offices: members("office", "offices", offices.collect()),
            feeds: members("feed", "feeds", feeds.collect()),
            groups: members("group by sex and age", "groups by sex and age", SADD_GROUPS.to_vec()),
            kinds: members("kind of period", "kinds of period", PeriodKind::ALL.map(PeriodKind::as_str).to_vec()),
            outcomes: members("outcome of a delivery", "outcomes of deliveries", SubmissionOutcome::ALL.map(SubmissionOutcome::as_str).to_vec()),
        }
    }
}

fn columns<const N: usize>(known: [(&str, &Values); N]) -> BTreeMap<String, Values> {
    known.into_iter().map(|(name, values)| (name.to_owned(), values.clone())).collect()
}

/// The fields of a contract that a code list is given for. The office's own spelling of a field of that role is no column.
fn coded(contract: &Contract) -> BTreeMap<String, Values> {
    let fields = contract.fields.iter().filter(|field| field.role != Some(Role::Office));
    let list = |list: &Arc<CodeList>| Values::members(&Arc::new(Vocabulary::of_list(list)));
    fields.filter_map(|field| Some((field.name.clone(), list(field.codes.as_ref()?)))).collect()
}

/// What the table of a model may hold: as its SQL says, else as tests promise that keep every release from anything else.
pub fn of_model(model: &Model, lineage: &ModelLineage, computed: Vec<Values>, project: &Project) -> BTreeMap<String, Values> {
    let column = |(name, values): (&str, Values)| match values {
        Values::Any => promised(model, name, project).map(|values| (name.to_owned(), values)),
        known => Some((name.to_owned(), known)),
    };
    lineage.columns.iter().map(|column| column.name.as_str()).zip(computed).filter_map(column).collect()
}

fn promised(model: &Model, column: &str, project: &Project) -> Option<Values> {
    let tests = model.tests.iter().filter(|test| test.condition.is_none() && test.severity == Severity::Error);
    tests.into_iter().find_map(|test| match &test.check {
        Check::AcceptedCodes(of, list) if of == column => Some(Values::members(&Arc::new(Vocabulary::of_list(project.code_lists.get(list)?)))),
        Check::Accepted(of, values) if of == column => texts(values).map(Values::literals),
        _ => None,
    })
}

/// The texts among values written for SQL; nothing where one is a number.
pub fn texts(values: &[String]) -> Option<BTreeSet<String>> {
    values.iter().map(|value| Some(value.strip_prefix('\'')?.strip_suffix('\'')?.replace("''", "'"))).collect()
}
