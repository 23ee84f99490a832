//! A storm of errors, and the same errors read again: few issues, and nothing written twice.
//! Leaves out kills and people: see `month`.
#![allow(unreachable_pub)]

use std::path::PathBuf;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Instant;

use log_gardener::audit::{Audited, Look};
use log_gardener::decision::{Policy, ROLLUP};
use log_gardener::entry::Timestamp;
use log_gardener::publish::github::block;
use serde_json::{Value, json};

use super::runs::{self, Way};
use super::world::{self, MINUTE, START};
use crate::fake_github::FakeGitHub;
use crate::run::Shuffle;

const CAUSES: [&str; 3] = [
    "connection to shard ledger-7 refused by peer",
    "certificate of the vault expired on tuesday",
    "no space left in the volume of the granary",
];
const CONSEQUENCES: usize = 40;

/// What the storm is made of.
#[derive(Clone, Copy)]
struct Storm {
    /// Entries in all.
    entries: usize,
    /// Kinds of errors that have nothing to do with it.
    strangers: usize,
}

impl Storm {
    /// Returns the entries of the minutes from `from` to before `to`, `part` of all.
    fn window(self, from: i64, to: i64, entries: usize) -> Vec<Value> {
        let mut lines = Vec::with_capacity(entries + self.strangers * 4);
        // Each request fails with one cause and, after it, three of its consequences.
        let requests = entries / 4;
        let span = (to - from) * MINUTE;
        for request in 0..requests {
            let at = START + from * MINUTE + span / requests as i64 * request as i64;
            let cause = request % CAUSES.len();
            let trace = json!(format!("projects/wick/traces/{:08x}{request:024x}", from));
            let id = |step: usize| format!("s{from}-{request}-{step}");
            lines.push(entry(&id(0), at, &format!("store{cause}"), CAUSES[cause], &trace));
            for step in 1..=3 {
                // Forty kinds, each of them always behind the same cause; half of them quote it.
                let kind = (request / 3 * 3 + step * 3) % (CONSEQUENCES / 3 * 3) + cause;
                let kind = if request % 997 == 0 && cause == 0 { CONSEQUENCES - 1 } else { kind };
                let what = name(kind);
                let text = match kind % 2 {
                    0 => format!("cannot finish the {what} for customer {request}: {}", CAUSES[cause]),
                    _ => format!("the {what} of customer {request} failed"),
                };
                lines.push(entry(
                    &id(step),
                    at + step as i64 * 9_000_000,
                    &format!("front{}", kind % 4),
                    &text,
                    &trace,
                ));
            }
        }
        for stranger in 0..self.strangers {
            for time in 0..4 {
                let at = START + from * MINUTE + span / 5 * (time + 1) + stranger as i64 * 700_000_000;
                let text = format!("the {} of the {} is stuck", name(stranger), name(stranger + 50));
                let id = format!("x{from}-{stranger}-{time}");
                lines.push(entry(&id, at, &format!("odd{stranger}"), &text, &Value::Null));
            }
        }
        lines
    }
}

/// Returns a word for a number: numbers themselves are masked in messages.
fn name(mut number: usize) -> String {
    let (mut word, syllables) = (String::new(), ["ba", "ke", "li", "mo", "nu", "pra", "sto", "wen"]);
    for _ in 0..3 {
        word.push_str(syllables[number % 8]);
        number /= 8;
    }
    word
}

fn entry(id: &str, at: i64, service: &str, text: &str, trace: &Value) -> Value {
    let mut entry = json!({
        "insertId": id, "timestamp": Timestamp(at).to_utc().to_rfc3339(), "severity": "ERROR",
        "logName": "projects/wick/logs/stderr", "textPayload": text,
        "resource": { "type": "cloud_run_revision",
            "labels": { "service_name": service, "revision_name": format!("{service}-1") } },
    });
    if !trace.is_null() {
        entry["trace"] = trace.clone();
    }
    entry
}

/// A tracker and a ledger, both empty at first.
pub struct Bed {
    pub fake: FakeGitHub,
    folder: tempfile::TempDir,
    time: AtomicI64,
}

impl Bed {
    pub fn new() -> Bed {
        Bed {
            fake: FakeGitHub::new(),
            folder: tempfile::tempdir().expect("a temporary folder"),
            time: AtomicI64::new(START),
        }
    }

    pub fn look(&self, lines: &[Value], from: i64, to: i64) -> Look {
        let at = |minute: i64| Timestamp(START + minute * MINUTE);
        world::look(lines, at(from), at(to), at(to), true)
    }

    pub fn audit(&self, look: Look) -> Audited {
        self.pass(look, true)
    }

    pub fn pass(&self, look: Look, publish: bool) -> Audited {
        self.time.fetch_max(look.pass.now.0, Ordering::SeqCst);
        let way = Way::calm(&self.time);
        let ended = runs::audit(&self.path(), self.fake.client(), &way, look, "storm", publish);
        ended.unwrap_or_else(|error| panic!("{error}"))
    }

    pub fn path(&self) -> PathBuf {
        self.folder.path().join("ledger.db")
    }

    /// Returns issues of incidents, and roll-ups.
    pub fn issues(&self) -> (usize, usize) {
        self.fake.with(|store| {
            let rollups = store.issues.values().filter(|item| block::mentions(&item.body, ROLLUP)).count();
            (store.issues.len() - rollups, rollups)
        })
    }

    pub fn writes(&self) -> usize {
        self.fake.asked().iter().filter(|request| request.writes()).count()
    }
}

/// One audit of the whole storm, then ten of its next minutes; returns what is open after the first and the last.
fn storm(storm: Storm) -> [(usize, usize); 2] {
    let (bed, begun) = (Bed::new(), Instant::now());
    // It was there a moment before, so that the first look at the storm may open issues.
    bed.audit(bed.look(&storm.window(0, 10, 600), 0, 10));
    let lines = storm.window(10, 70, storm.entries);
    let entries = lines.len();
    let look = bed.look(&lines, 10, 70);
    let (groups, incidents) =
        (look.view.incidents.iter().map(|incident| incident.groups.len()).sum::<usize>(), look.view.incidents.len());
    let triaged = begun.elapsed();
    bed.audit(look);
    let first = bed.issues();
    for pass in 0..10 {
        let (from, to) = (70 + pass * 10, 80 + pass * 10);
        bed.audit(bed.look(&storm.window(from, to, 600), from, to));
    }
    let last = bed.issues();
    println!(
        "storm of {entries} entries, 3 causes, {CONSEQUENCES} consequences, {} unrelated: {groups} groups in \
         {incidents} incidents; {} issues and {} roll-ups after one audit, {} and {} after ten more; {} writes; {:.1} s, \
         {:.1} s of it reading",
        storm.strangers,
        first.0,
        first.1,
        last.0,
        last.1,
        bed.writes(),
        begun.elapsed().as_secs_f64(),
        triaged.as_secs_f64()
    );
    assert!(groups >= CONSEQUENCES + CAUSES.len() + storm.strangers, "the storm has {groups} groups");
    [first, last]
}

fn check(entries: usize) {
    let [first, last] = storm(Storm { entries, strangers: 0 });
    assert!(first.0 <= 3 && first.1 <= 1, "{first:?}");
    assert!(last.0 <= 3 && last.1 <= 1, "{last:?}");
}

#[test]
fn a_storm_opens_three_issues_and_one_rollup() {
    check(10_000);
}

/// `cargo test --test all replay:: -- --ignored --nocapture a_storm_of_100_000`; add `--release` for the time of users.
#[test]
#[ignore = "takes minutes in a debug build"]
fn a_storm_of_100_000_errors_opens_three_issues_and_one_rollup() {
    check(100_000);
}

#[test]
fn unrelated_errors_in_a_storm_open_no_more_than_a_day_may() {
    let [first, last] = storm(Storm { entries: 4_000, strangers: 40 });
    assert!(first.0 <= 3 && first.1 <= 1, "{first:?}");
    assert!(last.0 <= Policy::default().most_new_a_day && last.1 <= 1, "{last:?}");
}

#[test]
fn a_second_audit_of_the_same_entries_writes_nothing() {
    let (bed, storm) = (Bed::new(), Storm { entries: 1_200, strangers: 12 });
    bed.audit(bed.look(&storm.window(0, 10, 600), 0, 10));
    let mut lines = storm.window(10, 30, storm.entries);
    bed.audit(bed.look(&lines, 10, 30));
    let (before, issues) = (bed.writes(), bed.issues());
    assert!(before > 0 && issues.0 > 0 && issues.1 == 1, "{before} writes, {issues:?}");
    bed.audit(bed.look(&lines, 10, 30));
    let again = bed.writes() - before;
    // In another order, and many of them twice.
    lines.extend(lines.clone().into_iter().step_by(3));
    Shuffle(5).shuffle(&mut lines);
    bed.audit(bed.look(&lines, 10, 30));
    let shuffled = bed.writes() - before;
    // Through another window that holds them, with the minutes before.
    lines.extend(storm.window(0, 10, 600));
    bed.audit(bed.look(&lines, 0, 30));
    let overlapping = bed.writes() - before;
    println!(
        "second audit of the same entries: {again} writes; shuffled and doubled: {shuffled}; through a longer window: \
         {overlapping}"
    );
    assert_eq!((again, shuffled, overlapping), (0, 0, 0));
}
