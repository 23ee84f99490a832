//! `tail`: incidents as they emerge, from a growing file, through a rotation, and from stdin.
//! Leaves out how incidents are found.

use std::fs::OpenOptions;
use std::io::{BufRead, BufReader, Write};
use std::process::Stdio;
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use serde_json::{Value, json};

use crate::bed::{Garden, entry, ndjson};

/// News as they are printed; a test that waits in vain for one fails after this.
const PATIENCE: Duration = Duration::from_secs(20);

fn news(garden: &Garden, arguments: &[&str]) -> (std::process::Child, Receiver<Value>) {
    let mut child = garden
        .command(&[&["tail", "--format", "json", "--stop-after", "60s"], arguments].concat())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("it runs");
    let (send, receive) = channel();
    let lines = BufReader::new(child.stdout.take().expect("piped")).lines();
    let mut stderr = BufReader::new(child.stderr.take().expect("piped"));
    let mut ready = String::new();
    // It says when it follows; what is written before that may count as old.
    stderr.read_line(&mut ready).expect("a line");
    assert!(ready.starts_with("following "), "{ready}");
    std::thread::spawn(move || {
        for line in lines.map_while(Result::ok) {
            let _ = send.send(serde_json::from_str(&line).expect("JSON"));
        }
    });
    (child, receive)
}

fn failure(id: &str, second: u32, text: &str) -> String {
    ndjson(&[entry(id, json!({ "textPayload": text, "timestamp": format!("2026-09-16T00:40:{second:02}Z") }))])
}

#[test]
fn incidents_are_told_once_and_again_when_they_grow() {
    let garden = Garden::new();
    garden.write("app.log", failure("old", 0, "disk quota of tenant 1 is used up"));
    let (mut child, news) = news(&garden, &["app.log"]);
    let append = |text: &str| {
        let mut file = OpenOptions::new().append(true).open(garden.path("app.log")).expect("open");
        file.write_all(text.as_bytes()).expect("written");
    };
    append(&failure("a", 1, "printer 7 jammed"));
    let first = news.recv_timeout(PATIENCE).expect("news of the first incident");
    assert_eq!((&first["news"], &first["incident"]["entries"]), (&json!("new"), &json!(1)), "old entries are not news");
    assert!(first["incident"]["groups"][0]["samples"][0]["quote"].to_string().contains("printer 7 jammed"));
    // The same again is no news, something else is.
    append(&failure("b", 2, "printer 9 jammed"));
    append(&failure("c", 3, "paper tray of floor two is empty"));
    let second = news.recv_timeout(PATIENCE).expect("news of the second incident");
    assert_eq!((&second["news"], second["incident"]["root"] == first["incident"]["root"]), (&json!("new"), false));
    for number in 0..9 {
        append(&failure(&format!("d{number}"), 4, "printer 3 jammed"));
    }
    let grown = news.recv_timeout(PATIENCE).expect("news of growth");
    assert_eq!((&grown["news"], &grown["incident"]["root"]), (&json!("grew"), &first["incident"]["root"]));
    assert!(grown["incident"]["entries"].as_u64() >= Some(10));
    // A rotated log goes on under the same name.
    std::fs::rename(garden.path("app.log"), garden.path("app.log.1")).expect("renamed");
    garden.write("app.log", failure("e", 9, "scanner lid is open"));
    let rotated = news.recv_timeout(PATIENCE).expect("news after the rotation");
    assert!(rotated["incident"]["groups"][0]["samples"][0]["quote"].to_string().contains("scanner lid"));
    child.kill().expect("ended");
    child.wait().expect("waited for");
}

#[test]
fn stdin_ends_the_command_when_it_is_closed() {
    let garden = Garden::new();
    let (mut child, news) = news(&garden, &["-"]);
    let mut stdin = child.stdin.take().expect("piped");
    // A trace that is written line by line is one event.
    for line in ["Traceback (most recent call last):", "  File \"/srv/app/mill.py\", line 3, in grind", "    stones[9]"]
    {
        writeln!(stdin, "{line}").expect("written");
        stdin.flush().expect("flushed");
        std::thread::sleep(Duration::from_millis(60));
    }
    write!(stdin, "IndexError: list index out of range").expect("written");
    drop(stdin);
    let only = news.recv_timeout(PATIENCE).expect("news");
    assert_eq!(only["incident"]["groups"][0]["exception"]["type"], json!("IndexError"));
    assert_eq!(child.wait().expect("ended").code(), Some(0));
    assert!(news.recv_timeout(Duration::from_millis(500)).is_err(), "one trace is one incident");
}

#[test]
fn what_cannot_be_followed_is_said() {
    let garden = Garden::new();
    std::fs::create_dir(garden.path("folder")).expect("a folder");
    garden.write("folder/a.log", "x\n");
    garden.write("folder/b.log", "x\n");
    garden
        .run(&["tail", "folder"])
        .fails(2, "error: 2 sources were named, one is followed\nhint: name one file, or pipe lines in and name `-`\n");
    let run = garden.run(&["tail", "none.log"]);
    assert!(run.code == 3 && run.stderr.starts_with("error: cannot "), "{}", run.stderr);
    garden
        .run(&["tail", "-", "--window", "soon"])
        .fails(2, "error: `soon` is no duration for --window\nhint: write it as 30s, 15m or 1h\n");
}

#[test]
fn what_was_not_read_is_never_told_as_done() {
    let garden = Garden::new();
    garden.write("empty.log", "").write("old.log", failure("old", 0, "printer 7 jammed"));
    let nothing = "error: no log entries were read\ncaused by: nothing came in while it was followed\n\
        hint: no entries is no sign of health; --from-start reads what was there before\n";
    for (arguments, from) in [
        (["tail", "empty.log", "--stop-after", "1s"], "empty.log"),
        (["tail", "old.log", "--stop-after", "1s"], "old.log"),
        (["tail", "-", "--window", "1h"], "-"),
    ] {
        let run = garden.run_with(&arguments, b"");
        assert_eq!((run.code, run.stdout.as_str()), (3, ""), "{from}: {}", run.stderr);
        assert!(run.stderr.ends_with(nothing), "{from}: {}", run.stderr);
    }
    assert_eq!(garden.run(&["tail", "old.log", "--from-start", "--stop-after", "1s"]).code, 0);
    // A healthy line that came in was read.
    assert_eq!(garden.run_with(&["tail", "-"], b"2026-09-16T00:40:00Z INFO ready\n").code, 0);
}

#[test]
fn a_file_that_is_gone_is_told() {
    let garden = Garden::new();
    garden.write("app.log", failure("old", 0, "printer 7 jammed"));
    let mut child = garden
        .command(&["tail", "app.log", "--from-start", "--stop-after", "5s"])
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .expect("it runs");
    let mut lines = BufReader::new(child.stderr.take().expect("piped")).lines().map_while(Result::ok);
    assert!(lines.next().is_some_and(|line| line.starts_with("following ")));
    std::thread::sleep(Duration::from_millis(500));
    std::fs::remove_file(garden.path("app.log")).expect("removed");
    let said: Vec<String> = lines.collect();
    let told = [
        "app.log is gone; waiting for a file of this name",
        "error: app.log was not read to its end",
        "caused by: no file of this name is there any more",
        "hint: if it was rotated, name the file that is written now",
    ];
    assert_eq!(said, told);
    assert_eq!(child.wait().expect("ended").code(), Some(3));
}
