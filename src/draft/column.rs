//! A column decided: its field, what it is, how far its values may travel, and what people must still say.

use std::collections::BTreeSet;

use super::codes::{self, Codes};
use super::kinds::{Kind, Values};
use super::protect;
use super::vocabulary::{Known, Meaning, Sureness, Vocabulary};
use crate::contract::{Field, FieldKind, Protection, Role, fold};
use crate::project::Project;

/// A column of a sample, decided as far as it can be. Holds no value of a column that is or may be protected.
#[derive(Debug)]
pub struct Column {
    /// The label, as the sample has it.
    pub label: String,
    /// The field's name.
    pub name: String,
    /// What it holds, where a feed of the project has a field of this label.
    pub description: Option<String>,
    /// What the values are.
    pub kind: Kind,
    /// True where every row of the sample has a value.
    pub is_filled: bool,
    /// How far values may travel.
    pub protection: Protection,
    /// True where protection is a precaution that people may lift.
    pub is_doubtful: bool,
    /// What it means to the program.
    pub role: Option<Role>,
    /// The code list of its values.
    pub codes: Option<Codes>,
    /// What separates several codes in a cell.
    pub list_separator: Option<char>,
    /// Why it was decided so.
    pub evidence: Vec<String>,
    /// What people must decide.
    pub questions: Vec<String>,
}

/// What a project and the program know of labels.
pub struct Knowledge<'a> {
    /// The words of the program.
    pub words: &'a Vocabulary,
    /// The project, where there is one.
    pub project: Option<&'a Project>,
}

impl<'a> Knowledge<'a> {
    /// The field that a label means in a feed of the project.
    fn field(&self, label: &str) -> Option<(&'a Field, &'a str)> {
        let folded = fold(label);
        self.project?.pipelines.iter().find_map(|pipeline| {
            let contract = &pipeline.contract;
            let field = contract.fields.iter().find(|field| field.labels.contains(&folded))?;
            Some((field, contract.feed.as_str()))
        })
    }
}

/// What a label says of its column.
struct Reading {
    name: Option<String>,
    description: Option<String>,
    protection: Option<Protection>,
    role: Option<Role>,
    is_code: bool,
    is_doubtful: bool,
    evidence: String,
    list: Option<String>,
}

/// Decides a column by its label and values.
pub fn decide(label: &str, position: usize, values: &Values<'_>, knowledge: &Knowledge<'_>) -> Column {
    let reading = read_label(label, knowledge);
    let judged = values.judge();
    let mut column = Column {
        label: label.to_owned(),
        name: reading.name.clone().unwrap_or_else(|| name_of(label, position)),
        description: reading.description.clone(),
        kind: judged.kind,
        is_filled: values.missing == 0,
        protection: reading.protection.unwrap_or(Protection::Open),
        is_doubtful: reading.is_doubtful,
        role: reading.role,
        codes: None,
        list_separator: None,
        evidence: vec![reading.evidence.clone()],
        questions: Vec::new(),
    };
    if values.filled.is_empty() {
        column.questions.push("it has no value in the sample: what is it?".to_owned());
    }
    match judged.nearly.filter(|_| column.protection == Protection::Open && !reading.is_code) {
        // Nearly dates are no dates, and what the others hold nobody has said.
        Some(nearly) => {
            withhold(&mut column, &nearly);
            column.questions.push(format!("{nearly}: is it a date, with mistakes in these rows?"));
        }
        None => guard(&mut column, &reading, values),
    }
    // What identifies a person is text that nobody reads; saying what it looks like helps nobody.
    if column.protection == Protection::Direct {
        column.kind = Kind::String;
        return column;
    }
    column.evidence.push(judged.evidence);
    fit_role(&mut column, values);
    if column.protection == Protection::Open && column.kind == Kind::String {
        match_codes(&mut column, &reading, values, knowledge);
    }
    if column.kind == Kind::Integer && column.role.is_none() && values.counts().into_keys().eq(["0", "1"]) {
        column.questions.push("it holds 0 and 1 alone: a number, or yes and no (type `boolean`)?".to_owned());
    }
    column
}

fn read_label(label: &str, knowledge: &Knowledge<'_>) -> Reading {
    if let Some((field, feed)) = knowledge.field(label) {
        return Reading {
            name: Some(field.name.clone()),
            description: (!field.description.is_empty()).then(|| field.description.clone()),
            protection: Some(field.protection),
            role: field.role,
            is_code: field.codes.is_some() || matches!(field.kind, FieldKind::List),
            is_doubtful: false,
            evidence: format!("the label is that of `{}` in the feed `{feed}`", field.name),
            list: field.codes.as_ref().map(|list| list.name.clone()),
        };
    }
    let Some(Known { meaning, name, sureness }) = knowledge.words.find(label) else {
        return Reading {
            name: None,
            description: None,
            protection: None,
            role: None,
            is_code: false,
            is_doubtful: false,
            evidence: "the label is not known".to_owned(),
            list: None,
        };
    };
    let is_sure = sureness == Sureness::Label;
    let (protection, role) = match meaning {
        Meaning::Direct => (Some(Protection::Direct), None),
        Meaning::Role(role @ (Role::CaseNumber | Role::BirthDate)) if is_sure => (Some(Protection::Normalise), Some(role)),
        // A word such as `naissance` or `dossier` may stand for the place of birth or a name of the case.
        Meaning::Role(Role::CaseNumber | Role::BirthDate) => (Some(Protection::Direct), None),
        Meaning::Role(role) => (None, Some(role)),
        Meaning::Code => (None, None),
    };
    let what = match (meaning, is_sure) {
        (Meaning::Code, _) => "a word of the label says that it is a category".to_owned(),
        (_, true) => format!("the label says `{name}`"),
        (_, false) => format!("a word of the label may mean `{name}`"),
    };
    Reading {
        description: None,
        name: is_sure.then(|| name.clone()).filter(|name| !name.is_empty()),
        protection,
        role,
        is_code: meaning == Meaning::Code || role == Some(Role::Sex),
        is_doubtful: protection == Some(Protection::Direct) && !is_sure,
        evidence: what,
        list: None,
    }
}

/// Protects a column whose values look like a person's, whatever its label says of it.
fn guard(column: &mut Column, reading: &Reading, values: &Values<'_>) {
    if column.protection != Protection::Open {
        return;
    }
    // A list or role that the project or the label names is known to be no person's, save ids that look like documents.
    let sign = protect::sign(values, &column.kind);
    if let Some(sign) = sign {
        withhold(column, sign);
        return;
    }
    let is_free = column.kind == Kind::String && column.role.is_none() && !reading.is_code && !values.filled.is_empty();
    if is_free {
        withhold(column, "its text may be anything");
    }
}

/// Makes a column direct as a precaution.
pub fn withhold(column: &mut Column, why: &str) {
    column.protection = Protection::Direct;
    column.is_doubtful = true;
    column.role = None;
    column.codes = None;
    column.kind = Kind::String;
    column.evidence.push(why.to_owned());
}

/// A role asks for a type; values that are of another leave it to people.
fn fit_role(column: &mut Column, values: &Values<'_>) {
    let fits = match column.role {
        Some(Role::RecordId) => {
            column.kind = Kind::String;
            if values.counts().len() < values.filled.len() {
                column.questions.push("some records stand twice: is it the record's key?".to_owned());
            }
            true
        }
        Some(Role::CaseNumber | Role::Office) => {
            column.kind = Kind::String;
            true
        }
        Some(Role::Sex) => column.kind == Kind::String,
        Some(Role::PersonNumber | Role::Age) => column.kind == Kind::Integer,
        Some(Role::BirthDate | Role::EventDate) => matches!(column.kind, Kind::Date(_)),
        Some(Role::ChangedAt) => matches!(column.kind, Kind::DateTime(_)),
        None | Some(Role::Deleted) => true,
    };
    if values.filled.is_empty() {
        column.kind = match column.role {
            Some(Role::PersonNumber | Role::Age) => Kind::Integer,
            Some(Role::BirthDate | Role::EventDate) => Kind::Date(Vec::new()),
            Some(Role::ChangedAt) => Kind::DateTime(Vec::new()),
            _ => Kind::String,
        };
    }
    if fits || values.filled.is_empty() {
        return;
    }
    let role = column.role.take();
    column.questions.push(format!("it would have the role `{}`, but its values are not of that type: how is it written?", role.map_or("", role_name)));
    // Birth dates that could not be read as dates are still birth dates.
    if column.protection == Protection::Normalise {
        withhold(column, "it may hold birth dates");
    }
}

fn match_codes(column: &mut Column, reading: &Reading, values: &Values<'_>, knowledge: &Knowledge<'_>) {
    if !reading.is_code {
        return;
    }
    match codes::matching(column, values, reading.list.as_deref(), knowledge.project) {
        codes::Matched::List { codes, separator, evidence, questions } => {
            column.codes = Some(codes);
            column.list_separator = separator;
            column.evidence.push(evidence);
            column.questions.extend(questions);
        }
        codes::Matched::Unlisted(question) => column.questions.push(question.to_owned()),
        codes::Matched::Nothing(why) => withhold(column, why),
    }
}

/// A role's name in schemas.
pub fn role_name(role: Role) -> &'static str {
    match role {
        Role::RecordId => "record_id",
        Role::Office => "office",
        Role::CaseNumber => "case_number",
        Role::PersonNumber => "person_number",
        Role::Sex => "sex",
        Role::BirthDate => "birth_date",
        Role::Age => "age",
        Role::EventDate => "event_date",
        Role::ChangedAt => "changed_at",
        Role::Deleted => "deleted",
    }
}

/// A column's name from its label: lower-case letters and digits; its place where the label has none of them.
fn name_of(label: &str, position: usize) -> String {
    let last = label.rsplit('/').next().unwrap_or(label);
    let name: String = fold(last).split(' ').filter(|word| word.is_ascii() && !word.is_empty()).collect::<Vec<_>>().join("_");
    let name: String = name.chars().take(40).collect();
    match name.chars().next() {
        None => format!("column_{position}"),
        Some(first) if first.is_ascii_alphabetic() => name.trim_end_matches('_').to_owned(),
        Some(_) => format!("c_{name}"),
    }
}

/// Makes every name stand once. A column whose label is the name keeps it, since a label means the field of its name.
pub fn separate_names(columns: &mut [Column]) {
    let mut seen: BTreeSet<String> = BTreeSet::new();
    let (own, others): (Vec<&mut Column>, Vec<&mut Column>) = columns.iter_mut().partition(|column| fold(&column.label) == fold(&column.name));
    for column in own.into_iter().chain(others) {
        let base = column.name.clone();
        let mut number = 2;
        while !seen.insert(column.name.clone()) {
            column.name = format!("{base}_{number}");
            number += 1;
        }
    }
}
