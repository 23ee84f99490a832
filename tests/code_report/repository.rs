//! A small git repository of a shop, made with plain git, with fixed dates and one author.
//! Leaves out what is asked of it.
#![allow(unreachable_pub)]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// A repository that goes away with its folder.
pub struct Built {
    folder: tempfile::TempDir,
    minute: std::cell::Cell<u32>,
}

impl Built {
    /// Returns an empty repository.
    pub fn new() -> Built {
        let built = Built { folder: tempfile::tempdir().expect("a folder"), minute: std::cell::Cell::new(0) };
        built.git(&["init", "--quiet", "--initial-branch=main"]);
        built
    }

    /// Returns where it is.
    pub fn path(&self) -> PathBuf {
        self.folder.path().to_path_buf()
    }

    /// Returns the same as text.
    pub fn name(&self) -> String {
        self.path().to_str().expect("UTF-8").to_string()
    }

    /// Runs git in it and returns what it printed.
    pub fn git(&self, arguments: &[&str]) -> String {
        let date = format!("2026-01-02T10:{:02}:00+00:00", self.minute.get());
        let output = Command::new("git")
            .arg("-C")
            .arg(self.folder.path())
            .args(["-c", "user.name=Team", "-c", "user.email=team@shop.example", "-c", "commit.gpgsign=false"])
            .args(arguments)
            .env("GIT_AUTHOR_DATE", &date)
            .env("GIT_COMMITTER_DATE", &date)
            .env("GIT_CONFIG_GLOBAL", "/dev/null")
            .env("GIT_CONFIG_SYSTEM", "/dev/null")
            .output()
            .expect("git runs");
        assert!(output.status.success(), "git {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).expect("UTF-8").trim().to_string()
    }

    /// Writes files.
    pub fn write(&self, files: &[(&str, &str)]) {
        for (name, text) in files {
            let path = self.folder.path().join(name);
            fs::create_dir_all(path.parent().unwrap_or(Path::new("."))).expect("a folder");
            fs::write(path, text).expect("written");
        }
    }

    /// Commits everything, one minute after the last time; returns the commit.
    pub fn commit(&self, subject: &str) -> String {
        self.minute.set(self.minute.get() + 1);
        self.git(&["add", "--all"]);
        self.git(&["commit", "--quiet", "--message", subject]);
        self.git(&["rev-parse", "HEAD"])
    }
}

/// Returns the shop before and after its taxes moved, with an importer that was left behind, and the two commits.
pub fn shop() -> (Built, String, String) {
    let built = Built::new();
    built.write(&[
        ("shop/__init__.py", ""),
        ("shop/tax.py", "RATE = 19\n\n\ndef rate(country):\n    return RATE\n"),
        (
            "shop/app.py",
            "\"\"\"The shop.\"\"\"\n\nfrom shop.tax import rate\n\n\ndef total(net):\n    return net + rate('de')\n",
        ),
        (".github/CODEOWNERS", "shop/ @ada @shop/backend\n"),
    ]);
    let before = built.commit("shop with taxes");
    built.git(&["mv", "shop/tax.py", "shop/taxes.py"]);
    let after = built.commit("name the taxes in the plural");
    (built, before, after)
}
