//! What a pass reads: where the last one ended, or what was asked for by hand; and what of it counts as read.
//! Leaves out reading.

use crate::decision::{Pass, Rhythm, next_window};
use crate::entry::Timestamp;
use crate::source::{SourcePath, expand};

use super::arguments::InputArguments;
use super::failure::Failure;
use super::input::{self, Run};

/// Sinks write buckets by the hour and later still, so this much is read again, nanoseconds: 3 hours.
const BUCKET_OVERLAP: i64 = 3 * 3_600_000_000_000;

/// The window of one pass.
#[derive(Debug, Clone, Default)]
pub(super) struct Window {
    /// What is read.
    pub(super) input: InputArguments,
    /// What was missed for good, in a sentence.
    pub(super) gap: Option<String>,
    /// Whether it follows what was read before without leaving anything out.
    pub(super) joins: bool,
    /// Whether the sources grow by themselves and are asked for a window.
    pub(super) live: bool,
}

/// Returns the window of the next pass: of a live source from the cursor on, else as asked.
///
/// `daemon` says that further passes follow by themselves: then `--since` is the start of the first one only.
pub(super) fn next(
    asked: &InputArguments,
    cursor: Option<Timestamp>,
    now: Timestamp,
    rhythm: Rhythm,
    daemon: bool,
) -> Result<Window, Failure> {
    let mut input = asked.clone();
    let live = is_live(&input.sources)?;
    let by_hand = input.until.is_some() || input.since.is_some() && !(daemon && cursor.is_some());
    if !live || by_hand {
        let (from, _) = input::window(&input, now)?;
        // A window by hand that begins after the last one says nothing about the time between them.
        let joins = !live || cursor.is_none_or(|cursor| from.is_none_or(|from| from <= cursor));
        return Ok(Window { input, gap: None, joins, live });
    }
    let overlap = if holds_bucket(&input.sources) { rhythm.overlap.max(BUCKET_OVERLAP) } else { rhythm.overlap };
    let (from, to, gap) = next_window(cursor, now, Rhythm { overlap, ..rhythm });
    (input.since, input.until) = (Some(from.to_string()), Some(to.to_string()));
    Ok(Window { input, gap, joins: true, live })
}

/// Says what was read. A file that is read whole says where it begins and ends; a window was asked for.
///
/// Of a bucket only the newest entry says up to where it was written.
pub(super) fn pass(run: &Run, window: &Window, source: String, now: Timestamp) -> Pass {
    let coverage = &run.view.coverage;
    let asked = &coverage.asked;
    let newest = coverage.to.map(|time| time.plus_nanos(1));
    Pass {
        source,
        from: asked.from.or(coverage.from),
        to: if holds_bucket(&window.input.sources) { newest } else { asked.to.or(newest) },
        now,
        complete: run.complete && !coverage.truncated && window.joins,
        entries: coverage.entries,
        events: coverage.events,
    }
}

/// What tells one audited set of entries from another: the sources and what narrows them.
pub(super) fn source_name(input: &InputArguments) -> String {
    let mut parts = input.sources.clone();
    let cloud = &input.cloud;
    for (name, value) in [
        ("service", &cloud.service),
        ("revision", &cloud.revision),
        ("resource-type", &cloud.resource_type),
        ("filter", &cloud.filter),
    ] {
        parts.extend(value.as_ref().map(|value| format!("--{name}={value}")));
    }
    parts.extend(cloud.logs.iter().map(|log| format!("--log={log}")));
    parts.join(" ")
}

fn holds_bucket(sources: &[String]) -> bool {
    sources.iter().any(|source| source.starts_with("gs://") || source.starts_with("s3://"))
}

fn is_live(sources: &[String]) -> Result<bool, Failure> {
    let cloud: Vec<String> = sources.iter().filter(|source| source.starts_with("gcp://")).cloned().collect();
    if cloud.is_empty() {
        return Ok(holds_bucket(sources));
    }
    // A folder may hold a file of such a name.
    Ok(!expand(&cloud)?.iter().any(|path| matches!(path, SourcePath::File(_))))
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: i64 = 3_600_000_000_000;
    const NOW: Timestamp = Timestamp(500_000 * HOUR);

    fn window(source: &str, since: Option<&str>, cursor: Option<i64>, daemon: bool) -> Window {
        let input = InputArguments {
            sources: vec![source.to_string()],
            since: since.map(str::to_string),
            ..InputArguments::default()
        };
        let cursor = cursor.map(|ago| NOW.plus_nanos(-ago));
        next(&input, cursor, NOW, Rhythm::default(), daemon).unwrap_or_else(|failure| panic!("{failure}"))
    }

    fn from(window: &Window) -> Option<i64> {
        let since = window.input.since.as_deref()?;
        let since = input::time("--since", since, NOW).unwrap_or_else(|failure| panic!("{failure}"));
        Some(NOW.nanos_since(since))
    }

    #[test]
    fn a_live_source_is_read_from_the_cursor_on() {
        assert_eq!(from(&window("gcp://p", None, None, false)), Some(HOUR));
        assert_eq!(from(&window("gcp://p", None, Some(2 * HOUR), false)), Some(2 * HOUR + HOUR / 6));
        assert_eq!(from(&window("gs://b/p", None, Some(2 * HOUR), false)), Some(5 * HOUR));
        assert_eq!(from(&window("app.log", None, Some(2 * HOUR), false)), None);
        assert!(window("gcp://p", None, Some(50 * HOUR), false).gap.is_some());
    }

    #[test]
    fn a_window_by_hand_counts_only_where_it_joins_the_last_one() {
        assert!(window("gcp://p", Some("3h"), Some(2 * HOUR), false).joins);
        assert!(!window("gcp://p", Some("1h"), Some(2 * HOUR), false).joins);
        assert!(window("gcp://p", Some("1h"), None, false).joins);
        assert!(window("app.log", Some("1h"), Some(2 * HOUR), false).joins);
        // A daemon begins with it and goes on from the cursor.
        assert_eq!(from(&window("gcp://p", Some("3h"), None, true)), Some(3 * HOUR));
        assert_eq!(from(&window("gcp://p", Some("3h"), Some(HOUR), true)), Some(HOUR + HOUR / 6));
    }
}
