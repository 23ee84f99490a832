//! The real binary against a small service on the loopback: retries, cut bodies, refusals, missing credentials.
//! Leaves out what a service stores: see `bucket_emulators.rs`.

use std::time::{Duration, Instant};

use crate::bucket::wire::{Answer, Ran, Service, listing, run};

const NOW: &str = "2026-03-10T10:00:00Z";

fn line(number: usize) -> String {
    format!(
        "{{\"severity\":\"ERROR\",\"textPayload\":\"failed {number}\",\"timestamp\":\"2026-03-10T09:00:00Z\",\"insertId\":\"i{number}\",\"logName\":\"l\"}}\n"
    )
}

fn triage(service: &Service) -> Ran {
    let host = format!("127.0.0.1:{}", service.port);
    run(&["triage", "gs://b/", "--format", "json", "--now", NOW], &[("STORAGE_EMULATOR_HOST", &host)])
}

fn notes(ran: &Ran) -> (u64, String) {
    let view: serde_json::Value = serde_json::from_str(&ran.stdout).unwrap_or_else(|_| panic!("{}", ran.stderr));
    let notes = view["coverage"]["notes"].as_array().into_iter().flatten().filter_map(|note| note.as_str());
    (view["coverage"]["entries"].as_u64().unwrap_or(0), notes.collect::<Vec<_>>().join("\n"))
}

#[test]
fn a_service_that_stumbles_is_asked_again() {
    let service = Service::start(|path, before| match before {
        0 => Answer::status("503 Service Unavailable", "wait"),
        _ if path.contains("list-type") => listing(&[("a.json", line(1).len())]),
        _ => Answer::good(line(1)),
    });
    let ran = triage(&service);
    assert_eq!((ran.code, notes(&ran).0), (0, 1), "{}", ran.stderr);
    assert_eq!(service.asked().len(), 4, "{:?}", service.asked());
}

#[test]
fn an_object_that_is_refused_or_cut_is_a_gap() {
    let service = Service::start(|path, _| match path {
        _ if path.contains("list-type") => {
            listing(&[("cut.json", 5000), ("refused.json", 100), ("whole.json", line(1).len())])
        }
        _ if path.contains("cut") => Answer { claims: Some(5000), ..Answer::good(line(2)) },
        _ if path.contains("refused") => Answer::status(
            "403 Forbidden",
            "<Error><Code>AccessDenied</Code><Message>Access denied.</Message><Details>Bearer SECRET</Details></Error>",
        ),
        _ => Answer::good(line(1)),
    });
    let ran = triage(&service);
    let (entries, notes) = notes(&ran);
    assert_eq!((ran.code, entries), (3, 2), "{notes}");
    assert!(
        notes.contains("gs://b/refused.json: could not be read: permission denied (403): AccessDenied, Access denied."),
        "{notes}"
    );
    assert!(notes.contains("gs://b/cut.json: the input is damaged after line 2"), "{notes}");
    assert!(!ran.stdout.contains("SECRET") && !ran.stderr.contains("SECRET"));
}

#[test]
fn a_service_that_never_answers_well_is_given_up_in_bounded_time() {
    let service = Service::start(|_, _| Answer::status("503 Service Unavailable", "wait"));
    let begun = Instant::now();
    let ran = triage(&service);
    assert_eq!(ran.code, 3);
    assert!(begun.elapsed() < Duration::from_secs(20), "{:?}", begun.elapsed());
    expect_test::expect![[r#"
        error: cannot read gs://b
        caused by: the service answered with status 503
        hint: try again; LOG_GARDENER_BUCKET_TIMEOUT (seconds) bounds how long an answer may take
    "#]]
    .assert_eq(&ran.stderr);
}

#[test]
fn what_is_missing_is_said_with_the_command_that_mends_it() {
    let check = |status: &'static str, expect: expect_test::Expect| {
        let service = Service::start(move |_, _| Answer::status(status, ""));
        let ran = triage(&service);
        assert_eq!(ran.code, 3);
        expect.assert_eq(&ran.stderr);
    };
    check(
        "404 Not Found",
        expect_test::expect![[r#"
        error: cannot read gs://b
        caused by: there is no bucket `b`
        caused by: not found (404)
        hint: check the name of the bucket and, for S3, the endpoint
    "#]],
    );
    check(
        "403 Forbidden",
        expect_test::expect![[r#"
        error: cannot read gs://b
        caused by: permission denied (403)
        hint: allow it: gcloud storage buckets add-iam-policy-binding gs://b --member=MEMBER --role=roles/storage.objectViewer
    "#]],
    );
    check(
        "401 Unauthorized",
        expect_test::expect![[r#"
        error: cannot read gs://b
        caused by: the credentials were not accepted (401)
        hint: log in: gcloud auth application-default login; or set GOOGLE_APPLICATION_CREDENTIALS to a key file; public buckets: GOOGLE_SKIP_SIGNATURE=true
    "#]],
    );
    let check = |source: &str, environment: &[(&str, &str)], expect: expect_test::Expect| {
        let ran = run(&["triage", source, "--now", NOW], environment);
        assert_eq!(ran.code, 3);
        expect.assert_eq(&ran.stderr);
    };
    check(
        "gs://b",
        &[],
        expect_test::expect![[r#"
        error: cannot read gs://b
        caused by: no credentials: GOOGLE_APPLICATION_CREDENTIALS is not set, gcloud left no login, and there is no metadata server
        hint: log in: gcloud auth application-default login; or set GOOGLE_APPLICATION_CREDENTIALS to a key file; public buckets: GOOGLE_SKIP_SIGNATURE=true
    "#]],
    );
    check(
        "s3://b",
        &[],
        expect_test::expect![[r#"
        error: cannot read s3://b
        caused by: no credentials: AWS_ACCESS_KEY_ID is not set, no role is given, and there is no metadata server
        hint: log in: eval "$(aws configure export-credentials --format env)"; public buckets: AWS_SKIP_SIGNATURE=true
    "#]],
    );
    check(
        "gs://b",
        &[("STORAGE_EMULATOR_HOST", "http://10.1.2.3:80")],
        expect_test::expect![[r#"
        error: cannot read gs://b
        caused by: STORAGE_EMULATOR_HOST names another machine; an emulator is read on this one only
        hint: set it to 127.0.0.1:PORT, or unset it to read the real service
    "#]],
    );
    check(
        "gs://b",
        &[("STORAGE_EMULATOR_HOST", "127.0.0.1:9")],
        expect_test::expect![[r#"
        error: cannot read gs://b
        caused by: cannot connect
        hint: try again; LOG_GARDENER_BUCKET_TIMEOUT (seconds) bounds how long an answer may take
    "#]],
    );
}

#[test]
fn the_templates_and_parse_commands_read_objects_too() {
    let service = Service::start(|path, _| match path {
        _ if path.contains("list-type") => listing(&[("a.log", 34)]),
        _ => Answer::good("2026-03-10T09:00:00Z ERROR it failed\n"),
    });
    let host = format!("127.0.0.1:{}", service.port);
    for command in ["templates", "parse"] {
        let ran = run(&[command, "gs://b/"], &[("STORAGE_EMULATOR_HOST", &host)]);
        assert!(ran.stdout.contains("it failed"), "{command}: {} {}", ran.stdout, ran.stderr);
    }
}

/// Lists 2300 keys, a thousand in an answer; only three are named like logs.
fn many(path: &str) -> Answer {
    if !path.contains("list-type") {
        let number = [1000, 2299].into_iter().find(|number| path.contains(&number.to_string())).unwrap_or(0);
        return Answer::good(line(5000 + number));
    }
    let start: usize = path
        .split("continuation-token=from-")
        .nth(1)
        .and_then(|rest| rest.split('&').next()?.parse().ok())
        .unwrap_or(0);
    let end = (start + 1000).min(2300);
    let keys: Vec<String> = (start..end)
        .map(|number| match number {
            0 | 1000 | 2299 => format!("many/o-{number:04}.json"),
            _ => format!("many/o-{number:04}.bin"),
        })
        .collect();
    let objects: Vec<(&str, usize)> = keys.iter().map(|key| (key.as_str(), line(5000).len())).collect();
    let mut answer = listing(&objects);
    if end < 2300 {
        let text = String::from_utf8_lossy(&answer.body).replace(
            "<IsTruncated>false</IsTruncated>",
            &format!("<IsTruncated>true</IsTruncated><NextContinuationToken>from-{end}</NextContinuationToken>"),
        );
        answer.body = text.into_bytes();
    }
    answer
}

#[test]
fn a_listing_of_more_than_a_thousand_keys_is_read_to_its_end() {
    for scheme in ["gs", "s3"] {
        let service = Service::start(|path, _| many(path));
        let host = format!("http://127.0.0.1:{}", service.port);
        let environment = match scheme {
            "gs" => vec![("STORAGE_EMULATOR_HOST", host.as_str())],
            _ => vec![
                ("AWS_ENDPOINT_URL", host.as_str()),
                ("AWS_ACCESS_KEY_ID", "testing"),
                ("AWS_SECRET_ACCESS_KEY", "SECRET"),
                ("AWS_REGION", "us-east-1"),
            ],
        };
        let source = format!("{scheme}://b/many/");
        let ran = run(&["triage", &source, "--format", "json", "--now", NOW], &environment);
        let (entries, notes) = notes(&ran);
        assert_eq!((ran.code, entries), (0, 3), "{scheme}: {notes} {}", ran.stderr);
        assert!(notes.contains("2300"), "{scheme}: {notes}");
        let listed = service.asked().iter().filter(|asked| asked.contains("list-type")).count();
        assert_eq!(listed, 3, "{scheme}: {:?}", service.asked());
    }
}
