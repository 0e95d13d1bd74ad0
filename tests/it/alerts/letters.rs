//! What is said of every matter, in every shape and both languages.

use std::fmt::Write as _;

use rihla::alert::Matter;
use rihla::alert::letter::{Letter, Writer};
use rihla::alert::shape::{mail_text, shaped, subject};
use rihla::project::{AlertKind, Lang, Shape};

use super::{failed, project, refusal};
use crate::support::{Folder, snapshot};

fn letters(lang: Lang) -> Vec<Letter> {
    let project = project(&Folder::small());
    let writer = Writer::new(&project, lang);
    let since = "2023-07-21T05:00:00Z".parse().expect("an instant");
    let late = Matter::Late {
        feed: "registrations".to_owned(),
        period: "2023-06".to_owned(),
        due_on: "2023-07-10".parse().expect("a day"),
        offices: vec!["RAB".to_owned(), "CAS".to_owned()],
    };
    let blocked = Matter::Blocked {
        run: "20230721T050000000Z-abcdef".to_owned(),
        problems: vec!["tests failed: no release is made; `rihla audit --failing` shows the rows".to_owned()],
        tests: vec!["by_country: unique(period)".to_owned()],
        models: Vec::new(),
        closed: 2,
        only_refusals: false,
    };
    let matters = [
        failed("registrations", "2023-07-21T05:00:00Z", "unavailable"),
        refusal("RAB", "in/RAB/<b>*_[a](http://x)&.csv"),
        late,
        blocked,
        Matter::Project { why: vec!["the project has 1 fault".to_owned(), "rihla.toml:4: unknown field `titel`".to_owned()] },
        Matter::Clock,
    ];
    let mut letters: Vec<Letter> = matters.iter().map(|matter| writer.begun(matter, since)).collect();
    letters.push(writer.over(&matters[0], since, "2023-07-22T07:30:00Z".parse().expect("an instant")));
    letters.push(writer.flood(AlertKind::Failed, &vec![letters[0].clone(); 21], since));
    letters
}

fn shown(lang: Lang, code: &str) {
    let letters = letters(lang);
    for (shape, name) in [(Shape::Slack, "slack"), (Shape::Teams, "teams"), (Shape::Json, "json")] {
        let texts: Vec<String> = letters.iter().map(|letter| format!("{:#}", shaped(letter, shape, "small.1.1"))).collect();
        snapshot("alerts", &format!("{name}_{code}"), "every kind of alert", &texts.join("\n"));
    }
    let mut mails = String::new();
    for letter in &letters {
        let _ = writeln!(mails, "Subject: {}\n\n{}", subject(letter), mail_text(letter).replace("\r\n", "\n"));
    }
    snapshot("alerts", &format!("mail_{code}"), "every kind of alert", &mails);
}

#[test]
fn in_english() {
    shown(Lang::En, "en");
}

#[test]
fn in_french() {
    shown(Lang::Fr, "fr");
}
