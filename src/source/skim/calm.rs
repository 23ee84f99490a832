//! Says what a recognised record is counted as, if it is calm: nothing in it can matter beyond its counts.
//! Leaves out what is not certain: such a record is parsed.

use super::field::{self, Field};
use super::layout::{Meaning, Recognised, Told, Values};
use super::origins::Origins;
use crate::entry::{Calm, Instants, ReadOptions, Severity, Timestamp, calm_severity, identity, read_time};

/// How records are judged.
#[derive(Debug)]
pub(super) struct Judge<'a> {
    /// Entries below it are calm.
    pub(super) least: Severity,
    pub(super) options: &'a ReadOptions,
    pub(super) instants: &'a mut Instants,
    pub(super) origins: &'a mut Origins,
}

/// What a layout means, with what follows from the values that belong to it.
#[derive(Debug)]
pub(super) struct Known {
    meaning: Meaning,
    severity: Option<Severity>,
    origin: Option<u16>,
}

/// A recognised record.
#[derive(Debug, Clone, Copy)]
pub(super) struct Record<'a> {
    pub(super) text: &'a [u8],
    pub(super) found: &'a Recognised,
    pub(super) values: &'a Values,
}

impl Known {
    /// Returns what follows from a layout.
    pub(super) fn new(meaning: Meaning, origins: &mut Origins) -> Known {
        let severity = match &meaning.severity {
            Told::Fixed(word) => severity(word),
            _ => None,
        };
        let revision: Option<&[u8]> = match &meaning.revision {
            Told::Fixed(name) => Some(name).filter(|name| is_plain(name)).map(|name| &**name),
            Told::Nothing => Some(b""),
            Told::Value(_) => None,
        };
        let origin = match (&meaning.service, revision) {
            (Told::Fixed(service), Some(revision)) if is_plain(service) => origins.find(service, revision),
            _ => None,
        };
        Known { meaning, severity, origin }
    }
}

impl Judge<'_> {
    /// Returns what a record is counted as; `None` where it has to be parsed.
    pub(super) fn judge(&mut self, record: Record<'_>, known: &Known) -> Option<Calm> {
        let Record { text, found, .. } = record;
        let meaning = &known.meaning;
        let stated = match known.severity {
            Some(severity) => severity,
            None => severity(record.told(&meaning.severity)?)?,
        };
        if stated >= self.least || found.length > self.options.max_record_bytes {
            return None;
        }
        if found.wide && (std::str::from_utf8(text).is_err() || may_look_damaged(text)) {
            return None;
        }
        let timestamp = self.time(record.name(field::TIME)?)?;
        let received = if meaning.received { Some(self.time(record.name(field::RECEIVED)?)?) } else { None };
        let insert_id = record.name(field::INSERT_ID)?;
        let log_name = match &meaning.log {
            Told::Nothing => b"",
            told => record.told(told)?,
        };
        let severity = match (meaning.message, &meaning.request) {
            (Some(field), _) => {
                let severity = self.message(record, field, stated, meaning.platform)?;
                // Beside a request of its own the text's request counts only if that one says nothing.
                (severity == stated || !meaning.http).then_some(severity)?
            }
            // The payload itself is the message: it begins with a brace and so is neither a request nor headed.
            (None, Told::Nothing) if found.escapes => return None,
            (None, Told::Nothing) => stated,
            (None, told) => record.told(told).map(|_| stated)?,
        };
        if severity >= self.least {
            return None;
        }
        let origin = match known.origin {
            Some(origin) => origin,
            None => {
                let revision = match &meaning.revision {
                    Told::Nothing => b"",
                    told => record.told(told)?,
                };
                self.origins.find(record.told(&meaning.service)?, revision)?
            }
        };
        let identity = identity(log_name, Some(timestamp), insert_id);
        Some(Calm { severity, timestamp, received, identity, origin })
    }

    fn time(&mut self, text: &[u8]) -> Option<Timestamp> {
        self.instants.read(text).or_else(|| {
            let written = read_time(std::str::from_utf8(text).ok()?, self.options)?;
            written.at.filter(|_| !written.zoneless)
        })
    }

    /// Returns what the entry counts as by its message.
    fn message(&self, record: Record<'_>, field: Field, stated: Severity, platform: bool) -> Option<Severity> {
        let value = record.values.get(record.text, field);
        if !record.found.is_escaped(field) {
            return calm_severity(std::str::from_utf8(value).ok()?, stated, platform, self.options);
        }
        let at = value.as_ptr() as usize - record.text.as_ptr() as usize;
        let quoted = record.text.get(at.checked_sub(1)?..=at + value.len())?;
        let text: String = serde_json::from_slice(quoted).ok()?;
        if may_look_damaged(text.as_bytes()) {
            return None;
        }
        calm_severity(&text, stated, platform, self.options)
    }
}

impl<'a> Record<'a> {
    /// Returns a value that is a plain name.
    fn name(&self, field: Field) -> Option<&'a [u8]> {
        let value = self.values.get(self.text, field);
        (is_plain(value) && !self.found.is_escaped(field)).then_some(value)
    }

    /// Returns what a layout or a record tells, if it is a plain name.
    fn told(&self, told: &'a Told) -> Option<&'a [u8]> {
        match told {
            Told::Value(field) => self.name(*field),
            Told::Fixed(name) => is_plain(name).then_some(&**name),
            Told::Nothing => None,
        }
    }
}

/// Whether a value is surely not blank.
fn is_plain(value: &[u8]) -> bool {
    value.first().is_some_and(u8::is_ascii_graphic)
}

/// Reads a severity that no calm entry needs to be asked about further.
fn severity(word: &[u8]) -> Option<Severity> {
    match word {
        b"DEBUG" => Some(Severity::Debug),
        b"INFO" => Some(Severity::Info),
        b"NOTICE" => Some(Severity::Notice),
        _ => None,
    }
}

/// Whether there is a character with which UTF-8 that was read as something else begins; see `coverage`.
fn may_look_damaged(text: &[u8]) -> bool {
    ["\u{e2}", "\u{c3}", "\u{201a}", "\u{fffd}"]
        .iter()
        .any(|start| memchr::memmem::find(text, start.as_bytes()).is_some())
}
