//! The machine-readable output: documents with a schema, the promised keys, times in UTC, null for unknown,
//! and the same bytes for the same input. Leaves out what the incidents are.

use serde_json::{Value, json};

use crate::bed::{Garden, Run, entry, ndjson, nothing_lost};

/// A chain: an import fails, the request that needs it is answered with 503; a line without severity and time.
fn chain() -> String {
    let trace = |n: usize| json!(format!("projects/p/traces/{n:032x}"));
    let mut entries = Vec::new();
    for n in 0..4 {
        let text = "setup failed\nTraceback (most recent call last):\n  File \"/app/main.py\", line 3, in boot\n    import bridge\nModuleNotFoundError: No module named 'bridge'";
        let time = |millis: usize| format!("2026-09-16T00:4{n}:00.{millis:03}Z");
        entries.push(entry(&format!("c{n}"), json!({ "textPayload": text, "timestamp": time(0), "trace": trace(n) })));
        let request =
            json!({ "status": 503, "requestMethod": "GET", "requestUrl": "https://x/carts", "latency": "0.2s" });
        entries
            .push(entry(&format!("r{n}"), json!({ "httpRequest": request, "timestamp": time(7), "trace": trace(n) })));
    }
    entries.push(json!({ "insertId": "u", "logName": "l", "resource": {}, "textPayload": "ERROR: the oven is cold" }));
    ndjson(&entries)
}

#[track_caller]
fn has(value: &Value, keys: &str) {
    let object = value.as_object().unwrap_or_else(|| panic!("no object: {value}"));
    for key in keys.split(' ') {
        assert!(object.contains_key(key), "{key} is not in {:?}", object.keys().collect::<Vec<_>>());
    }
}

/// Asserts that unknown is null and never "", and that what looks like a time is in UTC.
fn well_formed(value: &Value, path: &str) {
    match value {
        Value::Array(list) => list.iter().for_each(|item| well_formed(item, path)),
        Value::Object(fields) => fields.iter().for_each(|(key, item)| well_formed(item, &format!("{path}.{key}"))),
        Value::String(text) => {
            assert!(!text.is_empty(), "{path} is empty");
            let key = path.rsplit('.').next().unwrap_or(path);
            if ["from", "to", "first_seen", "last_seen", "timestamp", "time"].contains(&key)
                && !path.contains(".links.")
            {
                assert!(chrono::DateTime::parse_from_rfc3339(text).is_ok() && text.ends_with('Z'), "{path}: {text}");
            }
        }
        _ => {}
    }
}

#[track_caller]
fn document(run: &Run, name: &str) -> Value {
    run.done();
    let document = run.json();
    assert_eq!(document["schema"], format!("log-gardener/{name}/1"));
    well_formed(&document, name);
    document
}

#[test]
fn triage_has_what_the_contract_promises() {
    let garden = Garden::new();
    garden.write("log", chain());
    let arguments = ["triage", "log", "--format", "json"];
    let run = garden.run(&arguments);
    let all = document(&run, "triage");
    assert_eq!(nothing_lost(&all), 9);
    let coverage = &all["coverage"];
    has(coverage, "sources entries events duplicates without_severity without_payload asked truncated notes");
    has(&coverage["asked"], "from to");
    has(&coverage["sources"][0], "source sha256 format entries skipped from to");
    let incidents = all["incidents"].as_array().expect("a list");
    let (mut linked, mut thrown) = (0, 0);
    for incident in incidents {
        has(
            incident,
            "id fingerprint title category priority priority_rule severity entries first_seen last_seen services \
             revisions instances root groups links also_seen whys cause",
        );
        for group in incident["groups"].as_array().expect("a list") {
            has(
                group,
                "id title template entries first_seen last_seen severity role exception fingerprint_parts samples",
            );
            has(&group["fingerprint_parts"][0], "name value why");
            has(&group["samples"][0], "insert_id timestamp source line quote");
            assert_eq!(group["role"] == "root", group["id"] == incident["root"]);
            if group["exception"].is_object() {
                thrown += 1;
                has(&group["exception"], "type message language chain frames");
                has(&group["exception"]["frames"][0], "file line function in_app");
            }
        }
        for link in incident["links"].as_array().expect("a list") {
            linked += 1;
            has(link, "from to kind occurrences lag_ms shared confidence evidence");
            has(&link["lag_ms"], "p50 max");
            assert!(link["confidence"].as_f64().is_some_and(|share| (0.0..=1.0).contains(&share)));
        }
        for why in incident["whys"].as_array().expect("a list") {
            has(why, "question answer status evidence branch");
        }
    }
    assert!(linked > 0 && thrown > 0, "{all}");
    let unknown =
        incidents.iter().find(|incident| incident["title"].as_str().is_some_and(|title| title.contains("oven")));
    assert_eq!(unknown.expect("an incident")["first_seen"], Value::Null);
    assert_eq!(garden.run(&arguments), run, "the same input gives the same bytes");
}

#[test]
fn assignments_are_one_line_per_entry() {
    let garden = Garden::new();
    garden.write("log", chain());
    garden.run(&["triage", "log", "--assignments", "who"]).done();
    let lines: Vec<Value> = garden.read("who").lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    assert_eq!(lines.len(), 9);
    for (index, line) in lines.iter().enumerate() {
        has(line, "source index line insert_id group incident role");
        assert_eq!((&line["index"], &line["line"]), (&json!(index), &json!(index + 1)));
        well_formed(line, "assignment");
    }
    assert_eq!(lines[0]["incident"], lines[1]["incident"]);
    assert_eq!((&lines[0]["role"], &lines[1]["role"]), (&json!("root"), &json!("consequence")));
}

#[test]
fn parse_is_one_line_per_block() {
    let garden = Garden::new();
    let trace = "2026-09-16 00:40:00 ERROR it broke\nTraceback (most recent call last):\n  File \"/app/main.py\", line 3, in boot\n    import bridge\nKeyError: 'x'\n";
    garden.write("log", format!("bare line\n2026-09-16 00:39:00 INFO ready\n{trace}"));
    let run = garden.run(&["parse", "log"]);
    let blocks: Vec<Value> = run.done().lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    assert_eq!(blocks.len(), 3, "{}", run.stdout);
    for block in &blocks {
        has(block, "line end_line timestamp severity message exception");
    }
    assert_eq!((&blocks[2]["line"], &blocks[2]["end_line"]), (&json!(3), &json!(7)));
    has(&blocks[2]["exception"], "type message language chain frame");
    let frame = json!({ "file": "/app/main.py", "line": 3, "function": "boot" });
    assert_eq!((&blocks[2]["exception"]["type"], &blocks[2]["exception"]["frame"]), (&json!("KeyError"), &frame));
    assert_eq!((&blocks[0]["timestamp"], &blocks[0]["exception"]), (&Value::Null, &Value::Null));
}

#[test]
fn same_compares_part_by_part() {
    let garden = Garden::new();
    let all = document(&garden.run(&["same", "-e", "user 1 is gone", "-e", "user 2 is gone"]), "same");
    assert_eq!(all["same"], true);
    has(&all["parts"][0], "name a b counts why");
    garden.write("a", "user 1 is gone\n").write("b", "disk 7 is full\n");
    let all = document(&garden.run(&["same", "a", "b"]), "same");
    assert_eq!(all["same"], false);
    let differs = |part: &Value| part["counts"] == true && part["a"] != part["b"];
    assert!(all["parts"].as_array().is_some_and(|parts| parts.iter().any(differs)), "{all}");
}

#[test]
fn the_other_documents() {
    let garden = Garden::new();
    garden.write("log", chain());
    garden.write("lines", "disk 1 is full\n".repeat(9));
    let templates = document(&garden.run(&["templates", "lines", "--format", "json"]), "templates");
    has(&templates["templates"][0], "id template count example");
    let counts =
        templates["templates"].as_array().expect("a list").iter().filter_map(|template| template["count"].as_u64());
    assert_eq!(counts.sum::<u64>(), 9);
    let issue = document(&garden.run(&["issue", "log", "--format", "json"]), "issue");
    has(&issue, "incident fingerprint title labels body");
    let labels = issue["labels"].as_array().expect("a list");
    assert!((1..=4).contains(&labels.len()) && labels[0].as_str().is_some_and(|label| label.starts_with('P')));
    let patterns = document(&garden.run(&["patterns", "list", "--format", "json"]), "patterns");
    has(&patterns["patterns"][0], "id title category");
}

#[test]
fn nothing_is_coloured_in_a_pipe() {
    let garden = Garden::new();
    garden.write("log", chain());
    for variable in ["NO_COLOR", "CLICOLOR", "TERM"] {
        let mut command = garden.command(&["triage", "log"]);
        let output = command.env(variable, "1").output().expect("it runs");
        assert!(!output.stdout.contains(&0x1b), "{variable}");
    }
}
