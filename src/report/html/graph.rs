//! The failure chain as a picture: a tree with its root at the top left, a box per group, a label per edge.
//! Leaves out which links there are (`report::chain`) and the same as a list (`outline`).
//!
//! Every group has a row of its own and children stand one step to the right of their parent, so nothing
//! crosses or overlaps however many there are, and the upper left corner is what a narrow screen shows first.

use super::super::chain::{self, Branch};
use super::super::layout;
use super::super::numbers;
use super::super::view::{IncidentView, LinkView};
use super::markup::Markup;

/// Boxes drawn; a longer chain is a list.
const BOXES: usize = 40;
/// Pixels: a box's width, the step to the right, the gap above a box without and with a label on its edge.
const BOX: i64 = 300;
const STEP: i64 = 26;
const GAP: i64 = 12;
const LABEL: i64 = 20;
/// Columns of text that surely fit into a box.
const COLUMNS: usize = 34;
/// Lines of a title.
const LINES: usize = 3;
/// Links less sure than this are drawn dashed.
const SURE: f64 = 0.8;

/// A box and where it stands.
struct Placed<'a> {
    branch: Branch<'a>,
    lines: Vec<String>,
    x: i64,
    y: i64,
    height: i64,
}

/// Returns the picture; empty for a failure that stands alone.
pub(super) fn draw(incident: &IncidentView) -> String {
    let branches = chain::tree(incident);
    if branches.len() < 2 {
        return String::new();
    }
    let more = branches.len().saturating_sub(BOXES);
    let placed = place(branches);
    let width = placed.iter().map(|placed| placed.x + BOX).max().unwrap_or(0).max(BOX + 120) + 2;
    let bottom = placed.last().map_or(0, |placed| placed.y + placed.height);
    let height = bottom + if more > 0 { 26 } else { 2 };
    let mut out = Markup::default();
    let about = "The failure chain as a tree, causes above their effects; the list below holds the same".to_string();
    let view = format!("0 0 {width} {height}");
    out.open(
        "svg",
        &[
            ("class", &"graph"),
            ("width", &width),
            ("height", &height),
            ("viewBox", &view),
            ("role", &"img"),
            ("aria-label", &about),
        ],
    );
    out.line();
    for (at, child) in placed.iter().enumerate() {
        if let Some(parent) = placed[..at].iter().rev().find(|other| other.branch.depth + 1 == child.branch.depth) {
            edge(&mut out, parent, child);
        }
    }
    for placed in &placed {
        draw_box(&mut out, placed);
    }
    if more > 0 {
        let text = format!("{} more in the list below", numbers::counted(more as u64, "group", "groups"));
        out.whole("text", &[("class", &"soft"), ("x", &4), ("y", &(bottom + 20))], &text);
    }
    out.finish()
}

fn place(branches: Vec<Branch<'_>>) -> Vec<Placed<'_>> {
    let mut y = 2;
    let mut placed = Vec::new();
    for branch in branches.into_iter().take(BOXES) {
        let mut lines = layout::wrap(&branch.group.title.replace('`', ""), COLUMNS);
        if lines.len() > LINES {
            let rest = lines.split_off(LINES - 1).join(" ");
            lines.push(layout::cut(&rest, COLUMNS));
        }
        let height = 30 + 17 * i64::try_from(lines.len()).unwrap_or(1);
        if branch.depth > 0 {
            y += GAP + if branch.link.is_some() { LABEL } else { 0 };
        }
        let x = 1 + STEP * i64::try_from(branch.depth).unwrap_or(0);
        placed.push(Placed { branch, lines, x, y, height });
        y += height;
    }
    placed
}

fn draw_box(out: &mut Markup, placed: &Placed<'_>) {
    let group = placed.branch.group;
    let class = if placed.branch.depth == 0 { "node cause" } else { "node" };
    // A picture within the picture cuts off what a font makes wider than expected.
    out.open("svg", &[("x", &placed.x), ("y", &placed.y), ("width", &BOX), ("height", &placed.height)]).line();
    out.empty(
        "rect",
        &[("class", &class), ("x", &1), ("y", &1), ("width", &(BOX - 2)), ("height", &(placed.height - 2)), ("rx", &6)],
    );
    for (n, line) in (0..).zip(&placed.lines) {
        out.whole("text", &[("class", &"name"), ("x", &10), ("y", &(20 + 17 * n))], line);
    }
    let mut facts = numbers::counted(group.entries, "event", "events");
    if let Some(instances) = group.instances {
        facts.push_str(&format!(" on {}", numbers::counted(instances, "instance", "instances")));
    }
    out.whole("text", &[("class", &"soft"), ("x", &10), ("y", &(placed.height - 10))], &facts);
    out.close().line();
}

fn edge(out: &mut Markup, parent: &Placed<'_>, child: &Placed<'_>) {
    let (x, top, middle) = (parent.x + STEP / 2, parent.y + parent.height, child.y + child.height / 2);
    let sure = child.branch.link.is_some_and(|link| link.confidence >= SURE);
    let class = if sure { "edge" } else { "edge unsure" };
    let end = child.x;
    out.empty("path", &[("class", &class), ("d", &format!("M{x} {top}V{middle}H{}", end - 3))]);
    // Without a link the two only belong together; an arrow would say that one caused the other.
    if let Some(link) = child.branch.link {
        out.empty("path", &[("class", &"arrow"), ("d", &format!("M{end} {middle}l-7 -4v8z"))]);
        out.whole("text", &[("class", &"soft"), ("x", &(child.x + 2)), ("y", &(child.y - 6))], &about(link));
    }
}

/// Returns `rule 9 of 9, p50 0.1 ms earlier, confidence 93 %`.
pub(super) fn about(link: &LinkView) -> String {
    format!(
        "{} {} of {}, p50 {}, confidence {:.0} %",
        link.kind,
        numbers::number(link.occurrences),
        numbers::number(link.of),
        numbers::lag(link.lag_ms.p50),
        link.confidence * 100.0
    )
}
