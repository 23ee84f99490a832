//! The house rules: import directions, a core without I/O, headers, file sizes, embedded equals on disk.
//! Leaves out behaviour; every other test is about that.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use regex::Regex;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// All files below `folder` with this ending, sorted.
fn files(folder: &Path, ending: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for item in fs::read_dir(folder).expect("a folder of the project") {
        let path = item.expect("readable").path();
        if path.is_dir() {
            found.extend(files(&path, ending));
        } else if path.extension().is_some_and(|extension| extension == ending) {
            found.push(path);
        }
    }
    found.sort();
    found
}

/// Room of a file below `src`, `None` for lib, main and build.
fn room(path: &Path) -> Option<String> {
    let below = path.strip_prefix(root().join("src")).expect("below src");
    let first = below.components().next()?.as_os_str().to_string_lossy();
    let name = first.trim_end_matches(".rs").to_string();
    (!matches!(name.as_str(), "lib" | "main" | "build")).then_some(name)
}

/// The code of a file without comments and without its tests.
fn code(path: &Path) -> String {
    let text = fs::read_to_string(path).expect("readable");
    let text = text.split("#[cfg(test)]").next().unwrap_or("").to_string();
    text.lines().filter(|line| !line.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n")
}

/// The table of ARCHITECTURE.md: room -> rooms it may import.
fn allowed() -> BTreeMap<String, BTreeSet<String>> {
    let text = fs::read_to_string(root().join("ARCHITECTURE.md")).expect("ARCHITECTURE.md");
    let table = text.split("## Rooms").nth(1).and_then(|rest| rest.split("## ").next()).expect("the table of rooms");
    table
        .lines()
        .filter(|line| line.starts_with("| ") && !line.starts_with("| room"))
        .map(|line| {
            let cells: Vec<&str> = line.trim_matches('|').split('|').map(str::trim).collect();
            let imports = cells[2].split(',').map(str::trim).filter(|name| !name.is_empty());
            (cells[0].to_string(), imports.map(str::to_string).collect())
        })
        .collect()
}

#[test]
fn rooms_import_only_what_the_table_allows() {
    let allowed = allowed();
    let path = Regex::new(r"crate::(?:\{([^}]*)\}|([a-z_]+))").expect("a regex");
    let mut wrong = String::new();
    let mut rooms = BTreeSet::new();
    for file in files(&root().join("src"), "rs") {
        let Some(room) = room(&file) else { continue };
        rooms.insert(room.clone());
        let may = allowed.get(&room).unwrap_or_else(|| panic!("room {room} is missing in ARCHITECTURE.md"));
        for found in path.captures_iter(&code(&file)) {
            let names = found.get(1).or(found.get(2)).map_or("", |names| names.as_str());
            for name in names.split(',').filter_map(|name| name.trim().split("::").next()) {
                // The assets of the build script belong to no room.
                if name != room && name != "embedded" && !may.contains(name) {
                    wrong.push_str(&format!("{} imports {name}\n", file.display()));
                }
            }
        }
    }
    assert_eq!(wrong, "");
    assert_eq!(rooms, allowed.into_keys().collect(), "the table names each room and no other");
}

#[test]
fn the_core_touches_no_world() {
    let outside = ["source", "publish", "ledger", "code", "cli"];
    let forbidden = Regex::new(
        r"std::(fs|net|env|process|thread)\b|Utc::now|Local::now|SystemTime|Instant::now|\be?print(ln)?!|\bdbg!|io::std(in|out|err)",
    )
    .expect("a regex");
    let mut wrong = String::new();
    for file in files(&root().join("src"), "rs") {
        if room(&file).is_none_or(|room| outside.contains(&room.as_str())) {
            continue;
        }
        // Threads that end with the call that began them are no world: what comes of them is the same as without.
        let scoped = |line: &str| line.contains("std::thread::scope(") || line.contains("use std::thread::Scope;");
        let touches = |line: &&str| forbidden.is_match(line) && !scoped(line);
        for line in code(&file).lines().filter(touches) {
            wrong.push_str(&format!("{}: {line}\n", file.display()));
        }
    }
    assert_eq!(wrong, "");
}

#[test]
fn every_file_says_what_it_is_for_and_can_be_held_in_the_head() {
    let mut wrong = String::new();
    let tests = files(&root().join("tests"), "rs");
    for file in files(&root().join("src"), "rs").into_iter().chain(tests.iter().cloned()) {
        let text = fs::read_to_string(&file).expect("readable");
        if !text.starts_with("//! ") {
            wrong.push_str(&format!("{} has no //! header\n", file.display()));
        }
        let lines = text.lines().count();
        // The view is one long list of documented fields; splitting it would hide the contract.
        if lines > 450 && !tests.contains(&file) {
            wrong.push_str(&format!("{} has {lines} lines\n", file.display()));
        }
    }
    assert_eq!(wrong, "");
}

#[test]
fn no_panic_is_written_where_a_log_line_could_reach_it() {
    let forbidden = Regex::new(r"\.unwrap\(\)|panic!\(|todo!\(|unimplemented!\(").expect("a regex");
    let mut wrong = String::new();
    for file in files(&root().join("src"), "rs") {
        if room(&file).is_none() {
            continue;
        }
        // Threads that end with the call that began them are no world: what comes of them is the same as without.
        let touches = |line: &&str| forbidden.is_match(line) && !line.contains("std::thread::scope(");
        for line in code(&file).lines().filter(touches) {
            wrong.push_str(&format!("{}: {line}\n", file.display()));
        }
    }
    assert_eq!(wrong, "");
}

#[test]
fn no_rule_names_a_data_set_or_a_repository() {
    let named = Regex::new(r"(?i)netra|loghub|\bHDFS\b|\bBGL\b|Proxifier|HealthApp").expect("a regex");
    let mut wrong = String::new();
    let sources = files(&root().join("patterns"), "toml").into_iter().chain(files(&root().join("src"), "rs"));
    for file in sources {
        let text = fs::read_to_string(&file).expect("readable");
        for line in text.lines().filter(|line| named.is_match(line)) {
            wrong.push_str(&format!("{}: {line}\n", file.display()));
        }
    }
    assert_eq!(wrong, "");
}

#[test]
fn every_file_of_tests_is_run() {
    let main = fs::read_to_string(root().join("tests/main.rs")).expect("the list of tests");
    let left_out: Vec<PathBuf> = files(&root().join("tests"), "rs")
        .into_iter()
        .filter(|path| path.parent() == Some(&root().join("tests")) && !path.ends_with("main.rs"))
        .filter(|path| {
            let name = path.file_stem().expect("a name").to_string_lossy();
            !main.lines().any(|line| line == format!("mod {name};"))
        })
        .collect();
    assert_eq!(left_out, Vec::<PathBuf>::new(), "tests/main.rs does not name them");
}
