//! Compares what stands in quotation marks and brackets where lines are otherwise equal.
//! Leaves out brackets within brackets, and long quotations: those are statements of their own.

use std::collections::{BTreeSet, HashMap};
use std::ops::Range;

use super::merge::{ANY, Draft, Shape, Symbol};
use super::slots;
use super::token::{Kind, Token};

/// Longer contents are sentences, and a sentence tells statements apart.
const LONGEST: usize = 8;
/// So many different contents, of different lengths, are values.
const CONTENTS: usize = 4;
/// So many different single words are values if quotation marks stand around them.
const QUOTED: usize = 3;

/// Returns what the outermost quotation marks and brackets of a line hold, and what the last key is given.
pub(super) fn ranges(tokens: &[Token]) -> Vec<Range<usize>> {
    let (mut out, mut at) = (Vec::new(), 0);
    let tail = tokens.iter().rposition(|token| token.kind == Kind::Key).map_or(tokens.len(), |key| key + 2);
    while at < tokens.len().min(tail) {
        let close = match tokens[at].text {
            "(" => ")",
            "[" => "]",
            "{" => "}",
            // An apostrophe stands within a word.
            "\"" | "'" | "`" if at == 0 || tokens[at].spaced || tokens[at - 1].kind >= Kind::Joint => tokens[at].text,
            _ => {
                at += 1;
                continue;
            }
        };
        let inner = &tokens[at + 1..];
        let end = inner.iter().take(2 * LONGEST + 1).position(|token| token.text == close);
        let quoted = close == tokens[at].text;
        let plain =
            |end: &usize| quoted || !inner[..*end].iter().any(|token| matches!(token.text, "(" | "[" | "{"));
        at += match end.filter(|end| plain(end) && words(&inner[..*end]) <= LONGEST) {
            Some(end) => {
                out.push(at + 1..at + 1 + end);
                end + 2
            }
            None => 1,
        };
    }
    if at <= tail && tail < tokens.len() && words(&tokens[tail..]) <= LONGEST {
        out.push(tail..tokens.len());
    }
    out
}

fn words(tokens: &[Token]) -> usize {
    tokens.iter().filter(|token| token.kind < Kind::Joint).count()
}

/// Makes one value of each content that varies.
pub(super) fn generalise(shapes: &[Shape], drafts: &mut [Draft]) {
    let mut alike: HashMap<Vec<Symbol>, Vec<usize>> = HashMap::new();
    for (index, shape) in shapes.iter().enumerate().filter(|(_, shape)| !shape.enclosed.is_empty()) {
        let inside = |at: &usize| shape.enclosed.iter().any(|range| range.contains(at));
        let outside: Vec<usize> = (0..shape.symbols.len()).filter(|at| !inside(at)).collect();
        // Drift guard: the rest must say something.
        if outside.iter().any(|at| shape.symbols[*at] != ANY && shape.kinds[*at] < Kind::Joint) {
            alike.entry(outside.iter().map(|at| shape.symbols[*at]).collect()).or_default().push(index);
        }
    }
    for members in alike.into_values().filter(|members| members.len() > 1) {
        // From the last to the first, so that the ranges before stay right.
        for hole in (0..shapes[members[0]].enclosed.len()).rev() {
            let content = |index: &usize| &shapes[*index].symbols[shapes[*index].enclosed[hole].clone()];
            let contents: BTreeSet<&[Symbol]> = members.iter().map(content).collect();
            let quoted = |index: &usize| {
                let shape = &shapes[*index];
                let range = &shape.enclosed[hole];
                shape.symbols.get(range.end) == range.start.checked_sub(1).map(|open| &shape.symbols[open])
            };
            if vary(&contents, members.iter().all(quoted)) {
                for index in &members {
                    drafts[*index].collapse(shapes[*index].enclosed[hole].clone());
                }
            }
        }
    }
}

fn vary(contents: &BTreeSet<&[Symbol]>, quoted: bool) -> bool {
    let lengths: BTreeSet<usize> = contents.iter().map(|content| content.len()).collect();
    let words = contents.iter().filter(|content| content.len() == 1).count();
    let bare = words >= slots::WORDS && words == contents.len();
    let absent = contents.len() > 1 && contents.contains(&[][..]) && contents.contains(&[ANY][..]);
    (contents.len() >= CONTENTS && lengths.len() > 1) || bare || (quoted && (words >= QUOTED || absent))
}
