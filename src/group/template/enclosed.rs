//! Makes one of what stands in quotation marks and brackets, so that `slots` can compare it.
//! Leaves out brackets within brackets, and long quotations: those are statements of their own.

use std::collections::HashMap;
use std::ops::Range;

use super::merge::{ANY, Draft, Shape, Symbol};
use super::token::{Kind, Token};

/// Longer contents are sentences, and a sentence tells statements apart.
const LONGEST: usize = 8;
/// Symbols from here on stand for contents; there are far fewer texts.
const FIRST_FOLDED: Symbol = 1 << 31;

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
        let plain = |end: &usize| quoted || !inner[..*end].iter().any(|token| matches!(token.text, "(" | "[" | "{"));
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

/// Makes one symbol of each content, so that contents are compared whole, whatever their length.
pub(super) fn fold(shapes: &[Shape], drafts: &mut [Draft]) {
    let mut contents: HashMap<&[Symbol], Symbol> = HashMap::new();
    for (shape, draft) in shapes.iter().zip(drafts) {
        // From the last to the first, so that the ranges before stay right.
        for range in shape.enclosed.iter().rev() {
            let content = &shape.symbols[range.clone()];
            let open = range.start.checked_sub(1).map(|open| &shape.symbols[open]);
            let quoted = shape.symbols.get(range.end) == open;
            // Nothing in brackets is a call; nothing in quotation marks is an empty value.
            if *content != [ANY] && (quoted || !content.is_empty()) {
                let next = FIRST_FOLDED + contents.len() as Symbol;
                let symbol = *contents.entry(content).or_insert(next);
                draft.collapse(range.clone(), symbol, if quoted { Kind::Quoted } else { Kind::Bracketed });
            }
        }
    }
}

/// Puts the contents back that did not turn out to be values.
pub(super) fn unfold(shapes: &[Shape], drafts: &mut [Draft]) {
    for (shape, draft) in shapes.iter().zip(drafts) {
        for at in (0..draft.symbols.len()).rev() {
            if draft.symbols[at] >= FIRST_FOLDED {
                let part = draft.parts[at].clone();
                draft.symbols.splice(at..at + 1, shape.symbols[part.clone()].iter().copied());
                draft.kinds.splice(at..at + 1, shape.kinds[part.clone()].iter().copied());
                draft.parts.splice(at..at + 1, part.map(|at| at..at + 1));
            }
        }
    }
}
