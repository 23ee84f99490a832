//! Reading: every shape a log comes in, and everything hostile that may stand in its place.
//! Leaves out what the entries mean together; those are the tests of later rooms.

use std::io::{Read, Write};

use log_gardener::entry::{LogEntry, Severity, SeverityOrigin};
use log_gardener::source::{ReadOptions, SourceError, SourcePath, SourceSummary, TraceHints, expand, read, read_bytes};

/// A small stand-in for the trace grammars: Python, Java, Go.
struct Simple;

impl TraceHints for Simple {
    fn starts(&self, line: &str) -> bool {
        line.starts_with("Traceback (most recent call last)")
            || line.starts_with("panic: ")
            || line.starts_with("Exception in thread")
            || (line.contains("Exception: ") && !line.contains(' ') && !line.starts_with(' '))
    }

    fn continues(&self, line: &str) -> bool {
        line.starts_with("Caused by: ")
            || line.starts_with("\tat ")
            || line.starts_with("During handling of the above exception")
            || line.starts_with("The above exception was the direct cause")
            || line.starts_with("goroutine ")
    }
}

fn try_read_with(input: impl Read, options: &ReadOptions) -> (Vec<LogEntry>, Result<SourceSummary, SourceError>) {
    let mut entries = Vec::new();
    let summary = read_bytes("t", input, options, &Simple, &mut |_| {}, &mut |entry| entries.push(entry));
    (entries, summary)
}

fn read_with(input: impl Read, options: &ReadOptions) -> (Vec<LogEntry>, SourceSummary) {
    let (entries, summary) = try_read_with(input, options);
    (entries, summary.expect("readable"))
}

fn read_text(input: &str) -> (Vec<LogEntry>, SourceSummary) {
    read_with(input.as_bytes(), &ReadOptions::default())
}

/// One line an entry: lines, severity, how it is known, message.
fn show(entries: &[LogEntry]) -> String {
    entries
        .iter()
        .map(|e| format!("{}-{} {} {:?} {:?}\n", e.at.line, e.at.end_line, e.severity, e.severity_origin, e.message))
        .collect()
}

/// Real exports, where they are at hand.
fn netra(name: &str) -> Option<(Vec<LogEntry>, SourceSummary)> {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data/netra").join(name);
    if !path.exists() {
        println!("skipped: ../shared/data/netra/{name} is not here");
        return None;
    }
    let mut entries = Vec::new();
    let summary =
        read(&SourcePath::File(path), &ReadOptions::default(), &Simple, &mut |_| {}, &mut |entry| entries.push(entry));
    Some((entries, summary.expect("readable")))
}

fn severities(entries: &[LogEntry]) -> String {
    let mut counts = std::collections::BTreeMap::new();
    for entry in entries {
        *counts.entry(entry.severity).or_insert(0) += 1;
    }
    counts.iter().rev().map(|(severity, count)| format!("{severity} {count} ")).collect()
}

#[test]
fn netra_crash_loop() {
    let Some((entries, summary)) = netra("crash-loop-1000.json") else { return };
    assert_eq!((summary.entries, summary.skipped_total, summary.complete), (1000, 0, true), "{summary:?}");
    assert_eq!(severities(&entries), "ERROR 135 WARNING 44 INFO 776 DEFAULT 45 ");
    assert_eq!(summary.without_severity, 180);
    assert_eq!(entries.iter().filter(|e| e.severity >= Severity::Warning).count(), 75 + 44 + 60);
    assert_eq!(entries.iter().filter(|e| e.may_continue).count(), 30);
    assert_eq!(entries.iter().filter(|e| e.error_field.is_some()).count(), 15);
    assert!(entries.iter().all(|e| e.logged_at.as_ref().is_none_or(|at| at.module.as_deref() != Some("logging"))));
    assert!(
        entries
            .iter()
            .all(|e| e.origin.service.as_deref() == Some("netra-backend-staging") && e.origin.instance.is_some())
    );
}

#[test]
fn netra_python_dump() {
    let Some((entries, summary)) = netra("database-timeout-python-client.json") else { return };
    assert_eq!((summary.entries, summary.skipped_total, summary.format), (163, 0, "python-dump"), "{summary:?}");
    assert_eq!(severities(&entries), "ERROR 50 WARNING 50 NOTICE 13 INFO 50 ");
    assert_eq!(summary.per_severity.get(&Severity::Error), Some(&50));
    assert_eq!(summary.asked_from.map(|t| t.to_string()).as_deref(), Some("2025-09-15T20:37:44.434498Z"));
    assert!(summary.asked_to.is_some());
    assert_eq!(entries.iter().filter(|e| e.http.as_ref().is_some_and(|http| http.status == Some(503))).count(), 22);
    assert!(entries.iter().filter(|e| e.severity == Severity::Notice).all(|e| e.change.is_some()));
    assert!(entries.iter().filter(|e| e.message.contains("Traceback")).all(|e| e.message.contains('\n')));
}

#[test]
fn netra_others() {
    if let Some((entries, summary)) = netra("split-messages-no-severity.json") {
        assert_eq!(summary.entries, 50);
        assert_eq!(entries.iter().filter(|e| e.message == "\" does not exist" && e.may_continue).count(), 12);
        let halves = entries.iter().filter(|e| e.message.ends_with("failed: database \"netra_dev"));
        assert_eq!(
            halves.filter(|e| e.severity == Severity::Error && e.severity_origin == SeverityOrigin::Text).count(),
            12
        );
    }
    if let Some((entries, summary)) = netra("coroutine-no-await.json") {
        assert_eq!((summary.entries, severities(&entries).as_str()), (20, "ERROR 6 WARNING 14 "));
    }
    if let Some((entries, summary)) = netra("auth-403.json") {
        assert_eq!((summary.entries, severities(&entries).as_str()), (20, "ERROR 6 WARNING 5 INFO 9 "));
    }
    if let Some((entries, summary)) = netra("not-a-log-export.json") {
        assert_eq!((entries.len(), summary.skipped_total), (0, 1));
        assert_eq!(summary.skipped[0].at, "entry 0");
        assert_eq!(summary.skipped[0].reason, "not a log entry: no insertId, logName or resource");
    }
}
