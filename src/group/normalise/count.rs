//! Makes "1 row was" and "7 rows were" one text.
//! Leaves out grammar: the singular found need not be a word, only the same one for both.

use std::borrow::Cow;

use crate::pattern::Words;

/// A noun follows its number at once or after one adjective ("3 pending rows").
const REACH: usize = 2;

/// Puts what follows a masked number into the singular and lets the verbs agree.
pub(super) fn agree<'l>(line: &'l str, words: &Words) -> Cow<'l, str> {
    if !line.contains("<number> ") {
        return Cow::Borrowed(line);
    }
    let mut reach = 0;
    let mut counted = false;
    let mut out = String::with_capacity(line.len());
    for piece in line.split_inclusive(' ') {
        let token = piece.trim_end_matches(' ');
        let (word, mark) = token.split_at(token.trim_end_matches([',', '.', ':', ';', ')']).len());
        if word.ends_with("<number>") {
            reach = REACH;
            out.push_str(piece);
            continue;
        }
        let plain = !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_lowercase());
        if reach > 0 && words.is_joint(word) {
            reach = 0;
        }
        if let (true, Some(form)) = ((counted || reach > 0) && plain, words.agreed(word)) {
            out.push_str(form);
        } else if reach > 0 && (plain || word.ends_with("(s")) {
            counted = true;
            out.push_str(singular(word));
        } else {
            out.push_str(word);
        }
        let both = if word.ends_with("(s") { mark.strip_prefix(')').unwrap_or(mark) } else { mark };
        out.push_str(both);
        out.push_str(&piece[token.len()..]);
        reach = if mark.is_empty() && plain { reach.saturating_sub(1) } else { 0 };
    }
    Cow::Owned(out)
}

fn singular(word: &str) -> &str {
    if let Some(stem) = word.strip_suffix("(s") {
        return stem;
    }
    for (plural, keep) in [("ies", 0), ("y", 0), ("sses", 2), ("shes", 2), ("ches", 2), ("xes", 1)] {
        if word.len() > plural.len() + 1 && word.ends_with(plural) {
            return &word[..word.len() - plural.len() + keep];
        }
    }
    if word.len() > 3 && !word.ends_with("ss") { word.strip_suffix('s').unwrap_or(word) } else { word }
}
