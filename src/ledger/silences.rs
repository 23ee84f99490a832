//! Silences and maintenance windows as they are kept: added, listed, ended early, never deleted.
//! Leaves out what they cover: see `decision::Silence`.
//!
//! They need no lease: a person adds one while a run is under way, and the next pass heeds it.

use rusqlite::Row;

use super::error::Trouble;
use super::{Ledger, LedgerError};
use crate::decision::Silence;
use crate::entry::Timestamp;

const COLUMNS: &str = "SELECT id, matches, from_ns, until_ns, reason, said_by FROM silence";

impl Ledger {
    /// Stores a silence and returns its number; the number it brings along is ignored.
    pub fn add_silence(&mut self, silence: &Silence) -> Result<i64, LedgerError> {
        if silence.until <= silence.from {
            return Err(LedgerError::new(Trouble::Failed, "the silence would end before it begins")
                .caused_by(format!("it begins at {} and ends at {}", silence.from.short(), silence.until.short()))
                .hint("name an end that lies after the beginning"));
        }
        self.write("store the silence", |db| {
            Ok(db.query_row(
                "INSERT INTO silence (matches, from_ns, until_ns, reason, said_by) VALUES (?1, ?2, ?3, ?4, ?5)
                 RETURNING id",
                (&silence.matches, silence.from.0, silence.until.0, &silence.reason, &silence.by),
                |row| row.get(0),
            )?)
        })
    }

    /// Returns the silences that have not ended at `now`, those that begin later included, by number.
    pub fn silences_at(&self, now: Timestamp) -> Result<Vec<Silence>, LedgerError> {
        let mut silences = self.silences()?;
        // One that was ended before it began covers nothing.
        silences.retain(|silence| silence.until > now.max(silence.from));
        Ok(silences)
    }

    /// Returns all silences ever, by number.
    pub fn silences(&self) -> Result<Vec<Silence>, LedgerError> {
        self.read("read the silences", |db| {
            let mut rows = db.prepare_cached(&format!("{COLUMNS} ORDER BY id"))?;
            let rows = rows.query_map([], silence)?;
            Ok(rows.collect::<Result<_, _>>()?)
        })
    }

    /// Ends a silence at `now`, or before it begins; `false` when it is not known or over already.
    pub fn end_silence(&mut self, id: i64, now: Timestamp) -> Result<bool, LedgerError> {
        self.write("end the silence", |db| {
            let changed = db.execute(
                "UPDATE silence SET until_ns = max(from_ns, ?2) WHERE id = ?1 AND until_ns > max(from_ns, ?2)",
                (id, now.0),
            )?;
            Ok(changed == 1)
        })
    }
}

fn silence(row: &Row<'_>) -> rusqlite::Result<Silence> {
    Ok(Silence {
        id: row.get(0)?,
        matches: row.get(1)?,
        from: Timestamp(row.get(2)?),
        until: Timestamp(row.get(3)?),
        reason: row.get(4)?,
        by: row.get(5)?,
    })
}
