//! Files and folders that only their owner may read: what we write holds text of logs.
//! Leaves out files that exist: who opened one to others meant it, and it stays so.

use std::fs::{DirBuilder, OpenOptions};
use std::io;
use std::path::Path;

/// Returns options that make a new file for its owner alone, where the system has owners.
pub fn private() -> OpenOptions {
    let mut options = OpenOptions::new();
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}

/// Makes a folder and those above it that are missing, for their owner alone; one that exists stays as it is.
pub fn create_folder(folder: &Path) -> io::Result<()> {
    builder().recursive(true).create(folder)
}

/// Makes one folder for its owner alone, and fails if it exists.
pub(super) fn new_folder(folder: &Path) -> io::Result<()> {
    builder().create(folder)
}

fn builder() -> DirBuilder {
    #[cfg_attr(not(unix), allow(unused_mut))]
    let mut builder = DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder
}
