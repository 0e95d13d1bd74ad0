//! Servers of the web that stall, cut off, fail, lie and change what they give while it is read.

use std::time::Duration;

use rihla::store::web::{Address, Failure, Limits, Resource, Web};

use crate::web_server::{Answer, Asked, WebServer};

/// Impatient enough for tests.
const LIMITS: Limits = Limits {
    tries: 4,
    pause: Duration::from_millis(2),
    longest_pause: Duration::from_secs(3),
    connect: Duration::from_secs(5),
    stall: Duration::from_millis(300),
    whole: Duration::from_secs(30),
    size: 100_000,
};

const TEXT: &[u8] = b"a row, another row, and the last row of all";

fn read_with(server: &WebServer, limits: Limits) -> Result<Resource, Failure> {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let web = Web::new(limits).expect("a client");
    let address = Address::of(&format!("{}/a.csv", server.url)).expect("an address");
    runtime.block_on(web.read_steady(&address, None))
}

fn read(server: &WebServer) -> Result<Resource, Failure> {
    read_with(server, LIMITS)
}

#[track_caller]
fn fails(answers: impl Fn(&Asked) -> Answer + Send + Sync + 'static) -> Failure {
    read(&WebServer::start(answers)).err().expect("it fails")
}

#[track_caller]
fn gives(answers: impl Fn(&Asked) -> Answer + Send + Sync + 'static) -> Vec<String> {
    let server = WebServer::start(answers);
    let read = read(&server).unwrap_or_else(|failure| panic!("{failure}: {:?}", server.asked()));
    assert_eq!(String::from_utf8_lossy(&read.bytes), String::from_utf8_lossy(TEXT));
    server.asked()
}

#[test]
fn what_fails_in_passing_is_tried_again() {
    for status in [429, 408, 500, 502, 503] {
        let asked = gives(move |asked| if asked.turn < 2 && asked.method == "GET" { Answer::new(status, "no") } else { Answer::file(1, TEXT) });
        assert_eq!(asked, ["GET /a.csv", "GET /a.csv", "GET /a.csv", "HEAD /a.csv"], "{status}");
        assert!(matches!(fails(move |_| Answer::new(status, "a secret of the server")), Failure::TooOften(_) | Failure::Server(..)), "{status}");
    }
}

#[test]
fn what_fails_for_good_is_not_tried_again() {
    for (status, failure) in
        [(404, Failure::NotThere(404)), (410, Failure::NotThere(410)), (401, Failure::Denied(401)), (403, Failure::Denied(403)), (400, Failure::Refused(400))]
    {
        let server = WebServer::start(move |_| Answer::new(status, "no"));
        assert_eq!(read(&server).err(), Some(failure));
        assert_eq!(server.asked().len(), 1, "{status}");
    }
}

#[test]
fn the_pause_that_a_server_asks_for_is_kept() {
    gives(|asked| if asked.turn == 0 && asked.method == "GET" { Answer::new(429, "no").with("Retry-After", "1") } else { Answer::file(1, TEXT) });
    gives(|asked| {
        let busy = Answer::new(503, "no").with("Date", "Wed, 01 Feb 2023 08:00:00 GMT").with("Retry-After", "Wed, 01 Feb 2023 08:00:01 GMT");
        if asked.turn == 0 && asked.method == "GET" { busy } else { Answer::file(1, TEXT) }
    });
    let later = fails(|_| Answer::new(429, "no").with("Retry-After", "3600"));
    assert_eq!(later, Failure::Later(Duration::from_secs(3600)));
}

/// A server that cuts off and gives parts of a state that it knows by a tag.
fn cutting(tag: &'static str) -> impl Fn(&Asked) -> Answer + Send + Sync {
    move |asked| {
        let whole = || Answer::file(1, TEXT).with("ETag", tag).with("Accept-Ranges", "bytes");
        match asked.from() {
            _ if asked.method == "HEAD" => whole(),
            Some(from) if asked.header("if-range") == Some(tag) => {
                let part = Answer::new(206, &TEXT[from..]).with("ETag", tag).with("Content-Range", format!("bytes {from}-{}/{}", TEXT.len() - 1, TEXT.len()));
                if asked.turn < 2 { part.cut_at(5) } else { part }
            }
            _ => whole().cut_at(10),
        }
    }
}

#[test]
fn a_reading_that_is_cut_off_goes_on_where_it_ended() {
    let asked = gives(cutting("\"a\""));
    assert_eq!(asked.iter().filter(|line| line.starts_with("GET")).count(), 3, "{asked:?}");
}

#[test]
fn without_a_strong_tag_it_begins_again() {
    assert_eq!(fails(cutting("W/\"a\"")), Failure::Cut(10));
    gives(|asked| if asked.turn == 0 && asked.method == "GET" { Answer::file(1, TEXT).cut_at(10) } else { Answer::file(1, TEXT) });
}

#[test]
fn a_server_that_stalls_is_given_up_and_asked_again() {
    let stalled = |asked: &Asked| Answer { stalls: asked.turn == 0 && asked.method == "GET", ..Answer::file(1, TEXT).cut_at(10) };
    gives(move |asked| if asked.turn == 0 && asked.method == "GET" { stalled(asked) } else { Answer::file(1, TEXT) });
    let always = fails(|_| Answer { stalls: true, ..Answer::file(1, TEXT).cut_at(10) });
    assert_eq!(always, Failure::Stalled(LIMITS.stall));
}

#[test]
fn a_server_that_lies_about_length_is_not_believed() {
    assert_eq!(fails(|_| Answer::file(1, TEXT).cut_at(TEXT.len() - 1)), Failure::Cut(TEXT.len() as u64 - 1));
    // Shorter in its answer than in its head: one of the two is of another state.
    let short = |asked: &Asked| if asked.method == "HEAD" { Answer::file(1, TEXT) } else { Answer::file(1, &TEXT[..12]) };
    assert_eq!(fails(short), Failure::Changed);
    assert_eq!(fails(|_| Answer { is_endless: true, ..Answer::file(1, TEXT) }), Failure::Endless);
    // In parts that name their lengths, the last of which never comes.
    let parts = |_: &Asked| Answer { is_endless: true, ..Answer::new(200, "5\r\na row\r\n").with("Transfer-Encoding", "chunked") };
    assert_eq!(fails(parts), Failure::Cut(5));
}

#[test]
fn a_range_of_another_state_is_not_put_behind_the_first() {
    let other: Vec<u8> = TEXT.iter().map(u8::to_ascii_uppercase).collect();
    let answers = move |asked: &Asked| {
        let part = |tag: &str, from: usize| {
            Answer::new(206, &other[from..]).with("ETag", tag).with("Content-Range", format!("bytes {from}-{}/{}", TEXT.len() - 1, TEXT.len()))
        };
        match asked.from() {
            // It takes no notice of If-Range.
            Some(from) => part("\"b\"", from),
            None if asked.turn == 0 && asked.method == "GET" => Answer::new(200, TEXT).with("ETag", "\"a\"").with("Accept-Ranges", "bytes").cut_at(10),
            None => Answer::new(200, &*other).with("ETag", "\"b\"").with("Accept-Ranges", "bytes"),
        }
    };
    let read = read(&WebServer::start(answers)).expect("the other state, whole");
    assert_eq!(read.bytes, TEXT.to_ascii_uppercase());
}

#[test]
fn what_changes_while_it_is_read_is_read_again_and_then_refused() {
    let once = |asked: &Asked| {
        let is_old = asked.turn == 0 && asked.method == "GET";
        Answer::new(200, if is_old { b"old" } else { TEXT }).with("ETag", if is_old { "\"old\"" } else { "\"new\"" })
    };
    gives(once);
    let always = |asked: &Asked| Answer::new(200, TEXT).with("ETag", format!("\"{}{}\"", asked.method, asked.turn));
    assert_eq!(fails(always), Failure::Changed);
    assert_eq!(fails(|asked| if asked.method == "HEAD" { Answer::new(404, "") } else { Answer::file(1, TEXT) }), Failure::Changed);
}

#[test]
fn a_checksum_of_the_server_is_looked_at() {
    let sha = "fUMfUhSmNEsNWY2Dq6Pyv2IPXcXvWMIYLzR+PfTvZIg=";
    for (name, value, sum) in [
        ("Content-MD5", "MDAwMDAwMDAwMDAwMDAwMA==", "MD5"),
        ("x-goog-hash", "crc32c=AAAAAA==,md5=MDAwMDAwMDAwMDAwMDAwMA==", "MD5"),
        ("Digest", &format!("SHA-256={sha}"), "SHA-256"),
        ("Repr-Digest", &format!("sha-256=:{sha}:"), "SHA-256"),
        ("x-amz-checksum-sha256", sha, "SHA-256"),
    ] {
        let value = value.to_owned();
        assert_eq!(fails(move |_| Answer::file(1, TEXT).with(name, value.clone())), Failure::Checksum(sum), "{name}");
    }
    use base64::Engine;
    use sha2::Digest;
    let right = base64::engine::general_purpose::STANDARD.encode(sha2::Sha256::digest(TEXT));
    gives(move |_| Answer::file(1, TEXT).with("Repr-Digest", format!("sha-256=:{right}:")));
}

#[test]
fn redirects_are_followed_and_not_for_ever() {
    gives(|asked| if asked.path() == "/a.csv" { Answer::new(302, "").with("Location", "/b.csv") } else { Answer::file(1, TEXT) });
    assert!(matches!(fails(|_| Answer::new(302, "").with("Location", "/a.csv")), Failure::Redirect(_)));
    assert!(matches!(fails(|_| Answer::new(302, "")), Failure::Redirect(_)));
}

#[test]
fn a_packed_answer_and_one_that_is_too_large_are_refused() {
    assert_eq!(fails(|_| Answer::file(1, TEXT).with("Content-Encoding", "gzip")), Failure::Packed);
    let small = Limits { size: 20, ..LIMITS };
    assert_eq!(read_with(&WebServer::start(|_| Answer::file(1, TEXT)), small).err(), Some(Failure::TooLarge(20)));
    let parts = |_: &Asked| Answer {
        is_endless: true,
        ..Answer::new(200, "20\r\nthirty-two bytes of no more worth\r\n0\r\n\r\n").with("Transfer-Encoding", "chunked")
    };
    assert_eq!(read_with(&WebServer::start(parts), small).err(), Some(Failure::TooLarge(20)));
}

#[test]
fn nobody_is_there() {
    let port = std::net::TcpListener::bind("127.0.0.1:0").and_then(|free| free.local_addr()).expect("a free port").port();
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let address = Address::of(&format!("http://127.0.0.1:{port}/a.csv")).expect("an address");
    let web = Web::new(LIMITS).expect("a client");
    assert_eq!(runtime.block_on(web.head(&address)).err(), Some(Failure::Connect));
}
