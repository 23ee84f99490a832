//! Which line of a document is which line of another: what is equal in order first, then what is most alike.
//! Leaves out what a difference means.

use std::collections::HashMap;
use std::hash::Hash;

/// Cells of a table at most; beyond it only lines that stand once on both sides are aligned.
const CELLS: usize = 4_000_000;

/// Returns for each item of `left` the item of `right` that equals it, in order.
pub(super) fn equal<T: Eq + Hash>(left: &[T], right: &[T]) -> Vec<Option<usize>> {
    let mut found = vec![None; left.len()];
    let mut at = (0, 0);
    for (i, j) in anchors(left, right).into_iter().chain([(left.len(), right.len())]) {
        fill(left, right, at, (i, j), &mut found);
        if i < left.len() {
            found[i] = Some(j);
        }
        at = (i + 1, j + 1);
    }
    found
}

/// Returns the longest common subsequence as pairs; nothing when the table would be too large.
pub(super) fn common<T: Eq>(left: &[T], right: &[T]) -> Vec<(usize, usize)> {
    let width = right.len() + 1;
    if left.is_empty() || right.is_empty() || (left.len() + 1).saturating_mul(width) > CELLS {
        return Vec::new();
    }
    let mut table = vec![0u32; (left.len() + 1) * width];
    for i in (0..left.len()).rev() {
        for j in (0..right.len()).rev() {
            table[i * width + j] = if left[i] == right[j] {
                table[(i + 1) * width + j + 1] + 1
            } else {
                table[(i + 1) * width + j].max(table[i * width + j + 1])
            };
        }
    }
    let (mut i, mut j, mut pairs) = (0, 0, Vec::new());
    while i < left.len() && j < right.len() {
        if left[i] == right[j] {
            pairs.push((i, j));
            (i, j) = (i + 1, j + 1);
        } else if table[(i + 1) * width + j] >= table[i * width + j + 1] {
            i += 1;
        } else {
            j += 1;
        }
    }
    pairs
}

/// Items that stand exactly once on both sides, as many as keep the order.
fn anchors<T: Eq + Hash>(left: &[T], right: &[T]) -> Vec<(usize, usize)> {
    let once = |items: &[T]| -> HashMap<u64, (usize, usize)> {
        let mut seen: HashMap<u64, (usize, usize)> = HashMap::new();
        for (at, item) in items.iter().enumerate() {
            seen.entry(hash(item)).or_insert((at, 0)).1 += 1;
        }
        seen
    };
    let (here, there) = (once(left), once(right));
    let mut pairs: Vec<(usize, usize)> = here
        .iter()
        .filter(|(_, (_, count))| *count == 1)
        .filter_map(|(key, (i, _))| there.get(key).filter(|(_, count)| *count == 1).map(|(j, _)| (*i, *j)))
        .filter(|(i, j)| left[*i] == right[*j])
        .collect();
    pairs.sort_unstable();
    increasing(&pairs)
}

/// Returns a hash of an item, the same on every run.
pub(super) fn hash<T: Hash>(item: &T) -> u64 {
    use std::hash::BuildHasher;
    foldhash::fast::FixedState::default().hash_one(item)
}

/// The longest run of pairs whose second parts increase.
fn increasing(pairs: &[(usize, usize)]) -> Vec<(usize, usize)> {
    let mut ends: Vec<usize> = Vec::new();
    let mut before: Vec<Option<usize>> = vec![None; pairs.len()];
    for (at, (_, j)) in pairs.iter().enumerate() {
        let place = ends.partition_point(|end| pairs[*end].1 < *j);
        before[at] = place.checked_sub(1).map(|below| ends[below]);
        match place < ends.len() {
            true => ends[place] = at,
            false => ends.push(at),
        }
    }
    let mut run: Vec<(usize, usize)> =
        std::iter::successors(ends.last().copied(), |at| before[*at]).map(|at| pairs[at]).collect();
    run.reverse();
    run
}

fn fill<T: Eq + Hash>(left: &[T], right: &[T], from: (usize, usize), to: (usize, usize), found: &mut [Option<usize>]) {
    if from.0 >= to.0 || from.1 >= to.1 {
        return;
    }
    for (i, j) in common(&left[from.0..to.0], &right[from.1..to.1]) {
        found[from.0 + i] = Some(from.1 + j);
    }
}

#[cfg(test)]
mod tests {
    use super::equal;

    #[test]
    fn equal_lines_are_found_in_order() {
        let check = |left: &str, right: &str, expect: &[Option<usize>]| {
            let (left, right): (Vec<char>, Vec<char>) = (left.chars().collect(), right.chars().collect());
            assert_eq!(equal(&left, &right), expect, "{left:?} {right:?}");
        };
        check("abc", "abc", &[Some(0), Some(1), Some(2)]);
        check("axc", "abc", &[Some(0), None, Some(2)]);
        check("aab", "ab", &[Some(0), None, Some(1)]);
        check("ba", "ab", &[None, Some(0)]);
        check("", "ab", &[]);
    }
}
