//! A workbook taken apart and put together again as somebody would leave it, without a spreadsheet program.

use std::io::Cursor;

use calamine::{Data, Reader};

/// Sheets with their rows of text.
#[derive(Debug, Clone)]
pub struct Book {
    /// By name, in order.
    pub sheets: Vec<(String, Vec<Vec<String>>)>,
}

impl Book {
    /// Every sheet of a workbook.
    pub fn open(bytes: &[u8]) -> Self {
        let mut book = calamine::open_workbook_auto_from_rs(Cursor::new(bytes.to_vec())).expect("a workbook");
        let names = book.sheet_names();
        let sheet = |name: String| {
            let range = book.worksheet_range(&name).expect("a sheet");
            let text = |cell: &Data| if *cell == Data::Empty { String::new() } else { cell.to_string() };
            let rows = range.rows().map(|row| row.iter().map(text).collect()).collect();
            (name, rows)
        };
        Self { sheets: names.into_iter().map(sheet).collect() }
    }

    /// The workbook's bytes; every cell is text.
    pub fn bytes(&self) -> Vec<u8> {
        let mut workbook = rust_xlsxwriter::Workbook::new();
        // One moment, so that the same cells are the same bytes.
        let made = rust_xlsxwriter::ExcelDateTime::parse_from_str("2023-02-01T09:00:00").expect("a moment");
        workbook.set_properties(&rust_xlsxwriter::DocProperties::new().set_creation_datetime(&made));
        for (name, rows) in &self.sheets {
            let sheet = workbook.add_worksheet();
            sheet.set_name(name).expect("a name");
            for (row, cells) in (0..).zip(rows) {
                for (column, cell) in (0..).zip(cells).filter(|(_, cell)| !cell.is_empty()) {
                    sheet.write_string(row, column, cell).expect("a cell");
                }
            }
        }
        workbook.save_to_buffer().expect("a workbook")
    }

    /// The first sheet of rows.
    pub fn rows(&mut self) -> &mut Vec<Vec<String>> {
        &mut self.sheets[1].1
    }

    /// The cell of a row, by its number in the extract, under a label.
    #[track_caller]
    pub fn cell(&mut self, row: &str, label: &str) -> &mut String {
        let rows = self.rows();
        let column = rows[0].iter().position(|known| known == label).unwrap_or_else(|| panic!("no column `{label}` in {:?}", rows[0]));
        let found = rows.iter_mut().find(|cells| cells[0] == row).unwrap_or_else(|| panic!("no row {row}"));
        &mut found[column]
    }

    /// The same with a cell changed.
    #[track_caller]
    pub fn with(mut self, row: &str, label: &str, text: &str) -> Self {
        text.clone_into(self.cell(row, label));
        self
    }
}
