//! What stands before a trace's own text on each line, and which lines open a log record of their own.
//! Leaves out the languages: nothing here knows what a frame looks like.

use std::sync::LazyLock;

use regex::Regex;

use crate::pattern::lean;

pub(super) use crate::entry::shared_prefix::{common, cut, strip};

/// What logs put at the start of a record, whoever writes them.
static RECORD: LazyLock<Option<Regex>> = LazyLock::new(|| {
    let regex = lean(
        r#"(?x)^(?:
            [\[(<]?\d{4}[-/.]\d\d[-/.]\d\d[T\x20_]\d\d:\d\d            # 2026-01-02 03:04
          | [\[(<]?\d\d[-/.]\d\d[-/.]\d{2,4}[,\x20]+\d\d:\d\d          # 02.01.2026 03:04
          | [\[(<]?\d{1,2}/[A-Z][a-z]{2}/\d{4}[:\x20]\d\d:\d\d         # 02/Jan/2026:03:04
          | [\[(<]?\d\d:\d\d:\d\d(?:[.,\x20\])>]|$)                    # 03:04:05.678
          | [\[(<]?(?:(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun),?\x20)?(?:[A-Z][a-z]{2}\x20+\d{1,2}|\d{1,2}\x20[A-Z][a-z]{2})\x20+(?:\d{4}\x20)?\d\d:\d\d
          | \[?(?:TRACE|DEBUG|INFO|NOTICE|WARN|WARNING|ERROR|CRITICAL|FATAL|SEVERE|ALERT|EMERGENCY|FINE|FINER|FINEST|CONFIG)(?:[\]:|,]|\s+[\[(\d|A-Za-z-]|$)
          | \[?(?:trace|debug|info|notice|warn|warning|error|fatal)(?:\]|\s*\||:\s+\[)
          | (?:fail|info|warn|dbug|crit|trce):\s
          | [DIWEF](?:\d{4})?\d{4}\s+\d\d:\d\d | [DIWEFAU],\s\[
          | \{\s*"[\w@.]+"\s*: | (?:level|lvl|time|ts|timestamp|severity)=\S
          | \d{1,3}(?:\.\d{1,3}){3}(?::\d+)?\s.*\[ | <\d{1,3}>\S | \d{10}(?:\.\d+|\d{3})?\s
        )"#,
    );
    Regex::new(&regex).ok()
});

/// Tells whether `body` opens a log record.
pub(super) fn opens_record(body: &str) -> bool {
    // The longest opening is far shorter; a long line costs no more than a short one.
    may_open(body) && RECORD.as_ref().is_some_and(|record| record.is_match(cut(body, 160)))
}

/// Tells from its beginning whether `RECORD` may match `body`: most lines of a trace need no expression.
fn may_open(body: &str) -> bool {
    let inside = body.strip_prefix(['[', '(', '<']).unwrap_or(body);
    let word = inside.bytes().take_while(u8::is_ascii_alphabetic).count();
    match inside.chars().next() {
        // A level is short and in one case; a day or a month has three letters.
        Some(first) if first.is_ascii_alphabetic() => {
            let rest = &inside.as_bytes()[..word];
            let level = rest.iter().all(u8::is_ascii_uppercase) || rest.iter().all(u8::is_ascii_lowercase);
            word <= 3 || (word <= 9 && level)
        }
        Some(first) => first == '{' || first.is_numeric(),
        None => false,
    }
}

/// Tells whether `prefix` is a whole record header, with a level, and not only what a container adds.
pub(super) fn names_level(prefix: &str) -> bool {
    prefix.split(|c: char| !c.is_ascii_alphabetic()).any(|word| {
        matches!(
            word,
            "ERROR" | "WARN" | "WARNING" | "CRITICAL" | "FATAL" | "SEVERE" | "INFO" | "DEBUG" | "error" | "fatal" | "E"
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_are_told_from_continuations() {
        for line in
            ["2026-01-02 03:04:05 x", "[INFO] x", "INFO: x", "I0102 03:04:05.1 x", "{\"a\": 1}", "Jan  2 03:04:05 h x"]
        {
            assert!(opens_record(line), "{line}");
        }
        let more = [
            "<14>x",
            "(03:04:05)",
            "[02/Jan/2026:03:04",
            "Mon, 2 Jan 03:04",
            "EMERGENCY: x",
            "timestamp=1",
            "\u{663}\u{664}:00:00 ",
        ];
        assert!(more.iter().all(|line| RECORD.as_ref().is_none_or(|record| !record.is_match(line)) || may_open(line)));
        for line in ["  - sku must not be blank", "ErrorKind: x", "SELECT 1", "", "information", "{0}: x"] {
            assert!(!opens_record(line), "{line}");
        }
    }
}
