//! Opens the pages in a headless browser, and the Mermaid diagrams of the Markdown in Mermaid itself.
//! `tests/browser/install.sh` installs both; without them each test says so and is skipped.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

use log_gardener::report::escape;
use serde_json::{Value, json};

use crate::garden::{self, Garden};
use crate::html::{pages, poison, templates};
use crate::injection::corpus;
use crate::report::hostile;

fn chromium() -> Option<PathBuf> {
    let folders = std::env::var_os("PATH")?;
    std::env::split_paths(&folders).map(|folder| folder.join("chromium")).find(|file| file.exists())
}

/// Asks the browser; `None`, with a word why, where there is none.
fn look(folder: &Path, mut asked: Value) -> Option<Value> {
    let tools = garden::root().join("target/browser");
    let Some(chromium) = chromium().filter(|_| tools.join("ready").exists()) else {
        println!("skipped: no browser is there; run tests/browser/install.sh");
        return None;
    };
    asked["chromium"] = json!(chromium);
    asked["playwright"] = json!(tools.join("playwright-core"));
    asked["mermaid"] = json!(tools.join("mermaid.min.js"));
    // For people who want to look themselves: a folder for pictures of every page.
    asked["shots"] = json!(std::env::var("LOG_GARDENER_SHOTS").ok());
    let file = folder.join("asked.json");
    std::fs::write(&file, asked.to_string()).expect("written");
    let script = garden::root().join("tests/browser/look.js");
    let output = Command::new("node").arg(script).arg(&file).output().expect("node starts");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    Some(serde_json::from_slice(&output.stdout).expect("JSON"))
}

fn write(folder: &Path, name: &str, page: &str) -> PathBuf {
    let file = folder.join(name);
    std::fs::create_dir_all(file.parent().expect("a folder")).expect("created");
    std::fs::write(&file, page).expect("written");
    file
}

fn texts_of(value: &Value) -> BTreeSet<String> {
    let items = value.as_array().expect("a list").iter();
    items.map(|item| item.as_str().expect("a text").to_string()).collect()
}

#[test]
fn a_browser_shows_the_pages_and_asks_for_nothing() {
    let folder = tempfile::tempdir().expect("a folder");
    let garden = Garden::new(garden::root(), "2026-03-10T10:00:00Z");
    let (_, written) = garden.rendered("reports/example/export.json");
    let report = written.iter().find(|(name, _)| name.ends_with("report.html")).expect("a report").1;
    let [plain, plain_index] = pages(&poison::plain());
    let [poisoned, poisoned_index] = pages(&poison::poisoned(&poison::CASES.concat()));
    let [huge, _] = pages(&poison::poisoned(&"<b>x</b>".repeat(125_000)));
    let [long, _] = pages(&poison::chain(40));
    let named = [
        ("example/report.html", report.as_str()),
        ("example/index.html", &written["index.html"]),
        ("plain/report.html", &plain),
        ("plain/index.html", &plain_index),
        ("poisoned/report.html", &poisoned),
        ("poisoned/index.html", &poisoned_index),
        ("huge/report.html", &huge),
        ("long/report.html", &long),
    ];
    let files: Vec<PathBuf> = named.iter().map(|(name, page)| write(folder.path(), name, page)).collect();
    let Some(told) = look(folder.path(), json!({ "pages": files })) else { return };
    let seen = |name: &str| &told["pages"][named.iter().position(|(other, _)| *other == name).expect("a page")];

    for (name, page) in named {
        let seen = seen(name);
        for heard in
            seen["variants"].as_array().expect("variants").iter().chain([&seen["heard"], &seen["plain"]["heard"]])
        {
            for what in ["requests", "errors", "dialogs"] {
                assert_eq!(heard[what], json!([]), "{name}: {what}");
            }
        }
        for variant in seen["variants"].as_array().expect("variants") {
            assert_eq!(
                (&variant["folded"], &variant["unfolded"]),
                (&json!(0), &json!(0)),
                "{name} is wider than {variant}"
            );
        }
        assert_eq!(seen["ran"], json!(false), "{name}: a script from a log ran");
        assert_eq!(seen["copies"], seen["copyButtons"], "{name}: a button for each");
        let command = crate::html::page::texts(page, "pre").pop().expect("a command");
        assert_eq!(seen["copied"].as_str(), Some(command.trim_start_matches('\n')), "{name}: the exact command");
        assert_eq!(seen["told"], json!("Copied"), "{name}");
        assert_eq!(seen["keyboard"], json!(true), "{name}: Enter opens and Space closes");
        assert_eq!(seen["hiddenInPrint"], json!(0), "{name}: print shows what is folded");
        assert_eq!(seen["shownButtonsInPrint"], json!(0), "{name}");
        assert_eq!(
            (&seen["plain"]["buttons"], &seen["plain"]["hidden"]),
            (&json!(0), &json!([])),
            "{name} without scripts"
        );
        let reads = |text: &Value| {
            text.as_str().expect("a text").replace("Unfold all", "").replace("Copied", "").replace("Copy", "")
        };
        assert_eq!(reads(&seen["plain"]["text"]), reads(&seen["text"]), "{name}: all text is there without scripts");
    }
    for (name, like) in [
        ("poisoned/report.html", "plain/report.html"),
        ("poisoned/index.html", "plain/index.html"),
        ("huge/report.html", "plain/report.html"),
    ] {
        let expected = texts_of(&seen(like)["shape"]);
        let new: Vec<String> =
            texts_of(&seen(name)["shape"]).difference(&expected).filter(|tag| *tag != "code[]").cloned().collect();
        assert_eq!(new, [""; 0], "{name}: an element or attribute stems from a log");
    }
    let shown = seen("poisoned/report.html")["text"].as_str().expect("a text");
    assert!(shown.contains("</script><script>window.ran=1</script>"), "hostile text is there to be read");
}

#[test]
fn no_case_of_the_corpus_makes_an_element_a_request_or_a_script() {
    let folder = tempfile::tempdir().expect("a folder");
    // Several cases a page, for a browser takes its time; fewer than a page would cut.
    let mut texts: Vec<String> = vec![String::new()];
    let cases = corpus::cases();
    for case in &cases {
        if texts.last().is_some_and(|text| text.chars().count() + case.text.chars().count() > 1_500) {
            texts.push(String::new());
        }
        texts.last_mut().expect("one").push_str(&format!("{} ", case.text));
    }
    let mut files: Vec<PathBuf> = Vec::new();
    let plain = pages(&poison::plain());
    for (number, both) in [plain].into_iter().chain(texts.iter().map(|text| pages(&poison::poisoned(text)))).enumerate()
    {
        for (name, page) in ["report", "index"].iter().zip(both) {
            files.push(write(folder.path(), &format!("{number}/{name}.html"), &page));
        }
    }
    let Some(told) = look(folder.path(), json!({ "shapes": files })) else { return };
    let told = told["shapes"].as_array().expect("a list");
    println!("{} cases in {} pages, each at every place", cases.len(), told.len() - 2);
    assert_eq!(told.len(), files.len());
    for (number, seen) in told.iter().enumerate() {
        assert_eq!(
            (&seen["requests"], &seen["errors"], &seen["dialogs"], &seen["ran"]),
            (&json!([]), &json!([]), &json!([]), &json!(false)),
            "{number}"
        );
        let expected = texts_of(&told[number % 2]["shape"]);
        let new: Vec<String> =
            texts_of(&seen["shape"]).difference(&expected).filter(|tag| *tag != "code[]").cloned().collect();
        assert_eq!(new, [""; 0], "{number}: an element or attribute stems from a log");
    }
}

#[test]
fn the_browser_notices_what_a_page_must_not_do() {
    let folder = tempfile::tempdir().expect("a folder");
    let bad = "<!doctype html><script>window.ran=1;console.error('x')</script><main><img src=\"http://127.0.0.1:9/x\">\
        <p style=\"width:3000px\">x</p><details><summary>s</summary><p style=\"display:none\">y</p></details>\
        <div data-copy=\"command\"><pre>a</pre><button onclick=\"document.querySelector('[role=status]').textContent='no'\">c\
        </button></div><p role=\"status\"></p></main>";
    let file = write(folder.path(), "bad/report.html", bad);
    let Some(told) = look(folder.path(), json!({ "pages": [file] })) else { return };
    let seen = &told["pages"][0];
    let first = &seen["variants"][0];
    assert_eq!(first["requests"], json!(["http://127.0.0.1:9/x"]));
    assert!(
        first["errors"].as_array().is_some_and(|errors| !errors.is_empty()) && first["folded"].as_i64() > Some(1000)
    );
    assert_eq!((&seen["ran"], &seen["told"], &seen["hiddenInPrint"]), (&json!(true), &json!("no"), &json!(1)));
    assert_eq!(seen["plain"]["hidden"], json!(["p"]));
}

/// Returns the Mermaid diagram of a report; what looks like one further down is a quotation.
fn diagram(markdown: &str) -> Option<String> {
    Some(markdown.split_once("\n```mermaid\n")?.1.split_once("```")?.0.to_string())
}

#[test]
fn the_diagrams_of_the_markdown_are_mermaid_and_say_what_was_logged() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut all = Vec::new();
    for case in std::fs::read_dir(garden::root().join("tests/cases")).expect("cases") {
        let report = std::fs::read_to_string(case.expect("readable").path().join("report.md")).unwrap_or_default();
        all.extend(diagram(&report));
    }
    let long = poison::chain(40);
    all.extend(diagram(&templates().report(&long, &long.incidents[0]).expect("renders")));
    let written = all.len();
    assert!(written >= 3, "hardly any case has a chain");
    let texts: Vec<String> = hostile::CASES
        .iter()
        .chain(poison::CASES)
        .map(|text| text.to_string())
        .chain(hostile::generated(11, 60))
        // Mermaid takes a while for each; the parser and the shape of all others are tried without a browser.
        .chain(corpus::cases().into_iter().filter(|case| case.name.starts_with("diagram/")).map(|case| case.text))
        .collect();
    for text in &texts {
        let run = poison::poisoned(text);
        all.extend(diagram(&templates().report(&run, &run.incidents[0]).expect("renders")));
    }
    assert_eq!(all.len(), written + texts.len(), "one diagram each");
    let Some(told) = look(folder.path(), json!({ "diagrams": all })) else { return };
    let drawn = told["diagrams"].as_array().expect("a list");
    assert_eq!(drawn.len(), all.len());
    for (drawn, text) in drawn.iter().zip(&all) {
        assert_eq!((&drawn["fault"], &drawn["acting"]), (&Value::Null, &json!([])), "{text}");
    }
    for (drawn, text) in drawn[written..].iter().zip(&texts) {
        // Spaces are lost or put between two dollar signs; every other character must be there.
        let words = |text: &str| text.split_whitespace().collect::<String>();
        let label = drawn["labels"][0].as_str().expect("a label");
        // Mermaid itself makes a line end of a backslash before an n, however it is written.
        let shown = words(&escape::cut(&escape::visible(text), 72).replace("\\n", " "));
        assert_eq!(words(label).rsplit_once("30events").expect("a count").0, shown, "{text:?}");
    }
}
