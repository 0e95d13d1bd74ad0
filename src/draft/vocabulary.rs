//! What labels mean: the words of `templates/labels.csv`, in English, French and Arabic. Labels and words are compared
//! without case, accents and punctuation.

use std::collections::BTreeSet;

use crate::contract::{Role, fold};
use crate::error::{Error, Kind, Result};

const WORDS: &str = include_str!("../../templates/labels.csv");

/// What a label means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Meaning {
    /// A field with this role.
    Role(Role),
    /// Something that identifies a person.
    Direct,
    /// A value of a code list.
    Code,
}

/// How sure a label is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sureness {
    /// The whole label says so.
    Label,
    /// A word of the label does.
    Word,
}

struct Entry {
    meaning: Meaning,
    name: String,
    labels: BTreeSet<String>,
    words: BTreeSet<String>,
}

/// The words that are known.
pub struct Vocabulary {
    entries: Vec<Entry>,
}

/// What is known of a label.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Known {
    /// What it means.
    pub meaning: Meaning,
    /// The field's usual name; empty for codes.
    pub name: String,
    /// How sure that is.
    pub sureness: Sureness,
}

impl Vocabulary {
    /// Reads the words that this program holds.
    ///
    /// # Errors
    /// `Internal` where its own file is at fault.
    pub fn load() -> Result<Self> {
        let broken = |what: &str| Error::new(Kind::Internal, format!("templates/labels.csv: {what}"));
        let mut reader = csv::Reader::from_reader(WORDS.as_bytes());
        let mut entries = Vec::new();
        for record in reader.records() {
            let record = record.map_err(|cause| broken("cannot be read").because(cause))?;
            let set = |index: usize| record[index].split('|').map(fold).filter(|text| !text.is_empty()).collect();
            let meaning = meaning(&record[0]).ok_or_else(|| broken(&format!("`{}` is no meaning", &record[0])))?;
            entries.push(Entry { meaning, name: record[1].to_owned(), labels: set(2), words: set(3) });
        }
        Ok(Self { entries })
    }

    /// What a label means; nothing for one that is not known. Of a form's `group/field` the last part decides.
    ///
    /// A word that may mean a person outweighs one that means a code: `nom du projet` may be a name.
    pub fn find(&self, label: &str) -> Option<Known> {
        let last = label.rsplit('/').next().unwrap_or(label);
        let folded = fold(last);
        let known = |entry: &Entry, sureness| Known { meaning: entry.meaning, name: entry.name.clone(), sureness };
        if let Some(entry) = self.entries.iter().find(|entry| entry.labels.contains(&folded)) {
            return Some(known(entry, Sureness::Label));
        }
        let has_word = |entry: &&Entry| folded.split(' ').any(|word| entry.words.contains(word));
        let of_people = self.entries.iter().filter(|entry| entry.meaning != Meaning::Code).find(has_word);
        of_people.or_else(|| self.entries.iter().find(has_word)).map(|entry| known(entry, Sureness::Word))
    }
}

fn meaning(text: &str) -> Option<Meaning> {
    Some(match text {
        "direct" => Meaning::Direct,
        "code" => Meaning::Code,
        "record_id" => Meaning::Role(Role::RecordId),
        "office" => Meaning::Role(Role::Office),
        "case_number" => Meaning::Role(Role::CaseNumber),
        "person_number" => Meaning::Role(Role::PersonNumber),
        "sex" => Meaning::Role(Role::Sex),
        "birth_date" => Meaning::Role(Role::BirthDate),
        "age" => Meaning::Role(Role::Age),
        "changed_at" => Meaning::Role(Role::ChangedAt),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_are_known_in_three_languages() {
        let words = Vocabulary::load().unwrap();
        let meaning = |label| words.find(label).map(|known| known.meaning);
        for label in ["Nom", "PRENOM", "Prénom(s)", "الهاتف", "Mother's name", "Nom du projet", "identite/telephone", "E-mail", "Agent de saisie"] {
            assert_eq!(meaning(label), Some(Meaning::Direct), "{label}");
        }
        for label in ["Date de naissance", "تاريخ الميلاد", "Lieu de naissance", "DOB"] {
            assert_eq!(meaning(label), Some(Meaning::Role(Role::BirthDate)), "{label}");
        }
        assert_eq!(meaning("N° de dossier"), Some(Meaning::Role(Role::CaseNumber)));
        assert_eq!(meaning("Pays d'origine"), Some(Meaning::Code));
        assert_eq!(meaning("Quantité"), None);
    }
}
