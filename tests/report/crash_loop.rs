//! The main incident of the made-up run: an import fails, the boot fails, the worker and the container exit.
//! Leaves out the rest of the run: see `sample`.

use log_gardener::entry::Severity;
use log_gardener::event::{Exception, StackFrame};
use log_gardener::report::view::*;

use super::{Row, actions, at, bare, counted, entry, group, statement, timeline};

pub(super) fn incident() -> IncidentView {
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
        instances: Some(30),
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
        root_cause: statement(
            "the image of revision orders-00042-fox holds no such module at that path",
            "supported",
            vec![counted("0 such events in 311 entries before the deployment", "0")],
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
        chain: Vec::new(),
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
            not_judged: 0,
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
