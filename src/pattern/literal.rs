//! Words that every match of a regex contains, so that most messages need no regex at all.
//! Leaves out proof of the best word: the longest plain run at the top level of each branch is enough.

/// Shorter runs stand in too many messages to be worth looking for.
const SHORTEST: usize = 3;

/// Returns one plain word per branch of `regex`, or nothing when a branch shows none.
pub(crate) fn literals(regex: &str) -> Vec<String> {
    // Free-spacing mode gives blanks another meaning; nobody needs it here.
    if regex.starts_with("(?") && regex[2..].split([')', ':', '<']).next().is_some_and(|flags| flags.contains('x')) {
        return Vec::new();
    }
    let branches: Vec<Option<String>> = branches(regex).into_iter().map(longest_run).collect();
    branches.into_iter().collect::<Option<Vec<String>>>().unwrap_or_default()
}

/// Returns words of which every match of `regex` contains one, from inside its groups as well, or nothing if there are
/// none such.
pub(crate) fn needles(regex: &str) -> Vec<String> {
    if regex.starts_with("(?") && regex[2..].split([')', ':', '<']).next().is_some_and(|flags| flags.contains('x')) {
        return Vec::new();
    }
    let branches: Option<Vec<Vec<String>>> = branches(regex).into_iter().map(telling).collect();
    branches.unwrap_or_default().concat()
}

/// Returns the most telling words of a branch: its own longest run, or what one of its groups must contain.
fn telling(branch: &str) -> Option<Vec<String>> {
    let mut best: Option<Vec<String>> = longest_run(branch).map(|run| vec![run]);
    let mut walk = Walk::new(branch);
    while let Some((at, token)) = walk.next() {
        if !matches!(token, Token::Open) {
            continue;
        }
        walk.skip_group();
        let end = walk.letters.peek().map_or(branch.len(), |(end, _)| *end);
        // What may be missing says nothing, nor does a group whose kind is not known here.
        let optional = branch[end..].starts_with(['?', '*', '{']);
        let Some(inside) = branch.get(at + 1..end.saturating_sub(1)).filter(|_| !optional) else { continue };
        let inside = match inside.strip_prefix('?') {
            None => inside,
            Some(kind) if kind.starts_with(':') => &kind[1..],
            Some(kind) if kind.starts_with('<') || kind.starts_with("P<") => {
                kind.split_once('>').map_or("", |(_, inside)| inside)
            }
            Some(_) => continue,
        };
        let words = needles(inside);
        let least = |words: &[String]| words.iter().map(String::len).min().unwrap_or(0);
        if least(&words) > best.as_deref().map_or(0, least) {
            best = Some(words);
        }
    }
    best
}

/// Splits at every `|` that stands outside groups and classes.
fn branches(regex: &str) -> Vec<&str> {
    let (mut parts, mut start) = (Vec::new(), 0);
    let mut walk = Walk::new(regex);
    while let Some((at, token)) = walk.next() {
        match token {
            Token::Open => walk.skip_group(),
            Token::Bar => {
                parts.push(&regex[start..at]);
                start = at + 1;
            }
            _ => {}
        }
    }
    parts.push(&regex[start..]);
    parts
}

fn longest_run(branch: &str) -> Option<String> {
    let (mut longest, mut run) = (String::new(), String::new());
    let mut walk = Walk::new(branch);
    loop {
        let token = walk.next().map(|(_, token)| token);
        match token {
            Some(Token::Plain(letter)) => {
                run.push(letter);
                continue;
            }
            // `ab?` and `ab*` do not need the b; `ab+` does, but ends the run.
            Some(Token::Optional) => {
                run.pop();
            }
            Some(Token::Open) => walk.skip_group(),
            _ => {}
        }
        if run.len() > longest.len() {
            longest = std::mem::take(&mut run);
        }
        run.clear();
        if token.is_none() {
            return (longest.len() >= SHORTEST).then_some(longest);
        }
    }
}

#[derive(Clone, Copy)]
enum Token {
    Plain(char),
    Optional,
    Open,
    Close,
    Bar,
    Other,
}

struct Walk<'a> {
    letters: std::iter::Peekable<std::str::CharIndices<'a>>,
}

impl<'a> Walk<'a> {
    fn new(regex: &'a str) -> Walk<'a> {
        Walk { letters: regex.char_indices().peekable() }
    }

    fn next(&mut self) -> Option<(usize, Token)> {
        let (at, letter) = self.letters.next()?;
        let token = match letter {
            '\\' => match self.letters.next() {
                Some((_, 'p' | 'P' | 'x' | 'u')) => {
                    self.skip_braces();
                    Token::Other
                }
                Some((_, escaped)) if escaped.is_ascii_punctuation() => Token::Plain(escaped),
                _ => Token::Other,
            },
            '[' => {
                self.skip_class();
                Token::Other
            }
            '{' => {
                self.letters.find(|(_, letter)| *letter == '}');
                Token::Optional
            }
            '?' | '*' => Token::Optional,
            '(' => Token::Open,
            ')' => Token::Close,
            '|' => Token::Bar,
            '.' | '^' | '$' | '+' => Token::Other,
            plain => Token::Plain(plain),
        };
        Some((at, token))
    }

    /// Skips what stands between an opening bracket, already read, and its closing one.
    fn skip_group(&mut self) {
        let mut depth = 1;
        while depth > 0 {
            match self.next() {
                Some((_, Token::Open)) => depth += 1,
                Some((_, Token::Close)) => depth -= 1,
                Some(_) => {}
                None => return,
            }
        }
    }

    fn skip_class(&mut self) {
        let mut depth = 1;
        let mut first = true;
        while let Some((_, letter)) = self.letters.next() {
            match letter {
                '\\' => {
                    self.letters.next();
                }
                '^' if first => continue,
                ']' if !first => depth -= 1,
                '[' => depth += 1,
                _ => {}
            }
            first = false;
            if depth == 0 {
                return;
            }
        }
    }

    fn skip_braces(&mut self) {
        if self.letters.peek().is_some_and(|(_, letter)| *letter == '{') {
            self.letters.find(|(_, letter)| *letter == '}');
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(regex: &str, expect: &[&str]) {
        assert_eq!(literals(regex), expect, "{regex}");
    }

    #[test]
    fn takes_the_longest_run_that_every_match_contains() {
        check(r"No module named '(?<module>[\w.]+)'", &["No module named '"]);
        check(r"QueuePool limit of size \d+ overflow", &["QueuePool limit of size "]);
        check(r"colou?r of money", &["r of money"]);
        check(r"exit\(\d+\)\.", &["exit("]);
        check(r"(?:one|two) hundred", &[" hundred"]);
    }

    #[test]
    fn needs_a_word_in_every_branch() {
        check("connection refused|ECONNREFUSED", &["connection refused", "ECONNREFUSED"]);
        check(r"connection refused|\d+", &[]);
        check(r"\w+ \d{3}", &[]);
        check(r"(?x) a b c d", &[]);
    }

    #[test]
    fn looks_into_groups() {
        let check = |regex: &str, expect: &[&str]| assert_eq!(needles(regex), expect, "{regex}");
        check(r"(?:one|two) hundred", &[" hundred"]);
        check(r"(?<code>50[034]) (?:Deadline Exceeded|Timeout of [\d.]+s)", &["Deadline Exceeded", "Timeout of "]);
        check(r"(?:ab(?:cde|fghi)|(?<x>jkl)): (?:\w+|no)", &["cde", "fghi", "jkl"]);
        check(r"(?:abc)?\d", &[]);
        check(r"(?:abc){0,2}\d", &[]);
        check(r"(?i:abc)\d|def", &[]);
        check(r"(?:abc|\d)", &[]);
    }

    #[test]
    fn leaves_out_what_may_be_missing() {
        check("abc(?:def)?ghij", &["ghij"]);
        check("abc{0,2}de", &[]);
        check(r"[]x]abcd[^]]", &["abcd"]);
    }
}
