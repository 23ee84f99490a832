//! Every folder in `tests/cases/` is a scenario: an input, and beside it what must be said about it.
//! Leaves out any scenario of its own; a new folder is a new test.
//!
//! A folder holds one input (`entries.json`, `service.log`, ...), the expected `triage.txt`, and where there
//! is an incident `report.md` and `issue.md` of the first. Inputs named `also-*` hold the same entries in
//! another order, or some of them twice: they must lead to the same incidents.
//! `UPDATE_EXPECT=1 cargo test --test all cases::` accepts what is rendered; read it first, line by line.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::garden::evidence::{Input, check};
use crate::garden::{self, Garden, adds_up, incidents, place, text};

const NOW: &str = "2026-03-01T00:00:00Z";

/// Returns the names of the inputs of a folder, the main one first.
fn inputs(folder: &Path) -> Vec<String> {
    let mut names: Vec<String> = fs::read_dir(folder)
        .expect("a readable folder")
        .map(|item| item.expect("readable").file_name().to_string_lossy().into_owned())
        .filter(|name| [".json", ".ndjson", ".log"].iter().any(|ending| name.ends_with(ending)))
        .collect();
    names.sort_by_key(|name| (name.starts_with("also-"), name.clone()));
    names
}

fn folders() -> Vec<PathBuf> {
    let mut folders: Vec<PathBuf> = fs::read_dir(garden::root().join("tests/cases"))
        .expect("tests/cases")
        .map(|item| item.expect("readable").path())
        .filter(|path| path.is_dir())
        .collect();
    folders.sort();
    folders
}

#[test]
fn every_case_is_read_as_written_beside_it() {
    let folders = folders();
    assert!(folders.len() >= 14, "the cases are gone: {folders:?}");
    for folder in &folders {
        println!("case {}", folder.display());
        let garden = Garden::new(folder, NOW);
        let source = inputs(folder).remove(0);
        let ran = garden.run(&["triage", &source]);
        let mut said = ran.stdout;
        if ran.code != 0 {
            said.push_str(&format!("\nexit {}\n{}", ran.code, ran.stderr));
        }
        expect_test::expect_file![folder.join("triage.txt")].assert_eq(&said);

        let (triage, written) = garden.rendered(&source);
        adds_up(&triage);
        let input = Input::new(&fs::read_to_string(folder.join(&source)).expect("a text file"));
        let mut real = incidents(&triage).iter().filter(|incident| incident["noise"].is_null()).peekable();
        match real.peek().map(|incident| place(incident)) {
            Some(first) => {
                let page = |name: &str| written[&format!("{first}/{name}")].clone();
                expect_test::expect_file![folder.join("report.md")].assert_eq(&page("report.md"));
                let labels = page("issue-labels.txt").trim_end().replace('\n', ", ");
                let issue = format!("title: {}labels: {labels}\n\n{}", page("issue-title.txt"), page("issue.md"));
                expect_test::expect_file![folder.join("issue.md")].assert_eq(&issue);
            }
            None => assert!(!folder.join("report.md").exists(), "a report is expected, and there is no incident"),
        }
        for incident in real {
            let report = &written[&format!("{}/report.md", place(incident))];
            assert_eq!(check(&input, incident, report), "", "report of {}", text(incident, "title"));
        }
    }
}

/// What must not depend on the order of the entries in the file.
fn without_places(triage: &Value) -> Value {
    let mut incidents = triage["incidents"].clone();
    let groups =
        incidents.as_array_mut().into_iter().flatten().filter_map(|incident| incident["groups"].as_array_mut());
    for sample in groups.flatten().filter_map(|group| group["samples"].as_array_mut()).flatten() {
        sample["line"] = Value::Null;
        sample["source"] = Value::Null;
    }
    incidents
}

#[test]
fn the_same_entries_are_the_same_incidents() {
    let mut compared = 0;
    for folder in folders() {
        let garden = Garden::new(&folder, NOW);
        let mut names = inputs(&folder);
        let main = names.remove(0);
        for name in names {
            assert!(name.starts_with("also-"), "{}: a case has one input, {name} is another", folder.display());
            let (expect, found) = (garden.triage(&[&main]), garden.triage(&[&name]));
            assert_eq!(without_places(&found), without_places(&expect), "{}/{name}", folder.display());
            compared += 1;
        }
    }
    assert!(compared >= 2, "no case holds its entries in another order");
}

#[test]
fn the_checker_sees_what_is_invented() {
    let folder = garden::root().join("tests/cases/trace-chain");
    let garden = Garden::new(&folder, NOW);
    let (triage, written) = garden.rendered("entries.json");
    let input = Input::new(&fs::read_to_string(folder.join("entries.json")).expect("a text file"));
    let incident = &incidents(&triage)[0];
    let report = &written[&format!("{}/report.md", place(incident))];
    let fault = |from: &str, to: &str, complaint: &str| {
        assert!(report.contains(from), "the report has no `{from}`");
        let found = check(&input, incident, &report.replace(from, to));
        assert!(found.contains(complaint), "`{to}` gives: {found}");
    };
    fault("row = self.weeks[week]", "row = self.days[week]", "quoted text is not in the input");
    fault("insertId `6994", "insertId `7994", "quoted insertId 7994");
    fault("status=502 userAgent", "status=503 userAgent", "quoted text is not in the input");
    fault("- 16 events in 4 groups", "- 17 events in 4 groups", "the JSON says 16");
    fault("- 8 failed requests", "- 80 failed requests", "the JSON says 8");
    fault("## Impact\n", "## Impact\n\nAll customers.\n", "`customer` has no source");
    fault("## Impact\n", "## Impact \u{2705}\n", "emoji");
    fault("[proven] (`69945840000334505d0e308d`)", "certainly", "an answer without evidence");
}
