//! Reads times as one country or one logger writes them: `9:00AM`, `03/25/2026 09:00:04 PM`, `Mar 10, 2026 9:00:00 AM`.
//! Leaves out guessing: a date that could name two days is a time of day, and its day stays unknown.

use chrono::{NaiveDate, NaiveTime};

use super::clock::{Written, certain, finish, month, number, time_of_day};
use super::epoch::{epoch, fraction_nanos};
use super::{ReadOptions, level};

/// `03/25/2026 09:00:04 PM`, `25.03.2026 21:00:04`, `26/03/25 21:00:04`.
pub(super) fn day_and_month(bytes: &[u8], options: &ReadOptions) -> Option<Written> {
    let separator = *bytes.get(2)?;
    if !matches!(separator, b'/' | b'.' | b'-') || bytes.get(5) != Some(&separator) {
        return None;
    }
    let (first, second) = (number(bytes, 0, 2)?, number(bytes, 3, 2)?);
    let (year, mut at) = match number(bytes, 6, 4) {
        Some(year) => (Some(year as i32), 10),
        // Any of two digits may be the year.
        None => (number(bytes, 6, 2).map(|_| None)?, 8),
    };
    if bytes.get(at) == Some(&b',') {
        at += 1;
    }
    if !matches!(bytes.get(at)?, b' ' | b'T') {
        return None;
    }
    let (time, length) = clock_of_day(bytes, at + 1)?;
    let date = year.and_then(|year| {
        // Where points stand between them the day comes first.
        let day_first = NaiveDate::from_ymd_opt(year, second, first);
        let month_first = NaiveDate::from_ymd_opt(year, first, second).filter(|_| separator != b'.');
        match (day_first, month_first) {
            (Some(one), Some(other)) if one != other => None,
            (one, other) => one.or(other),
        }
    });
    match date {
        Some(date) => Some(finish(date.and_time(time), bytes, length, false, options)),
        None => {
            // No calendar has it: not a date.
            let possible = year.is_none() || (1..=12).contains(&first) && (1..=12).contains(&second);
            possible.then_some(Written { at: None, zoneless: false, yearless: false, length })
        }
    }
}

/// `Mar 10, 2026 9:00:00 AM`, as java.util.logging writes.
pub(super) fn month_day_year(bytes: &[u8], options: &ReadOptions) -> Option<Written> {
    let month = month(bytes, 0)?;
    let day_length = bytes.get(4..)?.iter().take(2).take_while(|byte| byte.is_ascii_digit()).count();
    let (day, at) = (number(bytes, 4, day_length)?, 4 + day_length);
    if bytes.get(3) != Some(&b' ') || bytes.get(at..at + 2) != Some(b", ") {
        return None;
    }
    let year = number(bytes, at + 2, 4)? as i32;
    let at = if bytes.get(at + 6) == Some(&b',') { at + 7 } else { at + 6 };
    if bytes.get(at) != Some(&b' ') {
        return None;
    }
    let (time, length) = clock_of_day(bytes, at + 1)?;
    Some(finish(NaiveDate::from_ymd_opt(year, month, day)?.and_time(time), bytes, length, false, options))
}

/// `9:00AM`, as zerolog writes on a terminal; it names no day.
pub(super) fn kitchen(bytes: &[u8]) -> Option<Written> {
    let hour = bytes.iter().take(2).take_while(|byte| byte.is_ascii_digit()).count();
    let (value, minute) = (number(bytes, 0, hour)?, number(bytes, hour + 1, 2)?);
    let half = matches!(bytes.get(hour + 3..hour + 5)?, b"AM" | b"PM");
    let is_time = bytes.get(hour) == Some(&b':') && half && (1..=12).contains(&value) && minute < 60;
    is_time.then_some(Written { at: None, zoneless: false, yearless: false, length: hour + 5 })
}

/// `1773133205 ERROR ...`: a number is a time of the head only where a level follows it.
pub(super) fn seconds_and_level(text: &str) -> Option<Written> {
    let length = text.bytes().take_while(|byte| byte.is_ascii_digit() || *byte == b'.').count();
    let whole = text.bytes().take_while(u8::is_ascii_digit).count();
    if !matches!(whole, 10 | 13 | 16 | 19) {
        return None;
    }
    let rest = text.get(length..)?.strip_prefix([' ', '\t', ']'])?.trim_start_matches([' ', '\t', '|', '-']);
    level::level_token(rest, true)?;
    epoch(&text[..length]).map(|at| Written { length, ..certain(at) })
}

/// A time of day, of twelve hours if `AM` or `PM` follows.
fn clock_of_day(bytes: &[u8], at: usize) -> Option<(NaiveTime, usize)> {
    let hour_length = bytes.get(at..)?.iter().take(2).take_while(|byte| byte.is_ascii_digit()).count();
    let (time, length) = match hour_length {
        2 => time_of_day(bytes, at)?,
        _ => one_digit(bytes, at)?,
    };
    let space = usize::from(matches!(bytes.get(length), Some(b' ')));
    let pm = match bytes.get(length + space..length + space + 2) {
        Some(b"AM" | b"am") => false,
        Some(b"PM" | b"pm") => true,
        _ => return Some((time, length)),
    };
    if bytes.get(length + space + 2).is_some_and(u8::is_ascii_alphanumeric) {
        return Some((time, length));
    }
    use chrono::Timelike;
    let hour = match time.hour() {
        12 => 0,
        hour @ 1..=11 => hour,
        _ => return None,
    };
    Some((time.with_hour(hour + if pm { 12 } else { 0 })?, length + space + 2))
}

/// `9:00:00.5`.
fn one_digit(bytes: &[u8], at: usize) -> Option<(NaiveTime, usize)> {
    if bytes.get(at + 1) != Some(&b':') || bytes.get(at + 4) != Some(&b':') {
        return None;
    }
    let (mut length, mut nanos) = (at + 7, 0);
    if matches!(bytes.get(length), Some(b'.' | b',')) {
        let digits = bytes[length + 1..].iter().take_while(|byte| byte.is_ascii_digit()).count();
        nanos = fraction_nanos(&bytes[length + 1..length + 1 + digits]) as u32;
        length += if digits > 0 { digits + 1 } else { 0 };
    }
    let time = NaiveTime::from_hms_nano_opt(
        number(bytes, at, 1)?,
        number(bytes, at + 2, 2)?,
        number(bytes, at + 5, 2)?,
        nanos,
    )?;
    Some((time, length))
}

#[cfg(test)]
mod tests {
    use super::super::clock::read_prefix;
    use super::*;

    #[test]
    fn times_of_one_country() {
        let check = |input: &str, expect: Option<(&str, &str)>| {
            let written = read_prefix(input, &ReadOptions::default());
            let at = |written: &Written| written.at.map_or_else(|| "?".to_owned(), |at| at.to_string());
            let shown = written.map(|written| (at(&written), &input[written.length..]));
            assert_eq!(shown.as_ref().map(|(at, rest)| (at.as_str(), *rest)), expect, "{input}");
        };
        check("9:00AM ERR x", Some(("?", " ERR x")));
        check("12:59PM x", Some(("?", " x")));
        check("13:00PM x", None);
        check("03/25/2026 09:00:04 PM - x", Some(("2026-03-25T21:00:04Z", " - x")));
        check("25/03/2026 09:00:04,5 x", Some(("2026-03-25T09:00:04.500Z", " x")));
        check("03/10/2026 12:00:04 AM x", Some(("?", " x")));
        check("04/04/2026 12:00:04 AM x", Some(("2026-04-04T00:00:04Z", " x")));
        check("10.03.2026 09:00:04 x", Some(("2026-03-10T09:00:04Z", " x")));
        check("26/03/25 09:00:04 x", Some(("?", " x")));
        check("31/31/2026 09:00:04 x", None);
        check("03/25/2026 15:00:04 PM x", None);
        check("03/25/2026 15:00:04 AMEX", Some(("2026-03-25T15:00:04Z", " AMEX")));
        check("Mar 10, 2026 9:00:00 AM com.acme.Shop run", Some(("2026-03-10T09:00:00Z", " com.acme.Shop run")));
        check("Mar 10, 2026, 12:00:00 PM x", Some(("2026-03-10T12:00:00Z", " x")));
        check("Mar 32, 2026 9:00:00 AM x", None);
        check("1735725600 ERROR x", Some(("2025-01-01T10:00:00Z", " ERROR x")));
        check("1735725600.5 [error] x", Some(("2025-01-01T10:00:00.500Z", " [error] x")));
        check("1735725600 carts", None);
        check("1735725 ERROR x", None);
    }
}
