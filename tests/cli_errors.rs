//! Every error a user can meet, word for word: `error: / caused by: / hint:`, and the exit code.
//! Leaves out what is no error: a result with notes in its coverage is tested by `hostile`.

use crate::bed::{Garden, Run};

const WINDOW: &str = "hint: write it with its zone as 2026-09-16T00:43:00Z, or as a time ago: 15m, 1h, 2d\n";
const NOTHING: &str = "hint: no entries is no sign of health; check the export and the window\n";

fn triage(garden: &Garden, arguments: &[&str]) -> Run {
    garden.run(&[&["triage"], arguments].concat())
}

#[test]
fn no_arguments_is_help_and_2() {
    let run = Garden::new().run(&[]);
    assert_eq!((run.code, run.stdout.as_str()), (2, ""));
    assert!(run.stderr.contains("Usage: log-gardener <COMMAND>"), "{}", run.stderr);
}

#[test]
fn wrong_arguments() {
    let garden = Garden::with_log();
    for (arguments, stderr) in [
        (&["triag"][..], "error: unrecognized subcommand 'triag'\nhint: a similar subcommand exists: 'triage'\n"),
        (
            &["triage"],
            "error: the following required arguments were not provided: <SOURCE>...\nhint: see `log-gardener triage --help`\n",
        ),
        (
            &["triage", "api.ndjson", "--formt", "json"],
            "error: unexpected argument '--formt' found\nhint: a similar argument exists: '--format'\n",
        ),
        (
            &["triage", "api.ndjson", "--format", "xml"],
            "error: invalid value 'xml' for '--format <FORMAT>'\nhint: use one of text, json, markdown\n",
        ),
        (
            &["triage", "api.ndjson", "--fail-on", "P9"],
            "error: invalid value 'P9' for '--fail-on <PRIORITY>'\nhint: use one of P0, P1, P2, P3\n",
        ),
        (
            &["same", "-e", "one"],
            "error: 1 error text was given, two are compared\nhint: log-gardener same A.txt B.txt, or log-gardener same -e TEXT -e TEXT\n",
        ),
    ] {
        garden.run(arguments).fails(2, stderr);
    }
}

#[test]
fn wrong_values() {
    let garden = Garden::with_log();
    for (option, value, stderr) in [
        ("--since", "yesterday", format!("error: `yesterday` is no time for --since\n{WINDOW}")),
        ("--since", "99999999999999d", format!("error: `99999999999999d` is no time for --since\n{WINDOW}")),
        ("--until", "2026-09-16", format!("error: `2026-09-16` is no time for --until\n{WINDOW}")),
        ("--now", "1h", "error: `1h` is no time for --now\nhint: write it as 2026-09-16T00:43:00Z\n".to_string()),
        (
            "--assume-tz",
            "Mars/Base",
            "error: `Mars/Base` is no zone\nhint: write UTC or an offset such as +02:00 or -07:00\n".to_string(),
        ),
        (
            "--min-severity",
            "loud",
            "error: `loud` is no severity\nhint: use DEFAULT, DEBUG, INFO, NOTICE, WARNING, ERROR, CRITICAL, ALERT or EMERGENCY\n"
                .to_string(),
        ),
    ] {
        triage(&garden, &["api.ndjson", option, value]).fails(2, &stderr);
    }
    triage(&garden, &["api.ndjson", "--since", "1h", "--until", "2h"])
        .fails(2, "error: --since is not before --until\nhint: a window runs from --since to --until\n");
}

#[test]
fn sources_that_are_not_there() {
    let garden = Garden::with_log();
    std::fs::create_dir(garden.path("empty")).expect("a folder");
    let missing = "error: cannot read missing.log\ncaused by: No such file or directory (os error 2)\n\
                   hint: check the path; `-` reads standard input\n";
    for command in ["triage", "report", "issue", "parse", "templates"] {
        garden.run(&[command, "missing.log"]).fails(3, missing);
    }
    triage(&garden, &["api.ndjson", "missing.log"]).fails(3, missing);
    triage(&garden, &["*.none"]).fails(
        3,
        "error: no file matches *.none\nhint: check the pattern; quote it so that the shell leaves it alone\n",
    );
    triage(&garden, &["empty"]).fails(
        3,
        "error: no files in empty\ncaused by: the folder is empty or holds only hidden files\n\
         hint: name a folder with log files, or a file\n",
    );
    garden.run(&["same", "a.txt", "b.txt"]).fails(
        3,
        "error: cannot read a.txt\ncaused by: No such file or directory (os error 2)\n\
         hint: name two files, or give the texts with -e TEXT -e TEXT\n",
    );
}

#[cfg(unix)]
#[test]
fn a_file_that_may_not_be_read() {
    use std::os::unix::fs::PermissionsExt;
    let garden = Garden::with_log();
    let path = garden.path("api.ndjson");
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o000)).expect("set");
    if std::fs::File::open(&path).is_ok() {
        println!("skipped: this user (root) may read every file");
        return;
    }
    triage(&garden, &["api.ndjson"]).fails(
        3,
        "error: cannot read api.ndjson\ncaused by: Permission denied (os error 13)\nhint: check who may read it\n",
    );
}

#[test]
fn what_gcloud_prints_for_people_is_refused() {
    let garden = Garden::new();
    garden
        .write("table.txt", "SEVERITY  TIMESTAMP             TEXT_PAYLOAD\nERROR     2026-09-16T00:40:00Z  it broke\n");
    garden.write("yaml.txt", "---\ninsertId: a1\nlogName: projects/p/logs/stderr\ntextPayload: it broke\n");
    let hint = "hint: export with `gcloud logging read ... --format=json`\n";
    triage(&garden, &["table.txt"]).fails(
        3,
        &format!(
            "error: cannot read table.txt\ncaused by: it is a table made for reading, which leaves payloads out\n{hint}"
        ),
    );
    triage(&garden, &["yaml.txt"]).fails(
        3,
        &format!("error: cannot read yaml.txt\ncaused by: it is the YAML that gcloud prints by default\n{hint}"),
    );
}

#[test]
fn nothing_read_is_not_nothing_wrong() {
    let garden = Garden::new();
    garden.write("empty.log", "").write("none.json", "[]").write("other.ndjson", "{\"a\":1}\n{\"b\":2}\n");
    let empty = format!(
        "error: no log entries were read\ncaused by: the input is empty, or no entry lies in the window asked for\n{NOTHING}"
    );
    for source in ["empty.log", "none.json"] {
        let run = triage(&garden, &[source]);
        assert_eq!((run.code, run.stderr.as_str()), (3, empty.as_str()), "{source}");
        assert!(run.stdout.starts_with("No entries were read: nothing can be said"), "{}", run.stdout);
        garden.run(&["report", source]).fails(3, &empty);
        garden.run(&["issue", source]).fails(3, &empty);
        let summary = garden.run(&["report", source, "--document", "summary"]);
        assert_eq!((summary.code, summary.stderr.as_str()), (3, empty.as_str()), "{source}");
    }
    let run = triage(&garden, &["other.ndjson"]);
    let stderr = format!(
        "error: no log entries were read\ncaused by: nothing in the input is a log entry; the first of 2: other.ndjson, line 1: not a log entry: no message with a level or a time\n{NOTHING}"
    );
    assert_eq!((run.code, run.stderr), (3, stderr));
    // What a choice of fields leaves of an entry is none: the reason and the way out are said.
    garden.write(
        "chosen.json",
        "[{\"timestamp\":\"2026-09-16T00:40:00Z\",\"severity\":\"ERROR\",\"textPayload\":\"boom\"}]",
    );
    let run = triage(&garden, &["chosen.json"]);
    let stderr = "error: no log entries were read\ncaused by: nothing in the input is a log entry; the first of 1: chosen.json, entry 0: not a log entry: no insertId, no logName, no resource with type and labels\nhint: export whole entries: `gcloud logging read ... --format=json` without a choice of fields\n";
    assert_eq!((run.code, run.stderr.as_str()), (3, stderr));
    garden
        .run(&["parse", "empty.log"])
        .fails(3, "error: no log entries were read\nhint: check the path; an empty input says nothing\n");
    garden
        .run(&["templates", "empty.log"])
        .fails(3, "error: no lines were read\nhint: check the path; an empty input says nothing\n");
}

#[test]
fn a_healthy_log_has_nothing_to_report() {
    let garden = Garden::new();
    garden.write("fine.log", "2026-09-16 00:40:00 INFO ready\n");
    assert!(garden.run(&["triage", "fine.log"]).done().starts_with("No incident in 1 "));
    let report = garden.run(&["report", "fine.log"]);
    assert!(report.done().starts_with("# Summary of the run\n\nNo incident in 1 entry "), "{}", report.stdout);
    let issue = garden.run(&["issue", "fine.log"]);
    let said = "no incident in 1 entry: there is no issue to write\n";
    assert_eq!((issue.code, issue.stdout.as_str(), issue.stderr.as_str()), (0, "", said));
}

#[test]
fn broken_patterns() {
    let garden = Garden::with_log();
    garden.write("patterns/errors/x.toml", "[[pattern]]\nid = \"x\"\ntitel = \"X\"\n");
    let run = garden.run(&["patterns", "check", "patterns"]);
    assert_eq!((run.code, run.stdout.as_str()), (2, ""));
    assert!(
        run.stderr.starts_with("error: cannot load the patterns\ncaused by: unknown field `titel`"),
        "{}",
        run.stderr
    );
    assert!(run.stderr.contains(" in errors/x.toml:3:1\n  |\n3 | titel = \"X\"\n  | ^^^^^\nhint: "), "{}", run.stderr);
    assert_eq!(triage(&garden, &["api.ndjson", "--patterns", "patterns"]), run);
    triage(&garden, &["api.ndjson", "--patterns", "none"]).fails(
        2,
        "error: cannot read the patterns folder none\ncaused by: none: No such file or directory (os error 2)\n",
    );
    std::fs::create_dir(garden.path("bare")).expect("a folder");
    triage(&garden, &["api.ndjson", "--patterns", "bare"]).fails(
        2,
        "error: the patterns folder bare holds no file ending in .toml\nhint: lay it out as the patterns/ folder of the project is\n",
    );
}

#[test]
fn broken_templates() {
    let garden = Garden::with_log();
    garden.write("templates/report.md", "# x\n{{ incident.titel }}\n");
    let run = garden.run(&["report", "api.ndjson", "--templates", "templates"]);
    assert_eq!((run.code, run.stdout.as_str()), (2, ""));
    let expected = "error: cannot load the templates\ncaused by: unknown field `titel` in report.md:2:13\n  |\n\
                    2 | {{ incident.titel }}\n  |             ^^^^^\nhint: known here: ";
    assert!(run.stderr.starts_with(expected), "{}", run.stderr);
}

#[test]
fn an_incident_that_is_not_there() {
    let garden = Garden::with_log();
    for command in ["report", "issue"] {
        garden.run(&[command, "api.ndjson", "--incident", "ffffffff"]).fails(
            2,
            "error: no incident `ffffffff` in this input\nhint: run `log-gardener triage` on the same input to see the ids\n",
        );
    }
}

#[test]
fn results_that_cannot_be_written() {
    let garden = Garden::with_log();
    let out = triage(&garden, &["api.ndjson", "--out", "api.ndjson"]);
    assert_eq!(
        (out.code, out.stderr.as_str()),
        (
            4,
            "error: cannot write the reports below api.ndjson\ncaused by: api.ndjson/2026-09-16 is no folder\n\
             hint: choose another folder with --out\n"
        )
    );
    triage(&garden, &["api.ndjson", "--assignments", "api.ndjson/x"]).fails(
        4,
        "error: cannot write api.ndjson/x\ncaused by: api.ndjson is no folder\nhint: choose another file with --assignments\n",
    );
}
