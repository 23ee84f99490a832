//! Two made-up runs, one in which nothing is missing and one in which nearly everything is.
//! Templates are rehearsed with them at load time; nothing here ever reaches a reader.

mod standing;

use std::collections::BTreeMap;

use super::view::*;
use crate::entry::{Severity, Skipped, Timestamp};
use crate::event::{ChainedException, Exception, StackFrame};

pub(crate) use standing::{bare_resolution, bare_standing, resolution, rollup, standing};

const START: Timestamp = Timestamp(1_700_000_000_000_000_000);

/// Returns a run in which every list has an item and every option a value.
pub(crate) fn full() -> TriageView {
    let noise = IncidentView { noise: text_option(), ..incident() };
    TriageView { schema: "log-gardener/triage/1", coverage: coverage(), incidents: vec![incident(), noise] }
}

/// Returns a run with one incident of which only its id and its count are known.
pub(crate) fn empty() -> TriageView {
    let coverage = CoverageView {
        sources: Vec::new(),
        without_severity: 0,
        without_payload: 0,
        duplicates: 0,
        by_severity: BTreeMap::new(),
        asked: WindowView::default(),
        checkout: None,
        from: None,
        to: None,
        truncated: false,
        age_seconds: None,
        notes: Vec::new(),
        ..coverage()
    };
    let bare = IncidentView {
        noise: None,
        first_seen: None,
        last_seen: None,
        services: Vec::new(),
        revisions: Vec::new(),
        projects: Vec::new(),
        groups: Vec::new(),
        links: Vec::new(),
        also_seen: Vec::new(),
        timeline: Vec::new(),
        impact: Vec::new(),
        trigger: Statement { text: text(), status: "unknown", evidence: Vec::new() },
        root_cause: Statement { text: text(), status: "unknown", evidence: Vec::new() },
        contradictions: Vec::new(),
        whys: Vec::new(),
        expected: None,
        reproduce: Vec::new(),
        actions: Vec::new(),
        tests: Vec::new(),
        unknowns: Vec::new(),
        cause: None,
        standing: None,
        history: None,
        ..incident()
    };
    TriageView { schema: "log-gardener/triage/1", coverage, incidents: vec![bare] }
}

fn coverage() -> CoverageView {
    let source = SourceView {
        source: text(),
        sha256: text_option(),
        format: text(),
        entries: 2,
        skipped: vec![Skipped { at: text(), reason: text() }],
        skipped_total: 1,
        from: Some(START),
        to: Some(START),
    };
    CoverageView {
        sources: vec![source],
        entries: 2,
        events: 1,
        duplicates: 1,
        without_severity: 1,
        without_payload: 1,
        by_severity: BTreeMap::from([("ERROR".to_string(), 1)]),
        asked: WindowView { from: Some(START), to: Some(START) },
        from: Some(START),
        to: Some(START),
        checkout: Some(CheckoutView { repo: text(), head: text(), map: vec![text()], deployed: text_option() }),
        truncated: true,
        age_seconds: Some(60),
        redactions: RedactionsView { kinds: [("email".to_string(), 1)].into(), ..RedactionsView::default() },
        notes: vec![text()],
    }
}

fn incident() -> IncidentView {
    IncidentView {
        id: "00000000".to_string(),
        fingerprint: "0".repeat(32),
        title: text(),
        category: text(),
        issue_category: "other".to_string(),
        priority: "P1".to_string(),
        priority_rule: text(),
        priority_reason: text(),
        severity: Severity::Error,
        noise: None,
        entries: 2,
        first_seen: Some(START),
        last_seen: Some(START),
        services: vec![text()],
        revisions: vec![text()],
        projects: vec![text()],
        instances: Some(1),
        root: "aaaaaaaaaaaa".to_string(),
        groups: vec![group("aaaaaaaaaaaa", "root"), group("bbbbbbbbbbbb", "consequence")],
        links: vec![link()],
        also_seen: vec!["00000000".to_string()],
        timeline: vec![TimelineItem { time: START, kind: "first", text: text(), reference: text() }],
        impact: vec![statement("proven")],
        trigger: statement("supported"),
        root_cause: statement("supported"),
        contradictions: vec![statement("proven")],
        whys: ["main", "not-caught", "not-contained"].map(why).to_vec(),
        expected: text_option(),
        reproduce: vec![text()],
        actions: vec![ActionView { kind: "repair".to_string(), text: text(), source: text() }],
        tests: vec![TestView { level: text(), text: text(), fails_now: text(), passes_when: text() }],
        unknowns: vec![text()],
        cause: Some(cause()),
        standing: Some(standing::standing()),
        history: Some(standing::history()),
    }
}

fn cause() -> CauseView {
    CauseView {
        verdict: text(),
        status: "supported",
        group: "aaaaaaaaaaaa".to_string(),
        commit: text(),
        commit_from: text(),
        candidates: vec![CandidateView {
            file: text(),
            line: 1,
            reference: text(),
            scope: text_option(),
            text: text(),
            why: text(),
        }],
        suggested_target: text_option(),
        target: Some(TargetView {
            name: text(),
            file: text_option(),
            line: Some(1),
            reference: text_option(),
            text: text_option(),
            why: text(),
        }),
        culprit_commit: text_option(),
        culprit: Some(CulpritView { id: text(), subject: text(), date: START, merge: true, why: text() }),
        suspect: text_option(),
        diff: text_option(),
        probe: text_option(),
        owners: vec![text()],
        warnings: vec![text()],
        limits: vec![text()],
    }
}

fn group(id: &str, role: &'static str) -> GroupView {
    let frame = StackFrame { file: text_option(), line: Some(1), function: text_option(), in_app: true };
    let behind = ChainedException {
        type_name: text_option(),
        message: text_option(),
        relation: "caused by".to_string(),
        frames: Vec::new(),
    };
    GroupView {
        fingerprint: String::new(),
        history: None,
        minutes: BTreeMap::new(),
        id: id.to_string(),
        title: text(),
        template: text(),
        entries: 1,
        first_seen: Some(START),
        last_seen: Some(START),
        severity: Severity::Error,
        role,
        category: text(),
        pattern: text_option(),
        exception: Some(Exception {
            type_name: text_option(),
            message: text_option(),
            language: text_option(),
            chain: vec![behind],
            frames: vec![frame],
        }),
        fingerprint_parts: vec![PartView { name: text(), value: text(), why: text() }],
        samples: vec![SampleView {
            insert_id: text_option(),
            timestamp: Some(START),
            source: text(),
            line: Some(1),
            quote: text(),
        }],
        builds: vec![VariantView { name: text(), value: text(), count: 1 }],
        variants: vec![VariantView { name: text(), value: text(), count: 1 }],
        services: vec![text()],
        instances: Some(1),
    }
}

fn link() -> LinkView {
    LinkView {
        from: "aaaaaaaaaaaa".to_string(),
        to: "bbbbbbbbbbbb".to_string(),
        kind: "instance",
        occurrences: 1,
        of: 1,
        not_judged: 0,
        lag_ms: LagView { p50: 1.0, max: 2.0 },
        shared: Some(SharedView { key: text(), value: text() }),
        confidence: 0.5,
        why: text(),
        evidence: vec![[text(), text()]],
    }
}

fn why(branch: &'static str) -> WhyView {
    let evidence = vec![evidence()];
    WhyView { question: text(), answer: text(), status: "supported", evidence, branch, settle: text_option() }
}

fn statement(status: &'static str) -> Statement {
    Statement { text: text(), status, evidence: vec![evidence()] }
}

fn evidence() -> EvidenceView {
    EvidenceView { kind: "entry", reference: text(), quote: text(), timestamp: Some(START) }
}

fn text() -> String {
    "specimen".to_string()
}

fn text_option() -> Option<String> {
    Some(text())
}
