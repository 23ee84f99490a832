//! A quoted scalar, the same in YAML and TOML: for front matter in templates of users.
//! Leaves out keys; ours have no front matter.

use super::visible::{acts, visible};

/// Returns `text` as one quoted scalar: no line end, no key, no end of the front matter.
///
/// Both languages read the escapes of JSON in double quotes (YAML 1.2, section 5.7; TOML 1.0, "String").
pub fn quoted(text: &str) -> String {
    let mut out = String::from("\"");
    for c in visible(text).chars() {
        match c {
            '"' | '\\' => out.extend(['\\', c]),
            c if acts(c) => {}
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

#[cfg(test)]
mod tests {
    #[test]
    fn no_scalar_ends_early() {
        let text = "a\"\n---\nadmin: true # \\";
        let scalar = super::quoted(text);
        assert_eq!(scalar, r#""a\"\\n---\\nadmin: true # \\""#);
        let read: toml::Table = toml::from_str(&format!("a = {scalar}\n")).expect("it is TOML");
        assert_eq!(read["a"].as_str(), Some("a\"\\n---\\nadmin: true # \\"));
    }
}
