//! What is said of a cause: a title, what is known, and what to do, in the receiver's language, whatever shape it is sent in.
//!
//! Guarantees: no text holds a control character or is longer than [`MOST_LETTERS`], so that none can end a line of a protocol.

use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

use super::matter::{Matter, Refusal};
use super::reminding::Reminding;
use super::words::{Word, say};
use crate::project::{AlertKind, LabelKind, Lang, Project};

/// The longest that one text of a letter is.
const MOST_LETTERS: usize = 400;

/// Of a list so many are named.
const MOST_NAMED: usize = 8;

/// What is sent, before it has a shape.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Letter {
    /// What it is about.
    pub kind: AlertKind,
    /// The kind in the receiver's language.
    pub kind_text: String,
    /// The project's name.
    pub project: String,
    /// What is the matter, in a sentence.
    pub title: String,
    /// What is known, each with what it is.
    pub known: Vec<(String, String)>,
    /// What to do, in order; none of what is over.
    pub steps: Vec<String>,
    /// The heading of what to do.
    pub steps_title: String,
    /// What stands between a name and what it names.
    pub colon: String,
    /// When it was written, RFC 3339.
    pub at: String,
}

/// What letters are written of: a project, in a language.
#[derive(Clone, Copy)]
pub struct Writer<'p> {
    project: &'p Project,
    lang: Lang,
}

impl<'p> Writer<'p> {
    /// A writer in a language.
    pub fn new(project: &'p Project, lang: Lang) -> Self {
        Self { project, lang }
    }

    fn say(&self, word: Word, holes: &[&str]) -> String {
        say(self.lang, word, holes)
    }

    fn word(&self, word: Word) -> String {
        word.text(self.lang).to_owned()
    }

    /// A letter that a cause began.
    pub fn begun(&self, matter: &Matter, since: DateTime<Utc>) -> Letter {
        let mut known = self.known(matter);
        known.push((self.word(Word::Since), self.moment(since)));
        self.letter(matter.kind(), self.title(matter), known, self.steps(matter), since)
    }

    /// A letter that a cause is over.
    pub fn over(&self, matter: &Matter, since: DateTime<Utc>, now: DateTime<Utc>) -> Letter {
        let title = self.say(Word::Over, &[&self.title(matter)]);
        let known = vec![(self.word(Word::Since), self.moment(since)), (self.word(Word::Lasted), self.span(now - since))];
        self.letter(AlertKind::Recovered, title, known, Vec::new(), now)
    }

    /// A letter that reminds of reports.
    pub fn reminder(&self, of: &Reminding, now: DateTime<Utc>) -> Letter {
        let Reminding { feed, period, due_on, is_overdue, offices } = of;
        let word = if *is_overdue { Word::RemindAfter } else { Word::RemindBefore };
        let title = self.say(word, &[&self.feed(feed), period, &due_on.to_string()]);
        let offices: Vec<String> = offices.iter().map(|office| self.office(office)).collect();
        let known = vec![
            (self.word(Word::Feed), self.feed(feed)),
            (self.word(Word::Period), period.clone()),
            (self.word(Word::DueOn), due_on.to_string()),
            (self.word(Word::Offices), offices.join(", ")),
        ];
        self.letter(AlertKind::Reminder, title, known, vec![self.word(Word::DoSend), self.word(Word::DoStatus)], now)
    }

    /// One letter for many that say the same kind of thing.
    pub fn flood(&self, kind: AlertKind, letters: &[Letter], now: DateTime<Utc>) -> Letter {
        let title = self.say(Word::Flood, &[&letters.len().to_string(), &self.kind(kind)]);
        let first = self.some(letters.iter().map(|letter| letter.title.clone()), letters.len());
        let known = first.into_iter().map(|title| (self.word(Word::First), title)).collect();
        self.letter(kind, title, known, vec![self.word(Word::DoListAlerts)], now)
    }

    /// A letter that shows that letters arrive.
    pub fn test(&self, kind: AlertKind, now: DateTime<Utc>) -> Letter {
        self.letter(kind, self.word(Word::Test), Vec::new(), vec![self.word(Word::DoNothing)], now)
    }

    fn letter(&self, kind: AlertKind, title: String, known: Vec<(String, String)>, steps: Vec<String>, at: DateTime<Utc>) -> Letter {
        Letter {
            kind,
            kind_text: self.kind(kind),
            project: plain(&self.project.name),
            title: plain(&title),
            known: known.into_iter().filter(|(_, value)| !value.is_empty()).map(|(name, value)| (plain(&name), plain(&value))).collect(),
            steps: steps.iter().map(|step| plain(step)).collect(),
            steps_title: self.word(Word::WhatToDo),
            colon: self.word(Word::Colon),
            at: at.to_rfc3339_opts(SecondsFormat::Secs, true),
        }
    }

    /// The words for a kind.
    pub fn kind(&self, kind: AlertKind) -> String {
        self.word(match kind {
            AlertKind::Failed => Word::KindFailed,
            AlertKind::OverTolerance => Word::KindOverTolerance,
            AlertKind::Late => Word::KindLate,
            AlertKind::Reminder => Word::KindReminder,
            AlertKind::Blocked => Word::KindBlocked,
            AlertKind::Scheduler => Word::KindScheduler,
            AlertKind::Recovered => Word::KindRecovered,
        })
    }

    /// What is the matter, in a sentence.
    pub fn title(&self, matter: &Matter) -> String {
        match matter {
            Matter::Failed { pipeline, attempts: 0 | 1, .. } => self.say(Word::FailedOnce, &[pipeline]),
            Matter::Failed { pipeline, attempts, .. } => self.say(Word::FailedOften, &[pipeline, &attempts.to_string()]),
            Matter::Refused(refusal) if refusal.feed.is_empty() => self.say(Word::CorrectionRefused, &[&self.office(&refusal.office)]),
            Matter::Refused(refusal) => self.say(Word::Refused, &[&self.feed(&refusal.feed), &self.office(&refusal.office), &refusal.period]),
            Matter::Late { feed, period, offices, .. } if offices.len() == 1 => self.say(Word::LateOne, &[&self.feed(feed), period]),
            Matter::Late { feed, period, offices, .. } => self.say(Word::LateMany, &[&self.feed(feed), period, &offices.len().to_string()]),
            Matter::Blocked { .. } => self.word(Word::Blocked),
            Matter::Project { .. } => self.word(Word::ProjectRefused),
            Matter::Clock => self.word(Word::ClockLeapt),
        }
    }

    fn known(&self, matter: &Matter) -> Vec<(String, String)> {
        let row = |word: Word, value: &str| (self.word(word), value.to_owned());
        match matter {
            Matter::Failed { pipeline, due, failure, attempts, note } => vec![
                row(Word::Pipeline, pipeline),
                row(Word::Due, &self.moment(*due)),
                row(Word::Failure, failure),
                row(Word::Attempts, &attempts.to_string()),
                row(Word::Said, note),
            ],
            Matter::Refused(Refusal { feed, office, period, path, error, reason, .. }) => vec![
                row(Word::Feed, &self.feed(feed)),
                row(Word::Office, &self.office(office)),
                row(Word::Period, period),
                row(Word::Extract, path),
                row(Word::Error, error),
                row(Word::Reason, reason),
            ],
            Matter::Late { feed, period, due_on, offices } => {
                let offices: Vec<String> = offices.iter().map(|office| self.office(office)).collect();
                vec![
                    row(Word::Feed, &self.feed(feed)),
                    row(Word::Period, period),
                    row(Word::DueOn, &due_on.to_string()),
                    row(Word::Offices, &offices.join(", ")),
                ]
            }
            Matter::Blocked { run, problems, tests, models, closed, .. } => {
                let mut known = vec![row(Word::Run, run)];
                known.extend(self.some(problems.iter().cloned(), problems.len()).iter().map(|problem| row(Word::Said, problem)));
                known.push(row(Word::FailingTests, &self.some(tests.iter().cloned(), tests.len()).join(", ")));
                known.push(row(Word::FailedModels, &self.some(models.iter().cloned(), models.len()).join(", ")));
                known.extend((*closed > 0).then(|| row(Word::ClosedPeriods, &closed.to_string())));
                known
            }
            Matter::Project { why } => self.some(why.iter().cloned(), why.len()).iter().map(|why| row(Word::Said, why)).collect(),
            Matter::Clock => Vec::new(),
        }
    }

    fn steps(&self, matter: &Matter) -> Vec<String> {
        match matter {
            Matter::Failed { pipeline, failure, .. } => self.steps_of_failure(pipeline, failure),
            Matter::Refused(refusal) if refusal.feed.is_empty() => vec![self.word(Word::DoReturn)],
            Matter::Refused(Refusal { feed, office, period, is_correction, .. }) => {
                vec![self.say(Word::DoQuarantine, &[feed, office, period]), self.word(if *is_correction { Word::DoReturn } else { Word::DoResend })]
            }
            Matter::Late { .. } => vec![self.word(Word::DoAsk), self.word(Word::DoStatus)],
            Matter::Blocked { tests, models, closed, .. } => {
                let of = |is_so: bool, word: Word| is_so.then(|| self.word(word));
                let steps =
                    [of(!tests.is_empty(), Word::DoAudit), of(!models.is_empty(), Word::DoCheck), of(*closed > 0, Word::DoReopen), of(true, Word::DoStatus)];
                steps.into_iter().flatten().collect()
            }
            Matter::Project { .. } => vec![self.word(Word::DoCheck), self.word(Word::DoTakenOver)],
            Matter::Clock => vec![self.word(Word::DoClock)],
        }
    }

    fn steps_of_failure(&self, pipeline: &str, failure: &str) -> Vec<String> {
        let first = match failure {
            "unavailable" => Word::DoUnavailable,
            "conflict" => Word::DoConflict,
            "timeout" => Word::DoTimeout,
            "interrupted" => Word::DoInterrupted,
            "data" => Word::DoStatus,
            "config" | "input" => Word::DoCheck,
            _ => Word::DoReport,
        };
        vec![self.say(Word::DoSeeRuns, &[pipeline]), self.word(first), self.word(Word::DoRetry)]
    }

    /// What people call a feed.
    fn feed(&self, feed: &str) -> String {
        self.project.labels.get(LabelKind::Feed, feed, self.lang).unwrap_or(feed).to_owned()
    }

    /// An office by its name and its code.
    fn office(&self, code: &str) -> String {
        self.project.office(code).map_or_else(|| code.to_owned(), |office| format!("{} ({code})", office.name))
    }

    /// The first of many, and how many more there are.
    fn some(&self, many: impl Iterator<Item = String>, count: usize) -> Vec<String> {
        let mut named: Vec<String> = many.take(MOST_NAMED).collect();
        if count > MOST_NAMED {
            named.push(self.say(Word::AndMore, &[&(count - MOST_NAMED).to_string()]));
        }
        named
    }

    /// A moment in the project's zone.
    pub fn moment(&self, at: DateTime<Utc>) -> String {
        at.with_timezone(&self.project.timezone).format("%Y-%m-%d %H:%M %:z").to_string()
    }

    /// How long something lasted.
    fn span(&self, span: TimeDelta) -> String {
        let minutes = span.num_minutes().max(0);
        let (days, hours, rest) = (minutes / 1_440, minutes % 1_440 / 60, minutes % 60);
        match (days, hours) {
            (0, 0) => self.say(Word::Minutes, &[&rest.to_string()]),
            (0, _) => self.say(Word::Hours, &[&hours.to_string(), &rest.to_string()]),
            _ => self.say(Word::Days, &[&days.to_string(), &hours.to_string()]),
        }
    }
}

/// A text in one line, no longer than it may be.
fn plain(text: &str) -> String {
    // Marks that turn the direction of what follows could make a command look like another one.
    let is_unseen = |letter: char| {
        letter.is_control() || matches!(letter, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2028}' | '\u{2029}' | '\u{2066}'..='\u{2069}')
    };
    let text: String = text.chars().map(|letter| if is_unseen(letter) { ' ' } else { letter }).collect();
    let text = text.trim();
    if text.chars().count() <= MOST_LETTERS {
        return text.to_owned();
    }
    let cut: String = text.chars().take(MOST_LETTERS - 1).collect();
    format!("{cut}…")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_one_line_of_some_length() {
        assert_eq!(plain("a\r\nBcc: b@example.org\u{202e}\u{0}"), "a  Bcc: b@example.org");
        assert_eq!(plain(&"é".repeat(1_000)).chars().count(), MOST_LETTERS);
    }
}
