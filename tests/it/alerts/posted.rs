//! Messages on their way to real receivers that fail, are slow, are dead, or ask to wait.

use std::net::TcpListener;
use std::sync::Arc;
use std::time::{Duration, Instant};

use rihla::alert::book::Book;
use rihla::alert::post::Patience;
use rihla::alert::{Desk, Fact};
use rihla::clock::SystemClock;
use tokio::runtime::Runtime;

use super::{Receiver, eventually, failed, project, webhook, with_receivers};
use crate::support::Folder;
use crate::web_server::Answer;

const QUICK: Patience =
    Patience { first: Duration::from_millis(50), most: Duration::from_millis(200), within: Duration::from_secs(30), timeout: Duration::from_millis(500) };

/// Lateness is not what these tests are about.
const KINDS: &str = "kinds = [\"failed\", \"recovered\"]";

fn runtime() -> Runtime {
    Runtime::new().expect("a runtime")
}

fn desk(runtime: &Runtime, folder: &Folder, patience: Patience) -> Desk {
    let _inside = runtime.enter();
    Desk::open(project(folder), Arc::new(SystemClock), patience)
}

fn fails(pipeline: &str) -> Fact {
    Fact::Ended { pipeline: pipeline.to_owned(), failed: Some(failed(pipeline, "2023-07-21T05:00:00Z", "internal")) }
}

fn title(pipeline: &str) -> String {
    format!("failed: {pipeline}: the run failed 5 times and is not tried again")
}

fn undelivered(folder: &Folder) -> Vec<(String, u32, Option<String>)> {
    let book = Book::open(&project(folder)).expect("a book");
    let messages = book.undelivered("2000-01-01T00:00:00Z".parse().expect("an instant")).expect("messages");
    messages.into_iter().map(|message| (message.receiver, message.attempts, message.error)).collect()
}

#[test]
fn what_fails_in_passing_is_sent_again_and_in_order() {
    let receiver = Receiver::start(|asked| if asked.turn < 2 { Answer::new(503, "") } else { Answer::new(202, "") });
    let folder = with_receivers(&webhook("ops", &receiver.server.url, KINDS));
    let (runtime, pipelines) = (runtime(), ["a", "b", "c"]);
    let desk = desk(&runtime, &folder, QUICK);
    desk.tell(pipelines.map(fails).to_vec());
    eventually(|| receiver.told().len() >= 3, || format!("{:?}", receiver.told()));
    runtime.block_on(desk.close(Duration::from_secs(5)));
    assert_eq!(receiver.told(), pipelines.map(title));
    assert_eq!(receiver.server.asked().len(), 5, "two were not taken, three were");
    assert!(undelivered(&folder).is_empty());
}

#[test]
fn what_is_refused_for_good_is_given_up_and_the_next_goes() {
    for status in [400, 403, 404, 410, 302] {
        let receiver =
            Receiver::start(move |asked| if asked.turn == 0 { Answer::new(status, "Secr3t").with("Location", "/elsewhere") } else { Answer::new(200, "") });
        let folder = with_receivers(&webhook("ops", &receiver.server.url, KINDS));
        let runtime = runtime();
        let desk = desk(&runtime, &folder, QUICK);
        desk.tell(vec![fails("a"), fails("b")]);
        eventually(|| !receiver.told().is_empty(), || format!("{status}: {:?}", receiver.server.asked()));
        runtime.block_on(desk.close(Duration::from_secs(5)));
        assert_eq!(receiver.told(), [title("b")], "{status}");
        let given_up = undelivered(&folder);
        assert_eq!((given_up.len(), given_up[0].1), (1, 1), "{status}: {given_up:?}");
        assert!(!given_up[0].2.as_deref().unwrap_or_default().contains("Secr3t"), "{given_up:?}");
        assert_eq!(receiver.server.asked().len(), 2, "{status}: a redirect is not followed");
    }
}

#[test]
fn who_asks_to_wait_is_waited_for() {
    let receiver = Receiver::start(|asked| if asked.turn == 0 { Answer::new(429, "").with("Retry-After", "2") } else { Answer::new(200, "") });
    let folder = with_receivers(&webhook("ops", &receiver.server.url, KINDS));
    let runtime = runtime();
    let desk = desk(&runtime, &folder, QUICK);
    desk.tell(vec![fails("a")]);
    eventually(|| receiver.server.asked().len() == 1, || "it is not asked".to_owned());
    let asked = Instant::now();
    eventually(|| !receiver.told().is_empty(), || "it is not told".to_owned());
    assert!(asked.elapsed() > Duration::from_millis(1_500), "it asked for two seconds: {:?}", asked.elapsed());
    runtime.block_on(desk.close(Duration::from_secs(5)));
}

#[test]
fn one_that_never_answers_keeps_no_other_waiting_and_is_given_up() {
    let silent = TcpListener::bind("127.0.0.1:0").expect("a port");
    let good = Receiver::willing();
    let dead = format!("http://{}", silent.local_addr().expect("an address"));
    let folder = with_receivers(&[webhook("dead", &dead, KINDS), webhook("good", &good.server.url, KINDS)].concat());
    let runtime = runtime();
    let patience = Patience { within: Duration::from_millis(400), ..QUICK };
    let desk = desk(&runtime, &folder, patience);
    let began = Instant::now();
    desk.tell(vec![fails("a")]);
    assert!(began.elapsed() < Duration::from_millis(50), "whoever tells waits for nothing");
    eventually(|| !good.told().is_empty(), || "the other one is not told".to_owned());
    eventually(|| undelivered(&folder).iter().any(|(receiver, attempts, _)| receiver == "dead" && *attempts >= 2), || format!("{:?}", undelivered(&folder)));
    runtime.block_on(desk.close(Duration::from_secs(5)));
    let told = undelivered(&folder);
    assert_eq!(told.iter().map(|(receiver, ..)| receiver.as_str()).collect::<Vec<_>>(), ["dead"], "{told:?}");
    assert!(told[0].2.as_deref().unwrap_or_default().contains("not done after"), "{told:?}");
}

#[test]
fn a_restart_in_between_loses_and_doubles_nothing() {
    let port = TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr()).expect("a port").port();
    let receiver = Receiver::willing();
    let down = format!("http://127.0.0.1:{port}");
    let folder = with_receivers(&webhook("ops", &down, KINDS));
    let runtime = runtime();
    let first = desk(&runtime, &folder, QUICK);
    first.tell(vec![fails("a")]);
    eventually(|| undelivered(&folder).iter().any(|(_, attempts, _)| *attempts > 0), || "it is not tried".to_owned());
    // As a scheduler that is killed.
    drop(first);
    folder.replace("rihla.toml", &down, &receiver.server.url);
    for _ in 0..2 {
        let next = desk(&runtime, &folder, QUICK);
        next.tell(vec![fails("a")]);
        eventually(|| !receiver.told().is_empty(), || "it is lost".to_owned());
        runtime.block_on(next.close(Duration::from_secs(5)));
    }
    assert_eq!(receiver.told(), [title("a")]);
}

#[test]
fn messages_to_who_is_no_receiver_any_more_are_given_up() {
    let port = TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr()).expect("a port").port();
    let folder = with_receivers(&webhook("ops", &format!("http://127.0.0.1:{port}"), KINDS));
    let runtime = runtime();
    let desk = desk(&runtime, &folder, QUICK);
    desk.tell(vec![fails("a")]);
    eventually(|| undelivered(&folder).iter().any(|(_, attempts, _)| *attempts > 0), || "it is not tried".to_owned());
    folder.replace("rihla.toml", "name = \"ops\"", "name = \"other\"");
    desk.change(project(&folder));
    let is_given_up =
        |told: &[(String, u32, Option<String>)]| told.iter().any(|(_, _, why)| why.as_deref() == Some("rihla.toml names no such receiver any more"));
    eventually(|| is_given_up(&undelivered(&folder)), || format!("{:?}", undelivered(&folder)));
    runtime.block_on(desk.close(Duration::from_secs(5)));
}
