//! The text of one cell as a value of its field's type, or why it is none.

use std::borrow::Cow;

use super::cast::{Misfit, shorten};
use super::literals;
use crate::contract::literal::{Scalar, TextFormat};
use crate::contract::{self, CodeList, Contract, Field, Misread, NumberStyle, Role, fold, is_spreadsheet_number, written};
use crate::project::JSON_LIST_SEPARATOR;

pub(super) fn string<'t>(contract: &Contract, field: &Field, text: &'t str) -> Result<Cow<'t, str>, Misfit> {
    if field.role == Some(Role::CaseNumber) {
        if is_spreadsheet_number(text) {
            return Err(spreadsheet_number());
        }
        let canonical = contract.canonical_case_number(text);
        return canonical.map(Cow::Owned).ok_or_else(|| ("constraint-error", "pattern", "fits no office's pattern of case numbers".to_owned()));
    }
    let text = if field.role == Some(Role::RecordId) || field.pad.is_some() { id(field, text)? } else { Cow::Borrowed(text) };
    if let Some(pattern) = &field.pattern
        && !pattern.is_match(&text)
    {
        return Err(("constraint-error", "pattern", "does not match the pattern".to_owned()));
    }
    if !field.syntax.text.is_met_by(&text) {
        let (rule, rest) = field.syntax.text.misfit();
        return Err(("type-error", rule, rest.to_owned()));
    }
    let text = match &field.codes {
        Some(codes) => Cow::Owned(code(codes, &text).map_err(|rest| ("constraint-error", "codes", rest))?),
        None => text,
    };
    if let Some(limits) = &field.limits {
        limits.check(&Scalar::Text(text.clone().into_owned())).map_err(literals::breach)?;
        limits.check_length(text.chars().count(), "characters").map_err(literals::breach)?;
    }
    Ok(text)
}

/// The one spelling of an id, lost zeros put back.
fn id<'t>(field: &Field, text: &'t str) -> Result<Cow<'t, str>, Misfit> {
    let id = contract::id(text);
    if is_spreadsheet_number(&id) && !field.pattern.as_ref().is_some_and(|pattern| pattern.is_match(&id)) {
        return Err(spreadsheet_number());
    }
    let is_number = id.bytes().all(|byte| byte.is_ascii_digit());
    match field.pad.filter(|_| is_number) {
        Some(width) if id.len() > width => Err(("constraint-error", "pattern", format!("has more than {width} digits"))),
        Some(width) => Ok(format!("{id:0>width$}").into()),
        None => Ok(id),
    }
}

fn spreadsheet_number() -> Misfit {
    ("type-error", "spreadsheet-number", "was made a number by a spreadsheet, so that digits or zeros may be lost: export the column as text".to_owned())
}

fn code(codes: &CodeList, text: &str) -> Result<String, String> {
    codes.find(text).map(|code| code.code.clone()).ok_or_else(|| {
        let near = codes.near(text);
        let hint = if near.is_empty() { String::new() } else { format!("; near: {}", near.join(", ")) };
        format!("is not in the code list {}{hint}", codes.name)
    })
}

/// True where any digits are an id of the field as they stand.
pub(super) fn takes_any_digits(field: &Field) -> bool {
    let is_bound = field.pattern.is_some() || field.pad.is_some() || field.codes.is_some() || field.limits.is_some();
    field.role == Some(Role::RecordId) && !is_bound && field.syntax.text == TextFormat::Default
}

/// A number of few digits that the field takes; nothing where it takes [`number`] or [`integer`] to tell.
pub(super) fn plain_number(field: &Field, style: NumberStyle, scale: u8, text: &str) -> Option<i128> {
    style.simple(text, scale).filter(|value| !field.syntax.has_units && within_limits(field, scale, *value).is_ok())
}

pub(super) fn integer(field: &Field, style: NumberStyle, text: &str) -> Result<i64, Misfit> {
    let misfit = |why: Misread| ("type-error", "integer", format!("is not a whole number{}", why.because()));
    let text = if field.syntax.has_units { literals::without_units(text) } else { text };
    let value = match style.simple(text, 0).and_then(|value| i64::try_from(value).ok()) {
        Some(value) => value,
        None => style.read(text).map_err(misfit)?.whole().ok_or_else(|| misfit(Misread::NoNumber))?,
    };
    within_limits(field, 0, value.into())?;
    Ok(value)
}

pub(super) fn number(field: &Field, style: NumberStyle, scale: u8, text: &str) -> Result<i128, Misfit> {
    let text = if field.syntax.has_units { literals::without_units(text) } else { text };
    let value = match style.simple(text, scale) {
        Some(value) => value,
        None => {
            let figure = style.read(text).map_err(|why| ("type-error", "number", format!("is not a number{}", why.because())))?;
            figure.scaled(scale).map_err(|rest| ("type-error", "number", rest))?
        }
    };
    within_limits(field, scale, value)?;
    Ok(value)
}

fn within_limits(field: &Field, scale: u8, value: i128) -> Result<(), Misfit> {
    if let Some(minimum) = field.minimum.filter(|minimum| value < *minimum) {
        return Err(("constraint-error", "minimum", format!("is less than {}", written(minimum, scale))));
    }
    if let Some(maximum) = field.maximum.filter(|maximum| value > *maximum) {
        return Err(("constraint-error", "maximum", format!("is more than {}", written(maximum, scale))));
    }
    field.check(|| Scalar::Whole(value)).map_err(literals::breach)
}

pub(super) fn boolean(field: &Field, yes: &[String], no: &[String], text: &str) -> Result<bool, Misfit> {
    let folded = fold(text);
    let checked = |value: bool| field.check(|| Scalar::Truth(value)).map_err(literals::breach).map(|()| value);
    match (yes.contains(&folded), no.contains(&folded)) {
        (true, _) => checked(true),
        (_, true) => checked(false),
        _ => Err(("type-error", "boolean", format!("is neither {} nor {}", yes.join("/"), no.join("/")))),
    }
}

/// The items of a list, once each, in the order written. The message names the item at fault, not the whole cell.
pub(super) fn list(field: &Field, separator: &str, text: &str, quotable: bool) -> Result<Vec<String>, Misfit> {
    let mut items: Vec<String> = Vec::new();
    let mut seen = Seen::default();
    let mut written = 0;
    for item in text.split(separator).map(str::trim).filter(|item| !item.is_empty() && *item != JSON_LIST_SEPARATOR) {
        let shown = || if quotable { format!("`{}`", shorten(item)) } else { "an item".to_owned() };
        let item = match &field.codes {
            Some(codes) => code(codes, item).map_err(|rest| ("constraint-error", "codes", format!("holds {}, which {rest}", shown())))?,
            None => literals::item(field.syntax.items, item).map_err(|rest| ("type-error", "list", format!("holds {}, which {rest}", shown())))?,
        };
        written += 1;
        if seen.is_new(&items, &item) {
            items.push(item);
        }
    }
    if let Some(limits) = &field.limits {
        limits.check_length(written, "items").map_err(literals::breach)?;
        limits.check(&Scalar::Items(items.clone())).map_err(literals::breach)?;
    }
    Ok(items)
}

/// The items of a list that were seen, where they are many: a few are looked through faster.
#[derive(Default)]
struct Seen(std::collections::HashSet<String>);

impl Seen {
    /// True for an item that is not among those before it.
    fn is_new(&mut self, before: &[String], item: &String) -> bool {
        if before.len() < 16 {
            return !before.contains(item);
        }
        if self.0.is_empty() {
            self.0.extend(before.iter().cloned());
        }
        self.0.insert(item.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::Seen;

    #[test]
    fn items_are_new_once_however_many_there_are() {
        let mut seen = Seen::default();
        let mut items: Vec<String> = Vec::new();
        for number in (0..40).chain(5..45) {
            let item = number.to_string();
            if seen.is_new(&items, &item) {
                items.push(item);
            }
        }
        assert_eq!(items, (0..45).map(|number| number.to_string()).collect::<Vec<_>>());
    }
}
