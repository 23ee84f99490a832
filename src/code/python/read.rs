//! Reads the facts of a Python file from its syntax tree (tree-sitter); Python 2 is understood as far as the grammar goes.
//! Leaves out what the names mean. Text that does not parse is kept as damage, and everything around it is read.

use std::ops::ControlFlow;
use std::ops::Range;
use std::time::{Duration, Instant};

use tree_sitter::{Node, ParseOptions, Parser};

use super::facts::{
    Access, Argument, Awaited, Binding, Bound, Call, Class, Expr, Facts, Function, Import, Item, Load, Scope,
    ScopeKind, Spot, Text,
};
use super::parameters;

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
    facts.source = source;
    facts
}

/// What holds for everything below a statement.
#[derive(Debug, Clone, Default)]
struct Around {
    handled: Vec<String>,
    type_only: bool,
    annotation: bool,
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
        let binding = Binding { bound, line, type_only: self.around.type_only, annotation };
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
                self.field(node, "body");
                self.field(node, "alternative");
            }
            "as_pattern" => self.as_pattern(node),
            "try_statement" => self.try_statement(node),
            "except_clause" | "except_group_clause" => self.except(node),
            "if_statement" => self.condition(node),
            "conditional_expression" => {
                let parts: Vec<Node<'_>> = (0..node.named_child_count()).filter_map(|at| node.named_child(at as u32)).collect();
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
                    let awaited = Awaited { value: self.expr(inner), word: node.start_byte()..inner.start_byte(), spot: self.spot(inner) };
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

    fn load(&mut self, node: Node<'_>) {
        let parent = node.parent();
        let object = |parent: Node<'_>| parent.kind() == "attribute" && parent.child_by_field_name("object") == Some(node);
        let then = parent
            .filter(|parent| object(*parent))
            .and_then(|parent| parent.child_by_field_name("attribute"))
            .map(|attribute| self.text(attribute).to_string());
        let called =
            parent.is_some_and(|parent| parent.kind() == "call" && parent.child_by_field_name("function") == Some(node));
        let load = Load {
            name: self.text(node).to_string(),
            spot: self.spot(node),
            annotation: self.around.annotation,
            then,
            called,
        };
        self.facts.loads.push(load);
    }

    fn attribute(&mut self, node: Node<'_>, stored: bool) {
        let (Some(object), Some(name)) = (node.child_by_field_name("object"), node.child_by_field_name("attribute")) else {
            return self.children(node);
        };
        let parent = node.parent();
        let called =
            parent.is_some_and(|parent| parent.kind() == "call" && parent.child_by_field_name("function") == Some(node));
        let attribute = self.text(name).to_string();
        let access = Access {
            receiver: self.expr(object),
            receiver_text: squeezed(self.text(object)),
            tested: self.around.tested.contains(&attribute),
            name: attribute,
            spot: self.spot(name),
            start_line: lines(node).0,
            called,
            awaited: parent.is_some_and(|parent| {
                parent.kind() == "await" || called && parent.parent().is_some_and(|above| above.kind() == "await")
            }),
            stored: stored || parent.is_some_and(|parent| parent.kind() == "delete_statement"),
        };
        self.facts.accesses.push(access);
        self.walk(object);
    }

    fn subscript(&mut self, node: Node<'_>, stored: bool) {
        let (Some(value), Some(key)) = (node.child_by_field_name("value"), node.child_by_field_name("subscript")) else {
            return self.children(node);
        };
        if let Some(text) = plain_string(self.source, key) {
            let item = Item {
                receiver: self.expr(value),
                receiver_text: squeezed(self.text(value)),
                key: text,
                spot: self.spot(key),
                stored: stored || node.parent().is_some_and(|parent| parent.kind() == "delete_statement"),
            };
            self.facts.items.push(item);
        }
        self.children(node);
    }

    fn string(&mut self, node: Node<'_>) {
        if let Some(value) = plain_string(self.source, node).filter(|text| !text.is_empty() && text.len() <= LONGEST_TEXT) {
            let text = Text { value, spot: self.spot(node) };
            self.facts.texts.push(text);
        }
        self.children(node);
    }

    fn call(&mut self, node: Node<'_>) {
        let (Some(function), Some(arguments)) = (node.child_by_field_name("function"), node.child_by_field_name("arguments"))
        else {
            return self.children(node);
        };
        let named = match function.kind() {
            "attribute" => function.child_by_field_name("attribute").unwrap_or(function),
            _ => function,
        };
        let parent = node.parent();
        let mut call = Call {
            callee: self.expr(function),
            spot: self.spot(named),
            lines: lines(node),
            whole: node.byte_range(),
            arguments: arguments.byte_range(),
            positional: Vec::new(),
            keywords: Vec::new(),
            unpacks: false,
            unpacks_keywords: false,
            awaited: parent.is_some_and(|parent| parent.kind() == "await"),
            used: !parent.is_some_and(|parent| parent.kind() == "expression_statement"),
            passed_on: parent.is_some_and(|parent| {
                matches!(parent.kind(), "return_statement" | "yield" | "list" | "tuple" | "set" | "pair" | "lambda")
                    || parent.kind().ends_with("comprehension")
                    || parent.kind() == "generator_expression"
            }),
        };
        if arguments.kind() == "generator_expression" {
            call.positional.push(Argument { value: Expr::Other, bytes: arguments.byte_range(), name_bytes: 0..0 });
        }
        let mut cursor = arguments.walk();
        let given: Vec<Node<'_>> = match arguments.kind() {
            "argument_list" => arguments.named_children(&mut cursor).collect(),
            _ => Vec::new(),
        };
        for argument in given {
            match argument.kind() {
                "comment" => {}
                "list_splat" => call.unpacks = true,
                "dictionary_splat" => call.unpacks_keywords = true,
                "keyword_argument" => {
                    let name = argument.child_by_field_name("name");
                    let value = argument.child_by_field_name("value").map_or(Expr::Other, |value| self.expr(value));
                    let name_bytes = name.map_or(0..0, |name| name.byte_range());
                    let name = name.map_or("", |name| self.text(name)).to_string();
                    call.keywords.push((name, Argument { value, bytes: argument.byte_range(), name_bytes }));
                }
                _ => call.positional.push(Argument {
                    value: self.expr(argument),
                    bytes: argument.byte_range(),
                    name_bytes: 0..0,
                }),
            }
        }
        self.facts.calls.push(call);
        self.walk(function);
        self.walk(arguments);
    }

    fn annotation(&mut self, node: Node<'_>) {
        let saved = std::mem::replace(&mut self.around.annotation, true);
        self.children(node);
        self.around.annotation = saved;
    }

    fn import(&mut self, node: Node<'_>) {
        let from = node.child_by_field_name("module_name");
        let future = node.kind() == "future_import_statement";
        let (module, level, module_bytes) = match from {
            None if future => ("__future__".to_string(), 0, 0..0),
            None => (String::new(), 0, 0..0),
            Some(from) => {
                let text: String = self.text(from).chars().filter(|letter| !letter.is_whitespace()).collect();
                let level = text.bytes().take_while(|byte| *byte == b'.').count();
                (text[level..].to_string(), level, from.byte_range())
            }
        };
        let mut cursor = node.walk();
        let mut names: Vec<Node<'_>> = node.children_by_field_name("name", &mut cursor).collect();
        let mut cursor = node.walk();
        names.extend(node.named_children(&mut cursor).filter(|child| child.kind() == "wildcard_import"));
        for name in names {
            let alias = name.child_by_field_name("alias").map(|alias| self.text(alias).to_string());
            let inner = name.child_by_field_name("name").unwrap_or(name);
            let written: String = self.text(inner).chars().filter(|letter| !letter.is_whitespace()).collect();
            if future && written == "annotations" {
                self.facts.lazy_annotations = true;
            }
            let whole = from.is_none() && !future;
            let star = inner.kind() == "wildcard_import";
            let binds = match (&alias, star) {
                (_, true) => None,
                (Some(alias), _) => Some(alias.clone()),
                (None, _) => written.split('.').next().map(str::to_string),
            };
            let import = Import {
                module: if whole { written.clone() } else { module.clone() },
                level,
                name: (!whole).then(|| if star { "*".to_string() } else { written.clone() }),
                binds: binds.clone(),
                module_bytes: if whole { inner.byte_range() } else { module_bytes.clone() },
                name_bytes: inner.byte_range(),
                statement_line: lines(node).0,
                statement: node.byte_range(),
                spot: self.spot(inner),
            };
            let line = import.spot.line;
            self.facts.imports.push(import);
            if let Some(name) = binds {
                self.bind(&name, Bound::Import(self.facts.imports.len() - 1), line);
            }
        }
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

    fn decorated(&mut self, node: Node<'_>) {
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

    fn class(&mut self, node: Node<'_>, decorators: Vec<Expr>) {
        let name_node = node.child_by_field_name("name");
        let name = name_node.map_or("", |name| self.text(name));
        let mut bases = Vec::new();
        if let Some(list) = node.child_by_field_name("superclasses") {
            let mut cursor = list.walk();
            let given = list.named_children(&mut cursor).filter(|base| !matches!(base.kind(), "keyword_argument" | "comment"));
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

    fn function(&mut self, node: Node<'_>, decorators: Vec<Expr>) {
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
        here.function =
            Some(Function { parameters: list, is_async, decorators, returns, ..Function::default() });
        here.name_bytes = name_node.map_or(0..0, |name| name.byte_range());
        // What stands around a definition does not stand around its later run.
        let around = Around { type_only: self.around.type_only, ..Around::default() };
        let around = std::mem::replace(&mut self.around, around);
        self.field(node, "body");
        self.around = around;
        self.scope = saved;
    }

    fn parameter_values(&mut self, list: Node<'_>) {
        let mut cursor = list.walk();
        for parameter in list.named_children(&mut cursor) {
            self.field(parameter, "value");
            self.field(parameter, "type");
        }
    }

    fn lambda(&mut self, node: Node<'_>) {
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

    fn assignment(&mut self, node: Node<'_>) {
        self.field(node, "right");
        self.field(node, "type");
        let right = node.child_by_field_name("right");
        let value = right.map(|right| self.expr(right));
        let annotation = node.child_by_field_name("type").map(|kind| annotation_expr(self.source, kind));
        let Some(left) = node.child_by_field_name("left") else { return };
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

    /// Binds what stands left of `=`, behind `for` or `as`.
    fn target(&mut self, node: Node<'_>, value: &Expr, each: bool) {
        let line = lines(node).0;
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
            "pattern_list" | "tuple_pattern" | "list_pattern" | "tuple" | "list" | "expression_list"
            | "list_splat_pattern" | "as_pattern_target" | "parenthesized_expression" | "list_splat" => {
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
    fn instance_attribute(&mut self, node: Node<'_>, value: &Expr) {
        let (Some(object), Some(name)) = (node.child_by_field_name("object"), node.child_by_field_name("attribute")) else {
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

    fn as_pattern(&mut self, node: Node<'_>) {
        let mut cursor = node.walk();
        let parts: Vec<Node<'_>> = node.named_children(&mut cursor).collect();
        let value = parts.first().map_or(Expr::Other, |value| self.expr(*value));
        for part in parts {
            if part.kind() == "as_pattern_target" { self.target(part, &value, false) } else { self.walk(part) }
        }
    }

    fn try_statement(&mut self, node: Node<'_>) {
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
            self.walk(part);
        }
        self.around.handled = saved;
    }

    fn except(&mut self, node: Node<'_>) {
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

    fn condition(&mut self, node: Node<'_>) {
        self.field(node, "condition");
        let test = node.child_by_field_name("condition").map_or("", |test| self.text(test));
        let saved = self.around.clone();
        self.around.type_only |= test == "TYPE_CHECKING" || test.ends_with(".TYPE_CHECKING");
        self.around.tested.extend(tested(test));
        self.field(node, "consequence");
        self.around = saved;
        self.field(node, "alternative");
    }

    fn comprehension(&mut self, node: Node<'_>) {
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

    fn case(&mut self, node: Node<'_>) {
        let mut cursor = node.walk();
        let parts: Vec<Node<'_>> = node.named_children(&mut cursor).collect();
        for part in parts {
            if part.kind() == "case_pattern" { self.case_pattern(part, 0) } else { self.walk(part) }
        }
    }

    fn case_pattern(&mut self, node: Node<'_>, depth: usize) {
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

    fn expr(&self, node: Node<'_>) -> Expr {
        expr(self.source, node, 0)
    }
}

/// Returns an expression as far as names go.
pub(super) fn expr(source: &str, node: Node<'_>, depth: usize) -> Expr {
    let text = |node: Node<'_>| source.get(node.byte_range()).unwrap_or("").to_string();
    let inner = |field: &str| node.child_by_field_name(field).map(|inner| Box::new(expr(source, inner, depth + 1)));
    if depth > 40 {
        return Expr::Other;
    }
    let found = match node.kind() {
        "identifier" => Some(Expr::Name(text(node))),
        "attribute" => inner("object")
            .zip(node.child_by_field_name("attribute"))
            .map(|(object, name)| Expr::Attribute(object, text(name))),
        "call" => inner("function").map(Expr::Call),
        "subscript" => inner("value").map(Expr::Item),
        "await" => node.named_child(0).map(|value| Expr::Await(Box::new(expr(source, value, depth + 1)))),
        "parenthesized_expression" => node.named_child(0).map(|value| expr(source, value, depth + 1)),
        "string" | "concatenated_string" => Some(Expr::Literal("str")),
        "integer" => Some(Expr::Literal("int")),
        "float" => Some(Expr::Literal("float")),
        "true" | "false" => Some(Expr::Literal("bool")),
        "none" => Some(Expr::Literal("NoneType")),
        "list" | "list_comprehension" => Some(Expr::Literal("list")),
        "dictionary" | "dictionary_comprehension" => Some(Expr::Literal("dict")),
        "set" | "set_comprehension" => Some(Expr::Literal("set")),
        "tuple" => Some(Expr::Literal("tuple")),
        _ => None,
    };
    found.unwrap_or(Expr::Other)
}

/// Returns an annotation as names: of `Optional["a.B"]` and `list[B] | None` it is the type that matters.
pub(super) fn annotation_expr(source: &str, node: Node<'_>) -> Expr {
    let text = source.get(node.byte_range()).unwrap_or("");
    let words = text.split(|letter: char| !(letter.is_alphanumeric() || "_.".contains(letter)));
    let wrappers = ["Optional", "Union", "None", "Annotated", "Final", "ClassVar"];
    let plain = |word: &&str| {
        let last = word.rsplit('.').next().unwrap_or(word);
        !word.is_empty() && !wrappers.contains(&last)
    };
    let Some(first) = words.into_iter().find(plain) else { return Expr::Other };
    let mut names = first.split('.').filter(|name| !name.is_empty());
    let Some(start) = names.next() else { return Expr::Other };
    let whole = names.fold(Expr::Name(start.to_string()), |inner, name| {
        Expr::Attribute(Box::new(inner), name.to_string())
    });
    let collects = ["List", "list", "Sequence", "Iterable", "Set", "set", "Dict", "dict", "Tuple", "tuple", "Type", "type"];
    // What a collection holds is not what the name is.
    if collects.contains(&first) { Expr::Literal("collection") } else { whole }
}

/// Returns the attributes that a condition tests for: `hasattr(x, "name")`, `getattr(x, "name", ...)`.
fn tested(condition: &str) -> Vec<String> {
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

/// Returns the text of a string without interpolation.
fn plain_string(source: &str, node: Node<'_>) -> Option<String> {
    if node.kind() != "string" {
        return None;
    }
    let mut cursor = node.walk();
    let mut text = String::new();
    for part in node.named_children(&mut cursor) {
        match part.kind() {
            "string_content" => text.push_str(source.get(part.byte_range())?),
            "interpolation" => return None,
            _ => {}
        }
    }
    Some(text)
}

fn identifiers(node: Node<'_>) -> Vec<Node<'_>> {
    let mut cursor = node.walk();
    node.named_children(&mut cursor).filter(|child| child.kind() == "identifier").collect()
}

fn squeezed(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
