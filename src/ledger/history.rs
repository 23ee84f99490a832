//! Questions about the past: what became of an incident, what was decided and why, what was read.
//! Leaves out what a pass needs before it begins: see `recall`.

use std::collections::BTreeMap;

use rusqlite::{Connection, OptionalExtension, Row};

use super::error::Fault;
use super::rows::{counted, from_json, from_word, stored};
use super::{Ledger, LedgerError};
use crate::decision::{Decision, Minute, Pass, Record, State, Traffic, Transition};
use crate::entry::Timestamp;

/// A change of state, with the pass that made it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// Number of the pass.
    pub pass: i64,
    /// When the pass was made.
    pub at: Timestamp,
    /// What changed, and why.
    pub transition: Transition,
}

/// A decision, with the passes that made it one after the other.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decided {
    /// What was decided, and why.
    pub decision: Decision,
    /// When the first pass decided so.
    pub first: Timestamp,
    /// When the last one did.
    pub last: Timestamp,
    /// How many did.
    pub times: u64,
}

/// A pass, with its number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PastPass {
    /// Its number; they count up.
    pub id: i64,
    /// What it read.
    pub pass: Pass,
}

impl Ledger {
    /// Returns an incident by its own fingerprint or by one that it goes by now.
    pub fn record(&self, fingerprint: &str) -> Result<Option<Record>, LedgerError> {
        self.read("read an incident", |db| {
            let json = db
                .query_row(
                    "SELECT json FROM incident WHERE incident =
                     coalesce((SELECT incident FROM alias WHERE fingerprint = ?1), ?1)",
                    [fingerprint],
                    |row| row.get::<_, String>(0),
                )
                .optional()?;
            json.map(|json| from_json(&json, &format!("incident {fingerprint}"))).transpose()
        })
    }

    /// Returns the incidents in one of the states, newest event first; those without a time last.
    pub fn records_in(&self, states: &[State]) -> Result<Vec<Record>, LedgerError> {
        let mut records = self.records()?;
        records.retain(|record| states.contains(&record.state));
        records.sort_by(|a, b| b.last_seen.cmp(&a.last_seen).then_with(|| a.incident.cmp(&b.incident)));
        Ok(records)
    }

    /// Returns the incidents whose fingerprint, or one they go by, begins with `beginning`, by fingerprint.
    pub fn records_like(&self, beginning: &str) -> Result<Vec<Record>, LedgerError> {
        self.read("look up an incident", |db| {
            records(
                db,
                "SELECT json FROM incident WHERE substr(incident, 1, length(?1)) = ?1 OR incident IN
                 (SELECT incident FROM alias WHERE substr(fingerprint, 1, length(?1)) = ?1) ORDER BY incident",
                [beginning],
            )
        })
    }

    /// Returns the incidents whose issue this is, or that had it once, by fingerprint.
    pub fn records_of_issue(&self, number: u64) -> Result<Vec<Record>, LedgerError> {
        self.read("look up an issue", |db| {
            records(
                db,
                "SELECT json FROM incident WHERE issue = ?1 OR incident IN
                 (SELECT incident FROM outbox WHERE result_number = ?1) ORDER BY incident",
                [stored(number)],
            )
        })
    }

    /// Returns how an incident's state changed, oldest first.
    pub fn transitions(&self, incident: &str) -> Result<Vec<Step>, LedgerError> {
        self.read("read the history of an incident", |db| {
            let mut rows = db.prepare_cached(
                "SELECT pass_id, at_ns, from_state, to_state, reason FROM transition WHERE incident = ?1 ORDER BY id",
            )?;
            let mut rows = rows.query([incident])?;
            let mut found = Vec::new();
            while let Some(row) = rows.next()? {
                let what = format!("state of incident {incident}");
                let from = row.get::<_, Option<String>>(2)?.map(|word| from_word(word, &what)).transpose()?;
                let to = from_word(row.get(3)?, &what)?;
                let transition = Transition { incident: incident.to_string(), from, to, reason: row.get(4)? };
                found.push(Step { pass: row.get(0)?, at: Timestamp(row.get(1)?), transition });
            }
            Ok(found)
        })
    }

    /// Returns what was decided about an incident, oldest first.
    pub fn decisions(&self, incident: &str) -> Result<Vec<Decided>, LedgerError> {
        self.read("read the decisions about an incident", |db| {
            let mut rows = db.prepare_cached(
                "SELECT action, reason, times, first.now_ns, last.now_ns FROM decision
                 JOIN pass AS first ON first.id = pass_id JOIN pass AS last ON last.id = last_pass_id
                 WHERE incident = ?1 ORDER BY decision.id",
            )?;
            let mut rows = rows.query([incident])?;
            let mut found = Vec::new();
            while let Some(row) = rows.next()? {
                let action = from_word(row.get(0)?, &format!("decision about {incident}"))?;
                found.push(Decided {
                    decision: Decision { incident: incident.to_string(), action, reason: row.get(1)? },
                    first: Timestamp(row.get(3)?),
                    last: Timestamp(row.get(4)?),
                    times: counted(row.get(2)?),
                });
            }
            Ok(found)
        })
    }

    /// Returns the last `count` passes, newest first.
    pub fn passes(&self, count: u32) -> Result<Vec<PastPass>, LedgerError> {
        self.read("read the passes", |db| {
            let mut rows = db.prepare_cached(
                "SELECT id, source, from_ns, to_ns, now_ns, complete, entries, events FROM pass
                 ORDER BY id DESC LIMIT ?1",
            )?;
            let rows = rows.query_map([count], past_pass)?;
            Ok(rows.collect::<Result<_, _>>()?)
        })
    }

    /// Returns the stretches between `from` and `to` that complete passes over the source have read.
    ///
    /// Stretches that touch are one; what lies between two of them was never read completely.
    pub fn read_windows(
        &self,
        source: &str,
        from: Timestamp,
        to: Timestamp,
    ) -> Result<Vec<(Timestamp, Timestamp)>, LedgerError> {
        self.read("read the windows of a source", |db| {
            let mut rows = db.prepare_cached(
                "SELECT from_ns, to_ns FROM pass WHERE source = ?1 AND complete AND to_ns > ?2 AND from_ns < ?3
                 ORDER BY from_ns",
            )?;
            let mut windows: Vec<(Timestamp, Timestamp)> = Vec::new();
            for row in rows.query_map((source, from.0, to.0), |row| Ok((row.get(0)?, row.get(1)?)))? {
                let (begin, end) = row?;
                let (begin, end) = (Timestamp(begin).max(from), Timestamp(end).min(to));
                match windows.last_mut().filter(|last| last.1 >= begin) {
                    Some(last) => last.1 = last.1.max(end),
                    None => windows.push((begin, end)),
                }
            }
            Ok(windows)
        })
    }

    /// Returns service -> minute since 1970 -> traffic, from minute `from` to before `to`.
    pub fn traffic(
        &self,
        services: &[String],
        from: i64,
        to: i64,
    ) -> Result<BTreeMap<String, BTreeMap<i64, Traffic>>, LedgerError> {
        self.read("read the traffic of a service", |db| {
            let mut rows = db.prepare_cached(
                "SELECT service, minute, entries, requests FROM traffic WHERE minute >= ?1 AND minute < ?2",
            )?;
            let mut rows = rows.query((from, to))?;
            let mut found: BTreeMap<String, BTreeMap<i64, Traffic>> = BTreeMap::new();
            while let Some(row) = rows.next()? {
                let service: String = row.get(0)?;
                if services.contains(&service) {
                    let count = Traffic { entries: counted(row.get(2)?), requests: counted(row.get(3)?) };
                    found.entry(service).or_default().insert(row.get(1)?, count);
                }
            }
            Ok(found)
        })
    }

    /// Returns the incident's events in the minutes since 1970 from `from` to before `to`.
    ///
    /// Each event counts once however often windows overlapped; events without a time are in no minute,
    /// and minutes older than `KEPT_DAYS` are forgotten.
    pub fn events_between(&self, incident: &str, from: i64, to: i64) -> Result<Minute, LedgerError> {
        let minutes = self.minutes(incident, from, to)?;
        Ok(minutes.values().fold(Minute::default(), |sum, minute| Minute {
            events: sum.events.saturating_add(minute.events),
            root: sum.root.saturating_add(minute.root),
        }))
    }
}

fn records(db: &Connection, sql: &str, values: impl rusqlite::Params) -> Result<Vec<Record>, Fault> {
    let mut rows = db.prepare_cached(sql)?;
    let rows = rows.query_map(values, |row| row.get::<_, String>(0))?;
    rows.map(|json| from_json(&json?, "an incident")).collect()
}

fn past_pass(row: &Row<'_>) -> rusqlite::Result<PastPass> {
    let pass = Pass {
        source: row.get(1)?,
        from: row.get::<_, Option<i64>>(2)?.map(Timestamp),
        to: row.get::<_, Option<i64>>(3)?.map(Timestamp),
        now: Timestamp(row.get(4)?),
        complete: row.get(5)?,
        entries: counted(row.get(6)?),
        events: counted(row.get(7)?),
    };
    Ok(PastPass { id: row.get(0)?, pass })
}
