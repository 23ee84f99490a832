//! Remembers what a function made of a text, within bounds: frames and segments come again and again.
//! Leaves out which function; it must say the same of the same text for ever.

use std::hash::BuildHasher;
use std::sync::Arc;

/// A text and what was made of it.
type Remembered = (Box<[u8]>, Arc<str>);

/// Answers by text; a new one takes the place of whichever stood there.
#[derive(Debug, Default)]
pub(super) struct Memo {
    slots: Vec<Option<Remembered>>,
}

/// Answers that are kept.
const SLOTS: usize = 4096;
/// Bytes of a question that is kept at most.
const LONGEST: usize = 300;

impl Memo {
    /// Returns what `find` says of the parts of `question`, which is asked only if that is not known.
    pub(super) fn get(&mut self, question: [&str; 3], find: impl FnOnce() -> String) -> Arc<str> {
        let length = question.iter().map(|part| part.len() + 1).sum::<usize>();
        if length > LONGEST {
            return find().into();
        }
        // 0xFF is in no text, so that the parts cannot run into each other.
        let mut key = [0; LONGEST];
        let mut end = 0;
        for part in question {
            key[end..end + part.len()].copy_from_slice(part.as_bytes());
            key[end + part.len()] = 0xff;
            end += part.len() + 1;
        }
        let key = &key[..end];
        if self.slots.is_empty() {
            self.slots.resize(SLOTS, None);
        }
        let hash = foldhash::fast::FixedState::default().hash_one(key);
        let slot = &mut self.slots[hash as usize % SLOTS];
        if let Some((known, answer)) = slot
            && **known == *key
        {
            return Arc::clone(answer);
        }
        let answer: Arc<str> = find().into();
        *slot = Some((key.into(), Arc::clone(&answer)));
        answer
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_do_not_run_into_each_other() {
        let mut memo = Memo::default();
        let one = memo.get(["tea", "pot", ""], || "one".to_string());
        let two = memo.get(["teapot", "", ""], || "two".to_string());
        let again = memo.get(["tea", "pot", ""], || "asked again".to_string());
        assert_eq!((&*one, &*two, &*again), ("one", "two", "one"));
        let long = "x".repeat(LONGEST);
        assert_eq!(&*memo.get([&long, "", ""], || "long".to_string()), "long");
    }
}
