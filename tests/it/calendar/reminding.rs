//! Reminders: each given once, none after the report came.

use chrono::{TimeDelta, Timelike};
use rihla::calendar::{Reminder, ReminderKind, coming, reminders};
use rihla::warehouse::{Submission, SubmissionOutcome};

use super::{at, delivery, project, whole};

fn short(reminder: &Reminder) -> String {
    let side = if reminder.kind == ReminderKind::Before { '-' } else { '+' };
    let over = if reminder.is_overdue { " overdue" } else { "" };
    format!("{} {} {side}{}{over}", reminder.office, reminder.period, reminder.days)
}

fn given(submissions: &[Submission], from: &str, until: &str) -> Vec<String> {
    let folder = whole();
    reminders(&project(&folder), submissions, at(from), at(until)).iter().map(short).collect()
}

/// January is due on 13 February, in Tangier on the 14th; it is 8 o'clock in Morocco at 7 UTC. Casablanca is excused.
#[test]
fn reminders_fall_in_the_morning_of_the_office() {
    assert_eq!(given(&[], "2023-02-10T06:59:59Z", "2023-02-10T07:00:00Z"), ["AGA 2023-01 -3", "RAB 2023-01 -3"]);
    assert_eq!(given(&[], "2023-02-10T07:00:00Z", "2023-02-11T06:59:59Z"), Vec::<String>::new());
    assert_eq!(given(&[], "2023-02-11T06:59:59Z", "2023-02-11T07:00:00Z"), ["TNG 2023-01 -3"]);
    assert_eq!(given(&[], "2023-02-13T06:00:00Z", "2023-02-13T08:00:00Z"), ["AGA 2023-01 -0", "RAB 2023-01 -0"]);
    assert_eq!(given(&[], "2023-02-14T06:00:00Z", "2023-02-14T08:00:00Z"), ["AGA 2023-01 +1 overdue", "RAB 2023-01 +1 overdue", "TNG 2023-01 -0"]);
}

#[test]
fn who_sent_the_report_is_not_reminded_and_who_was_refused_is() {
    let sent = |outcome| [delivery("RAB", "2023-01", at("2023-02-09T10:00:00Z"), outcome)];
    let span = ("2023-02-10T06:00:00Z", "2023-02-10T08:00:00Z");
    assert_eq!(given(&sent(SubmissionOutcome::Loaded), span.0, span.1), ["AGA 2023-01 -3"]);
    assert_eq!(given(&sent(SubmissionOutcome::Refused), span.0, span.1), ["AGA 2023-01 -3", "RAB 2023-01 -3"]);
}

/// After a week without anybody to give them, each report is reminded of once, by the last reminder that fell.
#[test]
fn what_fell_while_nothing_ran_is_made_up_for_once() {
    assert_eq!(given(&[], "2023-02-09T12:00:00Z", "2023-02-16T12:00:00Z"), ["AGA 2023-01 +1 overdue", "RAB 2023-01 +1 overdue", "TNG 2023-01 +1 overdue"]);
    assert_eq!(given(&[], "2023-02-10T12:00:00Z", "2023-02-13T06:00:00Z"), ["TNG 2023-01 -3"]);
    // One before the due day that is made up for after it says so.
    assert_eq!(given(&[], "2023-02-13T06:00:00Z", "2023-02-14T06:00:00Z"), ["AGA 2023-01 -0 overdue", "RAB 2023-01 -0 overdue"]);
}

/// However the time is cut, every reminder of it is given once: `until` of one call is `from` of the next.
#[test]
fn spans_that_follow_one_another_give_each_once() {
    let folder = whole();
    let project = project(&folder);
    let (start, end) = (at("2023-01-20T00:00:00Z"), at("2023-06-20T00:00:00Z"));
    let by_steps = |minutes: i64| {
        let (mut all, mut from) = (Vec::new(), start);
        while from < end {
            let until = (from + TimeDelta::minutes(minutes)).min(end);
            all.extend(reminders(&project, &[], from, until).into_iter().map(|reminder| Reminder { is_overdue: false, ..reminder }));
            from = until;
        }
        all
    };
    let by_the_hour = by_steps(60);
    // January to April of three offices, May too: each has two reminders before, and two after; Casablanca owes from March on.
    assert_eq!(by_the_hour.iter().filter(|reminder| reminder.office == "RAB").count(), 20);
    assert_eq!(by_the_hour.iter().filter(|reminder| reminder.office == "CAS").count(), 12);
    assert!(by_the_hour.iter().all(|reminder| {
        let zone = project.office(&reminder.office).expect("an office").timezone;
        reminder.at.with_timezone(&zone).hour() == 8
    }));
    for minutes in [7 * 60 + 13, 23 * 60] {
        assert_eq!(by_steps(minutes), by_the_hour, "steps of {minutes} minutes");
    }
}

#[test]
fn what_is_coming_begins_today() {
    let folder = whole();
    let project = project(&folder);
    let listed = |now: &str, days| coming(&project, &[], at(now), days).iter().map(short).collect::<Vec<_>>();
    assert_eq!(listed("2023-02-10T22:59:00Z", 0), ["AGA 2023-01 -3", "RAB 2023-01 -3"], "this morning's, until midnight in Morocco");
    assert_eq!(listed("2023-02-10T23:00:00Z", 0), ["TNG 2023-01 -3"]);
    assert_eq!(listed("2023-02-10T23:00:00Z", 2), ["TNG 2023-01 -3", "AGA 2023-01 -0", "RAB 2023-01 -0"]);
}
