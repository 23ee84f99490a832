//! Runs the examples of pattern files, both ways. Leaves out printing: `cli` shows the results.

use crate::entry::{HttpRequest, Severity};
use crate::exception::{Exception, StackFrame};
use crate::pattern::Known;
use crate::pattern::file::{PatternFile, held_to_the_law};
use crate::pattern::rule::Rule;
use crate::pattern::text::placeholders;
use crate::pattern::{Clients, ErrorPattern, ErrorPatterns, HttpExample, Problem, Subject, law};

/// What came of one example.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExampleResult {
    /// The file as the user knows it.
    pub file: String,
    /// 1-based line at which the example starts.
    pub line: usize,
    /// The pattern it belongs to.
    pub pattern: String,
    /// Whether it went as the file says.
    pub ok: bool,
    /// What happened, in one sentence.
    pub what: String,
}

/// Runs every example, ours and the user's, against all patterns together.
///
/// An example of ours that a pattern of the user's takes over is no failure: that is what a pattern of
/// one's own is for. It is mentioned in `what`.
pub fn check(
    builtin: &[(String, String)],
    user: &[(String, String)],
    clients: &Clients,
) -> Result<Vec<ExampleResult>, Vec<Problem>> {
    let (builtin, user) = (held_to_the_law(builtin), held_to_the_law(user));
    Ok(run(&ErrorPatterns::read(&builtin, &user)?, &builtin, &user, clients))
}

/// The same with patterns that are loaded.
pub(crate) fn run(
    patterns: &ErrorPatterns,
    builtin: &[PatternFile],
    user: &[PatternFile],
    clients: &Clients,
) -> Vec<ExampleResult> {
    let mut results = Vec::new();
    for rule in patterns.rules() {
        let files = if rule.user { user } else { builtin };
        let text = files.iter().find(|file| file.name == rule.file).map_or("", |file| file.text);
        results.extend(rule_results(patterns, rule, text, clients));
    }
    results.sort_by(|left, right| (&left.file, left.line).cmp(&(&right.file, right.line)));
    results
}

fn rule_results(patterns: &ErrorPatterns, rule: &Rule, text: &str, clients: &Clients) -> Vec<ExampleResult> {
    let result = |span: std::ops::Range<usize>, (ok, what): (bool, String)| ExampleResult {
        file: rule.file.clone(),
        line: text.get(..span.start).unwrap_or("").matches('\n').count() + 1,
        pattern: rule.pattern.id.to_string(),
        ok,
        what,
    };
    let mut results = Vec::new();
    for example in &rule.pattern.should_match {
        let wanted = example.get_ref();
        let exception = exception(wanted.exception.as_deref(), &wanted.text, wanted.raised_in.as_deref());
        let request = wanted.http.as_ref().map(request);
        let subject = subject(&wanted.text, exception.as_ref(), request.as_ref(), clients);
        let outcome = match patterns.recognise(&subject) {
            Some(known) if is(patterns, &known, rule) => captured(&rule.pattern, &known, &wanted.captures),
            Some(known) => taken(patterns, &known, rule, &subject),
            None => (false, format!("should match, but {}", missed(rule, &subject))),
        };
        results.push(result(example.span(), outcome));
    }
    for example in &rule.pattern.should_not_match {
        let wanted = example.get_ref();
        let exception = exception(wanted.exception.as_deref(), &wanted.text, wanted.raised_in.as_deref());
        let request = wanted.http.as_ref().map(request);
        let subject = subject(&wanted.text, exception.as_ref(), request.as_ref(), clients);
        let outcome = match patterns.recognise(&subject) {
            Some(known) if is(patterns, &known, rule) => (false, format!("must not match: {}", wanted.reason)),
            Some(known) => (true, format!("is `{}`", patterns.get(known.pattern).id)),
            None => (true, "is not known".to_string()),
        };
        results.push(result(example.span(), outcome));
    }
    results
}

fn is(patterns: &ErrorPatterns, known: &Known, rule: &Rule) -> bool {
    *patterns.get(known.pattern).id == *rule.pattern.id
}

fn captured(
    pattern: &ErrorPattern,
    known: &Known,
    wanted: &std::collections::BTreeMap<String, String>,
) -> (bool, String) {
    for (name, value) in wanted {
        match known.captures.get(name) {
            Some(found) if found == value => {}
            Some(found) => return (false, format!("captures `{name}` as `{found}`, not as `{value}`")),
            None => return (false, format!("does not capture `{name}`")),
        }
    }
    let used = law::texts(pattern).into_iter().flat_map(|text| placeholders(text));
    // The service stands in the entry, not in its text.
    let missing = used
        .chain(pattern.identity.iter().map(|name| &**name))
        .find(|name| *name != "service" && !known.captures.contains_key(*name));
    match missing {
        Some(name) => (false, format!("matches, but does not capture `{name}`, which the pattern's texts need")),
        None => (true, "matches".to_string()),
    }
}

fn taken(patterns: &ErrorPatterns, known: &Known, rule: &Rule, subject: &Subject<'_>) -> (bool, String) {
    let thief = patterns.rules().nth(known.pattern);
    let id = &patterns.get(known.pattern).id;
    if thief.is_some_and(|thief| thief.user && !rule.user) {
        return (true, format!("is recognised by the user's `{id}`"));
    }
    match rule.captures(&subject.texts(), subject) {
        Ok(_) => (false, format!("matches, but `{id}` takes it; narrow one of them, or set rank")),
        Err(why) => (false, format!("should match, but {why}; `{id}` matches")),
    }
}

fn missed(rule: &Rule, subject: &Subject<'_>) -> String {
    match rule.captures(&subject.texts(), subject) {
        Ok(_) => "no word of `any` stands in it".to_string(),
        Err(why) => why,
    }
}

fn exception(type_name: Option<&str>, message: &str, raised_in: Option<&str>) -> Option<Exception> {
    let frame = raised_in.and_then(|place| place.rsplit_once(' ')).map(|(file, function)| StackFrame {
        file: Some(file.to_string()),
        function: Some(function.to_string()),
        ..StackFrame::default()
    });
    type_name.map(|type_name| Exception {
        type_name: Some(type_name.to_string()),
        message: Some(message.to_string()),
        frames: frame.into_iter().collect(),
        ..Exception::default()
    })
}

fn request(example: &HttpExample) -> HttpRequest {
    HttpRequest {
        method: example.method.clone(),
        path: example.path.clone(),
        status: Some(example.status),
        user_agent: example.user_agent.clone(),
        ..HttpRequest::default()
    }
}

fn subject<'a>(
    message: &'a str,
    exception: Option<&'a Exception>,
    http: Option<&'a HttpRequest>,
    clients: &Clients,
) -> Subject<'a> {
    let client = http.and_then(|http| clients.classify(http));
    Subject { message, exception, http, severity: Severity::Error, client }
}
