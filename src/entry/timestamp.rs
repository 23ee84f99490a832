//! A point in time: nanoseconds since 1970 in UTC, shown as RFC 3339 with `Z`.
//! Leaves out reading the many ways logs write times: see `clock`.

use std::fmt;

/// Nanoseconds since 1970-01-01T00:00:00Z; covers the years 1678 to 2261.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(pub i64);

impl Timestamp {
    /// Returns the time `nanos` nanoseconds later, stopping at the ends of the range.
    pub fn plus_nanos(self, nanos: i64) -> Timestamp {
        Timestamp(self.0.saturating_add(nanos))
    }

    /// Returns how many nanoseconds `self` is after `earlier`; negative when it is before.
    pub fn nanos_since(self, earlier: Timestamp) -> i64 {
        self.0.saturating_sub(earlier.0)
    }

    /// Returns the UTC date and time.
    pub fn to_utc(self) -> chrono::DateTime<chrono::Utc> {
        chrono::DateTime::from_timestamp_nanos(self.0)
    }

    /// Returns the time of a chrono value, or `None` outside the range.
    pub fn from_chrono<Z: chrono::TimeZone>(time: &chrono::DateTime<Z>) -> Option<Timestamp> {
        time.timestamp_nanos_opt().map(Timestamp)
    }

    /// Returns `2026-09-16T00:41:13.084Z`: milliseconds are enough to read, the data keeps the rest.
    pub fn short(self) -> String {
        self.to_utc().format("%Y-%m-%dT%H:%M:%S%.3fZ").to_string()
    }
}

impl fmt::Display for Timestamp {
    /// Writes RFC 3339 in UTC with as many digits (0, 3, 6 or 9) as the value needs.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.to_utc().to_rfc3339_opts(chrono::SecondsFormat::AutoSi, true))
    }
}

impl<'de> serde::Deserialize<'de> for Timestamp {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Timestamp, D::Error> {
        let text = String::deserialize(deserializer)?;
        let time = chrono::DateTime::parse_from_rfc3339(&text).map_err(serde::de::Error::custom)?;
        Timestamp::from_chrono(&time).ok_or_else(|| serde::de::Error::custom("a year outside 1678 to 2261"))
    }
}

impl serde::Serialize for Timestamp {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}
