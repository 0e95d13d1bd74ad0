//! Something handed to a server of the web, once: whoever calls decides whether and when to try again.

use bytes::Bytes;
use reqwest::header::CONTENT_TYPE;
use reqwest::redirect::Policy;
use reqwest::{Client, Method};

use super::{Address, Failure, Limits, Web, facts, failure, transport};
use crate::error::{Error, Kind, Result};

impl Web {
    /// A client that hands things to servers. It follows no redirect: what is posted would be dropped on the way, and the answer
    /// taken for a receipt.
    ///
    /// # Errors
    /// As [`Web::new`].
    pub fn to_post(limits: Limits) -> Result<Self> {
        let client = Client::builder()
            .user_agent(concat!("rihla/", env!("CARGO_PKG_VERSION")))
            .connect_timeout(limits.connect)
            .redirect(Policy::none())
            .referer(false)
            .build()
            .map_err(|cause| Error::new(Kind::Unavailable, "no client of the web can be made").because(cause.without_url()))?;
        Ok(Self { client, limits })
    }

    /// Posts JSON; done once the server has said that it took it. What else it says is not read.
    ///
    /// # Errors
    /// A [`Failure`], without another try.
    pub async fn post_json(&self, address: &Address, body: Bytes) -> Result<(), Failure> {
        let request = self.request(Method::POST, address).header(CONTENT_TYPE, "application/json").body(body);
        let sent = tokio::time::timeout(self.limits.whole, request.send()).await.map_err(|_| Failure::Slow(self.limits.whole))?;
        let response = sent.map_err(|error| transport(&error))?;
        match response.status().as_u16() {
            200..=299 => Ok(()),
            status => Err(failure::of_status(status, facts::wait(response.headers())).unwrap_or(Failure::Refused(status))),
        }
    }
}
