//! A project that is watched: a change is taken over once the project as it then is was checked.
//!
//! Guarantees: what is handed on passed `rihla check`; a project that does not is told of once, and what was there stays.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::SystemTime;

use tokio::task::JoinHandle;

use super::place::Place;
use super::runner::Program;
use crate::error::{self, Error, Kind, Result};
use crate::project::{self, Project};
use crate::run::check_project;

/// What makes a project what it is.
const PARTS: [&str; 4] = ["rihla.toml", "pipelines", "schemas", "sql"];

/// Files with what tells that they were changed.
type Print = BTreeMap<String, (u64, Option<SystemTime>)>;

/// A project and how it was when it was last looked at.
#[derive(Debug)]
pub struct Watch {
    program: Program,
    /// Where the ledger lies that is open.
    place: Place,
    seen: Print,
    /// A check of what was last seen.
    checking: Option<JoinHandle<Result<Project>>>,
}

impl Watch {
    /// Looks at a project for the first time.
    ///
    /// # Errors
    /// `Config` where it has faults; `Input` where nothing is scheduled.
    pub async fn begin(program: Program) -> Result<(Self, Project)> {
        let seen = print(&program.project)?;
        match checked(&program).await {
            Ok(project) => Ok((Self { program, place: Place::of(&project), seen, checking: None }, project)),
            // Whoever starts it is shown every fault in its place, as `rihla check` does.
            Err(error) if error.kind() == Kind::Config => check_project(&program.project).await.map_or_else(Err, |_| Err(error)),
            Err(error) => Err(error),
        }
    }

    /// The project, where it was changed and has passed its check since. Nothing is waited for: whoever schedules goes on while
    /// a change is checked, however long that takes.
    ///
    /// # Errors
    /// Once for each state of the project that is not in order.
    pub async fn changed(&mut self) -> Result<Option<Project>> {
        let now = print(&self.program.project)?;
        if now != self.seen {
            self.seen = now;
            self.give_up();
            let program = self.program.clone();
            self.checking = Some(tokio::spawn(async move { checked(&program).await }));
            return Ok(None);
        }
        let Some(checking) = self.checking.take_if(|checking| checking.is_finished()) else { return Ok(None) };
        let project = checking.await.map_err(|cause| Error::new(Kind::Internal, "the check of the project came to no end").because(cause))??;
        if Place::of(&project) != self.place {
            let message = "the project names another warehouse, or another number of hosts";
            return Err(Error::new(Kind::Config, message).hint("stop the scheduler and start it again"));
        }
        Ok(Some(project))
    }

    /// Ends the check of a project that was changed again meanwhile.
    fn give_up(&mut self) {
        if let Some(checking) = self.checking.take() {
            checking.abort();
        }
    }
}

/// Checked by a process of its own, since that plans every model, which takes memory that an idle scheduler need not hold.
async fn checked(program: &Program) -> Result<Project> {
    let output = program.command(&["check"]).output().await.map_err(|cause| error::io("cannot check the project", cause))?;
    if !output.status.success() {
        return Err(refused(&output.stderr));
    }
    let project = project::load(&program.project)?;
    if project.schedule.definitions.pipelines.is_empty() {
        let hint = "add `schedule = { cron = \"0 6 * * *\" }` to a pipeline";
        return Err(Error::new(Kind::Input, "nothing is scheduled").hint(hint));
    }
    Ok(project)
}

/// The error of a check, with its first faults.
fn refused(stderr: &[u8]) -> Error {
    let text = String::from_utf8_lossy(stderr);
    let told = text.lines().rev().find_map(|line| serde_json::from_str::<serde_json::Value>(line).ok()).unwrap_or_default();
    let faults = told["faults"].as_array().cloned().unwrap_or_default();
    let place = |fault: &serde_json::Value| {
        format!("{}:{}: {}", fault["file"].as_str().unwrap_or_default(), fault["line"], fault["message"].as_str().unwrap_or_default())
    };
    let error = Error::new(Kind::Config, told["error"].as_str().unwrap_or("the project cannot be checked"));
    faults.iter().take(5).fold(error, |error, fault| error.hint(place(fault))).hint("`rihla check` shows all of it")
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.give_up();
    }
}

fn print(root: &Path) -> Result<Print> {
    let mut print = Print::new();
    let mut left: Vec<_> = PARTS.iter().map(|part| root.join(part)).collect();
    while let Some(path) = left.pop() {
        let what = || format!("cannot look at `{}`", path.display());
        let Ok(found) = std::fs::metadata(&path) else { continue };
        if found.is_dir() {
            for entry in std::fs::read_dir(&path).map_err(|cause| error::io(what(), cause))? {
                left.push(entry.map_err(|cause| error::io(what(), cause))?.path());
            }
        } else {
            print.insert(path.to_string_lossy().into_owned(), (found.len(), found.modified().ok()));
        }
    }
    Ok(print)
}
