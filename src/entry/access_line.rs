//! Reads access log lines (common and combined format) as requests.
//! Leaves out request entries that come as JSON: see `http`.

use super::text_header::Header;
use super::{HttpRequest, ReadOptions, clock, http};

/// Returns where the first ` [` stands.
fn opening(line: &[u8]) -> Option<usize> {
    memchr::memchr_iter(b'[', line).find(|at| *at > 0 && line[*at - 1] == b' ').map(|at| at - 1)
}

/// Reads `1.2.3.4 - user [10/Oct/2000:13:55:36 -0700] "GET /x HTTP/1.1" 200 12 "ref" "agent"`.
pub(crate) fn read(line: &str, options: &ReadOptions) -> Option<Header> {
    // The bracket of the time is the first behind a blank; where it is another's, no time follows.
    let open = opening(line.as_bytes().get(..202).unwrap_or(line.as_bytes()))?;
    let time = &line[open + 2..];
    let written = clock::read_prefix(time, options)?;
    let rest = time[written.length..].strip_prefix("] \"")?;
    let (request, rest) = rest.split_once("\" ")?;
    let status: u16 = rest.split(' ').next()?.parse().ok().filter(|status| (100..600).contains(status))?;
    let mut words = request.split(' ');
    let (method, url) = (words.next()?, words.next());
    let agent = rest.split('"').nth(3).filter(|agent| *agent != "-" && !agent.is_empty());
    let http = HttpRequest {
        method: Some(method.to_owned()),
        url: url.map(str::to_owned),
        path: url.and_then(http::path),
        status: Some(status),
        latency_nanos: None,
        // The line is written when the response is sent; it tells no latency to count from.
        logged_at_end: true,
        user_agent: agent.map(str::to_owned),
        remote_ip: line.split(' ').next().map(str::to_owned),
    };
    Some(Header {
        has_time: true,
        time: written.at,
        zoneless: written.zoneless,
        http: Some(http),
        message: line.to_owned(),
        ..Header::default()
    })
}
