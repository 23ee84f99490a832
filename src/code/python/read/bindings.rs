//! What binds a name: assignments, loops, `with`, `except`, `match`.
//! Leaves out imports and definitions.

use tree_sitter::Node;

use super::expressions::plain_string;
use super::*;
use crate::code::python::facts::Table;

impl<'s> Reader<'s> {
    pub(super) fn assignment(&mut self, node: Node<'_>) {
        self.field(node, "right");
        self.field(node, "type");
        let right = node.child_by_field_name("right");
        let value = right.map(|right| self.expr(right));
        let annotation = node.child_by_field_name("type").map(|kind| annotation_expr(self.source, kind));
        let Some(left) = node.child_by_field_name("left") else { return };
        if let ("identifier", Some(right)) = (left.kind(), right.filter(|right| right.kind() == "dictionary")) {
            self.table(left, right);
        }
        match (left.kind(), value) {
            // `x: int` alone says that x is local, and in a class that it is a field.
            ("identifier", value) => {
                let kind = self.facts.scopes[self.scope].kind;
                if value.is_some() || kind == ScopeKind::Class {
                    let bound = Bound::Value(value.unwrap_or(Expr::Other));
                    self.bind_annotated(self.text(left), bound, lines(left).0, annotation);
                }
            }
            (_, value) => self.target(left, &value.unwrap_or(Expr::Other), false),
        }
    }

    /// Notes the keys of a dictionary that is bound to a name.
    fn table(&mut self, name: Node<'_>, value: Node<'_>) {
        let mut cursor = value.walk();
        let entries: Vec<Node<'_>> = value.named_children(&mut cursor).filter(|entry| !entry.is_extra()).collect();
        let texts: Vec<Option<String>> = entries
            .iter()
            .map(|entry| {
                plain_string(self.source, entry.child_by_field_name("key").filter(|_| entry.kind() == "pair")?)
            })
            .collect();
        // What begins empty is filled elsewhere.
        let whole = !texts.is_empty() && texts.iter().all(Option::is_some);
        let (name, line) = (self.text(name).to_string(), lines(name).0);
        let keys = texts.into_iter().flatten().collect();
        self.facts.tables.push(Table { name, scope: self.scope, line, keys, whole });
    }

    /// Binds what stands left of `=`, behind `for` or `as`.
    pub(super) fn target(&mut self, node: Node<'_>, value: &Expr, each: bool) {
        let line = lines(node).0;
        if self.depth >= DEEPEST {
            self.facts.damage.push(lines(node));
            return;
        }
        self.depth += 1;
        self.target_of(node, value, each, line);
        self.depth -= 1;
    }

    fn target_of(&mut self, node: Node<'_>, value: &Expr, each: bool, line: u32) {
        match node.kind() {
            "identifier" => {
                let bound = if each { Bound::Each(value.clone()) } else { Bound::Value(value.clone()) };
                self.bind(self.text(node), bound, line);
            }
            "attribute" => {
                self.instance_attribute(node, value);
                self.attribute(node, true);
            }
            "subscript" => self.subscript(node, true),
            "pattern_list"
            | "tuple_pattern"
            | "list_pattern"
            | "tuple"
            | "list"
            | "expression_list"
            | "list_splat_pattern"
            | "as_pattern_target"
            | "parenthesized_expression"
            | "list_splat" => {
                let alone = node.kind() == "as_pattern_target" || node.kind() == "parenthesized_expression";
                let mut cursor = node.walk();
                let parts: Vec<Node<'_>> = node.named_children(&mut cursor).collect();
                for part in parts {
                    if alone { self.target(part, value, each) } else { self.target(part, &Expr::Other, each) }
                }
            }
            _ => self.children(node),
        }
    }

    /// Notes `self.x = ...` with the class of the method.
    pub(super) fn instance_attribute(&mut self, node: Node<'_>, value: &Expr) {
        let (Some(object), Some(name)) = (node.child_by_field_name("object"), node.child_by_field_name("attribute"))
        else {
            return;
        };
        let (object, name, line) = (self.text(object), self.text(name).to_string(), lines(node).0);
        let mut at = self.scope;
        while at != 0 {
            let here = &self.facts.scopes[at];
            let above = here.parent;
            let first = here.function.as_ref().and_then(|function| function.parameters.first());
            if first.is_some_and(|first| first.name == object) {
                if let Some(class) = &mut self.facts.scopes[above].class {
                    class.instance.entry(name.clone()).or_insert(line);
                    class.instance_values.entry(name).or_insert_with(|| value.clone());
                }
                return;
            }
            at = above;
        }
    }

    pub(super) fn as_pattern(&mut self, node: Node<'_>) {
        let mut cursor = node.walk();
        let parts: Vec<Node<'_>> = node.named_children(&mut cursor).collect();
        let value = parts.first().map_or(Expr::Other, |value| self.expr(*value));
        for part in parts {
            if part.kind() == "as_pattern_target" { self.target(part, &value, false) } else { self.walk(part) }
        }
    }

    pub(super) fn case(&mut self, node: Node<'_>) {
        let mut cursor = node.walk();
        let parts: Vec<Node<'_>> = node.named_children(&mut cursor).collect();
        for part in parts {
            if part.kind() == "case_pattern" { self.case_pattern(part, 0) } else { self.walk(part) }
        }
    }

    pub(super) fn case_pattern(&mut self, node: Node<'_>, depth: usize) {
        if depth > DEEPEST {
            return;
        }
        let mut cursor = node.walk();
        let parts: Vec<Node<'_>> = node.named_children(&mut cursor).collect();
        for (at, part) in parts.into_iter().enumerate() {
            match part.kind() {
                "dotted_name" if node.kind() == "class_pattern" && at == 0 => {
                    if let Some(first) = part.named_child(0) {
                        self.load(first);
                    }
                }
                "dotted_name" if part.named_child_count() > 1 => {
                    if let Some(first) = part.named_child(0) {
                        self.load(first);
                    }
                }
                "dotted_name" | "identifier" => self.bind(self.text(part), Bound::Otherwise, lines(part).0),
                _ => self.case_pattern(part, depth + 1),
            }
        }
    }
}
