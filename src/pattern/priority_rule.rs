//! Priority rules: a table, first match wins, each with its id, reason and examples.
//! Leaves out counting: `analysis::priority` brings the facts.

use serde::Deserialize;
use toml::Spanned;

use super::file::PatternFile;
use super::problem::Problem;
use super::selector::{GroupFacts, Selector};

/// How urgent an incident is; P0 is most urgent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
pub enum Priority {
    /// The service cannot start, or data is lost.
    P0,
    /// Callers see failures.
    P1,
    /// Degraded.
    P2,
    /// Configuration noise.
    P3,
}

impl Priority {
    /// Returns `P0` to `P3`.
    pub fn name(self) -> &'static str {
        match self {
            Priority::P0 => "P0",
            Priority::P1 => "P1",
            Priority::P2 => "P2",
            Priority::P3 => "P3",
        }
    }
}

/// One row of the table.
#[derive(Debug, Clone)]
pub struct PriorityRule {
    /// Unique, kebab-case.
    pub id: String,
    /// What it decides.
    pub priority: Priority,
    /// Groups that count for this rule.
    pub groups: Selector,
    /// Whether every group of the incident must count, not only one.
    pub every: bool,
    /// Events in counting groups that are needed, at least 1.
    pub at_least: u64,
    /// `true`: all requests in it came from test clients, probes or scanners.
    pub synthetic_only: Option<bool>,
    /// One sentence.
    pub why: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RuleFile {
    #[serde(default)]
    priority: Vec<RawRule>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawRule {
    id: Spanned<String>,
    priority: Priority,
    #[serde(default)]
    groups: Selector,
    #[serde(default)]
    every: bool,
    #[serde(default = "one")]
    at_least: u64,
    synthetic_only: Option<bool>,
    why: String,
    #[serde(default)]
    should_apply: Vec<Example>,
    #[serde(default)]
    should_not_apply: Vec<Example>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Example {
    #[serde(default)]
    category: String,
    #[serde(default)]
    role: super::Role,
    severity: Spanned<String>,
    status: Option<u16>,
    #[serde(default)]
    synthetic: bool,
    reason: Option<String>,
}

fn one() -> u64 {
    1
}

impl PriorityRule {
    /// Returns the events that count for the rule, or `None` when it does not apply.
    ///
    /// `groups` are the incident's groups with their event counts.
    pub fn applies(&self, groups: &[(GroupFacts<'_>, u64)], synthetic_only: bool) -> Option<u64> {
        if self.synthetic_only.is_some_and(|wanted| wanted != synthetic_only) {
            return None;
        }
        let counting: Vec<u64> =
            groups.iter().filter(|(facts, _)| self.groups.accepts(facts)).map(|(_, events)| *events).collect();
        let events: u64 = counting.iter().sum();
        let enough = events >= self.at_least.max(1) && (!self.every || counting.len() == groups.len());
        enough.then_some(events)
    }
}

/// Reads priority rules in order; the files of a user come before the built-in ones.
pub(super) fn load(files: &[PatternFile]) -> Result<Vec<PriorityRule>, Vec<Problem>> {
    let mut rules: Vec<PriorityRule> = Vec::new();
    let mut problems = Vec::new();
    for file in files {
        match file.parse::<RuleFile>() {
            Err(problem) => problems.push(problem),
            Ok(parsed) => {
                for raw in parsed.priority {
                    match check(*file, raw) {
                        Ok(rule) if rules.iter().any(|earlier| earlier.id == rule.id) => {}
                        Ok(rule) => rules.push(rule),
                        Err(problem) => problems.push(*problem),
                    }
                }
            }
        }
    }
    if problems.is_empty() { Ok(rules) } else { Err(problems) }
}

fn check(place: PatternFile, raw: RawRule) -> Result<PriorityRule, Box<Problem>> {
    let (file, text) = (place.name, place.text);
    let span = raw.id.span();
    let id = raw.id.get_ref().clone();
    let fault = |message: String, hint: &str| Box::new(Problem::at(file, text, span.clone(), message, hint));
    if raw.should_apply.is_empty() || raw.should_not_apply.is_empty() {
        return Err(fault(
            format!("priority rule `{id}` lacks examples"),
            "add at least one should_apply and one should_not_apply example with a reason",
        ));
    }
    let rule = PriorityRule {
        id: id.clone(),
        priority: raw.priority,
        groups: raw.groups,
        every: raw.every,
        at_least: raw.at_least,
        synthetic_only: raw.synthetic_only,
        why: raw.why,
    };
    if place.is_proven() {
        return Ok(rule);
    }
    for (examples, expect) in [(&raw.should_apply, true), (&raw.should_not_apply, false)] {
        for example in examples {
            let at = example.severity.span();
            if !expect && example.reason.as_deref().unwrap_or("").trim().is_empty() {
                return Err(Box::new(Problem::at(
                    file,
                    text,
                    at,
                    format!("a should_not_apply example of `{id}` has no reason"),
                    "say why the rule must not apply",
                )));
            }
            let facts = GroupFacts {
                pattern: None,
                category: &example.category,
                role: example.role,
                severity: crate::entry::Severity::from_word(example.severity.get_ref()).unwrap_or_default(),
                status: example.status,
                is_request: example.status.is_some(),
            };
            if rule.applies(&[(facts, rule.at_least.max(1))], example.synthetic).is_some() != expect {
                let verb = if expect { "should apply but does not" } else { "should not apply but does" };
                return Err(Box::new(Problem::at(
                    file,
                    text,
                    at,
                    format!("an example of priority rule `{id}` {verb}"),
                    "change the rule's conditions or the example",
                )));
            }
        }
    }
    Ok(rule)
}
