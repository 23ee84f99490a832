//! The whys that source code answers: which line, why it fails, since which commit.
//! Leaves out what else follows from it (`settled`).

use super::{ASSUMED, code, commit, read, sure};
use crate::report::cause::{CauseView, short};
use crate::report::escape;
use crate::report::view::{EvidenceView, IncidentView, WhyView};

/// Characters shown of a line of code in a sentence.
const SHOWN: usize = 200;

/// Puts the answers behind those that the trace gives, in place of guesses that they settle.
pub(super) fn add(incident: &mut IncidentView, cause: &CauseView, late: bool) {
    let other = incident.groups.iter().find(|group| group.id == cause.group && group.id != incident.root);
    let asked = other.map_or("Why does the code raise it?".to_string(), |group| {
        format!("Why does the code raise \"{}\"?", group.title)
    });
    let answers = answers(cause, &asked, late);
    let settled = cause.status == "proven" && !late && other.is_none();
    let guess = |why: &WhyView| {
        let general = why.status == "hypothesis" && why.evidence.iter().all(|item| item.kind == "pattern");
        let open = why.status == "unknown" && why.question == "Why was the system in that state?";
        why.branch == "main" && ((settled && general) || (open && cause.status != "unknown"))
    };
    incident.whys.retain(|why| !guess(why));
    let title = incident.groups.iter().find(|group| group.id == incident.root).map(|group| group.title.as_str());
    let asked = format!("Why is \"{}\" logged?", title.unwrap_or_default());
    let raised = |why: &WhyView| why.question.starts_with("Why was ") && why.question.ends_with(" raised?");
    let known = |why: &WhyView| why.status == "supported" && why.evidence.iter().any(|item| item.kind == "pattern");
    let before = |why: &WhyView| why.question == asked || raised(why) || known(why);
    let root = incident.whys.iter().rposition(|why| why.branch == "main" && before(why));
    let at = root.map_or(0, |at| at + 1);
    incident.whys.splice(at..at, answers);
}

fn answers(cause: &CauseView, asked: &str, late: bool) -> Vec<WhyView> {
    let settle = |status: &str| match status {
        "proven" => None,
        _ if late || cause.candidates.is_empty() || cause.commit_from == ASSUMED => {
            Some("find the commit that logged, and name it with --deployed".to_string())
        }
        _ => Some(format!("read the places named at commit `{}`", short(&cause.commit))),
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
            asked,
            format!(
                "line {} of `{}`{} reads {}; {}",
                candidate.line,
                candidate.file,
                candidate.scope.as_ref().map(|scope| format!(" in `{scope}`")).unwrap_or_default(),
                quoted(&candidate.text),
                candidate.why
            ),
            cause.status,
            vec![code(&candidate.reference, &candidate.text)],
        ),
        None => why(asked, cause.verdict.clone(), cause.status, vec![read(cause)]),
    }];
    if let Some(target) = &cause.target {
        let place =
            target.file.as_ref().zip(target.line).map(|(file, line)| format!(", which stands at `{file}:{line}`"));
        let evidence = match (&target.reference, cause.candidates.first()) {
            (Some(reference), _) => code(reference, target.text.as_deref().unwrap_or_default()),
            (None, Some(candidate)) => code(&candidate.reference, &candidate.text),
            (None, None) => read(cause),
        };
        let place = place.unwrap_or_default();
        let answer =
            format!("{}; what fits is `{}`{place}, for this reason: {}", cause.verdict, target.name, target.why);
        // That the line fails is read in the code; what was meant is the best of several.
        let status = if cause.status == "proven" { "supported" } else { cause.status };
        whys.push(why("Why does that line fail?", answer, status, vec![evidence]));
    }
    if let Some(culprit) = &cause.culprit {
        let status = sure(cause, late);
        let kind = if culprit.merge { ", a merge" } else { "" };
        let answer = format!(
            "since commit `{}` {} of {}{kind}: {}",
            short(&culprit.id),
            quoted(culprit.told()),
            culprit.day(),
            culprit.why
        );
        whys.push(why("Why is the code in that state?", answer, status, vec![commit(culprit)]));
    }
    whys
}

/// Sets a line of code in backticks, or in quotes where it has some itself.
fn quoted(text: &str) -> String {
    let text = escape::cut(text, SHOWN);
    if text.contains('`') || text.trim().is_empty() { format!("\"{text}\"") } else { format!("`{text}`") }
}
