//! How a record moves from state to state with each pass.
//! Leaves out what is done about it: see `decide`.

use std::collections::BTreeSet;

use super::policy::Policy;
use super::sources::same_log;
use super::{Pass, Record, Resolved, Sighting, State, Transition};
use crate::entry::Timestamp;
use crate::report::numbers::counted;

/// Revisions remembered; older ones are forgotten first.
const REVISIONS: usize = 40;
/// Returns from quiet remembered.
const RETURNS: usize = 20;

/// What a pass says about one record.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Seen<'s> {
    /// It was seen, with so many events that no pass before had seen.
    Itself(&'s Sighting, u64),
    /// It was seen only as a consequence of another incident.
    AsConsequence,
    /// No new event of it was seen, in what was read beyond it.
    No,
    /// It was not seen in what was read before.
    Nothing,
}

/// Returns the first record of an incident.
pub(crate) fn first(sighting: &Sighting, pass: &Pass) -> (Record, Transition) {
    let mut record = Record {
        incident: sighting.fingerprint.clone(),
        source: pass.source.clone(),
        state: State::New,
        since: pass.now,
        kin: sighting.kin.clone(),
        title: String::new(),
        category: String::new(),
        priority: String::new(),
        cause: String::new(),
        noise: None,
        services: Vec::new(),
        revisions: Vec::new(),
        first_seen: None,
        last_seen: None,
        events: sighting.events,
        in_a_row: 1,
        missed: 0,
        returns: Vec::new(),
        regressions: 0,
        resolved: None,
        issue: None,
        published: None,
        apart: false,
        owed: false,
    };
    take_over(&mut record, sighting, pass);
    let reason = "no pass before has seen it".to_string();
    let transition = Transition { incident: record.incident.clone(), from: None, to: State::New, reason };
    (record, transition)
}

/// Moves a record on; returns the change of state, if there is one.
pub(crate) fn advance(record: &mut Record, seen: Seen<'_>, pass: &Pass, policy: &Policy) -> Option<Transition> {
    let from = record.state;
    let (to, reason) = match seen {
        // The same entries once more are no news.
        Seen::Itself(_, 0) => return None,
        Seen::Itself(sighting, news) => {
            let missed = record.missed;
            let resolved = record.resolved.clone();
            record.in_a_row = if missed > 0 { 1 } else { record.in_a_row.saturating_add(1) };
            record.apart &= missed == 0;
            record.missed = 0;
            record.events = record.events.saturating_add(news);
            take_over(record, sighting, pass);
            returned(record, from, resolved, missed, sighting, pass, policy)?
        }
        Seen::AsConsequence => return None,
        Seen::No | Seen::Nothing if !same_log(&record.source, &pass.source) => {
            record.apart |= record.in_a_row > 0;
            return None;
        }
        Seen::Nothing => return None,
        Seen::No if !says_something(record, pass) => return None,
        Seen::No => {
            record.missed = record.missed.saturating_add(1);
            record.in_a_row = 0;
            record.apart = false;
            let over = matches!(from, State::New | State::Ongoing | State::Regressed);
            if !over || record.missed < policy.quiet_after {
                return None;
            }
            (
                State::Quiet,
                format!(
                    "{} saw no new event of it",
                    counted(record.missed.into(), "complete pass", "complete passes in a row")
                ),
            )
        }
    };
    record.state = to;
    record.since = pass.now;
    Some(Transition { incident: record.incident.clone(), from: Some(from), to, reason })
}

/// What follows from being seen with news.
fn returned(
    record: &mut Record,
    from: State,
    resolved: Option<Resolved>,
    missed: u32,
    sighting: &Sighting,
    pass: &Pass,
    policy: &Policy,
) -> Option<(State, String)> {
    match (from, resolved) {
        (State::New, _) if record.in_a_row >= policy.passes => {
            Some((State::Ongoing, format!("seen in {}", row(record))))
        }
        (State::Quiet, _) => {
            record.returns.push(pass.now);
            let surplus = record.returns.len().saturating_sub(RETURNS);
            record.returns.drain(..surplus);
            Some((State::Ongoing, format!("seen again after {} without it", counted(missed.into(), "pass", "passes"))))
        }
        (State::Resolved, Some(resolved)) if is_after(sighting, &resolved, policy) => {
            record.regressions = record.regressions.saturating_add(1);
            let last = sighting.last_seen.map(Timestamp::short).unwrap_or_default();
            Some((State::Regressed, format!("seen at {last}, after it was resolved at {}", resolved.at.short())))
        }
        _ => None,
    }
}

/// Whether events lie after the end of an incident, the time that a fix needs to go live left out.
fn is_after(sighting: &Sighting, resolved: &Resolved, policy: &Policy) -> bool {
    sighting.last_seen.is_none_or(|last| last > resolved.at.plus_nanos(policy.grace))
}

/// Whether "not seen" of a pass over the log of a record means anything: it was read whole, up to after the last event.
fn says_something(record: &Record, pass: &Pass) -> bool {
    let after = pass.to.zip(record.last_seen).is_none_or(|(to, last)| to > last);
    pass.complete && pass.entries > 0 && after
}

/// Says in how many passes in a row an incident was seen; only those that could have missed it are a gap.
pub(crate) fn row(record: &Record) -> String {
    let passes = counted(record.in_a_row.into(), "pass", "passes in a row");
    if record.apart { format!("{passes}, those over other sources left out") } else { passes }
}

/// Takes over what the sighting says; what was seen before stays seen.
fn take_over(record: &mut Record, sighting: &Sighting, pass: &Pass) {
    record.source = pass.source.clone();
    record.kin = sighting.kin.clone();
    record.title = sighting.title.clone();
    record.category = sighting.category.clone();
    record.priority = sighting.priority.clone();
    record.cause = sighting.cause.clone();
    record.noise = sighting.noise.clone();
    record.services = union(&record.services, &sighting.services);
    record.revisions = union(&record.revisions, &sighting.revisions);
    let surplus = record.revisions.len().saturating_sub(REVISIONS);
    record.revisions.drain(..surplus);
    record.first_seen = [record.first_seen, sighting.first_seen].into_iter().flatten().min();
    record.last_seen = record.last_seen.max(sighting.last_seen);
}

fn union(a: &[String], b: &[String]) -> Vec<String> {
    a.iter().chain(b).collect::<BTreeSet<_>>().into_iter().cloned().collect()
}
