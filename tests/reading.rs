//! Reading: every shape a log comes in, and everything hostile that may stand in its place.
//! Leaves out what the entries mean together; those are the tests of later rooms.

use std::io::{Read, Write};
use std::sync::LazyLock;

use log_gardener::entry::{LogEntry, Severity, SeverityOrigin};
use log_gardener::pattern::{Catalog, TraceGrammars};
use log_gardener::source::{ReadOptions, SourceError, SourcePath, SourceSummary, expand, read, read_bytes};

/// The catalog's own trace grammars, loaded once.
fn traces() -> &'static TraceGrammars {
    static CATALOG: LazyLock<Catalog> = LazyLock::new(|| Catalog::builtin().expect("the built-in catalog loads"));
    &CATALOG.traces
}

fn try_read_with(input: impl Read, options: &ReadOptions) -> (Vec<LogEntry>, Result<SourceSummary, SourceError>) {
    let mut entries = Vec::new();
    let summary = read_bytes("t", input, options, traces(), &mut |_| {}, &mut |entry: LogEntry| entries.push(entry));
    (entries, summary)
}

fn read_with(input: impl Read, options: &ReadOptions) -> (Vec<LogEntry>, SourceSummary) {
    let (entries, summary) = try_read_with(input, options);
    (entries, summary.expect("readable"))
}

fn read_text(input: &str) -> (Vec<LogEntry>, SourceSummary) {
    read_with(input.as_bytes(), &ReadOptions::default())
}

/// One line an entry: lines, severity, how it is known, message.
fn show(entries: &[LogEntry]) -> String {
    entries
        .iter()
        .map(|e| format!("{}-{} {} {:?} {:?}\n", e.at.line, e.at.end_line, e.severity, e.severity_origin, e.message))
        .collect()
}

/// Real exports, where they are at hand.
fn netra(name: &str) -> Option<(Vec<LogEntry>, SourceSummary)> {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data/netra").join(name);
    if !path.exists() {
        println!("skipped: ../shared/data/netra/{name} is not here");
        return None;
    }
    let mut entries = Vec::new();
    let summary =
        read(&SourcePath::File(path), &ReadOptions::default(), traces(), &mut |_| {}, &mut |entry: LogEntry| {
            entries.push(entry)
        });
    Some((entries, summary.expect("readable")))
}

fn severities(entries: &[LogEntry]) -> String {
    let mut counts = std::collections::BTreeMap::new();
    for entry in entries {
        *counts.entry(entry.severity).or_insert(0) += 1;
    }
    counts.iter().rev().map(|(severity, count)| format!("{severity} {count} ")).collect()
}

#[test]
fn netra_crash_loop() {
    let Some((entries, summary)) = netra("crash-loop-1000.json") else { return };
    assert_eq!((summary.entries, summary.skipped_total, summary.complete), (1000, 0, true), "{summary:?}");
    assert_eq!(severities(&entries), "ERROR 135 WARNING 44 INFO 776 DEFAULT 45 ");
    assert_eq!(summary.without_severity, 180);
    assert_eq!(entries.iter().filter(|e| e.severity >= Severity::Warning).count(), 75 + 44 + 60);
    assert_eq!(entries.iter().filter(|e| e.may_continue).count(), 30);
    assert_eq!(entries.iter().filter(|e| e.error_field.is_some()).count(), 15);
    assert!(entries.iter().all(|e| e.logged_at.as_ref().is_none_or(|at| at.module.as_deref() != Some("logging"))));
    assert!(
        entries
            .iter()
            .all(|e| e.origin.service.as_deref() == Some("netra-backend-staging") && e.origin.instance.is_some())
    );
}

#[test]
fn netra_python_dump() {
    let Some((entries, summary)) = netra("database-timeout-python-client.json") else { return };
    assert_eq!((summary.entries, summary.skipped_total, summary.format), (163, 0, "python-dump"), "{summary:?}");
    assert_eq!(severities(&entries), "ERROR 50 WARNING 50 NOTICE 13 INFO 50 ");
    assert_eq!(summary.per_severity.get(&Severity::Error), Some(&50));
    assert_eq!(summary.asked_from.map(|t| t.to_string()).as_deref(), Some("2025-09-15T20:37:44.434498Z"));
    assert!(summary.asked_to.is_some());
    assert_eq!(entries.iter().filter(|e| e.http.as_ref().is_some_and(|http| http.status == Some(503))).count(), 22);
    assert!(entries.iter().filter(|e| e.severity == Severity::Notice).all(|e| e.change.is_some()));
    assert!(entries.iter().filter(|e| e.message.contains("Traceback")).all(|e| e.message.contains('\n')));
}

#[test]
fn netra_others() {
    if let Some((entries, summary)) = netra("split-messages-no-severity.json") {
        assert_eq!(summary.entries, 50);
        assert_eq!(entries.iter().filter(|e| e.message == "\" does not exist" && e.may_continue).count(), 12);
        let halves = entries.iter().filter(|e| e.message.ends_with("failed: database \"netra_dev"));
        assert_eq!(
            halves.filter(|e| e.severity == Severity::Error && e.severity_origin == SeverityOrigin::Text).count(),
            12
        );
    }
    if let Some((entries, summary)) = netra("coroutine-no-await.json") {
        assert_eq!((summary.entries, severities(&entries).as_str()), (20, "ERROR 6 WARNING 14 "));
    }
    if let Some((entries, summary)) = netra("auth-403.json") {
        assert_eq!((summary.entries, severities(&entries).as_str()), (20, "ERROR 6 WARNING 5 INFO 9 "));
    }
    if let Some((entries, summary)) = netra("not-a-log-export.json") {
        assert_eq!((entries.len(), summary.skipped_total), (0, 1));
        assert_eq!(summary.skipped[0].at, "entry 0");
        assert_eq!(
            summary.skipped[0].reason,
            "not a log entry: no insertId, no logName, no resource with type and labels"
        );
    }
}

/// Reads `input` and compares what came out, one line an entry; `!` lines are what was skipped.
#[track_caller]
fn check(input: &str, expect: &str) {
    let (entries, summary) = read_text(input);
    let mut got = show(&entries);
    for skipped in &summary.skipped {
        got.push_str(&format!("! {}: {}\n", skipped.at, skipped.reason));
    }
    assert_eq!(got, expect.trim_start().replace("\n        ", "\n").trim_end_matches(' '), "\n{input}\n{summary:?}");
}

#[test]
fn text_heads() {
    // (line, severity, message): one line of each logger's usual layout.
    let cases = [
        (
            "[2026-09-16 00:41:13 +0000] [14] [ERROR] Worker (pid:18) exited with code 3",
            "ERROR",
            "Worker (pid:18) exited with code 3",
        ),
        (
            "2026-08-25 16:24:10.285 | ERROR    | shop.health:_record:150 | <red>no database</red>",
            "ERROR",
            "no database",
        ),
        ("2026-08-25 16:24:10.285 | ERROR    | shop.health:_record:150 - no database", "ERROR", "no database"),
        ("2026-08-25 16:24:10,285 - shop.db - WARNING - slow query", "WARNING", "slow query"),
        ("2026-08-25 16:24:10,285 ERROR shop.db: slow query", "ERROR", "slow query"),
        (
            "2026-08-25 16:24:10,285 ERROR [ClickHouse] REAL connection failed",
            "ERROR",
            "[ClickHouse] REAL connection failed",
        ),
        ("ERROR:root:it broke", "ERROR", "it broke"),
        ("ERROR:    Exception in ASGI application", "ERROR", "Exception in ASGI application"),
        (
            "INFO:     127.0.0.1:4711 - \"GET /health HTTP/1.1\" 200 OK",
            "INFO",
            "127.0.0.1:4711 - \"GET /health HTTP/1.1\" 200 OK",
        ),
        (
            "2026-01-01T10:00:00.123Z [error    ] it broke                      [shop.db] order=5",
            "ERROR",
            "it broke                      [shop.db] order=5",
        ),
        ("2026-01-01 10:00:00,123 ERROR [main] com.acme.Shop - it broke", "ERROR", "it broke"),
        ("10:00:00.123 [main] ERROR com.acme.Shop - it broke", "ERROR", "it broke"),
        ("2026-01-01 10:00:00.123  WARN 1 --- [nio-8080-exec-1] c.a.shop.Web  : it broke", "WARNING", "it broke"),
        (
            "2026-01-01T10:00:00.123Z\tERROR\tshop/db.go:12\tit broke\t{\"order\": 5}",
            "ERROR",
            "it broke\t{\"order\": 5}",
        ),
        ("E0101 12:00:00.000000       1 reflector.go:12] it broke", "ERROR", "it broke"),
        ("2026/01/01 10:00:00 [error] 12#12: *3 connect() failed", "ERROR", "connect() failed"),
        ("[Sun Dec 04 04:47:44 2005] [error] mod_jk child in error state 6", "ERROR", "mod_jk child in error state 6"),
        ("[Sun Dec 04 04:47:44.123456 2005] [core:error] [pid 1] it broke", "ERROR", "[pid 1] it broke"),
        ("2026/01/01 10:00:00 it broke", "DEFAULT", "it broke"),
        ("time=2026-01-01T10:00:00Z level=warning msg=\"it broke\" order=5", "WARNING", "it broke"),
        (
            "ts=2026-01-01T10:00:00Z caller=main.go:12 level=error msg=\"it broke\" err=\"dial tcp\"",
            "ERROR",
            "it broke: dial tcp",
        ),
        ("Jan  2 03:04:05 host1 shopd[12]: it broke", "DEFAULT", "it broke"),
        ("Jan  2 03:04:05 host1 postgres[12]: [3-1] ERROR:  it broke", "ERROR", "it broke"),
        ("Jan  2 03:04:05 host1 postgres[12]: [3-2] HINT:  mend it", "INFO", "mend it"),
        ("2026-01-01 10:00:00.000 UTC [17-3] bob@shop ERROR:  it broke", "ERROR", "it broke"),
        ("2026-01-01 10:00:00 UTC [17]: [3-1] user=bob,db=shop ERROR:  it broke", "ERROR", "it broke"),
        ("2026-01-01 10:00:00.000 UTC [17] LOG:  checkpoint starting: time", "INFO", "checkpoint starting: time"),
        ("2026-01-01 10:00:00.000 UTC [17] STATEMENT:  SELECT 1", "INFO", "SELECT 1"),
        ("2026-01-01T10:00:00.000Z E0101 10:00:00.000000       1 probe.go:12] it broke", "ERROR", "it broke"),
        (
            "Jan  2 03:04:05 host1 kubelet[12]: W0102 03:04:05.000000       1 probe.go:12] it broke",
            "WARNING",
            "it broke",
        ),
        ("Jan  2 03:04:05 host1 shopd[12]: ERROR: it broke", "ERROR", "it broke"),
        ("<11>Jan  2 03:04:05 host1 shopd[12]: it broke", "ERROR", "it broke"),
        ("<165>1 2026-01-01T10:00:00.003Z host1 shopd 12 ID47 [x@1 a=\"b]\"] it broke", "NOTICE", "it broke"),
        ("E, [2026-01-01T10:00:00.123456 #12] ERROR -- : it broke", "ERROR", "it broke"),
        ("[2026-01-01T10:00:00Z ERROR shop::db] it broke", "ERROR", "it broke"),
        ("2026-01-01T10:00:00.123456Z ERROR shop::db: it broke", "ERROR", "it broke"),
        ("[2026-01-01 10:00:00,123: ERROR/MainProcess] it broke", "ERROR", "it broke"),
        (
            "2026-01-01 10:00:00.000 UTC [17] FATAL:  password authentication failed",
            "CRITICAL",
            "password authentication failed",
        ),
        ("[10:00:00 ERR] it broke", "ERROR", "it broke"),
        ("[01-Jan-2026 10:00:00 UTC] PHP Warning:  Undefined variable", "WARNING", "PHP Warning:  Undefined variable"),
        (
            "PHP Parse error:  unexpected token in /a.php on line 3",
            "ERROR",
            "PHP Parse error:  unexpected token in /a.php on line 3",
        ),
        ("9:00AM ERR it broke error=\"EOF\"", "ERROR", "it broke error=\"EOF\""),
        ("12:05PM FTL it broke", "CRITICAL", "it broke"),
        ("03/10/2026 09:00:04 AM - ERROR - it broke", "ERROR", "it broke"),
        ("25.03.2026 09:00:04,123 ERROR it broke", "ERROR", "it broke"),
        ("1773133205 ERROR it broke", "ERROR", "it broke"),
        ("1773133205 carts", "DEFAULT", "1773133205 carts"),
        (
            "77:M 10 Mar 2026 09:00:00.123 # Out of memory allocating 100 bytes!",
            "ERROR",
            "Out of memory allocating 100 bytes!",
        ),
        ("77:M 10 Mar 2026 09:00:00.123 # it is slow", "WARNING", "it is slow"),
        ("77:C 10 Mar 2026 09:00:00.123 * it is saved", "NOTICE", "it is saved"),
        ("2026.03.10 09:00:00.123456 [ 77 ] {} <Error> Door: it broke", "ERROR", "Door: it broke"),
        ("2026.03.10 09:00:00.123456 [ 77 ] {a-1} <Information> Door: it opened", "INFO", "Door: it opened"),
        ("ts=2026-03-10T09:00:00Z msg=\"it broke\" lvl=eror", "ERROR", "it broke"),
        ("EROR[03-10|09:00:00] it broke", "ERROR", "[03-10|09:00:00] it broke"),
        ("ERROR 2026-03-10 09:00:07,123 views 12 140735123456789 it broke", "ERROR", "it broke"),
        ("ERROR 2026-03-10 09:00:07,123 carts 12 17 it broke", "ERROR", "carts 12 17 it broke"),
        ("ERROR [2026-03-10 09:00:00,123] com.acme.Shop: it broke", "ERROR", "it broke"),
        ("ERROR 09:00 is no time for this", "ERROR", "09:00 is no time for this"),
        (
            "1.2.3.4 - - [10/Oct/2026:13:55:36 -0700] \"GET /x HTTP/1.1\" 503 12 \"-\" \"curl/8\"",
            "ERROR",
            "1.2.3.4 - - [10/Oct/2026:13:55:36 -0700] \"GET /x HTTP/1.1\" 503 12 \"-\" \"curl/8\"",
        ),
        ("\u{1b}[31mERROR\u{1b}[0m it broke", "ERROR", "it broke"),
        ("081109 203615 148 INFO dfs.DataNode$PacketResponder: it ended", "INFO", "it ended"),
        ("Error: it broke", "ERROR", "Error: it broke"),
        ("the error was handled", "DEFAULT", "the error was handled"),
        ("2026-01-01 10:00:00 Received ERROR from upstream", "DEFAULT", "Received ERROR from upstream"),
        (
            "2026-01-01 10:00:00 ERROR java.lang.IllegalStateException: it broke",
            "ERROR",
            "java.lang.IllegalStateException: it broke",
        ),
        ("Container called exit(3).", "DEFAULT", "Container called exit(3)."),
    ];
    let mut wrong = String::new();
    for (line, severity, message) in cases {
        let (entries, _) = read_text(line);
        let got: Vec<_> = entries.iter().map(|e| (e.severity.name(), e.message.as_str())).collect();
        if got != [(severity, message)] {
            wrong.push_str(&format!("{line}\n   {got:?}\n"));
        }
    }
    assert_eq!(wrong, "");
}

#[test]
fn a_trace_without_severity_is_an_error_whatever_its_type_is_called() {
    let text =
        "BasketOverflow: 12 of 10 used\\n    at add (/app/dist/basket.js:74:3)\\n    at route (/app/dist/shop.js:5:9)";
    let (entries, _) =
        read_text(&format!("[{{\"insertId\":\"a\",\"logName\":\"projects/p/logs/l\",\"textPayload\":\"{text}\"}}]"));
    assert_eq!((entries[0].severity, entries[0].severity_origin), (Severity::Error, SeverityOrigin::Trace));
}

#[test]
fn text_records() {
    check(
        "2026-01-01 10:00:00 INFO up\n\
         2026-01-01 10:00:01 ERROR it broke\nTraceback (most recent call last):\n  File \"a.py\", line 1, in f\nValueError: one\nmore of it\n\n\
         During handling of the above exception, another exception occurred:\n\nTraceback (most recent call last):\n  File \"a.py\", line 2, in g\nKeyError: 'x'\n\
         2026-01-01 10:00:02 INFO down\nprinted\n",
        "\
        1-1 INFO Text \"up\"
        2-12 ERROR Text \"it broke\\nTraceback (most recent call last):\\n  File \\\"a.py\\\", line 1, in f\\nValueError: one\\nmore of it\\n\\nDuring handling of the above exception, another exception occurred:\\n\\nTraceback (most recent call last):\\n  File \\\"a.py\\\", line 2, in g\\nKeyError: 'x'\"
        13-13 INFO Text \"down\"
        14-14 DEFAULT None \"printed\"
        ",
    );
    check(
        "Traceback (most recent call last):\n  File \"a.py\", line 1\nE: x\nTraceback (most recent call last):\n  File \"a.py\", line 1\nE: x\n\nnext\n",
        "\
        1-3 ERROR Trace \"Traceback (most recent call last):\\n  File \\\"a.py\\\", line 1\\nE: x\"
        4-6 ERROR Trace \"Traceback (most recent call last):\\n  File \\\"a.py\\\", line 1\\nE: x\"
        8-8 DEFAULT None \"next\"
        ",
    );
    // A JSON body below a line belongs to it; a log record in JSON does not.
    check(
        "2026-01-01 10:00:00 ERROR refused:\n{\"error\": \"bad\"}\n{\"level\":\"info\",\"msg\":\"a\",\"time\":\"2026-01-01T10:00:00Z\"}\n{not json}\n[1, 2]\n",
        "\
        1-2 ERROR Text \"refused:\\n{\\\"error\\\": \\\"bad\\\"}\"
        3-3 INFO Field \"a\"
        4-4 DEFAULT None \"{not json}\"
        5-5 DEFAULT None \"[1, 2]\"
        ",
    );
}

#[test]
fn a_level_and_a_trace_may_stand_below_their_head() {
    check(
        "Mar 10, 2026 9:00:00 AM com.acme.Shop run\nSEVERE: it broke\njava.lang.X: y\n\tat com.acme.Shop.run(Shop.java:3)\n\n\
         Mar 10, 2026 9:00:01 AM com.acme.Shop lambda$run$0\nINFO: up\n\
         Mar 10, 2026 9:00:02 AM com.acme.Shop is slow\nWARNING: slow\n",
        "\
        1-4 ERROR Text \"it broke\\njava.lang.X: y\\n\\tat com.acme.Shop.run(Shop.java:3)\"
        6-7 INFO Text \"up\"
        8-8 DEFAULT None \"com.acme.Shop is slow\"
        9-9 WARNING Text \"slow\"
        ",
    );
    check(
        "ERROR [2026-03-10 09:00:00,123] com.acme.Shop: it broke\n! java.lang.X: y\n! at com.acme.Shop.run(Shop.java:3)\n\
         ! Causing: java.lang.Z: worse\n! at com.acme.Shop.main(Shop.java:9)\nINFO  [2026-03-10 09:00:01,123] com.acme.Shop: up\n",
        "\
        1-5 ERROR Text \"it broke\\njava.lang.X: y\\nat com.acme.Shop.run(Shop.java:3)\\nCausing: java.lang.Z: worse\\nat com.acme.Shop.main(Shop.java:9)\"
        6-6 INFO Text \"up\"
        ",
    );
    let times = |text: &str| {
        read_text(text).0.into_iter().map(|entry| entry.timestamp.map(|time| time.to_string())).collect::<Vec<_>>()
    };
    assert_eq!(
        times(
            "ERROR 2026-03-10 09:00:07,123 it broke\nERROR [2026-03-10 09:00:08,123] it broke\n1773133205 ERROR it broke\n"
        ),
        ["2026-03-10T09:00:07.123Z", "2026-03-10T09:00:08.123Z", "2026-03-10T09:00:05Z"]
            .map(|time| Some(time.to_owned()))
    );
}

#[test]
fn a_blank_line_may_stand_before_a_logged_trace() {
    check(
        "2026-01-01T10:00:00.000Z ERROR 1 --- [main] c.a.Ledger : could not open\n\n\
         org.acme.db.LoginError: refused for \"bob\"\n\tat org.acme.db.Door.open(Door.java:3)\n\n\
         2026-01-01T10:00:01.000Z  INFO 1 --- [main] c.a.Ledger : stopped\n\n\
         org.acme.db.LoginError: refused\n\tat org.acme.db.Door.open(Door.java:3)\n",
        "\
        1-4 ERROR Text \"could not open\\n\\norg.acme.db.LoginError: refused for \\\"bob\\\"\\n\\tat org.acme.db.Door.open(Door.java:3)\"
        6-6 INFO Text \"stopped\"
        8-9 ERROR Trace \"org.acme.db.LoginError: refused\\n\\tat org.acme.db.Door.open(Door.java:3)\"
        ",
    );
}

#[test]
fn a_panic_is_no_part_of_the_line_before_it() {
    let panic = "panic: no table\n\ngoroutine 7 [running]:\nmain.pour(0x1)\n\t/src/tea.go:31 +0x3a\nexit status 2\n";
    let shown =
        "panic: no table\\n\\ngoroutine 7 [running]:\\nmain.pour(0x1)\\n\\t/src/tea.go:31 +0x3a\\nexit status 2";
    check(
        &format!("2026-01-01T10:00:00Z ERROR the menu is missing\n{panic}"),
        &format!("1-1 ERROR Text \"the menu is missing\"\n2-7 ERROR Trace \"{shown}\"\n"),
    );
    check(
        "2026-01-01T10:00:00Z ERROR recovered from panic: no table\ngoroutine 7 [running]:\nmain.pour(0x1)\n\t/src/tea.go:31 +0x3a\n",
        "1-4 ERROR Text \"recovered from panic: no table\\ngoroutine 7 [running]:\\nmain.pour(0x1)\\n\\t/src/tea.go:31 +0x3a\"\n",
    );
}

#[test]
fn pairs_in_a_line_tell_trace_request_and_writer() {
    let check = |line: &str, expect: &str| {
        let (entries, _) = read_text(line);
        let entry = &entries[0];
        let show = |value: &Option<String>| value.clone().unwrap_or_else(|| "-".to_string());
        let parts = [&entry.trace, &entry.span, &entry.origin.service, &entry.origin.instance].map(show);
        assert_eq!(format!("{} {:?}", parts.join(" "), entry.correlation), expect, "{line}");
    };
    check(
        "ts=2026-01-01T10:00:00Z level=error svc=till pod=till-7c trace_id=4bf92f3577b3 span_id=00f067 user_id=u-77 msg=boom",
        "4bf92f3577b3 00f067 till till-7c [(\"user_id\", \"u-77\")]",
    );
    check("level=error app=till host=node9 trace=7d12 msg=boom", "7d12 - till node9 []");
    check("level=error service=till trace_id=- span_id=0000 msg=boom", "- - till - []");
    check("2026-01-01T10:00:00Z ERROR [trace=4bf92f35] it broke", "4bf92f35 - - - []");
    check(
        "2026-01-01 10:00:00 [main] [traceId=4bf92f35, spanId=77aa] ERROR com.x.Y - it broke",
        "4bf92f35 77aa - - []",
    );
    check("ERROR: it broke request_id=7f3a-11, user_id=12345", "- - - - [(\"request_id\", \"7f3a-11\")]");
    check("ERROR: GET /a?trace_id=abcdef&request_id=99999 failed", "- - - - []");
    check("ERROR: trace=true étrace=x =", "- - - - []");
    check("Jan  2 03:04:05 host1 shopd[12]: level=error trace_id=4bf92f35 msg=boom", "4bf92f35 - shopd host1/12 []");
}

#[test]
fn lines_that_describe_a_request_are_requests() {
    let check = |line: &str, expect: &str| {
        let (entries, _) = read_text(line);
        let entry = &entries[0];
        let shown = entry.http.as_ref().map_or("none".to_string(), |http| {
            let text = |value: &Option<String>| value.clone().unwrap_or_else(|| "-".to_string());
            let took = http.latency_nanos.map_or("-".to_string(), |nanos| format!("{}us", nanos / 1000));
            format!("{} {} {:?} {took} {}", text(&http.method), text(&http.path), http.status, text(&http.user_agent))
        });
        assert_eq!(format!("{} {:?} {shown}", entry.severity, entry.severity_origin), expect, "{line}");
        assert_eq!(entry.end(), entry.timestamp, "written when it was over: {line}");
    };
    let json = |rest: &str| format!("{{\"time\":\"2026-01-01T10:00:00Z\",\"msg\":\"request\",{rest}}}");
    check(
        &json(r#""level":"info","method":"POST","path":"/v1/tea","status":502,"duration_ms":12.5"#),
        "ERROR HttpStatus POST /v1/tea Some(502) 12500us -",
    );
    check(&json(r#""level":"info","method":"get","path":"/tea","status":200"#), "INFO Field GET /tea Some(200) - -");
    check(&json(r#""level":"info","path":"/tea","status":500"#), "INFO Field - /tea Some(500) - -");
    check(&json(r#""path":"/tea","status":500"#), "ERROR HttpStatus - /tea Some(500) - -");
    check(
        &json(r#""level":"fatal","method":"GET","path":"/tea","status":500"#),
        "CRITICAL Field GET /tea Some(500) - -",
    );
    check(
        &json(r#""level":30,"req":{"method":"GET","url":"/tea?x=1"},"res":{"statusCode":404},"responseTime":7"#),
        "WARNING HttpStatus GET /tea Some(404) 7000us -",
    );
    check(&json(r#""level":"error","url":"https://a.test/x","method":"GET","status":500"#), "ERROR Field none");
    check(&json(r#""level":"info","status":"brewing","path":"/tea""#), "INFO Field none");
    check(&json(r#""level":"info","code":500,"path":"/tmp/x""#), "INFO Field none");
    check(
        "level=info ts=2026-01-01T10:00:00Z msg=done method=GET path=/tea status=503 duration=1.5s",
        "ERROR HttpStatus GET /tea Some(503) 1500000us -",
    );
    check(
        "INFO:     127.0.0.1:52 - \"GET /tea HTTP/1.1\" 500 Internal Server Error",
        "ERROR HttpStatus GET /tea Some(500) - -",
    );
    check("INFO:     127.0.0.1:52 - \"GET /tea HTTP/1.1\" 200 OK", "INFO Text GET /tea Some(200) - -");
    check(
        "Jan  2 03:04:05 host1 nginx[77]: 10.1.2.3 - - \"POST /tea HTTP/1.1\" 500 112 \"-\" \"Mozilla/5.0\"",
        "ERROR HttpStatus POST /tea Some(500) - Mozilla/5.0",
    );
    check(
        "2026-01-01 10:00:00,000 INFO shop.access: GET /tea 500 12ms",
        "ERROR HttpStatus GET /tea Some(500) 12000us -",
    );
    check("2026-01-01 10:00:00,000 DEBUG urllib3: https://a.test:443 \"GET /x HTTP/1.1\" 500 0", "DEBUG Text none");
}

#[test]
fn a_level_in_the_text_is_a_level() {
    let count = |text: &str| read_text(text).1.without_severity;
    assert_eq!(count("plain\n2026-01-01 10:00:00 INFO up\n2026-01-01 10:00:01 ERROR down\n"), 1);
    assert_eq!(count("INFO:     127.0.0.1:52 - \"GET /tea HTTP/1.1\" 500 Internal Server Error\n"), 0);
    assert_eq!(count("{\"time\":\"2026-01-01T10:00:00Z\",\"message\":\"[ERROR] boom\"}\n"), 0);
    assert_eq!(count("{\"insertId\":\"a\",\"logName\":\"projects/p/logs/l\",\"textPayload\":\"ERROR: boom\"}\n"), 1);
}

#[test]
fn standard_input_is_cited_by_its_name() {
    let mut references = Vec::new();
    let mut sink = |entry: LogEntry| references.push(entry.reference());
    let summary = read_bytes("-", &b"one\ntwo\n"[..], &ReadOptions::default(), traces(), &mut |_| {}, &mut sink);
    assert_eq!((references.join(" ").as_str(), summary.expect("readable").name.as_str()), ("stdin:1 stdin:2", "-"));
}

#[test]
fn containers() {
    check(
        "{\"log\":\"Traceback (most recent call last):\\n\",\"stream\":\"stderr\",\"time\":\"2026-01-01T10:00:00.1Z\"}\n\
         {\"log\":\"up\\n\",\"stream\":\"stdout\",\"time\":\"2026-01-01T10:00:00.2Z\"}\n\
         {\"log\":\"  File \\\"a.py\\\", line 1\\n\",\"stream\":\"stderr\",\"time\":\"2026-01-01T10:00:00.3Z\"}\n\
         {\"log\":\"E: x\\n\",\"stream\":\"stderr\",\"time\":\"2026-01-01T10:00:00.4Z\"}\n\
         {\"log\":\"{\\\"level\\\":50,\\\"time\\\":1735725600123,\\\"msg\\\":\\\"boom\\\"}\\n\",\"stream\":\"stdout\",\"time\":\"2026-01-01T10:00:00.5Z\"}\n",
        "\
        5-5 ERROR Field \"boom\"
        1-4 ERROR Trace \"Traceback (most recent call last):\\n  File \\\"a.py\\\", line 1\\nE: x\"
        2-2 DEFAULT None \"up\"
        ",
    );
    check(
        "2026-01-01T00:00:00.1Z stderr P ERROR: first \n2026-01-01T00:00:00.1Z stderr F half\n2026-01-01T00:00:00.2Z stdout F ok\n",
        "\
        1-2 ERROR Text \"first half\"
        3-3 DEFAULT None \"ok\"
        ",
    );
    check(
        "2026-01-01T00:00:00.123456789Z {\"severity\":\"ERROR\",\"message\":\"boom\"}\n2026-01-01T00:00:00.123456790Z Traceback (most recent call last):\n2026-01-01T00:00:00.123456791Z   File \"a\"\n2026-01-01T00:00:00.123456792Z E: x\n",
        "\
        1-1 ERROR Field \"boom\"
        2-4 ERROR Trace \"Traceback (most recent call last):\\n  File \\\"a\\\"\\nE: x\"
        ",
    );
    let (entries, _) = read_text("2026-01-01T00:00:00.123456789Z {\"severity\":\"ERROR\",\"message\":\"boom\"}\n");
    assert_eq!(entries[0].timestamp.map(|t| t.to_string()).as_deref(), Some("2026-01-01T00:00:00.123456789Z"));
}

#[test]
fn streams_of_containers_and_units() {
    // Whatever else a line carries, the pod and the container in front of it tell whose it is.
    let lines = ["Traceback (most recent call last):", "  File \"a.py\", line 1", "E: x"];
    for (time, fraction) in [("2026-01-01T00:00:00.1", "00000001Z "), ("2026-01-01T00:00:00.", "1Z "), ("", "")] {
        let [first, second, third] = lines.map(|line| format!("[pod/a-0/a] {time}{fraction}{line}\n"));
        let other = format!("[pod/a-1/a] {time}{fraction}ERROR full\n");
        let beside = format!("[pod/a-0/b] {time}{fraction}ERROR stuck\n");
        let (mut entries, _) = read_text(&format!("{first}{other}{second}{beside}{third}"));
        entries.sort_by_key(|entry| entry.at.line);
        let shown: Vec<_> = entries.iter().map(|e| (e.at.line, e.at.end_line, e.message.lines().count())).collect();
        assert_eq!(shown, [(1, 5, 3), (2, 2, 1), (4, 4, 1)], "{time}{fraction}");
        let place = |e: &LogEntry| [&e.origin.service, &e.origin.instance].map(|name| name.clone().unwrap_or_default());
        assert_eq!(entries.iter().map(place).collect::<Vec<_>>(), [["a", "a-0"], ["a", "a-1"], ["b", "a-0"]]);
    }
    // What the journal took from a unit's output has the priority 6, whatever it says.
    let journal = |unit: &str, priority: u8, transport: &str, message: &str| {
        format!(
            "{{\"__REALTIME_TIMESTAMP\":\"1735725600123456\",\"_SYSTEMD_UNIT\":\"{unit}.service\",\"_PID\":\"7\",\
             \"PRIORITY\":\"{priority}\",\"_TRANSPORT\":\"{transport}\",\"MESSAGE\":{}}}\n",
            serde_json::Value::from(message)
        )
    };
    let [first, second, third] = lines.map(|line| journal("a", 6, "stdout", line));
    let other = journal("b", 3, "syslog", "boom");
    check(
        &format!(
            "{first}{other}{second}{third}{}{}",
            journal("a", 6, "syslog", "up"),
            journal("a", 6, "stdout", "{\"level\":\"warn\",\"msg\":\"slow\"}")
        ),
        "\
        2-2 ERROR Field \"boom\"
        5-5 INFO Field \"up\"
        6-6 WARNING Field \"slow\"
        1-4 ERROR Trace \"Traceback (most recent call last):\\n  File \\\"a.py\\\", line 1\\nE: x\"
        ",
    );
}

#[test]
fn structured_lines_that_were_passed_on_as_text() {
    let inner = r#"{"level":"error","msg":"boom","time":"2026-01-01T10:00:00Z"}"#;
    let quoted = serde_json::Value::from(inner);
    check(&format!("Jan  1 10:00:01 web-1 shop[7]: {inner}\n"), "1-1 ERROR Text \"boom\"\n");
    check(&format!("<14>Jan  1 10:00:01 web-1 shop[7]: {inner}\n"), "1-1 ERROR Text \"boom\"\n");
    check(&format!("2026-01-01 10:00:01 {inner}\n"), "1-1 ERROR Text \"boom\"\n");
    // A level that the application wrote in front of it is its own word.
    check(&format!("2026-01-01 10:00:01 INFO {inner}\n"), "1-1 INFO Text \"boom\"\n");
    check(&format!("2026-01-01 10:00:01 INFO got {inner}\n"), &format!("1-1 INFO Text {:?}\n", format!("got {inner}")));
    let cloud = |severity: &str, payload: &str| {
        format!("{{\"insertId\":\"a\",\"timestamp\":\"2026-01-01T10:00:00Z\"{severity},{payload}}}\n")
    };
    let text = format!("\"textPayload\":{quoted}");
    check(&cloud("", &text), "1-1 ERROR Text \"boom\"\n");
    check(&cloud(",\"severity\":\"DEFAULT\"", &text), "1-1 ERROR Text \"boom\"\n");
    check(&cloud(",\"severity\":\"INFO\"", &text), "1-1 ERROR Text \"boom\"\n");
    check(&cloud(",\"severity\":\"CRITICAL\"", &text), "1-1 CRITICAL Field \"boom\"\n");
    let nested = format!("\"jsonPayload\":{{\"message\":{quoted}}}");
    check(&cloud(",\"severity\":\"INFO\"", &nested), "1-1 INFO Field \"boom\"\n");
    check(
        &cloud(",\"severity\":\"ERROR\"", r#""textPayload":"{\"order\":7}""#),
        "1-1 ERROR Field \"{\\\"order\\\":7}\"\n",
    );
    check(
        &format!(r#"{{"MESSAGE":{quoted},"PRIORITY":"6","__REALTIME_TIMESTAMP":"1735725600123456"}}"#),
        "1-1 ERROR Text \"boom\"\n",
    );
    let (entries, _) = read_text(&cloud("", &text));
    assert_eq!(entries[0].payload_timestamp.map(|t| t.to_string()).as_deref(), Some("2026-01-01T10:00:00Z"));
}

#[test]
fn json_shapes() {
    // NDJSON, pretty-printed concatenation and records on one line are the same.
    let one = r#"{"insertId":"a","severity":"error","textPayload":"boom","timestamp":"2026-01-01T10:00:00Z"}"#;
    let two = r#"{"insertId":"b","severity":500,"jsonPayload":{"message":"bang"},"timestamp":"2026-01-01T10:00:00Z"}"#;
    check(&format!("{one}\n{two}\n"), "1-1 ERROR Field \"boom\"\n2-2 ERROR Field \"bang\"\n");
    check(&format!("{one}{two}"), "1-1 ERROR Field \"boom\"\n1-1 ERROR Field \"bang\"\n");
    check(&format!("[{one},\n{two}]\n"), "1-1 ERROR Field \"boom\"\n2-2 ERROR Field \"bang\"\n");
    check(&format!("[[{one}],[{two}]]"), "1-1 ERROR Field \"boom\"\n1-1 ERROR Field \"bang\"\n");
    check(
        &format!("{{\n  \"entries\": [\n{one},\n{two}], \"nextPageToken\": \"x\"}}"),
        "3-3 ERROR Field \"boom\"\n4-4 ERROR Field \"bang\"\n",
    );
    check(
        "{\n  \"insertId\": \"a\",\n  \"textPayload\": \"x\"\n}\n{\n  \"insertId\": \"b\",\n  \"textPayload\": \"y\"\n}\n",
        "1-4 DEFAULT None \"x\"\n5-8 DEFAULT None \"y\"\n",
    );
    check("[]", "");
    check("[\n]\n", "");
    // A record whose own field is called `logs` is a record.
    check(r#"{"level":"error","logs":[{"a":1}],"msg":"boom"}"#, "1-1 ERROR Field \"boom\"\n");
    check(
        r#"{"raw_logs":[{"insert_id":"a","text_payload":"x","severity":"WARNING"},5,{"a":1}],"time_range":{"start":"2026-01-01T00:00:00Z"}}"#,
        "1-1 WARNING Field \"x\"\n! entry 1: not a log entry: not an object\n! entry 2: not a log entry: no message with a level or a time\n",
    );
    check(
        r#"{"logs_by_severity":{"ERROR":[{"insert_id":"a","text_payload":"x"}],"INFO":[]}}"#,
        "1-1 ERROR Field \"x\"\n",
    );
    check(
        "{\"a\":1}\n{\"timestamp\":\"2026-01-01T00:00:00\",\"severity\":\"INFO\",\"textPayload\":\"x\"}\n",
        "! line 1: not a log entry: no message with a level or a time\n! line 2: not a log entry: no insertId, no logName, no resource with type and labels\n",
    );
    check(
        r#"{"message":{"data":"eyJsZXZlbCI6ImVycm9yIiwibXNnIjoiYm9vbSJ9","messageId":"1"},"subscription":"s"}"#,
        "1-1 ERROR Field \"boom\"\n",
    );
}

#[test]
fn stdout_json() {
    let cases = [
        (r#"{"severity":"ERROR","message":"boom"}"#, "ERROR", "boom"),
        (
            r#"{"level":50,"time":1735725600123,"pid":1,"hostname":"h","err":{"type":"TypeError","message":"x","stack":"TypeError: x\n    at f (a.js:1:2)"},"msg":"boom"}"#,
            "ERROR",
            "boom",
        ),
        (r#"{"levelname":"WARNING","asctime":"2026-01-01 10:00:00,123","message":"boom"}"#, "WARNING", "boom"),
        (
            r#"{"level":"error","ts":1735725600.5,"caller":"a/b.go:12","msg":"boom","error":"dial tcp"}"#,
            "ERROR",
            "boom: dial tcp",
        ),
        (r#"{"@timestamp":"2026-01-01T10:00:00Z","log.level":"ERROR","message":"boom"}"#, "ERROR", "boom"),
        (r#"{"event":"boom","level":"critical","timestamp":"2026-01-01T10:00:00Z"}"#, "CRITICAL", "boom"),
        (r#"{"time":"2026-01-01T10:00:00Z","message":"[ERROR] boom"}"#, "ERROR", "boom"),
        (
            r#"{"level":"error","exception":"java.lang.X: y\n\tat a.B(C.java:1)"}"#,
            "ERROR",
            "java.lang.X: y\n\tat a.B(C.java:1)",
        ),
        (r#"{"MESSAGE":"boom","PRIORITY":"3","__REALTIME_TIMESTAMP":"1735725600123456"}"#, "ERROR", "boom"),
        (
            r#"{"MESSAGE":[98,111,111,109,32,27,91,49,109,33],"PRIORITY":"3","__REALTIME_TIMESTAMP":"1735725600123456"}"#,
            "ERROR",
            "boom !",
        ),
    ];
    let more = [
        (
            r#"{"t":{"$date":"2026-01-01T10:00:00.123+00:00"},"s":"E","c":"STORAGE","id":7,"ctx":"main","msg":"it broke","attr":{"error":"disk full"}}"#,
            "ERROR",
            "it broke: disk full",
        ),
        (
            r#"{"t":{"$date":{"$numberLong":"1735725600123"}},"s":"D2","c":"STORAGE","id":7,"ctx":"main","msg":"up"}"#,
            "DEBUG",
            "up",
        ),
        (
            r#"{"time_local":"10/Mar/2026:09:00:02 +0000","remote_addr":"10.0.0.9","request":"GET /x HTTP/1.1","status":"502","request_time":"0.250"}"#,
            "ERROR",
            "GET /x HTTP/1.1",
        ),
        (
            r#"{"time_iso8601":"2026-03-10T09:00:02+00:00","request":"GET /x HTTP/1.1","status":200}"#,
            "INFO",
            "GET /x HTTP/1.1",
        ),
    ];
    for (line, severity, message) in cases.into_iter().chain(more) {
        let (entries, summary) = read_text(line);
        assert!(entries.iter().all(|entry| entry.timestamp.is_some() || cases.contains(&(line, severity, message))));
        let got: Vec<_> = entries.iter().map(|e| (e.severity.name(), e.message.as_str())).collect();
        assert_eq!(got, [(severity, message)], "{line} {summary:?}");
    }
    let (entries, _) = read_text(more[2].0);
    let http = entries[0].http.clone().expect("a request");
    assert_eq!((http.path.as_deref(), http.status, http.latency_nanos), (Some("/x"), Some(502), Some(250_000_000)));
    assert_eq!(entries[0].timestamp.map(|t| t.to_string()).as_deref(), Some("2026-03-10T09:00:02Z"));
    let none = read_text(r#"{"time":"2026-03-10T09:00:02Z","request":"GET /x HTTP/1.1","status":"open"}"#);
    assert_eq!(none.1.skipped[0].reason, "not a log entry: no message with a level or a time");
    let (entries, _) = read_text(cases[1].0);
    assert_eq!(entries[0].error_field.as_ref().map(|f| f.type_name.as_str()), Some("TypeError"));
    assert!(entries[0].stack_trace.is_some());
    assert_eq!(entries[0].timestamp.map(|t| t.to_string()).as_deref(), Some("2025-01-01T10:00:00.123Z"));
}

#[test]
fn hostile_inputs() {
    check("", "");
    check("\n\n  \n", "");
    check("\u{feff}{\"severity\":\"ERROR\",\"message\":\"boom\"}", "1-1 ERROR Field \"boom\"\n");
    check(
        "[{\"insertId\":\"a\",\"textPayload\":\"x\"},{\"insertId\":\"b\",\"textP",
        "1-1 DEFAULT None \"x\"\n! entry 1: cut off: the input ends inside the record at line 1\n",
    );
    check("[{\"insertId\":\"a\",\"textPayload\":\"x\"}", "1-1 DEFAULT None \"x\"\n");
    check(
        "{\"level\":\"error\",\"msg\":\"a\"}\n{\"level\":\"error\",\"ms\n{\"level\":\"error\",\"msg\":\"c\"}\n{\"level\":\"error\",\"msg\":\n{\"level\":\"error\",\"msg\":\"e\"}\n",
        "1-1 ERROR Field \"a\"\n3-3 ERROR Field \"c\"\n5-5 ERROR Field \"e\"\n! line 2: broken JSON: it stops in the middle of a record\n! line 4: broken JSON: it stops in the middle of a record\n",
    );
    check(
        "[\n  {\n    \"insertId\": \"a\",\n    \"textPayload\": \"x\"\n  },\n  {\n    \"insertId\": \"b\n  },\n  {\n    \"insertId\": \"c\",\n    \"textPayload\": \"z\"\n  }\n]\n",
        "2-5 DEFAULT None \"x\"\n9-12 DEFAULT None \"z\"\n! entry 1: broken JSON: it stops in the middle of the record at line 6\n",
    );
    check(r#"{"severity":"INFO","severity":"ERROR","message":"last wins"}"#, "1-1 ERROR Field \"last wins\"\n");
    check(r#"{"severity":"ERROR","message":"lone \ud83d half"}"#, "1-1 ERROR Field \"lone \u{fffd} half\"\n");
    check(
        "\"just\"\n5\nnull\n",
        "1-1 DEFAULT None \"\\\"just\\\"\"\n2-2 DEFAULT None \"5\"\n3-3 DEFAULT None \"null\"\n",
    );

    // Cut lists say so.
    let (_, summary) = read_text("[{\"insertId\":\"a\",\"textPayload\":\"x\"}");
    assert!(!summary.complete && summary.notes[0].contains("not closed"), "{summary:?}");

    // Invalid UTF-8 is replaced and counted; the rest of the line survives.
    let (entries, summary) = read_with(&b"ERROR: caf\xe9 closed\nERROR: next\n"[..], &ReadOptions::default());
    assert_eq!(
        (show(&entries).as_str(), summary.invalid_utf8),
        ("1-1 ERROR Text \"caf\u{fffd} closed\"\n2-2 ERROR Text \"next\"\n", 1)
    );

    // UTF-16 with and without mark.
    for (mark, big) in [(true, true), (true, false), (false, true), (false, false)] {
        let text = format!("{}ERROR: boom\r\nERROR: bang\r\n", if mark { "\u{feff}" } else { "" });
        let bytes: Vec<u8> =
            text.encode_utf16().flat_map(|unit| if big { unit.to_be_bytes() } else { unit.to_le_bytes() }).collect();
        let (entries, _) = read_with(&bytes[..], &ReadOptions::default());
        assert_eq!(show(&entries), "1-1 ERROR Text \"boom\"\n2-2 ERROR Text \"bang\"\n", "{mark} {big}");
    }

    // Data that is no text is refused, a few zeros in a log are not.
    for bytes in [
        &b"\x7fELF\x02\x01\x01\0\0\0\0\0"[..],
        b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR",
        &[0; 4096],
        &[0x80, 0x91, 0xfe, 0x03, 0x04, 0xc0, 0x00],
    ] {
        let (entries, summary) = read_with(bytes, &ReadOptions::default());
        assert_eq!(
            (entries.len(), summary.skipped[0].reason.as_str(), summary.complete),
            (0, "binary, not a log", false)
        );
    }
    let (entries, _) = read_text(&format!("ERROR: one\nERROR: t\0wo\n{}", "INFO: fine\n".repeat(20)));
    assert_eq!((entries.len(), entries[1].message.as_str()), (22, "two"));
}

#[test]
fn depth_costs_no_stack() {
    let deep = 200_000;
    for input in [
        "[".repeat(deep),
        "{\"a\":".repeat(deep),
        format!("{}{}", "[".repeat(deep), "]".repeat(deep)),
        format!("{{\"severity\":\"ERROR\",\"message\":\"x\",\"deep\":{}{}}}", "[".repeat(deep), "]".repeat(deep)),
        format!("[{{\"insertId\":\"a\",\"deep\":{}}}]", "{\"a\":".repeat(deep)),
        format!("[{}{{\"insertId\":\"a\"}}", "[".repeat(deep)),
        format!("{{\"entries\":{}", "[{\"entries\":".repeat(deep)),
    ] {
        let (entries, summary) = read_text(&format!("{input}\nERROR: after\n"));
        assert!(summary.skipped_total > 0 || !summary.complete || entries.len() > 1, "{}: {summary:?}", &input[..20]);
    }
}

/// Yields bytes without holding them.
struct Flood {
    head: &'static [u8],
    left: u64,
    tail: &'static [u8],
}

impl Read for Flood {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        if !self.head.is_empty() {
            let count = self.head.read(buffer)?;
            return Ok(count);
        }
        if self.left > 0 {
            let count = buffer.len().min(usize::try_from(self.left).unwrap_or(usize::MAX));
            buffer[..count].fill(b'a');
            self.left -= count as u64;
            return Ok(count);
        }
        self.tail.read(buffer)
    }
}

#[test]
fn huge_records_are_passed_over() {
    let options = ReadOptions { max_record_bytes: 1 << 20, ..ReadOptions::default() };
    let flood = |head, tail| Flood { head, left: 200_000_000, tail };
    let (entries, summary) = read_with(flood(b"ERROR: one\n", b"\nERROR: two\n"), &options);
    assert_eq!(show(&entries), "1-1 ERROR Text \"one\"\n3-3 ERROR Text \"two\"\n");
    assert_eq!(summary.skipped[0].at, "line 2");
    let (entries, summary) =
        read_with(flood(b"{\"level\":\"error\",\"msg\":\"", b"\"}\n{\"level\":\"error\",\"msg\":\"two\"}\n"), &options);
    assert_eq!((show(&entries).as_str(), summary.skipped_total), ("2-2 ERROR Field \"two\"\n", 1));
    let (entries, summary) = read_with(
        flood(b"[{\"insertId\":\"a\",\"textPayload\":\"", b"\"},\n{\"insertId\":\"b\",\"textPayload\":\"two\"}]\n"),
        &options,
    );
    assert_eq!(
        (show(&entries).as_str(), summary.skipped_total, summary.complete),
        ("2-2 DEFAULT None \"two\"\n", 1, true)
    );
}

#[test]
fn long_records_are_cut_with_a_note() {
    let options = ReadOptions { max_text_lines: 10, ..ReadOptions::default() };
    let input = format!("ERROR: one\n{}ERROR: two\n", "  more\n".repeat(50));
    let (entries, summary) = read_with(input.as_bytes(), &options);
    assert_eq!(
        entries.iter().map(|e| (e.at.line, e.at.end_line, e.message.lines().count())).collect::<Vec<_>>(),
        [(1, 51, 10), (52, 52, 1)]
    );
    assert!(summary.notes[0].contains("cut at 10 lines"), "{summary:?}");
}

#[test]
fn compressed() {
    let gzip = |text: &str| {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        encoder.write_all(text.as_bytes()).expect("written");
        encoder.finish().expect("finished")
    };
    let members = [gzip("ERROR: one\n"), gzip("ERROR: two\n")].concat();
    let (entries, summary) = read_with(&members[..], &ReadOptions::default());
    assert_eq!(show(&entries), "1-1 ERROR Text \"one\"\n2-2 ERROR Text \"two\"\n");
    assert!(summary.complete && summary.sha256.is_some() && summary.bytes == members.len() as u64, "{summary:?}");
    let packed = zstd::encode_all("ERROR: one\n".as_bytes(), 1).expect("packed");
    assert_eq!(show(&read_with(&packed[..], &ReadOptions::default()).0), "1-1 ERROR Text \"one\"\n");

    // Cut in the middle: what could be read is there, and the summary says so.
    let long: String = (0..20_000).map(|n| format!("ERROR: number {n} {}\n", n * 7919 % 10007)).collect();
    let whole = gzip(&long);
    let (entries, summary) = read_with(&whole[..whole.len() / 2], &ReadOptions::default());
    assert!(
        entries.len() > 1000 && !summary.complete && summary.notes.iter().any(|n| n.contains("damaged")),
        "{} {summary:?}",
        entries.len()
    );
    for length in [2, 5, 11] {
        let (entries, result) = try_read_with(&whole[..length], &ReadOptions::default());
        assert!(entries.is_empty() && result.is_err(), "{length}: {result:?}");
    }
    // The first byte of text may be there already; that it is not all is said.
    let (_, result) = try_read_with(&whole[..15], &ReadOptions::default());
    assert!(result.is_err() || result.is_ok_and(|summary| !summary.complete));
}

#[test]
fn tables_are_answered_with_a_hint() {
    for input in [
        "SEVERITY  TIMESTAMP                 TEXT_PAYLOAD\nERROR     2026-01-01T10:00:00Z  boom\n",
        "TIMESTAMP  SEVERITY  TEXT_PAYLOAD\n",
        "---\ninsertId: abc\nlogName: projects/x\n",
        "timestamp,severity,textPayload\n2026-01-01,ERROR,x\n",
    ] {
        let (_, result) = try_read_with(input.as_bytes(), &ReadOptions::default());
        let error = result.expect_err(input);
        assert!(error.hint.as_deref().is_some_and(|hint| hint.contains("--format=json")), "{error}");
        // A CSV may have all its payloads: what is said of it must hold for it.
        assert_eq!(error.to_string().contains("payloads"), input.contains("TEXT_PAYLOAD"), "{error}");
    }
}

#[test]
fn folders_patterns_and_files() {
    let folder = tempfile::tempdir().expect("folder");
    let at = |name: &str| folder.path().join(name).display().to_string();
    std::fs::create_dir_all(folder.path().join("b/c")).expect("made");
    std::fs::create_dir_all(folder.path().join("empty")).expect("made");
    for name in ["z.log", "b/a.log", "b/c/[x].log", ".hidden", "a.json"] {
        std::fs::write(folder.path().join(name), "ERROR: boom\n").expect("written");
    }
    let names = |arguments: &[String]| -> Result<Vec<String>, String> {
        let sources = expand(arguments).map_err(|error| error.to_string())?;
        Ok(sources.iter().map(|s| s.name().replace(&format!("{}/", folder.path().display()), "")).collect())
    };
    assert_eq!(
        names(&[folder.path().display().to_string()]).expect("found"),
        ["a.json", "b/a.log", "b/c/[x].log", "z.log"]
    );
    assert_eq!(names(&[at("*.log"), "-".to_owned(), at("z.log")]).expect("found"), ["z.log", "-"]);
    assert_eq!(names(&[at("**/*.log")]).expect("found"), ["b/a.log", "b/c/[x].log", "z.log"]);
    assert_eq!(names(&[at("b/c/[x].log")]).expect("found"), ["b/c/[x].log"]);
    for wrong in [at("empty"), at("none.log"), at("*.none"), at("[")] {
        let error = names(std::slice::from_ref(&wrong)).expect_err(&wrong);
        assert!(error.starts_with("error: ") && error.contains("\nhint: "), "{error}");
    }
}

#[test]
fn nothing_panics() {
    // Every prefix of every shape, and every shape with one byte replaced.
    let shapes = [
        "[\n  {\n    \"insertId\": \"a\",\n    \"textPayload\": \"x\\n\"\n  }\n]",
        "{\"logs_by_severity\":{\"ERROR\":[{\"insert_id\":\"a\"}]},\"time_range\":{\"start\":\"2026\"}}",
        "{\"log\":\"x\\n\",\"stream\":\"stderr\",\"time\":\"2026-01-01T10:00:00.1Z\"}\n",
        "2026-01-01T00:00:00.1Z stderr P x\n2026-01-01T00:00:00.1Z stderr F y\n",
        "E0101 12:00:00.000000       1 file.go:12] text\nE, [2026-01-01T10:00:00.1 #1] ERROR -- p: x",
        "<165>1 2026-01-01T10:00:00Z h a 1 - [x a=\"]\"] m\n<11>Jan  2 03:04:05 h s[12]: m\nMon, 02 Jan 2006 15:04:05 GMT x",
        "2026-08-25 16:24:10.285 | ERROR | a:b:1 | <red>x</red>\u{1b}[1m\n1.2.3.4 - - [10/Oct/2026:13:55:36 -0700] \"GET / H\" 503 1\n",
        "time=1 level=error msg=\"a\\\"b\" x=\n2026-01-01T10:00:00Z\tERROR\ta.go:1\tm\n",
        "{\"message\":{\"data\":\"eyJ4IjoxfQ==\",\"messageId\":\"1\"},\"subscription\":\"s\"}",
    ];
    for shape in shapes {
        for (end, _) in shape.char_indices() {
            read_text(&shape[..end]);
        }
        for at in 0..shape.len() {
            for byte in [b'"', b'{', b'}', b'[', b'\n', b' ', 0, 0xff, b'9', b'\\'] {
                let mut bytes = shape.as_bytes().to_vec();
                bytes[at] = byte;
                let _ = try_read_with(&bytes[..], &ReadOptions::default());
            }
        }
    }
}
