//! The log, on standard error: in words for people, or an object a line for programs.

use std::fmt;
use std::io::IsTerminal;

use serde_json::{Map, Value, json};
use tracing::field::{Field, Visit};
use tracing::{Event, Subscriber};
use tracing_subscriber::fmt::format::{JsonFields, Writer};
use tracing_subscriber::fmt::time::{FormatTime, SystemTime};
use tracing_subscriber::fmt::{FmtContext, FormatEvent, FormattedFields};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::registry::LookupSpan;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{EnvFilter, Layer};

use super::args::{Args, Command, LogFormat};
use super::traces::Traces;
use super::wants_colour;

/// Starts the log, in the levels that `RIHLA_LOG` asks for; where it is not set only our own warnings are shown, and of a
/// scheduler what it does. Starts traces too, where a collector of them is named.
pub fn start(args: &Args) -> Traces {
    let is_service = matches!(&args.command, Command::Schedule(options) if options.next.is_none());
    let level = if is_service { "rihla=info" } else { "rihla=warn" };
    let filter = EnvFilter::try_from_env("RIHLA_LOG").unwrap_or_else(|_| EnvFilter::new(level));
    let (traced, traces) = Traces::begin();
    // One that was started before stays: it is the same.
    match traced {
        None => {
            let _ = tracing_subscriber::registry().with(filter).with(lines(args)).try_init();
        }
        // Each layer has a filter of its own here. Messages of the crate `log` are left out then: asking whether one is wanted
        // makes such filters forget the next line.
        Some(traced) => {
            let _ = tracing::subscriber::set_global_default(tracing_subscriber::registry().with(lines(args).with_filter(filter)).with(traced));
        }
    }
    traces.tell();
    traces
}

/// What writes the lines.
fn lines<S: Subscriber + for<'a> LookupSpan<'a> + Send + Sync>(args: &Args) -> Box<dyn Layer<S> + Send + Sync> {
    let lines = tracing_subscriber::fmt::layer().with_writer(std::io::stderr);
    match args.log_format {
        LogFormat::Text => lines.with_ansi(wants_colour(args.color, std::io::stderr().is_terminal())).boxed(),
        LogFormat::Json => lines.with_ansi(false).fmt_fields(JsonFields::new()).event_format(Lines).boxed(),
    }
}

/// An object a line: what the line says, and what the steps say that it is of, the innermost last.
struct Lines;

impl<S: Subscriber + for<'a> LookupSpan<'a>> FormatEvent<S, JsonFields> for Lines {
    fn format_event(&self, context: &FmtContext<'_, S, JsonFields>, mut writer: Writer<'_>, event: &Event<'_>) -> fmt::Result {
        let mut time = String::new();
        SystemTime.format_time(&mut Writer::new(&mut time))?;
        let about = event.metadata();
        let mut line = Map::from_iter([
            ("timestamp".to_owned(), json!(time)),
            ("level".to_owned(), json!(about.level().as_str())),
            ("target".to_owned(), json!(about.target())),
            ("message".to_owned(), json!("")),
        ]);
        for span in context.event_scope().into_iter().flat_map(|scope| scope.from_root()) {
            let extensions = span.extensions();
            let fields = extensions.get::<FormattedFields<JsonFields>>().map_or("", |fields| fields.fields.as_str());
            // It was written by this library; what it could not write is nothing to tell.
            line.extend(serde_json::from_str::<Map<String, Value>>(fields).unwrap_or_default());
        }
        event.record(&mut Fields(&mut line));
        line.retain(|key, _| !key.starts_with("otel."));
        writeln!(writer, "{}", Value::Object(line))
    }
}

/// Fields of an event as values.
struct Fields<'a>(&'a mut Map<String, Value>);

impl Fields<'_> {
    fn set(&mut self, field: &Field, value: Value) {
        self.0.insert(field.name().to_owned(), value);
    }
}

impl Visit for Fields<'_> {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.set(field, json!(format!("{value:?}")));
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.set(field, json!(value));
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.set(field, json!(value));
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.set(field, json!(value));
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.set(field, json!(value));
    }

    fn record_f64(&mut self, field: &Field, value: f64) {
        self.set(field, json!(value));
    }
}
