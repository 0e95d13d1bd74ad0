//! The files of a project folder as they are written: forms for serde, unknown keys refused, places kept.
//!
//! A form says what may stand in a file; what it means together with the other files is decided in `resolve`.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_spanned::Spanned;
use toml::value::Datetime;

pub use super::export_forms::{ArchiveForm, JsonForm, JsonLinesForm, RepeatForm, ReviewForm};
pub use super::sheets_form::SheetsForm;

/// Text with its place.
pub type Text = Spanned<String>;

/// `rihla.toml`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProjectForm {
    /// The project's name; also the name of its key.
    pub name: Text,
    /// What people call it.
    pub title: Option<String>,
    /// The zone of schedules that name none.
    pub timezone: Text,
    /// The folder or URL of the warehouse, `warehouse` where absent.
    pub warehouse: Option<Text>,
    /// The folder of control totals.
    pub published: Option<Text>,
    /// Reporting.
    pub calendar: CalendarForm,
    /// How long what is kept.
    #[serde(default)]
    pub retention: RetentionForm,
    /// Engine limits.
    #[serde(default)]
    pub engine: EngineForm,
    /// The offices, in order of precedence.
    #[serde(default)]
    pub offices: Vec<Spanned<OfficeForm>>,
    /// HXL tags of the columns of released tables, by the column's name.
    #[serde(default)]
    pub hxl: BTreeMap<Text, Text>,
    /// Tables of the project that no office sends.
    #[serde(default)]
    pub references: Vec<Spanned<ReferenceForm>>,
}

/// `[calendar]`
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CalendarForm {
    /// The first month for which offices owe anything.
    pub first_period: Text,
    /// The first day of the calendar of periods.
    pub since: Spanned<Datetime>,
}

/// `[retention]`
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RetentionForm {
    /// How many releases are kept, the newest ones; all where absent.
    pub releases: Option<Spanned<u64>>,
    /// By feed, how long rows are kept after their event: `"60 months"` or `"5 years"`; for ever where absent.
    #[serde(default)]
    pub feeds: BTreeMap<Text, Text>,
}

/// `[engine]`
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EngineForm {
    /// Memory that the engine may use before it spills to disk.
    pub memory_mib: Option<Spanned<u64>>,
}

/// `[[offices]]`
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OfficeForm {
    /// The code, as folders and tables have it.
    pub code: Text,
    /// What people call it.
    pub name: String,
    /// ISO 3166-1 alpha-3 country.
    pub country: Text,
    /// Its zone.
    pub timezone: Text,
    /// First day of work; always where absent.
    pub opened: Option<Spanned<Datetime>>,
    /// Last day of work; still open where absent.
    pub closed: Option<Spanned<Datetime>>,
    /// How its case numbers are written: `@` a letter, `#` a digit (lost zeros are put back), the rest as it is.
    pub case_number: Option<Text>,
    /// The feeds it owes each month and the day of the following month they are due.
    #[serde(default)]
    pub owes: BTreeMap<Text, Spanned<u32>>,
}

/// `[[references]]`
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReferenceForm {
    /// Its name in SQL, after `ref.`.
    pub name: Text,
    /// The CSV file (UTF-8, comma).
    pub path: Text,
    /// Its Table Schema.
    pub schema: Text,
}

/// `pipelines/*.toml`
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "`description` is for those who read the file")]
pub struct PipelineForm {
    /// The feed it loads.
    pub feed: Text,
    /// What it is.
    pub description: Option<String>,
    /// The feed's Table Schema; `schemas/{feed}.json` where absent.
    pub schema: Option<Text>,
    /// Whether a delivery of it that is refused stops the release.
    #[serde(default = "yes")]
    pub required: bool,
    /// The greatest share of a delivery's rows that may be quarantined before it is refused whole.
    pub tolerance: Spanned<f64>,
    /// So many bad rows are tolerated whatever their share, so that a small delivery is not refused for one row.
    #[serde(default)]
    pub tolerated_rows: u64,
    /// When it runs.
    pub schedule: ScheduleForm,
    /// Where extracts come from.
    pub sources: Vec<Spanned<SourceForm>>,
}

fn yes() -> bool {
    true
}

/// `schedule = { cron = "…", timezone = "…" }`
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ScheduleForm {
    /// Five fields: minute, hour, day, month, weekday.
    pub cron: Text,
    /// The zone it is meant in; the project's where absent.
    pub timezone: Option<Text>,
}

/// `[[sources]]`
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SourceForm {
    /// The offices that send this way.
    pub offices: Vec<Text>,
    /// Where their extracts lie, with `{office}`, `{received}` and `{period}`.
    pub url: Text,
    /// The reporting periods that it is for, where an office's form has versions; all where absent.
    #[serde(default)]
    pub periods: PeriodsForm,
    /// Formats of dates: strftime (months by name in French, English and Arabic), `excel-1900`, `excel-1904`.
    #[serde(default)]
    pub dates: Vec<Text>,
    /// Formats of instants, likewise; without an offset they are local to the office.
    #[serde(default)]
    pub datetimes: Vec<Text>,
    /// What separates several values in a cell.
    pub list_separator: Option<Text>,
    /// How numbers are written; a point before decimals where absent.
    #[serde(default)]
    pub numbers: NumbersForm,
    /// Fields of the schema that these extracts do not have.
    #[serde(default)]
    pub absent: Vec<Text>,
    /// Labels of this office alone, to the field they mean.
    #[serde(default)]
    pub labels: BTreeMap<Text, Text>,
    /// First cells of rows that are totals, not records.
    #[serde(default)]
    pub total_rows: Vec<String>,
    /// What stands between the names of groups in labels, `/` or `-`: a label that is not known whole is then known by
    /// its ending.
    pub groups: Option<Text>,
    /// Labels that belong to no field, `*` for any run of characters; their cells are dropped. Any other unknown label
    /// refuses the delivery.
    #[serde(default)]
    pub ignore: Vec<Text>,
    /// The row under the header holds HXL tags.
    #[serde(default)]
    pub hxl: bool,
    /// The column in which the office's own review of a record stands.
    pub review: Option<ReviewForm>,
    /// The repeat group of which every repetition is a row, with the columns of its parent.
    pub repeat: Option<Spanned<RepeatForm>>,
    /// The extracts are ZIP archives of such files.
    pub archive: Option<Spanned<ArchiveForm>>,
    /// The extracts are CSV.
    pub csv: Option<CsvForm>,
    /// The extracts are workbooks, XLSX or ODS.
    pub workbook: Option<WorkbookForm>,
    /// The extracts are JSON, an object a line.
    pub json_lines: Option<JsonLinesForm>,
    /// The extracts are whole JSON documents, in pages or not.
    pub json: Option<JsonForm>,
}

/// `periods = { first = "2023-01", last = "2023-06" }`
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PeriodsForm {
    /// The first month.
    pub first: Option<Text>,
    /// The last month.
    pub last: Option<Text>,
}

/// `numbers = { decimal = ",", group = "." }`
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NumbersForm {
    /// What stands before decimals: a point where absent, or a comma.
    pub decimal: Option<Text>,
    /// What may part thousands beside spaces.
    pub group: Option<Text>,
}

/// `[sources.csv]`
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CsvForm {
    /// One character, a comma where absent.
    pub delimiter: Option<Text>,
    /// `utf-8` (where absent), `utf-16`, `utf-16le`, `utf-16be` or `windows-1252`.
    pub encoding: Option<Text>,
}

/// `[sources.workbook]`
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WorkbookForm {
    /// The sheet with the rows, or a list of sheets; the only visible one where absent.
    pub sheet: Option<Spanned<SheetsForm>>,
    /// The first row of the header, from 1.
    pub header_row: Spanned<u32>,
    /// How many rows the header has, 1 where absent: their labels are joined from top to bottom.
    pub header_rows: Option<Spanned<u32>>,
    /// Whether sheets that are hidden are read too.
    #[serde(default)]
    pub hidden: bool,
}

/// `schemas/*.json`: a Frictionless Table Schema; `rihla` holds what the standard has no word for.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "properties of the standard that are read for others' sake")]
pub struct SchemaForm {
    #[serde(rename = "$schema")]
    schema: Option<String>,
    name: Option<String>,
    title: Option<String>,
    /// What one row is.
    pub description: Option<String>,
    /// The fields.
    pub fields: Vec<Spanned<FieldForm>>,
    /// Spellings of "no value"; the empty text where absent.
    #[serde(rename = "missingValues")]
    pub missing_values: Option<Vec<String>>,
    /// The key of a record.
    #[serde(rename = "primaryKey")]
    pub primary_key: Option<Spanned<Vec<String>>>,
    /// What the standard has no word for.
    #[serde(default)]
    pub rihla: SchemaExtras,
}

/// The schema's `rihla` object.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SchemaExtras {
    /// Fields required by condition.
    #[serde(default)]
    pub required_when: Vec<RequiredWhenForm>,
    /// Codes excluded by condition.
    #[serde(default)]
    pub excluded_when: Vec<ExcludedWhenForm>,
    /// Groups of fields that are all filled or all empty: `[["amount", "currency"]]`.
    #[serde(default)]
    pub together: Vec<Vec<Text>>,
    /// Lists of dates of which none lies before a filled one that stands earlier: `[["referred_on", "closed_on"]]`.
    #[serde(default)]
    pub in_order: Vec<Vec<Text>>,
}

/// `{"field": "country_of_origin", "is": "MAR", "when": {"direction": "outbound"}}`
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ExcludedWhenForm {
    /// The field that must be something else.
    pub field: Text,
    /// The code that it must not be.
    pub is: Text,
    /// The field that decides and the code it decides on.
    pub when: BTreeMap<Text, Text>,
}

/// `{"field": "host_country", "when": {"direction": "inbound"}}`
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RequiredWhenForm {
    /// The field that must be filled.
    pub field: Text,
    /// The field that decides and the code it decides on.
    pub when: BTreeMap<Text, Text>,
}

/// A field of a Table Schema.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "properties of the standard that are read for others' sake")]
pub struct FieldForm {
    /// The canonical name.
    pub name: Text,
    /// The type.
    #[serde(rename = "type")]
    pub kind: Option<Text>,
    title: Option<String>,
    /// What it holds.
    pub description: Option<String>,
    example: Option<toml::Value>,
    #[serde(rename = "rdfType")]
    rdf_type: Option<String>,
    /// Spellings of yes.
    #[serde(rename = "trueValues")]
    pub true_values: Option<Vec<String>>,
    /// Spellings of no.
    #[serde(rename = "falseValues")]
    pub false_values: Option<Vec<String>>,
    /// What values must satisfy.
    #[serde(default)]
    pub constraints: ConstraintsForm,
    /// What the standard has no word for.
    #[serde(default)]
    pub rihla: FieldExtras,
}

/// A field's `constraints`.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ConstraintsForm {
    /// An empty cell is a fault.
    pub required: Option<bool>,
    /// Least value of an integer or a number.
    pub minimum: Option<Spanned<serde_json::Number>>,
    /// Greatest value of an integer or a number.
    pub maximum: Option<Spanned<serde_json::Number>>,
    /// What the whole text must match.
    pub pattern: Option<Text>,
}

/// A field's `rihla` object.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FieldExtras {
    /// What it means to the program.
    pub role: Option<crate::contract::Role>,
    /// The code list of its values.
    pub codes: Option<Text>,
    /// `open`, `normalise` or `direct`.
    pub protection: Option<ProtectionForm>,
    /// Labels under which extracts show it.
    #[serde(default)]
    pub labels: Vec<Text>,
    /// HXL hashtag.
    pub hxl: Option<String>,
    /// How many decimals a number has, 0 to 9; 2 where absent.
    pub scale: Option<Spanned<u8>>,
    /// How wide an id of digits is: one that lost its zeros gets them back.
    pub pad: Option<Spanned<u8>>,
}

/// How far values may travel.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ProtectionForm {
    /// Into the warehouse.
    Open,
    /// Into normalising.
    Normalise,
    /// Nowhere.
    Direct,
}
