//! Every text of a view that log entries or source code had a part in, for a last look at all of them.
//! Leaves out ids that are made here, sums, and words that the program itself chose.

use super::cause::CauseView;
use super::view::{GroupView, IncidentView, Statement, TriageView};
use crate::event::{Exception, StackFrame};

/// What kind of text it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TextKind {
    /// A sentence or a name.
    Told,
    /// A quotation as events hold it.
    Quoted,
    /// An identifier by which evidence is found again.
    Id,
}

/// Shows each text of `view` to `each`, which may change it.
pub fn each_text(view: &mut TriageView, each: &mut dyn FnMut(&mut String, TextKind)) {
    let coverage = &mut view.coverage;
    coverage.notes.iter_mut().for_each(|note| each(note, TextKind::Told));
    coverage.redactions.flagged_references.iter_mut().for_each(|reference| each(reference, TextKind::Id));
    for source in &mut coverage.sources {
        source.skipped.iter_mut().for_each(|skipped| each(&mut skipped.reason, TextKind::Told));
    }
    view.incidents.iter_mut().for_each(|incident| each_of_incident(incident, each));
}

/// Shows each text of an incident to `each`, which may change it.
pub fn each_of_incident(incident: &mut IncidentView, each: &mut dyn FnMut(&mut String, TextKind)) {
    let mut told = |text: &mut String| each(text, TextKind::Told);
    told(&mut incident.title);
    told(&mut incident.priority_reason);
    let names = [&mut incident.services, &mut incident.revisions, &mut incident.projects];
    names.into_iter().flatten().for_each(&mut told);
    incident.expected.iter_mut().for_each(&mut told);
    incident.reproduce.iter_mut().chain(&mut incident.unknowns).for_each(&mut told);
    incident.actions.iter_mut().for_each(|action| told(&mut action.text));
    for test in &mut incident.tests {
        [&mut test.text, &mut test.fails_now, &mut test.passes_when].into_iter().for_each(&mut told);
    }
    for item in &mut incident.timeline {
        each(&mut item.text, TextKind::Told);
        each(&mut item.reference, TextKind::Id);
    }
    let single = [&mut incident.trigger, &mut incident.root_cause];
    single
        .into_iter()
        .chain(&mut incident.impact)
        .chain(&mut incident.contradictions)
        .for_each(|it| statement(it, each));
    for why in &mut incident.whys {
        each(&mut why.question, TextKind::Told);
        each(&mut why.answer, TextKind::Told);
        why.settle.iter_mut().for_each(|text| each(text, TextKind::Told));
        for evidence in &mut why.evidence {
            each(&mut evidence.reference, TextKind::Id);
            each(&mut evidence.quote, TextKind::Told);
        }
    }
    for link in &mut incident.links {
        each(&mut link.why, TextKind::Told);
        link.shared.iter_mut().for_each(|shared| each(&mut shared.value, TextKind::Told));
        link.evidence.iter_mut().flatten().for_each(|reference| each(reference, TextKind::Id));
    }
    incident.groups.iter_mut().for_each(|group| of_group(group, each));
    incident.cause.iter_mut().for_each(|cause| of_cause(cause, each));
}

fn statement(statement: &mut Statement, each: &mut dyn FnMut(&mut String, TextKind)) {
    each(&mut statement.text, TextKind::Told);
    for evidence in &mut statement.evidence {
        each(&mut evidence.reference, TextKind::Id);
        each(&mut evidence.quote, TextKind::Told);
    }
}

fn of_group(group: &mut GroupView, each: &mut dyn FnMut(&mut String, TextKind)) {
    each(&mut group.title, TextKind::Told);
    each(&mut group.template, TextKind::Told);
    group.services.iter_mut().for_each(|name| each(name, TextKind::Told));
    group.fingerprint_parts.iter_mut().for_each(|part| each(&mut part.value, TextKind::Told));
    group.variants.iter_mut().for_each(|variant| each(&mut variant.value, TextKind::Told));
    group.builds.iter_mut().for_each(|build| each(&mut build.value, TextKind::Id));
    for sample in &mut group.samples {
        sample.insert_id.iter_mut().for_each(|id| each(id, TextKind::Id));
        each(&mut sample.quote, TextKind::Quoted);
    }
    group.exception.iter_mut().for_each(|exception| of_exception(exception, each));
}

fn of_exception(exception: &mut Exception, each: &mut dyn FnMut(&mut String, TextKind)) {
    let mut quoted = |text: &mut Option<String>| text.iter_mut().for_each(|text| each(text, TextKind::Quoted));
    quoted(&mut exception.type_name);
    quoted(&mut exception.message);
    let mut of_frames = |frames: &mut Vec<StackFrame>| {
        for frame in frames {
            quoted(&mut frame.file);
            quoted(&mut frame.function);
        }
    };
    of_frames(&mut exception.frames);
    exception.chain.iter_mut().for_each(|chained| of_frames(&mut chained.frames));
    for chained in &mut exception.chain {
        [&mut chained.type_name, &mut chained.message].into_iter().for_each(&mut quoted);
    }
}

fn of_cause(cause: &mut CauseView, each: &mut dyn FnMut(&mut String, TextKind)) {
    let mut told = |text: &mut String| each(text, TextKind::Told);
    told(&mut cause.verdict);
    for candidate in &mut cause.candidates {
        told(&mut candidate.text);
        told(&mut candidate.why);
    }
    if let Some(target) = &mut cause.target {
        target.text.iter_mut().for_each(&mut told);
        told(&mut target.why);
    }
    if let Some(culprit) = &mut cause.culprit {
        told(&mut culprit.subject);
        told(&mut culprit.why);
    }
    let single = [&mut cause.suspect, &mut cause.diff, &mut cause.probe, &mut cause.suggested_target];
    single.into_iter().flatten().for_each(&mut told);
    cause.warnings.iter_mut().chain(&mut cause.limits).for_each(&mut told);
}
