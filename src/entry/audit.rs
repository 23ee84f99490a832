//! Reads audit entries: what was called, on what, and whether it changed anything.
//! Leaves out who called: no person is a cause.

use super::json_access::{integer, object, owned, text};
use super::json_object::keys;
use super::{Change, Object};

/// What an audit entry says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Audit {
    pub(crate) message: String,
    /// Set for methods that change state.
    pub(crate) change: Option<Change>,
    /// Whether the call failed.
    pub(crate) failed: bool,
}

/// Verbs that begin a method's last part and change state.
const VERBS: [&str; 26] = [
    "replace", "update", "create", "delete", "insert", "patch", "set", "add", "remove", "deploy", "enable", "disable",
    "destroy", "start", "stop", "reset", "restart", "resize", "import", "restore", "promote", "rollback", "apply",
    "attach", "detach", "undelete",
];

/// Returns whether a payload is an audit entry, as protoPayload or flattened into jsonPayload.
pub(crate) fn is_audit(payload: &Object) -> bool {
    text(payload, keys!["@type"]).is_some_and(|name| name.ends_with("AuditLog"))
}

/// Reads an audit payload.
pub(crate) fn read(payload: &Object) -> Audit {
    let status = object(payload, keys!["status"]);
    let method = owned(payload, keys!["methodName", "method_name"]);
    let stated = status.and_then(|status| owned(status, keys!["message"]));
    let failed = status.and_then(|status| integer(status, keys!["code"])).unwrap_or(0) != 0;
    let change = method.clone().filter(|method| changes_state(method)).map(|method| Change {
        method,
        resource: owned(payload, keys!["resourceName", "resource_name"]),
        message: stated.clone(),
    });
    Audit { message: stated.or(method).unwrap_or_default(), change, failed }
}

fn changes_state(method: &str) -> bool {
    let verb = method.rsplit(['.', '/']).next().unwrap_or(method).to_ascii_lowercase();
    VERBS.iter().any(|start| verb.starts_with(start))
        || method.contains(".instances.")
            && !["get", "list", "aggregatedlist"].iter().any(|start| verb.starts_with(start))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn methods_that_change_state() {
        let check = |method: &str, expect: bool| assert_eq!(changes_state(method), expect, "{method}");
        check("google.cloud.run.v1.Services.ReplaceService", true);
        check("/Services.ReplaceService", true);
        check("SetIamPolicy", true);
        check("v1.compute.instances.insert", true);
        check("v1.compute.instances.suspend", true);
        check("v1.compute.instances.list", false);
        check("google.cloud.secretmanager.v1.SecretManagerService.AccessSecretVersion", false);
        check("google.cloud.secretmanager.v1.SecretManagerService.UpdateSecret", true);
        check("storage.objects.get", false);
    }
}
