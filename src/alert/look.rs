//! What a fact changes: which causes begin, which are over, and of which only what is known of them changes.

use std::collections::BTreeSet;

use super::facts::{Fact, RunFacts};
use super::matter::Matter;
use crate::project::AlertKind;

/// A cause that is not over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Open {
    /// Its number in the book.
    pub id: i64,
    /// What is the matter.
    pub matter: Matter,
}

/// A cause that begins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Begun {
    /// What is the matter.
    pub matter: Matter,
    /// The kinds of alert by which whoever takes them hears of it already.
    pub said_by: Vec<AlertKind>,
}

/// A cause that is over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Over {
    /// Its number.
    pub id: i64,
    /// True where nobody is told: another cause took its place, or nobody asks for it any more.
    pub is_quiet: bool,
}

/// What a fact changes.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Changes {
    /// What begins.
    pub begun: Vec<Begun>,
    /// What is over.
    pub over: Vec<Over>,
    /// Of which something else is known now.
    pub altered: Vec<Open>,
}

/// What a fact changes of the causes that are open.
pub fn changes(open: &[Open], fact: &Fact) -> Changes {
    match fact {
        Fact::Ended { pipeline, failed } => {
            let now: Vec<&Matter> = failed.iter().collect();
            between(open, |matter| matches!(matter, Matter::Failed { pipeline: of, .. } if of == pipeline), &now, false)
        }
        Fact::Scheduled(pipelines) => between(open, |matter| matches!(matter, Matter::Failed { pipeline, .. } if !pipelines.contains(pipeline)), &[], true),
        Fact::Run(run) => run_changes(open, run),
        Fact::Late(late) => between(open, |matter| matches!(matter, Matter::Late { .. }), &late.iter().collect::<Vec<_>>(), false),
        Fact::Project(why) => {
            let refused = why.clone().map(|why| Matter::Project { why });
            between(open, |matter| matches!(matter, Matter::Project { .. }), &refused.iter().collect::<Vec<_>>(), false)
        }
        Fact::Clock { is_believed } => {
            let now: &[&Matter] = if *is_believed { &[] } else { &[&Matter::Clock] };
            between(open, |matter| *matter == Matter::Clock, now, false)
        }
    }
}

fn run_changes(open: &[Open], run: &RunFacts) -> Changes {
    let refused: Vec<&Matter> = run.refused.iter().collect();
    let mut changes = between(open, |matter| matches!(matter, Matter::Refused(refusal) if run.looked.has(&refusal.feed)), &refused, false);
    if let Some(blocked) = &run.blocked {
        let blocked = between(open, |matter| matches!(matter, Matter::Blocked { .. }), &blocked.iter().collect::<Vec<_>>(), false);
        changes.begun.extend(blocked.begun);
        changes.over.extend(blocked.over);
        changes.altered.extend(blocked.altered);
    }
    changes
}

/// What changes where, of the open causes that a fact can speak of, these are and no others.
fn between(open: &[Open], is_spoken_of: impl Fn(&Matter) -> bool, now: &[&Matter], is_quiet: bool) -> Changes {
    let keys: BTreeSet<String> = now.iter().map(|matter| matter.key()).collect();
    let slots: BTreeSet<String> = now.iter().map(|matter| matter.slot()).collect();
    let mut changes = Changes::default();
    for cause in open.iter().filter(|cause| is_spoken_of(&cause.matter) && !keys.contains(&cause.matter.key())) {
        changes.over.push(Over { id: cause.id, is_quiet: is_quiet || slots.contains(&cause.matter.slot()) });
    }
    let mut seen = BTreeSet::new();
    for matter in now.iter().filter(|matter| seen.insert(matter.key())) {
        match open.iter().find(|cause| cause.matter.key() == matter.key()) {
            Some(cause) if is_known(&cause.matter, matter) => {}
            Some(cause) => changes.altered.push(Open { id: cause.id, matter: (*matter).clone() }),
            None => changes.begun.push(Begun { matter: (*matter).clone(), said_by: matter.said_by(open.iter().map(|cause| &cause.matter)) }),
        }
    }
    changes
}

/// True where nothing new is said. Of a tick that was told of the ledger does not know what its last attempt said.
fn is_known(known: &Matter, said: &Matter) -> bool {
    match (known, said) {
        (Matter::Failed { due, .. }, Matter::Failed { due: said, .. }) => due == said,
        _ => known == said,
    }
}
