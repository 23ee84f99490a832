//! `log-gardener.toml`: thresholds of the audit loop, the repository, labels, webhooks.
//! Leaves out secrets: the file names the environment variable that holds one, never the secret itself.

use std::path::{Path, PathBuf};

use serde::Deserialize;

use crate::decision::{Policy, Rhythm};
use crate::report::LabelPolicy;

use super::failure::{Exit, Failure};

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
    /// Who is told.
    #[serde(default)]
    pub(super) webhook: Vec<WebhookPart>,
}

/// `[audit]`.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct AuditSettings {
    passes: Option<u32>,
    events: Option<u64>,
    least: Option<String>,
    most_new: Option<usize>,
    most_new_a_day: Option<usize>,
    quiet_after: Option<u32>,
    flapping: Option<usize>,
    refresh: Option<String>,
    tell_every: Option<String>,
    grace: Option<String>,
    overlap: Option<String>,
    first: Option<String>,
    longest: Option<String>,
}

/// `[github]`.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct GitHubPart {
    /// `OWNER/NAME`.
    pub(super) repository: Option<String>,
    /// `https://HOST/api/v3` of an Enterprise server.
    pub(super) api: Option<String>,
    /// Labels that may be used; the default is the list of the README.
    pub(super) labels: Option<Vec<String>>,
    /// The label of every generated issue.
    pub(super) generated_label: Option<String>,
    /// Whether missing labels are created.
    pub(super) create_labels: Option<bool>,
}

/// One `[[webhook]]`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct WebhookPart {
    /// The environment variable that holds the address, because an address of a webhook is a secret.
    pub(super) url_env: String,
    /// How the message is formed.
    pub(super) kind: WebhookKind,
    /// Least urgent priority that is told.
    #[serde(default = "p1")]
    pub(super) least: String,
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

fn p1() -> String {
    "P1".to_string()
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
        let wrong = |cause: String| {
            Failure::new(Exit::Usage, format!("wrong settings in {}", path.display()))
                .because(cause)
                .hint("the README lists every setting")
        };
        let settings: Settings = toml::from_str(&text).map_err(|error| wrong(error.to_string().trim().to_string()))?;
        settings.policy().map_err(&wrong)?;
        settings.rhythm().map_err(&wrong)?;
        for webhook in &settings.webhook {
            priority(&webhook.least).map_err(&wrong)?;
        }
        Ok(settings)
    }

    /// Returns the thresholds.
    pub(super) fn policy(&self) -> Result<Policy, String> {
        let audit = &self.audit;
        let default = Policy::default();
        Ok(Policy {
            passes: audit.passes.unwrap_or(default.passes).max(1),
            events: audit.events.unwrap_or(default.events).max(1),
            least: audit.least.as_deref().map(priority).transpose()?.unwrap_or(default.least),
            most_new: audit.most_new.unwrap_or(default.most_new),
            most_new_a_day: audit.most_new_a_day.unwrap_or(default.most_new_a_day),
            quiet_after: audit.quiet_after.unwrap_or(default.quiet_after).max(1),
            flapping: audit.flapping.unwrap_or(default.flapping).max(1),
            refresh: duration("refresh", &audit.refresh, default.refresh)?,
            tell_every: duration("tell_every", &audit.tell_every, default.tell_every)?,
            grace: duration("grace", &audit.grace, default.grace)?,
        })
    }

    /// Returns how windows follow each other.
    pub(super) fn rhythm(&self) -> Result<Rhythm, String> {
        let default = Rhythm::default();
        Ok(Rhythm {
            overlap: duration("overlap", &self.audit.overlap, default.overlap)?,
            first: duration("first", &self.audit.first, default.first)?,
            longest: duration("longest", &self.audit.longest, default.longest)?,
        })
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

fn priority(text: &str) -> Result<String, String> {
    match text {
        "P0" | "P1" | "P2" | "P3" => Ok(text.to_string()),
        _ => Err(format!("`{text}` is no priority: write P0, P1, P2 or P3")),
    }
}

fn duration(name: &str, text: &Option<String>, default: i64) -> Result<i64, String> {
    match text {
        None => Ok(default),
        Some(text) => crate::pattern::duration(text)
            .filter(|nanos| *nanos > 0)
            .ok_or_else(|| format!("`{text}` is no duration for {name}: write 30s, 15m or 6h")),
    }
}
