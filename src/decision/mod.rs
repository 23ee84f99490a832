//! What to do about incidents: what a pass saw and what is remembered go in, decisions with reasons come out.
//! Pure: no clock, no disk, no network. Leaves out storing (`ledger`) and writing issues (`publish`).

mod action;
mod decide;
mod kinship;
mod order;
mod outcome;
mod pass;
mod policy;
mod proof;
mod record;
mod sight;
mod sighting;
mod silence;
mod sources;
mod state;
mod window;

pub use action::{Action, Decision, Transition};
pub use decide::{Sight, decide};
pub use kinship::same_fault;
pub use order::Order;
pub use outcome::{Outcome, Pass};
pub use pass::{Judged, Memory, ROLLUP, judge};
pub use policy::Policy;
pub use proof::{CHANCE, Counted, Counts, Deployed, Proof, prove};
pub use record::{Issue, IssueState, Published, Record, Resolved, State};
pub use sight::{kin_of, sightings};
pub use sighting::{Kin, Minute, Sighting, Traffic};
pub use silence::Silence;
pub use sources::same_log;
pub use window::{Rhythm, next_window};
