//! Cloud Logging read through the real client: windows, services, limits, late entries, filters.
//! Leaves out faults, saving and the doctor: see `cloud_faults`, `cloud_fetch`, `cloud_doctor`.

use serde_json::{Value, json};

use crate::fake_cloud::run::{NOW, assert_whole, hour, run, run_with, triage};
use crate::fake_cloud::{FakeCloud, Reply, entry};

#[test]
fn an_hour_is_read_page_by_page_to_its_end() {
    let cloud = FakeCloud::new(hour(2500));
    let ran = triage(&cloud, &["--since", "2026-03-10T09:00:00Z"]);
    assert_whole(&ran, 2500);
    let view = ran.json();
    assert_eq!(view["coverage"]["asked"], json!({"from": "2026-03-10T09:00:00Z", "to": NOW}));
    assert_eq!(view["coverage"]["sources"][0]["source"], "gcp://wickshop");
    assert_eq!(view["coverage"]["truncated"], false);
    assert_eq!(view["incidents"][0]["services"], json!(["checkout"]));
    for asked in cloud.asked() {
        assert_eq!(asked["resourceNames"], json!(["projects/wickshop"]));
        assert_eq!(asked["pageSize"], 1000);
        assert_eq!(asked["orderBy"], "timestamp asc");
    }
}

#[test]
fn without_since_the_last_hour_is_read_and_stated() {
    let mut entries = hour(10);
    entries.push(entry("checkout", "2026-03-10T08:30:00Z", "ERROR", "before", "before"));
    let ran = triage(&FakeCloud::new(entries), &[]);
    assert_whole(&ran, 10);
    assert_eq!(ran.json()["coverage"]["asked"]["from"], "2026-03-10T09:00:00Z");
    assert!(ran.notes().contains("severity WARNING or higher, or without one"), "{}", ran.notes());
}

#[test]
fn exactly_a_thousand_entries_are_no_sign_of_a_cut_when_the_api_says_that_there_are_no_more() {
    let ran = triage(&FakeCloud::new(hour(1000)), &[]);
    assert_whole(&ran, 1000);
    assert_eq!(ran.json()["coverage"]["truncated"], false, "{}", ran.notes());
}

#[test]
fn deployments_and_entries_without_severity_come_in_whatever_the_least_severity_is() {
    let mut entries = hour(3);
    let mut deployed = entry("checkout", "2026-03-10T09:05:00Z", "NOTICE", "", "audit");
    deployed["logName"] = json!("projects/wickshop/logs/cloudaudit.googleapis.com%2Factivity");
    deployed.as_object_mut().expect("an object").remove("textPayload");
    deployed["protoPayload"] = json!({"@type": "type.googleapis.com/google.cloud.audit.AuditLog",
        "serviceName": "run.googleapis.com", "methodName": "google.cloud.run.v1.Services.ReplaceService",
        "resourceName": "namespaces/wickshop/services/checkout"});
    let trace = "Traceback (most recent call last):\n  File \"/a.py\", line 3, in f\n    g()\nValueError: wrong";
    entries.extend([deployed, entry("checkout", "2026-03-10T09:06:00Z", "DEFAULT", trace, "trace")]);
    entries.push(entry("checkout", "2026-03-10T09:07:00Z", "INFO", "fine", "info"));
    let ran = triage(&FakeCloud::new(entries), &[]);
    assert_eq!(ran.json()["coverage"]["entries"], 5, "{}", ran.stdout);
    assert_eq!(ran.json()["coverage"]["events"], 4);
    assert!(ran.stdout.contains("Services.ReplaceService"), "the timeline knows the deployment");
}

#[test]
fn an_empty_window_is_no_health() {
    let ran = triage(&FakeCloud::new(Vec::new()), &[]);
    assert_eq!(ran.code, 3);
    assert!(ran.stderr.contains("no log entries were read"), "{}", ran.stderr);
}

#[test]
fn an_unknown_service_is_an_error_that_lists_those_there_are() {
    let mut entries = hour(3);
    entries.push(entry("billing", "2026-03-10T09:10:00Z", "INFO", "fine", "b"));
    let cloud = FakeCloud::new(entries);
    let ran = triage(&cloud, &["--service", "netto-backend"]);
    assert_eq!(ran.code, 3);
    assert_eq!(
        ran.stderr,
        "error: no service `netto-backend` in gcp://wickshop\ncaused by: it logged nothing from 2026-03-10T09:00:00Z to 2026-03-10T10:00:00Z\nhint: services that log there: checkout (3), billing (1)\n"
    );
    // A service that logs, but nothing serious, exists.
    let ran = triage(&cloud, &["--service", "billing"]);
    assert_eq!(ran.code, 3);
    assert!(
        ran.notes().contains("`billing` logs in this window, but nothing that the other options ask for"),
        "{}",
        ran.notes()
    );
    assert_whole(&triage(&cloud, &["--service", "checkout"]), 3);
}

#[test]
fn a_limit_is_only_ever_explicit_and_stated() {
    let ran = triage(&FakeCloud::new(hour(3000)), &["--limit", "1500"]);
    assert_eq!(ran.json()["coverage"]["entries"], 1500);
    assert_eq!(ran.json()["coverage"]["truncated"], true);
    assert!(
        ran.notes().contains("TRUNCATED: --limit 1500 ended the reading at 2026-03-10T09:29:58.800Z"),
        "{}",
        ran.notes()
    );
}

#[test]
fn entries_that_arrive_while_reading_are_read_at_the_end() {
    // A late one from minutes ago is there only after the first slice was read.
    let mut late = entry("checkout", "2026-03-10T09:05:00.5Z", "ERROR", "late", "late");
    late["receiveTimestamp"] = json!("2026-03-10T09:59:59Z");
    let cloud = FakeCloud::new(hour(100));
    let asked_late =
        |asked: &Value| asked["filter"].as_str().unwrap_or("").contains("receiveTimestamp>=\"2026-03-10T09:59:00Z\"");
    let answer = late.clone();
    let scripted = FakeCloud::with(hour(100), move |_, asked| {
        if asked_late(asked) { Reply::Page(json!({"entries": [answer.clone()]})) } else { Reply::Right }
    });
    drop(cloud);
    let ran = triage(&scripted, &[]);
    assert_whole(&ran, 101);
    assert!(ran.notes().contains("1 entries arrived late"), "{}", ran.notes());
    // One that is there from the start comes twice and counts once.
    let mut entries = hour(100);
    entries.push(late);
    assert_whole(&triage(&FakeCloud::new(entries), &[]), 101);
}

#[test]
fn errors_at_the_edge_are_told_and_followed_on_request() {
    let mut entries = hour(60);
    for minute in 0..30 {
        entries.push(entry(
            "checkout",
            &format!("2026-03-10T08:{:02}:00Z", 30 + minute),
            "CRITICAL",
            "earlier",
            &format!("e{minute}"),
        ));
    }
    let cloud = FakeCloud::new(entries);
    let window = ["--since", "2026-03-10T09:00:00Z", "--until", "2026-03-10T09:30:00Z"];
    let ran = triage(&cloud, &window);
    assert_whole(&ran, 30);
    assert!(ran.notes().contains("within a minute of the start and end of the window"), "{}", ran.notes());
    assert!(ran.notes().contains("--widen"), "{}", ran.notes());
    let ran = triage(&cloud, &[&window[..], &["--widen"]].concat());
    assert_whole(&ran, 90);
    assert!(ran.notes().contains("WIDENED"), "{}", ran.notes());
    // A window without errors at its edges stays as it is.
    let quiet = FakeCloud::new(vec![entry("checkout", "2026-03-10T09:30:00Z", "ERROR", "alone", "a")]);
    let ran = triage(&quiet, &["--widen"]);
    assert_whole(&ran, 1);
    assert!(!ran.notes().contains("WIDENED"), "{}", ran.notes());
}

#[test]
fn the_filter_is_explained_without_connecting() {
    let cloud = FakeCloud::new(Vec::new());
    let ran = run(
        &cloud,
        &[
            "triage",
            "gcp://folders/77",
            "--explain-filter",
            "--service",
            "a\"b",
            "--log",
            "stderr",
            "--filter",
            "x=1 OR y=2",
        ],
    );
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert!(ran.stdout.contains("resource names  folders/77\n"), "{}", ran.stdout);
    assert!(ran.stdout.contains("timestamp>=\"2026-03-10T09:00:00Z\" AND timestamp<\"2026-03-10T10:00:00Z\""));
    assert!(ran.stdout.contains("resource.labels.service_name=\"a\\\"b\""));
    assert!(ran.stdout.contains(" AND (x=1 OR y=2)\n"));
    assert_eq!(cloud.asked().len(), 0);
}

#[test]
fn options_that_cannot_mean_anything_are_refused() {
    let cloud = FakeCloud::new(hour(1));
    for arguments in [
        &["triage", "reports/example/export.json", "--service", "x"][..],
        &["triage", "gcp://wickshop", "--filter", "a=1) OR (b=2"],
        &["triage", "gcp://wickshop", "--service", ""],
        &["triage", "gcp://wickshop", "--limit", "0"],
        &["triage", "gcp://wickshop", "--since", "1h", "--until", "2h"],
    ] {
        assert_eq!(run(&cloud, arguments).code, 2, "{arguments:?}");
    }
    assert_eq!(run(&cloud, &["triage", "gcp://a/b"]).code, 3);
    let ran =
        run_with(&cloud, &["triage", "gcp://wickshop"], &[("LOG_GARDENER_GCP_ENDPOINT", "http://logging.example")]);
    assert_eq!(ran.code, 2);
    assert!(ran.stderr.contains("no plain address on this machine"), "{}", ran.stderr);
    assert_eq!(cloud.asked().len(), 0);
}
