//! Addresses of machines, their ports, and the query strings of routes.
//! Leaves out host names: they name the dependency that failed.

use super::chars::{digits, ends, run, skip};
use super::shape::{At, Found, is_hex};

pub(super) fn mac(bytes: &[u8], at: usize) -> Option<usize> {
    let separator = *bytes.get(at + 2).filter(|byte| matches!(byte, b':' | b'-'))?;
    let mut end = at;
    for pairs in 1..=20 {
        if !is_hex(bytes.get(end..end + 2)?) {
            return None;
        }
        end += 2;
        if bytes.get(end) != Some(&separator) {
            return (pairs >= 6 && ends(bytes, end)).then_some(end);
        }
        end += 1;
    }
    None
}

pub(super) fn ip6(here: &At) -> Option<usize> {
    let (bytes, at) = (here.bytes, here.at);
    if at > 0 && (bytes[at - 1].is_ascii_alphanumeric() || bytes[at - 1] == b':') {
        return None;
    }
    let end = run(bytes, at, |byte| byte.is_ascii_hexdigit() || *byte == b':');
    let text = bytes[at..end].strip_suffix(b":").filter(|text| !text.ends_with(b":")).unwrap_or(&bytes[at..end]);
    let end = at + text.len();
    let colons = text.iter().filter(|byte| **byte == b':').count();
    let short = text.windows(2).any(|two| two == b"::");
    let groups = text.split(|byte| *byte == b':').all(|group| group.len() <= 4);
    let digit = text.iter().any(u8::is_ascii_digit);
    (groups && digit && ends(bytes, end) && ((short && (2..=7).contains(&colons)) || colons == 7)).then_some(end)
}

pub(super) fn ip(bytes: &[u8], at: usize) -> Option<usize> {
    let mut end = at;
    for part in 0..4 {
        let from = if part == 0 { end } else { skip(bytes, end, b'.')? };
        end = digits(bytes, from, 1, 3)?;
        bytes[from..end]
            .iter()
            .try_fold(0u32, |sum, byte| Some(sum * 10 + u32::from(byte - b'0')))
            .filter(|n| *n < 256)?;
    }
    // A fifth part makes it a version.
    if skip(bytes, end, b'.').is_some_and(|at| !ends(bytes, at)) || !ends(bytes, end) {
        return None;
    }
    let prefix = skip(bytes, end, b'/').and_then(|at| digits(bytes, at, 1, 2)).filter(|end| ends(bytes, *end));
    Some(prefix.unwrap_or(end))
}

pub(super) fn port(here: &At) -> Option<Found> {
    let (bytes, at) = (here.bytes, here.at);
    let end = digits(bytes, at + 1, 1, 5).filter(|end| ends(bytes, *end))?;
    let port = std::str::from_utf8(&bytes[at + 1..end]).ok()?.parse::<u16>().ok()?;
    let after_address = at > 0 && (here.masked == at || bytes[at - 1] == b']');
    // A second number after a colon makes it a line and a column.
    let column = skip(bytes, end, b':').is_some_and(|at| bytes.get(at).is_some_and(u8::is_ascii_digit));
    let after_host = at > 0 && bytes[at - 1].is_ascii_alphanumeric() && !column;
    if here.words.is_known_port(port) && (after_address || after_host) {
        return Some(Found::Keep(end));
    }
    after_address.then_some(Found::Mask(at + 1, end))
}

pub(super) fn query(here: &At) -> Option<Found> {
    let (bytes, at) = (here.bytes, here.at);
    let before = *bytes.get(at.checked_sub(1)?)?;
    let key = run(bytes, at + 1, |byte| byte.is_ascii_alphanumeric() || b"_-.%[]".contains(byte));
    if !(before.is_ascii_alphanumeric() || before == b'/' || here.masked == at) || bytes.get(key) != Some(&b'=') {
        return None;
    }
    Some(Found::Mask(at, run(bytes, key, |byte| !byte.is_ascii_whitespace() && !b"\"'`<>)]}|".contains(byte))))
}
