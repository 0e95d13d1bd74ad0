//! Models planned without data: their columns, what these are computed from, and every fault that planning finds.


use arrow::datatypes::SchemaRef;
use datafusion::error::DataFusionError;
use datafusion::execution::SessionState;
use datafusion::logical_expr::LogicalPlan;

use super::check::written_schema;
use super::header::Text;
use super::known;
use super::lineage::ModelLineage;
use super::parse::Model;
use super::trace::{Tables, Trace};
use super::{check_codes, diagnose};
use crate::diagnostic::Fault;
use crate::engine::Engine;
use crate::project::Project;

/// Plans what models say, one after another, and remembers what is known of their tables.
pub struct Planner<'p> {
    project: &'p Project,
    /// A session's state is dear to copy and sees tables that are added later, so that one copy serves all.
    state: SessionState,
    /// What is known of tables. Empty where the project's own faults leave it unsure what codes and offices there are.
    tables: Tables,
    /// False where nothing is to be said of codes.
    knows_values: bool,
}

/// A model that could be planned.
pub struct Planned {
    /// The columns as they are written.
    pub schema: SchemaRef,
    /// What they are computed from.
    pub lineage: ModelLineage,
}

impl<'p> Planner<'p> {
    /// A planner of a project's models; where the project has faults of its own, nothing is said of codes and offices.
    pub fn new(engine: &Engine, project: &'p Project, is_whole: bool) -> Self {
        let tables = if is_whole { known::inputs(project) } else { Tables::new() };
        Self { project, state: engine.context().state(), tables, knows_values: is_whole }
    }

    /// Plans and optimises a model; nothing where it has faults.
    pub async fn model(&mut self, model: &Model, faults: &mut Vec<Fault>) -> Option<Planned> {
        let planned = match self.state.statement_to_plan(model.statement.clone()).await {
            Ok(plan) => self.state.optimize(&plan).map(|_| plan),
            Err(error) => Err(error),
        };
        let plan = match planned {
            Ok(plan) => plan,
            Err(error) => {
                faults.extend(error.iter().map(|error| diagnose::fault(&model.file, error)));
                return None;
            }
        };
        let mut trace = Trace::new(&self.tables);
        let (lineage, values) = trace.plan(&plan);
        if self.knows_values {
            faults.extend(check_codes::faults_of_select(model, &trace.comparisons));
            let known = known::of_model(model, &lineage, values, self.project);
            self.tables.insert(model.name.as_str().to_owned(), known);
            faults.extend(check_codes::faults_of_tests(model, &self.tables));
        }
        Some(Planned { schema: written_schema(plan.schema().as_arrow()), lineage })
    }

    /// Plans a statement of our own making.
    ///
    /// # Errors
    /// As planning says.
    pub async fn statement(&self, sql: &str) -> Result<LogicalPlan, DataFusionError> {
        self.state.create_logical_plan(sql).await
    }

    /// Plans a statement that holds a condition of a model's header.
    pub async fn condition(&self, model: &Model, condition: &Text, what: &str, sql: &str, faults: &mut Vec<Fault>) {
        match self.statement(sql).await {
            Ok(plan) if self.knows_values => {
                let mut trace = Trace::new(&self.tables);
                trace.plan(&plan);
                faults.extend(check_codes::faults_of_condition(model, condition, what, &trace.comparisons));
            }
            Ok(_) => {}
            Err(error) => {
                let told = diagnose::fault(&model.file, &error);
                faults.push(model.header_fault(condition.span(), format!("the condition {what} is wrong: {}", told.message)).maybe_hint(told.hint));
            }
        }
    }
}
