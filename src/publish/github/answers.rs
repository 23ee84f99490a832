//! Reads what GitHub answers: issues, comments, history, the next page.
//! Leaves out asking. Takes what it needs and ignores the rest, so that a new field breaks nothing.

use chrono::DateTime;
use serde_json::Value;

use super::tracker::{BodyVersion, Comment, History, RemoteIssue, Rename};
use crate::decision::IssueState;
use crate::entry::Timestamp;

/// Returns an issue, or `None` if it lacks what every issue has.
pub(super) fn issue(value: &Value) -> Option<RemoteIssue> {
    let state = match (value["state"].as_str()?, value["state_reason"].as_str()) {
        ("open", _) => IssueState::Open,
        // What is neither says that it will not be mended; a reason of the future is a person's as well.
        ("closed", None | Some("completed")) => IssueState::Completed,
        ("closed", Some(_)) => IssueState::NotPlanned,
        _ => return None,
    };
    let labels = value["labels"].as_array()?;
    let name = |label: &Value| label["name"].as_str().or(label.as_str()).map(str::to_owned);
    Some(RemoteIssue {
        number: value["number"].as_u64()?,
        title: text(&value["title"]),
        body: text(&value["body"]),
        state,
        closed_at: time(&value["closed_at"]),
        labels: labels.iter().filter_map(name).collect(),
        author: text(&value["user"]["login"]),
        is_pull_request: value.get("pull_request").is_some_and(|link| !link.is_null()),
        url: text(&value["html_url"]),
        updated_at: time(&value["updated_at"]),
    })
}

pub(super) fn comment(value: &Value) -> Comment {
    Comment {
        body: text(&value["body"]),
        author: text(&value["user"]["login"]),
        url: text(&value["html_url"]),
        at: time(&value["created_at"]),
    }
}

/// Reads the history. GitHub's schema calls `diff` "a summary of the changes"; what it holds is the whole
/// body as saved. Whoever uses it makes sure by finding the body that was just written.
pub(super) fn history(answer: &Value) -> Option<History> {
    let issue = answer["data"]["repository"]["issue"].as_object()?;
    let nodes = |name: &str| issue.get(name).and_then(|list| list["nodes"].as_array()).cloned().unwrap_or_default();
    let mut bodies: Vec<BodyVersion> = nodes("userContentEdits")
        .iter()
        .map(|edit| BodyVersion {
            at: time(&edit["editedAt"]),
            editor: text(&edit["editor"]["login"]),
            text: edit["diff"].as_str().map(str::to_owned),
        })
        .collect();
    // Newest first, as GitHub lists them today; within one second its order stands.
    bodies.sort_by_key(|version| std::cmp::Reverse(version.at));
    let renames = nodes("timelineItems");
    let renames =
        renames.iter().rev().map(|node| Rename { from: text(&node["previousTitle"]), to: text(&node["currentTitle"]) });
    Some(History { bodies, renames: renames.collect() })
}

/// Returns the address of the next page from a `Link` header.
pub(super) fn next_page(link: &str) -> Option<String> {
    link.split(',').find_map(|part| {
        let (address, rest) = part.trim().strip_prefix('<')?.split_once('>')?;
        let next = rest.split(';').any(|word| matches!(word.trim(), "rel=\"next\"" | "rel=next"));
        next.then(|| address.to_owned())
    })
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

fn time(value: &Value) -> Option<Timestamp> {
    Timestamp::from_chrono(&DateTime::parse_from_rfc3339(value.as_str()?).ok()?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn the_next_page_is_found_among_the_links() {
        let link = "<https://h/1>; rel=\"prev\", <https://h/3?a=b>; rel=\"next\", <https://h/9>; rel=\"last\"";
        assert_eq!(next_page(link).as_deref(), Some("https://h/3?a=b"));
        assert_eq!(next_page("<https://h/1>; rel=\"last\""), None);
        assert_eq!(next_page("nonsense"), None);
    }

    #[test]
    fn a_duplicate_is_a_persons_decision_like_not_planned() {
        let read = |state: &str, reason: Value| {
            issue(&json!({"number": 1, "state": state, "state_reason": reason, "labels": ["a", {"name": "b"}], "body": null}))
                .map(|issue| issue.state)
        };
        assert_eq!(read("closed", json!("duplicate")), Some(IssueState::NotPlanned));
        assert_eq!(read("closed", json!("not_planned")), Some(IssueState::NotPlanned));
        assert_eq!(read("closed", Value::Null), Some(IssueState::Completed));
        assert_eq!(read("open", json!("reopened")), Some(IssueState::Open));
        assert_eq!(issue(&json!({"number": 1})), None);
    }
}
