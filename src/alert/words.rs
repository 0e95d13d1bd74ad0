//! What alerts say, in English and French. Holes are written `{0}`, `{1}`, …

use crate::project::{Lang, fill, words};

words! {
    // Kinds.
    KindFailed: "failed", "échec";
    KindOverTolerance: "delivery refused", "envoi refusé";
    KindLate: "late", "en retard";
    KindReminder: "reminder", "rappel";
    KindBlocked: "no release", "aucune version";
    KindScheduler: "scheduler", "planificateur";
    KindRecovered: "over", "terminé";
    Colon: ": ", " : ";
    // Titles.
    FailedOnce: "{0}: the run failed and is not tried again", "{0} : le passage a échoué et n’est pas retenté";
    FailedOften: "{0}: the run failed {1} times and is not tried again", "{0} : le passage a échoué {1} fois et n’est plus retenté";
    Refused: "{0}, {1}, {2}: the delivery was refused", "{0}, {1}, {2} : l’envoi a été refusé";
    CorrectionRefused: "{0}: a returned workbook was refused", "{0} : un classeur renvoyé a été refusé";
    LateOne: "{0} for {1}: the report of 1 office is late", "{0}, {1} : le rapport de 1 bureau est en retard";
    LateMany: "{0} for {1}: the reports of {2} offices are late", "{0}, {1} : les rapports de {2} bureaux sont en retard";
    RemindBefore: "{0} for {1}: the report is due on {2}", "{0}, {1} : le rapport est attendu le {2}";
    RemindAfter: "{0} for {1}: the report was due on {2} and has not come", "{0}, {1} : le rapport était attendu le {2} et n’est pas arrivé";
    Blocked: "no release was made", "aucune version n’a été publiée";
    ProjectRefused: "the changed project is refused; the old schedule stays", "le projet modifié est refusé ; l’ancien planning reste en vigueur";
    ClockLeapt: "the machine’s clock leapt; nothing is started for now", "l’horloge de la machine a sauté ; rien n’est lancé pour l’instant";
    Over: "over: {0}", "terminé : {0}";
    Flood: "{0} alerts at once: {1}", "{0} alertes à la fois : {1}";
    Test: "a test of this receiver", "un essai de ce destinataire";
    // What is known.
    Pipeline: "Pipeline", "Pipeline";
    Due: "Due", "Prévu";
    Failure: "Kind of failure", "Nature de l’échec";
    Attempts: "Attempts", "Tentatives";
    Said: "It said", "Message";
    Feed: "Feed", "Flux";
    Office: "Office", "Bureau";
    Offices: "Offices", "Bureaux";
    Period: "Period", "Période";
    Extract: "Extract", "Extrait";
    Error: "Error", "Erreur";
    Reason: "Reason", "Motif";
    DueOn: "Due on", "Attendu le";
    Run: "Run", "Passage";
    FailingTests: "Tests that fail", "Tests en échec";
    FailedModels: "Models that failed", "Modèles en échec";
    ClosedPeriods: "Tables of closed periods that would change", "Tables de périodes closes qui changeraient";
    Since: "Since", "Depuis";
    Lasted: "Lasted", "Durée";
    WhatToDo: "What to do", "Que faire";
    First: "The first of them", "Les premières";
    AndMore: "and {0} more", "et {0} de plus";
    // Spans of time.
    Days: "{0} d {1} h", "{0} j {1} h";
    Hours: "{0} h {1} min", "{0} h {1} min";
    Minutes: "{0} min", "{0} min";
    // What to do.
    DoSeeRuns: "see what became of it: `rihla runs --pipeline {0}`", "voir ce qu’il en est advenu : `rihla runs --pipeline {0}`";
    DoUnavailable: "see whether the source, the disk or the network can be reached, and mend that", "vérifier que la source, le disque ou le réseau est joignable, et y remédier";
    DoRetry: "then run it again with `rihla retry`, or leave it to the next due time", "puis relancer avec `rihla retry`, ou laisser faire le prochain passage prévu";
    DoConflict: "another process held the warehouse: let it end, or stop it", "un autre processus tenait l’entrepôt : le laisser finir, ou l’arrêter";
    DoTimeout: "it took longer than `timeout`: look in the log for what is slow, or raise it in the pipeline", "le passage a dépassé `timeout` : chercher dans le journal ce qui est lent, ou l’augmenter dans le pipeline";
    DoInterrupted: "the scheduler died during this run again and again: look into the system’s log, most of all for want of memory", "le planificateur est mort plusieurs fois pendant ce passage : consulter le journal du système, surtout pour un manque de mémoire";
    DoCheck: "see every fault of the project with its place: `rihla check`", "voir chaque défaut du projet et sa place : `rihla check`";
    DoReport: "this is a defect of rihla: report it with the log and the version", "c’est un défaut de rihla : le signaler avec le journal et la version";
    DoStatus: "see what came and what is refused: `rihla status`", "voir ce qui est arrivé et ce qui est refusé : `rihla status`";
    DoQuarantine: "see the rows and the reasons: `rihla quarantine --feed {0} --office {1} --period {2}`", "voir les lignes et les motifs : `rihla quarantine --feed {0} --office {1} --period {2}`";
    DoResend: "have the office mend the extract and send it again; the next run loads it", "faire corriger et renvoyer l’extrait par le bureau ; le prochain passage le charge";
    DoReturn: "have the office mend the workbook and return it again; without it everything stays as it was", "faire corriger et renvoyer le classeur par le bureau ; sans lui tout reste en l’état";
    DoAsk: "ask these offices for their reports; what comes is loaded by the next run", "demander leurs rapports à ces bureaux ; ce qui arrive est chargé au prochain passage";
    DoSend: "remind these offices; who need not report is excused in the calendar’s file of excuses", "rappeler l’échéance à ces bureaux ; qui n’a rien à remettre est dispensé dans le fichier des dispenses";
    DoAudit: "see the rows that fail the tests: `rihla audit --failing`", "voir les lignes qui échouent aux tests : `rihla audit --failing`";
    DoReopen: "have the changes of closed periods approved under `[[reopened]]` in rihla.toml, or find out why they change", "faire approuver les changements de périodes closes sous `[[reopened]]` dans rihla.toml, ou chercher pourquoi elles changent";
    DoTakenOver: "mend it: it is taken over within seconds once it passes", "corriger : il est repris en quelques secondes dès qu’il passe";
    DoClock: "look at the machine’s clock and its time service; what is due runs once the clock has kept for some minutes", "vérifier l’horloge de la machine et son service de temps ; ce qui est prévu part une fois l’horloge stable quelques minutes";
    DoListAlerts: "see all of them: `rihla alerts`", "les voir toutes : `rihla alerts`";
    DoNothing: "nothing: this only shows that messages arrive", "rien : ceci montre seulement que les messages arrivent";
}

/// A phrase with its holes filled.
pub fn say(lang: Lang, word: Word, holes: &[&str]) -> String {
    fill(word.text(lang), holes)
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
}
