//! Where a trace goes on in another process, by the standard `traceparent` (W3C Trace Context).

use std::collections::HashMap;

use opentelemetry::propagation::TextMapPropagator;
use opentelemetry::trace::TraceContextExt;
use opentelemetry_sdk::propagation::TraceContextPropagator;
use tracing::Span;
use tracing_opentelemetry::OpenTelemetrySpanExt;

/// The variable by which a process is told what its trace hangs below.
pub const TRACEPARENT: &str = "TRACEPARENT";

/// The target of spans that are for traces alone: no log shows them.
pub const TRACED: &str = "traced";

const KEY: &str = "traceparent";

/// What is told to a process so that its trace hangs below a span; nothing where nobody collects traces.
pub fn below(span: &Span) -> Option<String> {
    let mut told = HashMap::new();
    TraceContextPropagator::new().inject_context(&span.context(), &mut told);
    told.remove(KEY)
}

/// Hangs a span below what this process was told; nothing happens where that is nothing, or is not understood.
pub fn follow(span: &Span) {
    let Ok(told) = std::env::var(TRACEPARENT) else { return };
    let context = TraceContextPropagator::new().extract(&HashMap::from([(KEY.to_owned(), told)]));
    if context.span().span_context().is_valid() {
        // Where nobody collects traces there is nothing to hang.
        let _ = span.set_parent(context);
    }
}
