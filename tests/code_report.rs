//! What the source code says, in every document: made-up causes through the pure step and the templates, and the
//! options that name a checkout, on small repositories. Leaves out the search itself (`code`).
//!
//! `UPDATE_EXPECT=1 cargo test --test all code_report::` accepts what is rendered; read it first.

use std::fs;

use expect_test::expect_file;
use log_gardener::entry::Timestamp;
use log_gardener::report::Templates;
use log_gardener::report::cause::{Looked, reference, settle};
use log_gardener::report::reference::unreferenced;
use log_gardener::report::text::{self, Look};
use log_gardener::report::view::*;
use log_gardener::verify::{self, Against, Code, Page, Sought, Verification};
use serde_json::{Value, json};

mod repository;

use repository::{Built, shop};

use crate::garden::{self, Garden};
use crate::report::sample;

const NOW: &str = "2026-03-04T09:00:00Z";
const READ: &str = "5f0c2f3a9b1d4e6f8091a2b3c4d5e6f708192a3b";
const SUSPECT: &str = "9d8c7b6a5f4e3d2c1b0a99887766554433221100";
const LINE: &str = "from shop.payments.gateway_adapter import charge  # `old` | <b>";
const PATCH: &str = "--- a/shop/checkout/__init__.py\n+++ b/shop/checkout/__init__.py\n@@ -3 +3 @@\n-from shop.payments.gateway_adapter import charge\n+from shop.payments.gateway import charge\n";

fn cause() -> CauseView {
    let culprit = CulpritView {
        id: SUSPECT.to_string(),
        subject: "Merge pull request #41 from ada/gateway".to_string(),
        date: Timestamp(1_772_500_000_000_000_000),
        merge: true,
        why: "it moved shop/payments/gateway_adapter.py to shop/payments/gateway.py and left this importer".to_string(),
    };
    CauseView {
        verdict: "no module `shop.payments.gateway_adapter` is in the repository, and one line imports it".to_string(),
        status: "proven",
        group: "4e1a9c0b77d2".to_string(),
        commit: READ.to_string(),
        commit_from: "commit-sha".to_string(),
        candidates: vec![CandidateView {
            file: "shop/checkout/__init__.py".to_string(),
            line: 3,
            reference: reference("shop/checkout/__init__.py", 3, READ),
            scope: None,
            text: LINE.to_string(),
            why: "it imports a module that is not there".to_string(),
        }],
        suggested_target: Some("shop.payments.gateway".to_string()),
        target: Some(TargetView {
            name: "shop.payments.gateway".to_string(),
            file: Some("shop/payments/gateway.py".to_string()),
            line: Some(12),
            reference: Some(reference("shop/payments/gateway.py", 12, READ)),
            text: Some("def charge(order):".to_string()),
            why: "the file was moved there, and it defines `charge`".to_string(),
        }),
        culprit_commit: Some(SUSPECT.to_string()),
        suspect: Some(culprit.line()),
        culprit: Some(culprit),
        diff: Some(PATCH.to_string()),
        probe: Some("shop.payments.gateway.charge".to_string()),
        owners: vec!["@ada".to_string(), "@shop/payments".to_string()],
        warnings: vec!["the same name is imported in 2 other files that this error did not reach".to_string()],
        limits: vec!["the history before 2025-06-01 is not in this clone".to_string()],
    }
}

fn settled(looked: Looked) -> TriageView {
    let mut run = sample::run();
    run.coverage.checkout = Some(CheckoutView {
        repo: "../shop".to_string(),
        head: READ.to_string(),
        map: vec!["/app=.".to_string()],
        deployed: None,
    });
    run.incidents[0].unknowns.push("the cause in the source code: no checkout was given (--repo)".to_string());
    settle(&mut run.incidents[0], looked);
    run
}

fn templates() -> Templates {
    Templates::load(&[]).unwrap_or_else(|problems| panic!("{}", problems[0]))
}

#[test]
fn a_cause_stands_in_every_document() {
    let run = settled(Looked::Found(Box::new(cause())));
    let (templates, incident) = (templates(), &run.incidents[0]);
    let report = templates.report(&run, incident).expect("renders");
    let issue = templates.issue(&run, incident).expect("renders").body;
    let audit = templates.audit(&run, incident, "it was asked for by its id").expect("renders");
    for page in [&report, &issue, &audit] {
        assert_eq!(bare(page), Vec::<String>::new());
        assert!(!page.contains("ada/gateway"), "a merge names an account");
    }
    expect_file!["code_report/report.md"].assert_eq(&report);
    expect_file!["code_report/issue.md"].assert_eq(&issue);
    expect_file!["code_report/audit.md"].assert_eq(&audit);
    let only = TriageView { incidents: vec![incident.clone()], ..run.clone() };
    expect_file!["code_report/text.txt"].assert_eq(&text::incidents(&only, Look { width: 100, color: false }));
    let page = templates.report_page(&run, incident).expect("renders");
    for said in
        ["shop/checkout/__init__.py:3@5f0c2f3a9b1d", "Suspect commit", "&lt;b&gt;", "+from shop.payments.gateway"]
    {
        assert!(page.contains(said), "the page lacks {said}");
    }
    let json = serde_json::to_value(&incident.cause).expect("JSON");
    for key in ["verdict", "candidates", "suggested_target", "culprit_commit", "diff", "warnings", "status", "limits"] {
        assert!(!json[key].is_null(), "{key}");
    }
}

#[test]
fn answers_go_where_the_trace_ends_and_settle_guesses() {
    let run = settled(Looked::Found(Box::new(cause())));
    let incident = &run.incidents[0];
    let told: Vec<(&str, &str)> = incident
        .whys
        .iter()
        .filter(|why| why.branch == "main")
        .map(|why| (why.question.as_str(), why.status))
        .collect();
    assert!(
        told.ends_with(&[
            ("Why does the code raise it?", "proven"),
            ("Why does that line fail?", "proven"),
            ("Why is the code in that state?", "proven"),
        ]) || told.contains(&("Why does the code raise it?", "proven")),
        "{told:?}"
    );
    assert!(told.iter().all(|(_, status)| *status != "hypothesis"), "{told:?}");
    let kinds: Vec<&str> = incident.whys.iter().flat_map(|why| &why.evidence).map(|item| item.kind).collect();
    assert!(kinds.contains(&"code") && kinds.contains(&"commit"), "{kinds:?}");
    assert_eq!((incident.root_cause.status, incident.root_cause.evidence.len()), ("proven", 2));
    assert!(incident.root_cause.text.starts_with("commit `9d8c7b6a5f4e` of 2026-03-03: it moved "));
    let repair = incident.actions.iter().find(|action| action.kind == "repair").expect("a repair");
    assert_eq!(repair.source, "shop/checkout/__init__.py:3@5f0c2f3a9b1d");
    assert!(incident.tests[0].level == "unit" && incident.tests[0].text.contains("shop.payments.gateway.charge"));
    assert!(incident.unknowns.iter().all(|unknown| !unknown.contains("no checkout was given")));
    assert!(incident.unknowns.iter().any(|unknown| unknown.contains("the history before 2025-06-01")));
}

#[test]
fn a_commit_after_the_first_event_is_a_contradiction_and_no_root_cause() {
    let mut late = cause();
    late.culprit.as_mut().expect("a culprit").date = Timestamp(1_772_700_000_000_000_000);
    let run = settled(Looked::Found(Box::new(late)));
    let incident = &run.incidents[0];
    assert_eq!(
        incident.contradictions.last().map(|one| one.text.as_str()),
        Some(
            "the suspect commit `9d8c7b6a5f4e` is dated 2026-03-05 08:40:00Z, after the first event at 2026-03-04 06:10:00Z; the deployed revision may differ"
        )
    );
    assert_eq!(incident.root_cause.status, "hypothesis");
    let state = incident.whys.iter().find(|why| why.question == "Why is the code in that state?").expect("an answer");
    assert!(state.status == "hypothesis" && state.settle.as_deref().is_some_and(|text| text.contains("--deployed")));
    let page = templates().report(&run, incident).expect("renders");
    assert_eq!(bare(&page), Vec::<String>::new());
}

#[test]
fn what_head_has_mended_comes_without_a_patch() {
    let mut mended = cause();
    mended.warnings.push("at HEAD (5f0c2f3a9b) it has it no more: it is mended there, or it moved".to_string());
    let run = settled(Looked::Found(Box::new(mended)));
    assert_eq!(run.incidents[0].cause.as_ref().and_then(|cause| cause.diff.as_ref()), None);
    let page = templates().report(&run, &run.incidents[0]).expect("renders");
    assert!(
        page.contains("There is no diff: none follows from what was found") && !page.contains("+from shop"),
        "{page}"
    );
}

#[test]
fn a_line_that_calls_the_target_already_is_told_how_it_fits() {
    let repair = |name: &str, why: &str| {
        let mut one = cause();
        let target = one.target.as_mut().expect("a target");
        (target.name, target.why) = (name.to_string(), why.to_string());
        let run = settled(Looked::Found(Box::new(one)));
        run.incidents[0].actions.iter().find(|action| action.kind == "repair").map(|action| action.text.clone())
    };
    for (why, expect) in [
        ("it takes (sku, qty)", "Change shop/checkout/__init__.py:3 to fit reserve: it takes (sku, qty)"),
        (
            "it is defined with async",
            "Await what reserve returns at shop/checkout/__init__.py:3: it is defined with async",
        ),
        (
            "it is defined without async",
            "Change shop/checkout/__init__.py:3 to fit reserve: it is defined without async",
        ),
        ("one letter differs", "Change shop/checkout/__init__.py:3 to use reserve"),
    ] {
        assert_eq!(repair("reserve", why).as_deref(), Some(expect));
    }
}

#[test]
fn a_trace_of_another_language_is_told_as_not_looked_up() {
    let mut run = sample::run();
    for group in &mut run.incidents[0].groups {
        for frame in group.exception.iter_mut().flat_map(|exception| &mut exception.frames) {
            frame.file = Some("/app/src/app.js".to_string());
        }
    }
    let nothing = Looked::Nothing { commit: READ.into(), from: "HEAD, assumed".into(), limits: Vec::new() };
    settle(&mut run.incidents[0], nothing);
    let expect = "the cause in the source code: only Python is understood; the code of this trace was not looked up";
    assert_eq!(run.incidents[0].unknowns.last().map(String::as_str), Some(expect));
}

#[test]
fn what_is_not_known_is_stated() {
    let says = |looked: Looked| settled(looked).incidents[0].unknowns.last().cloned().unwrap_or_default();
    let nothing = Looked::Nothing { commit: READ.into(), from: "HEAD, assumed".into(), limits: Vec::new() };
    let run = settled(nothing.clone());
    assert!(run.incidents[0].cause.is_none());
    assert_eq!(run.incidents[0].root_cause, sample::run().incidents[0].root_cause);
    assert_eq!(
        says(nothing),
        "the cause in the source code: commit `5f0c2f3a9b1d` (HEAD, assumed) was read, and nothing there answers it"
    );
    assert_eq!(
        says(Looked::Not("noise is not looked up".into())),
        "the cause in the source code: noise is not looked up"
    );
    let page = templates().report(&run, &run.incidents[0]).expect("renders");
    assert!(page.contains("There is no diff: no cause was found in the source code."), "{page}");
    // Open and with nothing but a verdict it is told, and nothing rests on it.
    let open = CauseView {
        status: "unknown",
        candidates: Vec::new(),
        target: None,
        suggested_target: None,
        culprit: None,
        culprit_commit: None,
        suspect: None,
        diff: None,
        probe: None,
        ..cause()
    };
    let run = settled(Looked::Found(Box::new(open)));
    assert_eq!(run.incidents[0].root_cause, sample::run().incidents[0].root_cause);
    assert_eq!(bare(&templates().report(&run, &run.incidents[0]).expect("renders")), Vec::<String>::new());
}

/// Lines with a figure and no reference, but for the one that the made-up run has by itself.
fn bare(page: &str) -> Vec<String> {
    let own = |line: &String| line.contains("by chance 2 would be expected");
    unreferenced(page).into_iter().map(|(_, line)| line).filter(|line| !own(line)).collect()
}

/// The repository of the made-up cause.
#[derive(Debug)]
struct Known;

impl Code for Known {
    fn commit(&self, id: &str) -> Option<String> {
        match id {
            _ if SUSPECT.starts_with(id) => cause().suspect,
            _ if READ.starts_with(id) => Some(format!("{} another (2026-03-04)", &READ[..12])),
            _ => None,
        }
    }

    fn line(&self, commit: &str, file: &str, line: u32) -> Option<String> {
        match (file, line) {
            _ if !READ.starts_with(commit) => None,
            ("shop/checkout/__init__.py", 3) => Some(LINE.to_string()),
            ("shop/payments/gateway.py", 12) => Some("def charge(order):".to_string()),
            _ => None,
        }
    }
}

fn verified(document: &str, view: &TriageView, code: Option<&dyn Code>) -> Verification {
    let (templates, incident) = (templates(), &view.incidents[0]);
    let page = |name, text| Page { name, incident: Some(incident.fingerprint.clone()), text };
    let pages = [
        page("report", templates.report(view, incident).expect("renders")),
        page("issue", templates.issue(view, incident).expect("renders").body),
    ];
    let sought = Sought::of(&verify::units(document));
    verify::verify(document, &[], &Against { view, pages: &pages, sought: &sought, code, memory: None })
}

#[test]
fn what_is_said_of_code_is_looked_up_at_its_commit() {
    let run = settled(Looked::Found(Box::new(cause())));
    let report = templates().report(&run, &run.incidents[0]).expect("renders");
    let found = verified(&report, &run, Some(&Known));
    assert_eq!(found.findings, []);
    for (from, to, why) in [
        ("__init__.py:3@5f0c2f3a9b1d` reads", "__init__.py:4@5f0c2f3a9b1d` reads", "no such line"),
        (
            "gateway.py:12@5f0c2f3a9b1d` reads `def charge",
            "gateway.py:12@5f0c2f3a9b1d` reads `def pay",
            "reads otherwise",
        ),
        ("(commit: `9d8c7b6a5f4e`", "(commit: `9d8c7b6a5f4f`", "no such commit"),
        ("`9d8c7b6a5f4e Merge pull request #41", "`9d8c7b6a5f4e Merge pull request #42", "another subject"),
        ("it imports a module that is not there", "it imports a module that is there", "with \"not\""),
        ("+from shop.payments.gateway import", "+from shop.payments.gate import", "otherwise"),
    ] {
        assert!(report.contains(from), "the report has no `{from}`");
        let at = report[..report.find(from).expect("there")].lines().count().max(1);
        let found = verified(&report.replacen(from, to, 1), &run, Some(&Known));
        assert!(
            found.findings.iter().any(|one| one.line.abs_diff(at) <= 1 && one.why.contains(why)),
            "{to}: {:?}",
            found.findings
        );
    }
    // A line that a person added is looked up as well.
    let noted = |line: &str| verified(&format!("{report}\n{line}\n"), &run, Some(&Known)).findings;
    assert_eq!(noted("See `shop/payments/gateway.py:12@5f0c2f3` reads `def charge(order):`."), []);
    assert_eq!(noted("See `shop/payments/gateway.py:13@5f0c2f3`.").len(), 1);
}

#[test]
fn without_the_checkout_it_is_not_checked_and_not_false() {
    let run = settled(Looked::Found(Box::new(cause())));
    let report = templates().report(&run, &run.incidents[0]).expect("renders");
    let issue = templates().issue(&run, &run.incidents[0]).expect("renders").body;
    for document in [&report, &issue] {
        let found = verified(document, &sample::run(), None);
        assert_eq!(found.findings, [], "{:#?}", found.findings);
        assert!(found.not_checked.len() >= 8, "{:#?}", found.not_checked);
    }
}

/// A log with an error that no code answers; `labels` of its entries.
fn log(at: &Garden, labels: Value, revision: &str) -> String {
    let entry = |n: u32| {
        json!({
            "insertId": format!("69a7d0a4000{n}b1c2d3e4f5a6"), "timestamp": format!("2026-03-04T08:00:0{n}Z"),
            "severity": "ERROR", "logName": "projects/shop/logs/run.googleapis.com%2Fstderr",
            "resource": {"type": "cloud_run_revision", "labels": {"service_name": "shop", "revision_name": revision}},
            "labels": labels, "textPayload": "payment refused by bank",
        })
    };
    let file = at.temporary("log.json");
    fs::write(&file, json!([entry(1), entry(2)]).to_string()).expect("written");
    file.to_str().expect("UTF-8").to_string()
}

/// What is said of the commit that was read, and beside it.
fn read(garden: &Garden, log: &str, built: &Built, options: &[&str]) -> Vec<String> {
    let view = garden.triage(&[&[log, "--repo", &built.name()], options].concat());
    assert_eq!(view["coverage"]["checkout"]["repo"], built.name());
    let unknowns = view["incidents"][0]["unknowns"].as_array().expect("unknowns").iter();
    let told = unknowns.filter_map(Value::as_str).filter_map(|unknown| {
        unknown.strip_prefix("the cause in the source code: ").or(unknown.strip_prefix("in the source code: "))
    });
    told.map(str::to_string).collect()
}

#[test]
fn the_commit_that_logged_is_told_by_option_label_revision_or_assumed() {
    let (built, before, after) = shop();
    built.git(&["tag", "v1.0.0", &before]);
    let garden = Garden::new(built.path(), NOW);
    let nothing = |commit: &str, from: &str| {
        format!("commit `{}` ({from}) was read, and nothing there answers it", &commit[..12])
    };
    let assumed = "no label and no revision of the log names a commit of this repository: HEAD was read, and what runs may differ; name it with --deployed";
    let (short, missing) = (&before[..7], "0123456789abcdef0123456789abcdef01234567");
    let check = |labels: Value, revision: &str, options: &[&str], expect: &[String]| {
        let log = log(&garden, labels, revision);
        assert_eq!(read(&garden, &log, &built, options), expect, "{revision} {options:?}");
    };
    check(json!({}), "shop-00042-qix", &[], &[nothing(&after, "HEAD, assumed"), assumed.to_string()]);
    check(json!({"commit-sha": before}), "r", &[], &[nothing(&before, "commit-sha")]);
    check(
        json!({"image": format!("eu.example/shop:main-{short}")}),
        "r",
        &[],
        &[nothing(&before, &format!("image eu.example/shop:main-{short}"))],
    );
    check(
        json!({"k8s-pod/app_kubernetes_io/version": "1.0.0"}),
        "r",
        &[],
        &[nothing(&before, "k8s-pod/app_kubernetes_io/version 1.0.0")],
    );
    let revision = format!("shop-{short}");
    check(json!({}), &revision, &[], &[nothing(&before, &format!("revision {revision}"))]);
    check(
        json!({"commit-sha": missing}),
        "r",
        &[],
        &[
            nothing(&after, "HEAD, assumed"),
            format!("commit-sha `{missing}` names no commit of this repository"),
            assumed.to_string(),
        ],
    );
    check(json!({"commit-sha": missing}), "r", &["--deployed", "v1.0.0"], &[nothing(&before, "--deployed")]);
}

#[test]
fn wrong_options_are_told_with_what_to_do() {
    let (built, ..) = shop();
    let garden = Garden::new(built.path(), NOW);
    let log = log(&garden, json!({}), "r");
    let name = built.name();
    let check = |options: &[&str], expect: &str| {
        let ran = garden.run(&[&["triage", &log], options].concat());
        assert_eq!((ran.code, ran.stderr.as_str()), (2, expect), "{options:?}");
    };
    check(
        &["--repo", &name, "--deployed", "v9"],
        &format!(
            "error: cannot read what was deployed in {name}\ncaused by: the repository has no commit `v9`\nhint: write a hash of at least seven digits, a tag or a branch; fetch it first if the clone lacks it\n"
        ),
    );
    check(
        &["--repo", &name, "--repo-map", "/app"],
        "error: `/app` is no rule for --repo-map\nhint: write the path in the container and the one in the repository: /app=. or /srv/shop=services/shop\n",
    );
    check(
        &["--deployed", "v1"],
        "error: --deployed cannot be used without --repo\nhint: name the git checkout of the service with --repo DIR\n",
    );
    let outside = garden.temporary("none");
    fs::create_dir(&outside).expect("a folder");
    let outside = outside.to_str().expect("UTF-8");
    let ran = garden.run(&["triage", &log, "--repo", outside]);
    assert_eq!(ran.code, 2);
    assert!(
        ran.stderr.starts_with(&format!("error: cannot use the checkout {outside}\ncaused by: ")),
        "{}",
        ran.stderr
    );
    assert!(ran.stderr.ends_with("hint: name the folder of a git checkout with --repo\n"), "{}", ran.stderr);
}

#[test]
fn a_report_with_a_checkout_holds_against_input_and_checkout() {
    let (built, before, _) = shop();
    let garden = Garden::new(built.path(), NOW);
    let log = log(&garden, json!({"commit-sha": before}), "r");
    let options = ["--repo", ".", "--repo-map", "/app=."];
    let report = garden.run(&[&["report", log.as_str()], options.as_slice()].concat());
    assert_eq!(report.code, 0, "{}", report.stderr);
    assert!(report.stdout.contains("| Checkout | `.`, HEAD `"), "{}", report.stdout);
    let file = garden.temporary("report.md");
    fs::write(&file, &report.stdout).expect("written");
    let file = file.to_str().expect("UTF-8");
    // Elsewhere, under another name, and after another commit.
    built.write(&[("shop/more.py", "")]);
    built.commit("more");
    let ran = garden.bare(&["verify", file, "--against", &log, "--repo", &built.name()]);
    assert_eq!(ran.code, 0, "{}{}", ran.stdout, ran.stderr);
    let lint = |file: &str| -> Value {
        let ran = garden.bare(&["lint", file, "--repo", &built.name(), "--format", "json"]);
        serde_json::from_str(&ran.stdout).unwrap_or_else(|error| panic!("{error}: {}", ran.stderr))
    };
    assert_eq!(lint(file)["points"][12]["score"], 1.0);
    let point = |text: String| {
        let file = garden.temporary("noted.md");
        fs::write(&file, text).expect("written");
        lint(file.to_str().expect("UTF-8"))["points"][12].clone()
    };
    let line = |number: u32, said: &str| format!("- `shop/app.py:{number}@{}` reads `{said}`\n", &before[..12]);
    assert_eq!(point(line(3, "from shop.tax import rate"))["score"], 1.0);
    assert_eq!(point(line(3, "from shop.taxes import rate"))["score"], 0.0);
    let some = line(3, "from shop.tax import rate").repeat(3) + &line(30, "x");
    assert_eq!(point(some.clone())["score"], 0.5);
    assert_eq!(point(some)["lines"], json!([4]));
    // Of a checkout that lacks the commit nothing can be said.
    let other = Built::new();
    other.write(&[("a.py", "")]);
    other.commit("another");
    let ran = garden.bare(&["verify", file, "--against", &log, "--repo", &other.name()]);
    assert_eq!(ran.code, 3, "{}", ran.stdout);
    assert!(ran.stderr.contains("is not the checkout that the document names"), "{}", ran.stderr);
    assert!(point("# No code\n".to_string())["score"].is_null());
}

/// Returns a log with the traceback of an import that fails.
fn traceback(at: &Garden, labels: &Value) -> String {
    let text = "Traceback (most recent call last):\n  File \"/app/shop/app.py\", line 3, in <module>\n    from shop.tax import rate\nModuleNotFoundError: No module named 'shop.tax'";
    let entry = json!({
        "insertId": "69a7d0a40001b1c2d3e4f5a6", "timestamp": "2026-03-04T08:00:01Z", "severity": "ERROR",
        "logName": "projects/shop/logs/run.googleapis.com%2Fstderr", "labels": labels, "textPayload": text,
        "resource": {"type": "cloud_run_revision", "labels": {"service_name": "shop", "revision_name": "shop-1-x"}},
    });
    let file = at.temporary("traceback.json");
    fs::write(&file, json!([entry]).to_string()).expect("written");
    file.to_str().expect("UTF-8").to_string()
}

#[test]
fn a_moved_module_is_told_with_line_target_commit_and_patch() {
    let (built, _, after) = shop();
    let garden = Garden::new(built.path(), NOW);
    let log = traceback(&garden, &json!({"commit-sha": after}));
    let view = garden.triage(&[&log, "--repo", "."]);
    let incident = &view["incidents"][0];
    let cause = &incident["cause"];
    assert_eq!((&cause["status"], &cause["commit"]), (&json!("proven"), &json!(after)), "{cause:#}");
    assert_eq!(cause["commit_from"], "commit-sha");
    assert_eq!(cause["candidates"][0]["reference"], format!("shop/app.py:3@{}", &after[..12]));
    assert_eq!(cause["candidates"][0]["text"], "from shop.tax import rate");
    assert!(cause["suggested_target"].as_str().is_some_and(|target| target.starts_with("shop.taxes")), "{cause:#}");
    assert_eq!(cause["culprit_commit"], after);
    assert_eq!(cause["suspect"], format!("{} name the taxes in the plural (2026-01-02)", &after[..12]));
    assert_eq!(cause["owners"], json!(["@ada", "@shop/backend"]));
    assert_eq!(incident["root_cause"]["status"], "proven");
    assert_eq!(incident["tests"][0]["level"], "unit");

    // The patch applies, and with it the line reads what was proposed.
    let patch = garden.temporary("fix.patch");
    fs::write(&patch, cause["diff"].as_str().expect("a patch")).expect("written");
    built.git(&["apply", patch.to_str().expect("UTF-8")]);
    let mended = fs::read_to_string(built.path().join("shop/app.py")).expect("a file");
    assert!(mended.contains("from shop.taxes import rate"), "{mended}");

    // Every document holds against the log and the checkout, and reaches its score.
    let page = |arguments: &[&str]| garden.run(&[arguments, &[log.as_str(), "--repo", "."]].concat());
    for (name, ran) in [
        ("report", page(&["report"])),
        ("issue", page(&["issue"])),
        ("audit", page(&["report", "--document", "audit"])),
        ("worklog", page(&["report", "--document", "worklog"])),
        ("summary", page(&["report", "--document", "summary"])),
    ] {
        assert_eq!((ran.code, bare(&ran.stdout)), (0, Vec::new()), "{name}: {}", ran.stderr);
        let file = garden.temporary(name);
        fs::write(&file, &ran.stdout).expect("written");
        let file = file.to_str().expect("UTF-8");
        let checked = garden.bare(&["verify", file, "--against", &log, "--repo", "."]);
        assert_eq!(checked.code, 0, "{name}: {}{}", checked.stdout, checked.stderr);
        let unchecked = garden.bare(&["verify", file, "--against", &log]);
        assert_eq!(unchecked.code, 0, "{name} without the checkout: {}", unchecked.stdout);
        if name == "report" {
            let score = garden.bare(&["lint", file, "--against", &log, "--repo", ".", "--at-least", "18"]);
            assert_eq!(score.code, 0, "{}", score.stdout);
        }
    }
    assert!(page(&["report", "--format", "html"]).stdout.contains("+from shop.taxes import rate"));

    // Mended at HEAD, it is not to be mended again.
    built.commit("import the taxes from where they are");
    let report = garden.temporary("report");
    let checked = garden.bare(&["verify", report.to_str().expect("UTF-8"), "--against", &log, "--repo", "."]);
    assert_eq!(checked.code, 0, "a report from before holds: {}{}", checked.stdout, checked.stderr);
    let view = garden.triage(&[&log, "--repo", "."]);
    let incident = &view["incidents"][0];
    let repair = incident["actions"].as_array().expect("actions").iter().find(|one| one["kind"] == "repair");
    let repair = repair.and_then(|one| one["text"].as_str()).expect("a repair");
    assert!(repair.starts_with("Compare shop/app.py:3 with HEAD"), "{repair}: {}", incident["cause"]);
}

#[test]
fn the_audit_tells_the_cause_in_the_issue_it_would_open() {
    let (built, _, after) = shop();
    let garden = Garden::new(built.path(), NOW);
    let log = traceback(&garden, &json!({"commit-sha": after}));
    let (ledger, out) = (garden.temporary("ledger.db"), garden.temporary("reports"));
    let ran = garden.run(&[
        "audit",
        &log,
        "--repo",
        ".",
        "--ledger",
        ledger.to_str().expect("UTF-8"),
        "--out",
        out.to_str().expect("UTF-8"),
    ]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    let settings = garden.temporary("settings.toml");
    fs::write(&settings, "[code]\nrepo = \".\"\nmap = [\"/app=.\"]\n").expect("written");
    let (ledger, by_settings) = (garden.temporary("other.db"), garden.temporary("by-settings"));
    let arguments = [("--settings", &settings), ("--ledger", &ledger), ("--out", &by_settings)];
    let arguments = arguments.iter().flat_map(|(option, path)| [*option, path.to_str().expect("UTF-8")]);
    let ran = garden.run(&[&["audit", &log], arguments.collect::<Vec<_>>().as_slice()].concat());
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    let by_settings = garden::files(&by_settings);
    assert!(by_settings.values().any(|page| page.contains("HEAD `") && page.contains("paths `/app=.`")));
    let written = garden::files(&out);
    let report = written.iter().find(|(name, _)| name.ends_with("/report.md")).expect("a report").1;
    assert!(report.contains(&format!("- Suspect commit: `{} name the taxes", &after[..12])), "{report}");
}

#[test]
fn the_checkout_of_the_settings_counts_for_every_command() {
    let (built, _, after) = shop();
    let folder = tempfile::tempdir().expect("a folder");
    let garden = Garden::new(folder.path(), NOW);
    let log = traceback(&garden, &json!({"commit-sha": after}));
    let set = |repo: &str| {
        let settings = format!("[code]\nrepo = {repo:?}\nmap = [\"/app=.\"]\n");
        fs::write(folder.path().join("log-gardener.toml"), settings).expect("written");
    };
    set(&built.name());
    let report = garden.run(&["report", &log]);
    fs::write(folder.path().join("report.md"), &report.stdout).expect("written");
    let commit = &after[..12];
    let line = format!("- `shop/app.py:3@{commit}` reads `from shop.tax import rate`\n");
    fs::write(folder.path().join("note.md"), line).expect("written");
    let tail = ["tail", log.as_str(), "--from-start", "--stop-after", "1s", "--format", "json"];
    for (ran, said) in [
        (garden.run(&["triage", &log]), "code  shop/app.py:3:"),
        (report, "paths `/app=.`"),
        (garden.run(&["issue", &log]), commit),
        (garden.bare(&tail), commit),
        (garden.bare(&["lint", "note.md"]), "\n13  1  "),
        (garden.bare(&["verify", "report.md", "--against", &log]), " 0 not checked"),
    ] {
        assert!(ran.code == 0 && ran.stdout.contains(said), "{said}: {}{}", ran.stdout, ran.stderr);
    }
    // How a document was made is said by itself, whatever the settings say since then.
    let rest = format!("repo = {:?}\nmap = [\"/srv=elsewhere\"]\n", built.name());
    fs::write(folder.path().join("log-gardener.toml"), format!("[code]\n{rest}")).expect("written");
    let ran = garden.bare(&["verify", "report.md", "--against", &log]);
    assert_eq!(ran.code, 0, "{}{}", ran.stdout, ran.stderr);
    // One that is not there is told by all, in the words of `--repo`; naming another sets it aside.
    set("gone");
    for arguments in [
        ["triage", log.as_str()].as_slice(),
        &["report", &log],
        &["issue", &log],
        &tail,
        &["lint", "note.md"],
        &["verify", "report.md", "--against", &log],
    ] {
        let ran = garden.bare(arguments);
        assert_eq!(ran.code, 2, "{arguments:?}: {}{}", ran.stdout, ran.stderr);
        assert!(ran.stderr.contains("error: cannot use the checkout gone"), "{arguments:?}: {}", ran.stderr);
    }
    assert_eq!(garden.run(&["triage", &log, "--repo", &built.name()]).code, 0);
}

#[test]
fn a_checkout_that_cannot_be_used_says_what_mends_it() {
    let folder = tempfile::tempdir().expect("a folder");
    let empty = folder.path().join("empty");
    std::fs::create_dir(&empty).expect("a folder in it");
    let made = std::process::Command::new("git").arg("-C").arg(&empty).args(["init", "-q"]).status().expect("git runs");
    assert!(made.success());
    std::fs::write(folder.path().join("log.json"), "[]").expect("a log");
    let run = |path: Option<&str>| {
        let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_log-gardener"));
        command.current_dir(folder.path()).args(["triage", "log.json", "--repo", "empty"]);
        if let Some(path) = path {
            command.env("PATH", path);
        }
        let output = command.output().expect("it runs");
        (output.status.code(), String::from_utf8(output.stderr).expect("text"))
    };
    let (code, text) = run(None);
    assert_eq!(code, Some(2), "{text}");
    assert!(text.contains("hint: nothing is committed there yet"), "{text}");
    let (code, text) = run(Some("/nowhere"));
    assert_eq!(code, Some(2), "{text}");
    assert!(text.contains("hint: install git"), "{text}");
}
