//! Which window the next pass reads: from the last one on, with an overlap, after a pause all that was missed.
//! Leaves out reading it.

use crate::entry::Timestamp;

/// How windows follow each other; all in nanoseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rhythm {
    /// Read again before the end of the last window: entries arrive late.
    pub overlap: i64,
    /// Length of the very first window.
    pub first: i64,
    /// Longest window; what was missed before it stays unread, and is said.
    pub longest: i64,
}

impl Default for Rhythm {
    fn default() -> Rhythm {
        const MINUTE: i64 = 60_000_000_000;
        Rhythm { overlap: 10 * MINUTE, first: 60 * MINUTE, longest: 24 * 60 * MINUTE }
    }
}

/// Returns the next window, and what must be said about it.
///
/// `cursor` is the end of the last window that was read whole.
pub fn next_window(
    cursor: Option<Timestamp>,
    now: Timestamp,
    rhythm: Rhythm,
) -> (Timestamp, Timestamp, Option<String>) {
    let Some(cursor) = cursor else { return (now.plus_nanos(-rhythm.first), now, None) };
    // A cursor in the future is a clock that was wrong; the overlap is read, and nothing is lost.
    let from = cursor.min(now).plus_nanos(-rhythm.overlap);
    // Events are counted by the minute, so minutes are read whole.
    let from = Timestamp(from.0 - from.0.rem_euclid(60_000_000_000));
    let earliest = now.plus_nanos(-rhythm.longest);
    if from >= earliest {
        return (from, now, None);
    }
    let note = format!(
        "GAP: nothing was read from {} to {earliest}; a pass reads {} h at most",
        cursor.short(),
        rhythm.longest / 3_600_000_000_000
    );
    (earliest, now, Some(note))
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE: i64 = 60_000_000_000;

    #[test]
    fn windows_overlap_and_catch_up() {
        let now = Timestamp(100_000 * MINUTE);
        let back = |minutes: i64| now.plus_nanos(-minutes * MINUTE);
        let rhythm = Rhythm::default();
        assert_eq!(next_window(None, now, rhythm), (back(60), now, None));
        assert_eq!(next_window(Some(back(15)), now, rhythm), (back(25), now, None));
        assert_eq!(next_window(Some(back(300)), now, rhythm), (back(310), now, None));
        let (from, to, note) = next_window(Some(back(3000)), now, rhythm);
        assert_eq!((from, to), (back(1440), now));
        assert!(note.is_some_and(|note| note.starts_with("GAP: nothing was read from")));
        assert_eq!(next_window(Some(now.plus_nanos(5 * MINUTE)), now, rhythm), (back(10), now, None));
    }
}
