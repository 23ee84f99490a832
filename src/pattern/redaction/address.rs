//! Addresses of machines, version 4, as they stand in logs: told from versions, with ports and in names.
//! Leaves out where one may begin, and version 6: see `scan`.

use core::net::Ipv4Addr;

use super::checks::is_public;
use super::scan::{begins_freely, is_word, run};

/// Returns the end of four numbers with points between, which no fifth follows but a port, as tcpdump writes it.
pub(super) fn ip(bytes: &[u8], at: usize) -> Option<usize> {
    let mut end = at;
    for part in 0..4 {
        if part > 0 {
            end = (bytes.get(end) == Some(&b'.')).then_some(end + 1)?;
        }
        let stop = run(bytes, end, |byte| byte.is_ascii_digit());
        if !(1..=3).contains(&(stop - end)) {
            return None;
        }
        end = stop;
    }
    let next = bytes.get(end + 1);
    let more = run(bytes, (end + 1).min(bytes.len()), |byte| byte.is_ascii_digit()) - (end + 1).min(bytes.len());
    let fifth = bytes.get(end) == Some(&b'.')
        && !is_flow(bytes, at, end + 1)
        && match next {
            // Ports have more digits than the numbers of a version, and nothing follows them.
            Some(byte) if byte.is_ascii_digit() => {
                let after = bytes.get(end + 1 + more);
                !(4..=5).contains(&more) || after.is_some_and(|byte| is_word(*byte) || *byte == b'.')
            }
            // A name that begins with its address has points of its own: `203.0.113.7.bc.example`.
            Some(byte) if is_word(*byte) => !is_domain(bytes, end + 1),
            _ => false,
        };
    let joined = bytes.get(end).is_some_and(|byte| is_word(*byte))
        || bytes.get(end) == Some(&b'-') && next.is_some_and(u8::is_ascii_alphabetic);
    (!fifth && !joined).then_some(end)
}

/// Whether it stands as tcpdump writes it: `IP 203.0.113.7.5432 > 198.51.100.2.https: Flags`.
fn is_flow(bytes: &[u8], at: usize, port: usize) -> bool {
    let near = &bytes[..bytes.len().min(port + 24)];
    let end = run(near, port, |byte| byte.is_ascii_alphanumeric() || byte == b'-');
    let (before, after) = (&bytes[..at], &bytes[end..]);
    let leaves = after.starts_with(b" > ") && after.get(3).is_some_and(u8::is_ascii_alphanumeric);
    let arrives = before.ends_with(b" > ") && before.len() > 3 && after.starts_with(b":");
    end > port && (leaves || arrives)
}

/// Whether labels of a domain begin here, two at least.
fn is_domain(bytes: &[u8], at: usize) -> bool {
    let end = run(&bytes[..bytes.len().min(at + 128)], at, |byte| is_word(byte) || matches!(byte, b'.' | b'-'));
    let labels: Vec<&[u8]> = bytes[at..end].split(|byte| *byte == b'.').filter(|label| !label.is_empty()).collect();
    // The last label of a name on the internet has no digits (RFC 3696).
    let last = labels.last().is_some_and(|last| last.len() >= 2 && last.iter().all(u8::is_ascii_alphabetic));
    labels.len() >= 2
        && last
        && !matches!(labels.last(), Some(&b"jar" | &b"tar" | &b"gz" | &b"whl" | &b"zip" | &b"tgz"))
}

pub(super) fn address(bytes: &[u8], at: usize, end: usize) -> Option<Ipv4Addr> {
    std::str::from_utf8(&bytes[at..end]).ok()?.parse().ok()
}

/// Whether what stands before says that it is a version: `Chrome/120.0.0.0`, `version 1.2.3.4`, `>=1.2.3.4`, `lib-1.2.3.4`.
pub(super) fn is_version(bytes: &[u8], at: usize, end: usize) -> bool {
    let Some(last) = at.checked_sub(1).map(|at| bytes[at]) else { return false };
    let twice = at >= 2 && bytes[at - 2] == last;
    match last {
        // The second address of a range.
        b'-' if at >= 2 && ends_address(&bytes[..at - 1]) => return false,
        b'-' | b'^' | b'~' | b'.' => return true,
        b'=' => {
            return twice
                || (at >= 2 && matches!(bytes[at - 2], b'>' | b'<' | b'~' | b'!'))
                || says_version(bytes, at - 1);
        }
        b'_' => return says_version(bytes, at - 1),
        b'/' if !twice => {
            let start = bytes[..at - 1].iter().rposition(|byte| !(is_word(*byte) || matches!(byte, b'.' | b'-')));
            let name = &bytes[start.map_or(0, |start| start + 1)..at - 1];
            // A product is one word and its version ends the word; a host has points, and a port may follow its address.
            // Who comes from an address is no product.
            const COMERS: [&[u8]; 8] = [b"user", b"client", b"host", b"peer", b"ip", b"from", b"addr", b"remote"];
            let comes = COMERS.iter().any(|word| name.eq_ignore_ascii_case(word));
            return !comes && !name.is_empty() && !name.contains(&b'.') && bytes.get(end) != Some(&b':');
        }
        _ => {}
    }
    says_version(bytes, at)
}

/// Whether four numbers end here that are an address.
fn ends_address(bytes: &[u8]) -> bool {
    let is_part = |byte: &u8| byte.is_ascii_digit() || *byte == b'.';
    let length = bytes.iter().rev().take(16).take_while(|byte| is_part(byte)).count();
    let start = bytes.len() - length;
    address(bytes, start, bytes.len()).is_some_and(is_public)
        && begins_freely(bytes, start)
        && !matches!(bytes[..start].last(), Some(b'-' | b'^' | b'~' | b'.'))
        && !says_version(bytes, start)
}

/// Whether the word before `at` is one for versions.
fn says_version(bytes: &[u8], at: usize) -> bool {
    let stop = bytes[..at].iter().rposition(|byte| !matches!(byte, b' ' | b':' | b'=' | b'"' | b'\'' | b'(' | b'\\'));
    let Some(stop) = stop.filter(|stop| at - stop <= 6) else { return false };
    let start = bytes[..=stop].iter().rposition(|byte| !byte.is_ascii_alphanumeric()).map_or(0, |start| start + 1);
    let word = bytes[start..=stop].to_ascii_lowercase();
    const WORDS: [&[u8]; 18] = [
        b"version",
        b"versions",
        b"ver",
        b"v",
        b"release",
        b"build",
        b"upgrade",
        b"oid",
        b"kernel",
        b"linux",
        b"protobuf",
        b"grpc",
        b"chrome",
        b"firefox",
        b"library",
        b"package",
        b"driver",
        b"runtime",
    ];
    WORDS.contains(&&word[..]) || word.ends_with(b"version")
}
