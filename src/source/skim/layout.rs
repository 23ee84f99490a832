//! Layouts of records: everything of a record but its values, as a tree in which layouts share what they begin with.
//! Leaves out which records have one (`learn`) and what their values mean (`calm`).

use super::field::Field;
use super::plain::{number_end, string_end};

/// Places of a tree at most, and bytes: a log in which more differs is made of other things than layouts.
const MOST_NODES: usize = 16 << 10;
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

/// How a field is told: by a value of each record, by the layout itself, or not at all.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Told {
    Value(Field),
    Fixed(Box<[u8]>),
    Nothing,
}

/// What a layout as a whole tells of its records.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Meaning {
    pub(super) log: Told,
    pub(super) severity: Told,
    pub(super) service: Told,
    pub(super) revision: Told,
    /// What the message is; none where the whole payload is, or a request.
    pub(super) message: Option<Field>,
    /// What proves that there is a request where there is no payload.
    pub(super) request: Told,
    /// Whether a receive time is stated.
    pub(super) received: bool,
    /// Whether the platform logs requests itself.
    pub(super) platform: bool,
    /// Whether there is a request beside the payload, which may say nothing.
    pub(super) http: bool,
}

/// A layout: its values in order, the bytes behind the last, and what it means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Layout {
    pub(super) parts: Vec<Part>,
    pub(super) last: Vec<u8>,
    pub(super) meaning: Meaning,
}

/// Where the values of a record stand, by field; what its layout lacks is left over from another.
#[derive(Debug)]
pub(super) struct Values([(u32, u32); Field::COUNT]);

/// A record that has a layout which is known.
#[derive(Debug, Clone, Copy)]
pub(super) struct Recognised {
    /// Its length in bytes.
    pub(super) length: usize,
    /// Line ends in it.
    pub(super) lines: u64,
    /// The number of its layout, counted as they were added.
    pub(super) layout: usize,
    /// Whether there are bytes beyond ASCII.
    pub(super) wide: bool,
    /// Whether any value holds escapes.
    pub(super) escapes: bool,
    /// The fields whose values hold escapes, as bits.
    escaped: u64,
}

/// The layouts that are known.
#[derive(Debug, Default)]
pub(super) struct Layouts {
    nodes: Vec<Node>,
    bytes: Vec<u8>,
    layouts: usize,
}

/// Some bytes, and what comes after them.
#[derive(Debug, Clone)]
struct Node {
    from: usize,
    to: usize,
    lines: u32,
    next: Next,
}

#[derive(Debug, Clone)]
enum Next {
    /// One of several bytes, or else a value.
    Fork { bytes: Vec<(u8, usize)>, value: Option<usize> },
    /// A value, and the place behind it.
    Value { holds: Holds, field: Option<Field>, then: usize },
    /// The record ends; the number of its layout.
    End(usize),
}

impl Values {
    /// Returns room for them.
    pub(super) fn new() -> Values {
        Values([(0, 0); Field::COUNT])
    }

    /// Returns the value of a field that the layout has, as it is written.
    pub(super) fn get<'a>(&self, text: &'a [u8], field: Field) -> &'a [u8] {
        let (from, to) = self.0[field.index()];
        text.get(from as usize..to as usize).unwrap_or_default()
    }
}

impl Recognised {
    /// Whether a field's value holds escapes.
    pub(super) fn is_escaped(&self, field: Field) -> bool {
        self.escaped >> field.index() & 1 == 1
    }
}

impl Layouts {
    /// Reads the record at the start of `text` if its layout is known.
    pub(super) fn recognise(&self, text: &[u8], values: &mut Values) -> Option<Recognised> {
        // Offsets of values are kept in 32 bits.
        let text = &text[..text.len().min(u32::MAX as usize)];
        let mut found = Recognised { length: 0, lines: 0, layout: 0, wide: false, escapes: false, escaped: 0 };
        let (mut at, mut node) = (0, self.nodes.first()?);
        loop {
            let literal = &self.bytes[node.from..node.to];
            if text.get(at..at + literal.len())? != literal {
                return None;
            }
            at += literal.len();
            found.lines += u64::from(node.lines);
            match &node.next {
                Next::Fork { bytes, value } => {
                    let byte = *text.get(at)?;
                    let next = bytes.iter().find(|(other, _)| *other == byte).map(|(_, next)| *next);
                    node = self.nodes.get(next.or(*value)?)?;
                }
                Next::Value { holds: Holds::Text, field, then } => {
                    let ended = string_end(text, at)?;
                    found.wide |= ended.wide;
                    found.escapes |= ended.escaped;
                    if let Some(field) = field {
                        values.0[field.index()] = (at as u32, ended.at as u32);
                        found.escaped |= u64::from(ended.escaped) << field.index();
                    }
                    at = ended.at;
                    node = self.nodes.get(*then)?;
                }
                Next::Value { holds: Holds::Number, then, .. } => {
                    at = number_end(text, at)?;
                    node = self.nodes.get(*then)?;
                }
                Next::End(layout) => {
                    (found.length, found.layout) = (at, *layout);
                    return Some(found);
                }
            }
        }
    }

    /// Returns how many layouts there are.
    pub(super) fn len(&self) -> usize {
        self.layouts
    }

    /// Whether there may be no room for another layout.
    pub(super) fn is_full(&self) -> bool {
        self.nodes.len() * 8 > MOST_NODES * 7 || self.bytes.len() * 8 > MOST_BYTES * 7
    }

    /// Adds a layout of these values and the bytes behind them, which gets the next number; returns whether there was
    /// room and it is not there already.
    pub(super) fn add(&mut self, parts: &[Part], last: &[u8]) -> bool {
        let size: usize = parts.iter().map(|part| part.before.len()).sum::<usize>() + last.len();
        if self.nodes.len() + 2 * parts.len() + 2 > MOST_NODES || self.bytes.len() + size > MOST_BYTES {
            return false;
        }
        let mut place = None;
        for part in parts {
            let (holds, field) = (part.holds, part.field);
            let node = self.literal(
                place,
                &part.before,
                &|next| matches!(next, Next::Value { holds: h, field: f, .. } if (*h, *f) == (holds, field)),
            );
            let Some(node) = node else { return false };
            if !matches!(self.nodes[node].next, Next::Value { .. }) {
                self.nodes[node].next = Next::Value { holds, field, then: usize::MAX };
            }
            place = Some(node);
        }
        let Some(node) = self.literal(place, last, &|_| false) else { return false };
        self.nodes[node].next = Next::End(self.layouts);
        self.layouts += 1;
        true
    }

    /// Walks `rest` down from behind the value of `place`, or from the root, and makes what is not there; returns the node
    /// that ends with it. `same` tells whether what already comes there is what will come.
    fn literal(&mut self, place: Option<usize>, rest: &[u8], same: &dyn Fn(&Next) -> bool) -> Option<usize> {
        let first = match place {
            None => (!self.nodes.is_empty()).then_some(0),
            Some(place) => match self.nodes[place].next {
                Next::Value { then, .. } => Some(then).filter(|then| *then != usize::MAX),
                _ => None,
            },
        };
        let Some(mut at) = first else {
            let new = self.node(rest);
            if let Some(place) = place
                && let Next::Value { then, .. } = &mut self.nodes[place].next
            {
                *then = new;
            }
            return Some(new);
        };
        let mut rest = rest;
        loop {
            let node = &self.nodes[at];
            let own = &self.bytes[node.from..node.to];
            let common = own.iter().zip(rest).take_while(|(a, b)| a == b).count();
            if common < own.len() {
                self.split(at, common);
            }
            rest = &rest[common..];
            if rest.is_empty() {
                return self.ended(at, same);
            }
            at = match &mut self.nodes[at].next {
                Next::Fork { bytes, .. } => match bytes.iter().find(|(byte, _)| *byte == rest[0]) {
                    Some((_, next)) => *next,
                    None => return Some(self.child(at, rest)),
                },
                // A value stood here alone; it is what comes if no byte fits.
                Next::Value { .. } => {
                    let value = self.node(b"");
                    let before = Next::Fork { bytes: Vec::new(), value: Some(value) };
                    self.nodes[value].next = std::mem::replace(&mut self.nodes[at].next, before);
                    return Some(self.child(at, rest));
                }
                Next::End(_) => return None,
            };
        }
    }

    /// Returns the node at which a literal that ends at `at` goes on.
    fn ended(&mut self, at: usize, same: &dyn Fn(&Next) -> bool) -> Option<usize> {
        match &self.nodes[at].next {
            next if same(next) => Some(at),
            Next::Fork { value: Some(value), .. } => {
                let value = *value;
                same(&self.nodes[value].next).then_some(value)
            }
            Next::Fork { value: None, .. } => {
                let new = self.node(b"");
                if let Next::Fork { value, .. } = &mut self.nodes[at].next {
                    *value = Some(new);
                }
                Some(new)
            }
            _ => None,
        }
    }

    fn child(&mut self, at: usize, literal: &[u8]) -> usize {
        let new = self.node(literal);
        if let Next::Fork { bytes, .. } = &mut self.nodes[at].next {
            bytes.push((literal[0], new));
        }
        new
    }

    /// Lets a node end after `common` bytes and the rest of it follow.
    fn split(&mut self, at: usize, common: usize) {
        let Node { from, to, next, .. } = self.nodes[at].clone();
        let tail = self.nodes.len();
        self.nodes.push(Node { from: from + common, to, lines: 0, next });
        let fork = Next::Fork { bytes: vec![(self.bytes[from + common], tail)], value: None };
        self.nodes[at] = Node { from, to: from + common, lines: 0, next: fork };
        for node in [at, tail] {
            let Node { from, to, .. } = self.nodes[node];
            self.nodes[node].lines = memchr::memchr_iter(b'\n', &self.bytes[from..to]).count() as u32;
        }
    }

    fn node(&mut self, literal: &[u8]) -> usize {
        let from = self.bytes.len();
        self.bytes.extend_from_slice(literal);
        let lines = memchr::memchr_iter(b'\n', literal).count() as u32;
        let next = Next::Fork { bytes: Vec::new(), value: None };
        self.nodes.push(Node { from, to: self.bytes.len(), lines, next });
        self.nodes.len() - 1
    }
}
