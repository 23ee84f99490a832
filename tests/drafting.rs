//! `patterns draft`: what it writes is accepted as it stands, knows the group and nothing beside it.
//! Leaves out the text of the file: `src/pattern/draft.rs` has its own tests.

use serde_json::{Value, json};

use crate::bed::{Garden, entry, ndjson};

/// Three kinds of error that no pattern knows, one of them an exception, and one that a pattern knows.
fn garden() -> Garden {
    let garden = Garden::new();
    let mut entries = Vec::new();
    for at in 0..12_u32 {
        let texts = [
            format!("pool dry: {} buckets are in use, waited {} ms for the well of tenant-{at}", 7 * at + 1, 31 * at),
            format!("pool closed: {} buckets were left behind by tenant-{at}", at + 2),
            format!(
                "Traceback (most recent call last):\n  File \"/app/weir/gate.py\", line {}, in lift\n    gate.up()\nweir.errors.GateError: gate {at} (\"east's\") is stuck at {}.5 %",
                40 + at,
                at + 3
            ),
            "No module named 'weir.locks'".to_string(),
        ];
        for (kind, text) in texts.iter().enumerate() {
            let time = format!("2026-09-16T00:{:02}:{:02}Z", 10 + at, kind * 10);
            entries.push(entry(&format!("e{at}-{kind}"), json!({ "textPayload": text, "timestamp": time })));
        }
    }
    garden.write("weir.ndjson", ndjson(&entries));
    garden
}

fn groups(garden: &Garden, more: &[&str]) -> Vec<Value> {
    let run = garden.run(&[&["triage", "weir.ndjson", "--format", "json"], more].concat());
    let view: Value = serde_json::from_str(&run.stdout).expect("JSON");
    let incidents = view["incidents"].as_array().expect("a list").clone();
    incidents.iter().flat_map(|incident| incident["groups"].as_array().expect("a list").clone()).collect()
}

#[test]
fn a_draft_is_accepted_and_knows_its_group_alone() {
    let garden = garden();
    let unknown: Vec<Value> = groups(&garden, &[]).into_iter().filter(|group| group["pattern"].is_null()).collect();
    assert_eq!(unknown.len(), 3, "{unknown:?}");
    for group in &unknown {
        let id = group["id"].as_str().expect("an id");
        let run = garden.run(&["patterns", "draft", id, "weir.ndjson", "--out", "mine"]);
        assert_eq!(run.code, 0, "{}", run.stderr);
        assert!(garden.read(run.stdout.trim()).contains("should_not_match"), "{}", run.stdout);
        // Nothing is overwritten.
        assert_eq!(garden.run(&["patterns", "draft", id, "weir.ndjson", "--out", "mine"]).code, 2);
    }
    let checked = garden.run(&["patterns", "check", "mine"]);
    assert_eq!(checked.code, 0, "{}", checked.stderr);
    assert!(checked.stdout.contains("3 of yours"), "{}", checked.stdout);
    let known = groups(&garden, &["--patterns", "mine"]);
    for group in &unknown {
        let found = known.iter().find(|found| found["title"] != group["title"] && found["entries"] == group["entries"]);
        assert!(found.is_some_and(|found| found["pattern"].is_string()), "{group}\n{known:?}");
    }
    let patterns: Vec<&Value> = known.iter().map(|group| &group["pattern"]).collect();
    assert!(patterns.iter().all(|pattern| pattern.is_string()), "{patterns:?}");
}

#[test]
fn what_cannot_be_drafted_is_said() {
    let garden = garden();
    let known = groups(&garden, &[]).into_iter().find(|group| group["pattern"].is_string()).expect("a known group");
    let run = garden.run(&["patterns", "draft", known["id"].as_str().expect("an id"), "weir.ndjson"]);
    assert!(run.code == 2 && run.stderr.contains("knows this group already"), "{}", run.stderr);
    let run = garden.run(&["patterns", "draft", "ffffffff", "weir.ndjson"]);
    assert!(run.code == 2 && run.stderr.contains("no group `ffffffff`"), "{}", run.stderr);
}
