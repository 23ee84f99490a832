//! Reads the many ways logs write a time. A time without a zone is flagged, one without a year takes
//! the reference year. Leaves out the ways of one country or logger: see `clock_local`; and which of an entry's times means what: see `cloud` and `payload`.

use super::epoch::{epoch, fraction_nanos};
use super::json::Value;
use super::json_object::keys;
use super::{ReadOptions, Timestamp, clock_local};
use chrono::{FixedOffset, NaiveDate, NaiveDateTime, NaiveTime};

/// A time as a log wrote it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Written {
    /// The point in time; `None` when only a time of day was written.
    pub(crate) at: Option<Timestamp>,
    /// Whether it named no zone and so was read in the assumed one.
    pub(crate) zoneless: bool,
    /// Whether it was written as syslog does: month name first, no year.
    pub(crate) yearless: bool,
    /// Bytes of the text it took.
    pub(crate) length: usize,
}

/// Reads a time that is the whole of a JSON value: text, epoch number or `{seconds, nanos}`.
pub(crate) fn read_value(value: &Value<'_>, options: &ReadOptions) -> Option<Written> {
    match value {
        Value::String(text) => read_text(text, options),
        Value::Number(number) => epoch(&number.to_string()).map(certain),
        Value::Object(parts) if parts.contains_key("$date") => match parts.get("$date")? {
            // Extended JSON counts milliseconds where it writes no text.
            Value::Object(number) => read_value(number.get("$numberLong")?, options),
            Value::Array(_) => None,
            written => read_value(written, options),
        },
        Value::Object(parts) => {
            let seconds = super::json_access::integer(parts, keys!["seconds", "_seconds"])?;
            let nanos = super::json_access::integer(parts, keys!["nanos", "_nanoseconds", "nanoseconds"]).unwrap_or(0);
            Some(certain(Timestamp(seconds.checked_mul(1_000_000_000)?.checked_add(nanos)?)))
        }
        _ => None,
    }
}

/// Reads a time that is the whole of a text.
pub(crate) fn read_text(text: &str, options: &ReadOptions) -> Option<Written> {
    let text = text.trim();
    if let Some(written) = read_prefix(text, options) {
        return (written.length == text.len() && written.at.is_some()).then_some(written);
    }
    epoch(text).map(certain)
}

/// Reads a time at the start of a text.
pub(crate) fn read_prefix(text: &str, options: &ReadOptions) -> Option<Written> {
    let bytes = text.as_bytes();
    if let Some(written) = stamp(bytes) {
        return Some(written);
    }
    match bytes.first()? {
        b'0'..=b'9' => iso(bytes, options)
            .or_else(|| day_first(bytes, options))
            .or_else(|| packed(bytes, options))
            // A date with points between its parts would be a time of day with some left over.
            .or_else(|| clock_local::day_and_month(bytes, options))
            .or_else(|| time_only(bytes))
            .or_else(|| clock_local::kitchen(bytes))
            .or_else(|| clock_local::seconds_and_level(text)),
        b'A'..=b'Z' => month_first(bytes, options).or_else(|| clock_local::month_day_year(bytes, options)),
        _ => None,
    }
}

pub(super) fn certain(at: Timestamp) -> Written {
    Written { at: Some(at), zoneless: false, yearless: false, length: 0 }
}

/// `2026-01-01T10:00:00.123Z`, as Cloud Logging writes; what is the least unusual is left to the others.
fn stamp(bytes: &[u8]) -> Option<Written> {
    let (head, rest) = bytes.split_first_chunk::<19>()?;
    let [_, _, _, _, b'-', _, _, b'-', _, _, b'T', _, _, b':', _, _, b':', _, _] = head else { return None };
    let two = |at: usize| {
        let (tens, ones) = (head[at].wrapping_sub(b'0'), head[at + 1].wrapping_sub(b'0'));
        (tens < 10 && ones < 10).then(|| u32::from(tens * 10 + ones))
    };
    let (year, month, day) = (two(0)? * 100 + two(2)?, two(5)?, two(8)?);
    let (hour, minute, second) = (two(11)?, two(14)?, two(17)?);
    // Within these years no time is too far off to count in nanoseconds, and each of these days exists.
    if !(1970..2200).contains(&year) || !(1..=12).contains(&month) || !(1..=28).contains(&day) {
        return None;
    }
    if hour > 23 || minute > 59 || second > 59 {
        return None;
    }
    let digits = match rest.first()? {
        b'.' => rest[1..].iter().take_while(|byte| byte.is_ascii_digit()).count(),
        b'Z' => 0,
        _ => return None,
    };
    let zone = if digits == 0 { 0 } else { digits + 1 };
    if rest.get(zone) != Some(&b'Z') || rest.get(zone + 1).is_some_and(u8::is_ascii_alphanumeric) {
        return None;
    }
    let nanos = if digits == 0 { 0 } else { fraction_nanos(&rest[1..=digits]) };
    let days = days_since_1970(i64::from(year), i64::from(month), i64::from(day));
    let seconds = days * 86_400 + i64::from(hour * 3600 + minute * 60 + second);
    let at = Timestamp(seconds * 1_000_000_000 + nanos);
    Some(Written { at: Some(at), zoneless: false, yearless: false, length: 19 + zone + 1 })
}

/// Counts the days of the Gregorian calendar, years beginning in March so that a leap day is the last.
fn days_since_1970(year: i64, month: i64, day: i64) -> i64 {
    let (year, month) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    year * 365 + year / 4 - year / 100 + year / 400 + (month * 153 + 2) / 5 + day - 1 - 719_468
}

/// `2026-01-01T10:00:00.123Z`, with `/` or `.` in the date, a blank for the `T`, a comma for the dot.
fn iso(bytes: &[u8], options: &ReadOptions) -> Option<Written> {
    let separator = *bytes.get(4)?;
    if !matches!(separator, b'-' | b'/' | b'.') || bytes.get(7) != Some(&separator) {
        return None;
    }
    let date = NaiveDate::from_ymd_opt(number(bytes, 0, 4)? as i32, number(bytes, 5, 2)?, number(bytes, 8, 2)?)?;
    if !matches!(bytes.get(10)?, b'T' | b't' | b' ' | b'-' | b'_') {
        return None;
    }
    let (time, length) = time_of_day(bytes, 11)?;
    Some(finish(date.and_time(time), bytes, length, false, options))
}

/// `01/Jan/2026:10:00:00 +0000`, `01-Jan-2026 10:00:00 UTC`, `01 Jan 2026 10:00:00`.
fn day_first(bytes: &[u8], options: &ReadOptions) -> Option<Written> {
    let day_length = bytes.iter().take(2).take_while(|byte| byte.is_ascii_digit()).count();
    let day = number(bytes, 0, day_length)?;
    let separator = *bytes.get(day_length)?;
    let month = month(bytes, day_length + 1)?;
    if !matches!(separator, b'/' | b'-' | b' ') || bytes.get(day_length + 4) != Some(&separator) {
        return None;
    }
    let year = number(bytes, day_length + 5, 4)? as i32;
    if !matches!(bytes.get(day_length + 9)?, b':' | b' ') {
        return None;
    }
    let (time, length) = time_of_day(bytes, day_length + 10)?;
    Some(finish(NaiveDate::from_ymd_opt(year, month, day)?.and_time(time), bytes, length, false, options))
}

/// `Jan  2 03:04:05`, `Sun Dec 04 04:47:44.123 2005`, `Mon, 02 Jan 2006 15:04:05 GMT`.
fn month_first(bytes: &[u8], options: &ReadOptions) -> Option<Written> {
    if ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"].iter().any(|day| bytes.starts_with(day.as_bytes())) {
        let skip = if bytes.get(3) == Some(&b',') { 5 } else { 4 };
        if bytes.get(skip - 1) != Some(&b' ') {
            return None;
        }
        let rest = bytes.get(skip..)?;
        let written =
            if rest.first()?.is_ascii_digit() { day_first(rest, options) } else { month_first(rest, options) }?;
        return Some(Written { length: written.length + skip, yearless: false, ..written });
    }
    let month = month(bytes, 0)?;
    if bytes.get(3) != Some(&b' ') {
        return None;
    }
    let mut at = if bytes.get(4) == Some(&b' ') { 5 } else { 4 };
    let day_length = bytes.get(at..)?.iter().take(2).take_while(|byte| byte.is_ascii_digit()).count();
    let day = number(bytes, at, day_length)?;
    at += day_length;
    if bytes.get(at) != Some(&b' ') {
        return None;
    }
    at += 1;
    let mut year = None;
    if number(bytes, at, 4).is_some() && bytes.get(at + 4) == Some(&b' ') {
        year = number(bytes, at, 4);
        at += 5;
    }
    let (time, mut length) = time_of_day(bytes, at)?;
    if year.is_none()
        && bytes.get(length) == Some(&b' ')
        && !bytes.get(length + 5).is_some_and(u8::is_ascii_alphanumeric)
    {
        year = number(bytes, length + 1, 4).filter(|year| (1990..2200).contains(year));
        length += if year.is_some() { 5 } else { 0 };
    }
    let date = NaiveDate::from_ymd_opt(year.map_or(options.reference_year, |year| year as i32), month, day)?;
    Some(finish(date.and_time(time), bytes, length, year.is_none(), options))
}

/// `20171223-22:15:29:606` and `081109 203615`, without separators in the date.
fn packed(bytes: &[u8], options: &ReadOptions) -> Option<Written> {
    if number(bytes, 0, 8).is_some() && matches!(bytes.get(8), Some(b'-' | b'T' | b' ')) {
        let date = NaiveDate::from_ymd_opt(number(bytes, 0, 4)? as i32, number(bytes, 4, 2)?, number(bytes, 6, 2)?)?;
        let (time, length) = time_of_day(bytes, 9)?;
        return Some(finish(date.and_time(time), bytes, length, false, options));
    }
    if bytes.get(6) != Some(&b' ') || bytes.get(13) != Some(&b' ') {
        return None;
    }
    let year = 2000 + number(bytes, 0, 2)? as i32;
    let date = NaiveDate::from_ymd_opt(year, number(bytes, 2, 2)?, number(bytes, 4, 2)?)?;
    let time = NaiveTime::from_hms_opt(number(bytes, 7, 2)?, number(bytes, 9, 2)?, number(bytes, 11, 2)?)?;
    Some(finish(date.and_time(time), bytes, 13, false, options))
}

fn time_only(bytes: &[u8]) -> Option<Written> {
    let (_, length) = time_of_day(bytes, 0)?;
    Some(Written { at: None, zoneless: false, yearless: false, length })
}

pub(super) fn finish(
    time: NaiveDateTime,
    bytes: &[u8],
    length: usize,
    yearless: bool,
    options: &ReadOptions,
) -> Written {
    let (zone, length) = zone(bytes, length);
    let offset = zone.or(options.assume_tz).map_or(0, |zone| zone.local_minus_utc());
    let nanos = time.and_utc().timestamp_nanos_opt();
    let at = nanos.and_then(|nanos| nanos.checked_sub(i64::from(offset) * 1_000_000_000)).map(Timestamp);
    Written { at, zoneless: zone.is_none() && options.assume_tz.is_none(), yearless, length }
}

pub(super) fn time_of_day(bytes: &[u8], at: usize) -> Option<(NaiveTime, usize)> {
    let separator = *bytes.get(at + 2)?;
    if !matches!(separator, b':' | b'.') || bytes.get(at + 5) != Some(&separator) {
        return None;
    }
    let second = number(bytes, at + 6, 2)?;
    // A leap second is read as the last nanosecond's neighbour: chrono counts it within second 59.
    let (second, leap) = if second == 60 { (59, 999_999_999) } else { (second, 0) };
    let mut length = at + 8;
    let mut nanos = leap;
    if matches!(bytes.get(length), Some(b'.' | b',' | b':')) {
        let digits = bytes[length + 1..].iter().take_while(|byte| byte.is_ascii_digit()).count();
        if digits > 0 {
            nanos = nanos.max(fraction_nanos(&bytes[length + 1..length + 1 + digits]) as u32);
            length += 1 + digits;
        }
    }
    Some((NaiveTime::from_hms_nano_opt(number(bytes, at, 2)?, number(bytes, at + 3, 2)?, second, nanos)?, length))
}

fn zone(bytes: &[u8], at: usize) -> (Option<FixedOffset>, usize) {
    let utc = FixedOffset::east_opt(0);
    let ends = |at: usize| !bytes.get(at).is_some_and(u8::is_ascii_alphanumeric);
    match bytes.get(at) {
        Some(b'Z' | b'z') if ends(at + 1) => (utc, at + 1),
        Some(b'+' | b'-') => match offset(bytes, at) {
            Some((offset, length)) if ends(length) => (Some(offset), length),
            _ => (None, at),
        },
        Some(b' ') if bytes[at..].starts_with(b" UTC") || bytes[at..].starts_with(b" GMT") => (utc, at + 4),
        Some(b' ') if bytes[at..].starts_with(b" Z") && ends(at + 2) => (utc, at + 2),
        Some(b' ') if matches!(bytes.get(at + 1), Some(b'+' | b'-')) => match offset(bytes, at + 1) {
            // After a blank, `-5` could be a value: only full offsets count.
            Some((offset, length)) if length >= at + 6 && ends(length) => (Some(offset), length),
            _ => (None, at),
        },
        _ => (None, at),
    }
}

fn offset(bytes: &[u8], at: usize) -> Option<(FixedOffset, usize)> {
    let sign = if bytes[at] == b'-' { -1 } else { 1 };
    let hours = number(bytes, at + 1, 2)? as i32;
    let (minutes, length) = if bytes.get(at + 3) == Some(&b':') {
        (number(bytes, at + 4, 2)? as i32, at + 6)
    } else {
        number(bytes, at + 3, 2).map_or((0, at + 3), |minutes| (minutes as i32, at + 5))
    };
    Some((FixedOffset::east_opt(sign * (hours * 3600 + minutes * 60))?, length))
}

pub(super) fn month(bytes: &[u8], at: usize) -> Option<u32> {
    let name = bytes.get(at..at + 3)?;
    let names = [b"Jan", b"Feb", b"Mar", b"Apr", b"May", b"Jun", b"Jul", b"Aug", b"Sep", b"Oct", b"Nov", b"Dec"];
    names.iter().position(|month| month.as_slice() == name).map(|index| index as u32 + 1)
}

pub(super) fn number(bytes: &[u8], at: usize, length: usize) -> Option<u32> {
    let digits = bytes.get(at..at + length).filter(|digits| !digits.is_empty())?;
    digits.iter().try_fold(0, |sum, byte| byte.is_ascii_digit().then(|| sum * 10 + u32::from(byte - b'0')))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(input: &str, expect: &str) {
        let written = read_text(input, &ReadOptions::default());
        let shown = written.map(|written| {
            format!(
                "{}{}",
                written.at.map_or("?".into(), |at| at.to_string()),
                if written.zoneless { " zoneless" } else { "" }
            )
        });
        assert_eq!(shown.unwrap_or_default(), expect, "{input}");
    }

    #[test]
    fn every_spelling() {
        check("2025-09-16T00:42:53.575433+00:00", "2025-09-16T00:42:53.575433Z");
        check("2025-09-16T02:42:53.123456789+02:00", "2025-09-16T00:42:53.123456789Z");
        check("2025-09-16T00:43:00.0453890851Z", "2025-09-16T00:43:00.045389085Z");
        check("2026-09-16 00:41:13 +0000", "2026-09-16T00:41:13Z");
        check("2026-01-01 10:00:00,123", "2026-01-01T10:00:00.123Z zoneless");
        check("2026/01/01 10:00:00", "2026-01-01T10:00:00Z zoneless");
        check("1735725600", "2025-01-01T10:00:00Z");
        check("1735725600.5", "2025-01-01T10:00:00.500Z");
        check("1735725600123", "2025-01-01T10:00:00.123Z");
        check("1735725600123456", "2025-01-01T10:00:00.123456Z");
        check("1735725600123456789", "2025-01-01T10:00:00.123456789Z");
        check("Jan  2 03:04:05", "2026-01-02T03:04:05Z zoneless");
        check("Sun Dec 04 04:47:44.5 2005", "2005-12-04T04:47:44.500Z zoneless");
        check("10/Oct/2000:13:55:36 -0700", "2000-10-10T20:55:36Z");
        check("Mon, 02 Jan 2006 15:04:05 GMT", "2006-01-02T15:04:05Z");
        check("20171223-22:15:29:606", "2017-12-23T22:15:29.606Z zoneless");
        check("2005-06-03-15.42.50.675872", "2005-06-03T15:42:50.675872Z zoneless");
        check("2016-12-31T23:59:60Z", "2016-12-31T23:59:59.999999999Z");
        check("12", "");
        check("2026-13-01T00:00:00Z", "");
        check("9999-12-31T00:00:00Z", "");
        check("", "");
        check("99999999999999999999", "");
    }

    #[test]
    fn the_short_way_reads_the_same() {
        let options = ReadOptions::default();
        let check = |text: &str| {
            if let Some(written) = stamp(text.as_bytes()) {
                assert_eq!(Some(written), iso(text.as_bytes(), &options), "{text}");
            }
        };
        for year in 1969..2201 {
            for (month, day) in [(1, 1), (2, 28), (2, 29), (3, 1), (6, 15), (12, 28), (12, 31), (13, 1), (0, 0)] {
                check(&format!("{year}-{month:02}-{day:02}T23:59:59Z"));
            }
        }
        for end in
            ["Z", ".Z", ".1Z", ".123456789Z", ".0453890851Z", "Z9", ".5Z x", "z", "+00:00", ".5+02:00", ",5Z", ""]
        {
            for time in ["00:00:00", "24:00:00", "12:60:00", "23:59:60", "1:00:00", "ab:00:00"] {
                check(&format!("2026-03-04T{time}{end}"));
            }
        }
        assert!(stamp(b"2026-03-04T05:06:07.089Z").is_some());
    }

    #[test]
    fn a_given_zone_is_used_and_not_flagged() {
        let options = ReadOptions { assume_tz: FixedOffset::west_opt(7 * 3600), ..ReadOptions::default() };
        let written = read_text("2025-09-15T18:32:00", &options)
            .map(|written| (written.at.map(Timestamp::short), written.zoneless));
        assert_eq!(written, Some((Some("2025-09-16T01:32:00.000Z".to_owned()), false)));
    }

    #[test]
    fn parts_of_a_protobuf_time() {
        let value = serde_json::json!({"seconds": "1735725600", "nanos": 5});
        assert_eq!(
            read_value(&Value::from(&value), &ReadOptions::default()).and_then(|w| w.at),
            Some(Timestamp(1_735_725_600_000_000_005))
        );
    }
}
