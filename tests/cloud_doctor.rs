//! The doctor names the step that fails and the command that mends it, and never hangs.
//! Leaves out reading logs: see `cloud`.

use std::fs;
use std::process::Command;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::fake_cloud::{FakeCloud, Reply, entry, refusal};

/// Returns exit code and stdout. The fake's clock says 09:45:00.
fn doctor(environment: &[(&str, &str)], arguments: &[&str]) -> (i32, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_log-gardener"))
        .arg("doctor")
        .args(arguments)
        .env_clear()
        .env("LOG_GARDENER_NOW", "2026-03-10T09:45:02Z")
        .envs(environment.iter().copied())
        .output()
        .expect("the binary starts");
    (output.status.code().unwrap_or(-1), String::from_utf8(output.stdout).expect("UTF-8"))
}

fn at(cloud: &FakeCloud, arguments: &[&str]) -> (i32, String) {
    doctor(&[("LOG_GARDENER_GCP_ENDPOINT", &cloud.endpoint())], arguments)
}

/// A cloud that refuses whoever names no project, as the real one refuses whoever has no token.
fn cloud(reply: impl Fn() -> Reply + Send + 'static) -> FakeCloud {
    let entries = vec![entry("checkout", "2026-03-10T09:30:00Z", "ERROR", "x", "1")];
    FakeCloud::with(entries, move |_, asked| {
        if asked["resourceNames"].as_array().is_none_or(Vec::is_empty) {
            return refusal(401, "UNAUTHENTICATED", "no token", "");
        }
        reply()
    })
}

#[test]
fn a_way_that_is_open_is_said_line_by_line() {
    let cloud = cloud(|| Reply::Right);
    let (code, text) = at(&cloud, &["gcp://wickshop"]);
    assert_eq!(code, 0, "{text}");
    let names: Vec<&str> = text.lines().filter_map(|line| line.split_whitespace().next()).collect();
    assert_eq!(names, ["credentials", "token", "endpoint", "clock", "project", "permission", "quota"], "{text}");
    assert!(text.contains("clock        ok     2 s before the server's"), "{text}");
    assert!(text.contains("60 reads a minute"), "{text}");
    let (code, text) = at(&cloud, &["gcp://wickshop", "--format", "json"]);
    let report: Value = serde_json::from_str(&text).expect("JSON");
    assert_eq!((code, &report["schema"], &report["fine"]), (0, &"log-gardener/doctor/1".into(), &true.into()));
    // Without a project everything else is tried.
    let (code, text) = at(&cloud, &[]);
    assert_eq!(code, 0);
    assert!(text.contains("log-gardener doctor gcp://PROJECT"), "{text}");
}

#[test]
fn each_broken_step_names_the_command_that_mends_it() {
    for (status, name, message, step, mend) in [
        (403, "PERMISSION_DENIED", "no access", "permission", "gcloud projects add-iam-policy-binding wickshop"),
        (
            403,
            "PERMISSION_DENIED",
            "API has not been used in project 7",
            "permission",
            "gcloud services enable logging.googleapis.com",
        ),
        (404, "NOT_FOUND", "no such project", "project", "gcloud projects list"),
        (429, "RESOURCE_EXHAUSTED", "Quota exceeded", "quota", "wait a minute"),
        (401, "UNAUTHENTICATED", "expired", "project", "gcloud auth application-default login"),
    ] {
        let (code, text) = at(&cloud(move || refusal(status, name, message, "")), &["gcp://wickshop"]);
        assert_eq!(code, 3, "{text}");
        let line = text.lines().find(|line| line.contains("FAILS")).expect("a failing line");
        assert!(line.starts_with(step) && line.contains(message), "{text}");
        assert!(text.contains(mend), "{text}");
    }
}

#[test]
fn a_wrong_clock_is_found() {
    let cloud = cloud(|| Reply::Right);
    let (code, text) = doctor(
        &[("LOG_GARDENER_GCP_ENDPOINT", &cloud.endpoint()), ("LOG_GARDENER_NOW", "2026-03-10T09:30:00Z")],
        &["gcp://wickshop"],
    );
    assert_eq!(code, 3);
    assert!(text.contains("clock        FAILS  900 s behind the server's"), "{text}");
}

#[test]
fn without_network_or_credentials_the_answer_comes_soon() {
    let folder = tempfile::tempdir().expect("a folder");
    let broken = folder.path().join("broken.json");
    fs::write(&broken, "{}").expect("written");
    // A port nobody listens at stands for the network, so that the test asks nobody.
    let gone = FakeCloud::new(Vec::new()).endpoint();
    std::thread::sleep(Duration::from_millis(50));
    let begun = Instant::now();
    let (code, text) = doctor(&[("LOG_GARDENER_GCP_ENDPOINT", &gone)], &["gcp://wickshop"]);
    assert_eq!(code, 3);
    assert!(text.contains("does not answer"), "{text}");
    let path = broken.display().to_string();
    let proxy = gone.clone();
    let blocked = [("HTTPS_PROXY", proxy.as_str()), ("GCE_METADATA_HOST", gone.trim_start_matches("http://"))];
    let with = |name: &'static str, value: &str| {
        let mut all = blocked.to_vec();
        let value = value.to_string();
        all.push((name, value.leak()));
        doctor(&all, &["gcp://wickshop"])
    };
    let (code, text) = with("GOOGLE_APPLICATION_CREDENTIALS", &path);
    assert_eq!(code, 3);
    assert!(
        text.contains("is no credentials file") && text.contains("gcloud auth application-default login"),
        "{text}"
    );
    let (code, text) = with("GOOGLE_APPLICATION_CREDENTIALS", "/nowhere.json");
    assert_eq!(code, 3);
    assert!(text.contains("unset GOOGLE_APPLICATION_CREDENTIALS"), "{text}");
    let (code, text) = with("HOME", &folder.path().display().to_string());
    assert_eq!(code, 3);
    assert!(text.contains("token        FAILS") && text.contains("gcloud auth application-default login"), "{text}");
    assert!(text.lines().count() < 24, "{text}");
    assert!(begun.elapsed() < Duration::from_secs(45), "{:?}", begun.elapsed());
}

#[test]
fn a_server_that_never_answers_is_given_up() {
    let cloud = FakeCloud::with(Vec::new(), |_, _| {
        std::thread::sleep(Duration::from_secs(30));
        Reply::Right
    });
    let begun = Instant::now();
    let (code, text) = at(&cloud, &["gcp://wickshop"]);
    assert_eq!(code, 3, "{text}");
    assert!(begun.elapsed() < Duration::from_secs(25), "{:?}", begun.elapsed());
}
