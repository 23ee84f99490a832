//! What the catalog knows of a root: through its own pattern, or, where none knows it, through the pattern of the cause
//! that its stack trace names. Leaves out what is said of it (`why`, `advice`).

use std::borrow::Cow;
use std::collections::BTreeMap;

use crate::exception::{ChainedException, Exception};
use crate::group::ErrorGroup;
use crate::pattern::mark::Stood;
use crate::pattern::{ErrorPattern, Role, Subject, Text};

use super::case::Case;

/// A pattern that says something about a root, with what fills its texts.
#[derive(Debug)]
pub(super) struct Knowledge<'a> {
    /// The pattern.
    pub(super) pattern: &'a ErrorPattern,
    captures: Cow<'a, BTreeMap<String, String>>,
    type_name: Option<&'a str>,
    service: Option<&'a String>,
}

impl Knowledge<'_> {
    /// Returns a text of the pattern with its placeholders filled, on one line.
    pub(super) fn fill(&self, text: &Text) -> String {
        let filled = text.fill(|name| match name {
            "service" => self.service.cloned(),
            "type" => self.type_name.map(str::to_string),
            _ => self.captures.get(name).cloned(),
        });
        super::why::one_line(&filled)
    }
}

/// Returns what the catalog knows of the root.
pub(super) fn of_root<'a>(case: &Case<'a>) -> Option<Knowledge<'a>> {
    let root = case.root();
    let service = root.services.keys().next();
    if let Some(pattern) = case.pattern(root) {
        let type_name = root.exception.as_ref().and_then(|exception| exception.type_name.as_deref());
        return Some(Knowledge { pattern, captures: Cow::Borrowed(&root.captures), type_name, service });
    }
    causes(root).into_iter().rev().find_map(|cause| {
        let (pattern, captures) = known(case, cause, root)?;
        Some(Knowledge { pattern, captures: Cow::Owned(captures), type_name: cause.type_name.as_deref(), service })
    })
}

/// Returns the exceptions that the root's trace names as its causes, nearest first.
///
/// What a handler was busy with when it failed is none: it need not have to do with it.
pub(super) fn causes(root: &ErrorGroup) -> Vec<&ChainedException> {
    let chain = root.exception.iter().flat_map(|exception| &exception.chain);
    chain.take_while(|chained| chained.relation == "caused by").collect()
}

fn known<'a>(
    case: &Case<'a>,
    cause: &ChainedException,
    root: &ErrorGroup,
) -> Option<(&'a ErrorPattern, BTreeMap<String, String>)> {
    // Patterns know values by their shape, so marks are shown to them as values.
    let mut stood = Stood::default();
    let message = cause.message.as_deref().map(|message| stood.text(message).into_owned());
    let exception = Exception {
        type_name: cause.type_name.clone(),
        message,
        language: root.exception.as_ref().and_then(|exception| exception.language.clone()),
        chain: Vec::new(),
        frames: cause.frames.clone(),
    };
    let (exception, severity) = (Some(&exception), root.severity);
    let subject = Subject { message: "", exception, http: None, severity, client: None };
    let mut known = case.catalog.errors.recognise(&subject)?;
    known.captures.values_mut().for_each(|value| stood.restore(value));
    let pattern = case.catalog.errors.get(known.pattern);
    matches!(pattern.role, Role::Failure | Role::Symptom).then_some((pattern, known.captures))
}
