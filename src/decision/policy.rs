//! The thresholds of decisions: when an issue is opened, when people are told, when nothing is said.
//! Leaves out applying them: see `decide`.

/// One hour, nanoseconds.
pub(crate) const HOUR: i64 = 3_600_000_000_000;

/// When to do what; every number is a setting.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Policy {
    /// Passes in a row that must see an incident before an issue is opened; P0 needs one.
    pub passes: u32,
    /// Events that an incident must have before an issue is opened; P0 needs one.
    pub events: u64,
    /// Least urgent priority that gets an issue of its own.
    pub least: String,
    /// Issues opened in one run at most; what is beyond stands in the roll-up issue.
    pub most_new: usize,
    /// Issues opened within 24 hours at most; what is beyond stands in the roll-up issue. Of each priority only
    /// issues at least as urgent count, so that less urgent ones never take the place of a P0.
    pub most_new_a_day: usize,
    /// Complete passes without it after which an incident counts as quiet.
    pub quiet_after: u32,
    /// Events this long before the end of what was read before count as still there: entries arrive late, and
    /// a live source is read again from there on, nanoseconds.
    pub overlap: i64,
    /// Returns from quiet within a day from which on it counts as flapping.
    pub flapping: usize,
    /// An issue is refreshed silently when what it says is older, nanoseconds.
    pub refresh: i64,
    /// People are told of less than a higher priority no more often, nanoseconds.
    pub tell_every: i64,
    /// Events within this time after an issue was closed may still come from before the fix went live, nanoseconds.
    pub grace: i64,
}

impl Default for Policy {
    fn default() -> Policy {
        Policy {
            passes: 2,
            events: 3,
            least: "P2".to_string(),
            most_new: 3,
            most_new_a_day: 10,
            quiet_after: 2,
            overlap: HOUR / 6,
            flapping: 3,
            refresh: 6 * HOUR,
            tell_every: 24 * HOUR,
            grace: HOUR / 6,
        }
    }
}
