//! The files of a project folder as they are written: forms for serde, unknown keys refused, places kept.
//!
//! A form says what may stand in a file; what it means together with the other files is decided in `resolve`.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;
use serde_spanned::Spanned;
use toml::value::Datetime;

pub use super::access_forms::{ApiForm, WebForm};
pub use super::alert_forms::AlertsForm;
pub use super::calendar_forms::{CalendarForm, OwesForm};
pub use super::closing::{ClosedForm, ReopenedForm};
use super::drift::DriftForm;
use super::editor::Day;
pub use super::export_forms::{ArchiveForm, JsonForm, JsonLinesForm, RepeatForm, ReviewForm};
pub use super::schedule_forms::{ProjectScheduleForm, ScheduleForm};
pub use super::schema_forms::{ExcludedWhenForm, FieldForm, ProtectionForm, RowRuleForm, SchemaForm};
pub use super::sheets_form::SheetsForm;

/// Text with its place.
pub type Text = Spanned<String>;

/// `rihla.toml`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ProjectForm {
    /// The project's name; also the name of its key.
    #[schemars(with = "String")]
    pub name: Text,
    /// What people call it.
    pub title: Option<String>,
    /// The zone of schedules that name none.
    #[schemars(with = "String")]
    pub timezone: Text,
    /// The folder or URL of the warehouse, `warehouse` where absent.
    #[schemars(with = "Option<String>")]
    pub warehouse: Option<Text>,
    /// The folder of control totals.
    #[schemars(with = "Option<String>")]
    pub published: Option<Text>,
    /// Reporting.
    pub calendar: CalendarForm,
    /// How long what is kept.
    #[serde(default)]
    pub retention: RetentionForm,
    /// Periods whose figures are final.
    #[serde(default)]
    #[schemars(with = "Vec<ClosedForm>")]
    pub closed: Vec<Spanned<ClosedForm>>,
    /// What may change of closed periods, with who approved it.
    #[serde(default)]
    #[schemars(with = "Vec<ReopenedForm>")]
    pub reopened: Vec<Spanned<ReopenedForm>>,
    /// Engine limits.
    #[serde(default)]
    pub engine: EngineForm,
    /// The offices, in order of precedence.
    #[serde(default)]
    #[schemars(with = "Vec<OfficeForm>")]
    pub offices: Vec<Spanned<OfficeForm>>,
    /// HXL tags of the columns of released tables, by the column's name.
    #[serde(default)]
    #[schemars(with = "BTreeMap<String, String>")]
    pub hxl: BTreeMap<Text, Text>,
    /// Tables of the project that no office sends.
    #[serde(default)]
    #[schemars(with = "Vec<ReferenceForm>")]
    pub references: Vec<Spanned<ReferenceForm>>,
    /// The language of workbooks for offices that name none: `en` (where absent) or `fr`.
    #[schemars(with = "Option<String>")]
    pub language: Option<Text>,
    /// How much is loaded at a time, and when models are built.
    #[serde(default)]
    pub schedule: ProjectScheduleForm,
    /// Where offices return the workbooks of faulty rows that `rihla quarantine export` made for them.
    pub corrections: Option<CorrectionsForm>,
    /// Who is told by the scheduler when something needs somebody.
    pub alerts: Option<AlertsForm>,
}

/// `[corrections]`
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CorrectionsForm {
    /// Where returned workbooks lie, with `{office}`, `{received}` and `*` for the rest of the file's name.
    #[schemars(with = "String")]
    pub url: Text,
}

/// `[retention]`
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RetentionForm {
    /// How many releases are kept, the newest ones; all where absent.
    #[schemars(with = "Option<u64>")]
    pub releases: Option<Spanned<u64>>,
    /// By feed, how long rows are kept after their event: `"60 months"` or `"5 years"`; for ever where absent.
    #[serde(default)]
    #[schemars(with = "BTreeMap<String, String>")]
    pub feeds: BTreeMap<Text, Text>,
}

/// `[engine]`
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct EngineForm {
    /// Memory that the engine may use before it spills to disk.
    #[schemars(with = "Option<u64>")]
    pub memory_mib: Option<Spanned<u64>>,
}

/// `[[offices]]`
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct OfficeForm {
    /// The code, as folders and tables have it.
    #[schemars(with = "String")]
    pub code: Text,
    /// What people call it.
    pub name: String,
    /// ISO 3166-1 alpha-3 country.
    #[schemars(with = "String")]
    pub country: Text,
    /// Its zone.
    #[schemars(with = "String")]
    pub timezone: Text,
    /// First day of work; always where absent.
    #[schemars(with = "Option<Day>")]
    pub opened: Option<Spanned<Datetime>>,
    /// Last day of work; still open where absent.
    #[schemars(with = "Option<Day>")]
    pub closed: Option<Spanned<Datetime>>,
    /// How its case numbers are written: `@` a letter, `#` a digit (lost zeros are put back), the rest as it is.
    #[schemars(with = "Option<String>")]
    pub case_number: Option<Text>,
    /// The feeds it owes each month and the day of the following month they are due.
    #[serde(default)]
    #[schemars(with = "BTreeMap<String, OwesForm>")]
    pub owes: BTreeMap<Text, Spanned<OwesForm>>,
    /// The language of workbooks for it, `en` or `fr`; the project's where absent.
    #[schemars(with = "Option<String>")]
    pub language: Option<Text>,
}

/// `[[references]]`
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ReferenceForm {
    /// Its name in SQL, after `ref.`.
    #[schemars(with = "String")]
    pub name: Text,
    /// The CSV file (UTF-8, comma).
    #[schemars(with = "String")]
    pub path: Text,
    /// Its Table Schema.
    #[schemars(with = "String")]
    pub schema: Text,
}

/// `pipelines/*.toml`
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "`description` is for those who read the file")]
pub struct PipelineForm {
    /// The feed it loads.
    #[schemars(with = "String")]
    pub feed: Text,
    /// What it is.
    pub description: Option<String>,
    /// The feed's Table Schema; `schemas/{feed}.json` where absent.
    #[schemars(with = "Option<String>")]
    pub schema: Option<Text>,
    /// Whether a delivery of it that is refused stops the release.
    #[serde(default = "yes")]
    pub required: bool,
    /// The greatest share of a delivery's rows that may be quarantined before it is refused whole.
    #[schemars(with = "f64")]
    pub tolerance: Spanned<f64>,
    /// So many bad rows are tolerated whatever their share, so that a small delivery is not refused for one row.
    #[serde(default)]
    pub tolerated_rows: u64,
    /// What a delivery holds: all of a period (`period`, where absent), all there is (`full`), or what changed (`changes`).
    #[serde(default)]
    #[schemars(with = "Option<super::DeliveryMode>")]
    pub delivery: Option<Spanned<super::DeliveryMode>>,
    /// What becomes of deliveries whose columns are not those of the schema; refused where absent.
    #[serde(default)]
    pub drift: DriftForm,
    /// When it runs.
    #[schemars(with = "ScheduleForm")]
    pub schedule: Spanned<ScheduleForm>,
    /// Where extracts come from.
    #[schemars(with = "Vec<SourceForm>")]
    pub sources: Vec<Spanned<SourceForm>>,
}

fn yes() -> bool {
    true
}

/// `[[sources]]`
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SourceForm {
    /// The offices that send this way.
    #[schemars(with = "Vec<String>")]
    pub offices: Vec<Text>,
    /// Where their extracts lie, with `{office}`, `{received}` and `{period}`: a path, or a url of `s3://`, `az://`,
    /// `abfss://`, `gs://`, `https://` or `file:///`.
    #[schemars(with = "String")]
    pub url: Text,
    /// How files of the web are asked for.
    #[schemars(with = "Option<WebForm>")]
    pub web: Option<Spanned<WebForm>>,
    /// How records are asked for that a form system hands out in pages.
    pub api: Option<ApiForm>,
    /// The greatest extract that is read, in MiB; 256 where absent.
    #[schemars(with = "Option<u32>")]
    pub most_mib: Option<Spanned<u32>>,
    /// The reporting periods that it is for, where an office's form has versions; all where absent.
    #[serde(default)]
    pub periods: PeriodsForm,
    /// Formats of dates: strftime (months by name in French, English and Arabic), `excel-1900`, `excel-1904`.
    #[serde(default)]
    #[schemars(with = "Vec<String>")]
    pub dates: Vec<Text>,
    /// Formats of instants, likewise; without an offset they are local to the office.
    #[serde(default)]
    #[schemars(with = "Vec<String>")]
    pub datetimes: Vec<Text>,
    /// What separates several values in a cell.
    #[schemars(with = "Option<String>")]
    pub list_separator: Option<Text>,
    /// How numbers are written; a point before decimals where absent.
    #[serde(default)]
    pub numbers: NumbersForm,
    /// Fields of the schema that these extracts do not have.
    #[serde(default)]
    #[schemars(with = "Vec<String>")]
    pub absent: Vec<Text>,
    /// Labels of this office alone, to the field they mean.
    #[serde(default)]
    #[schemars(with = "BTreeMap<String, String>")]
    pub labels: BTreeMap<Text, Text>,
    /// First cells of rows that are totals, not records.
    #[serde(default)]
    pub total_rows: Vec<String>,
    /// What stands between the names of groups in labels, `/` or `-`: a label that is not known whole is then known by
    /// its ending.
    #[schemars(with = "Option<String>")]
    pub groups: Option<Text>,
    /// Labels that belong to no field, `*` for any run of characters; their cells are dropped. What becomes of
    /// any other unknown label says `drift`.
    #[serde(default)]
    #[schemars(with = "Vec<String>")]
    pub ignore: Vec<Text>,
    /// What becomes of deliveries whose columns are not those of the schema; as the pipeline says where absent.
    #[serde(default)]
    pub drift: DriftForm,
    /// The row under the header holds HXL tags.
    #[serde(default)]
    pub hxl: bool,
    /// The column in which the office's own review of a record stands.
    pub review: Option<ReviewForm>,
    /// The repeat group of which every repetition is a row, with the columns of its parent.
    #[schemars(with = "Option<RepeatForm>")]
    pub repeat: Option<Spanned<RepeatForm>>,
    /// The extracts are ZIP archives of such files.
    #[schemars(with = "Option<ArchiveForm>")]
    pub archive: Option<Spanned<ArchiveForm>>,
    /// The extracts are packed: `gzip`, `zstd`, or `zip` with one file in it.
    #[schemars(with = "Option<super::Compression>")]
    pub compression: Option<Spanned<super::Compression>>,
    /// How far what is packed may unpack; workbooks and archives are, too.
    #[serde(default)]
    pub limits: super::packing::LimitsForm,
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
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PeriodsForm {
    /// The first month.
    #[schemars(with = "Option<String>")]
    pub first: Option<Text>,
    /// The last month.
    #[schemars(with = "Option<String>")]
    pub last: Option<Text>,
}

/// `numbers = { decimal = ",", group = "." }`
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NumbersForm {
    /// What stands before decimals: a point where absent, or a comma.
    #[schemars(with = "Option<String>")]
    pub decimal: Option<Text>,
    /// What may part thousands beside spaces.
    #[schemars(with = "Option<String>")]
    pub group: Option<Text>,
}

/// `[sources.csv]`
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CsvForm {
    /// One character, a comma where absent.
    #[schemars(with = "Option<String>")]
    pub delimiter: Option<Text>,
    /// `utf-8` (where absent), `utf-16`, `utf-16le`, `utf-16be` or `windows-1252`.
    #[schemars(with = "Option<String>")]
    pub encoding: Option<Text>,
}

/// `[sources.workbook]`
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct WorkbookForm {
    /// The sheet with the rows, or a list of sheets; the only visible one where absent.
    #[schemars(with = "Option<SheetsForm>")]
    pub sheet: Option<Spanned<SheetsForm>>,
    /// The first row of the header, from 1.
    #[schemars(with = "u32")]
    pub header_row: Spanned<u32>,
    /// How many rows the header has, 1 where absent: their labels are joined from top to bottom.
    #[schemars(with = "Option<u32>")]
    pub header_rows: Option<Spanned<u32>>,
    /// Whether sheets that are hidden are read too.
    #[serde(default)]
    pub hidden: bool,
}
