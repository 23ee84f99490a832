//! What an earlier run, or the ledger, says of the incidents of this one: which are new, which escalate.
//! Leaves out reading either (`cli`), and what a rise is: `group::escalation` knows.

use std::collections::BTreeMap;

use serde::Serialize;

use super::view::{TriageView, WindowView};
use crate::group::escalation::{Count, Rise, escalating};

/// What rates are counted in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Unit {
    /// Seconds of the window that was read.
    Seconds,
    /// Entries read, where no entry states a time.
    Entries,
}

/// How much was read.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Exposure {
    /// The amount.
    pub amount: f64,
    /// What it is counted in.
    pub unit: Unit,
}

/// How often something was seen before, and in how much.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Seen {
    /// Events.
    pub events: u64,
    /// In what.
    pub exposure: Exposure,
    /// The most events in any stretch as long as this run's window, where the history is known by the minute.
    pub most: Option<u64>,
}

/// What is known from before.
#[derive(Debug, Clone, Default)]
pub struct Past {
    /// Fingerprint of an incident -> how often it was seen.
    pub incidents: BTreeMap<String, Seen>,
    /// Id of a group -> how often it was seen; `None` where only incidents are known.
    pub groups: Option<BTreeMap<String, Seen>>,
}

/// What the past says of an incident or a group.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct HistoryView {
    /// Never seen before.
    pub new: bool,
    /// How often it was seen, if it was.
    pub before: Option<RateView>,
    /// How often in this run.
    pub now: RateView,
    /// How the rate rose, if that is beyond chance and beyond what was ever seen.
    pub escalating: Option<RiseView>,
}

/// Events, and in how much they were counted.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct RateView {
    /// Events.
    pub events: u64,
    /// In how much, rounded.
    #[serde(rename = "in")]
    pub amount: u64,
    /// What that is counted in.
    pub unit: Unit,
}

/// A rise beyond chance.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct RiseView {
    /// The rate now over the rate before; `null` if there were no events before in what is remembered.
    pub ratio: Option<f64>,
    /// How probable so many events or more are at the old rate.
    pub p: f64,
}

/// How many incidents of a run are new, and how many escalate.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Compared {
    /// Never seen before.
    pub new: usize,
    /// Seen before, and now much more often.
    pub escalating: usize,
}

/// Returns how much a run read: its window where times are known, else its entries.
pub fn exposure(asked: &WindowView, read: &WindowView, entries: u64) -> Exposure {
    match asked.from.or(read.from).zip(asked.to.or(read.to)) {
        Some((from, to)) if read.from.is_some() => {
            Exposure { amount: to.nanos_since(from).max(0) as f64 / 1e9, unit: Unit::Seconds }
        }
        _ => Exposure { amount: entries as f64, unit: Unit::Entries },
    }
}

/// Returns how much the run of a view read.
pub fn exposure_of(view: &TriageView) -> Exposure {
    let coverage = &view.coverage;
    exposure(&coverage.asked, &WindowView { from: coverage.from, to: coverage.to }, coverage.entries)
}

/// Notes in each incident, and where the past knows them in each group, what the past says.
pub fn compare(view: &mut TriageView, past: &Past) -> Compared {
    let exposure = exposure_of(view);
    let seen: Vec<_> = view.incidents.iter().map(|one| (past.incidents.get(&one.fingerprint), one.entries)).collect();
    let told = histories(&seen, exposure);
    let groups: Option<Vec<HistoryView>> = past.groups.as_ref().map(|known| {
        let groups = view.incidents.iter().flat_map(|incident| &incident.groups);
        histories(&groups.map(|group| (known.get(&group.id), group.entries)).collect::<Vec<_>>(), exposure)
    });
    let mut compared = Compared::default();
    for (incident, history) in view.incidents.iter_mut().zip(told) {
        compared.new += usize::from(history.new);
        compared.escalating += usize::from(history.escalating.is_some());
        incident.history = Some(history);
    }
    let members = view.incidents.iter_mut().flat_map(|incident| &mut incident.groups);
    members.zip(groups.into_iter().flatten()).for_each(|(group, history)| group.history = Some(history));
    compared
}

/// Returns the histories of what was seen before and `events` times now; all are asked about together.
fn histories(seen: &[(Option<&Seen>, u64)], exposure: Exposure) -> Vec<HistoryView> {
    let counts: Vec<(Count, Count)> = seen
        .iter()
        .map(|(before, events)| {
            let same_unit = before.filter(|seen| seen.exposure.unit == exposure.unit);
            let count = same_unit.map_or(Count { events: 0, exposure: 0.0 }, |seen| Count {
                events: seen.events,
                exposure: seen.exposure.amount,
            });
            (count, Count { events: *events, exposure: exposure.amount })
        })
        .collect();
    let rises = escalating(&counts);
    let view = |((before, events), rise): (&(Option<&Seen>, u64), Option<Rise>)| HistoryView {
        new: before.is_none(),
        before: before.map(|seen| rate(seen.events, seen.exposure)),
        now: rate(*events, exposure),
        escalating: rise
            .filter(|_| before.and_then(|seen| seen.most).is_none_or(|most| *events > most))
            .map(|rise| RiseView { ratio: Some(rise.ratio).filter(|ratio| ratio.is_finite()), p: rise.p }),
    };
    seen.iter().zip(rises).map(view).collect()
}

fn rate(events: u64, exposure: Exposure) -> RateView {
    RateView { events, amount: exposure.amount.round() as u64, unit: exposure.unit }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::entry::Timestamp;
    use crate::report::specimen;

    /// A run of ten minutes with two incidents, the first of 60 events.
    fn run() -> TriageView {
        let mut view = specimen::full();
        let begin = Timestamp(1_790_000_000_000_000_000);
        view.coverage.asked = WindowView { from: Some(begin), to: Some(begin.plus_nanos(600_000_000_000)) };
        view.coverage.from = Some(begin);
        (view.incidents[0].entries, view.incidents[1].entries) = (60, 1);
        for (place, incident) in view.incidents.iter_mut().enumerate() {
            incident.fingerprint = place.to_string();
            incident.groups.iter_mut().for_each(|group| group.history = None);
        }
        view
    }

    fn seen(events: u64, seconds: u32, most: Option<u64>) -> Seen {
        Seen { events, exposure: Exposure { amount: f64::from(seconds), unit: Unit::Seconds }, most }
    }

    /// Compares with a past that knows the first incident.
    fn against(seen: Seen) -> (Compared, Option<RiseView>) {
        let mut view = run();
        let compared = compare(&mut view, &Past { incidents: [("0".to_string(), seen)].into(), groups: None });
        (compared, view.incidents[0].history.as_ref().expect("a history").escalating)
    }

    #[test]
    fn what_was_never_seen_is_new_and_does_not_escalate() {
        let mut view = run();
        let compared = compare(&mut view, &Past::default());
        assert_eq!(compared, Compared { new: view.incidents.len(), escalating: 0 });
        let history = view.incidents[0].history.as_ref().expect("a history");
        assert!(history.new && history.before.is_none() && history.escalating.is_none());
        assert!(view.incidents[0].groups.iter().all(|group| group.history.is_none()), "groups are not known");
    }

    #[test]
    fn a_rate_beyond_its_history_escalates() {
        // Ten times the rate: 60 in ten minutes after 600 in a thousand.
        let (compared, rise) = against(seen(600, 60_000, None));
        assert_eq!(compared, Compared { new: 1, escalating: 1 });
        assert_eq!(rise.and_then(|rise| rise.ratio), Some(10.0));
        assert_eq!(against(seen(600, 6_000, None)).0.escalating, 0, "the same rate");
        // A past whose worst stretch was as bad as now knows such bursts.
        assert_eq!(against(seen(600, 60_000, Some(60))).0.escalating, 0);
        assert_eq!(against(seen(600, 60_000, Some(59))).0.escalating, 1);
        let (compared, rise) = against(seen(0, 60_000, Some(0)));
        assert_eq!((compared.escalating, rise.map(|rise| rise.ratio)), (1, Some(None)), "known, but not of late");
    }

    #[test]
    fn rates_in_different_units_are_not_compared() {
        let mut one = seen(1, 1_000_000, None);
        one.exposure.unit = Unit::Entries;
        assert_eq!(against(one).0.escalating, 0);
    }
}
