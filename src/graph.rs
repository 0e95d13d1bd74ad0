//! Order and cycles of things that depend on one another, and what is within reach of one.

use std::collections::{BTreeMap, BTreeSet};

/// The names in an order in which each follows all it depends on; names in `edges` that are no keys are ignored.
///
/// # Errors
/// The cycles found, each as the path from a name back to itself.
pub fn order<'a>(edges: &BTreeMap<&'a str, BTreeSet<&'a str>>) -> Result<Vec<&'a str>, Vec<Vec<&'a str>>> {
    let mut walk = Walk { edges, done: BTreeSet::new(), path: Vec::new(), order: Vec::new(), cycles: Vec::new() };
    for name in edges.keys() {
        walk.visit(name);
    }
    if walk.cycles.is_empty() { Ok(walk.order) } else { Err(walk.cycles) }
}

/// Everything that is reached from `from` in at most `steps` steps along `edges`; of `from` itself only what another of it
/// reaches.
pub fn reach<'a>(edges: &BTreeMap<&'a str, BTreeSet<&'a str>>, from: &BTreeSet<&'a str>, steps: usize) -> BTreeSet<&'a str> {
    let mut reached = BTreeSet::new();
    let mut layer = from.clone();
    for _ in 0..steps {
        let next: BTreeSet<&str> = layer.iter().filter_map(|name| edges.get(name)).flatten().copied().filter(|name| !reached.contains(name)).collect();
        if next.is_empty() {
            break;
        }
        reached.extend(next.iter().copied());
        layer = next;
    }
    reached
}

/// The same edges the other way round; names that only stand at an end become keys.
pub fn reversed<'a>(edges: &BTreeMap<&'a str, BTreeSet<&'a str>>) -> BTreeMap<&'a str, BTreeSet<&'a str>> {
    let mut reversed: BTreeMap<&str, BTreeSet<&str>> = edges.keys().map(|name| (*name, BTreeSet::new())).collect();
    for (name, needs) in edges {
        for need in needs {
            reversed.entry(need).or_default().insert(name);
        }
    }
    reversed
}

struct Walk<'e, 'a> {
    edges: &'e BTreeMap<&'a str, BTreeSet<&'a str>>,
    done: BTreeSet<&'a str>,
    path: Vec<&'a str>,
    order: Vec<&'a str>,
    cycles: Vec<Vec<&'a str>>,
}

impl<'a> Walk<'_, 'a> {
    fn visit(&mut self, name: &'a str) {
        if let Some(at) = self.path.iter().position(|n| *n == name) {
            let mut cycle = self.path[at..].to_vec();
            cycle.push(name);
            self.cycles.push(cycle);
            return;
        }
        if self.done.contains(name) {
            return;
        }
        let Some(needs) = self.edges.get(name) else { return };
        self.path.push(name);
        for need in needs {
            self.visit(need);
        }
        self.path.pop();
        self.done.insert(name);
        self.order.push(name);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn edges(list: &[(&'static str, &[&'static str])]) -> BTreeMap<&'static str, BTreeSet<&'static str>> {
        list.iter().map(|(name, needs)| (*name, needs.iter().copied().collect())).collect()
    }

    #[test]
    fn needs_come_first() {
        let got = order(&edges(&[("a", &["b", "c"]), ("b", &["c"]), ("c", &["outside"])])).unwrap();
        assert_eq!(got, ["c", "b", "a"]);
    }

    #[test]
    fn reach_counts_steps() {
        let edges = edges(&[("a", &["b"]), ("b", &["c"]), ("c", &["d"]), ("x", &["c"])]);
        let from = BTreeSet::from(["a"]);
        assert_eq!(reach(&edges, &from, 0), BTreeSet::new());
        assert_eq!(reach(&edges, &from, 2), BTreeSet::from(["b", "c"]));
        assert_eq!(reach(&edges, &from, usize::MAX), BTreeSet::from(["b", "c", "d"]));
        assert_eq!(reach(&reversed(&edges), &BTreeSet::from(["d"]), 2), BTreeSet::from(["a", "b", "c", "x"]).difference(&from).copied().collect());
    }

    #[test]
    fn a_cycle_is_named_whole() {
        let got = order(&edges(&[("a", &["b"]), ("b", &["c"]), ("c", &["a"])])).unwrap_err();
        assert_eq!(got, [["a", "b", "c", "a"]]);
    }
}
