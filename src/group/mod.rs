//! Groups what is the same thing: messages by their words, lines by their template.
//! Leaves out time and order: `cascade` knows which group follows which.

mod error_group;
mod fingerprint;
mod normalise;
pub mod template;

pub use error_group::{ErrorGroup, Groups, Sample};
pub(crate) use fingerprint::headline;
pub use fingerprint::{Fingerprint, Part, fingerprint};
pub use normalise::normalise;
