//! The words that tell a value from a name, as `[words]` of the mask files lists them.
//! Leaves out where they are looked for: the code shape and `group::normalise` do that.

use std::borrow::Cow;
use std::collections::BTreeMap;

use foldhash::HashSet;
use serde::Deserialize;

/// Words, in lower case, that decide whether what stands beside them is a value or a name.
#[derive(Debug, Default)]
pub struct Words {
    value: HashSet<String>,
    before: HashSet<String>,
    whose: HashSet<String>,
    name: HashSet<String>,
    fault: HashSet<String>,
    joint: HashSet<String>,
    code: HashSet<String>,
    status: HashSet<String>,
    prefix: HashSet<String>,
    ports: HashSet<u16>,
    agree: BTreeMap<String, String>,
}

/// The table as it is written; every list may be absent in a file that adds to ours.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct WordLists {
    value: Vec<String>,
    before: Vec<String>,
    whose: Vec<String>,
    name: Vec<String>,
    fault: Vec<String>,
    joint: Vec<String>,
    code: Vec<String>,
    status: Vec<String>,
    prefix: Vec<String>,
    ports: Vec<u16>,
    agree: Vec<[String; 2]>,
}

impl Words {
    /// Adds the lists of one more file.
    pub(super) fn extend(&mut self, lists: WordLists) {
        self.value.extend(lists.value);
        self.before.extend(lists.before);
        self.whose.extend(lists.whose);
        self.name.extend(lists.name);
        self.fault.extend(lists.fault);
        self.joint.extend(lists.joint);
        self.code.extend(lists.code);
        self.status.extend(lists.status);
        self.prefix.extend(lists.prefix);
        self.ports.extend(lists.ports);
        self.agree.extend(lists.agree.into_iter().map(|[one, many]| (one, many)));
    }

    /// Returns whether a quotation after this word, or the value of this key, belongs to one occurrence.
    pub fn is_value(&self, word: &str) -> bool {
        if self.is_exactly_name(word) {
            return false;
        }
        decides(&self.value, word)
    }

    /// Returns whether a bare word after these two words belongs to one occurrence.
    pub fn is_whose(&self, before: &str, noun: &str) -> bool {
        self.whose.contains(noun) && self.before.contains(before)
    }

    /// Returns whether the value of this key tells the fault.
    pub fn is_name(&self, word: &str) -> bool {
        decides(&self.name, word)
    }

    fn is_exactly_name(&self, word: &str) -> bool {
        self.name.contains(&*lower(word))
    }

    /// Returns whether this key of an echoed payload tells the fault.
    pub fn is_fault(&self, key: &str) -> bool {
        self.fault.contains(&*lower(key))
    }

    /// Returns whether this word between a noun and its quotation does not decide.
    pub fn is_joint(&self, word: &str) -> bool {
        self.joint.contains(&*lower(word))
    }

    /// Returns whether a number after this word is a code that tells the fault.
    pub fn is_code(&self, word: &str) -> bool {
        self.code.contains(&*lower(word))
    }

    /// Returns whether a number from 100 to 599 after this word is an HTTP status.
    pub fn is_status(&self, word: &str) -> bool {
        self.status.contains(&*lower(word))
    }

    /// Returns whether this word and a hyphen begin a documented error number.
    pub fn is_prefix(&self, word: &str) -> bool {
        self.prefix.contains(&*lower(word))
    }

    /// Returns whether this port names the dependency behind it.
    pub fn is_known_port(&self, port: u16) -> bool {
        self.ports.contains(&port)
    }

    /// Returns the form that a word takes beside a count, whichever the count is.
    pub fn agreed(&self, word: &str) -> Option<&str> {
        self.agree.get(word).map(String::as_str)
    }
}

/// Returns a word in lower case, as it is if it is that already.
fn lower(word: &str) -> Cow<'_, str> {
    match word.bytes().all(|byte| byte.is_ascii() && !byte.is_ascii_uppercase()) {
        true => Cow::Borrowed(word),
        false => Cow::Owned(word.to_lowercase()),
    }
}

/// Looks up a word, or the last part of a key such as `order.customer_id` or `tenantId`.
fn decides(set: &HashSet<String>, word: &str) -> bool {
    let lower = lower(word);
    if set.contains(&*lower) {
        return true;
    }
    let last = lower.rsplit(['_', '-', '.']).next().unwrap_or(&lower);
    if last.len() < lower.len() {
        return set.contains(last);
    }
    let hump = word.rfind(|letter: char| letter.is_ascii_uppercase()).filter(|at| *at > 0);
    hump.is_some_and(|at| set.contains(&lower[at.min(lower.len())..]))
}
