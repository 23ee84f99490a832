//! Real Cloud Logging exports of a staging service, and the reading a careful person wrote down for them.
//! Leaves out rendering. The exports are not part of this project; where they are absent, the tests say so and pass.

use std::collections::BTreeSet;
use std::fs;

use serde_json::Value;

use crate::garden::evidence::{Input, check};
use crate::garden::{self, Garden, adds_up, incidents, number, place, text};

const NOW: &str = "2025-09-16T01:00:00Z";
const LOGS: [&str; 5] = [
    "crash-loop-1000.json",
    "database-timeout-python-client.json",
    "split-messages-no-severity.json",
    "coroutine-no-await.json",
    "auth-403.json",
];

/// Returns a garden beside the exports, or says that it skips.
fn garden(file: &str) -> Option<Garden> {
    let folder = garden::root().join("../shared/data/netra");
    if folder.join(file).exists() {
        return Some(Garden::new(folder, NOW));
    }
    println!("skipped: ../shared/data/netra/{file} is not here");
    None
}

/// Returns `priority events title` of every incident.
fn reading(triage: &Value) -> Vec<String> {
    let line = |incident: &Value| {
        let noise = if incident["noise"].is_null() { "" } else { " noise" };
        format!("{}{noise} {} {}", text(incident, "priority"), incident["entries"], text(incident, "title"))
    };
    incidents(triage).iter().map(line).collect()
}

/// Returns `role events title` of every group of an incident.
fn groups(incident: &Value) -> Vec<String> {
    let line = |group: &Value| format!("{} {} {}", text(group, "role"), group["entries"], text(group, "title"));
    incident["groups"].as_array().expect("groups").iter().map(line).collect()
}

fn has(lines: &[String], wanted: &[&str]) {
    for line in wanted {
        assert!(lines.iter().any(|known| known.contains(line)), "no `{line}` in {lines:#?}");
    }
}

#[test]
fn crash_loop_is_one_incident_of_150() {
    let Some(garden) = garden("crash-loop-1000.json") else { return };
    let triage = garden.triage(&["crash-loop-1000.json"]);
    adds_up(&triage);
    assert_eq!(
        reading(&triage),
        [
            "P0 150 Python cannot import `netra_backend.app.services.monitoring`",
            "P3 15 The Sentry SDK is not installed",
            "P3 14 `SERVICE_ID` holds blanks or line ends",
        ]
    );
    let incident = &incidents(&triage)[0];
    assert_eq!(number(incident, "instances"), 15);
    let lines = groups(incident);
    assert!(lines[0].starts_with("root 30 Python cannot import"), "{lines:?}");
    has(
        &lines,
        &[
            "consequence 15 Setting up the middleware failed",
            "consequence 15 Middleware setup failure details",
            "consequence 15 CRITICAL: Enhanced middleware setup failed",
            "consequence 15 A gunicorn worker failed to start",
            "consequence 15 A gunicorn worker exited with code 3",
            "consequence 15 The gunicorn master shut down",
            "consequence 15 gunicorn gave up: Worker failed to boot",
            "consequence 15 The container exited with code 3",
        ],
    );
    let exception = &incident["groups"][0]["exception"];
    assert_eq!(exception["type"], "ModuleNotFoundError");
    let ours = exception["frames"].as_array().expect("frames").iter().find(|frame| frame["in_app"] == true);
    let ours = ours.expect("a frame of the application");
    assert_eq!(ours["file"], "/app/netra_backend/app/middleware/gcp_auth_context_middleware.py");
    assert_eq!(ours["line"], 23);
}

#[test]
fn crash_loop_says_how_little_it_covers() {
    let Some(garden) = garden("crash-loop-1000.json") else { return };
    let triage = garden.triage(&["crash-loop-1000.json"]);
    assert_eq!(triage["coverage"]["truncated"], true);
    assert!(triage["coverage"]["notes"].to_string().contains("1 min 47 s"), "{}", triage["coverage"]["notes"]);
}

#[test]
fn healthy_entries_with_a_nested_error_are_no_events() {
    let Some(garden) = garden("crash-loop-1000.json") else { return };
    let raw = fs::read_to_string(garden::root().join("../shared/data/netra/crash-loop-1000.json")).expect("readable");
    let entries: Vec<Value> = serde_json::from_str(&raw).expect("JSON");
    let healthy: BTreeSet<&str> = entries
        .iter()
        .filter(|entry| entry["severity"] == "INFO" && entry["jsonPayload"]["error"].is_object())
        .filter_map(|entry| entry["insertId"].as_str())
        .collect();
    assert_eq!(healthy.len(), 342);
    for assignment in assignments(&garden, "crash-loop-1000.json") {
        assert!(!healthy.contains(text(&assignment, "insert_id")), "{assignment}");
    }
}

fn assignments(garden: &Garden, file: &str) -> Vec<Value> {
    let path = garden.temporary("assignments.ndjson");
    let ran = garden.run(&["triage", file, "--assignments", path.to_str().expect("UTF-8")]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    let lines = fs::read_to_string(path).expect("assignments");
    lines.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect()
}

#[test]
fn every_entry_of_an_event_is_assigned_once() {
    // Entries with an event in them, and entries beyond the first of an event that was rejoined from several.
    for (file, rejoined) in
        [("crash-loop-1000.json", 30), ("split-messages-no-severity.json", 12), ("auth-403.json", 0)]
    {
        let Some(garden) = garden(file) else { return };
        let triage = garden.triage(&[file]);
        let lines = assignments(&garden, file);
        let entries: BTreeSet<u64> = lines.iter().map(|line| number(line, "index")).collect();
        assert_eq!(entries.len(), lines.len(), "{file}: no entry stands in two events");
        assert_eq!(lines.len() as u64, number(&triage["coverage"], "events") + rejoined, "{file}");
        for incident in incidents(&triage) {
            let ours = lines.iter().filter(|line| line["incident"] == incident["id"]).count() as u64;
            assert!(ours >= number(incident, "entries"), "{file}: {incident}");
        }
    }
}

#[test]
fn database_is_one_incident_of_64() {
    let Some(garden) = garden("database-timeout-python-client.json") else { return };
    let triage = garden.triage(&["database-timeout-python-client.json"]);
    adds_up(&triage);
    let lines = reading(&triage);
    assert_eq!(lines[0], "P0 64 The PostgreSQL server closed the connection");
    assert_eq!(lines.len(), 5, "{lines:?}");
    assert!(lines[1..].iter().all(|line| line.starts_with("P3 9 ")), "{lines:?}");
    has(&lines, &["SERVICE_ID", "Sentry SDK", "defined more than once", "OAuth redirect"]);
    let groups = groups(&incidents(&triage)[0]);
    assert!(groups[0].starts_with("root 5 "), "{groups:?}");
    has(
        &groups,
        &[
            "consequence 9 The service goes on without migrations",
            "consequence 4 The application did not start",
            "consequence 5 The container exited with code 3",
            "consequence 22 Cloud Run got no usable answer",
        ],
    );
    assert_eq!(triage["coverage"]["truncated"], true, "50 of each severity is a cap");
}

#[test]
fn halves_of_a_message_are_one_error() {
    let Some(garden) = garden("split-messages-no-severity.json") else { return };
    let triage = garden.triage(&["split-messages-no-severity.json"]);
    adds_up(&triage);
    let lines = reading(&triage);
    assert_eq!(lines.len(), 3, "{lines:?}");
    assert_eq!(lines[0], "P2 12 The database `netra_dev\\n` does not exist");
    assert_eq!(lines[1], "P2 4 ClickHouse cannot be reached");
    assert!(lines[2].ends_with("1 A task found no database engine"), "{lines:?}");
    assert_eq!(text(&incidents(&triage)[0]["groups"][0]["samples"][0], "quote").lines().count(), 2);
}

#[test]
fn coroutine_and_its_500_are_one_incident() {
    let Some(garden) = garden("coroutine-no-await.json") else { return };
    let triage = garden.triage(&["coroutine-no-await.json"]);
    adds_up(&triage);
    let lines = reading(&triage);
    assert_eq!(lines[0], "P2 6 A coroutine is used as if it were its result (`has no attribute 'get'`)");
    assert!(lines[1..].iter().all(|line| line.contains(" noise ")), "{lines:?}");
    let noise: u64 = incidents(&triage)[1..].iter().map(|incident| number(incident, "entries")).sum();
    assert_eq!(noise, 14);
    assert_eq!(groups(&incidents(&triage)[0])[1], "consequence 3 `GET /ws` answered 500");
}

#[test]
fn refused_requests_and_sockets_are_two_incidents() {
    let Some(garden) = garden("auth-403.json") else { return };
    let triage = garden.triage(&["auth-403.json"]);
    adds_up(&triage);
    assert_eq!(
        reading(&triage),
        [
            "P2 6 A request without valid credentials was refused (403)",
            "P3 5 A WebSocket connection was refused: authentication failed",
        ]
    );
}

#[test]
fn what_is_no_log_export_is_refused() {
    let Some(garden) = garden("not-a-log-export.json") else { return };
    let ran = garden.run(&["triage", "not-a-log-export.json", "--format", "json"]);
    assert_eq!(ran.code, 3, "{}", ran.stdout);
    assert!(ran.stderr.starts_with("error: no log entries were read"), "{}", ran.stderr);
    let triage: Value = serde_json::from_str(&ran.stdout).expect("JSON even so");
    assert!(incidents(&triage).is_empty());
}

#[test]
fn twice_the_same_input_is_twice_the_same_bytes() {
    for file in LOGS {
        let Some(garden) = garden(file) else { return };
        let run = || garden.run(&["triage", file, "--format", "json"]).stdout;
        assert!(run() == run(), "{file}");
    }
}

/// What must not depend on the order of the entries in the file.
fn without_order(triage: &Value) -> Value {
    let mut incidents = triage["incidents"].clone();
    for incident in incidents.as_array_mut().expect("incidents") {
        for group in incident["groups"].as_array_mut().expect("groups") {
            for sample in group["samples"].as_array_mut().expect("samples") {
                sample["line"] = Value::Null;
                sample["source"] = Value::Null;
            }
        }
    }
    incidents
}

#[test]
fn the_order_of_the_array_does_not_matter() {
    for file in LOGS {
        let Some(garden) = garden(file) else { return };
        // The dump by a script is an object of lists; its order is its shape.
        let Ok(mut entries) = serde_json::from_str::<Vec<Value>>(
            &fs::read_to_string(garden::root().join("../shared/data/netra").join(file)).expect("readable"),
        ) else {
            continue;
        };
        let expect = without_order(&garden.triage(&[file]));
        entries.reverse();
        let check = |name: &str, entries: &[Value]| {
            let path = garden.temporary(name);
            fs::write(&path, serde_json::to_string(entries).expect("JSON")).expect("written");
            let found = without_order(&garden.triage(&[path.to_str().expect("UTF-8")]));
            if found == expect {
                return;
            }
            let (found, expect) = (found.as_array().expect("incidents"), expect.as_array().expect("incidents"));
            let differ = found.iter().zip(expect).find(|(found, expect)| found != expect);
            for (field, value) in differ.and_then(|(found, _)| found.as_object()).expect("an incident") {
                let expected = &differ.expect("an incident").1[field];
                assert_eq!(value, expected, "{file}, {name}: {field}");
            }
        };
        check("reversed.json", &entries);
        let mut state: u64 = 0x9e37_79b9_7f4a_7c15;
        for at in (1..entries.len()).rev() {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            entries.swap(at, (state >> 33) as usize % (at + 1));
        }
        check("shuffled.json", &entries);
    }
}

#[test]
fn every_claim_is_in_the_export() {
    for file in LOGS {
        let Some(garden) = garden(file) else { return };
        let raw = fs::read_to_string(garden::root().join("../shared/data/netra").join(file)).expect("readable");
        let input = Input::new(&raw);
        let (triage, written) = garden.rendered(file);
        for incident in incidents(&triage).iter().filter(|incident| incident["noise"].is_null()) {
            let report = &written[&format!("{}/report.md", place(incident))];
            assert_eq!(check(&input, incident, report), "", "{file}: report of {}", text(incident, "title"));
        }
    }
}
