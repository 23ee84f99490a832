//! Finds mistakes in template files that Tera would show late or never: wrong names, unknown fields, and whatever would
//! let text from logs act. Leaves out rendering; the rehearsal in `render` finds what can only be seen by doing it.

mod bypass;
pub(crate) mod flow;
mod markdown;

pub(crate) use bypass::{captures, pieces, unsafe_filters};

use std::collections::BTreeMap;
use std::sync::LazyLock;

use regex::Regex;
use serde_json::Value;
use tera::Tera;

use super::context::{IncidentContext, RunContext};
use super::render::{PAGES, Source, Sources};
use super::{engine, fault, html, specimen};
use crate::pattern::Problem;

/// What stands between `{{ }}` and `{% %}`; comments are left out.
static TAG: LazyLock<Regex> = LazyLock::new(|| regex(r"(?s)\{#.*?#\}|\{\{(.*?)\}\}|\{%(.*?)%\}"));
static LOOP: LazyLock<Regex> = LazyLock::new(|| regex(r"\bfor\s+(\w+)\s+in\s+([A-Za-z_][\w.]*)(\[[^\]]*\])?\s*(\S?)"));
static SET: LazyLock<Regex> = LazyLock::new(|| regex(r"^-?\s*set(?:_global)?\s+(\w+)\s*=\s*([A-Za-z_][\w.]*)\s*-?$"));
static PATH: LazyLock<Regex> = LazyLock::new(|| regex(r"[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)+"));
static STRING: LazyLock<Regex> = LazyLock::new(|| regex(r#""[^"]*"|'[^']*'|`[^`]*`"#));

/// Maps whose keys are severities and ids, which no specimen can list.
const KEYED_BY_DATA: [&str; 3] = ["by_severity", "names", "places"];

fn regex(pattern: &str) -> Regex {
    Regex::new(pattern).expect("a constant pattern compiles")
}

/// Returns a problem for every file that no page would ever use.
pub(crate) fn names(sources: &Sources) -> Vec<Problem> {
    let is_part = |name: &str| {
        (name.starts_with("parts/") && name.ends_with(".md"))
            || (name.starts_with("html/parts/") && name.ends_with(html::ENDING))
    };
    let unknown = |name: &str| !PAGES.contains(&name) && !is_part(name);
    let user = sources.iter().filter_map(|(key, source)| Some((key.strip_prefix("user/")?, source)));
    user.filter(|(name, _)| unknown(name))
        .map(|(_, source)| {
            let hint = format!("the templates are {}, parts/*.md and html/parts/*.html", PAGES.join(", "));
            Problem::at(&source.file, &source.text, 0..0, "no template has this name", hint)
        })
        .collect()
}

/// Returns a problem for each value that stands where no escape holds, on whatever way through a page it is reached.
pub(crate) fn places(sources: &Sources) -> Vec<Problem> {
    let mut problems: Vec<Problem> = Vec::new();
    for name in PAGES {
        let found = match engine::Kind::of(&format!("builtin/{name}")) {
            engine::Kind::Markdown => flow::refusals::<markdown::Markdown>(sources, name),
            engine::Kind::Html => flow::refusals::<html::check::Page>(sources, name),
            engine::Kind::Plain | engine::Kind::Asset => Vec::new(),
        };
        for problem in found {
            if !problems.contains(&problem) {
                problems.push(problem);
            }
        }
    }
    problems
}

/// Returns a problem for every file whose syntax Tera refuses, each file by itself.
pub(crate) fn syntax(sources: &Sources) -> Vec<Problem> {
    let mut problems = Vec::new();
    for (name, source) in sources {
        let mut tera = Tera::default();
        engine::register(&mut tera, engine::Kind::of(name));
        if let Err(error) = tera.add_raw_template(name, &source.text)
            && matches!(error.kind(), tera::ErrorKind::SyntaxError(_))
        {
            problems.push(fault::from_tera(&error, sources));
        }
    }
    problems
}

/// Returns a problem for every dotted path that leads to a field the view does not have.
pub(crate) fn fields(sources: &Sources) -> Vec<Problem> {
    let roots = roots();
    let mut problems = Vec::new();
    for source in sources.values() {
        // A loop variable means what it was last bound to; parts inherit theirs and are left to the rehearsal.
        let mut scope: BTreeMap<String, Value> = roots.clone();
        for (at, tag) in tags(&source.text) {
            let tag = blank_strings(tag);
            for path in PATH.find_iter(&tag) {
                if tag[..path.start()].ends_with(['.', '$']) {
                    continue;
                }
                if let Err((offset, field, known)) = resolve(&scope, path.as_str()) {
                    let start = at + path.start() + offset;
                    problems.push(Problem::at(
                        &source.file,
                        &source.text,
                        start..start + field.len(),
                        format!("unknown field `{field}`"),
                        format!("known here: {known}"),
                    ));
                }
            }
            bind(&mut scope, &tag);
        }
    }
    problems
}

fn bind(scope: &mut BTreeMap<String, Value>, tag: &str) {
    for found in LOOP.captures_iter(tag) {
        // A filter between list and variable may change what the elements are.
        let list = (&found[4] != "|").then(|| value(scope, &found[2])).flatten();
        let element = list.and_then(|list| list.get(0).cloned());
        bind_one(scope, &found[1], element);
    }
    if let Some(found) = SET.captures(tag) {
        let bound = value(scope, &found[2]).cloned();
        bind_one(scope, &found[1], bound);
    }
}

fn bind_one(scope: &mut BTreeMap<String, Value>, name: &str, value: Option<Value>) {
    match value {
        Some(value) => scope.insert(name.to_string(), value),
        None => scope.remove(name),
    };
}

/// Follows a path as far as it is known; the error names the field, where it stands and what there is.
fn resolve(scope: &BTreeMap<String, Value>, path: &str) -> Result<(), (usize, String, String)> {
    let mut parts = path.split('.');
    let Some(mut here) = parts.next().and_then(|root| scope.get(root)) else { return Ok(()) };
    let mut offset = path.find('.').map_or(0, |dot| dot + 1);
    for field in parts {
        let Value::Object(fields) = here else { return Ok(()) };
        let Some(next) = fields.get(field) else {
            let known: Vec<&str> = fields.keys().map(String::as_str).collect();
            return Err((offset, field.to_string(), known.join(", ")));
        };
        if KEYED_BY_DATA.contains(&field) {
            return Ok(());
        }
        here = next;
        offset += field.len() + 1;
    }
    Ok(())
}

fn value<'a>(scope: &'a BTreeMap<String, Value>, path: &str) -> Option<&'a Value> {
    let mut parts = path.split('.');
    let root = scope.get(parts.next()?)?;
    parts.try_fold(root, |here, field| here.get(field))
}

/// The shape of `run`, `incident`, `incidents`, `noise` and what memory adds, read from a view in which nothing is missing.
fn roots() -> BTreeMap<String, Value> {
    let run = specimen::full();
    let mut roots = BTreeMap::new();
    let context = RunContext::new(&run, chrono::FixedOffset::east_opt(0));
    roots.insert("run".to_string(), serde_json::to_value(context).unwrap_or_default());
    let mut insert = |name: &str, value: serde_json::Result<Value>| {
        roots.insert(name.to_string(), value.unwrap_or_default());
    };
    insert("page", serde_json::to_value(html::PageContext::default()));
    insert("standing", serde_json::to_value(specimen::standing()));
    insert("rollup", serde_json::to_value(specimen::rollup()));
    insert("resolution", serde_json::to_value(specimen::resolution()));
    if let Some(view) = run.incidents.first() {
        let incident = serde_json::to_value(IncidentContext::new(&run, view)).unwrap_or_default();
        for list in ["incidents", "noise"] {
            roots.insert(list.to_string(), Value::Array(vec![incident.clone()]));
        }
        roots.insert("incident".to_string(), incident);
    }
    roots
}

fn tags(text: &str) -> impl Iterator<Item = (usize, &str)> {
    TAG.captures_iter(text)
        .filter_map(|found| found.get(1).or_else(|| found.get(2)))
        .map(|tag| (tag.start(), tag.as_str()))
}

fn each_tag(sources: &Sources, mut check: impl FnMut(&Source, usize, &str, &mut Vec<Problem>)) -> Vec<Problem> {
    let mut problems = Vec::new();
    for source in sources.values() {
        for (at, tag) in tags(&source.text) {
            check(source, at, tag, &mut problems);
        }
    }
    problems
}

/// Strings inside a tag are words, not paths or filters; blanks keep the columns right.
fn blank_strings(tag: &str) -> String {
    STRING.replace_all(tag, |found: &regex::Captures| " ".repeat(found[0].len())).into_owned()
}
