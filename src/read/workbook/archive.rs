//! The ZIP archive that a workbook is, looked through before anything is read of it.

use std::io::{BufReader, Cursor, Read};

use bytes::Bytes;
use quick_xml::Reader;
use quick_xml::events::Event;
use zip::ZipArchive;
use zip::read::ZipFile;

use crate::project::Limits;
use crate::read::Refusal;
use crate::read::limits::{MOST_STRINGS, past};
use crate::read::room::Room;

/// How the first eight bytes of the older container are.
const COMPOUND_FILE: [u8; 8] = [0xD0, 0xCF, 0x11, 0xE0, 0xA1, 0xB1, 0x1A, 0xE1];

/// The parts of a workbook, each of which was read once whole.
pub struct Archive {
    inner: ZipArchive<Cursor<Bytes>>,
}

/// A part of a workbook as XML; empty elements come as a start and an end.
pub type Xml<'a> = Reader<BufReader<ZipFile<'a, Cursor<Bytes>>>>;

/// What kind of workbook the parts make.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Office Open XML.
    Xlsx,
    /// OpenDocument.
    Ods,
}

impl Archive {
    /// Reads every part once: the library that reads cells stops where the sheet ends and so sees no checksum.
    pub fn open(bytes: &Bytes, limits: Limits) -> Result<Self, Refusal> {
        if bytes.starts_with(&COMPOUND_FILE) {
            return Err(of_compound_file(bytes));
        }
        let mut inner = ZipArchive::new(Cursor::new(bytes.clone())).map_err(|_| no_workbook())?;
        let mut room = Room::new(limits, bytes.len());
        room.check_entries(inner.len())?;
        for index in 0..inner.len() {
            let part = inner.by_index(index).map_err(|_| no_workbook())?;
            room.pass(part, |_| no_workbook())?;
        }
        Ok(Self { inner })
    }

    /// What the parts make, told by the parts and not by the name of the file.
    pub fn kind(&mut self) -> Result<Kind, Refusal> {
        let mut mimetype = String::new();
        if let Ok(part) = self.inner.by_name("mimetype") {
            part.take(200).read_to_string(&mut mimetype).map_err(|_| no_workbook())?;
        }
        if mimetype.trim_end().starts_with("application/vnd.oasis.opendocument.spreadsheet") {
            return Ok(Kind::Ods);
        }
        let refuse = |what: &str| Err(Refusal::new("source-error", what));
        if mimetype.starts_with("application/vnd.oasis.opendocument") {
            return refuse("the file is an OpenDocument file, but no spreadsheet");
        }
        if self.find(|file| file == "workbook.bin").is_some() {
            return refuse("the file is a binary workbook (XLSB): save it as XLSX or ODS");
        }
        if self.find(is_xlsx_book).is_none() {
            return refuse("the file is a ZIP archive, but neither an XLSX nor an ODS workbook");
        }
        Ok(Kind::Xlsx)
    }

    /// The XML of a part, where there is one.
    pub fn xml(&mut self, name: &str) -> Result<Option<Xml<'_>>, Refusal> {
        let Some(index) = self.inner.index_for_name(name) else { return Ok(None) };
        let part = self.inner.by_index(index).map_err(|_| no_workbook())?;
        let mut xml = Reader::from_reader(BufReader::new(part));
        xml.config_mut().expand_empty_elements = true;
        Ok(Some(xml))
    }

    /// The XML of the part that lists the sheets of an XLSX workbook, where it has its usual name.
    pub fn xlsx_book(&mut self) -> Result<Option<Xml<'_>>, Refusal> {
        match self.find(is_xlsx_book) {
            Some(name) => self.xml(&name),
            None => Ok(None),
        }
    }

    /// Looks at the texts that cells of an XLSX workbook share: the library that reads cells holds them all, and makes room
    /// for as many as the part announces.
    ///
    /// # Errors
    /// `source-error` where there are, or are said to be, more than [`MOST_STRINGS`].
    pub fn check_strings(&mut self) -> Result<(), Refusal> {
        let is_meant = |name: &str| name.to_ascii_lowercase().ends_with("sharedstrings.xml");
        let names: Vec<String> = self.inner.file_names().flatten().filter(|name| is_meant(name)).map(|name| name.to_string()).collect();
        names.iter().try_for_each(|name| self.check_strings_of(name))
    }

    fn check_strings_of(&mut self, name: &str) -> Result<(), Refusal> {
        let Some(mut xml) = self.xml(name)? else { return Ok(()) };
        let mut buffer = Vec::new();
        let mut count = 0;
        loop {
            buffer.clear();
            match xml.read_event_into(&mut buffer).map_err(|_| no_workbook())? {
                Event::Start(tag) if tag.local_name().as_ref() == "sst" => {
                    let said = tag.try_get_attribute("uniqueCount").ok().flatten().and_then(|said| said.value.trim().parse().ok());
                    count = count.max(said.unwrap_or_default());
                }
                Event::Start(tag) if tag.local_name().as_ref() == "si" => count += 1,
                Event::Eof => return Ok(()),
                _ => {}
            }
            if count > MOST_STRINGS {
                return Err(past(format!("the workbook has, or says that it has, more than {MOST_STRINGS} texts"), "save it again, or send it in parts"));
            }
        }
    }

    /// The part whose file's name, in lower case, is looked for.
    fn find(&self, is_wanted: impl Fn(&str) -> bool) -> Option<String> {
        let file = |name: &str| name.rsplit(['/', '\\']).next().unwrap_or_default().to_ascii_lowercase();
        self.inner.file_names().flatten().find(|name| is_wanted(&file(name))).map(|name| name.to_string())
    }
}

/// `workbook.xml`; programs that save online also write `workbook22.xml`.
fn is_xlsx_book(file: &str) -> bool {
    file.starts_with("workbook") && file.ends_with(".xml")
}

/// Password protection puts a workbook into the container of the oldest format.
fn of_compound_file(bytes: &[u8]) -> Refusal {
    let name: Vec<u8> = "EncryptedPackage".encode_utf16().flat_map(u16::to_le_bytes).collect();
    let is_encrypted = bytes.windows(name.len()).any(|window| window == name);
    let what = if is_encrypted { "the workbook is protected by a password" } else { "the file is in the format of Excel before 2007 (XLS): save it as XLSX" };
    Refusal::new("source-error", what)
}

fn no_workbook() -> Refusal {
    Refusal::new("source-error", "the file is no workbook (XLSX or ODS), or it is cut off or damaged")
}
