//! Looks at the first bytes of a source: what is no text, and what is text but no export, is refused here.
//! Leaves out telling the log shapes apart: each record is classified on its own.

use super::SourceError;

const COLUMNS: [&str; 14] = [
    "SEVERITY",
    "TIMESTAMP",
    "TEXT_PAYLOAD",
    "JSON_PAYLOAD",
    "LOG_NAME",
    "INSERT_ID",
    "RECEIVE_TIMESTAMP",
    "PAYLOAD",
    "MESSAGE",
    "RESOURCE",
    "HTTP_REQUEST",
    "TRACE",
    "LABELS",
    "PROTO_PAYLOAD",
];

/// Returns whether the first bytes are no text.
pub(super) fn is_binary(head: &[u8]) -> bool {
    const MARKS: [&[u8]; 8] =
        [b"\x7fELF", b"\x89PNG", b"PK\x03\x04", b"%PDF-", b"GIF8", b"\xff\xd8\xff", b"SQLite format 3\0", b"BZh9"];
    if MARKS.iter().any(|mark| head.starts_with(mark)) || head.starts_with(b"\xfd7zXZ") {
        return true;
    }
    let zeros = memchr::memchr_iter(0, head).count();
    let control = head
        .iter()
        .filter(|byte| **byte < 0x20 && !matches!(byte, b'\n' | b'\r' | b'\t' | 0x0c | 0x1b | 0x1e | 0x08))
        .count();
    let broken = String::from_utf8_lossy(head).chars().filter(|c| *c == '\u{fffd}').count();
    // A crash leaves a few zeros in an honest log; data has them, or other control bytes, all over.
    let strange = control + broken;
    (zeros > 0 && strange * 20 > head.len()) || strange * 10 > head.len() * 3
}

/// Refuses what `gcloud` prints for people, tables and YAML that lose payloads, and CSV.
pub(super) fn refuse_display_formats(name: &str, head: &str) -> Result<(), SourceError> {
    let mut lines = head.lines().filter(|line| !line.trim().is_empty());
    let first = lines.next().unwrap_or("");
    let words: Vec<&str> = first.split_whitespace().collect();
    let table = words.len() >= 2
        && words.iter().filter(|word| COLUMNS.contains(word)).count() >= 2
        && words.iter().all(|word| is_column(word));
    let csv_words: Vec<&str> = first.split(',').map(|word| word.trim_matches(['"', ' '])).collect();
    let csv = csv_words
        .iter()
        .filter(|word| {
            matches!(
                word.to_ascii_lowercase().as_str(),
                "insertid"
                    | "insert_id"
                    | "textpayload"
                    | "text_payload"
                    | "severity"
                    | "timestamp"
                    | "logname"
                    | "log_name"
            )
        })
        .count()
        >= 2;
    let yaml = first.trim() == "---"
        && lines.take(3).any(|line| {
            ["insertId:", "httpRequest:", "jsonPayload:", "labels:", "logName:", "protoPayload:", "textPayload:"]
                .iter()
                .any(|key| line.starts_with(key))
        });
    let what = if table {
        "it is a table made for reading, which leaves payloads out"
    } else if yaml {
        "it is the YAML that gcloud prints by default"
    } else if csv {
        "it is a CSV table, and those are not read"
    } else {
        return Ok(());
    };
    Err(SourceError::new(format!("cannot read {name}"))
        .caused_by(what)
        .hint("export with `gcloud logging read ... --format=json`"))
}

fn is_column(word: &str) -> bool {
    word.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit() || matches!(byte, b'_' | b'.' | b':'))
}
