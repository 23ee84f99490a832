//! The test garden: runs the real binary with an empty environment, a fixed `--now` and a temporary folder.
//! Leaves out what is expected of it; that stands in each test or beside its input.
#![allow(unreachable_pub)]

pub mod evidence;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

/// Where the binary runs, and what it is told the time is.
pub struct Garden {
    folder: tempfile::TempDir,
    at: PathBuf,
    now: String,
}

/// How a run ended and what it wrote.
pub struct Ran {
    /// Exit code.
    pub code: i32,
    /// The result.
    pub stdout: String,
    /// Messages for people.
    pub stderr: String,
}

/// Returns the folder of the crate.
pub fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

impl Garden {
    /// Returns a garden that runs in folder `at` and believes that it is `now`.
    pub fn new(at: impl Into<PathBuf>, now: &str) -> Garden {
        Garden { folder: tempfile::tempdir().expect("a temporary folder"), at: at.into(), now: now.to_string() }
    }

    /// Returns a path below the temporary folder, which goes away with the garden.
    pub fn temporary(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Runs the binary with these arguments and `--now`.
    pub fn run(&self, arguments: &[&str]) -> Ran {
        self.bare(&[arguments, &["--now", &self.now]].concat())
    }

    /// Runs the binary with these arguments alone.
    pub fn bare(&self, arguments: &[&str]) -> Ran {
        let output = Command::new(env!("CARGO_BIN_EXE_log-gardener"))
            .args(arguments)
            .current_dir(&self.at)
            .env_clear()
            .output()
            .expect("the binary starts");
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("UTF-8 on stdout and stderr");
        Ran { code: output.status.code().unwrap_or(-1), stdout: text(output.stdout), stderr: text(output.stderr) }
    }

    /// Runs `triage --format json` on `sources` and returns what it printed.
    pub fn triage(&self, sources: &[&str]) -> Value {
        let ran = self.run(&[&["triage", "--format", "json"], sources].concat());
        serde_json::from_str(&ran.stdout).unwrap_or_else(|error| panic!("{error}: {}\n{}", ran.stdout, ran.stderr))
    }

    /// Runs `triage` on `source` once; returns the result and every file written, by its name below the run.
    pub fn rendered(&self, source: &str) -> (Value, BTreeMap<String, String>) {
        let out = self.temporary("out");
        let ran = self.run(&["triage", source, "--format", "json", "--out", out.to_str().expect("UTF-8")]);
        let triage = serde_json::from_str(&ran.stdout).unwrap_or_else(|error| panic!("{error}: {}", ran.stderr));
        // `reports/<date>/<time>/...`
        let written = files(&out)
            .into_iter()
            .map(|(name, page)| (name.splitn(3, '/').last().unwrap_or_default().to_string(), page));
        (triage, written.collect())
    }

    /// Runs `report` on one incident and returns the page.
    pub fn report(&self, source: &str, incident: &str) -> String {
        let ran = self.run(&["report", source, "--incident", incident]);
        assert_eq!(ran.code, 0, "{}", ran.stderr);
        ran.stdout
    }
}

/// Returns every file below a folder, by its name below it.
pub fn files(folder: &Path) -> BTreeMap<String, String> {
    fn walk(root: &Path, folder: &Path, found: &mut BTreeMap<String, String>) {
        for item in fs::read_dir(folder).into_iter().flatten() {
            let path = item.expect("a readable folder").path();
            if path.is_dir() {
                walk(root, &path, found);
            } else {
                let name = path.strip_prefix(root).expect("below").to_string_lossy().replace('\\', "/");
                found.insert(name, fs::read_to_string(&path).expect("a text file"));
            }
        }
    }
    let mut found = BTreeMap::new();
    walk(folder, folder, &mut found);
    found
}

/// Returns the folder of an incident's files below its run.
pub fn place(incident: &Value) -> String {
    format!("incidents/{}-{}", text(incident, "priority"), text(incident, "id"))
}

/// Returns the incidents of a result.
pub fn incidents(triage: &Value) -> &[Value] {
    triage["incidents"].as_array().expect("incidents")
}

/// Returns a text field.
pub fn text<'v>(value: &'v Value, field: &str) -> &'v str {
    value[field].as_str().unwrap_or_else(|| panic!("no text `{field}` in {value}"))
}

/// Returns a number field.
pub fn number(value: &Value, field: &str) -> u64 {
    value[field].as_u64().unwrap_or_else(|| panic!("no number `{field}` in {value}"))
}

/// Fails unless the events of all incidents are the events of the coverage.
pub fn adds_up(triage: &Value) {
    let sum: u64 = incidents(triage).iter().map(|incident| number(incident, "entries")).sum();
    assert_eq!(sum, number(&triage["coverage"], "events"), "the sum over incidents is coverage.events");
    for incident in incidents(triage) {
        let groups = incident["groups"].as_array().expect("groups");
        let sum: u64 = groups.iter().map(|group| number(group, "entries")).sum();
        assert_eq!(
            sum,
            number(incident, "entries"),
            "the sum over groups is the incident's: {}",
            text(incident, "title")
        );
    }
}
