//! What bounds the work and the memory of a run: the limits that a user can set, with their defaults.
//! Leaves out bounds that nobody needs to set; `docs/limits.md` lists both.
//!
//! Each protects against input that an attacker wrote or that grew beyond its purpose. What is left out because of one
//! is counted and stands in the coverage; nothing is left out in silence.

/// The limits of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Longest record, bytes. Cloud Logging allows 256 KiB an entry; this leaves room for any other collector.
    pub record_bytes: usize,
    /// Most lines of one text record, a stack trace among them.
    pub text_lines: usize,
    /// Most bytes of one text record.
    pub text_bytes: usize,
    /// How many times its stored size a source may unpack to, beyond [`FREE_BYTES`]. Logs stay below 200; gzip reaches
    /// 1,032 and zstd more than 10,000 with what says nothing.
    pub unpacked_ratio: u64,
    /// Most files that one run reads.
    pub sources: usize,
    /// Most different errors that are told apart; further ones are counted together. A service has hundreds.
    pub groups: usize,
    /// Most events that links between errors are looked for in.
    pub linked_events: usize,
    /// Most incidents that get files of their own; JSON has all of them.
    pub reports: usize,
    /// Longest document that is rendered, bytes; GitHub's own limits are kept besides.
    pub document_bytes: usize,
}

/// A source may always unpack to this much, whatever its ratio: it is read in an instant, bytes.
pub const FREE_BYTES: u64 = 64 << 20;

impl Limits {
    /// The limits that hold where nobody says otherwise.
    pub const DEFAULT: Limits = Limits {
        record_bytes: 16 << 20,
        text_lines: 10_000,
        text_bytes: 4 << 20,
        unpacked_ratio: 500,
        sources: 100_000,
        groups: 20_000,
        linked_events: 250_000,
        reports: 500,
        document_bytes: 8 << 20,
    };
}

impl Default for Limits {
    fn default() -> Limits {
        Limits::DEFAULT
    }
}
