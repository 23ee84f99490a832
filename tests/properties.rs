//! What holds for any log: every line is accounted for, events add up, and neither the order of entries, nor the number
//! of threads, nor how the bytes arrive changes what is said. Over generated logs whose counts are known.
//! Leaves out damaged logs: see `fuzzing` and `hostile_mutations`.
//!
//! `LOG_GARDENER_PROPERTY_CASES=2000 cargo test --release --test all properties::` tries as many logs.

use std::io::{self, Read};

use log_gardener::entry::{LogEntry, Severity, Timestamp};
use log_gardener::report::WindowView;
use log_gardener::source::{ReadOptions, SourceSummary, read_bytes};
use log_gardener::triage::{Triage, TriageOptions, Triaged};
use serde_json::json;

use crate::run::{self, Hints, Shuffle, catalog};

/// A generated log, and what was put into it.
struct Made {
    lines: Vec<String>,
    entries: u64,
    duplicates: u64,
    broken: u64,
    errors: u64,
}

const SAID: &[&str] = &[
    "No module named 'shop.tax'",
    "connection to ledger-7 refused after 12 ms",
    "user 4711 not found",
    "Traceback (most recent call last):\n  File \"/app/a.py\", line 3, in f\n    x['k']\nKeyError: 'k'",
    "java.lang.IllegalStateException: closed\n\tat a.B.c(B.java:7)\n\tat a.D.e(D.java:9)",
    "deadline of 30s exceeded while waiting for cart-17",
    "\u{1b}[31mdisk is full\u{1b}[0m @octocat #1 <b>",
    "漢字 e\u{301} \u{202e}reversed",
    "",
];

fn made(random: &mut Shuffle) -> Made {
    let mut made = Made { lines: Vec::new(), entries: 0, duplicates: 0, broken: 0, errors: 0 };
    for number in 0..1 + random.below(120) {
        let severity = ["INFO", "DEBUG", "NOTICE", "WARNING", "ERROR", "CRITICAL"][random.below(6)];
        let second = random.below(3_000);
        let text = SAID[random.below(SAID.len())];
        let service = format!("service-{}", random.below(3));
        let mut entry = json!({
            "insertId": format!("id{number}"), "severity": severity, "logName": "projects/p/logs/stderr",
            "timestamp": format!("2026-03-10T09:{:02}:{:02}.{:03}Z", second / 60, second % 60, random.below(1_000)),
            "resource": { "type": "cloud_run_revision", "labels": { "service_name": service, "revision_name": "r1" } },
            "labels": { "instanceId": format!("i{}", random.below(2)) },
        });
        match random.below(4) {
            0 => entry["jsonPayload"] = json!({ "message": text, "request_id": format!("req-{}", random.below(20)) }),
            1 => {
                let status = [200, 404, 500, 503][random.below(4)];
                entry["httpRequest"] = json!({ "requestMethod": "GET", "requestUrl": "https://x/a", "status": status });
            }
            _ => entry["textPayload"] = json!(text),
        }
        if random.below(3) == 0 {
            entry["trace"] = json!(format!("projects/p/traces/{:032x}", 1 + random.below(9)));
        }
        made.entries += 1;
        made.errors += u64::from(matches!(severity, "ERROR" | "CRITICAL" | "WARNING"));
        made.lines.push(entry.to_string());
        for _ in 0..[0, 0, 0, 1, 2][random.below(5)] {
            made.duplicates += 1;
            made.lines.push(entry.to_string());
        }
        if random.below(8) == 0 {
            made.broken += 1;
            made.lines.push(["17", "\"a text\"", "null", "[1, 2]"][random.below(4)].to_string());
        }
    }
    made
}

/// Yields bytes in pieces of any length, and is interrupted now and then.
struct Pieces<'a>(&'a [u8], Shuffle);

impl Read for Pieces<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.1.below(5) == 0 {
            return Err(io::ErrorKind::Interrupted.into());
        }
        let count = (1 + self.1.below(300)).min(buffer.len()).min(self.0.len());
        buffer[..count].copy_from_slice(&self.0[..count]);
        self.0 = &self.0[count..];
        Ok(count)
    }
}

fn judged(log: impl Read + Send, threads: usize) -> (Triaged, SourceSummary) {
    let options =
        TriageOptions { least: Severity::Warning, since: None, until: None, now: Timestamp(1_790_000_000_000_000_000) };
    std::thread::scope(|scope| {
        let mut run = Triage::new(catalog(), options, true).with_threads(scope, threads);
        let read = ReadOptions { threads, ..ReadOptions::default() };
        let mut push = |entry: LogEntry| run.push(entry);
        let summary = read_bytes("input", log, &read, &Hints(catalog()), &mut |_| {}, &mut push);
        let summary = summary.unwrap_or_else(|error| panic!("{}", error.message));
        (run.finish(&[]), summary)
    })
}

fn told(mut run: Triaged, summary: &SourceSummary) -> String {
    let view = run.view(catalog(), Vec::new(), WindowView { from: None, to: None }, Vec::new());
    format!("{summary:?}\n{}\n{:?}", serde_json::to_string_pretty(&view).expect("JSON"), run.assignments)
}

fn cases() -> impl Iterator<Item = (u64, Shuffle)> {
    let cases = std::env::var("LOG_GARDENER_PROPERTY_CASES").map_or(25, |text| text.parse().expect("a number"));
    (1..=cases).map(|case: u64| (case, Shuffle(case.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)))
}

#[test]
fn every_line_is_accounted_for_and_events_add_up() {
    for (case, mut random) in cases() {
        let made = made(&mut random);
        let log = made.lines.join("\n") + "\n";
        let (mut run, summary) = judged(log.as_bytes(), 1);
        // A line that is no entry of Cloud Logging is one of text, or skipped.
        assert_eq!(summary.entries + summary.skipped_total, made.lines.len() as u64, "case {case}: lines\n{log}");
        let text = made.broken - summary.skipped_total;
        let coverage = &run.coverage;
        assert_eq!(
            (coverage.entries, coverage.duplicates),
            (made.entries + text, made.duplicates),
            "case {case}\n{log}"
        );
        let view = run.view(catalog(), Vec::new(), WindowView { from: None, to: None }, Vec::new());
        let incidents: u64 = view.incidents.iter().map(|incident| incident.entries).sum();
        let groups: u64 = view.incidents.iter().flat_map(|incident| &incident.groups).map(|group| group.entries).sum();
        assert_eq!((incidents, groups), (view.coverage.events, view.coverage.events), "case {case}\n{log}");
        assert!(view.coverage.events >= made.errors, "case {case}: {} of {}\n{log}", view.coverage.events, made.errors);
        let assigned = run.assignments.len() as u64;
        assert_eq!(assigned, view.coverage.events, "case {case}: each event went to one group");
    }
}

#[test]
fn the_same_log_gives_the_same_bytes_in_any_number_of_threads_and_pieces() {
    for (case, mut random) in cases() {
        let log = made(&mut random).lines.join("\n") + "\n";
        let (run, summary) = judged(log.as_bytes(), 1);
        let expected = told(run, &summary);
        for threads in [1, 3] {
            let (run, summary) = judged(log.as_bytes(), threads);
            assert_eq!(told(run, &summary), expected, "case {case}, {threads} threads\n{log}");
        }
        let (run, summary) = judged(Pieces(log.as_bytes(), Shuffle(case | 1)), 1);
        assert_eq!(told(run, &summary), expected, "case {case}, in pieces\n{log}");
    }
}

#[test]
fn the_order_of_entries_does_not_matter() {
    for (case, mut random) in cases() {
        let mut made = made(&mut random);
        let expected = run::found(made.lines.join("\n").as_bytes());
        for _ in 0..3 {
            random.shuffle(&mut made.lines);
            assert_eq!(
                run::found(made.lines.join("\n").as_bytes()),
                expected,
                "case {case}\n{}",
                made.lines.join("\n")
            );
        }
    }
}
