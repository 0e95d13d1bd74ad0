//! Projects whose extracts lie elsewhere, and how they are made.

use rihla::store::web::Address;

use crate::support::{Folder, Ran};

/// What stands in the small project's pipeline before and after the source of Rabat.
const BEFORE: &str = "feed = \"registrations\"\nrequired = true\ntolerance = 0.25\nschedule = { cron = \"0 6 * * *\" }\n";
const HABIT: &str = "dates = [\"%Y-%m-%d\"]\ndatetimes = [\"%Y-%m-%dT%H:%M:%SZ\"]\n";
const AFTER: &str = "\n[[sources]]\noffices = [\"CAS\", \"TNG\", \"AGA\"]\nurl = \"in/{office}/{received}/registrations-{period}.jsonl\"\njson_lines = {}\n";

/// A secret that nothing may say or write.
pub const SECRET: &str = "hunter2-of-the-reports";

/// The small project, of which Rabat's extracts lie at a url.
pub fn project_at(url: &str, ways: &str) -> Folder {
    let folder = Folder::bare();
    folder.write("pipelines/registrations.toml", format!("{BEFORE}\n[[sources]]\noffices = [\"RAB\"]\nurl = \"{url}\"\n{HABIT}{ways}\n{AFTER}{HABIT}"));
    folder
}

/// What a run says of Rabat's deliveries: found, known, loaded, unchanged, refused.
#[track_caller]
pub fn told(ran: &Ran) -> [u64; 5] {
    let report = ran.json();
    ["found", "known", "loaded", "unchanged", "refused"].map(|count| report["feeds"][0][count].as_u64().expect("a count"))
}

/// What a run names as its problems.
#[track_caller]
pub fn problems(ran: &Ran) -> String {
    ran.json()["problems"].as_array().expect("problems").iter().map(|problem| problem.as_str().expect("a text").to_owned()).collect::<Vec<_>>().join("\n")
}

/// Fails where anything that was said or written holds the secret.
#[track_caller]
pub fn assert_kept(folder: &Folder, rans: &[&Ran]) {
    for ran in rans {
        assert!(!ran.said().contains(SECRET), "said: {}", ran.text());
    }
    for (path, bytes) in folder.files("") {
        assert!(!bytes.windows(SECRET.len()).any(|window| window == SECRET.as_bytes()), "written to {path}");
    }
}

#[test]
fn an_address_shows_no_secret() {
    let address = Address::of("https://host.example.org/a.csv?key=${PATH}").expect("an address");
    assert_eq!(format!("{address}"), "https://host.example.org/a.csv?key=${PATH}");
}
