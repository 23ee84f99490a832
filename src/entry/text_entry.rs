//! Turns text into an entry: colours and head removed, level, time and place taken from the head.
//! Leaves out assembling lines into records: the source room does that.

use super::json::Value;
use super::text_header::{Header, level_alone, read_header};
use super::{
    CodeLocation, HttpRequest, LogEntry, Position, ReadOptions, Severity, SeverityOrigin, TraceHints, access_text,
    ansi, clock, http, http_fields, line_end, shared_prefix, structured, text_ids,
};

/// What a container runtime wrote around a line.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Outer {
    /// The time the runtime stamped, the closest thing to an entry's own timestamp.
    pub(crate) time: Option<clock::Written>,
    /// The pod or container that a prefix names.
    pub(crate) instance: Option<String>,
    /// The service that the runtime names.
    pub(crate) service: Option<String>,
}

/// Returns a text without decoration, its folded lines unfolded, its trailing blanks gone.
pub(crate) fn clean(text: &str) -> String {
    // Colours, markup and folded lines each need one of these.
    if memchr::memchr3(0x1b, b'<', b'\\', text.as_bytes()).is_none() {
        return text.trim_end().to_owned();
    }
    let stripped = ansi::strip(text);
    line_end::restore(&stripped).trim_end().to_owned()
}

/// Decodes one record of text; returns the entry and whether its time named no zone.
pub(crate) fn decode(
    text: &str,
    at: Position,
    outer: &Outer,
    options: &ReadOptions,
    hints: &dyn TraceHints,
) -> (LogEntry, bool) {
    let mut entry = LogEntry::empty(at);
    entry.message = clean(text);
    entry.has_payload = !entry.message.is_empty();
    entry.origin.instance = outer.instance.clone();
    entry.origin.service = outer.service.clone();
    let header = take_header(&mut entry, |_| true, options);
    let inside = structured::unwrap(&mut entry, true, options);
    read_access(&mut entry);
    let mut zoneless = header.as_ref().is_some_and(|header| header.zoneless);
    let headed = header.as_ref().is_some_and(|header| header.has_time);
    // A level in front of a tag is that of syslog, which passes on whatever a program prints.
    let passed_on = header.as_ref().is_none_or(|header| header.service.is_some());
    let written = header.as_ref().and_then(|header| header.level);
    let written = if passed_on { structured::over_transport(written, inside) } else { written };
    let level = written.or(inside.and_then(|inside| inside.level));
    entry.timestamp = header.and_then(|header| header.time);
    if let Some(written) = inside.and_then(|inside| inside.time) {
        match entry.timestamp {
            Some(_) => entry.payload_timestamp = written.at,
            None => (entry.timestamp, zoneless) = (written.at, written.zoneless),
        }
    }
    if let Some(outer) = &outer.time
        && outer.at.is_some()
    {
        entry.payload_timestamp = entry.payload_timestamp.or(entry.timestamp);
        (entry.timestamp, zoneless) = (outer.at, outer.zoneless);
    }
    settle_severity(&mut entry, None, level, hints);
    // A line with a time of its own is no second part of a cut message, whatever letter it begins with.
    if headed {
        entry.may_continue &= hints.continues(entry.message.lines().next().unwrap_or(""));
    }
    (entry, zoneless)
}

/// Reads the request that the first line of a message describes, as servers and frameworks log it.
pub(crate) fn read_access(entry: &mut LogEntry) {
    if entry.http.is_none() {
        entry.http = access_text::read(entry.message.lines().next().unwrap_or(""));
    }
}

/// Reads the head of an entry's message and removes it when `accept` agrees.
pub(crate) fn take_header(
    entry: &mut LogEntry,
    accept: impl Fn(&Header) -> bool,
    options: &ReadOptions,
) -> Option<Header> {
    let message = std::mem::take(&mut entry.message);
    let (first, rest) = match message.split_once('\n') {
        Some((first, rest)) => (first, Some(rest)),
        None => (message.as_str(), None),
    };
    let header = read_header(first, options).filter(accept);
    if header.as_ref().is_none_or(|header| header.fields.is_empty()) {
        text_ids::from_line(entry, first);
    }
    let Some(mut header) = header else {
        entry.message = message;
        return None;
    };
    let below = rest.filter(|_| header.level_below).and_then(|rest| {
        let (line, rest) = rest.split_once('\n').map_or((rest, None), |(line, rest)| (line, Some(rest)));
        Some((level_alone(line)?, rest))
    });
    if let Some(((level, text), below)) = below {
        let (module, function) = header.message.split_once(' ').unwrap_or((&header.message, ""));
        let (module, function) = (Some(module.to_owned()), Some(function.to_owned()));
        header.place = Some(CodeLocation { module, function, line: None });
        header.level = Some(level);
        header.message = below.map_or_else(|| text.to_owned(), |below| format!("{text}\n{below}"));
    }
    let rest =
        rest.filter(|_| header.level.is_none() || !header.level_below).map(|rest| once_headed(first, &header, rest));
    entry.message = match rest {
        Some(rest) if header.message.is_empty() => rest,
        Some(rest) => format!("{}\n{rest}", header.message),
        None => header.message.clone(),
    };
    if entry.logged_at.is_none() {
        entry.logged_at = header.place.clone().and_then(CodeLocation::outside_logging);
    }
    if entry.origin.service.is_none() {
        entry.origin.service = header.service.clone();
    }
    if entry.origin.instance.is_none() {
        entry.origin.instance = header.instance.clone();
    }
    if entry.http.is_none() {
        entry.http = header.http.clone();
    }
    text_ids::from_fields(entry, &header.fields);
    if entry.http.is_none() && !header.fields.is_empty() {
        let pairs = header.fields.iter().map(|(key, value)| (key.into(), Value::String(value.into())));
        entry.http = http_fields::read(&pairs.collect());
    }
    Some(header)
}

/// Takes the header of the first line off the others: some loggers repeat it on every line of a trace.
fn once_headed(first: &str, header: &Header, rest: &str) -> String {
    let Some(prefix) = first.strip_suffix(&header.message).filter(|prefix| !prefix.trim().is_empty()) else {
        return rest.to_owned();
    };
    let lines = rest.split('\n').map(|line| shared_prefix::strip(prefix, line).unwrap_or(line));
    lines.collect::<Vec<_>>().join("\n")
}

/// Decides the effective severity: the field, else the text, else the status, else a trace.
pub(crate) fn settle_severity(
    entry: &mut LogEntry,
    field: Option<Severity>,
    text: Option<Severity>,
    hints: &dyn TraceHints,
) {
    let field = field.filter(|field| *field != Severity::Default);
    let text = text.filter(|level| *level != Severity::Default);
    // In Cloud Logging's own shape a level in the text does not replace the field that is absent.
    let is_cloud = entry.insert_id.is_some() || entry.log_name.is_some() || entry.origin.resource_type.is_some();
    entry.severity_stated = field.is_some() || text.is_some() && !is_cloud;
    let status = entry.http.as_ref().and_then(|http| http.status);
    let by_status = status.map_or(Severity::Default, http::severity);
    (entry.severity, entry.severity_origin) =
        if entry.http.as_ref().is_some_and(is_access_line) && field.or(text) < Some(by_status) {
            (by_status, SeverityOrigin::HttpStatus)
        } else if let Some(field) = field {
            (field, SeverityOrigin::Field)
        } else if let Some(level) = text {
            (level, SeverityOrigin::Text)
        } else if status.is_some() {
            (by_status, SeverityOrigin::HttpStatus)
        } else if entry.stack_trace.is_some() || starts_trace(&entry.message, hints) {
            (Severity::Error, SeverityOrigin::Trace)
        } else {
            (Severity::Default, SeverityOrigin::None)
        };
    let first = entry.message.lines().next().unwrap_or("");
    entry.may_continue = entry.severity_origin == SeverityOrigin::None
        && entry.has_payload
        && (hints.continues(first) || is_remainder(&entry.message));
}

/// Whether an application's own line describes a whole request: a server logs those at INFO, however they end.
fn is_access_line(http: &HttpRequest) -> bool {
    http.logged_at_end && http.method.is_some() && http.path.is_some() && http.status.is_some()
}

/// Only the head of a message is searched: a long one that is no trace must not cost a search of all.
fn starts_trace(message: &str, hints: &dyn TraceHints) -> bool {
    let head: Vec<&str> = message.lines().take(64).collect();
    // Some traces are told by their frames alone: their first line is any name and message.
    head.iter().any(|line| hints.starts(line)) || (head.len() > 1 && !hints.blocks(&head).is_empty())
}

/// Whether a text reads like the second part of a cut message: it starts in the middle of a sentence.
fn is_remainder(message: &str) -> bool {
    let Some(first) = message.chars().next() else { return false };
    first.is_lowercase()
        || first.is_whitespace()
        || "\"'`)]}>,.;:!?|\\".contains(first)
        || matches!(first, '\u{201d}' | '\u{2019}' | '\u{bb}')
}
