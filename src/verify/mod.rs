//! Verification: every claim of a document, derived again from the input, and what does not hold.
//! Leaves out reading the input and rendering (`cli` has both done), and judging style (`lint`).
//!
//! The input is triaged again with what the document states about its own making, and the same kind of document is
//! rendered. A line that stands there as it is holds. A line that stands in the place of another is false where the
//! two differ. A line that no rendering has was added by a person or by other templates: each of its claims is
//! looked up in the counts, times, places and quotations of the run and in the entries themselves. What comes from
//! memory is compared with the ledger, or listed as not checked.

mod align;
mod claim;
mod compare;
mod document;
mod facts;
mod lookup;
mod memory;
mod pair;
mod rename;
mod sought;
mod stated;

use std::collections::HashSet;

use serde::Serialize;

pub use claim::{Kind, Token, tokens};
pub use document::{Fence, Unit, units};
pub use memory::Remembered;
pub use rename::{rename, renames};
pub use sought::Sought;
pub use stated::{Stated, stated, time};

use crate::report::view::TriageView;
use facts::Facts;
use pair::Place;

/// From this share of lines on that are as we render them, a document is one of ours and its words count as well.
const OURS: f64 = 0.6;
/// With a smaller share a document is nobody's rendering, and each line is looked up.
const RELATED: f64 = 0.05;

/// Lines that are looked up; a document with more lines of its own is none that people add to.
const LOOKED_UP: usize = 3_000;

/// A document that the input yields.
#[derive(Debug, Clone)]
pub struct Page {
    /// `report`, `issue`, `audit`, `summary`, `worklog`, ...
    pub name: &'static str,
    /// Fingerprint of the incident it is about; `None` when it is about the run.
    pub incident: Option<String>,
    /// Its text.
    pub text: String,
}

/// What a document is verified against.
#[derive(Debug)]
pub struct Against<'a> {
    /// The run over the input.
    pub view: &'a TriageView,
    /// What is rendered of it.
    pub pages: &'a [Page],
    /// What was found in the entries.
    pub sought: &'a Sought,
    /// What the ledger remembers; `None` when there is none at hand.
    pub memory: Option<&'a [Remembered]>,
}

/// Something that does not hold.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Finding {
    /// 1-based line of the document.
    pub line: usize,
    /// As it stands there.
    pub claim: String,
    /// What is claimed.
    pub kind: Kind,
    /// What the input says instead; `null` where it says nothing of the kind.
    pub expected: Option<String>,
    /// Why it does not hold.
    pub why: String,
}

/// Something that this input cannot settle.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Open {
    /// 1-based line of the document.
    pub line: usize,
    /// As it stands there.
    pub claim: String,
    /// Why it was not checked.
    pub why: String,
}

/// How many claims were looked at.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Claims {
    /// Checked.
    pub checked: usize,
    /// Of these, those that hold.
    pub held: usize,
    /// Of these, those that do not.
    pub failed: usize,
    /// Not checked.
    pub not_checked: usize,
}

/// What came of a verification.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Verification {
    /// Which of our documents it is, if it is one.
    pub document: Option<&'static str>,
    /// Fingerprint of the incident it is about.
    pub incident: Option<String>,
    /// Whether everything holds.
    pub holds: bool,
    /// Whether the document speaks of the input at hand; otherwise nothing can be said for sure.
    pub same_input: bool,
    /// How many claims were looked at.
    pub claims: Claims,
    /// What does not hold, by line.
    pub findings: Vec<Finding>,
    /// What could not be checked, by line.
    pub not_checked: Vec<Open>,
}

/// Verifies a document; `broken` names its lines that hold bytes which are no text.
pub fn verify(text: &str, broken: &[usize], against: &Against<'_>) -> Verification {
    let document = units(text);
    let (page, share) = nearest(&document, against.pages);
    let fingerprint = page.and_then(|page| page.incident.clone());
    let about = |page: &&Page| page.incident.is_none() || fingerprint.is_none() || page.incident == fingerprint;
    let related: Vec<&str> = against.pages.iter().filter(about).map(|page| page.text.as_str()).collect();
    let facts = Facts::of(against.view, fingerprint.as_deref(), &related);
    let rendering = page.map(|page| units(&page.text)).unwrap_or_default();
    let elsewhere: HashSet<String> = against
        .pages
        .iter()
        .filter(|other| fingerprint.is_some() && other.incident == fingerprint && !page.is_some_and(|page| std::ptr::eq(page, *other)))
        .flat_map(|other| units(&other.text))
        .map(|unit| unit.key())
        .collect();
    let remembered = against.memory.and_then(|records| {
        records.iter().find(|record| Some(&record.incident) == fingerprint.as_ref())
    });
    let mut result = Result::default();
    let mut looked_up = 0;
    for (unit, place) in document.iter().zip(pair::place(&document, &rendering)) {
        let claims = count(unit);
        match place {
            Place::Same => result.holds(claims),
            _ if memory::is_memory(&unit.text) => match remembered {
                Some(record) => result.add(claims, memory::line(unit.line, &unit.text, record)),
                None => result.open(unit.line, &unit.text, "it comes from memory; give the ledger with --ledger"),
            },
            Place::Instead(at) if share >= OURS || same_statement(unit, &rendering[at]) => {
                let strict = share >= OURS;
                let (mut findings, filled) = compare::lines(unit.line, &unit.text, &rendering[at].text, strict);
                if let (Some(said), Some(yields)) = (&unit.fence, &rendering[at].fence) {
                    findings.extend(compare::fences(said, yields));
                }
                filled.into_iter().for_each(|(line, claim, why)| result.open(line, &claim, why));
                result.add(claims, findings);
            }
            Place::Nowhere if elsewhere.contains(&unit.key()) => result.holds(claims),
            _ if looked_up >= LOOKED_UP => result.open(unit.line, &unit.text, "too many lines are not ours"),
            Place::Instead(_) | Place::Nowhere => {
                looked_up += 1;
                result.add(claims, lookup::unit(unit, &facts, against.sought))
            }
        }
    }
    if looked_up >= LOOKED_UP {
        let why = format!("more than {LOOKED_UP} lines are in no rendering; those after them were not checked");
        let claim = "the document as a whole".to_string();
        result.add(1, vec![Finding { line: 0, claim, kind: Kind::Form, expected: None, why }]);
    }
    for line in broken {
        let why = "it is not UTF-8, so what it says cannot be read".to_string();
        let finding = Finding { line: *line, claim: "bytes that are no text".into(), kind: Kind::Form, expected: None, why };
        result.add(1, vec![finding]);
    }
    let other = other_inputs(text, against.view);
    // The row with the sum is one finding, and it is named for what it means.
    result.findings.retain(|finding| !other.iter().any(|one| one.line == finding.line && one.claim.contains(finding.claim.trim_matches('`'))));
    result.finish(page.map(|page| page.name), fingerprint, other)
}

#[derive(Default)]
struct Result {
    claims: Claims,
    findings: Vec<Finding>,
    open: Vec<Open>,
}

impl Result {
    fn holds(&mut self, claims: usize) {
        self.claims.checked += claims;
    }

    fn add(&mut self, claims: usize, findings: Vec<Finding>) {
        // A turned word is no claim by itself, and yet what it turns is false.
        self.claims.checked += claims.max(findings.len());
        self.findings.extend(findings);
    }

    fn open(&mut self, line: usize, claim: &str, why: &str) {
        self.open.push(Open { line, claim: compare::cut(claim), why: why.to_string() });
    }

    fn finish(mut self, document: Option<&'static str>, incident: Option<String>, other: Vec<Finding>) -> Verification {
        let same_input = other.is_empty();
        self.claims.checked += other.len();
        self.findings.extend(other);
        self.findings.sort();
        self.findings.dedup();
        self.open.sort();
        self.claims.failed = self.findings.len();
        self.claims.held = self.claims.checked.saturating_sub(self.claims.failed);
        self.claims.not_checked = self.open.len();
        let holds = self.findings.is_empty();
        let (claims, findings, not_checked) = (self.claims, self.findings, self.open);
        Verification { document, incident, holds, same_input, claims, findings, not_checked }
    }
}

/// Returns the page that has most of the document's lines, and what share of them.
fn nearest<'p>(document: &[Unit], pages: &'p [Page]) -> (Option<&'p Page>, f64) {
    let keys: Vec<String> = document.iter().map(Unit::key).collect();
    let mut best: (Option<&Page>, usize, usize) = (None, 0, 0);
    for page in pages {
        let units = units(&page.text);
        let own: HashSet<String> = units.iter().map(Unit::key).collect();
        let common = keys.iter().filter(|key| own.contains(*key)).count();
        // Of two pages with all its lines the shorter one is the document.
        if common > best.1 || (common == best.1 && common > 0 && units.len() < best.2) {
            best = (Some(page), common, units.len());
        }
    }
    // How much of it is ours is told by the statements, whatever numbers stand in them.
    let masked = |units: &[Unit]| -> Vec<String> { units.iter().map(|unit| claim::skeleton(&tokens(&unit.text))).collect() };
    let own: HashSet<String> = best.0.iter().flat_map(|page| masked(&units(&page.text))).collect();
    let common = masked(document).iter().filter(|statement| own.contains(*statement)).count();
    let share = common as f64 / keys.len().max(1) as f64;
    if share < RELATED { (None, share) } else { (best.0, share) }
}

/// Whether two units are the same statement with other claims.
fn same_statement(left: &Unit, right: &Unit) -> bool {
    left.fence.is_some() == right.fence.is_some()
        && claim::skeleton(&tokens(&left.text)) == claim::skeleton(&tokens(&right.text))
}

fn count(unit: &Unit) -> usize {
    let line = tokens(&unit.text).iter().filter(|token| token.kind.is_claim()).count();
    line + unit.fence.as_ref().map_or(0, |fence| fence.lines.len())
}

/// Returns a finding for each sum that none of the inputs has.
fn other_inputs(text: &str, view: &TriageView) -> Vec<Finding> {
    let sums: Vec<&String> = view.coverage.sources.iter().filter_map(|source| source.sha256.as_ref()).collect();
    let stated = stated(text).inputs;
    let wrong = stated.iter().filter_map(|(name, sum)| Some((name, sum.as_ref()?))).filter(|(_, sum)| !sums.contains(sum));
    wrong
        .map(|(name, sum)| Finding {
            line: text.lines().position(|line| line.to_lowercase().contains(sum.as_str())).map_or(0, |at| at + 1),
            claim: sum.clone(),
            kind: Kind::Input,
            expected: sums.first().map(|sum| sum.to_string()),
            why: format!("the document was made from another input, or from other bytes of `{name}`"),
        })
        .collect()
}
