//! What comes from the ledger and not from the input: states, issue numbers, counts over all passes.
//! Leaves out reading the ledger; without one such lines are listed as not checked.

use super::Finding;
use super::claim::{Kind, tokens};
use super::sought::span;
use crate::entry::Timestamp;

/// What the ledger remembers of an incident.
#[derive(Debug, Clone)]
pub struct Remembered {
    /// 32 hex digits.
    pub incident: String,
    /// `new`, `ongoing`, ...
    pub state: String,
    /// `P0` to `P3`.
    pub priority: String,
    /// Events ever.
    pub events: u64,
    /// First event ever.
    pub first_seen: Option<Timestamp>,
    /// Last event ever.
    pub last_seen: Option<Timestamp>,
    /// Since when it is in this state.
    pub since: Timestamp,
    /// Number of its issue.
    pub issue: Option<u64>,
}

/// How lines begin that memory adds to a document.
const LINES: [&str; 13] = [
    "**Unresolved**",
    // As issues said it before.
    "**Ongoing**",
    "**Quiet**",
    "**Resolved**",
    "**Regressed**",
    "- **Owners:**",
    "| Seen before | yes",
    "| Seen before | no:",
    "- #",
    "None known to the ledger",
    "Regression: ",
    "News: ",
    "It had been ended at",
];
const STATES: [&str; 5] = ["unresolved", "ongoing", "quiet", "resolved", "regressed"];

/// Whether a line comes from memory.
pub(super) fn is_memory(line: &str) -> bool {
    // An issue that memory knows has a number, or a decision with its reason.
    let told = |rest: &str| rest.starts_with('#') || rest.contains(": ");
    LINES.iter().any(|begin| line.starts_with(begin)) || line.strip_prefix("- Issue: ").is_some_and(told)
}

/// Compares a line with what is remembered of the incident.
pub(super) fn line(at: usize, text: &str, known: &Remembered) -> Vec<Finding> {
    let mut findings = Vec::new();
    let tokens = tokens(text);
    let times = [known.first_seen, known.last_seen, Some(known.since)];
    for (place, token) in tokens.iter().enumerate() {
        let counts = tokens.get(place + 1).is_some_and(|word| matches!(word.text, "event" | "events"));
        let expected = match token.kind {
            Kind::Issue if text.starts_with("- Issue: ") => {
                let right = known.issue.map(|issue| format!("#{issue}"));
                (right.as_deref() != Some(token.text)).then(|| right.unwrap_or("no issue".to_string()))
            }
            Kind::Number if counts => {
                let right = token.text.replace(',', "").parse() == Ok(known.events);
                (!right).then(|| known.events.to_string())
            }
            Kind::Time => {
                let within = |time: &Timestamp| span(token.text).is_some_and(|(from, to)| (from..to).contains(&time.0));
                let right = times.iter().flatten().any(within);
                (!right).then(|| known.last_seen.map_or("unknown".to_string(), |time| time.to_string()))
            }
            _ if text.starts_with("**") && STATES.contains(&token.text.to_lowercase().as_str()) && place < 4 => {
                let open = matches!(known.state.as_str(), "new" | "ongoing");
                let words: &[&str] = if open { &["unresolved", "ongoing"] } else { &[known.state.as_str()] };
                let right = words.iter().any(|word| token.text.eq_ignore_ascii_case(word));
                (!right).then(|| words[0].to_string())
            }
            _ => None,
        };
        if let Some(expected) = expected {
            let (claim, why) = (token.text.to_string(), "the ledger remembers it otherwise".to_string());
            findings.push(Finding { line: at, claim, kind: token.kind, expected: Some(expected), why });
        }
    }
    findings
}
