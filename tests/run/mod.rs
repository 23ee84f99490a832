//! Runs the library in-process over bytes, and shuffles with a seed, for tests of properties.
//! Leaves out the command line.

#![allow(unreachable_pub)]

use std::ops::Range;
use std::sync::OnceLock;

use log_gardener::entry::{LogEntry, Severity, Timestamp};
use log_gardener::event::trace;
use log_gardener::pattern::Catalog;
use log_gardener::source::{ReadOptions, TraceHints, read_bytes};
use log_gardener::triage::{Triage, TriageOptions, Triaged};

/// What the grammars of the catalog know.
pub struct Hints<'c>(pub &'c Catalog);

impl TraceHints for Hints<'_> {
    fn starts(&self, line: &str) -> bool {
        trace::starts_trace(line, &self.0.traces)
    }

    fn blocks(&self, lines: &[&str]) -> Vec<Range<usize>> {
        let blocks = trace::find_blocks(lines, &self.0.traces);
        blocks.into_iter().map(|block| block.start..block.end + 1).collect()
    }

    fn continues(&self, line: &str) -> bool {
        trace::may_continue(line, &self.0.traces)
    }
}

pub fn catalog() -> &'static Catalog {
    static CATALOG: OnceLock<Catalog> = OnceLock::new();
    CATALOG.get_or_init(|| Catalog::builtin().unwrap_or_else(|problems| panic!("{}", problems[0])))
}

/// Reads `bytes` and finds the incidents; nothing when the source is refused.
pub fn triage(bytes: &[u8]) -> Option<(Triaged, u64)> {
    triage_in(bytes, 1)
}

/// The same in so many threads.
pub fn triage_in(bytes: &[u8], threads: usize) -> Option<(Triaged, u64)> {
    triage_by(catalog(), bytes, threads)
}

/// The same by a catalog of one's own.
pub fn triage_by(catalog: &Catalog, bytes: &[u8], threads: usize) -> Option<(Triaged, u64)> {
    let options =
        TriageOptions { least: Severity::Warning, since: None, until: None, now: Timestamp(1_790_000_000_000_000_000) };
    std::thread::scope(|scope| {
        let mut run = Triage::new(catalog, options, true).with_threads(scope, threads);
        let read = ReadOptions { max_record_bytes: 1 << 20, ..ReadOptions::default() };
        let summary =
            read_bytes("input", bytes, &read, &Hints(catalog), &mut |_| {}, &mut |entry: LogEntry| run.push(entry))
                .ok()?;
        Some((run.finish(&[]), summary.entries))
    })
}

/// An incident without what may depend on the place in the input.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Found {
    pub root: String,
    pub events: u64,
    pub groups: Vec<(String, u64, String)>,
    pub links: Vec<(String, String, &'static str, u64, i64)>,
}

/// Returns the incidents in `bytes`, sorted.
pub fn found(bytes: &[u8]) -> Vec<Found> {
    let (run, _) = triage(bytes).expect("it can be read");
    let id = |at: usize| run.groups[at].id.clone();
    let mut all: Vec<Found> = run
        .cascades
        .incidents
        .iter()
        .map(|incident| Found {
            root: id(incident.root),
            events: incident.groups.iter().map(|&at| run.groups[at].events).sum(),
            groups: incident
                .groups
                .iter()
                .map(|&at| (id(at), run.groups[at].events, run.groups[at].title.clone()))
                .collect(),
            links: incident
                .links
                .iter()
                .map(|link| (id(link.from), id(link.to), link.kind.name(), link.occurrences, link.lag_p50))
                .collect(),
        })
        .collect();
    all.sort();
    all
}

/// Random numbers that are the same in every run (xorshift).
pub struct Shuffle(pub u64);

impl Shuffle {
    pub fn below(&mut self, most: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        ((self.0 >> 11) % most.max(1) as u64) as usize
    }

    pub fn shuffle<T>(&mut self, list: &mut [T]) {
        self.0 = self.0.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
        for at in (1..list.len()).rev() {
            list.swap(at, self.below(at + 1));
        }
    }
}
