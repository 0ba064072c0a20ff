use std::io::{Cursor, Write as _};

use super::*;

fn columns(name: &str) -> Column {
    match name {
        "sat" | "late" | "fee" => Column::NUMBER.or(MISSING),
        "note" => Column::TEXT,
        _ => Column::NAME,
    }
}

fn read(bytes: impl AsRef<[u8]>) -> Result<Table, Vec<Finding>> {
    Table::read(bytes.as_ref(), &Options::new(&columns))
}

/// Lines and cells, the cells of a record joined by `|`.
fn rows(bytes: impl AsRef<[u8]>) -> Vec<(u32, String)> {
    let table = read(bytes).unwrap();
    let joined = |record: Record<'_>| record.cells().map(Option::unwrap_or_default).collect::<Vec<_>>().join("|");
    table.records().map(|record| (record.line(), joined(record))).collect()
}

fn found(bytes: impl AsRef<[u8]>) -> Vec<(Option<u32>, String)> {
    let findings = read(bytes).map_or_else(|findings| findings, |table| table.findings().to_vec());
    findings.into_iter().map(|finding| (finding.line, finding.code.into_owned())).collect()
}

fn expected(list: &[(u32, &str)]) -> Vec<(Option<u32>, String)> {
    list.iter().map(|(line, code)| (Some(*line), (*code).to_owned())).collect()
}

/// A workbook of sheets, each its name and the XML of its rows.
fn workbook(sheets: &[(&str, &str)]) -> Vec<u8> {
    const MAIN: &str = "http://schemas.openxmlformats.org/spreadsheetml/2006/main";
    const OFFICE: &str = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
    const PACKAGE: &str = "http://schemas.openxmlformats.org/package/2006/relationships";
    let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
    let mut file = |name: &str, content: &str| {
        zip.start_file(name, zip::write::SimpleFileOptions::default()).unwrap();
        zip.write_all(format!("<?xml version=\"1.0\" encoding=\"UTF-8\"?>{content}").as_bytes()).unwrap();
    };
    let list: String = (1..).zip(sheets).map(|(n, (name, _))| format!("<sheet name=\"{name}\" sheetId=\"{n}\" r:id=\"r{n}\"/>")).collect();
    let links: String = (1..)
        .zip(sheets)
        .map(|(n, _)| format!("<Relationship Id=\"r{n}\" Type=\"{OFFICE}/worksheet\" Target=\"worksheets/s{n}.xml\"/>"))
        .collect();
    file(
        "_rels/.rels",
        &format!(
            "<Relationships xmlns=\"{PACKAGE}\"><Relationship Id=\"r\" Type=\"{OFFICE}/officeDocument\" Target=\"xl/workbook.xml\"/></Relationships>"
        ),
    );
    file("xl/workbook.xml", &format!("<workbook xmlns=\"{MAIN}\" xmlns:r=\"{OFFICE}\"><sheets>{list}</sheets></workbook>"));
    let styles = format!("<Relationship Id=\"styles\" Type=\"{OFFICE}/styles\" Target=\"styles.xml\"/>");
    file("xl/_rels/workbook.xml.rels", &format!("<Relationships xmlns=\"{PACKAGE}\">{links}{styles}</Relationships>"));
    file(
        "xl/styles.xml",
        &format!("<styleSheet xmlns=\"{MAIN}\"><cellXfs><xf numFmtId=\"0\"/><xf numFmtId=\"14\"/></cellXfs></styleSheet>"),
    );
    for (n, (_, rows)) in (1..).zip(sheets) {
        file(&format!("xl/worksheets/s{n}.xml"), &format!("<worksheet xmlns=\"{MAIN}\"><sheetData>{rows}</sheetData></worksheet>"));
    }
    zip.finish().unwrap().into_inner()
}

/// A cell of text.
fn text(place: &str, text: &str) -> String {
    format!("<c r=\"{place}\" t=\"inlineStr\"><is><t>{text}</t></is></c>")
}

#[test]
fn a_table_is_read_whatever_program_saved_it() {
    let rows_of = |text: &str| rows(text);
    let plain = [(2, "Đà Nẵng|85.5|10".to_owned()), (3, "Huế|70|".to_owned())];
    for text in [
        "unit,sat,late\nĐà Nẵng,85.5,10\nHuế,70,NA\n",
        "\u{feff}unit,sat,late\r\nĐà Nẵng,85.5,10\r\nHuế,70,n/a",
        "unit;sat;late\rĐà Nẵng;85,5;10\rHuế;70;–\r",
        "unit\tsat\tlate\nĐa\u{300} Nẵng \t\"85,5\"\t10\nHuế\t７０\t.\n",
        "unit;sat;late;;\r\nĐà Nẵng;85,5;10;;\r\nHuế;70;;;\r\n;;;;\r\n \u{a0};;;;\r\n",
        "\u{200b}unit ,\u{feff}sat,\" late\"\nĐà\u{a0}Nẵng,\"85,5\",10\nHuế,70,\n",
    ] {
        assert_eq!(rows_of(text), plain, "{text:?}");
    }
}

#[test]
fn a_word_for_missing_counts_only_in_the_columns_that_know_it() {
    assert_eq!(rows("unit,sat,note\nNA,NA, NA \n"), [(2, "NA|| NA ".to_owned())]);
}

#[test]
fn what_a_comma_means_must_be_clear() {
    assert_eq!(found("unit;sat;late\nA;90,5;1\nB;1;0.5\n"), expected(&[(2, "ambiguous-comma")]));
    assert_eq!(found("unit,sat\r\n\r\nA,\"1,234\"\r\nB,\"12,500\"\r\n"), expected(&[(3, "ambiguous-comma")]));
    assert_eq!(rows("unit;sat\n1,2;1,234\nB;0,500\n"), [(2, "1,2|1.234".to_owned()), (3, "B|0.500".to_owned())]);
    assert_eq!(rows("unit;sat\nA;1.234,5\n"), [(2, "A|1.234,5".to_owned())], "no number either way: for the caller");
}

#[test]
fn every_row_that_does_not_fit_is_found_and_the_others_can_be_had() {
    let text = "unit,sat\r\nA,1\r\nB\r\nC,3,4\r\n\"D\"x,1\r\nE,\"5\r\n";
    let flaws = expected(&[(3, "wrong-width"), (4, "wrong-width"), (5, "quote-stray"), (6, "quote-unclosed")]);
    assert_eq!(found(text), flaws);
    let table = Table::read_sound_rows(text.as_bytes(), &Options::new(&columns)).unwrap();
    assert_eq!((table.len(), table.findings().len()), (1, 4));
}

#[test]
fn a_heading_that_cannot_be_one_is_refused() {
    assert_eq!(found(""), expected(&[(1, "table-empty")]));
    assert_eq!(found("# nothing\n\n"), expected(&[(1, "table-empty")]));
    assert_eq!(found("Huế,Hue\u{302}\u{301} \n1,2\n"), expected(&[(1, "column-repeated")]));
    assert_eq!(found("Bảng 1. Mức độ hài lòng\n\nunit;sat\nA;1\n"), expected(&[(1, "title-above-heading")]));
    assert_eq!(found("Bảng 1,,\nunit,sat,late\nA,1,2\n"), expected(&[(1, "title-above-heading")]));
    assert_eq!(found(",unit,sat\n1,A,5\n"), expected(&[(1, "column-unnamed")]));
    assert_eq!((rows(",unit,sat\n1,A,5\n"), found("unit,,sat\nA,,5\n")), (vec![(2, "A|5".to_owned())], vec![]));
}

#[test]
fn a_reader_says_which_columns_it_needs() {
    let table = read("# x\nUnit,sat,n/a~\nA,,\n").unwrap();
    let told = |finding: Finding| (finding.line, finding.pointer, finding.code.into_owned());
    let findings = table.check_columns(&["unit", "sat"], Others::Optional(&["late"]));
    assert!(findings[0].en.ends_with("is it “Unit”?"), "{}", findings[0].en);
    let expect = [("/2/unit", "column-missing"), ("/2/Unit", "column-unknown"), ("/2/n~1a~0", "column-unknown")];
    assert_eq!(
        findings.into_iter().map(told).collect::<Vec<_>>(),
        expect.map(|(pointer, code)| (Some(2), pointer.to_owned(), code.to_owned()))
    );
    let mut findings = Vec::new();
    let record = table.records().next().unwrap();
    assert_eq!((record.required("Unit", &mut findings), record.required("sat", &mut findings)), (Some("A"), None));
    assert_eq!((findings[0].pointer.as_str(), findings[0].line, record.place("sat").as_str()), ("/3/sat", Some(3), "B3"));
}

#[test]
fn a_cell_behind_lines_within_quotation_marks_has_its_own_line() {
    let table = read("unit,note,sat\r\nA,\"one\r\ntwo\",x\r\nB,,1\r\n").unwrap();
    let lines: Vec<_> = table.records().map(|record| (record.line(), record.line_of("note"), record.line_of("sat"))).collect();
    assert_eq!(lines, [(2, 2, 3), (4, 4, 4)]);
}

#[test]
fn a_workbook_is_read_like_the_csv_of_it() {
    let head = format!("<row r=\"1\">{}</row>", text("A1", "# source"));
    let names = format!("<row r=\"3\">{}{}{}</row>", text("A3", "unit"), text("B3", "sat "), text("D3", "day"));
    let first =
        format!("<row r=\"4\">{}<c r=\"B4\"><v>4.0</v></c><c r=\"D4\" s=\"1\"><v>45839</v></c></row>", text("A4", "#2 Hue\u{302}\u{301}"));
    let second = format!("<row r=\"7\"><c r=\"A7\"><v>1</v></c>{}</row>", text("B7", "85,5"));
    let third = format!("<row r=\"8\">{}<c r=\"B8\"><v>0.5</v></c><c r=\"C8\" t=\"e\"><v>#N/A</v></c></row>", text("A8", "01"));
    let book = workbook(&[("Một", &[head, names, first, second, third].concat())]);
    assert_eq!(rows(&book), [(4, "#2 Huế|4|2025-07-01".to_owned()), (7, "1|85.5|".to_owned()), (8, "01|0.5|".to_owned())]);
    assert_eq!(found(&book), expected(&[(3, "column-unnamed")]), "C8 stands under no name");
    assert_eq!(read(&book).unwrap().records().nth(1).unwrap().place("day"), "D7");
}

#[test]
fn a_sheet_is_the_first_or_a_named_one() {
    let sheet = |name: &str| format!("<row r=\"1\">{}</row><row r=\"2\">{}</row>", text("A1", "unit"), text("A2", name));
    let book = workbook(&[("Một", &sheet("a")), ("Hai", &sheet("b"))]);
    assert_eq!((rows(&book), found(&book)), (vec![(2, "a".to_owned())], vec![(None, "sheet-chosen".to_owned())]));
    let named = |name| Table::read(&book, &Options::new(&columns).sheet(Some(name)));
    assert_eq!(named("Hai").unwrap().records().next().unwrap().get("unit"), Some("b"));
    assert!(named("Ba").unwrap_err()[0].en.ends_with("it has: Một, Hai"));
    assert!(Table::read(b"unit\nA\n", &Options::new(&columns).sheet(Some("Hai"))).is_err());
}

#[test]
fn a_title_in_a_workbook_is_a_finding() {
    let title = format!("<row r=\"1\">{}</row>", text("A1", "Bảng 1"));
    let names = format!("<row r=\"2\">{}{}</row>", text("A2", "unit"), text("B2", "sat"));
    assert_eq!(found(workbook(&[("Một", &(title + &names))])), expected(&[(1, "title-above-heading")]));
}

#[test]
fn what_is_no_table_is_a_finding() {
    let code = |bytes: &[u8]| found(bytes)[0].1.clone();
    assert_eq!(code(b"%PDF-1.7 \xff"), "file-kind");
    assert_eq!(code(b"\xd0\xcf\x11\xe0\xa1\xb1"), "file-kind");
    assert_eq!(code(b"PK\x03\x04nothing"), "workbook-unreadable");
    let mut book = workbook(&[("Một", "<row r=\"1\"><c r=\"A1\"><v>1</v></c></row>")]);
    for place in (0..book.len()).step_by(7) {
        book[place] ^= 0x55;
        let _ = read(&book);
    }
    let sparse = "<row r=\"1\"><c r=\"A1\"><v>1</v></c></row><row r=\"1048576\"><c r=\"XFD1048576\"><v>1</v></c></row>";
    assert_eq!(code(&workbook(&[("Một", sparse)])), "title-above-heading");
}

proptest::proptest! {
    #[test]
    fn any_bytes_are_a_table_or_findings(bytes: Vec<u8>) {
        if let Err(findings) = read(&bytes) {
            proptest::prop_assert!(any_error(&findings));
        }
    }

    #[test]
    fn any_text_is_a_table_or_findings_with_lines(text in "[unit,;sa\t\"#\r\n \u{300}\u{feff}0-9.]*") {
        match read(&text) {
            Ok(table) => proptest::prop_assert!(table.records().map(|record| record.line()).is_sorted()),
            Err(findings) => proptest::prop_assert!(findings.iter().all(|finding| finding.line.is_some())),
        }
    }
}
