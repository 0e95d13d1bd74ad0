//! What a delivery of a feed holds, as a pipeline says it with `delivery`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What a delivery of a feed holds, and so what it means that a record is not in it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum DeliveryMode {
    /// All of an office's records reported for a period: one that is not there any more is withdrawn.
    #[default]
    Period,
    /// All records of an office, of every period: whatever an older list held and this one does not is withdrawn.
    Full,
    /// Only records that changed: what is not there stays as it was, and a record goes where a row says that it is deleted.
    Changes,
}

impl DeliveryMode {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Period, Self::Full, Self::Changes];

    /// Its name in pipelines and tables.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Period => "period",
            Self::Full => "full",
            Self::Changes => "changes",
        }
    }

    /// The mode of a name.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|mode| mode.as_str() == text)
    }
}
