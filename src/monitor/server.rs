//! What a scheduler answers over HTTP: `/health`, `/ready` and `/metrics`.

use std::net::SocketAddr;
use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use super::answers::{self, Answer};
use super::gather::Gatherer;
use super::page::{Format, page};
use crate::error::{self, Result};

/// Answers as long as it is held.
#[derive(Debug)]
pub struct Server {
    /// Where it listens.
    pub address: SocketAddr,
    serving: JoinHandle<()>,
}

impl Drop for Server {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

/// Answers at an address, `HOST:PORT`.
///
/// # Errors
/// `Unavailable` where the address cannot be listened at: it is none, is taken, or is of another machine.
pub async fn listen(address: &str, gatherer: Gatherer) -> Result<Server> {
    let wrong = |cause: std::io::Error| {
        let hint = match cause.kind() {
            std::io::ErrorKind::AddrInUse => "another program listens there: name another port, or stop that program",
            std::io::ErrorKind::PermissionDenied => "this user may not listen there: ports below 1024 are for the system's own services",
            std::io::ErrorKind::AddrNotAvailable => "the address is of another machine: 127.0.0.1 is for this machine alone, 0.0.0.0 for everybody",
            _ => "write a host and a port, such as 127.0.0.1:9464 or [::1]:9464",
        };
        error::Error::new(error::Kind::Unavailable, format!("cannot listen at `{address}`")).hint(hint).because(cause)
    };
    let listener = TcpListener::bind(address).await.map_err(wrong)?;
    let address = listener.local_addr().map_err(wrong)?;
    let routes = Router::new().route("/", get(index)).route("/health", get(health)).route("/ready", get(ready)).route("/metrics", get(metrics));
    let routes = routes.with_state(Arc::new(gatherer));
    let serving = tokio::spawn(async move {
        if let Err(cause) = axum::serve(listener, routes).await {
            tracing::warn!(%cause, "nothing is answered any more");
        }
    });
    Ok(Server { address, serving })
}

async fn index() -> &'static str {
    "rihla schedule\n/health   whether its loop goes round\n/ready    whether it schedules and the project is in order\n/metrics  figures for Prometheus\n"
}

async fn health(State(gatherer): State<Arc<Gatherer>>) -> Response {
    answered(answers::health(&gatherer.fares()))
}

async fn ready(State(gatherer): State<Arc<Gatherer>>) -> Response {
    answered(answers::ready(&gatherer.fares()))
}

fn answered(answer: Answer) -> Response {
    let status = if answer.is_well { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    (status, [(header::CONTENT_TYPE, "application/json"), (header::CACHE_CONTROL, "no-store")], format!("{}\n", answer.body)).into_response()
}

/// In OpenMetrics to who takes it, else in the older format, which is all that some readers know.
async fn metrics(State(gatherer): State<Arc<Gatherer>>, headers: HeaderMap) -> Response {
    let accepted = headers.get(header::ACCEPT).and_then(|accepted| accepted.to_str().ok()).unwrap_or_default();
    let format = Format::accepted(accepted);
    let figures = gatherer.figures().await;
    match page(&gatherer.fares(), &figures, format) {
        Ok(text) => ([(header::CONTENT_TYPE, format.content_type())], text).into_response(),
        Err(_) => (StatusCode::INTERNAL_SERVER_ERROR, "the figures cannot be written\n").into_response(),
    }
}
