//! The command line: one subcommand a file; the only place that prints and exits. Holds no logic.

mod alerts;
mod args;
mod audit;
mod backfill;
mod check;
mod compare;
mod diff;
mod doctor;
mod drift;
mod erase;
mod explain;
mod history;
mod hold;
mod infer;
mod init;
mod lineage;
mod log;
mod ls;
mod numbers;
mod pause;
mod progress;
mod prune;
mod quarantine;
mod reconcile;
mod reconcile_since;
mod records;
mod releases;
mod render;
mod replay;
mod retry;
mod rollback;
mod rotate;
mod rules;
mod run;
mod runs;
mod schedule;
mod schema;
mod selectors;
mod spreadsheet;
mod sql;
mod status;
mod tables;
mod tag;
mod test;
mod traces;
mod validate;
mod words;
mod would_change;

use std::io::{IsTerminal, Write};
use std::process::ExitCode;

use clap::Parser;

use crate::allocator;
use crate::clock;
use crate::error::{Error, Kind, Result};
use crate::parallel::STACK_BYTES;
use crate::project::{Lang, Project};
use crate::warehouse::{Manifest, Warehouse};
use args::{Args, Colour, Command};

/// What every command is given.
pub struct Terminal<'a> {
    /// Where results go.
    pub out: &'a mut dyn Write,
    /// True where a program reads the result.
    pub json: bool,
    /// The language of what people read.
    pub lang: Lang,
}

/// Runs the command line and tells how it ended: 0 done, 1 the user's to fix, 2 ours.
pub fn main() -> ExitCode {
    allocator::give_back();
    std::panic::set_hook(Box::new(|_| {}));
    let done = std::thread::Builder::new().stack_size(STACK_BYTES).spawn(run_command_line).map(std::thread::JoinHandle::join);
    match done {
        Ok(Ok(code)) => ExitCode::from(code),
        Err(_) | Ok(Err(_)) => {
            // A panic's message may quote data, so it is not shown.
            let _ = writeln!(
                std::io::stderr(),
                "error: rihla met a defect of its own and stopped; nothing was half released\nhelp: please report the command and this program's version"
            );
            ExitCode::from(2)
        }
    }
}

fn run_command_line() -> u8 {
    let args = match Args::try_parse() {
        Ok(args) => args,
        Err(error) => {
            // Help and version are asked for; everything else is wrong usage, which is the user's to fix.
            let _ = error.print();
            return u8::from(error.use_stderr());
        }
    };
    let traces = log::start(&args);
    let runtime = match tokio::runtime::Builder::new_multi_thread().thread_stack_size(STACK_BYTES).enable_all().build() {
        Ok(runtime) => runtime,
        Err(cause) => return fail(&args, &Error::new(Kind::Internal, "cannot start the runtime").because(cause)),
    };
    let stdout = std::io::stdout();
    let mut out = std::io::BufWriter::new(stdout.lock());
    let mut terminal = Terminal { out: &mut out, json: args.json, lang: args.lang.into() };
    let done = runtime.block_on(dispatch(&args, &mut terminal));
    // Before the error is told, which is the last line of all.
    traces.finish();
    match done.and_then(|code| flush(&mut out).map(|()| code)) {
        Ok(code) => code,
        Err(error) if is_closed_pipe(&error) => 0,
        Err(error) => {
            let _ = out.flush();
            drop(out);
            fail(&args, &error)
        }
    }
}

fn flush(out: &mut impl Write) -> Result<()> {
    out.flush().map_err(closed)
}

/// The error of a result that could not be printed.
pub fn closed(cause: std::io::Error) -> Error {
    crate::error::io("cannot print the result", cause)
}

/// True where the reader of the result has gone, as `head` does: that is no failure.
fn is_closed_pipe(error: &Error) -> bool {
    std::error::Error::source(error)
        .and_then(|cause| cause.downcast_ref::<std::io::Error>())
        .is_some_and(|cause| cause.kind() == std::io::ErrorKind::BrokenPipe)
}

fn fail(args: &Args, error: &Error) -> u8 {
    let colour = wants_colour(args.color, std::io::stderr().is_terminal());
    let text = if args.json { render::error_json(error) } else { render::error(error, colour) };
    let _ = writeln!(std::io::stderr(), "{text}");
    error.exit_code()
}

fn wants_colour(choice: Colour, is_terminal: bool) -> bool {
    match choice {
        Colour::Always => true,
        Colour::Never => false,
        Colour::Auto => is_terminal && std::env::var_os("NO_COLOR").is_none(),
    }
}

async fn dispatch(args: &Args, terminal: &mut Terminal<'_>) -> Result<u8> {
    match &args.command {
        Command::Run(options) => run::run(args, options, terminal).await,
        Command::Replay(options) => replay::replay(args, options, terminal).await,
        Command::Ls(options) => ls::ls(args, options, terminal).await,
        Command::Init { folder } => init::init(args, folder.as_deref(), terminal),
        Command::Schema { name, write } => schema::schema(name.as_deref(), write.as_deref(), terminal),
        Command::Infer { .. } => infer::infer(args, terminal),
        Command::Validate { .. } => validate::validate(args, terminal),
        Command::Audit(options) => audit::audit(args, options, terminal).await,
        Command::Check => check::check(args, terminal).await,
        Command::Sql { query, file, format, output, release, as_of } => {
            let query = sql::query(query.as_deref(), file.as_deref())?;
            let (output, release, as_of) = (output.as_deref(), release.as_deref(), as_of.as_deref());
            sql::sql(args, &sql::Question { query: &query, format: *format, output, release, as_of }, terminal).await
        }
        Command::Tables { table } => tables::tables(args, table.as_deref(), terminal).await,
        Command::Lineage(options) => lineage::lineage(args, options, terminal).await,
        Command::Test(options) => test::test(args, options, terminal).await,
        Command::Quarantine(options) => quarantine::quarantine(args, options, terminal).await,
        Command::Releases(options) => releases::releases(args, options, terminal).await,
        Command::Rollback(options) => rollback::rollback(args, options, terminal).await,
        Command::Schedule(options) => schedule::schedule(args, options, terminal).await,
        Command::Alerts(options) => alerts::alerts(args, options, terminal).await,
        Command::Runs(options) => runs::runs(args, options, terminal).await,
        Command::Doctor(options) => doctor::doctor(args, options, terminal).await,
        Command::Backfill(options) => backfill::backfill(args, options, terminal).await,
        Command::Retry(options) => retry::retry(args, options, terminal).await,
        Command::Pause(options) => pause::pause(args, options, terminal).await,
        Command::Resume(options) => pause::resume(args, options, terminal).await,
        Command::Tag(options) => tag::tag(args, options, terminal).await,
        Command::Status(options) => status::status(args, options, terminal).await,
        Command::Reconcile { .. } => reconcile::reconcile(args, terminal).await,
        Command::RotateKey { new_key } => rotate::rotate(args, new_key.as_deref(), terminal).await,
        Command::Prune { dry_run } => prune::prune(args, *dry_run, terminal).await,
        Command::Explain(options) => explain::explain(args, options, terminal).await,
        Command::Erase { .. } => erase::erase(args, terminal).await,
        Command::Compare { .. } => compare::compare(args, terminal).await,
        Command::Diff(options) => diff::diff(args, options, terminal).await,
        Command::History(options) => history::history(args, options, terminal).await,
        Command::Records(options) => records::records(args, options, terminal).await,
    }
}

/// The warehouse of a project and its newest release, to read.
pub async fn open_latest(project: &Project) -> Result<(Warehouse, Manifest)> {
    let warehouse = Warehouse::open(project, clock::from_environment()?).await?;
    let release = warehouse.latest_release().await?;
    let release = release.ok_or_else(|| Error::new(Kind::Input, "there is no release yet").hint("run `rihla run`; where it releases nothing it says why"))?;
    Ok((warehouse, release))
}

/// The warehouse of a project, to read.
async fn open_warehouse(project: &Project) -> Result<Warehouse> {
    Warehouse::open(project, clock::from_environment()?).await
}

/// Prints a value for programs.
pub fn print_json(terminal: &mut Terminal<'_>, value: &impl serde::Serialize) -> Result<()> {
    let text = serde_json::to_string(value).map_err(|cause| Error::new(Kind::Internal, "cannot print the result").because(cause))?;
    writeln!(terminal.out, "{text}").map_err(closed)
}
