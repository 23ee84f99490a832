//! The real binary: every command's usual path, its exit code, and that stdout carries the result alone.
//! Leaves out the error messages (`cli_errors`), the JSON (`cli_json`) and hostile input (`hostile`).

use std::io::Write;
use std::process::Stdio;

use crate::bed::{self, Garden, api_log};

#[test]
fn triage_says_what_is_broken() {
    let garden = Garden::with_log();
    let run = garden.run(&["triage", "api.ndjson"]);
    let text = run.done();
    assert!(text.starts_with("P2  Python cannot import `app.bridge`"), "{text}");
    assert!(text.contains("P3  cache miss rate high"), "{text}");
    assert!(text.contains("insertId a1  api.ndjson:1"), "{text}");
    assert!(text.contains("read  3 entries, 2026-09-16 00:40:00–00:40:03Z, newest 19 min 57 s old"), "{text}");
    assert!(!bed::steers(text), "escape codes in a pipe: {text:?}");
}

#[test]
fn triage_as_markdown_is_summary_and_reports() {
    let run = Garden::with_log().run(&["triage", "api.ndjson", "--format", "markdown"]);
    let page = run.done();
    assert!(page.starts_with("# Summary of the run\n"), "{page}");
    assert_eq!(page.matches("\n---\n").count(), 2, "{page}");
}

#[test]
fn triage_reads_stdin_folders_globs_and_packed_files() {
    let garden = Garden::with_log();
    let log = api_log();
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    gzip.write_all(log.as_bytes()).expect("packed");
    garden.write("logs/a.ndjson.gz", gzip.finish().expect("packed"));
    garden.write("logs/deep/b.ndjson.zst", zstd::encode_all(log.as_bytes(), 1).expect("packed"));
    let expected = garden.run(&["triage", "api.ndjson", "--format", "json"]).json();
    let ids = |document: &serde_json::Value| -> Vec<serde_json::Value> {
        document["incidents"].as_array().expect("a list").iter().map(|incident| incident["id"].clone()).collect()
    };
    for source in ["logs/a.ndjson.gz", "logs/deep/b.ndjson.zst", "logs", "logs/*.gz", "logs/**/*.zst"] {
        let (code, document) = garden.triage(source);
        assert_eq!(code, 0, "{source}");
        assert_eq!(ids(&document), ids(&expected), "{source}");
        assert_eq!(document["coverage"]["events"], 2, "{source}: the same insertIds are the same entries");
    }
    let (_, both) = garden.triage("logs");
    assert_eq!((&both["coverage"]["entries"], &both["coverage"]["duplicates"]), (&3.into(), &3.into()));
    let run = garden.run_with(&["triage", "-", "--format", "json"], log.as_bytes());
    assert_eq!(ids(&run.json()), ids(&expected));
    assert_eq!(run.json()["coverage"]["sources"][0]["source"], "-");
}

#[test]
fn a_file_named_twice_is_read_once() {
    let garden = Garden::with_log();
    let run = garden.run(&["triage", "api.ndjson", "api.ndjson", "*.ndjson", "--format", "json"]);
    let coverage = &run.json()["coverage"];
    assert_eq!(coverage["sources"].as_array().map(Vec::len), Some(1));
    assert_eq!((&coverage["entries"], &coverage["duplicates"]), (&3.into(), &0.into()));
}

#[test]
fn the_window_leaves_out_what_lies_outside() {
    let garden = Garden::with_log();
    for (window, entries) in [
        (["--since", "2026-09-16T00:40:02Z"], 2),
        (["--until", "2026-09-16T00:40:02Z"], 1),
        (["--since", "1h"], 3),
        (["--since", "2026-09-15T17:40:03-07:00"], 1),
    ] {
        let run = garden.run(&["triage", "api.ndjson", "--format", "json", window[0], window[1]]);
        assert_eq!(run.json()["coverage"]["entries"], entries, "{window:?}");
    }
}

#[test]
fn fail_on_ends_with_1_at_or_above() {
    let garden = Garden::with_log();
    for (priority, code) in [("P0", 0), ("P1", 0), ("P2", 1), ("P3", 1)] {
        let run = garden.run(&["triage", "api.ndjson", "--fail-on", priority]);
        assert_eq!((run.code, run.stderr.as_str()), (code, ""), "{priority}");
    }
}

#[test]
fn reports_are_written_below_out() {
    let garden = Garden::with_log();
    let run = garden.run(&["triage", "api.ndjson", "--out", "found", "--assignments", "who.ndjson"]);
    assert_eq!(run.code, 0);
    let below = "found/2026-09-16/010000Z";
    assert!(run.stderr.starts_with("wrote ") && run.stderr.ends_with(&format!("files below {below}\n")), "{run:?}");
    for name in ["summary.md", "worklog.md", "triage.json", "audit.md"] {
        assert!(!garden.read(&format!("{below}/{name}")).is_empty(), "{name}");
    }
    let id = &garden.triage("api.ndjson").1["incidents"][0]["id"];
    let folder = format!("{below}/incidents/P2-{}", id.as_str().expect("a text"));
    assert!(garden.read(&format!("{folder}/report.md")).starts_with("# "));
    assert!(garden.read(&format!("{folder}/issue-title.txt")).contains(" | P2 | "));
    assert!(garden.read(&format!("{folder}/issue.md")).contains("\n## Impact\n"));
    assert_eq!(garden.read("who.ndjson").lines().count(), 2);
}

#[test]
fn report_and_issue_render_one_incident() {
    let garden = Garden::with_log();
    let first = garden.run(&["report", "api.ndjson"]);
    assert!(first.done().starts_with("# P2: Python cannot import"), "{}", first.stdout);
    let document = garden.triage("api.ndjson").1;
    let id = document["incidents"][1]["id"].as_str().expect("a text");
    let second = garden.run(&["report", "api.ndjson", "--incident", id]);
    assert!(second.done().starts_with("# P3: cache miss rate high"), "{}", second.stdout);
    for (kind, heading) in [("summary", "# Summary"), ("worklog", "# "), ("audit", "# ")] {
        let page = garden.run(&["report", "api.ndjson", "--document", kind]);
        assert!(page.done().starts_with(heading), "{kind}: {}", page.stdout);
    }
    let issue = garden.run(&["issue", "api.ndjson"]);
    assert!(issue.done().starts_with("title: GCP-"), "{}", issue.stdout);
    assert!(issue.stdout.contains("\nlabels: P2, "), "{}", issue.stdout);
}

#[test]
fn templates_are_a_table_and_aligned_assignments() {
    let garden = Garden::new();
    garden.write(
        "app.log",
        "2026-09-16 00:40:00 INFO user 1 logged in\n2026-09-16 00:40:01 INFO user 2 logged in\n\nbye\n",
    );
    let table = garden.run(&["templates", "app.log", "--assignments", "ids.txt"]);
    assert!(table.done().contains("user <number> logged in"), "{}", table.stdout);
    assert!(table.stdout.ends_with("4 lines in 3 templates\n"), "{}", table.stdout);
    let ids = garden.read("ids.txt");
    let ids: Vec<&str> = ids.lines().collect();
    assert_eq!(ids.len(), 4, "one id for each line of the input, blank ones included");
    assert_eq!(ids[0], ids[1]);
    let content = garden.run(&["templates", "app.log", "--content", "--format", "json"]).json();
    assert!(content["templates"].to_string().contains(" INFO user "), "{content}");
}

#[test]
fn templates_are_compared_with_a_baseline() {
    let garden = Garden::new();
    let log = |hot: usize| "oven 3 is hot\n".repeat(hot) + &"tray 1 in\n".repeat(900) + "baker anna is here\n";
    garden.write("before.log", log(9));
    let before = garden.run(&["templates", "before.log", "--content", "--format", "json"]);
    assert!(!before.done().contains("escalating"), "without a baseline nothing is said of one");
    garden.write("before.json", &before.stdout);
    garden.write("now.log", log(90) + "cellar is on fire\n");
    let run = |log: &str, format: &str| {
        garden.run(&["templates", log, "--content", "--baseline", "before.json", "--format", format])
    };
    let now = run("now.log", "json").json();
    let of = |text: &str| {
        let all = now["templates"].as_array().expect("a list");
        all.iter().find(|one| one["template"] == text).unwrap_or_else(|| panic!("{text}: {now}")).clone()
    };
    let hot = of("oven <number> is hot");
    assert_eq!((&hot["new"], &hot["escalating"]["before"]["count"]), (&false.into(), &9.into()), "{hot}");
    assert_eq!((&hot["escalating"]["now"]["count"], &hot["escalating"]["now"]["lines"]), (&90.into(), &992.into()));
    assert!(hot["escalating"]["ratio"].as_f64().is_some_and(|ratio| ratio > 9.0), "{hot}");
    assert!(hot["escalating"]["p"].as_f64().is_some_and(|p| p < 1e-9), "{hot}");
    assert_eq!((&of("cellar is on fire")["new"], &of("tray <number> in")["new"]), (&true.into(), &false.into()));
    assert!(of("tray <number> in")["escalating"].is_null() && of("cellar is on fire")["escalating"].is_null());
    let table = run("now.log", "text");
    assert!(table.done().ends_with("since the baseline: 1 new, 1 escalating\n"), "{}", table.stdout);
    let same = run("before.log", "text");
    assert!(same.done().ends_with("since the baseline: 0 new, 0 escalating\n"), "{}", same.stdout);
    garden.write("other.json", "{\"schema\":\"log-gardener/triage/1\",\"lines\":1,\"templates\":[]}");
    for file in ["none.json", "now.log", "other.json"] {
        let run = garden.run(&["templates", "now.log", "--baseline", file]);
        assert_eq!(run.code, 2, "{file}");
        assert!(run.stderr.starts_with("error: cannot use ") && run.stderr.contains("\nhint: "), "{}", run.stderr);
    }
}

#[test]
fn same_speaks_text_when_asked() {
    let run = Garden::new().run(&["same", "--format", "text", "-e", "user 1 is gone", "-e", "user 2 is gone"]);
    assert!(run.done().starts_with("same group\n= message"), "{}", run.stdout);
}

#[test]
fn patterns_are_listed_checked_and_explained() {
    let garden = Garden::new();
    assert!(garden.run(&["patterns", "list"]).done().contains("python-module-not-found"));
    assert!(garden.run(&["patterns", "check"]).done().contains("examples: all as stated"));
    let run = garden.run(&["patterns", "explain", "No module named 'app.bridge'"]);
    assert!(run.done().starts_with("recognised as python-module-not-found\n  module = app.bridge\n"), "{}", run.stdout);
    assert_eq!(garden.run_with(&["patterns", "explain", "-"], b"No module named 'app.bridge'\n").stdout, run.stdout);
}

#[test]
fn a_users_pattern_and_template_go_before_ours() {
    let garden = Garden::with_log();
    let ours = include_str!("../patterns/errors/import.toml");
    let theirs = ours.replace("title     = \"Python cannot import `{module}`\"", "title = \"Ours: {module} is gone\"");
    assert_ne!(theirs, ours);
    garden.write("patterns/errors/mine.toml", theirs);
    garden.write("templates/report.md", "Only {{ incident.title }}.\n");
    garden.run(&["patterns", "check", "patterns"]).done();
    let run = garden.run(&["report", "api.ndjson", "--patterns", "patterns", "--templates", "templates"]);
    assert_eq!(run.done(), "Only Ours: app.bridge is gone.\n");
}

#[test]
fn completions_man_and_help() {
    let garden = Garden::new();
    for shell in ["bash", "zsh", "fish"] {
        assert!(garden.run(&["completions", shell]).done().contains("log-gardener"), "{shell}");
    }
    assert!(garden.run(&["man"]).done().contains(".TH log-gardener 1"));
    assert!(garden.run(&["--version"]).done().starts_with("log-gardener "));
    let help = garden.run(&["--help"]);
    for word in ["triage", "report", "issue", "parse", "templates", "same", "patterns", "Exit codes:"] {
        assert!(help.done().contains(word), "{word}");
    }
    let input = "--since --until --min-severity --assume-tz --now --patterns --max-record-bytes --threads";
    for (command, options) in [
        ("triage", format!("{input} --format --write --out --templates --assignments --fail-on --sha256 --all")),
        ("report", format!("{input} --incident --document --templates")),
        ("issue", format!("{input} --incident --format --templates")),
        ("verify", format!("{input} --against --ledger --format --templates")),
        ("lint", format!("{input} --against --at-least --format --templates")),
        ("parse", "--assume-tz --patterns".to_string()),
        ("templates", "--content --format --assignments --baseline --patterns".to_string()),
        ("same", "--text --format --patterns".to_string()),
        ("patterns", "list check explain".to_string()),
    ] {
        let help = garden.run(&[command, "--help"]);
        for option in options.split(' ') {
            assert!(help.done().contains(option), "{command}: {option}\n{}", help.stdout);
        }
        assert!(!bed::steers(&help.stdout));
    }
}

#[test]
fn a_reader_that_goes_away_is_no_failure() {
    let garden = Garden::with_log();
    for arguments in
        [&["triage", "api.ndjson", "--format", "json"][..], &["patterns", "list"], &["parse", "api.ndjson"]]
    {
        let mut child =
            garden.command(arguments).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("it runs");
        drop(child.stdout.take());
        let output = child.wait_with_output().expect("it ends");
        assert_eq!(output.status.code(), Some(0), "{arguments:?}");
        assert!(output.stderr.is_empty(), "{}", String::from_utf8_lossy(&output.stderr));
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_is_said_and_ends_with_4() {
    let garden = Garden::with_log();
    for arguments in [&["triage", "api.ndjson"][..], &["parse", "api.ndjson"], &["--help"], &["man"]] {
        let full = std::fs::OpenOptions::new().write(true).open("/dev/full").expect("/dev/full");
        let output = garden.command(arguments).stdout(full).stderr(Stdio::piped()).output().expect("it runs");
        assert_eq!(output.status.code(), Some(4), "{arguments:?}");
        assert_eq!(
            String::from_utf8_lossy(&output.stderr),
            "error: cannot write the result to stdout\ncaused by: No space left on device (os error 28)\n"
        );
    }
}

#[test]
fn one_is_told_as_one() {
    let garden = Garden::new();
    let log = b"ERROR the first weir broke\n\xff ERROR caf\xef\xbf\xbd closed\n2026-03-10 09:00:00 ERROR pool is dry\n";
    garden.write("a.log", log);
    garden.write("one.log", "2026-03-10T09:00:00Z ERROR pool is dry\n");
    garden.write("calm.log", "2026-03-10T09:00:00Z INFO pool is full\n");
    let plural = "entries|events|records|lines|others|texts|passes|files|groups|incidents|minutes|requests|issues|templates|claims|parts|times|carry|hold|are|were|have";
    let wrong =
        regex::Regex::new(&format!(r"\b1 (?:[a-z]+ )?(?:{plural})\b|\b1 part could not be read as log entries"));
    let wrong = wrong.expect("compiles");
    let ledger = ["--ledger", "l.db"];
    let audit = [&["audit", "one.log", "--out", "o"], &ledger[..]].concat();
    let commands: [&[&str]; 13] = [
        &["triage", "a.log"],
        &["triage", "one.log", "--baseline", "one.json"],
        &["triage", "one.log", "--until", "2026-03-10T09:00:00Z"],
        &["issue", "one.log"],
        &["issue", "calm.log"],
        &["report", "one.log"],
        &["report", "calm.log"],
        &["report", "one.log", "--document", "audit"],
        &["templates", "one.log"],
        &["redact", "one.log"],
        &["same", "-e", "pool is dry"],
        &audit,
        &["silence", "add", "all", "--until", "9999h", "--reason", "the pool is mended", "--ledger", "l.db"],
    ];
    garden.write("one.json", garden.run(&["triage", "one.log", "--format", "json"]).stdout);
    for command in commands {
        let run = garden.run(command);
        let told = format!("{}{}", run.stdout, run.stderr);
        let found: Vec<&str> = told.lines().filter(|line| wrong.is_match(line)).collect();
        assert!(found.is_empty() && !told.contains("unknown: the pool"), "{command:?}: {found:#?}\n{told}");
    }
}

#[test]
fn what_is_stamped_later_than_it_was_read_is_said_to_be() {
    let garden = Garden::new();
    garden.write("late.log", "2035-12-24T09:00:00Z ERROR pool is dry\n");
    let shown = garden.run(&["triage", "late.log"]).stdout;
    assert!(shown.contains("newest 3386 days 8 h in the future\n"), "{shown}");
    let note = "note  the newest entry, read at 2026-09-16 01:00:00Z, is stamped 3386 days 8 h later: a clock, a zone";
    assert!(shown.replace("\n      ", " ").contains(note), "{shown}");
    for document in ["report", "audit", "summary", "worklog"] {
        let page = garden.run(&["report", "late.log", "--document", document]).stdout;
        assert!(!page.contains(" -3386"), "{page}");
        garden.write("late.md", page);
        let verified = garden.run(&["verify", "late.md", "--against", "late.log"]);
        assert_eq!(verified.code, 0, "{document}: {}", verified.stdout);
    }
}

#[test]
fn templates_keep_method_and_status_of_a_request() {
    let garden = Garden::new();
    let line = |status: u16, method: &str, at: usize| {
        format!(
            "10.0.0.{at} - - [10/Mar/2026:09:00:{at:02} +0000] \"{method} /api/orders/{at} HTTP/1.1\" {status} {at}7 \"-\" \"Mill/5.0\"\n"
        )
    };
    let before: String = (10..30).map(|at| line(200, "GET", at) + &line(201, "POST", at)).collect();
    garden.write("before.log", &before);
    garden.write("now.log", before + &(30..40).map(|at| line(502, "GET", at)).collect::<String>());
    garden.write("before.json", garden.run(&["templates", "before.log", "--format", "json"]).stdout);
    let now = garden.run(&["templates", "now.log", "--baseline", "before.json"]).stdout;
    let row = |words: &str| {
        let found = now.lines().find(|line| line.contains(words));
        found.map(str::to_string).unwrap_or_else(|| panic!("{words}: {now}"))
    };
    assert!(row("\"GET <*>\" 502 ").contains("new"), "{now}");
    for known in ["\"GET <*>\" 200 ", "\"POST <*>\" 201 "] {
        assert!(row(known).contains(" 20 ") && !row(known).contains("new"), "{now}");
    }
}
