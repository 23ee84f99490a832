//! Which files of a repository come into a container image: `.dockerignore`, `.gcloudignore`, `COPY` in Dockerfiles.
//! Leaves out building anything. Rules as documented for Docker's build context (docs.docker.com, "dockerignore files")
//! and for gitignore; of both the last line that matches counts.

use regex::Regex;

/// A line of an ignore file that keeps a path out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Rule {
    /// 1-based line.
    pub(crate) line: u32,
    /// As written.
    pub(crate) pattern: String,
}

/// How an ignore file reads its patterns.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Style {
    /// From the top of the context only.
    Docker,
    /// At any depth, unless a slash stands in it.
    Git,
}

/// Returns the rule that keeps a path, relative to the ignore file's folder, out.
pub(crate) fn kept_out(text: &str, path: &str, style: Style) -> Option<Rule> {
    let mut verdict = None;
    for (at, line) in text.lines().enumerate() {
        let written = line.trim();
        if written.is_empty() || written.starts_with('#') {
            continue;
        }
        let (back, pattern) = match written.strip_prefix('!') {
            Some(rest) => (true, rest.trim()),
            None => (false, written),
        };
        if matches(pattern, path, style) {
            verdict = (!back).then(|| Rule { line: at as u32 + 1, pattern: written.to_string() });
        }
    }
    verdict
}

/// Whether a pattern means a path or a folder above it.
fn matches(pattern: &str, path: &str, style: Style) -> bool {
    let inner = pattern.trim_end_matches('/');
    let anchored = style == Style::Docker
        || inner.trim_start_matches("**/").trim_start_matches('/').contains('/')
        || inner.starts_with('/');
    let inner = inner.trim_start_matches('/').trim_start_matches("./");
    if inner.is_empty() || inner == "." {
        return false;
    }
    let mut rule = String::from(if anchored { "^" } else { "^(?:.*/)?" });
    let letters: Vec<char> = inner.chars().collect();
    let mut at = 0;
    while at < letters.len() {
        match letters[at] {
            '*' if letters.get(at + 1) == Some(&'*') => {
                at += 1;
                if letters.get(at + 1) == Some(&'/') {
                    at += 1;
                    rule.push_str("(?:.*/)?");
                } else {
                    rule.push_str(".*");
                }
            }
            '*' => rule.push_str("[^/]*"),
            '?' => rule.push_str("[^/]"),
            letter => rule.push_str(&regex::escape(&letter.to_string())),
        }
        at += 1;
    }
    rule.push_str("(?:/.*)?$");
    Regex::new(&rule).is_ok_and(|rule| rule.is_match(path))
}

/// A `COPY` or `ADD` from the build context.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Copy {
    /// 1-based line.
    pub(crate) line: u32,
    /// What is copied, relative to the context.
    pub(crate) sources: Vec<String>,
}

/// Returns what a Dockerfile copies from its context; copies between stages are none.
pub(crate) fn copies(text: &str) -> Vec<Copy> {
    let mut found = Vec::new();
    let mut begun: Option<(u32, String)> = None;
    for (at, line) in text.lines().enumerate() {
        let trimmed = line.trim();
        let (start, mut whole) = begun.take().unwrap_or((at as u32 + 1, String::new()));
        whole.push_str(trimmed.trim_end_matches('\\'));
        whole.push(' ');
        if trimmed.ends_with('\\') {
            begun = Some((start, whole));
            continue;
        }
        let cleared = whole.replace(['[', ']', '"', ','], " ");
        let mut words = cleared.split_whitespace();
        let is_copy = words.next().is_some_and(|word| matches!(word.to_uppercase().as_str(), "COPY" | "ADD"));
        let words: Vec<&str> = words.collect();
        if !is_copy || words.iter().any(|word| word.starts_with("--from")) {
            continue;
        }
        let given: Vec<&&str> = words.iter().filter(|word| !word.starts_with("--")).collect();
        if given.len() >= 2 {
            let sources = given[..given.len() - 1].iter().map(|source| plain(source)).collect();
            found.push(Copy { line: start, sources });
        }
    }
    found
}

fn plain(source: &str) -> String {
    let source = source.trim_start_matches("./").trim_end_matches('/');
    if source.is_empty() { ".".to_string() } else { source.to_string() }
}

/// Whether a copy brings a path.
pub(crate) fn brings(copy: &Copy, path: &str) -> bool {
    copy.sources.iter().any(|source| source == "." || source.contains('$') || matches(source, path, Style::Docker))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_rule_that_matches_counts() {
        let text = "# comment\n*.md\ntests\n**/local_*\n!tests/keep\n";
        let rule = |path: &str| kept_out(text, path, Style::Docker).map(|rule| rule.line);
        assert_eq!(rule("tests/a.py"), Some(3));
        assert_eq!(rule("tests/keep/a.py"), None);
        assert_eq!(rule("shop/tests/a.py"), None, "Docker's patterns begin at the top");
        assert_eq!(rule("shop/local_rates.py"), Some(4));
        assert_eq!(rule("README.md"), Some(2));
        assert_eq!(rule("docs/README.md"), None);
    }

    #[test]
    fn git_patterns_match_at_any_depth() {
        let rule = |text: &str, path: &str| kept_out(text, path, Style::Git).is_some();
        assert!(rule("tests\n", "shop/tests/a.py"));
        assert!(!rule("/tests\n", "shop/tests/a.py"));
        assert!(!rule("shop/tests\n", "a/shop/tests/a.py"));
    }

    #[test]
    fn copies_are_read_over_lines_and_between_stages_left_out() {
        let text =
            "FROM python\nCOPY --from=build /x /y\nCOPY --chown=1:1 shop/ \\\n  lib ./\nADD [\"data\", \"/data\"]\n";
        let found = copies(text);
        assert_eq!(found.iter().map(|copy| copy.line).collect::<Vec<_>>(), [3, 5]);
        assert_eq!(found[0].sources, ["shop", "lib"]);
        assert!(brings(&found[0], "shop/tax.py") && !brings(&found[0], "jobs/a.py"));
        assert!(brings(&copies("COPY . /app\n")[0], "jobs/a.py"));
    }
}
