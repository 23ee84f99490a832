//! The request of an access log line: method and status are words of its statement, for what answers 200 and what
//! answers 502 are two. Leaves out malformed requests, whose lines are masked like any other.

use std::borrow::Cow;

use crate::pattern::Masks;

/// What a client may ask for.
const METHODS: [&str; 9] = ["CONNECT", "DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT", "TRACE"];

/// Returns the line with its values named by `masks`, but for the method and the status of a request.
pub(super) fn masked<'l>(line: &'l str, masks: &Masks) -> Cow<'l, str> {
    match line.match_indices('"').find_map(|(at, _)| Some((at, request(&line[at..])?))) {
        None => masks.apply(line),
        Some((at, (method, status, length))) => {
            let (before, after) = (masks.apply(&line[..at]), masks.apply(&line[at + length..]));
            Cow::Owned(format!("{before}\"{method} <*>\" {status}{after}"))
        }
    }
}

/// Returns method, status and length of `"GET /x HTTP/1.1" 200`.
fn request(text: &str) -> Option<(&str, &str, usize)> {
    let method = method(text)?;
    let target = text[1 + method.len()..].strip_prefix(' ')?;
    let (target, rest) = target.split_once('"')?;
    let (_, version) = target.rsplit_once(" HTTP/")?;
    let version = !version.is_empty() && version.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    let status = status(rest.strip_prefix(' ')?).filter(|_| version)?;
    Some((method, status, text.len() - rest.len() + 1 + status.len()))
}

/// Returns the lengths of `"GET`, ` <*>` and `" 200`, if the text begins with what `masked` left of a request, or with
/// how a template of it is read again.
pub(super) fn kept(text: &str) -> Option<[usize; 3]> {
    let method = method(text)?;
    let (value, rest) = text[1 + method.len()..].split_once("\" ")?;
    matches!(value, " <*>" | " <any>").then_some(())?;
    Some([1 + method.len(), value.len(), 2 + status(rest)?.len()])
}

fn method(text: &str) -> Option<&str> {
    let text = text.strip_prefix('"')?;
    let length = text.bytes().take_while(u8::is_ascii_uppercase).count();
    Some(&text[..length]).filter(|word| METHODS.contains(word))
}

fn status(text: &str) -> Option<&str> {
    let length = text.bytes().take_while(u8::is_ascii_digit).count();
    let ends = text.as_bytes().get(length).is_none_or(u8::is_ascii_whitespace);
    Some(&text[..length]).filter(|digits| ends && digits.len() == 3 && (b'1'..=b'5').contains(&digits.as_bytes()[0]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_keeps_its_method_and_its_status() {
        let masks = Masks::built_in().expect("they load");
        let of = |line: &str| masked(line, &masks).into_owned();
        assert_eq!(of("\"GET /a/17 HTTP/1.1\" 502"), "\"GET <*>\" 502");
        assert!(of("10.0.0.9 \"POST /a b HTTP/2.0\" 200 612 \"-\"").contains(" \"POST <*>\" 200 <"));
        for other in [
            "\"GET /a\" 502 x",
            "\"GET /a HTTP/1.1\" status: 200",
            "\"Get /a HTTP/1.1\" 200",
            "\"-\" 400 0",
            "\"GET /a HTTP/1.1\" 2000",
        ] {
            assert_eq!(of(other), masks.apply(other), "{other}");
        }
        assert_eq!(kept("\"GET <*>\" 502 <num>"), Some([4, 4, 5]));
        assert_eq!(kept("\"GET <*>\" x"), None);
    }
}
