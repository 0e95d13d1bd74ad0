//! A comparison for programs: codes, not labels, and the same in every language.

use serde_json::{Map, Value, json};

use crate::report::{Basis, Comparison, Coverage, Figure, Line, Mark, Number, Refusal};

/// The whole comparison.
pub fn comparison(comparison: &Comparison, release: u64) -> Value {
    let question = &comparison.question;
    let lines: Vec<Value> = comparison.lines.iter().map(|line| line_json(comparison, line)).collect();
    // Most tables rest on the same reports in every line; the first basis is then the only one.
    let first = comparison.bases.first();
    json!({
        "table": question.table,
        "release": release,
        "current": question.current.to_string(),
        "prior": question.prior.to_string(),
        "by": comparison.dimensions,
        "where": question.filters.iter().map(|(column, value)| format!("{column}={value}")).collect::<Vec<_>>(),
        "coverage": first.map(sides_json),
        "like_for_like_offices": first.and_then(|basis| basis.common_offices.clone()),
        "no_like_for_like": first.and_then(|basis| basis.no_like_for_like.as_ref()).map(ToString::to_string),
        "bases": comparison.bases.iter().map(basis_json).collect::<Vec<_>>(),
        "left_out": comparison.refused.iter().map(|refused| json!({
            "measure": refused.name,
            "why": refused.to_string(),
            "along": match &refused.why { Refusal::NotAdditive(along) => along.clone(), Refusal::NoCurrency => Vec::new() },
            "instead": refused.instead,
        })).collect::<Vec<_>>(),
        "lines": lines,
    })
}

fn line_json(comparison: &Comparison, line: &Line) -> Value {
    let key: Map<String, Value> = comparison.dimensions.iter().cloned().zip(line.key.values.iter().map(|value| json!(value))).collect();
    let mut measures = Map::new();
    for (index, (name, _)) in comparison.measures.iter().enumerate() {
        let (now, before) = line.marks[index];
        let (unit, date_basis) = comparison.nature(index, line);
        let mut value = figure_json(&line.figures[index]);
        value["unit"] = json!(unit);
        value["date_basis"] = json!(date_basis);
        value["basis"] = json!(line.bases[index]);
        value["marks"] = json!({"current": mark_json(now), "prior": mark_json(before)});
        value["like_for_like"] = line.like_for_like[index].as_ref().map_or(Value::Null, figure_json);
        measures.insert(name.clone(), value);
    }
    json!({"key": key, "measures": measures})
}

fn figure_json(figure: &Figure) -> Value {
    json!({
        "current": number_json(figure.current),
        "prior": number_json(figure.prior),
        "change": number_json(figure.change),
        "percent": figure.percent,
        "small_base": figure.small_base,
    })
}

/// A number where it says the figure exactly, else its digits as text: a cent must not be lost on the way.
fn number_json(number: Option<Number>) -> Value {
    let Some(number) = number else { return Value::Null };
    let near = number.as_f64();
    let is_exact = match number {
        Number::Float(_) => true,
        Number::Exact { scale, .. } => exact(near, scale) == Some(number),
    };
    if is_exact { json!(near) } else { json!(number.to_string()) }
}

/// The decimal that a floating point number shows with so many digits behind the point.
fn exact(near: f64, scale: u32) -> Option<Number> {
    let digits: String = format!("{near:.*}", scale as usize).chars().filter(|letter| *letter != '.').collect();
    // Floating point holds 15 digits for certain.
    let is_certain = digits.trim_start_matches(['-', '0']).len() <= 15;
    digits.parse().ok().filter(|_| is_certain).map(|units| Number::Exact { units, scale })
}

fn mark_json(mark: Mark) -> Value {
    json!({"provisional": mark.provisional, "restated": mark.restated})
}

fn basis_json(basis: &Basis) -> Value {
    json!({
        "feeds": basis.reports.iter().map(|reports| &reports.feed).collect::<Vec<_>>(),
        "cumulative": basis.cumulative,
        "coverage": sides_json(basis),
        "like_for_like_offices": basis.common_offices,
        "no_like_for_like": basis.no_like_for_like.as_ref().map(ToString::to_string),
    })
}

fn sides_json(basis: &Basis) -> Value {
    json!({"current": coverage_json(&basis.sides.0), "prior": coverage_json(&basis.sides.1)})
}

fn coverage_json(coverage: &Coverage) -> Value {
    let lacking: Map<String, Value> = coverage
        .offices
        .iter()
        .map(|(office, lacks)| (office.clone(), json!(lacks.iter().map(|lack| format!("{} {}", lack.feed, lack.month)).collect::<Vec<_>>())))
        .collect();
    let partial: Map<String, Value> = coverage
        .partial
        .iter()
        .map(|(office, parts)| (office.clone(), json!(parts.iter().map(|part| json!({"feed": part.feed, "months": part.months})).collect::<Vec<_>>())))
        .collect();
    json!({"offices": coverage.offices.len(), "complete": coverage.complete_offices(), "lacking": lacking, "owed_in_part": partial, "months": coverage.months, "months_open": coverage.months_open})
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn money_is_never_rounded() {
        let number = |units, scale| number_json(Some(Number::Exact { units, scale }));
        assert_eq!(number(173_250, 2), json!(1732.5));
        assert_eq!(number(308, 0), json!(308.0));
        assert_eq!(number(12_345_678_901_234_567_891, 2), json!("123456789012345678.91"));
    }
}
