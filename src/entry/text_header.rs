//! Reads the head of a text line: time, level, logger and where the message starts.
//! Leaves out lines that begin with neither a time nor a level: those have no head.

use super::level::level_token;
use super::logger_name::between;
use super::{CodeLocation, ReadOptions, Severity, Timestamp, access_line, clock, logfmt, redis, syslog};

/// The head of a line, and its message.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Header {
    /// Whether a time was written, even one without a date.
    pub(crate) has_time: bool,
    /// The time, where it has a date.
    pub(crate) time: Option<Timestamp>,
    /// Whether that time named no zone.
    pub(crate) zoneless: bool,
    /// The level written.
    pub(crate) level: Option<Severity>,
    /// Logger, function and line.
    pub(crate) place: Option<CodeLocation>,
    /// The program that syslog names.
    pub(crate) service: Option<String>,
    /// Host and process that syslog names.
    pub(crate) instance: Option<String>,
    /// The request that an access log line describes.
    pub(crate) http: Option<super::HttpRequest>,
    /// Whether level and message stand on the next line, as java.util.logging writes them.
    pub(crate) level_below: bool,
    /// Pairs of a logfmt line.
    pub(crate) fields: Vec<(String, String)>,
    /// The rest of the line.
    pub(crate) message: String,
}

/// Reads the head of a line, or `None` when it has none.
pub(crate) fn read_header(line: &str, options: &ReadOptions) -> Option<Header> {
    let line = line.trim_end_matches(['\r', '\n']);
    let first = *line.as_bytes().first()?;
    if first.is_ascii_whitespace() {
        return None;
    }
    if first == b'<'
        && let Some(header) = syslog::with_priority(line, options)
    {
        return Some(header);
    }
    if first.is_ascii_alphabetic()
        && let Some(header) = glog(line, options).or_else(|| logfmt::read(line, options))
    {
        return Some(header);
    }
    // An address that was redacted is still one.
    let marked = line.starts_with("<ip:") || line.starts_with("<ip6:");
    if (first.is_ascii_digit() || first.is_ascii_alphabetic() || first == b':' || first == b'-' || marked)
        && let Some(header) = access_line::read(line, options)
    {
        return Some(header);
    }
    if first.is_ascii_digit()
        && let Some(header) = redis::read(line, options)
    {
        return Some(header);
    }
    general(line, options)
}

/// Up to ten fields in any order; only a time or a level makes what stood before it part of the head.
fn general(line: &str, options: &ReadOptions) -> Option<Header> {
    let mut header = Header::default();
    let (mut at, mut message_at, mut open) = (0, 0, None);
    // Ruby's logger repeats the level as a letter before the time: `E, [2026-...`.
    if line.get(1..4) == Some(", [") {
        at = 3;
    }
    for _ in 0..10 {
        at = skip_separators(line, at, header.has_time || header.level.is_some());
        let rest = &line[at..];
        let inner = rest.strip_prefix(['[', '(']).filter(|_| open.is_none());
        let in_head = header.has_time;
        if !header.has_time {
            let (text, bracket) = inner.map_or((rest, 0), |inner| (inner, 1));
            if let Some(written) = clock::read_prefix(text, options).filter(|written| ends_well(text, written.length)) {
                (header.has_time, header.time, header.zoneless) =
                    (true, written.at, written.zoneless && written.at.is_some());
                at += bracket + written.length;
                message_at = at;
                open = (bracket == 1).then_some(if rest.starts_with('[') { ']' } else { ')' });
                if open.is_some_and(|close| line[at..].starts_with(close)) {
                    open = None;
                    at += 1;
                    message_at = at;
                }
                if header.level.is_some() && open.is_none() {
                    break;
                }
                // A time that something stamped before a line with a head of its own.
                if open.is_none()
                    && let Some(inner) = glog(line[at..].trim_start(), options)
                {
                    return Some(Header { has_time: true, time: header.time, zoneless: header.zoneless, ..inner });
                }
                if open.is_none()
                    && let Some(tail) = syslog::host_and_tag(&line[at..], written.yearless, options)
                {
                    return Some(Header { has_time: true, time: header.time, zoneless: header.zoneless, ..tail });
                }
                continue;
            }
        }
        if header.has_time
            && open.is_none()
            && header.level.is_none()
            && let Some((channel, level, length)) = channel_level(rest)
        {
            header.level = Some(level);
            header.place = Some(CodeLocation { module: Some(channel.to_owned()), ..CodeLocation::default() });
            message_at = at + length;
            break;
        }
        if header.level.is_none()
            && let Some((length, level)) = level_token(rest, in_head)
        {
            header.level = Some(level);
            at += length;
            message_at = at;
            if let Some(rest) = line[at..].strip_prefix(':')
                && !rest.starts_with(' ')
                && let Some((name, _)) = rest.split_once(':').filter(|(name, _)| is_plain_name(name))
            {
                // Python's basicConfig: `ERROR:root:text`.
                header.place = Some(CodeLocation { module: Some(name.to_owned()), ..CodeLocation::default() });
                message_at += 1 + name.len() + 1;
                break;
            }
            if header.has_time {
                break;
            }
            if rest.starts_with(['[', '(']) {
                continue;
            }
            if let Some((written, length)) = time_behind(&line[at..], options) {
                (header.has_time, header.time, header.zoneless) = (true, written.at, written.zoneless);
                at += length;
                message_at = at + numbered_module(&line[at..], &mut header);
            }
            break;
        }
        // What may stand between time and level: pid, thread, logger, request id.
        match context_token(rest).filter(|_| header.has_time && header.level.is_none()) {
            Some(length) => at += length,
            None => break,
        }
    }
    if !header.has_time && header.level.is_none() {
        return None;
    }
    if let Some(close) = open
        && let Some(end) = line[message_at..].find(close).filter(|end| *end <= 200)
    {
        let logger = line[message_at..message_at + end].trim_matches([' ', '/', ':', ',']);
        if header.place.is_none() && logger.len() > 1 && !logger.starts_with(|c: char| c.is_ascii_digit() || c == '#') {
            header.place = Some(CodeLocation { module: Some(logger.to_owned()), ..CodeLocation::default() });
        }
        message_at += end + 1;
    }
    finish(header, &line[message_at..])
}

/// Reads a time that stands behind the level: `ERROR 2026-03-10 09:00:07,123`, `ERROR [2026-03-10 09:00:07,123]`; returns
/// the bytes it takes with what is around it.
fn time_behind(rest: &str, options: &ReadOptions) -> Option<(clock::Written, usize)> {
    let inner = rest.trim_start_matches([' ', '\t']);
    let bracket = inner.starts_with(['[', '(']);
    let text = inner.get(usize::from(bracket)..)?;
    // A time without a date may be what the line speaks of.
    let digit = text.starts_with(|c: char| c.is_ascii_digit());
    let written = clock::read_prefix(text, options).filter(|written| digit && written.at.is_some())?;
    let behind = &text[written.length..];
    let closed = !bracket || behind.starts_with([']', ')']);
    (closed && ends_well(text, written.length)).then_some((written, rest.len() - behind.len() + usize::from(bracket)))
}

/// Reads `views 12 140735123456789 ` behind the time, as Django's documented layout has it: module, process, thread.
/// Returns the bytes it takes; a small number could be part of a sentence.
fn numbered_module(rest: &str, header: &mut Header) -> usize {
    let mut words = rest.trim_start().splitn(4, ' ');
    let (Some(module), Some(process), Some(thread), Some(message)) =
        (words.next(), words.next(), words.next(), words.next())
    else {
        return 0;
    };
    if !is_plain_name(module) || !is_number(process) || !is_number(thread) || thread.len() < 9 {
        return 0;
    }
    header.place = Some(CodeLocation { module: Some(module.to_owned()), ..CodeLocation::default() });
    rest.len() - message.len()
}

fn finish(mut header: Header, rest: &str) -> Option<Header> {
    let mut rest = rest.trim_start_matches([']', ')', ':', ',', '|', ' ', '\t']);
    while let Some(after) =
        rest.strip_prefix("- ").or_else(|| rest.strip_prefix("--- ")).filter(|_| header.level.is_some())
    {
        rest = after.trim_start();
    }
    if header.level.is_some() && header.place.is_none() {
        let between = between(rest);
        header.place = between.place;
        rest = rest[between.message_at..].trim_start_matches([' ', '\t']);
    }
    header.message = worker_ids(rest).to_owned();
    header.level_below = header.level.is_none() && names_method(&header.message);
    Some(header)
}

/// Returns whether a text is `com.acme.Shop run` and nothing else: a class with its package, and a method.
fn names_method(text: &str) -> bool {
    let name = |text: &str, also: &[u8]| {
        let inside = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_' || also.contains(&byte);
        text.starts_with(|c: char| c.is_ascii_alphabetic() || also.contains(&b'<') && c == '<')
            && text.bytes().all(inside)
    };
    text.split_once(' ').is_some_and(|(class, method)| {
        class.contains('.') && !class.ends_with('.') && name(class, b".$") && name(method, b"$<>")
    })
}

/// Reads `SEVERE: text`, which stands below a head without a level.
pub(crate) fn level_alone(line: &str) -> Option<(Severity, &str)> {
    let (word, message) = line.split_once(": ").or_else(|| Some((line.strip_suffix(':')?, "")))?;
    let known = ["SEVERE", "WARNING", "INFO", "CONFIG", "FINE", "FINER", "FINEST"].contains(&word);
    Severity::from_word(word).filter(|_| known).map(|level| (level, message))
}

/// `app.ERROR: text`, as Monolog writes: channel, level, and their length.
fn channel_level(rest: &str) -> Option<(&str, Severity, usize)> {
    let end = rest.bytes().position(|byte| !is_plain(byte))?;
    let token = rest[end..].starts_with(": ").then_some(&rest[..end])?;
    let (channel, level) = token.rsplit_once('.')?;
    let level = Some(level).filter(|level| level.bytes().all(|byte| byte.is_ascii_uppercase()))?;
    Some((channel, Severity::from_word(level)?, token.len())).filter(|_| is_plain_name(channel))
}

/// nginx writes `12#12: *3 ` before the message; the numbers name no cause.
fn worker_ids(rest: &str) -> &str {
    if !rest.starts_with(|c: char| c.is_ascii_digit()) {
        return rest;
    }
    let Some((ids, text)) = rest.split_once(": ") else { return rest };
    let numbers = ids.split_once('#').is_some_and(|(a, b)| is_number(a) && is_number(b));
    if !numbers {
        return rest;
    }
    match text.strip_prefix('*').and_then(|text| text.split_once(' ')) {
        Some((connection, text)) if is_number(connection) => text,
        _ => text,
    }
}

fn skip_separators(line: &str, at: usize, in_head: bool) -> usize {
    if !in_head {
        return at;
    }
    let mut rest = &line[at..];
    loop {
        let next = rest.trim_start_matches([' ', '\t', '|', ']', ',', ':', ')']);
        let next = next.strip_prefix("- ").unwrap_or(next);
        if next.len() == rest.len() {
            return line.len() - rest.len();
        }
        rest = next;
    }
}

/// A time must end where a word ends, or `10:00:00abc` would be one.
fn ends_well(text: &str, length: usize) -> bool {
    !text[length..].starts_with(|c: char| c.is_ascii_alphanumeric() || c == '%')
}

fn context_token(rest: &str) -> Option<usize> {
    let close = match rest.chars().next() {
        Some('[') => Some(']'),
        Some('(') => Some(')'),
        // ClickHouse writes the query's id in braces; JSON is no context.
        Some('{') if !rest.starts_with("{\"") => Some('}'),
        _ => None,
    };
    if let Some(close) = close {
        return rest.find(close).filter(|end| *end <= 120).map(|end| end + 1);
    }
    let length = rest.find([' ', '\t', '|']).unwrap_or(rest.len());
    let token = &rest[..length];
    if length == 0 || length > 100 {
        return None;
    }
    let number = token.trim_start_matches('#').bytes().all(|byte| byte.is_ascii_digit() || byte == b':');
    let name = token.contains(['.', '/', '-', '_', '@', '#', '$', '=']) && !token.ends_with(['.', ',', ':', '!', '?']);
    let separated = rest[length..].starts_with(" - ") || rest[length..].starts_with(" | ");
    (number || name || separated).then_some(length)
}

/// `E0101 12:00:00.000000       1 file.go:12] text`, as glog and klog write.
pub(super) fn glog(line: &str, options: &ReadOptions) -> Option<Header> {
    let bytes = line.as_bytes();
    let [b'I' | b'W' | b'E' | b'F', b'0'..=b'9', ..] = bytes else { return None };
    let level = Severity::from_word(line.get(..1)?)?;
    let length = bytes[1..].iter().take_while(|byte| byte.is_ascii_digit()).count();
    let date = line.get(1..1 + length)?;
    let rest = line.get(1 + length..)?.strip_prefix(' ')?;
    // Newer versions write the year.
    let date = match length {
        4 => format!("{:04}-{}-{}", options.reference_year, &date[..2], &date[2..]),
        8 => format!("{}-{}-{}", &date[..4], &date[4..6], &date[6..]),
        _ => return None,
    };
    let end = rest.find(' ')?;
    let written = clock::read_text(&format!("{date} {}", &rest[..end]), options)?;
    let (head, message) = rest[end..].split_once("] ").or_else(|| rest[end..].split_once(']'))?;
    let (file, number) = head.trim().rsplit(' ').next()?.rsplit_once(':')?;
    let place = CodeLocation { module: Some(file.to_owned()), function: None, line: number.parse().ok() };
    Some(Header {
        has_time: true,
        time: written.at,
        zoneless: written.zoneless,
        level: Some(level),
        place: Some(place),
        message: message.to_owned(),
        ..Header::default()
    })
}

fn is_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

fn is_plain_name(text: &str) -> bool {
    !text.is_empty() && text.len() <= 80 && text.bytes().all(is_plain)
}

fn is_plain(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-')
}
