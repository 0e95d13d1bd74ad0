//! `rihla tables`

use super::args::Args;
use super::render::{count, table};
use super::{Terminal, closed, open_latest, print_json};
use crate::contract::{Additivity, AdditivityWord};
use crate::diagnostic::did_you_mean;
use crate::error::{Error, Kind, Result};
use crate::project;
use crate::warehouse::{Manifest, Resource};

/// Shows the tables of the latest release, or the columns of one.
pub async fn tables(args: &Args, name: Option<&str>, terminal: &mut Terminal<'_>) -> Result<u8> {
    let project = project::load(&args.project)?;
    let (_, release) = open_latest(&project).await?;
    match name {
        None if terminal.json => print_json(terminal, &release.resources)?,
        None => writeln!(terminal.out, "{}", list(&release)).map_err(closed)?,
        Some(name) => {
            let resource = release.resources.iter().find(|resource| resource.name == name).ok_or_else(|| unknown(name, &release))?;
            if terminal.json {
                print_json(terminal, resource)?;
            } else {
                writeln!(terminal.out, "{}", columns(resource)).map_err(closed)?;
            }
        }
    }
    Ok(0)
}

fn unknown(name: &str, release: &Manifest) -> Error {
    let hint =
        did_you_mean(name, release.resources.iter().map(|resource| resource.name.as_str())).unwrap_or_else(|| "`rihla tables` shows them all".to_owned());
    Error::new(Kind::Input, format!("the release has no table `{name}`")).hint(hint)
}

fn list(release: &Manifest) -> String {
    let rows = release.resources.iter().map(|resource| vec![resource.name.clone(), count(resource.rihla.rows), resource.description.clone()]);
    format!("release {}, known until {}\n\n{}", release.rihla.release, release.rihla.known_until, table(&["table", "rows", "description"], rows.collect()))
}

fn columns(resource: &Resource) -> String {
    let rows = resource.schema.fields.iter().map(|column| {
        let measure = resource.rihla.measures.get(&column.name);
        let unit = measure.map(|measure| measure.unit.clone()).unwrap_or_default();
        let sums = measure.map(|measure| additivity(&measure.additivity)).unwrap_or_default();
        let basis = measure.map(|measure| measure.date_basis.clone()).unwrap_or_default();
        vec![column.name.clone(), column.kind.clone(), unit, sums, basis, column.description.clone()]
    });
    let header = ["column", "type", "unit", "may be summed along", "date basis", "description"];
    format!("{}\n{}\none row is one {}\n\n{}", resource.name, resource.description, resource.schema.primary_key.join(", "), table(&header, rows.collect()))
}

fn additivity(additivity: &Additivity) -> String {
    match additivity {
        Additivity::Word(AdditivityWord::Full) => "every column".to_owned(),
        Additivity::Word(AdditivityWord::None) => "none".to_owned(),
        Additivity::Along(columns) => columns.join(", "),
    }
}
