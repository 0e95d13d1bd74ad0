//! Selection as dbt documents it, on a graph small enough to see whole.
//!
//! ```text
//! feeds.registrations ─→ registered ─→ by_country ─→ top ─┐
//!            │                     └─→ by_month ──────────┴→ summary
//!            └─→ deliveries ←─ system.submissions        labels ←─ codes.country
//! ```

use std::collections::BTreeSet;
use std::sync::Arc;

use rihla::clock::FixedClock;
use rihla::model::Wish;
use rihla::run::{Prepared, check_project, select};

use crate::support::{Folder, NOW, snapshot};

/// A model of one column that reads another.
pub fn model(tags: &str, from: &str) -> String {
    format!("/*\ndescription = \"Made of {from}\"\ntags = [{tags}]\ngrain = [\"n\"]\n\n[columns]\nn = \"A count\"\n*/\nSELECT count(*) AS n FROM {from}\n")
}

/// Adds the models of the graph that the small project has not.
pub fn grow(folder: &Folder) {
    folder.write("sql/marts/by_month.sql", model("\"monthly\", \"public\"", "registered"));
    folder.write("sql/marts/top.sql", model("\"monthly\"", "by_country"));
    folder.write("sql/marts/summary.sql", model("", "top, by_month"));
    folder.write("sql/marts/wide/labels.sql", model("\"public\"", "codes.country"));
}

/// The graph, checked, without a warehouse.
struct Graph {
    folder: Folder,
    prepared: Prepared,
    runtime: tokio::runtime::Runtime,
}

impl Graph {
    fn new() -> Self {
        let folder = Folder::bare();
        grow(&folder);
        let runtime = tokio::runtime::Runtime::new().expect("a runtime");
        let prepared = runtime.block_on(check_project(&folder.path(""))).expect("a project in order");
        Self { folder, prepared, runtime }
    }

    fn try_chosen(&self, selectors: &[&str], exclude: &[&str]) -> rihla::error::Result<BTreeSet<String>> {
        let texts = |list: &[&str]| list.iter().map(|text| (*text).to_owned()).collect();
        let wish = Wish { select: texts(selectors), exclude: texts(exclude) };
        let clock = Arc::new(FixedClock(NOW.parse().expect("an instant")));
        let selection = self.runtime.block_on(select(&self.prepared, clock, &wish))?;
        Ok(selection.expect("something was wished").nodes.into_keys().collect())
    }

    /// What is selected, models and all else.
    fn chosen(&self, selectors: &[&str], exclude: &[&str]) -> BTreeSet<String> {
        self.try_chosen(selectors, exclude).unwrap_or_else(|error| panic!("{selectors:?}: {error}"))
    }

    /// The models selected, in one text.
    fn models(&self, selectors: &[&str], exclude: &[&str]) -> String {
        let chosen = self.chosen(selectors, exclude);
        chosen.into_iter().filter(|name| !name.contains('.')).collect::<Vec<_>>().join(" ")
    }
}

#[test]
fn every_method_and_operator_chooses_as_dbt_documents_it() {
    let graph = Graph::new();
    for (selector, models) in [
        // Names, with wildcards, and the folders above them.
        ("by_country", "by_country"),
        ("by_*", "by_country by_month"),
        ("?op", "top"),
        ("[lt]*", "labels top"),
        ("staging", "registered"),
        ("small.staging", "registered"),
        ("marts.wide", "labels"),
        ("small", "by_country by_month deliveries labels registered summary top"),
        ("fqn:top", "top"),
        // Graph operators.
        ("+top", "by_country registered top"),
        ("1+top", "by_country top"),
        ("0+top", "top"),
        ("registered+", "by_country by_month registered summary top"),
        ("registered+1", "by_country by_month registered"),
        ("1+by_country+1", "by_country registered top"),
        ("+by_month+", "by_month registered summary"),
        ("@by_country", "by_country by_month registered summary top"),
        ("@labels", "labels"),
        ("99999999999999999999999+top", "by_country registered top"),
        // Methods.
        ("tag:monthly", "by_month top"),
        ("tag:m*", "by_month top"),
        ("+tag:monthly,path:sql/staging", "registered"),
        ("path:sql/staging", "registered"),
        ("path:sql/marts/wide/", "labels"),
        ("path:sql/marts/by_*.sql", "by_country by_month"),
        ("sql/marts/wide", "labels"),
        ("file:top.sql", "top"),
        ("file:top", "top"),
        ("top.sql", "top"),
        ("feed:registrations", "by_country by_month deliveries registered summary top"),
        ("feed:registrations+1", "deliveries registered"),
        ("source:feeds.registrations+1", "deliveries registered"),
        ("source:feeds+", "by_country by_month deliveries registered summary top"),
        ("source:feeds.registrations", ""),
        ("source:system.submissions+", "deliveries"),
        ("codes.country+", "labels"),
        ("feeds.registrations+1", "deliveries registered"),
        ("resource_type:model,marts.wide", "labels"),
        ("resource_type:seed+", "labels"),
        // Nothing was released, so everything is new.
        ("state:new,tag:public", "by_month labels"),
        ("state:modified,tag:public", "by_month labels"),
        ("state:unmodified", ""),
        ("state:old", ""),
        // Sets: a space adds, a comma narrows.
        ("top labels", "labels top"),
        ("tag:monthly,tag:public", "by_month"),
        ("tag:monthly,tag:public labels", "by_month labels"),
        ("+summary,tag:monthly,by_*", "by_month"),
        ("  top \t labels  ", "labels top"),
    ] {
        assert_eq!(graph.models(&[selector], &[]), models, "--select {selector}");
    }
    assert_eq!(graph.models(&["+summary"], &["tag:monthly"]), "by_country registered summary");
    assert_eq!(graph.models(&[], &["feed:registrations"]), "labels", "all without --select");
    assert_eq!(graph.models(&["top", "labels"], &["top", "by_month"]), "labels", "options given twice add");
    assert!(graph.chosen(&["+registered"], &[]).contains("feeds.registrations"), "what is read is selected with it");
}

#[test]
fn selections_obey_the_laws_of_sets_and_graphs() {
    let graph = Graph::new();
    let selectors =
        ["by_country", "+top", "registered+", "@by_month", "tag:monthly", "path:sql/marts", "feed:registrations", "2+summary+1", "source:feeds", "state:new"];
    for a in selectors {
        let own = graph.chosen(&[a], &[]);
        for b in selectors {
            let other = graph.chosen(&[b], &[]);
            let union = graph.chosen(&[&format!("{a} {b}")], &[]);
            assert_eq!(union, own.union(&other).cloned().collect(), "{a} {b}");
            assert_eq!(union, graph.chosen(&[a, b], &[]), "{a} {b}");
            assert_eq!(graph.chosen(&[&format!("{a},{b}")], &[]), own.intersection(&other).cloned().collect(), "{a},{b}");
            assert_eq!(graph.chosen(&[a], &[b]), own.difference(&other).cloned().collect(), "{a} without {b}");
        }
    }
    for name in ["registered", "by_country", "by_month", "top", "summary", "labels", "deliveries", "feeds.registrations", "codes.country"] {
        let chosen = |text: String| graph.chosen(&[&text], &[]);
        let (up, down, at) = (chosen(format!("+{name}")), chosen(format!("{name}+")), chosen(format!("@{name}")));
        assert_eq!(up.intersection(&down).collect::<Vec<_>>(), [name], "nothing is before and behind");
        let around: BTreeSet<String> = down.iter().flat_map(|below| chosen(format!("+{below}"))).collect();
        assert_eq!(at, around, "@{name} is + before each of {name}+");
        let steps: Vec<BTreeSet<String>> = (0..5).map(|steps| chosen(format!("{steps}+{name}"))).collect();
        assert!(steps.windows(2).all(|pair| pair[0].is_subset(&pair[1])) && steps[4] == up, "each step adds, and four reach all");
    }
}

#[test]
fn whatever_is_typed_is_a_selection_or_has_faults_with_places() {
    let graph = Graph::new();
    let mut runner = proptest::test_runner::TestRunner::default();
    let typed = "([-@+:,.*?!\\[\\] \\\\/0-9é€]|tag:|feed:|path:|top|by_|monthly){0,12}";
    let told = runner.run(&typed, |text| {
        if let Err(error) = graph.try_chosen(&[&text], &[]) {
            let faults = error.project_faults();
            proptest::prop_assert!(!faults.is_empty(), "{}", error);
            for fault in faults {
                proptest::prop_assert!(fault.file.text.get(fault.span.clone()).is_some(), "{:?} is no place in {:?}", fault.span, text);
                fault.render(false);
            }
        }
        Ok(())
    });
    told.unwrap_or_else(|failed| panic!("{failed}"));
}

#[test]
fn faults_point_into_what_was_typed() {
    let graph = Graph::new();
    for (name, args) in [
        ("slips", &["ls", "--select", "by_contry tag:monthy", "path:sql/mart,feed:registration", "--exclude", "file:topp.sql"][..]),
        ("unknown", &["ls", "--select", "zebra tag:zebra feed:zebra source:zebra path:zebra/x zz*", "state:zebra result:zebra resource_type:zebra"]),
        ("grammar", &["ls", "--select", "@top+ tgs:monthly tag: top,,labels +"]),
        ("near", &["ls", "--select", "registrations monthly source:registrations"]),
        ("no_results", &["ls", "--select", "result:failed"]),
        ("run_refuses_before_it_begins", &["run", "--select", "by_contry"]),
    ] {
        let ran = graph.folder.rihla(args);
        assert_eq!(ran.code, 1);
        snapshot("select", name, &format!("rihla {}", args.join(" ")), &ran.text());
    }
    assert!(!graph.folder.path("warehouse").exists(), "nothing was begun");
    let told = graph.folder.rihla(&["ls", "--json", "--select", "by_contry"]);
    assert!(told.stderr.contains(r#""column":1"#) && told.stderr.contains("did you mean `by_country`?"), "{}", told.text());
}

#[test]
fn tags_that_nobody_could_type_are_faults() {
    let folder = Folder::bare();
    folder.write("sql/marts/by_month.sql", model("\"two words\", \"a,b\", \"\", \"twice\", \"twice\"", "registered"));
    let ran = folder.rihla(&["check"]);
    assert_eq!(ran.code, 1);
    snapshot("select", "tags", "tags that a selection cannot name, and one given twice", &ran.text());
}

#[test]
fn what_is_listed_can_be_selected() {
    let graph = Graph::new();
    let list = |args: &[&str]| graph.folder.rihla(&[&["ls"], args].concat()).ok().stdout;
    let all = list(&[]);
    snapshot("select", "list", "rihla ls", &all);
    for name in all.lines() {
        assert_eq!(list(&["--select", name]), format!("{name}\n"));
    }
    snapshot("select", "list_tests", "rihla ls -s by_country --resource-type test,model", &list(&["-s", "by_country", "--resource-type", "test,model"]));
    let json = graph.folder.rihla(&["--json", "ls", "--select", "top labels", "--exclude", "top"]).ok().json();
    assert_eq!(
        json,
        serde_json::json!([{"name": "labels", "resource_type": "model", "path": "sql/marts/wide/labels.sql", "tags": ["public"], "reads": ["codes.country"]}])
    );
    let nothing = graph.folder.rihla(&["ls", "--select", "top,labels"]).ok();
    assert_eq!((nothing.stdout.as_str(), nothing.stderr.trim_end()), ("", "warning: the selection holds nothing"));
    let shown = graph.folder.rihla(&["tables", "by_month"]).ok();
    assert!(shown.stdout.contains("tags: monthly, public"), "{}", shown.text());
}
