//! How far a link may be trusted, 0 to 1.
//! Leaves out whether there is one: what has no evidence has no confidence either.
//!
//! Each kind has a prior, set so that of the links given at 0.9 or more at least nine in ten are right over the
//! generated incidents of `tests/cascades.rs`, which prints the table. What the trace itself says needs no
//! repetition; order and rules do, and are held back for few occurrences by Laplace's rule of succession.

use super::tally::{Link, LinkKind};

impl Link {
    /// Returns how far the link may be trusted, 0 to 1.
    pub fn confidence(&self) -> f64 {
        let (prior, needs_repetition) = match self.kind {
            LinkKind::ExceptionChain => (0.99, false),
            LinkKind::Trace => (0.97, false),
            LinkKind::Correlation => (0.95, false),
            LinkKind::Rule => (0.95, true),
            LinkKind::Instance => (0.96, true),
        };
        let seen = self.occurrences as f64;
        let succession = if needs_repetition { (seen + 1.0) / (seen + 1.5) } else { 1.0 };
        // Where effects mostly happen without the cause, only repetition speaks for it.
        let share = if self.is_beyond_chance() { 1.0 - self.chance } else { self.share() };
        (prior * share * succession * 100.0).round() / 100.0
    }
}
