//! Counts calm entries, many at a time. Leaves out entries that were decoded: see the parent.

use super::Coverage;
use crate::entry::{Calm, Severity, Timestamp};

const SEVERITIES: [Severity; 9] = [
    Severity::Default,
    Severity::Debug,
    Severity::Info,
    Severity::Notice,
    Severity::Warning,
    Severity::Error,
    Severity::Critical,
    Severity::Alert,
    Severity::Emergency,
];

/// What was counted for origins of one list and is not yet in the coverage.
#[derive(Debug, Default)]
pub(super) struct Waiting {
    origins: Vec<Counted>,
}

#[derive(Debug, Clone, Copy)]
struct Counted {
    /// Whether its revision is one of those that are kept.
    kept: bool,
    entries: u64,
    first: Timestamp,
    last: Timestamp,
}

impl Coverage {
    /// Counts calm entries; `origins` are the services and revisions that they name by number, the same list, which
    /// may grow, until [`Coverage::settle`]. Duplicates are dropped as [`Coverage::count`] drops them.
    pub fn count_calm(&mut self, calm: &[Calm], origins: &[(Box<str>, Box<str>)]) {
        let mut counts = [0u64; SEVERITIES.len()];
        let mut firsts = [Timestamp(i64::MAX); SEVERITIES.len()];
        let mut last = Timestamp(i64::MIN);
        for entry in calm {
            if self.event_keys.has(entry.identity) || !self.calm_keys.add(entry.identity) {
                self.duplicates += 1;
                continue;
            }
            let place = (entry.severity as usize / 100).min(SEVERITIES.len() - 1);
            counts[place] += 1;
            firsts[place] = firsts[place].min(entry.timestamp);
            last = last.max(entry.timestamp);
            if let Some(received) = entry.received {
                self.largest_receive_lag = self.largest_receive_lag.max(received.nanos_since(entry.timestamp));
            }
            self.wait(entry, origins);
        }
        for ((severity, count), first) in SEVERITIES.into_iter().zip(counts).zip(firsts).filter(|((_, n), _)| *n > 0) {
            self.entries += count;
            *self.by_severity.entry(severity).or_default() += count;
            let known = self.first_by_severity.entry(severity).or_insert(first);
            *known = first.min(*known);
            self.from = Some(self.from.map_or(first, |from| from.min(first)));
            self.to = Some(self.to.map_or(last, |to| to.max(last)));
        }
    }

    /// Brings what was counted by origin into the coverage: the list of origins ends.
    pub fn settle(&mut self, origins: &[(Box<str>, Box<str>)]) {
        let mut waiting = std::mem::take(&mut self.waiting.origins);
        for (counted, (service, revision)) in waiting.iter().zip(origins).filter(|(counted, _)| counted.entries > 0) {
            if counted.kept
                && let Some(seen) = self.revision(service.to_string(), revision.to_string())
            {
                seen.add(counted.entries, counted.first, counted.last);
            }
        }
        waiting.clear();
        self.waiting.origins = waiting;
    }

    fn wait(&mut self, entry: &Calm, origins: &[(Box<str>, Box<str>)]) {
        let place = usize::from(entry.origin);
        if self.waiting.origins.len() <= place {
            let none = Counted { kept: false, entries: 0, first: entry.timestamp, last: entry.timestamp };
            self.waiting.origins.resize(place + 1, none);
        }
        if self.waiting.origins[place].entries == 0 {
            // A revision takes its room when it is first seen.
            let kept = origins.get(place).is_some_and(|(service, revision)| {
                !revision.is_empty() && self.revision(service.to_string(), revision.to_string()).is_some()
            });
            self.waiting.origins[place] = Counted { kept, entries: 0, first: entry.timestamp, last: entry.timestamp };
        }
        let counted = &mut self.waiting.origins[place];
        counted.entries += 1;
        counted.first = counted.first.min(entry.timestamp);
        counted.last = counted.last.max(entry.timestamp);
    }
}

#[cfg(test)]
mod tests {
    use super::super::RevisionSeen;
    use super::*;
    use crate::entry::{LogEntry, Position, SeverityOrigin, identity};

    fn entry(second: i64, revision: Option<&str>) -> LogEntry {
        let at = Position { source: "x".into(), index: 0, line: 0, end_line: 0 };
        let mut entry = LogEntry::empty(at);
        entry.insert_id = Some(format!("id-{second}"));
        entry.timestamp = Some(Timestamp(second * 1_000_000_000));
        entry.receive_timestamp = Some(Timestamp(second * 1_000_000_000 + second));
        (entry.severity, entry.severity_stated) = (Severity::Info, true);
        (entry.severity_origin, entry.has_payload) = (SeverityOrigin::Field, true);
        entry.origin.service = Some("shop".into());
        entry.origin.revision = revision.map(str::to_owned);
        entry
    }

    #[test]
    fn calm_entries_count_as_decoded_ones_do() {
        let revisions = [Some("shop-1"), Some("shop-2"), None];
        let origins: Vec<(Box<str>, Box<str>)> =
            revisions.iter().map(|revision| ("shop".into(), revision.unwrap_or("").into())).collect();
        let seconds = [5, 3, 9, 5, 1, 3];
        let (mut one, mut many) = (Coverage::default(), Coverage::default());
        let mut calm = Vec::new();
        for second in seconds {
            let origin = second as usize % 3;
            let entry = entry(second, revisions[origin]);
            calm.push(Calm {
                severity: entry.severity,
                timestamp: Timestamp(second * 1_000_000_000),
                received: entry.receive_timestamp,
                identity: identity(b"", entry.timestamp, entry.insert_id.as_deref().unwrap_or("").as_bytes()),
                origin: origin as u16,
            });
            one.count(&entry);
        }
        many.count_calm(&calm[..2], &origins);
        many.count_calm(&calm[2..], &origins);
        many.settle(&origins);
        assert_eq!(many.duplicates, 2);
        let told = |coverage: &Coverage| {
            format!(
                "{} {} {:?} {:?} {:?} {:?} {:?} {}",
                coverage.entries,
                coverage.duplicates,
                coverage.by_severity,
                coverage.first_by_severity,
                coverage.from,
                coverage.to,
                coverage.revisions,
                coverage.largest_receive_lag
            )
        };
        assert_eq!(told(&many), told(&one));
        let known: RevisionSeen = many.revisions[&("shop".to_string(), "shop-1".to_string())].clone();
        assert_eq!(known.entries, 2);
    }
}
