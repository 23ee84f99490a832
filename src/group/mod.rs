//! Groups what is the same thing: messages by their words, lines by their template.
//! Leaves out time and order: `cascade` knows which group follows which.

pub(crate) mod binomial;
mod counts;
mod detail;
mod error_group;
pub mod escalation;
mod family;
mod fingerprint;
mod frame_name;
mod groups;
mod memo;
mod normalise;
mod packed;
mod quote;
mod sample;
pub mod template;
pub(crate) mod texts;
mod told;
mod variants;

#[cfg(test)]
pub(crate) use error_group::{DISTINCT_LIMIT, SAMPLES, VARIANT_LIMIT};
pub use error_group::{ErrorGroup, Family};
pub(crate) use family::told_together;
pub use fingerprint::{Fingerprint, Part, fingerprint};
pub(crate) use fingerprint::{WITHOUT_PAYLOAD, headline};
pub use groups::{Details, Groups, Placed, place};
pub use normalise::normalise;
pub use sample::Sample;
