//! Whether an unknown fingerprint is a known incident under a new name: a message was reworded, a mask changed.
//! Leaves out anything uncertain: rather a second record than two faults in one issue.
//!
//! A fingerprint changes with its parts. What names the fault (service, exception type, place in the code,
//! request, what the pattern captured) must be equal; only the wording may differ, and not by much.

use std::collections::BTreeMap;

use super::{Kin, Record, Sighting};

/// Least share of words in common when the place in the code is known and equal.
const SAME_PLACE: f64 = 0.5;
/// Least share of words in common when only the wording tells.
const WORDING_ALONE: f64 = 0.8;

/// Returns the incident that `sighting` continues, if exactly one fits and was not seen itself in this pass.
pub(crate) fn known_as<'r>(
    sighting: &Sighting,
    records: impl Iterator<Item = &'r Record>,
    seen: &dyn Fn(&str) -> bool,
) -> Option<&'r Record> {
    let mut fitting = records.filter(|record| !seen(&record.incident) && same_fault(&sighting.kin, &record.kin));
    match (fitting.next(), fitting.next()) {
        (Some(record), None) => Some(record),
        _ => None,
    }
}

/// Returns whether two groups are one fault in other words.
pub fn same_fault(a: &Kin, b: &Kin) -> bool {
    let equal = a.service == b.service
        && a.type_name == b.type_name
        && a.request == b.request
        && a.place == b.place
        && a.about == b.about;
    if !equal {
        return false;
    }
    let alike = likeness(&a.template, &b.template);
    if !a.about.is_empty() && a.pattern == b.pattern && !a.pattern.is_empty() {
        // The pattern says what the error is about, and it is the same.
        return true;
    }
    alike >= if a.place.is_empty() { WORDING_ALONE } else { SAME_PLACE }
}

/// Returns the share of words that two templates have in common (Jaccard index of the multisets), 0 to 1.
fn likeness(a: &str, b: &str) -> f64 {
    let (a, b) = (words(a), words(b));
    let mut common = 0;
    let mut all = 0;
    for word in a.keys().chain(b.keys().filter(|word| !a.contains_key(*word))) {
        let (in_a, in_b) = (a.get(word).copied().unwrap_or(0), b.get(word).copied().unwrap_or(0));
        common += in_a.min(in_b);
        all += in_a.max(in_b);
    }
    if all == 0 { 0.0 } else { f64::from(common) / f64::from(all) }
}

fn words(text: &str) -> BTreeMap<&str, u32> {
    let mut words = BTreeMap::new();
    let between = |c: char| c.is_whitespace() || ",;:()[]{}\"'`=".contains(c);
    for word in text.split(between).filter(|word| !word.is_empty()) {
        *words.entry(word).or_default() += 1;
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kin(service: &str, place: &str, template: &str) -> Kin {
        Kin { service: service.to_string(), place: place.to_string(), template: template.to_string(), ..Kin::default() }
    }

    #[test]
    fn a_reworded_message_at_the_same_place_is_the_same_fault() {
        let old = kin("mill", "grind.py turn", "stone <number> is worn after <duration>");
        assert!(same_fault(&old, &kin("mill", "grind.py turn", "stone <number> is worn out after <duration>")));
        assert!(!same_fault(&old, &kin("mill", "grind.py stop", "stone <number> is worn after <duration>")));
        assert!(!same_fault(&old, &kin("weir", "grind.py turn", "stone <number> is worn after <duration>")));
        assert!(!same_fault(&old, &kin("mill", "grind.py turn", "no water")));
    }

    #[test]
    fn without_a_place_the_wording_must_be_nearly_equal() {
        let old = kin("mill", "", "could not reach the granary at <ip> within <duration>");
        assert!(same_fault(&old, &kin("mill", "", "could not reach the granary at <ip> within the <duration>")));
        assert!(!same_fault(&old, &kin("mill", "", "could not reach the bakery at <ip> before dawn")));
    }

    #[test]
    fn what_the_pattern_captured_must_be_equal() {
        let about = |name: &str| Kin {
            pattern: "module".to_string(),
            about: vec![format!("module={name}")],
            ..kin("mill", "", "No module named x")
        };
        assert!(same_fault(&about("shop.tax"), &about("shop.tax")));
        assert!(!same_fault(&about("shop.tax"), &about("shop.toll")));
    }
}
