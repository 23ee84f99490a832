//! What is remembered of an incident from pass to pass.
//! Leaves out where it is stored: see `ledger`.

use serde::{Deserialize, Serialize};

use super::Kin;
use crate::entry::Timestamp;

/// Where an incident stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum State {
    /// Seen in one pass so far.
    New,
    /// Seen in several passes.
    Ongoing,
    /// Not seen in the last complete pass; nothing proves that it is mended.
    Quiet,
    /// Proven to be mended, or closed by a person.
    Resolved,
    /// Seen again after it was resolved.
    Regressed,
}

impl State {
    /// Returns the word for it: `new`, `ongoing`, `quiet`, `resolved`, `regressed`.
    pub fn name(self) -> &'static str {
        match self {
            State::New => "new",
            State::Ongoing => "ongoing",
            State::Quiet => "quiet",
            State::Resolved => "resolved",
            State::Regressed => "regressed",
        }
    }
}

/// How an issue stands on GitHub.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum IssueState {
    /// Open.
    Open,
    /// Closed as completed.
    Completed,
    /// Closed as not planned, or as a duplicate: a person's decision that stands.
    NotPlanned,
    /// Deleted, transferred, or not visible any more.
    Gone,
}

/// The issue of an incident, as last seen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Issue {
    /// Its number.
    pub number: u64,
    /// How it stands.
    pub state: IssueState,
    /// When it was closed.
    pub closed_at: Option<Timestamp>,
    /// Whether it still carries our marker; without it a person has taken the issue over.
    pub marked: bool,
}

/// What the issue says now, so that only what changed is written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Published {
    /// When it was written.
    pub at: Timestamp,
    /// Priority it states.
    pub priority: String,
    /// Title it has.
    pub title: String,
    /// Cause it states.
    pub cause: String,
    /// Events it states.
    pub events: u64,
    /// Services it names.
    pub services: Vec<String>,
    /// State it names.
    pub state: State,
    /// When people were last told of something in a comment (or by the issue being opened).
    pub told_at: Timestamp,
    /// Its text below the line that states how the incident stands.
    pub body: String,
}

/// The proof or the person that ended an incident.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Resolved {
    /// From when on it must not be seen again.
    pub at: Timestamp,
    /// The arithmetic, or who closed the issue.
    pub because: String,
    /// The commit that mended it.
    pub commit: Option<String>,
}

/// An incident as remembered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Record {
    /// The fingerprint under which it was first seen; the issue's marker carries it.
    pub incident: String,
    /// The sources in which it was last seen: a pass over others says nothing about it.
    pub source: String,
    /// Where it stands.
    pub state: State,
    /// Since when.
    pub since: Timestamp,
    /// See `Kin`; as last seen.
    pub kin: Kin,
    /// As last seen.
    pub title: String,
    /// As last seen.
    pub category: String,
    /// As last seen.
    pub priority: String,
    /// As last seen.
    pub cause: String,
    /// Kept apart as noise when last seen.
    pub noise: Option<String>,
    /// Every service seen, sorted.
    pub services: Vec<String>,
    /// Every revision seen, sorted; the newest forty.
    pub revisions: Vec<String>,
    /// First event ever.
    pub first_seen: Option<Timestamp>,
    /// Last event ever.
    pub last_seen: Option<Timestamp>,
    /// Events ever, each counted once however windows overlap.
    pub events: u64,
    /// Passes in a row that saw events no pass before had seen. A pass that can say nothing about it is none of them
    /// and breaks no row.
    pub in_a_row: u32,
    /// Complete passes over its log in a row that saw no new event of it.
    pub missed: u32,
    /// When it came back from quiet, newest last; the last twenty.
    pub returns: Vec<Timestamp>,
    /// How often it came back after it was resolved.
    pub regressions: u32,
    /// How it was ended, if it was.
    pub resolved: Option<Resolved>,
    /// Its issue.
    pub issue: Option<Issue>,
    /// What the issue says.
    pub published: Option<Published>,
    /// Passes over other sources, which say nothing about it, lie between those in a row.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub apart: bool,
    /// There was news that was decided to be written and is not ordered yet: the plan was only looked at, or
    /// an earlier order was under way. It is news until then, also in a pass that sees nothing new.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub owed: bool,
}
