//! How many events of a group came from where, while it grows: few numbers instead of maps of texts.
//! Leaves out minutes and variants.

use std::collections::BTreeMap;

use super::texts::Words;

/// What is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Of {
    Service,
    Revision,
    Project,
    Instance,
}

/// Events by what they come from, in order.
#[derive(Debug, Default)]
pub(super) struct Counts(Vec<(Of, u32, u64)>);

impl Counts {
    /// Counts one event of the name with this number; no more than `limit` names of a kind are told apart, and further
    /// ones not counted.
    pub(super) fn add(&mut self, of: Of, number: u32, limit: usize) {
        match self.0.binary_search_by_key(&(of, number), |(of, number, _)| (*of, *number)) {
            Ok(at) => self.0[at].2 += 1,
            Err(at) => {
                if self.0.len() < limit || self.all(of).len() < limit {
                    self.0.insert(at, (of, number, 1));
                }
            }
        }
    }

    /// Returns the counts of one kind by name.
    pub(super) fn by_name(&self, of: Of, words: &Words) -> BTreeMap<String, u64> {
        self.all(of).iter().map(|(_, number, count)| (words.get(*number), *count)).collect()
    }

    /// Returns the counts of one kind, which stand together; found without looking at each, for every event asks.
    fn all(&self, of: Of) -> &[(Of, u32, u64)] {
        let from = self.0.partition_point(|(other, ..)| *other < of);
        let to = self.0.partition_point(|(other, ..)| *other <= of);
        &self.0[from..to]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_are_counted_apart_and_bounded() {
        let (mut counts, mut words) = (Counts::default(), Words::default());
        for name in ["a", "b", "a", "c"] {
            counts.add(Of::Service, words.number(name).expect("room"), 2);
        }
        counts.add(Of::Instance, words.number("a").expect("room"), 2);
        let expected = BTreeMap::from([("a".to_string(), 2), ("b".to_string(), 1)]);
        assert_eq!(counts.by_name(Of::Service, &words), expected);
        assert_eq!(counts.by_name(Of::Instance, &words).len(), 1);
        assert!(counts.by_name(Of::Project, &words).is_empty());
        assert_eq!((counts.all(Of::Service).len(), counts.all(Of::Revision).len()), (2, 0));
    }
}
