//! Reports, issue drafts and machine-readable output, rendered from one view.
//! Leaves out finding facts (`analysis`) and writing files (`publish`).

pub mod view;

pub mod chain;
mod check;
mod context;
pub mod draft;
pub mod escape;
mod fault;
mod present;
mod filters;
mod layout;
pub mod mermaid;
pub mod numbers;
pub mod render;
mod specimen;
pub mod text;

pub use present::{Findings, present};
pub use view::{TriageView, WindowView};
pub use draft::{IssueDraft, LabelPolicy};
pub use render::Templates;
