//! Private keys and tokens that a runtime cut into several entries: no output of a command holds them.
//! Leaves out single texts (`redaction.rs`) and logs as lines (`redact_filter.rs`).

use std::fs;

use log_gardener::pattern::sample;
use serde_json::json;

use crate::garden::Garden;

fn sampled(shape: &str, seed: u64) -> String {
    sample(shape, seed).expect("a shape")
}

fn key() -> Vec<String> {
    let bodies = (1..=24).map(|seed| sampled("{s64}", seed));
    let first = std::iter::once("-----BEGIN RSA PRIVATE KEY-----".to_string());
    let last = ["q83vEjRW9kPz3A==", "-----END RSA PRIVATE KEY-----", "ERROR cannot start 17"].map(str::to_string);
    first.chain(bodies).chain(last).collect()
}

#[test]
fn a_key_over_entries_is_seen_nowhere() {
    let lines = key();
    let time = |at: usize| format!("2026-01-02T03:00:00.{at:03}456789Z");
    let entry = |at: usize, line: &str, severity: &str| {
        let resource = json!({ "type": "cloud_run_revision", "labels": { "service_name": "shop" } });
        json!({ "insertId": format!("a{at:03}"), "timestamp": time(at), "severity": severity, "textPayload": line,
            "logName": "projects/p/logs/run.googleapis.com%2Fstderr", "resource": resource })
        .to_string()
    };
    type Write<'w> = &'w dyn Fn(usize, &str) -> String;
    let writes: [(&str, Write<'_>); 5] = [
        ("errors", &|at, line| entry(at, line, "ERROR")),
        ("no level", &|at, line| entry(at, line, "DEFAULT")),
        ("cri", &|at, line| format!("{} stderr F {line}", time(at))),
        ("docker", &|at, line| json!({ "log": format!("{line}\n"), "stream": "stderr", "time": time(at) }).to_string()),
        ("text", &|at, line| format!("2026-01-02 03:00:00,{at:03} ERROR shop: {line}")),
    ];
    for (name, write) in writes {
        let folder = tempfile::tempdir().expect("a folder");
        let garden = Garden::new(folder.path(), "2026-01-02T04:00:00Z");
        let log: Vec<String> = lines.iter().enumerate().map(|(at, line)| write(at, line)).collect();
        let path = folder.path().join("key.log");
        fs::write(&path, log.join("\n")).expect("a file");
        let path = path.to_str().expect("a path");
        for command in [
            &["triage", path][..],
            &["triage", path, "--format", "json"],
            &["parse", path],
            &["templates", path],
            &["redact", path],
        ] {
            let ran = garden.bare(command);
            let seen: Vec<&String> = lines[1..26].iter().filter(|line| ran.stdout.contains(line.as_str())).collect();
            assert!(seen.is_empty(), "{name} {command:?}: {} lines of the key are seen", seen.len());
            assert!(!ran.stdout.is_empty() && !ran.stderr.contains("q83vEj"), "{name} {command:?}");
        }
    }
}

#[test]
fn what_comes_after_the_key_is_read_as_it_is() {
    let folder = tempfile::tempdir().expect("a folder");
    let garden = Garden::new(folder.path(), "2026-01-02T04:00:00Z");
    let lines = [
        "-----BEGIN PRIVATE KEY----- header",
        "cannot reach TransactionInterceptorFactory",
        "id 69afe586000daf941c827129",
    ];
    let log: Vec<String> =
        lines.iter().enumerate().map(|(at, line)| format!("2026-01-02 03:00:0{at},000 ERROR shop: {line}")).collect();
    let path = folder.path().join("cut.log");
    fs::write(&path, log.join("\n")).expect("a file");
    let told = garden.bare(&["parse", path.to_str().expect("a path")]).stdout;
    assert!(lines.iter().all(|line| told.contains(line)), "{told}");
}

#[test]
fn a_token_that_docker_cut_in_two_is_whole_again() {
    let token = sampled("ghp_{b36}", 9);
    let (left, right) = token.split_at(20);
    let record = |log: String| json!({ "log": log, "stream": "stderr", "time": "2026-01-02T03:00:00.123456789Z" });
    for filling in [3000, (16 << 10) - 20 - 14] {
        let folder = tempfile::tempdir().expect("a folder");
        let garden = Garden::new(folder.path(), "2026-01-02T04:00:00Z");
        let first = format!("ERROR payload {}{left}", "x ".repeat(filling / 2));
        let log = [record("ERROR begin\n".into()), record(first), record(format!("{right} refused\n"))];
        let path = folder.path().join("docker.log");
        fs::write(&path, log.map(|line| line.to_string()).join("\n")).expect("a file");
        let path = path.to_str().expect("a path");
        for command in [&["triage", path, "--format", "json"][..], &["parse", path]] {
            let told = garden.bare(command).stdout;
            assert!(!told.contains(left) && !told.contains(right), "{filling} {command:?}");
        }
    }
}

#[test]
#[cfg(unix)]
fn the_name_of_a_file_stands_on_one_line() {
    let folder = tempfile::tempdir().expect("a folder");
    let garden = Garden::new(folder.path(), "2026-01-02T04:00:00Z");
    let path = folder.path().join("a\nwarning: b.log");
    fs::write(&path, "ERROR x\n").expect("a file");
    let told = garden.bare(&["redact", path.to_str().expect("a path")]).stderr;
    assert_eq!(told.lines().count(), 1, "{told}");
}
