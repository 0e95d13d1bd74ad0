//! Traces for whoever collects them, by OpenTelemetry's usual variables; off where no collector is named.
//!
//! Guarantees: spans are sent by a thread of their own, and those that cannot be sent are let go; that is told once. A command
//! waits for the last of them for two seconds at most.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use opentelemetry::KeyValue;
use opentelemetry::trace::TracerProvider;
use opentelemetry_otlp::{ExporterBuildError, SpanExporter as Otlp, WithExportConfig};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::trace::{BatchConfigBuilder, BatchSpanProcessor, SdkTracerProvider, SpanData, SpanExporter};
use tracing::Subscriber;
use tracing::level_filters::LevelFilter;
use tracing_subscriber::Layer;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::registry::LookupSpan;

use crate::trail;

/// How long a collector may take to answer, where the variables say nothing else.
const TIMEOUT: Duration = Duration::from_secs(3);

/// How long a command waits at its end for the last spans.
const LAST: Duration = Duration::from_secs(2);

/// So many spans wait to be sent, where the variables say nothing else; of more the rest is let go.
const MOST_WAITING: usize = 16_384;

/// Traces that are being collected.
pub struct Traces {
    provider: Option<SdkTracerProvider>,
    /// Why nothing is collected although a collector is named.
    wrong: Option<String>,
}

impl Traces {
    /// Begins to collect where a collector is named, with the layer that does.
    pub fn begin<S: Subscriber + for<'a> LookupSpan<'a> + Send + Sync>() -> (Option<Box<dyn Layer<S> + Send + Sync>>, Self) {
        let provider = match provider() {
            Ok(Some(provider)) => provider,
            Ok(None) => return (None, Self { provider: None, wrong: None }),
            Err(wrong) => return (None, Self { provider: None, wrong: Some(wrong.to_string()) }),
        };
        let spans = Targets::new().with_target("rihla", LevelFilter::INFO).with_target(trail::TRACED, LevelFilter::INFO);
        let layer =
            tracing_opentelemetry::layer().with_tracer(provider.tracer("rihla")).with_location(false).with_threads(false).with_tracked_inactivity(false);
        (Some(layer.with_filter(spans).boxed()), Self { provider: Some(provider), wrong: None })
    }

    /// Says why nothing is collected although a collector is named, once there is a log.
    pub fn tell(&self) {
        self.wrong.iter().for_each(|wrong| tell(wrong));
    }

    /// Sends what is left, and waits for it a short while.
    pub fn finish(self) {
        if let Some(provider) = self.provider {
            // What could not be sent was told when it was tried; a collector that is slow is not waited for.
            let _ = provider.shutdown_with_timeout(LAST);
        }
    }
}

fn is_set(variable: &str) -> bool {
    std::env::var(variable).is_ok_and(|value| !value.trim().is_empty())
}

fn is_wanted() -> bool {
    let says = |variable: &str, word: &str| std::env::var(variable).is_ok_and(|value| value.trim().eq_ignore_ascii_case(word));
    let is_named = is_set("OTEL_EXPORTER_OTLP_ENDPOINT") || is_set("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT");
    let is_exporter = !is_set("OTEL_TRACES_EXPORTER") || says("OTEL_TRACES_EXPORTER", "otlp");
    is_named && is_exporter && !says("OTEL_SDK_DISABLED", "true")
}

fn provider() -> Result<Option<SdkTracerProvider>, ExporterBuildError> {
    if !is_wanted() {
        return Ok(None);
    }
    let exporter = Otlp::builder().with_http();
    let is_timed = is_set("OTEL_EXPORTER_OTLP_TIMEOUT") || is_set("OTEL_EXPORTER_OTLP_TRACES_TIMEOUT");
    let exporter = if is_timed { exporter } else { exporter.with_timeout(TIMEOUT) };
    let exporter = exporter.build()?;
    let config = BatchConfigBuilder::default();
    let config = if is_set("OTEL_BSP_MAX_QUEUE_SIZE") { config } else { config.with_max_queue_size(MOST_WAITING) };
    let processor = BatchSpanProcessor::builder(Told { exporter, has_told: AtomicBool::new(false) }).with_batch_config(config.build()).build();
    Ok(Some(SdkTracerProvider::builder().with_span_processor(processor).with_resource(resource()).build()))
}

/// What is named by the variables, and this program's name where they name none.
fn resource() -> Resource {
    let version = KeyValue::new("service.version", env!("CARGO_PKG_VERSION"));
    let named = Resource::builder().with_attribute(version.clone()).build();
    let is_unknown = named.get(&"service.name".into()).is_none_or(|name| name.as_str().starts_with("unknown_service"));
    if is_unknown { Resource::builder().with_service_name("rihla").with_attribute(version).build() } else { named }
}

fn tell(cause: &dyn std::fmt::Display) {
    tracing::warn!(%cause, "traces cannot be sent; the work goes on without");
}

/// An exporter that says once that it could not send.
#[derive(Debug)]
struct Told {
    exporter: Otlp,
    has_told: AtomicBool,
}

impl SpanExporter for Told {
    async fn export(&self, batch: Vec<SpanData>) -> OTelSdkResult {
        let sent = self.exporter.export(batch).await;
        if let Err(cause) = &sent
            && !self.has_told.swap(true, Ordering::Relaxed)
        {
            tell(cause);
        }
        sent
    }

    fn shutdown_with_timeout(&self, timeout: Duration) -> OTelSdkResult {
        self.exporter.shutdown_with_timeout(timeout)
    }

    fn force_flush(&self) -> OTelSdkResult {
        self.exporter.force_flush()
    }

    fn set_resource(&mut self, resource: &Resource) {
        self.exporter.set_resource(resource);
    }
}
