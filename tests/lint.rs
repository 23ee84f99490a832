//! `lint`: our reports reach at least 18 of 20, a report written by hand does not, and each point can be missed.
//! Leaves out whether a report is true (`tests/verify.rs`).

use std::fs;
use std::path::{Path, PathBuf};

use log_gardener::report::Templates;
use log_gardener::report::reference::unreferenced;
use serde_json::Value;

use crate::garden::{self, Garden};

const NOW: &str = "2026-03-10T10:00:00Z";
const EXPORT: &str = "reports/example/export.json";
const REPORT: &str = "reports/example/incidents/P0-4e0e93f1/report.md";

fn lint(garden: &Garden, report: &Path, options: &[&str]) -> (i32, Value) {
    let file = report.to_str().expect("UTF-8");
    let ran = garden.bare(&[&["lint", file, "--format", "json"], options].concat());
    let json =
        serde_json::from_str(&ran.stdout).unwrap_or_else(|error| panic!("{error}: {}{}", ran.stdout, ran.stderr));
    (ran.code, json)
}

fn point(found: &Value, number: usize) -> Option<f64> {
    assert_eq!(found["points"][number - 1]["number"], number);
    found["points"][number - 1]["score"].as_f64()
}

/// Every report of the example and of the cases.
fn reports() -> Vec<PathBuf> {
    let mut reports = Vec::new();
    for folder in ["reports/example/incidents", "tests/cases"] {
        for item in fs::read_dir(garden::root().join(folder)).expect("a folder") {
            let report = item.expect("readable").path().join("report.md");
            if report.exists() {
                reports.push(report);
            }
        }
    }
    reports.sort();
    reports
}

#[test]
fn our_reports_reach_eighteen_of_twenty() {
    let garden = Garden::new(garden::root(), NOW);
    let reports = reports();
    assert!(reports.len() >= 20, "{} reports", reports.len());
    let mut least = f64::MAX;
    for report in &reports {
        let (code, found) = lint(&garden, report, &["--at-least", "18"]);
        let score = found["score"].as_f64().expect("a score");
        let lost: Vec<&Value> = found["points"]
            .as_array()
            .expect("points")
            .iter()
            .filter(|one| one["score"].as_f64() < Some(1.0))
            .collect();
        println!("{score:>5}  {}", report.strip_prefix(garden::root()).expect("below").display());
        assert_eq!(code, 0, "{}: {score}: {lost:?}", report.display());
        assert_eq!((&found["schema"], &found["of"]), (&"log-gardener/lint/1".into(), &20.into()));
        least = least.min(score);
    }
    println!("{least:>5}  the least of {} reports", reports.len());
}

#[test]
fn with_an_input_the_references_must_resolve() {
    let garden = Garden::new(garden::root(), NOW);
    let report = garden::root().join(REPORT);
    let (code, found) = lint(&garden, &report, &["--against", EXPORT]);
    assert_eq!((code, point(&found, 3)), (0, Some(1.0)), "{found}");
    assert_eq!(point(&lint(&garden, &report, &[]).1, 3), Some(0.5), "without one they are only there");
    let text = fs::read_to_string(&report).expect("the report");
    let altered = garden.temporary("altered.md");
    fs::write(&altered, text.replacen("- 82 events in 9 groups", "- 83 events in 9 groups", 1)).expect("written");
    let (_, found) = lint(&garden, &altered, &["--against", EXPORT]);
    assert_eq!(point(&found, 3), Some(0.5), "{}", found["points"][2]);
    let at = text.lines().position(|line| line.starts_with("- 82 events in 9 groups")).expect("the line") + 1;
    assert_eq!(found["points"][2]["lines"], serde_json::json!([at]));
}

#[test]
fn a_report_by_hand_scores_low_and_each_fault_is_named() {
    let garden = Garden::new(garden::root(), NOW);
    let (code, found) = lint(&garden, &garden::root().join("tests/lint/by-hand.md"), &["--at-least", "7"]);
    assert_eq!(code, 1, "{found}");
    assert!(found["score"].as_f64() <= Some(6.0), "{}", found["score"]);
    let why = |number: usize| found["points"][number - 1]["why"].as_str().expect("a reason").to_string();
    assert!(
        why(20).contains("emoji") && why(20).contains("superlatives") && why(20).contains("repeats"),
        "{}",
        why(20)
    );
    assert!(why(11).contains("blames") && why(11).contains("person"), "{}", why(11));
    for missed in [1, 2, 4, 9, 11, 12, 20] {
        assert_eq!(point(&found, missed), Some(0.0), "{missed}: {}", why(missed));
    }
    assert_eq!(found["points"][10]["lines"][0], 16);
}

/// What is changed in a good report, and the point that it loses by that.
const SPOILED: [(usize, &str, &str); 18] = [
    (1, "| Revision |", "| x |"),
    (2, "[proven] (counted: `sum of the events of the incident's groups`)", "for sure"),
    (4, "| 2026-03-10 09:33:20.551Z | change |", "| 2026-03-11 09:33:20.551Z | change |"),
    (5, "Detect", "Look"),
    (6, "| Mitigated |", "| Done |"),
    (6, "| 26 min 1 s | newest", "| 27 min 1 s | newest"),
    (7, "Contributing factor", "Other"),
    (8, "| Confidence |", "| x |"),
    (9, "[hypothesis] (pattern: `python-module-not-found`)", ""),
    (10, "Why was it not", "It was not"),
    (11, "Tests ran on the source tree", "A careless engineer tested the source tree"),
    (12, "### Why was it not contained", "### x"),
    (14, "There is no diff: this run read no source code.", ""),
    (15, "## Verification\n", "## x\n"),
    (16, "## Actions\n", "## x\n"),
    (17, "prevent", "x"),
    (19, "Sampling", "x"),
    (20, "## Summary\n", "## Summary \u{1f389}\n"),
];

#[test]
fn each_point_can_be_lost() {
    let garden = Garden::new(garden::root(), NOW);
    let text = fs::read_to_string(garden::root().join(REPORT)).expect("the report");
    let before = lint(&garden, &garden::root().join(REPORT), &[]).1;
    let file = garden.temporary("spoiled.md");
    for (number, from, to) in SPOILED {
        assert!(text.contains(from), "the report has no `{from}`");
        fs::write(&file, text.replace(from, to)).expect("written");
        let after = lint(&garden, &file, &[]).1;
        assert!(point(&after, number) < point(&before, number), "{number} `{from}`: {}", after["points"][number - 1]);
    }
}

#[test]
fn any_text_gets_a_score_and_twice_the_same() {
    let garden = Garden::new(garden::root(), NOW);
    let file = garden.temporary("any.md");
    let documents: [Vec<u8>; 6] = [
        Vec::new(),
        b"\xff\xfe|a|\n".to_vec(),
        "# ".repeat(30_000).into_bytes(),
        b"| | |\n|-|-|\n|".to_vec(),
        "`".repeat(90_000).into_bytes(),
        "| a ".repeat(80_000).into_bytes(),
    ];
    for document in documents {
        fs::write(&file, &document).expect("written");
        let first = lint(&garden, &file, &[]);
        assert_eq!(first.0, 0);
        assert!(first.1["score"].as_f64() < Some(8.0), "{}", first.1);
        assert_eq!(first, lint(&garden, &file, &[]));
    }
    let text = garden.bare(&["lint", "tests/lint/by-hand.md"]);
    assert!(text.stdout.contains(" of 20, scaled from the "), "{}", text.stdout);
    assert_eq!(garden.bare(&["lint", "none.md"]).code, 3);
    assert_eq!(garden.bare(&["lint", "README.md", "--at-least", "21"]).code, 2);
}

#[test]
fn no_document_states_a_figure_without_a_reference() {
    let root = garden::root();
    let mut pages: Vec<PathBuf> =
        ["audit", "summary", "worklog"].iter().map(|name| root.join(format!("reports/example/{name}.md"))).collect();
    for report in reports() {
        pages.push(report.with_file_name("issue.md"));
        pages.push(report);
    }
    for page in &pages {
        let text = fs::read_to_string(page).expect("a page");
        let bare = unreferenced(&text);
        assert_eq!(bare, [], "{}", page.display());
    }
    let text = fs::read_to_string(root.join(REPORT)).expect("the report");
    assert_eq!(unreferenced(&text.replace("## Detection\n", "## Detection\n\nIt hit 77 events.\n")).len(), 1);
}

#[test]
fn a_template_that_states_a_figure_without_a_reference_does_not_load() {
    let load = |text: &str| Templates::load(&[("parts/impact.md".to_string(), text.to_string())]);
    let count = r#"It hit {{ (1000 + incident.entries) | count(one="event", many="events") }}"#;
    let Err(problems) = load(&format!("{count}.\n")) else { panic!("a bare figure loads") };
    let shown = problems[0].to_string();
    assert!(shown.contains("a figure without a reference is rendered: It hit"), "{shown}");
    assert!(problems[0].hint.contains("`refs`"), "{}", problems[0].hint);
    assert!(load(&format!("{count} (counted: `it`).\n")).is_ok(), "with its reference it loads");
    assert!(load("It hit something.\n").is_ok(), "without a figure it needs none");
}
