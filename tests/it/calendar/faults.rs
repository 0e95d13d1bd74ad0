//! Faults of the calendar: every one at once, at its place, with what to do.

use super::{CALENDAR, EXCUSES, HOLIDAYS};
use crate::faulty_projects::faulty;
use crate::support::{Folder, snapshot};

const PROJECT: &str = "rihla.toml";

fn say(folder: &Folder, lines: &str) {
    folder.replace(PROJECT, "since = 2023-01-01\n", &format!("since = 2023-01-01\n{lines}"));
}

/// What Agadir owes, in other words.
fn owes(folder: &Folder, text: &str) {
    let agadir = "name = \"Agadir\"\ncountry = \"MAR\"\ntimezone = \"Africa/Casablanca\"\nowes = ";
    folder.replace(PROJECT, &format!("{agadir}{{ registrations = 10 }}"), &format!("{agadir}{text}"));
}

fn files(folder: &Folder, holidays: &str, excuses: &str) {
    say(folder, CALENDAR);
    folder.write("calendar/holidays.csv", holidays);
    folder.write("calendar/excuses.csv", excuses);
}

macro_rules! faulty {
    ($($name:ident, $story:literal, |$folder:ident| $spoil:expr;)*) => {
        $(#[test] fn $name() { faulty("calendar", stringify!($name), $story, |$folder| { $spoil; }); })*
    };
}

faulty! {
    a_calendar_of_many_faults, "words, days and feeds that there are not", |p| say(p, "weekend = [\"saterday\"]\nwhen_closed = \"later\"\nremind = { before = [-1], after = [0, 400] }\nrelease_requires = { feeds = [\"registratons\"], from = \"2023-Q1\" }\n");
    a_week_without_a_working_day, "all seven days are weekend", |p| say(p, "weekend = [\"monday\", \"tuesday\", \"wednesday\", \"thursday\", \"friday\", \"saturday\", \"sunday\"]\nwhen_closed = \"next\"\n");
    files_that_are_not_there, "rihla.toml names files that do not exist", |p| say(p, CALENDAR);
    holidays_of_many_faults, "a line of each kind of fault", |p| files(p, "country,office,date,name\nMRA,,2023-02-10,A country that no office is in\n,TMG,2023-02-10,An office that is none\nMAR,TNG,2023-02-10,Of both\n,,2023-02-10,Of nobody\nMAR,,10/02/2023,No day\nMAR,,2023-02-30,No day either\nMAR,,2023-02-10,\nMAR,,2023-02-10,Twice\nMAR,,2023-02-11\n", EXCUSES);
    holidays_with_semicolons, "a list saved by a French Excel", |p| files(p, "country;office;date;name\nMAR;;2023-02-10;Jour férié\n", EXCUSES);
    excuses_of_many_faults, "a line of each kind of fault", |p| files(p, HOLIDAYS, "office,feed,from,to,reason,approver,on\nCSA,registrations,2023-01,,Flood,Head of mission,2023-02-14\nCAS,registratons,2023-01,,Flood,Head of mission,2023-02-14\nCAS,registrations,2023-Q1,,Flood,Head of mission,2023-02-14\nCAS,registrations,2023-05,2023-04,Flood,Head of mission,2023-02-14\nCAS,registrations,2023-06,2023-07, ,Head of mission,2023-02-14\nCAS,registrations,2023-08,2023-09,Flood,,14/02/2023\nTNG,registrations,2023-01,2023-03,Flood,Head of mission,2023-02-14\nTNG,registrations,2023-03,2023-05,\"Flood, again\",Head of mission,2023-02-14\nTNG,registrations,2023-01,2023-03,Flood,Head of mission,2023-02-14\nAGA,registrations,2023-01,Flood,Head of mission,2023-02-14\n");
    an_excuse_that_is_never_closed, "a quotation mark without its end", |p| files(p, HOLIDAYS, "office,feed,from,to,reason,approver,on\nCAS,registrations,2023-01,,\"Flood,Head of mission,2023-02-14\n");
    a_due_day_past_the_shortest_month, "the 31st", |p| owes(p, "{ registrations = 31 }");
    a_due_day_in_words, "`the tenth`", |p| owes(p, "{ registrations = \"the tenth\" }");
    an_obligation_of_many_faults, "a quarter, no month, and an end before its beginning", |p| owes(p, "{ registrations = [{ day = 0, from = \"2023\" }, { day = 10, every = \"quarter\" }, { day = 10, every = \"monthly\", from = \"2023-06\", until = \"2023-01\" }] }");
    an_obligation_mistyped, "`untill`", |p| owes(p, "{ registrations = { day = 10, untill = \"2023-06\" } }");
    obligations_that_meet, "June would be due twice", |p| owes(p, "{ registrations = [{ day = 10, until = \"2023-06\" }, { day = 15, from = \"2023-06\" }] }");
    a_feed_owed_for_some_months_that_nobody_loads, "an office owes `registratons`", |p| owes(p, "{ registratons = { day = 10 } }");
}

#[test]
fn what_is_worth_mending_stops_nothing() {
    let folder = Folder::bare();
    say(&folder, "weekend = [\"friday\"]\nexcuses = \"excuses.csv\"\nrelease_requires = { feeds = [\"registrations\"] }\n");
    folder.write("excuses.csv", "office,feed,from,to,reason,approver,on\nCAS,registrations,2022-01,2022-12,Flood,Head of mission,2023-02-14\n\n");
    let said = folder.rihla(&["check"]).ok();
    snapshot("calendar", "warnings", "an excuse of what nobody owes, and a weekend that moves nothing", &said.text());
}
