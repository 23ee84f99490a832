//! The difference of two texts, line by line, in the unified form that `diff -U1` prints.
//! Leaves out moves and words: issue bodies are some hundred lines, and a reader looks at whole lines.

/// Lines of context around a change.
const CONTEXT: usize = 1;
/// Cells of the table at most; beyond it the changed middle is shown as removed and added whole.
const CELLS: usize = 4_000_000;

/// One line of the result.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Line<'t> {
    Same(&'t str),
    Gone(&'t str),
    New(&'t str),
}

/// Returns the difference, empty when there is none.
pub(super) fn unified(old: &str, new: &str) -> String {
    let lines = lines(&old.lines().collect::<Vec<_>>(), &new.lines().collect::<Vec<_>>());
    let changed: Vec<usize> =
        lines.iter().enumerate().filter(|(_, line)| !matches!(line, Line::Same(_))).map(|(at, _)| at).collect();
    let mut text = String::new();
    let mut at = 0;
    while at < changed.len() {
        let mut last = at;
        while last + 1 < changed.len() && changed[last + 1] - changed[last] <= 2 * CONTEXT + 1 {
            last += 1;
        }
        let from = changed[at].saturating_sub(CONTEXT);
        let to = (changed[last] + CONTEXT + 1).min(lines.len());
        hunk(&mut text, &lines, from, to);
        at = last + 1;
    }
    text
}

fn hunk(text: &mut String, lines: &[Line<'_>], from: usize, to: usize) {
    let count = |lines: &[Line<'_>], new: bool| {
        let other = |line: &&Line<'_>| if new { !matches!(line, Line::Gone(_)) } else { !matches!(line, Line::New(_)) };
        lines.iter().filter(other).count()
    };
    // A range of no lines is named by the line before it, as `diff` does.
    let range = |new: bool| {
        let (before, length) = (count(&lines[..from], new), count(&lines[from..to], new));
        format!("{},{length}", if length == 0 { before } else { before + 1 })
    };
    text.push_str(&format!("@@ -{} +{} @@\n", range(false), range(true)));
    for line in &lines[from..to] {
        let (mark, line) = match line {
            Line::Same(line) => (' ', line),
            Line::Gone(line) => ('-', line),
            Line::New(line) => ('+', line),
        };
        text.push(mark);
        text.push_str(line);
        text.push('\n');
    }
}

/// Aligns by the longest common subsequence of the lines between common beginning and end.
fn lines<'t>(old: &[&'t str], new: &[&'t str]) -> Vec<Line<'t>> {
    let head = old.iter().zip(new).take_while(|(a, b)| a == b).count();
    let tail = old[head..].iter().rev().zip(new[head..].iter().rev()).take_while(|(a, b)| a == b).count();
    let (a, b) = (&old[head..old.len() - tail], &new[head..new.len() - tail]);
    let mut lines: Vec<Line<'t>> = old[..head].iter().map(|line| Line::Same(line)).collect();
    if a.len().saturating_mul(b.len()) > CELLS {
        lines.extend(a.iter().map(|line| Line::Gone(line)));
        lines.extend(b.iter().map(|line| Line::New(line)));
    } else {
        middle(a, b, &mut lines);
    }
    lines.extend(old[old.len() - tail..].iter().map(|line| Line::Same(line)));
    lines
}

fn middle<'t>(a: &[&'t str], b: &[&'t str], lines: &mut Vec<Line<'t>>) {
    // common[i][j]: length of the longest common subsequence of a[i..] and b[j..].
    let width = b.len() + 1;
    let mut common = vec![0_u32; (a.len() + 1) * width];
    for i in (0..a.len()).rev() {
        for j in (0..b.len()).rev() {
            common[i * width + j] = match a[i] == b[j] {
                true => common[(i + 1) * width + j + 1] + 1,
                false => common[(i + 1) * width + j].max(common[i * width + j + 1]),
            };
        }
    }
    let (mut i, mut j) = (0, 0);
    while i < a.len() || j < b.len() {
        if i < a.len() && j < b.len() && a[i] == b[j] {
            lines.push(Line::Same(a[i]));
            (i, j) = (i + 1, j + 1);
        } else if j >= b.len() || (i < a.len() && common[(i + 1) * width + j] >= common[i * width + j + 1]) {
            lines.push(Line::Gone(a[i]));
            i += 1;
        } else {
            lines.push(Line::New(b[j]));
            j += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(old: &str, new: &str, expected: &str) {
        assert_eq!(unified(old, new), expected);
    }

    #[test]
    fn changes_stand_with_a_line_around_them() {
        check("a\nb\nc", "a\nb\nc", "");
        check("", "a\nb\n", "@@ -0,0 +1,2 @@\n+a\n+b\n");
        check("a\nb\nc\nd\n", "a\nx\nc\nd\n", "@@ -1,3 +1,3 @@\n a\n-b\n+x\n c\n");
        check("a\nb\n", "", "@@ -1,2 +0,0 @@\n-a\n-b\n");
        check(
            "1\n2\n3\n4\n5\n6\n7\n8\n",
            "1\n3\n4\n5\n6\n7\n8\n9\n",
            "@@ -1,3 +1,2 @@\n 1\n-2\n 3\n@@ -8,1 +7,2 @@\n 8\n+9\n",
        );
    }

    #[test]
    fn every_line_of_both_is_told_once() {
        let old: Vec<String> = (0..300).map(|line| format!("{}", line * 7 % 41)).collect();
        let new: Vec<String> = (0..280).map(|line| format!("{}", line * 11 % 41)).collect();
        let (old, new): (Vec<&str>, Vec<&str>) =
            (old.iter().map(String::as_str).collect(), new.iter().map(String::as_str).collect());
        let all = lines(&old, &new);
        let kept = |other: fn(&Line<'_>) -> bool| all.iter().filter(|line| other(line)).count();
        assert_eq!(kept(|line| !matches!(line, Line::New(_))), old.len());
        assert_eq!(kept(|line| !matches!(line, Line::Gone(_))), new.len());
    }
}
