//! A made-up run for the tests: a worker that cannot import a module and restarts in a loop, a
//! configuration finding, and probes. Leaves out hostile text: see `hostile`.

#[path = "crash_loop.rs"]
mod crash_loop;

use log_gardener::entry::{Severity, Timestamp};
use log_gardener::event::Exception;
use log_gardener::report::view::*;

/// 2026-03-04T06:10:00Z.
const BASE: i64 = 1_772_604_600_000_000_000;

const SOURCE: &str = "exports/orders-2026-03-04.json";

/// Returns the time `milliseconds` after 06:10:00Z.
pub(crate) fn at(milliseconds: i64) -> Timestamp {
    Timestamp(BASE + milliseconds * 1_000_000)
}

/// Returns the whole run: a crash loop, a finding, noise.
pub(crate) fn run() -> TriageView {
    TriageView {
        schema: "log-gardener/triage/1",
        coverage: coverage(),
        incidents: vec![crash_loop::incident(), finding(), probes()],
    }
}

fn coverage() -> CoverageView {
    CoverageView {
        sources: vec![SourceView {
            source: SOURCE.to_string(),
            sha256: Some("9b1f0c6f5d0f7a6c1f5b0a3f8f4f4f9be1d2c3b4a5968778695a4b3c2d1e0f12".to_string()),
            format: "gcloud-json".to_string(),
            entries: 1_214,
            skipped: Vec::new(),
            skipped_total: 0,
            from: Some(at(-62_000)),
            to: Some(at(106_480)),
        }],
        entries: 1_214,
        events: 157,
        duplicates: 3,
        without_severity: 31,
        without_payload: 0,
        by_severity: [("CRITICAL", 30), ("ERROR", 120), ("INFO", 1_057), ("WARNING", 7)]
            .map(|(name, n)| (name.to_string(), n))
            .into(),
        asked: WindowView { from: Some(at(-600_000)), to: Some(at(3_000_000)) },
        from: Some(at(-62_000)),
        to: Some(at(106_480)),
        checkout: None,
        redactions: Default::default(),
        truncated: true,
        age_seconds: Some(5_093),
        notes: vec![
            "the export ends 48 min 13 s before the end of the window that was asked for".to_string(),
            "31 entries have no severity; it was inferred from their text".to_string(),
        ],
    }
}

fn finding() -> IncidentView {
    IncidentView {
        id: "d3f5a1b2".to_string(),
        fingerprint: "d3f5a1b2c4d6e8f0a1b3c5d7e9f1a2b4".to_string(),
        title: "SERVICE_ID has whitespace around its value".to_string(),
        category: "configuration".to_string(),
        issue_category: "operational".to_string(),
        priority: "P3".to_string(),
        priority_rule: "configuration-noise".to_string(),
        priority_reason: "4 warnings, no failure linked to them".to_string(),
        severity: Severity::Warning,
        entries: 4,
        first_seen: Some(at(-50_000)),
        last_seen: Some(at(90_000)),
        instances: Some(4),
        root: "d3f5a1b2c4d6".to_string(),
        groups: vec![group(Row {
            id: "d3f5a1b2c4d6",
            title: "SERVICE_ID has whitespace around its value",
            template: "SERVICE_ID contains whitespace, using '<value>'",
            entries: 4,
            times: (-50_000, 90_000),
            severity: Severity::Warning,
            category: "configuration",
            pattern: None,
            exception: None,
            quotes: vec![("6e9a01", -50_000, "SERVICE_ID contains whitespace, using 'orders'".into())],
        })],
        also_seen: vec!["4e1a9c0b".to_string()],
        actions: vec![ActionView {
            kind: "repair".to_string(),
            text: "Trim the value of SERVICE_ID in the service's settings".to_string(),
            source: "6e9a01".to_string(),
        }],
        ..bare()
    }
}

fn probes() -> IncidentView {
    IncidentView {
        id: "e0e0e0e0".to_string(),
        fingerprint: "e0".repeat(16),
        title: "Requests for /.git/config from outside".to_string(),
        noise: Some("probe".to_string()),
        entries: 3,
        first_seen: Some(at(12_000)),
        last_seen: Some(at(13_000)),
        ..bare()
    }
}

pub(super) fn bare() -> IncidentView {
    IncidentView {
        id: String::new(),
        fingerprint: String::new(),
        title: String::new(),
        category: "other".to_string(),
        issue_category: "other".to_string(),
        priority: "P3".to_string(),
        priority_rule: "otherwise".to_string(),
        priority_reason: "no rule says more".to_string(),
        severity: Severity::Warning,
        noise: None,
        entries: 0,
        first_seen: None,
        last_seen: None,
        services: vec!["orders".to_string()],
        revisions: Vec::new(),
        projects: vec!["shop-staging".to_string()],
        instances: Some(1),
        root: String::new(),
        groups: Vec::new(),
        links: Vec::new(),
        also_seen: Vec::new(),
        timeline: Vec::new(),
        impact: Vec::new(),
        trigger: statement("unknown: no state change is in this input", "unknown", Vec::new()),
        root_cause: statement("unknown: the evidence ends at the exception", "unknown", Vec::new()),
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
    }
}

/// What tells one group of the sample from another.
pub(super) struct Row {
    id: &'static str,
    title: &'static str,
    template: &'static str,
    entries: u64,
    times: (i64, i64),
    severity: Severity,
    category: &'static str,
    pattern: Option<&'static str>,
    exception: Option<Exception>,
    quotes: Vec<(&'static str, i64, String)>,
}

pub(super) fn group(row: Row) -> GroupView {
    let part =
        |name: &str, value: &str, why: &str| PartView { name: name.into(), value: value.into(), why: why.into() };
    GroupView {
        fingerprint: String::new(),
        history: None,
        minutes: Default::default(),
        id: row.id.to_string(),
        title: row.title.to_string(),
        template: row.template.to_string(),
        entries: row.entries,
        first_seen: Some(at(row.times.0)),
        last_seen: Some(at(row.times.1)),
        severity: row.severity,
        role: if row.exception.as_ref().is_some_and(|e| !e.frames.is_empty()) { "root" } else { "consequence" },
        category: row.category.to_string(),
        pattern: row.pattern.map(String::from),
        exception: row.exception,
        fingerprint_parts: vec![
            part("message", row.template, "the words that stay when values are masked"),
            part("service", "orders", "the same words in another service are another failure"),
        ],
        samples: row
            .quotes
            .into_iter()
            .map(|(id, ms, quote)| SampleView {
                insert_id: Some(id.to_string()),
                timestamp: Some(at(ms)),
                source: SOURCE.to_string(),
                line: Some(1_204 + ms.unsigned_abs() / 10),
                quote,
            })
            .collect(),
        variants: Vec::new(),
        builds: Vec::new(),
        services: vec!["orders".to_string()],
        instances: Some(row.entries.min(30)),
    }
}

pub(super) fn statement(text: &str, status: &'static str, evidence: Vec<EvidenceView>) -> Statement {
    Statement { text: text.to_string(), status, evidence }
}

pub(super) fn entry(id: &str, ms: i64, quote: &str) -> EvidenceView {
    EvidenceView { kind: "entry", reference: id.to_string(), quote: quote.to_string(), timestamp: Some(at(ms)) }
}

pub(super) fn counted(formula: &str, number: &str) -> EvidenceView {
    EvidenceView { kind: "count", reference: formula.to_string(), quote: number.to_string(), timestamp: None }
}

pub(super) fn timeline() -> Vec<TimelineItem> {
    let item = |ms, kind, text: &str, reference: &str| TimelineItem {
        time: at(ms),
        kind,
        text: text.to_string(),
        reference: reference.to_string(),
    };
    vec![
        item(-62_000, "window", "first entry read", "6e9900"),
        item(-41_000, "change", "revision orders-00042-fox deployed", "6e99f0"),
        item(0, "first", "Python cannot import shop.payments.gateway_adapter", "6f0a1b"),
        item(1, "first", "BootError: checkout failed to start", "6f0a1c"),
        item(210, "first", "Worker exited with code 3", "6f0a22"),
        item(640, "first", "Container called exit(3)", "6f0a2f"),
        item(106_480, "last", "Container called exit(3); the input ends here", "6f11c8"),
    ]
}

pub(super) fn actions() -> Vec<ActionView> {
    let action = |kind: &str, text: &str, source: &str| ActionView {
        kind: kind.to_string(),
        text: text.to_string(),
        source: source.to_string(),
    };
    vec![
        action("mitigate", "Send traffic back to the revision before orders-00042-fox", "6e99f0"),
        action(
            "repair",
            "Correct the import path in shop/checkout/__init__.py line 3, or ship the module in the image",
            "python-module-not-found",
        ),
        action(
            "prevent",
            "Import shop.main inside the built image before a revision takes traffic",
            "python-module-not-found",
        ),
        action("detect", "Alert when a revision's first 3 boots end in an exit", "service-cannot-start"),
    ]
}

/// Returns a cause in which a repository says `text` wherever it can say anything.
#[allow(dead_code)]
pub(crate) fn cause(text: &str) -> CauseView {
    let own = || text.to_string();
    CauseView {
        verdict: own(),
        status: "supported",
        group: own(),
        commit: own(),
        commit_from: own(),
        candidates: vec![CandidateView {
            file: own(),
            line: 1,
            reference: own(),
            scope: Some(own()),
            text: own(),
            why: own(),
        }],
        suggested_target: Some(own()),
        target: Some(TargetView {
            name: own(),
            file: Some(own()),
            line: Some(1),
            reference: Some(own()),
            text: Some(own()),
            why: own(),
        }),
        culprit_commit: Some(own()),
        culprit: Some(CulpritView { id: own(), subject: own(), date: Timestamp(BASE), merge: false, why: own() }),
        suspect: Some(own()),
        diff: Some(own()),
        probe: Some(own()),
        owners: vec![own()],
        warnings: vec![own()],
        limits: vec![own()],
    }
}

/// Returns a checkout of which the same holds.
#[allow(dead_code)]
pub(crate) fn checkout(text: &str) -> CheckoutView {
    let own = || text.to_string();
    CheckoutView { repo: own(), head: own(), map: vec![own()], deployed: Some(own()) }
}
