//! The engine's words made plain ones: what is wrong in the terms of somebody who writes SQL, and what to look for in it.
//!
//! Guarantees: names of the engine's own types and its advice to those who build engines are not passed on, as far as its
//! words are known here; what is not known is passed on as it is rather than lost.

use crate::diagnostic::nearest;

/// What an error says, in plain words.
#[derive(Debug, PartialEq, Eq)]
pub struct Plain {
    /// What is wrong.
    pub message: String,
    /// What to do about it.
    pub hint: Option<String>,
    /// What the error is about, to find it in the SQL.
    pub about: Option<About>,
}

/// What of a statement an error is about.
#[derive(Debug, PartialEq, Eq)]
pub enum About {
    /// A call of a function, with so many arguments where that is known.
    Call(String, Option<usize>),
    /// A text.
    Text(String),
    /// A number.
    Number(String),
    /// The condition of WHERE.
    Condition,
    /// The second column of a SELECT with a name.
    SecondColumn(String),
    /// The second table of a name.
    SecondTable(String),
    /// A comparison by an operator.
    Operator(String),
    /// A word.
    Word(String),
    /// An aggregate within an aggregate.
    InnerAggregate,
    /// A subquery that stands for one value, of several columns.
    WideSubquery,
    /// A subquery within an expression.
    Subquery,
    /// A CASE.
    Case,
    /// The first SELECT of a UNION with another number of columns than the one before.
    UnionWidth,
    /// A column of the second SELECT of a UNION, by its name in the first.
    UnionColumn(String),
}

/// What is said of a subquery that the engine plans but cannot run.
pub const SUBQUERY_THAT_CANNOT_RUN: &str = "a subquery depends on its surroundings in a way that cannot be run";

/// Functions that need OVER.
const OF_WINDOWS: [&str; 8] = ["row_number", "rank", "dense_rank", "percent_rank", "cume_dist", "ntile", "lag", "lead"];

/// What knows the words of errors of one kind.
type Reader = fn(&str, &[String]) -> Option<Plain>;

/// The plain words for an error, with the notes that came with it; nothing where these words are not known.
pub fn plain(words: &str, notes: &[String]) -> Option<Plain> {
    let known: [Reader; 8] = [names, groups, calls, columns, types, values, subqueries, tables];
    known.iter().find_map(|read| read(words, notes))
}

fn say(message: impl Into<String>, hint: Option<String>, about: Option<About>) -> Option<Plain> {
    Some(Plain { message: message.into(), hint, about })
}

fn names(words: &str, notes: &[String]) -> Option<Plain> {
    if let Some(name) = between(words, "Invalid function '", "'") {
        let offered = notes.iter().find_map(|note| between(note, "Possible function '", "'"));
        if OF_WINDOWS.contains(&name) {
            let hint = format!("say over which rows: `{name}(…) OVER (…)`");
            return say(format!("`{name}` stands without its window"), Some(hint), Some(About::Call(name.to_owned(), None)));
        }
        let hint = offered.and_then(|offered| nearest(name, [offered])).map(|offered| format!("did you mean `{offered}`?"));
        return say(format!("there is no function `{name}`"), hint, Some(About::Call(name.to_owned(), None)));
    }
    let name = between(words, "column '", "' is ambiguous").or_else(|| between(words, "Ambiguous reference to unqualified field ", "\n"))?;
    let mut possible: Vec<String> = notes.iter().filter_map(|note| Some(format!("`{}`", note.strip_prefix("possible column ")?))).collect();
    possible.sort();
    let hint = (!possible.is_empty()).then(|| format!("write {}", possible.join(" or ")));
    say(format!("`{name}` is a column of several tables here"), hint, Some(About::Word(name.to_owned())))
}

fn groups(words: &str, _: &[String]) -> Option<Plain> {
    if let Some(name) = between(words, "'", "' must appear in GROUP BY clause") {
        let hint = format!("add it to GROUP BY, or say which of its values is meant, as `min({name})` does");
        return say(format!("`{name}` is neither in GROUP BY nor aggregated"), Some(hint), None);
    }
    if words.contains("ggregate functions are not allowed in the WHERE clause") {
        return say("an aggregate cannot stand in WHERE", Some("conditions on groups stand in HAVING".to_owned()), Some(About::Condition));
    }
    if words.to_lowercase().contains("aggregate function calls cannot be nested") {
        return say(
            "an aggregate stands within an aggregate",
            Some("compute the inner one in a query of its own, then aggregate its result".to_owned()),
            Some(About::InnerAggregate),
        );
    }
    let position = between(words, "Cannot find column with position ", " in SELECT clause")?;
    let last = words.rsplit(' ').next().unwrap_or_default();
    say(format!("the SELECT has no column {position}"), Some(format!("its columns are 1 to {last}")), Some(About::Number(position.to_owned())))
}

fn calls(words: &str, _: &[String]) -> Option<Plain> {
    // The name stands last before what it expects: others may have been told before.
    let expecting = words.split_once("' expects ").and_then(|(before, _)| before.rsplit_once("unction '")).map(|(_, name)| name);
    if let Some(name) = expecting
        && let (Some(takes), Some(given)) = (between(words, "' expects ", " argument"), words.split_once("but received ").map(|(_, rest)| rest))
    {
        let given = given.split([' ', ',', '.']).next().unwrap_or(given);
        let noun = if takes == "1" { "argument" } else { "arguments" };
        return say(format!("`{name}` takes {takes} {noun}, not {given}"), None, Some(About::Call(name.to_owned(), given.parse().ok())));
    }
    if let Some(name) = between(words, "Function '", "'").or_else(|| between(words, "function '", "'"))
        && let Some(given) = between(words, "but received ", " (DataType: ").and_then(|_| between(words, "(DataType: ", ")"))
    {
        return say(format!("`{name}` cannot be given {}", kind(given)), None, Some(About::Call(name.to_owned(), None)));
    }
    let call = between(words, "argument types '", "'").or_else(|| between(words, "a call to '", "'"))?;
    let (name, given) = call.split_once('(').unwrap_or((call, ""));
    let given: Vec<String> = split_types(given.trim_end_matches(')')).into_iter().map(kind).collect();
    let with = if given.is_empty() { "nothing".to_owned() } else { given.join(", ") };
    say(format!("`{name}` cannot be given {with}"), None, Some(About::Call(name.to_owned(), (!given.is_empty()).then_some(given.len()))))
}

fn columns(words: &str, _: &[String]) -> Option<Plain> {
    if words.contains("rojections require unique expression names") {
        let expression = words.rsplit_once("\" at position ").and_then(|(before, _)| before.rsplit_once('"')).map(|(_, expression)| expression)?;
        let name = expression.rsplit(" AS ").next().filter(|_| expression.contains(" AS ")).or_else(|| expression.rsplit('.').next())?;
        let about = About::SecondColumn(name.to_owned());
        return say(format!("two columns are called `{name}`"), Some("give one of them another name with AS, or leave it out".to_owned()), Some(about));
    }
    let counts = words.contains("UNION queries have different number of columns") || words.contains("Union schemas have different number of columns");
    counts.then(|| Plain { message: "the SELECTs of a UNION have different numbers of columns".to_owned(), hint: None, about: Some(About::UnionWidth) })
}

fn types(words: &str, _: &[String]) -> Option<Plain> {
    for (start, end) in [
        ("Cannot coerce arithmetic expression ", " to valid types"),
        ("ommon argument type for comparison operation ", "\n"),
        ("argument type for logical boolean operation ", "\n"),
        ("argument type for operation ", "\n"),
    ] {
        let Some(expression) = between(words, start, end) else { continue };
        let (left, operator, right) = operation(expression)?;
        let about = About::Operator(operator.to_owned());
        return say(format!("`{operator}` cannot stand between {} and {}", kind(left), kind(right)), Some("CAST one of them".to_owned()), Some(about));
    }
    if let Some(pair) = between(words, "an not find compatible types to compare ", "\n") {
        let (left, right) = pair.split_once(" with ")?;
        let right: Vec<String> = split_types(right.trim_matches(['[', ']'])).into_iter().map(kind).collect();
        return say(format!("{} cannot be compared with {}", kind(left), right.join(", ")), Some("CAST one of them".to_owned()), None);
    }
    if let Some(predicate) = between(words, "non-boolean predicate '", "' returning ") {
        let given = words.rsplit("' returning ").next().unwrap_or_default();
        return say(format!("the condition `{predicate}` is {}, not a yes or no", kind(given)), None, Some(About::Condition));
    }
    let given = between(words, "Unsupported SQL type ", "\n")?;
    say(format!("there is no type `{given}`"), None, Some(About::Word(given.to_owned())))
}

fn values(words: &str, _: &[String]) -> Option<Plain> {
    if let Some(text) = between(words, "Cannot cast string '", "' to value of ") {
        let wanted = between(words, "' to value of ", " type").unwrap_or_default();
        return say(format!("`{text}` cannot be read as {}", kind(wanted)), None, Some(About::Text(text.to_owned())));
    }
    if let Some(text) = between(words, "Error parsing timestamp from '", "'") {
        return say(format!("`{text}` cannot be read as {}", kind("Timestamp")), None, Some(About::Text(text.to_owned())));
    }
    words.to_lowercase().contains("divide by zero").then(|| Plain {
        message: "a number is divided by zero".to_owned(),
        hint: None,
        about: Some(About::Operator("/".to_owned())),
    })
}

fn subqueries(words: &str, _: &[String]) -> Option<Plain> {
    if words.contains(SUBQUERY_THAT_CANNOT_RUN) {
        return say(SUBQUERY_THAT_CANNOT_RUN, Some("write it as a join".to_owned()), Some(About::Subquery));
    }
    let is_wide = words.starts_with("Too many columns!");
    is_wide.then(|| Plain {
        message: "a subquery that stands for one value has several columns".to_owned(),
        hint: Some("select the one that is meant".to_owned()),
        about: Some(About::WideSubquery),
    })
}

fn tables(words: &str, _: &[String]) -> Option<Plain> {
    let field = between(words, "duplicate qualified field name ", "\n")?;
    let (table, _) = field.rsplit_once('.')?;
    let table = table.replace('"', "");
    let hint = "give one of them another name with AS".to_owned();
    say(format!("two tables of one FROM are called `{table}`"), Some(hint), Some(About::SecondTable(table)))
}

/// The text between two marks, or from the first to the end where the second is the end of the line.
fn between<'w>(words: &'w str, start: &str, end: &str) -> Option<&'w str> {
    let (_, rest) = words.split_once(start)?;
    match rest.split_once(end) {
        Some((found, _)) => Some(found),
        None if end == "\n" => Some(rest.trim_end_matches('.')),
        None => None,
    }
}

/// `Date32 + Utf8` in its parts; types may hold blanks and brackets.
fn operation(expression: &str) -> Option<(&str, &str, &str)> {
    let mut depth = 0;
    let blanks: Vec<usize> = expression
        .char_indices()
        .filter(|(_, letter)| {
            depth += i32::from("([".contains(*letter)) - i32::from(")]".contains(*letter));
            *letter == ' ' && depth == 0
        })
        .map(|(at, _)| at)
        .collect();
    let (first, last) = (*blanks.first()?, *blanks.last()?);
    (first < last).then(|| (&expression[..first], &expression[first + 1..last], &expression[last + 1..]))
}

/// Types in a list; types may hold commas in brackets.
fn split_types(list: &str) -> Vec<&str> {
    let mut depth = 0;
    let parts = list.split(|letter| {
        depth += i32::from("([".contains(letter)) - i32::from(")]".contains(letter));
        letter == ',' && depth == 0
    });
    parts.map(str::trim).filter(|part| !part.is_empty()).collect()
}

/// A type of the engine as people call it.
fn kind(name: &str) -> String {
    let name = name.trim();
    let plain = match name.split(['(', '<']).next().unwrap_or(name) {
        "Utf8" | "LargeUtf8" | "Utf8View" | "String" => "text",
        "Int8" | "Int16" | "Int32" | "Int64" | "UInt8" | "UInt16" | "UInt32" | "UInt64" => "a whole number",
        "Float16" | "Float32" | "Float64" | "Decimal32" | "Decimal64" | "Decimal128" | "Decimal256" => "a number",
        "Date32" | "Date64" => "a date",
        "Timestamp" => "a moment",
        "Boolean" => "a yes or no",
        "List" | "LargeList" | "FixedSizeList" => "a list",
        "Interval" | "Duration" => "a span of time",
        "Null" => "null",
        _ => name,
    };
    plain.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_may_hold_blanks_and_commas() {
        assert_eq!(operation("Timestamp(µs, \"UTC\") = List(Utf8, field: 'x')"), Some(("Timestamp(µs, \"UTC\")", "=", "List(Utf8, field: 'x')")));
        assert_eq!(operation("Int64 IS DISTINCT FROM Boolean"), Some(("Int64", "IS DISTINCT FROM", "Boolean")));
        assert_eq!(split_types("Utf8, Decimal128(18, 2)"), ["Utf8", "Decimal128(18, 2)"]);
    }

    #[test]
    fn words_that_are_not_known_are_left_alone() {
        assert_eq!(plain("something else", &[]), None);
    }
}
