//! What is wrong with a row and what to do about it, in an office's language.
//!
//! Rows keep their messages in English; the French sentence is made of the rule, the field, the contract, and the cell where
//! it is kept. A rule without words of its own is told by its message: a project may write rules with messages in both
//! languages itself.

use crate::contract::{CodeList, Contract, DateFormat, Field, FieldKind, written};
use crate::project::{Lang, Source};
use crate::run::advice;

/// So many values of a list are told.
const MOST_VALUES: usize = 8;

/// By rule: what is wrong, and what to do. Holes: `{f}` the column, `{v}` what stands there, `{d}` the formats of dates,
/// `{m}` those of moments, `{min}`, `{max}`, `{near}`, `{values}` those of a short list.
const FRENCH: &[(&str, &str, &str)] = &[
    ("age-over-maximum", "la date de naissance rend la personne plus âgée que possible", "vérifiez la date de naissance et la date de l’événement"),
    ("birth-after-event", "la naissance est postérieure à l’événement", "vérifiez la date de naissance et la date de l’événement"),
    ("boolean", "« {f} » ne dit ni oui ni non{v}", "écrivez oui ou non"),
    ("changed-after-received", "la fiche aurait été modifiée après la réception de l’envoi", "cette date est à venir : vérifiez l’année"),
    ("choice", "« {f} » : un choix n’est ni coché ni décoché", "corrigez la colonne du choix dans l’extrait"),
    ("choices", "« {f} » : la liste et les colonnes de choix se contredisent", "corrigez l’une ou l’autre dans l’extrait"),
    ("code-not-valid", "un code n’était pas valide le jour de l’événement", "vérifiez le code et la date"),
    ("codes", "« {f} »{v} n’est pas une valeur connue{near}", "écrivez une valeur de la liste{values} ; si l’écriture est juste mais nouvelle, signalez-la"),
    ("date", "« {f} »{v} n’est pas une date lisible", "écrivez les dates ainsi : {d}"),
    ("date-for-text", "« {f} » est devenu une date dans le tableur", "mettez la colonne au format texte et saisissez de nouveau"),
    ("datetime", "« {f} »{v} n’est pas une date avec heure lisible", "écrivez-les ainsi : {m}"),
    ("erased", "la personne a été effacée à sa demande", "rien à faire : la ligne n’est plus chargée"),
    ("error-cell", "« {f} » est une formule en erreur", "corrigez la formule ou mettez la valeur à sa place"),
    ("event-after-received", "l’événement est postérieur à la réception de l’envoi", "cette date est à venir : vérifiez l’année"),
    ("event-before-calendar", "l’événement est antérieur au début du programme", "vérifiez l’année"),
    ("excluded-when", "« {f} »{v} est incompatible avec un autre champ", "l’un des deux champs est faux : corrigez-le"),
    ("expired", "l’événement dépasse la durée de conservation", "rien à faire : la ligne n’est plus chargée"),
    (
        "extra-cell",
        "la ligne a plus de cellules que l’en-tête : les valeurs sont peut-être décalées",
        "cherchez un séparateur dans une valeur, puis renvoyez l’extrait",
    ),
    ("in-order", "« {f} » est antérieur à une date qui devrait le précéder", "corrigez la date qui est fausse"),
    ("inexact-number", "« {f} » est un nombre trop long pour un tableur", "saisissez-le comme texte"),
    ("integer", "« {f} »{v} n’est pas un nombre entier", "écrivez un nombre entier en chiffres, sans unité"),
    ("later-change", "une modification plus récente figure dans le même envoi", "rien à faire"),
    ("left-out", "le bureau a laissé la ligne de côté dans le classeur renvoyé", "rien à faire"),
    ("lone-cell", "la ligne n’a qu’une cellule remplie : une note, pas une fiche", "placez la note à côté du tableau, ou laissez la ligne de côté"),
    ("maximum", "« {f} »{v} dépasse {max}", "vérifiez le nombre : il sort des limites permises"),
    ("merged-cell", "des cellules de la ligne sont fusionnées", "défusionnez-les, remplissez chacune, puis renvoyez l’extrait"),
    ("minimum", "« {f} »{v} est inférieur à {min}", "vérifiez le nombre : il sort des limites permises"),
    (
        "missing-cell",
        "la ligne a moins de cellules que l’en-tête : les valeurs sont peut-être décalées",
        "cherchez un saut de ligne dans une valeur, puis renvoyez l’extrait",
    ),
    ("missing-column", "une colonne du rapport manque", "remettez la colonne dans l’extrait et renvoyez-le"),
    ("new-column", "la ligne est remplie dans une colonne que personne ne connaît", "signalez la nouvelle colonne, ou retirez-la de l’extrait"),
    ("no-parent", "la répétition renvoie à une fiche absente", "exportez de nouveau le formulaire avec ses répétitions"),
    ("no-repetition", "le groupe répété de cette fiche est vide", "exportez de nouveau le formulaire avec ses répétitions"),
    ("not-calculated", "« {f} » est une formule jamais calculée", "ouvrez le classeur, laissez-le calculer et enregistrez"),
    ("number", "« {f} »{v} n’est pas un nombre", "écrivez un nombre, sans unité ni monnaie"),
    ("office-mismatch", "la ligne nomme un autre bureau", "envoyez-la avec le rapport de ce bureau, ou corrigez le bureau"),
    ("pattern", "« {f} »{v} n’est pas écrit comme il le faut", "écrivez-le selon le modèle du bureau"),
    (
        "primary-key",
        "la même fiche figure deux fois, à la même date de modification, avec un contenu différent",
        "gardez la bonne ligne et laissez l’autre de côté",
    ),
    ("rejected-row", "la validation du bureau a rejeté la fiche", "rien à faire"),
    ("renamed-column", "une colonne du rapport a un autre nom", "rendez-lui son nom, ou signalez le nouveau"),
    ("retyped-column", "« {f} » n’est plus écrit de la même manière", "écrivez la colonne comme avant, ou signalez le changement"),
    ("required", "« {f} » manque", "remplissez-le : sans lui la ligne ne sert à rien"),
    ("required-any", "aucune des dates attendues n’est remplie", "remplissez au moins l’une des dates"),
    ("required-when", "« {f} » manque alors qu’un autre champ l’exige", "remplissez-le, ou corrigez le champ dont il dépend"),
    ("same-row", "la même ligne figure déjà dans l’envoi", "rien à faire"),
    ("shifted-parent", "les cellules de la fiche de cette répétition sont peut-être décalées", "exportez de nouveau le formulaire avec ses répétitions"),
    ("spreadsheet-number", "« {f} » a été transformé en nombre par un tableur", "mettez la colonne au format texte et saisissez de nouveau"),
    ("together", "« {f} » manque alors que le champ qui va avec est rempli", "remplissez les deux, ou laissez les deux vides"),
    ("total-row", "la ligne est un total, pas une fiche", "rien à faire"),
    ("categories", "« {f} »{v} n’est pas une des catégories", "écrivez une des catégories du schéma"),
    ("enum", "« {f} »{v} n’est pas une des valeurs permises", "écrivez une des valeurs que le schéma permet"),
    ("exclusive-maximum", "« {f} »{v} atteint ou dépasse la limite", "vérifiez la valeur : elle sort des limites permises"),
    ("exclusive-minimum", "« {f} »{v} n’atteint pas la limite", "vérifiez la valeur : elle sort des limites permises"),
    ("json-schema", "« {f} »{v} n’a pas la forme que le schéma demande", "corrigez l’objet selon le schéma"),
    ("max-length", "« {f} »{v} est trop long", "raccourcissez la valeur"),
    ("min-length", "« {f} »{v} est trop court", "complétez la valeur"),
    ("foreign-key", "« {f} » renvoie à une ligne absente", "ajoutez la ligne à laquelle elle renvoie, ou corrigez la valeur"),
    ("array", "« {f} »{v} n’est pas un tableau JSON", "écrivez un tableau JSON, entre crochets"),
    ("binary", "« {f} »{v} n’est pas du base64", "écrivez le contenu en base64"),
    ("duration", "« {f} »{v} n’est pas une durée lisible", "écrivez la durée selon ISO 8601, par exemple P1Y2M"),
    ("email", "« {f} »{v} n’est pas une adresse électronique", "écrivez une adresse complète"),
    ("geojson", "« {f} »{v} n’est pas du GeoJSON", "écrivez un objet GeoJSON"),
    ("geopoint", "« {f} »{v} n’est pas un point géographique", "écrivez la longitude, puis la latitude"),
    ("list", "« {f} »{v} contient un élément d’un autre type", "corrigez les éléments de la liste"),
    ("object", "« {f} »{v} n’est pas un objet JSON", "écrivez un objet JSON, entre accolades"),
    ("time", "« {f} »{v} n’est pas une heure lisible", "écrivez l’heure comme le schéma la demande"),
    ("uri", "« {f} »{v} n’est pas une URI", "écrivez une adresse complète"),
    ("uuid", "« {f} »{v} n’est pas un UUID", "écrivez l’identifiant en entier"),
    ("year", "« {f} »{v} n’est pas une année", "écrivez l’année en quatre chiffres"),
    ("yearmonth", "« {f} »{v} n’est pas un mois lisible", "écrivez le mois comme 2023-01"),
    ("unique", "« {f} » figure déjà dans une autre ligne", "corrigez la valeur de l’une des lignes"),
    ("unique-key", "la clé de la ligne figure déjà dans une autre", "corrigez la clé de l’une des lignes"),
];

/// What a fault is explained with.
pub struct Told<'a> {
    /// The language.
    pub lang: Lang,
    /// What rows must be.
    pub contract: &'a Contract,
    /// How they are written.
    pub source: &'a Source,
}

/// A fault to explain.
#[derive(Clone, Copy)]
pub struct ToExplain<'a> {
    /// The rule.
    pub rule: &'a str,
    /// The field's name, where one is at fault.
    pub field: Option<&'a str>,
    /// What the office calls the field.
    pub label: Option<&'a str>,
    /// What stands in the cell, where it is kept.
    pub cell: Option<&'a str>,
    /// What the row's message says.
    pub message: &'a str,
}

impl Told<'_> {
    /// What is wrong, without a full stop.
    pub fn explained(&self, fault: &ToExplain<'_>) -> String {
        match (self.lang, french(fault.rule)) {
            (Lang::Fr, Some((text, _))) => self.filled(text, fault),
            // The schema's own rules have messages in both languages.
            (Lang::Fr, None) => self.french_of(fault).unwrap_or_else(|| in_the_offices_words(fault)),
            (Lang::En, _) => in_the_offices_words(fault),
        }
    }

    fn french_of(&self, fault: &ToExplain<'_>) -> Option<String> {
        self.contract.rules.iter().find(|known| *known.name == *fault.rule)?.french_of(fault.message)
    }

    /// What to do about it, without a full stop.
    pub fn advised(&self, rule: &str, field: Option<&str>) -> String {
        let of = field.and_then(|name| self.contract.field(name));
        match self.lang {
            Lang::En => advice(rule, of, self.source),
            Lang::Fr => match french(rule) {
                Some((_, text)) => self.filled(text, &ToExplain { rule, field, label: None, cell: None, message: "" }),
                None => "regardez les lignes et corrigez-les".to_owned(),
            },
        }
    }

    fn filled(&self, text: &str, fault: &ToExplain<'_>) -> String {
        let field = fault.field.and_then(|name| self.contract.field(name));
        let limit = |value: Option<i128>| value.map_or_else(String::new, |value| written(value, field.map_or(0, scale)));
        let codes = field.and_then(|field| field.codes.as_ref());
        let near = codes.zip(fault.cell).map(|(codes, cell)| codes.near(cell.trim())).filter(|near| !near.is_empty());
        text.replace("{f}", fault.label.or(fault.field).unwrap_or_default())
            .replace("{d}", &formats(&self.source.dates))
            .replace("{m}", &formats(&self.source.datetimes))
            .replace("{min}", &limit(field.and_then(|field| field.minimum)))
            .replace("{max}", &limit(field.and_then(|field| field.maximum)))
            .replace("{values}", &codes.map_or_else(String::new, |codes| values(codes)))
            .replace("{near}", &near.map_or_else(String::new, |near| format!(" ; proche de : {}", near.join(", "))))
            // Last, so that what an office typed is never taken for a hole.
            .replace("{v}", &fault.cell.map(shortened).map_or_else(String::new, |cell| format!(" (« {cell} »)")))
    }
}

fn french(rule: &str) -> Option<(&'static str, &'static str)> {
    FRENCH.iter().find(|(known, _, _)| *known == rule).map(|(_, what, todo)| (*what, *todo))
}

/// The message, with the office's name of the column for the field's.
fn in_the_offices_words(fault: &ToExplain<'_>) -> String {
    match fault.field.zip(fault.label).and_then(|(field, label)| Some((label, fault.message.strip_prefix(field)?))) {
        Some((label, rest)) => format!("“{label}”{rest}"),
        None => fault.message.to_owned(),
    }
}

/// The values of a list that is short enough to be told.
fn values(codes: &CodeList) -> String {
    if codes.codes.len() > MOST_VALUES {
        return String::new();
    }
    let values = codes.codes.iter().map(|code| if code.label_fr.is_empty() { code.code.as_str() } else { code.label_fr.as_str() });
    format!(" ({})", values.collect::<Vec<_>>().join(", "))
}

fn formats(formats: &[DateFormat]) -> String {
    if formats.is_empty() { "une vraie date du tableur".to_owned() } else { formats.iter().map(readable).collect::<Vec<_>>().join(" ou ") }
}

/// A format as people read it: `jj/mm/aaaa`.
fn readable(format: &DateFormat) -> String {
    let parts = [("%d", "jj"), ("%m", "mm"), ("%Y", "aaaa"), ("%y", "aa"), ("%H", "hh"), ("%M", "mn"), ("%S", "ss"), ("%B", "mois"), ("%b", "mois")];
    parts.iter().fold(format.as_str().to_owned(), |text, (code, word)| text.replace(code, word))
}

fn shortened(text: &str) -> String {
    let text = text.trim();
    if text.chars().count() <= 40 { text.to_owned() } else { text.chars().take(39).chain(['…']).collect() }
}

fn scale(field: &Field) -> u8 {
    if let FieldKind::Number { scale } = field.kind { scale } else { 0 }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::validate::RULES;

    #[test]
    fn every_rule_has_words_in_both_languages() {
        let lacking: Vec<&str> = RULES.iter().map(|(_, rule)| *rule).filter(|rule| french(rule).is_none()).collect();
        assert!(lacking.is_empty(), "add what is wrong and what to do in French for {lacking:?} here");
        let unknown: Vec<&str> = FRENCH.iter().map(|(rule, _, _)| *rule).filter(|rule| !RULES.iter().any(|(_, known)| known == rule)).collect();
        assert!(unknown.is_empty(), "there are no rules {unknown:?}");
    }
}
