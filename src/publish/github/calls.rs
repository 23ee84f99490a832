//! The calls of [`Tracker`] as requests to GitHub's REST and GraphQL interfaces.
//! Leaves out patience (`client`) and reading answers (`answers`).

use reqwest::{Method, Url};
use serde_json::{Value, json};

use super::answers;
use super::client::{Call, GitHub};
use super::fault::{Fault, FaultKind};
use super::tracker::{Change, Comment, History, Listing, NewIssue, RemoteIssue, Tracker};
use super::wire::Answer;
use crate::decision::IssueState;

/// Issues or comments of one page; with bodies as long as GitHub allows they still fit into one answer.
const PAGE: usize = 50;

/// More pages than this are a circle or no repository for this program.
const PAGES: usize = 2_000;

/// Versions of a body asked for; only the newest few matter.
const HISTORY: &str = "query($owner:String!,$name:String!,$number:Int!){repository(owner:$owner,name:$name){\
    issue(number:$number){userContentEdits(first:20){nodes{editedAt diff editor{login}}}\
    timelineItems(last:10,itemTypes:[RENAMED_TITLE_EVENT]){nodes{... on RenamedTitleEvent{previousTitle currentTitle}}}\
    }}}";

impl GitHub {
    /// Returns the address of the repository, as GitHub itself gives it: after a renaming writes to the old
    /// one are redirected, and a transferred issue is known by its other repository.
    fn home(&mut self) -> Result<String, Fault> {
        if let Some((url, _)) = &self.home {
            return Ok(url.clone());
        }
        let name = self.settings.repository.clone();
        let answer = self.call(&Call::get(format!("{}/repos/{name}", self.settings.api)))?;
        let answer = allowed(answer, "read the repository").map_err(|fault| match fault.kind {
            FaultKind::Gone => Fault::new(FaultKind::NotAllowed, format!("GitHub shows no repository {name}"))
                .hint("check the name; a token that may not see a private repository gets the same answer"),
            _ => fault,
        })?;
        for (field, off, hint) in [
            ("has_issues", false, "switch issues on in the settings of the repository"),
            ("archived", true, "take the repository out of the archive"),
        ] {
            if answer.body[field].as_bool() == Some(off) {
                return Err(
                    Fault::new(FaultKind::NotAllowed, format!("{name} takes no issues ({field}: {off})")).hint(hint)
                );
            }
        }
        let full = answer.body["full_name"].as_str().unwrap_or(&name).to_owned();
        let url = format!("{}/repos/{full}", self.settings.api);
        self.home = Some((url.clone(), full));
        Ok(url)
    }

    fn get(&mut self, path: &str, what: &str) -> Result<Answer, Fault> {
        let url = format!("{}/{path}", self.home()?);
        let answer = self.call(&Call::get(url))?;
        allowed(answer, what)
    }

    fn write(&mut self, method: Method, path: &str, body: &Value, what: &str) -> Result<Answer, Fault> {
        let url = format!("{}/{path}", self.home()?);
        let answer = self.call(&Call::write(method, url, body))?;
        allowed(answer, what)
    }

    /// Returns what stands on all pages of a list, or on as many as hold `at_most`.
    fn pages(&mut self, path: &str, at_most: usize, what: &str) -> Result<Vec<Value>, Fault> {
        let (mut all, mut url) = (Vec::new(), format!("{}/{path}", self.home()?));
        for _ in 0..PAGES {
            let answer = allowed(self.call(&Call::get(url.clone()))?, what)?;
            let Value::Array(page) = answer.body else { return Err(garbled(what)) };
            all.extend(page);
            let next = answer.headers.get("link").and_then(|link| link.to_str().ok()).and_then(answers::next_page);
            match next {
                Some(next) if all.len() < at_most => {
                    // Another host must not see the token.
                    let ours = Url::parse(&next).is_ok_and(|next| self.is_ours(&next));
                    url = if ours { next } else { return Err(garbled(what)) };
                }
                _ => {
                    all.truncate(at_most);
                    return Ok(all);
                }
            }
        }
        Err(Fault::new(FaultKind::Refused, format!("to {what}, GitHub gives more than {PAGES} pages")))
    }

    /// Reads an issue and makes sure that it is in this repository and not where it was transferred to.
    fn read(&self, answer: &Answer, what: &str) -> Result<RemoteIssue, Fault> {
        let elsewhere = self.home.as_ref().is_some_and(|(_, name)| {
            let at = answer.body["repository_url"].as_str().unwrap_or_default();
            !at.to_lowercase().ends_with(&format!("/repos/{}", name.to_lowercase()))
        });
        if elsewhere {
            let to = answer.body["html_url"].as_str().unwrap_or("another repository");
            return Err(Fault::new(FaultKind::Gone, format!("the issue was transferred to {to}")));
        }
        answers::issue(&answer.body).ok_or_else(|| garbled(what))
    }
}

impl GitHub {
    /// Creates a label; `false` when it exists already, so that of two who ask one gets the name.
    pub fn create_label(&mut self, label: &str) -> Result<bool, Fault> {
        let url = format!("{}/labels", self.home()?);
        let body = json!({"name": label, "color": "ededed", "description": "Used by log-gardener"});
        let answer = self.call(&Call::write(Method::POST, url, &body))?;
        if answer.status == 422 && self.get(&format!("labels/{}", escaped(label)), "read a label").is_ok() {
            return Ok(false);
        }
        allowed(answer, "create a label").map(|_| true)
    }
}

impl Tracker for GitHub {
    fn issues(&mut self, listing: &Listing) -> Result<Vec<RemoteIssue>, Fault> {
        let state = if listing.open_only { "open" } else { "all" };
        let label = listing.label.as_deref().map(|label| format!("&labels={}", escaped(label))).unwrap_or_default();
        let path = format!("issues?state={state}{label}&sort=created&direction=desc&per_page={PAGE}");
        let what = "list issues";
        let found = self.pages(&path, listing.at_most.unwrap_or(usize::MAX), what)?;
        let issues: Option<Vec<RemoteIssue>> = found.iter().map(answers::issue).collect();
        let mut issues = issues.ok_or_else(|| garbled(what))?;
        issues.retain(|issue| !issue.is_pull_request);
        // An issue opened between two pages moves others onto the next one.
        issues.dedup_by_key(|issue| issue.number);
        Ok(issues)
    }

    fn issue(&mut self, number: u64) -> Result<RemoteIssue, Fault> {
        let what = format!("read issue #{number}");
        let answer = self.get(&format!("issues/{number}"), &what)?;
        self.read(&answer, &what)
    }

    fn create(&mut self, new: &NewIssue) -> Result<RemoteIssue, Fault> {
        let body = json!({"title": new.title, "body": new.body, "labels": new.labels, "assignees": new.assignees});
        let answer = self.write(Method::POST, "issues", &body, "open an issue")?;
        // It was opened; what came of it must be looked up.
        answers::issue(&answer.body).ok_or_else(|| {
            Fault::new(FaultKind::OutcomeUnknown, "GitHub opened an issue, but its answer cannot be read")
        })
    }

    fn edit(&mut self, number: u64, change: &Change) -> Result<RemoteIssue, Fault> {
        let mut body = serde_json::Map::new();
        if let Some(title) = &change.title {
            body.insert("title".to_owned(), json!(title));
        }
        if let Some(text) = &change.body {
            body.insert("body".to_owned(), json!(text));
        }
        if let Some(state) = change.state {
            let (state, reason) =
                if state == IssueState::Open { ("open", "reopened") } else { ("closed", "completed") };
            body.insert("state".to_owned(), json!(state));
            body.insert("state_reason".to_owned(), json!(reason));
        }
        let what = format!("change issue #{number}");
        let answer = self.write(Method::PATCH, &format!("issues/{number}"), &Value::Object(body), &what)?;
        self.read(&answer, &what)
    }

    fn add_labels(&mut self, number: u64, labels: &[String]) -> Result<(), Fault> {
        let what = format!("label issue #{number}");
        let url = format!("{}/issues/{number}/labels", self.home()?);
        let body = json!({"labels": labels});
        // Adding a label that is there does nothing, so this POST may be repeated.
        let call = Call { repeatable: true, ..Call::write(Method::POST, url, &body) };
        let answer = self.call(&call)?;
        allowed(answer, &what).map(|_| ())
    }

    fn remove_label(&mut self, number: u64, label: &str) -> Result<(), Fault> {
        let path = format!("issues/{number}/labels/{}", escaped(label));
        match self.write(Method::DELETE, &path, &Value::Null, &format!("take a label off issue #{number}")) {
            Err(fault) if !fault.is_gone() => Err(fault),
            _ => Ok(()),
        }
    }

    fn ensure_label(&mut self, label: &str, create: bool) -> Result<bool, Fault> {
        match self.get(&format!("labels/{}", escaped(label)), "read a label") {
            Ok(_) => return Ok(true),
            Err(fault) if !fault.is_gone() => return Err(fault),
            Err(_) if !create => return Ok(false),
            Err(_) => {}
        }
        let url = format!("{}/labels", self.home()?);
        let body = json!({"name": label, "color": "ededed", "description": "Used by log-gardener"});
        let call = Call { repeatable: true, ..Call::write(Method::POST, url, &body) };
        let answer = self.call(&call)?;
        // Another run, or a first attempt whose answer was lost, was faster.
        if answer.status == 422 && self.get(&format!("labels/{}", escaped(label)), "read a label").is_ok() {
            return Ok(true);
        }
        allowed(answer, "create a label").map(|_| true)
    }

    fn can_be_assigned(&mut self, login: &str) -> Result<bool, Fault> {
        match self.get(&format!("assignees/{}", escaped(login)), "look up an assignee") {
            Ok(_) => Ok(true),
            Err(fault) if fault.is_gone() => Ok(false),
            Err(fault) => Err(fault),
        }
    }

    fn comments(&mut self, number: u64) -> Result<Vec<Comment>, Fault> {
        let what = format!("read the comments of issue #{number}");
        let found = self.pages(&format!("issues/{number}/comments?per_page={PAGE}"), usize::MAX, &what)?;
        Ok(found.iter().map(answers::comment).collect())
    }

    fn comment(&mut self, number: u64, text: &str) -> Result<Comment, Fault> {
        let path = format!("issues/{number}/comments");
        let body = json!({"body": text});
        let answer = self.write(Method::POST, &path, &body, &format!("comment on issue #{number}"))?;
        Ok(answers::comment(&answer.body))
    }

    fn history(&mut self, number: u64) -> Result<History, Fault> {
        self.home()?;
        let name = self.home.as_ref().map(|(_, name)| name.clone()).unwrap_or_default();
        let (owner, name) = name.split_once('/').unwrap_or_default();
        let body = json!({"query": HISTORY, "variables": {"owner": owner, "name": name, "number": number}});
        let url = self.settings.graphql();
        // A query; asking twice changes nothing.
        let call = Call { repeatable: true, writes: false, ..Call::write(Method::POST, url, &body) };
        let answer = self.call(&call)?;
        let answer = allowed(answer, "read the history of an issue")?;
        if let Some(error) = answer.body["errors"][0]["message"].as_str() {
            return Err(Fault::new(
                FaultKind::Refused,
                format!("the history of issue #{number} is not given: {error}"),
            ));
        }
        answers::history(&answer.body).ok_or_else(|| garbled("read the history of an issue"))
    }
}

/// Returns the answer if it is a success, else what it means that it is none.
fn allowed(answer: Answer, what: &str) -> Result<Answer, Fault> {
    let cause = format!("GitHub does not {what}: {}", answer.message());
    Err(match answer.status {
        200..=299 => return Ok(answer),
        401 => Fault::new(FaultKind::NotAllowed, cause).hint("the token is wrong or has expired; get a new one"),
        403 => Fault::new(FaultKind::NotAllowed, cause)
            .hint("the token needs the permission `issues: write` (classic tokens: the scope `repo`)"),
        404 | 410 => Fault::new(FaultKind::Gone, cause).hint("if it is there, the token may not see or change it"),
        _ => Fault::new(FaultKind::Refused, cause),
    })
}

fn garbled(what: &str) -> Fault {
    Fault::new(FaultKind::Refused, format!("to {what}, GitHub answers something else than its documentation says"))
        .hint("check GITHUB_API_URL; a proxy may have answered instead")
}

/// Returns a name as a part of an address.
fn escaped(name: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte);
    name.bytes().map(|byte| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") }).collect()
}
