//! The stages that are disturbed, each on what those before it left.

use std::sync::OnceLock;

use crate::erasure::PERSON;
use crate::support::{Folder, ROWS, Ran, comma_csv, with};

/// The key that a rotation adds.
const NEW_KEY: &str = "0202020202020202020202020202020202020202020202020202020202020202";

/// A command on a warehouse that was brought so far.
pub struct Stage {
    /// Its name.
    pub name: &'static str,
    /// What it does, for the list.
    pub about: &'static str,
    /// The stages done before it.
    after: &'static [&'static str],
    /// What is laid out before the command.
    prepare: fn(&Folder),
    args: &'static [&'static str],
    input: &'static str,
    /// Only points of writes that hold this are its own.
    own: &'static str,
}

/// Every stage, in the order of a warehouse's life.
pub const STAGES: &[Stage] = &[
    Stage {
        name: "making the key",
        about: "`rihla run` where there is neither a warehouse nor a key.",
        after: &[],
        prepare: first_delivery,
        args: &["run"],
        input: "",
        own: "…/key",
    },
    Stage {
        name: "the first load",
        about: "`rihla run` where there is no warehouse: one delivery, one of its rows set aside.",
        after: &[],
        prepare: first_delivery,
        args: &["run"],
        input: "",
        own: "",
    },
    Stage {
        name: "loading",
        about: "`rihla run` with a correction, a late row and a new slot.",
        after: &["the first load"],
        prepare: |folder| {
            let corrected = with(ROWS[1], "Nationalité", "Congo");
            folder.write("in/RAB/2023-02-14/registrations-2023-01.csv", comma_csv(&[ROWS[0], corrected, ROWS[2]]));
            let late = with(ROWS[3], "Identifiant", "late-4");
            folder.write("in/RAB/2023-03-04/registrations-2023-02.csv", comma_csv(&[late, with(ROWS[2], "Nationalité", "Atlantide")]));
            folder.replace("pipelines/registrations.toml", "tolerance = 0.25", "tolerance = 0.75");
        },
        args: &["run"],
        input: "",
        own: "",
    },
    Stage {
        name: "modelling",
        about: "`rihla run` after a model was changed.",
        after: &["the first load", "loading"],
        prepare: |folder| {
            folder.replace("sql/marts/by_country.sql", "FROM registered", "FROM registered WHERE nationality <> 'GIN'");
        },
        args: &["run"],
        input: "",
        own: "",
    },
    Stage {
        name: "testing",
        about: "`rihla run` after a model was changed so that its test fails: nothing is released.",
        after: &["the first load", "loading"],
        prepare: |folder| {
            folder.replace("sql/staging/registered.sql", "min(nationality) AS nationality", "min('GIN') AS nationality");
            folder.replace("sql/marts/by_country.sql", "SELECT nationality, count", "SELECT 'XXX' AS nationality, count");
        },
        args: &["run"],
        input: "",
        own: "",
    },
    Stage {
        name: "erasing",
        about: "`rihla erase` of a person with rows loaded and set aside.",
        after: &["the first load", "loading", "modelling"],
        prepare: |_| {},
        args: &["erase", "--person", "-"],
        input: PERSON,
        own: "",
    },
    Stage {
        name: "pruning",
        about: "`rihla prune` of all releases but one, and of what a killed run left in a table.",
        after: &["the first load", "loading", "modelling"],
        prepare: |folder| {
            folder.replace("rihla.toml", "[calendar]\n", "[retention]\nreleases = 1\n\n[calendar]\n");
            folder.write("warehouse/feeds/registrations/part-of-a-killed-run.parquet", "no Parquet");
        },
        args: &["prune"],
        input: "",
        own: "",
    },
    Stage {
        name: "rotating",
        about: "`rihla rotate-key --new-key` after an erasure.",
        after: &["the first load", "loading", "modelling", "erasing"],
        prepare: |folder| folder.write("../new-key", NEW_KEY),
        args: &["rotate-key", "--new-key", "new-key"],
        input: "",
        own: "",
    },
    Stage {
        name: "replaying",
        about: "`rihla replay` after an alias was added for a spelling that stood in quarantine.",
        after: &["the first load"],
        prepare: |folder| {
            folder.replace("schemas/codes/country.csv", "Congo-Brazzaville", "Congo-Brazzaville|Atlantide");
        },
        args: &["replay"],
        input: "",
        own: "",
    },
];

fn first_delivery(folder: &Folder) {
    let faulty = with(with(ROWS[2], "Identifiant", "faulty-3"), "Nationalité", "Atlantide");
    folder.write("in/RAB/2023-02-04/registrations-2023-01.csv", comma_csv(&[ROWS[0], ROWS[1], ROWS[2], faulty]));
}

/// A stage by its name.
pub fn stage(name: &str) -> &'static Stage {
    STAGES.iter().find(|stage| stage.name == name).expect("a stage")
}

impl Stage {
    /// A folder of its own, right before the command.
    pub fn begin(&self) -> Folder {
        static BASES: [OnceLock<Folder>; STAGES.len()] = [const { OnceLock::new() }; STAGES.len()];
        let index = STAGES.iter().position(|stage| stage.name == self.name).expect("a stage");
        let base = BASES[index].get_or_init(|| {
            let folder = Folder::bare();
            for name in self.after {
                let before = stage(name);
                (before.prepare)(&folder);
                before.run(&folder, &[]).ok();
            }
            (self.prepare)(&folder);
            folder
        });
        let folder = base.again();
        if self.name == "making the key" {
            std::fs::remove_file(folder.key()).expect("the key");
        }
        if self.name == "rotating" {
            folder.write("../new-key", NEW_KEY);
        }
        folder
    }

    /// True for points, or writes, that are this stage's to prove.
    pub fn has(&self, point: &str) -> bool {
        point.contains(self.own)
    }

    /// Runs the command at the stage's own moment.
    pub fn run(&self, folder: &Folder, variables: &[(&str, &str)]) -> Ran {
        let root = folder.path("warehouse");
        let hour = STAGES.iter().position(|stage| stage.name == self.name).expect("a stage") + 10;
        let now = format!("2023-07-21T{hour}:00:00Z");
        let own = [("RIHLA_TEST_ROOT", root.to_str().expect("a path")), ("RIHLA_NOW", now.as_str())];
        folder.rihla_fed(self.args, self.input, &[&own, variables].concat())
    }

    /// Runs the command again after it was disturbed: it ends as an undisturbed one.
    #[track_caller]
    pub fn run_again(&self, folder: &Folder, code: i32, place: &str) {
        let ran = self.run(folder, &[]);
        // A rotation that had been decided was finished by the second one, which then finds its key in the chain.
        let was_finished = self.name == "rotating" && ran.code == 1 && ran.stderr.contains("had before");
        assert!(ran.code == code || was_finished, "{place}: run again: {}", ran.text());
    }

    /// Prunes at the stage's moment.
    #[track_caller]
    pub fn prune(&self, folder: &Folder) {
        Self { args: &["prune"], input: "", ..*self }.run(folder, &[]).ok();
    }
}
