//! Rules that know names alone: which name in a text, or of a field, announces a value that counts.
//! Leaves out where the value stands (`named`), and which rules there are.

use std::borrow::Cow;
use std::ops::Range;

use super::super::expression::Part;
use super::checks::Check;
use super::named::{self, Notation};
use super::{Find, Redactions, Rule, Tally, scan};

impl Redactions {
    /// Returns the value of a field with every secret in it replaced, see [`Redactions::redact`]; the name may tell what it is.
    pub fn redact_value<'t>(&self, name: &str, value: &'t str, tally: &mut Tally) -> Cow<'t, str> {
        if let Some(mark) = self.person(name, value, tally) {
            return Cow::Owned(mark);
        }
        let plain = |text: &str| !text.bytes().any(|byte| matches!(byte, b'"' | b'\\' | b'\n' | b'\r'));
        if value.len() <= 4096 && name.len() <= 64 && plain(name) && plain(value) && !self.announced(name).is_empty() {
            let before = format!("\"{name}\":\"");
            if let Cow::Owned(redacted) = self.rewrite(&format!("{before}{value}\""), tally, false) {
                // A name may be redacted itself; then the value is looked at alone.
                let inner = redacted.strip_prefix(&before).and_then(|rest| rest.strip_suffix('"'));
                return inner.map_or_else(|| self.redact(value, tally), |inner| Cow::Owned(inner.to_string()));
            }
            return Cow::Borrowed(value);
        }
        // Written as JSON, the value would have escapes; as a whole it is as secret.
        let is_named = name.len() <= 64 && !self.announced(name).is_empty();
        let rule = self.rules.iter().position(|rule| is_named && rule.names_field(name, value, Notation::Quoted));
        if let Some(rule) = rule {
            let kind = self.kind_of[rule];
            tally.add(kind);
            return Cow::Owned(self.setup.mark(&self.kinds[usize::from(kind)], value));
        }
        self.redact(value, tally)
    }

    /// Returns whether `value` is a secret because of the `name` of its field, or because `name` stands before it in a
    /// list: `["--password", "x"]`.
    pub(crate) fn names(&self, name: &str, value: &str, is_list: bool) -> bool {
        let plain = name.trim_start_matches('-');
        let notation = if is_list && plain == name { Notation::Listed } else { Notation::Quoted };
        name.len() <= 64
            && !self.announced(name).is_empty()
            && self.rules.iter().any(|rule| rule.names_field(plain, value, notation))
    }
}

/// Whether a name is that of a trace, by which evidence is found again.
pub(super) fn names_trace(key: &str) -> bool {
    let name = key.trim_end_matches(|c: char| !c.is_ascii_alphanumeric()).to_ascii_lowercase();
    ["trace_id", "traceid", "trace-id", "span_id", "spanid", "span-id"].iter().any(|end| name.ends_with(end))
}

/// Names of three letters or so are parts of many words: these have to be words of their own, as in `db_pass`, `dbPass`.
const SHORT_NAME: usize = 4;
/// Bytes of a value that are looked at to tell whether it is one.
const LOOKED_AT: usize = 96;
/// Bytes of a name that its value may repeat.
const LONGEST_KEY: usize = 18;

impl Rule {
    /// Finds the values that names announce, in all notations.
    pub(super) fn read_named(&self, text: &str, rule: usize, finds: &mut Vec<Find>) {
        let (mut at, mut run) = (0, 0..0);
        let regex = self.regex.get(text);
        while let Some(name) = regex.find_at(text, at).map(|found| found.range()) {
            at = name.end.max(at + 1);
            // `arn:aws:secretsmanager:…:secret:prod/db`: a part of a name.
            let around = (name.start.checked_sub(1).map(|at| text.as_bytes()[at]), text.as_bytes().get(name.end));
            if !self.is_free(text, &name) || around == (Some(b':'), Some(&b':')) {
                continue;
            }
            let check = self.check.unwrap_or(Check::Password);
            let done = named::values(text, name.clone(), &mut run, |span, notation| {
                let value = &text[span.clone()];
                let key = text.ceil_char_boundary(name.end.saturating_sub(LONGEST_KEY).max(name.start));
                if self.is_value(check, value, &text[key..name.end], notation) {
                    finds.push(Find { span, rule });
                    at = at.max(finds.last().map_or(at, |find| find.span.end));
                }
            });
            debug_assert!(done >= name.end);
        }
    }

    fn is_value(&self, check: Check, value: &str, key: &str, notation: Notation) -> bool {
        // More tells no more of it.
        let value = &value[..value.floor_char_boundary(LOOKED_AT)];
        // `pass: 12` counts tests.
        let counts = value.len() < 4 && value.bytes().all(|byte| byte.is_ascii_digit());
        let short = key.bytes().take_while(u8::is_ascii_alphabetic).count() <= SHORT_NAME;
        !(value.is_empty() || counts && short) && check.passes_as(value, key, notation)
    }

    fn is_free(&self, text: &str, name: &Range<usize>) -> bool {
        let letters = text[name.clone()].bytes().take_while(u8::is_ascii_alphabetic).count();
        let bytes = text.as_bytes();
        let before = name.start.checked_sub(1).map(|at| bytes[at]);
        letters > SHORT_NAME
            || !before.is_some_and(|byte| byte.is_ascii_alphabetic())
            || scan::begins_freely(bytes, name.start)
            || bytes[name.start].is_ascii_uppercase() && before.is_some_and(|byte| byte.is_ascii_lowercase())
    }

    /// Returns whether `field` is a name of this rule whose value `value` is.
    pub(super) fn names_field(&self, field: &str, value: &str, notation: Notation) -> bool {
        let ends = |found: Part<'_>| found.end() == field.len() && self.is_free(field, &found.range());
        self.names
            && self.regex.find_iter(field).any(ends)
            && self.is_value(self.check.unwrap_or(Check::Password), value, field, notation)
    }
}
