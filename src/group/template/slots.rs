//! Compares lines that differ in few positions: how many different texts a position holds.
//! Leaves out what brackets hold (`enclosed`) and what one line alone gives away (`token`).
//!
//! One position is compared with all others equal, then two at once: where both vary freely, they are values;
//! where each text of one goes with one text of the other ("opened by", "closed for"), they are statements.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::merge::{ANY, Draft, Symbol};
use super::token::Kind;

/// So many different words in one position are values; a statement seldom has as many variants.
const WORDS: usize = 5;
/// The same for labels and dotted names, of which statements have fewer variants.
const LABELS: usize = 4;
const NAMES: usize = 4;
/// The same for what stands in quotation marks.
const QUOTED: usize = 3;
/// The same for contents of brackets or quotation marks that are built alike ("GET /a", "PUT /b").
const BUILT: usize = 8;
/// The same for the first word, which names the statement.
const FIRST: usize = 10;
/// Fewer names are values too if new ones keep coming: at least this share of lines, in percent, has a new one.
const FRESH: u64 = 30;
/// The same for words, which vary in statements too; of three words all must be new, for three that a
/// statement chooses from are all new in three lines only twice in nine.
const FRESH_WORDS: u64 = 60;
/// Two positions are compared in lines with at most this many constants, and in so many pairs altogether.
const CONSTANTS: usize = 16;
const PAIRS: usize = 1_000_000;

/// Compares lines that differ in dotted names only, all positions at once.
pub(super) fn names(drafts: &mut [Draft]) {
    let mut alike: HashMap<Vec<Symbol>, Vec<usize>> = HashMap::new();
    for (index, draft) in drafts.iter().enumerate().filter(|(_, draft)| draft.kinds.contains(&Kind::Name)) {
        let blank = |(symbol, kind): (&Symbol, &Kind)| if *kind == Kind::Name { ANY } else { *symbol };
        alike.entry(draft.symbols.iter().zip(&draft.kinds).map(blank).collect()).or_default().push(index);
    }
    for (index, draft) in drafts.iter().enumerate().filter(|(_, draft)| !draft.kinds.contains(&Kind::Name)) {
        if let Some(members) = alike.get_mut(&draft.symbols) {
            members.push(index);
        }
    }
    for members in alike.into_values().filter(|members| members.len() > 1) {
        let lines: u64 = members.iter().map(|index| drafts[*index].lines).sum();
        for at in 0..drafts[members[0]].symbols.len() {
            if members.iter().all(|index| drafts[*index].kinds[at] != Kind::Name) {
                continue;
            }
            let texts: BTreeSet<Symbol> = members.iter().map(|index| drafts[*index].symbols[at]).collect();
            // Where others have a value (a name with a number in it), a plain name is one too.
            let words = drafts[members[0]].kinds.iter().filter(|kind| is_word(**kind)).count();
            let several = texts.len() >= if words >= 5 { 2 } else { 3 };
            let fresh = texts.contains(&ANY) || several && texts.len() as u64 * 100 >= lines * FRESH;
            if fresh || texts.len() >= NAMES {
                members.iter().for_each(|index| drafts[*index].symbols[at] = ANY);
            }
        }
    }
}

/// Compares lines that differ in one word only; returns whether a position became variable.
pub(super) fn words(drafts: &mut [Draft]) -> bool {
    // A line with one position blank is known by its hash, which is computed from the whole line's.
    let mut alike: BTreeMap<(usize, u64), Vec<usize>> = BTreeMap::new();
    let hashes: Vec<u64> = drafts.iter().map(|draft| hash(&draft.symbols)).collect();
    for (index, draft) in drafts.iter().enumerate() {
        // Drift guard: what remains constant must still say something.
        let left = draft.constants().saturating_sub(1);
        for at in constants(draft).filter(|at| left + draft.folded(*at) > 1) {
            alike.entry((at, blank(hashes[index], draft, at))).or_default().push(index);
        }
    }
    for (index, draft) in drafts.iter().enumerate() {
        for at in (0..draft.symbols.len()).filter(|at| draft.symbols[*at] == ANY) {
            if let Some(members) = alike.get_mut(&(at, hashes[index])) {
                members.push(index);
            }
        }
    }
    let mut changed = false;
    for ((at, _), members) in alike.into_iter().filter(|(_, members)| members.len() > 1) {
        let seen = Seen::at(at, &members, drafts);
        let share = |percent: u64| seen.texts.len() as u64 * 100 >= seen.lines * percent;
        let fresh = at > 0 && (seen.texts.len() >= 4 && share(FRESH_WORDS) || seen.texts.len() == 3 && share(100));
        // Where others have a number or a path, a word is a value too ("from 7", "from stdin").
        let odd = at > 0 && seen.texts.len() >= 2 && seen.texts.contains(&ANY);
        if fresh || odd || seen.texts.len() >= seen.enough {
            members.iter().for_each(|index| drafts[*index].symbols[at] = ANY);
            changed = true;
        }
    }
    changed
}

/// Compares lines that differ in two words; returns whether a position became variable.
pub(super) fn pairs(drafts: &mut [Draft]) -> bool {
    let hashes: Vec<u64> = drafts.iter().map(|draft| hash(&draft.symbols)).collect();
    let mut alike: BTreeMap<(usize, usize, u64), Vec<usize>> = BTreeMap::new();
    let mut left = PAIRS;
    for (index, draft) in drafts.iter().enumerate() {
        let open: Vec<usize> = constants(draft).collect();
        if open.len() > CONSTANTS || open.len() < 2 || left < open.len() * open.len() {
            continue;
        }
        left -= open.len() * open.len();
        let rest = draft.constants() - 2;
        for (number, one) in open.iter().enumerate() {
            let without = blank(hashes[index], draft, *one);
            // Drift guard: two words at least remain beside the two, or one and brackets.
            let told = |two: &&usize| rest > 0 && rest + draft.folded(*one) + draft.folded(**two) > 1;
            for two in open[number + 1..].iter().filter(told) {
                alike.entry((*one, *two, blank(without, draft, *two))).or_default().push(index);
            }
        }
    }
    let mut changed = false;
    for ((one, two, _), members) in alike.into_iter().filter(|(_, members)| members.len() >= LABELS) {
        let sides = [Seen::at(one, &members, drafts), Seen::at(two, &members, drafts)];
        let combinations: BTreeSet<[Symbol; 2]> =
            members.iter().map(|index| [drafts[*index].symbols[one], drafts[*index].symbols[two]]).collect();
        // Texts that go together in pairs have as many combinations as texts; texts that vary freely have more.
        let [ones, twos] = [sides[0].texts.len(), sides[1].texts.len()];
        let fresh = ones.min(twos) >= 4 && combinations.len() as u64 * 100 >= sides[0].lines * FRESH_WORDS;
        if combinations.len() < ones.max(twos) + 2 && !fresh {
            continue;
        }
        let product = combinations.len() * 4 >= ones * twos * 3;
        for (at, side) in [one, two].into_iter().zip(&sides) {
            let few = side.enough.saturating_sub(1);
            let few = at > 0 && product && combinations.len() >= ones + twos && ones.min(twos) >= few;
            let enough = few || (fresh && at > 0) || side.texts.len() >= side.enough;
            if enough && side.texts.iter().any(|text| *text != ANY) {
                members.iter().for_each(|index| drafts[*index].symbols[at] = ANY);
                changed = true;
            }
        }
    }
    changed
}

/// What one position holds in lines that are otherwise alike.
struct Seen {
    texts: BTreeSet<Symbol>,
    lines: u64,
    /// How many texts make the position variable.
    enough: usize,
}

impl Seen {
    fn at(at: usize, members: &[usize], drafts: &[Draft]) -> Seen {
        let texts = members.iter().map(|index| drafts[*index].symbols[at]).collect();
        let lines = members.iter().map(|index| drafts[*index].lines).sum();
        let of = |index: &usize| (drafts[*index].kinds[at], drafts[*index].parts[at].len());
        let count = |which: fn((Kind, usize)) -> bool| members.iter().filter(|index| which(of(index))).count();
        let lengths: BTreeSet<usize> = members.iter().map(|index| of(index).1).collect();
        let enough = if at == 0 && count(|(kind, _)| kind == Kind::Bracketed || kind == Kind::Quoted) == 0 {
            FIRST
        } else if lengths.len() == 1 && count(|(_, length)| length > 1) > 0 {
            BUILT
        } else if count(|(kind, _)| kind == Kind::Quoted) > 0 {
            QUOTED
        } else if count(|(kind, _)| matches!(kind, Kind::Label | Kind::Name)) * 2 >= members.len() || lengths.len() > 1 {
            LABELS
        } else {
            WORDS
        };
        Seen { texts, lines, enough }
    }
}

/// Returns the positions whose text might vary.
fn constants(draft: &Draft) -> impl Iterator<Item = usize> + '_ {
    (0..draft.symbols.len()).filter(|at| draft.kinds[*at] <= Kind::Word && draft.symbols[*at] != ANY)
}

fn is_word(kind: Kind) -> bool {
    matches!(kind, Kind::Word | Kind::Label)
}

/// Returns the hash of a line with one position more blank.
fn blank(hash: u64, draft: &Draft, at: usize) -> u64 {
    hash.wrapping_sub(mix(at, draft.symbols[at])).wrapping_add(mix(at, ANY))
}

/// The sum of the positions' hashes, so that one position can be exchanged.
pub(super) fn hash(symbols: &[Symbol]) -> u64 {
    let sum = symbols.iter().enumerate().fold(0u64, |sum, (at, symbol)| sum.wrapping_add(mix(at, *symbol)));
    sum.wrapping_add(mix(usize::MAX, symbols.len() as Symbol))
}

fn mix(at: usize, symbol: Symbol) -> u64 {
    let mut bits =
        (at as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ u64::from(symbol).wrapping_mul(0xd6e8_feb8_6659_fd93);
    bits = (bits ^ (bits >> 32)).wrapping_mul(0xd6e8_feb8_6659_fd93);
    (bits ^ (bits >> 29)).wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ (bits >> 32)
}
