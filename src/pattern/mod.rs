//! What the tool knows, as data: error patterns, trace grammars, masks, cascade and priority rules.
//! Leaves out applying it to entries: `event`, `group`, `cascade` and `analysis` do that.
//!
//! Load-time law, for our files and the user's alike: unique ids, patterns that compile, and at least
//! one example that matches and one, with a reason, that must not.

mod mask;
mod problem;
pub(crate) mod trace_grammar;

pub use mask::{Masks, Words};
pub use problem::Problem;
pub use trace_grammar::TraceGrammars;
