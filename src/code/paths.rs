//! From a path in the container to the path in the repository: by declared rules, else by the longest common end.
//! Leaves out reading files. Pure: the files of a commit come in as their names.

use std::collections::BTreeMap;

/// Rules for paths: what stands before the colon in the container stands behind it in the repository.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PathMap {
    rules: Vec<Rule>,
    /// Those that a trace shows; they only settle what is ambiguous.
    learnt: Vec<Rule>,
}

/// Parts in the container, parts in the repository.
type Rule = (Vec<String>, Vec<String>);

/// The files of a commit by their last part.
#[derive(Debug, Clone, Default)]
pub struct FileNames {
    by_name: BTreeMap<String, Vec<String>>,
}

impl FileNames {
    /// Takes the paths of a commit.
    pub fn of<'p>(paths: impl Iterator<Item = &'p str>) -> FileNames {
        let mut by_name: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for path in paths {
            let name = path.rsplit('/').next().unwrap_or(path);
            by_name.entry(name.to_string()).or_default().push(path.to_string());
        }
        FileNames { by_name }
    }

    /// Whether a path is one of them.
    pub fn has(&self, path: &str) -> bool {
        let name = path.rsplit('/').next().unwrap_or(path);
        self.by_name.get(name).is_some_and(|paths| paths.iter().any(|known| known == path))
    }

    /// Returns the file that a trace names, if exactly one fits best: containers hold the repository below some
    /// folder, so the longest common end of the paths counts.
    pub fn nearest(&self, traced: &str) -> Option<&str> {
        let wanted = parts(traced);
        let fitting = self.by_name.get(wanted.last()?)?;
        let common = |path: &str| parts(path).iter().rev().zip(wanted.iter().rev()).take_while(|(a, b)| a == b).count();
        let best = fitting.iter().map(|path| common(path)).max()?;
        let mut best = fitting.iter().filter(|path| common(path) == best);
        match (best.next(), best.next()) {
            (Some(path), None) => Some(path),
            _ => None,
        }
    }
}

impl PathMap {
    /// Reads rules such as `/app=.`; the error is the one that is none.
    pub fn parse(rules: &[String]) -> Result<PathMap, String> {
        let read = |rule: &String| {
            let (from, to) = rule.split_once('=').ok_or_else(|| rule.clone())?;
            let to = parts(to);
            let outside = to.iter().any(|part| part == "..");
            if from.trim().is_empty() || outside { Err(rule.clone()) } else { Ok((parts(from), to)) }
        };
        let mut rules = rules.iter().map(read).collect::<Result<Vec<_>, String>>()?;
        // The rule that says more goes first.
        rules.sort_by_key(|(from, _)| std::cmp::Reverse(from.len()));
        Ok(PathMap { rules, learnt: Vec::new() })
    }

    /// Returns the map with the rules that the paths of a trace show: two common parts or more, in one file alone.
    pub fn learning(&self, logged: &[&str], files: &FileNames) -> PathMap {
        let mut learnt: BTreeMap<Rule, usize> = BTreeMap::new();
        for (path, file) in logged.iter().filter_map(|path| Some((parts(path), parts(files.nearest(path)?)))) {
            let common = path.iter().rev().zip(file.iter().rev()).take_while(|(a, b)| a == b).count();
            if common >= 2 && common < path.len() {
                let rule = (path[..path.len() - common].to_vec(), file[..file.len() - common].to_vec());
                *learnt.entry(rule).or_default() += 1;
            }
        }
        let mut learnt: Vec<_> = learnt.into_iter().collect();
        learnt.sort_by_key(|((from, _), count)| (std::cmp::Reverse(*count), std::cmp::Reverse(from.len())));
        PathMap { rules: self.rules.clone(), learnt: learnt.into_iter().map(|(rule, _)| rule).collect() }
    }

    /// Returns the path in the repository; `guess` where no rule fits.
    pub fn apply(&self, logged: &str, files: &FileNames, guess: bool) -> Option<String> {
        let path = parts(logged);
        if let Some((from, to)) = self.rules.iter().find(|(from, _)| path.starts_with(from)) {
            let below = to.iter().chain(&path[from.len()..]).cloned().collect::<Vec<_>>().join("/");
            return files.has(&below).then_some(below);
        }
        let same = path.join("/");
        match files.has(&same) {
            true => Some(same),
            false if guess => {
                let by_rule = |(from, to): &Rule| {
                    let below = to.iter().chain(path.strip_prefix(from.as_slice())?).cloned();
                    Some(below.collect::<Vec<_>>().join("/")).filter(|below| files.has(below))
                };
                let nearest = files.nearest(logged).map(str::to_string);
                nearest.or_else(|| self.learnt.iter().find_map(by_rule))
            }
            false => None,
        }
    }
}

/// Returns the parts of a path, whatever its system; `.` is none.
fn parts(path: &str) -> Vec<String> {
    path.split(['/', '\\']).filter(|part| !part.is_empty() && *part != ".").map(str::to_string).collect()
}

#[cfg(test)]
mod tests {
    use super::{FileNames, PathMap};

    #[test]
    fn rules_go_before_the_longest_common_end() {
        let files = ["main.py", "shop/api/main.py", "shop/api/__init__.py", "shop/__init__.py", "web/a.js"];
        let files = FileNames::of(files.into_iter());
        let map = |rules: &[&str]| PathMap::parse(&rules.iter().map(|rule| rule.to_string()).collect::<Vec<_>>());
        let check = |rules: &[&str], logged: &str, expect: Option<&str>| {
            let found = map(rules).expect("rules").apply(logged, &files, true);
            assert_eq!(found.as_deref(), expect, "{rules:?} {logged}");
        };
        check(&[], "/app/shop/api/main.py", Some("shop/api/main.py"));
        check(&[], "C:\\srv\\shop\\__init__.py", Some("shop/__init__.py"));
        check(&[], "web/a.js", Some("web/a.js"));
        check(&[], "/app/__init__.py", None);
        check(&[], "/app/other.py", None);
        check(&["/app=."], "/app/main.py", Some("main.py"));
        check(&["/app=shop/api"], "/app/main.py", Some("shop/api/main.py"));
        check(&["/app=.", "/app/api=shop/api"], "/app/api/main.py", Some("shop/api/main.py"));
        // What a rule leads to and is not there is no reason to guess: the rule says where it would be.
        check(&["/app=web"], "/app/main.py", None);
        check(&["/app=."], "/application/shop/api/main.py", Some("shop/api/main.py"));
        let learnt = map(&[]).expect("none").learning(&["/app/shop/api/main.py"], &files);
        assert_eq!(learnt.apply("/app/main.py", &files, true).as_deref(), Some("main.py"));
        assert_eq!(map(&["/app"]), Err("/app".to_string()));
        assert_eq!(map(&["/app=../x"]), Err("/app=../x".to_string()));
        assert_eq!(map(&[]).expect("none").apply("/x/main.py", &files, false), None);
    }
}
