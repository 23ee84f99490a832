//! What follows for an incident from what the source code says: answers, the root cause, the repair, the test.
//! Leaves out the search (`code`, called by `cli`). Pure: what was found goes in, and the view says it everywhere.

use super::cause::{CauseView, CulpritView, reference, short};
use super::view::{ActionView, EvidenceView, IncidentView, Statement, TestView, WhyView};

/// How the line begins that says what is not known of the source code.
const NOT_KNOWN: &str = "the cause in the source code: ";
/// Characters shown of a line of code in a sentence.
const SHOWN: usize = 200;

/// What came of the search in the source code.
#[derive(Debug, Clone, PartialEq)]
pub enum Looked {
    /// A cause.
    Found(Box<CauseView>),
    /// Nothing, in this commit.
    Nothing {
        /// The commit whose files were read.
        commit: String,
        /// How it is known that it logged.
        from: String,
        /// What a reader must know about that.
        limits: Vec<String>,
    },
    /// It was not looked for; why.
    Not(String),
}

/// Notes in an incident what came of the search.
pub fn settle(incident: &mut IncidentView, looked: Looked) {
    incident.unknowns.retain(|unknown| !unknown.starts_with(NOT_KNOWN));
    let (unknown, limits) = match looked {
        Looked::Not(why) => (Some(why), Vec::new()),
        Looked::Nothing { commit, from, limits } => {
            (Some(format!("commit {} ({from}) was read, and nothing there answers it", short(&commit))), limits)
        }
        Looked::Found(cause) => {
            let limits = cause.limits.clone();
            found(incident, *cause);
            (None, limits)
        }
    };
    incident.unknowns.extend(unknown.map(|why| format!("{NOT_KNOWN}{why}")));
    incident.unknowns.extend(limits.into_iter().map(|limit| format!("in the source code: {limit}")));
}

fn found(incident: &mut IncidentView, cause: CauseView) {
    let late = too_late(incident, &cause);
    answer(incident, &cause, late.is_some());
    if let Some(root_cause) = root_cause(&cause, late.is_some()) {
        incident.root_cause = root_cause;
    }
    incident.contradictions.extend(late);
    incident.contradictions.extend(
        cause.warnings.iter().filter(|warning| speaks_against(warning)).map(|warning| Statement {
            text: warning.clone(),
            status: "supported",
            evidence: vec![read(&cause)],
        }),
    );
    if let Some(action) = repair(&cause) {
        // The place is found, so looking for it is done.
        incident.actions.retain(|action| action.kind != "investigate" || !action.source.starts_with("group "));
        let at = incident.actions.iter().position(|action| action.kind != "mitigate");
        incident.actions.insert(at.unwrap_or(incident.actions.len()), action);
    }
    if let Some(test) = test(incident, &cause) {
        incident.tests.insert(0, test);
    }
    incident.cause = Some(cause);
}

/// Puts the answers behind those that the trace gives, in place of guesses that they settle.
fn answer(incident: &mut IncidentView, cause: &CauseView, late: bool) {
    let answers = answers(cause, late);
    let settled = cause.status == "proven" && !late;
    let guess = |why: &WhyView| {
        let general = why.status == "hypothesis" && why.evidence.iter().all(|item| item.kind == "pattern");
        let open = why.status == "unknown" && why.question == "Why was the system in that state?";
        why.branch == "main" && ((settled && general) || (open && cause.status != "unknown"))
    };
    incident.whys.retain(|why| !guess(why));
    let title = incident.groups.iter().find(|group| group.id == incident.root).map(|group| group.title.as_str());
    let asked = format!("Why is \"{}\" logged?", title.unwrap_or_default());
    let raised = |why: &WhyView| why.question.starts_with("Why was ") && why.question.ends_with(" raised?");
    let root = incident.whys.iter().rposition(|why| why.branch == "main" && (why.question == asked || raised(why)));
    let at = root.map_or(0, |at| at + 1);
    incident.whys.splice(at..at, answers);
}

fn answers(cause: &CauseView, late: bool) -> Vec<WhyView> {
    let settle = |status: &str| match status {
        "proven" => None,
        _ if late => Some("find the commit that logged, and name it with --deployed".to_string()),
        _ => Some(format!("read the places named at commit {}", short(&cause.commit))),
    };
    let why = |question: &str, answer: String, status: &'static str, evidence: Vec<EvidenceView>| WhyView {
        question: question.to_string(),
        answer: if status == "unknown" { format!("unknown: {answer}") } else { answer },
        status,
        evidence,
        branch: "main",
        settle: settle(status),
    };
    let mut whys = vec![match cause.candidates.first() {
        Some(candidate) => why(
            "Why does the code raise it?",
            format!(
                "line {} of `{}`{} reads {}: {}",
                candidate.line,
                candidate.file,
                candidate.scope.as_ref().map(|scope| format!(" in `{scope}`")).unwrap_or_default(),
                quoted(&candidate.text),
                candidate.why
            ),
            cause.status,
            vec![code(&candidate.reference, &candidate.text)],
        ),
        None => why("Why does the code raise it?", cause.verdict.clone(), cause.status, vec![read(cause)]),
    }];
    if let Some(target) = &cause.target {
        let place =
            target.file.as_ref().zip(target.line).map(|(file, line)| format!(", which stands at `{file}:{line}`"));
        let evidence = match (&target.reference, cause.candidates.first()) {
            (Some(reference), _) => code(reference, target.text.as_deref().unwrap_or_default()),
            (None, Some(candidate)) => code(&candidate.reference, &candidate.text),
            (None, None) => read(cause),
        };
        let answer = format!("{}; what fits is `{}`{}", target.why, target.name, place.unwrap_or_default());
        whys.push(why("Why does that line fail?", answer, cause.status, vec![evidence]));
    }
    if let Some(culprit) = &cause.culprit {
        let status = if late { "hypothesis" } else { cause.status };
        let kind = if culprit.merge { ", a merge" } else { "" };
        let answer = format!(
            "since commit {} {} of {}{kind}: {}",
            short(&culprit.id),
            quoted(culprit.told()),
            culprit.day(),
            culprit.why
        );
        whys.push(why("Why is the code in that state?", answer, status, vec![commit(culprit)]));
    }
    whys
}

/// A root cause is a change of state: the commit, where it is known.
fn root_cause(cause: &CauseView, late: bool) -> Option<Statement> {
    if cause.status == "unknown" {
        return None;
    }
    let place = cause.candidates.first().map(|candidate| code(&candidate.reference, &candidate.text));
    Some(match &cause.culprit {
        Some(culprit) => Statement {
            text: format!("commit {} of {}: {}", short(&culprit.id), culprit.day(), culprit.why),
            status: if late { "hypothesis" } else { cause.status },
            evidence: std::iter::once(commit(culprit)).chain(place).collect(),
        },
        None => Statement {
            text: format!("in the code: {}", cause.verdict),
            status: cause.status,
            evidence: vec![place.unwrap_or_else(|| read(cause))],
        },
    })
}

/// A commit that is newer than the first event did not bring it in.
fn too_late(incident: &IncidentView, cause: &CauseView) -> Option<Statement> {
    let (culprit, first) = (cause.culprit.as_ref()?, incident.first_seen?);
    if culprit.date <= first {
        return None;
    }
    let seen = incident.groups.iter().flat_map(|group| &group.samples).find(|sample| sample.timestamp == Some(first));
    let entry = seen.map(|sample| EvidenceView {
        kind: "entry",
        reference: sample.insert_id.clone().unwrap_or_else(|| match sample.line {
            Some(line) => format!("{}:{line}", sample.source),
            None => sample.source.clone(),
        }),
        quote: sample.quote.clone(),
        timestamp: sample.timestamp,
    });
    Some(Statement {
        text: format!(
            "the suspect commit {} is dated {}, after the first event at {}; the deployed revision may differ",
            short(&culprit.id),
            seconds(culprit.date),
            seconds(first)
        ),
        status: "proven",
        evidence: std::iter::once(commit(culprit)).chain(entry).collect(),
    })
}

fn speaks_against(warning: &str) -> bool {
    ["contradict", "refute"].iter().any(|word| warning.to_lowercase().contains(word))
}

fn repair(cause: &CauseView) -> Option<ActionView> {
    let candidate = cause.candidates.first()?;
    let place = format!("{}:{}", candidate.file, candidate.line);
    let diff = if cause.diff.is_some() { "; the diff stands under the proposed fix" } else { "" };
    let text = match (&cause.target, &cause.suggested_target) {
        (Some(target), _) => format!("Change {place} to use {}{diff}", target.name),
        (None, Some(name)) => format!("Change {place} to use {name}{diff}"),
        (None, None) => format!("Change {place}: {}{diff}", candidate.why),
    };
    Some(ActionView { kind: "repair".to_string(), text, source: candidate.reference.clone() })
}

fn test(incident: &IncidentView, cause: &CauseView) -> Option<TestView> {
    let (probe, candidate) = (cause.probe.as_ref()?, cause.candidates.first()?);
    let group = incident.groups.iter().find(|group| group.id == cause.group);
    let raised = group.and_then(|group| group.exception.as_ref()).and_then(|exception| exception.type_name.clone());
    let raised = raised.unwrap_or_else(|| "this error".to_string());
    Some(TestView {
        level: "unit".to_string(),
        text: format!("Write a test that uses {probe} as {}:{} does", candidate.file, candidate.line),
        fails_now: format!("at commit {} it ends in {raised}", short(&cause.commit)),
        passes_when: format!("it ends without {raised} at the commit of the fix"),
    })
}

fn code(reference: &str, quote: &str) -> EvidenceView {
    EvidenceView { kind: "code", reference: reference.to_string(), quote: quote.to_string(), timestamp: None }
}

fn commit(culprit: &CulpritView) -> EvidenceView {
    EvidenceView {
        kind: "commit",
        reference: short(&culprit.id).to_string(),
        quote: culprit.told().to_string(),
        timestamp: Some(culprit.date),
    }
}

/// The commit that was read, where no line of it is named.
fn read(cause: &CauseView) -> EvidenceView {
    match cause.candidates.first() {
        Some(candidate) => code(&reference(&candidate.file, candidate.line, &cause.commit), &candidate.text),
        None => EvidenceView {
            kind: "commit",
            reference: short(&cause.commit).to_string(),
            quote: String::new(),
            timestamp: None,
        },
    }
}

/// Sets a line of code in backticks, or in quotes where it has some itself.
fn quoted(text: &str) -> String {
    let text = super::escape::cut(text, SHOWN);
    if text.contains('`') || text.trim().is_empty() { format!("\"{text}\"") } else { format!("`{text}`") }
}

fn seconds(time: crate::entry::Timestamp) -> String {
    time.to_utc().format("%Y-%m-%d %H:%M:%SZ").to_string()
}
