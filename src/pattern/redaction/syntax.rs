//! Expressions as trees, to tell what must stand around a keyword: see `around`.
//! Leaves out matching, and every part of the syntax that our expressions do not use: those are not read at all.
//!
//! A tree stands for at least what its expression matches in a text of ASCII: assertions always hold.

/// The characters of a class, one bit each.
pub(super) type Class = u128;

/// A part of an expression.
#[derive(Debug, Clone)]
pub(super) enum Node {
    /// One character.
    One(Class),
    /// One after the other; none is the empty text.
    All(Vec<Node>),
    /// One of them.
    Any(Vec<Node>),
    /// So often at least, and at most where there is a bound.
    Times(Box<Node>, usize, Option<usize>),
}

/// More members are not written out.
const MOST_MEMBERS: u32 = 12;
/// More texts are not written out.
const MOST_TEXTS: usize = 512;

/// Reads an expression; nothing where it holds something that is not read here.
pub(super) fn read(expression: &str) -> Option<Node> {
    let mut reader = Reader { bytes: expression.as_bytes(), at: 0 };
    let node = reader.alternatives(false)?;
    (expression.is_ascii() && reader.at == reader.bytes.len()).then_some(node)
}

/// Returns the class of some characters.
pub(super) fn class_of(members: &[u8]) -> Class {
    members.iter().fold(0, |class, byte| class | bit(*byte))
}

/// Returns the bit of a character; those beyond ASCII have none.
pub(super) fn bit(byte: u8) -> Class {
    if byte.is_ascii() { 1 << byte } else { 0 }
}

fn range(from: u8, to: u8) -> Class {
    (from..=to).fold(0, |class, byte| class | bit(byte))
}

/// Returns a class with both cases of its letters.
fn folded(class: Class) -> Class {
    let (upper, lower) = (class & range(b'A', b'Z'), class & range(b'a', b'z'));
    class | upper << 32 | lower >> 32
}

struct Reader<'e> {
    bytes: &'e [u8],
    at: usize,
}

impl Reader<'_> {
    fn next_is(&mut self, text: &str) -> bool {
        let is = self.bytes[self.at..].starts_with(text.as_bytes());
        self.at += if is { text.len() } else { 0 };
        is
    }

    fn take(&mut self) -> Option<u8> {
        let byte = self.bytes.get(self.at).copied()?;
        self.at += 1;
        Some(byte)
    }

    fn alternatives(&mut self, mut fold: bool) -> Option<Node> {
        let mut all = Vec::new();
        loop {
            let mut parts = Vec::new();
            while !matches!(self.bytes.get(self.at), None | Some(b'|' | b')')) {
                if self.next_is("(?i)") {
                    fold = true;
                    continue;
                }
                let part = self.part(fold)?;
                parts.push(self.times(part)?);
            }
            all.push(Node::All(parts));
            if !self.next_is("|") {
                break;
            }
        }
        if all.len() == 1 { all.pop() } else { Some(Node::Any(all)) }
    }

    fn part(&mut self, fold: bool) -> Option<Node> {
        let one = |class| Some(Node::One(if fold { folded(class) } else { class }));
        match self.take()? {
            b'(' => {
                let insensitive = self.next_is("?i:");
                if !insensitive && !self.next_is("?:") && !self.next_is("?P<secret>") && self.next_is("?") {
                    return None;
                }
                let inner = self.alternatives(fold || insensitive)?;
                self.next_is(")").then_some(inner)
            }
            b'[' => one(self.class(fold)?),
            b'\\' => match self.escape()? {
                Some(class) => one(class),
                None => Some(Node::All(Vec::new())),
            },
            b'.' => one(!bit(b'\n')),
            b'^' | b'$' => Some(Node::All(Vec::new())),
            b'*' | b'+' | b'?' | b'{' | b'}' | b']' => None,
            byte => one(bit(byte)),
        }
    }

    /// Reads what an escape means; inside nothing for an assertion.
    fn escape(&mut self) -> Option<Option<Class>> {
        let word = range(b'0', b'9') | range(b'A', b'Z') | range(b'a', b'z') | bit(b'_');
        let blank = class_of(b" \t\n\r\x0b\x0c");
        Some(Some(match self.take()? {
            b'b' => return Some(None),
            b'd' => range(b'0', b'9'),
            b'D' => !range(b'0', b'9'),
            b'w' => word,
            b'W' => !word,
            b's' => blank,
            b'S' => !blank,
            b'n' => bit(b'\n'),
            b'r' => bit(b'\r'),
            b't' => bit(b'\t'),
            b'x' => {
                let digits = self.bytes.get(self.at..self.at + 2)?;
                self.at += 2;
                bit(u8::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok().filter(u8::is_ascii)?)
            }
            byte if byte.is_ascii_alphanumeric() => return None,
            byte => bit(byte),
        }))
    }

    /// Reads a class whose opening bracket was read.
    fn class(&mut self, fold: bool) -> Option<Class> {
        let negated = self.next_is("^");
        let (mut class, mut members) = (0, 0);
        loop {
            let first = match self.take()? {
                b']' if members > 0 => break,
                // Classes in classes, and what is done with two of them.
                b'[' => return None,
                byte @ (b'&' | b'~') if self.bytes.get(self.at) == Some(&byte) => return None,
                b'\\' => self.escape()??,
                byte => bit(byte),
            };
            members += 1;
            let goes_on = self.bytes.get(self.at) == Some(&b'-') && self.bytes.get(self.at + 1) != Some(&b']');
            if !goes_on {
                class |= first;
                continue;
            }
            self.at += 1;
            let last = match self.take()? {
                b'[' | b'-' => return None,
                b'\\' => self.escape()??,
                byte => bit(byte),
            };
            if first.count_ones() != 1 || last.count_ones() != 1 || first > last {
                return None;
            }
            class |= range(first.trailing_zeros() as u8, last.trailing_zeros() as u8);
        }
        let class = if fold { folded(class) } else { class };
        Some(if negated { !class } else { class })
    }

    fn times(&mut self, mut node: Node) -> Option<Node> {
        loop {
            let (least, most) = match self.bytes.get(self.at) {
                Some(b'*') => (0, None),
                Some(b'+') => (1, None),
                Some(b'?') => (0, Some(1)),
                Some(b'{') => {
                    let rest = &self.bytes[self.at + 1..];
                    let end = rest.iter().position(|byte| *byte == b'}')?;
                    let inner = std::str::from_utf8(&rest[..end]).ok()?;
                    self.at += end + 1;
                    match inner.split_once(',') {
                        None => (inner.parse().ok()?, Some(inner.parse().ok()?)),
                        Some((least, "")) => (least.parse().ok()?, None),
                        Some((least, most)) => (least.parse().ok()?, Some(most.parse().ok()?)),
                    }
                }
                _ => return Some(node),
            };
            self.at += 1;
            self.next_is("?");
            node = Node::Times(Box::new(node), least, most);
        }
    }
}

/// Returns whether every text of `node` holds one of `words`; where case does not count, they are in lower case.
pub(super) fn holds(node: &Node, words: &[Vec<u8>], any_case: bool) -> bool {
    match node {
        Node::One(_) => texts(node, any_case).is_some_and(|texts| hold(&texts, words)),
        Node::Any(nodes) => nodes.iter().all(|node| holds(node, words, any_case)),
        Node::Times(node, least, _) => *least > 0 && holds(node, words, any_case),
        Node::All(nodes) => {
            let mut flat = Vec::new();
            flatten(nodes, &mut flat);
            let mut run = vec![Vec::new()];
            for node in flat {
                if holds_alone(node, words, any_case) {
                    return true;
                }
                match texts(node, any_case).and_then(|texts| product(&run, &texts)) {
                    Some(longer) => run = longer,
                    None => run = vec![Vec::new()],
                }
                if hold(&run, words) {
                    return true;
                }
            }
            false
        }
    }
}

fn holds_alone(node: &Node, words: &[Vec<u8>], any_case: bool) -> bool {
    !matches!(node, Node::One(_)) && holds(node, words, any_case)
}

fn hold(texts: &[Vec<u8>], words: &[Vec<u8>]) -> bool {
    texts.iter().all(|text| words.iter().any(|word| text.windows(word.len()).any(|part| part == word)))
}

fn flatten<'n>(nodes: &'n [Node], flat: &mut Vec<&'n Node>) {
    for node in nodes {
        match node {
            Node::All(inner) => flatten(inner, flat),
            _ => flat.push(node),
        }
    }
}

/// Returns all texts of a node, if they are few.
fn texts(node: &Node, any_case: bool) -> Option<Vec<Vec<u8>>> {
    match node {
        Node::One(class) => {
            // Where case does not count, one letter stands for both.
            let lower = |byte: u8| if any_case { byte.to_ascii_lowercase() } else { byte };
            if class.count_ones() > 2 * MOST_MEMBERS {
                return None;
            }
            let mut bytes: Vec<u8> = (0..128).filter(|byte| class & bit(*byte) != 0).map(lower).collect();
            bytes.sort_unstable();
            bytes.dedup();
            (bytes.len() <= MOST_MEMBERS as usize).then(|| bytes.into_iter().map(|byte| vec![byte]).collect())
        }
        Node::All(nodes) => {
            nodes.iter().try_fold(vec![Vec::new()], |before, node| product(&before, &texts(node, any_case)?))
        }
        Node::Any(nodes) => {
            let all: Option<Vec<_>> = nodes.iter().map(|node| texts(node, any_case)).collect();
            all.map(|all| all.concat()).filter(|all| all.len() <= MOST_TEXTS)
        }
        Node::Times(node, least, most) => {
            let (most, one) = (most.filter(|most| *most <= 4)?, texts(node, any_case)?);
            let (mut all, mut power) = (Vec::new(), vec![Vec::new()]);
            for count in 0..=most {
                if count >= *least {
                    all.extend(power.iter().cloned());
                }
                power = product(&power, &one)?;
            }
            (all.len() <= MOST_TEXTS).then_some(all)
        }
    }
}

fn product(before: &[Vec<u8>], after: &[Vec<u8>]) -> Option<Vec<Vec<u8>>> {
    let join = |one: &Vec<u8>| after.iter().map(|other| [&one[..], &other[..]].concat()).collect::<Vec<_>>();
    (before.len() * after.len() <= MOST_TEXTS).then(|| before.iter().flat_map(join).collect())
}

/// Returns the characters that stand alone in their class and in every text of `node`.
pub(super) fn needed(node: &Node) -> Class {
    match node {
        Node::One(class) => {
            if class.count_ones() == 1 {
                *class
            } else {
                0
            }
        }
        Node::All(nodes) => nodes.iter().fold(0, |all, node| all | needed(node)),
        Node::Any(nodes) => nodes.iter().map(needed).reduce(|all, one| all & one).unwrap_or(0),
        Node::Times(node, least, _) => {
            if *least > 0 {
                needed(node)
            } else {
                0
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn holding(expression: &str, words: &[&str], any_case: bool) -> bool {
        let words: Vec<Vec<u8>> = words.iter().map(|word| word.as_bytes().to_vec()).collect();
        holds(&read(expression).expect("an expression"), &words, any_case)
    }

    #[test]
    fn a_keyword_stands_in_every_text_or_not() {
        assert!(holding("(?P<secret>gh[pousr]_[A-Za-z0-9]{36,255})", &["ghp_", "gho_", "ghu_", "ghs_", "ghr_"], false));
        assert!(!holding("(?P<secret>gh[pousr]_[A-Za-z0-9]{36,255})", &["ghp_", "gho_"], false));
        assert!(holding("(?i:token|jwt|credentials?)[0-9]{0,2}", &["token", "jwt", "credential"], true));
        assert!(!holding("(?i:token|jwt)", &["token", "jwt"], false), "the case counts");
        assert!(holding(r"x{0,3}(?:\b|\\[nrt])(?i:bearer)(?:[ +]|%20){1,3}y", &["bearer"], true));
        assert!(!holding(r"a:(?://|\\/\\/)b", &["://"], true) && holding("a(?:://)+b", &["://"], true));
        assert!(!holding("[a-z]{3,9}[MN]", &["discord"], true) && !holding("(?:key)?x", &["key"], true));
    }

    #[test]
    fn what_is_not_used_is_not_read() {
        for unread in ["(?s:.)", "(?P<other>x)", r"\p{L}", "[[:alpha:]]", "[a&&b]", r"\x{80}", "é", "a)", "(a", "[a"] {
            assert!(read(unread).is_none(), "{unread}");
        }
    }

    #[test]
    fn what_every_text_needs_is_known() {
        let needs = |expression| needed(&read(expression).expect("an expression"));
        assert_eq!(needs(r#"[a-z]+:(?://|\\/\\/)x*(?P<secret>y+)@"#), class_of(b":/y@"));
        assert_eq!(needs("a?(?:b|cb)[de]"), class_of(b"b"));
    }
}
