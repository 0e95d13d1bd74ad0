//! Order and cycles of things that depend on one another.

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
    fn a_cycle_is_named_whole() {
        let got = order(&edges(&[("a", &["b"]), ("b", &["c"]), ("c", &["a"])])).unwrap_err();
        assert_eq!(got, [["a", "b", "c", "a"]]);
    }
}
