//! `triage --baseline`: what an earlier run or the ledger never saw is new, what exceeds it escalates.

use std::fmt::Write as _;

use serde_json::Value;

use crate::bed::Garden;

/// Entries from `from` minutes after 10:00 on: `often` a minute of a failing oven and one an hour of a lost tray.
fn log(from: u32, minutes: u32, often: u32, more: &str) -> String {
    let mut text = String::new();
    for minute in from..from + minutes {
        let time = |second| format!("2026-05-04T{:02}:{:02}:{second:02}Z", 10 + minute / 60, minute % 60);
        let mut line = |second: u32, severity: &str, message: &str| {
            let at = time(second);
            let _ = writeln!(
                text,
                r#"{{"insertId":"{minute}-{second}","timestamp":"{at}","severity":"{severity}","logName":"l","textPayload":"{message}"}}"#
            );
        };
        line(0, "INFO", "baking");
        for second in 1..=often {
            line(second, "ERROR", "oven door is open");
        }
        if minute % 60 == 5 {
            line(40, "ERROR", "a tray was lost");
        }
        if !more.is_empty() && minute == from + 1 {
            line(50, "ERROR", more);
        }
    }
    text
}

/// What the history of the incident with that title says: `new`, `escalating` or `known`.
fn told<'j>(run: &'j Value, title: &str) -> (&'static str, &'j Value) {
    let all = run["incidents"].as_array().expect("a list");
    let one = all.iter().find(|one| one["title"] == title).unwrap_or_else(|| panic!("{title}: {run}"));
    let history = &one["history"];
    let word = match (history["new"].as_bool().expect("a history"), history["escalating"].is_null()) {
        (true, true) => "new",
        (false, false) => "escalating",
        (false, true) => "known",
        (true, false) => panic!("what is new cannot escalate: {history}"),
    };
    (word, history)
}

#[test]
fn an_earlier_run_is_a_baseline() {
    let garden = Garden::new();
    garden.write("before.ndjson", log(0, 120, 1, ""));
    let before = garden.run(&["triage", "before.ndjson", "--format", "json"]);
    assert!(before.json()["incidents"][0]["history"].is_null(), "nothing is said without a baseline");
    garden.write("before.json", before.stdout);
    garden.write("now.ndjson", log(120, 20, 30, "the cellar is on fire"));
    let triage = |format: &str| {
        garden.run(&[
            "triage",
            "now.ndjson",
            "--baseline",
            "before.json",
            "--now",
            "2026-05-04T13:00:00Z",
            "--format",
            format,
        ])
    };
    let now = triage("json").json();
    assert_eq!(told(&now, "the cellar is on fire").0, "new");
    assert_eq!(told(&now, "a tray was lost").0, "known", "one in twenty minutes is no rise over two in two hours");
    let (word, history) = told(&now, "oven door is open");
    assert_eq!(
        (word, &history["before"]["events"], &history["now"]["events"]),
        ("escalating", &120.into(), &600.into())
    );
    assert!(history["escalating"]["ratio"].as_f64().is_some_and(|ratio| (28.0..33.0).contains(&ratio)), "{history}");
    let oven = now["incidents"].as_array().and_then(|all| all.iter().find(|one| one["title"] == "oven door is open"));
    assert!(oven.is_some_and(|one| !one["groups"][0]["history"]["escalating"].is_null()), "its group is compared too");
    let text = triage("text");
    assert!(text.done().contains("compared with before.json: 1 of 3 incidents new, 1 escalating"), "{}", text.stdout);
    assert!(text.done().contains(" times the rate"), "{}", text.stdout);
    let page = triage("markdown");
    assert!(page.done().contains("| Seen before | no: it is not in the baseline |"), "{}", page.stdout);
    assert!(page.done().contains(": escalating, "), "{}", page.stdout);
    let same = garden.run(&["triage", "before.ndjson", "--baseline", "before.json", "--format", "json"]).json();
    assert_eq!((told(&same, "oven door is open").0, told(&same, "a tray was lost").0), ("known", "known"));
}

#[test]
fn the_ledger_is_a_baseline() {
    let garden = Garden::new();
    // Two hours of quiet baking with ten wild minutes in them; then ten minutes of which it depends.
    let before = log(0, 50, 1, "") + &log(50, 10, 30, "") + &log(60, 60, 1, "");
    let at = |command: &str, last: String, more: &[&str]| {
        garden.write("oven.ndjson", before.clone() + &last);
        let arguments = [&[command, "oven.ndjson", "--format", "json"], more].concat();
        let run = garden.run(&arguments);
        assert_eq!(run.code, 0, "{}", run.stderr);
        run.json()
    };
    at("audit", String::new(), &["--until", "2026-05-04T12:00:00Z", "--now", "2026-05-04T12:00:00Z"]);
    let ledger =
        ["--baseline", "reports/ledger.db", "--since", "2026-05-04T12:00:00Z", "--until", "2026-05-04T12:10:00Z"];
    let now = at("triage", log(120, 10, 29, "the cellar is on fire"), &ledger);
    assert_eq!(told(&now, "the cellar is on fire").0, "new");
    let (word, history) = told(&now, "oven door is open");
    assert_eq!(word, "known", "ten such minutes were seen before: {history}");
    assert_eq!(history["before"], serde_json::json!({ "events": 410, "in": 7200, "unit": "seconds" }), "{history}");
    assert!(now["incidents"][0]["groups"][0]["history"].is_null(), "the ledger knows incidents, no groups");
    let now = at("triage", log(120, 10, 40, ""), &ledger);
    assert_eq!(told(&now, "oven door is open").0, "escalating");
    // The audit says so too, and still does of a window that it has remembered by then.
    for minute in ["12:11", "12:12"] {
        let clock = format!("2026-05-04T{minute}:00Z");
        at("audit", log(120, 10, 40, ""), &[&ledger[2..], &["--now", clock.as_str()]].concat());
        let folder = format!("reports/2026-05-04/{}00Z/triage.json", minute.replace(':', ""));
        let run: Value = serde_json::from_str(&garden.read(&folder)).expect("JSON");
        assert_eq!(told(&run, "oven door is open").0, "escalating", "{minute}");
    }
}

#[test]
fn a_file_that_is_no_baseline_is_refused() {
    let garden = Garden::with_log();
    garden.write("other.json", "{\"schema\":\"log-gardener/templates/1\",\"lines\":1,\"templates\":[]}");
    garden.write("other.db", b"SQLite format 3\0 and nothing more");
    for file in ["none.json", "api.ndjson", "other.json", "other.db"] {
        let run = garden.run(&["triage", "api.ndjson", "--baseline", file]);
        assert_eq!((run.code, run.stdout.as_str()), (2, ""), "{file}");
        assert!(run.stderr.starts_with("error: ") && run.stderr.contains("\nhint: "), "{file}: {}", run.stderr);
    }
}
