//! Loading templates, ours and the user's, and GitHub's limits: mistakes are found at load, with place and hint.
//! Leaves out the wording of reports: see `report`.

use log_gardener::report::text::{self, Look};
use log_gardener::report::view::{HistoryView, RateView, TriageView, Unit};
use log_gardener::report::{LabelPolicy, Templates};

use crate::report::{hostile, sample};

fn templates() -> Templates {
    Templates::load(&[]).unwrap_or_else(|problems| panic!("{}", problems[0]))
}

fn problems(name: &str, text: &str) -> Vec<String> {
    match Templates::load(&[(name.to_string(), text.to_string())]) {
        Ok(_) => Vec::new(),
        Err(problems) => problems.iter().map(|problem| format!("{problem}\nhint: {}", problem.hint)).collect(),
    }
}

#[test]
fn a_user_file_replaces_the_one_it_is_named_like() {
    let user = [("parts/impact.md".to_string(), "Ours: {{ incident.title }}\n".to_string())];
    let templates = Templates::load(&user).unwrap_or_else(|problems| panic!("{}", problems[0]));
    let run = sample::run();
    let report = templates.report(&run, &run.incidents[1]).expect("renders");
    assert!(report.contains("## Impact\n\nOurs: SERVICE_ID has whitespace"), "{report}");
    let names = templates.names();
    assert!(names.contains(&"report.md".to_string()) && names.contains(&"parts/impact.md".to_string()));
    assert_eq!(names.iter().filter(|name| *name == "parts/impact.md").count(), 1);
}

#[test]
fn mistakes_are_shown_with_place_and_hint() {
    let cases = [
        ("report.md", "# x\n{{ incident.titel }}\n", "unknown field `titel` in report.md:2:13", "^^^^^"),
        ("report.md", "{% if incident.cuase %}x{% endif %}", "unknown field `cuase` in report.md:1:16", "^^^^^"),
        (
            "report.md",
            "{% for g in incident.groups %}{{ g.nme }}{% endfor %}",
            "unknown field `nme` in report.md:1:36",
            "^^^",
        ),
        ("report.md", "{{ incident.title | shout }}", "unknown filter `shout` in report.md:1:", "^^^^^"),
        ("report.md", "{{ incident.title", "in report.md:1:", "^"),
        ("report.md", "{{ missing }}", "in report.md:1:4", "^^^^^^^"),
        (
            "report.md",
            "{{ incident.title | safe }}",
            "`safe` would let text from logs through unescaped in report.md:1:19",
            "^^^^^^",
        ),
        ("report.md", "{% filter safe %}x{% endfilter %}", "`safe` would let", "^"),
        ("report.md", "{% include \"parts/none.md\" %}", "in report.md:1:", "^"),
        ("reprot.md", "x", "no template has this name in reprot.md:1:1", "^"),
    ];
    for (name, text, message, caret) in cases {
        let shown = problems(name, text).join("\n");
        assert!(shown.contains(message) && shown.contains(caret) && shown.contains("hint: "), "{text}\n{shown}");
    }
    assert!(problems("report.md", "{# {{ x | safe }} #}{{ \"a | safe\" }}").is_empty());
}

#[test]
fn a_template_that_bypasses_the_escape_is_refused() {
    let changed = "would let text be changed after it was escaped";
    let printed = "escapes text, and its result can only be printed";
    let piece = "is a piece of the page";
    let cases = [
        ("report.md", "{% filter upper %}{{ incident.title }}{% endfilter %}", changed),
        ("report.md", "{%- set a -%}{{ incident.title }}{% endset %}{{ a[1:] }}", changed),
        ("report.md", "{% set a | trim %}{{ incident.title }}{% endset %}{{ a }}", changed),
        ("report.md", "{% extends \"summary.md\" %}", changed),
        ("report.md", "{% component x() %}y{% endcomponent x %}", changed),
        ("report.md", "{% set a = incident.title | code %}{{ a[1:] }}", printed),
        ("report.md", "{{ incident.title | prose | replace(from=\"<span>\", to=\"\") }}", printed),
        ("report.md", "{{ incident.title | cell(limit=3) | trim }}", printed),
        ("report.md", "{{ incident.title | escape | upper }}", printed),
        ("report.md", "{{ (incident.title | code)[1:] }}", printed),
        ("report.md", "{{ [incident.title | code][0][1:] }}", printed),
        ("report.md", "{% for a in [incident.title | code] %}{{ a[1:] }}{% endfor %}", printed),
        ("report.md", "{% if incident.title | code %}x{% endif %}", printed),
        ("report.md", "```\n{{ incident.title }}\n```\n", "could end the fenced block"),
        ("report.md", "<!-- {{ incident.title }} -->", "could end the comment"),
        ("report.md", "[x]({{ incident.title }})", "would be the target of a link"),
        ("parts/impact.md", "`{{ incident.title }}`", "no escape holds in a code span"),
        ("issue.md", "- {{ incident.title | fence }}\n", "a block of lines cannot stand within a line"),
        ("html/report.html", "<p title=\"{{ graph }}\">x</p>", "could act in the browser"),
        ("html/report.html", "{{ graph[2:] }}", piece),
        ("html/report.html", "{{ outline | upper }}", piece),
        ("html/report.html", "{% set a = chart %}{{ a[3:] }}", piece),
    ];
    for (name, text, message) in cases {
        let shown = problems(name, text).join("\n");
        assert!(shown.contains(message) && shown.contains(name) && shown.contains("hint: "), "{text}\n{shown}");
    }
    for text in [
        "{% set a = incident.title %}{{ a[:3] | code }} {{ a | upper | cell }} {{ (a ~ \":\") | prose }}\n",
        "{{ incident.groups | length | count(one=\"group\", many=\"groups\") }} (counted: {{ incident.sum | code }})\n",
    ] {
        assert_eq!(problems("parts/impact.md", text), [""; 0], "{text}");
    }
}

#[test]
fn hostile_text_does_not_change_the_shape_of_a_report() {
    let templates = templates();
    let mut plain = sample::run();
    plain.incidents[0].cause = Some(sample::cause("plain"));
    plain.coverage.checkout = Some(sample::checkout("plain"));
    let shape = |markdown: &str| -> Vec<String> {
        let (_, other) = hostile::read(markdown);
        other
            .into_iter()
            .filter(|e| e.starts_with("Start(Heading") || e.starts_with("Start(Table") || e.starts_with("Html"))
            .collect()
    };
    let expected = shape(&templates.report(&plain, &plain.incidents[0]).expect("renders"));
    for case in hostile::CASES.iter().filter(|case| !case.trim().is_empty()) {
        let run = poisoned(case);
        let incident = &run.incidents[0];
        let report = templates.report(&run, incident).expect("renders");
        assert_eq!(shape(&report), expected, "{case:?}");
        let issue = templates.issue(&run, incident).expect("renders");
        assert!(issue.body.ends_with(&format!("<!-- log-gardener:fingerprint={} -->\n", incident.fingerprint)));
        assert_eq!(issue.body.matches("log-gardener:fingerprint").count(), 1, "{case:?}");
        assert!(!issue.title.contains(|c: char| c.is_control()) && issue.title.chars().count() <= 256);
        for width in [40, 80] {
            let shown = text::render(&run, Look { width, color: false });
            assert!(shown.chars().all(|c| c == '\n' || !c.is_control()), "{case:?}\n{shown}");
            assert!(shown.lines().all(|line| columns(line) <= width), "{case:?}\n{shown}");
        }
    }
}

/// Accents that combine take no column of their own.
fn columns(line: &str) -> usize {
    line.chars().filter(|c| !('\u{300}'..='\u{36f}').contains(c)).count()
}

fn poisoned(text: &str) -> TriageView {
    let mut run = sample::run();
    let incident = &mut run.incidents[0];
    incident.title = text.to_string();
    incident.services = vec![text.to_string()];
    incident.priority_reason = text.to_string();
    incident.impact[0].text = text.to_string();
    incident.impact[0].evidence[0].reference = text.to_string();
    incident.whys[0].answer = text.to_string();
    incident.actions[0].text = text.to_string();
    incident.timeline[0].text = text.to_string();
    incident.cause = Some(sample::cause(text));
    incident.unknowns[0] = text.to_string();
    for group in &mut incident.groups {
        group.title = text.to_string();
        group.template = text.to_string();
        group.samples[0].quote = text.to_string();
        group.samples[0].insert_id = Some(text.to_string());
        group.fingerprint_parts[0].value = text.to_string();
    }
    run.coverage.notes[0] = text.to_string();
    run.coverage.checkout = Some(sample::checkout(text));
    run
}

#[test]
fn an_issue_too_long_for_github_is_cut_at_a_section() {
    let mut run = sample::run();
    let incident = &mut run.incidents[0];
    incident.title = "é".repeat(400);
    incident.links[0].why = "é".repeat(60_000);
    let issue = templates().issue(&run, &run.incidents[0]).expect("renders");
    assert_eq!(issue.title.chars().count(), 256);
    assert!(issue.title.ends_with("..."));
    assert!(issue.body.len() <= 65_536);
    assert!(issue.body.contains("_Cut here: the rest does not fit into a GitHub issue"));
    assert!(!issue.body.contains("## Failure chain") && issue.body.contains("## Evidence"));
    assert!(issue.body.ends_with("<!-- log-gardener:fingerprint=4e1a9c0b77d2e5f60718293a4b5c6d7e -->\n"));
}

#[test]
fn labels_come_from_the_allow_list_and_are_four_at_most() {
    let run = sample::run();
    let policy = LabelPolicy { allowed: vec!["P0".to_string(), "robot".to_string()], generated: "robot".to_string() };
    let labels = templates().with_labels(policy).issue(&run, &run.incidents[0]).expect("renders").labels;
    assert_eq!(labels, ["P0", "robot"]);
    let finding = templates().issue(&run, &run.incidents[1]).expect("renders").labels;
    assert_eq!(finding, ["P3", "enhancement", "configuration", "generated-issue"]);
}

#[test]
fn a_run_without_incidents_says_what_can_be_said() {
    let mut run = sample::run();
    run.incidents.clear();
    let shown = text::render(&run, Look { width: 80, color: false });
    assert!(shown.starts_with("No incident in 1,214 entries"), "{shown}");
    assert!(templates().summary(&run).expect("renders").contains("No incident in 1,214 entries"));
    run.coverage.entries = 0;
    let shown = text::render(&run, Look { width: 80, color: false });
    assert!(shown.starts_with("No entries were read: nothing can be said"), "{shown}");
    assert!(templates().worklog(&run).expect("renders").contains("No entries were read"));
}

#[test]
fn colours_are_the_only_difference_they_make() {
    let run = sample::run();
    let plain = text::render(&run, Look { width: 100, color: false });
    let colored = text::render(&run, Look { width: 100, color: true });
    let sequences = regex::Regex::new("\u{1b}\\[[0-9;]*m").expect("compiles");
    assert!(colored.contains('\u{1b}'));
    assert_eq!(sequences.replace_all(&colored, ""), plain);
}

#[test]
fn an_incident_on_two_lines_tells_what_it_takes_to_ask_for_more() {
    let mut run = sample::run();
    for at in 0..12 {
        let mut other = run.incidents[0].clone();
        (other.id, other.title, other.priority) = (format!("cafe00{at:02}"), format!("oven {at}"), "P2".to_string());
        let now = RateView { events: 1, amount: 60, unit: Unit::Seconds };
        other.history = Some(HistoryView { new: at == 11, before: None, now, escalating: None });
        run.incidents.push(other);
    }
    let shown = text::render(&run, Look { width: 100, color: false });
    let lines: Vec<&str> = shown.lines().collect();
    let head = lines.iter().position(|line| line.starts_with("P2  oven 11 ")).expect("a headline");
    let below = "    2026-03-04 06:10:00–06:11:46Z  orders  exports/orders-2026-03-04.json:1204  new  id cafe0011";
    assert_eq!(lines[head + 1], below, "{shown}");
    assert!(!lines[head - 1].contains("new"), "{shown}");
    let ids = |shown: &str| run.incidents.iter().filter(|one| shown.contains(&format!("id {}", one.id))).count();
    assert_eq!(ids(&shown), run.incidents.iter().filter(|one| one.noise.is_none()).count(), "{shown}");
    let all = text::render_all(&run, Look { width: 100, color: false });
    assert_eq!(ids(&all), run.incidents.len(), "{all}");
    assert_eq!(all.matches("\n    next  ").count(), run.incidents.len(), "{all}");
}

#[test]
fn a_text_of_a_log_in_a_statement_takes_few_rows() {
    let mut run = sample::run();
    let title = format!("boom {}", "x".repeat(100_000));
    run.incidents[0].root_cause.text = format!("unknown: the evidence ends at \"{title}\"; to settle it: read it");
    run.incidents[0].actions[0].text = "word ".repeat(10_000) + "end of it";
    for width in [40, 100] {
        let shown = text::render(&run, Look { width, color: false });
        assert!(shown.lines().count() < 80, "{width}: {} lines", shown.lines().count());
        assert!(shown.contains("xx...") && shown.contains("read it") && shown.contains("end of it"), "{shown}");
        assert!(shown.lines().all(|line| columns(line) <= width), "{shown}");
    }
}
