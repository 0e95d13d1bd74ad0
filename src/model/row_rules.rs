//! The rules of schemas compiled: SQL expressions over a typed row, evaluated by the engine a column at a time.
//!
//! Guarantees: a rule that is compiled is a yes or no that depends on the row's own fields alone, so that a row is judged
//! today as it was yesterday. Refuses what it does not say of one row: aggregates, windows, subqueries, the time of day.

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, BooleanArray, Date32Array, RecordBatch, RecordBatchOptions, StringArray};
use arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use arrow::error::ArrowError;
use chrono::NaiveDate;
use datafusion::common::DFSchema;
use datafusion::error::DataFusionError;
use datafusion::execution::SessionState;
use datafusion::physical_expr::PhysicalExpr;

use super::row_rule_check::planned;
use crate::contract::{BrokenRule, Contract, Protection, RowFacts, RowRules, Unclear, arrow_type};
use crate::diagnostic::Fault;
use crate::engine::Engine;
use crate::error::{self, Error, Kind, Result};
use crate::project::Project;

/// What rules know beside the row's own fields.
pub const FACTS: [(&str, DataType); 2] = [("office_code", DataType::Utf8), ("received_on", DataType::Date32)];

/// The rules of every feed, compiled.
#[derive(Default)]
pub struct ProjectRules {
    by_feed: BTreeMap<String, Compiled>,
}

impl ProjectRules {
    /// Compiles the rules of a project that was found in order.
    ///
    /// # Errors
    /// `Config` with every fault of a rule.
    pub fn of(project: &Project) -> Result<Self> {
        let mut faults = Vec::new();
        let rules = Self::checked(project, &[], &mut faults)?;
        if faults.is_empty() { Ok(rules) } else { Err(Error::faults(faults)) }
    }

    /// Compiles the rules of a project as far as their faults allow; none may have a name of `taken`, which are errors and
    /// rules of the program's own.
    ///
    /// # Errors
    /// `Internal` where the engine cannot be used at all.
    pub fn checked(project: &Project, taken: &[(&str, &str)], faults: &mut Vec<Fault>) -> Result<Self> {
        let with_rules: Vec<&Contract> = project.pipelines.iter().map(|pipeline| &*pipeline.contract).filter(|contract| !contract.rules.is_empty()).collect();
        if with_rules.is_empty() {
            return Ok(Self::default());
        }
        let state = Engine::small(project.memory_mib)?.context().state();
        let mut by_feed = BTreeMap::new();
        for contract in with_rules {
            for rule in contract.rules.iter().filter(|rule| taken.iter().any(|(error, known)| *rule.name == **error || *rule.name == **known)) {
                let message = format!("`{}` is a rule of the program's own", rule.name);
                faults.push(Fault::error(&rule.place.file, rule.place.name.clone(), message).hint("give it a name that says what it is about"));
            }
            by_feed.insert(contract.feed.as_str().to_owned(), Compiled::of(contract, &state, faults)?);
        }
        Ok(Self { by_feed })
    }

    /// The rules of a feed; nothing where it has none.
    pub fn feed(&self, feed: &str) -> Option<&dyn RowRules> {
        self.by_feed.get(feed).map(|compiled| compiled as &dyn RowRules)
    }
}

/// The rules of one contract.
struct Compiled {
    /// The columns that rules may name: those of fields, then facts.
    schema: SchemaRef,
    /// The fields of the first columns.
    fields: Vec<usize>,
    rules: Vec<Rule>,
}

struct Rule {
    /// Its index in the contract.
    index: usize,
    expression: Arc<dyn PhysicalExpr>,
    /// The fields that it names.
    fields: Vec<usize>,
}

impl Compiled {
    fn of(contract: &Contract, state: &SessionState, faults: &mut Vec<Fault>) -> Result<Self> {
        let (schema, fields) = columns(contract);
        let known = DFSchema::try_from(schema.as_ref().clone()).map_err(|cause| error::engine("the fields of a row have no schema", cause))?;
        let mut rules = Vec::new();
        for (index, rule) in contract.rules.iter().enumerate() {
            if let Some(planned) = planned(contract, rule, &known, state, faults) {
                rules.push(Rule { index, expression: planned.expression, fields: planned.fields });
            }
        }
        Ok(Self { schema, fields, rules })
    }

    fn batch(&self, columns: &[ArrayRef], rows: usize, facts: &RowFacts<'_>) -> Result<RecordBatch> {
        let days = i32::try_from(facts.received.signed_duration_since(NaiveDate::default()).num_days()).ok();
        let fact = |name: &str| -> ArrayRef {
            match name {
                "office_code" => Arc::new(StringArray::from_iter_values(std::iter::repeat_n(facts.office, rows))),
                _ => Arc::new(std::iter::repeat_n(days, rows).collect::<Date32Array>()),
            }
        };
        let own = self.fields.iter().filter_map(|index| columns.get(*index).cloned());
        let known = self.schema.fields().iter().skip(self.fields.len()).map(|field| fact(field.name()));
        let options = RecordBatchOptions::new().with_row_count(Some(rows));
        RecordBatch::try_new_with_options(self.schema.clone(), own.chain(known).collect(), &options)
            .map_err(|cause| Error::new(Kind::Internal, "rows do not fit the rules of their contract").because(cause))
    }
}

/// The columns that the rules of a contract may name, and the fields of the first of them.
fn columns(contract: &Contract) -> (SchemaRef, Vec<usize>) {
    let readable: Vec<usize> = contract.readable().map(|(index, _)| index).collect();
    let mut fields: Vec<Field> =
        readable.iter().map(|index| &contract.fields[*index]).map(|field| Field::new(&field.name, arrow_type(&field.kind), true)).collect();
    let is_free = |name: &str| contract.fields.iter().all(|field| field.name != name || field.protection == Protection::Direct);
    fields.extend(FACTS.into_iter().filter(|(name, _)| is_free(name)).map(|(name, kind)| Field::new(name, kind, true)));
    (Arc::new(Schema::new(fields)), readable)
}

impl RowRules for Compiled {
    fn fields(&self, rule: usize) -> &[usize] {
        self.rules.iter().find(|known| known.index == rule).map_or(&[], |known| &known.fields)
    }

    fn judge(&self, columns: &[ArrayRef], rows: usize, facts: &RowFacts<'_>) -> Result<Vec<BrokenRule>> {
        let mut broken = Vec::new();
        if rows > 0 {
            let batch = self.batch(columns, rows, facts)?;
            self.rules.iter().for_each(|rule| rule.judge(&batch, 0, &mut broken));
        }
        Ok(broken)
    }
}

impl Rule {
    /// Judges rows together; where the engine fails for one of them, each half alone, so that the others are judged.
    fn judge(&self, batch: &RecordBatch, first: usize, broken: &mut Vec<BrokenRule>) {
        let rows = batch.num_rows();
        match self.values(batch) {
            Ok(values) => {
                let is_broken = |row: &usize| values.is_valid(*row) && !values.value(*row);
                broken.extend((0..rows).filter(is_broken).map(|row| BrokenRule { row: first + row, rule: self.index, unclear: None }));
            }
            Err(error) if rows == 1 => broken.push(BrokenRule { row: first, rule: self.index, unclear: Some(unclear(&error)) }),
            Err(_) => {
                let half = rows / 2;
                self.judge(&batch.slice(0, half), first, broken);
                self.judge(&batch.slice(half, rows - half), first + half, broken);
            }
        }
    }

    fn values(&self, batch: &RecordBatch) -> std::result::Result<BooleanArray, DataFusionError> {
        let values = self.expression.evaluate(batch)?.into_array(batch.num_rows())?;
        let found = values.as_boolean_opt().cloned();
        found.ok_or_else(|| DataFusionError::Internal("a rule gave what is no yes or no".to_owned()))
    }
}

fn unclear(error: &DataFusionError) -> Unclear {
    match error.find_root() {
        DataFusionError::ArrowError(cause, _) => match cause.as_ref() {
            ArrowError::DivideByZero => Unclear::DividesByZero,
            ArrowError::ArithmeticOverflow(_) => Unclear::Overflows,
            ArrowError::CastError(_) | ArrowError::ParseError(_) => Unclear::DoesNotCast,
            _ => Unclear::Fails,
        },
        _ => Unclear::Fails,
    }
}
