//! Mask files: their schema, and the law that a mask without examples both ways does not load.
//! Leaves out applying masks: the parent does that.

use regex::Regex;
use serde::Deserialize;
use toml::Spanned;

use super::super::expression::Expression;
use super::super::file::PatternFile;
use super::shape::Shape;
use super::words::WordLists;
use super::{How, Mask, Masks, Problem, Words};

const HINT: &str = "see the comments at the top of patterns/masks.toml";

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct MaskFile {
    #[serde(default)]
    mask: Vec<Entry>,
    #[serde(default)]
    words: WordLists,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    id: Spanned<String>,
    about: String,
    scan: Option<Spanned<Shape>>,
    pattern: Option<Spanned<String>>,
    replace: Option<String>,
    #[serde(default)]
    any: Vec<String>,
    needs: Option<Needs>,
    #[serde(default)]
    should_match: Vec<Match>,
    #[serde(default)]
    should_not_match: Vec<Refusal>,
}

#[derive(Deserialize)]
#[serde(rename_all = "lowercase")]
enum Needs {
    Digit,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Match {
    text: Spanned<String>,
    masked: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Refusal {
    text: Spanned<String>,
    reason: Spanned<String>,
}

/// A mask with the place it came from, for the examples are checked when all masks are known.
struct Placed<'f> {
    file: &'f PatternFile<'f>,
    entry: Entry,
}

/// Reads all files, checks the law and returns every fault found.
pub(super) fn load(files: &[PatternFile]) -> Result<Masks, Vec<Problem>> {
    let (mut placed, mut words, mut problems) = (Vec::<Placed>::new(), Words::default(), Vec::new());
    for file in files {
        match file.parse::<MaskFile>() {
            Ok(read) => {
                words.extend(read.words);
                for entry in read.mask {
                    add(&mut placed, Placed { file, entry }, &mut problems);
                }
            }
            Err(problem) => problems.push(problem),
        }
    }
    let masks: Vec<Mask> = placed.iter().filter_map(|placed| placed.compile(&mut problems)).collect();
    if !problems.is_empty() {
        return Err(problems);
    }
    let masks = Masks::assemble(masks, words).map_err(|error| {
        let (file, text) = files.first().map_or(("", ""), |file| (file.name, file.text));
        vec![Problem::at(file, text, 0..0, format!("the literals under `any` are too many: {error}"), HINT)]
    })?;
    for (index, placed) in placed.iter().enumerate().filter(|(_, placed)| !placed.file.is_proven()) {
        placed.check(&masks, index, &mut problems);
    }
    if problems.is_empty() { Ok(masks) } else { Err(problems) }
}

fn add<'f>(all: &mut Vec<Placed<'f>>, new: Placed<'f>, problems: &mut Vec<Problem>) {
    let id = new.entry.id.get_ref();
    match all.iter().position(|old| old.entry.id.get_ref() == id) {
        Some(at) if !std::ptr::eq(all[at].file, new.file) => all[at] = new,
        Some(_) => {
            let message = format!("two masks of this file are called `{id}`");
            problems.push(new.problem(new.entry.id.span(), message, "give one of them another id"));
        }
        None if all.len() == 64 => {
            let message = format!("mask `{id}` is the 65th, and 64 is the most that one pass can try");
            problems.push(new.problem(new.entry.id.span(), message, "join masks with similar expressions"));
        }
        None => all.push(new),
    }
}

impl Placed<'_> {
    fn problem(&self, span: std::ops::Range<usize>, message: String, hint: &str) -> Problem {
        Problem::at(self.file.name, self.file.text, span, message, hint)
    }

    fn expression(&self, pattern: &str) -> Result<Expression, regex::Error> {
        match self.file.is_proven() {
            true => Ok(Expression::proven(pattern)),
            false => Regex::new(pattern).map(Expression::compiled),
        }
    }

    /// Builds the mask; what forbids it is pushed to `problems`.
    fn compile(&self, problems: &mut Vec<Problem>) -> Option<Mask> {
        let entry = &self.entry;
        let (id, span) = (entry.id.get_ref(), entry.id.span());
        let mut fault = |message: String, hint: &str| problems.push(self.problem(span.clone(), message, hint));
        if id.is_empty() || !id.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-') {
            fault(format!("mask id `{id}` is not made of lower-case letters, digits and hyphens"), HINT);
        }
        if entry.about.trim().is_empty() {
            fault(format!("mask `{id}` does not say what it is about"), "write one sentence");
        }
        if entry.should_match.is_empty() {
            fault(format!("mask `{id}` has no should_match example"), "add a text and what it becomes");
        }
        if entry.should_not_match.is_empty() {
            let hint = "add a text that looks similar but must stay, with a reason";
            fault(format!("mask `{id}` has no should_not_match example"), hint);
        }
        let how = match (&entry.scan, &entry.pattern) {
            (Some(shape), None) => How::Scan(*shape.get_ref()),
            (None, Some(pattern)) => match self.expression(pattern.get_ref()) {
                Ok(regex) => How::Pattern {
                    regex,
                    any: entry.any.clone(),
                    needs_digit: matches!(entry.needs, Some(Needs::Digit)),
                },
                Err(error) => {
                    let reason = error.to_string().lines().last().unwrap_or_default().trim().to_string();
                    let message = format!("the pattern of mask `{id}` is no regular expression: {reason}");
                    problems.push(self.problem(
                        pattern.span(),
                        message,
                        "look-around and back-references do not exist",
                    ));
                    return None;
                }
            },
            _ => {
                fault(format!("mask `{id}` needs either `scan` or `pattern`"), HINT);
                return None;
            }
        };
        let replace = entry.replace.clone().unwrap_or_else(|| format!("<{id}>"));
        Some(Mask { id: id.clone(), replace, how })
    }

    /// Runs the examples: all masks together give `masked`; this mask alone leaves the refusals alone.
    fn check(&self, masks: &Masks, index: usize, problems: &mut Vec<Problem>) {
        let id = &masks.masks[index].id;
        for example in &self.entry.should_match {
            let got = masks.apply(example.text.get_ref());
            let hint = "correct `masked`, the mask, or the order of the masks";
            if got != example.masked {
                let message = format!("an example of mask `{id}` becomes \"{got}\" and not \"{}\"", example.masked);
                problems.push(self.problem(example.text.span(), message, hint));
            } else if !masks.alone(index, example.text.get_ref()) && !masks.keeps(index) {
                let message = format!("mask `{id}` has no part in its own example");
                problems.push(self.problem(example.text.span(), message, hint));
            }
        }
        for refusal in &self.entry.should_not_match {
            if refusal.reason.get_ref().trim().is_empty() {
                let message = format!("a should_not_match example of mask `{id}` gives no reason");
                problems.push(self.problem(refusal.reason.span(), message, "say why this text must stay"));
            }
            if masks.alone(index, refusal.text.get_ref()) {
                let message = format!("mask `{id}` matches a text that it must not match");
                problems.push(self.problem(refusal.text.span(), message, "narrow the mask"));
            }
        }
    }
}

impl Masks {
    /// Returns whether the mask only keeps others away.
    fn keeps(&self, index: usize) -> bool {
        matches!(self.masks[index].how, How::Scan(Shape::Code | Shape::Port))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: &[&str]) {
        let problems = Masks::load(&[("own.toml".to_string(), text.to_string())]).err().unwrap_or_default();
        assert_eq!(problems.iter().map(|problem| problem.message.as_str()).collect::<Vec<_>>(), expected);
    }

    const BOTH: &str = "should_match = [{ text = \"tray 7\", masked = \"tray <number>\" }]
        should_not_match = [{ text = \"tray\", reason = \"no number\" }]";

    #[test]
    fn a_mask_with_examples_both_ways_loads() {
        check(&format!("[[mask]]\nid = 'number'\nabout = 'x'\nscan = 'number'\n{BOTH}"), &[]);
        let pattern = "pattern = '[0-9]+'\nneeds = 'digit'";
        check(&format!("[[mask]]\nid = 'number'\nabout = 'x'\n{pattern}\n{BOTH}"), &[]);
    }

    #[test]
    fn a_mask_without_them_does_not() {
        let none = ["mask `number` has no should_match example", "mask `number` has no should_not_match example"];
        check("[[mask]]\nid = 'number'\nabout = 'x'\nscan = 'number'", &none);
        let wrong = BOTH.replace("\"tray\",", "\"tray 8\",");
        let message = ["mask `number` matches a text that it must not match"];
        check(&format!("[[mask]]\nid = 'number'\nabout = 'x'\nscan = 'number'\n{wrong}"), &message);
        let message = ["an example of mask `other` becomes \"tray <other>\" and not \"tray <number>\""];
        check(&format!("[[mask]]\nid = 'other'\nabout = 'x'\nscan = 'number'\n{BOTH}"), &message);
    }

    #[test]
    fn other_faults_are_named() {
        check(&format!("[[mask]]\nid = 'a'\nabout = 'x'\n{BOTH}"), &["mask `a` needs either `scan` or `pattern`"]);
        let twice = format!("[[mask]]\nid = 'number'\nabout = 'x'\nscan = 'number'\n{BOTH}\n").repeat(2);
        check(&twice, &["two masks of this file are called `number`"]);
    }
}
