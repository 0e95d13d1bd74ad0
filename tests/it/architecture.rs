//! What is deliberately not there: imports upward or sideways, printing and clocks out of place, long files.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use regex::Regex;

use crate::support::repository;

/// The floors of `src/lib.rs`; a module imports from lower floors only.
const FLOORS: [&[&str]; 8] = [
    &["allocator", "clock", "diagnostic", "error", "graph", "names", "parallel", "period", "secret", "trail"],
    &["cadence", "contract", "engine", "store"],
    &["project"],
    &["calendar", "model", "normalise", "read", "validate", "warehouse"],
    &["alert", "draft", "run"],
    &["report", "schedule"],
    &["doctor", "monitor"],
    &["cli"],
];

/// The only imports between modules of one floor.
const SIBLINGS: [(&str, &str); 11] = [
    ("clock", "error"),
    ("secret", "error"),
    ("error", "diagnostic"),
    ("engine", "contract"),
    ("validate", "read"),
    ("normalise", "validate"),
    ("warehouse", "validate"),
    ("warehouse", "normalise"),
    ("model", "warehouse"),
    ("calendar", "warehouse"),
    ("model", "calendar"),
];

/// The longest that a file may be.
const MOST_LINES: usize = 400;

struct Source {
    /// The path below the repository.
    path: String,
    /// The module below `src/`; `lib` and `main` for the files of these names.
    module: String,
    text: String,
}

impl Source {
    /// Lines that are code, with their numbers.
    fn code(&self) -> impl Iterator<Item = (usize, &str)> {
        self.text.lines().enumerate().map(|(index, line)| (index + 1, line)).filter(|(_, line)| !line.trim_start().starts_with("//"))
    }
}

fn files(folder: &str) -> Vec<Source> {
    let root = repository("");
    let mut found = Vec::new();
    let mut folders: Vec<PathBuf> = vec![repository(folder)];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                found.push(source(&root, &path));
            }
        }
    }
    assert!(!found.is_empty(), "no files in {folder}");
    found.sort_by(|a, b| a.path.cmp(&b.path));
    found
}

fn source(root: &Path, path: &Path) -> Source {
    let path_text = path.strip_prefix(root).expect("below the repository").to_string_lossy().replace('\\', "/");
    let module = path_text.split('/').nth(1).unwrap_or_default().trim_end_matches(".rs").to_owned();
    Source { module, text: std::fs::read_to_string(path).expect("a source file"), path: path_text }
}

fn floor(module: &str) -> Option<usize> {
    FLOORS.iter().position(|floor| floor.contains(&module))
}

/// The modules of this crate that a file names, with the first line of each.
fn imports(source: &Source) -> BTreeMap<String, usize> {
    let single = Regex::new(r"\bcrate::([a-z_]+)").expect("a pattern");
    let several = Regex::new(r"\bcrate::\{([^;]*)\}").expect("a pattern");
    let mut found = BTreeMap::new();
    for (number, line) in source.code() {
        let mut note = |module: &str| {
            found.entry(module.to_owned()).or_insert(number);
        };
        single.captures_iter(line).for_each(|module| note(&module[1]));
        for group in several.captures_iter(line) {
            group[1].split(',').filter_map(|part| part.trim().split("::").next()).for_each(&mut note);
        }
    }
    found
}

#[test]
fn every_module_stands_on_the_floor_that_lib_says() {
    let text = std::fs::read_to_string(repository("src/lib.rs")).expect("src/lib.rs");
    let floor_line = Regex::new(r"^// Floor (\d)").expect("a pattern");
    let module_line = Regex::new(r"^pub mod ([a-z_]+);").expect("a pattern");
    let mut current = None;
    for line in text.lines() {
        if let Some(found) = floor_line.captures(line) {
            current = Some(found[1].parse::<usize>().expect("a number"));
        }
        if let Some(found) = module_line.captures(line) {
            let module = &found[1];
            assert_eq!(floor(module), current, "`{module}` stands on another floor here than in src/lib.rs");
        }
    }
}

#[test]
fn imports_run_strictly_downward() {
    let mut wrong = Vec::new();
    for source in files("src").iter().filter(|source| source.module != "lib" && source.module != "main") {
        let own = floor(&source.module).unwrap_or_else(|| panic!("{} stands on no floor", source.path));
        for (module, line) in imports(source) {
            let other = floor(&module).unwrap_or_else(|| panic!("{}:{line} imports `{module}`, which stands on no floor", source.path));
            let is_sibling = SIBLINGS.contains(&(source.module.as_str(), module.as_str()));
            if module != source.module && other >= own && !is_sibling {
                wrong.push(format!("{}:{line} imports `{module}`", source.path));
            }
        }
    }
    assert!(wrong.is_empty(), "imports that do not run downward:\n{}", wrong.join("\n"));
}

#[test]
fn no_sibling_is_allowed_that_nobody_imports() {
    let sources = files("src");
    let unused: Vec<_> =
        SIBLINGS.iter().filter(|(module, other)| !sources.iter().any(|source| source.module == *module && imports(source).contains_key(*other))).collect();
    assert!(unused.is_empty(), "take these from the list: {unused:?}");
}

/// Where a word stands in code outside of the files that may hold it.
fn out_of_place(pattern: &str, is_allowed: impl Fn(&Source) -> bool) -> Vec<String> {
    let pattern = Regex::new(pattern).expect("a pattern");
    let sources = files("src");
    let allowed = |source: &&Source| !is_allowed(source);
    let found = sources
        .iter()
        .filter(allowed)
        .flat_map(|source| source.code().filter(|(_, line)| pattern.is_match(line)).map(|(number, line)| format!("{}:{number} {}", source.path, line.trim())));
    found.collect()
}

#[test]
fn only_the_command_line_prints_and_exits() {
    let found = out_of_place(r"\b(e?print(ln)?!|dbg!|process::exit|io::std(out|err))", |source| source.module == "cli");
    assert_eq!(found, Vec::<String>::new());
}

#[test]
fn only_the_clock_reads_the_time_and_the_systems_randomness() {
    let found = out_of_place(r"\b(Utc|Local|SystemTime|Instant)::now\b|\brand::|thread_rng|getrandom|Uuid::new", |source| source.path == "src/clock.rs");
    assert_eq!(found, Vec::<String>::new());
}

#[test]
fn only_the_engine_builds_a_session() {
    let found =
        out_of_place(r"\b(SessionContext|SessionConfig|SessionStateBuilder|RuntimeEnvBuilder)::(new|default)", |source| source.path == "src/engine/mod.rs");
    assert_eq!(found, Vec::<String>::new());
}

#[test]
fn only_the_store_builds_an_object_store() {
    let found = out_of_place(
        r"\b(LocalFileSystem|InMemory|AmazonS3Builder|MicrosoftAzureBuilder|GoogleCloudStorageBuilder|PrefixStore)\b|object_store::parse_url|\breqwest::",
        |source| source.path.starts_with("src/store"),
    );
    assert_eq!(found, Vec::<String>::new());
}

#[test]
fn only_the_store_writes_to_the_warehouse() {
    let writes = r"fs::(write|rename|remove_|create_dir|hard_link|copy|set_permissions)|::symlink\(|File::create|OpenOptions|DirBuilder";
    // What dbt's tools read lies beside the warehouse, and a run does not rest on it.
    let is_elsewhere = |source: &Source| source.path.contains("run/artefacts") || !["warehouse", "model", "run"].contains(&source.module.as_str());
    let found = out_of_place(writes, is_elsewhere);
    assert_eq!(found, Vec::<String>::new(), "writes without points: use store::files");
}

#[test]
fn no_file_is_long() {
    let long: Vec<_> = ["src", "tests", "fixtures/generator/src"]
        .into_iter()
        .flat_map(files)
        .map(|source| (source.text.lines().count(), source.path))
        .filter(|(lines, _)| *lines >= MOST_LINES)
        .collect();
    assert!(long.is_empty(), "{long:?}");
}
