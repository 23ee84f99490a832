//! Cascade rules: which kind of error is known to cause which other, with equal keys, within a time.
//! Leaves out applying them to events: see `cascade::ruled`.

use serde::Deserialize;
use toml::Spanned;

use super::file::PatternFile;
use super::problem::Problem;
use super::{Role, Selector};

/// What cause and effect must have in common.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum EqualKey {
    /// The same running copy.
    Instance,
    /// The same service.
    Service,
    /// The same revision.
    Revision,
    /// The same project.
    Project,
    /// The same input, for logs that name neither service nor instance: always stated. What both do name
    /// must agree all the same, unless the rule says `across`.
    Source,
}

/// One declared cause and effect.
#[derive(Debug, Clone)]
pub struct CascadeRule {
    /// Unique, kebab-case.
    pub id: String,
    /// Which groups may be the cause.
    pub cause: Selector,
    /// Which groups may be the effect.
    pub effect: Selector,
    /// Keys that both must share; at most four.
    pub equal: Vec<EqualKey>,
    /// Keys to compare where neither side states all of `equal`; none: the rule is silent there.
    pub otherwise: Vec<EqualKey>,
    /// How long before the effect the cause may lie, nanoseconds.
    pub within_nanos: i64,
    /// How long after the effect the cause may be logged (a trace is flushed after its headline), nanoseconds.
    pub early_nanos: i64,
    /// The cause lies between start and end of the request that is the effect.
    pub during: bool,
    /// Cause and effect are by nature logged by different programs, such as a kernel and a proxy.
    pub across: bool,
    /// The capture of the effect that names the service of the cause, with or without an ending such as `.service`; what
    /// another service logged is no cause then.
    pub names: Option<String>,
    /// One sentence: how the cause brings the effect about.
    pub why: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RuleFile {
    #[serde(default)]
    cascade: Vec<RawRule>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawRule {
    id: Spanned<String>,
    cause: Selector,
    effect: Selector,
    equal: Vec<EqualKey>,
    #[serde(default)]
    otherwise: Vec<EqualKey>,
    within: Option<Spanned<String>>,
    early: Option<Spanned<String>>,
    #[serde(default)]
    during: bool,
    #[serde(default)]
    across: bool,
    names: Option<String>,
    why: String,
    #[serde(default)]
    should_link: Vec<Example>,
    #[serde(default)]
    should_not_link: Vec<Example>,
}

/// Two groups, as a rule's selector sees them, and the lag between them.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Example {
    cause: ExampleGroup,
    effect: ExampleGroup,
    lag: Spanned<String>,
    reason: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ExampleGroup {
    pattern: Option<String>,
    #[serde(default)]
    category: String,
    #[serde(default)]
    role: Role,
    #[serde(default = "error_word")]
    severity: String,
    status: Option<u16>,
}

fn error_word() -> String {
    "ERROR".to_string()
}

/// Reads cascade rules; a rule of a later file replaces an earlier one with the same id.
pub(super) fn load(files: &[PatternFile]) -> Result<Vec<CascadeRule>, Vec<Problem>> {
    let mut rules: Vec<CascadeRule> = Vec::new();
    let mut problems = Vec::new();
    for file in files {
        let parsed: RuleFile = match file.parse() {
            Ok(parsed) => parsed,
            Err(problem) => {
                problems.push(problem);
                continue;
            }
        };
        let mut seen: Vec<String> = Vec::new();
        for raw in parsed.cascade {
            match check(*file, raw, &mut seen) {
                Ok(rule) => {
                    rules.retain(|earlier| earlier.id != rule.id);
                    rules.push(rule);
                }
                Err(problem) => problems.push(*problem),
            }
        }
    }
    if problems.is_empty() { Ok(rules) } else { Err(problems) }
}

fn check(place: PatternFile, raw: RawRule, seen: &mut Vec<String>) -> Result<CascadeRule, Box<Problem>> {
    let (file, text) = (place.name, place.text);
    let span = raw.id.span();
    let id = raw.id.get_ref().clone();
    let fault = |message: String, hint: &str| Box::new(Problem::at(file, text, span.clone(), message, hint));
    if seen.contains(&id) {
        return Err(fault(format!("cascade rule `{id}` stands twice in this file"), "give each rule its own id"));
    }
    seen.push(id.clone());
    if raw.should_link.is_empty() {
        return Err(fault(
            format!("cascade rule `{id}` has no should_link example"),
            "add a cause, an effect and a lag that must be linked",
        ));
    }
    if raw.should_not_link.is_empty() {
        return Err(fault(
            format!("cascade rule `{id}` has no should_not_link example"),
            "add a similar cause and effect that must not be linked, with a reason",
        ));
    }
    if raw.equal.is_empty() || raw.equal.len() > 4 || raw.otherwise.len() > 4 {
        return Err(fault(
            format!("cascade rule `{id}` needs one to four `equal` keys"),
            "use instance, service, revision, project or source",
        ));
    }
    let nanos = |value: &Option<Spanned<String>>| -> Result<i64, Box<Problem>> {
        match value {
            None => Ok(0),
            Some(value) => duration(value.get_ref()).ok_or_else(|| {
                Box::new(Problem::at(
                    file,
                    text,
                    value.span(),
                    format!("`{}` is not a duration", value.get_ref()),
                    "write 500ms, 10s, 5m or 1h",
                ))
            }),
        }
    };
    if raw.within.is_none() && !raw.during {
        return Err(fault(
            format!("cascade rule `{id}` has no `within`"),
            "say how long after its cause the effect may come, for example within = \"30s\"",
        ));
    }
    let rule = CascadeRule {
        within_nanos: nanos(&raw.within)?,
        early_nanos: nanos(&raw.early)?,
        during: raw.during,
        across: raw.across,
        names: raw.names,
        id: id.clone(),
        cause: raw.cause,
        effect: raw.effect,
        equal: raw.equal,
        otherwise: raw.otherwise,
        why: raw.why,
    };
    if place.is_proven() {
        return Ok(rule);
    }
    for (examples, expect) in [(&raw.should_link, true), (&raw.should_not_link, false)] {
        for example in examples {
            let at = example.lag.span();
            let lag = signed_duration(example.lag.get_ref()).ok_or_else(|| {
                Box::new(Problem::at(
                    file,
                    text,
                    at.clone(),
                    format!("`{}` is not a lag", example.lag.get_ref()),
                    "write 500ms, -20ms, 10s or 45m",
                ))
            })?;
            if !expect && example.reason.as_deref().unwrap_or("").trim().is_empty() {
                return Err(Box::new(Problem::at(
                    file,
                    text,
                    at,
                    format!("a should_not_link example of `{id}` has no reason"),
                    "say why the two must not be linked",
                )));
            }
            let timed = rule.during || (lag <= rule.within_nanos && -lag <= rule.early_nanos);
            let linked =
                timed && rule.cause.accepts(&example.cause.facts()) && rule.effect.accepts(&example.effect.facts());
            if linked != expect {
                let verb = if expect { "should link but does not" } else { "should not link but does" };
                return Err(Box::new(Problem::at(
                    file,
                    text,
                    at,
                    format!("an example of cascade rule `{id}` {verb}"),
                    "change the selectors, `within` or the example",
                )));
            }
        }
    }
    Ok(rule)
}

impl ExampleGroup {
    fn facts(&self) -> super::GroupFacts<'_> {
        super::GroupFacts {
            pattern: self.pattern.as_deref(),
            category: &self.category,
            role: self.role,
            severity: crate::entry::Severity::from_word(&self.severity).unwrap_or_default(),
            status: self.status,
            is_request: self.status.is_some(),
        }
    }
}

/// Reads `500ms`, `10s`, `5m`, `1h` into nanoseconds.
pub(crate) fn duration(text: &str) -> Option<i64> {
    let split = text.find(|c: char| !c.is_ascii_digit() && c != '.')?;
    let number: f64 = text[..split].parse().ok()?;
    let unit = match text[split..].trim() {
        "ms" => 1e6,
        "s" => 1e9,
        "m" | "min" => 60e9,
        "h" => 3600e9,
        "d" => 86400e9,
        "w" => 604_800e9,
        _ => return None,
    };
    let nanos = number * unit;
    (nanos.is_finite() && nanos < i64::MAX as f64).then_some(nanos as i64)
}

fn signed_duration(text: &str) -> Option<i64> {
    match text.strip_prefix('-') {
        Some(rest) => duration(rest).map(|nanos| -nanos),
        None => duration(text),
    }
}
