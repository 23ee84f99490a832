//! Orders under every fault at every request: one issue, one comment, the right labels in the end, and no
//! byte of people's text changed. Leaves out people who act meanwhile (`github_people.rs`), limits and
//! signing in (`github_client.rs`), and a run that dies (`github_crash.rs`).

pub(crate) mod orders;

use std::time::Duration;

use log_gardener::decision::{IssueState, Order};
use log_gardener::publish::github::{FaultKind, Performed, Run, block, perform};
use orders::{AFTER, BEFORE, BLOCK, ID, OTHER, assert_done, notes, once, ours, prepared, settings, wanted};
use serde_json::json;

use crate::fake_github::{FakeGitHub, Fate, answer};

fn faults() -> Vec<(&'static str, Fate)> {
    let page = || answer::reply(502, json!({"message": "Server Error"}));
    vec![
        ("lost before", Fate::LostBefore),
        ("lost after", Fate::LostAfter),
        ("late", Fate::Late(Duration::from_millis(8))),
        ("502 before", Fate::Instead(page())),
        ("502 after", Fate::After(page())),
        ("503 before", Fate::Instead(answer::error(503, "Service unavailable"))),
        ("secondary limit", Fate::Instead(answer::secondary(403, 0))),
        ("429", Fate::Instead(answer::error(429, "Too many requests"))),
        ("cut", Fate::Cut(20)),
        ("garbled", Fate::Garbled("<html>proxy</html>")),
    ]
}

/// Requests of an order when nothing goes wrong.
fn length(order: &Order) -> usize {
    let fake = prepared(order);
    let done = once(&fake, order, false);
    assert!(matches!(done, Performed::Done { wrote: true, .. }), "{done:?}");
    assert_done(&fake, order, "without faults");
    fake.asked().len()
}

#[test]
fn each_order_does_what_it_says_and_a_second_time_nothing() {
    for order in orders::orders() {
        let fake = prepared(&order);
        let Performed::Done { issue, url, wrote, .. } = once(&fake, &order, false) else { panic!("{order:?}") };
        assert_eq!((issue.number, issue.state, issue.marked, wrote), (2, wanted(&order), true, true));
        assert_eq!(url, "https://github.com/wick/shop/issues/2");
        assert_eq!(issue.closed_at.is_some(), issue.state == IssueState::Completed);
        for started_before in [false, true] {
            let before = fake.with(|store| format!("{:?}", store.issues));
            let again = once(&fake, &order, started_before);
            assert!(matches!(again, Performed::Done { wrote: false, .. }), "{again:?}");
            assert_eq!(fake.with(|store| format!("{:?}", store.issues)), before);
            assert_done(&fake, &order, "again");
        }
    }
}

#[test]
fn one_fault_at_any_request_is_overcome() {
    for order in orders::orders() {
        for (name, fate) in faults() {
            for at in 0..length(&order) {
                let told = format!("{} with {name} at {at}", order.name());
                let fake = prepared(&order);
                let fate = fate.clone();
                fake.script(move |number, _| if number == at { fate.clone() } else { Fate::Right });
                let mut last = once(&fake, &order, false);
                if matches!(last, Performed::Failed(_)) {
                    last = once(&fake, &order, true);
                }
                assert!(matches!(last, Performed::Done { .. }), "{told}: {last:?}");
                assert_done(&fake, &order, &told);
            }
        }
    }
}

#[test]
fn faults_from_any_request_on_end_the_run_and_the_next_one_goes_on() {
    for order in orders::orders() {
        for (name, fate) in faults() {
            for at in 0..length(&order) {
                let told = format!("{} with {name} from {at} on", order.name());
                let fake = prepared(&order);
                let fate = fate.clone();
                fake.script(move |number, _| if number >= at { fate.clone() } else { Fate::Right });
                let first = once(&fake, &order, false);
                let Performed::Failed(fault) = &first else {
                    // The history is looked at for notes alone; an order is done without it.
                    assert!(
                        matches!(order, Order::Edit { .. } | Order::Open { .. }) || name.contains("garbled"),
                        "{told}: {first:?}"
                    );
                    continue;
                };
                assert!(
                    matches!(fault.kind, FaultKind::RetryLater(_) | FaultKind::OutcomeUnknown),
                    "{told}: {fault:?}"
                );
                // What is late has arrived when the next run starts.
                std::thread::sleep(Duration::from_millis(if name == "late" { 10 } else { 0 }));
                fake.heal();
                let second = once(&fake, &order, true);
                assert!(matches!(second, Performed::Done { .. }), "{told}: {second:?}");
                assert_done(&fake, &order, &told);
            }
        }
    }
}

#[test]
fn an_issue_that_exists_is_edited_and_its_title_left_alone() {
    let order = &orders::orders()[0];
    let fake = FakeGitHub::new();
    let body = format!("{BEFORE}{}{AFTER}", block::place(ID, "old"));
    fake.with(|store| {
        store.open("octocat", "Other", &block::place(OTHER, "old"), &["generated-issue"]);
        store.open("octocat", "A person's title", &body, &[]);
    });
    let mut run = Run::new(settings());
    let mut client = fake.client();
    let done = perform(&mut client, &mut run, order, false);
    assert!(matches!(done, Performed::Done { ref issue, .. } if issue.number == 2), "{done:?}");
    fake.with(|store| {
        let item = store.issue(2);
        assert_eq!((store.issues.len(), item.title.as_str()), (2, "A person's title"));
        assert_eq!((block::inside(&item.body).as_deref(), block::around(&item.body)), (Some(BLOCK), (BEFORE, AFTER)));
        assert_eq!(item.labels, ["generated-issue", "P0"]);
        assert_eq!(block::inside(&store.issue(1).body).as_deref(), Some("old"));
    });
}

#[test]
fn an_issue_opened_by_hand_from_a_draft_is_found_and_keeps_its_text() {
    let fake = FakeGitHub::new();
    let body = format!("# By hand\n\ntext\n\n<!-- log-gardener:fingerprint={ID} -->\n\nafter");
    fake.with(|store| store.open("octocat", "By hand", &body, &["generated-issue"]));
    let done = once(&fake, &orders::orders()[0], false);
    assert!(matches!(done, Performed::Done { wrote: true, .. }), "{done:?}");
    fake.with(|store| {
        let text = &store.issue(1).body;
        assert_eq!(block::around(text), ("# By hand\n\ntext\n\n", "\n\nafter"));
        assert_eq!(block::inside(text).as_deref(), Some(BLOCK));
    });
}

#[test]
fn a_run_lists_once_and_knows_what_it_opened() {
    let fake = FakeGitHub::new();
    fake.with(|store| {
        for at in 0..260 {
            store.open("octocat", &format!("Issue {at}"), "", &["generated-issue"]);
        }
    });
    let (mut client, mut run) = (fake.client(), Run::new(settings()));
    let open = |id: &str| match orders::orders().remove(0) {
        Order::Open { title, block, labels, .. } => {
            Order::Open { fingerprint: id.to_owned(), title, block, labels, assignees: Vec::new(), says: None }
        }
        other => other,
    };
    for (id, number) in [(ID, 261), (OTHER, 262), (ID, 261)] {
        let done = perform(&mut client, &mut run, &open(id), false);
        assert!(matches!(done, Performed::Done { ref issue, .. } if issue.number == number), "{done:?}");
    }
    let pages =
        fake.asked().iter().filter(|request| request.method == "GET" && request.path.ends_with("/issues")).count();
    assert_eq!(pages, 6 + 2, "260 labelled issues in pages of 50, and the newest hundred");
    // An issue without its label is old when many came after it; with the label it is found on any page.
    let found = once(&fake, &open(OTHER), true);
    assert!(matches!(found, Performed::Done { wrote: false, .. }), "{found:?}");
}

#[test]
fn labels_and_assignees_that_do_not_work_are_told_and_left_out() {
    let order = &orders::orders()[0];
    let fake = FakeGitHub::new();
    let done = once(&fake, order, false);
    assert!(notes(&done).contains("@stranger cannot be assigned"), "{done:?}");
    assert!(fake.with(|store| store.labels.contains(&"P0".to_owned())), "created on request");

    let fake = FakeGitHub::new();
    let mut run = Run::new(log_gardener::publish::github::PublishSettings { create_labels: false, ..settings() });
    let done = perform(&mut fake.client(), &mut run, order, false);
    assert!(notes(&done).contains("no label `P0`"), "{done:?}");
    fake.with(|store| assert_eq!(ours(store)[0].labels, ["generated-issue"]));

    // Without write access GitHub drops labels silently; the issue is found all the same.
    let fake = FakeGitHub::new();
    fake.with(|store| {
        store.push = false;
        store.add_label("P0");
    });
    fake.script(|_, request| if request.method == "POST" { Fate::LostAfter } else { Fate::Right });
    let done = once(&fake, order, false);
    fake.with(|store| assert_eq!(ours(store).len(), 1, "{done:?}"));
}

#[test]
fn texts_are_cut_to_githubs_limits_and_say_so() {
    let long = format!("## Impact\n\n{}\n\n## More\n\n{}", "first ".repeat(2_000), "\u{1f600}".repeat(80_000));
    let order = Order::Open {
        fingerprint: ID.to_owned(),
        title: "\u{e9}".repeat(400),
        block: long.clone(),
        labels: Vec::new(),
        assignees: Vec::new(),
        says: None,
    };
    let fake = FakeGitHub::new();
    assert!(matches!(once(&fake, &order, false), Performed::Done { .. }));
    fake.with(|store| {
        let item = store.issue(1);
        assert!(item.title.chars().count() <= 256 && item.title.ends_with("..."));
        assert!(item.body.chars().count() <= block::LIMIT && item.body.contains("Cut here"));
        store.edit_body(1, "octocat", |body| format!("{}\n{body}", "theirs ".repeat(9_000)));
    });
    let again = once(&fake, &order, false);
    assert!(matches!(again, Performed::Done { .. }), "{again:?}");
    fake.with(|store| store.edit_body(1, "octocat", |body| format!("{}{}", "x".repeat(65_000), &body[63_000..])));
    let full = once(&fake, &order, false);
    assert!(
        matches!(full, Performed::Failed(ref fault) if fault.kind == FaultKind::Refused && fault.cause.contains("leaves no room")),
        "{full:?}"
    );
    let text = Order::Comment { number: 1, fingerprint: ID.to_owned(), key: "long".to_owned(), text: long };
    assert!(matches!(once(&fake, &text, false), Performed::Done { .. }));
    fake.with(|store| assert!(block::has_key(&store.issue(1).comments[0].body, "long")));
}
