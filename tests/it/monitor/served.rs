//! What a scheduler answers while it waits, works, refuses a project and stops.

use std::net::TcpListener;

use super::http::get;
use super::promtool::promtool;
use super::watched::Watched;
use crate::support::{Folder, assert_nobody, repository};

/// When a scheduler first sees the project, and after the next due time.
const BEFORE: &str = "2023-07-21T06:00:00Z";
const AFTER: &str = "2023-07-22T07:00:00Z";

/// Lets a scheduler see the project for the first time.
fn seen(folder: &Folder) {
    let watched = Watched::start(folder, BEFORE, &[], &[]);
    watched.wait_for("schedules", 1);
    watched.stop();
}

fn reasons(answer: &super::http::Answer) -> Vec<String> {
    answer.json()["reasons"].as_array().expect("reasons").iter().map(|reason| reason["reason"].as_str().expect("a word").to_owned()).collect()
}

#[test]
fn figures_are_those_of_ledger_and_warehouse_and_a_restart_changes_none() {
    let folder = Folder::small();
    seen(&folder);
    let watched = Watched::start(&folder, AFTER, &[], &[]);
    watched.figure_until("rihla_ticks_succeeded_total{pipeline=\"registrations\"}", 1.0);
    watched.figure_until("rihla_release_number", 1.0);
    let counted = [
        ("rihla_ticks_due_total{pipeline=\"registrations\"}", 1.0),
        ("rihla_runs_started_total{pipeline=\"registrations\"}", 1.0),
        ("rihla_runs_failed_total{pipeline=\"registrations\",failure=\"data\"}", 0.0),
        ("rihla_ticks_skipped_total{pipeline=\"registrations\",policy=\"misfire\"}", 0.0),
        ("rihla_run_duration_seconds_count{pipeline=\"registrations\"}", 1.0),
        ("rihla_run_duration_seconds_bucket{pipeline=\"registrations\",le=\"+Inf\"}", 1.0),
        ("rihla_deliveries_total{feed=\"registrations\",outcome=\"loaded\"}", 4.0),
        ("rihla_pipeline_is_failing{pipeline=\"registrations\"}", 0.0),
        ("rihla_pipelines", 1.0),
        ("rihla_scheduler_is_leader", 1.0),
    ];
    let rows = |watched: &Watched| watched.figure("rihla_rows_total{feed=\"registrations\",outcome=\"loaded\"}").expect("rows");
    let loaded = rows(&watched);
    assert!(loaded >= folder.loaded("registrations").len() as f64, "{loaded}");
    let check = |watched: &Watched| {
        for (name, value) in counted {
            assert_eq!(watched.figure(name), Some(value), "{name}");
        }
        assert_eq!(rows(watched), loaded);
        for name in ["rihla_ledger_size_bytes", "rihla_warehouse_size_bytes", "rihla_warehouse_free_bytes"] {
            assert!(watched.figure(name).is_some_and(|bytes| bytes > 1_000.0), "{name}");
        }
    };
    check(&watched);
    // February to June were due, and nobody sent them.
    assert!(watched.figure("rihla_feed_missing_reports{feed=\"registrations\"}").is_some_and(|missing| missing > 0.0));
    assert_nobody(&watched.get("/metrics").body);
    watched.stop();
    let again = Watched::start(&folder, AFTER, &[], &[]);
    again.figure_until("rihla_scheduler_term", 3.0);
    check(&again);
    again.stop();
}

#[test]
fn figures_are_written_as_their_reader_takes_them() {
    let folder = Folder::small();
    let watched = Watched::start(&folder, BEFORE, &[], &[]);
    watched.get_until("/ready", 200);
    let plain = watched.get("/metrics");
    assert_eq!(plain.header("content-type"), "text/plain; version=0.0.4; charset=utf-8");
    assert!(!plain.body.contains("# EOF"), "{}", plain.body);
    let accept = "application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4;q=0.5";
    let open = get(&watched.address, "/metrics", accept).expect("an answer");
    assert_eq!(open.header("content-type"), "application/openmetrics-text; version=1.0.0; charset=utf-8");
    assert!(open.body.ends_with("# EOF\n"), "{}", open.body);
    assert!(open.body.contains("# TYPE rihla_build info\n") && open.body.contains("# TYPE rihla_ticks_due counter\n"), "{}", open.body);
    assert_eq!(watched.get("/metric").status, 404);
    watched.stop();
    if let Some((is_content, said)) = promtool(&["check", "metrics"], &repository(""), &plain.body) {
        assert!(is_content && said.trim().is_empty(), "{said}\n{}", plain.body);
    }
}

#[test]
fn who_waits_says_for_whom_and_is_ready_when_it_takes_over() {
    let folder = Folder::small();
    let first = Watched::start(&folder, BEFORE, &[], &[]);
    let ready = first.get_until("/ready", 200).json();
    assert_eq!((ready["part"].as_str(), ready["term"].as_u64()), (Some("leading"), Some(1)));
    let second = Watched::start(&folder, BEFORE, &[], &[]);
    second.wait_for("this one waits", 1);
    let waiting = second.get("/ready");
    assert_eq!((waiting.status, reasons(&waiting)), (503, vec!["waiting".to_owned()]));
    assert!(waiting.json()["reasons"][0]["holder"].as_str().is_some_and(|holder| holder.starts_with("process ")), "{}", waiting.body);
    assert_eq!(second.get("/health").status, 200);
    assert_eq!((second.figure("rihla_scheduler_is_leader"), second.figure("rihla_scheduler_term")), (Some(0.0), None));
    first.stop();
    assert_eq!(second.get_until("/ready", 200).json()["term"].as_u64(), Some(2));
    second.stop();
}

#[test]
fn a_refused_project_is_told_until_it_is_mended() {
    let folder = Folder::small();
    let watched = Watched::start(&folder, BEFORE, &[], &[]);
    watched.get_until("/ready", 200);
    folder.replace("pipelines/registrations.toml", "\"0 6 * * *\"", "\"0 6 * *\"");
    let refused = watched.get_until("/ready", 503);
    assert_eq!(reasons(&refused), ["project-refused"]);
    assert!(refused.body.contains("pipelines/registrations.toml:4"), "{}", refused.body);
    assert_eq!((watched.get("/health").status, watched.figure("rihla_project_is_refused")), (200, Some(1.0)));
    folder.replace("pipelines/registrations.toml", "\"0 6 * *\"", "\"0 7 * * *\"");
    watched.get_until("/ready", 200);
    watched.stop();
}

#[test]
fn a_pause_is_seen() {
    let folder = Folder::small();
    let watched = Watched::start(&folder, BEFORE, &[], &[]);
    watched.figure_until("rihla_pipeline_is_paused{pipeline=\"registrations\"}", 0.0);
    folder.rihla_with(&["pause", "registrations", "--reason", "the office mends its extracts"], &[("RIHLA_NOW", BEFORE)]).ok();
    watched.figure_until("rihla_pipeline_is_paused{pipeline=\"registrations\"}", 1.0);
    watched.stop();
}

#[test]
fn an_address_that_is_taken_or_none_is_told_at_the_start() {
    let folder = Folder::small();
    let taken = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = taken.local_addr().expect("an address").to_string();
    let refused = folder.rihla(&["schedule", "--listen", &address]);
    assert_eq!(refused.code, 1, "{}", refused.text());
    assert!(
        refused.stderr.contains(&format!("cannot listen at `{address}`")) && refused.stderr.contains("another program listens there"),
        "{}",
        refused.text()
    );
    let wrong = folder.rihla_with(&["schedule"], &[("RIHLA_LISTEN", "9464")]);
    assert_eq!(wrong.code, 1, "{}", wrong.text());
    assert!(wrong.stderr.contains("write a host and a port"), "{}", wrong.text());
    // What listens nowhere is not asked to.
    folder.rihla_with(&["schedule", "--next", "1"], &[("RIHLA_LISTEN", "9464")]).ok();
}
