//! Finds the positions that only look constant: where lines equal but for one position hold many texts.
//! Leaves out values that one line alone gives away: `token` and the masks have seen to those.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use super::token::Kind;

/// The identity of a token: 0 is any value, all else a text.
pub(super) type Symbol = u32;
/// The symbol of a value.
pub(super) const ANY: Symbol = 0;

/// A line's tokens as symbols with their kinds, and how many lines were like it.
#[derive(Debug, Clone)]
pub(super) struct Shape {
    pub(super) symbols: Vec<Symbol>,
    pub(super) kinds: Vec<Kind>,
    pub(super) lines: u64,
}

/// So many different words in one position are values; a statement seldom has as many variants.
const WORDS: usize = 8;
/// So many different dotted names in one position are values, however often each occurs.
const NAMES: usize = 8;
/// Fewer names are values too if new ones keep coming: at least this share of lines, in percent, has a new one.
const FRESH: u64 = 30;

/// The same for words, which vary in statements too.
const FRESH_WORDS: u64 = 60;

/// With more words than this in common, statements may differ in how long a value is written.
const LONG: usize = 5;

/// Returns for each shape the symbols it should have: positions found variable are [`ANY`].
pub(super) fn generalise(shapes: &[Shape]) -> Vec<Vec<Symbol>> {
    let mut symbols: Vec<Vec<Symbol>> = shapes.iter().map(|shape| shape.symbols.clone()).collect();
    names(shapes, &mut symbols);
    for _ in 0..3 {
        if !words(shapes, &mut symbols) {
            break;
        }
    }
    longer_values(shapes, &mut symbols);
    symbols
}

/// Compares shapes that differ in dotted names only, all positions at once.
fn names(shapes: &[Shape], symbols: &mut [Vec<Symbol>]) {
    let mut alike: HashMap<Vec<Symbol>, Vec<usize>> = HashMap::new();
    for (index, shape) in shapes.iter().enumerate() {
        if shape.kinds.contains(&Kind::Name) {
            let blank = |(symbol, kind): (&Symbol, &Kind)| if *kind == Kind::Name { ANY } else { *symbol };
            alike.entry(shape.symbols.iter().zip(&shape.kinds).map(blank).collect()).or_default().push(index);
        }
    }
    for (index, shape) in shapes.iter().enumerate().filter(|(_, shape)| !shape.kinds.contains(&Kind::Name)) {
        if let Some(members) = alike.get_mut(&shape.symbols) {
            members.push(index);
        }
    }
    for members in alike.into_values().filter(|members| members.len() > 1) {
        let lines: u64 = members.iter().map(|index| shapes[*index].lines).sum();
        for at in 0..shapes[members[0]].symbols.len() {
            if members.iter().all(|index| shapes[*index].kinds[at] != Kind::Name) {
                continue;
            }
            let texts: BTreeSet<Symbol> = members.iter().map(|index| shapes[*index].symbols[at]).collect();
            // Where others have a value (a name with a number in it), a plain name is one too.
            let words = shapes[members[0]].kinds.iter().filter(|kind| **kind == Kind::Word).count();
            let several = texts.len() >= if words >= 5 { 2 } else { 3 };
            let fresh = texts.contains(&ANY) || several && texts.len() as u64 * 100 >= lines * FRESH;
            if fresh || texts.len() >= NAMES {
                members.iter().for_each(|index| symbols[*index][at] = ANY);
            }
        }
    }
}

/// Compares shapes that differ in one word only; returns whether a position became variable.
fn words(shapes: &[Shape], symbols: &mut [Vec<Symbol>]) -> bool {
    // A shape with one position blank is known by its hash, which is computed from the whole shape's.
    let mut alike: BTreeMap<(usize, u64), Vec<usize>> = BTreeMap::new();
    let hashes: Vec<u64> = symbols.iter().map(|symbols| hash(symbols)).collect();
    for (index, shape) in shapes.iter().enumerate() {
        let constant = |at: &usize| shape.kinds[*at] <= Kind::Word && symbols[index][*at] != ANY;
        let constants: Vec<usize> = (0..shape.symbols.len()).filter(constant).collect();
        // Drift guard: what remains constant must still say something. The first word names the statement.
        if constants.len() < 3 {
            continue;
        }
        for at in constants.into_iter().skip(1) {
            let blank = hashes[index].wrapping_sub(mix(at, symbols[index][at])).wrapping_add(mix(at, ANY));
            alike.entry((at, blank)).or_default().push(index);
        }
    }
    for (index, key) in symbols.iter().enumerate() {
        for at in (1..key.len()).filter(|at| key[*at] == ANY) {
            if let Some(members) = alike.get_mut(&(at, hashes[index])) {
                members.push(index);
            }
        }
    }
    let mut changed = false;
    for ((at, _), members) in alike.into_iter().filter(|(_, members)| members.len() > 1) {
        let texts: BTreeSet<Symbol> = members.iter().map(|index| symbols[*index][at]).collect();
        let lines: u64 = members.iter().map(|index| shapes[*index].lines).sum();
        let fresh = texts.len() >= 4 && texts.len() as u64 * 100 >= lines * FRESH_WORDS;
        // Where others have a number or a path, a word is a value too ("from 7", "from stdin").
        let odd = texts.len() >= 2 && texts.contains(&ANY);
        if fresh || odd || texts.len() >= WORDS {
            members.iter().for_each(|index| symbols[*index][at] = ANY);
            changed = true;
        }
    }
    changed
}

/// Reads "db:5432" as the value that "192.0.2.1:5432" is, if all else is equal and there is much of it.
fn longer_values(shapes: &[Shape], symbols: &mut [Vec<Symbol>]) {
    let known: HashSet<u64> = symbols.iter().map(|symbols| hash(symbols)).collect();
    for (shape, symbols) in shapes.iter().zip(symbols) {
        let words = shape.kinds.iter().filter(|kind| **kind == Kind::Word).count();
        let kinds = &shape.kinds;
        let value = (0..kinds.len().saturating_sub(2)).find_map(|at| {
            let named =
                matches!(kinds[at], Kind::Word | Kind::Name) && kinds[at + 1] == Kind::Mark && symbols[at + 2] == ANY;
            let shorter = || [&symbols[..at], &symbols[at + 2..]].concat();
            named.then(shorter).filter(|shorter| known.contains(&hash(shorter)))
        });
        if let Some(shorter) = value.filter(|_| words > LONG) {
            *symbols = shorter;
        }
    }
}

/// The sum of the positions' hashes, so that one position can be exchanged.
fn hash(symbols: &[Symbol]) -> u64 {
    let sum = symbols.iter().enumerate().fold(0u64, |sum, (at, symbol)| sum.wrapping_add(mix(at, *symbol)));
    sum.wrapping_add(mix(usize::MAX, symbols.len() as Symbol))
}

fn mix(at: usize, symbol: Symbol) -> u64 {
    let mut bits =
        (at as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ u64::from(symbol).wrapping_mul(0xd6e8_feb8_6659_fd93);
    bits = (bits ^ (bits >> 32)).wrapping_mul(0xd6e8_feb8_6659_fd93);
    (bits ^ (bits >> 29)).wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ (bits >> 32)
}
