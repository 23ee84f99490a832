//! Throws changed fixtures at everything that reads bytes of others, the same ones in every run, and what was once
//! found again. Leaves out coverage: `tests/fuzz/run TARGET SECONDS` has libFuzzer look for it.
//!
//! `LOG_GARDENER_FUZZ_TIMES=100 cargo test --release --test all fuzzing::` does a hundred times as much;
//! `LOG_GARDENER_FUZZ_SEED` makes other bytes.

#[path = "fuzz/mutate.rs"]
mod mutate;
#[path = "fuzz/targets/mod.rs"]
mod targets;

use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};

use mutate::{Dice, mutated};
use targets::{TARGETS, Target};

/// Larger files make a target slow and are no better seeds.
const LONGEST_SEED: u64 = 64 << 10;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn paths(pattern: &str) -> Vec<PathBuf> {
    let whole = root().join(pattern);
    let found = glob::glob(whole.to_str().expect("UTF-8")).expect("a glob of ours");
    found.map(|path| path.expect("readable")).filter(|path| path.is_file()).collect()
}

/// Returns the seeds of a target, as `tests/fuzz/seeds.txt` lists them.
fn seeds(name: &str) -> Vec<Vec<u8>> {
    let table = fs::read_to_string(root().join("tests/fuzz/seeds.txt")).expect("the table of seeds");
    let mut seeds = vec![b"\n".to_vec()];
    for row in table.lines().filter(|row| !row.starts_with('#')) {
        let words: Vec<&str> = row.split_whitespace().collect();
        if words.first() != Some(&name) {
            continue;
        }
        for path in paths(words.last().expect("a glob")) {
            if path.metadata().expect("a file").len() > LONGEST_SEED {
                continue;
            }
            let mut bytes = fs::read(&path).expect("read");
            if words[1] == "line" {
                let below = path.strip_prefix(root()).expect("below").to_string_lossy().into_owned();
                let name = below.split_once('/').map_or(below.as_str(), |(_, name)| name);
                bytes.splice(0..0, format!("{name}\n").into_bytes());
            }
            seeds.push(bytes);
        }
    }
    seeds
}

fn number(variable: &str, usual: u64) -> u64 {
    std::env::var(variable).map_or(usual, |text| text.parse().expect("a number"))
}

/// Runs one input, and says where it can be found again if it fails.
fn run(target: &Target, what: &str, bytes: &[u8]) {
    if catch_unwind(AssertUnwindSafe(|| (target.check)(bytes))).is_err() {
        let kept = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("fuzzing-{}", target.name));
        fs::write(&kept, bytes).expect("written");
        panic!("{}, {what}: the input is in {}\n{:?}", target.name, kept.display(), String::from_utf8_lossy(bytes));
    }
}

fn fuzzed(name: &str) {
    let target = TARGETS.iter().find(|target| target.name == name).expect("a target");
    let seeds = seeds(name);
    for path in paths(&format!("tests/fuzz/found/{name}/*")) {
        run(target, &path.display().to_string(), &fs::read(&path).expect("read"));
    }
    let times = number("LOG_GARDENER_FUZZ_TIMES", 1);
    let seed = number("LOG_GARDENER_FUZZ_SEED", 1);
    for round in 0..target.usual as u64 * times {
        let mut dice = Dice(seed.wrapping_mul(0xd134_2543_de82_ef95) ^ round);
        run(target, &format!("seed {seed}, round {round}"), &mutated(&seeds, &mut dice));
    }
}

macro_rules! each {
    ($($name:ident),*) => {
        $(#[test]
        fn $name() {
            fuzzed(stringify!($name));
        })*

        /// A target without a test would be forgotten.
        #[test]
        fn every_target_is_tried() {
            let tried = [$(stringify!($name)),*];
            assert_eq!(TARGETS.iter().map(|target| target.name).collect::<Vec<_>>(), tried);
        }
    };
}

each!(
    decode,
    triage,
    trace,
    fingerprint,
    template,
    redaction,
    markdown,
    report,
    issue,
    pattern,
    settings,
    page,
    ledger
);
