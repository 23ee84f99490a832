//! A checker of its own for what a report claims: it knows the input and the JSON, nothing of the product.
//! Leaves out whether a reading is right; it tells only whether what is written can be found in the input.

use std::collections::HashSet;

use serde_json::Value;

use super::{number, text};

/// Words that need a source in the input.
const LOADED_WORDS: [&str; 3] = ["production", "customer", "revenue"];

/// Everything an input says, decoded.
pub struct Input {
    raw: String,
    values: Vec<String>,
    exact: HashSet<String>,
}

impl Input {
    /// Reads an input: the strings and numbers of its JSON, or its lines.
    pub fn new(raw: &str) -> Input {
        let mut values = Vec::new();
        match serde_json::from_str::<Value>(raw) {
            Ok(value) => collect(&value, &mut values),
            Err(_) => {
                for line in raw.lines() {
                    match serde_json::from_str::<Value>(line) {
                        Ok(value) => collect(&value, &mut values),
                        Err(_) => values.push(plain(line)),
                    }
                }
                values.push(plain(raw));
            }
        }
        let exact = values.iter().cloned().collect();
        Input { raw: raw.to_string(), values, exact }
    }

    fn says(&self, words: &str) -> bool {
        self.values.iter().any(|value| value.contains(words))
    }

    /// Whether a quotation stands in the input, in one piece, or line by line where it was rejoined.
    fn holds(&self, quote: &str) -> bool {
        let stands = |line: &str| line.is_empty() || self.says(line) || self.is_request(line) || self.is_pair(line);
        self.says(quote) || quote.lines().all(stands)
    }

    /// Whether a line is `message: error` of one logfmt line that holds the two as fields.
    fn is_pair(&self, line: &str) -> bool {
        line.split_once(": ").is_some_and(|(message, error)| {
            let fields = [format!("=\"{message}\""), format!("=\"{error}\"")];
            self.raw.lines().any(|line| fields.iter().all(|field| line.contains(field.as_str())))
        })
    }

    /// Whether a line is the rendering of a request: `key=value` pairs, each value as in the input.
    fn is_request(&self, line: &str) -> bool {
        let Some((pairs, agent)) = line.split_once(" userAgent=").or(Some((line, ""))) else { return false };
        line.starts_with("requestMethod=")
            && (agent.is_empty() || self.exact.contains(agent))
            && pairs.split(' ').all(|pair| {
                pair.split_once('=').is_some_and(|(key, value)| self.exact.contains(value) && self.raw.contains(key))
            })
    }
}

fn collect(value: &Value, into: &mut Vec<String>) {
    match value {
        Value::String(words) => {
            let words = plain(words);
            // Some writers leave line ends written out as two characters; either form is a faithful quotation.
            if words.contains("\\n") {
                into.push(words.replace("\\n", "\n"));
            }
            into.push(words);
        }
        Value::Number(number) => into.push(number.to_string()),
        Value::Array(items) => items.iter().for_each(|item| collect(item, into)),
        Value::Object(fields) => fields.values().for_each(|field| collect(field, into)),
        Value::Null | Value::Bool(_) => {}
    }
}

/// Returns a text without colour codes and markup.
fn plain(words: &str) -> String {
    let mut out = String::new();
    let mut rest = words;
    while let Some(at) = rest.find('\u{1b}') {
        out.push_str(&rest[..at]);
        rest = rest[at..].find('m').map_or("", |end| &rest[at + end + 1..]);
    }
    out.push_str(rest);
    for tag in ["<red>", "</red>", "<level>", "</level>", "<green>", "</green>", "<bold>", "</bold>"] {
        out = out.replace(tag, "");
    }
    out.replace('\r', "")
}

/// Checks one report against the input and the incident's JSON; the faults, one a line.
pub fn check(input: &Input, incident: &Value, report: &str) -> String {
    let mut faults = Vec::new();
    for (id, quote) in quotations(report) {
        if let Some(id) = id.filter(|id| !input.exact.contains(*id)) {
            faults.push(format!("quoted insertId {id} is not in the input"));
        }
        if !input.holds(&quote) {
            faults.push(format!("quoted text is not in the input: {quote}"));
        }
    }
    let known = input.values.join("\n").to_lowercase();
    let lower = report.to_lowercase();
    for word in LOADED_WORDS.iter().filter(|word| lower.contains(**word) && !known.contains(**word)) {
        faults.push(format!("the word `{word}` has no source in the input"));
    }
    if let Some(c) = report.chars().find(|c| is_emoji(*c) && !input.raw.contains(*c)) {
        faults.push(format!("emoji {c:?}"));
    }
    for group in incident["groups"].as_array().into_iter().flatten() {
        for sample in group["samples"].as_array().into_iter().flatten() {
            if sample["insert_id"].as_str().is_some_and(|id| !input.exact.contains(id)) {
                faults.push(format!("sample {sample} is not in the input"));
            }
        }
    }
    faults.extend(whys(incident, report));
    faults.extend(impact(incident, report));
    faults.join("\n")
}

/// Returns each fenced quotation with the insertId on the line above it.
fn quotations(report: &str) -> Vec<(Option<&str>, String)> {
    let mut found = Vec::new();
    let mut id = None;
    let mut lines = report.lines();
    while let Some(line) = lines.next() {
        if let Some(named) = line.strip_prefix("insertId `") {
            id = named.split('`').next();
        }
        let fence: String = line.chars().take_while(|c| *c == '`').collect();
        if fence.len() >= 3 && line[fence.len()..] == *"text" {
            let quote: Vec<&str> = lines.by_ref().take_while(|line| *line != fence).collect();
            let kept = quote.iter().filter(|line| !line.starts_with("... (cut for display")).copied();
            found.push((id.take(), kept.collect::<Vec<_>>().join("\n")));
        }
    }
    found
}

fn is_emoji(c: char) -> bool {
    matches!(u32::from(c), 0x2600..=0x27bf | 0x2b00..=0x2bff | 0x1f000..=0x1faff)
}

fn section<'r>(report: &'r str, heading: &str) -> &'r str {
    let Some((_, rest)) = report.split_once(&format!("\n## {heading}\n")) else { return "" };
    rest.split("\n## ").next().unwrap_or(rest)
}

/// Every why has evidence, or says that it is unknown or a hypothesis.
fn whys(incident: &Value, report: &str) -> Vec<String> {
    let mut faults = Vec::new();
    for why in incident["whys"].as_array().into_iter().flatten() {
        let open = matches!(text(why, "status"), "unknown" | "hypothesis");
        if !open && why["evidence"].as_array().is_none_or(Vec::is_empty) {
            faults.push(format!("a why without evidence: {why}"));
        }
    }
    let mut lines = section(report, "Five whys").lines();
    let mut seen = 0;
    while let Some(line) = lines.next() {
        let question = line.trim_start_matches(|c: char| c.is_ascii_digit() || c == '.' || c == '-' || c == ' ');
        if question.starts_with("**") {
            seen += 1;
            let answer = lines.next().unwrap_or("");
            if !["[unknown]", "[hypothesis]", "] ("].iter().any(|mark| answer.contains(mark)) {
                faults.push(format!("an answer without evidence: {answer}"));
            }
        }
    }
    if seen < 3 {
        faults.push(format!("{seen} whys; the main line and two branches are the least"));
    }
    faults
}

/// The numbers of the section Impact are those of the JSON.
fn impact(incident: &Value, report: &str) -> Vec<String> {
    let groups = incident["groups"].as_array().map_or(&[][..], Vec::as_slice);
    let mut faults = Vec::new();
    let mut expect = |line: &str, count: Option<u64>, wanted: u64| {
        if count != Some(wanted) {
            faults.push(format!("Impact says `{line}`, the JSON says {wanted}"));
        }
    };
    let lines = section(report, "Impact").lines().filter_map(|line| line.strip_prefix("- "));
    let mut seen = 0;
    for line in lines {
        seen += 1;
        let mut words = line.split(' ');
        let count = words.next().and_then(|word| word.replace(',', "").parse().ok());
        match (words.next(), words.next(), words.next().and_then(|word| word.replace(',', "").parse().ok())) {
            (Some("events" | "event"), Some("in"), groups_said) => {
                expect(line, count, number(incident, "entries"));
                expect(line, groups_said, groups.len() as u64);
            }
            (Some("instances" | "instance"), ..) => expect(line, count, number(incident, "instances")),
            (Some("failed"), Some(next), _) if next.starts_with("request") => {
                let cited = groups.iter().filter(|group| line.contains(text(group, "id")));
                expect(line, count, cited.map(|group| number(group, "entries")).sum());
            }
            _ => {}
        }
    }
    if seen < 2 {
        faults.push("the section Impact is missing".to_string());
    }
    faults
}
