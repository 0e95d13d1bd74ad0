//! Extracts on the web: asked for by office and month, read when they changed, and never without a word.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use crate::sources::{SECRET, assert_kept, problems, project_at, told};
use crate::support::{ROWS, comma_csv, with};
use crate::web_server::{Answer, Asked, WebServer};

const NAME: &str = "/RAB/registrations-2023-01.csv";

/// January's file as of a state, and nothing else.
fn january(state: u32) -> Answer {
    let rows = if state == 0 { ROWS.to_vec() } else { vec![ROWS[0], ROWS[1], ROWS[2], with(ROWS[3], "Nationalité", "Guinée")] };
    Answer::file(4 + state, comma_csv(&rows))
}

fn server(answers: impl Fn(&Asked, u32) -> Answer + Send + Sync + 'static) -> (WebServer, Arc<AtomicU32>) {
    let state = Arc::new(AtomicU32::new(0));
    let told = state.clone();
    (WebServer::start(move |asked| answers(asked, told.load(Ordering::Relaxed))), state)
}

fn only_january(asked: &Asked, state: u32) -> Answer {
    match (asked.path() == NAME, state) {
        (false, _) => Answer::new(404, ""),
        (true, 9) => Answer::new(403, "not you"),
        (true, state) => january(state),
    }
}

#[test]
fn files_of_the_web_are_found_by_the_calendar_and_read_when_they_changed() {
    let (server, state) = server(only_january);
    let folder = project_at(&format!("{}/{{office}}/registrations-{{period}}.csv", server.url), "csv = {}");
    let first = folder.rihla(&["run", "--json"]).ok();
    assert_eq!(told(&first), [1, 0, 1, 0, 0]);
    let asked = server.asked();
    assert_eq!(asked.iter().filter(|line| line.starts_with("HEAD")).count(), 8, "seven months, and once more after reading: {asked:?}");
    assert_eq!(asked.iter().filter(|line| line.starts_with("GET")).count(), 1, "{asked:?}");
    let submission = &folder.tables().0[0];
    assert_eq!((&submission["path"], &submission["received_at"]), (&format!("{}{NAME}", server.url).into(), &"2023-02-04T08:00:00Z".into()));
    server.forget();
    let second = folder.rihla(&["run"]).ok();
    assert!(second.stdout.contains("nothing changed"), "{}", second.text());
    assert!(server.asked().iter().all(|line| line.starts_with("HEAD")), "what did not change was read: {:?}", server.asked());
    state.store(1, Ordering::Relaxed);
    assert_eq!(told(&folder.rihla(&["run", "--json"]).ok()), [1, 0, 1, 0, 0]);
    assert!(folder.tables().0.iter().any(|submission| submission["revision"] == 2));
    state.store(9, Ordering::Relaxed);
    let refused = folder.rihla(&["run", "--json"]);
    assert_eq!(refused.code, 1);
    let problems = problems(&refused);
    assert!(problems.contains("out of reach") && problems.contains("(403)") && problems.contains("check the token"), "{problems}");
}

#[test]
fn months_before_those_that_are_looked_at_again_are_left_alone() {
    let (server, _) = server(only_january);
    let folder = project_at(&format!("{}/{{office}}/registrations-{{period}}.csv", server.url), "csv = {}\nweb = { lookback = 2 }");
    folder.rihla(&["run"]).ok();
    server.forget();
    assert_eq!(told(&folder.rihla(&["run", "--json"]).ok()), [1, 1, 0, 0, 0]);
    assert!(!server.asked().iter().any(|line| line.ends_with(NAME)), "{:?}", server.asked());
    assert_eq!(server.asked().len(), 6, "those that never came are still asked for: {:?}", server.asked());
}

#[test]
fn a_backfill_asks_for_old_months_anew_and_for_no_other() {
    let (server, state) = server(only_january);
    let folder = project_at(&format!("{}/{{office}}/registrations-{{period}}.csv", server.url), "csv = {}\nweb = { lookback = 2 }");
    folder.rihla(&["run"]).ok();
    state.store(1, Ordering::Relaxed);
    assert_eq!(told(&folder.rihla(&["run", "--json"]).ok()), [1, 1, 0, 0, 0], "the change of an old month is not seen");
    server.forget();
    let filled = folder.rihla(&["backfill", "--feed", "registrations", "--from", "2023-01", "--to", "2023-01", "--json"]).ok().json();
    assert_eq!((&filled["plan"][0]["to_load"], &filled["runs"][0]["feeds"][0]["loaded"]), (&1.into(), &1.into()), "{filled}");
    assert!(server.asked().iter().all(|line| line.ends_with(NAME)), "{:?}", server.asked());
    state.store(9, Ordering::Relaxed);
    let out_of_reach = folder.rihla(&["backfill", "--feed", "registrations", "--from", "2023-01", "--to", "2023-02"]);
    assert!(out_of_reach.code == 1 && out_of_reach.stderr.contains("out of reach") && out_of_reach.stderr.contains("(403)"), "{}", out_of_reach.text());
}

/// A server that gives and does not say when anything changed, and does not know HEAD.
#[test]
fn a_file_without_a_time_was_received_when_it_was_first_seen() {
    let (server, state) = server(|asked, state| match (asked.method.as_str(), asked.path() == NAME) {
        ("HEAD", _) => Answer::new(405, ""),
        (_, true) => Answer { headers: Vec::new(), ..january(state) },
        _ => Answer::new(404, ""),
    });
    let folder = project_at(&format!("{}/{{office}}/registrations-{{period}}.csv", server.url), "csv = {}");
    assert_eq!(told(&folder.rihla(&["run", "--json"]).ok()), [1, 0, 1, 0, 0]);
    assert_eq!(folder.tables().0[0]["received_at"], "2023-07-21T06:00:00Z");
    let again = folder.rihla(&["run", "--json"]).ok();
    assert_eq!((told(&again), &again.json()["outcome"]), ([1, 1, 0, 0, 0], &"unchanged".into()));
    state.store(1, Ordering::Relaxed);
    assert_eq!(told(&folder.rihla(&["run", "--json"]).ok()), [1, 0, 1, 0, 0]);
}

#[test]
fn a_file_that_changes_while_it_is_read_is_refused_and_tried_again() {
    let (server, state) = server(|asked, state| match only_january(asked, 0) {
        answer if state == 0 && answer.status == 200 => answer.with("ETag", format!("\"{}{}\"", asked.method, asked.turn)),
        answer => answer,
    });
    let folder = project_at(&format!("{}/{{office}}/registrations-{{period}}.csv", server.url), "csv = {}");
    let ran = folder.rihla(&["run", "--json"]);
    assert_eq!((ran.code, told(&ran)), (1, [1, 0, 0, 0, 1]), "{}", ran.text());
    assert_eq!(ran.json()["refused"][0]["error"], "changed-while-read");
    state.store(1, Ordering::Relaxed);
    assert_eq!(told(&folder.rihla(&["run", "--json"]).ok()), [1, 0, 1, 0, 0]);
}

#[test]
fn a_secret_is_sent_and_never_said_or_written() {
    let (server, state) = server(|asked, state| {
        let knows = asked.pair("key") == Some(SECRET) && asked.header("authorization") == Some(&format!("Bearer {SECRET}"));
        if knows && state == 0 { only_january(asked, 0) } else { Answer::new(401, format!("{SECRET} is wrong")) }
    });
    let folder =
        project_at(&format!("{}/{{office}}/registrations-{{period}}.csv?key=${{REPORT_KEY}}", server.url), "csv = {}\nweb = { token = \"${REPORT_TOKEN}\" }");
    let environment = [("REPORT_KEY", SECRET), ("REPORT_TOKEN", SECRET), ("RIHLA_LOG", "trace")];
    let loaded = folder.rihla_with(&["run", "--json"], &environment).ok();
    assert_eq!(told(&loaded), [1, 0, 1, 0, 0]);
    state.store(1, Ordering::Relaxed);
    let refused = folder.rihla_with(&["run"], &environment);
    let checked = folder.rihla_with(&["check"], &environment).ok();
    assert!(refused.code == 1 && refused.stdout.contains("(401)"), "{}", refused.text());
    assert_kept(&folder, &[&loaded, &refused, &checked]);
    let missing = folder.rihla(&["run"]);
    assert!(missing.code == 1 && missing.stdout.contains("the environment has no variable `REPORT_KEY`"), "{}", missing.text());
    let warned = folder.rihla(&["check"]).ok();
    assert!(warned.stdout.contains("no variable `REPORT_KEY`") && warned.stdout.contains("no variable `REPORT_TOKEN`"), "{}", warned.text());
}

#[test]
fn what_can_be_reached_is_loaded_while_a_source_is_not() {
    let (server, _) = server(|_, _| Answer::new(401, ""));
    let folder = project_at(&format!("{}/{{office}}/registrations-{{period}}.csv", server.url), "csv = {}");
    folder.write("in/AGA/2023-02-07/registrations-2023-01.jsonl", crate::support::json_lines(&ROWS));
    let ran = folder.rihla(&["run", "--json"]);
    assert_eq!((ran.code, told(&ran)), (1, [1, 0, 1, 0, 0]), "{}", ran.text());
    assert_eq!(server.asked().len(), 4, "a server that fails is not asked for all the rest: {:?}", server.asked());
}
