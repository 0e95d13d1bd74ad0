//! A scheduler as a process tells real receivers, and none of them can keep it from loading.

use std::fs::File;
use std::net::TcpListener;
use std::path::PathBuf;
use std::process::{Child, Command};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use super::{Receiver, eventually, webhook, with_receivers};
use crate::support::{Folder, ROWS, assert_nobody, comma_csv, snapshot, with};

const BEFORE: &str = "2023-07-21T06:00:00Z";
const FIRST: &str = "2023-07-22T07:00:00Z";
const SECOND: &str = "2023-07-23T07:00:00Z";

struct Scheduler {
    child: Child,
    log: PathBuf,
}

impl Scheduler {
    fn start(folder: &Folder, now: &str) -> Self {
        static COUNT: AtomicU64 = AtomicU64::new(0);
        let log = folder.path(&format!("../alerts-{}.log", COUNT.fetch_add(1, Ordering::Relaxed)));
        let stderr = File::create(&log).expect("a log");
        let child = folder.command(&["schedule", "--drain", "60"]).env("RIHLA_NOW", now).stderr(stderr).spawn().expect("it starts");
        Self { child, log }
    }

    fn said(&self) -> String {
        std::fs::read_to_string(&self.log).expect("a log")
    }

    #[track_caller]
    fn wait_for(&self, words: &str) {
        eventually(|| self.said().contains(words), || format!("no `{words}` in:\n{}", self.said()));
    }

    /// Asks it to stop and waits until it has; gives what it said and how long that took.
    #[track_caller]
    fn stop(mut self) -> (String, Duration) {
        let began = Instant::now();
        assert!(Command::new("kill").arg(self.child.id().to_string()).status().expect("kill").success(), "{}", self.said());
        assert_eq!(self.child.wait().expect("it ends").code(), Some(0), "{}", self.said());
        (self.said(), began.elapsed())
    }
}

impl Drop for Scheduler {
    fn drop(&mut self) {
        // One that has ended cannot be killed.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Lets a scheduler see the project for the first time, and end.
fn seen(folder: &Folder) {
    let scheduler = Scheduler::start(folder, BEFORE);
    scheduler.wait_for("schedules");
    scheduler.stop();
}

/// Lets what is due at a time run to its end.
fn run(folder: &Folder, now: &str, end: &str) -> String {
    let scheduler = Scheduler::start(folder, now);
    scheduler.wait_for(end);
    scheduler.stop().0
}

const NOT_LATE: &str = "kinds = [\"failed\", \"over-tolerance\", \"blocked\", \"scheduler\", \"recovered\"]";

#[test]
fn a_pipeline_that_fails_is_told_once_and_once_that_it_is_mended() {
    let receiver = Receiver::willing();
    let folder = with_receivers(&webhook("ops", &receiver.server.url, NOT_LATE));
    seen(&folder);
    let key = std::fs::read(folder.key()).expect("the key");
    std::fs::write(folder.key(), "no key").expect("a file");
    run(&folder, FIRST, "run failed");
    let failed = "failed: registrations: the run failed and is not tried again";
    eventually(|| receiver.told() == [failed], || format!("{:?}", receiver.told()));
    let shown = folder.rihla_with(&["alerts"], &[("RIHLA_NOW", FIRST)]).ok();
    snapshot("alerts", "failed_is_the_matter", "rihla alerts", &shown.text());
    let shown = folder.rihla_with(&["alerts", "--lang", "fr"], &[("RIHLA_NOW", FIRST)]).ok();
    snapshot("alerts", "failed_is_the_matter_fr", "rihla alerts --lang fr", &shown.text());
    // Another scheduler finds it failed still, and says nothing.
    run(&folder, FIRST, "schedules");
    std::fs::write(folder.key(), key).expect("the key");
    run(&folder, SECOND, "run ended");
    eventually(|| receiver.told().len() == 2, || format!("{:?}", receiver.told()));
    assert_eq!(receiver.told(), [failed.to_owned(), format!("recovered: over: {}", failed.trim_start_matches("failed: "))]);
}

#[test]
fn a_refused_delivery_that_holds_the_release_back_is_one_alert() {
    let (all, releases) = (Receiver::willing(), Receiver::willing());
    let receivers = [webhook("all", &all.server.url, NOT_LATE), webhook("releases", &releases.server.url, "kinds = [\"blocked\", \"recovered\"]")];
    let folder = with_receivers(&receivers.concat());
    let bad: Vec<_> = ROWS.iter().map(|row| with(*row, "Nationalité", "Nowhere")).collect();
    folder.write("in/RAB/2023-02-04/registrations-2023-01.csv", comma_csv(&bad));
    seen(&folder);
    let said = run(&folder, FIRST, "run failed");
    assert_nobody(&said);
    let refused = "over-tolerance: registrations, Rabat (RAB), 2023-01: the delivery was refused";
    eventually(|| all.told() == [refused] && releases.told() == ["blocked: no release was made"], || format!("{:?} {:?}", all.told(), releases.told()));
    folder.write("in/RAB/2023-07-22/registrations-2023-01.csv", comma_csv(&ROWS));
    run(&folder, SECOND, "run ended");
    eventually(|| all.told().len() == 2 && releases.told().len() == 2, || format!("{:?} {:?}", all.told(), releases.told()));
    assert_eq!(releases.told()[1], "recovered: over: no release was made");
    assert!(all.told()[1].starts_with("recovered: over: registrations, Rabat"), "{:?}", all.told());
}

#[test]
fn late_reports_of_a_round_are_one_alert() {
    let receiver = Receiver::willing();
    let folder = with_receivers(&webhook("ops", &receiver.server.url, "kinds = [\"late\"]"));
    folder.rihla(&["run"]).ok();
    assert!(receiver.told().is_empty(), "a run that somebody starts tells nobody");
    seen(&folder);
    eventually(|| receiver.told().len() == 5, || format!("{:?}", receiver.told()));
    let months = ["2023-02", "2023-03", "2023-04", "2023-05", "2023-06"];
    assert_eq!(receiver.told(), months.map(|month| format!("late: registrations for {month}: the reports of 4 offices are late")));
}

#[test]
fn a_receiver_that_never_answers_delays_no_load_and_no_stop() {
    let silent = TcpListener::bind("127.0.0.1:0").expect("a port");
    let folder = with_receivers(&webhook("dead", &format!("http://{}", silent.local_addr().expect("an address")), ""));
    seen(&folder);
    let scheduler = Scheduler::start(&folder, FIRST);
    scheduler.wait_for("run ended");
    let (said, took) = scheduler.stop();
    assert!(took < Duration::from_secs(20), "it took {took:?} to stop: {said}");
    assert!(said.contains("some alerts are not sent yet"), "{said}");
    assert!(!folder.released("by_country").is_empty());
}

#[test]
fn a_changed_project_that_is_refused_is_told() {
    let receiver = Receiver::willing();
    let folder = with_receivers(&webhook("ops", &receiver.server.url, "kinds = [\"scheduler\", \"recovered\"]"));
    let scheduler = Scheduler::start(&folder, BEFORE);
    scheduler.wait_for("schedules");
    folder.replace("rihla.toml", "title = ", "titel = ");
    eventually(|| receiver.told().len() == 1, || scheduler.said());
    folder.replace("rihla.toml", "titel = ", "title = ");
    eventually(|| receiver.told().len() == 2, || scheduler.said());
    scheduler.stop();
    assert_eq!(receiver.told()[0], "scheduler: the changed project is refused; the old schedule stays");
}
