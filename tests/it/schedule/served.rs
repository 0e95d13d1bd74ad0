//! The scheduler as a process: what was due runs once, whatever happens to it; signals, a second scheduler, a changed project,
//! pauses.

use std::fs::File;
use std::time::Duration;

use super::kills;
use super::process::{AFTER, BEFORE, PIPELINE, Scheduler, eventually, seen, ticks, told};
use crate::support::Folder;

#[test]
fn what_was_due_runs_once_and_late_rather_than_never() {
    let folder = Folder::small();
    seen(&folder);
    assert!(ticks(&folder, BEFORE).is_empty(), "nothing was due when it was first seen");
    for _ in 0..2 {
        let scheduler = Scheduler::start(&folder, AFTER);
        scheduler.wait_for("schedules", 1);
        eventually(|| told(&folder, AFTER).first().is_some_and(|tick| tick.contains("succeeded")).then_some(()), || scheduler.said());
        scheduler.stop();
        assert_eq!(told(&folder, AFTER), ["registrations 2023-07-22T05:00:00Z succeeded 1"]);
    }
    assert!(!folder.released("by_country").is_empty());
    let shown = folder.rihla_with(&["runs"], &[("RIHLA_NOW", AFTER)]).ok();
    crate::support::snapshot("schedule", "runs", "rihla runs", &shown.text());
}

#[test]
fn models_are_built_once_after_their_feeds() {
    let folder = Folder::small();
    folder.replace("rihla.toml", "[calendar]", "[schedule.models]\ndepends_on = [\"registrations\"]\n\n[calendar]");
    seen(&folder);
    let scheduler = Scheduler::start(&folder, AFTER);
    scheduler.wait_for("run ended", 2);
    let said = scheduler.stop();
    let order: Vec<bool> = said.lines().filter(|line| line.contains("run begins")).map(|line| line.contains("models")).collect();
    assert_eq!(order, [false, true], "{said}");
    assert_eq!(told(&folder, AFTER), ["registrations 2023-07-22T05:00:00Z succeeded 1", "models 2023-07-22T05:00:00Z succeeded 1"]);
    assert!(!folder.released("by_country").is_empty());
}

#[test]
fn a_load_of_one_feed_releases_nothing() {
    let folder = Folder::small();
    let loaded = folder.rihla(&["run", "--feed", "registrations"]).ok();
    crate::support::snapshot("schedule", "one_feed", "rihla run --feed registrations", &loaded.text());
    assert!(!folder.loaded("registrations").is_empty());
    assert!(!folder.path("warehouse/released/latest").exists());
    assert!(folder.rihla(&["status"]).stdout.contains("loaded only"), "nothing was held back");
    let unknown = folder.rihla(&["run", "--feed", "registration"]);
    crate::support::snapshot("schedule", "no_such_feed", "rihla run --feed registration", &unknown.text());
    folder.rihla(&["run"]).ok();
    assert!(!folder.released("by_country").is_empty());
}

#[test]
fn a_second_scheduler_waits_and_takes_over_when_the_first_is_killed() {
    let folder = Folder::small();
    let first = Scheduler::start(&folder, BEFORE);
    first.wait_for("schedules", 1);
    let second = Scheduler::start(&folder, BEFORE);
    second.wait_for("this one waits", 1);
    assert!(!second.said().contains("term="), "{}", second.said());
    first.kill();
    second.wait_for("term=2", 1);
    second.stop();
    let waiting = Scheduler::start(&folder, BEFORE);
    waiting.wait_for("term=3", 1);
    waiting.stop();
}

/// A small project whose folder several hosts share.
fn shared() -> Folder {
    let folder = Folder::small();
    folder.replace("rihla.toml", "[calendar]", "[schedule]\nhosts = \"several\"\n\n[calendar]");
    folder
}

#[test]
fn of_several_hosts_one_schedules_and_another_takes_over_within_a_minute_of_its_death() {
    let folder = shared();
    seen(&folder);
    let first = Scheduler::start(&folder, BEFORE);
    first.wait_for("term=2", 1);
    let second = Scheduler::start(&folder, AFTER);
    second.wait_for("this one waits", 1);
    first.kill();
    let since = std::time::Instant::now();
    second.wait_for("term=3", 1);
    assert!(since.elapsed() < Duration::from_secs(60), "{:?}", since.elapsed());
    eventually(|| told(&folder, AFTER).first().is_some_and(|tick| tick.contains("succeeded")).then_some(()), || second.said());
    second.stop();
    assert_eq!(told(&folder, AFTER), ["registrations 2023-07-22T05:00:00Z succeeded 1"]);
    assert!(!folder.path("warehouse/schedule/ledger.sqlite").exists(), "one host's ledger is not used");
    let doctor = folder.rihla_with(&["doctor"], &[("RIHLA_NOW", AFTER)]);
    assert!(doctor.stdout.contains("no scheduler is at work"), "{}", doctor.text());
}

#[test]
fn a_ledger_of_one_host_is_moved_to_several_before_they_schedule() {
    let folder = Folder::small();
    seen(&folder);
    folder.rihla(&["pause", "registrations", "--reason", "the office mends its extracts"]).ok();
    folder.replace("rihla.toml", "[calendar]", "[schedule]\nhosts = \"several\"\n\n[calendar]");
    let refused = folder.rihla(&["schedule"]);
    crate::support::snapshot("schedule", "another_ledger", "rihla schedule", &refused.text());
    let shown = folder.rihla(&["runs", "show"]);
    assert!(shown.code == 1 && shown.stderr.contains("kept for one host"), "what is known is not passed over: {}", shown.text());
    let moved = folder.rihla_with(&["schedule", "--move-ledger"], &[("RIHLA_NOW", AFTER)]).ok();
    crate::support::snapshot("schedule", "moved_ledger", "rihla schedule --move-ledger", &moved.text());
    let twice = folder.rihla(&["schedule", "--move-ledger"]);
    assert!(twice.code == 1 && twice.stderr.contains("no other ledger"), "{}", twice.text());
    let scheduler = Scheduler::start(&folder, AFTER);
    eventually(|| (!ticks(&folder, AFTER).is_empty()).then_some(()), || scheduler.said());
    scheduler.stop();
    assert_eq!(told(&folder, AFTER), ["registrations 2023-07-22T05:00:00Z skipped 0"], "the pause and what was due came along");
}

#[test]
fn what_failed_is_shown_with_its_attempts_and_runs_again_when_asked() {
    let folder = Folder::small();
    folder.replace(PIPELINE, "cron = \"0 6 * * *\"", "cron = \"0 6 * * *\", retry = { attempts = 1 }");
    seen(&folder);
    let hidden = folder.path("hidden");
    std::fs::rename(folder.path("in"), &hidden).expect("hidden");
    let scheduler = Scheduler::start(&folder, AFTER);
    let stands = |word: &str| told(&folder, AFTER).iter().any(|tick| tick.starts_with("registrations") && tick.contains(word));
    eventually(|| stands("failed").then_some(()), || scheduler.said());
    let with_now = |args: &[&str]| folder.rihla_with(args, &[("RIHLA_NOW", AFTER)]);
    let shown = with_now(&["runs", "show", "registrations"]).ok();
    assert!(shown.stdout.contains("attempt 1 failed: unavailable") && shown.stdout.contains("out of reach"), "{}", shown.text());
    let other = with_now(&["retry", "registrations", "--due", "2023-07-20T06:00:00Z"]);
    assert!(other.code == 1 && other.stderr.contains("was not due then"), "{}", other.text());
    std::fs::rename(&hidden, folder.path("in")).expect("there again");
    let asked = with_now(&["retry"]).ok();
    assert!(asked.stdout.starts_with("asked for: registrations, due Sat 2023-07-22 06:00") && !asked.stdout.contains("no scheduler runs"), "{}", asked.text());
    eventually(|| stands("succeeded").then_some(()), || scheduler.said());
    let shown = with_now(&["runs", "show", "registrations", "--json"]).ok().json();
    assert_eq!(shown["attempts"].as_array().map(Vec::len), Some(2), "{shown}");
    let run = shown["attempts"][1]["ended"]["run_id"].as_str().expect("a run").to_owned();
    let shown = with_now(&["runs", "show", &run]).ok();
    for what in ["attempt 1 failed", "attempt 2 began", "loading (4)", "modelling", "attempt 2 succeeded", "run ended: released, release 1"] {
        assert!(shown.stdout.contains(what), "no `{what}` in {}", shown.text());
    }
    assert!(with_now(&["retry"]).stderr.contains("nothing failed when it was last due"));
    assert!(with_now(&["retry", "registrations"]).stderr.contains("did not fail"));
    scheduler.stop();
}

#[test]
fn every_step_is_followed() {
    let folder = Folder::small();
    seen(&folder);
    let log = folder.path("../followed");
    let out = File::create(&log).expect("a file");
    let mut follower = folder.command(&["runs", "--follow"]).env("RIHLA_NOW", AFTER).stdout(out).spawn().expect("it starts");
    std::thread::sleep(Duration::from_millis(1_500));
    let scheduler = Scheduler::start(&folder, AFTER);
    let said = || std::fs::read_to_string(&log).expect("a file");
    eventually(|| said().contains("succeeded").then_some(()), || format!("{}\n{}", said(), scheduler.said()));
    follower.kill().expect("killed");
    follower.wait().expect("it ends");
    scheduler.stop();
    assert!(said().lines().all(|line| line.starts_with("registrations, due Sat 2023-07-22 06:00")), "{}", said());
}

#[test]
fn one_that_waits_hears_a_signal() {
    let folder = Folder::small();
    let first = Scheduler::start(&folder, BEFORE);
    first.wait_for("schedules", 1);
    let mut second = Scheduler::start(&folder, BEFORE);
    second.wait_for("this one waits", 1);
    second.signal("TERM");
    assert_eq!(second.child.wait().expect("it ends").code(), Some(0));
    first.stop();
}

#[test]
fn one_that_stands_still_is_taken_over_from_and_stops_when_it_wakes() {
    let folder = Folder::small();
    let first = Scheduler::start(&folder, BEFORE);
    first.wait_for("schedules", 1);
    first.signal("STOP");
    let second = Scheduler::start(&folder, BEFORE);
    second.wait_for("term=2", 1);
    first.signal("CONT");
    first.wait_for("another scheduler has taken over", 1);
    first.wait_for("this one waits to take over", 1);
    // Some looks later the second one is still the one.
    std::thread::sleep(Duration::from_secs(7));
    assert!(!first.said().contains("term=3"), "it took over from one that lives: {}", first.said());
    second.stop();
    first.wait_for("term=3", 1);
    first.stop();
}

#[test]
fn a_changed_project_is_taken_over_and_a_broken_one_refused() {
    let folder = Folder::small();
    let scheduler = Scheduler::start(&folder, BEFORE);
    scheduler.wait_for("schedules", 1);
    folder.replace(PIPELINE, "\"0 6 * * *\"", "\"0 6 * *\"");
    scheduler.wait_for("what was scheduled stays so", 1);
    assert!(scheduler.said().contains("pipelines/registrations.toml:4: `0 6 * *` is no cron expression"), "{}", scheduler.said());
    folder.replace(PIPELINE, "\"0 6 * *\"", "\"0 7 * * *\"");
    scheduler.wait_for("is taken over", 1);
    folder.replace("rihla.toml", "title = ", "warehouse = \"elsewhere\"\ntitle = ");
    scheduler.wait_for("the project names another warehouse", 1);
    folder.replace("rihla.toml", "warehouse = \"elsewhere\"\ntitle = ", "title = ");
    scheduler.wait_for("is taken over", 2);
    folder.replace("rihla.toml", "[calendar]", "[schedule]\nhosts = \"several\"\n\n[calendar]");
    scheduler.wait_for("or another number of hosts", 2);
    scheduler.stop();
}

#[test]
fn a_broken_project_is_not_begun_with() {
    let folder = Folder::small();
    folder.replace(PIPELINE, "\"0 6 * * *\"", "\"0 6 * *\"");
    let refused = folder.rihla(&["schedule"]);
    crate::support::snapshot("schedule", "begun_broken", "rihla schedule", &refused.text());
}

#[test]
fn a_pause_skips_what_falls_into_it_and_ends() {
    let folder = Folder::small();
    seen(&folder);
    folder.rihla(&["pause", "registrations", "--reason", "the office mends its extracts"]).ok();
    let scheduler = Scheduler::start(&folder, AFTER);
    eventually(|| (!ticks(&folder, AFTER).is_empty()).then_some(()), || scheduler.said());
    scheduler.stop();
    let shown = folder.rihla_with(&["runs"], &[("RIHLA_NOW", AFTER)]).ok();
    crate::support::snapshot("schedule", "paused", "rihla runs", &shown.text());
    folder.rihla_with(&["resume", "registrations"], &[("RIHLA_NOW", AFTER)]).ok();
    let twice = folder.rihla_with(&["resume", "registrations"], &[("RIHLA_NOW", AFTER)]);
    crate::support::snapshot("schedule", "resumed_twice", "rihla resume registrations", &twice.text());
}

#[test]
fn killed_at_random_moments_the_tables_are_those_of_an_undisturbed_one() {
    let seed = std::env::var("RIHLA_SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or_else(|| u64::from(std::process::id()));
    let survived = kills::survive(seed, 10);
    assert_eq!(survived.ticks, survived.kills as usize + 1, "each due time is one: {survived:?}");
    assert!(survived.deliveries > 4 && survived.at_work <= survived.kills, "{survived:?}");
}
