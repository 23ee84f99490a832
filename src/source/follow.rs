//! Follows a file that grows, stdin or Cloud Logging, and hands over what was added since the last look.
//! Leaves out waiting: the caller decides when to look again.
//!
//! Only whole lines are handed over, so that a line being written is never read in half. A file that was
//! replaced (rotated) or cut is read from its new beginning.

use std::fs::{self, File};
use std::io::{self, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, TryRecvError, sync_channel};
use std::time::SystemTime;

use super::cloud::{Live, LiveNews};
use super::{SourceError, SourcePath};

/// Bytes handed over at once at most; what is beyond waits for the next look.
const CHUNK: usize = 8 << 20;
/// A line without an end beyond this size is handed over as it is, or it would be held for ever.
const LINE_LIMIT: usize = 1 << 20;

/// What was added, and where it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Added {
    /// Whole lines.
    pub bytes: Vec<u8>,
    /// 1-based line of the source at which they start; 0 where its lines have no numbers.
    pub first_line: u64,
    /// Whether the source was replaced or cut before them.
    pub restarted: bool,
}

/// A source that is followed.
pub struct Follow {
    name: String,
    from: From,
    pending: Vec<u8>,
    lines: u64,
    restarted: bool,
    ended: bool,
    gone: bool,
}

enum From {
    File { path: PathBuf, file: Option<File>, at: u64, identity: Option<Identity> },
    Stdin(Receiver<io::Result<Vec<u8>>>),
    Cloud(Box<Live>),
}

/// What tells one file from another under the same name.
type Identity = (Option<SystemTime>, u64);

impl Follow {
    /// Starts to follow; a file is followed from its end, or from its beginning with `from_start`.
    pub fn open(path: &SourcePath, from_start: bool) -> Result<Follow, SourceError> {
        let from = match path {
            SourcePath::Stdin => {
                // Reading a pipe blocks; a thread of its own keeps the caller free to look and to stop.
                let (send, receive) = sync_channel(64);
                std::thread::spawn(move || {
                    let mut buffer = vec![0; 64 << 10];
                    loop {
                        let part = match io::stdin().lock().read(&mut buffer) {
                            Ok(0) => return,
                            Ok(count) => Ok(buffer[..count].to_vec()),
                            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                            Err(error) => Err(error),
                        };
                        if send.send(part).is_err() {
                            return;
                        }
                    }
                });
                From::Stdin(receive)
            }
            SourcePath::Object(_) | SourcePath::Cloud(_) => {
                return Err(SourceError::new(format!("cannot follow {}", path.name()))
                    .caused_by("only files, stdin and gcp:// can be followed")
                    .hint("read what it holds with `log-gardener triage`, or pipe lines in and name `-`"));
            }
            SourcePath::File(path) => {
                let file = File::open(path).map_err(|error| unreadable(path, &error))?;
                let facts = file.metadata().map_err(|error| unreadable(path, &error))?;
                if facts.is_dir() {
                    return Err(SourceError::new(format!("cannot follow {}", path.display()))
                        .caused_by("it is a folder")
                        .hint("name one file, or pipe lines in and name `-`"));
                }
                let at = if from_start { 0 } else { facts.len() };
                From::File { path: path.clone(), identity: identity(path), file: Some(file), at }
            }
        };
        Ok(Follow::new(path.name(), from))
    }

    /// Follows Cloud Logging, which is listened to already.
    pub fn live(path: &SourcePath, live: Live) -> Follow {
        Follow::new(path.name(), From::Cloud(Box::new(live)))
    }

    fn new(name: String, from: From) -> Follow {
        Follow { name, from, pending: Vec::new(), lines: 0, restarted: false, ended: false, gone: false }
    }

    /// Returns what happened to the connection by the last look, where there is one.
    pub fn news(&mut self) -> Vec<LiveNews> {
        match &mut self.from {
            From::Cloud(live) => live.news(),
            From::File { .. } | From::Stdin(_) => Vec::new(),
        }
    }

    /// Returns whether nothing more can come: stdin was closed.
    pub fn ended(&self) -> bool {
        self.ended && self.pending.is_empty()
    }

    /// Returns whether no file stood under the name at the last look; a log that is rotated may be missing for a moment.
    pub fn gone(&self) -> bool {
        self.gone
    }

    /// Returns the whole lines added since the last look, or `None` when there are none yet.
    ///
    /// With `last` an unfinished line is handed over too, because nothing more will be waited for.
    pub fn look(&mut self, last: bool) -> Result<Option<Added>, SourceError> {
        if let From::Cloud(live) = &mut self.from {
            match last {
                true => live.finish(&mut self.pending)?,
                false => live.take(&mut self.pending, CHUNK)?,
            }
            let bytes = std::mem::take(&mut self.pending);
            return Ok((!bytes.is_empty()).then_some(Added { bytes, first_line: 0, restarted: false }));
        }
        self.read().map_err(|error| SourceError::new(format!("cannot read {}", self.name)).caused_by(error))?;
        let whole = match memchr::memrchr(b'\n', &self.pending) {
            _ if last || self.ended => self.pending.len(),
            Some(end) => end + 1,
            None if self.pending.len() >= LINE_LIMIT => self.pending.len(),
            None => 0,
        };
        if whole == 0 {
            return Ok(None);
        }
        let bytes: Vec<u8> = self.pending.drain(..whole).collect();
        let first_line = self.lines + 1;
        self.lines += memchr::memchr_iter(b'\n', &bytes).count() as u64;
        Ok(Some(Added { bytes, first_line, restarted: std::mem::take(&mut self.restarted) }))
    }

    fn read(&mut self) -> io::Result<()> {
        match &mut self.from {
            From::Cloud(_) => {}
            From::Stdin(receive) => {
                while self.pending.len() < CHUNK {
                    match receive.try_recv() {
                        Ok(part) => self.pending.extend(part?),
                        Err(TryRecvError::Empty) => break,
                        Err(TryRecvError::Disconnected) => {
                            self.ended = true;
                            break;
                        }
                    }
                }
            }
            From::File { path, file, at, identity: known } => {
                let now = identity(path);
                let size = fs::metadata(path.as_path()).map(|facts| facts.len());
                self.gone = size.is_err();
                let replaced = now.is_some() && now.map(|now| now.1) != known.map(|known| known.1);
                let cut = size.as_ref().is_ok_and(|size| *size < *at);
                if replaced || cut || (file.is_none() && size.is_ok()) {
                    // A name may be missing for a moment while a log is rotated; the next look finds it.
                    *file = File::open(path.as_path()).ok();
                    *at = 0;
                    *known = now;
                    self.lines = 0;
                    self.pending.clear();
                    self.restarted = true;
                }
                if let Some(file) = file {
                    file.seek(SeekFrom::Start(*at))?;
                    let room = CHUNK.saturating_sub(self.pending.len()) as u64;
                    let count = file.take(room).read_to_end(&mut self.pending)?;
                    *at += count as u64;
                }
            }
        }
        Ok(())
    }
}

/// Returns what tells the file under this name from the one that stood there before.
fn identity(path: &Path) -> Option<Identity> {
    let facts = fs::metadata(path).ok()?;
    #[cfg(unix)]
    let number = std::os::unix::fs::MetadataExt::ino(&facts);
    #[cfg(not(unix))]
    let number = 0;
    Some((facts.modified().ok(), number))
}

fn unreadable(path: &Path, error: &io::Error) -> SourceError {
    SourceError::new(format!("cannot follow {}", path.display()))
        .caused_by(error)
        .hint("name a file that exists, or `-`")
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    fn text(added: Option<Added>) -> (String, u64, bool) {
        added.map_or((String::new(), 0, false), |added| {
            (String::from_utf8_lossy(&added.bytes).into_owned(), added.first_line, added.restarted)
        })
    }

    #[test]
    fn whole_lines_come_once_and_a_replaced_file_is_read_anew() -> io::Result<()> {
        let folder = tempfile::tempdir()?;
        let path = folder.path().join("app.log");
        fs::write(&path, "old\n")?;
        let mut follow = Follow::open(&SourcePath::File(path.clone()), false).map_err(io::Error::other)?;
        assert_eq!(
            text(follow.look(false).map_err(io::Error::other)?),
            (String::new(), 0, false),
            "what was there before is not new"
        );
        let mut file = fs::OpenOptions::new().append(true).open(&path)?;
        file.write_all(b"one\nhal")?;
        assert_eq!(text(follow.look(false).map_err(io::Error::other)?), ("one\n".into(), 1, false));
        file.write_all(b"f\n")?;
        assert_eq!(text(follow.look(false).map_err(io::Error::other)?), ("half\n".into(), 2, false));
        fs::rename(&path, folder.path().join("app.log.1"))?;
        assert_eq!(text(follow.look(false).map_err(io::Error::other)?).0, "");
        fs::write(&path, "new\n")?;
        assert_eq!(text(follow.look(false).map_err(io::Error::other)?), ("new\n".into(), 1, true));
        fs::write(&path, "x\n")?;
        assert_eq!(
            text(follow.look(false).map_err(io::Error::other)?),
            ("x\n".into(), 1, true),
            "a file that was cut is read from its start"
        );
        Ok(())
    }
}
