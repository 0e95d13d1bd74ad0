//! A scheduler as a process: started, signalled, killed, and asked what became of what was due. For the tests, and for the bench.

use std::fs::File;
use std::path::PathBuf;
use std::process::{Child, Command};
use std::time::Duration;

use serde_json::Value;

use crate::support::Folder;

/// The pipeline of the small project.
pub const PIPELINE: &str = "pipelines/registrations.toml";
/// When a scheduler first sees the project, and after the next due time.
pub const BEFORE: &str = "2023-07-21T06:00:00Z";
pub const AFTER: &str = "2023-07-22T07:00:00Z";

/// A scheduler at work.
pub struct Scheduler {
    pub child: Child,
    log: PathBuf,
}

impl Scheduler {
    /// Starts one, for which it is `now`.
    pub fn start(folder: &Folder, now: &str) -> Self {
        let log = folder.path(&format!("../scheduler-{}.log", count()));
        let stderr = File::create(&log).expect("a log");
        let child = folder.command(&["schedule", "--drain", "60"]).env("RIHLA_NOW", now).stderr(stderr).spawn().expect("it starts");
        Self { child, log }
    }

    /// Its log.
    pub fn said(&self) -> String {
        std::fs::read_to_string(&self.log).expect("a log")
    }

    /// Waits until the log holds these words so often.
    #[track_caller]
    pub fn wait_for(&self, words: &str, times: usize) {
        eventually(|| (self.said().matches(words).count() >= times).then_some(()), || format!("no `{words}` in:\n{}", self.said()));
    }

    /// Sends it a signal.
    pub fn signal(&self, name: &str) {
        let sent = Command::new("kill").arg(format!("-{name}")).arg(self.child.id().to_string()).status().expect("kill");
        assert!(sent.success(), "the scheduler is gone: {}", self.said());
    }

    /// Asks it to stop and waits until it has.
    #[track_caller]
    pub fn stop(mut self) -> String {
        self.signal("TERM");
        let ended = self.child.wait().expect("it ends");
        let said = self.said();
        assert_eq!(ended.code(), Some(0), "{said}");
        assert!(said.contains("stopped"), "{said}");
        said
    }

    /// Kills it and what it runs.
    pub fn kill(mut self) {
        // Where it runs nothing there is nothing to kill.
        Command::new("pkill").args(["-KILL", "-P", &self.child.id().to_string()]).status().expect("pkill");
        self.child.kill().expect("killed");
        self.child.wait().expect("it ends");
    }
}

impl Drop for Scheduler {
    fn drop(&mut self) {
        // One that has ended cannot be killed.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A number that no other log has.
fn count() -> u64 {
    use std::sync::atomic::{AtomicU64, Ordering};
    static COUNT: AtomicU64 = AtomicU64::new(0);
    COUNT.fetch_add(1, Ordering::Relaxed)
}

/// Looks again and again, for two minutes.
#[track_caller]
pub fn eventually<T>(mut look: impl FnMut() -> Option<T>, otherwise: impl Fn() -> String) -> T {
    for _ in 0..1_200 {
        if let Some(found) = look() {
            return found;
        }
        std::thread::sleep(Duration::from_millis(100));
    }
    panic!("{}", otherwise())
}

/// Lets a scheduler see the project for the first time, and end.
pub fn seen(folder: &Folder) {
    let scheduler = Scheduler::start(folder, BEFORE);
    scheduler.wait_for("schedules", 1);
    scheduler.stop();
}

/// What was due, as the command line tells it.
pub fn ticks(folder: &Folder, now: &str) -> Vec<Value> {
    let told = folder.rihla_with(&["runs", "--json", "--days", "400"], &[("RIHLA_NOW", now)]).ok().json();
    told["ticks"].as_array().expect("ticks").clone()
}

/// Pipeline, due time, state and attempts of every tick, the newest first.
pub fn told(folder: &Folder, now: &str) -> Vec<String> {
    let word = |tick: &Value, key: &str| tick[key].as_str().unwrap_or_default().to_owned();
    ticks(folder, now).iter().map(|tick| format!("{} {} {} {}", word(tick, "pipeline"), word(tick, "due"), word(tick, "state"), tick["attempts"])).collect()
}
