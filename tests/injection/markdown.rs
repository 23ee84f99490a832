//! Markdown through two parsers that know nothing of each other: what is a block, what leads anywhere, what reads.
//! Leaves out what GitHub looks for in rendered text: `hostile::acts`.

use comrak::nodes::{AstNode, NodeValue};
use pulldown_cmark::{Event, Options, Parser, Tag, TagEnd};

use crate::report::hostile;

/// What a document became: its blocks in their order, what would act in it, and its text.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Shape {
    pub(crate) blocks: Vec<String>,
    pub(crate) acting: Vec<String>,
    pub(crate) text: String,
}

/// Tags by which our templates and escapes make spans, and which hold nothing but text.
const PLAIN: [&str; 4] = ["<span>", "</span>", "<code>", "</code>"];

/// Returns what one parser makes of it.
pub(crate) fn by_pulldown(markdown: &str) -> Shape {
    let options = Options::all().difference(Options::ENABLE_SMART_PUNCTUATION | Options::ENABLE_OLD_FOOTNOTES);
    let mut shape = Shape::default();
    let (mut run, mut in_code) = (String::new(), false);
    for event in Parser::new_ext(markdown, options) {
        match event {
            Event::Text(text) => {
                shape.text.push_str(&text);
                if !in_code {
                    run.push_str(&text);
                }
                continue;
            }
            Event::Code(text) => shape.text.push_str(&text),
            Event::SoftBreak => shape.text.push(' '),
            Event::InlineHtml(tag) if PLAIN.contains(&&*tag) => {}
            Event::Start(Tag::Link { dest_url, .. } | Tag::Image { dest_url, .. }) => {
                shape.acting.push(format!("leads to {dest_url}"));
            }
            Event::Start(Tag::CodeBlock(kind)) => {
                in_code = true;
                shape.blocks.push(format!("{kind:?}"));
            }
            Event::End(TagEnd::CodeBlock) => in_code = false,
            event => shape.blocks.push(format!("{event:?}")),
        }
        shape.acting.extend(hostile::acts(&std::mem::take(&mut run)));
    }
    shape.acting.extend(hostile::acts(&run));
    shape
}

/// Returns what the other parser makes of it, which follows GitHub's own in what it takes for a link.
pub(crate) fn by_comrak(markdown: &str) -> Shape {
    let mut options = comrak::Options::default();
    let extension = &mut options.extension;
    extension.strikethrough = true;
    extension.table = true;
    extension.autolink = true;
    extension.tasklist = true;
    extension.footnotes = true;
    extension.inline_footnotes = true;
    extension.alerts = true;
    extension.math_dollars = true;
    extension.math_code = true;
    extension.description_lists = true;
    extension.wikilinks_title_after_pipe = true;
    extension.front_matter_delimiter = Some("---".to_string());
    let arena = comrak::Arena::new();
    let root = comrak::parse_document(&arena, markdown, &options);
    let mut shape = Shape::default();
    node(root, &mut shape);
    shape
}

fn node<'a>(node: &'a AstNode<'a>, shape: &mut Shape) {
    let value = &node.data.borrow().value;
    match value {
        NodeValue::Text(text) => shape.text.push_str(text),
        NodeValue::Code(code) => shape.text.push_str(&code.literal),
        NodeValue::SoftBreak => shape.text.push(' '),
        NodeValue::HtmlInline(tag) if PLAIN.contains(&tag.as_str()) => {}
        NodeValue::Link(link) | NodeValue::Image(link) => shape.acting.push(format!("leads to {}", link.url)),
        NodeValue::WikiLink(link) => shape.acting.push(format!("leads to {}", link.url)),
        NodeValue::CodeBlock(block) => {
            shape.text.push_str(&block.literal);
            shape.blocks.push(format!("code of {}", block.info));
        }
        NodeValue::HtmlBlock(block) => shape.blocks.push(format!("html {}", block.literal)),
        NodeValue::HtmlInline(tag) => shape.blocks.push(format!("inline {tag}")),
        NodeValue::Heading(heading) => shape.blocks.push(format!("heading {}", heading.level)),
        NodeValue::List(list) => shape.blocks.push(format!("list {:?}", list.list_type)),
        NodeValue::Table(table) => shape.blocks.push(format!("table of {}", table.num_columns)),
        value => {
            let name = format!("{value:?}");
            shape.blocks.push(name.split(['(', ' ', '{']).next().unwrap_or_default().to_string());
        }
    }
    node.children().for_each(|child| self::node(child, shape));
}

/// Returns the text without blanks and backticks, which Markdown takes as marks or folds.
pub(crate) fn words(text: &str) -> String {
    text.chars().filter(|c| !c.is_whitespace() && *c != '`').collect()
}
