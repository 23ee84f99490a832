//! What goes wrong around an audit: settings, tokens, ledgers, two runs at once; each with its exit code.
//! Leaves out faults of GitHub in the middle of writing: see `github_crash.rs`.

use std::process::Stdio;
use std::time::{Duration, Instant};

use crate::auditing::{Auditing, NOW, ended, shop};
use crate::fake_github::{self, Fate};

#[test]
fn the_exit_codes_are_those_of_the_readme() {
    let all = Auditing::new();
    assert_eq!(all.audit(NOW, &["--fail-on", "P0"]).code, 0);
    assert_eq!(all.audit(NOW, &["--fail-on", "P1"]).code, 1);
    assert_eq!(all.audit(NOW, &["--every", "soon"]).code, 2);
    let gone = all.run(NOW, &["audit", "gone.ndjson"]);
    assert!(gone.code == 3 && gone.stdout.is_empty(), "{}{}", gone.stdout, gone.stderr);
    all.garden.write("empty.ndjson", "");
    let empty = all.run(NOW, &["audit", "empty.ndjson"]);
    assert_eq!(empty.code, 3);
    assert_eq!(empty.stderr.matches("error: no log entries were read").count(), 1, "{}", empty.stderr);
    // The reports cannot be written where a file stands.
    assert_eq!(all.audit(NOW, &["--out", "shop.ndjson"]).code, 4);
    let run = all.audit(NOW, &["--every", "1m", "--until", NOW]);
    assert!(run.code == 2 && run.stderr.starts_with("error: --every cannot be used with --now or --until\n"));
}

#[test]
fn wrong_settings_are_told_with_file_and_line() {
    let all = Auditing::new();
    all.garden.write("log-gardener.toml", "[audit]\npasses = 2\nrefresh = \"often\"\n");
    all.audit(NOW, &[]).fails(
        2,
        "error: wrong settings in log-gardener.toml\n\
         caused by: TOML parse error at line 3, column 11\n  |\n3 | refresh = \"often\"\n  |           ^^^^^^^\n\
         `often` is no duration: write 30s, 15m or 6h\n\
         hint: the README lists every setting\n",
    );
    assert!(!all.garden.path("reports").exists(), "nothing was begun");
}

#[test]
fn publishing_needs_a_repository_and_a_token_that_works() {
    let all = Auditing::new();
    let mut command = all.command(NOW, &["audit", "shop.ndjson", "--publish"]);
    let run = ended(command.env_remove("GITHUB_TOKEN"));
    assert!(
        run.code == 2 && run.stderr.contains("caused by: there is no token for GitHub\nhint: set GITHUB_TOKEN"),
        "{}",
        run.stderr
    );
    let mut command = all.command(NOW, &["audit", "shop.ndjson", "--publish"]);
    let run = ended(command.env_remove("GITHUB_REPOSITORY"));
    assert!(
        run.code == 2 && run.stderr.starts_with("error: no repository is named\nhint: name it with"),
        "{}",
        run.stderr
    );
    let mut command = all.command(NOW, &["audit", "shop.ndjson", "--publish"]);
    let run = ended(command.env("GITHUB_TOKEN", "a-wrong-token"));
    assert_eq!((run.code, run.stdout.as_str()), (4, ""), "{}", run.stderr);
    assert!(!run.stderr.contains("a-wrong-token") && run.stderr.contains("hint: "), "{}", run.stderr);
    let run = all.audit(NOW, &["--repository", "wick", "--publish"]);
    assert!(run.code == 2 && run.stderr.contains("`wick` is no repository"), "{}", run.stderr);
    // In plain text a token goes to this machine only.
    let mut command = all.command(NOW, &["audit", "shop.ndjson", "--publish"]);
    let run = ended(command.env("GITHUB_API_URL", "http://ghe.example/api/v3"));
    assert!(run.code == 2 && run.stderr.contains("it is not encrypted"), "{}", run.stderr);
    assert_eq!(all.writes(), 0);
}

#[test]
fn a_refused_write_ends_with_4_and_the_next_run_goes_on() {
    let all = Auditing::new();
    all.hub.script(|_, request| match request.writes() && request.path.ends_with("/issues") {
        true => Fate::Instead(fake_github::answer::error(403, "Resource not accessible by personal access token")),
        false => Fate::Right,
    });
    let run = all.audit(NOW, &["--publish"]);
    assert_eq!(run.code, 4, "{}", run.stderr);
    assert!(run.stdout.contains("-> not written yet; the next run goes on with it"), "{}", run.stdout);
    assert!(
        run.stderr.contains("error: cannot open the issue of fb7955d7 (the next run goes on with it)\ncaused by: ")
    );
    all.hub.heal();
    let run = all.audit("2026-03-10T09:50:00Z", &["--publish"]);
    assert_eq!((run.code, all.hub.with(|store| store.issues.len())), (0, 1), "{}", run.stderr);
}

#[test]
fn a_ledger_that_is_damaged_or_newer_is_left_as_it_is() {
    let all = Auditing::new();
    all.garden.write("reports/ledger.db", "x".repeat(4096));
    let run = all.audit(NOW, &["--publish"]);
    assert!(run.code == 2 && run.stderr.starts_with("error: reports/ledger.db is no ledger\n"), "{}", run.stderr);
    assert_eq!(all.garden.read("reports/ledger.db"), "x".repeat(4096));
    assert_eq!(all.audit(NOW, &["--ledger", "new.db"]).code, 0);
    let newer = rusqlite::Connection::open(all.garden.path("new.db")).expect("opened");
    newer.pragma_update(None, "user_version", 999).expect("set");
    drop(newer);
    let run = all.audit(NOW, &["--ledger", "new.db"]);
    assert!(run.code == 2 && run.stderr.contains("newer"), "{}", run.stderr);
    let missing = all.run(NOW, &["incidents", "list", "--ledger", "none.db"]);
    assert!(
        missing.code == 2 && missing.stderr.contains("the first `log-gardener audit` makes it"),
        "{}",
        missing.stderr
    );
    assert!(!all.garden.path("none.db").exists());
    assert_eq!(all.writes(), 0);
}

#[test]
fn of_two_runs_at_once_the_second_gives_way() {
    let all = Auditing::new();
    // The first run gets its first answer once the second has been turned away.
    let (go, wait) = std::sync::mpsc::channel();
    all.hub.script(move |number, _| {
        if number == 0 {
            let _ = wait.recv_timeout(Duration::from_secs(60));
        }
        Fate::Right
    });
    let mut first = all.command(NOW, &["audit", "shop.ndjson", "--publish"]);
    let mut first = first.stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("it runs");
    let begun = Instant::now();
    while all.hub.asked().is_empty() {
        assert!(begun.elapsed() < Duration::from_secs(20), "the first run asks");
        std::thread::sleep(Duration::from_millis(10));
    }
    let second = all.audit(NOW, &["--publish"]);
    assert_eq!((second.code, second.stdout.as_str()), (3, ""));
    go.send(()).expect("the first run waits");
    assert!(second.stderr.starts_with("error: another run is at work\ncaused by: "), "{}", second.stderr);
    assert!(first.wait().expect("it ends").success());
    assert_eq!(all.hub.with(|store| store.issues.len()), 1);
    // A run that died holds nothing up.
    all.garden.write("shop.ndjson", shop("shop-00041", 30, 37, true));
    all.hub.script(|_, _| {
        std::thread::sleep(Duration::from_secs(2));
        Fate::Right
    });
    let asked = all.hub.asked().len();
    let mut killed = all.command(NOW, &["audit", "shop.ndjson", "--publish"]);
    let mut killed = killed.stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("it runs");
    let begun = Instant::now();
    while all.hub.asked().len() == asked && begun.elapsed() < Duration::from_secs(20) {
        std::thread::sleep(Duration::from_millis(10));
    }
    killed.kill().expect("killed");
    killed.wait().expect("it ends");
    all.hub.heal();
    assert_eq!(all.audit(NOW, &["--publish"]).code, 0);
}

#[test]
fn a_reader_that_goes_away_is_no_failure() {
    let all = Auditing::new();
    let mut command = all.command(NOW, &["audit", "shop.ndjson", "--publish"]);
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().expect("it runs");
    drop(child.stdout.take());
    assert_eq!(child.wait().expect("it ends").code(), Some(0));
    assert_eq!(all.hub.with(|store| store.issues.len()), 1, "it was published all the same");
}
