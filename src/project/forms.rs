//! The files of a project folder as they are written: forms for serde, unknown keys refused, places kept.
//!
//! A form says what may stand in a file; what it means together with the other files is decided in `resolve`.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;
use serde_spanned::Spanned;
use toml::value::Datetime;

use super::editor::Day;

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
}

/// `[calendar]`
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CalendarForm {
    /// The first month for which offices owe anything.
    #[schemars(with = "String")]
    pub first_period: Text,
    /// The first day of the calendar of periods.
    #[schemars(with = "Day")]
    pub since: Spanned<Datetime>,
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
    #[schemars(with = "BTreeMap<String, u32>")]
    pub owes: BTreeMap<Text, Spanned<u32>>,
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
    /// When it runs.
    pub schedule: ScheduleForm,
    /// Where extracts come from.
    #[schemars(with = "Vec<SourceForm>")]
    pub sources: Vec<Spanned<SourceForm>>,
}

fn yes() -> bool {
    true
}

/// `schedule = { cron = "…", timezone = "…" }`
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ScheduleForm {
    /// Five fields: minute, hour, day, month, weekday.
    #[schemars(with = "String")]
    pub cron: Text,
    /// The zone it is meant in; the project's where absent.
    #[schemars(with = "Option<String>")]
    pub timezone: Option<Text>,
}

/// `[[sources]]`
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SourceForm {
    /// The offices that send this way.
    #[schemars(with = "Vec<String>")]
    pub offices: Vec<Text>,
    /// Where their extracts lie, with `{office}`, `{received}` and `{period}`.
    #[schemars(with = "String")]
    pub url: Text,
    /// Formats of dates, strftime.
    #[serde(default)]
    #[schemars(with = "Vec<String>")]
    pub dates: Vec<Text>,
    /// Formats of instants, strftime; without an offset they are local to the office.
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
    /// The extracts are CSV.
    pub csv: Option<CsvForm>,
    /// The extracts are XLSX workbooks.
    pub workbook: Option<WorkbookForm>,
    /// The extracts are JSON, an object a line.
    pub json_lines: Option<JsonLinesForm>,
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
    /// `utf-8` or `windows-1252`.
    #[schemars(with = "Option<String>")]
    pub encoding: Option<Text>,
}

/// `[sources.workbook]`
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct WorkbookForm {
    /// The sheet with the rows; the only one where absent.
    #[schemars(with = "Option<String>")]
    pub sheet: Option<Text>,
    /// The row of the header, from 1.
    #[schemars(with = "u32")]
    pub header_row: Spanned<u32>,
}

/// `[sources.json_lines]`
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct JsonLinesForm {}

/// `schemas/*.json`: a Frictionless Table Schema; `rihla` holds what the standard has no word for.
#[derive(Debug, Deserialize, JsonSchema)]
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
    #[schemars(with = "Vec<FieldForm>")]
    pub fields: Vec<Spanned<FieldForm>>,
    /// Spellings of "no value"; the empty text where absent.
    #[serde(rename = "missingValues")]
    pub missing_values: Option<Vec<String>>,
    /// The key of a record.
    #[serde(rename = "primaryKey")]
    #[schemars(with = "Option<Vec<String>>")]
    pub primary_key: Option<Spanned<Vec<String>>>,
    /// What the standard has no word for.
    #[serde(default)]
    pub rihla: SchemaExtras,
}

/// The schema's `rihla` object.
#[derive(Debug, Default, Deserialize, JsonSchema)]
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
    #[schemars(with = "Vec<Vec<String>>")]
    pub together: Vec<Vec<Text>>,
    /// Lists of dates of which none lies before a filled one that stands earlier: `[["referred_on", "closed_on"]]`.
    #[serde(default)]
    #[schemars(with = "Vec<Vec<String>>")]
    pub in_order: Vec<Vec<Text>>,
}

/// `{"field": "country_of_origin", "is": "MAR", "when": {"direction": "outbound"}}`
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ExcludedWhenForm {
    /// The field that must be something else.
    #[schemars(with = "String")]
    pub field: Text,
    /// The code that it must not be.
    #[schemars(with = "String")]
    pub is: Text,
    /// The field that decides and the code it decides on.
    #[schemars(with = "BTreeMap<String, String>")]
    pub when: BTreeMap<Text, Text>,
}

/// `{"field": "host_country", "when": {"direction": "inbound"}}`
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RequiredWhenForm {
    /// The field that must be filled.
    #[schemars(with = "String")]
    pub field: Text,
    /// The field that decides and the code it decides on.
    #[schemars(with = "BTreeMap<String, String>")]
    pub when: BTreeMap<Text, Text>,
}

/// A field of a Table Schema.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "properties of the standard that are read for others' sake")]
pub struct FieldForm {
    /// The canonical name.
    #[schemars(with = "String")]
    pub name: Text,
    /// The type.
    #[serde(rename = "type")]
    #[schemars(with = "Option<String>", extend("enum" = super::schema::KINDS))]
    pub kind: Option<Text>,
    title: Option<String>,
    /// What it holds.
    pub description: Option<String>,
    #[schemars(with = "Option<serde_json::Value>")]
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
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ConstraintsForm {
    /// An empty cell is a fault.
    pub required: Option<bool>,
    /// Least value of an integer or a number.
    #[schemars(with = "Option<serde_json::Number>")]
    pub minimum: Option<Spanned<serde_json::Number>>,
    /// Greatest value of an integer or a number.
    #[schemars(with = "Option<serde_json::Number>")]
    pub maximum: Option<Spanned<serde_json::Number>>,
    /// What the whole text must match.
    #[schemars(with = "Option<String>")]
    pub pattern: Option<Text>,
}

/// A field's `rihla` object.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FieldExtras {
    /// What it means to the program.
    pub role: Option<crate::contract::Role>,
    /// The code list of its values.
    #[schemars(with = "Option<String>")]
    pub codes: Option<Text>,
    /// `open`, `normalise` or `direct`.
    pub protection: Option<ProtectionForm>,
    /// Labels under which extracts show it.
    #[serde(default)]
    #[schemars(with = "Vec<String>")]
    pub labels: Vec<Text>,
    /// HXL hashtag.
    pub hxl: Option<String>,
    /// How many decimals a number has, 0 to 9; 2 where absent.
    #[schemars(with = "Option<u8>")]
    pub scale: Option<Spanned<u8>>,
}

/// How far values may travel.
#[derive(Debug, Clone, Copy, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ProtectionForm {
    /// Into the warehouse.
    Open,
    /// Into normalising.
    Normalise,
    /// Nowhere.
    Direct,
}
