//! Expressions as trees, to tell what must stand around a keyword: see `around`.
//! Leaves out matching, and reading, which `regex-syntax` does: the parser of the `regex` crate itself.
//!
//! A tree stands for at least what its expression matches in a text of ASCII: assertions always hold. Other texts are not
//! judged by it, nor by their lines of ASCII.

use regex_syntax::ParserBuilder;
use regex_syntax::hir::{Class as Members, Hir, HirKind};

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

/// More members are not written out; a letter in both cases counts once.
const MOST_MEMBERS: u32 = 12;
/// More texts are not written out.
const MOST_TEXTS: usize = 512;

/// Reads an expression; nothing where it asks for more than ASCII.
pub(super) fn read(expression: &str) -> Option<Node> {
    // Over ASCII classes mean the same without Unicode's tables, which take long to read.
    let hir = ParserBuilder::new().unicode(false).utf8(false).build().parse(expression).ok()?;
    node(&hir)
}

fn node(hir: &Hir) -> Option<Node> {
    let all = |parts: &[Hir]| parts.iter().map(node).collect::<Option<Vec<_>>>();
    Some(match hir.kind() {
        HirKind::Empty | HirKind::Look(_) => Node::All(Vec::new()),
        HirKind::Literal(literal) => {
            let bytes = literal.0.iter();
            Node::All(bytes.map(|byte| byte.is_ascii().then_some(Node::One(bit(*byte)))).collect::<Option<_>>()?)
        }
        HirKind::Class(Members::Bytes(class)) => {
            Node::One(class.iter().fold(0, |all, range| all | self::range(range.start(), range.end())))
        }
        HirKind::Class(Members::Unicode(_)) => return None,
        HirKind::Repetition(times) => {
            Node::Times(Box::new(node(&times.sub)?), times.min as usize, times.max.map(|most| most as usize))
        }
        HirKind::Capture(group) => node(&group.sub)?,
        HirKind::Concat(parts) => Node::All(all(parts)?),
        HirKind::Alternation(parts) => Node::Any(all(parts)?),
    })
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
    fn what_is_not_ascii_is_not_read() {
        for unread in [r"\p{L}", r"\x{80}", "é", "[é]", "a)", "(a", "[a", r"\1"] {
            assert!(read(unread).is_none(), "{unread}");
        }
        for read in ["(?s:.)", "(?P<other>x)", "[[:alpha:]]", "[a&&b]", "(?x) a # b"] {
            assert!(self::read(read).is_some(), "{read}");
        }
    }

    #[test]
    fn what_every_text_needs_is_known() {
        let needs = |expression| needed(&read(expression).expect("an expression"));
        assert_eq!(needs(r#"[a-z]+:(?://|\\/\\/)x*(?P<secret>y+)@"#), class_of(b":/y@"));
        assert_eq!(needs("a?(?:b|cb)[de]"), class_of(b"b"));
    }
}
