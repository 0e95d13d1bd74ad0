//! What causes and changes are called.

use std::collections::BTreeSet;

use super::super::numbers::{NO_FIGURE, number, signed};
use crate::project::Lang;
use crate::report::{Cause, Cell, CellChange, Number};
use crate::run::RecordChange;

/// A word in the language of the reader.
pub fn either(lang: Lang, english: &'static str, french: &'static str) -> &'static str {
    match lang {
        Lang::En => english,
        Lang::Fr => french,
    }
}

/// What a cause is called.
pub fn cause(lang: Lang, cause: Cause) -> &'static str {
    match cause {
        Cause::Erasure => either(lang, "erasure", "effacement"),
        Cause::Pruning => either(lang, "rows past retention", "lignes échues"),
        Cause::Rollback => either(lang, "rollback", "retour en arrière"),
        Cause::Deliveries => either(lang, "deliveries", "livraisons"),
        Cause::NewReport => either(lang, "new reports", "nouveaux rapports"),
        Cause::LateRow => either(lang, "late rows", "lignes tardives"),
        Cause::Correction => either(lang, "corrections", "corrections"),
        Cause::Withdrawal => either(lang, "withdrawals", "retraits"),
        Cause::Rules => either(lang, "reports judged anew", "rapports rejugés"),
        Cause::CodeList => either(lang, "code lists", "listes de codes"),
        Cause::Office => either(lang, "offices", "bureaux"),
        Cause::Model => either(lang, "models", "modèles"),
        Cause::Unexplained => either(lang, "not explained", "inexpliqué"),
    }
}

/// Causes that cannot be told apart.
pub fn causes(lang: Lang, of: &BTreeSet<Cause>) -> String {
    of.iter().map(|one| cause(lang, *one)).collect::<Vec<_>>().join(either(lang, " or ", " ou "))
}

/// What became of records.
pub fn record(lang: Lang, change: RecordChange) -> &'static str {
    match change {
        RecordChange::Redelivered => cause(lang, Cause::Deliveries),
        RecordChange::New => cause(lang, Cause::NewReport),
        RecordChange::Late => cause(lang, Cause::LateRow),
        RecordChange::Corrected => cause(lang, Cause::Correction),
        RecordChange::Withdrawn => cause(lang, Cause::Withdrawal),
        RecordChange::Rejudged => cause(lang, Cause::Rules),
    }
}

/// A cell as people read it.
pub fn cell(lang: Lang, cell: &Cell) -> String {
    match cell {
        Cell::Absent | Cell::Null => NO_FIGURE.to_owned(),
        Cell::Number(value) => number(lang, *value),
        Cell::Text(text) => text.clone(),
    }
}

/// The causes of a cell's change, each with its share where that is a number.
pub fn shares(lang: Lang, change: &CellChange) -> String {
    let share = |(of, share): (BTreeSet<Cause>, Option<Number>)| match share {
        Some(_) => format!("{} {}", causes(lang, &of), signed(lang, share)),
        None => causes(lang, &of),
    };
    change.shares().into_iter().map(share).collect::<Vec<_>>().join(", ")
}
