//! Cascades: which error group broke which other, with evidence for every link, and the incidents that
//! follow from it. Leaves out wording (`analysis`, `report`): a link here is counts, lags and references.
//!
//! Strongest first: exception chain, same trace, same id or quotation, declared rule, order on one
//! instance beyond chance. What merely coincides is no link.

mod apart;
mod chance;
mod confidence;
mod examine;
mod gather;
mod ids;
mod incident;
mod ordered;
mod quotes;
mod quoting;
mod record;
mod ruled;
mod tally;
mod text_keys;
mod timeline;
mod together;

pub use apart::By;
pub use examine::{Declared, Examination, Order, examine, preceding};
pub use gather::gather;
pub use incident::Incident;
pub use record::{EventRecord, Facts, Place, RECORD_LIMIT, Records};
pub use tally::{Link, LinkKind};

use std::collections::BTreeMap;

use crate::entry::{Severity, Timestamp};
use crate::group::ErrorGroup;
use crate::pattern::CascadeRule;

use tally::Tally;

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

/// Finds the links among `groups` and forms one incident per chain; in two threads where there are several and it is much.
pub fn find(
    records: &mut Records,
    groups: &[ErrorGroup],
    rules: &[CascadeRule],
    visible: &VisibleFrom,
    threads: usize,
) -> Cascades {
    let unlinked = records.sort();
    let records = &*records;
    let order = |tally: &mut Tally| ordered::note(records.in_order(), records, groups, tally);
    let tally = tied(records, groups, rules, order, threads);
    let judged = judged(records, groups, visible);
    Cascades { incidents: incident::form(tally.links(records, judged), groups), unlinked }
}

/// Notes what ties events by what they say and share, and what `more` notes of links of other kinds.
///
/// What shares ids takes about as long as all the rest, and none of them looks at what another noted.
fn tied(
    records: &Records,
    groups: &[ErrorGroup],
    rules: &[CascadeRule],
    more: impl FnOnce(&mut Tally),
    threads: usize,
) -> Tally {
    let list = records.in_order();
    let together = || {
        let mut tally = Tally::default();
        together::note(list, records, groups, &mut tally);
        tally
    };
    let others = || {
        let mut tally = Tally::default();
        quoting::note(list, records, &mut tally);
        ruled::note(list, records, groups, rules, &mut tally);
        more(&mut tally);
        tally
    };
    let (mut tally, together) = if threads > 1 && list.len() > WORTH_A_THREAD {
        std::thread::scope(|scope| {
            let together = scope.spawn(together);
            (others(), together.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
        })
    } else {
        (others(), together())
    };
    tally.merge(together);
    tally
}

/// Records for which another thread is worth its start.
const WORTH_A_THREAD: usize = 1000;

/// Returns a function that tells, for a cause and an effect group, how many effect events a cause could have explained,
/// and how many not: what was cut off cannot be missing, and effects from before the cut say nothing about their cause.
fn judged(records: &Records, groups: &[ErrorGroup], visible: &VisibleFrom) -> impl Fn(usize, usize) -> (u64, u64) {
    let mut ends: Vec<Vec<i64>> = vec![Vec::new(); groups.len()];
    for record in records.in_order() {
        if let Some(ends) = ends.get_mut(record.group as usize) {
            ends.push(record.end);
        }
    }
    let cuts: Vec<i64> =
        groups.iter().map(|group| visible.get(&group.severity).map_or(i64::MIN, |cut| cut.0)).collect();
    move |from, to| {
        let unseen = ends[to].partition_point(|end| *end < cuts[from]);
        ((ends[to].len() - unseen) as u64, unseen as u64)
    }
}

/// Returns what a rule's selector may ask of a group.
pub fn facts(group: &ErrorGroup) -> crate::pattern::GroupFacts<'_> {
    ruled::facts(group)
}
