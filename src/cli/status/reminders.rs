//! `rihla status --reminders`: who is to be reminded of what, today and in the next days.

use chrono::{DateTime, TimeDelta, Utc};

use super::super::render::table;
use super::super::words::{Word, day, say};
use super::super::{Terminal, closed, print_json};
use super::as_of;
use crate::calendar::{self, Reminder, ReminderKind};
use crate::error::Result;
use crate::project::{Lang, Project};
use crate::report::{Labeller, Shown};
use crate::warehouse::Warehouse;

/// Lists the reminders.
pub async fn show(project: &Project, warehouse: &Warehouse, shown: &Shown, days: u16, terminal: &mut Terminal<'_>) -> Result<u8> {
    shown.check(project)?;
    let submissions = warehouse.read_submissions().await?;
    let now = warehouse.clock().now();
    let mut coming = calendar::coming(project, &submissions, now, u32::from(days));
    coming.retain(|reminder| shown.holds(&reminder.feed, &reminder.office));
    if terminal.json {
        return print_json(terminal, &coming).map(|()| 0);
    }
    let labeller = Labeller::new(project, terminal.lang);
    writeln!(terminal.out, "{}\n\n{}", as_of(&labeller, now), listed(&coming, now + TimeDelta::days(i64::from(days)), &labeller)).map_err(closed)?;
    Ok(0)
}

fn listed(coming: &[Reminder], last: DateTime<Utc>, labeller: &Labeller<'_>) -> String {
    let (lang, remind) = (labeller.lang(), &labeller.project().calendar.remind);
    if remind.before.is_empty() && remind.after.is_empty() {
        return Word::NoneAsked.text(lang).to_owned();
    }
    if coming.is_empty() {
        return say(lang, Word::NoReminders, &[&day(lang, last.with_timezone(&labeller.project().timezone).date_naive())]);
    }
    let rows = coming.iter().map(|reminder| {
        let zone = labeller.project().office(&reminder.office).map_or(chrono_tz::UTC, |office| office.timezone);
        vec![
            reminder.at.with_timezone(&zone).date_naive().to_string(),
            labeller.office(&reminder.office),
            labeller.feed(&reminder.feed),
            reminder.period.clone(),
            reminder.due_on.to_string(),
            when(reminder, lang),
        ]
    });
    let heads = [Word::ReminderDay, Word::Office, Word::Feed, Word::Period, Word::DueOn];
    let mut heads = heads.map(|word| word.text(lang)).to_vec();
    heads.push("");
    table(&heads, rows.collect())
}

fn when(reminder: &Reminder, lang: Lang) -> String {
    let word = match (reminder.kind, reminder.days) {
        (ReminderKind::Before, 0) => Word::DueToday,
        (ReminderKind::Before, 1) => Word::DayBefore,
        (ReminderKind::Before, _) => Word::DaysBefore,
        (ReminderKind::After, 1) => Word::DayAfter,
        (ReminderKind::After, _) => Word::DaysAfter,
    };
    say(lang, word, &[&reminder.days.to_string()])
}
