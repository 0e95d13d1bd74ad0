//! Receivers as projects declare them: what is refused, at its place, and what the command says.

use super::{Receiver, webhook, with_receivers};
use crate::faulty_projects::faulty;
use crate::support::{Folder, snapshot};
use crate::web_server::Answer;

const PROJECT: &str = "rihla.toml";

macro_rules! faulty_receivers {
    ($($name:ident, $story:literal, $text:expr;)*) => {
        $(#[test] fn $name() { faulty("alerts", stringify!($name), $story, |p| { p.replace(PROJECT, "[calendar]", &format!("{}\n[calendar]", $text)); }); })*
    };
}

faulty_receivers! {
    webhooks_at_fault, "every fault of webhooks at once; of what may be a secret stars are shown", [
        webhook("Ops", "https://example.org/a", "").replace("\"json\"", "\"slak\""),
        webhook("ops", "http://example.org/a", "kinds = [\"faild\", \"late\"]"),
        webhook("ops", "https://hooks.slack.com/services/T0/B0/Secr3t", "kinds = []"),
        webhook("three", "https://me:Secr3t@example.org/a", "kinds = [\"recovered\"]"),
        webhook("four", "https://example.org/a?token=Secr3t", "language = \"de\""),
        webhook("five", "example.org", "colour = 1"),
    ].concat();
    mail_at_fault, "every fault of mail at once", "[[alerts.mail]]\nname = \"a\"\nserver = \"smtp.example.org:587\"\ntls = \"none\"\nport = 0\nuser = \"me\"\nfrom = \"Data <data@example.org>\"\nto = []\n\n[[alerts.mail]]\nname = \"b\"\nserver = \"smtp.example.org\"\ntls = \"ssl\"\nuser = \"me\"\npassword = \"Secr3t\"\nfrom = \"data@example.org\"\nto = [\"a@example.org\", \"b\"]\n";
}

#[test]
fn secrets_are_not_shown_where_they_stand_in_the_file() {
    for name in ["webhooks_at_fault", "mail_at_fault"] {
        let text = std::fs::read_to_string(crate::support::repository(&format!("tests/it/snapshots/alerts/{name}.snap"))).expect("a snapshot");
        assert!(!text.contains("Secr3t"), "{text}");
    }
}

#[test]
fn secrets_may_be_absent_where_a_project_is_checked() {
    let folder = with_receivers("[[alerts.webhooks]]\nname = \"ops\"\nurl = \"${NO_SUCH_ADDRESS}\"\nshape = \"slack\"\n");
    folder.rihla(&["check"]).ok();
    let tested = folder.rihla(&["alerts", "test"]);
    snapshot("alerts", "test_without_address", "rihla alerts test, with the address absent", &tested.text());
}

#[test]
fn receivers_are_tried_one_by_one() {
    let (willing, gone) = (Receiver::willing(), Receiver::start(|_| Answer::new(404, "no such hook: Secr3t")));
    let open = "[[alerts.webhooks]]\nname = \"open\"\nurl = \"${OPEN_URL}\"\nshape = \"teams\"\n";
    let receivers = [webhook("good", &willing.server.url, ""), webhook("gone", &gone.server.url, ""), open.to_owned()].concat();
    let folder = with_receivers(&receivers);
    let variables = [("OPEN_URL", "http://example.org/Secr3t")];
    let tested = folder.rihla_with(&["alerts", "test"], &variables);
    snapshot("alerts", "tested", "rihla alerts test", &tested.text());
    folder.rihla_with(&["alerts", "test", "good", "--json"], &variables).ok();
    assert_eq!(willing.told(), ["scheduler: a test of this receiver"; 2]);
    let unknown = folder.rihla(&["alerts", "test", "goood"]);
    snapshot("alerts", "tested_nobody", "rihla alerts test goood", &unknown.text());
    let nothing = folder.rihla(&["alerts"]).ok();
    snapshot("alerts", "nothing_is_the_matter", "rihla alerts", &nothing.text());
    assert!(!folder.path("warehouse").exists(), "looking makes nothing");
}

#[test]
fn a_project_without_receivers_says_so() {
    let folder = Folder::small();
    snapshot("alerts", "no_receivers", "rihla alerts", &folder.rihla(&["alerts"]).text());
}
