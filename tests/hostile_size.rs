//! Input of any size in bounded memory, measured from outside: endless lines, bombs, long lists.
//! Leaves out speed. The full sizes run on request: `cargo test --release -- --ignored`.

#![cfg(target_os = "linux")]

use std::io::{Read, Write};
use std::process::{ChildStdin, Stdio};

use serde_json::{Value, json};

use crate::bed::{Garden, entry};

const MIB: usize = 1 << 20;
/// What no input may exceed: the limit of one record (16 MiB) a few times over, and the patterns.
const MOST: usize = 200 * MIB;

/// Runs with what `write` sends to stdin; returns the exit code, stdout and the peak of resident memory.
fn run(arguments: &[&str], write: impl FnOnce(&mut ChildStdin) + Send + 'static) -> (i32, String, usize) {
    let garden = Garden::new();
    let mut child = garden
        .command(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("it runs");
    let mut stdin = child.stdin.take().expect("piped");
    let status = format!("/proc/{}/status", child.id());
    let writer = std::thread::spawn(move || write(&mut stdin));
    let mut peak = 0;
    let mut stdout = child.stdout.take().expect("piped");
    let reader = std::thread::spawn(move || {
        let mut text = String::new();
        stdout.read_to_string(&mut text).map(|_| text)
    });
    let code = loop {
        // The kernel keeps the peak itself; it is lost when the process ends, so it is read while it runs.
        peak = peak.max(high_water(&status));
        if let Some(ended) = child.try_wait().expect("it can be waited for") {
            break ended.code().expect("no signal");
        }
        std::thread::sleep(std::time::Duration::from_millis(2));
    };
    writer.join().expect("written");
    (code, reader.join().expect("joined").expect("text"), peak)
}

fn high_water(status: &str) -> usize {
    let text = std::fs::read_to_string(status).unwrap_or_default();
    let line = text.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.and_then(|line| line.trim().trim_end_matches(" kB").parse::<usize>().ok()).unwrap_or(0) * 1024
}

#[track_caller]
fn check(arguments: &[&str], code: i32, write: impl FnOnce(&mut ChildStdin) + Send + 'static) -> Value {
    let (ended, stdout, peak) = run(arguments, write);
    assert_eq!(ended, code, "{stdout}");
    assert!(peak < MOST, "{} MiB", peak / MIB);
    assert!(peak > 0);
    serde_json::from_str(&stdout).unwrap_or(Value::Null)
}

const TRIAGE: [&str; 4] = ["triage", "-", "--format", "json"];

fn last() -> String {
    format!("{}\n", entry("last", json!({ "textPayload": "disk 7 is full" })))
}

/// Sends `head`, `mebibytes` of the letter a, `tail`, and an entry on a line of its own.
fn long(head: &'static str, mebibytes: usize, tail: &'static str) -> impl FnOnce(&mut ChildStdin) + Send {
    move |stdin| {
        let block = vec![b'a'; MIB];
        let _ = stdin.write_all(head.as_bytes());
        for _ in 0..mebibytes {
            let _ = stdin.write_all(&block);
        }
        let _ = stdin.write_all(tail.as_bytes()).and_then(|()| stdin.write_all(last().as_bytes()));
    }
}

fn one_line(mebibytes: usize) {
    let document = check(&TRIAGE, 0, long("ERROR ", mebibytes, "\n"));
    assert_eq!(document["coverage"]["events"], 1, "{}", document["coverage"]);
    let reason = format!("a line of {} bytes is longer than the limit of 16777216", mebibytes * MIB + 6);
    assert_eq!(document["coverage"]["sources"][0]["skipped"][0]["reason"], reason);
}

#[test]
fn one_line_of_40_mib() {
    one_line(40);
}

#[test]
#[ignore = "the full size takes a while in a debug build"]
fn one_line_of_1_gib() {
    one_line(1024);
}

#[test]
fn one_long_json_string() {
    let document = check(&TRIAGE, 0, long("{\"insertId\":\"x\",\"logName\":\"l\",\"textPayload\":\"", 24, "\"}\n"));
    assert_eq!(document["coverage"]["events"], 1, "{}", document["coverage"]);
    let reason = "longer than the limit of 16777216 bytes";
    assert_eq!(document["coverage"]["sources"][0]["skipped"][0]["reason"], reason);
    let document = check(&TRIAGE, 0, long("[{\"insertId\":\"x\",\"logName\":\"l\",\"textPayload\":\"", 20, "\"}]\n"));
    assert_eq!(document["coverage"]["events"], 1, "{}", document["coverage"]);
}

#[test]
fn templates_and_parse_of_an_endless_line() {
    check(&["templates", "-", "--format", "json"], 0, long("x ", 20, "\n"));
    check(&["parse", "-"], 0, long("x ", 20, "\n"));
}

/// Returns gzip of `lines` copies of a line.
fn bomb(line: &str, lines: usize) -> Vec<u8> {
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    let block = line.repeat(1000);
    for _ in 0..lines / 1000 {
        packed.write_all(block.as_bytes()).expect("packed");
    }
    packed.finish().expect("packed")
}

fn bombs(mebibytes: usize) {
    let zeros = bomb(&"\0".repeat(1024), mebibytes * 1024);
    assert!(zeros.len() < mebibytes * MIB / 50);
    let document = check(&TRIAGE, 3, move |stdin| drop(stdin.write_all(&zeros)));
    assert_eq!(document["coverage"]["entries"], 0);
    // Without line ends every one is a line, and all of them together are cut records.
    let line = format!("{}\n", "a".repeat(8191));
    let lines = bomb(&line, mebibytes * 128);
    // A pipe that is not read to its end is closed, and one that unpacks to too much is not read to its end.
    let far = mebibytes * MIB > lines.len() * 500 + 64 * MIB;
    let document = check(&TRIAGE, if far { 3 } else { 0 }, move |stdin| drop(stdin.write_all(&lines)));
    assert_eq!(document["coverage"]["events"], 0);
}

#[test]
fn a_bomb_of_8_mib() {
    bombs(8);
}

#[test]
#[ignore = "the full size takes a while in a debug build"]
fn a_bomb_of_1_gib() {
    bombs(1024);
}

#[test]
fn a_trace_without_end_is_cut() {
    let document = check(&TRIAGE, 0, |stdin| {
        let _ = stdin.write_all(b"2026-09-16 00:40:00 ERROR it broke\njava.lang.Error: x\n");
        for _ in 0..40 {
            let _ = stdin.write_all("\tat a.b.C.d(C.java:1)\n".repeat(1000).as_bytes());
        }
    });
    let notes = document["coverage"]["notes"].to_string();
    assert!(notes.contains("was cut at 10000 lines"), "{notes}");
}
