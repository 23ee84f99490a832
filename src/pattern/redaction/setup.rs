//! What a user decides about marks: the key of their hash, fields whose values are people's, whether values come back.
//! Leaves out finding values.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::Mutex;

use sha2::{Digest, Sha256};

use super::super::mark::{self, DIGITS, MANY_DIGITS};
use super::key::{self, KeyState};
use super::{Redactions, Rule, Tally, is_wanted};

/// Values that are remembered at most; of more the marks stay.
const MOST_VALUES: usize = 500_000;
/// People that one entry names at most.
const MOST_PEOPLE: usize = 16;
/// A shorter value is replaced in its field alone: elsewhere it stands by chance.
const SHORTEST_PERSON: usize = 3;
/// Bytes of them.
const MOST_BYTES: usize = 64 << 20;
/// How marks are made.
#[derive(Debug, Default)]
pub(super) struct Setup {
    key: Vec<u8>,
    fields: Vec<String>,
    values: Option<Mutex<Values>>,
}

/// The values behind marks.
#[derive(Debug, Default)]
struct Values {
    of: HashMap<String, String>,
    bytes: usize,
}

impl Setup {
    /// Returns the mark of a value.
    pub(super) fn mark(&self, kind: &str, value: &str) -> String {
        let mut digest = Sha256::new();
        if !self.key.is_empty() {
            digest.update(&self.key);
            digest.update([0]);
        }
        let Some(values) = &self.values else {
            digest.update(plain(kind, value).as_bytes());
            return format!("<{kind}:{}>", hex(digest, DIGITS));
        };
        // As it stands, for it is put back as it stood.
        digest.update(value);
        let mark = format!("<{kind}:{}>", hex(digest, MANY_DIGITS));
        if let Ok(mut values) = values.lock()
            && values.of.len() < MOST_VALUES
            && values.bytes + value.len() <= MOST_BYTES
            && !values.of.contains_key(&mark)
        {
            values.bytes += value.len();
            values.of.insert(mark.clone(), value.to_string());
        }
        mark
    }
}

/// One spelling of a value: a mailbox is the same in any case, and in a URL.
fn plain<'v>(kind: &str, value: &'v str) -> Cow<'v, str> {
    match kind {
        "email" => value.replace("%40", "@").to_ascii_lowercase().into(),
        "phone" | "card" | "iban" => {
            value.chars().filter(|c| c.is_ascii_alphanumeric() || *c == '+').collect::<String>().into()
        }
        _ => value.into(),
    }
}

fn hex(digest: Sha256, digits: usize) -> String {
    digest.finalize().iter().take(digits / 2).map(|byte| format!("{byte:02x}")).collect()
}

/// Returns the name of a field without the path to it.
fn last(path: &str) -> &str {
    path.rsplit('.').next().unwrap_or(path)
}

impl Redactions {
    /// Returns the same rules with marks that nobody without `key` can confirm by guessing a value.
    pub fn with_key(mut self, key: &[u8]) -> Redactions {
        self.setup.key = key.to_vec();
        self
    }

    /// Returns the same rules, with fields whose values tell a person: `user_id`, `jsonPayload.customer`.
    pub fn with_fields(mut self, fields: &[String]) -> Redactions {
        self.setup.fields = fields.iter().filter(|field| !last(field).trim().is_empty()).cloned().collect();
        let rules = self.setup.fields.iter().map(|field| Rule::of_field(last(field), &kind_of(field)));
        let mut rules: Vec<Rule> = rules.collect();
        rules.append(&mut self.rules);
        let setup = std::mem::take(&mut self.setup);
        Redactions { setup, ..Redactions::assemble(rules) }
    }

    /// Adds to `people` what the fields that tell a person hold in `text`, by name and value.
    pub(crate) fn people(&self, text: &str, people: &mut Vec<(String, String)>) {
        let wanted = self.announced(text);
        for (at, field) in self.setup.fields.iter().enumerate() {
            let mut finds = Vec::new();
            if is_wanted(&wanted, at) {
                self.rules[at].find(text, at, &mut finds);
            }
            for find in finds.into_iter().take(MOST_PEOPLE) {
                let person = (last(field).to_string(), text[find.span].to_string());
                if !people.contains(&person) && !mark::has_mark(&person.1) {
                    people.push(person);
                }
            }
        }
        people.truncate(MOST_PEOPLE);
    }

    /// Returns `text` with the value of a field that tells a person replaced where it stands as a word of its own.
    pub(crate) fn replaced_person(&self, text: &str, field: &str, value: &str, tally: &mut Tally) -> Option<String> {
        if value.len() < SHORTEST_PERSON && value != text {
            return None;
        }
        let is_word = |byte: Option<&u8>| byte.is_some_and(|byte| byte.is_ascii_alphanumeric());
        let bytes = text.as_bytes();
        let free = |at: usize| {
            let before = at.checked_sub(1).and_then(|at| bytes.get(at));
            !is_word(before) && before != Some(&b'<') && !is_word(bytes.get(at + value.len()))
        };
        let (mut out, mut done) = (String::new(), 0);
        for (at, _) in text.match_indices(value).filter(|(at, _)| free(*at)) {
            out.push_str(&text[done..at]);
            out.push_str(&self.named_mark(field, value, tally));
            done = at + value.len();
        }
        (done > 0).then(|| out + &text[done..])
    }

    /// Returns the rule that stands for private keys.
    pub(super) fn key_rule(&self) -> Option<usize> {
        self.rules.iter().position(|rule| rule.lines)
    }

    /// Returns `text` with what is private key replaced, if one began in an earlier text or in this; `state` knows that,
    /// and `after` is the line behind the text, if that is known.
    pub(crate) fn follow_key<'t>(
        &self,
        text: &'t str,
        after: Option<&str>,
        state: &mut KeyState,
        tally: &mut Tally,
    ) -> Cow<'t, str> {
        let Some(rule) = self.key_rule().filter(|_| state.is_open() || key::has_beginning(text)) else {
            return Cow::Borrowed(text);
        };
        let (mut out, mut done) = (String::new(), 0);
        let suspicious = key::spans(text, after, state, |span| {
            tally.add(self.kind_of[rule]);
            out.push_str(&text[done..span.start]);
            out.push_str(&self.setup.mark(&self.rules[rule].kind, &text[span.clone()]));
            done = span.end;
        });
        if suspicious {
            tally.flag();
        }
        if done == 0 {
            return Cow::Borrowed(text);
        }
        out.push_str(&text[done..]);
        Cow::Owned(out)
    }

    /// Returns the mark of a value if the settings name its field as one that tells a person.
    pub(crate) fn person(&self, field: &str, value: &str, tally: &mut Tally) -> Option<String> {
        let is_named = self.setup.fields.iter().any(|known| last(known).eq_ignore_ascii_case(field));
        (is_named && !value.is_empty() && !mark::has_mark(value)).then(|| self.named_mark(field, value, tally))
    }

    /// Returns the same rules, which remember values, so that [`Redactions::reveal`] can put them back.
    pub fn remembering(mut self) -> Redactions {
        self.setup.values = Some(Mutex::default());
        self
    }

    /// Returns whether values are remembered and put back.
    pub fn reveals(&self) -> bool {
        self.setup.values.is_some()
    }

    /// Returns the fields whose values tell a person.
    pub fn fields(&self) -> &[String] {
        &self.setup.fields
    }

    /// Returns `text` with the values that were remembered in the place of their marks.
    pub fn reveal<'t>(&self, text: &'t str) -> Cow<'t, str> {
        let Some(values) = self.setup.values.as_ref().and_then(|values| values.lock().ok()) else {
            return Cow::Borrowed(text);
        };
        mark::rewritten(text, |mark| values.of.get(&text[mark.span.clone()]).cloned())
    }

    /// Returns the name of a kind by its number.
    pub fn kind(&self, number: u16) -> &str {
        self.kinds.get(usize::from(number)).map_or("unknown", String::as_str)
    }

    fn named_mark(&self, field: &str, value: &str, tally: &mut Tally) -> String {
        let kind = kind_of(field);
        if let Some(number) = self.kinds.iter().position(|known| *known == kind) {
            tally.add(number as u16);
        }
        self.setup.mark(&kind, value)
    }
}

/// Returns the kind that a mark shows for a field: `userId` is `userid`.
fn kind_of(field: &str) -> String {
    let kind: String = last(field)
        .chars()
        .filter(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-'))
        .map(|c| c.to_ascii_lowercase())
        .skip_while(|c| !c.is_ascii_lowercase())
        .take(40)
        .collect();
    if kind.is_empty() { "field".to_string() } else { kind }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_values_have_equal_marks_and_a_key_changes_them() {
        let (plain, keyed) = (Setup::default(), Setup { key: b"salt".to_vec(), ..Setup::default() });
        assert_eq!(plain.mark("email", "Ada@shop.example"), plain.mark("email", "ada%40shop.example"));
        assert_eq!(plain.mark("phone", "+49 170 1"), plain.mark("phone", "+491701"));
        assert_ne!(plain.mark("email", "ada@shop.example"), keyed.mark("email", "ada@shop.example"));
        assert_eq!(kind_of("jsonPayload.user_id"), "user_id");
    }

    #[test]
    fn any_number_of_fields_hides_no_rule() {
        let fields: Vec<String> = (0..300).map(|number| format!("field_{number}")).collect();
        let rules = Redactions::built_in().expect("ours").with_fields(&fields);
        let redacted = rules.redact("field_299=ada from 203.0.113.7, ada@shop.example", &mut Tally::default());
        for seen in ["=ada", "203.0.113.7", "shop.example"] {
            assert!(!redacted.contains(seen), "{redacted}");
        }
    }

    #[test]
    fn what_is_remembered_is_put_back_as_it_stood() {
        let rules = Redactions::default().remembering();
        let mark = rules.setup.mark("email", "Ada%40shop.example");
        assert_eq!(rules.reveal(&format!("to {mark}, <email:0000>")), "to Ada%40shop.example, <email:0000>");
    }
}
