//! Runs the real binary against the fake, without long waits, and reads what it printed.
//! Leaves out what is expected of it.

use std::process::Command;

use serde_json::Value;

use super::{FakeCloud, entry};

pub const NOW: &str = "2026-03-10T10:00:00Z";

/// How a run ended and what it wrote.
pub struct Ran {
    /// Exit code.
    pub code: i32,
    /// The result.
    pub stdout: String,
    /// Messages for people.
    pub stderr: String,
}

impl Ran {
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|_| panic!("no JSON: {} {}", self.stdout, self.stderr))
    }

    pub fn notes(&self) -> String {
        self.json()["coverage"]["notes"].to_string()
    }
}

pub fn run(cloud: &FakeCloud, arguments: &[&str]) -> Ran {
    run_with(cloud, arguments, &[])
}

pub fn run_with(cloud: &FakeCloud, arguments: &[&str], environment: &[(&str, &str)]) -> Ran {
    let output = Command::new(env!("CARGO_BIN_EXE_log-gardener"))
        .args(arguments)
        .args(["--now", NOW])
        .env_clear()
        .env("LOG_GARDENER_GCP_ENDPOINT", cloud.endpoint())
        .env("LOG_GARDENER_GCP_READS_PER_MINUTE", "1000000")
        .env("LOG_GARDENER_GCP_FIRST_WAIT_MS", "5")
        .env("LOG_GARDENER_GCP_LONGEST_WAIT_MS", "20")
        .env("LOG_GARDENER_GCP_REQUEST_TIME_MS", "5000")
        .env("LOG_GARDENER_GCP_SEED", "1")
        .envs(environment.iter().copied())
        .output()
        .expect("the binary starts");
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("UTF-8");
    Ran { code: output.status.code().unwrap_or(-1), stdout: text(output.stdout), stderr: text(output.stderr) }
}

pub fn triage(cloud: &FakeCloud, more: &[&str]) -> Ran {
    run(cloud, &[&["triage", "gcp://wickshop", "--format", "json"], more].concat())
}

/// `count` errors, evenly over the hour before now.
pub fn hour(count: usize) -> Vec<Value> {
    (0..count)
        .map(|index| {
            let nanos = 3_600_000_000_000 / count * index;
            let (second, rest) = (nanos / 1_000_000_000, nanos % 1_000_000_000);
            let time = format!("2026-03-10T09:{:02}:{:02}.{rest:09}Z", second / 60, second % 60);
            entry("checkout", &time, "ERROR", &format!("payment {index} refused by bank"), &format!("id{index}"))
        })
        .collect()
}

/// Every entry was read exactly once.
pub fn assert_whole(ran: &Ran, count: usize) {
    let view = ran.json();
    assert_eq!(view["coverage"]["entries"], count, "{} {}", ran.notes(), ran.stderr);
    assert_eq!(view["coverage"]["duplicates"], 0);
    assert_eq!(view["coverage"]["events"], count);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert!(!ran.notes().contains("GAP"), "{}", ran.notes());
}
