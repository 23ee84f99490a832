//! Says what a recognised record is counted as, if it is calm: nothing in it can matter beyond its counts.
//! Leaves out what is not certain: such a record is parsed.

use super::field::{self, Field};
use super::layout::Recognised;
use super::origins::Origins;
use crate::entry::{Calm, ReadOptions, Severity, calm_severity, identity, read_time};

/// How records are judged.
#[derive(Debug, Clone, Copy)]
pub(super) struct Judge<'a> {
    /// Entries below it are calm.
    pub(super) least: Severity,
    pub(super) options: &'a ReadOptions,
}

impl Judge<'_> {
    /// Returns what a record is counted as; `None` where it has to be parsed.
    pub(super) fn judge(&self, record: &[u8], found: &Recognised, origins: &mut Origins) -> Option<Calm> {
        let meaning = &found.meaning;
        let stated = match found.value(record, field::SEVERITY) {
            b"DEBUG" => Severity::Debug,
            b"INFO" => Severity::Info,
            b"NOTICE" => Severity::Notice,
            _ => return None,
        };
        if stated >= self.least || found.length > self.options.max_record_bytes {
            return None;
        }
        if found.wide && (std::str::from_utf8(record).is_err() || may_look_damaged(record)) {
            return None;
        }
        let name = |field: Field| self.name(record, found, field);
        let time = |field: Field| {
            let written = read_time(name(field)?, self.options).filter(|written| !written.zoneless)?;
            written.at
        };
        let (insert_id, timestamp) = (name(field::INSERT_ID)?, time(field::TIME)?);
        let log_name = if meaning.log { name(field::LOG_NAME)? } else { "" };
        let received = if meaning.received { Some(time(field::RECEIVED)?) } else { None };
        let service = name(meaning.service)?;
        let revision = match meaning.revision {
            Some(field) => name(field)?,
            None => "",
        };
        let severity = match (meaning.message, meaning.request) {
            (Some(field), _) => self.message(record, found, field, stated)?,
            (None, Some(field)) => name(field).map(|_| stated)?,
            // The payload itself is the message: it begins with a brace and so is neither a request nor headed.
            (None, None) if !found.escapes => stated,
            (None, None) => return None,
        };
        if severity >= self.least {
            return None;
        }
        let origin = origins.find(service, revision)?;
        let identity = identity(log_name, Some(timestamp), insert_id);
        Some(Calm { severity, timestamp, received, identity, origin })
    }

    /// Returns a value that is a plain name.
    fn name<'r>(&self, record: &'r [u8], found: &Recognised, field: Field) -> Option<&'r str> {
        let value = found.value(record, field);
        let plain = value.first().is_some_and(u8::is_ascii_graphic) && !found.is_escaped(field);
        std::str::from_utf8(value).ok().filter(|_| plain)
    }

    /// Returns what the entry counts as by its message.
    fn message(&self, record: &[u8], found: &Recognised, field: Field, stated: Severity) -> Option<Severity> {
        let value = found.value(record, field);
        let platform = found.meaning.platform;
        if !found.is_escaped(field) {
            return calm_severity(std::str::from_utf8(value).ok()?, stated, platform, self.options);
        }
        let at = value.as_ptr() as usize - record.as_ptr() as usize;
        let quoted = record.get(at.checked_sub(1)?..=at + value.len())?;
        let text: String = serde_json::from_slice(quoted).ok()?;
        if may_look_damaged(text.as_bytes()) {
            return None;
        }
        calm_severity(&text, stated, platform, self.options)
    }
}

/// Whether there is a character with which UTF-8 that was read as something else begins; see `coverage`.
fn may_look_damaged(text: &[u8]) -> bool {
    ["\u{e2}", "\u{c3}", "\u{201a}", "\u{fffd}"].iter().any(|start| memchr::memmem::find(text, start.as_bytes()).is_some())
}
