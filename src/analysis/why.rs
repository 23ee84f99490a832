//! The five whys as a tree: from what callers see, link by link, to the root, and as far behind it as
//! evidence goes. Leaves out wording beyond one sentence an answer; where evidence ends it says unknown.

use crate::cascade::{Link, LinkKind};
use crate::group::ErrorGroup;
use crate::pattern::{Reason, ReasonStatus};

use super::case::{Case, counted, first_quotation, number, span};
use super::change::{hidden_since, in_short, last_change_before, quiet_before, quoted};
use super::finding::{Evidence, Statement, Why};
use super::knowledge::{self, Knowledge};

/// Answers why the incident happened, why it was not caught before and why it was not contained.
pub fn whys(case: &Case<'_>) -> Vec<Why> {
    let mut whys: Vec<Why> = case.way_to_root().into_iter().map(|link| why_link(case, link)).collect();
    whys.push(why_root(case));
    whys.extend(why_behind(case));
    let knowledge = knowledge::of_root(case);
    match &knowledge {
        Some(knowledge) if !knowledge.pattern.why.is_empty() => {
            whys.extend(knowledge.pattern.why.iter().map(|reason| known(case, knowledge, reason, "main")));
        }
        _ => whys.push(unknown(
            "Why was the system in that state?",
            "unknown: no entry in this input shows it, and no pattern of the catalog knows this error",
            "read the code at the place named above",
            "main",
        )),
    }
    whys.push(why_now(case));
    let side = |reasons: Option<&Vec<Reason>>, branch: &'static str, question: &str, answer: &str, settle: &str| {
        let told = knowledge.iter().flat_map(|knowledge| {
            reasons.into_iter().flatten().map(move |reason| known(case, knowledge, reason, branch))
        });
        let known: Vec<Why> = told.collect();
        if known.is_empty() { vec![unknown(question, answer, settle, branch)] } else { known }
    };
    whys.extend(side(
        knowledge.as_ref().map(|knowledge| &knowledge.pattern.not_caught),
        "not-caught",
        "Why was it not caught before?",
        "unknown: the input holds no entry of a check that ran before the first event",
        "name the check (test, build step, start-up probe) that runs this code path before traffic does",
    ));
    whys.extend(side(
        knowledge.as_ref().map(|knowledge| &knowledge.pattern.not_contained),
        "not-contained",
        "Why was it not contained?",
        "unknown: the input holds no entry of a fallback, retry or rollback",
        "look for a fallback, retry or rollback at the place named above",
    ));
    whys
}

/// Returns the deepest state that the evidence reaches behind the root, or that it reaches none.
///
/// The error's own text is the symptom of a state, so it never counts as the root cause itself.
pub fn root_cause(case: &Case<'_>) -> Statement {
    let root = case.root();
    // A cause that the trace itself names goes before what a pattern knows in general.
    let named = root.exception.as_ref().and_then(|exception| exception.chain.last());
    if let Some(why) = why_behind(case).pop().filter(|_| named.is_some_and(|chained| chained.relation == "caused by")) {
        return Statement { text: why.answer, status: why.status, evidence: why.evidence };
    }
    let knowledge = knowledge::of_root(case);
    if let Some(knowledge) = &knowledge
        && let Some(reason) = knowledge.pattern.why.iter().rfind(|reason| reason.status == ReasonStatus::Supported)
    {
        let why = known(case, knowledge, reason, "main");
        return Statement { text: why.answer, status: why.status, evidence: why.evidence };
    }
    let settle = knowledge.as_ref().and_then(|knowledge| {
        let settle = knowledge.pattern.why.iter().find_map(|reason| reason.settle.as_ref())?;
        Some(knowledge.fill(settle))
    });
    let settle = settle.unwrap_or_else(|| "read the code at the place that raises or logs it".to_string());
    Statement {
        text: format!("unknown: the evidence ends at \"{}\"; to settle it: {settle}", root.title),
        status: "unknown",
        evidence: Vec::new(),
    }
}

/// Says, from the link, why an effect is logged.
fn why_link(case: &Case<'_>, link: &Link) -> Why {
    let (cause, effect) = (&case.groups[link.from], &case.groups[link.to]);
    let counted = format!("in {} of {}", link.occurrences, counted(link.of, "event"));
    let (lag, named) = (lag(link, effect), case.name(cause));
    let (answer, status) = match link.kind {
        LinkKind::ExceptionChain => {
            (format!("its stack trace names \"{}\" as the exception before it, {counted}", named), "proven")
        }
        LinkKind::Correlation if link.shared.as_ref().is_some_and(|(key, _)| key == "message") => {
            (format!("it repeats the message of \"{}\", logged in the same place {lag}, {counted}", named), "proven")
        }
        LinkKind::Trace => (format!("\"{}\" was logged first in the same trace, {lag}, {counted}", named), "supported"),
        LinkKind::Correlation => {
            let key = link.shared.as_ref().map_or("id", |(key, _)| key.as_str());
            (format!("\"{}\" was logged first with the same {key}, {lag}, {counted}", named), "supported")
        }
        LinkKind::Instance => (
            format!("\"{}\" comes first on the same instance more often than chance allows, {lag}, {counted}", named),
            "supported",
        ),
        LinkKind::Rule => {
            let why = case.catalog.cascades.iter().find(|rule| Some(&rule.id) == link.rule.as_ref());
            let why = why.map_or("a declared rule links them", |rule| rule.why.as_str());
            (format!("{why}; \"{}\" is logged {lag}, {counted}", named), "supported")
        }
    };
    let mut evidence: Vec<Evidence> = vec![number(
        format!("{} of {}", link.occurrences, link.of),
        format!("events of group {} that an event of group {} explains, by {}", effect.id, cause.id, link.kind.name()),
    )];
    if let Some([from, to]) = link.evidence.first() {
        evidence.push(case.quote(cause, from));
        evidence.push(case.quote(effect, to));
    }
    Why {
        question: format!("Why is \"{}\" logged?", case.name(effect)),
        answer,
        status,
        evidence,
        branch: "main",
        settle: None,
    }
}

/// Returns where in time the cause stands, in words; a request counts by its end, not by its stamp.
fn lag(link: &Link, effect: &ErrorGroup) -> String {
    let effect = if effect.is_request { "the end of the request" } else { "it" };
    match link.lag_p50 {
        0 => format!("at the same time as {effect}"),
        lag if lag > 0 => format!("{} before {effect} (median)", span(lag)),
        lag => format!("{} after {effect} (median)", span(lag)),
    }
}

/// Says what the root itself states.
fn why_root(case: &Case<'_>) -> Why {
    let root = case.root();
    let said = root.exception.as_ref().map(crate::group::headline).filter(|text| !text.is_empty());
    let place = root.exception.as_ref().and_then(|exception| exception.innermost_in_app()).and_then(|frame| {
        let function = frame.function.as_deref().map(|name| format!(" in {name}")).unwrap_or_default();
        Some(format!(" at {}:{}{function}", frame.file.as_deref()?, frame.line?))
    });
    let answer = match (said, place) {
        (Some(said), Some(place)) => format!("the exception says \"{}\", raised{place}", one_line(&said)),
        (Some(said), None) => {
            format!("the entry names the exception \"{}\" and no place in the application's code", one_line(&said))
        }
        (None, _) if root.template == crate::group::WITHOUT_PAYLOAD => {
            "the entries state a severity and carry no payload; what they said is not in this input".to_string()
        }
        (None, _) => format!("the entry says \"{}\" and names no exception", quote_line(root)),
    };
    Why {
        question: format!("Why is \"{}\" logged?", root.title),
        answer,
        status: "proven",
        evidence: first_quotation(root),
        branch: "main",
        settle: None,
    }
}

/// Says what stands behind the root's exception in its own trace.
fn why_behind(case: &Case<'_>) -> Vec<Why> {
    let root = case.root();
    let Some(exception) = &root.exception else { return Vec::new() };
    let mut after = exception.type_name.clone().unwrap_or_else(|| "the exception".to_string());
    let mut whys = Vec::new();
    for chained in exception.chain.iter().take(3) {
        let name = chained.type_name.clone().unwrap_or_else(|| "an exception".to_string());
        let message = chained.message.as_deref().map(|message| format!(": {}", one_line(message))).unwrap_or_default();
        whys.push(Why {
            question: format!("Why was {after} raised?"),
            answer: format!("the same stack trace names \"{name}{message}\" ({})", chained.relation),
            status: "proven",
            evidence: first_quotation(root),
            branch: "main",
            settle: None,
        });
        after = name;
    }
    whys
}

/// Says which state change precedes the first event, if one is recorded and the export shows what was before.
fn why_now(case: &Case<'_>) -> Why {
    let question = "Why did it begin when it did?";
    let Some(change) = last_change_before(case) else {
        return unknown(
            question,
            "unknown: the input holds no deployment or configuration change before the first event",
            "read the record of deployments and configuration changes of the hours before the first event",
            "main",
        );
    };
    if let Some(hidden) = hidden_since(case, change) {
        return unknown(
            question,
            &hidden,
            "export the hours before the change, one severity at a time and without a limit",
            "main",
        );
    }
    let (quiet, evidence_quiet) = quiet_before(case, change.time);
    let first = case.seen().0.map_or(0, |first| first.nanos_since(change.time));
    Why {
        question: question.to_string(),
        answer: format!(
            "the last change recorded before the first event is {}, {} earlier; {quiet}",
            in_short(change),
            span(first)
        ),
        status: "supported",
        evidence: vec![quoted(change), evidence_quiet],
        branch: "main",
        settle: Some("compare the revisions before and after that change".to_string()),
    }
}

fn known(case: &Case<'_>, knowledge: &Knowledge<'_>, reason: &Reason, branch: &'static str) -> Why {
    let fill = |text: &crate::pattern::Text| knowledge.fill(text);
    let mut evidence: Vec<Evidence> = vec![super::case::knowledge(knowledge.pattern)];
    if reason.status == ReasonStatus::Supported {
        evidence.extend(first_quotation(case.root()));
    }
    Why {
        question: fill(&reason.question),
        answer: fill(&reason.answer),
        status: match reason.status {
            ReasonStatus::Supported => "supported",
            ReasonStatus::Hypothesis => "hypothesis",
        },
        evidence,
        branch,
        settle: reason.settle.as_ref().map(fill),
    }
}

fn unknown(question: &str, answer: &str, settle: &str, branch: &'static str) -> Why {
    Why {
        question: question.to_string(),
        answer: answer.to_string(),
        status: "unknown",
        evidence: Vec::new(),
        branch,
        settle: Some(settle.to_string()),
    }
}

/// Returns the first line of what a group says, as quoted.
fn quote_line(group: &ErrorGroup) -> String {
    group.samples.first().map(|sample| one_line(&sample.quote)).unwrap_or_default()
}

/// Returns a text on one line; display cuts it, data keep it.
pub(super) fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
