//! The ledger under attack: foreign and damaged files, kills at any point, runs at once.
//! Leaves out what it remembers: see `ledger`.

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Barrier;
use std::time::Duration;

use log_gardener::ledger::{Ledger, LedgerError, Taking, Trouble};
use rusqlite::Connection;
use rusqlite::config::DbConfig;
use sha2::{Digest, Sha256};

use crate::memory::*;

fn folder() -> tempfile::TempDir {
    tempfile::tempdir().expect("a temporary folder")
}

/// A ledger with some passes in it, closed.
fn filled(folder: &Path) -> PathBuf {
    let path = folder.join("ledger.db");
    let mut ledger = open(&path);
    let lease = lease(&mut ledger, NOW);
    for serial in 1..40 {
        ledger.remember(&lease, &full(serial), NOW).expect("stored");
    }
    path
}

/// Name and hash of every file of the folder.
fn hashes(folder: &Path) -> Vec<(String, String)> {
    let mut found: Vec<_> = fs::read_dir(folder)
        .expect("listed")
        .map(|file| {
            let path = file.expect("readable").path();
            let hash = fs::read(&path).map(|bytes| format!("{:x}", Sha256::digest(bytes)));
            (path.file_name().expect("a name").to_string_lossy().into_owned(), hash.unwrap_or_default())
        })
        .collect();
    found.sort();
    found
}

/// Both ways of opening refuse with this cause and a hint, and leave every byte of the folder as it was.
fn refused(folder: &Path, path: &Path, cause: &str) -> LedgerError {
    let before = hashes(folder);
    let errors = [Ledger::open(path), Ledger::open_existing(path)].map(|result| result.expect_err("refused"));
    for error in &errors {
        let text = error.to_string();
        assert_eq!(error.trouble, Trouble::Unusable, "{text}");
        assert!(text.contains(cause) && text.contains("\nhint: ") && text.starts_with("error: "), "{text}");
    }
    assert_eq!(hashes(folder), before, "not a byte changed");
    errors.into_iter().next().expect("two")
}

#[test]
fn there_is_none_yet_until_a_run_makes_it() {
    let folder = folder();
    let path = folder.path().join("reports/deeper/ledger.db");
    let error = Ledger::open_existing(&path).expect_err("none yet");
    assert_eq!(error.trouble, Trouble::Missing);
    assert!(error.to_string().contains("hint: the first"), "{error}");
    assert!(!folder.path().join("reports").exists(), "asking makes nothing");
    drop(open(&path));
    let names: Vec<_> = hashes(path.parent().expect("a folder")).into_iter().map(|(name, _)| name).collect();
    assert_eq!(names, ["ledger.db"], "nothing is left beside it");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        assert_eq!(fs::metadata(&path).expect("there").permissions().mode() & 0o777, 0o600);
    }
    let mut ledger = Ledger::open_existing(&path).expect("there");
    let error = ledger.take_lease("run", "a reader", NOW, Duration::from_secs(1)).expect_err("for reading");
    assert!(error.to_string().contains("readonly"), "{error}");
}

#[test]
fn what_is_no_ledger_is_refused_and_left_alone() {
    let folder = folder();
    let inside = |name: &str, content: &[u8]| {
        let path = folder.path().join(name);
        fs::write(&path, content).expect("written");
        path
    };
    refused(folder.path(), folder.path(), "caused by: it is a folder");
    refused(folder.path(), &inside("notes.txt", &b"a note about printers\n".repeat(99)), "it is no SQLite file");
    refused(folder.path(), &inside("short.txt", b"x"), "it has 1 bytes");
    refused(folder.path(), &inside("empty.db", b""), "it has 0 bytes");
    refused(folder.path(), &folder.path().join("notes.txt/ledger.db"), "caused by: ");
    #[cfg(unix)]
    refused(folder.path(), Path::new("/dev/null"), "it is no regular file");
}

#[test]
fn a_database_of_another_program_is_refused_and_left_alone() {
    for mode in ["DELETE", "WAL"] {
        let folder = folder();
        let path = folder.path().join("app.db");
        let other = Connection::open(&path).expect("made");
        other.pragma_update_and_check(None, "journal_mode", mode, |_| Ok(())).expect("set");
        other.execute_batch("CREATE TABLE users (name TEXT); INSERT INTO users VALUES ('kim')").expect("filled");
        if mode == "WAL" {
            // Its program died, and its changes are in its log only.
            other.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true).expect("set");
        }
        drop(other);
        if mode == "WAL" {
            // The index of a log is memory shared by processes, rebuilt at will: no content.
            let _ = fs::remove_file(folder.path().join("app.db-shm"));
            let before = (fs::read(&path).expect("read"), fs::read(folder.path().join("app.db-wal")).expect("read"));
            assert!(Ledger::open(&path).expect_err("refused").to_string().contains("of another program"));
            let after = (fs::read(&path).expect("read"), fs::read(folder.path().join("app.db-wal")).expect("read"));
            assert!(before == after && !before.1.is_empty());
        } else {
            refused(folder.path(), &path, "it is a SQLite file of another program");
            fs::write(folder.path().join("app.db-journal"), "half a transaction").expect("written");
            refused(folder.path(), &path, "an unfinished transaction of another program");
        }
    }
}

#[test]
fn a_newer_ledger_is_refused_and_left_alone() {
    let folder = folder();
    let path = filled(folder.path());
    let raw = Connection::open(&path).expect("open");
    raw.pragma_update(None, "user_version", 99).expect("set");
    drop(raw);
    let error = refused(folder.path(), &path, "its tables have version 99, this program knows versions up to 1");
    assert!(error.hint.expect("a hint").starts_with("update log-gardener"));
    // Newer only in its log, as after a kill of the newer program.
    let raw = Connection::open(&path).expect("open");
    raw.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true).expect("set");
    raw.pragma_update(None, "user_version", 100).expect("set");
    drop(raw);
    let both = || (fs::read(&path).expect("read"), fs::read(folder.path().join("ledger.db-wal")).expect("read"));
    let before = both();
    assert!(Ledger::open(&path).expect_err("refused").to_string().contains("version 100"));
    assert!(before == both() && !before.1.is_empty());
}

#[test]
fn a_damaged_ledger_is_refused_and_left_alone() {
    let folder = folder();
    let path = filled(folder.path());
    let whole = fs::read(&path).expect("read");
    for (keep, cause) in
        [(whole.len() / 2, "malformed"), (5000, "malformed"), (600, "malformed"), (50, "it has 50 bytes")]
    {
        fs::write(&path, &whole[..keep]).expect("written");
        refused(folder.path(), &path, cause);
    }
    let mut holed = whole.clone();
    for page in [3, 5, 8] {
        holed[page * 4096..page * 4096 + 2000].fill(0xA5);
    }
    fs::write(&path, &holed).expect("written");
    let error = refused(folder.path(), &path, "caused by: ");
    assert!(error.to_string().contains("is damaged"), "{error}");
    fs::write(&path, &whole).expect("written");
    assert_eq!(open(&path).passes(99).expect("read").len(), 39);
}

#[test]
fn the_log_of_a_removed_ledger_does_not_get_into_a_new_one() {
    let folder = folder();
    let path = filled(folder.path());
    let raw = Connection::open(&path).expect("open");
    raw.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true).expect("set");
    raw.execute("UPDATE incident SET priority = 'P9'", []).expect("changed");
    drop(raw);
    fs::remove_file(&path).expect("removed");
    let before = hashes(folder.path());
    let error = Ledger::open(&path).expect_err("refused");
    assert!(error.to_string().contains("is gone, but its log is not"), "{error}");
    assert_eq!(hashes(folder.path()), before);
}

#[test]
fn a_folder_that_cannot_be_made_is_said() {
    let folder = folder();
    fs::write(folder.path().join("reports"), "a file").expect("written");
    let error = Ledger::open(&folder.path().join("reports/ledger.db")).expect_err("no folder");
    assert_eq!(error.trouble, Trouble::Unusable);
    assert!(error.to_string().contains("--ledger"), "{error}");
    #[cfg(target_os = "linux")]
    {
        // Nobody can make files there, root neither.
        let error = Ledger::open(Path::new("/proc/ledger.db")).expect_err("no place");
        assert!(
            error.to_string().starts_with("error: cannot create the ledger /proc/ledger.db\ncaused by: "),
            "{error}"
        );
        assert!(error.hint.expect("a hint").contains("--ledger"));
    }
}

#[test]
fn many_first_runs_at_once_make_one_ledger() {
    for _ in 0..5 {
        let folder = folder();
        let path = folder.path().join("ledger.db");
        let start = Barrier::new(6);
        std::thread::scope(|scope| {
            for serial in 0..6 {
                let (path, start) = (&path, &start);
                scope.spawn(move || {
                    start.wait();
                    let mut ledger = open(path);
                    let silence = log_gardener::decision::Silence {
                        id: 0,
                        matches: format!("service:{serial}"),
                        from: NOW,
                        until: at(1),
                        reason: String::new(),
                        by: String::new(),
                    };
                    ledger.add_silence(&silence).expect("stored");
                });
            }
        });
        assert_eq!(open(&path).silences().expect("read").len(), 6);
        assert_eq!(hashes(folder.path()).len(), 1, "{:?}", hashes(folder.path()));
    }
}

#[test]
fn of_two_runs_at_once_one_gets_the_lease() {
    let folder = folder();
    let path = folder.path().join("ledger.db");
    drop(open(&path));
    let start = Barrier::new(2);
    let round = |ledger: &mut Ledger, owner: &str, round: i64| {
        start.wait();
        // Each round is a day later, so that the lease of the last one has ended.
        ledger.take_lease("run", owner, at(round * DAY), Duration::from_secs(60)).expect("asked")
    };
    let wins = |owner: &'static str| {
        let (path, round) = (&path, &round);
        move || {
            let mut ledger = open(path);
            let taken = |number| matches!(round(&mut ledger, owner, number), Taking::Taken(_));
            (0..50).map(taken).collect::<Vec<_>>()
        }
    };
    let (one, two) = std::thread::scope(|scope| {
        let (one, two) = (scope.spawn(wins("one")), scope.spawn(wins("two")));
        (one.join().expect("ended"), two.join().expect("ended"))
    });
    for (round, (one, two)) in one.iter().zip(&two).enumerate() {
        assert!(one ^ two, "round {round}: {one} and {two}");
    }
}

/// Where the child of the next test finds its ledger, and when it begins.
const CHILD: &str = "LEDGER_CHILD";

#[test]
#[ignore = "the test below runs it as a child, and kills it"]
fn child_that_remembers_until_it_is_killed() {
    let told = std::env::var(CHILD).expect("run by its parent");
    let (round, path) = told.split_once(' ').expect("round and path");
    let now = at(round.parse::<i64>().expect("a number") * DAY);
    let mut ledger = open(Path::new(path));
    let lease = lease(&mut ledger, now);
    loop {
        let serial = 1 + ledger.passes(1).expect("read").first().map_or(0, |last| last.id);
        let id = ledger.remember(&lease, &full(serial), now).expect("stored");
        // Half of the orders are carried out, so that kills hit those steps too.
        let order = ledger.orders_of(&format!("incident-{serial:06}")).expect("read").remove(0).id;
        ledger.start(&lease, order, now).expect("begun");
        ledger.done(&lease, order, Some(12), Some(&with_issue("shared", 12)), now).expect("done");
        writeln!(std::io::stdout(), "\nstored {id}").expect("told");
    }
}

#[test]
fn a_kill_at_any_point_leaves_whole_passes_only() {
    let folder = folder();
    let path = folder.path().join("ledger.db");
    let mut acknowledged = 0;
    for round in 0..30 {
        let mut child = Command::new(std::env::current_exe().expect("this test"))
            .args(["--exact", "ledger_faults::child_that_remembers_until_it_is_killed", "--ignored", "--nocapture"])
            .env(CHILD, format!("{round} {}", path.display()))
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("it runs");
        // Spread over the start of the process, the making of the file, and the passes.
        std::thread::sleep(Duration::from_micros(3_000 + 4_700 * (round * 7 % 30)));
        child.kill().expect("killed");
        child.wait().expect("ended");
        let said = BufReader::new(child.stdout.take().expect("piped")).lines().map_while(Result::ok);
        let stored = said.filter_map(|line| line.strip_prefix("stored ")?.parse::<i64>().ok());
        acknowledged = stored.last().unwrap_or(0).max(acknowledged);
        if path.exists() {
            check_whole(&path, acknowledged);
        }
    }
    assert!(acknowledged > 5, "only {acknowledged} passes were stored: the test shows nothing");
}

/// Every pass that was acknowledged is there, and of each pass there is everything.
fn check_whole(path: &Path, acknowledged: i64) {
    let ledger = open(path);
    let passes = ledger.passes(1).expect("read").first().map_or(0, |last| last.id);
    assert!(passes >= acknowledged, "{passes} passes of {acknowledged} are left");
    let raw = Connection::open(path).expect("open");
    let number = |sql: &str| raw.query_row(sql, [], |row| row.get::<_, i64>(0)).expect("a number");
    let check: String = raw.query_row("PRAGMA integrity_check", [], |row| row.get(0)).expect("checked");
    assert_eq!(check, "ok");
    assert_eq!(number("SELECT count(*) FROM pragma_foreign_key_check"), 0);
    let some = i64::from(passes > 0);
    for (sql, expected) in [
        ("SELECT count(*) FROM pass", passes),
        ("SELECT count(*) FROM incident", passes + some),
        ("SELECT count(*) FROM alias", passes),
        ("SELECT count(*) FROM minute", 2 * passes),
        ("SELECT count(*) FROM traffic", passes),
        ("SELECT count(DISTINCT pass_id) FROM transition", passes),
        ("SELECT count(DISTINCT pass_id) FROM decision", passes),
        ("SELECT count(*) FROM decision", 2 * passes),
        ("SELECT count(*) FROM outbox", 2 * passes),
        // The cursor is where the last pass ended.
        ("SELECT coalesce(max(to_ns), 0) = coalesce((SELECT max(to_ns) FROM pass), 0) FROM cursor", 1),
        // An order is never done without the record that says so.
        (
            "SELECT count(*) FROM outbox WHERE state = 'done' AND id = (SELECT max(id) - 1 FROM outbox)
             AND (SELECT issue FROM incident WHERE incident = 'shared') IS NULL",
            0,
        ),
    ] {
        assert_eq!(number(sql), expected, "{sql}");
    }
}
