//! What the key of an object says: the hour of a Cloud Logging sink, a date, whether it is a log at all.
//! Leaves out the bucket; this is about names only.

use chrono::NaiveDate;

use super::Window;
use crate::entry::Timestamp;

/// Entries may come late, and a sink files them by the hour it got them: read one hour more at both ends.
const SLACK: i64 = 3600 * SECOND;
const SECOND: i64 = 1_000_000_000;
const LOGS: [&str; 10] = ["json", "ndjson", "jsonl", "log", "txt", "gz", "gzip", "zst", "zstd", "out"];

/// From a time up to and without another, nanoseconds.
pub(super) type Span = (i64, i64);

impl Window {
    /// Whether anything was asked for at all.
    pub(super) fn is_open(self) -> bool {
        self.since.is_none() && self.until.is_none()
    }

    /// Whether entries filed under this span may belong to the window.
    pub(super) fn reaches(self, (from, to): Span) -> bool {
        let since = self.since.map_or(i64::MIN, |Timestamp(at)| at.saturating_sub(SLACK));
        let until = self.until.map_or(i64::MAX, |Timestamp(at)| at.saturating_add(SLACK));
        to > since && from < until
    }
}

/// Returns the hour a Cloud Logging sink filed an object under:
/// `<log name>/2026/03/10/09:00:00_09:59:59_S0.json`, and `_A0` for entries that came late.
pub(super) fn sink_hour(key: &str) -> Option<Span> {
    let mut parts = key.rsplit('/');
    let name = parts.next()?;
    let (day, month, year) = (parts.next()?, parts.next()?, parts.next()?);
    let (midnight, _) = date(&[year, month, day])?;
    let mut words = name.splitn(3, '_');
    let (from, to, shard) = (clock(words.next()?)?, clock(words.next()?)?, words.next()?);
    let sharded = shard.starts_with(['S', 'A']) && shard[1..].starts_with(|c: char| c.is_ascii_digit());
    // The last hour of a day may be written as ending at 00:00:00.
    let to = if to < from { 86_399 } else { to };
    sharded.then(|| (midnight + from * SECOND, midnight + (to + 1) * SECOND))
}

/// Returns the span that `2026`, `2026/03` or `2026/03/10` names.
pub(super) fn date(parts: &[&str]) -> Option<Span> {
    let year: i32 = digits(parts.first()?, 4)?.try_into().ok().filter(|year| (1990..2200).contains(year))?;
    let month = parts.get(1).map(|part| digits(part, 2)).map_or(Some(None), |month| month.map(Some))?;
    let day = parts.get(2).map(|part| digits(part, 2)).map_or(Some(None), |day| day.map(Some))?;
    let from = NaiveDate::from_ymd_opt(year, month.unwrap_or(1), day.unwrap_or(1))?;
    let to = match (month, day) {
        (_, Some(_)) => from.succ_opt()?,
        (Some(_), None) => from.checked_add_months(chrono::Months::new(1))?,
        (None, None) => from.checked_add_months(chrono::Months::new(12))?,
    };
    let nanos = |date: NaiveDate| date.and_time(chrono::NaiveTime::MIN).and_utc().timestamp_nanos_opt();
    Some((nanos(from)?, nanos(to)?))
}

/// Whether a key ends as logs do; rotated ones (`app.log.1`) included.
pub(super) fn is_log(key: &str) -> bool {
    let name = key.rsplit('/').next().unwrap_or(key).to_ascii_lowercase();
    let ending = name.rsplit_once('.').map(|(_, ending)| ending);
    ending.is_some_and(|ending| LOGS.contains(&ending)) || name.contains(".log.")
}

fn digits(text: &str, count: usize) -> Option<u32> {
    (text.len() == count && text.bytes().all(|byte| byte.is_ascii_digit())).then(|| text.parse().ok()).flatten()
}

/// Seconds of `09:59:59`.
fn clock(text: &str) -> Option<i64> {
    let mut parts = text.split(':').map(|part| digits(part, 2));
    let (hour, minute, second) = (parts.next()??, parts.next()??, parts.next()??);
    (parts.next().is_none() && hour < 24 && minute < 60 && second < 61)
        .then(|| i64::from(hour * 3600 + minute * 60 + second))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hour_of_a_sink_is_read_and_nothing_else_is_taken_for_one() {
        let check = |key: &str, expect: Option<(&str, &str)>| {
            let span = sink_hour(key).map(|(from, to)| (Timestamp(from).to_string(), Timestamp(to).to_string()));
            assert_eq!(span.as_ref().map(|(from, to)| (from.as_str(), to.as_str())), expect, "{key}");
        };
        let nine = Some(("2026-03-10T09:00:00Z", "2026-03-10T10:00:00Z"));
        check("run.googleapis.com/stderr/2026/03/10/09:00:00_09:59:59_S0.json", nine);
        check("2026/03/10/09:00:00_09:59:59_A1:4711.json", nine);
        check("x/2026/03/10/23:00:00_00:00:00_S0.json", Some(("2026-03-10T23:00:00Z", "2026-03-11T00:00:00Z")));
        check("x/2026/02/30/09:00:00_09:59:59_S0.json", None);
        check("x/2026/03/10/09:00:00_09:59:59_app.json", None);
        check("x/2026/03/10/09:00:00_09:59:59_S.json", None);
        check("x/2026/03/10/nine_ten_S0.json", None);
        check("09:00:00_09:59:59_S0.json", None);
        check("x/2026/03/10/09:00:00_09:59:59_Süd.json", None);
    }

    #[test]
    fn names_of_logs() {
        for key in ["a/b.json", "b.ndjson", "x.LOG", "a.log.gz", "a.json.zst", "app.log.1", "t.txt"] {
            assert!(is_log(key), "{key}");
        }
        for key in ["a/_SUCCESS", "b.parquet", "x.csv", "log", "a.log/part-0"] {
            assert!(!is_log(key), "{key}");
        }
    }
}
