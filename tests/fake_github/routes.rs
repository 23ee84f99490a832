//! Which request gets which answer, and what it changes.
//! Leaves out faults: see `Fate`.

use serde_json::{Value, json};

use super::answer::{self, error, invalid, reply};
use super::app::app;
use super::store::{Item, Place, Store};
use super::{Reply, Request};

const LIMIT: usize = 65_536;

pub fn answer(store: &mut Store, request: &Request) -> Reply {
    let bearer = request.header("authorization").strip_prefix("Bearer ").unwrap_or_default().to_owned();
    let parts: Vec<&str> = request.path.trim_matches('/').split('/').collect();
    if matches!(parts.as_slice(), ["app", ..] | ["repos", _, _, "installation"]) {
        return app(store, request, &parts, &bearer);
    }
    let Some(login) = store.tokens.iter().find(|(token, _)| *token == bearer).map(|(_, login)| login.clone()) else {
        return error(401, "Bad credentials");
    };
    if !request.header("accept").contains("application/vnd.github+json") || request.header("user-agent").is_empty() {
        return error(
            403,
            "Request forbidden by administrative rules. Please make sure your request has a User-Agent header.",
        );
    }
    let renamed = store.full_name.clone();
    match parts.as_slice() {
        ["graphql"] => graphql(store, &request.body),
        ["search", "issues"] => {
            store.searches += 1;
            reply(200, json!({"total_count": 0, "incomplete_results": false, "items": []}))
        }
        // Under its number, as GitHub writes it into redirects and links to further pages.
        ["repositories", "1", rest @ ..] if store.visible => inside(store, request, rest, &login),
        ["repositories", "2", "issues", number] => {
            let to = |item: &&Item| matches!(item.place, Place::Transferred(to) if to.to_string() == *number);
            store
                .issues
                .values()
                .find(to)
                .map_or_else(|| error(404, "Not Found"), |item| reply(200, answer::issue(item, store)))
        }
        ["repos", owner, name, rest @ ..] if store.visible => {
            if format!("{owner}/{name}") != renamed {
                if !format!("{owner}/{name}").eq("wick/shop") {
                    return error(404, "Not Found");
                }
                let to = format!("Location: {}/repositories/1\r\n", store.base);
                return Reply { headers: to, ..error(301, "Moved Permanently") };
            }
            inside(store, request, rest, &login)
        }
        _ => error(404, "Not Found"),
    }
}

/// What is asked of the repository.
fn inside(store: &mut Store, request: &Request, rest: &[&str], login: &str) -> Reply {
    match rest {
        [] => repository(store),
        ["issues"] if request.method == "GET" => list(store, request),
        ["issues"] => create(store, &request.body, login),
        ["issues", number, rest @ ..] => one(store, request, number, rest, login),
        ["labels"] => new_label(store, &request.body),
        ["labels", name] => match store.labels.iter().find(|known| known.eq_ignore_ascii_case(name)) {
            Some(known) => reply(200, answer::label(known, store)),
            None => error(404, "Not Found"),
        },
        ["assignees", login] => match store.assignable.iter().any(|known| known == login) {
            true => reply(204, Value::Null),
            false => error(404, "Not Found"),
        },
        _ => error(404, "Not Found"),
    }
}

fn repository(store: &Store) -> Reply {
    let url = format!("{}/repos/{}", store.base, store.full_name);
    reply(
        200,
        json!({"id": 1, "full_name": store.full_name, "url": url, "has_issues": true, "archived": store.archived}),
    )
}

fn list(store: &Store, request: &Request) -> Reply {
    let state = request.query("state").unwrap_or("open");
    let mut found: Vec<&Item> = store
        .issues
        .values()
        .filter(|item| item.place == Place::Here)
        .filter(|item| state == "all" || item.open == (state == "open"))
        .filter(|item| {
            request
                .query("labels")
                .is_none_or(|label| item.labels.iter().any(|known| known.eq_ignore_ascii_case(label)))
        })
        .collect();
    if request.query("direction") != Some("asc") {
        found.reverse();
    }
    let found = found.into_iter().map(|item| answer::issue(item, store)).collect();
    page(store, request, found)
}

/// One page of a list, with the way to the next one.
fn page(store: &Store, request: &Request, all: Vec<Value>) -> Reply {
    let number = |name: &str, default: usize| request.query(name).and_then(|text| text.parse().ok()).unwrap_or(default);
    let (size, at) = (number("per_page", 30).clamp(1, 100), number("page", 1).max(1));
    let pages = all.len().div_ceil(size);
    let rest: Vec<String> = request
        .query
        .iter()
        .filter(|(name, _)| name != "page")
        .map(|(name, value)| format!("{name}={}", value.replace(' ', "%20").replace('&', "%26")))
        .collect();
    let by_number = request.path.replace(&format!("/repos/{}", store.full_name), "/repositories/1");
    let link =
        |to: usize, rel: &str| format!("<{}{}?{}&page={to}>; rel=\"{rel}\"", store.base, by_number, rest.join("&"));
    let headers =
        if at < pages { format!("Link: {}, {}\r\n", link(at + 1, "next"), link(pages, "last")) } else { String::new() };
    let body = all.into_iter().skip((at - 1) * size).take(size).collect::<Vec<_>>();
    Reply { headers, ..reply(200, json!(body)) }
}

fn texts(value: &Value) -> Vec<String> {
    value.as_array().into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect()
}

fn too_long(value: &Value) -> bool {
    value.as_str().is_some_and(|text| text.chars().count() > LIMIT)
}

fn create(store: &mut Store, body: &Value, login: &str) -> Reply {
    let title = body["title"].as_str().unwrap_or_default();
    if title.is_empty() {
        return invalid("Issue", "title", "missing_field", "");
    }
    if title.chars().count() > 256 {
        return invalid("Issue", "title", "custom", "title is too long (maximum is 256 characters)");
    }
    if too_long(&body["body"]) {
        return invalid("Issue", "body", "custom", "body is too long (maximum is 65536 characters)");
    }
    let (labels, assignees) = (texts(&body["labels"]), texts(&body["assignees"]));
    if assignees.iter().any(|login| !store.assignable.contains(login)) {
        return invalid("Issue", "assignees", "invalid", "");
    }
    let number = store.open(login, title, body["body"].as_str().unwrap_or_default(), &[]);
    if store.push {
        labels.iter().for_each(|label| store.add_label(label));
        let item = store.issues.get_mut(&number).expect("just opened");
        (item.labels, item.assignees) = (labels, assignees);
    }
    reply(201, answer::issue(store.issue(number), store))
}

fn one(store: &mut Store, request: &Request, number: &str, rest: &[&str], login: &str) -> Reply {
    let Some(number) = number.parse().ok().filter(|number| store.issues.contains_key(number)) else {
        return error(404, "Not Found");
    };
    match store.issue(number).place {
        Place::Deleted => return error(410, "This issue was deleted"),
        Place::Transferred(to) => {
            let to = format!("Location: {}/repositories/2/issues/{to}\r\n", store.base);
            return Reply { headers: to, ..error(301, "Moved Permanently") };
        }
        Place::Here => {}
    }
    match (request.method.as_str(), rest) {
        ("GET", []) => {}
        ("PATCH", []) => {
            let body = &request.body;
            if too_long(&body["body"]) {
                return invalid("Issue", "body", "custom", "body is too long (maximum is 65536 characters)");
            }
            if let Some(title) = body["title"].as_str() {
                store.edit_title(number, title);
            }
            if let Some(text) = body["body"].as_str() {
                store.edit_body(number, login, |_| text.to_owned());
            }
            match (body["state"].as_str(), body["state_reason"].as_str()) {
                (Some("closed"), Some("not_planned")) => store.close(number, "not_planned"),
                (Some("closed"), _) => store.close(number, "completed"),
                (Some("open"), _) => store.reopen(number),
                _ => {}
            }
        }
        ("GET", ["comments"]) => {
            let item = store.issue(number);
            let notes = item.comments.iter().map(|note| answer::comment(note, item, store)).collect();
            return page(store, request, notes);
        }
        ("POST", ["comments"]) => {
            let text = request.body["body"].as_str().unwrap_or_default().to_owned();
            if store.issue(number).locked {
                return error(403, "Unable to create comment because issue is locked.");
            }
            if text.is_empty() || too_long(&request.body["body"]) {
                return invalid("IssueComment", "body", "custom", "body is too long (maximum is 65536 characters)");
            }
            let id = store.comment(number, login, &text);
            let item = store.issue(number);
            let note = item.comments.iter().find(|note| note.id == id).expect("just written");
            return reply(201, answer::comment(note, item, store));
        }
        ("POST", ["labels"]) => {
            if !store.push {
                return error(403, "Resource not accessible by personal access token");
            }
            for label in texts(&request.body["labels"]) {
                store.add_label(&label);
                let item = store.issues.get_mut(&number).expect("there");
                if !item.labels.iter().any(|known| known.eq_ignore_ascii_case(&label)) {
                    item.labels.push(label);
                }
            }
            let labels: Vec<Value> = store.issue(number).labels.iter().map(|name| answer::label(name, store)).collect();
            return reply(200, json!(labels));
        }
        ("DELETE", ["labels", name]) => {
            let item = store.issues.get_mut(&number).expect("there");
            let before = item.labels.len();
            item.labels.retain(|known| !known.eq_ignore_ascii_case(name));
            if item.labels.len() == before {
                return error(404, "Label does not exist");
            }
            let labels: Vec<Value> = store.issue(number).labels.iter().map(|name| answer::label(name, store)).collect();
            return reply(200, json!(labels));
        }
        _ => return error(404, "Not Found"),
    }
    reply(200, answer::issue(store.issue(number), store))
}

fn new_label(store: &mut Store, body: &Value) -> Reply {
    let name = body["name"].as_str().unwrap_or_default();
    if !store.push {
        return error(403, "Resource not accessible by personal access token");
    }
    if store.labels.iter().any(|known| known.eq_ignore_ascii_case(name)) {
        return invalid("Label", "name", "already_exists", "");
    }
    store.add_label(name);
    reply(201, answer::label(name, store))
}

fn graphql(store: &mut Store, body: &Value) -> Reply {
    if !store.graphql {
        let error =
            json!({"type": "FORBIDDEN", "path": ["repository"], "message": "Resource not accessible by integration"});
        return reply(200, json!({"data": null, "errors": [error]}));
    }
    let known = format!(
        "{}/{}",
        body["variables"]["owner"].as_str().unwrap_or(""),
        body["variables"]["name"].as_str().unwrap_or("")
    );
    let number = body["variables"]["number"].as_u64().unwrap_or(0);
    match store.issues.get(&number).filter(|item| item.place == Place::Here && known == store.full_name) {
        None => reply(
            200,
            json!({"data": {"repository": null}, "errors": [{"type": "NOT_FOUND", "message": "Could not resolve to an Issue."}]}),
        ),
        Some(item) => {
            let answer = answer::history(item, store.history_lag > 0);
            store.history_lag = store.history_lag.saturating_sub(1);
            reply(200, answer)
        }
    }
}
