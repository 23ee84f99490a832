//! Every limit that can be set, reached: what is left out is counted and told, and memory stays bounded.
//! Leaves out damage (`hostile`) and input without end (`hostile_size`). `docs/limits.md` lists the limits.

#![cfg(unix)]

use std::io::Write;
use std::process::Stdio;

use serde_json::{Value, json};

use crate::bed::{Garden, Run, entry, ndjson, nothing_lost};

const MIB: usize = 1 << 20;

fn settings(garden: &Garden, line: &str) {
    garden.write("log-gardener.toml", format!("[limits]\n{line}\n"));
}

/// Entries whose texts have no word in common.
fn different(count: usize) -> String {
    let word = |mut number: usize| -> String {
        (0..5)
            .map(|_| {
                let letter = char::from(b'b' + (number % 20) as u8);
                number /= 20;
                letter
            })
            .collect()
    };
    let entries: Vec<Value> = (0..count)
        .map(|number| {
            let time = format!("2026-09-16T00:40:{:02}.{:03}Z", number / 1000 % 60, number % 1000);
            let text = format!("the {} of {}", word(number), word(number * 7 + 3));
            entry(&format!("d{number}"), json!({ "timestamp": time, "textPayload": text }))
        })
        .collect();
    ndjson(&entries)
}

#[track_caller]
fn notes(document: &Value) -> String {
    document["coverage"]["notes"].to_string()
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    packed.write_all(bytes).expect("packed");
    packed.finish().expect("packed")
}

/// Returns an entry and then a gibibyte of one letter, made of many parts, for packing it takes longer than reading.
fn bombs() -> Vec<(&'static str, Vec<u8>)> {
    let first = ndjson(&[entry("first", json!({ "textPayload": "disk 7 is full" }))]);
    let letters = vec![b'a'; 8 * MIB];
    let (part, zstd) = (gzip(&letters), zstd::encode_all(&letters[..], 1).expect("packed"));
    let gz = [gzip(first.as_bytes()), part.repeat(128)].concat();
    let zst = [zstd::encode_all(first.as_bytes(), 1).expect("packed"), zstd.repeat(128)].concat();
    let nested = gzip(&gz);
    assert!(gz.len() < 2 * MIB && zst.len() < MIB && nested.len() < MIB / 10, "they are small");
    vec![("gz", gz), ("zst", zst), ("nested", nested)]
}

/// Runs and returns the peak of resident memory too.
fn peak(garden: &Garden, arguments: &[&str]) -> (Run, usize) {
    let mut command = garden.command(arguments);
    let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("it runs");
    let status = format!("/proc/{}/status", child.id());
    let (stop, stopped) = std::sync::mpsc::channel::<()>();
    let watch = std::thread::spawn(move || {
        let mut peak = 0;
        while stopped.recv_timeout(std::time::Duration::from_millis(5)).is_err() {
            let text = std::fs::read_to_string(&status).unwrap_or_default();
            let line = text.lines().find_map(|line| line.strip_prefix("VmHWM:"));
            let kilobytes = line.and_then(|line| line.trim().trim_end_matches(" kB").parse::<usize>().ok());
            peak = peak.max(kilobytes.unwrap_or(0) * 1024);
        }
        peak
    });
    let output = child.wait_with_output().expect("it ends");
    let _ = stop.send(());
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("UTF-8");
    let code = output.status.code().expect("no signal");
    (Run { code, stdout: text(output.stdout), stderr: text(output.stderr) }, watch.join().expect("joined"))
}

#[test]
fn a_bomb_is_not_unpacked_to_its_end() {
    let garden = Garden::new();
    for (name, bytes) in bombs() {
        garden.write(name, bytes);
        let (run, peak) = peak(&garden, &["triage", "--format", "json", name]);
        let document = run.json();
        assert_eq!((run.code, nothing_lost(&document)), (3, 1), "{name}: what stands before it is read");
        let told = notes(&document);
        assert!(told.contains("LIMIT unpacked_ratio: ") && told.contains("more than 500 times"), "{name}: {told}");
        assert!(peak < 200 * MIB, "{name}: {} MiB", peak / MIB);
    }
    let text = garden.run(&["triage", "zst"]);
    assert!(text.code == 3 && text.stdout.contains("LIMIT unpacked_ratio"), "{}", text.stdout);
    let deep = gzip(&gzip(&gzip(different(3).as_bytes())));
    garden.write("deep", deep);
    let (code, document) = garden.triage("deep");
    assert_eq!((code, nothing_lost(&document)), (3, 0), "archives in archives in archives are no log");
}

#[test]
fn how_far_a_source_may_unpack_can_be_set() {
    let garden = Garden::new();
    let letters = gzip(&vec![b'a'; 4 * MIB]).repeat(18);
    garden.write("letters.gz", letters);
    assert_eq!(garden.run(&["triage", "letters.gz"]).code, 3);
    let run = garden.run(&["triage", "letters.gz", "--format", "json", "--max-unpacked-ratio", "2000"]);
    assert!(!notes(&run.json()).contains("LIMIT"), "{}", run.stdout);
    settings(&garden, "unpacked_ratio = 2000");
    let run = garden.run(&["triage", "letters.gz", "--format", "json"]);
    assert!(!notes(&run.json()).contains("LIMIT"), "{}", run.stdout);
}

#[test]
fn errors_beyond_the_limit_are_counted_together() {
    let garden = Garden::new();
    garden.write("log", different(40));
    let (_, all) = garden.triage("log");
    assert_eq!(all["incidents"].as_array().map(Vec::len), Some(40));
    for options in [&["--max-groups", "10"][..], &[]] {
        settings(&garden, if options.is_empty() { "groups = 10" } else { "groups = 30" });
        let run = garden.run(&[&["triage", "log", "--format", "json"], options].concat());
        let document = run.json();
        assert_eq!((run.code, nothing_lost(&document)), (0, 40));
        assert_eq!(document["incidents"].as_array().map(Vec::len), Some(11));
        assert!(
            notes(&document).contains("LIMIT groups: 30 events of errors beyond the first 10 different ones"),
            "{}",
            notes(&document)
        );
        let rest = document["incidents"].as_array().expect("a list").iter().find(|one| one["entries"] == 30);
        let rest = rest.expect("the rest");
        assert_eq!(rest["title"], "Errors beyond the limit of how many are told apart");
        assert_eq!((&rest["links"], &rest["groups"][0]["exception"]), (&json!([]), &Value::Null));
        let page = garden.run(&[&["report", "log"], options].concat());
        assert!(page.stdout.contains("LIMIT groups: 30 events"), "every report says it");
    }
}

#[test]
fn events_beyond_the_limit_are_counted_and_not_linked() {
    let garden = Garden::new();
    garden.write("log", different(20));
    settings(&garden, "linked_events = 5");
    let (code, document) = garden.triage("log");
    assert_eq!((code, nothing_lost(&document)), (0, 20));
    assert!(notes(&document).contains("LIMIT linked_events: 15 events beyond the first 5"), "{}", notes(&document));
}

#[test]
fn more_files_than_the_limit_are_an_error() {
    let garden = Garden::new();
    for name in ["a", "b", "c"] {
        garden.write(&format!("logs/{name}.ndjson"), different(2));
    }
    settings(&garden, "sources = 2");
    let told = "error: these are more than 2 files\ncaused by: LIMIT sources: nothing was read, for it would not be \
        told which were left out\nhint: name fewer of them, or raise `sources` in [limits] of log-gardener.toml\n";
    for sources in [&["logs"][..], &["logs/*.ndjson"], &["logs/a.ndjson", "logs/b.ndjson", "logs/c.ndjson"]] {
        garden.run(&[&["triage"], sources].concat()).fails(3, told);
    }
    assert_eq!(garden.run(&["triage", "logs/a.ndjson", "logs/b.ndjson", "logs/a.ndjson"]).code, 0, "each once");
    settings(&garden, "sources = 3");
    assert_eq!(garden.run(&["triage", "logs"]).code, 0);
}

#[test]
fn folders_that_lead_into_themselves_end() {
    let garden = Garden::new();
    garden.write("logs/deep/a.ndjson", different(2));
    for name in ["up", "around", "again"] {
        std::os::unix::fs::symlink("..", garden.path(&format!("logs/deep/{name}"))).expect("a link");
    }
    let (code, document) = garden.triage("logs");
    assert_eq!((code, nothing_lost(&document)), (0, 2));
    assert_eq!(garden.run(&["triage", "./logs/**/*.ndjson"]).code, 0, "as it is written by a shell's completion");
    let run = garden.run(&["triage", "--format", "json", "logs/**/*.ndjson"]);
    assert_eq!((run.code, nothing_lost(&run.json())), (0, 2), "{}", run.stderr);
    assert_eq!(garden.run(&["triage", "logs/**/*.none"]).code, 3, "it ends where nothing is found as well");
}

#[test]
fn records_are_bounded_by_settings_as_by_options() {
    let garden = Garden::new();
    let long = entry("long", json!({ "textPayload": format!("it broke {}", "x".repeat(5000)) }));
    garden.write("log", ndjson(&[long]) + &different(3));
    settings(&garden, "record_bytes = 4096");
    let (code, document) = garden.triage("log");
    assert_eq!((code, nothing_lost(&document)), (0, 3));
    assert_eq!(document["coverage"]["sources"][0]["skipped"][0]["reason"], "longer than the limit of 4096 bytes");
    let run = garden.run(&["triage", "log", "--format", "json", "--max-record-bytes", "8192"]);
    assert_eq!(nothing_lost(&run.json()), 4, "the option goes before the settings");
    let frames = "\tat a.b.C.d(C.java:1)\n".repeat(100);
    garden.write("trace.log", format!("2026-09-16 00:40:00 ERROR it broke\njava.lang.Error: x\n{frames}"));
    for (line, told) in [("text_lines = 20", "was cut at 20 lines"), ("text_bytes = 500", "was cut at")] {
        settings(&garden, line);
        let (_, document) = garden.triage("trace.log");
        assert!(notes(&document).contains(told), "{line}: {}", notes(&document));
    }
}

#[test]
fn reports_beyond_the_limit_are_not_written() {
    let garden = Garden::new();
    garden.write("log", different(8));
    settings(&garden, "reports = 3");
    let run = garden.run(&["triage", "log", "--write"]);
    assert_eq!(run.code, 0, "{}", run.stderr);
    let folder = garden.path("reports/2026-09-16/010000Z");
    assert_eq!(std::fs::read_dir(folder.join("incidents")).expect("a folder").count(), 3);
    let told = "LIMIT reports: 8 incidents were found, and the first 3 have reports of their own; triage.json has all";
    let json: Value = serde_json::from_str(&garden.read("reports/2026-09-16/010000Z/triage.json")).expect("JSON");
    assert!(nothing_lost(&json) == 8 && notes(&json).contains(told), "{}", notes(&json));
    assert!(garden.read("reports/2026-09-16/010000Z/worklog.md").contains("incidents were found, and the first 3"));
}

#[test]
fn a_document_beyond_the_limit_is_cut_and_says_so() {
    let garden = Garden::new();
    garden.write("log", different(60));
    settings(&garden, "document_bytes = 20000");
    assert_eq!(garden.run(&["triage", "log", "--write"]).code, 0);
    for (name, end) in [("worklog.md", "has everything.\n"), ("index.html", "has everything.</p>\n")] {
        let page = garden.read(&format!("reports/2026-09-16/010000Z/{name}"));
        assert!(page.len() < 20_400 && page.contains("LIMIT document_bytes: cut here"), "{name}: {}", page.len());
        assert!(page.ends_with(end), "{name}: {}", &page[page.len() - 200..]);
    }
}

#[test]
fn a_users_template_cannot_run_on() {
    let garden = Garden::with_log();
    let refused = |name: &str, text: &str, told: &str| {
        garden.write(&format!("templates/{name}"), text);
        let run = garden.run(&["report", "api.ndjson", "--templates", "templates"]);
        assert!(run.code == 2 && run.stdout.is_empty() && run.stderr.contains(told), "{}", run.stderr);
        assert!(run.stderr.contains("\nhint: "), "{}", run.stderr);
        std::fs::remove_dir_all(garden.path("templates")).expect("removed");
    };
    let loops = "{% for a in range(end=2000) %}{% for b in range(end=2000) %}xyz{% endfor %}{% endfor %}";
    refused("report.md", loops, "LIMIT document_bytes: it renders more than 8388608 bytes of a few events");
    refused("parts/impact.md", "{% include \"parts/impact.md\" %}", "this would be included without end");
    let wide = "{% if run.now %}`{% endif %}".repeat(400) + "{{ incident.title }}";
    refused("report.md", &wide, "its branches leave too many places open to be followed");
    refused("report.md", &"x".repeat(5 * MIB), "such a file has at most 4194304");
}

#[test]
fn a_users_expression_cannot_grow_without_end() {
    let garden = Garden::with_log();
    let ours = include_str!("../patterns/errors/import.toml");
    let at = ours.find("\nmessage ").expect("a message") + 1;
    let end = at + ours[at..].find('\n').expect("a line");
    let theirs = format!("{}message = '''(?<module>(?:\\w{{900}}){{900}})'''{}", &ours[..at], &ours[end..]);
    garden.write("patterns/errors/mine.toml", theirs);
    let run = garden.run(&["triage", "api.ndjson", "--patterns", "patterns"]);
    assert!(
        run.code == 2 && run.stderr.contains("exceeds size limit") && run.stderr.contains("\nhint: "),
        "{}",
        run.stderr
    );
}

#[test]
fn the_name_of_a_field_cannot_be_of_any_length() {
    let garden = Garden::with_log();
    let refused = |run: Run, told: &str| {
        assert_eq!((run.code, run.stdout.as_str()), (2, ""), "{}", run.stderr);
        assert!(run.stderr.contains(told) && run.stderr.contains("\ncaused by: "), "{}", run.stderr);
        assert!(run.stderr.contains("\nhint: "), "{}", run.stderr);
    };
    let fields = |length: usize| format!("[redact]\nfields = [\"jsonPayload.{}\"]\n", "ä".repeat(length));
    garden.write("log-gardener.toml", fields(494));
    let said = json!({ "message": format!("no basket: {}=Kunde-77", "ä".repeat(494)), "ä".repeat(494): "Kunde-77" });
    garden.write("named.ndjson", ndjson(&[entry("n1", json!({ "jsonPayload": said }))]));
    let run = garden.run(&["triage", "named.ndjson", "--format", "json"]);
    assert!(run.code == 0 && run.stdout.contains("no basket") && !run.stdout.contains("Kunde-77"), "{}", run.stdout);
    garden.write("log-gardener.toml", fields(495));
    refused(garden.run(&["triage", "api.ndjson"]), "a name in `[redact] fields` is 1002 bytes long");
    garden.write("log-gardener.toml", "");
    refused(
        garden.run(&["redact", "api.ndjson", "--field", &"x".repeat(1_001)]),
        "a name in `--field` is 1001 bytes long",
    );
}
