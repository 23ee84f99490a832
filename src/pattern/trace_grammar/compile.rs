//! Compiles a grammar's patterns. Leaves out what is written in the file: see `schema`.

use std::sync::atomic::{AtomicU64, Ordering};

use toml::Spanned;

use super::schema::{CauseSide, FrameOrder, GrammarFile, HeadSide};
use super::{LazyRegex, LineKind, LinePattern, PatternOptions, TextRegexSet, TraceGrammar};
use crate::pattern::Problem;
use crate::pattern::file::PatternFile;

/// Compiles one grammar, or leaves that for later if it is ours; what does not compile is added to `problems`.
pub(super) fn compile(file: PatternFile, row: GrammarFile, problems: &mut Vec<Problem>) -> Option<TraceGrammar> {
    let outermost = |order: FrameOrder| order == FrameOrder::OutermostFirst;
    let mut compiler = Compiler { file, problems, patterns: Vec::new(), sources: Vec::new() };
    for link in row.link {
        let options = PatternOptions {
            default_type: link.default_type,
            link: Some((link.relation, link.cause)),
            complete: link.message_below,
            message_below: link.message_below,
            ..PatternOptions::default()
        };
        compiler.add(LineKind::Link, &link.pattern, false, options);
    }
    for start in row.start {
        let options = PatternOptions {
            default_type: start.default_type,
            complete: start.complete,
            message_below: start.message_below,
            outermost: start.outermost,
            ..PatternOptions::default()
        };
        compiler.add(LineKind::Start, &start.pattern, true, options);
    }
    for frame in row.frame {
        let options = PatternOptions {
            outermost_first: frame.frames.map(outermost),
            two_lines: frame.two_lines,
            raises: frame.raises,
            ..PatternOptions::default()
        };
        compiler.add(LineKind::Frame, &frame.pattern, true, options);
    }
    let plain = [
        (LineKind::Location, row.location),
        (LineKind::Stack, row.stack),
        (LineKind::Detail, row.detail),
        (LineKind::Tail, row.tail),
        (LineKind::Source, row.source),
    ];
    for pattern in row.ruler {
        compiler.add(LineKind::Ruler, &pattern, true, PatternOptions::default());
    }
    for pattern in row.proof {
        let options = PatternOptions { complete: true, ..PatternOptions::default() };
        compiler.add(LineKind::Detail, &pattern, false, options);
    }
    for (kind, patterns) in plain {
        for pattern in patterns {
            compiler.add(kind, &pattern, false, PatternOptions::default());
        }
    }
    for pattern in row.between {
        let link = Some(("caused by".to_string(), CauseSide::Above));
        compiler.add(LineKind::Between, &pattern, false, PatternOptions { link, ..PatternOptions::default() });
    }
    for head in row.head {
        let options = PatternOptions {
            default_type: head.default_type,
            weak: head.weak,
            below_start: head.below_start,
            ..PatternOptions::default()
        };
        compiler.add(LineKind::Head, &head.pattern, head.inline, options);
    }
    let margin = row.margin.as_ref().and_then(|margin| compiler.regex(margin, "^(?:", ")"));
    let message_end = row.message_end.iter().filter_map(|end| compiler.regex(end, "(?s)(?:", ")$")).collect();
    let library = compiler.set(&as_written(row.library));
    let not_head = compiler.set(&as_written(row.not_head));
    let sources = std::mem::take(&mut compiler.sources);
    let set = compiler.set(&sources);
    let patterns = compiler.patterns;
    static MADE: AtomicU64 = AtomicU64::new(0);
    Some(TraceGrammar {
        id: MADE.fetch_add(1, Ordering::Relaxed),
        language: row.language.into_inner(),
        outermost_first: outermost(row.frames),
        head_below: row.head_stands == HeadSide::Below,
        patterns,
        set: set?,
        margin,
        message_end,
        inline_cause: row.inline_cause,
        braces: row.braces,
        library: library?,
        not_head: not_head?,
        should_match: row.should_match,
        should_not_match: row.should_not_match,
        file: file.name.to_string(),
        text: file.text.to_string(),
    })
}

fn as_written(patterns: Vec<Spanned<String>>) -> Vec<(String, Spanned<String>)> {
    patterns.into_iter().map(|pattern| (pattern.get_ref().clone(), pattern)).collect()
}

struct Compiler<'a> {
    file: PatternFile<'a>,
    problems: &'a mut Vec<Problem>,
    patterns: Vec<LinePattern>,
    sources: Vec<(String, Spanned<String>)>,
}

impl Compiler<'_> {
    fn add(&mut self, kind: LineKind, pattern: &Spanned<String>, anywhere: bool, options: PatternOptions) {
        let text = pattern.get_ref();
        let anchored = format!("^(?:{text})");
        // Behind a record's header a pattern begins after a space or a separator, never inside a word.
        let anywhere = anywhere.then(|| LazyRegex::new(format!(r#"(?:^|[\s\]\)|>:;,"-])(?<at>{text})"#)));
        self.sources.push((anchored.clone(), pattern.clone()));
        self.patterns.push(LinePattern { kind, anchored: LazyRegex::new(anchored), anywhere, options });
    }

    fn regex(&mut self, pattern: &Spanned<String>, before: &str, after: &str) -> Option<LazyRegex> {
        let tried = format!("{before}{}{after}", pattern.get_ref());
        if self.file.is_proven() {
            return Some(LazyRegex::new(tried));
        }
        match LazyRegex::compile(tried) {
            Ok(regex) => Some(regex),
            Err(error) => {
                let reason =
                    error.to_string().lines().last().unwrap_or_default().trim_start_matches("error: ").to_string();
                let message = format!("the pattern does not compile: {reason}");
                let hint = "the syntax is that of https://docs.rs/regex: no look-around, no back-references";
                self.problems.push(Problem::at(self.file.name, self.file.text, pattern.span(), message, hint));
                None
            }
        }
    }

    /// Compiles patterns, each given as it is tried and as it is written.
    fn set(&mut self, patterns: &[(String, Spanned<String>)]) -> Option<TextRegexSet> {
        let tried: Vec<String> = patterns.iter().map(|(tried, _)| tried.clone()).collect();
        if self.file.is_proven() {
            return Some(TextRegexSet::new(tried));
        }
        let set = TextRegexSet::compile(tried).ok();
        if set.is_none() {
            // The set does not tell which of its patterns is at fault.
            for (_, written) in patterns {
                self.regex(written, "^(?:", ")");
            }
        }
        set
    }
}
