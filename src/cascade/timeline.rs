//! When groups happened, and by what chance an event lies shortly after one of another group.
//! Leaves out what follows from it.

use std::collections::HashMap;

use super::record::EventRecord;

/// How many events of an effect are asked about at most.
const SAMPLED: usize = 1000;
/// How many windows around an event are looked at for the chance just there.
const AROUND: i64 = 20;

/// The events of one instance, or of all.
#[derive(Debug)]
pub(super) struct Timeline {
    window: i64,
    begin: i64,
    end: i64,
    /// Group -> when its events ended.
    events: HashMap<u32, Vec<i64>>,
    /// Group -> stretches in a window, in order and without overlap, and the time covered before each.
    covered: HashMap<u32, Vec<(i64, i64, u64)>>,
}

impl Timeline {
    /// Returns the timeline of the records in `list`, by place; `window` is how long before an effect its cause may lie.
    pub(super) fn of(records: &[EventRecord], list: &[u32], window: i64) -> Timeline {
        let time = |at: &u32| records[*at as usize].end;
        let begin = list.first().map_or(0, time);
        let end = list.last().map_or(0, time).saturating_add(window);
        let mut covered: HashMap<u32, Vec<(i64, i64, u64)>> = HashMap::new();
        let mut events: HashMap<u32, Vec<i64>> = HashMap::new();
        for at in list {
            let record = &records[*at as usize];
            events.entry(record.group).or_default().push(record.end);
            let stretches = covered.entry(record.group).or_default();
            let until = record.end.saturating_add(window);
            match stretches.last_mut() {
                Some(last) if last.1 >= record.end => last.1 = until,
                last => {
                    let before = last.map_or(0, |last| last.2 + last.1.abs_diff(last.0));
                    stretches.push((record.end, until, before));
                }
            }
        }
        Timeline { window, begin, end, events, covered }
    }

    /// Returns how many of the effect's events would lie in a window of the cause by chance.
    pub(super) fn expected(&self, (cause, effect): (u32, u32)) -> f64 {
        if !self.covered.contains_key(&cause) {
            return 0.0;
        }
        let Some(times) = self.events.get(&effect) else { return 0.0 };
        // The mean over evenly spread events is as good as over all, and costs the same for every group.
        let step = times.len().div_ceil(SAMPLED);
        let asked = times.len().div_ceil(step);
        let sum: f64 = times.iter().step_by(step).map(|time| self.chance(cause, *time)).sum();
        sum / asked as f64 * times.len() as f64
    }

    /// Returns the chance that an event at `time` lies in a window of the group, over all or just there.
    fn chance(&self, group: u32, time: i64) -> f64 {
        let around = AROUND * self.window;
        let near = time.saturating_sub(around).max(self.begin)..time.saturating_add(around).min(self.end);
        self.share(group, self.begin..self.end).max(self.share(group, near))
    }

    fn share(&self, group: u32, of: std::ops::Range<i64>) -> f64 {
        let Some(stretches) = self.covered.get(&group) else { return 0.0 };
        let until = |time: i64| match stretches.partition_point(|stretch| stretch.0 < time) {
            0 => 0,
            next => {
                let (from, to, before) = stretches[next - 1];
                before + time.min(to).abs_diff(from)
            }
        };
        let length = of.end.saturating_sub(of.start).max(1);
        (until(of.end).saturating_sub(until(of.start)) as f64 / length as f64).clamp(0.0, 1.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_at_the_end_of_what_can_be_written_do_no_harm() {
        let covered = HashMap::from([(1, vec![(0, 5, 0), (i64::MAX - 9, i64::MAX, 5)])]);
        let timeline = Timeline {
            window: 5,
            begin: i64::MIN,
            end: i64::MAX,
            events: HashMap::from([(2, vec![i64::MAX])]),
            covered,
        };
        assert!((0.0..=1.0).contains(&timeline.expected((1, 2))));
    }
}
