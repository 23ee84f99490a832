//! What the tests of `fetch` share: the command, entries worth saving, and what was saved.
//! Leaves out kills: see `cloud_resume`.
#![allow(unreachable_pub)]

use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::{Value, json};

use crate::fake_cloud::{FakeCloud, entry};

pub const NOW: &str = "2026-03-10T10:00:00Z";

/// Returns the command, at the fake and without long waits; its clock says NOW.
pub fn command(cloud: &FakeCloud, at: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_log-gardener"));
    command
        .args(arguments)
        .current_dir(at)
        .env_clear()
        .env("LOG_GARDENER_NOW", NOW)
        .env("LOG_GARDENER_GCP_ENDPOINT", cloud.endpoint())
        .env("LOG_GARDENER_GCP_READS_PER_MINUTE", "1000000")
        .env("LOG_GARDENER_GCP_FIRST_WAIT_MS", "2")
        .env("LOG_GARDENER_GCP_LONGEST_WAIT_MS", "10");
    command
}

/// Returns exit code, stdout and stderr.
pub fn run(cloud: &FakeCloud, at: &Path, arguments: &[&str]) -> (i32, String, String) {
    let output = command(cloud, at, arguments).output().expect("the binary starts");
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("UTF-8");
    (output.status.code().unwrap_or(-1), text(output.stdout), text(output.stderr))
}

pub fn triage(cloud: &FakeCloud, at: &Path, source: &str) -> (i32, Value) {
    let (code, stdout, stderr) = run(cloud, at, &["triage", source, "--format", "json"]);
    (code, serde_json::from_str(&stdout).unwrap_or_else(|_| panic!("{stderr}")))
}

/// A crash loop and timeouts of another service, over the hour before now.
pub fn entries() -> Vec<Value> {
    let mut entries = Vec::new();
    for minute in 0..60 {
        let at = |second: &str| format!("2026-03-10T09:{minute:02}:{second}Z");
        let trace = "Traceback (most recent call last):\n  File \"/app/main.py\", line 3, in <module>\n    import shop.tax\nModuleNotFoundError: No module named 'shop.tax'";
        entries.push(entry("checkout", &at("01.5"), "DEFAULT", trace, &format!("a{minute}")));
        entries.push(entry("checkout", &at("02"), "WARNING", "Container called exit(3).", &format!("b{minute}")));
        let mut answer = entry("billing", &at("30.000000001"), "ERROR", "", &format!("c{minute}"));
        answer.as_object_mut().expect("an object").remove("textPayload");
        answer["jsonPayload"] = json!({"message": "upstream timeout after 30 s", "order": minute, "ratio": 0.25});
        answer["labels"] = json!({"instanceId": "i-1"});
        answer["trace"] = json!(format!("projects/wickshop/traces/{minute}"));
        entries.push(answer);
    }
    entries
}

/// Returns the manifest of a saved file.
pub fn manifest(at: &Path, name: &str) -> Value {
    let text = fs::read_to_string(at.join(format!("{name}.manifest.json"))).expect("a manifest");
    serde_json::from_str(&text).expect("JSON")
}
