//! What the tool knows, as data: error patterns, trace grammars, masks, redactions, cascade and priority rules.
//! Leaves out applying it to entries: `event`, `group`, `cascade` and `analysis` do that.
//!
//! Load-time law, for our files and the user's alike: unique ids, patterns that compile, and at least
//! one example that matches and one, with a reason, that must not.

mod cascade_rule;
mod catalog;
mod check;
mod claim;
mod client;
mod draft;
mod error_pattern;
mod expression;
mod file;
mod knowledge;
mod known;
mod law;
mod lean;
mod literal;
pub(crate) mod mark;
mod mask;
mod priority_rule;
mod problem;
mod recognise;
mod redaction;
mod rule;
mod selector;
mod subject;
mod text;
pub(crate) mod trace_grammar;
mod tree;

pub(crate) use cascade_rule::duration;
pub use cascade_rule::{CascadeRule, EqualKey};
pub use catalog::{Catalog, NamedText};
pub use check::{ExampleResult, check};
pub use claim::{Claims, Refuted};
pub use client::{ClientKind, Clients};
pub use draft::{Draft, DraftFacts, draft};
pub use error_pattern::{
    CATEGORIES, ErrorPattern, Family, Frames, Grouping, HttpExample, HttpRule, Role, ShouldMatch, ShouldNotMatch, Stage,
};
pub use knowledge::{Action, ActionKind, Reason, ReasonStatus, TestIdea, TestLevel};
pub use known::Known;
pub(crate) use lean::lean;
pub use mask::{Masks, Words};
pub use priority_rule::{Priority, PriorityRule};
pub use problem::Problem;
pub use recognise::{ErrorPatterns, Explained};
pub(crate) use redaction::KeyState;
pub use redaction::{Redactions, Rule as RedactionRule, Tally, sample};
pub use selector::{GroupFacts, Selector};
pub use subject::Subject;
pub(crate) use subject::route;
pub use text::Text;
pub use trace_grammar::TraceGrammars;
