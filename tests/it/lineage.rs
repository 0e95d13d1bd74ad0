//! Lineage of columns: what is told of the real project holds, and what programs and people get of it.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::support::{Folder, snapshot};

/// The lineage of a column or table of a project, as programs read it.
fn lineage(folder: &Folder, args: &[&str]) -> Value {
    folder.rihla(&[&["lineage"], args, &["--json"]].concat()).ok().json()
}

/// The steps as `from way to`.
fn steps(lineage: &Value) -> BTreeSet<String> {
    let name = |column: &Value| format!("{}.{}", column["table"].as_str().expect("a table"), column["column"].as_str().expect("a column"));
    let steps = lineage["steps"].as_array().expect("steps").iter();
    steps.map(|step| format!("{} {} {}", name(&step["from"]), step["way"].as_str().expect("a way"), name(&step["to"]))).collect()
}

#[test]
fn persons_by_country_reach_the_feed() {
    let found = steps(&lineage(&Folder::real(), &["returns_outbound_by_country.persons"]));
    for step in [
        "movements.person_id direct returns_outbound_by_country.persons",
        "feeds.returns.person_id direct movements.person_id",
        "movements.direction indirect returns_outbound_by_country.persons",
        "period_months.month_start indirect returns_outbound_by_country.persons",
        "feeds.returns.direction direct movements.direction",
        // The office that comes first in precedence decides which row of a movement counts.
        "system.offices.precedence indirect movements.person_id",
    ] {
        assert!(found.contains(step), "{step} is not among\n{found:#?}");
    }
    assert!(!found.iter().any(|step| step.starts_with("feeds.returns.case_id")), "the case goes into no count of persons");
}

#[test]
fn every_released_column_comes_from_somewhere() {
    let folder = Folder::real();
    let root = folder.path("");
    let prepared = tokio::runtime::Runtime::new().expect("a runtime").block_on(rihla::run::check_project(&root)).expect("the project");
    let mut from_feeds = 0;
    for (model, lineage) in prepared.checked.models.iter().zip(&prepared.checked.lineages) {
        let written: BTreeSet<&str> = lineage.columns.iter().filter(|column| column.direct.is_empty()).map(|column| column.name.as_str()).collect();
        for column in &lineage.columns {
            // Without a source a column is a constant, or counts the rows of something that is read.
            let is_constant = model.file.text.contains('\'') && written.contains(column.name.as_str());
            assert!(!column.direct.is_empty() || !column.indirect.is_empty() || is_constant, "{}.{} comes from nowhere", model.name, column.name);
            for from in column.direct.iter().chain(&column.indirect) {
                from_feeds += usize::from(from.table.starts_with("feeds."));
                let is_read = model.reads.iter().any(|(read, _)| **read == *from.table);
                assert!(is_read, "{}.{} comes from {from}, which the model does not read", model.name, column.name);
                let upstream = prepared.checked.models.iter().zip(&prepared.checked.schemas).find(|(upstream, _)| upstream.name.as_str() == &*from.table);
                let exists = upstream.is_none_or(|(_, schema)| schema.field_with_name(&from.column).is_ok());
                assert!(exists, "{}.{} comes from {from}, which there is not", model.name, column.name);
            }
        }
    }
    assert!(from_feeds > 100, "{from_feeds}");
}

/// A model over all that SQL can do with columns, and where each must come from.
#[test]
fn every_way_through_sql_is_followed() {
    let folder = Folder::small();
    let columns = ["a", "b", "c", "d", "e", "f", "g", "h", "i"];
    let documented: String = columns.iter().map(|column| format!("{column} = \"A column\"\n")).collect();
    folder.write(
        "sql/marts/ways.sql",
        format!(
            "/*\ndescription = \"Ways\"\ngrain = [\"a\"]\n\n[columns]\n{documented}*/\n\
             WITH RECURSIVE chain AS (\n    SELECT person_id AS node, nationality FROM registered\n    UNION ALL\n    SELECT c.node, s.code FROM chain AS c JOIN codes.sex AS s ON s.label_en = c.node\n)\n\
             SELECT\n    r.person_id AS a,\n    CASE WHEN r.sex = 'F' THEN r.nationality ELSE 'none' END AS b,\n\
             row_number() OVER (PARTITION BY r.office ORDER BY r.changed_at) AS c,\n\
             (SELECT max(o.name) FROM system.offices AS o WHERE o.office = r.office) AS d,\n    x.e,\n    k.nationality AS f,\n    'fixed' AS g,\n    l.day AS h,\n    v.v AS i\n\
             FROM feeds.registrations AS r\n\
             JOIN (SELECT office, count(DISTINCT period) FILTER (WHERE age > 3) AS e FROM feeds.registrations GROUP BY office) AS x ON x.office = r.office\n\
             JOIN chain AS k ON k.node = r.person_id\n\
             CROSS JOIN LATERAL (SELECT r.registered_on AS day) AS l\n\
             CROSS JOIN (VALUES ('p'), ('q')) AS v (v)\n\
             WHERE r.record_id IN (SELECT person_id FROM registered) AND EXISTS (SELECT 1 FROM codes.country AS z WHERE z.code = r.nationality)\n"
        ),
    );
    let ran = folder.rihla(&["check"]);
    assert_eq!(ran.code, 0, "{}", ran.text());
    let found = steps(&lineage(&folder, &["ways"]));
    let direct: BTreeSet<&str> = found.iter().filter(|step| step.contains(" direct ways.")).map(String::as_str).collect();
    let expected = BTreeSet::from([
        "feeds.registrations.person_id direct ways.a",
        "feeds.registrations.nationality direct ways.b",
        "system.offices.name direct ways.d",
        "feeds.registrations.period direct ways.e",
        "registered.nationality direct ways.f",
        "codes.sex.code direct ways.f",
        "feeds.registrations.registered_on direct ways.h",
    ]);
    assert_eq!(direct, expected);
    for step in [
        "feeds.registrations.sex indirect ways.b",
        "feeds.registrations.changed_at indirect ways.c",
        "system.offices.office indirect ways.d",
        "feeds.registrations.age indirect ways.e",
        "codes.sex.label_en indirect ways.f",
        "feeds.registrations.record_id indirect ways.g",
        "registered.person_id indirect ways.g",
        "codes.country.code indirect ways.i",
    ] {
        assert!(found.contains(step), "{step} is not among\n{found:#?}");
    }
    for step in ["feeds.registrations.sex indirect ways.a", "feeds.registrations.changed_at indirect ways.a"] {
        assert!(!found.contains(step), "{step} is said in vain");
    }
}

#[test]
fn people_read_it_as_a_tree_both_ways() {
    let folder = Folder::small();
    let mut text = String::new();
    for args in [
        &["by_country.persons"][..],
        &["by_country"],
        &["feeds.registrations.nationality"],
        &["registered.registered_on", "--downstream"],
        &["feeds.registrations.person_id", "--upstream"],
    ] {
        let ran = folder.rihla(&[&["lineage"], args].concat()).ok();
        text.push_str(&format!("$ rihla lineage {}\n{}\n", args.join(" "), ran.stdout));
    }
    snapshot("lineage", "trees", "columns and tables of the small project", &text);
}

#[test]
fn programs_read_its_shape() {
    let shape = lineage(&Folder::small(), &["by_country.persons"]);
    snapshot("lineage", "json", "rihla lineage by_country.persons --json", &serde_json::to_string_pretty(&shape).expect("JSON"));
}

#[test]
fn what_there_is_not_is_refused_with_the_nearest() {
    let folder = Folder::small();
    let mut text = String::new();
    for target in ["by_contry", "by_country.person", "feeds.registration", "feeds.registrations.nationalty", "nonsense.column"] {
        let ran = folder.rihla(&["lineage", target]);
        assert_eq!(ran.code, 1);
        text.push_str(&format!("$ rihla lineage {target}\n{}\n", ran.stderr));
    }
    snapshot("lineage", "refused", "tables and columns that do not exist", &text);
}

#[test]
fn a_drawing_is_the_same_every_time_and_holds_every_table() {
    let folder = Folder::real();
    let draw = |name: &str| {
        let file = folder.path(name).to_string_lossy().into_owned();
        folder.rihla(&["lineage", "returns_outbound_by_country", "--svg", &file]).ok();
        std::fs::read_to_string(file).expect("a drawing")
    };
    let (first, second) = (draw("a.svg"), draw("b.svg"));
    assert_eq!(first, second);
    for table in ["returns_outbound_by_country", "movements", "feeds.returns", "system.periods"] {
        assert!(first.contains(&format!(">{table}</text>")), "{table} is not drawn");
    }
    let boxes = boxes(&first);
    assert!(boxes.len() > 10, "{boxes:?}");
    for (index, one) in boxes.iter().enumerate() {
        for other in &boxes[index + 1..] {
            let apart = one[0] + one[2] <= other[0] || other[0] + other[2] <= one[0] || one[1] + one[3] <= other[1] || other[1] + other[3] <= one[1];
            assert!(apart, "{one:?} covers {other:?}");
        }
    }
}

/// Left, top, width and height of every table drawn.
fn boxes(svg: &str) -> Vec<[f64; 4]> {
    let number = |line: &str, name: &str| {
        let (_, rest) = line.split_once(&format!(" {name}=\"")).expect("an attribute");
        rest.split('"').next().and_then(|number| number.parse().ok()).expect("a number")
    };
    let lines = svg.lines().filter(|line| line.starts_with("<rect class=\"box\""));
    lines.map(|line| ["x", "y", "width", "height"].map(|name| number(line, name))).collect()
}
