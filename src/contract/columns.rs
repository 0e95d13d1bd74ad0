//! The columns that a contract gives a loaded table.

use std::sync::Arc;

use arrow::datatypes::{DataType, Field as ArrowField, Schema, SchemaRef, TimeUnit};

use super::{Contract, Field, FieldKind, Protection, Role};

/// The digits of a number, decimals included: as many as 64 bits hold, so that every reader of the tables has the type.
pub const NUMBER_DIGITS: u8 = 18;

/// The decimals of a number in a table that is only looked at and not kept: twenty digits may stand before them.
pub const UNKEPT_SCALE: u8 = 18;

/// The digits of a number with so many decimals.
pub fn digits(scale: u8) -> u8 {
    if scale > 9 { 38 } else { NUMBER_DIGITS }
}

/// The Arrow type of a field's values once cast.
pub fn arrow_type(kind: &FieldKind) -> DataType {
    match kind {
        FieldKind::String | FieldKind::Any => DataType::Utf8,
        // Delta has no type for these; their canonical texts sort and compare (see docs/decisions/0018).
        FieldKind::Time | FieldKind::YearMonth | FieldKind::Duration => DataType::Utf8,
        FieldKind::Array | FieldKind::Object | FieldKind::GeoPoint | FieldKind::GeoJson => DataType::Utf8,
        FieldKind::Integer | FieldKind::Year => DataType::Int64,
        FieldKind::Number { scale } => DataType::Decimal128(digits(*scale), i8::try_from(*scale).unwrap_or(0)),
        FieldKind::Boolean { .. } => DataType::Boolean,
        FieldKind::Date => DataType::Date32,
        FieldKind::DateTime => instant(),
        FieldKind::List => DataType::List(Arc::new(ArrowField::new("element", DataType::Utf8, true))),
    }
}

/// UTC microseconds, the one timestamp that every reader of the tables agrees on.
pub fn instant() -> DataType {
    DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into()))
}

/// The groups by sex and age that a loaded row can be of.
pub const SADD_GROUPS: [&str; 5] = ["men", "women", "boys", "girls", "unknown"];

/// The columns that say where a loaded row came from; none is null but `source_sheet`.
pub fn provenance_fields() -> Vec<ArrowField> {
    vec![
        ArrowField::new("submission_id", DataType::Utf8, false),
        ArrowField::new("office", DataType::Utf8, false),
        ArrowField::new("period", DataType::Utf8, false),
        ArrowField::new("revision", DataType::Int64, false),
        ArrowField::new("received_at", instant(), false),
        ArrowField::new("source_path", DataType::Utf8, false),
        ArrowField::new("source_sheet", DataType::Utf8, true),
        ArrowField::new("source_row", DataType::Int64, false),
    ]
}

/// True for fields that become a column of the loaded table as they are.
pub fn is_carried(field: &Field) -> bool {
    field.protection == Protection::Open && !matches!(field.role, Some(Role::Office | Role::CaseNumber | Role::PersonNumber | Role::BirthDate | Role::Age))
}

/// The schema of a feed's loaded table: provenance, the person, then the contract's open fields. These may all be null,
/// so that a field that a contract gains, loses or requires anew does not make older rows unreadable.
pub fn loaded_schema(contract: &Contract) -> SchemaRef {
    contract.loaded.get_or_init(|| loaded_columns(contract)).clone()
}

fn loaded_columns(contract: &Contract) -> SchemaRef {
    let mut fields = provenance_fields();
    fields.push(ArrowField::new("person_id", DataType::Utf8, false));
    fields.push(ArrowField::new("case_id", DataType::Utf8, false));
    fields.push(ArrowField::new("age", DataType::Int64, true));
    fields.push(ArrowField::new("sadd_group", DataType::Utf8, false));
    fields.extend(contract.fields.iter().filter(|field| is_carried(field)).map(|field| ArrowField::new(&field.name, arrow_type(&field.kind), true)));
    Arc::new(Schema::new(fields))
}
