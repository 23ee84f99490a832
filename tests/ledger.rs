//! The ledger as memory: what a pass stored is what the next one finds, leases, the outbox, silences.
//! Leaves out damage, kills and races: see `ledger_faults`.

use std::time::Duration;

use log_gardener::decision::{Action, Minute, Order, Outcome, Pass, Record, Silence, State, Traffic, Transition};
use log_gardener::entry::Timestamp;
use log_gardener::ledger::{KEPT_DAYS, Lease, Ledger, LedgerError, OrderState, OutboxCounts, Taking, Trouble};

use crate::memory::*;

/// A ledger in a folder of its own, with a lease for an hour.
fn ledger() -> (tempfile::TempDir, Ledger, Lease) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let mut ledger = open(&folder.path().join("reports/ledger.db"));
    let lease = lease(&mut ledger, NOW);
    (folder, ledger, lease)
}

fn told<T>(result: Result<T, LedgerError>) -> T {
    result.unwrap_or_else(|error| panic!("{error}"))
}

#[test]
fn a_pass_is_found_again_as_it_was_stored() {
    let (_folder, mut ledger, lease) = ledger();
    let outcome = full(1);
    assert_eq!(told(ledger.remember(&lease, &outcome, at(1))), 1);
    let path = ledger.path().to_path_buf();
    drop(ledger);
    let ledger = told(Ledger::open_existing(&path));
    assert_eq!(told(ledger.records()), outcome.records);
    let memory = told(ledger.recall(minute(0), minute(10), NOW));
    assert_eq!(memory.incident("alias-000001"), Some("incident-000001"));
    assert_eq!(memory.minutes["shared"], [(minute(1), Minute { events: 3, root: 1 })].into());
    assert_eq!(told(ledger.recall(minute(2), minute(10), NOW)).minutes.len(), 0);
    assert_eq!(told(ledger.record("alias-000001")), Some(outcome.records[0].clone()));
    assert_eq!(told(ledger.record("unknown")), None);
    let passes = told(ledger.passes(5));
    assert_eq!(passes.iter().map(|past| &past.pass).collect::<Vec<_>>(), [&outcome.pass]);
    let steps = told(ledger.transitions("incident-000001"));
    assert_eq!((steps[0].pass, steps[0].at, &steps[0].transition), (1, outcome.pass.now, &outcome.transitions[0]));
    let traffic = told(ledger.traffic(&["shop".to_string()], minute(0), minute(2)));
    assert_eq!(traffic["shop"], [(minute(1), Traffic { entries: 100, requests: 40 })].into());
    assert!(told(ledger.traffic(&["other".to_string()], minute(0), minute(2))).is_empty());
    let orders = told(ledger.open_orders());
    assert_eq!(orders.into_iter().map(|sent| sent.order).collect::<Vec<_>>(), outcome.orders);
}

#[test]
fn windows_that_overlap_count_each_event_once() {
    let (_folder, mut ledger, lease) = ledger();
    let seen = |from: i64, to: i64, minutes: &[(i64, u64)]| {
        let mut outcome = empty(pass(from * MINUTE, to * MINUTE));
        outcome.records = vec![record("a")];
        let counts = minutes.iter().map(|(at, events)| (minute(*at), Minute { events: *events, root: events / 2 }));
        outcome.minutes = counts.map(|(minute, count)| ("a".to_string(), minute, count)).collect();
        outcome
    };
    told(ledger.remember(&lease, &seen(0, 3, &[(0, 4), (1, 6), (2, 2)]), NOW));
    // The last minute of the first window was not over then; the second window begins in its midst.
    told(ledger.remember(&lease, &seen(1, 4, &[(1, 6), (2, 8), (3, 1)]), NOW));
    told(ledger.remember(&lease, &seen(2, 3, &[(2, 5)]), NOW));
    assert_eq!(told(ledger.events_between("a", minute(0), minute(4))), Minute { events: 19, root: 9 });
    assert_eq!(told(ledger.events_between("a", minute(1), minute(3))), Minute { events: 14, root: 7 });
    assert_eq!(told(ledger.events_between("a", minute(4), minute(9))), Minute::default());
    let shop = |entries, requests| vec![("shop".to_string(), minute(0), Traffic { entries, requests })];
    for traffic in [shop(5, 3), shop(9, 1)] {
        told(ledger.remember(&lease, &memory_of(traffic), NOW));
    }
    let traffic = told(ledger.traffic(&["shop".to_string()], minute(0), minute(1)));
    assert_eq!(traffic["shop"][&minute(0)], Traffic { entries: 9, requests: 3 });
}

fn memory_of(traffic: Vec<(String, i64, Traffic)>) -> Outcome {
    Outcome { traffic, ..empty(pass(0, MINUTE)) }
}

#[test]
fn the_cursor_moves_with_complete_passes_only_and_never_back() {
    let (_folder, mut ledger, lease) = ledger();
    let mut step = |pass: Pass| {
        told(ledger.remember(&lease, &empty(pass), NOW));
        told(ledger.cursor("app.log")).map(|to| to.nanos_since(NOW) / MINUTE)
    };
    assert_eq!(step(Pass { complete: false, ..pass(0, 5 * MINUTE) }), None);
    assert_eq!(step(pass(0, 5 * MINUTE)), Some(5));
    assert_eq!(step(Pass { complete: false, ..pass(5 * MINUTE, 9 * MINUTE) }), Some(5));
    assert_eq!(step(pass(0, 2 * MINUTE)), Some(5), "an old window");
    assert_eq!(step(Pass { from: None, to: None, ..pass(5 * MINUTE, 9 * MINUTE) }), Some(5), "nothing read");
    assert_eq!(step(Pass { source: "other".to_string(), ..pass(0, 99 * MINUTE) }), Some(5));
    assert_eq!(step(pass(7 * MINUTE, 9 * MINUTE)), Some(9));
    let minutes = |from: i64, to: i64| {
        let windows = told(ledger.read_windows("app.log", at(from * MINUTE), at(to * MINUTE)));
        let since = |time: Timestamp| time.nanos_since(NOW) / MINUTE;
        windows.into_iter().map(|(from, to)| (since(from), since(to))).collect::<Vec<_>>()
    };
    assert_eq!(minutes(0, 100), [(0, 5), (7, 9)], "the gap stays visible");
    assert_eq!(minutes(1, 4), [(1, 4)]);
    assert_eq!(minutes(5, 7), []);
}

#[test]
fn the_same_decision_again_is_one_row_with_its_first_and_last_pass() {
    let (_folder, mut ledger, lease) = ledger();
    for (serial, reason) in ["1 of 3 events", "nothing new", "nothing new", "nothing new", "back"].iter().enumerate() {
        let from = i64::try_from(serial).expect("small") * MINUTE;
        let mut outcome = empty(pass(from, from + MINUTE));
        outcome.records = vec![with_issue("a", 12)];
        outcome.decisions = vec![decision("a", Action::Leave, reason)];
        told(ledger.remember(&lease, &outcome, NOW));
    }
    let decided = told(ledger.decisions("a"));
    let short = decided.iter().map(|decided| {
        let since = |time: Timestamp| time.nanos_since(NOW) / MINUTE;
        (decided.decision.reason.as_str(), since(decided.first), since(decided.last), decided.times)
    });
    assert_eq!(short.collect::<Vec<_>>(), [("1 of 3 events", 1, 1, 1), ("nothing new", 2, 4, 3), ("back", 5, 5, 1)]);
}

#[test]
fn incidents_are_found_by_state_beginning_alias_and_issue() {
    let (_folder, mut ledger, lease) = ledger();
    let mut outcome = empty(pass(0, 1));
    let late = Record { last_seen: Some(at(HOUR)), state: State::Ongoing, ..record("cc33") };
    let timeless = Record { last_seen: None, state: State::Ongoing, ..record("dd44") };
    outcome.records = vec![record("aa11"), with_issue("ab22", 12), late, timeless];
    outcome.aliases = vec![("ee55".to_string(), "aa11".to_string())];
    outcome.orders = vec![Order::Open {
        fingerprint: "cc33".to_string(),
        title: "printer jammed".to_string(),
        block: String::new(),
        labels: Vec::new(),
        assignees: Vec::new(),
        says: None,
    }];
    told(ledger.remember(&lease, &outcome, NOW));
    told(ledger.start(&lease, 1, NOW));
    told(ledger.done(&lease, 1, Some(13), None, NOW));
    let names = |records: Vec<Record>| records.into_iter().map(|record| record.incident).collect::<Vec<_>>();
    assert_eq!(names(told(ledger.records_in(&[State::Ongoing]))), ["cc33", "dd44"]);
    assert_eq!(names(told(ledger.records_like("a"))), ["aa11", "ab22"]);
    assert_eq!(names(told(ledger.records_like("ee5"))), ["aa11"]);
    assert_eq!(names(told(ledger.records_like("%"))), [""; 0], "no wildcard");
    assert_eq!(names(told(ledger.records_of_issue(12))), ["ab22"]);
    assert_eq!(names(told(ledger.records_of_issue(13))), ["cc33"], "the order tells, though the record does not yet");
}

#[test]
fn old_minutes_are_forgotten_unless_they_were_read_lately() {
    let (_folder, mut ledger, first) = ledger();
    told(ledger.release_lease(first));
    let mut remember = |now: Timestamp, at: i64| {
        let lease = lease(&mut ledger, now);
        let mut outcome = empty(pass(0, 1));
        outcome.records = vec![record("a")];
        outcome.minutes = vec![("a".to_string(), at, Minute { events: 1, root: 1 })];
        outcome.traffic = vec![("shop".to_string(), at, Traffic { entries: 1, requests: 0 })];
        told(ledger.remember(&lease, &outcome, now));
        told(ledger.release_lease(lease));
        let minutes = told(ledger.minutes("a", 0, i64::MAX)).into_keys().collect::<Vec<_>>();
        let traffic = told(ledger.traffic(&["shop".to_string()], 0, i64::MAX)).remove("shop").unwrap_or_default();
        assert_eq!(traffic.into_keys().collect::<Vec<_>>(), minutes);
        minutes
    };
    let archive = minute(-2 * 365 * 24 * 60);
    let later = minute(KEPT_DAYS * 24 * 60);
    assert_eq!(remember(at(0), archive), [archive], "an archive is not forgotten while it is read");
    assert_eq!(remember(at(DAY), minute(0)), [archive, minute(0)]);
    assert_eq!(remember(at(KEPT_DAYS * DAY + HOUR), later), [minute(0), later]);
    assert_eq!(remember(at((KEPT_DAYS + 1) * DAY + HOUR), later), [later]);
}

#[test]
fn a_record_without_its_incident_is_refused_whole() {
    let (_folder, mut ledger, lease) = ledger();
    let mut outcome = full(1);
    outcome.decisions.push(decision("nobody", Action::Open, "a mistake"));
    let error = ledger.remember(&lease, &outcome, NOW).expect_err("refused");
    assert_eq!(error.trouble, Trouble::Failed);
    assert!(error.to_string().contains("error: cannot store the pass\ncaused by: FOREIGN KEY"), "{error}");
    assert!(told(ledger.records()).is_empty() && told(ledger.passes(9)).is_empty());
    assert_eq!(told(ledger.cursor("app.log")), None);
}

#[test]
fn a_lease_ends_and_whoever_had_it_writes_no_more() {
    let (_folder, mut ledger, first) = ledger();
    let hour = Duration::from_secs(3600);
    match told(ledger.take_lease("run", "second", at(HOUR - 1), hour)) {
        Taking::Held { owner, until } => assert_eq!((owner.as_str(), until), ("a test", at(HOUR))),
        Taking::Taken(_) => panic!("it is held"),
    }
    assert!(matches!(told(ledger.take_lease("other", "second", NOW, hour)), Taking::Taken(_)), "another name");
    told(ledger.remember(&first, &full(1), at(1)));
    // Ended, but nobody took it: no writing, but it can be prolonged.
    let error = ledger.remember(&first, &full(2), at(HOUR)).expect_err("ended");
    assert_eq!(error.trouble, Trouble::TakenOver);
    assert!(
        error.to_string().starts_with("error: the lease of a test has ended\ncaused by: it ended at 2026-09-16T02")
    );
    let mut first = first;
    assert!(told(ledger.renew_lease(&mut first, at(HOUR), hour)));
    assert_eq!(first.until(), at(2 * HOUR));
    told(ledger.remember(&first, &full(2), at(HOUR)));
    // Taken over: neither writing nor prolonging nor releasing does anything, whatever the clock says.
    let Taking::Taken(second) = told(ledger.take_lease("run", "second", at(2 * HOUR), hour)) else {
        panic!("it has ended")
    };
    let error = ledger.remember(&first, &full(3), at(1)).expect_err("taken over");
    assert_eq!(error.trouble, Trouble::TakenOver);
    assert!(error.to_string().contains("caused by: second took the lease"), "{error}");
    for result in [
        ledger.start(&first, 1, at(1)),
        ledger.done(&first, 1, None, None, at(1)),
        ledger.fail(&first, 1, "", at(1), at(1)),
        ledger.drop_order(&first, 1, "", None, at(1)),
    ] {
        assert_eq!(result.expect_err("taken over").trouble, Trouble::TakenOver);
    }
    assert!(!told(ledger.renew_lease(&mut first, at(1), hour)));
    told(ledger.release_lease(first));
    told(ledger.remember(&second, &full(3), at(2 * HOUR)));
    told(ledger.release_lease(second));
    assert!(matches!(told(ledger.take_lease("run", "third", at(2 * HOUR), hour)), Taking::Taken(_)));
    assert_eq!(told(ledger.passes(9)).len(), 3);
}

#[test]
fn orders_of_an_incident_follow_each_other_and_a_failure_holds_back_the_later() {
    let (_folder, mut ledger, lease) = ledger();
    let mut outcome = empty(pass(0, 1));
    outcome.records = vec![record("a"), record("b")];
    outcome.orders = vec![comment("a", "one"), close("a"), comment("b", "two"), comment("roll-up", "three")];
    told(ledger.remember(&lease, &outcome, NOW));
    let due = |ledger: &Ledger, now| {
        told(ledger.pending(now)).into_iter().map(|sent| (sent.id, sent.state, sent.attempts)).collect::<Vec<_>>()
    };
    use OrderState::{Failed, Planned, Started};
    assert_eq!(due(&ledger, NOW), [(1, Planned, 0), (3, Planned, 0), (4, Planned, 0)]);
    let error = ledger.start(&lease, 2, NOW).expect_err("too early");
    assert!(error.to_string().contains("order 1 of the same incident comes first"), "{error}");
    let error = ledger.done(&lease, 1, None, None, NOW).expect_err("not begun");
    assert!(error.to_string().contains("it was not begun"), "{error}");
    told(ledger.start(&lease, 1, NOW));
    assert_eq!(due(&ledger, NOW)[0], (1, Started, 1), "a run that dies leaves it to the next");
    told(ledger.start(&lease, 1, NOW));
    told(ledger.fail(&lease, 1, "HTTP 503", at(MINUTE), NOW));
    assert_eq!(due(&ledger, NOW), [(3, Planned, 0), (4, Planned, 0)], "order 2 waits with order 1");
    assert_eq!(due(&ledger, at(MINUTE))[0], (1, Failed, 2));
    assert_eq!(told(ledger.open_orders()).len(), 4);
    // Done, and the record says so in the same step.
    told(ledger.start(&lease, 3, NOW));
    told(ledger.done(&lease, 3, Some(12), Some(&with_issue("b", 12)), NOW));
    assert_eq!(told(ledger.record("b")), Some(with_issue("b", 12)));
    let sent = told(ledger.orders_of("b")).remove(0);
    assert_eq!((sent.state, sent.number, sent.pass, sent.at), (OrderState::Done, Some(12), 1, NOW));
    let error = ledger.start(&lease, 3, NOW).expect_err("done");
    assert!(error.to_string().contains("it is done already"), "{error}");
    // Given up: the later ones are free.
    told(ledger.drop_order(&lease, 1, "a person closed the issue", None, at(1)));
    assert_eq!(due(&ledger, NOW), [(2, Planned, 0), (4, Planned, 0)]);
    let sent = told(ledger.orders_of("a")).remove(0);
    assert_eq!((sent.state, sent.note.as_deref()), (OrderState::Dropped, Some("a person closed the issue")));
    let counts = OutboxCounts { planned: 2, done: 1, dropped: 1, ..OutboxCounts::default() };
    assert_eq!(told(ledger.outbox_counts()), counts);
    assert!(ledger.start(&lease, 99, NOW).is_err());
}

#[test]
fn silences_are_added_listed_and_ended() {
    let (_folder, mut ledger, _) = ledger();
    let silence = |from: i64, until: i64| Silence {
        id: 0,
        matches: "service:shop".to_string(),
        from: at(from),
        until: at(until),
        reason: "new printer".to_string(),
        by: "kim".to_string(),
    };
    assert_eq!(told(ledger.add_silence(&silence(0, HOUR))), 1);
    assert_eq!(told(ledger.add_silence(&silence(2 * HOUR, 3 * HOUR))), 2);
    let error = ledger.add_silence(&silence(1, 1)).expect_err("no time at all");
    assert!(error.to_string().contains("hint: "), "{error}");
    let ids = |silences: Vec<Silence>| silences.into_iter().map(|silence| silence.id).collect::<Vec<_>>();
    assert_eq!(told(ledger.silences())[0], Silence { id: 1, ..silence(0, HOUR) });
    assert_eq!(ids(told(ledger.silences_at(at(1)))), [1, 2]);
    assert!(told(ledger.end_silence(1, at(5))));
    assert!(!told(ledger.end_silence(1, at(6))), "over already");
    assert!(told(ledger.end_silence(2, at(5))), "before it begins");
    assert!(!told(ledger.end_silence(3, at(5))));
    assert_eq!(ids(told(ledger.silences_at(at(5)))), [0; 0]);
    assert_eq!(told(ledger.silences())[0].until, at(5));
    assert_eq!(told(ledger.recall(0, 1, at(3 * HOUR))).silences, []);
}

#[test]
fn a_record_is_stored_in_words_that_later_versions_must_read() {
    let (_folder, mut ledger, lease) = ledger();
    let mut outcome = empty(pass(0, 1));
    outcome.records = vec![record("a")];
    outcome.transitions =
        vec![Transition { incident: "a".to_string(), from: Some(State::Quiet), to: State::Ongoing, reason: "".into() }];
    told(ledger.remember(&lease, &outcome, NOW));
    let raw = rusqlite::Connection::open(ledger.path()).expect("open");
    let json: String = raw.query_row("SELECT json FROM incident", [], |row| row.get(0)).expect("a row");
    // Whoever changes this after a release gives new fields a default, or adds a step to the tables.
    expect_test::expect_file!["memory/record.v1.json"].assert_eq(&format!("{json}\n"));
    // A file that something else has written to is told from a mistake of ours.
    raw.execute("UPDATE incident SET json = '{}'", []).expect("changed");
    let error = ledger.records().expect_err("no record");
    assert!(error.to_string().contains("caused by: incident a: missing field"), "{error}");
}
