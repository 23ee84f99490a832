//! Cuts a window into slices that can be read, retried and resumed one by one, and widens it.
//! Leaves out reading.

use crate::entry::Timestamp;

/// Nanoseconds of a minute.
pub(super) const MINUTE: i64 = 60_000_000_000;
/// Shorter slices would spend the quota of 60 reads a minute on nearly empty answers.
const SHORTEST: i64 = 15 * MINUTE;
/// More slices would make a quiet day cost more reads than its entries need.
const MOST: i64 = 16;

/// A part of time: from its start on, before its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Window {
    /// Start, included.
    pub from: Timestamp,
    /// End, excluded.
    pub to: Timestamp,
}

impl Window {
    /// Returns whether a time lies in it.
    pub fn holds(&self, time: Timestamp) -> bool {
        self.from <= time && time < self.to
    }

    /// Returns its length, nanoseconds.
    pub fn length(&self) -> i64 {
        self.to.nanos_since(self.from).max(0)
    }

    /// Cuts the window: slices of at least 15 minutes, at most 16 of them, without a hole between.
    pub fn slices(&self) -> Vec<Window> {
        let count = (self.length() / SHORTEST).clamp(1, MOST);
        let step = self.length() / count;
        (0..count)
            .map(|index| Window {
                from: self.from.plus_nanos(step * index),
                to: if index + 1 == count { self.to } else { self.from.plus_nanos(step * (index + 1)) },
            })
            .collect()
    }

    /// Returns what is added before and after when errors touch the edges: half the length on that
    /// side, never beyond `now`.
    pub fn widened(&self, before: bool, after: bool, now: Timestamp) -> (Option<Window>, Option<Window>) {
        let half = self.length() / 2;
        let earlier = Window { from: self.from.plus_nanos(-half), to: self.from };
        let later = Window { from: self.to, to: self.to.plus_nanos(half).min(now) };
        ((before && half > 0).then_some(earlier), (after && later.length() > 0).then_some(later))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn window(minutes: i64) -> Window {
        Window { from: Timestamp(0), to: Timestamp(minutes * MINUTE + 7) }
    }

    #[test]
    fn slices_meet_and_cover_the_window() {
        for (minutes, count) in [(1, 1), (29, 1), (60, 4), (240, 16), (60 * 24 * 30, 16)] {
            let slices = window(minutes).slices();
            assert_eq!(slices.len(), count, "{minutes} minutes");
            assert_eq!(slices[0].from, Timestamp(0));
            assert_eq!(slices[count - 1].to, window(minutes).to);
            assert!(slices.windows(2).all(|pair| pair[0].to == pair[1].from));
        }
    }

    #[test]
    fn a_window_grows_by_half_where_errors_touch_its_edge_and_never_into_the_future() {
        let window = Window { from: Timestamp(100 * MINUTE), to: Timestamp(160 * MINUTE) };
        let now = Timestamp(170 * MINUTE);
        let (before, after) = window.widened(true, true, now);
        assert_eq!(before, Some(Window { from: Timestamp(70 * MINUTE), to: window.from }));
        assert_eq!(after, Some(Window { from: window.to, to: now }));
        assert_eq!(window.widened(false, true, window.to), (None, None));
    }
}
