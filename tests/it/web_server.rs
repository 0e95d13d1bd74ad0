//! A server of the web on this machine that does as a test says, wrong things included.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// A request.
pub struct Asked {
    pub method: String,
    /// The path with its query, as it was sent.
    pub target: String,
    /// The query's pairs, decoded.
    pub pairs: Vec<(String, String)>,
    /// Header lines, names in lower case.
    pub headers: Vec<(String, String)>,
    /// What was sent with it.
    pub body: Vec<u8>,
    /// How many requests of this method and path came before.
    pub turn: usize,
}

impl Asked {
    pub fn path(&self) -> String {
        let path = self.target.split('?').next().expect("a path");
        url::form_urlencoded::parse(path.as_bytes()).next().map_or_else(String::new, |(path, _)| path.into_owned())
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    pub fn pair(&self, name: &str) -> Option<&str> {
        self.pairs.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// The first byte that is asked for.
    pub fn from(&self) -> Option<usize> {
        self.header("range")?.strip_prefix("bytes=")?.split('-').next()?.parse().ok()
    }
}

/// An answer: a status, headers and what of the body is really sent; then the connection ends, or stalls.
#[derive(Clone, Default)]
pub struct Answer {
    pub status: u16,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
    pub stalls: bool,
    /// No `Content-Length` unless it is among the headers.
    pub is_endless: bool,
}

impl Answer {
    pub fn new(status: u16, body: impl Into<Vec<u8>>) -> Self {
        Self { status, body: body.into(), ..Self::default() }
    }

    pub fn with(mut self, name: &str, value: impl Into<String>) -> Self {
        self.headers.push((name.to_owned(), value.into()));
        self
    }

    /// A file that was changed on a day of February 2023.
    pub fn file(day: u32, body: impl Into<Vec<u8>>) -> Self {
        Self::new(200, body)
            .with("Last-Modified", format!("{}, {day:02} Feb 2023 08:00:00 GMT", ["Tue", "Wed", "Thu", "Fri", "Sat", "Sun", "Mon"][day as usize % 7]))
    }

    /// A body of which less is sent than is announced.
    pub fn cut_at(mut self, sent: usize) -> Self {
        let length = self.body.len();
        self.body.truncate(sent);
        self.with("Content-Length", length.to_string())
    }
}

type Answers = dyn Fn(&Asked) -> Answer + Send + Sync;

/// A server, ended with the test.
pub struct WebServer {
    pub url: String,
    log: Arc<Mutex<Vec<String>>>,
    is_over: Arc<AtomicBool>,
    port: u16,
}

impl Drop for WebServer {
    fn drop(&mut self) {
        self.is_over.store(true, Ordering::Relaxed);
        let _ = TcpStream::connect(("127.0.0.1", self.port));
    }
}

impl WebServer {
    pub fn start(answers: impl Fn(&Asked) -> Answer + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let port = listener.local_addr().expect("an address").port();
        let (log, is_over): (Arc<Mutex<Vec<String>>>, Arc<AtomicBool>) = Default::default();
        let (logged, over, answers): (_, _, Arc<Answers>) = (log.clone(), is_over.clone(), Arc::new(answers));
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                if over.load(Ordering::Relaxed) {
                    return;
                }
                let (Ok(stream), logged, answers) = (stream, logged.clone(), answers.clone()) else { continue };
                std::thread::spawn(move || serve(stream, &logged, &*answers));
            }
        });
        Self { url: format!("http://127.0.0.1:{port}"), log, is_over, port }
    }

    /// Every request so far, as method and target.
    pub fn asked(&self) -> Vec<String> {
        self.log.lock().expect("the log").clone()
    }

    /// Forgets the requests so far.
    pub fn forget(&self) {
        self.log.lock().expect("the log").clear();
    }
}

fn serve(stream: TcpStream, log: &Mutex<Vec<String>>, answers: &Answers) {
    let _ = stream.set_read_timeout(Some(Duration::from_secs(5)));
    let Some((method, target, headers, body)) = request(&stream) else { return };
    let start = format!("{method} {}", target.split('?').next().expect("a path"));
    let turn = {
        let mut log = log.lock().expect("the log");
        let turn = log.iter().filter(|line| line.split('?').next() == Some(&start)).count();
        log.push(format!("{method} {target}"));
        turn
    };
    let query = target.split_once('?').map_or("", |(_, query)| query);
    let pairs = url::form_urlencoded::parse(query.as_bytes()).into_owned().collect();
    let answer = answers(&Asked { method: method.clone(), target, pairs, headers, body, turn });
    send(stream, &method, &answer);
}

/// Method, target, headers and body.
type Head = (String, String, Vec<(String, String)>, Vec<u8>);

fn request(stream: &TcpStream) -> Option<Head> {
    let mut reader = BufReader::new(stream);
    let mut first = String::new();
    reader.read_line(&mut first).ok().filter(|length| *length > 0)?;
    let mut words = first.split_whitespace();
    let (method, target) = (words.next()?.to_owned(), words.next()?.to_owned());
    let mut headers = Vec::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok()?;
        match line.trim_end().split_once(':') {
            Some((name, value)) => headers.push((name.to_lowercase(), value.trim().to_owned())),
            None => break,
        }
    }
    let length = headers.iter().find(|(name, _)| name == "content-length").and_then(|(_, value)| value.parse().ok()).unwrap_or(0);
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    Some((method, target, headers, body))
}

fn send(mut stream: TcpStream, method: &str, answer: &Answer) {
    let mut head = format!("HTTP/1.1 {} x\r\nConnection: close\r\n", answer.status);
    for (name, value) in &answer.headers {
        head.push_str(&format!("{name}: {value}\r\n"));
    }
    if !answer.is_endless && !answer.headers.iter().any(|(name, _)| name == "Content-Length") {
        head.push_str(&format!("Content-Length: {}\r\n", answer.body.len()));
    }
    head.push_str("\r\n");
    let _ = stream.write_all(head.as_bytes());
    if method != "HEAD" {
        let _ = stream.write_all(&answer.body);
    }
    let _ = stream.flush();
    if answer.stalls {
        // Until the client gives up.
        let _ = stream.read(&mut [0]);
    }
}
