//! The folder that holds the runs: `reports/<UTC date>/<UTC time>/...`.
//! Leaves out deleting: old runs are the user's.
//!
//! Every file is written beside its place and then renamed, so that a full disk or a kill leaves the
//! old file or none, never half a one.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Component, Path, PathBuf};

use crate::entry::Timestamp;

/// Writes the files of one run and returns the folder they are in.
///
/// The folder is named after `now`, without colons, so that the same run writes the same files again.
pub fn write_run(folder: &Path, now: Timestamp, files: &[(String, String)]) -> io::Result<PathBuf> {
    let run = folder.join(now.to_utc().format("%Y-%m-%d/%H%M%SZ").to_string());
    for (name, text) in files {
        let relative = Path::new(name);
        // Names come from our own templates; a part that climbs out of the folder would be a mistake of ours.
        if !relative.components().all(|part| matches!(part, Component::Normal(_))) {
            return Err(io::Error::new(
                io::ErrorKind::InvalidInput,
                format!("{name} is no name below the run's folder"),
            ));
        }
        write_file(&run.join(relative), text.as_bytes())?;
    }
    Ok(run)
}

/// Writes one file whole or not at all, creating its folder.
pub fn write_file(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    fs::create_dir_all(parent).map_err(|error| match error.kind() {
        // What stands in the way is named, for "file exists" says nothing to who wanted a file.
        io::ErrorKind::AlreadyExists | io::ErrorKind::NotADirectory => {
            io::Error::new(io::ErrorKind::NotADirectory, format!("{} is no folder", parent.display()))
        }
        _ => error,
    })?;
    // A device or a pipe cannot be replaced by a rename.
    if path.exists() && !path.is_file() {
        return OpenOptions::new().write(true).open(path)?.write_all(bytes);
    }
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let beside = parent.join(format!(".{name}.{}.part", std::process::id()));
    let written = write_new(&beside, bytes).and_then(|()| fs::rename(&beside, path));
    if written.is_err() {
        let _ = fs::remove_file(&beside);
    }
    written
}

fn write_new(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut file = File::create(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_climbs_out_is_refused() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let files = [("../outside.md".to_string(), String::new())];
        assert!(write_run(folder.path(), Timestamp(0), &files).is_err());
        assert!(!folder.path().join("outside.md").exists());
    }

    #[test]
    fn a_failed_write_leaves_the_old_file() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("report.md");
        write_file(&path, b"old").expect("written");
        write_file(&path, b"new").expect("written");
        assert_eq!(fs::read(&path).expect("read"), b"new");
        assert_eq!(fs::read_dir(folder.path()).expect("listed").count(), 1);
    }
}
