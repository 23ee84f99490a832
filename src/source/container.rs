//! Takes off what container runtimes and the journal write around a line: docker's json-file, CRI, `kubectl logs`.
//! Leaves out the line inside, which may be JSON or text of any shape.

use std::collections::BTreeMap;

use crate::entry::{Json, Object, Outer, ReadOptions, Written, journal, read_time, read_time_prefix};

/// docker cuts lines at this length; where no line has its end written, only one this long is the first part of another.
const DOCKER_PART: usize = 16 << 10;

/// A line without its wrapping.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Inner {
    /// Lines of different streams are assembled apart.
    pub(super) stream: String,
    pub(super) text: String,
    pub(super) outer: Outer,
    /// Whether the runtime cut the line here and the rest follows.
    pub(super) partial: bool,
    pub(super) format: &'static str,
}

/// Takes apart one record of docker's json-file driver.
pub(super) fn docker(fields: &Object<'_>, options: &ReadOptions) -> Inner {
    let get = |key: &str| fields.get(key).and_then(Json::as_str).unwrap_or("");
    let log = get("log");
    let time = read_time(get("time"), options);
    Inner {
        stream: get("stream").to_owned(),
        partial: !log.ends_with('\n') && !log.is_empty(),
        text: log.trim_end_matches(['\n', '\r']).to_owned(),
        outer: Outer { time, ..Outer::default() },
        format: "docker-json",
    }
}

/// Takes apart a line that the journal took from the output of a unit.
pub(super) fn journal(fields: &Object<'_>, options: &ReadOptions) -> Inner {
    let outer = journal::outer(fields, options);
    Inner {
        stream: [&outer.instance, &outer.service].map(|name| name.as_deref().unwrap_or("")).join(" "),
        text: journal::message(fields).trim_end_matches(['\n', '\r']).to_owned(),
        outer,
        partial: journal::goes_on(fields),
        format: "journal-json",
    }
}

/// Takes apart a text line, or returns `None` when nothing wraps it.
pub(super) fn line(text: &str, options: &ReadOptions) -> Option<Inner> {
    let (writer, rest) = writer(text);
    let inner = timed(rest, options);
    let Some(Writer { stream, instance, service }) = writer else { return inner };
    let inner = inner.unwrap_or_else(|| Inner { text: rest.to_owned(), format: "container-text", ..Inner::default() });
    Some(Inner {
        // Containers write at once; what one of them writes to two streams is told apart as well.
        stream: if inner.stream.is_empty() { stream.to_owned() } else { format!("{stream} {}", inner.stream) },
        outer: Outer { instance: Some(instance.to_owned()), service: service.map(str::to_owned), ..inner.outer },
        ..inner
    })
}

/// What a prefix names.
struct Writer<'a> {
    stream: &'a str,
    instance: &'a str,
    service: Option<&'a str>,
}

/// `[pod/name/container] ` of `kubectl logs --prefix`, `web-1  | ` of compose.
fn writer(text: &str) -> (Option<Writer<'_>>, &str) {
    if let Some((pod, rest)) = text.strip_prefix("[pod/").and_then(|rest| rest.split_once("] ")) {
        let (instance, container) = pod.split_once('/').unwrap_or((pod, ""));
        let service = Some(container).filter(|container| !container.is_empty() && !container.contains(['/', ' ']));
        return (Some(Writer { stream: pod, instance, service }), rest);
    }
    if memchr::memchr(b'|', text.as_bytes()).is_some()
        && let Some((name, rest)) = text.split_once("| ")
    {
        let name = name.trim_end();
        let plain = name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.'));
        let numbered = name.ends_with(|c: char| c.is_ascii_digit()) && name.contains(['-', '_']);
        if plain && numbered && name.starts_with(|c: char| c.is_ascii_alphabetic()) {
            return (Some(Writer { stream: name, instance: name, service: None }), rest);
        }
    }
    (None, text)
}

fn timed(text: &str, options: &ReadOptions) -> Option<Inner> {
    let bytes = text.as_bytes();
    if bytes.len() < 20 || bytes[10] != b'T' {
        return None;
    }
    let written = read_time_prefix(text, options).filter(|written| written.at.is_some() && !written.zoneless)?;
    let rest = text[written.length..].strip_prefix(' ')?;
    cri(rest, written).or_else(|| kubectl(text, rest, written))
}

fn cri(rest: &str, written: Written) -> Option<Inner> {
    let (stream, rest) = rest.split_once(' ')?;
    if !matches!(stream, "stdout" | "stderr") {
        return None;
    }
    let (tag, text) = rest.split_once(' ').unwrap_or((rest, ""));
    let partial = match tag.split(':').next()? {
        "F" => false,
        "P" => true,
        _ => return None,
    };
    Some(Inner {
        stream: stream.to_owned(),
        text: text.to_owned(),
        outer: Outer { time: Some(written), ..Outer::default() },
        partial,
        format: "cri",
    })
}

/// `kubectl logs --timestamps` writes nanoseconds, applications hardly ever do; or JSON follows.
fn kubectl(text: &str, rest: &str, written: Written) -> Option<Inner> {
    let fraction = text[..written.length]
        .split_once('.')
        .map_or(0, |(_, digits)| digits.bytes().take_while(u8::is_ascii_digit).count());
    if fraction < 7 && !rest.starts_with("{\"") {
        return None;
    }
    Some(Inner {
        stream: String::new(),
        text: rest.to_owned(),
        outer: Outer { time: Some(written), ..Outer::default() },
        partial: false,
        format: "kubectl-timestamps",
    })
}

/// Joins lines that the runtime cut.
#[derive(Default)]
pub(super) struct Parts {
    open: BTreeMap<String, (Inner, u64)>,
    /// Whether some line of docker had its end written: then one without was cut.
    ends: bool,
}

impl Parts {
    /// Returns whether no line waits for its rest.
    pub(super) fn is_empty(&self) -> bool {
        self.open.is_empty()
    }

    /// Adds a line that starts at `line`; returns it whole, with the line its first part stood on.
    pub(super) fn join(&mut self, mut inner: Inner, line: u64, limit: usize) -> Option<(Inner, u64)> {
        if inner.format == "docker-json" {
            self.ends |= !inner.partial;
            inner.partial &= self.ends || inner.text.len() >= DOCKER_PART;
        }
        let (mut whole, start) = match self.open.remove(&inner.stream) {
            Some((mut whole, start)) => {
                whole.text.push_str(&inner.text);
                (whole, start)
            }
            None => (Inner { partial: false, ..inner.clone() }, line),
        };
        if inner.partial && whole.text.len() < limit && self.open.len() < 64 {
            whole.partial = true;
            self.open.insert(inner.stream, (whole, start));
            return None;
        }
        whole.partial = false;
        Some((whole, start))
    }

    /// Returns what is still open at the end of the input.
    pub(super) fn rest(&mut self) -> Vec<(Inner, u64)> {
        let mut rest: Vec<_> = std::mem::take(&mut self.open).into_values().collect();
        rest.sort_by_key(|(_, line)| *line);
        rest
    }
}
