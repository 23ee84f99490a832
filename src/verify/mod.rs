//! Verification: every claim of a document, derived again from the input, and what does not hold.
//! Leaves out reading the input and rendering (`cli` has both done), and judging style (`lint`).
//!
//! The input is triaged again with what the document states about its own making, and the same kind of document is
//! rendered. A line that stands there as it is holds. A line that stands in the place of another is false where the
//! two differ. A line that no rendering has was added by a person or by other templates: each of its claims is
//! looked up in the counts, times, places and quotations of the run and in the entries themselves. What comes from
//! memory is compared with the ledger, or listed as not checked.
//!
//! What a run was told and no input can show (the window asked for, the time of reading) is taken from the document
//! itself, and shows as false only where what follows from it does not fit.

mod align;
mod claim;
mod code;
mod compare;
mod document;
mod facts;
mod lookup;
mod memory;
mod outcome;
mod pair;
mod rename;
mod sought;
mod stated;
mod words;

use std::collections::HashSet;

pub use claim::{Kind, Token, tokens};
pub use code::{Code, InCode, in_code};
pub use document::{Fence, Unit, units};
pub use memory::Remembered;
pub use outcome::{Against, Claims, Finding, Open, Page, Verification};
pub use rename::{rename, renames};
pub use sought::Sought;
pub use stated::{Stated, StatedCheckout, has_marks, stated, time};

use crate::report::view::TriageView;
use facts::Facts;
use outcome::Tally;
use pair::Place;

/// From this share of lines on that are as we render them, a document is one of ours and its words count as well.
const OURS: f64 = 0.6;
/// With a smaller share a document is nobody's rendering, and each line is looked up.
const RELATED: f64 = 0.05;

/// Lines that are looked up; a document with more lines of its own is none that people add to.
const LOOKED_UP: usize = 3_000;

/// Verifies a document; `broken` names its lines that hold bytes which are no text.
pub fn verify(text: &str, broken: &[usize], against: &Against<'_>) -> Verification {
    let document = units(text);
    let (page, share) = nearest(&document, against.pages);
    let free = share < OURS;
    let fingerprint = page.map_or_else(|| meant(text, against.view), |page| page.incident.clone());
    let about = |page: &&Page| page.incident.is_none() || fingerprint.is_none() || page.incident == fingerprint;
    let related: Vec<&str> = against.pages.iter().filter(about).map(|page| page.text.as_str()).collect();
    let facts = Facts::of(against.view, fingerprint.as_deref(), &related, free);
    let rendering = page.map(|page| units(&page.text)).unwrap_or_default();
    let elsewhere: HashSet<String> = against
        .pages
        .iter()
        .filter(|other| {
            fingerprint.is_some()
                && other.incident == fingerprint
                && !page.is_some_and(|page| std::ptr::eq(page, *other))
        })
        .flat_map(|other| units(&other.text))
        .map(|unit| unit.key())
        .collect();
    let remembered =
        against.memory.and_then(|records| records.iter().find(|record| Some(&record.incident) == fingerprint.as_ref()));
    let mut result = Tally::default();
    let mut looked_up = 0;
    let from_code = code::FromCode::of(&document);
    // What comes from a checkout that is not at hand is neither right nor wrong.
    let unread = stated(text).checkout.is_some() && against.code.is_none();
    for (unit, place) in document.iter().zip(pair::place(&document, &rendering)) {
        let claims = count(unit);
        if let Some(code) = against.code {
            let (checked, wrong) = code::unit_in_code(unit, code);
            if !wrong.is_empty() {
                result.add(checked, wrong);
                continue;
            }
        }
        match place {
            Place::Same => result.holds(claims),
            _ if memory::is_memory(&unit.text) => match remembered {
                Some(record) => result.add(claims, memory::line(unit.line, &unit.text, record)),
                None => result.open(unit.line, &unit.text, &unremembered(against, fingerprint.as_deref())),
            },
            _ if unread && from_code.says(unit) => {
                result.open(unit.line, &unit.text, "it comes from the source code; give the checkout with --repo")
            }
            // A hidden marker says whose text this is, wherever it stands.
            _ if unit.text.starts_with("<!--") => {
                result.add(claims, lookup::unit(unit, &facts, against.sought, false).findings)
            }
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
                let looked = lookup::unit(unit, &facts, against.sought, free);
                result.add(claims.saturating_sub(looked.open.len()), looked.findings);
                looked.open.iter().for_each(|open| result.open(open.line, &open.claim, &open.why));
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
        let finding =
            Finding { line: *line, claim: "bytes that are no text".into(), kind: Kind::Form, expected: None, why };
        result.add(1, vec![finding]);
    }
    let other = other_inputs(text, against.view);
    // The row with the sum is one finding, and it is named for what it means.
    result.findings.retain(|finding| {
        !other.iter().any(|one| one.line == finding.line && one.claim.contains(finding.claim.trim_matches('`')))
    });
    result.finish(page.map(|page| page.name), fingerprint, other)
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
    let masked =
        |units: &[Unit]| -> Vec<String> { units.iter().map(|unit| claim::skeleton(&tokens(&unit.text))).collect() };
    let own: HashSet<String> = best.0.iter().flat_map(|page| masked(&units(&page.text))).collect();
    let common = masked(document).iter().filter(|statement| own.contains(*statement)).count();
    let share = common as f64 / keys.len().max(1) as f64;
    if share < RELATED { (None, share) } else { (best.0, share) }
}

/// Returns the fingerprint of the incident that a document of others is about: the only one whose id it gives.
fn meant(text: &str, view: &TriageView) -> Option<String> {
    let mut named = view.incidents.iter().filter(|incident| text.contains(incident.id.as_str()));
    named.next().filter(|_| named.next().is_none()).map(|incident| incident.fingerprint.clone())
}

/// Says why a line from memory was not compared.
fn unremembered(against: &Against<'_>, fingerprint: Option<&str>) -> String {
    let incident = fingerprint.and_then(|one| against.view.incidents.iter().find(|other| other.fingerprint == one));
    match (against.memory, incident) {
        (None, _) => "it comes from memory; give the ledger with --ledger".to_string(),
        (Some(_), Some(incident)) => {
            format!("it comes from memory, and the ledger that was given has no incident {}", incident.id)
        }
        // How many there were so far was true when the run ended; the ledger has moved on since.
        (Some(_), None) => {
            "it comes from memory at the time of the run; only documents about one incident are compared with the ledger"
                .to_string()
        }
    }
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
    let wrong =
        stated.iter().filter_map(|(name, sum)| Some((name, sum.as_ref()?))).filter(|(_, sum)| !sums.contains(sum));
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
