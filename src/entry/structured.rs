//! Reads a message that is one structured line itself: JSON that a transport passed on as text.
//! Leaves out JSON inside a sentence, and objects that are no log line: those stay as they are written.

use super::clock::Written;
use super::json::Value;
use super::text_entry::take_header;
use super::{LogEntry, ReadOptions, Severity, Shape, decode, http_fields, payload, shape, shape_of};

/// What a structured line inside a message states besides its text.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Inside {
    /// Its level.
    pub(crate) level: Option<Severity>,
    /// Its time.
    pub(crate) time: Option<Written>,
}

/// Whether a message may be a structured line; most are told by one byte.
pub(crate) fn may_be(message: &str) -> bool {
    message.starts_with('{') && message.ends_with('}')
}

/// Puts what a structured line in the message says in its place; `None` where the message is none.
///
/// `requests` tells that a request which the line describes is counted nowhere else.
pub(crate) fn unwrap(entry: &mut LogEntry, requests: bool, options: &ReadOptions) -> Option<Inside> {
    if !may_be(&entry.message) {
        return None;
    }
    let text = std::mem::take(&mut entry.message);
    let mut mended = String::new();
    let fields = match decode::parse(&text, &mut mended) {
        Ok(Value::Object(fields)) if shape_of(&fields) == Shape::Stdout => fields,
        _ => {
            drop(mended);
            entry.message = text;
            return None;
        }
    };
    let (trace, error) = (entry.stack_trace.take(), entry.error_field.take());
    let mut outer = std::mem::take(&mut entry.correlation);
    let written = payload::read(entry, &fields, options);
    entry.stack_trace = trace.or(entry.stack_trace.take());
    entry.error_field = error.or(entry.error_field.take());
    entry.correlation.append(&mut outer);
    entry.correlation.sort();
    entry.correlation.dedup();
    if requests && entry.http.is_none() {
        entry.http = http_fields::read(&fields);
    }
    let level = shape::level(&fields);
    let header = take_header(entry, |header| header.has_time || level.is_none(), options);
    let read = header.as_ref().and_then(|header| header.level);
    Some(Inside { level: level.or(read), time: written })
}

/// Returns the level that a transport states, if it counts: a transport knows nothing of the line, and calls what it
/// does not know INFO, over which the line's own level goes.
pub(crate) fn over_transport(outside: Option<Severity>, inside: Option<Inside>) -> Option<Severity> {
    let own = inside.and_then(|inside| inside.level).is_some_and(|level| level != Severity::Default);
    outside.filter(|level| *level != Severity::Info || !own)
}
