//! `verify`: every document that we render holds against its input, and every falsehood planted into one is found.
//! Leaves out what a good report is (`tests/lint.rs`); the falsehoods stand in `tests/verify/planting.rs`.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, OnceLock};

use serde_json::Value;

mod planting;

use planting::{KINDS, Planted, plant};

use crate::garden::{self, Garden};

const NOW: &str = "2026-03-10T10:00:00Z";
const EXPORT: &str = "reports/example/export.json";

/// A document with the input it was rendered from.
struct Rendered {
    name: String,
    at: PathBuf,
    source: String,
    text: String,
}

/// Returns every document of a folder's input: as files of a run, and as the commands print them.
fn documents_of(at: &Path, source: &str) -> Vec<Rendered> {
    let garden = Garden::new(at, NOW);
    let (triage, mut written) = garden.rendered(source);
    written.retain(|name, _| name.ends_with(".md") || name.ends_with("title.txt"));
    written.insert("page.md".to_string(), garden.run(&["triage", source, "--format", "markdown"]).stdout);
    let real = |incident: &&Value| incident["noise"].is_null();
    if let Some(last) = garden::incidents(&triage).iter().rfind(real) {
        let id = garden::text(last, "id");
        let audit = garden.run(&["report", source, "--document", "audit", "--incident", id]);
        written.insert("audit-by-id.md".to_string(), audit.stdout);
        written.insert("issue-printed.md".to_string(), garden.run(&["issue", source, "--incident", id]).stdout);
    }
    let folder = at.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let named = |(name, text)| Rendered {
        name: format!("{folder}/{name}"),
        at: at.to_path_buf(),
        source: source.to_string(),
        text,
    };
    written.into_iter().map(named).collect()
}

/// Returns every document of every case and of the shipped example.
fn documents() -> &'static [Rendered] {
    static DOCUMENTS: OnceLock<Vec<Rendered>> = OnceLock::new();
    DOCUMENTS.get_or_init(rendered)
}

fn rendered() -> Vec<Rendered> {
    let mut folders: Vec<(PathBuf, String)> = vec![(garden::root().to_path_buf(), EXPORT.to_string())];
    for case in fs::read_dir(garden::root().join("tests/cases")).expect("tests/cases") {
        let folder = case.expect("readable").path();
        let names = fs::read_dir(&folder).expect("a folder").map(|item| item.expect("readable").file_name());
        let source = names.map(|name| name.to_string_lossy().into_owned()).find(|name| {
            [".json", ".ndjson", ".log"].iter().any(|end| name.ends_with(end)) && !name.starts_with("also-")
        });
        folders.push((folder, source.expect("an input")));
    }
    folders.sort();
    each(folders, |(at, source)| documents_of(&at, &source)).into_iter().flatten().collect()
}

/// Works on all items with as many threads as there are cores; results in the order of the items.
fn each<T: Send, R: Send>(items: Vec<T>, work: impl Fn(T) -> R + Sync) -> Vec<R> {
    let queue = Mutex::new(items.into_iter().enumerate());
    let results = Mutex::new(BTreeMap::new());
    let next = || queue.lock().expect("no thread died").next();
    std::thread::scope(|scope| {
        for _ in 0..std::thread::available_parallelism().map_or(2, usize::from) {
            scope.spawn(|| {
                while let Some((at, item)) = next() {
                    let result = work(item);
                    results.lock().expect("no thread died").insert(at, result);
                }
            });
        }
    });
    results.into_inner().expect("no thread died").into_values().collect()
}

/// Runs `verify` on a text; returns the exit code and the JSON.
fn verify(at: &Path, text: &[u8], options: &[&str]) -> (i32, Value) {
    let garden = Garden::new(at, NOW);
    let file = garden.temporary("document.md");
    fs::write(&file, text).expect("written");
    let ran =
        garden.bare(&[&["verify", file.to_str().expect("UTF-8"), "--format", "json", "--against"], options].concat());
    let mut json: Value =
        serde_json::from_str(&ran.stdout).unwrap_or_else(|error| panic!("{error}: {}{}", ran.stdout, ran.stderr));
    // The one thing that differs from run to run is the name of the temporary file.
    json["report"] = Value::Null;
    (ran.code, json)
}

fn lines(found: &Value) -> Vec<u64> {
    found["findings"].as_array().expect("findings").iter().map(|one| one["line"].as_u64().expect("a line")).collect()
}

#[test]
fn every_document_we_render_holds() {
    let documents = documents();
    assert!(documents.len() >= 90, "only {} documents", documents.len());
    let mut claims = 0;
    // Every second one of the cases, for time; EVERY_DOCUMENT=1 takes all of them.
    let share = if std::env::var_os("EVERY_DOCUMENT").is_some() { 1 } else { 2 };
    let chosen = documents.iter().enumerate().filter(|(at, one)| at.is_multiple_of(share) || one.source == EXPORT);
    for (name, (code, found)) in each(chosen.map(|(_, one)| one).collect(), |one| {
        (&one.name, verify(&one.at, one.text.as_bytes(), &[&one.source]))
    }) {
        assert_eq!(found["findings"], serde_json::json!([]), "{name}");
        assert_eq!((code, &found["holds"], &found["same_input"]), (0, &true.into(), &true.into()), "{name}");
        assert_eq!(found["schema"], "log-gardener/verify/1");
        assert!(found["document"].is_string(), "{name} is one of ours");
        let checked = found["claims"]["checked"].as_u64().expect("a count");
        assert_eq!(found["claims"]["held"], checked, "{name}");
        claims += checked;
    }
    println!("{claims} claims hold");
    assert!(claims > 5_000, "{claims} claims");
}

#[test]
fn every_planted_falsehood_is_found_where_it_stands() {
    let documents = documents();
    let (mut planted, mut found): (BTreeMap<&str, usize>, BTreeMap<&str, usize>) = Default::default();
    let mut missed = String::new();
    let mut work: Vec<(&Rendered, Vec<Planted>, String)> = Vec::new();
    // A quarter of the documents is enough for every change; EVERY_DOCUMENT=1 takes all of them.
    let share = if std::env::var_os("EVERY_DOCUMENT").is_some() { 1 } else { 4 };
    for (seed, one) in documents.iter().enumerate() {
        if !seed.is_multiple_of(share) && one.source != EXPORT {
            continue;
        }
        // All kinds at once, each on lines of its own: each must be named by its line.
        let (text, all) = plant(&one.text, seed, &KINDS);
        if !all.is_empty() {
            work.push((one, all, text));
        }
        // And one by one in the documents of the example, so that none is found only in company.
        if one.source == EXPORT && (one.name.contains("P0-4e0e93f1/report.md") || one.name.ends_with("summary.md")) {
            for kind in &KINDS {
                let (text, one_kind) = plant(&one.text, seed + 7, std::slice::from_ref(kind));
                if !one_kind.is_empty() {
                    work.push((one, one_kind, text));
                }
            }
        }
    }
    println!("{} documents, {} runs", documents.len(), work.len());
    let judged = each(work, |(one, all, text)| (one, all, verify(&one.at, text.as_bytes(), &[&one.source])));
    for (one, all, (code, result)) in judged {
        assert!(matches!(code, 1 | 3), "{}: a falsehood passed: {all:?}", one.name);
        let lines = lines(&result);
        for falsehood in all {
            *planted.entry(falsehood.kind).or_default() += 1;
            if falsehood.lines.iter().all(|line| lines.contains(line)) {
                *found.entry(falsehood.kind).or_default() += 1;
            } else {
                missed.push_str(&format!("{} {}: {}, found {lines:?}\n", one.name, falsehood.kind, falsehood.now));
            }
        }
    }
    for (kind, count) in &planted {
        println!("{kind:<20} planted {count:>4}  rejected {:>4}", found.get(kind).unwrap_or(&0));
    }
    assert_eq!(missed, "");
    let total: usize = planted.values().sum();
    println!("{:<20} planted {total:>4}", "all");
    assert!(total >= 200, "{total} falsehoods");
    assert_eq!(planted.len(), KINDS.len(), "every kind was planted: {planted:?}");
}

/// What a person adds: the line, and the kind of the finding it must lead to; none where it holds.
const ADDED: [(&str, Option<&str>); 24] = [
    ("We looked at it together and agree with the cause.", None),
    ("There were 82 events in 9 groups on 9 instances.", None),
    ("There were 151 events.", Some("number")),
    ("There were 9 events.", Some("number")),
    ("`Python cannot import wickshop.tax` is group `4e0e93f1b99b`, 9 events.", Some("quotation")),
    ("Group `4e0e93f1b99b` has 9 events.", None),
    ("Group `4e0e93f1b99b` has 10 events.", Some("number")),
    ("The input has 292 entries.", None),
    ("The input has 293 duplicates.", Some("number")),
    ("10 failed requests were answered with status 503.", None),
    ("12 failed requests were answered with status 503.", Some("number")),
    ("See `69afe586000daf941c827129`, logged at 2026-03-10 09:33:58.896Z on line 3326.", None),
    ("See `69afe586000daf941c827129`, logged at 2026-03-10 09:34:58.896Z.", Some("time")),
    ("See `69afe586000daf941c827129` on line 3327.", Some("place")),
    ("See `69afe586000daf941c827128`.", Some("id")),
    ("It began at 2026-03-10 09:33:58Z.", None),
    ("It began at 2026-03-10 09:35:58Z.", Some("time")),
    ("It is raised in rules.py:9.", None),
    ("It is raised in rules.py:10.", Some("place")),
    ("The log says \"No module named 'wickshop.tax'\".", None),
    ("The log says \"No module named 'wickshop.taxes'\".", Some("quotation")),
    ("40 % of the orders failed.", Some("percent")),
    ("Customers lost $ 500.", Some("wording")),
    ("It is a P1.", Some("priority")),
];

#[test]
fn what_a_person_adds_is_looked_up() {
    let report = garden::root().join("reports/example/incidents/P0-4e0e93f1/report.md");
    let report = fs::read_to_string(report).expect("the report");
    let add = |lines: &[&str]| {
        let text = report.replace("## Impact\n", &format!("## Impact\n\n{}\n", lines.join("\n\n")));
        let (code, found) = verify(garden::root(), text.as_bytes(), &[EXPORT]);
        (code, text, found)
    };
    let all: Vec<&str> = ADDED.iter().map(|(line, _)| *line).collect();
    let (code, text, found) = add(&all);
    assert_eq!(code, 1);
    for (line, expect) in ADDED {
        let at = text.lines().position(|one| one == line).expect("it was added") as u64 + 1;
        let findings = found["findings"].as_array().expect("findings").iter();
        let kinds: Vec<&str> =
            findings.filter(|one| one["line"] == at).filter_map(|one| one["kind"].as_str()).collect();
        assert_eq!(kinds.first().copied(), expect, "{line}: {}", found["findings"]);
    }
    let holding: Vec<&str> = ADDED.iter().filter(|(_, expect)| expect.is_none()).map(|(line, _)| *line).collect();
    let (code, _, found) = add(&holding);
    assert_eq!((code, found["findings"].as_array().map(Vec::len)), (0, Some(0)), "{}", found["findings"]);
}

#[test]
fn quotations_may_be_shortened_with_a_mark_and_people_fill_in_what_was_open() {
    let folder = garden::root().join("reports/example/incidents/P0-4e0e93f1");
    let report = fs::read_to_string(folder.join("report.md")).expect("the report");
    let check = |from: &str, to: &str, code: i32| {
        assert!(report.contains(from), "{from}");
        let (ended, found) = verify(garden::root(), report.replacen(from, to, 1).as_bytes(), &[EXPORT]);
        assert_eq!(ended, code, "{to}: {}", found["findings"]);
        found
    };
    let line = "  File \"/app/wickshop/pricing/setup.py\", line 112, in install_pricing\n";
    let rest = "    from wickshop.pricing.rules import RuleBook\n";
    check(&format!("{line}{rest}"), "... 2 more lines\n", 0);
    check(&format!("{line}{rest}"), "", 1);
    check(&format!("{line}{rest}"), "... 2 more lines\n  File \"/app/wickshop/pricing/setup.py\"\n", 1);
    let found = check("| unassigned | not set |", "| alice | 2026-04-01 |", 0);
    assert_eq!(found["claims"]["not_checked"], 2, "{found}");
    let issue = fs::read_to_string(folder.join("issue.md")).expect("the issue");
    let status =
        "**Unresolved**, last event 2026-03-10 09:38:03Z. 82 events since 2026-03-10 09:33:58Z over all passes.";
    let (code, found) = verify(garden::root(), format!("{status}\n\n{issue}").as_bytes(), &[EXPORT]);
    assert_eq!((code, &found["claims"]["not_checked"]), (0, &1.into()), "{found}");
}

#[test]
fn the_ledger_settles_what_comes_from_memory() {
    let garden = Garden::new(garden::root(), NOW);
    let (ledger, out) = (garden.temporary("ledger.db"), garden.temporary("out"));
    let (ledger, out) = (ledger.to_str().expect("UTF-8"), out.to_str().expect("UTF-8"));
    let ran = garden.run(&["audit", EXPORT, "--ledger", ledger, "--out", out]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    let plan = garden::files(Path::new(out));
    let (_, body) = plan.iter().find(|(name, _)| name.ends_with("001-open.md")).expect("a planned issue");
    assert!(body.contains("\n**Unresolved**"), "{body}");
    let judge = |text: &str, options: &[&str]| verify(garden::root(), text.as_bytes(), options);
    let (code, found) = judge(body, &[EXPORT]);
    assert_eq!((code, found["claims"]["not_checked"].as_u64()), (0, Some(2)), "{found}");
    let with = [EXPORT, "--ledger", ledger];
    assert_eq!(judge(body, &with).0, 0, "{}", judge(body, &with).1);
    let (code, found) = judge(&body.replacen("82 events since", "83 events since", 1), &with);
    assert_eq!((code, &found["findings"][0]["expected"]), (1, &"82".into()), "{found}");
    assert_eq!(judge(&body.replacen("**Unresolved**", "**Quiet**", 1), &with).0, 1);
    assert_eq!(judge(&body.replacen("**Unresolved**", "**Ongoing**", 1), &with).0, 0, "as issues said it before");
}

#[test]
fn another_input_is_said_to_be_another() {
    let garden = Garden::new(garden::root(), NOW);
    let export = fs::read_to_string(garden::root().join(EXPORT)).expect("the export");
    let other = garden.temporary("export.json");
    fs::write(&other, format!("{export}\n")).expect("written");
    let report = fs::read(garden::root().join("reports/example/incidents/P0-4e0e93f1/report.md")).expect("the report");
    let (code, found) = verify(garden::root(), &report, &[other.to_str().expect("UTF-8")]);
    assert_eq!((code, &found["same_input"]), (3, &false.into()));
    // The same entries in other bytes: the sum is all that differs, whatever the file is called.
    assert_eq!(found["findings"].as_array().map(Vec::len), Some(1), "{}", found["findings"]);
    assert_eq!(found["findings"][0]["kind"], "input");
    fs::write(&other, export).expect("written");
    assert_eq!(verify(garden::root(), &report, &[other.to_str().expect("UTF-8")]).0, 0, "the name is no claim");
    let missing = garden.bare(&["verify", "README.md", "--against", "none.json"]);
    assert_eq!((missing.code, missing.stdout.as_str()), (3, ""), "{}", missing.stderr);
    assert_eq!(garden.bare(&["verify", "none.md", "--against", EXPORT]).code, 3);
    assert_eq!(garden.bare(&["verify", "README.md"]).code, 2);
}

#[test]
fn hostile_documents_end_with_a_result_and_twice_with_the_same() {
    let report = fs::read(garden::root().join("reports/example/incidents/P0-4e0e93f1/report.md")).expect("the report");
    let documents: Vec<Vec<u8>> = vec![
        Vec::new(),
        b"\xff\xfe\x00broken \xc3\x28 bytes\n".to_vec(),
        "# ".repeat(5_000).into_bytes(),
        "> ".repeat(50_000).into_bytes(),
        "- ".repeat(12_000).into_bytes(),
        "````\n".repeat(10_000).into_bytes(),
        "`1 2 3` 4 events, 5 %, 2026-01-01 00:00:00Z\n".repeat(5_000).into_bytes(),
        format!("| {}\n", "9 of 9 | ".repeat(15_000)).into_bytes(),
        "\u{1f600}`\u{202e}".repeat(5_000).into_bytes(),
        [report.as_slice(), b"\n\xff 12 events\n"].concat(),
        report.repeat(5),
    ];
    for (at, first, second) in each(documents.into_iter().enumerate().collect(), |(at, document)| {
        (at, verify(garden::root(), &document, &[EXPORT]), verify(garden::root(), &document, &[EXPORT]))
    }) {
        let nothing = first.1["claims"]["checked"] == 0;
        assert!(if nothing { first.0 == 3 } else { first.0 <= 1 }, "document {at} ended with {}", first.0);
        assert_eq!(first, second, "document {at}");
    }
    let garden = Garden::new(garden::root(), NOW);
    let large = garden.temporary("large.md");
    fs::write(&large, vec![b'x'; (16 << 20) + 1]).expect("written");
    let ran = garden.bare(&["verify", large.to_str().expect("UTF-8"), "--against", EXPORT]);
    assert_eq!(ran.code, 3);
    assert!(ran.stderr.contains("hint: no report is that large"), "{}", ran.stderr);
}

/// What people write in a document of their own, and what is found; none where it holds or cannot be told.
const FREE: [(&str, Option<&str>); 15] = [
    ("The incident 4e0e93f1 had 82 events between 2026-03-10 09:33:58Z and 09:38:03Z.", None),
    ("It lasted at least 4 minutes and 5 seconds.", None),
    ("`ModuleNotFoundError` was logged 9 times on 9 instances.", None),
    ("10 requests failed with status 503.", None),
    ("9 of the 82 events are the root.", None),
    ("The export holds 292 entries.", None),
    ("We rolled back at 2026-03-10 09:40 UTC, 12 minutes after the first call, with 3 people.", None),
    ("About 80 events were seen by 12 customers.", None),
    ("The incident 4e0e93f1 had 83 events.", Some("number")),
    ("`ModuleNotFoundError` was logged 7 times.", Some("number")),
    ("The log says \"No module named 'wickshop.taxes'\".", Some("quotation")),
    ("See the entry 69afe586000daf941c827128.", Some("id")),
    ("The entry 69afe586000daf941c827129 is of 2026-03-10 09:34:58.896Z.", Some("time")),
    ("It is raised in rules.py:10.", Some("place")),
    ("Root cause: [proven] the cache was full.", Some("status")),
];

#[test]
fn in_a_document_of_their_own_people_may_count_what_no_log_holds() {
    let text = format!("# Postmortem\n\n{}\n", FREE.map(|(line, _)| line).join("\n"));
    let (code, found) = verify(garden::root(), text.as_bytes(), &[EXPORT]);
    assert_eq!(code, 1);
    for (at, (line, expect)) in FREE.into_iter().enumerate() {
        let findings = found["findings"].as_array().expect("findings").iter();
        let kinds: Vec<&str> =
            findings.filter(|one| one["line"] == at as u64 + 3).filter_map(|one| one["kind"].as_str()).collect();
        assert_eq!(kinds, expect.into_iter().collect::<Vec<_>>(), "{line}: {}", found["findings"]);
    }
    let why = |claim: &str| {
        let all = found["findings"].as_array().into_iter().chain(found["not_checked"].as_array()).flatten();
        all.filter(|one| one["claim"] == claim).filter_map(|one| one["why"].as_str()).collect::<Vec<_>>()
    };
    assert_eq!(why("83"), ["the input gives 82 events of `4e0e93f1`"]);
    assert_eq!(why("80"), ["the words beside it do not say which of the input's counts it is"]);
}

#[test]
fn where_nothing_is_claimed_nothing_holds() {
    for text in ["", "hello\n"] {
        let (code, found) = verify(garden::root(), text.as_bytes(), &[EXPORT]);
        assert_eq!((code, &found["holds"]), (3, &false.into()), "{text:?}");
    }
    let garden = Garden::new(garden::root(), NOW);
    let file = garden.temporary("empty.md");
    fs::write(&file, "").expect("written");
    let ran = garden.bare(&["verify", file.to_str().expect("UTF-8"), "--against", EXPORT]);
    assert!(ran.stdout.starts_with("CANNOT SAY  nothing in the document could be checked\n"), "{}", ran.stdout);
}

#[test]
fn a_line_from_memory_says_why_the_ledger_does_not_settle_it() {
    let garden = Garden::new(garden::root(), NOW);
    let (ledger, out) = (garden.temporary("ledger.db"), garden.temporary("out"));
    let (ledger, out) = (ledger.to_str().expect("UTF-8"), out.to_str().expect("UTF-8"));
    assert_eq!(garden.run(&["audit", EXPORT, "--ledger", ledger, "--out", out]).code, 0);
    let written = garden::files(Path::new(out));
    let (_, worklog) = written.iter().find(|(name, _)| name.ends_with("worklog.md")).expect("a worklog");
    let reasons = |options: &[&str]| {
        let (_, found) = verify(garden::root(), worklog.as_bytes(), options);
        found["not_checked"].to_string()
    };
    assert!(reasons(&[EXPORT]).contains("give the ledger with --ledger"));
    let with = reasons(&[EXPORT, "--ledger", ledger]);
    assert!(!with.contains("give the ledger") && with.contains("only documents about one incident"), "{with}");
}
