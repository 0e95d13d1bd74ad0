//! A scheduler that listens, and what it answers.

use std::fs::File;
use std::path::PathBuf;
use std::process::{Child, Command};
use std::time::Duration;

use super::http::{Answer, get};
use crate::support::Folder;

/// A scheduler at work that listens at a free port.
pub struct Watched {
    child: Child,
    log: PathBuf,
    pub address: String,
}

impl Watched {
    /// Starts one, with these further variables.
    #[track_caller]
    pub fn start(folder: &Folder, now: &str, variables: &[(&str, &str)], arguments: &[&str]) -> Self {
        use std::sync::atomic::{AtomicU64, Ordering};
        static COUNT: AtomicU64 = AtomicU64::new(0);
        let log = folder.path(&format!("../watched-{}.log", COUNT.fetch_add(1, Ordering::Relaxed)));
        let mut command = folder.command(&[&["schedule", "--drain", "60", "--listen", "127.0.0.1:0"], arguments].concat());
        command.env("RIHLA_NOW", now).envs(variables.iter().copied()).stderr(File::create(&log).expect("a log"));
        let child = command.spawn().expect("it starts");
        let mut watched = Self { child, log, address: String::new() };
        watched.address = watched.eventually(|| {
            let said = watched.said();
            let rest = said.split("127.0.0.1:").nth(1)?;
            let port: String = rest.chars().take_while(char::is_ascii_digit).collect();
            // The whole port, and not what is written of it yet.
            (rest.len() > port.len() && !port.is_empty()).then(|| format!("127.0.0.1:{port}"))
        });
        watched
    }

    pub fn said(&self) -> String {
        std::fs::read_to_string(&self.log).expect("a log")
    }

    #[track_caller]
    pub fn eventually<T>(&self, mut look: impl FnMut() -> Option<T>) -> T {
        for _ in 0..1_200 {
            if let Some(found) = look() {
                return found;
            }
            std::thread::sleep(Duration::from_millis(100));
        }
        panic!("it never came to that:\n{}", self.said())
    }

    #[track_caller]
    pub fn wait_for(&self, words: &str, times: usize) {
        self.eventually(|| (self.said().matches(words).count() >= times).then_some(()));
    }

    #[track_caller]
    pub fn get(&self, path: &str) -> Answer {
        get(&self.address, path, "*/*").unwrap_or_else(|| panic!("no answer: {}", self.said()))
    }

    /// Waits until a path is answered with this status.
    #[track_caller]
    pub fn get_until(&self, path: &str, status: u16) -> Answer {
        self.eventually(|| Some(self.get(path)).filter(|answer| answer.status == status))
    }

    /// A figure, by the whole of what stands before its value.
    #[track_caller]
    pub fn figure(&self, name: &str) -> Option<f64> {
        let page = self.get("/metrics").body;
        let line = page.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '))?;
        Some(line.parse().expect("a number"))
    }

    /// Waits until a figure has this value.
    #[track_caller]
    pub fn figure_until(&self, name: &str, value: f64) {
        self.eventually(|| self.figure(name).filter(|found| (found - value).abs() < 1e-9));
    }

    pub fn signal(&self, name: &str) {
        let sent = Command::new("kill").arg(format!("-{name}")).arg(self.child.id().to_string()).status().expect("kill");
        assert!(sent.success(), "the scheduler is gone: {}", self.said());
    }

    /// Asks it to stop and waits until it has; what it said.
    #[track_caller]
    pub fn stop(mut self) -> String {
        self.signal("TERM");
        let ended = self.child.wait().expect("it ends");
        let said = self.said();
        assert_eq!(ended.code(), Some(0), "{said}");
        said
    }
}

impl Drop for Watched {
    fn drop(&mut self) {
        // One that has ended cannot be killed.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
