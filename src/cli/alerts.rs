//! `rihla alerts`

use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};
use clap::Subcommand;
use serde_json::json;

use super::args::Args;
use super::render::table;
use super::words::{Word, say};
use super::{Terminal, closed, print_json};
use crate::alert::book::{self, Book, Cause, Message, MessageState};
use crate::alert::letter::Writer;
use crate::alert::post::{self, NotTaken, Patience};
use crate::clock;
use crate::diagnostic::did_you_mean;
use crate::error::{Error, Kind, Result};
use crate::project::{self, AlertKind, Lang, Project, Receiver};

/// Show what is the matter, who was told, and messages that did not arrive
///
/// The scheduler tells the receivers under `[alerts]` in rihla.toml, by webhook or e-mail: of a pipeline that failed after its
/// retries, of a delivery that was refused, of reports that are late, of a release that is held back, and once each is over.
/// One cause is told of once. What is not taken is sent again for a day, and shown here.
///
/// A run that you start yourself tells nobody: you see what it says.
#[derive(Debug, clap::Args)]
pub struct Options {
    #[command(subcommand)]
    what: Option<What>,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Send a message to every receiver now, or to one, and say whether it was taken
    ///
    /// Exits with 1 where one was not.
    Test {
        /// The receiver; all where absent
        receiver: Option<String>,
    },
}

/// Messages given up within so many days are shown.
const SHOWN: TimeDelta = TimeDelta::days(7);

/// Shows what is the matter, or tries the receivers.
pub async fn alerts(args: &Args, options: &Options, terminal: &mut Terminal<'_>) -> Result<u8> {
    let project = project::load(&args.project)?;
    match &options.what {
        Some(What::Test { receiver }) => test(&project, receiver.as_deref(), terminal).await,
        None => show(&project, terminal),
    }
}

fn chosen<'p>(project: &'p Project, name: Option<&str>) -> Result<Vec<&'p Receiver>> {
    if project.receivers.is_empty() {
        let error = Error::new(Kind::Input, "rihla.toml names nobody who is told");
        return Err(error.hint("add a receiver under `[[alerts.webhooks]]` or `[[alerts.mail]]`"));
    }
    let chosen: Vec<&Receiver> = project.receivers.iter().filter(|receiver| name.is_none_or(|name| receiver.name == name)).collect();
    if let (Some(name), true) = (name, chosen.is_empty()) {
        let names = || project.receivers.iter().map(|receiver| receiver.name.as_str());
        let all = || names().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
        let error = Error::new(Kind::Input, format!("there is no receiver `{name}`"));
        return Err(error.hint(did_you_mean(name, names()).unwrap_or_else(|| format!("there are {}", all()))));
    }
    Ok(chosen)
}

async fn test(project: &Project, name: Option<&str>, terminal: &mut Terminal<'_>) -> Result<u8> {
    let now = clock::from_environment()?.now();
    let patience = Patience::default();
    let mut results = Vec::new();
    for receiver in chosen(project, name)? {
        let letter = Writer::new(project, receiver.language).test(AlertKind::Scheduler, now);
        let id = format!("{}.{}.test", project.name, now.timestamp_micros());
        let done = post::send(receiver, &letter, &id, now, patience.timeout).await;
        if !terminal.json {
            writeln!(terminal.out, "{}", tested(receiver, &done)).and_then(|()| terminal.out.flush()).map_err(closed)?;
        }
        results.push((receiver, done));
    }
    if terminal.json {
        let told = |(receiver, done): &(&Receiver, std::result::Result<(), NotTaken>)| json!({"receiver": receiver.name, "is_taken": done.is_ok(), "why": done.as_ref().err().map(|not| not.why.as_str())});
        print_json(terminal, &results.iter().map(told).collect::<Vec<_>>())?;
    }
    Ok(u8::from(results.iter().any(|(_, done)| done.is_err())))
}

fn tested(receiver: &Receiver, done: &std::result::Result<(), NotTaken>) -> String {
    match done {
        Ok(()) => format!("{}: taken", receiver.name),
        Err(NotTaken { why, .. }) => format!("{}: not taken: {why}", receiver.name),
    }
}

fn show(project: &Project, terminal: &mut Terminal<'_>) -> Result<u8> {
    chosen(project, None)?;
    let now = clock::from_environment()?.now();
    // Nothing is made by looking: where the scheduler kept no book yet there is nothing to show.
    let book = if book::path(&project.warehouse).exists() { Some(Book::open(project)?) } else { None };
    let (causes, undelivered) = match &book {
        Some(book) => (book.open_causes()?, book.undelivered(now - SHOWN)?),
        None => (Vec::new(), Vec::new()),
    };
    let writer = Writer::new(project, terminal.lang);
    if terminal.json {
        let causes: Vec<_> = causes.iter().map(|cause| cause_json(cause, &Writer::new(project, Lang::En))).collect();
        let messages: Vec<_> = undelivered.iter().map(message_json).collect();
        print_json(terminal, &json!({"open": causes, "undelivered": messages}))?;
        return Ok(0);
    }
    let lang = terminal.lang;
    let text = if causes.is_empty() { format!("{}\n", Word::NothingIsTheMatter.text(lang)) } else { open(&causes, &writer, lang) };
    write!(terminal.out, "{text}").map_err(closed)?;
    if !undelivered.is_empty() {
        write!(terminal.out, "\n{}\n{}", Word::MessagesNotArrived.text(lang), waiting(&undelivered, &writer, lang)).map_err(closed)?;
    }
    Ok(0)
}

fn open(causes: &[Cause], writer: &Writer<'_>, lang: Lang) -> String {
    let row = |cause: &Cause| vec![writer.kind(cause.kind()), writer.title(&cause.matter), writer.moment(cause.since), told(cause, lang)];
    let header = [Word::Kind, Word::What, Word::Since, Word::WhoWasTold].map(|word| word.text(lang));
    format!("{}\n", table(&header, causes.iter().map(row).collect()))
}

/// Who was told, and who is to be.
fn told(cause: &Cause, lang: Lang) -> String {
    let of = |told: &book::Told| match told.state {
        MessageState::Sent => told.receiver.clone(),
        MessageState::Waiting => say(lang, Word::ToldWaits, &[&told.receiver]),
        MessageState::GivenUp => say(lang, Word::ToldGivenUp, &[&told.receiver]),
    };
    cause.told.iter().map(of).collect::<Vec<_>>().join(", ")
}

fn waiting(messages: &[Message], writer: &Writer<'_>, lang: Lang) -> String {
    let row = |message: &Message| {
        let next = if message.state == MessageState::Waiting { writer.moment(message.next) } else { Word::GivenUp.text(lang).to_owned() };
        let why = message.error.clone().unwrap_or_default();
        vec![message.receiver.clone(), message.letter.title.clone(), message.attempts.to_string(), next, why]
    };
    let header = [Word::Receiver, Word::What, Word::Attempts, Word::NextAttempt, Word::Why].map(|word| word.text(lang));
    format!("{}\n", table(&header, messages.iter().map(row).collect()))
}

fn utc(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Secs, true)
}

fn cause_json(cause: &Cause, writer: &Writer<'_>) -> serde_json::Value {
    let told: Vec<_> = cause.told.iter().map(|told| json!({"receiver": told.receiver, "state": told.state})).collect();
    json!({"kind": cause.kind(), "title": writer.title(&cause.matter), "since": utc(cause.since), "about": cause.matter, "told": told})
}

fn message_json(message: &Message) -> serde_json::Value {
    json!({
        "receiver": message.receiver,
        "title": message.letter.title,
        "made": utc(message.made),
        "state": message.state,
        "attempts": message.attempts,
        "next": utc(message.next),
        "error": message.error,
    })
}
