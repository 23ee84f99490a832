//! The fields of a JSON object in the order written, made for being asked for many keys that it has not.
//! Leaves out reading and writing JSON: see `json`.

use std::borrow::Cow;
use std::collections::HashMap;

use super::json::Value;

/// A larger object is looked up by an index: a record may be one object of a million keys.
const MOST_SEARCHED: usize = 32;

/// Most objects of a log entry have fewer fields, and growing would move them. A thousand bytes in all: the
/// common allocators keep pieces of up to that size at hand.
const FIRST_FIELDS: usize = 14;

/// A JSON object. Of a key written twice the last value counts.
#[derive(Debug, Clone, Default)]
pub(crate) struct Object<'a> {
    fields: Vec<Field<'a>>,
    /// A bit for each key that is here; a key whose bit is not set is not.
    marks: u64,
    /// Where each key stands, once there are many.
    places: Option<Box<Places<'a>>>,
}

/// Where keys stand; apart from the object, which is small because most have few keys.
type Places<'a> = HashMap<Cow<'a, str>, usize>;

#[derive(Debug, Clone)]
struct Field<'a> {
    key: Cow<'a, str>,
    value: Value<'a>,
    mark: Mark,
}

/// A key that objects are asked for, with its mark.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Name {
    pub(crate) text: &'static str,
    mark: Mark,
}

/// A byte that different keys mostly have different.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Mark(u8);

impl Mark {
    /// Returns the mark of a key, by its length and three of its letters.
    #[inline]
    const fn of(key: &[u8]) -> Mark {
        if key.is_empty() {
            return Mark(0);
        }
        let letters = (key[0] as u32) | (key[key.len() - 1] as u32) << 8 | (key[key.len() / 2] as u32) << 16;
        Mark(((letters ^ (key.len() as u32) << 24).wrapping_mul(0x9e37_79b1) >> 24) as u8)
    }

    /// Returns one of 64 bits.
    #[inline]
    const fn bit(self) -> u64 {
        1 << (self.0 & 63)
    }
}

/// Returns the names of these keys; made where the program is compiled.
pub(crate) const fn names<const N: usize>(texts: [&'static str; N]) -> [Name; N] {
    let mut names = [Name { text: "", mark: Mark(0) }; N];
    let mut at = 0;
    while at < N {
        names[at] = Name { text: texts[at], mark: Mark::of(texts[at].as_bytes()) };
        at += 1;
    }
    names
}

/// A list of keys, in the order in which they count.
macro_rules! keys {
    ($($text:expr),+ $(,)?) => {
        const { &$crate::entry::json_object::names([$($text),+]) }
    };
}
pub(crate) use keys;

impl<'a> Object<'a> {
    pub(crate) const fn new() -> Object<'a> {
        Object { fields: Vec::new(), marks: 0, places: None }
    }

    pub(crate) fn len(&self) -> usize {
        self.fields.len()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.fields.is_empty()
    }

    /// Returns keys and values in the order written.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&str, &Value<'a>)> {
        self.fields.iter().map(|field| (&*field.key, &field.value))
    }

    /// Returns the keys in the order written.
    pub(crate) fn keys(&self) -> impl Iterator<Item = &str> {
        self.fields.iter().map(|field| &*field.key)
    }

    /// Returns the value of a key.
    #[inline]
    pub(crate) fn get(&self, key: &str) -> Option<&Value<'a>> {
        self.place(key, Mark::of(key.as_bytes())).map(|place| &self.fields[place].value)
    }

    /// Returns the value of a name.
    #[inline]
    pub(crate) fn named(&self, name: &Name) -> Option<&Value<'a>> {
        self.place(name.text, name.mark).map(|place| &self.fields[place].value)
    }

    /// Whether a key is here, whatever its value.
    #[inline]
    pub(crate) fn contains_key(&self, key: &str) -> bool {
        self.place(key, Mark::of(key.as_bytes())).is_some()
    }

    /// Adds a field; a key that is here already takes the new value.
    #[inline]
    pub(crate) fn insert(&mut self, key: Cow<'a, str>, value: Value<'a>) {
        let mark = Mark::of(key.as_bytes());
        if let Some(place) = self.place(&key, mark) {
            self.fields[place].value = value;
            return;
        }
        if self.fields.capacity() == 0 {
            self.fields.reserve(FIRST_FIELDS);
        }
        self.marks |= mark.bit();
        self.fields.push(Field { key, value, mark });
        if self.fields.len() >= MOST_SEARCHED {
            self.index();
        }
    }

    /// Notes where the last field stands, or at first where each does.
    #[cold]
    fn index(&mut self) {
        let places = self.places.get_or_insert_default();
        for place in places.len()..self.fields.len() {
            places.insert(self.fields[place].key.clone(), place);
        }
    }

    /// Takes the value of a name out; its key stays, with null.
    #[inline]
    pub(crate) fn take(&mut self, name: &Name) -> Option<Value<'a>> {
        let place = self.place(name.text, name.mark)?;
        Some(std::mem::replace(&mut self.fields[place].value, Value::Null))
    }

    #[inline]
    fn place(&self, key: &str, mark: Mark) -> Option<usize> {
        if self.marks & mark.bit() == 0 { None } else { self.search(key, mark) }
    }

    fn search(&self, key: &str, mark: Mark) -> Option<usize> {
        match &self.places {
            Some(places) => places.get(key).copied(),
            None => self.fields.iter().position(|field| field.mark == mark && *field.key == *key),
        }
    }
}

/// Objects are the same when their fields are, in whatever order.
impl PartialEq for Object<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.len() == other.len() && self.iter().all(|(key, value)| other.get(key) == Some(value))
    }
}

impl<'a> FromIterator<(Cow<'a, str>, Value<'a>)> for Object<'a> {
    fn from_iter<T: IntoIterator<Item = (Cow<'a, str>, Value<'a>)>>(fields: T) -> Object<'a> {
        let mut object = Object::new();
        fields.into_iter().for_each(|(key, value)| object.insert(key, value));
        object
    }
}
