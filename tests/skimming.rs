//! Lines that are counted without being parsed give what parsing every line gives, byte for byte, in one thread and in
//! several: over generated logs, over every value that may mean something, and over damaged bytes.
//! Leaves out how fast that is: see `measure/speed.py`.

use std::collections::HashSet;
use std::ops::Range;
use std::sync::Mutex;
use std::thread::{self, ThreadId};

use log_gardener::entry::{Calm, LogEntry, Severity, Timestamp};
use log_gardener::report::WindowView;
use log_gardener::source::{OriginList, ReadOptions, Sink, SourceSummary, TraceHints, read_bytes};
use log_gardener::triage::{Triage, TriageOptions};

use crate::run::{Hints, Shuffle, catalog};

/// A run that takes calm entries as counts.
struct Counting<'a>(&'a mut Triage<'static>, u64);

impl Sink for Counting<'_> {
    fn entry(&mut self, entry: LogEntry) {
        self.0.push(entry);
    }

    fn least(&self) -> Option<Severity> {
        self.0.least()
    }

    fn calm(&mut self, calm: &[Calm], origins: &OriginList) {
        self.1 += calm.len() as u64;
        self.0.push_calm(calm, origins);
    }

    fn settle(&mut self, origins: &OriginList) {
        self.0.settle(origins);
    }
}

/// How a log is read.
#[derive(Clone, Copy)]
struct How {
    skims: bool,
    threads: usize,
    window: bool,
}

/// Returns all that a run tells of a log, and how many entries were only counted.
fn told(bytes: &[u8], how: How) -> (String, u64) {
    let at = |second: i64| how.window.then_some(Timestamp((1_790_000_000 + second) * 1_000_000_000));
    let options = TriageOptions {
        least: Severity::Warning,
        since: at(40),
        until: at(90),
        now: Timestamp(1_790_000_200_000_000_000),
    };
    let mut run = Triage::new(catalog(), options, true);
    let read = ReadOptions { threads: how.threads, max_record_bytes: 8 << 10, ..ReadOptions::default() };
    let mut counted = 0;
    let summary: Option<SourceSummary> = if how.skims {
        let mut sink = Counting(&mut run, 0);
        let summary = read_bytes("input", bytes, &read, &Hints(catalog()), &mut |_| {}, &mut sink).ok();
        counted = sink.1;
        summary
    } else {
        read_bytes("input", bytes, &read, &Hints(catalog()), &mut |_| {}, &mut |entry: LogEntry| run.push(entry)).ok()
    };
    let mut run = run.finish(&[]);
    let view = run.view(catalog(), Vec::new(), WindowView { from: None, to: None }, Vec::new());
    let coverage = &run.coverage;
    let text = format!(
        "{summary:#?}\n{:#?}\n{:?} {:?} {:?} {} {} {}\n{}",
        coverage.revisions,
        coverage.by_severity,
        coverage.first_by_severity,
        coverage.empty_by_severity,
        coverage.largest_receive_lag,
        coverage.mojibake,
        coverage.without_severity,
        serde_json::to_string_pretty(&view).expect("it is JSON"),
    );
    (text + &format!("{:?}", run.assignments), counted)
}

/// Compares both ways; returns the share of entries that were only counted, in percent.
fn check(what: &str, bytes: &[u8], threads: usize) -> u64 {
    let mut share = 0;
    for window in [false, true] {
        let (slow, _) = told(bytes, How { skims: false, threads: 1, window });
        let (quick, counted) = told(bytes, How { skims: true, threads, window });
        if slow != quick {
            let differs = slow.lines().zip(quick.lines()).find(|(a, b)| a != b);
            panic!("{what}: {differs:#?}\n{}", String::from_utf8_lossy(&bytes[..bytes.len().min(20_000)]));
        }
        share = counted * 100 / (memchr::memchr_iter(b'\n', bytes).count() as u64).max(1);
    }
    share
}

/// What a service might say.
const MESSAGES: &[&str] = &[
    "cart 17 saved in 12ms",
    "INFO 2026-09-16 00:00:00,123 GET /carts/17 500 3ms",
    "INFO [2026-09-16 00:00:00,123] GET /carts/17 500 3ms",
    "ERROR 5 carts lost",
    "9:00AM INF GET /carts/17 500 3ms",
    "Sep 16, 2026 9:00:00 AM com.acme.Shop run\\nSEVERE: lost",
    "{\\\"level\\\":\\\"error\\\",\\\"msg\\\":\\\"cart 17 lost\\\"}",
    "{\\\"cart\\\":17}",
    "GET /healthz 200 3ms",
    "GET /carts/17 500 3ms",
    "POST /carts 404 1ms",
    "10.1.2.3:5 - \\\"GET /x HTTP/1.1\\\" 503",
    "2026-09-16 00:00:00,123 ERROR [main] it broke",
    "[2026-09-16 00:00:00] production.ERROR: it broke",
    "level=error ts=2026-09-16T00:40:00Z msg=broke",
    "E0916 00:40:00.123456 1 main.go:12] lease lost",
    "Sep 16 00:40:00 web-1 nginx[77]: upstream timed out",
    "Traceback (most recent call last):\\n  File \\\"/app/a.py\\\", line 3, in f\\nKeyError: 'x'",
    "  File \\\"/app/a.py\\\", line 3, in f",
    "gr\u{fc}n und gut \u{2713}",
    "caf\u{c3}\u{a9}",
    "caf\\u00e9 \\u2713",
    "caf\\u00c3\\u00a9",
    "\\ud83d\\ude00 fine",
    "\\ud83d alone",
    "<green>GET</green> /x 500",
    "\\u001b[31mGET /x 500\\u001b[0m",
    "tab\\there \\\\n and \\/",
    "",
    " ",
    "\\n",
    "5 carts",
    "10.0.0.1 - - [16/Sep/2026:00:40:00 +0000] \\\"GET /x HTTP/1.1\\\" 502 17 \\\"-\\\" \\\"curl/8\\\"",
    "level=info ts=2026-09-16T00:40:00Z msg=done method=GET path=/x status=500",
    "<13>Sep 16 00:40:00 host app: x",
    "<13>1 - host app - - - x",
    "ERROR: not a level field",
    "a=b c=d",
    "error",
];

/// What stands at the places of a generated entry; each choice is what a service might write there.
fn entry(number: usize, random: &mut Shuffle) -> String {
    // Mostly the first choice, or no two entries would be laid out alike.
    let message = MESSAGES[random.below(MESSAGES.len())];
    let kind = ["text", "text", "json", "json", "json", "request", "both", "audit", "none", "whole"][random.below(10)];
    let mut pick = |list: &[&'static str]| if random.below(8) > 0 { list[0] } else { list[random.below(list.len())] };
    let severity = pick(&["INFO", "INFO", "INFO", "DEBUG", "NOTICE", "INFO", "WARNING", "ERROR", "DEFAULT", "info"]);
    let second = number % 120;
    let fraction = pick(&[".123456789Z", ".5Z", "Z", "", "+02:00", ".000Z"]);
    let time = format!("2026-09-21T13:{:02}:{:02}{fraction}", 53 + (second + 20) / 60, (second + 20) % 60);
    let service = pick(&["cart", "cart", "pay", "", " "]);
    let revision = pick(&["r-1", "r-1", "r-2", ""]);
    let resource = match pick(&["run", "run", "k8s", "odd", "bare"]) {
        "run" => format!(
            r#"{{"labels":{{"revision_name":"{revision}","service_name":"{service}"}},"type":"cloud_run_revision"}}"#
        ),
        "k8s" => {
            format!(r#"{{"labels":{{"container_name":"{service}","pod_name":"p-{number}"}},"type":"k8s_container"}}"#)
        }
        "odd" => format!(r#"{{"labels":{{"service_name":7,"app":"{service}"}},"type":"global"}}"#),
        _ => r#"{"type":"global","labels":{}}"#.to_string(),
    };
    let payload = match kind {
        "text" => format!(r#""textPayload":"{message}""#),
        "json" => {
            let more = pick(&[
                r#""n":1"#,
                r#""level":"error""#,
                r#""error":"boom""#,
                r#""error":null"#,
                r#""error":{"type":"ValueError","message":"x"}"#,
                r#""path":"/x","status":500,"method":"GET""#,
                r#""url":"/x","code":503"#,
                r#""service":"other""#,
                r#""line":[{"logMessage":"x"}]"#,
                r#""line":-12.5"#,
                r#""stack":"Traceback (most recent call last):\n  File \"a.py\", line 1\nKeyError: 'x'""#,
                r#""@type":"type.googleapis.com/google.cloud.audit.AuditLog","methodName":"Services.ReplaceService""#,
                r#""ok":true,"list":[1,"two",{"three":3}]"#,
                r#""message":"again""#,
                r#""event":7"#,
            ]);
            let key = pick(&["message", "message", "msg", "log", "text"]);
            format!(r#""jsonPayload":{{"{key}":"{message}",{more}}}"#)
        }
        "request" => {
            let status = pick(&["200", "404", "500", "\"503\"", "null"]);
            format!(r#""httpRequest":{{"latency":"0.01s","requestMethod":"GET","requestUrl":"https://a.b/c","status":{status}}}"#)
        }
        "both" => format!(r#""httpRequest":{{"requestMethod":"","status":500}},"textPayload":"{message}""#),
        "audit" => r#""protoPayload":{"@type":"type.googleapis.com/google.cloud.audit.AuditLog","methodName":"Services.ReplaceService"}"#.to_string(),
        "whole" => r#""jsonPayload":{"@type":"x","caf\u00e9":"y","n":1e3}"#.to_string(),
        _ => r#""labels":{"app":"x"}"#.to_string(),
    };
    let mut fields = vec![
        format!(r#""insertId":"{}""#, if random.below(20) == 0 { "same".to_string() } else { format!("i{number}") }),
        payload,
        r#""logName":"projects/p/logs/stdout""#.to_string(),
        format!(r#""resource":{resource}"#),
        format!(r#""severity":"{severity}""#),
        format!(r#""timestamp":"{time}""#),
    ];
    match random.below(60) {
        0 => fields.push(r#""receiveTimestamp":"2026-09-21T13:59:00.5Z""#.to_string()),
        1 => fields.push(r#""split":{"uid":"u","index":0,"totalSplits":2}"#.to_string()),
        2 => fields.push(r#""trace":"projects/p/traces/abc","spanId":"1","traceSampled":true"#.to_string()),
        3 => fields.push(r#""severity":"ERROR""#.to_string()),
        4 => fields[4] = r#""severity":200"#.to_string(),
        5 => drop(fields.remove(4)),
        6 => fields[0] = r#""insertId":"""#.to_string(),
        7 => fields[2] = r#""logName":null"#.to_string(),
        _ => {}
    }
    let spaced = random.below(30) == 0;
    let line = format!("{{{}}}", fields.join(if spaced { ", " } else { "," }));
    if spaced { line.replace("\":\"", "\": \"") } else { line }
}

/// A log of so many entries, some lines of which are something else.
fn log(entries: usize, random: &mut Shuffle) -> Vec<u8> {
    let odd = [
        "plain text between entries",
        "ERROR plain text that failed",
        "{\"log\":\"ERROR disk is full\\n\",\"stream\":\"stderr\",\"time\":\"2026-09-21T13:54:00Z\"}",
        "{\"level\":\"error\",\"msg\":\"boom\",\"time\":\"2026-09-21T13:54:00Z\"}",
        "{\"level\":\"info\",\"msg\":\"fine\",\"time\":\"2026-09-21T13:54:00Z\"}",
        "{\"insertId\":\"x\",\"severity\":\"INFO\",",
        "{\"insertId\":\"x\" \"severity\":\"INFO\"}",
        "{\"logs\":[]}",
        "{}",
        "",
        "[]",
        "{\"entries\":[{\"insertId\":\"w\",\"severity\":\"ERROR\",\"textPayload\":\"boom\"}]}",
    ];
    let mut text = String::new();
    let mut before = String::new();
    for number in 0..entries {
        let line = match random.below(60) {
            0 => odd[random.below(odd.len())].to_string(),
            1 if !before.is_empty() => before.clone(),
            _ => entry(number, random),
        };
        text.push_str(&line);
        text.push_str(if random.below(40) == 0 { "\r\n" } else { "\n" });
        before = line;
    }
    text.into_bytes()
}

/// Pairs of records of one layout: the second means more than the first, which taught the layout.
#[test]
fn values_that_mean_more() {
    let k8s = r#""resource":{"labels":{"container_name":"cart"},"type":"k8s_container"}"#;
    let run = r#""resource":{"labels":{"service_name":"cart","revision_name":"r"},"type":"cloud_run_revision"}"#;
    let text = |message: &str| format!(r#""textPayload":"{message}",{k8s},"severity":"INFO""#);
    let fields = |more: &str| format!(r#""jsonPayload":{{"message":"done",{more}}},{k8s},"severity":"INFO""#);
    let pairs = [
        (fields(r#""method":"GET","path":"/x","status":200"#), fields(r#""method":"GET","path":"/x","status":500"#)),
        (
            format!(r#""httpRequest":{{}},{}"#, fields(r#""method":"GET","path":"/x","status":200"#)),
            format!(r#""httpRequest":{{}},{}"#, fields(r#""method":"GET","path":"/x","status":500"#)),
        ),
        (text("done"), text("GET /x 500 3ms")),
        (text("done"), text("\\u001b[31m GET /x 500 3ms\\u001b[0m")),
        (text("done"), text("<red> GET /x 500 3ms</red>")),
        (text("done"), text("10.1.2.3:5 - \\\"GET /x HTTP/1.1\\\" 500\\t")),
        (text("done"), text("GET /x 500\\r\\r\\nmore")),
        (text("done"), text("GET /x 500\u{a0}")),
        (
            format!(r#""httpRequest":{{"requestMethod":"GET"}},"textPayload":"done",{k8s},"severity":"DEBUG""#),
            format!(
                r#""httpRequest":{{"requestMethod":"GET"}},"textPayload":"GET /x 200 3ms",{k8s},"severity":"DEBUG""#
            ),
        ),
        (
            format!(r#""httpRequest":{{"requestMethod":"GET"}},"textPayload":"done",{k8s},"severity":"INFO""#),
            format!(r#""httpRequest":{{"requestMethod":""}},"textPayload":"GET /x 500 3ms",{k8s},"severity":"INFO""#),
        ),
        (
            format!(r#""textPayload":"done","receiveTimestamp":1790000900.5,{run},"severity":"INFO""#),
            format!(r#""textPayload":"done","receiveTimestamp":1790009900.5,{run},"severity":"INFO""#),
        ),
        (text("done"), text("done").replace("INFO", "ERROR")),
        (text("done"), text("done").replace("cart", "")),
        (text("done"), text("")),
        (text("done"), text("caf\\u00c3\\u00a9")),
    ];
    let stamped = |number: usize, fields: &str| {
        format!("{{\"insertId\":\"i{number}\",\"timestamp\":\"2026-09-21T13:53:4{number}Z\",{fields}}}\n")
    };
    for (first, second) in &pairs {
        let lines = [stamped(1, first), stamped(2, first), stamped(3, second), stamped(4, first)].concat();
        check(second, lines.as_bytes(), 1);
    }
    // Layouts of several lines, learned in a list, are none of lines.
    let spread =
        |number: usize| stamped(number, &text("done")).replace(",\"", ",\n\"").replace("{\"insertId", "{\n\"insertId");
    let list = format!("[\n{},\n{}]\n", spread(1).trim_end(), spread(2));
    let lines = [stamped(3, &text("done")), stamped(4, &text("done")), spread(5), stamped(6, &text("KeyError: 'x'"))];
    let error = r#"{"severity":"ERROR","message":"boom","time":"2026-09-21T13:53:50Z"}"#;
    check("spread", format!("{list}{}{error}\n", lines.concat()).as_bytes(), 1);
}

#[test]
fn generated_logs() {
    for seed in 1..=12 {
        let share = check(&format!("seed {seed}"), &log(1500, &mut Shuffle(seed * 77_777)), 1);
        assert!(share >= 5, "only {share} % of the lines were counted, so that little was tried");
    }
}

#[test]
fn most_of_a_usual_log_is_only_counted() {
    let line = |number: usize| {
        let severity = if number % 100 == 7 { "ERROR" } else { "INFO" };
        format!(
            r#"{{"insertId":"i{number}","jsonPayload":{{"message":"cart {number} saved"}},"logName":"projects/p/logs/stdout","resource":{{"labels":{{"revision_name":"r-1","service_name":"cart"}},"type":"cloud_run_revision"}},"severity":"{severity}","timestamp":"2026-09-21T13:53:{:02}.5Z"}}
"#,
            number % 60
        )
    };
    let lines: String = (0..2000).map(line).collect();
    let share = check("lines", lines.as_bytes(), 1);
    assert!(share >= 95, "{share} % of the lines were only counted");
    let elements: Vec<String> = (0..500)
        .map(|number| {
            let value: serde_json::Value = serde_json::from_str(&line(number)).expect("JSON");
            serde_json::to_string_pretty(&value).expect("JSON").replace('\n', "\n  ")
        })
        .collect();
    let list = format!("[\n  {}\n]\n", elements.join(",\n  "));
    check("list", list.as_bytes(), 1);
    let (_, counted) = told(list.as_bytes(), How { skims: true, threads: 1, window: false });
    assert!(counted >= 480, "{counted} of 500 elements were only counted");
}

/// What the grammars know, and which threads ask it.
struct Heard(Hints<'static>, Mutex<HashSet<ThreadId>>);

impl TraceHints for Heard {
    fn starts(&self, line: &str) -> bool {
        self.1.lock().expect("no thread panics").insert(thread::current().id());
        self.0.starts(line)
    }

    fn blocks(&self, lines: &[&str]) -> Vec<Range<usize>> {
        self.0.blocks(lines)
    }

    fn continues(&self, line: &str) -> bool {
        self.0.continues(line)
    }
}

/// A line of JSON that is surely read as one entry; every seventh states no severity, so that its trace is asked about.
fn plain(number: usize) -> String {
    let severity = ["INFO", "INFO", "DEBUG", "INFO", "WARNING", "INFO"].get(number % 7);
    let severity = severity.map_or(String::new(), |severity| format!(r#""severity":"{severity}","#));
    format!(
        r#"{{"insertId":"i{}","jsonPayload":{{"message":"cart {number} saved for somebody"}},"logName":"projects/p/logs/stdout","resource":{{"labels":{{"revision_name":"r-{}","service_name":"cart"}},"type":"cloud_run_revision"}},{severity}"timestamp":"2026-09-21T13:53:{:02}.5Z"}}
"#,
        // Some are read twice.
        number - number % 50 / 49 * 30,
        number / 9000,
        number % 60
    )
}

#[test]
fn several_threads_tell_the_same() {
    let mut lines: String = (0..45_000).map(plain).collect();
    assert!(lines.len() > 8 << 20, "{} bytes are too few for several threads", lines.len());
    let heard = Heard(Hints(catalog()), Mutex::default());
    let options = ReadOptions { threads: 3, ..ReadOptions::default() };
    let quiet = TriageOptions { least: Severity::Warning, since: None, until: None, now: Timestamp(0) };
    let mut run = Triage::new(catalog(), quiet, false);
    let summary = read_bytes("input", lines.as_bytes(), &options, &heard, &mut |_| {}, &mut Counting(&mut run, 0));
    assert_eq!(summary.expect("it can be read").entries, 45_000);
    let threads = heard.1.lock().expect("no thread panics").len();
    assert!(threads > 1, "{threads} thread read all");
    check("one after the other", lines.as_bytes(), 3);
    // A line of text late in the log ends the work of the others, and what they had begun is read again.
    let at = lines[..7 << 20].rfind('\n').expect("lines") + 1;
    lines.insert_str(at, "a line of text in the seventh megabyte\n");
    check("a line of text", lines.as_bytes(), 3);
}

#[test]
fn damaged_bytes() {
    damaged(40);
}

#[test]
#[ignore = "many more of the same, for a release build"]
fn many_damaged_bytes() {
    damaged(4_000);
}

fn damaged(seeds: u64) {
    const BYTES: &[u8] = b"{}[]\",:\\\n\r\t\0 '0-9eE\x1b\x80\xff\xc3\xe2u";
    for seed in 1..=seeds {
        let mut random = Shuffle(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1);
        let mut bytes = log(60, &mut random);
        // Known layouts come first, so that the damage meets something that is known.
        let again = bytes.clone();
        bytes.extend(again);
        for _ in 0..1 + random.below(12) {
            let at = bytes.len() / 2 + random.below(bytes.len() / 2);
            match random.below(4) {
                0 => bytes[at] ^= 1 << random.below(8),
                1 => bytes[at] = BYTES[random.below(BYTES.len())],
                2 => bytes.insert(at, BYTES[random.below(BYTES.len())]),
                _ => drop(bytes.remove(at)),
            }
        }
        check(&format!("damage {seed}"), &bytes, 1);
    }
}
