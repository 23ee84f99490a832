//! People who act on an issue while an order on it is carried out, at every point of it: their text, their
//! title and their decision stand. Leaves out faults of the network (`github.rs`) but one.

use log_gardener::decision::{IssueState, Order};
use log_gardener::publish::github::{Performed, Run, adopt, block};

use crate::fake_github::{FakeGitHub, Fate, Store};
use crate::github::orders::{self, AFTER, BEFORE, BLOCK, ID, assert_done, notes, once, ours, prepared, prepared_body};

const THEIRS: &str = "\r\n\r\nP.S. It happens on Tuesdays only \u{2014} see the dashboard.  \r\n";

fn edit_order() -> Order {
    orders::orders().remove(1)
}

fn write_more(store: &mut Store) {
    store.edit_body(2, "octocat", |body| format!("{body}{THEIRS}"));
}

fn assert_kept(fake: &FakeGitHub, told: &str) {
    fake.with(|store| {
        let item = store.issue(2);
        assert_eq!(block::around(&item.body), (BEFORE, format!("{AFTER}{THEIRS}").as_str()), "{told}");
        assert_eq!(block::inside(&item.body).as_deref(), Some(BLOCK), "{told}");
    });
}

#[test]
fn an_edit_at_any_point_is_kept() {
    let order = edit_order();
    for at in 0..12 {
        let fake = prepared(&order);
        fake.between(move |number, store| {
            if number == at {
                write_more(store)
            }
        });
        let done = once(&fake, &order, false);
        assert!(matches!(done, Performed::Done { .. }), "{at}: {done:?}");
        fake.between(|_, _| {});
        // When nobody came in between, the edit comes after; the next run keeps it like any text.
        if fake.asked().len() <= at {
            fake.with(write_more);
        }
        let again = once(&fake, &order, true);
        assert!(matches!(again, Performed::Done { .. }), "{at}: {again:?}");
        assert_kept(&fake, &format!("edited after request {at}"));
    }
    let fake = prepared(&order);
    fake.between(|number, store| {
        if number == 1 {
            write_more(store)
        }
    });
    assert!(notes(&once(&fake, &order, false)).contains("kept the edit that octocat made meanwhile"));
}

#[test]
fn an_edit_is_kept_although_answers_are_lost() {
    let order = edit_order();
    for edited in 0..9 {
        for lost in 0..9 {
            for from_then_on in [false, true] {
                let told = format!("edited after {edited}, lost {lost}, from then on: {from_then_on}");
                let fake = prepared(&order);
                fake.between(move |number, store| {
                    if number == edited {
                        write_more(store)
                    }
                });
                fake.script(move |number, _| match number == lost || (from_then_on && number > lost) {
                    true => Fate::LostAfter,
                    false => Fate::Right,
                });
                let first = once(&fake, &order, false);
                let reached = fake.asked().len() > edited;
                fake.heal();
                if !reached {
                    fake.with(write_more);
                }
                let second = once(&fake, &order, true);
                assert!(matches!(second, Performed::Done { .. }), "{told}: {first:?} {second:?}");
                assert_kept(&fake, &told);
            }
        }
    }
}

#[test]
fn edits_again_and_again_are_kept() {
    let order = edit_order();
    let fake = prepared(&order);
    // The requests: repository, issue, change, history, change, history.
    fake.between(|number, store| {
        if number == 1 || number == 3 {
            store.edit_body(2, "octocat", |body| format!("{body}\nedit {number}"));
        }
    });
    let done = once(&fake, &order, false);
    fake.with(|store| {
        let body = &store.issue(2).body;
        assert!(body.ends_with("edit 1\nedit 3") || notes(&done).contains("edit"), "{done:?} {body}");
        assert!(body.contains("edit 3"), "the last edit is in no case lost: {done:?} {body}");
    });
}

#[test]
fn a_history_that_lags_is_waited_for_and_one_that_is_closed_is_told() {
    let order = edit_order();
    let fake = prepared(&order);
    fake.with(|store| store.history_lag = 2);
    fake.between(|number, store| {
        if number == 1 {
            write_more(store)
        }
    });
    assert!(notes(&once(&fake, &order, false)).contains("kept the edit"));
    assert_kept(&fake, "with a history that lags");

    let fake = prepared(&order);
    fake.with(|store| store.graphql = false);
    let done = once(&fake, &order, false);
    assert!(notes(&done).contains("could not be checked"), "{done:?}");
    assert_done(&fake, &order, "without a history");

    let fake = prepared(&order);
    fake.with(|store| store.history_lag = 100);
    let done = once(&fake, &order, false);
    assert!(notes(&done).contains("does not hold our edit"), "{done:?}");
}

#[test]
fn a_title_that_a_person_gave_stays() {
    let order = edit_order();
    for at in 0..8 {
        let fake = prepared(&order);
        fake.between(move |number, store| {
            if number == at {
                store.edit_title(2, "Bank refuses cards")
            }
        });
        let done = once(&fake, &order, false);
        assert!(matches!(done, Performed::Done { .. }), "{done:?}");
        let reached = fake.asked().len() > at;
        fake.with(|store| {
            assert!(!reached || store.issue(2).title == "Bank refuses cards", "{at}: {}", store.issue(2).title)
        });
    }
}

#[test]
fn a_removed_marker_means_hands_off() {
    for order in orders::orders().split_off(1) {
        let fake = prepared(&order);
        fake.with(|store| store.remove_marker(2, "octocat"));
        let before = fake.with(|store| format!("{:?}", store.issues));
        let performed = once(&fake, &order, false);
        let Performed::Dropped { reason, issue: Some(issue) } = performed else { panic!("{performed:?}") };
        assert!(reason.contains("somebody removed its marker") && !issue.marked, "{reason}");
        assert_eq!(fake.with(|store| format!("{:?}", store.issues)), before, "nothing is written");
    }
    // Just before our write: it is as the person left it.
    let order = edit_order();
    let fake = prepared(&order);
    fake.between(|number, store| {
        if number == 1 {
            store.remove_marker(2, "octocat")
        }
    });
    let performed = once(&fake, &order, false);
    assert!(
        matches!(&performed, Performed::Dropped { reason, .. } if reason.contains("removed its marker")),
        "{performed:?}"
    );
    let mut expected = FakeGitHub::new().with(|store| {
        store.open("a", "b", &prepared_body(), &[]);
        store.remove_marker(1, "octocat");
        store.issue(1).body.clone()
    });
    expected.retain(|c| c != '\r');
    assert_eq!(fake.with(|store| store.issue(2).body.clone()).replace('\r', ""), expected);
}

#[test]
fn broken_markers_open_no_second_issue() {
    let open = orders::orders().remove(0);
    let fake = FakeGitHub::new();
    let body = block::place(ID, "text");
    fake.with(|store| store.open("gardener", "Title", &format!("{body}\n{body}"), &["generated-issue"]));
    let performed = once(&fake, &open, false);
    assert!(
        matches!(&performed, Performed::Dropped { reason, .. } if reason.contains("took it over")),
        "{performed:?}"
    );
    assert_eq!(fake.with(|store| store.issues.len()), 1);
}

#[test]
fn closed_as_not_planned_or_duplicate_stands() {
    for reason in ["not_planned", "duplicate"] {
        for order in orders::orders() {
            let fake = prepared(&edit_order());
            fake.with(|store| store.close(2, reason));
            let before = fake.with(|store| format!("{:?}", store.issues));
            match once(&fake, &order, false) {
                Performed::Dropped { reason, issue } => {
                    assert!(reason.contains("not planned"), "{reason}");
                    assert_eq!(issue.map(|issue| (issue.state, issue.marked)), Some((IssueState::NotPlanned, true)));
                }
                Performed::Done { issue, wrote, .. } => {
                    assert!(matches!(order, Order::Close { .. }) && !wrote, "{order:?}");
                    assert_eq!(issue.state, IssueState::NotPlanned);
                }
                Performed::Failed(fault) => panic!("{fault}"),
            }
            assert_eq!(fake.with(|store| format!("{:?}", store.issues)), before);
        }
    }
}

#[test]
fn a_person_who_was_faster_is_right() {
    // Closed and reopened by hand before our order: nothing is left to do.
    for (order, act) in [
        (Order::Close { number: 2, fingerprint: ID.to_owned() }, "close"),
        (Order::Reopen { number: 2, fingerprint: ID.to_owned() }, "reopen"),
    ] {
        let fake = prepared(&order);
        fake.with(|store| if act == "close" { store.close(2, "completed") } else { store.reopen(2) });
        assert!(matches!(once(&fake, &order, false), Performed::Done { wrote: false, .. }));
    }
    // Closed as not planned just before our own close: the reason stays theirs.
    let order = Order::Close { number: 2, fingerprint: ID.to_owned() };
    let fake = prepared(&order);
    fake.between(|number, store| {
        if number == 1 {
            store.close(2, "not_planned")
        }
    });
    let Performed::Done { issue, .. } = once(&fake, &order, false) else { panic!("not done") };
    assert_eq!(issue.state, IssueState::NotPlanned);
}

#[test]
fn deleted_and_transferred_issues_are_gone() {
    for order in orders::orders().split_off(1) {
        for away in ["delete", "transfer", "transfer to the same number"] {
            let fake = prepared(&order);
            fake.with(|store| match away {
                "delete" => store.delete(2),
                "transfer" => store.transfer(2, 77),
                _ => store.transfer(2, 2),
            });
            let performed = once(&fake, &order, false);
            let Performed::Dropped { issue: Some(issue), reason } = performed else { panic!("{away}: {performed:?}") };
            assert_eq!((issue.state, issue.marked), (IssueState::Gone, false), "{away}: {reason}");
            assert_eq!(fake.asked().iter().filter(|request| request.writes()).count(), 0, "{away}");
        }
    }
}

#[test]
fn another_incidents_issue_and_a_pull_request_are_not_touched() {
    let order = edit_order();
    let fake = prepared(&order);
    fake.with(|store| store.issues.get_mut(&2).expect("there").is_pull_request = true);
    assert!(matches!(once(&fake, &order, false), Performed::Dropped { reason, .. } if reason.contains("pull request")));
    let fake = prepared(&order);
    fake.with(|store| store.edit_body(2, "octocat", |_| block::place(orders::OTHER, "x")));
    assert!(
        matches!(once(&fake, &order, false), Performed::Dropped { reason, .. } if reason.contains("another incident"))
    );
    let open = orders::orders().remove(0);
    let fake = FakeGitHub::new();
    fake.with(|store| {
        let number = store.open("octocat", "Quotes the block", &block::place(ID, "x"), &["generated-issue"]);
        store.issues.get_mut(&number).expect("there").is_pull_request = true;
    });
    assert!(matches!(once(&fake, &open, false), Performed::Done { ref issue, .. } if issue.number == 2));
    assert_eq!(fake.with(|store| ours(store).len()), 2);
}

#[test]
fn an_adopted_issue_keeps_its_text_whenever_people_write() {
    const TEXT: &str = "Checkout is down.\r\n\r\n- [ ] look";
    let take = |fake: &FakeGitHub| {
        adopt(&mut fake.client(), &mut Run::new(orders::settings()), 1, ID, BLOCK, &["generated-issue".to_owned()])
    };
    for at in 0..9 {
        for lost in [usize::MAX, 2, 3] {
            let fake = FakeGitHub::new();
            fake.with(|store| store.open("octocat", "Checkout", TEXT, &["bug"]));
            fake.between(move |number, store| {
                if number == at {
                    store.edit_body(1, "octocat", |body| body.replace("look", "look twice"));
                }
            });
            fake.script(move |number, _| if number == lost { Fate::LostAfter } else { Fate::Right });
            let mut done = take(&fake);
            if matches!(done, Performed::Failed(_)) {
                done = take(&fake);
            }
            let reached = fake.asked().len() > at;
            fake.heal();
            let told = format!("edited after request {at}, lost {lost}: {done:?}");
            assert!(matches!(done, Performed::Done { .. }), "{told}");
            assert!(matches!(take(&fake), Performed::Done { wrote: false, .. }), "{told}");
            fake.with(|store| {
                let item = store.issue(1);
                let text = if reached { TEXT.replace("look", "look twice") } else { TEXT.to_owned() };
                assert_eq!(block::around(&item.body), (format!("{text}\r\n\r\n").as_str(), ""), "{told}");
                assert_eq!(block::inside(&item.body).as_deref(), Some(BLOCK), "{told}");
                assert_eq!(item.labels, ["bug", "generated-issue"], "{told}");
            });
        }
    }
    let fake = FakeGitHub::new();
    fake.with(|store| {
        store.open("octocat", "Checkout", TEXT, &[]);
        store.close(1, "completed");
    });
    assert!(matches!(take(&fake), Performed::Dropped { reason, .. } if reason.contains("no open issue")));
}
