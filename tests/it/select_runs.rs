//! Runs of a selection, models that fail alone, and what dbt's tools are told of it.

use serde_json::Value;

use crate::select::{grow, model};
use crate::support::{Cells, Folder, ROWS, assert_nobody, comma_csv, loaded_small, snapshot, with};

/// A query that is found in order and fails when it meets rows.
const FAILS: &str = "by_country WHERE 1 / (persons - persons) = 1";

/// Rabat's January again, with somebody else in the place of one.
fn corrected() -> [Cells; 4] {
    [ROWS[0], ROWS[1], ROWS[2], with(ROWS[3], "N° de dossier", "CN-77799")]
}

/// The small project with further models, run once.
fn loaded() -> Folder {
    let folder = loaded_small();
    grow(&folder);
    folder.rihla(&["run"]).ok();
    folder
}

fn listed(folder: &Folder, selector: &str) -> String {
    folder.rihla(&["ls", "--select", selector, "--resource-type", "model"]).ok().stdout.trim_end().replace('\n', " ")
}

fn artefact(folder: &Folder, name: &str) -> Value {
    serde_json::from_slice(&std::fs::read(folder.path(&format!("target/{name}.json"))).expect("an artefact")).expect("JSON")
}

/// Status and failures by id, as one text.
fn endings(folder: &Folder) -> String {
    let results = artefact(folder, "run_results");
    let line = |result: &Value| {
        let text = |key: &str| result[key].as_str().unwrap_or_default().to_owned();
        format!("{:8} {} {}", text("status"), text("unique_id"), text("message")).trim_end().to_owned()
    };
    results["results"].as_array().expect("results").iter().map(line).collect::<Vec<_>>().join("\n")
}

fn releases(folder: &Folder) -> usize {
    std::fs::read_dir(folder.path("warehouse/released"))
        .expect("releases")
        .flatten()
        .filter(|entry| entry.file_name().to_string_lossy().ends_with(".json"))
        .count()
}

#[test]
fn a_selection_builds_what_it_rests_on_and_no_release_of_two_states_is_made() {
    let folder = loaded();
    assert_eq!(releases(&folder), 2);
    // A correction moves everything that rests on the feed.
    folder.write("in/RAB/2023-03-04/registrations-2023-01.csv", comma_csv(&corrected()));
    let ran = folder.rihla(&["run", "--select", "top"]).ok();
    snapshot("select", "run_selected", "a correction came; rihla run --select top", &ran.text());
    assert_eq!(releases(&folder), 2, "by_month and others are of the state before");
    let told = artefact(&folder, "run_results");
    let models: Vec<&str> = told["results"].as_array().expect("results").iter().filter_map(|result| result["unique_id"].as_str()).collect();
    let models: Vec<&str> = models.into_iter().filter(|id| id.starts_with("model.")).collect();
    assert_eq!(models, ["model.small.registered", "model.small.by_country", "model.small.top"]);
    assert_eq!(told["args"]["select"], serde_json::json!(["top"]));

    // The rest is built by the next whole run, which releases all of one state.
    let report = folder.rihla(&["run", "--json"]).ok().json();
    assert_eq!((report["outcome"].as_str(), report["rebuilt"].as_u64(), report["release"].as_u64()), (Some("released"), Some(3), Some(3)), "{report}");
    let undisturbed = loaded();
    undisturbed.write("in/RAB/2023-03-04/registrations-2023-01.csv", comma_csv(&corrected()));
    undisturbed.rihla(&["run"]).ok();
    for table in ["by_country", "by_month", "deliveries", "labels", "summary", "top"] {
        assert_eq!(folder.released(table), undisturbed.released(table), "{table}");
    }
}

#[test]
fn a_selection_after_which_all_is_up_to_date_releases() {
    let folder = loaded();
    folder.write("sql/marts/top.sql", model("", "by_country WHERE persons > 1"));
    let report = folder.rihla(&["run", "--json", "--select", "state:modified+"]).ok().json();
    assert_eq!(report["selected"], serde_json::json!(["summary", "top"]));
    assert_eq!((report["outcome"].as_str(), report["out_of_date"].as_array().map(Vec::len)), (Some("released"), Some(0)), "{report}");
    let report = folder.rihla(&["run", "--json", "--select", "state:modified"]).ok();
    assert!(report.json()["selected"] == serde_json::json!([]) && report.json()["outcome"] == "unchanged", "{}", report.text());
    let said = folder.rihla(&["run", "--select", "state:modified"]).ok();
    assert!(said.stdout.contains("warning: the selection holds no model"), "{}", said.text());
}

#[test]
fn a_model_that_fails_fails_alone() {
    let folder = loaded_small();
    grow(&folder);
    folder.write("sql/marts/top.sql", model("", FAILS));
    let ran = folder.rihla(&["run"]);
    assert_eq!(ran.code, 1);
    snapshot("select", "model_failed", "top divides by zero; summary rests on it", &ran.text());
    snapshot("select", "model_failed_results", "target/run_results.json: status, id, message", &endings(&folder));
    assert_eq!(releases(&folder), 1, "the last release stays");
    assert_eq!(listed(&folder, "result:failed"), "top");
    assert_eq!(listed(&folder, "result:error+"), "summary top");
    assert_eq!(listed(&folder, "result:skipped"), "summary");
    let status = folder.rihla(&["status"]).ok();
    assert!(status.stdout.contains("failed"), "{}", status.text());

    folder.write("sql/marts/top.sql", model("", "by_country"));
    let report = folder.rihla(&["run", "--json", "--select", "result:failed+"]).ok().json();
    assert_eq!((report["outcome"].as_str(), report["rebuilt"].as_u64()), (Some("released"), Some(2)), "the others were built when it failed: {report}");
}

#[test]
fn a_failed_test_is_a_result_of_its_model() {
    let folder = loaded_small();
    grow(&folder);
    let tests = "[[tests]]\nunique = [\"n\"]\n\n[[tests]]\naccepted = { column = \"n\", values = [-1] }\n";
    folder.replace("sql/marts/top.sql", "[columns]", &format!("{tests}\n[columns]"));
    assert_eq!(folder.rihla(&["run"]).code, 1);
    assert_eq!(listed(&folder, "result:fail"), "top");
    assert_eq!(listed(&folder, "result:failed"), "top");
    assert!(listed(&folder, "result:pass").contains("top"), "its other test passed");
    // A selection that leaves it out says nothing of it.
    folder.rihla(&["run", "--select", "labels"]);
    assert_eq!(listed(&folder, "result:failed"), "");
}

#[test]
fn what_changed_since_the_release_is_known_by_definition_not_by_data() {
    let folder = loaded();
    assert_eq!(listed(&folder, "state:modified"), "");
    folder.write("in/RAB/2023-03-04/registrations-2023-01.csv", comma_csv(&[ROWS[0]]));
    assert_eq!(listed(&folder, "state:modified"), "", "deliveries are no definition");
    folder.write("sql/marts/newest.sql", model("", "summary"));
    folder.replace("sql/marts/by_month.sql", "A count", "How many");
    assert_eq!(listed(&folder, "state:new"), "newest");
    assert_eq!(listed(&folder, "state:modified"), "by_month newest");
    assert_eq!(listed(&folder, "state:modified+"), "by_month newest summary");
    let codes = std::fs::read_to_string(folder.path("schemas/codes/country.csv")).expect("codes");
    folder.write("schemas/codes/country.csv", codes.replace("Guinea", "Guinea (renamed)"));
    assert_eq!(listed(&folder, "state:modified,path:sql/marts/wide"), "labels", "the code list that it reads is another");
    assert_eq!(folder.rihla(&["ls", "--select", "state:modified", "--resource-type", "seed"]).ok().stdout, "codes.country\n");
}

#[test]
fn the_artefacts_are_what_dbts_tools_read() {
    let folder = loaded();
    let manifest = artefact(&folder, "manifest");
    let lines = |map: &Value| map.as_object().expect("a map").iter().map(|(id, list)| format!("{id} ← {list}")).collect::<Vec<_>>().join("\n");
    snapshot("select", "parent_map", "target/manifest.json: parent_map", &lines(&manifest["parent_map"]));
    let mut node = manifest["nodes"]["model.small.by_country"].clone();
    node["raw_code"] = "…".into();
    snapshot("select", "manifest_model", "target/manifest.json: a model", &serde_json::to_string_pretty(&node).expect("JSON"));
    let results = artefact(&folder, "run_results");
    assert_eq!(results["metadata"]["invocation_id"], artefact(&folder, "manifest")["metadata"]["invocation_id"]);
    for name in ["manifest", "run_results"] {
        assert_nobody(&artefact(&folder, name).to_string());
    }

    const PARSE: &str = r#"
import json, sys
from dbt_artifacts_parser import parser
manifest = parser.parse_manifest_v12(json.load(open(sys.argv[1])))
results = parser.parse_run_results_v6(json.load(open(sys.argv[2])))
print(json.dumps({
    "models": sorted(node.name for node in manifest.nodes.values() if node.resource_type == "model" or getattr(node.resource_type, "value", "") == "model"),
    "tags": sorted(manifest.nodes["model.small.by_month"].tags),
    "sources": sorted(manifest.sources),
    "tests": [node.attached_node for id, node in manifest.nodes.items() if id.startswith("test.")],
    "statuses": sorted({result.status.value for result in results.results}),
    "unknown": [result.unique_id for result in results.results if result.unique_id not in manifest.nodes],
}))
"#;
    let files = ["target/manifest.json", "target/run_results.json"].map(|path| folder.path(path));
    let Some(told) = crate::python::python(PARSE, &["dbt_artifacts_parser"], &files) else { return };
    assert_eq!(told["models"], serde_json::json!(["by_country", "by_month", "deliveries", "labels", "registered", "summary", "top"]));
    assert_eq!(told["tags"], serde_json::json!(["monthly", "public"]));
    assert_eq!(told["sources"], serde_json::json!(["source.small.feeds.registrations", "source.small.system.submissions"]));
    assert_eq!(told["tests"].as_array().map(Vec::len), Some(3));
    assert_eq!((&told["statuses"], &told["unknown"]), (&serde_json::json!(["pass", "success"]), &serde_json::json!([])));
}

#[test]
fn artefacts_that_cannot_be_written_fail_nothing() {
    let folder = loaded_small();
    let _ = std::fs::remove_dir_all(folder.path("target"));
    folder.write("target", "somebody's own file");
    let ran = folder.rihla(&["run"]).ok();
    assert!(ran.stdout.contains("nothing changed") && ran.stderr.contains("cannot write `target/manifest.json`"), "{}", ran.text());
    folder.rihla(&["check"]).ok();
    assert_eq!(std::fs::read_to_string(folder.path("target")).expect("a file"), "somebody's own file");
}
