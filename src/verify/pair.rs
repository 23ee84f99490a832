//! Which line of the input's own rendering stands for a line of the document that is not in it as it is.
//! Leaves out what differs: `compare`.

use std::collections::HashMap;

use super::align;
use super::claim::{skeleton, tokens};
use super::document::Unit;

/// Lines with at least this share of common pieces say the same thing, altered.
const ALIKE: f64 = 0.6;
/// Pairs of pieces that are compared at most; what is beyond them is looked up claim by claim.
const COMPARISONS: usize = 40_000_000;
/// Pieces of a line that are compared.
const PIECES: usize = 400;

/// How a unit of the document stands to the rendering.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// It is there as it is.
    Same,
    /// It stands in the place of this one.
    Instead(usize),
    /// It is nowhere.
    Nowhere,
}

/// Places every unit of a document.
pub(super) fn place(document: &[Unit], rendering: &[Unit]) -> Vec<Place> {
    let keys = |units: &[Unit]| -> Vec<String> { units.iter().map(Unit::key).collect() };
    let (ours, theirs) = (keys(document), keys(rendering));
    let aligned = align::equal(&ours, &theirs);
    let mut used = vec![false; rendering.len()];
    aligned.iter().flatten().for_each(|found| used[*found] = true);
    let mut places: Vec<Place> =
        aligned.iter().map(|found| if found.is_some() { Place::Same } else { Place::Nowhere }).collect();
    // A section that was moved as a whole is still what it was.
    let mut free: HashMap<(&str, &str), Vec<usize>> = HashMap::new();
    for (at, unit) in rendering.iter().enumerate().filter(|(at, _)| !used[*at]) {
        free.entry((unit.section.as_str(), theirs[at].as_str())).or_default().push(at);
    }
    let mut moved = Vec::new();
    for (at, unit) in document.iter().enumerate().filter(|(at, _)| aligned[*at].is_none()) {
        if let Some(found) = free.get_mut(&(unit.section.as_str(), ours[at].as_str())).and_then(Vec::pop) {
            places[at] = Place::Same;
            moved.push(found);
        }
    }
    moved.into_iter().for_each(|found| used[found] = true);
    Pairing { document, rendering, aligned: &aligned, used, places, comparisons: 0 }.run()
}

struct Pairing<'u> {
    document: &'u [Unit],
    rendering: &'u [Unit],
    aligned: &'u [Option<usize>],
    used: Vec<bool>,
    places: Vec<Place>,
    comparisons: usize,
}

impl Pairing<'_> {
    fn run(mut self) -> Vec<Place> {
        let ours = skeletons(self.document);
        let theirs = skeletons(self.rendering);
        // In the same gap first: what stands between the same neighbours is about the same thing.
        let (mut at, mut from) = (0, 0);
        while at < self.document.len() {
            if self.places[at] != Place::Nowhere {
                from = self.aligned[at].map_or(from, |before| before + 1);
                at += 1;
                continue;
            }
            let end = (at..self.document.len()).find(|next| self.aligned[*next].is_some()).unwrap_or(ours.len());
            let to = self.aligned.get(end).copied().flatten().unwrap_or(self.rendering.len());
            self.pair(at..end, from..to, &ours, &theirs);
            at = end;
        }
        let (all, whole) = (0..self.document.len(), 0..self.rendering.len());
        self.pair(all, whole, &ours, &theirs);
        self.places
    }

    fn pair(
        &mut self,
        here: std::ops::Range<usize>,
        there: std::ops::Range<usize>,
        ours: &[Skeleton],
        theirs: &[Skeleton],
    ) {
        let mut free: HashMap<&str, Vec<usize>> = HashMap::new();
        for at in there.clone().rev().filter(|at| !self.used[*at]) {
            free.entry(theirs[at].text.as_str()).or_default().push(at);
        }
        for at in here.clone().filter(|at| self.places[*at] == Place::Nowhere).collect::<Vec<_>>() {
            if let Some(found) = free.get_mut(ours[at].text.as_str()).and_then(Vec::pop) {
                self.take(at, found);
            }
        }
        for at in here.filter(|at| self.places[*at] == Place::Nowhere).collect::<Vec<_>>() {
            let mut best: Option<(f64, usize)> = None;
            for other in there.clone().filter(|other| !self.used[*other]) {
                if self.comparisons >= COMPARISONS {
                    break;
                }
                if self.document[at].fence.is_some() != self.rendering[other].fence.is_some() {
                    continue;
                }
                self.comparisons += ours[at].pieces.len() * theirs[other].pieces.len();
                let share = alike(&ours[at].pieces, &theirs[other].pieces);
                if share >= ALIKE && best.is_none_or(|(least, _)| share > least) {
                    best = Some((share, other));
                }
            }
            if let Some((_, found)) = best {
                self.take(at, found);
            }
        }
    }

    fn take(&mut self, at: usize, found: usize) {
        self.used[found] = true;
        self.places[at] = Place::Instead(found);
    }
}

/// A unit without its claims, whole and in pieces.
struct Skeleton {
    text: String,
    pieces: Vec<u64>,
}

/// Returns what share of the pieces two skeletons have in common.
fn alike(left: &[u64], right: &[u64]) -> f64 {
    // The shorter one bounds what can be common; a table is made only where that could suffice.
    let all = (left.len() + right.len()) as f64;
    if 2.0 * left.len().min(right.len()) as f64 / all < ALIKE {
        return 0.0;
    }
    2.0 * align::common(left, right).len() as f64 / all
}

fn skeletons(units: &[Unit]) -> Vec<Skeleton> {
    units
        .iter()
        .map(|unit| match &unit.fence {
            None => skeleton(&tokens(&unit.text)),
            Some(fence) => {
                let first = fence.lines.first().map(|line| skeleton(&tokens(line))).unwrap_or_default();
                format!("fence {} {} {first}", fence.language, skeleton(&tokens(&unit.text)))
            }
        })
        .map(|text| Skeleton { pieces: text.split(' ').take(PIECES).map(|word| align::hash(&word)).collect(), text })
        .collect()
}
