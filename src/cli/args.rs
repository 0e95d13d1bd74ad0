//! The command line's arguments and their help.

use std::path::PathBuf;

use clap::{Parser, Subcommand, ValueEnum};

use crate::project::Lang;

/// Turns field-office extracts into audited, released tables.
///
/// A project folder holds everything: rihla.toml, pipelines/, schemas/, sql/. Deliveries are pulled, validated row by
/// row, normalised and loaded; models make tables of them; what passes its tests is released, numbered and for good.
/// People only ever read releases.
#[derive(Debug, Parser)]
#[command(
    name = "rihla",
    version,
    about,
    after_help = "Exit codes: 0 done, 1 something for you to mend (wrong usage included), 2 a defect of rihla.\nStart with `rihla run`, then `rihla status` and `rihla tables`."
)]
pub struct Args {
    /// The project folder
    #[arg(long, global = true, help_heading = "Global options", value_name = "DIR", default_value = ".", env = "RIHLA_PROJECT")]
    pub project: PathBuf,

    /// Print JSON, for programs
    #[arg(long, global = true, help_heading = "Global options")]
    pub json: bool,

    /// When to use colour in errors and logs
    #[arg(long, global = true, help_heading = "Global options", value_enum, default_value_t = Colour::Auto, value_name = "WHEN")]
    pub color: Colour,

    /// The language of labels, words and numbers; JSON is the same in both
    #[arg(long, global = true, help_heading = "Global options", value_enum, default_value_t = Language::En, value_name = "LANG", env = "RIHLA_LANG")]
    pub lang: Language,

    /// How the log on standard error is written
    #[arg(long, global = true, help_heading = "Global options", value_enum, default_value_t = LogFormat::Text, value_name = "FORMAT", env = "RIHLA_LOG_FORMAT")]
    pub log_format: LogFormat,

    #[command(subcommand)]
    pub command: Command,
}

/// The language of what people read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Language {
    /// English
    En,
    /// French
    Fr,
}

impl From<Language> for Lang {
    fn from(language: Language) -> Self {
        match language {
            Language::En => Self::En,
            Language::Fr => Self::Fr,
        }
    }
}

/// How the log is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    /// For people
    Text,
    /// An object a line, for programs
    Json,
}

/// When to use colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Colour {
    /// On a terminal, unless NO_COLOR is set
    Auto,
    /// Always
    Always,
    /// Never
    Never,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Make a new project folder that runs at once
    ///
    /// Holds made-up extracts of two offices, one feed, its models and an edition with control totals: everything there is
    /// to change. Refuses a folder that is not empty.
    Init {
        /// The folder; the project folder where absent
        #[arg(value_name = "DIR")]
        folder: Option<PathBuf>,
    },

    Run(super::run::Options),

    Replay(super::replay::Options),

    Ls(super::ls::Options),

    /// Draft a feed from a sample: its schema, code lists and pipeline
    ///
    /// Reads a CSV, XLSX or ODS file and says of every column what it is, why, and what you must decide; nothing is guessed
    /// that the sample does not decide. What is or may be a person's is `direct`, and no value of such a column is shown
    /// or written. Writes into the project folder (or DIR) and never over a file that is there.
    ///
    /// The first row must be a header with a label that is known, such as id, sexe, date of birth; other labels may be
    /// any. Code lists of the project are tried before new ones are drafted.
    Infer {
        /// The sample
        file: PathBuf,
        /// The feed's name; the file's without its month where absent
        #[arg(long)]
        feed: Option<String>,
        /// The sheet of a workbook
        #[arg(long, value_name = "NAME")]
        sheet: Option<String>,
        /// Write the draft into another folder
        #[arg(long, value_name = "DIR")]
        out: Option<PathBuf>,
        /// Show the draft; write nothing
        #[arg(long)]
        dry_run: bool,
    },

    /// Try one extract as a run would judge it; load nothing
    ///
    /// What the office would be told: the rows that would be loaded and those that would not, the
    /// faults by rule and field with their rows, and what to mend. The extract may lie anywhere; no
    /// warehouse and no key is needed. Exits with 0 where it would be loaded and every row is good,
    /// else with 1.
    ///
    /// Not judged is what only the warehouse knows: whether the delivery says something new.
    ///
    /// With --schema any CSV is held against a Table Schema, as the standard says and without a
    /// project: rows are counted with the header as row 1, and each fault has its row, field and
    /// name as in Frictionless.
    ///
    ///   rihla validate people.csv --schema people.schema.json --delimiter ';'
    #[command(verbatim_doc_comment)]
    Validate {
        /// The extract
        file: PathBuf,
        /// The feed it is of
        #[arg(long, required_unless_present = "schema")]
        feed: Option<String>,
        /// Hold the file against this Table Schema, and nothing else
        #[arg(long, value_name = "SCHEMA", conflicts_with_all = ["feed", "office", "period"])]
        schema: Option<PathBuf>,
        /// What separates the cells, with --schema
        #[arg(long, value_name = "CHARACTER", default_value = ",", requires = "schema")]
        delimiter: String,
        /// How the text is encoded, with --schema
        #[arg(long, value_name = "NAME", default_value = "utf-8", requires = "schema")]
        encoding: String,
        /// The office that sends it; needed where the path does not say so
        #[arg(long)]
        office: Option<String>,
        /// The reporting month, such as 2023-01
        #[arg(long)]
        period: Option<String>,
    },

    /// Check the whole project and show every fault with its place; load nothing
    ///
    /// What the project is made of is written to target/manifest.json, in the form that dbt's tools read.
    Check,

    Audit(super::audit::Options),
    Test(super::test::Options),

    /// Show or write the schemas by which editors complete and check a project's files
    ///
    /// JSON Schemas made from this program's own forms: of rihla.toml, of pipelines, of Table Schemas, of the headers of
    /// models, of their unit tests. Without a name lists them.
    Schema {
        /// The schema to print
        name: Option<String>,
        /// Write all of them into a folder, over older ones
        #[arg(long, value_name = "DIR", conflicts_with = "name")]
        write: Option<PathBuf>,
    },

    /// Ask the latest release in SQL
    ///
    /// The tables are those that `rihla tables` shows. Nothing can be changed, and person-level rows are not there.
    ///
    ///   rihla sql "SELECT * FROM returns_outbound_by_country WHERE period = '2023-H1'"
    #[command(verbatim_doc_comment)]
    Sql {
        /// One SELECT
        #[arg(required_unless_present = "file")]
        query: Option<String>,
        /// Read the SELECT from a file, such as those in examples/
        #[arg(long, short, value_name = "FILE", conflicts_with = "query")]
        file: Option<PathBuf>,
        /// How the result is written (with --json: json)
        #[arg(long, value_enum, default_value_t = Format::Table)]
        format: Format,
        /// Write the result to a file
        #[arg(long, short, value_name = "FILE")]
        output: Option<PathBuf>,
        /// Ask an earlier release
        #[arg(long, value_name = "RELEASE")]
        release: Option<String>,
        /// Ask what models make of what was known at the end of a day; staging models and feeds, too
        #[arg(long, value_name = "DATE", conflicts_with = "release")]
        as_of: Option<String>,
    },

    /// Show the tables of the latest release, or everything about one
    ///
    /// Of one table: its columns with type, unit, date basis and along which columns it may be summed, the codes it may
    /// hold, its tests, the models and feeds it is made from, and its file. Before a first release the tables are those
    /// that the models would make.
    Tables {
        /// The table that is shown
        table: Option<String>,
    },

    Lineage(super::lineage::Options),

    Quarantine(super::quarantine::Options),

    /// Show the last runs, and which reports came and which did not
    Status {
        /// How many months to show
        #[arg(long, default_value_t = 18, value_name = "COUNT")]
        months: usize,
        /// How many runs to show
        #[arg(long, default_value_t = 5, value_name = "COUNT")]
        runs: usize,
    },

    Releases(super::releases::Options),

    Schedule(super::schedule::Options),

    Runs(super::runs::Options),

    Retry(super::retry::Options),

    Backfill(super::backfill::Options),

    Doctor(super::doctor::Options),

    Pause(super::pause::Pause),

    Resume(super::pause::Resume),

    Tag(super::tag::Options),

    Rollback(super::rollback::Options),

    /// Hold a release against the figures of a published edition
    ///
    /// Shows each control total: published, computed, difference, and under it the note that says what was assumed.
    /// The release is that of the edition's tag where there is one, else the latest; what the latest says otherwise is
    /// then shown too. Exits with 1 where a difference is not explained in the edition's file, or a change since has no
    /// cause there. Without an edition lists them.
    Reconcile {
        /// The edition, such as 2023-H1; all are listed where absent
        edition: Option<String>,
        /// How the result is written
        #[arg(long, value_enum, default_value_t = ReportFormat::Table)]
        format: ReportFormat,
        /// The workbook's file; by default named by the edition
        #[arg(long, short, value_name = "FILE")]
        output: Option<PathBuf>,
        /// Replace the file where it is there already
        #[arg(long)]
        force: bool,
    },

    /// Compare two periods of a table
    ///
    /// Shows current, prior, change and change in percent (percentage points for shares). No
    /// percentage where the prior is zero; * flags a base under 20; p a provisional figure (not
    /// every report has come), r a restated one (an earlier release said something else). Where
    /// other offices reported in the two periods, the figures of those that reported all of both
    /// are shown like for like, and apart from them what the others changed.
    ///
    /// Persons and what happened to them stand in tables of their own, amounts in one for each
    /// currency. With --by only what may be summed is summed: the rest is left out with the reason
    /// and the table that counts it.
    ///
    ///   rihla compare returns_outbound_by_country 2023-H1 2022-H1
    ///   rihla compare returns_inbound 2023-Q1 2022-Q1 --by host_country --where sadd_group=men
    ///   rihla compare returns_inbound_total 2023-H1 2022-H1 --format xlsx --lang fr
    #[command(verbatim_doc_comment)]
    Compare {
        /// The table, such as returns_outbound_by_country
        table: String,
        /// The current period, such as 2023-H1
        current: String,
        /// The prior period, such as 2022-H1
        prior: String,
        /// Only by this column, several apart by commas; `total` for none
        #[arg(long, value_name = "COLUMN", value_delimiter = ',')]
        by: Vec<String>,
        /// Only rows with this value, such as sadd_group=men; may be repeated
        #[arg(long = "where", value_name = "COLUMN=VALUE")]
        filters: Vec<String>,
        /// How the result is written
        #[arg(long, value_enum, default_value_t = ReportFormat::Table)]
        format: ReportFormat,
        /// The workbook's file; by default named by table and periods
        #[arg(long, short, value_name = "FILE")]
        output: Option<PathBuf>,
        /// Replace the file where it is there already
        #[arg(long)]
        force: bool,
    },

    Explain(super::explain::Options),
    Diff(super::diff::Options),

    History(super::history::Options),

    Records(super::records::Options),

    /// Erase people from the warehouse for good, with a receipt
    ///
    /// Removes their rows of every revision from tables, logs and statistics, the rows set aside of them, person-level
    /// results of models, and rows about them in released tables. Published aggregates stay. The receipt in
    /// `erasures/` names the extracts that still hold them; a later delivery does not bring them back. Afterwards
    /// `rihla run` releases figures without them.
    ///
    /// Case numbers are typed on standard input, so that no shell remembers them: a line `CASE NUMBER,PERSON` for
    /// each person, or `CASE NUMBER` for everybody of a case.
    ///
    ///   rihla erase --person - --dry-run
    #[command(verbatim_doc_comment)]
    Erase {
        /// `-` to read case numbers from standard input, or a person's pseudonym
        #[arg(long, value_name = "-|PSEUDONYM", required_unless_present_any = ["case", "case_file"])]
        person: Vec<String>,
        /// The pseudonym of a case: everybody of it
        #[arg(long, value_name = "PSEUDONYM")]
        case: Vec<String>,
        /// Read case numbers from a file
        #[arg(long, value_name = "FILE")]
        case_file: Option<PathBuf>,
        /// Say what would go; touch nothing
        #[arg(long)]
        dry_run: bool,
    },

    /// Remove rows past the retention of their feed, old releases, and files that nobody needs
    ///
    /// `[retention]` in rihla.toml says how long rows are kept after their event, and how many releases. Rows go only
    /// where no released table would say something else without them: that is proved first, else nothing is removed and
    /// the tables are named. Later deliveries do not bring them back.
    Prune {
        /// Say what would go; touch nothing
        #[arg(long)]
        dry_run: bool,
    },

    /// Give everybody in the warehouse a new pseudonym, by a further key
    ///
    /// A new key is added to the key file; it makes new pseudonyms of the old ones wherever they stand: tables, logs,
    /// results of models, releases. No figure changes. The old key opens the warehouse no more, but stays in the key
    /// file: case numbers of later deliveries go through the whole chain.
    RotateKey {
        /// A file that holds the new key, 64 hexadecimal digits; one is made where absent
        #[arg(long, value_name = "FILE")]
        new_key: Option<PathBuf>,
    },
}

/// How a report is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ReportFormat {
    /// For the terminal
    Table,
    /// An Excel workbook
    Xlsx,
}

/// How a result is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// For people
    Table,
    /// Comma-separated, with a header
    Csv,
    /// An array of objects
    Json,
    /// An Apache Parquet file
    Parquet,
}
