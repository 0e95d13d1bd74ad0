//! Stores that fail, and stores of elsewhere: what is created once is created once.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use object_store::memory::InMemory;
use object_store::path::Path;
use object_store::{ObjectStore, ObjectStoreExt};
use rihla::store::failing::FailingStore;
use rihla::store::remote::{create, open, probe};
use rihla::store::retrying::{Patience, RetryingStore};

use crate::python::python;
use crate::support::{Folder, ROWS, Ran, comma_csv, loaded_small, with};

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Runtime::new().expect("a runtime")
}

/// Impatient enough for tests: what stalls is given up.
const IMPATIENT: Patience = Patience { tries: 8, limit: Duration::from_millis(200), pause: Duration::from_millis(1) };

/// Races of tasks for one object each; exactly one wins each, and its bytes stand there.
async fn race(store: &Arc<dyn ObjectStore>, races: usize, tasks: usize) {
    for race in 0..races {
        let path = Path::from(format!("released/release-{race:06}.json"));
        let running = (0..tasks).map(|task| {
            let (store, path) = (store.clone(), path.clone());
            tokio::spawn(async move { (task, create(store.as_ref(), &path, format!("of task {task}")).await) })
        });
        let mut winners = Vec::new();
        for ended in futures::future::join_all(running).await {
            let (task, made) = ended.expect("it ends");
            if made.expect("it is decided") {
                winners.push(task);
            }
        }
        let stands = store.get(&path).await.expect("an object").bytes().await.expect("bytes");
        assert_eq!(winners.iter().map(|task| format!("of task {task}")).collect::<Vec<_>>(), [String::from_utf8_lossy(&stands)], "{race}");
    }
}

#[test]
fn one_of_many_creates_an_object_however_the_store_fails() {
    runtime().block_on(async {
        for seed in 0..40 {
            println!("seed {seed}");
            let memory: Arc<dyn ObjectStore> = Arc::new(InMemory::new());
            let store: Arc<dyn ObjectStore> = Arc::new(RetryingStore::new(Arc::new(FailingStore::new(memory, seed, 3)), IMPATIENT));
            // What is left of a store that fails in every third call, tried eight times, are failures; never two winners.
            for race in 0..4 {
                let path = Path::from(format!("release-{race}"));
                let made = futures::future::join_all((0..4).map(|task| create(store.as_ref(), &path, format!("of task {task}")))).await;
                let winners = made.iter().filter(|made| matches!(made, Ok(true))).count();
                let undecided = made.iter().filter(|made| made.is_err()).count();
                assert!(winners == 1 || (winners == 0 && undecided > 0), "seed {seed}: {made:?}");
            }
        }
    });
}

#[test]
fn a_create_that_landed_without_a_word_is_known_again() {
    runtime().block_on(async {
        let mut failed_first = 0;
        for seed in 0..64 {
            let failing: Arc<dyn ObjectStore> = Arc::new(FailingStore::new(Arc::new(InMemory::new()), seed, 2));
            let bare = create(failing.as_ref(), &Path::from("bare"), "mine").await;
            failed_first += usize::from(bare.is_err());
            let store = RetryingStore::new(failing, IMPATIENT);
            match create(&store, &Path::from("object"), "mine").await {
                Ok(made) => assert!(made, "seed {seed}: nobody else makes it"),
                Err(error) => println!("seed {seed}: {error}"),
            }
        }
        assert!(failed_first > 10, "the store hardly failed: {failed_first} of 64");
    });
}

#[test]
fn a_store_without_conditional_writes_is_refused() {
    runtime().block_on(async {
        let memory: Arc<dyn ObjectStore> = Arc::new(InMemory::new());
        probe(memory.as_ref()).await.expect("memory creates in one step");
        let error = probe(&FailingStore::ignoring_conditions(memory)).await.expect_err("refused");
        assert!(error.to_string().contains("takes no notice of If-None-Match") && error.exit_code() == 1, "{error}");
    });
}

/// A server that speaks the language of S3, ended with the test.
pub struct Moto(Child, pub u16);

impl Drop for Moto {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

impl Moto {
    pub fn start() -> Option<Self> {
        python("print('true')", &["moto.server", "flask"], &[] as &[PathBuf])?;
        let port = TcpListener::bind("127.0.0.1:0").and_then(|free| free.local_addr()).expect("a free port").port();
        let python = std::env::var_os("RIHLA_TEST_PYTHON").unwrap_or_else(|| "python3".into());
        // moto looks whether an object is there and then puts it, and lets other requests in between, which S3 does not: it
        // does one thing after another here.
        let serve = format!(
            "import sys, threading\nsys.argv = ['moto', '-p', '{port}']\nimport moto.server as m\nrun, lock = m.run_simple, threading.Lock()\n\
             def alone(app):\n def answer(*request):\n  with lock: return list(app(*request))\n return answer\n\
             m.run_simple = lambda host, port, app, **rest: run(host, port, alone(app), **rest)\nm.main()"
        );
        let child = Command::new(python).args(["-c", &serve]).stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("Python runs");
        let moto = Self(child, port);
        for _ in 0..600 {
            if moto.make_bucket() {
                return Some(moto);
            }
            std::thread::sleep(Duration::from_millis(100));
        }
        panic!("moto did not start within a minute");
    }

    fn make_bucket(&self) -> bool {
        let Ok(mut stream) = TcpStream::connect(("127.0.0.1", self.1)) else { return false };
        let ask = format!("PUT /bucket HTTP/1.1\r\nHost: 127.0.0.1:{}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n", self.1);
        let mut answer = String::new();
        stream.write_all(ask.as_bytes()).is_ok() && stream.read_to_string(&mut answer).is_ok() && answer.starts_with("HTTP/1.1 200")
    }

    fn options(&self) -> Vec<(String, String)> {
        let endpoint = format!("http://127.0.0.1:{}", self.1);
        [("endpoint", endpoint.as_str()), ("allow_http", "true"), ("region", "us-east-1"), ("access_key_id", "made-up"), ("secret_access_key", "made-up")]
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .to_vec()
    }
}

#[test]
fn one_of_twenty_creates_an_object_on_s3() {
    let Some(moto) = Moto::start() else { return };
    runtime().block_on(async {
        let store = open("s3://bucket/a/folder", moto.options()).await.expect("a store that creates in one step");
        race(&store, 10, 20).await;
        let error = open("nowhere://bucket", Vec::new()).await.expect_err("no such store");
        assert_eq!(error.exit_code(), 1);
    });
}

/// A run on a store that fails by a seed.
fn failing_run(folder: &Folder, seed: u64) -> Ran {
    folder.rihla_fed(&["run"], "", &[("RIHLA_TEST_SEED", &seed.to_string())])
}

/// On a store that stalls, fails, tears and lies, a run ends well or says so; a run on a sound one mends what it left.
#[test]
fn loads_and_releases_on_a_store_that_fails() {
    let undisturbed = loaded_small();
    let corrected = comma_csv(&[ROWS[0], ROWS[1], ROWS[2], with(ROWS[3], "Nationalité", "Guinée")]);
    let correct = |folder: &Folder| folder.write("in/RAB/2023-03-14/registrations-2023-01.csv", &corrected);
    correct(&undisturbed);
    undisturbed.rihla(&["run"]).ok();
    let mut failed = 0;
    for seed in 0..16 {
        println!("seed {seed}");
        let folder = if seed % 2 == 0 { Folder::small() } else { loaded_small() };
        correct(&folder);
        let ran = failing_run(&folder, seed);
        failed += usize::from(ran.code != 0);
        assert!([0, 1].contains(&ran.code), "seed {seed}: {}", ran.text());
        folder.rihla(&["run"]).ok();
        assert_eq!(folder.released("by_country"), undisturbed.released("by_country"), "seed {seed}: after {}", ran.text());
        // A report that could not be read when a later one of its slot was is outdated then: it is no revision, and its rows,
        // which would not count, are not loaded.
        if !ran.stdout.contains("cannot be read") {
            assert_eq!(folder.released("deliveries"), undisturbed.released("deliveries"), "seed {seed}: after {}", ran.text());
            assert_eq!(folder.loaded("registrations").len(), undisturbed.loaded("registrations").len(), "seed {seed}: rows loaded twice or lost");
        }
        folder.rihla(&["prune"]).ok();
        let again = folder.rihla(&["run"]).ok();
        assert!(again.stdout.contains("nothing changed"), "seed {seed}: {}", again.text());
    }
    assert!((1..16).contains(&failed), "{failed} of 16 runs failed: the store fails too seldom or always");
}
