//! Which error groups a rule speaks of: by pattern, category, role, severity or status.
//! Leaves out what the rule then does.

use serde::Deserialize;

use crate::entry::Severity;

use super::Role;

/// What a rule may ask of a group.
#[derive(Debug, Clone, Copy)]
pub struct GroupFacts<'g> {
    /// Id of the pattern that knows it.
    pub pattern: Option<&'g str>,
    /// Category, `other` when unknown.
    pub category: &'g str,
    /// Role of its pattern; `Failure` when unknown.
    pub role: Role,
    /// Highest severity.
    pub severity: Severity,
    /// HTTP status of a request group.
    pub status: Option<u16>,
    /// Whether its members are request entries.
    pub is_request: bool,
}

/// Conditions on a group; all that are given must hold.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Selector {
    /// One of these pattern ids.
    pub pattern: Vec<String>,
    /// One of these categories.
    pub category: Vec<String>,
    /// One of these roles.
    pub role: Vec<Role>,
    /// At least this severity.
    pub severity: Option<String>,
    /// One of these statuses: `503` or a class such as `5xx`.
    pub status: Vec<String>,
    /// Request entries only (`true`), other entries only (`false`).
    pub request: Option<bool>,
    /// None of these patterns.
    pub not_pattern: Vec<String>,
    /// None of these categories.
    pub not_category: Vec<String>,
}

impl Selector {
    /// Returns whether the selector speaks of a group with these facts.
    pub fn accepts(&self, group: &GroupFacts<'_>) -> bool {
        let named = |list: &[String], name: Option<&str>| list.iter().any(|item| Some(item.as_str()) == name);
        (self.pattern.is_empty() || named(&self.pattern, group.pattern))
            && (self.category.is_empty() || named(&self.category, Some(group.category)))
            && (self.role.is_empty() || self.role.contains(&group.role))
            && self
                .severity
                .as_deref()
                .is_none_or(|word| Severity::from_word(word).is_some_and(|least| group.severity >= least))
            && (self.status.is_empty() || self.status.iter().any(|status| status_matches(status, group.status)))
            && self.request.is_none_or(|request| request == group.is_request)
            && !named(&self.not_pattern, group.pattern)
            && !named(&self.not_category, Some(group.category))
    }
}

/// Returns whether `wanted` (`503`, `5xx`) covers `status`.
pub(crate) fn status_matches(wanted: &str, status: Option<u16>) -> bool {
    let Some(status) = status else { return false };
    match wanted.strip_suffix("xx") {
        Some(class) => class.parse::<u16>().ok() == Some(status / 100),
        None => wanted.parse::<u16>().ok() == Some(status),
    }
}
