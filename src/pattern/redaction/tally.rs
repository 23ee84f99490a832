//! Counts of what was replaced. Leaves out what it was.

/// What was replaced in some texts, by kind, and whether something unknown looks like a secret.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tally {
    counts: Vec<(u16, u32)>,
    flagged: bool,
}

impl Tally {
    pub(super) fn add(&mut self, kind: u16) {
        match self.counts.iter_mut().find(|(known, _)| *known == kind) {
            Some((_, count)) => *count += 1,
            None => self.counts.push((kind, 1)),
        }
    }

    pub(super) fn flag(&mut self) {
        self.flagged = true;
    }

    /// Adds what another counted.
    pub(crate) fn add_all(&mut self, other: &Tally) {
        for (kind, count) in other.counts() {
            (0..count).for_each(|_| self.add(kind));
        }
        self.flagged |= other.flagged;
    }

    /// Returns whether a text holds what looks like a secret of no known kind.
    pub fn is_flagged(&self) -> bool {
        self.flagged
    }

    /// Returns whether nothing was replaced or flagged.
    pub fn is_empty(&self) -> bool {
        self.counts.is_empty() && !self.flagged
    }

    /// Returns the numbers of the kinds, see [`super::Redactions::kind`], and how many of each were replaced.
    pub fn counts(&self) -> impl Iterator<Item = (u16, u32)> {
        self.counts.iter().copied()
    }
}
