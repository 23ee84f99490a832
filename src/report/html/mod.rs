//! The same reports as pages for a browser: one file each, which asks nothing of any network.
//! Leaves out what is stated (`context`, as for Markdown) and the layout of the page: `templates/html`.

mod assets;
mod buckets;
mod chart;
pub(crate) mod check;
mod figures;
mod graph;
mod lanes;
mod markup;
mod outline;

pub(crate) use assets::{Assets, is_asset};

use std::collections::BTreeMap;

use serde::Serialize;
use tera::{Context, Value};

use super::render::Sources;
use super::view::{IncidentView, TriageView};

/// How the names of these templates end; a name that ends so is escaped for HTML.
pub(crate) const ENDING: &str = ".html";

/// Incidents that the page of a run lists; the JSON beside it has all.
const LISTED: usize = 100;

/// `page` in a template: what the page is, besides what it states.
#[derive(Debug, Default, Serialize)]
pub(crate) struct PageContext {
    /// insertId -> `source:line`, for evidence that names only the former.
    pub places: BTreeMap<String, String>,
    /// Whether the reports of the incidents lie beside the page.
    pub linked: bool,
    /// How many incidents the page of a run lists.
    pub listed: usize,
}

/// Adds what only the page of one incident has: chart, graph, and the graph as a list.
pub(crate) fn of_incident(
    context: &mut Context,
    run: &TriageView,
    incident: &IncidentView,
    sources: &Sources,
) -> PageContext {
    let chart = chart::of_incident(&run.coverage, incident);
    insert(context, "chart", &chart.picture);
    insert(context, "chart_table", &chart.table);
    insert(context, "graph", &graph::draw(incident));
    insert(context, "outline", &outline::list(incident));
    insert_assets(context, sources);
    let samples = incident.groups.iter().flat_map(|group| &group.samples);
    let places =
        samples.filter_map(|sample| Some((sample.insert_id.clone()?, format!("{}:{}", sample.source, sample.line?))));
    PageContext { places: places.collect(), linked: false, listed: LISTED }
}

/// Adds what only the page of a run has.
pub(crate) fn of_run(context: &mut Context, run: &TriageView, linked: bool, sources: &Sources) -> PageContext {
    let chart = chart::of_run(run);
    insert(context, "chart", &chart.picture);
    insert(context, "chart_table", &chart.table);
    insert_assets(context, sources);
    PageContext { places: BTreeMap::new(), linked, listed: LISTED }
}

/// Removes what template tags leave behind: empty lines and spaces around lines, outside of what is verbatim.
pub(crate) fn tidy(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut verbatim: Option<&str> = None;
    for line in text.lines() {
        let inside = verbatim.is_some();
        // Text from logs holds no `<` any more, so these tags are the template's and the filters' own.
        verbatim = verbatim.filter(|end| !line.contains(end)).or_else(|| opened(line));
        let line = if inside || verbatim.is_some() { line } else { line.trim() };
        if inside || !line.is_empty() {
            out.push_str(line);
            out.push('\n');
        }
    }
    out
}

/// Returns the end tag that a line waits for when it opens something verbatim and does not close it.
fn opened(line: &str) -> Option<&'static str> {
    let tags = [("<pre>", "</pre>"), ("<style>", "</style>"), ("<script>", "</script>")];
    let open = |(start, end): &(&str, &'static str)| {
        line.rfind(start).is_some_and(|at| !line[at..].contains(end)).then_some(*end)
    };
    tags.iter().find_map(open)
}

fn insert_assets(context: &mut Context, sources: &Sources) {
    let assets = Assets::of(sources);
    insert(context, "policy", &assets.policy());
    insert(context, "style", assets.style);
    insert(context, "script", assets.script);
}

/// What is inserted here was escaped where it was made, so the templates need no way around the escaping.
fn insert(context: &mut Context, name: &'static str, markup: &str) {
    context.insert_value(name, Value::safe_string(markup));
}
