//! Finds where a JSON value ends, without parsing or holding more than the window: tracks strings,
//! escapes and brackets. Leaves out what the value says. Depth costs one byte a level, never the stack.

use super::scanner::Scanner;

/// Nesting beyond this is an attack; tracking it further would only cost memory.
const DEEPEST: usize = 1 << 20;
/// Top-level keys remembered; a wrapper is told by its first few.
const MOST_KEYS: usize = 64;

/// What was found at the window's start.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Measured {
    /// A balanced value of this many bytes, still in the window.
    Whole(usize),
    /// No JSON: it breaks at this offset. `resume` is where the next record may start; 0 when the
    /// break lies in the first line.
    Broken { resume: usize },
    /// The input ends inside the value; this many bytes are in the window.
    CutOff(usize),
    /// Longer than the limit; consumed to its end where that was found.
    TooLong,
    /// Longer than `large`, and one of the wanted keys has been seen at the top level.
    Large,
}

/// Follows the brackets of one value.
#[derive(Default)]
struct Tracker {
    open: Vec<u8>,
    in_string: bool,
    before: u8,
    string_start: usize,
}

/// Keys of the top level in the order written, and the size at which a wrapper is read as a stream.
pub(super) struct Keys {
    pub(super) seen: Vec<String>,
    pub(super) large: usize,
    pub(super) wanted: fn(&str) -> bool,
}

/// Measures the value at the window's start, which begins with `{` or `[`.
pub(super) fn measure(scanner: &mut Scanner<'_>, limit: usize, keys: &mut Keys) -> Measured {
    let mut tracker = Tracker::default();
    // A record that starts as `{"` at a line's start is written on one line; a second such start is a new one.
    let compact = scanner.column == 0 && scanner.peek(0) == Some(b'{') && scanner.peek(1) == Some(b'"');
    let (mut at, mut line_start, mut discarding) = (0, 0, false);
    loop {
        let window = scanner.window();
        while at < window.len() {
            let byte = window[at];
            if tracker.in_string {
                match memchr::memchr3(b'"', b'\\', b'\n', &window[at..]) {
                    None => at = window.len(),
                    Some(next) => {
                        at += next;
                        match window[at] {
                            b'\\' => at += 2,
                            b'\n' => return broken(scanner, discarding, if line_start == 0 { 0 } else { at + 1 }),
                            _ => {
                                if tracker.open.len() == 1 && matches!(tracker.before, b'{' | b',') && !discarding {
                                    remember(keys, &window[tracker.string_start..at]);
                                }
                                tracker.in_string = false;
                                tracker.before = b'"';
                                at += 1;
                            }
                        }
                    }
                }
                continue;
            }
            match byte {
                b'\n' => line_start = at + 1,
                b' ' | b'\t' | b'\r' => {}
                b'{' if compact && at == line_start && line_start > 0 => {
                    return broken(scanner, discarding, line_start);
                }
                _ if !tracker.accepts(byte) || tracker.open.len() > DEEPEST => {
                    return broken(scanner, discarding, line_start);
                }
                b'"' => {
                    tracker.in_string = true;
                    tracker.string_start = at + 1;
                }
                b'{' | b'[' => {
                    tracker.open.push(byte);
                    tracker.before = byte;
                }
                b'}' | b']' => {
                    tracker.open.pop();
                    tracker.before = byte;
                    if tracker.open.is_empty() {
                        if discarding || at >= limit {
                            scanner.advance(at + 1);
                            return Measured::TooLong;
                        }
                        return Measured::Whole(at + 1);
                    }
                }
                _ => tracker.before = byte,
            }
            at += 1;
        }
        let held = scanner.window().len();
        if !discarding && held > keys.large && keys.seen.iter().any(|key| (keys.wanted)(key)) {
            return Measured::Large;
        }
        if discarding || held > limit {
            if compact {
                scanner.skip_line();
                return Measured::TooLong;
            }
            discarding = true;
            scanner.advance(held);
            // An escape may reach over the window's end by one byte.
            at -= held;
            line_start = 0;
        }
        if !scanner.more() {
            return if discarding { Measured::TooLong } else { Measured::CutOff(scanner.window().len()) };
        }
    }
}

fn broken(scanner: &mut Scanner<'_>, discarding: bool, resume: usize) -> Measured {
    if discarding {
        scanner.advance(resume);
        return Measured::TooLong;
    }
    Measured::Broken { resume }
}

fn remember(keys: &mut Keys, name: &[u8]) {
    if keys.seen.len() < MOST_KEYS && name.len() <= 64 {
        keys.seen.push(String::from_utf8_lossy(name).into_owned());
    }
}

impl Tracker {
    /// Whether a byte outside strings may stand here; enough grammar to notice where JSON stops being JSON.
    fn accepts(&self, byte: u8) -> bool {
        let top = self.open.last().copied();
        match byte {
            b'{' | b'[' => {
                top.is_none() || self.before == b':' || (top == Some(b'[') && matches!(self.before, b'[' | b','))
            }
            b'}' => top == Some(b'{') && !matches!(self.before, b':' | b','),
            b']' => top == Some(b'[') && self.before != b',',
            b'"' => matches!(self.before, b'{' | b'[' | b',' | b':'),
            b':' => self.before == b'"' && top == Some(b'{'),
            b',' => !matches!(self.before, b'{' | b'[' | b',' | b':'),
            // The letters of true, false, null, NaN and Infinity, and of numbers.
            b'0'..=b'9'
            | b'+'
            | b'-'
            | b'.'
            | b'e'
            | b'E'
            | b't'
            | b'r'
            | b'u'
            | b'f'
            | b'a'
            | b'l'
            | b's'
            | b'n'
            | b'N'
            | b'I'
            | b'i'
            | b'y' => !matches!(self.before, b'{' | b'}' | b']' | b'"'),
            _ => false,
        }
    }
}
