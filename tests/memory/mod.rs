//! Passes for tests of the ledger: small outcomes in which every number can be told from the others.
//! Leaves out what is expected of the ledger; the tests say that.

#![allow(unreachable_pub)]

use std::path::Path;
use std::time::Duration;

use log_gardener::decision::{
    Action, Decision, Issue, IssueState, Kin, Minute, Order, Outcome, Pass, Record, State, Traffic, Transition,
};
use log_gardener::entry::Timestamp;
use log_gardener::ledger::{Lease, Ledger, Taking};

pub const MINUTE: i64 = 60_000_000_000;
pub const HOUR: i64 = 60 * MINUTE;
pub const DAY: i64 = 24 * HOUR;

/// 2026-09-16T01:00:00Z, at which most of the tests play.
pub const NOW: Timestamp = Timestamp(1_789_520_400_000_000_000);

pub fn at(nanos: i64) -> Timestamp {
    NOW.plus_nanos(nanos)
}

/// The minute since 1970 that begins `minutes` after `NOW`.
pub fn minute(minutes: i64) -> i64 {
    NOW.0 / MINUTE + minutes
}

pub fn open(path: &Path) -> Ledger {
    Ledger::open(path).unwrap_or_else(|error| panic!("{error}"))
}

/// Takes the lease for an hour from `now` on.
pub fn lease(ledger: &mut Ledger, now: Timestamp) -> Lease {
    match ledger.take_lease("run", "a test", now, Duration::from_secs(3600)).unwrap_or_else(|error| panic!("{error}")) {
        Taking::Taken(lease) => lease,
        Taking::Held { owner, until } => panic!("{owner} has it until {until}"),
    }
}

pub fn record(incident: &str) -> Record {
    Record {
        incident: incident.to_string(),
        source: "app.log".to_string(),
        state: State::New,
        since: NOW,
        kin: Kin { service: "shop".to_string(), template: "printer <n> jammed".to_string(), ..Kin::default() },
        title: "printer jammed".to_string(),
        category: "hardware".to_string(),
        priority: "P2".to_string(),
        cause: "paper".to_string(),
        noise: None,
        services: vec!["shop".to_string()],
        revisions: Vec::new(),
        first_seen: Some(NOW),
        last_seen: Some(at(1)),
        events: 7,
        in_a_row: 1,
        missed: 0,
        returns: Vec::new(),
        regressions: 0,
        resolved: None,
        issue: None,
        published: None,
        apart: false,
        owed: false,
    }
}

pub fn with_issue(incident: &str, number: u64) -> Record {
    let issue = Issue { number, state: IssueState::Open, closed_at: None, marked: true };
    Record { issue: Some(issue), ..record(incident) }
}

/// A complete pass over `app.log` from `from` to `to` nanoseconds after `NOW`, made at its end.
pub fn pass(from: i64, to: i64) -> Pass {
    Pass {
        source: "app.log".to_string(),
        from: Some(at(from)),
        to: Some(at(to)),
        now: at(to),
        complete: true,
        entries: 10,
        events: 3,
    }
}

pub fn empty(pass: Pass) -> Outcome {
    Outcome {
        pass,
        records: Vec::new(),
        aliases: Vec::new(),
        minutes: Vec::new(),
        traffic: Vec::new(),
        transitions: Vec::new(),
        decisions: Vec::new(),
        orders: Vec::new(),
    }
}

pub fn decision(incident: &str, action: Action, reason: &str) -> Decision {
    Decision { incident: incident.to_string(), action, reason: reason.to_string() }
}

pub fn comment(incident: &str, key: &str) -> Order {
    Order::Comment {
        number: 12,
        fingerprint: incident.to_string(),
        key: key.to_string(),
        text: "Back since 01:00.".to_string(),
    }
}

pub fn close(incident: &str) -> Order {
    Order::Close { number: 12, fingerprint: incident.to_string() }
}

/// The `serial`th pass, with one or two of everything.
pub fn full(serial: i64) -> Outcome {
    let incident = format!("incident-{serial:06}");
    let (from, to) = (serial * MINUTE, (serial + 1) * MINUTE);
    let count = |events| Minute { events, root: 1 };
    Outcome {
        records: vec![record(&incident), Record { events: serial.unsigned_abs(), ..record("shared") }],
        aliases: vec![(format!("alias-{serial:06}"), incident.clone())],
        minutes: vec![(incident.clone(), minute(serial), count(2)), ("shared".to_string(), minute(serial), count(3))],
        traffic: vec![("shop".to_string(), minute(serial), Traffic { entries: 100, requests: 40 })],
        transitions: vec![Transition {
            incident: incident.clone(),
            from: None,
            to: State::New,
            reason: "first seen".to_string(),
        }],
        decisions: vec![
            decision(&incident, Action::Open, "seen in 1 pass"),
            decision("shared", Action::Wait, &format!("{serial} passes")),
        ],
        orders: vec![comment(&incident, "back"), close(&incident)],
        ..empty(Pass { entries: serial.unsigned_abs(), ..pass(from, to) })
    }
}
