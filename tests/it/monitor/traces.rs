//! Traces as a collector receives them, and collectors that are dead.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use super::watched::Watched;
use crate::support::{Folder, assert_nobody};

/// When a scheduler first sees the project, and after the next due time.
const BEFORE: &str = "2023-07-21T06:00:00Z";
const AFTER: &str = "2023-07-22T07:00:00Z";

/// The path and the body of a request.
type Received = (String, Vec<u8>);

/// A collector that keeps what it receives.
struct Collector {
    url: String,
    received: Arc<Mutex<Vec<Received>>>,
}

impl Collector {
    fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let received: Arc<Mutex<Vec<Received>>> = Arc::default();
        let kept = received.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let kept = kept.clone();
                std::thread::spawn(move || while receive(&stream, &kept).is_some() {});
            }
        });
        Self { url, received }
    }

    /// Every span so far.
    fn spans(&self) -> Vec<Span> {
        let received = self.received.lock().expect("what was received");
        received.iter().flat_map(|(_, body)| spans(body)).collect()
    }

    fn all(&self) -> String {
        let received = self.received.lock().expect("what was received");
        received.iter().map(|(head, body)| format!("{head}{}", String::from_utf8_lossy(body))).collect()
    }
}

/// Reads a request and answers it.
fn receive(mut stream: &TcpStream, kept: &Mutex<Vec<(String, Vec<u8>)>>) -> Option<()> {
    let mut reader = BufReader::new(stream);
    let mut head = String::new();
    let mut length = 0;
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok().filter(|read| *read > 0)?;
        head.push_str(&line);
        match line.trim_end().split_once(':') {
            Some((name, value)) if name.eq_ignore_ascii_case("content-length") => length = value.trim().parse().ok()?,
            _ if line.trim_end().is_empty() => break,
            _ => {}
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    kept.lock().expect("what was received").push((head, body));
    stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Type: application/x-protobuf\r\nContent-Length: 0\r\n\r\n").ok()
}

/// A span, as far as it matters here.
#[derive(Debug, Clone)]
struct Span {
    trace: String,
    id: String,
    parent: String,
    name: String,
}

/// The spans of a request: resource spans (1), their scope spans (2), the spans of these (2).
fn spans(request: &[u8]) -> Vec<Span> {
    let scopes = fields(request, 1).into_iter().flat_map(|resource| fields(resource, 2));
    let spans = scopes.flat_map(|scope| fields(scope, 2));
    let first = |span: &[u8], number| fields(span, number).first().map_or_else(Vec::new, |bytes| bytes.to_vec());
    let told = spans.map(|span| Span {
        trace: hex::encode(first(span, 1)),
        id: hex::encode(first(span, 2)),
        parent: hex::encode(first(span, 4)),
        name: String::from_utf8(first(span, 5)).expect("a name"),
    });
    told.collect()
}

/// The fields of a number that hold bytes, in a message of Protocol Buffers.
fn fields(message: &[u8], number: u64) -> Vec<&[u8]> {
    let (mut found, mut at) = (Vec::new(), 0);
    while at < message.len() {
        let tag = varint(message, &mut at);
        match tag & 7 {
            0 => {
                varint(message, &mut at);
            }
            1 => at += 8,
            2 => {
                let length = usize::try_from(varint(message, &mut at)).expect("a length");
                if tag >> 3 == number {
                    found.push(&message[at..at + length]);
                }
                at += length;
            }
            5 => at += 4,
            other => panic!("a field of the type {other}"),
        }
    }
    found
}

fn varint(message: &[u8], at: &mut usize) -> u64 {
    let mut value = 0;
    for shift in (0..).step_by(7) {
        let byte = message[*at];
        *at += 1;
        value |= u64::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            break;
        }
    }
    value
}

/// Of every span its name and that of its parent, each pair once.
fn below(spans: &[Span]) -> Vec<String> {
    let names: BTreeMap<&str, &str> = spans.iter().map(|span| (span.id.as_str(), span.name.as_str())).collect();
    let mut pairs: Vec<String> =
        spans.iter().map(|span| format!("{} < {}", span.name, names.get(span.parent.as_str()).copied().unwrap_or(span.parent.as_str()))).collect();
    pairs.sort();
    pairs.dedup();
    pairs
}

#[test]
fn a_run_is_a_trace_below_what_it_was_told() {
    let folder = Folder::small();
    let collector = Collector::start();
    let (trace, parent) = ("4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7");
    let traceparent = format!("00-{trace}-{parent}-01");
    let variables = [("OTEL_EXPORTER_OTLP_ENDPOINT", collector.url.as_str()), ("OTEL_SERVICE_NAME", "office-loader"), ("TRACEPARENT", &traceparent)];
    let ran = folder.rihla_with(&["run"], &variables).ok();
    assert_eq!(ran.stderr, "");
    let spans = collector.spans();
    let wanted =
        ["delivery < feed", "feed < load", "load < run", "model < models", "models < run", "release < models", &format!("run < {parent}")].map(str::to_owned);
    assert_eq!(below(&spans), wanted);
    assert!(spans.iter().all(|span| span.trace == trace), "{spans:?}");
    assert_eq!(spans.iter().filter(|span| span.name == "delivery").count(), 4);
    let all = collector.all();
    assert!(all.starts_with("POST /v1/traces "), "{all}");
    assert!(all.contains("office-loader") && all.contains("registrations"), "{all}");
    assert_nobody(&all);
}

#[test]
fn where_nobody_is_to_collect_nothing_is_sent() {
    let folder = Folder::small();
    let collector = Collector::start();
    let endpoint = ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", format!("{}/v1/traces", collector.url));
    for off in [("OTEL_SDK_DISABLED", "true"), ("OTEL_TRACES_EXPORTER", "none")] {
        folder.rihla_with(&["run"], &[(endpoint.0, &endpoint.1), off]).ok();
        assert_eq!(collector.all(), "");
    }
    folder.rihla_with(&["run"], &[(endpoint.0, &endpoint.1)]).ok();
    assert!(collector.spans().iter().any(|span| span.name == "run"));
}

#[test]
fn a_dead_collector_stops_nothing_and_is_told_once() {
    let folder = Folder::small();
    let gone = TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr()).expect("a port that nobody listens at");
    // One that takes every request and answers none.
    let silent = TcpListener::bind("127.0.0.1:0").expect("a port");
    let silent_address = silent.local_addr().expect("an address");
    for (address, told) in [(gone, 1), (silent_address, 0)] {
        let url = format!("http://{address}");
        let began = Instant::now();
        // Batches are sent as soon as can be, so that the first fails while the run goes.
        let variables = [("OTEL_EXPORTER_OTLP_ENDPOINT", url.as_str()), ("OTEL_BSP_SCHEDULE_DELAY", "50")];
        let ran = folder.again().rihla_with(&["run"], &variables).ok();
        assert!(began.elapsed() < Duration::from_secs(60), "it took {:?}", began.elapsed());
        assert!(ran.stdout.contains("released  release 1"), "{}", ran.text());
        assert!(ran.stderr.matches("traces cannot be sent").count().max(told) <= 1, "{}", ran.text());
        if told == 1 {
            assert_eq!(ran.stderr.matches("traces cannot be sent").count(), 1, "{}", ran.text());
        }
        assert!(ran.stderr.lines().count() <= 1, "{}", ran.text());
    }
}

#[test]
fn a_run_hangs_below_the_tick_that_it_is_of() {
    let folder = Folder::small();
    let first = Watched::start(&folder, BEFORE, &[], &[]);
    first.wait_for("schedules", 1);
    first.stop();
    let collector = Collector::start();
    let watched = Watched::start(&folder, AFTER, &[("OTEL_EXPORTER_OTLP_ENDPOINT", &collector.url)], &[]);
    watched.wait_for("run ended", 1);
    let said = watched.stop();
    assert!(!said.contains("tick{"), "a span of traces is shown in the log: {said}");
    let spans = collector.spans();
    let pairs = below(&spans);
    assert!(pairs.contains(&"run < tick".to_owned()) && pairs.contains(&"delivery < feed".to_owned()), "{pairs:?}\n{said}");
    let of = |name: &str| spans.iter().find(|span| span.name == name).expect("a span").trace.clone();
    assert_eq!(of("run"), of("tick"));
}
