//! Reports as pages: what they say, that text from logs stays text in them, and how a browser shows them.
//! Leaves out finding facts; `UPDATE_EXPECT=1 cargo test --test all html::` accepts a change of the pages beside the cases.

mod browser;
mod page;
pub(crate) mod poison;

use std::collections::BTreeSet;
use std::sync::OnceLock;

use log_gardener::report::Templates;
use log_gardener::report::view::TriageView;
use serde_json::Value;

use crate::garden::{self, Garden, incidents, place};
use crate::injection::corpus;
use crate::report::hostile;

/// The cases whose pages stand beside them.
const CASES: [&str; 2] = ["missing-module-crash-loop", "trace-chain"];
/// What a page of a usual run may weigh, bytes.
const USUAL: usize = 200_000;

fn templates() -> &'static Templates {
    static LOADED: OnceLock<Templates> = OnceLock::new();
    LOADED.get_or_init(|| Templates::load(&[]).unwrap_or_else(|problems| panic!("{}", problems[0])))
}

fn pages(run: &TriageView) -> [String; 2] {
    let templates = templates();
    [templates.report_page(run, &run.incidents[0]).expect("renders"), templates.run_page(run, true).expect("renders")]
}

/// Every text of a JSON value, and every text of its own that a page may show.
fn strings(value: &Value, found: &mut String) {
    match value {
        Value::String(text) => {
            found.push_str(&log_gardener::report::escape::visible(text));
            found.push('\n');
        }
        Value::Array(items) => items.iter().for_each(|item| strings(item, found)),
        Value::Object(fields) => fields.values().for_each(|item| strings(item, found)),
        _ => {}
    }
}

#[test]
fn the_pages_of_cases_are_as_written_beside_them() {
    for case in CASES {
        let folder = garden::root().join("tests/cases").join(case);
        let garden = Garden::new(&folder, "2026-03-01T00:00:00Z");
        let (triage, written) = garden.rendered("entries.json");
        let incident = incidents(&triage).iter().find(|incident| incident["noise"].is_null()).expect("an incident");
        let report = &written[&format!("{}/report.html", place(incident))];
        expect_test::expect_file![folder.join("report.html")].assert_eq(report);
        expect_test::expect_file![folder.join("index.html")].assert_eq(&written["index.html"]);
        for page in [report, &written["index.html"]] {
            assert_eq!(page::faults(page), [""; 0], "{case}");
            assert!(page.len() < USUAL, "{case}: {} bytes", page.len());
        }
        let printed = garden.run(&["report", "entries.json", "--format", "html"]);
        assert_eq!((printed.code, printed.stdout.as_str()), (0, report.as_str()), "`report` prints the same");
    }
}

#[test]
fn a_page_states_what_the_markdown_states() {
    for case in CASES {
        let garden = Garden::new(garden::root().join("tests/cases").join(case), "2026-03-01T00:00:00Z");
        let (triage, written) = garden.rendered("entries.json");
        for incident in incidents(&triage).iter().filter(|incident| incident["noise"].is_null()) {
            let read = |name: &str| &written[&format!("{}/{name}", place(incident))];
            let (page, markdown) = (read("report.html"), read("report.md"));
            let headings: BTreeSet<String> =
                page::texts(page, "h2").into_iter().chain(page::texts(page, "h3")).collect();
            for heading in markdown.lines().filter_map(|line| line.strip_prefix("## ")) {
                assert!(headings.contains(heading), "{case}: the page has no section `{heading}`");
            }
            let mut known = markdown.clone();
            strings(&triage, &mut known);
            for code in page::texts(page, "code") {
                let place = code.rsplit_once(':').filter(|(_, line)| line.parse::<u64>().is_ok());
                let wanted = place.map_or(code.trim_end_matches("..."), |(source, _)| source);
                assert!(known.contains(wanted), "{case}: the page says `{code}`, and nothing else does");
            }
        }
    }
}

#[test]
fn text_from_logs_changes_nothing_but_text() {
    let kinds = |page: &str| -> BTreeSet<String> {
        let tag = regex::Regex::new("<[^<>]*>").expect("compiles");
        let free =
            regex::Regex::new(r#" (title|aria-label|content|d|x|y|width|height|viewBox)="[^"]*""#).expect("compiles");
        tag.find_iter(page).map(|tag| free.replace_all(tag.as_str(), "").into_owned()).collect()
    };
    let plain = poison::plain();
    let expected = pages(&plain).map(|page| kinds(&page));
    let corpus = corpus::cases().into_iter().map(|case| case.text);
    let more = hostile::CASES.iter().chain(poison::CASES).map(|text| text.to_string()).chain(corpus);
    for text in more.chain(hostile::generated(7, 100)).chain([poison::CASES.concat()]) {
        for (page, expected) in pages(&poison::poisoned(&text)).iter().zip(&expected) {
            assert_eq!(page::faults(page), [""; 0], "{text:?}");
            let new: Vec<String> =
                kinds(page).difference(expected).filter(|tag| !CODE.contains(&tag.as_str())).cloned().collect();
            assert_eq!(new, [""; 0], "{text:?}");
            let hidden = page
                .chars()
                .find(|c| *c != '\n' && log_gardener::report::escape::visible_lines(&c.to_string()) != c.to_string());
            assert_eq!(hidden, None, "{text:?}");
        }
    }
}

/// What names between backticks become, wherever they stand.
const CODE: [&str; 2] = ["<code>", "</code>"];

#[test]
fn a_text_of_a_megabyte_is_cut_and_the_page_says_so() {
    for letter in ["<", "é\n"] {
        let text = letter.repeat(1_000_000 / letter.len());
        let [report, index] = pages(&poison::poisoned(&text));
        assert!(
            report.len() < 3_000_000 && index.len() < 1_000_000,
            "{letter:?}: {} and {} bytes",
            report.len(),
            index.len()
        );
        assert!(report.contains("(cut for display: "), "{letter:?}");
        assert_eq!(page::faults(&report), [""; 0], "{letter:?}");
    }
}

#[test]
fn a_chain_is_drawn_whole_up_to_forty_groups_and_listed_beyond() {
    for length in [1, 2, 5, 40, 41, 300] {
        let [report, _] = pages(&poison::chain(length));
        assert_eq!(page::faults(&report), [""; 0], "{length}");
        let boxes = report.matches("<rect class=\"node").count();
        let (drawn, listed) = if length < 2 { (0, 0) } else { (length.min(40), length) };
        assert_eq!(boxes, drawn, "{length}");
        let outline = report.split("<ul class=\"outline\">").nth(1).and_then(|rest| rest.split("</details>").next());
        assert_eq!(outline.unwrap_or("").matches("<li>").count(), listed, "{length}");
        assert_eq!(report.contains("1 group more in the list below"), length == 41);
    }
}

#[test]
fn a_users_file_replaces_ours_and_is_checked_like_ours() {
    let load = |name: &str, text: &str| Templates::load(&[(name.to_string(), text.to_string())]);
    let run = poison::plain();
    let ours =
        load("html/parts/impact.html", "<p>Ours: {{ incident.title }}</p>\n").unwrap_or_else(|p| panic!("{}", p[0]));
    assert!(ours.report_page(&run, &run.incidents[0]).expect("renders").contains("<p>Ours: Python cannot import"));
    let ours = load("html/style.css", "body { color: #000000; }\r\n").unwrap_or_else(|p| panic!("{}", p[0]));
    let page = ours.report_page(&run, &run.incidents[0]).expect("renders");
    assert_eq!(page::inside(&page, "style"), Some("body { color: #000000; }\n"));
    assert_eq!(page::faults(&page), [""; 0], "the policy names the style that is there");

    let wrong = [
        (
            "html/report.html",
            "<p>\n{{ incident.title | safe }}</p>",
            "`safe` would let text from logs through",
            "report.html:2:19",
        ),
        ("html/report.html", "{{ incident.titel }}", "unknown field `titel`", "report.html:1:13"),
        ("html/report.html", "<a href=\"{{ incident.title }}\">x</a>", "could act in the browser", "report.html:1:10"),
        ("html/parts/impact.html", "<p {{ incident.title }}>", "could act in the browser", "impact.html:1:4"),
        ("html/report.html", "<script>{{ incident.title }}</script>", "could act in the browser", "report.html:1:9"),
        ("html/report.html", "{{ incident.tree | tree }}", "unknown filter `tree`", "report.html:1:"),
        ("html/script.js", "let end = \"</script>\";", "would end the element", "script.js:1:12"),
        ("html/reprot.html", "x", "no template has this name", "reprot.html:1:1"),
    ];
    for (name, text, message, place) in wrong {
        let shown = load(name, text).map(|_| String::new()).unwrap_or_else(|problems| problems[0].to_string());
        assert!(shown.contains(message) && shown.contains(place), "{text}\n{shown}");
    }
}

#[test]
fn documents_without_a_page_say_so() {
    let garden = Garden::new(garden::root().join("tests/cases/healthy"), "2026-03-01T00:00:00Z");
    let refused = garden.run(&["report", "entries.json", "--document", "audit", "--format", "html"]);
    assert_eq!(refused.code, 2);
    assert_eq!(
        refused.stderr,
        "error: this document is written as Markdown only\nhint: --format html goes with --document report and --document summary\n"
    );
    let healthy = garden.run(&["report", "entries.json", "--format", "html"]);
    assert!(healthy.stdout.contains("No incident in ") && healthy.stdout.contains("says nothing about times outside"));
    assert_eq!(page::faults(&healthy.stdout), [""; 0]);
}
