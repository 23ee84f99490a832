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
    /// The kinds of the brackets that are open, and of the last of them.
    open: Vec<u8>,
    top: u8,
    in_string: bool,
    /// The kind of the last byte that is no blank.
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
                                if tracker.open.len() == 1
                                    && matches!(tracker.before, kind::OPEN_OBJECT | kind::COMMA)
                                    && !discarding
                                {
                                    remember(keys, &window[tracker.string_start..at]);
                                }
                                tracker.in_string = false;
                                tracker.before = kind::QUOTE;
                                at += 1;
                            }
                        }
                    }
                }
                continue;
            }
            let followers = FOLLOWERS[usize::from(tracker.top)][usize::from(tracker.before)];
            match byte {
                b'\n' => line_start = at + 1,
                b' ' | b'\t' | b'\r' => {}
                b'{' if compact && at == line_start && line_start > 0 => {
                    return broken(scanner, discarding, line_start);
                }
                _ if followers & 1 << KINDS[usize::from(byte)] == 0 || tracker.open.len() > DEEPEST => {
                    return broken(scanner, discarding, line_start);
                }
                b'"' => {
                    tracker.in_string = true;
                    tracker.string_start = at + 1;
                }
                b'{' | b'[' => {
                    tracker.before = KINDS[usize::from(byte)];
                    tracker.top = tracker.before;
                    tracker.open.push(tracker.top);
                }
                b'}' | b']' => {
                    tracker.open.pop();
                    tracker.top = tracker.open.last().copied().unwrap_or(kind::OTHER);
                    tracker.before = KINDS[usize::from(byte)];
                    if tracker.open.is_empty() {
                        if discarding || at >= limit {
                            scanner.advance(at + 1);
                            return Measured::TooLong;
                        }
                        return Measured::Whole(at + 1);
                    }
                }
                _ => tracker.before = KINDS[usize::from(byte)],
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

/// What a byte outside strings is; enough grammar to notice where JSON stops being JSON.
mod kind {
    pub(super) const OTHER: u8 = 0;
    pub(super) const OPEN_OBJECT: u8 = 1;
    pub(super) const OPEN_LIST: u8 = 2;
    pub(super) const CLOSE_OBJECT: u8 = 3;
    pub(super) const CLOSE_LIST: u8 = 4;
    pub(super) const QUOTE: u8 = 5;
    pub(super) const COLON: u8 = 6;
    pub(super) const COMMA: u8 = 7;
    /// The letters of true, false, null, NaN and Infinity, and of numbers.
    pub(super) const LETTER: u8 = 8;
    pub(super) const ALL: u8 = 9;
}

/// The kind of each byte.
const KINDS: [u8; 256] = {
    let mut kinds = [kind::OTHER; 256];
    let letters = b"0123456789+-.eEtrufalsnNIiy";
    let mut at = 0;
    while at < letters.len() {
        kinds[letters[at] as usize] = kind::LETTER;
        at += 1;
    }
    kinds[b'{' as usize] = kind::OPEN_OBJECT;
    kinds[b'[' as usize] = kind::OPEN_LIST;
    kinds[b'}' as usize] = kind::CLOSE_OBJECT;
    kinds[b']' as usize] = kind::CLOSE_LIST;
    kinds[b'"' as usize] = kind::QUOTE;
    kinds[b':' as usize] = kind::COLON;
    kinds[b',' as usize] = kind::COMMA;
    kinds
};

/// For each kind that may have come before, a bit for each kind that may follow: at the top, in an object, in a list.
const FOLLOWERS: [[u16; kind::ALL as usize]; 3] = {
    let mut followers = [[0; kind::ALL as usize]; 3];
    let (mut top, mut before, mut next) = (0, 0, 0);
    while top < 3 {
        if may_follow(top, before, next) {
            followers[top as usize][before as usize] |= 1 << next;
        }
        next += 1;
        if next == kind::ALL {
            (before, next) = (before + 1, 0);
        }
        if before == kind::ALL {
            (top, before) = (top + 1, 0);
        }
    }
    followers
};

/// Whether a byte of the kind `next` may stand behind `before`; `top` is what is open, 0 for nothing.
const fn may_follow(top: u8, before: u8, next: u8) -> bool {
    use kind::*;
    let opens = matches!(before, OPEN_OBJECT | OPEN_LIST);
    match next {
        OPEN_OBJECT | OPEN_LIST => {
            top == 0 || before == COLON || (top == OPEN_LIST && matches!(before, OPEN_LIST | COMMA))
        }
        CLOSE_OBJECT => top == OPEN_OBJECT && !matches!(before, COLON | COMMA),
        CLOSE_LIST => top == OPEN_LIST && before != COMMA,
        QUOTE => opens || matches!(before, COMMA | COLON),
        COLON => before == QUOTE && top == OPEN_OBJECT,
        COMMA => !opens && !matches!(before, COMMA | COLON),
        LETTER => !matches!(before, OPEN_OBJECT | CLOSE_OBJECT | CLOSE_LIST | QUOTE),
        _ => false,
    }
}
