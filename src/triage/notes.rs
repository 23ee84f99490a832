//! What a reader must know of a run before trusting its counts. Leaves out what was redacted: see `redacted`.

use super::Triaged;
use crate::analysis::{counted, span};
use crate::coverage::is_usual_limit;
use crate::report::WindowView;
use crate::report::view::SourceView;

impl Triaged {
    /// Adds what a reader must know before trusting a count; returns whether the input looks cut.
    pub(super) fn notes(&self, sources: &[SourceView], asked: &WindowView, notes: &mut Vec<String>) -> bool {
        let coverage = &self.coverage;
        let mut truncated = !self.coverage.cut.is_empty();
        for source in sources {
            // Only exports are made with a limit; a text log simply has the lines it has.
            let export = matches!(source.format.as_str(), "json-array" | "python-dump" | "entries-list");
            if !export || !is_usual_limit(source.entries) {
                continue;
            }
            if let Some((from, to)) = source.from.zip(source.to) {
                truncated = true;
                notes.push(format!(
                    "TRUNCATED? {} holds exactly {} entries, a usual limit of exports; they cover {} (from {from} to {to}), which may be only part of what was asked for",
                    source.source, source.entries, span(to.nanos_since(from)),
                ));
            }
        }
        if let Some((first, asked_from)) = coverage.from.zip(asked.from) {
            let missing = first.nanos_since(asked_from);
            if missing > 60_000_000_000 {
                notes.push(format!("the first entry is {} after the start of the window asked for; a gap in the export is not a gap of the service", span(missing)));
            }
        }
        if self.outside_window > 0 {
            let (entries, lie) = number(self.outside_window, "lies", "lie");
            let were = if self.outside_window == 1 { "was" } else { "were" };
            notes.push(format!("{entries} {lie} outside --since/--until and {were} not looked at"));
        }
        if coverage.duplicates > 0 {
            notes.push(format!(
                "{} (same logName, timestamp and insertId) dropped",
                counted(coverage.duplicates, "duplicate")
            ));
        }
        if coverage.level_words > 0 && coverage.without_severity == coverage.entries {
            notes.push(format!(
                "no level could be read in any of the {} entries; {} of them hold the word ERROR or FATAL",
                coverage.entries, coverage.level_words,
            ));
        }
        if coverage.repeated > 0 {
            notes.push(format!(
                "lines of syslog say that messages were repeated, {} times in all; those are counted nowhere",
                coverage.repeated,
            ));
        }
        if self.by_pattern > 0 {
            let (entries, were) = number(self.by_pattern, "was recognised as an error", "were recognised as errors");
            notes.push(format!("{entries} without a level {were} by a pattern"));
        }
        if coverage.keys_full() {
            notes.push("more insertIds than can be remembered; later duplicates may be counted".to_string());
        }
        if coverage.without_timestamp > 0 {
            let (entries, have) = number(
                coverage.without_timestamp,
                "has no timestamp; it is counted but not linked",
                "have no timestamp; they are counted but not linked",
            );
            notes.push(format!("{entries} {have}"));
        }
        if coverage.entries >= 10 && coverage.without_payload * 2 > coverage.entries {
            notes.push(format!(
                "{} of {} entries, of every severity, have no payload: the export left it out (a table or a `value()` format does); export again with --format=json before blaming the application",
                coverage.without_payload, coverage.entries,
            ));
        }
        if coverage.mojibake > 0 {
            let (entries, hold) = number(coverage.mojibake, "holds", "hold");
            notes.push(format!("{entries} {hold} damaged characters (text that was not UTF-8)"));
        }
        if self.cascades.unlinked > 0 {
            notes.push(format!(
                "LIMIT linked_events: {} beyond the first {} {} counted in their groups but not linked",
                counted(self.cascades.unlinked, "event"),
                self.limits.linked_events,
                if self.cascades.unlinked == 1 { "was" } else { "were" },
            ));
        }
        if let Some(rest) = self.groups.iter().find(|group| group.is_rest()) {
            notes.push(format!(
                "LIMIT groups: {} of errors beyond the first {} different ones {} counted together and not linked",
                counted(rest.events, "event"),
                self.limits.groups,
                if rest.events == 1 { "is" } else { "are" },
            ));
        }
        if coverage.largest_receive_lag > 60_000_000_000 {
            notes.push(format!(
                "entries arrived up to {} after they happened; the newest minutes may be incomplete",
                span(coverage.largest_receive_lag)
            ));
        }
        truncated
    }
}

/// Returns how many entries, and the form of the verb that fits them.
fn number(entries: u64, one: &'static str, many: &'static str) -> (String, &'static str) {
    (counted(entries, "entry"), if entries == 1 { one } else { many })
}
