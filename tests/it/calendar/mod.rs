//! Which reports are owed, what has become of them, who is reminded, and what a release needs.

mod due;
mod faults;
mod held;
mod reminding;
mod shown;
mod states;

use chrono::{DateTime, Utc};
use rihla::period::Period;
use rihla::project::{Project, load};
use rihla::warehouse::{RowCounts, Submission, SubmissionOutcome};

use crate::support::{Folder, ROWS, comma_csv};

/// The rest of `[calendar]` in most tests.
const CALENDAR: &str = r#"
weekend = ["saturday", "sunday"]
holidays = "calendar/holidays.csv"
when_closed = "next"
excuses = "calendar/excuses.csv"
remind = { before = [3, 0], after = [1, 7] }
release_requires = { feeds = ["registrations"] }
"#;

const HOLIDAYS: &str = "country,office,date,name\nMAR,,2023-02-10,A day of the country\n,TNG,2023-02-13,\"A day of the town, and no other\"\n";

const EXCUSES: &str = "office,feed,from,to,reason,approver,on\nCAS,registrations,2023-01,2023-02,\"Flood, the archive is closed\",Head of mission,2023-02-14\n";

/// The small project with more said of its calendar.
pub fn with(lines: &str) -> Folder {
    let folder = Folder::bare();
    folder.replace("rihla.toml", "since = 2023-01-01\n", &format!("since = 2023-01-01\n{lines}"));
    folder
}

/// The small project with everything that a calendar may say.
pub fn whole() -> Folder {
    let folder = with(CALENDAR);
    folder.write("calendar/holidays.csv", HOLIDAYS);
    folder.write("calendar/excuses.csv", EXCUSES);
    folder
}

/// The same with what Rabat sent: January in time, February on the Saturday after it was due.
pub fn sent() -> Folder {
    let folder = whole();
    folder.write("in/RAB/2023-02-04/registrations-2023-01.csv", comma_csv(&ROWS[..2]));
    folder.write("in/RAB/2023-03-11/registrations-2023-02.csv", comma_csv(&ROWS[2..3]));
    folder.write("sql/marts/completeness.sql", std::fs::read(crate::support::repository("sql/marts/completeness.sql")).expect("a model"));
    folder
}

fn project(folder: &Folder) -> Project {
    load(&folder.path("")).expect("a project in order")
}

fn month(text: &str) -> Period {
    text.parse().expect("a month")
}

fn at(text: &str) -> DateTime<Utc> {
    text.parse().expect("an instant")
}

/// A delivery of registrations.
fn delivery(office: &str, period: &str, received: DateTime<Utc>, outcome: SubmissionOutcome) -> Submission {
    Submission {
        submission_id: format!("{office} {period} {received}"),
        feed: "registrations".into(),
        office: office.into(),
        period: period.into(),
        revision: (outcome == SubmissionOutcome::Loaded).then_some(1),
        received_at: received,
        path: String::new(),
        size: 0,
        modified_at: received,
        content_hash: String::new(),
        outcome,
        error: None,
        reason: None,
        rows: RowCounts::default(),
        set_aside_lines: 0,
        contract: String::new(),
        delivery: rihla::project::DeliveryMode::Period,
        amends: None,
        drift: None,
        loaded_at: received,
        run_id: String::new(),
    }
}
