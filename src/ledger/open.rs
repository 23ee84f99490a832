//! Opening the ledger, and refusing what is none without changing it.
//! Leaves out making a new one: see `create`.
//!
//! The file is looked at through SQLite only. Opening and closing it by other means would drop the
//! locks this process holds on it (POSIX), and another process could then delete the log in use.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags, Transaction, TransactionBehavior};

use super::create::{beside, create, has_content};
use super::error::{Fault, LedgerError, Trouble};
use super::schema;

/// How long a write waits for another process to finish its own.
const PATIENCE: Duration = Duration::from_secs(5);

/// Bytes of the smallest page that SQLite knows.
const SHORTEST: u64 = 512;

/// The memory from pass to pass, in one file.
#[derive(Debug)]
pub struct Ledger {
    pub(super) connection: Connection,
    path: PathBuf,
}

impl Ledger {
    /// Opens the ledger, making it and its folder if there is none.
    ///
    /// Fails without changing anything when the file is something else, damaged, or of a newer version.
    pub fn open(path: &Path) -> Result<Ledger, LedgerError> {
        if is_missing(path)? {
            create(path)?;
        }
        let ledger = open_file(path)?;
        if ledger.connection.is_readonly("main").unwrap_or(true) {
            return Err(LedgerError::new(Trouble::Unusable, format!("{} cannot be written to", path.display()))
                .caused_by("the file is read-only for this user")
                .hint("make it and its folder writable, or choose another ledger with --ledger"));
        }
        Ok(ledger)
    }

    /// Opens the ledger for reading; `Trouble::Missing` when there is none yet.
    pub fn open_existing(path: &Path) -> Result<Ledger, LedgerError> {
        if is_missing(path)? {
            return Err(LedgerError::new(Trouble::Missing, format!("there is no ledger at {} yet", path.display()))
                .hint("the first `log-gardener audit` makes it; if it lies elsewhere, name it with --ledger"));
        }
        let ledger = open_file(path)?;
        ledger.read("open the ledger for reading", |db| Ok(db.pragma_update(None, "query_only", true)?))?;
        Ok(ledger)
    }

    /// Returns the file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Reads; `work` completes "cannot ...".
    pub(super) fn read<T>(
        &self,
        work: &str,
        read: impl FnOnce(&Connection) -> Result<T, Fault>,
    ) -> Result<T, LedgerError> {
        read(&self.connection).map_err(|fault| fault.say(work, &self.path))
    }

    /// Writes in one transaction that begins as the writing one, so that what it reads cannot go stale.
    pub(super) fn write<T>(
        &mut self,
        work: &str,
        write: impl FnOnce(&Connection) -> Result<T, Fault>,
    ) -> Result<T, LedgerError> {
        let whole = |connection: &mut Connection| {
            let transaction = Transaction::new(connection, TransactionBehavior::Immediate)?;
            let value = write(&transaction)?;
            transaction.commit()?;
            Ok(value)
        };
        whole(&mut self.connection).map_err(|fault: Fault| fault.say(work, &self.path))
    }
}

/// Returns whether nothing has that name; what cannot be a ledger by its kind or size is an error.
fn is_missing(path: &Path) -> Result<bool, LedgerError> {
    let refuse = |cause: String, hint: &str| {
        Err(LedgerError::new(Trouble::Unusable, format!("{} is no ledger", path.display())).caused_by(cause).hint(hint))
    };
    match fs::metadata(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(true),
        Err(error) => refuse(error.to_string(), "choose another place with --ledger"),
        Ok(file) if file.is_dir() => {
            refuse("it is a folder".into(), "name a file in it with --ledger, such as reports/ledger.db")
        }
        Ok(file) if !file.is_file() => refuse("it is no regular file".into(), "name a file with --ledger"),
        // SQLite takes what is shorter than a page for a new database, and would overwrite it.
        Ok(file) if file.len() < SHORTEST => refuse(
            format!("it has {} bytes, a ledger has more", file.len()),
            "restore it from a backup, delete it to begin a new ledger, or choose another file with --ledger",
        ),
        Ok(_) => Ok(false),
    }
}

/// Opens a file that exists, checks that it is a sound ledger, and brings its tables to this version.
fn open_file(path: &Path) -> Result<Ledger, LedgerError> {
    let sound = || -> Result<Connection, Fault> {
        // A ledger never has a rollback journal; to look into such a file would roll it back.
        if has_content(&beside(path, "-journal")) {
            return Err(strange(path, "an unfinished transaction of another program lies beside it").into());
        }
        let logged = has_content(&beside(path, "-wal"));
        let mut connection = Connection::open_with_flags(
            path,
            // Without URI: a name with `?` or `%` is a name.
            OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX,
        )?;
        connection.busy_timeout(PATIENCE)?;
        // Closing moves the log into the file. That must not happen to a file that is refused; without
        // a log there is nothing to move, and closing tidies up instead.
        connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, logged)?;
        let application: i32 = connection.pragma_query_value(None, "application_id", |row| row.get(0))?;
        if application != schema::APPLICATION {
            return Err(strange(path, "it is a SQLite file of another program").into());
        }
        let version = schema::version(&connection)?;
        let check: String = connection.pragma_query_value(None, "quick_check", |row| row.get(0))?;
        if check != "ok" {
            return Err(LedgerError::new(Trouble::Unusable, format!("{} is damaged", path.display()))
                .caused_by(check.replace('\n', "; "))
                .hint("restore it from a backup, or move it away to begin a new ledger; it was not changed")
                .into());
        }
        connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, false)?;
        // There are few writes and each matters: an issue that was opened must not be forgotten.
        connection.pragma_update(None, "synchronous", "FULL")?;
        connection.pragma_update(None, "foreign_keys", true)?;
        if version < schema::VERSION {
            schema::bring_up(&mut connection)?;
        }
        Ok(connection)
    };
    match sound() {
        Ok(connection) => Ok(Ledger { connection, path: path.to_path_buf() }),
        Err(Fault::Sqlite(error)) if error.sqlite_error_code() == Some(rusqlite::ErrorCode::NotADatabase) => {
            Err(strange(path, "it is no SQLite file"))
        }
        Err(fault) => Err(fault.say(&format!("open the ledger {}", path.display()), path)),
    }
}

fn strange(path: &Path, cause: &str) -> LedgerError {
    LedgerError::new(Trouble::Unusable, format!("{} is no ledger", path.display()))
        .caused_by(cause)
        .hint("choose another file with --ledger; this one was not changed")
}
