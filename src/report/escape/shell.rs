//! Words of a POSIX shell: in the command that a report tells, and in the script of `gh` commands.
//! Leaves out texts of several lines: those go through files.

use super::visible::visible;

/// Returns a word as a shell reads it back, in quotes where it needs any.
///
/// A word that begins with a dash would be taken for an option; as a file it is named `./-x`.
pub fn file(name: &str) -> String {
    match name.strip_prefix('-') {
        Some(rest) if !rest.is_empty() => word(&format!("./{name}")),
        _ => word(name),
    }
}

/// Returns a word as a shell reads it back, in quotes where it needs any.
pub fn word(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "_-./:=@%+,".contains(c);
    if !word.is_empty() && word.chars().all(plain) { word.to_string() } else { between_quotes(word) }
}

/// Returns a word in quotes, in which nothing means anything; what acts or hides is written out.
pub fn quoted(word: &str) -> String {
    between_quotes(&visible(word))
}

fn between_quotes(word: &str) -> String {
    // No argument can hold a zero byte, and some shells drop what follows it.
    format!("'{}'", word.replace('\0', "\\x00").replace('\'', "'\\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_word_gets_out_of_its_quotes() {
        assert_eq!(quoted("it's $(rm -rf /) `x` \"y\"\n"), "'it'\\''s $(rm -rf /) `x` \"y\"\\n'");
        assert_eq!((word("a/b.log").as_str(), word("").as_str(), word("a b").as_str()), ("a/b.log", "''", "'a b'"));
        assert_eq!((file("-rf").as_str(), file("-").as_str(), file("--a b").as_str()), ("./-rf", "-", "'./--a b'"));
    }
}
