//! One sheet or several, as a source names them.

use serde::Deserialize;

/// `sheet = "Données"` or `sheet = ["Janvier", "Février"]`
#[derive(Debug, Clone)]
pub struct SheetsForm(pub Vec<String>);

impl<'de> Deserialize<'de> for SheetsForm {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct OneOrMany;
        impl<'de> serde::de::Visitor<'de> for OneOrMany {
            type Value = SheetsForm;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("the name of a sheet or a list of names")
            }

            fn visit_str<E>(self, name: &str) -> Result<SheetsForm, E> {
                Ok(SheetsForm(vec![name.to_owned()]))
            }

            fn visit_seq<A: serde::de::SeqAccess<'de>>(self, mut names: A) -> Result<SheetsForm, A::Error> {
                let mut sheets = Vec::new();
                while let Some(name) = names.next_element()? {
                    sheets.push(name);
                }
                Ok(SheetsForm(sheets))
            }
        }
        deserializer.deserialize_any(OneOrMany)
    }
}
