//! Orders on a prepared repository, what they must have led to, and carrying them out as crashed runs would.
//! Leaves out which faults meet them.
#![allow(unreachable_pub)]

use std::time::Duration;

use log_gardener::decision::{IssueState, Order};
use log_gardener::publish::github::{Performed, PublishSettings, Run, Tracker, block, perform};

use crate::fake_github::{FakeGitHub, Item, Store};

pub const ID: &str = "0123456789abcdef0123456789abcdef";
pub const OTHER: &str = "ffffffffffffffffffffffffffffffff";
pub const BEFORE: &str = "Seen by the night shift, too.\r\n\r\n";
pub const AFTER: &str = "\r\n\r\n- [x] told the bank\r\n- [ ] \u{1f600} ask @octocat";
pub const BLOCK: &str = "## Impact\n\nCheckout fails: 300 requests of 1,000.\n\nNext action: read the trace.";

/// The five orders, each with the number of an issue that it needs.
pub fn orders() -> Vec<Order> {
    let (fingerprint, labels) = (ID.to_owned(), vec!["generated-issue".to_owned(), "P0".to_owned()]);
    vec![
        Order::Open {
            fingerprint: fingerprint.clone(),
            title: "GCP-new | P0 | checkout fails".to_owned(),
            block: BLOCK.to_owned(),
            labels: labels.clone(),
            assignees: vec!["octocat".to_owned(), "stranger".to_owned()],
            says: None,
        },
        Order::Edit {
            number: 2,
            fingerprint: fingerprint.clone(),
            title: Some("GCP-new | P0 | checkout fails".to_owned()),
            old_title: Some("GCP-new | P1 | checkout fails".to_owned()),
            block: BLOCK.to_owned(),
            add_labels: labels,
            remove_labels: vec!["P1".to_owned()],
            says: None,
        },
        Order::Comment {
            number: 2,
            fingerprint: fingerprint.clone(),
            key: "regressed-2026-03-10".to_owned(),
            text: "It came back.".to_owned(),
        },
        Order::Close { number: 2, fingerprint: fingerprint.clone() },
        Order::Reopen { number: 2, fingerprint },
    ]
}

/// Returns the body that the prepared issue has: people's text around an old block.
pub fn prepared_body() -> String {
    format!("{BEFORE}{}{AFTER}", block::place(ID, "## Impact\n\nOld."))
}

/// A repository with an issue of somebody else and, but for `Open`, one of ours.
pub fn prepared(order: &Order) -> FakeGitHub {
    let fake = FakeGitHub::new();
    fake.with(|store| {
        store.open("octocat", "The button is blue", "It should be green.", &["bug"]);
        if !matches!(order, Order::Open { .. }) {
            let labels = ["generated-issue", "P1", "of-a-person"];
            let number = store.open(
                "gardener",
                "GCP-new | P1 | checkout fails",
                &block::place(ID, "## Impact\n\nOld."),
                &labels,
            );
            store.edit_body(number, "octocat", |_| prepared_body());
            store.comment(number, "octocat", "I look into it.");
            if matches!(order, Order::Reopen { .. }) {
                store.close(number, "completed");
            }
        }
    });
    fake
}

pub fn settings() -> PublishSettings {
    PublishSettings { settle: Duration::from_millis(25), ..PublishSettings::default() }
}

/// Carries an order out once, as a new process.
pub fn once(fake: &FakeGitHub, order: &Order, started_before: bool) -> Performed {
    with(&mut fake.client(), order, started_before)
}

/// Carries an order out once, through this tracker.
pub fn with(tracker: &mut dyn Tracker, order: &Order, started_before: bool) -> Performed {
    perform(tracker, &mut Run::new(settings()), order, started_before)
}

/// The issues that carry the marker.
pub fn ours(store: &Store) -> Vec<Item> {
    store.issues.values().filter(|item| block::mentions(&item.body, ID)).cloned().collect()
}

/// Everything that an order should have led to, and nothing else.
pub fn assert_done(fake: &FakeGitHub, order: &Order, told: &str) {
    fake.with(|store| {
        let ours = ours(store);
        assert_eq!(ours.len(), 1, "{told}: one issue");
        assert_eq!(store.searches, 0, "{told}: nobody asks the search index");
        let theirs = store.issue(1);
        assert_eq!((theirs.body.as_str(), theirs.labels.len()), ("It should be green.", 1), "{told}");
        let item = &ours[0];
        let around = block::around(&item.body);
        let labels: Vec<&str> = item.labels.iter().map(String::as_str).collect();
        match order {
            Order::Open { .. } => {
                assert_eq!(item.body, block::place(ID, BLOCK), "{told}");
                assert_eq!(
                    (labels, item.assignees.clone()),
                    (vec!["generated-issue", "P0"], vec!["octocat".to_owned()]),
                    "{told}"
                );
                return;
            }
            Order::Edit { .. } | Order::Adopt { .. } => {
                assert_eq!(block::inside(&item.body).as_deref(), Some(BLOCK), "{told}");
                assert_eq!(labels, ["generated-issue", "of-a-person", "P0"], "{told}");
                assert_eq!(item.title, "GCP-new | P0 | checkout fails", "{told}");
            }
            Order::Comment { key, .. } => {
                let found = item.comments.iter().filter(|note| block::has_key(&note.body, key)).count();
                assert_eq!((found, item.comments.len()), (1, 2), "{told}: one comment");
            }
            Order::Close { .. } => assert_eq!((item.open, item.reason), (false, Some("completed")), "{told}"),
            Order::Reopen { .. } => assert!(item.open, "{told}"),
        }
        assert_eq!(around, (BEFORE, AFTER), "{told}: people's text");
        if !matches!(order, Order::Edit { .. }) {
            assert_eq!(item.body, prepared_body(), "{told}");
        }
    });
}

/// Returns the state that an order leaves behind when nothing goes wrong.
pub fn wanted(order: &Order) -> IssueState {
    match order {
        Order::Close { .. } => IssueState::Completed,
        _ => IssueState::Open,
    }
}

/// Returns the notes of an order that was carried out.
pub fn notes(performed: &Performed) -> String {
    match performed {
        Performed::Done { notes, .. } => notes.join("; "),
        other => panic!("not done: {other:?}"),
    }
}
