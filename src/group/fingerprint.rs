//! Fingerprints: the named parts that make two events the same, and why each counts.
//! Leaves out counting events (`error_group`); nothing here depends on time, order or line numbers.

use sha2::{Digest, Sha256};

use crate::event::{Event, Exception, StackFrame};
use crate::pattern::{Catalog, ErrorPattern, Frames, Grouping, Masks};

use super::frame_name::frame_name;
use super::normalise::normalise;

/// Version of the recipe; part of every hash, so that a changed recipe never reuses an old id silently.
const RECIPE: &str = "1";
/// Frames that count at most; deeper ones are shared by unrelated failures of one entry point.
const FRAME_LIMIT: usize = 8;

/// One named part of a fingerprint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    /// `pattern`, `type`, `message`, `frames`, `logged at`, `service`, `status`, `route`, ...
    pub name: String,
    /// Its value.
    pub value: String,
    /// Why it counts.
    pub why: &'static str,
}

/// A hash together with the parts it was made of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fingerprint {
    /// 32 hex digits.
    pub hash: String,
    /// The parts that count, in a fixed order.
    pub parts: Vec<Part>,
}

impl Fingerprint {
    fn of(parts: Vec<Part>) -> Fingerprint {
        let mut digest = Sha256::new();
        digest.update(RECIPE);
        for part in &parts {
            digest.update([0]);
            digest.update(&part.name);
            digest.update([1]);
            digest.update(&part.value);
        }
        let hash = digest.finalize().iter().take(16).map(|byte| format!("{byte:02x}")).collect();
        Fingerprint { hash, parts }
    }
}

/// What stands for the message of an entry that carries none.
pub(crate) const WITHOUT_PAYLOAD: &str = "entry without a payload";

/// Returns the fingerprint of `event` and its normalised message.
pub fn fingerprint(event: &Event, catalog: &Catalog) -> (Fingerprint, String) {
    let pattern = event.known.as_ref().map(|known| catalog.errors.get(known.pattern));
    let template = template(event, catalog);
    let mut parts: Vec<Part> = Vec::new();
    let mut part = |name: &str, value: String, why: &'static str| {
        if !value.is_empty() {
            parts.push(Part { name: name.to_string(), value, why });
        }
    };
    part("service", event.entry.origin.service.clone().unwrap_or_default(), "another service is another fault");
    let request = event.entry.http.as_ref().filter(|request| request.status.is_some());
    let by_target = pattern.is_some_and(|pattern| pattern.grouping == Grouping::Target);
    if (by_target || pattern.is_some_and(|pattern| !pattern.identity.is_empty()))
        && let Some(pattern) = pattern
    {
        part("pattern", pattern.id.to_string(), "the catalog knows this error");
        for (name, value) in identity(event, pattern, &catalog.masks) {
            part(name, value, "it names what the error is about");
        }
    }
    if let Some(request) = request {
        part("status", request.status.map(|status| status.to_string()).unwrap_or_default(), "the response differs");
    }
    if by_target {
        if request.is_some() {
            let client = event.entry.http.as_ref().and_then(|request| catalog.clients.classify(request));
            let client =
                client.filter(|_| request.and_then(|request| request.status).is_some_and(|status| status < 500));
            part(
                "client",
                client.map(|kind| kind.name().to_string()).unwrap_or_default(),
                "kinds of callers are kept apart",
            );
        }
        return (Fingerprint::of(parts), template);
    }
    if let Some(request) = request {
        part("method", request.method.clone().unwrap_or_default(), "another handler");
        part("route", request.path.as_deref().map(|path| route(path, catalog)).unwrap_or_default(), "another handler");
    }
    let exception = event.exception.as_ref();
    part(
        "type",
        exception.and_then(|exception| exception.type_name.clone()).unwrap_or_default(),
        "another type is another fault",
    );
    let frames =
        exception.map(|exception| frames(exception, pattern.map(|pattern| pattern.frames))).unwrap_or_default();
    if frames.is_empty() {
        part("message", one_word(&template), "what the line says, values masked");
        let at = event.entry.logged_at.as_ref();
        let at = at.map(|at| {
            [at.module.as_deref(), at.function.as_deref()].into_iter().flatten().collect::<Vec<_>>().join(" ")
        });
        part("logged at", at.unwrap_or_default(), "another place in the code says it");
    } else {
        if pattern.is_none_or(|pattern| pattern.identity.is_empty()) {
            let message = exception.and_then(|exception| exception.message.as_deref()).unwrap_or("");
            part("message", one_word(&normalise(message, &catalog.masks)), "what the exception says, values masked");
        }
        part("frames", frames, "where it was raised, line numbers left out because deployments move them");
    }
    // What the catalog can name is named; what was on the way to it is told as a link.
    let named = pattern.is_some_and(|pattern| !pattern.identity.is_empty());
    let cause = exception.filter(|_| !named).map(|exception| root_cause(exception, catalog)).unwrap_or_default();
    part("cause", cause, "another cause is another fault, whatever wraps it");
    (Fingerprint::of(parts), template)
}

/// Returns the fingerprint of everything that is told together as one family of a service.
pub(crate) fn family(service: Option<&str>, family: &str) -> Fingerprint {
    let part = |name: &str, value: &str, why| Part { name: name.to_string(), value: value.to_string(), why };
    let service = service.filter(|service| !service.is_empty());
    let service = service.map(|service| part("service", service, "another service is another fault"));
    let family = part("family", family, "told together, whatever differs among them");
    Fingerprint::of(service.into_iter().chain([family]).collect())
}

/// Returns what the innermost cause says and where it was raised; nothing when none is told.
fn root_cause(exception: &Exception, catalog: &Catalog) -> String {
    let is_aside = |relation: &str| matches!(relation, "grouped" | "suppressed");
    let Some(cause) = exception.chain.iter().take_while(|cause| !is_aside(&cause.relation)).last() else {
        return String::new();
    };
    if (&cause.type_name, &cause.message) == (&exception.type_name, &exception.message) {
        return String::new();
    }
    let type_name = cause.type_name.clone().unwrap_or_default();
    // What a handler was busy with is not what it raised: the type has to do.
    if cause.relation != "caused by" {
        return type_name;
    }
    let message = one_word(&normalise(cause.message.as_deref().unwrap_or(""), &catalog.masks));
    let place = cause.frames.iter().find(|frame| frame.in_app);
    let place = place.map(|frame| frame_name(frame, exception.language.as_deref())).unwrap_or_default();
    [type_name, message, place].join("\n").trim_end().to_string()
}

/// Returns the captures that name the fault.
fn identity<'e>(
    event: &'e Event,
    pattern: &'e ErrorPattern,
    masks: &'e Masks,
) -> impl Iterator<Item = (&'e str, String)> {
    pattern.identity.iter().filter_map(|name| {
        let value = event.known.as_ref()?.captures.get(&**name)?;
        let value = value.split_whitespace().collect::<Vec<_>>().join(" ");
        // A key that is nothing but a number or an id is one of many; a code tells the fault.
        let masked = masks.apply(&value);
        let is_id = &**name == "key" && masked.starts_with('<') && masked.find('>') == Some(masked.len() - 1);
        Some((&**name, if is_id { masked.into_owned() } else { value }))
    })
}

/// Returns the event's message with values masked; a request without a text gets `status method route`.
fn template(event: &Event, catalog: &Catalog) -> String {
    let text = match (&event.exception, event.entry.message.trim()) {
        (Some(exception), _) if !exception.frames.is_empty() => headline(exception),
        (_, "") => match &event.entry.http {
            Some(request) => {
                let status = request.status.map(|status| status.to_string()).unwrap_or_default();
                let route = request.path.as_deref().map(|path| route(path, catalog)).unwrap_or_default();
                return ["HTTP", &status, request.method.as_deref().unwrap_or(""), &route].join(" ").trim().to_string();
            }
            None => return WITHOUT_PAYLOAD.to_string(),
        },
        (_, message) => message.to_string(),
    };
    normalise(&text, &catalog.masks)
}

/// Returns `Type: message`.
pub(crate) fn headline(exception: &Exception) -> String {
    match (exception.type_name.as_deref(), exception.message.as_deref()) {
        (Some(type_name), Some(message)) if !message.is_empty() => format!("{type_name}: {message}"),
        (Some(text), _) | (None, Some(text)) => text.to_string(),
        (None, None) => String::new(),
    }
}

/// Returns a template in which a hexadecimal value and a number are the same word: one hexadecimal value in
/// some thousands has no letter in it, and would make a group of its own.
fn one_word(template: &str) -> String {
    template.replace("<hex>", "<number>")
}

/// Returns a path with its ids masked: `/v1/users/<number>`.
fn route(path: &str, catalog: &Catalog) -> String {
    path.split('/')
        .map(|segment| {
            let id = segment.len() >= 8 && segment.bytes().filter(u8::is_ascii_digit).count() >= 3
                || (!segment.is_empty() && segment.bytes().all(|byte| byte.is_ascii_digit()));
            if id { "<id>".into() } else { catalog.masks.apply(segment) }
        })
        .collect::<Vec<_>>()
        .join("/")
}

/// Returns the frames that count, innermost first, one a line.
fn frames(exception: &Exception, frame_use: Option<Frames>) -> String {
    let in_app: Vec<&StackFrame> = exception.frames.iter().filter(|frame| frame.in_app).collect();
    let counting: Vec<&StackFrame> = match frame_use.unwrap_or(Frames::All) {
        Frames::None => Vec::new(),
        Frames::Innermost => in_app.into_iter().take(1).collect(),
        // Library code alone tells which call failed, not whose it was: a few frames are enough.
        Frames::All if in_app.is_empty() => exception.frames.iter().take(3).collect(),
        Frames::All => in_app.into_iter().take(FRAME_LIMIT).collect(),
    };
    let mut lines: Vec<String> = Vec::new();
    for frame in counting {
        let line = frame_name(frame, exception.language.as_deref());
        // Recursion repeats frames; how deep it went is no difference in the fault.
        if !lines.contains(&line) {
            lines.push(line);
        }
    }
    lines.join("\n")
}
