//! Packed extracts: one gzip member, one Zstandard frame, or a ZIP archive of one file.
//!
//! Guarantees: what is handed on is all that the file holds, and its checksum, where it has one, is right. Refuses: what is
//! packed otherwise than the source says, cut off or damaged, more than one extract, bytes after the end, and what
//! unpacks past the limits. A second member or frame is refused and not read on: it is a second file, whose header
//! would pass for a row.

use std::io::Cursor;

use bytes::Bytes;
use flate2::bufread::GzDecoder;
use zip::ZipArchive;
use zip::read::ZipFile;

pub use super::room::Room;
use super::{Page, Refusal};
use crate::project::{Compression, Limits};

/// The first bytes of what files are packed or written as.
const SIGNS: [(&[u8], &str); 8] = [
    (b"\x1F\x8B", "a gzip file"),
    (b"\x28\xB5\x2F\xFD", "a Zstandard file"),
    (b"PK\x03\x04", "a ZIP archive or a workbook"),
    (b"PK\x05\x06", "an empty ZIP archive"),
    (b"\xFD7zXZ\0", "an xz file"),
    (b"BZh", "a bzip2 file"),
    (b"7z\xBC\xAF\x27\x1C", "a 7z archive"),
    (b"Rar!", "a RAR archive"),
];

/// Unpacks the files of a delivery; each is called as it would be unpacked.
///
/// # Errors
/// `source-error`, as the module says.
pub fn pages(pages: &[Page], compression: Compression, limits: Limits) -> Result<Vec<Page>, Refusal> {
    let mut room = Room::new(limits, pages.iter().map(|page| page.bytes.len()).sum());
    let unpacked = pages.iter().map(|page| Ok(Page { name: bare(&page.name, compression).to_owned(), bytes: unpack(&page.bytes, compression, &mut room)? }));
    unpacked.collect()
}

/// The name of a file without the ending that says how it is packed.
fn bare(name: &str, compression: Compression) -> &str {
    let endings: &[&str] = match compression {
        Compression::Gzip => &[".gz"],
        Compression::Zstd => &[".zst", ".zstd"],
        Compression::Zip => &[".zip"],
    };
    endings.iter().find_map(|ending| name.strip_suffix(ending)).unwrap_or(name)
}

/// How a file is packed, as its first bytes say; a ZIP archive is not among them, since workbooks are such too.
pub fn packed_as(bytes: &[u8]) -> Option<Compression> {
    let sign = SIGNS.iter().position(|(sign, _)| bytes.starts_with(sign))?;
    [Compression::Gzip, Compression::Zstd].get(sign).copied()
}

/// True for what may hold more than its bytes: a file that is packed, an archive, a workbook of today.
pub fn may_hold_more(bytes: &[u8]) -> bool {
    SIGNS.iter().any(|(sign, _)| bytes.starts_with(sign))
}

/// How a file is packed; an archive that is a workbook is not packed.
pub fn told(bytes: &Bytes) -> Option<Compression> {
    packed_as(bytes).or_else(|| (bytes.starts_with(b"PK") && !is_workbook(bytes)).then_some(Compression::Zip))
}

/// The endings by which people know how a file is packed.
pub const ENDINGS: [&str; 4] = [".gz", ".zst", ".zstd", ".zip"];

/// Unpacks a file.
///
/// # Errors
/// As [`pages`].
pub fn unpack(bytes: &Bytes, compression: Compression, room: &mut Room) -> Result<Bytes, Refusal> {
    if bytes.is_empty() {
        return Err(refuse("the file is empty: it has neither a header nor rows"));
    }
    let (signs, what): (&[usize], &str) = match compression {
        Compression::Gzip => (&[0], "gzip"),
        Compression::Zstd => (&[1], "Zstandard"),
        Compression::Zip => (&[2, 3], "ZIP"),
    };
    let found = SIGNS.iter().position(|(sign, _)| bytes.starts_with(sign));
    if !found.is_some_and(|found| signs.contains(&found)) {
        let is = found.map_or("not: it begins like nothing that is packed", |found| SIGNS[found].1);
        return Err(Refusal::new("format-error", format!("the source says that the file is packed as {what}, but it is {is}")));
    }
    let unpacked = match compression {
        Compression::Gzip => gzip(bytes, room),
        Compression::Zstd => zstd(bytes, room),
        Compression::Zip => zipped(bytes, room),
    }?;
    match told(&unpacked) {
        Some(_) => Err(refuse("what the file holds is packed once more: pack it once")),
        None => Ok(unpacked),
    }
}

fn gzip(bytes: &Bytes, room: &mut Room) -> Result<Bytes, Refusal> {
    let mut decoder = GzDecoder::new(&bytes[..]);
    let unpacked = room.read(&mut decoder, |cause| match cause.kind() {
        std::io::ErrorKind::UnexpectedEof => refuse("the gzip file is cut off"),
        _ => refuse("the gzip file is damaged: its content does not agree with its checksum or its format"),
    })?;
    check_rest(decoder.into_inner(), 0)?;
    Ok(unpacked)
}

fn zstd(bytes: &Bytes, room: &mut Room) -> Result<Bytes, Refusal> {
    let broken = |cause: std::io::Error| match cause.kind() {
        std::io::ErrorKind::UnexpectedEof => refuse("the Zstandard file is cut off"),
        _ => refuse("the Zstandard file is damaged, or needs more memory to unpack than is given"),
    };
    let mut decoder = zstd::stream::read::Decoder::with_buffer(&bytes[..]).map_err(broken)?.single_frame();
    let unpacked = room.read(&mut decoder, broken)?;
    check_rest(decoder.finish(), 1)?;
    Ok(unpacked)
}

/// Nothing may follow the end of what is packed.
fn check_rest(rest: &[u8], sign: usize) -> Result<(), Refusal> {
    if rest.is_empty() {
        return Ok(());
    }
    let what = if rest.starts_with(SIGNS[sign].0) {
        "a second one follows in the same file, which would be another extract"
    } else {
        "bytes follow that are no part of it"
    };
    Err(refuse(&format!("after the end of the packed file {what}: pack one extract alone")))
}

fn zipped(bytes: &Bytes, room: &mut Room) -> Result<Bytes, Refusal> {
    let mut archive = ZipArchive::new(Cursor::new(bytes.clone())).map_err(|_| broken_zip())?;
    room.check_entries(archive.len())?;
    if archive.has_duplicate_names() {
        return Err(refuse("the archive holds two files of one name"));
    }
    let found = files(&mut archive)?;
    let [index] = found[..] else {
        return Err(refuse(&format!("the archive holds {} files, not one: pack one extract alone", found.len())));
    };
    let file = archive.by_index(index).map_err(|error| locked(&error))?;
    check_name(&file)?;
    room.read(file, |_| broken_zip())
}

/// The entries of an archive that are no folders.
fn files(archive: &mut ZipArchive<Cursor<Bytes>>) -> Result<Vec<usize>, Refusal> {
    let mut files = Vec::new();
    for index in 0..archive.len() {
        if !archive.by_index_raw(index).map_err(|_| broken_zip())?.is_dir() {
            files.push(index);
        }
    }
    Ok(files)
}

/// A name with a path is of a folder that was packed: of what else was meant to be in it nothing is known.
fn check_name(file: &ZipFile<'_, Cursor<Bytes>>) -> Result<(), Refusal> {
    let name = file.name().map_err(|_| broken_zip())?;
    match name.contains(['/', '\\']) {
        true => Err(refuse("the file in the archive stands in a folder: pack the extract alone")),
        false => Ok(()),
    }
}

/// Whether an archive is a workbook, by the parts that every workbook has.
fn is_workbook(bytes: &Bytes) -> bool {
    let archive = ZipArchive::new(Cursor::new(bytes.clone()));
    // What is broken is told as the workbook that it may have been.
    archive.map_or(true, |archive| archive.file_names().flatten().any(|name| name == "mimetype" || name == "[Content_Types].xml"))
}

/// Why a file of an archive cannot be opened.
pub fn locked(error: &zip::result::ZipError) -> Refusal {
    match error {
        zip::result::ZipError::UnsupportedArchive(_) | zip::result::ZipError::InvalidPassword => {
            refuse("the archive is protected by a password, or packed in a way that cannot be read")
        }
        _ => broken_zip(),
    }
}

/// What is no whole archive.
pub fn broken_zip() -> Refusal {
    refuse("the ZIP archive is cut off or damaged")
}

fn refuse(message: &str) -> Refusal {
    Refusal::new("source-error", message)
}
