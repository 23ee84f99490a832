//! Builds the filter of a request in the Logging query language. Pure: same question, same text.
//! Leaves out sending it, and cutting the window into slices.

use super::CloudAddress;
use super::query_text::{balanced, percent, quote};
use crate::entry::{Severity, Timestamp};
use crate::source::SourceError;

/// Longest filter that the API accepts, characters.
const LONGEST: usize = 20_000;

/// Resource labels under which the platforms name what an on-call engineer calls the service.
pub(super) const SERVICE_LABELS: [&str; 6] =
    ["service_name", "container_name", "job_name", "job", "function_name", "module_id"];

/// Calls that change what runs: Cloud Run (v1, v2 and internal), functions, GKE workloads, App Engine, jobs.
const DEPLOY_METHODS: &str = "(Create|Update|Replace|Delete|Patch|create|update|patch|delete)[A-Za-z]*(Service|Revision|Function|Version|Job|WorkerPool|Configuration|Route)|InternalServices|deployments\\.|statefulsets\\.|daemonsets\\.";

/// Audit logs that every project keeps: what was changed, and what the platform did by itself.
const AUDIT_LOGS: &str =
    "(log_id(\"cloudaudit.googleapis.com/activity\") OR log_id(\"cloudaudit.googleapis.com/system_event\"))";

/// Which entries are asked for; the window is added for each slice.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Selection {
    /// Least severity; entries without one are always asked for, because it is inferred later.
    pub least: Severity,
    /// Name of the service, under whatever label its platform uses.
    pub service: Option<String>,
    /// Name of the revision.
    pub revision: Option<String>,
    /// Type of the monitored resource, such as `cloud_run_revision`.
    pub resource_type: Option<String>,
    /// Logs, short (`run.googleapis.com/stderr`) or as full names.
    pub logs: Vec<String>,
    /// A filter of the user's own.
    pub raw: Option<String>,
}

impl Selection {
    /// Returns the filter for entries from `from` on and before `to`.
    pub fn filter(&self, address: &CloudAddress, from: Timestamp, to: Timestamp) -> String {
        let mut parts = vec![window(from, to)];
        parts.extend(self.conditions(address));
        parts.join(" AND ")
    }

    /// Returns the filter for entries of any time; empty when every entry is asked for.
    pub fn timeless(&self, address: &CloudAddress) -> String {
        self.conditions(address).join(" AND ")
    }

    fn conditions(&self, address: &CloudAddress) -> Vec<String> {
        let mut parts = Vec::new();
        if let Some(kind) = &self.resource_type {
            parts.push(format!("resource.type={}", quote(kind)));
        }
        if let Some(service) = &self.service {
            parts.push(of_service(service));
        }
        parts.extend(self.narrow(address));
        if let Some(raw) = &self.raw {
            // The line end keeps a comment at the end of the user's filter from swallowing the bracket.
            let end = if raw.contains("--") { "\n" } else { "" };
            parts.push(format!("({}{end})", raw.trim()));
        }
        parts
    }

    /// Severity, revision and logs; audit entries of deployments pass whatever these say, or the
    /// report could not tell which change came before the first error.
    fn narrow(&self, address: &CloudAddress) -> Option<String> {
        let mut parts = Vec::new();
        if self.least > Severity::Default {
            parts.push(format!("(severity>={} OR severity=DEFAULT)", self.least));
        }
        if let Some(revision) = &self.revision {
            let revision = quote(revision);
            parts.push(format!("(resource.labels.revision_name={revision} OR resource.labels.version_id={revision})"));
        }
        if !self.logs.is_empty() {
            let logs: Vec<String> = self.logs.iter().flat_map(|log| of_log(log, address)).collect();
            parts.push(any(&logs));
        }
        if parts.is_empty() {
            return None;
        }
        let audit = format!("({AUDIT_LOGS} AND protoPayload.methodName=~{})", quote(DEPLOY_METHODS));
        let narrowed = if parts.len() == 1 { parts.concat() } else { format!("({})", parts.join(" AND ")) };
        Some(format!("({narrowed} OR {audit})"))
    }

    /// Returns what is wrong with the parts that the user wrote.
    pub fn check(&self) -> Result<(), SourceError> {
        let fault = |cause: &str, hint: &str| Err(SourceError::new("wrong query").caused_by(cause).hint(hint));
        if let Some(raw) = &self.raw {
            if raw.trim().is_empty() {
                return fault("--filter is empty", "leave it out to read every entry");
            }
            if !balanced(raw) {
                return fault(
                    "--filter has a bracket or a quote without its other half",
                    "the filter stands in brackets of its own, so it must be complete in itself",
                );
            }
        }
        let names = [&self.service, &self.revision, &self.resource_type];
        if names.into_iter().flatten().chain(&self.logs).any(|name| name.trim().is_empty()) {
            return fault("a name is empty", "give --service, --revision, --resource-type and --log a name");
        }
        let longest = self.filter(&CloudAddress::Project("p".repeat(60)), Timestamp(1), Timestamp(1)).chars().count();
        if longest + 200 > LONGEST {
            return fault("the filter is longer than the 20000 characters that the API accepts", "shorten --filter");
        }
        Ok(())
    }
}

/// Returns the restriction to a window: absolute, in UTC, the end excluded.
pub(super) fn window(from: Timestamp, to: Timestamp) -> String {
    format!("timestamp>=\"{from}\" AND timestamp<\"{to}\"")
}

fn any(parts: &[String]) -> String {
    format!("({})", parts.join(" OR "))
}

/// Every branch names the service: a branch with `resource.type` alone would match all services.
pub(super) fn of_service(service: &str) -> String {
    let quoted = quote(service);
    let mut parts: Vec<String> =
        SERVICE_LABELS.iter().map(|label| format!("resource.labels.{label}={quoted}")).collect();
    parts.push(format!("labels.\"k8s-pod/app\"={quoted}"));
    // App Engine names the version, which stands below its service.
    let changed = format!(
        "/(services|deployments|statefulsets|daemonsets|functions|jobs|workerPools)/{}(/versions/[^/]+)?$",
        regex::escape(service)
    );
    parts.push(format!("({AUDIT_LOGS} AND protoPayload.resourceName=~{})", quote(&changed)));
    any(&parts)
}

/// Returns the ways a log may be called; `stderr` alone is written by GKE and, longer, by Cloud Run.
fn of_log(log: &str, address: &CloudAddress) -> Vec<String> {
    if let Some((parent, id)) = log.split_once("/logs/") {
        return vec![format!("logName={}", quote(&format!("{parent}/logs/{}", percent(id))))];
    }
    let mut ids = vec![log.replace("%2F", "/").replace("%2f", "/")];
    if matches!(log, "stdout" | "stderr" | "requests") {
        ids.push(format!("run.googleapis.com/{log}"));
    }
    let named = |id: &String| match address {
        CloudAddress::Project(project) => {
            format!("logName={}", quote(&format!("projects/{project}/logs/{}", percent(id))))
        }
        // A folder's entries carry the names of its projects.
        _ => format!("log_id({})", quote(id)),
    };
    ids.iter().map(named).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const WINDOW: &str = "timestamp>=\"2026-03-10T09:00:00Z\" AND timestamp<\"2026-03-10T10:00:00.000000001Z\"";

    fn at(text: &str) -> Timestamp {
        chrono::DateTime::parse_from_rfc3339(text).ok().as_ref().and_then(Timestamp::from_chrono).expect("a time")
    }

    fn project() -> CloudAddress {
        CloudAddress::Project("shop".to_owned())
    }

    /// The filter behind the window.
    fn built(selection: &Selection, address: &CloudAddress) -> String {
        let filter = selection.filter(address, at("2026-03-10T11:00:00+02:00"), at("2026-03-10T10:00:00.000000001Z"));
        let rest = filter.strip_prefix(WINDOW).expect("the window, absolute and in UTC, comes first");
        let rest = rest.strip_prefix(" AND ").unwrap_or(rest);
        assert_eq!(rest, selection.timeless(address), "a stream is asked the same but for the window");
        rest.to_owned()
    }

    #[test]
    fn each_option_adds_its_part() {
        let audit = format!("({AUDIT_LOGS} AND protoPayload.methodName=~{})", quote(DEPLOY_METHODS));
        let table: Vec<(Selection, String)> = vec![
            (Selection::default(), String::new()),
            (
                Selection { least: Severity::Warning, ..Selection::default() },
                format!("((severity>=WARNING OR severity=DEFAULT) OR {audit})"),
            ),
            (
                Selection { resource_type: Some("cloud_run_revision".into()), ..Selection::default() },
                "resource.type=\"cloud_run_revision\"".into(),
            ),
            (
                Selection { revision: Some("shop-00042".into()), ..Selection::default() },
                format!(
                    "((resource.labels.revision_name=\"shop-00042\" OR resource.labels.version_id=\"shop-00042\") OR {audit})"
                ),
            ),
            (
                Selection { logs: vec!["my/log".into(), "projects/q/logs/a%2Fb".into()], ..Selection::default() },
                format!("((logName=\"projects/shop/logs/my%2Flog\" OR logName=\"projects/q/logs/a%2Fb\") OR {audit})"),
            ),
            (Selection { raw: Some("a=1 OR b=2".into()), ..Selection::default() }, "(a=1 OR b=2)".into()),
            (Selection { raw: Some("a=1 -- only a".into()), ..Selection::default() }, "(a=1 -- only a\n)".into()),
            (
                Selection {
                    least: Severity::Error,
                    logs: vec!["stderr".into()],
                    raw: Some("a=1".into()),
                    ..Selection::default()
                },
                format!(
                    "(((severity>=ERROR OR severity=DEFAULT) AND (logName=\"projects/shop/logs/stderr\" OR logName=\"projects/shop/logs/run.googleapis.com%2Fstderr\")) OR {audit}) AND (a=1)"
                ),
            ),
        ];
        for (selection, expected) in table {
            assert_eq!(built(&selection, &project()), expected);
            selection.check().expect("nothing wrong with it");
        }
    }

    #[test]
    fn a_service_is_found_under_any_label_and_never_by_its_type_alone() {
        let selection = Selection { service: Some("checkout-api".into()), ..Selection::default() };
        let filter = built(&selection, &project());
        assert!(
            filter.starts_with("(resource.labels.service_name=\"checkout-api\" OR resource.labels.container_name=")
        );
        assert!(!filter.contains("resource.type"));
        assert!(filter.contains("protoPayload.resourceName=~\"/(services|deployments|statefulsets|daemonsets|functions|jobs|workerPools)/checkout\\\\-api(/versions/[^/]+)?$\""), "{filter}");
    }

    #[test]
    fn folders_name_logs_by_id_because_their_projects_differ() {
        let selection = Selection { logs: vec!["run.googleapis.com%2Fstderr".into()], ..Selection::default() };
        let filter = built(&selection, &CloudAddress::Folder("7".into()));
        assert!(filter.contains("log_id(\"run.googleapis.com/stderr\")"), "{filter}");
    }

    #[test]
    fn a_hostile_name_stays_a_name() {
        let hostile = Selection { service: Some("x\" OR \"\" OR \"".into()), ..Selection::default() };
        assert!(balanced(&built(&hostile, &project())));
    }

    #[test]
    fn a_filter_that_would_get_out_of_its_brackets_is_refused() {
        for wrong in ["a=1) OR (b=2", "(a=1", "a=\"x", "a=1 -- )\n)", "", "  "] {
            let selection = Selection { raw: Some(wrong.into()), ..Selection::default() };
            assert!(selection.check().is_err(), "{wrong}");
        }
        for right in ["a=\")\"", "(a=1) -- (", "a=\"\\\")\"", "a='('"] {
            let selection = Selection { raw: Some(right.into()), ..Selection::default() };
            assert!(selection.check().is_ok(), "{right}");
        }
        let long = Selection { raw: Some(format!("a=\"{}\"", "x".repeat(20_000))), ..Selection::default() };
        assert!(long.check().is_err());
    }
}
