//! Advice: what to do, how to see the failure again, which tests would catch it, and what stays unknown.
//! Leaves out owners and dates: those are the team's.

use std::cmp::Reverse;

use crate::exception::StackFrame;
use crate::group::ErrorGroup;
use crate::pattern::{ActionKind, Role, TestLevel};

use super::case::{Case, counted};
use super::change::healthy_revision;
use super::finding::{Action, Test};
use super::knowledge;

/// Returns actions, what helps now first, then the repair, then what keeps it from coming back.
pub fn actions(case: &Case<'_>) -> Vec<Action> {
    let root = case.root();
    let mut actions: Vec<Action> = Vec::new();
    let mut add = |kind: &str, text: String, source: String| {
        if !actions.iter().any(|known| known.text == text) {
            actions.push(Action { kind: kind.to_string(), text, source });
        }
    };
    // A finding (a variable with a blank, a missing optional package) is no reason to move traffic.
    let moves_traffic = !matches!(root.role, Role::Finding | Role::Noise);
    if let Some((revision, entries, errors)) = healthy_revision(case).filter(|_| moves_traffic) {
        let others = if errors > 0 {
            format!("; it logged {} of other incidents", counted(errors, "error"))
        } else {
            String::new()
        };
        add(
            "mitigate",
            format!("Consider routing traffic to revision {revision} until the cause is mended{others}"),
            format!("{entries} entries of that revision in this input, 0 events of this incident"),
        );
    }
    let knowledge = knowledge::of_root(case);
    if let Some(knowledge) = &knowledge {
        let pattern = knowledge.pattern;
        // A pattern that lists repairs of its own says there, more closely, what `fix` says in short.
        if !pattern.action.iter().any(|action| action.kind == ActionKind::Repair) {
            add("repair", knowledge.fill(&pattern.fix), format!("pattern {}", pattern.id));
        }
        for action in &pattern.action {
            let kind = match action.kind {
                ActionKind::Mitigate => "mitigate",
                ActionKind::Repair => "repair",
                ActionKind::Prevent => "prevent",
                ActionKind::Detect => "detect",
                ActionKind::Investigate => "investigate",
            };
            add(kind, knowledge.fill(&action.text), format!("pattern {}", pattern.id));
        }
    } else {
        match place(root) {
            None if root.template == crate::group::WITHOUT_PAYLOAD => add(
                "investigate",
                "Export the entries again with their payloads (gcloud logging read ... --format=json), before blaming the application".to_string(),
                format!("group {}", root.id),
            ),
            Some((place, what)) => add(
                "investigate",
                format!("Read {place} and find the state that raises {what}"),
                format!("group {}", root.id),
            ),
            None => add(
                "investigate",
                "Find the code that logs this message and the state it reports".to_string(),
                format!("group {}", root.id),
            ),
        }
    }
    let order = ["mitigate", "repair", "investigate", "detect", "prevent"];
    actions.sort_by_key(|action| order.iter().position(|kind| *kind == action.kind));
    actions
}

/// Returns where to begin reading, and what was raised there: at the deepest cause that the trace names a place for.
fn place(root: &ErrorGroup) -> Option<(String, String)> {
    let at = |frame: &StackFrame| Some(format!("{}:{}", frame.file.as_deref()?, frame.line?));
    let behind = knowledge::causes(root).into_iter().rev().find_map(|cause| {
        let place = cause.frames.iter().find(|frame| frame.in_app).and_then(at)?;
        Some((place, format!("`{}`, which this error names as its cause", cause.type_name.as_deref()?)))
    });
    let own =
        || root.exception.as_ref()?.innermost_in_app().and_then(at).map(|place| (place, "this error".to_string()));
    behind.or_else(own)
}

/// Returns tests that would fail before the fix and pass after it.
pub fn tests(case: &Case<'_>) -> Vec<Test> {
    let root = case.root();
    let fill = |text: &crate::pattern::Text| super::fill(text, root);
    let mut tests: Vec<Test> = case
        .pattern(root)
        .iter()
        .flat_map(|pattern| &pattern.test)
        .map(|test| Test {
            level: match test.level {
                TestLevel::Unit => "unit",
                TestLevel::Integration => "integration",
                TestLevel::EndToEnd => "end-to-end",
            }
            .to_string(),
            text: fill(&test.text),
            fails_now: fill(&test.fails_now),
            passes_when: fill(&test.passes_when),
        })
        .collect();
    if !tests.iter().any(|test| test.level == "end-to-end") {
        tests.push(Test {
            level: "end-to-end".to_string(),
            text: "Deploy to staging, send the traffic of the evidence window, export the log and run `log-gardener triage` on it".to_string(),
            fails_now: format!("group `{}` has {} in this input", root.id, counted(root.events, "event")),
            passes_when: format!("group `{}` has 0 events while other entries of the same service are present", root.id),
        });
    }
    tests
}

/// Returns the call of a request group that failed most often, and its status.
fn most_frequent_call(group: &ErrorGroup) -> Option<(&str, u16)> {
    let together = group.answers.iter().map(|((call, status), count)| (call.as_str(), *status, *count));
    let one = group.variants.get("call").into_iter().flatten().filter(|_| group.answers.is_empty());
    let status = group.status.unwrap_or(0);
    let calls = together.chain(one.map(|(call, count)| (call.as_str(), status, *count)));
    let (call, status, _) = calls.min_by_key(|(call, status, count)| (Reverse(*count), *call, *status))?;
    (call != "(others)").then_some((call, status))
}

/// Returns steps that show the failure again, each taken from the log.
pub fn reproduce(case: &Case<'_>) -> Vec<String> {
    let mut steps = Vec::new();
    let revisions: std::collections::BTreeSet<&String> =
        case.members().flat_map(|group| group.revisions.keys()).collect();
    let starts = case.members().any(|group| matches!(group.category.as_str(), "exit" | "startup"));
    if let Some(revision) = revisions.iter().next_back() {
        let verb = if starts { "Start" } else { "Use" };
        steps.push(format!("{verb} revision {revision}"));
    }
    for group in case.members().filter(|group| group.is_request && group.status.is_some_and(|status| status >= 500)) {
        if let Some((call, status)) = most_frequent_call(group) {
            steps.push(format!("Send {call} and expect status {status}"));
        }
    }
    let said = case.root().exception.as_ref().map(crate::group::headline).filter(|text| !text.is_empty());
    let quoted = || case.root().samples.first().map(|sample| sample.quote.clone());
    let expect = super::why::one_line(&said.or_else(quoted).unwrap_or_default());
    let mut cut: String = expect.chars().take(160).collect();
    if cut.len() < expect.len() {
        cut.push_str(" ... (cut for display)");
    }
    steps.push(format!("Look for this entry: {cut}"));
    steps
}

/// Returns what could not be known from this input.
pub fn unknowns(case: &Case<'_>) -> Vec<String> {
    let mut unknowns = vec![
        "who noticed the failure first: no entry states it".to_string(),
        "business impact: the log does not state it".to_string(),
    ];
    if case.seen().0.is_some() && case.seen().0 == case.coverage.from {
        unknowns.push("when it began: the first event is the first entry of the input".to_string());
    } else if case.seen().0.zip(case.coverage.from).is_some_and(|(first, from)| first.nanos_since(from) < 2_000_000_000)
    {
        unknowns.push("when it began: the first event stands within 2 s of the start of the input".to_string());
    }
    if case.members().any(|group| group.samples.iter().all(|sample| sample.timestamp.is_none())) {
        unknowns.push("the order of events without a timestamp".to_string());
    }
    if let Some(visible) = case.visible_from() {
        unknowns.push(format!(
            "whether it happened before {visible}: older {} entries were cut off by the export",
            case.root().severity
        ));
    }
    unknowns.push("the cause in the source code: no checkout was given (--repo)".to_string());
    unknowns
}
