//! Tables decoded: rows as JSON has them.

use std::fs;
use std::path::Path;

use crate::support::Row;

/// The rows of a Parquet file.
pub fn parquet_rows(path: &Path) -> Vec<Row> {
    let file = fs::File::open(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let reader = parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder::try_new(file).and_then(|builder| builder.build()).expect("Parquet");
    rows(&reader.map(|batch| batch.expect("a batch")).collect::<Vec<_>>())
}

/// The rows of batches; null stands as null.
pub fn rows(batches: &[arrow::record_batch::RecordBatch]) -> Vec<Row> {
    let mut text = Vec::new();
    let mut writer = arrow::json::WriterBuilder::new().with_explicit_nulls(true).build::<_, arrow::json::writer::JsonArray>(&mut text);
    batches.iter().for_each(|batch| writer.write(batch).expect("rows"));
    writer.finish().expect("rows");
    if text.is_empty() { Vec::new() } else { serde_json::from_slice(&text).expect("rows") }
}
