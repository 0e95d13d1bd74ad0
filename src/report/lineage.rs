//! What a table is made from, through other models down to what offices send.

use std::collections::BTreeSet;

use crate::model::{Checked, Model};

/// What a table is made from, directly and through other models.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Origins {
    /// The models that it names itself.
    pub direct: BTreeSet<String>,
    /// All models on the way.
    pub models: BTreeSet<String>,
    /// Feeds that offices send.
    pub feeds: BTreeSet<String>,
    /// Code lists.
    pub code_lists: BTreeSet<String>,
    /// Tables of the project that no office sends.
    pub references: BTreeSet<String>,
    /// What the program itself knows: offices, periods, the calendar of reports, submissions.
    pub system: BTreeSet<String>,
}

/// What a model is made from; the graph of models has no circles.
pub fn origins(checked: &Checked, model: &Model) -> Origins {
    let mut origins = Origins { direct: model.reads.iter().map(|(name, _)| name.clone()).filter(|name| !name.contains('.')).collect(), ..Origins::default() };
    let mut open = vec![model];
    while let Some(next) = open.pop() {
        for (read, _) in &next.reads {
            let Some((schema, name)) = read.split_once('.') else {
                // What was passed before need not be passed again.
                if origins.models.insert(read.clone()) {
                    open.extend(checked.model(read));
                }
                continue;
            };
            let kind = match schema {
                "feeds" => &mut origins.feeds,
                "codes" => &mut origins.code_lists,
                "ref" => &mut origins.references,
                _ => &mut origins.system,
            };
            kind.insert(name.to_owned());
        }
    }
    origins
}
