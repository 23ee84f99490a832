//! Words that nobody may see are planted wherever a secret of ours may stand, every command is run against servers that
//! fail in every way, and then all that it printed, wrote, passed on or ran is searched for them.
//! Leaves out secrets in logs: those are not ours. `cloud_credentials.rs` tests each kind of credentials of Google.
#![cfg(unix)]

use std::fs;
use std::io::{Read, Write};
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use regex::Regex;
use serde_json::json;

use crate::auditing::{self, Auditing, NOW, Repository};
use crate::fake_github::{self, Fate, Reply, answer};

/// What every planted word holds; it reads like a token, and stands nowhere else.
const CANARY: &str = "kanarienvogel";

/// A key that is none, in a file of the form that Google's have.
fn key_file() -> String {
    let secret = |place: &str| format!("{CANARY}-{place}");
    json!({
        "type": "service_account", "client_email": "a@p.iam.gserviceaccount.com", "token_uri": "http://127.0.0.1:9/token",
        "private_key": secret("google-key"), "private_key_id": secret("google-key-id"),
        "client_secret": secret("google-secret"), "refresh_token": secret("google-refresh"),
    })
    .to_string()
}

/// A proxy that refuses with what it was asked, and the address under which it is named, with a password.
fn proxy() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let at = listener.local_addr().expect("an address");
    std::thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let mut asked = [0; 4096];
            let count = stream.read(&mut asked).unwrap_or(0);
            let asked = String::from_utf8_lossy(&asked[..count]).into_owned();
            let head = "HTTP/1.1 407 Proxy Authentication Required\r\nContent-Type: text/plain\r\n";
            let _ = stream.write_all(format!("{head}Content-Length: {}\r\n\r\n{asked}", asked.len()).as_bytes());
        }
    });
    format!("http://me:{CANARY}-proxy@{at}")
}

/// A git that notes what it is told, and then is git.
const NOSY_GIT: &str =
    "#!/bin/sh\n{ echo \"$@\"; env; } >> \"$0.heard\"\nPATH=/usr/bin:/bin:/usr/local/bin exec git \"$@\"\n";

struct Planted {
    all: Auditing,
    proxy: String,
}

impl Planted {
    fn new() -> Planted {
        let all = Auditing::new();
        all.garden.write("keys/google.json", key_file());
        all.garden.write("keys/token", format!("{CANARY}-token-file\n"));
        all.garden.write(
            "keys/app.pem",
            format!("-----BEGIN RSA PRIVATE KEY-----\n{CANARY}-app\n-----END RSA PRIVATE KEY-----\n"),
        );
        for key in ["google.json", "token", "app.pem"] {
            fs::set_permissions(all.garden.path(&format!("keys/{key}")), fs::Permissions::from_mode(0o600))
                .expect("set");
        }
        all.garden.write("bin/git", NOSY_GIT);
        fs::set_permissions(all.garden.path("bin/git"), fs::Permissions::from_mode(0o755)).expect("set");
        let hook = "[[webhook]]\nurl_env = \"TEAM_HOOK\"\nkind = \"slack\"\n";
        all.garden.write("log-gardener.toml", format!("{}{hook}", auditing::EAGER));
        Planted { all, proxy: proxy() }
    }

    /// Returns a command in whose environment every secret is one of the planted words.
    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = self.all.command(NOW, arguments);
        let path = format!("{}:/usr/bin:/bin:/usr/local/bin", self.all.garden.path("bin").display());
        command.env("PATH", path).env("HOME", self.all.garden.path("home"));
        for name in ["GITHUB_TOKEN", "GH_TOKEN", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "GOOGLE_BEARER_TOKEN"] {
            command.env(name, format!("{CANARY}-{name}"));
        }
        command
            .env("TEAM_HOOK", format!("http://127.0.0.1:1/services/{CANARY}-hook"))
            .env("AWS_ACCESS_KEY_ID", "AKIA0000000000000000")
            .env("AWS_REGION", "eu-central-1")
            .env("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
            .env("GOOGLE_APPLICATION_CREDENTIALS", self.all.garden.path("keys/google.json"))
            .env("HTTPS_PROXY", &self.proxy)
            .env("LOG_GARDENER_GITHUB_FIRST_WAIT_MS", "1")
            .env("LOG_GARDENER_GCP_ATTEMPTS", "1")
            .env("LOG_GARDENER_BUCKET_TIMEOUT", "2");
        command
    }

    /// Runs a command to its end and searches what it printed.
    fn run(&self, what: &str, command: &mut Command) -> String {
        let output = command.output().expect("it runs");
        let said = [output.stdout, output.stderr].map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).concat();
        assert!(!said.contains(CANARY), "{what} printed a secret:\n{said}");
        assert!(!said.contains("panicked"), "{what}:\n{said}");
        said
    }

    /// Searches every file but the keys themselves.
    fn search(&self, what: &str) -> usize {
        search(&self.all.garden.path("."), what)
    }
}

fn search(folder: &Path, what: &str) -> usize {
    let mut searched = 0;
    for item in fs::read_dir(folder).expect("listed") {
        let path = item.expect("readable").path();
        if path.is_dir() {
            searched += if path.ends_with("keys") { 0 } else { search(&path, what) };
        } else {
            let bytes = fs::read(&path).expect("read");
            let found = memchr::memmem::find(&bytes, CANARY.as_bytes());
            assert_eq!(found, None, "{what} wrote a secret into {}", path.display());
            searched += 1;
        }
    }
    searched
}

/// What a server does with a request.
type Manner = Box<dyn Fn(&fake_github::Request) -> Fate + Send>;

/// Every way in which a server may fail; some repeat what they were sent.
fn failures() -> Vec<(&'static str, Manner)> {
    let echo = |status: u16| {
        move |request: &fake_github::Request| {
            let sent: Vec<String> = request.headers.iter().map(|(name, value)| format!("{name}: {value}")).collect();
            Fate::Instead(answer::error(status, &format!("you sent {}", sent.join(", "))))
        }
    };
    let away = |_: &fake_github::Request| {
        let to = format!("Location: https://me:{CANARY}-redirect@evil.example/?a={CANARY}-query\r\n");
        Fate::Instead(Reply { status: 302, headers: to, body: json!(null) })
    };
    vec![
        ("refused with an echo", Box::new(echo(401))),
        ("forbidden with an echo", Box::new(echo(403))),
        ("gone with an echo", Box::new(echo(404))),
        ("invalid with an echo", Box::new(echo(422))),
        ("redirected", Box::new(away)),
        ("cut", Box::new(|_| Fate::Cut(3))),
        ("garbled", Box::new(|_| Fate::Garbled("<html>"))),
        ("lost", Box::new(|_| Fate::LostBefore)),
    ]
}

#[test]
fn no_command_shows_a_secret_whatever_fails() {
    let planted = Planted::new();
    let code = Repository::new(&planted.all.garden, &[("shop/prices.py", "RATES = {}\n"), ("CODEOWNERS", "* @kim\n")]);
    code.commit("more", &[("shop/api.py", "import prices\n")]);
    let log = "shop.ndjson";
    let commands: &[&[&str]] = &[
        &["triage", log],
        &["triage", log, "--format", "json", "--repo", "code"],
        &["triage", log, "--write"],
        &["report", log, "--incident", "fb7955d7", "--repo", "code"],
        &["report", log, "--incident", "fb7955d7", "--format", "html"],
        &["issue", log, "--incident", "fb7955d7"],
        &["audit", log],
        &["audit", log, "--repo", "code", "--out", "again", "--ledger", "again/ledger.db"],
        &["incidents", "list"],
        &["incidents", "show", "fb7955d7"],
        &["incidents", "history", "fb7955d7"],
        &["why", "fb7955d7"],
        &["why-issue", "1"],
        &["silence", "add", "service:api", "--until", "2h", "--reason", "moved"],
        &["silence", "list"],
        &["parse", log],
        &["templates", log],
        &["patterns", "check"],
        &["same", "-e", "a 1", "-e", "a 2"],
        &["verify", "log-gardener.toml", "--against", log],
        &["lint", "log-gardener.toml"],
        &["completions", "bash"],
        &["man"],
        &["--help"],
        &["audit", "--help"],
        &["doctor", "gcp://wickshop"],
        &["triage", "gcp://wickshop"],
        &["fetch", "gcp://wickshop", "--out", "fetched.ndjson"],
        &["triage", "gs://wick-logs/app"],
        &["triage", "s3://wick-logs/app"],
        &["resolve", "fb7955d7", "--since", "2026-03-10T09:36:00Z", log],
    ];
    for arguments in commands {
        planted.run(&arguments.join(" "), &mut planted.command(arguments));
    }
    let writing: &[&[&str]] = &[
        &["audit", log, "--publish"],
        &["locks", "list"],
        &["locks", "take", "1"],
        &["resolve", "fb7955d7", "--since", "2026-03-10T09:36:00Z", log, "--publish"],
    ];
    for (what, fate) in failures() {
        planted.all.hub.script(move |_, request| fate(request));
        for arguments in writing {
            planted.run(&format!("{} ({what})", arguments.join(" ")), &mut planted.command(arguments));
        }
    }
    let heard = planted.all.garden.read("bin/git.heard");
    assert!(heard.contains("cat-file") && heard.contains("GIT_OPTIONAL_LOCKS=0"), "git was asked");
    let searched = planted.search("a run");
    println!("{} runs, {searched} files searched", commands.len() + failures().len() * writing.len());
    assert!(searched > 40, "{searched} files");
}

#[test]
fn no_setting_that_is_wrong_shows_a_secret() {
    let planted = Planted::new();
    let log = "shop.ndjson";
    // Keys in files, good and bad, and GitHub behind a proxy with a password.
    for (name, value) in [
        ("LOG_GARDENER_GITHUB_TOKEN_FILE", planted.all.garden.path("keys/token").display().to_string()),
        ("LOG_GARDENER_GITHUB_APP_KEY_FILE", planted.all.garden.path("keys/app.pem").display().to_string()),
        ("GITHUB_API_URL", format!("https://me:{CANARY}-url@ghe.example/api/v3")),
        ("GITHUB_API_URL", format!("https://ghe.example/api/v3?key={CANARY}-url")),
        ("GITHUB_API_URL", "https://ghe.example/api/v3".to_owned()),
        ("GITHUB_REPOSITORY", format!("https://{CANARY}-url@github.com/wick/shop")),
        ("TEAM_HOOK", format!("{CANARY}-no-address")),
    ] {
        let mut command = planted.command(&["audit", log, "--publish"]);
        command.env("LOG_GARDENER_GITHUB_APP_ID", "7").env(name, &value);
        if name != "LOG_GARDENER_GITHUB_APP_KEY_FILE" {
            command.env_remove("LOG_GARDENER_GITHUB_APP_ID");
        }
        planted.run(&format!("audit with {name}"), &mut command);
        planted.run(&format!("a plan with {name}"), planted.command(&["audit", log]).env(name, &value));
    }
    planted.search("an audit");
}

#[test]
fn no_argument_takes_a_secret() {
    let planted = Planted::new();
    let secret = Regex::new(r"(?i)--[a-z-]*(token|password|secret|api-key)").expect("a regex");
    let mut texts = vec![planted.run("--help", &mut planted.command(&["--help"]))];
    for command in
        ["triage", "report", "issue", "audit", "tail", "fetch", "doctor", "locks", "resolve", "verify", "lint"]
    {
        texts.push(planted.run(command, &mut planted.command(&[command, "--help"])));
    }
    for text in texts {
        assert_eq!(secret.find(&text), None, "{text}");
    }
    // Who tries all the same hears that there is no such option, and the word is not repeated.
    for wrong in [format!("--token={CANARY}"), format!("--github-token={CANARY}"), format!("--password={CANARY}")] {
        planted.run("a wrong option", &mut planted.command(&["audit", "shop.ndjson", &wrong]));
    }
}

#[cfg(target_os = "linux")]
#[test]
fn no_process_is_started_with_a_secret() {
    let planted = Planted::new();
    Repository::new(&planted.all.garden, &[("shop/prices.py", "RATES = {}\n")]);
    planted.all.hub.script(|_, _| {
        std::thread::sleep(Duration::from_millis(300));
        Fate::Right
    });
    let mut command = planted.command(&["audit", "shop.ndjson", "--publish", "--repo", "code"]);
    let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("it runs");
    let begun = Instant::now();
    let mut seen = 0;
    while child.try_wait().expect("waited").is_none() && begun.elapsed() < Duration::from_secs(120) {
        for process in fs::read_dir("/proc").expect("listed").flatten() {
            // Processes come and go; of other tests' one that holds the word none may be, either.
            let line = fs::read(process.path().join("cmdline")).unwrap_or_default();
            let ours = process.file_name().to_string_lossy() == child.id().to_string();
            seen += usize::from(ours && !line.is_empty());
            assert_eq!(memchr::memmem::find(&line, CANARY.as_bytes()), None, "{}", String::from_utf8_lossy(&line));
        }
    }
    assert!(child.wait().expect("ended").code().is_some() && seen > 0, "it was looked at");
}

#[test]
fn a_key_that_everyone_may_read_is_warned_of() {
    let planted = Planted::new();
    let path = planted.all.garden.path("keys/token");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).expect("set");
    let mut command = planted.command(&["audit", "shop.ndjson", "--publish"]);
    let said = planted.run("audit", command.env("LOG_GARDENER_GITHUB_TOKEN_FILE", &path));
    let path = path.display();
    let warning =
        format!("warning: {path} holds a secret and everyone on this machine may read it\nhint: chmod 600 {path}\n");
    assert!(said.contains(&warning), "{said}");
    let said = planted.run("audit", &mut planted.command(&["audit", "shop.ndjson", "--publish"]));
    assert!(!said.contains("may read it"), "{said}");
}

#[test]
fn a_command_of_the_named_settings_gives_the_token() {
    let all = Auditing::new();
    let helper = format!("{}[github]\ntoken_command = [\"echo\", \"{}\"]\n", auditing::EAGER, fake_github::TOKEN);
    all.garden.write("helped.toml", &helper);
    let run = |more: &[&str]| {
        let mut command = all.command(NOW, &[&["audit", "shop.ndjson", "--publish"], more].concat());
        auditing::ended(command.env_remove("GITHUB_TOKEN").env("PATH", "/usr/bin:/bin"))
    };
    let helped = run(&["--settings", "helped.toml"]);
    assert_eq!((helped.code, all.hub.with(|store| store.issues.len())), (0, 1), "{}", helped.stderr);
    // In the working directory may lie what others wrote.
    let asked = all.hub.asked().len();
    for line in [helper, format!("{}[github]\napi = \"https://evil.example\"\n", auditing::EAGER)] {
        all.garden.write("log-gardener.toml", line);
        let found = run(&[]);
        assert_eq!(found.code, 2);
        assert!(found.stderr.contains("decides who is given a token, and this file was not named"), "{}", found.stderr);
    }
    assert_eq!(all.hub.asked().len(), asked);
}

#[test]
fn the_text_of_a_secret_is_taken_out_in_few_places() {
    let taken = Regex::new(r"\.reveal\(\)").expect("a regex");
    let mut places = Vec::new();
    let mut folders = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("src")];
    while let Some(folder) = folders.pop() {
        for item in fs::read_dir(folder).expect("listed") {
            let path = item.expect("readable").path();
            if path.is_dir() {
                folders.push(path);
            } else if let Ok(text) = fs::read_to_string(&path) {
                let name = path.strip_prefix(env!("CARGO_MANIFEST_DIR")).expect("below").display().to_string();
                places.extend(taken.find_iter(&text).map(|_| name.clone()));
            }
        }
    }
    places.sort();
    assert_eq!(places, ["src/publish/github/app.rs", "src/publish/github/wire.rs", "src/publish/webhook.rs"]);
}

/// Files and folders hold text of logs: they are their owner's alone, and who opened one to others meant it.
#[test]
fn what_is_written_is_its_owners_alone() {
    let all = Auditing::new();
    fs::create_dir(all.garden.path("keys")).expect("made");
    // Whatever the umask allows.
    let binary = env!("CARGO_BIN_EXE_log-gardener");
    let script = format!(
        "umask 000; {binary} audit shop.ndjson --out out --ledger state/deep/ledger.db >/dev/null; \
         {binary} triage shop.ndjson --write >/dev/null; \
         {binary} templates shop.ndjson --assignments lines.txt >/dev/null"
    );
    let mut shell = Command::new("sh");
    shell.args(["-c", &script]).current_dir(all.garden.path(".")).env_clear().env("LOG_GARDENER_NOW", NOW);
    auditing::ended(&mut shell);
    let mut looked = 0;
    let mut folders = vec![all.garden.path("out"), all.garden.path("state"), all.garden.path("reports")];
    while let Some(folder) = folders.pop() {
        let mode = |path: &Path| fs::metadata(path).expect("there").permissions().mode() & 0o777;
        assert_eq!(mode(&folder), 0o700, "{}", folder.display());
        for item in fs::read_dir(&folder).expect("listed") {
            let path = item.expect("readable").path();
            match path.is_dir() {
                true => folders.push(path),
                false => assert_eq!(mode(&path), 0o600, "{}", path.display()),
            }
            looked += 1;
        }
    }
    assert!(looked > 20, "{looked}");
}
