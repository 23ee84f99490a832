//! What a run redacted: counted, told, and looked at once more before it is shown.
//! Leaves out the redacting: `redact` does that where events are made.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, PoisonError};

use crate::entry::{LogEntry, Timestamp};
use crate::pattern::{Catalog, Redactions, Tally};
use crate::report::TriageView;
use crate::report::texts::{TextKind, each_of_incident, each_text};
use crate::report::view::RedactionsView;

/// Flagged events that are named.
const FLAGGED: usize = 20;

/// What a document says whose values were not redacted.
const UNREDACTED: &str = "nothing is redacted, as --no-redact asks; this is for the own screen and not to be passed on";

/// What was redacted in a run.
#[derive(Debug, Default)]
pub(super) struct Redacted {
    /// Marks made, by the number of their kind.
    kinds: BTreeMap<u16, u64>,
    flagged: u64,
    /// The first of the flagged, by time and reference.
    first: BTreeSet<(Option<Timestamp>, String)>,
}

impl Redacted {
    /// Adds what was redacted in one entry.
    pub(super) fn count(&mut self, tally: &Tally, entry: &LogEntry) {
        for (kind, count) in tally.counts() {
            *self.kinds.entry(kind).or_default() += u64::from(count);
        }
        if tally.is_flagged() {
            self.flagged += 1;
            self.first.insert((entry.timestamp, entry.reference()));
            if self.first.len() > FLAGGED {
                self.first.pop_last();
            }
        }
    }

    /// Returns it for a view.
    pub(super) fn view(&self, catalog: &Catalog) -> RedactionsView {
        let rules = &catalog.redactions;
        let mut kinds: BTreeMap<String, u64> = BTreeMap::new();
        for (kind, count) in &self.kinds {
            *kinds.entry(rules.kind(*kind).to_string()).or_default() += count;
        }
        RedactionsView {
            kinds,
            flagged: self.flagged,
            flagged_references: self.first.iter().map(|(_, reference)| reference.clone()).collect(),
            off: rules.reveals(),
        }
    }
}

/// Says what was replaced, and where somebody should look before a text is passed on.
pub(super) fn note(redactions: &RedactionsView, notes: &mut Vec<String>) {
    if redactions.off {
        notes.push(UNREDACTED.to_string());
    } else if !redactions.kinds.is_empty() {
        let mut kinds: Vec<_> = redactions.kinds.iter().collect();
        kinds.sort_by_key(|(kind, count)| (std::cmp::Reverse(**count), *kind));
        let kinds: Vec<String> = kinds.iter().map(|(kind, count)| format!("{kind} {count}")).collect();
        notes.push(format!("redacted in the texts of events: {}; equal values have equal marks", kinds.join(", ")));
    }
    if redactions.flagged > 0 {
        let named = &redactions.flagged_references;
        let more = redactions.flagged - named.len() as u64;
        let more = if more > 0 { format!(" and {more} more") } else { String::new() };
        notes.push(format!(
            "{} a text that looks like a secret of no known kind, which was not redacted: {}{more}",
            if redactions.flagged == 1 {
                "1 event holds".to_string()
            } else {
                format!("{} events hold", redactions.flagged)
            },
            named.join(", "),
        ));
    }
}

/// Looks at what is told once more: events are redacted, and what is made of them may hold what only together is a secret.
/// Quotations stand as events have them. Where values are wanted they are put back instead.
pub(super) fn last_look(view: &mut TriageView, rules: &Redactions, threads: usize) {
    let incidents = std::mem::take(&mut view.incidents);
    each_text(view, &mut |text, kind| look(text, kind, rules));
    view.incidents = incidents;
    let threads = threads.min(view.incidents.len() / WORTH_A_THREAD).max(1);
    let left = Mutex::new(view.incidents.iter_mut());
    let next = || left.lock().unwrap_or_else(PoisonError::into_inner).next();
    let work = || {
        while let Some(incident) = next() {
            each_of_incident(incident, &mut |text, kind| look(text, kind, rules));
        }
    };
    std::thread::scope(|scope| {
        (1..threads).for_each(|_| drop(scope.spawn(work)));
        work();
    });
}

/// Incidents for which another thread is worth its start.
const WORTH_A_THREAD: usize = 16;

fn look(text: &mut String, kind: TextKind, rules: &Redactions) {
    let mut tally = Tally::default();
    let changed = match kind {
        _ if rules.reveals() => rules.reveal(text),
        TextKind::Told => rules.redact(text, &mut tally),
        TextKind::Id => rules.redact_id(text, &mut tally),
        TextKind::Quoted => Cow::Borrowed(text.as_str()),
    };
    if let Cow::Owned(changed) = changed {
        *text = changed;
    }
}
