//! The README tells the truth: its commands print what it shows, and its numbers are the program's.
//! Leaves out prose.

use std::fs;
use std::path::Path;
use std::process::Command;

#[test]
fn the_commands_of_the_readme_print_what_it_shows() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let readme = fs::read_to_string(root.join("README.md")).expect("README.md");
    // What an earlier run of the same commands left there would be remembered.
    let _ = fs::remove_dir_all(root.join("target/try"));
    let mut tried = 0;
    let mut mended = readme.clone();
    for block in readme.split("```console\n").skip(1) {
        let block = block.split("```").next().unwrap_or("");
        let (command, shown) = block.split_once('\n').expect("a command and its output");
        let words: Vec<&str> = command.trim_start_matches("$ log-gardener ").split_whitespace().collect();
        let output = Command::new(env!("CARGO_BIN_EXE_log-gardener"))
            .args(&words)
            .current_dir(root)
            .env_clear()
            .output()
            .expect("the program runs");
        let printed = String::from_utf8_lossy(&output.stdout);
        if std::env::var_os("UPDATE_EXPECT").is_some() {
            mended = mended.replace(shown, &printed);
        } else {
            assert_eq!(printed, shown, "{command}; UPDATE_EXPECT=1 accepts what is printed");
        }
        tried += 1;
    }
    if mended != readme {
        fs::write(root.join("README.md"), mended).expect("README.md is writable");
    }
    assert!(tried >= 2, "the README shows real commands");
}

#[test]
fn the_changelog_counts_the_patterns_there_are() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let changelog = fs::read_to_string(root.join("CHANGELOG.md")).expect("CHANGELOG.md");
    let catalog = log_gardener::pattern::Catalog::builtin().expect("the catalog loads");
    let stated = format!("{} error patterns", catalog.errors.iter().count());
    assert!(changelog.contains(&stated), "CHANGELOG.md states {stated}");
}
