//! Texts that try to act, planted wherever a log line can reach, on their way to every target.
//! The cases are data: `tests/injection/*.toml`. Leaves out the escapes by themselves: see `escape`.

pub(crate) mod corpus;
mod markdown;
mod planted;

use std::collections::BTreeSet;
use std::sync::OnceLock;

use corpus::cases;
use log_gardener::publish::webhook::{self, News};
use log_gardener::report::text::{self, Look};
use log_gardener::report::view::*;
use log_gardener::report::{Templates, escape};
use markdown::{Shape, by_comrak, by_pulldown, words};
use planted::{POSITIONS, resolution, standing, view};

use crate::report::sample;
use crate::run;

/// Reads nothing into a text: no sign, one line, nothing that is cut.
const HARMLESS: &str = "plain words";

fn templates() -> &'static Templates {
    static LOADED: OnceLock<Templates> = OnceLock::new();
    LOADED.get_or_init(|| Templates::load(&[]).unwrap_or_else(|problems| panic!("{}", problems[0])))
}

/// Returns every Markdown document, with its name.
fn documents(text: &str) -> Vec<(&'static str, String)> {
    let (templates, run) = (templates(), view(text));
    let incident = &run.incidents[0];
    let rollup =
        RollUpView { incidents: vec![standing(text)], priority: "P0".to_string(), most_new: 3, most_new_a_day: 10 };
    let mut comment = standing(text);
    comment.action = "update".to_string();
    let all = [
        ("report", templates.report(&run, incident)),
        ("issue", templates.issue(&run, incident).map(|draft| draft.body)),
        ("summary", templates.summary(&run)),
        ("worklog", templates.worklog(&run)),
        ("audit", templates.audit(&run, incident, text)),
        ("status", templates.status(&standing(text))),
        ("comment", templates.comment(&comment)),
        ("comment on a return", templates.comment(&standing(text))),
        ("roll-up", templates.rollup(&rollup).map(|(_, body)| body)),
        ("resolution", templates.resolution(&resolution(text, true))),
        ("no resolution", templates.resolution(&resolution(text, false))),
        ("summary of a resolution", templates.resolution_summary(&resolution(text, false))),
    ];
    all.map(|(name, text)| (name, text.expect("it renders"))).into()
}

/// Whether a character acts on a terminal or hides.
fn is_wild(c: char) -> bool {
    c != '\n' && escape::visible_lines(&c.to_string()) != c.to_string()
}

#[test]
fn the_corpus_is_large_and_says_what_each_case_tries() {
    let cases = cases();
    let names: BTreeSet<&str> = cases.iter().map(|case| case.name.as_str()).collect();
    assert!(cases.len() >= 300 && names.len() == cases.len(), "{}", cases.len());
    assert!(cases.iter().all(|case| !case.tries.is_empty() && !case.targets.is_empty()));
}

#[test]
fn documents_keep_their_shape_and_say_the_literal_text() {
    let harmless: Vec<(Shape, Shape)> =
        documents(HARMLESS).iter().map(|(_, text)| (by_pulldown(text), by_comrak(text))).collect();
    assert!(harmless.iter().all(|(one, other)| one.blocks.len() > 2 && other.blocks.len() > 2));
    let judged = each(1, |some| {
        let (mut tried, mut faults) = (0, Vec::new());
        let case = &some[0];
        for ((name, text), (one, other)) in documents(&case.text).iter().zip(&harmless) {
            tried += 1;
            // What does not fit into an issue is cut at the edge of a section, and its notice says so.
            let cut = text.contains("\n_Cut here: the rest does not fit");
            let shown = words(&escape::visible(&case.text));
            let beginning: String = shown.chars().take(60).collect();
            for (parser, found, expected) in
                [("pulldown-cmark", by_pulldown(text), one), ("comrak", by_comrak(text), other)]
            {
                let (mut found, mut expected) = (found, expected.clone());
                if cut {
                    let whole = found.blocks.len().saturating_sub(8);
                    found.blocks.truncate(whole);
                    expected.blocks.truncate(whole);
                    found.acting.retain(|acting| !expected.acting.contains(acting));
                    expected.acting.clear();
                }
                let differs = difference(&found.blocks, &expected.blocks, case.text.trim().is_empty());
                if let Some(difference) = differs {
                    faults.push(format!("{} in {name} by {parser}: {difference}", case.name));
                }
                if found.acting != expected.acting {
                    faults.push(format!("{} in {name} by {parser}: {:?}", case.name, found.acting));
                }
                if *name != "status" && !words(&found.text).contains(&beginning) {
                    faults.push(format!("{} in {name} by {parser}: the text is not there", case.name));
                }
            }
            if let Some(wild) = text.chars().find(|c| is_wild(*c) && *c != '\t') {
                faults.push(format!("{} in {name}: {wild:?} is there", case.name));
            }
        }
        (tried, faults)
    });
    let documents: usize = judged.iter().map(|(tried, _)| tried).sum();
    println!("{documents} documents of {} cases, with the text at every place, by 2 parsers", judged.len());
    none(judged.into_iter().flat_map(|(_, faults)| faults).collect());
}

#[track_caller]
fn none(faults: Vec<String>) {
    let first: Vec<&str> = faults.iter().take(30).map(String::as_str).collect();
    assert!(faults.is_empty(), "{} faults\n{}", faults.len(), first.join("\n"));
}

/// Returns what `judge` says of every `size` cases, in several threads.
fn each<T: Send>(size: usize, judge: impl Fn(&[corpus::Case]) -> T + Sync) -> Vec<T> {
    let cases = cases();
    let pieces: Vec<&[corpus::Case]> = cases.chunks(size).collect();
    let threads = std::thread::available_parallelism().map_or(1, usize::from).min(8);
    let judge = &judge;
    std::thread::scope(|scope| {
        let shares: Vec<_> = pieces.chunks(pieces.len().div_ceil(threads)).collect();
        let working: Vec<_> = shares
            .into_iter()
            .map(|share| scope.spawn(move || share.iter().map(|some| judge(some)).collect::<Vec<T>>()))
            .collect();
        working.into_iter().flat_map(|thread| thread.join().expect("no panic")).collect()
    })
}

/// Returns the first place where two shapes differ. Where there is no text at all, a sentence may be missing.
fn difference(found: &[String], expected: &[String], nothing: bool) -> Option<String> {
    let at = found.iter().zip(expected).position(|(found, expected)| found != expected);
    let at = at.or((found.len() != expected.len()).then_some(found.len().min(expected.len())))?;
    if nothing && found.len() <= expected.len() {
        return None;
    }
    Some(format!("{:?} instead of {:?}", found.get(at), expected.get(at)))
}

/// Returns what a run makes of one case planted at every position, an entry each.
fn planted_run(cases: &[corpus::Case]) -> TriageView {
    let mut text = String::new();
    for (number, (case, position)) in
        cases.iter().flat_map(|case| POSITIONS.map(|position| (case, position))).enumerate()
    {
        text.push_str(&format!("{}\n", planted::entry(position, &case.text, number)));
    }
    let (mut triaged, entries) = run::triage(text.as_bytes()).expect("it can be read");
    assert_eq!(entries as usize, cases.len() * POSITIONS.len());
    let window = WindowView { from: None, to: None };
    triaged.view(run::catalog(), sample::run().coverage.sources, window, Vec::new())
}

#[test]
fn what_is_planted_in_a_log_acts_nowhere() {
    // One run for a handful of cases: everything else that a real log would hold beside them.
    let judged = each(8, |some| {
        let (mut documents, mut faults) = (0, Vec::new());
        let run = planted_run(some);
        let pairs = some.len() * POSITIONS.len();
        let names = || some.iter().map(|case| case.name.as_str()).collect::<Vec<_>>().join(", ");
        let mut pages = vec![templates().summary(&run).expect("renders")];
        for incident in &run.incidents {
            pages.push(templates().issue(&run, incident).expect("renders").body);
        }
        if let Some(incident) = run.incidents.first() {
            pages.push(templates().report(&run, incident).expect("renders"));
        }
        for page in &pages {
            documents += 1;
            for shape in [by_pulldown(page), by_comrak(page)] {
                if let Some(acting) = shape.acting.first() {
                    faults.push(format!("{acting} by one of {}", names()));
                }
            }
            if page.chars().any(|c| is_wild(c) && c != '\t') {
                faults.push(format!("a wild character by one of {}", names()));
            }
        }
        let look = Look { width: 100, color: false };
        if text::render(&run, look).chars().any(is_wild) {
            faults.push(format!("a wild character in the terminal by one of {}", names()));
        }
        (pairs, documents, faults)
    });
    let (pairs, documents) = judged.iter().fold((0, 0), |(pairs, documents), one| (pairs + one.0, documents + one.1));
    println!("{pairs} pairs of case and position, {documents} documents of them, by 2 parsers, and the terminal");
    none(judged.into_iter().flat_map(|(_, _, faults)| faults).collect());
}

#[test]
fn a_terminal_gets_no_control_but_our_own_colours() {
    let colour = regex::Regex::new("\x1b\\[[0-9;]*m").expect("compiles");
    let expected: BTreeSet<String> = {
        let shown = text::render(&view(HARMLESS), Look { width: 100, color: true });
        colour.find_iter(&shown).map(|found| found.as_str().to_string()).collect()
    };
    assert!(expected.len() > 2);
    for case in cases() {
        for width in [40, 100] {
            let run = view(&case.text);
            let plain = text::render(&run, Look { width, color: false });
            assert_eq!(plain.chars().find(|c| is_wild(*c)), None, "{}", case.name);
            let painted = text::render(&run, Look { width, color: true });
            let ours: BTreeSet<String> = colour.find_iter(&painted).map(|found| found.as_str().to_string()).collect();
            assert!(ours.is_subset(&expected), "{}: {ours:?}", case.name);
            let (bare, plain) = (colour.replace_all(&painted, ""), plain.as_str());
            let lines = |text: &str| text.lines().map(|line| line.trim_end().to_string()).collect::<Vec<_>>();
            assert_eq!(lines(&bare), lines(plain), "{}: colours change colours only", case.name);
            assert_eq!(escape::terminal::painted(&painted), painted, "{}", case.name);
        }
        let json = escape::json::pretty(&view(&case.text)).expect("written");
        assert_eq!(json.chars().find(|c| is_wild(*c)), None, "{}", case.name);
        let (one, other): (serde_json::Value, serde_json::Value) =
            (serde_json::from_str(&json).expect("JSON"), serde_json::to_value(view(&case.text)).expect("JSON"));
        assert_eq!(one, other, "{}: the values are the same", case.name);
    }
}

#[test]
fn titles_and_words_of_a_shell_stay_one_line_and_one_word() {
    for case in cases() {
        let run = view(&case.text);
        let draft = templates().issue(&run, &run.incidents[0]).expect("renders");
        assert!(
            !draft.title.chars().any(|c| is_wild(c) || c == '\n') && draft.title.chars().count() <= 256,
            "{}",
            case.name
        );
        assert!(draft.labels.iter().all(|label| label.chars().all(|c| c.is_ascii_alphanumeric() || c == '-')));
        let quoted = escape::shell::quoted(&case.text);
        let file = escape::shell::file(&case.text);
        for word in [&quoted, &file] {
            let script = format!("set -eu\nset -- {word}\nprintf '%s|%s' \"$#\" \"$1\"\n");
            let output = std::process::Command::new("sh").arg("-c").arg(&script).output().expect("sh");
            let expected = if word == &quoted { escape::visible(&case.text) } else { case.text.replace('\0', "\\x00") };
            let dashed = word != &quoted && case.text.starts_with('-') && case.text.len() > 1;
            let expected = if dashed { format!("./{expected}") } else { expected };
            assert_eq!(String::from_utf8_lossy(&output.stdout), format!("1|{expected}"), "{}: {script}", case.name);
            assert_eq!(output.stderr, b"", "{}", case.name);
        }
    }
}

#[test]
fn slack_reads_one_line_and_our_own_link() {
    let line = regex::Regex::new("^P1 new: `[^`<>\n]*` \\(a1b2c3d4\\) <https://github\\.com/o/r/issues/1>$")
        .expect("compiles");
    let entity = regex::Regex::new("&(amp|lt|gt);").expect("compiles");
    for case in cases() {
        let news = News {
            what: "new".to_string(),
            priority: "P1".to_string(),
            incident: "a1b2c3d4".to_string(),
            title: case.text.clone(),
            reason: case.text.clone(),
            url: Some("https://github.com/o/r/issues/1".to_string()),
        };
        let message = webhook::slack(std::slice::from_ref(&news));
        let read: serde_json::Value = serde_json::from_str(&message.to_string()).expect("JSON");
        for text in [&read["text"], &read["blocks"][0]["text"]["text"]] {
            let text = text.as_str().expect("a text");
            assert!(line.is_match(text) && !text.chars().any(is_wild), "{}: {text}", case.name);
            assert!(!entity.replace_all(text, "").contains('&'), "{}: {text}", case.name);
        }
        assert_eq!(read["blocks"].as_array().map(Vec::len), Some(1));
        let led = News { url: Some(format!("https://github.com/{}", case.text)), ..news };
        let text = webhook::slack(&[led])["text"].as_str().expect("a text").to_string();
        assert!(text.matches('<').count() <= 1 && !text.contains("<!"), "{}: {text}", case.name);
    }
}

#[test]
fn front_matter_and_diagrams_of_a_users_template_hold() {
    let user = "+++\ntitle = {{ incident.title | quoted }}\nservice = {{ incident.services[0] | quoted }}\n+++\n\n\
        ```mermaid\nflowchart TD\n  a[\"{{ incident.title | mermaid }}\"]\n```\n";
    let ours = Templates::load(&[("report.md".to_string(), user.to_string())]).unwrap_or_else(|p| panic!("{}", p[0]));
    for case in cases() {
        let run = view(&case.text);
        let page = ours.report(&run, &run.incidents[0]).expect("renders");
        let front = page.strip_prefix("+++\n").and_then(|rest| rest.split_once("\n+++\n")).expect("front matter");
        let read: toml::Table =
            toml::from_str(front.0).unwrap_or_else(|error| panic!("{}: {error}\n{page}", case.name));
        assert_eq!(
            (read.len(), read["title"].as_str()),
            (2, Some(escape::visible(&case.text).as_str())),
            "{}",
            case.name
        );
        assert_eq!(front.1.trim_start().lines().count(), 4, "{}: {page}", case.name);
    }
}
