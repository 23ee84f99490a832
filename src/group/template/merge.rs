//! Finds the positions that only look constant, by comparing the lines of a whole input.
//! Leaves out values that one line alone gives away: `token` and the masks have seen to those; and what
//! the comparisons ask: `slots` compares words, `enclosed` makes words of what stands in brackets.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::ops::Range;

use super::token::Kind;
use super::{enclosed, slots};

/// The identity of a token: 0 is any value, all else a text.
pub(super) type Symbol = u32;
/// The symbol of a value.
pub(super) const ANY: Symbol = 0;

/// A line's tokens as symbols with their kinds, and how many lines were like it.
#[derive(Debug, Clone)]
pub(super) struct Shape {
    pub(super) symbols: Vec<Symbol>,
    pub(super) kinds: Vec<Kind>,
    /// What stands between quotation marks or brackets, the outermost ones.
    pub(super) enclosed: Vec<Range<usize>>,
    pub(super) lines: u64,
}

/// What a shape has become: fewer constants, and perhaps several tokens in one.
#[derive(Debug, Clone)]
pub(super) struct Draft {
    pub(super) symbols: Vec<Symbol>,
    pub(super) kinds: Vec<Kind>,
    /// The tokens of the shape that each symbol stands for.
    pub(super) parts: Vec<Range<usize>>,
    pub(super) lines: u64,
}

/// How often lines are compared: what one round finds variable lets the next see more lines as equal.
const ROUNDS: usize = 4;
/// Drift guard: a line joins another only if so many words remain that are equal.
const LEAST: usize = 2;
/// A list of more items than this is not looked for; `token` has seen to lists of numbers.
const LONGEST_LIST: usize = 12;
/// In longer lines lists are not looked for.
const LONGEST_TEMPLATE: usize = 40;
/// How many ways in which lines of one length vary are tried on rare lines.
const MOST_WAYS: usize = 64;

/// Returns for each shape the symbols it should have: positions found variable are [`ANY`].
pub(super) fn generalise(shapes: &[Shape]) -> Vec<Draft> {
    let mut drafts: Vec<Draft> = shapes.iter().map(Draft::of).collect();
    enclosed::fold(shapes, &mut drafts);
    slots::names(&mut drafts);
    for _ in 0..ROUNDS {
        drafts.iter_mut().for_each(Draft::join_values);
        let single = slots::words(&mut drafts);
        if !slots::pairs(&mut drafts) && !single {
            break;
        }
    }
    rare_ones(&mut drafts, shapes);
    drafts.iter_mut().for_each(Draft::join_values);
    enclosed::unfold(shapes, &mut drafts);
    longer_values(&mut drafts);
    drafts
}

impl Draft {
    fn of(shape: &Shape) -> Draft {
        Draft {
            symbols: shape.symbols.clone(),
            kinds: shape.kinds.clone(),
            parts: (0..shape.symbols.len()).map(|at| at..at + 1).collect(),
            lines: shape.lines,
        }
    }

    /// Makes one symbol of those in `range`, which may be empty.
    pub(super) fn collapse(&mut self, range: Range<usize>, symbol: Symbol, kind: Kind) {
        let end = |at: usize| self.parts.get(at).map_or_else(|| self.parts.last().map_or(0, |p| p.end), |p| p.start);
        let part = end(range.start)..end(range.end);
        self.symbols.splice(range.clone(), [symbol]);
        self.kinds.splice(range.clone(), [kind]);
        self.parts.splice(range, [part]);
    }

    /// Makes one value of values that a mark joins, as `token` does where it sees them.
    fn join_values(&mut self) {
        let mut at = self.symbols.len();
        while at > 0 {
            at -= 1;
            let joined = self.kinds.get(at + 1) == Some(&Kind::Joint) && self.symbols.get(at + 2) == Some(&ANY);
            if self.symbols[at] == ANY && joined {
                self.collapse(at..at + 3, ANY, Kind::Value);
            }
        }
    }

    /// Returns 1 if the symbol stands for the contents of brackets or quotation marks.
    pub(super) fn folded(&self, at: usize) -> usize {
        usize::from(matches!(self.kinds[at], Kind::Bracketed | Kind::Quoted))
    }

    /// Returns how many of the symbols are words or names that are still constant.
    pub(super) fn constants(&self) -> usize {
        self.symbols.iter().zip(&self.kinds).filter(|(symbol, kind)| **symbol != ANY && **kind < Kind::Joint).count()
    }
}

/// Reads "db:5432" or "anna, otto" as the value that stands there in a line otherwise equal.
fn longer_values(drafts: &mut [Draft]) {
    let known: HashSet<u64> = drafts.iter().map(|draft| slots::hash(&draft.symbols)).collect();
    for draft in drafts.iter_mut().filter(|draft| draft.symbols.len() <= LONGEST_TEMPLATE) {
        let symbols = &draft.symbols;
        let list = lists(&draft.kinds).find(|list| {
            let within = list.clone().filter(|at| symbols[*at] != ANY && draft.kinds[*at] < Kind::Joint).count();
            let shorter = || [&symbols[..list.start], &[ANY], &symbols[list.end..]].concat();
            draft.constants() >= within + LEAST && known.contains(&slots::hash(&shorter()))
        });
        if let Some(list) = list {
            draft.collapse(list, ANY, Kind::Value);
        }
    }
}

/// Returns where words, names and values stand in turn with marks that join them, longer stretches first.
fn lists(kinds: &[Kind]) -> impl Iterator<Item = Range<usize>> + '_ {
    let joined = |at: usize| kinds.get(at) == Some(&Kind::Joint);
    let item = |at: usize| kinds.get(at).is_some_and(|kind| *kind <= Kind::Word);
    let end = move |from: usize| {
        (from..kinds.len()).step_by(2).take(LONGEST_LIST).find(|at| !(joined(at + 1) && item(at + 2)))
    };
    let starts = (0..kinds.len()).filter(move |at| item(*at));
    starts
        .filter_map(move |from| Some((from, end(from)?)))
        .flat_map(|(from, last)| (from + 2..=last).rev().step_by(2).map(move |to| from..to + 1))
}

/// Marks as variable what is variable in a line that is equal everywhere else.
fn rare_ones(drafts: &mut [Draft], shapes: &[Shape]) {
    let mut ways: BTreeMap<usize, BTreeSet<Vec<usize>>> = BTreeMap::new();
    for (draft, shape) in drafts.iter().zip(shapes) {
        let found: Vec<usize> = (0..draft.symbols.len())
            .filter(|at| draft.symbols[*at] == ANY && shape.symbols[draft.parts[*at].clone()] != [ANY])
            .collect();
        let ways = ways.entry(draft.symbols.len()).or_default();
        if !found.is_empty() && draft.constants() >= LEAST && ways.len() < MOST_WAYS {
            ways.insert(found);
        }
    }
    let known: HashSet<u64> = drafts.iter().map(|draft| slots::hash(&draft.symbols)).collect();
    for draft in drafts {
        for way in ways.get(&draft.symbols.len()).into_iter().flatten() {
            let open =
                way.iter().all(|at| draft.kinds[*at] <= Kind::Word) && way.iter().any(|at| draft.symbols[*at] != ANY);
            if open {
                let mut general = draft.symbols.clone();
                way.iter().for_each(|at| general[*at] = ANY);
                if known.contains(&slots::hash(&general)) {
                    draft.symbols = general;
                    break;
                }
            }
        }
    }
}
