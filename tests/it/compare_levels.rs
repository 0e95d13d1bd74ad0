//! Comparisons of every table, at coarser levels, of chosen rows, of money, and with offices that opened later.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::sync::Arc;

use rihla::clock::FixedClock;
use rihla::error::Kind;
use rihla::report::{self, Question};
use rihla::run;
use rihla::warehouse::Warehouse;
use serde_json::Value;

use crate::support::{Folder, NOW, loaded, loaded_small, snapshot};

/// A comparison as JSON.
#[track_caller]
fn compared(folder: &Folder, args: &[&str]) -> Value {
    folder.rihla(&[&["--json", "compare"], args].concat()).ok().json()
}

/// A side of a measure by the lines' keys.
fn side(comparison: &Value, measure: &str, side: &str) -> BTreeMap<String, f64> {
    let lines = comparison["lines"].as_array().expect("lines").iter().filter(|line| !line["measures"][measure].is_null());
    let key =
        |line: &Value| line["key"].as_object().expect("a key").values().map(|value| value.as_str().expect("text").to_owned()).collect::<Vec<_>>().join(" ");
    lines.filter_map(|line| Some((key(line), line["measures"][measure][side].as_f64()?))).collect()
}

/// Every table of the release, in every kind of period: compared, or refused as the user's to fix with a reason.
#[test]
fn every_table_is_compared_or_refused_with_the_reason() {
    let folder = loaded();
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let mut compared: BTreeSet<String> = BTreeSet::new();
    let mut refused: BTreeMap<String, String> = BTreeMap::new();
    runtime.block_on(async {
        let prepared = run::check_project(&folder.path("")).await.expect("the project");
        let warehouse = Warehouse::open(&prepared.project, Arc::new(FixedClock(NOW.parse().expect("an instant")))).await.expect("the warehouse");
        let release = warehouse.latest_release().await.expect("releases").expect("a release");
        let ask = |table: &str, current: &str, prior: &str| Question {
            table: table.to_owned(),
            current: current.parse().expect("a period"),
            prior: prior.parse().expect("a period"),
            by: None,
            filters: Vec::new(),
        };
        for table in release.resources.iter().map(|resource| resource.name.as_str()) {
            // Reports come by the month; everything else in every kind of period. Two quarters in which the same offices
            // were open need no figures like for like, which take their time.
            let periods = match table {
                "completeness" => &[("2023-05", "2022-05")][..],
                "registrations_total" => &[("2023-03", "2022-08"), ("2023-Q2", "2022-Q2"), ("2023-H1", "2022-H2"), ("2022", "2021")],
                _ => &[("2023-Q2", "2022-Q4")],
            };
            for (current, prior) in periods {
                match report::compare(&prepared, &warehouse, &release, &ask(table, current, prior)).await {
                    Ok(comparison) => {
                        let in_blocks: usize = comparison.blocks().iter().map(|block| block.lines.len()).sum();
                        assert_eq!(in_blocks, comparison.lines.len() * comparison.measures.len(), "{table}: every figure stands in one block");
                        compared.insert(table.to_owned());
                    }
                    Err(error) => {
                        assert_eq!(error.kind(), Kind::Input, "{table} {current}: {error}");
                        refused.insert(table.to_owned(), error.to_string());
                    }
                }
            }
        }
    });
    for (table, why) in &refused {
        assert!(why.contains("no column `period`") || why.contains("declares no measure"), "{table}: {why}");
    }
    // Amounts in each currency, cohorts of two feeds, figures since a start.
    for table in ["voucher_amounts", "counselling_inbound", "resettlement_cumulative", "plans_by_state", "referrals"] {
        assert!(compared.contains(table), "{table}: {:?}", refused.get(table));
    }
    for table in ["indicators", "returns_outbound_cumulative", "registrations_by_channel", "returns_inbound", "reporting_rates", "completeness"] {
        assert!(compared.contains(table), "{table}: {:?}", refused.get(table));
    }
}

#[test]
fn what_may_be_summed_is_summed_and_the_rest_is_left_out() {
    let fine = compared(loaded(), &["returns_inbound", "2023-H1", "2022-H1"]);
    let rolled = compared(loaded(), &["returns_inbound", "2023-H1", "2022-H1", "--by", "host_country"]);
    for of in ["current", "prior"] {
        let mut sums: BTreeMap<String, f64> = BTreeMap::new();
        for (key, value) in side(&fine, "movements", of) {
            *sums.entry(key.split(' ').next().expect("a country").to_owned()).or_default() += value;
        }
        assert_eq!(side(&rolled, "movements", of), sums);
        assert_eq!(sums.len(), 8);
    }
    assert!(side(&rolled, "persons", "current").is_empty(), "persons do not add up");
    assert_eq!(rolled["left_out"][0]["measure"], "persons");
    assert_eq!(rolled["left_out"][0]["along"], serde_json::json!(["sadd_group"]));
    assert_eq!(rolled["left_out"][0]["instead"], "returns_inbound_by_country");
    // The table that it names says what a sum would not.
    let counted = compared(loaded(), &["returns_inbound_by_country", "2023-H1", "2022-H1"]);
    assert_eq!(side(&counted, "movements", "current"), side(&rolled, "movements", "current"));
    // Like for like is summed likewise.
    let like = |comparison: &Value| {
        let lines = comparison["lines"].as_array().expect("lines").iter();
        lines.map(|line| line["measures"]["movements"]["like_for_like"]["current"].as_f64().expect("a figure")).sum::<f64>()
    };
    assert!(like(&fine) > 0.0 && (like(&fine) - like(&rolled)).abs() < 1e-9);
    // A column of which one value is chosen is not summed along.
    let men = compared(loaded(), &["returns_inbound", "2023-H1", "2022-H1", "--by", "host_country", "--where", "sadd_group=men"]);
    assert!(men["left_out"].as_array().is_some_and(Vec::is_empty), "{}", men["left_out"]);
    assert!(side(&men, "persons", "current").values().sum::<f64>() > 0.0);
    let both =
        compared(loaded(), &["returns_inbound", "2023-H1", "2022-H1", "--by", "host_country", "--where", "sadd_group=men", "--where", "sadd_group=women"]);
    assert_eq!(both["left_out"][0]["measure"], "persons", "of two values it is");
}

#[test]
fn persons_movements_and_shares_stand_apart() {
    let said = loaded().rihla(&["compare", "indicators", "2023-H1", "2022-H1", "--where", "dimension=total"]).ok().stdout;
    let blocks: Vec<&str> = said.split("\n\n").filter(|block| block.starts_with("Value (")).collect();
    assert!(blocks.len() > 4, "by unit and date basis: {said}");
    let of = |unit: &str| blocks.iter().filter(|block| block.starts_with(&format!("Value ({unit}"))).copied().collect::<String>();
    assert!(of("distinct persons").contains("Returns to Morocco") && !of("distinct persons").contains("since the programme"));
    assert!(of("vouchers").contains("Vouchers") && !of("vouchers").contains("Returns"));
    assert!(of("movements").contains("since the programme") && !of("movements").contains("Registrations"));
    assert!(of("percent").contains("POINTS") && !of("percent").contains(" %"));
}

/// Each indicator is provisional where one of its own reports is lacking, not where any is.
#[test]
fn indicators_rest_on_their_own_reports() {
    let comparison = compared(loaded(), &["indicators", "2023-H1", "2022-H1", "--where", "dimension=total"]);
    let provisional = |of: &str| -> BTreeSet<String> {
        let lines = comparison["lines"].as_array().expect("lines").iter();
        let marked = lines.filter(|line| line["measures"]["value"]["marks"][of]["provisional"] == true);
        marked.map(|line| line["key"]["indicator"].as_str().expect("text").to_owned()).collect()
    };
    let named = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<BTreeSet<_>>();
    let (prior, current) = (provisional("prior"), provisional("current"));
    // Laâyoune lacks registrations of March 2022, Ankara returns of February 2022 and Tangier resettlement of June 2022;
    // of outbound returns nothing is lacking.
    assert!(prior.is_superset(&named(&["registrations", "returns_inbound", "returns_inbound_change_percent", "resettlement"])), "{prior:?}");
    assert!(prior.is_disjoint(&named(&["returns_outbound", "returns_outbound_cumulative", "referrals_inbound"])), "{prior:?}");
    // A change rests on the year before too, and a figure since a start on everything since.
    assert!(current.is_superset(&named(&["returns_inbound_change_percent", "resettlement_cumulative"])), "{current:?}");
    assert!(current.is_disjoint(&named(&["registrations", "returns_inbound", "returns_outbound_cumulative", "resettlement"])), "{current:?}");
    // A period that is not over is provisional for all.
    let open = compared(loaded(), &["indicators", "2023", "2022", "--where", "dimension=total"]);
    let marks: Vec<&Value> =
        open["lines"].as_array().expect("lines").iter().map(|line| &line["measures"]["value"]["marks"]["current"]["provisional"]).collect();
    assert!(!marks.is_empty() && marks.iter().all(|mark| **mark == true), "{marks:?}");
}

/// An office that opened in between changes coverage, not the figures like for like, and leaves nothing provisional.
#[test]
fn an_office_that_opened_later_is_a_change_of_coverage() {
    let folder = Folder::real();
    let text = fs::read_to_string(folder.path("rihla.toml")).expect("rihla.toml");
    let (before, after) = text.split_once("code = \"LAA\"\n").expect("Laâyoune");
    folder.write("rihla.toml", format!("{before}code = \"LAA\"\nopened = 2022-04-01\n{after}"));
    let early = |path: &str| ["2022-01", "2022-02", "2022-03"].iter().any(|month| path.contains(&format!("-{month}.")));
    let gone: Vec<String> = folder.files("fixtures/extracts").into_keys().filter(|path| path.starts_with("LAA/") && early(path)).collect();
    assert!(gone.len() >= 5, "{gone:?}");
    for path in gone {
        fs::remove_file(folder.path("fixtures/extracts").join(path)).expect("a file taken away");
    }
    folder.rihla(&["run"]).ok();
    for (current, prior, months) in [("2023-H1", "2022-H1", 3), ("2023-Q1", "2022-Q1", 0)] {
        let comparison = compared(&folder, &["returns_outbound_total", current, prior]);
        let offices: Vec<&str> = comparison["like_for_like_offices"].as_array().expect("offices").iter().filter_map(Value::as_str).collect();
        assert_eq!(offices, ["AGA", "CAS", "OUJ", "RAB", "TNG"], "{comparison}");
        assert_eq!(comparison["coverage"]["prior"]["owed_in_part"]["LAA"][0]["months"], months);
        let figure = &comparison["lines"][0]["measures"]["persons"];
        assert_eq!(figure["marks"]["prior"]["provisional"], false, "nothing is awaited of an office that was not there");
        let number = |value: &Value| value.as_f64().expect("a figure");
        assert!(number(&figure["current"]) > number(&figure["like_for_like"]["current"]), "the new office's persons stand apart");
        assert!(number(&figure["prior"]) >= number(&figure["like_for_like"]["prior"]));
    }
    let said = folder.rihla(&["compare", "returns_outbound_total", "2023-H1", "2022-H1"]).ok();
    snapshot("commands", "compare_office_opened_later", "rihla compare returns_outbound_total 2023-H1 2022-H1, LAA opened in April 2022", &said.text());
}

/// A table of amounts by currency, without offices behind it.
const AMOUNTS: &str = r#"/*
description = "Amounts by kind and currency"
grain = ["period", "kind", "currency"]

[columns]
period = "The month"
kind = "What was paid for"
currency = "ISO 4217"
vouchers = "Vouchers"
amount = "Their value in the row's currency"

[measures.vouchers]
unit = "voucher"
additivity = "full"
date_basis = "given_on"

[measures.amount]
unit = "by currency"
additivity = "full"
date_basis = "given_on"
*/
SELECT period, kind, currency, CAST(vouchers AS BIGINT) AS vouchers, CAST(amount AS DECIMAL(30, 2)) AS amount
FROM (VALUES
    ('2023-02', 'food', 'MAD', 3, '1732.50'),
    ('2023-02', 'food', 'EUR', 1, '0.30'),
    ('2023-02', 'hygiene', 'MAD', 2, '12345678901234567890.11'),
    ('2023-01', 'food', 'MAD', 25, '1732.40'),
    ('2023-01', 'food', 'EUR', 1, '0.10'),
    ('2023-01', 'hygiene', 'MAD', 30, '12345678901234567890.10')
) AS paid (period, kind, currency, vouchers, amount)
"#;

#[test]
fn money_is_compared_in_each_currency_and_to_the_cent() {
    let folder = loaded_small();
    folder.write("sql/marts/amounts.sql", AMOUNTS);
    folder.rihla(&["run"]).ok();
    let said = folder.rihla(&["compare", "amounts", "2023-02", "2023-01"]).ok();
    snapshot("commands", "compare_amounts", "rihla compare amounts 2023-02 2023-01", &said.text());
    let rolled = compared(&folder, &["amounts", "2023-02", "2023-01", "--by", "currency"]);
    let amounts: BTreeMap<&str, &Value> =
        rolled["lines"].as_array().expect("lines").iter().map(|line| (line["key"]["currency"].as_str().expect("text"), &line["measures"]["amount"])).collect();
    // More digits than floating point holds come as text, every one of them.
    assert_eq!(amounts["MAD"]["current"], "12345678901234569622.61");
    assert_eq!(amounts["MAD"]["change"].as_f64(), Some(0.11));
    assert_eq!((amounts["EUR"]["current"].as_f64(), amounts["EUR"]["change"].as_f64()), (Some(0.3), Some(0.2)));
    // Vouchers may be summed over currencies, whatever the header says of amounts.
    let kinds = compared(&folder, &["amounts", "2023-02", "2023-01", "--by", "kind"]);
    assert_eq!(kinds["left_out"][0]["measure"], "amount");
    assert_eq!(kinds["left_out"][0]["along"], serde_json::json!(["currency"]));
    assert_eq!(side(&kinds, "vouchers", "current"), BTreeMap::from([("food".to_owned(), 4.0), ("hygiene".to_owned(), 2.0)]));
    // Where one currency is chosen nothing is mixed.
    let dirhams = compared(&folder, &["amounts", "2023-02", "2023-01", "--by", "kind", "--where", "currency=MAD"]);
    assert!(dirhams["left_out"].as_array().is_some_and(Vec::is_empty), "{dirhams}");
}

#[test]
fn amounts_without_a_currency_are_a_fault_of_the_project() {
    let folder = Folder::bare();
    let amounts = AMOUNTS.replace(", \"currency\"]", "]").replace("currency = \"ISO 4217\"\n", "").replace("kind, currency, CAST", "kind, CAST");
    folder.write("sql/marts/amounts.sql", amounts);
    let ran = folder.rihla(&["check"]);
    assert_eq!(ran.code, 1, "{}", ran.text());
    assert!(ran.stderr.contains("no column `currency`") && ran.stderr.contains("amounts.sql"), "{}", ran.text());
}

#[test]
fn without_completeness_a_table_of_reports_is_refused() {
    let folder = loaded_small();
    let ran = folder.rihla(&["compare", "deliveries", "2023-01", "2022-12"]);
    assert_eq!(ran.code, 1, "{}", ran.text());
    assert!(ran.stderr.contains("no table `completeness`"), "{}", ran.text());
}

/// Rows that rest on reports of their own must between them name every feed.
#[test]
fn a_feed_that_no_row_rests_on_is_a_fault() {
    let folder = Folder::real();
    folder.replace(
        "sql/marts/indicators.sql",
        "feed = \"registrations\"\nrows = \"indicator LIKE 'registrations%'\"",
        "feed = \"returns\"\nrows = \"indicator LIKE 'registrations%'\"",
    );
    let ran = folder.rihla(&["check"]);
    assert!(ran.code == 1 && ran.stderr.contains("leave out the feed `registrations`"), "{}", ran.text());
    folder.replace("sql/marts/indicators.sql", "rows = \"indicator LIKE 'registrations%'\"", "rows = \"indicatr LIKE 'registrations%'\"");
    assert!(folder.rihla(&["check"]).stderr.contains("the condition for rows is wrong"));
}
