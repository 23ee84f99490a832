//! Groups what is the same thing: messages by their words, lines by their template.
//! Leaves out time and order: `cascade` knows which group follows which.

mod error_group;
pub mod escalation;
mod fingerprint;
mod normalise;
pub mod template;

pub use error_group::{ErrorGroup, Groups, Sample};
pub use fingerprint::{Fingerprint, Part, fingerprint};
pub(crate) use fingerprint::{WITHOUT_PAYLOAD, headline};
pub use normalise::normalise;
