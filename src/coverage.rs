//! Coverage: what was asked, read, dropped and cut, so that no count is taken for more than it is.
//! Leaves out reading; it only counts what the sources report.

mod calm;
mod keys;

use std::collections::BTreeMap;

use self::calm::Waiting;
use self::keys::Keys;
use crate::entry::{LogEntry, Severity, SeverityOrigin, Timestamp, identity};

/// Numbers at which exports are usually cut: `--limit`, page sizes and console limits.
const USUAL_LIMITS: [u64; 14] = [20, 50, 100, 200, 250, 500, 1000, 2000, 2500, 5000, 10_000, 20_000, 50_000, 100_000];
/// Events, and calm entries, that are compared with those before them at least; 8 MB and 1 MB of keys at most. Duplicates
/// that lie further apart are counted, and a note says so.
const EVENT_KEYS: usize = 3 << 17;
/// See [`EVENT_KEYS`].
const CALM_KEYS: usize = 3 << 14;

/// State changes kept for the timeline.
const CHANGE_LIMIT: usize = 1000;

/// A deployment or configuration change with the entry that records it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct RecordedChange {
    /// When.
    pub time: Timestamp,
    /// The service it is about, if stated.
    pub service: Option<String>,
    /// The revision it is about, if stated.
    pub revision: Option<String>,
    /// The method called.
    pub method: String,
    /// The resource changed, as written.
    pub resource: Option<String>,
    /// Method, resource and message, as the entry states them.
    pub text: String,
    /// How evidence points at it.
    pub reference: String,
}

/// What is known of one revision: entries of any severity and when they were seen.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RevisionSeen {
    /// Entries.
    pub entries: u64,
    /// First entry.
    pub first: Option<Timestamp>,
    /// Last entry.
    pub last: Option<Timestamp>,
}

/// Counts over all entries of a run.
#[derive(Debug)]
pub struct Coverage {
    /// Entries, duplicates left out.
    pub entries: u64,
    /// Entries dropped because they were read before.
    pub duplicates: u64,
    /// Entries that state no level: Cloud Logging entries without a severity field, others without any.
    pub without_severity: u64,
    /// Entries of which no level is known and that hold the word ERROR or FATAL.
    pub level_words: u64,
    /// How many times lines of syslog say that the message before them was repeated, all together.
    pub repeated: u64,
    /// Entries without payload and request.
    pub without_payload: u64,
    /// Entries without any timestamp.
    pub without_timestamp: u64,
    /// Entries per effective severity.
    pub by_severity: BTreeMap<Severity, u64>,
    /// First entry per effective severity.
    pub first_by_severity: BTreeMap<Severity, Timestamp>,
    /// Entries without payload, per effective severity.
    pub empty_by_severity: BTreeMap<Severity, u64>,
    /// First entry.
    pub from: Option<Timestamp>,
    /// Last entry.
    pub to: Option<Timestamp>,
    /// Severities whose older entries the export left out.
    pub cut: Vec<Severity>,
    /// State changes, in time order.
    pub changes: Vec<RecordedChange>,
    /// By service and revision.
    pub revisions: BTreeMap<(String, String), RevisionSeen>,
    /// Largest distance between event time and receive time, nanoseconds.
    pub largest_receive_lag: i64,
    /// Texts that look like damaged UTF-8 (mojibake).
    pub mojibake: u64,
    least: Severity,
    event_keys: Keys,
    calm_keys: Keys,
    waiting: Waiting,
}

impl Default for Coverage {
    fn default() -> Coverage {
        Coverage::new(Severity::Warning)
    }
}

impl Coverage {
    /// Returns counts of nothing; entries that state a severity below `least` are calm.
    pub fn new(least: Severity) -> Coverage {
        Coverage {
            entries: 0,
            duplicates: 0,
            without_severity: 0,
            level_words: 0,
            repeated: 0,
            without_payload: 0,
            without_timestamp: 0,
            by_severity: BTreeMap::new(),
            first_by_severity: BTreeMap::new(),
            empty_by_severity: BTreeMap::new(),
            from: None,
            to: None,
            cut: Vec::new(),
            changes: Vec::new(),
            revisions: BTreeMap::new(),
            largest_receive_lag: 0,
            mojibake: 0,
            least,
            event_keys: Keys::new(EVENT_KEYS),
            calm_keys: Keys::new(CALM_KEYS),
            waiting: Waiting::default(),
        }
    }

    /// Counts an entry; returns `false` when it was read before and must be dropped.
    ///
    /// Cloud Logging's own rule: same log name, timestamp and insertId are one entry.
    pub fn count(&mut self, entry: &LogEntry) -> bool {
        if let Some(insert_id) = &entry.insert_id {
            let key =
                identity(entry.log_name.as_deref().unwrap_or("").as_bytes(), entry.timestamp, insert_id.as_bytes());
            let calm = entry.severity < self.least && entry.severity_stated;
            let (own, other) = match calm {
                true => (&mut self.calm_keys, &self.event_keys),
                false => (&mut self.event_keys, &self.calm_keys),
            };
            if other.has(key) || !own.add(key) {
                self.duplicates += 1;
                return false;
            }
        }
        self.entries += 1;
        *self.by_severity.entry(entry.severity).or_default() += 1;
        if !entry.severity_stated {
            self.without_severity += 1;
            self.level_words += u64::from(entry.severity_origin == SeverityOrigin::None && names_error(&entry.message));
            if let Some(times) = repetitions(&entry.message).filter(|_| entry.severity_origin == SeverityOrigin::None) {
                self.repeated = self.repeated.saturating_add(times);
            }
        }
        if !entry.has_payload {
            self.without_payload += 1;
            *self.empty_by_severity.entry(entry.severity).or_default() += 1;
        }
        if looks_damaged(&entry.message) {
            self.mojibake += 1;
        }
        let Some(time) = entry.timestamp else {
            self.without_timestamp += 1;
            return true;
        };
        self.from = Some(self.from.map_or(time, |from| from.min(time)));
        self.to = Some(self.to.map_or(time, |to| to.max(time)));
        let first = self.first_by_severity.entry(entry.severity).or_insert(time);
        *first = time.min(*first);
        if let Some(received) = entry.receive_timestamp {
            self.largest_receive_lag = self.largest_receive_lag.max(received.nanos_since(time));
        }
        if let Some(change) = &entry.change {
            let mut text = change.method.clone();
            for part in [&change.resource, &change.message].into_iter().flatten() {
                text.push_str(", ");
                text.push_str(part);
            }
            let change = RecordedChange {
                time,
                service: entry.origin.service.clone(),
                revision: entry.origin.revision.clone(),
                method: change.method.clone(),
                resource: change.resource.clone(),
                text,
                reference: entry.reference(),
            };
            let at = self.changes.partition_point(|earlier| *earlier < change);
            self.changes.insert(at, change);
            // The newest ones stand closest before what went wrong.
            if self.changes.len() > CHANGE_LIMIT {
                self.changes.remove(0);
            }
        } else if let Some(revision) = &entry.origin.revision {
            let service = entry.origin.service.clone().unwrap_or_default();
            if let Some(seen) = self.revision(service, revision.clone()) {
                seen.add(1, time, time);
            }
        }
        true
    }

    /// Returns whether duplicates may have gone unnoticed.
    pub fn keys_full(&self) -> bool {
        self.event_keys.forgot || self.calm_keys.forgot
    }

    /// Returns what is counted for a revision, unless there are too many already.
    fn revision(&mut self, service: String, revision: String) -> Option<&mut RevisionSeen> {
        let named = (service, revision);
        let room = self.revisions.len() < CHANGE_LIMIT || self.revisions.contains_key(&named);
        room.then(|| self.revisions.entry(named).or_default())
    }
}

impl RevisionSeen {
    fn add(&mut self, entries: u64, first: Timestamp, last: Timestamp) {
        self.entries += entries;
        self.first = Some(self.first.map_or(first, |before| before.min(first)));
        self.last = Some(self.last.map_or(last, |before| before.max(last)));
    }
}

/// Returns whether a number of entries is one at which exports are usually cut.
pub fn is_usual_limit(entries: u64) -> bool {
    USUAL_LIMITS.contains(&entries)
}

/// UTF-8 read as Windows-1252 or Mac Roman leaves such pairs behind.
fn looks_damaged(text: &str) -> bool {
    // All of them stand beyond ASCII.
    !text.is_ascii()
        && (text.contains('\u{fffd}')
            || ["âœ", "â€™", "â€œ", "Ã©", "Ã¼", "‚Ä", "‚ú"].iter().any(|pair| text.contains(pair)))
}

/// Reads `message repeated 57 times: [ text]`, which syslog daemons write in place of the messages.
fn repetitions(text: &str) -> Option<u64> {
    let (times, _) = text.strip_prefix("message repeated ")?.split_once(" times: [")?;
    times.parse().ok()
}

/// Whether a text holds one of the words by which loggers say that something failed.
fn names_error(text: &str) -> bool {
    let is_word = |at: usize, length: usize| {
        let beside = |byte: Option<&u8>| byte.is_some_and(|byte| byte.is_ascii_alphanumeric() || *byte == b'_');
        let bytes = text.as_bytes();
        !beside(at.checked_sub(1).and_then(|before| bytes.get(before))) && !beside(bytes.get(at + length))
    };
    ["ERROR", "FATAL"].iter().any(|word| text.match_indices(word).any(|(at, _)| is_word(at, word.len())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_of_levels_and_of_repetition() {
        assert!(names_error("till-3;ERROR;stuck") && names_error("(FATAL)"));
        assert!(!names_error("no ERRORS, no ERROR_CODE, no error"));
        assert_eq!(repetitions("message repeated 57 times: [ it broke]"), Some(57));
        assert_eq!(repetitions("message repeated often times: [ it broke]"), None);
        assert_eq!(repetitions("a message repeated 57 times: [ x]"), None);
    }
}
