//! The shapes in which letters are sent: blocks of Slack, an Adaptive Card of Teams, JSON for programs, plain text of a mail.
//!
//! Guarantees: what a letter says stands there as text, whatever signs it holds: no link, no mention, no formatting of its own.

use serde_json::{Value, json};

use super::letter::Letter;
use crate::project::Shape;

/// The most that Slack takes of one text.
const MOST_OF_SLACK: usize = 2_900;

/// A letter as a webhook takes it; `id` tells it from every other.
pub fn shaped(letter: &Letter, shape: Shape, id: &str) -> Value {
    match shape {
        Shape::Slack => slack(letter),
        Shape::Teams => teams(letter),
        Shape::Json => plain(letter, id),
    }
}

/// The letter's title, after its project and its kind.
pub fn subject(letter: &Letter) -> String {
    format!("[{}] {}", letter.project, titled(letter))
}

/// The title with its kind, which the title of what is over says already.
fn titled(letter: &Letter) -> String {
    if letter.title.starts_with(&letter.kind_text) { letter.title.clone() } else { format!("{}{}{}", letter.kind_text, letter.colon, letter.title) }
}

fn slack(letter: &Letter) -> Value {
    let known: Vec<String> = letter.known.iter().map(|(name, value)| format!("*{}*{}{}", mrkdwn(name), letter.colon, mrkdwn(value))).collect();
    let steps: Vec<String> = letter.steps.iter().map(|step| format!("• {}", mrkdwn(step))).collect();
    // What looks like an address is not made a link of.
    let section_of = |text: &str| json!({"type": "section", "text": {"type": "mrkdwn", "verbatim": true, "text": text}});
    let mut blocks = vec![section_of(&format!("*{}*", mrkdwn(&subject(letter))))];
    let mut section = |lines: &[String]| blocks.extend(paged(lines).iter().map(|text| section_of(text)));
    section(&known);
    if !steps.is_empty() {
        section(&[vec![format!("*{}*", mrkdwn(&letter.steps_title))], steps].concat());
    }
    json!({"text": mrkdwn(&subject(letter)), "blocks": blocks})
}

/// Lines in texts of which none is longer than Slack takes.
fn paged(lines: &[String]) -> Vec<String> {
    let mut pages: Vec<String> = Vec::new();
    for line in lines {
        match pages.last_mut() {
            Some(page) if page.chars().count() + line.chars().count() < MOST_OF_SLACK => {
                page.push('\n');
                page.push_str(line);
            }
            _ => pages.push(line.clone()),
        }
    }
    pages
}

/// Text of Slack: three signs begin links, mentions and entities. What formats words is harmless, save a line that it would eat.
fn mrkdwn(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('*', "∗").replace('~', "∼")
}

fn teams(letter: &Letter) -> Value {
    let facts: Vec<Value> = letter.known.iter().map(|(name, value)| json!({"title": markdown(name), "value": markdown(value)})).collect();
    let mut body = vec![json!({"type": "TextBlock", "text": markdown(&subject(letter)), "weight": "Bolder", "size": "Medium", "wrap": true})];
    if !facts.is_empty() {
        body.push(json!({"type": "FactSet", "facts": facts}));
    }
    if !letter.steps.is_empty() {
        body.push(json!({"type": "TextBlock", "text": markdown(&letter.steps_title), "weight": "Bolder", "wrap": true}));
        body.extend(letter.steps.iter().map(|step| json!({"type": "TextBlock", "text": markdown(step), "wrap": true, "spacing": "Small"})));
    }
    let card = json!({"$schema": "http://adaptivecards.io/schemas/adaptive-card.json", "type": "AdaptiveCard", "version": "1.4", "body": body});
    json!({"type": "message", "attachments": [{"contentType": "application/vnd.microsoft.card.adaptive", "contentUrl": null, "content": card}]})
}

/// Text of a card, which reads a part of Markdown, and which turns what looks like HTML into nothing.
fn markdown(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '\\' | '*' | '_' | '[' | ']' | '(' | ')' | '#' | '`' | '~' | '|' => escaped.extend(['\\', letter]),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '&' => escaped.push_str("&amp;"),
            letter => escaped.push(letter),
        }
    }
    escaped
}

fn plain(letter: &Letter, id: &str) -> Value {
    let known: Vec<Value> = letter.known.iter().map(|(name, value)| json!({"name": name, "value": value})).collect();
    json!({
        "version": 1,
        "id": id,
        "project": letter.project,
        "kind": letter.kind,
        "title": letter.title,
        "at": letter.at,
        "known": known,
        "steps": letter.steps,
    })
}

/// The text of a mail.
pub fn mail_text(letter: &Letter) -> String {
    let mut lines = vec![titled(letter), String::new()];
    lines.extend(letter.known.iter().map(|(name, value)| format!("{name}{}{value}", letter.colon)));
    if !letter.steps.is_empty() {
        lines.extend([String::new(), format!("{}{}", letter.steps_title, letter.colon.trim_end())]);
        lines.extend(letter.steps.iter().map(|step| format!("- {step}")));
    }
    lines.extend([String::new(), format!("rihla, {} {}", letter.project, letter.at), String::new()]);
    lines.join("\r\n")
}
