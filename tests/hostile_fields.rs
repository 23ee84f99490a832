//! Hostile fields: times, numbers, labels and payloads that are not what they should be, and texts that
//! want to steer a terminal, a page or a template. Leaves out damaged sources (`hostile`).

use pulldown_cmark::{Event, Options, Parser, Tag, TagEnd};
use serde_json::{Value, json};

use crate::bed::{self, Garden, entry, ndjson, nothing_lost};

/// Asserts that `entries` are all read and returns the document and the text and the reports of all.
#[track_caller]
fn check(entries: &[Value], events: u64) -> (Value, String, String) {
    let garden = Garden::new();
    garden.write("log", ndjson(entries));
    let (code, document) = garden.triage("log");
    assert_eq!(code, 0);
    assert_eq!(document["coverage"]["entries"], json!(entries.len()), "{}", document["coverage"]);
    assert_eq!(nothing_lost(&document), events, "{}", document["coverage"]);
    let text = garden.run(&["triage", "log", "--all"]);
    let page = garden.run(&["triage", "log", "--format", "markdown"]);
    assert!(!bed::steers(text.done()), "{:?}", text.stdout);
    assert!(!bed::steers(page.done()), "{:?}", page.stdout);
    (document, text.stdout, page.stdout)
}

/// Returns the same entry with each of these fields.
fn each(fields: &[Value]) -> Vec<Value> {
    let with = |(n, fields): (usize, &Value)| {
        let mut all = json!({ "textPayload": "disk 7 is full" });
        all.as_object_mut().expect("an object").extend(fields.as_object().expect("an object").clone());
        entry(&format!("f{n}"), all)
    };
    fields.iter().enumerate().map(with).collect()
}

#[test]
fn times_of_every_kind() {
    let times = [
        json!("0000-01-01T00:00:00Z"),
        json!("9999-12-31T23:59:59.999999999Z"),
        json!("10000-01-01T00:00:00Z"),
        json!("1677-09-21T00:12:43Z"),
        json!("2262-04-12T00:00:00Z"),
        json!("2026-02-30T00:00:00Z"),
        json!("2026-09-16T24:61:61Z"),
        json!("2026-09-16T00:40:00.123456789123456789Z"),
        json!("garbage"),
        json!(""),
        json!(-1),
        json!(-62_135_596_800_i64),
        json!(1e300),
        json!(253_402_300_800_000_u64),
        json!(u64::MAX),
        json!(null),
        json!([]),
        json!({}),
        json!({ "seconds": 9e18, "nanos": -5 }),
        json!({ "seconds": "9223372036854775807", "nanos": 2_147_483_647 }),
    ];
    let mut fields = Vec::new();
    for (n, time) in times.iter().enumerate() {
        fields.push(json!({ "timestamp": time }));
        fields.push(json!({ "timestamp": time, "receiveTimestamp": times[(n + 7) % times.len()] }));
    }
    let (document, ..) = check(&each(&fields), fields.len() as u64);
    for key in ["from", "to"] {
        let time = document["coverage"][key].as_str().expect("a time");
        assert!(time.ends_with('Z') && time.len() >= 20, "{time}");
    }
}

#[test]
fn fields_of_another_type() {
    let fields = [
        json!({ "severity": "ERROR" }),
        json!({ "severity": 500 }),
        json!({ "insertId": 5 }),
        json!({ "insertId": [] }),
        json!({ "labels": ["a"] }),
        json!({ "labels": "x" }),
        json!({ "resource": "api" }),
        json!({ "resource": [] }),
        json!({ "resource": { "labels": "x", "type": 5 } }),
        json!({ "httpRequest": "GET /" }),
        json!({ "httpRequest": [1] }),
        json!({ "trace": 5, "spanId": {}, "operation": "x", "sourceLocation": "y" }),
        json!({ "split": { "uid": 5, "index": "a", "totalSplits": -1 } }),
        json!({ "jsonPayload": "text" }),
        json!({ "jsonPayload": [1, 2] }),
        json!({ "protoPayload": "x" }),
        json!({ "protoPayload": { "status": "x", "authenticationInfo": 5 } }),
        json!({ "logName": 5 }),
    ];
    check(&each(&fields), fields.len() as u64);
    let unknown = [json!(1), json!(-1), json!(1e300), json!(null), json!([]), json!({}), json!(true), json!("loud")];
    let fields: Vec<Value> = unknown.iter().map(|severity| json!({ "severity": severity })).collect();
    let garden = Garden::new();
    garden.write("log", ndjson(&each(&fields)));
    let (code, document) = garden.triage("log");
    assert_eq!((code, &document["coverage"]["entries"]), (0, &json!(fields.len())));
    nothing_lost(&document);
}

#[test]
fn requests_of_another_kind() {
    let fields = [
        json!({ "status": "abc", "latency": "garbage" }),
        json!({ "status": 99_999, "latency": "1e999s" }),
        json!({ "status": -5, "latency": "-5s" }),
        json!({ "status": "503", "latency": "99999999999999999999s", "requestUrl": "http://[::::/%%%" }),
        json!({ "status": 503, "latency": { "seconds": 9e30 }, "requestSize": -1, "requestUrl": "" }),
        json!({ "status": 503.5, "requestMethod": 7, "userAgent": ["x"], "remoteIp": {} }),
    ];
    let fields: Vec<Value> =
        fields.iter().map(|request| json!({ "httpRequest": request, "textPayload": null })).collect();
    check(&each(&fields), fields.len() as u64);
}

#[test]
fn many_keys_and_many_groups() {
    let mut payload: serde_json::Map<String, Value> = (0..100_000).map(|n| (format!("k{n}"), json!(n))).collect();
    payload.insert("message".to_string(), json!("disk 7 is full"));
    check(&[entry("k", json!({ "jsonPayload": payload }))], 1);
    let word = |n: usize, from: u8| -> String {
        (0..4).map(|place| char::from(from + (n / 11_usize.pow(place) % 11) as u8)).collect()
    };
    let entries: Vec<Value> = (0..10_000)
        .map(|n| {
            let time = format!("2026-09-16T00:{:02}:{:02}Z", n / 60 % 60, n % 60);
            let text = format!("the {}{} broke", word(n, b'a'), word(n, b'l'));
            entry(&format!("g{n}"), json!({ "timestamp": time, "textPayload": text }))
        })
        .collect();
    let garden = Garden::new();
    garden.write("log", ndjson(&entries));
    let (code, document) = garden.triage("log");
    assert_eq!((code, nothing_lost(&document)), (0, 10_000));
    assert!(document["incidents"].as_array().map_or(0, Vec::len) > 9_000);
}

#[test]
fn texts_that_wear_out_matchers() {
    let chain = (0..300).map(|n| format!("  File \"/app/m{n}.py\", line {n}, in f\n    g()\nValueError: v{n}"));
    let chain = chain.collect::<Vec<_>>().join("\n\nDuring handling of the above exception, another exception occurred:\n\nTraceback (most recent call last):\n");
    let texts = [
        format!("Traceback (most recent call last):\n{chain}"),
        format!("java.lang.Error: x\n{}", "\tat a.b.C.d(C.java:1)\n".repeat(5000)),
        "(".repeat(5000),
        "(((((((((([[[[[[[[{{{{{{".repeat(500),
        "(a+)+$".repeat(2000),
        ".*".repeat(5000),
        "\\".repeat(5001),
        " ".repeat(20_000) + "x",
        " : ".repeat(5000),
        "error: ".repeat(5000),
        "Caused by: ".repeat(5000),
        "1.2.".repeat(5000),
        "/a".repeat(5000),
        "'".repeat(5001),
        "\"".repeat(5001),
        "key=value ".repeat(5000),
        "é".repeat(10_000),
        "\u{202e}\u{200b}".repeat(5000),
        "@a.b://".repeat(5000),
        "File \"".repeat(5000),
        "at a.b(".repeat(5000),
        "\n".repeat(20_000) + "x",
    ];
    let fields: Vec<Value> = texts.iter().map(|text| json!({ "textPayload": text })).collect();
    check(&each(&fields), fields.len() as u64);
}

#[test]
fn no_text_leaves_its_place() {
    let texts = [
        "\u{1b}[31mred\u{1b}[0m \u{1b}]0;title\u{7} \u{9b}31m disk 1 is full\u{8}\u{8}\r",
        "</details><script>alert(1)</script> disk 2 is full",
        "@octocat #1 [x](http://e.v) ![i](http://e.v/i.png) disk 3 is full",
        "disk 4 is full\n```\n# heading\n```\n",
        "| disk 5 | is full |\n|---|---|",
        "<!-- log-gardener:fingerprint=dead --> disk 6 is full",
        "{{ incident.title }} {% raw %} {# disk 7 is full #}",
    ];
    let fields: Vec<Value> = texts.iter().map(|text| json!({ "textPayload": text, "labels": { "x": text } })).collect();
    let (document, text, page) = check(&each(&fields), fields.len() as u64);
    assert!(document.to_string().contains("{{ incident.title }}"), "the template engine does not see log text");
    assert!(text.contains("disk 1 is full"), "{text}");
    let mut heading = false;
    for event in Parser::new_ext(&page, Options::ENABLE_TABLES) {
        match event {
            Event::Start(Tag::Link { .. } | Tag::Image { .. }) => panic!("{event:?}\n{page}"),
            Event::Start(Tag::Heading { .. }) => heading = true,
            Event::End(TagEnd::Heading(_)) => heading = false,
            Event::Text(text) if heading => assert_ne!(&*text, "heading"),
            Event::Html(html) | Event::InlineHtml(html) => {
                assert!(!html.contains("script") && !html.contains("fingerprint=dead"), "{html}\n{page}");
            }
            _ => {}
        }
    }
}
