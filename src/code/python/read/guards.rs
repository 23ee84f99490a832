//! What stands around a place: exceptions that are handled, conditions that are tested.
//! Leaves out whether they hold.

use tree_sitter::Node;

use super::*;

impl<'s> Reader<'s> {
    pub(super) fn try_statement(&mut self, node: Node<'_>) {
        let mut cursor = node.walk();
        let parts: Vec<Node<'_>> = node.named_children(&mut cursor).collect();
        let mut handled = Vec::new();
        for clause in parts.iter().filter(|part| part.kind().starts_with("except")) {
            let mut cursor = clause.walk();
            let kinds = clause.named_children(&mut cursor).filter(|part| part.kind() != "block");
            handled.extend(kinds.flat_map(|kind| {
                let text = self.text(kind);
                let words = text.split(|letter: char| !(letter.is_alphanumeric() || "_.".contains(letter)));
                words.filter(|word| !word.is_empty()).map(str::to_string).collect::<Vec<_>>()
            }));
        }
        let saved = self.around.handled.clone();
        for part in parts {
            self.around.handled = saved.clone();
            if part.kind() == "block" {
                self.around.handled.extend(handled.iter().cloned());
            }
            // `finally` runs in any case.
            let branch = if part.kind() == "finally_clause" { self.around.branch } else { part.start_byte().max(1) };
            let outer = std::mem::replace(&mut self.around.branch, branch);
            self.walk(part);
            self.around.branch = outer;
        }
        self.around.handled = saved;
    }

    pub(super) fn except(&mut self, node: Node<'_>) {
        let mut cursor = node.walk();
        let values: Vec<Node<'_>> = node.children_by_field_name("value", &mut cursor).collect();
        // Python 2 writes `except Error, name`.
        if let [_, name] = values[..]
            && name.kind() == "identifier"
        {
            self.bind(self.text(name), Bound::Otherwise, lines(name).0);
        }
        if let Some(alias) = node.child_by_field_name("alias") {
            self.target(alias, &Expr::Other, false);
        }
        let alias = node.child_by_field_name("alias");
        let mut cursor = node.walk();
        let parts: Vec<Node<'_>> = node.named_children(&mut cursor).filter(|part| Some(*part) != alias).collect();
        parts.into_iter().for_each(|part| self.walk(part));
    }

    pub(super) fn condition(&mut self, node: Node<'_>) {
        self.field(node, "condition");
        let test = node.child_by_field_name("condition").map_or("", |test| self.text(test));
        let saved = self.around.clone();
        self.around.type_only |= !test.contains(' ') && (test == "TYPE_CHECKING" || test.ends_with(".TYPE_CHECKING"));
        self.around.tested.extend(tested(test));
        self.branch(node, "consequence");
        self.around = saved;
        self.branch(node, "alternative");
    }
}

/// Returns the attributes that a condition tests for: `hasattr(x, "name")`, `getattr(x, "name", ...)`.
pub(super) fn tested(condition: &str) -> Vec<String> {
    let mut found = Vec::new();
    for call in ["hasattr(", "getattr("] {
        for (at, _) in condition.match_indices(call) {
            let rest = &condition[at + call.len()..];
            let quoted = rest.split(['"', '\'']).nth(1);
            found.extend(quoted.map(str::to_string));
        }
    }
    found
}
