//! One run at a time: a lease with an owner and an end, and a token that proves whose it is.
//! Leaves out waiting for it: the caller decides whether to wait or to give way.
//!
//! A run that was suspended may wake after its lease ended and another run began. It holds an old
//! token then, and every write looks at the token in its own transaction.

use std::time::Duration;

use rusqlite::{Connection, OptionalExtension};

use super::Ledger;
use super::error::{Fault, LedgerError, Trouble};
use crate::entry::Timestamp;

/// The right to write, until it ends.
#[derive(Debug)]
pub struct Lease {
    name: String,
    owner: String,
    token: i64,
    until: Timestamp,
}

impl Lease {
    /// Returns when it ends unless it is renewed.
    pub fn until(&self) -> Timestamp {
        self.until
    }
}

/// What came of asking for the lease.
#[derive(Debug)]
pub enum Taking {
    /// It is ours.
    Taken(Lease),
    /// Another run has it.
    Held {
        /// Who.
        owner: String,
        /// Until when, unless it is renewed.
        until: Timestamp,
    },
}

impl Ledger {
    /// Asks for the lease `name` for `ttl` from `now` on; `owner` tells others who has it.
    pub fn take_lease(
        &mut self,
        name: &str,
        owner: &str,
        now: Timestamp,
        ttl: Duration,
    ) -> Result<Taking, LedgerError> {
        let until = after(now, ttl);
        self.write("take the lease of the ledger", |db| {
            let held = db
                .query_row("SELECT owner, expires_ns FROM lease WHERE name = ?1 AND expires_ns > ?2", (name, now.0), {
                    |row| Ok(Taking::Held { owner: row.get(0)?, until: Timestamp(row.get(1)?) })
                })
                .optional()?;
            if let Some(held) = held {
                return Ok(held);
            }
            let token = db.query_row(
                "INSERT INTO lease (name, owner, expires_ns, token) VALUES (?1, ?2, ?3, 1) ON CONFLICT (name) DO UPDATE
                 SET owner = excluded.owner, expires_ns = excluded.expires_ns, token = token + 1 RETURNING token",
                (name, owner, until.0),
                |row| row.get(0),
            )?;
            Ok(Taking::Taken(Lease { name: name.to_string(), owner: owner.to_string(), token, until }))
        })
    }

    /// Prolongs the lease to `ttl` from `now` on; `false` when another run has taken it.
    ///
    /// One that ended but was not taken is still ours: nothing was written since.
    pub fn renew_lease(&mut self, lease: &mut Lease, now: Timestamp, ttl: Duration) -> Result<bool, LedgerError> {
        let until = after(now, ttl);
        let renewed = self.write("renew the lease of the ledger", |db| {
            Ok(db.execute(
                "UPDATE lease SET expires_ns = ?3 WHERE name = ?1 AND token = ?2",
                (&lease.name, lease.token, until.0),
            )?)
        })? == 1;
        if renewed {
            lease.until = until;
        }
        Ok(renewed)
    }

    /// Gives the lease back; one that another run has taken is left to it.
    pub fn release_lease(&mut self, lease: Lease) -> Result<(), LedgerError> {
        self.write("release the lease of the ledger", |db| {
            db.execute(
                "UPDATE lease SET expires_ns = ?3 WHERE name = ?1 AND token = ?2",
                (&lease.name, lease.token, i64::MIN),
            )?;
            Ok(())
        })
    }
}

/// Fails unless the lease is still ours at `now`; inside the transaction that it guards.
pub(super) fn check(db: &Connection, lease: &Lease, now: Timestamp) -> Result<(), Fault> {
    let (owner, until, token): (String, i64, i64) = db
        .prepare_cached("SELECT owner, expires_ns, token FROM lease WHERE name = ?1")?
        .query_row([&lease.name], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
    if token == lease.token && until > now.0 {
        return Ok(());
    }
    let (message, cause) = if token == lease.token {
        let cause = format!("it ended at {} and was not renewed; it is {}", Timestamp(until).short(), now.short());
        (format!("the lease of {} has ended", lease.owner), cause)
    } else {
        let cause = format!("{owner} took the lease that ended at {}", lease.until.short());
        (format!("another run took over from {}", lease.owner), cause)
    };
    Err(LedgerError::new(Trouble::TakenOver, message)
        .caused_by(cause)
        .hint("nothing of this step was stored; start again when no other run is under way")
        .into())
}

fn after(now: Timestamp, ttl: Duration) -> Timestamp {
    now.plus_nanos(i64::try_from(ttl.as_nanos()).unwrap_or(i64::MAX))
}
