//! Reminders of reports: one message for all offices of a feed and month, said once, whoever restarts.

use rihla::alert::book::Book;
use rihla::alert::reminding::falling;
use rihla::warehouse::Submission;

use super::{project, webhook, with_receivers};
use crate::support::Folder;

const REMIND: &str = "since = 2023-01-01\nremind = { before = [3], after = [1] }\n";

fn folder(receivers: &str) -> Folder {
    let folder = with_receivers(receivers);
    folder.replace("rihla.toml", "since = 2023-01-01\n", REMIND);
    folder
}

/// What is told when it is looked at a moment, by a scheduler that was just started.
fn told(folder: &Folder, now: &str, came: &[Submission]) -> Vec<String> {
    let (project, now) = (project(folder), now.parse().expect("an instant"));
    let book = Book::open(&project).expect("a book");
    book.remind(&project, now, |from| falling(&project, came, from, now)).expect("a look");
    let mut told = Vec::new();
    loop {
        let waiting = book.first_waiting().expect("messages");
        if waiting.is_empty() {
            return told;
        }
        for message in waiting {
            let offices = message.letter.known.iter().find(|(name, _)| name == "Offices" || name == "Bureaux").map(|(_, value)| value.clone());
            told.push(format!("{} {}: {} ({})", message.receiver, message.letter.kind.name(), message.letter.title, offices.unwrap_or_default()));
            book.sent(message.id, now).expect("noted");
        }
    }
}

#[test]
fn offices_are_reminded_together_and_once() {
    let folder = folder(&webhook("all", "https://example.org/a", ""));
    assert!(told(&folder, "2023-07-01T12:00:00Z", &[]).is_empty(), "what fell before anybody was to be told is over");
    assert!(told(&folder, "2023-07-06T12:00:00Z", &[]).is_empty());
    let before = ["all reminder: registrations for 2023-06: the report is due on 2023-07-10 (Rabat (RAB), Casablanca (CAS), Tangier (TNG), Agadir (AGA))"];
    assert_eq!(told(&folder, "2023-07-07T12:00:00Z", &[]), before);
    assert!(told(&folder, "2023-07-07T12:30:00Z", &[]).is_empty(), "once");
    assert!(told(&folder, "2023-07-07T11:00:00Z", &[]).is_empty(), "nor where the clock went back");
    let after = told(&folder, "2023-07-13T12:00:00Z", &[]);
    assert_eq!(after.len(), 1, "{after:?}");
    assert!(after[0].starts_with("all reminder: registrations for 2023-06: the report was due on 2023-07-10 and has not come (Rabat"), "{after:?}");
}

#[test]
fn only_who_asks_for_them_is_told_and_in_their_language() {
    let receivers = [
        webhook("late", "https://example.org/a", "kinds = [\"late\"]"),
        webhook("rappels", "https://example.org/b", "kinds = [\"reminder\"]\nlanguage = \"fr\""),
    ];
    let folder = folder(&receivers.concat());
    told(&folder, "2023-07-01T12:00:00Z", &[]);
    let said = told(&folder, "2023-07-07T12:00:00Z", &[]);
    assert_eq!(said.len(), 1, "{said:?}");
    assert!(said[0].starts_with("rappels reminder: registrations, 2023-06 : le rapport est attendu le 2023-07-10"), "{said:?}");
}
