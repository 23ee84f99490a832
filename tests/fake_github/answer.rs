//! What the stand-in holds, as GitHub writes it in JSON.
//! Leaves out which request gets which answer (`routes`).

use chrono::{DateTime, Utc};
use serde_json::{Value, json};

use super::Reply;
use super::store::{Item, Note, Place, Store};

pub fn reply(status: u16, body: Value) -> Reply {
    Reply { status, headers: String::new(), body }
}

/// A refusal as GitHub writes it.
pub fn error(status: u16, message: &str) -> Reply {
    let body = json!({
        "message": message,
        "documentation_url": "https://docs.github.com/rest/issues/issues",
        "status": status.to_string()
    });
    reply(status, body)
}

/// A refusal of one field.
pub fn invalid(resource: &str, field: &str, code: &str, message: &str) -> Reply {
    let mut error = json!({"resource": resource, "field": field, "code": code});
    if !message.is_empty() {
        error["message"] = json!(message);
    }
    let documentation = "https://docs.github.com/rest/issues/issues";
    reply(
        422,
        json!({"message": "Validation Failed", "errors": [error], "documentation_url": documentation, "status": "422"}),
    )
}

/// The secondary rate limit, with as many seconds to wait.
pub fn secondary(status: u16, seconds: u64) -> Reply {
    let message = "You have exceeded a secondary rate limit. Please wait a few minutes before you try again.";
    Reply { headers: format!("Retry-After: {seconds}\r\n"), ..error(status, message) }
}

/// The primary rate limit, which ends at a time in seconds since 1970.
pub fn primary(status: u16, reset: i64) -> Reply {
    let headers = format!("X-RateLimit-Limit: 5000\r\nX-RateLimit-Remaining: 0\r\nX-RateLimit-Reset: {reset}\r\n");
    Reply { headers, ..error(status, "API rate limit exceeded for user ID 1.") }
}

fn time(at: DateTime<Utc>) -> Value {
    json!(at.format("%Y-%m-%dT%H:%M:%SZ").to_string())
}

fn user(login: &str, base: &str) -> Value {
    let id = login.bytes().map(u64::from).sum::<u64>();
    let mut user = json!({
        "login": login, "id": id, "node_id": format!("U_{id}"), "gravatar_id": "", "type": "User", "site_admin": false,
        "avatar_url": format!("https://avatars.githubusercontent.com/u/{id}"), "html_url": format!("https://github.com/{login}"),
        "url": format!("{base}/users/{login}"),
    });
    for name in [
        "followers",
        "following",
        "gists",
        "starred",
        "subscriptions",
        "organizations",
        "repos",
        "events",
        "received_events",
    ] {
        user[format!("{name}_url")] = json!(format!("{base}/users/{login}/{name}"));
    }
    user
}

pub fn label(name: &str, store: &Store) -> Value {
    let url = format!("{}/repos/{}/labels/{}", store.base, store.full_name, name.replace(' ', "%20"));
    json!({"id": 7, "node_id": "LA_7", "url": url, "name": name, "description": null, "color": "ededed", "default": false})
}

pub fn issue(item: &Item, store: &Store) -> Value {
    let base = &store.base;
    let (name, number) = match item.place {
        Place::Transferred(to) => ("wick/other", to),
        _ => (store.full_name.as_str(), item.number),
    };
    let url = format!("{base}/repos/{name}/issues/{number}");
    let labels: Vec<Value> = item.labels.iter().map(|name| label(name, store)).collect();
    let assignees: Vec<Value> = item.assignees.iter().map(|login| user(login, base)).collect();
    let mut value = json!({
        "id": 500_000 + item.number, "node_id": format!("I_{}", item.number), "number": number, "title": item.title,
        "url": url, "repository_url": format!("{base}/repos/{name}"), "labels_url": format!("{url}/labels{{/name}}"),
        "comments_url": format!("{url}/comments"), "events_url": format!("{url}/events"), "timeline_url": format!("{url}/timeline"),
        "html_url": format!("https://github.com/{name}/issues/{number}"),
        "state": if item.open { "open" } else { "closed" }, "state_reason": item.reason, "locked": item.locked,
        "active_lock_reason": null, "body": item.body, "user": user(&item.author, base), "labels": labels,
        "assignee": assignees.first(), "assignees": assignees, "milestone": null, "comments": item.comments.len(),
        "closed_at": item.closed_at.map(time), "created_at": time(item.created_at), "updated_at": time(item.updated_at),
        "closed_by": null, "author_association": "MEMBER", "performed_via_github_app": null,
    });
    if item.is_pull_request {
        value["pull_request"] =
            json!({"url": url, "html_url": url, "diff_url": url, "patch_url": url, "merged_at": null});
    }
    value
}

pub fn comment(note: &Note, item: &Item, store: &Store) -> Value {
    let base = &store.base;
    let issue = format!("{base}/repos/{}/issues/{}", store.full_name, item.number);
    json!({
        "id": note.id, "node_id": format!("IC_{}", note.id), "url": format!("{base}/repos/{}/issues/comments/{}", store.full_name, note.id),
        "html_url": format!("https://github.com/{}/issues/{}#issuecomment-{}", store.full_name, item.number, note.id),
        "issue_url": issue, "body": note.body, "user": user(&note.author, base), "created_at": time(note.at),
        "updated_at": time(note.at), "author_association": "MEMBER", "performed_via_github_app": null,
    })
}

/// The history of a body as the GraphQL interface gives it: nothing before the first edit, else all
/// versions, the newest first; so many of both as the program asks for.
pub fn history(item: &Item, lag: bool) -> Value {
    let known = item.versions.len() - usize::from(lag && item.versions.len() > 1);
    let versions = item.versions[..known].iter().rev().take(20);
    let edits: Vec<Value> = versions
        .map(|(at, login, text)| json!({"editedAt": time(*at), "diff": text, "editor": {"login": login}}))
        .collect();
    let edits = if known < 2 { Vec::new() } else { edits };
    let renames: Vec<Value> = item
        .renames
        .iter()
        .rev()
        .take(10)
        .rev()
        .map(|(from, to)| json!({"previousTitle": from, "currentTitle": to}))
        .collect();
    json!({"data": {"repository": {"issue": {"userContentEdits": {"nodes": edits}, "timelineItems": {"nodes": renames}}}}})
}
