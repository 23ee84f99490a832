//! An exception while its group grows: names of files and functions are numbers, for groups share most of them.
//! Leaves out what an exception is: it is read back as it was.

use crate::event::{ChainedException, Exception, StackFrame};

use super::texts::Words;

/// An exception in little memory.
#[derive(Debug)]
pub(super) enum Packed {
    /// Its words are numbers.
    Numbers {
        type_name: Option<u32>,
        message: Option<Box<str>>,
        language: Option<u32>,
        chain: Vec<Chained>,
        frames: Box<[Frame]>,
    },
    /// There was no more room for words.
    Whole(Box<Exception>),
}

/// One that stands behind it.
#[derive(Debug)]
pub(super) struct Chained {
    type_name: Option<u32>,
    message: Option<Box<str>>,
    relation: u32,
    frames: Box<[Frame]>,
}

/// File, function, line, and whether it is the application's.
type Frame = (Option<u32>, Option<u32>, Option<u32>, bool);

impl Packed {
    /// Packs `exception`.
    pub(super) fn of(exception: &Exception, words: &mut Words) -> Packed {
        pack(exception, words).unwrap_or_else(|| Packed::Whole(Box::new(exception.clone())))
    }

    /// Returns the exception.
    pub(super) fn exception(self, words: &Words) -> Exception {
        let word = |number: Option<u32>| number.map(|number| words.get(number));
        let frames = |frames: Box<[Frame]>| -> Vec<StackFrame> {
            let frame = |&(file, function, line, in_app): &Frame| StackFrame {
                file: word(file),
                line,
                function: word(function),
                in_app,
            };
            frames.iter().map(frame).collect()
        };
        match self {
            Packed::Whole(exception) => *exception,
            Packed::Numbers { type_name, message, language, chain, frames: own } => Exception {
                type_name: word(type_name),
                message: message.map(String::from),
                language: word(language),
                chain: chain
                    .into_iter()
                    .map(|one| ChainedException {
                        type_name: word(one.type_name),
                        message: one.message.map(String::from),
                        relation: words.get(one.relation),
                        frames: frames(one.frames),
                    })
                    .collect(),
                frames: frames(own),
            },
        }
    }
}

/// Returns the exception in numbers; nothing if there is no more room for words.
fn pack(exception: &Exception, words: &mut Words) -> Option<Packed> {
    let type_name = number(&exception.type_name, words)?;
    let language = number(&exception.language, words)?;
    let message = exception.message.as_deref().map(Box::from);
    let chain = exception.chain.iter().map(|one| {
        Some(Chained {
            type_name: number(&one.type_name, words)?,
            message: one.message.as_deref().map(Box::from),
            relation: words.number(&one.relation)?,
            frames: pack_frames(&one.frames, words)?,
        })
    });
    let chain = chain.collect::<Option<Vec<Chained>>>()?;
    Some(Packed::Numbers { type_name, message, language, chain, frames: pack_frames(&exception.frames, words)? })
}

fn pack_frames(frames: &[StackFrame], words: &mut Words) -> Option<Box<[Frame]>> {
    let frame = |frame: &StackFrame| {
        Some((number(&frame.file, words)?, number(&frame.function, words)?, frame.line, frame.in_app))
    };
    frames.iter().map(frame).collect()
}

/// Returns the number of a word that may not be stated.
#[allow(clippy::option_option, reason = "not stated is one thing, no more room another")]
fn number(word: &Option<String>, words: &mut Words) -> Option<Option<u32>> {
    match word {
        Some(word) => words.number(word).map(Some),
        None => Some(None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_exception_is_read_back_as_it_was() {
        let frame = |file: Option<&str>, line| StackFrame {
            file: file.map(str::to_string),
            line,
            function: Some("pour".to_string()),
            in_app: line.is_some(),
        };
        let frames = vec![frame(Some("/app/tea.py"), Some(7)), frame(None, None)];
        let chained = ChainedException {
            type_name: None,
            message: Some(String::new()),
            relation: "caused by".to_string(),
            frames: frames.clone(),
        };
        let exception = Exception {
            type_name: Some("tea.Cold".to_string()),
            message: Some("too cold".to_string()),
            language: Some("python".to_string()),
            chain: vec![chained],
            frames,
        };
        let mut words = Words::default();
        for exception in [exception, Exception::default()] {
            let packed = Packed::of(&exception, &mut words);
            assert!(matches!(packed, Packed::Numbers { .. }));
            assert_eq!(packed.exception(&words), exception);
        }
    }
}
