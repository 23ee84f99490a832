//! How numbers, times and lengths of time are written in reports and in the terminal.
//! Leaves out computing them; a time that is not known reads `unknown`.

use chrono::{DateTime, FixedOffset, Utc};

use crate::entry::Timestamp;

/// Returns `2026-09-16 00:41:13.084Z` for an RFC 3339 time.
pub fn time(rfc3339: Option<&str>) -> String {
    format(rfc3339, "%Y-%m-%d %H:%M:%S%.3fZ")
}

/// Returns `2026-09-16 00:41:13Z` for an RFC 3339 time.
pub fn seconds(rfc3339: Option<&str>) -> String {
    format(rfc3339, "%Y-%m-%d %H:%M:%SZ")
}

fn format(rfc3339: Option<&str>, pattern: &str) -> String {
    match rfc3339.map(DateTime::parse_from_rfc3339) {
        Some(Ok(time)) => time.with_timezone(&Utc).format(pattern).to_string(),
        _ => "unknown".to_string(),
    }
}

/// Returns `2026-09-15 17:41:13 -07:00`, the time as a clock with that offset shows it.
pub fn local(time: Timestamp, offset: FixedOffset) -> String {
    time.to_utc().with_timezone(&offset).format("%Y-%m-%d %H:%M:%S %:z").to_string()
}

/// Returns `1 min 47 s`, at most two units, rounded down so that `at least` stays true.
pub fn duration(seconds: i64) -> String {
    let sign = if seconds < 0 { "-" } else { "" };
    let seconds = seconds.unsigned_abs();
    let (days, hours, minutes, rest) = (seconds / 86_400, seconds / 3_600 % 24, seconds / 60 % 60, seconds % 60);
    let (first, second) = match (days, hours, minutes) {
        (0, 0, 0) => (format!("{rest} s"), None),
        (0, 0, _) => (format!("{minutes} min"), (rest > 0).then(|| format!("{rest} s"))),
        (0, _, _) => (format!("{hours} h"), (minutes > 0).then(|| format!("{minutes} min"))),
        (1, _, _) => ("1 day".to_string(), (hours > 0).then(|| format!("{hours} h"))),
        (_, _, _) => (format!("{days} days"), (hours > 0).then(|| format!("{hours} h"))),
    };
    match second {
        Some(second) => format!("{sign}{first} {second}"),
        None => format!("{sign}{first}"),
    }
}

/// Returns `6 min 56 s old`, or `3 days in the future` for what is stamped later than it was read.
pub fn age(seconds: i64) -> String {
    match seconds {
        ..0 => format!("{} in the future", duration(seconds.saturating_neg())),
        _ => format!("{} old", duration(seconds)),
    }
}

/// Returns `0.1 ms`, `340 ms`, `2.3 s` or `4 min 10 s`.
pub fn lag(milliseconds: f64) -> String {
    // Adding zero turns a rounded-away negative zero into zero.
    let milliseconds = (milliseconds * 10.0).round() / 10.0 + 0.0;
    let size = milliseconds.abs();
    let words = match size {
        _ if size < 10.0 => format!("{size:.1} ms"),
        _ if size < 1_000.0 => format!("{size:.0} ms"),
        _ if size < 60_000.0 => format!("{:.1} s", size / 1_000.0),
        _ => duration((size / 1_000.0) as i64),
    };
    if milliseconds < 0.0 { format!("{words} earlier") } else { words }
}

/// Returns `3.2 times`, or without a fraction from 100 on.
pub fn times(ratio: f64) -> String {
    if ratio < 100.0 { format!("{ratio:.1} times") } else { format!("{} times", number(ratio.round() as u64)) }
}

/// Returns the number with a comma at every thousand.
pub fn number(n: u64) -> String {
    let digits = n.to_string();
    let mut out = String::with_capacity(digits.len() + 6);
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// Returns the number with the word that fits it: `1 event`, `150 events`.
pub fn counted(n: u64, one: &str, many: &str) -> String {
    format!("{} {}", number(n), if n == 1 { one } else { many })
}
