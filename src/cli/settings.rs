//! `log-gardener.toml`: thresholds of the audit loop, the repository, labels, webhooks.
//! Leaves out secrets: the file names the environment variable that holds one, never the secret itself.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Deserializer, de::Error as _};

use crate::decision::{Policy, Rhythm};
use crate::report::LabelPolicy;

use super::failure::{Exit, Failure};
use super::limits::LimitsPart;

/// The file that is read when no other is named, if it exists.
pub(super) const FILE: &str = "log-gardener.toml";

/// The whole file.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Settings {
    /// Thresholds and windows.
    #[serde(default)]
    pub(super) audit: AuditSettings,
    /// Where issues are kept.
    #[serde(default)]
    pub(super) github: GitHubPart,
    /// Where the source code is.
    #[serde(default)]
    pub(super) code: CodePart,
    /// What bounds a run.
    #[serde(default)]
    pub(super) limits: LimitsPart,
    /// What is redacted besides what the rules know.
    #[serde(default)]
    pub(super) redact: RedactPart,
    /// Who is told.
    #[serde(default)]
    pub(super) webhook: Vec<WebhookPart>,
}

/// `[redact]`.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RedactPart {
    /// Fields whose values tell a person; the last part of a path counts.
    #[serde(default)]
    pub(super) fields: Vec<String>,
}

/// `[audit]`.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct AuditSettings {
    passes: Option<u32>,
    events: Option<u64>,
    least: Option<Priority>,
    most_new: Option<usize>,
    most_new_a_day: Option<usize>,
    quiet_after: Option<u32>,
    flapping: Option<usize>,
    refresh: Option<Span>,
    tell_every: Option<Span>,
    grace: Option<Span>,
    overlap: Option<Span>,
    first: Option<Span>,
    longest: Option<Span>,
}

/// `[github]`.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct GitHubPart {
    /// `OWNER/NAME`.
    pub(super) repository: Option<String>,
    /// `https://HOST/api/v3` of an Enterprise server.
    pub(super) api: Option<String>,
    /// A command that prints a token, with its arguments; run without a shell where the environment holds none.
    pub(super) token_command: Option<Vec<String>>,
    /// Labels that may be used; the default is the list of the README.
    pub(super) labels: Option<Vec<String>>,
    /// The label of every generated issue.
    pub(super) generated_label: Option<String>,
    /// Whether missing labels are created.
    pub(super) create_labels: Option<bool>,
}

/// `[code]`.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct CodePart {
    /// A git checkout of the service.
    pub(super) repo: Option<PathBuf>,
    /// Where paths of the container lie in it.
    #[serde(default)]
    pub(super) map: Vec<String>,
}

/// One `[[webhook]]`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct WebhookPart {
    /// The environment variable that holds the address, because an address of a webhook is a secret.
    #[serde(deserialize_with = "variable")]
    pub(super) url_env: String,
    /// How the message is formed.
    pub(super) kind: WebhookKind,
    /// Least urgent priority that is told.
    #[serde(default)]
    pub(super) least: Priority,
}

/// Reads the name of a variable. What else stands there may be the address itself, and is not repeated.
fn variable<'de, D: Deserializer<'de>>(from: D) -> Result<String, D::Error> {
    let text = String::deserialize(from)?;
    let plain = !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    if plain { Ok(text) } else { Err(D::Error::custom("url_env is the name of a variable, not the address")) }
}

/// How a message is formed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum WebhookKind {
    /// Slack and what understands its format.
    Slack,
    /// Our own JSON.
    Generic,
}

/// A priority. Read where it stands, so that a wrong one is told with its line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Priority(pub(super) String);

impl Default for Priority {
    fn default() -> Priority {
        Priority("P1".to_string())
    }
}

impl<'de> Deserialize<'de> for Priority {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Priority, D::Error> {
        let text = String::deserialize(from)?;
        match text.as_str() {
            "P0" | "P1" | "P2" | "P3" => Ok(Priority(text)),
            _ => Err(D::Error::custom(format!("`{text}` is no priority: write P0, P1, P2 or P3"))),
        }
    }
}

/// Settings whose values may be shown where they are wrong.
const SHOWN: [&str; 16] = [
    "passes",
    "events",
    "least",
    "most_new",
    "most_new_a_day",
    "quiet_after",
    "flapping",
    "refresh",
    "tell_every",
    "grace",
    "overlap",
    "first",
    "longest",
    "generated_label",
    "create_labels",
    "kind",
];

/// Returns the parser's words without what a line sets, unless the setting is one that holds no secret: people write
/// tokens and addresses into settings that there are not.
fn without_values(told: &str) -> String {
    let mut lines = Vec::new();
    let mut hidden = false;
    for line in told.lines() {
        let quoted = line.split_once(" | ").filter(|(number, _)| number.trim().parse::<u32>().is_ok());
        match quoted {
            Some((number, text)) if !text.trim_start().starts_with('[') => {
                let (key, value) = text.split_once('=').unwrap_or(("", text));
                hidden = !SHOWN.contains(&key.trim()) && !value.trim().is_empty();
                let key =
                    if key.trim().chars().all(|c| c.is_ascii_alphanumeric() || "_-. ".contains(c)) { key } else { "" };
                lines.push(if hidden { format!("{number} | {key}= ...") } else { line.to_string() });
            }
            // The mark below stands under what is not shown.
            _ if hidden && line.trim_start().starts_with('|') => {}
            _ => lines.push(line.to_string()),
        }
    }
    lines.join("\n")
}

/// A length of time, nanoseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Span(i64);

impl<'de> Deserialize<'de> for Span {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Span, D::Error> {
        let text = String::deserialize(from)?;
        let nanos = crate::pattern::duration(&text).filter(|nanos| *nanos > 0);
        nanos.map(Span).ok_or_else(|| D::Error::custom(format!("`{text}` is no duration: write 30s, 15m or 6h")))
    }
}

impl Settings {
    /// Reads the named file, or the one in the working directory if there is one.
    pub(super) fn read(named: Option<&Path>) -> Result<Settings, Failure> {
        let path = named.map_or_else(|| PathBuf::from(FILE), Path::to_path_buf);
        if named.is_none() && !path.exists() {
            return Ok(Settings::default());
        }
        let text = std::fs::read_to_string(&path)
            .map_err(|error| Failure::new(Exit::Usage, format!("cannot read {}", path.display())).because(error))?;
        let wrong =
            |cause: String| Failure::new(Exit::Usage, format!("wrong settings in {}", path.display())).because(cause);
        let settings = Settings::parse(&text).map_err(|cause| wrong(cause).hint("the README lists every setting"))?;
        // The working directory may be a checkout of strangers; who is given the token is not theirs to say.
        let github = &settings.github;
        let directs = [("api", github.api.is_some()), ("token_command", github.token_command.is_some())];
        if let Some((key, _)) = directs.iter().find(|(_, set)| *set && named.is_none()) {
            return Err(wrong(format!("`{key}` decides who is given a token, and this file was not named"))
                .hint(format!("if you trust it, name it: --settings {}", path.display())));
        }
        Ok(settings)
    }

    /// Reads the text of such a file. The parser's words hold the line, the column and the place itself.
    pub(super) fn parse(text: &str) -> Result<Settings, String> {
        toml::from_str(text).map_err(|error| without_values(error.to_string().trim_end()))
    }

    /// Returns the thresholds.
    pub(super) fn policy(&self) -> Policy {
        let audit = &self.audit;
        let default = Policy::default();
        let span = |set: Option<Span>, default: i64| set.map_or(default, |span| span.0);
        Policy {
            passes: audit.passes.unwrap_or(default.passes).max(1),
            events: audit.events.unwrap_or(default.events).max(1),
            least: audit.least.as_ref().map_or(default.least, |least| least.0.clone()),
            most_new: audit.most_new.unwrap_or(default.most_new),
            most_new_a_day: audit.most_new_a_day.unwrap_or(default.most_new_a_day),
            quiet_after: audit.quiet_after.unwrap_or(default.quiet_after).max(1),
            overlap: self.rhythm().overlap,
            flapping: audit.flapping.unwrap_or(default.flapping).max(1),
            refresh: span(audit.refresh, default.refresh),
            tell_every: span(audit.tell_every, default.tell_every),
            grace: span(audit.grace, default.grace),
        }
    }

    /// Returns how windows follow each other.
    pub(super) fn rhythm(&self) -> Rhythm {
        let default = Rhythm::default();
        let span = |set: Option<Span>, default: i64| set.map_or(default, |span| span.0);
        Rhythm {
            overlap: span(self.audit.overlap, default.overlap),
            first: span(self.audit.first, default.first),
            longest: span(self.audit.longest, default.longest),
        }
    }

    /// Returns the rule for labels.
    pub(super) fn labels(&self) -> LabelPolicy {
        let mut policy = LabelPolicy::default();
        if let Some(labels) = &self.github.labels {
            policy.allowed = labels.clone();
        }
        if let Some(generated) = &self.github.generated_label {
            policy.generated = generated.clone();
        }
        if !policy.allowed.contains(&policy.generated) {
            policy.allowed.push(policy.generated.clone());
        }
        policy
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wrong_value_is_told_with_its_line() {
        for (text, line, cause) in [
            ("[audit]\npasses = 2\nfirst = \"soon\"\n", "line 3", "`soon` is no duration"),
            ("[audit]\nleast = \"P9\"\n", "line 2", "`P9` is no priority"),
            ("[audit]\n\npases = 2\n", "line 3", "unknown field `pases`"),
            ("[[webhook]]\nurl_env = \"X\"\nkind = \"pager\"\n", "line 3", "unknown variant `pager`"),
        ] {
            let error = Settings::parse(text).expect_err("wrong");
            assert!(error.contains(line) && error.contains(cause), "{error}");
        }
        assert_eq!(Settings::default().policy(), Policy::default());
        assert_eq!(Settings::default().rhythm(), Rhythm::default());
    }

    #[test]
    fn a_secret_that_stands_where_it_should_not_is_not_repeated() {
        for text in [
            "[github]\ntoken = \"canary\"\n",
            "[github]\ntoken = canary\n",
            "[github]\nrepository = [\"canary\"]\n",
            "[github]\n\"canary\"\n",
            "[[webhook]]\nurl = \"https://hooks.example/canary\"\nkind = \"slack\"\n",
            "[[webhook]]\nurl_env = \"https://hooks.example/canary\"\nkind = \"slack\"\n",
        ] {
            let told = Settings::parse(text).expect_err("wrong");
            assert!(told.contains("line 2") && !told.contains("canary"), "{told}");
        }
    }

    #[test]
    fn the_readme_lists_every_key_with_its_default() {
        let readme = include_str!("../../README.md");
        let block = readme.split("```toml\n").nth(1).and_then(|rest| rest.split("```").next()).expect("the settings");
        let settings: Settings = toml::from_str(block).expect("it can be read");
        assert_eq!((settings.policy(), settings.rhythm()), (Policy::default(), Rhythm::default()));
        assert_eq!(settings.labels(), LabelPolicy::default());
        // What has no default is shown as a comment, and can be read as well.
        let all: String = block.lines().map(|line| format!("{}\n", line.trim_start_matches("# "))).collect();
        let all: Settings = toml::from_str(&all).expect("it can be read");
        assert!(all.code.repo.is_some() && all.code.map.len() == 1);
        assert_eq!(all.redact.fields.len(), 2);
        assert!(
            all.github.repository.is_some()
                && all.github.api.is_some()
                && all.github.token_command.is_some()
                && all.webhook.len() == 1
        );
        for key in [
            "passes",
            "events",
            "least",
            "most_new",
            "most_new_a_day",
            "quiet_after",
            "flapping",
            "refresh",
            "tell_every",
            "grace",
        ] {
            assert!(block.contains(&format!("\n{key} = ")), "{key}");
        }
    }
}
