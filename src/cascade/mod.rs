//! Cascades: which error group broke which other, with evidence for every link, and the incidents that
//! follow from it. Leaves out wording (`analysis`, `report`): a link here is counts, lags and references.
//!
//! Strongest first: exception chain, same trace, same id or quotation, declared rule, order on one
//! instance beyond chance. What merely coincides is no link.

mod apart;
mod chance;
mod confidence;
mod gather;
mod incident;
mod ordered;
mod quoting;
mod record;
mod ruled;
mod tally;
mod text_keys;
mod together;

pub use gather::gather;
pub use incident::Incident;
pub use record::{EventRecord, RECORD_LIMIT, Records};
pub use tally::{Link, LinkKind};

use std::collections::BTreeMap;

use crate::entry::{Severity, Timestamp};
use crate::group::ErrorGroup;
use crate::pattern::CascadeRule;

/// What linking found.
#[derive(Debug)]
pub struct Cascades {
    /// Every group stands in exactly one incident.
    pub incidents: Vec<Incident>,
    /// Events that were not linked because there were more than [`RECORD_LIMIT`].
    pub unlinked: u64,
}

/// From when on entries of a severity were exported, for severities whose older entries were cut off.
pub type VisibleFrom = BTreeMap<Severity, Timestamp>;

/// Finds the links among `groups` and forms one incident per chain.
pub fn find(mut records: Records, groups: &[ErrorGroup], rules: &[CascadeRule], visible: &VisibleFrom) -> Cascades {
    let unlinked = records.sort();
    let list = records.in_order();
    let mut ends: Vec<Vec<i64>> = vec![Vec::new(); groups.len()];
    for record in list {
        if let Some(ends) = ends.get_mut(record.group as usize) {
            ends.push(record.end);
        }
    }
    // What was cut off cannot be missing: effects from before the cut say nothing about their cause.
    let judged = |from: usize, to: usize| {
        let all = &ends[to];
        let unseen = visible.get(&groups[from].severity).map_or(0, |cut| all.partition_point(|end| *end < cut.0));
        ((all.len() - unseen) as u64, unseen as u64)
    };
    let mut tally = tally::Tally::default();
    quoting::note(list, &records, &mut tally);
    together::note(list, &records, &mut tally);
    ruled::note(list, &records, groups, rules, &mut tally);
    ordered::note(list, &records, groups, &mut tally);
    Cascades { incidents: incident::form(tally.links(judged), groups), unlinked }
}

/// Returns what a rule's selector may ask of a group.
pub fn facts(group: &ErrorGroup) -> crate::pattern::GroupFacts<'_> {
    ruled::facts(group)
}
