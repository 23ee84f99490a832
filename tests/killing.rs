//! An audit that is killed at any moment goes on in the next run: every issue is opened once, every event counted once.
//! Leaves out deaths between two calls, one by one: see `github_crash.rs`; and passes in one process: see `replay.rs`.
//!
//! `LOG_GARDENER_KILLS=500 cargo test --release --test all killing:: -- --nocapture` kills five hundred times and says so.
#![cfg(unix)]

use std::os::unix::process::ExitStatusExt;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use log_gardener::publish::github::block;
use serde_json::{Value, json};

use crate::auditing::{Auditing, entry};
use crate::bed::ndjson;
use crate::fake_github::Fate;

/// Random numbers that are the same in every run (splitmix64).
struct Dice(u64);

impl Dice {
    fn below(&mut self, most: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut bits = self.0;
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (bits ^ (bits >> 31)) % most.max(1)
    }
}

const BROKEN: [&str; 3] = ["the printer is on fire", "no paper left in the tray", "cannot find the stapler"];

/// A log of three errors that have nothing to do with each other, up to a minute.
fn log(minutes: u32) -> String {
    let entries: Vec<Value> = (30..30 + minutes)
        .flat_map(|minute| {
            BROKEN.iter().enumerate().map(move |(at, text)| {
                let time = format!("2026-03-10T09:{minute:02}:{:02}.{at}00Z", 10 + 17 * at);
                let labels = json!({ "project_id": "wickshop", "service_name": format!("office{at}") });
                let resource = json!({ "type": "cloud_run_revision", "labels": labels });
                entry("office-1", &time, "ERROR", json!({ "textPayload": text, "resource": resource }))
            })
        })
        .collect();
    ndjson(&entries)
}

/// What is remembered of each incident, and what stands in its issue: events, and the parts of the body that are no
/// account of the run that wrote it.
fn state(all: &Auditing, now: &str) -> Vec<(String, u64, usize)> {
    let listed = all.run(now, &["incidents", "list", "--format", "json"]).json();
    let text = listed.to_string();
    let known = |incident: &Value| {
        let id =
            incident["incident"].as_str().or(incident["id"].as_str()).unwrap_or_else(|| panic!("{text}")).to_owned();
        let events = incident["events"].as_u64().unwrap_or_else(|| panic!("{text}"));
        let short: String = id.chars().take(8).collect();
        let issues = all.hub.with(|store| {
            let bodies = store.issues.values().map(|issue| issue.body.clone());
            bodies.filter(|body| block::marking(body).fingerprint().is_some_and(|of| of.starts_with(&short))).count()
        });
        (short, events, issues)
    };
    let incidents = listed["incidents"].as_array().or(listed.as_array()).unwrap_or_else(|| panic!("{text}"));
    let mut all: Vec<_> = incidents.iter().map(known).collect();
    all.sort();
    all
}

fn audit(all: &Auditing, now: &str) -> Command {
    let mut command = all.command(now, &["audit", "office.ndjson", "--publish"]);
    command.env("LOG_GARDENER_GITHUB_FIRST_WAIT_MS", "1").stdout(Stdio::null()).stderr(Stdio::null());
    command
}

/// Runs the audit and kills it, by the clock or by the request; returns whether it was killed before its end.
fn killed(all: &Auditing, now: &str, took: Duration, dice: &mut Dice) -> bool {
    let process = Arc::new(AtomicU32::new(0));
    let by_request = dice.below(2) == 0;
    let (at, after) = (dice.below(30) as usize, dice.below(2) == 0);
    if by_request {
        let process = Arc::clone(&process);
        all.hub.script(move |number, _| {
            if number != at {
                return Fate::Right;
            }
            // It has begun, so its number is known soon.
            while process.load(Ordering::SeqCst) == 0 {
                std::thread::sleep(Duration::from_millis(1));
            }
            let _ = Command::new("kill").args(["-9", &process.load(Ordering::SeqCst).to_string()]).status();
            if after { Fate::LostAfter } else { Fate::LostBefore }
        });
    }
    let mut child = audit(all, now).spawn().expect("it runs");
    process.store(child.id(), Ordering::SeqCst);
    if !by_request {
        std::thread::sleep(Duration::from_micros(dice.below(took.as_micros() as u64)));
        let _ = child.kill();
    }
    let status = child.wait().expect("it ends");
    all.hub.heal();
    status.signal() == Some(9)
}

#[test]
fn an_audit_that_is_killed_at_any_moment_loses_and_doubles_nothing() {
    let wanted: u32 = std::env::var("LOG_GARDENER_KILLS").map_or(24, |text| text.parse().expect("a number"));
    let seed = std::env::var("LOG_GARDENER_KILLS_SEED").map_or(1, |text| text.parse().expect("a number"));
    let mut dice = Dice(seed);
    let passes = [(3, "2026-03-10T09:40:00Z"), (5, "2026-03-10T09:50:00Z")];
    // As it is when nobody kills.
    let calm = Auditing::new();
    let (mut expected, mut took) = (Vec::new(), Duration::ZERO);
    for (minutes, now) in passes {
        calm.garden.write("office.ndjson", log(minutes));
        let begun = Instant::now();
        assert!(audit(&calm, now).status().expect("it ends").success());
        // Moments are spread over as long as a run takes on this machine.
        took = took.max(begun.elapsed());
        expected.push(state(&calm, now));
    }
    assert!(
        expected[1].len() == BROKEN.len() && expected[1].iter().all(|(_, events, issues)| (*events, *issues) == (5, 1)),
        "{expected:?}"
    );
    let comments =
        |all: &Auditing| all.hub.with(|store| store.issues.values().map(|issue| issue.comments.len()).sum::<usize>());

    let (mut kills, mut runs) = (0, 0);
    while kills < wanted {
        let all = Auditing::new();
        for ((minutes, now), expected) in passes.iter().zip(&expected) {
            all.garden.write("office.ndjson", log(*minutes));
            for _ in 0..3 + dice.below(6) {
                kills += u32::from(killed(&all, now, took, &mut dice));
                runs += 1;
            }
            // What was begun is looked up and finished; a run that finds its answer lost says so and the next goes on.
            let ended = audit(&all, now).status().expect("it ends");
            assert!(
                ended.success() || audit(&all, now).status().expect("it ends").success(),
                "seed {seed}, after {kills} kills"
            );
            assert_eq!(&state(&all, now), expected, "seed {seed}, after {kills} kills");
        }
        assert_eq!(comments(&all), comments(&calm), "seed {seed}, after {kills} kills");
        let left: Vec<_> = std::fs::read_dir(all.garden.path("reports")).expect("listed").flatten().collect();
        let strays = left.iter().filter(|item| item.file_name().to_string_lossy().ends_with(".part")).count();
        assert!(strays <= 20, "{strays} parts are left");
    }
    println!("{kills} kills in {runs} runs survived, seed {seed}");
}
