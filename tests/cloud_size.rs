//! A busy window in bounded memory, measured from outside, and with it the time it takes.
//! Leaves out other inputs: see `hostile_size`. The full size runs on request: `cargo test -- --ignored`.

#![cfg(target_os = "linux")]

use std::fs;
use std::process::Stdio;
use std::time::Instant;

use serde_json::{Value, json};

use crate::fake_cloud::save::{command, manifest};
use crate::fake_cloud::{FakeCloud, Reply, entry};

/// What saving may need, KiB: about twice what was measured, 64 MiB for 20,000 entries and for 200,000.
const SAVING: u64 = 120 << 10;
/// What judging may need, KiB: 203 MiB were measured for 200,000 events, half a KiB more for each event,
/// which leaves the key that tells duplicates and the record that ties incidents.
const JUDGING: u64 = 320 << 10;
const WINDOW: [&str; 4] = ["--since", "2026-03-10T09:00:00Z", "--until", "2026-03-10T09:04:00Z"];

/// The page that starts with an entry; pages are made when they are asked for, so that only the program's
/// memory is measured.
fn page(start: u64, count: u64) -> Value {
    let end = (start + 1000).min(count);
    let made = |index: u64| {
        let (second, milli) = (index / 1000, index % 1000);
        let time = format!("2026-03-10T09:{:02}:{:02}.{milli:03}Z", second / 60, second % 60);
        let text = format!("payment {index} refused by bank {}", "x".repeat(300));
        entry("checkout", &time, "ERROR", &text, &format!("id{index}"))
    };
    let entries: Vec<Value> = (start..end).map(made).collect();
    let mut page = json!({ "entries": entries });
    if end < count {
        page["nextPageToken"] = json!(end.to_string());
    }
    page
}

/// Runs a command on so many entries in four minutes, which are one slice: page behind page.
fn measure(arguments: &[&str], count: u64, most: u64) -> (tempfile::TempDir, String) {
    let cloud = FakeCloud::with(Vec::new(), move |_, asked| {
        if asked["filter"].as_str().unwrap_or("").contains("receiveTimestamp") {
            return Reply::Right;
        }
        Reply::Page(page(asked["pageToken"].as_str().unwrap_or("").parse().unwrap_or(0), count))
    });
    let folder = tempfile::tempdir().expect("a folder");
    let begun = Instant::now();
    let out = fs::File::create(folder.path().join("stdout")).expect("a file");
    let mut child = command(&cloud, folder.path(), &[arguments, &WINDOW].concat())
        .stdout(out)
        .stderr(Stdio::null())
        .spawn()
        .expect("the binary starts");
    let mut peak = 0;
    let code = loop {
        // The kernel keeps the peak itself; it is lost when the process ends, so it is read while it runs.
        let status = fs::read_to_string(format!("/proc/{}/status", child.id())).unwrap_or_default();
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap_or("");
        peak = peak.max(line.trim().trim_end_matches(" kB").parse().unwrap_or(0));
        if let Some(status) = child.try_wait().expect("waited") {
            break status.code();
        }
        std::thread::sleep(std::time::Duration::from_millis(5));
    };
    println!("{}: {count} entries, peak {} MiB, {:?}", arguments[0], peak >> 10, begun.elapsed());
    assert_eq!(code, Some(0));
    assert!(0 < peak && peak < most, "{peak} KiB");
    let stdout = fs::read_to_string(folder.path().join("stdout")).expect("text");
    (folder, stdout)
}

fn saved(count: u64) {
    let (folder, _) = measure(&["fetch", "gcp://wickshop", "--out", "big.zst"], count, SAVING);
    assert_eq!(manifest(folder.path(), "big.zst")["entries"], count);
}

fn judged(count: u64) {
    let (_, stdout) = measure(&["triage", "gcp://wickshop", "--format", "json"], count, JUDGING);
    let view: Value = serde_json::from_str(&stdout).expect("JSON");
    assert_eq!(view["coverage"]["events"], count);
}

#[test]
fn some_thousand_entries() {
    saved(20_000);
    judged(4_000);
}

#[test]
#[ignore = "the full size takes a while in a debug build"]
fn two_hundred_thousand_entries() {
    saved(200_000);
    judged(200_000);
}
