//! Cloud Logging read through the real client: pages, faults of every kind, gaps, windows.
//! Leaves out saving and the doctor: see `cloud_fetch` and `cloud_doctor`.

mod fake_cloud;

use std::collections::BTreeSet;
use std::process::Command;
use std::time::{Duration, Instant};

use fake_cloud::{FakeCloud, Reply, entry, refusal};
use serde_json::{Value, json};

const NOW: &str = "2026-03-10T10:00:00Z";

struct Ran {
    code: i32,
    stdout: String,
    stderr: String,
}

impl Ran {
    fn json(&self) -> Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|_| panic!("no JSON: {} {}", self.stdout, self.stderr))
    }

    fn notes(&self) -> String {
        self.json()["coverage"]["notes"].to_string()
    }
}

fn run(cloud: &FakeCloud, arguments: &[&str]) -> Ran {
    run_with(cloud, arguments, &[])
}

fn run_with(cloud: &FakeCloud, arguments: &[&str], environment: &[(&str, &str)]) -> Ran {
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

fn triage(cloud: &FakeCloud, more: &[&str]) -> Ran {
    run(cloud, &[&["triage", "gcp://wickshop", "--format", "json"], more].concat())
}

/// `count` errors, evenly over the hour before now.
fn hour(count: usize) -> Vec<Value> {
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
fn assert_whole(ran: &Ran, count: usize) {
    let view = ran.json();
    assert_eq!(view["coverage"]["entries"], count, "{} {}", ran.notes(), ran.stderr);
    assert_eq!(view["coverage"]["duplicates"], 0);
    assert_eq!(view["coverage"]["events"], count);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert!(!ran.notes().contains("GAP"), "{}", ran.notes());
}

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
fn every_passing_fault_is_waited_out_and_no_entry_is_lost_or_counted_twice() {
    type Fault = (&'static str, fn() -> Reply);
    let faults: Vec<Fault> = vec![
        ("429", || refusal(429, "RESOURCE_EXHAUSTED", "Quota exceeded", "")),
        ("429 with Retry-After: 0", || refusal(429, "RESOURCE_EXHAUSTED", "Quota", "Retry-After: 0\r\n")),
        ("429 that is HTML", || Reply::Status(429, String::new(), "<html>slow down</html>".into())),
        ("503", || refusal(503, "UNAVAILABLE", "try again", "")),
        ("502 that is HTML", || Reply::Status(502, String::new(), "<html>bad gateway</html>".into())),
        ("504", || refusal(504, "DEADLINE_EXCEEDED", "too slow", "")),
        ("500", || refusal(500, "INTERNAL", "oops", "")),
        ("401", || refusal(401, "UNAUTHENTICATED", "token expired", "")),
        ("empty body", || Reply::Short(0)),
        ("half a body", || Reply::Short(2000)),
        ("no answer", || Reply::Cut(0)),
        ("half a head", || Reply::Cut(20)),
        ("cut in the body", || Reply::Cut(3000)),
        ("no JSON", || Reply::Status(200, String::new(), "<html>captive portal</html>".into())),
    ];
    for (name, fault) in faults {
        // Once at the first request, once in the middle of the pages of a slice.
        let cloud =
            FakeCloud::with(hour(3000), move |number, _| if [0, 2].contains(&number) { fault() } else { Reply::Right });
        let ran = triage(&cloud, &["--until", "2026-03-10T09:29:00Z", "--since", "2026-03-10T09:00:00Z"]);
        assert_whole(&ran, 1450);
        assert!(ran.notes().contains("requests were repeated"), "{name}: {}", ran.notes());
    }
}

#[test]
fn the_wait_that_the_server_asks_for_is_kept() {
    let retry_info = json!({"error": {"code": 429, "message": "Quota", "status": "RESOURCE_EXHAUSTED",
        "details": [{"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "1.2s"}]}});
    for (headers, body) in [
        ("Retry-After: 1\r\n", json!({"error": {"code": 429, "message": "Quota", "status": "RESOURCE_EXHAUSTED"}})),
        (
            "Retry-After: Tue, 10 Mar 2026 09:45:01 GMT\r\n",
            json!({"error": {"code": 503, "message": "", "status": "UNAVAILABLE"}}),
        ),
        ("", retry_info),
    ] {
        let cloud = FakeCloud::with(hour(10), move |number, _| {
            if number == 0 { Reply::Status(429, headers.into(), body.to_string()) } else { Reply::Right }
        });
        let begun = Instant::now();
        assert_whole(&triage(&cloud, &[]), 10);
        assert!(begun.elapsed() >= Duration::from_secs(1), "{headers}");
    }
}

#[test]
fn a_wait_that_is_too_long_is_told_instead_of_kept() {
    let cloud = FakeCloud::with(hour(10), |_, _| refusal(429, "RESOURCE_EXHAUSTED", "Quota", "Retry-After: 3600\r\n"));
    let begun = Instant::now();
    let ran = triage(&cloud, &[]);
    assert_eq!(ran.code, 3);
    assert!(ran.stderr.contains("the server asks to wait 3600 s"), "{}", ran.stderr);
    assert!(begun.elapsed() < Duration::from_secs(10));
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
fn an_answer_cut_at_any_byte_is_asked_for_again() {
    let entries = || hour(1);
    let probe = FakeCloud::new(entries());
    assert_whole(&triage(&probe, &[]), 1);
    let length = probe.longest_response();
    assert!(length > 300);
    // Many positions in one run: each request is cut one byte later until all were tried.
    for short in [false, true] {
        let mut at = 0;
        while at < length {
            let first = at;
            let last = (at + 250).min(length);
            at = last;
            let cloud = FakeCloud::with(entries(), move |number, _| match first + number {
                position if position >= last => Reply::Right,
                // The head is about 110 bytes: without a length only the body can be cut.
                position if short => Reply::Short(position.min(length - 130)),
                position => Reply::Cut(position),
            });
            let ran = run_with(
                &cloud,
                &["triage", "gcp://wickshop", "--format", "json"],
                &[("LOG_GARDENER_GCP_ATTEMPTS", "300"), ("LOG_GARDENER_GCP_FIRST_WAIT_MS", "0")],
            );
            assert_whole(&ran, 1);
        }
    }
}

#[test]
fn duplicates_within_and_across_pages_are_counted_once() {
    let mut entries = hour(1500);
    entries.extend(hour(1500).into_iter().skip(990).take(20));
    entries.push(entries[0].clone());
    let ran = triage(&FakeCloud::new(entries), &[]);
    assert_whole(&ran, 1500);
}

#[test]
fn a_lost_page_token_costs_a_request_and_no_entry() {
    let cloud = FakeCloud::with(hour(5000), |number, asked| {
        let paged = !asked["pageToken"].as_str().unwrap_or("").is_empty();
        if paged && number % 2 == 1 {
            refusal(400, "INVALID_ARGUMENT", "page_token is not valid", "")
        } else {
            Reply::Right
        }
    });
    assert_whole(&triage(&cloud, &[]), 5000);
}

#[test]
fn pages_that_lead_in_circles_end_as_a_gap() {
    let cloud = FakeCloud::with(hour(10), |_, asked| {
        let token = asked["pageToken"].as_str().unwrap_or("");
        let next = if token == "a" { "b" } else { "a" };
        Reply::Page(json!({"entries": hour(1), "nextPageToken": next}))
    });
    let ran = triage(&cloud, &[]);
    assert_eq!(ran.code, 3);
    assert!(ran.notes().contains("GAP: from"), "{}", ran.notes());
    assert_eq!(ran.json()["coverage"]["entries"], 1);
}

#[test]
fn empty_pages_with_a_token_are_no_end() {
    let cloud = FakeCloud::with(hour(10), |_, asked| match asked["pageToken"].as_str().unwrap_or("") {
        "" => Reply::Page(json!({"nextPageToken": "0"})),
        _ => Reply::Right,
    });
    assert_whole(&triage(&cloud, &[]), 10);
}

#[test]
fn a_slice_that_cannot_be_read_is_a_stated_gap_and_never_health() {
    // The second quarter of an hour fails whenever it is asked for.
    let broken = |asked: &Value| asked["filter"].as_str().unwrap_or("").contains("timestamp<\"2026-03-10T09:30:00Z\"");
    let cloud = FakeCloud::with(hour(400), move |_, asked| {
        if broken(asked) { refusal(503, "UNAVAILABLE", "backend lost", "") } else { Reply::Right }
    });
    let ran = triage(&cloud, &[]);
    assert_eq!(ran.code, 3, "{}", ran.stderr);
    assert!(
        ran.notes().contains(
            "GAP: from 2026-03-10T09:15:00Z to 2026-03-10T09:30:00Z could not be read: UNAVAILABLE: backend lost"
        ),
        "{}",
        ran.notes()
    );
    assert_eq!(ran.json()["coverage"]["entries"], 300, "the other slices are read");
    assert!(ran.stderr.contains("was not read to its end"), "{}", ran.stderr);
}

#[test]
fn a_slice_that_works_the_second_time_leaves_no_gap() {
    let mut failures = 0;
    let cloud = FakeCloud::with(hour(400), move |_, asked| {
        let second = asked["filter"].as_str().unwrap_or("").contains("timestamp<\"2026-03-10T09:30:00Z\"");
        if second && failures < 7 {
            failures += 1;
            return refusal(503, "UNAVAILABLE", "backend lost", "");
        }
        Reply::Right
    });
    assert_whole(&triage(&cloud, &[]), 400);
}

#[test]
fn a_gap_begins_where_reading_stopped() {
    let cloud = FakeCloud::with(hour(8000), |number, _| if number >= 1 { Reply::Cut(0) } else { Reply::Right });
    let ran = triage(&cloud, &[]);
    assert_eq!(ran.code, 3);
    assert_eq!(ran.json()["coverage"]["entries"], 1000);
    assert!(ran.notes().contains("GAP: from 2026-03-10T09:07:29.550Z to"), "{}", ran.notes());
    assert!(
        ran.notes().contains("to 2026-03-10T10:00:00Z could not be read"),
        "nothing after it was read: {}",
        ran.notes()
    );
}

#[test]
fn what_no_waiting_helps_is_told_at_once_with_what_mends_it() {
    for (reply, cause, hint) in [
        (
            (403, "PERMISSION_DENIED", "The caller does not have permission"),
            "PERMISSION_DENIED",
            "roles/logging.viewer",
        ),
        (
            (403, "PERMISSION_DENIED", "Cloud Logging API has not been used in project 1"),
            "has not been used",
            "gcloud services enable logging.googleapis.com --project wickshop",
        ),
        ((404, "NOT_FOUND", "no such project"), "no such project", "gcloud projects list"),
        ((400, "INVALID_ARGUMENT", "Unparseable filter"), "Unparseable filter", "--explain-filter"),
        ((401, "UNAUTHENTICATED", "bad token"), "bad token", "gcloud auth application-default login"),
    ] {
        let (http, status, message) = reply;
        let cloud = FakeCloud::with(hour(5), move |_, _| refusal(http, status, message, ""));
        let ran = triage(&cloud, &[]);
        assert_eq!((ran.code, ran.stdout.as_str()), (3, ""), "{}", ran.stderr);
        assert!(ran.stderr.starts_with("error: cannot read gcp://wickshop\ncaused by: "), "{}", ran.stderr);
        assert!(ran.stderr.contains(cause) && ran.stderr.contains(hint), "{}", ran.stderr);
        assert!(cloud.asked().len() <= 2, "no storm of requests");
    }
}

#[test]
fn a_token_is_renewed_once_for_each_expiry_and_not_for_ever() {
    let cloud = FakeCloud::with(hour(5000), |number, _| {
        if number % 2 == 0 { refusal(401, "UNAUTHENTICATED", "expired", "") } else { Reply::Right }
    });
    assert_whole(&triage(&cloud, &[]), 5000);
}

#[test]
fn a_server_that_is_gone_is_an_error_and_no_hang() {
    let cloud = FakeCloud::new(Vec::new());
    let endpoint = cloud.endpoint();
    drop(cloud);
    std::thread::sleep(Duration::from_millis(100));
    let begun = Instant::now();
    let ran = run_with(
        &FakeCloud::new(Vec::new()),
        &["triage", "gcp://wickshop"],
        &[("LOG_GARDENER_GCP_ENDPOINT", &endpoint)],
    );
    assert_eq!(ran.code, 3, "{}", ran.stderr);
    assert!(begun.elapsed() < Duration::from_secs(10));
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

#[test]
fn the_quota_is_kept() {
    let cloud = FakeCloud::new(hour(4000));
    let begun = Instant::now();
    let ran = run_with(
        &cloud,
        &["triage", "gcp://wickshop", "--format", "json"],
        &[("LOG_GARDENER_GCP_READS_PER_MINUTE", "30")],
    );
    assert_whole(&ran, 4000);
    // A burst of 5, then 25 a minute.
    let beyond = cloud.asked().len() - 5;
    assert!(begun.elapsed() >= Duration::from_millis(u64::try_from(beyond).expect("few") * 2000), "{beyond}");
    let tokens: BTreeSet<String> = cloud.asked().iter().map(|asked| asked.to_string()).collect();
    assert_eq!(tokens.len(), cloud.asked().len(), "nothing was asked twice");
}
