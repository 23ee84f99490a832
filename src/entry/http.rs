//! Reads the request that a request log entry describes.
//! Leaves out judging it: probes and test clients are told apart later.

use super::epoch::fraction_nanos;
use super::json::Value;
use super::json_access::{integer, owned, value};
use super::json_object::keys;
use super::{HttpRequest, Object, Severity};

/// Reads `httpRequest` in the API's keys or in those that Python dumps use.
pub(crate) fn read(request: &Object) -> Option<HttpRequest> {
    let url = owned(request, keys!["requestUrl", "request_url", "url"]);
    let http = HttpRequest {
        method: owned(request, keys!["requestMethod", "request_method", "method"]),
        path: url.as_deref().and_then(path),
        url,
        status: integer(request, keys!["status", "statusCode", "status_code"])
            .and_then(|status| u16::try_from(status).ok())
            .filter(|status| *status > 0),
        latency_nanos: value(request, keys!["latency"]).and_then(nanos),
        logged_at_end: false,
        user_agent: owned(request, keys!["userAgent", "user_agent"]),
        remote_ip: owned(request, keys!["remoteIp", "remote_ip"]),
    };
    (http != HttpRequest::default()).then_some(http)
}

/// Returns the path of a URL, without query and fragment.
pub(crate) fn path(url: &str) -> Option<String> {
    let rest = match url.split_once("://") {
        Some((_, rest)) => &rest[rest.find(['/', '?', '#'])?..],
        None => url,
    };
    let path = &rest[..rest.find(['?', '#']).unwrap_or(rest.len())];
    path.starts_with('/').then(|| path.to_owned())
}

/// Returns what a status tells: server errors are errors, refusals warnings.
pub(crate) fn severity(status: u16) -> Severity {
    match status {
        500.. => Severity::Error,
        400.. => Severity::Warning,
        _ => Severity::Info,
    }
}

/// Reads `"0.008254829s"` or `{seconds, nanos}`.
fn nanos(latency: &Value<'_>) -> Option<i64> {
    match latency {
        Value::String(text) => {
            let (whole, fraction) =
                text.trim().strip_suffix('s')?.split_once('.').unwrap_or((text.trim().strip_suffix('s')?, ""));
            let part = if fraction.bytes().all(|byte| byte.is_ascii_digit()) {
                fraction_nanos(fraction.as_bytes())
            } else {
                let digits: String = fraction.chars().take(9).collect();
                format!("{digits:0<9}").parse().ok()?
            };
            whole.parse::<i64>().ok()?.checked_mul(1_000_000_000)?.checked_add(part).filter(|nanos| *nanos >= 0)
        }
        Value::Object(parts) => {
            let seconds = integer(parts, keys!["seconds"]).unwrap_or(0);
            seconds
                .checked_mul(1_000_000_000)?
                .checked_add(integer(parts, keys!["nanos"]).unwrap_or(0))
                .filter(|nanos| *nanos >= 0)
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn latency_and_path() {
        let check = |value: serde_json::Value, expect| assert_eq!(nanos(&Value::from(&value)), expect, "{value}");
        check(json!("0.008254829s"), Some(8_254_829));
        check(json!("13s"), Some(13_000_000_000));
        check(json!("0.5s"), Some(500_000_000));
        check(json!({"seconds": 1, "nanos": 5}), Some(1_000_000_005));
        check(json!("fast"), None);
        check(json!("1.xs"), None);
        check(json!("99999999999999s"), None);
        assert_eq!(path("https://a.b/c/d?x=1#y").as_deref(), Some("/c/d"));
        assert_eq!(path("https://a.b").as_deref(), None);
        assert_eq!(path("/c?d").as_deref(), Some("/c"));
    }
}
