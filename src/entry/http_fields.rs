//! Reads the request that the fields of an application's own line describe, in the spellings of the usual
//! loggers. Leaves out `httpRequest`, the platform's own record: see `http`.

use super::access_text::{self, nanos, whole};
use super::json::Value;
use super::json_access::{integer, object, owned, scalar_of, text, value};
use super::json_object::{Name, keys, names};
use super::{HttpRequest, Object, http};

const STATUS: [Name; 12] = names([
    "status",
    "status_code",
    "statusCode",
    "http.status_code",
    "http.response.status_code",
    "http_status",
    "http_status_code",
    "httpStatus",
    "response_status",
    "responseStatus",
    "response_code",
    "code",
]);
const METHOD: [Name; 6] =
    names(["method", "http.method", "http.request.method", "request_method", "http_method", "verb"]);
const PATH: [Name; 11] = names([
    "path",
    "uri",
    "url",
    "route",
    "request_path",
    "request_uri",
    "http.target",
    "http.route",
    "url.path",
    "http.url",
    "endpoint",
]);
const AGENT: [Name; 5] =
    names(["user_agent", "userAgent", "user_agent.original", "http.user_agent", "http_user_agent"]);
const REMOTE: [Name; 6] = names(["remote_ip", "remoteIp", "remote_addr", "client_ip", "clientIp", "client.address"]);
const MILLISECONDS: [Name; 10] = names([
    "duration_ms",
    "latency_ms",
    "elapsed_ms",
    "durationMs",
    "latencyMs",
    "elapsedMs",
    "response_time_ms",
    "responseTime",
    "took_ms",
    "time_ms",
]);
const SECONDS: [Name; 4] = names(["duration_s", "latency_s", "elapsed_s", "request_time"]);
/// A bare number under these names has no unit that is certain; only a text with one counts.
const WITH_UNIT: [Name; 6] = names(["duration", "latency", "elapsed", "took", "response_time", "time_taken"]);

/// Whether fields with these names, on whatever level, may describe a request.
pub(crate) fn names_request(names: &[&str]) -> bool {
    let any = |list: &[Name]| names.iter().any(|name| list.iter().any(|known| known.text == *name));
    (any(&PATH) || any(keys!["request", "request_line"])) && any(&STATUS)
}

/// Whether fields are an access line: a whole request and no message.
pub(crate) fn is_access(fields: &Object) -> bool {
    read(fields).is_some_and(|http| http.method.is_some() && http.path.is_some())
}

/// Returns the request line that a field holds, as nginx writes it: `GET /x HTTP/1.1`.
pub(crate) fn request_line<'v>(fields: &'v Object<'_>) -> Option<&'v str> {
    text(fields, keys!["request", "request_line"]).filter(|line| words(line).is_some())
}

/// Takes a request line apart: method and target.
fn words(line: &str) -> Option<(&str, &str)> {
    let mut words = line.split(' ');
    let (method, target, version) = (words.next()?, words.next()?, words.next()?);
    let whole = version.starts_with("HTTP/") && words.next().is_none();
    (whole && access_text::is_method(method) && target.starts_with('/')).then_some((method, target))
}

/// Reads the request, if status and path are there; `code` alone names no status of a request.
pub(crate) fn read(fields: &Object) -> Option<HttpRequest> {
    let inner = |names: &[Name]| object(fields, names);
    let (request, response) = (inner(keys!["req", "request", "http"]), inner(keys!["res", "response"]));
    let found = |names: &[Name]| owned(fields, names).or_else(|| request.and_then(|request| owned(request, names)));
    let line = request_line(fields).and_then(words);
    let url = found(&PATH).or_else(|| line.map(|(_, target)| target.to_owned()))?;
    let method = found(&METHOD).or_else(|| line.map(|(method, _)| method.to_owned()));
    let method = method.map(|method| method.to_ascii_uppercase());
    let places = [Some(fields), response, request];
    let names = if method.is_some() { &STATUS[..] } else { &STATUS[..STATUS.len() - 1] };
    let status = places.into_iter().flatten().find_map(|place| integer(place, names))?;
    let status = u16::try_from(status).ok().filter(|status| (100..600).contains(status))?;
    let (user_agent, remote_ip) = (found(&AGENT), found(&REMOTE));
    // A full URL is the target of a call that this program made, unless a caller is named.
    if !url.starts_with('/') && user_agent.is_none() && remote_ip.is_none() {
        return None;
    }
    Some(HttpRequest {
        method,
        path: http::path(&url),
        url: Some(url),
        status: Some(status),
        latency_nanos: latency(fields),
        logged_at_end: true,
        user_agent,
        remote_ip,
    })
}

fn latency(fields: &Object) -> Option<i64> {
    let number = |names: &[Name]| scalar_of(fields, names).and_then(|text| text.trim().parse::<f64>().ok());
    number(&MILLISECONDS)
        .and_then(|milliseconds| whole(milliseconds * 1e6))
        .or_else(|| number(&SECONDS).and_then(|seconds| whole(seconds * 1e9)))
        .or_else(|| value(fields, &MILLISECONDS).and_then(Value::as_str).and_then(nanos))
        .or_else(|| value(fields, &WITH_UNIT).and_then(Value::as_str).and_then(nanos))
}
