//! Redaction: what it must find, what it must leave, and that it changes no fingerprint.
//! Leaves out the examples that rules carry (`patterns.rs`) and the outputs of commands (`redacted.rs`).

mod contexts;

use std::collections::{BTreeMap, BTreeSet};
use std::net::{Ipv4Addr, Ipv6Addr};
use std::path::{Path, PathBuf};

use contexts::{AWKWARD, CONTEXTS, documents, phrases};
use log_gardener::entry::{LogEntry, Position, Severity};
use log_gardener::event::read_event;
use log_gardener::group::fingerprint;
use log_gardener::pattern::{Catalog, RedactionRule, Redactions, Tally, sample};
use log_gardener::redact::Filter;

use crate::run;

fn rules() -> &'static Redactions {
    &run::catalog().redactions
}

fn redact(text: &str) -> String {
    rules().redact(text, &mut Tally::default()).into_owned()
}

/// The parts of a value that may not be seen: of one with line ends each line.
fn parts(value: &str) -> impl Iterator<Item = &str> {
    value.split("\\n").filter(|part| part.len() >= 4)
}

#[test]
fn every_kind_is_found_wherever_it_stands() {
    let (mut tried, mut missed) = (0, Vec::new());
    let kinds: BTreeSet<&str> = rules().rules().map(|rule| rule.kind.as_str()).collect();
    for (number, rule) in rules().rules().enumerate() {
        for (shape, seed) in rule.shapes.iter().flat_map(|shape| (1..=4).map(move |seed| (shape, seed))) {
            let value = sample(shape, seed * 1000 + number as u64).expect("shapes are read when rules load");
            for (at, phrase) in phrases(rule, &value).iter().enumerate() {
                for (context, write) in CONTEXTS {
                    let text = write(phrase);
                    let redacted = redact(&text);
                    tried += 1;
                    if let Some(seen) = parts(&value).find(|part| redacted.contains(part)) {
                        missed.push(format!("{} {context}, phrase {at}: {seen}\n    {text}\n    {redacted}", rule.id));
                    }
                }
            }
        }
    }
    println!("{} kinds of {} rules, {tried} texts, {} missed", kinds.len(), rules().rules().count(), missed.len());
    assert!(kinds.len() >= 60, "{} kinds", kinds.len());
    let by_rule: BTreeMap<&str, usize> = missed.iter().fold(BTreeMap::new(), |mut sums, one| {
        *sums.entry(one.split(' ').next().unwrap_or("")).or_default() += 1;
        sums
    });
    // A few of each rule tell more than many of one.
    let mut told: BTreeMap<String, usize> = BTreeMap::new();
    let few = |one: &&str| {
        let count = told.entry(one.split(" ").next().unwrap_or("").to_string()).or_default();
        *count += 1;
        *count <= 3
    };
    let first: Vec<&str> = missed.iter().map(String::as_str).filter(few).collect();
    assert!(missed.is_empty(), "{by_rule:?}\n{}", first.join("\n"));
}

#[test]
fn redacting_again_changes_nothing_and_equal_values_have_equal_marks() {
    for (number, rule) in rules().rules().enumerate() {
        let value = sample(&rule.shapes[0], 7 + number as u64).expect("a shape");
        for phrase in phrases(rule, &value) {
            let once = redact(&phrase);
            assert_eq!(redact(&once), once, "{}", rule.id);
            assert_eq!(redact(&phrase), once);
        }
    }
    let said = redact("mail to ada@shop.example and bob@shop.example, cc ada@shop.example");
    let marks: Vec<&str> =
        said.split(' ').filter(|word| word.starts_with('<')).map(|word| word.trim_end_matches(',')).collect();
    assert_eq!((marks.len(), marks[0] == marks[2], marks[0] == marks[1]), (3, true, false), "{said}");
}

#[test]
fn what_evidence_needs_stays() {
    let kept = [
        "insertId 69afe586000daf941c827129 trace 0af7651916cd43dd8448eb211c80319c span b7ad6b7169203331",
        "commit 4f0c3b2a1d9e8f7a6b5c4d3e2f1a0b9c8d7e6f5a, image sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
        "revision checkout-api-00042-qix, pod cart-6d5f7c9b84-k2xzq, version 1.2.3.4, v2.31.0, 2026-03-10T09:33:58.123456Z",
        "job 2f1a6f0e-93d1-4a07-b6f8-0a8f5f7c1d22 gone, group 08396ad89416, id 4e0e93f1",
        "blk_-1608999687919862906 of size 67108864 from /10.250.14.224:50010",
        "Invalid JWT=REDACTED audience, auth=REDACTED, password: must not be empty, token expired",
        "password authentication failed for user \"app\"",
        "def connect(password=None, token=self.token, api_key=settings.API_KEY):",
        "Bearer token missing; Authorization header required; Cookie: not set",
        "max_tokens=4096 prompt_tokens: 120, token=17",
        "java.lang.Object@1b6d3586 at std::vec::Vec<u8>::push (10:00:00)",
        "1700000000000000 ns, 16-digit 1234567890123456",
    ];
    for text in kept {
        assert_eq!(redact(text), text);
    }
}

/// The lines of a file of examples, without those that tell what follows.
fn examples(text: &str) -> impl Iterator<Item = &str> {
    text.lines().filter(|line| !line.is_empty() && !line.starts_with('#'))
}

#[test]
fn what_leaked_once_leaks_no_more() {
    let (mut tried, mut seen) = (0, Vec::new());
    for example in examples(include_str!("redaction/leaks.txt")) {
        let text = example.replace(['«', '»'], "");
        let secrets = example.split('«').skip(1).filter_map(|part| part.split_once('»')).map(|(secret, _)| secret);
        let outputs = [redact(&text), Filter::new(rules()).line(&text).into_owned()];
        for secret in secrets {
            tried += 1;
            let ends = [&secret[..secret.len().min(4)], &secret[secret.len().saturating_sub(4)..]];
            for output in &outputs {
                if ends.iter().any(|end| output.contains(end)) {
                    seen.push(format!("{text}\n    {output}"));
                }
            }
            if redact(&outputs[0]) != outputs[0] {
                seen.push(format!("twice: {}\n    {}", outputs[0], redact(&outputs[0])));
            }
        }
    }
    println!("{tried} secrets of which {} are seen", seen.len());
    assert!(tried > 80 && seen.is_empty(), "{}\n{}", seen.len(), seen.join("\n"));
}

#[test]
fn passwords_with_quotes_and_brackets_are_found_whole() {
    let mut seen = Vec::new();
    for password in AWKWARD {
        for text in documents(password) {
            for output in [redact(&text), Filter::new(rules()).line(&text).into_owned()] {
                if output.contains("9Zq") || output.contains(&password[password.len() - 3..]) {
                    seen.push(format!("{text}\n    {output}"));
                }
            }
        }
    }
    assert!(seen.is_empty(), "{}\n{}", seen.len(), seen.join("\n"));
}

#[test]
fn what_was_eaten_once_stays() {
    let mut eaten = Vec::new();
    for text in examples(include_str!("redaction/stays.txt")) {
        for output in [redact(text), Filter::new(rules()).line(text).into_owned()] {
            if output != text {
                eaten.push(format!("{text}\n    {output}"));
            }
        }
    }
    assert!(eaten.is_empty(), "{}\n{}", eaten.len(), eaten.join("\n"));
}

#[test]
fn an_unknown_secret_is_flagged_and_its_line_stays() {
    let flagged = |text: &str| {
        let mut tally = Tally::default();
        rules().redact(text, &mut tally);
        tally.is_flagged()
    };
    assert!(flagged("the secret of tenant 7 is Zx8Qm2LpR7vT4nYw9KcJ3bHf"));
    assert!(!flagged("the secret of tenant 7 is not set"));
    assert!(!flagged("trace Zx8Qm2LpR7vT4nYw9KcJ3bHf"), "nothing says that it is a secret");
    assert!(!flagged("token for commit 4f0c3b2a1d9e8f7a6b5c4d3e2f1a0b9c8d7e6f5a"));
}

#[test]
fn hostile_texts_take_linear_time() {
    let parts = [
        "@",
        "1",
        "eyJ",
        "eyJhbGciOiJub25lIn0.",
        "a@",
        "a.",
        "://a:",
        "-----BEGIN PRIVATE KEY-----",
        "password=\"",
        "token:",
        "+1 ",
        "4242",
        "::",
        "1.",
        "authorization: ",
        "cookie: a=",
        "%3A%2F%2F",
        "<email:3f9a>",
        "<",
        "\\\"password\\\":\\\"",
        "AKIA",
        "sk-",
        "xox",
        "datadog ",
        "é",
        "secret ",
    ];
    for part in parts {
        let text = part.repeat((1 << 20) / part.len());
        let begun = std::time::Instant::now();
        redact(&text);
        Filter::new(rules()).line(&text);
        println!("{part:?} {:?}", begun.elapsed());
    }
    let all = parts.concat();
    redact(&all.repeat((1 << 20) / all.len()));
}

/// The logs of our cases, and those beside the project where there are any.
fn logs() -> Vec<PathBuf> {
    fn walk(folder: &Path, found: &mut Vec<PathBuf>) {
        for item in std::fs::read_dir(folder).into_iter().flatten().flatten() {
            let path = item.path();
            let log = || {
                path.extension()
                    .is_some_and(|end| ["log", "txt", "json", "ndjson", "jsonl"].iter().any(|one| end == *one))
            };
            if path.is_dir() {
                walk(&path, found);
            } else if log() {
                found.push(path);
            }
        }
    }
    let mut found = Vec::new();
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    walk(&here.join("tests/cases"), &mut found);
    let own = found.len();
    walk(&here.join("../shared/data"), &mut found);
    if found.len() == own {
        println!("skipped: there are no logs beside the project, only its own cases are read");
    }
    found.sort();
    found
}

#[test]
fn hardly_anything_is_redacted_that_is_none() {
    let files = logs();
    assert!(files.len() > 20, "{} files", files.len());
    let (mut tokens, mut made, mut doubtful) = (0u64, 0u64, BTreeMap::<String, u64>::new());
    let (mut lines, mut flagged) = (0u64, 0u64);
    let mut shown = BTreeMap::<String, BTreeSet<String>>::new();
    let plain: Redactions = Redactions::built_in().expect("ours load").remembering();
    for file in &files {
        let bytes = std::fs::read(file).expect("readable");
        let text = String::from_utf8_lossy(&bytes[..bytes.len().min(4 << 20)]).into_owned();
        for line in text.lines() {
            tokens += line.split_whitespace().count() as u64;
            let mut tally = Tally::default();
            let redacted = plain.redact(line, &mut tally);
            lines += 1;
            flagged += u64::from(tally.is_flagged());
            for (kind, value) in marked(&plain, &redacted) {
                made += 1;
                if !is_what_it_says(&kind, &value) {
                    *doubtful.entry(kind.clone()).or_default() += 1;
                    let seen = shown.entry(kind).or_default();
                    if seen.len() < 6 {
                        let at = line.find(&value).unwrap_or(0);
                        let from = line.floor_char_boundary(at.saturating_sub(40));
                        seen.insert(
                            line[from..line.ceil_char_boundary((at + value.len() + 10).min(line.len()))].to_string(),
                        );
                    }
                }
            }
        }
    }
    let wrong: u64 = doubtful.values().sum();
    let share = wrong as f64 * 100.0 / tokens as f64;
    println!(
        "{} files, {tokens} tokens, {made} redacted, {wrong} not provably what they say: {share:.4} %",
        files.len()
    );
    println!("{flagged} of {lines} lines flagged");
    println!("{doubtful:?}\n{shown:#?}");
    assert!(share <= 0.3, "{share} %");
}

/// Returns the marks of a text with the values behind them.
fn marked(rules: &Redactions, text: &str) -> Vec<(String, String)> {
    let marks = text.match_indices('<').filter_map(|(at, _)| {
        let mark = &text[at..=at + text[at..].find('>')?];
        let (kind, digits) = mark[1..mark.len() - 1].split_once(':')?;
        let value = rules.reveal(mark);
        (digits.len() == 16 && value != mark).then(|| (kind.to_string(), value.into_owned()))
    });
    marks.collect()
}

/// Whether a value is of its kind beyond doubt: an address that can be read, a mailbox with a domain.
fn is_what_it_says(kind: &str, value: &str) -> bool {
    match kind {
        "ip" => value.parse::<Ipv4Addr>().is_ok(),
        "ip6" => value.parse::<Ipv6Addr>().is_ok(),
        "email" => value.split_once('@').is_some_and(|(_, domain)| domain.contains('.')),
        _ => false,
    }
}

/// Returns a log redacted as `redact` prints it.
fn filtered(text: &str) -> String {
    let mut filter = Filter::new(rules());
    text.lines().map(|line| format!("{}\n", filter.line(line))).collect()
}

#[test]
fn fingerprints_and_incidents_are_the_same_before_and_after() {
    let mut compared = 0;
    for folder in std::fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases")).expect("cases").flatten()
    {
        for file in std::fs::read_dir(folder.path()).into_iter().flatten().flatten() {
            let name = file.file_name().to_string_lossy().into_owned();
            if !name.starts_with("entries") && !name.starts_with("input") {
                continue;
            }
            let Ok(text) = std::fs::read_to_string(file.path()) else { continue };
            assert_eq!(
                run::found(text.as_bytes()),
                run::found(filtered(&text).as_bytes()),
                "{}",
                file.path().display()
            );
            compared += 1;
        }
    }
    assert!(compared >= 5, "{compared}");
}

#[test]
fn generated_logs_have_the_same_incidents_before_and_after() {
    let of = |rule: &RedactionRule, seed: u64| {
        sample(&rule.shapes[seed as usize % rule.shapes.len()], seed).expect("a shape")
    };
    let (mut json, mut text) = (String::new(), String::new());
    for (number, rule) in rules().rules().enumerate() {
        for seed in 1..=2u64 {
            let value = of(rule, seed * 31 + number as u64);
            let said = rule.example.replace("{secret}", &value);
            let time = format!("2026-01-02T03:{:02}:{:02}Z", number / 60, number % 60);
            let entry = serde_json::json!({
                "severity": "ERROR", "timestamp": time, "insertId": format!("i{number}x{seed}"),
                "resource": { "type": "cloud_run_revision", "labels": { "service_name": "shop" } },
                "textPayload": format!("step {} failed: {said}", rule.id),
            });
            json.push_str(&format!("{entry}\n"));
            let nested = serde_json::json!({
                "severity": "ERROR", "timestamp": time, "insertId": format!("j{number}x{seed}"),
                "resource": { "labels": { "service_name": "shop" } },
                "jsonPayload": { "message": format!("call {} refused", rule.id), "said": said, "value": value },
                "httpRequest": { "requestMethod": "GET", "requestUrl": format!("https://shop.example/v1/{}?k=1", rule.id), "status": 500,
                    "remoteIp": "203.0.113.9", "userAgent": "shop/1.2.3.4 (ada@shop.example)" },
            });
            json.push_str(&format!("{nested}\n"));
            text.push_str(&format!("{time} ERROR shop.pay: step {} failed: {said}\n", rule.id));
            text.push_str(&format!("203.0.113.{} - - [02/Jan/2026:03:{:02}:{:02} +0000] \"GET /v1/{} HTTP/1.1\" 500 12 \"-\" \"curl/8.1\"\n", number % 200 + 1, number / 60, number % 60, rule.id));
        }
    }
    for log in [json, text] {
        let after = filtered(&log);
        let (before, after) = (run::found(log.as_bytes()), run::found(after.as_bytes()));
        let only = |these: &[run::Found], those: &[run::Found]| -> Vec<String> {
            these.iter().filter(|one| !those.contains(one)).take(5).map(|one| format!("{one:?}")).collect()
        };
        assert_eq!((only(&before, &after), only(&after, &before)), (vec![], vec![]));
    }
}

#[test]
fn the_changelog_counts_the_rules_there_are() {
    let changelog = include_str!("../CHANGELOG.md");
    let kinds: BTreeSet<&str> = rules().rules().map(|rule| rule.kind.as_str()).collect();
    let stated = format!("{} rules of {} kinds of secrets", rules().rules().count(), kinds.len());
    assert!(changelog.contains(&stated), "{stated}");
}

#[test]
fn patterns_know_an_error_by_its_marks_as_by_its_values() {
    let mut plain = Catalog::builtin().unwrap_or_else(|problems| panic!("{}", problems[0]));
    plain.redactions = Redactions::default();
    let event = |message: &str, catalog: &Catalog| {
        let at = Position { source: "input".into(), index: 0, line: 1, end_line: 1 };
        let mut entry = LogEntry::empty(at);
        (entry.message, entry.severity) = (message.to_string(), Severity::Error);
        let event = read_event(entry, catalog);
        let known = event.known.as_ref().map(|known| catalog.errors.get(known.pattern).id.to_string());
        (known, fingerprint(&event, catalog).0.hash)
    };
    let (mut tried, mut other) = (0, Vec::new());
    for pattern in plain.errors.iter() {
        for example in &pattern.should_match {
            let text = &example.get_ref().text;
            let (before, after) = (event(text, &plain), event(text, run::catalog()));
            assert_eq!(before.0, after.0, "{text}");
            tried += 1;
            if before.1 != after.1 {
                other.push(text.clone());
            }
        }
    }
    println!("{tried} examples, {} with another fingerprint than without redaction\n{}", other.len(), other.join("\n"));
    assert!(tried > 300 && other.len() * 100 <= tried, "{} of {tried}", other.len());
}
