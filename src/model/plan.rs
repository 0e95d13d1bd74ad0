//! Models planned without data: their columns, what these are computed from, and every fault that planning finds.

use std::collections::BTreeMap;

use arrow::datatypes::SchemaRef;
use datafusion::common::tree_node::{TreeNode, TreeNodeRecursion};
use datafusion::error::DataFusionError;
use datafusion::execution::SessionState;
use datafusion::logical_expr::{Expr, LogicalPlan};
use datafusion::optimizer::OptimizerRule;
use datafusion::optimizer::simplify_expressions::SimplifyExpressions;
use datafusion::sql::parser::Statement;

use super::check::written_schema;
use super::header::Text;
use super::known;
use super::lineage::ModelLineage;
use super::parse::Model;
use super::partition::check_partition;
use super::plain::SUBQUERY_THAT_CANNOT_RUN;
use super::repair::Repair;
use super::trace::{Tables, Trace};
use super::values::Values;
use super::{check_codes, diagnose};
use crate::diagnostic::Fault;
use crate::engine::Engine;
use crate::project::Project;

/// What the columns of a table may hold.
pub type Known = BTreeMap<String, Values>;

/// Plans what models say, one after another, and remembers what is known of their tables.
pub struct Planner<'p> {
    project: &'p Project,
    /// A session's state is dear to copy and sees tables that are added later, so that one copy serves all.
    state: SessionState,
    /// The rule that computes what is constant, which is where text that is no date shows. The others only make plans
    /// faster, and take most of the time.
    simplifier: SimplifyExpressions,
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
    /// What is known of their values; nothing where nothing is to be said of codes.
    pub known: Option<Known>,
}

impl<'p> Planner<'p> {
    /// A planner of a project's models; where the project has faults of its own, nothing is said of codes and offices.
    pub fn new(engine: &Engine, project: &'p Project, is_whole: bool) -> Self {
        Self {
            project,
            state: engine.context().state(),
            simplifier: SimplifyExpressions::new(),
            tables: if is_whole { known::inputs(project) } else { Tables::new() },
            knows_values: is_whole,
        }
    }

    /// Plans a model; nothing where it has faults.
    ///
    /// `parts` are the models that are made in parts, with the column of each.
    pub async fn model(&self, model: &Model, parts: &BTreeMap<String, String>, faults: &mut Vec<Fault>) -> Option<Planned> {
        let plan = self.plan(model, faults).await?;
        let schema = written_schema(plan.schema().as_arrow());
        faults.extend(check_partition(&self.state, model, &plan, &schema, parts));
        let mut trace = Trace::new(&self.tables);
        let (lineage, values) = trace.plan(&plan);
        if self.knows_values {
            faults.extend(check_codes::faults_of_select(model, &trace.comparisons));
        }
        let known = self.knows_values.then(|| known::of_model(model, &lineage, values, self.project));
        Some(Planned { schema, lineage, known })
    }

    /// Remembers what is known of a model's table.
    pub fn learn(&mut self, model: &Model, known: Known) {
        self.tables.insert(model.name.as_str().to_owned(), known);
    }

    /// What tests of a model that is learnt would never find.
    pub fn vain_tests(&self, model: &Model) -> Vec<Fault> {
        if self.knows_values { check_codes::faults_of_tests(model, &self.tables) } else { Vec::new() }
    }

    /// The plan of a model's SELECT. Planning ends at the first name that it does not know; so that name is taken out
    /// and the rest planned again, until all are told.
    async fn plan(&self, model: &Model, faults: &mut Vec<Fault>) -> Option<LogicalPlan> {
        let mut repair = Repair::new(model);
        loop {
            match self.proven(repair.statement()).await {
                Ok(plan) if repair.is_untouched() => return Some(plan),
                Ok(_) => break,
                Err(error) => {
                    if !repair.mend(&error) {
                        break;
                    }
                }
            }
        }
        faults.extend(repair.into_faults());
        None
    }

    /// A plan whose types fit.
    async fn proven(&self, statement: Statement) -> Result<LogicalPlan, DataFusionError> {
        let plan = self.state.statement_to_plan(statement).await?;
        self.prove(&plan)?;
        Ok(plan)
    }

    /// Finds what is wrong with a plan that could be made: types that do not fit, texts that are no dates, subqueries that
    /// cannot run.
    ///
    /// # Errors
    /// As the engine says.
    pub fn prove(&self, plan: &LogicalPlan) -> Result<(), DataFusionError> {
        let analysed = self.state.analyzer().execute_and_check(plan.clone(), self.state.config_options(), |_, _| {})?;
        analysed.transform_up_with_subqueries(|node| self.simplifier.rewrite(node, &self.state))?;
        if has_subqueries(plan)? && has_subqueries_left(&self.state.optimize(plan)?)? {
            return Err(DataFusionError::NotImplemented(SUBQUERY_THAT_CANNOT_RUN.to_owned()));
        }
        Ok(())
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
        let what = format!("the condition {what}");
        match self.statement(sql).await.and_then(|plan| self.prove(&plan).map(|()| plan)) {
            Ok(plan) => faults.extend(self.in_vain(model, condition, &what, &plan)),
            Err(error) => {
                let told = diagnose::fault(&model.file, &error);
                faults.push(model.header_fault(condition.span(), format!("{what} is wrong: {}", told.message)).maybe_hint(told.hint));
            }
        }
    }

    /// Comparisons that can never be true, in a plan that holds SQL of a model's header.
    pub fn in_vain(&self, model: &Model, text: &Text, what: &str, plan: &LogicalPlan) -> Vec<Fault> {
        if !self.knows_values {
            return Vec::new();
        }
        let mut trace = Trace::new(&self.tables);
        trace.plan(plan);
        check_codes::faults_of_condition(model, text, what, &trace.comparisons)
    }
}

/// True where a plan has subqueries within expressions.
fn has_subqueries(plan: &LogicalPlan) -> Result<bool, DataFusionError> {
    plan.exists(|node| {
        node_has(node, |expression| matches!(expression, Expr::Exists(_) | Expr::InSubquery(_) | Expr::ScalarSubquery(_) | Expr::SetComparison(_)))
    })
}

/// True where an optimised plan still has subqueries that depend on their surroundings: nothing can run those.
fn has_subqueries_left(plan: &LogicalPlan) -> Result<bool, DataFusionError> {
    plan.exists(|node| {
        node_has(node, |expression| match expression {
            Expr::Exists(_) | Expr::InSubquery(_) | Expr::SetComparison(_) => true,
            Expr::ScalarSubquery(subquery) => !subquery.outer_ref_columns.is_empty(),
            _ => false,
        })
    })
}

fn node_has(node: &LogicalPlan, is_one: impl Fn(&Expr) -> bool) -> Result<bool, DataFusionError> {
    let mut found = false;
    node.apply_expressions(|expression| {
        found |= expression.exists(|part| Ok(is_one(part)))?;
        Ok(if found { TreeNodeRecursion::Stop } else { TreeNodeRecursion::Continue })
    })?;
    Ok(found)
}
