//! The tables, and how an older ledger becomes one of this version.
//! Leaves out the way back: an older log-gardener refuses a newer ledger.
//!
//! Times are nanoseconds since 1970, minutes are minutes since 1970. What only our own types can
//! read is one column of JSON; what is searched or counted has a column of its own.

use rusqlite::{Connection, Transaction, TransactionBehavior};

use super::error::{Fault, LedgerError, Trouble};

/// Marks a SQLite file as a ledger of ours: `LGdn`.
pub(super) const APPLICATION: i32 = 0x4C47_646E;

/// Each step makes the next version of the tables; `user_version` counts the steps done.
///
/// A step that was released is never changed: old ledgers would then differ from new ones.
const STEPS: [&str; 1] = [V1];

/// The version this program writes.
pub(super) const VERSION: i32 = STEPS.len() as i32;

const V1: &str = "
CREATE TABLE incident (
    incident     TEXT PRIMARY KEY,
    state        TEXT NOT NULL,
    priority     TEXT NOT NULL,
    last_seen_ns INTEGER,
    issue        INTEGER,
    json         TEXT NOT NULL
) STRICT;
CREATE INDEX incident_issue ON incident (issue) WHERE issue IS NOT NULL;

-- A fingerprint that a known incident has now, because its template or its root changed.
CREATE TABLE alias (
    fingerprint TEXT PRIMARY KEY,
    incident    TEXT NOT NULL REFERENCES incident
) STRICT, WITHOUT ROWID;

-- `read_ns` is when a pass last read the minute: an archive of old logs is not forgotten at once.
CREATE TABLE minute (
    incident TEXT NOT NULL REFERENCES incident,
    minute   INTEGER NOT NULL,
    events   INTEGER NOT NULL,
    root     INTEGER NOT NULL,
    read_ns  INTEGER NOT NULL,
    PRIMARY KEY (incident, minute)
) STRICT, WITHOUT ROWID;

-- The minute comes first, because old minutes are deleted together.
CREATE TABLE traffic (
    minute   INTEGER NOT NULL,
    service  TEXT NOT NULL,
    entries  INTEGER NOT NULL,
    requests INTEGER NOT NULL,
    read_ns  INTEGER NOT NULL,
    PRIMARY KEY (minute, service)
) STRICT, WITHOUT ROWID;

CREATE TABLE pass (
    id       INTEGER PRIMARY KEY AUTOINCREMENT,
    source   TEXT NOT NULL,
    from_ns  INTEGER,
    to_ns    INTEGER,
    now_ns   INTEGER NOT NULL,
    complete INTEGER NOT NULL,
    entries  INTEGER NOT NULL,
    events   INTEGER NOT NULL
) STRICT;
CREATE INDEX pass_window ON pass (source, to_ns);

-- Up to where a source was read; see `remember`.
CREATE TABLE cursor (
    source TEXT PRIMARY KEY,
    to_ns  INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE transition (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    pass_id    INTEGER NOT NULL REFERENCES pass,
    incident   TEXT NOT NULL REFERENCES incident,
    at_ns      INTEGER NOT NULL,
    from_state TEXT,
    to_state   TEXT NOT NULL,
    reason     TEXT NOT NULL
) STRICT;
CREATE INDEX transition_incident ON transition (incident);

-- The same decision in passes that follow each other is one row with its first and its last pass:
-- a pass every minute would otherwise add a row per incident for nothing.
CREATE TABLE decision (
    id           INTEGER PRIMARY KEY AUTOINCREMENT,
    pass_id      INTEGER NOT NULL REFERENCES pass,
    last_pass_id INTEGER NOT NULL REFERENCES pass,
    times        INTEGER NOT NULL,
    incident     TEXT NOT NULL REFERENCES incident,
    action       TEXT NOT NULL,
    reason       TEXT NOT NULL
) STRICT;
CREATE INDEX decision_incident ON decision (incident);

-- The incident is no reference: the roll-up issue belongs to none.
CREATE TABLE outbox (
    id            INTEGER PRIMARY KEY AUTOINCREMENT,
    pass_id       INTEGER NOT NULL REFERENCES pass,
    incident      TEXT NOT NULL,
    kind          TEXT NOT NULL,
    json          TEXT NOT NULL,
    state         TEXT NOT NULL CHECK (state IN ('planned', 'started', 'done', 'failed', 'dropped')),
    attempts      INTEGER NOT NULL,
    not_before_ns INTEGER,
    result_number INTEGER,
    note          TEXT,
    at_ns         INTEGER NOT NULL
) STRICT;
CREATE INDEX outbox_incident ON outbox (incident);
CREATE INDEX outbox_open ON outbox (incident, id) WHERE state IN ('planned', 'started', 'failed');

CREATE TABLE silence (
    id       INTEGER PRIMARY KEY AUTOINCREMENT,
    matches  TEXT NOT NULL,
    from_ns  INTEGER NOT NULL,
    until_ns INTEGER NOT NULL,
    reason   TEXT NOT NULL,
    said_by  TEXT NOT NULL
) STRICT;

-- A row stays when its lease is released, so that no token is ever given twice.
CREATE TABLE lease (
    name       TEXT PRIMARY KEY,
    owner      TEXT NOT NULL,
    expires_ns INTEGER NOT NULL,
    token      INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
";

/// Brings the tables to this version, in one transaction; a newer version is an error.
///
/// The version is read inside the transaction: of two processes the second one finds the work done.
pub(super) fn bring_up(connection: &mut Connection) -> Result<(), Fault> {
    let transaction = Transaction::new(connection, TransactionBehavior::Immediate)?;
    let version = version(&transaction)?;
    for step in STEPS.iter().skip(usize::try_from(version).unwrap_or_default()) {
        transaction.execute_batch(step)?;
    }
    transaction.pragma_update(None, "user_version", VERSION)?;
    transaction.commit()?;
    Ok(())
}

/// Returns the version of the tables, or an error when this program is too old for it.
pub(super) fn version(connection: &Connection) -> Result<i32, Fault> {
    let version: i32 = connection.pragma_query_value(None, "user_version", |row| row.get(0))?;
    if version <= VERSION {
        return Ok(version);
    }
    let path = connection.path().unwrap_or("the ledger");
    Err(LedgerError::new(Trouble::Unusable, format!("{path} was written by a newer log-gardener"))
        .caused_by(format!("its tables have version {version}, this program knows versions up to {VERSION}"))
        .hint("update log-gardener, or choose another ledger with --ledger; this one was not changed")
        .into())
}
