//! Whole logs: read by the real reader in both of its ways, and judged.
//! Leaves out single messages: see `messages`.

use log_gardener::entry::{Calm, LogEntry, Severity, Timestamp};
use log_gardener::report::WindowView;
use log_gardener::report::text::{self, Look};
use log_gardener::source::{OriginList, ReadOptions, Sink, SourceSummary, read_bytes};
use log_gardener::triage::{Triage, TriageOptions, Triaged};

use crate::run::{Hints, catalog};

/// Records longer than this are cut; small, so that the cut is reached.
const LONGEST_RECORD: usize = 8 << 10;

fn options() -> ReadOptions {
    ReadOptions { max_record_bytes: LONGEST_RECORD, ..ReadOptions::default() }
}

/// Any bytes are read to their end, and what was handed on is what was counted.
pub fn decode(data: &[u8]) {
    let mut handed = 0_u64;
    let mut take = |entry: LogEntry| {
        handed += 1;
        assert!(entry.message.len() <= 16 * LONGEST_RECORD + 16 * data.len(), "a message grows beyond its record");
    };
    let Ok(summary) = read_bytes("input", data, &options(), &Hints(catalog()), &mut |_| {}, &mut take) else { return };
    assert_eq!(summary.entries, handed, "entries counted and entries handed on");
    assert_eq!(summary.per_severity.values().sum::<u64>(), handed, "entries by severity");
    assert!(summary.skipped.len() as u64 <= summary.skipped_total);
}

/// Takes calm entries as counts, as the program does.
struct Counting<'a>(&'a mut Triage<'static>);

impl Sink for Counting<'_> {
    fn entry(&mut self, entry: LogEntry) {
        self.0.push(entry);
    }

    fn least(&self) -> Option<Severity> {
        self.0.least()
    }

    fn calm(&mut self, calm: &[Calm], origins: &OriginList) {
        self.0.push_calm(calm, origins);
    }

    fn settle(&mut self, origins: &OriginList) {
        self.0.settle(origins);
    }
}

/// Any bytes are judged: what is said adds up, does not steer a terminal, and does not depend on how it was read.
pub fn triage(data: &[u8]) {
    let mut slow = judged(data, false, 1);
    let mut quick = judged(data, true, if data.len().is_multiple_of(4) { 3 } else { 1 });
    let (Some((slow, read)), Some((quick, _))) = (&mut slow, &mut quick) else {
        assert_eq!(slow.is_some(), quick.is_some(), "refused in one way of reading only");
        return;
    };
    let coverage = &slow.coverage;
    assert_eq!(read.entries, coverage.entries + coverage.duplicates, "entries read, kept and dropped");
    let told = [&mut *slow, quick].map(|run| {
        let view = run.view(catalog(), Vec::new(), WindowView { from: None, to: None }, Vec::new());
        let events: u64 = view.incidents.iter().map(|incident| incident.entries).sum();
        assert_eq!(events, view.coverage.events, "events in incidents and in the coverage");
        let shown = text::render(&view, Look { width: 80, color: false });
        assert!(!shown.contains(|c: char| c.is_control() && c != '\n'), "it steers the terminal");
        serde_json::to_string(&view).unwrap_or_else(|error| panic!("{error}"))
    });
    assert_eq!(told[0], told[1], "skimmed or not");
    let mut times = vec![0; slow.groups.len()];
    slow.cascades.incidents.iter().flat_map(|incident| &incident.groups).for_each(|&group| times[group] += 1);
    assert!(times.iter().all(|times| *times == 1), "each group in one incident");
}

fn judged(data: &[u8], skims: bool, threads: usize) -> Option<(Triaged, SourceSummary)> {
    let options =
        TriageOptions { least: Severity::Warning, since: None, until: None, now: Timestamp(1_790_000_000_000_000_000) };
    std::thread::scope(|scope| {
        let mut run = Triage::new(catalog(), options, true).with_threads(scope, threads);
        let read = ReadOptions { threads, ..self::options() };
        let summary = if skims {
            read_bytes("input", data, &read, &Hints(catalog()), &mut |_| {}, &mut Counting(&mut run))
        } else {
            read_bytes("input", data, &read, &Hints(catalog()), &mut |_| {}, &mut |entry: LogEntry| run.push(entry))
        };
        Some((run.finish(&[]), summary.ok()?))
    })
}
