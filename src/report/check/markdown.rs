//! Finds values in Markdown templates at places where no escape holds: in fences, comments, tags, code spans, targets
//! of links, front matter, beside what would make a mention or an address of them.
//! Leaves out HTML pages (`html::check`) and what is wrong in any template (`check`).

use super::flow::{Place, Refusal};

/// Filters that write digits and words of the template, which mean nothing anywhere.
const NUMBERS: [&str; 10] =
    ["time", "seconds", "duration", "age", "lag", "number", "times", "percent", "count", "node"];
/// Filters that write lines of their own.
const BLOCKS: [&str; 2] = ["fence", "tree"];
/// Fields that hold the number of an issue; after `#` they make the reference that is meant.
const ISSUES: [&str; 2] = ["number", "issue"];
/// Stands in a line for a value.
const VALUE: char = '\u{fffc}';
/// More of the beginning of a line opens no block.
const HEAD: usize = 80;
/// Bytes of a word that are kept.
const WORD: usize = 16;

/// Where a Markdown document stands.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Markdown {
    /// Whether the first line is over, which alone can open front matter.
    begun: bool,
    block: Block,
    inline: Inline,
    line: Line,
    /// Backticks that were just written.
    ticks: usize,
}

/// What of a line tells what may follow. Its text is not kept: every branch would make another place of it.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
struct Line {
    /// The beginning, as long as it may open a block: blanks, marks, and what a fence says of itself.
    head: String,
    /// Other text stands on it.
    plain: bool,
    /// The word that is being written, lower case, as much of it as matters.
    word: String,
    /// The word leads somewhere: it is an address or the target of a link.
    leads: bool,
    /// An odd number of quotation marks, of dollar signs.
    quoted: bool,
    formula: bool,
    /// It defines where a name of a link leads.
    defines: bool,
    /// A fenced block was just closed on it.
    closed: bool,
}

impl Line {
    fn push(&mut self, c: char) {
        let escaped = self.word.ends_with('\\') && !self.word.ends_with("\\\\");
        if !self.plain {
            self.head.push(c);
            let text = structure(&self.head);
            let fence = text.starts_with("```") || text.starts_with("~~~");
            let marks = text.trim_start_matches(['`', '~']).is_empty();
            self.plain = !(fence && self.head.len() < HEAD || marks || text.trim_start_matches('#').is_empty());
        }
        self.quoted ^= c == '"';
        self.formula ^= c == '$' && !escaped;
        if c.is_whitespace() {
            self.word.clear();
            self.leads = false;
            return;
        }
        self.word.extend(c.to_lowercase());
        self.leads |= ["](", "://", "www.", "mailto:"].iter().any(|sign| self.word.ends_with(sign));
        self.defines |= self.word.ends_with("]:") && structure(&self.head).starts_with('[');
        if self.word.len() > WORD
            && let Some((at, _)) = self.word.char_indices().nth_back(WORD / 2)
        {
            self.word.drain(..at);
        }
    }

    /// Only signs of headings so far.
    fn is_heading(&self) -> bool {
        !self.plain && structure(&self.head).chars().all(|c| c == '#')
    }
}

/// The line without what opens lists and quotes.
fn structure(head: &str) -> &str {
    let text = head.trim_start_matches([' ', '>', '-', '*', '+']).trim_start_matches(|c: char| c.is_ascii_digit());
    text.trim_start_matches(['.', ')', ' '])
}

#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
enum Block {
    #[default]
    Text,
    /// Its mark, how often, and whether it is a diagram.
    Fence(char, usize, bool),
    /// Front matter, with the line that ends it.
    Front(&'static str),
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
enum Inline {
    #[default]
    Text,
    /// After `<`.
    Open,
    /// In a tag, and in which quotes.
    Tag(Option<char>),
    Comment,
    /// In a code span of so many backticks.
    Code(usize),
    /// In the target of a link.
    Target,
}

impl Place for Markdown {
    fn text(&mut self, text: &str) -> Result<(), Refusal> {
        for c in text.chars() {
            if c == '\n' {
                self.end_line();
                continue;
            }
            if self.line.closed && !c.is_whitespace() {
                self.line.closed = false;
                return Err(after_block());
            }
            self.pass(c);
        }
        Ok(())
    }

    fn value(&mut self, expression: &str) -> Result<(), Refusal> {
        let filter = last_filter(expression);
        let found = self.judge(expression, filter);
        self.flush_ticks();
        if self.inline == Inline::Open {
            self.inline = Inline::Text;
        }
        self.line.push(VALUE);
        self.line.closed = self.block == Block::Text && BLOCKS.contains(&filter);
        found
    }
}

impl Markdown {
    fn judge(&self, expression: &str, filter: &str) -> Result<(), Refusal> {
        if self.line.closed {
            return Err(after_block());
        }
        let number = NUMBERS.contains(&filter);
        match &self.block {
            Block::Front(_) if filter == "quoted" || number => return Ok(()),
            Block::Front(_) => {
                return Err(Refusal::new("this value could end the front matter", "write it with the filter `quoted`"));
            }
            Block::Fence(_, _, true) if filter == "mermaid" && self.line.quoted => return Ok(()),
            Block::Fence(..) if number => return Ok(()),
            Block::Fence(_, _, true) => {
                let hint =
                    "in a diagram write labels in quotes and with the filter `mermaid`, names of nodes with `node`";
                return Err(Refusal::new("this value could change the diagram", hint));
            }
            Block::Fence(..) => return Err(in_fence()),
            Block::Text => {}
        }
        if opens_fence(&self.line.head).is_some() && !self.line.plain && !number {
            return Err(in_fence());
        }
        let code = matches!(self.inline, Inline::Code(_)) || self.ticks > 0;
        match self.inline {
            _ if number => return Ok(()),
            _ if code => {
                return Err(Refusal::new("no escape holds in a code span", "leave the backticks to the filter `code`"));
            }
            Inline::Comment => {
                return Err(Refusal::new("this value could end the comment", "move it out of the comment"));
            }
            Inline::Open | Inline::Tag(_) => {
                return Err(Refusal::new("this value could act in an HTML tag", "move it out of the tag"));
            }
            Inline::Target => return Err(Refusal::new("this value would be the target of a link", target_hint())),
            Inline::Text | Inline::Code(_) => {}
        }
        if filter == "mermaid" || filter == "quoted" {
            return Err(Refusal::new(
                "this filter escapes for another place",
                "`mermaid` is for diagrams and `quoted` for front matter; leave it out, or use `cell` or `code`",
            ));
        }
        if BLOCKS.contains(&filter) && (self.line.plain || !self.line.head.is_empty()) {
            let hint = "put it on a line of its own, at the beginning of the line and outside of lists";
            return Err(Refusal::new("a block of lines cannot stand within a line", hint));
        }
        self.beside(expression, filter)
    }

    /// Looks at what stands right before the value.
    fn beside(&self, expression: &str, filter: &str) -> Result<(), Refusal> {
        if self.line.defines || self.line.leads {
            return Err(Refusal::new("this value would be the target of a link", target_hint()));
        }
        if self.line.word.ends_with('@') {
            return Err(Refusal::new("this value would be a mention", "leave out the `@`, or name people yourself"));
        }
        let issue = filter.is_empty() && ISSUES.contains(&expression.rsplit('.').next().unwrap_or_default());
        let reference = self.line.word.ends_with('#') && !self.line.is_heading();
        if (reference || self.line.word.ends_with("gh-")) && !issue {
            return Err(Refusal::new(
                "this value would be a reference",
                "leave out the `#`, or use the number of an issue",
            ));
        }
        if self.line.formula {
            return Err(Refusal::new("this value would stand in a formula", "write the dollar sign as `\\$`"));
        }
        Ok(())
    }

    fn pass(&mut self, c: char) {
        if self.block != Block::Text {
            self.line.push(c);
            return;
        }
        let escaped = self.line.word.ends_with('\\') && !self.line.word.ends_with("\\\\");
        if c == '`' && !escaped && matches!(self.inline, Inline::Text | Inline::Code(_)) {
            self.ticks += 1;
            self.line.push(c);
            return;
        }
        self.flush_ticks();
        self.line.push(c);
        self.inline = match self.inline {
            Inline::Text if c == '<' && !escaped => Inline::Open,
            Inline::Text if self.line.word.ends_with("](") => Inline::Target,
            Inline::Open if c.is_ascii_alphabetic() || "/!?".contains(c) => Inline::Tag(None),
            Inline::Open => Inline::Text,
            Inline::Tag(None) if self.line.word.ends_with("<!--") => Inline::Comment,
            Inline::Tag(None) if c == '>' => Inline::Text,
            Inline::Tag(None) if c == '"' || c == '\'' => Inline::Tag(Some(c)),
            Inline::Tag(Some(quote)) if c == quote => Inline::Tag(None),
            Inline::Comment if self.line.word.ends_with("-->") => Inline::Text,
            Inline::Target if c == ')' => Inline::Text,
            inline => inline,
        };
    }

    fn flush_ticks(&mut self) {
        match self.inline {
            _ if self.ticks == 0 => {}
            Inline::Text => self.inline = Inline::Code(self.ticks),
            Inline::Code(open) if open == self.ticks => self.inline = Inline::Text,
            _ => {}
        }
        self.ticks = 0;
    }

    fn end_line(&mut self) {
        self.flush_ticks();
        let line = std::mem::take(&mut self.line);
        let bare = if line.plain { "x" } else { line.head.trim_end() };
        match &self.block {
            Block::Front(end) if bare == *end => self.block = Block::Text,
            Block::Front(_) => {}
            Block::Fence(mark, count, _) => {
                let marks = bare.trim_start().chars().take_while(|c| c == mark).count();
                if marks >= *count && bare.trim_start().len() == marks && !bare.starts_with("    ") {
                    self.block = Block::Text;
                }
            }
            Block::Text if !self.begun && bare == "---" => self.block = Block::Front("---"),
            Block::Text if !self.begun && bare == "+++" => self.block = Block::Front("+++"),
            Block::Text => {
                let fence = opens_fence(bare).filter(|_| self.inline != Inline::Comment);
                if let Some(fence) = fence {
                    (self.block, self.inline) = (fence, Inline::Text);
                } else if bare.is_empty() && self.inline != Inline::Comment {
                    // A paragraph ends here, and with it what was left open in it.
                    self.inline = Inline::Text;
                }
            }
        }
        self.begun = true;
    }
}

/// The fence that a line opens, if it does; in lists and quotes as well.
fn opens_fence(line: &str) -> Option<Block> {
    let text = structure(line);
    let mark = text.chars().next().filter(|c| "`~".contains(*c))?;
    let count = text.chars().take_while(|c| *c == mark).count();
    let info = &text[count..];
    (count >= 3 && !(mark == '`' && info.contains('`')))
        .then(|| Block::Fence(mark, count, info.trim().eq_ignore_ascii_case("mermaid")))
}

/// Returns the name of the filter that a value goes through last, or nothing.
fn last_filter(expression: &str) -> &str {
    let blank = super::blank_strings(expression);
    let Some(at) = blank.rfind('|') else { return "" };
    let name = expression[at + 1..].trim_start();
    &name[..name.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(name.len())]
}

fn in_fence() -> Refusal {
    Refusal::new(
        "this value could end the fenced block",
        "leave the fence to the filter `fence`, which makes it long enough",
    )
}

fn after_block() -> Refusal {
    Refusal::new("what stands here would keep the fenced block open", "begin a new line after `fence` and `tree`")
}

fn target_hint() -> &'static str {
    "text from logs must not lead anywhere; put it beside the link"
}

#[cfg(test)]
mod tests {
    use super::super::super::render::{Source, Sources};
    use super::super::flow::refusals;
    use super::*;

    fn problems(text: &str) -> Vec<String> {
        let source = |text: &str| Source { file: "report.md".to_string(), text: text.to_string() };
        let parts = [
            ("parts/x.md", "{{ x }}"),
            ("parts/f.md", "{{ x | fence }}"),
            ("parts/me.md", "{% include \"parts/me.md\" %}"),
        ];
        let mut sources: Sources = parts.iter().map(|(name, text)| (format!("builtin/{name}"), source(text))).collect();
        sources.insert("user/report.md".to_string(), source(text));
        refusals::<Markdown>(&sources, "report.md").iter().map(|problem| problem.message.clone()).collect()
    }

    #[test]
    fn values_stand_where_an_escape_holds() {
        for text in [
            "# {{ x }}\n\n- {{ x | code }} and `x` then {{ x | prose }}\n\n| {{ x | cell }} | {{ x }} |\n",
            "{{ x | fence }}\n\n{% if a %}the same{% else %}{{ x | fence(lang=\"sh\") }}{% endif %}\n\n{{ x }}",
            "```mermaid\nflowchart TD\n  {{ x | node }}[\"{{ x | mermaid }}<br/>{{ n | number }}\"]\n```\n{{ x }}",
            "---\ntitle: {{ x | quoted }}\n---\n{{ x }}",
            "issue #{{ other.number }}, [a](https://e.example/b) {{ x }}, a < {{ x }} > b, 5 \\$ {{ x }}",
            "`{{ n | number }}` <b>{{ x }}</b> <!-- c --> {{ x }} \\` {{ x }}",
            "{% for y in z %}- {{ y }}\n{% else %}{{ x | fence }}\n{% endfor %}",
            "~~~\n`\n~~~\n{{ x }}\n\n` {{ n | number }}\n\n{{ x }}",
            "{% include \"parts/f.md\" %}\n{% include \"parts/x.md\" %}\n",
        ] {
            assert_eq!(problems(text), [""; 0], "{text}");
        }
        for text in [
            "```\n{{ x }}\n```\n",
            "~~~~\n{{ x | code }}\n~~~\n~~~~\n",
            "```{{ x }}\n```\n",
            "- ```\n  {{ x }}\n",
            "```mermaid\n{{ x | mermaid }}\n```\n",
            "```mermaid\n{{ x }}\n```\n",
            "`{{ x }}`",
            "`a\n{{ x | prose }}`",
            "``a`{{ x }}``",
            "<!-- {{ x }} -->",
            "<!--\n\n{{ x | code }}\n-->",
            "<p title=\"{{ x }}\">",
            "<{{ x }}>",
            "</{{ x }}>",
            "<a\nhref='{{ x }}'>",
            "[a]({{ x }})",
            "[a](<b> {{ x }})",
            "[a]: {{ x }}",
            "[a]: /b \"{{ x }}\"",
            "https://e.example/{{ x }}",
            "www.{{ x }}",
            "mailto:{{ x }}",
            "@{{ x }}",
            "see #{{ x }}",
            "GH-{{ x }}",
            "${{ x }}$",
            "---\ntitle: {{ x }}\n---\n",
            "+++\ntitle = \"{{ x | cell }}\"\n+++\n",
            "- {{ x | fence }}\n",
            "   {{ x | fence }}\n",
            "| {{ x | tree }} |\n",
            "{{ x | fence }} more\n",
            "{{ x | fence }}{{ x }}\n",
            "a\n{{- x | fence }}\n",
            "{{ x | mermaid }}",
            "{{ x | quoted }}",
            "{% if a %}```\n{% endif %}{{ x }}\n",
            "```\n{% if a %}```\n{% endif %}{{ x }}\n",
            "{% if a %}<!--{% elif b %}c{% else %}-->{% endif %}{{ x }}",
            "{% for y in z %}{{ y }} `{% endfor %}",
            "{% for y in z %}```\n{% if a %}{% break %}{% endif %}```\n{% endfor %}{{ x }}",
            "```\n{% include \"parts/x.md\" %}\n```\n",
            "- {% include \"parts/f.md\" %}\n",
            "`{% raw %}`{% endraw %}`{{ x }}`",
            "{% include \"parts/me.md\" %}",
        ] {
            assert_eq!(problems(text).len().min(1), 1, "{text}");
        }
    }

    #[test]
    fn a_template_that_branches_without_end_is_refused_and_not_followed() {
        let words = "{% if a %}yes{% else %}no{% endif %} and #{{ y.number }}, ".repeat(40);
        assert_eq!(problems(&words), [""; 0]);
        let text = "{% if a %}`a{% else %}``b{% endif %}".repeat(40) + "{{ x }}";
        assert_eq!(problems(&text).len(), 1);
        let text = "`".to_string() + &"{% if a %}`{% endif %}".repeat(300) + "{{ x }}";
        assert!(problems(&text).iter().any(|problem| problem.contains("too many places")));
        let nested = "{% for y in z %}".repeat(12) + "{{ x }}" + &"{% endfor %}".repeat(12);
        assert_eq!(problems(&nested), [""; 0]);
    }
}
