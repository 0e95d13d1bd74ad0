//! What is known of a table, for those who have nothing but its files: columns, tags, metadata.

use std::sync::Arc;

use arrow::datatypes::{Schema, SchemaRef};

use super::parse::Model;
use super::test::{Check, Severity, Test, Threshold};
use super::write::Shape;
use crate::contract::{Additivity, AdditivityWord, Measure};
use crate::project::Project;
use crate::warehouse::{Column, Constraints};

/// What a model's result is written as.
pub fn shape(model: &Model, schema: &SchemaRef, project: &Project) -> Shape {
    let tags = tags(model, schema, project);
    let fields = schema.fields().iter().zip(&tags).map(|(field, tag)| {
        let mut metadata = vec![("description".to_owned(), model.header.column(field.name()).unwrap_or_default().to_owned())];
        if let Some(measure) = model.header.measure(field.name()) {
            metadata.push(("unit".to_owned(), measure.unit.clone()));
            metadata.push(("additivity".to_owned(), additivity(measure)));
            metadata.push(("date_basis".to_owned(), measure.date_basis.clone()));
        }
        if !tag.is_empty() {
            metadata.push(("hxl".to_owned(), tag.clone()));
        }
        field.as_ref().clone().with_metadata(metadata.into_iter().collect())
    });
    Shape {
        schema: Arc::new(Schema::new(fields.collect::<Vec<_>>())),
        metadata: vec![
            ("name".to_owned(), model.name.as_str().to_owned()),
            ("description".to_owned(), model.header.description.clone()),
            ("project".to_owned(), project.title.clone()),
            ("grain".to_owned(), model.header.grain.iter().map(|column| column.get_ref().as_str()).collect::<Vec<_>>().join(", ")),
        ],
        tags: (!model.is_staging).then_some(tags),
    }
}

/// The HXL tag of each column: the model's own word, else the project's for columns of that name; empty where neither has one.
pub fn tags(model: &Model, schema: &SchemaRef, project: &Project) -> Vec<String> {
    let tag = |name: &str| model.header.tag(name).or_else(|| project.hxl.get(name).map(String::as_str)).unwrap_or_default().to_owned();
    schema.fields().iter().map(|field| tag(field.name())).collect()
}

/// The columns in the words of Table Schema.
pub fn columns(model: &Model, schema: &SchemaRef, project: &Project) -> Vec<Column> {
    let tags = tags(model, schema, project);
    let column = |(field, tag): (&Arc<arrow::datatypes::Field>, String)| Column {
        name: field.name().clone(),
        kind: standard_type(field.data_type()).to_owned(),
        description: model.header.column(field.name()).unwrap_or_default().to_owned(),
        constraints: constraints(model, field.name(), project),
        hxl: (!tag.is_empty()).then_some(tag),
    };
    schema.fields().iter().zip(tags).map(column).collect()
}

/// What the model's tests promise of a column; a test for some rows only, one that merely warns, or one that lets some
/// rows fail, promises nothing.
fn constraints(model: &Model, column: &str, project: &Project) -> Option<Constraints> {
    let mut constraints = Constraints::default();
    let promises = |test: &&Test| test.condition.is_none() && test.severity == Severity::Error && test.threshold == Threshold::Rows(0);
    for test in model.tests.iter().filter(promises) {
        match &test.check {
            Check::NotNull(columns) if columns.iter().any(|name| name == column) => constraints.required = true,
            Check::AcceptedCodes(name, list) if name == column => {
                let codes = project.code_lists.get(list).map_or(&[][..], |list| &list.codes);
                // A list as long as that of countries would bury the rest of the descriptor.
                if codes.len() <= 20 {
                    constraints.values = codes.iter().map(|code| code.code.clone()).collect();
                }
            }
            _ => {}
        }
    }
    (constraints != Constraints::default()).then_some(constraints)
}

/// Along which columns a measure may be summed, as one text.
fn additivity(measure: &Measure) -> String {
    match &measure.additivity {
        Additivity::Word(AdditivityWord::Full) => "full".to_owned(),
        Additivity::Word(AdditivityWord::None) => "none".to_owned(),
        Additivity::Along(columns) => format!("along {}", columns.join(", ")),
    }
}

/// A column's type in the words of Table Schema.
fn standard_type(kind: &arrow::datatypes::DataType) -> &'static str {
    use arrow::datatypes::DataType as T;
    match kind {
        T::Int8 | T::Int16 | T::Int32 | T::Int64 | T::UInt8 | T::UInt16 | T::UInt32 | T::UInt64 => "integer",
        T::Float16 | T::Float32 | T::Float64 | T::Decimal128(..) | T::Decimal256(..) => "number",
        T::Boolean => "boolean",
        T::Date32 | T::Date64 => "date",
        T::Timestamp(..) => "datetime",
        T::List(_) | T::LargeList(_) => "list",
        T::Utf8 | T::LargeUtf8 | T::Utf8View => "string",
        _ => "any",
    }
}
