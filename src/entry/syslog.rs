//! Reads syslog heads: RFC 3164, RFC 5424 and what journalctl prints.
//! Leaves out the free text behind the tag except for a level written at its start.

use super::text_header::{Header, read_header};
use super::{ReadOptions, Severity, clock};

/// Reads a line that starts with `<PRI>`.
pub(crate) fn with_priority(line: &str, options: &ReadOptions) -> Option<Header> {
    let (priority, rest) = line.strip_prefix('<')?.split_once('>')?;
    if priority.is_empty() || priority.len() > 3 {
        return None;
    }
    let priority: u16 = priority.parse().ok().filter(|priority| *priority <= 191)?;
    let level = match priority % 8 {
        0 => Severity::Emergency,
        1 => Severity::Alert,
        2 => Severity::Critical,
        3 => Severity::Error,
        4 => Severity::Warning,
        5 => Severity::Notice,
        6 => Severity::Info,
        _ => Severity::Debug,
    };
    let mut header = match rest.strip_prefix("1 ") {
        Some(rest) => rfc_5424(rest, options)?,
        None => {
            let written = clock::read_prefix(rest, options)?;
            let tail = host_and_tag(&rest[written.length..], true, options)?;
            Header { has_time: true, time: written.at, zoneless: written.zoneless, ..tail }
        }
    };
    header.level = Some(level);
    Some(header)
}

/// `TIME HOST APP PROCID MSGID SD MSG`, where `-` stands for nothing.
fn rfc_5424(rest: &str, options: &ReadOptions) -> Option<Header> {
    let mut parts = rest.splitn(6, ' ');
    let mut next = || parts.next().map(|part| (part != "-").then_some(part));
    let (time, host, app, process, _id) = (next()?, next()?, next()?, next()?, next()?);
    let tail = next()?.unwrap_or("");
    let written = time.and_then(|time| clock::read_text(time, options));
    let message = if tail.starts_with('[') {
        structured_end(tail).map_or("", |end| &tail[end..])
    } else {
        tail.strip_prefix("- ").unwrap_or(tail)
    };
    Some(Header {
        has_time: true,
        time: written.and_then(|written| written.at),
        zoneless: written.is_some_and(|written| written.zoneless),
        service: app.map(str::to_owned),
        instance: instance(host, process),
        message: message.trim_start_matches([' ', '\u{feff}']).to_owned(),
        ..Header::default()
    })
}

/// Returns where the structured data (`[id k="v"]...`) ends; quotes may hold brackets.
fn structured_end(text: &str) -> Option<usize> {
    let (mut quoted, mut escaped) = (false, false);
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if quoted => escaped = true,
            b'"' => quoted = !quoted,
            b']' if !quoted && !text[at + 1..].starts_with('[') => return Some(at + 1),
            _ => {}
        }
    }
    None
}

/// Reads ` host tag[pid]: text`, what follows the time. Without `certain` the tag must carry its pid.
pub(crate) fn host_and_tag(rest: &str, certain: bool, options: &ReadOptions) -> Option<Header> {
    let (host, rest) = rest.strip_prefix(' ')?.split_once(' ')?;
    let colon = end_of_tag(rest.as_bytes())?;
    let tag = &rest[..colon];
    let (name, process) = match tag.split_once('[') {
        Some((name, process)) => (name, process.strip_suffix(']')),
        None => (tag, None),
    };
    let host_like = !host.is_empty() && !host.contains(['[', ']', '|', '=', '"', ',']) && !host.ends_with(':');
    let tagged = !name.is_empty() && !name.contains(' ');
    let sure = certain || process.is_some_and(|id| id.bytes().all(|byte| byte.is_ascii_digit()));
    if !host_like
        || !tagged
        || !sure
        || Severity::from_word(host).is_some_and(|_| host.len() > 1)
        || Severity::from_word(name).is_some()
    {
        return None;
    }
    let message = rest.get(colon + 2..).unwrap_or("");
    let inner = read_header(unnumbered(message), options)
        .filter(|inner| (inner.level.is_some() || inner.http.is_some()) && inner.service.is_none());
    Some(Header {
        service: Some(name.to_owned()),
        instance: instance(Some(host), process),
        level: inner.as_ref().and_then(|inner| inner.level),
        place: inner.as_ref().and_then(|inner| inner.place.clone()),
        http: inner.as_ref().and_then(|inner| inner.http.clone()),
        fields: inner.as_ref().map(|inner| inner.fields.clone()).unwrap_or_default(),
        message: inner.map_or_else(|| message.to_owned(), |inner| inner.message),
        ..Header::default()
    })
}

/// Returns where the colon behind a tag stands, if it is near enough: a blank or nothing follows it.
fn end_of_tag(rest: &[u8]) -> Option<usize> {
    const LONGEST: usize = 64;
    let near = &rest[..rest.len().min(LONGEST + 1)];
    memchr::memchr_iter(b':', near).find(|at| matches!(rest.get(at + 1), None | Some(b' ')))
}

/// PostgreSQL numbers what it sends to syslog: `[12-1] ERROR:  text`.
fn unnumbered(message: &str) -> &str {
    let numbers = |text: &str| {
        let (message, line) = text.split_once('-')?;
        let number = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
        (number(message) && number(line)).then_some(())
    };
    let cut = message
        .strip_prefix('[')
        .and_then(|rest| rest.split_once("] "))
        .filter(|(inside, _)| numbers(inside).is_some());
    cut.map_or(message, |(_, text)| text)
}

/// Returns how one process of a host is named.
pub(super) fn instance(host: Option<&str>, process: Option<&str>) -> Option<String> {
    match (host, process) {
        (Some(host), Some(process)) => Some(format!("{host}/{process}")),
        (Some(host), None) => Some(host.to_owned()),
        (None, _) => None,
    }
}
