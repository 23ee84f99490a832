//! Classes, functions, lambdas and comprehensions, each a scope.
//! Leaves out signatures (`parameters`).

use tree_sitter::Node;

use super::*;

impl<'s> Reader<'s> {
    pub(super) fn decorated(&mut self, node: Node<'_>) {
        let mut cursor = node.walk();
        let mut decorators = Vec::new();
        for child in node.named_children(&mut cursor) {
            match child.kind() {
                "decorator" => {
                    decorators.extend(child.named_child(0).map(|inner| self.expr(inner)));
                    self.children(child);
                }
                "class_definition" => self.class(child, std::mem::take(&mut decorators)),
                "function_definition" => self.function(child, std::mem::take(&mut decorators)),
                _ => self.walk(child),
            }
        }
    }

    pub(super) fn class(&mut self, node: Node<'_>, decorators: Vec<Expr>) {
        let name_node = node.child_by_field_name("name");
        let name = name_node.map_or("", |name| self.text(name));
        let mut bases = Vec::new();
        if let Some(list) = node.child_by_field_name("superclasses") {
            let mut cursor = list.walk();
            let given =
                list.named_children(&mut cursor).filter(|base| !matches!(base.kind(), "keyword_argument" | "comment"));
            bases = given.map(|base| self.expr(base)).collect();
            self.children(list);
        }
        self.bind(name, Bound::Class(self.facts.scopes.len()), lines(node).0);
        let saved = self.enter(ScopeKind::Class, Some(name), node);
        let here = &mut self.facts.scopes[self.scope];
        here.class = Some(Class { bases, decorators, ..Class::default() });
        here.name_bytes = name_node.map_or(0..0, |name| name.byte_range());
        let around = std::mem::take(&mut self.around.tested);
        self.field(node, "body");
        self.around.tested = around;
        self.scope = saved;
    }

    pub(super) fn function(&mut self, node: Node<'_>, decorators: Vec<Expr>) {
        let name_node = node.child_by_field_name("name");
        let name = name_node.map_or("", |name| self.text(name));
        let parameters = node.child_by_field_name("parameters");
        // Defaults and annotations run outside of the function.
        let list = parameters.map(|list| parameters::read(self.source, list)).unwrap_or_default();
        if let Some(list) = parameters {
            self.parameter_values(list);
        }
        self.field(node, "return_type");
        let returns = node.child_by_field_name("return_type").map(|kind| annotation_expr(self.source, kind));
        let is_async = node.child(0).is_some_and(|first| first.kind() == "async");
        self.bind(name, Bound::Function(self.facts.scopes.len()), lines(node).0);
        let saved = self.enter(ScopeKind::Function, Some(name), node);
        let line = lines(node).0;
        for parameter in &list {
            self.bind_annotated(&parameter.name, Bound::Parameter, line, parameter.annotation.clone());
        }
        let here = &mut self.facts.scopes[self.scope];
        here.function = Some(Function { parameters: list, is_async, decorators, returns, ..Function::default() });
        here.name_bytes = name_node.map_or(0..0, |name| name.byte_range());
        // What stands around a definition does not stand around its later run.
        let around = Around { type_only: self.around.type_only, ..Around::default() };
        let around = std::mem::replace(&mut self.around, around);
        self.field(node, "body");
        self.around = around;
        self.scope = saved;
    }

    pub(super) fn parameter_values(&mut self, list: Node<'_>) {
        let mut cursor = list.walk();
        for parameter in list.named_children(&mut cursor) {
            self.field(parameter, "value");
            self.field(parameter, "type");
        }
    }

    pub(super) fn lambda(&mut self, node: Node<'_>) {
        let parameters = node.child_by_field_name("parameters");
        let list = parameters.map(|list| parameters::read(self.source, list)).unwrap_or_default();
        if let Some(list) = parameters {
            self.parameter_values(list);
        }
        let saved = self.enter(ScopeKind::Function, None, node);
        for parameter in &list {
            self.bind(&parameter.name, Bound::Parameter, lines(node).0);
        }
        self.field(node, "body");
        self.scope = saved;
    }

    pub(super) fn comprehension(&mut self, node: Node<'_>) {
        let mut cursor = node.walk();
        let parts: Vec<Node<'_>> = node.named_children(&mut cursor).collect();
        let clauses: Vec<Node<'_>> = parts.iter().copied().filter(|part| part.kind() == "for_in_clause").collect();
        // The first collection is evaluated outside.
        if let Some(first) = clauses.first() {
            self.field(*first, "right");
        }
        let saved = self.enter(ScopeKind::Comprehension, None, node);
        for (at, clause) in clauses.iter().enumerate() {
            let over = clause.child_by_field_name("right").map_or(Expr::Other, |right| self.expr(right));
            if let Some(left) = clause.child_by_field_name("left") {
                self.target(left, &over, true);
            }
            if at > 0 {
                self.field(*clause, "right");
            }
        }
        for part in parts.into_iter().filter(|part| part.kind() != "for_in_clause") {
            self.walk(part);
        }
        self.scope = saved;
    }
}
