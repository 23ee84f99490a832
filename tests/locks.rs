//! Locks on issues: taking, the race of two, releasing, and clearing what was left behind.
//! Leaves out what GitHub does with labels: see `github.rs`.

use serde_json::Value;

use crate::auditing::{Auditing, ended};

/// The stand-in's comments are from 10:00.
const TEN: &str = "2026-03-10T10:00:00Z";
const LOCK: &str = "actively-being-worked-on";

fn bed() -> Auditing {
    let all = Auditing::new();
    all.hub.with(|store| {
        store.open("ada", "Prices fail", "text", &["P1"]);
        store.open("ada", "The mill stands", "text", &[]);
    });
    all
}

fn labels(all: &Auditing, number: u64) -> Vec<String> {
    all.hub.with(|store| store.issue(number).labels.clone())
}

#[test]
fn a_lock_is_taken_listed_and_released() {
    let all = bed();
    assert_eq!(all.run(TEN, &["locks", "list"]).done(), "no locks\n");
    let taken = all.run(TEN, &["locks", "take", "1"]);
    assert_eq!(taken.done(), "agent-session-20260310-100000\n");
    assert_eq!(labels(&all, 1), ["P1", LOCK, "agent-session-20260310-100000"]);
    all.run("2026-03-10T10:05:00Z", &["locks", "take", "1"]).fails(
        3,
        "error: #1 is being worked on\ncaused by: locked by agent-session-20260310-100000\n\
         hint: `log-gardener locks list` shows since when, `locks clear-stale` frees what was left behind\n",
    );
    let line = "#1  active  since 2026-03-10T10:00:00.000Z  last comment unknown  agent-session-20260310-100000  Prices fail\n";
    assert_eq!(all.run("2026-03-10T10:05:00Z", &["locks", "list"]).done(), line);
    let json: Value = all.run(TEN, &["locks", "list", "--format", "json"]).json();
    assert_eq!((json["locks"][0]["issue"].as_u64(), json["locks"][0]["stale"].as_bool()), (Some(1), Some(false)));
    let other = all.run(TEN, &["locks", "release", "1", "--session", "agent-session-20260101-000000"]);
    assert!(
        other.code == 3 && other.stderr.contains("its sessions: agent-session-20260310-100000"),
        "{}",
        other.stderr
    );
    let own = ["locks", "release", "1", "--session", "agent-session-20260310-100000"];
    assert_eq!(all.run(TEN, &own).done(), "#1 released\n");
    assert_eq!(labels(&all, 1), ["P1"]);
    assert_eq!(all.run(TEN, &["locks", "release", "1"]).done(), "#1 was not locked\n");
    assert_eq!(all.run(TEN, &["locks", "take", "9"]).code, 4, "there is no such issue");
    let run = ended(all.command(TEN, &["locks", "list"]).env_remove("GITHUB_TOKEN"));
    assert_eq!(run.code, 2);
}

#[test]
fn of_two_who_take_it_at_the_same_moment_one_has_it() {
    for round in 0..2 {
        let all = bed();
        let run = |now: &str| all.command(now, &["locks", "take", "1"]).output().expect("it runs");
        // The same second, and a name that is earlier than that of who may have it already.
        let second = if round == 0 { TEN } else { "2026-03-10T09:59:58Z" };
        let (a, b) = std::thread::scope(|scope| {
            let a = scope.spawn(|| run(TEN));
            let b = scope.spawn(|| run(second));
            (a.join().expect("ended"), b.join().expect("ended"))
        });
        let won: Vec<String> = [&a, &b]
            .iter()
            .filter(|output| output.status.success())
            .map(|output| String::from_utf8_lossy(&output.stdout).trim().to_string())
            .collect();
        let codes = (a.status.code(), b.status.code());
        assert_eq!(won.len(), 1, "{codes:?}");
        assert!(matches!(codes, (Some(0), Some(3)) | (Some(3), Some(0))), "{codes:?}");
        let sessions: Vec<String> = labels(&all, 1).into_iter().filter(|label| label.starts_with("agent-")).collect();
        assert_eq!(sessions, won);
        assert!(labels(&all, 1).contains(&LOCK.to_string()));
    }
}

#[test]
fn who_comes_late_with_an_earlier_name_does_not_take_it_away() {
    let all = bed();
    // Between the look of the second one and its label, the first one takes the lock.
    let mut done = false;
    all.hub.between(move |_, store| {
        if !done && store.labels.iter().any(|label| label == "agent-session-20260310-095900") {
            done = true;
            let issue = store.issues.get_mut(&1).expect("there");
            issue.labels.extend([LOCK.to_string(), "agent-session-20260310-100000".to_string()]);
        }
    });
    let late = all.run("2026-03-10T09:59:00Z", &["locks", "take", "1"]);
    assert_eq!(late.code, 3, "{}{}", late.stdout, late.stderr);
    assert!(late.stderr.contains("caused by: locked by agent-session-20260310-100000\n"), "{}", late.stderr);
    assert_eq!(labels(&all, 1), ["P1", LOCK, "agent-session-20260310-100000"]);
}

#[test]
fn only_what_was_left_behind_is_cleared() {
    let all = bed();
    all.run("2026-03-10T09:30:00Z", &["locks", "take", "1"]).done();
    all.run("2026-03-10T09:50:00Z", &["locks", "take", "2"]).done();
    let stale =
        "#1  stale  since 2026-03-10T09:30:00.000Z  last comment unknown  agent-session-20260310-093000  Prices fail\n";
    let dry = all.run(TEN, &["locks", "clear-stale"]);
    assert_eq!(
        (dry.code, dry.stdout.as_str(), dry.stderr.as_str()),
        (0, stale, "note: nothing was cleared; --yes does it\n")
    );
    assert!(labels(&all, 1).contains(&LOCK.to_string()));
    // A person's comment is a sign of life, one of this program is none.
    all.hub.with(|store| store.comment(1, "gardener", "News.\n\n<!-- log-gardener:comment=tell-1 -->"));
    assert_eq!(all.run("2026-03-10T10:01:00Z", &["locks", "clear-stale"]).stdout.matches("stale").count(), 1);
    all.hub.with(|store| store.comment(1, "ada", "still at it"));
    assert_eq!(all.run("2026-03-10T10:01:00Z", &["locks", "clear-stale", "--yes"]).done(), "no stale locks\n");
    let cleared = all.run("2026-03-10T10:25:00Z", &["locks", "clear-stale", "--yes"]);
    assert_eq!((cleared.code, cleared.stdout.lines().count()), (0, 2), "{}", cleared.stdout);
    assert_eq!((labels(&all, 1), labels(&all, 2)), (vec!["P1".to_string()], Vec::new()));
}
