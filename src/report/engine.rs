//! One template engine per kind of document: which filters it has and how it escapes what has none.
//! Leaves out what is rendered with it (`render`) and the escaping itself (`escape`, `html`).

use tera::Tera;

use super::render::Sources;
use super::{escape, fault, filters, html};
use crate::pattern::Problem;

/// A title is shown as plain text, so it is made without Markdown escaping and apart from the rest.
const PLAIN: &str = ".txt";

/// What becomes of the values in a template, told by the ending of its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Escaped for Markdown.
    Markdown,
    /// One line of plain text.
    Plain,
    /// Escaped for a page in a browser.
    Html,
    /// Put into a page as it is.
    Asset,
}

impl Kind {
    /// Returns the kind of the template `builtin/NAME` or `user/NAME`.
    pub(crate) fn of(key: &str) -> Kind {
        let name = key.split_once('/').map_or(key, |(_, name)| name);
        match name {
            name if html::is_asset(name) => Kind::Asset,
            name if name.ends_with(html::ENDING) => Kind::Html,
            name if name.ends_with(PLAIN) => Kind::Plain,
            _ => Kind::Markdown,
        }
    }
}

/// Registers the filters that templates of this kind have.
pub(crate) fn register(tera: &mut Tera, kind: Kind) {
    match kind {
        Kind::Html => filters::register(tera, &filters::HTML),
        Kind::Markdown | Kind::Plain | Kind::Asset => {
            filters::register(tera, &filters::MARKDOWN);
            filters::register_diagrams(tera);
        }
    }
}

/// Returns the engine of one kind of templates, all of them in it.
pub(crate) fn engine(sources: &Sources, kind: Kind) -> Result<Tera, Problem> {
    let mut tera = Tera::default();
    register(&mut tera, kind);
    tera.set_escape_fn(match kind {
        Kind::Markdown | Kind::Asset => escape_markdown,
        Kind::Plain => escape_plain,
        Kind::Html => escape_html,
    });
    // Every name ends with the empty suffix: there is no template whose values go out unescaped.
    tera.autoescape_on([""]);
    tera.set_fallback_prefixes(["user/", "builtin/"]).map_err(|error| fault::from_tera(&error, sources))?;
    let chosen = sources.iter().filter(|(name, _)| Kind::of(name) == kind);
    tera.add_raw_templates(chosen.map(|(name, source)| (name.as_str(), source.text.as_str())))
        .map_err(|error| fault::from_tera(&error, sources))?;
    Ok(tera)
}

fn escape_markdown(text: &str, out: &mut dyn std::io::Write) -> std::io::Result<()> {
    out.write_all(escape::markdown(text).as_bytes())
}

fn escape_plain(text: &str, out: &mut dyn std::io::Write) -> std::io::Result<()> {
    out.write_all(escape::visible(text).as_bytes())
}

fn escape_html(text: &str, out: &mut dyn std::io::Write) -> std::io::Result<()> {
    out.write_all(escape::html::text(text).as_bytes())
}
