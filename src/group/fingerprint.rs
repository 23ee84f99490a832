//! Fingerprints: the named parts that make two events the same, and why each counts.
//! Leaves out counting events (`groups`, `detail`); nothing here depends on time, order or line numbers.

use std::borrow::Cow;
use std::cell::RefCell;
use std::hash::BuildHasher;
use std::sync::Arc;

use sha2::{Digest, Sha256};

use crate::event::{Event, Exception, StackFrame};
use crate::pattern::{Catalog, ErrorPattern, Frames, Grouping, Masks, mark};

use super::frame_name::frame_name;
use super::memo::Memo;
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

/// The parts of a fingerprint in one text, in the form in which they are hashed.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(super) struct Parts {
    text: String,
    marks: Vec<Mark>,
}

/// Where one part stands in the text: its name begins, its value begins, its value ends.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Mark {
    name: u32,
    value: u32,
    end: u32,
    why: &'static str,
}

impl Parts {
    /// Adds a part whose value `write` writes; an empty one does not count.
    fn add(&mut self, name: &str, why: &'static str, write: impl FnOnce(&mut String)) {
        if self.marks.is_empty() {
            // Room for what most events say.
            self.text.reserve(256);
            self.marks.reserve(6);
        }
        let before = self.text.len();
        self.text.push('\0');
        self.text.push_str(name);
        self.text.push('\u{1}');
        let value = self.text.len();
        write(&mut self.text);
        if self.text.len() == value {
            self.text.truncate(before);
            return;
        }
        let at = |place: usize| u32::try_from(place).unwrap_or(u32::MAX);
        self.marks.push(Mark { name: at(before + 1), value: at(value), end: at(self.text.len()), why });
    }

    fn add_text(&mut self, name: &str, value: &str, why: &'static str) {
        self.add(name, why, |text| text.push_str(value));
    }

    /// Returns a number that equal parts have in common; others hardly ever.
    pub(super) fn glance(&self) -> u64 {
        foldhash::fast::FixedState::default().hash_one(self.text.as_bytes())
    }

    /// Returns the hash of the fingerprint that they make.
    pub(super) fn hash(&self) -> String {
        let mut digest = Sha256::new();
        digest.update(RECIPE);
        digest.update(&self.text);
        let half = |half: u8| char::from_digit(u32::from(half), 16);
        digest.finalize().iter().take(16).flat_map(|byte| [half(byte >> 4), half(byte & 15)]).flatten().collect()
    }

    /// Returns them one by one.
    pub(super) fn told(&self) -> Vec<Part> {
        let text = |from: u32, to: u32| self.text.get(from as usize..to as usize).unwrap_or_default().to_string();
        let part = |mark: &Mark| Part {
            name: text(mark.name, mark.value - 1),
            value: text(mark.value, mark.end),
            why: mark.why,
        };
        self.marks.iter().map(part).collect()
    }

    fn fingerprint(&self) -> Fingerprint {
        Fingerprint { hash: self.hash(), parts: self.told() }
    }
}

/// What stands for the message of an entry that carries none.
pub(crate) const WITHOUT_PAYLOAD: &str = "entry without a payload";

/// Returns the fingerprint of `event` and its normalised message.
pub fn fingerprint(event: &Event, catalog: &Catalog) -> (Fingerprint, String) {
    (parts(event, catalog).fingerprint(), template(event, catalog))
}

/// Names the only part of the fingerprint of what is beyond the limit of groups.
pub(super) const REST: &str = "limit";

/// Returns the parts of the fingerprint of all errors beyond the limit of groups.
pub(super) fn rest() -> Parts {
    let mut parts = Parts::default();
    parts.add_text(REST, "beyond", "more different errors than are told apart");
    parts
}

/// Returns the parts of the fingerprint of `event`.
pub(super) fn parts(event: &Event, catalog: &Catalog) -> Parts {
    let pattern = event.known.as_ref().map(|known| catalog.errors.get(known.pattern));
    let mut parts = Parts::default();
    let service = event.entry.origin.service.as_deref().unwrap_or_default();
    parts.add_text("service", service, "another service is another fault");
    let request = event.entry.http.as_ref().filter(|request| request.status.is_some());
    let by_target = pattern.is_some_and(|pattern| pattern.grouping == Grouping::Target);
    if (by_target || pattern.is_some_and(|pattern| !pattern.identity.is_empty()))
        && let Some(pattern) = pattern
    {
        parts.add_text("pattern", &pattern.id, "the catalog knows this error");
        for (name, value) in identity(event, pattern, &catalog.masks) {
            parts.add_text(name, &value, "it names what the error is about");
        }
    }
    if let Some(request) = request {
        let status = request.status.map(|status| status.to_string()).unwrap_or_default();
        parts.add_text("status", &status, "the response differs");
    }
    if by_target {
        if request.and_then(|request| request.status).is_some_and(|status| status < 500) {
            let client = event.client.map_or("", |kind| kind.name());
            parts.add_text("client", client, "kinds of callers are kept apart");
        }
        return parts;
    }
    if let Some(request) = request {
        parts.add_text("method", request.method.as_deref().unwrap_or_default(), "another handler");
        let route = request.path.as_deref().map(|path| route(path, catalog)).unwrap_or_default();
        parts.add_text("route", &route, "another handler");
    }
    let exception = event.exception.as_ref();
    let type_name = exception.and_then(|exception| exception.type_name.as_deref()).unwrap_or_default();
    parts.add_text("type", type_name, "another type is another fault");
    let frames =
        exception.map(|exception| frames(exception, pattern.map(|pattern| pattern.frames))).unwrap_or_default();
    if frames.is_empty() {
        parts.add_text("message", &one_word(&template(event, catalog)), "what the line says, values masked");
        if let Some(at) = &event.entry.logged_at {
            let at = [at.module.as_deref(), at.function.as_deref()].into_iter().flatten().collect::<Vec<_>>().join(" ");
            parts.add_text("logged at", &at, "another place in the code says it");
        }
    } else {
        if pattern.is_none_or(|pattern| pattern.identity.is_empty()) {
            let message = exception.and_then(|exception| exception.message.as_deref()).unwrap_or("");
            let message = normalise(message, &catalog.masks);
            parts.add_text("message", &one_word(&message), "what the exception says, values masked");
        }
        let why = "where it was raised, line numbers left out because deployments move them";
        parts.add_text("frames", &frames, why);
    }
    // What the catalog can name is named; what was on the way to it is told as a link.
    let named = pattern.is_some_and(|pattern| !pattern.identity.is_empty());
    let cause = exception.filter(|_| !named).map(|exception| root_cause(exception, catalog)).unwrap_or_default();
    parts.add_text("cause", &cause, "another cause is another fault, whatever wraps it");
    parts
}

/// Returns the fingerprint of everything that is told together as one family of a service.
pub(crate) fn family(service: Option<&str>, family: &str) -> Fingerprint {
    let mut parts = Parts::default();
    parts.add_text("service", service.unwrap_or_default(), "another service is another fault");
    parts.add_text("family", family, "told together, whatever differs among them");
    parts.fingerprint()
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
    let message = normalise(cause.message.as_deref().unwrap_or(""), &catalog.masks);
    let message = one_word(&message);
    let place = cause.frames.iter().find(|frame| frame.in_app);
    let place = place.map(|frame| named(frame, exception.language.as_deref())).unwrap_or_default();
    [&*type_name, &*message, &*place].join("\n").trim_end().to_string()
}

/// Returns the captures that name the fault.
fn identity<'e>(
    event: &'e Event,
    pattern: &'e ErrorPattern,
    masks: &'e Masks,
) -> impl Iterator<Item = (&'e str, String)> {
    pattern.identity.iter().filter_map(|name| {
        let value = event.known.as_ref()?.captures.get(&**name)?;
        // Of a value that is remembered the mark is longer; the fault is the same.
        let value = mark::shortened(value).split_whitespace().collect::<Vec<_>>().join(" ");
        // A key that is nothing but a number or an id is one of many; a code tells the fault.
        let masked = masks.apply(&value);
        let is_id = &**name == "key" && masked.starts_with('<') && masked.find('>') == Some(masked.len() - 1);
        Some((&**name, if is_id { masked.into_owned() } else { value }))
    })
}

/// Returns the event's message with values masked; a request without a text gets `status method route`.
pub(super) fn template(event: &Event, catalog: &Catalog) -> String {
    let text: Cow<'_, str> = match (&event.exception, event.entry.message.trim()) {
        (Some(exception), _) if !exception.frames.is_empty() => headline(exception).into(),
        (_, "") => match &event.entry.http {
            Some(request) => {
                let status = request.status.map(|status| status.to_string()).unwrap_or_default();
                let route = request.path.as_deref().map(|path| route(path, catalog)).unwrap_or_default();
                return ["HTTP", &status, request.method.as_deref().unwrap_or(""), &route].join(" ").trim().to_string();
            }
            None => return WITHOUT_PAYLOAD.to_string(),
        },
        (_, message) => message.into(),
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
fn one_word(template: &str) -> Cow<'_, str> {
    match template.contains("<hex>") {
        true => template.replace("<hex>", "<number>").into(),
        false => template.into(),
    }
}

/// Returns a path with its ids masked: `/v1/users/<number>`.
fn route(path: &str, catalog: &Catalog) -> String {
    path.split('/')
        .map(|segment| {
            let id = segment.len() >= 8 && segment.bytes().filter(u8::is_ascii_digit).count() >= 3
                || (!segment.is_empty() && segment.bytes().all(|byte| byte.is_ascii_digit()));
            if id && !mark::has_mark(segment) { "<id>".into() } else { catalog.masks.apply(segment) }
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
    let mut lines: Vec<Arc<str>> = Vec::with_capacity(counting.len());
    for frame in counting {
        let line = named(frame, exception.language.as_deref());
        // Recursion repeats frames; how deep it went is no difference in the fault.
        if !lines.contains(&line) {
            lines.push(line);
        }
    }
    lines.join("\n")
}

thread_local! {
    static NAMES: RefCell<Memo> = RefCell::default();
}

/// Returns the name of a frame, which each thread remembers.
fn named(frame: &StackFrame, language: Option<&str>) -> Arc<str> {
    let parts = [frame.file.as_deref(), frame.function.as_deref(), language];
    let find = || frame_name(frame, language);
    // What is not stated differs from what is empty.
    match parts {
        [Some(file), Some(function), Some(language)] => {
            NAMES.with(|names| names.borrow_mut().get([file, function, language], find))
        }
        _ => find().into(),
    }
}
