//! Redaction of a whole log, line by line: first lines that only look like JSON, names over lines, keys, colours.
//! Leaves out single texts (`redaction.rs`).

use log_gardener::pattern::{Redactions, Tally, sample};
use log_gardener::redact::Filter;

use crate::run;

fn rules() -> &'static Redactions {
    &run::catalog().redactions
}

fn redact(text: &str) -> String {
    rules().redact(text, &mut Tally::default()).into_owned()
}

/// Filters a log, and the result once more, which changes nothing.
fn filtered(log: &str) -> String {
    let once = |log: &str| {
        let mut filter = Filter::new(rules());
        log.lines().map(|line| filter.line(line).into_owned()).collect::<Vec<_>>().join("\n")
    };
    let redacted = once(log);
    assert_eq!(once(&redacted), redacted, "once is enough");
    redacted
}

/// A line of a private key.
fn body(seed: u64) -> String {
    sample("{s64}", seed).expect("a shape")
}

#[test]
fn a_first_line_that_only_begins_like_json_hides_nothing() {
    let first = [
        r#"{"a":1} trailing"#,
        r#"{"a": "cut"#,
        r#"{"a": NaN}"#,
        r#"{"a": 1},"#,
        r#"{"a":1} {"b":2}"#,
        "[{x}] start",
        "[",
        "{",
        "[{",
        r#"{"a": [1, 2,"#,
    ];
    for (number, rule) in rules().rules().enumerate() {
        let value = sample(&rule.shapes[0], 40 + number as u64).expect("a shape");
        let said = format!("ERROR login {}", rule.example.replace("{secret}", &value));
        for first in first {
            let log = format!("{first}\n{said}\n");
            let redacted = filtered(&log);
            for part in value.split("\\n").filter(|part| part.len() >= 4) {
                assert!(!redacted.contains(part), "{} after {first}: {redacted}", rule.id);
            }
        }
    }
}

#[test]
fn a_field_and_its_list_may_stand_on_lines_of_their_own() {
    let log = "{\n  \"client_secret\": [\n    \"Zq9realsecretX\"\n  ],\n  \"cookie\": [\n    \"sid=Zq9realcookie\"\n  ],\n  \"password\":\n    \"Zq9realpassword\",\n  \"said\": \"Zq9stays\"\n}";
    let redacted = filtered(log);
    assert!(!redacted.contains("Zq9real") && redacted.contains("Zq9stays"), "{redacted}");
    serde_json::from_str::<serde_json::Value>(&redacted).expect("it stays JSON");
}

#[test]
fn a_private_key_is_found_in_lines_of_any_kind() {
    let bodies: Vec<String> = (1..=24).map(body).collect();
    let tail = "q83vEjRW9kPz3A==";
    let mut lines = vec!["-----BEGIN RSA PRIVATE KEY-----"];
    lines.extend(bodies.iter().map(String::as_str));
    lines.extend([tail, "-----END RSA PRIVATE KEY-----", "started"]);
    let quoted = |text: &str| serde_json::to_string(text).expect("a string");
    let writes: [&dyn Fn(&str) -> String; 7] = [
        &|line| line.to_string(),
        &|line| format!("2026-03-10T09:33:58.123456789Z stdout F {line}"),
        &|line| format!("> {line}"),
        &|line| format!("    | {line}"),
        &|line| {
            let insert_id = "69afe586000daf941c827129";
            format!(r#"{{"insertId":"{insert_id}","textPayload":{},"severity":"ERROR"}}"#, quoted(line))
        },
        &|line| format!(r#"{{"log":{},"stream":"stderr"}}"#, quoted(&format!("{line}\n"))),
        &|line| format!("2026-03-10 09:33:58,123 ERROR [main] app.keys - {line}"),
    ];
    for write in writes {
        let log: Vec<String> = lines.iter().map(|line| write(line)).collect();
        let redacted = filtered(&log.join("\n"));
        assert_eq!(redacted.matches("<private-key:").count(), 25, "{redacted}");
        for body in bodies.iter().map(String::as_str).chain([tail]) {
            assert!(!redacted.contains(body), "{redacted}");
        }
        assert!(redacted.contains("started") && redacted.contains("BEGIN RSA"), "{redacted}");
    }
    let one_line = redact(&format!("KEY={} N=1", lines.join(" ")));
    let truncated = redact(&lines.join("\n<truncated>\n"));
    for text in [one_line, truncated] {
        assert!(bodies.iter().all(|body| !text.contains(body.as_str())), "{text}");
    }
}

#[test]
fn lines_after_a_key_that_was_cut_stay() {
    let log = "-----BEGIN PRIVATE KEY----- header\nstarted\nlistening\nERROR\nGET /api/v1/customers/orders 200";
    assert_eq!(filtered(log), log);
    let payload = format!("payload {}\nok\npayload {}", body(1), body(2));
    assert_eq!(filtered(&payload), payload);
}

#[test]
fn colours_hide_nothing_and_stay() {
    let token = rules().rules().find(|rule| rule.example.contains("ghp") || rule.shapes[0].starts_with("ghp_"));
    let shape = token.map_or("ghp_{b36}", |rule| rule.shapes[0].as_str());
    let token = sample(shape, 3).expect("a shape");
    for (on, off) in [("\x1b[32m", "\x1b[0m"), ("\\u001b[32m", "\\u001b[0m"), ("\\x1b[1;32m", "\\x1b[m")] {
        for text in [
            format!("{on}{token}{off} used"),
            format!("INFO{on}{token}{off}"),
            format!("password{off}={on}Zq9realsecret{off} n=1"),
            format!("password={on}Zq9realsecret{off}"),
            format!("{off}{on}password{off}{on}: {on}{off}Zq9realsecret{off}{on}"),
            format!("from {on}203.0.113.7{off} mail {on}ada@shop.example{off}"),
        ] {
            let redacted = redact(&text);
            for secret in [token.as_str(), "Zq9realsecret", "203.0.113.7", "ada@"] {
                assert!(!redacted.contains(secret), "{text:?} becomes {redacted:?}");
            }
            assert_eq!(redacted.matches(on).count(), text.matches(on).count(), "{redacted:?}");
            assert_eq!(redacted.matches(off).count(), text.matches(off).count(), "{redacted:?}");
            assert_eq!(redact(&redacted), redacted);
        }
    }
    for text in [format!("user_{token}"), format!("token{token}")] {
        assert!(!redact(&text).contains(&token), "{text}");
    }
}

#[test]
fn what_looks_like_a_mark_hides_nothing() {
    for text in [
        "password=<a:1234>Zq9realsecret1",
        "password: <a:1234>Zq9realsecret1",
        "\"password\": \"<a:1234>Zq9realsecret1\"",
        "Bearer <a:1234>Zq9realsecret1",
        "Authorization: Bearer <email:1234>Zq9realsecret1",
        "api_key='<a:1234><b:1234>Zq9realsecret1'",
    ] {
        let redacted = redact(text);
        assert!(!redacted.contains("Zq9realsecret1") && redacted.contains(":1234>"), "{text} becomes {redacted}");
        assert_eq!(redact(&redacted), redacted);
    }
}
