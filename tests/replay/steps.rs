//! What the month taught, each alone: news that waits, regressions behind other orders, a tracker that is down.
//! Leaves out kills: see `month`.
#![allow(unreachable_pub)]

use std::sync::atomic::{AtomicI64, Ordering};

use log_gardener::audit::Look;
use log_gardener::decision::{Action, IssueState, Order};
use log_gardener::entry::Timestamp;
use log_gardener::publish::github::block;

use super::runs::{self, Step, Way};
use super::storm::Bed;
use super::world::{self, Event, How, MINUTE, START};
use crate::fake_github::Fate;

/// A window of forty minutes with these events: minute, fault, how.
fn window(bed: &Bed, from: i64, events: &[(i64, &'static str, How)]) -> Look {
    let mut lines = vec![world::heartbeat(Timestamp(START + from * MINUTE))];
    for (minute, fault, how) in events {
        lines.extend(world::entries(&Event { at: minute * MINUTE, arrives: 0, fault, how: *how }));
    }
    bed.look(&lines, from, from + 40)
}

fn plain(bed: &Bed, from: i64, fault: &'static str, minutes: &[i64]) -> Look {
    window(bed, from, &minutes.iter().map(|minute| (*minute, fault, How::Plain)).collect::<Vec<_>>())
}

/// An issue that was opened by minute 80 and closed by a person at 85.
fn closed() -> Bed {
    let bed = Bed::new();
    bed.audit(plain(&bed, 0, "forge", &[5, 15, 25]));
    bed.audit(plain(&bed, 40, "forge", &[45, 55, 65]));
    bed.fake.with(|store| {
        store.at(world::date(Timestamp(START + 85 * MINUTE)));
        store.close(1, "completed");
    });
    bed
}

fn is_open(bed: &Bed) -> bool {
    bed.fake.with(|store| store.issue(1).open)
}

fn writes_fail(bed: &Bed) {
    bed.fake.script(|_, request| if request.writes() { Fate::LostBefore } else { Fate::Right });
}

#[test]
fn what_was_only_planned_is_written_by_the_run_that_publishes() {
    let bed = closed();
    bed.audit(plain(&bed, 80, "forge", &[]));
    let look = plain(&bed, 120, "forge", &[130]);
    let planned = bed.pass(look.clone(), false);
    assert!(planned.plan.iter().any(|planned| planned.decision.action == Action::Reopen));
    assert!(!is_open(&bed));
    bed.audit(look.clone());
    assert!(is_open(&bed));
    let before = bed.writes();
    bed.audit(look);
    assert_eq!(bed.writes(), before);
}

#[test]
fn a_regression_does_not_wait_for_the_orders_before_it() {
    let bed = Bed::new();
    bed.audit(plain(&bed, 0, "forge", &[5, 15, 25]));
    bed.audit(plain(&bed, 40, "forge", &[45, 55, 65]));
    // The issue is to be changed, and cannot be.
    writes_fail(&bed);
    let critical: Vec<_> = (81..119).map(|minute| (minute, "forge", How::Critical)).collect();
    assert!(bed.audit(window(&bed, 80, &critical)).waiting > 0);
    bed.fake.with(|store| {
        store.at(world::date(Timestamp(START + 119 * MINUTE)));
        store.close(1, "completed");
    });
    bed.audit(plain(&bed, 120, "forge", &[150]));
    let ledger = runs::open(&bed.path());
    let orders = ledger.open_orders().expect("read");
    let reopens = || orders.iter().filter(|sent| matches!(sent.order, Order::Reopen { .. })).count();
    assert_eq!(reopens(), 1, "{orders:?}");
    bed.audit(plain(&bed, 160, "forge", &[190]));
    assert_eq!(reopens(), 1, "and not once more");
    bed.fake.heal();
    bed.audit(plain(&bed, 200, "forge", &[]));
    assert!(is_open(&bed) && ledger.open_orders().expect("read").is_empty());
}

#[test]
fn a_tracker_that_was_down_does_not_get_all_issues_at_once() {
    let bed = Bed::new();
    writes_fail(&bed);
    let faults = super::world::STORM;
    let events = |from: i64| -> Vec<_> {
        let of = |fault: &&'static str| [5, 15, 25].map(|minute| (from + minute, *fault, How::Plain));
        faults.iter().flat_map(of).collect()
    };
    for pass in 0..6 {
        bed.audit(window(&bed, pass * 40, &events(pass * 40)));
    }
    assert_eq!(bed.issues(), (0, 0));
    bed.fake.heal();
    bed.audit(window(&bed, 240, &events(240)));
    assert_eq!(bed.issues(), (3, 1));
    bed.audit(window(&bed, 280, &events(280)));
    assert_eq!(bed.issues(), (6, 1));
}

#[test]
fn the_same_entries_again_do_not_make_an_incident_quiet() {
    let bed = Bed::new();
    bed.audit(plain(&bed, 0, "forge", &[5, 15, 25]));
    bed.audit(plain(&bed, 40, "forge", &[45, 55, 65]));
    let (look, before) = (plain(&bed, 80, "forge", &[]), bed.writes());
    for _ in 0..4 {
        bed.audit(look.clone());
    }
    assert_eq!(bed.writes(), before, "one pass did not see it, however often it is made");
    bed.audit(plain(&bed, 120, "forge", &[]));
    assert!(bed.fake.with(|store| store.issue(1).body.contains("**Quiet**")));
}

#[test]
fn a_message_reworded_within_one_window_is_the_same_incident() {
    let bed = Bed::new();
    bed.audit(plain(&bed, 0, "forge", &[5, 15, 25]));
    bed.audit(plain(&bed, 40, "forge", &[45, 55, 65]));
    let mixed = [(81, "forge", How::Plain), (85, "forge", How::Plain)].into_iter();
    let mixed: Vec<_> = mixed.chain([90, 100, 110].map(|minute| (minute, "forge", How::Reworded))).collect();
    bed.audit(window(&bed, 80, &mixed));
    let records = runs::open(&bed.path()).records().expect("read");
    assert_eq!(records.iter().map(|record| record.events).collect::<Vec<_>>(), [11]);
    // While both are still logged, they are two.
    let bed = Bed::new();
    bed.audit(plain(&bed, 0, "forge", &[5, 15, 25]));
    let mixed: Vec<_> = [45, 55, 65].iter().map(|minute| (*minute, "forge", How::Plain)).collect();
    let both = mixed.into_iter().chain([50, 60].map(|minute| (minute, "forge", How::Reworded))).collect::<Vec<_>>();
    bed.audit(window(&bed, 40, &both));
    assert_eq!(runs::open(&bed.path()).records().expect("read").len(), 2);
}

#[test]
fn an_issue_that_is_found_by_its_marker_alone_is_remembered_as_people_left_it() {
    let bed = Bed::new();
    let first = bed.audit(plain(&bed, 0, "forge", &[5, 15, 25]));
    let fingerprint = first.plan[0].decision.incident.clone();
    bed.fake.with(|store| {
        let number = store.open("gardener", "not now", &block::place(&fingerprint, "old"), &[]);
        store.close(number, "not_planned");
    });
    let dropped = bed.audit(plain(&bed, 40, "forge", &[45, 55, 65])).delivered.dropped;
    assert_eq!(dropped.len(), 1, "{dropped:?}");
    let issue = runs::open(&bed.path()).record(&fingerprint).expect("read").expect("known").issue;
    assert_eq!(issue.map(|issue| issue.state), Some(IssueState::NotPlanned));
    let next = bed.audit(plain(&bed, 80, "forge", &[85]));
    assert!(next.plan.iter().all(|planned| planned.decision.action == Action::Yield && planned.orders.is_empty()));
}

#[test]
fn a_run_that_sleeps_longer_than_its_lease_writes_nothing_more() {
    let (mut slept, mut at) = (0, 0);
    let looks = [plain(&Bed::new(), 0, "forge", &[5, 15, 25]), plain(&Bed::new(), 40, "forge", &[45, 55, 65])];
    for step in [Step::After, Step::Clock] {
        for nth in 0..30 {
            let bed = Bed::new();
            bed.audit(looks[0].clone());
            let time = AtomicI64::new(looks[1].pass.now.0);
            let meanwhile = || {
                time.fetch_add(11 * MINUTE, Ordering::SeqCst);
                let (way, path, client) = (Way::calm(&time), bed.path(), bed.fake.client());
                runs::audit(&path, client, &way, looks[1].clone(), "second", true).expect("it takes over");
            };
            let way = Way::suspended(&time, step, nth, meanwhile);
            let _ = runs::audit(&bed.path(), bed.fake.client(), &way, looks[1].clone(), "first", true);
            assert_eq!(bed.issues(), (1, 0), "asleep at {step:?} {nth}");
            assert!(runs::open(&bed.path()).open_orders().expect("read").is_empty(), "asleep at {step:?} {nth}");
            at += 1;
            if !way.slept() {
                break;
            }
            slept += 1;
        }
    }
    assert!(slept >= 15, "{slept} of {at}");
}
