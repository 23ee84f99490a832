//! Reads what wrote an entry: the monitored resource, its labels, and what the payload says of itself.
//! Leaves out guessing from log names or file names.

use super::json_access::{object, owned};
use super::json_object::{Name, keys, names};
use super::{Object, Origin};

/// Labels and fields that name the build, those that name a commit first.
const BUILDS: [Name; 24] = names([
    "commit-sha",
    "commit_sha",
    "git-commit",
    "git_commit",
    "git-sha",
    "git_sha",
    "gcb-commit-sha",
    "gcb_commit_sha",
    "org.opencontainers.image.revision",
    "vcs-ref",
    "vcs_ref",
    "commit",
    "k8s-pod/commit-sha",
    "k8s-pod/git-commit",
    "k8s-pod/app_kubernetes_io/version",
    "app.kubernetes.io/version",
    "app_kubernetes_io/version",
    "image-tag",
    "image_tag",
    "container_image",
    "container.image.tag",
    "image",
    "service.version",
    "release",
]);
/// Longest value of such a label that is kept, bytes; a digest with its registry is shorter.
const LONGEST_BUILD: usize = 300;

/// What names the service: among the labels of the resource, else among the entry's own; first first.
pub(crate) const SERVICES: ([Name; 7], [Name; 5]) = (
    names(["service_name", "container_name", "job_name", "job", "function_name", "module_id", "app"]),
    names(["k8s-pod/app", "k8s-pod/app_kubernetes_io/name", "service_name", "app", "container_name"]),
);
/// What names the revision, likewise.
pub(crate) const REVISIONS: ([Name; 2], [Name; 3]) = (
    names(["revision_name", "version_id"]),
    names(["k8s-pod/pod-template-hash", "pod-template-hash", "revision_name"]),
);

/// Reads `resource` and `labels` of a LogEntry.
pub(crate) fn from_entry(entry: &Object) -> Origin {
    let empty = Object::new();
    let resource = object(entry, keys!["resource"]).unwrap_or(&empty);
    let inside = object(resource, keys!["labels"]).unwrap_or(&empty);
    let labels = object(entry, keys!["labels"]).unwrap_or(&empty);
    let either = |keys: &[Name]| owned(inside, keys).or_else(|| owned(labels, keys));
    let log_name = entry.get("logName").and_then(|name| name.as_str()).unwrap_or("");
    Origin {
        resource_type: owned(resource, keys!["type"]),
        project: owned(inside, keys!["project_id"]).or_else(|| project(log_name)),
        location: owned(inside, keys!["location", "region", "zone"]),
        service: owned(inside, &SERVICES.0).or_else(|| owned(labels, &SERVICES.1)),
        revision: owned(inside, &REVISIONS.0).or_else(|| owned(labels, &REVISIONS.1)),
        instance: owned(labels, keys!["instanceId"])
            .or_else(|| either(keys!["pod_name", "instance_id", "instanceId"]))
            .or_else(|| owned(labels, keys!["compute.googleapis.com/resource_name", "host"]))
            .or_else(|| either(keys!["host", "hostname"])),
        build: build(inside).or_else(|| build(labels)),
    }
}

/// Returns the first field that names the build.
fn build(fields: &Object) -> Option<(String, String)> {
    if fields.is_empty() {
        return None;
    }
    let named = |key: &Name| {
        let value = fields.named(key)?.as_str()?.trim();
        (!value.is_empty()).then(|| (key.text.to_owned(), value.to_owned()))
    };
    BUILDS.iter().find_map(named).filter(|(_, value)| value.len() <= LONGEST_BUILD)
}

/// Fills what is still unknown from a payload that names its service and host.
pub(crate) fn complete(origin: &mut Origin, payload: &Object) {
    let kubernetes = object(payload, keys!["kubernetes"]);
    if origin.build.is_none() {
        origin.build = build(payload).or_else(|| build(kubernetes?)).or_else(|| {
            let version = owned(object(payload, keys!["serviceContext"])?, keys!["version"])?;
            (version.len() <= LONGEST_BUILD).then(|| ("serviceContext.version".to_string(), version))
        });
    }
    if origin.service.is_none() {
        let context = object(payload, keys!["serviceContext"]);
        origin.service = kubernetes
            .and_then(|fields| owned(fields, keys!["container_name"]))
            .or_else(|| context.and_then(|fields| owned(fields, keys!["service"])))
            .or_else(|| {
                owned(payload, keys!["service", "service_name", "service.name", "app", "application", "logger_service"])
            })
            .or_else(|| object(payload, keys!["service"]).and_then(|fields| owned(fields, keys!["name"])));
        if origin.revision.is_none() {
            origin.revision = context.and_then(|fields| owned(fields, keys!["version"]));
        }
    }
    if origin.instance.is_none() {
        origin.instance = kubernetes
            .and_then(|fields| owned(fields, keys!["pod_name"]))
            .or_else(|| owned(payload, keys!["instance_id", "instanceId", "pod_name", "pod", "hostname", "host"]));
    }
}

fn project(log_name: &str) -> Option<String> {
    let name = log_name.strip_prefix("projects/")?.split('/').next()?;
    (!name.is_empty()).then(|| name.to_owned())
}
