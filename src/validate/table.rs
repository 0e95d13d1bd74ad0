//! Typed rows, and tables of the project read by the same rules as extracts.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, StringArray};
use arrow::compute::concat;
use arrow::record_batch::RecordBatch;
use bytes::Bytes;

use super::cast::{self, CellFault, Habit};
use super::met::Lent;
use crate::contract::{Contract, DateFormat, Field, NumberStyle, Role, arrow_type};
use crate::error::{Error, Kind, Result};
use crate::parallel;
use crate::project::{Access, DriftPolicies, Export, Format, Limits, MOST_BYTES, Periods, Reference, Says, Source, Template, TextEncoding};
use crate::read::{self, Piece, TextBatch};

/// Typed columns by field index; protected ones among them, so there is no `Debug`.
pub struct TypedRows {
    /// A column per field; direct identifiers are all null.
    pub columns: Vec<ArrayRef>,
    /// For each row its row in the sheet or its line.
    pub rows: Vec<i64>,
    /// For each row its sheet, where the extract is a workbook.
    pub sheets: Vec<Option<Arc<str>>>,
}

impl TypedRows {
    /// The column of the field with a role.
    pub fn role<'a>(&'a self, contract: &Contract, role: Role) -> Option<&'a ArrayRef> {
        contract.role(role).map(|index| &self.columns[index])
    }

    /// How many rows there are.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// True where there are none.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }
}

/// Casts batches one after another and puts them together.
pub struct Caster<'a> {
    contract: &'a Contract,
    habit: Habit<'a>,
    parts: Vec<Vec<ArrayRef>>,
    met: Lent<'a>,
    rows: Vec<i64>,
    sheets: Vec<Option<Arc<str>>>,
    /// Faults of cells found so far.
    pub faults: Vec<CellFault>,
}

impl<'a> Caster<'a> {
    /// A caster for a contract in a habit.
    pub fn new(contract: &'a Contract, habit: Habit<'a>) -> Self {
        let met = Lent::none(contract.fields.len());
        Self { contract, habit, parts: vec![Vec::new(); contract.fields.len()], met, rows: Vec::new(), sheets: Vec::new(), faults: Vec::new() }
    }

    /// Casts a batch.
    pub fn push(&mut self, batch: &TextBatch<'_>) {
        let first_row = self.rows.len();
        for (index, field) in self.contract.fields.iter().enumerate() {
            let column = match &batch.columns[index] {
                Some(texts) => cast::column(self.contract, index, *texts, self.habit, &mut self.met.columns[index], first_row, &mut self.faults),
                None => cast::absent(field, batch.rows.len()),
            };
            self.parts[index].push(column);
        }
        self.rows.extend(batch.rows);
        self.sheets.resize(self.rows.len(), batch.sheet.clone());
    }

    /// With what cells were found to be before.
    #[must_use]
    pub fn with(self, met: Lent<'a>) -> Self {
        Self { met, ..self }
    }

    /// Takes the rows that another caster of the same contract cast, after its own.
    pub fn append(&mut self, other: Self) {
        let first_row = self.rows.len();
        self.parts.iter_mut().zip(other.parts).for_each(|(own, more)| own.extend(more));
        self.rows.extend(other.rows);
        self.sheets.extend(other.sheets);
        self.faults.extend(other.faults.into_iter().map(|fault| CellFault { row: first_row + fault.row, ..fault }));
    }

    /// All rows cast. Columns are put together one after another, so that no more than one of them is held twice; of a large
    /// delivery as many at a time as there are cores.
    ///
    /// # Errors
    /// `Internal` where the parts do not fit together.
    pub fn finish(self) -> Result<(TypedRows, Vec<CellFault>)> {
        let columns = self.parts.into_iter().zip(&self.contract.fields).collect();
        let columns = each_column(self.rows.len(), columns, |(parts, field): (Vec<ArrayRef>, &Field)| {
            if parts.is_empty() {
                return Ok(arrow::array::new_empty_array(&arrow_type(&field.kind)));
            }
            let parts: Vec<&dyn Array> = parts.iter().map(AsRef::as_ref).collect();
            concat(&parts).map_err(|cause| Error::new(Kind::Internal, "the batches of a delivery do not fit together").because(cause))
        })?;
        Ok((TypedRows { columns, rows: self.rows, sheets: self.sheets }, self.faults))
    }
}

/// What is made of every column of so many rows; each is given away.
///
/// # Errors
/// The first of `work`'s.
pub(super) fn each_column<T: Send, R: Send>(rows: usize, columns: Vec<T>, work: impl Fn(T) -> Result<R> + Sync) -> Result<Vec<R>> {
    if rows < LARGE_ROWS {
        return columns.into_iter().map(work).collect();
    }
    parallel::each_of(columns, work).into_iter().collect()
}

/// Rows of a delivery that is worth all cores: those of fewer keep them busy by being judged beside one another.
pub const LARGE_ROWS: usize = 1 << 19;

/// Reads a table of the project: a UTF-8 comma CSV in which no row may have a fault.
///
/// # Errors
/// `Data` with the first faults.
pub fn read_reference(reference: &Reference, bytes: &Bytes) -> Result<RecordBatch> {
    let contract = &*reference.contract;
    let source = plain_source(contract)?;
    let habit = Habit {
        dates: &source.dates,
        datetimes: &source.datetimes,
        list_separator: &source.list_separator,
        numbers: source.numbers,
        says: source.says,
        zone: chrono_tz::UTC,
        received: chrono::NaiveDate::MAX,
    };
    let mut caster = Caster::new(contract, habit);
    let mut aside = Vec::new();
    let refuse = |message: String| Error::new(Kind::Data, format!("{}: {message}", reference.path.display()));
    let read = read::read(bytes, &source, contract, &mut |piece| match piece {
        Piece::Rows(batch) => caster.push(&batch),
        Piece::Aside(row) => aside.push(row),
        Piece::Drift(_) => {}
    });
    read.map_err(|refusal| refuse(refusal.message))?;
    if let Some(row) = aside.first() {
        return Err(refuse(format!("line {} has too many or too few cells", row.row)));
    }
    let (typed, faults) = caster.finish()?;
    if let Some(fault) = faults.first() {
        return Err(refuse(format!("line {}: {} ({} faults in all)", typed.rows[fault.row], fault.message, faults.len())));
    }
    if let Some(row) = first_repeated(&typed, &contract.key)? {
        return Err(refuse(format!(
            "line {}: another line has the same {}",
            typed.rows[row],
            contract.key.iter().map(|index| contract.fields[*index].name.as_str()).collect::<Vec<_>>().join(", ")
        )));
    }
    let fields = contract.fields.iter().map(|field| arrow::datatypes::Field::new(&field.name, arrow_type(&field.kind), true));
    let schema = arrow::datatypes::Schema::new(fields.collect::<Vec<_>>());
    RecordBatch::try_new(std::sync::Arc::new(schema), typed.columns)
        .map_err(|cause| Error::new(Kind::Internal, "a table of the project does not fit its schema").because(cause))
}

/// The first row whose key stands above it already.
fn first_repeated(typed: &TypedRows, key: &[usize]) -> Result<Option<usize>> {
    if key.is_empty() {
        return Ok(None);
    }
    let internal = |cause| Error::new(Kind::Internal, "the keys of a table cannot be compared").because(cause);
    let columns: Vec<ArrayRef> = key.iter().map(|index| typed.columns[*index].clone()).collect();
    let fields = columns.iter().map(|column| arrow::row::SortField::new(column.data_type().clone())).collect();
    let rows = arrow::row::RowConverter::new(fields).and_then(|converter| converter.convert_columns(&columns)).map_err(internal)?;
    let mut seen = std::collections::HashSet::new();
    Ok(rows.iter().position(|row| !seen.insert(row.owned())))
}

/// How tables of the project are written: a UTF-8 comma CSV, ISO dates and instants, `|` between the items of a list.
///
/// # Errors
/// `Internal` where the program's own formats are none.
pub fn plain_source(contract: &Contract) -> Result<Source> {
    let labels: HashMap<String, usize> =
        contract.fields.iter().enumerate().flat_map(|(index, field)| field.labels.iter().map(move |label| (label.clone(), index))).collect();
    let format = |format: Result<DateFormat, (String, String)>| format.map_err(|(message, _)| Error::new(Kind::Internal, message));
    Ok(Source {
        offices: BTreeSet::new(),
        template: Template::new("{office}/{period}").map_err(|message| Error::new(Kind::Internal, message))?,
        access: Access::Listed,
        most_bytes: MOST_BYTES,
        periods: Periods::default(),
        format: Format::Csv { delimiter: b',', encoding: TextEncoding::Utf8 },
        dates: vec![format(DateFormat::of_days("%Y-%m-%d"))?],
        datetimes: vec![format(DateFormat::of_moments("%Y-%m-%dT%H:%M:%SZ"))?],
        list_separator: "|".to_owned(),
        numbers: NumberStyle::default(),
        says: Says::default(),
        absent: BTreeSet::new(),
        labels,
        total_rows: BTreeSet::new(),
        export: Export::default(),
        compression: None,
        limits: Limits::default(),
        fingerprint: contract.fingerprint.clone(),
        drift: DriftPolicies::default(),
    })
}

/// The text of a string column, null as nothing.
pub fn text(column: &ArrayRef, row: usize) -> Option<&str> {
    let column = column.as_any().downcast_ref::<StringArray>()?;
    (!column.is_null(row)).then(|| column.value(row))
}
