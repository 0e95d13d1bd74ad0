//! Schedules as projects declare them: what is refused, at its place; what is warned of; and what is coming.

use crate::faulty_projects::faulty;
use crate::support::{Folder, snapshot, story};

const PROJECT: &str = "rihla.toml";
const PIPELINE: &str = "pipelines/registrations.toml";
const USUAL: &str = "{ cron = \"0 6 * * *\" }";

macro_rules! faulty_schedules {
    ($($name:ident, $story:literal, |$folder:ident| $spoil:expr;)*) => {
        $(#[test] fn $name() { faulty("schedule", stringify!($name), $story, |$folder| { $spoil; }); })*
    };
}

faulty_schedules! {
    an_expression_that_is_never_due, "30 February", |p| p.replace(PIPELINE, USUAL, "{ cron = \"0 6 30 2 *\" }");
    seconds_in_an_expression, "six fields", |p| p.replace(PIPELINE, USUAL, "{ cron = \"0 0 6 * * *\" }");
    a_schedule_without_a_time, "jitter alone", |p| p.replace(PIPELINE, USUAL, "{ jitter = \"5m\" }");
    an_unknown_zone_of_a_schedule, "Africa/Casablanka", |p| p.replace(PIPELINE, USUAL, "{ cron = \"0 6 * * *\", timezone = \"Africa/Casablanka\" }");
    a_dependency_on_nothing, "models after `registration`", |p| p.replace(PROJECT, "[calendar]", "[schedule.models]\ndepends_on = [\"registration\"]\n\n[calendar]");
    a_circle_of_dependencies, "registrations after models after registrations", |p| {
        p.replace(PIPELINE, USUAL, "{ depends_on = [\"models\"] }");
        p.replace(PROJECT, "[calendar]", "[schedule.models]\ndepends_on = [\"registrations\"]\n\n[calendar]");
    };
    a_time_of_its_own_and_a_dependency, "both", |p| p.replace(PROJECT, "[calendar]", "[schedule]\nmodels = { cron = \"0 7 * * *\", depends_on = [\"registrations\"] }\n\n[calendar]");
    policies_that_contradict, "every contradiction at once", |p| {
        p.replace(PIPELINE, USUAL, "{ cron = \"*/10 * * * *\", jitter = \"10m\", misfire = \"all\", overlap = \"skip\", retry = { first = \"2h\", most = \"1h\" } }");
        p.replace(PROJECT, "[calendar]", "[schedule]\nat_a_time = 0\n\n[schedule.models]\ncron = \"0 7 * * *\"\nmisfire = \"skip\"\nmaximum_age = \"2d\"\nmaximum_number = 3\n\n[calendar]");
    };
    hosts_that_are_none, "neither one nor several", |p| p.replace(PROJECT, "[calendar]", "[schedule]\nhosts = \"sevral\"\n\n[calendar]");
    policies_that_are_none, "words, spans and numbers that mean nothing", |p| p.replace(
        PIPELINE,
        USUAL,
        "{ cron = \"0 6 * * *\", jitter = \"5 minutes\", misfire = \"lates\", overlap = \"parallel\", timeout = \"0h\", retry = { attempts = 0, on = [\"unavailabel\"] } }",
    );
}

/// A small project whose pipeline and models are scheduled so.
fn scheduled(pipeline: &str, models: &str) -> Folder {
    let folder = Folder::small();
    folder.replace(PIPELINE, USUAL, pipeline);
    folder.replace(PROJECT, "[calendar]", &format!("[schedule.models]\n{models}\n\n[calendar]"));
    folder
}

fn shown(folder: &Folder, name: &str, args: &[&str]) {
    let said = folder.rihla(args);
    snapshot("schedule", name, &story(args), &said.text());
}

#[test]
fn hours_that_are_skipped_or_repeated_are_warned_of() {
    let folder = scheduled("{ cron = \"30 2 * * *\" }", "cron = \"0 */2 * * *\"\ntimezone = \"America/Havana\"");
    shown(&folder, "warned", &["check"]);
}

#[test]
fn what_is_coming_is_shown_in_the_zone_and_in_utc() {
    let folder = scheduled("{ cron = \"0 6 * * *\", jitter = \"10m\" }", "depends_on = [\"registrations\"]");
    shown(&folder, "coming", &["schedule", "--next", "5"]);
    shown(&folder, "coming_json", &["schedule", "--next", "1", "--json"]);
    shown(&folder, "coming_of_one", &["schedule", "--next", "3", "--pipeline", "models"]);
    shown(&folder, "coming_of_nobody", &["schedule", "--pipeline", "model"]);
}
