//! The program's own words for officers, in English and French. Holes are written `{0}`, `{1}`, …
//!
//! What a project calls its tables, columns and values stands in its `labels.csv` and code lists, not here.

use chrono::{Datelike, NaiveDate};

use crate::project::{Lang, fill, words};
use crate::report::period_name;

words! {
    // Comparisons.
    Against: "{0} against {1}", "{0} par rapport à {1}";
    ReleaseOf: "release {0} of {1}, known until {2}", "version {0} du {1}, données reçues jusqu’au {2}";
    Release: "release {0}", "version {0}";
    UnitBy: "{0}, by {1}", "{0}, selon {1}";
    Change: "change", "variation";
    Percent: "percent", "en %";
    Points: "points", "points";
    LikePeriod: "like {0}", "const. {0}";
    LikeChange: "like change", "var. const.";
    LikePercent: "like percent", "const. en %";
    LikePoints: "like points", "points const.";
    OfCoverage: "of coverage", "couverture";
    Only: "only {0}", "seulement {0}";
    Coverage: "coverage {0}: {1}", "couverture {0} : {1}";
    CoverageOf: "coverage {0} ({1}): {2}", "couverture {0} ({1}) : {2}";
    ReportedAll: "{0} of {1} offices reported all they owed", "{0} bureaux sur {1} ont remis tous les rapports dus";
    NoReportsOwed: "no reports were owed", "aucun rapport n’était dû";
    Lacks: "{0} lacks {1}", "il manque à {0} : {1}";
    OwedPart: "{0} owed {1} for {2} of {3} months", "{0} : rapports dus pour {2} mois sur {3} seulement ({1})";
    OwedNone: "{0} did not owe {1}", "{0} : aucun rapport dû ({1})";
    MonthsOpen: "{0} of {1} months are not over in this release", "{0} mois sur {1} ne sont pas terminés dans cette version";
    LikeForLike: "like for like: offices that reported all of both periods ({0}): {1}", "à périmètre constant : bureaux ayant remis tous leurs rapports pour les deux périodes ({0}) : {1}";
    LikeForLikeOf: "like for like ({0}): offices that reported all of both periods ({1}): {2}", "à périmètre constant ({0}) : bureaux ayant remis tous leurs rapports pour les deux périodes ({1}) : {2}";
    NotShown: "like for like: not shown, {0}", "à périmètre constant : non présenté, {0}";
    NotShownOf: "like for like ({0}): not shown, {1}", "à périmètre constant ({0}) : non présenté, {1}";
    NotOver: "{0} is not over in this release; compare periods that are", "{0} n’est pas terminé dans cette version ; comparez des périodes terminées";
    NoOffice: "no office reported all of both periods", "aucun bureau n’a remis tous ses rapports pour les deux périodes";
    ModelsChanged: "models changed since release {0}: run `rihla run` first", "les modèles ont changé depuis la version {0} : lancez d’abord `rihla run`";
    RowsRemoved: "rows were removed since release {0}: run `rihla run` first", "des lignes ont été supprimées depuis la version {0} : lancez d’abord `rihla run`";
    NotByOffice: "figures since a start also rest on what is not known by office", "les chiffres cumulés reposent aussi sur des données qui ne sont pas connues par bureau";
    Semicolon: "; ", " ; ";
    WithYearBefore: "with the year before", "avec l’année précédente";
    SinceStart: "since case files begin", "depuis le début des dossiers";
    SmallBase: "* base under 20", "* base inférieure à 20";
    Provisional: "p provisional: not every report has come", "p provisoire : tous les rapports ne sont pas arrivés";
    NotClosed: "p provisional: the period is not closed", "p provisoire : la période n’est pas close";
    Restated: "r restated: an earlier release said something else", "r révisé : une version antérieure disait autre chose";
    OfCoverageMeans: "of coverage: the part of the change that is not like for like", "couverture : la part de la variation qui n’est pas à périmètre constant";
    LeftOut: "left out: {0}", "laissé de côté : {0}";
    NotAdditive: "{0} ({1}) may not be summed along {2}", "« {0} » ({1}) ne s’additionne pas selon « {2} »";
    NoCurrency: "{0} is money and the table has no column of currencies", "« {0} » est un montant et la table n’a pas de colonne de devises";
    UseInstead: "{0}: see {1} ({2})", "{0} ; voir {1} ({2})";
    RoundsTo: "rounds to {0}", "arrondi à {0}";
    NotGiven: "not given", "non renseigné";
    Yes: "yes", "oui";
    No: "no", "non";
    Wrote: "wrote {0}", "écrit : {0}";
    // Workbooks.
    SheetComparison: "Comparison", "Comparaison";
    SheetReconciliation: "Reconciliation", "Rapprochement";
    SheetNotes: "Notes", "Notes";
    ChangePercent: "change, %", "variation, %";
    LikeForLikeShort: "like for like", "périmètre constant";
    ChangePoints: "change in points", "variation en points";
    ReadingNotes: "How to read it", "Comment lire";
    Definitions: "What the figures are", "Ce que sont les chiffres";
    Name: "name", "nom";
    Label: "label", "libellé";
    Unit: "unit", "unité";
    DateBasis: "date basis", "date de référence";
    MaySum: "may be summed along", "s’additionne selon";
    SumAll: "every column", "toutes les colonnes";
    SumNone: "none: totals are counted, not summed", "aucune : les totaux sont comptés, non additionnés";
    Definition: "definition", "définition";
    Page: "page", "page";
    Restricted: "Restricted: no figure is withheld, so small groups can be recognised. For the owner of the data; not to be passed on.", "Diffusion restreinte : aucun chiffre n’est masqué, de petits groupes peuvent être reconnus. Pour le propriétaire des données ; ne pas transmettre.";
    // Reconciliation.
    EditionAgainst: "edition {0} against release {1}", "édition {0} et version {1}";
    Indicator: "indicator", "indicateur";
    Dimension: "dimension", "ventilation";
    Period: "period", "période";
    Published: "published", "publié";
    Computed: "computed", "calculé";
    Difference: "difference", "écart";
    Verdict: "verdict", "résultat";
    NoteColumn: "note", "note";
    NoFigure: "none", "aucun";
    Agrees: "agrees", "concorde";
    Explained: "explained", "expliqué";
    Differs: "differs", "diffère";
    Missing: "missing", "absent";
    ApprovedBy: "{0} (approved by {1})", "{0} (approuvé par {1})";
    AgreeOne: "{0} of {1} control total agrees", "{0} chiffre de contrôle sur {1} concorde";
    AgreeMany: "{0} of {1} control totals agree", "{0} chiffres de contrôle sur {1} concordent";
    DifferExplained: "{0} differ as explained", "{0} avec un écart expliqué";
    DifferOpen: "{0} without an explanation", "{0} sans explication";
    Edition: "edition", "édition";
    ControlTotals: "control totals", "chiffres de contrôle";
    NoTagYet: "the tag {0} is not made yet", "l’étiquette {0} n’est pas encore posée";
    NoneChangedSince: "since then, in release {0}: none of {2} figures changed", "depuis, dans la version {0} : aucun des {2} chiffres n’a changé";
    ChangedSince: "since then, in release {0}: {1} of {2} figures changed", "depuis, dans la version {0} : {1} chiffres sur {2} ont changé";
    WithoutCause: "{0} without a recorded cause", "{0} sans motif consigné";
    Cause: "cause", "motif";
    NoCause: "no cause recorded", "aucun motif consigné";
    SheetSince: "Changed since", "Changé depuis";
    // Status.
    NoRelease: "no release yet", "aucune version pour l’instant";
    KnownUntil: "{0}, known until {1}", "{0}, données reçues jusqu’au {1}";
    NothingReceived: "nothing received yet", "rien reçu pour l’instant";
    Run: "run", "passage";
    Started: "started", "début";
    Outcome: "outcome", "issue";
    Loaded: "loaded", "chargés";
    Refused: "refused", "refusés";
    ReleaseColumn: "release", "version";
    Problem: "problem: {0}", "problème : {0}";
    RunningOrInterrupted: "running or interrupted", "en cours ou interrompu";
    StatusLegend: "# on time   L late   R refused   . missing   - not yet due   E excused   + came though not owed, or excused", "# à temps   L en retard   R refusé   . manquant   - pas encore échu   E excusé   + reçu sans être dû, ou excusé";
    AsOf: "as of {0}, {1} ({2})", "au {0}, {1} ({2})";
    ExpectedReports: "expected reports", "rapports attendus";
    ActualReports: "actual reports", "rapports reçus";
    ActualOnTime: "actual reports on time", "rapports reçus à temps";
    ReportingRate: "reporting rate", "taux de remise";
    RateOnTime: "reporting rate on time", "taux de remise à temps";
    LateReports: "late", "en retard";
    MissingReports: "missing", "manquants";
    NotYetDue: "not yet due", "pas encore échus";
    ExcusedReports: "excused", "excusés";
    AllOffices: "all", "tous";
    ExcusedBecause: "excused: {0}, {1}: {2} (approved by {3}, {4})", "excusé : {0}, {1} : {2} (approuvé par {3}, {4})";
    ReminderDay: "reminder", "rappel";
    DueOn: "due", "échéance";
    DaysBefore: "{0} days before", "{0} jours avant";
    DayBefore: "the day before", "la veille";
    DueToday: "on the due day", "le jour même";
    DaysAfter: "{0} days after", "{0} jours après";
    DayAfter: "the day after", "le lendemain";
    NoReminders: "no reminder falls until {0}", "aucun rappel jusqu’au {0}";
    NoneAsked: "the project reminds nobody: `remind` in [calendar] of rihla.toml says when", "le projet n’envoie aucun rappel : `remind` dans [calendar] de rihla.toml le demande";
    ExcusedIn: "excused: {0} {1}, {2}: {3}", "excusé : {0} {1}, {2} : {3}";
    OutcomeReleased: "released", "version publiée";
    OutcomeUnchanged: "unchanged", "sans changement";
    OutcomeHeld: "held", "retenu";
    OutcomeLoaded: "loaded only", "chargé seulement";
    OutcomeFailed: "failed", "échec";
    // Alerts.
    NothingIsTheMatter: "nothing is the matter that anybody would be told of", "rien ne justifie d’alerter qui que ce soit";
    MessagesNotArrived: "messages that did not arrive:", "messages qui ne sont pas arrivés :";
    Kind: "kind", "type";
    What: "what", "objet";
    WhoWasTold: "told", "prévenus";
    ToldWaits: "{0} (waits)", "{0} (en attente)";
    ToldGivenUp: "{0} (given up)", "{0} (abandonné)";
    Receiver: "receiver", "destinataire";
    Attempts: "attempts", "tentatives";
    NextAttempt: "next", "prochaine";
    GivenUp: "given up", "abandonné";
    Why: "why", "cause";
    // Releases.
    Made: "made", "créée";
    MadeBy: "made by the run {0}", "faite par le passage {0}";
    KnownUntilColumn: "known until", "données jusqu’au";
    TablesChanged: "tables changed", "tables changées";
    Warnings: "warnings", "avertissements";
    Tags: "tags", "étiquettes";
    TagColumn: "tag", "étiquette";
    Since: "since", "depuis";
    Current: "current", "actuelle";
    Reissued: "issued anew", "réémise";
    ReissuedBy: "tables were written anew by {0}", "tables réécrites par {0}";
    Pins: "rests on {0}", "repose sur {0}";
    AgainstRelease: "against release {0}", "par rapport à la version {0}";
    TableColumn: "table", "table";
    RowsColumn: "rows", "lignes";
    TestColumn: "test", "test";
    TableAdded: "new", "nouvelle";
    TableRemoved: "gone", "supprimée";
    TableChanged: "changed", "changée";
    TableDescribed: "described otherwise", "décrite autrement";
    HadRows: "{0}, had {1} rows", "{0}, avait {1} lignes";
    TablesGone: "tables of the release before that are gone: {0}", "tables de la version précédente qui ont disparu : {0}";
    RolledBackTo: "rollback to {0}", "retour à la version {0}";
    HoldsRuns: "holds the next runs", "retient les passages suivants";
    RollbackNote: "rolled back: {0}", "motif du retour : {0}";
    ClosedPeriods: "final: {0}", "définitif : {0}";
    ClosedSince: "{0} since {1}", "{0} depuis le {1}";
    RestatedPeriod: "{0} was restated: {1}", "{0} révisé : {1}";
    TestsPass: "{0} of {1} tests pass", "{0} tests sur {1} réussissent";
    // Quarantine.
    NothingSetAside: "no rows were set aside", "aucune ligne n’a été écartée";
    Row: "row", "ligne";
    More: "… {0} more; --limit 0 shows all", "… encore {0} ; --limit 0 les montre toutes";
    Feed: "feed", "flux";
    Reason: "reason", "motif";
    Rule: "rule", "règle";
    RuleOfSchema: "rule {0}", "règle {0}";
    Faults: "faults", "fautes";
    Offices: "offices", "bureaux";
    FaultsInRows: "{0} in {1}", "{0} dans {1}";
    OneFault: "fault", "faute";
    ManyFaults: "faults", "fautes";
    OneRow: "row", "ligne";
    ManyRows: "rows", "lignes";
    Office: "office", "bureau";
    RowsRead: "rows read", "lignes lues";
    FaultyRows: "faulty", "fautives";
    Share: "share", "part";
    // Columns that are not as the schema says.
    DriftHeading: "columns that are not as the schema says:", "colonnes qui ne sont pas celles du schéma :";
    DriftOne: "not as the schema says: {0}", "pas comme le dit le schéma : {0}";
    DriftOf: "{0} {1}, {2}: {3}", "{0} {1}, {2} : {3}";
    DriftOneReport: "{0} report", "{0} rapport";
    DriftReports: "{0} reports", "{0} rapports";
    DriftColumn: "column {0}", "colonne {0}";
    DriftKey: "key {0} of row {1}", "clé {0} de la ligne {1}";
    DriftNew: "{0} belongs to no field, rows filled there: {1}", "{0} : d’aucun champ, lignes remplies : {1}";
    DriftMissing: "no column for {0}", "pas de colonne pour {0}";
    DriftTagged: "{0} is {1} by its tag, under a label that nobody knows", "{0} : {1} selon son étiquette HXL, sous un libellé inconnu";
    DriftByTags: "known by their tags alone: {0}", "connues par leurs étiquettes HXL seulement : {0}";
    DriftRenamed: "{0} may be {1}, which has no column", "{0} : peut-être {1}, qui n’a pas de colonne";
    DriftRetyped: "{1} of {2} cells of {0} are not of its type", "{1} cellules sur {2} de {0} ne sont pas de son type";
    DriftAccepted: "read as that field", "lue comme ce champ";
    DriftDropped: "not loaded", "non chargée";
    DriftEmpty: "the field stays empty", "le champ reste vide";
    DriftSetAside: "the rows were set aside", "lignes écartées";
    DriftRefused: "the delivery is refused", "envoi refusé";
}

/// A phrase with its holes filled.
pub fn say(lang: Lang, word: Word, holes: &[&str]) -> String {
    fill(word.text(lang), holes)
}

/// A day in words: `21 July 2023`, `1er juillet 2023`.
pub fn day(lang: Lang, day: NaiveDate) -> String {
    let month = period_name(crate::period::Period::containing(crate::period::PeriodKind::Month, day), lang);
    let number = if lang == Lang::Fr && day.day() == 1 { "1er".to_owned() } else { day.day().to_string() };
    format!("{number} {month}")
}

/// A text with its first letter large, as a heading has it.
pub fn heading(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_languages_have_the_same_holes() {
        for word in Word::ALL {
            let holes = |lang| {
                let mut holes: Vec<&str> = word.text(lang).split('{').skip(1).filter_map(|rest| rest.split('}').next()).collect();
                holes.sort_unstable();
                holes
            };
            assert_eq!(holes(Lang::En), holes(Lang::Fr), "{word:?}");
            assert!(!word.text(Lang::Fr).is_empty() && !word.text(Lang::En).is_empty(), "{word:?}");
        }
    }

    #[test]
    fn what_fills_a_hole_is_no_hole() {
        assert_eq!(say(Lang::En, Word::Against, &["{1}", "b"]), "{1} against b");
        assert_eq!(say(Lang::Fr, Word::Lacks, &["ANK", "retours 2022-02"]), "il manque à ANK : retours 2022-02");
    }

    #[test]
    fn days_in_words() {
        let date = |text: &str| text.parse::<NaiveDate>().unwrap();
        assert_eq!(day(Lang::En, date("2023-07-01")), "1 July 2023");
        assert_eq!(day(Lang::Fr, date("2023-07-01")), "1er juillet 2023");
        assert_eq!(day(Lang::Fr, date("2023-08-21")), "21 août 2023");
    }
}
