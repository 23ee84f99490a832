//! Dates, times of day and durations, in the forms that loggers print.
//! Leaves out what time they mean: `entry::timestamp` reads that; here they are values to be masked.

use super::chars::{day, digits, ends, month, run, skip};

/// Returns the end of a date, a time of day, or both, that begins at `at`.
pub(super) fn timestamp(bytes: &[u8], at: usize) -> Option<usize> {
    let end = match bytes.get(at)? {
        b'0'..=b'9' => {
            let date = year_first(bytes, at).or_else(|| year_last(bytes, at)).or_else(|| compact(bytes, at));
            match date {
                Some(date) => after_date(bytes, date),
                None => clock(bytes, at)?,
            }
        }
        _ => match day(bytes, at) {
            Some(end) => written(bytes, spaces(bytes, skip(bytes, end, b',').unwrap_or(end))?)?,
            None => written(bytes, at)?,
        },
    };
    ends(bytes, end).then_some(end)
}

/// `2024-02-29`, `2024/2/9`, `2024.02.29`
fn year_first(bytes: &[u8], at: usize) -> Option<usize> {
    let year = digits(bytes, at, 4, 4)?;
    let separator = *bytes.get(year).filter(|byte| matches!(byte, b'-' | b'/' | b'.'))?;
    let month = digits(bytes, year + 1, 1, 2)?;
    digits(bytes, skip(bytes, month, separator)?, 1, 2)
}

/// `29/02/2024`, `02/29/24`, `29.02.2024`, `29/Feb/2024`, `29-Feb-2024`
fn year_last(bytes: &[u8], at: usize) -> Option<usize> {
    let first = digits(bytes, at, 1, 2)?;
    let separator = *bytes.get(first).filter(|byte| matches!(byte, b'-' | b'/' | b'.'))?;
    let (second, named) = match month(bytes, first + 1) {
        Some(end) => (end, true),
        None => (digits(bytes, first + 1, 1, 2)?, false),
    };
    // Two digits for the year only with slashes and a time: 1/2/24 alone is rather a fraction or a path.
    let year = skip(bytes, second, separator)?;
    digits(bytes, year, 4, 4).or_else(|| {
        let end = digits(bytes, year, 2, 2).filter(|_| separator == b'/' || named)?;
        clock(bytes, spaces(bytes, end)?).map(|_| end)
    })
}

/// `20240229T235958Z`, `20240229-23:59:58`
fn compact(bytes: &[u8], at: usize) -> Option<usize> {
    if !bytes[at..].starts_with(b"19") && !bytes[at..].starts_with(b"20") {
        return None;
    }
    let end = run(bytes, at, u8::is_ascii_digit);
    if end - at != 8 {
        return None;
    }
    match bytes.get(end)? {
        b'T' => digits(bytes, end + 1, 4, 6).map(|time| skip(bytes, time, b'Z').unwrap_or(time)),
        b'-' | b'_' => clock(bytes, end + 1),
        _ => None,
    }
}

/// What may follow a date: a joint, a time of day and a zone.
fn after_date(bytes: &[u8], date: usize) -> usize {
    let joint = match bytes.get(date) {
        Some(b'T' | b't' | b':' | b'_' | b' ' | b'-') => date + 1,
        Some(b',') => skip(bytes, date + 1, b' ').unwrap_or(date + 1),
        _ => return date,
    };
    clock(bytes, joint).or_else(|| dotted_clock(bytes, joint)).unwrap_or(date)
}

/// `23:59:58`, `23:59:58.123456Z`, `23:59:58,123 +02:00`, `23:59:58:123`
fn clock(bytes: &[u8], at: usize) -> Option<usize> {
    let hour = digits(bytes, at, 1, 2)?;
    let minute = digits(bytes, skip(bytes, hour, b':')?, 1, 2)?;
    let second = digits(bytes, skip(bytes, minute, b':')?, 1, 2)?;
    let fraction = match bytes.get(second) {
        Some(b'.' | b',' | b':') => digits(bytes, second + 1, 1, 9).unwrap_or(second),
        _ => second,
    };
    Some(zone(bytes, fraction))
}

/// `23.59.58.123456`, only after a date
fn dotted_clock(bytes: &[u8], at: usize) -> Option<usize> {
    let hour = digits(bytes, at, 2, 2)?;
    let minute = digits(bytes, skip(bytes, hour, b'.')?, 2, 2)?;
    let second = digits(bytes, skip(bytes, minute, b'.')?, 2, 2)?;
    Some(skip(bytes, second, b'.').and_then(|at| digits(bytes, at, 1, 9)).unwrap_or(second))
}

fn zone(bytes: &[u8], at: usize) -> usize {
    let from = skip(bytes, at, b' ').unwrap_or(at);
    for name in [&b"UTC"[..], b"GMT", b"Z", b"CET", b"CEST"] {
        if bytes[from..].starts_with(name) && ends(bytes, from + name.len()) && (name.len() > 1 || from == at) {
            return from + name.len();
        }
    }
    let offset = bytes.get(from).filter(|byte| matches!(byte, b'+' | b'-')).and_then(|_| {
        let whole = digits(bytes, from + 1, 4, 4);
        whole.or_else(|| digits(bytes, skip(bytes, digits(bytes, from + 1, 2, 2)?, b':')?, 2, 2))
    });
    offset.filter(|end| ends(bytes, *end)).unwrap_or(at)
}

/// `Feb 29 23:59:58 2024`, `29 Feb 2024 23:59:58 GMT`, `Feb 29, 2024`
fn written(bytes: &[u8], at: usize) -> Option<usize> {
    if let Some(first) = digits(bytes, at, 1, 2) {
        let month = month(bytes, spaces(bytes, first)?)?;
        let year = digits(bytes, spaces(bytes, month)?, 4, 4)?;
        return Some(spaces(bytes, year).and_then(|at| clock(bytes, at)).unwrap_or(year));
    }
    let date = digits(bytes, spaces(bytes, month(bytes, at)?)?, 1, 2)?;
    let next = spaces(bytes, skip(bytes, date, b',').unwrap_or(date))?;
    match clock(bytes, next) {
        Some(time) => Some(spaces(bytes, time).and_then(|at| digits(bytes, at, 4, 4)).unwrap_or(time)),
        None => digits(bytes, next, 4, 4),
    }
}

fn spaces(bytes: &[u8], at: usize) -> Option<usize> {
    let end = run(bytes, at, |byte| *byte == b' ');
    (1..=2).contains(&(end - at)).then_some(end)
}

/// Returns the end of a duration: `45s`, `1h2m3s`, `2.5 seconds`.
pub(super) fn duration(bytes: &[u8], at: usize) -> Option<usize> {
    let (mut end, mut from) = (None, at);
    while let Some(number) = decimal(bytes, from) {
        let unit = run(bytes, number, |byte| byte.is_ascii_lowercase());
        let micro = bytes[number..].starts_with("µs".as_bytes()).then_some(number + 3);
        match micro.or_else(|| SHORT.contains(&&bytes[number..unit]).then_some(unit)) {
            Some(unit) => {
                end = Some(unit);
                from = unit;
            }
            None => break,
        }
    }
    end.filter(|end| ends(bytes, *end)).or_else(|| {
        let number = decimal(bytes, at)?;
        let word = skip(bytes, number, b' ').or_else(|| skip(bytes, number, b'-')).unwrap_or(number);
        let unit = run(bytes, word, u8::is_ascii_alphabetic);
        let name = bytes[word..unit].to_ascii_lowercase();
        let name = name.strip_suffix(b"s").unwrap_or(&name);
        (LONG.contains(&name) && ends(bytes, unit)).then_some(unit)
    })
}

const SHORT: [&[u8]; 9] = [b"ns", b"us", b"ms", b"s", b"m", b"h", b"d", b"min", b"sec"];
const LONG: [&[u8]; 18] = [
    b"nanosecond",
    b"microsecond",
    b"millisecond",
    b"second",
    b"minute",
    b"hour",
    b"day",
    b"week",
    b"month",
    b"year",
    b"sec",
    b"msec",
    b"usec",
    b"min",
    b"hr",
    b"m",
    b"milli",
    b"h",
];

/// Returns the end of `12` or `12.5`.
pub(super) fn decimal(bytes: &[u8], at: usize) -> Option<usize> {
    let whole = run(bytes, at, u8::is_ascii_digit);
    if whole == at {
        return None;
    }
    Some(skip(bytes, whole, b'.').and_then(|at| digits(bytes, at, 1, 18)).unwrap_or(whole))
}
