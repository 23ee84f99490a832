//! The online miner: one line at a time, bounded memory.
//! Leaves out deciding what varies between lines: `merge` does, when `settle` asks it.
//!
//! A line is masked; a masked line seen before costs one look-up. A new one is cut into tokens, and lines
//! of equal tokens are one shape. `settle` joins shapes that differ in a position with many texts.
//!
//! Memory: at most [`MOST_TEMPLATES`] shapes are kept. When they are full the miner settles once, and lines
//! that no template then fits are counted under `<*>`. The look-up table is emptied when it is full.

use std::collections::{BTreeMap, BTreeSet};
use std::hash::BuildHasher as _;
use std::sync::{Arc, LazyLock};

use foldhash::HashMap;
use foldhash::fast::RandomState;

use super::header::Header;
use super::merge::{self, ANY, Draft, Shape, Symbol};
use super::token::{self, Kind, Token, VALUE};
use super::{access, enclosed};
use crate::pattern::Masks;

/// How many templates are kept.
pub const MOST_TEMPLATES: usize = 20_000;
/// How many masked lines are remembered for the quick way.
const MOST_LINES: usize = 1 << 16;
/// How many different texts of tokens are kept; beyond, a new text is a value.
const MOST_TEXTS: usize = 200_000;
/// How many ways in which templates of one length vary are tried on a new line.
const MOST_WAYS: usize = 64;
/// What follows in a line is data.
const LONGEST_LINE: usize = 4000;

/// Mines lines one at a time.
#[derive(Debug)]
pub struct Miner {
    masks: Arc<Masks>,
    header: Header,
    hashing: RandomState,
    /// Masked lines seen, by hash, and the shape of each.
    seen: HashMap<u64, usize>,
    texts: HashMap<String, Symbol>,
    by_symbols: HashMap<Vec<Symbol>, usize>,
    shapes: Vec<Shape>,
    wordings: Vec<Wording>,
    /// For each shape the first shape of its template; itself until `settle` finds otherwise.
    first: Vec<usize>,
    /// The positions that `settle` found variable, by the number of tokens.
    ways: HashMap<usize, BTreeSet<Vec<usize>>>,
    full: bool,
}

/// How a shape is written.
#[derive(Debug)]
struct Wording {
    /// Each text, and whether white space stands before it.
    tokens: Vec<(String, bool)>,
    /// The same as `settle` found it, with the other shapes of the template; empty before.
    settled: Vec<(String, bool)>,
    example: String,
}

impl Default for Miner {
    fn default() -> Miner {
        Miner::new()
    }
}

impl Miner {
    /// Returns a miner of messages, with the masks that the program carries; a test holds that they load.
    pub fn new() -> Miner {
        static OWN: LazyLock<Arc<Masks>> = LazyLock::new(|| Arc::new(Masks::built_in().unwrap_or_default()));
        Miner::with_masks(OWN.clone())
    }

    /// Returns a miner of messages with these masks.
    pub fn with_masks(masks: Arc<Masks>) -> Miner {
        Miner {
            masks,
            header: Header::none(),
            hashing: RandomState::default(),
            seen: HashMap::default(),
            texts: HashMap::default(),
            by_symbols: HashMap::default(),
            shapes: Vec::new(),
            wordings: Vec::new(),
            first: Vec::new(),
            ways: HashMap::default(),
            full: false,
        }
    }

    /// Lets the miner leave out this header of each line.
    pub fn with_header(self, header: Header) -> Miner {
        Miner { header, ..self }
    }

    /// Counts a line and returns the number of its template.
    pub fn add(&mut self, line: &str) -> usize {
        let shape = self.place(line);
        self.shapes[shape].lines += 1;
        self.first[shape]
    }

    /// Returns the text of a template; a number that `add` never returned has the text `<*>`.
    pub fn template(&self, number: usize) -> String {
        let Some(wording) = self.wordings.get(self.root(number)) else { return VALUE.to_string() };
        let mut text = String::new();
        let tokens = if wording.settled.is_empty() { &wording.tokens } else { &wording.settled };
        for (token, spaced) in tokens {
            if *spaced && !text.is_empty() {
                text.push(' ');
            }
            text.push_str(token);
        }
        text
    }

    /// Returns the first line of a template, or nothing for a number that `add` never returned.
    pub fn example(&self, number: usize) -> &str {
        self.wordings.get(self.root(number)).map_or("", |wording| &wording.example)
    }

    /// Returns the numbers of all templates with how many lines each has, in the order they first occurred.
    pub fn counts(&self) -> Vec<(usize, u64)> {
        let mut counts = vec![0; self.shapes.len()];
        for (shape, first) in self.shapes.iter().zip(&self.first) {
            counts[*first] += shape.lines;
        }
        counts.into_iter().enumerate().filter(|(number, _)| self.first[*number] == *number).collect()
    }

    /// Returns the number that a template has after `settle`, given the one it had before.
    pub fn root(&self, number: usize) -> usize {
        self.first.get(number).copied().unwrap_or(number)
    }

    /// Joins templates that differ in positions where values stand; numbers given before stay valid.
    pub fn settle(&mut self) {
        let general = merge::generalise(&self.shapes);
        let mut roots: BTreeMap<&[Symbol], usize> = BTreeMap::new();
        for (index, draft) in general.iter().enumerate() {
            self.first[index] = *roots.entry(&draft.symbols).or_insert(index);
        }
        for (index, draft) in general.iter().enumerate() {
            let tokens = self.wordings[index].collapsed(draft);
            let root = self.first[index];
            if root == index {
                self.wordings[root].settled = tokens;
            } else {
                join(&mut self.wordings[root].settled, tokens.iter().map(|(text, spaced)| (text.as_str(), *spaced)));
            }
        }
        for (symbols, root) in roots {
            let own = &self.shapes[root].symbols;
            let varies: Vec<usize> = (0..own.len().min(symbols.len())).filter(|at| own[*at] != symbols[*at]).collect();
            if !varies.is_empty() && own.len() == symbols.len() {
                let ways = self.ways.entry(own.len()).or_default();
                if ways.len() < MOST_WAYS {
                    ways.insert(varies);
                }
                self.by_symbols.insert(symbols.to_vec(), root);
            }
        }
    }

    /// Returns the shape of a line, a new one if need be.
    fn place(&mut self, line: &str) -> usize {
        let line = self.header.strip(line).trim();
        let line = &line[..line.floor_char_boundary(LONGEST_LINE)];
        let masks = Arc::clone(&self.masks);
        let masked = access::masked(line, &masks);
        let hash = self.hashing.hash_one(masked.as_bytes());
        if let Some(shape) = self.seen.get(&hash) {
            return *shape;
        }
        let tokens = token::tokens(&masked, masks.words());
        let symbols = self.symbols(&tokens);
        let shape = self.known(&symbols).unwrap_or_else(|| self.create(symbols, &tokens, line));
        join(&mut self.wordings[shape].tokens, tokens.iter().map(|token| (token.text, token.spaced)));
        if self.seen.len() >= MOST_LINES {
            self.seen.clear();
        }
        self.seen.insert(hash, shape);
        shape
    }

    fn symbols(&mut self, tokens: &[Token]) -> Vec<Symbol> {
        let symbol = |token: &Token| {
            if token.kind == Kind::Value {
                return ANY;
            }
            if let Some(symbol) = self.texts.get(token.text) {
                return *symbol;
            }
            if self.texts.len() >= MOST_TEXTS {
                return ANY;
            }
            let next = self.texts.len() as Symbol + 1;
            self.texts.insert(token.text.to_string(), next);
            next
        };
        tokens.iter().map(symbol).collect()
    }

    /// Finds the shape of these symbols, as they are or as `settle` has generalised others.
    fn known(&self, symbols: &Vec<Symbol>) -> Option<usize> {
        self.by_symbols.get(symbols).copied().or_else(|| {
            self.ways.get(&symbols.len())?.iter().find_map(|varies| {
                let mut general = symbols.clone();
                varies.iter().for_each(|at| general[*at] = ANY);
                self.by_symbols.get(&general).copied()
            })
        })
    }

    fn create(&mut self, symbols: Vec<Symbol>, tokens: &[Token], line: &str) -> usize {
        let mut kinds: Vec<Kind> = tokens.iter().map(|token| token.kind).collect();
        let mut enclosed = enclosed::ranges(tokens);
        let mut symbols = symbols;
        let mut wording = Wording {
            tokens: tokens.iter().map(|token| (token.text.to_string(), token.spaced)).collect(),
            settled: Vec::new(),
            example: line.to_string(),
        };
        if self.shapes.len() >= MOST_TEMPLATES {
            if !self.full {
                self.full = true;
                self.settle();
                if let Some(shape) = self.known(&symbols) {
                    return shape;
                }
            }
            (symbols, kinds, enclosed) = (vec![ANY], vec![Kind::Value], Vec::new());
            if let Some(shape) = self.by_symbols.get(&symbols) {
                return *shape;
            }
            wording.tokens = vec![(VALUE.to_string(), false)];
        }
        let index = self.shapes.len();
        self.by_symbols.insert(symbols.clone(), index);
        self.shapes.push(Shape { symbols, kinds, enclosed, lines: 0 });
        self.wordings.push(wording);
        self.first.push(index);
        index
    }
}

impl Wording {
    /// Returns the tokens as the draft has them: what it joined is one value.
    fn collapsed(&self, draft: &Draft) -> Vec<(String, bool)> {
        let token = |part: &std::ops::Range<usize>| {
            let spaced = self.tokens.get(part.start).is_some_and(|(_, spaced)| *spaced && !part.is_empty());
            match self.tokens.get(part.clone()) {
                Some([(text, _)]) => (text.clone(), spaced),
                _ => (VALUE.to_string(), spaced),
            }
        };
        draft.parts.iter().map(token).collect()
    }
}

/// Forgets the name of a value, or a word, where another line of the template has another. White space that some of
/// the lines have is shown, whichever came first.
fn join<'t>(tokens: &mut [(String, bool)], others: impl ExactSizeIterator<Item = (&'t str, bool)>) {
    // When the miner is full, a line may be counted where it has no likeness.
    if others.len() != tokens.len() {
        return;
    }
    for ((own, spaced), (text, other_spaced)) in tokens.iter_mut().zip(others) {
        *spaced |= other_spaced;
        if own != text {
            *own = VALUE.to_string();
        }
    }
}
