//! The folder that holds the runs: `reports/<UTC date>/<UTC time>/...`.
//! Leaves out deleting: old runs are the user's.
//!
//! Every file is written beside its place and then renamed, so that a full disk or a kill leaves the
//! old file or none, never half a one.

use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::path::{Component, Path, PathBuf};

use super::private::{create_folder, new_folder, private};
use crate::entry::Timestamp;

/// Writes the files of one run and returns the folder they are in.
///
/// The folder is named after `now`, without colons. The same run writes the same files again; another run of the
/// same second gets a folder of its own beside it (`...-2`), so that no folder holds the files of two runs.
pub fn write_run(folder: &Path, now: Timestamp, files: &[(String, String)]) -> io::Result<PathBuf> {
    for (name, _) in files {
        // Names come from our own templates; a part that climbs out of the folder would be a mistake of ours.
        if !Path::new(name).components().all(|part| matches!(part, Component::Normal(_))) {
            return Err(io::Error::new(
                io::ErrorKind::InvalidInput,
                format!("{name} is no name below the run's folder"),
            ));
        }
    }
    let run = own_folder(&folder.join(now.to_utc().format("%Y-%m-%d/%H%M%SZ").to_string()), files)?;
    for (name, text) in files {
        write_file(&run.join(name), text.as_bytes())?;
    }
    Ok(run)
}

/// Returns a new folder, or the one that holds exactly these files already.
fn own_folder(first: &Path, files: &[(String, String)]) -> io::Result<PathBuf> {
    let day = first.parent().unwrap_or(Path::new("."));
    create_folder(day).map_err(|error| in_the_way(error, day))?;
    let mut number = 1_u32;
    loop {
        let run = match number {
            1 => first.to_path_buf(),
            _ => PathBuf::from(format!("{}-{number}", first.display())),
        };
        // Making it is what decides between two runs: only one of them succeeds.
        match new_folder(&run) {
            Ok(()) => return Ok(run),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                let same =
                    |(name, text): &(String, String)| fs::read(run.join(name)).is_ok_and(|old| old == text.as_bytes());
                if files.iter().all(same) && count(&run) == files.len() {
                    return Ok(run);
                }
            }
            Err(error) => return Err(in_the_way(error, &run)),
        }
        number = number.checked_add(1).ok_or(io::ErrorKind::AlreadyExists)?;
    }
}

/// Returns how many files lie below a folder.
fn count(folder: &Path) -> usize {
    let items = fs::read_dir(folder).into_iter().flatten().flatten();
    items.map(|item| if item.path().is_dir() { count(&item.path()) } else { 1 }).sum()
}

/// What stands in the way is named, for "file exists" says nothing to who wanted a file.
fn in_the_way(error: io::Error, folder: &Path) -> io::Error {
    match error.kind() {
        io::ErrorKind::AlreadyExists | io::ErrorKind::NotADirectory => {
            io::Error::new(io::ErrorKind::NotADirectory, format!("{} is no folder", folder.display()))
        }
        _ => error,
    }
}

/// Writes one file whole or not at all, creating its folder. A new file is its owner's alone; one that is replaced keeps
/// who may read it.
pub fn write_file(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    create_folder(parent).map_err(|error| in_the_way(error, parent))?;
    // A device or a pipe cannot be replaced by a rename.
    if path.exists() && !path.is_file() {
        return OpenOptions::new().write(true).open(path)?.write_all(bytes);
    }
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let beside = parent.join(format!(".{name}.{}.part", std::process::id()));
    let written = write_new(&beside, path, bytes).and_then(|()| fs::rename(&beside, path));
    if written.is_err() {
        let _ = fs::remove_file(&beside);
    }
    written
}

fn write_new(path: &Path, replaced: &Path, bytes: &[u8]) -> io::Result<()> {
    let create = || private().write(true).create_new(true).open(path);
    // Left by a run that was killed, or put there to be written through: neither is written into.
    let mut file = create().or_else(|error| match error.kind() {
        io::ErrorKind::AlreadyExists => fs::remove_file(path).and_then(|()| create()),
        _ => Err(error),
    })?;
    if let Ok(old) = fs::metadata(replaced) {
        file.set_permissions(old.permissions())?;
    }
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
    fn two_runs_of_one_second_do_not_mix_their_files() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let write = |name: &str, text: &str| {
            write_run(folder.path(), Timestamp(0), &[(name.to_string(), text.to_string())]).expect("written")
        };
        let first = write("a.md", "one");
        assert!(first.ends_with("1970-01-01/000000Z"), "{}", first.display());
        assert_eq!(write("a.md", "one"), first, "the same run again");
        let second = write("b.md", "two");
        assert!(second.ends_with("1970-01-01/000000Z-2"), "{}", second.display());
        assert_eq!(write("a.md", "three"), folder.path().join("1970-01-01/000000Z-3"));
        assert_eq!(write("b.md", "two"), second);
        assert!(!first.join("b.md").exists());
    }

    #[cfg(unix)]
    #[test]
    fn rights_are_the_owners_and_those_of_what_is_replaced() {
        use std::os::unix::fs::{PermissionsExt, symlink};
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("deep/report.md");
        let mode = |path: &Path| fs::metadata(path).expect("there").permissions().mode() & 0o777;
        write_file(&path, b"one").expect("written");
        assert_eq!((mode(&path), mode(&folder.path().join("deep"))), (0o600, 0o700));
        fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).expect("set");
        write_file(&path, b"two").expect("written");
        assert_eq!(mode(&path), 0o644);
        // What lies where we write beside is not written through.
        let other = folder.path().join("other");
        fs::write(&other, "mine").expect("written");
        symlink(&other, folder.path().join(format!("deep/.report.md.{}.part", std::process::id()))).expect("linked");
        write_file(&path, b"three").expect("written");
        assert_eq!(
            (fs::read(&path).expect("read"), fs::read(&other).expect("read")),
            (b"three".to_vec(), b"mine".to_vec())
        );
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
