//! What every ledger does, asked of each: SQLite in a file, objects in a store, and the one of the simulation.

use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use chrono_tz::Tz;
use futures::executor::block_on;
use object_store::memory::InMemory;
use object_store::path::Path;
use rihla::error::{Error, Kind};
use rihla::project::Hosts;
use rihla::schedule::attempt::{Attempt, AttemptEnd};
use rihla::schedule::ledger::{Lease, Ledger, LedgerError, Token};
use rihla::schedule::moving::{Moved, move_to};
use rihla::schedule::objects::ObjectLedger;
use rihla::schedule::place::Place;
use rihla::schedule::sqlite::SqliteLedger;
use rihla::schedule::state::{Change, Known};
use rihla::schedule::tick::{Failure, SkippedBy, Tick, TickId, TickState};
use rihla::schedule::timetable::Timetable;

use super::memory::MemoryLedger;

fn at(minute: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(1_767_225_600, 0).expect("an instant") + TimeDelta::minutes(minute)
}

fn waiting(pipeline: &str, minute: i64) -> Tick {
    Tick::waiting(TickId::new(pipeline, at(minute)), at(minute))
}

fn known(minute: i64) -> Known {
    Known { timetable: Timetable::new("0 6 * * *", Tz::Africa__Casablanca).expect("an expression"), decided_until: at(minute) }
}

fn held(ledger: &dyn Ledger) -> Token {
    let lease = block_on(ledger.lease()).expect("a lease");
    block_on(ledger.take(&lease, "somebody")).expect("a ledger").expect("taken")
}

fn commit(ledger: &dyn Ledger, token: Token, changes: &[Change]) -> Vec<Tick> {
    block_on(ledger.commit(token, changes)).expect("stored")
}

/// A test of every ledger.
fn each(test: impl Fn(&dyn Ledger)) {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().expect("a runtime");
    let _entered = runtime.enter();
    let folder = tempfile::tempdir().expect("a folder");
    test(&SqliteLedger::open(&folder.path().join("ledger.sqlite")).expect("a ledger"));
    test(&ObjectLedger::new(Arc::new(InMemory::new()), Path::from("schedule")));
    for hosts in [Hosts::One, Hosts::Several] {
        let folder = tempfile::tempdir().expect("a folder");
        test(block_on(Place::new(folder.path(), hosts).open()).expect("a ledger").as_ref());
    }
    test(&MemoryLedger::default());
}

#[test]
fn a_tick_is_recorded_once() {
    each(|ledger| {
        let token = held(ledger);
        let first = waiting("a", 1);
        assert_eq!(commit(ledger, token, &[Change::Record(first.clone())]), []);
        let other = Tick::skipped(first.id.clone(), at(9), SkippedBy::Misfire);
        assert_eq!(commit(ledger, token, &[Change::Record(other)]), std::slice::from_ref(&first), "the one that stands is told");
        assert_eq!(block_on(ledger.ticks(at(0), at(10))).expect("ticks"), [first]);
    });
}

#[test]
fn a_step_is_taken_by_one() {
    each(|ledger| {
        let token = held(ledger);
        let tick = waiting("a", 1);
        let claimed = tick.stepped(TickState::Claimed { token });
        commit(ledger, token, &[Change::Record(tick.clone()), Change::Step(claimed.clone())]);
        let other = tick.stepped(TickState::Skipped { at: at(2), by: SkippedBy::Overlap });
        let moved = block_on(ledger.commit(token, &[Change::Step(other)]));
        assert!(matches!(&moved, Err(LedgerError::Moved(id)) if *id == tick.id), "{moved:?}");
        let ahead = claimed.stepped(TickState::Running { token, since: at(3) }).stepped(TickState::Succeeded { at: at(4) });
        let moved = block_on(ledger.commit(token, &[Change::Step(ahead)]));
        assert!(matches!(moved, Err(LedgerError::Moved(_))), "no step is left out: {moved:?}");
        let unknown = waiting("b", 1).stepped(TickState::Claimed { token });
        assert!(matches!(block_on(ledger.commit(token, &[Change::Step(unknown)])), Err(LedgerError::Moved(_))));
        assert_eq!(block_on(ledger.ticks(at(0), at(10))).expect("ticks"), [claimed]);
    });
}

#[test]
fn every_state_is_kept() {
    each(|ledger| {
        let token = held(ledger);
        let claimed = waiting("a", 1).stepped(TickState::Claimed { token });
        let running = claimed.stepped(TickState::Running { token, since: at(2) });
        let again = running.interrupted(TickState::Waiting { from: at(5) });
        assert_eq!((running.attempts, again.attempts, again.interruptions), (1, 1, 1));
        let steps = [claimed, running.clone(), again.clone(), again.stepped(TickState::Failed { at: at(6), failure: Failure::Timeout })];
        commit(ledger, token, &[Change::Record(waiting("a", 1)), Change::Record(Tick::skipped(TickId::new("b", at(1)), at(3), SkippedBy::MaximumAge))]);
        for step in steps {
            commit(ledger, token, &[Change::Step(step.clone())]);
            assert_eq!(block_on(ledger.ticks(at(0), at(10))).expect("ticks")[0], step);
        }
        let skipped = block_on(ledger.ticks(at(0), at(10))).expect("ticks").remove(1);
        assert_eq!(skipped.state, TickState::Skipped { at: at(3), by: SkippedBy::MaximumAge });
        assert_eq!(block_on(ledger.ticks(at(1), at(1))).expect("ticks"), [], "until is not meant");
    });
}

#[test]
fn attempts_are_kept_as_they_were_last_noted() {
    each(|ledger| {
        let token = held(ledger);
        let id = TickId::new("a", at(1));
        let began = Attempt { id: id.clone(), number: 1, token, began: at(1), ended: None };
        commit(ledger, token, &[Change::Record(waiting("a", 1)), Change::Note(began.clone())]);
        assert_eq!(block_on(ledger.attempts(at(0), at(2))).expect("attempts"), std::slice::from_ref(&began));
        let failed = AttemptEnd { at: at(2), failure: Some(Failure::Unavailable), run_id: None, note: "the store did not answer".to_owned() };
        let ended = Attempt { ended: Some(failed), ..began.clone() };
        let succeeded = AttemptEnd { at: at(4), failure: None, run_id: Some("20260101T000400000Z-abcdef".to_owned()), note: String::new() };
        let second = Attempt { number: 2, began: at(3), ended: Some(succeeded), ..began };
        commit(ledger, token, &[Change::Note(ended.clone()), Change::Note(second.clone())]);
        assert_eq!(block_on(ledger.attempts(at(0), at(2))).expect("attempts"), [ended, second]);
        assert_eq!(block_on(ledger.attempts(at(2), at(9))).expect("attempts"), []);
    });
}

#[test]
fn what_is_asked_for_stands_until_it_is_heard() {
    each(|ledger| {
        let token = held(ledger);
        let (one, other) = (TickId::new("b", at(1)), TickId::new("a", at(2)));
        for id in [&other, &one, &one] {
            block_on(ledger.ask(id)).expect("asked");
        }
        assert_eq!(block_on(ledger.asked()).expect("asked"), [one.clone(), other.clone()]);
        commit(ledger, token, &[Change::Heard(one)]);
        assert_eq!(block_on(ledger.asked()).expect("asked"), [other]);
    });
}

#[test]
fn a_tick_that_failed_can_be_open_again() {
    each(|ledger| {
        let token = held(ledger);
        let claimed = waiting("a", 1).stepped(TickState::Claimed { token });
        let failed = claimed.stepped(TickState::Running { token, since: at(2) }).stepped(TickState::Failed { at: at(3), failure: Failure::Data });
        let running = claimed.stepped(TickState::Running { token, since: at(2) });
        commit(ledger, token, &[Change::Record(waiting("a", 1)), Change::Step(claimed), Change::Step(running), Change::Step(failed.clone())]);
        assert!(block_on(ledger.load()).expect("a state").ticks.is_empty());
        let again = failed.stepped(TickState::Waiting { from: at(5) });
        commit(ledger, token, &[Change::Step(again.clone())]);
        assert_eq!(block_on(ledger.load()).expect("a state").ticks.into_values().collect::<Vec<_>>(), [again]);
    });
}

#[test]
fn what_is_loaded_is_what_is_open_and_what_it_waits_for() {
    each(|ledger| {
        let token = held(ledger);
        let done = Tick::skipped(TickId::new("a", at(1)), at(3), SkippedBy::Paused);
        let past = Tick::skipped(TickId::new("a", at(0)), at(3), SkippedBy::Paused);
        let open = waiting("b", 1);
        let changes = [Change::Record(open.clone()), Change::Record(done.clone()), Change::Record(past), Change::Know("a".into(), known(1))];
        commit(ledger, token, &changes);
        let state = block_on(ledger.load()).expect("a state");
        assert_eq!(state.ticks.into_values().collect::<Vec<_>>(), [done, open]);
        assert_eq!(state.known.into_iter().collect::<Vec<_>>(), [("a".to_owned(), known(1))]);
        commit(ledger, token, &[Change::Know("a".into(), known(2)), Change::Know("b".into(), known(1)), Change::Forget("b".into())]);
        assert_eq!(block_on(ledger.load()).expect("a state").known.into_iter().collect::<Vec<_>>(), [("a".to_owned(), known(2))]);
    });
}

#[test]
fn who_lost_the_lease_changes_nothing() {
    each(|ledger| {
        assert_eq!(block_on(ledger.lease()).expect("a lease").token, Token(0));
        let seen = block_on(ledger.lease()).expect("a lease");
        let first = held(ledger);
        assert_eq!(block_on(ledger.take(&seen, "late")).expect("a ledger"), None, "it was taken since");
        let seen = block_on(ledger.lease()).expect("a lease");
        block_on(ledger.renew(first)).expect("renewed");
        assert_eq!(block_on(ledger.take(&seen, "late")).expect("a ledger"), None, "it was renewed since");
        let second = held(ledger);
        assert!(second > first);
        assert!(matches!(block_on(ledger.commit(first, &[Change::Record(waiting("a", 1))])), Err(LedgerError::Lost)));
        assert!(matches!(block_on(ledger.renew(first)), Err(LedgerError::Lost)));
        block_on(ledger.release(first)).expect("nothing happens");
        commit(ledger, second, &[Change::Record(waiting("b", 1))]);
        assert_eq!(block_on(ledger.ticks(at(0), at(10))).expect("ticks"), [waiting("b", 1)]);
        block_on(ledger.release(second)).expect("released");
        assert!(block_on(ledger.lease()).expect("a lease").is_free);
        assert!(matches!(block_on(ledger.commit(second, &[Change::Record(waiting("a", 1))])), Err(LedgerError::Lost)), "given back");
        assert!(matches!(block_on(ledger.renew(second)), Err(LedgerError::Lost)));
    });
}

#[test]
fn pauses_begin_and_end() {
    each(|ledger| {
        block_on(ledger.pause(Some("a"), at(1), "the office moves")).expect("paused");
        block_on(ledger.pause(Some("a"), at(2), "again")).expect("paused already");
        block_on(ledger.pause(None, at(3), "maintenance")).expect("paused");
        let pauses = block_on(ledger.pauses()).expect("pauses");
        assert_eq!(pauses.iter().map(|pause| (pause.since, pause.reason.as_str())).collect::<Vec<_>>(), [(at(1), "the office moves"), (at(3), "maintenance")]);
        assert!(pauses[0].holds("a", at(1)) && !pauses[0].holds("b", at(1)) && !pauses[0].holds("a", at(0)) && pauses[1].holds("b", at(9)));
        assert!(block_on(ledger.resume(Some("a"), at(5))).expect("resumed"));
        assert!(!block_on(ledger.resume(Some("a"), at(6))).expect("none is left"));
        let pauses = block_on(ledger.pauses()).expect("pauses");
        assert_eq!(pauses.iter().map(|pause| pause.until).collect::<Vec<_>>(), [Some(at(5)), None]);
        assert!(pauses[0].holds("a", at(4)) && !pauses[0].holds("a", at(5)));
        assert!(block_on(ledger.resume(None, at(1))).expect("resumed by a clock that went back"));
        assert_eq!(block_on(ledger.pauses()).expect("pauses")[1].until, Some(at(3)));
        block_on(ledger.pause(Some("a"), at(7), "once more")).expect("paused");
        assert_eq!(block_on(ledger.pauses()).expect("pauses").len(), 3);
    });
}

#[test]
fn what_is_past_is_pruned_and_what_is_open_or_undecided_stays() {
    let folder = tempfile::tempdir().expect("a folder");
    let sqlite: Box<dyn Ledger> = Box::new(SqliteLedger::open(&folder.path().join("ledger.sqlite")).expect("a ledger"));
    let objects: Box<dyn Ledger> = Box::new(ObjectLedger::new(Arc::new(InMemory::new()), Path::from("schedule")));
    for ledger in [sqlite, objects] {
        let token = held(&*ledger);
        let skipped = |pipeline, minute| Change::Record(Tick::skipped(TickId::new(pipeline, at(minute)), at(20), SkippedBy::Paused));
        let changes = [skipped("a", 1), skipped("a", 2), skipped("b", 2), Change::Record(waiting("c", 2)), skipped("a", 5), skipped("a", 8)];
        commit(&*ledger, token, &changes);
        commit(&*ledger, token, &[Change::Know("a".into(), known(4))]);
        assert_eq!(block_on(ledger.prune(token, at(7))).expect("pruned"), 1);
        let left: Vec<(String, DateTime<Utc>)> =
            block_on(ledger.ticks(at(0), at(10))).expect("ticks").into_iter().map(|t| (t.id.pipeline, t.id.nominal)).collect();
        let expected = [("a", 2), ("b", 2), ("c", 2), ("a", 5), ("a", 8)].map(|(pipeline, minute)| (pipeline.to_owned(), at(minute)));
        assert_eq!(left, expected, "of 2 one is open, 5 and 8 are not known to be decided about");
        assert!(matches!(block_on(ledger.prune(Token(99), at(7))), Err(LedgerError::Lost)));
    }
}

#[test]
fn the_last_runs_that_ended_are_told_and_what_is_sound_has_no_faults() {
    each(|ledger| {
        let token = held(ledger);
        let ended = |pipeline: &str, minute, state| Change::Record(Tick { state, attempts: 1, ..waiting(pipeline, minute) });
        let failed = TickState::Failed { at: at(9), failure: Failure::Data };
        let changes = [
            ended("a", 1, TickState::Succeeded { at: at(2) }),
            ended("a", 3, failed.clone()),
            Change::Record(Tick::skipped(TickId::new("a", at(5)), at(6), SkippedBy::Paused)),
            Change::Record(waiting("a", 7)),
            ended("b", 2, TickState::Succeeded { at: at(2) }),
            Change::Record(waiting("c", 7)),
        ];
        commit(ledger, token, &changes);
        let mut ends = block_on(ledger.last_ends()).expect("ticks");
        ends.sort_by_key(|tick| tick.id.pipeline.clone());
        let ends: Vec<(&str, DateTime<Utc>)> = ends.iter().map(|tick| (tick.id.pipeline.as_str(), tick.id.nominal)).collect();
        assert_eq!(ends, [("a", at(3)), ("b", at(2))]);
        assert_eq!(block_on(ledger.faults()).expect("a look"), Vec::<String>::new());
    });
}

/// Everything that a ledger holds.
async fn held_by(ledger: &dyn Ledger) -> impl PartialEq + std::fmt::Debug + use<> {
    let all = (at(-9_999), at(9_999));
    let mut pauses = ledger.pauses().await.expect("pauses");
    pauses.sort_by_key(|pause| (pause.since, pause.pipeline.clone()));
    let state = ledger.load().await.expect("a state");
    let (ticks, attempts) = (ledger.ticks(all.0, all.1).await.expect("ticks"), ledger.attempts(all.0, all.1).await.expect("attempts"));
    (state.known, state.ticks, pauses, ticks, attempts, ledger.asked().await.expect("asked"))
}

#[tokio::test]
async fn a_ledger_moves_to_several_hosts_and_back_with_all_that_it_holds() {
    let folder = tempfile::tempdir().expect("a folder");
    let (one, several) = (Place::new(folder.path(), Hosts::One), Place::new(folder.path(), Hosts::Several));
    assert_eq!(move_to(&several, at(20)).await.expect_err("there is none").kind(), Kind::Input);
    let ledger = one.open().await.expect("a ledger");
    let token = held(ledger.as_ref());
    let running = Tick { state: TickState::Running { token, since: at(3) }, attempts: 1, step: 2, ..waiting("a", 3) };
    let attempt = Attempt { id: running.id.clone(), number: 1, token, began: at(3), ended: None };
    let skipped = Tick::skipped(TickId::new("a", at(1)), at(2), SkippedBy::Paused);
    let failed = Tick { state: TickState::Failed { at: at(2), failure: Failure::Data }, attempts: 1, step: 3, ..waiting("b", 1) };
    let asked = failed.id.clone();
    let ticks = [skipped, failed, running, waiting("b", 3)].map(Change::Record);
    commit(ledger.as_ref(), token, &[&ticks[..], &[Change::Note(attempt), Change::Know("a".into(), known(4))]].concat());
    for (pipeline, since, until) in [(Some("a"), 0, Some(2)), (None, 1, Some(2)), (Some("a"), 3, None)] {
        ledger.pause(pipeline, at(since), "why").await.expect("paused");
        if let Some(until) = until {
            assert!(ledger.resume(pipeline, at(until)).await.expect("resumed"));
        }
    }
    ledger.ask(&asked).await.expect("asked");
    let before = held_by(ledger.as_ref()).await;

    let refused = several.open().await.err().expect("refused");
    assert_eq!(refused.kind(), Kind::Conflict);
    assert!(refused.to_string().contains("kept for one host"), "{refused}");
    let renewing = async {
        tokio::time::sleep(std::time::Duration::from_secs(1)).await;
        ledger.renew(token).await.expect("it lives");
    };
    let (refused, ()) = tokio::join!(move_to(&several, at(20)), renewing);
    assert!(refused.expect_err("somebody schedules").to_string().contains("a scheduler is at work: somebody"));
    ledger.release(token).await.expect("given back");
    drop(ledger);
    assert_eq!(move_to(&several, at(20)).await.expect("moved"), Moved { ticks: 4, pauses: 3 });
    let ledger = several.open().await.expect("a ledger");
    assert!(held_by(ledger.as_ref()).await == before, "{:?}", held_by(ledger.as_ref()).await);
    assert!(ledger.lease().await.expect("a lease").is_free);
    assert_eq!(one.open().await.err().expect("refused").kind(), Kind::Conflict);
    assert_eq!(move_to(&one, at(21)).await.expect("moved back"), Moved { ticks: 4, pauses: 3 });
    assert!(held_by(one.open().await.expect("a ledger").as_ref()).await == before);
}

#[test]
fn a_file_keeps_what_was_stored() {
    let folder = tempfile::tempdir().expect("a folder");
    let (path, copy) = (folder.path().join("ledger.sqlite"), folder.path().join("copy.sqlite"));
    let ledger = SqliteLedger::open(&path).expect("a ledger");
    let token = held(&ledger);
    commit(&ledger, token, &[Change::Record(waiting("a", 1))]);
    ledger.back_up(&copy).expect("a copy");
    let error = ledger.back_up(&copy).expect_err("nothing is written over");
    assert_eq!(error.kind(), Kind::Unavailable);
    commit(&ledger, token, &[Change::Record(waiting("a", 2))]);
    drop(ledger);
    let count = |path| block_on(SqliteLedger::open(path).expect("a ledger").ticks(at(0), at(10))).expect("ticks").len();
    assert_eq!((count(&path), count(&copy)), (2, 1));
    let connection = rusqlite::Connection::open(&path).expect("a database");
    let mode: String = connection.pragma_query_value(None, "journal_mode", |row| row.get(0)).expect("a mode");
    assert_eq!(mode, "wal");
}

fn refusal(path: &std::path::Path) -> Error {
    SqliteLedger::open(path).expect_err("refused")
}

#[test]
fn files_that_are_no_ledger_of_ours_are_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = |name: &str| folder.path().join(name);
    std::fs::write(path("text"), "this is no database, and long enough to be looked at as one").expect("a file");
    let error = refusal(&path("text"));
    assert_eq!(error.kind(), Kind::Conflict, "{error:?}");
    rusqlite::Connection::open(path("other")).and_then(|other| other.execute_batch("CREATE TABLE t (x)")).expect("a database");
    let error = refusal(&path("other"));
    assert_eq!((error.kind(), error.to_string().as_str()), (Kind::Conflict, "the file of the schedule's ledger is a database of another program"));
    drop(SqliteLedger::open(&path("newer")).expect("a ledger"));
    rusqlite::Connection::open(path("newer")).and_then(|newer| newer.pragma_update(None, "user_version", 7)).expect("a database");
    let error = refusal(&path("newer"));
    assert_eq!(error.to_string(), "the schedule's ledger is of version 7, and this program knows versions up to 2");
    assert!(!error.hints().is_empty());
    assert_eq!(refusal(&path("no/such/folder")).kind(), Kind::Unavailable);
}

#[test]
fn a_ledger_of_the_first_version_is_brought_up_and_copied_before() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("ledger.sqlite");
    let first = rusqlite::Connection::open(&path).expect("a database");
    first.execute_batch(include_str!("../../../src/schedule/sqlite/v1.sql")).expect("tables");
    first.execute_batch("INSERT INTO ticks VALUES (1767225660000000, 'a', 0, 0, 0, 'waiting', 1767225660000000, NULL, NULL)").expect("a tick");
    first.pragma_update(None, "application_id", 0x7268_6c61).and_then(|()| first.pragma_update(None, "user_version", 1)).expect("a version");
    drop(first);
    // An attempt that was interrupted left a copy, and half of one.
    for left in ["ledger.sqlite.version-1", "ledger.sqlite.version-1.part"] {
        std::fs::write(folder.path().join(left), "half").expect("written");
    }
    let ledgers: Vec<SqliteLedger> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..4).map(|_| scope.spawn(|| SqliteLedger::open(&path).expect("a ledger"))).collect();
        threads.into_iter().map(|thread| thread.join().expect("no panic")).collect()
    });
    let ledger = &ledgers[0];
    assert_eq!(block_on(ledger.ticks(at(0), at(10))).expect("ticks"), [waiting("a", 1)]);
    assert_eq!(block_on(ledger.attempts(at(0), at(10))).expect("attempts"), []);
    let copy = rusqlite::Connection::open(folder.path().join("ledger.sqlite.version-1")).expect("the copy");
    let version: i32 = copy.pragma_query_value(None, "user_version", |row| row.get(0)).expect("a version");
    assert_eq!(version, 1);
}

#[test]
fn many_open_a_new_ledger_at_once() {
    // Each has its own moment of making the file; that two of them meet is a matter of chance.
    for _ in 0..20 {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("ledger.sqlite");
        let tokens: Vec<Option<Token>> = std::thread::scope(|scope| {
            let open = || {
                let ledger = SqliteLedger::open(&path).expect("a ledger");
                block_on(ledger.take(&Lease { is_free: true, ..Lease::default() }, "one of many")).expect("an answer")
            };
            let threads: Vec<_> = (0..8).map(|_| scope.spawn(open)).collect();
            threads.into_iter().map(|thread| thread.join().expect("no panic")).collect()
        });
        assert_eq!(tokens.iter().flatten().count(), 1, "one of them holds the lease: {tokens:?}");
    }
}
