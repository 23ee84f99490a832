//! The style and the script of a page, and the policy that lets the browser run these two and load nothing.
//! Leaves out their text: `templates/html/style.css` and `script.js`.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use sha2::{Digest, Sha256};

use super::super::render::{Source, Sources};

/// The two files that are put into a page as they are.
const NAMES: [&str; 2] = ["html/style.css", "html/script.js"];

/// Returns whether a template file is put into a page as it is, unread by the template engine.
pub(crate) fn is_asset(name: &str) -> bool {
    NAMES.contains(&name)
}

/// The style and the script, the user's where there are any.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Assets<'a> {
    pub style: &'a str,
    pub script: &'a str,
}

impl<'a> Assets<'a> {
    pub(crate) fn of(sources: &'a Sources) -> Assets<'a> {
        let text = |name: &str| -> &'a str {
            let found = ["user", "builtin"].iter().find_map(|whose| sources.get(&format!("{whose}/{name}")));
            found.map_or("", |source: &Source| &source.text)
        };
        Assets { style: text(NAMES[0]), script: text(NAMES[1]) }
    }

    /// Returns the policy of the page: this style, this script, and nothing from anywhere.
    pub(crate) fn policy(&self) -> String {
        let hash = |text: &str| format!("'sha256-{}'", BASE64_STANDARD.encode(Sha256::digest(text.as_bytes())));
        format!(
            "default-src 'none'; style-src {}; script-src {}; base-uri 'none'; form-action 'none'",
            hash(self.style),
            hash(self.script)
        )
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    const STYLE: &str = include_str!("../../../templates/html/style.css");

    /// Text and what it stands on, and the ratio that WCAG 2 level AA asks for: 4.5, of drawings 3.
    const PAIRS: [(&str, &str, f64); 18] = [
        ("ink", "paper", 4.5),
        ("ink", "card", 4.5),
        ("ink", "code", 4.5),
        ("soft", "paper", 4.5),
        ("soft", "card", 4.5),
        ("soft", "code", 4.5),
        ("soft", "unread", 4.5),
        ("link", "paper", 4.5),
        ("link", "card", 4.5),
        ("link", "code", 4.5),
        ("on-p0", "p0", 4.5),
        ("on-p1", "p1", 4.5),
        ("on-p2", "p2", 4.5),
        ("on-p3", "p3", 4.5),
        ("root", "card", 3.0),
        ("bar", "card", 3.0),
        ("edge", "card", 3.0),
        ("focus", "paper", 3.0),
    ];

    /// The colours of each `{ }` that states a palette, by name.
    fn palettes() -> Vec<BTreeMap<String, [f64; 3]>> {
        let color = regex::Regex::new(r"--([a-z0-9-]+):\s*#([0-9a-f]{6})\b").expect("compiles");
        let channel = |hex: &str, at: usize| {
            let value = f64::from(u8::from_str_radix(&hex[at..at + 2], 16).expect("hex")) / 255.0;
            if value <= 0.040_45 { value / 12.92 } else { ((value + 0.055) / 1.055).powf(2.4) }
        };
        let of = |block: &str| {
            let found = color.captures_iter(block);
            found.map(|c| (c[1].to_string(), [0, 2, 4].map(|at| channel(&c[2], at)))).collect::<BTreeMap<_, _>>()
        };
        STYLE.split('}').map(of).filter(|palette| !palette.is_empty()).collect()
    }

    #[test]
    fn every_text_can_be_read_in_light_in_dark_and_on_paper() {
        let luminance = |[r, g, b]: [f64; 3]| 0.2126 * r + 0.7152 * g + 0.0722 * b;
        let palettes = palettes();
        assert_eq!(palettes.len(), 3, "light, dark, print");
        for (palette, name) in palettes.iter().zip(["light", "dark", "print"]) {
            for (above, below, least) in PAIRS {
                let (a, b) = (luminance(palette[above]), luminance(palette[below]));
                let ratio = (a.max(b) + 0.05) / (a.min(b) + 0.05);
                assert!(ratio >= least, "{name}: --{above} on --{below} is {ratio:.2}, not {least}");
            }
        }
    }
}
