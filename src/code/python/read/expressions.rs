//! Names, attributes, items, texts and calls that are read.
//! Leaves out what is bound.

use tree_sitter::Node;

use super::*;

impl<'s> Reader<'s> {
    pub(super) fn load(&mut self, node: Node<'_>) {
        let parent = node.parent();
        let object =
            |parent: Node<'_>| parent.kind() == "attribute" && parent.child_by_field_name("object") == Some(node);
        let then = parent
            .filter(|parent| object(*parent))
            .and_then(|parent| parent.child_by_field_name("attribute"))
            .map(|attribute| self.text(attribute).to_string());
        let called = parent
            .is_some_and(|parent| parent.kind() == "call" && parent.child_by_field_name("function") == Some(node));
        let load = Load {
            name: self.text(node).to_string(),
            spot: self.spot(node),
            annotation: self.around.annotation,
            then,
            called,
        };
        self.facts.loads.push(load);
    }

    pub(super) fn attribute(&mut self, node: Node<'_>, stored: bool) {
        let (Some(object), Some(name)) = (node.child_by_field_name("object"), node.child_by_field_name("attribute"))
        else {
            return self.children(node);
        };
        let parent = node.parent();
        let called = parent
            .is_some_and(|parent| parent.kind() == "call" && parent.child_by_field_name("function") == Some(node));
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

    pub(super) fn subscript(&mut self, node: Node<'_>, stored: bool) {
        let (Some(value), Some(key)) = (node.child_by_field_name("value"), node.child_by_field_name("subscript"))
        else {
            return self.children(node);
        };
        let stored = stored || node.parent().is_some_and(|parent| parent.kind() == "delete_statement");
        let (receiver, receiver_text, spot) = (self.expr(value), squeezed(self.text(value)), self.spot(key));
        if let Some(key) = plain_string(self.source, key) {
            self.facts.items.push(Item { receiver, receiver_text, key, spot, stored });
        } else if stored {
            self.facts.changed_by_key.insert(receiver.tail().unwrap_or_default().to_string());
        }
        self.children(node);
    }

    pub(super) fn string(&mut self, node: Node<'_>) {
        if let Some(value) =
            plain_string(self.source, node).filter(|text| !text.is_empty() && text.len() <= LONGEST_TEXT)
        {
            let text = Text { value, spot: self.spot(node) };
            self.facts.texts.push(text);
        }
        self.children(node);
    }

    pub(super) fn call(&mut self, node: Node<'_>) {
        let (Some(function), Some(arguments)) =
            (node.child_by_field_name("function"), node.child_by_field_name("arguments"))
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
            used: parent.is_none_or(|parent| parent.kind() != "expression_statement"),
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
pub(crate) fn annotation_expr(source: &str, node: Node<'_>) -> Expr {
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
    let whole =
        names.fold(Expr::Name(start.to_string()), |inner, name| Expr::Attribute(Box::new(inner), name.to_string()));
    let collects =
        ["List", "list", "Sequence", "Iterable", "Set", "set", "Dict", "dict", "Tuple", "tuple", "Type", "type"];
    // What a collection holds is not what the name is.
    if collects.contains(&first) { Expr::Literal("collection") } else { whole }
}

/// Returns the text of a string without interpolation.
pub(super) fn plain_string(source: &str, node: Node<'_>) -> Option<String> {
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

pub(super) fn squeezed(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
