//! ODS workbooks, told from XLSX by their content.

use super::make::Cell::{Bool, Formula, Nothing, Number, Text};
use super::make::{TENTH, labels, ods, ods_header, ods_row, ods_table, row, with};
use super::{aside, fine, folder, folder_with_dates, places, refused};

fn one_table(rows: &str) -> Vec<u8> {
    ods(&ods_table("Données", "ta1", &format!("{}{rows}", ods_header())))
}

#[test]
fn cells_mean_what_they_mean_in_a_workbook() {
    let folder = folder("header_row = 1");
    let judged = fine(&folder, &one_table(&format!("{}{}", ods_row(&row("r-1")), ods_row(&with("r-2", "Montant", Number(0.1 + 0.2))))));
    assert_eq!(judged.values("amount"), ["150.50", "0.30"]);
    assert_eq!(judged.values("examined_on"), ["2023-01-10", "2023-01-10"]);
    assert_eq!(judged.values("changed_at"), ["2023-01-12T08:00:00Z", "2023-01-12T08:00:00Z"]);
    assert_eq!(places(&judged), ["Données/2", "Données/3"]);
    let told = fine(&folder, &one_table(&ods_row(&with("r-1", "Quantité", Bool(true)))));
    assert_eq!(aside(&told), ["Données/2 integer"]);
}

#[test]
fn text_is_that_of_the_paragraphs_and_no_note() {
    let folder = folder("header_row = 1");
    let record = "<table:table-cell office:value-type=\"string\"><office:annotation><text:p>Mme Marqueuse</text:p></office:annotation>\n <text:p>r<text:s text:c=\"2\"/>1 &amp; <text:span>co&#233;</text:span></text:p>\n <text:p>suite</text:p></table:table-cell>";
    let rows = ods_row(&row("r-1")).replacen(
        "<table:table-cell office:value-type=\"string\" calcext:value-type=\"string\"><text:p>r-1</text:p></table:table-cell>",
        record,
        1,
    );
    assert_eq!(fine(&folder, &one_table(&rows)).values("record_id"), ["r  1 & coé suite"]);
}

#[test]
fn formulas_that_failed_or_were_never_calculated_are_no_values() {
    let folder = folder("header_row = 1");
    let cell = |xml: &str| {
        ods_row(&with("r-1", "Montant", Text("@")))
            .replace("<table:table-cell office:value-type=\"string\" calcext:value-type=\"string\"><text:p>@</text:p></table:table-cell>", xml)
    };
    assert_eq!(fine(&folder, &one_table(&ods_row(&with("r-1", "Montant", Formula("=1+1", "2"))))).values("amount"), ["2.00"]);
    for (xml, rule) in [
        (
            r#"<table:table-cell table:formula="of:=1/0" office:value-type="string" office:string-value="" calcext:value-type="error"><text:p>#DIV/0 !</text:p></table:table-cell>"#,
            "error-cell",
        ),
        (
            r#"<table:table-cell table:formula="of:=1/0" office:value-type="float" office:value="0" calcext:value-type="error"><text:p>Err:502</text:p></table:table-cell>"#,
            "error-cell",
        ),
        (
            r#"<table:table-cell table:formula="of:=1/0" office:value-type="string" office:string-value=""><text:p>#VALEUR !</text:p></table:table-cell>"#,
            "error-cell",
        ),
        (r#"<table:table-cell table:formula="of:=1/0"/>"#, "not-calculated"),
    ] {
        assert_eq!(aside(&fine(&folder, &one_table(&cell(xml)))), [format!("Données/2 {rule}")], "{xml}");
    }
}

#[test]
fn what_repeats_is_laid_out_only_where_it_is_filled() {
    let folder = folder("header_row = 3");
    let blank = |rows: u32, columns: u32| {
        format!(r#"<table:table-row table:number-rows-repeated="{rows}"><table:table-cell table:number-columns-repeated="{columns}"/></table:table-row>"#)
    };
    let twice = ods_row(&row("r-2")).replacen("<table:table-row>", "<table:table-row table:number-rows-repeated=\"2\">", 1);
    let grouped = format!("<table:table-row-group><table:table-rows>{}</table:table-rows></table:table-row-group>", ods_row(&row("r-3")));
    let header = format!(
        "<table:table-header-rows>{}</table:table-header-rows>",
        ods_header().replace("</table:table-row>", "<table:table-cell table:number-columns-repeated=\"16373\"/></table:table-row>")
    );
    let rows = format!("{}{header}{}{}{twice}{grouped}{}", blank(2, 16_384), ods_row(&row("r-1")), blank(10, 16_384), blank(1_048_576, 16_384),);
    let judged = fine(&folder, &ods(&ods_table("Données", "ta1", &rows)));
    assert_eq!(places(&judged), ["Données/4", "Données/15", "Données/17"]);
    assert_eq!(aside(&judged), ["Données/16 same-row"]);
}

#[test]
fn cells_that_repeat_stand_in_each_column() {
    let folder = folder("header_row = 1");
    let mut cells = ods_row(&row("r-1"));
    let date = r#"<table:table-cell office:value-type="date" office:date-value="2023-01-10"><text:p>10/01/23</text:p></table:table-cell>"#;
    let both = date.replacen("<table:table-cell ", "<table:table-cell table:number-columns-repeated=\"2\" ", 1);
    cells = cells.replacen(&format!("{date}<table:table-cell/>"), &both, 1);
    let judged = fine(&folder, &one_table(&cells));
    assert_eq!((judged.values("examined_on"), judged.values("departed_on")), (vec!["2023-01-10".to_owned()], vec!["2023-01-10".to_owned()]));
}

#[test]
fn bombs_are_refused() {
    let folder = folder("header_row = 1");
    let rows = |count: u64| ods_row(&row("r-1")).replacen("<table:table-row>", &format!("<table:table-row table:number-rows-repeated=\"{count}\">"), 1);
    assert_eq!(refused(&folder, &one_table(&rows(1_048_575))), "source-error: row 2 is filled and said to repeat 1048575 times");
    assert_eq!(refused(&folder, &one_table(&rows(u64::MAX))), "source-error: row 2 is filled and said to repeat 1048576 times");
    let wide = r#"<table:table-row><table:table-cell office:value-type="float" office:value="1" table:number-columns-repeated="4000000000"><text:p>1</text:p></table:table-cell></table:table-row>"#;
    assert_eq!(refused(&folder, &one_table(wide)), "source-error: row 2 has a cell in column 4097; an extract has no more than 4096");
    let spaces = r#"<text:s text:c="99999999"/>"#.repeat(8);
    let long = format!(r#"<table:table-row><table:table-cell office:value-type="string"><text:p>{spaces}</text:p></table:table-cell></table:table-row>"#);
    assert_eq!(refused(&folder, &one_table(&long)), "source-error: a cell of the workbook holds more text than a cell can");
}

#[test]
fn hidden_sheets_and_several_sheets() {
    let table = |name: &str, style: &str, record: &'static str| ods_table(name, style, &format!("{}{}", ods_header(), ods_row(&row(record))));
    let changes = "<table:tracked-changes><table:deletion><table:cell-content-change><table:previous><table:change-track-table-cell/></table:previous></table:cell-content-change></table:deletion></table:tracked-changes>";
    let bytes = ods(&format!("{changes}{}{}{}", table("Ancien", "ta2", "r-1"), table("Janvier", "ta1", "r-2"), table("Février", "ta1", "r-3")));
    assert_eq!(places(&fine(&folder("sheet = [\"Janvier\", \"Février\"], header_row = 1"), &bytes)), ["Janvier/2", "Février/2"]);
    assert_eq!(refused(&folder("header_row = 1"), &bytes), "source-error: the workbook has 2 visible sheets and the source names none");
    let told = refused(&folder("sheet = \"Ancien\", header_row = 1"), &bytes);
    assert_eq!(told, "source-error: the sheet `Ancien` is hidden; if it is the one to read, say `hidden = true`");
    assert_eq!(fine(&folder("sheet = \"Ancien\", header_row = 1, hidden = true"), &bytes).values("record_id"), ["r-1"]);
}

#[test]
fn headers_of_two_rows_and_merged_records() {
    let folder = folder("header_row = 1, header_rows = 2 }\nlabels = { \"Aide Nombre\" = \"quantity\", \"Aide Somme\" = \"amount\"");
    let cell =
        |attributes: &str, text: &str| format!(r#"<table:table-cell office:value-type="string" {attributes}><text:p>{text}</text:p></table:table-cell>"#);
    let upper = format!(
        r#"<table:table-row>{}<table:table-cell table:number-columns-repeated="6"/>{}<table:covered-table-cell/></table:table-row>"#,
        cell("table:number-rows-spanned=\"2\" table:number-columns-spanned=\"1\"", "Identifiant"),
        cell("table:number-rows-spanned=\"1\" table:number-columns-spanned=\"2\"", "Aide")
    );
    let lower: String = labels()[1..]
        .iter()
        .map(|label| {
            cell(
                "",
                match *label {
                    "Quantité" => "Nombre",
                    "Montant" => "Somme",
                    other => other,
                },
            )
        })
        .collect();
    let lower = format!("<table:table-row><table:covered-table-cell/>{lower}</table:table-row>");
    let shared = ods_row(&row("r-2")).replacen("<table:table-cell ", "<table:table-cell table:number-rows-spanned=\"2\" ", 1);
    let rows = format!(
        "{upper}{lower}{}{shared}{}",
        ods_row(&row("r-1")),
        ods_row(&row("r-3")).replacen("<table:table-cell ", "<table:covered-table-cell ", 1).replacen("</table:table-cell>", "</table:covered-table-cell>", 1)
    );
    let judged = fine(&folder, &ods(&ods_table("Données", "ta1", &rows)));
    assert_eq!((judged.values("record_id"), judged.values("amount")), (vec!["r-1".to_owned()], vec!["150.50".to_owned()]));
    assert_eq!(aside(&judged), ["Données/4 merged-cell", "Données/5 merged-cell"]);
}

#[test]
fn plain_numbers_count_from_the_day_that_the_workbook_names() {
    let folder = folder_with_dates("header_row = 1", "[\"excel\"]");
    let rows = |serial: f64| ods_row(&with("r-1", "Départ", Number(serial)));
    assert_eq!(fine(&folder, &one_table(&rows(TENTH))).values("departed_on"), ["2023-01-10"]);
    let settings = r#"<table:calculation-settings><table:null-date table:date-value="1904-01-01"/></table:calculation-settings>"#;
    let bytes = ods(&format!("{settings}{}", ods_table("Données", "ta1", &format!("{}{}", ods_header(), rows(TENTH - 1462.0)))));
    assert_eq!(fine(&folder, &bytes).values("departed_on"), ["2023-01-10"]);
    let judged = fine(&folder, &one_table(&ods_row(&with("r-1", "Départ", Nothing))));
    assert_eq!(judged.values("departed_on"), [""]);
}
