//! How runtimes, frameworks and loggers really print errors, and texts that only look like it: each variant
//! in `tests/traces/*.txt` is read as a log, and its blocks, type, message and innermost frame are compared.
//!
//! A variant begins with `=== name`; `type`, `message` and `frame` of its first trace follow, `none` where there
//! is nothing to read, and `---` ends them. The lines below are the log. They are one trace, save those that
//! carry a mark: `·` stands outside of any trace, `¿` may stand in it or not, `»` begins another one.

use std::collections::BTreeSet;
use std::path::Path;

use log_gardener::event::read_event;
use log_gardener::exception::Exception;
use log_gardener::pattern::Catalog;
use log_gardener::source::{ReadOptions, read_bytes};

struct Variant {
    name: String,
    type_name: Option<String>,
    message: Option<String>,
    frame: Option<String>,
    lines: Vec<String>,
    blocks: Vec<(u64, u64)>,
    optional: BTreeSet<u64>,
}

impl Variant {
    fn new(file: &str, text: &str) -> Variant {
        let (head, log) = text.split_once("---\n").unwrap_or_else(|| panic!("{file}: `---` is missing in\n{text}"));
        let (name, facts) = head.split_once('\n').unwrap_or((head, ""));
        let fact =
            |key: &str| facts.lines().find_map(|line| line.strip_prefix(key)?.strip_prefix(": ")).map(str::to_string);
        let mut variant = Variant {
            name: format!("{file}: {name}"),
            type_name: fact("type"),
            message: fact("message"),
            frame: fact("frame"),
            lines: Vec::new(),
            blocks: Vec::new(),
            optional: BTreeSet::new(),
        };
        let mut open = false;
        for (number, line) in (1..).zip(log.trim_end().lines()) {
            let mark = line.chars().next().filter(|mark| "·¿»".contains(*mark));
            let own = &line[mark.map_or(0, char::len_utf8)..];
            variant.lines.push(own.to_string());
            match mark {
                Some('·') => open = false,
                Some('¿') => drop(variant.optional.insert(number)),
                _ if own.trim().is_empty() => {}
                mark => {
                    if open && mark.is_none() {
                        variant.blocks.iter_mut().next_back().expect("an open block").1 = number;
                    } else {
                        variant.blocks.push((number, number));
                        open = true;
                    }
                }
            }
        }
        variant.blocks.retain(|(first, last)| last > first);
        variant
    }

    /// Returns the range without blank and optional lines at its edges.
    fn trimmed(&self, (first, last): (u64, u64)) -> (u64, u64) {
        let counts = |line: &u64| {
            !self.optional.contains(line)
                && self.lines.get(*line as usize - 1).is_some_and(|text| !text.trim().is_empty())
        };
        let lines = first..=last;
        (lines.clone().find(counts).unwrap_or(first), lines.rev().find(counts).unwrap_or(first))
    }

    /// Returns how the variant is read otherwise than it should be.
    fn faults(&self, catalog: &Catalog) -> Vec<String> {
        let log = self.lines.join("\n") + "\n";
        let mut traces: Vec<((u64, u64), Exception)> = Vec::new();
        let options = ReadOptions::default();
        read_bytes(
            "log",
            log.as_bytes(),
            &options,
            &catalog.traces,
            &mut |_| {},
            &mut |entry: log_gardener::entry::LogEntry| {
                let range = (entry.at.line, entry.at.end_line);
                traces.extend(read_event(entry, catalog).exception.map(|exception| (self.trimmed(range), exception)));
            },
        )
        .expect("readable");
        traces.retain(|((first, last), _)| last > first);
        traces.sort_by_key(|(range, _)| *range);
        let mut faults = Vec::new();
        let blocks: Vec<(u64, u64)> = traces.iter().map(|(range, _)| *range).collect();
        if blocks != self.blocks {
            faults.push(format!("blocks are {blocks:?}, not {:?}", self.blocks));
        }
        let Some((_, exception)) = traces.first().filter(|_| !self.blocks.is_empty()) else { return faults };
        let mut check = |what: &str, expected: &Option<String>, found: Option<String>| {
            let found = found.unwrap_or_else(|| "none".to_string());
            if expected.as_ref().is_some_and(|expected| *expected != found) {
                faults.push(format!("{what} is {found:?}, not {:?}", expected.as_deref().unwrap_or_default()));
            }
        };
        check("type", &self.type_name, exception.type_name.clone());
        let first = exception.message.as_deref().and_then(|message| message.lines().next());
        check("message", &self.message, first.map(|line| line.trim().to_string()));
        let frame = exception.innermost_in_app().map(|frame| {
            let file = frame.file.clone().unwrap_or_default();
            format!("{file}:{}", frame.line.unwrap_or_default())
        });
        let place = self.frame.as_ref().map(|frame| place(frame).to_string());
        let same_end = |found: &String| place.as_ref().is_some_and(|place| found.ends_with(place.as_str()));
        check(
            "frame",
            &place,
            frame.map(|found| if same_end(&found) { place.clone().unwrap_or_default() } else { found }),
        );
        faults
    }
}

/// Returns `file:line` of a frame written with its function.
fn place(frame: &str) -> &str {
    let is_place = |at: &usize| frame[..*at].rsplit(':').next().is_some_and(|line| line.parse::<u32>().is_ok());
    let end = frame.match_indices(' ').map(|(at, _)| at).find(is_place);
    &frame[..end.unwrap_or(frame.len())]
}

#[test]
fn every_variant_is_read_as_it_should_be() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/traces");
    let catalog = Catalog::builtin().expect("the built-in catalog loads");
    let mut faults = String::new();
    let mut count = 0;
    for path in glob::glob(&folder.join("*.txt").to_string_lossy()).expect("a plain pattern").flatten() {
        let text = std::fs::read_to_string(&path).expect("a text");
        let file = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        for variant in text.split("\n=== ").skip(1).map(|text| Variant::new(&file, text)) {
            count += 1;
            for fault in variant.faults(&catalog) {
                faults.push_str(&format!("{}: {fault}\n", variant.name));
            }
        }
    }
    assert!(count > 200, "only {count} variants were found");
    assert!(faults.is_empty(), "\n{faults}");
}
