//! Why the web did not give what was asked, without a word of what it said: addresses, headers and answers may hold secrets.

use std::time::Duration;

use crate::error::{Error, Kind};

/// Why something could not be had.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Failure {
    /// Status 404 or 410.
    #[error("nothing is there ({0})")]
    NotThere(u16),
    /// Status 401 or 403.
    #[error("the server does not let it in ({0})")]
    Denied(u16),
    /// Another status that says that the request is wrong.
    #[error("the server refuses the request ({0})")]
    Refused(u16),
    /// Status 429.
    #[error("the server is asked too often (429)")]
    TooOften(Option<Duration>),
    /// Status 408 or 5xx.
    #[error("the server fails ({0})")]
    Server(u16, Option<Duration>),
    /// The server asks to wait for longer than anybody waits here.
    #[error("the server asks to come again in {} seconds", .0.as_secs())]
    Later(Duration),
    /// No connection.
    #[error("no connection can be made")]
    Connect,
    /// Nothing came for a while.
    #[error("the server sends nothing for {} seconds", .0.as_secs_f32())]
    Stalled(Duration),
    /// It took too long altogether.
    #[error("it is not done after {} seconds", .0.as_secs_f32())]
    Slow(Duration),
    /// The answer ends before its end.
    #[error("the answer is cut off after {0} bytes")]
    Cut(u64),
    /// The answer says neither how long it is nor where it ends.
    #[error("the server does not say how long the answer is, so that one that is cut off could not be told")]
    Endless,
    /// It is larger than what is read.
    #[error("it is larger than {} MiB", .0 >> 20)]
    TooLarge(u64),
    /// It is not what its checksum says.
    #[error("it is not what the server's checksum ({0}) says")]
    Checksum(&'static str),
    /// It became another while it was read.
    #[error("it changes while it is read")]
    Changed,
    /// A redirect that is not followed.
    #[error("the server sends elsewhere: {0}")]
    Redirect(&'static str),
    /// The answer is packed although nobody asked for that.
    #[error("the server packs its answer although it is asked not to")]
    Packed,
    /// What the server says cannot be understood.
    #[error("the server's answer cannot be understood: {0}")]
    Answer(&'static str),
}

impl Failure {
    /// True where the same may succeed a little later.
    pub fn is_passing(&self) -> bool {
        matches!(self, Self::TooOften(_) | Self::Server(..) | Self::Connect | Self::Stalled(_) | Self::Cut(_) | Self::Checksum(_) | Self::Changed)
    }

    /// How long the server asks to wait.
    pub fn wait(&self) -> Option<Duration> {
        match self {
            Self::TooOften(wait) | Self::Server(_, wait) => *wait,
            _ => None,
        }
    }

    /// What somebody can do about it.
    fn hint(&self) -> &'static str {
        match self {
            Self::NotThere(_) => "check the address",
            Self::Denied(_) => "check the token or the rights of whoever it stands for",
            Self::Refused(_) | Self::Answer(_) => "check the address and what the source says of the server",
            Self::TooOften(_) | Self::Later(_) => "run again later, or ask less often",
            Self::Connect => "check the address and the network, then run again",
            Self::Server(..) | Self::Stalled(_) | Self::Slow(_) | Self::Cut(_) => "run again; if it stays so, ask whoever keeps the server",
            Self::Endless | Self::Packed => "the server must send a Content-Length, and the file as it is",
            Self::TooLarge(_) => "raise `most_mib` of the source, if it is meant to be so large",
            Self::Checksum(_) | Self::Changed => "run again once nobody writes there",
            Self::Redirect(_) => "name the address that it sends to",
        }
    }

    /// The error of something that was asked, with what to do.
    pub fn error(self, what: impl Into<String>) -> Error {
        let kind = if matches!(self, Self::Changed | Self::Checksum(_)) { Kind::Conflict } else { Kind::Unavailable };
        Error::new(kind, what).hint(self.hint()).because(self)
    }
}

/// What a status says; nothing where it is well.
pub fn of_status(status: u16, wait: Option<Duration>) -> Option<Failure> {
    match status {
        200 | 206 => None,
        401 | 403 => Some(Failure::Denied(status)),
        404 | 410 => Some(Failure::NotThere(status)),
        429 => Some(Failure::TooOften(wait)),
        408 | 500..=599 => Some(Failure::Server(status, wait)),
        300..=399 => Some(Failure::Redirect("too often, or to nowhere")),
        _ => Some(Failure::Refused(status)),
    }
}
