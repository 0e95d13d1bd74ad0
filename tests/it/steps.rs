//! A second feed of the small project: one with several dates of the event, money and rules over several fields. Its
//! extracts are read and judged here without a warehouse.

use bytes::Bytes;
use chrono::{DateTime, Utc};
use rihla::contract::Contract;
use rihla::project::{Project, load};
use rihla::read::{Refusal, read};
use rihla::validate::{Context, Delivery, Formats, Validated};

use crate::support::{Folder, repository};

pub const PIPELINE: &str = "pipelines/steps.toml";
pub const SCHEMA: &str = "schemas/steps.json";
pub const LABELS: &str = "Identifiant;Dossier;Personne;Sexe;Né le;Examen;Départ;Quantité;Montant;Monnaie;Modifié";
/// A row in order, a cell per label.
pub const ROW: [&str; 11] = ["r-1", "CN-77701", "1", "F", "2005-03-01", "2023-01-10", "", "2", "150.50", "MAD", "2023-01-12T09:00:00Z"];

/// The small project with the feed `steps`, without extracts of it.
pub fn folder() -> Folder {
    let folder = Folder::bare();
    folder.replace("pipelines/registrations.toml", "required = true", "required = false");
    for (from, to) in [("steps.json", SCHEMA), ("steps.toml", PIPELINE), ("paid.sql", "sql/marts/paid.sql")] {
        folder.write(to, std::fs::read(repository("tests/data/steps").join(from)).expect("a file of the feed"));
    }
    folder
}

/// The same, its source written differently.
pub fn folder_with(changes: &[(&str, &str)]) -> Folder {
    let folder = folder();
    for (from, to) in changes {
        folder.replace(PIPELINE, from, to);
    }
    folder
}

/// A row with cells changed, by label.
pub fn with(changes: &[(&str, &str)]) -> String {
    let mut cells: Vec<String> = ROW.iter().map(|cell| (*cell).to_owned()).collect();
    for (label, cell) in changes {
        let index = LABELS.split(';').position(|known| known == *label).expect("a label");
        cells[index] = (*cell).to_owned();
    }
    cells.join(";")
}

/// An extract of rows, each with a record of its own.
pub fn extract(rows: &[String]) -> String {
    let numbered =
        rows.iter().enumerate().map(|(index, row)| if row.starts_with("r-1;") { row.replacen("r-1", &format!("r-{index}"), 1) } else { row.clone() });
    std::iter::once(LABELS.to_owned()).chain(numbered).collect::<Vec<_>>().join("\n")
}

/// An extract judged.
pub struct Judged {
    project: Project,
    pub read: u64,
    pub validated: Validated,
}

/// Reads and judges an extract received on 4 February 2023.
pub fn judge(folder: &Folder, bytes: impl AsRef<[u8]>) -> Result<Judged, Refusal> {
    let project = load(&folder.path("")).expect("a project in order");
    let (read, validated) = judge_in(&project, bytes.as_ref())?;
    Ok(Judged { project, read, validated })
}

/// The same in a project that was loaded.
pub fn judge_in(project: &Project, bytes: &[u8]) -> Result<(u64, Validated), Refusal> {
    let pipeline = project.pipeline("steps").expect("the feed");
    let (source, office) = (&*pipeline.sources[0], project.office("RAB").expect("the office"));
    let received: DateTime<Utc> = "2023-02-04T00:00:00Z".parse().expect("an instant");
    let context =
        Context { contract: &pipeline.contract, source, office, received, since: project.since, barred: &|_| Ok(Vec::new()), lookups: &Default::default() };
    let formats = Formats::of(source);
    let mut delivery = Delivery::new(&context, &formats);
    let read = read(&Bytes::copy_from_slice(bytes), source, &pipeline.contract, &mut |piece| delivery.push(piece))?;
    let validated = delivery.finish().expect("every row is accounted for");
    assert_eq!(read, (validated.good.len() + validated.aside.len()) as u64, "a row is lost");
    Ok((read, validated))
}

impl Judged {
    fn contract(&self) -> &Contract {
        &self.project.pipeline("steps").expect("the feed").contract
    }

    /// The values of a field in the rows to load, as Arrow shows them.
    pub fn values(&self, field: &str) -> Vec<String> {
        let index = self.contract().fields.iter().position(|known| known.name == field).expect("a field");
        let column = &self.validated.good.columns[index];
        (0..column.len()).map(|row| arrow::util::display::array_value_to_string(column, row).expect("a value")).collect()
    }

    /// Every reason for which a row is set aside: `line field rule: message`.
    pub fn reasons(&self) -> Vec<String> {
        let mut told = Vec::new();
        for row in &self.validated.aside {
            for reason in &row.reasons {
                let is_known = rihla::validate::RULES.contains(&(reason.error, &reason.rule));
                assert!(is_known, "{}/{} is not among RULES", reason.error, reason.rule);
                told.push(format!("{} {} {}: {}", row.row, reason.field.as_deref().unwrap_or("*"), reason.rule, reason.message));
            }
        }
        told
    }
}

/// Judges one row with cells changed: the values of a field, or the reasons.
pub fn one(folder: &Folder, field: &str, changes: &[(&str, &str)]) -> Result<String, String> {
    let judged = judge(folder, extract(&[with(changes)])).expect("a readable extract");
    judged.values(field).into_iter().next().ok_or_else(|| judged.reasons().join("; "))
}
