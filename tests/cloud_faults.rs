//! Cloud Logging that fails: every entry is read exactly once, or a gap is stated and the exit code is 3.
//! Leaves out what is read when nothing fails: see `cloud`.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::fake_cloud::run::{assert_whole, hour, run_with, triage};
use crate::fake_cloud::{FakeCloud, Reply, refusal};

#[test]
fn every_passing_fault_is_waited_out_and_no_entry_is_lost_or_counted_twice() {
    type Fault = (&'static str, fn() -> Reply);
    let faults: Vec<Fault> = vec![
        ("429", || refusal(429, "RESOURCE_EXHAUSTED", "Quota exceeded", "")),
        ("429 with Retry-After: 0", || refusal(429, "RESOURCE_EXHAUSTED", "Quota", "Retry-After: 0\r\n")),
        ("429 with a date gone by", || {
            refusal(429, "RESOURCE_EXHAUSTED", "Quota", "Retry-After: Tue, 10 Mar 2026 09:44:00 GMT\r\n")
        }),
        ("429 with words", || refusal(429, "RESOURCE_EXHAUSTED", "Quota", "Retry-After: soon\r\n")),
        ("429 with less than nothing", || refusal(429, "RESOURCE_EXHAUSTED", "Quota", "Retry-After: -5\r\n")),
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
    // More seconds than any sum of times can hold.
    let most = "Retry-After: 18446744073709551615\r\n";
    let cloud = FakeCloud::with(hour(10), |_, _| refusal(429, "RESOURCE_EXHAUSTED", "Quota", most));
    let ran = triage(&cloud, &[]);
    assert_eq!(ran.code, 3);
    assert!(ran.stderr.contains("the server asks to wait 18446744073709551615 s"), "{}", ran.stderr);
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
