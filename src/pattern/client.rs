//! Who calls: test clients, probes and scanners, told by user agent or path (`patterns/clients.toml`).
//! Leaves out what follows from it: error patterns and priority rules decide that.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::entry::HttpRequest;
use crate::pattern::expression::{Expression, count};
use crate::pattern::file::{PatternFile, held_to_the_law};
use crate::pattern::{Problem, Text, law};

/// A caller that is no person with a browser, as far as its request tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ClientKind {
    /// A test run or a developer's command line.
    TestClient,
    /// A health check of the platform or of a monitoring service.
    Probe,
    /// A search for weak spots.
    Scanner,
    /// A program that names only the library or tool it calls with: a person at a command line, a job, another service.
    Script,
}

/// The rules that tell callers apart, in the order they are tried.
#[derive(Debug)]
pub struct Clients {
    rules: Vec<Client>,
}

#[derive(Debug)]
struct Client {
    rule: ClientRule,
    file: String,
    user_agent: Option<Expression>,
    path: Option<Expression>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    client: Vec<ClientRule>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct ClientRule {
    id: Text,
    kind: ClientKind,
    user_agent: Option<Text>,
    path: Option<Text>,
    #[serde(default)]
    should_match: Vec<Example>,
    #[serde(default)]
    should_not_match: Vec<Example>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Example {
    #[serde(default)]
    user_agent: Option<String>,
    #[serde(default)]
    path: Option<String>,
    #[serde(default)]
    reason: String,
}

impl ClientKind {
    /// Returns the name used in pattern files and reports, for example `test-client`.
    pub fn name(self) -> &'static str {
        match self {
            ClientKind::TestClient => "test-client",
            ClientKind::Probe => "probe",
            ClientKind::Scanner => "scanner",
            ClientKind::Script => "script",
        }
    }

    /// Whether it is certain that nobody's work fails with its request: behind a script may stand a service of the user's.
    pub fn is_synthetic(self) -> bool {
        self != ClientKind::Script
    }
}

impl fmt::Display for ClientKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl Clients {
    /// Reads the rules; a user's rule replaces ours of the same id, and his further ones come first.
    pub fn load(builtin: &[(String, String)], user: &[(String, String)]) -> Result<Clients, Vec<Problem>> {
        Clients::read(&held_to_the_law(builtin), &held_to_the_law(user))
    }

    /// The same for files of which ours may be known to keep the law.
    pub(crate) fn read(builtin: &[PatternFile], user: &[PatternFile]) -> Result<Clients, Vec<Problem>> {
        let mut problems = Vec::new();
        let ours = read(builtin, &mut problems);
        let mut rules = read(user, &mut problems);
        let replaced = |id: &str, rules: &[Client]| rules.iter().any(|client| *client.rule.id == *id);
        let kept: Vec<Client> = ours.into_iter().filter(|client| !replaced(&client.rule.id, &rules)).collect();
        rules.extend(kept);
        if problems.is_empty() { Ok(Clients { rules }) } else { Err(problems) }
    }

    /// Returns what kind of caller sent the request; `None` for everybody else.
    pub fn classify(&self, request: &HttpRequest) -> Option<ClientKind> {
        self.find(request).map(|client| client.rule.kind)
    }

    /// Runs every example both ways and returns what went wrong, as plain sentences.
    pub fn check(&self) -> Vec<String> {
        let mut wrong = Vec::new();
        for client in &self.rules {
            let (id, file) = (&client.rule.id, &client.file);
            for (examples, wanted) in [(&client.rule.should_match, true), (&client.rule.should_not_match, false)] {
                for example in examples {
                    let found = self.find(&example.request()).map_or("nobody", |other| &*other.rule.id);
                    if (found == &**id) != wanted {
                        let rule = if wanted { "should_match" } else { "should_not_match" };
                        wrong.push(format!("{file}: {rule} of `{id}` is recognised as {found}: {example:?}"));
                    }
                }
            }
        }
        wrong
    }

    /// Returns how many regular expressions are compiled, and how many there are.
    pub(crate) fn compiled(&self) -> (usize, usize) {
        count(self.expressions())
    }

    /// Returns the regular expressions.
    pub(crate) fn expressions(&self) -> impl Iterator<Item = &Expression> {
        self.rules.iter().flat_map(|client| client.user_agent.iter().chain(&client.path))
    }

    fn find(&self, request: &HttpRequest) -> Option<&Client> {
        let holds =
            |regex: &Expression, value: &Option<String>| value.as_deref().is_some_and(|text| regex.is_match(text));
        self.rules.iter().find(|client| {
            client.user_agent.as_ref().is_some_and(|regex| holds(regex, &request.user_agent))
                || client.path.as_ref().is_some_and(|regex| holds(regex, &request.path))
        })
    }
}

impl Example {
    fn request(&self) -> HttpRequest {
        HttpRequest { user_agent: self.user_agent.clone(), path: self.path.clone(), ..HttpRequest::default() }
    }
}

fn read(files: &[PatternFile], problems: &mut Vec<Problem>) -> Vec<Client> {
    let mut rules: Vec<Client> = Vec::new();
    for file in files {
        let parsed: File = match file.parse() {
            Ok(parsed) => parsed,
            Err(problem) => {
                problems.push(problem);
                continue;
            }
        };
        for rule in parsed.client {
            let mut report = law::Report::new(*file, problems);
            report.id(&rule.id);
            if rules.iter().any(|other| *other.rule.id == *rule.id) {
                report.add(
                    &rule.id,
                    format!("duplicate id `{}`", rule.id),
                    "give one of them another id, or remove it",
                );
            }
            if rule.user_agent.is_none() && rule.path.is_none() {
                report.add(&rule.id, format!("client `{}` has no way to be told", rule.id), "add user_agent or path");
            }
            let reasons = rule.should_not_match.iter().all(|example| !example.reason.trim().is_empty());
            report.examples(&rule.id, "client", rule.should_match.len(), rule.should_not_match.len(), reasons);
            let user_agent = rule.user_agent.as_ref().and_then(|regex| report.regex("user_agent", regex));
            let path = rule.path.as_ref().and_then(|regex| report.regex("path", regex));
            rules.push(Client { rule, file: file.name.to_string(), user_agent, path });
        }
    }
    rules
}
