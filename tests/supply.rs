//! What the program is built from: packages of the registry with their hashes, no unsafe code of ours, and a build
//! script that reads two folders and nothing else.
//! Leaves out licences and single crates: `tests/supply/deny.sh` asks cargo-deny about these.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use regex::Regex;

fn read(name: &str) -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(name))
        .unwrap_or_else(|error| panic!("{name}: {error}"))
}

fn parsed(name: &str) -> toml::Table {
    read(name).parse().unwrap_or_else(|error| panic!("{name}: {error}"))
}

#[test]
fn every_package_is_one_of_the_registry_with_its_hash() {
    for (lock, ours) in
        [("Cargo.lock", &["log-gardener"][..]), ("tests/fuzz/Cargo.lock", &["log-gardener", "log-gardener-fuzz"])]
    {
        let lock = parsed(lock);
        let packages = lock["package"].as_array().expect("packages");
        assert!(packages.len() > 100, "{}", packages.len());
        let mut sources = BTreeSet::new();
        for package in packages {
            let name = package["name"].as_str().expect("a name");
            if ours.contains(&name) {
                assert!(package.get("source").is_none(), "{name} is ours");
                continue;
            }
            // Cargo writes the registry that it asks unless told otherwise; a second one, or git, would be another.
            let source = package.get("source").and_then(toml::Value::as_str).unwrap_or("the disk");
            assert!(source.starts_with("registry+https://"), "{name} comes from {source}");
            sources.insert(source);
            let hash = package.get("checksum").and_then(toml::Value::as_str).unwrap_or("");
            assert!(hash.len() == 64 && hash.bytes().all(|byte| byte.is_ascii_hexdigit()), "{name} has no hash");
        }
        assert_eq!(sources.len(), 1, "{sources:?}");
    }
}

#[test]
fn no_dependency_comes_from_elsewhere_or_with_any_version() {
    let manifest = parsed("Cargo.toml");
    assert!(manifest.get("patch").is_none() && manifest.get("replace").is_none());
    for table in ["dependencies", "dev-dependencies", "build-dependencies"] {
        for (name, wanted) in manifest[table].as_table().expect("a table") {
            for elsewhere in ["git", "path", "registry", "registry-index"] {
                assert!(wanted.get(elsewhere).is_none(), "{name} comes from a {elsewhere}");
            }
            let version = wanted.as_str().or_else(|| wanted.get("version").and_then(toml::Value::as_str));
            assert!(version.is_some_and(|version| version.starts_with(|c: char| c.is_ascii_digit())), "{name}");
        }
    }
}

#[test]
fn nothing_of_ours_is_unsafe() {
    assert_eq!(parsed("Cargo.toml")["lints"]["rust"]["unsafe_code"].as_str(), Some("forbid"));
    let own = Regex::new(r"allow\(unsafe_code\)|\bunsafe\s*(\{|fn|impl|extern)").expect("a regex");
    let mut folders = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("src")];
    while let Some(folder) = folders.pop() {
        for item in fs::read_dir(folder).expect("listed") {
            let path = item.expect("readable").path();
            if path.is_dir() {
                folders.push(path);
            } else if let Ok(text) = fs::read_to_string(&path) {
                assert_eq!(own.find(&text), None, "{}", path.display());
            }
        }
    }
}

#[test]
fn the_build_script_reads_two_folders_and_nothing_else() {
    let script = read("src/build.rs");
    let world =
        Regex::new(r"std::net|process::|Command|TcpStream|UdpSocket|https?://|reqwest|curl|set_var").expect("a regex");
    assert_eq!(world.find(&script).map(|found| found.as_str()), None);
    let dependencies = parsed("Cargo.toml");
    let names: Vec<&String> = dependencies["build-dependencies"].as_table().expect("a table").keys().collect();
    assert_eq!(names, ["toml"], "what runs at build time is little");
}
