//! What is known before a pass: incidents, what they go by, events by the minute, cursors.
//! Leaves out questions that people ask about the past: see `history`.

use std::collections::BTreeMap;

use rusqlite::OptionalExtension;

use super::rows::{counted, from_json};
use super::{Ledger, LedgerError};
use crate::decision::{Memory, Minute, Record};
use crate::entry::Timestamp;

impl Ledger {
    /// Returns what a pass needs to know that read the minutes since 1970 from `from` to before `to`.
    pub fn recall(&self, from: i64, to: i64, now: Timestamp) -> Result<Memory, LedgerError> {
        let records = self.records()?.into_iter().map(|record| (record.incident.clone(), record)).collect();
        let minutes = self.read("read the minutes of the incidents", |db| {
            // From the incidents, as the index runs.
            let mut rows = db.prepare_cached(
                "SELECT incident.incident, minute, events, root FROM incident CROSS JOIN minute
                 ON minute.incident = incident.incident AND minute >= ?1 AND minute < ?2",
            )?;
            let mut rows = rows.query((from, to))?;
            let mut minutes: BTreeMap<String, BTreeMap<i64, Minute>> = BTreeMap::new();
            while let Some(row) = rows.next()? {
                let count = Minute { events: counted(row.get(2)?), root: counted(row.get(3)?) };
                minutes.entry(row.get(0)?).or_default().insert(row.get(1)?, count);
            }
            Ok(minutes)
        })?;
        Ok(Memory { records, aliases: self.aliases()?, minutes, silences: self.silences_at(now)?, ..Memory::default() })
    }

    /// Returns all incidents, by fingerprint.
    pub fn records(&self) -> Result<Vec<Record>, LedgerError> {
        self.read("read the incidents", |db| {
            let mut rows = db.prepare_cached("SELECT incident, json FROM incident ORDER BY incident")?;
            let rows = rows.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
            rows.map(|row| {
                let (incident, json): (String, String) = row?;
                from_json(&json, &format!("incident {incident}"))
            })
            .collect()
        })
    }

    /// Returns fingerprint -> incident for fingerprints that are no incident's own.
    pub fn aliases(&self) -> Result<BTreeMap<String, String>, LedgerError> {
        self.read("read the aliases", |db| {
            let mut rows = db.prepare_cached("SELECT fingerprint, incident FROM alias")?;
            let rows = rows.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
            Ok(rows.collect::<Result<_, _>>()?)
        })
    }

    /// Returns the minutes since 1970 from `from` to before `to` in which the incident had events.
    pub fn minutes(&self, incident: &str, from: i64, to: i64) -> Result<BTreeMap<i64, Minute>, LedgerError> {
        self.read("read the minutes of an incident", |db| {
            let mut rows = db.prepare_cached(
                "SELECT minute, events, root FROM minute WHERE incident = ?1 AND minute >= ?2 AND minute < ?3",
            )?;
            let rows = rows.query_map((incident, from, to), |row| {
                Ok((row.get(0)?, Minute { events: counted(row.get(1)?), root: counted(row.get(2)?) }))
            })?;
            Ok(rows.collect::<Result<_, _>>()?)
        })
    }

    /// Returns up to where the source was read completely; `None` before the first complete pass.
    pub fn cursor(&self, source: &str) -> Result<Option<Timestamp>, LedgerError> {
        self.read("read the cursor of a source", |db| {
            let to =
                db.query_row("SELECT to_ns FROM cursor WHERE source = ?1", [source], |row| row.get(0)).optional()?;
            Ok(to.map(Timestamp))
        })
    }

    /// Returns up to where each source was read completely.
    pub fn cursors(&self) -> Result<BTreeMap<String, Timestamp>, LedgerError> {
        self.read("read the cursors of all sources", |db| {
            let mut rows = db.prepare_cached("SELECT source, to_ns FROM cursor")?;
            let rows = rows.query_map([], |row| Ok((row.get(0)?, Timestamp(row.get(1)?))))?;
            Ok(rows.collect::<Result<_, _>>()?)
        })
    }

    /// Puts the cursor of a source back to where it was, so that a pass that was only a preview is read again.
    pub fn restore_cursor(&mut self, source: &str, to: Option<Timestamp>) -> Result<(), LedgerError> {
        self.write("put back the cursor of a source", |db| {
            match to {
                Some(to) => db.execute("UPDATE cursor SET to_ns = ?2 WHERE source = ?1", (source, to.0))?,
                None => db.execute("DELETE FROM cursor WHERE source = ?1", [source])?,
            };
            Ok(())
        })
    }
}
