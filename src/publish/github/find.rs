//! Finds the issue of an incident by its hidden marker, through the strongly consistent list of issues.
//! Leaves out the search interface: its index lags behind, and what it misses would be opened twice.

use super::block;
use super::fault::Fault;
use super::run::Run;
use super::tracker::{Listing, RemoteIssue, Tracker};
use crate::decision::IssueState;

/// Newest issues looked through whatever their labels. GitHub silently drops the labels of an issue that
/// a token without write access opens, and people take labels off.
const NEWEST: usize = 100;

/// Returns the issue that carries the marker of an incident: the open one before a closed one, then the
/// oldest. `fresh` lists anew instead of using what this run listed before.
pub(super) fn issue(
    tracker: &mut dyn Tracker,
    run: &mut Run,
    fingerprint: &str,
    fresh: bool,
) -> Result<Option<RemoteIssue>, Fault> {
    if fresh || run.listed.is_none() {
        let label = Some(run.settings.label.clone());
        let mut listed = tracker.issues(&Listing { label, ..Listing::default() })?;
        listed.extend(tracker.issues(&Listing { at_most: Some(NEWEST), ..Listing::default() })?);
        run.listed = Some(listed);
    }
    // A broken marker counts as well: then a person took the issue over, and no second one is opened.
    let carries = |issue: &&RemoteIssue| block::mentions(&issue.body, fingerprint);
    let found = run.listed.iter().flatten().filter(carries);
    let rank = |issue: &&RemoteIssue| {
        let state = match issue.state {
            IssueState::Open => 0,
            IssueState::Completed => 1,
            IssueState::NotPlanned | IssueState::Gone => 2,
        };
        (state, issue.number)
    };
    Ok(found.min_by_key(rank).cloned())
}
