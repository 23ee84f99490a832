//! One pass: what was seen meets what is remembered; states move, decisions fall, the limit on new issues holds.
//! Leaves out the texts that go to the tracker: see `orders`.

use std::collections::{BTreeMap, BTreeSet};

use super::policy::Policy;
use super::state::{self, Seen};
use super::{Action, Decision, Issue, Minute, Pass, Record, Sight, Sighting, Silence, Transition, decide, kinship};
use crate::entry::Timestamp;
use crate::report::numbers;

/// The fingerprint under which the roll-up issue is remembered and marked; no incident has it.
pub const ROLLUP: &str = "00000000000000000000000000000000";

/// What is remembered, as far as a pass needs it.
#[derive(Debug, Clone, Default)]
pub struct Memory {
    /// Incident -> record.
    pub records: BTreeMap<String, Record>,
    /// Fingerprint -> incident.
    pub aliases: BTreeMap<String, String>,
    /// Incident -> minute -> events counted before, for the minutes that the pass saw.
    pub minutes: BTreeMap<String, BTreeMap<i64, Minute>>,
    /// Silences that have not ended.
    pub silences: Vec<Silence>,
    /// Fingerprint -> issue that carries its marker, as far as the tracker was asked.
    pub issues: BTreeMap<String, Issue>,
    /// Incidents for which an order of an earlier run is not carried out yet.
    pub busy: BTreeSet<String>,
    /// Those of them whose issue such an order opens again.
    pub reopening: BTreeSet<String>,
    /// Up to where the sources of the pass were read before, each time whole.
    pub read_to: Option<Timestamp>,
    /// Issues that this run opened already, or that earlier orders are still to open.
    pub opening: usize,
    /// Priority -> issues opened within the last day, or still to be opened.
    pub opened: BTreeMap<String, usize>,
}

/// What a pass comes to, without what is written for it.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Judged {
    /// Records that are new or changed.
    pub records: BTreeMap<String, Record>,
    /// New aliases: fingerprint -> incident.
    pub aliases: Vec<(String, String)>,
    /// Incident, minute, events.
    pub minutes: Vec<(String, i64, Minute)>,
    /// Changes of state.
    pub transitions: Vec<Transition>,
    /// Most urgent first.
    pub decisions: Vec<Decision>,
    /// Incident -> fingerprint under which this pass saw it.
    pub seen_as: BTreeMap<String, String>,
    /// Incident -> incidents of which it was seen as a consequence in this pass.
    pub explained_by: BTreeMap<String, BTreeSet<String>>,
}

impl Memory {
    /// Returns the incident that a fingerprint belongs to, if it is known.
    pub fn incident(&self, fingerprint: &str) -> Option<&str> {
        let known = self.records.get_key_value(fingerprint).map(|(incident, _)| incident);
        known.or_else(|| self.aliases.get(fingerprint)).map(String::as_str)
    }
}

/// Judges a pass.
pub fn judge(memory: &Memory, sightings: &[Sighting], pass: &Pass, policy: &Policy) -> Judged {
    let mut judged = Judged::default();
    let names = identify(memory, sightings, &mut judged);
    for (sighting, incident) in sightings.iter().zip(&names) {
        for consequence in &sighting.consequences {
            if let Some(known) = memory.incident(consequence).filter(|known| known != incident) {
                judged.explained_by.entry(known.to_string()).or_default().insert(incident.clone());
            }
        }
    }
    // Two fingerprints of one incident in one pass add up.
    let mut seen: BTreeMap<&str, Sighting> = BTreeMap::new();
    for (sighting, incident) in sightings.iter().zip(&names) {
        judged.seen_as.entry(incident.clone()).or_insert_with(|| sighting.fingerprint.clone());
        match seen.get_mut(incident.as_str()) {
            None => drop(seen.insert(incident, sighting.clone())),
            Some(known) => add(known, sighting),
        }
    }
    let stale = |incident: &str| {
        let known = memory.records.get(incident).zip(seen.get(incident));
        known.is_some_and(|(known, sighting)| {
            fresh(memory, known, sighting) == 0 && is_past(sighting, memory.read_to, policy)
        })
    };
    // The same entries once more say nothing about what they do not hold.
    let further = memory.read_to.is_none_or(|before| pass.to.is_some_and(|to| to > before));
    let explaining = judged.explained_by.clone();
    let explained = |incident: &str| {
        explaining.get(incident).is_some_and(|causes| !further || causes.iter().any(|cause| !stale(cause)))
    };
    let all: BTreeSet<&str> = memory.records.keys().map(String::as_str).chain(seen.keys().copied()).collect();
    for incident in all.into_iter().filter(|incident| *incident != ROLLUP) {
        let sighting = seen.get(incident);
        let (record, transition, sight) = match (memory.records.get(incident), sighting) {
            (Some(known), _) => {
                let mut record = known.clone();
                let seen = match sighting {
                    // A file that grows holds what is long over: only what was read beyond it says how it stands.
                    Some(_) if further && stale(incident) => Seen::No,
                    Some(sighting) => Seen::Itself(sighting, fresh(memory, known, sighting)),
                    None if explained(incident) => Seen::AsConsequence,
                    None if !further => Seen::Nothing,
                    None => Seen::No,
                };
                let transition = state::advance(&mut record, seen, pass, policy);
                let sight = match (seen, sighting) {
                    (Seen::Itself(_, 1..), _) => Sight::News,
                    (_, Some(_)) => Sight::Again,
                    (_, None) => Sight::Unseen,
                };
                (record, transition, sight)
            }
            (None, Some(sighting)) => {
                let (record, transition) = state::first(sighting, pass);
                (record, Some(transition), Sight::News)
            }
            (None, None) => continue,
        };
        let mut record = record;
        if record.issue.is_none() {
            // The ledger was lost, or the issue was opened by hand from our draft.
            record.issue = memory.issues.get(incident).cloned();
        }
        let mut decision = decide(&record, sight, &memory.silences, policy, pass.now);
        // A regression is ordered at once: it waits behind the earlier order, and not for another pass.
        let at_once = decision.action == Action::Reopen && !memory.reopening.contains(incident);
        let writes = matches!(decision.action, Action::Reopen | Action::Tell | Action::Update);
        let waits = memory.busy.contains(incident) && !at_once;
        record.owed = match decision.action {
            Action::Wait | Action::Silenced | Action::Yield => record.owed,
            _ => waits && writes,
        };
        if waits {
            decision.action = Action::Wait;
            decision.reason = "an earlier order for its issue is not carried out yet".to_string();
        }
        judged.decisions.push(decision);
        judged.transitions.extend(transition);
        if let Some(sighting) = sighting {
            let minutes = sighting.minutes.iter().map(|(minute, tally)| (incident.to_string(), *minute, *tally));
            judged.minutes.extend(minutes);
        }
        if memory.records.get(incident) != Some(&record) {
            judged.records.insert(incident.to_string(), record);
        }
    }
    limit(memory, &mut judged, policy, further);
    judged
}

/// Returns the incident of each sighting, in their order; the first to see one gives it its name.
fn identify(memory: &Memory, sightings: &[Sighting], judged: &mut Judged) -> Vec<String> {
    let mut known: BTreeMap<&str, Option<Timestamp>> = BTreeMap::new();
    for sighting in sightings {
        if let Some(incident) = memory.incident(&sighting.fingerprint) {
            let last = known.entry(incident).or_default();
            *last = (*last).max(sighting.last_seen);
        }
    }
    let mut taken: BTreeSet<String> = BTreeSet::new();
    let mut names = Vec::with_capacity(sightings.len());
    for sighting in sightings {
        let name = match memory.incident(&sighting.fingerprint) {
            Some(incident) => incident.to_string(),
            None => {
                let seen = |incident: &str| {
                    // Gone before the new wording came is what a deployment looks like in the overlap of two windows.
                    let ended = known.get(incident).is_some_and(|last| *last < sighting.first_seen);
                    (known.contains_key(incident) && !ended) || taken.contains(incident)
                };
                match kinship::known_as(sighting, memory.records.values(), &seen) {
                    Some(record) => {
                        judged.aliases.push((sighting.fingerprint.clone(), record.incident.clone()));
                        taken.insert(record.incident.clone());
                        record.incident.clone()
                    }
                    None => sighting.fingerprint.clone(),
                }
            }
        };
        names.push(name);
    }
    names
}

fn add(known: &mut Sighting, other: &Sighting) {
    known.events += other.events;
    known.first_seen = [known.first_seen, other.first_seen].into_iter().flatten().min();
    known.last_seen = known.last_seen.max(other.last_seen);
    known.priority = known.priority.clone().min(other.priority.clone());
    known.consequences.extend(other.consequences.iter().cloned());
    for (minute, tally) in &other.minutes {
        let sum = known.minutes.entry(*minute).or_default();
        sum.events += tally.events;
        sum.root += tally.root;
    }
}

/// Returns the events that no pass before had seen. Events without a time cannot be told from those of an
/// earlier pass over the same sources, so they make an incident known but never bring news of it.
///
/// An event later than any before is new, also when its minute was read in part before and holds no more now.
fn fresh(memory: &Memory, known: &Record, sighting: &Sighting) -> u64 {
    let before = memory.minutes.get(&known.incident);
    let counted = |minute: &i64| before.and_then(|minutes| minutes.get(minute)).map_or(0, |tally| tally.events);
    let fresh = sighting.minutes.iter().map(|(minute, tally)| tally.events.saturating_sub(counted(minute))).sum();
    u64::max(fresh, u64::from(sighting.last_seen > known.last_seen))
}

/// Whether all that was seen lies so far before the end of what was read before that a window would not hold it again.
///
/// Of events without a time nobody knows.
fn is_past(sighting: &Sighting, read_to: Option<Timestamp>, policy: &Policy) -> bool {
    let timed: u64 = sighting.minutes.values().map(|tally| tally.events).sum();
    let before = read_to.zip(sighting.last_seen).is_some_and(|(to, last)| last < to.plus_nanos(-policy.overlap));
    timed == sighting.events && before
}

/// Orders the decisions by urgency and turns new issues beyond the limit into lines of the roll-up.
fn limit(memory: &Memory, judged: &mut Judged, policy: &Policy, further: bool) {
    let record = |incident: &str| judged.records.get(incident).or_else(|| memory.records.get(incident));
    judged.decisions.sort_by_cached_key(|decision| {
        let record = record(&decision.incident);
        let priority = record.map(|record| record.priority.clone()).unwrap_or_default();
        (priority, std::cmp::Reverse(record.map_or(0, |record| record.events)), decision.incident.clone())
    });
    // The roll-up keeps the names in its cause; see `audit::rollup`.
    let rollup = memory.records.get(ROLLUP).and_then(|record| record.published.as_ref());
    let named: Vec<&str> = rollup.map(|published| published.cause.split(' ').collect()).unwrap_or_default();
    let mut new = 0;
    let mut rolled = Vec::new();
    for (at, decision) in judged.decisions.iter().enumerate() {
        if decision.action != Action::Open {
            continue;
        }
        let priority = record(&decision.incident).map(|record| record.priority.clone()).unwrap_or_default();
        // The urgent ones come first, so each of this pass is at least as urgent.
        let of_the_day = new + memory.opened.range(..=priority).map(|(_, count)| count).sum::<usize>();
        if !further && named.contains(&decision.incident.as_str()) {
            rolled.push((at, "the same entries open no issue in place of the roll-up".to_string()));
        } else if new + memory.opening >= policy.most_new {
            rolled.push((
                at,
                format!("this run opens {} at most", numbers::counted(policy.most_new as u64, "issue", "issues")),
            ));
        } else if of_the_day >= policy.most_new_a_day {
            rolled.push((
                at,
                format!(
                    "{} as urgent within a day, of {} at most",
                    numbers::counted(of_the_day as u64, "issue", "issues"),
                    policy.most_new_a_day
                ),
            ));
        } else {
            new += 1;
        }
    }
    for (at, why) in rolled {
        let decision = &mut judged.decisions[at];
        decision.action = Action::RollUp;
        decision.reason = format!("{}; {why}", decision.reason);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE: i64 = 60_000_000_000;
    const NOW: Timestamp = Timestamp(29_552_280 * MINUTE);

    fn pass(to: i64) -> Pass {
        Pass {
            source: "gcp://p".to_string(),
            from: Some(Timestamp(0)),
            to: Some(NOW.plus_nanos(to)),
            now: NOW.plus_nanos(to),
            complete: true,
            entries: 9,
            events: 9,
        }
    }

    fn sighting(fingerprint: &str, priority: &str, last: i64) -> Sighting {
        let last = NOW.plus_nanos(last);
        Sighting {
            fingerprint: fingerprint.repeat(32),
            priority: priority.to_string(),
            events: 5,
            first_seen: Some(NOW.plus_nanos(-MINUTE)),
            last_seen: Some(last),
            minutes: BTreeMap::from([(last.0 / MINUTE, Minute { events: 5, root: 5 })]),
            ..Sighting::default()
        }
    }

    /// A memory of one pass over these.
    fn after(sightings: &[Sighting], policy: &Policy) -> Memory {
        let judged = judge(&Memory::default(), sightings, &pass(0), policy);
        let mut memory = Memory { records: judged.records, read_to: pass(0).to, ..Memory::default() };
        for (incident, minute, count) in judged.minutes {
            memory.minutes.entry(incident).or_default().insert(minute, count);
        }
        memory
    }

    fn actions(judged: &Judged) -> Vec<Action> {
        judged.decisions.iter().map(|decision| decision.action).collect()
    }

    #[test]
    fn less_urgent_issues_never_take_the_place_of_more_urgent_ones() {
        let policy = Policy { passes: 1, ..Policy::default() };
        let seen = [sighting("a", "P0", 0), sighting("b", "P1", 0), sighting("c", "P2", 0)];
        let with = |opened: &[(&str, usize)], opening: usize| {
            let opened = opened.iter().map(|(priority, count)| ((*priority).to_string(), *count)).collect();
            actions(&judge(&Memory { opened, opening, ..Memory::default() }, &seen, &pass(0), &policy))
        };
        use Action::{Open, RollUp};
        assert_eq!(with(&[], 0), [Open, Open, Open]);
        assert_eq!(with(&[("P2", 10)], 0), [Open, Open, RollUp]);
        assert_eq!(with(&[("P1", 8), ("P2", 2)], 0), [Open, Open, RollUp]);
        assert_eq!(with(&[("P0", 10)], 0), [RollUp, RollUp, RollUp]);
        assert_eq!(with(&[], 2), [Open, RollUp, RollUp], "what earlier runs still have to open counts for this one");
    }

    #[test]
    fn an_event_later_than_all_before_is_news_whatever_its_minute_holds() {
        let policy = Policy::default();
        let memory = after(&[sighting("a", "P2", 0)], &policy);
        let events = |last: i64| {
            let judged = judge(&memory, &[sighting("a", "P2", last)], &pass(MINUTE), &policy);
            judged.records.values().next().map(|record| record.events)
        };
        assert_eq!(events(0), None, "the same entries");
        // The window before ended within the minute, and this one began there.
        assert_eq!(events(MINUTE / 2), Some(6));
    }

    #[test]
    fn what_a_growing_file_still_holds_is_missed_once_it_lies_far_enough_behind() {
        let policy = Policy::default();
        let mut memory = after(&[sighting("a", "P2", 0)], &policy);
        let mut look = |minutes: i64, seen: &[Sighting]| {
            let judged = judge(&memory, seen, &pass(minutes * MINUTE), &policy);
            memory.records.extend(judged.records);
            memory.read_to = memory.read_to.max(pass(minutes * MINUTE).to);
            for (incident, minute, count) in judged.minutes {
                memory.minutes.entry(incident).or_default().insert(minute, count);
            }
            let record = memory.records.values().next().expect("known");
            (record.missed, record.in_a_row, record.state)
        };
        use super::super::State::{New, Ongoing, Quiet};
        let old = [sighting("a", "P2", 0)];
        assert_eq!(look(20, &old), (0, 1, New), "a window would hold it again");
        assert_eq!(look(20, &old), (0, 1, New), "nothing newer was read");
        assert_eq!(look(40, &old), (1, 0, New));
        assert_eq!(look(40, &old), (1, 0, New), "nothing newer was read");
        assert_eq!(look(60, &old), (2, 0, Quiet));
        let mut again = sighting("a", "P2", 70 * MINUTE);
        again.minutes.extend(old[0].minutes.clone());
        again.events = 10;
        assert_eq!(look(80, std::slice::from_ref(&again)), (0, 1, Ongoing));
        // Of events without a time nobody knows whether they were counted before.
        again.events = 11;
        assert_eq!(look(120, std::slice::from_ref(&again)), (0, 1, Ongoing));
    }

    #[test]
    fn passes_over_other_sources_are_no_gap_and_are_said_to_be_left_out() {
        let policy = Policy::default();
        let mut memory = after(&[sighting("a", "P2", 0)], &policy);
        let mut look = |source: &str, minutes: i64, seen: &[Sighting]| {
            let read = Pass { source: source.to_string(), ..pass(minutes * MINUTE) };
            memory.read_to = None;
            let judged = judge(&memory, seen, &read, &policy);
            memory.records.extend(judged.records.clone());
            let record = memory.records.values().next().expect("known");
            (record.missed, record.in_a_row, judged.decisions[0].reason.clone())
        };
        assert_eq!(look("weir.log", 20, &[]).0, 0, "it says nothing about the mill");
        let (_, passes, reason) = look("gcp://p", 40, &[sighting("a", "P2", 30 * MINUTE)]);
        assert_eq!(passes, 2);
        assert!(
            reason.starts_with("seen in 2 passes in a row, those over other sources left out, 10 events"),
            "{reason}"
        );
        assert_eq!(look("mill-2026-03-10.log", 60, &[sighting("a", "P2", 50 * MINUTE)]).1, 3);
        let (missed, passes, _) = look("mill-2026-03-11.log", 80, &[]);
        assert_eq!((missed, passes), (1, 0), "the log of another day is the same log");
    }

    #[test]
    fn what_was_planned_and_not_published_stays_planned() {
        let policy = Policy::default();
        let mut memory = after(&[sighting("a", "P2", 0)], &policy);
        let record = memory.records.values_mut().next().expect("known");
        (record.owed, record.in_a_row, record.state) = (true, 2, super::super::State::Ongoing);
        let calm = judge(&memory, &[], &pass(20 * MINUTE), &policy);
        assert_eq!(actions(&calm), [Action::Wait], "its text cannot be written from what was not read");
        assert!(calm.records.values().all(|record| record.owed && record.missed == 1));
        memory.records.extend(calm.records);
        memory.read_to = pass(20 * MINUTE).to;
        let held = judge(&memory, &[sighting("a", "P2", 0)], &pass(40 * MINUTE), &policy);
        assert_eq!(actions(&held), [Action::Open]);
        assert!(held.decisions[0].reason.starts_with("planned by an earlier pass and not published"));
    }

    #[test]
    fn what_cannot_be_ordered_now_is_owed() {
        let policy = Policy::default();
        let mut memory = after(&[sighting("a", "P2", 0)], &policy);
        let incident = "a".repeat(32);
        memory.busy.insert(incident.clone());
        if let Some(record) = memory.records.get_mut(&incident) {
            let state = super::super::IssueState::Open;
            record.issue = Some(Issue { number: 7, state, closed_at: None, marked: true });
        }
        let judged = judge(&memory, &[sighting("a", "P2", MINUTE)], &pass(2 * MINUTE), &policy);
        assert_eq!(actions(&judged), [Action::Wait]);
        assert!(judged.records[&incident].owed);
        // Free again, and nothing new to see.
        let next = Memory { records: judged.records, ..Memory::default() };
        let judged = judge(&next, &[], &pass(3 * MINUTE), &policy);
        assert_eq!(actions(&judged), [Action::Update]);
        assert!(!judged.records[&incident].owed);
    }
}
