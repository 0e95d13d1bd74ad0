//! The dashboard and the rules: of metrics that there are, and as Prometheus accepts them.

use std::collections::BTreeSet;

use regex::Regex;
use serde_json::Value;

use super::promtool::promtool;
use super::watched::Watched;
use crate::support::{Folder, repository};

/// The metrics that a text names.
fn named(text: &str) -> BTreeSet<String> {
    let name = Regex::new(r"\brihla_[a-z0-9_]+").expect("a pattern");
    name.find_iter(text).map(|found| found.as_str().to_owned()).collect()
}

/// Every expression of a dashboard, and of its variables.
fn expressions(dashboard: &Value) -> Vec<String> {
    let panels = dashboard["panels"].as_array().expect("panels").iter();
    let targets = panels.flat_map(|panel| panel["targets"].as_array().cloned().unwrap_or_default());
    let variables = dashboard["templating"]["list"].as_array().expect("variables").iter();
    let text = |value: &Value| value.as_str().map(str::to_owned);
    targets.filter_map(|target| text(&target["expr"])).chain(variables.filter_map(|variable| text(&variable["definition"]))).collect()
}

#[test]
fn dashboard_and_rules_name_metrics_that_there_are_and_leave_none_out() {
    let folder = Folder::small();
    let watched = Watched::start(&folder, "2023-07-21T06:00:00Z", &[], &[]);
    watched.get_until("/ready", 200);
    let page = watched.get("/metrics").body;
    watched.stop();
    let families: BTreeSet<String> = page.lines().filter_map(|line| Some(line.strip_prefix("# TYPE ")?.split(' ').next()?.to_owned())).collect();
    assert!(families.len() > 30, "{families:?}");
    let family = |name: &String| families.contains(name) || name.strip_suffix("_bucket").is_some_and(|name| families.contains(name));
    let dashboard: Value = serde_json::from_slice(&std::fs::read(repository("deploy/grafana/rihla.json")).expect("a dashboard")).expect("JSON");
    let rules = std::fs::read_to_string(repository("deploy/prometheus/rihla.rules.yml")).expect("rules");
    let (shown, alerted) = (named(&expressions(&dashboard).join("\n")), named(&rules));
    let unknown: Vec<&String> = shown.union(&alerted).filter(|name| !family(name)).collect();
    assert!(unknown.is_empty(), "the program gives none of {unknown:?}");
    let unseen: Vec<&String> = families.iter().filter(|name| !shown.contains(*name) && !shown.contains(&format!("{name}_bucket"))).collect();
    assert!(unseen.is_empty(), "the dashboard shows none of {unseen:?}");
}

#[test]
fn every_panel_has_a_place_and_a_query() {
    let dashboard: Value = serde_json::from_slice(&std::fs::read(repository("deploy/grafana/rihla.json")).expect("a dashboard")).expect("JSON");
    let mut taken = BTreeSet::new();
    let mut ids = BTreeSet::new();
    for panel in dashboard["panels"].as_array().expect("panels") {
        let title = panel["title"].as_str().expect("a title");
        assert!(ids.insert(panel["id"].as_u64()), "{title} has the id of another");
        let at = |key: &str| panel["gridPos"][key].as_u64().expect("a place");
        assert!(at("x") + at("w") <= 24, "{title} is out of the page");
        for (x, y) in (at("x")..at("x") + at("w")).flat_map(|x| (at("y")..at("y") + at("h")).map(move |y| (x, y))) {
            assert!(taken.insert((x, y)), "{title} lies over another panel");
        }
        assert!(panel["type"] == "row" || panel["targets"].as_array().is_some_and(|targets| !targets.is_empty()), "{title} asks nothing");
    }
}

#[test]
fn promtool_accepts_the_rules_and_their_tests() {
    let folder = repository("deploy/prometheus");
    for arguments in [["check", "rules", "rihla.rules.yml"], ["test", "rules", "rihla.rules.test.yml"]] {
        let Some((is_content, said)) = promtool(&arguments, &folder, "") else { return };
        assert!(is_content, "{said}");
    }
}

#[test]
fn every_alert_is_tested() {
    let read = |name: &str| std::fs::read_to_string(repository("deploy/prometheus").join(name)).expect("a file");
    let named = |text: &str, pattern: &str| -> BTreeSet<String> {
        Regex::new(pattern).expect("a pattern").captures_iter(text).map(|found| found[1].to_owned()).collect()
    };
    let fired = named(&read("rihla.rules.test.yml"), r"alertname: (\w+)\n\s+exp_alerts:\n\s+- ");
    let untested: Vec<String> = named(&read("rihla.rules.yml"), r"- alert: (\w+)").difference(&fired).cloned().collect();
    assert!(untested.is_empty(), "{untested:?}");
}
