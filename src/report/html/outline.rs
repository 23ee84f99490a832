//! The failure chain as a nested list: what the picture says, for ears, for print and for chains too long to draw.
//! Leaves out which links there are: see `report::chain`.

use super::super::chain;
use super::super::numbers;
use super::super::view::IncidentView;
use super::graph;
use super::markup::Markup;

/// Deepest nesting; browsers give up on lists nested some hundred times.
const DEEPEST: usize = 60;

/// Returns the list; empty for a failure that stands alone.
pub(super) fn list(incident: &IncidentView) -> String {
    let branches = chain::tree(incident);
    if branches.len() < 2 {
        return String::new();
    }
    let mut out = Markup::default();
    let mut depth = 0;
    out.open("ul", &[("class", &"outline")]).line();
    for (at, branch) in branches.iter().enumerate() {
        let wanted = branch.depth.min(DEEPEST);
        if at > 0 && wanted > depth {
            out.line().open("ul", &[]).line();
        } else if at > 0 {
            out.close().line();
            for _ in wanted..depth {
                out.close().close().line();
            }
        }
        depth = wanted;
        out.open("li", &[]).prose(&branch.group.title);
        out.text(&format!(" ({}", numbers::counted(branch.group.entries, "event", "events")));
        match branch.link {
            Some(link) => out.text(&format!("; {})", graph::about(link))),
            None => out.text(")"),
        };
    }
    out.finish()
}
