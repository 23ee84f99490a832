//! Reads lines of Redis: process, role, time and a sign for the level.
//! Leaves out what its messages mean, except for those with which it gives up: its highest level is a warning.

use super::text_header::Header;
use super::{ReadOptions, Severity, clock};

/// What begins a message with which the server gives up.
const GIVES_UP: [&str; 4] = ["out of memory ", "fatal ", "=== redis bug report start", "=== valkey bug report start"];

/// Reads `77:M 10 Mar 2026 09:00:00.123 # text`.
pub(super) fn read(line: &str, options: &ReadOptions) -> Option<Header> {
    let digits = line.bytes().take_while(u8::is_ascii_digit).count();
    let rest = line.get(digits..)?.strip_prefix(':').filter(|_| digits > 0)?.strip_prefix(['M', 'S', 'C', 'X'])?;
    let rest = rest.strip_prefix(' ')?;
    let written = clock::read_prefix(rest, options)?;
    let rest = rest[written.length..].strip_prefix(' ')?;
    let (sign, message) = rest.split_once(' ')?;
    let level = match sign {
        "." => Severity::Debug,
        "-" => Severity::Info,
        "*" => Severity::Notice,
        "#" if GIVES_UP.iter().any(|start| begins(message, start)) => Severity::Error,
        "#" => Severity::Warning,
        _ => return None,
    };
    Some(Header {
        has_time: true,
        time: written.at,
        zoneless: written.zoneless,
        level: Some(level),
        message: message.to_owned(),
        ..Header::default()
    })
}

fn begins(message: &str, start: &str) -> bool {
    message.get(..start.len()).is_some_and(|head| head.eq_ignore_ascii_case(start))
}
