//! The failure chain of one incident as a tree in reading order, for templates and the terminal.
//! Leaves out finding links (`cascade`): it only arranges the ones it is given.

use super::view::{GroupView, IncidentView, LinkView};

/// One group in the tree, with the link that put it there.
#[derive(Debug, Clone)]
pub struct Branch<'a> {
    /// The group.
    pub group: &'a GroupView,
    /// The strongest link from its parent; `None` for the root and for a group without a link.
    pub link: Option<&'a LinkView>,
    /// 0 for the root.
    pub depth: usize,
    /// Drawn before the text: `|  `, `+- ` and the like, in box characters.
    pub prefix: String,
}

/// Returns the groups of an incident as a tree: each group once, under the strongest link that leads to it.
pub fn tree(incident: &IncidentView) -> Vec<Branch<'_>> {
    let groups = &incident.groups;
    let Some(root) = groups.iter().position(|group| group.id == incident.root).or((!groups.is_empty()).then_some(0))
    else {
        return Vec::new();
    };
    let index = |id: &str| groups.iter().position(|group| group.id == id);
    let mut parents: Vec<Option<(usize, Option<&LinkView>)>> = vec![None; groups.len()];
    let mut reached = vec![false; groups.len()];
    reached[root] = true;
    // Links come strongest first; each round takes the first one that leads on from what is reached.
    while let Some((from, to, link)) = incident.links.iter().find_map(|link| {
        let (from, to) = (index(&link.from)?, index(&link.to)?);
        (reached[from] && !reached[to]).then_some((from, to, link))
    }) {
        reached[to] = true;
        parents[to] = Some((from, Some(link)));
    }
    for i in 0..groups.len() {
        if !reached[i] {
            parents[i] = Some((root, None));
        }
    }
    let mut out = Vec::with_capacity(groups.len());
    push(&mut out, groups, &parents, Place { at: root, depth: 0, prefix: String::new(), below: String::new() });
    out
}

/// Where a branch stands and what is drawn before it and before its children.
struct Place {
    at: usize,
    depth: usize,
    prefix: String,
    below: String,
}

fn push<'a>(
    out: &mut Vec<Branch<'a>>,
    groups: &'a [GroupView],
    parents: &[Option<(usize, Option<&'a LinkView>)>],
    place: Place,
) {
    let Place { at, depth, prefix, below } = place;
    out.push(Branch { group: &groups[at], link: parents[at].and_then(|(_, link)| link), depth, prefix });
    let children: Vec<usize> =
        (0..groups.len()).filter(|&i| parents[i].is_some_and(|(parent, _)| parent == at)).collect();
    for (n, &child) in children.iter().enumerate() {
        let last = n + 1 == children.len();
        let (corner, line) = if last { ("└─ ", "   ") } else { ("├─ ", "│  ") };
        let (prefix, below) = (format!("{below}{corner}"), format!("{below}{line}"));
        push(out, groups, parents, Place { at: child, depth: depth + 1, prefix, below });
    }
}
