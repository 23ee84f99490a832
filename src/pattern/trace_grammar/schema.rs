//! How a trace grammar is written in TOML, and the law every file is held to.
//! Leaves out regular expressions: `compile` builds them.

use serde::Deserialize;
use toml::Spanned;

use crate::pattern::Problem;

/// A grammar file, as written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct GrammarFile {
    pub(super) language: Spanned<String>,
    #[serde(default)]
    pub(super) frames: FrameOrder,
    #[serde(default)]
    pub(super) head_stands: HeadSide,
    pub(super) anchors: Spanned<Vec<String>>,
    #[serde(default)]
    pub(super) words: Vec<String>,
    pub(super) margin: Option<Spanned<String>>,
    #[serde(default)]
    pub(super) message_end: Vec<Spanned<String>>,
    pub(super) inline_cause: Option<String>,
    #[serde(default)]
    pub(super) braces: bool,
    #[serde(default)]
    pub(super) start: Vec<StartRow>,
    #[serde(default)]
    pub(super) head: Vec<HeadRow>,
    #[serde(default)]
    pub(super) frame: Vec<FrameRow>,
    #[serde(default)]
    pub(super) link: Vec<LinkRow>,
    #[serde(default)]
    pub(super) location: Vec<Spanned<String>>,
    #[serde(default)]
    pub(super) detail: Vec<Spanned<String>>,
    #[serde(default)]
    pub(super) proof: Vec<Spanned<String>>,
    #[serde(default)]
    pub(super) ruler: Vec<Spanned<String>>,
    #[serde(default)]
    pub(super) between: Vec<Spanned<String>>,
    #[serde(default)]
    pub(super) source: Vec<Spanned<String>>,
    #[serde(default)]
    pub(super) tail: Vec<Spanned<String>>,
    #[serde(default)]
    pub(super) stack: Vec<Spanned<String>>,
    #[serde(default)]
    pub(super) library: Vec<Spanned<String>>,
    #[serde(default)]
    pub(super) not_head: Vec<Spanned<String>>,
    #[serde(default)]
    pub(super) should_match: Vec<ShouldMatch>,
    #[serde(default)]
    pub(super) should_not_match: Vec<ShouldNotMatch>,
}

/// In which order frames are printed.
#[derive(Deserialize, Default, Clone, Copy, PartialEq, Eq)]
pub(super) enum FrameOrder {
    #[default]
    #[serde(rename = "innermost first")]
    InnermostFirst,
    #[serde(rename = "outermost first")]
    OutermostFirst,
}

/// On which side of its frames an exception is named.
#[derive(Deserialize, Default, Clone, Copy, PartialEq, Eq)]
pub(super) enum HeadSide {
    #[default]
    #[serde(rename = "above frames")]
    Above,
    #[serde(rename = "below frames")]
    Below,
}

/// A line that begins a trace.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct StartRow {
    pub(super) pattern: Spanned<String>,
    #[serde(rename = "type")]
    pub(super) default_type: Option<String>,
    #[serde(default)]
    pub(super) complete: bool,
    #[serde(default)]
    pub(super) message_below: bool,
    /// The place it names counts only where no frame is the application's.
    #[serde(default)]
    pub(super) outermost: bool,
}

/// A line that names the exception.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct HeadRow {
    pub(super) pattern: Spanned<String>,
    #[serde(rename = "type")]
    pub(super) default_type: Option<String>,
    /// May stand in the middle of a line, behind a log record's header.
    #[serde(default)]
    pub(super) inline: bool,
    #[serde(default)]
    pub(super) weak: bool,
    /// Believed right below a start too, though weak.
    #[serde(default)]
    pub(super) below_start: bool,
}

/// A line that is one call.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct FrameRow {
    pub(super) pattern: Spanned<String>,
    pub(super) frames: Option<FrameOrder>,
    /// A frame only if a location stands on the next line.
    #[serde(default)]
    pub(super) two_lines: bool,
    /// What is printed above it ran because of the exception: a handler, not where it was raised.
    #[serde(default)]
    pub(super) raises: bool,
}

/// A line that relates two exceptions.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct LinkRow {
    pub(super) pattern: Spanned<String>,
    #[serde(default)]
    pub(super) relation: String,
    pub(super) cause: CauseSide,
    #[serde(rename = "type")]
    pub(super) default_type: Option<String>,
    /// The message stands on the lines below; a trace with such a link needs no frame.
    #[serde(default)]
    pub(super) message_below: bool,
}

/// A text that holds a trace, with what must be read from it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ShouldMatch {
    pub(crate) text: Spanned<String>,
    #[serde(rename = "type")]
    pub(crate) type_name: Option<String>,
    pub(crate) message: Option<String>,
    /// Innermost frame of the application: `file:line function`, parts that are unknown left out.
    pub(crate) frame: Option<String>,
    /// The chain, nearest first: `relation Type`.
    #[serde(default)]
    pub(crate) chain: Vec<String>,
}

/// A text that looks similar and holds no trace, with the reason.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ShouldNotMatch {
    pub(crate) text: Spanned<String>,
    pub(crate) reason: Spanned<String>,
}

/// On which side of a link the cause stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum CauseSide {
    /// What was printed before is the cause of what follows.
    Above,
    /// What follows is the cause of what was printed before.
    Below,
    /// The inner exception ends; what follows belongs to the one around it.
    Leave,
}

/// Returns how a grammar breaks the law: what is missing in it, whoever wrote it.
pub(super) fn broken_laws(file: &str, text: &str, row: &GrammarFile) -> Vec<Problem> {
    let language = row.language.get_ref();
    let at_language = |message: String, hint: &str| Problem::at(file, text, row.language.span(), message, hint);
    let mut problems = Vec::new();
    if row.should_match.is_empty() {
        let message = format!("trace grammar `{language}` has no should_match example");
        problems
            .push(at_language(message, "add a [[should_match]] with a trace and the type, message and frame in it"));
    }
    if row.should_not_match.is_empty() {
        let message = format!("trace grammar `{language}` has no should_not_match example");
        problems.push(at_language(message, "add a text that looks similar but must not match, with a reason"));
    }
    if row.start.is_empty() && row.frame.is_empty() {
        let message = format!("trace grammar `{language}` has neither a start nor a frame");
        problems.push(at_language(message, "add [[start]] or [[frame]] with a pattern"));
    }
    if row.anchors.get_ref().iter().all(|anchor| anchor.len() < 2) || row.anchors.get_ref().iter().any(String::is_empty)
    {
        let message = format!("trace grammar `{language}` needs anchors of at least two characters");
        let hint = "name texts of which one stands in every line that begins a trace or is a frame";
        problems.push(Problem::at(file, text, row.anchors.span(), message, hint));
    }
    for example in &row.should_not_match {
        if example.reason.get_ref().trim().is_empty() {
            let hint = "say why this text is not a trace";
            problems.push(Problem::at(file, text, example.reason.span(), "the reason is empty", hint));
        }
    }
    for link in &row.link {
        if link.relation.is_empty() && link.cause != CauseSide::Leave {
            let hint = "add relation = \"caused by\", \"during handling of\", \"suppressed\" or \"grouped\"";
            problems.push(Problem::at(file, text, link.pattern.span(), "the link names no relation", hint));
        }
    }
    problems
}
