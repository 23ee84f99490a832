//! Who owns a file, by the repository's CODEOWNERS.
//! Leaves out reading the file and asking whether somebody can be assigned. Pure.
//!
//! GitHub's rules: the last line that matches counts, patterns are those of gitignore without `!`, `[...]`
//! and `\#`. Sections (`[Name]`, known from elsewhere) are passed over.

/// Where GitHub looks for the file; the first that exists counts.
pub const PLACES: [&str; 3] = [".github/CODEOWNERS", "CODEOWNERS", "docs/CODEOWNERS"];

/// The owners of a path.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Owners {
    /// Logins without `@`: they can be assigned.
    pub users: Vec<String>,
    /// `ORG/TEAM` without `@`: they can only be named.
    pub teams: Vec<String>,
    /// Addresses: they can only be named.
    pub emails: Vec<String>,
    /// The line that says so, from 1; the evidence.
    pub line: usize,
}

#[derive(Debug, Clone)]
struct Rule {
    segments: Vec<String>,
    /// Whether it counts from the top of the repository.
    anchored: bool,
    /// Whether it means a folder and what is below it.
    folder: bool,
    owners: Owners,
}

/// A parsed CODEOWNERS file.
#[derive(Debug, Clone, Default)]
pub struct CodeOwners {
    rules: Vec<Rule>,
}

impl CodeOwners {
    /// Reads a file; lines that GitHub would not accept are passed over.
    pub fn parse(text: &str) -> CodeOwners {
        CodeOwners { rules: text.lines().enumerate().filter_map(|(at, line)| rule(line, at + 1)).collect() }
    }

    /// Returns the owners of a path from the top of the repository, or `None` when nobody owns it.
    pub fn owners(&self, path: &str) -> Option<&Owners> {
        let path: Vec<&str> = path.trim_start_matches("./").split('/').filter(|part| !part.is_empty()).collect();
        let rule = self.rules.iter().rev().find(|rule| rule.covers(&path))?;
        let owners = &rule.owners;
        let nobody = owners.users.is_empty() && owners.teams.is_empty() && owners.emails.is_empty();
        (!nobody).then_some(owners)
    }
}

impl Rule {
    fn covers(&self, path: &[&str]) -> bool {
        let starts = if self.anchored { 0..1 } else { 0..path.len() };
        starts.into_iter().any(|start| self.matches(&self.segments, &path[start..]))
    }

    fn matches(&self, segments: &[String], path: &[&str]) -> bool {
        match segments.split_first() {
            // What is left of the path is below a folder that the pattern names. `docs/*` means the files
            // in docs alone, unlike `docs/`.
            None => match path {
                [] => !self.folder,
                _ => self.folder || self.segments.last().is_none_or(|last| last == "**" || !last.contains('*')),
            },
            Some((first, rest)) if first == "**" => (0..=path.len()).any(|skip| {
                // At the end it stands for what is below, not for the folder itself.
                (!rest.is_empty() || skip > 0) && self.matches(rest, &path[skip..])
            }),
            Some((first, rest)) => path
                .split_first()
                .is_some_and(|(name, below)| wildcard(first.as_bytes(), name.as_bytes()) && self.matches(rest, below)),
        }
    }
}

fn rule(line: &str, number: usize) -> Option<Rule> {
    let line = line.trim();
    if line.is_empty() || line.starts_with(['#', '[', '!']) || line.starts_with("^[") {
        return None;
    }
    // A blank in a name is written `\ `.
    let hidden = line.replace("\\ ", "\0");
    let mut words = hidden.split_whitespace();
    let pattern = words.next()?.replace('\0', " ");
    let mut owners = Owners { line: number, ..Owners::default() };
    for word in words.take_while(|word| !word.starts_with('#')) {
        match word.strip_prefix('@') {
            Some(team) if team.contains('/') => owners.teams.push(team.to_owned()),
            Some(user) => owners.users.push(user.to_owned()),
            None if word.contains('@') => owners.emails.push(word.to_owned()),
            None => return None,
        }
    }
    let inner = pattern.trim_start_matches('/').trim_end_matches('/');
    let anchored = pattern.starts_with('/') || inner.contains('/');
    let segments = inner.split('/').filter(|part| !part.is_empty()).map(str::to_owned).collect();
    Some(Rule { segments, anchored, folder: pattern.ends_with('/'), owners })
}

/// `*` is any text and `?` any character within one name.
fn wildcard(pattern: &[u8], name: &[u8]) -> bool {
    let (mut p, mut n, mut back) = (0, 0, None);
    while n < name.len() {
        match pattern.get(p) {
            Some(b'*') => {
                back = Some((p, n));
                p += 1;
            }
            Some(c) if *c == b'?' || *c == name[n] => {
                p += 1;
                n += 1;
            }
            _ => match back {
                Some((star, at)) => {
                    back = Some((star, at + 1));
                    p = star + 1;
                    n = at + 1;
                }
                None => return false,
            },
        }
    }
    pattern[p..].iter().all(|c| *c == b'*')
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of GitHub's documentation, shortened, with what it says of each line.
    const FILE: &str = "\
# Comment
*       @global-owner1 @global-owner2
*.js    @js-owner #This is an inline comment.
*.go docs@example.com
*.txt @octo-org/octocats
/build/logs/ @doctocat
docs/*  docs2@example.com
apps/ @octocat
/docs/ @doctocat
/scripts/ @doctocat @octocat
**/logs @log-owner
/apps/github
[Section]
/with\\ blank/ @blank
not valid owner
";

    #[test]
    fn the_last_line_that_matches_counts() {
        let owners = CodeOwners::parse(FILE);
        let users = |path: &str| owners.owners(path).map(|owners| owners.users.join(","));
        assert_eq!(users("any/file.rs").as_deref(), Some("global-owner1,global-owner2"));
        assert_eq!(users("deep/down/a.js").as_deref(), Some("js-owner"));
        assert_eq!(owners.owners("x/main.go").map(|found| found.emails.clone()), Some(vec!["docs@example.com".into()]));
        assert_eq!(
            owners.owners("a.txt").map(|found| (found.teams.clone(), found.line)),
            Some((vec!["octo-org/octocats".into()], 5))
        );
        assert_eq!(users("build/logs/today.log").as_deref(), Some("log-owner"));
        assert_eq!(users("x/build/nothing.rs").as_deref(), Some("global-owner1,global-owner2"));
        assert_eq!(users("x/apps/y/z.rs").as_deref(), Some("octocat"));
        assert_eq!(users("docs/deep/a.md").as_deref(), Some("doctocat"));
        assert_eq!(users("scripts/a.sh").as_deref(), Some("doctocat,octocat"));
        assert_eq!(users("apps/github/x.rs"), None, "a line without owners takes them away");
        assert_eq!(users("with blank/x").as_deref(), Some("blank"));
    }

    #[test]
    fn patterns_are_those_of_gitignore() {
        for (pattern, yes, no) in [
            ("docs/*", "docs/a.md", "docs/b/a.md"),
            ("/docs/", "docs/b/a.md", "x/docs/a.md"),
            ("docs/**", "docs/b/a.md", "docs"),
            ("a/**/z", "a/b/c/z", "a/b/c/y"),
            ("a/**/z", "a/z", "b/z"),
            ("src/main.rs", "src/main.rs", "x/src/main.rs"),
            ("main.rs", "x/src/main.rs", "x/src/main.rsx"),
            ("t?st_*.py", "a/test_x.py", "a/toast_x.py"),
            ("src", "src/deep/file", "source/file"),
            ("apps/", "x/apps/a", "x/apps"),
            ("*", "x/y/z", ""),
        ] {
            let owners = CodeOwners::parse(&format!("{pattern} @me"));
            assert!(owners.owners(yes).is_some(), "{pattern} covers {yes}");
            assert!(owners.owners(no).is_none(), "{pattern} does not cover {no}");
        }
    }
}
