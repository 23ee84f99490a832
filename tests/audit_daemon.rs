//! `audit --every`: windows that follow each other, catching up, signals, and the files that others watch.
//! Leaves out what a pass decides: see `audit.rs`.
#![cfg(unix)]

use std::io::Read;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::Value;

use crate::bed::Garden;
use crate::fake_cloud::{self, FakeCloud, Reply, refusal};

/// The least patience that a loaded machine needs.
const PATIENCE: Duration = Duration::from_secs(40);

fn command(garden: &Garden, cloud: &FakeCloud, more: &[&str]) -> Command {
    let mut command = garden.command(&[&["audit", "gcp://wickshop"], more].concat());
    command
        .env_remove("LOG_GARDENER_NOW")
        .env("LOG_GARDENER_GCP_ENDPOINT", cloud.endpoint())
        .env("LOG_GARDENER_GCP_READS_PER_MINUTE", "1000000")
        .env("LOG_GARDENER_GCP_FIRST_WAIT_MS", "5")
        .env("LOG_GARDENER_GCP_LONGEST_WAIT_MS", "20")
        .env("LOG_GARDENER_GCP_REQUEST_TIME_MS", "20000")
        .env("LOG_GARDENER_GCP_SEED", "1");
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// Audits once as if it were `ago` minutes before `now`; returns the exit code and stderr.
///
/// Windows begin at whole minutes: a test reads the clock once, so that no length depends on how long it takes.
fn once(garden: &Garden, cloud: &FakeCloud, now: DateTime<Utc>, ago: i64) -> (Option<i32>, String) {
    let at = (now - TimeDelta::minutes(ago)).to_rfc3339();
    let output = command(garden, cloud, &["--now", &at]).output().expect("it runs");
    (output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned())
}

/// Returns the lengths of the windows asked for, in minutes, in the order of the runs.
fn windows(garden: &Garden) -> Vec<i64> {
    let folders = |folder: std::path::PathBuf| -> Vec<std::path::PathBuf> {
        let mut found: Vec<_> = std::fs::read_dir(folder).expect("listed").flatten().map(|item| item.path()).collect();
        found.retain(|path| path.is_dir());
        found.sort();
        found
    };
    let runs = folders(garden.path("reports")).into_iter().flat_map(folders);
    let length = |run: std::path::PathBuf| {
        let text = std::fs::read_to_string(run.join("triage.json")).expect("read");
        let asked = serde_json::from_str::<Value>(&text).expect("JSON")["coverage"]["asked"].take();
        let time =
            |name: &str| asked[name].as_str().and_then(|text| text.parse::<DateTime<Utc>>().ok()).expect("a time");
        (time("to") - time("from")).num_minutes()
    };
    runs.map(length).collect()
}

/// An error of some minutes ago.
fn error(ago: i64) -> Value {
    let at = (Utc::now() - TimeDelta::minutes(ago)).to_rfc3339();
    fake_cloud::entry("shop", &at, "ERROR", "KeyError: 'CHF'", &format!("id-{ago}"))
}

fn wait(what: &str, until: impl Fn() -> bool) {
    let begun = Instant::now();
    while !until() {
        assert!(begun.elapsed() < PATIENCE, "{what}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

fn signal(child: &Child, name: &str) {
    let sent = Command::new("kill").args([&format!("-{name}"), &child.id().to_string()]).status();
    assert!(sent.expect("kill").success());
}

/// Waits for the end; returns the exit code and stderr.
fn end(mut child: Child) -> (Option<i32>, String) {
    let begun = Instant::now();
    while child.try_wait().expect("asked").is_none() {
        assert!(begun.elapsed() < PATIENCE, "it ends");
        std::thread::sleep(Duration::from_millis(20));
    }
    let mut said = String::new();
    child.stderr.take().expect("piped").read_to_string(&mut said).expect("UTF-8");
    (child.wait().expect("ended").code(), said)
}

fn health(garden: &Garden) -> Value {
    serde_json::from_str(&garden.read("reports/health.json")).expect("JSON")
}

#[test]
fn passes_follow_each_other_and_a_signal_in_the_pause_ends_it() {
    let (garden, cloud) = (Garden::new(), FakeCloud::new(vec![error(5)]));
    let child = command(&garden, &cloud, &["--every", "1s"]).spawn().expect("it runs");
    let path = garden.path("reports/health.json");
    wait("three passes", || path.exists() && health(&garden)["pass"].as_u64() >= Some(3));
    let now = health(&garden);
    assert_eq!(
        (now["schema"].as_str(), now["fine"].as_bool(), now["exit"].as_u64()),
        (Some("log-gardener/health/1"), Some(true), Some(0))
    );
    assert!(now["line"].as_str().is_some_and(|line| line.starts_with("1 entry, 1 incident, ")), "{now}");
    assert_eq!(now["pid"].as_u64(), Some(u64::from(child.id())));
    let success: DateTime<Utc> = garden.read("reports/last-success").trim().parse().expect("a time");
    assert!((Utc::now() - success).num_seconds() < 60);
    signal(&child, "INT");
    let (code, said) = end(child);
    assert_eq!(code, Some(0), "{said}");
    assert!(
        said.contains("\npass 2 at ") && said.contains("; next at ") && said.contains("\nSIGINT: stopped after "),
        "{said}"
    );
    // The first window is an hour, the next ones begin at the cursor, less what may arrive late; a pass that begins in
    // the next minute reads one more.
    let windows = windows(&garden);
    assert!(
        windows.len() >= 3 && windows[0] == 60 && windows[1..].iter().all(|length| (10..=11).contains(length)),
        "{windows:?}"
    );
    // The incident was counted once.
    let list = garden.run(&["incidents", "list"]).stdout;
    assert!(list.contains("P") && list.split_whitespace().nth(3) == Some("1"), "{list}");
}

#[test]
fn a_pass_that_is_under_way_is_finished() {
    let garden = Garden::new();
    let cloud = FakeCloud::with(vec![error(5)], |_, _| {
        std::thread::sleep(Duration::from_millis(1500));
        Reply::Right
    });
    let child = command(&garden, &cloud, &["--every", "1h"]).spawn().expect("it runs");
    wait("it asks", || !cloud.asked().is_empty());
    signal(&child, "TERM");
    let (code, said) = end(child);
    assert_eq!(code, Some(0), "{said}");
    assert!(said.contains("SIGTERM: stopped after 1 pass\n"), "{said}");
    assert_eq!(health(&garden)["fine"], true);
    assert!(garden.run(&["incidents", "list"]).stdout.contains("shop") || garden.path("reports/ledger.db").exists());

    // A second signal does not wait.
    let garden = Garden::new();
    let cloud = FakeCloud::with(vec![error(5)], |_, _| {
        std::thread::sleep(Duration::from_secs(8));
        Reply::Right
    });
    let child = command(&garden, &cloud, &["--every", "1h"]).spawn().expect("it runs");
    wait("it asks", || !cloud.asked().is_empty());
    let begun = Instant::now();
    signal(&child, "TERM");
    std::thread::sleep(Duration::from_millis(300));
    signal(&child, "TERM");
    assert_eq!(end(child).0, Some(130));
    assert!(begun.elapsed() < Duration::from_secs(6));
}

#[test]
fn what_was_missed_is_read_and_a_failed_pass_does_not_move_the_cursor() {
    let (garden, now) = (Garden::new(), Utc::now());
    let cloud = FakeCloud::new(Vec::new());
    // Nothing there is said, and it is read all the same: the cursor stands two hours ago.
    let (code, said) = once(&garden, &cloud, now, 120);
    assert_eq!(code, Some(3), "{said}");
    assert!(said.contains("error: no log entries were read"), "{said}");
    drop(cloud);

    let refused = FakeCloud::with(vec![error(90)], |_, _| refusal(403, "PERMISSION_DENIED", "no", ""));
    let (code, _) = once(&garden, &refused, now, 1);
    assert_eq!(code, Some(3));
    let cloud = FakeCloud::new(vec![error(90)]);
    let child = command(&garden, &cloud, &["--every", "1h"]).spawn().expect("it runs");
    let path = garden.path("reports/health.json");
    wait("a pass", || path.exists());
    signal(&child, "TERM");
    let (code, said) = end(child);
    assert_eq!(code, Some(0), "{said}");
    // The pass that was refused came to no report; the next one began at the same cursor, less the overlap. It
    // reads its own clock, which may have come to the next minute or beyond since.
    let late = (Utc::now() - now).num_minutes() + 1;
    let windows = windows(&garden);
    assert!(windows.len() == 2 && windows[0] == 60 && (130..=130 + late).contains(&windows[1]), "{windows:?}");
    assert_eq!(health(&garden)["exit"], 0);
    assert!(garden.run(&["incidents", "list"]).stdout.contains("  P"));
}

#[test]
fn a_pass_reads_a_day_at_most_and_states_the_gap_once() {
    let (garden, now) = (Garden::new(), Utc::now());
    let cloud = FakeCloud::new(vec![error(3000), error(5)]);
    assert_eq!(once(&garden, &cloud, now, 2990).0, Some(0));
    let (code, said) = once(&garden, &cloud, now, 0);
    assert_eq!(code, Some(3), "{said}");
    assert!(said.contains("note: GAP: nothing was read from "), "{said}");
    assert!(said.contains("a pass reads 24 h at most"), "{said}");
    let (code, said) = once(&garden, &cloud, now, 0);
    assert_eq!(code, Some(0), "{said}");
    assert_eq!(windows(&garden), [60, 1440, 10]);
}

#[test]
fn a_preview_is_read_again_by_the_run_that_publishes() {
    let (garden, now) = (Garden::new(), Utc::now());
    garden.write("log-gardener.toml", "[audit]\npasses = 1\nevents = 1\nleast = \"P3\"\n");
    let cloud = FakeCloud::new(vec![error(40)]);
    assert_eq!(once(&garden, &cloud, now, 1).0, Some(0));
    assert_eq!(once(&garden, &cloud, now, 0).0, Some(0));
    // With nothing to write left, the next pass goes on.
    garden.write("log-gardener.toml", "");
    assert_eq!(once(&garden, &cloud, now, 0).0, Some(0));
    assert_eq!(once(&garden, &cloud, now, 0).0, Some(3));
    assert_eq!(windows(&garden), [60, 60, 60, 10]);
}

#[test]
fn what_no_pass_can_do_ends_a_daemon_at_once() {
    let garden = Garden::new();
    garden.write("shop.ndjson", "");
    garden.write("reports/ledger.db", "x".repeat(4096));
    let run = garden.command(&["audit", "shop.ndjson", "--every", "1s"]).env_remove("LOG_GARDENER_NOW").output();
    let run = run.expect("it runs");
    assert_eq!(run.status.code(), Some(2), "{}", String::from_utf8_lossy(&run.stderr));
    let run =
        garden.command(&["audit", "-", "--every", "1s"]).env_remove("LOG_GARDENER_NOW").output().expect("it runs");
    assert_eq!(run.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&run.stderr).starts_with("error: --every cannot be used with `-`\n"));
}
