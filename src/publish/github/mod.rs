//! Keeps issues on GitHub true: carries out orders, each as if it were carried out once.
//! Leaves out what is ordered and why (`decision`), and what the texts say (`report`).

mod adopt;
mod answers;
mod app;
pub mod block;
mod calls;
pub mod candidates;
mod change;
mod client;
pub mod codeowners;
mod fault;
mod find;
mod helper;
mod mend;
mod open;
mod perform;
mod run;
mod settings;
mod tracker;
mod wire;

pub use adopt::adopt;
pub use client::GitHub;
pub use fault::{Fault, FaultKind};
pub use perform::{Performed, perform};
pub use run::{PublishSettings, Run};
pub use settings::{Auth, GitHubSettings, name as repository_name};

pub use crate::publish::Secret;
pub use tracker::{BodyVersion, Change, Comment, History, Listing, NewIssue, RemoteIssue, Rename, Tracker};
