//! A change of one file as a patch that `git apply` takes.
//! Leaves out what to change.

use std::fmt::Write as _;
use std::ops::Range;

/// Lines around a change, as git shows them.
const CONTEXT: usize = 3;

/// Returns the text after the edits; nothing where they overlap or do not fit.
pub(crate) fn edited(text: &str, edits: &[(Range<usize>, String)]) -> Option<String> {
    let mut sorted: Vec<&(Range<usize>, String)> = edits.iter().collect();
    sorted.sort_by_key(|(bytes, _)| (bytes.start, bytes.end));
    let mut new = String::with_capacity(text.len());
    let mut at = 0;
    for (bytes, with) in sorted {
        new.push_str(text.get(at..bytes.start)?);
        new.push_str(with);
        at = bytes.end;
        text.get(bytes.clone())?;
    }
    new.push_str(text.get(at..)?);
    Some(new)
}

/// Returns the difference of two texts of a file, with few lines changed, as a unified diff.
///
/// Lines that begin and end alike are common; edits far from each other make hunks of their own.
pub(crate) fn unified(path: &str, old: &str, new: &str) -> Option<String> {
    // A name that git would quote is not written as it is.
    let plain = path.chars().all(|letter| !letter.is_control() && !matches!(letter, '"' | '\\') && letter.is_ascii());
    if old == new || !plain {
        return None;
    }
    let (a, b): (Vec<&str>, Vec<&str>) = (old.split_inclusive('\n').collect(), new.split_inclusive('\n').collect());
    let name = if path.contains(' ') { format!("{path}\t") } else { path.to_string() };
    let mut diff = format!("--- a/{name}\n+++ b/{name}\n");
    for hunk in hunks(&a, &b)? {
        let (from, to) = (hunk.old.start.saturating_sub(CONTEXT), (hunk.old.end + CONTEXT).min(a.len()));
        let (new_from, new_to) = (hunk.new.start - (hunk.old.start - from), hunk.new.end + (to - hunk.old.end));
        let start = |start: usize, count: usize| if count == 0 { start } else { start + 1 };
        let (old_count, new_count) = (to - from, new_to - new_from);
        let _ =
            writeln!(diff, "@@ -{},{old_count} +{},{new_count} @@", start(from, old_count), start(new_from, new_count));
        let mut write = |sign: char, line: &str| {
            diff.push(sign);
            diff.push_str(line);
            if !line.ends_with('\n') {
                diff.push_str("\n\\ No newline at end of file\n");
            }
        };
        a[from..hunk.old.start].iter().for_each(|line| write(' ', line));
        for part in &hunk.parts {
            match part {
                Part::Same(line) => write(' ', line),
                Part::Old(line) => write('-', line),
                Part::New(line) => write('+', line),
            }
        }
        a[hunk.old.end..to].iter().for_each(|line| write(' ', line));
    }
    Some(diff)
}

enum Part<'t> {
    Same(&'t str),
    Old(&'t str),
    New(&'t str),
}

struct Hunk<'t> {
    old: Range<usize>,
    new: Range<usize>,
    parts: Vec<Part<'t>>,
}

/// Finds the changed lines by walking both texts and looking a little ahead where they differ.
fn hunks<'t>(a: &[&'t str], b: &[&'t str]) -> Option<Vec<Hunk<'t>>> {
    const AHEAD: usize = 60;
    let mut hunks: Vec<Hunk<'t>> = Vec::new();
    let (mut i, mut j) = (0, 0);
    while i < a.len() || j < b.len() {
        if i < a.len() && j < b.len() && a[i] == b[j] {
            (i, j) = (i + 1, j + 1);
            continue;
        }
        // The nearest place from which two lines agree again, or both end.
        let agrees = |x: usize, y: usize| {
            let same = |k: usize| match (a.get(x + k), b.get(y + k)) {
                (Some(left), Some(right)) => left == right,
                (None, None) => true,
                _ => false,
            };
            same(0) && (same(1) || x - i == y - j)
        };
        let (x, y) = (1..=AHEAD * 2)
            .flat_map(|sum| (0..=sum).map(move |x| (i + x, j + sum - x)))
            .find(|&(x, y)| x <= a.len() && y <= b.len() && agrees(x, y))?;
        let mut parts: Vec<Part<'t>> = a[i..x].iter().map(|line| Part::Old(line)).collect();
        parts.extend(b[j..y].iter().map(|line| Part::New(line)));
        match hunks.last_mut().filter(|last| i - last.old.end <= 2 * CONTEXT) {
            Some(last) => {
                last.parts.extend(a[last.old.end..i].iter().map(|line| Part::Same(line)));
                last.parts.extend(parts);
                (last.old.end, last.new.end) = (x, y);
            }
            None => hunks.push(Hunk { old: i..x, new: j..y, parts }),
        }
        (i, j) = (x, y);
    }
    Some(hunks)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn diff(old: &str, edits: &[(Range<usize>, String)]) -> String {
        unified("a/b.py", old, &edited(old, edits).unwrap()).unwrap()
    }

    #[test]
    fn a_replaced_word_is_a_line_with_its_neighbours() {
        let old = "1\n2\n3\nfrom a import b\n5\n6\n7\n8\n";
        let at = old.find("a import").unwrap();
        assert_eq!(
            diff(old, &[(at..at + 1, "c".to_string())]),
            "--- a/a/b.py\n+++ b/a/b.py\n@@ -1,7 +1,7 @@\n 1\n 2\n 3\n-from a import b\n+from c import b\n 5\n 6\n 7\n"
        );
    }

    #[test]
    fn edits_far_apart_are_hunks_of_their_own() {
        let old: String = (0..30).map(|line| format!("line {line}\n")).collect();
        let edits = [3, 25].map(|line| {
            let at = old.find(&format!("line {line}\n")).unwrap();
            (at..at, "new\n".to_string())
        });
        let diff = diff(&old, &edits);
        assert_eq!(diff.matches("@@ -").count(), 2, "{diff}");
        assert!(diff.contains("@@ -23,6 +24,7 @@"), "{diff}");
    }

    #[test]
    fn a_missing_line_end_is_told() {
        assert_eq!(
            diff("a\nb", &[(2..3, "c".to_string())]),
            "--- a/a/b.py\n+++ b/a/b.py\n@@ -1,2 +1,2 @@\n a\n-b\n\\ No newline at end of file\n+c\n\\ No newline at end of file\n"
        );
    }

    #[test]
    fn edits_that_overlap_are_refused() {
        assert_eq!(edited("abc", &[(0..2, String::new()), (1..3, String::new())]), None);
    }
}
