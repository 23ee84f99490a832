//! Reads the facts of a Python file from its syntax tree (tree-sitter); Python 2 is understood as far as the grammar goes.
//! Leaves out what the names mean. Text that does not parse is kept as damage, and everything around it is read.

mod bindings;
mod definitions;
mod expressions;
mod guards;
mod imports;

use std::ops::ControlFlow;
use std::ops::Range;
use std::time::{Duration, Instant};

use tree_sitter::{Node, ParseOptions, Parser};

use super::facts::{
    Access, Argument, Awaited, Binding, Bound, Call, Class, Expr, Facts, Function, Import, Item, Load, Scope,
    ScopeKind, Spot, Text,
};
use super::parameters;
use expressions::expr;
use guards::tested;

pub(super) use expressions::annotation_expr;

/// Nesting beyond this is not followed; the lines count as damage.
const DEEPEST: usize = 250;
/// A single file may take this long to parse.
const PARSE_TIME: Duration = Duration::from_secs(2);
/// Longest text constant that is kept, in bytes.
const LONGEST_TEXT: usize = 160;

/// Returns the facts of a file's text.
pub(crate) fn read(source: String) -> Facts {
    let mut starts = vec![0];
    starts.extend(memchr::memchr_iter(b'\n', source.as_bytes()).map(|at| at + 1));
    let lines = starts.len() as u32;
    let mut facts = Facts { line_starts: starts, ..Facts::default() };
    let mut parser = Parser::new();
    let until = Instant::now() + PARSE_TIME;
    let mut late = |_: &tree_sitter::ParseState| match Instant::now() > until {
        true => ControlFlow::Break(()),
        false => ControlFlow::Continue(()),
    };
    let ready = parser.set_language(&tree_sitter_python::LANGUAGE.into()).is_ok();
    let bytes = source.as_bytes();
    let tree = ready
        .then(|| {
            let options = ParseOptions::new().progress_callback(&mut late);
            parser.parse_with_options(&mut |at, _| bytes.get(at..).unwrap_or(&[]), None, Some(options))
        })
        .flatten();
    facts.scopes.push(scope(ScopeKind::Module, String::new(), 0, (1, lines), 0..source.len()));
    let Some(tree) = tree else {
        facts.damage.push((1, lines));
        facts.source = source;
        return facts;
    };
    let mut reader = Reader { source: &source, facts, scope: 0, depth: 0, around: Around::default() };
    reader.children(tree.root_node());
    let mut facts = reader.facts;
    facts.calls.sort_by_key(|call| (call.whole.start, std::cmp::Reverse(call.whole.end)));
    facts.source = source;
    facts
}

/// What holds for everything below a statement.
#[derive(Debug, Clone, Default)]
struct Around {
    handled: Vec<String>,
    type_only: bool,
    annotation: bool,
    branch: usize,
    /// Attributes that a condition around tests for.
    tested: Vec<String>,
}

struct Reader<'s> {
    source: &'s str,
    facts: Facts,
    scope: usize,
    depth: usize,
    around: Around,
}

fn scope(kind: ScopeKind, qualname: String, parent: usize, lines: (u32, u32), bytes: Range<usize>) -> Scope {
    Scope {
        kind,
        qualname,
        parent,
        lines,
        name_bytes: bytes.start..bytes.start,
        bytes,
        bindings: Default::default(),
        globals: Default::default(),
        nonlocals: Default::default(),
        function: None,
        class: None,
    }
}

pub(super) fn lines(node: Node<'_>) -> (u32, u32) {
    (node.start_position().row as u32 + 1, node.end_position().row as u32 + 1)
}

impl<'s> Reader<'s> {
    fn text(&self, node: Node<'_>) -> &'s str {
        self.source.get(node.byte_range()).unwrap_or("")
    }

    fn spot(&self, node: Node<'_>) -> Spot {
        Spot {
            line: lines(node).0,
            bytes: node.byte_range(),
            scope: self.scope,
            handled: self.around.handled.clone(),
            type_only: self.around.type_only,
            branch: self.around.branch,
        }
    }

    fn children(&mut self, node: Node<'_>) {
        let mut cursor = node.walk();
        for child in node.named_children(&mut cursor) {
            self.walk(child);
        }
    }

    fn field(&mut self, node: Node<'_>, name: &str) {
        let mut cursor = node.walk();
        let fields: Vec<Node<'_>> = node.children_by_field_name(name, &mut cursor).collect();
        for child in fields {
            self.walk(child);
        }
    }

    /// Walks a part that may not run.
    fn branch(&mut self, node: Node<'_>, field: &str) {
        let mut cursor = node.walk();
        let parts: Vec<Node<'_>> = node.children_by_field_name(field, &mut cursor).collect();
        for part in parts {
            let saved = std::mem::replace(&mut self.around.branch, part.start_byte().max(1));
            self.walk(part);
            self.around.branch = saved;
        }
    }

    fn bind(&mut self, name: &str, bound: Bound, line: u32) {
        self.bind_annotated(name, bound, line, None);
    }

    fn bind_annotated(&mut self, name: &str, bound: Bound, line: u32, annotation: Option<Expr>) {
        let here = &self.facts.scopes[self.scope];
        let mut at = if here.globals.contains(name) { 0 } else { self.scope };
        // A walrus in a comprehension binds outside of it; its own variables are bound by `Each`.
        while self.facts.scopes[at].kind == ScopeKind::Comprehension && !matches!(bound, Bound::Each(_)) {
            at = self.facts.scopes[at].parent;
        }
        let binding = Binding { bound, line, type_only: self.around.type_only, branch: self.around.branch, annotation };
        self.facts.scopes[at].bindings.entry(name.to_string()).or_default().push(binding);
    }

    fn walk(&mut self, node: Node<'_>) {
        if self.depth >= DEEPEST {
            self.facts.damage.push(lines(node));
            return;
        }
        self.depth += 1;
        if node.is_error() || node.is_missing() {
            self.facts.damage.push(lines(node));
        }
        self.statement(node);
        self.depth -= 1;
    }

    fn statement(&mut self, node: Node<'_>) {
        match node.kind() {
            "import_statement" | "import_from_statement" | "future_import_statement" => self.import(node),
            "class_definition" => self.class(node, Vec::new()),
            "function_definition" => self.function(node, Vec::new()),
            "decorated_definition" => self.decorated(node),
            "lambda" => self.lambda(node),
            "assignment" => self.assignment(node),
            "augmented_assignment" => {
                self.field(node, "right");
                if let Some(left) = node.child_by_field_name("left") {
                    self.walk(left);
                    self.target(left, &Expr::Other, false);
                }
            }
            "named_expression" => {
                let value = node.child_by_field_name("value");
                let expr = value.map_or(Expr::Other, |value| self.expr(value));
                self.field(node, "value");
                if let Some(name) = node.child_by_field_name("name") {
                    self.bind(self.text(name), Bound::Value(expr), lines(name).0);
                }
            }
            "for_statement" => {
                self.field(node, "right");
                let over = node.child_by_field_name("right").map_or(Expr::Other, |right| self.expr(right));
                if let Some(left) = node.child_by_field_name("left") {
                    self.target(left, &over, true);
                }
                self.branch(node, "body");
                self.branch(node, "alternative");
            }
            "while_statement" => {
                self.field(node, "condition");
                self.branch(node, "body");
                self.branch(node, "alternative");
            }
            "as_pattern" => self.as_pattern(node),
            "try_statement" => self.try_statement(node),
            "except_clause" | "except_group_clause" => self.except(node),
            "if_statement" => self.condition(node),
            "conditional_expression" => {
                let parts: Vec<Node<'_>> =
                    (0..node.named_child_count()).filter_map(|at| node.named_child(at as u32)).collect();
                let saved = self.around.clone();
                if let Some(test) = parts.get(1) {
                    self.around.tested.extend(tested(self.text(*test)));
                }
                parts.first().into_iter().for_each(|part| self.walk(*part));
                self.around = saved;
                parts.iter().skip(1).for_each(|part| self.walk(*part));
            }
            "boolean_operator" => {
                self.field(node, "left");
                let saved = self.around.clone();
                if let Some(left) = node.child_by_field_name("left") {
                    self.around.tested.extend(tested(self.text(left)));
                }
                self.field(node, "right");
                self.around = saved;
            }
            "global_statement" | "nonlocal_statement" => {
                let names: Vec<String> = identifiers(node).iter().map(|name| self.text(*name).to_string()).collect();
                let here = &mut self.facts.scopes[self.scope];
                if node.kind() == "global_statement" { &mut here.globals } else { &mut here.nonlocals }.extend(names);
            }
            "list_comprehension" | "set_comprehension" | "dictionary_comprehension" | "generator_expression" => {
                self.comprehension(node)
            }
            "case_clause" => self.case(node),
            "identifier" => self.load(node),
            "attribute" => self.attribute(node, false),
            "call" => self.call(node),
            "subscript" => self.subscript(node, false),
            "delete_statement" => self.children(node),
            "await" => {
                if let Some(inner) = node.named_child(0) {
                    let awaited = Awaited {
                        value: self.expr(inner),
                        word: node.start_byte()..inner.start_byte(),
                        spot: self.spot(inner),
                    };
                    self.facts.awaits.push(awaited);
                }
                self.children(node);
            }
            "yield" => {
                let mut at = self.scope;
                while self.facts.scopes[at].kind == ScopeKind::Comprehension {
                    at = self.facts.scopes[at].parent;
                }
                if let Some(function) = &mut self.facts.scopes[at].function {
                    function.is_generator = true;
                }
                self.children(node);
            }
            "return_statement" => {
                let value = node.named_child(0).map_or(Expr::Literal("NoneType"), |value| self.expr(value));
                if let Some(function) = &mut self.facts.scopes[self.scope].function {
                    function.returned.push(value);
                }
                self.children(node);
            }
            "keyword_argument" => self.field(node, "value"),
            "type" => self.annotation(node),
            "string" => self.string(node),
            "comment" => {}
            _ => self.children(node),
        }
    }

    fn annotation(&mut self, node: Node<'_>) {
        let saved = std::mem::replace(&mut self.around.annotation, true);
        self.children(node);
        self.around.annotation = saved;
    }

    fn qualified(&self, name: &str) -> String {
        match self.facts.scope_name(self.scope) {
            "" => name.to_string(),
            around => format!("{around}.{name}"),
        }
    }

    fn enter(&mut self, kind: ScopeKind, name: Option<&str>, node: Node<'_>) -> usize {
        let qualname = match name {
            Some(name) => self.qualified(name),
            None => self.facts.scope_name(self.scope).to_string(),
        };
        self.facts.scopes.push(scope(kind, qualname, self.scope, lines(node), node.byte_range()));
        std::mem::replace(&mut self.scope, self.facts.scopes.len() - 1)
    }

    fn expr(&self, node: Node<'_>) -> Expr {
        expr(self.source, node, 0)
    }
}

fn identifiers(node: Node<'_>) -> Vec<Node<'_>> {
    let mut cursor = node.walk();
    node.named_children(&mut cursor).filter(|child| child.kind() == "identifier").collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn facts(source: &str) -> Facts {
        read(source.to_string())
    }

    #[test]
    fn imports_are_read_in_every_form() {
        let read = facts(
            "import a.b, c as d\nfrom . import e\nfrom ..f.g import (\n    h as i,\n    j,\n)\nfrom k import *\nfrom __future__ import annotations\n",
        );
        let told: Vec<String> = read
            .imports
            .iter()
            .map(|import| {
                let name = import.name.as_deref().unwrap_or("-");
                format!(
                    "{}{} {name} {} {}",
                    ".".repeat(import.level),
                    import.module,
                    import.binds.as_deref().unwrap_or("-"),
                    import.spot.line
                )
            })
            .collect();
        assert_eq!(
            told,
            [
                "a.b - a 1",
                "c - d 1",
                ". e e 2",
                "..f.g h i 4",
                "..f.g j j 5",
                "k * - 7",
                "__future__ annotations annotations 8"
            ]
        );
        assert!(read.lazy_annotations);
    }

    #[test]
    fn classes_know_their_bases_and_what_methods_set() {
        let read = facts(
            "class A(b.C, metaclass=M):\n    x: int\n    def f(self):\n        self.y = Z()\n        other.w = 1\n",
        );
        let class = read.scopes[1].class.as_ref().unwrap();
        assert_eq!(class.bases, [Expr::Attribute(Box::new(Expr::Name("b".into())), "C".into())]);
        assert_eq!(class.instance.keys().collect::<Vec<_>>(), ["y"]);
        assert!(read.scopes[1].bindings.contains_key("x") && read.scopes[2].qualname == "A.f");
    }

    #[test]
    fn what_stands_around_a_place_is_known() {
        let read = facts(
            "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import a\ntry:\n    import b\nexcept (ImportError, KeyError):\n    b = None\nif hasattr(x, 'y'):\n    x.y\n",
        );
        assert!(read.imports[1].spot.type_only);
        assert_eq!(read.imports[2].spot.handled, ["ImportError", "KeyError"]);
        assert!(read.accesses.iter().any(|access| access.name == "y" && access.tested));
    }

    #[test]
    fn calls_know_their_arguments() {
        let read = facts("async def f():\n    await g(1, *a, k=2, **b)\n    h(x)\n");
        let (g, h) = (&read.calls[0], &read.calls[1]);
        assert!(g.awaited && g.unpacks && g.unpacks_keywords && g.positional.len() == 1 && g.keywords[0].0 == "k");
        assert!(!h.awaited && !h.used);
    }

    #[test]
    fn text_that_does_not_parse_is_damage_and_the_rest_is_read() {
        let read = facts("import a\n<<<<<<< HEAD\nimport b\n=======\nimport c\n>>>>>>> x\nimport d\n");
        assert!(!read.damage.is_empty());
        assert!(
            read.imports.iter().any(|import| import.module == "a")
                && read.imports.iter().any(|import| import.module == "d")
        );
    }

    #[test]
    fn no_bytes_make_it_panic() {
        let seed = "class A(B):\n    @p\n    async def f(self, *, a=1, **k):\n        return [x for x in self.y if (z := x)]\nmatch q:\n    case {'a': b, **c}: print(f'{b!r:>{c}}')\n";
        let mut state = 1_u64;
        for _ in 0..3_000 {
            let mut bytes = seed.as_bytes().to_vec();
            for _ in 0..4 {
                state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                let at = (state >> 33) as usize % bytes.len();
                match state % 3 {
                    0 => bytes[at] = (state >> 25) as u8,
                    1 => drop(bytes.drain(at..(at + 5).min(bytes.len()))),
                    _ => bytes.insert(at, b"(){}[]:,'\"\n \t@*=.#\\"[(state >> 20) as usize % 19]),
                }
                if bytes.is_empty() {
                    break;
                }
            }
            let read = facts(&String::from_utf8_lossy(&bytes));
            assert!(read.scopes.iter().all(|scope| scope.lines.0 <= scope.lines.1));
        }
    }
}
