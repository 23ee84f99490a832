//! Single messages and lines: stack traces, masks, fingerprints, templates.
//! Leaves out how they came out of a log: see `logs`.

use log_gardener::entry::{LogEntry, Position, Severity};
use log_gardener::event::{read_event, trace};
use log_gardener::group::template::{Options, mine};
use log_gardener::group::{fingerprint as fingerprint_of, normalise};
use log_gardener::pattern::{Tally, sample};
use log_gardener::redact::{self, Filter};

use crate::run::catalog;

/// Traces are found in order, without overlap, and lie within the text.
pub fn trace(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let grammars = &catalog().traces;
    let lines: Vec<&str> = text.lines().collect();
    let mut floor = 0;
    for block in trace::find_blocks(&lines, grammars) {
        assert!(floor <= block.start && block.start <= block.end && block.end < lines.len(), "blocks are in order");
        floor = block.end + 1;
    }
    if let Some((_, range)) = trace::parse_text(&text, grammars) {
        assert!(text.get(range).is_some(), "a trace lies within its text");
    }
    for line in lines.iter().take(50) {
        trace::starts_trace(line, grammars);
        trace::may_continue(line, grammars);
    }
}

/// A message has one fingerprint, and masking makes no text much longer than it was.
pub fn fingerprint(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let masks = &catalog().masks;
    let masked = masks.apply(&text);
    // The shortest value is one digit, the longest name of a mask has some twenty characters.
    assert!(masked.len() <= 32 * text.len() + 32, "masking makes a text longer without bound");
    assert_eq!(normalise(&text, masks), normalise(&text, masks));
    let mut entry = LogEntry::empty(Position { source: "input".into(), index: 0, line: 1, end_line: 1 });
    entry.severity = Severity::Error;
    entry.message = text.into_owned();
    let event = read_event(entry, catalog());
    assert_eq!(fingerprint_of(&event, catalog()), fingerprint_of(&event, catalog()));
}

/// Every line has a template, the counts add up, and the order of lines does not matter.
pub fn template(data: &[u8]) {
    let Some((mode, text)) = data.split_first() else { return };
    let text = String::from_utf8_lossy(text);
    let mut lines: Vec<&str> = text.lines().take(2_000).collect();
    let options = Options { content: mode.is_multiple_of(2) };
    let (assigned, templates) = mine(lines.iter(), options);
    assert_eq!(assigned.len(), lines.len());
    assert_eq!(templates.iter().map(|template| template.count).sum::<u64>(), lines.len() as u64);
    for template in &templates {
        assert!(lines.iter().any(|line| line.contains(&template.example)), "an example stands in a line");
    }
    let told = |templates: Vec<log_gardener::group::template::Template>| {
        let mut told: Vec<(String, u64)> = templates.into_iter().map(|found| (found.template, found.count)).collect();
        told.sort();
        told
    };
    lines.reverse();
    assert_eq!(told(templates), told(mine(lines.iter(), options).1), "the order of lines does not matter");
}

/// A secret between any two texts is not seen, redacting again changes nothing, and JSON stays JSON.
pub fn redaction(data: &[u8]) {
    let [which, seed, text @ ..] = data else { return };
    let rules = &catalog().redactions;
    let all: Vec<_> = rules.rules().collect();
    let rule = all[usize::from(*which) % all.len()];
    let value = rule.shapes.first().and_then(|shape| sample(shape, u64::from(*seed))).unwrap_or_default();
    let text = String::from_utf8_lossy(text);
    let half = text.floor_char_boundary(text.len() / 2);
    let text = format!("{}\n{}\n{}", &text[..half], rule.example.replace("{secret}", &value), &text[half..]);
    let redacted = rules.redact(&text, &mut Tally::default());
    for part in
        value.lines().filter(|part| part.len() >= 8 && !text[..half].contains(part) && !text[half..].contains(part))
    {
        assert!(!redacted.contains(part), "{} is seen in {redacted:?}", rule.id);
    }
    assert!(redacted.len() <= 16 * text.len(), "marks make a text longer without bound");
    assert_eq!(rules.redact(&redacted, &mut Tally::default()), redacted, "once is enough for {text:?}");
    // Lines that came before are remembered, which changes nothing.
    for _ in 0..3 {
        let mut entry = LogEntry::empty(Position { source: "input".into(), index: 0, line: 1, end_line: 1 });
        entry.message.clone_from(&text);
        redact::entry(&mut entry, rules);
        assert_eq!(entry.message, redacted);
    }
    let mut filter = Filter::new(rules);
    for line in text.lines() {
        let filtered = filter.line(line);
        assert!(!filtered.contains('\n'), "a line stays one");
        if serde_json::from_str::<serde_json::Value>(line).is_ok() {
            assert!(serde_json::from_str::<serde_json::Value>(&filtered).is_ok(), "{line:?} became {filtered:?}");
        }
    }
}
