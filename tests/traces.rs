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
    let (mut rows, mut right_blocks, mut traces, mut right_types, mut right_frames) = (0, 0, 0, 0, 0);
    for row in manifest["traces"].as_array().into_iter().flatten() {
        let file = row["file"].as_str().unwrap_or_default();
        let text = fs::read_to_string(folder.join(file)).unwrap_or_default();
        let lines: Vec<&str> = text.lines().collect();
        let prediction = prediction(&lines, &grammars);
        if row["expected_blocks"].is_array() {
            rows += 1;
            right_blocks += usize::from(same_blocks(row, &prediction, &lines));
        }
        if row["expected_blocks"].as_array().is_some_and(|blocks| !blocks.is_empty()) {
            traces += 1;
            right_types += usize::from(row["exception_type"] == prediction["type"] || prediction["type"].is_null());
            let lines = [&row["frame"]["line"], &prediction["frame"]["line"]];
            right_frames += usize::from(lines[0].is_null() || lines[0] == lines[1]);
        }
        predictions.insert(file.to_string(), prediction);
    }
    println!("blocks {right_blocks}/{rows}, types {right_types}/{traces}, frames {right_frames}/{traces}");
    assert!(right_blocks * 100 >= rows * 97, "blocks {right_blocks}/{rows}");
    assert!(right_types * 100 >= traces * 97, "types {right_types}/{traces}");
    assert!(right_frames * 100 >= traces * 93, "frames {right_frames}/{traces}");
    if let Some(path) = std::env::var_os("TRACE_PREDICTIONS") {
        fs::write(path, Value::Object(predictions).to_string()).expect("the path is writable");
    }
}

/// Tells whether the blocks are the expected ones, when blank and optional lines at their edges do not count.
fn same_blocks(row: &Value, prediction: &Value, lines: &[&str]) -> bool {
    let ranges = |value: &Value| -> Vec<(usize, usize)> {
        let range = |pair: &Value| Some((pair[0].as_u64()? as usize, pair[1].as_u64()? as usize));
        value.as_array().into_iter().flatten().filter_map(range).collect()
    };
    let optional = ranges(&row["optional_lines"]);
    let header = row["record_header_line"].as_u64().map(|line| line as usize);
    let counts = |line: usize| {
        let is_optional = optional.iter().any(|(from, to)| (*from..=*to).contains(&line)) || header == Some(line);
        !is_optional && !lines.get(line - 1).is_none_or(|text| text.trim().is_empty())
    };
    let read = ranges(&prediction["blocks"]);
    let trimmed: Vec<(usize, usize)> = read
        .iter()
        .filter_map(|(from, to)| {
            Some(((*from..=*to).find(|line| counts(*line))?, (*from..=*to).rfind(|line| counts(*line))?))
        })
        .filter(|(from, to)| from < to)
        .collect();
    let expected: Vec<(usize, usize)> =
        ranges(&row["expected_blocks"]).into_iter().filter(|(from, to)| from < to).collect();
    trimmed == expected
        || header.is_some_and(|header| {
            trimmed.len() == expected.len() && expected.first().is_some_and(|first| first.0 == header)
        })
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
fn a_grammar_without_examples_does_not_load() {
    let text = "language = \"tea\"\nanchors = [\"brew \"]\n[[frame]]\npattern = \"brew (?<function>[a-z+)\"\n";
    let problems =
        TraceGrammars::load(&[("tea.toml".to_string(), text.to_string())]).expect_err("it breaks three laws");
    let told: Vec<String> =
        problems.iter().map(|problem| format!("{}:{} {}", problem.line, problem.column, problem.message)).collect();
    assert_eq!(told.len(), 3, "{told:?}");
    assert_eq!(told[0], "1:12 trace grammar `tea` has no should_match example");
    assert_eq!(told[1], "1:12 trace grammar `tea` has no should_not_match example");
    assert!(told[2].starts_with("4:11 the pattern does not compile: "), "{told:?}");
    assert!(problems.iter().all(|problem| !problem.hint.is_empty()));
    let unknown = TraceGrammars::load(&[("tea.toml".to_string(), "language = \"tea\"\nteapot = 1\n".to_string())]);
    assert!(unknown.is_err_and(|problems| problems[0].message.contains("teapot")));
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

/// Pieces of every grammar's examples in a fixed disorder: nothing panics, blocks keep order, time stays linear.
#[test]
fn disorder_is_survived() {
    let grammars = grammars();
    let files = grammar_files();
    let pieces: Vec<&str> = files.iter().flat_map(|(_, text)| text.lines()).collect();
    let mut seed = 7_u64;
    let mut next = |limit: usize| {
        // Numbers of a linear congruential generator: the same disorder on every run.
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (seed >> 33) as usize % limit
    };
    let mut lines: Vec<String> = Vec::new();
    for _ in 0..4_000 {
        let piece = pieces[next(pieces.len())];
        let cut = piece.floor_char_boundary(next(piece.len() + 1));
        match next(6) {
            0 => lines.push(piece[cut..].to_string()),
            1 => lines.push(format!("{}\u{1f375}{}", &piece[..cut], &piece[cut..])),
            2 => lines.push(format!("2026-03-04T05:06:0{}Z stderr F {piece}", next(10))),
            _ => lines.push(piece.to_string()),
        }
    }
    let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
    let blocks = find_blocks(&lines, &grammars);
    assert!(blocks.iter().all(|block| block.start <= block.end && block.end < lines.len()));
    assert!(blocks.windows(2).all(|pair| pair[0].end < pair[1].start));
    let text = lines.join("\n");
    let (_, range) = parse_text(&text, &grammars).expect("some piece is a trace");
    assert!(text.get(range).is_some());
    for line in &lines {
        may_continue(line, &grammars);
        starts_trace(line, &grammars);
    }
}

/// How fast ordinary and hostile lines are passed; run by hand, for a build with optimisation.
#[test]
#[ignore = "measures, does not check"]
fn speed() {
    let start = std::time::Instant::now();
    let grammars = grammars();
    println!("load: {:?}", start.elapsed());
    let ordinary: Vec<String> = (0..500_000)
        .map(|n| format!("2026-03-04 05:06:07,{:03} INFO [worker-{}] app.pot: poured cup {n} at 12:00 for {{'user': {n}}} in 12 ms", n % 1000, n % 9))
        .collect();
    let hostile = [
        "panic: x",
        "Traceback (most recent call last):",
        "    at a.b(C.java:1)",
        "Error: x",
        "goroutine 1 [running]:",
        "  File \"x\", line 1, in f",
        "x:1:in `y'",
        " ---> A.B: x",
        "#0 /x.php(1): f()",
        "Unhandled exception:",
        "** (A.Bcd) x",
        "Exception ignored in: x",
        "/srv/a.js:3",
        "thread 'x' panicked at a.rs:1:2:",
        "main.f()",
    ];
    let mut sets = vec![("ordinary".to_string(), ordinary)];
    for line in hostile {
        sets.push((line.to_string(), vec![line.to_string(); 5_000]));
        sets.push((
            format!("{line} / text"),
            [line, "text"].iter().cycle().take(5_000).map(|line| line.to_string()).collect(),
        ));
        sets.push((
            format!("{line} / other"),
            hostile.iter().flat_map(|other| [line, other, "text"]).cycle().take(5_000).map(str::to_string).collect(),
        ));
    }
    for (name, lines) in sets {
        let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
        let start = std::time::Instant::now();
        let blocks = find_blocks(&lines, &grammars).len();
        let elapsed = start.elapsed();
        println!("{:>9.0} ns/line {blocks:>6} blocks  {name}", elapsed.as_nanos() as f64 / lines.len() as f64);
    }
}
