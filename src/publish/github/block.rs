//! The managed block: the part of an issue's body that is ours, between two markers.
//! Leaves out asking GitHub. Pure; every byte outside the block is copied as it is.
//!
//! A body in which the markers do not stand exactly once, in order and at the start of a line, was taken
//! over by a person: guessing which part is ours could cost somebody's text.

use std::ops::Range;

use crate::report::draft;

/// GitHub's limit for a body or a comment, in characters (its answer to more is "body is too long
/// (maximum is 65536 characters)").
pub const LIMIT: usize = 65_536;

/// The least that a block may be cut to; below it a block would say nothing.
const LEAST: usize = 1_000;

const ANY: &str = "<!-- log-gardener:";
const BEGIN: &str = "<!-- log-gardener:begin fingerprint=";
const OLD: &str = "<!-- log-gardener:fingerprint=";
const CLOSE: &str = " -->";
const END: &str = "<!-- log-gardener:end -->";
const ADVICE: &str = "<!-- What stands between these two markers is rewritten; write above or below them, or remove them \
     to take the issue over. -->";

/// What the markers of a body say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Marking {
    /// The body has a block; the range covers both markers.
    Managed {
        /// The incident.
        fingerprint: String,
        /// Bytes from the begin marker to the end marker, without the last line end.
        range: Range<usize>,
    },
    /// The body ends in the one-line marker of an issue that was opened by hand from a draft.
    Draft {
        /// The incident.
        fingerprint: String,
        /// Bytes of the marker, without its line end.
        range: Range<usize>,
    },
    /// No marker at all.
    None,
    /// Markers that are incomplete, doubled or nested: a person works here.
    Broken(&'static str),
}

impl Marking {
    /// Returns the incident whose marker it is.
    pub fn fingerprint(&self) -> Option<&str> {
        match self {
            Marking::Managed { fingerprint, .. } | Marking::Draft { fingerprint, .. } => Some(fingerprint),
            Marking::None | Marking::Broken(_) => None,
        }
    }
}

/// Returns what the markers of a body say.
pub fn marking(body: &str) -> Marking {
    let (mut begins, mut ends, mut drafts) = (Vec::new(), Vec::new(), Vec::new());
    let mut at = 0;
    for whole in body.split_inclusive('\n') {
        let line = whole.trim_end();
        let range = at..at + line.len();
        if let Some(fingerprint) = enclosed(line, BEGIN) {
            begins.push((fingerprint, range));
        } else if line == END {
            ends.push(range);
        } else if let Some(fingerprint) = enclosed(line, OLD) {
            drafts.push((fingerprint, range));
        }
        at += whole.len();
    }
    match (begins.as_slice(), ends.as_slice()) {
        ([], []) => match drafts.as_slice() {
            [] => Marking::None,
            [(fingerprint, range)] => Marking::Draft { fingerprint: fingerprint.clone(), range: range.clone() },
            _ => Marking::Broken("it carries several markers"),
        },
        ([(fingerprint, begin)], [end]) if begin.end < end.start => {
            Marking::Managed { fingerprint: fingerprint.clone(), range: begin.start..end.end }
        }
        ([_], []) => Marking::Broken("the end marker is missing"),
        ([], [_]) => Marking::Broken("the begin marker is missing"),
        ([_], [_]) => Marking::Broken("the end marker stands before the begin marker"),
        _ => Marking::Broken("a marker stands in it several times"),
    }
}

/// Returns the fingerprint between `before` and the end of the comment; hexadecimal digits, 8 at least.
fn enclosed(line: &str, before: &str) -> Option<String> {
    let inner = line.strip_prefix(before)?.strip_suffix(CLOSE)?;
    let well = inner.len() >= 8 && inner.chars().all(|c| c.is_ascii_alphanumeric());
    well.then(|| inner.to_owned())
}

/// Returns a body that consists of the block alone, cut to GitHub's limit.
pub fn place(fingerprint: &str, block: &str) -> String {
    wrap(fingerprint, &cut(block, LIMIT - wrap(fingerprint, "").chars().count()))
}

/// Returns the body with its block (or its draft's marker) replaced and everything else as it was.
///
/// Returns `None` when there is nothing of ours to replace, or people's text leaves too little room.
pub fn replace(body: &str, block: &str) -> Option<String> {
    let (Marking::Managed { fingerprint, range } | Marking::Draft { fingerprint, range }) = marking(body) else {
        return None;
    };
    let (before, after) = (&body[..range.start], &body[range.end..]);
    let taken = before.chars().count() + after.chars().count() + wrap(&fingerprint, "").chars().count();
    let room = LIMIT.checked_sub(taken)?;
    if room < LEAST && block.len() > room {
        return None;
    }
    Some(format!("{before}{}{after}", wrap(&fingerprint, &cut(block, room))))
}

/// Returns whether two texts are the same but for line ends and blanks at the end, which GitHub may change.
pub fn same(left: &str, right: &str) -> bool {
    let lines = |text: &str| text.replace("\r\n", "\n").trim_end().to_owned();
    lines(left) == lines(right)
}

/// Returns a person's body with the block after it, or `None` when there is a marker or too little room.
pub fn append(body: &str, fingerprint: &str, block: &str) -> Option<String> {
    let marked = marking(body) != Marking::None;
    let end = if body.contains("\r\n") { "\r\n\r\n" } else { "\n\n" };
    // The empty block makes a place that `replace` fills with regard to the limit.
    (!marked).then(|| replace(&format!("{body}{end}{}", wrap(fingerprint, "")), block)).flatten()
}

/// Returns people's text around the block: before and after it. All of a body without a block is theirs.
pub fn around(body: &str) -> (&str, &str) {
    match marking(body) {
        Marking::Managed { range, .. } | Marking::Draft { range, .. } => (&body[..range.start], &body[range.end..]),
        Marking::None | Marking::Broken(_) => (body, ""),
    }
}

/// Returns whether a marker of this incident stands anywhere, however broken the markers are.
pub fn mentions(body: &str, fingerprint: &str) -> bool {
    [BEGIN, OLD].iter().any(|before| body.contains(&format!("{before}{fingerprint}{CLOSE}")))
}

/// Returns what stands inside the block, without the markers and the advice.
pub fn inside(body: &str) -> Option<String> {
    let Marking::Managed { range, .. } = marking(body) else { return None };
    let text = body[range].replace("\r\n", "\n");
    let lines: Vec<&str> = text.lines().collect();
    let inner = lines.get(1..lines.len().saturating_sub(1))?;
    let inner = if inner.first() == Some(&ADVICE) { &inner[1..] } else { inner };
    Some(inner.join("\n").trim().to_owned())
}

/// Returns the text of a comment with the hidden key by which it is found again, cut to GitHub's limit.
pub fn comment(key: &str, text: &str) -> String {
    let marker = format!("\n\n{}", key_marker(key));
    format!("{}{marker}", cut(text, LIMIT - marker.chars().count()).trim_end())
}

/// Returns whether a comment carries this key.
pub fn has_key(comment: &str, key: &str) -> bool {
    let marker = key_marker(key);
    comment.lines().any(|line| line.trim_end() == marker)
}

/// Returns whether a comment carries any key of ours.
pub fn is_ours(comment: &str) -> bool {
    let before = format!("{ANY}comment=");
    comment.lines().any(|line| line.starts_with(&before))
}

fn key_marker(key: &str) -> String {
    let key: String = key.chars().filter(|c| c.is_ascii_alphanumeric() || *c == '-').collect();
    format!("{ANY}comment={key}{CLOSE}")
}

fn wrap(fingerprint: &str, block: &str) -> String {
    let fingerprint: String = fingerprint.chars().filter(char::is_ascii_alphanumeric).collect();
    format!("{BEGIN}{fingerprint}{CLOSE}\n{ADVICE}\n\n{block}\n\n{END}")
}

/// Returns the text without marker lines of its own, cut at the edge of a section to `room` characters.
fn cut(text: &str, room: usize) -> String {
    // A draft ends in the one-line marker; inside the block it would count as a second one. A quoted log
    // line that looks like a marker stays readable and is none.
    let lines = text.lines().filter(|line| enclosed(line.trim_end(), OLD).is_none());
    let text = lines.collect::<Vec<_>>().join("\n").replace(ANY, "<!-- log-gardener\\x3a");
    let text = text.trim();
    if text.chars().count() <= room { text.to_owned() } else { draft::fit(text, room) }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "0123456789abcdef0123456789abcdef";

    fn body() -> String {
        format!("# Ours and theirs\r\n\r\n{}\r\nA person's last line, without an end", place(ID, "old\n\n## Two"))
    }

    #[test]
    fn everything_outside_the_block_stays_byte_for_byte() {
        let body = body();
        let new = replace(&body, "new text\n```\n<!-- log-gardener:end -->\n```").expect("a block");
        assert!(new.starts_with("# Ours and theirs\r\n\r\n<!-- log-gardener:begin"), "{new}");
        assert!(new.ends_with("\n<!-- log-gardener:end -->\r\nA person's last line, without an end"), "{new}");
        assert_eq!(marking(&new).fingerprint(), Some(ID));
        assert_eq!(around(&new), around(&body));
        assert_eq!(inside(&new).as_deref(), Some("new text\n```\n<!-- log-gardener\\x3aend -->\n```"));
        assert_eq!(replace(&new, "old\n\n## Two").as_deref(), Some(body.as_str()));
    }

    #[test]
    fn a_body_stored_with_other_line_ends_says_the_same() {
        let stored = body().replace("\r\n", "\n").replace('\n', "\r\n");
        assert!(same(&stored, &body()));
        assert_eq!(inside(&stored).as_deref(), Some("old\n\n## Two"));
        let new = replace(&stored, "new").expect("a block");
        assert!(
            new.starts_with("# Ours and theirs\r\n\r\n") && new.ends_with("\r\nA person's last line, without an end")
        );
    }

    #[test]
    fn broken_markers_mean_that_a_person_took_over() {
        let whole = place(ID, "text");
        let begin = format!("{BEGIN}{ID}{CLOSE}");
        for wrong in [
            whole.replace(END, ""),
            whole.replace(&begin, ""),
            format!("{whole}\n{whole}"),
            format!("{begin}\n{whole}"),
            format!("{whole}\n{END}"),
            format!("{END}\n{begin}\n"),
            format!("{OLD}{ID}{CLOSE}\n{OLD}{ID}{CLOSE}\n"),
        ] {
            assert!(matches!(marking(&wrong), Marking::Broken(_)), "{wrong}");
            assert_eq!(replace(&wrong, "new"), None);
        }
        assert_eq!(marking("> <!-- log-gardener:end -->\n<!-- log-gardener:fingerprint=x -->"), Marking::None);
        assert_eq!(marking(&whole.replace(&begin, "  <!-- text -->").replace(END, "")), Marking::None);
    }

    #[test]
    fn the_marker_of_a_draft_opened_by_hand_becomes_the_block() {
        let draft = format!("Written by hand.\n\n{OLD}{ID}{CLOSE}\nAfterwards.\n");
        let new = replace(&draft, "block").expect("a marker");
        assert_eq!(new, format!("Written by hand.\n\n{}\nAfterwards.\n", place(ID, "block")));
        assert_eq!(replace(&new, &format!("again\n\n{OLD}{ID}{CLOSE}\n")), replace(&new, "again"));
    }

    #[test]
    fn the_limit_counts_peoples_text_and_falls_on_a_character() {
        let block = format!("First.\n\n## Section\n\n{}\n\n## Last\n\nend", "\u{1f600}word ".repeat(11_000));
        let new = place(ID, &block);
        assert!(new.chars().count() <= LIMIT && new.contains("Cut here"), "{}", new.chars().count());
        assert_eq!(marking(&new).fingerprint(), Some(ID));
        let theirs = "\u{e9}".repeat(60_000);
        let new = replace(&format!("{}\n{theirs}", place(ID, "small")), &block).expect("room");
        assert!(new.chars().count() <= LIMIT && new.ends_with(&theirs) && new.contains("Cut here"));
        let theirs = "x".repeat(LIMIT - 300);
        assert_eq!(replace(&format!("{}\n{theirs}", place(ID, "")), &block), None, "no room is left");
        let comment = comment("closed-2026-03-10", &"y".repeat(70_000));
        assert!(
            comment.chars().count() <= LIMIT && has_key(&comment, "closed-2026-03-10") && !has_key(&comment, "closed")
        );
    }
}
