//! Whether something happens more often than it did: two counts, each with what it was counted in.
//! Leaves out what is counted and in what (lines, seconds): the caller knows.
//!
//! Under one common rate the later count, given the sum of both, is binomial with the share of the later
//! exposure (J. Przyborowski, H. Wilenski, "Homogeneity of results in testing samples from Poisson series",
//! Biometrika 31, 1940). The probability of so many or more is exact, also for small counts. Many questions at
//! once are answered with S. Holm's sequential rejection ("A simple sequentially rejective multiple test
//! procedure", Scandinavian Journal of Statistics 6, 1979): the chance that any answer is a false alarm stays
//! below [`ALPHA`]. Logs come in bursts, which no Poisson rate knows; so a rise must be twofold as well.

use std::collections::BTreeMap;

use serde::Serialize;

use super::binomial::upper_tail;

/// The chance of one false alarm or more among all answers given together.
pub const ALPHA: f64 = 0.01;
/// The least ratio of the rates that counts as a rise.
pub const LEAST_RATIO: f64 = 2.0;

/// How often something happened, and in how much.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Count {
    /// How often.
    pub events: u64,
    /// In how many lines, seconds or whatever the caller counts in; the same for both counts.
    pub exposure: f64,
}

/// A rate that rose.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Rise {
    /// How probable so many events or more are if the rate is what it was.
    pub p: f64,
    /// The rate now over the rate before; infinite if there was none.
    pub ratio: f64,
}

/// Returns how the rate rose, or `None` if it did not rise [`LEAST_RATIO`] times or nothing was counted in.
///
/// Whether the rise is beyond chance depends on how many were asked about; [`escalating`] decides it.
pub fn rises(before: Count, now: Count) -> Option<Rise> {
    let exposed = |count: Count| count.exposure.is_finite() && count.exposure > 0.0;
    if !exposed(before) || !exposed(now) || now.events == 0 {
        return None;
    }
    let ratio = now.events as f64 / now.exposure * before.exposure / before.events as f64;
    let share = now.exposure / (now.exposure + before.exposure);
    (ratio >= LEAST_RATIO)
        .then(|| Rise { p: upper_tail(now.events, before.events.saturating_add(now.events), share), ratio })
}

/// Returns for each pair of counts its rise, if it is beyond chance given that so many were asked about.
pub fn escalating(counts: &[(Count, Count)]) -> Vec<Option<Rise>> {
    let mut rises: Vec<Option<Rise>> = counts.iter().map(|(before, now)| rises(*before, *now)).collect();
    let mut order: Vec<(f64, usize)> =
        rises.iter().enumerate().filter_map(|(index, rise)| Some(((*rise)?.p, index))).collect();
    order.sort_by(|one, two| one.0.total_cmp(&two.0).then(one.1.cmp(&two.1)));
    // What did not rise was asked about too; its p would come last.
    let accepted = order.iter().enumerate().take_while(|(rank, (p, _))| *p <= ALPHA / (counts.len() - rank) as f64);
    let accepted = accepted.count();
    for (_, index) in &order[accepted..] {
        rises[*index] = None;
    }
    rises
}

/// Returns the most that happened in any stretch of `length` minutes; the keys are minutes since 1970.
///
/// What comes in bursts exceeds its mean rate each time; only more than its worst stretch is beyond its history.
pub fn most_within(minutes: &BTreeMap<i64, u64>, length: i64) -> u64 {
    let (mut most, mut sum) = (0, 0u64);
    let mut oldest = minutes.iter().peekable();
    for (minute, events) in minutes {
        sum = sum.saturating_add(*events);
        while let Some((_, left)) = oldest.next_if(|(old, _)| minute.saturating_sub(**old) >= length) {
            sum = sum.saturating_sub(*left);
        }
        most = most.max(sum);
    }
    most
}

#[cfg(test)]
mod tests {
    use super::*;

    fn count(events: u64, exposure: u32) -> Count {
        Count { events, exposure: f64::from(exposure) }
    }

    #[test]
    fn the_probability_is_exact() {
        // Computed with exact fractions (Python: fractions.Fraction, math.comb), the sum over all k from `now` on.
        let cases = [
            ((3, 1000), (12, 1000), 0.017578125, 4.0),
            ((10, 2000), (9, 500), 0.006657654806701671, 3.6),
            ((1, 100), (5, 100), 0.109375, 5.0),
            ((100, 50000), (260, 50000), 7.652225455056384e-18, 2.6),
            ((40, 7), (95, 5), 1.4842823568777827e-11, 3.325),
            ((1000, 1000000), (2300, 1000000), 1.411004604428556e-116, 2.3),
            ((5, 3600), (8, 900), 0.0012456206336, 6.4),
            ((3, 1000), (14, 1000), 0.0063629150390625, 4.666666666666667),
        ];
        for (before, now, p, ratio) in cases {
            let rise = rises(count(before.0, before.1), count(now.0, now.1)).expect("a rise");
            assert!((rise.p / p - 1.0).abs() < 1e-9, "{before:?} {now:?}: {} is not {p}", rise.p);
            assert!((rise.ratio / ratio - 1.0).abs() < 1e-9, "{before:?} {now:?}: {}", rise.ratio);
        }
        let first = rises(count(0, 1000), count(6, 1000)).expect("a rise");
        assert!((first.p - 1.0 / 64.0).abs() < 1e-12 && first.ratio.is_infinite(), "{first:?}");
    }

    #[test]
    fn what_does_not_double_does_not_rise() {
        assert_eq!(rises(count(1_000_000, 1_000_000), count(1_900_000, 1_000_000)), None);
        assert_eq!(rises(count(10, 100), count(10, 100)), None);
        assert_eq!(rises(count(0, 100), count(0, 100)), None);
        assert_eq!(rises(count(1, 0), count(9, 100)), None);
        assert_eq!(rises(count(1, 100), Count { events: 9, exposure: f64::NAN }), None);
    }

    #[test]
    fn many_questions_need_more_evidence() {
        let (quiet, doubtful, clear) =
            ((count(9, 100), count(9, 100)), (count(3, 1000), count(14, 1000)), (count(3, 1000), count(60, 1000)));
        let alone = escalating(&[doubtful]);
        assert!(alone[0].is_some_and(|rise| rise.p > 0.001 && rise.p < ALPHA), "{alone:?}");
        let many = escalating(&[[quiet; 20].as_slice(), &[clear, doubtful]].concat());
        assert_eq!(many.iter().filter(|rise| rise.is_some()).count(), 1);
        assert!(many[20].is_some());
        // The second smallest is asked about one less: 0.0064 would not do among two, but does after the first.
        let second = escalating(&[doubtful, clear]);
        assert!(second.iter().all(Option::is_some), "{second:?}");
        assert_eq!(escalating(&[]), []);
    }

    #[test]
    fn the_worst_stretch_is_found() {
        let minutes = BTreeMap::from([(10, 5), (11, 7), (14, 1), (40, 9), (41, 2)]);
        assert_eq!(most_within(&minutes, 1), 9);
        assert_eq!(most_within(&minutes, 2), 12);
        assert_eq!(most_within(&minutes, 5), 13);
        assert_eq!(most_within(&minutes, 100), 24);
        assert_eq!(most_within(&BTreeMap::new(), 3), 0);
    }

    #[test]
    fn large_counts_take_no_time_and_no_number_overflows() {
        let rise = rises(count(3_000_000, 1_000_000), count(9_000_000, 1_000_000)).expect("a rise");
        assert_eq!(rise.p, 0.0);
        let huge = Count { events: u64::MAX / 4, exposure: 1e300 };
        assert!(rises(Count { events: 1, exposure: 1e300 }, huge).is_some_and(|rise| (0.0..=1.0).contains(&rise.p)));
    }
}
