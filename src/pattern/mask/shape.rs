//! The shapes of values that are recognised by hand because they are in nearly every line.
//! Leaves out addresses (`net`), dates and durations (`time`), and what becomes of a value found: the parent replaces it.

use serde::Deserialize;

use super::Words;
use super::chars::{digits, ends, run, skip};
use super::net::{ip, ip6, mac, port, query};
use super::time::{decimal, duration, timestamp};

/// A shape that a mask may name under `scan`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Shape {
    Query,
    Traceparent,
    Pod,
    Base64,
    Uuid,
    Timestamp,
    Mac,
    Ip6,
    Ip,
    Port,
    Version,
    Duration,
    Size,
    Address,
    Sha,
    Hex,
    Token,
    Code,
    Number,
}

/// A place in the text where a value could begin.
pub(super) struct At<'t> {
    pub(super) bytes: &'t [u8],
    pub(super) at: usize,
    /// The end of the word that begins here.
    pub(super) end: usize,
    /// Where the last replaced value ended.
    pub(super) masked: usize,
    pub(super) words: &'t Words,
}

/// What a shape says of a place.
pub(super) enum Found {
    /// These bytes are a value.
    Mask(usize, usize),
    /// Up to here the text tells the fault and no later mask may have it.
    Keep(usize),
}

impl Shape {
    /// Returns whether a value of this shape can begin with `byte`.
    pub(super) fn begins(self, byte: u8) -> bool {
        match self {
            Shape::Query => byte == b'?',
            Shape::Port => byte == b':',
            Shape::Ip6 => byte == b':' || byte.is_ascii_hexdigit(),
            Shape::Timestamp | Shape::Token | Shape::Pod | Shape::Base64 => byte.is_ascii_alphanumeric(),
            Shape::Uuid | Shape::Mac | Shape::Sha | Shape::Hex => byte.is_ascii_hexdigit(),
            Shape::Version => byte == b'v' || byte.is_ascii_digit(),
            Shape::Address => byte == b'0',
            Shape::Traceparent | Shape::Ip | Shape::Duration | Shape::Size | Shape::Code | Shape::Number => {
                byte.is_ascii_digit()
            }
        }
    }

    /// Returns whether a word of this length may be such a value, whatever follows it.
    pub(super) fn fits_alone(self, length: usize) -> bool {
        match self {
            Shape::Traceparent | Shape::Mac | Shape::Pod | Shape::Ip6 | Shape::Ip | Shape::Version => false,
            Shape::Base64 => length >= 40,
            Shape::Uuid => length == 32,
            // With the time of day in the word: `20240229T2359`.
            Shape::Timestamp => length > 8,
            Shape::Address => length > 2,
            Shape::Sha => length >= 40,
            Shape::Hex => length >= 6,
            Shape::Token => length >= 8,
            _ => true,
        }
    }

    /// Returns the bytes that may follow a word that begins such a value.
    pub(super) fn followers(self) -> &'static [u8] {
        match self {
            Shape::Traceparent | Shape::Pod | Shape::Uuid => b"-",
            Shape::Mac => b":-",
            Shape::Base64 => b"+/=",
            Shape::Timestamp => b" -/.:,T",
            Shape::Ip6 => b":",
            Shape::Ip | Shape::Version => b".",
            _ => b"",
        }
    }

    /// Returns whether a word of this length may begin such a value if `next` follows it.
    pub(super) fn fits_before(self, length: usize, next: u8) -> bool {
        let fits = match self {
            Shape::Traceparent | Shape::Mac => length == 2,
            Shape::Pod => (8..=10).contains(&length),
            Shape::Base64 => length >= 4,
            Shape::Uuid => length == 8,
            Shape::Timestamp => length <= 16,
            Shape::Ip6 => length <= 4,
            Shape::Ip => length <= 3,
            Shape::Version => true,
            _ => false,
        };
        fits && self.followers().contains(&next)
    }

    /// Returns what this shape finds at a place that it can begin at.
    pub(super) fn find(self, here: &At) -> Option<Found> {
        let (bytes, at) = (here.bytes, here.at);
        let word = &bytes[at..here.end];
        let next = bytes.get(here.end).copied().unwrap_or(b' ');
        if !self.fits_alone(word.len()) && !self.fits_before(word.len(), next) {
            return None;
        }
        let end = match self {
            Shape::Query => return query(here),
            Shape::Port => return port(here),
            Shape::Code => return code(here),
            Shape::Number => return number(here),
            Shape::Traceparent => hyphened(bytes, at, &[2, 32, 16, 2]),
            Shape::Uuid if word.len() == 32 => is_hex(word).then_some(here.end),
            Shape::Uuid => hyphened(bytes, at, &[8, 4, 4, 4, 12]),
            Shape::Pod => pod(bytes, at, here.end),
            Shape::Base64 => base64(bytes, at),
            Shape::Timestamp => timestamp(bytes, at),
            Shape::Mac => mac(bytes, at),
            Shape::Ip6 => ip6(here),
            Shape::Ip => ip(bytes, at),
            Shape::Version => version(bytes, at),
            Shape::Duration => duration(bytes, at),
            Shape::Size => size(bytes, at),
            Shape::Address => (word.len() > 2 && word[1] == b'x' && is_hex(&word[2..])).then_some(here.end),
            Shape::Sha => (matches!(word.len(), 40 | 64 | 128) && is_hex(word)).then_some(here.end),
            Shape::Hex => {
                let letters = word.iter().any(u8::is_ascii_alphabetic) && word.iter().any(u8::is_ascii_digit);
                (word.len() >= 6 && letters && is_hex(word)).then_some(here.end)
            }
            Shape::Token => is_token(word, at > 0 && bytes[at - 1] == b'_').then_some(here.end),
        }?;
        Some(Found::Mask(at, end))
    }
}

pub(super) fn is_hex(word: &[u8]) -> bool {
    word.iter().all(u8::is_ascii_hexdigit)
}

/// Letters and digits in turn are made up by a machine; `sha256` and `sqlite3` change over once or twice.
fn is_token(word: &[u8], prefixed: bool) -> bool {
    let count = |of: fn(&u8) -> bool| word.iter().filter(|byte| of(byte)).count();
    let turns = word.windows(2).filter(|two| two[0].is_ascii_digit() != two[1].is_ascii_digit()).count();
    let figures = count(u8::is_ascii_digit);
    word.len() >= 8
        && figures < word.len()
        && ((figures >= 2 && (turns >= 3 || prefixed)) || (figures >= 5 && turns >= 2) || figures >= 7)
}

/// Groups of hexadecimal digits of these lengths, joined by hyphens.
fn hyphened(bytes: &[u8], mut at: usize, lengths: &[usize]) -> Option<usize> {
    for (index, length) in lengths.iter().enumerate() {
        if index > 0 {
            at = skip(bytes, at, b'-')?;
        }
        if !is_hex(bytes.get(at..at + length)?) {
            return None;
        }
        at += length;
    }
    ends(bytes, at).then_some(at)
}

/// The two random parts of a pod's name, in the letters that Kubernetes draws from.
fn pod(bytes: &[u8], at: usize, end: usize) -> Option<usize> {
    let random = |range: std::ops::Range<usize>| {
        bytes.get(range).is_some_and(|part| part.iter().all(|byte| b"bcdfghjklmnpqrstvwxz2456789".contains(byte)))
    };
    let last = end + 1..end + 6;
    let named = at > 1 && bytes[at - 1] == b'-' && bytes[at - 2].is_ascii_alphanumeric();
    (named && random(at..end) && random(last.clone()) && ends(bytes, last.end)).then_some(last.end)
}

fn base64(bytes: &[u8], at: usize) -> Option<usize> {
    let inside = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'+' || *byte == b'/';
    if at > 0 && inside(&bytes[at - 1]) {
        return None;
    }
    let run_end = run(bytes, at, inside);
    let end = run(bytes, run_end, |byte| *byte == b'=');
    (run_end - at >= 40 && (1..=2).contains(&(end - run_end)) && ends(bytes, end)).then_some(end)
}

fn version(bytes: &[u8], at: usize) -> Option<usize> {
    let numbered = if bytes[at] == b'v' { at + 1 } else { at };
    let (mut end, mut parts) = (digits(bytes, numbered, 1, 9)?, 1);
    while let Some(next) = skip(bytes, end, b'.').and_then(|at| digits(bytes, at, 1, 12)) {
        end = next;
        parts += 1;
    }
    if parts < 2 || (parts == 2 && numbered == at) {
        return None;
    }
    while let Some(b'-' | b'+' | b'.') = bytes.get(end) {
        let next = run(bytes, end + 1, |byte| byte.is_ascii_alphanumeric());
        if next == end + 1 {
            break;
        }
        end = next;
    }
    end = run(bytes, end, u8::is_ascii_alphanumeric);
    Some(end)
}

fn size(bytes: &[u8], at: usize) -> Option<usize> {
    let whole = grouped(bytes, run(bytes, at, u8::is_ascii_digit), at);
    let number = if bytes[at..whole].contains(&b',') { whole } else { decimal(bytes, at)? };
    let word = skip(bytes, number, b' ').unwrap_or(number);
    let end = run(bytes, word, u8::is_ascii_alphabetic);
    let unit = &bytes[word..end];
    let known = match unit {
        b"bytes" | b"byte" | b"Bytes" | b"B" => true,
        [b'k' | b'K' | b'M' | b'G' | b'T' | b'P'] | [b'K' | b'M' | b'G' | b'T', b'i'] => word == number,
        [b'k' | b'K' | b'M' | b'G' | b'T' | b'P', b'B' | b'b'] | [b'K' | b'M' | b'G' | b'T', b'i', b'B'] => true,
        _ => false,
    };
    (known && ends(bytes, end)).then_some(end)
}

/// A number that the word before it makes part of the fault.
fn code(here: &At) -> Option<Found> {
    let (bytes, at) = (here.bytes, here.at);
    let word = &bytes[at..here.end];
    if !word.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let three = word.len() == 3 && matches!(word[0], b'1'..=b'5');
    if three && answers_request(&bytes[..at]) {
        return Some(Found::Keep(here.end));
    }
    let hyphen = at > 0 && bytes[at - 1] == b'-';
    let marks = bytes[..at].iter().rev().take(3).take_while(|byte| b" :=(#'\"[-".contains(byte)).count();
    let from = at
        - marks
        - bytes[..at - marks].iter().rev().take(24).take_while(|b| b.is_ascii_alphanumeric() || **b == b'_').count();
    let before = std::str::from_utf8(&bytes[from..at - marks]).ok()?;
    if before.is_empty() || marks == 0 {
        return None;
    }
    let number = || std::str::from_utf8(word).ok()?.parse().ok();
    let http = three && number().is_some_and(is_http_status);
    // `status 4711` is some value; only what HTTP or a process can answer tells the fault.
    if matches!(before, "status" | "Status" | "statuscode" | "statusCode" | "status_code")
        && !http
        && !bytes[..from].trim_ascii_end().to_ascii_lowercase().ends_with(b"exit")
    {
        return None;
    }
    let status = http && here.words.is_status(before);
    let port = before.eq_ignore_ascii_case("port") && number().is_some_and(|port| here.words.is_known_port(port));
    let documented = hyphen && marks == 1 && here.words.is_prefix(before);
    let known = documented || ((!hyphen || marks > 1) && (here.words.is_code(before) || status || port));
    known.then_some(Found::Keep(here.end))
}

/// Returns whether a number is a status code of HTTP in use (IANA registry, and those of common proxies).
fn is_http_status(number: u16) -> bool {
    matches!(number, 100..=103 | 200..=208 | 226 | 300..=308 | 400..=418 | 421..=426 | 428 | 429 | 431 | 444 | 451 | 460 | 463 | 499 | 500..=508 | 510 | 511 | 520..=527 | 530 | 598 | 599)
}

/// Returns whether `before` ends in a request line, such as `GET /beds HTTP/1.1" ` or `POST /beds -> `.
fn answers_request(before: &[u8]) -> bool {
    const METHODS: [&[u8]; 7] = [b"GET", b"HEAD", b"POST", b"PUT", b"PATCH", b"DELETE", b"OPTIONS"];
    let text = before[before.len().saturating_sub(400)..].trim_ascii_end();
    if text.len() == before.len() {
        return false;
    }
    let mut words = text
        .rsplit(u8::is_ascii_whitespace)
        .map(|word| {
            let from = word.iter().position(|byte| !b"\"'`([".contains(byte)).unwrap_or(word.len());
            let to = word.iter().rposition(|byte| !b"\"'`)],:;=".contains(byte)).map_or(from, |last| last + 1);
            &word[from..to.max(from)]
        })
        .filter(|word| !matches!(*word, b"" | b"->" | b"-" | b"=>"))
        .peekable();
    words.next_if(|word| word.starts_with(b"HTTP/"));
    words.next().is_some_and(|path| path.starts_with(b"/") || path.starts_with(b"http"))
        && words.next().is_some_and(|method| METHODS.contains(&method))
}

/// Returns the end of a number with the thousands that follow its first digits: `1,234,567`.
fn grouped(bytes: &[u8], mut end: usize, at: usize) -> usize {
    while end - at <= 30 && skip(bytes, end, b',').and_then(|at| digits(bytes, at, 3, 3)).is_some() {
        end += 4;
    }
    end
}

/// Any number with its sign, fraction, exponent, thousands or percent sign.
fn number(here: &At) -> Option<Found> {
    let (bytes, at) = (here.bytes, here.at);
    let mut end = run(bytes, at, u8::is_ascii_digit);
    end = grouped(bytes, end, at);
    if let Some(fraction) = skip(bytes, end, b'.').and_then(|at| digits(bytes, at, 1, 40)) {
        end = fraction;
    }
    if let Some(b'e' | b'E') = bytes.get(end) {
        let sign = bytes.get(end + 1).filter(|byte| matches!(byte, b'+' | b'-')).map_or(end + 1, |_| end + 2);
        end = digits(bytes, sign, 1, 3).unwrap_or(end);
    }
    if !ends(bytes, end) {
        return None;
    }
    end = skip(bytes, end, b'%').unwrap_or(end);
    let signed = at > here.masked
        && matches!(bytes[at - 1], b'-' | b'+')
        && (at == 1 || !(bytes[at - 2].is_ascii_alphanumeric() || b")>]".contains(&bytes[at - 2])));
    Some(Found::Mask(if signed { at - 1 } else { at }, end))
}
