//! Archives and workbooks around parts that the fuzzer writes.

use std::io::{Cursor, Write as _};

use rihla::project::Compression;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

/// A ZIP archive of these files, not compressed.
pub fn archive(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in files {
        let options = SimpleFileOptions::default().compression_method(CompressionMethod::Stored);
        writer.start_file(*name, options).expect("a file in memory");
        writer.write_all(bytes).expect("room in memory");
    }
    writer.finish().expect("an archive in memory").into_inner()
}

/// A file packed as this.
pub fn packed(bytes: &[u8], compression: Compression) -> Vec<u8> {
    match compression {
        Compression::Gzip => {
            let mut writer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
            writer.write_all(bytes).expect("room in memory");
            writer.finish().expect("room in memory")
        }
        Compression::Zstd => zstd::encode_all(bytes, 1).expect("room in memory"),
        Compression::Zip => archive(&[("extract", bytes)]),
    }
}

/// A sheet of these rows of texts.
pub fn sheet(rows: &[Vec<String>]) -> String {
    let escaped = |text: &str| text.replace('&', "&amp;").replace('<', "&lt;");
    let cell = |text: &String| format!("<c t=\"inlineStr\"><is><t>{}</t></is></c>", escaped(text));
    let row = |cells: &Vec<String>| format!("<row>{}</row>", cells.iter().map(cell).collect::<String>());
    format!("<worksheet><sheetData>{}</sheetData></worksheet>", rows.iter().map(row).collect::<String>())
}

/// An XLSX workbook of sheets with these names; the parts of the fuzzer are each sheet, then the shared strings and the
/// styles.
pub fn xlsx(sheets: &[&str], parts: &[&[u8]]) -> Vec<u8> {
    let tag = |index: usize, name: &str| format!("<sheet name=\"{name}\" sheetId=\"{0}\" r:id=\"rId{0}\"/>", index + 1);
    let listed: String = sheets.iter().enumerate().map(|(index, name)| tag(index, name)).collect();
    let book = format!("<workbook xmlns=\"{MAIN}\" xmlns:r=\"{OFFICE}\"><sheets>{listed}</sheets></workbook>");
    let relation = |index: usize, kind: &str, target: &str| format!("<Relationship Id=\"rId{}\" Type=\"{OFFICE}/{kind}\" Target=\"{target}\"/>", index + 1);
    let mut relations: String = (0..sheets.len()).map(|index| relation(index, "worksheet", &format!("worksheets/sheet{}.xml", index + 1))).collect();
    relations += &relation(sheets.len(), "sharedStrings", "sharedStrings.xml");
    relations += &relation(sheets.len() + 1, "styles", "styles.xml");
    let relations = format!("<Relationships xmlns=\"{PACKAGE}\">{relations}</Relationships>");
    let root = format!("<Relationships xmlns=\"{PACKAGE}\">{}</Relationships>", relation(0, "officeDocument", "xl/workbook.xml"));
    let names: Vec<String> = (0..sheets.len()).map(|index| format!("xl/worksheets/sheet{}.xml", index + 1)).collect();
    let part = |index: usize| parts.get(index).copied().unwrap_or_default();
    let mut files: Vec<(&str, &[u8])> =
        vec![("_rels/.rels", root.as_bytes()), ("xl/workbook.xml", book.as_bytes()), ("xl/_rels/workbook.xml.rels", relations.as_bytes())];
    files.extend(names.iter().enumerate().map(|(index, name)| (name.as_str(), part(index))));
    // An empty file would be broken XML; one that is missing is none.
    let last = ["xl/sharedStrings.xml", "xl/styles.xml"].into_iter().zip(parts.iter().skip(sheets.len()));
    files.extend(last.map(|(name, part)| (name, *part)));
    archive(&files)
}

/// An ODS workbook with this content.
pub fn ods(content: &[u8]) -> Vec<u8> {
    archive(&[("mimetype", b"application/vnd.oasis.opendocument.spreadsheet"), ("content.xml", content)])
}

const MAIN: &str = "http://schemas.openxmlformats.org/spreadsheetml/2006/main";
const OFFICE: &str = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
const PACKAGE: &str = "http://schemas.openxmlformats.org/package/2006/relationships";
