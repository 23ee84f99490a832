//! log-gardener reads the logs of a service and says what is broken, what broke only because of that,
//! and why, with evidence for each statement.
//!
//! The rooms, in the order data flows through them; see ARCHITECTURE.md.

pub mod entry;
pub mod exception;
pub mod limits;
pub mod pattern;
pub mod redact;

pub mod event;
pub mod group;

pub mod cascade;
pub mod coverage;

pub mod analysis;
pub mod report;

pub mod decision;

pub mod audit;
pub mod cli;
pub mod code;
pub mod ledger;
pub mod publish;
pub mod source;

pub mod traffic;
pub mod triage;

pub mod lint;
pub mod verify;

mod embedded {
    include!(concat!(env!("OUT_DIR"), "/embedded.rs"));
}
