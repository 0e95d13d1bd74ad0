//! Records that form systems hand out in pages: by month, whole, and of one state.

use std::sync::{Arc, Mutex};

use serde_json::{Value, json};

use crate::sources::{SECRET, assert_kept, problems, project_at, told};
use crate::support::{Cells, Folder, LABELS, ROWS, Ran, with};
use crate::web_server::{Answer, Asked, WebServer};

/// A record with the moment at which it was submitted.
type Record = (&'static str, Cells);

type Records = Arc<Mutex<Vec<Record>>>;

/// Four records of January and one of May.
fn records() -> Records {
    let january = ["2023-01-03T10:00:00", "2023-01-03T11:00:00", "2023-01-10T10:00:00", "2023-01-31T23:59:59"].into_iter().zip(ROWS);
    Arc::new(Mutex::new(january.chain([("2023-05-01T00:00:00", with(ROWS[0], "Identifiant", "r-5"))]).collect()))
}

fn body(cells: &Cells) -> serde_json::Map<String, Value> {
    LABELS.iter().zip(cells).map(|(label, cell)| ((*label).to_owned(), Value::from(*cell))).collect()
}

/// Rows of a month as an API gives them: those between two moments, a page of them, and whether more follow.
fn page(records: &[Record], from: &str, before: &str, start: usize, limit: usize) -> (usize, Vec<(usize, Record)>, bool) {
    let asked: Vec<(usize, Record)> = records.iter().copied().enumerate().filter(|(_, (at, _))| from <= *at && *at < before).collect();
    let some: Vec<_> = asked.iter().copied().skip(start).take(limit).collect();
    (asked.len(), some.clone(), start + some.len() < asked.len())
}

fn kobo(asked: &Asked, records: &[Record], host: &str) -> Answer {
    if asked.header("authorization") != Some(&format!("Token {SECRET}")) {
        return Answer::new(401, format!("{SECRET} is expected"));
    }
    assert_eq!(asked.path(), "/api/v2/assets/aXyz/data/");
    let query: Value = serde_json::from_str(asked.pair("query").expect("a query")).expect("JSON");
    let end = |sign: &str| query["_submission_time"][sign].as_str().expect("a moment").to_owned();
    let number = |name: &str| asked.pair(name).map_or(0, |text| text.parse::<usize>().expect("a number"));
    let (count, some, has_more) = page(records, &end("$gte"), &end("$lt"), number("start"), number("limit"));
    let next = has_more.then(|| {
        let others = asked.pairs.iter().filter(|(name, _)| name != "start");
        let query: String = url::form_urlencoded::Serializer::new(String::new())
            .extend_pairs(others)
            .append_pair("start", &(number("start") + some.len()).to_string())
            .finish();
        format!("{host}{}?{query}", asked.path())
    });
    let results = some.iter().map(|(id, (at, cells))| {
        let mut record = body(cells);
        record.extend([("_id".to_owned(), json!(id)), ("_submission_time".to_owned(), json!(at)), ("_attachments".to_owned(), json!([]))]);
        Value::Object(record)
    });
    Answer::new(200, json!({ "count": count, "next": next, "previous": null, "results": results.collect::<Vec<_>>() }).to_string())
}

const WAYS: &str =
    "ignore = [\"_*\"]\n[sources.api]\nstyle = \"kobo\"\ntoken = \"${KOBO_TOKEN}\"\nforms = { RAB = \"aXyz\" }\npage_size = 2\nrequests_per_second = 1000";

/// A KoboToolbox whose answers a test may change, and a project that pulls from it.
fn kobo_project(change: impl Fn(&Asked, &Records, Answer) -> Answer + Send + Sync + 'static) -> (WebServer, Folder, Records) {
    let records = records();
    let held = records.clone();
    let host = Arc::new(Mutex::new(String::new()));
    let told = host.clone();
    let server = WebServer::start(move |asked| {
        let answer = kobo(asked, &held.lock().expect("records").clone(), &told.lock().expect("a host"));
        change(asked, &held, answer)
    });
    host.lock().expect("a host").clone_from(&server.url);
    let folder = project_at(&format!("{}/api/v2/assets/{{form}}/data/", server.url), WAYS);
    (server, folder, records)
}

fn run(folder: &Folder) -> Ran {
    folder.rihla_with(&["run", "--json"], &[("KOBO_TOKEN", SECRET)])
}

#[test]
fn months_that_are_over_are_pulled_from_kobo_and_the_last_ones_again() {
    let (server, folder, records) = kobo_project(|_, _, answer| answer);
    let first = run(&folder).ok();
    assert_eq!(told(&first), [6, 0, 6, 0, 0], "January to June; of July not all is there");
    assert_eq!(server.asked().len(), 7, "January has two pages: {:?}", server.asked());
    assert_eq!(folder.loaded("registrations").len(), 5);
    server.forget();
    let second = run(&folder).ok();
    assert_eq!((told(&second), &second.json()["outcome"]), ([6, 6, 0, 0, 0], &"unchanged".into()));
    assert_eq!(server.asked().len(), 3, "April to June: {:?}", server.asked());
    records.lock().expect("records")[4].1 = with(with(ROWS[0], "Identifiant", "r-5"), "Nationalité", "Congo");
    assert_eq!(told(&run(&folder).ok()), [6, 5, 1, 0, 0]);
    let mut changed = folder.tables().0.iter().filter(|row| row["period"] == "2023-05").map(|row| row["revision"].as_i64()).collect::<Vec<_>>();
    changed.sort_unstable();
    assert_eq!(changed, [Some(1), Some(2)]);
    assert_kept(&folder, &[&first, &second]);
}

#[test]
fn pages_that_shift_are_pulled_again_and_nothing_is_lost_or_doubled() {
    let is_first = Mutex::new(true);
    let (_server, folder, _) = kobo_project(move |asked, records, answer| {
        // Between the first page of January and the second a record comes in front.
        if asked.pair("query").is_some_and(|query| query.contains("2023-01-01")) && std::mem::take(&mut *is_first.lock().expect("a turn")) {
            records.lock().expect("records").insert(0, ("2023-01-02T10:00:00", with(ROWS[1], "Identifiant", "r-0")));
        }
        answer
    });
    assert_eq!(told(&run(&folder).ok()), [6, 0, 6, 0, 0]);
    assert_eq!(folder.loaded("registrations").len(), 6);
}

#[test]
fn records_that_never_rest_are_not_loaded() {
    let (_server, folder, records) = kobo_project(|asked, records, answer| {
        if asked.pair("start").is_none() {
            records.lock().expect("records").insert(0, ("2023-01-02T10:00:00", with(ROWS[1], "Identifiant", "r-0")));
        }
        answer
    });
    let ran = run(&folder);
    assert!(ran.code == 1 && problems(&ran).contains("changes while it is read"), "{}", ran.text());
    assert_eq!((told(&ran), folder.tables().0.len()), ([0, 0, 0, 0, 0], 0));
    assert!(records.lock().expect("records").len() >= 8, "it was pulled three times");
}

#[test]
fn a_pull_that_is_interrupted_goes_on_and_one_that_fails_is_made_later() {
    let (server, folder, _) = kobo_project(|asked, _, answer| match asked.turn {
        1 => Answer::new(429, "").with("Retry-After", "1"),
        3 => answer.cut_at(20),
        _ => answer,
    });
    assert_eq!(told(&run(&folder).ok()), [6, 0, 6, 0, 0]);
    assert_eq!((server.asked().len(), folder.loaded("registrations").len()), (9, 5));
    let (_server, folder, _) = kobo_project(|asked, _, answer| if asked.turn == 3 { Answer::new(404, "") } else { answer });
    let broken = run(&folder);
    assert_eq!((broken.code, told(&broken)), (1, [2, 0, 2, 0, 0]), "January and February were there: {}", broken.text());
    assert_eq!(told(&run(&folder).ok()), [6, 2, 4, 0, 0]);
}

#[test]
fn what_no_page_is_and_who_is_not_let_in_is_told() {
    for (change, words) in [
        (Answer::new(200, "<html>log in</html>"), "it is no page of KoboToolbox"),
        (Answer::new(200, r#"{"count": 5, "next": "https://elsewhere.example.org/", "results": [{"_id": 1}]}"#), "a next page on another server"),
        (Answer::new(200, r#"{"count": 5, "next": "?start=2", "results": []}"#), "a page without records names another"),
        (Answer::new(403, ""), "(403) (check the token"),
    ] {
        let (_server, folder, _) = kobo_project(move |_, _, _| change.clone());
        let ran = run(&folder);
        assert!(ran.code == 1 && problems(&ran).contains(words), "{words}: {}", ran.text());
    }
    let (server, folder, _) = kobo_project(|_, _, answer| answer);
    let nobody = folder.rihla(&["run", "--json"]);
    assert!(problems(&nobody).contains("no variable `KOBO_TOKEN`") && server.asked().is_empty(), "{}", nobody.text());
}

fn odk(asked: &Asked, records: &[Record]) -> Answer {
    assert_eq!((&*asked.path(), asked.header("authorization")), ("/v1/projects/7/forms/arrivals.svc/Submissions", Some(&*format!("Bearer {SECRET}"))));
    let filter: Vec<&str> = asked.pair("$filter").expect("a filter").split(' ').collect();
    let [_, "ge", from, "and", "__system/submissionDate", "lt", before] = filter[..] else { panic!("{filter:?}") };
    let start = asked.pair("$skiptoken").map_or(0, |token| token.parse().expect("a number"));
    let (count, some, has_more) = page(records, from, before, start, asked.pair("$top").expect("a size").parse().expect("a number"));
    let value = some.iter().map(|(id, (at, cells))| {
        let mut record = body(cells);
        record.extend([("__id".to_owned(), json!(format!("uuid:{id}"))), ("__system".to_owned(), json!({ "submissionDate": at }))]);
        Value::Object(record)
    });
    let mut answer = json!({ "value": value.collect::<Vec<_>>(), "@odata.context": "…", "@odata.count": count });
    if has_more {
        answer["@odata.nextLink"] = format!("Submissions?{}&%24skiptoken={}", asked.target.split_once('?').expect("a query").1, start + some.len()).into();
    }
    Answer::new(200, answer.to_string())
}

#[test]
fn months_are_pulled_from_odk_central() {
    let records = records();
    let server = WebServer::start(move |asked| odk(asked, &records.lock().expect("records")));
    let ways = "ignore = [\"__*\"]\n[sources.api]\nstyle = \"odk\"\ntoken = \"${ODK_TOKEN}\"\npage_size = 3\nrequests_per_second = 1000";
    let folder = project_at(&format!("{}/v1/projects/7/forms/arrivals.svc/Submissions", server.url), ways);
    let ran = folder.rihla_with(&["run", "--json"], &[("ODK_TOKEN", SECRET)]).ok();
    assert_eq!((told(&ran), folder.loaded("registrations").len()), ([6, 0, 6, 0, 0], 5));
    assert_kept(&folder, &[&ran]);
}

/// Changes are asked for since the last delivery that was loaded, a little earlier, and never since one that was not.
#[test]
fn changes_since_the_last_delivery_are_one_of_the_present_month() {
    let (server, folder, records) = kobo_project(|_, _, answer| answer);
    folder.replace("pipelines/registrations.toml", "required = true", "required = true\ndelivery = \"changes\"");
    assert_eq!(told(&run(&folder).ok()), [1, 0, 1, 0, 0]);
    let period = |folder: &Folder| folder.tables().0.iter().map(|row| (row["period"].clone(), row["rows_loaded"].clone())).collect::<Vec<_>>();
    assert_eq!(period(&folder), [("2023-07".into(), 5.into())]);
    assert!(since(&server, 0).contains("2023-01-01T00:00:00"), "{:?}", server.asked());
    server.forget();
    // The last record again, a little earlier: of the same rows a delivery of its own, and then nothing new.
    assert_eq!(told(&run(&folder).ok()), [1, 0, 1, 0, 0]);
    assert!(since(&server, 0).contains("2023-04-30T23:00:00"), "{:?}", server.asked());
    assert_eq!(told(&run(&folder).ok()), [1, 1, 0, 0, 0]);
    records.lock().expect("records").push(("2023-07-20T09:00:00", with(with(ROWS[0], "Identifiant", "r-6"), "Nationalité", "Narnia")));
    records.lock().expect("records").push(("2023-07-20T10:00:00", with(with(ROWS[0], "Identifiant", "r-7"), "Nationalité", "Narnia")));
    let refused = run(&folder);
    assert_eq!((refused.code, told(&refused)), (1, [1, 0, 0, 0, 1]), "two rows of three are faulty: {}", refused.text());
    records.lock().expect("records")[5].1 = with(ROWS[0], "Identifiant", "r-6");
    records.lock().expect("records")[6].1 = with(ROWS[0], "Identifiant", "r-7");
    server.forget();
    assert_eq!(told(&run(&folder).ok()), [1, 0, 1, 0, 0]);
    assert!(since(&server, 0).contains("2023-04-30T23:00:00"), "what was refused was passed over: {:?}", server.asked());
    let ids: std::collections::BTreeSet<String> = folder.loaded("registrations").iter().map(|row| row["record_id"].to_string()).collect();
    assert_eq!(ids.len(), 7, "{ids:?}");
}

/// The query of a request.
fn since(server: &WebServer, turn: usize) -> String {
    let asked = server.asked()[turn].clone();
    let query = asked.split_once('?').expect("a query").1.to_owned();
    url::form_urlencoded::parse(query.as_bytes()).find(|(name, _)| name == "query").expect("a query").1.into_owned()
}
