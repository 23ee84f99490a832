//! Text from logs on its way to a reader: one file for each target, and no other place escapes.
//! Leaves out what is said, and where a template may put a value (`check`).
//!
//! | target | what holds there |
//! |---|---|
//! | Markdown | [`markdown`], [`prose`], [`code`], [`fence`]: no link, mention, reference, picture, HTML, block |
//! | HTML | `html`: text nodes, quoted attributes, code, blocks |
//! | Mermaid | [`mermaid`]: quoted labels, names of nodes |
//! | terminal, plain text | [`visible`], [`terminal`]: no control character, nothing that hides or reorders |
//! | JSON for people's terminals | [`json`]: the same characters as `\u` escapes, so that the value is the same |
//! | `sh` | [`shell`]: one quoted word |
//! | Slack and what understands its format | [`slack`]: a code span without anything of its syntax |
//! | YAML, TOML | [`quoted`]: one quoted scalar, for front matter |
//!
//! No target is a table of values: nothing is written as CSV, so nothing can be taken for a formula.

mod cut;
pub(crate) mod html;
pub mod json;
mod markdown;
pub mod mermaid;
mod quoted;
pub mod shell;
pub mod slack;
pub mod terminal;
mod visible;

pub(crate) use cut::cut_lines;
pub use cut::{Display, cut};
pub(crate) use markdown::code_parts;
pub use markdown::{code, fence, markdown, prose};
pub use quoted::quoted;
pub use visible::{visible, visible_lines};
