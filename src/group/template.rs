//! Mines templates: the statements behind lines, with their values named and their number counted.
//! Leaves out what a statement means: patterns know that; mining serves lines that no pattern knows.

mod access;
pub mod baseline;
mod enclosed;
mod header;
mod merge;
mod miner;
mod slots;
mod token;

use std::collections::HashMap;

use sha2::{Digest, Sha256};

pub use self::header::Header;
pub use self::miner::{MOST_TEMPLATES, Miner};

/// How many lines are read before it is decided what their header is.
const SAMPLE: usize = 1000;

/// How to mine a batch of lines.
#[derive(Debug, Clone, Copy, Default)]
pub struct Options {
    /// The lines are messages: they have no header to be detected.
    pub content: bool,
}

/// A statement and how many lines it made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Template {
    /// 12 hexadecimal digits that depend on the text alone.
    pub id: String,
    /// The statement, with `<name>` for its values.
    pub template: String,
    /// How many lines were like it.
    pub count: u64,
    /// The first of them.
    pub example: String,
}

/// Returns for each line the index of its template, and the templates in the order they first occur.
///
/// Lines are let go as they are read, but for those from which the header is learned.
pub fn mine<S: AsRef<str>>(lines: impl Iterator<Item = S>, options: Options) -> (Vec<usize>, Vec<Template>) {
    let mut lines = lines.peekable();
    let mut miner = Miner::new();
    let mut numbers = Vec::new();
    if !options.content {
        let mut sample = Vec::with_capacity(SAMPLE);
        while let Some(line) = lines.next_if(|_| sample.len() < SAMPLE) {
            sample.push(line);
        }
        let texts: Vec<&str> = sample.iter().map(AsRef::as_ref).collect();
        miner = miner.with_header(Header::learn(&texts));
        numbers.extend(texts.into_iter().map(|line| miner.add(line)));
    }
    numbers.extend(lines.map(|line| miner.add(line.as_ref())));
    miner.settle();
    let mut templates: Vec<Template> = Vec::new();
    let (mut by_number, mut by_text) = (HashMap::new(), HashMap::new());
    let assigned = numbers.into_iter().map(|number| {
        let index = *by_number.entry(number).or_insert_with(|| {
            let template = miner.template(number);
            // Two templates may be written alike; what cannot be told apart in print is one.
            *by_text.entry(template).or_insert_with_key(|text| {
                let example = miner.example(number).to_string();
                templates.push(Template { id: id(text), template: text.clone(), count: 0, example });
                templates.len() - 1
            })
        });
        templates[index].count += 1;
        index
    });
    (assigned.collect(), templates)
}

/// Returns the id of a template's text: the first 12 hexadecimal digits of its SHA-256.
pub fn id(template: &str) -> String {
    Sha256::digest(template.as_bytes()).iter().take(6).map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(lines: &[&str], options: Options) -> Vec<String> {
        mine(lines.iter().copied(), options).1.into_iter().map(|template| template.template).collect()
    }

    #[test]
    fn values_vary_and_words_do_not() {
        let lines = [
            "oven 3 is hot",
            "oven 14 is hot",
            "oven 3 is cold",
            "tray: ids 3, 4, 5",
            "tray: ids 3",
            "tray: ids 3, 9s",
        ];
        let expected = ["oven <number> is hot", "oven <number> is cold", "tray: ids <*>"];
        assert_eq!(texts(&lines, Options { content: true }), expected);
    }

    #[test]
    fn a_message_may_begin_with_the_name_of_a_level() {
        let lines = [
            "2024-02-29T10:00:01Z INFO error rate 3 percent",
            "2024-02-29T10:00:02Z WARN error budget spent",
            "2024-02-29T10:00:03Z ERROR fatal crash in the oven",
            "2024-02-29T10:00:04Z INFO fine",
        ];
        let expected = ["error rate <number> percent", "error budget spent", "fatal crash in the oven", "fine"];
        assert_eq!(texts(&lines, Options::default()), expected);
        let lines = ["2024-02-29 10:00:01 fine weather", "2024-02-29 10:00:02 fine bread"];
        assert_eq!(texts(&lines, Options::default()), ["fine weather", "fine bread"]);
        // The mark of a whole line is no level.
        let lines = ["2024-02-29T10:00:01Z stdout F INFO tray in", "2024-02-29T10:00:02Z stdout F WARN tray out"];
        assert_eq!(texts(&lines, Options::default()), ["tray in", "tray out"]);
    }

    #[test]
    fn a_header_is_found_and_left_out() {
        let lines = [
            "2024-02-29 10:00:01 INFO bakery.oven: tray 1 in",
            "2024-02-29 10:00:02 WARN bakery.door: left open",
            "2024-02-29 10:00:03 INFO bakery.oven: tray 2 in",
        ];
        assert_eq!(texts(&lines, Options::default()), ["tray <number> in", "left open"]);
    }

    #[test]
    fn many_words_in_one_place_are_a_value() {
        let names = ["rye", "spelt", "oat", "corn", "wheat", "barley", "millet", "rice", "teff"];
        let lines: Vec<String> = names.iter().map(|name| format!("flour {name} has run out")).collect();
        let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
        assert_eq!(texts(&lines, Options { content: true }), ["flour <*> has run out"]);
    }

    #[test]
    fn counts_add_up_and_nothing_panics() {
        let long = "x=1 ".repeat(50_000);
        let lines = [
            "",
            " ",
            "\u{0}",
            "é",
            "<",
            "((",
            "/",
            "a:\\b",
            "\u{1b}[0m",
            "[[[",
            "|||",
            "<*>",
            "1",
            long.as_str(),
            "ß=ü 1é",
        ];
        for content in [true, false] {
            let (assigned, templates) = mine(lines.iter().copied(), Options { content });
            assert_eq!(assigned.len(), lines.len());
            assert_eq!(templates.iter().map(|template| template.count).sum::<u64>(), lines.len() as u64);
        }
    }
}
