//! Changes bytes without knowing what a target does with them: flips, cuts, repetitions, splices, telling words.
//! Leaves out coverage: libFuzzer has it. The same seed makes the same bytes in every run.

/// Words that mean something to one reader or another.
const TELLING: &[&str] = &[
    "{",
    "}",
    "[",
    "]",
    "\"",
    ",",
    ":",
    "\\",
    "\n",
    "\r\n",
    "\t",
    "\0",
    " ",
    "'",
    "`",
    "<",
    ">",
    "(",
    ")",
    "=",
    "|",
    "#",
    "@",
    "*",
    "_",
    "~",
    "$",
    "!",
    "&",
    "-",
    "--",
    "---",
    "```",
    "'''",
    "\"\"\"",
    "[[",
    "]]",
    "{{",
    "}}",
    "{%",
    "%}",
    "<!--",
    "-->",
    "\u{1b}[31m",
    "\u{feff}",
    "\u{202e}",
    "\u{2028}",
    "\u{0}",
    "é",
    "漢",
    "e\u{301}",
    "\u{1f600}",
    "0",
    "-1",
    "1e999",
    "18446744073709551616",
    "9223372036854775808",
    "-9223372036854775809",
    "1970-01-01T00:00:00Z",
    "9999-12-31T23:59:60Z",
    "0000-00-00T00:00:00Z",
    "+99:99",
    "null",
    "true",
    "NaN",
    "\\u0000",
    "\\ud800",
    "\\n",
    "ERROR",
    "Traceback (most recent call last):\n",
    "  File \"a.py\", line 1, in f\n",
    "Caused by: ",
    "\tat a.b(C.java:1)\n",
    "goroutine 1 [running]:\n",
    "During handling of the above exception, another exception occurred:\n",
    "severity",
    "textPayload",
    "jsonPayload",
    "timestamp",
    "insertId",
    "level=error msg=",
    "stderr F ",
    "stderr P ",
    "http://",
    "www.",
    "GH-1",
    ":tada:",
    "(?<n>",
    ".*",
    "(a+)+",
    "\\p{L}{1000}",
    "should_match",
    "id = ",
    "<!-- log-gardener:",
];
/// Bytes that no text holds.
const BROKEN: &[u8] = b"\x80\xff\xc3\xe2\xf0\x00\x1f\x8b\x28\xb5\x2f\xfd";
/// No mutation grows beyond this: what is long belongs to `hostile_size.rs`.
const LONGEST: usize = 64 << 10;

/// Random numbers that are the same in every run (splitmix64).
pub(crate) struct Dice(pub(crate) u64);

impl Dice {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut bits = self.0;
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        bits ^ (bits >> 31)
    }

    /// Returns a number below `most`, and 0 where there is none.
    pub(crate) fn below(&mut self, most: usize) -> usize {
        (self.next() % most.max(1) as u64) as usize
    }
}

/// Returns a changed copy of one of the seeds, now and then with a part of another.
pub(crate) fn mutated(seeds: &[Vec<u8>], dice: &mut Dice) -> Vec<u8> {
    let mut bytes = seeds[dice.below(seeds.len())].clone();
    // Short inputs are tried more often than there are short seeds.
    if dice.below(3) == 0 && bytes.len() > 600 {
        let at = dice.below(bytes.len());
        let end = (at + 1 + dice.below(600)).min(bytes.len());
        bytes = bytes[at..end].to_vec();
    }
    for _ in 0..=dice.below(8) {
        change(&mut bytes, seeds, dice);
    }
    bytes.truncate(LONGEST);
    bytes
}

fn change(bytes: &mut Vec<u8>, seeds: &[Vec<u8>], dice: &mut Dice) {
    let at = dice.below(bytes.len() + 1);
    let end = (at + 1 + dice.below(40)).min(bytes.len());
    let word = TELLING[dice.below(TELLING.len())].as_bytes();
    match dice.below(10) {
        0 if at < bytes.len() => bytes[at] ^= 1 << dice.below(8),
        1 if at < bytes.len() => bytes[at] = BROKEN[dice.below(BROKEN.len())],
        2 if at < end => drop(bytes.drain(at..end)),
        3 if at < end => {
            let part = bytes[at..end].to_vec();
            bytes.splice(at..at, part.repeat(1 + dice.below(60)));
        }
        4 => bytes.truncate(at),
        5 if at < bytes.len() => {
            let other = dice.below(bytes.len());
            bytes.swap(at, other);
        }
        6 if at < end => drop(bytes.splice(at..end, word.iter().copied())),
        7 => {
            let other = &seeds[dice.below(seeds.len())];
            let from = dice.below(other.len());
            let to = (from + dice.below(200)).min(other.len());
            bytes.splice(at..at, other[from..to].iter().copied());
        }
        8 => drop(bytes.splice(at..at, word.repeat(1 + dice.below(30)))),
        _ => drop(bytes.splice(at..at, word.iter().copied())),
    }
}
