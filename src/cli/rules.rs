//! What officers call the rules that rows are set aside for.

use super::words::{Word, say};
use crate::project::{Lang, Project};

/// Rule, English and French, in the order of [`crate::validate::RULES`].
const LABELS: &[(&str, &str, &str)] = &[
    ("constraint-error/categories", "value not among the categories", "valeur hors des catégories"),
    ("constraint-error/choices", "two ways of writing the choices that contradict", "deux écritures des choix qui se contredisent"),
    ("constraint-error/codes", "value not in the code list", "valeur absente de la liste de codes"),
    ("constraint-error/enum", "value not among those allowed", "valeur non autorisée"),
    ("constraint-error/excluded-when", "value not allowed with another", "valeur incompatible avec une autre"),
    ("constraint-error/exclusive-maximum", "value too large", "valeur trop grande"),
    ("constraint-error/exclusive-minimum", "value too small", "valeur trop petite"),
    ("constraint-error/json-schema", "structure not as required", "structure non conforme"),
    ("constraint-error/max-length", "too long", "trop long"),
    ("constraint-error/maximum", "number too large", "nombre trop grand"),
    ("constraint-error/min-length", "too short", "trop court"),
    ("constraint-error/minimum", "number too small", "nombre trop petit"),
    ("constraint-error/pattern", "not written as required", "écriture non conforme"),
    ("constraint-error/required", "required value missing", "valeur obligatoire manquante"),
    ("constraint-error/required-when", "value missing that another requires", "valeur manquante, exigée par une autre"),
    ("constraint-error/together", "filled without its counterpart", "rempli sans la valeur qui va avec"),
    ("excluded/erased", "of a person who was erased", "d’une personne effacée"),
    ("excluded/expired", "older than rows are kept", "plus ancienne que la durée de conservation"),
    ("excluded/left-out", "left out by the office", "laissée de côté par le bureau"),
    ("extra-cell/extra-cell", "too many cells in the row", "trop de cellules dans la ligne"),
    ("extra-label/new-column", "filled in a column that nobody knows", "remplie dans une colonne inconnue"),
    ("foreign-key/foreign-key", "refers to a row that is not there", "renvoie à une ligne absente"),
    ("foreign-key/no-parent", "repetition without its record", "répétition sans sa fiche"),
    ("foreign-key/no-repetition", "nobody in the record's repeat group", "groupe répété vide"),
    ("foreign-key/shifted-parent", "repetition of a row that may be shifted", "répétition d’une ligne peut-être décalée"),
    ("lone-cell/lone-cell", "a single cell in the row", "une seule cellule dans la ligne"),
    ("merged-cell/merged-cell", "merged cells", "cellules fusionnées"),
    ("missing-cell/missing-cell", "too few cells in the row", "cellules manquantes dans la ligne"),
    ("missing-label/missing-column", "a column is missing", "colonne manquante"),
    ("missing-label/renamed-column", "a column has another name", "colonne renommée"),
    ("primary-key/primary-key", "record twice with different content", "fiche en double au contenu différent"),
    ("rejected-row/rejected-row", "rejected by the office's own review", "rejetée par la validation du bureau"),
    ("row-constraint/age-over-maximum", "age impossible", "âge impossible"),
    ("row-constraint/birth-after-event", "birth after the event", "naissance postérieure à l’événement"),
    ("row-constraint/changed-after-received", "changed after it was received", "modification postérieure à la réception"),
    ("row-constraint/code-not-valid", "code not valid on that day", "code non valide à cette date"),
    ("row-constraint/event-after-received", "event after it was received", "événement postérieur à la réception"),
    ("row-constraint/event-before-calendar", "event before the programme", "événement antérieur au programme"),
    ("row-constraint/in-order", "dates out of order", "dates dans le désordre"),
    ("row-constraint/office-mismatch", "another office's row", "ligne d’un autre bureau"),
    ("row-constraint/required-any", "none of several required values", "aucune de plusieurs valeurs exigées"),
    ("superseded/later-change", "a later change stands in the same delivery", "une modification plus récente figure dans le même envoi"),
    ("superseded/same-row", "the same row again", "même ligne répétée"),
    ("total-row/total-row", "total, not a record", "ligne de total, pas une fiche"),
    ("type-error/array", "no JSON array", "tableau JSON illisible"),
    ("type-error/binary", "no base64 data", "données base64 illisibles"),
    ("type-error/boolean", "neither yes nor no", "ni oui ni non"),
    ("type-error/choice", "neither chosen nor not chosen", "ni coché ni décoché"),
    ("type-error/date", "no date", "date illisible"),
    ("type-error/date-for-text", "a date where text is meant", "date à la place d’un texte"),
    ("type-error/datetime", "no date and time", "date et heure illisibles"),
    ("type-error/duration", "no duration", "durée illisible"),
    ("type-error/email", "no mail address", "adresse électronique non valable"),
    ("type-error/error-cell", "a formula's error", "erreur de formule"),
    ("type-error/geojson", "no GeoJSON", "GeoJSON illisible"),
    ("type-error/geopoint", "no point on the globe", "point géographique illisible"),
    ("type-error/inexact-number", "number too long for a workbook", "nombre trop long pour un classeur"),
    ("type-error/integer", "no whole number", "nombre entier illisible"),
    ("type-error/list", "an item of another type", "élément d’un autre type"),
    ("type-error/not-calculated", "formula never calculated", "formule jamais calculée"),
    ("type-error/number", "no number", "nombre illisible"),
    ("type-error/object", "no JSON object", "objet JSON illisible"),
    ("type-error/retyped-column", "a column written in another way", "colonne écrite autrement"),
    ("type-error/spreadsheet-number", "made a number by a spreadsheet", "transformé en nombre par un tableur"),
    ("type-error/time", "no time", "heure illisible"),
    ("type-error/uri", "no URI", "URI non valable"),
    ("type-error/uuid", "no UUID", "UUID non valable"),
    ("type-error/year", "no year", "année illisible"),
    ("type-error/yearmonth", "no month of a year", "mois illisible"),
    ("unique-error/unique", "value that another row has", "valeur d’une autre ligne"),
    ("unique-error/unique-key", "key that another row has", "clé d’une autre ligne"),
];

/// What a rule is called; a rule of a schema by its own name.
pub fn rule(lang: Lang, error: &str, rule: &str) -> String {
    let name = format!("{error}/{rule}");
    match LABELS.iter().find(|(known, _, _)| *known == name) {
        Some((_, en, fr)) => if lang == Lang::Fr { *fr } else { *en }.to_owned(),
        None if error == ROW_RULE => say(lang, Word::RuleOfSchema, &[rule]),
        None => name,
    }
}

/// What is said of a row, in a language: messages are kept in English, and only the schema's own rules know another.
pub fn message(lang: Lang, project: &Project, feed: &str, reason: (&str, &str), english: &str) -> String {
    let (error, rule) = reason;
    let pipeline = project.pipeline(feed).filter(|_| lang == Lang::Fr && error == ROW_RULE);
    let known = pipeline.and_then(|pipeline| pipeline.contract.rules.iter().find(|known| *known.name == *rule));
    known.and_then(|known| known.french_of(english)).unwrap_or_else(|| english.to_owned())
}

/// The error of rows that break a rule of their schema.
pub const ROW_RULE: &str = "row-constraint";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::validate::RULES;

    #[test]
    fn every_rule_has_a_label_in_both_languages() {
        let lacking: Vec<String> =
            RULES.iter().map(|(error, rule)| format!("{error}/{rule}")).filter(|name| !LABELS.iter().any(|(known, _, _)| known == name)).collect();
        assert!(lacking.is_empty(), "add labels for {lacking:?} here");
        let unknown: Vec<&str> =
            LABELS.iter().map(|(name, _, _)| *name).filter(|name| !RULES.iter().any(|(error, rule)| format!("{error}/{rule}") == *name)).collect();
        assert!(unknown.is_empty(), "there are no rules {unknown:?}");
        assert_eq!(rule(Lang::Fr, "type-error", "date"), "date illisible");
    }
}
