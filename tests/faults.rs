//! What may go wrong around a run on a Linux machine: full disks, no rights, little memory, closed ends, clocks that
//! jump, inputs that go away. The program says so or goes on; it never leaves half a file and publishes nothing twice.
//! Leaves out kills (`killing.rs`, `ledger_faults.rs`), faults of GitHub and of Cloud Logging (`github.rs`, `cloud_faults.rs`).
#![cfg(target_os = "linux")]

use std::ffi::OsStr;
use std::fs;
use std::io::{Read, Write};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use crate::auditing::{Auditing, NOW, ended, shop};
use crate::bed::{self, Garden, Run};
use crate::memory;

const BINARY: &str = env!("CARGO_BIN_EXE_log-gardener");

/// Runs the binary from a shell that first limits or closes something.
fn limited(all: &Auditing, now: &str, before: &str, arguments: &str, after: &str) -> Output {
    let mut command = all.command(now, &[]);
    let environment: Vec<_> =
        command.get_envs().filter_map(|(name, value)| Some((name.to_owned(), value?.to_owned()))).collect();
    command = Command::new("sh");
    command.args(["-c", &format!("{before} exec {BINARY} {arguments} {after}")]);
    command.current_dir(all.garden.path(".")).env_clear().env("PATH", "/usr/bin:/bin").envs(environment);
    command.env("LOG_GARDENER_GITHUB_FIRST_WAIT_MS", "1").output().expect("it runs")
}

fn said(output: &Output) -> String {
    [&output.stdout, &output.stderr].map(|bytes| String::from_utf8_lossy(bytes)).concat()
}

/// No file below a folder is a part of one; every document ends as it should.
fn whole(folder: &Path) -> usize {
    let mut files = 0;
    for item in fs::read_dir(folder).into_iter().flatten() {
        let path = item.expect("readable").path();
        if path.is_dir() {
            files += whole(&path);
            continue;
        }
        let name = path.file_name().expect("a name").to_string_lossy().into_owned();
        let bytes = fs::read(&path).expect("read");
        match path.extension().and_then(OsStr::to_str) {
            Some("md" | "txt" | "html" | "sh" | "json") if !name.starts_with('.') => {
                assert!(bytes.ends_with(b"\n"), "{} is cut: {} bytes", path.display(), bytes.len());
                files += 1;
            }
            _ => {}
        }
    }
    files
}

#[test]
fn a_disk_that_is_full_is_said_and_leaves_nothing_half() {
    let all = Auditing::new();
    // Files may grow to so many blocks of 512 bytes: one disk after another is full a little later.
    for blocks in [0, 1, 2, 4, 8, 16, 24, 32, 48, 64, 96, 128, 192, 256] {
        for ignored in ["trap '' XFSZ;", ""] {
            let before = format!("{ignored} ulimit -f {blocks};");
            let output = limited(&all, NOW, &before, "audit shop.ndjson --publish", "");
            let said = said(&output);
            assert!(!said.contains("panicked"), "{blocks}: {said}");
            match output.status.code() {
                Some(0) | None => {}
                Some(2..=4) => {
                    assert!(said.contains("error: ") && said.contains("caused by: "), "{blocks}: {said}");
                }
                other => panic!("{blocks}: {other:?} {said}"),
            }
            whole(&all.garden.path("reports"));
            assert!(all.hub.with(|store| store.issues.len()) <= 1, "opened twice with {blocks} blocks");
        }
    }
    let run = all.audit("2026-03-10T09:41:00Z", &["--publish"]);
    assert_eq!((run.code, all.hub.with(|store| store.issues.len())), (0, 1), "{}", run.stderr);
    assert!(whole(&all.garden.path("reports")) > 5);
}

#[test]
fn a_small_disk_of_its_own_is_told_from_a_large_one() {
    let all = Auditing::new();
    let disk = all.garden.path("disk");
    fs::create_dir(&disk).expect("made");
    let mount = |size: &str| {
        let mut mount = Command::new("mount");
        mount.args(["-t", "tmpfs", "-o", &format!("size={size}"), "none"]).arg(&disk);
        mount.stderr(Stdio::null()).status().is_ok_and(|status| status.success())
    };
    if !mount("16k") {
        println!("note: this user may not mount; a disk of its own is not tried");
        return;
    }
    let publish = ["--publish", "--ledger", "disk/ledger.db", "--out", "disk/reports"];
    let mut outcomes = Vec::new();
    for size in [16, 40, 64, 96, 128, 160, 200, 240, 280, 320, 400, 600, 2000] {
        let mut again = Command::new("mount");
        let grown = again.args(["-o", &format!("remount,size={size}k")]).arg(&disk).status();
        assert!(grown.is_ok_and(|status| status.success()));
        let run = all.audit(NOW, &publish);
        outcomes.push((size, run.code, run.stderr));
        whole(&disk);
    }
    let umounted = Command::new("umount").arg(&disk).status().expect("it runs");
    assert!(umounted.success());
    for (size, code, stderr) in &outcomes {
        assert!(*code == 0 || stderr.contains("error: ") && stderr.contains("hint: "), "{size} KiB: {code} {stderr}");
    }
    let last = outcomes.last().expect("runs");
    assert_eq!((last.1, all.hub.with(|store| store.issues.len())), (0, 1), "{}", last.2);
    assert!(
        outcomes.iter().any(|(_, code, stderr)| *code != 0 && stderr.to_lowercase().contains("full")
            || stderr.contains("No space left")),
        "{outcomes:?}"
    );
}

/// Runs as nobody, for whom the rights of files count; `None` where that cannot be.
fn as_nobody(garden: &Garden, arguments: &[&str]) -> Option<Run> {
    let mut command = Command::new("setpriv");
    command.args(["--reuid", "65534", "--regid", "65534", "--clear-groups", "--", BINARY]).args(arguments);
    command.current_dir(garden.path(".")).env_clear().env("PATH", "/usr/bin:/bin").env("LOG_GARDENER_NOW", NOW);
    let run = ended(command.stdin(Stdio::null()));
    (!run.stderr.contains("setpriv")).then_some(run)
}

#[test]
fn folders_that_may_not_be_read_or_written_are_said() {
    let garden = Garden::new();
    garden.write("logs/open/a.ndjson", shop("shop-1", 30, 36, true)).write("logs/shut/b.ndjson", "{}\n");
    garden.write("file.ndjson", shop("shop-1", 30, 36, true));
    let mode = |name: &str, mode: u32| {
        fs::set_permissions(garden.path(name), fs::Permissions::from_mode(mode)).expect("set");
    };
    mode(".", 0o755);
    mode("logs/shut", 0o700);
    if as_nobody(&garden, &["--version"]).is_none_or(|run| run.code != 0) {
        println!("note: this user cannot be another; rights are not tried");
        return;
    }
    let runs = [
        (3, &["triage", "logs"][..], "logs/shut"),
        (4, &["triage", "file.ndjson", "--write"], "reports"),
        (2, &["audit", "file.ndjson"], "reports"),
        (4, &["audit", "file.ndjson", "--ledger", "/tmp/log-gardener-nobody/l.db"], "reports"),
        (4, &["templates", "file.ndjson", "--assignments", "out.txt"], "out.txt"),
    ];
    for (code, arguments, named) in runs {
        let run = as_nobody(&garden, arguments).expect("as before");
        assert_eq!(run.code, code, "{arguments:?}: {}", run.stderr);
        assert!(run.stderr.contains(named) && run.stderr.contains("ermission denied"), "{arguments:?}: {}", run.stderr);
    }
    let _ = fs::remove_dir_all("/tmp/log-gardener-nobody");
    mode("logs/shut", 0o755);
}

#[test]
fn an_end_that_is_closed_is_no_failure_and_no_panic() {
    let all = Auditing::new();
    assert_eq!(all.audit(NOW, &[]).code, 0);
    let commands = [
        "triage shop.ndjson",
        "triage shop.ndjson --format json",
        "triage shop.ndjson --format markdown",
        "parse shop.ndjson",
        "templates shop.ndjson",
        "templates shop.ndjson --format json",
        "report shop.ndjson --incident fb7955d7",
        "report shop.ndjson --incident fb7955d7 --format html",
        "issue shop.ndjson --incident fb7955d7",
        "audit shop.ndjson",
        "audit shop.ndjson --format json",
        "incidents list",
        "incidents show fb7955d7",
        "incidents history fb7955d7",
        "why fb7955d7",
        "patterns list",
        "patterns check",
        "patterns explain 'KeyError: 1'",
        "completions bash",
        "man",
        "--help",
        "--version",
        "same -e 'a 1' -e 'a 2'",
        "lint README.md",
        "silence list",
        "locks list",
        "why fb7955d7 shop.ndjson",
        "verify README.md --against shop.ndjson",
        "tail shop.ndjson --from-start --stop-after 1s",
    ];
    all.garden.write("README.md", "# A report\n\nNothing happened.\n");
    for arguments in commands {
        let usual = limited(&all, NOW, "", arguments, "");
        // The reader has gone before the first byte is written.
        let child = all.command(NOW, &[]);
        let environment: Vec<_> =
            child.get_envs().filter_map(|(name, value)| Some((name.to_owned(), value?.to_owned()))).collect();
        let mut child = Command::new("sh");
        child.args(["-c", &format!("sleep 0.05; exec {BINARY} {arguments}")]).current_dir(all.garden.path("."));
        child.env_clear().env("PATH", "/usr/bin:/bin").envs(environment);
        let mut child = child.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("it runs");
        drop(child.stdout.take());
        let mut stderr = String::new();
        child.stderr.take().expect("piped").read_to_string(&mut stderr).expect("read");
        let status = child.wait().expect("it ends");
        assert_eq!(status.code(), usual.status.code(), "{arguments}: {stderr}");
        assert!(!stderr.contains("roken pipe") && !stderr.contains("panicked"), "{arguments}: {stderr}");
        // Ends that are not there at all, and messages that nobody takes.
        for after in ["<&-", ">&-", "2>&-", "<&- >&- 2>&-", "2>/dev/full"] {
            let output = limited(&all, NOW, "", arguments, after);
            assert_eq!(output.status.code(), usual.status.code(), "{arguments} {after}: {}", said(&output));
        }
    }
    // Standard input that is closed is no log, and no sign of health.
    let output = limited(&all, NOW, "", "triage -", "<&-");
    assert_eq!(output.status.code(), Some(3), "{}", said(&output));
}

#[test]
fn little_memory_ends_a_run_without_a_trace_of_it() {
    let all = Auditing::new();
    let large: String = (0..200).map(|_| shop("shop-1", 30, 36, true)).collect();
    all.garden.write("shop.ndjson", large);
    let mut ended_early = 0;
    for kibibytes in [16_000, 24_000, 32_000, 48_000, 64_000, 96_000, 128_000, 192_000, 256_000] {
        let output = limited(&all, NOW, &format!("ulimit -v {kibibytes};"), "audit shop.ndjson --publish", "");
        ended_early += u32::from(output.status.code() != Some(0));
        whole(&all.garden.path("reports"));
        assert!(all.hub.with(|store| store.issues.len()) <= 1, "opened twice at {kibibytes} KiB");
    }
    println!("{ended_early} of 9 runs had too little memory");
    assert!(ended_early > 0, "the limits are too wide to show anything");
    let run = all.audit("2026-03-10T09:41:00Z", &["--publish"]);
    assert_eq!((run.code, all.hub.with(|store| store.issues.len())), (0, 1), "{}", run.stderr);
}

#[test]
fn clocks_that_jump_between_passes_open_nothing_twice() {
    let all = Auditing::new();
    for now in [
        NOW,
        "2026-03-10T09:39:00Z",
        "2020-01-01T00:00:00Z",
        "1970-01-01T00:00:00Z",
        "2026-03-10T09:41:00Z",
        "2099-12-31T23:59:59Z",
        "2026-03-10T09:42:00Z",
        "2026-03-10T09:42:00Z",
    ] {
        let run = all.audit(now, &["--publish"]);
        assert!(matches!(run.code, 0 | 3), "{now}: {} {}", run.code, run.stderr);
        assert!(all.hub.with(|store| store.issues.len()) <= 1, "{now}: opened twice");
    }
    let open = all.hub.with(|store| store.issues.values().filter(|issue| issue.open).count());
    assert_eq!(open, 1, "the issue was opened, and no clock closed it");
}

#[test]
fn an_input_that_goes_away_while_another_is_read_is_said() {
    let garden = Garden::new();
    garden.write("b.ndjson", shop("shop-1", 33, 36, true));
    let fifo = garden.path("a.fifo");
    assert!(Command::new("mkfifo").arg(&fifo).status().expect("it runs").success());
    let mut command = garden.command(&["triage", "a.fifo", "b.ndjson", "--format", "json"]);
    let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("it runs");
    // Opening it waits until the program reads; by then it has seen that the other is there.
    let mut pipe = fs::OpenOptions::new().write(true).open(&fifo).expect("opened");
    fs::remove_file(garden.path("b.ndjson")).expect("removed");
    pipe.write_all(shop("shop-1", 30, 33, true).as_bytes()).expect("written");
    drop(pipe);
    let output = child.wait_with_output().expect("it ends");
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(3), "{stderr}");
    assert!(stderr.contains("b.ndjson"), "{stderr}");
    assert!(stderr.starts_with("error: cannot read b.ndjson\ncaused by: "), "{stderr}");
}

#[test]
fn a_pipe_that_never_ends_is_left_at_a_signal() {
    for signal in ["TERM", "INT"] {
        let garden = Garden::new();
        let fifo = garden.path("endless.fifo");
        assert!(Command::new("mkfifo").arg(&fifo).status().expect("it runs").success());
        for arguments in [&["triage", "endless.fifo", "--write"][..], &["tail", "-"]] {
            let mut command = garden.command(arguments);
            if arguments[0] == "tail" {
                command.stdin(Stdio::piped());
            }
            let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("it runs");
            let pipe =
                (arguments[0] == "triage").then(|| fs::OpenOptions::new().write(true).open(&fifo).expect("opened"));
            if let Some(mut pipe) = pipe.as_ref() {
                pipe.write_all(shop("shop-1", 30, 36, true).as_bytes()).expect("written");
            }
            std::thread::sleep(Duration::from_millis(300));
            let sent = Command::new("kill").args([format!("-{signal}"), child.id().to_string()]).status();
            assert!(sent.is_ok_and(|status| status.success()));
            let begun = Instant::now();
            while child.try_wait().expect("waited").is_none() {
                assert!(begun.elapsed() < Duration::from_secs(30), "{arguments:?} does not end at {signal}");
                std::thread::sleep(Duration::from_millis(10));
            }
            assert!(!garden.path("reports").exists(), "nothing was written");
        }
    }
}

#[test]
fn calls_that_are_interrupted_are_made_again() {
    let garden = Garden::new();
    let mut command = garden.command(&["triage", "-", "--format", "json"]);
    let mut child =
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("it runs");
    let mut stdin = child.stdin.take().expect("piped");
    let id = child.id().to_string();
    let log = shop("shop-1", 30, 50, true);
    let writer = std::thread::spawn({
        let log = log.clone();
        move || {
            // Stopped and continued while it waits for more: what it waits in is interrupted.
            for part in log.as_bytes().chunks(log.len() / 8 + 1) {
                for signal in ["-STOP", "-CONT", "-WINCH"] {
                    let _ = Command::new("kill").args([signal, &id]).status();
                }
                if stdin.write_all(part).is_err() {
                    return;
                }
            }
        }
    });
    let output = child.wait_with_output().expect("it ends");
    writer.join().expect("written");
    let calm = garden.run_with(&["triage", "-", "--format", "json"], log.as_bytes());
    assert_eq!(String::from_utf8_lossy(&output.stdout), calm.stdout, "{}", String::from_utf8_lossy(&output.stderr));
}

#[test]
fn names_that_are_no_text_are_read_or_refused() {
    let garden = Garden::new();
    let name = OsStr::from_bytes(b"logs/caf\xe9 \xff\x1b[31m.ndjson");
    fs::create_dir(garden.path("logs")).expect("made");
    fs::write(garden.path(".").join(name), shop("shop-1", 30, 36, true)).expect("written");
    for format in ["text", "json", "markdown"] {
        let run = garden.run(&["triage", "logs", "--format", format]);
        assert_eq!(run.code, 0, "{}", run.stderr);
        assert!(!bed::steers(&run.stdout) && run.stdout.contains("caf"), "{}", run.stdout);
    }
    let mut command = garden.command(&["triage"]);
    let run = ended(command.arg(name));
    assert!(matches!(run.code, 0 | 2) && !bed::steers(&run.stderr), "{} {}", run.code, run.stderr);
    // A folder that bears such a name, for what is written.
    let mut command = garden.command(&["triage", "logs", "--out"]);
    let run = ended(command.arg(OsStr::from_bytes(b"out\xff")));
    assert!(matches!(run.code, 0 | 2), "{} {}", run.code, run.stderr);
}

/// The highest use of memory of a plan over a ledger with so many open incidents, KiB, the processor's time that it took,
/// hundredths of a second, and what it printed.
fn plan_over(open: i64) -> (u64, u64, String) {
    let all = Auditing::new();
    let path = all.garden.path("many.db");
    let mut ledger = memory::open(&path);
    let lease = memory::lease(&mut ledger, memory::NOW);
    let mut outcome = memory::empty(memory::pass(0, memory::MINUTE));
    outcome.records = (0..open)
        .map(|number| {
            let mut record = memory::with_issue(&format!("{number:032x}"), number as u64 + 1);
            record.source = "shop.ndjson".to_string();
            record.kin.template = format!("printer {number:x} jammed");
            record
        })
        .collect();
    outcome.pass.source = "shop.ndjson".to_string();
    ledger.remember(&lease, &outcome, memory::NOW).expect("stored");
    drop(ledger);
    let mut command =
        all.command("2026-09-16T02:00:00Z", &["audit", "shop.ndjson", "--ledger", "many.db", "--format", "json"]);
    command.env_remove("GITHUB_TOKEN").env_remove("GITHUB_REPOSITORY");
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("it runs");
    let mut out = child.stdout.take().expect("piped");
    let printed = std::thread::spawn(move || {
        let mut text = String::new();
        out.read_to_string(&mut text).expect("read");
        text
    });
    let (mut highest, mut ticks) = (0, 0);
    let status = loop {
        let times = fs::read_to_string(format!("/proc/{}/stat", child.id())).unwrap_or_default();
        let times = times.rsplit(") ").next().unwrap_or("").split(' ').skip(11).take(2);
        ticks = ticks.max(times.filter_map(|text| text.parse::<u64>().ok()).sum());
        let status = fs::read_to_string(format!("/proc/{}/status", child.id())).unwrap_or_default();
        let water =
            status.lines().find_map(|line| line.strip_prefix("VmHWM:")?.trim().strip_suffix(" kB")?.parse().ok());
        highest = highest.max(water.unwrap_or(0));
        match child.try_wait().expect("waited") {
            Some(status) => break status,
            None => std::thread::sleep(Duration::from_millis(5)),
        }
    };
    let mut stderr = String::new();
    child.stderr.take().expect("piped").read_to_string(&mut stderr).expect("read");
    assert_eq!(status.code(), Some(0), "{stderr}");
    (highest, ticks, printed.join().expect("read"))
}

#[test]
fn ten_thousand_open_incidents_take_little_memory() {
    let (few, quick, _) = plan_over(1_000);
    let (many, slow, printed) = plan_over(10_000);
    println!("{few} KiB, {quick}0 ms with 1,000 open incidents; {many} KiB, {slow}0 ms with 10,000");
    assert!(printed.contains("fb7955d7"), "the one that was seen is told");
    // A record is some hundred bytes; ten times as many must not take ten times of what the rest takes.
    assert!(many < few + 9_000 * 12, "{few} KiB with 1,000, {many} KiB with 10,000");
}
