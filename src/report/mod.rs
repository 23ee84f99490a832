//! Reports, issue drafts and machine-readable output, rendered from one view.
//! Leaves out finding facts (`analysis`) and writing files (`publish`).

pub mod view;

mod bounded;
pub mod cause;
pub mod chain;
mod check;
mod context;
pub mod draft;
mod engine;
pub mod escape;
mod fault;
mod filters;
pub mod history;
mod html;
mod layout;
pub mod numbers;
mod present;
pub mod reference;
pub mod render;
mod settled;
mod specimen;
mod standing;
pub mod text;
pub mod texts;

#[cfg(test)]
pub(crate) use check::flow::DEEPEST as DEEPEST_INCLUDE;
pub use draft::{IssueDraft, LabelPolicy, issue_title};
pub use present::{Findings, present};
pub use render::Templates;
pub use view::{TriageView, WindowView};
