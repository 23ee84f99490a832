//! Storing what a pass changed: as a whole or not at all.
//! Leaves out what a pass needs to know before: see `recall`.
//!
//! The cursor of a source means "read up to here". An incomplete pass does not move it: the next one
//! then begins where the last complete one ended and reads the gap again. Reading twice costs time only,
//! for a minute keeps the larger count. A cursor never goes back either: a pass over an old window, made
//! by hand, says nothing about what was read after it.

use rusqlite::Connection;

use super::error::Fault;
use super::lease::{self, Lease};
use super::rows::{json, nanos, put_record, stored};
use super::{Ledger, LedgerError};
use crate::decision::{Decision, Outcome, Pass};
use crate::entry::Timestamp;

/// Days for which events and traffic are kept by the minute, counted from when they happened or were last
/// read, whichever is later; records and decisions are kept for ever.
///
/// What is forgotten would count as news when it is read again, so the last reading matters.
pub const KEPT_DAYS: i64 = 90;

const NANOS_PER_MINUTE: i64 = 60_000_000_000;

impl Ledger {
    /// Stores all that a pass changed and returns the number of the pass; on an error nothing is stored.
    ///
    /// `now` is the time of storing: the lease must not have ended by then. `Record::events` is kept as
    /// given, for it also counts events without a time; `events_between` counts by the minute.
    pub fn remember(&mut self, lease: &Lease, outcome: &Outcome, now: Timestamp) -> Result<i64, LedgerError> {
        self.write("store the pass", |db| {
            lease::check(db, lease, now)?;
            let pass = put_pass(db, &outcome.pass)?;
            for record in &outcome.records {
                put_record(db, record)?;
            }
            put_aliases(db, outcome)?;
            put_counts(db, outcome, now)?;
            put_transitions(db, pass, outcome)?;
            for decision in &outcome.decisions {
                put_decision(db, pass, decision)?;
            }
            put_orders(db, pass, outcome, now)?;
            forget_before(db, now.plus_nanos(-KEPT_DAYS * 24 * 60 * NANOS_PER_MINUTE))?;
            Ok(pass)
        })
    }
}

fn put_pass(db: &Connection, pass: &Pass) -> Result<i64, Fault> {
    let id = db.query_row(
        "INSERT INTO pass (source, from_ns, to_ns, now_ns, complete, entries, events)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7) RETURNING id",
        (
            &pass.source,
            nanos(pass.from),
            nanos(pass.to),
            pass.now.0,
            pass.complete,
            stored(pass.entries),
            stored(pass.events),
        ),
        |row| row.get(0),
    )?;
    if let (true, Some(to)) = (pass.complete, pass.to) {
        db.execute(
            "INSERT INTO cursor (source, to_ns) VALUES (?1, ?2)
             ON CONFLICT (source) DO UPDATE SET to_ns = max(to_ns, excluded.to_ns)",
            (&pass.source, to.0),
        )?;
    }
    Ok(id)
}

fn put_aliases(db: &Connection, outcome: &Outcome) -> Result<(), Fault> {
    for (fingerprint, incident) in &outcome.aliases {
        db.prepare_cached(
            "INSERT INTO alias (fingerprint, incident) VALUES (?1, ?2)
             ON CONFLICT (fingerprint) DO UPDATE SET incident = excluded.incident",
        )?
        .execute((fingerprint, incident))?;
    }
    Ok(())
}

/// Stores events and traffic by the minute; of old and new the larger one, for windows overlap.
fn put_counts(db: &Connection, outcome: &Outcome, now: Timestamp) -> Result<(), Fault> {
    for (incident, minute, count) in &outcome.minutes {
        db.prepare_cached(
            "INSERT INTO minute (incident, minute, events, root, read_ns) VALUES (?1, ?2, ?3, ?4, ?5)
             ON CONFLICT (incident, minute) DO UPDATE
             SET events = max(events, excluded.events), root = max(root, excluded.root), read_ns = excluded.read_ns",
        )?
        .execute((incident, minute, stored(count.events), stored(count.root), now.0))?;
    }
    for (service, minute, count) in &outcome.traffic {
        db.prepare_cached(
            "INSERT INTO traffic (minute, service, entries, requests, read_ns) VALUES (?1, ?2, ?3, ?4, ?5)
             ON CONFLICT (minute, service) DO UPDATE SET entries = max(entries, excluded.entries),
             requests = max(requests, excluded.requests), read_ns = excluded.read_ns",
        )?
        .execute((minute, service, stored(count.entries), stored(count.requests), now.0))?;
    }
    Ok(())
}

fn put_transitions(db: &Connection, pass: i64, outcome: &Outcome) -> Result<(), Fault> {
    for transition in &outcome.transitions {
        db.prepare_cached(
            "INSERT INTO transition (pass_id, incident, at_ns, from_state, to_state, reason)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        )?
        .execute((
            pass,
            &transition.incident,
            outcome.pass.now.0,
            transition.from.map(|state| state.name()),
            transition.to.name(),
            &transition.reason,
        ))?;
    }
    Ok(())
}

/// Stores a decision; the same one again prolongs the row that has it.
fn put_decision(db: &Connection, pass: i64, decision: &Decision) -> Result<(), Fault> {
    let prolonged = db
        .prepare_cached(
            "UPDATE decision SET last_pass_id = ?1, times = times + 1
             WHERE id = (SELECT max(id) FROM decision WHERE incident = ?2) AND action = ?3 AND reason = ?4",
        )?
        .execute((pass, &decision.incident, decision.action.name(), &decision.reason))?;
    if prolonged == 0 {
        db.prepare_cached(
            "INSERT INTO decision (pass_id, last_pass_id, times, incident, action, reason)
             VALUES (?1, ?1, 1, ?2, ?3, ?4)",
        )?
        .execute((pass, &decision.incident, decision.action.name(), &decision.reason))?;
    }
    Ok(())
}

fn put_orders(db: &Connection, pass: i64, outcome: &Outcome, now: Timestamp) -> Result<(), Fault> {
    for order in &outcome.orders {
        db.prepare_cached(
            "INSERT INTO outbox (pass_id, incident, kind, json, state, attempts, at_ns)
             VALUES (?1, ?2, ?3, ?4, 'planned', 0, ?5)",
        )?
        .execute((pass, order.fingerprint(), order.name(), json(order)?, now.0))?;
    }
    Ok(())
}

/// Deletes events and traffic that are from before `time` and were last read before it.
fn forget_before(db: &Connection, time: Timestamp) -> Result<(), Fault> {
    let minute = time.0.div_euclid(NANOS_PER_MINUTE);
    db.execute("DELETE FROM traffic WHERE minute < ?1 AND read_ns < ?2", (minute, time.0))?;
    // Incident by incident, as the index runs: nothing that stays is looked at.
    db.execute(
        "DELETE FROM minute WHERE (incident, minute) IN (SELECT old.incident, old.minute FROM incident CROSS JOIN
         minute AS old ON old.incident = incident.incident AND old.minute < ?1 AND old.read_ns < ?2)",
        (minute, time.0),
    )?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::decision::Traffic;
    use crate::ledger::{Taking, Trouble};

    #[test]
    fn a_full_disk_is_said_and_what_was_there_stays() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let mut ledger = Ledger::open(&folder.path().join("ledger.db")).expect("made");
        let Ok(Taking::Taken(lease)) = ledger.take_lease("run", "a test", Timestamp(0), Duration::MAX) else {
            panic!("nobody else has it")
        };
        let outcome = |services: i64| Outcome {
            pass: Pass {
                source: "app.log".to_string(),
                from: Some(Timestamp(0)),
                to: Some(Timestamp(services)),
                now: Timestamp(0),
                complete: true,
                entries: 0,
                events: 0,
            },
            records: Vec::new(),
            aliases: Vec::new(),
            minutes: Vec::new(),
            traffic: (0..services).map(|number| (format!("service {number}"), 0, Traffic::default())).collect(),
            transitions: Vec::new(),
            decisions: Vec::new(),
            orders: Vec::new(),
        };
        ledger.remember(&lease, &outcome(1), Timestamp(0)).expect("stored");
        let pages: i64 = ledger.connection.pragma_query_value(None, "page_count", |row| row.get(0)).expect("counted");
        ledger.connection.pragma_update_and_check(None, "max_page_count", pages + 1, |_| Ok(())).expect("set");
        let error = ledger.remember(&lease, &outcome(5000), Timestamp(0)).expect_err("full");
        assert_eq!(error.trouble, Trouble::Full);
        assert!(error.to_string().contains("caused by: database or disk is full\nhint: make room"), "{error}");
        assert_eq!(ledger.cursor("app.log").expect("read"), Some(Timestamp(1)));
        assert_eq!(ledger.passes(9).expect("read").len(), 1);
        // With room again the same pass goes through.
        ledger.connection.pragma_update_and_check(None, "max_page_count", pages + 1000, |_| Ok(())).expect("set");
        assert_eq!(ledger.remember(&lease, &outcome(5000), Timestamp(0)).expect("stored"), 2);
    }
}
