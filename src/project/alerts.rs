//! Who is told when something needs somebody: receivers of alerts, and what each is told of.
//!
//! Guarantees: a receiver that is resolved can be sent to without a look at its form again; its secrets are variables of the
//! environment, looked up when something is sent. Refuses, each with its place: secrets that stand in the file, connections that
//! anybody on the way can read, addresses and kinds that are none.

use std::collections::BTreeSet;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_spanned::Spanned;

use super::Lang;
use super::alert_forms::{AlertsForm, MailForm, WebhookForm};
use super::corrections::language_of;
use super::forms::Text;
use super::schedule_policies::one_of;
use super::veil;
use crate::diagnostic::{Fault, SourceFile};
use crate::names::is_identifier;
use crate::secret::{Variable, variables};

/// What an alert is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum AlertKind {
    /// A pipeline did not do what was due, after all its attempts.
    Failed,
    /// A delivery was refused whole.
    OverTolerance,
    /// Reports are owed and the day they were due is past.
    Late,
    /// A report falls due in some days, or fell due some days ago and has not come: `[calendar] remind`.
    Reminder,
    /// A run made no release although something would be otherwise.
    Blocked,
    /// The scheduler does not do what it is asked: a changed project is refused, the clock is not believed.
    Scheduler,
    /// Something that was told of is over.
    Recovered,
}

impl AlertKind {
    /// Every kind, with the word for it in project files.
    pub const NAMES: [(&'static str, Self); 7] = [
        ("failed", Self::Failed),
        ("over-tolerance", Self::OverTolerance),
        ("late", Self::Late),
        ("reminder", Self::Reminder),
        ("blocked", Self::Blocked),
        ("scheduler", Self::Scheduler),
        ("recovered", Self::Recovered),
    ];

    /// The word for it.
    pub fn name(self) -> &'static str {
        Self::NAMES.iter().find(|(_, kind)| *kind == self).map_or("", |(name, _)| name)
    }
}

/// What a webhook takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    /// Blocks, as incoming webhooks of Slack do.
    Slack,
    /// An Adaptive Card, as workflows of Teams do.
    Teams,
    /// What it is, for programs.
    Json,
}

const SHAPES: [(&str, Shape); 3] = [("slack", Shape::Slack), ("teams", Shape::Teams), ("json", Shape::Json)];

/// How a connection to a mail server is secured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MailTls {
    /// It becomes so before anything is said.
    StartTls,
    /// It is so from its first byte.
    Wrapped,
    /// Not at all: the server is this machine.
    None,
}

const TLS: [(&str, MailTls); 3] = [("starttls", MailTls::StartTls), ("wrapped", MailTls::Wrapped), ("none", MailTls::None)];

/// Where a webhook lies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum WebhookUrl {
    /// The whole address is a secret.
    Secret(Variable),
    /// An address, in which `${NAME}` stands for secrets.
    Written(String),
}

/// A mailbox, or several that are told the same.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mailbox {
    /// The server's name.
    pub server: String,
    /// Its port.
    pub port: u16,
    /// How the connection is secured.
    pub tls: MailTls,
    /// Who logs in, and with what; nobody where absent.
    pub login: Option<(User, Variable)>,
    /// Where messages come from.
    pub from: String,
    /// Where they go, one at least.
    pub to: Vec<String>,
}

/// The name that one logs in by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum User {
    /// It stands in the file.
    Named(String),
    /// The environment has it.
    Secret(Variable),
}

/// How a receiver is reached.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Way {
    /// By a post to an address of the web.
    Webhook(WebhookUrl, Shape),
    /// By e-mail.
    Mail(Mailbox),
}

/// Somebody who is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Receiver {
    /// What it is called; no other receiver is.
    pub name: String,
    /// How it is reached.
    pub way: Way,
    /// What it is told of.
    pub kinds: BTreeSet<AlertKind>,
    /// The language of what it is told.
    pub language: Lang,
}

impl Receiver {
    /// The variables of the environment without which nothing can be sent to it.
    pub fn variables(&self) -> Vec<Variable> {
        match &self.way {
            Way::Webhook(WebhookUrl::Secret(variable), _) => vec![variable.clone()],
            Way::Webhook(WebhookUrl::Written(text), _) => variables(text),
            Way::Mail(Mailbox { login: Some((User::Secret(user), password)), .. }) => vec![user.clone(), password.clone()],
            Way::Mail(Mailbox { login: Some((User::Named(_), password)), .. }) => vec![password.clone()],
            Way::Mail(Mailbox { login: None, .. }) => Vec::new(),
        }
    }
}

/// The receivers that a project names, as far as their faults allow; `spoken` is the project's language.
pub fn resolve(file: &Arc<SourceFile>, form: &AlertsForm, spoken: Lang, faults: &mut Vec<Fault>) -> Vec<Receiver> {
    // What stands in place of a variable may be the secret itself.
    let file = &veil::starred(file, secrets(form));
    let spoken = language(file, form.language.as_ref(), faults).unwrap_or(spoken);
    let mut receivers: Vec<Receiver> = Vec::new();
    let mut taken = BTreeSet::new();
    let webhooks = form.webhooks.iter().map(|form| {
        let form = form.get_ref();
        (&form.name, form.kinds.as_ref(), form.language.as_ref(), Either::Webhook(form))
    });
    let mail = form.mail.iter().map(|form| {
        let form = form.get_ref();
        (&form.name, form.kinds.as_ref(), form.language.as_ref(), Either::Mail(form))
    });
    for (name, kinds, lang, form) in webhooks.chain(mail) {
        check_name(file, name, &mut taken, faults);
        let kinds = self::kinds(file, kinds, faults);
        let language = language(file, lang, faults).unwrap_or(spoken);
        let way = match form {
            Either::Webhook(form) => webhook(file, form, faults),
            Either::Mail(form) => mailbox(file, form, faults).map(Way::Mail),
        };
        if let Some(way) = way {
            receivers.push(Receiver { name: name.get_ref().clone(), way, kinds, language });
        }
    }
    receivers
}

enum Either<'f> {
    Webhook(&'f WebhookForm),
    Mail(&'f MailForm),
}

/// The places of what may be a secret and is not the name of one.
fn secrets(form: &AlertsForm) -> Vec<std::ops::Range<usize>> {
    let urls = form.webhooks.iter().map(|form| &form.get_ref().url).filter(|url| Variable::of(url.get_ref()).is_none() && !is_plain(url.get_ref()));
    let passwords = form.mail.iter().filter_map(|form| form.get_ref().password.as_ref()).filter(|text| Variable::of(text.get_ref()).is_none());
    urls.chain(passwords).map(Text::span).collect()
}

/// True for an address that gives nobody access who reads it, or says so by the name of a variable.
fn is_plain(url: &str) -> bool {
    let server = url.split("://").nth(1).unwrap_or_default().split('/').next().unwrap_or_default();
    let is_given = ["hooks.slack.com", "logic.azure.com", "powerplatform.com", "webhook.office.com"].iter().any(|known| server.contains(known));
    let query = url.split_once('?').map_or("", |(_, query)| query);
    (!is_given || url.contains("${")) && !server.contains('@') && veil::secret_pairs(query).next().is_none()
}

fn check_name(file: &Arc<SourceFile>, name: &Text, taken: &mut BTreeSet<String>, faults: &mut Vec<Fault>) {
    if !is_identifier(name.get_ref()) {
        faults.push(
            Fault::error(file, name.span(), format!("`{}` cannot be a receiver's name", name.get_ref()))
                .hint("use a lower-case letter, then lower-case letters, digits and `_`"),
        );
    } else if !taken.insert(name.get_ref().clone()) {
        faults.push(Fault::error(file, name.span(), format!("two receivers are called `{}`", name.get_ref())).hint("give each a name of its own"));
    }
}

fn kinds(file: &Arc<SourceFile>, form: Option<&Spanned<Vec<Text>>>, faults: &mut Vec<Fault>) -> BTreeSet<AlertKind> {
    let Some(form) = form else { return AlertKind::NAMES.iter().map(|(_, kind)| *kind).collect() };
    if form.get_ref().is_empty() {
        faults.push(Fault::error(file, form.span(), "it would never be told anything").hint("take `kinds` away, so that it is told of all, or name some"));
    }
    let kinds: BTreeSet<AlertKind> = form.get_ref().iter().filter_map(|text| one_of(file, text, &AlertKind::NAMES, "a kind of alert", faults)).collect();
    if kinds.len() == 1 && kinds.contains(&AlertKind::Recovered) {
        let message = "who is told of nothing that goes wrong is not told that it is over either";
        faults.push(Fault::error(file, form.span(), message).hint("add the kinds whose end it is to be told of"));
    }
    kinds
}

fn language(file: &Arc<SourceFile>, text: Option<&Text>, faults: &mut Vec<Fault>) -> Option<Lang> {
    language_of(file, text, "alerts", faults)
}

fn webhook(file: &Arc<SourceFile>, form: &WebhookForm, faults: &mut Vec<Fault>) -> Option<Way> {
    let shape = one_of(file, &form.shape, &SHAPES, "what a webhook takes", faults);
    let url = url(file, &form.url, faults);
    Some(Way::Webhook(url?, shape?))
}

fn url(file: &Arc<SourceFile>, text: &Text, faults: &mut Vec<Fault>) -> Option<WebhookUrl> {
    if let Some(variable) = Variable::of(text.get_ref()) {
        return Some(WebhookUrl::Secret(variable));
    }
    let mut fault = |message: &str, hint: &str| {
        faults.push(Fault::error(file, text.span(), message).hint(hint));
        None
    };
    let Some((scheme, rest)) = text.get_ref().split_once("://") else {
        return fault("this is no address of a webhook", "name the variable that holds it: `url = \"${ALERTS_URL}\"`");
    };
    let server = rest.split(['/', '?']).next().unwrap_or_default();
    if !["http", "https"].contains(&scheme) || server.is_empty() || server.contains("${") || rest.contains(char::is_whitespace) {
        return fault("this is no address of a webhook", "an `https://` address, or the variable that holds one: `url = \"${ALERTS_URL}\"`");
    }
    if !is_plain(text.get_ref()) {
        let hint = "name its variable: `url = \"${ALERTS_URL}\"`; if a real address stood here, make a new one where it was made";
        return fault("the address of a webhook is a secret, and stands in the environment, not in a file", hint);
    }
    if scheme == "http" && !is_this_machine(host(server)) {
        return fault("anybody on the way could read what is told, and who is told", "use https");
    }
    Some(WebhookUrl::Written(text.get_ref().clone()))
}

/// A server's name without its port.
fn host(server: &str) -> &str {
    match server.strip_prefix('[') {
        Some(address) => address.split(']').next().unwrap_or_default(),
        None => server.split(':').next().unwrap_or_default(),
    }
}

/// True for the names by which a machine calls itself.
pub fn is_this_machine(host: &str) -> bool {
    host.eq_ignore_ascii_case("localhost") || host.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
}

fn mailbox(file: &Arc<SourceFile>, form: &MailForm, faults: &mut Vec<Fault>) -> Option<Mailbox> {
    let before = faults.len();
    let server = form.server.get_ref();
    let is_name = |letter: char| letter.is_ascii_alphanumeric() || ".-".contains(letter);
    if server.is_empty() || !(server.chars().all(is_name) || server.parse::<std::net::IpAddr>().is_ok()) {
        faults.push(Fault::error(file, form.server.span(), "this is no name of a server").hint("such as `smtp.example.org`; the port stands in `port`"));
    }
    let tls = form.tls.as_ref().map_or(Some(MailTls::StartTls), |text| one_of(file, text, &TLS, "how a connection is secured", faults));
    if let (Some(MailTls::None), Some(text)) = (tls, &form.tls)
        && !is_this_machine(server)
    {
        let message = format!("anybody on the way to `{server}` could read the messages");
        faults.push(Fault::error(file, text.span(), message).hint("`tls = \"starttls\"` or `\"wrapped\"`; `\"none\"` is for a server on this machine"));
    }
    if let Some(port) = form.port.as_ref().filter(|port| *port.get_ref() == 0) {
        faults.push(Fault::error(file, port.span(), "there is no port 0").hint("587 is usual with `starttls`, 465 with `wrapped`"));
    }
    let login = login(file, form, faults);
    check_address(file, &form.from, faults);
    form.to.get_ref().iter().for_each(|to| check_address(file, to, faults));
    if form.to.get_ref().is_empty() {
        faults.push(Fault::error(file, form.to.span(), "nobody would be told").hint("name an address: `to = [\"data@example.org\"]`"));
    }
    let tls = tls.filter(|_| faults.len() == before)?;
    let usual = match tls {
        MailTls::StartTls => 587,
        MailTls::Wrapped => 465,
        MailTls::None => 25,
    };
    let port = form.port.as_ref().map_or(usual, |port| *port.get_ref());
    let to = form.to.get_ref().iter().map(|to| to.get_ref().clone()).collect();
    Some(Mailbox { server: server.clone(), port, tls, login, from: form.from.get_ref().clone(), to })
}

fn login(file: &Arc<SourceFile>, form: &MailForm, faults: &mut Vec<Fault>) -> Option<(User, Variable)> {
    let (user, password) = match (&form.user, &form.password) {
        (Some(user), Some(password)) => (user, password),
        (None, None) => return None,
        (Some(lone), None) | (None, Some(lone)) => {
            faults.push(Fault::error(file, lone.span(), "one logs in with a user and a password").hint("name both, or neither"));
            return None;
        }
    };
    let Some(password) = Variable::of(password.get_ref()) else {
        let hint = "name its variable: `password = \"${SMTP_PASSWORD}\"`; if a real password stood here, change it";
        faults.push(Fault::error(file, password.span(), "a password stands in the environment, not in a file").hint(hint));
        return None;
    };
    Some((Variable::of(user.get_ref()).map_or_else(|| User::Named(user.get_ref().clone()), User::Secret), password))
}

fn check_address(file: &Arc<SourceFile>, text: &Text, faults: &mut Vec<Fault>) {
    if !is_address(text.get_ref()) {
        faults.push(Fault::error(file, text.span(), format!("`{}` is no e-mail address", text.get_ref())).hint("such as `data@example.org`, without a name"));
    }
}

/// True for an address as servers everywhere take it: quoted and commented ones are not for machines.
fn is_address(text: &str) -> bool {
    let Some((local, domain)) = text.rsplit_once('@') else { return false };
    let is_atom = |letter: char| letter.is_ascii_alphanumeric() || "!#$%&'*+-/=?^_`{|}~.".contains(letter);
    let is_label = |label: &str| !label.is_empty() && label.chars().all(|letter| letter.is_ascii_alphanumeric() || letter == '-') && !label.starts_with('-');
    !local.is_empty()
        && local.chars().all(is_atom)
        && local.split('.').all(|part| !part.is_empty())
        && domain.split('.').all(is_label)
        && (domain.contains('.') || domain == "localhost")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_that_could_end_a_header_are_none() {
        for good in ["data@example.org", "a.b+c@mail.example.org", "root@localhost"] {
            assert!(is_address(good), "{good}");
        }
        for bad in ["", "data", "data@", "@example.org", "a b@example.org", "Data <data@example.org>", "a@b", "a@example.org\nBcc: b@example.org", "a..b@c.org"]
        {
            assert!(!is_address(bad), "{bad}");
        }
    }

    #[test]
    fn a_machine_knows_its_own_names() {
        for own in ["localhost", "127.0.0.1", "127.1.2.3", "::1"] {
            assert!(is_this_machine(own), "{own}");
        }
        for other in ["example.org", "10.0.0.1", "localhost.example.org", "127.0.0.1.example.org"] {
            assert!(!is_this_machine(other), "{other}");
        }
        assert_eq!((host("[::1]:8080"), host("localhost:80")), ("::1", "localhost"));
    }
}
