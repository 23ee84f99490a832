//! What Python files say, and what their names mean across files.
//! Leaves out git's history and judging an error.

pub(crate) mod answer;
mod classes;
pub(crate) mod errors;
pub(crate) mod facts;
pub(crate) mod fault;
pub(crate) mod modules;
pub(crate) mod names;
pub(crate) mod packages;
pub(crate) mod parameters;
pub(crate) mod read;
mod roots;
