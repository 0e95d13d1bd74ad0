//! Mail by real servers: in the clear on this machine, secured by STARTTLS or from the first byte, with a login, with addresses
//! that are refused.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use serde_json::Value;

use super::{eventually, with_receivers};
use crate::support::Folder;

/// A mail server that prints each message as a line of JSON. Arguments: how it is secured, certificate, key.
const SERVER: &str = r#"
import json, ssl, sys, time
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult

how, certificate, key = sys.argv[1:4]

class Handler:
    async def handle_RCPT(self, server, session, envelope, address, options):
        if address.startswith("nobody"):
            return "550 no such mailbox: Secr3t"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        told = {"from": envelope.mail_from, "to": envelope.rcpt_tos, "text": envelope.content.decode(), "secured": server.transport.get_extra_info("cipher") is not None, "user": session.auth_data and session.auth_data.login.decode()}
        print(json.dumps(told), flush=True)
        return "250 OK"

class Login:
    def __call__(self, server, session, envelope, mechanism, data):
        if data.password != b"pass word":
            return AuthResult(success=False, handled=False)
        return AuthResult(success=True, auth_data=data)

context = None
if how != "none":
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
options = {"authenticator": Login(), "auth_require_tls": False}
if how == "starttls":
    options.update(tls_context=context, require_starttls=True, auth_required=True)
controller = Controller(Handler(), hostname="127.0.0.1", port=0, ssl_context=context if how == "wrapped" else None, ready_timeout=20, **options)

# The controller asks the port that it was given whether it is up: it is given one that is free.
import socket
free = socket.socket(); free.bind(("127.0.0.1", 0)); controller.port = free.getsockname()[1]; free.close()
controller.start()
print(json.dumps({"port": controller.port}), flush=True)
time.sleep(600)
"#;

struct MailServer {
    child: Child,
    lines: BufReader<std::process::ChildStdout>,
    port: u64,
}

impl MailServer {
    /// A server; nothing where Python or aiosmtpd is missing, which is a failure where `CI` is set.
    fn start(how: &str, papers: Option<&Papers>) -> Option<Self> {
        let python = std::env::var_os("RIHLA_TEST_PYTHON").unwrap_or_else(|| "python3".into());
        if !Command::new(&python).args(["-c", "import aiosmtpd"]).output().is_ok_and(|output| output.status.success()) {
            let missing = format!("{} cannot import aiosmtpd: `pip install aiosmtpd`", python.to_string_lossy());
            assert!(std::env::var_os("CI").is_none(), "{missing}, or name another Python in RIHLA_TEST_PYTHON");
            eprintln!("skipped: {missing}");
            return None;
        }
        let (certificate, key) = papers.map_or((Path::new(""), Path::new("")), |papers| (&papers.certificate, &papers.key));
        let mut child =
            Command::new(&python).args(["-c", SERVER, how]).args([certificate, key]).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().expect("Python runs");
        let lines = BufReader::new(child.stdout.take().expect("its output"));
        let mut server = Self { child, lines, port: 0 };
        server.port = server.next()["port"].as_u64().expect("a port");
        Some(server)
    }

    /// What it prints next.
    fn next(&mut self) -> Value {
        let mut line = String::new();
        self.lines.read_line(&mut line).expect("a line");
        serde_json::from_str(&line).unwrap_or_else(|error| panic!("{error}: `{line}`"))
    }
}

impl Drop for MailServer {
    fn drop(&mut self) {
        // One that has ended cannot be killed.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The certificate of this machine, its key, and that of whoever vouches for it.
struct Papers {
    certificate: PathBuf,
    key: PathBuf,
    root: PathBuf,
}

/// Papers made by openssl; nothing where it is missing, which is a failure where `CI` is set.
fn papers(folder: &Folder) -> Option<Papers> {
    if Command::new("openssl").arg("version").output().is_err() {
        assert!(std::env::var_os("CI").is_none(), "openssl is missing: `apt-get install openssl`");
        eprintln!("skipped: openssl is missing: `apt-get install openssl`");
        return None;
    }
    let place = folder.path("..");
    let openssl = |words: &str| {
        let made = Command::new("openssl").current_dir(&place).args(words.split(' ')).output().expect("openssl");
        assert!(made.status.success(), "{words}: {}", String::from_utf8_lossy(&made.stderr));
    };
    let new = "-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes";
    std::fs::write(place.join("names"), "subjectAltName=DNS:localhost,IP:127.0.0.1\n").expect("a file");
    openssl(&format!("req -x509 {new} -days 2 -subj /CN=root -keyout root.key -out root.pem"));
    openssl(&format!("req {new} -subj /CN=localhost -keyout key.pem -out request.pem"));
    openssl("x509 -req -in request.pem -CA root.pem -CAkey root.key -set_serial 2 -days 2 -extfile names -out cert.pem");
    Some(Papers { certificate: place.join("cert.pem"), key: place.join("key.pem"), root: place.join("root.pem") })
}

fn mailbox(port: u64, tls: &str, to: &str, rest: &str) -> String {
    format!(
        "[[alerts.mail]]\nname = \"officers\"\nserver = \"127.0.0.1\"\nport = {port}\ntls = \"{tls}\"\nfrom = \"rihla@example.org\"\nto = [{to}]\nlanguage = \"fr\"\n{rest}\n"
    )
}

const LOGIN: &str = "user = \"rihla\"\npassword = \"${SMTP_PASSWORD}\"";

#[test]
fn a_secured_connection_is_made_before_anything_is_said() {
    for tls in ["starttls", "wrapped"] {
        let folder = with_receivers("");
        let Some(papers) = papers(&folder) else { return };
        let Some(mut server) = MailServer::start(tls, Some(&papers)) else { return };
        folder.replace("rihla.toml", "[calendar]", &format!("{}\n[calendar]", mailbox(server.port, tls, "\"a@example.org\", \"b@example.org\"", LOGIN)));
        let trusted = papers.root.to_string_lossy().into_owned();
        let variables = [("SMTP_PASSWORD", "pass word"), ("SSL_CERT_FILE", trusted.as_str())];
        let stranger = folder.rihla_with(&["alerts", "test"], &variables[..1]);
        assert_eq!((stranger.code, stranger.stdout.as_str()), (1, "officers: not taken: the connection to the mail server cannot be secured\n"), "{tls}");
        let wrong = folder.rihla_with(&["alerts", "test"], &[("SMTP_PASSWORD", "Secr3t"), variables[1]]);
        assert_eq!((wrong.code, wrong.stdout.as_str()), (1, "officers: not taken: the mail server refuses it (535)\n"), "{tls}");
        folder.rihla_with(&["alerts", "test"], &variables).ok();
        let got = server.next();
        assert_eq!((got["secured"].as_bool(), got["user"].as_str(), got["from"].as_str()), (Some(true), Some("rihla"), Some("rihla@example.org")), "{got}");
        assert_eq!(got["to"], serde_json::json!(["a@example.org", "b@example.org"]));
        let text = got["text"].as_str().expect("text");
        for part in ["Subject: [small] planificateur : un essai de ce destinataire\r\n", "Message-ID: <small.", "Content-Type: text/plain", "Que faire"] {
            assert!(text.contains(part), "no `{part}` in {text}");
        }
    }
}

#[test]
fn a_server_without_starttls_is_told_nothing() {
    let folder = with_receivers("");
    let Some(server) = MailServer::start("none", None) else { return };
    folder.replace("rihla.toml", "[calendar]", &format!("{}\n[calendar]", mailbox(server.port, "starttls", "\"a@example.org\"", LOGIN)));
    let tested = folder.rihla_with(&["alerts", "test"], &[("SMTP_PASSWORD", "pass word")]);
    assert_eq!((tested.code, tested.stdout.contains("lacks STARTTLS")), (1, true), "{}", tested.text());
}

#[test]
fn an_address_that_is_refused_keeps_no_other_from_hearing() {
    let folder = with_receivers("");
    let Some(mut server) = MailServer::start("none", None) else { return };
    folder.replace("rihla.toml", "[calendar]", &format!("{}\n[calendar]", mailbox(server.port, "none", "\"nobody@example.org\", \"b@example.org\"", "")));
    let tested = folder.rihla(&["alerts", "test"]).ok();
    assert_eq!(server.next()["to"], serde_json::json!(["b@example.org"]));
    assert!(tested.stderr.contains("nobody@example.org") && !tested.said().contains("Secr3t"), "{}", tested.text());
    folder.replace("rihla.toml", ", \"b@example.org\"", "");
    let tested = folder.rihla(&["alerts", "test"]);
    assert_eq!((tested.code, tested.stdout.as_str()), (1, "officers: not taken: the mail server refuses it (550)\n"));
    drop(server);
    let is_down = || folder.rihla(&["alerts", "test"]).stdout.contains("no connection to the mail server");
    eventually(is_down, || "a server that is gone takes messages".to_owned());
}
