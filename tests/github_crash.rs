//! A run that dies before or after any call, and the next one that goes on: as if it had not died.
//! Leaves out faults of the network: see `github.rs`.

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

use log_gardener::decision::Order;
use log_gardener::publish::github::{
    Change, Comment, Fault, GitHub, History, Listing, NewIssue, Performed, RemoteIssue, Tracker, block,
};

use crate::fake_github;
use crate::github::orders::{self, AFTER, BEFORE, BLOCK, assert_done, notes, once, prepared, with};

/// What a process leaves that died.
struct Died;

/// A tracker in a process that dies before its call `at`, or right after it.
struct Mortal {
    inner: GitHub,
    left: usize,
    after: bool,
}

impl Mortal {
    fn call<T>(&mut self, call: impl FnOnce(&mut GitHub) -> T) -> T {
        if self.left == 0 && !self.after {
            resume_unwind(Box::new(Died));
        }
        let answer = call(&mut self.inner);
        if self.left == 0 {
            resume_unwind(Box::new(Died));
        }
        self.left -= 1;
        answer
    }
}

impl Tracker for Mortal {
    fn issues(&mut self, listing: &Listing) -> Result<Vec<RemoteIssue>, Fault> {
        self.call(|inner| inner.issues(listing))
    }
    fn issue(&mut self, number: u64) -> Result<RemoteIssue, Fault> {
        self.call(|inner| inner.issue(number))
    }
    fn create(&mut self, new: &NewIssue) -> Result<RemoteIssue, Fault> {
        self.call(|inner| inner.create(new))
    }
    fn edit(&mut self, number: u64, change: &Change) -> Result<RemoteIssue, Fault> {
        self.call(|inner| inner.edit(number, change))
    }
    fn add_labels(&mut self, number: u64, labels: &[String]) -> Result<(), Fault> {
        self.call(|inner| inner.add_labels(number, labels))
    }
    fn remove_label(&mut self, number: u64, label: &str) -> Result<(), Fault> {
        self.call(|inner| inner.remove_label(number, label))
    }
    fn ensure_label(&mut self, label: &str, create: bool) -> Result<bool, Fault> {
        self.call(|inner| inner.ensure_label(label, create))
    }
    fn can_be_assigned(&mut self, login: &str) -> Result<bool, Fault> {
        self.call(|inner| inner.can_be_assigned(login))
    }
    fn comments(&mut self, number: u64) -> Result<Vec<Comment>, Fault> {
        self.call(|inner| inner.comments(number))
    }
    fn comment(&mut self, number: u64, text: &str) -> Result<Comment, Fault> {
        self.call(|inner| inner.comment(number, text))
    }
    fn history(&mut self, number: u64) -> Result<History, Fault> {
        self.call(|inner| inner.history(number))
    }
}

/// Carries an order out in a process that dies; returns `None` when it did.
fn mortal(fake: &fake_github::FakeGitHub, order: &Order, at: usize, after: bool, before: bool) -> Option<Performed> {
    let mut tracker = Mortal { inner: fake.client(), left: at, after };
    catch_unwind(AssertUnwindSafe(|| with(&mut tracker, order, before))).ok()
}

#[test]
fn a_run_may_die_between_any_two_calls() {
    for order in orders::orders() {
        for after in [false, true] {
            let mut at = 0;
            loop {
                let fake = prepared(&order);
                if mortal(&fake, &order, at, after, false).is_some() {
                    break;
                }
                let told = format!("{} died {} call {at}", order.name(), if after { "after" } else { "before" });
                // The next one dies as well, at another place, and the one after it comes through.
                let _ = mortal(&fake, &order, at / 2, !after, true);
                let done = once(&fake, &order, true);
                assert!(matches!(done, Performed::Done { .. }), "{told}: {done:?}");
                assert_done(&fake, &order, &told);
                at += 1;
            }
            assert!(at >= 2, "{} makes {at} calls", order.name());
        }
    }
}

#[test]
fn an_edit_that_a_dead_run_overwrote_is_put_back() {
    let order = orders::orders().remove(1);
    for at in 0..5 {
        for after in [false, true] {
            for edited in 0..5 {
                let fake = prepared(&order);
                fake.between(move |number, store| {
                    if number == edited {
                        store.edit_body(2, "octocat", |body| format!("{body}\nmore"));
                    }
                });
                let died = mortal(&fake, &order, at, after, false).is_none();
                let reached = fake.asked().len() > edited;
                fake.heal();
                let done = once(&fake, &order, true);
                let told =
                    format!("died {after} call {at}: {died}, edited after request {edited}: {reached}, {done:?}");
                fake.with(|store| {
                    let body = &store.issue(2).body;
                    let theirs = if reached { format!("{AFTER}\nmore") } else { AFTER.to_owned() };
                    assert_eq!(block::around(body), (BEFORE, theirs.as_str()), "{told}");
                    assert_eq!(block::inside(body).as_deref(), Some(BLOCK), "{told}");
                });
            }
        }
    }
}

#[test]
fn a_title_that_a_dead_run_overwrote_is_put_back() {
    let order = orders::orders().remove(1);
    let fake = prepared(&order);
    fake.between(|number, store| {
        if number == 1 {
            store.edit_title(2, "Bank refuses cards");
        }
    });
    assert!(mortal(&fake, &order, 1, true, false).is_none(), "it dies right after the change");
    assert_eq!(fake.with(|store| store.issue(2).title.clone()), "GCP-new | P0 | checkout fails");
    fake.heal();
    assert!(notes(&once(&fake, &order, true)).contains("kept the title"));
    assert_eq!(fake.with(|store| store.issue(2).title.clone()), "Bank refuses cards");
}

#[test]
fn what_people_write_after_a_dead_run_is_not_undone() {
    let order = orders::orders().remove(1);
    let fake = prepared(&order);
    fake.between(|number, store| {
        if number == 1 {
            store.edit_body(2, "octocat", |body| format!("{body}\noverwritten"));
        }
    });
    assert!(mortal(&fake, &order, 1, true, false).is_none());
    fake.heal();
    fake.with(|store| store.edit_body(2, "hubot", |body| format!("{body}\nafterwards")));
    let written = fake.with(|store| store.issue(2).body.clone());
    let done = once(&fake, &order, true);
    assert!(notes(&done).contains("an edit that octocat made at 2026-"), "{done:?}");
    assert_eq!(fake.with(|store| store.issue(2).body.clone()), written);

    // A person's version with the very block that is wanted is no write of ours.
    let fake = prepared(&order);
    let whole = block::replace(&fake.with(|store| store.issue(2).body.clone()), BLOCK).expect("a block");
    fake.with(|store| store.edit_body(2, "hubot", |_| whole.replace("night shift", "day shift")));
    let written = fake.with(|store| store.issue(2).body.clone());
    assert_eq!(notes(&once(&fake, &order, true)), "");
    assert_eq!(fake.with(|store| store.issue(2).body.clone()), written);
}
