//! Packed extracts: read as if they were not, refused with a clear reason where they are not whole or are too much.

use std::io::{Cursor, Write};

use flate2::Compression;
use flate2::write::GzEncoder;
use rihla::read::{Page, Piece, read_pages};
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

use crate::support::{Folder, ROWS, assert_nobody, comma_csv, json_lines, workbook};

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut packed = GzEncoder::new(Vec::new(), Compression::best());
    packed.write_all(bytes).expect("packed");
    packed.finish().expect("packed")
}

fn zstd(bytes: &[u8]) -> Vec<u8> {
    let mut packed = zstd::stream::write::Encoder::new(Vec::new(), 3).expect("an encoder");
    packed.include_checksum(true).expect("a checksum");
    packed.write_all(bytes).expect("packed");
    packed.finish().expect("packed")
}

fn zip(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut packed = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in files {
        packed.start_file(*name, SimpleFileOptions::default()).expect("a file");
        packed.write_all(bytes).expect("packed");
    }
    packed.finish().expect("packed").into_inner()
}

const CSV: &str = "csv = { delimiter = \",\", encoding = \"utf-8\" }";

/// Reads a file as Rabat's, packed as its source says; how many rows there are, or why it is refused.
fn read(says: &str, bytes: Vec<u8>) -> Result<u64, String> {
    let folder = Folder::bare();
    folder.replace("pipelines/registrations.toml", CSV, &format!("{CSV}\n{says}"));
    let project = rihla::project::load(&folder.path("")).expect("a project");
    let pipeline = &project.pipelines[0];
    let mut rows = 0;
    let pages = [Page { name: "a.csv".to_owned(), bytes: bytes.into() }];
    let read = read_pages(&pages, &pipeline.sources[0], &pipeline.contract, &mut |piece| match piece {
        Piece::Rows(batch) => rows += batch.rows.len() as u64,
        Piece::Aside(_) => rows += 1,
        Piece::Drift(_) => {}
    });
    let read = read.map_err(|refusal| format!("{}: {}", refusal.error, refusal.message))?;
    assert_eq!(read, rows);
    Ok(read)
}

#[track_caller]
fn refused(says: &str, bytes: Vec<u8>, because: &str) {
    let why = read(says, bytes).expect_err(because);
    assert!(why.contains(because), "`{because}` in: {why}");
    assert_nobody(&why);
}

const GZIP: &str = "compression = \"gzip\"";
const ZSTD: &str = "compression = \"zstd\"";
const ZIP: &str = "compression = \"zip\"";

#[test]
fn what_is_packed_reads_as_if_it_were_not() {
    let text = comma_csv(&ROWS);
    for (says, bytes) in [(GZIP, gzip(text.as_bytes())), (ZSTD, zstd(text.as_bytes())), (ZIP, zip(&[("a.csv", text.as_bytes())]))] {
        assert_eq!(read(says, bytes), Ok(4), "{says}");
    }
}

#[test]
fn what_is_not_whole_is_refused() {
    let text = comma_csv(&ROWS);
    let text = text.as_bytes();
    for (says, whole, what) in [(GZIP, gzip(text), "gzip"), (ZSTD, zstd(text), "Zstandard")] {
        refused(says, whole[..whole.len() / 2].to_vec(), &format!("the {what} file is cut off"));
        refused(says, whole[..whole.len() - 1].to_vec(), &format!("the {what} file is cut off"));
        refused(says, whole[..5].to_vec(), &format!("the {what} file is cut off"));
        refused(says, [&whole[..], &whole[..]].concat(), "a second one follows in the same file");
        refused(says, [&whole[..], b"\n"].concat(), "bytes follow that are no part of it");
        let mut wrong = whole.clone();
        let sum = wrong.len() - if says == GZIP { 6 } else { 2 };
        wrong[sum] ^= 1;
        refused(says, wrong, &format!("the {what} file is damaged"));
    }
    let whole = zip(&[("a.csv", text)]);
    refused(ZIP, whole[..whole.len() / 2].to_vec(), "cut off or damaged");
    let mut wrong = whole;
    wrong[60] ^= 1;
    refused(ZIP, wrong, "cut off or damaged");
    for says in [GZIP, ZSTD, ZIP] {
        refused(says, Vec::new(), "the file is empty");
    }
    refused(GZIP, gzip(b""), "the file is empty");
    refused(ZSTD, zstd(b""), "the file is empty");
    refused(ZIP, zip(&[("a.csv", b"")]), "the file is empty");
}

#[test]
fn another_packing_than_the_source_says_is_told() {
    let text = comma_csv(&ROWS);
    let text = text.as_bytes();
    refused(GZIP, zstd(text), "packed as gzip, but it is a Zstandard file");
    refused(ZSTD, gzip(text), "packed as Zstandard, but it is a gzip file");
    refused(ZIP, gzip(text), "packed as ZIP, but it is a gzip file");
    refused(GZIP, zip(&[("a.csv", text)]), "it is a ZIP archive or a workbook");
    refused(GZIP, text.to_vec(), "it is not: it begins like nothing that is packed");
    refused("", gzip(text), "the file is packed: say `compression = \"gzip\"`");
    refused("", zstd(text), "the file is packed: say `compression = \"zstd\"`");
    refused(GZIP, gzip(&gzip(text)), "packed once more");
}

#[test]
fn an_archive_holds_one_extract_and_nothing_else() {
    let text = comma_csv(&ROWS);
    let text = text.as_bytes();
    refused(ZIP, zip(&[("a.csv", text), ("b.csv", text)]), "the archive holds 2 files, not one");
    refused(ZIP, zip(&[]), "the archive holds 0 files, not one");
    refused(ZIP, zip(&[("january/a.csv", text)]), "stands in a folder");
    refused(ZIP, zip(&[("../a.csv", text)]), "stands in a folder");
    refused(ZIP, zip(&[("a.csv.zip", &zip(&[("a.csv", text)]))]), "packed once more");
    refused(ZIP, zip(&[("a.csv.gz", &gzip(text))]), "packed once more");
    // Two files of one name: the second name is made the first one's in the bytes.
    let twice = zip(&[("a.csv", text), ("b.csv", text)]);
    let second = (0..twice.len() - 5).filter(|at| twice[*at..].starts_with(b"b.csv")).collect::<Vec<_>>();
    let mut twice = twice;
    second.into_iter().for_each(|at| twice[at] = b'a');
    refused(ZIP, twice, "two files of one name");
    // The flag of encryption, in the local header and in the directory.
    let mut locked = zip(&[("a.csv", text)]);
    let directory = locked.windows(4).position(|window| window == b"PK\x01\x02").expect("a directory");
    locked[6] |= 1;
    locked[directory + 8] |= 1;
    refused(ZIP, locked, "protected by a password");
}

#[test]
fn what_unpacks_to_too_much_is_refused() {
    let zeros = vec![b'0'; 40 << 20];
    for (says, bytes) in [(GZIP, gzip(&zeros)), (ZSTD, zstd(&zeros)), (ZIP, zip(&[("a.csv", &zeros)]))] {
        refused(says, bytes.clone(), "unpacks to more than 200 times its size: where that is meant, raise `limits = { ratio = … }`");
        let wide = format!("{says}\nlimits = {{ unpacked_mib = 20, ratio = 1000000 }}");
        refused(&wide, bytes, "unpacks to more than 20 MiB: where that is meant, raise `limits = { unpacked_mib = … }`");
    }
    refused(&format!("{ZIP}\nlimits = {{ entries = 2 }}"), zip(&[("a", b"1"), ("b", b"2"), ("c", b"3")]), "holds 3 files, more than the limit of 2");
}

#[test]
fn archives_and_workbooks_have_the_same_limits() {
    let zeros = vec![b'0'; 40 << 20];
    let archive = "archive = { file = \"a.csv\" }";
    refused(archive, zip(&[("a.csv", &zeros)]), "unpacks to more than 200 times its size");
    refused(&format!("{archive}\nlimits = {{ entries = 1 }}"), zip(&[("a.csv", b"1"), ("b.csv", b"2")]), "more than the limit of 1");

    let folder = Folder::bare();
    folder.replace("pipelines/registrations.toml", "total_rows = [\"TOTAL\"]", "total_rows = [\"TOTAL\"]\nlimits = { entries = 3 }");
    folder.write("in/TNG/2023-02-06/registrations-2023-01.xlsx", workbook("Données", &ROWS));
    let ran = folder.rihla(&["run"]);
    assert!(ran.code == 1 && ran.stdout.contains("more than the limit of 3"), "{}", ran.text());
}

#[test]
fn packed_extracts_go_the_whole_way() {
    let folder = Folder::bare();
    let pipeline = "pipelines/registrations.toml";
    folder.replace(pipeline, &format!("registrations-{{period}}.csv\"\n{CSV}"), &format!("registrations-{{period}}.csv.gz\"\n{GZIP}\n{CSV}"));
    folder.replace(pipeline, "registrations-{period}.xlsx\"", &format!("registrations-{{period}}.xlsx.zip\"\n{ZIP}"));
    folder.replace(pipeline, "registrations-{period}.jsonl\"", &format!("registrations-{{period}}.jsonl.zst\"\n{ZSTD}"));
    folder.write("in/RAB/2023-02-04/registrations-2023-01.csv.gz", gzip(comma_csv(&ROWS).as_bytes()));
    folder.write("in/TNG/2023-02-06/registrations-2023-01.xlsx.zip", zip(&[("registrations.xlsx", &workbook("Données", &ROWS))]));
    folder.write("in/AGA/2023-02-07/registrations-2023-01.jsonl.zst", zstd(json_lines(&ROWS).as_bytes()));
    let ran = folder.rihla(&["run"]).ok();
    assert_eq!(folder.loaded("registrations").len(), 12, "{}", ran.text());

    let beside = folder.path("../february.csv.gz");
    std::fs::write(&beside, gzip(comma_csv(&ROWS).as_bytes())).expect("a file");
    let tried = folder.rihla(&["validate", beside.to_str().expect("a path"), "--feed", "registrations", "--office", "RAB", "--period", "2023-02"]).ok();
    assert!(tried.stdout.contains("every row of it good"), "{}", tried.text());

    let erased = folder.rihla_fed(&["erase", "--person", "-", "--json"], "CN-77704,1\n", &[]).ok().json();
    let seen = erased["extracts"].as_array().or(erased["sightings"].as_array()).map_or(0, Vec::len);
    assert_eq!(seen, 3, "who is erased is found in packed extracts: {erased}");
}

#[test]
fn an_archive_is_not_packed_once_more_and_limits_are_in_reason() {
    let folder = Folder::bare();
    folder.replace("pipelines/registrations.toml", CSV, &format!("{CSV}\n{GZIP}\narchive = {{ file = \"a.csv\" }}\nlimits = {{ ratio = 0 }}"));
    let ran = folder.rihla(&["check"]);
    assert!(ran.stderr.contains("an `archive` is a ZIP file already") && ran.stderr.contains("the limit is 1 to"), "{}", ran.text());
}

#[test]
fn a_packed_sample_drafts_a_feed_that_unpacks() {
    let folder = Folder::bare();
    let text = "id,dossier,numéro de personne,sexe,date de naissance,date d'arrivée,modifié le\na-1,CN-77701,1,F,1990-03-01,2023-01-03,2023-01-03T09:00:00Z\na-2,CN-77702,1,M,1991-04-02,2023-01-04,2023-01-04T09:00:00Z\n";
    for (name, bytes, packed) in [
        ("arrivals-2023-01.csv.gz", gzip(text.as_bytes()), "gzip"),
        ("arrivals-2023-01.csv.zst", zstd(text.as_bytes()), "zstd"),
        ("arrivals-2023-01.csv.zip", zip(&[("arrivals.csv", text.as_bytes())]), "zip"),
    ] {
        let file = folder.path("..").join(name);
        std::fs::write(&file, bytes).expect("a file");
        let shown = folder.rihla(&["infer", file.to_str().expect("a path"), "--dry-run"]).ok();
        let ending = name.rsplit_once('.').expect("an ending").1;
        assert!(shown.stdout.contains(&format!("packed with {packed}")), "{}", shown.text());
        assert!(
            shown.stdout.contains(&format!("compression = \"{packed}\"")) && shown.stdout.contains(&format!("arrivals-{{period}}.csv.{ending}")),
            "{}",
            shown.text()
        );
    }
}
