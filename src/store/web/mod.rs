//! What lies on the web: asked politely, read whole, tried again by the kind of failure.
//!
//! Guarantees: what is handed on is as long as the server says, has the checksum that it says, and is of one state; no
//! address with its query, no token and no word of an answer stands in an error; a token is sent to no other server than it is
//! meant for. Refuses: redirects from https to http.

mod address;
mod facts;
mod failure;
mod post;
mod read;

pub use address::Address;
pub use facts::Facts;
pub use failure::Failure;
pub use read::Resource;

use std::time::Duration;

use reqwest::header::{ACCEPT, ACCEPT_ENCODING, AUTHORIZATION, CONTENT_ENCODING, HeaderValue};
use reqwest::redirect::Policy;
use reqwest::{Client, Method, RequestBuilder, Response};

use crate::clock::random_bytes;
use crate::error::{Error, Kind, Result};

/// How long and how often is tried, and how much is read.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// How often in all.
    pub tries: u32,
    /// The pause before the second try; each further one is about twice as long.
    pub pause: Duration,
    /// The longest pause that a server may ask for.
    pub longest_pause: Duration,
    /// How long a connection may take.
    pub connect: Duration,
    /// How long a server may send nothing.
    pub stall: Duration,
    /// How long one reading may take.
    pub whole: Duration,
    /// The greatest size that is read, in bytes; each source says its own.
    pub size: u64,
}

impl Default for Limits {
    fn default() -> Self {
        let seconds = Duration::from_secs;
        Self {
            tries: 5,
            pause: Duration::from_millis(500),
            longest_pause: seconds(120),
            connect: seconds(10),
            stall: seconds(60),
            whole: seconds(1800),
            size: u64::MAX,
        }
    }
}

/// A client of the web; its clones share their connections.
#[derive(Debug, Clone)]
pub struct Web {
    client: Client,
    limits: Limits,
}

/// So many redirects are followed.
const MOST_REDIRECTS: usize = 5;

impl Web {
    /// A client with limits.
    ///
    /// # Errors
    /// `Unavailable` where the machine has no roots of trust, or none that can be read.
    pub fn new(limits: Limits) -> Result<Self> {
        let client = Client::builder()
            .user_agent(concat!("rihla/", env!("CARGO_PKG_VERSION")))
            .connect_timeout(limits.connect)
            .redirect(Policy::custom(redirected))
            // The query of an address may hold a secret.
            .referer(false)
            .build()
            .map_err(|cause| Error::new(Kind::Unavailable, "no client of the web can be made").because(cause.without_url()))?;
        Ok(Self { client, limits })
    }

    /// The same client that reads no more than so many bytes.
    #[must_use]
    pub fn up_to(&self, size: u64) -> Self {
        Self { client: self.client.clone(), limits: Limits { size, ..self.limits } }
    }

    /// What is known of what lies at an address; nothing where nothing does.
    ///
    /// # Errors
    /// A [`Failure`]; `Refused` with 405 or 501 where the server only gives, and says nothing.
    pub async fn head(&self, address: &Address) -> Result<Option<Facts>, Failure> {
        let asked = self.again(|| async { self.send(self.request(Method::HEAD, address)).await.map(|response| Facts::of(&response)) }).await;
        match asked {
            Ok(facts) => Ok(Some(facts)),
            Err(Failure::NotThere(_)) => Ok(None),
            Err(Failure::Server(501, _)) => Err(Failure::Refused(501)),
            Err(failure) => Err(failure),
        }
    }

    fn request(&self, method: Method, address: &Address) -> RequestBuilder {
        // A packed answer has another length and another checksum than the file.
        let request = self.client.request(method, address.url.clone()).header(ACCEPT_ENCODING, "identity").header(ACCEPT, "*/*");
        let Some(authorization) = &address.authorization else { return request };
        match HeaderValue::from_str(authorization.reveal()) {
            Ok(mut value) => {
                value.set_sensitive(true);
                request.header(AUTHORIZATION, value)
            }
            Err(_) => request,
        }
    }

    /// Sends a request and looks at what the head of the answer says.
    async fn send(&self, request: RequestBuilder) -> Result<Response, Failure> {
        let sent = tokio::time::timeout(self.limits.stall, request.send()).await.map_err(|_| Failure::Stalled(self.limits.stall))?;
        let response = sent.map_err(|error| transport(&error))?;
        let status = response.status().as_u16();
        if let Some(failure) = failure::of_status(status, facts::wait(response.headers())) {
            return Err(failure);
        }
        let coding = facts::text(response.headers(), &CONTENT_ENCODING).unwrap_or("identity");
        if coding.is_empty() || coding.eq_ignore_ascii_case("identity") { Ok(response) } else { Err(Failure::Packed) }
    }

    /// Tries until it succeeds, fails for good or has failed too often.
    async fn again<T, F: Future<Output = Result<T, Failure>>>(&self, mut attempt: impl FnMut() -> F) -> Result<T, Failure> {
        let mut failed = 0;
        loop {
            match attempt().await {
                Err(failure) => self.pause(failure, &mut failed).await?,
                done => return done,
            }
        }
    }

    /// Waits before another try, or gives up.
    async fn pause(&self, failure: Failure, failed: &mut u32) -> Result<(), Failure> {
        *failed += 1;
        if !failure.is_passing() || *failed >= self.limits.tries {
            return Err(failure);
        }
        let pause = match failure.wait() {
            Some(wait) if wait > self.limits.longest_pause => return Err(Failure::Later(wait)),
            Some(wait) => wait,
            None => jittered(self.limits.pause * 2_u32.saturating_pow(*failed - 1)),
        };
        tracing::debug!(%failure, ?pause, "the web failed: tried again");
        tokio::time::sleep(pause).await;
        Ok(())
    }
}

/// Between half of a pause and all of it, so that not everybody comes again at the same moment.
fn jittered(pause: Duration) -> Duration {
    let [share] = random_bytes::<1>();
    pause / 2 + pause * u32::from(share) / 512
}

/// What a client's failure is, by its kind.
fn transport(error: &reqwest::Error) -> Failure {
    let mut next = std::error::Error::source(error);
    while let Some(cause) = next {
        if let Some(redirect) = cause.downcast_ref::<Stray>() {
            return Failure::Redirect(redirect.0);
        }
        next = cause.source();
    }
    if error.is_redirect() {
        Failure::Redirect("too often, or to nowhere")
    } else if error.is_builder() {
        Failure::Answer("the address cannot be asked")
    } else if error.is_connect() || error.is_timeout() {
        Failure::Connect
    } else {
        Failure::Cut(0)
    }
}

/// A redirect that is not followed, and why.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
struct Stray(&'static str);

fn redirected(attempt: reqwest::redirect::Attempt<'_>) -> reqwest::redirect::Action {
    let was_secure = attempt.previous().iter().any(|url| url.scheme() == "https");
    if was_secure && attempt.url().scheme() != "https" {
        return attempt.error(Stray("from https to http"));
    }
    if attempt.previous().len() > MOST_REDIRECTS {
        return attempt.error(Stray("too often"));
    }
    attempt.follow()
}
