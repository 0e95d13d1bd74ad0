//! Why a plan cannot be run in parts.

/// Why a plan keeps no anchor.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::model) enum Lost {
    /// A feed has no date.
    NoDate(String),
    /// Rows of several parts are grouped together.
    Group,
    /// Rows of several parts are numbered or counted together.
    Window,
    /// Rows of several parts are made one.
    Distinct,
    /// Rows of several parts meet.
    Join,
    /// A FULL JOIN leaves either side without its value.
    FullJoin,
    /// NOT IN looks for null in all parts.
    NotIn,
    /// The SELECTs of a UNION have no value in common.
    Union,
    /// The first rows of all parts are taken.
    Limit,
    /// A subquery reads all parts.
    Subquery,
    /// Another kind of plan.
    Other,
}
