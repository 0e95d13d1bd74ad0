//! Letters as e-mail, handed to a mail server.
//!
//! Guarantees: nothing is said to a server before the connection is secured as declared; of what a server answers its code alone
//! is told.

use std::time::Duration;

use chrono::{DateTime, Utc};
use lettre::address::Envelope;
use lettre::message::header::ContentType;
use lettre::transport::smtp::Error as SmtpError;
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{Tls, TlsParameters};
use lettre::{Address, AsyncSmtpTransport, AsyncTransport, Message, Tokio1Executor};

use super::letter::Letter;
use super::post::NotTaken;
use super::shape;
use crate::project::{MailTls, Mailbox, User};

type Transport = AsyncSmtpTransport<Tokio1Executor>;

/// Hands a letter to a mail server; `id` tells it from every other, so that one that comes twice is seen as one.
///
/// Where the server refuses an address, the others get it all the same.
///
/// # Errors
/// Why no server took it for anybody.
pub async fn send(mailbox: &Mailbox, letter: &Letter, id: &str, at: DateTime<Utc>, timeout: Duration) -> Result<(), NotTaken> {
    let transport = transport(mailbox, timeout)?;
    let from = address(&mailbox.from)?;
    let to: Vec<Address> = mailbox.to.iter().map(|to| address(to)).collect::<Result<_, _>>()?;
    let message = message(&from, &to, letter, id, at)?;
    match handed(&transport, envelope(&from, to.clone())?, &message).await {
        Err(refused) if refused.is_final && to.len() > 1 => one_by_one(&transport, &from, to, &message, refused).await,
        done => done,
    }
}

async fn one_by_one(transport: &Transport, from: &Address, to: Vec<Address>, message: &[u8], refused: NotTaken) -> Result<(), NotTaken> {
    let mut done = Err(refused);
    for address in to {
        match handed(transport, envelope(from, vec![address.clone()])?, message).await {
            Ok(()) => done = Ok(()),
            Err(refused) => tracing::warn!(to = %address, why = refused.why, "the mail server does not take alerts for an address"),
        }
    }
    done
}

async fn handed(transport: &Transport, envelope: Envelope, message: &[u8]) -> Result<(), NotTaken> {
    transport.send_raw(&envelope, message).await.map(|_| ()).map_err(|error| not_taken(&error))
}

fn transport(mailbox: &Mailbox, timeout: Duration) -> Result<Transport, NotTaken> {
    let secured = || TlsParameters::new(mailbox.server.clone()).map_err(|_| NotTaken::later("the roots of trust of this machine cannot be read"));
    let tls = match mailbox.tls {
        MailTls::StartTls => Tls::Required(secured()?),
        MailTls::Wrapped => Tls::Wrapper(secured()?),
        MailTls::None => Tls::None,
    };
    let builder = Transport::builder_dangerous(mailbox.server.as_str()).port(mailbox.port).tls(tls).timeout(Some(timeout));
    let Some((user, password)) = &mailbox.login else { return Ok(builder.build()) };
    let user = match user {
        User::Named(name) => name.clone(),
        User::Secret(variable) => variable.value().map_err(|error| NotTaken::later(error.to_string()))?.reveal().to_owned(),
    };
    let password = password.value().map_err(|error| NotTaken::later(error.to_string()))?;
    Ok(builder.credentials(Credentials::new(user, password.reveal().to_owned())).build())
}

fn address(text: &str) -> Result<Address, NotTaken> {
    text.parse().map_err(|_| NotTaken::never(format!("`{text}` is no e-mail address")))
}

fn envelope(from: &Address, to: Vec<Address>) -> Result<Envelope, NotTaken> {
    Envelope::new(Some(from.clone()), to).map_err(|_| NotTaken::never("the message has no address that it goes to"))
}

fn message(from: &Address, to: &[Address], letter: &Letter, id: &str, at: DateTime<Utc>) -> Result<Vec<u8>, NotTaken> {
    let mut builder = Message::builder()
        .from(from.clone().into())
        .subject(shape::subject(letter))
        .date(at.into())
        .message_id(Some(format!("<{id}@{}>", from.domain())))
        .header(ContentType::TEXT_PLAIN);
    for to in to {
        builder = builder.to(to.clone().into());
    }
    builder.body(shape::mail_text(letter)).map(|message| message.formatted()).map_err(|_| NotTaken::never("the message cannot be written"))
}

/// What a failure means, without a word of what the server said.
fn not_taken(error: &SmtpError) -> NotTaken {
    match error.status() {
        Some(code) if error.is_permanent() => NotTaken::never(format!("the mail server refuses it ({code})")),
        Some(code) => NotTaken::later(format!("the mail server cannot take it now ({code})")),
        None if error.is_timeout() => NotTaken::later("the mail server does not answer in time"),
        None if error.is_tls() || is_of_tls(error) => NotTaken::later("the connection to the mail server cannot be secured"),
        None if error.is_client() => NotTaken::never("the mail server does not do what is asked: it lacks STARTTLS, or a way to log in"),
        None => NotTaken::later("no connection to the mail server can be made, or it is cut off"),
    }
}

/// True where a connection fails by what secures it: an unknown certificate, or another server's.
fn is_of_tls(error: &SmtpError) -> bool {
    let mut next = std::error::Error::source(error);
    while let Some(cause) = next {
        if cause.downcast_ref::<std::io::Error>().is_some_and(|io| io.kind() == std::io::ErrorKind::InvalidData) {
            return true;
        }
        next = cause.source();
    }
    false
}
