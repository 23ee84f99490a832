//! What is to be written to the tracker: planned with the pass, then carried out one by one.
//! Leaves out carrying it out (`publish`) and how long to wait after a failure (the caller says).
//!
//! An order is `started` before it is carried out and `done` after. A run that dies in between leaves it
//! started, and the next run carries it out again: orders do the same twice as once.

use std::collections::BTreeMap;

use rusqlite::{Connection, OptionalExtension, Row};
use serde::{Deserialize, Serialize};

use super::error::{Fault, Trouble};
use super::lease::{self, Lease};
use super::rows::{counted, from_json, from_word, json, put_record, stored};
use super::{Ledger, LedgerError};
use crate::decision::{Order, ROLLUP, Record};
use crate::entry::Timestamp;

/// Where an order stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum OrderState {
    /// Not begun.
    Planned,
    /// Begun; whether it arrived is not known.
    Started,
    /// Carried out.
    Done,
    /// Tried and failed; to be tried again.
    Failed,
    /// Given up, with a reason.
    Dropped,
}

/// An order in the outbox.
#[derive(Debug, Clone, PartialEq)]
pub struct Sent {
    /// Its number in the ledger; they count up.
    pub id: i64,
    /// The pass that planned it.
    pub pass: i64,
    /// What is to be written.
    pub order: Order,
    /// Where it stands.
    pub state: OrderState,
    /// How often it was begun.
    pub attempts: u32,
    /// After a failure: not before this.
    pub not_before: Option<Timestamp>,
    /// The issue that it opened or wrote to, once done.
    pub number: Option<u64>,
    /// The last error, or why it was dropped.
    pub note: Option<String>,
    /// When it last changed.
    pub at: Timestamp,
}

/// How many orders are in each state.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct OutboxCounts {
    /// Not begun.
    pub planned: u64,
    /// Begun, outcome unknown.
    pub started: u64,
    /// Carried out.
    pub done: u64,
    /// To be tried again.
    pub failed: u64,
    /// Given up.
    pub dropped: u64,
}

const COLUMNS: &str =
    "SELECT id, pass_id, json, state, attempts, not_before_ns, result_number, note, at_ns FROM outbox AS o";

/// The states in which there is still something to do.
const OPEN: &str = "state IN ('planned', 'started', 'failed')";

impl Ledger {
    /// Returns what can be carried out at `now`, oldest first: of each incident only its first open order.
    ///
    /// An incident's orders follow each other strictly: one that waits after a failure holds back the
    /// later ones. So carry these out, then ask again until nothing is returned.
    pub fn pending(&self, now: Timestamp) -> Result<Vec<Sent>, LedgerError> {
        self.read("read the outbox", |db| {
            let sql = format!(
                "{COLUMNS} WHERE {OPEN} AND (not_before_ns IS NULL OR not_before_ns <= ?1) AND id =
                 (SELECT min(id) FROM outbox WHERE incident = o.incident AND {OPEN}) ORDER BY id"
            );
            collect(db, &sql, [now.0])
        })
    }

    /// Returns every order that is not done or dropped, whether due or not, oldest first.
    pub fn open_orders(&self) -> Result<Vec<Sent>, LedgerError> {
        self.read("read the outbox", |db| collect(db, &format!("{COLUMNS} WHERE {OPEN} ORDER BY id"), []))
    }

    /// Returns every order of an incident, oldest first.
    pub fn orders_of(&self, incident: &str) -> Result<Vec<Sent>, LedgerError> {
        self.read("read the outbox", |db| {
            collect(db, &format!("{COLUMNS} WHERE incident = ?1 ORDER BY id"), [incident])
        })
    }

    /// Returns how many orders are in each state.
    pub fn outbox_counts(&self) -> Result<OutboxCounts, LedgerError> {
        self.read("count the outbox", |db| {
            let mut counts = OutboxCounts::default();
            let mut rows = db.prepare_cached("SELECT state, count(*) FROM outbox GROUP BY state")?;
            for row in rows.query_map([], |row| Ok((row.get::<_, String>(0)?, row.get(1)?)))? {
                let (state, count) = row?;
                let count = counted(count);
                match from_word(state, "state of an order")? {
                    OrderState::Planned => counts.planned = count,
                    OrderState::Started => counts.started = count,
                    OrderState::Done => counts.done = count,
                    OrderState::Failed => counts.failed = count,
                    OrderState::Dropped => counts.dropped = count,
                }
            }
            Ok(counts)
        })
    }

    /// Notes that the order is about to be carried out, and counts the attempt.
    pub fn start(&mut self, lease: &Lease, id: i64, now: Timestamp) -> Result<(), LedgerError> {
        self.write("begin an order", |db| {
            expect_open(db, lease, id, now)?;
            let earlier: Option<i64> = db.query_row(
                &format!(
                    "SELECT min(id) FROM outbox WHERE id < ?1 AND {OPEN}
                     AND incident = (SELECT incident FROM outbox WHERE id = ?1)"
                ),
                [id],
                |row| row.get(0),
            )?;
            if let Some(earlier) = earlier {
                return Err(misplaced(id, &format!("order {earlier} of the same incident comes first")));
            }
            db.execute(
                "UPDATE outbox SET state = 'started', attempts = attempts + 1, at_ns = ?2 WHERE id = ?1",
                (id, now.0),
            )?;
            Ok(())
        })
    }

    /// Notes that the order was carried out, on which issue, and in the same step what the record is now.
    pub fn done(
        &mut self,
        lease: &Lease,
        id: i64,
        number: Option<u64>,
        record: Option<&Record>,
        now: Timestamp,
    ) -> Result<(), LedgerError> {
        self.write("note an order as done", |db| {
            if expect_open(db, lease, id, now)? != OrderState::Started {
                return Err(misplaced(id, "it was not begun"));
            }
            db.execute(
                "UPDATE outbox SET state = 'done', result_number = ?2, note = NULL, not_before_ns = NULL, at_ns = ?3
                 WHERE id = ?1",
                (id, number.map(stored), now.0),
            )?;
            shorten(db, id)?;
            record.map_or(Ok(()), |record| put_record(db, record))
        })
    }

    /// Notes that the order failed and when it may be tried again.
    pub fn fail(
        &mut self,
        lease: &Lease,
        id: i64,
        error: &str,
        not_before: Timestamp,
        now: Timestamp,
    ) -> Result<(), LedgerError> {
        self.write("note an order as failed", |db| {
            expect_open(db, lease, id, now)?;
            db.execute(
                "UPDATE outbox SET state = 'failed', note = ?2, not_before_ns = ?3, at_ns = ?4 WHERE id = ?1",
                (id, error, not_before.0, now.0),
            )?;
            Ok(())
        })
    }

    /// Returns priority -> issues of incidents that were opened since `since`, or are still to be opened.
    pub fn opened(&self, since: Timestamp) -> Result<BTreeMap<String, usize>, LedgerError> {
        let orders = self.read("read the outbox", |db| {
            let sql = format!("{COLUMNS} WHERE kind = 'open' AND ({OPEN} OR (state = 'done' AND at_ns > ?1))");
            collect(db, &sql, [since.0])
        })?;
        let mut opened = BTreeMap::new();
        for sent in orders.iter().filter(|sent| sent.order.fingerprint() != ROLLUP) {
            let priority = sent.order.says().map(|says| says.priority.clone()).unwrap_or_default();
            *opened.entry(priority).or_default() += 1;
        }
        Ok(opened)
    }

    /// Gives an order up, with the reason and what the record is now; the incident's later orders are free then.
    pub fn drop_order(
        &mut self,
        lease: &Lease,
        id: i64,
        reason: &str,
        record: Option<&Record>,
        now: Timestamp,
    ) -> Result<(), LedgerError> {
        self.write("drop an order", |db| {
            expect_open(db, lease, id, now)?;
            db.execute(
                "UPDATE outbox SET state = 'dropped', note = ?2, not_before_ns = NULL, at_ns = ?3 WHERE id = ?1",
                (id, reason, now.0),
            )?;
            shorten(db, id)?;
            record.map_or(Ok(()), |record| put_record(db, record))
        })
    }
}

/// Fails unless the lease is ours and the order is open; returns its state.
fn expect_open(db: &Connection, lease: &Lease, id: i64, now: Timestamp) -> Result<OrderState, Fault> {
    lease::check(db, lease, now)?;
    let state = db.query_row("SELECT state FROM outbox WHERE id = ?1", [id], |row| row.get(0)).optional()?;
    let Some(state) = state else { return Err(misplaced(id, "there is no such order")) };
    match from_word(state, "state of an order")? {
        OrderState::Done => Err(misplaced(id, "it is done already")),
        OrderState::Dropped => Err(misplaced(id, "it was dropped")),
        state => Ok(state),
    }
}

/// Forgets the texts of an order that is over: they would be most of the ledger, and nobody asks for them.
fn shorten(db: &Connection, id: i64) -> Result<(), Fault> {
    let text: String = db.query_row("SELECT json FROM outbox WHERE id = ?1", [id], |row| row.get(0))?;
    let order: Order = from_json(&text, &format!("order {id}"))?;
    db.execute("UPDATE outbox SET json = ?2 WHERE id = ?1", (id, json(&order.without_texts())?))?;
    Ok(())
}

fn misplaced(id: i64, cause: &str) -> Fault {
    LedgerError::new(Trouble::Failed, format!("order {id} of the outbox cannot change now")).caused_by(cause).into()
}

fn collect(db: &Connection, sql: &str, values: impl rusqlite::Params) -> Result<Vec<Sent>, Fault> {
    let mut rows = db.prepare_cached(sql)?;
    let mut rows = rows.query(values)?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        found.push(sent(row)?);
    }
    Ok(found)
}

fn sent(row: &Row<'_>) -> Result<Sent, Fault> {
    let id = row.get(0)?;
    let what = format!("order {id}");
    Ok(Sent {
        id,
        pass: row.get(1)?,
        order: from_json(&row.get::<_, String>(2)?, &what)?,
        state: from_word(row.get(3)?, &what)?,
        attempts: row.get(4)?,
        not_before: row.get::<_, Option<i64>>(5)?.map(Timestamp),
        number: row.get::<_, Option<i64>>(6)?.map(counted),
        note: row.get(7)?,
        at: Timestamp(row.get(8)?),
    })
}
