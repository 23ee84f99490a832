//! What in a line can be true or false: numbers, times, quotations, ids, places, marks, words that turn it round.
//! Leaves out whether it is: `compare` and `lookup` tell.

use std::sync::LazyLock;

use regex::Regex;
use serde::Serialize;

use super::words::TURNS;

/// What a piece of text claims.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// A hidden marker, an HTML comment.
    Marker,
    /// Text between backticks or double quotes, or a line of a quotation.
    Quotation,
    /// A point in time.
    Time,
    /// `file:line`, or `line N`.
    Place,
    /// insertId, fingerprint, id of a group or an incident, hash, commit.
    Id,
    /// How sure a statement is: `proven`, `supported`, `hypothesis`, `refuted`.
    Status,
    /// `P0` to `P4`.
    Priority,
    /// `#12`.
    Issue,
    /// A length of time, a lag.
    Duration,
    /// A share in percent.
    Percent,
    /// `9 of 10`.
    Ratio,
    /// Any other number.
    Number,
    /// A name with digits in it, such as a revision.
    Name,
    /// A word that turns a statement round: `not`, `before`, `only`.
    Turn,
    /// Other words.
    Wording,
    /// The input that is named is another one.
    Input,
    /// Bytes that are no text.
    Form,
}

/// A piece of a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Token<'t> {
    /// What it claims.
    pub kind: Kind,
    /// As it stands there.
    pub text: &'t str,
    /// Where it begins, in bytes.
    pub at: usize,
}

/// The pieces, most telling first: what matches earlier in this list is not looked at as anything else.
static PIECE: LazyLock<Regex> = LazyLock::new(|| {
    const PIECES: [(&str, &str); 16] = [
        ("marker", r"<!--.*?-->"),
        ("code", r"```.+?```|``.+?``|`[^`]+`|<code>.*?</code>"),
        ("quote", r#""[^"]{1,600}"|“[^”]{1,600}”"#),
        (
            "time",
            r"\d{4}-\d{2}-\d{2}(?:[T ]\d{2}:\d{2}(?::\d{2}(?:[.,]\d+)?)?(?: ?(?:Z|UTC\b|[+-]\d{2}:?\d{2}))?)?|\b\d{1,2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?: ?(?:Z|UTC)\b)?",
        ),
        ("place", r"[\w./~-]*\w\.[A-Za-z]\w*:\d+|\bline \d+(?:,\d{3})*"),
        ("id", r"\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b|\b[0-9a-f]{7,64}\b"),
        ("status", r"(?i)\b(?:proven|supported|hypothesis|refuted)\b"),
        ("priority", r"\bP[0-4]\b"),
        ("issue", r"#\d+\b"),
        (
            "duration",
            r"\d[\d,]*(?:\.\d+)?\s?(?:ns|µs|us|ms|seconds?|secs?|s|minutes?|mins?|min|hours?|h|days?|weeks?|months?|years?|d)\b(?:(?:,? and)? \d+ (?:seconds?|secs?|s|minutes?|mins?|min|hours?|h)\b)?(?: earlier\b| later\b)?",
        ),
        ("percent", r"\d[\d,]*(?:\.\d+)?\s?%"),
        ("ratio", r"\d[\d,]* of \d+(?:,\d{3})*"),
        ("name", r"[A-Za-z_]\w*(?:[-./:@]\w+)+"),
        ("word", r"[A-Za-z_]\w*|[\p{L}]+"),
        ("number", r"\d+(?:,\d{3})*(?:\.\d+)?"),
        ("mark", r"\S"),
    ];
    let parts: Vec<String> = PIECES.iter().map(|(name, piece)| format!("(?P<{name}>{piece})")).collect();
    Regex::new(&parts.join("|")).expect("a constant pattern compiles")
});

/// Returns the pieces of a line, in order.
pub fn tokens(line: &str) -> Vec<Token<'_>> {
    let mut tokens = Vec::new();
    // A step of a numbered list claims nothing by its number.
    let start = list_number(line);
    for found in PIECE.captures_iter(&line[start..]) {
        let Some(all) = found.get(0) else { continue };
        let is = |name: &str| found.name(name).is_some();
        let kind = match () {
            () if is("marker") => Kind::Marker,
            () if is("code") => in_code(all.as_str().trim_matches('`').trim()),
            () if is("quote") => Kind::Quotation,
            () if is("time") => Kind::Time,
            () if is("place") => Kind::Place,
            () if is("id") => in_hex(all.as_str()),
            () if is("status") => Kind::Status,
            () if is("priority") => Kind::Priority,
            () if is("issue") => Kind::Issue,
            () if is("duration") => Kind::Duration,
            () if is("percent") => Kind::Percent,
            () if is("ratio") => Kind::Ratio,
            () if is("number") => Kind::Number,
            () if is("name") && all.as_str().bytes().any(|byte| byte.is_ascii_digit()) => Kind::Name,
            () if TURNS.contains(&all.as_str().to_ascii_lowercase().as_str()) => Kind::Turn,
            () => Kind::Wording,
        };
        tokens.push(Token { kind, text: all.as_str(), at: start + all.start() });
    }
    tokens
}

impl Kind {
    /// Whether it can be looked up by itself.
    pub fn is_claim(self) -> bool {
        !matches!(self, Kind::Turn | Kind::Wording)
    }

    /// Returns its name, as the JSON has it.
    pub fn name(self) -> &'static str {
        match self {
            Kind::Marker => "marker",
            Kind::Quotation => "quotation",
            Kind::Time => "time",
            Kind::Place => "place",
            Kind::Id => "id",
            Kind::Status => "status",
            Kind::Priority => "priority",
            Kind::Issue => "issue",
            Kind::Duration => "duration",
            Kind::Percent => "percent",
            Kind::Ratio => "ratio",
            Kind::Number => "number",
            Kind::Name => "name",
            Kind::Turn => "turn",
            Kind::Wording => "wording",
            Kind::Input => "input",
            Kind::Form => "form",
        }
    }
}

/// Returns the line with its claims masked: what is left says which statement it is.
pub(super) fn skeleton(tokens: &[Token<'_>]) -> String {
    let mut words: Vec<&str> = Vec::new();
    for token in tokens {
        words.push(if token.kind.is_claim() { token.kind.name() } else { token.text });
    }
    words.join(" ")
}

/// A run of hex digits is an id when it holds both letters and digits.
fn in_hex(text: &str) -> Kind {
    match (text.bytes().any(|byte| byte.is_ascii_digit()), text.bytes().any(|byte| byte.is_ascii_alphabetic())) {
        (true, true) => Kind::Id,
        (true, false) => Kind::Number,
        _ => Kind::Wording,
    }
}

/// What stands in a code span: an id, a place, a time, or else a quotation.
fn in_code(inner: &str) -> Kind {
    let id = |text: &str| {
        text.len() >= 8
            && text.bytes().all(|byte| byte.is_ascii_alphanumeric())
            && text.bytes().filter(u8::is_ascii_digit).count() >= 2
    };
    let place = |text: &str| {
        text.rsplit_once(':').is_some_and(|(file, line)| {
            file.contains(['.', '/']) && !line.is_empty() && line.bytes().all(|byte| byte.is_ascii_digit())
        })
    };
    match inner {
        _ if id(inner) => Kind::Id,
        _ if place(inner) && !inner.contains(' ') => Kind::Place,
        _ => Kind::Quotation,
    }
}

/// Returns where a line begins behind `  12. `.
fn list_number(line: &str) -> usize {
    let text = line.trim_start();
    let digits = text.len() - text.trim_start_matches(|c: char| c.is_ascii_digit()).len();
    let marked = digits > 0 && (text[digits..].starts_with(". ") || text[digits..].starts_with(") "));
    if marked { line.len() - text.len() + digits + 2 } else { 0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_kind_of_claim_is_told() {
        let kinds = |line: &str| -> Vec<(Kind, String)> {
            let claims = tokens(line).into_iter().filter(|token| token.kind.is_claim());
            claims.map(|token| (token.kind, token.text.to_string())).collect()
        };
        let check = |line: &str, expect: &[(Kind, &str)]| {
            let expect: Vec<(Kind, String)> = expect.iter().map(|(kind, text)| (*kind, text.to_string())).collect();
            assert_eq!(kinds(line), expect, "{line}");
        };
        check("1. 82 events, P0", &[(Kind::Number, "82"), (Kind::Priority, "P0")]);
        check("at 2026-03-10 09:33:58.896Z.", &[(Kind::Time, "2026-03-10 09:33:58.896Z")]);
        check(
            "line 3326, 2.3 ms earlier, 99 %",
            &[(Kind::Place, "line 3326"), (Kind::Duration, "2.3 ms earlier"), (Kind::Percent, "99 %")],
        );
        check("insertId `69afe586000daf941c827129`", &[(Kind::Id, "`69afe586000daf941c827129`")]);
        check(
            "9 of 10 [supported] on checkout-api-00042-qix, #12",
            &[
                (Kind::Ratio, "9 of 10"),
                (Kind::Status, "supported"),
                (Kind::Name, "checkout-api-00042-qix"),
                (Kind::Issue, "#12"),
            ],
        );
        check("`a b` and \"c d\"", &[(Kind::Quotation, "`a b`"), (Kind::Quotation, "\"c d\"")]);
        check("sha256 and utf8 are words", &[]);
        assert!(tokens("is not there").iter().any(|token| token.kind == Kind::Turn));
    }
}
