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

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow::array::ArrayRef;
    use arrow::record_batch::RecordBatch;
    use bytes::Bytes;
    use parquet::arrow::ArrowWriter;
    use parquet::arrow::arrow_reader::ArrowReaderOptions;
    use parquet::file::metadata::PageIndexPolicy;
    use parquet::file::properties::{EnabledStatistics, WriterProperties};

    use super::*;

    /// A file of pages of four rows, in groups of twelve.
    fn file(offices: &[Option<&str>], statistics: EnabledStatistics) -> ArrowReaderMetadata {
        let column: ArrayRef = Arc::new(offices.iter().copied().collect::<StringArray>());
        let batch = RecordBatch::try_from_iter([("office", column)]).unwrap();
        let properties = WriterProperties::builder()
            .set_data_page_row_count_limit(4)
            .set_write_batch_size(4)
            .set_max_row_group_row_count(Some(12))
            .set_statistics_enabled(statistics);
        let mut bytes = Vec::new();
        let mut writer = ArrowWriter::try_new(&mut bytes, batch.schema(), Some(properties.build())).unwrap();
        writer.write(&batch).unwrap();
        writer.close().unwrap();
        ArrowReaderMetadata::load(&Bytes::from(bytes), ArrowReaderOptions::new().with_page_index_policy(PageIndexPolicy::Optional)).unwrap()
    }

    /// Where the rows begin and end that are read.
    fn read(metadata: &ArrowReaderMetadata, office: &str) -> Option<Vec<(usize, usize)>> {
        of_office(metadata, office).map(|ranges| ranges.iter().map(|range| (range.start, range.end)).collect())
    }

    #[test]
    fn every_row_of_an_office_is_among_those_of_its_pages() {
        let offices: Vec<Option<&str>> =
            [("AGA", 5), ("CAS", 9), ("RAB", 3), ("AGA", 2), ("TNG", 7)].iter().flat_map(|(office, rows)| vec![Some(*office); *rows]).collect();
        let metadata = file(&offices, EnabledStatistics::Page);
        for office in ["AGA", "CAS", "RAB", "TNG"] {
            let ranges = of_office(&metadata, office).unwrap();
            let read: usize = ranges.iter().map(Range::len).sum();
            let missed = offices.iter().enumerate().filter(|(row, of)| **of == Some(office) && !ranges.iter().any(|range| range.contains(row)));
            assert!(missed.count() == 0 && read < offices.len(), "{office}: {ranges:?}");
        }
        assert_eq!(read(&metadata, "TNG"), Some(vec![(16, 26)]));
        assert_eq!(read(&metadata, "ZZZ"), Some(Vec::new()));
    }

    #[test]
    fn pages_that_tell_nothing_are_read() {
        let nobody = file(&[None; 9], EnabledStatistics::Page);
        assert_eq!(read(&nobody, "AGA"), Some(vec![(0, 9)]));
        let silent = file(&[Some("CAS"); 9], EnabledStatistics::None);
        assert!(read(&silent, "AGA").is_none_or(|ranges| ranges == [(0, 9)]));
    }
}
