//! What the client sends and the stand-in answers, against GitHub's own description of its interface, and
//! the client against answers recorded from it. `tests/github/published.sh` fetches both; without them each
//! test says so and is skipped.

use std::path::{Path, PathBuf};

use log_gardener::publish::github::{FaultKind, Listing, NewIssue, Tracker};
use serde_json::Value;

use crate::fake_github::{FakeGitHub, Fate, Reply, Request, answer};
use crate::github::orders;

fn place() -> Option<PathBuf> {
    let place = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/published");
    if !place.join("ready").exists() {
        println!("skipped: GitHub's description is not there; run tests/github/published.sh");
        return None;
    }
    Some(place)
}

fn json(path: PathBuf) -> Value {
    serde_json::from_slice(&std::fs::read(&path).unwrap_or_else(|error| panic!("{path:?}: {error}"))).expect("JSON")
}

/// The description, with what is wrong compared to it.
struct Description {
    whole: Value,
    wrong: Vec<String>,
}

impl Description {
    fn resolve<'a>(&'a self, schema: &'a Value) -> &'a Value {
        match schema["$ref"].as_str() {
            Some(to) => self.resolve(self.whole.pointer(to.trim_start_matches('#')).expect("what is referred to")),
            None => schema,
        }
    }

    /// Returns what of a value does not fit; `strict` also counts fields that the description lacks.
    fn misfits(&self, value: &Value, schema: &Value, at: &str, strict: bool) -> Vec<String> {
        let schema = self.resolve(schema);
        if value.is_null() && schema["nullable"] == true {
            return Vec::new();
        }
        let all = |name: &str| schema[name].as_array().cloned().unwrap_or_default();
        let choices: Vec<Value> = all("oneOf").into_iter().chain(all("anyOf")).collect();
        if !choices.is_empty() {
            let tried: Vec<Vec<String>> =
                choices.iter().map(|choice| self.misfits(value, choice, at, strict)).collect();
            return tried.into_iter().min_by_key(Vec::len).unwrap_or_default();
        }
        if let [only] = all("allOf").as_slice() {
            return self.misfits(value, only, at, strict);
        }
        let right = match schema["type"].as_str() {
            Some("string") => value.is_string(),
            Some("integer") => value.is_i64() || value.is_u64(),
            Some("boolean") => value.is_boolean(),
            Some("array") => value.is_array(),
            Some("object") => value.is_object(),
            _ => true,
        };
        if !right {
            return vec![format!("{at} is {value}, not {}", schema["type"])];
        }
        let mut wrong = Vec::new();
        let named = all("enum");
        if !named.is_empty() && !named.contains(value) {
            wrong.push(format!("{at} is {value}, none of {named:?}"));
        }
        for (index, item) in value.as_array().into_iter().flatten().enumerate() {
            wrong.extend(self.misfits(item, &schema["items"], &format!("{at}[{index}]"), strict));
        }
        if let (Some(fields), Some(known)) = (value.as_object(), schema["properties"].as_object()) {
            for name in all("required").iter().filter_map(Value::as_str).filter(|name| !fields.contains_key(*name)) {
                wrong.push(format!("{at} lacks {name}"));
            }
            for (name, field) in fields {
                match known.get(name) {
                    Some(schema) => wrong.extend(self.misfits(field, schema, &format!("{at}.{name}"), strict)),
                    None if strict => wrong.push(format!("{at}.{name} is not described")),
                    None => {}
                }
            }
        }
        wrong
    }

    /// Returns the description of a request.
    fn operation(&self, request: &Request) -> Option<&Value> {
        let path = request.path.replace("/repositories/1/", "/repos/wick/shop/");
        let parts: Vec<&str> = path.split('/').collect();
        let fits = |template: &&String| {
            let template: Vec<&str> = template.split('/').collect();
            template.len() == parts.len() && template.iter().zip(&parts).all(|(a, b)| a == b || a.starts_with('{'))
        };
        let paths = self.whole["paths"].as_object().expect("paths");
        // The most literal one: `/issues/comments` before `/issues/{issue_number}`.
        let found = paths.keys().filter(fits).min_by_key(|template| template.matches('{').count())?;
        paths[found].get(request.method.to_lowercase())
    }

    fn check(&mut self, request: &Request, reply: &Reply) {
        let told = format!("{} {} -> {}", request.method, request.path, reply.status);
        let Some(operation) = self.operation(request) else {
            self.wrong.push(format!("{told}: no such request is described"));
            return;
        };
        let mut wrong = Vec::new();
        for (name, _) in &request.query {
            let known = operation["parameters"].as_array().into_iter().flatten().map(|known| self.resolve(known));
            if !known.into_iter().any(|known| known["name"] == **name && known["in"] == "query") {
                wrong.push(format!("the query has {name}"));
            }
        }
        let sent = &operation["requestBody"]["content"]["application/json"]["schema"];
        if !request.body.is_null() {
            wrong.extend(self.misfits(&request.body, sent, "sent", true));
        }
        let basic = serde_json::json!({"$ref": "#/components/schemas/basic-error"});
        let answered = &operation["responses"][reply.status.to_string()];
        let described = &self.resolve(answered)["content"]["application/json"]["schema"];
        // Bad credentials and the like are not listed for each request.
        let schema = if reply.status >= 400 && answered.is_null() { &basic } else { described };
        let whole = !request.path.ends_with("/installation") && !request.path.matches('/').count().eq(&3);
        if reply.status < 400 && answered.is_null() {
            wrong.push("this status is not described".to_owned());
        } else if !reply.body.is_null() {
            let found = self.misfits(&reply.body, schema, "answer", true);
            // Of the repository and the installation only what is used is answered.
            wrong.extend(found.into_iter().filter(|misfit| whole || !misfit.contains(" lacks ")));
            // An error of validation has a status in its body that the description does not mention.
            wrong.retain(|misfit| misfit != "answer.status is not described");
        }
        self.wrong.extend(wrong.into_iter().map(|misfit| format!("{told}: {misfit}")));
    }
}

#[test]
fn requests_and_answers_are_as_github_describes_them() {
    let Some(place) = place() else { return };
    let mut description = Description { whole: json(place.join("schema/api.github.com.json")), wrong: Vec::new() };
    let mut pairs = Vec::new();
    for order in orders::orders() {
        let fake = orders::prepared(&order);
        fake.with(|store| {
            for at in 0..60 {
                let number = store.open("octocat", &format!("Issue {at}"), "", &["bug"]);
                store.comment(2.min(number), "octocat", "text");
            }
            store.issues.get_mut(&5).expect("there").is_pull_request = true;
            (1..4).for_each(|number| {
                store.close(number + 5, ["completed", "not_planned", "duplicate"][number as usize - 1])
            });
        });
        orders::once(&fake, &order, false);
        pairs.extend(fake.answered());
    }
    let fake = FakeGitHub::new();
    let mut client = fake.client();
    let new = |title: &str| NewIssue { title: title.to_owned(), ..NewIssue::default() };
    client.create(&new("")).expect_err("no title");
    client.create(&NewIssue { assignees: vec!["stranger".to_owned()], ..new("t") }).expect_err("no assignee");
    client.create(&new("t")).expect("opened");
    client.create(&new("u")).expect("opened");
    client.comment(1, &"x".repeat(70_000)).expect_err("too long");
    fake.with(|store| {
        store.delete(1);
        store.transfer(2, 9);
    });
    client.issue(1).expect_err("deleted");
    client.issue(2).expect_err("transferred");
    client.issue(3).expect_err("never opened");
    pairs.extend(fake.answered());
    let pairs: Vec<(Request, Reply)> =
        pairs.into_iter().filter_map(|(request, reply)| Some((request, reply?))).collect();
    let described = |request: &Request| request.path != "/graphql" && !request.path.starts_with("/repositories/2");
    for (request, reply) in pairs.iter().filter(|(request, _)| described(request)) {
        description.check(request, reply);
    }
    description.wrong.sort();
    description.wrong.dedup();
    assert!(description.wrong.is_empty(), "{:#?}", description.wrong);
    assert!(pairs.len() >= 35, "{} requests", pairs.len());
    // The comparison finds what is wrong.
    let (request, reply) = pairs.iter().find(|(request, _)| request.method == "PATCH").cloned().expect("a change");
    let mut wrong = (request.clone(), reply.clone());
    wrong.0.body["titel"] = serde_json::json!("t");
    wrong.0.body["state"] = serde_json::json!("shut");
    wrong.1.body["number"] = serde_json::json!("2");
    wrong.1.body["user"]["login"] = serde_json::json!(null);
    wrong.1.body.as_object_mut().expect("an issue").remove("locked");
    description.check(&wrong.0, &wrong.1);
    assert_eq!(description.wrong.len(), 5, "{:#?}", description.wrong);
    for reply in [answer::secondary(403, 1), answer::primary(429, 1), answer::error(410, "gone")] {
        let schema = serde_json::json!({"$ref": "#/components/schemas/basic-error"});
        assert_eq!(description.misfits(&reply.body, &schema, "answer", true), Vec::<String>::new());
    }
}

#[test]
fn the_question_for_the_history_has_only_fields_that_are_described() {
    let Some(place) = place() else { return };
    let text = std::fs::read_to_string(place.join("schema/schema.docs.graphql")).expect("the description");
    let order = &orders::orders()[1];
    let fake = orders::prepared(order);
    orders::once(&fake, order, false);
    let asked = fake.asked().into_iter().find(|request| request.path == "/graphql").expect("the history is asked for");
    let query = asked.body["query"].as_str().expect("a query").to_owned();
    let fields = [
        ("type Query ", "repository("),
        ("type Repository ", "issue("),
        ("type Issue ", "userContentEdits("),
        ("type Issue ", "timelineItems("),
        ("type UserContentEditConnection ", "nodes:"),
        ("type UserContentEdit ", "editedAt:"),
        ("type UserContentEdit ", "diff:"),
        ("type UserContentEdit ", "editor:"),
        ("interface Actor ", "login:"),
        ("type IssueTimelineItemsConnection ", "nodes:"),
        ("enum IssueTimelineItemsItemType ", "RENAMED_TITLE_EVENT"),
        ("type RenamedTitleEvent ", "previousTitle:"),
        ("type RenamedTitleEvent ", "currentTitle:"),
    ];
    for (kind, field) in fields {
        let block = text.split(&format!("\n{kind}")).nth(1).and_then(|rest| rest.split("\n}").next());
        let block = block.unwrap_or_else(|| panic!("{kind}is not described"));
        assert!(block.lines().any(|line| line.trim_start().starts_with(field)), "{kind}has no {field}");
    }
    let known = "query owner name number first last itemTypes on RenamedTitleEvent String Int";
    for word in query.split(|c: char| !(c.is_alphanumeric() || c == '_')).filter(|word| !word.is_empty()) {
        let is_field = fields.iter().any(|(_, field)| field.trim_end_matches(['(', ':']) == word);
        let is_known = known.split(' ').any(|known| known == word) || word.parse::<u32>().is_ok();
        assert!(is_field || is_known, "`{word}` was not looked up in the description");
    }
}

/// An answer as recorded, with addresses of the stand-in.
fn recorded(place: &Path, scenario: &str, at: usize, base: &str) -> Reply {
    let all = json(place.join(format!("recorded/{scenario}/normalized-fixture.json")));
    let one = &all[at];
    let link = one["headers"]["link"].as_str().map(|link| format!("Link: {link}\r\n")).unwrap_or_default();
    let status = one["status"].as_u64().and_then(|status| u16::try_from(status).ok()).expect("a status");
    Reply { status, headers: link.replace("https://api.github.com", base), body: one["response"].clone() }
}

#[test]
fn recorded_answers_are_understood() {
    let Some(place) = place() else { return };
    let fake = FakeGitHub::new();
    let base = fake.with(|store| store.base.clone());
    let mut client = fake.client();
    client.ensure_label("bug", false).expect("the repository is known from here on");
    let (folder, at) = (place.clone(), base.clone());
    fake.script(move |number, request| {
        assert!(number == 0 || request.path == "/repositories/1000/issues", "{}", request.path);
        Fate::Instead(recorded(&folder, "paginate-issues", number, &at))
    });
    let issues = client.issues(&Listing::default()).expect("five pages");
    let numbers: Vec<u64> = issues.iter().map(|issue| issue.number).collect();
    assert_eq!(numbers, (1..=13).rev().collect::<Vec<u64>>());
    assert!(issues.iter().all(|issue| !issue.author.is_empty() && issue.updated_at.is_some() && !issue.url.is_empty()));

    let (folder, at) = (place.clone(), base.clone());
    fake.script(move |_, _| Fate::Instead(recorded(&folder, "errors", 0, &at)));
    let fault = client.create(&NewIssue::default()).expect_err("a recorded refusal");
    assert!(fault.kind == FaultKind::Refused && fault.cause.contains("Validation Failed"), "{fault}");
    assert!(fault.cause.contains("invalid"), "{fault}");

    fake.script(move |_, _| Fate::Instead(recorded(&place, "add-labels-to-issue", 0, &base)));
    client.add_labels(1, &["Foo".to_owned()]).expect("a recorded success");
}
