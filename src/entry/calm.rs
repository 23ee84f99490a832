//! What a calm entry is counted as: one that states a severity below every event's and whose text cannot change that.
//! Leaves out telling which entries are calm without parsing them: the source room's `skim` does.

use std::sync::LazyLock;

use foldhash::quality::RandomState;
use std::hash::BuildHasher;

use super::text_entry::clean;
use super::{ReadOptions, Severity, Timestamp, access_text, http, text_header};

/// What the coverage needs to know of an entry that is nothing but counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Calm {
    /// Its effective severity.
    pub severity: Severity,
    /// When it happened.
    pub timestamp: Timestamp,
    /// When Cloud Logging received it.
    pub received: Option<Timestamp>,
    /// What an entry read twice shares with itself; see [`identity`].
    pub identity: u64,
    /// Number of its service and revision in a list that goes with it.
    pub origin: u16,
}

/// Returns what tells an entry from every other: a keyed sum of log name, timestamp and insertId, which is Cloud
/// Logging's own rule for what is one entry. The key is drawn anew in every run, so that nobody can write entries that
/// are taken for each other; the chance that two of a million meet is below 3e-8.
pub fn identity(log_name: &str, timestamp: Option<Timestamp>, insert_id: &str) -> u64 {
    static KEY: LazyLock<RandomState> = LazyLock::new(RandomState::default);
    KEY.hash_one((log_name, timestamp.map(|time| time.0), insert_id))
}

/// Returns the effective severity of an entry that states `field` and says `message`; `None` where only decoding the
/// whole entry tells. `platform` says that its platform logs requests by itself.
///
/// Follows `cloud::decode`: only a head with a time or a line that describes a whole request could change anything.
pub(crate) fn calm_severity(
    message: &str,
    field: Severity,
    platform: bool,
    options: &ReadOptions,
) -> Option<Severity> {
    let first = message.chars().next().filter(|first| !first.is_whitespace())?;
    let unusual = first.is_control() || memchr::memchr3(b'<', b'\\', b'\x1b', message.as_bytes()).is_some();
    let cleaned = if unusual { clean(message) } else { String::new() };
    let message = if unusual { cleaned.as_str() } else { message };
    let line = message.lines().next().filter(|line| !line.trim().is_empty())?;
    if may_be_headed(line) && text_header::read_header(line, options).is_some_and(|header| header.has_time) {
        return None;
    }
    let request = if platform || !may_be_request(line) { None } else { access_text::read(line) };
    let by_status = request.and_then(|request| request.status).map_or(Severity::Default, http::severity);
    Some(field.max(by_status))
}

/// Whether a time may stand in the head of a line; follows `text_header`.
fn may_be_headed(line: &str) -> bool {
    let bytes = line.as_bytes();
    match bytes[0] {
        first if first.is_ascii_alphabetic() => {
            let second = bytes.get(1).copied().unwrap_or(b' ');
            let pair = memchr::memchr3(b'=', b' ', b'"', bytes).is_some_and(|at| bytes[at] == b'=');
            let named = first.is_ascii_uppercase() && !second.is_ascii_uppercase();
            named && is_calendar(bytes) || second == b',' || second.is_ascii_digit() || pair || line.contains('"')
        }
        first => first.is_ascii() && !first.is_ascii_whitespace(),
    }
}

/// Whether a line begins as a day of the week or a month.
fn is_calendar(bytes: &[u8]) -> bool {
    const NAMES: [&[u8; 3]; 19] = [
        b"Mon", b"Tue", b"Wed", b"Thu", b"Fri", b"Sat", b"Sun", b"Jan", b"Feb", b"Mar", b"Apr", b"May", b"Jun", b"Jul",
        b"Aug", b"Sep", b"Oct", b"Nov", b"Dec",
    ];
    bytes.first_chunk().is_some_and(|start| NAMES.contains(&start))
}

/// Whether a line may describe a request; follows `access_text`.
fn may_be_request(line: &str) -> bool {
    line.contains('"') || line.split_ascii_whitespace().next().is_some_and(access_text::is_method)
}
