//! Layouts of records: everything of a record but its values, as a tree in which layouts share what they begin with.
//! Leaves out which records have one (`learn`) and what their values mean (`calm`).

use super::field::Field;
use super::plain::{number_end, string_end};

/// Values of one place at most in a tree; more are keys that somebody makes up.
const MOST_BRANCHES: usize = 64;
/// Places of a tree at most.
const MOST_NODES: usize = 8192;
/// Bytes of a tree at most.
const MOST_BYTES: usize = 1 << 20;

/// What stands where a value is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Holds {
    /// A string; its quotes belong to the layout.
    Text,
    /// A number.
    Number,
}

/// One value of a layout, with the bytes before it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Part {
    pub(super) before: Vec<u8>,
    pub(super) holds: Holds,
    pub(super) field: Option<Field>,
}

/// What a layout as a whole tells of its records.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Meaning {
    /// What names the service.
    pub(super) service: Field,
    /// What names the revision.
    pub(super) revision: Option<Field>,
    /// What the message is; none where the whole payload is, or a request.
    pub(super) message: Option<Field>,
    /// What proves that there is a request where there is no payload.
    pub(super) request: Option<Field>,
    /// Whether a log is named.
    pub(super) log: bool,
    /// Whether a receive time is stated.
    pub(super) received: bool,
    /// Whether the platform logs requests itself.
    pub(super) platform: bool,
}

/// A layout: its values in order, the bytes behind the last, and what it means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Layout {
    pub(super) parts: Vec<Part>,
    pub(super) last: Vec<u8>,
    pub(super) meaning: Meaning,
}

/// A record that has a layout which is known.
#[derive(Debug, Clone, Copy)]
pub(super) struct Recognised {
    /// Its length in bytes.
    pub(super) length: usize,
    /// Line ends in it.
    pub(super) lines: u64,
    pub(super) meaning: Meaning,
    /// Whether there are bytes beyond ASCII.
    pub(super) wide: bool,
    values: [(u32, u32); Field::COUNT],
    /// The fields whose values hold escapes, as bits.
    escaped: u64,
    /// Whether any value holds escapes.
    pub(super) escapes: bool,
}

/// The layouts that are known.
#[derive(Debug)]
pub(super) struct Layouts {
    nodes: Vec<Node>,
    bytes: usize,
}

#[derive(Debug)]
struct Node {
    value: Option<(Holds, Option<Field>)>,
    branches: Vec<Branch>,
}

#[derive(Debug)]
struct Branch {
    literal: Vec<u8>,
    lines: u32,
    to: To,
}

#[derive(Debug, Clone, Copy)]
enum To {
    Value(u32),
    End(Meaning),
}

impl Recognised {
    /// Returns the value of a field that the layout has, as it is written.
    pub(super) fn value<'a>(&self, text: &'a [u8], field: Field) -> &'a [u8] {
        let (from, to) = self.values[field.index()];
        text.get(from as usize..to as usize).unwrap_or_default()
    }

    /// Whether a field's value holds escapes.
    pub(super) fn is_escaped(&self, field: Field) -> bool {
        self.escaped >> field.index() & 1 == 1
    }
}

impl Layouts {
    /// Returns an empty tree.
    pub(super) fn new() -> Layouts {
        Layouts { nodes: vec![Node { value: None, branches: Vec::new() }], bytes: 0 }
    }

    /// Reads the record at the start of `text` if its layout is known.
    pub(super) fn recognise(&self, text: &[u8]) -> Option<Recognised> {
        // Offsets of values are kept in 32 bits.
        let text = &text[..text.len().min(u32::MAX as usize)];
        let mut values = [(0, 0); Field::COUNT];
        let (mut at, mut lines, mut escaped, mut escapes, mut wide) = (0, 0, 0u64, false, false);
        let mut node = &self.nodes[0];
        loop {
            let rest = text.get(at..)?;
            let branch = node.branches.iter().find(|branch| begins(rest, &branch.literal))?;
            at += branch.literal.len();
            lines += u64::from(branch.lines);
            let to = match branch.to {
                To::Value(to) => to,
                To::End(meaning) => {
                    return Some(Recognised { length: at, lines, meaning, wide, values, escaped, escapes });
                }
            };
            node = &self.nodes[to as usize];
            let (holds, field) = node.value?;
            let from = at;
            match holds {
                Holds::Text => {
                    let ended = string_end(text, from)?;
                    at = ended.at;
                    wide |= ended.wide;
                    escapes |= ended.escaped;
                    if let Some(field) = field {
                        escaped |= u64::from(ended.escaped) << field.index();
                    }
                }
                Holds::Number => at = number_end(text, from)?,
            }
            if let Some(field) = field {
                values[field.index()] = (from as u32, at as u32);
            }
        }
    }

    /// Adds a layout; returns whether there was room.
    pub(super) fn add(&mut self, layout: Layout) -> bool {
        let size: usize = layout.parts.iter().map(|part| part.before.len()).sum::<usize>() + layout.last.len();
        if self.nodes.len() + layout.parts.len() > MOST_NODES || self.bytes + size > MOST_BYTES {
            return false;
        }
        let mut node = 0;
        for part in layout.parts {
            let value = Some((part.holds, part.field));
            let same = |branch: &Branch| {
                matches!(branch.to, To::Value(to) if branch.literal == part.before
                    && self.nodes[to as usize].value == value)
            };
            let known = self.nodes[node].branches.iter().find(|branch| same(branch)).map(|branch| branch.to);
            node = match known {
                Some(To::Value(to)) => to as usize,
                _ => {
                    let to = self.nodes.len();
                    if !self.branch(node, part.before, To::Value(to as u32)) {
                        return false;
                    }
                    self.nodes.push(Node { value, branches: Vec::new() });
                    to
                }
            };
        }
        self.branch(node, layout.last, To::End(layout.meaning))
    }

    fn branch(&mut self, node: usize, literal: Vec<u8>, to: To) -> bool {
        let branches = &mut self.nodes[node].branches;
        if branches.len() >= MOST_BRANCHES {
            return false;
        }
        self.bytes += literal.len();
        let lines = memchr::memchr_iter(b'\n', &literal).count() as u32;
        // A longer literal may begin as a shorter one does: `"x":"` and `"x":` before a number.
        let place = branches.partition_point(|other| other.literal.len() >= literal.len());
        branches.insert(place, Branch { literal, lines, to });
        true
    }
}

/// Whether `text` begins with `literal`, which is short: a call would cost more than comparing.
fn begins(text: &[u8], literal: &[u8]) -> bool {
    let Some(text) = text.get(..literal.len()) else { return false };
    let ((a, a_rest), (b, b_rest)) = (text.as_chunks::<8>(), literal.as_chunks::<8>());
    a.iter().zip(b).all(|(a, b)| u64::from_le_bytes(*a) == u64::from_le_bytes(*b)) && {
        match (text.last_chunk::<8>(), literal.last_chunk::<8>()) {
            (Some(a), Some(b)) => u64::from_le_bytes(*a) == u64::from_le_bytes(*b),
            _ => a_rest == b_rest,
        }
    }
}
