//! A made-up run for the tests: a worker that cannot import a module and restarts in a loop, a
//! configuration finding, and probes. Leaves out hostile text: see `hostile`.

use log_gardener::entry::{Severity, Timestamp};
use log_gardener::event::{ChainedException, Exception, StackFrame};
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
        incidents: vec![crash_loop(), finding(), probes()],
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
        truncated: true,
        age_seconds: Some(5_093),
        notes: vec![
            "the export ends 48 min 13 s before the end of the window that was asked for".to_string(),
            "31 entries have no severity; it was inferred from their text".to_string(),
        ],
    }
}

fn crash_loop() -> IncidentView {
    let module = "No module named 'shop.payments.gateway_adapter'";
    let trace = format!(
        "Traceback (most recent call last):\n  File \"/app/shop/main.py\", line 14, in <module>\n    from shop.checkout import \
         router\n  File \"/app/shop/checkout/__init__.py\", line 3, in <module>\n    from shop.payments.gateway_adapter \
         import GatewayAdapter\nModuleNotFoundError: {module}"
    );
    let wrapped = format!(
        "{trace}\n\nThe above exception was the direct cause of the following exception:\n\nTraceback (most recent call \
         last):\n  File \"/app/shop/boot.py\", line 41, in start\n    raise BootError(\"checkout failed to start\") from \
         error\nBootError: checkout failed to start"
    );
    let groups = vec![
        group(Row {
            id: "4e1a9c0b77d2",
            title: "Python cannot import shop.payments.gateway_adapter",
            template: "No module named '<module>'",
            entries: 30,
            times: (0, 104_000),
            severity: Severity::Error,
            category: "import",
            pattern: Some("python-module-not-found"),
            exception: Some(exception(module)),
            quotes: vec![("6f0a1b", 0, trace.clone()), ("6f0a9d", 3_540, trace)],
        }),
        group(Row {
            id: "a0c3d5e7f901",
            title: "BootError: checkout failed to start",
            template: "checkout failed to start",
            entries: 30,
            times: (1, 104_001),
            severity: Severity::Critical,
            category: "startup",
            pattern: None,
            exception: Some(Exception {
                type_name: Some("BootError".to_string()),
                message: Some("checkout failed to start".to_string()),
                language: Some("python".to_string()),
                ..Exception::default()
            }),
            quotes: vec![("6f0a1c", 1, wrapped)],
        }),
        group(Row {
            id: "b19f00d2c3a4",
            title: "Worker exited with code 3",
            template: "Worker (pid:<number>) exited with code 3",
            entries: 60,
            times: (210, 105_900),
            severity: Severity::Error,
            category: "startup",
            pattern: Some("gunicorn-worker-exit"),
            exception: None,
            quotes: vec![(
                "6f0a22",
                210,
                "[2026-03-04 06:10:00 +0000] [7] [ERROR] Worker (pid:11) exited with code 3".into(),
            )],
        }),
        group(Row {
            id: "c27e8b1a6d90",
            title: "Container called exit(3)",
            template: "Container called exit(<number>).",
            entries: 30,
            times: (640, 106_480),
            severity: Severity::Warning,
            category: "container",
            pattern: Some("cloud-run-container-exit"),
            exception: None,
            quotes: vec![("6f0a2f", 640, "Container called exit(3).".into())],
        }),
    ];
    IncidentView {
        id: "4e1a9c0b".to_string(),
        fingerprint: "4e1a9c0b77d2e5f60718293a4b5c6d7e".to_string(),
        title: "Python cannot import shop.payments.gateway_adapter; the service does not start".to_string(),
        category: "import".to_string(),
        issue_category: "new".to_string(),
        priority: "P0".to_string(),
        priority_rule: "service-cannot-start".to_string(),
        priority_reason: "30 of 30 boots ended in a container exit, 0 reached ready".to_string(),
        severity: Severity::Critical,
        entries: 150,
        first_seen: Some(at(0)),
        last_seen: Some(at(106_480)),
        revisions: vec!["orders-00042-fox".to_string()],
        instances: 30,
        root: "4e1a9c0b77d2".to_string(),
        groups,
        links: links(),
        also_seen: vec!["d3f5a1b2".to_string()],
        timeline: timeline(),
        impact: vec![
            statement(
                "30 of 30 boots in this input ended before the service was ready",
                "proven",
                vec![counted("30 container exits / 30 boots", "30 / 30")],
            ),
            statement(
                "412 requests were answered with 503",
                "proven",
                vec![counted("count(httpRequest.status = 503)", "412"), entry("6f0b77", 900, "GET /orders 503")],
            ),
        ],
        trigger: statement(
            "Revision orders-00042-fox was deployed 41 s before the first event",
            "supported",
            vec![entry("6e99f0", -41_000, "google.cloud.run.v1.Services.ReplaceService")],
        ),
        whys: whys(),
        expected: Some("The service imports shop.payments.gateway_adapter and reports ready".to_string()),
        reproduce: vec![
            "Start the image of revision orders-00042-fox".to_string(),
            "Read its first error: No module named 'shop.payments.gateway_adapter'".to_string(),
        ],
        actions: actions(),
        tests: vec![TestView {
            level: "integration".to_string(),
            text: "Import shop.main inside the built image".to_string(),
            fails_now: "shop/checkout/__init__.py line 3 imports a module that the image does not hold".to_string(),
            passes_when: "the import returns without an error".to_string(),
        }],
        unknowns: vec![
            "Whether shop.payments.gateway_adapter was removed, renamed or left out of the image".to_string(),
        ],
        cause: None,
        ..bare()
    }
}

fn exception(message: &str) -> Exception {
    let frame = |file: &str, line, function: &str, in_app| StackFrame {
        file: Some(file.to_string()),
        line: Some(line),
        function: Some(function.to_string()),
        in_app,
    };
    Exception {
        type_name: Some("ModuleNotFoundError".to_string()),
        message: Some(message.to_string()),
        language: Some("python".to_string()),
        chain: Vec::<ChainedException>::new(),
        frames: vec![
            frame("/app/shop/checkout/__init__.py", 3, "<module>", true),
            frame("/app/shop/main.py", 14, "<module>", true),
        ],
    }
}

fn links() -> Vec<LinkView> {
    let link =
        |from: &str, to: &str, kind, of, p50, max, shared: Option<(&str, &str)>, confidence, why: &str| LinkView {
            from: from.to_string(),
            to: to.to_string(),
            kind,
            occurrences: of,
            of,
            lag_ms: LagView { p50, max },
            shared: shared.map(|(key, value)| SharedView { key: key.to_string(), value: value.to_string() }),
            confidence,
            why: why.to_string(),
            evidence: vec![["6f0a1b".to_string(), "6f0a1c".to_string()]],
        };
    vec![
        link(
            "4e1a9c0b77d2",
            "a0c3d5e7f901",
            "exception-chain",
            30,
            0.1,
            0.4,
            Some(("message", "No module named 'shop.payments.gateway_adapter'")),
            1.0,
            "the trace says so: direct cause of the following exception",
        ),
        link(
            "a0c3d5e7f901",
            "b19f00d2c3a4",
            "instance",
            60,
            209.0,
            640.0,
            Some(("instance", "00f4c1d2ab")),
            0.96,
            "on the same instance the effect follows within 1 s in 60 of 60 cases, by chance 2 would be expected",
        ),
        link(
            "b19f00d2c3a4",
            "c27e8b1a6d90",
            "rule",
            30,
            430.0,
            2_310.0,
            Some(("instance", "00f4c1d2ab")),
            0.93,
            "rule worker-exit-ends-container: the last worker's exit ends the container",
        ),
    ]
}

fn timeline() -> Vec<TimelineItem> {
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

fn whys() -> Vec<WhyView> {
    let why = |question: &str, answer: &str, status, evidence, branch, settle: Option<&str>| WhyView {
        question: question.to_string(),
        answer: answer.to_string(),
        status,
        evidence,
        branch,
        settle: settle.map(String::from),
    };
    vec![
        why(
            "Why did the container exit?",
            "Its last worker exited with code 3",
            "supported",
            vec![
                entry("6f0a22", 210, "Worker (pid:11) exited with code 3"),
                counted("30 exits follow / 30 exits", "30 / 30"),
            ],
            "main",
            None,
        ),
        why(
            "Why did the worker exit?",
            "BootError was raised while the application started",
            "proven",
            vec![entry("6f0a1c", 1, "BootError: checkout failed to start")],
            "main",
            None,
        ),
        why(
            "Why was BootError raised?",
            "The import of shop.payments.gateway_adapter failed in shop/checkout/__init__.py line 3",
            "proven",
            vec![entry("6f0a1b", 0, "No module named 'shop.payments.gateway_adapter'")],
            "main",
            None,
        ),
        why(
            "Why could the module not be imported?",
            "The image of revision orders-00042-fox holds no such module at that path",
            "supported",
            vec![
                counted("0 such events in 311 entries before the deployment", "0"),
                entry("6e99f0", -41_000, "ReplaceService"),
            ],
            "main",
            None,
        ),
        why(
            "Why does the image not hold it?",
            "unknown: removed, renamed or left out of the image",
            "unknown",
            vec![],
            "main",
            Some("compare the module's path in the commit of the revision with the files in the image"),
        ),
        why(
            "Why was it not caught before the deployment?",
            "unknown: no entry tells which checks ran",
            "unknown",
            vec![],
            "not-caught",
            Some("the log of the build of orders-00042-fox"),
        ),
        why(
            "Why did one module stop the whole service?",
            "shop/main.py imports the checkout router at start, so a failing import ends the process",
            "proven",
            vec![entry("6f0a1b", 0, "/app/shop/main.py\", line 14")],
            "not-contained",
            None,
        ),
    ]
}

fn actions() -> Vec<ActionView> {
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
        instances: 4,
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

fn bare() -> IncidentView {
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
        instances: 1,
        root: String::new(),
        groups: Vec::new(),
        links: Vec::new(),
        also_seen: Vec::new(),
        timeline: Vec::new(),
        impact: Vec::new(),
        trigger: statement("unknown: no state change is in this input", "unknown", Vec::new()),
        whys: Vec::new(),
        expected: None,
        reproduce: Vec::new(),
        actions: Vec::new(),
        tests: Vec::new(),
        unknowns: Vec::new(),
        cause: None,
    }
}

struct Row {
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

fn group(row: Row) -> GroupView {
    let part =
        |name: &str, value: &str, why: &str| PartView { name: name.into(), value: value.into(), why: why.into() };
    GroupView {
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
        services: vec!["orders".to_string()],
        instances: row.entries.min(30),
    }
}

fn statement(text: &str, status: &'static str, evidence: Vec<EvidenceView>) -> Statement {
    Statement { text: text.to_string(), status, evidence }
}

fn entry(id: &str, ms: i64, quote: &str) -> EvidenceView {
    EvidenceView { kind: "entry", reference: id.to_string(), quote: quote.to_string(), timestamp: Some(at(ms)) }
}

fn counted(formula: &str, number: &str) -> EvidenceView {
    EvidenceView { kind: "count", reference: formula.to_string(), quote: number.to_string(), timestamp: None }
}
