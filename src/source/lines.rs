//! Lines of a source as text, for looking at every line without decoding records.
//! Leaves out records: a line here is what stands between two line ends, cut at a limit.

use std::io::{self, BufRead, BufReader, Read};

use super::reader::open_text;
use super::{SourceError, SourcePath};

/// Bytes of one line that are handed on; what follows is dropped, so that memory stays bounded.
const LINE_LIMIT: usize = 64 << 10;

/// What a look at the beginning of a source tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Begins {
    /// With a bracket: JSON, or something like it.
    Json,
    /// With anything else.
    Text,
    /// Nothing is there.
    Empty,
}

/// A source whose lines can be read once, after a look at its beginning.
pub struct Lines {
    name: String,
    reader: BufReader<Box<dyn Read>>,
}

impl Lines {
    /// Opens a source.
    pub fn open(path: &SourcePath) -> Result<Lines, SourceError> {
        Ok(Lines { name: path.name(), reader: BufReader::with_capacity(256 << 10, open_text(path)?) })
    }

    /// Says how the source begins, without reading past it.
    pub fn begins(&mut self) -> Result<Begins, SourceError> {
        let name = self.name.clone();
        let head = self.reader.fill_buf().map_err(|error| unreadable(&name, &error))?;
        Ok(match head.iter().find(|byte| !byte.is_ascii_whitespace()) {
            Some(b'{' | b'[') => Begins::Json,
            Some(_) => Begins::Text,
            None if head.is_empty() => Begins::Empty,
            None => Begins::Text,
        })
    }

    /// Hands every line to `sink`, without its line end; bytes that are not UTF-8 are replaced.
    pub fn each(mut self, sink: &mut dyn FnMut(&str)) -> Result<(), SourceError> {
        let mut line: Vec<u8> = Vec::new();
        let mut open = false;
        loop {
            let part = match self.reader.fill_buf() {
                Ok(part) => part,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(unreadable(&self.name, &error)),
            };
            if part.is_empty() {
                break;
            }
            let end = memchr::memchr(b'\n', part);
            let taken = end.unwrap_or(part.len());
            let room = LINE_LIMIT.saturating_sub(line.len()).min(taken);
            line.extend_from_slice(&part[..room]);
            open = true;
            let used = taken + usize::from(end.is_some());
            self.reader.consume(used);
            if end.is_some() {
                sink(String::from_utf8_lossy(&line).trim_end_matches('\r'));
                line.clear();
                open = false;
            }
        }
        if open {
            sink(String::from_utf8_lossy(&line).trim_end_matches('\r'));
        }
        Ok(())
    }
}

fn unreadable(name: &str, error: &io::Error) -> SourceError {
    SourceError::new(format!("cannot read {name}")).caused_by(error)
}
