//! What must hold of a model's table.

use schemars::JsonSchema;
use serde::Deserialize;

use super::header::Text;
use super::test_forms::{ChangeForm, SumEqualsForm, TestForm};

/// How a failure weighs.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// No release is made.
    #[default]
    Error,
    /// It is told, and the release is made.
    Warn,
}

impl Severity {
    /// Its name in manifests.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warn => "warn",
        }
    }
}

/// A test, resolved.
#[derive(Debug, Clone)]
pub struct Test {
    /// What is checked.
    pub check: Check,
    /// Rows that it is for.
    pub condition: Option<String>,
    /// How a failure weighs.
    pub severity: Severity,
    /// How much may fail.
    pub threshold: Threshold,
    /// What a failure means.
    pub description: Option<String>,
}

/// How much of a table may fail a test and is only told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Threshold {
    /// So many rows or groups of rows.
    Rows(u64),
    /// So many percent, an exact decimal, of the rows that the test is for.
    Percent(String),
}

/// What is checked.
#[derive(Debug, Clone)]
pub enum Check {
    /// No null.
    NotNull(Vec<String>),
    /// No two rows agree.
    Unique(Vec<String>),
    /// Only these values; text is quoted for SQL.
    Accepted(String, Vec<String>),
    /// Only codes of a list.
    AcceptedCodes(String, String),
    /// Only values that a column of another table has: column, table, its column.
    Relationships(String, String, String),
    /// A condition that is false for no row.
    Expression(String),
    /// Not fewer rows and not more.
    RowCount(Option<u64>, Option<u64>),
    /// The newest date of a column is so many days old at most.
    Freshness(String, u16),
    /// Sums equal another table's.
    SumEquals(SumEquals),
    /// Figures are near those of the last release.
    Change(Change),
}

impl Check {
    /// The columns of the tested table that it names; a condition's are within its text.
    pub fn columns(&self) -> Vec<&str> {
        match self {
            Self::NotNull(columns) | Self::Unique(columns) => columns.iter().map(String::as_str).collect(),
            Self::Accepted(column, _) | Self::AcceptedCodes(column, _) | Self::Relationships(column, ..) | Self::Freshness(column, _) => vec![column],
            Self::SumEquals(sum) => vec![&sum.column],
            Self::Change(change) => vec![&change.column],
            Self::Expression(_) | Self::RowCount(..) => Vec::new(),
        }
    }

    /// The table of this build that it holds the tested one against, `schema.name` or `name`, where there is one.
    pub fn other_table(&self) -> Option<String> {
        match self {
            Self::AcceptedCodes(_, list) => Some(format!("codes.{list}")),
            Self::Relationships(_, table, _) => Some(table.clone()),
            Self::SumEquals(sum) => Some(sum.table.clone()),
            _ => None,
        }
    }
}

/// Sums that equal another table's, group by group.
#[derive(Debug, Clone)]
pub struct SumEquals {
    /// The column that is summed.
    pub column: String,
    /// The other table.
    pub table: String,
    /// Its column.
    pub to: String,
    /// The columns of a group; one group of all rows where empty.
    pub by: Vec<String>,
    /// How far apart two sums may be, an exact decimal.
    pub tolerance: String,
    /// The rows of the other table that count.
    pub table_condition: Option<String>,
}

/// Figures that are near those of the last release, row by row of the grain.
#[derive(Debug, Clone)]
pub struct Change {
    /// The column.
    pub column: String,
    /// How many percent it may be away, an exact decimal.
    pub max_percent: Option<String>,
    /// How much it may be away, an exact decimal.
    pub max_absolute: Option<String>,
}

/// Most digits before and behind the point of a bound, as SQL calculates with it.
const WHOLE_DIGITS: usize = 14;
/// See [`WHOLE_DIGITS`].
const FRACTION_DIGITS: usize = 6;

/// A bound as an exact decimal; nothing where it is negative, no number, or has more digits than are calculated with.
pub fn exact(bound: f64) -> Option<String> {
    let text = bound.to_string();
    let (whole, fraction) = text.split_once('.').unwrap_or((&text, ""));
    let is_decimal = whole.chars().chain(fraction.chars()).all(|letter| letter.is_ascii_digit());
    (is_decimal && whole.len() <= WHOLE_DIGITS && fraction.len() <= FRACTION_DIGITS).then_some(text)
}

impl Threshold {
    /// How much may fail, as people read it; nothing where nothing may.
    pub fn words(&self) -> Option<String> {
        match self {
            Self::Rows(0) => None,
            Self::Rows(rows) => Some(rows.to_string()),
            Self::Percent(percent) => Some(format!("{percent} %")),
        }
    }

    /// The threshold that a value of TOML states; nothing where it states none.
    pub fn parse(value: &toml::Value) -> Option<Self> {
        match value {
            toml::Value::Integer(rows) => u64::try_from(*rows).ok().filter(|rows| *rows > 0).map(Self::Rows),
            toml::Value::String(text) => {
                let percent: f64 = text.strip_suffix('%')?.trim().parse().ok()?;
                exact(percent).filter(|_| percent > 0.0 && percent < 100.0).map(Self::Percent)
            }
            _ => None,
        }
    }
}

impl Test {
    /// The test that an entry states; nothing where it states none or several.
    pub fn from_form(form: &TestForm) -> Option<Self> {
        let names = |texts: &Vec<Text>| texts.iter().map(own).collect();
        let mut checks = Vec::new();
        checks.extend(form.not_null.as_ref().map(|columns| Check::NotNull(names(columns))));
        checks.extend(form.unique.as_ref().map(|columns| Check::Unique(names(columns))));
        checks.extend(form.accepted.as_ref().map(|accepted| Check::Accepted(own(&accepted.column), accepted.values.iter().map(literal).collect())));
        checks.extend(form.accepted_codes.as_ref().map(|accepted| Check::AcceptedCodes(own(&accepted.column), own(&accepted.codes))));
        checks.extend(form.relationships.as_ref().map(|related| {
            let to = related.to.as_ref().unwrap_or(&related.column);
            Check::Relationships(own(&related.column), own(&related.table), own(to))
        }));
        checks.extend(form.expression.as_ref().map(|condition| Check::Expression(own(condition))));
        checks.extend(form.row_count.as_ref().map(|count| {
            let bound = |bound: &Option<serde_spanned::Spanned<u64>>| bound.as_ref().map(|bound| *bound.get_ref());
            Check::RowCount(bound(&count.get_ref().min), bound(&count.get_ref().max))
        }));
        checks.extend(form.freshness.as_ref().map(|fresh| Check::Freshness(own(&fresh.column), fresh.within_days)));
        checks.extend(form.sum_equals.as_ref().map(|sums| Check::SumEquals(SumEquals::from_form(sums))));
        checks.extend(form.change.as_ref().map(|change| Check::Change(Change::from_form(change.get_ref()))));
        let check = checks.pop().filter(|_| checks.is_empty())?;
        Some(Self {
            check,
            condition: form.r#where.as_ref().map(own),
            severity: form.severity,
            threshold: form.threshold.as_ref().and_then(|value| Threshold::parse(value.get_ref())).unwrap_or(Threshold::Rows(0)),
            description: form.description.clone(),
        })
    }

    /// True where the result depends on the moment of the run or on the last release, not on the table alone: it is
    /// found out by every run anew.
    pub fn is_of_run(&self) -> bool {
        matches!(self.check, Check::Freshness(..) | Check::Change(_))
    }

    /// The test as manifests and messages name it.
    pub fn name(&self) -> String {
        let name = match &self.check {
            Check::NotNull(columns) => format!("not_null({})", columns.join(", ")),
            Check::Unique(columns) => format!("unique({})", columns.join(", ")),
            Check::Accepted(column, _) => format!("accepted({column})"),
            Check::AcceptedCodes(column, codes) => format!("accepted_codes({column}, {codes})"),
            Check::Relationships(column, table, to) => format!("relationships({column}, {table}.{to})"),
            Check::Expression(condition) => format!("expression({condition})"),
            Check::RowCount(min, max) => format!("row_count({})", count_name(*min, *max)),
            Check::Freshness(column, days) => format!("freshness({column}, {days} {})", if *days == 1 { "day" } else { "days" }),
            Check::SumEquals(sums) => sums.name(),
            Check::Change(change) => change.name(),
        };
        match &self.condition {
            Some(condition) => format!("{name} where {condition}"),
            None => name,
        }
    }
}

impl SumEquals {
    fn from_form(form: &SumEqualsForm) -> Self {
        Self {
            column: own(&form.column),
            table: own(&form.table),
            to: own(form.to.as_ref().unwrap_or(&form.column)),
            by: form.by.iter().map(own).collect(),
            tolerance: form.tolerance.as_ref().and_then(|bound| exact(*bound.get_ref())).unwrap_or_else(|| "0".to_owned()),
            table_condition: form.table_where.as_ref().map(own),
        }
    }

    fn name(&self) -> String {
        let by = if self.by.is_empty() { String::new() } else { format!(" by {}", self.by.join(", ")) };
        let of = self.table_condition.as_ref().map_or_else(String::new, |condition| format!(" where {condition}"));
        let tolerance = if self.tolerance == "0" { String::new() } else { format!(", within {}", self.tolerance) };
        format!("sum_equals({}, {}.{}{of}{by}{tolerance})", self.column, self.table, self.to)
    }
}

impl Change {
    fn from_form(form: &ChangeForm) -> Self {
        let bound = |bound: &Option<serde_spanned::Spanned<f64>>| bound.as_ref().and_then(|bound| exact(*bound.get_ref()));
        Self { column: own(&form.column), max_percent: bound(&form.max_percent), max_absolute: bound(&form.max_absolute) }
    }

    fn name(&self) -> String {
        let percent = self.max_percent.iter().map(|bound| format!("{bound} %"));
        let bounds: Vec<String> = percent.chain(self.max_absolute.clone()).collect();
        format!("change({}, {})", self.column, bounds.join(", "))
    }
}

fn count_name(min: Option<u64>, max: Option<u64>) -> String {
    match (min, max) {
        (Some(min), Some(max)) if min == max => format!("{min}"),
        (Some(min), Some(max)) => format!("{min} to {max}"),
        (Some(min), None) => format!("at least {min}"),
        (None, Some(max)) => format!("at most {max}"),
        (None, None) => "any".to_owned(),
    }
}

fn own(text: &Text) -> String {
    text.get_ref().clone()
}

fn literal(value: &toml::Value) -> String {
    match value {
        toml::Value::String(text) => format!("'{}'", text.replace('\'', "''")),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bounds_are_exact_or_none() {
        let texts = [0.0, 10.0, 2.5, 0.000_001, 99_999_999_999_999.0].map(exact);
        assert_eq!(texts.map(|text| text.expect("a decimal")), ["0", "10", "2.5", "0.000001", "99999999999999"]);
        for bound in [-1.0, -0.5, f64::NAN, f64::INFINITY, 1e-7, 0.123_456_7, 1e15] {
            assert_eq!(exact(bound), None, "{bound}");
        }
    }

    #[test]
    fn a_threshold_is_rows_or_a_share() {
        let parse = |text: &str| Threshold::parse(&toml::Value::String(text.to_owned()));
        assert_eq!(Threshold::parse(&toml::Value::Integer(5)), Some(Threshold::Rows(5)));
        assert_eq!(parse("2 %"), Some(Threshold::Percent("2".to_owned())));
        assert_eq!(parse("0.5%"), Some(Threshold::Percent("0.5".to_owned())));
        for text in ["2", "two %", "0 %", "100 %", "-1 %", "%", "NaN %", "inf %"] {
            assert_eq!(parse(text), None, "{text}");
        }
        assert_eq!(Threshold::parse(&toml::Value::Integer(0)), None, "none is what holds without");
        assert_eq!(Threshold::parse(&toml::Value::Integer(-1)), None);
        assert_eq!(Threshold::parse(&toml::Value::Float(0.5)), None);
    }
}
