//! A document that stays below a size, whatever a template and a run make of it.
//! Leaves out GitHub's own limits (`draft`).

use std::io;

use super::draft;
use super::engine::Kind;

/// What ends a document that was cut.
const NOTICE: &str = "LIMIT document_bytes: cut here, for this document would be longer than it may be; the JSON output \
    has everything.";

/// A document as it is written.
pub(super) struct Bounded {
    out: Vec<u8>,
    most: usize,
    full: bool,
}

impl Bounded {
    /// Returns an empty document that takes up to `most` bytes.
    pub(super) fn new(most: usize) -> Bounded {
        Bounded { out: Vec::new(), most, full: false }
    }

    /// Whether more was written than it takes.
    pub(super) fn is_full(&self) -> bool {
        self.full
    }

    /// Returns the document; where it is full, up to the edge of a section, with a notice.
    pub(super) fn text(self, kind: Kind) -> String {
        // What was written last may have been cut within a character.
        let text = String::from_utf8_lossy(&self.out);
        match (self.full, kind) {
            (false, _) => text.into_owned(),
            (true, Kind::Html) => {
                // Text from logs holds no `<`, so that this is the beginning of an element of the template.
                let end = text.rfind("\n<").unwrap_or(0);
                format!("{}\n<p>{NOTICE}</p>\n", &text[..end])
            }
            (true, Kind::Plain) => text.into_owned(),
            (true, _) => {
                let (kept, close) = draft::cut_at_section(&text, text.len());
                format!("{}{close}\n\n{NOTICE}\n", kept.trim_end())
            }
        }
    }
}

/// Whether a document was cut for its size.
pub(super) fn is_cut(text: &str) -> bool {
    text.contains(NOTICE)
}

impl io::Write for Bounded {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let room = self.most - self.out.len();
        if bytes.len() > room {
            self.out.extend_from_slice(&bytes[..room]);
            self.full = true;
            return Err(io::Error::other("the document is full"));
        }
        self.out.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
