//! Every trace grammar by its own examples, and all of them against a folder of traces, where there is one.

use std::fs;
use std::path::{Path, PathBuf};

use log_gardener::event::trace::{check_examples, find_blocks, may_continue, parse_text, starts_trace};
use log_gardener::pattern::TraceGrammars;
use serde_json::{Value, json};

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn grammar_files() -> Vec<(String, String)> {
    let pattern = root().join("patterns/traces/*.toml");
    let paths = glob::glob(&pattern.to_string_lossy()).expect("a plain pattern");
    let mut files: Vec<PathBuf> = paths.flatten().collect();
    files.sort();
    let name = |path: &Path| format!("patterns/traces/{}", path.file_name().unwrap_or_default().to_string_lossy());
    files.iter().map(|path| (name(path), fs::read_to_string(path).expect("a grammar file is text"))).collect()
}

fn grammars() -> TraceGrammars {
    TraceGrammars::load(&grammar_files()).unwrap_or_else(|problems| {
        panic!("{}", problems.iter().map(|problem| format!("{problem}\nhint: {}\n", problem.hint)).collect::<String>())
    })
}

#[test]
fn every_example_holds() {
    let problems = check_examples(&grammars());
    let text: String = problems.iter().map(|problem| format!("{problem}\n")).collect();
    assert!(problems.is_empty(), "{text}");
}

#[test]
fn predictions_for_the_trace_folder() {
    let folder = root().join("../shared/data/exceptions");
    let folder = std::env::var_os("EXCEPTIONS_DIR").map_or(folder, PathBuf::from);
    let Ok(manifest) = fs::read_to_string(folder.join("manifest.json")) else {
        println!("skipped: no folder of traces beside the project");
        return;
    };
    let manifest: Value = serde_json::from_str(&manifest).expect("the manifest is JSON");
    let grammars = grammars();
    let mut predictions = serde_json::Map::new();
    for row in manifest["traces"].as_array().into_iter().flatten() {
        let file = row["file"].as_str().unwrap_or_default();
        let text = fs::read_to_string(folder.join(file)).unwrap_or_default();
        let lines: Vec<&str> = text.lines().collect();
        predictions.insert(file.to_string(), prediction(&lines, &grammars));
    }
    if let Some(path) = std::env::var_os("TRACE_PREDICTIONS") {
        fs::write(path, Value::Object(predictions).to_string()).expect("the path is writable");
    }
}

fn prediction(lines: &[&str], grammars: &TraceGrammars) -> Value {
    let blocks = find_blocks(lines, grammars);
    let edges: Vec<[usize; 2]> = blocks.iter().map(|block| [block.start + 1, block.end + 1]).collect();
    let Some(first) = blocks.first() else { return json!({ "blocks": edges }) };
    let exception = &first.exception;
    // Behind the causes of the exception itself: the first of a group, the innermost of a chain.
    let is_aside = |relation: &str| matches!(relation, "grouped" | "suppressed");
    let causes = exception.chain.iter().take_while(|cause| !is_aside(&cause.relation)).count();
    let root = exception.chain.get(causes.saturating_sub(1));
    let frame = exception.innermost_in_app();
    json!({
        "blocks": edges,
        "type": exception.type_name,
        "message": exception.message,
        "language": exception.language,
        "frame": frame.map(|frame| json!({ "file": frame.file, "line": frame.line, "function": frame.function })),
        "root_type": root.and_then(|cause| cause.type_name.clone()),
        "root_message": root.and_then(|cause| cause.message.clone()),
        "chain": exception.chain.iter().map(|cause| format!("{} {:?}", cause.relation, cause.type_name)).collect::<Vec<_>>(),
    })
}

#[test]
fn single_lines_are_told_apart() {
    let grammars = grammars();
    for line in [
        "Traceback (most recent call last):",
        "  File \"/app/a.py\", line 3, in f",
        "During handling of the above exception, another exception occurred:",
        "Caused by: java.io.IOException: dry",
        "\tat org.tea.Pot.pour(Pot.java:12)",
        "    at pour (/srv/tea/pot.js:1:2)",
        "goroutine 1 [running]:",
    ] {
        assert!(may_continue(line, &grammars), "{line}");
    }
    for line in ["", "tea at noon", "INFO served", "{\"at \": 1}", "listening at http://0.0.0.0:80"] {
        assert!(!may_continue(line, &grammars), "{line}");
    }
    assert!(starts_trace("ERROR x Traceback (most recent call last):", &grammars));
    assert!(!starts_trace("ValueError: bad row", &grammars));
    assert!(parse_text("ValueError: bad row", &grammars).is_none());
}
