//! `[alerts]` of rihla.toml, as it is written.

use schemars::JsonSchema;
use serde::Deserialize;
use serde_spanned::Spanned;

use super::forms::Text;

/// `[alerts]`: who is told by the scheduler when something needs somebody.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AlertsForm {
    /// The language of messages to receivers that name none, `en` or `fr`; the project's where absent.
    #[schemars(with = "Option<String>")]
    pub language: Option<Text>,
    /// Addresses of the web to which messages are posted.
    #[serde(default)]
    #[schemars(with = "Vec<WebhookForm>")]
    pub webhooks: Vec<Spanned<WebhookForm>>,
    /// Mailboxes to which messages are sent.
    #[serde(default)]
    #[schemars(with = "Vec<MailForm>")]
    pub mail: Vec<Spanned<MailForm>>,
}

/// `[[alerts.webhooks]]`
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct WebhookForm {
    /// What it is called, in lower-case letters, digits and `_`.
    #[schemars(with = "String")]
    pub name: Text,
    /// The variable of the environment that holds the address, as `${NAME}`; or an `https://` address without a secret, in which
    /// `${NAME}` may stand for one.
    #[schemars(with = "String")]
    pub url: Text,
    /// What is posted: a message of Slack (`slack`), a card for a workflow of Teams (`teams`), or plain JSON (`json`).
    #[schemars(with = "String")]
    pub shape: Text,
    /// What it is told of: of `failed`, `over-tolerance`, `late`, `blocked`, `scheduler`, `recovered`; of all where absent.
    #[schemars(with = "Option<Vec<String>>")]
    pub kinds: Option<Spanned<Vec<Text>>>,
    /// The language of its messages, `en` or `fr`.
    #[schemars(with = "Option<String>")]
    pub language: Option<Text>,
}

/// `[[alerts.mail]]`
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MailForm {
    /// What it is called, in lower-case letters, digits and `_`.
    #[schemars(with = "String")]
    pub name: Text,
    /// The name of the mail server.
    #[schemars(with = "String")]
    pub server: Text,
    /// Its port; 587 with `starttls`, 465 with `wrapped`, 25 with `none` where absent.
    #[schemars(with = "Option<u16>")]
    pub port: Option<Spanned<u16>>,
    /// How the connection is secured: `starttls` (where absent), `wrapped` from its first byte, or `none`, which only a server on
    /// this machine may have.
    #[schemars(with = "Option<String>")]
    pub tls: Option<Text>,
    /// Who logs in: a name, or the variable of the environment that holds it, as `${NAME}`; nobody where absent.
    #[schemars(with = "Option<String>")]
    pub user: Option<Text>,
    /// The variable of the environment that holds the password, as `${NAME}`.
    #[schemars(with = "Option<String>")]
    pub password: Option<Text>,
    /// The address that messages come from.
    #[schemars(with = "String")]
    pub from: Text,
    /// The addresses that they go to.
    #[schemars(with = "Vec<String>")]
    pub to: Spanned<Vec<Text>>,
    /// What they are told of, as for a webhook; of all where absent.
    #[schemars(with = "Option<Vec<String>>")]
    pub kinds: Option<Spanned<Vec<Text>>>,
    /// The language of messages, `en` or `fr`.
    #[schemars(with = "Option<String>")]
    pub language: Option<Text>,
}
