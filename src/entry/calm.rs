//! What a calm entry is counted as: one that states a severity below every event's and whose text cannot change that.
//! Leaves out telling which entries are calm without parsing them: the source room's `skim` does.

use std::hash::BuildHasher;
use std::sync::LazyLock;

use foldhash::quality::RandomState;

use super::text_entry::clean;
use super::{ReadOptions, Severity, Timestamp, access_text, http, structured, text_header};

/// What the coverage needs to know of an entry that is nothing but counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Calm {
    /// Its effective severity.
    pub severity: Severity,
    /// When it happened.
    pub timestamp: Timestamp,
    /// When Cloud Logging received it.
    pub received: Option<Timestamp>,
    /// What an entry read twice shares with itself; see [`identity`].
    pub identity: u64,
    /// Number of its service and revision in a list that goes with it.
    pub origin: u16,
}

/// Returns what tells an entry from every other: a keyed sum of log name, timestamp and insertId, which is Cloud
/// Logging's own rule for what is one entry. The key is drawn anew in every run, so that nobody can write entries that
/// are taken for each other; the chance that two of a million meet is below 3e-8.
pub fn identity(log_name: &[u8], timestamp: Option<Timestamp>, insert_id: &[u8]) -> u64 {
    static KEY: LazyLock<RandomState> = LazyLock::new(RandomState::default);
    // No time is as good as the first of all; entries of both kinds have other names.
    KEY.hash_one((log_name, timestamp.map_or(i64::MIN, |time| time.0), insert_id))
}

/// Reads times as Cloud Logging writes them, and remembers the last minute: most entries are of the same one.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Instants {
    /// `2026-01-01T10:00`, and its nanoseconds since 1970.
    minute: ([u8; 16], i64),
}

impl Instants {
    /// Reads `2026-01-01T10:00:00.123Z` as the general reader does; `None` for a time that is written in another way.
    pub(crate) fn read(&mut self, text: &[u8]) -> Option<Timestamp> {
        let (minute, rest) = text.split_first_chunk::<16>()?;
        let (second, fraction) = rest.split_first_chunk::<3>()?;
        let [b':', tens @ b'0'..=b'5', ones @ b'0'..=b'9'] = *second else { return None };
        if self.minute.0 != *minute {
            self.minute = (*minute, read_minute(minute)?);
        }
        let seconds = i64::from(tens - b'0') * 10 + i64::from(ones - b'0');
        let nanos = match fraction {
            b"Z" => 0,
            [b'.', digits @ .., b'Z'] => fraction_nanos(digits)?,
            _ => return None,
        };
        Some(Timestamp(self.minute.1 + seconds * 1_000_000_000 + nanos))
    }
}

/// Reads the digits behind a second's point.
fn fraction_nanos(digits: &[u8]) -> Option<i64> {
    const SCALE: [i64; 10] = [1_000_000_000, 100_000_000, 10_000_000, 1_000_000, 100_000, 10_000, 1000, 100, 10, 1];
    let scale = SCALE.get(digits.len()).filter(|_| !digits.is_empty())?;
    let (mut nanos, mut wrong) = (0, false);
    for byte in digits {
        let digit = byte.wrapping_sub(b'0');
        wrong |= digit > 9;
        nanos = nanos * 10 + i64::from(digit);
    }
    (!wrong).then_some(nanos * scale)
}

/// Reads `2026-01-01T10:00` as nanoseconds since 1970.
fn read_minute(text: &[u8; 16]) -> Option<i64> {
    const DIGITS: [usize; 12] = [0, 1, 2, 3, 5, 6, 8, 9, 11, 12, 14, 15];
    if [text[4], text[7], text[10], text[13]] != *b"--T:" || DIGITS.iter().any(|at| !text[*at].is_ascii_digit()) {
        return None;
    }
    let two = |at: usize| i64::from(text[at] - b'0') * 10 + i64::from(text[at + 1] - b'0');
    let (year, month, day) = (two(0) * 100 + two(2), two(5), two(8));
    let (hour, minute) = (two(11), two(14));
    // Years of which all days can be told in nanoseconds; others are left to the general reader.
    if !(1970..=2200).contains(&year) || day < 1 || !month_has(year, month, day) || hour > 23 || minute > 59 {
        return None;
    }
    // Days since 1970, years counted from March: H. Hinnant, "chrono-compatible low-level date algorithms".
    let year = year - i64::from(month <= 2);
    let (era, of_era) = (year / 400, year % 400);
    let of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    let days = era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468;
    Some((days * 86_400 + hour * 3600 + minute * 60) * 1_000_000_000)
}

fn month_has(year: i64, month: i64, day: i64) -> bool {
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let most = match month {
        2 => 28 + i64::from(leap),
        4 | 6 | 9 | 11 => 30,
        1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
        _ => return false,
    };
    day <= most
}

/// Returns the effective severity of an entry that states `field` and says `message`; `None` where only decoding the
/// whole entry tells. `platform` says that its platform logs requests by itself.
///
/// Follows `cloud::decode`: only a head with a time or a line that describes a whole request could change anything.
pub(crate) fn calm_severity(message: &str, field: Severity, platform: bool, options: &ReadOptions) -> Option<Severity> {
    let decorated = memchr::memchr3(b'<', b'\\', b'\x1b', message.as_bytes()).is_some();
    let cleaned = if decorated { clean(message) } else { String::new() };
    let message = if decorated { cleaned.as_str() } else { message.trim_end() };
    // A structured line states a level of its own.
    if structured::may_be(message) {
        return None;
    }
    // A blank in front changes what is read, and no message at all would be no payload.
    message.chars().next().filter(|first| !first.is_whitespace() && !first.is_control())?;
    let end = memchr::memchr(b'\n', message.as_bytes()).unwrap_or(message.len());
    let line = message[..end].strip_suffix('\r').unwrap_or(&message[..end]);
    if line.is_empty() {
        return None;
    }
    if may_be_headed(line) && text_header::read_header(line, options).is_some_and(|header| header.has_time) {
        return None;
    }
    let request = if platform || !may_be_request(line) { None } else { access_text::read(line) };
    let by_status = request.and_then(|request| request.status).map_or(Severity::Default, http::severity);
    Some(field.max(by_status))
}

/// Whether a time may stand in the head of a line; follows `text_header`.
fn may_be_headed(line: &str) -> bool {
    let bytes = line.as_bytes();
    match bytes[0] {
        first if first.is_ascii_alphabetic() => {
            let second = bytes.get(1).copied().unwrap_or(b' ');
            let pair = memchr::memchr3(b'=', b' ', b'"', bytes).is_some_and(|at| bytes[at] == b'=');
            let named = first.is_ascii_uppercase() && !second.is_ascii_uppercase();
            named && is_calendar(bytes)
                || number_behind(line)
                || second == b','
                || second.is_ascii_digit()
                || pair
                || has_quote(bytes)
        }
        first => first.is_ascii() && !first.is_ascii_whitespace(),
    }
}

/// Whether a number follows a level at the start: a time may stand behind it.
fn number_behind(line: &str) -> bool {
    let word = line.bytes().take_while(u8::is_ascii_alphabetic).count();
    let rest = line[word..].trim_start_matches([' ', '\t', '[', '(', ':']);
    rest.starts_with(|c: char| c.is_ascii_digit()) && Severity::from_word(&line[..word]).is_some()
}

/// Whether a line begins as a day of the week or a month.
fn is_calendar(bytes: &[u8]) -> bool {
    const NAMES: [&[u8; 3]; 19] = [
        b"Mon", b"Tue", b"Wed", b"Thu", b"Fri", b"Sat", b"Sun", b"Jan", b"Feb", b"Mar", b"Apr", b"May", b"Jun", b"Jul",
        b"Aug", b"Sep", b"Oct", b"Nov", b"Dec",
    ];
    bytes.first_chunk().is_some_and(|start| NAMES.contains(&start))
}

/// Whether a line may describe a request; follows `access_text`.
fn may_be_request(line: &str) -> bool {
    let word = line.as_bytes().iter().take_while(|byte| byte.is_ascii_uppercase()).count();
    word >= 3 && access_text::is_method(&line[..word]) || has_quote(line.as_bytes())
}

fn has_quote(line: &[u8]) -> bool {
    memchr::memchr(b'"', line).is_some()
}

#[cfg(test)]
mod tests {
    use super::super::clock::read_text;
    use super::*;

    #[test]
    fn an_instant_is_what_the_general_reader_reads() {
        let options = ReadOptions::default();
        let mut instants = Instants::default();
        let mut check = |text: &str| {
            let slow = read_text(text, &options).filter(|written| !written.zoneless).and_then(|written| written.at);
            assert_eq!(instants.read(text.as_bytes()), slow, "{text}");
        };
        for year in [1970, 1999, 2000, 2023, 2024, 2026, 2100] {
            for month in 0..14 {
                for day in [0, 1, 2, 27, 28, 29, 30, 31, 32] {
                    check(&format!("{year:04}-{month:02}-{day:02}T23:59:59.5Z"));
                }
            }
        }
        for text in
            ["T00:00:00Z", "T24:00:00Z", "T10:60:00Z", "T10:00:00.123456789Z", "T10:00:00.000001Z", "Tx0:00:00Z"]
        {
            check(&format!("2026-09-16{text}"));
        }
        // What the quick one leaves to the general one.
        let left =
            ["2026-09-16T00:00:60Z", "2026-09-16 00:00:00Z", "2026-09-16T00:00:00+02:00", "2026-09-16T00:00:00.Z"];
        assert!(left.iter().all(|text| Instants::default().read(text.as_bytes()).is_none()));
    }

    #[test]
    fn a_calm_message_changes_nothing_or_is_read_in_full() {
        let check = |message: &str, platform: bool, expect: Option<Severity>| {
            let found = calm_severity(message, Severity::Info, platform, &ReadOptions::default());
            assert_eq!(found, expect, "{message}");
        };
        check("cart 17 saved in 12ms", false, Some(Severity::Info));
        check("5 carts saved", false, Some(Severity::Info));
        check("GET /healthz 200 3ms", false, Some(Severity::Info));
        check("GET /carts/1 500 3ms", false, Some(Severity::Error));
        check("GET /carts/1 500 3ms", true, Some(Severity::Info));
        check("10.1.2.3:5 - \"GET /x HTTP/1.1\" 404", false, Some(Severity::Warning));
        check("2026-09-16 00:00:00 ERROR x", true, None);
        check("Sep 16 00:00:00 host app: x", true, None);
        check("I0916 00:40:00.123456 1 main.go:12] x", true, None);
        check("level=info ts=2026-09-16T00:40:00Z msg=x", true, None);
        check("[2026-09-16 00:00:00] x", true, None);
        check("INFO 2026-09-16 00:00:00 GET /x 500", true, None);
        check("INFO [2026-09-16 00:00:00] x", true, None);
        check("Mar 16, 2026 9:00:00 AM com.acme.Shop run", true, None);
        check("<red>GET</red> /x 500", false, Some(Severity::Error));
        check("  indented", true, None);
        check("{\"level\":\"error\",\"msg\":\"x\"}", true, None);
        check("{0} carts saved", true, Some(Severity::Info));
        check("", true, None);
    }
}
