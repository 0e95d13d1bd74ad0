//! Where in a file the rows of an office may stand, as its index of pages tells.

use std::ops::Range;

use arrow::array::{Array, AsArray, StringArray};
use arrow::compute::cast;
use arrow::datatypes::DataType;
use parquet::arrow::arrow_reader::ArrowReaderMetadata;
use parquet::arrow::arrow_reader::statistics::StatisticsConverter;

/// The rows of those pages that may hold rows of an office, in order; nothing where the file does not tell.
pub(super) fn of_office(metadata: &ArrowReaderMetadata, office: &str) -> Option<Vec<Range<usize>>> {
    let file = metadata.metadata();
    let (columns, offsets) = (file.column_index()?, file.offset_index()?);
    let groups: Vec<usize> = (0..file.num_row_groups()).collect();
    let converter = StatisticsConverter::try_new("office", metadata.schema(), metadata.parquet_schema()).ok()?;
    let counts = converter.data_page_row_counts(offsets, file.row_groups(), &groups).ok()??;
    let texts = |bounds: arrow::array::ArrayRef| Some(cast(&bounds, &DataType::Utf8).ok()?.as_string::<i32>().clone());
    let least = converter.data_page_mins(columns, offsets, &groups).ok().and_then(texts)?;
    let greatest = converter.data_page_maxes(columns, offsets, &groups).ok().and_then(texts)?;
    let bound = |bounds: &StringArray, page: usize| bounds.is_valid(page).then(|| bounds.value(page).to_owned());
    let mut ranges: Vec<Range<usize>> = Vec::new();
    let mut first = 0;
    for page in 0..counts.len() {
        let end = first + usize::try_from(counts.value(page)).ok()?;
        let is_past = bound(&least, page).is_some_and(|least| office < least.as_str()) || bound(&greatest, page).is_some_and(|most| office > most.as_str());
        match ranges.last_mut().filter(|last| last.end == first) {
            _ if is_past => {}
            Some(last) => last.end = end,
            None => ranges.push(first..end),
        }
        first = end;
    }
    let rows: i64 = file.row_groups().iter().map(parquet::file::metadata::RowGroupMetaData::num_rows).sum();
    (usize::try_from(rows) == Ok(first)).then_some(ranges)
}
