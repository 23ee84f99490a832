//! A document as units: lines, and quotations with the line that introduces them; each with its section.
//! Leaves out Markdown beyond headings and fences: what a line says is read from the line itself.

/// A line, or a fenced block together with the line above it that ends with a colon.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unit {
    /// 1-based line at which it begins.
    pub line: usize,
    /// Headings above it, the title left out.
    pub section: String,
    /// The line; of a block the line that introduces it, or nothing.
    pub text: String,
    /// The block.
    pub fence: Option<Fence>,
}

/// A fenced block.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fence {
    /// 1-based line of its first line of content.
    pub line: usize,
    /// What is written behind the opening marks.
    pub language: String,
    /// Its lines.
    pub lines: Vec<String>,
}

impl Unit {
    /// Returns what two units must share to be the same.
    pub fn key(&self) -> String {
        match &self.fence {
            None => self.text.clone(),
            Some(fence) => format!("{}\u{0}{}\u{0}{}", self.text, fence.language, fence.lines.join("\n")),
        }
    }

    /// Whether it is a heading.
    pub fn is_heading(&self) -> bool {
        self.fence.is_none() && level(&self.text) > 0
    }
}

/// Splits a document; empty lines are left out, and ticked boxes read like open ones.
pub fn units(text: &str) -> Vec<Unit> {
    let mut units: Vec<Unit> = Vec::new();
    let mut headings: Vec<(usize, String)> = Vec::new();
    let mut open: Option<(char, usize)> = None;
    for (at, line) in text.split('\n').enumerate() {
        let line = line.strip_suffix('\r').unwrap_or(line);
        if let Some((mark, length)) = open {
            let closes = run(line.trim_start(), mark) >= length && line.trim().chars().all(|c| c == mark);
            match units.last_mut().and_then(|unit| unit.fence.as_mut()) {
                Some(_) if closes => open = None,
                Some(fence) => fence.lines.push(line.to_string()),
                None => open = None,
            }
            continue;
        }
        let begin = line.trim_start();
        if let Some(mark) = ['`', '~'].into_iter().find(|mark| opens(begin, *mark)) {
            let length = run(begin, mark);
            open = Some((mark, length));
            let language = begin[length..].trim().to_string();
            let fence = Fence { line: at + 2, language, lines: Vec::new() };
            // The line that names the entry belongs to the quotation of it.
            match units.last_mut().filter(|unit| unit.fence.is_none() && unit.text.ends_with(':')) {
                Some(lead) => lead.fence = Some(fence),
                None => {
                    units.push(Unit { line: at + 1, section: path(&headings), text: String::new(), fence: Some(fence) })
                }
            }
            continue;
        }
        // Tags by which text from logs is kept from acting are not read, neither by people nor here.
        let shown = line.trim_end().replace("<span>", "").replace("</span>", "");
        let shown = shown.as_str();
        if shown.is_empty() {
            continue;
        }
        let depth = level(shown);
        if depth > 0 {
            headings.retain(|(above, _)| *above < depth);
        }
        let section = path(&headings);
        units.push(Unit { line: at + 1, section, text: shown.to_string(), fence: None });
        if depth > 0 {
            headings.push((depth, shown.trim_start_matches('#').trim().to_string()));
        }
    }
    units
}

/// Returns the depth of a heading, 0 for any other line.
pub(crate) fn level(line: &str) -> usize {
    let depth = run(line, '#');
    if (1..=6).contains(&depth) && line[depth..].starts_with(' ') { depth } else { 0 }
}

fn opens(line: &str, mark: char) -> bool {
    let length = run(line, mark);
    length >= 3 && !(mark == '`' && line[length..].contains('`'))
}

fn run(line: &str, mark: char) -> usize {
    line.chars().take_while(|c| *c == mark).count()
}

fn path(headings: &[(usize, String)]) -> String {
    let below: Vec<&str> = headings.iter().filter(|(depth, _)| *depth > 1).map(|(_, text)| text.as_str()).collect();
    below.join(" / ")
}

#[cfg(test)]
mod tests {
    use super::units;

    #[test]
    fn a_quotation_stands_with_the_line_that_names_its_entry() {
        let found = units("# T\n\n## A\n\nid `x`:\n\n```text\n# no heading\n```\nafter\r\n## B\n- [x] b");
        let shown: Vec<(usize, &str, &str)> =
            found.iter().map(|unit| (unit.line, unit.section.as_str(), unit.text.as_str())).collect();
        assert_eq!(
            shown,
            [
                (1, "", "# T"),
                (3, "", "## A"),
                (5, "A", "id `x`:"),
                (10, "A", "after"),
                (11, "", "## B"),
                (12, "B", "- [x] b"),
            ]
        );
        assert_eq!(found[2].fence.as_ref().map(|fence| fence.lines.clone()), Some(vec!["# no heading".to_string()]));
    }
}
