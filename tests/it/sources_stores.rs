//! Extracts in stores of elsewhere: Amazon's, Microsoft's and Google's, or what speaks as they do.

use std::net::{TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use object_store::azure::MicrosoftAzureBuilder;
use object_store::path::Path;
use object_store::{ObjectStore, ObjectStoreExt};
use rihla::store::remote::open;
use sha2::Sha256;

use crate::object_stores::Moto;
use crate::sources::{problems, project_at, told};
use crate::support::{Folder, ROWS, comma_csv, with};
use crate::web_server::{Answer, Asked, WebServer};

const PLACE: &str = "from/RAB/2023-02-04/registrations-2023-01.csv";

fn put(store: &dyn ObjectStore, path: &str, text: String) {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    runtime.block_on(store.put(&Path::from(path), text.into())).expect("an object");
}

/// A first delivery, nothing new, a correction; and then somebody whom the store does not know.
fn pulls(folder: &Folder, variables: &[(&str, &str)], store: &dyn ObjectStore, unknown: Option<&[(&str, &str)]>) {
    put(store, PLACE, comma_csv(&ROWS));
    let first = folder.rihla_with(&["run", "--json"], variables).ok();
    assert_eq!(told(&first), [1, 0, 1, 0, 0]);
    assert!(folder.tables().0[0]["path"].as_str().is_some_and(|path| path.ends_with(PLACE) && path.contains("://")));
    let second = folder.rihla_with(&["run"], variables).ok();
    assert!(second.stdout.contains("nothing changed"), "{}", second.text());
    put(store, "from/RAB/2023-03-04/registrations-2023-01.csv", comma_csv(&[ROWS[0], ROWS[1], ROWS[2], with(ROWS[3], "Nationalité", "Guinée")]));
    assert_eq!(told(&folder.rihla_with(&["run", "--json"], variables).ok()), [2, 1, 1, 0, 0]);
    let Some(unknown) = unknown else { return };
    let refused = folder.rihla_with(&["run", "--json"], unknown);
    let problems = problems(&refused);
    assert!(refused.code == 1 && problems.contains("out of reach: cannot list") && problems.contains("check"), "{problems}");
    assert!(unknown.iter().all(|(name, value)| !name.contains("KEY") || !refused.said().contains(value)), "{}", refused.text());
}

#[test]
fn extracts_are_pulled_from_s3() {
    let Some(moto) = Moto::start() else { return };
    let endpoint = format!("http://127.0.0.1:{}", moto.1);
    let variables = [
        ("AWS_ACCESS_KEY_ID", "made-up"),
        ("AWS_SECRET_ACCESS_KEY", "made-up-secret"),
        ("AWS_REGION", "us-east-1"),
        ("AWS_ENDPOINT_URL", &endpoint),
        ("AWS_ALLOW_HTTP", "true"),
    ];
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let options = variables.map(|(name, value)| (name.to_lowercase(), value.to_owned()));
    let store = runtime.block_on(open("s3://bucket", options)).expect("a store");
    let folder = project_at("s3://bucket/from/{office}/{received}/registrations-{period}.csv", "csv = {}");
    pulls(&folder, &variables, store.as_ref(), None);
    let elsewhere = project_at("s3://no-such-bucket/{office}/{received}/registrations-{period}.csv", "csv = {}");
    let ran = elsewhere.rihla_with(&["run", "--json"], &variables);
    assert!(ran.code == 1 && problems(&ran).contains("nothing is there (check the name of the bucket or container)"), "{}", ran.text());
}

/// The account of everybody's own emulator, which is no secret.
const ACCOUNT: &str = "devstoreaccount1";
const ACCOUNT_KEY: &str = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==";

/// A server that speaks the language of Azure's blobs, ended with the test.
struct Azurite(Child, u16, #[expect(dead_code, reason = "held, never read")] tempfile::TempDir);

impl Drop for Azurite {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

impl Azurite {
    /// `RIHLA_TEST_AZURITE` names the program, else it is looked for; where it is missing that is told, and a failure where
    /// `CI` is set.
    fn start() -> Option<Self> {
        let program = std::env::var_os("RIHLA_TEST_AZURITE").map_or_else(|| PathBuf::from("azurite-blob"), PathBuf::from);
        let folder = tempfile::tempdir().expect("a folder");
        let port = TcpListener::bind("127.0.0.1:0").and_then(|free| free.local_addr()).expect("a free port").port();
        let started = Command::new(&program)
            .args(["--silent", "--skipApiVersionCheck", "--disableTelemetry", "--blobHost", "127.0.0.1", "--blobPort", &port.to_string(), "--location"])
            .arg(folder.path())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn();
        let Ok(child) = started else {
            let missing = format!("there is no {}: `npm install azurite`", program.display());
            assert!(std::env::var_os("CI").is_none(), "{missing}, and name its azurite-blob in RIHLA_TEST_AZURITE");
            eprintln!("skipped: {missing}, and name its azurite-blob in RIHLA_TEST_AZURITE");
            return None;
        };
        let azurite = Self(child, port, folder);
        for _ in 0..600 {
            if TcpStream::connect(("127.0.0.1", port)).is_ok() {
                azurite.make_container();
                return Some(azurite);
            }
            std::thread::sleep(Duration::from_millis(100));
        }
        panic!("azurite did not start within a minute");
    }

    fn make_container(&self) {
        let (date, version) = (now(), "2021-08-06");
        let text = format!("PUT{}x-ms-date:{date}\nx-ms-version:{version}\n/{ACCOUNT}/{ACCOUNT}/extracts\nrestype:container", "\n".repeat(12));
        let key = STANDARD.decode(ACCOUNT_KEY).expect("a key");
        let mut mac = Hmac::<Sha256>::new_from_slice(&key).expect("a key of any length");
        mac.update(text.as_bytes());
        let signature = STANDARD.encode(mac.finalize().into_bytes());
        let ask = format!(
            "PUT /{ACCOUNT}/extracts?restype=container HTTP/1.1\r\nHost: 127.0.0.1:{}\r\nx-ms-date: {date}\r\nx-ms-version: {version}\r\nAuthorization: SharedKey {ACCOUNT}:{signature}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
            self.1
        );
        let mut answer = String::new();
        let mut stream = TcpStream::connect(("127.0.0.1", self.1)).expect("azurite");
        std::io::Write::write_all(&mut stream, ask.as_bytes()).and_then(|()| std::io::Read::read_to_string(&mut stream, &mut answer)).expect("an answer");
        assert!(answer.starts_with("HTTP/1.1 201"), "{answer}");
    }
}

/// The present as the web writes it: a signature is good for some minutes only.
fn now() -> String {
    use rihla::clock::Clock;
    rihla::clock::SystemClock.now().format("%a, %d %b %Y %H:%M:%S GMT").to_string()
}

#[test]
fn extracts_are_pulled_from_azure() {
    let Some(azurite) = Azurite::start() else { return };
    let endpoint = format!("http://127.0.0.1:{}/{ACCOUNT}", azurite.1);
    let known = [
        ("AZURE_STORAGE_ACCOUNT_NAME", ACCOUNT),
        ("AZURE_STORAGE_ACCOUNT_KEY", ACCOUNT_KEY),
        ("AZURE_STORAGE_ENDPOINT", &*endpoint),
        ("AZURE_ALLOW_HTTP", "true"),
    ];
    let other_key = STANDARD.encode([7_u8; 64]);
    let unknown = [known[0], ("AZURE_STORAGE_ACCOUNT_KEY", &*other_key), known[2], known[3]];
    let store = known.iter().fold(MicrosoftAzureBuilder::new().with_url("az://extracts"), |builder, (name, value)| {
        builder.with_config(name.to_lowercase().parse().expect("a setting"), *value)
    });
    let folder = project_at("az://extracts/from/{office}/{received}/registrations-{period}.csv", "csv = {}");
    pulls(&folder, &known, &store.build().expect("a store"), Some(&unknown));
}

/// As much of Google's XML API as listing and reading need: one object below a prefix.
fn google(asked: &Asked) -> Answer {
    let text = comma_csv(&ROWS);
    if asked.path() == format!("/extracts/{PLACE}") {
        return Answer::file(4, text).with("ETag", "\"a\"").with("x-goog-generation", "1");
    }
    assert!(asked.path() == "/extracts" && asked.pair("list-type") == Some("2"), "{}", asked.target);
    if asked.pair("prefix").is_none_or(|prefix| !prefix.starts_with("from")) {
        return Answer::new(403, "");
    }
    let object = |key: &str, size: usize| {
        format!("<Contents><Key>{key}</Key><Size>{size}</Size><LastModified>2023-02-04T08:00:00.123Z</LastModified><ETag>\"a\"</ETag></Contents>")
    };
    Answer::new(200, format!("<?xml version=\"1.0\"?><ListBucketResult>{}{}</ListBucketResult>", object(PLACE, text.len()), object("from/RAB", 0)))
}

#[test]
fn extracts_are_pulled_from_google() {
    let server = WebServer::start(google);
    let variables = [("GOOGLE_BASE_URL", &*server.url), ("GOOGLE_SKIP_SIGNATURE", "true"), ("GOOGLE_ALLOW_HTTP", "true")];
    let folder = project_at("gs://extracts/from/{office}/{received}/registrations-{period}.csv", "csv = {}");
    let first = folder.rihla_with(&["run", "--json"], &variables).ok();
    assert_eq!((told(&first), &first.json()["unclaimed"]), ([1, 0, 1, 0, 0], &serde_json::json!([])), "the object of a folder is nobody's");
    server.forget();
    let second = folder.rihla_with(&["run"], &variables).ok();
    assert!(second.stdout.contains("nothing changed"), "{}", second.text());
    assert_eq!(server.asked().len(), 1, "one listing and no reading: {:?}", server.asked());
    let elsewhere = project_at("gs://extracts/else/{office}/{received}/registrations-{period}.csv", "csv = {}");
    let refused = elsewhere.rihla_with(&["run", "--json"], &variables);
    assert!(refused.code == 1 && problems(&refused).contains("the store does not let it in (check GOOGLE_APPLICATION_CREDENTIALS"), "{}", refused.text());
}

#[test]
fn an_object_that_is_cut_off_is_read_again_and_one_that_changes_is_refused() {
    let change = |cut: bool| {
        move |asked: &Asked| match asked.path() == format!("/extracts/{PLACE}") {
            true if cut && asked.method == "GET" && asked.turn == 0 => google(asked).cut_at(10),
            true if !cut => Answer::file(4, comma_csv(&ROWS)).with("ETag", format!("\"{}{}\"", asked.method, asked.turn)),
            _ => google(asked),
        }
    };
    for (cut, code, counts) in [(true, 0, [1, 0, 1, 0, 0]), (false, 1, [1, 0, 0, 0, 1])] {
        let server = WebServer::start(change(cut));
        let variables = [("GOOGLE_BASE_URL", &*server.url), ("GOOGLE_SKIP_SIGNATURE", "true"), ("GOOGLE_ALLOW_HTTP", "true")];
        let folder = project_at("gs://extracts/from/{office}/{received}/registrations-{period}.csv", "csv = {}");
        let ran = folder.rihla_with(&["run", "--json"], &variables);
        assert_eq!((ran.code, told(&ran)), (code, counts), "{}", ran.text());
        assert!(cut || ran.json()["refused"][0]["error"] == "changed-while-read", "{}", ran.text());
    }
}

#[test]
fn a_file_url_is_a_folder_of_this_machine() {
    let temp = tempfile::tempdir().expect("a folder");
    let place = temp.path().join("elsewhere");
    let folder = project_at(&format!("file://{}/{{office}}/{{received}}/registrations-{{period}}.csv", place.display()), "csv = {}");
    std::fs::create_dir_all(place.join("RAB/2023-02-04")).expect("a folder");
    std::fs::write(place.join("RAB/2023-02-04/registrations-2023-01.csv"), comma_csv(&ROWS)).expect("an extract");
    assert_eq!(told(&folder.rihla(&["run", "--json"]).ok()), [1, 0, 1, 0, 0]);
}

#[test]
fn every_scheme_that_projects_may_name_can_be_opened() {
    let root = std::path::Path::new("/");
    for scheme in rihla::project::STORE_SCHEMES {
        let error = rihla::store::objects::Objects::open(root, &format!("{scheme}://bucket/folder")).err();
        // Without a word of the environment some stores cannot be built; all are known.
        assert!(error.is_none_or(|error| error.hints().iter().any(|hint| hint.starts_with("set "))), "{scheme}");
    }
    assert!(rihla::store::objects::Objects::open(root, "ftp://server/folder").is_err_and(|error| error.hints().is_empty()));
}
