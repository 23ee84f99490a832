//! The ways through a template: its text and its values, branch by branch, with what is included in its place.
//! Leaves out what may stand where: each kind of document says so by itself (`markdown`, `html::check`).

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use super::super::render::{Source, Sources};
use crate::pattern::Problem;

/// Deeper than this nobody includes; it is a loop, or meant to be one.
pub(crate) const DEEPEST: usize = 16;
/// Places at which one spot of a template can be reached; more come only of branches that open and close by turns.
const MOST_PLACES: usize = 200;

/// Where a document stands after what was written so far.
pub(crate) trait Place: Clone + Ord + Default {
    /// Takes text of the template.
    fn text(&mut self, text: &str) -> Result<(), Refusal>;
    /// Takes a value: what stands between `{{` and `}}`.
    fn value(&mut self, expression: &str) -> Result<(), Refusal>;
}

/// Why no escape holds at a place, and what to write instead.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Refusal {
    /// What is wrong.
    pub message: &'static str,
    /// What to do.
    pub hint: String,
}

impl Refusal {
    /// Returns one from its two sentences.
    pub(crate) fn new(message: &'static str, hint: impl Into<String>) -> Refusal {
        Refusal { message, hint: hint.into() }
    }
}

/// Returns what no place allows on any way through the page `name`.
pub(crate) fn refusals<P: Place>(sources: &Sources, name: &str) -> Vec<Problem> {
    let mut walk =
        Walk { sources, parsed: BTreeMap::new(), known: BTreeMap::new(), inside: Vec::new(), problems: Vec::new() };
    walk.file(name, P::default());
    walk.problems
}

#[derive(Debug, Clone)]
enum Node {
    Text(Range<usize>),
    Value(Range<usize>),
    Include(Range<usize>, String),
    /// The branches; whether one of them is taken in any case.
    If(Vec<Vec<Node>>, bool),
    /// What is repeated, and what stands for nothing.
    Loop(Vec<Node>, Vec<Node>),
    /// `break` or `continue`.
    Jump,
}

struct Walk<'s, P> {
    sources: &'s Sources,
    parsed: BTreeMap<String, Vec<Node>>,
    known: BTreeMap<(String, P), BTreeSet<P>>,
    inside: Vec<String>,
    problems: Vec<Problem>,
}

impl<P: Place> Walk<'_, P> {
    fn file(&mut self, name: &str, from: P) -> BTreeSet<P> {
        let key =
            ["user/", "builtin/"].iter().map(|of| format!("{of}{name}")).find(|key| self.sources.contains_key(key));
        // A file that is not there is told by the engine.
        let Some(key) = key else { return BTreeSet::from([from]) };
        if let Some(known) = self.known.get(&(key.clone(), from.clone())) {
            return known.clone();
        }
        let source = &self.sources[&key];
        let nodes = self.parsed.entry(key.clone()).or_insert_with(|| parse(&source.text)).clone();
        self.inside.push(key.clone());
        let mut jumped = BTreeSet::new();
        let to = self.nodes(source, &nodes, BTreeSet::from([from.clone()]), &mut jumped);
        self.inside.pop();
        self.known.insert((key, from), to.clone());
        to
    }

    fn nodes(
        &mut self,
        source: &Source,
        nodes: &[Node],
        mut here: BTreeSet<P>,
        jumped: &mut BTreeSet<P>,
    ) -> BTreeSet<P> {
        for node in nodes {
            here = match node {
                Node::Text(range) => self.each(source, range, here, |place| place.text(&source.text[range.clone()])),
                Node::Value(range) => {
                    let inside = source.text[range.start + 2..range.end].trim_end_matches("}}");
                    let expression = inside.trim_matches(['-', ' ', '\n', '\t', '\r']);
                    self.each(source, range, here, |place| place.value(expression))
                }
                Node::Include(range, name) => self.include(source, range, name, here),
                Node::If(branches, whole) => {
                    let mut after = if *whole { BTreeSet::new() } else { here.clone() };
                    for branch in branches {
                        after.extend(self.nodes(source, branch, here.clone(), jumped));
                    }
                    after
                }
                Node::Loop(body, other) => {
                    let mut after = self.nodes(source, other, here.clone(), jumped);
                    after.extend(here.iter().cloned());
                    let mut new = here;
                    while !new.is_empty() && after.len() <= MOST_PLACES {
                        let mut inner = BTreeSet::new();
                        let mut ends = self.nodes(source, body, new, &mut inner);
                        ends.extend(inner);
                        new = ends.difference(&after).cloned().collect();
                        after.extend(ends);
                    }
                    after
                }
                Node::Jump => {
                    jumped.extend(here.iter().cloned());
                    here
                }
            };
            if here.len() > MOST_PLACES {
                let hint = "close what a branch opens in the same branch";
                self.problem(source, 0..0, "its branches leave too many places open to be followed", hint);
                return BTreeSet::new();
            }
        }
        here
    }

    fn include(&mut self, source: &Source, range: &Range<usize>, name: &str, here: BTreeSet<P>) -> BTreeSet<P> {
        let repeated = self.inside.iter().any(|key| key.split_once('/').is_some_and(|(_, inside)| inside == name));
        if repeated || self.inside.len() >= DEEPEST {
            let hint = "a part may include others, but not itself, neither directly nor through them";
            self.problem(source, range.clone(), "this would be included without end", hint);
            return here;
        }
        here.into_iter().flat_map(|place| self.file(name, place)).collect()
    }

    fn each(
        &mut self,
        source: &Source,
        range: &Range<usize>,
        here: BTreeSet<P>,
        take: impl Fn(&mut P) -> Result<(), Refusal>,
    ) -> BTreeSet<P> {
        let mut after = BTreeSet::new();
        for mut place in here {
            if let Err(refusal) = take(&mut place) {
                self.problem(source, range.clone(), refusal.message, &refusal.hint);
            }
            after.insert(place);
        }
        after
    }

    fn problem(&mut self, source: &Source, range: Range<usize>, message: &str, hint: &str) {
        let problem = Problem::at(&source.file, &source.text, range, message, hint);
        if !self.problems.contains(&problem) {
            self.problems.push(problem);
        }
    }
}

/// An open tag with the nodes before it and its branches so far.
type Open<'t> = (&'t str, Vec<Node>, Vec<Vec<Node>>);

/// Reads the tags of a template; what is wrong with its syntax is told by the engine.
fn parse(text: &str) -> Vec<Node> {
    let mut open: Vec<Open<'_>> = Vec::new();
    let mut nodes: Vec<Node> = Vec::new();
    let (mut at, mut trim) = (0, false);
    while at < text.len() {
        let next =
            ["{{", "{%", "{#"].iter().filter_map(|tag| text[at..].find(tag)).min().map_or(text.len(), |from| at + from);
        let mut literal = at..next;
        if trim {
            literal.start = next - text[literal.clone()].trim_start().len();
        }
        if text[next..].get(2..3) == Some("-") {
            literal.end = literal.start + text[literal.clone()].trim_end().len();
        }
        if !literal.is_empty() {
            nodes.push(Node::Text(literal));
        }
        let Some(close) = text[next..].get(..2).map(|tag| match tag {
            "{{" => "}}",
            "{%" => "%}",
            _ => "#}",
        }) else {
            break;
        };
        let end = text[next + 2..].find(close).map_or(text.len(), |length| next + 2 + length + 2);
        trim = text[..end].ends_with(&format!("-{close}"));
        at = end;
        if close == "}}" {
            nodes.push(Node::Value(next..end));
            continue;
        }
        let inside = text[next + 2..end].trim_end_matches(close).trim_matches(['-', ' ', '\n', '\t', '\r']);
        let word = if close == "#}" { "" } else { inside.split_whitespace().next().unwrap_or_default() };
        match word {
            "include" => {
                nodes.push(Node::Include(next..end, inside[7..].trim().trim_matches(['"', '\'', '`']).to_string()))
            }
            "if" | "for" => open.push((word, std::mem::take(&mut nodes), Vec::new())),
            "else" | "elif" => {
                if let Some((kind, _, branches)) = open.last_mut() {
                    branches.push(std::mem::take(&mut nodes));
                    if *kind == "if" && word == "else" {
                        *kind = "whole";
                    }
                }
            }
            "endif" | "endfor" => {
                if let Some((kind, before, mut branches)) = open.pop() {
                    branches.push(std::mem::replace(&mut nodes, before));
                    nodes.push(match kind {
                        "for" => {
                            let other = branches.split_off(1).into_iter().flatten().collect();
                            Node::Loop(branches.into_iter().flatten().collect(), other)
                        }
                        kind => Node::If(branches, kind == "whole"),
                    });
                }
            }
            "break" | "continue" => nodes.push(Node::Jump),
            "raw" => {
                let end = text[at..].find("{%").map_or(text.len(), |from| at + from);
                nodes.push(Node::Text(at..end));
                at = end;
            }
            _ => {}
        }
    }
    // What was never closed is a mistake of syntax; its text is looked at all the same.
    while let Some((_, before, branches)) = open.pop() {
        let rest = std::mem::replace(&mut nodes, before);
        nodes.extend(branches.into_iter().flatten().chain(rest));
    }
    nodes
}
