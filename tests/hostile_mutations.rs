//! Small inputs of every shape with bytes flipped, cut out, doubled and swapped: reading ends, never panics,
//! and every event stands in exactly one incident. Leaves out what is found in them.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::{Duration, Instant};

use log_gardener::report::WindowView;
use log_gardener::report::text::{self, Look};

use crate::run::{Shuffle, catalog, triage};

const ENTRY: &str = r#"{"insertId":"a1","timestamp":"2026-09-16T00:40:00.123Z","severity":"ERROR","logName":"projects/p/logs/stderr","resource":{"type":"cloud_run_revision","labels":{"service_name":"api","revision_name":"api-1"}},"labels":{"instanceId":"i1"},"trace":"projects/p/traces/0af7651916cd43dd8448eb211c80319c","jsonPayload":{"message":"Agent setup failed: No module named 'app.bridge'","error":{"type":"ModuleNotFoundError"}}}"#;
const REQUEST: &str = r#"{"insertId":"a2","timestamp":"2026-09-16T00:40:01Z","severity":"ERROR","logName":"projects/p/logs/requests","resource":{"type":"cloud_run_revision"},"httpRequest":{"requestMethod":"GET","requestUrl":"https://x.app/api/v1/carts/17?x=1","status":503,"latency":"0.512s","userAgent":"curl/8"}}"#;
const PYTHON: &str = "2026-09-16 00:40:00,123 - app.core - ERROR - setup failed\nTraceback (most recent call last):\n  File \"/app/main.py\", line 3, in boot\n    import bridge\nKeyError: 'x'\n\nDuring handling of the above exception, another exception occurred:\n\nTraceback (most recent call last):\n  File \"/app/main.py\", line 9, in <module>\n    boot()\nRuntimeError: no bridge\n2026-09-16 00:40:01,000 - app.core - INFO - bye\n";
const JAVA: &str = "2026-09-16T00:40:00.123Z ERROR [main] c.s.Shop - checkout failed\njava.lang.IllegalStateException: no stock\n\tat com.shop.Cart.pay(Cart.java:41)\n\tat com.shop.Main.main(Main.java:7)\nCaused by: java.sql.SQLException: gone\n\tat org.db.Driver.run(Driver.java:9)\n\t... 2 more\n";
const GO: &str = "panic: runtime error: invalid memory address or nil pointer dereference\n[signal SIGSEGV: segmentation violation code=0x1 addr=0x0 pc=0x49d5f2]\n\ngoroutine 1 [running]:\nmain.main()\n\t/app/main.go:12 +0x1d\nexit status 2\n";
const NODE: &str = "/app/server.js:10\n    throw new TypeError('x')\n    ^\n\nTypeError: x\n    at boot (/app/server.js:10:11)\n    at Object.<anonymous> (/app/index.js:3:1) {\n  code: 'E_X'\n}\n\nNode.js v20.1.0\n";
const LINES: &str = "Sep 16 00:40:00 web-1 nginx[77]: upstream timed out (110: Connection timed out)\n<11>1 2026-09-16T00:40:00Z host app 7 ID47 [x@1 a=\"b\"] disk is full\nE0916 00:40:00.123456 1 main.go:12] lease lost\nlevel=error ts=2026-09-16T00:40:00Z msg=\"no leader\" id=7\n10.0.0.1 - - [16/Sep/2026:00:40:00 +0000] \"GET /x HTTP/1.1\" 502 17 \"-\" \"curl/8\"\n\u{1b}[31m[2026-09-16 00:40:00] production.ERROR: broke {\"a\":1}\u{1b}[0m\n";
const DOCKER: &str = "{\"log\":\"ERROR disk is full\\n\",\"stream\":\"stderr\",\"time\":\"2026-09-16T00:40:00.123456789Z\"}\n2026-09-16T00:40:00.123456789Z stderr P ERROR half\n2026-09-16T00:40:00.123456789Z stderr F  whole\n[pod/web-1/app] 2026-09-16T00:40:00.1234567Z {\"level\":\"error\",\"msg\":\"x\"}\n";
const DUMP: &str = "{\n  \"time_range\": {\"start\": \"2026-09-16T00:00:00Z\", \"end\": \"2026-09-16T01:00:00Z\"},\n  \"logs\": {\"ERROR\": [\n    {\"insert_id\": \"a\", \"timestamp\": \"2026-09-16T00:40:00\", \"severity\": \"ERROR\", \"json_payload\": {\"message\": \"it broke\"}},\n    {\"insert_id\": \"b\", \"timestamp\": \"2026-09-16T00:40:01\", \"severity\": \"ERROR\", \"text_payload\": \"it broke\"}\n  ], \"INFO\": []}\n}\n";
const PUBSUB: &str = "{\"message\":{\"data\":\"eyJpbnNlcnRJZCI6ImEiLCJsb2dOYW1lIjoibCIsInNldmVyaXR5IjoiRVJST1IiLCJ0ZXh0UGF5bG9hZCI6Iml0IGJyb2tlIn0=\",\"messageId\":\"1\"},\"subscription\":\"s\"}\n";

fn shapes() -> Vec<(&'static str, Vec<u8>)> {
    let pretty = serde_json::to_string_pretty(&serde_json::from_str::<serde_json::Value>(ENTRY).expect("JSON"));
    let utf_16 = format!("\u{feff}{ENTRY}\n").encode_utf16().flat_map(u16::to_le_bytes).collect();
    let ndjson = format!("{ENTRY}\n{REQUEST}\n");
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    std::io::Write::write_all(&mut gzip, ndjson.repeat(3).as_bytes()).expect("packed");
    vec![
        ("ndjson", ndjson.into_bytes()),
        ("array", format!("[{},\n{REQUEST}]\n", pretty.expect("JSON")).into_bytes()),
        ("dump", DUMP.into()),
        ("pubsub", PUBSUB.into()),
        ("docker", DOCKER.into()),
        ("python", PYTHON.into()),
        ("java", JAVA.into()),
        ("go", GO.into()),
        ("node", NODE.into()),
        ("lines", LINES.into()),
        ("utf-16", utf_16),
        ("gzip", gzip.finish().expect("packed")),
        ("zstd", zstd::encode_all(PYTHON.as_bytes(), 1).expect("packed")),
    ]
}

/// Bytes that mean something to one reader or another.
const TELLING: &[u8] = b"{}[]\",:\\\n\r\t\0 '`<>()=|0-9eE\x1b\x80\xff\xc3\xe2";

fn mutate(bytes: &mut Vec<u8>, random: &mut Shuffle) {
    for _ in 0..=random.below(4) {
        let at = random.below(bytes.len());
        let end = (at + 1 + random.below(24)).min(bytes.len());
        match random.below(7) {
            _ if bytes.is_empty() => bytes.push(TELLING[random.below(TELLING.len())]),
            0 => bytes[at] ^= 1 << random.below(8),
            1 => bytes[at] = TELLING[random.below(TELLING.len())],
            2 => bytes.insert(at, TELLING[random.below(TELLING.len())]),
            3 => drop(bytes.drain(at..end)),
            4 => {
                let part = bytes[at..end].to_vec();
                let times = 1 + random.below(40);
                bytes.splice(at..at, part.repeat(times));
            }
            5 => bytes.truncate(at),
            _ => {
                let other = random.below(bytes.len());
                bytes.swap(at, other);
            }
        }
    }
}

/// Runs over `bytes` and says what is wrong, if anything.
fn fault(bytes: &[u8]) -> Option<String> {
    let started = Instant::now();
    let run = catch_unwind(AssertUnwindSafe(|| {
        let (mut run, entries) = triage(bytes)?;
        let view = run.view(catalog(), Vec::new(), WindowView { from: None, to: None }, Vec::new());
        let shown = text::render(&view, Look { width: 80, color: false });
        Some((run, entries, view, shown))
    }));
    let Ok(run) = run else { return Some("it panics".to_string()) };
    // Generous: the machine may be busy; what does not end or is quadratic takes far longer.
    if started.elapsed() > Duration::from_secs(10) {
        return Some(format!("it takes {:?}", started.elapsed()));
    }
    let (run, entries, view, shown) = run?;
    if shown.contains(|c: char| c.is_control() && c != '\n') {
        return Some(format!("it steers the terminal: {shown:?}"));
    }
    let sum: u64 = view.incidents.iter().map(|incident| incident.entries).sum();
    if sum != view.coverage.events {
        return Some(format!("{sum} events in incidents, {} in the coverage", view.coverage.events));
    }
    let mut times = vec![0; run.groups.len()];
    run.cascades.incidents.iter().flat_map(|incident| &incident.groups).for_each(|&group| times[group] += 1);
    if times.iter().any(|times| *times != 1) {
        return Some(format!("groups stand in so many incidents: {times:?}"));
    }
    let events: u64 = run.groups.iter().map(|group| group.events).sum();
    (events > entries).then(|| format!("{events} events of {entries} entries"))
}

fn mutations(each: u64) {
    for (name, whole) in shapes() {
        let (run, _) = triage(&whole).unwrap_or_else(|| panic!("{name} cannot be read"));
        assert!(!run.groups.is_empty(), "{name} as it is tells of an error");
        for seed in 1..=each {
            let mut random = Shuffle(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1);
            let mut bytes = whole.clone();
            mutate(&mut bytes, &mut random);
            if let Some(fault) = fault(&bytes) {
                panic!("{name}, seed {seed}: {fault}\n{:?}", String::from_utf8_lossy(&bytes));
            }
        }
    }
}

#[test]
fn mutations_are_survived() {
    mutations(80);
}

#[test]
#[ignore = "many more of the same, for a release build"]
fn many_mutations_are_survived() {
    mutations(20_000);
}
