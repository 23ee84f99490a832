//! A month of a service as it might be: what fails when, and what of it a window holds.
//! Leaves out what people do about it (`people`) and the program under test (`runs`).
#![allow(unreachable_pub)]

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use log_gardener::audit::Look;
use log_gardener::decision::{Pass, Traffic};
use log_gardener::entry::{Severity, Timestamp};
use log_gardener::report::WindowView;
use log_gardener::source::{ReadOptions, read_bytes};
use log_gardener::triage::{Triage, TriageOptions};
use serde_json::{Value, json};

use crate::run::{Hints, Shuffle, catalog};

pub const SECOND: i64 = 1_000_000_000;
pub const MINUTE: i64 = 60 * SECOND;
pub const HOUR: i64 = 60 * MINUTE;
pub const DAY: i64 = 24 * HOUR;

/// 2033-05-01T00:00:00Z; later than today, so that a wait until "now" of the real clock is over.
pub const START: i64 = 1_998_518_400 * SECOND;

/// The sources, as a user would name them.
pub const SOURCE: &str = "gcp://wick";

/// One failure.
#[derive(Debug, Clone)]
pub struct Event {
    /// When it happened, nanoseconds after `START`.
    pub at: i64,
    /// From when on a window can hold it: entries arrive late.
    pub arrives: i64,
    /// Which fault it is.
    pub fault: &'static str,
    /// What is logged of it, besides times and ids.
    pub how: How,
}

/// What is logged of an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum How {
    Plain,
    Reworded,
    Critical,
    /// With its cause just before it, in the same request.
    AfterItsRoot,
    Exit,
    Shutdown,
}

/// From minute to minute of the month, one event every so many.
type Span = (i64, i64, i64);

const D: i64 = 24 * 60;

/// Everything that fails in the month.
pub fn events(seed: u64) -> Vec<Event> {
    let mut chance = Shuffle(seed | 1);
    let mut all = Vec::new();
    let mut add = |fault: &'static str, how: How, late: i64, spans: &[Span]| {
        for (from, to, every) in spans {
            let mut minute = *from;
            while minute < *to {
                let at = minute * MINUTE + chance.below(55) as i64 * SECOND;
                let delay = if late > 0 && chance.below(3) == 0 { 3 + chance.below(late as usize) as i64 } else { 0 };
                all.push(Event { at, arrives: at + delay * MINUTE, fault, how });
                minute += every;
            }
        }
    };
    let days = |from: i64, to: i64, every: i64| (from * D, to * D, every);
    add("granary", How::Plain, 0, &[days(0, 29, 7)]);
    let bursts: Vec<Span> = (0..75).map(|n| (n * 540 + 30, n * 540 + 40, 1)).collect();
    add("mill", How::Plain, 0, &bursts);
    let returns: Vec<Span> = (0..280).map(|n| (n * 150 + 65, n * 150 + 75, 3)).collect();
    add("weir", How::Plain, 0, &returns);
    add("bakery", How::Plain, 0, &[days(1, 3, 5)]);
    add("forge", How::Plain, 0, &MENDED[0].1.map(|(from, to)| (from, to, 6)));
    add("stable", How::Plain, 5, &MENDED[1].1.map(|(from, to)| (from, to, 4)));
    add("orchard", How::Plain, 0, &[days(0, 29, 11)]);
    add("cellar", How::Plain, 0, &[days(0, 29, 13)]);
    add("loom", How::Plain, 0, &[days(1, 6, 9), days(9, 12, 9)]);
    add("loom", How::Critical, 0, &[days(6, 9, 9), days(12, 29, 9)]);
    add("kiln", How::Plain, 0, &[days(0, 8, 8)]);
    add("kiln", How::Reworded, 0, &[days(8, 29, 8)]);
    add("porter", How::Shutdown, 0, &[days(0, 29, 31)]);
    add("cart", How::Plain, 0, &[days(2, 10, 9)]);
    add("cart", How::AfterItsRoot, 0, &[days(10, 29, 9)]);
    add("well", How::Plain, 0, &[days(1, 29, 10)]);
    add("barn", How::Plain, 0, &[days(1, 29, 12)]);
    add("harbour", How::Exit, 0, &[(12 * D + 75, 12 * D + 80, 2)]);
    add("dovecote", How::Plain, 5, &[days(0, 29, 4)]);
    add("apiary", How::Plain, 0, &[days(3, 29, 14)]);
    add("attic", How::Plain, 0, &[days(0, 29, 3 * D)]);
    // A storm of a morning: more at once than one run opens issues for.
    for (n, fault) in STORM.iter().enumerate() {
        add(fault, How::Plain, 0, &[(18 * D + 480 + n as i64, 18 * D + 900, 6)]);
    }
    all.sort_by_key(|event| event.at);
    all
}

pub const STORM: [&str; 9] = ["alder", "birch", "cedar", "elder", "hazel", "larch", "maple", "rowan", "willow"];

/// Faults that people mend several times, with when they were there: minutes from, to.
pub const MENDED: [(&str, [(i64, i64); 5]); 2] = [
    ("forge", [(2 * D, 4 * D + 13), (8 * D + 5, 9 * D), (13 * D + 41, 15 * D), (19 * D, 21 * D + 7), (24 * D, 25 * D)]),
    ("stable", [(D, 3 * D), (6 * D + 17, 7 * D), (11 * D, 12 * D), (16 * D + 29, 17 * D + 20), (26 * D, 27 * D)]),
];

/// Minutes after its end until a person closes the issue of a mended fault.
pub const CLOSED_AFTER: i64 = 95;

/// Returns the service that an event's main entry names.
pub fn service(fault: &str) -> String {
    format!("{fault}-service")
}

/// Returns the entries of an event.
pub fn entries(event: &Event) -> Vec<Value> {
    let time = |millis: i64| {
        let at = Timestamp(START + event.at + millis * 1_000_000);
        at.to_utc().to_rfc3339()
    };
    let Event { at, fault, how, .. } = event;
    let number = at / SECOND;
    let entry = |what: &str, millis: i64, severity: &str, more: Value| {
        let mut entry = json!({
            "insertId": format!("{fault}-{number}-{what}"), "timestamp": time(millis), "severity": severity,
            "logName": "projects/wick/logs/stderr",
            "resource": { "type": "cloud_run_revision",
                "labels": { "service_name": service(fault), "revision_name": format!("{fault}-1") } },
        });
        entry.as_object_mut().expect("an object").extend(more.as_object().expect("an object").clone());
        entry
    };
    let which: u32 = fault.bytes().fold(0, |sum, byte| sum.wrapping_mul(31) + u32::from(byte));
    let trace = format!("projects/wick/traces/{which:08x}{number:024x}");
    let text = match how {
        How::Exit => "Container called exit(1).".to_owned(),
        How::Shutdown => "Handling signal: term".to_owned(),
        How::Reworded => {
            format!("could not reach the {fault} at 10.0.0.7 within the 30s after {number} attempts by the miller")
        }
        _ => format!("could not reach the {fault} at 10.0.0.7 within 30s after {number} attempts by the miller"),
    };
    let severity = match how {
        How::Critical => "CRITICAL",
        How::Shutdown => "WARNING",
        _ => "ERROR",
    };
    let main = entry("a", 200, severity, json!({ "textPayload": text, "trace": trace }));
    if *how != How::AfterItsRoot {
        return vec![main];
    }
    let root = json!({ "textPayload": format!("shard {number} of the ledger refused the order"), "trace": trace });
    vec![entry("root", 0, "ERROR", root), main]
}

/// Finds the incidents in entries, as a run over a window does.
pub fn look(lines: &[Value], from: Timestamp, to: Timestamp, now: Timestamp, complete: bool) -> Look {
    let text: String = lines.iter().map(|entry| format!("{entry}\n")).collect();
    let options = TriageOptions { least: Severity::Warning, since: Some(from), until: Some(to), now };
    let mut run = Triage::new(catalog(), options, false).with_traffic();
    if !lines.is_empty() {
        let read = ReadOptions { max_record_bytes: 1 << 20, ..ReadOptions::default() };
        let sink = &mut |entry: log_gardener::entry::LogEntry| run.push(entry);
        if let Err(error) = read_bytes("input", text.as_bytes(), &read, &Hints(catalog()), &mut |_| {}, sink) {
            panic!("{error:?}");
        }
    }
    let mut triaged = run.finish(&[]);
    let view = triaged.view(catalog(), Vec::new(), WindowView { from: Some(from), to: Some(to) }, Vec::new());
    let mut traffic = Vec::new();
    for (service, minutes) in &triaged.traffic.services {
        for (minute, served) in minutes {
            traffic.push((service.clone(), *minute, Traffic { entries: served.entries, requests: served.requests }));
        }
    }
    let pass = Pass {
        source: SOURCE.to_owned(),
        from: Some(from),
        to: Some(to),
        now,
        complete,
        entries: view.coverage.entries,
        events: view.coverage.events,
    };
    Look { pass, view, traffic }
}

/// Returns a healthy entry, so that a window without failures is not an empty one.
pub fn heartbeat(at: Timestamp) -> Value {
    json!({
        "insertId": format!("ok-{}", at.0), "timestamp": at.to_utc().to_rfc3339(), "severity": "INFO",
        "logName": "projects/wick/logs/stdout", "textPayload": "ready",
        "resource": { "type": "cloud_run_revision", "labels": { "service_name": "gate", "revision_name": "gate-1" } },
    })
}

/// Returns a time of the month as a date of the stand-in.
pub fn date(at: Timestamp) -> DateTime<Utc> {
    DateTime::from_timestamp(at.0.div_euclid(SECOND), 0).expect("a time")
}

/// Counts per fault the events of the month that a window could hold by `until` as an incident of their own.
pub fn counted(events: &[Event], from: i64, until: i64) -> BTreeMap<&'static str, (u64, i64)> {
    let mut counts: BTreeMap<&'static str, (u64, i64)> = BTreeMap::new();
    for event in events.iter().filter(|event| event.at >= from && event.at < until && event.arrives <= until) {
        if event.how != How::AfterItsRoot {
            let count = counts.entry(event.fault).or_default();
            count.0 += 1;
            count.1 = count.1.max(event.at);
        }
    }
    counts
}
