//! Sums events per minute into at most 60 steps of equal length, with the times at which the axis is labelled.
//! Leaves out drawing them: see `chart`.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};

/// Most steps; narrower bars are no longer told apart on a telephone.
const MOST: i64 = 60;
/// Fewest steps, so that one minute is not a wall.
const FEWEST: i64 = 12;
/// Lengths of a step in minutes, each of which divides an hour or a day.
const LENGTHS: [i64; 14] = [1, 2, 5, 10, 15, 30, 60, 120, 180, 360, 720, 1_440, 10_080, 43_200];

/// Equal steps of time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Buckets {
    /// Minute since 1970 at which the first step begins.
    pub start: i64,
    /// Minutes of a step.
    pub length: i64,
    /// How many steps.
    pub count: i64,
}

impl Buckets {
    /// Returns steps around these minutes, with one empty step before and after; `None` without any minute.
    pub(super) fn around<'a>(minutes: impl Iterator<Item = &'a i64>) -> Option<Buckets> {
        let (first, last) = minutes.fold(None, |ends: Option<(i64, i64)>, &minute| {
            let (first, last) = ends.unwrap_or((minute, minute));
            Some((first.min(minute), last.max(minute)))
        })?;
        let steps = |length: i64| last.div_euclid(length) - first.div_euclid(length) + 3;
        let longest = LENGTHS[LENGTHS.len() - 1];
        let length = LENGTHS.into_iter().find(|length| steps(*length) <= MOST).unwrap_or_else(|| {
            // Stamps decades apart are mistakes of a clock, but the picture has to hold them.
            longest * (steps(longest) / (MOST - 4) + 1)
        });
        let missing = (FEWEST - steps(length)).max(0);
        let start = (first.div_euclid(length) - 1 - missing / 2) * length;
        Some(Buckets { start, length, count: steps(length) + missing })
    }

    /// Returns the events of each step.
    pub(super) fn sum(&self, minutes: &BTreeMap<i64, u64>) -> Vec<u64> {
        let mut sums = vec![0; usize::try_from(self.count).unwrap_or(0)];
        for (minute, events) in minutes {
            let at = usize::try_from((minute - self.start).div_euclid(self.length)).unwrap_or(usize::MAX);
            if let Some(sum) = sums.get_mut(at) {
                *sum += events;
            }
        }
        sums
    }

    /// Returns where a time lies, in thousandths of a step from the start.
    pub(super) fn position(&self, nanos: i64) -> i64 {
        (nanos / 60_000_000 - self.start * 1_000) / self.length
    }

    /// Returns the minute at which a step begins.
    pub(super) fn begin(&self, step: i64) -> i64 {
        self.start + step * self.length
    }

    /// Returns the labelled steps, every so many that at most seven are.
    pub(super) fn ticks(&self) -> Vec<(i64, String)> {
        let every = (self.count + 6) / 7;
        let mut day = String::new();
        let label = |step: i64| {
            let minute = self.begin(step);
            let today = clock(minute, "%m-%d");
            let new = std::mem::replace(&mut day, today.clone()) != today && step > 0;
            match (self.length >= 1_440, new) {
                (true, _) => (step, clock(minute, "%Y-%m-%d")),
                (false, true) => (step, clock(minute, "%m-%d %H:%M")),
                (false, false) => (step, clock(minute, "%H:%M")),
            }
        };
        (0..self.count).step_by(usize::try_from(every).unwrap_or(1).max(1)).map(label).collect()
    }

    /// Returns `1 minute`, `15 minutes`, `2 hours`.
    pub(super) fn step_name(&self) -> String {
        match self.length {
            1 => "1 minute".to_string(),
            minutes if minutes < 60 => format!("{minutes} minutes"),
            60 => "1 hour".to_string(),
            minutes if minutes < 1_440 => format!("{} hours", minutes / 60),
            1_440 => "1 day".to_string(),
            minutes => format!("{} days", minutes / 1_440),
        }
    }
}

/// Returns a minute since 1970 as a clock in UTC shows it.
pub(super) fn clock(minute: i64, pattern: &str) -> String {
    let time = DateTime::<Utc>::from_timestamp(minute.saturating_mul(60), 0);
    time.map_or("unknown".to_string(), |time| time.format(pattern).to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_are_even_and_hold_every_event() {
        for span in [0, 1, 5, 58, 59, 300, 1_441, 43_000, 600_000, 60_000_000] {
            let minutes: BTreeMap<i64, u64> =
                [(29_000_017, 3), (29_000_017 + span / 2, 4), (29_000_017 + span, 5)].into();
            let buckets = Buckets::around(minutes.keys()).expect("there are minutes");
            let sums = buckets.sum(&minutes);
            assert!((FEWEST..=MOST).contains(&buckets.count), "{span}: {buckets:?}");
            assert_eq!(sums.iter().sum::<u64>(), minutes.values().sum::<u64>(), "{span}");
            assert_eq!((sums[0], sums[sums.len() - 1]), (0, 0), "{span}: an empty step at either end");
            assert_eq!(buckets.start % buckets.length, 0, "{span}: steps begin on the hour");
            assert!(buckets.ticks().len() <= 7 && buckets.ticks().len() >= 4, "{span}: {:?}", buckets.ticks());
        }
        assert_eq!(Buckets::around([].iter()), None);
    }
}
