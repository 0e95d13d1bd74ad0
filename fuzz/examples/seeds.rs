//! Writes the first cases of every target into `corpus/`: one sound extract for each way in which an office sends.

use std::fs;
use std::path::Path;

use rihla::contract::FieldKind;
use rihla::project::{Format, Repeat};
use rihla_fuzz::judge::{Way, is_csv, labels, ways};
use rihla_fuzz::pack::sheet;
use rihla_fuzz::targets::passport;

const BETWEEN: &[u8] = b"\xFF\xFE\xFD";
const STRINGS: &[u8] = b"<sst><si><t>texte</t></si></sst>";
const STYLES: &[u8] = b"<styleSheet><cellXfs><xf numFmtId=\"0\"/><xf numFmtId=\"14\"/></cellXfs></styleSheet>";

fn main() {
    let of = |fits: &dyn Fn(&Way) -> bool| ways().iter().filter(|way| fits(way)).collect::<Vec<_>>();
    let csv = of(&|way| is_csv(way.source));
    let books = of(&|way| matches!(way.source.format, Format::Workbook(_)));
    let json = of(&|way| matches!(way.source.format, Format::JsonLines | Format::Json(_)));
    let zip = of(&|way| way.source.export.archive.is_some());
    for (index, way) in csv.iter().enumerate() {
        let row = format!("{}\n", cells(way).join(&separator(way)));
        keep("csv", index, &[&[number(index), 1], row.as_bytes()]);
        keep("delivery", index, &[&[number(index)], &[0; 200], row.as_bytes()]);
        keep("infer", index, &[whole(way).as_bytes()]);
    }
    for index in 0..csv.len() {
        for (at, cell) in CELLS.iter().enumerate() {
            keep("casts", index * 100 + at, &[&[number(index)], cell.as_bytes()]);
        }
    }
    for (index, way) in books.iter().enumerate() {
        keep("xlsx", index, &[&[number(index), 1], &xlsx(way)]);
        keep("ods", index, &[&[number(index)], ods(way).as_bytes()]);
    }
    for (index, way) in of(&|way| is_csv(way.source) && way.source.export.tags.is_none()).iter().enumerate() {
        let passport = passport(way);
        let labels: Vec<String> = passport.sheets[0].columns.iter().map(|(label, _)| label.clone()).collect();
        let row = |number: i64, out: &str| [vec![number.to_string(), out.to_owned()], vec![String::new(); labels.len() - 2]].concat();
        let rows = sheet(&[labels.clone(), row(2, ""), row(3, "non"), row(4, "oui")]);
        keep("returned", index, &[&[number(index), 1], rows.as_bytes(), BETWEEN, STRINGS, BETWEEN, STYLES]);
        keep("returned", 100 + index, &[&[number(index), 2], sheet(&passport.lines()).as_bytes(), BETWEEN, rows.as_bytes()]);
    }
    for index in 0..12 {
        keep("packed", index, &[&[number(index), 1], whole(csv[0]).as_bytes()]);
        keep("packed", 12 + index, &[&[number(index), 0], &rihla_fuzz::pack::archive(&[("a.csv", b"a,b\n1,2\n")])]);
    }
    for (index, way) in json.iter().enumerate() {
        keep("json", index, &[&[number(index)], json_of(way).as_bytes()]);
    }
    for (index, way) in zip.iter().enumerate() {
        let inner = if matches!(way.source.export.repeat, Some(Repeat::Rows { .. })) { "PARENT_KEY,case_number,sex\na,MA-1,F\n" } else { "" };
        keep("zip", index, &[&[number(index), 1], whole(way).as_bytes(), BETWEEN, inner.as_bytes()]);
    }
}

const CELLS: [&str; 12] = [
    "2023-01-20",
    "31/12/2022",
    "2023-02-01T10:00:00Z",
    "01/02/2023 10:00",
    "1 732,50",
    "−12.000",
    "٧٣٢",
    "MA-RAB-000001",
    "CN-77701",
    "Né\u{ad}ant | a; b",
    "12 févr. 2023",
    "1E+03",
];

fn keep(target: &str, index: usize, parts: &[&[u8]]) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus").join(target);
    fs::create_dir_all(&folder).expect("a folder");
    fs::write(folder.join(format!("seed-{index}")), parts.concat()).expect("a file");
}

fn number(index: usize) -> u8 {
    u8::try_from(index).expect("fewer ways than bytes")
}

fn separator(way: &Way) -> String {
    if let Format::Csv { delimiter, .. } = way.source.format { char::from(delimiter).to_string() } else { ",".to_owned() }
}

/// A value for each label, of its field's kind.
fn cells(way: &Way) -> Vec<String> {
    let date = way.source.dates.first().map_or("", |format| if format.as_str().starts_with("%d") { "20/01/2023" } else { "2023-01-20" });
    let cell = |(index, (field, _)): (usize, &(&rihla::contract::Field, &str))| match &field.kind {
        FieldKind::Integer => "1".to_owned(),
        FieldKind::Number { .. } => "1.50".to_owned(),
        FieldKind::Boolean { yes, .. } => yes.first().cloned().unwrap_or_default(),
        FieldKind::Date => date.to_owned(),
        FieldKind::DateTime => "2023-02-01T10:00:00Z".to_owned(),
        FieldKind::String | FieldKind::List => {
            field.codes.as_ref().and_then(|codes| codes.codes.first()).map_or_else(|| format!("r-{index}"), |code| code.code.clone())
        }
        _ => String::new(),
    };
    labels(way).iter().enumerate().map(cell).collect()
}

fn whole(way: &Way) -> String {
    let labels: Vec<&str> = labels(way).into_iter().map(|(_, label)| label).collect();
    format!("{}\n{}\n", labels.join(&separator(way)), cells(way).join(&separator(way)))
}

fn json_of(way: &Way) -> String {
    let members: Vec<String> = labels(way).iter().zip(cells(way)).map(|((_, label), cell)| format!("{label:?}: {cell:?}")).collect();
    let record = format!("{{{}}}", members.join(", "));
    match &way.source.format {
        Format::Json(shape) => match &shape.records {
            Some(key) => format!("{{\"count\": 1, \"next\": null, \"{key}\": [{record}]}}"),
            None => format!("[{record}]"),
        },
        _ => format!("{record}\n"),
    }
}

fn rows(way: &Way) -> Vec<Vec<String>> {
    vec![labels(way).into_iter().map(|(_, label)| label.to_owned()).collect(), cells(way)]
}

fn xlsx(way: &Way) -> Vec<u8> {
    let first = if let Format::Workbook(format) = &way.source.format { format.header_row } else { 1 };
    let cell = |text: &String| format!("<c t=\"inlineStr\"><is><t>{text}</t></is></c>");
    let row = |(index, cells): (usize, Vec<String>)| format!("<row r=\"{}\">{}</row>", first as usize + index, cells.iter().map(cell).collect::<String>());
    let rows: String = rows(way).into_iter().enumerate().map(row).collect();
    let sheet = format!(
        "<worksheet><sheetData>{rows}<row><c t=\"s\" s=\"1\"><v>0</v></c><c><f>1</f><v>44927</v></c></row></sheetData><mergeCells><mergeCell ref=\"A1:B1\"/></mergeCells></worksheet>"
    );
    [sheet.as_bytes(), BETWEEN, STRINGS, BETWEEN, STYLES].concat()
}

fn ods(way: &Way) -> String {
    let (first, name) = if let Format::Workbook(format) = &way.source.format {
        (format.header_row, format.sheets.first().cloned().unwrap_or_default())
    } else {
        (1, String::new())
    };
    let cell = |text: &String| format!("<table:table-cell office:value-type=\"string\"><text:p>{text}</text:p></table:table-cell>");
    let row = |cells: Vec<String>| format!("<table:table-row>{}</table:table-row>", cells.iter().map(cell).collect::<String>());
    let rows: String = rows(way).into_iter().map(row).collect();
    let above =
        if first > 1 { format!("<table:table-row table:number-rows-repeated=\"{}\"><table:table-cell/></table:table-row>", first - 1) } else { String::new() };
    format!(
        "<office:document-content><office:body><office:spreadsheet><table:table table:name=\"{name}\">{above}{rows}</table:table></office:spreadsheet></office:body></office:document-content>"
    )
}
