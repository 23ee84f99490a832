//! What a document says about its own making: time of reading, window asked, inputs with their sha256.
//! Leaves out whether it is true; the most frequent statement is taken, and the others are then found false.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use chrono::{DateTime, FixedOffset, NaiveDateTime};
use regex::Regex;

use crate::entry::Timestamp;

const TIME: &str = r"(\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}:\d{2}(?:\.\d+)?Z)";

static NOW: LazyLock<Regex> = LazyLock::new(|| {
    regex(&format!(r"--now {TIME}|read at {TIME}|(?m:^.*Data age.* at {TIME})|(?m:^\| {TIME} \| read \|)"))
});
static SINCE: LazyLock<Regex> = LazyLock::new(|| regex(&format!(r"--since {TIME}|asked \(UTC\)[ |:]+{TIME} to ")));
static UNTIL: LazyLock<Regex> =
    LazyLock::new(|| regex(&format!(r"--until {TIME}|asked \(UTC\)[ |:]+(?:open|[\d:. TZ-]+) to {TIME}")));
static INPUT: LazyLock<Regex> = LazyLock::new(|| {
    regex(r"(?m)^(?:\| Input \||- Input:) (`+ ?.*? ?`+|<code>.*?</code>), .*?sha256 `?([0-9a-fA-F]{64})?")
});
static CHECKOUT: LazyLock<Regex> = LazyLock::new(|| {
    let span = SPAN.as_str();
    regex(&format!(
        r"(?m)^(?:\| Checkout \||- Checkout:) ({span}), HEAD `([0-9a-f]{{40,64}})`(?:, paths ({span}(?:, {span})*))?(?:, deployed ({span}))?"
    ))
});
static SPAN: LazyLock<Regex> = LazyLock::new(|| regex(r"(?:`[^`\n]+`|<code>[^\n]*?</code>)"));
static PLACE: LazyLock<Regex> = LazyLock::new(|| regex(r"(?m)Z, (`[^`\n]+`) line \d+:$"));
static OFFSET: LazyLock<Regex> = LazyLock::new(|| regex(r"(?m)^\| Range \(local\) \| [\d: -]+ ([+-]\d{2}:\d{2}) to "));
static UNREDACTED: LazyLock<Regex> = LazyLock::new(|| regex(r"(?i)nothing is redacted, as `?--no-redact`? asks"));
static YEAR: LazyLock<Regex> = LazyLock::new(|| regex(r"\b\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}:\d{2}(?:\.\d+)?Z"));

/// What a document says about its own making.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Stated {
    /// The time of reading.
    pub now: Option<Timestamp>,
    /// Start of the window asked for.
    pub since: Option<Timestamp>,
    /// End of it.
    pub until: Option<Timestamp>,
    /// Inputs by name, with their sha256 where it is stated.
    pub inputs: Vec<(String, Option<String>)>,
    /// The checkout in which causes were looked for.
    pub checkout: Option<StatedCheckout>,
    /// The zone of the local clock.
    pub local: Option<FixedOffset>,
    /// Whether values stand in it as in the log, for it was made with `--no-redact`.
    pub unredacted: bool,
    /// The newest time in the document: the year of an input whose times have none.
    pub newest: Option<Timestamp>,
}

/// What a document says of the checkout in which causes were looked for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct StatedCheckout {
    /// As it was named.
    pub repo: String,
    /// The commit at HEAD.
    pub head: String,
    /// Rules for paths.
    pub map: Vec<String>,
    /// The commit that logged, as it was given.
    pub deployed: Option<String>,
}

/// Whether a document shows marks in the place of values.
pub fn has_marks(text: &str) -> bool {
    static MARK: LazyLock<Regex> = LazyLock::new(|| regex(r"(?:<|&lt;)[a-z][a-z0-9_-]*:[0-9a-f]{4}(?:>|&gt;)"));
    MARK.is_match(text)
}

/// Reads a document.
pub fn stated(text: &str) -> Stated {
    let mut inputs: Vec<(String, Option<String>)> = Vec::new();
    let rows = INPUT.captures_iter(text).map(|found| {
        (name(found.get(1).map_or("", |name| name.as_str())), found.get(2).map(|sum| sum.as_str().to_lowercase()))
    });
    let places = PLACE.captures_iter(text).map(|found| (name(&found[1]), None));
    for (name, sum) in rows.chain(places) {
        if !inputs.iter().any(|(known, _)| *known == name) {
            inputs.push((name, sum));
        }
    }
    Stated {
        now: most(&NOW, text),
        since: most(&SINCE, text),
        until: most(&UNTIL, text),
        inputs,
        checkout: checkout(text),
        local: OFFSET.captures(text).and_then(|found| found[1].parse().ok()),
        unredacted: UNREDACTED.is_match(text),
        newest: YEAR.find_iter(text).filter_map(|found| time(found.as_str())).max(),
    }
}

fn checkout(text: &str) -> Option<StatedCheckout> {
    let found = CHECKOUT.captures(text)?;
    let of = |at: usize| found.get(at).map(|part| part.as_str());
    let map = SPAN.find_iter(of(3).unwrap_or("")).map(|span| name(span.as_str())).collect();
    Some(StatedCheckout { repo: name(&found[1]), head: found[2].to_string(), map, deployed: of(4).map(name) })
}

/// Reads a time as documents write it.
pub fn time(text: &str) -> Option<Timestamp> {
    let text = text.trim().trim_end_matches("UTC").trim_end_matches('Z').trim().replace(['T', ','], " ");
    let text = text.trim();
    let full = match text.len() {
        10 => format!("{text} 00:00:00"),
        16 => format!("{text}:00"),
        _ => text.to_string(),
    };
    let naive = NaiveDateTime::parse_from_str(&full, "%Y-%m-%d %H:%M:%S%.f").ok()?;
    Timestamp::from_chrono(&DateTime::<chrono::Utc>::from_naive_utc_and_offset(naive, chrono::Utc))
}

/// The time that is stated most often; of several the one that is written most exactly.
fn most(pattern: &Regex, text: &str) -> Option<Timestamp> {
    let mut counts: BTreeMap<Timestamp, (usize, usize)> = BTreeMap::new();
    for found in pattern.captures_iter(text) {
        let stated = found.iter().skip(1).flatten().next().map_or("", |time| time.as_str());
        if let Some(time) = time(stated) {
            let count = counts.entry(time).or_default();
            // The command says it for machines, and nobody edits it by the way.
            let weight = if found[0].starts_with("--") { 2 } else { 1 };
            *count = (count.0 + weight, count.1.max(stated.len()));
        }
    }
    counts
        .into_iter()
        .max_by_key(|(time, (count, exact))| (*count, *exact, std::cmp::Reverse(*time)))
        .map(|(time, _)| time)
}

/// The name inside a code span.
fn name(span: &str) -> String {
    let inner = span.trim_start_matches("<code>").trim_end_matches("</code>").trim_matches('`');
    inner.strip_prefix(' ').and_then(|inner| inner.strip_suffix(' ')).unwrap_or(inner).to_string()
}

fn regex(pattern: &str) -> Regex {
    Regex::new(pattern).expect("a constant pattern compiles")
}

#[cfg(test)]
mod tests {
    use super::{stated, time};

    #[test]
    fn the_making_of_a_document_is_read_from_it() {
        let text = "| Window asked (UTC) | 2026-03-10 09:00:00Z to open |\n\
            | Input | `a.json`, json-array, 3 entries, sha256 `1111111111111111111111111111111111111111111111111111111111111111` |\n\
            insertId `x`, 2026-03-10 09:00:01.000Z, `b.log` line 3:\n\
            log-gardener triage a.json --since 2026-03-10T09:00:00.000000001Z --now 2026-03-10T10:00:00Z\n\
            read at 2026-03-10 10:00:00Z (newest), Data age 1 s at 2026-03-10 11:00:00Z";
        let found = stated(text);
        assert_eq!(found.now, time("2026-03-10T10:00:00Z"));
        assert_eq!(found.since, time("2026-03-10T09:00:00.000000001Z"));
        assert_eq!(found.until, None);
        let names: Vec<&str> = found.inputs.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, ["a.json", "b.log"]);
        let head = "0123456789abcdef0123456789abcdef01234567";
        let row =
            format!("| Checkout | `../shop`, HEAD `{head}`, paths `/app=.`, `/srv=x`, deployed `v1`; read at commit |");
        let checkout = stated(&row).checkout.expect("a checkout");
        assert_eq!((checkout.repo.as_str(), checkout.head.as_str()), ("../shop", head));
        assert_eq!((checkout.map, checkout.deployed.as_deref()), (vec!["/app=.".into(), "/srv=x".into()], Some("v1")));
        let line = stated(&format!("- Checkout: `.`, HEAD `{head}`")).checkout.expect("a checkout");
        assert_eq!((line.repo.as_str(), line.map.len(), line.deployed), (".", 0, None));
        assert!(stated("- Nothing is redacted, as --no-redact asks; this is for the own screen").unredacted);
        assert_eq!(stated(""), super::Stated::default());
    }
}
