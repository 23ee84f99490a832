//! Reads requests in the text of log lines: uvicorn, gunicorn, morgan, access lines behind a head.
//! Leaves out lines with a time in brackets of their own (`access_line`) and sentences about requests.

use super::{HttpRequest, http};

const METHODS: [&str; 9] = ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS", "CONNECT", "TRACE"];
/// Words that may stand before a quoted request: address, users, a time.
const MOST_BEFORE: usize = 120;

/// Reads the request that a line describes: `1.2.3.4:5 - "GET /x HTTP/1.1" 500`, `GET /x 500 12ms`.
pub(crate) fn read(line: &str) -> Option<HttpRequest> {
    quoted(line).or_else(|| bare(line))
}

/// Whether a word is the method of a request.
pub(super) fn is_method(word: &str) -> bool {
    METHODS.contains(&word)
}

/// `ADDRESS ... "METHOD /path HTTP/1.1" STATUS ...`
fn quoted(line: &str) -> Option<HttpRequest> {
    let open = line.find('"').filter(|at| *at <= MOST_BEFORE)?;
    let before = line[..open].trim_end_matches([' ', '-']);
    // `https://host:443 "GET /x HTTP/1.1" 500` is what a client says of its own call.
    let address = before.split(' ').next().unwrap_or("");
    let is_address = address.is_empty()
        || address == "-"
        || address.contains(['.', ':']) && address.chars().all(|c| c.is_ascii_hexdigit() || ".:[],".contains(c))
        || address == "localhost"
        || is_marked(address);
    if before.contains("://") || !is_address {
        return None;
    }
    let (request, rest) = line[open + 1..].split_once("\" ")?;
    let mut words = request.split(' ');
    let (method, url) = (words.next()?, words.next()?);
    if words.next().is_some_and(|version| !version.starts_with("HTTP/")) {
        return None;
    }
    let mut found = request_of(method, url, rest.split([' ', ',']).next()?)?;
    found.user_agent = agent(rest);
    let without_port = || address.rsplit_once(':').filter(|(ip, _)| !ip.contains(':')).map_or(address, |(ip, _)| ip);
    found.remote_ip = Some(match address.find('>').filter(|_| is_marked(address)) {
        Some(close) => &address[..=close],
        None => without_port(),
    })
    .filter(|address| address.len() > 1)
    .map(str::to_owned);
    found.latency_nanos = rest.split([' ', '"']).filter(|word| !word.is_empty()).skip(1).find_map(nanos);
    Some(found)
}

/// Whether an address was redacted before: `<ip:3f9a>:52`.
fn is_marked(address: &str) -> bool {
    (address.starts_with("<ip:") || address.starts_with("<ip6:")) && address.contains('>')
}

/// `METHOD /path STATUS ...`, `METHOD /path -> STATUS`.
fn bare(line: &str) -> Option<HttpRequest> {
    let mut words = line.split_ascii_whitespace();
    let method = words.next().filter(|method| METHODS.contains(method))?;
    let url = words.next()?;
    let mut status = words.next()?;
    if status.starts_with("HTTP/") || matches!(status, "->" | "=>" | "-" | "\u{2192}") {
        status = words.next()?;
    }
    let mut found = request_of(method, url, status)?;
    // morgan and others write the unit after the number or as a word of its own.
    let rest: Vec<&str> = words.take(16).collect();
    found.latency_nanos = rest
        .iter()
        .find_map(|word| nanos(word))
        .or_else(|| rest.windows(2).find_map(|pair| nanos(&pair.concat()).filter(|_| matches!(pair[1], "ms" | "s"))));
    Some(found)
}

fn request_of(method: &str, url: &str, status: &str) -> Option<HttpRequest> {
    let status = status.trim_end_matches([',', ';', ':']);
    if !METHODS.contains(&method) || status.len() != 3 {
        return None;
    }
    // A full URL is the target of a call that this program made, unless a proxy wrote the line.
    let path = http::path(url).filter(|_| url.starts_with('/'))?;
    let status = status.parse().ok().filter(|status| (100..600).contains(status))?;
    Some(HttpRequest {
        method: Some(method.to_owned()),
        url: Some(url.to_owned()),
        path: Some(path),
        status: Some(status),
        logged_at_end: true,
        ..HttpRequest::default()
    })
}

/// The last quoted text is the agent where two stand behind the status: `"referrer" "agent"`.
fn agent(rest: &str) -> Option<String> {
    let agent = rest.split('"').nth(3)?;
    (agent != "-" && !agent.is_empty()).then(|| agent.to_owned())
}

/// Reads a time with its unit: `12ms`, `0.3s`, `350\u{b5}s`.
pub(crate) fn nanos(text: &str) -> Option<i64> {
    let text = text.trim_end_matches([',', ';', ')']).trim_start_matches('(');
    let unit = text.find(|c: char| !(c.is_ascii_digit() || c == '.'))?;
    let number: f64 = text[..unit].parse().ok()?;
    let scale = match &text[unit..] {
        "ns" => 1.0,
        "us" | "\u{b5}s" | "\u{3bc}s" => 1e3,
        "ms" => 1e6,
        "s" => 1e9,
        _ => return None,
    };
    whole(number * scale)
}

/// Rounds to whole nanoseconds; a day is more than any request takes.
pub(crate) fn whole(nanos: f64) -> Option<i64> {
    (0.0..=86_400e9).contains(&nanos).then_some(nanos.round() as i64)
}

#[cfg(test)]
mod tests {
    use super::read;

    #[test]
    fn requests_in_lines() {
        let check = |line: &str, expect: &str| {
            let shown = read(line).map_or_else(
                || "none".to_owned(),
                |http| {
                    let text = |value: &Option<String>| value.clone().unwrap_or_default();
                    format!(
                        "{} {} {} {} {} {}",
                        text(&http.method),
                        text(&http.path),
                        http.status.unwrap_or(0),
                        http.latency_nanos.unwrap_or(-1),
                        text(&http.remote_ip),
                        text(&http.user_agent)
                    )
                },
            );
            assert_eq!(shown.trim_end(), expect, "{line}");
        };
        check(r#"127.0.0.1:52 - "GET /x?a=1 HTTP/1.1" 500 Internal Server Error"#, "GET /x 500 -1 127.0.0.1");
        check(
            r#"10.1.2.3 - - "POST /orders HTTP/1.1" 500 112 "-" "Mozilla/5.0""#,
            "POST /orders 500 -1 10.1.2.3 Mozilla/5.0",
        );
        check(r#"<ip:3f9a>:52 - "GET /x HTTP/1.1" 500"#, "GET /x 500 -1 <ip:3f9a>");
        check(r#"<ip:3f9a>:52 - "GET /x HTTP/1.1" 500 -"#, "GET /x 500 -1 <ip:3f9a>");
        check(r#""GET /a" 500 12ms"#, "GET /a 500 12000000");
        check("GET /cart/0 500 Internal Server Error 15ms", "GET /cart/0 500 15000000");
        check("GET /api/orders/0 500 - 30001 ms", "GET /api/orders/0 500 30001000000");
        check("GET /a 404 0.512 ms - 139", "GET /a 404 512000");
        check("GET /stock/0 -> 500", "GET /stock/0 500 -1");
        check("GET /stock/0 -> 500: inventory: rpc error", "GET /stock/0 500 -1");
        check(r#"https://a.b:443 "GET /x HTTP/1.1" 500 0"#, "none");
        check(r#"call of ledger: "GET /x HTTP/1.1" 500"#, "none");
        check(r#"connect() failed, request: "GET /p HTTP/1.1", upstream: "x""#, "none");
        check("GET https://a.b/x 500", "none");
        check("GET /x took 500 ms", "none");
        check("GET /x 500ms", "none");
        check("GET", "none");
        check("\"GET /\" ", "none");
    }
}
