//! The rows that fail a test, as SQL over the engine's tables.

use arrow::datatypes::{DataType, Schema};
use chrono::{DateTime, Duration, NaiveDate, SecondsFormat, Utc};

use super::parse::Model;
use super::test::{Change, Check, SumEquals, Test};
use crate::engine::PREVIOUS;

/// The moment that freshness is held against.
#[derive(Debug, Clone, Copy)]
pub struct Moment {
    /// The moment.
    pub now: DateTime<Utc>,
    /// The day that it is where the project is.
    pub today: NaiveDate,
}

/// The rows, or groups of rows, that fail a test of a model. The engine has its table under the model's name, and that
/// of the last release under the same name in the schema [`PREVIOUS`], where the test is for changes.
pub(super) fn failing_rows(model: &Model, schema: &Schema, test: &Test, moment: Moment) -> String {
    let table = quoted(model.name.as_str());
    let condition = condition(test);
    match &test.check {
        Check::NotNull(columns) => {
            let nulls: Vec<String> = columns.iter().map(|column| format!("{} IS NULL", quoted(column))).collect();
            format!("SELECT * FROM {table} WHERE {condition} AND ({})", nulls.join(" OR "))
        }
        Check::Unique(columns) => {
            let columns = list(columns);
            format!("SELECT {columns}, count(*) AS times FROM {table} WHERE {condition} GROUP BY {columns} HAVING count(*) > 1")
        }
        Check::Accepted(column, values) => format!("SELECT * FROM {table} WHERE {condition} AND {} NOT IN ({})", quoted(column), values.join(", ")),
        Check::AcceptedCodes(column, codes) => {
            let (column, codes) = (quoted(column), quoted(codes));
            // A code is never null: NOT IN would look for null, and hold the table in memory for that.
            format!(
                "SELECT * FROM {table} WHERE {condition} AND {column} IS NOT NULL AND NOT EXISTS (SELECT 1 FROM codes.{codes} AS c WHERE c.code = {table}.{column})"
            )
        }
        Check::Relationships(column, other, to) => {
            let (column, other, to) = (quoted(column), path(other), quoted(to));
            format!(
                "SELECT * FROM {table} AS t WHERE {condition} AND {column} IS NOT NULL AND NOT EXISTS (SELECT 1 FROM {other} AS o WHERE o.{to} = t.{column})"
            )
        }
        // Null is neither true nor false: such a row passes, as CHECK has it in SQL.
        Check::Expression(must) => format!("SELECT * FROM {table} WHERE {condition} AND NOT ({must})"),
        Check::RowCount(min, max) => {
            let bounds = min.iter().map(|min| format!("\"rows\" < {min}")).chain(max.iter().map(|max| format!("\"rows\" > {max}")));
            let bounds: Vec<String> = bounds.collect();
            format!("SELECT * FROM (SELECT count(*) AS \"rows\" FROM {table} WHERE {condition}) AS counted WHERE {}", bounds.join(" OR "))
        }
        Check::Freshness(column, days) => {
            let oldest = oldest(schema, column, *days, moment);
            let column = quoted(column);
            format!("SELECT * FROM (SELECT max({column}) AS newest FROM {table} WHERE {condition}) AS dates WHERE newest IS NULL OR newest < {oldest}")
        }
        Check::SumEquals(sums) => unequal_sums(model.name.as_str(), &condition, sums),
        Check::Change(change) => {
            let further = [
                change.max_absolute.as_ref().map(|bound| format!("abs(n.\"{0}\" - o.\"{0}\") > {1}", change.column, decimal(bound))),
                change.max_percent.as_ref().map(|bound| format!("abs(n.\"{0}\" - o.\"{0}\") * 100 > {1} * abs(o.\"{0}\")", change.column, decimal(bound))),
            ];
            let further: Vec<String> = further.into_iter().flatten().collect();
            let grain: String = model.header.grain.iter().map(|column| format!("n.{}, ", quoted(column.get_ref()))).collect();
            let columns = format!("{grain}o.{0} AS {1}, n.{0}", quoted(&change.column), quoted(&format!("{} before", change.column)));
            format!("SELECT {columns} FROM {} AND ({})", compared(model, &condition, change), further.join(" OR "))
        }
    }
}

/// What the rows that a test is for have in some columns, in the order of these.
pub(super) fn audited_keys(model: &Model, test: &Test, columns: &[String]) -> String {
    format!("SELECT {} FROM {} WHERE {}", list(columns), quoted(model.name.as_str()), condition(test))
}

/// How many rows a test of rows is for: those that a share of failing ones is held against.
pub(super) fn audited_rows(model: &Model, test: &Test) -> String {
    match &test.check {
        Check::Change(change) => format!("SELECT 1 FROM {}", compared(model, &condition(test), change)),
        _ => format!("SELECT 1 FROM {} WHERE {}", quoted(model.name.as_str()), condition(test)),
    }
}

/// The rows of a table (`n`) joined with those of the last release (`o`), where both have a figure.
fn compared(model: &Model, condition: &str, change: &Change) -> String {
    let table = quoted(model.name.as_str());
    // In brackets: the parser takes all that follows DISTINCT FROM for its operand.
    let same = model.header.grain.iter().map(|column| format!("(n.{0} IS NOT DISTINCT FROM o.{0})", quoted(column.get_ref())));
    let same: Vec<String> = same.chain(std::iter::once("true".to_owned())).collect();
    let column = quoted(&change.column);
    format!(
        "(SELECT * FROM {table} WHERE {condition}) AS n JOIN {PREVIOUS}.{table} AS o ON {} WHERE n.{column} IS NOT NULL AND o.{column} IS NOT NULL",
        same.join(" AND ")
    )
}

/// Groups whose sums differ, or that one of two tables has not. Rows of both tables stand under one another, so that
/// groups meet without a join and null is a group like others; `nullif` makes a null of the column's own type.
pub(super) fn unequal_sums(table: &str, condition: &str, sums: &SumEquals) -> String {
    let by: String = sums.by.iter().map(|column| format!("{}, ", quoted(column))).collect();
    let group = if sums.by.is_empty() { String::new() } else { format!("GROUP BY {}", list(&sums.by)) };
    let (table, column, to, other) = (quoted(table), quoted(&sums.column), quoted(&sums.to), path(&sums.table));
    let of_other = sums.table_condition.as_ref().map_or_else(|| "true".to_owned(), |condition| format!("({condition})"));
    let both = format!(
        "SELECT {by}{column} AS own_value, nullif({column}, {column}) AS other_value, 1 AS own_rows, 0 AS other_rows FROM {table} WHERE {condition} \
         UNION ALL SELECT {by}nullif({to}, {to}), {to}, 0, 1 FROM {other} WHERE {of_other}"
    );
    let summed = format!(
        "SELECT {by}sum(own_value) AS own_sum, sum(other_value) AS other_sum, coalesce(sum(own_rows), 0) AS own_count, \
         coalesce(sum(other_rows), 0) AS other_count FROM ({both}) AS \"both\" {group}"
    );
    let (own_name, other_name) = (quoted(&sums.column), quoted(&format!("{} of {}", sums.to, sums.table)));
    format!(
        "SELECT {by}own_sum AS {own_name}, other_sum AS {other_name} FROM ({summed}) AS summed WHERE (own_count = 0) <> (other_count = 0) \
         OR (own_sum IS NULL) <> (other_sum IS NULL) OR abs(own_sum - other_sum) > {}",
        decimal(&sums.tolerance)
    )
}

/// The oldest that the newest date may be: a day for dates, a moment for moments.
fn oldest(schema: &Schema, column: &str, days: u16, moment: Moment) -> String {
    let days = Duration::days(i64::from(days));
    match schema.field_with_name(column).map(arrow::datatypes::Field::data_type) {
        Ok(DataType::Timestamp(_, zone)) => {
            let zone = if zone.is_some() { "Some(\"UTC\")" } else { "None" };
            let at = (moment.now - days).to_rfc3339_opts(SecondsFormat::Micros, true);
            let at = if zone == "None" { at.trim_end_matches('Z').to_owned() } else { at };
            format!("arrow_cast('{at}', 'Timestamp(Microsecond, {zone})')")
        }
        _ => format!("CAST('{}' AS DATE)", moment.today - days),
    }
}

fn condition(test: &Test) -> String {
    test.condition.as_ref().map_or_else(|| "true".to_owned(), |condition| format!("({condition})"))
}

/// A bound that is calculated with exactly.
fn decimal(bound: &str) -> String {
    format!("CAST('{bound}' AS DECIMAL(20, 6))")
}

fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

fn list(columns: &[String]) -> String {
    columns.iter().map(|column| quoted(column)).collect::<Vec<_>>().join(", ")
}

/// A table as headers name it, `schema.name` or `name`.
fn path(table: &str) -> String {
    table.split('.').map(quoted).collect::<Vec<_>>().join(".")
}
