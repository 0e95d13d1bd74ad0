//! Faults of sources of elsewhere: found without asking anybody, and without repeating a secret.

use crate::faulty_projects::faulty;
use crate::sources::SECRET;
use crate::support::Folder;

const PIPELINE: &str = "pipelines/registrations.toml";
const URL: &str = "in/{office}/{received}/registrations-{period}.jsonl";

fn at(folder: &Folder, url: &str, ways: &str) {
    folder.replace(PIPELINE, &format!("url = \"{URL}\"\njson_lines = {{}}"), &format!("url = \"{url}\"\n{ways}"));
}

macro_rules! faulty {
    ($($name:ident, $story:literal, $url:literal, $ways:literal;)*) => {
        $(#[test] fn $name() { faulty("faulty_sources", stringify!($name), $story, |folder| at(folder, $url, $ways)); })*
    };
}

faulty! {
    a_scheme_that_is_none, "`htps://`", "htps://reports.example.org/{office}/{period}.csv", "csv = {}";
    a_store_without_a_bucket, "the bucket is a part", "s3://{office}/{received}/{period}.csv", "csv = {}";
    a_store_with_credentials, "a user and a password in the url of a store", "s3://me:hunter2-of-the-reports@bucket/{office}/{period}.csv", "csv = {}";
    a_store_with_a_signature, "a signed url of a container", "az://extracts/{office}/{period}.csv?sig=hunter2-of-the-reports", "csv = {}";
    a_file_on_another_machine, "`file://server/…`", "file://server/{office}/{period}.csv", "csv = {}";
    the_web_with_a_received_time, "{received} of a file of the web", "https://reports.example.org/{office}/{received}/{period}.csv", "csv = {}";
    the_web_with_a_password, "a user and a password in an address", "https://me:hunter2-of-the-reports@reports.example.org/{office}/{period}.csv", "csv = {}";
    the_web_with_a_key_in_the_file, "a key in the query", "https://reports.example.org/{office}/{period}.csv?api_key=hunter2-of-the-reports", "csv = {}";
    the_web_with_a_token_in_the_file, "the token itself", "https://reports.example.org/{office}/{period}.csv", "csv = {}\nweb = { token = \"hunter2-of-the-reports\", lookback = 0 }";
    a_token_in_the_open, "a token over http", "http://reports.example.org/{office}/{period}.csv", "csv = {}\nweb = { token = \"${HOME}\" }";
    web_of_a_folder, "`web` beside a path", "in/{office}/{period}.csv", "csv = {}\nweb = { lookback = 3 }\nmost_mib = 0";
    an_api_of_a_path, "`api` beside a path", "in/{office}/{period}.json", "api = { style = \"kobo\" }";
    an_api_that_says_too_much, "a format, {period}, forms of nobody, a style and a rate that are none", "https://kobo.example.org/{form}/{period}", "csv = {}\napi = { style = \"kobbo\", token = \"hunter2-of-the-reports\", forms = { RAB = \"a/b\" }, page_size = 0, requests_per_second = 0.0, lookback = 0 }";
    an_api_without_forms, "two offices, and one form", "https://odk.example.org/v1/projects/7/forms/arrivals.svc/Submissions", "api = { style = \"odk\", forms = { AGA = \"a\" } }";
}

#[test]
fn an_api_gives_no_complete_lists() {
    faulty("faulty_sources", "an_api_gives_no_complete_lists", "`delivery = \"full\"` beside an API", |folder| {
        at(folder, "https://kobo.example.org/api/v2/assets/{form}/data/", "api = { style = \"kobo\", forms = { AGA = \"a\" } }");
        folder.replace(PIPELINE, "required = true", "required = true\ndelivery = \"full\"");
    });
}

#[test]
fn a_secret_that_stands_in_a_file_is_not_repeated_in_messages() {
    for (url, ways) in [
        ("https://reports.example.org/{office}/{period}.csv?token=hunter2-of-the-reports", "csv = {}"),
        ("https://hunter2-of-the-reports@reports.example.org/{office}/{period}.csv", "csv = {}"),
    ] {
        let folder = Folder::small();
        at(&folder, url, ways);
        let faults = folder.rihla(&["check", "--json"]);
        assert!(faults.code == 1 && !faults.said().contains(SECRET), "{}", faults.text());
    }
}

#[test]
fn whoever_can_read_the_way_is_warned_of() {
    let folder = Folder::small();
    at(&folder, "http://reports.example.org/{office}/{period}.csv", "csv = {}");
    let checked = folder.rihla(&["check"]).ok();
    assert!(checked.stdout.contains("anybody on the way to `reports.example.org` can read the extracts"), "{}", checked.text());
}
