//! One incident with everything analysis may look at.
//! Leaves out conclusions; it only finds groups, parents and quotations.

use std::collections::BTreeSet;

use crate::cascade::{Incident, Link};
use crate::coverage::Coverage;
use crate::entry::Timestamp;
use crate::group::{ErrorGroup, Sample};
use crate::pattern::{Catalog, ErrorPattern};

use super::finding::Evidence;

/// One incident with everything analysis may look at.
#[derive(Debug, Clone, Copy)]
pub struct Case<'a> {
    /// The incident.
    pub incident: &'a Incident,
    /// All groups of the run, by index.
    pub groups: &'a [ErrorGroup],
    /// What the tool knows.
    pub catalog: &'a Catalog,
    /// What was read.
    pub coverage: &'a Coverage,
}

impl<'a> Case<'a> {
    /// Returns the root group.
    pub fn root(&self) -> &'a ErrorGroup {
        &self.groups[self.incident.root]
    }

    /// Returns the incident's groups, root first.
    pub fn members(&self) -> impl Iterator<Item = &'a ErrorGroup> + use<'a> {
        let groups = self.groups;
        self.incident.groups.iter().map(move |&at| &groups[at])
    }

    /// Returns what `group` is called in this incident; see `names`.
    pub fn name(&self, group: &ErrorGroup) -> &'a str {
        let names = names(self.incident, self.groups);
        let known = names.into_iter().find(|(at, _)| self.groups[*at].id == group.id);
        known.map_or("", |(_, name)| name)
    }

    /// Returns the pattern that knows `group`.
    pub fn pattern(&self, group: &ErrorGroup) -> Option<&'a ErrorPattern> {
        group.pattern_index.map(|index| self.catalog.errors.get(index))
    }

    /// Returns the events of the incident.
    pub fn events(&self) -> u64 {
        self.members().map(|group| group.events).sum()
    }

    /// Returns first and last event of the incident.
    pub fn seen(&self) -> (Option<Timestamp>, Option<Timestamp>) {
        let first = self.members().filter_map(|group| group.first_seen).min();
        let last = self.members().filter_map(|group| group.last_seen).max();
        (first, last)
    }

    /// Returns from when on the export holds entries as severe as the root, if its older ones were cut off.
    pub fn visible_from(&self) -> Option<Timestamp> {
        let severity = self.root().severity;
        let cut = self.coverage.cut.contains(&severity);
        self.coverage.first_by_severity.get(&severity).copied().filter(|_| cut)
    }

    /// Returns the links from the outermost consequence back to the root, outermost first.
    ///
    /// Outermost is what callers see: a failed request, else a stopped container, else the end of the
    /// longest chain.
    pub fn way_to_root(&self) -> Vec<&'a Link> {
        let parent = |group: usize| self.incident.links.iter().find(|link| link.to == group);
        let way = |group: usize| -> Vec<&'a Link> {
            let mut links: Vec<&'a Link> = Vec::new();
            let mut at = group;
            while let Some(link) = parent(at) {
                if links.len() > self.incident.groups.len() {
                    break;
                }
                links.push(link);
                at = link.from;
            }
            links
        };
        let edge = |group: &ErrorGroup| {
            if group.is_request && group.status.is_some_and(|status| status >= 500) {
                2
            } else {
                i32::from(group.category == "exit")
            }
        };
        self.incident
            .groups
            .iter()
            .map(|&at| (edge(&self.groups[at]), way(at)))
            .max_by_key(|(edge, way)| (*edge, way.len()))
            .map(|(_, way)| way)
            .unwrap_or_default()
    }

    /// Returns the quotation that `reference` points at, if the group kept it.
    pub fn quote(&self, group: &ErrorGroup, reference: &str) -> Evidence {
        match group.samples.iter().find(|sample| sample.reference == reference) {
            Some(sample) => quotation(sample),
            None => Evidence { kind: "entry", reference: reference.to_string(), quote: String::new(), timestamp: None },
        }
    }
}

/// Returns a sample as evidence.
pub(super) fn quotation(sample: &Sample) -> Evidence {
    Evidence {
        kind: "entry",
        reference: sample.reference.clone(),
        quote: sample.quote.clone(),
        timestamp: sample.timestamp,
    }
}

/// Returns the earliest quotation of a group.
pub(super) fn first_quotation(group: &ErrorGroup) -> Vec<Evidence> {
    group.samples.first().map(quotation).into_iter().collect()
}

/// Returns a computed number with its formula.
pub(super) fn number(value: impl ToString, formula: impl Into<String>) -> Evidence {
    Evidence { kind: "count", reference: formula.into(), quote: value.to_string(), timestamp: None }
}

/// Returns a pattern as the source of knowledge.
pub(super) fn knowledge(pattern: &ErrorPattern) -> Evidence {
    Evidence { kind: "pattern", reference: pattern.id.to_string(), quote: pattern.title.to_string(), timestamp: None }
}

/// Returns what each group of an incident is called, in its order: by its title, and one that tells an earlier one again
/// by its own words, which tell more and keep an effect from looking like its cause.
pub fn names<'a>(incident: &Incident, groups: &'a [ErrorGroup]) -> Vec<(usize, &'a str)> {
    let mut titles: BTreeSet<&str> = BTreeSet::new();
    let name = |at: &usize| {
        let group = &groups[*at];
        (*at, if titles.insert(&group.title) { group.title.as_str() } else { group.template.as_str() })
    };
    incident.groups.iter().map(name).collect()
}

/// Returns a number with its noun: `1 event`, `3 events`, `2 entries`.
pub fn counted(count: u64, noun: &str) -> String {
    match noun.strip_suffix('y') {
        _ if count == 1 => format!("1 {noun}"),
        Some(stem) => format!("{count} {stem}ies"),
        None => format!("{count} {noun}s"),
    }
}

/// Returns a duration in plain words: `0.3 ms`, `12 s`, `1 min 47 s`, `2 h 5 min`.
pub fn span(nanos: i64) -> String {
    let nanos = nanos.unsigned_abs();
    let milliseconds = nanos as f64 / 1e6;
    let seconds = match nanos {
        0..60_000_000_000 => nanos / 1_000_000_000,
        _ => (nanos + 500_000_000) / 1_000_000_000,
    };
    match seconds {
        0 if milliseconds < 10.0 => format!("{milliseconds:.2} ms"),
        0 => format!("{milliseconds:.0} ms"),
        1..10 => format!("{:.1} s", nanos as f64 / 1e9),
        10..60 => format!("{seconds} s"),
        60..3600 => format!("{} min {} s", seconds / 60, seconds % 60),
        3600..86_400 => format!("{} h {} min", seconds / 3600, seconds % 3600 / 60),
        _ => format!("{} d {} h", seconds / 86_400, seconds % 86_400 / 3600),
    }
}

#[cfg(test)]
mod tests {
    use super::span;

    #[test]
    fn durations_read_as_people_say_them() {
        assert_eq!(span(300_000), "0.30 ms");
        assert_eq!(span(107_000_000_000), "1 min 47 s");
        assert_eq!(span(-1_500_000_000), "1.5 s");
        assert_eq!(span(7_500_000_000_000), "2 h 5 min");
    }
}
