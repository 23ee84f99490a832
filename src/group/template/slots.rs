//! Compares lines that differ in few positions: how many different texts a position holds.
//! Leaves out what brackets hold (`enclosed`) and what one line alone gives away (`token`).
//!
//! One position is compared with all others equal, then two at once: where both vary freely, they are values;
//! where each text of one goes with one text of the other ("opened by", "closed for"), they are statements.

use std::collections::{BTreeSet, HashMap};

use super::merge::{ANY, Draft, Symbol};
use super::token::Kind;

/// So many different words in one position are values; a statement seldom has as many variants.
const WORDS: usize = 5;
/// The same for labels and dotted names, of which statements have fewer variants.
const LABELS: usize = 4;
const NAMES: usize = 4;
/// The same for what stands in quotation marks or follows a preposition.
const NAMED: usize = 3;
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
    let hashes: Vec<u64> = drafts.iter().map(|draft| hash(&draft.symbols)).collect();
    let longest = drafts.iter().map(|draft| draft.symbols.len()).max().unwrap_or(0);
    let mut variable = Vec::new();
    for at in 0..longest {
        let keyed = drafts.iter().enumerate().filter_map(|(index, draft)| {
            let symbol = *draft.symbols.get(at)?;
            // Drift guard: what remains constant must still say something.
            let told = || is_constant(draft, at) && draft.constants() + draft.folded(at) > 2;
            (symbol == ANY || told()).then(|| (blank(hashes[index], draft, at), index))
        });
        for members in alike(keyed.collect()) {
            let seen = Seen::at(at, &members, drafts);
            let fresh = at > 0
                && (seen.texts.len() >= 4 && seen.mostly_new(FRESH_WORDS)
                    || seen.texts.len() == 3 && seen.mostly_new(100));
            // Where others have a number or a path, a word is a value too ("from 7", "from stdin").
            let odd = at > 0 && seen.texts.len() >= 2 && seen.texts.contains(&ANY);
            if fresh || odd || seen.texts.len() >= seen.enough {
                variable.extend(members.into_iter().map(|index| (index, at)));
            }
        }
    }
    mark(drafts, &variable)
}

/// Compares lines that differ in two words; returns whether a position became variable.
pub(super) fn pairs(drafts: &mut [Draft]) -> bool {
    let hashes: Vec<u64> = drafts.iter().map(|draft| hash(&draft.symbols)).collect();
    let mut left = PAIRS;
    let open: Vec<Vec<usize>> = drafts
        .iter()
        .map(|draft| {
            let open: Vec<usize> = (0..draft.symbols.len()).filter(|at| is_constant(draft, *at)).collect();
            let cost = open.len() * open.len() / 2;
            if open.len() > CONSTANTS || left < cost {
                return Vec::new();
            }
            left -= cost;
            open
        })
        .collect();
    let longest = drafts.iter().map(|draft| draft.symbols.len()).max().unwrap_or(0);
    let mut variable = Vec::new();
    for one in 0..longest {
        let mut keyed = Vec::new();
        for (index, draft) in drafts.iter().enumerate() {
            let Ok(number) = open[index].binary_search(&one) else { continue };
            let rest = draft.constants().saturating_sub(2);
            let without = blank(hashes[index], draft, one);
            for two in &open[index][number + 1..] {
                // Drift guard: two words at least remain beside the two, or one and brackets.
                if rest > 0 && rest + draft.folded(one) + draft.folded(*two) > 1 {
                    keyed.push(((*two, blank(without, draft, *two)), index));
                }
            }
        }
        for (two, members) in alike_at(keyed) {
            let ways = [Seen::at(one, &members, drafts), Seen::at(two, &members, drafts)];
            let [first, second] = vary(&ways, members.len());
            variable.extend(members.iter().filter(|_| first).map(|index| (*index, one)));
            variable.extend(members.iter().filter(|_| second).map(|index| (*index, two)));
        }
    }
    mark(drafts, &variable)
}

/// Returns which of two positions are values, given what they hold and how many lines differ in both.
fn vary(ways: &[Seen; 2], combinations: usize) -> [bool; 2] {
    let [ones, twos] = [ways[0].texts.len(), ways[1].texts.len()];
    // Texts that go together one to one have as many combinations as texts; texts that vary freely have more.
    let fresh = ones.min(twos) >= 4 && combinations as u64 * 100 >= ways[0].lines * FRESH_WORDS;
    let free = combinations >= ones.max(twos) + 2;
    let product = combinations >= ones + twos && combinations * 4 >= ones * twos * 3;
    let value = |side: &Seen| {
        let few = side.enough < FIRST && product && ones.min(twos) + 1 >= side.enough;
        (free && (few || side.texts.len() >= side.enough)) || (fresh && side.enough < FIRST)
    };
    [value(&ways[0]), value(&ways[1])]
}

/// Returns the lines that have a key in common, if there are several.
fn alike(keyed: Vec<(u64, usize)>) -> Vec<Vec<usize>> {
    alike_at(keyed.into_iter().map(|(key, index)| ((0, key), index)).collect()).map(|(_, members)| members).collect()
}

fn alike_at(mut keyed: Vec<((usize, u64), usize)>) -> impl Iterator<Item = (usize, Vec<usize>)> {
    keyed.sort_unstable();
    let several = |group: &[((usize, u64), usize)]| {
        (group.len() > 1).then(|| (group[0].0.0, group.iter().map(|one| one.1).collect()))
    };
    keyed.chunk_by(|one, two| one.0 == two.0).filter_map(several).collect::<Vec<_>>().into_iter()
}

/// Makes these positions variable, all at once, so that the order of lines does not matter.
fn mark(drafts: &mut [Draft], variable: &[(usize, usize)]) -> bool {
    let mut changed = false;
    for (index, at) in variable {
        changed |= std::mem::replace(&mut drafts[*index].symbols[*at], ANY) != ANY;
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
        } else if count(|(kind, _)| matches!(kind, Kind::Quoted | Kind::Named)) > 0 {
            NAMED
        } else if count(|(kind, _)| matches!(kind, Kind::Label | Kind::Name)) * 2 >= members.len() || lengths.len() > 1
        {
            LABELS
        } else {
            WORDS
        };
        Seen { texts, lines, enough }
    }

    /// Returns whether this share of lines, in percent, has a text that was not there before.
    fn mostly_new(&self, percent: u64) -> bool {
        self.texts.len() as u64 * 100 >= self.lines * percent
    }
}

/// Returns whether the text at this position might vary.
fn is_constant(draft: &Draft, at: usize) -> bool {
    draft.kinds[at] <= Kind::Word && draft.symbols[at] != ANY
}

fn is_word(kind: Kind) -> bool {
    matches!(kind, Kind::Word | Kind::Named | Kind::Label)
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
