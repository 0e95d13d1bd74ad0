//! A lineage drawn: tables as boxes in layers from where data comes to where it goes, columns as rows, steps as curves.
//!
//! Guarantees: the same lineage is the same drawing; the drawing needs nothing but a viewer of SVG.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

use super::column_lineage::{ColumnOrigins, Direction, TableKind};
use crate::model::{ColumnRef, Way};

const ROW: f64 = 18.0;
const HEAD: f64 = 24.0;
const LETTER: f64 = 7.3;
const BESIDE: f64 = 110.0;
const BELOW: f64 = 22.0;
const MARGIN: f64 = 24.0;
const TITLE: f64 = 34.0;

/// How often the order within layers is made better.
const SWEEPS: usize = 6;

struct Table<'l> {
    name: &'l str,
    kind: TableKind,
    columns: Vec<&'l str>,
    layer: usize,
    x: f64,
    y: f64,
    width: f64,
}

impl Table<'_> {
    fn height(&self) -> f64 {
        HEAD + ROW * count(self.columns.len())
    }

    /// The height at which steps of a column begin and end; of the whole table where the column is none of it.
    fn row(&self, column: Option<&str>) -> f64 {
        match column.and_then(|column| self.columns.iter().position(|known| *known == column)) {
            Some(index) => self.y + HEAD + ROW * (count(index) + 0.5),
            None => self.y + HEAD / 2.0,
        }
    }
}

/// The drawing as an SVG document.
pub fn drawing(lineage: &ColumnOrigins) -> String {
    let mut tables = tables(lineage);
    place(&mut tables, lineage);
    let right = tables.iter().map(|table| table.x + table.width).fold(420.0, f64::max);
    let bottom = tables.iter().map(|table| table.y + table.height()).fold(0.0, f64::max);
    let (width, height) = (right + MARGIN, bottom + MARGIN + 26.0);
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width:.0}\" height=\"{height:.0}\" viewBox=\"0 0 {width:.0} {height:.0}\" \
         font-family=\"ui-monospace, Menlo, Consolas, 'DejaVu Sans Mono', monospace\" font-size=\"12\">\n{STYLE}"
    );
    let _ = writeln!(
        svg,
        "<rect width=\"100%\" height=\"100%\" fill=\"#ffffff\"/>\n<text x=\"{MARGIN}\" y=\"26\" class=\"title\">{}</text>",
        escape(&title(lineage))
    );
    curves(&mut svg, &tables, lineage);
    let asked: BTreeSet<&ColumnRef> = lineage.of.iter().collect();
    tables.iter().for_each(|table| draw(&mut svg, table, &asked));
    legend(&mut svg, bottom + MARGIN);
    svg.push_str("</svg>\n");
    svg
}

const STYLE: &str = "<style>\n.title { font-size: 15px; font-weight: 600; fill: #0f172a }\n.box { fill: #ffffff; stroke: #94a3b8 }\n\
    .name { font-weight: 600; fill: #0f172a }\n.column { fill: #334155 }\n.asked { font-weight: 700; fill: #9a3412 }\n\
    .direct { fill: none; stroke: #2563eb; stroke-width: 1.6; stroke-opacity: 0.85 }\n\
    .indirect { fill: none; stroke: #64748b; stroke-width: 1; stroke-dasharray: 4 3; stroke-opacity: 0.55 }\n.note { fill: #475569; font-size: 11px }\n</style>\n";

fn title(lineage: &ColumnOrigins) -> String {
    let of = lineage.table.clone().or_else(|| lineage.of.first().map(ToString::to_string)).unwrap_or_default();
    match lineage.direction {
        Direction::Upstream => format!("What {of} is made from"),
        Direction::Downstream => format!("What is made from {of}"),
    }
}

fn tables(lineage: &ColumnOrigins) -> Vec<Table<'_>> {
    let mut columns: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    let met = lineage.of.iter().chain(lineage.steps.iter().flat_map(|step| [&step.from, &step.to]));
    for column in met {
        let known = columns.entry(&column.table).or_default();
        if !known.contains(&&*column.column) {
            known.push(&column.column);
        }
    }
    let layers = layers(lineage);
    let mut made = Vec::new();
    for (name, columns) in columns {
        let longest = columns.iter().chain([&name]).map(|text| text.chars().count()).max().unwrap_or(0);
        let kind = lineage.kinds.get(name).copied().unwrap_or(TableKind::System);
        let layer = layers.get(name).copied().unwrap_or(0);
        made.push(Table { name, kind, columns, layer, x: 0.0, y: 0.0, width: LETTER * count(longest + 1) + 20.0 });
    }
    made
}

/// The layer of each table: one more than that of the last table that goes into it.
fn layers(lineage: &ColumnOrigins) -> BTreeMap<&str, usize> {
    let edges: BTreeSet<(&str, &str)> = lineage.steps.iter().map(|step| (&*step.from.table, &*step.to.table)).collect();
    let mut layers: BTreeMap<&str, usize> = edges.iter().flat_map(|(from, to)| [(*from, 0), (*to, 0)]).collect();
    // Models do not read each other in circles, so that this ends after as many rounds as there are tables.
    for _ in 0..layers.len() {
        for (from, to) in &edges {
            let least = layers.get(from).copied().unwrap_or(0) + 1;
            layers.entry(to).and_modify(|layer| *layer = least.max(*layer));
        }
    }
    // What comes first stands just before what it first goes into, so that curves are short.
    let firsts: Vec<&str> = layers.iter().filter(|(name, _)| !edges.iter().any(|(_, to)| to == *name)).map(|(name, _)| *name).collect();
    for first in firsts {
        let next = edges.iter().filter(|(from, _)| *from == first).filter_map(|(_, to)| layers.get(to)).min().copied();
        if let Some(next) = next {
            layers.insert(first, next.saturating_sub(1));
        }
    }
    layers
}

fn place(tables: &mut [Table<'_>], lineage: &ColumnOrigins) {
    let last = tables.iter().map(|table| table.layer).max().unwrap_or(0);
    let index: BTreeMap<String, usize> = tables.iter().enumerate().map(|(index, table)| (table.name.to_owned(), index)).collect();
    let edges: BTreeSet<(usize, usize)> =
        lineage.steps.iter().filter_map(|step| Some((*index.get(&*step.from.table)?, *index.get(&*step.to.table)?))).collect();
    let mut order: Vec<Vec<usize>> = (0..=last).map(|layer| (0..tables.len()).filter(|table| tables[*table].layer == layer).collect()).collect();
    let mut x = MARGIN;
    for layer in &order {
        let width = layer.iter().map(|table| tables[*table].width).fold(0.0, f64::max);
        for table in layer {
            (tables[*table].x, tables[*table].width) = (x, width);
        }
        x += width + BESIDE;
    }
    stack(tables, &order);
    for sweep in 0..SWEEPS {
        let layers: Vec<usize> = if sweep % 2 == 0 { (0..=last).rev().collect() } else { (0..=last).collect() };
        for layer in layers {
            let middle = |table: usize| {
                let near = edges.iter().filter_map(|(from, to)| if *from == table { Some(*to) } else { (*to == table).then_some(*from) });
                let heights: Vec<f64> = near.map(|other| tables[other].y + tables[other].height() / 2.0).collect();
                if heights.is_empty() { tables[table].y } else { heights.iter().sum::<f64>() / count(heights.len()) }
            };
            let mut keyed: Vec<(f64, usize)> = order[layer].iter().map(|table| (middle(*table), *table)).collect();
            keyed.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
            order[layer] = keyed.into_iter().map(|(_, table)| table).collect();
            stack(tables, &order);
        }
    }
}

/// Puts the tables of each layer below one another, around a common middle.
fn stack(tables: &mut [Table<'_>], order: &[Vec<usize>]) {
    let height = |layer: &Vec<usize>, tables: &[Table<'_>]| layer.iter().map(|table| tables[*table].height() + BELOW).sum::<f64>();
    let tallest = order.iter().map(|layer| height(layer, tables)).fold(0.0, f64::max);
    for layer in order {
        let mut y = TITLE + MARGIN + (tallest - height(layer, tables)) / 2.0;
        for table in layer {
            tables[*table].y = y;
            y += tables[*table].height() + BELOW;
        }
    }
}

/// Values run from column to column; what decides runs from a column to the head of the table that it decides on.
fn curves(svg: &mut String, tables: &[Table<'_>], lineage: &ColumnOrigins) {
    let find = |name: &str| tables.iter().find(|table| table.name == name);
    let mut drawn = BTreeSet::new();
    for step in &lineage.steps {
        let (Some(from), Some(to)) = (find(&step.from.table), find(&step.to.table)) else { continue };
        let into = (step.way == Way::Direct).then_some(&*step.to.column);
        let (x1, y1, x2, y2) = (from.x + from.width, from.row(Some(&step.from.column)), to.x, to.row(into));
        let bend = ((x2 - x1) / 2.0).max(40.0);
        let path = format!("M{x1:.1},{y1:.1} C{:.1},{y1:.1} {:.1},{y2:.1} {x2:.1},{y2:.1}", x1 + bend, x2 - bend);
        drawn.insert((step.way == Way::Direct, path));
    }
    for (is_direct, path) in &drawn {
        let _ = writeln!(svg, "<path class=\"{}\" d=\"{path}\"/>", if *is_direct { "direct" } else { "indirect" });
    }
}

fn draw(svg: &mut String, table: &Table<'_>, asked: &BTreeSet<&ColumnRef>) {
    let Table { x, y, width, .. } = *table;
    let _ = writeln!(svg, "<rect class=\"box\" x=\"{x:.1}\" y=\"{y:.1}\" width=\"{width:.1}\" height=\"{:.1}\" rx=\"4\"/>", table.height());
    let _ =
        writeln!(svg, "<rect x=\"{x:.1}\" y=\"{y:.1}\" width=\"{width:.1}\" height=\"{HEAD}\" rx=\"4\" fill=\"{}\" stroke=\"#94a3b8\"/>", colour(table.kind));
    let _ = writeln!(svg, "<text class=\"name\" x=\"{:.1}\" y=\"{:.1}\">{}</text>", x + 8.0, y + 16.0, escape(table.name));
    for column in &table.columns {
        let class = if asked.contains(&ColumnRef::new(table.name, *column)) { "asked" } else { "column" };
        let _ = writeln!(svg, "<text class=\"{class}\" x=\"{:.1}\" y=\"{:.1}\">{}</text>", x + 8.0, table.row(Some(column)) + 4.0, escape(column));
    }
}

fn colour(kind: TableKind) -> &'static str {
    match kind {
        TableKind::Feed => "#dbeafe",
        TableKind::Codes => "#fef3c7",
        TableKind::Reference => "#fce7f3",
        TableKind::System => "#e2e8f0",
        TableKind::Staging => "#ede9fe",
        TableKind::Released => "#dcfce7",
    }
}

fn legend(svg: &mut String, y: f64) {
    let mut x = MARGIN;
    for (class, words) in [("direct", "its values go in"), ("indirect", "it decides which rows count or which value is taken")] {
        let _ =
            writeln!(svg, "<path class=\"{class}\" d=\"M{x:.0},{y:.0} h30\"/><text class=\"note\" x=\"{:.0}\" y=\"{:.0}\">{words}</text>", x + 36.0, y + 4.0);
        x += 36.0 + 6.8 * count(words.len()) + 24.0;
    }
}

fn count(number: usize) -> f64 {
    u32::try_from(number).map_or(f64::MAX, f64::from)
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}
