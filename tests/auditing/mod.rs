//! A bed for the audit loop: the real binary, a folder of its own, a GitHub on the loopback, and a log of a shop
//! whose prices fail. Leaves out what is expected of it; the tests say that.

#![allow(unreachable_pub)]

use std::process::Command;

use serde_json::{Value, json};

use crate::bed::{Garden, Run, ndjson};
use crate::fake_github::{FakeGitHub, TOKEN};

/// The first pass of most tests. The stand-in's own clock stands at 10:00 of this day.
pub const NOW: &str = "2026-03-10T09:40:00Z";

/// Every incident gets an issue, in the first pass that sees it.
pub const EAGER: &str = "[audit]\npasses = 1\nevents = 1\nleast = \"P3\"\n";

pub struct Auditing {
    pub garden: Garden,
    pub hub: FakeGitHub,
}

impl Auditing {
    /// Returns a bed with `shop.ndjson` in which prices failed from 09:30 to 09:35, and eager settings.
    pub fn new() -> Auditing {
        let garden = Garden::new();
        garden.write("shop.ndjson", shop("shop-00041", 30, 36, true));
        garden.write("log-gardener.toml", EAGER);
        Auditing { garden, hub: FakeGitHub::new() }
    }

    /// Returns a command that knows GitHub and the time.
    pub fn command(&self, now: &str, arguments: &[&str]) -> Command {
        let mut command = self.garden.command(arguments);
        command
            .env("LOG_GARDENER_NOW", now)
            .env("GITHUB_API_URL", self.hub.api())
            .env("GITHUB_TOKEN", TOKEN)
            .env("GITHUB_REPOSITORY", "wick/shop")
            .env("LOG_GARDENER_GITHUB_WRITE_GAP_MS", "0");
        command
    }

    pub fn run(&self, now: &str, arguments: &[&str]) -> Run {
        ended(&mut self.command(now, arguments))
    }

    /// Audits `shop.ndjson`.
    pub fn audit(&self, now: &str, more: &[&str]) -> Run {
        self.run(now, &[&["audit", "shop.ndjson"], more].concat())
    }

    /// Audits `shop.ndjson` and returns the plan.
    pub fn plan(&self, now: &str, more: &[&str]) -> Value {
        let run = self.audit(now, &[&["--format", "json"], more].concat());
        assert_eq!(run.code, 0, "{}", run.stderr);
        run.json()
    }

    /// Returns how often something was written to GitHub so far.
    pub fn writes(&self) -> usize {
        self.hub.asked().iter().filter(|request| request.writes()).count()
    }
}

pub fn ended(command: &mut Command) -> Run {
    let output = command.output().expect("it runs");
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("UTF-8");
    let stderr = text(output.stderr);
    assert!(!stderr.contains("panicked"), "{stderr}");
    Run { code: output.status.code().unwrap_or(-1), stdout: text(output.stdout), stderr }
}

/// Three requests a minute of 9 o'clock, from minute `from` to before `to`; each third one fails if `broken`.
pub fn shop(revision: &str, from: u32, to: u32, broken: bool) -> String {
    shop_at(9, revision, from, to, broken)
}

pub fn shop_at(hour: u32, revision: &str, from: u32, to: u32, broken: bool) -> String {
    ndjson(&(from..to).flat_map(|minute| of_minute(hour, minute, revision, broken)).collect::<Vec<_>>())
}

fn of_minute(hour: u32, minute: u32, revision: &str, broken: bool) -> Vec<Value> {
    let mut entries = Vec::new();
    for second in [5, 25, 45] {
        let fails = broken && second == 45;
        let trace = format!("projects/wickshop/traces/{hour:02}{minute:02}{second:02}");
        if fails {
            let at = format!("2026-03-10T{hour:02}:{minute:02}:{second:02}.100Z");
            entries.push(entry(revision, &at, "ERROR", json!({ "textPayload": TRACE, "trace": trace })));
        }
        let at = format!("2026-03-10T{hour:02}:{minute:02}:{second:02}.200Z");
        let status = if fails { 500 } else { 200 };
        let request = json!({
            "requestMethod": "GET", "requestUrl": "https://shop.example/api/price", "status": status,
            "latency": "0.1s", "userAgent": "Mozilla/5.0", "responseSize": "120", "remoteIp": "203.0.113.7",
        });
        let severity = if fails { "ERROR" } else { "INFO" };
        let log = "projects/wickshop/logs/run.googleapis.com%2Frequests";
        entries.push(entry(revision, &at, severity, json!({ "httpRequest": request, "logName": log, "trace": trace })));
    }
    entries
}

const TRACE: &str = "Traceback (most recent call last):\n  File \"/app/shop/api.py\", line 40, in price\n    return \
    rate(item)\n  File \"/app/shop/prices.py\", line 12, in rate\n    return RATES[item.currency]\nKeyError: 'CHF'";

/// An entry of the shop; its id is made from its time, so that the same entry has the same one.
pub fn entry(revision: &str, at: &str, severity: &str, more: Value) -> Value {
    let id: String = at.chars().filter(char::is_ascii_digit).collect();
    let mut entry = json!({
        "insertId": format!("id{id}"),
        "timestamp": at,
        "receiveTimestamp": at,
        "severity": severity,
        "logName": "projects/wickshop/logs/run.googleapis.com%2Fstderr",
        "resource": { "type": "cloud_run_revision", "labels": {
            "project_id": "wickshop", "service_name": "shop", "revision_name": revision, "location": "europe-west1" } },
        "labels": { "instanceId": format!("{revision}-i1") },
    });
    let (Some(fields), Value::Object(more)) = (entry.as_object_mut(), more) else { panic!("objects") };
    fields.extend(more);
    entry
}

/// A git checkout of the shop, made without any of the user's settings.
pub struct Repository<'g> {
    garden: &'g Garden,
}

impl<'g> Repository<'g> {
    /// Makes `code/` with these files in one commit.
    pub fn new(garden: &'g Garden, files: &[(&str, &str)]) -> Repository<'g> {
        let repository = Repository { garden };
        std::fs::create_dir_all(garden.path("code")).expect("a folder");
        repository.git(&["init", "-q", "-b", "main"]);
        repository.commit("begin", files);
        repository
    }

    /// Commits files and returns the hash.
    pub fn commit(&self, message: &str, files: &[(&str, &str)]) -> String {
        for (name, text) in files {
            self.garden.write(&format!("code/{name}"), text);
        }
        self.git(&["add", "-A"]);
        self.git(&["commit", "-q", "-m", message]);
        self.git(&["rev-parse", "HEAD"]).trim().to_string()
    }

    fn git(&self, arguments: &[&str]) -> String {
        let nobody = |command: &mut Command| {
            for role in ["AUTHOR", "COMMITTER"] {
                command.env(format!("GIT_{role}_NAME"), "Ada").env(format!("GIT_{role}_EMAIL"), "ada@example.org");
                command.env(format!("GIT_{role}_DATE"), "2026-03-10T09:36:00Z");
            }
        };
        let mut command = Command::new("git");
        command.arg("-C").arg(self.garden.path("code")).args(arguments).env_clear();
        command.env("GIT_CONFIG_GLOBAL", "/dev/null").env("GIT_CONFIG_NOSYSTEM", "1").env("HOME", "/nonexistent");
        nobody(&mut command);
        let output = command.output().expect("git runs");
        assert!(output.status.success(), "git {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).expect("UTF-8")
    }
}
