//! Recognises a level where loggers write it: a word or a bracketed word in the head of a line.
//! Leaves out words inside a sentence; `failed with ERROR 5` tells no level.

use super::Severity;

/// Words that count in lower case too; rarer ones (`fine`, `config`) are plain English there.
const COMMON: [&str; 12] =
    ["error", "err", "warn", "warning", "info", "debug", "trace", "critical", "crit", "fatal", "notice", "severe"];

/// Reads a level at the start of `rest`; returns the bytes it takes, its brackets included.
/// `in_head` tells that a time stood before it, which makes short and lower-case spellings certain.
pub(crate) fn level_token(rest: &str, in_head: bool) -> Option<(usize, Severity)> {
    bracketed(rest).or_else(|| word(rest, in_head)).or_else(|| php(rest))
}

/// `PHP Warning:  text`; the words stay part of the message, which names file and line by them.
fn php(rest: &str) -> Option<(usize, Severity)> {
    let (word, _) = rest.strip_prefix("PHP ")?.split_once(":  ").filter(|(word, _)| word.len() <= 24)?;
    let severity = match word {
        "Fatal error" | "Parse error" | "Recoverable fatal error" | "Catchable fatal error" => Severity::Error,
        "Warning" => Severity::Warning,
        "Notice" | "Deprecated" | "Strict Standards" => Severity::Notice,
        _ => return None,
    };
    Some((0, severity))
}

/// Maps a level number as bunyan, pino, syslog or Cloud Logging count.
pub(crate) fn from_level_number(number: i64) -> Option<Severity> {
    Some(match number {
        0 | 1 => Severity::Emergency,
        2 => Severity::Critical,
        3 => Severity::Error,
        4 => Severity::Warning,
        5 => Severity::Notice,
        6 => Severity::Info,
        7 | 10 | 20 => Severity::Debug,
        30 => Severity::Info,
        35 => Severity::Notice,
        40 => Severity::Warning,
        50 => Severity::Error,
        60 => Severity::Critical,
        100.. => return Severity::from_number(number),
        _ => return None,
    })
}

/// Maps Python's `levelno`, which counts unlike pino.
pub(crate) fn from_python_number(number: i64) -> Option<Severity> {
    Some(match number {
        ..=0 => return None,
        1..=10 => Severity::Debug,
        11..=20 => Severity::Info,
        21..=30 => Severity::Warning,
        31..=40 => Severity::Error,
        _ => Severity::Critical,
    })
}

/// `[ERROR]`, `[warn ]`, `(INFO)`, `<Warning>`, `[core:error]`.
fn bracketed(rest: &str) -> Option<(usize, Severity)> {
    let close = match rest.as_bytes().first()? {
        b'[' => ']',
        b'(' => ')',
        b'<' => '>',
        _ => return None,
    };
    let end = rest[1..].find(close).filter(|end| *end <= 32)? + 1;
    let inner = rest[1..end].trim();
    let word = inner.rsplit(':').next().unwrap_or(inner);
    let known = |word: &str| (word.len() > 1 || inner == word) && !word.is_empty();
    // `<` also opens generics and markup; only a full level word counts there.
    let certain = word.len() >= 3 || (word.len() == 1 && close == ']' && "EWIDF".contains(word));
    if !known(word) || !certain || word.eq_ignore_ascii_case("default") {
        return None;
    }
    let common = COMMON.contains(&word.to_ascii_lowercase().as_str())
        || matches!(word.len(), 1 | 3)
        || close == '>' && word.eq_ignore_ascii_case("information");
    if !common && word != word.to_ascii_uppercase() && !matches!(word, "alert" | "emerg" | "emergency" | "verbose") {
        return None;
    }
    Some((end + 1, Severity::from_word(word)?))
}

fn word(rest: &str, in_head: bool) -> Option<(usize, Severity)> {
    let length = rest.bytes().take_while(u8::is_ascii_alphabetic).count();
    let word = &rest[..length];
    if length == 0 || length > 13 || word == "DEFAULT" || word == "default" {
        return None;
    }
    let after = &rest[length..];
    // PostgreSQL's own words: what is no error is routine, also what explains the error before it.
    if matches!(word, "LOG" | "DETAIL" | "HINT" | "STATEMENT" | "CONTEXT" | "QUERY") && after.starts_with(":  ") {
        return Some((length, Severity::Info));
    }
    let severity = Severity::from_word(word)?;
    let upper = word.bytes().all(|byte| byte.is_ascii_uppercase());
    let lower = word.to_ascii_lowercase();
    let common = COMMON.contains(&lower.as_str());
    let next = after.chars().next();
    // `ERROR-12`, `INFO.txt`, `ERROR_CODE` and `E5` are words of the text, not a level.
    let delimited = matches!(next, None | Some(' ' | '\t' | ':' | ']' | '|' | ',' | '/' | ')' | '>'))
        // `EROR[03-10|09:00:00] text`, as log15 writes on a terminal.
        || upper && after.strip_prefix('[').is_some_and(|time| time.starts_with(|c: char| c.is_ascii_digit()));
    if !delimited {
        return None;
    }
    let accepted = if in_head {
        if length == 1 {
            upper && matches!(next, Some(' ' | '\t' | '/'))
        } else {
            upper
                || (common && matches!(next, Some(':' | '\t' | ']' | '|' | ',')))
                || (common && after.starts_with("  "))
                || (common && after.starts_with(" ["))
        }
    } else if length == 1 {
        false
    } else if upper {
        common
            || matches!(word, "EROR" | "CRIT") && after.starts_with('[')
            || word == "PANIC" && after.starts_with(':')
            || matches!(word, "EMERGENCY" | "ALERT") && after.starts_with(':')
    } else {
        // `Error: x` is how JavaScript and others print an exception, so only `error:` is a level.
        common && after.starts_with(": ") && word != "Error" || common && after.starts_with(":  ")
    };
    accepted.then_some((length, severity))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels_in_the_head() {
        let check = |input: &str, in_head: bool, expect: Option<(usize, Severity)>| {
            assert_eq!(level_token(input, in_head), expect, "{input:?}");
        };
        check("[ERROR] x", false, Some((7, Severity::Error)));
        check("[core:error] x", true, Some((12, Severity::Error)));
        check("ERROR:    Exception", false, Some((5, Severity::Error)));
        check("ERROR failed", false, Some((5, Severity::Error)));
        check("Error: boom", false, None);
        check("error: boom", false, Some((5, Severity::Error)));
        check("error in line", false, None);
        check("Info                  CBS", true, Some((4, Severity::Info)));
        check("Information about", true, None);
        check("ERROR_CODE", true, None);
        check("E tag", true, Some((1, Severity::Error)));
        check("A plain sentence", true, None);
        check("I am here", false, None);
        check("panic: runtime error", false, None);
        check("[ClickHouse] REAL", true, None);
        check("[main] x", true, None);
        check("[", true, None);
        check("LOG:  checkpoint starting", true, Some((3, Severity::Info)));
        check("HINT:  check free space", false, Some((4, Severity::Info)));
        check("LOG: text", true, None);
        check("[é] x", true, None);
        check("<Information> x", true, Some((13, Severity::Info)));
        check("PHP Warning:  x in a.php on line 3", false, Some((0, Severity::Warning)));
        check("PHP Parse error:  x", true, Some((0, Severity::Error)));
        check("PHP Warning: x", true, None);
        check("PHP words:  x", true, None);
        check("EROR[03-10|09:00:00] x", false, Some((4, Severity::Error)));
        check("FTL x", true, Some((3, Severity::Critical)));
        check("FTL x", false, None);
    }

    #[test]
    fn numbers() {
        assert_eq!(from_level_number(50), Some(Severity::Error));
        assert_eq!(from_level_number(500), Some(Severity::Error));
        assert_eq!(from_level_number(3), Some(Severity::Error));
        assert_eq!(from_python_number(50), Some(Severity::Critical));
    }
}
