//! The least XLSX workbook there is, written by hand: the tests share no writer with the fixtures.

const CONTENT_TYPES: &str = r#"<?xml version="1.0" encoding="UTF-8"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" ContentType="application/xml"/></Types>"#;

const RELATIONS: &str = r#"<?xml version="1.0" encoding="UTF-8"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="xl/workbook.xml"/></Relationships>"#;

const SHEET_RELATIONS: &str = r#"<?xml version="1.0" encoding="UTF-8"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet" Target="worksheets/sheet1.xml"/></Relationships>"#;

/// A workbook of one sheet of text cells; an empty cell is left out.
pub fn of_rows(sheet: &str, rows: &[Vec<String>]) -> Vec<u8> {
    of_xml(sheet, sheet_xml(rows))
}

/// A workbook of one sheet with this XML, sound or not.
pub fn of_xml(sheet: &str, xml: String) -> Vec<u8> {
    let book = format!(
        r#"<?xml version="1.0" encoding="UTF-8"?><workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"><sheets><sheet name="{sheet}" sheetId="1" r:id="rId1"/></sheets></workbook>"#
    );
    let parts = [
        ("[Content_Types].xml", CONTENT_TYPES.to_owned()),
        ("_rels/.rels", RELATIONS.to_owned()),
        ("xl/workbook.xml", book),
        ("xl/_rels/workbook.xml.rels", SHEET_RELATIONS.to_owned()),
        ("xl/worksheets/sheet1.xml", xml),
    ];
    zip(&parts)
}

/// The XML of a sheet.
pub fn sheet_xml(rows: &[Vec<String>]) -> String {
    let mut xml =
        String::from(r#"<?xml version="1.0" encoding="UTF-8"?><worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>"#);
    for (index, row) in rows.iter().enumerate() {
        let number = index + 1;
        xml.push_str(&format!(r#"<row r="{number}">"#));
        for (column, text) in row.iter().enumerate().filter(|(_, text)| !text.is_empty()) {
            let letter = char::from(b'A' + u8::try_from(column).expect("few columns"));
            xml.push_str(&format!(r#"<c r="{letter}{number}" t="inlineStr"><is><t>{text}</t></is></c>"#));
        }
        xml.push_str("</row>");
    }
    xml + "</sheetData></worksheet>"
}

/// A ZIP archive of stored parts.
fn zip(parts: &[(&str, String)]) -> Vec<u8> {
    let mut archive = Vec::new();
    let mut directory = Vec::new();
    for (name, text) in parts {
        let offset = size(archive.len());
        let facts = facts(name, text.as_bytes());
        archive.extend(b"PK\x03\x04");
        archive.extend(&facts);
        archive.extend(name.as_bytes());
        archive.extend(text.as_bytes());
        directory.extend(b"PK\x01\x02\x14\x00");
        directory.extend(&facts);
        directory.extend([0; 10]);
        directory.extend(offset);
        directory.extend(name.as_bytes());
    }
    let (count, start, length) = (u16::try_from(parts.len()).expect("few parts").to_le_bytes(), size(archive.len()), size(directory.len()));
    archive.extend(directory);
    archive.extend(b"PK\x05\x06\x00\x00\x00\x00");
    archive.extend([count, count].concat());
    archive.extend([length, start].concat());
    archive.extend([0, 0]);
    archive
}

/// What both headers of a part say: version, flags, method, time, checksum, sizes, lengths of name and extra.
fn facts(name: &str, bytes: &[u8]) -> Vec<u8> {
    let length = size(bytes.len());
    let mut facts = b"\x14\x00\x00\x08\x00\x00\x00\x00\x21\x00".to_vec();
    facts.extend(checksum(bytes).to_le_bytes());
    facts.extend([length, length].concat());
    facts.extend(u16::try_from(name.len()).expect("short names").to_le_bytes());
    facts.extend([0, 0]);
    facts
}

fn size(length: usize) -> [u8; 4] {
    u32::try_from(length).expect("small archives").to_le_bytes()
}

/// CRC-32 as ZIP has it.
fn checksum(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(u32::MAX, |sum, byte| (0..8).fold(sum ^ u32::from(*byte), |sum, _| (sum >> 1) ^ (0xEDB8_8320 & (sum & 1).wrapping_neg())))
}
