//! The figures against an independent witness: the generator wrote what every figure is, by period and what breaks it down.
//!
//! Every figure is held against person-level rows or a released table; most against both.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::support::{Row, loaded, parquet_rows};
use crate::truth::{truth, word};

/// Period and the values of the dimensions.
type Key = (String, Vec<String>);
/// Persons and, where it is told, how often it happened.
type Figures = BTreeMap<Key, (u64, Option<u64>)>;
/// Names of the truth with the columns that hold them.
type Columns = &'static [(&'static str, &'static str)];
/// Columns with the values that count.
type Only = &'static [(&'static str, &'static str)];

/// A released table that tells a measure of the truth, by exactly these dimensions.
struct Table {
    name: &'static str,
    measure: &'static str,
    by: Columns,
    only: Only,
    persons: &'static str,
    /// The truth's name of what happened, and the column that counts it.
    happened: Option<(&'static str, &'static str)>,
}

const fn table(name: &'static str, measure: &'static str, by: Columns, happened: Option<(&'static str, &'static str)>) -> Table {
    Table { name, measure, by, only: &[], persons: "persons", happened }
}

const MOVEMENTS: Option<(&str, &str)> = Some(("movements", "movements"));
const INSTANCES: Option<(&str, &str)> = Some(("instances", "instances"));
const VOUCHERS: Option<(&str, &str)> = Some(("instances", "vouchers"));
const PLANS: Option<(&str, &str)> = Some(("instances", "plans"));
const REFERRALS: Option<(&str, &str)> = Some(("instances", "referrals"));
const SESSIONS: Option<(&str, &str)> = Some(("instances", "sessions"));
const OPERATIONS: Option<(&str, &str)> = Some(("instances", "operations"));

const GROUP: (&str, &str) = ("group", "sadd_group");
const KIND: (&str, &str) = ("kind", "kind");
const STATE: (&str, &str) = ("state", "state");
const PARTNER: (&str, &str) = ("partner", "partner");
const STEP: (&str, &str) = ("step", "step");
const COUNTRY: (&str, &str) = ("country", "country");

const INBOUND: Only = &[("direction", "inbound")];
const OUTBOUND: Only = &[("direction", "outbound")];

/// A table of both directions, for one of them.
const fn one_way(name: &'static str, measure: &'static str, by: Columns, only: Only, happened: Option<(&'static str, &'static str)>) -> Table {
    Table { name, measure, by, only, persons: "persons", happened }
}

const fn cohort(name: &'static str, by: Columns) -> Table {
    Table { name, measure: "counselling_inbound", by, only: &[], persons: "persons_counselled", happened: None }
}

const TABLES: [Table; 47] = [
    table("registrations_total", "registrations", &[], None),
    table("registrations_by_sadd", "registrations", &[GROUP], None),
    table("registrations_by_channel", "registrations", &[("channel", "channel"), GROUP], None),
    table("returns_outbound_total", "returns_outbound", &[], MOVEMENTS),
    table("returns_outbound_by_sadd", "returns_outbound", &[GROUP], MOVEMENTS),
    table("returns_outbound_by_country", "returns_outbound", &[("country", "country_of_origin")], None),
    table("returns_outbound", "returns_outbound", &[("country", "country_of_origin"), GROUP], MOVEMENTS),
    table("returns_outbound_by_vulnerability", "returns_outbound", &[("vulnerability", "vulnerability")], None),
    table("returns_inbound_total", "returns_inbound", &[], MOVEMENTS),
    table("returns_inbound_by_sadd", "returns_inbound", &[GROUP], MOVEMENTS),
    table("returns_inbound_by_country", "returns_inbound", &[("country", "host_country")], MOVEMENTS),
    table("returns_inbound", "returns_inbound", &[("country", "host_country"), GROUP], MOVEMENTS),
    table("vouchers_total", "vouchers", &[], VOUCHERS),
    table("vouchers_by_sadd", "vouchers", &[GROUP], VOUCHERS),
    table("vouchers_by_kind", "vouchers", &[KIND], VOUCHERS),
    table("vouchers", "vouchers", &[KIND, GROUP], VOUCHERS),
    table("reintegration_outbound_total", "reintegration_outbound", &[], INSTANCES),
    table("reintegration_outbound_by_sadd", "reintegration_outbound", &[GROUP], INSTANCES),
    table("reintegration_outbound_by_country", "reintegration_outbound", &[COUNTRY], INSTANCES),
    table("reintegration_outbound_by_kind", "reintegration_outbound", &[KIND], INSTANCES),
    table("reintegration_outbound_by_dimension", "reintegration_outbound", &[("dimension", "dimension")], INSTANCES),
    table("reintegration_outbound", "reintegration_outbound", &[COUNTRY, GROUP], INSTANCES),
    Table { persons: "unaccompanied_children", ..table("reintegration_outbound_total", "reintegration_outbound_unaccompanied", &[], None) },
    table("reintegration_outbound_cash_instead", "reintegration_outbound_cash_instead", &[COUNTRY], INSTANCES),
    table("assistance_inbound_total", "assistance_inbound", &[], INSTANCES),
    table("assistance_inbound_by_sadd", "assistance_inbound", &[GROUP], INSTANCES),
    table("assistance_inbound_by_kind", "assistance_inbound", &[KIND], INSTANCES),
    table("assistance_inbound", "assistance_inbound", &[KIND, GROUP], INSTANCES),
    one_way("plans_by_state", "plans_inbound", &[STATE], INBOUND, PLANS),
    one_way("plans", "plans_inbound", &[STATE, GROUP], INBOUND, PLANS),
    one_way("plans_by_state", "plans_outbound", &[STATE], OUTBOUND, PLANS),
    cohort("counselling_inbound", &[]),
    cohort("counselling_inbound_by_sadd", &[GROUP]),
    one_way("counselling_by_outcome", "sessions_inbound", &[("place", "place"), ("outcome", "outcome")], INBOUND, SESSIONS),
    one_way("referrals_total", "referrals_inbound", &[], INBOUND, REFERRALS),
    one_way("referrals_by_sadd", "referrals_inbound", &[GROUP], INBOUND, REFERRALS),
    one_way("referrals_by_partner", "referrals_inbound", &[PARTNER], INBOUND, REFERRALS),
    one_way("referrals_by_partner_sadd", "referrals_inbound", &[PARTNER, GROUP], INBOUND, REFERRALS),
    one_way("referrals_by_need", "referrals_inbound", &[("need", "need")], INBOUND, REFERRALS),
    one_way("referrals_by_status", "referrals_inbound", &[("status", "status")], INBOUND, REFERRALS),
    one_way("referrals_total", "referrals_outbound", &[], OUTBOUND, REFERRALS),
    one_way("referrals_by_sadd", "referrals_outbound", &[GROUP], OUTBOUND, REFERRALS),
    one_way("referrals_by_partner", "referrals_outbound", &[PARTNER], OUTBOUND, REFERRALS),
    one_way("referrals_by_need", "referrals_outbound", &[("need", "need")], OUTBOUND, REFERRALS),
    table("resettlement_by_step", "resettlement", &[STEP], OPERATIONS),
    table("resettlement", "resettlement", &[STEP, ("destination", "destination_country")], OPERATIONS),
    one_way("resettlement_by_destination", "resettlement_departures", &[("destination", "destination_country")], &[], OPERATIONS),
];

/// Person-level rows in which a measure of the truth can be counted, however it is broken down.
struct Rows {
    model: &'static str,
    measure: &'static str,
    day: &'static str,
    by: Columns,
    only: Only,
}

const ASSISTANCE: Columns = &[GROUP, KIND, COUNTRY, ("dimension", "dimension"), ("funding", "funding")];
const REFERRED: Columns = &[GROUP, PARTNER, ("need", "need"), ("status", "status")];
const COUNSELLED: Columns = &[GROUP, ("place", "place"), ("outcome", "outcome")];
const REINTEGRATED: Columns = &[GROUP, KIND, COUNTRY, ("dimension", "dimension")];

const ROWS: [Rows; 15] = [
    Rows { model: "registered_persons", measure: "registrations", day: "registered_on", by: &[GROUP, ("channel", "channel")], only: &[] },
    Rows { model: "movements", measure: "returns_outbound", day: "departed_on", by: &[GROUP, ("country", "country_of_origin")], only: OUTBOUND },
    Rows { model: "movements", measure: "returns_inbound", day: "departed_on", by: &[GROUP, ("country", "host_country")], only: INBOUND },
    Rows { model: "vouchers_given", measure: "vouchers", day: "given_on", by: &[GROUP, KIND], only: &[] },
    Rows { model: "reintegration_given", measure: "reintegration_outbound", day: "given_month", by: REINTEGRATED, only: &[] },
    Rows {
        model: "reintegration_given",
        measure: "reintegration_outbound_unaccompanied",
        day: "given_month",
        by: REINTEGRATED,
        only: &[("unaccompanied_child", "true")],
    },
    Rows {
        model: "assistance_given",
        measure: "reintegration_outbound_cash_instead",
        day: "given_on",
        by: ASSISTANCE,
        only: &[("direction", "outbound"), ("cash_instead", "true")],
    },
    Rows { model: "assistance_given", measure: "assistance_inbound", day: "given_on", by: ASSISTANCE, only: INBOUND },
    Rows { model: "plans_current", measure: "plans_inbound", day: "state_since", by: &[GROUP, STATE], only: INBOUND },
    Rows { model: "plans_current", measure: "plans_outbound", day: "state_since", by: &[GROUP, STATE], only: OUTBOUND },
    Rows { model: "counselling_held", measure: "sessions_inbound", day: "held_on", by: COUNSELLED, only: INBOUND },
    Rows { model: "counselling_held", measure: "sessions_outbound", day: "held_on", by: COUNSELLED, only: OUTBOUND },
    Rows { model: "referrals_made", measure: "referrals_inbound", day: "referred_on", by: REFERRED, only: INBOUND },
    Rows { model: "referrals_made", measure: "referrals_outbound", day: "referred_on", by: REFERRED, only: OUTBOUND },
    Rows { model: "resettlement_steps", measure: "resettlement", day: "step_on", by: &[GROUP, STEP, ("destination", "destination_country")], only: &[] },
];

/// The figures that the truth has of a measure, by exactly these dimensions in their order.
fn wanted(figures: &[Value], measure: &str, by: &[&str], happened: Option<&str>) -> Figures {
    let mut wanted = Figures::new();
    for figure in figures.iter().filter(|figure| figure["measure"] == measure) {
        let dimensions = figure["by"].as_object().expect("dimensions");
        if dimensions.len() == by.len() && by.iter().all(|name| dimensions.contains_key(*name)) {
            let values = by.iter().map(|name| dimensions[*name].as_str().expect("a code").to_owned()).collect();
            let key = (figure["period"].as_str().expect("a period").to_owned(), values);
            let count = happened.map(|name| figure[name].as_u64().expect("a count"));
            let told = (figure["persons"].as_u64().expect("persons"), count);
            assert!(wanted.insert(key, told).is_none(), "a figure stands twice in the truth");
        }
    }
    wanted
}

/// True where a row has every value that counts.
fn counts(row: &Row, only: Only) -> bool {
    only.iter().all(|(column, value)| row[*column].as_str().map_or_else(|| row[*column].to_string(), str::to_owned) == *value)
}

/// The figures of a released table that are not nought, in the periods that the truth tells of.
fn released(table: &Table, periods: &BTreeSet<String>) -> Figures {
    let mut figures = Figures::new();
    for row in loaded().released(table.name).iter().filter(|row| counts(row, table.only)) {
        let period = word(row, "period").to_owned();
        let persons = row[table.persons].as_u64().expect("a count of persons");
        let happened = table.happened.map(|(_, column)| row[column].as_u64().expect("a count"));
        if periods.contains(&period) && (persons, happened.unwrap_or(0)) != (0, 0) {
            let values = table.by.iter().map(|(_, column)| word(row, column).to_owned()).collect();
            assert!(figures.insert((period, values), (persons, happened)).is_none(), "two rows of a grain in {}", table.name);
        }
    }
    figures
}

/// The month, quarter, half-year and year of a day such as 2023-05-17.
fn periods_of(day: &str) -> [String; 4] {
    let (year, month) = (&day[..4], day[5..7].parse::<u32>().expect("a month"));
    [day[..7].to_owned(), format!("{year}-Q{}", month.div_ceil(3)), format!("{year}-H{}", month.div_ceil(6)), year.to_owned()]
}

/// Persons and rows counted anew by dimensions of the truth.
fn counted(rows: &[Row], source: &Rows, by: &[&str], periods: &BTreeSet<String>) -> Figures {
    let column = |name: &str| source.by.iter().find(|(known, _)| *known == name).unwrap_or_else(|| panic!("{} has no {name}", source.model)).1;
    let columns: Vec<&str> = by.iter().map(|name| column(name)).collect();
    let mut people: BTreeMap<Key, (BTreeSet<&str>, u64)> = BTreeMap::new();
    for row in rows.iter().filter(|row| counts(row, source.only)) {
        let values: Vec<String> = columns.iter().map(|column| word(row, column).to_owned()).collect();
        for period in periods_of(word(row, source.day)).into_iter().filter(|period| periods.contains(period)) {
            let count = people.entry((period, values.clone())).or_default();
            count.0.insert(word(row, "person_id"));
            count.1 += 1;
        }
    }
    people.into_iter().map(|(key, (persons, rows))| (key, (persons.len() as u64, Some(rows)))).collect()
}

/// The rows of a model that is not released: after one run a file, or one for each part.
fn staged(model: &str) -> Vec<Row> {
    let folder = loaded().path(&format!("warehouse/staging/{model}"));
    let files: Vec<_> = std::fs::read_dir(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display())).collect();
    assert!(!files.is_empty(), "a run makes files in {}", folder.display());
    files.into_iter().flat_map(|file| parquet_rows(&file.expect("a file").path())).collect()
}

#[track_caller]
fn assert_same(name: &str, found: &Figures, wanted: &Figures) {
    let wrong: Vec<_> = wanted.iter().filter(|(key, told)| found.get(key) != Some(told)).map(|(key, told)| (key, told, found.get(key))).collect();
    assert!(wrong.is_empty(), "{name}: (key, truth, found) {wrong:?}");
    let more: Vec<_> = found.keys().filter(|key| !wanted.contains_key(key)).collect();
    assert!(more.is_empty(), "{name} has figures that the truth has not: {more:?}");
}

/// The figures of the truth with those by factor, and one measure more: departures, which are a step of operations.
fn figures() -> Vec<Value> {
    let truth = truth();
    let mut figures = truth["figures"].as_array().expect("figures").clone();
    figures.extend(truth["factors"].as_array().expect("factors").iter().cloned());
    let departures: Vec<Value> = figures
        .iter()
        .filter(|figure| figure["measure"] == "resettlement" && figure["by"]["step"] == "international_departure")
        .map(|figure| {
            let mut departure = figure.clone();
            departure["measure"] = "resettlement_departures".into();
            departure["by"].as_object_mut().expect("dimensions").remove("step");
            departure
        })
        .collect();
    figures.extend(departures);
    figures
}

fn periods(figures: &[Value]) -> BTreeSet<String> {
    figures.iter().map(|figure| figure["period"].as_str().expect("a period").to_owned()).collect()
}

#[test]
fn every_table_tells_the_truth() {
    let figures = figures();
    let periods = periods(&figures);
    for table in &TABLES {
        let by: Vec<&str> = table.by.iter().map(|(name, _)| *name).collect();
        let wanted = wanted(&figures, table.measure, &by, table.happened.map(|(name, _)| name));
        assert!(!wanted.is_empty(), "the truth says nothing of {} by {by:?}", table.measure);
        assert_same(&format!("{} of {}", table.name, table.measure), &released(table, &periods), &wanted);
    }
}

/// By how a measure is broken down; what happened is told of all but registrations and the cohort.
fn breakdowns(figures: &[Value]) -> BTreeSet<(String, Vec<String>, Option<&'static str>)> {
    figures
        .iter()
        .map(|figure| {
            let by = figure["by"].as_object().expect("dimensions").keys().cloned().collect();
            let happened = ["movements", "instances"].into_iter().find(|name| figure.get(name).is_some());
            (figure["measure"].as_str().expect("a measure").to_owned(), by, happened)
        })
        .collect()
}

#[test]
fn every_figure_is_counted_again_in_rows_of_persons() {
    let figures = truth()["figures"].as_array().expect("figures").clone();
    let periods = periods(&figures);
    let models: BTreeMap<&str, Vec<Row>> = ROWS.iter().map(|source| (source.model, staged(source.model))).collect();
    let mut uncounted = BTreeSet::new();
    for (measure, by, happened) in breakdowns(&figures) {
        let by: Vec<&str> = by.iter().map(String::as_str).collect();
        let Some(source) = ROWS.iter().find(|source| source.measure == measure) else {
            uncounted.insert(measure);
            continue;
        };
        let mut found = counted(&models[source.model], source, &by, &periods);
        if happened.is_none() {
            found.values_mut().for_each(|figure| figure.1 = None);
        }
        assert_same(&format!("{} of {measure} by {by:?}", source.model), &found, &wanted(&figures, &measure, &by, happened));
    }
    // The cohort is of two feeds and ends with the period: the tables alone tell it.
    assert_eq!(uncounted, BTreeSet::from(["counselling_inbound".to_owned()]));
    let told = TABLES.iter().filter(|table| table.measure == "counselling_inbound").count();
    let breakdowns = breakdowns(&figures).into_iter().filter(|(measure, ..)| measure == "counselling_inbound").count();
    assert_eq!(told, breakdowns, "every breakdown of the cohort has a table");
}

/// Hundredths of an amount, whether it is written as text or as a number.
fn hundredths(amount: &Value) -> i64 {
    let text = amount.as_str().map_or_else(|| amount.to_string(), str::to_owned);
    let (whole, decimals) = text.split_once('.').unwrap_or((&text, ""));
    assert!(decimals.len() <= 2, "{text} has no more than hundredths");
    format!("{whole}{decimals:0<2}").parse().unwrap_or_else(|_| panic!("{text} is an amount"))
}

/// Hundredths and how often, by period and what tells amounts apart.
type Amounts = BTreeMap<Key, (i64, u64)>;

#[test]
fn money_is_the_truth_to_the_hundredth_in_every_currency() {
    let truth = truth();
    let told = truth["amounts"].as_array().expect("amounts");
    let tables: [(&str, &[&str], &str); 2] =
        [("voucher_amounts", &["kind", "currency"], "vouchers"), ("assistance_amounts", &["direction", "kind", "currency"], "instances")];
    let mut held = 0;
    for (table, by, happened) in tables {
        let told: Vec<&Value> = told.iter().filter(|amount| amount["measure"] == table).collect();
        let wanted: Amounts = told
            .iter()
            .map(|amount| {
                let values = by.iter().map(|name| amount["by"][name].as_str().expect("a code").to_owned()).collect();
                let period = amount["period"].as_str().expect("a period").to_owned();
                ((period, values), (hundredths(&amount["amount"]), amount["instances"].as_u64().expect("a count")))
            })
            .collect();
        assert!(!wanted.is_empty() && wanted.len() == told.len(), "amounts of {table}, each once");
        let periods: BTreeSet<&String> = wanted.keys().map(|(period, _)| period).collect();
        let found: Amounts = loaded()
            .released(table)
            .iter()
            .map(|row| {
                let values = by.iter().map(|column| word(row, column).to_owned()).collect();
                ((word(row, "period").to_owned(), values), (hundredths(&row["amount"]), row[happened].as_u64().expect("a count")))
            })
            .filter(|((period, _), _)| periods.contains(period))
            .collect();
        assert_eq!(found, wanted, "{table}");
        held += wanted.len();
    }
    held += quantities(told);
    assert_eq!(held, told.len(), "every amount of the truth was held against a table");
}

/// Holds what was given with vouchers against their table; how many figures the truth has of it.
fn quantities(told: &[Value]) -> usize {
    let quantity = |row: &Row| ((word(row, "period").to_owned(), word(row, "kind").to_owned()), row["quantity"].as_u64().expect("a quantity"));
    let found: BTreeMap<(String, String), u64> = loaded().released("vouchers_by_kind").iter().map(quantity).collect();
    let told: Vec<&Value> = told.iter().filter(|amount| amount["measure"] == "voucher_quantity").collect();
    for amount in &told {
        let key = (amount["period"].as_str().expect("a period").to_owned(), amount["by"]["kind"].as_str().expect("a kind").to_owned());
        assert_eq!(found.get(&key), amount["quantity"].as_u64().as_ref(), "{key:?}");
    }
    told.len()
}

#[test]
fn checks_across_feeds_find_what_the_truth_says() {
    let mut found: BTreeMap<String, u64> = BTreeMap::new();
    for row in loaded().released("audit_totals") {
        *found.entry(word(&row, "audit").to_owned()).or_default() += row["rows_found"].as_u64().expect("a count");
    }
    let truth = truth();
    let told = truth["audits"].as_object().expect("audits").iter().map(|(audit, rows)| (audit.clone(), rows.as_u64().expect("a count")));
    assert_eq!(found, told.collect());
    let listed = loaded().released("audit_findings").len() as u64;
    assert_eq!(listed, found.values().sum::<u64>(), "every finding is listed");
}
