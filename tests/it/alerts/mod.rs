//! Alerts: what is told, to whom and how often; the shapes in which it is sent; receivers that fail, are slow or dead.

mod causes;
mod declared;
mod letters;
mod mailed;
mod posted;
mod reminding;
mod served;

use std::sync::{Arc, Mutex};

use rihla::alert::Matter;
use rihla::alert::matter::Refusal;
use rihla::project::Project;
use serde_json::Value;

use crate::support::Folder;
use crate::web_server::{Answer, Asked, WebServer};

/// The small project with these receivers.
pub fn with_receivers(receivers: &str) -> Folder {
    let folder = Folder::small();
    folder.replace("rihla.toml", "[calendar]", &format!("{receivers}\n[calendar]"));
    folder
}

/// A receiver by webhook.
pub fn webhook(name: &str, url: &str, rest: &str) -> String {
    format!("[[alerts.webhooks]]\nname = \"{name}\"\nurl = \"{url}\"\nshape = \"json\"\n{rest}\n")
}

pub fn project(folder: &Folder) -> Arc<Project> {
    Arc::new(rihla::project::load(&folder.path("")).expect("the project"))
}

pub fn failed(pipeline: &str, due: &str, failure: &str) -> Matter {
    let due = due.parse().expect("an instant");
    Matter::Failed { pipeline: pipeline.to_owned(), due, failure: failure.to_owned(), attempts: 5, note: "the source is out of reach".to_owned() }
}

pub fn refusal(office: &str, path: &str) -> Matter {
    Matter::Refused(Refusal {
        feed: "registrations".to_owned(),
        office: office.to_owned(),
        period: "2023-01".to_owned(),
        path: path.to_owned(),
        error: "too-many-faults".to_owned(),
        reason: "3 of 4 rows are faulty".to_owned(),
        is_correction: false,
    })
}

/// A server that keeps what is posted to it, and answers as a test says.
pub struct Receiver {
    pub server: WebServer,
    got: Arc<Mutex<Vec<Value>>>,
}

impl Receiver {
    /// Posts that are answered with a status of the 200s are kept.
    pub fn start(answer: impl Fn(&Asked) -> Answer + Send + Sync + 'static) -> Self {
        let got: Arc<Mutex<Vec<Value>>> = Arc::default();
        let kept = got.clone();
        let server = WebServer::start(move |asked| {
            let answer = answer(asked);
            if (200..300).contains(&answer.status) {
                kept.lock().expect("the list").push(serde_json::from_slice(&asked.body).expect("JSON"));
            }
            answer
        });
        Self { server, got }
    }

    pub fn willing() -> Self {
        Self::start(|_| Answer::new(200, "ok"))
    }

    /// Kind and title of what it took.
    pub fn told(&self) -> Vec<String> {
        let word = |value: &Value, key: &str| value[key].as_str().unwrap_or_default().to_owned();
        self.got.lock().expect("the list").iter().map(|value| format!("{}: {}", word(value, "kind"), word(value, "title"))).collect()
    }
}

/// Waits until something is so.
#[track_caller]
pub fn eventually(is_so: impl Fn() -> bool, otherwise: impl Fn() -> String) {
    for _ in 0..600 {
        if is_so() {
            return;
        }
        std::thread::sleep(std::time::Duration::from_millis(100));
    }
    panic!("{}", otherwise());
}
