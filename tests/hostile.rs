//! Damaged and hostile sources, through the real binary: each ends in a result whose coverage says what is
//! missing, or in a clear error. Leaves out hostile fields (`hostile_fields`) and size (`hostile_size`).

use std::io::Write;
use std::time::Duration;

use serde_json::{Value, json};

use crate::bed::{self, Garden, entry, ndjson, nothing_lost};

fn log() -> String {
    let entries: Vec<Value> =
        (0..20).map(|n| entry(&format!("h{n}"), json!({ "textPayload": format!("disk {} is full", n % 2) }))).collect();
    ndjson(&entries)
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    packed.write_all(bytes).expect("packed");
    packed.finish().expect("packed")
}

fn utf_16(text: &str, big: bool) -> Vec<u8> {
    let order = |unit: u16| if big { unit.to_be_bytes() } else { unit.to_le_bytes() };
    text.encode_utf16().flat_map(order).collect()
}

/// Asserts exit code, events and a part of what the coverage says.
#[track_caller]
fn check(name: &str, bytes: &[u8], code: i32, events: u64, says: &str) -> Value {
    let garden = Garden::new();
    garden.write(name, bytes);
    let run = garden.run(&["triage", "--format", "json", name]);
    let document = run.json();
    assert_eq!((run.code, nothing_lost(&document)), (code, events), "{name}: {}\n{}", run.stderr, document["coverage"]);
    let coverage = document["coverage"].to_string();
    assert!(coverage.contains(says), "{name}: {says} is not in {coverage}");
    document
}

#[test]
fn encodings() {
    let log = log();
    check("bom", &[&[0xef, 0xbb, 0xbf], log.as_bytes()].concat(), 0, 20, "ndjson");
    check("le", &[&[0xff, 0xfe][..], &utf_16(&log, false)].concat(), 0, 20, "stored as utf-16");
    check("be", &[&[0xfe, 0xff][..], &utf_16(&log, true)].concat(), 0, 20, "stored as utf-16");
    check("unmarked", &utf_16(&log, false), 0, 20, "stored as utf-16");
    let broken: Vec<u8> = log.replace("disk 1", "disk \u{1}").bytes().map(|b| if b == 1 { 0xff } else { b }).collect();
    check("invalid", &broken, 0, 20, "10 records held bytes that are not UTF-8");
    let lines = "2026-09-16 00:40:00 INFO ready\n".repeat(20);
    let zeros = format!("{lines}\0\0\0\02026-09-16 00:40:01 ERROR it \0broke\0\n\0\0");
    check("zeros.log", zeros.as_bytes(), 0, 1, "\"entries\":21");
    check("nul", ndjson(&[entry("n", json!({ "textPayload": "it \0 broke" }))]).as_bytes(), 0, 1, "ndjson");
}

#[test]
fn what_is_no_log() {
    let program: Vec<u8> =
        [&b"\x7fELF\x02\x01\x01"[..], &[0; 64]].concat().into_iter().chain((0..=255).cycle().take(50_000)).collect();
    check("program", &program, 3, 0, "binary, not a log");
    let noise: Vec<u8> = (0u32..50_000).map(|n| (n.wrapping_mul(2_654_435_761) >> 13) as u8).collect();
    check("noise", &noise, 3, 0, "binary, not a log");
    check("blank", &[b'\n'; 10_000], 3, 0, "the source is empty");
    check("returns", &[b'\r'; 10_000], 3, 0, "the source is empty");
    check("numbers.json", b"[{}, 2, null, \"x\", []]", 3, 0, "not a log entry");
}

#[test]
fn cut_in_the_middle() {
    let log = log();
    check("cut.ndjson", &log.as_bytes()[..log.len() - 20], 3, 19, "cut off inside the record at line 20");
    let array = format!("[{}]", log.trim_end().replace('\n', ",\n"));
    check("whole.json", array.as_bytes(), 0, 20, "\"skipped\":[]");
    check("cut.json", &array.as_bytes()[..array.len() - 20], 3, 19, "cut off");
    check("open.json", &array.as_bytes()[..array.len() - 1], 3, 20, "the list is not closed");
    check("bracket", b"[", 3, 0, "cut off");
}

#[test]
fn damaged_archives() {
    let text = (0..200).map(|n| log().replace("\"h", &format!("\"{n}h"))).collect::<String>();
    let packed = gzip(text.as_bytes());
    let garden = Garden::new();
    garden.write("cut.gz", &packed[..packed.len() / 2]);
    let (code, document) = garden.triage("cut.gz");
    assert!(code == 3 && nothing_lost(&document) > 100, "what could be unpacked is read");
    assert!(document["coverage"]["notes"].to_string().contains("the input is damaged after line"));
    let zstd = zstd::encode_all(text.as_bytes(), 1).expect("packed");
    garden.write("cut.zst", &zstd[..zstd.len() / 2]);
    let (code, document) = garden.triage("cut.zst");
    assert_eq!(code, 3);
    nothing_lost(&document);
    check("trailing.gz", &[&gzip(log().as_bytes())[..], b"garbage"].concat(), 3, 20, "the input is damaged");
    check("two.gz", &[gzip(log().as_bytes()), gzip(log().as_bytes())].concat(), 0, 20, "\"duplicates\":20");
    check("none.gz", &gzip(b""), 3, 0, "the source is empty");
    garden.write("head.gz", b"\x1f\x8b\x08");
    let cut = "error: cannot read head.gz\ncaused by: unexpected end of file\nhint: it is damaged or was cut; copy it again\n";
    garden.run(&["triage", "head.gz"]).fails(3, cut);
    let templates = garden.run(&["templates", "cut.gz"]);
    assert_eq!((templates.code, templates.stdout.as_str()), (3, ""));
    assert!(templates.stderr.starts_with("error: cannot read cut.gz to its end\ncaused by: "), "{}", templates.stderr);
    assert!(templates.stderr.contains("incomplete deflate stream"), "{}", templates.stderr);
}

#[test]
fn depth_without_end() {
    let log = log();
    let deep = |open: &str, close: &str| format!("{}{}", open.repeat(200_000), close.repeat(200_000));
    check("lists", deep("[", "").as_bytes(), 3, 0, "could not be read");
    check("objects", deep("{\"a\":", "").as_bytes(), 3, 0, "could not be read");
    check("closed", format!("{}\n{log}", deep("[", "]")).as_bytes(), 0, 20, "lists inside lists");
    for (name, deep) in [("inner-lists", deep("[", "]")), ("inner-objects", deep("{\"a\":", "}").replace(":}", ":1}"))]
    {
        let record =
            format!("{{\"insertId\":\"d\",\"logName\":\"l\",\"severity\":\"ERROR\",\"jsonPayload\":{deep}}}\n{log}");
        check(name, record.as_bytes(), 0, 20, "recursion limit exceeded");
    }
}

#[test]
fn json_that_only_some_parsers_take() {
    let twice = br#"{"insertId":"a","insertId":"b","logName":"l","severity":"INFO","severity":"ERROR","textPayload":"x","textPayload":"it broke"}"#;
    check("twice", twice, 0, 1, "ndjson");
    let lone = br#"{"insertId":"a","logName":"l","severity":"ERROR","textPayload":"it \ud800 broke \udc00"}"#;
    check("surrogates", lone, 0, 1, "ndjson");
    let numbers = ["1e999", "-1e999", "-0", "0.1e-999", &"1".repeat(400), "NaN", "Infinity", "-Infinity"];
    let records: String = numbers
        .iter()
        .enumerate()
        .map(|(n, number)| {
            format!(
                "{{\"insertId\":\"n{n}\",\"logName\":\"l\",\"severity\":\"ERROR\",\"jsonPayload\":{{\"message\":\"it broke\",\"n\":{number},\"list\":[{number}]}}}}\n"
            )
        })
        .collect();
    check("numbers", records.as_bytes(), 0, numbers.len() as u64, "\"skipped\":[]");
}

#[test]
fn no_record_is_longer_than_the_limit() {
    let garden = Garden::new();
    garden.write("log", log());
    let run = garden.run(&["triage", "log", "--format", "json", "--max-record-bytes", "1"]);
    assert_eq!((run.code, &run.json()["coverage"]["sources"][0]["skipped_total"]), (3, &json!(20)));
    let long = entry("long", json!({ "textPayload": format!("it broke {}", "x".repeat(5000)) }));
    garden.write("mixed", ndjson(&[long]) + &log());
    let run = garden.run(&["triage", "mixed", "--format", "json", "--max-record-bytes", "4096"]);
    assert_eq!((run.code, nothing_lost(&run.json())), (0, 20));
    assert_eq!(run.json()["coverage"]["sources"][0]["skipped"][0]["reason"], "longer than the limit of 4096 bytes");
}

#[cfg(unix)]
#[test]
fn folders_with_loops_pipes_and_strange_names() {
    let garden = Garden::new();
    let name = "logs/new\nline \u{1b}[31mred.ndjson";
    garden.write(name, log()).write("logs/.hidden", "ERROR hidden\n").write("logs/deep/empty", "");
    std::os::unix::fs::symlink("..", garden.path("logs/deep/up")).expect("a link");
    std::os::unix::fs::symlink("loop", garden.path("logs/loop")).expect("a link");
    assert!(std::process::Command::new("mkfifo").arg(garden.path("logs/pipe")).status().expect("it runs").success());
    let (code, document) = garden.triage("logs");
    assert_eq!((code, nothing_lost(&document)), (0, 20), "a pipe in a folder is not waited for");
    assert_eq!(document["coverage"]["sources"].as_array().map(Vec::len), Some(2));
    let text = garden.run(&["triage", "logs"]);
    assert!(!bed::steers(&text.stdout) && !bed::steers(&text.stderr), "{text:?}");
    let report = garden.run(&["report", "logs"]);
    assert!(!bed::steers(&report.stdout), "{}", report.stdout);
    garden.run(&["triage", "logs/loop"]).fails(
        3,
        "error: cannot read logs/loop\ncaused by: Too many levels of symbolic links (os error 40)\nhint: check the path\n",
    );
}

#[cfg(unix)]
#[test]
fn a_pipe_by_name_is_read_to_its_end() {
    let garden = Garden::new();
    let pipe = garden.path("pipe");
    assert!(std::process::Command::new("mkfifo").arg(&pipe).status().expect("it runs").success());
    let writer = std::thread::spawn(move || std::fs::write(pipe, log()));
    let (code, document) = garden.triage("pipe");
    assert_eq!((code, nothing_lost(&document)), (0, 20));
    writer.join().expect("joined").expect("written");
}

#[test]
fn a_file_that_grows_is_read_to_where_it_ended() {
    let garden = Garden::new();
    garden.write("log", log());
    let mut file = std::fs::OpenOptions::new().append(true).open(garden.path("log")).expect("open");
    let (stop, stopped) = std::sync::mpsc::channel::<()>();
    let writer = std::thread::spawn(move || {
        let mut n = 0;
        while stopped.recv_timeout(Duration::from_millis(1)).is_err() && n < 5000 {
            n += 1;
            let line = ndjson(&[entry(&format!("g{n}"), json!({ "textPayload": "disk 3 is full" }))]);
            let (first, second) = line.split_at(40);
            let _ = file.write_all(first.as_bytes()).and_then(|()| file.write_all(second.as_bytes()));
        }
    });
    for _ in 0..2 {
        let (code, document) = garden.triage("log");
        assert!(code == 0 || code == 3, "{code}");
        assert!(nothing_lost(&document) >= 20);
    }
    drop(stop);
    writer.join().expect("joined");
}
