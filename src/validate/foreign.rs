//! Keys across the rows of a table: those in which no two rows agree, and those that refer to other rows.

use std::collections::{BTreeMap, HashMap, HashSet};

use arrow::array::{Array, ArrayRef};
use arrow::util::display::{ArrayFormatter, FormatOptions};

use super::table::TypedRows;
use crate::contract::{Contract, ForeignKey, Target};
use crate::error::{Error, Kind, Result};

/// The texts of the values of a key, null as nothing.
type Key = Vec<Option<String>>;

/// The keys that a table has.
pub type Keys = HashSet<Key>;

/// Of foreign keys that refer to tables of the project, by their place in the contract, the keys that are there.
pub type Lookups = BTreeMap<usize, Keys>;

/// Rows that agree in a key in which no two may.
pub struct Repeat {
    /// The key's fields.
    pub fields: Vec<usize>,
    /// `unique` for a field that is unique of itself, `unique-key` for a key, `primary-key` for the primary one.
    pub rule: &'static str,
    /// Two rows or more, in their order.
    pub rows: Vec<usize>,
}

/// The keys of a table's rows; nothing for rows in which the whole key is null.
///
/// # Errors
/// `Internal` where a value has no text.
pub fn keys(columns: &[&ArrayRef]) -> Result<Vec<Option<Key>>> {
    let options = FormatOptions::default();
    let internal = |cause| Error::new(Kind::Internal, "keys of rows cannot be compared").because(cause);
    let formatters = columns.iter().map(|column| ArrayFormatter::try_new(column.as_ref(), &options)).collect::<Result<Vec<_>, _>>().map_err(internal)?;
    let rows = columns.first().map_or(0, |column| column.len());
    let value = |place: usize, row: usize| (!columns[place].is_null(row)).then(|| formatters[place].value(row).try_to_string()).transpose();
    (0..rows)
        .map(|row| {
            let key = (0..columns.len()).map(|place| value(place, row)).collect::<Result<Key, _>>().map_err(internal)?;
            Ok(key.iter().any(Option::is_some).then_some(key))
        })
        .collect()
}

fn keys_of(typed: &TypedRows, fields: &[usize]) -> Result<Vec<Option<Key>>> {
    keys(&fields.iter().map(|index| &typed.columns[*index]).collect::<Vec<_>>())
}

/// Rows that agree in a unique field or key, among those that are not out already. A row whose key holds a null agrees
/// with none, as the standard has it.
///
/// # Errors
/// `Internal` where keys cannot be compared.
pub fn repeats(contract: &Contract, typed: &TypedRows, is_out: impl Fn(usize) -> bool) -> Result<Vec<Repeat>> {
    let unique = contract.fields.iter().enumerate().filter(|(_, field)| field.is_unique).map(|(index, _)| (vec![index], "unique"));
    let wanted = unique.chain(contract.unique_keys.iter().map(|key| (key.clone(), "unique-key")));
    let mut found = Vec::new();
    for (fields, rule) in wanted {
        let groups = groups(typed, &fields, &is_out)?;
        found.extend(groups.into_iter().map(|rows| Repeat { fields: fields.clone(), rule, rows }));
    }
    Ok(found)
}

/// Rows that agree in all of some fields, none of them null, in order of the first of each group.
///
/// # Errors
/// `Internal` where keys cannot be compared.
pub fn groups(typed: &TypedRows, fields: &[usize], is_out: impl Fn(usize) -> bool) -> Result<Vec<Vec<usize>>> {
    let mut rows: HashMap<Key, Vec<usize>> = HashMap::new();
    for (row, key) in keys_of(typed, fields)?.into_iter().enumerate() {
        if let Some(key) = key.filter(|key| !is_out(row) && key.iter().all(Option::is_some)) {
            rows.entry(key).or_default().push(row);
        }
    }
    let mut groups: Vec<Vec<usize>> = rows.into_values().filter(|rows| rows.len() > 1).collect();
    groups.sort();
    Ok(groups)
}

/// Rows whose foreign key refers to a row that is not there, among those that are not out; with the key's place in the
/// contract. Keys that refer to other feeds are for audits.
///
/// # Errors
/// `Internal` where keys cannot be compared.
pub fn orphans(contract: &Contract, typed: &TypedRows, lookups: &Lookups, is_out: impl Fn(usize) -> bool) -> Result<Vec<(usize, usize)>> {
    let mut found = Vec::new();
    for (place, key) in contract.foreign_keys.iter().enumerate() {
        let own;
        let there = match (&key.target, lookups.get(&place)) {
            (Target::Delivery, _) => {
                own = there(contract, typed, key, &is_out)?;
                &own
            }
            (_, Some(known)) => known,
            _ => continue,
        };
        let missing = |(row, key): &(usize, Option<Key>)| !is_out(*row) && key.as_ref().is_some_and(|key| !there.contains(key));
        found.extend(keys_of(typed, &key.fields)?.into_iter().enumerate().filter(missing).map(|(row, _)| (row, place)));
    }
    Ok(found)
}

/// The keys of the table's own rows to which a foreign key refers.
fn there(contract: &Contract, typed: &TypedRows, key: &ForeignKey, is_out: impl Fn(usize) -> bool) -> Result<Keys> {
    let fields: Vec<usize> = key.names.iter().filter_map(|name| contract.fields.iter().position(|field| field.name == *name)).collect();
    Ok(keys_of(typed, &fields)?.into_iter().enumerate().filter(|(row, _)| !is_out(*row)).filter_map(|(_, key)| key).collect())
}

/// The names of fields, apart by commas.
pub fn names(contract: &Contract, fields: &[usize]) -> String {
    fields.iter().map(|index| contract.fields[*index].name.as_str()).collect::<Vec<_>>().join(", ")
}

/// What is said of a row whose foreign key refers to nothing.
pub fn orphan_message(contract: &Contract, key: &ForeignKey) -> String {
    let fields = names(contract, &key.fields);
    match &key.target {
        Target::Delivery => format!("{fields} refers to a row of the same delivery by its {}, and there is none that is good", key.names.join(", ")),
        Target::Feed(name) | Target::Reference(name) => format!("{fields} is no {} of `{name}`", key.names.join(", ")),
    }
}
