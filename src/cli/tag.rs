//! `rihla tag`

use serde_json::json;

use super::args::Args;
use super::{Terminal, closed, print_json};
use crate::clock;
use crate::error::Result;
use crate::project;
use crate::run;
use crate::warehouse::{LATEST, Naming};

/// Give a release a name that stays with it
///
/// The name then stands for the release wherever a command asks for one; `rihla prune` keeps the release, and
/// `warehouse/released/tags/NAME` shows its folder. The tag `<edition>-published` is the release that `rihla reconcile`
/// holds against the edition.
///
/// A name is given once. With --move it names another release from now on, with --delete none; both ask for a --note
/// that says why, and what the name meant before is kept.
///
///   rihla tag 2023-H1-published
///   rihla tag 2023-H1-published 4 --move --note "the annex was missing"
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub struct Options {
    /// The name, such as 2023-H1-published
    name: String,
    /// The release: its number, `latest` or another tag
    #[arg(default_value = LATEST)]
    release: String,
    /// Why, for whoever reads it later
    #[arg(long, value_name = "TEXT")]
    note: Option<String>,
    /// Let a name that is given already name this release
    #[arg(long = "move")]
    moved: bool,
    /// Take the name away
    #[arg(long, conflicts_with_all = ["moved", "release"])]
    delete: bool,
}

/// Names a release.
pub async fn tag(args: &Args, options: &Options, terminal: &mut Terminal<'_>) -> Result<u8> {
    let project = project::load(&args.project)?;
    let release = (!options.delete).then_some(options.release.as_str());
    let named = run::TagRequest { tag: &options.name, release, may_move: options.moved, note: options.note.clone() };
    let (tag, naming) = run::tag(&project, named, clock::from_environment()?).await?;
    if terminal.json {
        print_json(terminal, &json!({"tag": tag.name, "release": tag.release(), "history": tag.history}))?;
        return Ok(0);
    }
    let number = tag.release().unwrap_or_default();
    let before = tag.history.iter().rev().nth(1).and_then(|said| said.release).map_or_else(String::new, |before| format!(", before it named release {before}"));
    let text = match naming {
        Naming::New => format!("`{}` names release {number}", tag.name),
        Naming::Moved => format!("`{}` names release {number}{before}", tag.name),
        Naming::TakenAway => format!("`{}` names no release any more{before}", tag.name),
    };
    writeln!(terminal.out, "{text}").map_err(closed)?;
    Ok(0)
}
