//! Roles that the columns have together: what tells rows apart, and which date decides their period.

use std::collections::BTreeMap;

use chrono::{NaiveDate, NaiveDateTime};

use super::column::{Column, role_name, withhold};
use super::kinds::{Kind, Values};
use super::protect;
use crate::contract::{Protection, Role};

/// Roles without which a feed is not complete.
const NEEDED: [Role; 6] = [Role::RecordId, Role::CaseNumber, Role::PersonNumber, Role::Sex, Role::EventDate, Role::ChangedAt];

/// Settles roles between columns; gives the questions that are no single column's.
pub fn settle(columns: &mut [Column], values: &[Values<'_>]) -> Vec<String> {
    guard_birth_dates(columns, values);
    guard_repeated_people(columns, values);
    let mut questions = share_out(columns);
    propose_record_id(columns, values);
    propose_changed_at(columns);
    questions.extend(propose_event_date(columns));
    for role in NEEDED.into_iter().filter(|role| !columns.iter().any(|column| column.role == Some(*role))) {
        if role != Role::EventDate || !columns.iter().any(|column| matches!(column.kind, Kind::Date(_)) && column.protection == Protection::Open) {
            let or = if role == Role::PersonNumber { " Or is a case always one person (`one_person_per_case`)?" } else { "" };
            questions.push(format!("no column has the role `{}`, which a feed needs: which one is it?{or}", role_name(role)));
        }
    }
    for column in columns.iter_mut().filter(|column| !column.is_filled && column.role.is_some_and(|role| NEEDED.contains(&role) && role != Role::Sex)) {
        let role = column.role.map_or("", role_name);
        column.questions.push(format!("the role `{role}` needs a value in every row, and some of the sample have none: rows without one will be quarantined"));
    }
    questions
}

/// A role that several columns claim is nobody's until people say whose.
fn share_out(columns: &mut [Column]) -> Vec<String> {
    let mut claims: BTreeMap<&'static str, Vec<usize>> = BTreeMap::new();
    for (index, column) in columns.iter().enumerate() {
        if let Some(role) = column.role {
            claims.entry(role_name(role)).or_default().push(index);
        }
    }
    let mut questions = Vec::new();
    for (role, claimants) in claims.into_iter().filter(|(role, claimants)| claimants.len() > 1 && *role != "event_date") {
        let labels: Vec<String> = claimants.iter().map(|index| format!("`{}`", columns[*index].label)).collect();
        questions.push(format!("{} could each have the role `{role}`: which one is it?", labels.join(" and ")));
        claimants.into_iter().for_each(|index| columns[index].role = None);
    }
    questions
}

/// Among dates without a role, those that lie long before the others may be birth dates.
fn guard_birth_dates(columns: &mut [Column], values: &[Values<'_>]) {
    let newest = columns
        .iter()
        .zip(values)
        .filter(|(column, _)| matches!(column.kind, Kind::Date(_) | Kind::DateTime(_)))
        .flat_map(|(column, values)| days(column, values))
        .max();
    let Some(newest) = newest else { return };
    for (column, values) in columns.iter_mut().zip(values) {
        let is_open = column.protection == Protection::Open && matches!(column.kind, Kind::Date(_) | Kind::DateTime(_));
        if is_open && protect::are_long_ago(&days(column, values), newest) {
            withhold(column, "most of its dates lie ten years and more before the others, as birth dates do");
        }
    }
}

fn days(column: &Column, values: &Values<'_>) -> Vec<NaiveDate> {
    let formats: &[&str] = match &column.kind {
        Kind::Date(formats) | Kind::DateTime(formats) => formats,
        _ => return Vec::new(),
    };
    let day = |text: &str| {
        let iso = text.get(..10).and_then(|day| day.parse().ok());
        let by_format =
            |format: &&str| NaiveDate::parse_from_str(text, format).or_else(|_| NaiveDateTime::parse_from_str(text, format).map(|at| at.date())).ok();
        formats.iter().find_map(by_format).or(iso)
    };
    values.texts().into_iter().filter_map(day).collect()
}

/// A new code list with a value that also stands in a protected column holds people, not codes.
fn guard_repeated_people(columns: &mut [Column], values: &[Values<'_>]) {
    use crate::contract::fold;
    let people: std::collections::BTreeSet<String> = columns
        .iter()
        .zip(values)
        .filter(|(column, _)| column.protection != Protection::Open)
        .flat_map(|(_, values)| values.texts())
        .flat_map(|text| std::iter::once(fold(text)).chain(text.split_whitespace().map(fold)))
        .filter(|word| word.chars().count() > 2)
        .collect();
    for column in columns.iter_mut() {
        let new = column.codes.as_ref().and_then(|codes| codes.new.as_ref());
        if new.is_some_and(|new| new.iter().any(|(_, text)| people.contains(&fold(text)))) {
            column.questions.clear();
            withhold(column, "a value of it stands in a protected column too");
        }
    }
}

/// A column whose label nobody knows and that is text was withheld; so only whole numbers can be a key by their content.
fn propose_record_id(columns: &mut [Column], values: &[Values<'_>]) {
    if columns.iter().any(|column| column.role == Some(Role::RecordId)) {
        return;
    }
    for (column, values) in columns.iter_mut().zip(values) {
        let is_key = column.is_filled && !values.filled.is_empty() && values.counts().len() == values.filled.len();
        if is_key && column.kind == Kind::Integer && column.role.is_none() {
            column.questions.push("it is another number in every row: is it the record's key (role `record_id`, type `string`)?".to_owned());
        }
    }
}

/// The one column of moments that is always filled.
fn propose_changed_at(columns: &mut [Column]) {
    if columns.iter().any(|column| column.role == Some(Role::ChangedAt)) {
        return;
    }
    let candidates: Vec<usize> = (0..columns.len()).filter(|index| is_open(&columns[*index]) && matches!(columns[*index].kind, Kind::DateTime(_))).collect();
    if let [only] = candidates.as_slice() {
        columns[*only].role = Some(Role::ChangedAt);
        columns[*only].questions.push("it is the only moment, so that it has the role `changed_at`: is it when the record was last changed?".to_owned());
    }
}

fn is_open(column: &Column) -> bool {
    column.protection == Protection::Open && column.role.is_none()
}

/// The one date that is always filled, birth and change apart; of several people must choose.
fn propose_event_date(columns: &mut [Column]) -> Vec<String> {
    if columns.iter().any(|column| column.role == Some(Role::EventDate)) {
        return Vec::new();
    }
    let candidates: Vec<usize> = (0..columns.len()).filter(|index| is_open(&columns[*index]) && matches!(columns[*index].kind, Kind::Date(_))).collect();
    let filled: Vec<usize> = candidates.iter().filter(|index| columns[**index].is_filled).copied().collect();
    match (filled.as_slice(), candidates.as_slice()) {
        ([only], _) => {
            columns[*only].role = Some(Role::EventDate);
            let others = if candidates.len() > 1 { "the only date that is always filled" } else { "the only date" };
            columns[*only].evidence.push(format!("{others}, birth dates apart: role `event_date`"));
            Vec::new()
        }
        (_, []) => Vec::new(),
        (_, several) => {
            let labels: Vec<String> = several.iter().map(|index| format!("`{}`", columns[*index].label)).collect();
            vec![format!("{} are dates: which is the day of the event (role `event_date`)?", labels.join(", "))]
        }
    }
}
