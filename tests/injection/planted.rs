//! Entries with a text from an attacker in one place each, and views with it in every place at once.
//! Leaves out how they are read and rendered.

use log_gardener::entry::Timestamp;
use log_gardener::report::view::*;
use serde_json::{Value, json};

use crate::html::poison;
use crate::report::sample;

/// Where a log line can carry a text of its author.
pub(crate) const POSITIONS: [&str; 16] = [
    "text-payload",
    "message-field",
    "exception-type",
    "exception-message",
    "frame-file",
    "frame-function",
    "service",
    "revision",
    "insert-id",
    "log-name",
    "label",
    "endpoint",
    "user-agent",
    "instance",
    "trace",
    "severity-word",
];

/// Returns an entry that failed, with `text` at one place.
pub(crate) fn entry(position: &str, text: &str, number: usize) -> Value {
    let mut entry = json!({
        "insertId": format!("i{number}"),
        "timestamp": format!("2026-03-10T09:{:02}:{:02}.{:03}Z", number / 3600 % 60, number / 60 % 60, number % 60),
        "severity": "ERROR", "logName": "projects/p/logs/stderr",
        "resource": { "type": "cloud_run_revision",
            "labels": { "service_name": "api", "revision_name": "api-1", "project_id": "p" } },
        "labels": { "instanceId": "i1" },
        "textPayload": format!("pump {} of the cellar is dry", letters(number)),
    });
    let trace = |file: &str, function: &str, kind: &str, message: &str| {
        json!(format!(
            "Traceback (most recent call last):\n  File \"{file}\", line 3, in {function}\n    pour()\n{kind}: {message}"
        ))
    };
    match position {
        "text-payload" => entry["textPayload"] = json!(text),
        "message-field" => {
            entry.as_object_mut().expect("an object").remove("textPayload");
            entry["jsonPayload"] = json!({ "message": text, "logger": text, "module": text });
        }
        "exception-type" => entry["textPayload"] = trace("/app/a.py", "pour", text, "it broke"),
        "exception-message" => entry["textPayload"] = trace("/app/a.py", "pour", "ValueError", text),
        "frame-file" => entry["textPayload"] = trace(&format!("/app/{text}.py"), "pour", "ValueError", "it broke"),
        "frame-function" => entry["textPayload"] = trace("/app/a.py", text, "ValueError", "it broke"),
        "service" => entry["resource"]["labels"]["service_name"] = json!(text),
        "revision" => entry["resource"]["labels"]["revision_name"] = json!(text),
        "insert-id" => entry["insertId"] = json!(format!("{number}{text}")),
        "log-name" => entry["logName"] = json!(format!("projects/p/logs/{text}")),
        "label" => entry["labels"] = json!({ "instanceId": "i1", "request_id": text, text: "x", "commit-sha": text }),
        "endpoint" | "user-agent" => {
            let (url, agent) = if position == "endpoint" { (text, "Mozilla/5.0") } else { ("/pay", text) };
            entry.as_object_mut().expect("an object").remove("textPayload");
            entry["httpRequest"] = json!({ "requestMethod": "GET", "requestUrl": format!("https://api.example{url}"),
                "status": 500, "userAgent": agent, "referer": text, "latency": "0.1s" });
        }
        "instance" => entry["labels"] = json!({ "instanceId": text }),
        "trace" => entry["trace"] = json!(format!("projects/p/traces/{text}")),
        _ => entry["severity"] = json!(text),
    }
    entry
}

/// Returns a word of its own for each number, so that no two texts are taken for the same.
fn letters(number: usize) -> String {
    (0..4).map(|place| char::from(b'a' + (number / 26_usize.pow(place) % 26) as u8)).collect()
}

/// Returns a view with `text` at every place that a log line can reach, with memory.
pub(crate) fn view(text: &str) -> TriageView {
    let mut run = poison::poisoned(text);
    for incident in &mut run.incidents {
        incident.standing = Some(standing(text));
        incident.noise.iter_mut().for_each(|noise| *noise = text.to_string());
    }
    run.coverage.sources[0].skipped =
        vec![log_gardener::entry::Skipped { at: text.to_string(), reason: text.to_string() }];
    run
}

fn time() -> Timestamp {
    sample::at(0)
}

/// Returns how an incident stands, with `text` wherever a person or a log wrote it.
pub(crate) fn standing(text: &str) -> StandingView {
    let text = || text.to_string();
    StandingView {
        incident: "0123456789abcdef0123456789abcdef".to_string(),
        title: text(),
        priority: "P0".to_string(),
        state: "regressed".to_string(),
        since: time(),
        first_seen: Some(time()),
        last_seen: Some(time()),
        silent_seconds: Some(7_200),
        age_seconds: Some(7_200),
        events: 7,
        returns: 1,
        regressions: 1,
        services: vec![text()],
        action: "reopen".to_string(),
        reason: text(),
        issue: Some(7),
        resolved: Some(ResolvedView { at: time(), because: text(), commit: Some(text()) }),
        related: vec![RelatedView { number: 8, title: text(), open: true, relation: text() }],
        owners: vec![text()],
    }
}

/// Returns a resolution, proven or not.
pub(crate) fn resolution(text: &str, proven: bool) -> ResolutionView {
    let text = || text.to_string();
    let counted = || CountedView { from: time(), to: time(), events: 1, occurrences: 1, served: 9 };
    ResolutionView {
        standing: standing(&text()),
        proven,
        fixed_at: time(),
        commit: proven.then(|| CommitView { id: text(), subject: Some(text()), files: vec![text()] }),
        revision: proven.then(text),
        old_revisions: Vec::new(),
        outside: (!proven).then(text),
        before: counted(),
        after: counted(),
        unit: "requests".to_string(),
        expected: "12".to_string(),
        arithmetic: vec![text()],
        against: if proven { Vec::new() } else { vec![DoubtView { reason: text(), wait_for: text() }] },
        cause: text(),
        lessons: vec![text()],
        follow_ups: vec![text()],
        sources: vec![text()],
    }
}
