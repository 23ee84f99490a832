//! What a reader is told besides the input, and what it asks the trace grammars.
//! Leaves out the grammars themselves: the room that knows languages implements [`TraceHints`].

use crate::limits::Limits;

/// How inputs are read; the defaults suit logs of a service that runs in UTC.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReadOptions {
    /// Zone of times written without one; `None` reads them as UTC and counts them as zoneless.
    pub assume_tz: Option<chrono::FixedOffset>,
    /// Year of times written without one (syslog, glog); the core reads no clock, so the caller tells.
    pub reference_year: i32,
    /// Longest record in bytes; a longer one is skipped and counted without being held.
    pub max_record_bytes: usize,
    /// Most lines that one text record may span before it is cut with a note.
    pub max_text_lines: usize,
    /// Most bytes that one text record may hold before it is cut with a note.
    pub max_text_bytes: usize,
    /// How many times its stored size a source may unpack to, beyond [`FREE_BYTES`](crate::limits::FREE_BYTES).
    pub max_unpacked_ratio: u64,
    /// A source of more bytes gets no SHA-256: making one costs more than reading.
    pub max_hashed_bytes: u64,
    /// Threads that read; what is read does not depend on it.
    pub threads: usize,
    /// Fields, by their last name, whose values tell a person; an entry keeps them apart in `LogEntry::named`.
    pub named: Vec<String>,
}

impl Default for ReadOptions {
    fn default() -> ReadOptions {
        ReadOptions {
            assume_tz: None,
            // A fixed year keeps two runs over the same input the same; callers pass the real one.
            reference_year: 2026,
            max_record_bytes: Limits::DEFAULT.record_bytes,
            max_text_lines: Limits::DEFAULT.text_lines,
            max_text_bytes: Limits::DEFAULT.text_bytes,
            max_unpacked_ratio: Limits::DEFAULT.unpacked_ratio,
            max_hashed_bytes: u64::MAX,
            threads: 1,
            named: Vec::new(),
        }
    }
}

/// What the trace grammars know about a single line.
pub trait TraceHints: Sync {
    /// Returns whether a stack trace or a panic starts at this line.
    fn starts(&self, line: &str) -> bool;
    /// Returns the stack traces among `lines`, as ranges of lines in order; each with all its parts.
    fn blocks(&self, lines: &[&str]) -> Vec<std::ops::Range<usize>> {
        let _ = lines;
        Vec::new()
    }
    /// Returns whether this line can only belong to a trace that started before it.
    fn continues(&self, line: &str) -> bool;
}
