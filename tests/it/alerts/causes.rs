//! One cause is told of once, and once more when it is over, whatever is said of it in between and however often it restarts.

use rihla::alert::book::{Book, MOST_AT_ONCE};
use rihla::alert::{Fact, Matter, RunFacts, late, look};
use rihla::project::Project;
use serde_json::{Value, json};

use super::{failed, project, webhook, with_receivers};
use crate::support::Folder;

const NOW: &str = "2023-07-21T06:00:00Z";

/// A book, opened anew for every look, as if the scheduler had been restarted.
struct Told {
    folder: Folder,
}

impl Told {
    fn of(receivers: &str) -> Self {
        Self { folder: with_receivers(receivers) }
    }

    fn all() -> Self {
        Self::of(&webhook("all", "https://example.org/a", ""))
    }

    fn project(&self) -> std::sync::Arc<Project> {
        project(&self.folder)
    }

    /// What is told of a fact, as receiver, kind and title; it is taken by whoever it is for.
    fn hears(&self, fact: &Fact) -> Vec<String> {
        let book = Book::open(&self.project()).expect("a book");
        let now = NOW.parse().expect("an instant");
        book.look(&self.project(), now, |open| look::changes(open, fact)).expect("a look");
        let mut told = Vec::new();
        loop {
            let waiting = book.first_waiting().expect("messages");
            if waiting.is_empty() {
                return told;
            }
            for message in waiting {
                told.push(format!("{} {}: {}", message.receiver, message.letter.kind.name(), message.letter.title));
                book.sent(message.id, now).expect("noted");
            }
        }
    }

    fn open(&self) -> usize {
        Book::open(&self.project()).expect("a book").open_causes().expect("causes").len()
    }
}

fn ended(failed: Option<Matter>) -> Fact {
    Fact::Ended { pipeline: "registrations".to_owned(), failed }
}

fn run(outcome: &str, refused: &[(&str, &str)], rest: Value) -> Fact {
    let refused: Vec<Value> = refused
        .iter()
        .map(|(office, path)| json!({"feed": "registrations", "office": office, "period": "2023-01", "path": path, "error": "e", "reason": "r"}))
        .collect();
    let mut report = json!({"run_id": "run", "outcome": outcome, "refused": refused, "problems": [], "failed_tests": []});
    report.as_object_mut().expect("an object").extend(rest.as_object().expect("an object").clone());
    Fact::Run(RunFacts::of("registrations", &report).expect("facts"))
}

fn held_by_refusals() -> Value {
    json!({"problems": ["1 delivery of the required feed registrations refused: no release is made"]})
}

#[test]
fn a_failure_is_told_once_and_once_that_it_is_over() {
    let told = Told::all();
    let fails = |due| ended(Some(failed("registrations", due, "unavailable")));
    assert_eq!(told.hears(&fails("2023-07-20T05:00:00Z")), ["all failed: registrations: the run failed 5 times and is not tried again"]);
    assert!(told.hears(&fails("2023-07-20T05:00:00Z")).is_empty(), "it was told");
    assert!(told.hears(&fails("2023-07-21T05:00:00Z")).is_empty(), "it fails still");
    assert_eq!(told.hears(&ended(None)), ["all recovered: over: registrations: the run failed 5 times and is not tried again"]);
    assert!(told.hears(&ended(None)).is_empty());
    assert_eq!(told.hears(&fails("2023-07-22T05:00:00Z")).len(), 1, "another one");
}

#[test]
fn a_pipeline_that_nobody_schedules_any_more_is_forgotten_quietly() {
    let told = Told::all();
    told.hears(&ended(Some(failed("registrations", NOW, "internal"))));
    assert!(told.hears(&Fact::Scheduled(["registrations".to_owned()].into())).is_empty());
    assert_eq!(told.open(), 1);
    assert!(told.hears(&Fact::Scheduled(["returns".to_owned()].into())).is_empty());
    assert_eq!(told.open(), 0);
}

#[test]
fn a_refused_delivery_is_told_once_and_another_one_of_its_slot_anew() {
    let told = Told::all();
    assert_eq!(
        told.hears(&run("released", &[("RAB", "a.csv")], json!({}))),
        ["all over-tolerance: registrations, Rabat (RAB), 2023-01: the delivery was refused"]
    );
    assert!(told.hears(&run("unchanged", &[("RAB", "a.csv")], json!({}))).is_empty(), "it stands");
    let out_of_reach = json!({"out_of_reach": ["registrations"]});
    assert!(told.hears(&run("held", &[], out_of_reach)).is_empty(), "a run that does not see it says nothing of it");
    assert_eq!(told.hears(&run("released", &[("RAB", "b.csv")], json!({}))).len(), 1, "the second one is refused as well, and the first not mended");
    assert_eq!(told.open(), 1);
    assert_eq!(told.hears(&run("released", &[], json!({}))), ["all recovered: over: registrations, Rabat (RAB), 2023-01: the delivery was refused"]);
}

#[test]
fn what_a_later_delivery_overtook_is_nobodys_matter() {
    let overtaken = json!({"refused": [{"feed": "registrations", "office": "RAB", "period": "2023-01", "path": "a.csv", "overtaken": true}]});
    assert!(Told::all().hears(&run("released", &[], overtaken)).is_empty());
}

#[test]
fn one_cause_that_refuses_holds_back_and_fails_is_told_once() {
    let told =
        Told::of(&[webhook("all", "https://example.org/a", ""), webhook("releases", "https://example.org/b", "kinds = [\"blocked\", \"recovered\"]")].concat());
    let heard = told.hears(&run("held", &[("RAB", "a.csv")], held_by_refusals()));
    assert_eq!(heard, ["all over-tolerance: registrations, Rabat (RAB), 2023-01: the delivery was refused", "releases blocked: no release was made"]);
    assert!(told.hears(&ended(Some(failed("registrations", NOW, "data")))).is_empty(), "a tick that failed for it is the same cause");
    let heard = told.hears(&run("released", &[], json!({})));
    assert_eq!(heard, ["all recovered: over: registrations, Rabat (RAB), 2023-01: the delivery was refused", "releases recovered: over: no release was made"]);
    assert!(told.hears(&ended(None)).is_empty(), "nobody was told of it");
    assert_eq!(told.open(), 0);
}

#[test]
fn a_release_that_tests_hold_back_is_told_with_the_refusals() {
    let told = Told::all();
    let tests = json!({"failed_tests": [{"model": "by_country", "test": "unique(period)", "severity": "error", "failures": 2}],
        "problems": ["tests failed: no release is made; `rihla audit --failing` shows the rows"]});
    assert_eq!(told.hears(&run("held", &[], tests.clone())), ["all blocked: no release was made"]);
    assert!(told.hears(&run("held", &[], tests)).is_empty());
    assert!(told.hears(&run("loaded", &[], json!({}))).is_empty(), "the load of one feed says nothing of releases");
    assert_eq!(told.hears(&run("unchanged", &[], json!({}))), ["all recovered: over: no release was made"]);
}

#[test]
fn another_kind_of_failure_after_one_that_was_told_otherwise_is_told() {
    let told = Told::all();
    told.hears(&run("held", &[("RAB", "a.csv")], held_by_refusals()));
    assert!(told.hears(&ended(Some(failed("registrations", "2023-07-20T05:00:00Z", "data")))).is_empty());
    assert_eq!(told.hears(&ended(Some(failed("registrations", "2023-07-21T05:00:00Z", "timeout")))).len(), 1);
}

#[test]
fn many_of_one_kind_at_once_are_one_message() {
    let told = Told::all();
    let paths: Vec<String> = (0..=MOST_AT_ONCE).map(|number| format!("{number}.csv")).collect();
    let many: Vec<(&str, &str)> = paths.iter().map(|path| ("RAB", path.as_str())).collect();
    assert_eq!(told.hears(&run("released", &many, json!({}))), ["all over-tolerance: 21 alerts at once: delivery refused"]);
    assert_eq!(told.open(), MOST_AT_ONCE + 1, "each is a cause of its own");
    assert_eq!(told.hears(&run("released", &[], json!({}))), ["all recovered: 21 alerts at once: over"]);
    assert_eq!(Told::all().hears(&run("released", &many[1..], json!({}))).len(), MOST_AT_ONCE);
}

#[test]
fn reports_of_a_round_are_late_together() {
    let told = Told::all();
    let late = |now: &str| Fact::Late(late::late(&told.project(), &[], now.parse().expect("an instant")));
    assert!(told.hears(&late("2023-02-10T12:00:00Z")).is_empty(), "the day is not over");
    assert_eq!(told.hears(&late("2023-02-11T12:00:00Z")), ["all late: registrations for 2023-01: the reports of 4 offices are late"]);
    assert!(told.hears(&late("2023-02-20T12:00:00Z")).is_empty());
    assert_eq!(told.hears(&late("2023-03-11T12:00:00Z")), ["all late: registrations for 2023-02: the reports of 4 offices are late"]);
    let fewer = Fact::Late(vec![Matter::Late {
        feed: "registrations".to_owned(),
        period: "2023-02".to_owned(),
        due_on: "2023-03-10".parse().expect("a day"),
        offices: vec!["RAB".to_owned()],
    }]);
    assert_eq!(told.hears(&fewer), ["all recovered: over: registrations for 2023-01: the reports of 4 offices are late"], "one round is complete");
    assert_eq!(told.hears(&Fact::Late(Vec::new())), ["all recovered: over: registrations for 2023-02: the report of 1 office is late"]);
}

#[test]
fn a_project_and_a_clock_that_are_not_in_order_are_told() {
    let told = Told::all();
    let refused = Fact::Project(Some(vec!["the project has 1 fault".to_owned()]));
    assert_eq!(told.hears(&refused), ["all scheduler: the changed project is refused; the old schedule stays"]);
    assert!(told.hears(&refused).is_empty());
    assert_eq!(told.hears(&Fact::Clock { is_believed: false }).len(), 1);
    assert_eq!(told.hears(&Fact::Project(None)).len(), 1);
    assert_eq!(told.hears(&Fact::Clock { is_believed: true }).len(), 1);
    assert_eq!(told.open(), 0);
}

#[test]
fn who_takes_a_kind_hears_of_it_and_nobody_else() {
    let kinds = |name: &str, kinds: &str| webhook(name, "https://example.org/a", &format!("kinds = [{kinds}]"));
    let told = Told::of(&[kinds("late", "\"late\", \"recovered\""), kinds("failed", "\"failed\"")].concat());
    assert_eq!(told.hears(&ended(Some(failed("registrations", NOW, "internal")))).len(), 1);
    assert!(told.hears(&ended(None)).is_empty(), "one was not told of it, the other does not ask for the end");
}

#[test]
fn a_book_of_another_program_is_left_alone() {
    let told = Told::all();
    let path = rihla::alert::book::path(&told.project().warehouse);
    std::fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
    let other = rusqlite::Connection::open(&path).expect("a database");
    other.execute_batch("CREATE TABLE theirs (a); INSERT INTO theirs VALUES (1)").expect("a table");
    let refused = Book::open(&told.project()).expect_err("it is another's");
    assert_eq!(refused.to_string(), "the file of the book of alerts is a database of another program");
}
