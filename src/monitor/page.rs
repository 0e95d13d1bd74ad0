//! Figures as Prometheus reads them. Names and units are as its naming guide asks: base units, counters that end in `_total`.

mod data;
mod scheduler;

use std::fmt;
use std::sync::Arc;

use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, NoLabelSet, prometheus_text, text};
use prometheus_client::metrics::MetricType;
use prometheus_client::metrics::exemplar::Exemplar;
use prometheus_client::registry::Registry;

use super::gather::Figures;
use super::ticks::{BOUNDS, Durations};
use crate::schedule::vitals::Fares;

/// How a page is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// OpenMetrics 1.0.
    OpenMetrics,
    /// Prometheus's text of the version 0.0.4.
    Prometheus,
}

impl Format {
    /// The one that a request takes.
    pub fn accepted(accept: &str) -> Self {
        if accept.contains("application/openmetrics-text") { Self::OpenMetrics } else { Self::Prometheus }
    }

    /// Its content type.
    pub fn content_type(self) -> &'static str {
        match self {
            Self::OpenMetrics => "application/openmetrics-text; version=1.0.0; charset=utf-8",
            Self::Prometheus => prometheus_text::CONTENT_TYPE,
        }
    }
}

/// All that is known, as text.
///
/// # Errors
/// Where the library refuses a figure, which it does of none here.
pub fn page(fares: &Fares, figures: &Arc<Figures>, format: Format) -> Result<String, fmt::Error> {
    let mut registry = Registry::with_prefix("rihla");
    registry.register_collector(Box::new(Known { fares: fares.clone(), figures: figures.clone() }));
    let mut page = String::new();
    match format {
        Format::OpenMetrics => text::encode(&mut page, &registry)?,
        Format::Prometheus => prometheus_text::encode(&mut page, &registry)?,
    }
    Ok(page)
}

#[derive(Debug)]
struct Known {
    fares: Fares,
    figures: Arc<Figures>,
}

impl Collector for Known {
    fn encode(&self, encoder: DescriptorEncoder<'_>) -> fmt::Result {
        let mut families = Families(encoder);
        scheduler::of_itself(&mut families, &self.fares, &self.figures)?;
        scheduler::of_ticks(&mut families, &self.figures.ticks)?;
        data::of_feeds(&mut families, &self.figures)
    }
}

/// Labels and their values.
type Labels = Vec<(&'static str, String)>;

/// No labels.
const NONE: Labels = Vec::new();

/// Families of metrics, one after the other.
struct Families<'a>(DescriptorEncoder<'a>);

impl Families<'_> {
    fn info(&mut self, name: &str, help: &str, labels: &Labels) -> fmt::Result {
        self.0.encode_descriptor(name, help, None, MetricType::Info)?.encode_info(labels)
    }

    fn counter(&mut self, name: &str, help: &str, rows: impl IntoIterator<Item = (Labels, u64)>) -> fmt::Result {
        let mut family = self.0.encode_descriptor(name, help, None, MetricType::Counter)?;
        for (labels, count) in rows {
            family.encode_family(&labels)?.encode_counter(&count, None::<&Exemplar<NoLabelSet, u64>>)?;
        }
        Ok(())
    }

    fn gauge(&mut self, name: &str, help: &str, rows: impl IntoIterator<Item = (Labels, f64)>) -> fmt::Result {
        let mut family = self.0.encode_descriptor(name, help, None, MetricType::Gauge)?;
        for (labels, value) in rows {
            family.encode_family(&labels)?.encode_gauge(&value)?;
        }
        Ok(())
    }

    fn histogram<'a>(&mut self, name: &str, help: &str, rows: impl IntoIterator<Item = (Labels, &'a Durations)>) -> fmt::Result {
        let mut family = self.0.encode_descriptor(name, help, None, MetricType::Histogram)?;
        for (labels, durations) in rows {
            let bounds = BOUNDS.into_iter().chain([f64::INFINITY]);
            let buckets: Vec<(f64, u64)> = bounds.zip(durations.counts).collect();
            family.encode_family(&labels)?.encode_histogram::<NoLabelSet>(durations.sum, durations.count(), &buckets, None)?;
        }
        Ok(())
    }
}

/// 1 where it is so.
fn whether(is_so: bool) -> f64 {
    if is_so { 1.0 } else { 0.0 }
}

/// A number that is looked at, not reckoned with.
#[expect(clippy::cast_precision_loss, reason = "numbers of pages are floating; above 2^53 the last digits go")]
fn number(count: u64) -> f64 {
    count as f64
}

/// An instant in seconds since 1970.
fn seconds(at: chrono::DateTime<chrono::Utc>) -> f64 {
    at.timestamp().to_string().parse().unwrap_or_default()
}
