//! A report as the checks read it: sections by their headings, tables by their columns, prose without quotations.
//! Leaves out every judgement.

use crate::verify::{Kind, Token, Unit, tokens, units};

/// A report in units.
#[derive(Debug)]
pub struct Report {
    pub(super) units: Vec<Unit>,
    sections: Vec<String>,
}

/// A row of a table, by the names of its columns.
#[derive(Debug)]
pub(super) struct Row<'r> {
    pub(super) line: usize,
    pub(super) cells: Vec<(String, &'r str)>,
}

impl Report {
    /// Reads any Markdown.
    pub fn read(text: &str) -> Report {
        let units = units(text);
        let sections = units.iter().map(|unit| unit.section.to_lowercase()).collect();
        Report { units, sections }
    }

    /// Returns the units below a heading that holds one of these words.
    pub(super) fn section(&self, words: &[&str]) -> Vec<&Unit> {
        let inside = |section: &String| words.iter().any(|word| section.contains(word));
        self.units.iter().zip(&self.sections).filter(|(_, section)| inside(section)).map(|(unit, _)| unit).collect()
    }

    /// Returns the lines of prose and tables that hold one of these words.
    pub(super) fn lines_with(&self, words: &[&str]) -> Vec<&Unit> {
        let holds = |unit: &&Unit| {
            let lower = unit.text.to_lowercase();
            words.iter().any(|word| lower.contains(word))
        };
        self.units.iter().filter(holds).collect()
    }

    /// Returns the rows of the tables among these units.
    pub(super) fn rows<'r>(&self, units: &[&'r Unit]) -> Vec<Row<'r>> {
        let mut rows = Vec::new();
        let mut head: Vec<String> = Vec::new();
        let mut last = 0;
        for unit in units {
            let Some(cells) = cells(&unit.text).filter(|_| unit.fence.is_none()) else { continue };
            // A table begins where the line before it was none.
            if unit.line != last + 1 {
                head = cells.iter().map(|cell| cell.to_lowercase()).collect();
            } else if !cells.iter().all(|cell| cell.chars().all(|c| "-: ".contains(c))) {
                let named =
                    cells.iter().enumerate().map(|(at, cell)| (head.get(at).cloned().unwrap_or_default(), *cell));
                rows.push(Row { line: unit.line, cells: named.collect() });
            }
            last = unit.line;
        }
        rows
    }

    /// Returns the words of a line that are the writer's own, in lower case: no code, no quotation.
    pub(super) fn own_words(unit: &Unit) -> String {
        let said = tokens(&unit.text);
        let own = said.iter().filter(|token| !matches!(token.kind, Kind::Quotation | Kind::Marker | Kind::Id));
        own.map(|token| token.text).collect::<Vec<_>>().join(" ").to_lowercase()
    }
}

impl Row<'_> {
    /// Returns the cell of the column whose name holds one of these words.
    pub(super) fn cell(&self, words: &[&str]) -> Option<&str> {
        let named = |name: &String| words.iter().any(|word| name.contains(word));
        self.cells.iter().find(|(name, _)| named(name)).map(|(_, cell)| *cell).filter(|cell| !cell.is_empty())
    }

    /// Returns the whole row.
    pub(super) fn text(&self) -> String {
        self.cells.iter().map(|(_, cell)| *cell).collect::<Vec<_>>().join(" | ")
    }
}

/// Whether a line names what it rests on: an entry, a count with its formula, a pattern, a file, a hash, a link.
pub(super) fn is_referenced(text: &str) -> bool {
    let named = [
        "counted",
        "pattern",
        "sha256",
        "rule ",
        "incident `",
        "group `",
        "https://",
        "insertid",
        "coverage",
        "commit",
        "code: `",
    ];
    let lower = text.to_lowercase();
    named.iter().any(|name| lower.contains(name))
        || tokens(text).iter().any(|token| matches!(token.kind, Kind::Id | Kind::Place))
}

/// Whether a piece of text says something that a log could show otherwise.
pub(super) fn is_figure(token: &Token<'_>) -> bool {
    matches!(token.kind, Kind::Time | Kind::Duration | Kind::Percent | Kind::Ratio | Kind::Number | Kind::Issue)
}

/// Whether a line says openly that something is not known.
pub(super) fn is_open(text: &str) -> bool {
    let lower = text.to_lowercase();
    ["unknown", "not known", "does not tell", "not stated", "none known", "not yet"]
        .iter()
        .any(|word| lower.contains(word))
}

/// Returns whole words or phrases of a list that stand in a text.
pub(super) fn found<'w>(text: &str, words: &[&'w str]) -> Vec<&'w str> {
    let edge = |c: Option<char>| c.is_none_or(|c| !c.is_alphanumeric());
    let stands = |word: &str| {
        text.match_indices(word)
            .any(|(at, _)| edge(text[..at].chars().next_back()) && edge(text[at + word.len()..].chars().next()))
    };
    words.iter().copied().filter(|word| stands(word)).collect()
}

/// Returns the lines of units.
pub(super) fn lines(units: &[&Unit]) -> Vec<usize> {
    units.iter().map(|unit| unit.line).collect()
}

/// Splits a row of a table.
fn cells(line: &str) -> Option<Vec<&str>> {
    let inner = line.trim().strip_prefix('|')?;
    let inner = inner.strip_suffix('|').unwrap_or(inner);
    Some(inner.split('|').map(str::trim).collect())
}
