//! What workbooks of faulty rows say, in English and French.

use crate::project::Lang;

/// The phrases of a language; holes are written `{0}`, `{1}`.
pub struct Phrases {
    /// The name of the first sheet.
    pub read_me: &'static str,
    /// The title.
    pub title: &'static str,
    /// What the workbook is.
    pub what: &'static str,
    /// Facts of the delivery: office, feed, period, file, received, state.
    pub facts: [&'static str; 6],
    /// The delivery was loaded without the rows.
    pub loaded: &'static str,
    /// The delivery was refused whole.
    pub refused: &'static str,
    /// Heads of the counts: read, loaded, superseded, with faults, excluded, refused.
    pub counts: [&'static str; 6],
    /// The head over the counts.
    pub rows: &'static str,
    /// The head over the faults.
    pub faults: &'static str,
    /// Heads of the faults: what, column, rows, what to do.
    pub fault_heads: [&'static str; 4],
    /// The head over how to return it.
    pub how: &'static str,
    /// How to return it, a step a line.
    pub steps: &'static [&'static str],
    /// The head over what colours mean.
    pub colours: &'static str,
    /// What a faulty cell's colour means.
    pub colour_fault: &'static str,
    /// What a protected cell's colour means.
    pub colour_protected: &'static str,
    /// What a sealed cell's colour means.
    pub colour_sealed: &'static str,
    /// The column of row numbers.
    pub row: &'static str,
    /// The column of what is wrong.
    pub why: &'static str,
    /// The column by which rows are left out.
    pub leave_out: &'static str,
    /// What leaving out means.
    pub leave_out_note: &'static str,
    /// Yes and no.
    pub yes_no: [&'static str; 2],
    /// Beside a protected column.
    pub protected: &'static str,
    /// Of a row of which the cells are not shown.
    pub fill: &'static str,
    /// Of a row that the workbook cannot mend.
    pub sealed: &'static str,
    /// Beside a choice.
    pub choose: &'static str,
    /// How a day is written.
    pub day: &'static str,
}

const EN: Phrases = Phrases {
    read_me: "Read me",
    title: "Rows to correct: {0}, {1}",
    what: "These rows of your report could not be loaded. Each stands here with its number in your file, what is wrong with it and what to do.",
    facts: ["Office", "Report", "Period", "File", "Received", "State"],
    loaded: "loaded without the rows below",
    refused: "refused whole, since too many rows have faults: nothing of it is loaded",
    counts: ["read", "loaded", "replaced by a later change", "with faults", "no records", "refused"],
    rows: "Rows of the report",
    faults: "What is wrong",
    fault_heads: ["What", "Column", "Rows", "What to do"],
    how: "How to correct",
    steps: &[
        "Either correct your own file and send it again: it takes the place of the first one.",
        "Or correct the cells in this workbook, keep it as .xlsx or .ods, and return it. It is applied to exactly this report, row by row; your file is not needed again.",
        "If a row is no record (a note, a test, a duplicate), choose “yes” in the column “Leave out”.",
        "Change cells of rows only: not the row numbers, the labels or the sheets. What you do not change stays as it is.",
        "If you send a newer report first, this workbook is no longer accepted: ask for another.",
    ],
    colours: "Colours",
    colour_fault: "a cell with a fault: correct it",
    colour_protected: "protected, not shown: fill it only to correct it",
    colour_sealed: "cannot be corrected here: correct your file",
    row: "Row in your file",
    why: "What is wrong",
    leave_out: "Leave out",
    leave_out_note: "yes: the row is no record and is not loaded",
    yes_no: ["yes", "no"],
    protected: "Protected: the value is not shown. Fill it only to correct it; empty means unchanged.",
    fill: "The cells of this row are not shown, since they may stand in the wrong columns. Fill only what is to be corrected; the rest stays as in your file.",
    sealed: "This row cannot be corrected here: correct it in your file and send that again, or leave it out if it is no record.",
    choose: "Choose a value",
    day: "%Y-%m-%d",
};

const FR: Phrases = Phrases {
    read_me: "À lire",
    title: "Lignes à corriger : {0}, {1}",
    what: "Ces lignes de votre rapport n’ont pas pu être chargées. Chacune figure ici avec son numéro dans votre fichier, ce qui ne va pas et ce qu’il faut faire.",
    facts: ["Bureau", "Rapport", "Période", "Fichier", "Reçu le", "État"],
    loaded: "chargé sans les lignes ci-après",
    refused: "refusé en entier, car trop de lignes sont fautives : rien n’en est chargé",
    counts: ["lues", "chargées", "remplacées par une modification", "fautives", "hors fiches", "refusées"],
    rows: "Lignes du rapport",
    faults: "Ce qui ne va pas",
    fault_heads: ["Quoi", "Colonne", "Lignes", "Que faire"],
    how: "Comment corriger",
    steps: &[
        "Soit corriger votre propre fichier et l’envoyer de nouveau : il remplace le premier.",
        "Soit corriger les cellules de ce classeur, le garder en .xlsx ou .ods, et le renvoyer. Il est appliqué à ce rapport, ligne par ligne ; votre fichier n’est plus nécessaire.",
        "Si une ligne n’est pas une fiche (note, essai, doublon), choisir « oui » dans la colonne « Laisser de côté ».",
        "Ne modifier que les cellules des lignes : ni les numéros, ni les titres, ni les feuilles. Ce qui n’est pas modifié reste tel quel.",
        "Si vous envoyez d’abord un rapport plus récent, ce classeur n’est plus accepté : demandez-en un autre.",
    ],
    colours: "Couleurs",
    colour_fault: "cellule fautive : à corriger",
    colour_protected: "protégée, non montrée : à remplir seulement pour corriger",
    colour_sealed: "ne se corrige pas ici : corrigez votre fichier",
    row: "Ligne du fichier",
    why: "Ce qui ne va pas",
    leave_out: "Laisser de côté",
    leave_out_note: "oui : la ligne n’est pas une fiche et n’est pas chargée",
    yes_no: ["oui", "non"],
    protected: "Protégé : la valeur n’est pas montrée. À remplir seulement pour corriger ; vide veut dire inchangé.",
    fill: "Les cellules de cette ligne ne sont pas montrées, car elles sont peut-être dans les mauvaises colonnes. Ne remplissez que ce qui est à corriger ; le reste demeure comme dans votre fichier.",
    sealed: "Cette ligne ne se corrige pas ici : corrigez-la dans votre fichier et renvoyez-le, ou laissez-la de côté si ce n’est pas une fiche.",
    choose: "Choisissez une valeur",
    day: "%d/%m/%Y",
};

/// The phrases of a language.
pub fn phrases(lang: Lang) -> &'static Phrases {
    match lang {
        Lang::En => &EN,
        Lang::Fr => &FR,
    }
}
