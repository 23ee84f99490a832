//! Learns from a sample of lines where their header (time, level, process, logger) ends.
//! Leaves out reading the header: `entry` does that for lines whose time and level matter.
//!
//! A header is what stands in the same column of nearly every line: a time, a number, a level, a bracket,
//! a name that ends in a colon. Words between such columns (a host, an instance) belong to it.

use std::ops::Range;

/// Columns beyond this are never part of a header.
const COLUMNS: usize = 12;
/// The share of lines, in percent, that must have a column for it to be one; the rest are odd lines.
const NEARLY_ALL: usize = 90;

/// The header that the lines of one source have in common.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Header {
    pipes: bool,
    columns: usize,
    /// Whether the last column is a name with a colon, which an odd line may have later.
    named: bool,
    /// Whether a lone hyphen after the columns ends the header.
    dash: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Column {
    Time,
    Number,
    Level,
    Bracket,
    Name,
    Dash,
    Word,
}

impl Header {
    /// Returns the header of lines that have none.
    pub fn none() -> Header {
        Header { pipes: false, columns: 0, named: false, dash: false }
    }

    /// Returns what the lines of `sample` have in common.
    pub fn learn(sample: &[&str]) -> Header {
        let lines: Vec<&str> = sample.iter().copied().filter(|line| !line.trim().is_empty()).collect();
        let piped = lines.iter().filter(|line| pipes(line)).count();
        let pipes = !lines.is_empty() && percent(piped, lines.len()) >= NEARLY_ALL;
        let table: Vec<Vec<Column>> = lines.iter().map(|line| columns(line, cut(line, pipes, COLUMNS + 3))).collect();
        let share = |at: usize, of: &[Column]| {
            let having = table.iter().filter(|row| row.get(at).is_some_and(|column| of.contains(column)));
            percent(having.count(), table.len())
        };
        let (mut columns, mut named, mut anchor) = (0, false, false);
        for at in 0..COLUMNS {
            let time = share(at, &[Column::Time]) >= NEARLY_ALL;
            let level = share(at, &[Column::Level]) >= NEARLY_ALL;
            let near = at == columns;
            let number = near && share(at, &[Column::Time, Column::Number, Column::Dash]) >= NEARLY_ALL;
            let bracket = anchor && at <= columns + 1 && share(at, &[Column::Bracket, Column::Level]) >= NEARLY_ALL;
            let name = anchor && at <= columns + 3 && share(at, &[Column::Name]) >= NEARLY_ALL;
            if time || level || number || bracket || name {
                columns = at + 1;
                anchor |= time || level;
                named = name;
                if name {
                    break;
                }
            }
        }
        if !anchor {
            return Header::none();
        }
        if pipes {
            // Between bars, names belong to the header too: so many fields as nearly all lines have before a blank.
            let mut fields: Vec<usize> = lines.iter().map(|line| fields(line)).collect();
            fields.sort_unstable();
            columns = columns.max(fields[fields.len() * (100 - NEARLY_ALL) / 100]).min(COLUMNS);
        }
        let dashed = table.iter().filter(|row| row.iter().skip(columns).take(3).any(|column| *column == Column::Dash));
        let dash = percent(dashed.count(), table.len()) >= NEARLY_ALL;
        Header { pipes, columns, named, dash }
    }

    /// Returns the line without its header, which may leave nothing; a line that has no header is returned whole.
    pub fn strip<'t>(&self, line: &'t str) -> &'t str {
        if self.columns == 0 {
            return line;
        }
        let parts = cut(line, self.pipes, self.columns + 3);
        let mut count = self.columns;
        let is = |at: usize, what: Column| parts.get(at).is_some_and(|part| column(&line[part.clone()]) == what);
        if self.named && count > 0 && !is(count - 1, Column::Name) {
            // "oven 2.0: ready" among lines like "oven[7]: ready" has one word more before the colon.
            // A line without any name has its first word there.
            count = (count..count + 2).find(|at| is(*at, Column::Name)).map_or(count - 1, |at| at + 1);
        }
        if self.dash {
            count = (count..count + 3).find(|at| is(*at, Column::Dash)).map_or(count, |at| at + 1);
        }
        let end = match count.checked_sub(1).and_then(|last| parts.get(last)) {
            Some(part) => part.end,
            None if count == 0 => 0,
            None => return line,
        };
        let rest =
            line[end..].trim_start_matches(|letter: char| letter.is_whitespace() || letter == '|' || letter == ',');
        let told = (0..count).any(|at| is(at, Column::Time) || is(at, Column::Level));
        if rest.is_empty() && !told { line } else { rest }
    }
}

fn percent(part: usize, whole: usize) -> usize {
    (part * 100).checked_div(whole).unwrap_or(0)
}

fn pipes(line: &str) -> bool {
    line.split_whitespace().next().is_some_and(|first| first.matches('|').count() >= 2)
}

/// Returns how many fields without a blank end in a bar.
fn fields(line: &str) -> usize {
    line.split_inclusive('|').take_while(|field| field.ends_with('|') && !field.contains(char::is_whitespace)).count()
}

/// Cuts the first columns; a bracket that begins a column is one column, however many words it holds.
fn cut(line: &str, pipes: bool, most: usize) -> Vec<Range<usize>> {
    let bytes = line.as_bytes();
    let apart = |byte: u8| if pipes { byte == b'|' } else { byte.is_ascii_whitespace() };
    let (mut parts, mut at) = (Vec::with_capacity(COLUMNS), 0);
    while parts.len() < most && at < bytes.len() {
        if apart(bytes[at]) {
            at += 1;
            continue;
        }
        let from = at;
        if bytes[at] == b'[' && !pipes {
            let mut depth = 0usize;
            while at < bytes.len() {
                depth = match bytes[at] {
                    b'[' => depth + 1,
                    b']' => depth.saturating_sub(1),
                    _ => depth,
                };
                at += 1;
                if depth == 0 {
                    break;
                }
            }
        }
        while at < bytes.len() && !apart(bytes[at]) {
            at += 1;
        }
        parts.push(from..at);
    }
    parts
}

/// Returns the columns of a line. A line has one level: a bare word behind it that could be one begins the message.
fn columns(line: &str, parts: Vec<Range<usize>>) -> Vec<Column> {
    let mut leveled = false;
    let each = |part: Range<usize>| {
        let text = &line[part];
        let column = column(text);
        let word = text.strip_suffix(':').unwrap_or(text);
        if leveled && word.len() > 1 && word.bytes().all(|byte| byte.is_ascii_alphabetic()) && is_level(word) {
            return Column::Word;
        }
        // One letter may be another mark, such as that of a whole line in CRI.
        leveled |= column == Column::Level && text.len() > 1;
        column
    };
    parts.into_iter().map(each).collect()
}

fn column(text: &str) -> Column {
    let inner = text.trim_matches(|letter: char| "[](),;".contains(letter));
    // "4711:" is a number, of a line or a process, as "4711" is.
    let inner = inner.strip_suffix(':').filter(|number| is_number(number)).unwrap_or(inner);
    let bytes = inner.as_bytes();
    let digits = bytes.iter().filter(|byte| byte.is_ascii_digit()).count();
    let marks = bytes.iter().filter(|byte| b"-:./,+".contains(byte)).count();
    let rest = bytes.len() - digits - marks;
    // "file.rs:12]" closes the header of glog, whose first column is a level and a date in one.
    let closes = text.len() > 1 && text.ends_with(']') && !text.contains('[');
    let bracket = closes || text.starts_with('[') && text.ends_with([']', ':', ',']);
    let glog = bytes.len() == 5 && digits == 4 && b"IWEF".contains(&bytes[0]);
    // A date or a time of day with little else; a compact or an epoch number; a bracketed date in words.
    let clock = marks >= 1 && digits >= 4 && rest <= 2;
    let stamp = digits == bytes.len() && matches!(digits, 6 | 10 | 13);
    let dated = bracket && bytes.contains(&b' ') && digits >= 4 && marks >= 2 && rest <= 8;
    if matches!(text, "-" | "--" | "|" | ">") {
        Column::Dash
    } else if is_level(inner.trim_end_matches(':')) {
        Column::Level
    } else if is_calendar(inner) || clock || stamp || dated || glog {
        Column::Time
    } else if digits > 0 && digits == bytes.len() {
        Column::Number
    } else if bracket {
        Column::Bracket
    } else if text.len() > 1 && text.ends_with(':') {
        Column::Name
    } else {
        Column::Word
    }
}

fn is_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

fn is_level(text: &str) -> bool {
    const LEVELS: [&str; 21] = [
        "trace",
        "debug",
        "info",
        "information",
        "notice",
        "warn",
        "warning",
        "error",
        "err",
        "crit",
        "critical",
        "fatal",
        "severe",
        "alert",
        "emerg",
        "panic",
        "failure",
        "fine",
        "finer",
        "config",
        "default",
    ];
    let letter = text.len() == 1 && "VDIWEFN".contains(text);
    // Loggers that have these write them large; small they are English.
    let english = matches!(text, "fine" | "finer" | "config" | "default" | "failure");
    letter || (!english && LEVELS.iter().any(|level| level.eq_ignore_ascii_case(text)))
}

fn is_calendar(text: &str) -> bool {
    const NAMES: [&str; 19] = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec", "Mon", "Tue", "Wed", "Thu",
        "Fri", "Sat", "Sun",
    ];
    NAMES.contains(&text)
}
