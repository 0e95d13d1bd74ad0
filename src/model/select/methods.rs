//! What each method chooses.

use std::collections::BTreeSet;

use super::Ground;
use super::graph::{Node, Resource};
use super::parse::{Criterion, Method};
use super::pattern::Pattern;
use super::state::Change;
use crate::diagnostic::did_you_mean;

/// What is wrong with a criterion, and what to do about it.
type Wrong = (String, Option<String>);

type Chosen<'g> = Result<BTreeSet<&'g str>, Wrong>;

/// What a run may say of a model or a test.
const RESULTS: [&str; 7] = ["success", "error", "skipped", "pass", "warn", "fail", "failed"];

const STATES: [&str; 4] = ["modified", "new", "old", "unmodified"];

const RESOURCES: [Resource; 3] = [Resource::Model, Resource::Source, Resource::Seed];

impl<'g> Ground<'g> {
    /// What a criterion chooses before its graph operators.
    pub(super) fn matching(&self, criterion: &Criterion) -> Chosen<'g> {
        let value = criterion.value.as_str();
        match criterion.method {
            Method::Name => self.by_name(value),
            Method::Path => self.by_path(value),
            Method::File => self.by_file(value),
            Method::Tag => self.by_tag(value),
            Method::Feed => self.by_feed(value),
            Method::Source => self.by_source(value),
            Method::State => self.by_state(value),
            Method::Result => self.by_result(value),
            Method::ResourceType => self.by_resource(value),
        }
    }

    fn choose(&self, is_chosen: impl Fn(&Node) -> bool) -> BTreeSet<&'g str> {
        self.nodes.values().filter(|node| is_chosen(node)).map(|node| node.name.as_str()).collect()
    }

    /// The chosen ones, or the fault that there are none.
    fn some(&self, is_chosen: impl Fn(&Node) -> bool, wrong: impl FnOnce() -> Wrong) -> Chosen<'g> {
        let chosen = self.choose(is_chosen);
        if chosen.is_empty() { Err(wrong()) } else { Ok(chosen) }
    }

    fn models(&self) -> impl Iterator<Item = &'g Node> {
        self.nodes.values().filter(|node| node.resource == Resource::Model)
    }

    /// By its name in SQL, or by the names of the folders it lies in, as dbt's qualified names.
    fn by_name(&self, value: &str) -> Chosen<'g> {
        let pattern = Pattern::new(value);
        let parts: Vec<Pattern> = value.split('.').map(Pattern::new).collect();
        let project = self.known.project.name.as_str();
        let is_below = |node: &Node| {
            let qualified = node.qualified(project);
            [&qualified[..], &qualified[1..]].iter().any(|path| path.len() >= parts.len() && parts.iter().zip(*path).all(|(part, name)| part.fits(name)))
        };
        // A feed is never meant by a bare name: a model may have the same.
        let is_chosen = |node: &Node| pattern.fits(&node.name) || (node.resource == Resource::Model && is_below(node));
        self.some(is_chosen, || {
            let nothing = if pattern.is_wild() { format!("no model's name fits `{value}`") } else { format!("there is no model `{value}`") };
            let hint = did_you_mean(value, self.nodes.keys().map(String::as_str)).or_else(|| self.other_method(value));
            (nothing, Some(hint.unwrap_or_else(|| "`rihla ls` lists what can be selected".to_owned())))
        })
    }

    /// A name that is none of a model, but a tag or a feed.
    fn other_method(&self, value: &str) -> Option<String> {
        if self.nodes.contains_key(&format!("feeds.{value}")) {
            return Some(format!("it is a feed: write `feed:{value}`"));
        }
        self.models().any(|model| model.tags.iter().any(|tag| tag == value)).then(|| format!("it is a tag: write `tag:{value}`"))
    }

    /// A file, a folder, or a pattern of either.
    fn by_path(&self, value: &str) -> Chosen<'g> {
        let clean = value.trim_start_matches("./").trim_end_matches('/');
        let pattern = Pattern::new(clean);
        let fits = |path: &str| {
            let above = path.match_indices('/').map(|(at, _)| &path[..at]);
            !path.is_empty() && (pattern.fits(path) || above.into_iter().any(|folder| pattern.fits(folder)))
        };
        self.some(
            |node| fits(&node.path),
            || {
                let paths: BTreeSet<&str> = self
                    .nodes
                    .values()
                    .flat_map(|node| std::iter::once(node.path.as_str()).chain(node.path.rsplit_once('/').map(|(folder, _)| folder)))
                    .collect();
                let hint = did_you_mean(clean, paths).unwrap_or_else(|| "paths begin in the project folder, such as `path:sql/marts`".to_owned());
                (format!("no model lies at `{value}`"), Some(hint))
            },
        )
    }

    fn by_file(&self, value: &str) -> Chosen<'g> {
        let pattern = Pattern::new(value);
        let file = |path: &str| path.rsplit('/').next().unwrap_or_default().to_owned();
        let stem = |file: &str| file.rsplit_once('.').map_or_else(String::new, |(stem, _)| stem.to_owned());
        self.some(
            |node| pattern.fits(&file(&node.path)) || (!node.path.is_empty() && pattern.fits(&stem(&file(&node.path)))),
            || {
                let files: BTreeSet<String> = self.nodes.values().map(|node| file(&node.path)).collect();
                (format!("there is no file `{value}`"), did_you_mean(value, files.iter().map(String::as_str)))
            },
        )
    }

    fn by_tag(&self, value: &str) -> Chosen<'g> {
        let pattern = Pattern::new(value);
        self.some(
            |node| node.tags.iter().any(|tag| pattern.fits(tag)),
            || {
                let tags: BTreeSet<&str> = self.models().flat_map(|model| &model.tags).map(String::as_str).collect();
                let all = match tags.is_empty() {
                    true => format!("no model has any tag: write `tags = [\"{value}\"]` into a model's header"),
                    false => format!("there are {}", tags.iter().copied().collect::<Vec<_>>().join(", ")),
                };
                (format!("no model has the tag `{value}`"), Some(did_you_mean(value, tags).unwrap_or(all)))
            },
        )
    }

    fn by_feed(&self, value: &str) -> Chosen<'g> {
        let pattern = Pattern::new(value);
        let feed = |node: &'g Node| node.name.strip_prefix("feeds.");
        let chosen: BTreeSet<&str> =
            self.nodes.values().filter(|node| feed(node).is_some_and(|feed| pattern.fits(feed))).map(|node| node.name.as_str()).collect();
        if !chosen.is_empty() {
            return Ok(chosen);
        }
        let feeds: Vec<&str> = self.nodes.values().filter_map(feed).collect();
        let hint = did_you_mean(value, feeds.iter().copied()).unwrap_or_else(|| format!("there are {}", feeds.join(", ")));
        Err((format!("there is no feed `{value}`"), Some(hint)))
    }

    /// dbt's `source:`: `feeds`, `feeds.returns`, and the project's name before them.
    fn by_source(&self, value: &str) -> Chosen<'g> {
        let own = format!("{}.", self.known.project.name);
        let name = value.strip_prefix(&own).unwrap_or(value);
        let (schema, table) =
            name.split_once('.').map_or((Pattern::new(name), Pattern::new("*")), |(schema, table)| (Pattern::new(schema), Pattern::new(table)));
        let is_chosen = |node: &Node| {
            node.resource == Resource::Source
                && node.name.split_once('.').is_some_and(|(own_schema, own_table)| schema.fits(own_schema) && table.fits(own_table))
        };
        self.some(is_chosen, || {
            let sources = self.nodes.values().filter(|node| node.resource == Resource::Source).map(|node| node.name.as_str());
            let hint =
                did_you_mean(value, sources).or_else(|| self.nodes.contains_key(&format!("feeds.{value}")).then(|| format!("did you mean `feeds.{value}`?")));
            (format!("there is no source `{value}`"), hint)
        })
    }

    fn by_state(&self, value: &str) -> Chosen<'g> {
        if !STATES.contains(&value) {
            let hint = did_you_mean(value, STATES).unwrap_or_else(|| format!("there are {}", STATES.join(", ")));
            return Err((format!("there is no state `{value}`"), Some(hint)));
        }
        let change = |node: &Node| match self.known.checked.model(&node.name) {
            Some(model) => self.known.released.model(model, &self.definitions),
            None => self.known.released.input(&node.name, &self.definitions),
        };
        Ok(self.choose(|node| match value {
            // As dbt has it, what is new was modified too.
            "modified" => change(node) != Change::None,
            "new" => change(node) == Change::New,
            "old" => change(node) != Change::New,
            _ => change(node) == Change::None,
        }))
    }

    fn by_result(&self, value: &str) -> Chosen<'g> {
        if !RESULTS.contains(&value) {
            let hint = did_you_mean(value, RESULTS).unwrap_or_else(|| format!("there are {}", RESULTS.join(", ")));
            return Err((format!("there is no result `{value}`"), Some(hint)));
        }
        let Some(results) = &self.known.results else {
            return Err(("no results of a run are known".to_owned(), Some("`rihla run` writes them to target/run_results.json".to_owned())));
        };
        let wanted: &[&str] = if value == "failed" { &["fail", "error"] } else { &[value] };
        Ok(self.choose(|node| results.get(&node.name).is_some_and(|ended| wanted.iter().any(|wanted| ended.contains(*wanted)))))
    }

    fn by_resource(&self, value: &str) -> Chosen<'g> {
        let names = RESOURCES.map(Resource::as_str);
        self.some(
            |node| node.resource.as_str() == value,
            || (format!("there is no resource type `{value}`"), Some(did_you_mean(value, names).unwrap_or_else(|| format!("there are {}", names.join(", "))))),
        )
    }
}
