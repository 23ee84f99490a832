//! Making a new ledger: complete beside its place, then put there in one step.
//! Leaves out opening it: see `open`.
//!
//! So a kill or a full disk leaves no half ledger, and of two processes one makes it and both open it.

use std::ffi::OsString;
use std::fs::{self, File, OpenOptions};
use std::hash::{BuildHasher, Hasher, RandomState};
use std::io;
use std::path::{Path, PathBuf};

use rusqlite::Connection;

use super::error::{Fault, LedgerError, Trouble};
use super::schema;

/// Returns the file that SQLite keeps beside the ledger, such as `ledger.db-wal`.
pub(super) fn beside(path: &Path, ending: &str) -> PathBuf {
    let mut name = OsString::from(path);
    name.push(ending);
    PathBuf::from(name)
}

/// Returns whether a file has content; a file that cannot be looked at has none.
pub(super) fn has_content(path: &Path) -> bool {
    fs::metadata(path).is_ok_and(|file| file.len() > 0)
}

/// Makes the ledger and its folder, unless another process makes it at the same moment.
pub(super) fn create(path: &Path) -> Result<(), LedgerError> {
    let cannot = |cause: io::Error| {
        LedgerError::new(Trouble::Unusable, format!("cannot create the ledger {}", path.display()))
            .caused_by(cause)
            .hint("choose a file in a folder that can be written to, with --ledger")
    };
    // SQLite would replay the log of a ledger that was deleted into the new one.
    if has_content(&beside(path, "-wal")) && !path.exists() {
        let log = beside(path, "-wal");
        return Err(LedgerError::new(Trouble::Unusable, format!("{} is gone, but its log is not", path.display()))
            .caused_by(format!("{} holds changes of a ledger that was moved or deleted", log.display()))
            .hint("put the ledger back, or delete that file to begin a new ledger"));
    }
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    // What is made here holds text of logs.
    #[cfg_attr(not(unix), allow(unused_mut))]
    let mut builder = fs::DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.recursive(true).create(folder).map_err(cannot)?;
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let part = folder.join(format!(".{name}.{:016x}.part", chance()));
    let made = make(&part, path).and_then(|()| Ok(place(&part, path).map_err(cannot)?));
    let _ = fs::remove_file(&part);
    let _ = fs::remove_file(beside(&part, "-journal"));
    made.map_err(|fault| fault.say(&format!("create the ledger {}", path.display()), path))
}

/// A number by chance: process ids repeat between containers that share a folder.
fn chance() -> u64 {
    RandomState::new().build_hasher().finish()
}

/// Writes a complete ledger without incidents to `part`.
fn make(part: &Path, path: &Path) -> Result<(), Fault> {
    // The file is made first, for SQLite would make one that others can read.
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(part).map_err(|cause| {
        LedgerError::new(Trouble::Unusable, format!("cannot create the ledger {}", path.display()))
            .caused_by(cause)
            .hint("its folder must be writable for this user; choose another place with --ledger")
    })?;
    let mut connection = Connection::open(part)?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.pragma_update(None, "application_id", schema::APPLICATION)?;
    schema::bring_up(&mut connection)?;
    connection.pragma_update_and_check(None, "journal_mode", "WAL", |_| Ok(()))?;
    connection.close().map_err(|(_, error)| Fault::Sqlite(error))
}

/// Gives the finished file its name without ever replacing another one.
fn place(part: &Path, path: &Path) -> io::Result<()> {
    match fs::hard_link(part, path) {
        Ok(()) => {}
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => return Ok(()),
        // Not every disk has hard links; without them two first runs in the same instant could collide.
        Err(_) if !path.exists() => fs::rename(part, path)?,
        Err(error) => return Err(error),
    }
    // The name must survive a power loss as well; where folders cannot be synced that is the disk's matter.
    if let Some(folder) = path.parent() {
        let _ = File::open(folder).and_then(|folder| folder.sync_all());
    }
    Ok(())
}
