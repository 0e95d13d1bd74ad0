//! The project folder: its files read into forms, resolved into one consistent [`Project`], every fault at once.
//!
//! Guarantees: a [`Project`] that exists has no faults of its own; what depends on SQL is checked by `model`.

mod access;
mod access_forms;
mod alert_forms;
mod alerts;
mod api;
mod calendar;
mod calendar_forms;
mod closing;
mod codes;
mod corrections;
mod delivery;
mod document;
mod drift;
mod edition;
mod editor;
mod excuses;
mod export;
mod export_forms;
mod export_source;
mod files;
mod fingerprint;
mod forms;
mod holidays;
mod hxl;
mod labels;
mod obligations;
mod packing;
#[cfg(feature = "engine")]
mod phrases;
mod pipeline;
mod plain;
mod relations;
mod resolve;
mod retention;
mod roles;
mod row_rules;
mod schedule;
mod schedule_forms;
mod schedule_policies;
mod schema;
mod schema_forms;
mod schema_keys;
mod schema_limits;
mod schema_parts;
mod schema_syntax;
mod sheets_form;
mod spanned_csv;
mod template;
mod veil;
mod versions;
mod wildcard;
mod workbook;

pub use access::{Access, Api, ApiStyle, MOST_BYTES, Named, STORE_SCHEMES};
pub use alerts::{AlertKind, MailTls, Mailbox, Receiver, Shape, User, Way, WebhookUrl, is_this_machine};
pub use calendar::{Calendar, Remind, Requires, WhenClosed};
pub use closing::{Closing, Closings, Reopening};
pub use corrections::Corrections;
pub use delivery::DeliveryMode;
pub use document::from_toml_at;
pub use drift::{DriftPolicies, DriftPolicy};
pub use edition::{Edition, Restatement, editions, usual_tag};
pub use editor::{Day, EditorSchema, editor_schema, editor_schemas};
pub use excuses::Excuse;
pub use export::{Export, JsonShape, Repeat, Review, Verdict, is_label};
pub use files::Files;
pub use hxl::check_tag;
pub use labels::{LABELS_FILE, LabelKind, Labels, Lang};
pub use obligations::Obligation;
pub use packing::{Compression, Limits};
#[cfg(feature = "engine")]
pub use phrases::fill;
#[cfg(feature = "engine")]
pub(crate) use phrases::words;
pub use plain::plain_schema;
pub use resolve::{load, load_with_faults};
pub use schedule::{Hosts, Schedule};
pub use template::{Placed, Template};
pub use versions::Periods;
pub use wildcard::Wildcard;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::PathBuf;
use std::sync::Arc;

use chrono::NaiveDate;
use chrono_tz::Tz;

use crate::contract::{CodeList, DateFormat, NumberStyle, SharedContract};
use crate::diagnostic::SourceFile;
use crate::names::{FeedName, OfficeCode};
use crate::period::Period;

/// A project folder that was found in order.
#[derive(Debug)]
pub struct Project {
    /// The folder.
    pub root: PathBuf,
    /// A hash of the files that all of this was read from; the same where not a byte of them has changed.
    pub print: String,
    /// The project's name, also of its key.
    pub name: String,
    /// What people call it.
    pub title: String,
    /// The zone of what names no other.
    pub timezone: Tz,
    /// The warehouse's folder.
    pub warehouse: PathBuf,
    /// The folder of control totals.
    pub published: Option<PathBuf>,
    /// The first month for which offices owe anything.
    pub first_period: Period,
    /// The first day of the calendar of periods.
    pub since: NaiveDate,
    /// When reports are due, and which need not come.
    pub calendar: Calendar,
    /// How long what is kept.
    pub retention: Retention,
    /// Periods whose figures are final.
    pub closings: Closings,
    /// Memory that the engine may use, in MiB.
    pub memory_mib: usize,
    /// The offices in order of precedence.
    pub offices: Vec<Office>,
    /// The code lists by name.
    pub code_lists: BTreeMap<String, Arc<CodeList>>,
    /// The pipelines, by feed.
    pub pipelines: Vec<Pipeline>,
    /// Tables of the project that no office sends.
    pub references: Vec<Reference>,
    /// What people call tables, columns and values.
    pub labels: Labels,
    /// HXL tags of the columns of released tables, by the column's name.
    pub hxl: BTreeMap<String, String>,
    /// The SQL files.
    pub sql: Vec<Arc<SourceFile>>,
    /// When pipelines and models run.
    pub schedule: Schedule,
    /// Who is told when something needs somebody.
    pub receivers: Vec<Receiver>,
    /// Where offices return workbooks of faulty rows; nothing where they cannot.
    pub corrections: Option<Corrections>,
}

impl Project {
    /// The pipeline of a feed.
    pub fn pipeline(&self, feed: &str) -> Option<&Pipeline> {
        self.pipelines.iter().find(|pipeline| pipeline.contract.feed.as_str() == feed)
    }

    /// The office with a code.
    pub fn office(&self, code: &str) -> Option<&Office> {
        self.offices.iter().find(|office| office.code.as_str() == code)
    }
}

/// How long what is kept; what is past that goes with `rihla prune` and no sooner.
#[derive(Debug, Default)]
pub struct Retention {
    /// How many releases are kept, the newest ones; all where absent.
    pub releases: Option<u64>,
    /// By feed, for how many months rows are kept after their event.
    pub months: BTreeMap<String, u32>,
}

/// An office.
#[derive(Debug)]
pub struct Office {
    /// Its code.
    pub code: OfficeCode,
    /// What people call it.
    pub name: String,
    /// ISO 3166-1 alpha-3.
    pub country: String,
    /// Its zone, in which its local times are meant.
    pub timezone: Tz,
    /// First day of work.
    pub opened: Option<NaiveDate>,
    /// Last day of work.
    pub closed: Option<NaiveDate>,
    /// Feeds owed, each with when it is due; no two obligations of a feed are about the same month.
    pub owes: BTreeMap<FeedName, Vec<Obligation>>,
    /// The language of workbooks for it.
    pub language: Lang,
}

impl Office {
    /// True where the office worked on any day of the period.
    pub fn is_open_in(&self, period: Period) -> bool {
        self.opened.is_none_or(|day| day <= period.end()) && self.closed.is_none_or(|day| day >= period.start())
    }

    /// What the office owes of a feed for a month, excused or not; nothing where it owes none.
    pub fn obligation(&self, feed: &str, month: Period, first: Period) -> Option<&Obligation> {
        let is_owed = month >= first && self.is_open_in(month);
        self.owes.get(feed)?.iter().find(|obligation| is_owed && obligation.holds(month))
    }
}

/// How a feed is loaded.
#[derive(Debug)]
pub struct Pipeline {
    /// What its rows must be.
    pub contract: SharedContract,
    /// What a delivery of it holds.
    pub delivery: DeliveryMode,
    /// Whether a refused delivery stops the release.
    pub required: bool,
    /// The greatest share of quarantined rows, 0 to 1.
    pub tolerance: f64,
    /// So many bad rows are tolerated whatever their share.
    pub tolerated_rows: u64,
    /// Where extracts come from.
    pub sources: Vec<Arc<Source>>,
}

/// Extracts that come from one place in one habit.
#[derive(Debug)]
pub struct Source {
    /// Offices that send this way.
    pub offices: BTreeSet<OfficeCode>,
    /// Where extracts lie.
    pub template: Template,
    /// How they are found.
    pub access: Access,
    /// The greatest that is read, in bytes.
    pub most_bytes: u64,
    /// The reporting periods that it is for.
    pub periods: Periods,
    /// How they are written.
    pub format: Format,
    /// Formats of dates.
    pub dates: Vec<DateFormat>,
    /// Formats of instants.
    pub datetimes: Vec<DateFormat>,
    /// What separates several values in a cell.
    pub list_separator: String,
    /// How numbers are written.
    pub numbers: NumberStyle,
    /// What of this the source says itself; of the rest the schema may speak.
    pub says: Says,
    /// Indexes of fields that these extracts do not have.
    pub absent: BTreeSet<usize>,
    /// Folded labels to field indexes.
    pub labels: HashMap<String, usize>,
    /// Folded first cells of rows that are totals.
    pub total_rows: BTreeSet<String>,
    /// What is particular to exports of form systems.
    pub export: Export,
    /// How they are packed, where they are.
    pub compression: Option<Compression>,
    /// How far they may unpack.
    pub limits: Limits,
    /// Hash of what decides what rows become, save what is the office's own; see [`Project::judged_by`].
    pub fingerprint: String,
    /// What becomes of columns that are not those of the schema.
    pub drift: DriftPolicies,
}

/// Of which kinds of values a source says itself how they are written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Says {
    /// Dates.
    pub dates: bool,
    /// Moments.
    pub datetimes: bool,
    /// Numbers.
    pub numbers: bool,
    /// Lists.
    pub lists: bool,
}

/// How an extract is written.
#[derive(Debug, Clone)]
pub enum Format {
    /// Separated values.
    Csv {
        /// The separator.
        delimiter: u8,
        /// The encoding.
        encoding: TextEncoding,
    },
    /// An XLSX or ODS workbook.
    Workbook(WorkbookFormat),
    /// A JSON object a line.
    JsonLines,
    /// Whole JSON documents.
    Json(JsonShape),
}

/// Which sheets of a workbook are read, and how.
#[derive(Debug, Clone)]
pub struct WorkbookFormat {
    /// The sheets; where none is named, the only visible one.
    pub sheets: Vec<String>,
    /// The header's first row, from 1.
    pub header_row: u32,
    /// How many rows the header has, at least 1.
    pub header_rows: u32,
    /// Whether hidden sheets are read too.
    pub hidden: bool,
    /// Whether plain numbers in columns of dates are days of the workbook's own count.
    pub serial_dates: bool,
    /// Whether plain numbers in columns of instants are moments of the workbook's own count.
    pub serial_datetimes: bool,
}

/// How text is encoded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TextEncoding {
    /// UTF-8, with or without a byte-order mark.
    Utf8,
    /// UTF-16 in the order that its byte-order mark says.
    Utf16,
    /// UTF-16, the low byte first.
    Utf16Le,
    /// UTF-16, the high byte first.
    Utf16Be,
    /// Western European Windows.
    Windows1252,
}

impl TextEncoding {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Utf8, Self::Utf16, Self::Utf16Le, Self::Utf16Be, Self::Windows1252];

    /// Its name in pipelines.
    pub fn name(self) -> &'static str {
        match self {
            Self::Utf8 => "utf-8",
            Self::Utf16 => "utf-16",
            Self::Utf16Le => "utf-16le",
            Self::Utf16Be => "utf-16be",
            Self::Windows1252 => "windows-1252",
        }
    }
}

/// What joins the elements of a JSON list in a text cell: ASCII's unit separator.
pub const JSON_LIST_SEPARATOR: &str = "\u{1f}";

/// A table of the project that no office sends: a UTF-8 comma CSV with its contract.
#[derive(Debug)]
pub struct Reference {
    /// Its name in SQL, after `ref.`.
    pub name: String,
    /// The file.
    pub path: PathBuf,
    /// The contract; its feed is the reference's name.
    pub contract: SharedContract,
}
