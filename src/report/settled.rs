//! What follows for an incident from what the source code says: answers, the root cause, the repair, the test.
//! Leaves out the search (`code`, called by `cli`). Pure: what was found goes in, and the view says it everywhere.

mod answers;

use super::cause::{CauseView, CulpritView, reference, short};
use super::view::{ActionView, EvidenceView, IncidentView, Statement, TestView};

/// How the line begins that says what is not known of the source code.
const NOT_KNOWN: &str = "the cause in the source code: ";
/// How it is said that nothing tells which commit logged.
pub const ASSUMED: &str = "HEAD, assumed";
/// How a warning begins that tells of a fix which is there already.
pub const MENDED: &str = "at HEAD ";

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
        Looked::Nothing { limits, .. } if of_another_language(incident) => {
            (Some("only Python is understood; the code of this trace was not looked up".to_string()), limits)
        }
        Looked::Nothing { commit, from, limits } => {
            (Some(format!("commit `{}` ({from}) was read, and nothing there answers it", short(&commit))), limits)
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

/// Whether traces name files, and none of Python.
fn of_another_language(incident: &IncidentView) -> bool {
    let traces = incident.groups.iter().filter_map(|group| group.exception.as_ref());
    let mut files = traces.flat_map(|trace| &trace.frames).filter_map(|frame| frame.file.as_deref()).peekable();
    let python = |file: &str| [".py", ".pyx", ".pyi"].iter().any(|end| file.ends_with(end)) || file.starts_with('<');
    files.peek().is_some() && !files.any(python)
}

fn found(incident: &mut IncidentView, mut cause: CauseView) {
    // What is mended is not to be mended again.
    if mended(&cause) {
        cause.diff = None;
    }
    let late = too_late(incident, &cause);
    answers::add(incident, &cause, late.is_some());
    // What a consequence shows goes behind what is known of the root.
    let own = cause.group == incident.root || incident.root_cause.status == "unknown";
    if let Some(root_cause) = root_cause(&cause, late.is_some()).filter(|_| own) {
        incident.root_cause = root_cause;
    }
    incident.contradictions.extend(late);
    // Without a place that could raise it, what is to be minded speaks against the log or the commit.
    let against = cause.warnings.iter().filter(|_| cause.candidates.is_empty());
    let against =
        against.map(|text| Statement { text: text.clone(), status: "supported", evidence: vec![read(&cause)] });
    incident.contradictions.extend(against);
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

/// What a commit did is no surer than that it is in what ran.
fn sure(cause: &CauseView, late: bool) -> &'static str {
    match cause.status {
        _ if late => "hypothesis",
        "proven" if cause.commit_from == ASSUMED => "supported",
        status => status,
    }
}

/// A root cause is a change of state: the commit, where it is known.
fn root_cause(cause: &CauseView, late: bool) -> Option<Statement> {
    if cause.status == "unknown" {
        return None;
    }
    let place = cause.candidates.first().map(|candidate| code(&candidate.reference, &candidate.text));
    Some(match &cause.culprit {
        Some(culprit) => Statement {
            text: format!(
                "commit `{}` of {}: {}; since then {}",
                short(&culprit.id),
                culprit.day(),
                culprit.why,
                cause.verdict
            ),
            status: sure(cause, late),
            evidence: std::iter::once(commit(culprit)).chain(place).collect(),
        },
        None => Statement {
            text: format!("in the code: {}", cause.verdict),
            status: sure(cause, late),
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
            "the suspect commit `{}` is dated {}, after the first event at {}; the deployed revision may differ",
            short(&culprit.id),
            seconds(culprit.date),
            seconds(first)
        ),
        status: "proven",
        evidence: std::iter::once(commit(culprit)).chain(entry).collect(),
    })
}

/// Whether HEAD has it no more.
fn mended(cause: &CauseView) -> bool {
    cause.warnings.iter().any(|warning| warning.starts_with(MENDED))
}

fn repair(cause: &CauseView) -> Option<ActionView> {
    let candidate = cause.candidates.first()?;
    let place = format!("{}:{}", candidate.file, candidate.line);
    let text = match (&cause.target, &cause.suggested_target) {
        _ if mended(cause) => {
            format!("Compare {place} with HEAD, where it has this defect no more, and deploy that if it is the fix")
        }
        // The line calls it already, and not as it is defined.
        (Some(target), _) if target.why == "it is defined with async" => {
            format!("Await what {} returns at {place}: {}", target.name, target.why)
        }
        (Some(target), _) if target.why.starts_with("it takes (") || target.why.starts_with("it is defined with") => {
            format!("Change {place} to fit {}: {}", target.name, target.why)
        }
        (Some(target), _) => format!("Change {place} to use {}", target.name),
        (None, Some(name)) => format!("Change {place} to use {name}"),
        (None, None) => format!("Look at {place}: {}", candidate.why),
    };
    Some(ActionView { kind: "repair".to_string(), text, source: candidate.reference.clone() })
}

fn test(incident: &IncidentView, cause: &CauseView) -> Option<TestView> {
    let (probe, candidate) = (cause.probe.as_ref()?, cause.candidates.first()?);
    let group = incident.groups.iter().find(|group| group.id == cause.group);
    let raised = group.and_then(|group| group.exception.as_ref()).and_then(|exception| exception.type_name.clone());
    let place = format!("{}:{}", candidate.file, candidate.line);
    let raised = raised.unwrap_or_else(|| "this error".to_string());
    Some(TestView {
        level: "unit".to_string(),
        text: match &candidate.scope {
            Some(scope) => format!("Write a test that runs {scope}, where {place} uses {probe}"),
            None => format!("Write a test that imports the module of {place}, which uses {probe}"),
        },
        fails_now: format!("at commit `{}` it ends in {raised}", short(&cause.commit)),
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

fn seconds(time: crate::entry::Timestamp) -> String {
    time.to_utc().format("%Y-%m-%d %H:%M:%SZ").to_string()
}
