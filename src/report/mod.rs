//! Reports, issue drafts and machine-readable output, rendered from one view.
//! Leaves out finding facts (`analysis`) and writing files (`publish`).

pub mod view;
