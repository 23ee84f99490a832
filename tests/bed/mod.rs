//! A bed for tests of the command line: a folder of its own, an empty environment, a fixed "now".
//! Leaves out what is expected of it; the tests say that.

#![allow(unreachable_pub)]

use std::fs;
use std::io::Write;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};

use serde_json::{Value, json};

/// The time at which every run speaks.
pub const NOW: &str = "2026-09-16T01:00:00Z";

/// A folder that goes when the test ends.
pub struct Garden {
    folder: tempfile::TempDir,
}

/// What a run left behind.
#[derive(Debug, PartialEq, Eq)]
pub struct Run {
    pub code: i32,
    pub stdout: String,
    pub stderr: String,
}

impl Garden {
    pub fn new() -> Garden {
        Garden { folder: tempfile::tempdir().expect("a temporary folder") }
    }

    /// Returns a garden with `api.ndjson` in it: an import error, a warning and an ordinary line.
    pub fn with_log() -> Garden {
        let garden = Garden::new();
        garden.write("api.ndjson", api_log());
        garden
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub fn write(&self, name: &str, bytes: impl AsRef<[u8]>) -> &Garden {
        let path = self.path(name);
        fs::create_dir_all(path.parent().expect("a parent")).expect("a folder");
        fs::write(path, bytes).expect("written");
        self
    }

    pub fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
    }

    /// Returns the command, run in this folder and in an empty environment but for the time.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_log-gardener"));
        command.args(arguments).env_clear().env("LOG_GARDENER_NOW", NOW).current_dir(self.folder.path());
        command.stdin(Stdio::null());
        command
    }

    pub fn run(&self, arguments: &[&str]) -> Run {
        finished(self.command(arguments).output().expect("it runs"))
    }

    /// Runs with `input` on stdin.
    pub fn run_with(&self, arguments: &[&str], input: &[u8]) -> Run {
        let mut command = self.command(arguments);
        let mut child =
            command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("it runs");
        let mut stdin = child.stdin.take().expect("piped");
        let input = input.to_vec();
        let writer = std::thread::spawn(move || stdin.write_all(&input));
        let output = child.wait_with_output().expect("it ends");
        let _ = writer.join();
        finished(output)
    }

    /// Runs `triage --format json` over `source` and returns the exit code and the document.
    pub fn triage(&self, source: &str) -> (i32, Value) {
        let run = self.run(&["triage", "--format", "json", source]);
        (run.code, run.json())
    }
}

impl Run {
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|error| panic!("{error}\n{}\n{}", self.stdout, self.stderr))
    }

    /// Asserts the exit code, an empty stdout and all of stderr.
    #[track_caller]
    pub fn fails(&self, code: i32, stderr: &str) {
        assert_eq!((self.code, self.stdout.as_str(), self.stderr.as_str()), (code, "", stderr));
    }

    /// Asserts that it is done, without a word on stderr, and returns the result.
    #[track_caller]
    pub fn done(&self) -> &str {
        assert_eq!((self.code, self.stderr.as_str()), (0, ""), "{}", self.stdout);
        &self.stdout
    }
}

fn finished(output: Output) -> Run {
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("UTF-8");
    let stderr = text(output.stderr);
    assert!(!stderr.contains("panicked"), "{stderr}");
    let code = output.status.code().unwrap_or_else(|| panic!("ended by a signal: {:?}\n{stderr}", output.status));
    Run { code, stdout: text(output.stdout), stderr }
}

/// Returns an entry of Cloud Logging with these fields laid over the usual ones.
pub fn entry(id: &str, fields: Value) -> Value {
    let mut entry = json!({
        "insertId": id,
        "timestamp": "2026-09-16T00:40:00Z",
        "severity": "ERROR",
        "logName": "projects/p/logs/stderr",
        "resource": { "type": "cloud_run_revision", "labels": { "service_name": "api", "revision_name": "api-1" } },
    });
    let (Some(entry_fields), Value::Object(fields)) = (entry.as_object_mut(), fields) else { panic!("objects") };
    entry_fields.extend(fields);
    entry
}

/// Returns entries as NDJSON.
pub fn ndjson(entries: &[Value]) -> String {
    entries.iter().map(|entry| format!("{entry}\n")).collect()
}

pub fn api_log() -> String {
    ndjson(&[
        entry("a1", json!({ "textPayload": "Agent handler setup failed: No module named 'app.bridge'" })),
        entry(
            "a2",
            json!({ "severity": "WARNING", "timestamp": "2026-09-16T00:40:02Z", "textPayload": "cache miss rate high" }),
        ),
        entry("a3", json!({ "severity": "INFO", "timestamp": "2026-09-16T00:40:03Z", "textPayload": "ready" })),
    ])
}

/// Asserts that every event is in exactly one group of one incident, and returns the number of events.
#[track_caller]
pub fn nothing_lost(document: &Value) -> u64 {
    let empty = Vec::new();
    let list = |value: &Value| value.as_array().unwrap_or(&empty).clone();
    let mut events = 0;
    for incident in list(&document["incidents"]) {
        let entries = incident["entries"].as_u64().expect("a count");
        let groups: u64 = list(&incident["groups"]).iter().filter_map(|group| group["entries"].as_u64()).sum();
        assert_eq!(groups, entries, "{}", incident["id"]);
        events += entries;
    }
    assert_eq!(document["coverage"]["events"].as_u64(), Some(events));
    events
}

/// Whether a text can steer a terminal.
pub fn steers(text: &str) -> bool {
    text.chars().any(|c| c.is_control() && c != '\n' && c != '\t')
}
