//! Groups what is the same thing: messages by their words, lines by their template.
//! Leaves out time and order: `cascade` knows which group follows which.

mod normalise;
pub mod template;

pub use normalise::normalise;
