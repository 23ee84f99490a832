//! No output of any command holds what was redacted: a secret of every kind in every field that an entry can have.
//! Leaves out whether a single text is redacted as it should be (`redaction.rs`).

use std::fs;
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

use aho_corasick::AhoCorasick;
use log_gardener::pattern::{Catalog, sample};
use serde_json::{Value, json};

use crate::garden::{self, Garden};

const NOW: &str = "2026-01-02T04:00:00Z";

/// A rule's value, and a text that shows it as such.
struct Planted {
    rule: String,
    value: String,
    said: String,
    technical: bool,
}

fn planted() -> Vec<Planted> {
    let known = Catalog::builtin().unwrap_or_else(|problems| panic!("{}", problems[0]));
    let of = |(number, rule): (usize, &log_gardener::pattern::RedactionRule)| {
        let value = sample(&rule.shapes[0], 500 + number as u64).expect("a shape");
        let said = rule.example.replace("{secret}", &value);
        Planted { rule: rule.id.clone(), value, said, technical: rule.technical() }
    };
    known.redactions.rules().enumerate().map(of).collect()
}

/// Entries with the secret in each field, one kind of entry after the other.
fn entries(planted: &Planted, at: usize) -> Vec<Value> {
    let said = &planted.said;
    let time = |second: usize| format!("2026-01-02T03:{:02}:{:02}.{second:03}Z", at / 60, at % 60);
    let id =
        |kind: &str| if planted.technical { format!("{kind}{at}.{}", planted.value) } else { format!("{kind}{at}") };
    let resource = json!({ "type": "cloud_run_revision", "labels": {
        "service_name": "shop", "revision_name": format!("shop {said}"), "location": said, "project_id": "p" } });
    let base = |kind: &str, second: usize| {
        json!({
            "insertId": id(kind), "timestamp": time(second), "severity": "ERROR", "resource": resource,
            "logName": "projects/p/logs/run.googleapis.com%2Fstderr", "labels": { "instanceId": "0a1b", "note": said, "commit-sha": said },
            "operation": { "id": id("o"), "producer": said },
        })
    };
    let with = |mut base: Value, more: Value| {
        for (key, value) in more.as_object().expect("fields") {
            base[key] = value.clone();
        }
        base
    };
    let trace = format!(
        "Traceback (most recent call last):\n  File \"/app/shop/pay{at}.py\", line 3, in pay\n    client = Client({said:?})\nValueError: step {at} refused {said}\n\nDuring handling of the above exception, another exception occurred:\n\nTraceback (most recent call last):\n  File \"/app/shop/main{at}.py\", line 9, in run\n    pay()\nRuntimeError: cannot go on: {said}"
    );
    vec![
        with(base("a", 1), json!({ "textPayload": format!("step {} failed: {said}", planted.rule) })),
        with(base("b", 2), json!({ "textPayload": trace })),
        with(
            base("c", 3),
            json!({ "jsonPayload": {
            "message": format!("call {} refused", planted.rule), "said": said, "request_id": said, "user_id": said,
            "error": { "type": "ShopError", "value": said, "traceback": trace }, "nested": { "deep": [said, { "er": said }] } } }),
        ),
        with(base("d", 4), json!({ "jsonPayload": { "said": said, "n": at } })),
        with(
            base("e", 5),
            json!({ "httpRequest": {
            "requestMethod": "POST", "status": 500, "requestUrl": format!("https://shop.example/v1/{}/x?q={said}", planted.rule),
            "userAgent": format!("shop/1.0 {said}"), "referer": said, "remoteIp": "203.0.113.9", "serverIp": "10.0.0.1" } }),
        ),
        with(
            base("f", 6),
            json!({ "protoPayload": {
            "@type": "type.googleapis.com/google.cloud.audit.AuditLog", "methodName": "google.cloud.run.v1.Services.ReplaceService",
            "serviceName": "run.googleapis.com", "resourceName": format!("namespaces/p/services/shop {said}"),
            "authenticationInfo": { "principalEmail": "ada.lovelace@shop.example" }, "status": { "code": 7, "message": said } } }),
        ),
        with(
            base("g", 7),
            json!({ "severity": "NOTICE", "protoPayload": {
            "@type": "type.googleapis.com/google.cloud.audit.AuditLog", "methodName": "google.cloud.run.v1.Services.ReplaceService",
            "serviceName": "run.googleapis.com", "resourceName": "namespaces/p/services/shop", "response": { "spec": said },
            "status": { "message": said } } }),
        ),
    ]
}

/// Finds the values in texts, in the form they were planted in or as JSON has it.
struct Watch<'p> {
    parts: AhoCorasick,
    rules: Vec<&'p str>,
}

impl Watch<'_> {
    fn new(all: &[Planted]) -> Watch<'_> {
        let parts = |planted: &'_ Planted| {
            planted.value.split("\\n").filter(|part| part.len() >= 6).map(str::to_owned).collect::<Vec<_>>()
        };
        let named = all.iter().flat_map(|one| parts(one).into_iter().map(|part| (part, one.rule.as_str())));
        let (parts, rules): (Vec<String>, Vec<&str>) = named.unzip();
        Watch { parts: AhoCorasick::new(parts).expect("few parts"), rules }
    }
}

/// Fails where a text holds one of the values.
fn clean(what: &str, text: &[u8], watch: &Watch<'_>, wrong: &mut Vec<String>) {
    let text = String::from_utf8_lossy(text);
    for found in watch.parts.find_overlapping_iter(&*text) {
        let from = text.floor_char_boundary(found.start().saturating_sub(120));
        let to = text.ceil_char_boundary((found.end() + 20).min(text.len()));
        wrong.push(format!("{what}: {}: {:?}", watch.rules[found.pattern().as_usize()], &text[from..to]));
    }
    if text.contains("ada.lovelace@") || text.contains("203.0.113.9") {
        wrong.push(format!("{what}: the principal or the caller"));
    }
}

fn end(wrong: &[String]) {
    let first: Vec<&str> = wrong.iter().map(String::as_str).take(25).collect();
    assert!(wrong.is_empty(), "{} leaks\n{}", wrong.len(), first.join("\n"));
}

fn everything_below(folder: &Path, see: &mut dyn FnMut(&Path, Vec<u8>)) {
    for item in fs::read_dir(folder).into_iter().flatten().flatten() {
        match item.path() {
            path if path.is_dir() => everything_below(&path, see),
            path => see(&path, fs::read(&path).expect("readable")),
        }
    }
}

#[test]
fn no_output_of_any_command_holds_a_planted_secret() {
    let all = planted();
    let watch = Watch::new(&all);
    let garden = Garden::new(garden::root(), NOW);
    let log = garden.temporary("export.json");
    let lines: Vec<String> =
        all.iter().enumerate().flat_map(|(at, one)| entries(one, at)).map(|entry| format!("{entry}\n")).collect();
    fs::write(&log, lines.concat()).expect("writable");
    let log = log.to_str().expect("UTF-8");
    let (out, ledger, plan) = (garden.temporary("out"), garden.temporary("ledger.db"), garden.temporary("plan"));
    let path = |path: &Path| path.to_str().expect("UTF-8").to_string();
    let assignments = garden.temporary("assignments.ndjson");
    let mut wrong = Vec::new();
    let mut check = |arguments: &[&str], code: i32| {
        let ran = garden.run(arguments);
        assert_eq!(ran.code, code, "{arguments:?}: {}", ran.stderr);
        clean(&format!("{arguments:?}"), ran.stdout.as_bytes(), &watch, &mut wrong);
        clean(&format!("{arguments:?} stderr"), ran.stderr.as_bytes(), &watch, &mut wrong);
        ran.stdout
    };
    let json =
        check(&["triage", log, "--format", "json", "--out", &path(&out), "--assignments", &path(&assignments)], 0);
    let view: Value = serde_json::from_str(&json).expect("JSON");
    let kinds = view["coverage"]["redactions"]["kinds"].as_object().expect("kinds").len();
    assert!(kinds >= 60, "{kinds} kinds are counted");
    let incidents = view["incidents"].as_array().expect("incidents");
    let id = incidents[0]["id"].as_str().expect("an id");
    check(&["triage", log], 0);
    check(&["triage", log, "--format", "markdown"], 0);
    for document in ["report", "audit", "summary", "worklog"] {
        check(&["report", log, "--document", document], 0);
    }
    check(&["report", log, "--format", "html"], 0);
    check(&["issue", log, "--incident", id, "--format", "json"], 0);
    check(&["audit", log, "--ledger", &path(&ledger), "--out", &path(&plan)], 0);
    let linked = incidents.iter().flat_map(|one| one["links"].as_array().expect("links")).next();
    let group = |name: &str| linked.map_or(incidents[0]["root"].clone(), |link| link[name].clone());
    let (from, to) = (group("from"), group("to"));
    check(&["why", from.as_str().expect("an id"), log], 0);
    check(&["why", to.as_str().expect("an id"), log, "--format", "json"], 0);
    check(&["why-not", to.as_str().expect("an id"), from.as_str().expect("an id"), log], 0);
    let unknown = incidents
        .iter()
        .flat_map(|one| one["groups"].as_array().expect("groups"))
        .filter(|one| one["pattern"].is_null());
    let drafted: Vec<String> = unknown.take(3).map(|one| one["id"].as_str().unwrap_or("").to_string()).collect();
    let mut bare = |arguments: &[&str]| {
        let ran = garden.bare(arguments);
        clean(&format!("{arguments:?}"), ran.stdout.as_bytes(), &watch, &mut wrong);
        clean(&format!("{arguments:?} stderr"), ran.stderr.as_bytes(), &watch, &mut wrong);
        ran
    };
    for group in &drafted {
        bare(&["patterns", "draft", group, log]);
    }
    assert_eq!(bare(&["parse", log]).code, 0);
    assert_eq!(bare(&["templates", log]).code, 0);
    assert_eq!(bare(&["templates", log, "--format", "json"]).code, 0);
    assert_eq!(bare(&["redact", log]).code, 0);
    assert_eq!(bare(&["tail", log, "--from-start", "--stop-after", "6s", "--window", "2d"]).code, 0);
    for one in all.iter().step_by(9) {
        bare(&["same", "-e", &format!("step failed: {}", one.said), "-e", "step 7 failed"]);
        bare(&["patterns", "explain", &format!("step failed: {}", one.said)]);
    }
    let mut files = 0;
    for folder in [&out, &plan] {
        everything_below(folder, &mut |path, bytes| {
            files += 1;
            clean(&path.display().to_string(), &bytes, &watch, &mut wrong);
        });
    }
    assert!(files > 20, "{files} files");
    clean("ledger", &fs::read(&ledger).expect("a ledger"), &watch, &mut wrong);
    clean("assignments", &fs::read(&assignments).expect("assignments"), &watch, &mut wrong);
    end(&wrong);
}

#[test]
fn the_ledger_holds_no_secret_by_which_a_service_or_a_route_is_called() {
    let all: Vec<Planted> = planted().into_iter().filter(|one| one.technical).collect();
    let watch = Watch::new(&all);
    let garden = Garden::new(garden::root(), NOW);
    let log = garden.temporary("export.ndjson");
    let entry = |one: &Planted, at: usize| {
        let severity = if at.is_multiple_of(2) { "INFO" } else { "ERROR" };
        json!({ "severity": severity, "insertId": format!("i{at}"), "timestamp": format!("2026-01-02T03:{:02}:{:02}Z", at / 60, at % 60),
            "logName": "projects/p/logs/run.googleapis.com%2Frequests",
            "resource": { "type": "cloud_run_revision", "labels": { "service_name": format!("shop {}", one.said), "revision_name": "shop-1", "project_id": "p" } },
            "httpRequest": { "requestMethod": "GET", "status": 500, "requestUrl": format!("https://shop.example/of/{}", one.value) } })
    };
    let twice = all.iter().flat_map(|one| [one, one]).enumerate();
    fs::write(&log, twice.map(|(at, one)| format!("{}\n", entry(one, at))).collect::<String>()).expect("writable");
    let (ledger, plan) = (garden.temporary("ledger.db"), garden.temporary("plan"));
    let path = |path: &Path| path.to_str().expect("UTF-8").to_string();
    let ran = garden.run(&["audit", &path(&log), "--ledger", &path(&ledger), "--out", &path(&plan)]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    let mut wrong = Vec::new();
    clean("stdout", ran.stdout.as_bytes(), &watch, &mut wrong);
    clean("ledger", &fs::read(&ledger).expect("a ledger"), &watch, &mut wrong);
    everything_below(&plan, &mut |path, bytes| clean(&path.display().to_string(), &bytes, &watch, &mut wrong));
    end(&wrong);
}

/// Runs the filter over a text and returns what comes out.
fn filter(text: &str, more: &[&str]) -> (String, String) {
    let mut child = Command::new(env!("CARGO_BIN_EXE_log-gardener"))
        .arg("redact")
        .args(more)
        .env_clear()
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the binary starts");
    let (mut input, bytes) = (child.stdin.take().expect("a pipe"), text.as_bytes().to_vec());
    // It writes while it reads, and neither pipe holds everything.
    let written = std::thread::spawn(move || input.write_all(&bytes));
    let output = child.wait_with_output().expect("it ends");
    written.join().expect("no panic").expect("it reads");
    assert!(output.status.success());
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("UTF-8");
    (text(output.stdout), text(output.stderr))
}

#[test]
fn the_filter_keeps_lines_and_json() {
    let all = planted();
    let watch = Watch::new(&all);
    let entries: Vec<Value> = all.iter().enumerate().flat_map(|(at, one)| entries(one, at)).collect();
    let lines: String = entries.iter().map(|entry| format!("{entry}\n")).collect();
    let pretty = serde_json::to_string_pretty(&entries).expect("JSON");
    let mut wrong = Vec::new();
    let (out, _) = filter(&lines, &[]);
    assert_eq!(out.lines().count(), lines.lines().count());
    for line in out.lines() {
        let entry: Value = serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"));
        assert!(entry["timestamp"].as_str().is_some_and(|time| time.starts_with("2026-01-02T03:")));
    }
    clean("lines", out.as_bytes(), &watch, &mut wrong);
    let (out, _) = filter(&pretty, &[]);
    assert_eq!(out.lines().count(), pretty.lines().count());
    assert_eq!(serde_json::from_str::<Vec<Value>>(&out).expect("still JSON").len(), entries.len());
    clean("pretty", out.as_bytes(), &watch, &mut wrong);
    end(&wrong);
}

#[test]
fn the_filter_in_examples() {
    let key = "-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\n\nMIIEow7IBAAKCAQEA\nIBAAKC==\n-----END RSA PRIVATE KEY-----\nIBAAKC\n";
    let (out, told) = filter(&format!("plain\r\n\nfrom 203.0.113.9\n{key}no end"), &["--format", "json"]);
    let marks = out.matches("<private-key:").count();
    assert!(out.starts_with("plain\r\n\nfrom <ip:") && out.ends_with("-----\nIBAAKC\nno end"), "{out}");
    assert_eq!((marks, out.contains("Proc-Type: 4,ENCRYPTED")), (2, true), "{out}");
    let told: Value = serde_json::from_str(&told).expect("JSON");
    assert_eq!((&told["schema"], &told["lines"]), (&json!("log-gardener/redact/1"), &json!(11)));
    assert_eq!(told["kinds"], json!({ "ip": 1, "private-key": 2 }));
    let (out, _) = filter(
        "{\"user_id\":48213,\"message\":\"user 48213 not found, 148213 rows\"}\nuser_id=u-77 gone: u-77\n",
        &["--field", "jsonPayload.user_id"],
    );
    let mark = out.split('"').nth(3).expect("a mark").to_string();
    assert!(mark.starts_with("<user_id:"), "{out}");
    assert_eq!(out.matches(&mark).count(), 2, "{out}");
    assert!(out.contains("148213 rows") && !out.contains("u-77"), "{out}");
}

#[test]
fn fields_of_the_settings_tell_people_and_are_redacted_wherever_their_values_stand() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    fs::write(folder.path().join("log-gardener.toml"), "[redact]\nfields = [\"jsonPayload.customer\"]\n")
        .expect("writable");
    let entry = json!({ "severity": "ERROR", "timestamp": "2026-01-02T03:00:01Z", "insertId": "i1",
        "resource": { "labels": { "service_name": "shop" } },
        "jsonPayload": { "message": "basket of Kunde-77 is gone; customer=Kunde-77", "customer": "Kunde-77" } });
    fs::write(folder.path().join("app.ndjson"), format!("{entry}\n")).expect("writable");
    let view = Garden::new(folder.path(), NOW).triage(&["app.ndjson"]);
    let quote = view["incidents"][0]["groups"][0]["samples"][0]["quote"].as_str().expect("a quote");
    assert_eq!((quote.matches("<customer:").count(), view.to_string().contains("Kunde-77")), (2, false), "{view:#}");
    assert_eq!(view["coverage"]["redactions"]["kinds"]["customer"], 2, "{view:#}");
}

#[test]
fn values_are_shown_on_request_and_never_where_they_are_remembered() {
    let garden = Garden::new(garden::root(), NOW);
    let log = garden.temporary("app.ndjson");
    let entry = |at: usize| {
        json!({ "severity": "ERROR", "timestamp": format!("2026-01-02T03:00:0{at}Z"), "insertId": format!("i{at}"),
        "resource": { "labels": { "service_name": "shop" } }, "textPayload": format!("mail to ada{at}@shop.example from 203.0.113.{at} bounced") })
    };
    fs::write(&log, (1..4).map(|at| format!("{}\n", entry(at))).collect::<String>()).expect("writable");
    let log = log.to_str().expect("UTF-8");
    let (with, without) = (garden.triage(&[log]), garden.triage(&[log, "--no-redact"]));
    let of = |view: &Value, what: &str| view["incidents"][0][what].clone();
    assert_eq!(
        (of(&with, "fingerprint"), of(&with, "entries")),
        (of(&without, "fingerprint"), of(&without, "entries"))
    );
    let quote =
        |view: &Value| view["incidents"][0]["groups"][0]["samples"][0]["quote"].as_str().unwrap_or("").to_string();
    assert_eq!(quote(&without), "mail to ada1@shop.example from 203.0.113.1 bounced");
    assert!(quote(&with).starts_with("mail to <email:"), "{}", quote(&with));
    for options in [&[][..], &["--no-redact"]] {
        let report = garden.run(&[&["report", log], options].concat());
        assert_eq!(report.stdout.contains("ada1@"), !options.is_empty());
        // What a document says of itself is what it does, in Markdown and in a page.
        let page = garden.run(&[&["report", log, "--format", "html"], options].concat());
        let issue = garden.run(&[&["issue", log], options].concat());
        for document in [&report.stdout, &page.stdout, &issue.stdout] {
            let says = |words: &str| document.contains(words);
            assert_eq!(says("Redaction: none; quotations are shown as read"), !options.is_empty(), "{document}");
            assert_eq!(says("known kinds stand as marks in quotations"), options.is_empty(), "{document}");
        }
        let file = garden.temporary("report.md");
        fs::write(&file, &report.stdout).expect("writable");
        let verified = garden.run(&["verify", file.to_str().expect("UTF-8"), "--against", log]);
        assert_eq!(verified.code, 0, "{options:?} {}{}", verified.stdout, verified.stderr);
    }
    let refused = garden.run(&["audit", log, "--no-redact", "--publish"]);
    assert_eq!(refused.code, 2);
    assert!(refused.stderr.contains("error: --no-redact cannot be used with audit"), "{}", refused.stderr);
    assert!(garden.bare(&["parse", log, "--no-redact"]).stdout.contains("ada1@"));
    assert!(garden.bare(&["templates", log, "--no-redact", "--format", "json"]).stdout.contains("ada1@"));
}
